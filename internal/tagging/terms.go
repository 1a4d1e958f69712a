package tagging

import (
	"maps"
	"math/bits"
	"slices"
	"unicode/utf8"

	"policypush/internal/segment"
)

// role is what a term says about its code.
type role uint8

const (
	nameOf  role = iota // the name itself or another name for it
	strong              // enough alone
	trigger             // one sign among several
	weak                // counts only beside a word of near
	near                //
	mask                // looks like a term of the code and is not
)

// use is one term of one code.
type use struct {
	code int // index into Tagger.codes
	role role
	at   int32 // of all pairs of a term and a code
}

// hit is a term found in a text, [start, end) in code points.
type hit struct {
	start, end int
	sure       bool // it stands at borders of words, which is seen without cutting
	*term
}

// term is a word of the lexicon.
type term struct {
	text  string
	id    int32 // of all terms
	whole bool  // see [segment.Segmenter.Whole]
	uses  []use // by code
}

// lexicon finds every term of every code, and every word of the expressions, in
// one pass over a text. A term counts only where it begins and ends at the
// border of words, or begins or ends a longer word that is itself one of our terms:
// 市政 is not found in 市政务服务, 应纳税所得额 is found in 减按25%计入应纳税所得额.
type lexicon struct {
	terms   map[string]*term
	pairs   int32                 // of terms and codes
	longest int                   // term, in code points
	marked  map[string][]mark     // words of expressions
	words   []word                // of both; the first is none
	nodes   []node                // of the tree of beginnings; those after one beginning stand together
	marks   []mark                // of the words, one after another
	ones    []int32               // word of one character up to U+FFFF; 0 for none
	pairsOf [pairBits / 64]uint64 // the first two characters of words, see begins
	alone   [0x10000 / 64]uint64  // characters that are words by themselves
	seconds []second              // nodes of the first two characters of words, by their hash
}

// word is what is known of a word: what it means as a term, and the lists that
// it is on as a word of expressions.
type word struct {
	term     *term
	from, to int32 // of the marks
}

// node is a beginning of a word.
type node struct {
	last  rune  // its last character
	count int32 // how many beginnings are longer by one
	first int32 // where they stand
	word  int32 // 0 if it is only a beginning
}

func newLexicon() *lexicon { return &lexicon{terms: map[string]*term{}, marked: map[string][]mark{}} }

// add enters terms of one code in one role.
func (l *lexicon) add(code int, r role, words ...string) {
	for _, w := range words {
		if utf8.RuneCountInString(w) < 2 {
			continue // single characters are found everywhere
		}
		t := l.terms[w]
		if t == nil {
			t = &term{text: w, id: int32(len(l.terms))}
			l.terms[w] = t
		}
		at := l.pairs
		if n := len(t.uses); n > 0 && t.uses[n-1].code == code {
			at = t.uses[n-1].at
		} else {
			l.pairs++
		}
		t.uses = append(t.uses, use{code, r, at})
	}
}

