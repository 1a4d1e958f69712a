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
	maxSetCodes = 1 << 12   // of a set
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

// setFields are the sets of codes. They have no columns: their rows are all
// there is.
var setFields = [...]domain.Field{domain.FieldAttribute, domain.FieldGroup, domain.FieldLifeEvent}

// dictionary gives codes their numbers and facts their rows. It only grows, so
// that numbers and rows once given stay true. Reading takes its read lock.
type dictionary struct {
	mu      sync.RWMutex
	version atomic.Uint64 // grows with every new code and row

	codes    [len(codeFields)]codeField
	sets     [len(setFields)]setField
	scales   [len(numberFields)]scale
	noNumber [len(numberFields)]rowID // who does not say a number, and could
	themes   setField
	wantAll  rowID
	paused   rowID

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

// setField is the dictionary of one field of sets.
type setField struct {
	rows    map[string]rowID
	codes   []string
	list    []rowID // the rows of codes
	unknown rowID
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
	for i := range setFields {
		d.sets[i] = setField{rows: map[string]rowID{}, unknown: d.newRow()}
	}
	for i := range numberFields {
		s := &d.scales[i]
		s.cuts, s.all, d.noNumber[i] = cutsOf(i), d.newRow(), d.newRow()
		for range len(s.cuts) + 1 {
			s.fine = append(s.fine, d.newRow())
		}
		for range len(s.cuts)/wideBuckets + 1 {
			s.wide = append(s.wide, d.newRow())
		}
	}
	d.themes = setField{rows: map[string]rowID{}}
	d.wantAll, d.paused = d.newRow(), d.newRow()
	return d
}

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
// time. No code has the number 0.
func (d *dictionary) number(column int, code string) uint16 {
	if code == "" {
		return 0
	}
	f := &d.codes[column]
	d.mu.RLock()
	n, found := f.numbers[code]
	d.mu.RUnlock()
	if found {
		return n
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(f.codes) > maxCodes {
		return 0
	}
	n = uint16(len(f.codes))
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

// member returns the row of a code of a set, or false beyond the bounds.
func (d *dictionary) member(s *setField, code string) (rowID, bool) {
	d.mu.RLock()
	r, found := s.rows[code]
	d.mu.RUnlock()
	if found {
		return r, true
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(s.codes) == maxSetCodes {
		return 0, false
	}
	r = d.newRow()
	s.rows[code] = r
	s.codes, s.list = append(s.codes, code), append(s.list, r)
	return r, true
}

// facts are a subscriber in the numbers of the dictionary.
type facts struct {
	id      uint32
	codes   [len(codeFields)]uint16
	numbers [len(numberFields)]int64 // dates as dateNumber packs them
	known   uint8                    // a bit for each number that the profile says
	rows    []rowID                  // of sets, themes and wishes, which have no columns
	words   []uint32                 // of the keywords
}

// encode turns a subscriber into facts. Facts that their kind cannot have are
// left out: they must not count.
func (d *dictionary) encode(id uint32, p *domain.Profile, s *domain.Subscription, words *keywords) facts {
	f := facts{id: id}
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
			f.rows = append(f.rows, d.sets[i].unknown)
		}
		f.rows = d.members(f.rows, &d.sets[i], set)
	}
	f.rows = d.members(f.rows, &d.themes, s.Themes)
	if s.All {
		f.rows = append(f.rows, d.wantAll)
	}
	if s.Paused {
		f.rows = append(f.rows, d.paused)
	}
	for _, word := range s.Keywords {
		if word = fold(word); word != "" {
			if n := words.hold(word); slices.Contains(f.words, n) {
				words.release(n)
			} else {
				f.words = append(f.words, n)
			}
		}
	}
	return f
}

func (d *dictionary) members(rows []rowID, s *setField, set []string) []rowID {
	for _, code := range set {
		if r, found := d.member(s, code); found && !slices.Contains(rows, r) {
			rows = append(rows, r)
		}
	}
	return rows
}

// rowsOf appends all rows that a subscriber stands in. The caller holds the
// read lock.
func (d *dictionary) rowsOf(rows []rowID, f *facts) []rowID {
	kind := d.kindOf(f)
	for i := range d.codes {
		if f.codes[i] != 0 || codeFields[i].AppliesTo(kind) {
			rows = append(rows, d.codes[i].rows[f.codes[i]]...)
		}
	}
	for i := range d.scales {
		switch {
		case f.known>>i&1 == 1:
			s := &d.scales[i]
			n := f.numbers[i]
			if i >= foundedColumn {
				n, _ = dateRange(uint32(n))
			}
			b := s.bucket(n)
			rows = append(rows, s.all, s.fine[b], s.wide[b/wideBuckets])
		case numberFields[i].AppliesTo(kind):
			rows = append(rows, d.noNumber[i])
		}
	}
	return append(rows, f.rows...)
}

func (d *dictionary) kindOf(f *facts) domain.SubscriberKind {
	return domain.SubscriberKind(d.codes[kindColumn].codes[f.codes[kindColumn]])
}

// mark notes that a chunk has members of rows. It comes before they are added,
// so that nobody who is there is passed over.
func (d *dictionary) mark(chunk int, rows []rowID) {
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
	number := func(i int) *int64 {
		if f.known>>i&1 == 0 {
			return nil
		}
		n := f.numbers[i]
		return &n
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
	for i, set := range []*[]string{&p.Attributes, &p.Groups, &p.LifeEvents} {
		*set = d.sets[i].codesOf(f.rows)
		if setFields[i].AppliesTo(p.Kind) && !slices.Contains(f.rows, d.sets[i].unknown) && *set == nil {
			*set = []string{}
		}
	}
	s := domain.Subscription{
		Themes: d.themes.codesOf(f.rows), All: slices.Contains(f.rows, d.wantAll), Paused: slices.Contains(f.rows, d.paused),
	}
	for _, n := range f.words {
		s.Keywords = append(s.Keywords, words.word(n))
	}
	return p, s
}

func (s *setField) codesOf(rows []rowID) []string {
	var codes []string
	for i, r := range s.list {
		if slices.Contains(rows, r) {
			codes = append(codes, s.codes[i])
		}
	}
	return codes
}
