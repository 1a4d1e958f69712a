package tagging

import (
	"math"
	"slices"

	"policypush/internal/domain"
	"policypush/rules"
)

// Case is a document whose themes a person has told, for fitting.
type Case struct {
	ID       string
	Set      string // what its effect is counted under
	Weight   int    // how much it counts while fitting
	Themes   []string
	Optional []string // neither right nor wrong
	Short    bool     // a sentence or two beside the rules: learnt from, not counted in the effect
	rows     []row
}

// row is what a document shows of one theme.
type row struct {
	theme string
	x     []float64
}

// NewCase prepares a case: what a document with known themes shows. Work inside
// government shows nothing, for whatever themes it has are not assigned.
func (t *Tagger) NewCase(id string, p *domain.Policy, themes, optional []string) Case {
	c := Case{ID: id, Weight: 1, Themes: themes, Optional: optional}
	r := t.begin(p)
	defer t.end(r)
	r.findSubject(p)
	passages := r.passages
	side := r.outward()
	all := r.score()
	if isInternal(p, side, t.internalFirst(p), t.titled(all)) {
		return c
	}
	weighed := t.weigh(p, all, passages)
	for n := t.first[domain.ThemeTag][0]; n < t.first[domain.ThemeTag][1]; n++ {
		if x := weighed[n]; x != nil && t.codes[n].code[0] != 'Z' && !notFor(p.Audience, t.codes[n].code) {
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

func (e Effect) plus(o Effect) Effect {
	return Effect{e.Right + o.Right, e.Wrong + o.Wrong, e.Missed + o.Missed}
}

// Effects are effects by the set of the cases.
type Effects map[string]Effect

// All is the effect on all cases.
func (e Effects) All() Effect {
	var sum Effect
	for _, one := range e {
		sum = sum.plus(one)
	}
	return sum
}

// effect is how the rows of a case are decided that incline by more than from.
func (c *Case) effect(inclines []float64, from float64) Effect {
	var e Effect
	if c.Short {
		return e
	}
	for i, r := range c.rows {
		if inclines[i] <= from {
			continue
		}
		switch {
		case slices.Contains(c.Themes, r.theme):
			e.Right++
		case !slices.Contains(c.Optional, r.theme):
			e.Wrong++
		}
	}
	e.Missed = len(c.Themes) - e.Right
	return e
}

func (c *Case) inclinations(v rules.Verdict) []float64 {
	out := make([]float64, len(c.rows))
	weights := inOrder(features, v.Weights)
	for i, r := range c.rows {
		out[i] = inclination(v.Base+v.Themes[r.theme], weights, r.x)
	}
	return out
}

// Measure tells how the weights v decide the cases.
func Measure(cases []Case, v rules.Verdict) Effects {
	e := Effects{}
	for i := range cases {
		c := &cases[i]
		e[c.Set] = e[c.Set].plus(c.effect(c.inclinations(v), 0))
	}
	return e
}

// folds is into how many parts cases are divided for cross-validation.
const folds = 8

// Fit finds the weights of the features and an offset for every theme by
// logistic regression with a pull to 0, which is strong for the offsets since a
// theme has few cases. Then the base is moved to where F1 is best, as far as
// precision stays above minPrecision; where that is, is judged by
// cross-validation: every case decided by weights that were fitted without it.
// The effect that is returned is that of cross-validation too. The same cases in
// the same order give the same weights.
func Fit(cases []Case) (rules.Verdict, Effects) {
	held := make([][]float64, len(cases)) // inclinations of cases by weights that have not seen them
	for fold := range folds {
		var train []Case
		for i, c := range cases {
			if i%folds != fold {
				train = append(train, c)
			}
		}
		v := fit(train)
		for i := range cases {
			if i%folds == fold {
				held[i] = cases[i].inclinations(v)
			}
		}
	}
	from := border(cases, held)
	crossed := Effects{}
	for i := range cases {
		c := &cases[i]
		crossed[c.Set] = crossed[c.Set].plus(c.effect(held[i], from))
	}
	v := fit(cases)
	v.Base = round3(v.Base - from)
	return v, crossed
}

// minPrecision is what the border is not moved below: a wrong push costs more
// than a missed one.
const minPrecision = 0.88

// nearBest is how far F1 may stay below the best for the sake of recall: of
// borders that do about as well the lowest is taken.
const nearBest = 0.005

// border is the inclination from which on F1 is best, cases by their weight.
// Precision is kept on all cases and on those alone that count for more.
func border(cases []Case, held [][]float64) float64 {
	type tried struct{ at, f1 float64 }
	var all []tried
	best := 0.0
	for at := -2.0; at <= 2.0; at += 0.05 {
		var right, wrong, missed float64
		var heavy Effect
		for i := range cases {
			c := &cases[i]
			e := c.effect(held[i], at)
			right += float64(c.Weight * e.Right)
			wrong += float64(c.Weight * e.Wrong)
			missed += float64(c.Weight * e.Missed)
			if c.Weight > 1 {
				heavy = heavy.plus(e)
			}
		}
		if ratio(right, right+wrong) >= minPrecision && (heavy.Right == 0 || heavy.Precision() >= minPrecision) {
			f1 := ratio(2*right, 2*right+wrong+missed)
			all = append(all, tried{at, f1})
			best = max(best, f1)
		}
	}
	for _, t := range all {
		if t.f1 >= best-nearBest {
			return t.at
		}
	}
	return 0
}

// The strength of the pull to 0, for weights and for offsets of themes.
const (
	ridge      = 2.0
	themeRidge = 3.0
)

// fit finds weights by [fitLogistic]. A case of weight 3 counts as three.
func fit(cases []Case) rules.Verdict {
	var samples []sample
	for _, c := range cases {
		for _, r := range c.rows {
			is := slices.Contains(c.Themes, r.theme)
			if !is && slices.Contains(c.Optional, r.theme) {
				continue
			}
			for range c.Weight {
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
	return v
}

func round3(f float64) float64 { return math.Round(f*1000) / 1000 }