// close makes the tree of what was added. Whole tells which terms are never cut.
func (l *lexicon) close(whole func(term string) bool) {
	for text, t := range l.terms {
		t.whole = whole(text)
		l.longest = max(l.longest, utf8.RuneCountInString(text))
	}
	texts := slices.Collect(maps.Keys(l.terms))
	for w := range l.marked {
		if l.terms[w] == nil {
			texts = append(texts, w)
		}
	}
	slices.SortFunc(texts, func(a, b string) int { return slices.Compare([]rune(a), []rune(b)) })
	l.words, l.nodes, l.ones = []word{{}}, []node{{}}, make([]int32, 0x10000)
	type span struct {
		node, from, to int
		size           int // bytes of the beginning
	}
	for queue := []span{{to: len(texts)}}; len(queue) > 0; queue = queue[1:] {
		s := queue[0]
		l.nodes[s.node].first = int32(len(l.nodes))
		for i := s.from; i < s.to; {
			if len(texts[i]) == s.size {
				if r, n := utf8.DecodeRuneInString(texts[i]); n == s.size && r < 0x10000 {
					l.alone[r>>6] |= 1 << (r & 63)
					l.ones[r] = int32(len(l.words))
				}
				l.nodes[s.node].word = int32(len(l.words))
				from := int32(len(l.marks))
				l.marks = append(l.marks, l.marked[texts[i]]...)
				l.words = append(l.words, word{l.terms[texts[i]], from, int32(len(l.marks))})
				i++
				continue
			}
			r, n := utf8.DecodeRuneInString(texts[i][s.size:])
			end := i + 1
			for end < s.to {
				if next, _ := utf8.DecodeRuneInString(texts[end][s.size:]); next != r {
					break
				}
				end++
			}
			if at := pairAt(l.nodes[s.node].last, r); s.node != 0 && s.size <= utf8.UTFMax {
				l.pairsOf[at>>6] |= 1 << (at & 63)
			}
			queue = append(queue, span{len(l.nodes), i, end, s.size + n})
			l.nodes = append(l.nodes, node{last: r})
			l.nodes[s.node].count++
			i = end
		}
	}
	l.enterSeconds()
}

// second is two characters that begin a word: what a reader asks about most of them
// is answered here. What has no place of its own in the table stands behind.
type second struct {
	pair   uint32 // both characters, see pairOf
	node   int32  // 0 if this is none
	word   int32  // of the node
	thirds uint32 // the characters that may follow in a word have bits here, see thirdBit
}

// pairOf is two characters up to U+FFFF.
func pairOf(a, b rune) uint32 { return uint32(a)<<16 | uint32(b) }

func thirdBit(r rune) uint32 { return 1 << (r & 31) }

// enterSeconds makes the table of the first two characters of words.
func (l *lexicon) enterSeconds() {
	pairs := 0
	for _, n := range l.longer(&l.nodes[0]) {
		pairs += int(n.count)
	}
	l.seconds = make([]second, 1<<bits.Len(uint(2*pairs)))
	for _, n := range l.longer(&l.nodes[0]) {
		for i, o := range l.longer(&n) {
			if n.last >= 0x10000 || o.last >= 0x10000 {
				continue
			}
			s := second{pair: pairOf(n.last, o.last), node: n.first + int32(i), word: o.word}
			for _, third := range l.longer(&o) {
				s.thirds |= thirdBit(third.last)
			}
			*l.place(n.last, o.last) = s
		}
	}
}

// place is that of two characters in the table.
func (l *lexicon) place(a, b rune) *second {
	for at := pairHash(a, b) >> 8; ; at++ {
		if s := &l.seconds[at&uint32(len(l.seconds)-1)]; s.node == 0 || s.pair == pairOf(a, b) {
			return s
		}
	}
}

// second is two characters that may begin a word.
func (l *lexicon) second(a, b rune) second {
	if a < 0x10000 && b < 0x10000 {
		return *l.place(a, b)
	}
	n := l.after(0, a)
	if n != 0 {
		n = l.after(n, b)
	}
	return second{node: n, word: l.nodes[n].word, thirds: ^uint32(0)}
}

// longer are the beginnings that are longer than one by a character.
func (l *lexicon) longer(n *node) []node { return l.nodes[n.first : n.first+n.count] }

// pairBits is a power of two, small enough to stay near the processor.
const pairBits = 1 << 17

func pairHash(a, b rune) uint32 { return (uint32(a)*0x9E3779B1 ^ uint32(b)) * 0x85EBCA6B }

func pairAt(a, b rune) uint32 { return pairHash(a, b) >> (32 - 17) }

// begins tells whether a word may begin with two characters: most that stand
// beside each other in a text are no beginning.
func (l *lexicon) begins(a, b rune) bool {
	at := pairAt(a, b)
	return l.pairsOf[at>>6]&(1<<(at&63)) != 0
}

