package web

import (
	"fmt"
	"slices"
	"strings"

	"policypush/internal/domain"
	"policypush/interpretations"
)

// marksPerTag is how many passages of one tag are marked in the text.
const marksPerTag = 5

// mark is a passage that earned something: Class and Word say what.
type mark struct {
	start, end  int
	class, word string
}

// evidenceClause is a clause of the text with its marks.
type evidenceClause struct {
	ID    string
	Kind  domain.ClauseKind
	Place string // where it begins in the file
	Parts []evidencePart

	start, end int
}

// evidencePart is a piece of a clause; one without Class is plain text.
type evidencePart struct {
	Text  string
	ID    string
	Class string
	Word  string
	Aside bool // plain text beside what is looked at
}

// evidenceText is the text with what was marked in it.
type evidenceText struct {
	clauses []evidenceClause
	placed  []mark // by place
}

// evidence marks in the text what earned the tags, the conditions, the amounts
// and the dates. Where two overlap, the more specific comes first.
func evidence(p *domain.Policy) evidenceText {
	text := []rune(p.Text)
	var t evidenceText
	for _, m := range marksOf(p) {
		if m.start < 0 || m.end > len(text) || m.start >= m.end {
			continue
		}
		if !slices.ContainsFunc(t.placed, func(o mark) bool { return m.start < o.end && o.start < m.end }) {
			t.placed = append(t.placed, m)
		}
	}
	slices.SortFunc(t.placed, func(a, b mark) int { return a.start - b.start })
	next := 0
	for i, cl := range p.Clauses {
		if cl.Start < 0 || cl.End > len(text) || cl.Start > cl.End {
			continue
		}
		v := evidenceClause{ID: interpretations.Anchor(i), Kind: cl.Kind, Place: cl.Place, start: cl.Start, end: cl.End}
		at := cl.Start
		for next < len(t.placed) && t.placed[next].start < cl.End {
			m := t.placed[next]
			next++
			if m.start < at { // begins in the clause before: not marked twice
				continue
			}
			end := min(m.end, cl.End)
			v.plain(text[at:m.start])
			v.Parts = append(v.Parts, evidencePart{Text: string(text[m.start:end]), ID: fmt.Sprintf("e%d", next), Class: m.class, Word: m.word})
			at = end
		}
		v.plain(text[at:cl.End])
		t.clauses = append(t.clauses, v)
	}
	return t
}

// passageOf is what a measure rests on: its own clauses and those where the text
// says something else of it.
func passageOf(p *domain.Policy, m *domain.Measure) []evidenceClause {
	rests := [][2]int{{m.Start, m.End}}
	add := func(all []domain.Evidence) {
		for _, e := range all {
			rests = append(rests, [2]int{e.Start, e.End})
		}
	}
	for _, all := range m.Evidence {
		add(all)
	}
	m.Criteria.Leaves(func(c *domain.Condition) { add(c.Evidence) })
	var passage []evidenceClause
	for _, cl := range evidence(p).clauses {
		if slices.ContainsFunc(rests, func(r [2]int) bool { return r[0] < cl.end && cl.start < r[1] }) {
			passage = append(passage, cl.asideFrom(m.Start, m.End))
		}
	}
	return passage
}

// asideFrom is a clause with the plain text outside of a place set apart, if the place is a
// part of it: where a paragraph says several things, an officer sees which.
func (c evidenceClause) asideFrom(start, end int) evidenceClause {
	if start >= c.end || end <= c.start || start <= c.start && c.end <= end {
		return c
	}
	var parts []evidencePart
	at := c.start
	for _, part := range c.Parts {
		text := []rune(part.Text)
		if part.Class != "" {
			parts, at = append(parts, part), at+len(text)
			continue
		}
		from, to := min(max(start-at, 0), len(text)), min(max(end-at, 0), len(text))
		for _, piece := range []evidencePart{{Text: string(text[:from]), Aside: true}, {Text: string(text[from:to])}, {Text: string(text[to:]), Aside: true}} {
			if piece.Text != "" {
				parts = append(parts, piece)
			}
		}
		at += len(text)
	}
	c.Parts = parts
	return c
}

func (c *evidenceClause) plain(text []rune) {
	if len(text) > 0 {
		c.Parts = append(c.Parts, evidencePart{Text: string(text)})
	}
}

// href links to the mark around a place, or to its clause.
func (t *evidenceText) href(p *domain.Policy, at int) string {
	for i, m := range t.placed {
		if at >= m.start && at < m.end {
			return fmt.Sprintf("#e%d", i+1)
		}
	}
	if cite := citeAt(p, at); cite != nil {
		return cite.Href
	}
	return "#text"
}

// hrefFrom links to the first mark of a measure, or to its clause.
func (t *evidenceText) hrefFrom(p *domain.Policy, m *domain.Measure) string {
	for i, placed := range t.placed {
		if placed.start >= m.Start && placed.end <= m.End {
			return fmt.Sprintf("#e%d", i+1)
		}
	}
	return t.href(p, m.Start)
}

// marksOf lists what earned something, the most specific first.
func marksOf(p *domain.Policy) []mark {
	var marks []mark
	add := func(class, word string, evidence []domain.Evidence, limit int) {
		for _, e := range evidence[:min(limit, len(evidence))] {
			marks = append(marks, mark{e.Start, e.End, class, word})
		}
	}
	for i := range p.Measures {
		m := &p.Measures[i]
		m.Criteria.Leaves(func(c *domain.Condition) {
			class, word := conditionMark(c.Field)
			add(class, word, c.Evidence, marksPerTag)
		})
		keys := make([]string, 0, len(m.Evidence))
		for key := range m.Evidence {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		for _, key := range keys {
			switch {
			case strings.HasPrefix(key, "benefit"):
				add("d-amt", "金额", m.Evidence[key], marksPerTag)
			case strings.HasPrefix(key, "window"):
				add("d-dat", "期限", m.Evidence[key], marksPerTag)
			case strings.HasPrefix(key, "how"):
				add("d-sup", "办法", m.Evidence[key], marksPerTag)
			}
		}
	}
	places := factPlaces(p)
	for _, f := range factWords {
		add("d-fct", f.word, places[f.code], marksPerTag)
	}
	for _, tag := range p.Tags {
		if tag.State != domain.Removed {
			class, word := tagMark(tag.Dimension)
			add(class, word, tag.Evidence, marksPerTag)
		}
	}
	for i := range p.Measures { // the widest: what stands within is marked as what it is
		add("d-siz", "对象", p.Measures[i].Evidence["who"], marksPerTag)
	}
	return marks
}

func tagMark(d domain.Dimension) (class, word string) {
	switch d {
	case domain.RegionTag:
		return "d-reg", "地域"
	case domain.IndustryTag:
		return "d-ind", "行业"
	case domain.EnterpriseKindTag, domain.GroupTag:
		return "d-siz", "对象"
	case domain.BenefitTag, domain.TaxTag:
		return "d-sup", "支持"
	default:
		return "d-thm", "主题"
	}
}

func conditionMark(f domain.Field) (class, word string) {
	switch f {
	case domain.FieldRegion, domain.FieldHukou:
		return "d-reg", "地域"
	case domain.FieldIndustry:
		return "d-ind", "行业"
	case domain.FieldStaff, domain.FieldRevenue, domain.FieldAssets, domain.FieldIncome, domain.FieldAge, domain.FieldFounded:
		return "d-amt", "门槛"
	case domain.FieldOther:
		return "d-dat", "未读出"
	default:
		return "d-siz", "对象"
	}
}
