package audience

import (
	"math"
	"slices"

	"policypush/internal/domain"
)

// plan is a query in the terms of rows: a tree of all and any whose leaves are
// literals. Negations stand at the literals only (De Morgan's laws hold in
// three-valued logic), nested nodes of one sort are one node, and what is
// settled without looking at anybody is gone.
type plan struct {
	root     []node // one
	literals int    // how many there are: each has its place in an evaluator's memory
	version  uint64 // of the dictionary that it was made from
	limits   limits
	missed   []bound  // that no split is at
	evidence evidence // nothing, if everyone is asked
	without  idSet
}

type sort int

const (
	literalNode sort = iota
	allNode
	anyNode
)

// node is a literal, or all or any of others. All of nothing is everybody, any
// of nothing is nobody.
type node struct {
	sort    sort
	kids    []node
	literal *literal
}

// literal is a condition or its negation. Who stands in a row of yes and in
// none of except, or in one of more, meets the condition; of those in maybe it
// is not known; those in ask are asked one by one, by their columns. Nobody
// else meets it. All are for the condition itself, also where negated is set.
type literal struct {
	negated bool
	yes     []rowID
	except  []rowID
	more    []rowID
	maybe   []rowID
	ask     []rowID
	askAll  bool     // everybody is asked, where no rows are of use
	words   []uint32 // keywords, whose holders meet the condition

	// What is needed to ask one person.
	by       answer
	number   int // place in an evaluator's memory
	column   int
	applies  []bool   // by number of a kind: whether it can have the field
	codes    []string // of a code column
	values   []string // of the condition on it, as treeCode has them, sorted
	interval interval // of a number column
}

// answer is how one person is asked for a condition.
type answer int

const (
	byRow answer = iota
	byCode
	byNumber
)

// limits bound what a tree may cost. What lies beyond is Unknown to everybody,
// as a condition that cannot be read is; Query.Validate says so beforehand.
type limits struct{ leaves, values int }

// planner makes a plan under the read lock of the dictionary.
type planner struct {
	*plan
	dictionary *dictionary
	today      int64
	dated      bool // today is known
}

// newPlan plans a query. words are the keywords that occur in its text.
func newPlan(d *dictionary, q *Query, words []uint32) *plan {
	d.mu.RLock()
	defer d.mu.RUnlock()
	p := planner{plan: &plan{version: d.version.Load()}, dictionary: d}
	left := limits{leaves: domain.MaxPolicyLeaves, values: domain.MaxPolicyValues}
	p.today, _, p.dated = domain.DateRange(q.AsOf)
	measures := make([]node, len(q.Measures))
	for i := range q.Measures {
		mine := min(left.leaves, domain.MaxCriteriaLeaves)
		p.limits = limits{leaves: mine, values: left.values}
		measures[i] = p.node(&q.Measures[i], false, 0)
		left = limits{leaves: left.leaves - (mine - p.limits.leaves), values: p.limits.values}
	}
	parts := []node{p.join(anyNode, measures), p.add(literal{negated: true, yes: []rowID{d.themes().rows[pausedMember]}})}
	if !q.Everyone {
		themes := d.themes().rowsFor(q.Themes)
		p.evidence = d.evidence(themes, words)
		yes := append(slices.Clip(themes), d.themes().rows[allMember])
		parts = append(parts, p.add(literal{yes: yes, words: words}))
	}
	p.root = []node{p.join(allNode, parts)}
	return p.plan
}

// add gives a literal its place.
func (p *planner) add(l literal) node {
	l.number = p.literals
	p.literals++
	return node{literal: &l}
}

// join makes one node of several, without nodes of its own sort below it and
// without kids that change nothing.
func (p *planner) join(s sort, parts []node) node {
	joined := node{sort: s}
	for _, part := range parts {
		switch {
		case part.sort == s:
			joined.kids = append(joined.kids, part.kids...)
		case part.sort != literalNode && len(part.kids) == 0:
			return part // one who meets nothing spoils all, one who asks nothing settles any
		default:
			joined.kids = append(joined.kids, part)
		}
	}
	if s == allNode {
		joined.kids = p.narrow(joined.kids)
	}
	if len(joined.kids) == 1 {
		return joined.kids[0]
	}
	return joined
}

