package automaton

import (
	"encoding/binary"
	"math/bits"
	"regexp/syntax"
	"slices"
	"unicode/utf8"
)

// alphabet divides the characters into classes that no instruction of an
// automaton tells apart. There are hundreds of automata, and a text is read by one
// after another: what is asked of most characters lies close together.
type alphabet struct {
	// Nearly all Chinese characters are of one class. Of the others odd has the last
	// six bits, and the six before: who has not both of them is plain.
	odd        [2]uint64
	plainClass uint8
	shift      uint8   // of the hash of a character to its place in others
	others     []other // the Chinese characters that are not plain
	ascii      [utf8.RuneSelf]uint8
	marks      [2][32]uint8 // of the characters from firstMarks on
	bounds     []rune       // where characters change their class
	classes    []uint8
	samples    []rune // a character of each class
}

// other is a character with its class; what has no place of its own stands behind.
// 0 is none.
type other uint32

// plainHan is a character that no expression of ours names.
const plainHan = '龠'

// firstMarks are where the marks begin that stand in Chinese texts beside those of
// ASCII: dashes and quotes, 、 and 《》.
var firstMarks = [2]rune{0x2010, 0x3000}

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
	const most = 255 - moreClasses
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
	for k, first := range firstMarks {
		for i := range a.marks[k] {
			a.marks[k][i] = a.lookUp(first + rune(i))
		}
	}
	a.plainClass = a.lookUp(plainHan)
	var odd []rune
	for i, class := range a.classes {
		to := firstHan
		if i+1 < len(a.bounds) {
			to = a.bounds[i+1]
		}
		for r := max(a.bounds[i], firstHan); class != a.plainClass && r < min(to, lastHan+1); r++ {
			odd = append(odd, r)
		}
	}
	size := bits.Len(uint(2 * len(odd)))
	a.others, a.shift = make([]other, 1<<size), uint8(32-size)
	for _, r := range odd {
		a.odd[0] |= 1 << (r & 63)
		a.odd[1] |= 1 << (r >> 6 & 63)
		*a.other(r) = other(r)<<8 | other(a.lookUp(r))
	}
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

// other is the place of a Chinese character.
func (a *alphabet) other(r rune) *other {
	for at := uint32(r) * 0x9E3779B1 >> a.shift; ; at++ {
		if o := &a.others[at&uint32(len(a.others)-1)]; *o == 0 || rune(*o>>8) == r {
			return o
		}
	}
}

// classOfHan returns the class of a Chinese character.
func (a *alphabet) classOfHan(r rune) uint8 {
	if o := *a.other(r); o != 0 {
		return uint8(o)
	}
	return a.plainClass
}

// classOf returns the class of a character.
func (a *alphabet) classOf(r rune) uint8 {
	if r < utf8.RuneSelf {
		return a.ascii[r]
	}
	if firstHan <= r && r <= lastHan {
		return a.classOfHan(r)
	}
	for k, first := range firstMarks {
		if first <= r && r < first+rune(len(a.marks[k])) {
			return a.marks[k][r-first]
		}
	}
	return a.lookUp(r)
}

// isPlain tells whether three bytes are a Chinese character that is seen to be of
// the class that nearly all are of.
func (a *alphabet) isPlain(x, y, z byte) bool {
	return isHan(x, y, z) && (a.odd[0]>>(z&0x3F))&(a.odd[1]>>(y&0x3F))&1 == 0
}

func (a *alphabet) lookUp(r rune) uint8 {
	i, exact := slices.BinarySearch(a.bounds, r)
	if !exact {
		i--
	}
	return a.classes[i]
}

// next returns the class of the first character of a text and its size.
func (a *alphabet) next(s string) (class uint8, size int) {
	if len(s) >= 3 {
		if x, y, z := s[0], s[1], s[2]; isHan(x, y, z) {
			if a.isPlain(x, y, z) {
				return a.plainClass, 3
			}
			return a.classOfHan(rune(x&0xF)<<12 | rune(y&0x3F)<<6 | rune(z&0x3F)), 3
		}
	}
	r, n := utf8.DecodeRuneInString(s)
	return a.classOf(r), n
}

// last returns the class of the last character of a text and its size.
func (a *alphabet) last(s string) (class uint8, size int) {
	if n := len(s); n >= 3 {
		if x, y, z := s[n-3], s[n-2], s[n-1]; isHan(x, y, z) {
			if a.isPlain(x, y, z) {
				return a.plainClass, 3
			}
			return a.classOfHan(rune(x&0xF)<<12 | rune(y&0x3F)<<6 | rune(z&0x3F)), 3
		}
	}
	r, n := utf8.DecodeLastRuneInString(s)
	return a.classOf(r), n
}

// The Chinese characters, and whether three bytes are one of them.
const firstHan, lastHan = '一', '\u9FFF'

func isHan(x, y, z byte) bool {
	return x-0xE4 <= 5 && (y^0x80)|(z^0x80) < 0x40 && (x != 0xE4 || y >= 0xB8)
}
