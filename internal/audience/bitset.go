package audience

import "math/bits"

// chunkSize is how many slots a chunk has; a slot within it is a uint16.
const chunkSize = 1 << 16

// bitset has a bit for every slot of a chunk. Its loops go four words at a
// time, which the compiler turns into straight code.
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

// count returns how many bits are set.
func (d *bitset) count() int {
	var n0, n1, n2, n3 int
	for i := 0; i < len(d); i += 4 {
		n0 += bits.OnesCount64(d[i])
		n1 += bits.OnesCount64(d[i+1])
		n2 += bits.OnesCount64(d[i+2])
		n3 += bits.OnesCount64(d[i+3])
	}
	return n0 + n1 + n2 + n3
}

// each calls yield for every set bit in rising order.
func (d *bitset) each(yield func(uint16)) {
	for i, w := range d {
		for ; w != 0; w &= w - 1 {
			yield(uint16(i<<6 + bits.TrailingZeros64(w)))
		}
	}
}

func (d *bitset) or(a *bitset) {
	for i := 0; i < len(d); i += 4 {
		d[i] |= a[i]
		d[i+1] |= a[i+1]
		d[i+2] |= a[i+2]
		d[i+3] |= a[i+3]
	}
}

// and intersects and tells whether anything is left.
func (d *bitset) and(a *bitset) bool {
	var left uint64
	for i := 0; i < len(d); i += 4 {
		w0, w1, w2, w3 := d[i]&a[i], d[i+1]&a[i+1], d[i+2]&a[i+2], d[i+3]&a[i+3]
		d[i], d[i+1], d[i+2], d[i+3] = w0, w1, w2, w3
		left |= w0 | w1 | w2 | w3
	}
	return left != 0
}

// andNot takes a away and tells whether anything is left.
func (d *bitset) andNot(a *bitset) bool {
	var left uint64
	for i := 0; i < len(d); i += 4 {
		w0, w1, w2, w3 := d[i]&^a[i], d[i+1]&^a[i+1], d[i+2]&^a[i+2], d[i+3]&^a[i+3]
		d[i], d[i+1], d[i+2], d[i+3] = w0, w1, w2, w3
		left |= w0 | w1 | w2 | w3
	}
	return left != 0
}

// andEither intersects with the union of a and b, and tells whether anything
// is left.
func (d *bitset) andEither(a, b *bitset) bool {
	var left uint64
	for i := 0; i < len(d); i += 4 {
		w0, w1, w2, w3 := d[i]&(a[i]|b[i]), d[i+1]&(a[i+1]|b[i+1]), d[i+2]&(a[i+2]|b[i+2]), d[i+3]&(a[i+3]|b[i+3])
		d[i], d[i+1], d[i+2], d[i+3] = w0, w1, w2, w3
		left |= w0 | w1 | w2 | w3
	}
	return left != 0
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
