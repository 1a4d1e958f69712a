package tagging

import (
	"cmp"
	"slices"
	"strings"

	"policypush/internal/domain"
	"policypush/internal/segment"
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
	clauses  int     // paragraphs that name it otherwise than in passing
	named    int     // of them those that name it in full where something is given or required
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
	words     []segment.Token
	hits      []hit
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

// maxPoint bounds what one measure adds to a theme.
const maxPoint = 8

// score adds up what each code earned. Masks are blanked first, then the longest
// term wins where terms of one code overlap; a weak term needs a near word in
// its sentence. A term counts once in the title, once in all headings and once
// in each measure, by what its sentence does.
func score(passages []passage, codes int, themes [2]int, s rules.Scoring) []scored {
	out := make([]scored, codes)
	for i := range out {
		out[i].code = i
	}
	type key struct {
		code, term int32
		part       part
	}
	seen := map[key]bool{}   // over the document, for evidence and total
	inPoint := map[key]int{} // in which measure last
	points := make([]pointScore, codes)
	var named []int // codes with points in this measure
	number := 1     // of the measure
	closePoint := func() {
		top := 0.0
		for _, code := range named {
			if code >= themes[0] && code < themes[1] {
				top = max(top, points[code].score)
			}
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
	var all []counted
	var acts tally
	for i := range passages {
		p := &passages[i]
		if p.part != inHeading && (p.point != point || p.point == "") {
			closePoint()
			point = p.point
		}
		all = collect(p.hits, all[:0])
		bounds := ends(p.sentences)
		for list := range byCode(all) {
			code := list[0].code
			beside := sentencesWithNear(list, bounds)
			inClause, inFull := false, false
			for _, c := range keep(list) {
				w := weight(c.role, s)
				if c.role == weak && !holdsNumber(beside, sentenceOf(c.hit, bounds)) || p.part != inTitle && p.citedAt(c.hit) {
					continue
				}
				does := p.doesAt(c.hit.start)
				earned := w * multiplier(p.part, s)
				if p.part != inTitle {
					earned *= does.share()
				}
				leads := p.part == inBody && c.hit.end <= p.lead && earned > 0
				if p.part == inBody && does >= says {
					inClause = true
					inFull = inFull || does >= requires && (c.role == nameOf || c.role == strong || isLevy(c.hit.text))
				}
				if leads {
					earned *= 1.5
				}
				if earned == 0 {
					continue
				}
				if p.part == inBody && code >= themes[0] && code < themes[1] {
					p.earning = append(p.earning, earning{c.hit.start, code, c.hit.id, earned})
				}
				if p.part == inBody && does >= requires && code >= themes[0] && code < themes[1] {
					acts.add(sentenceOf(c.hit, bounds), code, c.hit, c.role, w, out)
				}
				key := key{int32(code), c.hit.id, p.part}
				if p.part == inBody && inPoint[key] != number {
					inPoint[key] = number
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
				if seen[key] {
					continue
				}
				seen[key] = true
				out[code].total += earned
				switch {
				case p.part == inTitle:
					out[code].title += earned
				case p.part == inHeading || leads:
					out[code].heading += earned
				}
				out[code].evidence = append(out[code].evidence, domain.Evidence{
					Start: c.hit.start, End: c.hit.end, Text: c.hit.text, Score: earned,
				})
			}
			if inClause {
				out[code].clauses++
			}
			if inFull {
				out[code].named++
			}
		}
		acts.close(p, out)
	}
	closePoint()
	for i := range out {
		slices.SortStableFunc(out[i].evidence, func(a, b domain.Evidence) int { return cmp.Compare(a.Start, b.Start) })
	}
	return out
}

// isLevy tells whether a word is itself the name of something that is levied:
// 失业保险费, and not 缴费基数.
func isLevy(term string) bool {
	for _, end := range []string{"税", "费", "附加", "基金", "保障金", "经费"} {
		if strings.HasSuffix(term, end) {
			return true
		}
	}
	return false
}

// counted is one hit seen from one code.
type counted struct {
	hit  *hit
	code int
	role role
}

// collect appends the hits as seen from every code of theirs, code by code.
func collect(hits []hit, into []counted) []counted {
	var order []uint64 // the code first
	for i := range hits {
		for k, u := range hits[i].uses {
			order = append(order, uint64(u.code)<<40|uint64(i)<<16|uint64(k))
		}
	}
	slices.Sort(order)
	for _, o := range order {
		h := &hits[o>>16&(1<<24-1)]
		u := h.uses[o&(1<<16-1)]
		into = append(into, counted{h, u.code, u.role})
	}
	return into
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
	if len(terms) == 0 || len(terms) == 1 && masks == nil {
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
	taken := map[int]bool{}
	for _, m := range masks {
		m.take(taken)
	}
	for _, c := range terms {
		if c.free(taken) {
			kept = append(kept, c)
			c.take(taken)
		}
	}
	return kept
}

func (c counted) overlaps(o counted) bool {
	return c.hit.start < o.hit.end && o.hit.start < c.hit.end
}

func (c counted) take(taken map[int]bool) {
	for i := c.hit.start; i < c.hit.end; i++ {
		taken[i] = true
	}
}

func (c counted) free(taken map[int]bool) bool {
	for i := c.hit.start; i < c.hit.end; i++ {
		if taken[i] {
			return false
		}
	}
	return true
}

// rank orders the roles by what they earn.
func rank(r role) int {
	return [...]int{nameOf: 1, strong: 0, trigger: 2, weak: 3, near: 4, mask: 5}[r]
}

func weight(r role, s rules.Scoring) float64 {
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

func multiplier(p part, s rules.Scoring) float64 {
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
// the code, by their number.
func sentencesWithNear(list []counted, bounds []int) []int {
	var found []int
	for _, c := range list {
		if c.role == near {
			if n := sentenceOf(c.hit, bounds); len(found) == 0 || found[len(found)-1] != n {
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

// sentenceOf returns the number of the sentence in which a hit begins; bounds
// are the ends of the sentences.
func sentenceOf(h *hit, bounds []int) int {
	i, exact := slices.BinarySearch(bounds, h.start)
	if exact {
		i++
	}
	return i
}

// ends returns where sentences end, in code points.
func ends(sentences []sentence) []int {
	out := make([]int, 0, len(sentences))
	for _, s := range sentences {
		out = append(out, s.end)
	}
	return out
}
