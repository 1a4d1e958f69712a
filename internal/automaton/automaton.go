// Package automaton runs regular expressions over texts that mostly do not
// match. An automaton reads a text once, a look into a table a character, and
// tells where matches begin; only there the expression itself is run. What is
// found is what package regexp finds.
package automaton

import (
	"encoding/binary"
	"regexp/syntax"
	"slices"
	"sync"
	"sync/atomic"
	"unicode"
	"unicode/utf8"
)

// automaton finds where matches of an expression begin. It reads a text once,
// from its end, by the expression turned around, and makes the states it goes
// through when it first comes to them: a character costs a look into a table,
// whatever the expression. What the match then holds is for the expression
// itself to say, from there. An expression that asks for the beginning of the
// text first of all is read as it stands, from there: most texts end that soon.
type automaton struct {
	prog    *syntax.Prog             // of the expression turned around
	ahead   bool                     // of the expression as it stands
	ranked  bool                     // its states know which instruction is tried first, see end
	once    bool                     // a match can only be begun before any character is read
	pages   [256]*[256]uint8         // class of a character up to U+FFFF
	known   [knownSize]atomic.Uint32 // classes of characters that texts have brought, see classOf
	beyond  []uint8                  // of the characters above, by bounds
	bounds  []rune                   // where the characters above change their class
	samples []rune                   // a character of each class
	first   atomic.Pointer[step]     // the state before any character is read

	mu     sync.Mutex // for what follows
	steps  map[string]*step
	resets int
	// The instructions that follow has come to bear the number of its call.
	reached []uint32
	calls   uint32
	off     atomic.Bool // the texts lead to ever new states: not for this expression
}

// step is a state: the instructions that wait for a character.
type step struct {
	next      []atomic.Pointer[step] // by class
	waiting   []uint32
	begins    bool // a match begins here, or ends here if it is read as it stands
	beginsAt0 bool // one does if nothing is left to read
	dead      bool // no match will come any more
}

// maxSteps and maxResets bound the memory of an automaton: about 4 MB at worst,
// and that only while few enough are thrown away.
const (
	maxSteps  = 2000
	maxResets = 16
)

// newAutomaton prepares an automaton. ok is false for expressions that ask for
// more than the characters and the ends of a text, or match the empty text.
func newAutomaton(tree *syntax.Regexp) (a *automaton, ok bool) {
	turned, ok := turnAround(tree)
	if !ok {
		return nil, false
	}
	a = &automaton{ahead: tree.Op == syntax.OpConcat && tree.Sub[0].Op == syntax.OpBeginText}
	if a.ahead {
		turned, _ = turnAround(turned)
	}
	prog, err := syntax.Compile(turned.Simplify())
	if err != nil {
		return nil, false
	}
	a.prog, a.reached = prog, make([]uint32, len(prog.Inst))
	again := &step{}
	a.follow([]uint32{uint32(prog.Start)}, 0, again)
	a.once = len(again.waiting) == 0 && !again.begins
	if !a.classify() {
		return nil, false
	}
	return a, !a.reset().beginsAt0
}

// newRanked prepares an automaton that tells where a match ends that begins with
// the text. The expression asks for no more than newAutomaton can do, and not for
// the beginning of a text.
func newRanked(tree *syntax.Regexp) (a *automaton, ok bool) {
	prog, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return nil, false
	}
	a = &automaton{prog: prog, reached: make([]uint32, len(prog.Inst)), ranked: true, once: true}
	if !a.classify() {
		return nil, false
	}
	a.reset()
	return a, true
}

// turnAround returns the expression of the same texts read backwards.
func turnAround(tree *syntax.Regexp) (*syntax.Regexp, bool) {
	out := *tree
	switch tree.Op {
	case syntax.OpBeginText:
		out.Op = syntax.OpEndText
	case syntax.OpEndText:
		out.Op = syntax.OpBeginText
	case syntax.OpLiteral:
		out.Rune = slices.Clone(tree.Rune)
		slices.Reverse(out.Rune)
		if tree.Flags&syntax.FoldCase != 0 {
			return eitherCase(out.Rune), true
		}
	case syntax.OpBeginLine, syntax.OpEndLine, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return nil, false
	}
	out.Sub = make([]*syntax.Regexp, len(tree.Sub))
	for i, sub := range tree.Sub {
		var ok bool
		if out.Sub[i], ok = turnAround(sub); !ok {
			return nil, false
		}
	}
	if tree.Op == syntax.OpConcat {
		slices.Reverse(out.Sub)
	}
	return &out, true
}

// eitherCase returns the expression of the characters in upper or lower case.
func eitherCase(runes []rune) *syntax.Regexp {
	word := &syntax.Regexp{Op: syntax.OpConcat}
	for _, r := range runes {
		class := &syntax.Regexp{Op: syntax.OpCharClass, Rune: []rune{r, r}}
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			class.Rune = append(class.Rune, f, f)
		}
		slices.Sort(class.Rune)
		word.Sub = append(word.Sub, class)
	}
	return word
}

