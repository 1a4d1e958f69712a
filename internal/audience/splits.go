package audience

import "slices"

// split is a row of everybody whose number is at least a value that a query
// asked for: a step that was not foreseen. The first who asks for the bound
// pays for it; from then on an interval between such bounds is the difference
// of two rows, and nobody is asked by the column.
type split struct {
	value int64
	row   rowID
	// vague holds those of whose date so little is known that it may lie before
	// the value or not. Numbers that are no dates have no such row: 0.
	vague rowID
	ready bool // all chunks have the rows
}

// of returns which of the rows holds somebody whose number is known to lie in
// first … last.
func (p *split) of(first, last int64) (r rowID, ok bool) {
	switch {
	case first >= p.value:
		return p.row, true
	case last >= p.value:
		return p.vague, true
	default:
		return 0, false
	}
}

// maxSplits bounds the splits of a column. A new one replaces the oldest.
const maxSplits = 24

// bound is what a split was missed for.
type bound struct {
	column int
	value  int64
}

// least returns the rows of a value as of a split, if there are such.
func (s *scale) least(value int64) (split, bool) {
	if bucket := s.bucket(value); bucket > 0 && s.cuts[bucket-1] == value {
		if i, found := slices.BinarySearch(s.steps, bucket); found {
			return split{value: value, row: s.up[i]}, true // of dates it is where a year begins: nobody is vague
		}
	}
	at := slices.IndexFunc(s.splits, func(p split) bool { return p.value == value && p.ready })
	if at < 0 {
		return split{}, false
	}
	return s.splits[at], true
}

// learn makes splits, unless a change is under way: then the next query does.
func (x *Index) learn(s *state, missed []bound) {
	if !x.writing.TryLock() {
		return
	}
	defer x.writing.Unlock()
	for _, b := range missed {
		s.split(b.column, b.value)
	}
}

// split makes one split. The caller holds off all other changes.
func (s *state) split(column int, value int64) {
	d := s.dictionary
	at := d.newSplit(column, value)
	if at < 0 {
		return
	}
	p := d.scales[column].splits[at] // only written by who holds off changes
	for i, c := range *s.chunks.Load() {
		c.mu.Lock()
		filled := c.split(&d.scales[column], column, &p)
		c.mu.Unlock()
		d.markRows(i, filled)
	}
	d.mu.Lock()
	d.scales[column].splits[at].ready = true
	d.mu.Unlock()
}

// newSplit returns the place of a split that is to be filled, -1 if it is there
// already. The row of an older one may be used again; then queries that are
// under way begin again.
func (d *dictionary) newSplit(column int, value int64) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := &d.scales[column]
	at := slices.IndexFunc(s.splits, func(p split) bool { return p.value == value })
	switch {
	case at >= 0 && s.splits[at].ready:
		return -1
	case at >= 0:
		return at
	case len(s.splits) < maxSplits:
		at = len(s.splits)
		p := split{value: value, row: rowID(len(d.chunks))}
		d.chunks = append(d.chunks, nil) // no plan knows it: none has to be made again
		if column >= foundedColumn {
			p.vague = rowID(len(d.chunks))
			d.chunks = append(d.chunks, nil)
		}
		s.splits = append(s.splits, p)
	default:
		at = s.oldest
		s.oldest = (s.oldest + 1) % maxSplits
		s.splits[at] = split{value: value, row: s.splits[at].row, vague: s.splits[at].vague}
		d.version.Add(1)
	}
	return at
}

// split fills the rows of a split from those of the buckets, and from the column
// for the bucket that the value lies in, and returns those that have members.
func (c *chunk) split(s *scale, column int, p *split) (filled []rowID) {
	var members, vague bitset
	all := func(rows []rowID, do func(*container, *bitset)) {
		for _, r := range rows {
			if row := c.row(r); row != nil {
				do(row, &members)
			}
		}
	}
	bucket := s.bucket(p.value)
	if bucket < len(s.cuts) {
		yes, except, more := s.cover(bucket+1, len(s.cuts))
		all(yes, (*container).addTo)
		all(except, (*container).removeFrom)
		all(more, (*container).addTo)
	}
	if row := c.row(s.fine[bucket]); row != nil {
		row.each(func(slot uint16) {
			first, last, _ := c.number(column, slot)
			switch r, ok := p.of(first, last); {
			case !ok:
			case r == p.row:
				members.add(slot)
			default:
				vague.add(slot)
			}
		})
	}
	put := func(r rowID, set *bitset) {
		c.room(r)
		if c.rows[r] = set.container(); c.rows[r].n > 0 {
			filled = append(filled, r)
		}
	}
	put(p.row, &members)
	if p.vague != 0 {
		put(p.vague, &vague)
	}
	return filled
}
