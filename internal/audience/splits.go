package audience

import "slices"

// split is a row of everybody whose number is at least a value that a query
// asked for: a step that was not foreseen. The first who asks for the bound
// pays for it; from then on an interval between such bounds is the difference
// of two rows, and nobody is asked by the column.
type split struct {
	value int64
	row   rowID
	ready bool // all chunks have the row
}

// maxSplits bounds the splits of a column. A new one replaces the oldest.
const maxSplits = 24

// bound is what a split was missed for.
type bound struct {
	column int
	value  int64
}

// least returns the row of everybody whose number is at least a value, if there
// is one.
func (s *scale) least(value int64) (rowID, bool) {
	if bucket := s.bucket(value); bucket > 0 && s.cuts[bucket-1] == value {
		if i, found := slices.BinarySearch(s.steps, bucket); found {
			return s.up[i], true
		}
	}
	at := slices.IndexFunc(s.splits, func(p split) bool { return p.value == value && p.ready })
	if at < 0 {
		return 0, false
	}
	return s.splits[at].row, true
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
	row := d.scales[column].splits[at].row // only written by who holds off changes
	for i, c := range *s.chunks.Load() {
		c.mu.Lock()
		c.split(&d.scales[column], column, value, row)
		empty := c.row(row) == nil
		c.mu.Unlock()
		if !empty {
			d.markRows(i, []rowID{row})
		}
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
		s.splits = append(s.splits, split{value: value, row: rowID(len(d.chunks))})
		d.chunks = append(d.chunks, nil) // no plan knows it: none has to be made again
	default:
		at = s.oldest
		s.oldest = (s.oldest + 1) % maxSplits
		s.splits[at] = split{value: value, row: s.splits[at].row}
		d.version.Add(1)
	}
	return at
}

// split fills the row of a split from those of the buckets, and from the column
// for the bucket that the value lies in.
func (c *chunk) split(s *scale, column int, value int64, r rowID) {
	var members bitset
	all := func(rows []rowID, do func(*container, *bitset)) {
		for _, r := range rows {
			if row := c.row(r); row != nil {
				do(row, &members)
			}
		}
	}
	bucket := s.bucket(value)
	if bucket < len(s.cuts) {
		yes, except, more := s.cover(bucket+1, len(s.cuts))
		all(yes, (*container).addTo)
		all(except, (*container).removeFrom)
		all(more, (*container).addTo)
	}
	if row := c.row(s.fine[bucket]); row != nil {
		row.each(func(slot uint16) {
			if n, _, _ := c.number(column, slot); n >= value {
				members.add(slot)
			}
		})
	}
	c.room(r)
	c.rows[r] = members.container()
}
