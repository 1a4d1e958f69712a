package web

import (
	"encoding/csv"
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"
	"time"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

// TestStatisticsLeadToWhatTheyCount: each number of the page is that of the list
// behind it, for the time, the office and the theme that were chosen.
func TestStatisticsLeadToWhatTheyCount(t *testing.T) {
	site, ctx := newOffice(t), t.Context()
	p := site.publish()
	ask := func(n int, asked time.Time) *domain.Question {
		q := &domain.Question{Policy: p.ID, Office: site.office.ID, State: domain.QuestionOpen, Once: []byte{byte(n)}, AskedAt: asked, DueAt: asked.Add(48 * time.Hour)}
		q.Rounds = []domain.Round{{Text: "设备补贴怎么申请？", AskedAt: asked}}
		if _, err := site.Store.AskQuestion(ctx, q); err != nil {
			t.Fatal(err)
		}
		return q
	}
	for i := range 3 {
		q := ask(i, site.now)
		if i == 2 {
			break
		}
		q.State, q.AnsweredAt = domain.QuestionAnswered, site.now.Add(time.Duration(i)*72*time.Hour)
		q.Last().Answer, q.Last().Feedback = &domain.Answer{Text: "网上申请。", At: site.now, ReviewedAt: site.now}, domain.Helpful
		if err := site.Store.SaveQuestion(ctx, q); err != nil {
			t.Fatal(err)
		}
	}
	ask(9, site.now.AddDate(0, -2, 0)) // of another time

	b, page := site.as("auditor"), "/console/statistics"
	today := site.now.In(shanghai).Format(time.DateOnly)
	span := "from=" + site.now.In(shanghai).AddDate(0, 0, -29).Format(time.DateOnly)
	b.get(page).at(page, 200, "发布与解读", "提问答复", `href="/console/statistics" aria-current="page"`, `value="`+today+`"`, "每天提问", "少于5")
	followed := 0
	for what, path := range map[string]string{
		"共1份": "/console/policies?" + span + "&amp;to=" + today,
		"共1次": "/console/pushes?" + span + "&amp;to=" + today,
		"共3条": "/console/questions?" + span + "&amp;show=all&amp;to=" + today,
		"共2条": "/console/questions?" + span + "&amp;show=all&amp;state=answered&amp;to=" + today,
		"共1条": "/console/questions?" + span + "&amp;show=all&amp;state=late&amp;to=" + today,
	} {
		b.get(page).at(page, 200, `<a href="`+path+`">`)
		followed++
		list, _, _ := strings.Cut(path, "?")
		b.get(strings.ReplaceAll(path, "&amp;", "&")).at(list, 200, what)
	}
	if followed != 5 {
		t.Fatal("links are not followed")
	}
	policy := fmt.Sprintf("&amp;policy=%d", p.ID)
	b.get(page).at(page, 200, "问得最多的政策", policy)
	b.get("/console/questions?show=all&policy="+fmt.Sprint(p.ID)).at("/console/questions", 200, "共4条", "政策："+html.EscapeString(p.Title), `name="policy" value="`+fmt.Sprint(p.ID)+`"`, `<a href="/console/questions?show=all">政策`)

	b.get(page+"?from=2025-01-01&to=2025-12-31").at(page, 200, "2025年1月1日至2025年12月31日", `aria-current="page">去年</a>`, "这段时间没有退订的联系方式").lacks("每月提问", "问得最多的政策")
	b.get(page+"?from=2026-01-01&to="+today).at(page, 200, "每月提问", "<td class=\"n\">1</td>")
	b.get(page+"?theme=M01").at(page, 200, "，主题：").lacks("问得最多的政策", "按主题")
	b.get(page+"?from="+url.QueryEscape("上个月")).at(page, 200, "日期没有读懂", "发布与解读")
	b.get(page+"?from=2026-02-01&to=2026-01-01").at(page, 200, "晚于结束的日期")
	if site.as("admin").get(page).status != 403 {
		t.Error("who keeps the house reads the statistics")
	}
}

// TestStatisticsAreExported: a file says what the page does, and no cell of it is a
// formula.
func TestStatisticsAreExported(t *testing.T) {
	site := newOffice(t)
	site.publish()
	second := domain.Office{Name: `=HYPERLINK("https://example.com")`, Signature: "云川"}
	if err := site.Store.SaveOffice(t.Context(), &second); err != nil {
		t.Fatal(err)
	}
	q := &domain.Question{Office: second.ID, State: domain.QuestionOpen, Once: []byte("a"), AskedAt: site.now, DueAt: site.now, Rounds: []domain.Round{{Text: "怎么申请？"}}}
	if _, err := site.Store.AskQuestion(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	b := site.as("drafter")
	b.get("/console/statistics").at("/console/statistics", 200, `href="/console/statistics.csv?`, "按单位", second.Name[:1])
	if strings.Contains(b.body, fmt.Sprintf("/console/questions?from=%s&amp;office=%d", "", second.ID)) {
		t.Error("a link leads to questions of another office, which are not shown")
	}
	b.get("/console/statistics.csv")
	if b.status != 200 || !strings.HasPrefix(b.body, "\ufeff范围,") {
		t.Fatalf("the file begins %.60q", b.body)
	}
	lines, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.body, "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	says := map[string]string{}
	for _, line := range lines {
		for _, cell := range line {
			if strings.HasPrefix(cell, "=") {
				t.Errorf("%q would be read as a formula", cell)
			}
		}
		says[strings.Join(line[:4], "/")] = line[4]
	}
	for what, want := range map[string]string{
		"发布与解读/合计//发布政策（份）":                     "1",
		"发布与解读/及时性/发布到推送/政策（份）":                 "1",
		"推送/合计//推送（次）":                          "1",
		"订阅主体/订阅主体/企业/现有":                       "少于5",
		"订阅主体/订阅主体/居民/现有":                       "少于5",
		"提问答复/合计//待答复（条）":                       "1",
		"按单位和主题/按单位/'" + second.Name + "/提问（条）": "1",
	} {
		if says[what] != want {
			t.Errorf("%s: %q, want %q", what, says[what], want)
		}
	}
}

func TestSmallNumbersOfPeopleAreNotTold(t *testing.T) {
	words := func(parts ...int) string {
		var all []string
		for _, n := range peopleOf(parts...) {
			all = append(all, n.Text())
		}
		return strings.Join(all, " ")
	}
	for want, parts := range map[string][]int{
		"0 5 1,200":     {0, 5, 1200},
		"少于5":           {4},
		"少于5 不单列 1,200": {3, 40, 1200},
		"少于5 少于5 40":    {1, 4, 40},
		"0 不单列 少于5":     {0, 8, 2},
		"少于5 0 0":       {2, 0, 0},
	} {
		if got := words(parts...); got != want {
			t.Errorf("%v: %s, want %s", parts, got, want)
		}
	}
	for want, pair := range map[string][2]int{"0%": {0, 8}, "50%": {5, 10}, "100%": {9, 9}, "33.3%": {10, 30}} {
		if got := ratioOfPeople(pair[0], pair[1]).Text(); got != want {
			t.Errorf("%v: %s, want %s", pair, got, want)
		}
	}
	for _, pair := range [][2]int{{1, 10}, {9, 10}, {2, 2}, {0, 4}, {0, 0}} {
		if got := ratioOfPeople(pair[0], pair[1]); got != none {
			t.Errorf("%v: %s gives it away", pair, got.Text())
		}
	}
}

func TestWaitsAreCountedInWorkingDays(t *testing.T) {
	st := &statistician{s: newSite(t).Server}
	n, median, late := st.workdays([]storage.Waited{
		{From: "2026-11-20", To: "2026-11-23", N: 2}, // Friday to Monday
		{From: "2026-11-23", To: "2026-11-23", N: 1},
		{From: "2026-11-16", To: "2026-11-23", N: 2},
		{From: "2026-11-24", To: "2026-11-23", N: 1}, // before it was formed
		{From: "2026年11月", To: "2026-11-23", N: 5},   // no day
		{From: "0001-01-01", To: "2026-11-23", N: 1}, // nonsense
	}, 3)
	if fmt.Sprint(n, median, late) != "7 1 3" {
		t.Errorf("got %d, %d, %d", n, median, late)
	}
	if n, median, late := st.workdays(nil, 3); n+median+late != 0 {
		t.Error("of nothing something is counted")
	}
}

func TestTheOutboxIsFound(t *testing.T) {
	site := newOffice(t)
	for i := range outboxShown + 1 {
		e := storage.OutboxEntry{At: site.now, Channel: domain.SMS, MaskedTo: "139****0000", Body: "【云川】设备补贴"}
		if i == 0 {
			e = storage.OutboxEntry{At: site.now.AddDate(0, 0, -2), Channel: domain.Email, MaskedTo: "h***@yunchuan.example", Subject: "稳岗返还", Body: "最早的一条"}
		}
		if err := site.Store.SaveOutbox(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if err := site.Store.SaveReply(t.Context(), storage.Reply{Channel: domain.SMS, AddressMasked: "139****0000", Text: "怎么办理", At: site.now}); err != nil {
		t.Fatal(err)
	}
	b, list := site.as("drafter"), "/console/outbox"
	b.get(list).at(list, 200, "共51条", "下一页", "怎么办理").lacks("最早的一条")
	b.get(list+"?page=2").at(list, 200, "最早的一条", "上一页").lacks("怎么办理")
	for _, asked := range []string{"channel=email", "q=" + url.QueryEscape("稳岗"), "q=yunchuan", "to=" + site.now.In(shanghai).AddDate(0, 0, -1).Format(time.DateOnly)} {
		b.get(list+"?"+asked).at(list, 200, "共1条", "最早的一条").lacks("设备补贴", "怎么办理")
	}
	b.get(list+"?q="+url.QueryEscape("没有")).at(list, 200, "没有找到消息", `<a href="/console/outbox">查看全部</a>`)
}
