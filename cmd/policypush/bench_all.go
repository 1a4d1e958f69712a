package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"policypush/internal/domain"
)

// AllReport is the line of `bench all --json`.
type allReport struct {
	Machine  string          `json:"machine"`
	At       time.Time       `json:"at"`
	Version  string          `json:"version"`
	Start    *startReport    `json:"start,omitempty"`
	Tag      *tagReport      `json:"tag,omitempty"`
	Audience *audienceReport `json:"audience,omitempty"`
	Province *audienceReport `json:"province,omitempty"` // the same with many more people
	Push     []pushReport    `json:"push,omitempty"`
	Web      *webReport      `json:"web,omitempty"`
}

// Add takes a report in.
func (r *allReport) add(found report) {
	switch found := found.(type) {
	case startReport:
		r.Start = &found
	case tagReport:
		r.Tag = &found
	case audienceReport:
		if r.Audience == nil {
			r.Audience = &found
		} else {
			r.Province = &found
		}
	case pushReport:
		r.Push = append(r.Push, found)
	case webReport:
		r.Web = &found
	}
}

func (r *allReport) tables() []table {
	var all []table
	if r.Start != nil {
		all = append(all, r.Start.tables()...)
	}
	if r.Tag != nil {
		all = append(all, r.Tag.tables()...)
	}
	for _, p := range r.Push {
		all = append(all, p.tables()...)
	}
	if r.Web != nil {
		all = append(all, r.Web.tables()...)
	}
	if r.Audience != nil {
		all = append(all, r.Audience.tables()...)
	}
	if r.Province != nil {
		all = append(all, r.Province.tables()...)
	}
	return all
}

func beginBenchAll(fs *flag.FlagSet) func(context.Context, stdio, []string) (report, error) {
	out := fs.String("out", filepath.Join("docs", "benchmarks.md"), "写到哪个文件")
	texts := fs.String("texts", filepath.Join("internal", "demo", "policies"), "测读文件用的文件夹")
	profiles := fs.Int("profiles", 200_000, "人群索引的对象数")
	province := fs.Int("province", 0, "另测这么多企业的人群索引，0 为不测；10000000 要 4 GB 内存和几分钟")
	recipients := fs.Int("recipients", 100_000, "每次推送的对象数")
	dictDir := fs.String("dict", "", "分词词典文件夹")
	return func(ctx context.Context, std stdio, _ []string) (report, error) {
		if info, err := os.Stat(filepath.Dir(*out)); err != nil || !info.IsDir() {
			return nil, domain.Errorf(domain.NotFound, "没有文件夹 %s：请在源代码的顶层目录运行，或用 --out 指明写到哪里", filepath.Dir(*out))
		}
		found := &allReport{Machine: machine(), At: time.Now(), Version: versionText()}
		push := func(kind domain.ChannelKind) func() (report, error) {
			return func() (report, error) { return (&pushBench{std: std, n: *recipients, kind: kind}).onBoth(ctx) }
		}
		people := func(profiles, residents, measures, keywords int) func() (report, error) {
			return func() (report, error) {
				b := &audienceBench{std: std, profiles: profiles, residents: residents, seed: 1, each: 200 * time.Millisecond, library: true, measures: measures, keywords: keywords}
				return b.run(ctx)
			}
		}
		type part struct {
			name string
			run  func() (report, error)
		}
		parts := []part{
			{"start", func() (report, error) { return benchStart(ctx) }},
			{"tag", func() (report, error) {
				r, err := newReading("", *dictDir)
				if err != nil {
					return nil, err
				}
				defer r.segment.Close()
				return benchTag(ctx, std, r, *texts, 2*time.Second)
			}},
			{"push sms", push(domain.SMS)},
			{"push email", push(domain.Email)},
			{"push app", push(domain.App)},
			{"web", func() (report, error) { return benchWeb(ctx, std, 2) }},
			{"audience", people(*profiles, *profiles/4, 20_000, 20_000)},
		}
		if *province > 0 {
			parts = append(parts, part{"audience province", people(*province, 0, 100_000, 200_000)})
		}
		for _, part := range parts {
			fmt.Fprintf(std.err, "== bench %s\n", part.name)
			r, err := part.run()
			if err != nil {
				return found, fmt.Errorf("bench %s: %w", part.name, err)
			}
			found.add(r)
		}
		if err := os.WriteFile(*out, []byte(found.document(*profiles, *recipients, *province)), 0o644); err != nil {
			return found, domain.Errorf(domain.Conflict, "写不了 %s：请检查权限", *out).Because(err)
		}
		return found, nil
	}
}

// Document is the text of docs/benchmarks.md.
func (r *allReport) document(profiles, recipients, province int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `# Benchmarks

Written by `+"`policypush bench all --profiles %d --recipients %d --province %d`"+` (what `+"`make bench PROVINCE=%[3]d`"+` runs); do not edit by hand.
Figures are of one run on one machine, next to whatever else it was doing: with a load (负载) above its number of cores (核)
every time by the clock is too long by about their ratio, and processor time (处理器) is what counts. What is compared was
measured in the same run. The labels are those of the program.

- %s
- %s

`, profiles, recipients, province, r.At.UTC().Format("2006-01-02 15:04 UTC"), r.Machine)
	for _, t := range r.tables() {
		b.WriteString(t.markdown() + "\n")
	}
	return b.String()
}
