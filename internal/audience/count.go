package audience

import (
	"cmp"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/RoaringBitmap/roaring/v2"

	"policypush/internal/domain"
)

// Dim is a way to divide an audience for counting.
type Dim int

// The dimensions. A subscriber who does not say has the value "".
const (
	ByKind     Dim = iota + 1 // enterprise, resident
	ByCounty                  // six digits, or fewer where the profile says no more
	ByTown                    // nine digits, or fewer
	ByIndustry                // section: A … T
	BySize
)

// maxDims bounds a table's key.
const maxDims = 5

// Count is one cell of a table: the values in the order of the dimensions
// asked for, and how many subscribers share them.
type Count struct {
	Values []string
	N      int
}

// CountBy divides a set by up to five dimensions, the largest cells first.
// Subscribers that the index does not hold any more are not counted.
func (x *Index) CountBy(set *roaring.Bitmap, dims ...Dim) []Count {
	held := x.held.Load()
	held.dictionary.mu.RLock()
	defer held.dictionary.mu.RUnlock()
	t := newTable(held.dictionary, dims[:min(len(dims), maxDims)])
	chunks := *held.chunks.Load()
	var slots []*bitset
	var dense []uint64
	if large := set.GetCardinality() > uint64(held.size.Load())/largeShare; large && set.Maximum() < maxDense {
		dense = set.ToDense()
	} else {
		slots = held.slotsOf(set, chunks)
	}
	found := make([]cells, workers())
	var next atomic.Int64
	var group sync.WaitGroup
	for worker := range found {
		found[worker] = t.cells()
		group.Go(func() {
			var picked bitset
			for i := next.Add(1); i <= int64(len(chunks)); i = next.Add(1) {
				c, members := chunks[i-1], &picked
				if dense == nil {
					members = slots[i-1]
				}
				if members == nil {
					continue
				}
				c.mu.RLock()
				if dense != nil {
					c.pick(dense, &picked)
				}
				found[worker].add(t, c, members)
				c.mu.RUnlock()
			}
		})
	}
	group.Wait()
	return t.counts(found)
}

// A set that holds more than one in largeShare of all is looked up as bits, if
// its ids are below maxDense: the bits take 32 MB then.
const (
	largeShare = 16
	maxDense   = 1 << 28
)

// table divides people into cells. A dimension puts the number of a code into
// a group of a name, and the cell is the number that the groups make together,
// such that cells are in the order of the names. The last dimension comes
// first in its lists.
type table struct {
	columns []int
	shares  [][]int    // by dimension and number of a code: what its group adds to the cell
	names   [][]string // by dimension and group, in order
	size    int        // how many cells there can be
}

func newTable(d *dictionary, dims []Dim) *table {
	t := &table{size: 1}
	for _, dim := range slices.Backward(dims) {
		column, length := dim.column()
		codes := d.codes[column].codes
		names := make([]string, len(codes))
		for n, code := range codes {
			names[n] = code[:min(len(code), length)]
		}
		groups := slices.Compact(slices.Sorted(slices.Values(names)))
		shares := make([]int, len(codes))
		for n, name := range names {
			group, _ := slices.BinarySearch(groups, name)
			shares[n] = group * t.size
		}
		t.columns, t.shares, t.names = append(t.columns, column), append(t.shares, shares), append(t.names, groups)
		t.size *= len(groups)
	}
	return t
}

// column returns the column of a dimension and how much of its codes counts.
func (d Dim) column() (column, length int) {
	switch d {
	case ByKind:
		return kindColumn, math.MaxInt
	case ByCounty:
		return regionColumn, 6
	case ByTown:
		return regionColumn, 9
	case ByIndustry:
		return industryColumn, 1
	default: // BySize
		return sizeColumn, math.MaxInt
	}
}

// cells counts people by cell: in a slice, or in a map if cells are so many
// that most are empty.
type cells struct {
	few  []int
	many map[int]int
}

const fewCells = 1 << 20

func (t *table) cells() cells {
	if t.size <= fewCells {
		return cells{few: make([]int, t.size)}
	}
	return cells{many: map[int]int{}}
}

func (to *cells) add(t *table, c *chunk, slots *bitset) {
	var columns [maxDims]*codeColumn
	for i, column := range t.columns {
		columns[i] = &c.codes[column]
	}
	for i, w := range slots {
		for ; w != 0; w &= w - 1 {
			slot := i<<6 + bits.TrailingZeros64(w)
			if slot >= len(c.ids) || c.ids[slot] == 0 {
				continue
			}
			cell := 0
			for dim, shares := range t.shares {
				cell += shares[columns[dim].at(uint16(slot))]
			}
			if to.few != nil {
				to.few[cell]++
			} else {
				to.many[cell]++
			}
		}
	}
}

