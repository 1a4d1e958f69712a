//go:build !amd64

package audience

import "unsafe"

func (d *bitset) setOr(a, b *bitset)               { d.setOrWords(a, b) }
func (d *bitset) setAnd(a, b *bitset) bool         { return d.setAndWords(a, b) }
func (d *bitset) setAndNot(a, b *bitset) bool      { return d.setAndNotWords(a, b) }
func (d *bitset) setAndOr(a, b, c *bitset) bool    { return d.setAndOrWords(a, b, c) }
func (d *bitset) setAndNotOr(a, b, c *bitset) bool { return d.setAndNotOrWords(a, b, c) }
func (d *bitset) count() int                       { return d.countWords() }

// fetch does nothing where it is not known how: memory comes when it is used.
func fetch(unsafe.Pointer) {}
