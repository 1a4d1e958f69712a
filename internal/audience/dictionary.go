package audience

import (
	"slices"
	"sync"
	"sync/atomic"

	"policypush/internal/domain"
)

// rowID names a row in every chunk: the slots of a chunk that share a fact.
type rowID uint32

// The bounds of the dictionary. Codes come from closed tables of a few
// thousand entries and are checked before they are stored; the bounds only
// keep a broken database from filling the memory. A code beyond them counts
// as not stated.
const (
	maxCodes    = 1<<16 - 1 // of a field, so that its number fits a column
	maxSetCodes = 1 << 10   // of a set, each a bit of a column
)

// codeFields are the columns of codes.
var codeFields = [...]domain.Field{
	domain.FieldKind, domain.FieldRegion, domain.FieldIndustry, domain.FieldSize, domain.FieldTaxpayer,
	domain.FieldRegistration, domain.FieldOwnership, domain.FieldHukou,
}

const (
	kindColumn     = 0
	regionColumn   = 1
	industryColumn = 2
	sizeColumn     = 3
)

// setFields are the columns of sets of codes. Others are those of themes, and
// of the wishes how to be told, see wishesOf.
var setFields = [...]domain.Field{domain.FieldAttribute, domain.FieldGroup, domain.FieldLifeEvent}

const (
	themeSet = uint8(len(setFields))
	wishSet  = themeSet + 1
	setCount = len(setFields) + 2
)

// The sets have members that are no codes: who does not say a set, and could;
// who wants all, and who paused.
const (
	unknownMember = 0
	allMember     = 0
	pausedMember  = 1
)

// dictionary gives codes their numbers and facts their rows. It only grows, so
// that numbers and rows once given stay true. Reading takes its read lock.
type dictionary struct {
	mu      sync.RWMutex
	version atomic.Uint64 // grows with every new code and row

	codes    [len(codeFields)]codeField
	sets     [setCount]setField
	scales   [len(numberFields)]scale
	noNumber [len(numberFields)]rowID // who does not say a number, and could

	// chunks has for every row a bit for each chunk that has, or once had, a
	// member of it: the others need not be looked at.
	chunks [][]uint64
}

// codeField is the dictionary of one field of single codes.
type codeField struct {
	field   domain.Field
	numbers map[string]uint16 // by the code as profiles write it
	codes   []string          // by number; 0 is no code
	rows    [][]rowID         // by number: where its holders stand
	// within has the row of each value of a flat field. Of a tree it has that
	// of each prefix at a level: who is there or below.
	within map[string]rowID
	// vague has, of a tree, the row of who says just this prefix and not where
	// below it: to a narrower condition they are unknown.
	vague   map[string]rowID
	unknown rowID
}

// setField is the dictionary of one set. A member is a code, or one of the
// first few, which have none.
type setField struct {
	numbers map[string]uint16 // by code
	codes   []string          // by number of the member
	rows    []rowID           // likewise
}

func newDictionary() *dictionary {
	d := &dictionary{}
	for i, f := range codeFields {
		d.codes[i] = codeField{
			field: f, numbers: map[string]uint16{}, codes: []string{""}, rows: [][]rowID{nil},
			within: map[string]rowID{}, vague: map[string]rowID{}, unknown: d.newRow(),
		}
		d.codes[i].rows[0] = []rowID{d.codes[i].unknown}
	}
	for i := range numberFields {
		s := scaleOf(i)
		s.all, d.noNumber[i] = d.newRow(), d.newRow()
		for range len(s.cuts) + 1 {
			s.fine = append(s.fine, d.newRow())
		}
		for range s.steps {
			s.up = append(s.up, d.newRow())
		}
		d.scales[i] = s
	}
	for i := range d.sets {
		d.sets[i] = setField{numbers: map[string]uint16{}, codes: []string{""}, rows: []rowID{d.newRow()}}
	}
	d.themes().codes, d.themes().rows = []string{"", ""}, append(d.themes().rows, d.newRow())
	return d
}

func (d *dictionary) themes() *setField { return &d.sets[themeSet] }

// newRow returns the next row. The caller holds the lock.
func (d *dictionary) newRow() rowID {
	d.chunks = append(d.chunks, nil)
	d.version.Add(1)
	return rowID(len(d.chunks) - 1)
}

// levels returns the lengths at which the codes of a tree field branch: the
// country, province, city, county, town; everything, section, division, group,
// class. The last is the deepest.
func levels(f domain.Field) []int {
	if f == domain.FieldIndustry {
		return []int{0, 1, 3, 4, 5}
	}
	return []int{0, 2, 4, 6, 9}
}

// treeCode returns a code such that a wider one is a prefix of it.
func treeCode(f domain.Field, code string) string {
	if f == domain.FieldRegion || f == domain.FieldHukou {
		return domain.RegionPrefix(code)
	}
	return code
}

