package segment

import "unicode/utf8"

// borders tells where no word can go across: between two characters that stand
// beside each other in no word, or of which no word that holds both stands in
// the text. It holds filters of Bloom: they may say of a pair or a word that it
// is known when it is not, and never the other way round.
type borders struct {
	pairs [pairBits / 64]uint64 // of characters beside each other in a word
	words [wordBits / 64]uint64
	most  float64 // the highest count of a word
	sum   float64 // of all counts
}

// The sizes of the filters are powers of two: of 300,000 pairs and 350,000 words
// of the dictionary. What is asked most stays nearest to the processor.
const (
	pairBits = 1 << 22
	wordBits = 1 << 23
)

// add enters a word with its count.
func (b *borders) add(word string, count float64) {
	b.most, b.sum = max(b.most, count), b.sum+count
	last, size := utf8.DecodeRuneInString(word)
	h := grow(wordSeed, last)
	for _, r := range word[size:] {
		at := pairAt(last, r)
		b.pairs[at>>6] |= 1 << (at & 63)
		last, h = r, grow(h, r)
	}
	if size < len(word) {
		x, y := wordAt(h)
		b.words[x>>6] |= 1 << (x & 63)
		b.words[y>>6] |= 1 << (y & 63)
	}
}

const (
	wordSeed = 0x9E3779B97F4A7C15
	mixed    = 0xD6E8FEB86659FD93
)

// grow is the sign of a word and one character more.
func grow(h uint64, r rune) uint64 { return (h ^ uint64(r)) * mixed }

// pairAt is the bit of two characters beside each other.
func pairAt(a, b rune) uint64 { return (uint64(a)<<21 | uint64(b)) * mixed >> (64 - 22) }

// wordAt are the bits of a sign.
func wordAt(h uint64) (uint64, uint64) {
	h ^= h >> 32
	h *= mixed
	return h >> (64 - 23), h >> 8 & (wordBits - 1)
}

func (b *borders) holds(word uint64) bool {
	x, y := wordAt(word)
	return b.words[x>>6]&(1<<(x&63)) != 0 && b.words[y>>6]&(1<<(y&63)) != 0
}

// joined tells whether two characters may stand beside each other in a word.
func (b *borders) joined(left, right rune) bool {
	if left < utf8.RuneSelf && right < utf8.RuneSelf && alnum(byte(left)) && alnum(byte(right)) {
		return true
	}
	at := pairAt(left, right)
	return b.pairs[at>>6]&(1<<(at&63)) != 0
}

// reach is how many characters to either side of a border are looked at.
const reach = 8

// firstOf is utf8.DecodeRuneInString of a text that is valid, most of which is
// Chinese.
func firstOf(text string) (rune, int) {
	if len(text) >= 3 && text[0]&0xF0 == 0xE0 {
		return rune(text[0]&0xF)<<12 | rune(text[1]&0x3F)<<6 | rune(text[2]&0x3F), 3
	}
	return utf8.DecodeRuneInString(text)
}

// lastOf is utf8.DecodeLastRuneInString of such a text.
func lastOf(text string) (rune, int) {
	if n := len(text); n >= 3 && text[n-3]&0xF0 == 0xE0 {
		return firstOf(text[n-3:])
	}
	return utf8.DecodeLastRuneInString(text)
}

// Apart tells whether no word of the text goes across a byte: what stands before it
// and what stands behind it are cut alike whether together or each for itself. It
// may be false of such a place too.
func (s *Segmenter) Apart(text string, at int) bool {
	left, n := lastOf(text[:at])
	right, m := firstOf(text[at:])
	if n == 0 || m == 0 || !s.borders.joined(left, right) {
		return true
	}
	if left < utf8.RuneSelf && right < utf8.RuneSelf && alnum(byte(left)) && alnum(byte(right)) {
		return false
	}
	var before, behind [reach]rune
	before[0], behind[0] = left, right
	from, to := at-n, at+m
	k, more := 1, true  // characters behind the border, and whether further ones may belong to them
	for i := 0; ; i++ { // words that begin with before[i]
		h := uint64(wordSeed)
		for j := i; j >= 0; j-- {
			h = grow(h, before[j])
		}
		for j := 0; j < k || more; j++ {
			if j == k {
				r, size := firstOf(text[to:])
				if more = size > 0 && s.borders.joined(behind[k-1], r); !more {
					break
				}
				if k == reach {
					return false
				}
				behind[k] = r
				k, to = k+1, to+size
			}
			if h = grow(h, behind[j]); s.borders.holds(h) {
				return false
			}
		}
		r, size := lastOf(text[:from])
		if size == 0 || !s.borders.joined(r, before[i]) {
			return true
		}
		if i+1 == reach {
			return false
		}
		before[i+1] = r
		from -= size
	}
}

// Whole tells whether a word is one of the terms and always one word where both
// its ends are [Segmenter.Apart] from what stands beside it.
func (s *Segmenter) Whole(word string) bool { return s.terms[word] }

// outweighed tells whether any two words together count less than a term.
func (b *borders) outweighed() bool { return b.most*b.most < termFrequency*b.sum }
