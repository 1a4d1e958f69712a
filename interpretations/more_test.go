package interpretations

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"policypush/internal/domain"
)

func compared() *Item {
	return &Item{ID: 10, Kind: ComparisonKind, Title: "和2024年版比，改了什么", Aspect: OldAndNew, Comparison: &Comparison{
		Former: "云政发〔2024〕3号", Rows: []ComparisonRow{
			{Topic: "补助比例", Before: "按设备投资额的10%给予补助", After: "按设备投资额的15%给予补助", Clause: "第一条"},
			{Topic: "申报时间", After: "12月1日至12月31日", Clause: "二/(一)"},
			{Topic: "纸质材料", Before: "交复印件3份", Clause: "二/(一)"},
		},
	}}
}

func record() *Item {
	return &Item{ID: 11, Kind: RecordKind, Title: "设备更新措施发布会", Record: &Record{
		Form: Conference, URL: "https://www.yunchuan.example/video/1?a=1&b=2", Date: "2026-11-20", Speaker: "县经信局", Minutes: 42,
		Transcript: "记者：补多少？\n\n答：<15%>。", Clause: "第一条",
	}}
}

func picture() *Item {
	return &Item{ID: 12, Kind: OnePageKind, Title: "云川县支持企业设备更新若干措施", OnePage: &OnePage{
		Lead: "2026年12月1日起申报", Hero: []Entry{{Name: "单项最高", Big: "100万元", Clause: "第一条"}, {Name: "申请截止", Big: "12月31日", Clause: "二/(一)"}},
		Blocks: []Block{
			{Form: Chips, Title: "谁能享受", Lines: []Entry{{Name: "县内企业", Text: "云川县"}}, Clause: "第一条"},
			{Form: Cards, Title: "给什么", Lines: []Entry{{Name: "设备补助", Text: "投资额的15%", Big: "100万元"}}, Clause: "第一条"},
			{Form: Steps, Title: "怎么办", Lines: []Entry{{Name: "申报", Text: "12月31日前"}}, Clause: "二/(一)"},
			{Form: Example, Title: "算一笔账", Lines: []Entry{{Name: "400万元 × 15% = ", Big: "60万元"}}, Clause: "第一条"},
			{Form: Embedded, Title: "看图", Item: 8},
		},
	}}
}