// number returns the number of a code, a new one if it is seen for the first
// time. No code has the number 0. The caller holds the read lock, which is given
// up for a new code.
func (d *dictionary) number(column int, code string) uint16 {
	n, found := d.codes[column].numbers[code]
	if code == "" || found {
		return n
	}
	d.mu.RUnlock()
	defer d.mu.RLock()
	return d.newNumber(column, code)
}

func (d *dictionary) newNumber(column int, code string) uint16 {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := &d.codes[column]
	if n, found := f.numbers[code]; found || len(f.codes) > maxCodes {
		return n
	}
	n := uint16(len(f.codes))
	f.numbers[code] = n
	f.codes = append(f.codes, code)
	f.rows = append(f.rows, d.newRowsOf(f, code))
	return n
}

func (d *dictionary) newRowsOf(f *codeField, code string) []rowID {
	row := func(m map[string]rowID, key string) rowID {
		if _, found := m[key]; !found {
			m[key] = d.newRow()
		}
		return m[key]
	}
	if f.field.Type() == domain.OneCode {
		return []rowID{row(f.within, code)}
	}
	code = treeCode(f.field, code)
	steps := levels(f.field)
	var rows []rowID
	for _, n := range steps {
		if n <= len(code) {
			rows = append(rows, row(f.within, code[:n]))
		}
	}
	if len(code) < steps[len(steps)-1] {
		rows = append(rows, row(f.vague, code))
	}
	return rows
}

// member returns the number of a code of a set, or false beyond the bounds.
// The caller holds the read lock, which is given up for a new code.
func (d *dictionary) member(set uint8, code string) (uint16, bool) {
	if n, found := d.sets[set].numbers[code]; found {
		return n, true
	}
	d.mu.RUnlock()
	defer d.mu.RLock()
	return d.newMember(set, code)
}

func (d *dictionary) newMember(set uint8, code string) (uint16, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := &d.sets[set]
	if n, found := s.numbers[code]; found || len(s.numbers) == maxSetCodes {
		return n, found
	}
	n := uint16(len(s.codes))
	s.numbers[code] = n
	s.codes, s.rows = append(s.codes, code), append(s.rows, d.newRow())
	return n, true
}

// facts are a subscriber in the numbers of the dictionary.
type facts struct {
	id      uint32
	codes   [len(codeFields)]uint16
	numbers [len(numberFields)]int64 // dates as dateNumber packs them
	known   uint8                    // a bit for each number that the profile says
	members []member                 // of all sets, in their order
	words   []uint32                 // of the keywords
}

// member is something that is in a set.
type member struct {
	set    uint8
	number uint16
}

// encode turns a subscriber into facts, whose lists are used again. Facts that
// their kind cannot have are left out: they must not count.
func (d *dictionary) encode(f *facts, id uint32, p *domain.Profile, s *domain.Subscription, words *keywords) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	*f = facts{id: id, members: f.members[:0], words: f.words[:0]}
	for i, field := range codeFields {
		if field.AppliesTo(p.Kind) {
			f.codes[i] = d.number(i, p.Code(field))
		}
	}
	for i, field := range numberFields {
		if !field.AppliesTo(p.Kind) {
			continue
		}
		n, known := int64(0), false
		switch i {
		case foundedColumn:
			n = int64(dateNumber(p.Founded))
			known = n != noNumber
		case bornColumn:
			n = int64(dateNumber(p.Born))
			known = n != noNumber
		default:
			n, _, known = p.Number(field, "")
		}
		if known {
			f.numbers[i] = n
			f.known |= 1 << i
		}
	}
	for i, field := range setFields {
		if !field.AppliesTo(p.Kind) {
			continue
		}
		set := p.Set(field)
		if set == nil {
			f.members = append(f.members, member{uint8(i), unknownMember})
		}
		f.members = d.members(f.members, uint8(i), set)
	}
	if s.All {
		f.members = append(f.members, member{themeSet, allMember})
	}
	if s.Paused {
		f.members = append(f.members, member{themeSet, pausedMember})
	}
	f.members = d.members(f.members, themeSet, s.Themes)
	f.members = d.members(f.members, wishSet, wishesOf(s))
	for _, word := range s.Keywords {
		if word = fold(word); word != "" {
			if n := words.hold(word); slices.Contains(f.words, n) {
				words.release(n)
			} else {
				f.words = append(f.words, n)
			}
		}
	}
}

func (d *dictionary) members(list []member, set uint8, codes []string) []member {
	for _, code := range codes {
		if n, found := d.member(set, code); found && !slices.Contains(list, member{set, n}) {
			list = append(list, member{set, n})
		}
	}
	return list
}

