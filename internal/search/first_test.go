package search

import (
	"strings"
	"testing"
)

// firstOf returns the key and the passage of what is found first.
func firstOf(t *testing.T, x *Index, ask Request) (first string, all *Page) {
	t.Helper()
	ask.Limit = 10
	page, err := x.Search(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Results) == 0 {
		return "", page
	}
	return page.Results[0].Key, page
}

// TestNumberAsName: a number that is asked for as an amount is not found in the
// number of a document, nor marked there; one that is asked for as a name is.
func TestNumberAsName(t *testing.T) {
	x := newIndex(t, []*Entry{
		{Key: "named", Title: "关于减轻小微企业负担的若干措施", DocNumber: "云政发〔2026〕18号", Passages: []Passage{{Clause, "1", "云政发〔2026〕18号"}, {Clause, "2", "减免房租。"}}},
		{Key: "amount", Title: "关于招工补贴的通知", Passages: []Passage{{Clause, "1", "一次招工不少于18人的，每人补贴500元。"}}},
	}...)
	for question, want := range map[string]string{
		"18个人": "amount", "招了十八个人": "amount", "18号": "named", "18号文": "named", "云政发〔2026〕18号": "named",
	} {
		first, page := firstOf(t, x, Request{Text: question, Floor: 0.4})
		if first != want {
			t.Errorf("%s: first is %q, want %q", question, first, want)
		}
		if want == "amount" && len(page.Results) != 1 {
			t.Errorf("%s: finds %s", question, keys(page))
		}
	}
}

// TestTitleOfWhatIsIssued: people call a document by the name of what it puts
// out, and name it within a question; those that only speak of it come after it.
func TestTitleOfWhatIsIssued(t *testing.T) {
	often := strings.Repeat("按照云川县养老服务补贴实施办法发放养老服务补贴。云川县养老服务补贴实施办法另有规定的除外。", 3)
	x := newIndex(t, []*Entry{
		{Key: "method", Title: "云川县人民政府办公室关于印发云川县养老服务补贴实施办法的通知", Ended: true, Passages: []Passage{{Clause, "1", strings.Repeat("各乡镇人民政府要认真组织实施，做好宣传和资金保障。", 20)}, {Clause, "2", "失能老人每人每月300元。"}}},
		{Key: "about", Title: "云川县养老服务补贴实施办法政策解读和养老服务补贴办理问答", Passages: []Passage{{Clause, "1", often}}},
		{Key: "repeal", Title: "关于废止《云川县养老服务补贴实施办法》的通知", Passages: []Passage{{Clause, "1", often}}},
	}...)
	for _, question := range []string{"云川县养老服务补贴实施办法", "《云川县养老服务补贴实施办法》"} {
		if first, page := firstOf(t, x, Request{Text: question, Today: "2026-06-01"}); first != "method" {
			t.Errorf("%s: %s", question, keys(page))
		}
	}
	if first, page := firstOf(t, x, Request{Text: "《云川县养老服务补贴实施办法》里失能老人一个月多少"}); first != "method" {
		t.Errorf("a title within a question: %s", keys(page))
	}
	if got := issued("关于废止《云川县养老服务补贴实施办法》的通知"); got != "" {
		t.Errorf("what repeals puts out %q", got)
	}
}

