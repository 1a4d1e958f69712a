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

// held is what a text holds: the lists of a register of which it has a word, and
// what expressions found that were run over it before. Of a sentence it also keeps
// what it does and its last days to apply, once they are asked for.
type held struct {
	size  int // of the text, in bytes
	lists []uint64
	found []finding

	act       act
	deadlines claims
	judged    bool // whether act is known
	dated     bool // whether deadlines are
}

// finding is what an expression found in a text.
type finding struct {
	by   *automaton.Expression
	locs [][]int
	of   extent
}

// extent is how much is asked for, or known, of the matches of an expression.
type extent uint8

const (
	anyMatch extent = iota // whether there is one
	firstMatch
	allMatches
)

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

// run returns what an expression finds in the text, at least as much of it as is
// asked for.
func (h *held) run(p pattern, text string, ask extent) *finding {
	at := 0
	for at < len(h.found) && h.found[at].by != p.Expression {
		at++
	}
	switch {
	case at == len(h.found):
		h.found = append(h.found, finding{by: p.Expression})
	case h.found[at].of >= ask:
		return &h.found[at]
	}
	f := &h.found[at]
	f.of = ask
	switch ask {
	case anyMatch:
		if !p.MatchString(text) {
			f.of = allMatches
		}
	case firstMatch:
		if loc := p.FindStringSubmatchIndex(text); loc != nil {
			f.locs = [][]int{loc}
		} else {
			f.of = allMatches
		}
	default:
		f.locs = p.FindAllStringSubmatchIndex(text, -1)
	}
	return f
}

// may tells whether the sentence may hold a match: whether it has a word of each
// list that the pattern needs.
func (s sentence) may(p pattern) bool { return s.holds == nil || s.holds.may(p) }

// whole tells whether the sentence is all of what was looked at.
func (s sentence) whole() bool { return s.holds != nil && s.holds.size == len(s.text) }

// matches tells whether the sentence holds a match.
func (s sentence) matches(p pattern) bool {
	if !s.may(p) {
		return false
	}
	if !s.whole() {
		return p.MatchString(s.text)
	}
	if p.suffices > 0 && s.holds.has(p.suffices) {
		return true
	}
	f := s.holds.run(p, s.text, anyMatch)
	return f.of < allMatches || len(f.locs) > 0
}

// match is one match of an extraction rule in a sentence.
type match struct {
	re       *regexp.Regexp
	text     string
	loc      []int
	evidence domain.Evidence
}

// numberOf is the number of an extraction rule, of its code X25; -1 if it has
// none.
func numberOf(code string) int {
	if len(code) != 3 || code[0] != 'X' {
		return -1
	}
	tens, ones := int(code[1])-'0', int(code[2])-'0'
	if tens < 0 || tens > 9 || ones < 0 || ones > 9 {
		return -1
	}
	return 10*tens + ones
}

// has tells whether a sentence holds a match of an extraction rule.
func (t *Tagger) has(code string, s sentence) bool {
	return s.matches(t.patterns[numberOf(code)])
}

// find returns the matches of an extraction rule.
func (t *Tagger) find(code string, s sentence) []match {
	p := t.patterns[numberOf(code)]
	locs := s.locs(p)
	if len(locs) == 0 {
		return nil
	}
	out := make([]match, len(locs))
	for i, loc := range locs {
		out[i] = match{p.Regexp(), s.text, loc, s.evidence(loc[0], loc[1])}
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
