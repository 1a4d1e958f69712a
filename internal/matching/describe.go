package matching

import (
	"strconv"
	"strings"

	"policypush/internal/domain"
)

// maxNamed is how many codes a sentence names before it only counts them.
const maxNamed = 6

// Describe says criteria in readable Chinese: 是企业，且（企业规模为小型或微型；或年营业收入不超过2000万元）.
// Criteria that ask for nothing read 不限对象.
func Describe(c *domain.Criteria, names Names) string {
	if c == nil || c.IsZero() {
		return "不限对象"
	}
	return describe(c, false, false, names)
}

// DescribeEach says criteria that all have to be met one by one, as a list
// reads best; other criteria are one entry.
func DescribeEach(c *domain.Criteria, names Names) []string {
	if c == nil || len(c.All) < 2 {
		return []string{Describe(c, names)}
	}
	said := make([]string, len(c.All))
	for i := range c.All {
		said[i] = describe(&c.All[i], false, false, names)
	}
	return said
}

// describe writes a node; inner tells that it stands inside another, so that a
// sentence of several parts needs brackets.
func describe(c *domain.Criteria, negated, inner bool, names Names) string {
	switch {
	case c.Leaf != nil:
		return describeLeaf(c.Leaf, negated, names)
	case c.Not != nil:
		return describe(c.Not, !negated, inner, names)
	}
	children, all := parts(c, negated)
	if len(children) == 0 {
		if all {
			return "不限对象"
		}
		return "不适用于任何对象"
	}
	said := make([]string, len(children))
	for i := range children {
		said[i] = describe(&children[i], negated, len(children) > 1, names)
	}
	if len(said) == 1 {
		return said[0]
	}
	joint := "；或"
	if all {
		joint = "，且"
	}
	sentence := strings.Join(said, joint)
	if inner {
		return "（" + sentence + "）"
	}
	return sentence
}

// wording is how one field is said: the word before a value, its negation, and
// how its numbers are written.
type wording struct {
	is, isNot, unit string
}

func wordsOf(f domain.Field) wording {
	switch f {
	case domain.FieldKind:
		return wording{is: "是", isNot: "不是"}
	case domain.FieldRegion:
		return wording{is: "所在地在", isNot: "所在地不在"}
	case domain.FieldIndustry:
		return wording{is: "行业属于", isNot: "行业不属于"}
	case domain.FieldSize:
		return wording{is: "企业规模为", isNot: "企业规模不是"}
	case domain.FieldTaxpayer:
		return wording{is: "纳税人类型为", isNot: "纳税人类型不是"}
	case domain.FieldRegistration:
		return wording{is: "登记类型为", isNot: "登记类型不是"}
	case domain.FieldOwnership:
		return wording{is: "所有制为", isNot: "所有制不是"}
	case domain.FieldAttribute, domain.FieldGroup:
		return wording{is: "属于", isNot: "不属于"}
	case domain.FieldLifeEvent:
		return wording{is: "正在办理", isNot: "不在办理"}
	case domain.FieldHukou:
		return wording{is: "户籍在", isNot: "户籍不在"}
	case domain.FieldStaff:
		return wording{is: "从业人数", unit: "人"}
	case domain.FieldRevenue, domain.FieldAssets, domain.FieldIncome:
		return wording{is: f.Label(), unit: "元"}
	case domain.FieldAge:
		return wording{unit: "周岁"}
	default:
		return wording{}
	}
}

func describeLeaf(c *domain.Condition, negated bool, names Names) string {
	var room [128]byte // most sentences are shorter, and so are allocated once
	words := wordsOf(c.Field)
	switch c.Field.Type() {
	case domain.OneCode, domain.CodeTree, domain.CodeSet:
		is := words.is
		if negated {
			is = words.isNot
		}
		return string(appendNames(append(room[:0], is...), c.Field, c.Values, names))
	case domain.NumberOf:
		return string(appendNumber(room[:0], c, negated, words))
	default: // the words of the text, which may begin and end as a part of a sentence
		said := unreadWords(c.Unread)
		if negated {
			return "不属于“" + said + "”"
		}
		return "符合“" + said + "”"
	}
}

// unreadWords are the words of a condition without what joined them to others.
func unreadWords(said string) string {
	said = strings.Trim(said, "，。；、 ")
	for _, joint := range []string{"并且", "或者", "以及", "并", "且", "或"} {
		if rest, found := strings.CutPrefix(said, joint); found && rest != "" {
			said = rest
			break
		}
	}
	return strings.NewReplacer("“", "‘", "”", "’").Replace(strings.TrimSuffix(said, "的"))
}

// opposite returns the comparison that holds when op does not.
func opposite(op domain.Op) domain.Op {
	switch op {
	case domain.AtLeast:
		return domain.LessThan
	case domain.MoreThan:
		return domain.AtMost
	case domain.AtMost:
		return domain.MoreThan
	case domain.LessThan:
		return domain.AtLeast
	default:
		return op
	}
}

func appendNumber(b []byte, c *domain.Condition, negated bool, words wording) []byte {
	op := c.Op
	if negated {
		op = opposite(op)
	}
	// by chooses the words of a comparison; one that is none has no words.
	by := func(atLeast, moreThan, atMost, lessThan string) string {
		switch op {
		case domain.AtLeast:
			return atLeast
		case domain.MoreThan:
			return moreThan
		case domain.AtMost:
			return atMost
		case domain.LessThan:
			return lessThan
		default:
			return ""
		}
	}
	switch c.Field {
	case domain.FieldFounded:
		return append(appendDate(b, c.Number), by("及以后成立", "之后成立", "及以前成立", "之前成立")...)
	case domain.FieldAge:
		b = append(b, by("年满", "年龄超过", "年龄不超过", "未满")...)
		return append(strconv.AppendInt(b, c.Number, 10), words.unit...)
	}
	b = append(b, words.is...)
	b = append(b, by("不少于", "超过", "不超过", "少于")...)
	return appendAmount(b, c.Number, words.unit)
}

