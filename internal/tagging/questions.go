package tagging

import (
	"slices"
	"strings"

	"policypush/internal/automaton"
	"policypush/internal/domain"
)

// asksLine is a line of a page of questions and answers that asks: 问:见习补贴的标准是多少?
var asksLine = automaton.MustCompile(`^(?:问|Q\d{0,2})[:.、]`)

// askedIn is what a line asks, without the mark before it; empty of one that asks nothing.
func askedIn(text string) string {
	return strings.TrimSpace(text[len(asksLine.FindString(text)):])
}

// asks tells whether a heading is a question.
func (s section) asks() bool { return strings.HasSuffix(s.heading, "?") }

// giftAsked is how the gift is called that a question is about.
func (s section) giftAsked() string {
	if !s.asks() {
		return ""
	}
	return strings.TrimPrefix(giftName.FindString(s.heading), "什么是")
}

// sameGift tells whether two names are of one gift: 创业担保贷款, 创业担保贷款的贷款.
func sameGift(a, b string) bool { return strings.Contains(a, b) || strings.Contains(b, a) }

// asksOfSeveral tells whether the questions of a page are about several gifts, each of which is
// a measure of its own, and not about the sides of one.
func (t *reading) asksOfSeveral(sections []section) bool {
	var names []string
	for i := range sections {
		name := sections[i].giftAsked()
		if name != "" && t.paysIn(sections[i]) && !slices.ContainsFunc(names, func(o string) bool { return sameGift(o, name) }) {
			names = append(names, name)
		}
	}
	return len(names) > 1
}

func (t *reading) paysIn(s section) bool {
	return slices.ContainsFunc(s.items, func(it item) bool {
		return slices.ContainsFunc(t.sentences(it.Clause), t.pays)
	})
}

// answered makes the measures of a page of questions about several gifts. What an answer says
// that gives nothing is said of the gift that its question names, else of the one before.
func (t *reading) answered(p *domain.Policy, sections []section) []unit {
	var units []unit
	var names []string // of the gift of each unit
	for _, s := range sections {
		name := s.giftAsked()
		if !s.asks() || t.paysIn(s) {
			if s.side != "" {
				s.heading, s.side = cmpEmpty(name, s.heading), ""
			}
			own := t.units(p, s)
			for range own {
				names = append(names, name)
			}
			units = append(units, own...)
			continue
		}
		var said []piece
		for _, it := range s.items {
			it.side = s.side
			said = append(said, t.pieces(it)...)
		}
		markLists(said)
		for i := range units {
			if name != "" && names[i] != "" && sameGift(names[i], name) || name == "" && i == len(units)-1 {
				units[i].shared = append(slices.Clip(units[i].shared), said[:min(len(said), maxSentences)]...)
			}
		}
	}
	return units
}
