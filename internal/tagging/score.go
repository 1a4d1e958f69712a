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
	type seenKey struct {
		code int
		part part
		term string
	}
	seen := map[seenKey]bool{}    // over the document, for evidence and total
	inPoint := map[seenKey]bool{} // within one measure
	points := map[int]*pointScore{}
	closePoint := func() {
		top := 0.0
		for code, ps := range points {
			if code >= themes[0] && code < themes[1] {
				top = max(top, ps.score)
			}
		}
		for code, ps := range points {
			if ps.score >= 1.8 && ps.score >= 0.4*top {
				out[code].points++
				out[code].body += min(ps.score, maxPoint)
				if ps.lead > 0 {
					out[code].led++
				}
				if ps.score >= top {
					out[code].first++
				}
			}
		}
		clear(points)
		clear(inPoint)
	}
	point := ""
	for i := range passages {
		p := &passages[i]
		if p.part != inHeading && (p.point != point || p.point == "") {
			closePoint()
			point = p.point
		}
		byCode := map[int][]counted{}
		collect(p.hits, byCode)
		bounds := ends(p.sentences)
		for code, list := range byCode {
			beside := sentencesWithNear(list, bounds)
			inClause, named := false, false
			for _, c := range keep(list) {
				w := weight(c.role, s)
				if c.role == weak && !beside[sentenceOf(c.hit, bounds)] || p.part != inTitle && p.citedAt(c.hit) {
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
					named = named || does >= requires && (c.role == nameOf || c.role == strong || isLevy(c.hit.term))
				}
				if leads {
					earned *= 1.5
				}
				if earned == 0 {
					continue
				}
				key := seenKey{code, p.part, c.hit.term}
				if p.part == inBody && !inPoint[key] {
					inPoint[key] = true
					ps := points[code]
					if ps == nil {
						ps = &pointScore{}
						points[code] = ps
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
					Start: c.hit.start, End: c.hit.end, Text: c.hit.term, Score: earned,
				})
			}
			if inClause {
				out[code].clauses++
			}
			if named {
				out[code].named++
			}
		}
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
	role role
}

func collect(hits []hit, byCode map[int][]counted) {
	for i := range hits {
		for _, u := range hits[i].uses {
			byCode[u.code] = append(byCode[u.code], counted{&hits[i], u.role})
		}
	}
}

// keep returns the counting hits of one code: those that overlap a mask are
// gone, and of overlapping terms the longest stays. A term that stands in two
// roles keeps the strongest.
func keep(list []counted) []counted {
	var masks, terms []counted
	for _, c := range list {
		switch c.role {
		case mask:
			masks = append(masks, c)
		case near:
		default:
			terms = append(terms, c)
		}
	}
	slices.SortStableFunc(terms, func(a, b counted) int {
		return cmp.Or(cmp.Compare(b.hit.end-b.hit.start, a.hit.end-a.hit.start), cmp.Compare(a.hit.start, b.hit.start), cmp.Compare(rank(a.role), rank(b.role)))
	})
	var kept []counted
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
func sentencesWithNear(list []counted, bounds []int) map[int]bool {
	var found map[int]bool
	for _, c := range list {
		if c.role == near {
			if found == nil {
				found = map[int]bool{}
			}
			found[sentenceOf(c.hit, bounds)] = true
		}
	}
	return found
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