// isWord tells whether a character may be a word by itself.
func (l *lexicon) isWord(r rune) bool { return r >= 0x10000 || l.alone[r>>6]&(1<<(r&63)) != 0 }

// one returns the word of one character, or 0.
func (l *lexicon) one(r rune) int32 {
	if r < 0x10000 {
		return l.ones[r]
	}
	return l.nodes[l.after(0, r)].word
}

// after returns the node of a beginning and one character more, or 0.
func (l *lexicon) after(n int32, r rune) int32 {
	from, longer := l.nodes[n].first, l.longer(&l.nodes[n])
	if len(longer) <= 8 {
		for i := range longer {
			if longer[i].last == r {
				return from + int32(i)
			}
		}
		return 0
	}
	if i, ok := slices.BinarySearchFunc(longer, r, func(n node, r rune) int { return int(n.last - r) }); ok {
		return from + int32(i)
	}
	return 0
}

// run is a part of a text: [from, to) in bytes, [start, end) in code points.
type run struct {
	from, to, start, end int
}

// look goes over a text that begins at a code point. It notes in what it was cut
// into the lists of which the text has a word, sentence by sentence, and adds to
// hits the terms that stand in the text, whatever words they cut through: in
// order of their beginning, the longer first. Those of which it is not sure that
// they stand at borders of words are in the runs it adds, which begin and end
// where no word goes across. Without a segmenter it adds no runs.
func (l *lexicon) look(text string, start int, in *cut, seg *segment.Segmenter, hits []hit, runs []run) ([]hit, []run) {
	whole, lists := in.holds.lists, in.holds.lists
	sentences, sentenceEnd := in.sentences, 0 // in bytes
	over := over{text: text, seg: seg, runs: runs, first: len(runs)}
	at := start
	r, size := decode(text)
	for i := 0; i < len(text); at++ {
		if i == sentenceEnd && len(sentences) > 0 {
			sentenceEnd += len(sentences[0].text)
			lists, sentences = sentences[0].holds.lists, sentences[1:]
		}
		follows, followsSize := decode(text[i+size:])
		var pair second
		if followsSize > 0 && l.begins(r, follows) {
			pair = l.second(r, follows)
		}
		begin, to := len(hits), 0
		n, word, next, end := pair.node, pair.word, i+size+followsSize, at+2
		if l.isWord(r) {
			n, word, next, end = 1, l.one(r), i+size, at+1 // whatever node: that of the pair comes next
		}
		for n != 0 {
			if word != 0 {
				w := &l.words[word]
				if w.from < w.to && whole != nil {
					into := lists
					if next > sentenceEnd { // a word across the end of a sentence
						into = whole
					}
					for _, m := range l.marks[w.from:w.to] {
						into[m.at] |= m.lists
					}
				}
				if w.term != nil {
					hits = append(hits, hit{start: at, end: end, term: w.term})
					to = next
				}
			}
			if end == at+1 {
				n, word, next, end = pair.node, pair.word, next+followsSize, end+1
				continue
			}
			c, size := decode(text[next:])
			if size == 0 || end == at+2 && pair.thirds&thirdBit(c) == 0 {
				break
			}
			n, next, end = l.after(n, c), next+size, end+1
			word = l.nodes[n].word
		}
		if len(hits) > begin && seg != nil {
			found := hits[begin:]
			slices.Reverse(found)
			sure := over.take(run{i, to, at, found[0].end}, found[0].whole)
			for k := range found {
				found[k].sure = sure
			}
		}
		i, r, size = i+size, follows, followsSize
	}
	for _, s := range in.sentences {
		for i, lists := range s.holds.lists {
			whole[i] |= lists
		}
	}
	return hits, over.runs
}

// decode is utf8.DecodeRuneInString of a text that is valid, most of which is
// Chinese.
func decode(text string) (rune, int) {
	if len(text) >= 3 && text[0]&0xF0 == 0xE0 {
		return rune(text[0]&0xF)<<12 | rune(text[1]&0x3F)<<6 | rune(text[2]&0x3F), 3
	}
	return utf8.DecodeRuneInString(text)
}

