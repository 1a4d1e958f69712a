package demo

import (
	"fmt"
	"strings"
	"time"

	"policypush/internal/domain"
	"policypush/rules"
)

// Enterprises is how many enterprises the county has.
const Enterprises = 3000

// trade is an industry as this county knows it.
type trade struct {
	industry string
	word     string  // in names: 精密机械
	staff    float64 // median
	revenue  float64 // yuan a year and head, median
	themes   []string
}

var (
	makers   = []string{"Q26", "Q12", "Q02", "Q04", "Q01", "Q13", "Q19", "Q03"}
	shops    = []string{"Q01", "Q17", "Q23", "Q25", "Q03"}
	builders = []string{"Q02", "Q04", "Q16", "Q22", "Q01"}
	thinkers = []string{"Q08", "Q12", "Q09", "Q01", "Q14"}
	growers  = []string{"Q24", "Q02", "Q03", "M14"}
)

var trades = []weighted[trade]{
	{trade{"C34", "精密机械", 22, 480_000, makers}, 6},
	{trade{"C33", "五金制品", 16, 420_000, makers}, 5},
	{trade{"C17", "纺织", 30, 390_000, makers}, 5},
	{trade{"C18", "服饰", 24, 280_000, makers}, 4},
	{trade{"C13", "农产品加工", 15, 520_000, makers}, 3},
	{trade{"C14", "食品", 18, 430_000, makers}, 3},
	{trade{"C29", "塑业", 17, 450_000, makers}, 3},
	{trade{"C38", "电器", 28, 560_000, makers}, 3},
	{trade{"C36", "汽车零部件", 40, 620_000, makers}, 2},
	{trade{"C39", "电子", 35, 640_000, makers}, 2},
	{trade{"C21", "家具", 14, 330_000, makers}, 2},
	{trade{"F51", "贸易", 7, 1_600_000, shops}, 11},
	{trade{"F52", "商贸", 4, 420_000, shops}, 15},
	{trade{"H62", "餐饮", 6, 210_000, shops}, 9},
	{trade{"H61", "酒店", 11, 180_000, shops}, 3},
	{trade{"E47", "建设", 30, 520_000, builders}, 3},
	{trade{"E50", "装饰", 9, 330_000, builders}, 2},
	{trade{"G54", "物流", 9, 460_000, builders}, 4},
	{trade{"I65", "软件", 9, 420_000, thinkers}, 4},
	{trade{"M74", "检测技术", 10, 330_000, thinkers}, 3},
	{trade{"L72", "企业管理", 6, 300_000, shops}, 4},
	{trade{"K70", "物业服务", 20, 150_000, shops}, 1},
	{trade{"O81", "汽车维修", 6, 260_000, shops}, 3},
	{trade{"O80", "家政服务", 8, 120_000, shops}, 2},
	{trade{"A01", "种植", 8, 210_000, growers}, 3},
	{trade{"A03", "养殖", 7, 330_000, growers}, 1},
	{trade{"R90", "文化娱乐", 7, 200_000, shops}, 1},
}

var towns = []weighted[string]{
	{"339901001", 38}, {"339901102", 22}, {"339901101", 15}, {"339901103", 13}, {"339901201", 6}, {"339901202", 6},
}

var (
	firstSyllables  = []string{"恒", "达", "华", "瑞", "鑫", "盛", "永", "宏", "嘉", "润", "泰", "安", "天", "云", "青", "禾", "川", "益", "众", "博", "远", "星"}
	secondSyllables = []string{"达", "辉", "丰", "源", "顺", "通", "隆", "和", "诚", "信", "业", "茂", "成", "旺", "泽", "科", "创", "宇", "航", "新", "美", "康"}
	thirdSyllables  = []string{"", "新", "金", "东", "江", "大", "南"} // 22 × 22 names are not enough for all
	keywords        = []string{"贴息", "用工", "专精特新", "出口", "光伏", "设备更新", "数字化", "房租", "残保金", "研发费用"}
)

// enterprises makes the enterprises of the county, the same ones every time.
// Their skew is that of real counties: two thirds are micro, most are in
// trade, food and small manufacturing, and much is unknown of many.
func enterprises(r *rules.Rules, now time.Time) []*domain.Subscriber {
	d := newDraws(1)
	subs := []*domain.Subscriber{hengda(now)}
	for i := 2; i <= Enterprises; i++ {
		subs = append(subs, enterprise(d, r, i, now))
	}
	return subs
}

