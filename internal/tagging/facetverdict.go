package tagging

import (
	"math"
	"slices"
	"strings"

	"policypush/internal/domain"
	"policypush/rules"
)

// facetFeatures are what is weighed to decide whether a document is for a group
// or about a tax, in the order of [rules.FacetVerdict].
var facetFeatures = []string{
	"title", "hinted", "heading", "cell", "asked", "given", "required", "said", "addressed", "context",
	"share", "relative", "rival", "audience", "broad", "taxing", "solo", "theme", "early", "many", "topic", "askedshare",
	"alone", "words", "first", "outdone", "long", "through", "firms", "beside",
}

// weighFacets lays out the features of every code of a dimension that the
// document names.
func (t *reading) weighFacets(p *domain.Policy, d domain.Dimension, all []naming) map[int][]float64 {
	top, titled, hinted := 0.0, false, false
	var of []*naming
	for i := range all {
		n := &all[i]
		if t.codes[n.code].dimension != d {
			continue
		}
		of = append(of, n)
		top = max(top, n.strength())
		titled = titled || n.title
		hinted = hinted || n.hinted
	}
	opening := math.MaxInt // where the paragraphs end that tell what a document is about
	if d == domain.IndustryTag && len(t.passages) > openingPassages {
		opening = t.passages[openingPassages].clause.Start
	}
	paragraphs := 0
	for i := range t.passages {
		if t.passages[i].part == inBody {
			paragraphs++
		}
	}
	audience := 0.0
	switch {
	case p.Audience == domain.ForBoth:
		audience = 0.5
	case (p.Audience == domain.ForResidents) == (d == domain.GroupTag):
		audience = 1
	}
	log := func(n int) float64 { return math.Log1p(float64(n)) }
	out := map[int][]float64{}
	for _, n := range of {
		words, first, outdone, long, through, firms, beside := 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
		given, required, said, asked := n.given, n.required, n.said, n.asked
		many := log(len(of))
		solo, alone, addressed := n.solo, ratio(n.solo, float64(len(n.in))), n.addressed
		switch d {
		case domain.TaxTag:
			words = log(len(n.evidence))
		case domain.IndustryTag: // too few cases to tell sentences apart
			given, required, said = 0, 0, n.given+n.required+n.said
			asked, addressed, solo, alone = 0, 0, 0, 0
			first = yes(len(n.in) > 0 && n.in[0] < opening)
			long = math.Log1p(float64(paragraphs)) / 3
			many = log(1 + namedApart(of, n))
		case domain.GroupTag:
			outdone, long = outdoneBy(of, n), math.Log1p(float64(paragraphs))/3
			through = 2 * ratio(float64(n.through), float64(len(n.in)))
			firms = yes(p.Audience == domain.ForEnterprises)
			beside = yes(!titled && hinted && !n.hinted)
		}
		out[n.code] = []float64{
			yes(n.title) * 2, yes(n.hinted && !n.title), log(n.heading), log(n.cell), log(asked),
			log(given), log(required), log(said), log(addressed), log(n.context),
			float64(n.clauses) / float64(max(paragraphs, 4)) * 3,
			ratio(n.strength(), top) * 2,
			yes(titled && !n.title),
			audience,
			yes(t.broad(n.code) && (d != domain.IndustryTag || !inList(of, n))),
			yes(strings.ContainsAny(quotedOnly(p.Title), "税费")),
			math.Log1p(solo),
			yes(n.theme),
			early(n, t.passages),
			many / 2,
			n.topic * 2,
			ratio(float64(asked), float64(len(p.Measures))) * 2,
			alone,
			words,
			first,
			outdone,
			long,
			through,
			firms,
			beside,
		}
	}
	return out
}

// namedApart counts the others that are named, and never in one sentence with n:
// a list of trades (零售、餐饮、住宿等企业) is meant as a whole.
func namedApart(of []*naming, n *naming) int {
	count := 0
	for _, o := range of {
		named := o.title || o.heading+o.given+o.required+o.said > 0
		if o != n && named && !slices.ContainsFunc(o.in, func(at int) bool { return slices.Contains(n.in, at) }) {
			count++
		}
	}
	return count
}

