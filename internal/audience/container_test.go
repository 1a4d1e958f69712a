package audience

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestContainersKeepTheirMembers: whatever the form, and from form to form,
// a container holds what was put in and not taken out.
func TestContainersKeepTheirMembers(t *testing.T) {
	forms := map[string]int{}
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 9))
		c, want := &container{}, map[uint16]bool{}
		span := []int{300, 3000, chunkSize}[r.IntN(3)]
		base := r.IntN(chunkSize - span + 1)
		for range 12 {
			first := base + r.IntN(span)
			n := r.IntN(min(span, chunkSize-first, 4000)) + 1
			adds := r.IntN(3) > 0
			for i := range n {
				v := uint16(first + i) // a run
				if n%2 == 0 {
					v = uint16(base + r.IntN(span)) // anything
				}
				if adds {
					c.add(v)
					want[v] = true
				} else {
					c.remove(v)
					delete(want, v)
				}
			}
			if r.IntN(2) == 0 && c.n > 0 { // as a chunk is built
				var s size
				c.each(func(v uint16) { s.count(int(v), int(v)+1) })
				again := s.container()
				c.each(func(v uint16) { again.fill(v, v) })
				c = &again
			}
			switch {
			case c.bits != nil:
				forms["bits"]++
			case c.runs:
				forms["runs"]++
			default:
				forms["list"]++
			}
			var set, none bitset
			c.addTo(&set)
			none = set
			c.removeFrom(&none)
			var members []uint16
			c.each(func(v uint16) { members = append(members, v) })
			if int(c.n) != len(want) || len(members) != len(want) || set.count() != len(want) || none.count() != 0 || !slices.IsSorted(members) {
				t.Fatalf("seed %d: %d members, %d walked, %d as bits, want %d", seed, c.n, len(members), set.count(), len(want))
			}
			for range 200 {
				if v := uint16(base + r.IntN(span)); c.has(v) != want[v] {
					t.Fatalf("seed %d: has(%d) is %v", seed, v, c.has(v))
				}
			}
			for _, v := range members {
				if !want[v] {
					t.Fatalf("seed %d: %d was not put in", seed, v)
				}
			}
			if bits := set.container(); bits.n != c.n || !sameMembers(&bits, members) {
				t.Fatalf("seed %d: the container of its bitset has other members", seed)
			}
		}
	}
	for _, form := range []string{"bits", "runs", "list"} {
		if forms[form] < 20 {
			t.Errorf("only %d containers were %s", forms[form], form)
		}
	}
}

func sameMembers(c *container, want []uint16) bool {
	var members []uint16
	c.each(func(v uint16) { members = append(members, v) })
	return slices.Equal(members, want)
}
