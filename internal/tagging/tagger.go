// Package tagging reads a document as a clerk would: what identifies it
// (facts.go), what it is about (score.go), where one gift ends and another begins (point.go,
// gifts.go, goeson.go, questions.go), what it gives (measure.go, benefit.go) to whom (who.go,
// condition.go, criteria.go).
// Everything it says carries the words of the text that earned it, and what it cannot
// read it leaves unknown.
//
// Nothing comes in from outside: no clock, no database, no network. One Tagger
// serves any number of goroutines.
package tagging

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"policypush/internal/document"
	"policypush/internal/domain"
	"policypush/internal/segment"
	"policypush/rules"
)

// Tagger reads documents by one set of rules.
type Tagger struct {
	rules     *rules.Rules
	segment   *segment.Segmenter
	patterns  [100]pattern // by the numbers of their codes
	lists     int          // of words of the patterns
	words     *lexicon
	weights   []float64 // of [features]
	pairs     int32     // of terms and themes
	codes     []code
	readings  sync.Pool                   // of [reading]
	divisions map[rune][]int              // by the first character of their names
	section   []int                       // of a code: itself, of an industry the code of its section
	first     map[domain.Dimension][2]int // range of a dimension in codes
}

// code is one code of one dimension.
type code struct {
	dimension domain.Dimension
	code      string
	name      string
}

// New prepares a tagger. It fails if a rule that the reading depends on is
// missing.
func New(r *rules.Rules, seg *segment.Segmenter) (*Tagger, error) {
	t := &Tagger{rules: r, segment: seg, words: newLexicon(), first: map[domain.Dimension][2]int{}}
	words := ours.copy()
	for _, p := range r.Patterns.All() {
		if n := numberOf(p.Code); n >= 0 {
			t.patterns[n] = words.pattern(p.Re)
		}
	}
	t.lists = words.lists
	t.words.mark(words)
	for _, needed := range strings.Fields("X01 X02 X03 X07 X08 X09 X10 X12 X14 X15 X16 X19 X23 X25 X26 X27 X28 X29 X30 X31 X32 X33 X34 X35 X36 X37 X38 X39 X40 X41 X42 X43 X45 X46 X48 X49 X61 X67 X69 X70 X71 X72") {
		if t.patterns[numberOf(needed)].Expression == nil {
			return nil, fmt.Errorf("抽取规则 %s 不见了：请恢复 extraction-patterns.yaml", needed)
		}
	}
	t.divisions = map[rune][]int{}
	for i, d := range r.Divisions.All() {
		first, _ := utf8.DecodeRuneInString(d.Name)
		t.divisions[first] = append(t.divisions[first], i)
	}
	t.enter()
	t.weights = inOrder(features, r.Verdict.Weights)
	t.words.close(seg.Whole)
	t.readings.New = func() any {
		r := &reading{Tagger: t, cut: map[int]*cut{}}
		themes := t.first[domain.ThemeTag][1]
		r.sums.seen, r.sums.out, r.sums.points = make([]seenUse, t.pairs), make([]scored, themes), make([]pointScore, themes)
		return r
	}
	return t, nil
}

// enter fills the lexicon with the words of every dimension.
func (t *Tagger) enter() {
	begin := func(d domain.Dimension) { t.first[d] = [2]int{len(t.codes), len(t.codes)} }
	add := func(d domain.Dimension, item rules.Item) int {
		t.codes = append(t.codes, code{d, item.Code, item.Name})
		n := len(t.codes) - 1
		t.section = append(t.section, n)
		t.first[d] = [2]int{t.first[d][0], n + 1}
		t.words.add(n, nameOf, append(item.Aliases, plainName(item.Name))...)
		t.words.add(n, trigger, item.Triggers...)
		t.words.add(n, mask, item.Not...)
		return n
	}
	begin(domain.ThemeTag)
	for _, x := range t.rules.Themes.All() {
		n := add(domain.ThemeTag, x.Item)
		t.words.add(n, strong, x.Strong...)
		t.words.add(n, weak, x.Weak...)
		t.words.add(n, near, x.Near...)
	}
	t.pairs = t.words.pairs // of themes, which come first
	begin(domain.TaxTag)
	for _, x := range t.rules.Taxes.All() {
		n := add(domain.TaxTag, x.Item)
		for _, g := range x.Groups { // 六税两费 names each of its members
			t.words.add(n, nameOf, t.rules.TaxGroups.Find(g).Aliases...)
		}
	}
	begin(domain.BenefitTag)
	for _, x := range t.rules.Benefits.All() {
		n := add(domain.BenefitTag, x.Item)
		t.words.add(n, strong, x.Strong...)
	}
	begin(domain.GroupTag)
	for _, x := range t.rules.Groups.All() {
		add(domain.GroupTag, x.Item)
	}
	begin(domain.EnterpriseKindTag)
	for _, x := range t.rules.Attributes.All() {
		add(domain.EnterpriseKindTag, x.Item)
	}
	begin(domain.IndustryTag)
	sections := map[string]int{}
	for _, x := range t.rules.Industries.All() {
		item := x.Item
		item.Code = cmpEmpty(x.Full, x.Code)
		n := add(domain.IndustryTag, item)
		if first, ok := sections[item.Code[:1]]; ok {
			t.section[n] = first
		} else {
			sections[item.Code[:1]] = n
		}
	}
}

