package web

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"policypush/internal/document"
	"policypush/internal/domain"
	"policypush/internal/segment"
	"policypush/internal/tagging"
	"policypush/interpretations"
)

func TestDraftsFromTheMeasures(t *testing.T) {
	site := newOffice(t)
	b := site.as("drafter")
	path := b.drafted()
	to := path + "/interpretations"
	b.get(to).at(to, 200, "按政策点拟的草稿", "讲全了没有", "还缺", "算一笔账")
	key := regexp.MustCompile(`name="draft" value="([0-9a-f]+)"`).FindStringSubmatch(b.body)
	if key == nil {
		t.Fatal("no draft is offered")
	}
	offered := strings.Count(b.body, `name="draft"`)
	b.post(to+"/adopt", url.Values{"draft": {key[1]}})
	if !strings.Contains(b.body, "已采用为待审核的解读") || !strings.Contains(b.body, "公众看到的样子") {
		t.Errorf("the draft is not opened: %s", b.body)
	}
	b.get(to).at(to, 200, "待审核")
	if n := strings.Count(b.body, `name="draft"`); n != offered-1 {
		t.Errorf("%d drafts after one of %d was taken", n, offered)
	}
	b.post(to+"/adopt", url.Values{"draft": {"0123456789abcdef"}}).at(to+"/adopt", 409, "请刷新页面")

	var id domain.PolicyID
	if _, err := fmt.Sscanf(path, "/console/policies/%d", &id); err != nil {
		t.Fatal(err)
	}
	items, err := site.Store.Interpretations(context.Background(), id, false)
	if err != nil || len(items) != 1 || items[0].State != interpretations.Draft || items[0].Author == 0 || items[0].Grounds == "" {
		t.Fatalf("%+v, %v", items, err)
	}
	approver := site.as("approver")
	approver.get(to).at(to, 200)
	if strings.Contains(approver.body, `name="draft"`) {
		t.Error("who does not draft is offered drafts")
	}
}

func TestOtherFormsOfInterpretations(t *testing.T) {
	site := newOffice(t)
	b := site.as("drafter")
	path := b.drafted()
	to := path + "/interpretations"

	compared := url.Values{
		"kind": {"comparison"}, "title": {"改了什么"}, "aspect": {"old-new"}, "former": {"云政发〔2024〕3号"},
		"topic0": {"比例"}, "old0": {"补10%" + hostile}, "new0": {"补15%"}, "row_clause0": {"第九条"}, "do": {"save"},
	}
	b.get(to+"/new?kind=comparison").at(to+"/new", 200, "新增新旧对照", "现规定的条款")
	b.post(to, compared).at(to, 422, "第1行", "原文中没有", "补15%")
	compared.Set("row_clause0", "第一条")
	b.post(to, compared).at(to, 200, "新旧对照：改了什么", "<del>", "<ins>", "新旧衔接")

	record := url.Values{"kind": {"record"}, "title": {"发布会"}, "form": {"conference"}, "url": {"javascript:alert(1)"}, "date": {"2026-11-20"}, "transcript": {"记者：补多少？" + hostile}, "clause": {"第一条"}, "do": {"save"}}
	b.get(to+"/new?kind=record").at(to+"/new", 200, "文字实录")
	b.post(to, record).at(to, 422, "https://")
	record.Set("url", "https://www.yunchuan.example/v/1")
	b.post(to, record).at(to, 200, "视频与发布会：发布会", "看文字实录")

	items, err := site.Store.Interpretations(context.Background(), 1, false)
	if err != nil || len(items) != 2 {
		t.Fatalf("%d, %v", len(items), err)
	}
	page := url.Values{
		"kind": {"onepage"}, "title": {"一张图"}, "hero0": {"最高"}, "hero_big0": {"300万元"}, "hero_clause0": {"第一条"},
		"style0": {"cards"}, "heading0": {"给什么"}, "block_clause0": {"第一条"}, "lines0": {"设备|补15%｜300万元\n软件"},
		"style1": {"embedded"}, "heading1": {"改了什么"}, "item1": {fmt.Sprint(items[0].ID)}, "do": {"preview"},
	}
	b.get(to+"/new?kind=onepage").at(to+"/new", 200, "引用哪一条")
	b.post(to, page).at(to, 200, `class="op-four"`, "<strong>300万元</strong>", "<del>", "设备|补15%｜300万元")
	page.Set("do", "save")
	page.Set("heading0", "")
	b.post(to, page).at(to, 422, "第1个板块：", "小标题")
	page.Set("heading0", "给什么")
	page.Set("lines0", "设备｜补15%｜300万元｜第九条\n软件")
	b.post(to, page).at(to, 422, "原文中没有“第九条”", "设备｜补15%｜300万元｜第九条")
	page.Set("lines0", "设备｜补15%｜300万元｜第一条\n软件")
	b.post(to, page).at(to, 200, "一图读懂：一张图")
	if items, err = site.Store.Interpretations(context.Background(), 1, false); err != nil {
		t.Fatal(err)
	}
	if saved := items[len(items)-1]; saved.OnePage == nil || saved.OnePage.Blocks[0].Lines[0].Clause != "第一条" {
		t.Fatalf("saved %+v", saved)
	}
	b.get(fmt.Sprintf("%s/%d", to, items[len(items)-1].ID)).at(fmt.Sprintf("%s/%d", to, items[len(items)-1].ID), 200, "设备｜补15%｜300万元｜第一条")
}

