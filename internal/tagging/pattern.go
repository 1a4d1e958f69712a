package tagging

import (
	"regexp"
	"regexp/syntax"
	"strings"

	"policypush/internal/domain"
)

// pattern is an extraction rule with the words that any match must hold. Most
// sentences hold none of them, and looking for a word costs a hundredth of
// what the expression does.
type pattern struct {
	re    *regexp.Regexp
	needs []string // one of these; nil if nothing is known
	words bool     // needs is all that the expression says
}

// maxNeeds bounds the words that are looked for before an expression is run.
const maxNeeds = 96

func newPattern(re *regexp.Regexp) pattern {
	tree, err := syntax.Parse(re.String(), syntax.Perl)
	if err != nil {
		return pattern{re: re} // compiled before, so this does not happen
	}
	return pattern{re: re, needs: needed(tree.Simplify())}
}

// needed returns words of which every match of the tree holds at least one.
func needed(tree *syntax.Regexp) []string {
	switch tree.Op {
	case syntax.OpLiteral:
		if tree.Flags&syntax.FoldCase == 0 {
			return []string{string(tree.Rune)}
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
		return words
	case syntax.OpCapture, syntax.OpPlus:
		return needed(tree.Sub[0])
	case syntax.OpRepeat:
		if tree.Min > 0 {
			return needed(tree.Sub[0])
		}
	case syntax.OpAlternate:
		var words []string
		for _, sub := range tree.Sub {
			n := needed(sub)
			if n == nil || len(words)+len(n) > maxNeeds {
				return nil
			}
			words = append(words, n...)
		}
		return words
	case syntax.OpConcat:
		var best []string
		for _, sub := range tree.Sub {
			if n := needed(sub); n != nil && (best == nil || rarer(n, best)) {
				best = n
			}
		}
		return best
	}
	return nil
}

// rarer prefers longer words, then fewer: digits are in every other sentence.
func rarer(a, b []string) bool {
	if la, lb := shortest(a), shortest(b); la != lb {
		return la > lb
	}
	return len(a) < len(b)
}

func shortest(words []string) int {
	n := len(words[0])
	for _, w := range words {
		n = min(n, len(w))
	}
	return n
}

func (p pattern) mayMatch(text string) bool {
	if p.needs == nil {
		return true
	}
	for _, w := range p.needs {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// expression compiles an expression of our own, see newPattern. One that only
// offers words is answered by looking for them.
func expression(expr string) pattern {
	p := newPattern(regexp.MustCompile(expr))
	if !strings.ContainsAny(expr, "[](){}.*+?^$\\") {
		p.needs, p.words = strings.Split(expr, "|"), true
	}
	return p
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
