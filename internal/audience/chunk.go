package audience

import (
	"slices"
	"sync"
)

// builtSlots is how many slots of a chunk a bulk build fills. The rest waits
// for people of the same place who come later.
const builtSlots = chunkSize - chunkSize/16

// chunk holds up to 65,536 subscribers. Its lock covers all of it: a change of
// a person is seen whole or not at all.
type chunk struct {
	mu   sync.RWMutex
	ids  []uint32 // by slot; 0 is a free slot
	live container
	free []uint16 // slots below len(ids) that are free

	// The columns, by slot, are shorter than ids where the last people have
	// nothing to say in them.
	codes   [len(codeFields)][]uint16
	numbers [len(numberFields)][]uint32
	far     map[farSlot]int64 // numbers that do not fit their column

	rows  []*container // by rowID; nil, or beyond the end, is empty
	words postings     // keywords, of which there are too many for rows

	// straight: every id is base plus the slot, so that a set of slots is a
	// set of ids but for a shift.
	straight bool
	base     uint32
}

type farSlot struct {
	column uint8
	slot   uint16
}

// row returns the container of a row, nil if it has no member.
func (c *chunk) row(r rowID) *container {
	if int(r) < len(c.rows) {
		return c.rows[r]
	}
	return nil
}

func (c *chunk) isIn(r rowID, slot uint16) bool {
	row := c.row(r)
	return row != nil && row.has(slot)
}

func (c *chunk) addTo(r rowID, slot uint16) {
	if int(r) >= len(c.rows) {
		c.rows = append(c.rows, make([]*container, int(r)+1-len(c.rows))...)
	}
	if c.rows[r] == nil {
		c.rows[r] = &container{}
	}
	c.rows[r].add(slot)
}

func (c *chunk) removeFrom(r rowID, slot uint16) {
	c.rows[r].remove(slot)
	if c.rows[r].n == 0 {
		c.rows[r] = nil
	}
}

// full tells whether there is no slot left.
func (c *chunk) full() bool { return len(c.free) == 0 && len(c.ids) == chunkSize }

// take returns a free slot, which it makes if it has to.
func (c *chunk) take() uint16 {
	if last := len(c.free) - 1; last >= 0 {
		slot := c.free[last]
		c.free = c.free[:last]
		return slot
	}
	c.ids = append(c.ids, 0)
	return uint16(len(c.ids) - 1)
}

// put writes a subscriber into a slot that is theirs or free. before and after
// are the rows of the subscriber as they were and will be.
func (c *chunk) put(slot uint16, f *facts, before, after []rowID) {
	slices.Sort(before)
	slices.Sort(after)
	eachMissing(before, after, func(r rowID) { c.removeFrom(r, slot) })
	eachMissing(after, before, func(r rowID) { c.addTo(r, slot) })
	for _, w := range c.words.of(slot) {
		c.words.remove(w, slot)
	}
	for _, w := range f.words {
		c.words.add(w, slot)
	}
	c.write(slot, f)
}

// eachMissing calls yield for what is in a and not in b, both sorted.
func eachMissing(a, b []rowID, yield func(rowID)) {
	for _, r := range a {
		for len(b) > 0 && b[0] < r {
			b = b[1:]
		}
		if len(b) == 0 || b[0] != r {
			yield(r)
		}
	}
}

// write fills the columns of a slot.
func (c *chunk) write(slot uint16, f *facts) {
	if c.ids[slot] == 0 {
		c.live.add(slot)
		if slot == 0 && len(c.ids) == 1 {
			c.base, c.straight = f.id, true
		}
		c.straight = c.straight && f.id == c.base+uint32(slot)
	}
	c.ids[slot] = f.id
	for i, n := range f.codes {
		c.codes[i] = set(c.codes[i], slot, n, 0)
	}
	for i, n := range f.numbers {
		delete(c.far, farSlot{uint8(i), slot})
		packed := uint32(noNumber)
		switch {
		case f.known>>i&1 == 0:
		case n < 0 || n >= farNumber:
			if c.far == nil {
				c.far = map[farSlot]int64{}
			}
			c.far[farSlot{uint8(i), slot}] = n
			packed = farNumber
		default:
			packed = uint32(n)
		}
		c.numbers[i] = set(c.numbers[i], slot, packed, noNumber)
	}
}

