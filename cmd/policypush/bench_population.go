package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"

	"policypush/internal/domain"
)

// Population draws synthetic subscribers with the skew of a province: few
// large counties and many small ones, two thirds of the enterprises one-person
// businesses, revenue and staff that go together, and much that is unknown.
// The same seed draws the same people.
type population struct {
	*rand.Rand
	counties   []string
	industries []string
	keywords   []string
}

func newPopulation(seed uint64) *population {
	p := &population{Rand: rand.New(rand.NewPCG(seed, 20261122))}
	for city := 1; city <= 11; city++ {
		for county := range 8 {
			p.counties = append(p.counties, fmt.Sprintf("33%02d%02d", city, county+2))
		}
	}
	p.Shuffle(len(p.counties), func(i, j int) { p.counties[i], p.counties[j] = p.counties[j], p.counties[i] })
	for _, section := range industrySections {
		for division := section.from; division <= section.to; division++ {
			for class := range 15 {
				p.industries = append(p.industries, fmt.Sprintf("%s%02d%d%d", section.letter, division, class/3+1, class%3+1))
			}
		}
	}
	for i := range 500 {
		p.keywords = append(p.keywords, fmt.Sprintf("关键词%03d", i))
	}
	return p
}

// IndustrySections are the sections of GB/T 4754 with their divisions and how
// many enterprises in a hundred they have.
var industrySections = []struct {
	letter   string
	from, to int
	percent  int
}{
	{"A", 1, 5, 4},
	{"B", 6, 12, 1},
	{"C", 13, 43, 16},
	{"D", 44, 46, 1},
	{"E", 47, 50, 6},
	{"F", 51, 52, 34},
	{"G", 53, 60, 4},
	{"H", 61, 62, 11},
	{"I", 63, 65, 3},
	{"J", 66, 69, 1},
	{"K", 70, 70, 2},
	{"L", 71, 72, 6},
	{"M", 73, 75, 3},
	{"N", 76, 79, 1},
	{"O", 80, 82, 4},
	{"P", 83, 83, 1},
	{"Q", 84, 85, 1},
	{"R", 86, 90, 1},
}

func (p *population) chance(percent float64) bool { return p.Float64()*100 < percent }

// Skewed returns a number below n; small ones come up much more often.
func (p *population) skewed(n int) int {
	return min(n-1, int(float64(n)*math.Pow(p.Float64(), 2.2)))
}

// Region returns a town, or only the county for one in twenty.
func (p *population) region() string {
	county := p.counties[p.skewed(len(p.counties))]
	if p.chance(5) {
		return county
	}
	return county + strconv.Itoa(100+p.skewed(16))
}

func (p *population) industry() string {
	n, at := p.IntN(100), 0
	for _, s := range industrySections {
		classes := (s.to - s.from + 1) * 15
		if n -= s.percent; n < 0 {
			return p.industries[at+p.skewed(classes)]
		}
		at += classes
	}
	return p.industries[0]
}

// Subscriber draws somebody: one in four is an enterprise.
func (p *population) subscriber() (domain.Profile, domain.Subscription) {
	if p.chance(25) {
		return p.enterprise(), p.interests()
	}
	return p.resident(), p.interests()
}

func (p *population) enterprise() domain.Profile {
	e := domain.Profile{Kind: domain.Enterprise, Region: p.region(), Industry: p.industry(), Taxpayer: "small-scale", Registration: "R112", Ownership: "OW1"}
	median, spread := 12.0, 1.3
	if p.chance(66) {
		e.Registration, median, spread = "R500", 2.5, 0.7
	}
	staff := int64(1 + median*math.Exp(spread*p.NormFloat64()))
	revenue := staff * int64(300_000*math.Exp(0.7*p.NormFloat64()))
	assets := int64(float64(revenue) * math.Exp(0.5*p.NormFloat64()))
	switch {
	case staff >= 1000 && revenue >= 400_000_000:
		e.Size = "large"
	case staff >= 300 && revenue >= 20_000_000:
		e.Size = "medium"
	case staff >= 20 && revenue >= 3_000_000:
		e.Size = "small"
	default:
		e.Size = "micro"
	}
	if revenue > 5_000_000 || p.chance(10) {
		e.Taxpayer = "general"
	}
	e.Founded = fmt.Sprintf("%d-%02d-%02d", 2026-p.skewed(35), 1+p.IntN(12), 1+p.IntN(28))
	if !p.chance(8) {
		e.Staff = &staff
	}
	if !p.chance(15) {
		e.Revenue = &revenue
	}
	if !p.chance(25) {
		e.Assets = &assets
	}
	if !p.chance(12) {
		e.Attributes = p.attributes(staff, revenue)
	}
	return e
}

func (p *population) attributes(staff, revenue int64) []string {
	set := []string{}
	add := func(code string, percent float64) {
		if p.chance(percent) {
			set = append(set, code)
		}
	}
	larger := 1.0
	if staff > 50 && revenue > 20_000_000 {
		larger = 12
		set = append(set, "Z5")
	}
	add("QH1", 0.5*larger)
	add("QH2", 1.5*larger)
	add("QH4", 0.3*larger)
	add("TX3", 70/larger)
	add("TX6", 3)
	add("CR4", 1.2)
	add("CR5", 4)
	return set
}

