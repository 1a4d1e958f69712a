package tagging

import (
	"regexp"

	"policypush/internal/automaton"
	"policypush/internal/domain"
)

// pattern is an extraction rule, or an expression of our own, with the marks
// that a match leaves in a text.
type pattern struct {
	*automaton.Expression
	marks [][]mark // of the words of which a match holds one of each list
}

// maxLists bounds the lists of words that are looked at before a text is read.
const maxLists = 4

func newPattern(re *regexp.Regexp) pattern {
	p := pattern{Expression: automaton.Of(re)}
	lists := p.Needs()
	for _, words := range lists[:min(len(lists), maxLists)] {
		marks := make([]mark, len(words))
		for i, w := range words {
			marks[i] = markOf(w)
		}
		p.marks = append(p.marks, marks)
	}
	return p
}

// expression compiles an expression of our own.
func expression(expr string) pattern { return newPattern(regexp.MustCompile(expr)) }

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
	p.Each(s.text, func(loc []int) bool {
		out = append(out, match{p.Regexp(), s.text, loc, s.evidence(loc[0], loc[1])})
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