// rowsOfCode appends the rows that a code, or its absence, puts a subscriber in.
// The caller holds the read lock, here as below.
func (d *dictionary) rowsOfCode(rows []rowID, f *facts, column int) []rowID {
	if f.codes[column] != 0 || codeFields[column].AppliesTo(d.kindOf(f)) {
		rows = append(rows, d.codes[column].rows[f.codes[column]]...)
	}
	return rows
}

// rowsOfNumber appends those of a number but for those of steps. It expects the
// bucket of the number, -1 if it is not known.
func (d *dictionary) rowsOfNumber(rows []rowID, f *facts, column, bucket int) []rowID {
	if bucket < 0 {
		if numberFields[column].AppliesTo(d.kindOf(f)) {
			rows = append(rows, d.noNumber[column])
		}
		return rows
	}
	s := &d.scales[column]
	rows = append(rows, s.all, s.fine[bucket])
	for i := range s.splits {
		if r, ok := s.splits[i].of(rangeOf(f, column)); ok {
			rows = append(rows, r)
		}
	}
	return rows
}

// rowsOfSets appends those of all sets.
func (d *dictionary) rowsOfSets(rows []rowID, f *facts) []rowID {
	for _, m := range f.members {
		rows = append(rows, d.sets[m.set].rows[m.number])
	}
	return rows
}

// bucketOf returns the bucket of a number, -1 if it is not known.
func (d *dictionary) bucketOf(f *facts, column int) int {
	if f.known>>column&1 == 0 {
		return -1
	}
	return d.scales[column].bucket(firstOf(f, column))
}

// firstOf returns a number, or the first day of a date.
func firstOf(f *facts, column int) int64 {
	if column >= foundedColumn {
		return earliest(uint32(f.numbers[column]))
	}
	return f.numbers[column]
}

// rangeOf returns the range in which a number lies: a date may be a year only.
func rangeOf(f *facts, column int) (first, last int64) {
	if column >= foundedColumn {
		return dateRange(uint32(f.numbers[column]))
	}
	return f.numbers[column], f.numbers[column]
}

func (d *dictionary) kindOf(f *facts) domain.SubscriberKind {
	return domain.SubscriberKind(d.codes[kindColumn].codes[f.codes[kindColumn]])
}

// markRows notes that a chunk has members of rows. It comes before they are
// added, so that nobody who is there is passed over.
func (d *dictionary) markRows(chunk int, rows []rowID) {
	word, bit := chunk>>6, uint64(1)<<(chunk&63)
	missing := func(r rowID) bool { return word >= len(d.chunks[r]) || d.chunks[r][word]&bit == 0 }
	d.mu.RLock()
	unmarked := slices.ContainsFunc(rows, missing)
	d.mu.RUnlock()
	if !unmarked {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range rows {
		if !missing(r) {
			continue
		}
		if more := word + 1 - len(d.chunks[r]); more > 0 {
			d.chunks[r] = append(d.chunks[r], make([]uint64, more)...)
		}
		d.chunks[r][word] |= bit
	}
}

// decode turns facts back into the profile and the subscription, as far as
// they count: a date that cannot be read is not stated. The caller holds the
// read lock.
func (d *dictionary) decode(f *facts, words *keywords) (domain.Profile, domain.Subscription) {
	code := func(i int) string { return d.codes[i].codes[f.codes[i]] }
	numbers := f.numbers // of which the profile has the addresses
	number := func(i int) *int64 {
		if f.known>>i&1 == 0 {
			return nil
		}
		return &numbers[i]
	}
	p := domain.Profile{
		Kind: domain.SubscriberKind(code(0)), Region: code(1), Industry: code(2), Size: code(3), Taxpayer: code(4),
		Registration: code(5), Ownership: code(6), Hukou: code(7),
		Staff: number(0), Revenue: number(1), Assets: number(2), Income: number(3),
	}
	if n := number(foundedColumn); n != nil {
		p.Founded = dateText(uint32(*n))
	}
	if n := number(bornColumn); n != nil {
		p.Born = dateText(uint32(*n))
	}
	sub := domain.Subscription{}
	sets := [...]*[]string{&p.Attributes, &p.Groups, &p.LifeEvents, &sub.Themes}
	for i, field := range setFields {
		if field.AppliesTo(p.Kind) {
			*sets[i] = []string{} // of whom it is not known, it is taken away again
		}
	}
	for _, m := range f.members {
		switch code := d.sets[m.set].codes[m.number]; {
		case m.set == wishSet:
			addWish(&sub, code)
		case code != "":
			*sets[m.set] = append(*sets[m.set], code)
		case m.set != themeSet:
			*sets[m.set] = nil
		case m.number == allMember:
			sub.All = true
		default:
			sub.Paused = true
		}
	}
	for _, n := range f.words {
		sub.Keywords = append(sub.Keywords, words.word(n))
	}
	return p, sub
}
