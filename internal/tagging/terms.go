package tagging

import (
	"cmp"
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
	term       string
	uses       []use
}

// lexicon finds every term of every code of one or more dimensions in one pass
// over a segmented text. A term counts only where it begins and ends at the
// border of words, or within a longer word that is itself one of our terms:
// 市政 is not found in 市政务服务, 应纳税所得额 is found in 减按25%计入应纳税所得额.
type lexicon struct {
	uses   map[string][]use
	starts map[string]bool // every beginning of a term, so that the search stops early
}

func newLexicon() *lexicon {
	return &lexicon{uses: map[string][]use{}, starts: map[string]bool{}}
}

// add enters terms of one code in one role.
func (l *lexicon) add(code int, r role, terms ...string) {
	for _, term := range terms {
		if utf8.RuneCountInString(term) < 2 {
			continue // single characters are found everywhere
		}
		l.uses[term] = append(l.uses[term], use{code, r})
		for i := range term {
			if i > 0 {
				l.starts[term[:i]] = true
			}
		}
		l.starts[term] = true
	}
}

// find returns the hits in order of their beginning, the longer first.
func (l *lexicon) find(words []segment.Token) []hit {
	t := layOut(words)
	var hits []hit
	for i := range t.word {
		if !t.border[i] && !l.withinTerm(t, i) {
			continue
		}
		for j := i + 1; j <= len(t.word); j++ {
			piece := t.text[t.at[i]:t.at[j]]
			if !l.starts[piece] {
				break
			}
			uses, ok := l.uses[piece]
			if ok && (t.border[i] && t.border[j] || t.word[i] == t.word[j-1] && l.withinTerm(t, i)) {
				hits = append(hits, hit{t.offset[i], t.offset[j-1] + 1, piece, uses})
			}
		}
	}
	slices.SortFunc(hits, func(a, b hit) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end))
	})
	return hits
}

// withinTerm tells whether the word at rune i is itself one of our terms.
func (l *lexicon) withinTerm(t *laidOut, i int) bool {
	_, ok := l.uses[t.words[t.word[i]].Text]
	return ok
}

// laidOut is a run of words as runes with their borders. White space, which
// the segmenter leaves out, stands as one line feed: no term goes across it.
type laidOut struct {
	text   string
	words  []segment.Token
	at     []int  // byte offset of rune i in text; one more at the end
	offset []int  // of rune i in the document; one more at the end
	word   []int  // index of the word that rune i belongs to
	border []bool // whether a word begins at i (or the text ends there)
}

func layOut(words []segment.Token) *laidOut {
	t := &laidOut{words: words}
	n := 0
	for _, w := range words {
		n += len(w.Text)
	}
	text := make([]byte, 0, n+len(words))
	letters := 2 // with the line feeds for white space, at most one a word
	for _, w := range words {
		letters += w.End - w.Start + 1
	}
	t.at, t.offset, t.word, t.border = make([]int, 0, letters), make([]int, 0, letters), make([]int, 0, letters), make([]bool, 0, letters)
	add := func(r rune, word, offset int, border bool) {
		t.at = append(t.at, len(text))
		t.offset = append(t.offset, offset)
		t.word = append(t.word, word)
		t.border = append(t.border, border)
		text = utf8.AppendRune(text, r)
	}
	end := 0
	for k, w := range words {
		if k > 0 && w.Start > end {
			add('\n', k-1, end, true)
		}
		offset := w.Start
		for _, r := range w.Text {
			add(r, k, offset, offset == w.Start)
			offset++
		}
		end = w.End
	}
	t.at = append(t.at, len(text))
	t.offset = append(t.offset, end)
	t.border = append(t.border, true)
	t.text = string(text)
	return t
}
