package tagging

import (
	"cmp"
	"slices"

	"policypush/internal/domain"
	"policypush/rules"
)

// part is where in a document a term stands. A term of a code counts once in
// each part, and a title counts more than a heading, a heading more than text.
type part int

const (
	inTitle part = iota
	inHeading
	inBody
)

// scored is what one code earned in a document.
type scored struct {
	code     int
	total    float64 // all that its words earned
	title    float64 // of it in the title
	heading  float64 // of it in headings and in the first words of numbered paragraphs
	points   int     // measures that are about it
	led      int     // of them those that begin with it
	first    int     // of them those that are about it before all else
	given    float64 // what it earned in sentences that give something
	body     float64 // what it earned in measures, each bounded
	acts     int     // sentences that give or require something, before all of it
	best     float64 // the most it earned in one of them
	strong   int     // different words in them that are enough alone
	paid     int     // of them those that give money to enterprises
	owed     int     // of them those that ask something of enterprises
	evidence []domain.Evidence
}

// passage is a clause with the terms found in it and the part it belongs to.
type passage struct {
	clause    *domain.Clause
	part      part
	hits      []hit
	runs      []run // parts that were segmented
	sentences []sentence
	point     string    // the measure it belongs to, see pointOf
	lead      int       // where its first words end, in code points; 0 if it is not numbered
	does      []stretch // what its sentences do
	cited     []stretch // words that name other documents or offices
	earning   []earning // words of themes that earned something
}

// earning is a word that earned something for a code.
type earning struct {
	start  int
	code   int
	term   int32
	earned float64
}

// pointScore is what a code earned within one measure.
type pointScore struct {
	score, lead float64
}

// seenUse is where a term was last counted for a theme.
type seenUse struct {
	document uint32 // by number, the first is 1: what was seen in another one is forgotten
	measure  int32  // likewise
	sentence int32  // likewise, of those that give or require something
	in       [inBody + 1]bool
	strong   bool // counted among the words that are enough alone
}

// tallying is the memory of [reading.score], used for one document after another.
type tallying struct {
	document uint32
	seen     []seenUse // of each pair of a term and a theme
	out      []scored
	points   []pointScore
	named    []int // themes with points in this measure
	acts     tally
	earnings []earning // of all passages
}

// next forgets the last document.
func (m *tallying) next() {
	m.document++
	for i := range m.out {
		m.out[i] = scored{code: i, evidence: m.out[i].evidence[:0]}
	}
	m.acts.done, m.earnings = 0, m.earnings[:0]
}

// maxPoint bounds what one measure adds to a theme.
const maxPoint = 8

// score adds up what each theme earned. Masks are blanked first, then the longest
// term wins where terms of one theme overlap; a weak term needs a near word in
// its sentence. A term counts once in the title, once in all headings and once
// in each measure, by what its sentence does.
//
// What it returns holds until the next document is read.
func (t *reading) score() []scored {
	s, themes := &t.rules.Scoring, t.first[domain.ThemeTag]
	m := &t.sums
	m.next()
	out, points, named, earnings := m.out, m.points, m.named[:0], m.earnings
	number := int32(1) // of the measure
	closePoint := func() {
		top := 0.0
		for _, code := range named {
			top = max(top, points[code].score)
		}
		for _, code := range named {
			if ps := points[code]; ps.score >= 1.8 && ps.score >= 0.4*top {
				out[code].points++
				out[code].body += min(ps.score, maxPoint)
				if ps.lead > 0 {
					out[code].led++
				}
				if ps.score >= top {
					out[code].first++
				}
			}
			points[code] = pointScore{}
		}
		named = named[:0]
		number++
	}
	point := ""
	var beside []int
	for i := range t.passages {
		p := &t.passages[i]
		if p.part != inHeading && (p.point != point || p.point == "") {
			closePoint()
			point = p.point
		}
		first := len(earnings)
		for list := range byCode(t.collect(p.hits, themes, nil)) {
			code := list[0].code
			beside = p.sentencesWithNear(list, beside)
			for _, c := range keep(list) {
				w, in := weight(c.role, s), p.part
				if t.inSubject(c.hit) {
					in = inTitle
				}
				if c.role == weak && !holdsNumber(beside, p.sentenceOf(c.hit)) || in != inTitle && p.citedAt(c.hit) {
					continue
				}
				does := p.doesAt(c.hit.start)
				earned := w * multiplier(in, s)
				if in != inTitle {
					earned *= does.share()
				}
				leads := in == inBody && c.hit.end <= p.lead && earned > 0
				if leads {
					earned *= 1.5
				}
				if earned == 0 {
					continue
				}
				use := &m.seen[c.at]
				if use.document != m.document {
					*use = seenUse{document: m.document}
				}
				if in == inBody {
					earnings = append(earnings, earning{c.hit.start, code, c.hit.id, earned})
					if does >= requires {
						m.acts.add(p.sentenceOf(c.hit), c, w, use, &out[code])
					}
					if use.measure != number {
						use.measure = number
						ps := &points[code]
						if ps.score == 0 {
							named = append(named, code)
						}
						ps.score += earned
						if leads {
							ps.lead += earned
						}
						if does == grants {
							out[code].given += earned
						}
					}
				}
				if use.in[in] {
					continue
				}
				use.in[in] = true
				out[code].total += earned
				switch {
				case in == inTitle:
					out[code].title += earned
				case in == inHeading || leads:
					out[code].heading += earned
				}
				out[code].evidence = append(out[code].evidence, domain.Evidence{
					Start: c.hit.start, End: c.hit.end, Text: c.hit.text, Score: earned,
				})
			}
		}
		p.earning = earnings[first:len(earnings):len(earnings)]
		m.acts.close(p, out)
	}
	closePoint()
	m.named, m.earnings = named, earnings
	for i := range out {
		slices.SortStableFunc(out[i].evidence, func(a, b domain.Evidence) int { return cmp.Compare(a.Start, b.Start) })
	}
	return out
}

