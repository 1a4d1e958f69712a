package tagging

import (
	"regexp"
	"slices"

	"policypush/internal/automaton"
	"policypush/internal/domain"
)

// pattern is an extraction rule, or an expression of our own, with the lists of
// words that tell about its matches; see [register].
type pattern struct {
	*automaton.Expression
	needs    []int // lists of which a match holds a word each
	suffices int   // the list of words that are matches; 0 for none
}

// maxLists bounds the lists of words that are looked at before a text is read.
const maxLists = 4

// expression compiles an expression of our own.
func expression(expr string) pattern { return ours.pattern(regexp.MustCompile(expr)) }

// register is the words of many patterns, list by list.
type register struct {
	lists int
	words map[string][]int // the lists that a word is on
}

// ours holds the words of the expressions of our own.
var ours = &register{lists: 1, words: map[string][]int{}}

// copy returns a register to which others may be added.
func (r *register) copy() *register {
	out := &register{r.lists, make(map[string][]int, len(r.words))}
	for w, lists := range r.words {
		out.words[w] = slices.Clip(lists)
	}
	return out
}

// pattern enters the words of an expression.
func (r *register) pattern(re *regexp.Regexp) pattern {
	p := pattern{Expression: automaton.Of(re)}
	needs := p.Needs()
	for _, words := range needs[:min(len(needs), maxLists)] {
		p.needs = append(p.needs, r.list(words))
	}
	if words := p.Suffices(); len(words) > 0 {
		p.suffices = r.list(words)
	}
	return p
}

func (r *register) list(words []string) int {
	n := r.lists
	r.lists++
	for _, w := range words {
		if on := r.words[w]; len(on) == 0 || on[len(on)-1] != n {
			r.words[w] = append(on, n)
		}
	}
	return n
}

// mark is lists that stand together in a set.
type mark struct {
	at    int
	lists uint64
}

// mark enters the words of a register, with the lists that each is on.
func (l *lexicon) mark(r *register) {
	for w, lists := range r.words {
		var marks []mark
		for _, list := range lists {
			if k := len(marks) - 1; k < 0 || marks[k].at != list>>6 {
				marks = append(marks, mark{at: list >> 6})
			}
			marks[len(marks)-1].lists |= 1 << (list & 63)
		}
		l.marked[w] = marks
	}
}

// held are the lists of a register of which a text holds a word.
type held struct {
	size  int // of the text, in bytes
	lists []uint64
}

func (h *held) has(list int) bool { return h.lists[list>>6]&(1<<(list&63)) != 0 }

// may tells whether the text may hold a match.
func (h *held) may(p pattern) bool {
	for _, n := range p.needs {
		if !h.has(n) {
			return false
		}
	}
	return true
}

// may tells whether the sentence may hold a match: whether it has a word of each
// list that the pattern needs.
func (s sentence) may(p pattern) bool { return s.holds == nil || s.holds.may(p) }

// matches tells whether the sentence holds a match.
func (s sentence) matches(p pattern) bool {
	if s.holds == nil {
		return p.MatchString(s.text)
	}
	if !s.holds.may(p) {
		return false
	}
	return p.suffices > 0 && s.holds.size == len(s.text) && s.holds.has(p.suffices) || p.MatchString(s.text)
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
