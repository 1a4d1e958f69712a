package audience

import (
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// keywords finds which of many subscribed words occur in a text, in time that
// depends on the text and not on how many words there are. Adding a word and
// taking it away are O(1); there is no automaton to rebuild.
//
// Two tables do it. starts is hashed by the first two letters of a word and
// tells, as a mask, how long the words that begin so are. Only these lengths
// are looked up at each position of a text, by a rolling hash, in an open
// hash table of words; what is found there is compared letter by letter. A
// collision in either table costs a look and never an answer. Words of one
// letter start with that letter and nothing; words beyond maxHashed letters
// are hashed by their beginning and compared whole.
//
// An id is where its word stands in words, below the number of words that
// stood there before. So an id that is given again differs for a long time,
// and a reader who matched a text just before a word went away finds nobody
// under it, rather than somebody else.
type keywords struct {
	mu      sync.RWMutex
	base    uint64   // of the rolling hash; random and odd
	starts  []uint32 // hash of two letters → mask of lengths; a bit may be left over
	places  []place  // open addressing, linear probing
	words   []keyword
	free    []uint32 // unused ids; the longest unused comes first
	removed int      // words removed since starts was filled
}

// maxHashed is how many letters of a word are hashed: lengths fit a mask of 32
// bits.
const maxHashed = 31

// oneLetter is the mask of words of one letter.
const oneLetter = 1 << 1

// place is an element of the open hash table: which word, and the upper half
// of its hash. word counts from 1; 0 is an empty place.
type place struct {
	sign, word uint32
}

type keyword struct {
	text    string // folded
	id      uint32
	holders uint32
}

// idBits is the part of an id that says where the word stands: 67 million
// words, more than memory holds.
const idBits = 26

const (
	smallest = 1 << 10 // places of an empty table
	maxLoad  = 0.8     // of the open table
)

func newKeywords() *keywords {
	return &keywords{
		base:   rand.Uint64() | 1,
		starts: make([]uint32, smallest), places: make([]place, smallest),
	}
}

// fold makes words and texts comparable: full-width letters become half-width,
// capitals small, and space around goes.
func fold(s string) string { return strings.TrimSpace(strings.Map(foldLetter, s)) }

func foldLetter(r rune) rune {
	switch {
	case r < 0x80:
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	case 0x4e00 <= r && r <= 0x9fff: // by far the most, and they have no case
		return r
	case r == 0x3000:
		return ' '
	case 0xff01 <= r && r <= 0xff5e:
		r -= 0xff01 - '!'
	}
	return unicode.ToLower(r)
}

// distinctKeywords returns the words as the index keeps them: folded, in
// order, each once, none empty.
func distinctKeywords(words []string) []string {
	folded := make([]string, 0, len(words))
	for _, w := range words {
		if w = fold(w); w != "" {
			folded = append(folded, w)
		}
	}
	slices.Sort(folded)
	return slices.Compact(folded)
}

// hold counts one more holder of a folded word and returns its id.
func (k *keywords) hold(word string) uint32 {
	k.mu.Lock()
	defer k.mu.Unlock()
	h := k.hash(word)
	if at, ok := k.look(word, h); ok {
		w := &k.words[k.places[at].word-1]
		w.holders++
		return w.id
	}
	if float64(k.count()+1) > maxLoad*float64(len(k.places)) {
		k.rebuild(2 * len(k.places))
	}
	id := uint32(len(k.words))
	if len(k.free) > 0 {
		id, k.free = k.free[0], k.free[1:]
	} else {
		k.words = append(k.words, keyword{})
	}
	n := id & (1<<idBits - 1)
	k.words[n] = keyword{text: strings.Clone(word), id: id, holders: 1}
	k.put(word, h, n+1)
	return id
}

// restore fills an empty table with folded words, whose ids are their places in
// the list. It fails if one has no holder or is there twice.
func (k *keywords) restore(texts []string, holders []uint32) bool {
	if len(texts) > 1<<idBits {
		return false
	}
	size := smallest
	for float64(len(texts)) > maxLoad*float64(size) {
		size *= 2
	}
	k.rebuild(size)
	for i, text := range texts {
		h := k.hash(text)
		if _, twice := k.look(text, h); twice || holders[i] == 0 {
			return false
		}
		k.words = append(k.words, keyword{text, uint32(i), holders[i]})
		k.put(text, h, uint32(i+1))
	}
	return true
}

// word returns the text of a held word, "" if nobody holds it any more.
func (k *keywords) word(id uint32) string {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if w := k.words[id&(1<<idBits-1)]; w.id == id {
		return w.text
	}
	return ""
}

// release counts one holder less of a held word and forgets a word without
// holders.
func (k *keywords) release(id uint32) {
	k.mu.Lock()
	defer k.mu.Unlock()
	w := &k.words[id&(1<<idBits-1)]
	if w.holders--; w.holders > 0 {
		return
	}
	at, _ := k.look(w.text, k.hash(w.text))
	k.vacate(at)
	*w = keyword{}
	k.free = append(k.free, id+1<<idBits)
	// Masks keep the lengths of words that are gone, which costs looks. Once
	// as many have gone as there are places, they are filled anew.
	if k.removed++; k.removed > len(k.places) {
		k.rebuild(len(k.places))
	}
}

func (k *keywords) count() int { return len(k.words) - len(k.free) }

// bytes returns what the tables take, words included.
func (k *keywords) bytes() int {
	k.mu.RLock()
	defer k.mu.RUnlock()
	n := 4*len(k.starts) + 8*len(k.places) + 24*cap(k.words) + 4*cap(k.free)
	for i := range k.words {
		n += (len(k.words[i].text) + 7) &^ 7
	}
	return n
}

// hash is that of the first maxHashed letters.
func (k *keywords) hash(word string) uint64 {
	h, n := uint64(0), 0
	for _, r := range word {
		if n++; n > maxHashed {
			break
		}
		h = h*k.base + uint64(r)
	}
	return mix(h)
}

func mix(h uint64) uint64 {
	h ^= h >> 29
	h *= 0xBF58476D1CE4E5B9
	return h ^ h>>32
}

// start returns where the mask of words that begin with two letters stands.
// The second is 0 for words of one letter.
func (k *keywords) start(first, second rune) uint64 {
	h := (uint64(first)<<21 ^ uint64(second)) * 0x9E3779B97F4A7C15
	return h >> 32 & uint64(len(k.starts)-1)
}

// look returns the place of a word.
func (k *keywords) look(word string, h uint64) (at uint64, ok bool) {
	mask := uint64(len(k.places) - 1)
	for at = h & mask; k.places[at].word != 0; at = (at + 1) & mask {
		if p := k.places[at]; p.sign == uint32(h>>32) && k.words[p.word-1].text == word {
			return at, true
		}
	}
	return at, false
}

func (k *keywords) put(word string, h uint64, n uint32) {
	letters, first, second := 0, rune(0), rune(0)
	for _, r := range word {
		switch letters++; letters {
		case 1:
			first = r
		case 2:
			second = r
		}
	}
	k.starts[k.start(first, second)] |= 1 << min(letters, maxHashed)
	mask := uint64(len(k.places) - 1)
	at := h & mask
	for k.places[at].word != 0 {
		at = (at + 1) & mask
	}
	k.places[at] = place{uint32(h >> 32), n}
}

// vacate empties a place and moves those after it up that were put there only
// because theirs was taken.
func (k *keywords) vacate(at uint64) {
	mask := uint64(len(k.places) - 1)
	for next := (at + 1) & mask; k.places[next].word != 0; next = (next + 1) & mask {
		home := k.hash(k.words[k.places[next].word-1].text) & mask
		if (next-home)&mask >= (next-at)&mask {
			k.places[at] = k.places[next]
			at = next
		}
	}
	k.places[at] = place{}
}

func (k *keywords) rebuild(size int) {
	k.starts, k.places, k.removed = make([]uint32, size), make([]place, size), 0
	for i := range k.words {
		if w := &k.words[i]; w.holders > 0 {
			k.put(w.text, k.hash(w.text), uint32(i+1))
		}
	}
}

// scanned is a text made ready for matching; it is kept for the next text.
type scanned struct {
	text    []byte   // folded
	offsets []int32  // of each letter in text, and its end
	letters []rune   // and one 0
	hashes  []uint64 // of all letters before
}

var scanPool = sync.Pool{New: func() any { return new(scanned) }}

func (s *scanned) read(text string, base uint64) {
	s.text, s.offsets, s.letters, s.hashes = s.text[:0], s.offsets[:0], s.letters[:0], append(s.hashes[:0], 0)
	h := uint64(0)
	for _, r := range text {
		r = foldLetter(r)
		s.offsets = append(s.offsets, int32(len(s.text)))
		s.letters = append(s.letters, r)
		s.text = utf8.AppendRune(s.text, r)
		h = h*base + uint64(r)
		s.hashes = append(s.hashes, h)
	}
	s.offsets = append(s.offsets, int32(len(s.text)))
	s.letters = append(s.letters, 0)
}

// match returns the ids of the words that occur in a text, in rising order.
func (k *keywords) match(text string) []uint32 {
	s := scanPool.Get().(*scanned)
	defer scanPool.Put(s)
	s.read(text, k.base)
	var powers [maxHashed + 1]uint64
	powers[0] = 1
	for i := 1; i < len(powers); i++ {
		powers[i] = powers[i-1] * k.base
	}
	var found []uint32
	k.mu.RLock()
	defer k.mu.RUnlock()
	mask := uint64(len(k.places) - 1)
	for i := range len(s.letters) - 1 {
		lengths := k.starts[k.start(s.letters[i], s.letters[i+1])] | k.starts[k.start(s.letters[i], 0)]&oneLetter
		for ; lengths != 0; lengths &= lengths - 1 {
			n := bits.TrailingZeros32(lengths)
			if i+n >= len(s.hashes) {
				break
			}
			h := mix(s.hashes[i+n] - s.hashes[i]*powers[n])
			for at := h & mask; k.places[at].word != 0; at = (at + 1) & mask {
				if k.places[at].sign != uint32(h>>32) {
					continue
				}
				// Long words share a beginning: the search goes on after a hit.
				w := &k.words[k.places[at].word-1]
				rest := s.text[s.offsets[i]:]
				if len(w.text) <= len(rest) && string(rest[:len(w.text)]) == w.text {
					found = append(found, w.id)
				}
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}
