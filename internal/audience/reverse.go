package audience

import (
	"sync"
	"sync/atomic"

	"policypush/internal/domain"
)

// Measures is the index the other way round: it holds the measures of the
// policies in force and answers for one profile which of them it may have, the
// most urgent and valuable first. It is safe for concurrent use.
//
// The criteria of each measure are brought into clauses, and each clause is a
// bit. For each value of a field there is a row: the clauses whose condition
// names it. A profile picks a few rows of each field; the clauses that do not
// ask for the field, or stand in one of the rows picked, are left, and what is
// left after all fields is met. Negated conditions stand in rows of their own
// and take away. A hierarchy has a row for each node, and a profile picks
// those of its own node and of all above. Bounds of numbers cut the line into
// intervals, and each interval has a row of the clauses that exclude it.
//
// Answers have three values here as well. Rows are first combined so that what
// the profile does not say stands in nobody's way; where something is left,
// again so that it stands in everybody's. The first are possible, the second
// certain. A value that is wider than a condition's (a city where a county is
// asked) picks a row of the clauses that name something below it.
//
// Clauses are numbered so that those which name places in the same city are
// neighbours: rows are cut into blocks, and a profile from elsewhere passes
// over the block with one look. What is read of each measure that is found
// lies in the same order, and all but the best are passed over by two bytes
// (glance.go).
//
// A tree that is too wide for clauses, a clause that asks the same field too
// often, or bounds beyond maxCuts are left out of the rows; such clauses are
// marked, and whoever is left in them is held against the tree by package
// matching. So the answer is always that of package matching.
type Measures struct {
	mu       sync.RWMutex
	policies map[domain.PolicyID][]int // numbers of its measures
	measures []measure
	freed    []int // numbers of measures that are gone

	clauses    []placed
	leads      []int32    // of each clause: the first of its measure, by which a search knows it
	standings  []standing // of the measures, by their first clauses
	glances    atomic.Pointer[glances]
	homes      map[string][]int // city → numbers in its blocks that no clause has
	blockHomes []string         // of each block: its city

	all     clauseRow // clauses in use
	doubt   clauseRow // those with a condition that nobody can read
	whole   clauseRow // those to be held against the tree
	codes   map[domain.Field]*fieldRows
	numbers map[domain.Field]*numberRows
}

// measure is what is kept of a measure.
type measure struct {
	policy   domain.PolicyID
	position int // in its policy
	id       domain.MeasureID
	criteria domain.Criteria
	window   domain.Window
	// effective is the first day of its policy, or "".
	effective string
	expires   string
	clauses   []int
}

// standing is what the search reads of every measure that it finds. It lies
// where its first clause does, so that a search, which goes from clause to
// clause, reads memory on end.
type standing struct {
	rank   rank
	term   term
	number int32
}

// placed is a clause in the rows.
type placed struct {
	requirements []requirement // those that stand in rows
	layers       []int8        // of each requirement on a code: which codeRows, or negated
}

// fieldRows are the rows of a code field. A clause may ask the same field
// several times (is high-tech and is listed); each time has its own layer.
type fieldRows struct {
	layers [3]codeRows
	not    codeRows
}

const inNot = int8(-1)

func (f *fieldRows) at(layer int8) *codeRows {
	if layer == inNot {
		return &f.not
	}
	return &f.layers[layer]
}

// NewMeasures returns an index without measures.
func NewMeasures() *Measures {
	m := &Measures{
		policies: map[domain.PolicyID][]int{}, homes: map[string][]int{},
		codes: map[domain.Field]*fieldRows{}, numbers: map[domain.Field]*numberRows{},
	}
	for _, f := range domain.Fields() {
		switch f.Type() {
		case domain.OneCode, domain.CodeTree, domain.CodeSet:
			m.codes[f] = &fieldRows{}
		case domain.NumberOf:
			m.numbers[f] = &numberRows{below: edges{up: true}}
		}
	}
	return m
}

// Put adds the measures of a policy or replaces those it had. A policy that is
// not published has none. The criteria are kept and must not be changed
// afterwards.
func (m *Measures) Put(p *domain.Policy) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.remove(p.ID)
	if p.Status != domain.Published || len(p.Measures) == 0 {
		return
	}
	numbers := make([]int, len(p.Measures))
	for i := range p.Measures {
		numbers[i] = m.add(p, i)
	}
	m.policies[p.ID] = numbers
}

// Remove forgets a policy.
func (m *Measures) Remove(id domain.PolicyID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.remove(id)
}

// Len returns how many measures the index holds.
func (m *Measures) Len() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.measures) - len(m.freed)
}