// classify divides the characters into classes that no instruction tells apart.
func (a *automaton) classify() bool {
	sets := map[string][]rune{} // the different sets of the instructions
	bounds := []rune{0, 0x10000, utf8.MaxRune + 1}
	for i := range a.prog.Inst {
		ranges := rangesOf(&a.prog.Inst[i])
		var key []byte
		for _, r := range ranges {
			key = binary.LittleEndian.AppendUint32(key, uint32(r))
		}
		if len(ranges) == 0 || sets[string(key)] != nil {
			continue
		}
		sets[string(key)] = ranges
		for k := 0; k < len(ranges); k += 2 {
			bounds = append(bounds, ranges[k], ranges[k+1]+1)
		}
	}
	slices.Sort(bounds)
	bounds = slices.Compact(bounds)
	members := make([][]byte, len(bounds)-1) // in which sets each run of characters is
	n := uint32(0)
	for _, ranges := range sets {
		n++
		for k := 0; k < len(ranges); k += 2 {
			from, _ := slices.BinarySearch(bounds, ranges[k])
			for i := from; bounds[i] <= ranges[k+1]; i++ {
				members[i] = binary.LittleEndian.AppendUint32(members[i], n)
			}
		}
	}
	classes, plain := map[string]uint8{}, map[uint8]*[256]uint8{} // plain are pages of one class
	for i, in := range members {
		class, known := classes[string(in)]
		if !known {
			if len(classes) == 256 {
				return false
			}
			class = uint8(len(classes))
			classes[string(in)] = class
			a.samples = append(a.samples, bounds[i])
		}
		a.paint(bounds[i], bounds[i+1], class, plain)
	}
	return true
}

// paint gives the characters [from, to) a class.
func (a *automaton) paint(from, to rune, class uint8, plain map[uint8]*[256]uint8) {
	if from >= 0x10000 {
		a.bounds, a.beyond = append(a.bounds, from), append(a.beyond, class)
		return
	}
	for r := from; r < to; {
		page, last := a.pages[r>>8], min(to, r|255+1)
		switch {
		case r&255 == 0 && last&255 == 0: // most of what is Chinese is one class
			if plain[class] == nil {
				plain[class] = pageOf(class)
			}
			page = plain[class]
		case page == nil:
			page = pageOf(class)
		default:
			for ; r < last; r++ {
				page[r&255] = class
			}
		}
		a.pages[(last-1)>>8] = page
		r = last
	}
}

func pageOf(class uint8) *[256]uint8 {
	page := new([256]uint8)
	for i := range page {
		page[i] = class
	}
	return page
}

// rangesOf returns the characters an instruction takes, as pairs.
func rangesOf(inst *syntax.Inst) []rune {
	switch inst.Op {
	case syntax.InstRune1:
		return []rune{inst.Rune[0], inst.Rune[0]}
	case syntax.InstRune:
		if len(inst.Rune) == 1 {
			return []rune{inst.Rune[0], inst.Rune[0]}
		}
		return inst.Rune
	case syntax.InstRuneAny:
		return []rune{0, utf8.MaxRune}
	case syntax.InstRuneAnyNotNL:
		return []rune{0, '\n' - 1, '\n' + 1, utf8.MaxRune}
	}
	return nil
}

// knownSize is a power of two.
const knownSize = 1 << 10

// classOf returns the class of a character. The pages of many automata are too
// large to stay near the processor; what a text holds is not, and the place of a
// character in known bears it with its class.
func (a *automaton) classOf(r rune) uint8 {
	at := &a.known[r&(knownSize-1)]
	if x := at.Load(); x>>8 == uint32(r)+1 {
		return uint8(x)
	}
	class := a.lookUp(r)
	at.Store((uint32(r)+1)<<8 | uint32(class))
	return class
}

func (a *automaton) lookUp(r rune) uint8 {
	if r < 0x10000 {
		return a.pages[r>>8][r&255]
	}
	i, exact := slices.BinarySearch(a.bounds, r)
	if !exact {
		i--
	}
	return a.beyond[i]
}

// reset forgets all states but the first.
func (a *automaton) reset() *step {
	a.steps = map[string]*step{}
	s := a.state([]uint32{uint32(a.prog.Start)}, syntax.EmptyBeginText)
	a.first.Store(s)
	return s
}

// state returns the state in which the given instructions come next.
func (a *automaton) state(from []uint32, holds syntax.EmptyOp) *step {
	s := &step{}
	a.follow(from, holds, s)
	key := make([]byte, 0, 4*len(s.waiting)+1)
	if !a.ranked {
		slices.Sort(s.waiting)
	}
	for _, pc := range s.waiting {
		key = binary.LittleEndian.AppendUint32(key, pc)
	}
	if s.begins { // a match that has ended waits for nothing
		key = append(key, 1)
	}
	if known := a.steps[string(key)]; known != nil {
		return known
	}
	s.beginsAt0 = s.begins
	if ends := func(pc uint32) bool { return a.prog.Inst[pc].Op == syntax.InstEmptyWidth }; !s.begins && slices.ContainsFunc(s.waiting, ends) {
		at0 := &step{}
		a.follow(s.waiting, holds|syntax.EmptyEndText, at0)
		s.beginsAt0 = at0.begins
	}
	s.dead = a.once && len(s.waiting) == 0
	s.next = make([]atomic.Pointer[step], len(a.samples))
	a.steps[string(key)] = s
	return s
}

