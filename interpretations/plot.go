package interpretations

import (
	"fmt"
	"math"
	"strings"

	"policypush/internal/domain"
)

// plot is a line chart in a box of 360 by 190, in SVG's own numbers. Up to
// eight points whose values have room are labelled directly and the axis of
// values is dropped.
type plot struct {
	Words  string // the figures in words, for those who do not see the line
	Grid   []gridLine
	Ticks  []label
	Values []label
	Dots   []label
	Line   string
	Area   string
}

type gridLine struct{ X1, X2, Y string }

type label struct{ X, Y, Anchor, Text string }

const (
	plotWidth  = 360.0
	plotHeight = 190.0
	plotFoot   = 28.0
	tickSize   = 13.0 // of the letters, as ui.css has them
	valueSize  = 14.0
	direct     = 8  // so many points are labelled directly
	longest    = 12 // characters of a label; the table below has the rest
)

func (c *Chart) plot() *plot {
	n := len(c.Points)
	most, whole := 0.0, true
	values, labels := make([]string, n), make([]string, n)
	for i, p := range c.Points {
		most, whole = max(most, p.Value), whole && p.Value == math.Trunc(p.Value)
		values[i], labels[i] = domain.Number(p.Value), cut(p.Label, longest)
	}
	step := niceStep(most / 4)
	for whole && step != math.Trunc(step) { // no half of what is counted
		step = niceStep(step * 1.01)
	}
	top := max(math.Ceil(most/step), 1) * step
	left, right, head := 26.0, 34.0, 26.0
	x := func(i int) float64 { return left + (plotWidth-left-right)*float64(i)/float64(max(1, n-1)) }
	labelled := n <= direct && everyFitting(values, valueSize, x) == 1
	if !labelled {
		left, right, head = 12, 14, 18
		for v := 0.0; v < top+step/2; v += step {
			left = max(left, 12+room(domain.Number(v), tickSize))
		}
	}
	every := everyFitting(labels, tickSize, x)
	y := func(v float64) float64 {
		height := plotHeight - head - plotFoot
		return head + height - v/top*height
	}

	var words []string
	var line strings.Builder
	p := &plot{}
	for i, point := range c.Points {
		words = append(words, point.Label+values[i]+c.Unit)
		command := "L"
		if i == 0 {
			command = "M"
		}
		fmt.Fprintf(&line, "%s%.1f %.1f", command, x(i), y(point.Value))
		if labelled || i == n-1 {
			p.Dots = append(p.Dots, label{X: coord(x(i)), Y: coord(y(point.Value))})
		}
		if labelled {
			p.Values = append(p.Values, label{X: coord(inside(x(i), values[i], valueSize)), Y: coord(y(point.Value) - 10), Text: values[i]})
		}
		if i%every == 0 {
			p.Ticks = append(p.Ticks, label{X: coord(inside(x(i), labels[i], tickSize)), Y: coord(plotHeight - 8), Anchor: "middle", Text: labels[i]})
		}
	}
	p.Words = "折线图：" + strings.Join(words, "，") + "。"
	p.Line = line.String()
	p.Area = fmt.Sprintf("%sL%.1f %.1fL%.1f %.1fZ", p.Line, x(n-1), y(0), x(0), y(0))
	if labelled {
		p.Grid = []gridLine{{coord(left - 10), coord(plotWidth - right + 10), coord(y(0))}}
		return p
	}
	for i := range int(math.Round(top/step)) + 1 {
		v := float64(i) * step
		p.Grid = append(p.Grid, gridLine{coord(left), coord(plotWidth - right), coord(y(v))})
		p.Ticks = append(p.Ticks, label{X: coord(left - 6), Y: coord(y(v) + 4), Anchor: "end", Text: domain.Number(v)})
	}
	return p
}

// everyFitting is the least number of points of which one is labelled, so that no
// label lies on the next.
func everyFitting(labels []string, size float64, x func(int) float64) int {
	const between = 4.0
	for every := 1; every < len(labels); every++ {
		end, fits := -between, true
		for i := 0; i < len(labels); i += every {
			half := room(labels[i], size) / 2
			at := inside(x(i), labels[i], size)
			fits = fits && at-half >= end+between
			end = at + half
		}
		if fits {
			return every
		}
	}
	return len(labels)
}

// inside is where a label at x is centred, so that it is not cut off at the edge.
func inside(x float64, text string, size float64) float64 {
	half := room(text, size) / 2
	return max(half, min(x, plotWidth-half))
}

// room is how wide a text is about, in letters of a size.
func room(text string, size float64) float64 {
	ems := 0.0
	for _, r := range text {
		if r < 0x2e80 {
			ems += 0.6
		} else {
			ems++
		}
	}
	return ems * size
}

func coord(v float64) string { return fmt.Sprintf("%.1f", v) }

// niceStep returns the next larger of 1, 2, 2.5 and 5 times a power of ten.
func niceStep(x float64) float64 {
	if x <= 0 {
		return 1
	}
	p := math.Pow(10, math.Floor(math.Log10(x)))
	for _, m := range []float64{1, 2, 2.5, 5} {
		if x <= m*p {
			return m * p
		}
	}
	return 10 * p
}
