package audience

import "slices"

// maxList is the longest list of slots; a container with more members is a
// bitmap. A bitmap costs as much memory as a list of 4,096, but is combined
// many times faster, so the bound is lower than memory alone would ask for.
const maxList = 1024

// maxRuns is how many runs a bitmap may have to be worth keeping as runs.
const maxRuns = 256

// container holds those slots of a chunk that stand in one row, in one of
// three forms: a bitmap, a sorted list, or runs. The zero value is empty.
type container struct {
	bits *bitset  // the bitmap, if it is one
	list []uint16 // else sorted slots; or first and last slot of every run
	n    int32    // members
	runs bool     // list holds runs
}

func (c *container) has(v uint16) bool {
	switch {
	case c.bits != nil:
		return c.bits.has(v)
	case c.runs:
		i := c.runAt(v)
		return i < len(c.list) && c.list[i] <= v
	default:
		_, found := c.find(v)
		return found
	}
}

// near guesses where in list a slot is: members are spread evenly more often
// than not.
func (c *container) near(v uint16) int { return len(c.list) * int(v) >> 16 }

// window is how far from the guess most are.
const window = 32

// find returns where in a list v is, or would be. It looks around the guess
// first, for each look elsewhere may wait for memory.
func (c *container) find(v uint16) (at int, found bool) {
	low, high := 0, len(c.list)
	if guess := c.near(v); guess >= window && c.list[guess-window] < v {
		low = guess - window
	}
	if end := low + 2*window; end < high && c.list[end] >= v {
		high = end + 1
	}
	at, found = slices.BinarySearch(c.list[low:high], v)
	return low + at, found
}

// add takes v in. Slots that come in rising order are appended, which is how a
// chunk is built.
func (c *container) add(v uint16) {
	if c.runs {
		c.addToRuns(v)
		return
	}
	if c.bits != nil {
		if !c.bits.has(v) {
			c.bits.add(v)
			c.n++
		}
		return
	}
	at, found := len(c.list), false
	if at > 0 && c.list[at-1] >= v {
		at, found = c.find(v)
	}
	if found {
		return
	}
	if len(c.list) == maxList {
		c.toBits()
		c.bits.add(v)
		c.n++
		return
	}
	c.list = slices.Insert(c.list, at, v)
	c.n++
}

// remove takes v out.
func (c *container) remove(v uint16) {
	if c.runs {
		c.removeFromRuns(v)
		return
	}
	if c.bits != nil {
		if c.bits.has(v) {
			c.bits.remove(v)
			c.n--
			if c.n < maxList/2 { // not at maxList: a row at the bound must not change its form all the time
				c.toList()
			}
		}
		return
	}
	if at, found := c.find(v); found {
		c.list = slices.Delete(c.list, at, at+1)
		c.n--
	}
}

// each calls yield for every member in rising order.
func (c *container) each(yield func(uint16)) {
	switch {
	case c.bits != nil:
		c.bits.each(yield)
	case c.runs:
		for i := 0; i < len(c.list); i += 2 {
			for v := int(c.list[i]); v <= int(c.list[i+1]); v++ {
				yield(uint16(v))
			}
		}
	default:
		for _, v := range c.list {
			yield(v)
		}
	}
}

// addTo unites d with the members.
func (c *container) addTo(d *bitset) {
	switch {
	case c.bits != nil:
		d.setOr(d, c.bits)
	case c.runs:
		for i := 0; i < len(c.list); i += 2 {
			d.addRange(c.list[i], c.list[i+1])
		}
	default:
		for _, v := range c.list {
			d[v>>6] |= 1 << (v & 63)
		}
	}
}

// removeFrom takes the members out of d.
func (c *container) removeFrom(d *bitset) {
	switch {
	case c.bits != nil:
		d.setAndNot(d, c.bits)
	case c.runs:
		for i := 0; i < len(c.list); i += 2 {
			d.removeRange(c.list[i], c.list[i+1])
		}
	default:
		for _, v := range c.list {
			d[v>>6] &^= 1 << (v & 63)
		}
	}
}

// runAt returns where in list the first run is that ends at v or behind it: it
// holds v or nothing does.
func (c *container) runAt(v uint16) int {
	low, high := 0, len(c.list)/2
	for low < high {
		middle := (low + high) / 2
		if c.list[2*middle+1] < v {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return 2 * low
}

// addToRuns takes v in. Runs stay runs, for a bitmap in place of each run that
// a change touches would cost more time than all else: its memory is new.
func (c *container) addToRuns(v uint16) {
	i := c.runAt(v)
	if i < len(c.list) && c.list[i] <= v {
		return
	}
	c.n++
	before := i > 0 && int(c.list[i-1])+1 == int(v)
	behind := i < len(c.list) && int(c.list[i])-1 == int(v)
	switch {
	case before && behind:
		c.list = slices.Delete(c.list, i-1, i+1)
	case before:
		c.list[i-1] = v
	case behind:
		c.list[i] = v
	default:
		c.list = slices.Insert(c.list, i, v, v)
		c.unfold()
	}
}

func (c *container) removeFromRuns(v uint16) {
	i := c.runAt(v)
	if i >= len(c.list) || c.list[i] > v {
		return
	}
	c.n--
	switch first, last := c.list[i], c.list[i+1]; {
	case first == last:
		c.list = slices.Delete(c.list, i, i+2)
	case v == first:
		c.list[i]++
	case v == last:
		c.list[i+1]--
	default:
		c.list = slices.Insert(c.list, i+1, v-1, v+1)
		c.unfold()
	}
}

// unfold turns runs that have become many into a list or a bitmap.
func (c *container) unfold() {
	switch {
	case c.n <= maxList && len(c.list) > int(c.n):
		c.toList()
	case len(c.list) > 4*maxRuns:
		c.toBits()
	}
}

func (c *container) toBits() {
	set := new(bitset)
	c.addTo(set)
	c.bits, c.list, c.runs = set, nil, false
}

func (c *container) toList() {
	list := make([]uint16, 0, c.n)
	c.each(func(v uint16) { list = append(list, v) })
	c.bits, c.list, c.runs = nil, list, false
}