func TestCheckOfOtherForms(t *testing.T) {
	for name, tt := range map[string]struct {
		item *Item
		edit func(*Item)
		want string
	}{
		"a comparison passes":                 {compared(), func(*Item) {}, ""},
		"a comparison with nothing":           {compared(), func(i *Item) { i.Comparison.Former = "" }, "原文件"},
		"a comparison without rows":           {compared(), func(i *Item) { i.Comparison.Rows = nil }, "1到20行"},
		"a provision that did not change":     {compared(), func(i *Item) { i.Comparison.Rows[0].Before = i.Comparison.Rows[0].After }, "第1行的原规定和现规定一样"},
		"a provision that is neither":         {compared(), func(i *Item) { i.Comparison.Rows[1].After = "" }, "第2行的原规定和现规定至少要填一项"},
		"a provision without a clause":        {compared(), func(i *Item) { i.Comparison.Rows[2].Clause = "第九条" }, "第3行"},
		"a record passes":                     {record(), func(*Item) {}, ""},
		"a record over plain http":            {record(), func(i *Item) { i.Record.URL = "http://www.yunchuan.example/" }, "https://"},
		"a record that runs a script":         {record(), func(i *Item) { i.Record.URL = "javascript:alert(1)" }, "https://"},
		"a record with a password":            {record(), func(i *Item) { i.Record.URL = "https://a:b@yunchuan.example/" }, "https://"},
		"a record without what was said":      {record(), func(i *Item) { i.Record.Transcript = " " }, "文字实录"},
		"a record of no form":                 {record(), func(i *Item) { i.Record.Form = "song" }, "请选择是视频"},
		"a record on a day that is none":      {record(), func(i *Item) { i.Record.Date = "明天" }, "日期“明天”无效"},
		"a picture passes":                    {picture(), func(*Item) {}, ""},
		"a picture without blocks":            {picture(), func(i *Item) { i.OnePage.Blocks = nil }, "1到6个板块"},
		"a picture with three great figures":  {picture(), func(i *Item) { i.OnePage.Hero = append(i.OnePage.Hero, Entry{Name: "甲", Big: "乙"}) }, "突出的数字最多2个"},
		"a block without a clause":            {picture(), func(i *Item) { i.OnePage.Blocks[1].Clause = "" }, "第2个板块"},
		"a block that shows nothing":          {picture(), func(i *Item) { i.OnePage.Blocks[4].Item = 0 }, "请选一条已有的"},
		"a block that is too long for a page": {picture(), func(i *Item) { i.OnePage.Blocks[0].Lines[0].Text = strings.Repeat("长", 81) }, "第1行太长"},
		"an aspect that does not exist":       {picture(), func(i *Item) { i.Aspect = "weather" }, "解读方面"},
		"two contents":                        {picture(), func(i *Item) { i.QA = question().QA }, "只能有一种形式"},
		"the content of another kind":         {record(), func(i *Item) { i.Kind = CaseKind }, "形式与内容不一致"},
	} {
		t.Run(name, func(t *testing.T) {
			tt.edit(tt.item)
			err := tt.item.Check(policy())
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

func TestAPictureShowsOnlyWhatItIsGiven(t *testing.T) {
	html, err := picture().Render(policy(), "2026-12-10", *figure(Rank))
	if err != nil || !strings.Contains(string(html), `id="fig-8"`) {
		t.Errorf("%v: %s", err, html)
	}
	without, err := picture().Render(policy(), "2026-12-10")
	if err != nil || strings.Contains(string(without), "看图") {
		t.Errorf("%v: a block of an interpretation that is not shown to readers: %s", err, without)
	}
}

func TestChangesAddUpToBothVersions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom([]rune("补助15%万元。")), 0, 30, -1)
		before, after := text.Draw(t, "before"), text.Draw(t, "after")
		old, current := changes(before, after)
		join := func(all []span, kept bool) string {
			var b strings.Builder
			for _, s := range all {
				if !kept || !s.Changed {
					b.WriteString(s.Text)
				}
			}
			return b.String()
		}
		if join(old, false) != before || join(current, false) != after {
			t.Fatalf("%v, %v", old, current)
		}
		if join(old, true) != join(current, true) {
			t.Fatalf("what stayed differs: %v, %v", old, current)
		}
	})
	old, current := changes("按投资额的10%给予补助", "按投资额的15%给予补助")
	if len(old) != 3 || old[1] != (span{"10", true}) || current[1] != (span{"15", true}) || current[2].Text != "%给予补助" {
		t.Errorf("%v, %v", old, current)
	}
}

func told() []Told {
	return []Told{
		{Gain: "按设备投资额的15%，最高100万元", Who: "购置数控设备的企业", Window: "2026年12月1日至12月31日", How: "需要申请；县经信局"},
		{Who: "购置数控设备的企业"},
	}
}

func TestDraftsSayWhatTheMeasuresSay(t *testing.T) {
	p := policy()
	p.Expires = "2027-12-31"
	p.Measures[0].Window = domain.Window{From: "2026-12-01", To: "2026-12-31"}
	p.Measures[0].How = domain.How{Mode: "apply", Where: "县经信局", Materials: []string{"发票", "合同"}, Within: "20个工作日内"}
	drafts := Propose(p, told(), []Word{{"数控设备", "由电脑程序控制的机器", "普通机床不算"}, {"没有提到的词", "不会出现", ""}}, "2026-11-28")
	kinds := map[Kind]int{}
	questions := map[string]string{}
	for _, d := range drafts {
		if err := d.Check(p); err != nil {
			t.Errorf("%s %s: %v", d.Kind, d.Title, err)
		}
		if d.State != Draft || d.Author != 0 {
			t.Errorf("%+v is not a draft that nobody has taken", d)
		}
		kinds[d.Kind]++
		if d.QA != nil {
			questions[d.QA.Question] = d.QA.Answer
		}
		if d.Case != nil {
			if amount, _, ok := Compute(p.Measures[0].Benefit, d.Case.Base); !ok || amount != d.Case.Amount || amount >= p.Measures[0].Benefit.Cap {
				t.Errorf("case of %v gives %v", d.Case.Base, d.Case.Amount)
			}
		}
	}
	if kinds[QAKind] < 4 || kinds[ChartKind] != 2 || kinds[CaseKind] != 1 || kinds[OnePageKind] != 1 {
		t.Errorf("drafts: %v", kinds)
	}
	if got := questions["要准备哪些材料？"]; got != "设备补助：发票、合同。" {
		t.Errorf("materials: %q", got)
	}
	if questions["什么是“数控设备”？"] != "由电脑程序控制的机器。" || questions["“数控设备”要注意什么？"] != "普通机床不算。" || len(questions["什么是“没有提到的词”？"]) > 0 {
		t.Errorf("terms: %v", questions)
	}
	if got := questions["哪些企业、哪些人可以享受？"]; got != "购置数控设备的企业。" {
		t.Errorf("who: %q", got)
	}
}

