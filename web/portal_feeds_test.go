package web

import (
	"encoding/xml"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"policypush/internal/domain"
	"policypush/interpretations"
)

func TestFeed(t *testing.T) {
	site := newSite(t)
	policy := site.publish()
	b := site.browser()
	b.get("/policies").at("/policies", 200, `href="/policies.atom"`)
	for path, entries := range map[string]int{"/policies.atom": 1, "/policies.atom?t=Q01&s=enterprise": 1, "/policies.atom?t=M09": 0, "/policies.atom?t=%3Cb%3E": 1, "/policies.atom?v=open": 1, "/policies.atom?v=open&t=M09": 0} {
		b.get(path)
		var f atomFeed
		if err := xml.Unmarshal([]byte(b.body), &f); err != nil || b.status != 200 {
			t.Fatalf("%s: %d, %v: %s", path, b.status, err, b.body)
		}
		if len(f.Entries) != entries || f.ID == "" || f.Updated == "" || f.Author == "" {
			t.Errorf("%s: %d entries, want %d: %+v", path, len(f.Entries), entries, f)
		}
		if entries == 1 && (f.Entries[0].ID != fmt.Sprintf("%s/policies/%d", site.BaseURL, policy.ID) || !strings.Contains(f.Entries[0].Title, hostile)) {
			t.Errorf("%+v", f.Entries[0])
		}
	}
}

func TestCalendarFile(t *testing.T) {
	site := newSite(t)
	policy := site.publish()
	path := fmt.Sprintf("/policies/%d/deadlines.ics", policy.ID)
	b := site.browser().get(path)
	if b.status != 200 || !strings.HasPrefix(b.header.Get("Content-Type"), "text/calendar") {
		t.Fatalf("%d %s", b.status, b.header.Get("Content-Type"))
	}
	unfolded := strings.ReplaceAll(b.body, "\r\n ", "")
	for _, want := range []string{"BEGIN:VCALENDAR\r\n", "DTSTART;VALUE=DATE:20261210\r\n", "DTEND;VALUE=DATE:20261211\r\n", "SUMMARY:截止：设备投资补助\r\n", "TRIGGER:-P3D\r\n", "END:VCALENDAR\r\n"} {
		if !strings.Contains(unfolded, want) {
			t.Errorf("no %q in %s", want, unfolded)
		}
	}
	for line := range strings.SplitSeq(b.body, "\r\n") {
		if len(line) > 75 || !utf8.ValidString(line) {
			t.Errorf("line of %d octets: %q", len(line), line)
		}
	}
	site.browser().get("/policies/999/deadlines.ics").at("/policies/999/deadlines.ics", 404)
}

// TestWhatReturnsEveryYear: the next time stands in the calendar, on the page how it
// returns, and every round.
func TestWhatReturnsEveryYear(t *testing.T) {
	window := domain.Window{Yearly: true, From: "03-01", To: "03-31"}
	policy := &domain.Policy{Title: "补贴通知", EffectiveFrom: "2026-01-01", Expires: "2028-12-31", Measures: []domain.Measure{
		{Title: "设备补助", Window: window, How: domain.How{Mode: "apply"}},
		{Title: "上规奖励", Window: domain.Window{Rounds: []string{"2026-04-30"}, Deadline: "2026-10-31"}},
	}}
	for today, want := range map[string]string{
		"2026-02-01": "[{2026-03-31 设备补助} {2026-04-30 上规奖励} {2026-10-31 上规奖励}]",
		"2026-04-01": "[{2026-04-30 上规奖励} {2026-10-31 上规奖励} {2027-03-31 设备补助}]",
		"2028-06-01": "[{2026-04-30 上规奖励} {2026-10-31 上规奖励} {2028-03-31 设备补助}]",
	} {
		if got := fmt.Sprint(lastDays(policy, today)); got != want {
			t.Errorf("on %s: %s, want %s", today, got, want)
		}
	}
	site := newSite(t)
	site.now = time.Date(2027, 3, 10, 4, 0, 0, 0, time.UTC)
	if d := site.dueOf(policy); d == nil || d.Day != "2027-03-31" || d.From != "2027-03-01" || d.Of != "设备补助" {
		t.Errorf("due %+v", d)
	}
	for want, w := range map[string]domain.Window{
		"每年3月1日至3月31日":               window,
		"每年5月31日前":                   {Yearly: true, To: "05-31"},
		"2026年4月30日、2026年10月31日截止申请": policy.Measures[1].Window,
	} {
		if got := windowText(w); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestFoldedLinesUnfold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := calendarText(rapid.String().Draw(t, "text"))
		line := folded("SUMMARY:" + text)
		if got := strings.ReplaceAll(strings.TrimSuffix(line, "\r\n"), "\r\n ", ""); got != "SUMMARY:"+text {
			t.Fatalf("%q became %q", text, got)
		}
		for part := range strings.SplitSeq(strings.TrimSuffix(line, "\r\n"), "\r\n") {
			if len(part) > 75 || strings.ContainsAny(part, "\r\n") {
				t.Fatalf("%q", part)
			}
		}
	})
}