// Bytes returns what the rows take.
func (m *Measures) Bytes() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	n := m.all.bytes() + m.doubt.bytes() + m.whole.bytes()
	for _, r := range m.codes {
		n += r.not.bytes()
		for i := range r.layers {
			n += r.layers[i].bytes()
		}
	}
	for _, r := range m.numbers {
		n += r.asked.bytes() + r.positive.bytes() + r.below.bytes() + r.above.bytes()
	}
	return n
}

func (m *Measures) add(p *domain.Policy, position int) int {
	from, number := &p.Measures[position], len(m.measures)
	if n := len(m.freed); n > 0 {
		number, m.freed = m.freed[n-1], m.freed[:n-1]
	} else {
		m.measures = append(m.measures, measure{})
	}
	x := measure{
		policy: p.ID, position: position, id: from.ID, criteria: p.CriteriaOf(from), window: from.Window,
		effective: firstDay(p.EffectiveFrom), expires: p.Expires,
	}
	for _, c := range clausesOf(&x.criteria, false) {
		n := m.place(c)
		x.clauses = append(x.clauses, n)
		m.leads[n] = int32(x.clauses[0])
	}
	if len(x.clauses) > 0 { // else nobody meets it
		m.standings[x.clauses[0]] = standing{rankOf(p, from), termOf(from.Window, p.EffectiveFrom, p.Expires), int32(number)}
		m.note(x.clauses[0])
	}
	m.measures[number] = x
	return number
}

func (m *Measures) remove(id domain.PolicyID) {
	for _, number := range m.policies[id] {
		for _, c := range m.measures[number].clauses {
			m.displace(c)
		}
		m.measures[number] = measure{}
		m.freed = append(m.freed, number)
	}
	delete(m.policies, id)
}

// maxHomes bounds the cities that have blocks of their own.
const maxHomes = 512

// number returns a free number for a clause, near those of the same city.
func (m *Measures) number(c clause) int {
	home := ""
	for _, l := range c.requirements {
		if l.Field == domain.FieldRegion && !l.negated && len(l.Values) > 0 {
			code := treeCode(l.Field, l.Values[0])
			home = code[:min(len(code), len("3306"))]
			break
		}
	}
	if _, known := m.homes[home]; !known && len(m.homes) >= maxHomes {
		home = ""
	}
	if len(m.homes[home]) == 0 {
		for n := range blockBits {
			m.homes[home] = append(m.homes[home], len(m.clauses)+blockBits-1-n)
		}
		m.clauses = append(m.clauses, make([]placed, blockBits)...)
		m.leads = append(m.leads, make([]int32, blockBits)...)
		m.standings = append(m.standings, make([]standing, blockBits)...)
		m.blockHomes = append(m.blockHomes, home)
	}
	free := m.homes[home]
	m.homes[home] = free[:len(free)-1]
	return free[len(free)-1]
}

// place gives a clause a number and puts it into the rows.
func (m *Measures) place(c clause) int {
	n := m.number(c)
	p := placed{}
	layer := map[domain.Field]int8{}
	whole := c.whole
	m.all.put(n, true)
	for _, l := range c.requirements {
		switch l.Field.Type() {
		case domain.OneCode, domain.CodeTree, domain.CodeSet:
			at := inNot
			if !l.negated {
				at = layer[l.Field]
			}
			fields := m.codes[l.Field]
			if int(at) == len(fields.layers) || !fields.at(at).room(l.Condition) {
				whole = true
				continue
			}
			if !l.negated {
				layer[l.Field]++
			}
			fields.at(at).put(l.Condition, n, true)
			p.requirements, p.layers = append(p.requirements, l), append(p.layers, at)
		case domain.NumberOf:
			if !m.numbers[l.Field].put(l, n) {
				whole = true
				continue
			}
			p.requirements, p.layers = append(p.requirements, l), append(p.layers, 0)
		default:
			m.doubt.put(n, true)
		}
	}
	if whole {
		m.whole.put(n, true)
	}
	m.clauses[n] = p
	return n
}

// displace takes a clause out of the rows.
func (m *Measures) displace(n int) {
	for i, l := range m.clauses[n].requirements {
		if l.Field.Type() == domain.NumberOf {
			m.numbers[l.Field].drop(l, n)
		} else {
			m.codes[l.Field].at(m.clauses[n].layers[i]).put(l.Condition, n, false)
		}
	}
	m.all.put(n, false)
	m.doubt.put(n, false)
	m.whole.put(n, false)
	m.clauses[n] = placed{}
	home := m.blockHomes[n/blockBits]
	m.homes[home] = append(m.homes[home], n)
}