// plainName drops what a name says in brackets: 经营所得 in 个体工商户(经营所得).
func plainName(name string) string {
	if i := strings.IndexAny(name, "(（"); i > 0 {
		return name[:i]
	}
	return name
}

// Read understands a document. The policy is a draft without id, office or
// people; its title and number may be empty, which the caller tells the
// officer.
func (t *Tagger) Read(doc *document.Document) *domain.Policy {
	p := &domain.Policy{
		Status: domain.Draft, Version: 1, Text: doc.Text, Clauses: doc.Clauses,
		SourceName: doc.Name, SourceHash: doc.SHA256,
	}
	r := t.begin(p)
	defer t.end(r)
	r.facts(p)
	passages := r.passages
	side := r.outward()
	all := r.score()
	p.Tags = append(p.Tags, t.themes(p, all, passages)...)
	internal := isInternal(p, side, t.internalFirst(p), t.titled(all))
	if internal {
		for i := range p.Tags { // an officer may still assign them
			if tag := &p.Tags[i]; tag.Dimension == domain.ThemeTag && tag.Code[0] != 'Z' {
				tag.State = domain.Suggested
			}
		}
	}
	p.Audience = t.audience(p, side, internal)
	t.leaveOut(p, side, all)
	regions := t.regions(p)
	region := ""
	if len(regions) == 1 {
		region = regions[0].Code
	}
	p.Measures = r.measures(p, region)
	p.Tags = append(p.Tags, r.others(p)...)
	p.Tags = append(p.Tags, regions...)
	p.Tags = append(p.Tags, t.keywords(p)...)
	r.ownThemes(p)
	return p
}

// leaveOut makes suggestions of the themes that are nothing for those whom a
// document is for; if none is left, the next that is about their matters counts.
// Rules for enterprises alone supervise them, whatever of, if they give nothing or
// above all tell what must be done.
func (t *Tagger) leaveOut(p *domain.Policy, s side, all []scored) {
	left, next, supervision := 0, -1, -1
	order := p.Audience == domain.ForEnterprises && slices.Contains(rulesOfOrder, p.DocKind)
	strict := p.Audience == domain.ForEnterprises && s.orders() && (order || p.DocKind == kindRules || p.DocKind == kindDraft)
	for i := range p.Tags {
		tag := &p.Tags[i]
		if tag.Dimension != domain.ThemeTag || tag.Code[0] == 'Z' {
			continue
		}
		if tag.Code == "Q22" {
			supervision = i
		}
		switch {
		case notFor(p.Audience, tag.Code):
			tag.State = domain.Suggested
		case tag.Counts():
			left++
			order = order && t.rules.Themes.Find(tag.Code).Both
		case next < 0 && (tag.Code[0] == 'M') == (p.Audience == domain.ForResidents):
			next = i
		}
	}
	switch {
	case (order || strict) && supervision >= 0:
		p.Tags[supervision].State = domain.Assigned
	case left == 0 && next >= 0 && p.Audience != domain.ForNobody && t.titled(all):
		p.Tags[next].State = domain.Assigned
	}
}

// rulesOfOrder are statutes and what is announced to the public.
var rulesOfOrder = append(slices.Clip(laws), kindAnnouncement, kindPublicNotice)

// notFor tells whether a theme is nothing for those whom a document is for: what
// residents alone are paid is no support of enterprises (Q02) or of employers (Q04).
func notFor(audience domain.Audience, theme string) bool {
	return audience == domain.ForResidents && (theme == "Q02" || theme == "Q04")
}