// hengda is the enterprise that the tour shows: everything about it is known.
func hengda(now time.Time) *domain.Subscriber {
	return &domain.Subscriber{
		ExternalID: "demo-E000001", Name: "云川恒达精密机械有限公司", USCC: uscc("91", 1), Demo: true,
		Profile: domain.Profile{
			Kind: domain.Enterprise, Region: "339901102", Industry: "C34", Size: rules.Small, Taxpayer: "general",
			Registration: "R112", Ownership: "OW1", Attributes: []string{"QH2", "Z5", "TX6"},
			Staff: ptr(86), Revenue: ptr(42_000_000), Assets: ptr(30_000_000), Income: ptr(2_600_000), Founded: "2014-03-18",
		},
		Subscription: domain.Subscription{Themes: []string{"Q26", "Q12", "Q04"}, Keywords: []string{"贴息"}, All: true},
		Contacts: []domain.Contact{
			{Kind: domain.App, Verified: true},
			{Kind: domain.SMS, Address: phone(1), When: domain.Now, Verified: true, Person: 1},
			{Kind: domain.Email, Address: "hengda@yunchuan.example", When: domain.Now, Verified: true, Person: 1},
		},
		Consent: domain.Consent{Version: domain.ConsentVersion, At: now, Source: "import:demo"},
	}
}

func enterprise(d draws, r *rules.Rules, i int, now time.Time) *domain.Subscriber {
	t := pick(d, trades)
	staff := int64(max(1, d.lognormal(t.staff, 1.1)))
	revenue := int64(float64(staff)*d.lognormal(t.revenue, 0.5)) / 10_000 * 10_000
	assets := int64(float64(revenue)*d.lognormal(0.7, 0.5)) / 10_000 * 10_000
	income := int64(float64(revenue) * 0.05 * d.Float64() * 1.6)
	p := domain.Profile{
		Kind: domain.Enterprise, Region: pick(d, towns), Industry: t.industry, Ownership: "OW1", Registration: "R112",
		Size: r.Size(t.industry, &staff, &revenue, &assets), Staff: &staff, Revenue: &revenue, Assets: &assets, Income: &income,
		Taxpayer: "general", Founded: founded(d, now),
	}
	selfEmployed := staff <= 12 && d.chance(45)
	switch {
	case selfEmployed:
		p.Registration, p.Assets, p.Income = "R500", nil, nil
	case d.chance(8):
		p.Registration = "R119"
	case d.chance(3):
		p.Registration, p.Ownership = "R111", "OW2"
	case d.chance(3):
		p.Registration, p.Ownership = "R310", "OW3"
	}
	if revenue < 5_000_000 && !d.chance(15) {
		p.Taxpayer = "small-scale"
	}
	if !d.chance(10) {
		p.Attributes = attributes(d, t, staff, revenue, assets, income)
	}
	forget(d, &p)
	return &domain.Subscriber{
		ExternalID: fmt.Sprintf("demo-E%06d", i), Name: enterpriseName(d, i, t, p, selfEmployed), USCC: uscc(usccClass(selfEmployed), i),
		Demo: true, Profile: p, Subscription: subscription(d, t.themes, keywords, 38), Contacts: contacts(d, i, 1),
		Consent: domain.Consent{Version: domain.ConsentVersion, At: now.AddDate(0, 0, -d.IntN(240)), Source: "import:demo"},
	}
}

// forget takes facts away: registers know the place and the trade of nearly
// everybody and the books of few.
func forget(d draws, p *domain.Profile) {
	if d.chance(22) {
		p.Assets = nil
	}
	if d.chance(40) {
		p.Income = nil
	}
	if d.chance(15) {
		p.Revenue = nil
	}
	if d.chance(8) {
		p.Staff = nil
	}
	if d.chance(4) {
		p.Size = ""
	}
	if d.chance(5) {
		p.Region = County
	}
}

