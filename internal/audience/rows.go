package audience

import (
	"slices"
	"strings"

	"policypush/internal/domain"
)

// blockWords is the length of a block of a clauseRow.
const blockWords = 32

const blockBits = 64 * blockWords

// clauseBlock holds a bit for each of blockBits neighbouring clauses.
type clauseBlock [blockWords]uint64

// clauseRow is a set of clauses. Blocks without a member are nil.
type clauseRow struct {
	blocks []*clauseBlock
	n      int
}

func (r *clauseRow) block(b int) *clauseBlock {
	if r == nil || b >= len(r.blocks) {
		return nil
	}
	return r.blocks[b]
}

// put adds a clause or takes it away.
func (r *clauseRow) put(clause int, member bool) {
	b := clause / blockBits
	if b >= len(r.blocks) {
		if !member {
			return
		}
		r.blocks = append(r.blocks, make([]*clauseBlock, b+1-len(r.blocks))...)
	}
	block := r.blocks[b]
	if block == nil {
		if !member {
			return
		}
		block = new(clauseBlock)
		r.blocks[b] = block
	}
	word, bit := &block[clause%blockBits/64], uint64(1)<<(clause%64)
	switch was := *word&bit != 0; {
	case member && !was:
		*word |= bit
		r.n++
	case !member && was:
		*word &^= bit
		if r.n--; *block == (clauseBlock{}) {
			r.blocks[b] = nil
		}
	}
}

func (r *clauseRow) clone() *clauseRow {
	c := &clauseRow{blocks: slices.Clone(r.blocks), n: r.n}
	for i, b := range c.blocks {
		if b != nil {
			copied := *b
			c.blocks[i] = &copied
		}
	}
	return c
}

func (r *clauseRow) bytes() int {
	n := 8 * cap(r.blocks)
	for _, b := range r.blocks {
		if b != nil {
			n += 8 * blockWords
		}
	}
	return n
}

// codeRows are the rows of a code field for one condition of each clause, or
// for all its negated ones.
type codeRows struct {
	asked clauseRow             // clauses with such a condition
	named map[string]*clauseRow // code → clauses whose condition names it
	under map[string]*clauseRow // level of a tree → clauses that name something below it
}

// maxNamed bounds the rows of one codeRows: each takes some kilobytes.
const maxNamed = 8192

// room tells whether the codes of a condition can all have rows.
func (r *codeRows) room(c *domain.Condition) bool {
	return len(r.named)+len(c.Values) <= maxNamed
}

func (r *codeRows) put(c *domain.Condition, clause int, member bool) {
	r.asked.put(clause, member)
	for _, code := range c.Values {
		if c.Field.Type() == domain.CodeTree {
			code = treeCode(c.Field, code)
			for _, n := range append([]int{0}, levels(c.Field)...) {
				if n < len(code) {
					putIn(&r.under, code[:n], clause, member)
				}
			}
		}
		putIn(&r.named, code, clause, member)
	}
}

func putIn(rows *map[string]*clauseRow, code string, clause int, member bool) {
	r := (*rows)[code]
	if r == nil {
		if !member {
			return
		}
		if *rows == nil {
			*rows = map[string]*clauseRow{}
		}
		r = &clauseRow{}
		(*rows)[strings.Clone(code)] = r
	}
	if r.put(clause, member); r.n == 0 {
		delete(*rows, code)
	}
}

// answer returns the rows of the clauses whose condition a profile meets, and
// of those that it may meet because it does not say enough. all tells that the
// latter are all that ask.
func (r *codeRows) answer(f domain.Field, p *domain.Profile) (yes, maybe []*clauseRow, all bool) {
	if !f.AppliesTo(p.Kind) {
		return nil, nil, false
	}
	if f.Type() == domain.CodeSet {
		set := p.Set(f)
		for _, code := range set {
			if row := r.named[code]; row != nil {
				yes = append(yes, row)
			}
		}
		return yes, nil, set == nil
	}
	code := p.Code(f)
	if code == "" {
		return nil, nil, true
	}
	if f.Type() == domain.OneCode {
		if row := r.named[code]; row != nil {
			yes = append(yes, row)
		}
		return yes, nil, false
	}
	code = treeCode(f, code)
	for n := range len(code) + 1 {
		if row := r.named[code[:n]]; row != nil {
			yes = append(yes, row)
		}
	}
	if code == "" || slices.Contains(levels(f), len(code)) {
		if row := r.under[code]; row != nil {
			maybe = append(maybe, row)
		}
		return yes, maybe, false
	}
	for narrower, row := range r.named { // a code between two levels: nobody has one but by mistake
		if len(narrower) > len(code) && strings.HasPrefix(narrower, code) {
			maybe = append(maybe, row)
		}
	}
	return yes, maybe, false
}

