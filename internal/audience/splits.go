package audience

import "slices"

// split divides a bucket at a bound that a query asked for and that is no cut:
// those in the bucket below it and those from it on are rows of their own. The
// first who asks for such a bound pays for it, and nobody is asked by the
// column again.
type split struct {
	value     int64
	bucket    int
	low, high rowID
	ready     bool // all chunks have the rows
}

// maxSplits bounds the splits of a column. A new one replaces the oldest.
const maxSplits = 48

// bound is what a split was missed for.
type bound struct {
	column int
	value  int64
}

// splitAt returns a split that can be used.
func (s *scale) splitAt(value int64) (split, bool) {
	at := slices.IndexFunc(s.splits, func(p split) bool { return p.value == value && p.ready })
	if at < 0 {
		return split{}, false
	}
	return s.splits[at], true
}

// rowsOfSplits appends the rows that a number in a bucket stands in.
func (s *scale) rowsOfSplits(rows []rowID, bucket int, n int64) []rowID {
	for i := range s.splits {
		if p := &s.splits[i]; p.bucket == bucket {
			rows = append(rows, p.side(n))
		}
	}
	return rows
}

func (p *split) side(n int64) rowID {
	if n < p.value {
		return p.low
	}
	return p.high
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
	made := d.scales[column].splits[at] // only written under the lock of changes
	for i, c := range *s.chunks.Load() {
		c.mu.Lock()
		c.split(d, column, &made)
		rows := slices.DeleteFunc([]rowID{made.low, made.high}, func(r rowID) bool { return c.row(r) == nil })
		c.mu.Unlock()
		d.markRows(i, rows)
	}
	d.mu.Lock()
	d.scales[column].splits[at].ready = true
	d.mu.Unlock()
}

// newSplit returns the place of a split that is to be filled, -1 if it is there
// already. Rows of an older one may be used again; then queries that are under
// way begin again.
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
		low := rowID(len(d.chunks))
		d.chunks = append(d.chunks, nil, nil) // no plan knows them: none has to be made again
		s.splits = append(s.splits, split{value, s.bucket(value), low, low + 1, false})
	default:
		at = s.oldest
		s.oldest = (s.oldest + 1) % maxSplits
		p := &s.splits[at]
		*p = split{value, s.bucket(value), p.low, p.high, false}
		d.version.Add(1)
	}
	return at
}

// split fills the rows of a split from the bucket.
func (c *chunk) split(d *dictionary, column int, p *split) {
	for _, r := range []rowID{p.low, p.high} {
		if int(r) < len(c.rows) {
			c.rows[r] = nil
		}
	}
	if bucket := c.row(d.scales[column].fine[p.bucket]); bucket != nil {
		bucket.each(func(slot uint16) {
			n, _, _ := c.number(column, slot)
			c.addTo(p.side(n), slot)
		})
	}
}
