package tagging

import (
	"cmp"
	"slices"

	"policypush/internal/domain"
)

// tally sums what themes earn in the sentences of one passage that give or
// require something. What stands in a long list of measures is found by it as
// well as what has a paragraph of its own.
type tally struct {
	sums []sum
	seen map[strongWord]bool // in the document
}

type sum struct {
	sentence, code int
	earned         float64
	terms          []int32
}

type strongWord struct {
	code int
	term int32
}

// add enters a word of a theme.
func (t *tally) add(sentence, code int, h *hit, r role, earned float64, out []scored) {
	i := slices.IndexFunc(t.sums, func(s sum) bool { return s.sentence == sentence && s.code == code })
	if i < 0 {
		i = len(t.sums)
		t.sums = append(t.sums, sum{sentence: sentence, code: code})
	}
	s := &t.sums[i]
	if slices.Contains(s.terms, h.id) {
		return
	}
	s.terms = append(s.terms, h.id)
	s.earned += earned
	if word := (strongWord{code, h.id}); (r == strong || r == nameOf) && !t.seen[word] {
		if t.seen == nil {
			t.seen = map[strongWord]bool{}
		}
		t.seen[word] = true
		out[code].strong++
	}
}

// The least that a theme earns in a sentence that is about it, and its least
// share of what the first theme of the sentence earns.
const (
	leastOfSentence = 1.5
	shareOfSentence = 0.6
)

// close decides what the sentences of a passage are about.
func (t *tally) close(p *passage, out []scored) {
	tops := map[int]float64{}
	for _, s := range t.sums {
		tops[s.sentence] = max(tops[s.sentence], s.earned)
	}
	for _, s := range t.sums {
		does := p.does[s.sentence]
		r := &out[s.code]
		if does.does == grants && does.money && does.enterprise {
			r.paid++
		}
		if does.does == requires && does.enterprise {
			r.owed++
		}
		if s.earned < leastOfSentence || s.earned < shareOfSentence*tops[s.sentence] {
			continue
		}
		r.acts++
		r.best = max(r.best, s.earned)
	}
	t.sums = t.sums[:0]
}

// The least that a theme of the document earns in a measure that is about it,
// and its least share of what the first theme of the measure earns.
const (
	leastOfMeasure = 1.3
	shareOfMeasure = 0.5
)

// ownThemes gives each measure those of the document's themes that its own words
// are about; the first of the document if they name none.
func (t *reading) ownThemes(p *domain.Policy) {
	assigned := map[string]bool{}
	first := ""
	for _, code := range p.Codes(domain.ThemeTag) {
		assigned[code] = true
		first = cmp.Or(first, code)
	}
	if first == "" {
		return
	}
	for i := range p.Measures {
		m := &p.Measures[i]
		m.Themes = nil
		earned := t.earnedIn(m.Start, m.End, assigned)
		top := 0.0
		for _, e := range earned {
			top = max(top, e.earned)
		}
		for _, e := range earned {
			if e.earned >= leastOfMeasure && e.earned >= shareOfMeasure*top {
				m.Themes = append(m.Themes, t.codes[e.code].code)
			}
		}
		if m.Themes == nil {
			m.Themes = []string{first}
		}
	}
}

// earnedIn sums what themes earn in a part of the text, each word once, the most
// first.
func (t *reading) earnedIn(start, end int, themes map[string]bool) []earning {
	var sums, seen []earning
	i, found := slices.BinarySearchFunc(t.passages, start, func(p passage, at int) int { return p.clause.Start - at })
	if !found && i > 0 {
		i--
	}
	for ; i < len(t.passages) && t.passages[i].clause.Start < end; i++ {
		for _, w := range t.passages[i].earning {
			again := func(o earning) bool { return o.code == w.code && o.term == w.term }
			if w.start < start || w.start >= end || !themes[t.codes[w.code].code] || slices.ContainsFunc(seen, again) {
				continue
			}
			seen = append(seen, w)
			k := slices.IndexFunc(sums, func(o earning) bool { return o.code == w.code })
			if k < 0 {
				sums = append(sums, earning{code: w.code})
				k = len(sums) - 1
			}
			sums[k].earned += w.earned
		}
	}
	slices.SortStableFunc(sums, func(a, b earning) int { return cmp.Compare(b.earned, a.earned) })
	return sums
}
