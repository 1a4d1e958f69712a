package interpretations

import (
	"math"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"policypush/internal/domain"
)

// Compute reckons what a benefit gives for a base, in yuan rounded half up to
// the fen, with the lines of the reckoning. The base is yuan for a rate and a
// count of units for an amount that is paid per unit (3 人·月); a single
// amount ignores it. It answers false where the benefit says too little: no
// rate and no amount, a rate that is not given (see Benefit.Gives), or tiers
// that only a person can choose from.
func Compute(b domain.Benefit, base float64) (float64, []Step, bool) {
	if !usable(base, b.Rate, b.FromRate, b.Amount, b.Cap) {
		return 0, nil, false
	}
	var steps []Step
	sum := new(big.Rat)
	switch {
	case b.Rate > 0 && b.FromRate > b.Rate:
		name := orElse(b.Base, "基数")
		sum.Mul(exact(base), new(big.Rat).Sub(exact(b.FromRate), exact(b.Rate)))
		steps = []Step{{name, domain.Yuan(base)}, {"原来的比例", percent(b.FromRate)}, {"现在的比例", percent(b.Rate)}, {"少缴", domain.Yuan(fen(sum))}}
	case b.Rate > 0 && !b.Gives():
		return 0, nil, false
	case b.Rate > 0:
		name := orElse(b.Base, "基数")
		sum.Mul(exact(base), exact(b.Rate))
		steps = []Step{{name, domain.Yuan(base)}, {"乘以" + percent(b.Rate), domain.Yuan(fen(sum))}}
	case b.Amount > 0 && b.Unit != "":
		sum.Mul(exact(b.Amount), exact(base))
		steps = []Step{{b.Per() + "的标准", domain.Yuan(b.Amount)}, {"乘以" + domain.Number(base), domain.Yuan(fen(sum))}}
	case b.Amount > 0 && len(b.Tiers) < 2:
		sum.Set(exact(b.Amount))
		steps = []Step{{"标准", domain.Yuan(b.Amount)}}
	default:
		return 0, nil, false
	}
	if b.Cap > 0 {
		verdict := "没有超过"
		if limit := exact(b.Cap); sum.Cmp(limit) > 0 {
			sum.Set(limit)
			verdict = "超过，按上限算"
		}
		steps = append(steps, Step{"是否超过" + domain.Yuan(b.Cap) + "上限", verdict})
	}
	return fen(sum), steps, true
}

// Gained is what the result of a reckoning is called: what is had, or what
// need not be paid.
func Gained(b domain.Benefit) string {
	switch b.Kind {
	case "B01", "B02", "B03", "B13", "B14": // 免征, 减征, 降低费率, 价格优惠, 租金减免
		return "可少缴"
	}
	if b.FromRate > b.Rate && b.Rate > 0 {
		return "可少缴"
	}
	return "可得"
}

// checkSum refuses a case whose amount is not what its measure gives, whose
// reckoning has another rate or another base, and one that names an amount of
// a clause that can be reckoned and leaves open by which measure.
func (c *Case) checkSum(policy *domain.Policy) (at string, wrong *domain.Error) {
	if c.Measure == "" {
		for i := range policy.Measures {
			m := &policy.Measures[i]
			if _, _, ok := Compute(m.Benefit, 1); ok && m.Clause == c.Clause && len(amountsIn(c.Result.Value)) > 0 && !says(c.Result.Value, 0) {
				return "measure", domain.Errorf(domain.Invalid, "结果写了金额，请选择按政策点“%s”核算", m.Title).In("政策点")
			}
		}
		return "", nil
	}
	if !usable(c.Base, c.Amount) {
		return "base", domain.Errorf(domain.Invalid, "基数和金额要是0以上的普通数字").In("结果")
	}
	for i := range policy.Measures {
		m := &policy.Measures[i]
		if m.ID != c.Measure {
			continue
		}
		sum, _, ok := Compute(m.Benefit, c.Base)
		switch {
		case !ok:
			return "measure", domain.Errorf(domain.Invalid, "政策点“%s”没有可计算的比例或金额，请不要关联政策点，或先补全它", m.Title).In("政策点")
		case exact(sum).Cmp(exact(c.Amount)) != 0:
			return "result.value", domain.Errorf(domain.Invalid, "按政策点“%s”计算应为%s，案例写的是%s，请核对", m.Title, domain.Yuan(sum), domain.Yuan(c.Amount)).In("结果")
		case !says(c.Result.Value, sum):
			return "result.value", domain.Errorf(domain.Invalid, "按政策点“%s”计算应为%s，结果里写的是“%s”，请核对", m.Title, domain.Yuan(sum), c.Result.Value).In("结果")
		}
		return c.checkRate(m)
	}
	return "measure", domain.Errorf(domain.Invalid, "没有编号为“%s”的政策点，请重新选择", c.Measure).In("政策点")
}

