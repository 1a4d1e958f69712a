package demo

import (
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
