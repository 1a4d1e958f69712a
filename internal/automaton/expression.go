package automaton

import (
	"cmp"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// Expression is a regular expression with its automaton, which is made when it
// is first needed. It may be used by many goroutines.
type Expression struct {
	once  sync.Once
	given bool       // whether others have its words, see Needs
	gated bool       // whether it has a gate
	ahead bool       // whether it is read from the beginning of a text
	empty bool       // whether it matches the empty text: the automaton then only tells whether there is a match
	finds *automaton // nil if the expression asks for more than one can do
	gate  gate
	words []string // one of which a match holds; none if they are not known, or many
	re    *regexp.Regexp
	first anchored // at the beginning of a text
	later anchored // anywhere else
}

// anchored finds the match that begins where a text begins.
type anchored struct {
	re     func() *regexp.Regexp // made when it is needed: where a match and its groups are the automata tell
	groups int                   // how many it has
	ends   *automaton            // tells where the match ends; nil if the expression has no such
	traces *automaton            // tells where its groups are; nil if there are none, or it cannot
}

// MustCompile compiles an expression of our own and panics if it is wrong.
func MustCompile(expr string) *Expression { return Of(regexp.MustCompile(expr)) }

// Of makes an Expression of one that is compiled.
func Of(re *regexp.Regexp) *Expression { return &Expression{re: re} }

func (e *Expression) tree() *syntax.Regexp {
	tree, err := syntax.Parse(e.re.String(), syntax.Perl)
	if err != nil {
		panic(err) // compiled before, so this does not happen
	}
	return tree
}

// Regexp returns the expression itself.
func (e *Expression) Regexp() *regexp.Regexp { return e.re }

// maxNeeds bounds a list of words.
const maxNeeds = 400

// Needs returns lists of words, the rarer first: every match holds at least one
// word of each. It is nil if nothing is known. Who asks for them before the
// expression is first run looks for them in a text before he runs it, which then
// does not look again.
func (e *Expression) Needs() [][]string {
	e.given = true
	lists := needed(e.tree().Simplify(), maxNeeds)
	slices.SortStableFunc(lists, rarer)
	return lists
}

// needed returns lists of words: every match of the tree holds at least one
// word of each. No list is longer than most.
func needed(tree *syntax.Regexp, most int) [][]string {
	if words, all := matched(tree, most); all {
		if slices.Contains(words, "") {
			return nil
		}
		return [][]string{words}
	}
	switch tree.Op {
	case syntax.OpCapture, syntax.OpPlus:
		return needed(tree.Sub[0], most)
	case syntax.OpRepeat:
		if tree.Min > 0 {
			return needed(tree.Sub[0], most)
		}
	case syntax.OpAlternate:
		var words []string
		for _, sub := range tree.Sub {
			lists := needed(sub, most)
			if len(lists) == 0 {
				return nil
			}
			best := slices.MinFunc(lists, rarer)
			if len(words)+len(best) > most {
				return nil
			}
			words = append(words, best...)
		}
		return [][]string{words}
	case syntax.OpConcat:
		var lists [][]string
		run := []string{""} // of the parts before that have few matches
		end := func() {
			if !slices.Contains(run, "") {
				lists = append(lists, run)
			}
			run = []string{""}
		}
		for _, sub := range tree.Sub {
			words, all := matched(sub, most)
			if !all {
				end()
				lists = append(lists, needed(sub, most)...)
				continue
			}
			if len(run)*len(words) > most {
				end()
			}
			run = each(run, words)
		}
		end()
		return lists
	}
	return nil
}

// Suffices returns words that are matches: a text that holds one of them holds
// a match, whatever else it holds.
func (e *Expression) Suffices() []string {
	words, _ := matched(e.tree().Simplify(), maxNeeds)
	return slices.DeleteFunc(words, func(w string) bool { return w == "" })
}

// matched returns texts that the tree matches wherever they stand, at most so
// many, and whether these are all.
func matched(tree *syntax.Regexp, most int) (words []string, all bool) {
	switch tree.Op {
	case syntax.OpEmptyMatch:
		return []string{""}, true
	case syntax.OpLiteral:
		if tree.Flags&syntax.FoldCase == 0 {
			return []string{string(tree.Rune)}, true
		}
	case syntax.OpCharClass:
		if sizeOf(tree.Rune) > most {
			return nil, false
		}
		for i := 0; i < len(tree.Rune); i += 2 {
			for r := tree.Rune[i]; r <= tree.Rune[i+1]; r++ {
				words = append(words, string(r))
			}
		}
		return words, true
	case syntax.OpCapture:
		return matched(tree.Sub[0], most)
	case syntax.OpPlus:
		words, _ = matched(tree.Sub[0], most)
		return words, false
	case syntax.OpStar:
		return []string{""}, false
	case syntax.OpQuest:
		words, all = matched(tree.Sub[0], most)
		return append(words, ""), all
	case syntax.OpAlternate:
		all = true
		for _, sub := range tree.Sub {
			more, complete := matched(sub, most)
			if len(words)+len(more) > most {
				all = false
				continue
			}
			words, all = append(words, more...), all && complete
		}
		return words, all
	case syntax.OpConcat:
		words, all = []string{""}, true
		for _, sub := range tree.Sub {
			more, complete := matched(sub, most)
			if len(words)*len(more) > most {
				return nil, false
			}
			words, all = each(words, more), all && complete
		}
		return words, all
	}
	return nil, false
}

// sizeOf is how many characters are in pairs of the first and the last.
func sizeOf(ranges []rune) (n int) {
	for i := 0; i < len(ranges); i += 2 {
		n += int(ranges[i+1]-ranges[i]) + 1
	}
	return n
}

// each returns every text of before with every one of after behind it.
func each(before, after []string) []string {
	out := make([]string, 0, len(before)*len(after))
	for _, a := range before {
		for _, b := range after {
			out = append(out, a+b)
		}
	}
	return out
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

// A text is searched for at most fewWords, each of a Chinese character or more, or
// for one sign, before an automaton goes over it.
const fewWords, sizeOfHan = 4, 3

func soonFound(words []string) bool {
	return shortest(words) >= sizeOfHan || len(words) == 1 && len(words[0]) == 1
}

// lacks tells whether the text is seen to hold no match: it does not begin or end
// as one does, or has none of the words of which a match has one.
func (e *Expression) lacks(text string) bool {
	if e.gated && !e.gate.open(text, e.ahead) {
		return true
	}
	for _, w := range e.words {
		if strings.Contains(text, w) {
			return false
		}
	}
	return len(e.words) > 0
}

// gate tells which characters an automaton may read first: those whose hashes have
// a bit here. Most texts of which the beginning or the end is asked for have
// another one, and the automaton is not even looked at.
type gate [4]uint64

// gate returns that of an automaton. ok is false if it can begin anywhere in a text
// or with many characters.
func (a *automaton) gate() (g gate, ok bool) {
	if !a.ahead && !a.once {
		return g, false
	}
	const most = 128
	t := a.states.Load()
	for i, class := range a.classes {
		next := a.after(&sets{known: map[string]state{}}, t.waiting[a.first&numbers], class)
		if next&(dead|begins|beginsAt0) == dead {
			continue
		}
		to := rune(utf8.MaxRune + 1)
		if i+1 < len(a.bounds) {
			to = a.bounds[i+1]
		}
		if to-a.bounds[i] > most {
			return g, false
		}
		for r := a.bounds[i]; r < to; r++ {
			at := gateHash(r)
			g[at>>6] |= 1 << (at & 63)
		}
	}
	return g, true
}

func gateHash(r rune) uint32 { return uint32(r) * 0x9E3779B1 >> 24 }

// open tells whether a match may be in a text that is read from its beginning, or
// from its end.
func (g *gate) open(text string, ahead bool) bool {
	var r rune
	if ahead {
		r, _ = utf8.DecodeRuneInString(text)
	} else {
		r, _ = utf8.DecodeLastRuneInString(text)
	}
	at := gateHash(r)
	return g[at>>6]&(1<<(at&63)) != 0
}

// ready makes the automaton, and tells whether the expression has one.
func (e *Expression) ready() bool {
	e.once.Do(func() {
		tree := e.tree()
		for _, words := range needed(tree.Simplify(), fewWords) {
			if !e.given && !soonOver(tree) && soonFound(words) && (e.words == nil || rarer(words, e.words) < 0) {
				e.words = words
			}
		}
		a, ok := newAutomaton(tree)
		if !ok || a.first&begins != 0 {
			return
		}
		e.first = newAnchored(e.re.String(), tree, a)
		switch {
		case a.ahead: // there is no match anywhere else
		case asksFor(tree, syntax.OpBeginText):
			elsewhere := notAtBegin(tree)
			e.later = newAnchored(elsewhere.String(), elsewhere, a)
		default:
			e.later = e.first
		}
		e.finds, e.ahead, e.empty = a, a.ahead, a.first&beginsAt0 != 0
		e.gate, e.gated = a.gate()
	})
	return e.finds != nil
}

// runs tells whether there is an automaton that has not been given up.
func (e *Expression) runs() bool { return e.finds != nil && !e.finds.off.Load() }

// soonOver tells whether the first characters of most texts show that they do not
// match: an expression of the beginning of a text that takes no run of whatever
// characters there.
func soonOver(tree *syntax.Regexp) bool {
	return tree.Op == syntax.OpConcat && tree.Sub[0].Op == syntax.OpBeginText && !runsOn(tree.Sub[1])
}

// runsOn tells whether a match of a tree may begin with a run of whatever
// characters.
func runsOn(tree *syntax.Regexp) bool {
	switch tree.Op {
	case syntax.OpStar, syntax.OpPlus, syntax.OpRepeat:
		return takes(tree.Sub[0], plainHan)
	case syntax.OpCapture, syntax.OpQuest, syntax.OpConcat:
		return runsOn(tree.Sub[0])
	case syntax.OpAlternate:
		return slices.ContainsFunc(tree.Sub, runsOn)
	}
	return false
}

// takes tells whether a class of characters, of a tree, has a character.
func takes(tree *syntax.Regexp, r rune) bool {
	for i := 0; tree.Op == syntax.OpCharClass && i < len(tree.Rune); i += 2 {
		if tree.Rune[i] <= r && r <= tree.Rune[i+1] {
			return true
		}
	}
	return tree.Op == syntax.OpAnyChar || tree.Op == syntax.OpAnyCharNotNL
}

func newAnchored(expr string, tree *syntax.Regexp, of *automaton) anchored {
	out := anchored{
		re:     sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\A(?:` + expr + `)`) }),
		groups: tree.MaxCap(),
	}
	out.ends, _ = newRanked(tree, of)
	if out.groups > 0 {
		out.traces, _ = newTracer(tree, of)
	}
	return out
}

// asksFor tells whether a tree asks for an end of the text.
func asksFor(tree *syntax.Regexp, end syntax.Op) bool {
	return tree.Op == end || slices.ContainsFunc(tree.Sub, func(sub *syntax.Regexp) bool { return asksFor(sub, end) })
}

// notAtBegin returns the expression of the matches that do not begin a text.
func notAtBegin(tree *syntax.Regexp) *syntax.Regexp {
	out := *tree
	if tree.Op == syntax.OpBeginText {
		out.Op = syntax.OpNoMatch
	}
	out.Sub = make([]*syntax.Regexp, len(tree.Sub))
	for i, sub := range tree.Sub {
		out.Sub[i] = notAtBegin(sub)
	}
	return &out
}

// MatchString tells whether the text holds a match.
func (e *Expression) MatchString(text string) bool {
	switch {
	case e.ready() && e.empty && text == "":
		return true
	case e.lacks(text):
		return false
	case e.runs():
		return e.finds.matches(text)
	}
	return e.re.MatchString(text)
}

// Each calls yield with the matches, as FindAllStringSubmatchIndex returns them,
// until it returns false.
func (e *Expression) Each(text string, yield func(loc []int) bool) {
	switch {
	case e.ready() && !e.empty && e.lacks(text):
		return
	case !e.runs() || e.empty:
		for _, loc := range e.re.FindAllStringSubmatchIndex(text, -1) {
			if !yield(loc) {
				return
			}
		}
		return
	case e.ahead:
		if e.first.ends != nil || e.finds.matches(text) {
			if loc := e.first.at(text, 0); loc != nil {
				yield(loc)
			}
		}
		return
	}
	var few [32]int
	end := 0
	for _, i := range slices.Backward(e.finds.starts(text, few[:0])) {
		if i < end {
			continue
		}
		by := &e.later
		if i == 0 {
			by = &e.first
		}
		loc := by.at(text, i)
		if loc == nil || !yield(loc) {
			return
		}
		end = loc[1]
	}
}

// at is the match that begins at a byte.
func (e *anchored) at(text string, i int) []int {
	rest := text[i:]
	if e.ends != nil && !e.ends.off.Load() {
		n := e.ends.end(rest)
		if n < 0 {
			return nil
		}
		loc := make([]int, 2+2*e.groups)
		loc[0], loc[1] = i, i+n
		if e.groups == 0 {
			return loc
		}
		for k := 2; k < len(loc); k++ {
			loc[k] = -1
		}
		if e.traces != nil && !e.traces.off.Load() && e.traces.groups(rest[:n], n == len(rest), i, loc) {
			return loc
		}
	}
	loc := e.re().FindStringSubmatchIndex(rest)
	for k := range loc {
		if loc[k] >= 0 {
			loc[k] += i
		}
	}
	return loc
}

// FindStringSubmatchIndex is that of the expression.
func (e *Expression) FindStringSubmatchIndex(text string) (found []int) {
	e.Each(text, func(loc []int) bool {
		found = loc
		return false
	})
	return found
}

// FindAllStringSubmatchIndex is that of the expression.
func (e *Expression) FindAllStringSubmatchIndex(text string, n int) (found [][]int) {
	e.Each(text, func(loc []int) bool {
		found = append(found, loc)
		return len(found) != n
	})
	return found
}

// FindStringIndex is that of the expression.
func (e *Expression) FindStringIndex(text string) []int {
	if loc := e.FindStringSubmatchIndex(text); loc != nil {
		return loc[:2]
	}
	return nil
}

// FindAllStringIndex is that of the expression.
func (e *Expression) FindAllStringIndex(text string, n int) [][]int {
	found := e.FindAllStringSubmatchIndex(text, n)
	for i := range found {
		found[i] = found[i][:2]
	}
	return found
}

// FindString is that of the expression.
func (e *Expression) FindString(text string) string {
	if loc := e.FindStringSubmatchIndex(text); loc != nil {
		return text[loc[0]:loc[1]]
	}
	return ""
}

// ReplaceAllString is that of the expression.
func (e *Expression) ReplaceAllString(text, with string) string {
	if !e.MatchString(text) {
		return text
	}
	return e.re.ReplaceAllString(text, with)
}

// Quick tells whether the expression has an automaton.
func (e *Expression) Quick() bool { return e.ready() && e.runs() && !e.empty }

// FindStringSubmatch is that of the expression.
func (e *Expression) FindStringSubmatch(text string) []string {
	loc := e.FindStringSubmatchIndex(text)
	if loc == nil {
		return nil
	}
	words := make([]string, len(loc)/2)
	for i := range words {
		if loc[2*i] >= 0 {
			words[i] = text[loc[2*i]:loc[2*i+1]]
		}
	}
	return words
}
