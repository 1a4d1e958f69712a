package scoring

import (
	"cmp"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"policypush/internal/domain"
)

// Count sums what was said and what is true. Precision and recall are shares;
// 1 where nothing was to be said.
type Count struct {
	Right  int `json:"right"`
	Wrong  int `json:"wrong"`
	Missed int `json:"missed"`
}

// Precision is the share of what was said that is right.
func (c Count) Precision() float64 { return share(c.Right, c.Right+c.Wrong) }

// Recall is the share of what is true that was said.
func (c Count) Recall() float64 { return share(c.Right, c.Right+c.Missed) }

// F1 is the harmonic mean of precision and recall.
func (c Count) F1() float64 { return share(2*c.Right, 2*c.Right+c.Wrong+c.Missed) }

func share(part, all int) float64 {
	if all == 0 {
		return 1
	}
	return float64(part) / float64(all)
}

// Field is the count of one field or theme.
type Field struct {
	Name string `json:"name"`
	Count
}

// Mistakes are what is wrong in one document.
type Mistakes struct {
	ID    string   `json:"id"`
	Title string   `json:"title"`
	List  []string `json:"mistakes"`
}

// Pair is how often one code was said where another is true; "" is none.
type Pair struct {
	Field string `json:"field"`
	Said  string `json:"said"`
	True  string `json:"true"`
	Times int    `json:"times"`
}

// Report is the score of a folder.
type Report struct {
	Documents int        `json:"documents"`
	Fields    []Field    `json:"fields"` // in the order in which they were first counted
	Themes    []Field    `json:"themes"` // most mistakes first
	Worst     []Mistakes `json:"worst"`  // most mistakes first
	Confusion []Pair     `json:"confusion"`
}

// Field returns the count of a field by its name, zero if there is none.
func (r *Report) Field(name string) Count {
	for _, f := range r.Fields {
		if f.Name == name {
			return f.Count
		}
	}
	return Count{}
}

// scorer sums up.
type scorer struct {
	report   Report
	mistakes []string
}

// Score reads every document and compares.
func Score(docs []Document, read func(*Document) *domain.Policy) *Report {
	s := &scorer{report: Report{Documents: len(docs)}}
	for i := range docs {
		d := &docs[i]
		s.mistakes = nil
		s.document(&d.Labels, read(d))
		if len(s.mistakes) > 0 {
			s.report.Worst = append(s.report.Worst, Mistakes{d.ID, d.Title, s.mistakes})
		}
	}
	slices.SortStableFunc(s.report.Worst, func(a, b Mistakes) int { return cmp.Compare(len(b.List), len(a.List)) })
	slices.SortStableFunc(s.report.Themes, func(a, b Field) int {
		return cmp.Or(cmp.Compare(b.Wrong+b.Missed, a.Wrong+a.Missed), cmp.Compare(a.Name, b.Name))
	})
	slices.SortStableFunc(s.report.Confusion, func(a, b Pair) int { return cmp.Compare(b.Times, a.Times) })
	return &s.report
}

var (
	groupCode = regexp.MustCompile(`^G\d`)
	kindCode  = regexp.MustCompile(`^[A-Z]+\d`)
	blanks    = regexp.MustCompile(`[\s﹝﹞〔〕\[\]（）()【】]`)
)

// Coded tells whether a label is a code of a group or a kind of enterprise.
func Coded(label string) bool { return kindCode.MatchString(label) }

func bare(s string) string { return blanks.ReplaceAllString(s, "") }

