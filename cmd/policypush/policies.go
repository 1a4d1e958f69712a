package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"policypush/internal/audience"
	"policypush/internal/document"
	"policypush/internal/domain"
	"policypush/workers"
)

// importedPolicy is one file of import, as a line of --json.
type importedPolicy struct {
	File      string          `json:"file"`
	Policy    domain.PolicyID `json:"policy"`
	Title     string          `json:"title"`
	DocNumber string          `json:"doc_number"`
	Measures  int             `json:"measures"`
	Notes     []string        `json:"notes"`
}

func runImport(ctx context.Context, std stdio, args []string) error {
	var asJSON bool
	var office int64
	var login string
	b, files, err := openBase(ctx, std, "import", args, func(fs *flag.FlagSet) {
		fs.BoolVar(&asJSON, "json", false, "每行输出一个 JSON 对象")
		fs.Int64Var(&office, "office", 0, "单位编号；只有一个单位时可不填")
		fs.StringVar(&login, "login", "", "记为谁起草（登录名）")
	})
	if err != nil {
		return err
	}
	defer b.close()
	if len(files) == 0 || login == "" {
		return errUsage{"请给出 --login 和要导入的文件"}
	}
	by, err := b.store.OperatorByLogin(ctx, login)
	if err != nil {
		return err
	}
	if !by.May(domain.DraftPolicies) {
		return domain.Errorf(domain.Forbidden, "“%s”没有起草权限", login)
	}
	of, err := b.officeOf(ctx, domain.OfficeID(office))
	if err != nil {
		return err
	}
	r, err := b.loadRules(ctx)
	if err != nil {
		return err
	}
	reading, err := readingWith(r, b.cfg.DictDir, documentLimits(b.cfg.Document))
	if err != nil {
		return err
	}
	defer reading.segment.Close()
	failed := false
	for _, path := range files {
		done, err := b.importPolicy(ctx, reading, path, of, by.ID)
		switch {
		case err != nil:
			fmt.Fprintln(std.err, oneLineOf(path, err))
			failed = true
			continue
		case asJSON:
			err = json.NewEncoder(std.out).Encode(done)
		default:
			_, err = fmt.Fprintf(std.out, "%s：已存为草稿%d《%s》，%d个政策点\n", path, done.Policy, done.Title, done.Measures)
			for _, note := range done.Notes {
				fmt.Fprintf(std.err, "%s：%s\n", path, note)
			}
		}
		if err != nil {
			return err
		}
	}
	if failed {
		return errReported
	}
	return nil
}

func (b *base) importPolicy(ctx context.Context, reading *reading, path string, office domain.OfficeID, by domain.OperatorID) (importedPolicy, error) {
	doc, err := document.ReadFile(path, reading.limits)
	if err != nil {
		return importedPolicy{}, err
	}
	p, notes := reading.draft(doc)
	p.Office, p.DraftedBy, p.CreatedAt, p.Status, p.SourceName = office, by, time.Now(), domain.Draft, filepath.Base(path)
	if err := b.store.CreatePolicy(ctx, p); err != nil {
		return importedPolicy{}, err
	}
	alike, err := b.store.Alike(ctx, p)
	if err != nil {
		return importedPolicy{}, err
	}
	for _, other := range alike {
		notes = append(notes, fmt.Sprintf("可能重复导入：与政策%d《%s》（%s）标题或文号相同，请核对", other.ID, other.Title, other.Status.Label()))
	}
	return importedPolicy{File: path, Policy: p.ID, Title: p.Title, DocNumber: p.DocNumber, Measures: len(p.Measures), Notes: notes}, nil
}

// audienceSize is the answer of audience, as a line of --json.
type audienceSize struct {
	File     string          `json:"file,omitempty"`
	Policy   domain.PolicyID `json:"policy,omitempty"`
	Title    string          `json:"title"`
	Likely   uint64          `json:"likely"`
	Possible uint64          `json:"possible"`
	By       []audienceCount `json:"by"` // of both together
}

