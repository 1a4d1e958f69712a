package audience

import (
	"cmp"
	"math/bits"
	"slices"
	"sync"

	"policypush/internal/domain"
	"policypush/internal/matching"
)

// Offer is a measure that a profile may have.
type Offer struct {
	Policy  domain.PolicyID
	Measure domain.MeasureID
	Verdict domain.Verdict
}

// Offers are the measures for one profile.
type Offers struct {
	Best     []Offer // those asked for, the most urgent and valuable first
	Likely   int     // how many there are in all
	Possible int
	// Coming cannot be had yet, and is in none of the above.
	Coming []Coming
}

// Coming is a measure that begins later.
type Coming struct {
	Offer
	From string // YYYY-MM-DD
}

// For returns the measures that a profile may have on a day (YYYY-MM-DD): the
// first n, and how many there are. Those whose deadline is near come first
// (within a week, a month, a quarter), then certain before possible, then the
// larger amount, then the newer policy. Beside them stand the first n that
// begin after the day, the soonest first.
func (m *Measures) For(p *domain.Profile, asOf string, n int) Offers {
	m.mu.RLock()
	defer m.mu.RUnlock()
	d := dayOf(asOf)
	s := m.meet(p, d)
	defer s.free()
	var offers Offers
	first := best{n: n, heap: make([]ranked, 0, min(n, len(s.seen)))}
	var coming []later
	for _, number := range s.seen {
		if s.states[number]&possibly == 0 {
			continue
		}
		certain := s.states[number]&certainly != 0
		if !m.open(number, d) {
			if from := m.opens(number, d); from != "" {
				coming = append(coming, later{from, ranked{m.places[number].rank.key(d, certain), &m.measures[number], certain}})
			}
			continue
		}
		if certain {
			offers.Likely++
		} else {
			offers.Possible++
		}
		key := m.places[number].rank.key(d, certain)
		if !first.beaten(key) {
			first.put(ranked{key, &m.measures[number], certain})
		}
	}
	offers.Best = inOrder(first.heap)
	slices.SortFunc(coming, func(a, b later) int { return cmp.Or(cmp.Compare(a.from, b.from), a.compare(b.ranked)) })
	for _, l := range coming[:min(n, len(coming))] {
		offers.Coming = append(offers.Coming, Coming{l.offer(), l.from})
	}
	return offers
}

// later is an offer with the day on which it begins.
type later struct {
	from string
	ranked
}

func inOrder(list []ranked) []Offer {
	slices.SortFunc(list, ranked.compare)
	offers := make([]Offer, len(list))
	for i := range list {
		offers[i] = list[i].offer()
	}
	return offers
}

// Difference says what other facts would change. Each list is in the order of
// For.
type Difference struct {
	Gained    []Offer // not before, at least possible then
	Lost      []Offer // at least possible before, not then; with the verdict before
	Confirmed []Offer // possible before, likely then
	Doubted   []Offer // likely before, possible then
}

// WhatIf compares what a profile may have on a day (YYYY-MM-DD) with what it
// could have with other facts: a question answered, a mistake corrected.
func (m *Measures) WhatIf(now, then *domain.Profile, asOf string) Difference {
	m.mu.RLock()
	defer m.mu.RUnlock()
	d := dayOf(asOf)
	before, after := m.meet(now, d), m.meet(then, d)
	defer before.free()
	defer after.free()
	var gained, lost, confirmed, doubted []ranked
	for _, number := range after.seen {
		then, was := after.states[number], before.states[number]
		if then&possibly == 0 || then == was || !m.open(number, d) {
			continue
		}
		certain := then&certainly != 0
		r := ranked{m.places[number].rank.key(d, certain), &m.measures[number], certain}
		switch {
		case was&possibly == 0:
			gained = append(gained, r)
		case certain && was&certainly == 0:
			confirmed = append(confirmed, r)
		case !certain && was&certainly != 0:
			doubted = append(doubted, r)
		}
	}
	for _, number := range before.seen {
		was := before.states[number]
		if was&possibly != 0 && after.states[number]&possibly == 0 && m.open(number, d) {
			certain := was&certainly != 0
			lost = append(lost, ranked{m.places[number].rank.key(d, certain), &m.measures[number], certain})
		}
	}
	return Difference{inOrder(gained), inOrder(lost), inOrder(confirmed), inOrder(doubted)}
}

// met is what the search for one profile has found.
type met struct {
	states []uint8 // of each measure
	seen   []int32 // those whose state is not zero
}

// The bits of a measure's state.
const (
	possibly  = 1 << iota
	certainly // and possibly
	settled   // the tree was asked: clauses have no more to say
)

var metPool = sync.Pool{New: func() any { return new(met) }}

// free clears what was found and keeps the memory for the next profile.
func (s *met) free() {
	for _, number := range s.seen {
		s.states[number] = 0
	}
	s.seen = s.seen[:0]
	metPool.Put(s)
}

