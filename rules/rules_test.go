package rules_test

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"policypush/internal/domain"
	"policypush/rules"
)

func TestName(t *testing.T) {
	r := load(t)
	for name, tt := range map[string]struct {
		dim  domain.Dimension
		code string
		want string
	}{
		"a theme":                          {domain.ThemeTag, "Q01", "减税降费"},
		"a tax":                            {domain.TaxTag, "T01", "增值税"},
		"a kind of support":                {domain.BenefitTag, "B02", "减征"},
		"a group":                          {domain.GroupTag, "G01", "老年人"},
		"an attribute":                     {domain.EnterpriseKindTag, "QH1", "高新技术企业"},
		"a section of industry":            {domain.IndustryTag, "C", "制造业"},
		"a division of industry":           {domain.IndustryTag, "C34", "通用设备制造业"},
		"a class of industry, by division": {domain.IndustryTag, "C3411", "通用设备制造业"},
		"a county, in full":                {domain.RegionTag, "330603", "浙江省绍兴市柯桥区"},
		"a town, in full":                  {domain.RegionTag, "330102001", "浙江省杭州市上城区清波街道"},
		"a keyword is its own name":        {domain.KeywordTag, "加计扣除", "加计扣除"},
		"an unknown code stays":            {domain.ThemeTag, "Q99", "Q99"},
		"no code at all":                   {domain.IndustryTag, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := r.Name(tt.dim, tt.code); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestValueName(t *testing.T) {
	r := load(t)
	for code, want := range map[string]string{
		"kind/enterprise": "企业", "size/micro": "微型企业", "taxpayer/small-scale": "增值税小规模纳税人", "region/330600": "浙江省绍兴市",
		"hukou/340100": "安徽省合肥市", "industry/C": "制造业", "registration/R112": "私营有限责任公司", "ownership/OW1": "民营企业",
		"attribute/QH1": "高新技术企业", "group/G02": "残疾人", "life_event/E01": "开办企业", "size/huge": "huge",
	} {
		field, value, _ := strings.Cut(code, "/")
		if got := r.ValueName(domain.Field(field), value); got != want {
			t.Errorf("%s: got %s, want %s", code, got, want)
		}
	}
}

func TestValidCode(t *testing.T) {
	r := load(t)
	valid := map[domain.Field][]string{
		domain.FieldKind:         {"enterprise", "resident"},
		domain.FieldRegion:       {"330000", "330600", "330603", "330102001"},
		domain.FieldHukou:        {"330603", "340100", "520000"},
		domain.FieldIndustry:     {"C", "C34", "C341", "C3411"},
		domain.FieldSize:         {"large", "medium", "small", "micro"},
		domain.FieldTaxpayer:     {"general", "small-scale"},
		domain.FieldRegistration: {"R112"},
		domain.FieldOwnership:    {"OW1"},
		domain.FieldAttribute:    {"QH1", "TX3", "R112", "Z1", "CR1"},
		domain.FieldGroup:        {"G01"},
		domain.FieldLifeEvent:    {"E01", "L10"},
	}
	invalid := map[domain.Field][]string{
		domain.FieldKind:         {"", "person"},
		domain.FieldRegion:       {"", "330103", "340100", "33", "330102999"},
		domain.FieldHukou:        {"", "339999", "990000", "34010", "34010a"},
		domain.FieldIndustry:     {"", "34", "C99", "A34", "c34", "C34111", "C34x", "U"},
		domain.FieldSize:         {"Z1", "小型"},
		domain.FieldTaxpayer:     {"TX1"},
		domain.FieldRegistration: {"OW1", "R999"},
		domain.FieldOwnership:    {"R112"},
		domain.FieldAttribute:    {"G01", ""},
		domain.FieldGroup:        {"G99", "TR1"},
		domain.FieldLifeEvent:    {"I01"},
		domain.FieldStaff:        {"100"},
		domain.FieldOther:        {"x"},
	}
	for field, codes := range valid {
		for _, code := range codes {
			if !r.ValidCode(field, code) {
				t.Errorf("%s: %q is refused", field, code)
			}
		}
	}
	for field, codes := range invalid {
		for _, code := range codes {
			if r.ValidCode(field, code) {
				t.Errorf("%s: %q is taken", field, code)
			}
		}
	}
}

// TestAttributeField: wherever an attribute is put, the profile may hold it there.
func TestAttributeField(t *testing.T) {
	r := load(t)
	for _, a := range r.Attributes.All() {
		if field, value := a.Field(); !r.ValidCode(field, value) {
			t.Errorf("%s goes to %s as %q, which is not valid there", a.Code, field, value)
		}
	}
	for code, want := range map[string]string{
		"TX1": "taxpayer/general", "TX2": "taxpayer/small-scale", "TX3": "attribute/TX3", "R500": "registration/R500",
		"Z3": "size/small", "Z5": "attribute/Z5", "OW2": "ownership/OW2", "CR1": "attribute/CR1",
	} {
		field, value := r.Attributes.Find(code).Field()
		if got := string(field) + "/" + value; got != want {
			t.Errorf("%s: got %s, want %s", code, got, want)
		}
	}
}

func TestRegions(t *testing.T) {
	r := load(t)
	if got := len(r.Children("330000")); got != 11 {
		t.Errorf("%d cities, want 11", got)
	}
	for _, d := range r.Children("330603") {
		if d.Level != rules.Town || !strings.HasPrefix(d.Code, "330603") {
			t.Errorf("%s %s is no town of 柯桥区", d.Code, d.Name)
		}
	}
	for name, want := range map[string]string{
		"柯桥": "330603", "柯桥区": "330603", "浙江省绍兴市柯桥区": "330603", "全省": "330000", "苏州市": "",
	} {
		got := ""
		for _, d := range r.DivisionsByName(name) {
			got += d.Code
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	for _, d := range r.Divisions.All() {
		if !slices.Contains(r.DivisionsByName(r.FullName(d.Code)), d) {
			t.Errorf("%s is not found by its full name", d.Code)
		}
	}
}

func n(x int64) *int64 { return &x }

func TestSize(t *testing.T) {
	r := load(t)
	for name, tt := range map[string]struct {
		industry               string
		staff, revenue, assets *int64
		want                   string
	}{
		"industry, all bounds of large reached":     {"C34", n(1000), n(400_000_000), nil, "large"},
		"industry, one metric below: one size down": {"C3411", n(999), n(400_000_000), nil, "medium"},
		"the lower bound belongs to the size":       {"C34", n(20), n(3_000_000), nil, "small"},
		"just under the bound does not":             {"C34", n(20), n(2_999_999), nil, "micro"},
		"many people and little revenue is micro":   {"C34", n(5000), n(1), nil, "micro"},
		"a section with one rule for all":           {"C", n(300), n(20_000_000), nil, "medium"},
		"a section with several rules cannot tell":  {"F", n(300), n(20_000_000), nil, ""},
		"wholesale":                                  {"F51", n(20), n(50_000_000), nil, "medium"},
		"retail":                                     {"F52", n(20), n(50_000_000), nil, "small"},
		"farming asks for revenue alone":             {"A01", nil, n(200_000_000), nil, "large"},
		"building asks for assets":                   {"E47", nil, n(60_000_000), n(50_000_000), "medium"},
		"building without assets is not known":       {"E47", n(10), n(60_000_000), nil, ""},
		"a missing metric does not save a micro one": {"C34", n(19), nil, nil, "micro"},
		"a missing metric may":                       {"C34", n(20), nil, nil, ""},
		"developers":                                 {"K7010", nil, n(10_000_000), n(50_000_000), "medium"},
		"property managers":                          {"K7020", n(300), n(10_000_000), nil, "medium"},
		"agents of real estate are other":            {"K7030", n(100), nil, nil, "medium"},
		"real estate without the group cannot tell":  {"K70", n(100), n(10_000_000), n(50_000_000), ""},
		"storage":                              {"G5920", n(100), n(10_000_000), nil, "medium"},
		"loading goes with transport":          {"G5910", n(100), n(10_000_000), nil, "small"},
		"storage or loading cannot tell":       {"G59", n(100), n(10_000_000), nil, ""},
		"leasing asks for staff and assets":    {"L71", n(100), nil, n(80_000_000), "medium"},
		"other industries ask for staff alone": {"M73", n(9), nil, nil, "micro"},
		"social work is other":                 {"Q85", n(10), nil, nil, "small"},
		"finance is not classified":            {"J66", n(1000), n(1 << 40), n(1 << 40), ""},
		"railways are not classified":          {"G53", n(1000), n(1 << 40), n(1 << 40), ""},
		"an unknown industry":                  {"U99", n(1), n(1), n(1), ""},
		"no industry":                          {"", n(1), n(1), n(1), ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := r.Size(tt.industry, tt.staff, tt.revenue, tt.assets); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestSizeGrows: more of anything never makes an enterprise smaller, and what
// is said with a fact missing stays true when it is supplied.
func TestSizeGrows(t *testing.T) {
	r := load(t)
	order := []string{"micro", "small", "medium", "large"}
	var codes []string
	for _, in := range r.Industries.All() {
		if in.Full != "" {
			codes = append(codes, in.Full, in.Full+"10")
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		industry := rapid.SampledFrom(codes).Draw(t, "industry")
		draw := func(label string, most int64) int64 { return rapid.Int64Range(0, most).Draw(t, label) }
		staff, revenue, assets := draw("staff", 3000), draw("revenue", 3e9), draw("assets", 3e9)
		full := r.Size(industry, &staff, &revenue, &assets)
		more := r.Size(industry, n(staff+draw("more staff", 1000)), n(revenue+draw("more revenue", 1e9)), n(assets+draw("more assets", 1e9)))
		if slices.Index(order, more) < slices.Index(order, full) {
			t.Fatalf("%s: %s shrank to %s", industry, full, more)
		}
		pick := func(label string, p *int64) *int64 {
			if rapid.Bool().Draw(t, label) {
				return p
			}
			return nil
		}
		part := r.Size(industry, pick("knows staff", &staff), pick("knows revenue", &revenue), pick("knows assets", &assets))
		if part != "" && part != full {
			t.Fatalf("%s: %s with a fact missing, %s with all", industry, part, full)
		}
	})
}

func day(s string) time.Time {
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return d
}

func TestWorkday(t *testing.T) {
	c := load(t).Calendar
	for name, tt := range map[string]struct {
		day         string
		works, sure bool
	}{
		"a Wednesday":                         {"2026-11-25", true, true},
		"a Saturday":                          {"2026-11-28", false, true},
		"a Sunday that is worked":             {"2026-01-04", true, true},
		"the national holiday":                {"2026-10-01", false, true},
		"a Wednesday of a year not announced": {"2031-10-01", true, false},
		"a Saturday of a year not announced":  {"2031-10-04", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			if works, sure := c.Workday(day(tt.day)); works != tt.works || sure != tt.sure {
				t.Errorf("got %v, %v", works, sure)
			}
		})
	}
}

func TestAddWorkdays(t *testing.T) {
	c := load(t).Calendar
	for name, tt := range map[string]struct {
		from string
		n    int
		want string
		sure bool
	}{
		"the day itself does not count":       {"2026-11-23", 1, "2026-11-24", true},
		"over a weekend":                      {"2026-11-27", 1, "2026-11-30", true},
		"twenty days over the spring holiday": {"2026-02-10", 20, "2026-03-16", true},
		"backwards":                           {"2026-11-30", -1, "2026-11-27", true},
		"none":                                {"2026-11-28", 0, "2026-11-28", true},
		"into a year not announced":           {"2026-12-31", 1, "2027-01-01", false},
	} {
		t.Run(name, func(t *testing.T) {
			got, sure := c.AddWorkdays(day(tt.from), tt.n)
			if got.Format(time.DateOnly) != tt.want || sure != tt.sure {
				t.Errorf("got %s, %v, want %s, %v", got.Format(time.DateOnly), sure, tt.want, tt.sure)
			}
		})
	}
}

// TestAddWorkdaysCounts: between a day and its n-th working day there are n of them.
func TestAddWorkdaysCounts(t *testing.T) {
	c := load(t).Calendar
	rapid.Check(t, func(t *rapid.T) {
		from := day("2023-01-01").AddDate(0, 0, rapid.IntRange(0, 1300).Draw(t, "from"))
		want := rapid.IntRange(0, 60).Draw(t, "n")
		end, _ := c.AddWorkdays(from, want)
		got := 0
		for d := from; d.Before(end); {
			d = d.AddDate(0, 0, 1)
			if works, _ := c.Workday(d); works {
				got++
			}
		}
		if got != want {
			t.Fatalf("%d working days after %s, want %d", got, from.Format(time.DateOnly), want)
		}
	})
}

func TestLimits(t *testing.T) {
	l := load(t).Limits
	if l.PerDay[domain.SMS] != 2 || l.PerWeek[domain.SMS] != 7 || l.PerDay[domain.Email] != 1 || l.MaxText[domain.SMS] != 70 ||
		l.MaxTitle[domain.App] != 20 || l.Merge != 24*time.Hour || !slices.Equal(l.UrgentBypass, []string{"V04", "D09"}) {
		t.Errorf("got %+v", l)
	}
	if _, limited := l.PerWeek[domain.Email]; limited {
		t.Error("mail has no limit a week")
	}
	for clock, want := range map[string]bool{ // UTC; Shanghai is eight hours ahead
		"11:59:59": false, "12:00:00": true, "18:00:00": true, "23:59:59": true, "00:00:00": false,
	} {
		at, err := time.Parse(time.TimeOnly, clock)
		if err != nil {
			t.Fatal(err)
		}
		if got := l.Quiet(at); got != want {
			t.Errorf("%s UTC quiet: got %v", clock, got)
		}
	}
	l.QuietFrom, l.QuietTo = 12*time.Hour, 14*time.Hour
	if !l.Quiet(day("2026-01-01").Add(5*time.Hour)) || l.Quiet(day("2026-01-01").Add(6*time.Hour)) {
		t.Error("a span that does not pass midnight")
	}
}

func TestUserWords(t *testing.T) {
	r := load(t)
	words := r.UserWords()
	for _, w := range words {
		if strings.ContainsAny(w, " 、()（）,，。\t\n") || utf8.RuneCountInString(w) < 2 || !utf8.ValidString(w) {
			t.Errorf("%q is no word for a dictionary", w)
		}
	}
	for _, want := range []string{"六税两费", "减免税额", "地方教育附加", "柯桥区", "清波街道", "小型微利企业", "发改局"} {
		if _, found := slices.BinarySearch(words, want); !found {
			t.Errorf("%s is missing", want)
		}
	}
}

func TestInterpretAndExplain(t *testing.T) {
	r := load(t)
	if !r.MustInterpret("D07") || r.MustInterpret("D08") || r.MustInterpret("D99") {
		t.Error("normative documents must be interpreted, notices need not be")
	}
	if j := r.Explain("公共租赁住房"); j == nil || j.Name != "公租房" {
		t.Errorf("got %v", j)
	}
	if r.Explain("没有的词") != nil {
		t.Error("explained a word that is not there")
	}
}

// TestEndsOfTitles: a word that titles end with is of one kind of document only.
func TestEndsOfTitles(t *testing.T) {
	r := load(t)
	kinds := map[string]string{}
	for _, k := range r.DocumentKinds.All() {
		for _, end := range k.Suffix {
			if other, found := kinds[end]; found {
				t.Errorf("%q ends titles of %s and of %s", end, other, k.Code)
			}
			kinds[end] = k.Code
		}
	}
	if kinds["通知"] != "D08" || kinds["办法"] != "D07" {
		t.Errorf("通知 is %q, 办法 %q", kinds["通知"], kinds["办法"])
	}
}
