package matching_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"policypush/internal/domain"
	"policypush/internal/matching"
)

const asOf = "2026-11-22"

func code(f domain.Field, values ...string) domain.Criteria {
	return domain.Leaf(domain.Condition{Field: f, Op: domain.In, Values: values})
}

func number(f domain.Field, op domain.Op, n int64) domain.Criteria {
	return domain.Leaf(domain.Condition{Field: f, Op: op, Number: n})
}

func known(n int64) *int64 { return &n }

func names(_ domain.Field, code string) string {
	return map[string]string{
		"330603": "浙江省云州市云川县", "C": "制造业", "I65": "软件和信息技术服务业", "small": "小型", "micro": "微型",
		"QH1": "高新技术企业", "NG1": "严重失信主体", "G07": "低保与低收入家庭",
	}[code]
}

func TestEvaluate(t *testing.T) {
	enterprise := domain.Profile{
		Kind: domain.Enterprise, Region: "330603001", Industry: "C34", Size: "small", Staff: known(86), Revenue: known(42_000_000),
		Attributes: []string{"QH1"}, Founded: "2019-03",
	}
	resident := domain.Profile{Kind: domain.Resident, Region: "330600", Born: "1966", Groups: []string{}}
	stranger := domain.Profile{}
	for name, tt := range map[string]struct {
		criteria domain.Criteria
		profile  domain.Profile
		want     domain.Truth
	}{
		"no criteria are met by everybody":                      {domain.Criteria{}, stranger, domain.Yes},
		"any of nothing is met by nobody":                       {domain.Criteria{Any: []domain.Criteria{}}, enterprise, domain.No},
		"all of nothing is met by everybody":                    {domain.Criteria{All: []domain.Criteria{}}, stranger, domain.Yes},
		"a town lies in its county":                             {code(domain.FieldRegion, "330603"), enterprise, domain.Yes},
		"a town lies in its city, zeros or not":                 {code(domain.FieldRegion, "330600"), enterprise, domain.Yes},
		"a town lies in the country":                            {code(domain.FieldRegion, "000000"), enterprise, domain.Yes},
		"a town does not lie in the next county":                {code(domain.FieldRegion, "330604"), enterprise, domain.No},
		"who only says the city may live in the county":         {code(domain.FieldRegion, "330603"), resident, domain.Unknown},
		"who says nothing may live anywhere":                    {code(domain.FieldRegion, "330603"), stranger, domain.Unknown},
		"one of several counties is enough":                     {code(domain.FieldRegion, "330604", "330603"), enterprise, domain.Yes},
		"a division lies in its section":                        {code(domain.FieldIndustry, "C"), enterprise, domain.Yes},
		"a division may be of a group below it":                 {code(domain.FieldIndustry, "C341"), enterprise, domain.Unknown},
		"another division is not":                               {code(domain.FieldIndustry, "C35"), enterprise, domain.No},
		"one of several sizes":                                  {code(domain.FieldSize, "small", "micro"), enterprise, domain.Yes},
		"a size that is not given":                              {code(domain.FieldSize, "small"), domain.Profile{Kind: domain.Enterprise}, domain.Unknown},
		"a resident has no size":                                {code(domain.FieldSize, "small"), resident, domain.No},
		"an enterprise has no age":                              {number(domain.FieldAge, domain.AtLeast, 60), enterprise, domain.No},
		"who may be either may have a size":                     {code(domain.FieldSize, "small"), stranger, domain.Unknown},
		"a life event may be of both":                           {code(domain.FieldLifeEvent, "E01"), enterprise, domain.Unknown},
		"an attribute it has":                                   {code(domain.FieldAttribute, "QH1", "QH2"), enterprise, domain.Yes},
		"a set that is given is complete":                       {code(domain.FieldAttribute, "QH2"), enterprise, domain.No},
		"an empty set says no":                                  {code(domain.FieldGroup, "G07"), resident, domain.No},
		"a set that is not given says nothing":                  {code(domain.FieldGroup, "G07"), domain.Profile{Kind: domain.Resident}, domain.Unknown},
		"not more than the limit":                               {number(domain.FieldStaff, domain.AtMost, 86), enterprise, domain.Yes},
		"less than the limit":                                   {number(domain.FieldStaff, domain.LessThan, 86), enterprise, domain.No},
		"a number that is not given":                            {number(domain.FieldAssets, domain.AtMost, 1), enterprise, domain.Unknown},
		"a year of birth on both sides of the age":              {number(domain.FieldAge, domain.AtLeast, 60), resident, domain.Unknown},
		"a year of birth above the age":                         {number(domain.FieldAge, domain.AtLeast, 59), resident, domain.Yes},
		"a year of birth below the age":                         {number(domain.FieldAge, domain.AtLeast, 61), resident, domain.No},
		"sixty today":                                           {number(domain.FieldAge, domain.AtLeast, 60), domain.Profile{Born: "1966-11-22"}, domain.Yes},
		"sixty tomorrow":                                        {number(domain.FieldAge, domain.AtLeast, 60), domain.Profile{Born: "1966-11-23"}, domain.No},
		"a month of birth that is this month":                   {number(domain.FieldAge, domain.AtLeast, 60), domain.Profile{Born: "1966-11"}, domain.Unknown},
		"a month of birth that is over":                         {number(domain.FieldAge, domain.AtLeast, 60), domain.Profile{Born: "1966-10"}, domain.Yes},
		"a date of birth that cannot be read":                   {number(domain.FieldAge, domain.AtLeast, 60), domain.Profile{Born: "六六年"}, domain.Unknown},
		"founded in the month before the day":                   {number(domain.FieldFounded, domain.LessThan, 20190401), enterprise, domain.Yes},
		"founded in the month of the day":                       {number(domain.FieldFounded, domain.AtLeast, 20190315), enterprise, domain.Unknown},
		"the last day of a month is counted right":              {number(domain.FieldFounded, domain.AtMost, 20190228), domain.Profile{Founded: "2019-02"}, domain.Yes},
		"not: turns yes into no":                                {domain.NotOf(code(domain.FieldAttribute, "QH1")), enterprise, domain.No},
		"not: unknown stays unknown":                            {domain.NotOf(code(domain.FieldGroup, "G07")), domain.Profile{Kind: domain.Resident}, domain.Unknown},
		"not: what one cannot have, one has not":                {domain.NotOf(code(domain.FieldAttribute, "NG1")), resident, domain.Yes},
		"no beats unknown in all":                               {domain.AllOf(code(domain.FieldTaxpayer, "general"), code(domain.FieldSize, "large")), enterprise, domain.No},
		"yes beats unknown in any":                              {domain.AnyOf(code(domain.FieldTaxpayer, "general"), code(domain.FieldSize, "small")), enterprise, domain.Yes},
		"what could not be read is unknown":                     {domain.Leaf(domain.Condition{Field: domain.FieldOther, Unread: "信用良好"}), enterprise, domain.Unknown},
		"a comparison that is none is unknown, not a crash":     {number(domain.FieldStaff, "like", 3), enterprise, domain.Unknown},
		"a field that is none is unknown, not a crash":          {code("shoe_size", "42"), enterprise, domain.Unknown},
		"a person born on 29 February has the age of the years": {number(domain.FieldAge, domain.AtLeast, 26), domain.Profile{Born: "2000-02-29"}, domain.Yes},
		"who is not born yet is not of age":                     {number(domain.FieldAge, domain.AtLeast, 18), domain.Profile{Born: "2027"}, domain.No},
		"the kind is known":                                     {code(domain.FieldKind, "enterprise"), resident, domain.No},
		"a registered residence is not where one lives":         {code(domain.FieldHukou, "330603"), resident, domain.Unknown},
		"two bounds of one number, both met":                    {domain.AllOf(number(domain.FieldStaff, domain.AtLeast, 20), number(domain.FieldStaff, domain.LessThan, 300)), enterprise, domain.Yes},
		"a broken depth of negations comes out even":            {domain.NotOf(domain.NotOf(domain.NotOf(domain.NotOf(code(domain.FieldSize, "small"))))), enterprise, domain.Yes},
	} {
		t.Run(name, func(t *testing.T) {
			if got := matching.Evaluate(&tt.criteria, &tt.profile, asOf); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	if got := matching.Evaluate(nil, &stranger, asOf); got != domain.Yes {
		t.Errorf("nil criteria: %s", got)
	}
	adult := number(domain.FieldAge, domain.AtLeast, 18)
	if got := matching.Evaluate(&adult, &resident, "someday"); got != domain.Unknown {
		t.Errorf("an age on a day that is none: %s, want unknown", got)
	}
}

// smallLowProfit is the textbook case of three ceilings at once.
func smallLowProfit() domain.Criteria {
	staff := domain.Condition{
		Field: domain.FieldStaff, Op: domain.AtMost, Number: 300,
		Evidence: []domain.Evidence{{Start: 12, End: 23, Text: "从业人数不超过300人"}},
	}
	return domain.AllOf(
		code(domain.FieldKind, "enterprise"),
		domain.Leaf(staff),
		number(domain.FieldAssets, domain.AtMost, 50_000_000),
		domain.AnyOf(code(domain.FieldIndustry, "C", "I65"), code(domain.FieldAttribute, "QH1")),
		domain.NotOf(code(domain.FieldAttribute, "NG1")),
	)
}

func TestExplain(t *testing.T) {
	c := smallLowProfit()
	for name, tt := range map[string]struct {
		profile domain.Profile
		truth   domain.Truth
		reasons []string
		ask     []string
	}{
		"every condition is answered": {
			domain.Profile{Kind: domain.Enterprise, Industry: "C34", Staff: known(86), Assets: known(30_000_000), Attributes: []string{}},
			domain.Yes,
			[]string{
				"企业: 是企业 met", "86人: 从业人数不超过300人 met", "3000万元: 资产总额不超过5000万元 met",
				"C34: 行业属于制造业、软件和信息技术服务业 met", "无: 不属于严重失信主体 met",
			},
			nil,
		},
		"what is open is asked, the most decisive first": {
			domain.Profile{Kind: domain.Enterprise, Industry: "F51", Staff: known(86)},
			domain.Unknown,
			[]string{
				"企业: 是企业 met", "86人: 从业人数不超过300人 met", "未填写: 资产总额不超过5000万元 unknown",
				"F51: 行业属于制造业、软件和信息技术服务业 not, or", "未填写: 属于高新技术企业 unknown, or", "未填写: 不属于严重失信主体 unknown",
			},
			[]string{"资产总额是多少？", "是否属于高新技术企业？", "是否属于严重失信主体？"},
		},
		"nothing is asked of those it does not concern": {
			domain.Profile{Kind: domain.Resident},
			domain.No,
			[]string{
				"居民: 是企业 not", "没有此项: 从业人数不超过300人 not", "没有此项: 资产总额不超过5000万元 not",
				"没有此项: 行业属于制造业、软件和信息技术服务业 not, or", "没有此项: 属于高新技术企业 not, or", "没有此项: 不属于严重失信主体 met",
			},
			nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := matching.Explain(&c, &tt.profile, asOf, names)
			if got.Truth != tt.truth {
				t.Errorf("truth %s, want %s", got.Truth, tt.truth)
			}
			var reasons []string
			for _, r := range got.Reasons {
				said := fmt.Sprintf("%s: %s %s", r.Value, r.Condition, r.Result)
				if r.Alternative {
					said += ", or"
				}
				reasons = append(reasons, said)
			}
			if a, b := strings.Join(reasons, "\n"), strings.Join(tt.reasons, "\n"); a != b {
				t.Errorf("reasons\n%s\nwant\n%s", a, b)
			}
			if a, b := strings.Join(texts(got.Ask), "\n"), strings.Join(tt.ask, "\n"); a != b {
				t.Errorf("questions\n%s\nwant\n%s", a, b)
			}
			if ev := got.Reasons[1].Evidence; len(ev) != 1 || ev[0].Text != "从业人数不超过300人" {
				t.Errorf("the reason lost its evidence: %v", ev)
			}
		})
	}
}

func texts(asked []matching.Question) (all []string) {
	for _, q := range asked {
		all = append(all, q.Text)
	}
	return all
}

func TestOneFactIsAskedOnce(t *testing.T) {
	c := domain.AllOf(
		number(domain.FieldStaff, domain.AtLeast, 20), number(domain.FieldStaff, domain.LessThan, 300),
		number(domain.FieldRevenue, domain.AtLeast, 3_000_000), number(domain.FieldAssets, domain.AtMost, 50_000_000),
		domain.Leaf(domain.Condition{Field: domain.FieldOther, Unread: "信用良好"}),
	)
	got := matching.Explain(&c, &domain.Profile{Kind: domain.Enterprise}, asOf, nil).Ask
	want := []string{"从业人数是多少？", "上一年度营业收入是多少？", "资产总额是多少？"}
	if strings.Join(texts(got), "") != strings.Join(want, "") || got[0].Field != domain.FieldStaff {
		t.Errorf("asked %v, want %v", got, want)
	}
}

func TestDescribeEach(t *testing.T) {
	c := smallLowProfit()
	got := matching.DescribeEach(&c, names)
	want := []string{"是企业", "从业人数不超过300人", "资产总额不超过5000万元", "行业属于制造业、软件和信息技术服务业；或属于高新技术企业", "不属于严重失信主体"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	one := code(domain.FieldRegion, "330603")
	if got := matching.DescribeEach(&one, names); !slices.Equal(got, []string{"所在地在浙江省云州市云川县"}) {
		t.Errorf("got %q", got)
	}
	if got := matching.DescribeEach(&domain.Criteria{}, names); !slices.Equal(got, []string{"不限对象"}) {
		t.Errorf("got %q", got)
	}
}

func TestDescribe(t *testing.T) {
	many := make([]string, 9)
	for i := range many {
		many[i] = fmt.Sprintf("C%d", 30+i)
	}
	c := smallLowProfit()
	for name, tt := range map[string]struct {
		criteria domain.Criteria
		want     string
	}{
		"everybody":              {domain.Criteria{}, "不限对象"},
		"nobody":                 {domain.Criteria{Any: []domain.Criteria{}}, "不适用于任何对象"},
		"several parts":          {c, "是企业，且从业人数不超过300人，且资产总额不超过5000万元，且（行业属于制造业、软件和信息技术服务业；或属于高新技术企业），且不属于严重失信主体"},
		"what is excluded":       {domain.NotOf(domain.AllOf(code(domain.FieldSize, "small"), number(domain.FieldStaff, domain.MoreThan, 20))), "企业规模不是小型；或从业人数不超过20人"},
		"a long list is counted": {code(domain.FieldIndustry, many...), "行业属于C30、C31、C32、C33、C34、C35等9项"},
		"an age":                 {number(domain.FieldAge, domain.AtLeast, 80), "年满80周岁"},
		"an age below":           {domain.NotOf(number(domain.FieldAge, domain.AtLeast, 18)), "未满18周岁"},
		"a day of founding":      {number(domain.FieldFounded, domain.AtLeast, 20240101), "2024年1月1日及以后成立"},
		"money":                  {number(domain.FieldRevenue, domain.LessThan, 250_000_000), "年营业收入少于2.5亿元"},
		"small money":            {number(domain.FieldIncome, domain.MoreThan, 9_999), "年应纳税所得额超过9999元"},
		"a place":                {code(domain.FieldRegion, "330603"), "所在地在浙江省云州市云川县"},
		"what could not be read": {domain.Leaf(domain.Condition{Field: domain.FieldOther, Unread: "信用良好"}), "符合“信用良好”"},
		"the part of a sentence that could not be read": {domain.NotOf(domain.Leaf(domain.Condition{Field: domain.FieldOther, Unread: "或家庭人员发生变化的"})), "不属于“家庭人员发生变化”"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := matching.Describe(&tt.criteria, names); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestEveryFieldHasWords: no field of a condition is shown without a name, or
// asked for without a question.
func TestEveryFieldHasWords(t *testing.T) {
	for _, f := range domain.Fields() {
		c := code(f, "X1")
		switch f.Type() {
		case domain.NumberOf:
			c = number(f, domain.AtLeast, 20200101)
		case domain.Unreadable:
			c = domain.Leaf(domain.Condition{Field: f, Unread: "信用良好"})
		}
		if said := matching.Describe(&c, nil); len(said) <= len("X1") {
			t.Errorf("%s is described as %q", f, said)
		}
		result := matching.Explain(&c, &domain.Profile{}, asOf, nil)
		if len(result.Ask) != 1 || result.Ask[0].Field != f || !strings.HasSuffix(result.Ask[0].Text, "？") {
			t.Errorf("%s is asked for with %q", f, result.Ask)
		}
		if result.Reasons[0].Value == "" || f.Label() == "" {
			t.Errorf("%s has no words for what the profile says", f)
		}
	}
}

func TestMatchPolicy(t *testing.T) {
	p := &domain.Policy{Audience: domain.ForEnterprises, Measures: []domain.Measure{
		{ID: "m1", Criteria: code(domain.FieldSize, "large")},
		{ID: "m2"},
		{ID: "m3", Criteria: code(domain.FieldKind, "resident")},
	}}
	small := domain.Profile{Kind: domain.Enterprise, Size: "small"}
	person := domain.Profile{Kind: domain.Resident}
	for name, tt := range map[string]struct {
		audience domain.Audience
		profile  domain.Profile
		want     string
	}{
		"the best measure is the policy's verdict":            {domain.ForEnterprises, small, "likely: no likely no"},
		"a measure that names its kind is believed":           {domain.ForEnterprises, person, "likely: no no likely"},
		"a document for residents concerns no enterprise":     {domain.ForResidents, small, "no: no no no"},
		"a document for both leaves it to its measures":       {domain.ForBoth, person, "likely: no likely likely"},
		"work inside government concerns nobody":              {domain.ForNobody, small, "no: no no no"},
		"who does not say what they are may be an enterprise": {domain.ForEnterprises, domain.Profile{Size: "small"}, "possible: no possible possible"},
	} {
		t.Run(name, func(t *testing.T) {
			p.Audience = tt.audience
			verdict, matches := matching.MatchPolicy(p, &tt.profile, asOf, names)
			got := string(verdict) + ":"
			for _, m := range matches {
				got += " " + string(m.Verdict)
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestInWindow(t *testing.T) {
	for name, tt := range map[string]struct {
		window domain.Window
		want   bool
	}{
		"no window":                            {domain.Window{}, true},
		"the deadline is today":                {domain.Window{Deadline: asOf}, true},
		"the deadline was yesterday":           {domain.Window{Deadline: "2026-11-21"}, false},
		"the deadline is this month":           {domain.Window{Deadline: "2026-11"}, true},
		"not begun":                            {domain.Window{From: "2026-12-01"}, false},
		"over":                                 {domain.Window{From: "2026-01-01", To: "2026-10-31"}, false},
		"every year, in it":                    {domain.Window{Yearly: true, From: "11-01", To: "11-30"}, true},
		"every year, past it":                  {domain.Window{Yearly: true, From: "03-01", To: "06-30"}, false},
		"every year, over New Year, in it":     {domain.Window{Yearly: true, From: "11-01", To: "02-28"}, true},
		"every year, over New Year, before it": {domain.Window{Yearly: true, From: "12-01", To: "02-28"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := matching.InWindow(tt.window, asOf); got != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

// drawTree draws a tree over few facts, of which the profile below knows some.
func drawTree(depth int) *rapid.Generator[domain.Criteria] {
	return rapid.Custom(func(t *rapid.T) domain.Criteria {
		form := rapid.IntRange(0, 4).Draw(t, "form")
		if depth == 0 {
			form = 4
		}
		switch form {
		case 0:
			return domain.Criteria{All: rapid.SliceOfN(drawTree(depth-1), 0, 3).Draw(t, "all")}
		case 1:
			return domain.Criteria{Any: rapid.SliceOfN(drawTree(depth-1), 1, 3).Draw(t, "any")}
		case 2:
			return domain.NotOf(drawTree(depth-1).Draw(t, "not"))
		default:
			return rapid.SampledFrom([]domain.Criteria{
				code(domain.FieldSize, "small"), code(domain.FieldSize, "large"), code(domain.FieldTaxpayer, "general"),
				code(domain.FieldAttribute, "QH1"), number(domain.FieldStaff, domain.AtMost, 100), number(domain.FieldAssets, domain.AtLeast, 5),
				domain.Leaf(domain.Condition{Field: domain.FieldOther, Unread: "信用良好"}),
			}).Draw(t, "leaf")
		}
	})
}

// TestExplanationsHoldTogether: an explanation answers like Evaluate; it asks
// one to three questions if and only if the answer is open; and a policy that
// is met or not met shows a reason for it.
func TestExplanationsHoldTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawTree(4).Draw(t, "criteria")
		p := domain.Profile{Kind: domain.Enterprise, Size: rapid.SampledFrom([]string{"", "small", "large"}).Draw(t, "size")}
		if rapid.Bool().Draw(t, "says staff") {
			p.Staff = known(rapid.Int64Range(50, 150).Draw(t, "staff"))
		}
		got := matching.Explain(&c, &p, asOf, nil)
		if got.Truth != matching.Evaluate(&c, &p, asOf) {
			t.Fatalf("explained %s, evaluated %s", got.Truth, matching.Evaluate(&c, &p, asOf))
		}
		if open := got.Truth == domain.Unknown; open != (len(got.Ask) > 0) || len(got.Ask) > 3 {
			t.Fatalf("%s asks %v", got.Truth, got.Ask)
		}
		if got.Truth == domain.Unknown {
			unknown := false
			for _, r := range got.Reasons {
				unknown = unknown || r.Result == domain.Unknown
			}
			if !unknown {
				t.Fatalf("possible, but no reason is unknown: %s", matching.Describe(&c, nil))
			}
		}
		if matching.Describe(&c, nil) == "" {
			t.Fatal("nothing said")
		}
	})
}