// A picture of several measures names the first of their last days, and who
// need not apply; a figure says what it is of.
func TestPictureOfSeveralMeasures(t *testing.T) {
	p := policy()
	p.Measures = []domain.Measure{
		{ID: "m1", Clause: "第一条", Title: "残保金", Benefit: domain.Benefit{Kind: "B02", Rate: 0.5, Text: "减征50%"}, How: domain.How{Mode: "automatic"}},
		{ID: "m2", Clause: "第一条", Title: "征收率", Benefit: domain.Benefit{Kind: "B02", Rate: 0.01, Text: "减按1%征收"}, How: domain.How{Mode: "automatic"}},
		{ID: "m3", Clause: "二/(一)", Title: "社保", Benefit: domain.Benefit{Amount: 700, Unit: "人·月"}, Window: domain.Window{Deadline: "2027-02-28"}, How: domain.How{Mode: "apply", Where: "县经信局"}},
		{ID: "m4", Clause: "二/(一)", Title: "培训", Benefit: domain.Benefit{Cap: 100_000}, Window: domain.Window{Deadline: "2026-12-31"}, How: domain.How{Mode: "apply", Where: "县经信局"}},
	}
	all := []Told{{Gain: "减征50%", Who: "企业", How: "不用申请"}, {Gain: "减按1%征收", How: "不用申请"}, {Gain: "每人每月700元", How: "县经信局"}, {Gain: "最高10万元", How: "县经信局"}}
	drawn := func() (hero, what, how string) {
		for _, d := range Propose(p, all, nil, "2026-11-28") {
			if d.OnePage == nil {
				continue
			}
			for _, b := range d.OnePage.Blocks {
				var said []string
				for _, l := range b.Lines {
					said = append(said, strings.Trim(l.Name+" "+l.Text+" "+l.Big, " "))
				}
				switch b.Title {
				case "给什么支持":
					what = strings.Join(said, "，")
				case "怎么办":
					how = string(b.Form) + "：" + strings.Join(said, "，")
				}
			}
			last := d.OnePage.Hero[len(d.OnePage.Hero)-1]
			hero = last.Name + last.Big
		}
		return hero, what, how
	}
	hero, what, how := drawn()
	if want := "2026年最早截止12月31日"; hero != want {
		t.Errorf("stands out %q, want %q", hero, want)
	}
	if want := "残保金 减征50% 减50%，征收率 减按1%征收，社保  每人每月700元，培训 最高10万元"; strings.Replace(what, "培训  最高", "培训 最高", 1) != want {
		t.Errorf("gives %q, want %q", what, want)
	}
	if want := "cards：残保金、征收率 不用申请，社保、培训 县经信局"; how != want {
		t.Errorf("how %q, want %q", how, want)
	}
	p.Measures, all = p.Measures[2:], all[2:]
	if _, _, how = drawn(); !strings.HasPrefix(how, "steps：") {
		t.Errorf("one way for all: %q, want its steps", how)
	}
}

func TestDraftsOfALongPolicyStayShort(t *testing.T) {
	p := policy()
	var all []Told
	p.Measures = nil
	for i := range 30 {
		p.Measures = append(p.Measures, domain.Measure{ID: "m", Clause: "第一条", Title: strings.Repeat("很长的事项", 5), Benefit: domain.Benefit{Cap: 500_000}})
		all = append(all, Told{Gain: fmt.Sprintf("第%d档", i) + strings.Repeat("给予补助", 20), Who: strings.Repeat("符合条件的企业", 8), Window: "2026年全年"})
	}
	for _, d := range Propose(p, all, nil, "2026-11-28") {
		if err := d.Check(p); err != nil {
			t.Error(err)
		}
		if d.QA != nil && strings.HasPrefix(d.QA.Question, "这份政策") && !strings.Contains(d.QA.Answer, "另有") {
			t.Errorf("what is left out is not said: %s", d.QA.Answer)
		}
	}
	if n := len(Propose(&domain.Policy{}, nil, nil, "2026-11-28")); n != 0 {
		t.Errorf("%d drafts of nothing", n)
	}
}

