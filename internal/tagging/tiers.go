package tagging

import (
	"slices"
	"strings"

	"policypush/internal/automaton"
	"policypush/internal/domain"
)

// sums are the matches of a rule that are not what something was before: 由610元提高到645元.
func (t *Tagger) sums(code string, s sentence) []match {
	found := t.find(code, s)
	if len(found) == 0 {
		return nil
	}
	was := s.locs(wasBefore)
	return slices.DeleteFunc(found, func(x match) bool {
		return slices.ContainsFunc(was, func(o []int) bool { return o[0] < x.loc[1] && x.loc[1] <= o[1] })
	})
}

// wasBefore is what something was until it was raised or cut.
var wasBefore = expression(`(?:[由从]|过去|原来)[^,。;]{0,40}?\d[^,。;]{0,20}?(?:提高|调整|上调|增加|提升|下调|降低|提)[到至为]`)

var (
	// sumOfEach is what one of several gets of each: 硕士每人7000元.
	sumOfEach = expression(`(?:^|[,、;:按及和])([\p{Han}A-Z“”\d]{1,20}(?:\([^()]{1,12}\))?,?)每([人户亩头张台辆家个件项吨床])(?:每([月年天]))?(?:最高)?可?(?:补贴|补助|奖励|资助|给予|发放)?(\d+(?:\.\d+)?(?:亿元|万元|元))`)
	// sumPerEach is the same with what it is of behind the sum: 初级800元/人,中级1200元/人.
	sumPerEach = expression(`(?:^|[,、;:按照及和])([\p{Han}A-Z/“”]{1,14}?(?:\([^()]{1,12}\)[\p{Han}]{0,4})?)()()(\d+(?:\.\d+)?(?:亿元|万元|元))/((?:人|户|亩|床|台|辆|家|个|件|项|吨|张|头|只|次|月|年|平方米)(?:[/·](?:月|年|天|次))?)`)
	// notGiven stands before a sum for each that nobody is given: 保险金额为每亩300元.
	notGiven = automaton.MustCompile(`不超过|最高|累计|总额|合计|上限|达到|超过|低于|收入|投资|产值|保险|保费|费用|价|工资|缴|承担|负担|自付`)
	// sharesInTurn are those of several ranks or years behind each other: 40%、30%、20%.
	sharesInTurn = expression(`\d%(?:[、和及]\d+(?:\.\d+)?%)+`)
	// shareOfRank is the share of one of several ranks: 三星级按60%奖励返还,四星级按80%奖励返还.
	shareOfRank = expression(`(?:^|[,;、])[^,。;:、%\d年]{1,12}?按(?:照)?[^,。;%\d]{0,16}?(\d+(?:\.\d+)?%)`)
)

// rows reads what each of several gets, where the unit is the same: 博士每人10000元、硕士每人7000元.
func (t *Tagger) rows(m *domain.Measure, s sentence) {
	b := &m.Benefit
	if b.Tiers != nil || b.Rate != 0 {
		return
	}
	all := s.locs(sumOfEach)
	unit := func(loc []int) string {
		return strings.Trim(submatch(s.text, loc, 2)+"·"+submatch(s.text, loc, 3), "·")
	}
	if len(all) < 2 {
		all = s.locs(sumPerEach)
		unit = func(loc []int) string { return strings.ReplaceAll(submatch(s.text, loc, 5), "/", "·") }
	}
	if len(all) < 2 {
		return
	}
	was := s.locs(wasBefore)
	var tiers []float64
	for _, loc := range all {
		v := amounts(submatch(s.text, loc, 4))
		if slices.ContainsFunc(was, func(o []int) bool { return o[0] < loc[1] && loc[1] <= o[1] }) {
			continue
		}
		if unit(loc) != unit(all[0]) || notGiven.MatchString(submatch(s.text, loc, 1)) || len(v) != 1 || slices.Contains(tiers, v[0]) {
			return
		}
		tiers = append(tiers, v[0])
	}
	if len(tiers) < 2 || b.Amount != 0 && !slices.Contains(tiers, b.Amount) {
		return
	}
	from, to := all[0][0], all[len(all)-1][1]
	b.Kind, b.Tiers, b.Amount, b.Unit = cmpEmpty(b.Kind, kindNear(s, strings.LastIndexAny(s.text[:from], ",。;")+1, to)), tiers, 0, unit(all[0])
	delete(m.Evidence, "benefit.amount")
	m.Evidence["benefit.tiers"] = append(m.Evidence["benefit.tiers"], s.evidence(from, to))
	b.Text = cmpEmpty(b.Text, wordsOf(s))
}

// tier adds an amount to those that a measure gives to others, or for other things.
func (t *Tagger) tier(m *domain.Measure, amount float64, x match) {
	b := &m.Benefit
	switch {
	case b.Amount == amount || slices.Contains(b.Tiers, amount) || len(b.Tiers) >= maxTiers:
	case b.Tiers == nil:
		b.Tiers, b.Amount, b.Once = []float64{b.Amount, amount}, 0, false
		m.Evidence["benefit.tiers"] = append(m.Evidence["benefit.amount"], x.evidence)
		delete(m.Evidence, "benefit.amount")
	default:
		b.Tiers = append(b.Tiers, amount)
		m.Evidence["benefit.tiers"] = append(m.Evidence["benefit.tiers"], x.evidence)
	}
}

// maxTiers bounds the sums of a measure.
const maxTiers = 12

// laterAges widens the ages of who gets one of several sums to those of the ranks behind it:
// 80至89周岁每人每月100元,90至99周岁200元,100周岁以上500元.
func (r *reader) laterAges(own []piece) {
	if len(r.m.Benefit.Tiers) < 2 {
		return
	}
	var ages []domain.Criteria
	for _, x := range own {
		ages = append(ages, r.c.ages(x.sentence)...)
	}
	if len(ages) < 3 {
		return
	}
	r.found = widenAges(r.found, ages)
}

// widenAges moves every highest age to that of the last rank that follows on it, and leaves
// it out if that has none.
func widenAges(trees, ages []domain.Criteria) []domain.Criteria {
	kept := make([]domain.Criteria, 0, len(trees))
	for _, c := range trees {
		if c.All != nil {
			c.All = widenAges(c.All, ages)
		}
		if c.Leaf != nil && highestAge(c) {
			var open bool
			if c, open = lastRank(c, ages); open {
				continue
			}
		}
		kept = append(kept, c)
	}
	return kept
}

// lastRank is the highest age of the last of the ranks that follow on one another from a
// highest age, and whether that is open.
func lastRank(c domain.Criteria, ages []domain.Criteria) (highest domain.Criteria, open bool) {
	for range ages {
		i := slices.IndexFunc(ages, func(o domain.Criteria) bool {
			return o.Leaf != nil && o.Leaf.Field == domain.FieldAge && o.Leaf.Op == domain.AtLeast && (o.Leaf.Number == c.Leaf.Number || c.Leaf.Op == domain.AtMost && o.Leaf.Number == c.Leaf.Number+1)
		})
		switch {
		case i < 0:
			return c, false
		case i+1 == len(ages) || !highestAge(ages[i+1]):
			return c, true
		}
		c = ages[i+1]
	}
	return c, false
}

func highestAge(c domain.Criteria) bool {
	return c.Leaf != nil && c.Leaf.Field == domain.FieldAge && (c.Leaf.Op == domain.AtMost || c.Leaf.Op == domain.LessThan)
}
