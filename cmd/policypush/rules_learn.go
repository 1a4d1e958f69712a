package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"policypush/internal/config"
	"policypush/internal/domain"
	"policypush/internal/learning"
	"policypush/internal/storage"
	"policypush/internal/tagging/scoring"
	"policypush/rules"
)

// learnOptions are the flags of rules learn.
type learnOptions struct {
	cases, export, accept, into string
	despite, asJSON             bool
	installation                bool // read the corrections of an installation
}

// learnt is what rules learn --json prints.
type learnt struct {
	Cases      int                 `json:"cases"` // documents
	Proposals  []learning.Proposal `json:"proposals"`
	Unanswered []learning.Flip     `json:"unanswered"`
	Unknown    []learning.Flip     `json:"unknown,omitempty"` // about codes that the rules do not have
	Accepted   *learning.Accepted  `json:"accepted,omitempty"`
}

// runRulesLearn proposes changes of the rules from what officers corrected, and
// writes those that a person accepts. Folders of labelled texts (labels.jsonl,
// texts/) show the effect on more documents.
func runRulesLearn(ctx context.Context, std stdio, args []string) error {
	var o learnOptions
	var flags *flag.FlagSet
	cfg, labelled, err := loadConfig(std, "rules learn", args, func(fs *flag.FlagSet) {
		flags = fs
		fs.StringVar(&o.cases, "cases", "", "更正用例文件（JSONL），代替数据库里的更正；另给 --data 或 --database 时两者都用")
		fs.StringVar(&o.export, "export", "", "把更正用例写入这个文件（JSONL），不提建议")
		fs.StringVar(&o.accept, "accept", "", "接受这些建议：序号或“序号-编号”，用逗号分开")
		fs.StringVar(&o.into, "into", "", "本单位的规则文件夹，接受的建议写在这里；默认 rules_dir")
		fs.BoolVar(&o.despite, "despite-harm", false, "有害的建议也接受")
		fs.BoolVar(&o.asJSON, "json", false, "输出一个 JSON 对象")
	})
	if err != nil {
		return err
	}
	o.installation = o.cases == ""
	flags.Visit(func(f *flag.Flag) { o.installation = o.installation || f.Name == "data" || f.Name == "database" })
	if o.into == "" {
		o.into = cfg.RulesDir
	}
	if o.accept != "" && o.into == "" {
		return errUsage{"接受建议要用 --into 给出本单位的规则文件夹"}
	}
	cases, demo, err := o.read(ctx, std, cfg)
	if err != nil {
		return err
	}
	if o.export != "" {
		return o.write(std, cases)
	}
	in := learning.Input{Cases: cases, Dict: cfg.DictDir, Verdict: verdictFile}
	for _, dir := range labelled {
		docs, err := scoring.Load(dir)
		if err != nil {
			return err
		}
		in.Labelled = append(in.Labelled, docs...)
	}
	below, err := o.layers(cfg, demo)
	if err != nil {
		return err
	}
	in.Load = func(more ...fs.FS) (*rules.Rules, error) {
		return rules.LoadFS(append(slices.Clone(below), more...)...)
	}
	return o.learn(ctx, std, in)
}

// read gathers the cases; demo tells whether the installation holds the
// demonstration.
func (o *learnOptions) read(ctx context.Context, std stdio, cfg config.Config) (cases []learning.Case, demo bool, err error) {
	if o.cases != "" {
		f, err := os.Open(o.cases)
		if err != nil {
			return nil, false, domain.Errorf(domain.NotFound, "更正用例文件“%s”打不开，请检查路径和权限", o.cases).Because(err)
		}
		cases, err = learning.ReadCases(f, o.cases)
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, false, err
		}
	}
	if !o.installation {
		return cases, false, nil
	}
	b, err := baseOf(ctx, std, cfg, 0)
	if err != nil {
		return nil, false, err
	}
	defer b.close()
	if demo, err = b.store.HasDemo(ctx); err != nil {
		return nil, false, err
	}
	kept, _, err := b.store.Corrections(ctx, storage.CorrectionFilter{Limit: maxCorrections})
	if err != nil {
		return nil, false, err
	}
	own, err := learning.FromCorrections(kept, func(id domain.PolicyID) (*domain.Policy, error) { return b.store.Policy(ctx, id) })
	return learning.Merge(append(own, cases...)), demo, err
}

