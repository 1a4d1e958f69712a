// Package segment cuts Chinese text into words. It is the only package that
// knows jieba.
//
// Words come from jieba's dictionary and from the caller's terms alone; its
// model that guesses unknown words is off, so the same text is always cut the
// same way and a term is never swallowed by a guess. Runs of ASCII letters and
// digits are one word.
//
// Jieba ends the process when a dictionary is missing or damaged, and fails
// on text that is not UTF-8. This package looks at the dictionary before jieba
// does, and hands it clean text in small pieces only.
package segment

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/yanyiwu/gojieba"
)

// Token is a word of a text, [Start, End) in code points. Text is a part of
// the text that was cut.
type Token struct {
	Text       string
	Start, End int
}

// Segmenter cuts text into words. It may be used by many goroutines.
type Segmenter struct {
	mu      sync.RWMutex
	jieba   *gojieba.Jieba // nil after Close
	borders *borders
	terms   map[string]bool // that stay whole
}

// termFrequency is what a caller's term counts for: a hundredth of all that
// jieba's dictionary counts. That beats any cut of the same characters into
// known words, and still prefers one long term to two short ones.
const termFrequency = 600_000

// maxTerm is the longest term in bytes; jieba looks 512 characters ahead.
const maxTerm = 300

// New loads the dictionary (about 0.6 s and 110 MB) and adds terms that are to
// stay whole. The dictionary is taken from dictDir or, if that is empty, from
// the folder dict beside the program or the module cache. The error says in
// Chinese where it was looked for. Terms with white space, 。 or ， in them are
// never found by jieba and left out.
func New(dictDir string, terms []string) (*Segmenter, error) {
	dict, err := find(dictDir)
	if err != nil {
		return nil, err
	}
	s := &Segmenter{borders: &borders{}, terms: map[string]bool{}}
	if err := check(dict, s.borders.add); err != nil {
		return nil, err
	}
	whole := s.borders.outweighed()
	tmp, err := os.MkdirTemp("", "policypush-dict-")
	if err != nil {
		return nil, fmt.Errorf("分词词典的临时目录建不了，请检查系统临时目录的空间和权限: %w", err)
	}
	defer os.RemoveAll(tmp)
	if strings.ContainsAny(tmp, "|;") { // jieba takes them for the end of a path
		return nil, fmt.Errorf("系统临时目录%s的名字里不能有“|”或“;”，请改设TMPDIR", filepath.Dir(tmp))
	}
	var words strings.Builder
	for _, w := range terms {
		if w != "" && len(w) <= maxTerm && utf8.ValidString(w) && strings.IndexFunc(w, endsSentence) < 0 {
			fmt.Fprintf(&words, "%s %d n\n", w, termFrequency)
			s.borders.add(w, 0)
			s.terms[w] = whole
		}
	}
	// The files beside the dictionary serve what we do not use: guessing words
	// and ranking keywords. Small ones save 60 MB and half of the time.
	files := []string{"terms", "model", "idf", "stop"}
	for i, content := range []string{words.String(), noModel, "的 1\n", "的\n"} {
		files[i] = filepath.Join(tmp, files[i])
		if err := os.WriteFile(files[i], []byte(content), 0o600); err != nil {
			return nil, fmt.Errorf("分词词典的临时文件写不了，请检查系统临时目录的空间: %w", err)
		}
	}
	s.jieba = gojieba.NewJieba(dict, files[1], files[0], files[2], files[3])
	return s, nil
}

// noModel is the smallest model that jieba reads: probabilities to start in
// and to change between its four states, and of one character in each.
const noModel = "0 0 0 0\n0 0 0 0\n0 0 0 0\n0 0 0 0\n0 0 0 0\n的:0\n的:0\n的:0\n的:0\n"

// endsSentence tells where jieba cuts whatever its dictionary says.
func endsSentence(r rune) bool {
	return unicode.IsSpace(r) || r == '。' || r == '，' || r == 0
}

// Close frees the memory of the dictionary. Words finds nothing afterwards.
func (s *Segmenter) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.jieba != nil {
		s.jieba.Free()
		s.jieba = nil
	}
}

// maxPiece is how much jieba gets at once, in bytes: its working memory is a
// hundred times that.
const maxPiece = 4096

// Words cuts text into words, punctuation included, white space left out. Any
// text will do: bytes that are not UTF-8 count as one code point each, as in
// a range over the string.
func (s *Segmenter) Words(text string) []Token {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.jieba == nil {
		return nil
	}
	tokens := make([]Token, 0, len(text)/5)
	start, at := 0, 0       // of the piece, in bytes and code points
	cut, cutAt := 0, 0      // where it may best end
	runes, clean := 0, true // so far; whether the piece needs cleaning
	for i, r := range text {
		if i-start >= maxPiece {
			if cut <= start {
				cut, cutAt = i, runes
			}
			tokens = s.piece(tokens, text[start:cut], at, clean)
			start, at = cut, cutAt
		}
		if r == utf8.RuneError || r == 0 {
			clean = false
		}
		runes++
		if endsSentence(r) || r < utf8.RuneSelf && unicode.IsPunct(r) {
			cut, cutAt = i+utf8.RuneLen(r), runes
		}
	}
	return s.piece(tokens, text[start:], at, clean)
}

// piece cuts a short piece that begins at a code point of the whole text.
func (s *Segmenter) piece(tokens []Token, piece string, at int, clean bool) []Token {
	if piece == "" {
		return tokens
	}
	given := piece
	if !clean {
		given = scrub(piece)
	}
	first, end := len(tokens), 0
	for _, w := range s.jieba.Tokenize(given, gojieba.DefaultMode, false) {
		start := at
		n := utf8.RuneCountInString(w.Str)
		at += n
		if strings.TrimSpace(w.Str) == "" {
			continue
		}
		word := piece[w.Start:w.End]
		if len(tokens) > first && end == w.Start && joins(tokens[len(tokens)-1].Text, word) {
			last := &tokens[len(tokens)-1]
			last.Text, last.End = piece[w.Start-len(last.Text):w.End], at
		} else {
			tokens = append(tokens, Token{Text: word, Start: start, End: at})
		}
		end = w.End
	}
	return tokens
}

// scrub puts a blank for every byte that jieba must not see. The offsets of
// bytes and code points stay the same.
func scrub(s string) string {
	b := []byte(s)
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == 0 || r == utf8.RuneError && n == 1 { // U+FFFD itself is three bytes, and valid
			b[i] = ' '
		}
		i += n
	}
	return string(b)
}

// joins tells whether two neighbours are parts of one number or foreign word,
// which the dictionary alone takes apart: 1 5 0 → 150, A P P → APP. A word that
// goes on in Chinese behind a letter stays one: AAA A级景区.
func joins(a, b string) bool {
	return alnum(a[len(a)-1]) && alnum(b[0]) && (b[0] <= '9' || b[len(b)-1] < utf8.RuneSelf)
}

func alnum(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