// meet finds the measures whose criteria a profile meets, or may meet, on a
// day. Whether they can be had on it is not asked.
func (m *Measures) meet(p *domain.Profile, d day) *met {
	s := metPool.Get().(*met)
	if len(s.states) < len(m.measures) {
		s.states = make([]uint8, len(m.measures)+len(m.measures)/8)
	}
	look := m.lookFor(p, d.text)
	var possible, certain clauseBlock
	for b := range m.blockHomes {
		if !look.block(b, &possible, &certain) {
			continue
		}
		whole := m.whole.block(b)
		for w, word := range possible {
			for ; word != 0; word &= word - 1 {
				bit := word & -word
				number := m.owners[b*blockBits+w*64+bits.TrailingZeros64(word)]
				state := s.states[number]
				if state&settled != 0 {
					continue
				}
				if state == 0 {
					s.seen = append(s.seen, number)
				}
				switch {
				case whole != nil && whole[w]&bit != 0:
					state = settled | m.settle(number, p, d)
				case certain[w]&bit != 0:
					state |= possibly | certainly
				default:
					state |= possibly
				}
				s.states[number] = state
			}
		}
	}
	return s
}

// settle asks the tree itself.
func (m *Measures) settle(number int32, p *domain.Profile, d day) uint8 {
	switch matching.Evaluate(&m.measures[number].criteria, p, d.text) {
	case domain.Yes:
		return possibly | certainly
	case domain.Unknown:
		return possibly
	default:
		return 0
	}
}

// look is what a profile makes of the rows.
type look struct {
	all    *clauseRow
	must   []operand
	never  []*clauseRow // clauses that are not met
	unsure []*clauseRow // clauses that are not met for certain
}

// operand is one condition of each clause: of those that ask, only the ones in
// yes are met, and those in maybe perhaps.
type operand struct {
	asked      *clauseRow
	yes, maybe []*clauseRow
}

// lookFor picks the rows of a profile. Places come first: they leave whole
// blocks empty.
func (m *Measures) lookFor(p *domain.Profile, asOf string) *look {
	l := &look{all: &m.all, unsure: []*clauseRow{&m.doubt}}
	l.addCodes(domain.FieldRegion, m.codes[domain.FieldRegion], p)
	for _, f := range domain.Fields() {
		if rows := m.codes[f]; rows != nil && f != domain.FieldRegion {
			l.addCodes(f, rows, p)
		}
		if rows := m.numbers[f]; rows != nil {
			l.addNumber(f, rows, p, asOf)
		}
	}
	return l
}

func (l *look) addCodes(f domain.Field, rows *fieldRows, p *domain.Profile) {
	for i := range rows.layers {
		layer := &rows.layers[i]
		if layer.asked.n == 0 {
			continue
		}
		yes, maybe, all := layer.answer(f, p)
		if all {
			l.unsure = append(l.unsure, &layer.asked)
			continue
		}
		l.must = append(l.must, operand{&layer.asked, yes, maybe})
	}
	if rows.not.asked.n == 0 {
		return
	}
	yes, maybe, all := rows.not.answer(f, p)
	if all {
		maybe = []*clauseRow{&rows.not.asked}
	}
	l.never = append(l.never, yes...)
	l.unsure = append(l.unsure, maybe...)
}

func (l *look) addNumber(f domain.Field, rows *numberRows, p *domain.Profile, asOf string) {
	if rows.asked.n == 0 {
		return
	}
	if !f.AppliesTo(p.Kind) {
		l.never = append(l.never, &rows.positive)
		return
	}
	lo, hi, known := p.Number(f, asOf)
	if !known {
		l.unsure = append(l.unsure, &rows.asked)
		return
	}
	l.never = append(l.never, rows.below.excluding(hi), rows.above.excluding(lo))
	if lo != hi {
		l.unsure = append(l.unsure, rows.below.excluding(lo), rows.above.excluding(hi))
	}
}

// block fills in which clauses of a block are met, and tells whether any is.
func (l *look) block(b int, possible, certain *clauseBlock) bool {
	all := l.all.block(b)
	if all == nil {
		return false
	}
	*possible = *all
	for i := range l.must {
		o := &l.must[i]
		asked := o.asked.block(b)
		if asked == nil {
			continue
		}
		hit, any := unite(o.yes, b)
		for _, row := range o.maybe {
			any = hit.add(row.block(b)) || any
		}
		if !possible.demand(asked, &hit, any) {
			return false
		}
	}
	for _, row := range l.never {
		possible.subtract(row.block(b))
	}
	if *possible == (clauseBlock{}) {
		return false
	}
	*certain = *possible
	for i := range l.must {
		o := &l.must[i]
		if asked := o.asked.block(b); asked != nil && len(o.maybe) > 0 {
			hit, any := unite(o.yes, b)
			certain.demand(asked, &hit, any)
		}
	}
	for _, row := range l.unsure {
		certain.subtract(row.block(b))
	}
	return true
}

// unite returns the union of a block of rows, and whether any has it.
func unite(rows []*clauseRow, b int) (hit clauseBlock, any bool) {
	for _, row := range rows {
		any = hit.add(row.block(b)) || any
	}
	return hit, any
}

func (x *clauseBlock) add(y *clauseBlock) bool {
	if y == nil {
		return false
	}
	for w := range x {
		x[w] |= y[w]
	}
	return true
}

func (x *clauseBlock) subtract(y *clauseBlock) {
	if y == nil {
		return
	}
	for w := range x {
		x[w] &^= y[w]
	}
}

// demand keeps the clauses that do not ask or are hit, and tells whether any
// is left. any is false if none is hit.
func (x *clauseBlock) demand(asked, hit *clauseBlock, any bool) bool {
	left := uint64(0)
	if !any {
		for w := range x {
			x[w] &^= asked[w]
			left |= x[w]
		}
		return left != 0
	}
	for w := range x {
		x[w] &= hit[w] | ^asked[w]
		left |= x[w]
	}
	return left != 0
}
