package automaton

import (
	"encoding/binary"
	"regexp/syntax"
	"unicode/utf8"
)

// A tracer finds the groups of a match. It reads the match once from its end,
// and its states are the instructions from which that end can be reached. Then it
// follows the program from the beginning: where there are two ways, the first by
// which the end can be reached is that which package regexp takes.

// A tracer reads more than characters: its classes behind theirs.
const (
	matchEnds   = iota // a match ends, and the text goes on
	textEnds           // a match ends, and the text with it
	textBegins         // what was read last is the first character of the match, and perhaps of the text
	moreClasses        // how many these are
)

// newTracer prepares a tracer, of the characters of another automaton. ok is false
// for expressions of which one can go around without reading a character.
func newTracer(tree *syntax.Regexp, of *automaton) (a *automaton, ok bool) {
	prog, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return nil, false
	}
	order, ok := inOrder(prog)
	if !ok {
		return nil, false
	}
	a = &automaton{alphabet: of.alphabet, prog: prog, order: order}
	a.reset()
	return a, true
}

// inOrder returns the instructions that a program can come to, each behind those
// that may follow it without a character read in between. ok is false if one may
// follow itself.
func inOrder(prog *syntax.Prog) (order []uint32, ok bool) {
	const begun, done = 1, 2
	seen, ok := make([]uint8, len(prog.Inst)), true
	todo := []uint32{uint32(prog.Start)}
	var visit func(pc uint32)
	visit = func(pc uint32) {
		if seen[pc] > 0 {
			ok = ok && seen[pc] == done
			return
		}
		seen[pc] = begun
		switch inst := &prog.Inst[pc]; inst.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			visit(inst.Out)
			visit(inst.Arg)
		case syntax.InstCapture, syntax.InstNop, syntax.InstEmptyWidth:
			visit(inst.Out)
		case syntax.InstMatch, syntax.InstFail:
		default:
			todo = append(todo, inst.Out)
		}
		seen[pc] = done
		order = append(order, pc)
	}
	for ; len(todo) > 0; todo = todo[1:] {
		visit(todo[0])
	}
	return order, ok
}

// instructions is a set of instructions.
type instructions []uint32

func (r instructions) has(pc uint32) bool { return r[pc>>5]&(1<<(pc&31)) != 0 }

func (r instructions) add(pc uint32) { r[pc>>5] |= 1 << (pc & 31) }

// before returns the instructions from which a match is reached by a character of
// a class, and then from one of the given.
func (a *automaton) before(then instructions, class uint8) instructions {
	out := make(instructions, len(then))
	at, holds := int(class)-len(a.samples), syntax.EmptyOp(0)
	switch at {
	case textEnds:
		holds = syntax.EmptyEndText
	case textBegins:
		holds = syntax.EmptyBeginText
		copy(out, then)
	}
	for _, pc := range a.order {
		reaches := false
		switch inst := &a.prog.Inst[pc]; inst.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			reaches = out.has(inst.Out) || out.has(inst.Arg)
		case syntax.InstCapture, syntax.InstNop:
			reaches = out.has(inst.Out)
		case syntax.InstEmptyWidth:
			reaches = syntax.EmptyOp(inst.Arg)&^holds == 0 && out.has(inst.Out)
		case syntax.InstMatch:
			reaches = at == matchEnds || at == textEnds
		case syntax.InstFail:
		default:
			reaches = at < 0 && then.has(inst.Out) && inst.MatchRune(a.samples[class])
		}
		if reaches {
			out.add(pc)
		}
	}
	return out
}

// enter returns the state of a set of instructions.
func (in *sets) enter(set instructions) state {
	key := make([]byte, 0, 4*len(set))
	for _, word := range set {
		key = binary.LittleEndian.AppendUint32(key, word)
	}
	s := in.known[string(key)]
	if s == 0 {
		s = made | state(len(in.waiting))
		in.waiting = append(in.waiting, set)
		in.known[string(key)] = s
	}
	return s
}

// groups enters where the groups of a match are, which is all of a text, and
// tells whether it could. Ends tells whether the text ends behind the match too;
// at is where the match begins in it.
func (a *automaton) groups(match string, ends bool, at int, loc []int) bool {
	a.read.Add(int64(len(match)))
	var few [64]state
	var way []state // from the end: before each character, what may come
	way = few[:0]
	t := a.states.Load()
	begun, s := t.sets, a.first
	class, size := uint8(len(a.samples)+matchEnds), 0
	if ends {
		class++ // textEnds
	}
	for i := len(match); ; {
		next := t.after(s, class)
		if next == 0 {
			t, next = a.make(t, s, class)
		}
		s = next
		way = append(way, s)
		if i == 0 {
			break
		}
		class, size = a.last(match[:i])
		i -= size
	}
	k := len(way) - 1
	class = uint8(len(a.samples) + textBegins)
	if way[k] = t.after(s, class); way[k] == 0 {
		t, way[k] = a.make(t, s, class)
	}
	if t.sets != begun { // states were forgotten on the way
		return false
	}
	i, reached := 0, t.reached[way[k]&numbers]
	for pc := uint32(a.prog.Start); ; {
		switch inst := &a.prog.Inst[pc]; inst.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			pc = inst.Arg
			if reached.has(inst.Out) {
				pc = inst.Out
			}
		case syntax.InstCapture:
			loc[inst.Arg] = at + i
			pc = inst.Out
		case syntax.InstNop, syntax.InstEmptyWidth:
			pc = inst.Out
		case syntax.InstMatch:
			return true
		default:
			if k == 0 { // never, of a match
				return false
			}
			_, size := utf8.DecodeRuneInString(match[i:])
			i, k, pc = i+size, k-1, inst.Out
			reached = t.reached[way[k]&numbers]
		}
	}
}
