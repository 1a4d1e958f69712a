package audience

import (
	"math/bits"
	"slices"
	"sync"
	"unsafe"
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
	codes   [len(codeFields)]codeColumn
	numbers [len(numberFields)][]uint32
	far     map[farSlot]int64 // numbers that do not fit their column
	sets    [setCount]setColumn

	rows  []container // by rowID; one beyond the end is empty
	words postings    // keywords, of which there are too many for rows

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
	if int(r) < len(c.rows) && c.rows[r].n > 0 {
		return &c.rows[r]
	}
	return nil
}

func (c *chunk) isIn(r rowID, slot uint16) bool {
	row := c.row(r)
	return row != nil && row.has(slot)
}

// room makes room for a row.
func (c *chunk) room(r rowID) {
	if int(r) >= len(c.rows) {
		c.rows = append(c.rows, make([]container, int(r)+1-len(c.rows))...)
	}
}

func (c *chunk) addTo(r rowID, slot uint16) {
	c.room(r)
	c.rows[r].add(slot)
}

func (c *chunk) removeFrom(r rowID, slot uint16) {
	c.rows[r].remove(slot)
	if c.rows[r].n == 0 {
		c.rows[r] = container{}
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

// put makes a move in a slot.
func (c *chunk) put(slot uint16, m *move) {
	for _, r := range m.drop {
		c.removeFrom(r, slot)
	}
	for _, r := range m.add {
		c.addTo(r, slot)
	}
	if m.known {
		for _, w := range m.before.words {
			c.words.remove(w, slot)
		}
	}
	if m.gone {
		c.write(slot, &facts{})
		c.live.remove(slot)
		c.free = append(c.free, slot)
		return
	}
	for _, w := range m.after.words {
		c.words.add(w, slot)
	}
	c.write(slot, &m.after)
}

// fetchColumns fetches what the columns say of a slot.
func (c *chunk) fetchColumns(slot uint16) {
	at := int(slot)
	fetchItem(c.ids, at)
	for i := range c.codes {
		fetchItem(c.codes[i].bytes, at)
		fetchItem(c.codes[i].words, at)
	}
	for i := range c.numbers {
		fetchItem(c.numbers[i], at)
	}
	for i := range c.sets {
		fetchItem(c.sets[i].bits, at*c.sets[i].width)
	}
	words := *c.words.shelfOfSlot(slot)
	fetchItem(words, len(words)*int(slot&255)>>8)
}

// fetchRows fetches where a move will be made.
func (c *chunk) fetchRows(slot uint16, m *move) {
	for _, rows := range [...][]rowID{m.drop, m.add} {
		for _, r := range rows {
			switch row := c.row(r); {
			case row == nil:
			case row.bits != nil:
				fetch(unsafe.Pointer(&row.bits[slot>>6]))
			default: // where the search begins, and where the slot should be
				fetchItem(row.list, len(row.list)/2)
				fetchItem(row.list, row.near(slot))
			}
		}
	}
}

// fetchItem fetches an item of a list that may be shorter.
func fetchItem[T any](list []T, at int) {
	if at < len(list) {
		fetch(unsafe.Pointer(&list[at]))
	}
}

// write fills the columns of a slot.
func (c *chunk) write(slot uint16, f *facts) {
	if c.ids[slot] == 0 {
		if c.live.add(slot); c.live.n == 1 {
			c.base, c.straight = f.id-uint32(slot), true
		}
		c.straight = c.straight && f.id == c.base+uint32(slot)
	}
	c.ids[slot] = f.id
	for i, n := range f.codes {
		c.codes[i].set(slot, n)
	}
	for i, n := range f.numbers {
		if len(c.far) > 0 {
			delete(c.far, farSlot{uint8(i), slot})
		}
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
	for i := range c.sets {
		c.sets[i].clear(slot)
	}
	for _, m := range f.members {
		c.sets[m.set].add(slot, m.number)
	}
}

// number returns the range in which a number lies: a date may be a year only.
func (c *chunk) number(column int, slot uint16) (first, last int64, known bool) {
	n, known := c.packed(column, slot)
	if known && column >= foundedColumn {
		first, last = dateRange(uint32(n))
		return first, last, true
	}
	return n, n, known
}

// first returns where the range begins.
func (c *chunk) first(column int, slot uint16) (first int64, known bool) {
	n, known := c.packed(column, slot)
	if known && column >= foundedColumn {
		n = earliest(uint32(n))
	}
	return n, known
}

// packed returns a number, and a date as dateNumber packs it.
func (c *chunk) packed(column int, slot uint16) (n int64, known bool) {
	if int(slot) >= len(c.numbers[column]) {
		return 0, false
	}
	switch packed := c.numbers[column][slot]; {
	case packed == noNumber:
		return 0, false
	case packed == farNumber && column < foundedColumn:
		return c.far[farSlot{uint8(column), slot}], true
	default:
		return int64(packed), true
	}
}

// columns reads what the columns say of a subscriber; members is used for
// those of the sets.
func (c *chunk) columns(slot uint16, members []member) facts {
	f := facts{id: c.ids[slot], members: members[:0]}
	for i := range f.codes {
		f.codes[i] = c.codes[i].at(slot)
	}
	for i := range f.numbers {
		if n, known := c.packed(i, slot); known {
			f.numbers[i] = n
			f.known |= 1 << i
		}
	}
	for i := range c.sets {
		for at, b := range c.sets[i].of(slot) {
			for ; b != 0; b &= b - 1 {
				f.members = append(f.members, member{uint8(i), uint16(8*at + bits.TrailingZeros8(b))})
			}
		}
	}
	return f
}

// facts reads a subscriber back; the lists of old are used for theirs. The
// caller holds the read lock of the chunk.
func (c *chunk) facts(slot uint16, old facts) facts {
	f := c.columns(slot, old.members)
	f.words = c.words.of(old.words[:0], slot)
	return f
}

// occupied returns the rows that have members.
func (c *chunk) occupied() []rowID {
	var rows []rowID
	for r := range c.rows {
		if c.rows[r].n > 0 {
			rows = append(rows, rowID(r))
		}
	}
	return rows
}

// holds tells whether a slot holds one of some keywords, which are sorted.
func (c *chunk) holds(slot uint16, words []uint32) bool {
	return slices.ContainsFunc(c.words.of(nil, slot), func(w uint32) bool {
		_, found := slices.BinarySearch(words, w)
		return found
	})
}
