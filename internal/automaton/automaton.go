// Package automaton runs regular expressions over texts that mostly do not
// match. An automaton reads a text once, at most a look into a table a character, and
// tells where matches begin; from there others tell where a match ends and where
// its groups are. What is found is what package regexp finds, which is run itself
// where no automaton can be.
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
// whatever the expression, and less where it can begin no match. What the match then holds is for the expression
// itself to say, from there. An expression that asks for the beginning of the
// text first of all is read as it stands, from there, unless it asks for the end
// too and few characters may stand there: most texts end that soon.
type automaton struct {
	read   atomic.Int64 // bytes of texts, since the states were forgotten
	states atomic.Pointer[states]
	first  state       // before any character is read
	idle   state       // in which most characters leave it; 0 if there is none
	off    atomic.Bool // the texts lead to ever new states: not for this expression
	leaves leaving     // the characters after which it is another state
	*alphabet
	prog   *syntax.Prog // of the expression turned around
	ahead  bool         // of the expression as it stands
	ranked bool         // its states know which instruction is tried first, see end
	once   bool         // a match can only be begun before any character is read
	order  []uint32     // of the instructions of a tracer; nil of others
	covers []uint32     // by an instruction: one that waits for the same and for more, see coverers

	mu     sync.Mutex // for what follows, and for the sets of states
	resets int        // one after another that came too soon
	// The instructions that follow has come to bear the number of its call.
	reached []uint32
	calls   uint32
}

// states are those that texts have led to, in one table: by the state and the class
// of the next character, the state after it, or 0. Only pairs that were met are in
// it, for hundreds of automata take turns in the memory next to the processor. A
// table that is half full is copied into a larger one; who reads a text goes on in
// the one that he has.
type states struct {
	shift uint8 // of the hash of a pair to its place in the table
	table []atomic.Uint32
	used  int // places of the table; whoever makes a state may ask
	*sets
	reached []instructions // of a tracer, by the numbers of states: those of a state are here before the state is in the table
}

// sets are the instructions that wait for a character, state by state.
type sets struct {
	waiting [][]uint32
	known   map[string]state
}

// state is the number of a state, with what a reader asks about it. It is 0 where
// nobody has come yet.
type state uint16

const (
	begins    state      = 1 << (stateBits - 1 - iota) // a match begins here, or ends here if it is read as it stands
	beginsAt0                                          // one does if nothing is left to read
	dead                                               // no match will come any more
	made                                               // every state has this
	numbers   = made - 1                               // the bits of the number
	stateBits = 14
)

// A place of the table is a pair with the state after it. What has no place of its
// own stands behind.
func pairOf(s state, class uint8) uint32 { return uint32(s&numbers)<<8 | uint32(class) }

func (t *states) place(pair uint32) uint32 { return pair * 0x9E3779B1 >> t.shift }

// after returns the state after s, if it is in the table.
func (t *states) after(s state, class uint8) state {
	pair := pairOf(s, class)
	for at := t.place(pair); ; at++ {
		switch e := t.table[at&uint32(len(t.table)-1)].Load(); {
		case e>>stateBits == pair && e != 0:
			return state(e & (1<<stateBits - 1))
		case e == 0:
			return 0
		}
	}
}

// enter enters a state after s that was not in the table.
func (t *states) enter(s state, class uint8, next state) {
	t.put(pairOf(s, class)<<stateBits | uint32(next))
}

func (t *states) put(entry uint32) {
	t.used++
	for at := t.place(entry >> stateBits); ; at++ {
		if e := &t.table[at&uint32(len(t.table)-1)]; e.Load() == 0 {
			e.Store(entry)
			return
		}
	}
}

// maxSteps and maxUsed bound the memory of an automaton: about half a megabyte at
// worst. It is given up when its states were forgotten maxResets times, each time
// before texts of fewSteps bytes a state were read: the expression itself is then
// faster.
const (
	maxSteps  = 1000 // no more than numbers
	maxUsed   = 1 << 16
	maxResets = 16
	fewSteps  = 100
)