func (s *scorer) document(g *Labels, p *domain.Policy) {
	themes := p.Codes(domain.ThemeTag)
	kept := slices.DeleteFunc(slices.Clone(themes), func(c string) bool { return c[0] == 'Z' })
	s.set("themes", kept, g.Themes, g.ThemesOptional, true)
	for _, c := range union(kept, g.Themes) {
		if !slices.Contains(g.ThemesOptional, c) {
			count(&s.report.Themes, c, slices.Contains(kept, c), slices.Contains(g.Themes, c))
		}
	}
	for _, c := range g.ThemesMain {
		s.add("themes_main", Count{Right: number(slices.Contains(kept, c)), Missed: number(!slices.Contains(kept, c))})
	}
	clean := !slices.ContainsFunc(kept, func(c string) bool {
		return !slices.Contains(g.Themes, c) && !slices.Contains(g.ThemesOptional, c)
	})
	s.add("clean", Count{Right: number(clean), Missed: number(!clean)})
	if g.Audience == string(domain.ForNobody) {
		quiet := !p.Pushable() || clean
		s.add("none_kept", Count{Right: number(quiet), Missed: number(!quiet)})
	}
	s.one("audience", string(p.Audience), append([]string{g.Audience}, g.AudienceOK...), true)
	s.one("doc_number", p.DocNumber, append([]string{g.DocNumber}, g.DocNumberOK...), false)
	s.one("publish_date", p.PublishDate, append([]string{g.PublishDate}, g.PublishDateOK...), false)
	s.one("effective_from", p.EffectiveFrom, append([]string{g.EffectiveFrom}, g.EffectiveFromOK...), false)
	s.one("expires", p.Expires, append([]string{g.Expires}, g.ExpiresOK...), false)
	s.one("apply_deadline", p.ApplyDeadline, []string{g.ApplyDeadline}, false)
	s.one("doc_kind", p.DocKind, append([]string{g.DocKind}, g.DocKindOK...), true)
	if len(g.Issuer) > 0 && g.IssuerInText {
		s.whole("issuer", p.Issuers, g.Issuer)
	}
	var regions []string
	for _, t := range p.Tags {
		if t.Dimension == domain.RegionTag {
			regions = append(regions, t.Name)
		}
	}
	s.whole("regions", regions, g.Regions)
	s.set("tax_kinds", p.Codes(domain.TaxTag), g.Taxes, g.TaxesOptional, false)
	var sections []string
	for _, c := range p.Codes(domain.IndustryTag) {
		sections = union(sections, []string{c[:1]})
	}
	s.set("industries", sections, g.Industries, g.IndustriesOptional, false)
	s.coded("resident_groups", p.Codes(domain.GroupTag), g.Groups, groupCode)
	s.coded("enterprise_kinds", p.Codes(domain.EnterpriseKindTag), g.Kinds, kindCode)
}

// coded compares codes of one form; "*" among the true ones forgives what is
// said beside them.
func (s *scorer) coded(field string, said, truth []string, form *regexp.Regexp) {
	keep := func(list []string) []string {
		return slices.DeleteFunc(slices.Clone(list), func(c string) bool { return !form.MatchString(c) })
	}
	said, codes := keep(said), keep(truth)
	var optional []string
	if slices.Contains(truth, "*") {
		optional = said
	}
	s.set(field, said, codes, optional, false)
}

// set compares two sets of codes.
func (s *scorer) set(field string, said, truth, optional []string, confuse bool) {
	var c Count
	var wrong, missed []string
	for _, x := range union(said, truth) {
		switch in, is := slices.Contains(said, x), slices.Contains(truth, x); {
		case in && is:
			c.Right++
		case in && !slices.Contains(optional, x):
			c.Wrong++
			wrong = append(wrong, x)
		case is:
			c.Missed++
			missed = append(missed, x)
		}
	}
	s.add(field, c)
	for _, x := range wrong {
		s.mistake("%s 多了 %s", field, x)
	}
	for _, x := range missed {
		s.mistake("%s 少了 %s", field, x)
	}
	if confuse {
		s.confuse(field, wrong, missed)
	}
}

// confuse pairs what was said wrongly with what was missed.
func (s *scorer) confuse(field string, wrong, missed []string) {
	if len(wrong) == 0 {
		wrong = []string{""}
	}
	if len(missed) == 0 {
		missed = []string{""}
	}
	for _, a := range wrong {
		for _, b := range missed {
			if a == b {
				continue
			}
			i := slices.IndexFunc(s.report.Confusion, func(p Pair) bool { return p.Field == field && p.Said == a && p.True == b })
			if i < 0 {
				s.report.Confusion = append(s.report.Confusion, Pair{Field: field, Said: a, True: b})
				i = len(s.report.Confusion) - 1
			}
			s.report.Confusion[i].Times++
		}
	}
}

