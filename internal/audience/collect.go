package audience

import (
	"encoding/binary"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
)

// idSet is a set of ids under construction: a bitset for each 65,536 ids.
type idSet []*bitset

var idPages = sync.Pool{New: func() any { return new(bitset) }}

// page returns the bitset of the ids that share their upper sixteen bits.
func (s *idSet) page(high uint32) *bitset {
	s.reach(high)
	if (*s)[high] == nil {
		page := idPages.Get().(*bitset)
		*page = bitset{}
		(*s)[high] = page
	}
	return (*s)[high]
}

// collector turns sets of slots into sets of ids. Each worker has its own.
type collector struct{ likely, possible idSet }

func collectors(n int) []collector { return make([]collector, n) }

func (to *collector) add(c *chunk, got pair) {
	to.likely.add(c, got.sure)
	if got.sure != got.may {
		rest := *got.may
		rest.andNot(got.sure)
		to.possible.add(c, &rest)
	}
}

func (s *idSet) add(c *chunk, slots *bitset) {
	if c.straight {
		s.addShifted(c.base, slots)
		return
	}
	// Neighbours mostly have ids of one page: it is looked up when that changes.
	high, page := uint32(0), (*bitset)(nil)
	slots.each(func(slot uint16) {
		id := c.ids[slot]
		if page == nil || id>>16 != high {
			high = id >> 16
			page = s.page(high)
		}
		page.add(uint16(id))
	})
}

// addShifted adds base plus each slot.
func (s *idSet) addShifted(base uint32, slots *bitset) {
	shift := base & 63
	for i, w := range slots {
		if w == 0 {
			continue
		}
		at := base>>6 + uint32(i) // the word of all ids that gets the lower part
		s.page(at >> 10)[at&1023] |= w << shift
		if carry := w >> (64 - shift); carry != 0 && shift != 0 {
			at++
			s.page(at >> 10)[at&1023] |= carry
		}
	}
}

// gather unites what the workers collected.
func gather(found []collector) Result {
	var all collector
	for _, f := range found {
		all.likely.unite(f.likely)
		all.possible.unite(f.possible)
	}
	return Result{Likely: all.likely.bitmap(), Possible: all.possible.bitmap()}
}

// reach makes room for a page.
func (s *idSet) reach(high uint32) {
	if more := int(high) + 1 - len(*s); more > 0 {
		*s = append(*s, make([]*bitset, more)...)
	}
}

// unite takes over the pages of another set, which is not used any more.
func (s *idSet) unite(other idSet) {
	if len(*s) == 0 {
		*s = other
		return
	}
	for high, page := range other {
		switch {
		case page == nil:
		case high < len(*s) && (*s)[high] != nil:
			(*s)[high].or(page)
			idPages.Put(page)
		default:
			s.reach(uint32(high))
			(*s)[high] = page
		}
	}
}

// bitmap makes a roaring bitmap of the set, whose pages go back to the pool.
// It is written in the stored form of roaring, which is the fastest way in.
func (s *idSet) bitmap() *roaring.Bitmap {
	const withoutRuns = 12346 // the cookie of the format
	var highs, sizes []int
	body := 0
	for high, page := range *s {
		if page == nil {
			continue
		}
		if n := page.count(); n > 0 {
			highs, sizes = append(highs, high), append(sizes, n)
			body += min(2*n, 8192)
		}
	}
	raw := make([]byte, 0, 8+8*len(highs)+body)
	raw = binary.LittleEndian.AppendUint32(raw, withoutRuns)
	raw = binary.LittleEndian.AppendUint32(raw, uint32(len(highs)))
	for i, high := range highs {
		raw = binary.LittleEndian.AppendUint16(raw, uint16(high))
		raw = binary.LittleEndian.AppendUint16(raw, uint16(sizes[i]-1))
	}
	at := 8 + 8*len(highs)
	for _, n := range sizes {
		raw = binary.LittleEndian.AppendUint32(raw, uint32(at))
		at += min(2*n, 8192)
	}
	for i, high := range highs {
		page := (*s)[high]
		if sizes[i] <= 4096 {
			page.each(func(low uint16) { raw = binary.LittleEndian.AppendUint16(raw, low) })
			continue
		}
		for _, w := range page {
			raw = binary.LittleEndian.AppendUint64(raw, w)
		}
	}
	for _, page := range *s {
		if page != nil {
			idPages.Put(page)
		}
	}
	set := roaring.New()
	if _, err := set.FromBuffer(raw); err != nil {
		panic("audience: a set that was just written cannot be read: " + err.Error())
	}
	return set
}

// slotsOf finds the slots of a set of ids, by chunk. Ids that the index does
// not hold are passed over.
func (s *state) slotsOf(set *roaring.Bitmap) []*bitset {
	slots := make([]*bitset, len(*s.chunks.Load()))
	buffer := make([]uint32, 4096)
	for it := set.ManyIterator(); ; {
		n := it.NextMany(buffer)
		if n == 0 {
			return slots
		}
		for _, id := range buffer[:n] {
			place, ok := s.places.of(id)
			if !ok || int(place>>16) >= len(slots) {
				continue
			}
			if slots[place>>16] == nil {
				slots[place>>16] = new(bitset)
			}
			slots[place>>16].add(uint16(place))
		}
	}
}
