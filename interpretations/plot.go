package interpretations

import (
	"fmt"
	"math"
	"strings"
)

// plot is a line chart in a box of 360 by 190, in SVG's own numbers. Up to
// eight points are labelled directly and the axis of values is dropped.
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
	direct     = 8 // so many points are labelled directly
)

func (c *Chart) plot() *plot {
	n := len(c.Points)
	left, right, head := 40.0, 14.0, 18.0
	if n <= direct {
		left, right, head = 26, 34, 26
	}
	most := 0.0
	for _, p := range c.Points {
		most = max(most, p.Value)
	}
	step := niceStep(most / 4)
	top := max(math.Ceil(most/step), 1) * step
	x := func(i int) float64 { return left + (plotWidth-left-right)*float64(i)/max(1, float64(n-1)) }
	y := func(v float64) float64 {
		height := plotHeight - head - plotFoot
		return head + height - v/top*height
	}

	var words []string
	var line strings.Builder
	p := &plot{}
	for i, point := range c.Points {
		words = append(words, point.Label+number(point.Value)+c.Unit)
		command := "L"
		if i == 0 {
			command = "M"
		}
		fmt.Fprintf(&line, "%s%.1f %.1f", command, x(i), y(point.Value))
		if n <= direct || i == n-1 {
			p.Dots = append(p.Dots, label{X: coord(x(i)), Y: coord(y(point.Value))})
		}
		if n <= direct {
			p.Values = append(p.Values, label{X: coord(x(i)), Y: coord(y(point.Value) - 10), Text: number(point.Value)})
		}
		if n <= direct || i%2 == 0 {
			p.Ticks = append(p.Ticks, label{X: coord(x(i)), Y: coord(plotHeight - 8), Anchor: "middle", Text: point.Label})
		}
	}
	p.Words = "折线图：" + strings.Join(words, "，") + "。"
	p.Line = line.String()
	p.Area = fmt.Sprintf("%sL%.1f %.1fL%.1f %.1fZ", p.Line, x(n-1), y(0), x(0), y(0))
	if n <= direct {
		p.Grid = []gridLine{{coord(left - 10), coord(plotWidth - right + 10), coord(y(0))}}
		return p
	}
	for i := range int(math.Round(top/step)) + 1 {
		v := float64(i) * step
		p.Grid = append(p.Grid, gridLine{coord(left), coord(plotWidth - right), coord(y(v))})
		p.Ticks = append(p.Ticks, label{X: coord(left - 6), Y: coord(y(v) + 4), Anchor: "end", Text: number(v)})
	}
	return p
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
