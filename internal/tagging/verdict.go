package tagging

import (
	"math"
	"slices"

	"policypush/internal/domain"
)

// features are what is weighed to decide whether a document is about a theme,
// in the order of [rules.Verdict]. Each is a plain count of what was found, so
// that an officer can be told why.
var features = []string{
	"title", "heading", "body", "points", "led", "first", "share", "relative", "side", "given", "part", "alone",
	"acts", "best", "strong", "actshare", "many", "statute", "paid", "owed", "titletop",
}

// weigh lays out the features of every theme that has any word in the document.
func (t *Tagger) weigh(p *domain.Policy, all []scored, passages []passage) map[int][]float64 {
	bounds := t.first[domain.ThemeTag]
	themes := all[bounds[0]:bounds[1]]
	points := map[string]bool{}
	loose := 0
	for _, x := range passages {
		if x.part == inBody {
			if x.point == "" {
				loose++
			} else {
				points[x.point] = true
			}
		}
	}
	measures := float64(max(len(points)+loose, 1))
	sum, top := 0.0, 0.0
	sides := map[byte]float64{}
	strength := func(r *scored) float64 { return r.body + 2*min(r.title, 12) + r.heading }
	acts, topTitle, statute := 0, 0.0, 0.0
	if slices.Contains(laws, p.DocKind) {
		statute = 1
	}
	found := 0
	for i := range themes {
		r := &themes[i]
		if r.total > 0 {
			found++
		}
		acts += r.acts
		topTitle = max(topTitle, r.title)
		sum += strength(r)
		top = max(top, strength(r))
		sides[t.codes[r.code].code[0]] += strength(r)
	}
	out := map[int][]float64{}
	short := 0.0
	if len(p.Text) < 1200 { // bytes: a text of some 400 characters has no room for repeats
		short = 1
	}
	memory := make([]float64, 0, found*len(features))
	for i := range themes {
		r := &themes[i]
		if r.total == 0 {
			continue
		}
		paid, owed, titletop := 0.0, 0.0, 0.0
		switch t.codes[r.code].code {
		case "Q02":
			paid = math.Log1p(float64(r.paid))
		case "Q22":
			owed = math.Log1p(float64(r.owed))
		}
		if r.title > 0 && r.title >= topTitle {
			titletop = 1
		}
		log := func(n int) float64 { return math.Log1p(float64(n)) }
		from := len(memory)
		memory = append(memory,
			min(r.title, 9)/3,
			min(r.heading, 12)/4,
			math.Log1p(r.body),
			log(r.points),
			log(r.led),
			log(r.first),
			ratio(strength(r), sum)*3,
			ratio(strength(r), top)*2,
			ratio(sides[t.codes[r.code].code[0]], sides['Q']+sides['M'])*2,
			math.Log1p(r.given),
			float64(r.points)/measures*2,
			short*min(r.total, 12)/4,
			log(r.acts),
			min(r.best, 9)/3,
			log(r.strong),
			ratio(float64(r.acts), float64(acts))*3,
			log(int(measures))/2,
			statute*1,
			paid,
			owed,
			titletop,
		)
		out[r.code] = memory[from:len(memory):len(memory)]
	}
	return out
}

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// inclination is the sum of the weighed features: above 0 a theme, or a code of
// another dimension, is assigned.
func inclination(base float64, weights, x []float64) float64 {
	for i, w := range weights {
		base += w * x[i]
	}
	return base
}

// inOrder are the weights of features.
func inOrder(features []string, weights map[string]float64) []float64 {
	out := make([]float64, len(features))
	for i, name := range features {
		out[i] = weights[name]
	}
	return out
}
