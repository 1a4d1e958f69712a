package web

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"policypush/internal/domain"
	"policypush/interpretations"
)

// TestWhatExplainsIsListed: each line of the list leads to a place that the
// policy's page has, drafts and policies that ended are not on it.
func TestWhatExplainsIsListed(t *testing.T) {
	site := newSite(t)
	policy := site.publish()
	ctx := context.Background()
	for _, it := range []interpretations.Item{
		{Kind: interpretations.ChartKind, Title: "每项多少", Chart: &interpretations.Chart{Form: interpretations.Rank, Unit: "万元", Clause: "第一条", Points: []interpretations.Point{{Label: "设备", Value: 300}}}},
		{Kind: interpretations.ComparisonKind, Title: "改了什么", Comparison: &interpretations.Comparison{Former: "云政发〔2024〕3号", Rows: []interpretations.ComparisonRow{{Topic: "比例", Before: "10%", After: "15%", Clause: "第一条"}}}},
		{Kind: interpretations.RecordKind, Title: "局长讲政策", Record: &interpretations.Record{Form: interpretations.Video, URL: "https://yunchuan.example/1", Date: "2026-11-02", Transcript: "补15%。", Clause: "第一条"}},
		{Kind: interpretations.OnePageKind, Title: "一张图", OnePage: &interpretations.OnePage{}},
		{Kind: interpretations.QAKind, State: interpretations.Draft, QA: &interpretations.QA{Question: "还没审核的？", Answer: "是。", Clauses: []string{"第一条"}}},
	} {
		it.Policy, it.PolicyVersion, it.CreatedAt = policy.ID, policy.Version, site.now
		if it.State == "" {
			it.State = interpretations.Approved
		}
		if err := site.Store.SaveInterpretation(ctx, &it); err != nil {
			t.Fatal(err)
		}
	}
	items, err := site.Store.Interpretations(ctx, policy.ID, true)
	if err != nil || len(items) != 6 {
		t.Fatalf("%d approved items, %v", len(items), err)
	}
	b := site.browser()
	home := fmt.Sprintf("/policies/%d", policy.ID)
	page := b.get(home).body
	for i := range items {
		place := items[i].Place()
		if id, ok := strings.CutPrefix(place, "#"); ok && !strings.Contains(page, `id="`+id+`"`) {
			t.Errorf("%s of the kind %s is nowhere on the policy's page", place, items[i].Kind)
		}
		b.get("/interpretations?kind="+string(items[i].Kind)).at("/interpretations", 200, `href="`+home+place+`"`, `aria-current="page">`+items[i].Kind.Label())
		if n := strings.Count(b.body, `<span class="tag plain">`); n != 1 {
			t.Errorf("%d lines of the kind %s, want 1", n, items[i].Kind)
		}
	}
	b.get("/interpretations").at("/interpretations", 200, "最多补多少？&lt;script&gt;", "机械厂买设备", `<p class="gain">设备投资补助，<b>最高300万元</b></p>`, fmt.Sprintf(`<a href="%s#rec-%d">还有1条`, home, items[4].ID), "1份现行有效的政策")
	if strings.Contains(b.body, "还没审核的") {
		t.Error("a draft is on the list")
	}
	for query, lists := range map[string]bool{"q=设备投资补助": true, "q=设备投资补助&t=Q01&kind=qa": true, "t=Q01": true, "t=R01": false, "q=飞碟补助": false, "q=设备投资补助&t=R01": false} {
		b.get("/interpretations?"+query).at("/interpretations", 200, "去掉")
		if listed := strings.Contains(b.body, "1份现行有效的政策有"); listed != lists {
			t.Errorf("%s: listed %v, want %v", query, listed, lists)
		}
	}
	b.get("/interpretations?q=设备投资补助&t=Q01").at("/interpretations", 200, "<title>“设备投资补助”的搜索结果 · 政策解读", `<mark>设备投资</mark>`,
		`href="/interpretations?kind=qa&amp;q=`+url.QueryEscape("设备投资补助")+`&amp;t=Q01"`)
	policy, err = site.Store.Policy(ctx, policy.ID)
	if err != nil {
		t.Fatal(err)
	}
	policy.Status = domain.Withdrawn
	if err := site.Store.SavePolicy(ctx, policy, domain.Published); err != nil {
		t.Fatal(err)
	}
	b.get("/interpretations").at("/interpretations", 200, "还没有解读")
	b.get("/interpretations?kind=case").at("/interpretations", 200, "还没有“案例说明”解读")
}
