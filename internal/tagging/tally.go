package tagging

import "slices"

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
