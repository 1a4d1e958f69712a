package audience

import "math/bits"

// chunkSize is how many slots a chunk has; a slot within it is a uint16.
const chunkSize = 1 << 16

// bitset has a bit for every slot of a chunk. What is done with all of its words
// is in kernel.go.
type bitset [chunkSize / 64]uint64

func (d *bitset) add(v uint16)      { d[v>>6] |= 1 << (v & 63) }
func (d *bitset) remove(v uint16)   { d[v>>6] &^= 1 << (v & 63) }
func (d *bitset) has(v uint16) bool { return d[v>>6]>>(v&63)&1 == 1 }

// addRange adds first … last.
func (d *bitset) addRange(first, last uint16) {
	i, j := first>>6, last>>6
	head, tail := ^uint64(0)<<(first&63), ^uint64(0)>>(63-last&63)
	if i == j {
		d[i] |= head & tail
		return
	}
	d[i] |= head
	for k := i + 1; k < j; k++ {
		d[k] = ^uint64(0)
	}
	d[j] |= tail
}

// removeRange removes first … last.
func (d *bitset) removeRange(first, last uint16) {
	i, j := first>>6, last>>6
	head, tail := ^uint64(0)<<(first&63), ^uint64(0)>>(63-last&63)
	if i == j {
		d[i] &^= head & tail
		return
	}
	d[i] &^= head
	for k := i + 1; k < j; k++ {
		d[k] = 0
	}
	d[j] &^= tail
}

// each calls yield for every set bit in rising order.
func (d *bitset) each(yield func(uint16)) {
	for i, w := range d {
		for ; w != 0; w &= w - 1 {
			yield(uint16(i<<6 + bits.TrailingZeros64(w)))
		}
	}
}

// countBoth returns how many bits are set in sure, and how many in may alone.
// It expects sure to lie within may.
func countBoth(sure, may *bitset) (nSure, nRest int) {
	if sure == may {
		return sure.count(), 0
	}
	nSure = sure.count()
	return nSure, may.count() - nSure
}
