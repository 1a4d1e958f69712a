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

// CountWays returns how many members of a set each way reaches: a channel and
// how often it may be used. Somebody has at most one way a channel.
func (x *Index) CountWays(set *roaring.Bitmap) map[domain.Way]int {
	held := x.held.Load()
	held.dictionary.mu.RLock()
	defer held.dictionary.mu.RUnlock()
	wishes := &held.dictionary.sets[wishSet]
	chunks := *held.chunks.Load()
	counts := map[domain.Way]int{}
	var members bitset
	for i, slots := range held.slotsOf(set, chunks) {
		if slots == nil {
			continue
		}
		c := chunks[i]
		c.mu.RLock()
		for n, wish := range wishes.codes {
			row := c.row(wishes.rows[n])
			if row == nil {
				continue
			}
			var one domain.Subscription
			if addWish(&one, wish); len(one.Ways) == 0 {
				continue
			}
			members = bitset{}
			row.addTo(&members)
			for w := range members {
				members[w] &= slots[w]
			}
			if n := members.count(); n > 0 {
				counts[one.Ways[0]] += n
			}
		}
		c.mu.RUnlock()
	}
	return counts
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
