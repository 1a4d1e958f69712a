package web

import (
	"strings"

	"policypush/internal/domain"
	"policypush/interpretations"
)

// sumView is the calculator of a measure: the reader's own number in, what the
// measure gives for it out. Nothing of it is kept.
type sumView struct {
	Measure domain.MeasureID
	Label   string // of the number that is asked for: 设备投资额（元）
	Hint    string // how to come by it, or ""
	Example string
	Base    string // as typed
	Asked   bool   // it is this one that was asked
	Problem string
	Steps   []interpretations.Step
	Gained  string // what the result is called
	Result  string
}

// addSums gives each measure that can be reckoned its calculator, and answers
// the one that was asked.
func (v *policyView) addSums(asked, typed string) {
	for i := range v.Policy.Measures {
		m := &v.Policy.Measures[i]
		b := m.Benefit
		perUnit := b.Amount > 0 && b.Unit != "" && b.Rate == 0
		if _, _, ok := interpretations.Compute(b, 1); !ok || b.Rate == 0 && !perUnit {
			continue // a single sum needs no reckoning
		}
		sum := &sumView{Measure: m.ID, Label: "数量（" + b.Unit + "）", Example: "3"}
		if of := strings.Split(b.Unit, "·"); len(of) == 2 {
			sum.Label, sum.Example = of[0]+"数乘以"+of[1]+"数", "24"
			sum.Hint = "例如2乘以12，可以写2×12，也可以写24"
		}
		if !perUnit {
			sum.Label, sum.Example = "金额（元）", "120万"
			if b.Base != "" {
				sum.Label = b.Base + "（元）"
			}
		}
		if asked == string(m.ID) {
			sum.answer(b, typed)
		}
		v.Measures[i].Sum = sum
	}
}

// baseOf reads a base as people write it: 3万, and of what is counted also 3人 and
// 2人×12个月.
func baseOf(typed string, b domain.Benefit) (float64, bool) {
	if b.Unit == "" || b.Rate > 0 {
		return yuanOf(typed)
	}
	parts, base := strings.FieldsFunc(halfWidth(typed), func(r rune) bool { return strings.ContainsRune("×xX*", r) }), 1.0
	for _, part := range parts {
		part = strings.TrimSpace(part)
		for _, of := range strings.Split(b.Unit, "·") {
			part = strings.TrimSuffix(strings.TrimSuffix(part, of), "个")
		}
		n, ok := yuanOf(part)
		if !ok || part == "" {
			return 0, false
		}
		base *= n
	}
	return base, len(parts) > 0
}

func (sum *sumView) answer(b domain.Benefit, typed string) {
	sum.Asked, sum.Base = true, typed
	base, ok := baseOf(typed, b)
	if !ok || base <= 0 {
		sum.Problem = "请填大于0的数字，例如" + sum.Example
		return
	}
	amount, steps, ok := interpretations.Compute(b, base)
	if !ok {
		sum.Problem = "这个数字太大，算不了，请核对"
		return
	}
	sum.Steps, sum.Gained, sum.Result = steps, interpretations.Gained(b), domain.Yuan(amount)
}
