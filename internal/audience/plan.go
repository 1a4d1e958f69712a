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
	kinds    []string
	limits   limits
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
// none of except meets the condition; of those in maybe it is not known; those
// in ask are asked one by one, by their columns. Nobody else meets it. The
// four are for the condition itself, also where negated is set.
type literal struct {
	negated bool
	yes     []rowID
	except  []rowID
	maybe   []rowID
	ask     []rowID
	askAll  bool     // everybody is asked, where no rows are of use
	words   []uint32 // keywords, whose holders meet the condition

	number    int // place in an evaluator's memory
	condition *domain.Condition
	column    int
	codes     []string // of a code column
	interval  interval // of a number column
}

// limits bound what a tree may cost. What lies beyond is Unknown to everybody,
// as a condition that cannot be read is; Query.Validate says so beforehand.
type limits struct{ leaves, values int }

// maxValues bounds the values of all conditions of a query.
const maxValues = 1 << 18

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
	p := planner{plan: &plan{version: d.version.Load(), kinds: d.codes[kindColumn].codes}, dictionary: d}
	p.limits = limits{leaves: domain.MaxCriteriaLeaves, values: maxValues}
	p.today, _, p.dated = domain.DateRange(q.AsOf)
	measures := make([]node, len(q.Measures))
	for i := range q.Measures {
		measures[i] = p.node(&q.Measures[i], false, 0)
	}
	parts := []node{join(anyNode, measures), p.add(literal{negated: true, yes: []rowID{d.paused}})}
	if !q.Everyone {
		interest := literal{yes: []rowID{d.wantAll}, words: words}
		for _, theme := range q.Themes {
			if r, found := d.themes.rows[theme]; found && !slices.Contains(interest.yes, r) {
				interest.yes = append(interest.yes, r)
			}
		}
		parts = append(parts, p.add(interest))
	}
	p.root = []node{join(allNode, parts)}
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
func join(s sort, parts []node) node {
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
	if len(joined.kids) == 1 {
		return joined.kids[0]
	}
	return joined
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
	return join(s, nodes)
}

func (p *planner) leaf(c *domain.Condition, negated bool) node {
	p.limits.leaves--
	p.limits.values -= len(c.Values)
	if p.limits.leaves < 0 || p.limits.values < 0 || len(c.Values) > domain.MaxLeafValues {
		return p.unknown(&domain.Condition{Field: domain.FieldOther}, negated)
	}
	l := literal{negated: negated, condition: c}
	switch c.Field.Type() {
	case domain.OneCode:
		l.column = slices.Index(codeFields[:], c.Field)
		f := &p.dictionary.codes[l.column]
		l.codes, l.maybe = f.codes, []rowID{f.unknown}
		l.yes = rowsFor(f.within, c.Values)
	case domain.CodeTree:
		l.column = slices.Index(codeFields[:], c.Field)
		p.tree(&l, c)
	case domain.CodeSet:
		l.column = slices.Index(setFields[:], c.Field)
		s := &p.dictionary.sets[l.column]
		l.maybe = []rowID{s.unknown}
		l.yes = rowsFor(s.rows, c.Values)
	case domain.NumberOf:
		if !c.Op.Orders() || c.Field == domain.FieldAge && !p.dated {
			return p.unknown(c, negated)
		}
		l.column = columnOf(c.Field)
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
		if !slices.Contains(steps, len(values[i])) {
			l.askAll = true
			return
		}
	}
	l.yes = rowsFor(f.within, values)
	l.maybe = []rowID{f.unknown}
	for _, v := range values {
		for n := range len(v) {
			if r, found := f.vague[v[:n]]; found && !slices.Contains(l.maybe, r) {
				l.maybe = append(l.maybe, r)
			}
		}
	}
}

// numbers plans an interval: buckets that lie in it wholly are rows of yes, or
// of except if those outside are fewer; who is in the one or two that it cuts
// is asked.
func (p *planner) numbers(l *literal) {
	s := &p.dictionary.scales[l.column]
	l.maybe = []rowID{p.dictionary.noNumber[l.column]}
	if l.interval.first > l.interval.last {
		return
	}
	from, to := s.bucket(l.interval.first), s.bucket(l.interval.last)
	if !s.whole(l.interval, from) {
		l.ask = append(l.ask, s.fine[from])
		from++
	}
	if to >= from && !s.whole(l.interval, to) {
		l.ask = append(l.ask, s.fine[to])
		to--
	}
	if from > to {
		return
	}
	l.yes = s.cover(from, to)
	var outside []rowID
	if from > 0 {
		outside = s.cover(0, from-1)
	}
	if to < len(s.cuts) {
		outside = append(outside, s.cover(to+1, len(s.cuts))...)
	}
	if len(outside)+1 < len(l.yes) {
		l.yes, l.except = []rowID{s.all}, outside
	}
}

