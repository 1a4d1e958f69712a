package audience

import "math/bits"

// Kernels combine whole bitsets: nearly all of the time of a broad query is
// spent in them. Here they are in Go, eight words at a time, which the compiler
// turns into straight code without checks of bounds. Where the processor has
// wider registers, kernel_amd64.s does the same three times as fast; a test
// holds the two together. The receiver may be one of the operands. Those of
// and tell whether anything is left.

// eight returns eight words of a bitset.
func (d *bitset) eight(i int) *[8]uint64 { return (*[8]uint64)(d[i : i+8]) }

// setOrWords makes d the union of a and b.
func (d *bitset) setOrWords(a, b *bitset) {
	for i := 0; i < len(d); i += 8 {
		d, a, b := d.eight(i), a.eight(i), b.eight(i)
		for j := range d {
			d[j] = a[j] | b[j]
		}
	}
}

// setAndWords makes d the intersection of a and b.
func (d *bitset) setAndWords(a, b *bitset) bool {
	var left uint64
	for i := 0; i < len(d); i += 8 {
		d, a, b := d.eight(i), a.eight(i), b.eight(i)
		for j := range d {
			w := a[j] & b[j]
			d[j] = w
			left |= w
		}
	}
	return left != 0
}

// setAndNotWords makes d what is in a and not in b.
func (d *bitset) setAndNotWords(a, b *bitset) bool {
	var left uint64
	for i := 0; i < len(d); i += 8 {
		d, a, b := d.eight(i), a.eight(i), b.eight(i)
		for j := range d {
			w := a[j] &^ b[j]
			d[j] = w
			left |= w
		}
	}
	return left != 0
}

// setAndOrWords makes d what is in a and in one of b and c.
func (d *bitset) setAndOrWords(a, b, c *bitset) bool {
	var left uint64
	for i := 0; i < len(d); i += 8 {
		d, a, b, c := d.eight(i), a.eight(i), b.eight(i), c.eight(i)
		for j := range d {
			w := a[j] & (b[j] | c[j])
			d[j] = w
			left |= w
		}
	}
	return left != 0
}

// setAndNotOrWords makes d what is in a and in none of b and c.
func (d *bitset) setAndNotOrWords(a, b, c *bitset) bool {
	var left uint64
	for i := 0; i < len(d); i += 8 {
		d, a, b, c := d.eight(i), a.eight(i), b.eight(i), c.eight(i)
		for j := range d {
			w := a[j] &^ (b[j] | c[j])
			d[j] = w
			left |= w
		}
	}
	return left != 0
}

// countWords returns how many bits are set.
func (d *bitset) countWords() int {
	n := 0
	for i := 0; i < len(d); i += 8 {
		for _, w := range d.eight(i) {
			n += bits.OnesCount64(w)
		}
	}
	return n
}
