package tagging

import (
	"cmp"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"policypush/internal/domain"
)

// pattern is an extraction rule with the words that any match must hold. Most
// sentences lack some of them, and looking for a word costs a hundredth of
// what the expression does.
type pattern struct {
	re    *regexp.Regexp
	needs [][]string // of each list one word; nil if nothing is known
	words bool       // needs is all that the expression says

	letters [][]letters // of the words of needs
}

// maxNeeds bounds a list of words, maxLists the lists that are looked at before
// an expression is run.
const (
	maxNeeds = 96
	maxLists = 4
)

func newPattern(re *regexp.Regexp) pattern {
	tree, err := syntax.Parse(re.String(), syntax.Perl)
	if err != nil {
		return pattern{re: re} // compiled before, so this does not happen
	}
	lists := needed(tree.Simplify())
	slices.SortStableFunc(lists, rarer)
	return pattern{re: re, needs: lists[:min(len(lists), maxLists)]}.prepared()
}

// needed returns lists of words: every match of the tree holds at least one
// word of each.
func needed(tree *syntax.Regexp) [][]string {
	switch tree.Op {
	case syntax.OpLiteral:
		if tree.Flags&syntax.FoldCase == 0 {
			return [][]string{{string(tree.Rune)}}
		}
	case syntax.OpCharClass:
		var words []string
		for i := 0; i < len(tree.Rune); i += 2 {
			for r := tree.Rune[i]; r <= tree.Rune[i+1]; r++ {
				if len(words) == maxNeeds {
					return nil
				}
				words = append(words, string(r))
			}
		}
		return [][]string{words}
	case syntax.OpCapture, syntax.OpPlus:
		return needed(tree.Sub[0])
	case syntax.OpRepeat:
		if tree.Min > 0 {
			return needed(tree.Sub[0])
		}
	case syntax.OpAlternate:
		var words []string
		for _, sub := range tree.Sub {
			lists := needed(sub)
			if len(lists) == 0 {
				return nil
			}
			best := slices.MinFunc(lists, rarer)
			if len(words)+len(best) > maxNeeds {
				return nil
			}
			words = append(words, best...)
		}
		return [][]string{words}
	case syntax.OpConcat:
		var lists [][]string
		for _, sub := range tree.Sub {
			lists = append(lists, needed(sub)...)
		}
		return lists
	}
	return nil
}

// rarer puts longer words first, then fewer: digits are in every other sentence.
func rarer(a, b []string) int {
	return cmp.Or(cmp.Compare(shortest(b), shortest(a)), cmp.Compare(len(a), len(b)))
}

func shortest(words []string) int {
	n := len(words[0])
	for _, w := range words {
		n = min(n, len(w))
	}
	return n
}

// letters is a set of 256 classes of characters: what a text holds, or what a
// word asks for. A text without one of a word's letters does not hold the word.
type letters [4]uint64

func lettersOf(s string) (l letters) {
	for i := 0; i < len(s); {
		class := s[i]
		switch {
		case class < 0xC0: // ASCII
			i++
		case class < 0xE0 && i+1 < len(s):
			class = s[i+1]
			i += 2
		case class < 0xF0 && i+2 < len(s): // Chinese: the first of three bytes says little
			class = s[i+1]<<3 ^ s[i+2]
			i += 3
		case i+3 < len(s):
			class = s[i+2]<<3 ^ s[i+3]
			i += 4
		default:
			i++
		}
		l[class>>6] |= 1 << (class & 63)
	}
	return l
}

func (l letters) hold(w letters) bool {
	return l[0]&w[0] == w[0] && l[1]&w[1] == w[1] && l[2]&w[2] == w[2] && l[3]&w[3] == w[3]
}

func (p pattern) mayMatch(text string) bool {
	if len(p.needs) == 0 {
		return true
	}
	have := lettersOf(text)
	for i, words := range p.needs {
		if !holdsOne(text, have, words, p.letters[i]) {
			return false
		}
	}
	return true
}

func holdsOne(text string, have letters, words []string, asks []letters) bool {
	for i, w := range words {
		if have.hold(asks[i]) && strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// prepared returns a copy of the pattern that knows the letters of its words.
func (p pattern) prepared() pattern {
	p.letters = make([][]letters, len(p.needs))
	for i, words := range p.needs {
		for _, w := range words {
			p.letters[i] = append(p.letters[i], lettersOf(w))
		}
	}
	return p
}

// expression compiles an expression of our own, see newPattern. One that only
// offers words is answered by looking for them.
func expression(expr string) pattern {
	p := newPattern(regexp.MustCompile(expr))
	if !strings.ContainsAny(expr, "[](){}.*+?^$\\") {
		p.needs, p.words = [][]string{strings.Split(expr, "|")}, true
	}
	return p.prepared()
}

// MatchString tells whether the text holds a match.
func (p pattern) MatchString(text string) bool {
	return p.mayMatch(text) && (p.words || p.re.MatchString(text))
}

// FindStringSubmatchIndex is that of the expression.
func (p pattern) FindStringSubmatchIndex(text string) []int {
	if !p.mayMatch(text) {
		return nil
	}
	return p.re.FindStringSubmatchIndex(text)
}

// FindAllStringSubmatchIndex is that of the expression.
func (p pattern) FindAllStringSubmatchIndex(text string, n int) [][]int {
	if !p.mayMatch(text) {
		return nil
	}
	return p.re.FindAllStringSubmatchIndex(text, n)
}

// FindStringIndex is that of the expression.
func (p pattern) FindStringIndex(text string) []int {
	if !p.mayMatch(text) {
		return nil
	}
	return p.re.FindStringIndex(text)
}

// all returns where the matches stand, in bytes.
func (p pattern) all(text string) [][]int {
	if !p.mayMatch(text) {
		return nil
	}
	return p.re.FindAllStringIndex(text, -1)
}

// cut returns the text without its matches.
func (p pattern) cut(text string) string {
	if !p.mayMatch(text) {
		return text
	}
	return p.re.ReplaceAllString(text, "")
}

// match is one match of an extraction rule in a sentence.
type match struct {
	re       *regexp.Regexp
	text     string
	loc      []int
	evidence domain.Evidence
}

// find returns the matches of an extraction rule.
func (t *Tagger) find(code string, s sentence) []match {
	p := t.patterns[code]
	if !p.mayMatch(s.text) {
		return nil
	}
	var out []match
	for _, loc := range p.re.FindAllStringSubmatchIndex(s.text, -1) {
		out = append(out, match{p.re, s.text, loc, s.evidence(loc[0], loc[1])})
	}
	return out
}

// group returns the words of a named group, or "".
func (m match) group(name string) string {
	i := m.re.SubexpIndex(name)
	if i < 0 || m.loc[2*i] < 0 {
		return ""
	}
	return m.text[m.loc[2*i]:m.loc[2*i+1]]
}

// at returns the bytes of a named group.
func (m match) at(name string) (int, int) {
	i := m.re.SubexpIndex(name)
	return m.loc[2*i], m.loc[2*i+1]
}