// narrow makes one interval of "at least" and "at most". They are left as they
// are if nothing lies in both: of a year of birth that spans the gap, each is
// unknown, and so is the whole.
func (p *planner) narrow(kids []node) []node {
	kept := kids[:0]
	for _, kid := range kids {
		merged := false
		for i := range kept {
			a, b := kept[i].literal, kid.literal
			if a == nil || b == nil || a.by != byNumber || b.by != byNumber || a.negated || b.negated || a.column != b.column {
				continue
			}
			both := interval{max(a.interval.first, b.interval.first), min(a.interval.last, b.interval.last)}
			if both.first > both.last {
				continue
			}
			l := literal{by: byNumber, number: a.number, column: a.column, applies: a.applies, interval: both}
			p.numbers(&l)
			kept[i].literal, merged = &l, true
			break
		}
		if !merged {
			kept = append(kept, kid)
		}
	}
	return kept
}

func (p *planner) node(c *domain.Criteria, negated bool, depth int) node {
	if depth > domain.MaxCriteriaDepth {
		return p.unknown(&domain.Condition{Field: domain.FieldOther}, negated)
	}
	parts, s := c.All, allNode
	switch {
	case c.Leaf != nil:
		return p.leaf(c.Leaf, negated)
	case c.Not != nil:
		return p.node(c.Not, !negated, depth+1)
	case c.Any != nil:
		parts, s = c.Any, anyNode
	}
	if negated {
		s = allNode + anyNode - s
	}
	nodes := make([]node, len(parts))
	for i := range parts {
		nodes[i] = p.node(&parts[i], negated, depth+1)
	}
	return p.join(s, nodes)
}

func (p *planner) leaf(c *domain.Condition, negated bool) node {
	p.limits.leaves--
	p.limits.values -= len(c.Values)
	if p.limits.leaves < 0 || p.limits.values < 0 || len(c.Values) > domain.MaxLeafValues {
		return p.unknown(&domain.Condition{Field: domain.FieldOther}, negated)
	}
	l := literal{negated: negated, applies: p.applies(c.Field)}
	switch c.Field.Type() {
	case domain.OneCode:
		l.column = slices.Index(codeFields[:], c.Field)
		f := &p.dictionary.codes[l.column]
		l.by, l.codes, l.maybe = byCode, f.codes, []rowID{f.unknown}
		l.yes, l.values = rowsFor(f.within, c.Values), slices.Sorted(slices.Values(c.Values))
	case domain.CodeTree:
		l.by, l.column = byCode, slices.Index(codeFields[:], c.Field)
		p.tree(&l, c)
	case domain.CodeSet:
		s := &p.dictionary.sets[slices.Index(setFields[:], c.Field)]
		l.maybe = []rowID{s.rows[unknownMember]}
		l.yes = s.rowsFor(c.Values)
	case domain.NumberOf:
		if !c.Op.Orders() || c.Field == domain.FieldAge && !p.dated {
			return p.unknown(c, negated)
		}
		l.by, l.column = byNumber, columnOf(c.Field)
		l.interval = intervalOf(c, p.today)
		p.numbers(&l)
	default:
		return p.unknown(c, negated)
	}
	return p.add(l)
}

func rowsFor(m map[string]rowID, values []string) []rowID {
	rows := make([]rowID, 0, len(values))
	for _, v := range values {
		if r, found := m[v]; found {
			rows = append(rows, r)
		}
	}
	slices.Sort(rows)
	return slices.Compact(rows)
}

// rowsFor returns the rows of codes.
func (s *setField) rowsFor(codes []string) []rowID {
	var rows []rowID
	for _, code := range codes {
		if n, found := s.numbers[code]; found {
			rows = append(rows, s.rows[n])
		}
	}
	slices.Sort(rows)
	return slices.Compact(rows)
}

// tree plans a condition on a hierarchy. Who is at or below a value meets it;
// of who says only something wider it is not known. Values that are no level
// of the tree have no rows: then everybody's code is looked at.
func (p *planner) tree(l *literal, c *domain.Condition) {
	f := &p.dictionary.codes[l.column]
	l.codes = f.codes
	steps := levels(c.Field)
	values := make([]string, len(c.Values))
	for i, v := range c.Values {
		values[i] = treeCode(c.Field, v)
	}
	slices.Sort(values)
	l.values = values
	if slices.ContainsFunc(values, func(v string) bool { return !slices.Contains(steps, len(v)) }) {
		l.askAll = true
		return
	}
	l.yes = rowsFor(f.within, values)
	l.maybe = []rowID{f.unknown}
	for _, v := range values {
		for n := range len(v) {
			if r, found := f.vague[v[:n]]; found {
				l.maybe = append(l.maybe, r)
			}
		}
	}
	slices.Sort(l.maybe)
	l.maybe = slices.Compact(l.maybe)
}

