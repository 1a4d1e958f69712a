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
	tops []float64 // the most that a theme earned, by sentence
	done int       // sentences of the passages before
}

type sum struct {
	sentence, code int
	earned         float64
}

// add enters a word of a theme; each counts once in a sentence.
func (t *tally) add(sentence int, c counted, earned float64, seen *seenUse, out *scored) {
	if number := int32(t.done + sentence + 1); seen.sentence != number {
		seen.sentence = number
	} else {
		return
	}
	i := slices.IndexFunc(t.sums, func(s sum) bool { return s.sentence == sentence && s.code == c.code })
	if i < 0 {
		i = len(t.sums)
		t.sums = append(t.sums, sum{sentence: sentence, code: c.code})
	}
	t.sums[i].earned += earned
	if (c.role == strong || c.role == nameOf) && !seen.strong {
		seen.strong = true
		out.strong++
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
	t.tops = slices.Grow(t.tops[:0], len(p.sentences))[:len(p.sentences)]
	clear(t.tops)
	for _, s := range t.sums {
		t.tops[s.sentence] = max(t.tops[s.sentence], s.earned)
	}
	for _, s := range t.sums {
		does := p.does[s.sentence]
		r := &out[s.code]
		if does.does == grants && does.money && (does.enterprise || !does.resident) {
			r.paid++
		}
		if does.does == requires && does.enterprise {
			r.owed++
		}
		if s.earned < leastOfSentence || s.earned < shareOfSentence*t.tops[s.sentence] {
			continue
		}
		r.acts++
		r.best = max(r.best, s.earned)
	}
	t.sums, t.done = t.sums[:0], t.done+len(p.sentences)
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
