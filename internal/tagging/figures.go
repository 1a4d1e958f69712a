package tagging

import (
	"slices"
	"strconv"
	"strings"

	"policypush/internal/automaton"
	"policypush/internal/domain"
)

var (
	ageRange     = expression(`(\d{1,3})(?:周?岁)?(?:至|到|-|~|—)(\d{1,3})周?岁`)
	ageBound     = expression(`(年满|未满|不满|满)?(\d{1,3})周?岁(及以上|\(含\)以上|以上|及以下|\(含\)以下|以下)?`)
	ageEach      = expression(`(?:年龄)?(?:分别|男[^,。;]{0,6}?\d{1,3}周岁[^。;]{0,8}?女|女[^,。;]{0,6}?\d{1,3}周岁[^。;]{0,8}?男)[^。;]{0,40}?\d{1,3}周岁(?:及以上|以上|及以下|以下)?`)
	foundedBound = expression(`(\d{4})年(\d{1,2})月(\d{1,2})日(?:\(含\))?(以后|之后|及以后|起|以来|以前|之前|前)[\p{Han}]{0,4}?(?:成立|登记|注册|设立)`)
)

// metricFields maps the measured quantity of rule X19 to a profile field.
// What is not here cannot be compared with a profile.
var metricFields = map[string]domain.Field{
	"年应纳税所得额": domain.FieldIncome, "年度应纳税所得额": domain.FieldIncome,
	"年营业收入": domain.FieldRevenue, "年销售收入": domain.FieldRevenue, "主营业务收入": domain.FieldRevenue, "营业收入": domain.FieldRevenue,
	"资产总额": domain.FieldAssets,
	"从业人数": domain.FieldStaff, "从业人员": domain.FieldStaff, "从业人员数": domain.FieldStaff, "从业人员总数": domain.FieldStaff, "用工人数": domain.FieldStaff,
	"在职职工人数": domain.FieldStaff, "在职职工总数": domain.FieldStaff, "在职职工总人数": domain.FieldStaff, "在职职工数": domain.FieldStaff,
	"职工人数": domain.FieldStaff, "职工总数": domain.FieldStaff, "职工总人数": domain.FieldStaff, "职工数": domain.FieldStaff, "员工人数": domain.FieldStaff, "员工数": domain.FieldStaff,
	"参保人数": domain.FieldStaff, "参保职工": domain.FieldStaff,
}

// bound turns the words of a comparison into an operator: 以上、以下、以内 include
// the number, 超过、不满、未满 do not (民法典第一千二百五十九条).
func bound(before, after string) (domain.Op, bool) {
	switch before {
	case "不超过", "不高于", "≤":
		return domain.AtMost, true
	case "不低于", "不少于", "达到", "满", "年满", "≥":
		if strings.HasSuffix(after, "以下") {
			return domain.AtMost, true
		}
		return domain.AtLeast, true
	case "超过", "高于", ">":
		return domain.MoreThan, true
	case "低于", "未达到", "未满", "不满", "<":
		return domain.LessThan, true
	}
	switch {
	case strings.HasSuffix(after, "以上"):
		return domain.AtLeast, true
	case strings.HasSuffix(after, "以下"), strings.HasSuffix(after, "以内"):
		return domain.AtMost, true
	}
	return "", false
}

var (
	notIncluded = automaton.MustCompile(`^\(不含(?:本数)?\)以[上下内]`)
	saysWhether = automaton.MustCompile(`^\((?:不)?含(?:本数)?\)`)
)

// unstated tells whether a bound says 以上 or 以下 and leaves open whether the
// number itself is meant.
func unstated(before, side, rest string) bool {
	return before == "" && (side == "以上" || side == "以下" || side == "以内") && !saysWhether.MatchString(rest)
}

// bounds reads the conditions of a phrase that stand in figures or name a place of
// registration, whoever it speaks of.
func (c conditions) bounds(s sentence) domain.Criteria {
	return domain.AllOf(slices.Concat(c.numbers(s), c.ages(s), c.founded(s), c.places(s))...)
}

// founded reads 2026年1月1日以后新登记的.
func (c conditions) founded(s sentence) []domain.Criteria {
	m := s.loc(foundedBound)
	if m == nil {
		return nil
	}
	d := day(submatch(s.text, m, 1), submatch(s.text, m, 2), submatch(s.text, m, 3))
	n, err := strconv.ParseInt(strings.ReplaceAll(d, "-", ""), 10, 64)
	if err != nil {
		return nil
	}
	op := domain.AtLeast
	if strings.HasSuffix(submatch(s.text, m, 4), "前") {
		op = domain.LessThan
	}
	return []domain.Criteria{number(domain.FieldFounded, op, n, s.evidence(m[0], m[1]))}
}