// A value is read in the unit that stands above it, however it is typed; days of a
// timeline are put in order; what cannot be drawn is refused by its reason, and stays
// as it was typed.
func TestChartsAsPeopleTypeThem(t *testing.T) {
	site := newOffice(t)
	b := site.as("drafter")
	to := b.drafted() + "/interpretations"
	chart := func(form, unit string, rows ...string) url.Values {
		f := url.Values{"kind": {"chart"}, "title": {"图"}, "clause": {"第一条"}, "form": {form}, "unit": {unit}, "before": {"原来"}, "after": {"现在"}, "do": {"save"}}
		for i, row := range rows {
			for k, part := range strings.Split(row, "|") {
				f.Set([]string{"label", "value", "before", "date"}[k]+fmt.Sprint(i), part)
			}
		}
		return f
	}
	last := func() *interpretations.Chart {
		items, err := site.Store.Interpretations(context.Background(), 1, false)
		if err != nil || len(items) == 0 {
			t.Fatalf("%d, %v", len(items), err)
		}
		return items[len(items)-1].Chart
	}
	for _, tt := range []struct {
		unit, typed string
		want        float64
	}{
		{"万元", "50万", 50},
		{"万元", "50万元", 50},
		{"万元", "５０", 50},
		{"元", "50万", 500_000},
		{"元", "1,200元", 1200},
		{"万人", "3万", 3},
		{"%", "15%", 15},
		{"％", "15%", 15},
		{"户", "30户", 30},
	} {
		b.post(to, chart("rank", tt.unit, "甲|"+tt.typed)).at(to, 200, "解读已保存")
		if got := last().Points[0].Value; got != tt.want {
			t.Errorf("%s in %s is %v, want %v", tt.typed, tt.unit, got, tt.want)
		}
	}
	b.post(to, chart("timeline", "", "晚|||2027-03-31", "不定", "早|||2026-12-01")).at(to, 200, "解读已保存")
	if ps := last().Points; ps[0].Label != "早" || ps[1].Label != "不定" || ps[2].Label != "晚" {
		t.Errorf("days stand as %+v", ps)
	}
	for want, form := range map[string]url.Values{
		"单位已经是万元，请只写数字":     chart("rank", "万元", "甲|1.2亿"),
		"“-5”小于0，请写0以上的数":   chart("rank", "万元", "甲|-5"),
		"“−5”小于0":           chart("compare", "%", "甲|3|−5%"),
		"小数位太多":             chart("rank", "元", "甲|0.12345"),
		"最多分6项，现有7项":        chart("share", "户", "甲|1", "乙|1", "丙|1", "丁|1", "戊|1", "己|1", "庚|1"),
		"各项相加是99%，不是100%":   chart("share", "%", "甲|33", "乙|33", "丙|33"),
		"图表要有1到12行数据，现有0行":  chart("rank", "元"),
		"第1行的数值没有填，是0就写0":   chart("line", "元", "甲|", "乙|1"),
		"第1行的日期“明天”无效":      chart("timeline", "", "甲|||明天"),
		"请填写单位":             chart("rank", "", "甲|1"),
		"第1行的名称要填写，且不超过40字": chart("rank", "元", "|1"),
		"变化趋势图至少要有2个时间点":    chart("line", "元", "甲|1"),
		"基数“很多”要写成数字":       {"kind": {"case"}, "title": {"例"}, "measure": {"m1"}, "base": {"很多"}, "do": {"save"}},
	} {
		b.post(to, form).at(to, 422, want)
		for _, name := range []string{"label0", "value0", "before0", "date0", "base"} {
			if typed := form.Get(name); typed != "" && !strings.Contains(b.body, `value="`+typed+`"`) {
				t.Errorf("%s: %q is lost", want, typed)
			}
		}
	}
}

