package interpretations

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"policypush/internal/domain"
)

func drawn(t *testing.T, it *Item, others ...Item) string {
	t.Helper()
	html, err := it.Render(policy(), "2026-12-10", others...)
	if err != nil {
		t.Fatal(err)
	}
	return string(html)
}

// Shares say how much they are even where that is little, add up beside their
// values, and each has a colour of its own; the whole is a ring without a gap.
func TestSharesAreToldApart(t *testing.T) {
	share := func(unit string, values ...float64) *Item {
		it := figure(Share)
		it.Chart.Unit, it.Chart.Points = unit, nil
		for i, v := range values {
			it.Chart.Points = append(it.Chart.Points, Point{Label: fmt.Sprintf("第%d项", i+1), Value: v})
		}
		if err := it.Check(policy()); err != nil {
			t.Fatal(err)
		}
		return it
	}
	for name, tt := range map[string]struct {
		it        *Item
		has, lack []string
	}{
		"thirds":               {share("户", 1, 1, 1), []string{">33.3%<"}, []string{">33%<"}},
		"percentages are said": {share("%", 33.3, 33.3, 33.4), []string{">33.4%<"}, []string{"占比", ">33%<"}},
		"nearly all":           {share("万元", 999_999, 1), []string{"超过99.9%", "不到0.1%", "合计1,000,000万元"}, []string{">100%<", ">0%<", `class="dc"`}},
		"all":                  {share("%", 100), []string{`stroke-dasharray="263.89 0.00"`}, nil},
		"nothing of one":       {share("户", 2, 0), []string{`class="sw k2"`}, []string{`circle class="k2"`}},
		"as many as there are": {share("户", 1, 2, 3, 4, 5, 6), []string{`circle class="k6"`, `>21<`}, nil},
	} {
		html := drawn(t, tt.it)
		for _, want := range tt.has {
			if !strings.Contains(html, want) {
				t.Errorf("%s: without %s: %s", name, want, html)
			}
		}
		for _, not := range tt.lack {
			if strings.Contains(html, not) {
				t.Errorf("%s: with %s: %s", name, not, html)
			}
		}
	}
}

// No label of a line lies on another or is cut off, however long its points are
// called and however large they are: then there are fewer, and the table has all.
func TestLabelsOfALineHaveRoom(t *testing.T) {
	texts := regexp.MustCompile(`<text class="(?:tick|vl)" x="([\d.]+)" y="([\d.]+)" text-anchor="(\w+)">([^<]*)</text>`)
	long := strings.Repeat("很长的名称", 8)
	for _, n := range []int{2, 5, 8, 9, 12} {
		for _, label := range []string{"年", "2026年度", long} {
			for _, value := range []float64{1, 0.25, 123_456.78, 999_999_999_999} {
				it := figure(Line)
				it.Chart.Points = nil
				for i := range n {
					it.Chart.Points = append(it.Chart.Points, Point{Label: label, Value: value * float64(i) / float64(n-1)})
				}
				type box struct{ from, to float64 }
				rows := map[string][]box{}
				html := drawn(t, it)
				for _, m := range texts.FindAllStringSubmatch(html, -1) {
					x, err := strconv.ParseFloat(m[1], 64)
					if err != nil {
						t.Fatal(err)
					}
					width, row := room(m[4], tickSize), m[2]
					b := box{x - width/2, x + width/2}
					if m[3] == "end" {
						b, row = box{x - width, x}, row+"axis"
					}
					if b.from < -0.1 || b.to > plotWidth+0.1 {
						t.Errorf("%d points %q of %v: %q from %v to %v is cut off", n, label, value, m[4], b.from, b.to)
					}
					if slices.ContainsFunc(rows[row], func(o box) bool { return b.from < o.to && o.from < b.to }) {
						t.Errorf("%d points %q of %v: %q lies on another", n, label, value, m[4])
					}
					rows[row] = append(rows[row], b)
				}
				if len(rows) == 0 || strings.Count(html, `<td class="n">`) != n {
					t.Errorf("%d points %q of %v: no labels, or a table that is not whole", n, label, value)
				}
			}
		}
	}
}

// Long names stand above their bars, long values beside them in lines of their own.
func TestLongNamesOfBarsHaveRoom(t *testing.T) {
	rank := figure(Rank)
	rank.Chart.Points = []Point{{Label: strings.Repeat("名", rankName+1), Value: 1}, {Label: "短", Value: 2}}
	if html := drawn(t, rank); !strings.Contains(html, `class="bars-cat"`) {
		t.Errorf("a long name stands beside its bar: %s", html)
	}
	for name, edit := range map[string]func(*Chart){
		"the name of before": func(c *Chart) { c.Before = "2024年版若干措施规定的标准" },
		"a large value":      func(c *Chart) { c.Points[0].Value = 9_999_999_999 },
	} {
		it := figure(Compare)
		if strings.Contains(drawn(t, it), `class="bars long"`) {
			t.Fatal("short names have lines of their own")
		}
		edit(it.Chart)
		if !strings.Contains(drawn(t, it), `class="bars long"`) {
			t.Errorf("%s widens the page", name)
		}
	}
}