func (r *codeRows) bytes() int {
	n := r.asked.bytes()
	for _, rows := range []map[string]*clauseRow{r.named, r.under} {
		for _, row := range rows {
			n += row.bytes() + 64
		}
	}
	return n
}

// numberRows are the rows of a number field. A clause excludes the numbers
// below its first and above its last; both are kept as rows over the intervals
// between all bounds in use.
type numberRows struct {
	asked    clauseRow // clauses with a condition on the field
	positive clauseRow // those with one that is not negated
	below    edges     // who excludes a number because it is too small
	above    edges     // because it is too large
}

// edges are sorted bounds; out[i] holds the clauses that exclude the numbers
// from cuts[i-1] up to, and without, cuts[i].
type edges struct {
	up   bool // a clause excludes what lies below its cut, else what lies from it on
	cuts []int64
	uses []int
	out  []*clauseRow // one more than cuts
}

// maxCuts bounds the rows of one field. Statutes draw far fewer lines.
const maxCuts = 512

// room tells whether a cut has, or can have, its interval.
func (e *edges) room(cut int64) bool {
	_, ok := slices.BinarySearch(e.cuts, cut)
	return ok || len(e.cuts) < maxCuts
}

func (e *edges) put(cut int64, clause int) {
	if e.out == nil {
		e.out = []*clauseRow{{}}
	}
	at, ok := slices.BinarySearch(e.cuts, cut)
	if !ok {
		e.cuts = slices.Insert(e.cuts, at, cut)
		e.uses = slices.Insert(e.uses, at, 0)
		e.out = slices.Insert(e.out, at, e.out[at].clone())
	}
	e.uses[at]++
	for _, row := range e.side(at) {
		row.put(clause, true)
	}
}

func (e *edges) drop(cut int64, clause int) {
	at, _ := slices.BinarySearch(e.cuts, cut)
	for _, row := range e.side(at) {
		row.put(clause, false)
	}
	if e.uses[at]--; e.uses[at] == 0 { // the intervals on both sides are the same now
		e.cuts = slices.Delete(e.cuts, at, at+1)
		e.uses = slices.Delete(e.uses, at, at+1)
		e.out = slices.Delete(e.out, at, at+1)
	}
}

// side returns the intervals that a cut excludes.
func (e *edges) side(at int) []*clauseRow {
	if e.up {
		return e.out[:at+1]
	}
	return e.out[at+1:]
}

// excluding returns the clauses that exclude a number, nil if none does.
func (e *edges) excluding(n int64) *clauseRow {
	if e.out == nil {
		return nil
	}
	at, exact := slices.BinarySearch(e.cuts, n)
	if exact {
		at++
	}
	return e.out[at]
}

func (e *edges) bytes() int {
	n := 16 * cap(e.cuts)
	for _, row := range e.out {
		n += row.bytes()
	}
	return n
}

// put lets a clause ask for a number. It fails if there is no room, or if the
// requirement is none that an interval can say.
func (r *numberRows) put(l requirement, clause int) bool {
	e, cut, ok := r.edge(l)
	if !ok || !e.room(cut) {
		return false
	}
	e.put(cut, clause)
	r.asked.put(clause, true)
	if !l.negated {
		r.positive.put(clause, true)
	}
	return true
}

func (r *numberRows) drop(l requirement, clause int) {
	e, cut, _ := r.edge(l)
	e.drop(cut, clause)
	r.asked.put(clause, false)
	r.positive.put(clause, false)
}

// edge returns the half of the rows that a requirement stands in, and its cut.
func (r *numberRows) edge(l requirement) (e *edges, cut int64, ok bool) {
	bound, up, ok := l.halfLine()
	if up {
		return &r.below, bound, ok
	}
	return &r.above, bound + 1, ok
}
