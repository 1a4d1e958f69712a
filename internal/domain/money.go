package domain

import (
	"math"
	"strconv"
	"strings"
)

// Yuan writes an amount of money as every page, message and picture has it: 6000元,
// 1.25万元, 2.5亿元. In 万 and 亿 it has at most two decimals: what needs more is
// written out, 12,345元, fen only where there are some.
func Yuan(v float64) string {
	switch {
	case v >= 1e8 && math.Mod(v, 1e6) == 0:
		return Number(v/1e8) + "亿元"
	case v >= 1e4 && math.Mod(v, 1e2) == 0:
		return Number(v/1e4) + "万元"
	}
	return Number(math.Round(v*100)/100) + "元"
}

// Number writes a number for people, with the decimals that it has, at most four
// of them, or two from a thousand million on. From five digits on they stand in
// threes: 6000, 12,345.
func Number(v float64) string {
	decimals := 4
	if math.Abs(v) >= 1e9 {
		decimals = 2 // further ones are those of the binary fraction
	}
	whole, fraction, _ := strings.Cut(strconv.FormatFloat(v, 'f', decimals, 64), ".")
	whole, below := strings.CutPrefix(whole, "-")
	if len(whole) > 4 {
		for i := len(whole) - 3; i > 0; i -= 3 {
			whole = whole[:i] + "," + whole[i:]
		}
	}
	if fraction = strings.TrimRight(fraction, "0"); fraction != "" {
		whole += "." + fraction
	}
	if below && whole != "0" {
		return "-" + whole
	}
	return whole
}
