package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"policypush/internal/domain"
	"policypush/internal/search"
)

// SearchReport is the line of `bench search --json`.
type searchReport struct {
	Policies int          `json:"policies"`
	Seed     uint64       `json:"seed"`
	Build    float64      `json:"build_seconds"`
	Disk     int64        `json:"disk_bytes"`
	Kinds    []searchLoad `json:"kinds"`
}

// SearchLoad is what questions of one kind took, one after another.
type searchLoad struct {
	Name  string  `json:"name"`
	Asked int     `json:"asked"`
	Empty int     `json:"empty"` // found nothing
	P50   float64 `json:"p50_us"`
	P99   float64 `json:"p99_us"`
	CPU   float64 `json:"cpu_us"` // of one, on average, collection of garbage included
}

func (r searchReport) tables() []table {
	var rows [][]string
	for _, k := range r.Kinds {
		rows = append(rows, []string{k.Name, fmt.Sprint(k.Asked), fmt.Sprint(k.Empty), inUnits(k.P50), inUnits(k.P99), inUnits(k.CPU)})
	}
	return []table{{
		title: fmt.Sprintf("搜索：%d 份拼成的政策，建立用 %.0f 秒，占 %s", r.Policies, r.Build, megabytes(r.Disk)),
		head:  []string{"问法", "次数", "没有结果", "p50", "p99（目标 ≤ 50 ms）", "占处理器"}, rows: rows,
	}}
}

func beginBenchSearch(fs *flag.FlagSet) func(context.Context, stdio, []string) (report, error) {
	n := fs.Int("policies", 100_000, "拼成多少份政策")
	asked := fs.Int("asked", 300, "每种问法问多少次")
	seed := fs.Uint64("seed", 1, "随机种子")
	keep := fs.String("keep", "", "留下索引的文件夹，下次同样的政策不用再建；缺省不留")
	dictDir := fs.String("dict", "", "分词词典文件夹")
	return func(ctx context.Context, std stdio, rest []string) (_ report, err error) {
		if len(rest) != 1 || *n < 1 || *asked < 1 {
			return nil, errUsage{"请给出一个放政策文本的文件夹，--policies 和 --asked 要是 1 以上的整数"}
		}
		r, err := newReading("", *dictDir)
		if err != nil {
			return nil, err
		}
		defer r.segment.Close()
		_, texts, _, err := benchFiles(std, r, rest[0])
		if err != nil {
			return nil, err
		}
		m := newMixer(r, texts, *seed)
		if len(m.lines) == 0 {
			return nil, domain.Errorf(domain.Invalid, "文件夹 %s 里没有够长的段落，请换一个有政策文本的文件夹", rest[0])
		}
		dir := *keep
		if dir == "" {
			if dir, err = os.MkdirTemp("", "policypush-bench-"); err != nil {
				return nil, fmt.Errorf("make a folder for the benchmark: %w", err)
			}
			defer func() { _ = os.RemoveAll(dir) }() // a temporary folder
		}
		x, err := search.OpenFolder(filepath.Join(dir, "index"), search.NewLexicon(r.rules, r.segment))
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, x.Close()) }()
		found := searchReport{Policies: *n, Seed: *seed}
		begin := time.Now()
		if err := m.fill(ctx, std, x, *n); err != nil {
			return nil, err
		}
		found.Build = time.Since(begin).Seconds()
		found.Disk = diskUsed(dir)
		m.random = rand.New(rand.NewPCG(*seed, 2)) // the questions are the same whether the index was kept or not
		for _, kind := range m.kinds() {
			load, err := kind.run(ctx, x.Index, *asked)
			if err != nil {
				return found, err
			}
			found.Kinds = append(found.Kinds, load)
		}
		return found, nil
	}
}

// Mixer composes policies of the paragraphs of real ones: each from a few
// texts, with a place, an issuer, tags and numbers of its own.
type mixer struct {
	random                                *rand.Rand
	lines                                 []string
	places, themes, kindsOf, sections, of []string
}

func newMixer(r *reading, texts []string, seed uint64) *mixer {
	m := &mixer{random: rand.New(rand.NewPCG(seed, 1))}
	for _, text := range texts {
		for line := range strings.SplitSeq(text, "\n") {
			if line = strings.TrimSpace(line); len([]rune(line)) >= 20 {
				m.lines = append(m.lines, line)
			}
		}
	}
	for _, d := range r.rules.Divisions.All() {
		m.places = append(m.places, d.Name)
	}
	for _, t := range r.rules.Themes.All() {
		m.themes = append(m.themes, t.Code)
		m.of = append(m.of, t.Name)
	}
	for _, b := range r.rules.Benefits.All() {
		m.kindsOf = append(m.kindsOf, b.Code)
	}
	for _, in := range r.rules.Industries.All() {
		if in.Level == "section" {
			m.sections = append(m.sections, in.Code)
		}
	}
	return m
}