// begin cuts the text of a document.
func (t *Tagger) begin(p *domain.Policy) *reading {
	r := t.readings.Get().(*reading)
	r.cutPassages(p)
	return r
}

// end keeps the memory of a reading for the next, unless that was of a
// collection of statutes. Nothing that was read lies in it.
func (t *Tagger) end(r *reading) {
	if len(r.all) <= fewTerms {
		r.reset()
		t.readings.Put(r)
	}
}

// maxTags bounds what is shown of themes and of keywords.
const maxTags = 12

// atLeastOne is how far below 0 the first theme of a document may incline that
// has a theme in its title.
const atLeastOne = -2.0

// themes assigns what rules/tagging/verdict.yaml decides; what earned enough
// words and was not decided for is suggested. Work inside government is assigned
// by its score alone: it keeps a document from being pushed.
func (t *Tagger) themes(p *domain.Policy, all []scored, passages []passage) []domain.Tag {
	s := t.rules.Scoring
	weighed := t.weigh(p, all, passages)
	type judged struct {
		*scored
		inclines float64
	}
	bounds := t.first[domain.ThemeTag]
	themes := all[bounds[0]:bounds[1]]
	ranked := make([]judged, 0, len(themes))
	top := 0.0
	for i := range themes {
		top = max(top, themes[i].total)
	}
	for i := range themes {
		r := &themes[i]
		x := weighed[r.code]
		if x == nil {
			continue
		}
		j := judged{r, inclination(t.rules.Verdict.Base+t.rules.Verdict.Themes[t.codes[r.code].code], t.weights, x)}
		if t.codes[r.code].code[0] == 'Z' {
			j.inclines = -1
			if r.total >= s.AssignAt && (r.title >= s.LongTitleAt || r.total >= 0.8*top) {
				j.inclines = 1
			}
		}
		ranked = append(ranked, j)
	}
	slices.SortStableFunc(ranked, func(a, b judged) int {
		return cmp.Or(cmp.Compare(b.inclines, a.inclines), cmp.Compare(b.total, a.total))
	})
	if len(ranked) > 0 && t.titled(all) { // what has a title about something is about something
		for i := range ranked {
			if r := &ranked[i]; t.codes[r.code].code[0] != 'Z' {
				if r.inclines > atLeastOne {
					r.inclines = max(r.inclines, 0.01)
				}
				break
			}
		}
	}
	var tags []domain.Tag
	for _, r := range ranked {
		state := domain.Suggested
		if r.inclines > 0 {
			state = domain.Assigned
		} else if r.total < s.SuggestAt || len(tags) >= maxTags {
			continue
		}
		c := t.codes[r.code]
		tags = append(tags, domain.Tag{
			Dimension: c.dimension, Code: c.code, Name: c.name, Score: r.total, State: state, Evidence: slices.Clone(r.evidence),
		})
	}
	return tags
}

// internalFirst tells whether work inside government is the first of the themes.
func (t *Tagger) internalFirst(p *domain.Policy) bool {
	best, internal := 0.0, false
	for _, tag := range p.Tags {
		if tag.Dimension == domain.ThemeTag && tag.Score > best && (tag.Counts() || tag.Code[0] == 'Z') {
			best, internal = tag.Score, tag.Code[0] == 'Z'
		}
	}
	return internal
}

// titled tells whether the title names a theme for people outside.
func (t *Tagger) titled(all []scored) bool {
	bounds := t.first[domain.ThemeTag]
	for i := bounds[0]; i < bounds[1]; i++ {
		if t.codes[i].code[0] != 'Z' && all[i].title >= t.rules.Scoring.LongTitleAt {
			return true
		}
	}
	return false
}

// keywords are the strongest words of the assigned themes, for subscriptions
// and search.
func (t *Tagger) keywords(p *domain.Policy) []domain.Tag {
	var tags []domain.Tag
	for _, theme := range p.Tags {
		if theme.Dimension != domain.ThemeTag || !theme.Counts() {
			continue
		}
		for _, e := range theme.Evidence {
			known := slices.ContainsFunc(tags, func(k domain.Tag) bool { return k.Code == e.Text })
			if e.Score >= 3 && !known && len(tags) < maxTags {
				tags = append(tags, domain.Tag{Dimension: domain.KeywordTag, Code: e.Text, Name: e.Text, Score: e.Score, State: domain.Assigned, Evidence: []domain.Evidence{e}})
			}
		}
	}
	return tags
}