// newAutomaton prepares an automaton. ok is false for expressions that ask for
// more than the characters and the ends of a text.
func newAutomaton(tree *syntax.Regexp) (a *automaton, ok bool) {
	turned, ok := turnAround(tree)
	if !ok {
		return nil, false
	}
	if !atBegin(tree) {
		return newDirected(turned, false)
	}
	if atBegin(turned) {
		if a, ok = newDirected(turned, false); ok {
			if _, few := a.gate(); few {
				return a, true
			}
		}
	}
	again, _ := turnAround(turned) // with letters of either case, as turned has
	return newDirected(again, true)
}

// newDirected prepares an automaton of an expression as it is to be read.
func newDirected(tree *syntax.Regexp, ahead bool) (a *automaton, ok bool) {
	a = &automaton{ahead: ahead}
	prog, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return nil, false
	}
	a.prog, a.reached, a.covers = prog, make([]uint32, len(prog.Inst)), coverers(prog)
	again, begun := a.follow([]uint32{uint32(prog.Start)}, 0)
	a.once = len(again) == 0 && !begun
	if a.alphabet, ok = newAlphabet(prog); !ok {
		return nil, false
	}
	a.reset()
	a.findIdle()
	a.reset()
	return a, true
}

// leaving is a set of characters by their last ten bits: it has all that belong
// to it, and others.
type leaving [16]uint64

func (l *leaving) add(r rune) { l[r>>6&15] |= 1 << (r & 63) }

// findIdle finds the state in which an automaton waits for the first character of
// a match, and which characters may be one. Most of a text is neither, and passed
// over without a look into the tables.
func (a *automaton) findIdle() {
	t := a.states.Load()
	if a.ahead || a.once {
		return
	}
	idle := a.after(t.sets, t.waiting[a.first&numbers], a.plainClass)
	if idle&(begins|dead) != 0 {
		return
	}
	for i, class := range a.classes {
		if a.after(t.sets, t.waiting[idle&numbers], class) == idle {
			continue
		}
		to := rune(utf8.MaxRune + 1)
		if i+1 < len(a.bounds) {
			to = a.bounds[i+1]
		}
		for r := a.bounds[i]; r < min(to, a.bounds[i]+1<<10); r++ {
			a.leaves.add(r)
		}
	}
	a.idle = idle
}

// idleBehind returns where the last character of a text stands, before a byte,
// that may lead away from the idle state; 0 if there is none.
func (a *automaton) idleBehind(text string, i int) int {
	for i > 0 {
		z := text[i-1]
		if z < utf8.RuneSelf {
			if a.leaves[z>>6]&(1<<(z&63)) != 0 {
				return i
			}
			i--
			continue
		}
		if i < 3 {
			return i
		}
		x, y := text[i-3], text[i-2]
		if x-0xE1 > 0xEC-0xE1 && x != 0xEF || y&z&0xC0 != 0x80 || y|z >= 0xC0 || a.leaves[y&15]&(1<<(z&63)) != 0 {
			return i
		}
		i -= 3
	}
	return 0
}

// atBegin tells whether an expression asks for the beginning of the text first of
// all.
func atBegin(tree *syntax.Regexp) bool {
	switch tree.Op {
	case syntax.OpBeginText:
		return true
	case syntax.OpConcat, syntax.OpCapture:
		return atBegin(tree.Sub[0])
	case syntax.OpAlternate:
		return !slices.ContainsFunc(tree.Sub, func(sub *syntax.Regexp) bool { return !atBegin(sub) })
	}
	return false
}

// newRanked prepares an automaton that tells where a match ends that begins with
// the text, of the characters of another. The expression asks for no more than
// newAutomaton can do, and not for the beginning of a text.
func newRanked(tree *syntax.Regexp, of *automaton) (a *automaton, ok bool) {
	prog, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return nil, false
	}
	a = &automaton{alphabet: of.alphabet, prog: prog, reached: make([]uint32, len(prog.Inst)), ranked: true, once: true}
	a.reset()
	return a, true
}

// coverers returns, for each instruction, another one that matches all that it
// matches, or 0: in x{0,9} that of the x before. A state that waits for both need
// not wait for the second, or there would be a state for every set of places in
// the repetition.
func coverers(prog *syntax.Prog) []uint32 {
	covers := make([]uint32, len(prog.Inst))
	for pc := range prog.Inst {
		if x := &prog.Inst[pc]; rangesOf(x) != nil && prog.Inst[x.Out].Op == syntax.InstAlt {
			alt := &prog.Inst[x.Out]
			for _, next := range [][2]uint32{{alt.Out, alt.Arg}, {alt.Arg, alt.Out}} {
				if repeats(prog, x, next[0], next[1]) {
					covers[next[0]] = uint32(pc)
				}
			}
		}
	}
	return covers
}