// What is the same for every measure is said once, charts rest on the clause
// that holds all of theirs.
func TestDraftsSayOnceWhatIsTheSame(t *testing.T) {
	p := policy()
	p.Audience = domain.ForEnterprises
	p.Clauses = append(p.Clauses, domain.Clause{Path: "二", Text: "二、标准"}, domain.Clause{Path: "二/(二)", Text: "(二)贴息"})
	measure := func(id, title, clause string, limit float64, per string) domain.Measure {
		return domain.Measure{
			ID: domain.MeasureID(id), Title: title, Clause: clause, Benefit: domain.Benefit{Rate: 0.1, Base: "投资额", Cap: limit, CapPer: per},
			Window: domain.Window{Deadline: "2027-02-28"}, How: domain.How{Mode: "apply", Where: "县经信局"},
		}
	}
	p.Measures = []domain.Measure{measure("a", "设备补助", "二/(一)", 2_000_000, "单个项目"), measure("b", "贷款贴息", "二/(二)", 300_000, "户")}
	p.EffectiveFrom, p.Expires = "2026-12-01", ""
	same := Told{Gain: "按投资额的10%", Window: "2027年2月28日截止申请", How: "需要申请；县经信局"}
	one, other := same, same
	one.Who, other.Who = "制造业企业", "借了款的企业"
	answers := map[string]*QA{}
	charts := map[string]*Chart{}
	for _, d := range Propose(p, []Told{one, other}, nil, "2026-11-28") {
		if d.QA != nil {
			answers[d.QA.Question] = d.QA
		}
		if d.Chart != nil {
			charts[d.Title] = d.Chart
		}
	}
	for question, want := range map[string]string{
		"哪些企业可以享受？":     "1.设备补助：制造业企业；2.贷款贴息：借了款的企业。",
		"什么时候可以办？":      "2027年2月28日截止申请。",
		"要不要申请，到哪里办？":   "需要申请；县经信局。",
		"“贷款贴息”给谁、给多少？": "借了款的企业：按投资额的10%。",
	} {
		if answers[question] == nil || answers[question].Answer != want {
			t.Errorf("%s %+v, want %s", question, answers[question], want)
		}
	}
	if c := answers["什么时候可以办？"].Clauses; !slices.Equal(c, []string{"二/(一)", "二/(二)"}) {
		t.Errorf("rests on %v", c)
	}
	sums, days := charts["每一项最多能得多少"], charts["记住这几天"]
	if sums == nil || sums.Clause != "二" || sums.Points[0].Note != "单个项目" || sums.Points[1].Note != "每户" {
		t.Errorf("sums: %+v", sums)
	}
	if days == nil || len(days.Points) != 2 || days.Points[1].Label != "申请截止" {
		t.Errorf("days: %+v", days)
	}
	three := merged([]groundedLine{{"甲", "一样", []string{"一"}}, {"乙", "一样", []string{"二"}}, {"丙", "一样", []string{"三"}}}, 4)
	if len(three) != 1 || three[0].String() != "甲等3项：一样" {
		t.Errorf("of three of four: %v", three)
	}
}

func TestCopiedTellsRepetitionFromExplanation(t *testing.T) {
	p := policy()
	p.Text = "第一条 企业购置数控设备的，按设备投资额的15%给予补助，最高不超过100万元。"
	for answer, want := range map[string]float64{
		"企业购置数控设备的，按设备投资额的15%给予补助。": 1,
		"买了新机床，投资额的一成半由财政出，封顶一百万。":  0,
		"短": 0,
	} {
		it := question()
		it.QA.Answer = answer
		if got := it.Copied(p); math.Abs(got-want) > 0.01 {
			t.Errorf("%s: %v", answer, got)
		}
	}
	half := question()
	half.QA.Answer = "企业购置数控设备的按设备，其余的话都是自己说的而不是抄来的"
	if got := half.Copied(p); got < 0.3 || got > 0.5 {
		t.Errorf("half: %v", got)
	}
	if c := figure(Rank); c.Copied(p) != 0 {
		t.Error("a chart copies nothing")
	}
}

func TestAnInterpretationAsksToBeCheckedWhenItsGroundsChange(t *testing.T) {
	p, it := policy(), example()
	it.PolicyVersion = p.Version
	if it.Outdated(p) {
		t.Error("without grounds the version counts")
	}
	it.Bind(p)
	p.Version++
	p.Clauses[2].Text = "(一)申报时间延长。"
	if it.Outdated(p) {
		t.Error("a change elsewhere does not matter")
	}
	p.Measures[0].Benefit.Rate = 0.2
	if !it.Outdated(p) {
		t.Error("the rate that it reckons with has changed")
	}
	answer := question()
	answer.Bind(p)
	p.Measures[1].Window.Deadline = "2026-12-20"
	if answer.Outdated(p) {
		t.Error("a measure of another clause does not matter")
	}
	p.Measures[0].Window.Deadline = "2026-12-20"
	if !answer.Outdated(p) {
		t.Error("the measure of the clause that it cites has another last day")
	}
	answer.Facts = ""
	if answer.Outdated(p) {
		t.Error("without facts only the words count")
	}
	it.Bind(p)
	p.Clauses[1].Text += "另有规定的除外。"
	if !it.Outdated(p) {
		t.Error("the clause that it cites has changed")
	}
}