// numbers plans an interval: it is the difference of two rows if both bounds
// have one. Otherwise buckets that lie in it wholly are rows, and who is in the
// one or two that it cuts is asked.
func (p *planner) numbers(l *literal) {
	s := &p.dictionary.scales[l.column]
	l.maybe = []rowID{p.dictionary.noNumber[l.column]}
	first, last := l.interval.first, l.interval.last
	if first > last {
		return
	}
	from, to := s.bucket(first), s.bucket(last)
	cutsFrom, cutsTo := !s.whole(l.interval, from), !s.whole(l.interval, to)
	lower, upper, known := split{row: s.all}, split{}, true
	if first != math.MinInt64 {
		lower, known = p.least(l.column, first)
	}
	if last != math.MaxInt64 {
		var found bool
		upper, found = p.least(l.column, last+1)
		known = known && found
	}
	if known && (cutsFrom || cutsTo || to-from >= fewBuckets) {
		l.yes = []rowID{lower.row}
		if last != math.MaxInt64 {
			l.except = append(l.except, upper.row)
		}
		if lower.vague != 0 {
			l.maybe = append(l.maybe, lower.vague)
		}
		if upper.vague != 0 {
			l.except, l.maybe = append(l.except, upper.vague), append(l.maybe, upper.vague)
		}
		return
	}
	if cutsFrom {
		l.ask = append(l.ask, s.fine[from])
		from++
	}
	if cutsTo && to >= from {
		l.ask = append(l.ask, s.fine[to])
		to--
	}
	if from <= to {
		l.yes, l.except, l.more = s.cover(from, to)
	}
}

// least returns the rows of everybody whose number is at least a value. If there
// are none, it is noted as missed.
func (p *planner) least(column int, value int64) (split, bool) {
	found, ok := p.dictionary.scales[column].least(value)
	if !ok {
		p.missed = append(p.missed, bound{column, value})
	}
	return found, ok
}

// unknown plans a condition that cannot be answered for anybody who can have
// its field.
func (p *planner) unknown(c *domain.Condition, negated bool) node {
	l := literal{negated: negated}
	for n, applies := range p.applies(c.Field) {
		if applies {
			l.maybe = append(l.maybe, p.dictionary.codes[kindColumn].rows[n]...)
		}
	}
	return p.add(l)
}

// applies tells for the number of each kind whether it can have a field.
func (p *planner) applies(f domain.Field) []bool {
	kinds := p.dictionary.codes[kindColumn].codes
	applies := make([]bool, len(kinds))
	for n, kind := range kinds {
		applies[n] = f.AppliesTo(domain.SubscriberKind(kind))
	}
	return applies
}

// chunks returns which chunks can hold somebody in the plan, a bit for each,
// or nil for all. The caller does not hold the lock of the dictionary.
func (p *plan) chunks(d *dictionary) []uint64 {
	d.mu.RLock()
	defer d.mu.RUnlock()
	found, all := d.occupied(&p.root[0])
	if all {
		return nil
	}
	if found == nil {
		found = []uint64{}
	}
	return found
}

// occupied returns the chunks that can hold somebody who meets a node for sure
// or perhaps; all says that it may be any.
func (d *dictionary) occupied(n *node) (found []uint64, all bool) {
	unite := func(more []uint64) {
		for len(found) < len(more) {
			found = append(found, 0)
		}
		for i, w := range more {
			found[i] |= w
		}
	}
	switch n.sort {
	case literalNode:
		if l := n.literal; l.negated || l.askAll || len(l.words) > 0 {
			return nil, true
		} else {
			for _, r := range slices.Concat(l.yes, l.more, l.maybe, l.ask) {
				unite(d.chunks[r])
			}
		}
		return found, false
	case anyNode:
		for i := range n.kids {
			more, any := d.occupied(&n.kids[i])
			if any {
				return nil, true
			}
			unite(more)
		}
		return found, false
	default:
		all = true
		for i := range n.kids {
			more, any := d.occupied(&n.kids[i])
			switch {
			case any:
			case all:
				found, all = more, false
			default:
				found = found[:min(len(found), len(more))]
				for i := range found {
					found[i] &= more[i]
				}
			}
		}
		return found, all
	}
}
