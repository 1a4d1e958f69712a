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
	glances := m.glancesOf(d)
	for _, lead := range s.seen {
		g := glances[lead]
		if s.states[lead]&possibly == 0 || g == over {
			continue
		}
		certain := s.states[lead]&certainly != 0
		if g == unclear {
			x := &m.standings[lead]
			if !m.open(x, d) {
				if from := m.opens(x, d); from != "" {
					coming = append(coming, later{from, m.ranked(x, d, certain)})
				}
				continue
			}
			g = glanceOf(x.rank.key(d, false))
		}
		if certain {
			offers.Likely++
			g |= certainGlance
		} else {
			offers.Possible++
		}
		if !first.beaten(g) {
			first.put(m.ranked(&m.standings[lead], d, certain))
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
	for _, lead := range after.seen {
		x := &m.standings[lead]
		then, was := after.states[lead], before.states[lead]
		if then&possibly == 0 || then == was || !m.open(x, d) {
			continue
		}
		certain := then&certainly != 0
		r := m.ranked(x, d, certain)
		switch {
		case was&possibly == 0:
			gained = append(gained, r)
		case certain && was&certainly == 0:
			confirmed = append(confirmed, r)
		case !certain && was&certainly != 0:
			doubted = append(doubted, r)
		}
	}
	for _, lead := range before.seen {
		x := &m.standings[lead]
		was := before.states[lead]
		if was&possibly != 0 && after.states[lead]&possibly == 0 && m.open(x, d) {
			lost = append(lost, m.ranked(x, d, was&certainly != 0))
		}
	}
	return Difference{inOrder(gained), inOrder(lost), inOrder(confirmed), inOrder(doubted)}
}

// met is what the search for one profile has found. Measures go by their first
// clauses.
type met struct {
	states []uint8
	seen   []int32 // those that were come upon; the others' state is zero
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
	for _, lead := range s.seen {
		s.states[lead] = 0
	}
	s.seen = s.seen[:0]
	metPool.Put(s)
}

// meet finds the measures whose criteria a profile meets, or may meet, on a
// day. Whether they can be had on it is not asked.
func (m *Measures) meet(p *domain.Profile, d day) *met {
	s := metPool.Get().(*met)
	if len(s.states) < len(m.clauses) {
		s.states = make([]uint8, len(m.clauses)+len(m.clauses)/8)
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
				lead := m.leads[b*blockBits+w*64+bits.TrailingZeros64(word)]
				state := s.states[lead]
				if state&settled != 0 {
					continue
				}
				if state == 0 {
					s.seen = append(s.seen, lead)
				}
				switch {
				case whole != nil && whole[w]&bit != 0:
					state = settled | m.settle(m.standings[lead].number, p, d)
				case certain[w]&bit != 0:
					state |= possibly | certainly
				default:
					state |= possibly
				}
				s.states[lead] = state
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
	hits   hits         // memory for block
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
	h := &l.hits
	for i := range l.must {
		o := &l.must[i]
		asked := o.asked.block(b)
		if asked == nil {
			continue
		}
		h.n = 0
		h.add(o.yes, b)
		h.add(o.maybe, b)
		if !possible.demand(asked, h) {
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
			h.n = 0
			h.add(o.yes, b)
			certain.demand(asked, h)
		}
	}
	for _, row := range l.unsure {
		certain.subtract(row.block(b))
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

// hits are the rows that meet a condition, as far as they have a block. They
// are few as a rule, and read in one pass.
type hits struct {
	blocks [4]*clauseBlock
	n      int
	rest   clauseBlock // the last of blocks, if there are more
}

func (h *hits) add(rows []*clauseRow, b int) {
	for _, row := range rows {
		block := row.block(b)
		last := len(h.blocks) - 1
		switch {
		case block == nil:
		case h.n <= last:
			h.blocks[h.n] = block
			h.n++
		default:
			if h.blocks[last] != &h.rest {
				h.rest, h.blocks[last] = *h.blocks[last], &h.rest
			}
			for w := range h.rest {
				h.rest[w] |= block[w]
			}
		}
	}
}

// demand keeps the clauses that do not ask or are hit, and tells whether any
// is left.
func (x *clauseBlock) demand(asked *clauseBlock, h *hits) bool {
	left := uint64(0)
	switch h.n {
	case 0:
		for w := range x {
			x[w] &^= asked[w]
			left |= x[w]
		}
	case 1:
		hit := h.blocks[0]
		for w := range x {
			x[w] &= hit[w] | ^asked[w]
			left |= x[w]
		}
	case 2:
		hit, or := h.blocks[0], h.blocks[1]
		for w := range x {
			x[w] &= hit[w] | or[w] | ^asked[w]
			left |= x[w]
		}
	default:
		hit, or, third, fourth := h.blocks[0], h.blocks[1], h.blocks[2], h.blocks[h.n-1]
		for w := range x {
			x[w] &= hit[w] | or[w] | third[w] | fourth[w] | ^asked[w]
			left |= x[w]
		}
	}
	return left != 0
}