func attributes(d draws, t trade, staff, revenue, assets, income int64) []string {
	set := []string{}
	add := func(code string, when bool) {
		if when {
			set = append(set, code)
		}
	}
	industrial := strings.HasPrefix(t.industry, "C")
	add("TX3", staff <= 300 && assets <= 50_000_000 && income <= 3_000_000)
	add("TX6", industrial && d.chance(18))
	add("Z5", industrial && revenue >= 20_000_000)
	add("Z6", industrial && revenue < 20_000_000)
	add("QH1", (industrial || t.industry == "I65") && staff > 20 && d.chance(18))
	add("QH2", (industrial || t.industry == "I65") && d.chance(14))
	add("QH4", industrial && staff > 40 && d.chance(9))
	add("QH13", industrial && staff > 60 && d.chance(4))
	add("QH15", strings.HasPrefix(t.industry, "H") && d.chance(2))
	add("PK1", industrial && d.chance(25))
	add("PK3", industrial && staff < 60 && d.chance(15))
	add("CR1", d.chance(22))
	add("CR4", d.chance(1))
	return set
}

func founded(d draws, now time.Time) string {
	years := int(d.lognormal(6, 0.9))
	day := now.AddDate(-min(years, 34), 0, -d.IntN(330)-1)
	if d.chance(10) {
		return day.Format("2006")
	}
	return day.Format(time.DateOnly)
}

func enterpriseName(d draws, i int, t trade, p domain.Profile, selfEmployed bool) string {
	first, second := len(firstSyllables), len(secondSyllables)
	brand := thirdSyllables[i/first/second] + firstSyllables[i%first] + secondSyllables[i/first%second]
	switch {
	case selfEmployed && t.industry == "H62":
		return "云川县" + brand + oneOf(d, []string{"面馆", "小吃店", "饭店", "早餐店"})
	case selfEmployed:
		return "云川县" + brand + t.word + oneOf(d, []string{"店", "经营部", "工作室"})
	case p.Registration == "R111":
		return "云川县" + brand + t.word + "投资有限公司"
	default:
		return "云川" + brand + t.word + "有限公司"
	}
}

// subscription draws up to four themes; all percent of the subscribers want
// everything that may apply.
func subscription(d draws, themes, words []string, all int) domain.Subscription {
	s := domain.Subscription{Themes: some(d, 1+d.IntN(4), themes), Keywords: []string{}, All: d.chance(all), Paused: d.chance(1)}
	if d.chance(12) {
		s.Keywords = some(d, 1, words)
	}
	return s
}

var frequencies = []weighted[domain.Frequency]{{domain.Now, 70}, {domain.Daily, 18}, {domain.Weekly, 12}}

// contacts draws the channels of subscriber i; kind keeps the addresses of
// enterprises (1) and residents (2) apart.
func contacts(d draws, i, kind int) []domain.Contact {
	var cs []domain.Contact
	sms := domain.Contact{Kind: domain.SMS, Address: phone(kind*100_000 + i), When: pick(d, frequencies), Verified: true}
	mail := domain.Contact{Kind: domain.Email, Address: fmt.Sprintf("u%d@yunchuan.example", kind*100_000+i), When: pick(d, frequencies), Verified: true}
	if d.chance(68) {
		cs = append(cs, sms)
	}
	if d.chance(42 / kind) {
		cs = append(cs, mail)
	}
	if len(cs) == 0 || d.chance(75) {
		cs = append(cs, domain.Contact{Kind: domain.App, Verified: true})
	}
	return cs
}

// phone returns a number of the demonstration: 199 00, then n. Channels log
// until somebody configures them, so nothing is sent there.
func phone(n int) string { return fmt.Sprintf("199%08d", n) }

func usccClass(selfEmployed bool) string {
	if selfEmployed {
		return "92"
	}
	return "91"
}

// uscc makes a 统一社会信用代码 with the right check character (GB 32100-2015):
// class, county, number of the organisation.
func uscc(class string, n int) string {
	const digits = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	body := fmt.Sprintf("%s%s%09d", class, County, n)
	sum, weight := 0, 1
	for _, c := range body {
		sum += strings.IndexRune(digits, c) * weight
		weight = weight * 3 % 31
	}
	return body + string(digits[(31-sum%31)%31])
}

func ptr(n int64) *int64 { return &n }
