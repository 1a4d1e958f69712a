package audience

import (
	"cmp"
	"math"
	"slices"
)

// atOnce is how many subscribers are changed side by side. Nearly all of the
// time of a change is waiting for memory: for what the columns say of a slot,
// and for where it stands in rows. So all of that is fetched beforehand, and
// comes while the changes of others are worked out.
const atOnce = 16

// move takes a subscriber from what was known of them to what is. Its lists are
// used again.
type move struct {
	row           *Row // of the change
	id            uint32
	place         uint32
	known         bool // there is somebody in the place
	gone          bool // nobody is left there
	before, after facts
	drop, add     []rowID // the rows that they leave and enter
}

// sorted returns where changes are to be found, in the order of places: who is
// in one chunk comes one after the other, for they share what is in the caches.
// The changes of one subscriber keep their order.
func (s *state) sorted(changes []Change) []uint32 {
	type at struct{ place, number uint32 }
	all := make([]at, 0, len(changes))
	for i := range changes {
		if id := changes[i].Row.ID; id >= 1 && id < 1<<32 {
			place, known := s.places.of(uint32(id))
			if !known {
				place = math.MaxUint32
			}
			all = append(all, at{place, uint32(i)})
		}
	}
	slices.SortFunc(all, func(a, b at) int {
		return cmp.Or(cmp.Compare(a.place, b.place), cmp.Compare(a.number, b.number))
	})
	order := make([]uint32, len(all))
	for i := range all {
		order[i] = all[i].number
	}
	return order
}

// change makes the first few changes and returns how many. Audiences are
// evaluated in between: a chunk is locked for one subscriber at a time.
func (s *state) change(changes []Change, order []uint32) int {
	moves := s.moves[:0]
	for _, i := range order[:min(atOnce, len(order))] {
		c := &changes[i]
		if isMoving(moves, uint32(c.Row.ID)) {
			break // their second change waits for the first
		}
		moves = moves[:len(moves)+1]
		s.begin(&moves[len(moves)-1], c)
	}
	for i := range moves {
		s.prepare(&moves[i])
	}
	for i := range moves {
		s.finish(&moves[i])
	}
	return len(moves)
}

func isMoving(moves []move, id uint32) bool {
	for i := range moves {
		if moves[i].id == id {
			return true
		}
	}
	return false
}

// begin finds out where a subscriber is.
func (s *state) begin(m *move, c *Change) {
	m.row, m.id, m.gone = &c.Row, uint32(c.Row.ID), c.Deleted
	m.place, m.known = s.places.of(m.id)
	if m.known {
		s.chunk(m.place).fetchColumns(uint16(m.place))
	}
}

// prepare works out what is to be done.
func (s *state) prepare(m *move) {
	if m.gone && !m.known {
		return
	}
	if !m.gone {
		s.dictionary.encode(&m.after, m.id, &m.row.Profile, &m.row.Subscription, s.words)
	}
	if !m.known {
		m.place = s.take(clusterOf(&m.row.Profile))
	}
	s.compare(m)
}

// compare finds the rows that somebody leaves and enters.
func (s *state) compare(m *move) {
	c, slot := s.chunk(m.place), uint16(m.place)
	if m.known {
		m.before = c.facts(slot, m.before) // nobody else writes, so that no lock is needed
	}
	s.dictionary.mu.RLock()
	s.dictionary.compare(m)
	s.dictionary.mu.RUnlock()
	s.dictionary.markRows(int(m.place>>16), m.add)
	c.fetchRows(slot, m)
}

// finish makes a change. The chunk is locked no longer than it is written.
func (s *state) finish(m *move) {
	if m.gone && !m.known {
		return
	}
	s.write(m)
	switch {
	case m.gone:
		s.places.drop(m.id)
		s.size.Add(-1)
	case !m.known:
		s.places.set(m.id, m.place)
		s.size.Add(1)
	}
}

func (s *state) write(m *move) {
	c := s.chunk(m.place)
	c.mu.Lock()
	c.put(uint16(m.place), m)
	c.mu.Unlock()
	if m.known {
		for _, w := range m.before.words {
			s.words.release(w)
		}
	}
}

// evict takes somebody out of a place that is not theirs.
func (s *state) evict(place uint32) {
	m := &s.moves[0]
	m.place, m.known, m.gone = place, true, true
	s.compare(m)
	s.write(m)
}

// compare sets the rows that somebody leaves and enters. What did not change
// costs nothing. The caller holds the read lock.
func (d *dictionary) compare(m *move) {
	m.drop, m.add = m.drop[:0], m.add[:0]
	var buffers [2][64]rowID
	was, is := buffers[0][:0], buffers[1][:0]
	turn := func() {
		m.drop = appendMissing(m.drop, was, is)
		m.add = appendMissing(m.add, is, was)
		was, is = was[:0], is[:0]
	}
	before, after := &m.before, &m.after
	sameKind := m.known && !m.gone && before.codes[kindColumn] == after.codes[kindColumn]
	for column := range codeFields {
		if sameKind && before.codes[column] == after.codes[column] {
			continue
		}
		if m.known {
			was = d.rowsOfCode(was, before, column)
		}
		if !m.gone {
			is = d.rowsOfCode(is, after, column)
		}
		turn()
	}
	for column := range numberFields {
		if sameKind && before.known>>column&1 == after.known>>column&1 && before.numbers[column] == after.numbers[column] {
			continue
		}
		from, to := 0, 0 // how many steps they stand on
		if m.known {
			bucket := d.bucketOf(before, column)
			was = d.rowsOfNumber(was, before, column, bucket)
			from = d.scales[column].climbed(bucket)
		}
		if !m.gone {
			bucket := d.bucketOf(after, column)
			is = d.rowsOfNumber(is, after, column, bucket)
			to = d.scales[column].climbed(bucket)
		}
		turn()
		up := d.scales[column].up
		m.add = append(m.add, up[min(from, to):to]...)
		m.drop = append(m.drop, up[min(from, to):from]...)
	}
	if m.known {
		was = d.rowsOfSets(was, before)
	}
	if !m.gone {
		is = d.rowsOfSets(is, after)
	}
	turn()
}

// appendMissing appends what is in a and not in b.
func appendMissing(list, a, b []rowID) []rowID {
	for _, r := range a {
		if !slices.Contains(b, r) {
			list = append(list, r)
		}
	}
	return list
}
