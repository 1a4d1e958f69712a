package audience

import (
	"encoding/binary"
	"math/bits"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
)

// idPage holds a bit for each of 2^20 ids. Pages are so large that the table of
// them stays in the nearest cache, and so small that few ids take little room.
type idPage [1 << 14]uint64

const (
	pageShift = 20 // of an id, to its page
	pageWords = 1<<14 - 1
)

// idSet is a set of ids under construction.
type idSet []*idPage

var idPages = sync.Pool{New: func() any { return new(idPage) }}

// page returns a page, an empty one where there was none.
func (s *idSet) page(n uint32) *idPage {
	if more := int(n) + 1 - len(*s); more > 0 {
		*s = append(*s, make([]*idPage, more)...)
	}
	if (*s)[n] == nil {
		page := idPages.Get().(*idPage)
		clear(page[:])
		(*s)[n] = page
	}
	return (*s)[n]
}

// collector turns sets of slots into sets of ids. Each worker has its own.
type collector struct {
	likely, possible idSet
	rest             bitset // of a chunk, for a moment
}

func collectors(n int) []collector { return make([]collector, n) }

func (to *collector) add(c *chunk, got pair) {
	to.likely.add(c, got.sure)
	if got.sure != got.may {
		to.rest.setAndNot(got.may, got.sure)
		to.possible.add(c, &to.rest)
	}
}

func (s *idSet) add(c *chunk, slots *bitset) {
	if c.straight {
		s.addShifted(c.base, slots)
		return
	}
	ids, pages := c.ids, *s
	for i, w := range slots {
		for ; w != 0; w &= w - 1 {
			id := ids[i<<6+bits.TrailingZeros64(w)]
			n := id >> pageShift
			if int(n) >= len(pages) || pages[n] == nil {
				s.page(n)
				pages = *s
			}
			pages[n][id>>6&pageWords] |= 1 << (id & 63)
		}
	}
}

// addShifted adds base plus each slot.
func (s *idSet) addShifted(base uint32, slots *bitset) {
	shift := base & 63
	for i, w := range slots {
		if w == 0 {
			continue
		}
		at := base>>6 + uint32(i) // the word of all ids that gets the lower part
		s.page(at >> (pageShift - 6))[at&pageWords] |= w << shift
		if carry := w >> (64 - shift); carry != 0 { // none if shift is 0
			at++
			s.page(at >> (pageShift - 6))[at&pageWords] |= carry
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

// unite takes over the pages of another set, which is not used any more.
func (s *idSet) unite(other idSet) {
	if len(*s) == 0 {
		*s = other
		return
	}
	for n, page := range other {
		if page == nil {
			continue
		}
		mine := s.page(uint32(n))
		for i, w := range page {
			mine[i] |= w
		}
		idPages.Put(page)
	}
}

// bitmap makes a roaring bitmap of the set, whose pages go back to the pool.
// It is written in the stored form of roaring, which is the fastest way in.
func (s *idSet) bitmap() *roaring.Bitmap {
	const withoutRuns = 12346 // the cookie of the format
	type part struct {
		high, size int
		bits       *bitset
	}
	var parts []part
	body := 0
	for n, page := range *s {
		if page == nil {
			continue
		}
		for i := range len(page) / len(bitset{}) {
			set := (*bitset)(page[i*len(bitset{}):])
			if size := set.count(); size > 0 {
				parts = append(parts, part{n<<(pageShift-16) + i, size, set})
				body += min(2*size, 8192)
			}
		}
	}
	raw := make([]byte, 0, 8+8*len(parts)+body)
	raw = binary.LittleEndian.AppendUint32(raw, withoutRuns)
	raw = binary.LittleEndian.AppendUint32(raw, uint32(len(parts)))
	for _, p := range parts {
		raw = binary.LittleEndian.AppendUint16(raw, uint16(p.high))
		raw = binary.LittleEndian.AppendUint16(raw, uint16(p.size-1))
	}
	at := 8 + 8*len(parts)
	for _, p := range parts {
		raw = binary.LittleEndian.AppendUint32(raw, uint32(at))
		at += min(2*p.size, 8192)
	}
	for _, p := range parts {
		if p.size <= 4096 {
			p.bits.each(func(low uint16) { raw = binary.LittleEndian.AppendUint16(raw, low) })
			continue
		}
		for _, w := range p.bits {
			raw = binary.LittleEndian.AppendUint64(raw, w)
		}
	}
	s.free()
	set := roaring.New()
	if _, err := set.FromBuffer(raw); err != nil {
		panic("audience: a set that was just written cannot be read: " + err.Error())
	}
	return set
}

// idSetOf copies a set. Its pages go back to the pool by free.
func idSetOf(set *roaring.Bitmap) idSet {
	var s idSet
	buffer := make([]uint32, 4096)
	for it := set.ManyIterator(); ; {
		n := it.NextMany(buffer)
		if n == 0 {
			return s
		}
		for _, id := range buffer[:n] {
			s.page(id >> pageShift)[id>>6&pageWords] |= 1 << (id & 63)
		}
	}
}

func (s idSet) free() {
	for _, page := range s {
		if page != nil {
			idPages.Put(page)
		}
	}
}

// setWithout makes d the slots whose ids are not in a set, and tells whether
// any is left. It asks for the ids under the lock of the chunk: somebody else
// may have come into a slot meanwhile.
func (d *bitset) setWithout(c *chunk, slots *bitset, ids idSet) (left bool) {
	for i, w := range slots {
		out := uint64(0)
		for rest := w; rest != 0; rest &= rest - 1 {
			bit := bits.TrailingZeros64(rest)
			id := c.ids[i<<6+bit]
			if n := int(id >> pageShift); n < len(ids) && ids[n] != nil {
				out |= ids[n][id>>6&pageWords] >> (id & 63) & 1 << bit
			}
		}
		d[i] = w &^ out
		left = left || w != out
	}
	return left
}

// slotsOf finds the slots of a set of ids, by chunk. Ids that the index does
// not hold are passed over.
func (s *state) slotsOf(set *roaring.Bitmap, chunks []*chunk) []*bitset {
	slots := make([]*bitset, len(chunks))
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

// pick finds which slots of a chunk are in a set of ids, written as bits. It
// reads on end what slotsOf jumps through, and so is faster for large sets.
func (c *chunk) pick(dense []uint64, into *bitset) {
	*into = bitset{}
	for slot, id := range c.ids {
		if at := int(id >> 6); at < len(dense) {
			into[slot>>6] |= dense[at] >> (id & 63) & 1 << (slot & 63)
		}
	}
}
