package audience

import (
	"sync"

	"policypush/internal/domain"
)

// pair is the answer of a node for a chunk: who meets it for sure, and who may,
// which holds the former. They are one and the same bitset where nothing is
// unknown, and nil where nobody may.
type pair struct{ sure, may *bitset }

// evaluator answers plans, a chunk at a time. Its memory is used again and
// again: nothing is allocated for a chunk.
type evaluator struct {
	plan    *plan
	chunk   *chunk
	scratch []*bitset
	used    int              // of scratch
	answers [][]domain.Truth // by literal and number of a code, see code
	costs   []cost           // of the kids of the nodes that are being answered
	themes  []*bitset        // see relevant
}

var evaluators = sync.Pool{New: func() any { return &evaluator{} }}

// begin readies an evaluator for a plan.
func (e *evaluator) begin(p *plan) {
	e.plan = p
	for len(e.answers) < p.literals {
		e.answers = append(e.answers, nil)
	}
	for i := range e.answers[:p.literals] {
		clear(e.answers[i])
		e.answers[i] = e.answers[i][:0]
	}
}

// get returns a bitset with any content. It is free again when used is set
// back to what it was.
func (e *evaluator) get() *bitset {
	if e.used == len(e.scratch) {
		e.scratch = append(e.scratch, new(bitset))
	}
	e.used++
	return e.scratch[e.used-1]
}

// empty returns a bitset without members.
func (e *evaluator) empty() *bitset {
	b := e.get()
	*b = bitset{}
	return b
}

// run answers the plan for a chunk, whose read lock the caller holds. The
// bitsets are only read, and valid until the next run.
func (e *evaluator) run(c *chunk) pair {
	e.chunk, e.used, e.costs = c, 0, e.costs[:0]
	if c.live.n == 0 {
		return pair{}
	}
	everybody := c.live.bits
	if everybody == nil {
		everybody = e.empty()
		c.live.addTo(everybody)
	}
	return e.kid(e.plan.root, 0, everybody)
}

// kid answers one of several nodes for those in among; of others anything may
// be said.
func (e *evaluator) kid(nodes []node, i int, among *bitset) pair {
	switch n := &nodes[i]; n.sort {
	case anyNode:
		return e.any(n.kids, among)
	case allNode:
		return e.all(n.kids, among)
	default:
		return e.all(nodes[i:i+1], among)
	}
}

// any unites the answers of nodes.
func (e *evaluator) any(nodes []node, among *bitset) pair {
	mine := pair{e.get(), e.get()}
	var all pair
	mark := e.used
	for i := range nodes {
		e.used = mark
		got := e.kid(nodes, i, among)
		switch {
		case got.may == nil:
		case all.may == nil:
			all, mark = got, e.used // kept as it is until another comes
		case all.sure == all.may && got.sure == got.may:
			mine.may.setOr(all.may, got.may)
			all = pair{mine.may, mine.may}
		default:
			mine.sure.setOr(all.sure, got.sure)
			mine.may.setOr(all.may, got.may)
			all = mine
		}
	}
	e.used = mark
	return all
}

// cost is what is known of a node of all before it is answered.
type cost struct {
	// members bounds how many meet the condition of a literal for sure or
	// perhaps; unbounded where the rows do not tell.
	members int
	time    int  // to answer it by bitsets, in nanoseconds, roughly
	nothing bool // everybody meets it: it needs no answer
	done    bool
}

const unbounded = 2 * chunkSize

// Roughly what things take, in nanoseconds.
const (
	timeOfBits    = 200 // to combine two bitsets
	timeOfAsking  = 12  // to answer one literal for one person
	timeOfMember  = 2   // to put a member of a list into a bitset
	timeOfNode    = 2000
	driverAtLeast = 32 // so few are always asked one by one
)

// all intersects the answers of nodes. The literal with the fewest members in
// the chunk comes first. If they are few, each is asked the rest; else rows
// are intersected, the simple ones first and those that must ask people last,
// when few are left to ask.
func (e *evaluator) all(nodes []node, among *bitset) pair {
	base := len(e.costs)
	result := e.intersect(nodes, among, base)
	e.costs = e.costs[:base]
	return result
}