// maxCorrections is how many of the latest corrections are learnt from.
const maxCorrections = 100_000

func (o *learnOptions) write(std stdio, cases []learning.Case) error {
	f, err := os.Create(o.export)
	if err != nil {
		return notWritten(o.export, err)
	}
	if err := errors.Join(learning.WriteCases(f, cases), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", o.export, err)
	}
	_, err = fmt.Fprintf(std.out, "已写入 %s：%d份文件\n", o.export, len(cases))
	return err
}

// layers are the folders of rules that proposals come on top of. The folder
// to write into may not be there yet, or be empty.
func (o *learnOptions) layers(cfg config.Config, demo bool) ([]fs.FS, error) {
	dir := o.into
	if dir != "" && dir != cfg.RulesDir {
		files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
		if err != nil || len(files) == 0 {
			dir = ""
		}
	}
	return ruleLayers(dir, demo)
}

func (o *learnOptions) learn(ctx context.Context, std stdio, in learning.Input) error {
	s, err := learning.Begin(ctx, in)
	if err != nil {
		return err
	}
	defer s.Close()
	result := learnt{Cases: len(in.Cases), Proposals: []learning.Proposal{}, Unanswered: []learning.Flip{}, Unknown: s.Unknown()}
	list, rest, err := s.Propose(ctx)
	if err != nil {
		return err
	}
	result.Proposals, result.Unanswered = append(result.Proposals, list...), append(result.Unanswered, rest...)
	if o.accept != "" {
		chosen, err := choose(list, o.accept)
		if err != nil {
			return err
		}
		result.Accepted, err = s.Accept(ctx, chosen, o.into, o.despite)
		if err != nil {
			if result.Accepted != nil && !o.asJSON {
				printEffect(std.err, &result.Accepted.Effect)
			}
			return err
		}
	}
	switch {
	case o.asJSON:
		return json.NewEncoder(std.out).Encode(result)
	case result.Accepted != nil:
		printUnknown(std.out, result.Unknown)
		return printAccepted(std.out, result.Accepted)
	default:
		return printLearnt(std.out, s.Rules(), &result)
	}
}

// choose finds the accepted proposals. The part after the hyphen makes sure
// that the list is still the one that the person read.
func choose(list []learning.Proposal, accept string) ([]learning.Proposal, error) {
	var chosen []learning.Proposal
	for _, name := range strings.Split(accept, ",") {
		number, id, checked := strings.Cut(strings.TrimSpace(name), "-")
		n, err := strconv.Atoi(number)
		switch {
		case err != nil:
			return nil, errUsage{fmt.Sprintf("看不懂“%s”，请写建议的序号，例如 1 或 1-%s", name, "3f9a0c")}
		case n < 1 || n > len(list):
			return nil, domain.Errorf(domain.NotFound, "没有第%d条建议，现在共%d条；请重新运行 rules learn 核对", n, len(list))
		case checked && list[n-1].ID != id:
			return nil, domain.Errorf(domain.Conflict, "第%d条建议现在是%s，不是%s：建议清单变了，请重新运行 rules learn 核对", n, list[n-1].ID, id)
		}
		chosen = append(chosen, list[n-1])
	}
	return chosen, nil
}

// verdictFile is the data file of a verdict.
func verdictFile(v rules.Verdict) []byte {
	var b strings.Builder
	_ = printVerdict(&b, v) // a strings.Builder takes everything
	return []byte(b.String())
}

// roleWords say in Chinese what a change does.
var roleWords = map[string]string{
	rules.RoleTrigger: "普通词", rules.RoleStrong: "强词", rules.RoleAlias: "别名", rules.RoleNot: "屏蔽词（不算）",
}

