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
	sure, may := e.get(), e.get()
	found, split := false, false
	mark := e.used
	for i := range nodes {
		e.used = mark
		got := e.kid(nodes, i, among)
		if got.may == nil {
			continue
		}
		if !found {
			found = true
			*may = *got.may
			if split = got.sure != got.may; split {
				*sure = *got.sure
			}
			continue
		}
		if !split && got.sure != got.may {
			split = true
			*sure = *may
		}
		if split {
			sure.or(got.sure)
		}
		may.or(got.may)
	}
	e.used = mark
	switch {
	case !found:
		return pair{}
	case !split:
		return pair{may, may}
	default:
		return pair{sure, may}
	}
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
	timeOfBits    = 250 // to combine two bitsets
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
	a := intersection{e: e, sure: e.get(), may: e.get(), among: among}
	mark := e.used
	for pass := range 4 {
		for i := range nodes {
			c := &e.costs[base+i]
			if c.nothing || c.done || nodes[i].pass(i == driver) > pass {
				continue
			}
			c.done = true
			e.used = mark
			left := false
			if l := nodes[i].literal; l != nil {
				left = a.literal(l)
			} else {
				left = a.and(e.kid(nodes, i, a.candidates()))
			}
			if !left {
				e.used = mark
				return pair{}
			}
		}
	}
	e.used = mark
	return a.result()
}

// drives tells whether the rows of a node hold everybody who may meet it.
func (n *node) drives() bool {
	return n.literal != nil && !n.literal.negated && len(n.literal.except) == 0 && !n.literal.askAll && len(n.literal.words) == 0
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
	maybe, _ := sum(l.maybe)
	ask, _ := sum(l.ask)
	c.time += timeOfBits + timeOfAsking*ask
	c.members = yes - except + maybe + ask
	if l.askAll {
		c.time += timeOfAsking * everybody
	}
	if l.askAll || len(l.words) > 0 {
		c.members = unbounded
		return c, false
	}
	surely := except == 0 && (largest == everybody || l.disjoint() && yes == everybody)
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

// intersection is the answer of all while it is made. As long as nothing
// unknown has come in, may alone is kept.
type intersection struct {
	e         *evaluator
	sure, may *bitset
	among     *bitset // where it starts
	started   bool
	split     bool
}

// candidates are those who are left.
func (a *intersection) candidates() *bitset {
	if a.started {
		return a.may
	}
	return a.among
}

func (a *intersection) result() pair {
	switch {
	case !a.started:
		return pair{a.among, a.among}
	case !a.split:
		return pair{a.may, a.may}
	default:
		return pair{a.sure, a.may}
	}
}

func (a *intersection) start() {
	if !a.started {
		a.started = true
		*a.may = *a.among
	}
}

func (a *intersection) divide() {
	if !a.split {
		a.split = true
		*a.sure = *a.may
	}
}

// and intersects with an answer and tells whether anybody is left.
func (a *intersection) and(p pair) bool {
	if p.may == nil {
		return false
	}
	a.start()
	if a.split || p.sure != p.may {
		a.divide()
		a.sure.and(p.sure)
	}
	return a.may.and(p.may)
}

// literal intersects with a literal and tells whether anybody is left.
func (a *intersection) literal(l *literal) bool {
	yes, unsure := a.e.literal(l, a.candidates())
	if l.negated {
		a.start()
		if unsure != nil {
			a.divide()
			a.sure.andNot(unsure)
		}
		if yes == nil {
			return true
		}
		if a.split {
			a.sure.andNot(yes)
		}
		return a.may.andNot(yes)
	}
	switch {
	case yes == nil && unsure == nil:
		return false
	case !a.started:
		a.started = true
		switch {
		case unsure == nil:
			*a.may = *yes
		case yes == nil:
			a.split = true
			*a.may, *a.sure = *unsure, bitset{}
		default:
			a.split = true
			*a.sure, *a.may = *yes, *yes
			a.may.or(unsure)
		}
		return true
	case unsure == nil:
		if a.split {
			a.sure.and(yes)
		}
		return a.may.and(yes)
	case yes == nil:
		a.split = true
		*a.sure = bitset{}
		return a.may.and(unsure)
	default:
		a.divide()
		a.sure.and(yes)
		return a.may.andEither(yes, unsure)
	}
}

// literal returns who meets the condition of a literal, and of whom it is not
// known, nil for nobody. Who must be asked is asked only if they are in among.
func (e *evaluator) literal(l *literal, among *bitset) (yes, unsure *bitset) {
	yes, owned := e.union(l.yes, len(l.except)+len(l.words) > 0)
	if yes != nil {
		for _, r := range l.except {
			if row := e.chunk.row(r); row != nil {
				row.removeFrom(yes)
			}
		}
	}
	if len(l.words) > 0 {
		if yes == nil {
			yes = e.empty()
		}
		e.chunk.words.union(l.words, (*[chunkSize / 64]uint64)(yes))
	}
	unsure, ownedToo := e.union(l.maybe, false)
	if !l.askAll && len(l.ask) == 0 {
		return yes, unsure
	}
	asked := among
	if !l.askAll {
		if asked, _ = e.union(l.ask, true); asked == nil {
			return yes, unsure
		}
		asked.and(among)
	}
	yes, unsure = e.owned(yes, owned), e.owned(unsure, ownedToo)
	if l.by == byNumber {
		e.askNumbers(l, asked, yes, unsure)
		return yes, unsure
	}
	asked.each(func(slot uint16) {
		switch e.ask(l, slot) {
		case domain.Yes:
			yes.add(slot)
		case domain.Unknown:
			unsure.add(slot)
		}
	})
	return yes, unsure
}

// owned returns a bitset that may be written.
func (e *evaluator) owned(b *bitset, owned bool) *bitset {
	if owned {
		return b
	}
	mine := e.empty()
	if b != nil {
		*mine = *b
	}
	return mine
}

// union unites rows; nil is nobody. A single bitmap is returned as it is
// unless the caller wants a bitset of its own.
func (e *evaluator) union(rows []rowID, own bool) (b *bitset, owned bool) {
	var single *container
	n := 0
	for _, r := range rows {
		if row := e.chunk.row(r); row != nil {
			single = row
			n++
		}
	}
	switch {
	case n == 0:
		return nil, false
	case n == 1 && single.bits != nil && !own:
		return single.bits, false
	}
	b = e.get()
	if single.bits != nil {
		*b = *single.bits // a copy is faster than to clear and unite
	} else {
		*b = bitset{}
		single.addTo(b)
	}
	for _, r := range rows {
		if row := e.chunk.row(r); row != nil && row != single {
			row.addTo(b)
		}
	}
	return b, true
}
