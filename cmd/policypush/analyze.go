package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"policypush/internal/config"
	"policypush/internal/document"
	"policypush/internal/domain"
	"policypush/internal/segment"
	"policypush/internal/tagging"
	"policypush/rules"
)

// reading is what turns files into policies: the rules, the segmenter and the
// tagger, loaded once a process.
type reading struct {
	rules   *rules.Rules
	segment *segment.Segmenter
	tagger  *tagging.Tagger
	limits  document.Limits
}

// newReading loads the rules (with an office's own folder, if rulesDir is not
// empty) and the dictionary.
func newReading(rulesDir, dictDir string) (*reading, error) {
	r, err := rules.Load()
	if rulesDir != "" {
		r, err = rules.LoadWith(rulesDir)
	}
	if err != nil {
		return nil, err
	}
	return readingWith(r, dictDir, document.DefaultLimits())
}

// documentLimits are those of the settings.
func documentLimits(c config.Document) document.Limits {
	return document.Limits{
		MaxBytes: int64(c.MaxMB) << 20, MaxExpanded: int64(c.MaxUnpackedMB) << 20, MaxText: c.MaxText, PDFTimeout: c.PDFTimeout,
	}
}

func readingWith(r *rules.Rules, dictDir string, limits document.Limits) (*reading, error) {
	seg, err := segment.New(dictDir, r.UserWords())
	if err != nil {
		return nil, err
	}
	t, err := tagging.New(r, seg)
	if err != nil {
		return nil, err
	}
	letGather()
	return &reading{rules: r, segment: seg, tagger: t, limits: limits}, nil
}

// read makes a draft of the bytes of a file.
func (r *reading) read(name string, data []byte) (*domain.Policy, []string, error) {
	doc, err := document.Read(name, data, r.limits)
	if err != nil {
		return nil, nil, err
	}
	p, notes := r.draft(doc)
	return p, notes, nil
}

// draft understands a document that is kept and shown to people: as it is
// printed.
func (r *reading) draft(doc *document.Document) (*domain.Policy, []string) {
	p, notes := r.understand(doc)
	p.Typeset()
	return p, notes
}

// understand reads a document. The notes say, in Chinese, what was changed or
// is missing: no title, no number, no measure.
func (r *reading) understand(doc *document.Document) (*domain.Policy, []string) {
	p := r.tagger.Read(doc)
	notes := doc.Notes
	if p.Title == "" {
		notes = append(notes, "没有找到标题，请在草稿中填写")
	}
	if p.DocNumber == "" {
		notes = append(notes, "没有找到发文字号，如有请在草稿中填写")
	}
	if name, places := r.tagger.PlacesMeant(p); len(places) > 0 && !hasRegion(p) {
		notes = append(notes, fmt.Sprintf("“%s”可能是%s，请选择地域", name, strings.Join(places, "、")))
	}
	if len(p.Measures) == 0 {
		notes = append(notes, "没有读出政策点，请核对是否属于可推送的政策")
	}
	return p, notes
}

// hasRegion tells whether it is known where a document holds.
func hasRegion(p *domain.Policy) bool {
	return slices.ContainsFunc(p.Tags, func(tag domain.Tag) bool { return tag.Dimension == domain.RegionTag })
}

// analysis is one line of `analyze --json`. Names and meanings are relied on by
// others; fields may be added.
type analysis struct {
	File            string             `json:"file"`
	Title           string             `json:"title"`
	Issuer          []string           `json:"issuer"`
	DocNumber       string             `json:"doc_number"`
	UnifiedCode     string             `json:"unified_code"`
	PublishDate     string             `json:"publish_date"`
	EffectiveFrom   string             `json:"effective_from"`
	Expires         string             `json:"expires"`
	ApplyDeadline   string             `json:"apply_deadline"`
	DocKind         string             `json:"doc_kind"`
	Audience        domain.Audience    `json:"audience"`
	Themes          []analysedTag      `json:"themes"`
	Internal        []analysedTag      `json:"internal"` // kinds of work inside government (Z…), which is not pushed
	TaxKinds        []analysedTag      `json:"tax_kinds"`
	BenefitKinds    []analysedTag      `json:"benefit_kinds"`
	ResidentGroups  []analysedTag      `json:"resident_groups"`
	EnterpriseKinds []analysedTag      `json:"enterprise_kinds"`
	Industries      []analysedTag      `json:"industries"`
	Regions         []analysedTag      `json:"regions"`
	Keywords        []analysedTag      `json:"keywords"`
	Replaces        []domain.Reference `json:"replaces"`
	Amends          []domain.Reference `json:"amends"`
	Measures        []analysedMeasure  `json:"measures"`
	Notes           []string           `json:"notes"`
	Text            string             `json:"text,omitempty"`
	Sources         []document.Source  `json:"sources,omitempty"` // the lines of the file
	Origins         []document.Origin  `json:"origins,omitempty"` // where each part of the text stands in them
}

type analysedTag struct {
	Code     string            `json:"code"`
	Name     string            `json:"name"`
	Score    float64           `json:"score"`
	State    domain.TagState   `json:"state"`
	Evidence []domain.Evidence `json:"evidence"`
}

type analysedMeasure struct {
	domain.Measure
	Span [2]int `json:"span"`
}

