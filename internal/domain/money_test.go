package domain

import (
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestYuan(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0元", 0.5: "0.5元", 860: "860元", 1500: "1500元", 6000: "6000元", 1234.56: "1234.56元", 9999.99: "9999.99元",
		1e4: "1万元", 25000: "2.5万元", 123400: "12.34万元", 1e6: "100万元", 12345: "12,345元", 10000.01: "10,000.01元",
		1234567.8: "1,234,567.8元", 2.5e8: "2.5亿元", 123_450_000: "12,345万元", 123_456_789: "123,456,789元", 1e13: "100,000亿元",
	} {
		if got := Yuan(v); got != want {
			t.Errorf("Yuan(%v) = %q, want %q", v, got, want)
		}
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 0.125: "0.125", 1.0 / 3: "0.3333", -0.00001: "0", -5: "-5", -12345.5: "-12,345.5", 9999: "9999", 10000: "10,000",
		999_999_999.1234: "999,999,999.1234", 9_999_999_999.12: "9,999,999,999.12",
	} {
		if got := Number(v); got != want {
			t.Errorf("Number(%v) = %q, want %q", v, got, want)
		}
	}
}

// An amount says all of itself, to the fen: nobody reads another sum than was reckoned.
func TestYuanSaysTheWholeSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := float64(rapid.Int64Range(0, 1e14).Draw(t, "fen")) / 100
		said, factor := strings.TrimSuffix(Yuan(v), "元"), 1.0
		if in, ok := strings.CutSuffix(said, "亿"); ok {
			said, factor = in, 1e8
		} else if in, ok := strings.CutSuffix(said, "万"); ok {
			said, factor = in, 1e4
		}
		n, err := strconv.ParseFloat(strings.ReplaceAll(said, ",", ""), 64)
		if back := n * factor; err != nil || strconv.FormatFloat(back, 'f', 2, 64) != strconv.FormatFloat(v, 'f', 2, 64) {
			t.Fatalf("%v is written %s, that is %v, %v", v, Yuan(v), back, err)
		}
	})
}
