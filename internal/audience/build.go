package audience

import (
	"cmp"
	"slices"
	"sync"
)

// builder fills a state with many subscribers at once. People of one kind and
// county are gathered until they make a chunk; within it they are put in the
// order of town and industry, so that the members of a row are neighbours.
// What is left in the end shares chunks, cluster after cluster.
type builder struct {
	state   *state
	waiting map[cluster]*gathering
	facts   facts // of whoever comes; its lists are used again

	mu     sync.Mutex // guards the chunks, which are made in the background
	chunks []*chunk
	group  sync.WaitGroup
	room   chan struct{} // of those that make chunks
}

// gathering are people who wait for their chunk, in the order in which they
// came. They have columns already, and no rows yet.
type gathering struct {
	chunk
	held []holder
}

// holder is a slot that holds a keyword.
type holder struct {
	word uint32
	slot uint16
}

func newBuilder() *builder {
	return &builder{state: newState(), waiting: map[cluster]*gathering{}, room: make(chan struct{}, workers())}
}

// add takes a subscriber. Ids that cannot be held are ignored.
func (b *builder) add(r Row) {
	if r.ID < 1 || r.ID >= 1<<32 {
		return
	}
	at := clusterOf(&r.Profile)
	b.state.dictionary.encode(&b.facts, uint32(r.ID), &r.Profile, &r.Subscription, b.state.words)
	b.waiting[at] = b.gather(b.waiting[at], &b.facts)
}

// gather adds somebody to a gathering, nil for a new one. It returns nil when
// they make a chunk.
func (b *builder) gather(g *gathering, f *facts) *gathering {
	if g == nil {
		g = &gathering{}
	}
	slot := g.take()
	g.write(slot, f)
	for _, w := range f.words {
		g.held = append(g.held, holder{w, slot})
	}
	if len(g.ids) < builtSlots {
		return g
	}
	b.make(g)
	return nil
}

// make builds a chunk in the background.
func (b *builder) make(g *gathering) {
	b.room <- struct{}{}
	b.group.Go(func() {
		defer func() { <-b.room }()
		c := g.settle(b.state.dictionary)
		b.mu.Lock()
		b.chunks = append(b.chunks, c)
		b.mu.Unlock()
	})
}

// finish returns the state, which is complete.
func (b *builder) finish() *state {
	clusters := make([]cluster, 0, len(b.waiting))
	for at := range b.waiting {
		clusters = append(clusters, at)
	}
	slices.SortFunc(clusters, func(a, b cluster) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.county, b.county))
	})
	var shared *gathering
	for _, at := range clusters {
		shared = b.merge(shared, b.waiting[at])
		b.waiting[at] = nil
	}
	if shared != nil {
		b.make(shared)
	}
	b.group.Wait()
	b.state.adopt(b.chunks)
	return b.state
}

// merge moves everybody of a gathering into another.
func (b *builder) merge(shared, g *gathering) *gathering {
	if shared == nil || g == nil {
		return cmp.Or(shared, g)
	}
	held := g.held
	for i := range g.ids {
		slot := uint16(i)
		f := g.columns(slot, b.facts.members)
		f.words = b.facts.words[:0]
		for ; len(held) > 0 && held[0].slot == slot; held = held[1:] {
			f.words = append(f.words, held[0].word)
		}
		b.facts = f
		shared = b.gather(shared, &f)
	}
	return shared
}

// settle makes a chunk in which neighbours are alike.
func (g *gathering) settle(d *dictionary) *chunk {
	d.mu.RLock()
	defer d.mu.RUnlock()
	order := g.order(d)
	c := &chunk{ids: pick(g.ids, order, 0)}
	for i := range c.codes {
		c.codes[i] = codeColumn{pick(g.codes[i].bytes, order, 0), pick(g.codes[i].words, order, 0)}
	}
	for i := range c.numbers {
		c.numbers[i] = pick(g.numbers[i], order, noNumber)
	}
	for i := range c.sets {
		c.sets[i] = setColumn{g.sets[i].width, make([]byte, g.sets[i].width*len(order))}
		for slot, from := range order {
			copy(c.sets[i].of(uint16(slot)), g.sets[i].of(from))
		}
	}
	places := make([]uint16, len(order)) // where each slot went
	for slot, from := range order {
		places[from] = uint16(slot)
	}
	for at, n := range g.far {
		if c.far == nil {
			c.far = make(map[farSlot]int64, len(g.far))
		}
		c.far[farSlot{at.column, places[at.slot]}] = n
	}
	for i := range g.held {
		g.held[i].slot = places[g.held[i].slot]
	}
	c.words.fill(g.held)
	c.derive(d)
	return c
}

// order returns the slots by kind, town, industry and id.
func (g *gathering) order(d *dictionary) []uint16 {
	type place struct {
		key  uint64
		id   uint32
		slot uint16
	}
	regions, industries := d.ranks(regionColumn), d.ranks(industryColumn)
	places := make([]place, len(g.ids))
	for i, id := range g.ids {
		slot := uint16(i)
		kind, region, industry := g.codes[kindColumn].at(slot), g.codes[regionColumn].at(slot), g.codes[industryColumn].at(slot)
		places[i] = place{uint64(kind)<<32 | regions[region]<<16 | industries[industry], id, slot}
	}
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.id, b.id))
	})
	order := make([]uint16, len(places))
	for i := range places {
		order[i] = places[i].slot
	}
	return order
}

// pick returns the elements of a column in an order; those beyond its end are
// none.
func pick[T any](column []T, order []uint16, none T) []T {
	if len(column) == 0 {
		return nil
	}
	picked := make([]T, len(order))
	for i, slot := range order {
		if int(slot) < len(column) {
			picked[i] = column[slot]
		} else {
			picked[i] = none
		}
	}
	return picked
}

// ranks returns the rank of each number of a column among its codes: numbers
// are given in the order in which codes were first seen.
func (d *dictionary) ranks(column int) []uint64 {
	codes := d.codes[column].codes
	sorted := slices.Sorted(slices.Values(codes))
	ranks := make([]uint64, len(codes))
	for n, code := range codes {
		rank, _ := slices.BinarySearch(sorted, code)
		ranks[n] = uint64(rank)
	}
	return ranks
}

// adopt takes chunks into an empty state.
func (s *state) adopt(chunks []*chunk) {
	// Chunks are made in any order; the same people get the same places.
	slices.SortFunc(chunks, func(a, b *chunk) int { return slices.Compare(a.ids[:min(len(a.ids), 1)], b.ids[:min(len(b.ids), 1)]) })
	s.chunks.Store(&chunks)
	var mu sync.Mutex
	var again []uint32 // places of people who are there twice, by a walk that a change overtook
	inParallel(len(chunks), func(i int) {
		c := chunks[i]
		s.dictionary.markRows(i, c.occupied())
		for slot, id := range c.ids {
			if id == 0 {
				continue
			}
			if place := uint32(i)<<16 | uint32(slot); !s.places.claim(id, place) {
				mu.Lock()
				again = append(again, place)
				mu.Unlock()
			}
		}
		s.size.Add(int64(c.live.n))
	})
	for i, c := range chunks {
		if len(c.ids) > 0 && c.ids[0] != 0 { // one stands for all: chunks are of one cluster, or of the small ones
			f := c.columns(0, nil)
			p, _ := s.dictionary.decode(&f, s.words)
			s.open[clusterOf(&p)] = i
		}
	}
	for _, place := range again {
		s.evict(place)
		s.size.Add(-1)
	}
}
