package web

import (
	"html"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

func TestPercent(t *testing.T) {
	if got := percent(0.15); got != "15%" {
		t.Errorf("percent(0.15) = %s", got)
	}
}

func TestDeadlineOn(t *testing.T) {
	for name, tt := range map[string]struct {
		day, today string
		want       string
		over, soon bool
	}{
		"days are left":                {"2026-12-10", "2026-11-22", "还剩18天", false, false},
		"three days are soon":          {"2026-11-25", "2026-11-22", "还剩3天", false, true},
		"the last day counts":          {"2026-11-22", "2026-11-22", "今天24:00截止", false, true},
		"the day after is over":        {"2026-11-21", "2026-11-22", "已截止（2026年11月21日）", true, false},
		"a month lasts to its end":     {"2026-11", "2026-11-22", "还剩8天", false, false},
		"no date is no deadline":       {"", "2026-11-22", "", false, false},
		"words are no date":            {"年底", "2026-11-22", "", false, false},
		"February has 29 days in 2028": {"2028-02", "2028-02-29", "今天24:00截止", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			d := deadlineOn(tt.day, tt.today)
			if d.Text() != tt.want || d.Over() != tt.over || d.Soon() != tt.soon {
				t.Errorf("got %q over %v soon %v", d.Text(), d.Over(), d.Soon())
			}
		})
	}
}

func TestABrokenTitleIsTheTitleEscaped(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		title := rapid.StringOf(rapid.SampledFrom([]rune(`关于支持中小企业的通知《若干措施》、<>&"'a1`))).Draw(t, "title")
		marked := string(breakableTitle(title))
		if got := html.UnescapeString(strings.ReplaceAll(marked, "<wbr>", "")); got != title {
			t.Errorf("got %q back from %q", got, title)
		}
		if plain := strings.ReplaceAll(marked, "<wbr>", ""); strings.ContainsAny(plain, "<>") {
			t.Errorf("markup in %q", marked)
		}
	})
}

func TestAddresses(t *testing.T) {
	for typed, want := range map[string]string{
		"139 0000-0001": "sms 13900000001", "+8613900000001": "sms 13900000001", "Li.Ming@Example.COM": "email Li.Ming@example.com",
		"12345": "", "10086": "", "a@b": "", "a b@example.com": "", "李@example.com": "", "x <a@example.com>": "", "a@example.com\r\nBcc: b@example.com": "", "": "",
	} {
		kind, address, ok := addressOf(typed)
		got := ""
		if ok {
			got = string(kind) + " " + address
		}
		if got != want {
			t.Errorf("addressOf(%q) = %q, want %q", typed, got, want)
		}
	}
}

func TestOnlyOurOwnPathsAreGoneBackTo(t *testing.T) {
	for path, want := range map[string]bool{
		"/": true, "/policies?q=1": true, "": false, "//evil.example": false, `/\evil.example`: false, "https://evil.example": false, "/a\r\nb": false, "/\t/evil.example": false,
	} {
		if got := localPath(path); got != want {
			t.Errorf("localPath(%q) = %v", path, got)
		}
	}
}

// Each key fact stands beside its clause and says of what a sum is one; what has
// no room is counted.
func TestKeyFacts(t *testing.T) {
	site := newSite(t)
	p := &domain.Policy{
		ApplyDeadline: "2026-12-31", EffectiveFrom: "2026-12-01", Expires: "2027-12-31",
		Clauses: []domain.Clause{
			{Path: "第一条", Start: 0, End: 10, Text: "招用的，每人每月700元，期限36个月；培训的，每人1000元。"},
			{Path: "第二条", Start: 10, End: 20, Text: "申请时间至2026年12月31日，其中培训的到2027年2月28日。"},
			{Path: "第三条", Start: 20, End: 30, Text: "自2026年12月1日起施行，有效期至2027年12月31日。"},
		},
		Measures: []domain.Measure{
			{ID: "m1", Title: "培训", Who: "企业", Start: 0, Benefit: domain.Benefit{Amount: 1000, Unit: "人"}, Window: domain.Window{Deadline: "2027-02-28"}},
			{ID: "m2", Title: "招用", Who: "小型企业", Start: 0, Benefit: domain.Benefit{Amount: 700, Unit: "人·月", Months: 36}, Window: domain.Window{Deadline: "2026-12-31"}},
		},
	}
	for _, who := range []string{"甲", "乙", "丙", "丁"} {
		p.Measures = append(p.Measures, domain.Measure{Title: who, Who: who})
	}
	facts := func() map[string][]string {
		said := map[string][]string{}
		for _, f := range keyFacts(p, site.measures(p), "2026-11-28") {
			for _, l := range f.Lines {
				line := l.Big + l.Text
				if l.Cite != nil {
					line += "｜" + l.Cite.Label
				}
				said[f.Label] = append(said[f.Label], line)
			}
		}
		return said
	}
	said := facts()
	for label, want := range map[string][]string{
		"谁能享受": {"企业｜第一条", "小型企业｜第一条", "甲｜第一条", "乙｜第一条", "另有2类，见下面的政策点"},
		"最高多少": {"每人每月700元，招用｜第一条"},
		"什么时候": {"招用等5项：申请截止2026年12月31日｜第二条", "培训：申请截止2027年2月28日｜第二条", "文件有效期2026年12月1日至2027年12月31日｜第三条"},
	} {
		if got := said[label]; !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", label, got, want)
		}
	}
	p.Measures = p.Measures[1:2]
	if got, want := facts()["什么时候"][0], "申请截止2026年12月31日｜第二条"; got != want {
		t.Errorf("one last day: %q, want %q", got, want)
	}
	p.Clauses[1].Text = "申请时间至当年12月31日。"
	if got, want := facts()["什么时候"][0], "申请截止2026年12月31日｜第二条"; got != want {
		t.Errorf("without its year: %q, want %q", got, want)
	}
}