// A later document changes a day of the policy and leaves its text as it is: what
// rests on the clause that says the day asks to be checked, nothing else does.
func TestAChangedDayAsksForWhatSaysIt(t *testing.T) {
	for name, tt := range map[string]struct {
		deadline, clause string
		asks             bool
	}{
		"the clause says the day":            {"2026-12-31", "二/(一)", true},
		"the clause says the day it begins":  {"2027-01-31", "二/(一)", true},
		"another clause":                     {"2026-12-31", "第一条", false},
		"a day that no clause says, as none": {"", "第一条", false},
	} {
		p, it := policy(), question()
		p.ApplyDeadline, p.EffectiveFrom = tt.deadline, "2026-12-01"
		it.QA.Clauses = []string{tt.clause}
		it.Bind(p)
		if it.Outdated(p) {
			t.Errorf("%s: it asks before anything changes", name)
		}
		p.Extend("2027-02-28")
		if it.Outdated(p) != tt.asks {
			t.Errorf("%s: it asks %v, want %v", name, it.Outdated(p), tt.asks)
		}
		if it.Bind(p); it.Outdated(p) {
			t.Errorf("%s: confirmed, it asks again", name)
		}
	}
}

func TestCover(t *testing.T) {
	p := policy()
	done, open := question(), question()
	done.Aspect, done.State = Scope, Approved
	open.Aspect = Procedure
	at := map[Aspect]Coverage{}
	for _, c := range Cover(p, []Item{*done, *open}, 0) {
		at[c.Aspect] = c
	}
	if len(at) != len(Aspects()) || at[Scope].Visible != 1 || at[Procedure].Visible != 0 || at[Procedure].Items != 1 {
		t.Errorf("%+v", at)
	}
	if at[Terms].Needed || at[OldAndNew].Needed || !at[Misunderstood].Needed {
		t.Errorf("what needs explaining: %+v", at)
	}
	p.Amends = []domain.Reference{{Title: "旧办法"}}
	if c := Cover(p, nil, 3); !c[3].Needed || !c[4].Needed {
		t.Errorf("%+v", c)
	}
}

// TestRowsRestOnTheirOwnClauses: what is drawn of several clauses names each, once;
// a row that names none rests on that of the whole.
func TestRowsRestOnTheirOwnClauses(t *testing.T) {
	chart := figure(Rank)
	chart.Chart.Points = []Point{{Label: "设备", Value: 2}, {Label: "软件", Value: 1, Clause: "二/(一)"}, {Label: "改造", Value: 1, Clause: "二/(一)"}}
	onePage := picture()
	onePage.OnePage.Hero, onePage.OnePage.Blocks = nil, onePage.OnePage.Blocks[1:2]
	onePage.OnePage.Blocks[0].Lines = []Entry{{Name: "设备", Clause: "二/(一)"}, {Name: "软件"}}
	for name, it := range map[string]*Item{"chart": chart, "picture": onePage} {
		if err := it.Check(policy()); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		html, err := it.Render(policy(), "2026-12-01")
		if err != nil {
			t.Fatal(err)
		}
		drawn := string(html)
		for _, cite := range []string{`href="#c1"`, `href="#c2"`} {
			if strings.Count(drawn, cite) != 1 {
				t.Errorf("%s names %s %d times: %s", name, cite, strings.Count(drawn, cite), drawn)
			}
		}
		it.Bind(policy())
		changed := policy()
		changed.Clauses[2].Text = "(一)申报时间另行通知。"
		if !it.Outdated(changed) {
			t.Errorf("%s: the clause of a row changes, and it does not ask to be checked", name)
		}
	}
	chart.Chart.Points[0].Clause = "第九条"
	onePage.OnePage.Blocks[0].Lines[0].Clause = "第九条"
	for _, it := range []*Item{chart, onePage} {
		if err := it.Check(policy()); err == nil || !strings.Contains(err.Error(), "原文中没有“第九条”") {
			t.Errorf("a row on a clause that the policy has not: %v", err)
		}
	}
}
