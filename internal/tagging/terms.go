package tagging

import (
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
	code int // index into lexicon.codes
	role role
}

// hit is a term found in a text, [start, end) in code points.
type hit struct {
	start, end int
	*term
}

// term is a word of the lexicon.
type term struct {
	text string
	id   int32 // of all terms
	uses []use
}

// lexicon finds every term of every code of one or more dimensions in one pass
// over a segmented text. A term counts only where it begins and ends at the
// border of words, or within a longer word that is itself one of our terms:
// 市政 is not found in 市政务服务, 应纳税所得额 is found in 减按25%计入应纳税所得额.
type lexicon struct {
	terms map[string]*term
	nodes []node  // of the tree of beginnings; those after one beginning stand together
	roots []int32 // node of a first character up to U+FFFF; 0 for none
}

// node is a beginning of a term.
type node struct {
	last  rune  // its last character
	count int32 // how many beginnings are longer by one
	first int32 // where they stand
	term  *term // nil if it is only a beginning
}

func newLexicon() *lexicon { return &lexicon{terms: map[string]*term{}} }

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
		t.uses = append(t.uses, use{code, r})
	}
}

// close makes the tree of what was added.
func (l *lexicon) close() {
	words := make([]*term, 0, len(l.terms))
	for _, t := range l.terms {
		words = append(words, t)
	}
	slices.SortFunc(words, func(a, b *term) int { return slices.Compare([]rune(a.text), []rune(b.text)) })
	l.nodes, l.roots = []node{{}}, make([]int32, 0x10000)
	type span struct {
		node, from, to int
		size           int // bytes of the beginning
	}
	for queue := []span{{to: len(words)}}; len(queue) > 0; queue = queue[1:] {
		s := queue[0]
		l.nodes[s.node].first = int32(len(l.nodes))
		for i := s.from; i < s.to; {
			if len(words[i].text) == s.size {
				l.nodes[s.node].term = words[i]
				i++
				continue
			}
			r, n := utf8.DecodeRuneInString(words[i].text[s.size:])
			end := i + 1
			for end < s.to {
				if next, _ := utf8.DecodeRuneInString(words[end].text[s.size:]); next != r {
					break
				}
				end++
			}
			if s.node == 0 && r < 0x10000 {
				l.roots[r] = int32(len(l.nodes))
			}
			queue = append(queue, span{len(l.nodes), i, end, s.size + n})
			l.nodes = append(l.nodes, node{last: r})
			l.nodes[s.node].count++
			i = end
		}
	}
}

// has tells whether a word is a term.
func (l *lexicon) has(word string) bool {
	n := int32(0)
	for _, r := range word {
		if n = l.after(n, r); n == 0 {
			return false
		}
	}
	return l.nodes[n].term != nil
}

// after returns the node of a beginning and one character more, or 0.
func (l *lexicon) after(n int32, r rune) int32 {
	if n == 0 && r < 0x10000 {
		return l.roots[r]
	}
	from := l.nodes[n].first
	longer := l.nodes[from : from+l.nodes[n].count]
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

// find returns the hits in order of their beginning, the longer first.
func (l *lexicon) find(words []segment.Token) []hit {
	var hits []hit
	for k := range words {
		w := &words[k]
		hits = l.at(hits, words[k:], 0, w.Start, false)
		_, n := utf8.DecodeRuneInString(w.Text)
		if n == len(w.Text) || !l.has(w.Text) {
			continue
		}
		offset := w.Start + 1
		for i := range w.Text[n:] {
			hits = l.at(hits, words[k:k+1], n+i, offset, true)
			offset++
		}
	}
	return hits
}

// at adds the hits that begin at a byte of the first of the words. Those that
// begin at a border end at one; those within a term may end anywhere in it.
func (l *lexicon) at(hits []hit, words []segment.Token, from, offset int, within bool) []hit {
	n, begin, end := int32(0), len(hits), offset
	for k := range words {
		text := words[k].Text[from:]
		from = 0
		if k > 0 && words[k].Start > end { // white space
			break
		}
		for i, r := range text {
			if n = l.after(n, r); n == 0 {
				slices.Reverse(hits[begin:])
				return hits
			}
			end++
			t := l.nodes[n].term
			if t != nil && (i+utf8.RuneLen(r) == len(text) || k == 0 && (within || l.has(words[0].Text))) {
				hits = append(hits, hit{offset, end, t})
			}
		}
	}
	slices.Reverse(hits[begin:])
	return hits
}