// inList tells whether a sentence names n beside another: of a list of trades even
// 教育培训 is meant as one.
func inList(of []*naming, n *naming) bool {
	return slices.ContainsFunc(of, func(o *naming) bool {
		return o != n && slices.ContainsFunc(o.in, func(at int) bool { return slices.Contains(n.in, at) })
	})
}

// outdoneBy is how much more the themes are for another group.
func outdoneBy(of []*naming, n *naming) float64 {
	top := n.topic
	for _, o := range of {
		top = max(top, o.topic)
	}
	return top - n.topic
}

// openingPassages are the title and the paragraphs that tell what a document is
// about.
const openingPassages = 4

// early is 1 for what the text names at its beginning and 0 for what it names
// at its end or not at all.
func early(n *naming, passages []passage) float64 {
	if len(n.in) == 0 {
		return 0
	}
	from, to := passages[0].clause.Start, passages[len(passages)-1].clause.End
	return 1 - float64(n.in[0]-from)/float64(max(to-from, 1))
}

func yes(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// broad tells whether the words of a code stand in texts that are meant for
// others too.
func (t *Tagger) broad(code int) bool {
	switch c := t.codes[code]; c.dimension {
	case domain.GroupTag:
		return t.rules.Groups.Find(c.code).Broad
	case domain.EnterpriseKindTag:
		return t.rules.Attributes.Find(c.code).Broad
	case domain.IndustryTag:
		return t.rules.Industries.Find(c.code).Broad
	}
	return false
}

// facetDimensions are those that rules/tagging/facets.yaml decides.
var facetDimensions = []domain.Dimension{domain.TaxTag, domain.GroupTag, domain.EnterpriseKindTag, domain.IndustryTag}

// facetVerdict returns what decides on a dimension.
func facetVerdict(v *rules.FacetVerdicts, d domain.Dimension) *rules.FacetVerdict {
	switch d {
	case domain.TaxTag:
		return &v.Taxes
	case domain.GroupTag:
		return &v.Groups
	case domain.EnterpriseKindTag:
		return &v.Kinds
	default:
		return &v.Industries
	}
}

// Truth is what a person says of one dimension of a document.
type Truth struct {
	Codes    []string
	Optional []string // neither right nor wrong
	Anything bool     // whatever else is said is neither right nor wrong
}

func (t Truth) forgives(code string) bool { return t.Anything || slices.Contains(t.Optional, code) }

// FacetCase is a document whose taxes, groups, kinds of enterprise and industries
// a person has told, for fitting.
type FacetCase struct {
	Set    string // what its effect is counted under
	truths map[domain.Dimension]Truth
	rows   map[domain.Dimension][]row
}

// NewFacetCase prepares a case: what a document that was read shows. Industries
// are told by the letter of their section.
func (t *Tagger) NewFacetCase(p *domain.Policy, truths map[domain.Dimension]Truth) FacetCase {
	c := FacetCase{truths: truths, rows: map[domain.Dimension][]row{}}
	r := t.begin(p)
	defer t.end(r)
	r.findSubject(p)
	all := r.namings(p)
	for _, d := range facetDimensions {
		weighed := r.weighFacets(p, d, all)
		for i := range all {
			n := &all[i]
			if x := weighed[n.code]; x != nil && t.concerns(p.Audience, n) {
				c.rows[d] = append(c.rows[d], row{t.codes[n.code].code, x})
			}
		}
	}
	return c
}

func (e *Effect) addFacets(c FacetCase, d domain.Dimension, v *rules.FacetVerdict) {
	truth := c.truths[d]
	found := map[string]bool{}
	weights := inOrder(facetFeatures, v.Weights)
	for _, r := range c.rows[d] {
		if inclination(v.Base+v.Codes[r.theme], weights, r.x) <= 0 {
			continue
		}
		found[r.theme] = true
		switch {
		case slices.Contains(truth.Codes, r.theme):
			e.Right++
		case !truth.forgives(r.theme):
			e.Wrong++
		}
	}
	for _, code := range truth.Codes {
		if !found[code] {
			e.Missed++
		}
	}
}

// MeasureFacets tells how v decides the cases in a dimension.
func MeasureFacets(cases []FacetCase, d domain.Dimension, v *rules.FacetVerdicts) Effect {
	var e Effect
	for _, c := range cases {
		e.addFacets(c, d, facetVerdict(v, d))
	}
	return e
}

// FitFacets finds the weights for every dimension, and their cross-validated
// effects, see [Fit].
func FitFacets(cases []FacetCase) (rules.FacetVerdicts, map[domain.Dimension]Effects) {
	var v rules.FacetVerdicts
	crossed := map[domain.Dimension]Effects{}
	for _, d := range facetDimensions {
		sets := Effects{}
		for fold := range folds {
			train, held := apart(cases, fold)
			fitted := fitFacet(train, d)
			for _, c := range held {
				e := sets[c.Set]
				e.addFacets(c, d, &fitted)
				sets[c.Set] = e
			}
		}
		crossed[d] = sets
		*facetVerdict(&v, d) = fitFacet(cases, d)
	}
	return v, crossed
}

// apart takes one of the [folds] out of the cases.
func apart(cases []FacetCase, fold int) (others, held []FacetCase) {
	for i, c := range cases {
		if i%folds == fold {
			held = append(held, c)
		} else {
			others = append(others, c)
		}
	}
	return others, held
}

// codeRidge is the strength of the pull to 0 for what codes have of their own:
// there are few cases of each, and of industries so few that they have nothing.
func codeRidge(d domain.Dimension) float64 {
	if d == domain.IndustryTag {
		return 1000
	}
	return 4
}

// fitFacet fits one dimension, then moves the base to the middle of where F1 is
// about best on cases that the weights have not seen: the very best is chance.
func fitFacet(cases []FacetCase, d domain.Dimension) rules.FacetVerdict {
	fitted := make([]rules.FacetVerdict, folds)
	for fold := range folds {
		others, _ := apart(cases, fold)
		fitted[fold] = facetWeights(others, d)
	}
	v := facetWeights(cases, d)
	var shifts, f1s []float64
	for shift := -1.0; shift <= 1.01; shift += 0.05 {
		var e Effect
		for fold := range folds {
			_, held := apart(cases, fold)
			moved := fitted[fold]
			moved.Base += shift
			for _, c := range held {
				e.addFacets(c, d, &moved)
			}
		}
		shifts, f1s = append(shifts, shift), append(f1s, e.F1())
	}
	about, n := 0.0, 0.0
	for i, f1 := range f1s {
		if f1 >= slices.Max(f1s)-nearBest {
			about, n = about+shifts[i], n+1
		}
	}
	v.Base = round3(v.Base + about/n)
	return v
}

// leastOwn is the least that a code has of its own to be kept.
const leastOwn = 0.05

// facetWeights fits the weights for one dimension.
func facetWeights(cases []FacetCase, d domain.Dimension) rules.FacetVerdict {
	var samples []sample
	for _, c := range cases {
		truth := c.truths[d]
		for _, r := range c.rows[d] {
			is := slices.Contains(truth.Codes, r.theme)
			if is || !truth.forgives(r.theme) {
				samples = append(samples, sample{r.x, r.theme, is})
			}
		}
	}
	l := fitLogistic(samples, len(facetFeatures), ridge, codeRidge(d))
	v := rules.FacetVerdict{Base: round3(l.base), Weights: map[string]float64{}, Codes: map[string]float64{}}
	for code, own := range l.offsets {
		if own = round3(own); math.Abs(own) >= leastOwn {
			v.Codes[code] = own
		}
	}
	for i, name := range facetFeatures {
		v.Weights[name] = round3(l.weights[i])
	}
	return v
}