func TestSimilarAnswersAreShownWhileAsking(t *testing.T) {
	site := newSite(t)
	page := fmt.Sprintf("/policies/%d", site.publish().ID)
	b := site.browser()
	b.get(page).post(page+"/ask", url.Values{"question": {"请问最多能补多少钱？"}}).at(page+"/ask", 200, "这些答复是不是您要的", "最高300万元。", "请问最多能补多少钱？</textarea>")
	b.post(page+"/ask", url.Values{"question": {"请问最多能补多少钱？"}, "do": {"send"}, "once": {onceInPage.FindStringSubmatch(b.body)[1]}})
	if !strings.Contains(b.body, "问题已提交") {
		t.Error("a question that was sent anyway is lost")
	}
}

// TestWhatAnswersIsFoundByOtherWords: people ask with words of their own, say
// more than they need, and leave their number.
func TestWhatAnswersIsFoundByOtherWords(t *testing.T) {
	site := newSite(t)
	policy := site.publish()
	page := fmt.Sprintf("/policies/%d", policy.ID)
	it := &interpretations.Item{
		Policy: policy.ID, PolicyVersion: policy.Version, Kind: interpretations.QAKind, State: interpretations.Approved, CreatedAt: site.now,
		QA: &interpretations.QA{Question: "免征残疾人就业保障金要不要申请？", Answer: "不用，系统直接减免。", Clauses: []string{"第一条"}},
	}
	if err := site.Store.SaveInterpretation(t.Context(), it); err != nil {
		t.Fatal(err)
	}
	ask := func(text string) *browser {
		return site.browser().get(page).post(page+"/ask", url.Values{"question": {text}}).at(page+"/ask", 200, text+"</textarea>")
	}
	ask("我在沙渡镇开了个小饭馆，店里一共18个人。残保金怎么交，电话13812345678").at(page+"/ask", 200, "这些答复是不是您要的", "不用，系统直接减免。", "这条答复解决了我的问题", "像是有个人信息（手机号）")
	ask("技改最高补助是多少呢").at(page+"/ask", 200, "这些内容是不是您要的", "政策点：", `href="/policies/1#m1"`)
	if b := ask("婚姻登记在哪里办理呢"); !strings.Contains(b.body, "没有找到相近的答复") || strings.Contains(b.body, "个人信息（") {
		t.Errorf("something is found that answers nothing:\n%s", mainOf(b.body))
	}
}

// TestWhoNamesNoPolicyChoosesFromWhatIsFound: then the office of that policy has
// the question at once, and nobody has to hand it out.
func TestWhoNamesNoPolicyChoosesFromWhatIsFound(t *testing.T) {
	site := newSite(t)
	policy := site.publish()
	b := site.browser().get("/ask")
	b.post("/ask", url.Values{"question": {"设备投资额的15%给补助怎么申请"}}).at("/ask", 200, "问的是哪份政策", `name="policy" value="1"`, "都不是，或不清楚")
	once := onceInPage.FindStringSubmatch(b.body)[1]
	b.post("/ask", url.Values{"question": {"设备投资额的15%给补助怎么申请"}, "policy": {"1"}, "do": {"send"}, "once": {once}}).at("/questions/1", 200, `<a href="/policies/1">`, "云川县政务公开办")
	q, err := site.Store.Question(t.Context(), 1)
	if err != nil || q.Policy != policy.ID || q.Office != policy.Office {
		t.Errorf("asked of policy %d at office %d, %v", q.Policy, q.Office, err)
	}
	b.get("/ask").post("/ask", url.Values{"question": {"设备投资额的15%给补助怎么申请"}, "policy": {"99"}, "do": {"send"}, "once": {once[1:] + "x"}})
	if b.status != 404 {
		t.Errorf("a policy that is not: %d", b.status)
	}
}

func TestSimilarRanksByLikeness(t *testing.T) {
	items := []interpretations.Item{
		{ID: 1, Policy: 4, QA: &interpretations.QA{Question: "二手设备能补吗？", Answer: "不能。"}},
		{ID: 2, QA: &interpretations.QA{Question: "旧设备能补多少？", Answer: "不能补。"}},
	}
	found := similar("二手设备能不能补", items)
	if len(found) == 0 || found[0].Href != "/policies/4#qa-1" {
		t.Errorf("%+v", found)
	}
	if got := similar("。？", items); got != nil {
		t.Errorf("marks alone are like %+v", got)
	}
}
