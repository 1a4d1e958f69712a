package matching

import (
	"slices"

	"policypush/internal/domain"
)

// Names returns the Chinese name of a code of a field, for example 制造业 for
// C of industry. A nil Names, or one that returns "", shows the code.
type Names func(f domain.Field, code string) string

// Result says whether criteria are met and why.
type Result struct {
	Truth   domain.Truth
	Reasons []Reason
	// Ask holds one to three questions whose answers would settle most, the
	// most decisive first. It is empty unless Truth is Unknown.
	Ask []Question
}

// Question asks for one fact.
type Question struct {
	Field domain.Field
	Text  string
}

// Reason is one condition with what the profile says to it.
type Reason struct {
	Field     domain.Field
	Value     string // what the profile says, in Chinese; 未填写 if nothing
	Condition string // 从业人数不超过300人
	Result    domain.Truth
	Evidence  []domain.Evidence
	// Alternative marks a condition of which several were offered: not
	// meeting this one does not exclude by itself.
	Alternative bool
}

const maxQuestions = 3

// Explain answers like Evaluate and gives a reason for every condition, in the
// order of the text. A negation is moved into the conditions, so that each
// reason reads and answers as the person is affected: 不属于失信主体, met. Where
// one of several ways is met, only the ways that are met are named.
func Explain(c *domain.Criteria, p *domain.Profile, asOf string, names Names) Result {
	if c == nil {
		c = &domain.Criteria{}
	}
	leaves := 0
	c.Leaves(func(*domain.Condition) { leaves++ })
	x := explainer{profile: p, asOf: asOf, names: names, found: make([]Reason, 0, leaves)}
	result := Result{Truth: x.truth(c, false)}
	x.reasons(c, false, false)
	result.Reasons = x.found
	if result.Truth == domain.Unknown {
		x.weigh(c, false, 1)
		slices.SortStableFunc(x.questions, func(a, b question) int {
			switch {
			case a.weight > b.weight:
				return -1
			case a.weight < b.weight:
				return 1
			default:
				return 0
			}
		})
		for _, q := range x.questions[:min(len(x.questions), maxQuestions)] {
			result.Ask = append(result.Ask, q.Question)
		}
	}
	return result
}

// Open weighs the facts that criteria leave open for a profile: how much of
// what is open each decides, together 1. It is empty unless the answer is
// Unknown.
func Open(c *domain.Criteria, p *domain.Profile, asOf string) map[domain.Field]float64 {
	x := explainer{profile: p, asOf: asOf}
	if c == nil || x.truth(c, false) != domain.Unknown {
		return nil
	}
	x.weigh(c, false, 1)
	open := map[domain.Field]float64{}
	for _, q := range x.questions {
		open[q.Field] += q.weight
	}
	return open
}

// explainer walks a tree with its negations pushed down to the leaves.
type explainer struct {
	profile   *domain.Profile
	asOf      string
	names     Names
	found     []Reason
	questions []question
}

// question asks for one fact. weight is the share of what is open that its
// answer decides, summed over the conditions on the fact.
type question struct {
	Question
	weight float64
}

func (x *explainer) truth(c *domain.Criteria, negated bool) domain.Truth {
	t := Evaluate(c, x.profile, x.asOf)
	if negated {
		return t.Not()
	}
	return t
}

// parts returns the children of a node that is no leaf and whether all of them
// must hold, given the negation above it.
func parts(c *domain.Criteria, negated bool) (children []domain.Criteria, all bool) {
	if c.Any != nil {
		return c.Any, negated
	}
	return c.All, !negated
}

func (x *explainer) reasons(c *domain.Criteria, negated, alternative bool) {
	switch {
	case c.Leaf != nil:
		x.found = append(x.found, Reason{
			Field:       c.Leaf.Field,
			Value:       describeValue(x.profile, c.Leaf.Field, x.names),
			Condition:   describeLeaf(c.Leaf, negated, x.names),
			Result:      x.truth(c, negated),
			Evidence:    c.Leaf.Evidence,
			Alternative: alternative,
		})
		return
	case c.Not != nil:
		x.reasons(c.Not, !negated, alternative)
		return
	}
	children, all := parts(c, negated)
	met := !all && x.truth(c, negated) == domain.Yes
	for i := range children {
		if met && x.truth(&children[i], negated) != domain.Yes {
			continue
		}
		x.reasons(&children[i], negated, alternative || !all && !met && len(children) > 1)
	}
}

// seldom is the part of its weight that a question for what excludes has: it is
// asked last, for hardly anybody is left out.
const seldom = 0.01

// weigh goes down the open branches only: a condition beside a settled one can
// change nothing. Each open branch has its share of the weight of its parent.
func (x *explainer) weigh(c *domain.Criteria, negated bool, weight float64) {
	switch {
	case c.Leaf != nil:
		text := ask(c.Leaf, x.names)
		for i := range x.questions {
			if x.questions[i].Text == text {
				x.questions[i].weight += weight
				return
			}
		}
		x.questions = append(x.questions, question{Question{c.Leaf.Field, text}, weight})
		return
	case c.Not != nil:
		x.weigh(c.Not, !negated, weight*seldom)
		return
	}
	children, _ := parts(c, negated)
	var open []*domain.Criteria
	for i := range children {
		if x.truth(&children[i], negated) == domain.Unknown {
			open = append(open, &children[i])
		}
	}
	for _, child := range open {
		x.weigh(child, negated, weight/float64(len(open)))
	}
}
