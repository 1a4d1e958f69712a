package audience

import "slices"

// glance is what of a measure's place in the order of a day can be told in two
// bytes: the upper bits of its key as if it were possible only. A profile finds
// thousands of measures and asks for fifty, so that most are passed over at a
// glance, without looking at what lies far apart in memory.
type glance uint16

const (
	glanceShift = valueBits + 3 - 16 // of a key
	// certainGlance is set for a profile whose facts all say yes. What is kept
	// has it only where the rest says something else:
	certainGlance glance = 1 << (valueBits - glanceShift)
	over                 = certainGlance     // it cannot be had any more
	unclear              = certainGlance | 1 // it begins later, or only words tell when it can be had
)

func glanceOf(key uint64) glance { return glance(key >> glanceShift) }

// glances are those of all measures, by their first clauses, for one day. A
// day's are made when it is first asked for.
type glances struct {
	day  day
	each []glance
}

func (g *glances) of(x *standing) glance {
	switch t := &x.term; {
	case t.odd || g.day.number < t.first:
		return unclear
	case t.last < g.day.number:
		return over
	default:
		return glanceOf(x.rank.key(g.day, false))
	}
}

// note keeps the glance of a new measure. The caller holds the lock.
func (m *Measures) note(lead int) {
	g := m.glances.Load()
	if g == nil {
		return
	}
	if more := len(m.standings) - len(g.each); more > 0 {
		g.each = append(g.each, make([]glance, more)...)
	}
	g.each[lead] = g.of(&m.standings[lead])
}

// glancesOf returns the glances of a day. The caller holds the read lock: two
// who come at once make the same.
func (m *Measures) glancesOf(d day) []glance {
	if g := m.glances.Load(); g != nil && g.day.number == d.number {
		return g.each
	}
	g := &glances{day: d, each: make([]glance, len(m.standings))}
	if !d.known {
		return slices.Repeat([]glance{unclear}, len(m.standings))
	}
	for i := range m.standings {
		g.each[i] = g.of(&m.standings[i])
	}
	m.glances.Store(g)
	return g.each
}
