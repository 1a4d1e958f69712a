package tagging

import "math"

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

// steps is how many steps are taken to fit.
const steps = 4000

// fitLogistic minimises the logistic loss by gradient steps. The weights are
// pulled to 0 with the strength of ridge, the offsets of codes, which have few
// samples each, with that of offset. The same samples in the same order give the
// same weights.
func fitLogistic(samples []sample, features int, ridge, offset float64) logistic {
	l := logistic{weights: make([]float64, features), offsets: map[string]float64{}}
	if len(samples) == 0 {
		return l
	}
	rate := 2.0 / float64(len(samples))
	for range steps {
		grad := make([]float64, features)
		base := 0.0
		codes := map[string]float64{}
		for _, s := range samples {
			z := l.base + l.offsets[s.code]
			for i, x := range s.x {
				z += l.weights[i] * x
			}
			d := 1 / (1 + math.Exp(-z))
			if s.yes {
				d--
			}
			for i, x := range s.x {
				grad[i] += d * x
			}
			base += d
			codes[s.code] += d
		}
		for i := range l.weights {
			l.weights[i] -= rate * (grad[i] + ridge*l.weights[i])
		}
		l.base -= rate * base
		for code, g := range codes {
			l.offsets[code] -= rate * (g + offset*l.offsets[code])
		}
	}
	return l
}
