package audience

import (
	"slices"
	"strings"

	"policypush/internal/domain"
	"policypush/internal/matching"
)

// Conflict is two conditions of a tree that nobody meets both, though the tree
// asks for both.
type Conflict struct {
	One, Other domain.Criteria // a condition or its negation
	// Optional: there is another way through the tree. Otherwise nobody meets
	// it, and its audience is at best those of whom too little is known.
	Optional bool
}

// Describe says a conflict in Chinese.
func (c Conflict) Describe(names matching.Names) string {
	return "“" + matching.Describe(&c.One, names) + "”与“" + matching.Describe(&c.Other, names) + "”不能同时满足"
}

// The bounds of the search: how many conditions are compared with each other,
// how many values of theirs in all, and how many conflicts are told.
const (
	maxOnPath    = 256
	maxCompared  = 1 << 23
	maxConflicts = 64
)

// Conflicts finds contradictions: two sizes at once, a number above and below,
// a county outside of its city, the staff of a resident. It does not change
// what a query answers.
func Conflicts(c *domain.Criteria) []Conflict {
	f := conflictFinder{left: maxCompared}
	f.walk(c, false, nil, false)
	return f.found
}

type conflictFinder struct {
	found []Conflict
	left  int // comparisons
}

// claim is a condition or its negation.
type claim struct {
	*domain.Condition
	negated bool
}

func (c claim) criteria() domain.Criteria {
	if c.negated {
		return domain.NotOf(domain.Leaf(*c.Condition))
	}
	return domain.Leaf(*c.Condition)
}

// walk goes down a tree. path holds the claims that whoever meets the node
// must meet as well.
func (f *conflictFinder) walk(c *domain.Criteria, negated bool, path []claim, optional bool) {
	var choices []choice
	path = slices.Clip(path)
	f.collect(c, negated, func(next claim) {
		for _, before := range path {
			if f.left -= 1 + len(before.Values)*len(next.Values); f.left < 0 || len(f.found) == maxConflicts {
				break
			}
			if before.contradicts(next) || next.contradicts(before) {
				f.found = append(f.found, Conflict{before.criteria(), next.criteria(), optional})
			}
		}
		if len(path) < maxOnPath {
			path = append(path, next)
		}
	}, &choices)
	for _, ch := range choices {
		for i := range ch.ways {
			f.walk(&ch.ways[i], ch.negated, path, optional || len(ch.ways) > 1)
		}
	}
}

// choice is a node of which one way is enough.
type choice struct {
	ways    []domain.Criteria
	negated bool
}

// collect calls must for every claim that a node insists on, and notes its
// choices.
func (f *conflictFinder) collect(c *domain.Criteria, negated bool, must func(claim), choices *[]choice) {
	switch {
	case c.Leaf != nil:
		must(claim{c.Leaf, negated})
		return
	case c.Not != nil:
		f.collect(c.Not, !negated, must, choices)
		return
	}
	parts, all := c.All, !negated
	if c.Any != nil {
		parts, all = c.Any, negated
	}
	if !all {
		*choices = append(*choices, choice{parts, negated})
		return
	}
	for i := range parts {
		f.collect(&parts[i], negated, must, choices)
	}
}

// contradicts tells whether nobody meets both claims. It is asked both ways.
func (c claim) contradicts(other claim) bool {
	if c.Field == domain.FieldKind && !c.negated && !other.negated && other.Field != domain.FieldKind {
		return !slices.ContainsFunc(c.Values, func(kind string) bool { return other.Field.AppliesTo(domain.SubscriberKind(kind)) })
	}
	if c.Field != other.Field || c.negated {
		return false
	}
	covers := func(wide, narrow string) bool { return wide == narrow }
	switch c.Field.Type() {
	case domain.NumberOf:
		// Ages are compared as of any day: only the order matters.
		a, okA := c.interval()
		b, okB := other.interval()
		return okA && okB && (a.last < b.first || b.last < a.first)
	case domain.CodeTree:
		covers = func(wide, narrow string) bool {
			return strings.HasPrefix(treeCode(c.Field, narrow), treeCode(c.Field, wide))
		}
	case domain.CodeSet:
		if !other.negated {
			return false // one may have both
		}
	case domain.Unreadable:
		return false
	}
	excluded := func(value string) bool {
		if other.negated {
			return slices.ContainsFunc(other.Values, func(w string) bool { return covers(w, value) })
		}
		return !slices.ContainsFunc(other.Values, func(w string) bool { return covers(w, value) || covers(value, w) })
	}
	return !slices.ContainsFunc(c.Values, func(value string) bool { return !excluded(value) })
}

// interval returns the numbers that a claim allows.
func (c claim) interval() (interval, bool) {
	if !c.Op.Orders() {
		return interval{}, false
	}
	plain := *c.Condition
	plain.Field = domain.FieldStaff // as numbers, not as days of birth
	if c.negated {
		plain.Op = map[domain.Op]domain.Op{
			domain.AtLeast: domain.LessThan, domain.LessThan: domain.AtLeast,
			domain.MoreThan: domain.AtMost, domain.AtMost: domain.MoreThan,
		}[c.Op]
	}
	return intervalOf(&plain, 0), true
}