func analyse(p *domain.Policy, notes []string) analysis {
	tags := func(d domain.Dimension) []analysedTag {
		list := []analysedTag{}
		for _, t := range p.Tags {
			if t.Dimension == d {
				list = append(list, analysedTag{t.Code, t.Name, t.Score, t.State, t.Evidence})
			}
		}
		return list
	}
	a := analysis{
		File: p.SourceName, Title: p.Title, Issuer: p.Issuers, DocNumber: p.DocNumber, UnifiedCode: p.UnifiedCode,
		PublishDate: p.PublishDate, EffectiveFrom: p.EffectiveFrom, Expires: p.Expires, ApplyDeadline: p.ApplyDeadline,
		DocKind: p.DocKind, Audience: p.Audience, Replaces: p.Replaces, Amends: p.Amends, Notes: notes,
		Themes: tags(domain.ThemeTag), TaxKinds: tags(domain.TaxTag), BenefitKinds: tags(domain.BenefitTag),
		ResidentGroups: tags(domain.GroupTag), EnterpriseKinds: tags(domain.EnterpriseKindTag),
		Industries: tags(domain.IndustryTag), Regions: tags(domain.RegionTag), Keywords: tags(domain.KeywordTag),
		Measures: []analysedMeasure{},
	}
	inside := func(t analysedTag) bool { return strings.HasPrefix(t.Code, "Z") }
	a.Internal = slices.DeleteFunc(slices.Clone(a.Themes), func(t analysedTag) bool { return !inside(t) })
	a.Themes = slices.DeleteFunc(a.Themes, inside)
	for _, m := range p.Measures {
		a.Measures = append(a.Measures, analysedMeasure{m, [2]int{m.Start, m.End}})
	}
	return a
}

func runAnalyze(ctx context.Context, std stdio, args []string) error {
	fs := flag.NewFlagSet("analyze", flag.ContinueOnError)
	fs.SetOutput(std.err)
	asJSON := fs.Bool("json", false, "每个文件输出一行 JSON")
	withText := fs.Bool("text", false, "同时输出规范化后的全文，以及它与文件各行的对应")
	asOf := fs.String("as-of", "", "按这一天（YYYY-MM-DD）说明是否在有效期内")
	rulesDir := rulesFlag(fs)
	dictDir := fs.String("dict", "", "分词词典文件夹")
	if err := fs.Parse(args); err != nil {
		return flagError(err)
	}
	if fs.NArg() == 0 {
		return errUsage{"请给出要分析的文件"}
	}
	r, err := newReading(*rulesDir, *dictDir)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(std.out)
	failed := 0
	for _, path := range fs.Args() {
		if err := ctx.Err(); err != nil {
			return err
		}
		doc, err := document.ReadFile(path, r.limits)
		if err != nil {
			fmt.Fprintln(std.err, oneLine(err))
			failed++
			continue
		}
		a := analyse(r.understand(doc))
		a.File = path
		if *withText {
			a.Text, a.Sources, a.Origins = doc.Text, doc.Sources, doc.Origins(0, utf8.RuneCountInString(doc.Text))
		}
		if *asJSON {
			err = json.NewEncoder(out).Encode(a)
		} else {
			err = printAnalysis(out, a, *asOf)
		}
		if err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if failed > 0 {
		fmt.Fprintf(std.err, "%d个文件没有读成，其余%d个已完成\n", failed, fs.NArg()-failed)
		return errReported
	}
	return nil
}

// flagError turns what the flag package has already printed into wrong use.
func flagError(err error) error {
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	return errUsage{"选项有误"}
}

func referenceNames(refs []domain.Reference) string {
	names := make([]string, len(refs))
	for i, r := range refs {
		names[i] = r.String()
	}
	return strings.Join(names, "、")
}

// printAnalysis prints for people.
func printAnalysis(w io.Writer, a analysis, asOf string) error {
	line := func(label, value string) {
		if value != "" {
			fmt.Fprintf(w, "  %s：%s\n", label, value)
		}
	}
	fmt.Fprintf(w, "%s\n", a.File)
	line("标题", a.Title)
	line("发文机关", strings.Join(a.Issuer, "、"))
	line("发文字号", a.DocNumber)
	line("成文日期", a.PublishDate)
	line("施行日期", a.EffectiveFrom)
	line("有效期至", a.Expires)
	if asOf != "" && a.Expires != "" && a.Expires < asOf {
		line("提示", "在"+asOf+"已过有效期")
	}
	line("申报截止", a.ApplyDeadline)
	for _, group := range []struct {
		label string
		tags  []analysedTag
	}{
		{"主题", a.Themes},
		{"内部事务", a.Internal},
		{"税费", a.TaxKinds},
		{"支持方式", a.BenefitKinds},
		{"居民群体", a.ResidentGroups},
		{"企业类型", a.EnterpriseKinds},
		{"行业", a.Industries},
		{"地域", a.Regions},
	} {
		var names []string
		for _, t := range group.tags {
			if t.State == domain.Assigned {
				names = append(names, fmt.Sprintf("%s %s(%.4g)", t.Code, t.Name, t.Score))
			}
		}
		line(group.label, strings.Join(names, "、"))
	}
	line("替代", referenceNames(a.Replaces))
	line("修改或延续", referenceNames(a.Amends))
	for _, m := range a.Measures {
		fmt.Fprintf(w, "  政策点 %s %s %s\n", m.ID, m.Clause, m.Title)
		line("    对象", m.Who)
		line("    内容", m.Benefit.Text)
		line("    截止", m.Window.Deadline)
		line("    未读出", strings.Join(m.Unread, "；"))
		line("    请核对", strings.Join(m.Check, "；"))
	}
	for _, n := range a.Notes {
		line("提示", n)
	}
	if a.Text != "" {
		fmt.Fprintf(w, "\n%s\n", a.Text)
	}
	_, err := fmt.Fprintln(w)
	return err
}

// rulesFlag is the flag of the commands that read an office's own rules.
func rulesFlag(set *flag.FlagSet) *string {
	return set.String("rules", "", "单位自己的规则文件夹")
}
