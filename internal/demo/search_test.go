package demo

import (
	"path/filepath"
	"strings"
	"testing"

	"policypush/internal/search"
	"policypush/internal/segment"
	"policypush/web"
)

// TestPlainQuestionsLeadToTheMeasureOrTheAnswer asks the county of the
// demonstration as people ask: the first result is the policy, and the passage
// shown is the measure or the answer, with the reason marked.
func TestPlainQuestionsLeadToTheMeasureOrTheAnswer(t *testing.T) {
	l := loader(t)
	if err := l.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	seg, err := segment.New("", l.Rules.UserWords())
	if err != nil {
		t.Fatal(err)
	}
	x, err := search.Create(filepath.Join(t.TempDir(), "index"), search.NewLexicon(l.Rules, seg))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() })
	live := search.NewLive(x, web.Policies{Store: l.Store})
	if err := live.Build(t.Context()); err != nil {
		t.Fatal(err)
	}
	for question, want := range map[string]struct{ title, text string }{
		"开小店要交残保金吗":     {"小微企业税费和房租负担", "残疾人就业保障金"},
		"租私人的店面能减房租吗":   {"小微企业税费和房租负担", "租的是私人店面"},
		"招一个应届生给公司补多少":  {"稳岗返还", "高校毕业生"},
		"老人去食堂吃饭便宜多少":   {"高龄津贴", "助餐"},
		"困难家庭的医保自己要交多少": {"城乡居民医保参保资助", "资助"},
		"毕业生第一次开店能拿多少钱": {"高校毕业生创业", "10000元"},
		"有小孩上托儿所政府给补贴吗": {"托育", "托育"},
	} {
		page, err := live.Search(t.Context(), search.Request{Text: question, Today: "2026-12-05", Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Results) == 0 {
			t.Errorf("%s: found nothing", question)
			continue
		}
		r := page.Results[0]
		shown, marked := joined(r.Snippet)
		if !strings.Contains(plain(r.Title), want.title) || r.Kind == search.Clause || !strings.Contains(shown, want.text) || !marked {
			t.Errorf("%s: leads to %q, %c %s: %q", question, plain(r.Title), r.Kind, r.Ref, shown)
		}
	}
}

func plain(parts []search.Part) string {
	text, _ := joined(parts)
	return text
}

// joined returns a text that is shown in parts, and whether some of it is marked.
func joined(parts []search.Part) (text string, marked bool) {
	for _, p := range parts {
		text += p.Text
		marked = marked || p.Hit
	}
	return text, marked
}