var (
	// fromTo is a quantity from one number to another: 从业人数20人(含)至300人(不含).
	fromTo = expression(`(年度?应纳税所得额|年营业收入|年销售收入|主营业务收入|营业收入|资产总额|从业人(?:数|员)|在职职工人数|参保(?:人数|职工))(?:在|为)?(\d+(?:\.\d+)?)(亿元|万元|元|人)?(\(不?含(?:本数)?\))?(?:至|到|-|~|—)(\d+(?:\.\d+)?)(亿元|万元|元|人)(\(不?含(?:本数)?\))?`)
	// otherBound is the other bound of a quantity: 不低于200万元且不超过2000万元.
	otherBound = automaton.MustCompile(`^(?:\(不?含(?:本数)?\)(?:以上|以下)?)?[、,]?(?:且|但|并且?)?(不超过|不高于|不低于|不少于|超过|低于|高于|不满|未满|≤|≥|<|>)?(\d+(?:\.\d+)?)(亿元|万元|元|人)(\(含\)以上|\(含\)以下|\(不含\)以上|\(不含\)以下|及以上|以上|以下|以内)?`)
)

// opposite tells whether one bound is below and the other above.
func opposite(a, b domain.Op) bool {
	above := func(op domain.Op) bool { return op == domain.AtLeast || op == domain.MoreThan }
	return above(a) != above(b)
}

// numbers reads rule X19: 从业人数不超过300人; and two bounds of one quantity. Two
// quantities joined by 或 are alternatives.
func (c conditions) numbers(s sentence) []domain.Criteria {
	var parts []domain.Criteria
	var at [][2]int // where each quantity stands
	for _, m := range s.locs(fromTo) {
		field := metricFields[submatch(s.text, m, 1)]
		low, ok1 := quantity(submatch(s.text, m, 2), cmpEmpty(submatch(s.text, m, 3), submatch(s.text, m, 6)), field)
		high, ok2 := quantity(submatch(s.text, m, 5), submatch(s.text, m, 6), field)
		e := s.evidence(m[0], m[1])
		at = append(at, [2]int{m[0], m[1]})
		if !ok1 || !ok2 || low >= high {
			parts = append(parts, other(e))
			continue
		}
		from, to := domain.AtLeast, domain.AtMost
		if strings.Contains(submatch(s.text, m, 4), "不含") {
			from = domain.MoreThan
		}
		if strings.Contains(submatch(s.text, m, 7), "不含") {
			to = domain.LessThan
		}
		parts = append(parts, domain.AllOf(number(field, from, low, e), number(field, to, high, e)))
	}
	for _, m := range c.t.find("X19", s) {
		if slices.ContainsFunc(at, func(o [2]int) bool { return m.loc[0] < o[1] && o[0] < m.loc[1] }) {
			continue
		}
		op, ok := bound(m.group("op"), m.group("side"))
		if exclusive := notIncluded.FindStringSubmatch(s.text[m.loc[1]:]); exclusive != nil && m.group("side") == "" { // 300人(不含)以下
			op, ok = domain.LessThan, true
			if strings.HasSuffix(exclusive[0], "上") {
				op = domain.MoreThan
			}
		}
		field := metricFields[m.group("metric")]
		if !ok || strings.HasPrefix(s.text[m.loc[1]:], "的部分") {
			continue // a number that is told, not asked for, or up to which something is given
		}
		at = append(at, [2]int{m.loc[0], m.loc[1]})
		value, readable := quantity(m.group("val"), m.group("unit"), field)
		if field == "" || !readable {
			parts = append(parts, other(m.evidence))
			continue
		}
		leaf := number(field, op, value, m.evidence)
		leaf.Leaf.Unstated = unstated(m.group("op"), m.group("side"), s.text[m.loc[1]:])
		if o := otherBound.FindStringSubmatchIndex(s.text[m.loc[1]:]); o != nil {
			rest := s.text[m.loc[1]:]
			also, ok := bound(submatch(rest, o, 1), submatch(rest, o, 4))
			if strings.HasPrefix(submatch(rest, o, 4), "(不含)") {
				also, ok = domain.LessThan, true
				if strings.HasSuffix(submatch(rest, o, 4), "上") {
					also = domain.MoreThan
				}
			}
			if n, readable := quantity(submatch(rest, o, 2), submatch(rest, o, 3), field); ok && readable && opposite(op, also) {
				two := number(field, also, n, s.evidence(m.loc[0], m.loc[1]+o[1]))
				two.Leaf.Unstated = unstated(submatch(rest, o, 1), submatch(rest, o, 4), rest[o[1]:])
				leaf = domain.AllOf(leaf, two)
				at[len(at)-1][1] = m.loc[1] + o[1]
			}
		}
		parts = append(parts, leaf)
	}
	if len(parts) > 1 && len(parts) == len(at) {
		slices.SortFunc(at, func(a, b [2]int) int { return a[0] - b[0] })
		either, both := false, false
		for i := 1; i < len(at); i++ {
			join := s.text[min(at[i-1][1], at[i][0]):at[i][0]]
			either = either || strings.Contains(join, "或")
			both = both || strings.ContainsAny(join, "且并")
		}
		if either && !both {
			return []domain.Criteria{domain.AnyOf(parts...)}
		}
	}
	return parts
}

