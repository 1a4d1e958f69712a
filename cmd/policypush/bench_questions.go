package main

import (
	"policypush/internal/audience"
	"policypush/internal/domain"
)

// Question is one audience that the benchmark asks for.
type question struct {
	name      string
	criteria  domain.Criteria
	themes    []string // with keywords, who is interested; empty asks everybody
	local     bool     // a county or less
	residents bool     // about residents, who are drawn with --residents only
}

// AskedWords bounds the keywords that a question's text may hold.
const askedWords = 5000

func (q question) query(p *population) audience.Query {
	text := ""
	if len(q.themes) > 0 {
		text = "关于支持中小企业的通知：" + p.keywords[3] + "、" + p.keywords[77] + "和" + p.keywords[4242] + "。"
	}
	return audience.Query{Measures: []domain.Criteria{q.criteria}, Themes: q.themes, Text: text, AsOf: benchDay, Everyone: len(q.themes) == 0}
}

// Questions are the fixed set, from tight to broad, each of a shape that
// policies have, and three that hurt: a wide negation of alternatives, bounds
// beside every statutory line, and a condition that few answer.
func questions(p *population) []question {
	in := func(f domain.Field, values ...string) domain.Criteria {
		return domain.Leaf(domain.Condition{Field: f, Op: domain.In, Values: values})
	}
	number := func(f domain.Field, op domain.Op, n int64) domain.Criteria {
		return domain.Leaf(domain.Condition{Field: f, Op: op, Number: n})
	}
	all, anyOf, not := domain.AllOf, domain.AnyOf, domain.NotOf
	county, city, other := p.counties[3], p.counties[0][:4]+"00", p.counties[1][:4]+"00"
	enterprise, resident := in(domain.FieldKind, "enterprise"), in(domain.FieldKind, "resident")
	small := in(domain.FieldSize, "small", "micro")
	dishonest, abnormal := in(domain.FieldAttribute, "CR4"), in(domain.FieldAttribute, "CR5")
	maker := all(enterprise, in(domain.FieldIndustry, "C"), small, in(domain.FieldTaxpayer, "general"), not(in(domain.FieldAttribute, "QH1")), number(domain.FieldStaff, domain.LessThan, 300))
	var classes []string
	for i := range 30 {
		classes = append(classes, p.industries[int(p.industryAt[5])+i]) // retail
	}
	return []question{
		{name: "q01 一个县、制造业、高新、20 至 299 人", local: true, criteria: all(enterprise, in(domain.FieldRegion, county), in(domain.FieldIndustry, "C"),
			in(domain.FieldAttribute, "QH1"), number(domain.FieldStaff, domain.AtLeast, 20), number(domain.FieldStaff, domain.LessThan, 300))},
		{name: "q02 一个市、专精特新、六个行业、营收 2000 万元以上", criteria: all(enterprise, in(domain.FieldRegion, city), in(domain.FieldAttribute, "QH4"),
			in(domain.FieldIndustry, "C33", "C34", "C35", "C38", "C39", "I65"), number(domain.FieldRevenue, domain.AtLeast, 20_000_000))},
		{name: "q03 一个镇的批发零售、住宿餐饮", local: true, criteria: all(enterprise, in(domain.FieldRegion, county+"100"), in(domain.FieldIndustry, "F", "H"))},
		{name: "q04 一个县的个体餐饮，2020 年以后成立", local: true, criteria: all(enterprise, in(domain.FieldRegion, county), in(domain.FieldRegistration, "R500"),
			in(domain.FieldIndustry, "H"), number(domain.FieldFounded, domain.AtLeast, 20200101))},
		{name: "q05 高新、中小企业、营收 500 万至 4 亿元", criteria: all(enterprise, in(domain.FieldAttribute, "QH1"), in(domain.FieldSize, "small", "medium"),
			number(domain.FieldRevenue, domain.AtLeast, 5_000_000), number(domain.FieldRevenue, domain.LessThan, 400_000_000))},
		{name: "q06 四种资质之一，没有失信和异常", criteria: all(enterprise, in(domain.FieldAttribute, "QH1", "QH2", "QH4", "Z5"), not(dishonest), not(abnormal))},
		{name: "q07 制造业小微一般纳税人，不是高新，300 人以下", criteria: maker},
		{name: "q08 三十个小类、五个县、7 至 77 人", criteria: all(enterprise, in(domain.FieldRegion, p.counties[4:9]...), in(domain.FieldIndustry, classes...),
			number(domain.FieldStaff, domain.AtLeast, 7), number(domain.FieldStaff, domain.AtMost, 77))},
		{name: "q09 两个市、小微、2018 年以后、没有失信", criteria: all(enterprise, in(domain.FieldRegion, city, other), small,
			number(domain.FieldFounded, domain.AtLeast, 20180101), not(dishonest))},
		{name: "q10 三种情形之一", criteria: all(enterprise, anyOf(
			all(in(domain.FieldIndustry, "C", "I"), in(domain.FieldTaxpayer, "general")),
			all(in(domain.FieldRegistration, "R500"), in(domain.FieldRegion, city)),
			all(number(domain.FieldFounded, domain.AtLeast, 20220101), in(domain.FieldSize, "micro"), not(abnormal))))},
		{name: "q11 个体、批发零售餐饮服务、小规模", criteria: all(enterprise, in(domain.FieldRegistration, "R500"), in(domain.FieldIndustry, "F", "H", "O"), in(domain.FieldTaxpayer, "small-scale"))},
		{name: "q12 小规模、营收 120 万元以下、小微、没有失信", criteria: all(enterprise, in(domain.FieldTaxpayer, "small-scale"), number(domain.FieldRevenue, domain.LessThan, 1_200_000), small, not(dishonest))},
		{name: "q13 小微、不是房地产、小规模", criteria: all(enterprise, small, not(in(domain.FieldIndustry, "K")), in(domain.FieldTaxpayer, "small-scale"))},
		{name: "q14 同 q07，订阅四个主题之一或关键词", criteria: maker, themes: []string{"Q01", "Q02", "Q04", "Q12"}},
		{name: "x1 并非（失信、异常、老字号之外的大企业或亏损行业）", criteria: all(enterprise, not(anyOf(dishonest, abnormal, all(in(domain.FieldSize, "large"), not(in(domain.FieldAttribute, "TX6"))),
			in(domain.FieldIndustry, "B", "K", "C25", "C31"), all(in(domain.FieldTaxpayer, "general"), number(domain.FieldStaff, domain.LessThan, 5)))))},
		{name: "x2 三个数都贴着划型线以外", criteria: all(enterprise, number(domain.FieldStaff, domain.AtLeast, 4), number(domain.FieldStaff, domain.AtMost, 297),
			number(domain.FieldRevenue, domain.AtLeast, 330_000), number(domain.FieldRevenue, domain.LessThan, 39_870_000), number(domain.FieldAssets, domain.AtMost, 47_110_000))},
		{name: "x3 资产或营收够大，或读不懂的条件", criteria: all(enterprise, anyOf(number(domain.FieldAssets, domain.AtLeast, 1_230_000), number(domain.FieldRevenue, domain.AtLeast, 4_560_000),
			all(in(domain.FieldAttribute, "TX3"), domain.Leaf(domain.Condition{Field: domain.FieldOther, Unread: "信用良好"}))))},
		{name: "r1 一个镇 60 周岁以上", local: true, residents: true, criteria: all(resident, in(domain.FieldRegion, county+"101"), number(domain.FieldAge, domain.AtLeast, 60))},
		{name: "r2 两个市、本省户籍、60 周岁以上", residents: true, criteria: all(resident, in(domain.FieldRegion, city, other), in(domain.FieldHukou, "330000"), number(domain.FieldAge, domain.AtLeast, 60))},
		{name: "r3 三种人群之一，或不满 18 周岁", residents: true, criteria: all(resident, anyOf(in(domain.FieldGroup, "G01", "G02", "G08"), number(domain.FieldAge, domain.LessThan, 18)))},
		{name: "r4 全省居民", residents: true, criteria: all(resident, in(domain.FieldRegion, "330000"))},
	}
}