// Two hours of words are kept, and what is longer is refused and stays in the form.
func TestLongRecordsAreNotLost(t *testing.T) {
	b := newOffice(t).as("drafter")
	to := b.drafted() + "/interpretations"
	said := strings.Repeat("补", interpretations.MaxTranscript)
	record := url.Values{"kind": {"record"}, "title": {"发布会"}, "form": {"conference"}, "url": {"https://www.yunchuan.example/v/1"}, "date": {"2026-11-20"}, "transcript": {said + "末"}, "clause": {"第一条"}, "do": {"save"}}
	b.post(to, record).at(to, 422, "文字实录有30001字，请缩短到30000字以内", said+"末</textarea>")
	record.Set("transcript", said)
	b.post(to, record).at(to, 200, "解读已保存")
	b.get(to+"/1").at(to+"/1", 200, said+"</textarea>")
}

// What a picture shows cannot be deleted under it; figures that the policy does not
// say and blocks that readers do not see are told to whoever checks.
func TestAPictureIsCheckedAgainstThePolicy(t *testing.T) {
	site := newOffice(t)
	b := site.as("drafter")
	to := b.drafted() + "/interpretations"
	b.post(to, url.Values{"kind": {"qa"}, "question": {"补多少？"}, "answer": {"最高900万元，按15%。"}, "cited": {"第一条"}, "do": {"save"}}).
		at(to, 200, "原文和政策点里没有写900万元。")
	page := url.Values{
		"kind": {"onepage"}, "title": {"一张图"}, "hero0": {"最高"}, "hero_big0": {"300万元"}, "style0": {"embedded"}, "heading0": {"问答"}, "item0": {"1"}, "do": {"save"},
	}
	b.post(to, page).at(to, 422, "第1个突出的数字要选一条原文作为依据", `value="300万元"`)
	page.Set("hero_clause0", "第一条")
	b.post(to, page).at(to, 200, "有板块公众看不到：“问答”引用的解读还没有审核。")
	b.get(to+"/2").at(to+"/2", 200, `value="第一条" selected`)
	b.get(to).at(to, 200, `<summary class="btn sm dan">删除</summary>`, "确定删除，不能恢复") // nothing goes by one slip of the hand
	b.post(to+"/1/delete", url.Values{}).at(to+"/1/delete", 409, "一图读懂“一张图”引用了这条解读")
	if _, err := site.Store.Interpretation(context.Background(), 1); err != nil {
		t.Errorf("it is deleted: %v", err)
	}
	b.post(to+"/2/delete", url.Values{}).at(to, 200, "解读已删除")
	b.post(to+"/1/delete", url.Values{}).at(to, 200, "解读已删除")
}

