package tagging

import (
	"math"
	"slices"

	"policypush/internal/domain"
	"policypush/rules"
)

// features are what is weighed to decide whether a document is about a theme,
// in the order of [rules.Verdict]. Each is a plain count of what was found, so
// that an officer can be told why.
var features = []string{
	"title", "heading", "body", "points", "led", "first", "share", "relative", "side", "given", "part", "alone",
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
	strength := func(r scored) float64 { return r.body + 2*min(r.title, 12) + r.heading }
	for _, r := range themes {
		sum += strength(r)
		top = max(top, strength(r))
		sides[t.codes[r.code].code[0]] += strength(r)
	}
	out := map[int][]float64{}
	short := 0.0
	if len(p.Text) < 1200 { // bytes: a text of some 400 characters has no room for repeats
		short = 1
	}
	for _, r := range themes {
		if r.total == 0 {
			continue
		}
		log := func(n int) float64 { return math.Log1p(float64(n)) }
		out[r.code] = []float64{
			min(r.title, 9) / 3,
			min(r.heading, 12) / 4,
			math.Log1p(r.body),
			log(r.points),
			log(r.led),
			log(r.first),
			ratio(strength(r), sum) * 3,
			ratio(strength(r), top) * 2,
			ratio(sides[t.codes[r.code].code[0]], sides['Q']+sides['M']) * 2,
			math.Log1p(r.given),
			float64(r.points) / measures * 2,
			short * min(r.total, 12) / 4,
		}
	}
	return out
}

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// inclination is the sum of the weighed features: above 0 a theme is assigned.
func inclination(v rules.Verdict, theme string, x []float64) float64 {
	sum := v.Base + v.Themes[theme]
	for i, name := range features {
		sum += v.Weights[name] * x[i]
	}
	return sum
}

// Case is a document whose themes a person has told, for fitting.
type Case struct {
	ID       string
	Policy   *domain.Policy // as read
	Themes   []string
	Optional []string // neither right nor wrong
	Short    bool     // a sentence or two beside the rules: learnt from, not counted in the effect
	rows     []row
}

type row struct {
	theme string
	x     []float64
}

// NewCase prepares a case: what a document with known themes shows.
func (t *Tagger) NewCase(id string, p *domain.Policy, themes, optional []string) Case {
	c := Case{ID: id, Policy: p, Themes: themes, Optional: optional}
	passages := t.begin(p).passages
	all := score(passages, len(t.codes), t.first[domain.ThemeTag], t.rules.Scoring)
	weighed := t.weigh(p, all, passages)
	for n := t.first[domain.ThemeTag][0]; n < t.first[domain.ThemeTag][1]; n++ {
		if x := weighed[n]; x != nil && t.codes[n].code[0] != 'Z' {
			c.rows = append(c.rows, row{t.codes[n].code, x})
		}
	}
	return c
}

// Effect is how well a set of weights decides on themes.
type Effect struct{ Right, Wrong, Missed int }

// Precision is the share of assigned themes that are right.
func (e Effect) Precision() float64 { return ratio(float64(e.Right), float64(e.Right+e.Wrong)) }

// Recall is the share of right themes that are assigned.
func (e Effect) Recall() float64 { return ratio(float64(e.Right), float64(e.Right+e.Missed)) }

// F1 is the harmonic mean of precision and recall.
func (e Effect) F1() float64 {
	return ratio(2*float64(e.Right), float64(2*e.Right+e.Wrong+e.Missed))
}

func (e *Effect) add(c Case, v rules.Verdict) {
	if c.Short {
		return
	}
	found := map[string]bool{}
	for _, r := range c.rows {
		if inclination(v, r.theme, r.x) > 0 {
			found[r.theme] = true
			switch {
			case slices.Contains(c.Themes, r.theme):
				e.Right++
			case !slices.Contains(c.Optional, r.theme):
				e.Wrong++
			}
		}
	}
	for _, theme := range c.Themes {
		if !found[theme] {
			e.Missed++
		}
	}
}

// Measure tells how the weights v decide the cases.
func Measure(cases []Case, v rules.Verdict) Effect {
	var e Effect
	for _, c := range cases {
		e.add(c, v)
	}
	return e
}

// folds is into how many parts cases are divided for cross-validation.
const folds = 5

// Fit finds the weights of the features and an offset for every theme by ridge
// regression on the logistic scale, the offsets held close to 0 since a theme
// has few cases. It returns the weights and their cross-validated effect: each
// fifth of the cases decided by weights that were fitted on the others. The same
// cases in the same order give the same weights.
func Fit(cases []Case) (rules.Verdict, Effect) {
	var crossed Effect
	for fold := range folds {
		var train []Case
		for i, c := range cases {
			if i%folds != fold {
				train = append(train, c)
			}
		}
		v := fit(train)
		for i, c := range cases {
			if i%folds == fold {
				crossed.add(c, v)
			}
		}
	}
	return fit(cases), crossed
}

// The strength of the pull to 0, for weights and for offsets of themes.
const (
	ridge      = 2.0
	themeRidge = 3.0
)

// fit finds weights by [fitLogistic], then moves the base to where F1 is best
// with a precision of at least minPrecision.
func fit(cases []Case) rules.Verdict {
	var samples []sample
	for _, c := range cases {
		for _, r := range c.rows {
			is := slices.Contains(c.Themes, r.theme)
			if is || !slices.Contains(c.Optional, r.theme) {
				samples = append(samples, sample{r.x, r.theme, is})
			}
		}
	}
	l := fitLogistic(samples, len(features), ridge, themeRidge)
	v := rules.Verdict{Weights: map[string]float64{}, Themes: map[string]float64{}, Base: round3(l.base)}
	for i, name := range features {
		v.Weights[name] = round3(l.weights[i])
	}
	for theme, o := range l.offsets {
		if math.Abs(o) >= 0.05 {
			v.Themes[theme] = round3(o)
		}
	}
	return move(cases, v)
}

// minPrecision is what the base is not moved below: a wrong push costs more
// than a missed one.
const minPrecision = 0.86

// move shifts the base to the best F1.
func move(cases []Case, v rules.Verdict) rules.Verdict {
	best, bestF1 := v, -1.0
	for shift := -1.5; shift <= 2.0; shift += 0.05 {
		moved := v
		moved.Base = round3(v.Base + shift)
		e := Measure(cases, moved)
		if f := e.F1(); f > bestF1 && e.Precision() >= minPrecision {
			best, bestF1 = moved, f
		}
	}
	return best
}

func round3(f float64) float64 { return math.Round(f*1000) / 1000 }