// over is the term that reaches furthest of those found in a text so far.
type over struct {
	text  string
	seg   *segment.Segmenter
	end   int // of the term, in code points
	sure  bool
	runs  []run // around the terms that are not sure
	first int   // of them that is of this text
}

// take takes the longest of the terms that begin at one place, and tells whether
// they are sure: it stands apart from what is beside it and is never cut itself,
// or they stand in one that is sure.
func (o *over) take(x run, whole bool) (sure bool) {
	if x.end <= o.end {
		return o.sure
	}
	o.end = x.end
	left, right := o.seg.Apart(o.text, x.from), o.seg.Apart(o.text, x.to)
	if o.sure = whole && left && right; o.sure {
		return true
	}
	var last *run
	if len(o.runs) > o.first {
		last = &o.runs[len(o.runs)-1]
	}
	for !left && (last == nil || x.from > last.to) {
		_, size := utf8.DecodeLastRuneInString(o.text[:x.from])
		x.from, x.start = x.from-size, x.start-1
		left = o.seg.Apart(o.text, x.from)
	}
	if last != nil && x.from <= last.to {
		if x.to <= last.to {
			return false
		}
	} else {
		o.runs = append(o.runs, x)
		last = &o.runs[len(o.runs)-1]
	}
	last.to, last.end = x.to, x.end
	for !right {
		_, size := utf8.DecodeRuneInString(o.text[last.to:])
		last.to, last.end = last.to+size, last.end+1
		right = o.seg.Apart(o.text, last.to)
	}
	return false
}

// atBorders keeps of the terms that stand in a text those that begin and end at
// the borders of its words, or with a word that is a term itself. Words are
// those of the runs around the terms that are not sure. What stands in the midst
// of a longer term is no word of the text: 军人 in 领军人才, 工人 in 灵活用工人员.
func atBorders(hits []hit, words []segment.Token) []hit {
	kept := hits[:0]
	k, whole := 0, -1 // the word, and the last one that is a term
	var over hit      // the term last kept that reaches furthest
	add := func(h hit) {
		if h.end < over.end && h.start > over.start {
			return
		}
		if h.end > over.end {
			over = h
		}
		kept = append(kept, h)
	}
	for i := 0; i < len(hits); {
		begin, from := hits[i].start, i
		for i < len(hits) && hits[i].start == begin {
			i++
		}
		if hits[from].sure {
			for _, h := range hits[from:i] {
				add(h)
			}
			continue
		}
		for k < len(words) && words[k].End <= begin {
			k++
		}
		if k == len(words) {
			continue
		}
		w := &words[k]
		if w.Start == begin && slices.ContainsFunc(hits[from:i], func(h hit) bool { return h.end == w.End }) {
			whole = k
		}
		for _, h := range hits[from:i] {
			if whole == k && h.end <= w.End || w.Start == begin && endsAt(words[k:], h.end, hits[i:]) {
				add(h)
			}
		}
	}
	return kept
}

// endsAt tells whether one of the words ends at a code point, and no white space
// stands before it. A term that begins a longer one ends as a word does: 专精特新中小企业
// in 专精特新中小企业发展. The hits are those that begin behind the first of the words.
func endsAt(words []segment.Token, at int, hits []hit) bool {
	for k := range words {
		switch w := &words[k]; {
		case k > 0 && w.Start > words[k-1].End:
			return false
		case w.End > at:
			return k > 0 && isTerm(hits, w.Start, at) && isTerm(hits, w.Start, w.End)
		case w.End == at:
			return true
		}
	}
	return false
}

// isTerm tells whether one of the hits stands between two code points.
func isTerm(hits []hit, start, end int) bool {
	for i := range hits {
		if h := &hits[i]; h.start > start {
			return false
		} else if h.start == start && h.end == end {
			return true
		}
	}
	return false
}