// Numbers are read as people write them, on whatever keyboard.
func TestNumbersAsPeopleWriteThem(t *testing.T) {
	rent, month, meal := domain.Benefit{Rate: 0.5, Base: "租金"}, domain.Benefit{Amount: 700, Unit: "人·月"}, domain.Benefit{Amount: 3, Unit: "餐"}
	for _, tt := range []struct {
		typed string
		b     domain.Benefit
		want  float64 // 0: it is no number
	}{
		{"3万", rent, 30_000},
		{"５０００元", rent, 5000},
		{"８千", rent, 8000},
		{"1，200", rent, 1200},
		{"3 万元", rent, 30_000},
		{"3×2", rent, 0},
		{"abc", rent, 0},
		{"24", month, 24},
		{"2×12", month, 24},
		{"２人＊12个月", month, 24},
		{"2人", month, 2},
		{"2人×半年", month, 0},
		{"×", month, 0},
		{"", month, 0},
		{"3餐", meal, 3},
		{"三餐", meal, 0},
	} {
		if got, ok := baseOf(tt.typed, tt.b); (!ok && tt.want != 0) || (ok && got != tt.want) {
			t.Errorf("%q of %s%s is %v, %v, want %v", tt.typed, tt.b.Base, tt.b.Unit, got, ok, tt.want)
		}
	}
	if got := halfWidth("１３９＠ａ．ｃｏｍ　"); got != "139@a.com " {
		t.Errorf("in usual width %q", got)
	}
}

// What all measures ask for is said once; one of them alone, and one that has no
// words of its own for whom it is, keep theirs.
func TestConditionsOfAllAreSaidOnce(t *testing.T) {
	measures := func(who string) []measureView {
		return []measureView{{Who: "企业", Conditions: []string{"是企业", "30人以下", "守信"}}, {Who: who, Conditions: []string{"是企业", "守信"}}}
	}
	ms := measures("小企业")
	if shared := takeShared(ms); !slices.Equal(shared, []string{"是企业", "守信"}) || !slices.Equal(ms[0].Conditions, []string{"30人以下"}) || len(ms[1].Conditions) != 0 {
		t.Errorf("shared %q, own %q and %q", shared, ms[0].Conditions, ms[1].Conditions)
	}
	for _, ms := range [][]measureView{measures("小企业")[:1], measures("")} {
		if shared := takeShared(ms); shared != nil || len(ms[0].Conditions) != 3 {
			t.Errorf("of %d measures %q are shared, %q left", len(ms), shared, ms[0].Conditions)
		}
	}
}

// The countdown goes to the next of several last days; a policy is over when the
// last of them is.
func TestTheNextOfSeveralLastDays(t *testing.T) {
	site := newSite(t)
	policy := &domain.Policy{ApplyDeadline: "2026-12-31", Measures: []domain.Measure{
		{Title: "托育补贴", Window: domain.Window{From: "2026-12-15", Deadline: "2027-02-26"}},
		{Title: "参保资助", Window: domain.Window{From: "2026-11-01", Deadline: "2026-12-31"}},
		{Title: "高龄资助", Window: domain.Window{Deadline: "2026-12-31"}},
		{Title: "免申即享", How: domain.How{Mode: "automatic"}},
	}}
	for today, want := range map[string]string{
		"2026-11-28": "2026-12-31 参保资助等2项 2026-11-01", "2026-12-31": "2026-12-31 参保资助等2项 2026-11-01",
		"2027-01-01": "2027-02-26 托育补贴 2026-12-15", "2027-03-01": "2027-02-26 托育补贴 2026-12-15",
	} {
		site.now, _ = time.Parse(time.DateOnly, today)
		d := site.dueOf(policy)
		if got := d.Day + " " + d.Of + " " + d.From; got != want || d.Over() != (today > "2027-02-26") {
			t.Errorf("on %s it ends %s, over %v; want %s", today, got, d.Over(), want)
		}
	}
	sum := storage.PolicySummary{Title: "两个截止日", Status: domain.Published, Deadlines: policy.Deadlines()}
	for today, over := range map[string]bool{"2027-01-01": false, "2027-02-27": true} {
		site.now, _ = time.Parse(time.DateOnly, today)
		if cd := site.cardOf(sum); cd.Deadline.Day != "2027-02-26" || cd.Deadline.Over() != over {
			t.Errorf("on %s the card says %+v", today, cd.Deadline)
		}
	}
	policy.Measures = policy.Measures[1:]
	if d := site.dueOf(policy); d.Day != "2026-12-31" || d.Of != "" {
		t.Errorf("one last day: %s %q", d.Day, d.Of)
	}
	early := domain.Window{From: "2027-01-01", Deadline: "2026-12-31"} // one applies before it is given
	if d := site.dueOf(&domain.Policy{PublishDate: "2026-11-10", Measures: []domain.Measure{{Window: early}}}); d.From != "2026-11-10" {
		t.Errorf("applications begin on %s, after they end", d.From)
	}
	if d := site.dueOf(&domain.Policy{}); d != nil {
		t.Errorf("none is said, but %s", d.Day)
	}
}
