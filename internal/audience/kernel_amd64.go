package audience

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

// wide tells that the processor has registers of 256 bits.
var wide = cpu.X86.HasAVX2

// In kernel_amd64.s; what they do is said in kernel.go.

//go:noescape
func orWide(d, a, b *bitset)

//go:noescape
func andWide(d, a, b *bitset) bool

//go:noescape
func andNotWide(d, a, b *bitset) bool

//go:noescape
func andOrWide(d, a, b, c *bitset) bool

//go:noescape
func andNotOrWide(d, a, b, c *bitset) bool

//go:noescape
func countWide(d *bitset) int

// fetch lets the memory at p come into the caches, and does not wait for it.
//
//go:noescape
func fetch(p unsafe.Pointer)

func (d *bitset) setOr(a, b *bitset) {
	if wide {
		orWide(d, a, b)
		return
	}
	d.setOrWords(a, b)
}

func (d *bitset) setAnd(a, b *bitset) bool {
	if wide {
		return andWide(d, a, b)
	}
	return d.setAndWords(a, b)
}

func (d *bitset) setAndNot(a, b *bitset) bool {
	if wide {
		return andNotWide(d, a, b)
	}
	return d.setAndNotWords(a, b)
}

func (d *bitset) setAndOr(a, b, c *bitset) bool {
	if wide {
		return andOrWide(d, a, b, c)
	}
	return d.setAndOrWords(a, b, c)
}

func (d *bitset) setAndNotOr(a, b, c *bitset) bool {
	if wide {
		return andNotOrWide(d, a, b, c)
	}
	return d.setAndNotOrWords(a, b, c)
}

func (d *bitset) count() int {
	if wide {
		return countWide(d)
	}
	return d.countWords()
}
