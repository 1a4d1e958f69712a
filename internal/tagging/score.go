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
	code       int
	total      float64
	title      float64
	paragraphs int // body paragraphs that carry it, see Scoring.LongParagraphAt
	evidence   []domain.Evidence
}

// passage is a clause with the terms found in it and the part it belongs to.
type passage struct {
	clause *domain.Clause
	part   part
	hits   []hit
}

// score adds up what each code earned over the passages: the scoring of
// rules/index.yaml. Masks are blanked first, then the longest term wins where
// terms of one code overlap; a weak term needs a near word in its sentence.
func score(passages []passage, codes int, s rules.Scoring) []scored {
	out := make([]scored, codes)
	for i := range out {
		out[i].code = i
	}
	type seenKey struct {
		code int
		part part
		term string
	}
	seen := map[seenKey]bool{}
	paragraph := make([]float64, codes)
	for _, p := range passages {
		byCode := map[int][]counted{}
		collect(p, byCode)
		bounds := ends(p.clause)
		for code, list := range byCode {
			paragraph[code] = 0
			beside := sentencesWithNear(list, bounds)
			for _, c := range keep(list) {
				w := weight(c.role, s)
				if c.role == weak && !beside[sentenceOf(c.hit, bounds)] {
					continue
				}
				paragraph[code] += w
				key := seenKey{code, p.part, c.hit.term}
				if seen[key] {
					continue
				}
				seen[key] = true
				earned := w * multiplier(p.part, s)
				out[code].total += earned
				if p.part == inTitle {
					out[code].title += earned
				}
				out[code].evidence = append(out[code].evidence, domain.Evidence{
					Start: c.hit.start, End: c.hit.end, Text: c.hit.term, Score: earned,
				})
			}
			if p.part == inBody && paragraph[code] >= s.LongParagraphAt {
				out[code].paragraphs++
			}
		}
	}
	for i := range out {
		slices.SortStableFunc(out[i].evidence, func(a, b domain.Evidence) int { return cmp.Compare(a.Start, b.Start) })
	}
	return out
}

// counted is one hit seen from one code.
type counted struct {
	hit  hit
	role role
}

func collect(p passage, byCode map[int][]counted) {
	for _, h := range p.hits {
		for _, u := range h.uses {
			byCode[u.code] = append(byCode[u.code], counted{h, u.role})
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
	taken := map[int]bool{} // code points that a mask or a longer term holds
	for _, m := range masks {
		m.take(taken)
	}
	var kept []counted
	for _, c := range terms {
		if c.free(taken) {
			kept = append(kept, c)
			c.take(taken)
		}
	}
	slices.SortFunc(kept, func(a, b counted) int { return cmp.Compare(a.hit.start, b.hit.start) })
	return kept
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
	found := map[int]bool{}
	for _, c := range list {
		if c.role == near {
			found[sentenceOf(c.hit, bounds)] = true
		}
	}
	return found
}

// sentenceOf returns the number of the sentence in which a hit begins; bounds
// are the ends of the sentences.
func sentenceOf(h hit, bounds []int) int {
	i, exact := slices.BinarySearch(bounds, h.start)
	if exact {
		i++
	}
	return i
}

// ends returns where the sentences of a clause end, in code points.
func ends(c *domain.Clause) []int {
	var out []int
	for _, s := range sentences(c) {
		out = append(out, s.end)
	}
	return out
}
