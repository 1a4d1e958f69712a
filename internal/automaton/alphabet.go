package automaton

import (
	"encoding/binary"
	"regexp/syntax"
	"slices"
	"sync/atomic"
	"unicode/utf8"
)

// alphabet divides the characters into classes that no instruction of an
// automaton tells apart.
type alphabet struct {
	ascii   [utf8.RuneSelf]uint8
	bounds  []rune // where characters change their class
	classes []uint8
	samples []rune // a character of each class
	// Of the characters that texts have brought, plain tells by their symbols which
	// are of the class that nearly all are of: few bytes, near the processor. Of the
	// others known has the classes, four in one: 0 where it is not known, else the
	// class and 1.
	plain      [maxSymbols / 32]atomic.Uint32
	plainClass uint8
	known      [maxSymbols / 4]atomic.Uint32
}

// plainHan is a character that no expression of ours names.
const plainHan = '龠'

// symbols number the characters in the order in which texts bring them, for all
// automata. There are hundreds of these, and what they know of characters stays
// near the processor only if it lies close together: the few thousand characters
// of which texts are made have the first numbers. 0 is none.
var (
	symbols [0x10000]atomic.Uint32
	symbol  atomic.Uint32 // the last that was given
)

// maxSymbols is a power of two. Characters above have no symbol: their class is
// looked up.
const maxSymbols = 1 << 12

// newAlphabet finds the classes of a program. ok is false if there are too many.
func newAlphabet(prog *syntax.Prog) (a *alphabet, ok bool) {
	a = &alphabet{}
	sets := map[string][]rune{} // the different sets of the instructions
	bounds := []rune{0, utf8.RuneSelf, utf8.MaxRune + 1}
	for i := range prog.Inst {
		ranges := rangesOf(&prog.Inst[i])
		var key []byte
		for _, r := range ranges {
			key = binary.LittleEndian.AppendUint32(key, uint32(r))
		}
		if len(ranges) == 0 || sets[string(key)] != nil {
			continue
		}
		sets[string(key)] = ranges
		for k := 0; k < len(ranges); k += 2 {
			bounds = append(bounds, ranges[k], ranges[k+1]+1)
		}
	}
	slices.Sort(bounds)
	bounds = slices.Compact(bounds)
	members := make([][]byte, len(bounds)-1) // in which sets each run of characters is
	n := uint32(0)
	for _, ranges := range sets {
		n++
		for k := 0; k < len(ranges); k += 2 {
			from, _ := slices.BinarySearch(bounds, ranges[k])
			for i := from; bounds[i] <= ranges[k+1]; i++ {
				members[i] = binary.LittleEndian.AppendUint32(members[i], n)
			}
		}
	}
	const most = 255 - moreClasses // known has room for no more
	classes := map[string]uint8{}
	for i, in := range members {
		class, seen := classes[string(in)]
		if !seen {
			if len(classes) == most {
				return nil, false
			}
			class = uint8(len(classes))
			classes[string(in)] = class
			a.samples = append(a.samples, bounds[i])
		}
		a.bounds, a.classes = append(a.bounds, bounds[i]), append(a.classes, class)
	}
	for r := range a.ascii {
		a.ascii[r] = a.lookUp(rune(r))
	}
	a.plainClass = a.lookUp(plainHan)
	return a, true
}

// rangesOf returns the characters an instruction takes, as pairs.
func rangesOf(inst *syntax.Inst) []rune {
	switch inst.Op {
	case syntax.InstRune1:
		return []rune{inst.Rune[0], inst.Rune[0]}
	case syntax.InstRune:
		if len(inst.Rune) == 1 {
			return []rune{inst.Rune[0], inst.Rune[0]}
		}
		return inst.Rune
	case syntax.InstRuneAny:
		return []rune{0, utf8.MaxRune}
	case syntax.InstRuneAnyNotNL:
		return []rune{0, '\n' - 1, '\n' + 1, utf8.MaxRune}
	}
	return nil
}

// classOf returns the class of a character.
func (a *alphabet) classOf(r rune) uint8 {
	switch {
	case r < utf8.RuneSelf:
		return a.ascii[r]
	case r >= 0x10000:
		return a.meet(r)
	case a.isPlain(r):
		return a.plainClass
	}
	n := symbols[r].Load() % maxSymbols
	if class := uint8(a.known[n/4].Load() >> (n % 4 * 8)); class > 0 {
		return class - 1
	}
	return a.meet(r)
}

// isPlain tells whether a character up to U+FFFF is known to be of the class that
// nearly all are of.
func (a *alphabet) isPlain(r rune) bool {
	n := symbols[uint16(r)].Load() % maxSymbols
	return a.plain[n/32].Load()&(1<<(n%32)) != 0
}

// meet returns the class of a character that has not been met, and keeps it if
// the character has a symbol or there is one left for it.
func (a *alphabet) meet(r rune) uint8 {
	class := a.lookUp(r)
	if r >= 0x10000 {
		return class
	}
	n := symbols[r].Load()
	if n == 0 && symbol.Load() < maxSymbols-1 {
		if n = symbol.Add(1); n >= maxSymbols || !symbols[r].CompareAndSwap(0, n) {
			n = symbols[r].Load()
		}
	}
	switch {
	case n == 0:
	case class == a.plainClass:
		a.plain[n/32].Or(1 << (n % 32))
	default:
		a.known[n/4].Or((uint32(class) + 1) << (n % 4 * 8))
	}
	return class
}

func (a *alphabet) lookUp(r rune) uint8 {
	i, exact := slices.BinarySearch(a.bounds, r)
	if !exact {
		i--
	}
	return a.classes[i]
}

// next returns the class of the first character of a text and its size, of
// Chinese ones at once.
func (a *alphabet) next(s string) (class uint8, size int) {
	if len(s) >= 3 {
		if x, y, z := s[0], s[1], s[2]; isHan(x, y, z) {
			r := han(x, y, z)
			if a.isPlain(r) {
				return a.plainClass, 3
			}
			return a.classOf(r), 3
		}
	}
	r, n := utf8.DecodeRuneInString(s)
	return a.classOf(r), n
}

// last returns the class of the last character of a text and its size.
func (a *alphabet) last(s string) (class uint8, size int) {
	if n := len(s); n >= 3 {
		if x, y, z := s[n-3], s[n-2], s[n-1]; isHan(x, y, z) {
			r := han(x, y, z)
			if a.isPlain(r) {
				return a.plainClass, 3
			}
			return a.classOf(r), 3
		}
	}
	r, n := utf8.DecodeLastRuneInString(s)
	return a.classOf(r), n
}

// isHan tells whether three bytes are one of the characters from U+1000 to U+CFFF,
// which the Chinese ones are among.
func isHan(x, y, z byte) bool { return 0xE1 <= x && x <= 0xEC && y&0xC0 == 0x80 && z&0xC0 == 0x80 }

func han(x, y, z byte) rune { return rune(x&0xF)<<12 | rune(y&0x3F)<<6 | rune(z&0x3F) }