// set writes a value into a column, which grows if it has to.
func set[T comparable](column []T, slot uint16, value, none T) []T {
	if int(slot) >= len(column) {
		if value == none {
			return column
		}
		column = slices.Grow(column, int(slot)+1-len(column))
		for int(slot) >= len(column) {
			column = append(column, none)
		}
	}
	column[slot] = value
	return column
}

func (c *chunk) code(column int, slot uint16) uint16 {
	if int(slot) < len(c.codes[column]) {
		return c.codes[column][slot]
	}
	return 0
}

// number returns the range in which a number lies: a date may be a year only.
func (c *chunk) number(column int, slot uint16) (first, last int64, known bool) {
	if int(slot) >= len(c.numbers[column]) {
		return 0, 0, false
	}
	switch packed := c.numbers[column][slot]; {
	case packed == noNumber:
		return 0, 0, false
	case column >= foundedColumn:
		first, last = dateRange(packed)
	case packed == farNumber:
		first = c.far[farSlot{uint8(column), slot}]
		last = first
	default:
		first, last = int64(packed), int64(packed)
	}
	return first, last, true
}

// columns reads what the columns say of a subscriber.
func (c *chunk) columns(slot uint16) facts {
	f := facts{id: c.ids[slot]}
	for i := range f.codes {
		f.codes[i] = c.code(i, slot)
	}
	for i := range f.numbers {
		n, _, known := c.number(i, slot)
		if !known {
			continue
		}
		if i >= foundedColumn {
			n = int64(c.numbers[i][slot])
		}
		f.numbers[i] = n
		f.known |= 1 << i
	}
	return f
}

// facts reads a subscriber back. The caller holds the read locks of the
// dictionary and of the chunk.
func (c *chunk) facts(d *dictionary, slot uint16) facts {
	f := c.columns(slot)
	f.words = c.words.of(slot)
	find := func(rows ...rowID) {
		for _, r := range rows {
			if c.isIn(r, slot) {
				f.rows = append(f.rows, r)
			}
		}
	}
	for i := range d.sets {
		find(d.sets[i].unknown)
		find(d.sets[i].list...)
	}
	find(d.themes.list...)
	find(d.wantAll, d.paused)
	return f
}

// clear takes a subscriber out.
func (c *chunk) clear(slot uint16, before []rowID) {
	c.put(slot, &facts{}, before, nil)
	c.live.remove(slot)
	c.free = append(c.free, slot)
}

// newChunk builds a chunk from people in the order of their slots. The rows of
// each follow from the dictionary, whose read lock the caller does not hold.
func newChunk(d *dictionary, people []facts) *chunk {
	c := &chunk{ids: make([]uint32, len(people)), base: people[0].id, straight: true}
	d.mu.RLock()
	defer d.mu.RUnlock()
	c.rows = make([]*container, len(d.chunks))
	for i := range c.codes {
		if slices.ContainsFunc(people, func(f facts) bool { return f.codes[i] != 0 }) {
			c.codes[i] = make([]uint16, len(people))
		}
	}
	for i := range c.numbers {
		if slices.ContainsFunc(people, func(f facts) bool { return f.known>>i&1 == 1 }) {
			c.numbers[i] = slices.Repeat([]uint32{noNumber}, len(people))
		}
	}
	var rows []rowID
	for i := range people {
		rows = d.rowsOf(rows[:0], &people[i])
		for _, r := range rows {
			c.addTo(r, uint16(i))
		}
		for _, w := range people[i].words {
			c.words.add(w, uint16(i))
		}
		c.write(uint16(i), &people[i])
	}
	for _, row := range c.rows {
		if row != nil {
			row.compact()
		}
	}
	c.live.compact()
	return c
}

// occupied returns the rows that have members.
func (c *chunk) occupied() []rowID {
	var rows []rowID
	for r, row := range c.rows {
		if row != nil {
			rows = append(rows, rowID(r))
		}
	}
	return rows
}

// holds tells whether a slot holds one of some keywords, which are sorted.
func (c *chunk) holds(slot uint16, words []uint32) bool {
	return slices.ContainsFunc(c.words.of(slot), func(w uint32) bool {
		_, found := slices.BinarySearch(words, w)
		return found
	})
}