// fill makes an index hold a number of policies. Those that it holds stay.
func (m *mixer) fill(ctx context.Context, std stdio, x *search.Folder, policies int) error {
	marks := map[string]string{}
	for at := range policies {
		marks[strconv.Itoa(at)] = "1"
	}
	made := 0
	return x.Update(ctx, marks, func(name string) *search.Entry {
		if made++; made%10_000 == 0 {
			fmt.Fprintf(std.err, "%d 份…\n", made)
		}
		number, err := strconv.Atoi(name)
		if err != nil {
			return nil // no name of ours
		}
		return m.entry(number)
	})
}

func (m *mixer) one(of []string) string { return of[m.random.IntN(len(of))] }

func (m *mixer) entry(number int) *search.Entry {
	place, at := m.one(m.places), m.random.IntN(len(m.themes))
	e := &search.Entry{
		Title: place + "关于" + m.of[at] + "的若干措施", DocNumber: fmt.Sprintf("云政发〔%d〕%d号", 2015+number%12, number/12+1),
		Date: fmt.Sprintf("%d-%02d-%02d", 2015+number%12, 1+m.random.IntN(12), 1+m.random.IntN(28)), Ended: m.random.IntN(3) == 0,
		Facets: map[search.Facet][]string{
			search.ThemeFacet: {m.themes[at]}, search.BenefitFacet: {m.one(m.kindsOf)}, search.IndustryFacet: {m.one(m.sections)},
			search.IssuerFacet: {place + "人民政府"}, search.AudienceFacet: {[]string{"enterprise", "resident"}[m.random.IntN(2)]},
		},
	}
	for i := range 5 + m.random.IntN(8) {
		e.Passages = append(e.Passages, search.Passage{Kind: search.Clause, Ref: fmt.Sprint("c", i), Text: m.one(m.lines)})
	}
	return e
}

// QuestionKind asks questions of one kind.
type questionKind struct {
	name string
	next func() search.Request
}

func (m *mixer) kinds() []questionKind {
	part := func(least, most int) string {
		line := []rune(m.one(m.lines))
		n := min(least+m.random.IntN(most-least+1), len(line))
		at := m.random.IntN(len(line) - n + 1)
		return string(line[at : at+n])
	}
	return []questionKind{
		{"几个字", func() search.Request { return search.Request{Text: part(4, 8)} }},
		{"一句话", func() search.Request { return search.Request{Text: m.one(m.places) + part(10, 20) + "怎么办"} }},
		{"一句话，有筛选", func() search.Request {
			return search.Request{Text: part(10, 20), Filters: map[search.Facet][]string{search.ThemeFacet: {m.one(m.themes)}, search.AudienceFacet: {"enterprise"}}}
		}},
		{"文号", func() search.Request {
			return search.Request{Text: fmt.Sprintf("云政发〔%d〕%d号", 2015+m.random.IntN(12), 1+m.random.IntN(200))}
		}},
		{"只有筛选", func() search.Request {
			return search.Request{Filters: map[search.Facet][]string{search.BenefitFacet: {m.one(m.kindsOf)}, search.IndustryFacet: {m.one(m.sections)}}}
		}},
	}
}

func (k questionKind) run(ctx context.Context, x *search.Index, asked int) (searchLoad, error) {
	load := searchLoad{Name: k.name, Asked: asked}
	var all timings
	for range 20 { // not timed: what the first ones read from disk
		if _, err := x.Search(ctx, k.next()); err != nil {
			return load, err
		}
	}
	cpu := ownCPU()
	for range asked {
		req := k.next()
		req.Today, req.Floor, req.Limit = "2026-11-22", 0.4, 10
		begin := time.Now()
		page, err := x.Search(ctx, req)
		if err != nil {
			return load, err
		}
		all = append(all, time.Since(begin))
		if page.Total == 0 {
			load.Empty++
		}
	}
	load.CPU = microseconds(ownCPU()-cpu) / float64(asked)
	load.P50, load.P99 = microseconds(all.quantile(0.5)), microseconds(all.quantile(0.99))
	return load, nil
}

// diskUsed is the size of the files of a folder.
func diskUsed(dir string) int64 {
	var n int64
	_ = filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error { // what cannot be read is not counted
		if err == nil && !d.IsDir() {
			if info, err := d.Info(); err == nil {
				n += info.Size()
			}
		}
		return nil
	})
	return n
}