func quantity(n, unit string, field domain.Field) (int64, bool) {
	if field == domain.FieldStaff {
		v, err := strconv.ParseInt(n, 10, 32)
		return v, err == nil && unit == "人"
	}
	v, ok := yuan(n, unit)
	return int64(v), ok
}

// bySex tells whether a phrase asks men and women for different ages.
func bySex(s sentence) bool {
	return strings.Contains(s.text, "男") && strings.Contains(s.text, "女") && len(ageBound.FindAllStringIndex(s.text, 2)) > 1
}

// childOf is the age of a child, which is none of whoever has the profile: 照护3岁以下婴幼儿.
func childOf(s sentence, age []int) (domain.Criteria, bool) {
	behind := childBehind.FindString(s.text[age[1]:])
	if behind == "" && !childBefore.MatchString(s.text[:age[0]]) {
		return domain.Criteria{}, false
	}
	return other(s.evidence(age[0], age[1]+len(behind))), true
}

var (
	childBehind = automaton.MustCompile(`^(?:\((?:含|不含)\))?(?:[\p{Han}]{0,6}?)(?:婴幼儿|儿童|子女|小孩|孩子|幼儿|宝宝|少儿|少年|未成年)`)
	childBefore = automaton.MustCompile(`(?:婴幼儿|儿童|子女|小孩|孩子|幼儿|宝宝|孩)(?:年龄|的)?(?:在|为|未|不)?$`)
)

// ages reads 年满80周岁, 未满3周岁, 60周岁以上 and 16至24周岁.
func (c conditions) ages(s sentence) []domain.Criteria {
	var parts []domain.Criteria
	text := s.text
	if !s.may(ageRange) && !s.may(ageBound) {
		return nil
	}
	if m := s.loc(ageEach); m != nil { // whose age is which is not read
		return []domain.Criteria{other(s.evidence(m[0], m[1]))}
	}
	if all := ageBound.FindAllStringIndex(text, -1); bySex(s) {
		from := strings.IndexAny(text[:all[0][0]], "男女")
		if from < 0 {
			from = all[0][0]
		}
		return []domain.Criteria{other(s.evidence(from, all[len(all)-1][1]))} // no profile says whether somebody is a man
	}
	for _, m := range ageRange.FindAllStringSubmatchIndex(text, -1) {
		lo, _ := strconv.ParseInt(text[m[2]:m[3]], 10, 64)
		hi, _ := strconv.ParseInt(text[m[4]:m[5]], 10, 64)
		if child, ok := childOf(s, m); ok {
			parts = append(parts, child)
		} else {
			e := s.evidence(m[0], m[1])
			parts = append(parts, number(domain.FieldAge, domain.AtLeast, lo, e), number(domain.FieldAge, domain.AtMost, hi, e))
		}
		text = text[:m[0]] + strings.Repeat(" ", m[1]-m[0]) + text[m[1]:]
	}
	for _, m := range ageBound.FindAllStringSubmatchIndex(text, -1) {
		op, ok := bound(submatch(text, m, 1), submatch(text, m, 3))
		if !ok {
			continue
		}
		if child, ok := childOf(s, m); ok {
			parts = append(parts, child)
			continue
		}
		n, _ := strconv.ParseInt(submatch(text, m, 2), 10, 64)
		parts = append(parts, number(domain.FieldAge, op, n, s.evidence(m[0], m[1])))
	}
	return parts
}
