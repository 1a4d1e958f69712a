package demo

import (
	"math"
	"math/rand/v2"
)

// draws is a stream of random numbers that is the same in every run.
type draws struct{ *rand.Rand }

func newDraws(stream uint64) draws { return draws{rand.New(rand.NewPCG(20261122, stream))} }

// chance is true p times in a hundred.
func (d draws) chance(p int) bool { return d.IntN(100) < p }

// lognormal draws around a median; spread is the standard deviation of the
// logarithm. Staff and revenue of real enterprises look like this.
func (d draws) lognormal(median, spread float64) float64 {
	return median * math.Exp(spread*d.NormFloat64())
}

// weighted is a value and how often it comes up.
type weighted[T any] struct {
	value  T
	weight int
}

func pick[T any](d draws, from []weighted[T]) T {
	sum := 0
	for _, w := range from {
		sum += w.weight
	}
	n := d.IntN(sum)
	for _, w := range from {
		if n -= w.weight; n < 0 {
			return w.value
		}
	}
	return from[0].value
}

// some draws up to n different values, in their order.
func some[T any](d draws, n int, from []T) []T {
	n = min(n, len(from))
	var out []T
	for i, v := range from {
		if d.IntN(len(from)-i) < n-len(out) {
			out = append(out, v)
		}
	}
	return out
}

func oneOf[T any](d draws, from []T) T { return from[d.IntN(len(from))] }
