package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"policypush/internal/domain"
	"policypush/rules"
)

// importChunk is how many subscribers are written in one transaction.
const importChunk = 1000

// imported is what became of one file, as a line of --json.
type imported struct {
	File     string `json:"file"`
	Imported int    `json:"imported"`
	Refused  int    `json:"refused"`
	Silent   int    `json:"without_consent"` // get no text and no mail
}

// refusal is one row that was not imported, as a line of --json.
type refusal struct {
	File  string `json:"file"`
	Line  int    `json:"line"`
	Field string `json:"field"`
	Error string `json:"error"`
}

func runSubscribersImport(ctx context.Context, std stdio, args []string) error {
	var asJSON bool
	b, files, err := openBase(ctx, std, "subscribers import", args, func(fs *flag.FlagSet) {
		fs.BoolVar(&asJSON, "json", false, "每行输出一个 JSON 对象")
	})
	if err != nil {
		return err
	}
	defer b.close()
	if len(files) == 0 {
		return errUsage{"请给出要导入的文件（.jsonl 或 .csv）"}
	}
	r, err := b.loadRules(ctx)
	if err != nil {
		return err
	}
	failed := false
	for _, path := range files {
		done, err := b.importSubscribers(ctx, std, path, r, asJSON)
		if err != nil {
			fmt.Fprintln(std.err, oneLineOf(path, err))
		}
		failed = failed || err != nil || done.Refused > 0
		if asJSON {
			err = json.NewEncoder(std.out).Encode(done)
		} else {
			_, err = fmt.Fprintf(std.out, "%s：导入%d个，%d行有误未导入", path, done.Imported, done.Refused)
			if done.Silent > 0 {
				fmt.Fprintf(std.out, "；其中%d个没有同意记录，只能看站内消息", done.Silent)
			}
			fmt.Fprintln(std.out)
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

// importSubscribers imports one file. Rows with mistakes are told and left
// out.
func (b *base) importSubscribers(ctx context.Context, std stdio, path string, r *rules.Rules, asJSON bool) (imported, error) {
	done := imported{File: path}
	f, err := os.Open(path)
	if err != nil {
		return done, domain.Errorf(domain.NotFound, "打不开文件，请检查路径和权限")
	}
	defer func() { _ = f.Close() }() // it was only read
	source := "import:" + filepath.Base(path)
	var waiting []*domain.Subscriber
	write := func() error {
		if err := b.store.SaveSubscribers(ctx, waiting); err != nil {
			return err
		}
		done.Imported += len(waiting)
		waiting = waiting[:0]
		fmt.Fprintf(std.err, "\r%s：已导入%d个", path, done.Imported)
		return nil
	}
	reader := profileReader{name: path, rules: r}
	err = reader.read(f, func(_ int, s *domain.Subscriber) error {
		switch {
		case !s.Consent.At.IsZero() && s.Consent.Source == "":
			s.Consent.Source = source
		case s.Consent.At.IsZero() && slices.ContainsFunc(s.Contacts, func(c domain.Contact) bool { return c.Kind != domain.App }):
			done.Silent++
		}
		waiting = append(waiting, s)
		if len(waiting) < importChunk {
			return nil
		}
		return write()
	}, func(problem error) {
		done.Refused++
		tell(std, problem, asJSON)
	})
	if err == nil {
		err = write()
	}
	fmt.Fprintln(std.err)
	return done, err
}

// tell prints one mistake in a file: a line of text on standard error, or an
// object on standard output.
func tell(std stdio, problem error, asJSON bool) {
	e, ok := problem.(*domain.Error)
	if !asJSON || !ok {
		fmt.Fprintln(std.err, oneLine(problem))
		return
	}
	line, err := json.Marshal(refusal{File: e.File, Line: e.Line, Field: e.Field, Error: e.Text})
	if err != nil {
		fmt.Fprintln(std.err, oneLine(problem))
		return
	}
	fmt.Fprintln(std.out, string(line))
}

// exported is everything that is kept about a subscriber.
type exported struct {
	ID           string              `json:"id"`
	Name         string              `json:"name,omitempty"`
	USCC         string              `json:"uscc,omitempty"`
	Profile      domain.Profile      `json:"profile"`
	Subscription domain.Subscription `json:"subscription"`
	Channels     []domain.Contact    `json:"channels"`
	Consent      domain.Consent      `json:"consent"`
	Former       []formerVersion     `json:"former"` // as kept of earlier pushes
}

type formerVersion struct {
	Until        time.Time           `json:"until"`
	Profile      domain.Profile      `json:"profile"`
	Subscription domain.Subscription `json:"subscription"`
}

func runSubscribersExport(ctx context.Context, std stdio, args []string) error {
	b, ids, err := openBase(ctx, std, "subscribers export", args, nil)
	if err != nil {
		return err
	}
	defer b.close()
	if len(ids) == 0 {
		return errUsage{"请给出订阅者编号"}
	}
	failed := false
	for _, id := range ids {
		s, err := b.store.SubscriberByExternalID(ctx, id)
		if err != nil {
			fmt.Fprintf(std.err, "%s：%s\n", id, oneLine(err))
			failed = true
			continue
		}
		former, err := b.store.ProfileVersions(ctx, s.ID)
		if err != nil {
			return err
		}
		out := exported{
			ID: s.ExternalID, Name: s.Name, USCC: s.USCC, Profile: s.Profile, Subscription: s.Subscription, Channels: s.Contacts, Consent: s.Consent,
			Former: []formerVersion{},
		}
		for _, v := range former {
			out.Former = append(out.Former, formerVersion{Until: v.ReplacedAt, Profile: v.Profile, Subscription: v.Subscription})
		}
		if err := json.NewEncoder(std.out).Encode(out); err != nil {
			return err
		}
	}
	if failed {
		return errReported
	}
	return nil
}