// follow goes on from instructions to those that wait for a character, or for
// the end of the text. What is tried only after a match does not count if the
// automaton is ranked.
func (a *automaton) follow(from []uint32, holds syntax.EmptyOp, s *step) {
	a.calls++
	todo := slices.Clone(from)
	if a.ranked {
		slices.Reverse(todo) // the last is taken first
	}
	for len(todo) > 0 {
		pc := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if a.reached[pc] == a.calls {
			continue
		}
		a.reached[pc] = a.calls
		switch inst := &a.prog.Inst[pc]; inst.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			todo = append(todo, inst.Arg, inst.Out)
		case syntax.InstCapture, syntax.InstNop:
			todo = append(todo, inst.Out)
		case syntax.InstEmptyWidth:
			switch op := syntax.EmptyOp(inst.Arg); {
			case op&^holds == 0:
				todo = append(todo, inst.Out)
			case op == syntax.EmptyEndText:
				s.waiting = append(s.waiting, pc)
			}
		case syntax.InstMatch:
			s.begins = true
			if a.ranked {
				return
			}
		case syntax.InstFail:
		default:
			s.waiting = append(s.waiting, pc)
		}
	}
}

// make finds the state after s at a character of a class.
func (a *automaton) make(s *step, class uint8) *step {
	a.mu.Lock()
	defer a.mu.Unlock()
	if known := s.next[class].Load(); known != nil {
		return known
	}
	if len(a.steps) >= maxSteps {
		if a.resets++; a.resets > maxResets {
			a.off.Store(true)
		}
		a.reset()
	}
	r := a.samples[class]
	var from []uint32
	if !a.ranked {
		from = append(from, uint32(a.prog.Start))
	}
	for _, pc := range s.waiting {
		if inst := &a.prog.Inst[pc]; inst.Op != syntax.InstEmptyWidth && inst.MatchRune(r) {
			from = append(from, inst.Out)
		}
	}
	next := a.state(from, 0)
	s.next[class].Store(next)
	return next
}

// matches tells whether the text holds a match.
func (a *automaton) matches(text string) bool {
	s := a.first.Load()
	if a.ahead {
		for _, r := range text {
			if s.begins || s.dead {
				return s.begins
			}
			s = a.after(s, r)
		}
		return s.beginsAt0
	}
	for i := len(text); i > 0; {
		if s.begins || s.dead {
			return s.begins
		}
		class, n := a.last(text[:i])
		next := s.next[class].Load()
		if next == nil {
			next = a.make(s, class)
		}
		s, i = next, i-n
	}
	return s.beginsAt0
}

// after returns the state after s at a character.
func (a *automaton) after(s *step, r rune) *step {
	class := a.classOf(r)
	if next := s.next[class].Load(); next != nil {
		return next
	}
	return a.make(s, class)
}

// last returns the class of the last character of a text and its size, of
// Chinese ones at once.
func (a *automaton) last(s string) (class uint8, size int) {
	if c := s[len(s)-1]; c < utf8.RuneSelf {
		return a.pages[0][c], 1
	}
	if n := len(s); n >= 3 {
		if x, y, z := s[n-3], s[n-2], s[n-1]; 0xE1 <= x && x <= 0xEC && y&0xC0 == 0x80 && z&0xC0 == 0x80 {
			return a.classOf(rune(x&0xF)<<12 | rune(y&0x3F)<<6 | rune(z&0x3F)), 3
		}
	}
	r, n := utf8.DecodeLastRuneInString(s)
	return a.classOf(r), n
}

// end returns where the match ends with which the text begins, as package regexp
// chooses it: of a ranked automaton, a later end is always of what is tried
// before. It is -1 if there is none.
func (a *automaton) end(text string) int {
	end := -1
	s := a.first.Load()
	for i, r := range text {
		if s.begins {
			end = i
		}
		if s.dead {
			return end
		}
		s = a.after(s, r)
	}
	if s.beginsAt0 {
		return len(text)
	}
	return end
}

// starts returns the bytes at which matches begin, the last first.
func (a *automaton) starts(text string, into []int) []int {
	s := a.first.Load()
	for i := len(text); i > 0; {
		if s.begins {
			into = append(into, i)
		}
		if s.dead {
			return into
		}
		class, n := a.last(text[:i])
		next := s.next[class].Load()
		if next == nil {
			next = a.make(s, class)
		}
		s, i = next, i-n
	}
	if s.beginsAt0 {
		into = append(into, 0)
	}
	return into
}