// repeats tells whether an instruction, and those that may follow, wait for the
// same as x does, and each may be the last before end.
func repeats(prog *syntax.Prog, x *syntax.Inst, pc, end uint32) bool {
	for range prog.Inst {
		y := &prog.Inst[pc]
		if x.Op != y.Op || x.Arg != y.Arg || !slices.Equal(x.Rune, y.Rune) {
			return false
		}
		if y.Out == end {
			return true
		}
		switch alt := &prog.Inst[y.Out]; {
		case alt.Op != syntax.InstAlt:
			return false
		case alt.Out == end:
			pc = alt.Arg
		case alt.Arg == end:
			pc = alt.Out
		default:
			return false
		}
	}
	return false
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

// reset forgets all states but the first.
func (a *automaton) reset() *states {
	t := &states{sets: &sets{known: map[string]state{}}}
	const few = 4 // bits of a place
	t.table, t.shift = make([]atomic.Uint32, 1<<few), 32-few
	var first state
	if a.order != nil {
		t.reached = make([]instructions, 1<<few)
		first = t.sets.enter(make(instructions, (len(a.prog.Inst)+31)/32))
	} else {
		first = a.state(t.sets, []uint32{uint32(a.prog.Start)}, syntax.EmptyBeginText)
	}
	if a.first == 0 { // it and idle are always of the same number
		a.first = first
	}
	if a.idle != 0 {
		a.after(t.sets, t.waiting[0], a.plainClass)
	}
	a.states.Store(t)
	return t
}

// state returns the state in which the given instructions come next.
func (a *automaton) state(in *sets, from []uint32, holds syntax.EmptyOp) state {
	waiting, ends := a.follow(from, holds)
	key := make([]byte, 0, 4*len(waiting)+1)
	if !a.ranked {
		slices.Sort(waiting)
	}
	for _, pc := range waiting {
		key = binary.LittleEndian.AppendUint32(key, pc)
	}
	if ends { // a match that has ended waits for nothing
		key = append(key, 1)
	}
	if known := in.known[string(key)]; known != 0 {
		return known
	}
	s := made | state(len(in.waiting))
	endsAt0 := ends
	if atEnd := func(pc uint32) bool { return a.prog.Inst[pc].Op == syntax.InstEmptyWidth }; !ends && slices.ContainsFunc(waiting, atEnd) {
		_, endsAt0 = a.follow(waiting, holds|syntax.EmptyEndText)
	}
	if ends {
		s |= begins
	}
	if endsAt0 {
		s |= beginsAt0
	}
	if a.once && len(waiting) == 0 {
		s |= dead
	}
	in.waiting = append(in.waiting, waiting)
	in.known[string(key)] = s
	return s
}

// follow goes on from instructions to those that wait for a character, or for
// the end of the text, and tells whether it came to a match. What is tried only
// after a match does not count if the automaton is ranked.
func (a *automaton) follow(from []uint32, holds syntax.EmptyOp) (waiting []uint32, match bool) {
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
				waiting = append(waiting, pc)
			}
		case syntax.InstMatch:
			match = true
			if a.ranked {
				return waiting, match
			}
		case syntax.InstFail:
		default:
			waiting = append(waiting, pc)
		}
	}
	if !a.ranked {
		waiting = slices.DeleteFunc(waiting, a.covered)
	}
	return waiting, match
}

// covered tells whether the last call of follow has come to an instruction that
// matches all that this one does.
func (a *automaton) covered(pc uint32) bool {
	for pc = a.covers[pc]; pc != 0; pc = a.covers[pc] {
		if a.reached[pc] == a.calls {
			return true
		}
	}
	return false
}

