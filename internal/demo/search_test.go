package demo

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"policypush/internal/search"
	"policypush/internal/segment"
	"policypush/web"
)

// asked is the index of the county of the demonstration.
func asked(t *testing.T) *search.Live {
	t.Helper()
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
	return live
}

// TestPlainQuestionsLeadToTheMeasureOrTheAnswer asks the county of the
// demonstration as people ask: the first result is the policy, and the passage
// shown is the measure or the answer, with the reason marked.
func TestPlainQuestionsLeadToTheMeasureOrTheAnswer(t *testing.T) {
	live := asked(t)
	for question, want := range map[string]struct{ title, text string }{
		"开小店要交残保金吗":     {"小微企业税费和房租负担", "残疾人就业保障金"},
		"租私人的店面能减房租吗":   {"小微企业税费和房租负担", "租的是私人店面"},
		"招一个应届生给公司补多少":  {"稳岗返还", "高校毕业生"},
		"企业招大学毕业生补多少钱":  {"稳岗返还", "按每招用1人给予1500元"},
		"老人去食堂吃饭便宜多少":   {"高龄津贴", "助餐"},
		"困难家庭的医保自己要交多少": {"城乡居民医保参保资助", "资助"},
		"毕业生第一次开店能拿多少钱": {"高校毕业生创业", "10000元"},
		"有小孩上托儿所政府给补贴吗": {"托育", "托育"},
		"九十岁老人一个月能领多少钱": {"高龄津贴", "每人每月200元"},
		"我奶奶85岁了每月能领多少": {"高龄津贴", "每人每月80元"},
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

// TestHoweverItIsTyped asks with the brackets, letters and mistakes that people
// type.
func TestHoweverItIsTyped(t *testing.T) {
	live := asked(t)
	for title, all := range map[string][]string{
		"小微企业税费和房租负担": {
			"云政发〔2026〕18号", "云政发[2026]18号", "云政发(2026)18号", "云政发（2026）18号", "云政发【2026】18号", "云政发2026年第18号", "云政发２０２６年１８号",
			"云政发 2026 18", "云政发﹝2026﹞18号", "云政发「2026」18号", "canbaojin", "cbj", "残宝金", "残疾人就业保章金", "殘疾人就業保障金", "小微企業房租減免", "減輕小微企業稅費", "污水处理废", "３０人以下免残保金",
		},
		"稳岗返还和社会保险补贴": {
			"云人社发[2026]33号", "云人社发【2026】第33号", "wengangfanhuan", "稳岗反还", "稳岗返环", "穩崗返還", "一次性擴崗補助", "一次性扩刚补助", "社会保险补帖", "靈活就業社會保險補貼",
		},
		"高龄津贴和养老服务补贴": {
			"云政办发(2026)26号", "雲政辦發〔2026〕26號", "gaolingjintie", "高岭津贴", "高零津贴", "高齡津貼", "養老服務補貼", "適老化改造", "８０周岁高龄津贴", "老年助参补贴",
		},
		"支持高校毕业生创业": {
			"云人社发（2026）35号", "chuangyedanbaodaikuan", "创业担保带款", "创业单保贷款", "創業擔保貸款", "高校畢業生創業", "一次性创业补帖",
		},
		"城乡居民医保参保资助": {
			"云医保发【2026】12号", "云医保发2026年12号", "tuoyubutie", "托育补帖", "托育補貼", "城鄉居民醫保", "居民医保参保姿助", "普惠托玉机构",
		},
	} {
		for _, text := range all {
			page, err := live.Search(t.Context(), search.Request{Text: text, Today: "2026-12-05", Limit: 1, Floor: 0.4})
			if err != nil {
				t.Fatal(err)
			}
			if len(page.Results) == 0 || !strings.Contains(plain(page.Results[0].Title), title) {
				t.Errorf("%s: %d results, want %s", text, page.Total, title)
			}
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

// TestAQuestionToAPolicyLeadsToItsAnswer asks a policy what its questions and
// answers answer, in other words: the passage that is shown is the answer.
func TestAQuestionToAPolicyLeadsToItsAnswer(t *testing.T) {
	live := asked(t)
	key := func(title string) string {
		page, err := live.Search(t.Context(), search.Request{Text: title, Limit: 1})
		if err != nil || len(page.Results) == 0 {
			t.Fatal(title, err)
		}
		return page.Results[0].Key
	}
	text, err := os.ReadFile("../../web/testdata/similar.txt")
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]string{
		"1-relief": key("小微企业税费和房租负担"), "3-jobs": key("稳岗返还和社会保险补贴"), "4-elders": key("高龄津贴和养老服务补贴"),
		"5-startups": key("支持高校毕业生创业"), "6-families": key("城乡居民医保参保资助"),
	}
	ask := func(key, question string) string {
		page, err := live.Search(t.Context(), search.Request{Text: question, Key: key, Least: search.SureWithin, Limit: 2})
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Results) == 0 {
			return ""
		}
		if r := page.Results[0]; r.Key != key || len(page.Results) > 1 {
			t.Errorf("%s: %d results, the first of %s, want only %s", question, len(page.Results), r.Key, key)
		}
		return plain(page.Results[0].Snippet)
	}
	all, right := 0, 0
	for line := range strings.Lines(string(text)) {
		part := strings.Split(strings.TrimSpace(line), "|")
		if keys[part[0]] == "" || part[2] == "" { // the second is not published
			continue
		}
		all++
		if shown := ask(keys[part[0]], part[1]); strings.HasPrefix(shown, strings.TrimSuffix(part[2], "？")) {
			right++
		} else {
			t.Logf("%s: %q", part[1], shown)
		}
	}
	t.Logf("%d of %d", right, all)
	if right*100 < all*85 {
		t.Errorf("%d of %d questions lead to their answer", right, all)
	}
	for _, question := range []string{"今天天气好吗", "路灯坏了找谁修", "结婚登记要带什么", "身份证丢了怎么补办"} {
		if shown := ask(keys["1-relief"], question); shown != "" {
			t.Errorf("%s: %q", question, shown)
		}
	}
	if page, err := live.Search(t.Context(), search.Request{Text: "房租", Key: "no such", Limit: 1}); err != nil || len(page.Results) > 0 {
		t.Errorf("of a key that is not: %+v, %v", page, err)
	}
}
