package audience

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"

	"policypush/internal/domain"
)

// Index holds the profiles and subscriptions of all subscribers. It is safe
// for concurrent use.
type Index struct {
	// Progress, if not nil, is told from time to time how far a Build is.
	Progress func(Stage)

	writing  sync.Mutex // one change at a time
	held     atomic.Pointer[state]
	progress progress
	stage    stage
}

// state is all that an index holds. Build makes a new one and puts it in place
// of the old, which readers that are under way keep until they are done.
type state struct {
	dictionary *dictionary
	words      *keywords
	chunks     atomic.Pointer[[]*chunk] // the slice is replaced when it grows
	places     places
	size       atomic.Int64
	open       map[cluster]int // the chunk where the next of a cluster goes

	moves [atOnce]move // of whoever makes changes
}

// cluster is what the people of a chunk have in common, if there are enough of
// them: queries ask for one kind, and mostly for one place.
type cluster struct {
	kind   string
	county string
}

func clusterOf(p *domain.Profile) cluster {
	return cluster{string(p.Kind), p.Region[:min(len(p.Region), 6)]}
}

// New returns an empty index.
func New() *Index {
	x := &Index{progress: newProgress()}
	x.held.Store(newState())
	return x
}

func newState() *state {
	s := &state{dictionary: newDictionary(), words: newKeywords(), open: map[cluster]int{}}
	s.chunks.Store(&[]*chunk{})
	return s
}

// Put adds a subscriber or replaces what was known. Ids outside 1 … 1<<32-1
// cannot be held and are ignored: the database gives none.
func (x *Index) Put(id domain.SubscriberID, p domain.Profile, s domain.Subscription) {
	x.change([]Change{{Row: Row{id, p, s}}})
}

// Delete forgets a subscriber.
func (x *Index) Delete(id domain.SubscriberID) {
	x.change([]Change{{Deleted: true, Row: Row{ID: id}}})
}

func (x *Index) change(changes []Change) {
	for order := x.held.Load().sorted(changes); len(order) > 0; {
		x.writing.Lock()
		done := x.held.Load().change(changes, order)
		x.writing.Unlock()
		order = order[done:]
	}
}

// Len returns how many subscribers the index holds.
func (x *Index) Len() int { return int(x.held.Load().size.Load()) }

// Has tells whether the index holds a subscriber.
func (x *Index) Has(id domain.SubscriberID) bool {
	if id < 1 || id >= 1<<32 {
		return false
	}
	_, _, ok := x.held.Load().find(uint32(id))
	return ok
}

// RowBytes returns how much memory the rows take: what queries are answered
// from, without columns and keywords.
func (x *Index) RowBytes() int {
	n := 0
	for _, c := range *x.held.Load().chunks.Load() {
		c.mu.RLock()
		n += cap(c.rows) * int(unsafe.Sizeof(container{}))
		for i := range c.rows {
			n += 2 * cap(c.rows[i].list)
			if c.rows[i].bits != nil {
				n += len(bitset{}) * 8
			}
		}
		c.mu.RUnlock()
	}
	return n
}

