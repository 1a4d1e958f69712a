package search

import (
	"slices"
	"strings"

	"policypush/rules"
)

// headText is how much of an entry tells of which place it is, in bytes.
const (
	headText = 400
	tailText = 150
)

// place tells whether an entry is of a place that was asked for (1), of a part
// of it or perhaps of it (0.5), of another place (-1), or does not say (0). It
// does not say either if it begins with another and comes to the one that was
// asked for later, as a survey of several does.
// Of another than one that was only perhaps asked for is no fault.
func (w *words) place(q *question, e *Entry) float64 {
	asked, said := q.places, q.said
	if len(asked) == 0 && len(said) == 0 {
		return 0
	}
	best := 0.0
	text := e.head() + " " + e.tail()
	for _, m := range w.rules.PlacesIn(text) {
		if strings.HasPrefix(text[m.End:], "生产建设兵团") { // to whom documents for the whole country are sent
			continue
		}
		for _, p := range m.Places {
			if slices.Contains(said, p) {
				return 1
			}
			for _, a := range asked {
				switch {
				case p.Code == a.Code:
					return 1
				case within(p, a):
					best = max(best, 0.5)
				case within(a, p):
					best = max(best, 0)
				case best == 0:
					best = -1
				}
			}
		}
	}
	if best <= 0 && e.names(said) {
		return 0.5
	}
	if best < 0 && e.mentions(q.called) {
		return 0
	}
	return best
}

// head is the title and the first lines of an entry.
func (e *Entry) head() string {
	text := e.Title
	for _, p := range e.Passages {
		if len(text) > headText {
			break
		}
		text += " " + p.Text
	}
	return strings.ToValidUTF8(text[:min(len(text), headText)], "")
}

// tail are the last lines of the document, where who issued it signs: answers
// and measures may follow.
func (e *Entry) tail() string {
	for _, p := range slices.Backward(e.Passages) {
		if p.Kind == Clause {
			return strings.ToValidUTF8(p.Text[max(0, len(p.Text)-tailText):], "")
		}
	}
	return ""
}

// names tells whether an entry bears the full name of one of the places.
func (e *Entry) names(places []*rules.Place) bool {
	for _, one := range places {
		if strings.Contains(e.Title, one.Name) {
			return true
		}
		for _, p := range e.Passages {
			if strings.Contains(p.Text, one.Name) {
				return true
			}
		}
	}
	return false
}

// mentions tells whether one of some words stands in an entry.
func (e *Entry) mentions(words []string) bool {
	return slices.ContainsFunc(words, func(word string) bool {
		return slices.ContainsFunc(e.Passages, func(p Passage) bool { return strings.Contains(p.Text, word) })
	})
}

// within tells whether a place lies in another.
func within(p, in *rules.Place) bool {
	for up := p.Parent; up != nil; up = up.Parent {
		if up == in {
			return true
		}
	}
	return false
}

// nation is the region of what is for all.
const nation = "000000"

// near tells whether an entry is for a division (1), for another (-1), or for
// all (0).
func (e *Entry) near(region string) float64 {
	regions := e.Facets[RegionFacet]
	if region == "" || len(regions) == 0 || slices.Contains(regions, nation) {
		return 0
	}
	for _, r := range regions {
		if strings.HasPrefix(region, strings.TrimSuffix(strings.TrimSuffix(r, "00"), "00")) {
			return 1
		}
	}
	return -1
}