// unknown plans a condition that cannot be answered for anybody who can have
// its field.
func (p *planner) unknown(c *domain.Condition, negated bool) node {
	l := literal{negated: negated, condition: c, column: math.MaxInt}
	kinds := &p.dictionary.codes[kindColumn]
	for n, kind := range kinds.codes {
		if c.Field.AppliesTo(domain.SubscriberKind(kind)) {
			l.maybe = append(l.maybe, kinds.rows[n]...)
		}
	}
	return p.add(l)
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
			for _, rows := range [][]rowID{l.yes, l.maybe, l.ask} {
				for _, r := range rows {
					unite(d.chunks[r])
				}
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

// truth answers a node for one subscriber by columns and rows.
func (e *evaluator) truth(n *node, slot uint16) domain.Truth {
	switch n.sort {
	case literalNode:
		t := e.ask(n.literal, slot)
		if n.literal.negated {
			t = t.Not()
		}
		return t
	case anyNode:
		t := domain.No
		for i := 0; i < len(n.kids) && t != domain.Yes; i++ {
			t = t.Or(e.truth(&n.kids[i], slot))
		}
		return t
	default:
		t := domain.Yes
		for i := 0; i < len(n.kids) && t != domain.No; i++ {
			t = t.And(e.truth(&n.kids[i], slot))
		}
		return t
	}
}

// ask answers the condition of a literal, not its negation, for one subscriber.
func (e *evaluator) ask(l *literal, slot uint16) domain.Truth {
	if l.condition == nil || l.column == math.MaxInt {
		return e.standsIn(l, slot)
	}
	c := l.condition
	if !c.Field.AppliesTo(domain.SubscriberKind(e.plan.kind(e.chunk.code(kindColumn, slot)))) {
		return domain.No
	}
	switch c.Field.Type() {
	case domain.CodeSet:
		return e.standsIn(l, slot)
	case domain.NumberOf:
		first, last, known := e.chunk.number(l.column, slot)
		if !known {
			return domain.Unknown
		}
		return l.interval.truth(first, last)
	default:
		return e.code(l, e.chunk.code(l.column, slot))
	}
}

// kind returns a kind by its number. One that came after the plan was made
// makes the plan be made again, whatever is answered here.
func (p *plan) kind(n uint16) string { return p.kinds[min(int(n), len(p.kinds)-1)] }

// standsIn answers a literal by its rows.
func (e *evaluator) standsIn(l *literal, slot uint16) domain.Truth {
	in := func(rows []rowID) bool {
		return slices.ContainsFunc(rows, func(r rowID) bool { return e.chunk.isIn(r, slot) })
	}
	switch {
	case in(l.yes):
		return domain.Yes
	case len(l.words) > 0 && e.chunk.holds(slot, l.words):
		return domain.Yes
	case in(l.maybe):
		return domain.Unknown
	default:
		return domain.No
	}
}

// code answers a condition on a code column for a number of the dictionary,
// once for each number.
func (e *evaluator) code(l *literal, number uint16) domain.Truth {
	const asked = 1 // added to an answer, so that 0 is none
	known := e.answers[l.number]
	if len(known) < len(l.codes) {
		known = append(known, make([]domain.Truth, len(l.codes)-len(known))...)
		e.answers[l.number] = known
	}
	if int(number) >= len(l.codes) {
		return domain.Unknown // newer than the plan, which will be made again
	}
	if t := known[number]; t != 0 {
		return t - asked
	}
	t := domain.No
	switch code := l.codes[number]; {
	case code == "":
		t = domain.Unknown
	case l.condition.Field.Type() == domain.OneCode:
		t = domain.TruthOf(slices.Contains(l.condition.Values, code))
	default:
		for _, wider := range l.condition.Values {
			t = t.Or(domain.InTree(l.condition.Field, code, wider))
		}
	}
	known[number] = t + asked
	return t
}
