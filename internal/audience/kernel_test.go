package audience

import (
	"math/rand/v2"
	"testing"
)

// TestKernelsAgree holds what is used against plain loops and, where the
// processor has wide registers, against what is used where it has none.
func TestKernelsAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 5))
	draw := func() *bitset {
		d := new(bitset)
		for i := range d {
			switch r.IntN(4) {
			case 0:
				d[i] = r.Uint64()
			case 1:
				d[i] = r.Uint64() & r.Uint64() & r.Uint64()
			case 2:
				d[i] = ^uint64(0)
			}
		}
		if r.IntN(3) == 0 { // one bit, to find those that stop early or forget a word
			*d = bitset{}
			d.add(uint16(r.IntN(chunkSize)))
		}
		return d
	}
	for name, k := range map[string]struct {
		used, words func(d, a, b, c *bitset) bool
		plain       func(a, b, c uint64) uint64
		silent      bool // tells nothing
	}{
		"or": {
			func(d, a, b, _ *bitset) bool { d.setOr(a, b); return false },
			func(d, a, b, _ *bitset) bool { d.setOrWords(a, b); return false },
			func(a, b, _ uint64) uint64 { return a | b }, true,
		},
		"and": {
			func(d, a, b, _ *bitset) bool { return d.setAnd(a, b) },
			func(d, a, b, _ *bitset) bool { return d.setAndWords(a, b) },
			func(a, b, _ uint64) uint64 { return a & b }, false,
		},
		"and not": {
			func(d, a, b, _ *bitset) bool { return d.setAndNot(a, b) },
			func(d, a, b, _ *bitset) bool { return d.setAndNotWords(a, b) },
			func(a, b, _ uint64) uint64 { return a &^ b }, false,
		},
		"and one of two": {
			func(d, a, b, c *bitset) bool { return d.setAndOr(a, b, c) },
			func(d, a, b, c *bitset) bool { return d.setAndOrWords(a, b, c) },
			func(a, b, c uint64) uint64 { return a & (b | c) }, false,
		},
		"and none of two": {
			func(d, a, b, c *bitset) bool { return d.setAndNotOr(a, b, c) },
			func(d, a, b, c *bitset) bool { return d.setAndNotOrWords(a, b, c) },
			func(a, b, c uint64) uint64 { return a &^ (b | c) }, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			for range 200 {
				a, b, c := draw(), draw(), draw()
				var want bitset
				left := false
				for i := range want {
					want[i] = k.plain(a[i], b[i], c[i])
					left = left || want[i] != 0
				}
				left = left && !k.silent
				for _, f := range []func(d, a, b, c *bitset) bool{k.used, k.words} {
					var got bitset
					if f(&got, a, b, c) != left || got != want {
						t.Fatal("differs")
					}
					inPlace := *a
					if f(&inPlace, &inPlace, b, c) != left || inPlace != want {
						t.Fatal("differs in place")
					}
				}
			}
		})
	}
	t.Run("count", func(t *testing.T) {
		for range 200 {
			d := draw()
			want := 0
			d.each(func(uint16) { want++ })
			if d.count() != want || d.countWords() != want {
				t.Fatalf("counts %d and %d, want %d", d.count(), d.countWords(), want)
			}
		}
		full := new(bitset)
		full.addRange(0, chunkSize-1)
		if full.count() != chunkSize || full.countWords() != chunkSize {
			t.Fatalf("counts %d and %d of all", full.count(), full.countWords())
		}
	})
}

// TestCoverTakesInWhatItSays: the rows of every range of buckets hold these
// buckets and no other.
func TestCoverTakesInWhatItSays(t *testing.T) {
	d := newDictionary()
	for column := range d.scales {
		s := &d.scales[column]
		rows := map[rowID][]int{} // the buckets in each row
		for b, r := range s.fine {
			rows[r] = append(rows[r], b)
			rows[s.all] = append(rows[s.all], b)
			for _, r := range s.up[:s.climbed(b)] {
				rows[r] = append(rows[r], b)
			}
		}
		most := 0
		for from := range s.fine {
			for to := from; to < len(s.fine); to++ {
				yes, except, more := s.cover(from, to)
				held := make([]bool, len(s.fine))
				for i, part := range [][]rowID{yes, except, more} {
					for _, r := range part {
						for _, b := range rows[r] {
							held[b] = i != 1
						}
					}
				}
				for b := range held {
					if held[b] != (from <= b && b <= to) {
						t.Fatalf("%s: %d to %d: bucket %d is in: %v", numberFields[column], from, to, b, held[b])
					}
				}
				most = max(most, len(yes)+len(except)+len(more))
			}
		}
		if most > 140 {
			t.Errorf("%s: up to %d rows for a range", numberFields[column], most)
		}
	}
}
