package audience

import (
	"math"

	"policypush/internal/domain"
)

// requirement is one condition of a clause, perhaps negated.
type requirement struct {
	*domain.Condition
	negated bool
}

// clause is met when all its requirements are. If whole is set, something of the
// tree is missing from it: it is met at most as far as its requirements are, and
// who meets them must be held against the tree itself.
type clause struct {
	requirements []requirement
	whole        bool
}

// The bounds of the clauses of one tree. They keep a hostile tree from
// costing time: what goes beyond is left out and the clauses are marked.
const (
	maxClauses      = 32
	maxRequirements = 64
)

// clausesOf brings a tree, or its negation, into disjunctive form. Kleene's
// truths are ordered, so that And and Or distribute and negations move into
// the conditions without a change of the answer, Unknown included: the answer
// of the tree is the best of its clauses, that of a clause the worst of its
// requirements.
func clausesOf(c *domain.Criteria, negated bool) []clause {
	switch {
	case c.IsZero():
		if negated {
			return nil
		}
		return []clause{{}}
	case c.Leaf != nil:
		return []clause{{requirements: []requirement{{c.Leaf, negated}}}}
	case c.Not != nil:
		return clausesOf(c.Not, !negated)
	case (c.Any != nil) != negated:
		return either(parts(c), negated)
	default:
		return every(parts(c), negated)
	}
}

func parts(c *domain.Criteria) []domain.Criteria {
	if c.Any != nil {
		return c.Any
	}
	return c.All
}

func either(parts []domain.Criteria, negated bool) []clause {
	var found []clause
	for i := range parts {
		found = append(found, clausesOf(&parts[i], negated)...)
		if len(found) > maxClauses {
			return []clause{{whole: true}}
		}
	}
	return found
}

func every(parts []domain.Criteria, negated bool) []clause {
	found := []clause{{}}
	for i := range parts {
		more := clausesOf(&parts[i], negated)
		if len(found)*len(more) > maxClauses {
			more = []clause{{whole: true}}
		}
		joined := make([]clause, 0, len(found)*len(more))
		for _, a := range found {
			for _, b := range more {
				joined = append(joined, a.and(b))
			}
		}
		found = joined
	}
	return found
}

func (a clause) and(b clause) clause {
	joined := clause{
		requirements: make([]requirement, 0, len(a.requirements)+len(b.requirements)),
		whole:        a.whole || b.whole,
	}
	joined.requirements = append(append(joined.requirements, a.requirements...), b.requirements...)
	if len(joined.requirements) > maxRequirements {
		joined.requirements, joined.whole = joined.requirements[:maxRequirements], true
	}
	return joined
}

// halfLine returns the numbers that meet a requirement on a number: those from
// first on if up is set, else those up to last. ok is false for comparisons
// that are none and for those that no number meets.
func (l requirement) halfLine() (bound int64, up, ok bool) {
	op, n := l.Op, l.Number
	if l.negated {
		op = map[domain.Op]domain.Op{
			domain.AtLeast: domain.LessThan, domain.LessThan: domain.AtLeast,
			domain.AtMost: domain.MoreThan, domain.MoreThan: domain.AtMost,
		}[op]
	}
	switch op {
	case domain.AtLeast:
		return n, true, true
	case domain.MoreThan:
		return n + 1, true, n < math.MaxInt64
	case domain.AtMost:
		return n, false, n < math.MaxInt64
	case domain.LessThan:
		return n - 1, false, n > math.MinInt64
	default:
		return 0, false, false
	}
}
