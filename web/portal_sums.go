package web

import (
	"policypush/internal/domain"
	"policypush/interpretations"
)

// sumView is the calculator of a measure: the reader's own number in, what the
// measure gives for it out. Nothing of it is kept.
type sumView struct {
	Measure domain.MeasureID
	Label   string // of the number that is asked for: 设备投资额（元）
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

func (sum *sumView) answer(b domain.Benefit, typed string) {
	sum.Asked, sum.Base = true, typed
	base, ok := yuanOf(typed)
	if !ok || base <= 0 {
		sum.Problem = "请填大于0的数字，例如" + sum.Example
		return
	}
	amount, steps, ok := interpretations.Compute(b, base)
	if !ok {
		sum.Problem = "这个数字太大，算不了，请核对"
		return
	}
	sum.Steps, sum.Gained, sum.Result = steps, interpretations.Gained(b), interpretations.Yuan(amount)
}
