package tagging

import (
	"math"
	"slices"
)

// sample is one decision that a person has made: what was seen, about which
// code, and whether it holds.
type sample struct {
	x    []float64
	code string
	yes  bool
}

// logistic is a weighed sum that is above 0 where a decision holds rather than
// not: the base, an offset of the code, and a weight for each feature.
type logistic struct {
	base    float64
	weights []float64
	offsets map[string]float64
}

// steps is how many steps of Newton's method are taken to fit.
const steps = 12

// fitLogistic minimises the logistic loss. The weights are pulled to 0 with the
// strength of ridge, the offsets of codes, which have few samples each, with
// that of offset. The same samples in the same order give the same weights.
func fitLogistic(samples []sample, features int, ridge, offset float64) logistic {
	codes := map[string]int{}
	for _, s := range samples {
		if _, ok := codes[s.code]; !ok {
			codes[s.code] = len(codes)
		}
	}
	base, n := features, features+1+len(codes)
	w := make([]float64, n) // weights, the base, offsets
	for range steps {
		gradient, curve := make([]float64, n), make([][]float64, n)
		for i := range curve {
			curve[i] = make([]float64, i+1)
			pull := offset
			switch {
			case i < base:
				pull = ridge
			case i == base:
				pull = 1e-6 // free, as far as there are samples
			}
			curve[i][i] = pull
			gradient[i] = pull * w[i]
		}
		for _, s := range samples {
			code := base + 1 + codes[s.code]
			z := w[base] + w[code]
			for i, x := range s.x {
				z += w[i] * x
			}
			p := 1 / (1 + math.Exp(-z))
			d, h := p, p*(1-p)
			if s.yes {
				d--
			}
			for i, x := range s.x {
				gradient[i] += d * x
				for j := range i + 1 {
					curve[i][j] += h * x * s.x[j]
				}
				curve[base][i] += h * x
				curve[code][i] += h * x
			}
			gradient[base] += d
			gradient[code] += d
			curve[base][base] += h
			curve[code][base] += h
			curve[code][code] += h
		}
		for i, step := range solve(curve, gradient) {
			w[i] -= step
		}
	}
	l := logistic{base: w[base], weights: w[:features], offsets: map[string]float64{}}
	for code, i := range codes {
		l.offsets[code] = w[base+1+i]
	}
	return l
}

// solve finds x with a·x = b for a symmetric positive definite a, of which the
// lower triangle is given, by Cholesky's decomposition. a is used up.
func solve(a [][]float64, b []float64) []float64 {
	x := slices.Clone(b)
	for i := range a {
		for j := range i + 1 {
			sum := a[i][j]
			for k := range j {
				sum -= a[i][k] * a[j][k]
			}
			if i == j {
				a[i][i] = math.Sqrt(max(sum, 1e-12))
			} else {
				a[i][j] = sum / a[j][j]
			}
		}
	}
	for i := range x {
		for k := range i {
			x[i] -= a[i][k] * x[k]
		}
		x[i] /= a[i][i]
	}
	for i := len(x) - 1; i >= 0; i-- {
		for k := i + 1; k < len(x); k++ {
			x[i] -= a[k][i] * x[k]
		}
		x[i] /= a[i][i]
	}
	return x
}