// A figure of a picture rests on a clause, and asks to be checked when that changes. One
// that was saved before it had to asks at once.
func TestWhatStandsOutRestsOnAClause(t *testing.T) {
	it := picture()
	if it.Bind(policy()); it.Outdated(policy()) {
		t.Fatal("a sound picture asks to be checked")
	}
	it.OnePage.Hero[0].Clause = ""
	if it.Bind(policy()); !it.Outdated(policy()) {
		t.Error("a figure on nothing does not ask to be checked")
	}
	if err := it.Check(policy()); err == nil || !strings.Contains(err.Error(), "第1个突出的数字要选一条原文") {
		t.Errorf("a figure on nothing: %v", err)
	}
	it.OnePage.Hero[0].Clause = "第九条"
	if err := it.Check(policy()); err == nil || !strings.Contains(err.Error(), "原文中没有“第九条”") {
		t.Errorf("a figure on a clause that is not there: %v", err)
	}
	it = picture()
	it.OnePage.Blocks = it.OnePage.Blocks[:1] // which rests on another clause than the last day
	it.Bind(policy())
	changed := policy()
	changed.Clauses[2].Text = "(一)申报时间另行通知。"
	if !it.Outdated(changed) {
		t.Error("the clause of the last day changes, and nobody is asked")
	}
	for _, cite := range []string{`100万元</b><a class="cite" href="#c1">`, `12月31日</b><a class="cite" href="#c2">`} {
		if html := drawn(t, it); !strings.Contains(html, cite) {
			t.Errorf("without %s: %s", cite, html)
		}
	}
}

// What a picture shows of other interpretations is approved and holds; what is not
// seen is told.
func TestWhatAPictureDoesNotShowIsTold(t *testing.T) {
	p, it, chart := policy(), picture(), figure(Rank)
	chart.State = Approved
	chart.Bind(p)
	changed := policy()
	changed.Clauses[1].Text += "另有规定的除外。"
	waiting := *chart
	waiting.State = Draft
	for name, tt := range map[string]struct {
		policy *domain.Policy
		items  []Item
		said   string
	}{
		"approved": {p, []Item{*chart}, ""},
		"waiting":  {p, []Item{waiting}, "“看图”引用的解读还没有审核"},
		"gone":     {p, nil, "“看图”引用的解读已删除"},
		"outdated": {changed, []Item{*chart}, "“看图”引用的解读依据改过，还没有核对"},
	} {
		if said := strings.Join(it.OnePage.Hidden(tt.policy, tt.items), "，"); said != tt.said {
			t.Errorf("%s: %q, want %q", name, said, tt.said)
		}
		html, err := it.Render(tt.policy, "2026-12-10", Shown(tt.items)...)
		if err != nil || strings.Contains(string(html), "看图") != (tt.said == "") {
			t.Errorf("%s: drawn %v, %v", name, html, err)
		}
	}
	if !it.OnePage.Shows(8) || it.OnePage.Shows(9) || it.OnePage.Shows(0) {
		t.Error("it shows number 8, and nothing else")
	}
}

// Amounts and percentages that the policy does not say are told, however it
// writes them.
func TestFiguresThatThePolicyDoesNotSay(t *testing.T) {
	p := policy()
	p.Text = "按设备投资额的15%给予补助，分别奖励50、80、100万元，另给12,000元，百分之三十由县级承担。"
	p.Measures[0].Benefit.FromRate = 0.3
	for answer, want := range map[string]string{
		"补15%，最高100万元；也有50万元和1.2万元的，县里出30％。": "",
		"最高120万元，按25%算，再说一遍120万元。":           "120万元、25%",
		"没有数字。": "",
	} {
		it := question()
		it.QA.Answer = answer
		if got := strings.Join(it.Unfounded(p), "、"); got != want {
			t.Errorf("%s: %q, want %q", answer, got, want)
		}
	}
	page := picture() // its example is reckoned
	if got := page.Unfounded(p); got != nil {
		t.Errorf("picture: %q", got)
	}
	page.OnePage.Hero[0].Big = "200万元"
	page.OnePage.Blocks[1].Lines[0].Text = "投资额的18%"
	if got := strings.Join(page.Unfounded(p), "、"); got != "200万元、18%" {
		t.Errorf("picture: %q", got)
	}
	if got := example().Unfounded(p); got != nil {
		t.Errorf("a case is reckoned: %q", got)
	}
}