func (t *table) counts(found []cells) []Count {
	type cell struct{ number, n int }
	var filled []cell
	sum := found[0]
	for _, f := range found[1:] {
		for number, n := range f.few {
			sum.few[number] += n
		}
		for number, n := range f.many {
			sum.many[number] += n
		}
	}
	for number, n := range sum.few {
		if n > 0 {
			filled = append(filled, cell{number, n})
		}
	}
	for number, n := range sum.many {
		filled = append(filled, cell{number, n})
	}
	slices.SortFunc(filled, func(a, b cell) int {
		return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.number, b.number))
	})
	dims := len(t.columns)
	counts := make([]Count, len(filled))
	values := make([]string, dims*len(filled))
	for i, c := range filled {
		counts[i] = Count{Values: values[:dims:dims], N: c.n}
		values = values[dims:]
		for dim, names := range t.names {
			counts[i].Values[dims-1-dim] = names[c.number%len(names)]
			c.number /= len(names)
		}
	}
	return counts
}

// Reached is how many members of a set are reached how.
type Reached struct {
	Ways  map[domain.Way]int // a channel and how often it may be used; at most one a channel
	First int                // whose inbox comes first: only what is not read there goes out
}

// CountWays returns how many members of a set are reached how by what has some
// themes and is, at an enterprise, for some roles. Of several roles the first
// counts for which somebody has a way of its own.
func (x *Index) CountWays(set *roaring.Bitmap, themes []string, roles []domain.ContactRole) Reached {
	held := x.held.Load()
	held.dictionary.mu.RLock()
	defer held.dictionary.mu.RUnlock()
	chunks := *held.chunks.Load()
	reached := Reached{Ways: map[domain.Way]int{}}
	for i, slots := range held.slotsOf(set, chunks) {
		if slots == nil {
			continue
		}
		c := chunks[i]
		c.mu.RLock()
		w := wayCounter{chunk: c, wishes: &held.dictionary.sets[wishSet], left: *slots, reached: &reached}
		w.count(themes, roles)
		c.mu.RUnlock()
	}
	return reached
}

// wayCounter counts the members of one chunk, each once a channel.
type wayCounter struct {
	chunk   *chunk
	wishes  *setField
	left    bitset // who is not counted yet
	reached *Reached
}

func (w *wayCounter) count(themes []string, roles []domain.ContactRole) {
	first := w.take(inboxFirst)
	w.reached.First += first.count()
	var special bitset
	for _, theme := range themes {
		own := w.take(ownWish(themeWish, theme, nil))
		for i := range special {
			special[i] |= own[i]
		}
	}
	if special.count() > 0 {
		for _, channel := range domain.Outgoing() {
			rest := special
			for _, when := range []domain.Frequency{domain.Now, domain.Daily, domain.Weekly} { // the soonest of several themes counts
				way := domain.Way{Channel: channel, When: when}
				for _, theme := range themes {
					w.add(way, w.among(ownWish(themeWish, theme, &way), &rest))
				}
			}
		}
	}
	for _, role := range roles {
		own := w.take(ownWish(roleWish, string(role), nil))
		if own.count() == 0 {
			continue
		}
		for _, channel := range domain.Outgoing() {
			for _, when := range []domain.Frequency{domain.Now, domain.Daily, domain.Weekly} {
				way := domain.Way{Channel: channel, When: when}
				rest := own
				w.add(way, w.among(ownWish(roleWish, string(role), &way), &rest))
			}
		}
	}
	for _, channel := range domain.Outgoing() {
		for _, when := range []domain.Frequency{domain.Now, domain.Daily, domain.Weekly} {
			way := domain.Way{Channel: channel, When: when}
			rest := w.left
			w.add(way, w.among(wishOf(way), &rest))
		}
	}
}

func (w *wayCounter) add(way domain.Way, n int) {
	if n > 0 {
		w.reached.Ways[way] += n
	}
}

// take returns who of those left has a wish, and takes them out.
func (w *wayCounter) take(wish string) bitset {
	before := w.left
	w.among(wish, &w.left)
	for i := range before {
		before[i] &^= w.left[i]
	}
	return before
}

// among counts who of a set has a wish, and takes them out of it.
func (w *wayCounter) among(wish string, of *bitset) int {
	n, found := w.wishes.numbers[wish]
	if !found {
		return 0
	}
	row := w.chunk.row(w.wishes.rows[n])
	if row == nil {
		return 0
	}
	var members bitset
	row.addTo(&members)
	for i := range members {
		members[i] &= of[i]
		of[i] &^= members[i]
	}
	return members.count()
}

// Sample returns up to n members of a set in rising order, chosen evenly. The
// same seed chooses the same members.
func Sample(set *roaring.Bitmap, n int, seed uint64) []domain.SubscriberID {
	size := int(set.GetCardinality())
	n = min(n, size)
	if n <= 0 {
		return nil
	}
	// Floyd's sampling: n distinct ranks in n steps.
	random := rand.New(rand.NewPCG(seed, 0))
	ranks := map[int]bool{}
	for top := size - n; top < size; top++ {
		rank := random.IntN(top + 1)
		if ranks[rank] {
			rank = top
		}
		ranks[rank] = true
	}
	ids := make([]domain.SubscriberID, 0, n)
	for rank := range ranks {
		bit, err := set.Select(uint32(rank))
		if err != nil {
			continue // never: the rank is below the size
		}
		ids = append(ids, domain.SubscriberID(bit))
	}
	slices.Sort(ids)
	return ids
}
