package tagging

import (
	"slices"
	"strings"
	"unicode/utf8"

	"policypush/internal/domain"
)

// sentence is a part of a clause, [start, end) in code points of the document.
type sentence struct {
	text       string
	start, end int
	holds      *marks // of the sentence that it is a part of; nil if not looked at
}

// marks is a set of 4096 marks: of the characters of a text, and of each two
// that stand together. A text that lacks a mark of a word does not hold it.
type marks [64]uint64

// mark is what a word leaves in a text: its first marks.
type mark [3]uint16

// one returns the mark of a character after another, or of the first alone.
func one(before, r rune) uint16 {
	return uint16((uint32(before)*0x9E3779B1 ^ uint32(r)*0x85EBCA6B) >> 20)
}

// marksOf returns the marks of a text that stands after another one.
func marksOf(after, s string) *marks {
	m := &marks{}
	before, _ := utf8.DecodeLastRuneInString(after)
	for _, r := range s {
		for _, bit := range [2]uint16{one(0, r), one(before, r)} {
			m[bit>>6] |= 1 << (bit & 63)
		}
		before = r
	}
	return m
}

func markOf(word string) (m mark) {
	runes := []rune(word)
	for i := range m {
		if k := min(i+1, len(runes)-1); k > 0 {
			m[i] = one(runes[k-1], runes[k])
		} else {
			m[i] = one(0, runes[k])
		}
	}
	return m
}

// may tells whether the sentence may hold a match: whether it has the marks of
// a word of each list.
func (s sentence) may(p pattern) bool { return s.holds == nil || s.holds.haveOneOfEach(p.marks) }

func (m *marks) haveOneOfEach(lists [][]mark) bool {
	for _, list := range lists {
		if !slices.ContainsFunc(list, m.have) {
			return false
		}
	}
	return true
}

// hasAny tells whether the sentence holds one of the characters.
func (s sentence) hasAny(chars string) bool {
	if s.holds == nil {
		return strings.ContainsAny(s.text, chars)
	}
	for _, r := range chars {
		if bit := one(0, r); s.holds[bit>>6]&(1<<(bit&63)) != 0 && strings.ContainsRune(s.text, r) {
			return true
		}
	}
	return false
}

// join adds the marks of a part of the same text.
func (m *marks) join(o *marks) {
	for i := range m {
		m[i] |= o[i]
	}
}

// matches tells whether the sentence holds a match.
func (s sentence) matches(p pattern) bool { return s.may(p) && p.MatchString(s.text) }

func (m *marks) have(w mark) bool {
	for _, bit := range w {
		if m[bit>>6]&(1<<(bit&63)) == 0 {
			return false
		}
	}
	return true
}

// longSentence is how many code points a sentence may have before it is also
// cut at a comma, and at twice that anywhere: what people write is shorter, and
// a text without any marks still costs time in proportion to its length.
const longSentence = 1000

// sentences cuts a clause at 。；;！!？? and line breaks. The mark belongs to
// the sentence before it.
func sentences(c *domain.Clause) []sentence {
	var out []sentence
	from, at, begin := 0, c.Start, c.Start
	for i, r := range c.Text {
		at++
		long := at-begin >= longSentence && (strings.ContainsRune(",，、", r) || at-begin >= 2*longSentence)
		if !endsSentence(r) && !long {
			continue
		}
		next := i + utf8.RuneLen(r)
		out = append(out, sentence{c.Text[from:next], begin, at, marksOf(c.Text[:from], c.Text[from:next])})
		from, begin = next, at
	}
	if from < len(c.Text) {
		out = append(out, sentence{c.Text[from:], begin, c.End, marksOf(c.Text[:from], c.Text[from:])})
	}
	return out
}

func endsSentence(r rune) bool {
	switch r {
	case '。', '；', ';', '！', '!', '？', '?', '\n':
		return true
	}
	return false
}

// evidence makes the evidence for bytes [i, j) of the sentence.
func (s sentence) evidence(i, j int) domain.Evidence {
	start := s.start + utf8.RuneCountInString(s.text[:i])
	return domain.Evidence{Start: start, End: start + utf8.RuneCountInString(s.text[i:j]), Text: s.text[i:j]}
}

// trim cuts blanks and marks of enumeration off both ends.
func (s sentence) trim() sentence {
	const marks = " \t\n,，。;；:：、"
	left := len(s.text) - len(strings.TrimLeft(s.text, marks))
	return s.slice(left, left+len(strings.Trim(s.text, marks)))
}

// slice returns bytes [i, j) as a sentence of its own.
func (s sentence) slice(i, j int) sentence {
	if i >= j {
		return sentence{start: s.start, end: s.start}
	}
	e := s.evidence(i, j)
	return sentence{e.Text, e.Start, e.End, s.holds}
}

// cut parts the sentence at byte i.
func (s sentence) cut(i int) (before, after sentence) { return s.slice(0, i), s.slice(i, len(s.text)) }

// byteAt turns an offset in code points of the document into a byte of text.
func (s sentence) byteAt(codePoint int) int {
	at := s.start
	for i := range s.text {
		if at == codePoint {
			return i
		}
		at++
	}
	return len(s.text)
}

// afterLabel cuts off what an item of a list or a label says before its colon:
// "(一)补贴对象:在本县…" is 在本县….
func (s sentence) afterLabel() sentence {
	if m := enumeration.FindStringIndex(s.text); m != nil {
		s = s.slice(m[1], len(s.text))
	}
	if i := strings.IndexAny(s.text, ":："); i >= 0 && utf8.RuneCountInString(s.text[:i]) <= 10 {
		_, size := utf8.DecodeRuneInString(s.text[i:])
		s = s.slice(i+size, len(s.text))
	}
	return s.trim()
}

// subject is what stands before the first comma, without number and title:
// "(二)贷款贴息。规模以上企业新增贷款的,按…".
func (s sentence) subject() sentence {
	s = s.afterLabel()
	if i := strings.IndexAny(s.text, ",，"); i > 0 {
		return s.slice(0, i)
	}
	return sentence{start: s.start, end: s.start}
}

// loc is the first match of an expression, as FindStringSubmatchIndex returns it.
func (s sentence) loc(p pattern) []int {
	if !s.may(p) {
		return nil
	}
	return p.FindStringSubmatchIndex(s.text)
}

// locs are all matches of an expression.
func (s sentence) locs(p pattern) [][]int {
	if !s.may(p) {
		return nil
	}
	return p.FindAllStringSubmatchIndex(s.text, -1)
}
