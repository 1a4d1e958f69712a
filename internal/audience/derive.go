package audience

import "sync"

// deriver fills the rows of a chunk from its columns, by two passes: how many
// members a row has and in how many runs, and then the members, in a container
// of the form and size that fits. Its memory is used again.
type deriver struct {
	rows    []rowID // of all slots, one after the other
	ends    []int   // of each slot in rows
	sizes   []size  // by row
	members []member
}

// size is what a container needs to know of its members before they come.
type size struct {
	n, runs int32
	last    int32 // one more than the member that came last
}

var derivers = sync.Pool{New: func() any { return &deriver{} }}

// derive fills the rows and what else follows from ids, columns and keywords.
// The caller holds the read lock of the dictionary.
func (c *chunk) derive(d *dictionary) {
	v := derivers.Get().(*deriver)
	defer derivers.Put(v)
	v.rows, v.ends, v.sizes = v.rows[:0], v.ends[:0], append(v.sizes[:0], make([]size, len(d.chunks))...)
	var live size
	c.base, c.straight = 0, true
	for slot, id := range c.ids {
		if id != 0 {
			if c.base == 0 {
				c.base = id - uint32(slot)
			}
			c.straight = c.straight && id == c.base+uint32(slot)
			live.count(slot)
			f := c.columns(uint16(slot), v.members)
			v.members = f.members
			before := len(v.rows)
			v.rows = d.rowsOf(v.rows, &f)
			for _, r := range v.rows[before:] {
				v.sizes[r].count(slot)
			}
		}
		v.ends = append(v.ends, len(v.rows))
	}
	c.live = live.container()
	c.rows = make([]container, len(d.chunks))
	for r := range c.rows {
		if v.sizes[r].n > 0 {
			c.rows[r] = v.sizes[r].container()
		}
	}
	start := 0
	for slot, id := range c.ids {
		if id != 0 {
			c.live.fill(uint16(slot))
		}
		for _, r := range v.rows[start:v.ends[slot]] {
			c.rows[r].fill(uint16(slot))
		}
		start = v.ends[slot]
	}
	for i := range d.scales {
		c.climb(&d.scales[i])
	}
	c.words.clip()
}

// climb fills the rows of the steps of a column from those of its buckets.
func (c *chunk) climb(s *scale) {
	if c.row(s.all) == nil {
		return
	}
	var above bitset
	bucket := len(s.fine)
	for i := len(s.steps) - 1; i >= 0; i-- {
		for bucket > s.steps[i] {
			bucket--
			if row := c.row(s.fine[bucket]); row != nil {
				row.addTo(&above)
			}
		}
		c.rows[s.up[i]] = above.container()
	}
}

func (s *size) count(slot int) {
	s.n++
	if s.last != int32(slot) || s.runs == 0 {
		s.runs++
	}
	s.last = int32(slot) + 1
}

// container returns an empty container of the form that needs the least memory
// for the members that fill will be called with: runs where they are
// neighbours, else a list, or a bitmap.
func (s *size) container() container {
	switch {
	case s.n <= maxList && 2*s.runs >= s.n:
		return container{list: make([]uint16, 0, s.n)}
	case s.n <= maxList || s.runs <= maxRuns:
		return container{list: make([]uint16, 0, 2*s.runs), runs: true}
	default:
		return container{bits: new(bitset)}
	}
}

// fill takes in a member that is larger than all before.
func (c *container) fill(v uint16) {
	c.n++
	switch last := len(c.list) - 1; {
	case c.bits != nil:
		c.bits.add(v)
	case !c.runs:
		c.list = append(c.list, v)
	case last > 0 && int(c.list[last])+1 == int(v):
		c.list[last] = v
	default:
		c.list = append(c.list, v, v)
	}
}

// container returns the members of a bitset in the form that needs the least
// memory.
func (d *bitset) container() container {
	var s size
	d.each(func(v uint16) { s.count(int(v)) })
	c := s.container()
	if c.bits != nil {
		*c.bits, c.n = *d, s.n
	} else {
		d.each(c.fill)
	}
	return c
}
