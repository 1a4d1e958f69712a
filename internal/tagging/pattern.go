package tagging

import (
	"cmp"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"

	"policypush/internal/domain"
)

// pattern is an extraction rule, or an expression of our own. Most sentences
// hold no match, and an automaton tells so at a hundredth of the cost of the
// expression; where matches begin, the expression says what they are.
type pattern struct {
	re    *regexp.Regexp
	needs [][]string // of each list a match holds one word; nil if nothing is known
	marks [][]mark   // of the words of needs
	begin *beginning
}

// beginning finds where matches begin. It is made when it is first needed.
type beginning struct {
	once   sync.Once
	expr   string
	finds  *automaton     // nil if the expression asks for more than one can do
	here   *regexp.Regexp // the expression at the beginning of a text
	anchor bool           // the expression asks for the beginning itself
}

// maxNeeds bounds a list of words, maxLists the lists that are looked at before
// an expression is run.
const (
	maxNeeds = 96
	maxLists = 4
)

func newPattern(re *regexp.Regexp) pattern {
	p := pattern{re: re, begin: &beginning{expr: re.String()}}
	tree, err := syntax.Parse(re.String(), syntax.Perl)
	if err != nil {
		return p // compiled before, so this does not happen
	}
	p.needs = needed(tree.Simplify())
	slices.SortStableFunc(p.needs, rarer)
	p.needs = p.needs[:min(len(p.needs), maxLists)]
	for _, words := range p.needs {
		var marks []mark
		for _, w := range words {
			marks = append(marks, markOf(w))
		}
		p.marks = append(p.marks, marks)
	}
	return p
}

// expression compiles an expression of our own, see newPattern.
func expression(expr string) pattern { return newPattern(regexp.MustCompile(expr)) }

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

// starts returns the automaton, if the expression has one.
func (p pattern) starts() *automaton {
	b := p.begin
	b.once.Do(func() {
		tree, err := syntax.Parse(b.expr, syntax.Perl)
		if err != nil {
			return
		}
		if a, ok := newAutomaton(tree); ok {
			b.finds, b.here, b.anchor = a, regexp.MustCompile(`\A(?:`+b.expr+`)`), asksForBegin(tree)
		}
	})
	if b.finds == nil || b.finds.off.Load() {
		return nil
	}
	return b.finds
}

func asksForBegin(tree *syntax.Regexp) bool {
	return tree.Op == syntax.OpBeginText || slices.ContainsFunc(tree.Sub, asksForBegin)
}

// MatchString tells whether the text holds a match.
func (p pattern) MatchString(text string) bool {
	if a := p.starts(); a != nil {
		return a.matches(text)
	}
	return p.re.MatchString(text)
}

// each calls yield with the matches, as FindAllStringSubmatchIndex returns them,
// until it returns false.
func (p pattern) each(text string, yield func(loc []int) bool) {
	a := p.starts()
	if a == nil || p.begin.anchor {
		if a != nil && !a.matches(text) {
			return
		}
		for _, loc := range p.re.FindAllStringSubmatchIndex(text, -1) {
			if !yield(loc) {
				return
			}
		}
		return
	}
	var few [32]int
	end := 0
	for _, i := range slices.Backward(a.starts(text, few[:0])) {
		if i < end {
			continue
		}
		loc := p.begin.here.FindStringSubmatchIndex(text[i:])
		for k := range loc {
			if loc[k] >= 0 {
				loc[k] += i
			}
		}
		if loc == nil || !yield(loc) {
			return
		}
		end = loc[1]
	}
}

// FindStringSubmatchIndex is that of the expression.
func (p pattern) FindStringSubmatchIndex(text string) (found []int) {
	p.each(text, func(loc []int) bool {
		found = loc
		return false
	})
	return found
}

// FindAllStringSubmatchIndex is that of the expression.
func (p pattern) FindAllStringSubmatchIndex(text string, n int) (found [][]int) {
	p.each(text, func(loc []int) bool {
		found = append(found, loc)
		return len(found) != n
	})
	return found
}

// FindStringIndex is that of the expression.
func (p pattern) FindStringIndex(text string) []int {
	if loc := p.FindStringSubmatchIndex(text); loc != nil {
		return loc[:2]
	}
	return nil
}

// cut returns the text without its matches.
func (p pattern) cut(text string) string {
	var b strings.Builder
	done := 0
	p.each(text, func(loc []int) bool {
		b.WriteString(text[done:loc[0]])
		done = loc[1]
		return true
	})
	if done == 0 {
		return text
	}
	b.WriteString(text[done:])
	return b.String()
}

// match is one match of an extraction rule in a sentence.
type match struct {
	re       *regexp.Regexp
	text     string
	loc      []int
	evidence domain.Evidence
}

// has tells whether a sentence holds a match of an extraction rule.
func (t *Tagger) has(code string, s sentence) bool {
	return s.matches(t.patterns[code])
}

// find returns the matches of an extraction rule.
func (t *Tagger) find(code string, s sentence) []match {
	p := t.patterns[code]
	if !s.may(p) {
		return nil
	}
	var out []match
	p.each(s.text, func(loc []int) bool {
		out = append(out, match{p.re, s.text, loc, s.evidence(loc[0], loc[1])})
		return true
	})
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