// appendAmount writes a number with its unit; money from 10,000 yuan on as
// 万元, from 100,000,000 on as 亿元.
func appendAmount(b []byte, n int64, unit string) []byte {
	const wan, yi = 10_000, 100_000_000
	size := n
	if size < 0 {
		size = -size
	}
	switch {
	case unit == "元" && size >= yi:
		return append(strconv.AppendFloat(b, float64(n)/yi, 'f', -1, 64), "亿元"...)
	case unit == "元" && size >= wan:
		return append(strconv.AppendFloat(b, float64(n)/wan, 'f', -1, 64), "万元"...)
	default:
		return append(strconv.AppendInt(b, n, 10), unit...)
	}
}

func appendDate(b []byte, n int64) []byte {
	b = append(strconv.AppendInt(b, n/10000, 10), "年"...)
	b = append(strconv.AppendInt(b, n/100%100, 10), "月"...)
	return append(strconv.AppendInt(b, n%100, 10), "日"...)
}

func appendNames(b []byte, f domain.Field, codes []string, names Names) []byte {
	for i, code := range codes[:min(len(codes), maxNamed)] {
		if i > 0 {
			b = append(b, "、"...)
		}
		b = append(b, nameOf(f, code, names)...)
	}
	if len(codes) > maxNamed {
		b = append(strconv.AppendInt(append(b, "等"...), int64(len(codes)), 10), "项"...)
	}
	return b
}

func listNames(f domain.Field, codes []string, names Names) string {
	return string(appendNames(nil, f, codes, names))
}

func nameOf(f domain.Field, code string, names Names) string {
	switch {
	case f == domain.FieldKind && code == string(domain.Enterprise):
		return "企业"
	case f == domain.FieldKind && code == string(domain.Resident):
		return "居民"
	}
	if names != nil {
		if name := names(f, code); name != "" {
			return name
		}
	}
	return code
}

// Value says in Chinese what a profile states for a field; 未填写 if nothing.
func Value(p *domain.Profile, f domain.Field, names Names) string { return describeValue(p, f, names) }

// describeValue says what the profile states for a field.
func describeValue(p *domain.Profile, f domain.Field, names Names) string {
	const unknown = "未填写"
	if !f.AppliesTo(p.Kind) {
		return "没有此项"
	}
	switch f.Type() {
	case domain.OneCode, domain.CodeTree:
		if code := p.Code(f); code != "" {
			return nameOf(f, code, names)
		}
	case domain.CodeSet:
		switch set := p.Set(f); {
		case len(set) > 0:
			return listNames(f, set, names)
		case set != nil:
			return "无"
		}
	case domain.NumberOf:
		return describeKnown(p, f)
	default:
		return "需对照原文"
	}
	return unknown
}

func describeKnown(p *domain.Profile, f domain.Field) string {
	switch f {
	case domain.FieldFounded:
		if p.Founded != "" {
			return writtenDate(p.Founded) + "成立"
		}
	case domain.FieldAge:
		if p.Born != "" {
			return writtenDate(p.Born) + "出生"
		}
	default:
		if n, _, known := p.Number(f, ""); known {
			return string(appendAmount(nil, n, wordsOf(f).unit))
		}
	}
	return "未填写"
}

// writtenDate turns 2019-03 into 2019年3月.
func writtenDate(s string) string {
	var b strings.Builder
	for i, part := range strings.Split(s, "-") {
		if i > 2 {
			return s
		}
		b.WriteString(strings.TrimLeft(part, "0"))
		b.WriteString([]string{"年", "月", "日"}[i])
	}
	return b.String()
}

// ask returns the question for the fact that a condition needs. Conditions on
// the same single fact share their question.
func ask(c *domain.Condition, names Names) string {
	switch c.Field {
	case domain.FieldKind:
		return "您是企业（含个体工商户）还是居民？"
	case domain.FieldRegion:
		return "所在地是哪个县（市、区）、乡镇（街道）？"
	case domain.FieldHukou:
		return "户籍在哪个县（市、区）、乡镇（街道）？"
	case domain.FieldIndustry:
		return "主要从事什么行业？"
	case domain.FieldSize:
		return "企业规模是大型、中型、小型还是微型？"
	case domain.FieldTaxpayer:
		return "是增值税一般纳税人还是小规模纳税人？"
	case domain.FieldRegistration:
		return "营业执照上的登记类型是什么？"
	case domain.FieldOwnership:
		return "所有制性质是什么？"
	case domain.FieldAttribute, domain.FieldGroup:
		return "是否属于" + listNames(c.Field, c.Values, names) + "？"
	case domain.FieldLifeEvent:
		return "是否正在办理" + listNames(c.Field, c.Values, names) + "？"
	case domain.FieldStaff:
		return "从业人数是多少？"
	case domain.FieldRevenue:
		return "上一年度营业收入是多少？"
	case domain.FieldAssets:
		return "资产总额是多少？"
	case domain.FieldIncome:
		return "年应纳税所得额是多少？"
	case domain.FieldFounded:
		return "成立日期是哪一天？"
	case domain.FieldAge:
		return "出生年月日是哪一天？"
	default:
		return "文件还要求“" + c.Unread + "”，是否满足？"
	}
}