// A drafted picture says what it leaves out, names the largest sum by the same rule
// as the page, and of several last days the next.
func TestADraftedPictureSaysWhatItLeavesOut(t *testing.T) {
	p := policy()
	p.ApplyDeadline, p.Measures = "2026-12-31", nil
	var all []Told
	for i := range 20 {
		p.Measures = append(p.Measures, domain.Measure{
			ID: domain.MeasureID(fmt.Sprint("m", i)), Clause: "第一条", Title: fmt.Sprintf("第%d项补助", i+1), Benefit: domain.Benefit{Cap: float64(i+1) * 10_000},
			How: domain.How{Mode: "apply"},
		})
		all = append(all, Told{Gain: "补助", Who: fmt.Sprintf("第%d类企业", i+1), How: fmt.Sprintf("到第%d个窗口", i+1)})
	}
	p.Measures[3].Benefit = domain.Benefit{Amount: 5000, Tiers: []float64{5000, 900_000}}
	p.Measures[4].Window.Deadline = "2026-12-01"
	page := func(today string) (page *OnePage, sums *Chart, title string) {
		for _, d := range Propose(p, all, nil, today) {
			if d.OnePage != nil {
				page = d.OnePage
			}
			if d.Chart != nil && d.Chart.Form == Rank {
				sums, title = d.Chart, d.Title
			}
		}
		return page, sums, title
	}
	drafted, sums, title := page("2026-11-28")
	for i, want := range []string{"另有15类", "另有15项", "另有15种办法"} {
		lines := drafted.Blocks[i].Lines
		if got := lines[len(lines)-1].Name; len(lines) != 6 || got != want {
			t.Errorf("block %d ends in %q of %d, want %q", i+1, got, len(lines), want)
		}
	}
	if h := drafted.Hero; len(h) != 2 || h[0] != (Entry{Name: "单项最高", Big: "90万元", Clause: "第一条"}) || h[1].Name+h[1].Big != "2026年最早截止12月1日" {
		t.Errorf("stand out: %+v", h)
	}
	if title != "给得最多的12项，最多能得多少" || len(sums.Points) != 12 || sums.Points[0].Value != 90 {
		t.Errorf("%s: %+v", title, sums)
	}
	if drafted, _, _ = page("2026-12-02"); drafted.Hero[1] != (Entry{Name: "2026年接着截止", Big: "12月31日", Clause: "二/(一)"}) {
		t.Errorf("after the first: %+v", drafted.Hero[1])
	}
	p.Measures, all = p.Measures[:6], all[:6]
	for i := range p.Measures {
		p.Measures[i].Benefit = domain.Benefit{Amount: 100 * float64(i+1), Unit: "人·月"}
	}
	drafted, _, _ = page("2026-11-28")
	if h := drafted.Hero[0]; h.Name+h.Big != "每人每月最高600元" || len(drafted.Blocks[1].Lines) != 6 || drafted.Blocks[1].Lines[5].Name != "第6项补助" {
		t.Errorf("six by the month: %+v, %+v", h, drafted.Blocks[1].Lines)
	}
}

// The day that the document says as a whole counts for what has none of its own, and
// is cited where it is said.
func TestDraftsKnowTheDayOfTheDocument(t *testing.T) {
	p := policy()
	p.ApplyDeadline, p.EffectiveFrom = "2026-12-31", ""
	p.Measures = append(p.Measures[:1], domain.Measure{ID: "m2", Clause: "第一条", Title: "软件补助", Window: domain.Window{From: "2026-12-01"}})
	day := Told{Window: "2026年12月31日截止申请"}
	var days *Chart
	var when *QA
	for _, d := range Propose(p, []Told{day, day}, nil, "2026-11-28") {
		if d.Chart != nil && d.Chart.Form == Timeline {
			days = d.Chart
		}
		if d.QA != nil && d.QA.Question == "什么时候可以办？" {
			when = d.QA
		}
	}
	if days == nil || len(days.Points) != 2 || days.Points[1].Date != "2026-12-31" || days.Points[1].Label != "申请截止" {
		t.Errorf("days: %+v", days)
	}
	if when == nil || !slices.Equal(when.Clauses, []string{"第一条", "二/(一)"}) {
		t.Errorf("when: %+v", when)
	}
}

// TestAxesOfCountsAreWhole: where all values are whole, so are the marks of the
// axis.
func TestAxesOfCountsAreWhole(t *testing.T) {
	for want, values := range map[string][]float64{
		"0 1":            {0, 1, 0, 0, 1, 0, 0, 0, 1},
		"0 1 2":          {0, 2, 0, 0, 1, 0, 0, 0, 1},
		"0 5 10":         {0, 9, 0, 0, 1, 0, 0, 0, 1},
		"0 0.2 0.4 0.6":  {0, 0.5, 0, 0, 0, 0, 0, 0, 0.25},
		"0 25 50 75 100": {0, 100, 0, 0, 0, 0, 0, 0, 1},
	} {
		c := Chart{Form: Line}
		for i, v := range values {
			c.Points = append(c.Points, Point{Label: fmt.Sprint(i), Value: v})
		}
		var marks []string
		for _, tick := range c.plot().Ticks {
			if tick.Anchor == "end" {
				marks = append(marks, tick.Text)
			}
		}
		if got := strings.Join(marks, " "); got != want {
			t.Errorf("%v: %s, want %s", values, got, want)
		}
	}
}
