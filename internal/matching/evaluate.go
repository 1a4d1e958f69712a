// Package matching answers for one profile whether the criteria of a policy
// are met, and says why.
//
// Answers are three-valued, see [domain.Truth]: what a profile does not state
// is Unknown and makes the policy possible rather than impossible. A year of
// birth gives two possible ages, so that a threshold between them is Unknown
// as well. Three choices deserve their reasons:
//
//   - A field that the kind of subscriber cannot have (the staff of a resident)
//     is No and never Unknown: asking for it would make no sense.
//   - A condition that the reader found but could not read is Unknown for
//     everybody: the person is told to look it up, and nobody is left out.
//   - A condition that is not well formed is Unknown too. Such conditions are
//     refused when they are saved, so this only decides what a hostile tree does.
//
// Package audience answers the same question for all subscribers at once and
// must agree with this package on every tree.
package matching

import (
	"slices"

	"policypush/internal/domain"
)

// Evaluate answers the criteria for a profile on a day (YYYY-MM-DD). No
// criteria, nil or zero, are met by everybody.
func Evaluate(c *domain.Criteria, p *domain.Profile, asOf string) domain.Truth {
	switch {
	case c == nil || c.IsZero():
		return domain.Yes
	case c.Leaf != nil:
		return evaluateLeaf(c.Leaf, p, asOf)
	case c.Not != nil:
		return Evaluate(c.Not, p, asOf).Not()
	case c.Any != nil:
		truth := domain.No
		for i := range c.Any {
			truth = truth.Or(Evaluate(&c.Any[i], p, asOf))
			if truth == domain.Yes {
				break
			}
		}
		return truth
	default:
		truth := domain.Yes
		for i := range c.All {
			truth = truth.And(Evaluate(&c.All[i], p, asOf))
			if truth == domain.No {
				break
			}
		}
		return truth
	}
}

func evaluateLeaf(c *domain.Condition, p *domain.Profile, asOf string) domain.Truth {
	if !c.Field.AppliesTo(p.Kind) {
		return domain.No
	}
	switch c.Field.Type() {
	case domain.OneCode:
		code := p.Code(c.Field)
		if code == "" {
			return domain.Unknown
		}
		return domain.TruthOf(slices.Contains(c.Values, code))
	case domain.CodeTree:
		code := p.Code(c.Field)
		if code == "" {
			return domain.Unknown
		}
		truth := domain.No
		for _, wider := range c.Values {
			truth = truth.Or(domain.InTree(c.Field, code, wider))
		}
		return truth
	case domain.CodeSet:
		set := p.Set(c.Field)
		if set == nil {
			return domain.Unknown
		}
		return domain.TruthOf(slices.ContainsFunc(set, func(code string) bool { return slices.Contains(c.Values, code) }))
	case domain.NumberOf:
		lo, hi, known := p.Number(c.Field, asOf)
		if !known || !c.Op.Orders() {
			return domain.Unknown
		}
		met := c.Compare(lo)
		if met != c.Compare(hi) {
			return domain.Unknown
		}
		return domain.TruthOf(met)
	default:
		return domain.Unknown
	}
}