func (p *population) resident() domain.Profile {
	born := 2008 - p.IntN(90)
	r := domain.Profile{Kind: domain.Resident, Region: p.region(), Born: strconv.Itoa(born)}
	switch {
	case p.chance(8):
		r.Born = ""
	case p.chance(35):
		r.Born = fmt.Sprintf("%d-%02d", born, 1+p.IntN(12))
	}
	if p.chance(60) {
		r.Hukou = p.counties[p.skewed(len(p.counties))]
	}
	if p.chance(12) {
		return r
	}
	r.Groups = []string{}
	if 2026-born >= 60 {
		r.Groups = append(r.Groups, "G01")
	}
	for g := 2; g <= 24; g++ {
		if p.chance(40 / float64(g)) {
			r.Groups = append(r.Groups, fmt.Sprintf("G%02d", g))
		}
	}
	return r
}

// Interests draws a subscription: a third want everything that may apply, a
// third up to six themes, one in eight has keywords, one in fifty paused.
func (p *population) interests() domain.Subscription {
	s := domain.Subscription{All: p.chance(33), Paused: p.chance(2)}
	if p.chance(35) {
		for range 1 + p.IntN(6) {
			s.Themes = append(s.Themes, fmt.Sprintf("Q%02d", 1+p.skewed(30)))
		}
	}
	if p.chance(12) {
		for range 1 + p.IntN(4) {
			s.Keywords = append(s.Keywords, p.keywords[p.skewed(len(p.keywords))])
		}
	}
	return s
}

// Question is one audience that the benchmark asks for.
type question struct {
	name     string
	criteria domain.Criteria
	themes   []string // with keywords, who is interested; empty asks everybody
}

// Questions are the fixed set, from tight to broad. Each has a shape that
// policies have.
func questions(p *population) []question {
	in := func(f domain.Field, values ...string) domain.Criteria {
		return domain.Leaf(domain.Condition{Field: f, Op: domain.In, Values: values})
	}
	number := func(f domain.Field, op domain.Op, n int64) domain.Criteria {
		return domain.Leaf(domain.Condition{Field: f, Op: op, Number: n})
	}
	all, anyOf, not := domain.AllOf, domain.AnyOf, domain.NotOf
	county, city := p.counties[3], p.counties[0][:4]+"00"
	enterprise, resident := in(domain.FieldKind, "enterprise"), in(domain.FieldKind, "resident")
	small := in(domain.FieldSize, "small", "micro")
	notInTrouble := not(in(domain.FieldAttribute, "CR4", "CR5"))
	maker := all(enterprise, in(domain.FieldIndustry, "C"), small, in(domain.FieldTaxpayer, "general"), not(in(domain.FieldAttribute, "QH2")), number(domain.FieldStaff, domain.LessThan, 300))
	return []question{
		{"一个镇的批发零售、住宿餐饮企业", all(enterprise, in(domain.FieldRegion, county+"100"), in(domain.FieldIndustry, "F", "H")), nil},
		{"一个县、制造业、高新、20 至 299 人", all(enterprise, in(domain.FieldRegion, county), in(domain.FieldIndustry, "C"), in(domain.FieldAttribute, "QH1"),
			number(domain.FieldStaff, domain.AtLeast, 20), number(domain.FieldStaff, domain.LessThan, 300)), nil},
		{"一个市、专精特新、六个行业、营收 2000 万元以上", all(enterprise, in(domain.FieldRegion, city), in(domain.FieldAttribute, "QH4"),
			in(domain.FieldIndustry, "C33", "C34", "C35", "C38", "C39", "I65"), number(domain.FieldRevenue, domain.AtLeast, 20_000_000)), nil},
		{"一个县的个体餐饮，2020 年以后成立", all(enterprise, in(domain.FieldRegion, county), in(domain.FieldRegistration, "R500"), in(domain.FieldIndustry, "H"),
			number(domain.FieldFounded, domain.AtLeast, 20200101)), nil},
		{"一个镇 60 周岁以上老人", all(resident, in(domain.FieldRegion, county+"101"), number(domain.FieldAge, domain.AtLeast, 60)), nil},
		{"五个县、三个行业小类、7 至 77 人", all(enterprise, in(domain.FieldRegion, p.counties[1:6]...), in(domain.FieldIndustry, "F5111", "F5211", "C1311"),
			number(domain.FieldStaff, domain.AtLeast, 7), number(domain.FieldStaff, domain.AtMost, 77)), nil},
		{"高新、中小企业、营收 500 万至 4 亿元", all(enterprise, in(domain.FieldAttribute, "QH1"), in(domain.FieldSize, "small", "medium"),
			number(domain.FieldRevenue, domain.AtLeast, 5_000_000), number(domain.FieldRevenue, domain.LessThan, 400_000_000)), nil},
		{"制造业小微一般纳税人，不是科技型，300 人以下", maker, nil},
		{"同上，并且订阅了四个主题之一", maker, []string{"Q01", "Q02", "Q04", "Q12"}},
		{"四种资质之一，没有失信和异常", all(enterprise, in(domain.FieldAttribute, "QH1", "QH2", "QH4", "TX6"), notInTrouble), nil},
		{"小规模纳税人，营收 120 万元以下，没有失信", all(enterprise, in(domain.FieldTaxpayer, "small-scale"), number(domain.FieldRevenue, domain.LessThan, 1_200_000), small, notInTrouble), nil},
		{"两个市、本地户籍、60 周岁以上", all(resident, in(domain.FieldRegion, city, p.counties[1][:4]+"00"), in(domain.FieldHukou, "330000"), number(domain.FieldAge, domain.AtLeast, 60)), nil},
		{"老人、残疾人、优抚对象之一，或不满 18 周岁", all(resident, anyOf(in(domain.FieldGroup, "G01", "G02", "G08"), number(domain.FieldAge, domain.LessThan, 18))), nil},
		{"全省居民", all(resident, in(domain.FieldRegion, "330000")), nil},
	}
}
