package audience

import (
	"math/bits"
	"slices"
	"strings"

	"policypush/internal/domain"
)

// truth answers a node for one subscriber by columns and rows.
func (e *evaluator) truth(n *node, slot uint16) domain.Truth {
	switch n.sort {
	case literalNode:
		t := e.ask(n.literal, slot)
		if n.literal.negated {
			t = t.Not()
		}
		return t
	case anyNode:
		t := domain.No
		for i := 0; i < len(n.kids) && t != domain.Yes; i++ {
			t = t.Or(e.truth(&n.kids[i], slot))
		}
		return t
	default:
		t := domain.Yes
		for i := 0; i < len(n.kids) && t != domain.No; i++ {
			t = t.And(e.truth(&n.kids[i], slot))
		}
		return t
	}
}

// ask answers the condition of a literal, not its negation, for one subscriber.
func (e *evaluator) ask(l *literal, slot uint16) domain.Truth {
	if l.by == byRow {
		return e.standsIn(l, slot)
	}
	// A kind that is newer than the plan makes it be made again, so that it
	// does not matter what is said here.
	if kind := int(e.chunk.codes[kindColumn].at(slot)); kind < len(l.applies) && !l.applies[kind] {
		return domain.No
	}
	if l.by == byCode {
		return e.code(l, e.chunk.codes[l.column].at(slot))
	}
	first, last, known := e.chunk.number(l.column, slot)
	if !known {
		return domain.Unknown
	}
	return l.interval.truth(first, last)
}

// askMembers asks those members of a row who are in among, and adds those who
// meet the condition of a literal to yes, and those of whom it is not known to
// unsure.
func (e *evaluator) askMembers(l *literal, row *container, among, yes, unsure *bitset) {
	if l.by != byNumber || l.column >= foundedColumn || len(e.chunk.far) > 0 || row.runs {
		row.each(func(slot uint16) {
			if among.has(slot) {
				e.askInto(l, slot, yes, unsure)
			}
		})
		return
	}
	// It is what remains to be done one by one in broad queries. So the column
	// is read here, and without a branch: half of those asked are in, and in no
	// order. As unsigned numbers, what is below first wraps around to above
	// width.
	first, last := max(l.interval.first, 0), min(l.interval.last, farNumber-1)
	if first > last {
		return
	}
	column, width := e.chunk.numbers[l.column], uint64(last-first)
	in := func(slot int) uint64 {
		_, out := bits.Sub64(width, uint64(column[slot])-uint64(first), 0)
		return 1 - out
	}
	for _, slot := range row.list {
		i, bit := slot>>6, slot&63
		yes[i] |= in(int(slot)) & (among[i] >> bit) << bit
	}
	if row.bits == nil {
		return
	}
	for i, w := range row.bits {
		met := uint64(0)
		for w &= among[i]; w != 0; w &= w - 1 {
			bit := bits.TrailingZeros64(w)
			met |= in(i<<6+bit) << bit
		}
		yes[i] |= met
	}
}

func (e *evaluator) askInto(l *literal, slot uint16, yes, unsure *bitset) {
	switch e.ask(l, slot) {
	case domain.Yes:
		yes.add(slot)
	case domain.Unknown:
		unsure.add(slot)
	}
}

// standsIn answers a literal by its rows.
func (e *evaluator) standsIn(l *literal, slot uint16) domain.Truth {
	in := func(rows []rowID) bool {
		return slices.ContainsFunc(rows, func(r rowID) bool { return e.chunk.isIn(r, slot) })
	}
	switch {
	case in(l.yes):
		return domain.Yes
	case len(l.words) > 0 && e.chunk.holds(slot, l.words):
		return domain.Yes
	case in(l.maybe):
		return domain.Unknown
	default:
		return domain.No
	}
}

// code answers a condition on a code column for a number of the dictionary,
// once for each number.
func (e *evaluator) code(l *literal, number uint16) domain.Truth {
	const asked = 1 // added to an answer, so that 0 is none
	known := e.answers[l.number]
	if len(known) < len(l.codes) {
		known = append(known, make([]domain.Truth, len(l.codes)-len(known))...)
		e.answers[l.number] = known
	}
	if int(number) >= len(l.codes) {
		return domain.Unknown // newer than the plan, which will be made again
	}
	if t := known[number]; t != 0 {
		return t - asked
	}
	t := l.among(l.codes[number])
	known[number] = t + asked
	return t
}

// among answers a condition on a code column for a code, as package matching
// does, without looking at each value.
func (l *literal) among(code string) domain.Truth {
	f := codeFields[l.column]
	if code == "" {
		return domain.Unknown
	}
	if f.Type() == domain.OneCode {
		_, found := slices.BinarySearch(l.values, code)
		return domain.TruthOf(found)
	}
	code = treeCode(f, code)
	for n := range len(code) + 1 {
		if _, found := slices.BinarySearch(l.values, code[:n]); found {
			return domain.Yes
		}
	}
	at, _ := slices.BinarySearch(l.values, code)
	return domain.Unknown.And(domain.TruthOf(at < len(l.values) && strings.HasPrefix(l.values[at], code)))
}
