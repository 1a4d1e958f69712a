package audience

import (
	"cmp"
	"math/rand/v2"
	"slices"

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
	dims = dims[:min(len(dims), maxDims)]
	cells := map[[maxDims]string]int{}
	x.mu.RLock()
	defer x.mu.RUnlock()
	roaring.And(set, x.all).Iterate(func(bit uint32) bool {
		p := &x.person(bit).profile
		var key [maxDims]string
		for i, d := range dims {
			key[i] = d.of(p)
		}
		cells[key]++
		return true
	})
	counts := make([]Count, 0, len(cells))
	for key, n := range cells {
		counts = append(counts, Count{Values: slices.Clone(key[:len(dims)]), N: n})
	}
	slices.SortFunc(counts, func(a, b Count) int {
		return cmp.Or(cmp.Compare(b.N, a.N), slices.Compare(a.Values, b.Values))
	})
	return counts
}

func (d Dim) of(p *domain.Profile) string {
	switch d {
	case ByKind:
		return string(p.Kind)
	case ByCounty:
		return p.Region[:min(len(p.Region), 6)]
	case ByTown:
		return p.Region[:min(len(p.Region), 9)]
	case ByIndustry:
		return p.Industry[:min(len(p.Industry), 1)]
	case BySize:
		return p.Size
	default:
		return ""
	}
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