// TestValidAndLocalFirst: what is in force, and then what is for the reader's
// region, comes before others that match as well, and before those that match
// somewhat better. What is for the whole country is for every region, and who
// asks for another place gets that.
func TestValidAndLocalFirst(t *testing.T) {
	fee := func(key, place, region string, ended bool, more string) *Entry {
		return &Entry{
			Key: key, Title: place + "残疾人就业保障金征收办法", Ended: ended, Facets: map[Facet][]string{RegionFacet: {region}},
			Passages: []Passage{{Clause, "1", "用人单位应当缴纳残疾人就业保障金。" + more}},
		}
	}
	const better = "在职职工三十人以下的小微企业免征残疾人就业保障金。" // says more of what is asked
	x := newIndex(t,
		fee("ended", "云川县", "330603", true, better), fee("other", "海临县", "350122", false, better),
		fee("here", "云川县", "330603", false, "三十人以下的小微企业由税务机关减免。"), fee("nation", "", "000000", false, "三十人以下的小微企业由税务机关减免。"),
		fee("other-ended", "海临县", "350122", true, better))
	const question = "小微企业三十人以下免征残疾人就业保障金吗"
	order := func(ask Request) string {
		_, page := firstOf(t, x, ask)
		return keys(page)
	}
	if got := order(Request{Text: question}); !strings.HasPrefix(got, "ended") && !strings.HasPrefix(got, "other") {
		t.Errorf("the words alone do not prefer what says more: %s", got)
	}
	place := func(got, key string) int { return strings.Index(" "+got+" ", " "+key+" ") }
	got := order(Request{Text: question, Today: "2026-06-01", Region: "330603104"})
	for _, valid := range []string{"here", "nation"} {
		for _, worse := range []string{"ended", "other", "other-ended"} {
			if place(got, valid) > place(got, worse) {
				t.Errorf("%s comes after %s: %s", valid, worse, got)
			}
		}
	}
	if first, page := firstOf(t, x, Request{Text: "海临县" + question, Today: "2026-06-01", Region: "330603104"}); first != "other" {
		t.Errorf("of another place that is asked for: %s", keys(page))
	}
	// What has ended is listed still.
	if _, page := firstOf(t, x, Request{Text: question, Today: "2026-06-01", Region: "330603104", Floor: 0.6}); page.Total != 5 {
		t.Errorf("%d of 5 are listed: %s", page.Total, keys(page))
	}
}

// TestMistyped: sounds that are confused, syllables one by one, a letter that is
// wrong, missing or too many.
func TestMistyped(t *testing.T) {
	x := newIndex(t, []*Entry{
		{Key: "old age", Title: "高龄津贴发放办法", Passages: []Passage{{Clause, "1", "八十周岁以上的老年人每月发给高龄津贴。"}}},
		{Key: "disabled", Title: "残疾人就业保障金征收办法", Passages: []Passage{{Clause, "1", "用人单位应当缴纳残疾人就业保障金。"}}},
		{Key: "jobs", Title: "失业保险稳岗返还办法", Passages: []Passage{{Clause, "1", "不裁员的企业返还失业保险费；稳岗返还免申即享。"}}},
	}...)
	for question, want := range map[string]string{
		"gaolinjintie": "old age", "gao ling jin tie": "old age", "gaolingjntie": "old age", "高邻津贴": "old age", "高林津帖怎么领": "old age",
		"canbaojn": "disabled", "can bao jin": "disabled", "canbaojjin": "disabled", "CAN BAO JIN 怎么交": "disabled",
		"wengangfanhuan": "jobs", "wen gang fan huan": "jobs", "wengangfanhuen": "jobs", "稳港返换": "jobs",
		"qwertyuiop": "", "website": "",
	} {
		if first, page := firstOf(t, x, Request{Text: question, Floor: 0.4}); first != want {
			t.Errorf("%s: first is %q, want %q: %s", question, first, want, keys(page))
		}
	}
}

// TestOfficesByTheirShortNames: who issued is asked for as people say it.
func TestOfficesByTheirShortNames(t *testing.T) {
	x := newIndex(t, []*Entry{
		{Key: "labour", Title: "人力资源社会保障部办公厅关于公布网上平台的通知", Passages: []Passage{{Clause, "1", "通过官网向社会公布。"}}},
		{Key: "health", Title: "国家卫生健康委办公厅关于公布网上平台的通知", Passages: []Passage{{Clause, "1", "通过官网向社会公布。"}}},
		{Key: "market", Title: "国家市场监督管理总局关于公布网上平台的公告", Passages: []Passage{{Clause, "1", "通过官网向社会公布。"}}},
	}...)
	for question, want := range map[string]string{"人社部公布的网上平台": "labour", "卫健委公布的网上平台": "health", "市监局公布的网上平台": "market"} {
		if first, page := firstOf(t, x, Request{Text: question}); first != want {
			t.Errorf("%s: %s", question, keys(page))
		}
	}
}
