package audience

import (
	"math/bits"
	"sync"

	"policypush/internal/domain"
)

// deriver fills the rows of a chunk from its columns, a column at a time: first
// it notes who stands in which row, as spans of neighbours, and then it fills
// the rows, each a container of the form and size that fits. Its memory is used
// again.
type deriver struct {
	chunk      *chunk
	dictionary *dictionary
	stretches  []stretch
	spans      []span
	sizes      []size // by row
}

// stretch are neighbours of one kind, from a slot up to, and without, another.
type stretch struct {
	from, to int
	kind     uint16
}

// span are neighbours in a row.
type span struct {
	row         rowID
	first, last uint16
}

// size is what a container needs to know of its members before they come.
type size struct {
	n, runs int32
	end     int32 // one more than the member that came last
}

var derivers = sync.Pool{New: func() any { return &deriver{} }}

// derive fills the rows and what else follows from ids and columns. The caller
// holds the read lock of the dictionary.
func (c *chunk) derive(d *dictionary) {
	v := derivers.Get().(*deriver)
	defer derivers.Put(v)
	v.chunk, v.dictionary = c, d
	v.sizes = append(v.sizes[:0], make([]size, len(d.chunks))...)
	c.rows = make([]container, len(d.chunks))
	v.live()
	for i := range c.codes {
		v.code(i)
		v.fill()
	}
	for i := range c.numbers {
		v.number(i)
		v.fill()
	}
	for i := range c.sets {
		v.set(i)
		v.fill()
	}
	for i := range d.scales {
		c.climb(&d.scales[i])
	}
	v.chunk, v.dictionary = nil, nil
}

// live finds out who is there, and of which kind.
func (v *deriver) live() {
	c := v.chunk
	var live bitset
	c.straight, v.stretches = true, v.stretches[:0]
	for slot, id := range c.ids {
		if id == 0 {
			continue
		}
		if len(v.stretches) == 0 {
			c.base = id - uint32(slot)
		}
		c.straight = c.straight && id == c.base+uint32(slot)
		live.add(uint16(slot))
		kind, last := c.codes[kindColumn].at(uint16(slot)), len(v.stretches)-1
		if last >= 0 && v.stretches[last].to == slot && v.stretches[last].kind == kind {
			v.stretches[last].to++
		} else {
			v.stretches = append(v.stretches, stretch{slot, slot + 1, kind})
		}
	}
	c.live = live.container()
}

// put notes that neighbours stand in a row, of which the next are told in
// rising order.
func (v *deriver) put(r rowID, from, to int) {
	v.sizes[r].count(from, to)
	v.spans = append(v.spans, span{r, uint16(from), uint16(to - 1)})
}

// count counts neighbours that are larger than all before.
func (s *size) count(from, to int) {
	s.n += int32(to - from)
	if s.end != int32(from) || s.runs == 0 {
		s.runs++
	}
	s.end = int32(to)
}

// fill makes the rows that were noted.
func (v *deriver) fill() {
	for _, s := range v.spans {
		row := &v.chunk.rows[s.row]
		if row.n == 0 {
			*row = v.sizes[s.row].container()
		}
		row.fill(s.first, s.last)
	}
	v.spans = v.spans[:0]
}

func (v *deriver) code(column int) {
	codes, rows := &v.chunk.codes[column], v.dictionary.codes[column].rows
	for _, s := range v.stretches {
		can := v.can(codeFields[column], s)
		for from := s.from; from < s.to; {
			n, to := codes.at(uint16(from)), from+1
			for to < s.to && codes.at(uint16(to)) == n {
				to++
			}
			if n != 0 || can {
				for _, r := range rows[n] {
					v.put(r, from, to)
				}
			}
			from = to
		}
	}
}

// can tells whether those of a stretch can have a field.
func (v *deriver) can(f domain.Field, s stretch) bool {
	return f.AppliesTo(domain.SubscriberKind(v.dictionary.codes[kindColumn].codes[s.kind]))
}

func (v *deriver) number(column int) {
	c, scale := v.chunk, &v.dictionary.scales[column]
	for _, s := range v.stretches {
		can := v.can(numberFields[column], s)
		for from := s.from; from < s.to; {
			_, known := c.first(column, uint16(from))
			to := from
			for ; to < s.to; to++ {
				n, also := c.first(column, uint16(to))
				if also != known {
					break
				}
				if !known {
					continue
				}
				v.put(scale.fine[scale.bucket(n)], to, to+1)
				for i := range scale.splits {
					first, last, _ := c.number(column, uint16(to))
					if r, ok := scale.splits[i].of(first, last); ok {
						v.put(r, to, to+1)
					}
				}
			}
			if known {
				v.put(scale.all, from, to)
			} else if can {
				v.put(v.dictionary.noNumber[column], from, to)
			}
			from = to
		}
	}
}

func (v *deriver) set(i int) {
	rows := v.dictionary.sets[i].rows
	for _, s := range v.stretches {
		for slot := s.from; slot < s.to; slot++ {
			for at, b := range v.chunk.sets[i].of(uint16(slot)) {
				for ; b != 0; b &= b - 1 {
					v.put(rows[8*at+bits.TrailingZeros8(b)], slot, slot+1)
				}
			}
		}
	}
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

// fill takes in neighbours that are larger than all before.
func (c *container) fill(first, last uint16) {
	c.n += int32(last-first) + 1
	switch end := len(c.list) - 1; {
	case c.bits != nil && first == last:
		c.bits.add(first)
	case c.bits != nil:
		c.bits.addRange(first, last)
	case !c.runs:
		for v := int(first); v <= int(last); v++ {
			c.list = append(c.list, uint16(v))
		}
	case end > 0 && int(c.list[end])+1 == int(first):
		c.list[end] = last
	default:
		c.list = append(c.list, first, last)
	}
}

// container returns the members of a bitset in the form that needs the least
// memory.
func (d *bitset) container() container {
	var s size
	before := uint64(0) // the last bit of the word before
	for _, w := range d {
		s.n += int32(bits.OnesCount64(w))
		s.runs += int32(bits.OnesCount64(w &^ (w<<1 | before)))
		before = w >> 63
	}
	c := s.container()
	if c.bits != nil {
		*c.bits, c.n = *d, s.n
	} else {
		d.each(func(v uint16) { c.fill(v, v) })
	}
	return c
}