// counted is one hit seen from one code.
type counted struct {
	hit *hit
	use
}

// collector has the memory to look at hits code by code.
type collector struct {
	order []uint64
	all   []counted
}

// collect returns the hits as seen from every code of theirs in [codes[0],
// codes[1]), code by code, until it is called again. If section is not nil, it
// tells by which code another is counted.
func (c *collector) collect(hits []hit, codes [2]int, section []int) []counted {
	c.order, c.all = c.order[:0], c.all[:0]
	for i := range hits {
		for k, u := range hits[i].uses {
			if u.code < codes[0] {
				continue
			} else if u.code >= codes[1] {
				break
			}
			if section != nil {
				u.code = section[u.code]
			}
			c.order = append(c.order, uint64(u.code)<<40|uint64(i)<<16|uint64(k))
		}
	}
	slices.Sort(c.order)
	for _, o := range c.order {
		h := &hits[o>>16&(1<<24-1)]
		u := h.uses[o&(1<<16-1)]
		u.code = int(o >> 40)
		c.all = append(c.all, counted{h, u})
	}
	return c.all
}

// byCode parts what collect made at the codes.
func byCode(all []counted) func(yield func(list []counted) bool) {
	return func(yield func(list []counted) bool) {
		for from := 0; from < len(all); {
			to := from + 1
			for to < len(all) && all[to].code == all[from].code {
				to++
			}
			if !yield(all[from:to:to]) {
				return
			}
			from = to
		}
	}
}

// keep returns the counting hits of one code, in the order of the text: those
// that overlap a mask are gone, and of overlapping terms the longest stays. A
// term that stands in two roles keeps the strongest. The list is used up.
func keep(list []counted) []counted {
	var masks []counted
	terms := list[:0]
	for _, c := range list {
		switch c.role {
		case mask:
			masks = append(masks, c)
		case near:
		default:
			terms = append(terms, c)
		}
	}
	apart := masks == nil
	for i := 1; i < len(terms) && apart; i++ {
		apart = terms[i-1].hit.end <= terms[i].hit.start
	}
	if apart {
		return terms
	}
	slices.SortStableFunc(terms, func(a, b counted) int {
		return cmp.Or(cmp.Compare(b.hit.end-b.hit.start, a.hit.end-a.hit.start), cmp.Compare(a.hit.start, b.hit.start), cmp.Compare(rank(a.role), rank(b.role)))
	})
	kept := terms[:0]
	if len(masks)+len(terms) <= fewHits {
		for _, c := range terms {
			if !slices.ContainsFunc(masks, c.overlaps) && !slices.ContainsFunc(kept, c.overlaps) {
				kept = append(kept, c)
			}
		}
	} else {
		kept = keepFree(masks, terms)
	}
	slices.SortFunc(kept, func(a, b counted) int { return cmp.Compare(a.hit.start, b.hit.start) })
	return kept
}

// fewHits are so many that comparing each with each is quicker than marking
// what is taken.
const fewHits = 16

// keepFree takes the terms in order, and each the code points it holds.
func keepFree(masks, terms []counted) (kept []counted) {
	if len(terms) == 0 {
		return nil
	}
	from, to := terms[0].hit.start, terms[0].hit.end
	for _, list := range [][]counted{masks, terms} {
		for _, c := range list {
			from, to = min(from, c.hit.start), max(to, c.hit.end)
		}
	}
	taken := make([]bool, to-from)
	take := func(c counted) {
		for i := c.hit.start; i < c.hit.end; i++ {
			taken[i-from] = true
		}
	}
	for _, m := range masks {
		take(m)
	}
	for _, c := range terms {
		if !slices.Contains(taken[c.hit.start-from:c.hit.end-from], true) {
			kept = append(kept, c)
			take(c)
		}
	}
	return kept
}

func (c counted) overlaps(o counted) bool {
	return c.hit.start < o.hit.end && o.hit.start < c.hit.end
}

// rank orders the roles by what they earn.
func rank(r role) int {
	return [...]int{nameOf: 1, strong: 0, trigger: 2, weak: 3, near: 4, mask: 5}[r]
}

func weight(r role, s *rules.Scoring) float64 {
	switch r {
	case strong:
		return s.Weights.Strong
	case nameOf:
		return s.Weights.NameAlias
	case weak:
		return s.Weights.Weak
	default:
		return s.Weights.Trigger
	}
}

func multiplier(p part, s *rules.Scoring) float64 {
	switch p {
	case inTitle:
		return s.TitleMultiplier
	case inHeading:
		return s.HeadingMultiplier
	default:
		return s.BodyMultiplier
	}
}

// sentencesWithNear returns the sentences of a passage that hold a near word of
// the code, by their number, in the memory of found.
func (p *passage) sentencesWithNear(list []counted, found []int) []int {
	found = found[:0]
	for _, c := range list {
		if c.role == near {
			if n := p.sentenceOf(c.hit); len(found) == 0 || found[len(found)-1] != n {
				found = append(found, n)
			}
		}
	}
	return found
}

func holdsNumber(sorted []int, n int) bool {
	_, ok := slices.BinarySearch(sorted, n)
	return ok
}

// sentenceOf returns the number of the sentence in which a hit begins.
func (p *passage) sentenceOf(h *hit) int {
	i, _ := slices.BinarySearchFunc(p.sentences, h.start+1, func(s sentence, at int) int { return s.end - at })
	return i
}