// intersect is all, with the costs of the nodes from base on.
func (e *evaluator) intersect(nodes []node, among *bitset, base int) pair {
	driver, total := -1, 0
	for i := range nodes {
		c, none := e.cost(&nodes[i])
		if none {
			return pair{}
		}
		e.costs = append(e.costs, c)
		total += c.time
		if nodes[i].drives() && c.members < unbounded && !c.nothing &&
			(driver < 0 || c.members < e.costs[base+driver].members) {
			driver = i
		}
	}
	if driver >= 0 {
		if n := e.costs[base+driver].members; n <= driverAtLeast || n*timeOfAsking*len(nodes) < total {
			return e.oneByOne(nodes, nodes[driver].literal)
		}
	}
	a := intersection{e: e, answer: pair{among, among}, mine: pair{e.get(), e.get()}}
	a.mark = e.used
	for pass := range 4 {
		for i := range nodes {
			c := &e.costs[base+i]
			if c.nothing || c.done || nodes[i].pass(i == driver) > pass {
				continue
			}
			c.done = true
			e.used = a.mark
			left := false
			if l := nodes[i].literal; l != nil {
				left = a.literal(l)
			} else {
				left = a.and(e.kid(nodes, i, a.answer.may))
			}
			if !left {
				return pair{}
			}
		}
	}
	e.used = a.mark
	return a.answer
}

// drives tells whether the rows of a node hold everybody who may meet it.
func (n *node) drives() bool {
	l := n.literal
	return l != nil && !l.negated && len(l.except)+len(l.more)+len(l.words) == 0 && !l.askAll
}

// pass is when a node has its turn: the driver, rows, nodes, questions.
func (n *node) pass(driver bool) int {
	switch {
	case driver:
		return 0
	case n.literal == nil:
		return 2
	case n.literal.askAll || len(n.literal.ask) > 0:
		return 3
	default:
		return 1
	}
}

// cost looks at the sizes of the rows of a node. none says that nobody in the
// chunk meets it.
func (e *evaluator) cost(n *node) (c cost, none bool) {
	l := n.literal
	if l == nil {
		return cost{members: unbounded, time: timeOfNode * len(n.kids)}, false
	}
	everybody := int(e.chunk.live.n)
	sum := func(rows []rowID) (members, largest int) {
		for _, r := range rows {
			row := e.chunk.row(r)
			if row == nil {
				continue
			}
			members += int(row.n)
			largest = max(largest, int(row.n))
			if row.bits != nil {
				c.time += timeOfBits
			} else {
				c.time += timeOfMember * len(row.list)
			}
		}
		return members, largest
	}
	yes, largest := sum(l.yes)
	except, _ := sum(l.except)
	more, _ := sum(l.more)
	maybe, _ := sum(l.maybe)
	ask, _ := sum(l.ask)
	c.time += timeOfBits + timeOfAsking*ask
	yes += more - except
	c.members = yes + maybe + ask
	if l.askAll {
		c.time += timeOfAsking * everybody
	}
	if l.askAll || len(l.words) > 0 {
		c.members = unbounded
		return c, false
	}
	surely := except == 0 && largest == everybody || l.disjoint() && yes == everybody
	if l.negated {
		c.nothing = c.members == 0
		return c, surely
	}
	c.nothing = surely
	return c, c.members == 0
}

// disjoint tells whether nobody stands in two rows of yes.
func (l *literal) disjoint() bool {
	return l.by == byNumber || l.by == byCode && codeFields[l.column].Type() == domain.OneCode
}

// oneByOne asks everybody in the rows of a driver whether they meet all nodes.
func (e *evaluator) oneByOne(nodes []node, driver *literal) pair {
	var result pair
	whole := node{sort: allNode, kids: nodes}
	ask := func(slot uint16) {
		t := e.truth(&whole, slot)
		if t == domain.No {
			return
		}
		if result.may == nil {
			result.sure, result.may = e.empty(), e.empty()
		}
		result.may.add(slot)
		if t == domain.Yes {
			result.sure.add(slot)
		}
	}
	for _, rows := range [...][]rowID{driver.yes, driver.maybe, driver.ask} {
		for _, r := range rows {
			if row := e.chunk.row(r); row != nil {
				row.each(ask)
			}
		}
	}
	return result
}

// intersection is the answer of all while it is made. What it has is only read,
// as it may be a row, until something else comes in.
type intersection struct {
	e      *evaluator
	answer pair
	mine   pair // bitsets that may be written
	begun  bool
	mark   int // of the evaluator's memory: what is before it is in use
}

// whole tells that nothing unknown has come in yet.
func (a *intersection) whole() bool { return a.answer.sure == a.answer.may }

// take keeps an answer that nothing has to be intersected with.
func (a *intersection) take(p pair) {
	a.answer, a.begun, a.mark = p, true, a.e.used
}

