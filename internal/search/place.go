package search

import (
	"strings"

	"policypush/rules"
)

// headText is how much of an entry tells of which place it is, in bytes.
const headText = 400

// place tells whether an entry is of a place that was asked for (1), of a part
// of it (0.5), of another place (-1), or does not say (0).
func (w *words) place(asked []*rules.Place, e *Entry) float64 {
	if len(asked) == 0 {
		return 0
	}
	text := e.Title
	for _, p := range e.Passages {
		if len(text) > headText {
			break
		}
		text += " " + p.Text
	}
	best := 0.0
	text = strings.ToValidUTF8(text[:min(len(text), headText)], "")
	for _, m := range w.rules.PlacesIn(text) {
		if strings.HasPrefix(text[m.End:], "生产建设兵团") { // to whom documents for the whole country are sent
			continue
		}
		for _, p := range m.Places {
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
	return best
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

// near tells whether an entry is for a division (1), for another (-1), or for
// all (0).
func (e *Entry) near(region string) float64 {
	regions := e.Facets[RegionFacet]
	if region == "" || len(regions) == 0 {
		return 0
	}
	for _, r := range regions {
		if strings.HasPrefix(region, strings.TrimSuffix(strings.TrimSuffix(r, "00"), "00")) {
			return 1
		}
	}
	return -1
}