// checkRate refuses a case by a rate that does not say the base that its
// amount is reckoned from, or that reckons with another rate.
func (c *Case) checkRate(m *domain.Measure) (at string, wrong *domain.Error) {
	b := m.Benefit
	if b.Rate <= 0 {
		return "", nil
	}
	told := strings.Join(c.Facts, "\n")
	for _, s := range c.Steps {
		told += "\n" + s.Value
		for _, found := range percents.FindAllStringSubmatch(s.Name+" "+s.Value, -1) {
			r, ok := new(big.Rat).SetString(found[1])
			if !ok {
				continue
			}
			r.Mul(r, big.NewRat(1, 100))
			less := new(big.Rat).Sub(exact(b.FromRate), exact(b.Rate))
			if r.Cmp(exact(b.Rate)) != 0 && (b.FromRate == 0 || r.Cmp(exact(b.FromRate)) != 0 && r.Cmp(less) != 0) {
				return "steps", domain.Errorf(domain.Invalid, "政策点“%s”的比例是%s，步骤里写的是%s%%，请核对；与计算无关的比例请写到情况里", m.Title, percent(b.Rate), found[1]).In("步骤")
			}
		}
	}
	if !says(told, c.Base) {
		return "steps", domain.Errorf(domain.Invalid, "按%s核算，情况和步骤里却没有写这个数，请核对", domain.Yuan(c.Base)).In("步骤")
	}
	return "", nil
}

var (
	amounts  = regexp.MustCompile(`(\d+(?:\.\d+)?)(亿|万)?元`)
	inThrees = regexp.MustCompile(`\d{1,3}(?:[,，]\d{3})+`)
	percents = regexp.MustCompile(`(\d+(?:\.\d+)?)\s*[%％]`)
)

// withoutCommas takes out what parts the digits of a number, 12,000 or 1 000, and
// spaces.
func withoutCommas(text string) string {
	whole := strings.NewReplacer(",", "", "，", "")
	return inThrees.ReplaceAllStringFunc(strings.ReplaceAll(text, " ", ""), whole.Replace)
}

// amountsIn reads the amounts in a text, 1.2万元 or 12,000元, in yuan.
func amountsIn(text string) []*big.Rat {
	var all []*big.Rat
	for _, m := range amounts.FindAllStringSubmatch(withoutCommas(text), -1) {
		all = append(all, amount(m))
	}
	return all
}

// amount is what a match of amounts says, in yuan.
func amount(m []string) *big.Rat {
	r, ok := new(big.Rat).SetString(m[1])
	if !ok { // it matches digits only
		return new(big.Rat)
	}
	switch m[2] {
	case "万":
		r.Mul(r, big.NewRat(10_000, 1))
	case "亿":
		r.Mul(r, big.NewRat(100_000_000, 1))
	}
	return r
}

// says tells whether one of the amounts in a text is v.
func says(text string, v float64) bool {
	return slices.ContainsFunc(amountsIn(text), func(r *big.Rat) bool { return r.Cmp(exact(v)) == 0 })
}

func percent(rate float64) string {
	r := new(big.Rat).Mul(exact(rate), big.NewRat(100, 1))
	s := r.FloatString(4)
	return strings.TrimRight(strings.TrimRight(s, "0"), ".") + "%"
}

// exact takes a float as the decimal that a person typed: 0.15 is 15/100, so
// that sums of money round as they do on paper.
func exact(v float64) *big.Rat {
	r, ok := new(big.Rat).SetString(strconv.FormatFloat(v, 'f', -1, 64))
	if !ok { // NaN and infinities, which usable keeps out
		return new(big.Rat)
	}
	return r
}

// fen rounds half up to the fen.
func fen(r *big.Rat) float64 {
	v, err := strconv.ParseFloat(r.FloatString(2), 64)
	if err != nil { // FloatString writes digits only
		return 0
	}
	return v
}

// usable tells whether all values are finite, not negative and small enough
// to reckon with.
func usable(values ...float64) bool {
	for _, v := range values {
		if math.IsNaN(v) || v < 0 || v > 1e13 {
			return false
		}
	}
	return true
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