// make finds the state after s at a character of a class, and the table in which
// to go on from there.
func (a *automaton) make(in *states, s state, class uint8) (*states, state) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.states.Load()
	if in.sets == now.sets {
		if known := now.after(s, class); known != 0 {
			return now, known
		}
	}
	before := in.waiting[s&numbers]
	if len(now.waiting) >= maxSteps || now.used >= maxUsed {
		a.resets++
		if a.read.Swap(0) >= fewSteps*maxSteps {
			a.resets = 0
		}
		if a.resets > maxResets {
			a.off.Store(true)
		}
		now = a.reset()
	}
	next := a.after(now.sets, before, class)
	if 2*now.used >= len(now.table) || a.order != nil && len(now.waiting) > len(now.reached) {
		now = now.larger()
		a.states.Store(now)
	}
	if n := next & numbers; a.order != nil && now.reached[n] == nil {
		now.reached[n] = now.waiting[n]
	}
	if in.sets == now.sets {
		now.enter(s, class, next)
	}
	return now, next
}

// after enters the state that follows one of the given instructions at a character
// of a class.
func (a *automaton) after(in *sets, waiting []uint32, class uint8) state {
	if a.order != nil {
		return in.enter(a.before(waiting, class))
	}
	var from []uint32
	if !a.ranked {
		from = append(from, uint32(a.prog.Start))
	}
	for _, pc := range waiting {
		if inst := &a.prog.Inst[pc]; inst.Op != syntax.InstEmptyWidth && inst.MatchRune(a.samples[class]) {
			from = append(from, inst.Out)
		}
	}
	return a.state(in, from, 0)
}

// larger is a table of twice as many places.
func (t *states) larger() *states {
	out := &states{shift: t.shift - 1, table: make([]atomic.Uint32, 2*len(t.table)), sets: t.sets}
	if t.reached != nil {
		out.reached = make([]instructions, 2*len(t.reached))
		copy(out.reached, t.reached)
	}
	for i := range t.table {
		if e := t.table[i].Load(); e != 0 {
			out.put(e)
		}
	}
	return out
}

// matches tells whether the text holds a match.
func (a *automaton) matches(text string) bool {
	i, s := len(text), a.first
	if s == a.idle {
		i = a.idleBehind(text, i)
	}
	if i == 0 {
		return s&beginsAt0 != 0
	}
	a.read.Add(int64(i))
	t := a.states.Load()
	if a.ahead {
		for i := 0; i < len(text); {
			if s&(begins|dead) != 0 {
				return s&begins != 0
			}
			class, n := a.next(text[i:])
			next := t.after(s, class)
			if next == 0 {
				t, next = a.make(t, s, class)
			}
			s, i = next, i+n
		}
		return s&beginsAt0 != 0
	}
	for i > 0 {
		if s&(begins|dead) != 0 {
			return s&begins != 0
		}
		class, n := a.last(text[:i])
		next := t.after(s, class)
		if next == 0 {
			t, next = a.make(t, s, class)
		}
		i -= n
		if s = next; s == a.idle {
			i = a.idleBehind(text, i)
		}
	}
	return s&beginsAt0 != 0
}

// end returns where the match ends with which the text begins, as package regexp
// chooses it: of a ranked automaton, a later end is always of what is tried
// before. It is -1 if there is none.
func (a *automaton) end(text string) int {
	a.read.Add(int64(len(text)))
	end := -1
	t, s := a.states.Load(), a.first
	for i := 0; i < len(text); {
		if s&begins != 0 {
			end = i
		}
		if s&dead != 0 {
			return end
		}
		class, n := a.next(text[i:])
		next := t.after(s, class)
		if next == 0 {
			t, next = a.make(t, s, class)
		}
		s, i = next, i+n
	}
	if s&beginsAt0 != 0 {
		return len(text)
	}
	return end
}

// starts returns the bytes at which matches begin, the last first.
func (a *automaton) starts(text string, into []int) []int {
	i, s := len(text), a.first
	if s == a.idle {
		i = a.idleBehind(text, i)
	}
	if i == 0 {
		if s&beginsAt0 != 0 {
			into = append(into, 0)
		}
		return into
	}
	a.read.Add(int64(i))
	t := a.states.Load()
	for i > 0 {
		if s&begins != 0 {
			into = append(into, i)
		}
		if s&dead != 0 {
			return into
		}
		class, n := a.last(text[:i])
		next := t.after(s, class)
		if next == 0 {
			t, next = a.make(t, s, class)
		}
		i -= n
		if s = next; s == a.idle {
			i = a.idleBehind(text, i)
		}
	}
	if s&beginsAt0 != 0 {
		into = append(into, 0)
	}
	return into
}