// one compares a single value; the first of truth is what is missed. confuse
// tells that a wrong one is one value taken for another.
func (s *scorer) one(field, said string, truth []string, confuse bool) {
	ok := said == "" && truth[0] == ""
	for _, v := range truth {
		ok = ok || v != "" && bare(v) == bare(said)
	}
	if !ok {
		s.mistake("%s 读作 %s，应为 %s", field, orNone(said), orNone(truth[0]))
		if confuse {
			s.confuse(field, []string{said}, []string{truth[0]})
		}
	}
	s.add(field, Count{
		Right: number(ok && said != ""), Wrong: number(!ok && said != ""),
		Missed: number(truth[0] != "" && !ok),
	})
}

// whole compares sets that are right as a whole or not at all.
func (s *scorer) whole(field string, said, truth []string) {
	clean := func(list []string) []string {
		var out []string
		for _, x := range list {
			out = union(out, []string{bare(x)})
		}
		slices.Sort(out)
		return out
	}
	ok := slices.Equal(clean(said), clean(truth))
	if !ok {
		s.mistake("%s 读作 %s，应为 %s", field, orNone(strings.Join(said, "、")), orNone(strings.Join(truth, "、")))
	}
	s.add(field, Count{Right: number(ok), Missed: number(!ok), Wrong: number(!ok)})
}

func (s *scorer) mistake(format string, args ...any) {
	s.mistakes = append(s.mistakes, fmt.Sprintf(format, args...))
}

func (s *scorer) add(field string, c Count) {
	i := slices.IndexFunc(s.report.Fields, func(f Field) bool { return f.Name == field })
	if i < 0 {
		s.report.Fields = append(s.report.Fields, Field{Name: field})
		i = len(s.report.Fields) - 1
	}
	f := &s.report.Fields[i].Count
	f.Right, f.Wrong, f.Missed = f.Right+c.Right, f.Wrong+c.Wrong, f.Missed+c.Missed
}

func count(list *[]Field, name string, said, is bool) {
	i := slices.IndexFunc(*list, func(f Field) bool { return f.Name == name })
	if i < 0 {
		*list = append(*list, Field{Name: name})
		i = len(*list) - 1
	}
	f := &(*list)[i].Count
	f.Right += number(said && is)
	f.Wrong += number(said && !is)
	f.Missed += number(is && !said)
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

func union(a, b []string) []string {
	out := slices.Clone(a)
	for _, x := range b {
		if !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	return out
}

func orNone(s string) string {
	if s == "" {
		return "（无）"
	}
	return s
}

// worstShown bounds how many documents are printed for people.
const worstShown = 15

// Print writes the report for people.
func (r *Report) Print(w io.Writer) error {
	var b strings.Builder
	row := func(f Field) {
		fmt.Fprintf(&b, "  %-18s 准确率 %5.1f%%  召回率 %5.1f%%  F1 %5.1f%%  （对%d 错%d 漏%d）\n", f.Name, 100*f.Precision(), 100*f.Recall(), 100*f.F1(), f.Right, f.Wrong, f.Missed)
	}
	fmt.Fprintf(&b, "共%d篇\n", r.Documents)
	for _, f := range r.Fields {
		row(f)
	}
	b.WriteString("\n各主题（错漏多的在前）\n")
	for _, f := range r.Themes {
		row(f)
	}
	b.WriteString("\n最易混淆\n")
	for _, p := range r.Confusion[:min(len(r.Confusion), worstShown)] {
		fmt.Fprintf(&b, "  %s：%s 当作 %s  %d次\n", p.Field, orNone(p.True), orNone(p.Said), p.Times)
	}
	fmt.Fprintf(&b, "\n错漏最多的%d篇\n", min(len(r.Worst), worstShown))
	for _, m := range r.Worst[:min(len(r.Worst), worstShown)] {
		fmt.Fprintf(&b, "  %s %s\n", m.ID, m.Title)
		for _, x := range m.List {
			fmt.Fprintf(&b, "    %s\n", x)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