// and intersects with an answer and tells whether anybody is left.
func (a *intersection) and(p pair) bool {
	if p.may == nil {
		return false
	}
	if !a.begun {
		a.take(p)
		return true
	}
	if a.whole() && p.sure == p.may {
		left := a.mine.may.setAnd(a.answer.may, p.may)
		a.answer = pair{a.mine.may, a.mine.may}
		return left
	}
	a.mine.sure.setAnd(a.answer.sure, p.sure)
	left := a.mine.may.setAnd(a.answer.may, p.may)
	a.answer = a.mine
	return left
}

// nobody is only read.
var nobody bitset

// literal intersects with a literal and tells whether anybody is left.
func (a *intersection) literal(l *literal) bool {
	yes, unsure := a.e.literal(l, a.answer.may)
	if l.negated {
		return a.without(yes, unsure)
	}
	switch {
	case yes == nil && unsure == nil:
		return false
	case unsure == nil:
		return a.and(pair{yes, yes})
	case yes == nil:
		return a.and(pair{&nobody, unsure})
	case !a.begun:
		either := a.e.get()
		either.setOr(yes, unsure)
		a.take(pair{yes, either})
		return true
	}
	a.mine.sure.setAnd(a.answer.sure, yes)
	left := a.mine.may.setAndOr(a.answer.may, yes, unsure)
	a.answer = a.mine
	return left
}

// without takes away who meets a condition, and from those who are sure also
// those of whom it is not known.
func (a *intersection) without(yes, unsure *bitset) bool {
	a.begun = true
	switch {
	case yes == nil && unsure == nil:
		return true
	case yes == nil:
		a.mine.sure.setAndNot(a.answer.sure, unsure)
		a.answer.sure = a.mine.sure
		return true
	case unsure == nil && a.whole():
		left := a.mine.may.setAndNot(a.answer.may, yes)
		a.answer = pair{a.mine.may, a.mine.may}
		return left
	case unsure == nil:
		a.mine.sure.setAndNot(a.answer.sure, yes)
	default:
		a.mine.sure.setAndNotOr(a.answer.sure, yes, unsure)
	}
	left := a.mine.may.setAndNot(a.answer.may, yes)
	a.answer = a.mine
	return left
}

// literal returns who meets the condition of a literal, and of whom it is not
// known, nil for nobody. Who must be asked is asked only if they are in among.
func (e *evaluator) literal(l *literal, among *bitset) (yes, unsure *bitset) {
	yes, owned := e.union(l.yes)
	for _, r := range l.except {
		row := e.chunk.row(r)
		switch {
		case row == nil:
		case row.bits != nil && !owned:
			mine := e.get()
			mine.setAndNot(yes, row.bits)
			yes, owned = mine, true
		default:
			yes, owned = e.owned(yes, owned), true
			row.removeFrom(yes)
		}
	}
	for _, r := range l.more {
		if row := e.chunk.row(r); row != nil {
			yes, owned = e.owned(yes, owned), true
			row.addTo(yes)
		}
	}
	if len(l.words) > 0 {
		yes, owned = e.owned(yes, owned), true
		e.chunk.words.union(l.words, yes)
	}
	unsure, ownedToo := e.union(l.maybe)
	for _, r := range l.ask {
		if row := e.chunk.row(r); row != nil {
			yes, owned = e.owned(yes, owned), true
			if l.column >= foundedColumn { // other numbers are exact
				unsure, ownedToo = e.owned(unsure, ownedToo), true
			}
			e.askMembers(l, row, among, yes, unsure)
		}
	}
	if l.askAll {
		yes, unsure = e.owned(yes, owned), e.owned(unsure, ownedToo)
		among.each(func(slot uint16) { e.askInto(l, slot, yes, unsure) })
	}
	return yes, unsure
}

// owned returns a bitset that may be written.
func (e *evaluator) owned(b *bitset, owned bool) *bitset {
	switch {
	case owned:
		return b
	case b == nil:
		return e.empty()
	}
	mine := e.get()
	*mine = *b
	return mine
}

// union unites rows; nil is nobody. A single bitmap is returned as it is, which
// the caller must not write.
func (e *evaluator) union(rows []rowID) (b *bitset, owned bool) {
	for _, r := range rows {
		row := e.chunk.row(r)
		switch {
		case row == nil:
		case row.bits == nil:
			b, owned = e.owned(b, owned), true
			row.addTo(b)
		case b == nil:
			b = row.bits
		case owned:
			b.setOr(b, row.bits)
		default:
			mine := e.get()
			mine.setOr(b, row.bits)
			b, owned = mine, true
		}
	}
	return b, owned
}