// Profile returns what the index holds of a subscriber, as far as it counts:
// facts that their kind cannot have, and dates that cannot be read, are
// missing. ok is false if it holds nothing.
func (x *Index) Profile(id domain.SubscriberID) (p domain.Profile, s domain.Subscription, ok bool) {
	held := x.held.Load()
	if id < 1 || id >= 1<<32 {
		return p, s, false
	}
	held.dictionary.mu.RLock()
	defer held.dictionary.mu.RUnlock()
	c, slot, ok := held.find(uint32(id))
	if !ok {
		return p, s, false
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.ids[slot] != uint32(id) {
		return p, s, false // gone meanwhile
	}
	c.fetchColumns(slot)
	var members [32]member
	f := c.facts(slot, facts{members: members[:0]})
	p, s = held.dictionary.decode(&f, held.words)
	return p, s, true
}

// find returns where a subscriber is. Unless the caller writes, they may have
// gone when the chunk is locked.
func (s *state) find(id uint32) (c *chunk, slot uint16, ok bool) {
	place, ok := s.places.of(id)
	if !ok {
		return nil, 0, false
	}
	return s.chunk(place), uint16(place), true
}

func (s *state) chunk(place uint32) *chunk { return (*s.chunks.Load())[place>>16] }

// take returns a place for somebody of a cluster: in the chunk where the last
// of them went, else in the newest chunk, else in a new one.
func (s *state) take(like cluster) uint32 {
	chunks := *s.chunks.Load()
	at, found := s.open[like]
	if !found || chunks[at].full() {
		at = len(chunks) - 1
	}
	if at < 0 || chunks[at].full() {
		at = len(chunks)
		chunks = append(slices.Clip(chunks), &chunk{})
		s.chunks.Store(&chunks)
	}
	s.open[like] = at
	c := chunks[at]
	c.mu.Lock()
	defer c.mu.Unlock()
	return uint32(at)<<16 | uint32(c.take())
}

// places says where each subscriber is: the chunk in the upper and the slot in
// the lower sixteen bits. It is read without a lock.
type places [1 << 16]atomic.Pointer[[1 << 16]atomic.Uint32]

func (p *places) of(id uint32) (place uint32, ok bool) {
	page := p[id>>16].Load()
	if page == nil {
		return 0, false
	}
	n := page[uint16(id)].Load() // counts from 1; 0 is nowhere
	return n - 1, n != 0
}

func (p *places) set(id, place uint32) { p.page(id)[uint16(id)].Store(place + 1) }

// claim is set for somebody who is nowhere yet, and false for others.
func (p *places) claim(id, place uint32) bool {
	return p.page(id)[uint16(id)].CompareAndSwap(0, place+1)
}

// page returns the page of an id, a new one if it has none.
func (p *places) page(id uint32) *[1 << 16]atomic.Uint32 {
	page := p[id>>16].Load()
	if page == nil {
		p[id>>16].CompareAndSwap(nil, new([1 << 16]atomic.Uint32))
		page = p[id>>16].Load()
	}
	return page
}

func (p *places) drop(id uint32) { p[id>>16].Load()[uint16(id)].Store(0) }

// fewChunks are answered by one worker: to wake another takes longer.
const fewChunks = 8

// each answers a plan for every chunk that can hold somebody in it. sink is
// called for the chunks where there is somebody, under their read lock, and by
// each worker for one chunk at a time.
func (s *state) each(p *plan, workers int, sink func(worker int, c *chunk, got pair)) {
	chunks := *s.chunks.Load()
	possible := p.chunks(s.dictionary)
	todo := make([]*chunk, 0, len(chunks))
	for i, c := range chunks {
		if possible == nil || i>>6 < len(possible) && possible[i>>6]>>(i&63)&1 == 1 {
			todo = append(todo, c)
		}
	}
	var next atomic.Int64
	work := func(worker int) {
		e := evaluators.Get().(*evaluator)
		defer evaluators.Put(e)
		e.begin(p)
		for i := next.Add(1); i <= int64(len(todo)); i = next.Add(1) {
			c := todo[i-1]
			c.mu.RLock()
			if got := e.relevant(e.allowed(e.run(c))); got.may != nil {
				sink(worker, c, got)
			}
			c.mu.RUnlock()
		}
	}
	var group sync.WaitGroup
	if len(todo) > fewChunks {
		for worker := 1; worker < workers; worker++ {
			group.Go(func() { work(worker) })
		}
	}
	work(0)
	group.Wait()
}

// workers is how many answer a query at once.
func workers() int { return runtime.GOMAXPROCS(0) }

// inParallel calls do for each number below n, on all cores.
func inParallel(n int, do func(i int)) {
	var next atomic.Int64
	var group sync.WaitGroup
	for range workers() {
		group.Go(func() {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				do(int(i - 1))
			}
		})
	}
	group.Wait()
}
