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
	waiting map[cluster][]facts

	mu     sync.Mutex // guards the chunks, which are made in the background
	chunks []*chunk
	group  sync.WaitGroup
	room   chan struct{} // of those that make chunks
}

func newBuilder() *builder {
	return &builder{state: newState(), waiting: map[cluster][]facts{}, room: make(chan struct{}, workers())}
}

// add takes a subscriber. Ids that cannot be held are ignored.
func (b *builder) add(r Row) {
	if r.ID < 1 || r.ID >= 1<<32 {
		return
	}
	at := clusterOf(&r.Profile)
	waiting := append(b.waiting[at], b.state.dictionary.encode(uint32(r.ID), &r.Profile, &r.Subscription, b.state.words))
	if len(waiting) == builtSlots {
		b.make(waiting)
		waiting = nil
	}
	b.waiting[at] = waiting
}

// make builds a chunk in the background.
func (b *builder) make(people []facts) {
	b.room <- struct{}{}
	b.group.Go(func() {
		defer func() { <-b.room }()
		d := b.state.dictionary
		d.mu.RLock()
		order := d.order()
		d.mu.RUnlock()
		slices.SortFunc(people, func(f, g facts) int {
			return cmp.Or(
				cmp.Compare(f.codes[kindColumn], g.codes[kindColumn]),
				cmp.Compare(order[regionColumn][f.codes[regionColumn]], order[regionColumn][g.codes[regionColumn]]),
				cmp.Compare(order[industryColumn][f.codes[industryColumn]], order[industryColumn][g.codes[industryColumn]]),
				cmp.Compare(f.id, g.id),
			)
		})
		c := newChunk(d, people)
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
	var shared []facts
	for _, at := range clusters {
		shared = append(shared, b.waiting[at]...)
		b.waiting[at] = nil
		for len(shared) >= builtSlots {
			b.make(shared[:builtSlots:builtSlots])
			shared = shared[builtSlots:]
		}
	}
	if len(shared) > 0 {
		b.make(shared)
	}
	b.group.Wait()
	b.state.adopt(b.chunks)
	return b.state
}

// order returns, for the columns that people are sorted by, the rank of each
// number: numbers are given in the order in which codes were first seen.
func (d *dictionary) order() [len(codeFields)][]int {
	var ranks [len(codeFields)][]int
	for _, column := range []int{regionColumn, industryColumn} {
		codes := slices.Sorted(slices.Values(d.codes[column].codes))
		for _, code := range d.codes[column].codes {
			rank, _ := slices.BinarySearch(codes, code)
			ranks[column] = append(ranks[column], rank)
		}
	}
	return ranks
}

// adopt takes chunks into an empty state.
func (s *state) adopt(chunks []*chunk) {
	// Chunks are made in any order; the same people get the same places.
	slices.SortFunc(chunks, func(a, b *chunk) int { return slices.Compare(a.ids[:min(len(a.ids), 1)], b.ids[:min(len(b.ids), 1)]) })
	s.chunks.Store(&chunks)
	for i, c := range chunks {
		s.dictionary.markRows(i, c.occupied())
		for slot, id := range c.ids {
			if id == 0 {
				continue
			}
			if _, twice := s.places.of(id); twice { // by a walk that a change overtook
				s.change(uint32(i)<<16|uint32(slot), true, nil)
				continue
			}
			s.places.set(id, uint32(i)<<16|uint32(slot))
			s.size.Add(1)
			if slot == 0 { // one stands for all: chunks are of one cluster, or of the small ones
				f := c.columns(0, nil)
				p, _ := s.dictionary.decode(&f, s.words)
				s.open[clusterOf(&p)] = i
			}
		}
	}
}
