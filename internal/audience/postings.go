package audience

import "slices"

// postings says who of a chunk holds which keyword, both ways: the slots of a
// keyword's holders, and the keywords that a slot holds. The zero value is
// empty. The chunk's lock guards it.
//
// Most keywords have one or two holders in a chunk and a few have thousands.
// So both ways are sorted lists of pairs, packed in one number each, and each
// is divided into shelves, so that a list is short and a pair put in or taken
// out moves few others.
type postings struct {
	byWord [shelves]shelf // keyword, slot
	bySlot [shelves]shelf // slot, keyword
}

const shelves = 256

// shelf holds pairs in rising order, the first part in the upper bits.
type shelf []uint64

func packWord(word uint32, slot uint16) uint64 { return uint64(word)<<16 | uint64(slot) }
func packSlot(slot uint16, word uint32) uint64 { return uint64(slot)<<32 | uint64(word) }

// shelfOfWord spreads keywords, whose numbers follow each other.
func (p *postings) shelfOfWord(word uint32) *shelf { return &p.byWord[word*0x9E3779B1>>24] }
func (p *postings) shelfOfSlot(slot uint16) *shelf { return &p.bySlot[slot>>8] }

// add lets a slot hold a keyword.
func (p *postings) add(word uint32, slot uint16) {
	p.shelfOfWord(word).add(packWord(word, slot))
	p.shelfOfSlot(slot).add(packSlot(slot, word))
}

// remove takes a keyword from a slot, if it holds it.
func (p *postings) remove(word uint32, slot uint16) {
	p.shelfOfWord(word).remove(packWord(word, slot))
	p.shelfOfSlot(slot).remove(packSlot(slot, word))
}

func (s *shelf) add(pair uint64) {
	if at, found := slices.BinarySearch(*s, pair); !found {
		*s = slices.Insert(*s, at, pair)
	}
}

func (s *shelf) remove(pair uint64) {
	if at, found := slices.BinarySearch(*s, pair); found {
		*s = slices.Delete(*s, at, at+1)
	}
}

// from returns the pairs from one on.
func (s shelf) from(pair uint64) []uint64 {
	at, _ := slices.BinarySearch(s, pair)
	return s[at:]
}

// of appends the keywords that a slot holds, in rising order.
func (p *postings) of(words []uint32, slot uint16) []uint32 {
	for _, pair := range p.shelfOfSlot(slot).from(packSlot(slot, 0)) {
		if uint16(pair>>32) != slot {
			break
		}
		words = append(words, uint32(pair))
	}
	return words
}

// union sets the bits of all who hold one of the keywords.
func (p *postings) union(words []uint32, into *bitset) {
	for _, word := range words {
		for _, pair := range p.shelfOfWord(word).from(packWord(word, 0)) {
			if uint32(pair>>16) != word {
				break
			}
			into.add(uint16(pair))
		}
	}
}

// fill puts many pairs, in any order, into empty postings.
func (p *postings) fill(held []holder) {
	for _, h := range held {
		byWord, bySlot := p.shelfOfWord(h.word), p.shelfOfSlot(h.slot)
		*byWord = append(*byWord, packWord(h.word, h.slot))
		*bySlot = append(*bySlot, packSlot(h.slot, h.word))
	}
	for i := range shelves {
		p.byWord[i].settle()
		p.bySlot[i].settle()
	}
}

// settle puts a shelf in order, each pair once, and gives back what room is
// left.
func (s *shelf) settle() {
	slices.Sort(*s)
	*s = slices.Clone(slices.Compact(*s))
}
