package search

import (
	"fmt"
	"strings"
	"testing"
)

// town is what few words are asked of.
func town() []*Entry {
	clause := func(text string) []Passage { return []Passage{{Clause, "1", text}} }
	return []*Entry{
		{Key: "rent", Title: "减轻小微企业房租负担的措施", Passages: clause("承租国有房屋的小微企业，按照减免三个月房租的标准减免租金。"), Facets: map[Facet][]string{AudienceFacet: {"enterprise"}}},
		{Key: "age", Title: "高龄津贴和养老服务补贴实施办法", Passages: clause("年满八十周岁的老年人每月发给高龄津贴；失能老年人每月发给养老服务补贴。"), Facets: map[Facet][]string{AudienceFacet: {"resident"}}},
		{Key: "care", Title: "普惠托育补贴的通知", Passages: clause("托育机构每个托位每月补贴三百元。"), Facets: map[Facet][]string{AudienceFacet: {"enterprise"}}},
		{Key: "skills", Title: "技能培训的通知", Passages: clause("参加电焊工培训的人员，按照规定给予培训补贴。"), Facets: map[Facet][]string{AudienceFacet: {"resident"}}},
	}
}

// shown are suggestions as one line.
func shown(all []Similar) string {
	var b strings.Builder
	for _, s := range all {
		fmt.Fprintf(&b, "%s(%s)%d-%s ", s.Text, s.Meant, s.Count, strings.Join(s.Without, ","))
	}
	return strings.TrimSpace(b.String())
}

// TestNothingAnswers: what has only words that stand everywhere is told from what
// answers, and the words that stand nowhere are named.
func TestNothingAnswers(t *testing.T) {
	x := newIndex(t, town()...)
	for question, want := range map[string]struct {
		answers, unrelated bool
		missing            string
	}{
		"飞船补贴":    {false, true, "飞船"},
		"潜水艇驾照补贴": {false, true, "潜水艇 驾照"}, "钱怎么来": {false, false, ""},
		"电动车":        {false, true, "电动车"},
		"小微企业飞船房租减免": {true, false, "飞船"},
		"补贴":         {true, false, ""},
		"高龄津贴":       {true, false, ""},
		"飞船和高龄津贴、养老服务补贴": {true, false, "飞船"},
		"杭州高龄津贴":         {true, false, ""},           // a place is no word of the matter
		"房祖减免":           {true, false, ""},           // 房租 sounds alike
		"gaoling津贴":      {true, false, ""},           // spelt
		"普惠托育补贴的通知":      {true, false, ""},           // a title
		"qwertyuiop":     {false, true, "qwertyuiop"}, // nothing
	} {
		page, err := x.Search(t.Context(), Request{Text: question, Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		if missing := strings.Join(page.Missing, " "); page.Answers != want.answers || page.Unrelated != want.unrelated || missing != want.missing {
			t.Errorf("%s: answers %v, unrelated %v, missing %q, want %+v", question, page.Answers, page.Unrelated, missing, want)
		}
	}
}

// TestSimilar: other searches find what they say they find, and each tells what
// it takes for another word and what it leaves out.
func TestSimilar(t *testing.T) {
	x := newIndex(t, town()...)
	for question, want := range map[string]string{
		"飞船补贴":     "补贴()3-飞船",
		"飞船":       "",
		"房祖减免":     "房租减免(房租)1- 减免()1-房祖",
		"小微企业房祖减免": "小微企业房租减免(房租)1-",
		"托肓补贴":     "托育补贴(托育补贴)1-",
		"高龄房租":     "高龄()1-房租 房租()1-高龄",
	} {
		req := Request{Text: question, Limit: 10, Floor: 0.4}
		all, err := x.Similar(t.Context(), req, false)
		if err != nil {
			t.Fatal(err)
		}
		if got := shown(all); got != want && (want == "" || !strings.HasPrefix(got, want)) {
			t.Errorf("%s: offers %s, want %s", question, got, want)
		}
		for _, s := range all {
			req.Text = s.Text
			if page, err := x.Search(t.Context(), req); err != nil || page.Total != s.Count || !page.Answers {
				t.Errorf("%s: %s finds %d (%v), %d were promised", question, s.Text, page.Total, err, s.Count)
			}
		}
	}
	// Of what is answered, only what was probably meant is offered.
	all, err := x.Similar(t.Context(), Request{Text: "房祖减免", Floor: 0.4}, true)
	if got := shown(all); err != nil || got != "房租减免(房租)1-" {
		t.Errorf("where something answers %s, %v", got, err)
	}
	// The filters hold for what is offered too.
	all, err = x.Similar(t.Context(), Request{Text: "飞船补贴", Filters: map[Facet][]string{AudienceFacet: {"resident"}}, Floor: 0.4}, false)
	if got := shown(all); err != nil || got != "补贴()2-飞船" {
		t.Errorf("for residents %s, %v", got, err)
	}
}
