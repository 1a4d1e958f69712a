package audience

import "slices"

// codeColumn holds a code's number for each slot, in a byte as long as all fit.
// It is as long as the last slot that has one; 0 is none.
type codeColumn struct {
	bytes []uint8
	words []uint16 // instead of bytes
}

func (c *codeColumn) at(slot uint16) uint16 {
	switch {
	case int(slot) < len(c.bytes):
		return uint16(c.bytes[slot])
	case int(slot) < len(c.words):
		return c.words[slot]
	default:
		return 0
	}
}

func (c *codeColumn) set(slot, n uint16) {
	if n >= 1<<8 && c.words == nil {
		c.words = make([]uint16, len(c.bytes))
		for i, b := range c.bytes {
			c.words[i] = uint16(b)
		}
		c.bytes = nil
	}
	if c.words != nil {
		c.words = set(c.words, slot, n, 0)
	} else {
		c.bytes = set(c.bytes, slot, uint8(n), 0)
	}
}

// set writes a value into a column, which grows if it has to.
func set[T comparable](column []T, slot uint16, value, none T) []T {
	if int(slot) >= len(column) {
		if value == none {
			return column
		}
		column = slices.Grow(column, int(slot)+1-len(column))
		for int(slot) >= len(column) {
			column = append(column, none)
		}
	}
	column[slot] = value
	return column
}

// setColumn holds a set for each slot: a bit for each member by its number, in
// as many bytes as the highest number in the chunk asks for.
type setColumn struct {
	width int
	bits  []byte
}

// of returns the bytes of a slot, none if its set is empty for sure.
func (c *setColumn) of(slot uint16) []byte {
	if end := (int(slot) + 1) * c.width; end <= len(c.bits) {
		return c.bits[end-c.width : end]
	}
	return nil
}

// clear empties the set of a slot.
func (c *setColumn) clear(slot uint16) { clear(c.of(slot)) }

// add puts a member into the set of a slot.
func (c *setColumn) add(slot, number uint16) {
	if width := int(number)/8 + 1; width > c.width {
		wider := setColumn{width, make([]byte, len(c.bits)/max(c.width, 1)*width)}
		for i := range len(wider.bits) / width {
			copy(wider.of(uint16(i)), c.of(uint16(i)))
		}
		*c = wider
	}
	if more := (int(slot)+1)*c.width - len(c.bits); more > 0 {
		c.bits = append(c.bits, make([]byte, more)...)
	}
	c.of(slot)[number/8] |= 1 << (number % 8)
}