type audienceCount struct {
	Kind     string `json:"kind"`
	Region   string `json:"region"`
	Industry string `json:"industry"`
	Size     string `json:"size"`
	N        int    `json:"n"`
}

func runAudience(ctx context.Context, std stdio, args []string) error {
	var asJSON bool
	var id, push int64
	asOf := today()
	b, files, err := openBase(ctx, std, "audience", args, func(fs *flag.FlagSet) {
		fs.BoolVar(&asJSON, "json", false, "每行输出一个 JSON 对象")
		fs.Int64Var(&id, "policy", 0, "已导入的政策编号")
		fs.Int64Var(&push, "push", 0, "推送编号：按当时的画像重算受众，与冻结的名单比较")
		fs.StringVar(&asOf, "as-of", asOf, "按哪一天计算（YYYY-MM-DD）")
	})
	if err != nil {
		return err
	}
	defer b.close()
	if push != 0 && id == 0 && len(files) == 0 {
		return b.checkAudience(ctx, std, domain.PushID(push), asJSON)
	}
	if (id == 0) == (len(files) == 0) || push != 0 {
		return errUsage{"请给出要看的文件，或用 --policy 给出政策编号，或用 --push 给出推送编号"}
	}
	if _, err := time.Parse(time.DateOnly, asOf); err != nil {
		return errUsage{"--as-of 要是 2026-11-22 这样的日期"}
	}
	index := audience.New()
	if err := index.Build(ctx, workers.Profiles{Store: b.store}); err != nil {
		return err
	}
	if id != 0 {
		p, err := b.store.Policy(ctx, domain.PolicyID(id))
		if err != nil {
			return err
		}
		size, err := b.sizeOf(ctx, index, p, asOf)
		if err != nil {
			return err
		}
		return printAudience(std, size, asJSON)
	}
	r, err := b.loadRules(ctx)
	if err != nil {
		return err
	}
	reading, err := readingWith(r, b.cfg.DictDir, documentLimits(b.cfg.Document))
	if err != nil {
		return err
	}
	defer reading.segment.Close()
	failed := false
	for _, path := range files {
		doc, err := document.ReadFile(path, reading.limits)
		if err != nil {
			fmt.Fprintln(std.err, oneLine(err))
			failed = true
			continue
		}
		p, _ := reading.understand(doc)
		size, err := b.sizeOf(ctx, index, p, asOf)
		if err != nil {
			return err
		}
		size.File = path
		if err := printAudience(std, size, asJSON); err != nil {
			return err
		}
	}
	if failed {
		return errReported
	}
	return nil
}

// sizeOf counts whom a push would tell on a day.
func (b *base) sizeOf(ctx context.Context, index *audience.Index, p *domain.Policy, day string) (audienceSize, error) {
	query, err := audience.QueryFor(ctx, b.store, p, day)
	if err != nil {
		return audienceSize{}, err
	}
	set := index.Evaluate(query)
	size := audienceSize{
		Policy: p.ID, Title: p.Title, Likely: set.Likely.GetCardinality(), Possible: set.Possible.GetCardinality(), By: []audienceCount{},
	}
	both := set.Likely.Clone()
	both.Or(set.Possible)
	for _, c := range index.CountBy(both, audience.ByKind, audience.ByCounty, audience.ByIndustry, audience.BySize) {
		size.By = append(size.By, audienceCount{Kind: c.Values[0], Region: c.Values[1], Industry: c.Values[2], Size: c.Values[3], N: c.N})
	}
	return size, nil
}

func printAudience(std stdio, size audienceSize, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(std.out).Encode(size)
	}
	name := size.File
	if name == "" {
		name = strconv.FormatInt(int64(size.Policy), 10)
	}
	_, err := fmt.Fprintf(std.out, "%s《%s》：适用可能性高%d个，可能适用%d个\n", name, size.Title, size.Likely, size.Possible)
	for _, c := range size.By {
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(std.out, "  %-10s %-8s %-4s %-8s %d\n", c.Kind, c.Region, c.Industry, c.Size, c.N)
	}
	return err
}