func TestAnOutdatedInterpretationIsToldAndConfirmed(t *testing.T) {
	site := newSite(t)
	policy := site.publish()
	ctx := context.Background()
	page := fmt.Sprintf("/policies/%d", policy.ID)
	site.browser().get(page).at(page, 200, "最多补多少？")
	items, err := site.Store.Interpretations(ctx, policy.ID, true)
	if err != nil {
		t.Fatal(err)
	}
	for i := range items {
		items[i].Grounds = "the fingerprint of other words"
		if err := site.Store.SaveInterpretation(ctx, &items[i]); err != nil {
			t.Fatal(err)
		}
	}
	site.browser().get(page).at(page, 200, "最多补多少？", "依据的原文有更正，正在核对")
}

// TestEveryLabelledDocumentGetsSoundDrafts holds what is drafted from documents
// of all kinds against the check that people's own interpretations pass.
func TestEveryLabelledDocumentGetsSoundDrafts(t *testing.T) {
	site := newSite(t)
	seg, err := segment.New("", site.Rules.UserWords())
	if err != nil {
		t.Fatal(err)
	}
	defer seg.Close()
	tagger, err := tagging.New(site.Rules, seg)
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../internal/tagging/testdata/independent/texts/*")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	drafted := 0
	for i, file := range files {
		if i%6 != 0 {
			continue // enough to see every kind of document
		}
		doc, err := document.ReadFile(file, document.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		p := tagger.Read(doc)
		for _, it := range interpretations.Propose(p, site.told(p), site.wordsIn(p.Text), "2026-11-26") {
			drafted++
			if err := it.Check(p); err != nil {
				t.Errorf("%s: %v", file, err)
			}
			if _, err := it.Render(p, "2026-11-26"); err != nil {
				t.Errorf("%s: %v", file, err)
			}
			if it.QA != nil && (strings.Contains(it.QA.Answer, "。。") || strings.Contains(it.QA.Answer, "；。")) {
				t.Errorf("%s: %s", file, it.QA.Answer)
			}
		}
	}
	if drafted < len(files)/6 {
		t.Errorf("%d drafts from %d documents", drafted, len(files)/6)
	}
}

func TestDraftsSayARateWithWhatItIsOf(t *testing.T) {
	site := newOffice(t)
	p := &domain.Policy{Measures: []domain.Measure{
		{Title: "污水处理费减半", Benefit: domain.Benefit{Kind: "B02", Rate: 0.5}},
		{Title: "租金减免", Benefit: domain.Benefit{Kind: "B14", Rate: 0.5, Base: "半年租金", Cap: 60_000, CapPer: "户"}},
		{Title: "岗位补贴", Benefit: domain.Benefit{Kind: "B09", Amount: 300, Unit: "人·月"}},
		{Title: "小规模纳税人", Benefit: domain.Benefit{Kind: "B02", Rate: 0.01, Text: "减按1%征收率征收增值税"}},
		{Title: "小型微利企业", Benefit: domain.Benefit{Kind: "B02", Rate: 0.25, Base: "应纳税所得额", Text: "减按25%计入应纳税所得额"}},
		{Title: "失业保险", Benefit: domain.Benefit{Kind: "B03", Rate: 0.005}},
		{Title: "研发费用", Benefit: domain.Benefit{Kind: "B04", Rate: 1}},
	}}
	for i, want := range []string{"减征50%", "按半年租金的50%，每户最高6万元", "每人每月300元", "减按1%征收", "减按25%计入应纳税所得额", "降低费率税率：调整为0.5%", "加计扣除100%"} {
		if got := site.told(p)[i].Gain; got != want {
			t.Errorf("%s: %s, want %s", p.Measures[i].Title, got, want)
		}
	}
}
