package domain

import "math/bits"

// CodePoints counts the code points of a text that is valid UTF-8, eight bytes at
// once: all of its bytes but those that go on with a character.
func CodePoints(text string) int {
	n, i := len(text), 0
	for ; i+8 <= len(text); i += 8 {
		s := text[i : i+8]
		x := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		n -= bits.OnesCount64(x >> 7 &^ (x >> 6) & 0x0101010101010101)
	}
	for ; i < len(text); i++ {
		if text[i]&0xC0 == 0x80 {
			n--
		}
	}
	return n
}

// ByteAt returns the byte at which code point n begins of a text that is valid
// UTF-8, the first being 0; the end of the text if it has no more.
func ByteAt(text string, n int) int {
	const step = 32
	i := 0
	for ; n >= step && i+step <= len(text); i += step {
		n -= CodePoints(text[i : i+step])
	}
	for ; i < len(text); i++ {
		if text[i]&0xC0 != 0x80 {
			if n == 0 {
				return i
			}
			n--
		}
	}
	return len(text)
}