func changeText(r *rules.Rules, c *learning.Change) string {
	of := c.Dimension.Label() + "“" + r.Name(c.Dimension, c.Code) + "”（" + c.Code + "）"
	switch {
	case c.Verdict != nil:
		return "按标注文件和更正重新拟合主题权重"
	case c.Role == "":
		return "不改规则，把已读对的更正作为用例永久检查"
	case c.Role == rules.RoleLean:
		return fmt.Sprintf("%s 的判定倾向 %+g（正数更容易打上）", of, c.Lean)
	default:
		return of + " 加" + roleWords[c.Role] + "：" + strings.Join(c.Words, "、")
	}
}

// shownFlips is how many documents are named for each proposal.
const shownFlips = 5

func printEffect(w io.Writer, e *learning.Effect) {
	fmt.Fprintf(w, "    全部更正：读对 %d → %d，共%d条\n", e.Before, e.After, e.Cases)
	if b, a := e.Code.Before, e.Code.After; b.Right+b.Wrong+b.Missed+a.Wrong+a.Right+a.Missed > 0 {
		fmt.Fprintf(w, "    这一标签：准确率 %.0f%% → %.0f%%，召回率 %.0f%% → %.0f%%\n", 100*b.Precision(), 100*a.Precision(), 100*b.Recall(), 100*a.Recall())
	}
	for _, f := range e.Labelled {
		fmt.Fprintf(w, "    标注文件 %s：准确率 %.1f%% → %.1f%%，召回率 %.1f%% → %.1f%%（错%d漏%d → 错%d漏%d）\n", f.Name,
			100*f.Before.Precision(), 100*f.After.Precision(), 100*f.Before.Recall(), 100*f.After.Recall(),
			f.Before.Wrong, f.Before.Missed, f.After.Wrong, f.After.Missed)
	}
	for _, flips := range []struct {
		label string
		list  []learning.Flip
	}{{"变对", e.Fixed}, {"变错", e.Broken}} {
		for i, f := range flips.list {
			if i == shownFlips {
				fmt.Fprintf(w, "    %s：另有%d条\n", flips.label, len(flips.list)-i)
				break
			}
			from := ""
			if f.Ours {
				from = "（随程序的用例）"
			}
			fmt.Fprintf(w, "    %s：《%s》%s%s\n", flips.label, f.Title, f.Says, from)
		}
	}
}

func printLearnt(w io.Writer, r *rules.Rules, l *learnt) error {
	fmt.Fprintf(w, "%d份文件有更正，%d条建议\n", l.Cases, len(l.Proposals))
	for i := range l.Proposals {
		p := &l.Proposals[i]
		harm := ""
		if p.Harmful {
			harm = "【有害】"
		}
		fmt.Fprintf(w, "\n%d-%s %s%s\n", p.Number, p.ID, harm, changeText(r, &p.Change))
		printEffect(w, &p.Effect)
	}
	if len(l.Unanswered) > 0 {
		fmt.Fprintf(w, "\n还没有建议的更正（%d条，照样保留）\n", len(l.Unanswered))
		for _, f := range l.Unanswered[:min(len(l.Unanswered), 20)] {
			fmt.Fprintf(w, "    《%s》%s\n", f.Title, f.Says)
		}
	}
	printUnknown(w, l.Unknown)
	if len(l.Proposals) > 0 {
		fmt.Fprint(w, "\n规则没有改动。接受：policypush rules learn --accept 序号 --into 规则文件夹（其他选项相同）\n")
	}
	return nil
}

// printUnknown lists what was left out.
func printUnknown(w io.Writer, list []learning.Flip) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(w, "\n规则里没有这些代码的更正（%d条，没有用；要用它们，请用当时的规则文件夹）\n", len(list))
	for _, f := range list[:min(len(list), 20)] {
		fmt.Fprintf(w, "    《%s》%s\n", f.Title, f.Says)
	}
}

func printAccepted(w io.Writer, a *learning.Accepted) error {
	if len(a.Files) == 0 {
		_, err := fmt.Fprintln(w, "没有要写的：这些更正都已在用例里")
		return err
	}
	fmt.Fprintf(w, "已写入 %s，%d条更正成为用例\n", strings.Join(a.Files, "、"), a.Cases)
	printEffect(w, &a.Effect)
	_, err := fmt.Fprintln(w, "请用 policypush rules check 检查这个文件夹，再重启服务")
	return err
}
