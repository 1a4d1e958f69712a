package interpretations

import (
	"math"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"policypush/internal/domain"
)

func TestCompute(t *testing.T) {
	for name, tt := range map[string]struct {
		benefit domain.Benefit
		base    float64
		want    float64
		ok      bool
	}{
		"a rate below its cap":               {domain.Benefit{Rate: 0.15, Cap: 1_000_000}, 4_000_000, 600_000, true},
		"a rate over its cap":                {domain.Benefit{Rate: 0.15, Cap: 1_000_000}, 9_000_000, 1_000_000, true},
		"a rate without a cap":               {domain.Benefit{Rate: 0.5}, 1234.57, 617.29, true},
		"half a fen is rounded up":           {domain.Benefit{Rate: 0.5}, 0.01, 0.01, true},
		"binary fractions do not show":       {domain.Benefit{Rate: 0.07}, 100.5, 7.04, true}, // 7.035, a shade less in binary
		"a fee rate lowered gives the rest":  {domain.Benefit{Rate: 0.005, FromRate: 0.01}, 200_000, 1000, true},
		"a subsidy raised gives the new":     {domain.Benefit{Rate: 0.3, FromRate: 0.2}, 600_000, 180_000, true},
		"a single amount ignores the base":   {domain.Benefit{Amount: 5000, Once: true}, 3, 5000, true},
		"an amount per unit multiplies":      {domain.Benefit{Amount: 300, Unit: "人·月"}, 12, 3600, true},
		"an amount per unit and its cap":     {domain.Benefit{Amount: 1500, Unit: "人", Cap: 20000}, 30, 20000, true},
		"half a tax is not paid":             {domain.Benefit{Kind: "B02", Rate: 0.5, Text: "减半征收房产税"}, 10_000, 5000, true},
		"what is still paid is not given":    {domain.Benefit{Kind: "B02", Rate: 0.01, Text: "小规模纳税人减按1%征收率征收增值税"}, 10_000, 0, false},
		"nor is the share that is taxed":     {domain.Benefit{Kind: "B02", Rate: 0.25, Base: "应纳税所得额", Text: "减按25%计入应纳税所得额"}, 10_000, 0, false},
		"nor is it where its words are cut":  {domain.Benefit{Kind: "B02", Rate: 0.01, Remains: true, Text: "增值税小规模纳税人适用3%征收率的应税销售收入"}, 10_000, 0, false},
		"nor a lowered rate by itself":       {domain.Benefit{Kind: "B03", Rate: 0.005}, 10_000, 0, false},
		"nor what income is left out":        {domain.Benefit{Kind: "B04", Rate: 1, Base: "研发费用"}, 10_000, 0, false},
		"tiers are for a person to choose":   {domain.Benefit{Amount: 5000, Tiers: []float64{5000, 10000}}, 1, 0, false},
		"nothing said, nothing given":        {domain.Benefit{Text: "优先办理"}, 1, 0, false},
		"a base that is no number":           {domain.Benefit{Rate: 0.1}, math.NaN(), 0, false},
		"an infinite base":                   {domain.Benefit{Rate: 0.1}, math.Inf(1), 0, false},
		"a base below nought":                {domain.Benefit{Rate: 0.1}, -1, 0, false},
		"a benefit that is no number either": {domain.Benefit{Rate: math.NaN()}, 1, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, steps, ok := Compute(tt.benefit, tt.base)
			if got != tt.want || ok != tt.ok || ok == (len(steps) == 0) {
				t.Errorf("Compute = %v, %v, %v; want %v, %v", got, steps, ok, tt.want, tt.ok)
			}
		})
	}
}

func TestGainedSaysWhoPays(t *testing.T) {
	for want, benefits := range map[string][]domain.Benefit{
		"可得":  {{Kind: "B09", Rate: 0.3}, {Kind: "B07", Rate: 0.6}, {Kind: "B09", Rate: 0.3, FromRate: 0.2}},
		"可少缴": {{Kind: "B02", Rate: 0.5}, {Kind: "B14", Rate: 0.5}, {Rate: 0.005, FromRate: 0.01}},
	} {
		for _, b := range benefits {
			if got := Gained(b); got != want {
				t.Errorf("Gained(%+v) = %s, want %s", b, got, want)
			}
		}
	}
}

// Sums of money are those of whole fen and hundredths of a percent.
func TestComputeIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.Int64Range(1, 10_000).Draw(t, "rate in 1/10000")
		base := rapid.Int64Range(0, 1_000_000_000_00).Draw(t, "base in fen")
		limit := rapid.Int64Range(0, 10_000_000_00).Draw(t, "cap in fen")
		want := (base*rate + 5000) / 10_000
		if limit > 0 {
			want = min(want, limit)
		}
		got, _, ok := Compute(domain.Benefit{Rate: float64(rate) / 10_000, Cap: float64(limit) / 100}, float64(base)/100)
		if !ok || strconv.FormatFloat(got*100, 'f', 0, 64) != strconv.FormatInt(want, 10) {
			t.Fatalf("Compute = %v fen, %v; want %d", got*100, ok, want)
		}
	})
}
