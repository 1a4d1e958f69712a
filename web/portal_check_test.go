package web

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"policypush/internal/domain"
)

func TestAPolicyCanBeCheckedWithoutAnAccount(t *testing.T) {
	site := newSite(t)
	page := fmt.Sprintf("/policies/%d", site.publish().ID)
	b := site.browser()
	b.get(page).at(page, 200, page+"/check", page+"/onepage")
	b.get(page+"/check").at(page+"/check", 200, "第1题，最多1题", "有多少从业人员", "填的内容不保存")
	if strings.Contains(b.body, "出生") || strings.Contains(b.body, `name="industry"`) {
		t.Error("facts are asked for that no condition needs")
	}
	staff := func(said string) url.Values {
		return url.Values{"kind": {"enterprise"}, "at": {"staff"}, "staff": {said}}
	}
	b.post(page+"/check", staff("很多")).at(page+"/check", 422, "从业人数要写成整数", `value="很多"`)
	b.post(page+"/check", staff("86")).at(page+"/check", 200, "适用可能性高", "对得上", `href="`+page+`#c1"`, "86人", "修改")
	b.post(page+"/check", staff("８６")).at(page+"/check", 200, "适用可能性高", "86人")
	b.post(page+"/check", staff("900")).at(page+"/check", 200, "条件对不上", "900人")
	b.post(page+"/check", url.Values{"kind": {"enterprise"}, "at": {"staff"}, "staff": {"8"}, "do": {"skip"}}).at(page+"/check", 200, "可能适用", "还差一项", "未填写")
	site.browser().get("/policies/999/check").at("/policies/999/check", 404)
}

// Whoever is not dishonest can say so: it is asked in a check, where nothing is
// kept, and of no profile.
func TestACheckAsksForWhatExcludes(t *testing.T) {
	site := newSite(t)
	policy := &domain.Policy{
		Office: site.office.ID, Status: domain.Published, Title: "措施", Text: "措施\n第一条 补助。", Audience: domain.ForEnterprises, CreatedAt: site.now, PublishedAt: site.now,
		Clauses: []domain.Clause{{Path: "第一条", Kind: domain.TextClause, Start: 3, End: 9, Text: "第一条 补助。"}},
		Measures: []domain.Measure{{ID: "m1", Title: "补助", Start: 3, End: 9, Criteria: domain.Criteria{
			Not: &domain.Criteria{Leaf: &domain.Condition{Field: domain.FieldAttribute, Op: domain.In, Values: []string{"CR4"}}},
		}}},
	}
	if err := site.Store.CreatePolicy(context.Background(), policy); err != nil {
		t.Fatal(err)
	}
	page := fmt.Sprintf("/policies/%d/check", policy.ID)
	b := site.browser()
	b.get(page).at(page, 200, "企业有下面哪些情况？", "严重失信主体", "以上都没有")
	if n := strings.Count(b.body, `name="attributes"`); n != 1 {
		t.Errorf("%d are asked for, only one is mentioned", n)
	}
	said := func(name, value string) *browser {
		return b.get(page).post(page, url.Values{"kind": {"enterprise"}, "at": {"attributes"}, name: {value}})
	}
	said("no_attributes", "yes").at(page, 200, "适用可能性高")
	said("attributes", "CR4").at(page, 200, "条件对不上")
	if b.get("/subscribe?kind=enterprise"); strings.Contains(b.body, "严重失信主体") {
		t.Error("a profile is asked for it")
	}
}

// One question a page: what settles most comes first, what is settled is not
// asked, and going back loses no answer.
func TestConditionsAreAskedOneByOne(t *testing.T) {
	site := newSite(t)
	leaf := func(f domain.Field, op domain.Op, number int64, values ...string) domain.Criteria {
		return domain.Leaf(domain.Condition{Field: f, Op: op, Number: number, Values: values})
	}
	text := "措施\n第一条 补助。"
	policy := &domain.Policy{
		Office: site.office.ID, Status: domain.Published, Title: "措施", Text: text, Audience: domain.ForEnterprises, CreatedAt: site.now, PublishedAt: site.now,
		Clauses: []domain.Clause{{Path: "第一条", Kind: domain.TextClause, Start: 3, End: 9, Text: "第一条 补助。"}},
		Measures: []domain.Measure{
			// The size decides the one and half of the other.
			{ID: "m1", Title: "小微企业补助", Start: 3, End: 9, Criteria: leaf(domain.FieldSize, domain.In, 0, "micro", "small")},
			{ID: "m2", Title: "小微企业用工补助", Start: 3, End: 9, Criteria: domain.Criteria{All: []domain.Criteria{
				leaf(domain.FieldSize, domain.In, 0, "micro", "small"), leaf(domain.FieldStaff, domain.AtMost, 20), leaf(domain.FieldFounded, domain.AtMost, 5),
			}}},
		},
	}
	if err := site.Store.CreatePolicy(context.Background(), policy); err != nil {
		t.Fatal(err)
	}
	page := fmt.Sprintf("/policies/%d/check", policy.ID)
	asks := regexp.MustCompile(`name="at" value="(\w+)"`)
	kept := regexp.MustCompile(`<input type="hidden" name="(asked|region|size|staff|founded|kind)" value="([^"]*)">`)
	b := site.browser()
	// answer sends the form of the page as a browser would.
	answer := func(more url.Values) string {
		t.Helper()
		form := url.Values{}
		for _, m := range kept.FindAllStringSubmatch(b.body, -1) {
			form.Add(m[1], m[2])
		}
		if m := asks.FindStringSubmatch(b.body); m != nil {
			form.Set("at", m[1])
		}
		for name, values := range more {
			form[name] = values
		}
		b.post(page, form)
		if m := asks.FindStringSubmatch(b.body); m != nil {
			return m[1]
		}
		return ""
	}
	want := func(got, want string, says ...string) {
		t.Helper()
		if got != want {
			t.Fatalf("%q is asked, want %q:\n%s", got, want, mainOf(b.body))
		}
		b.at(page, 200, says...)
	}
	b.get(page).at(page, 200, `name="at" value="size"`, "第1题，最多3题", "企业是什么规模")
	want(answer(url.Values{"size": {"large"}}), "", "条件对不上", "大型企业") // all is settled by it
	want(answer(url.Values{"back": {"size"}}), "size", `value="large" selected`)
	want(answer(url.Values{"size": {"micro"}}), "staff", "第2题，最多3题", "上一题")
	want(answer(url.Values{"staff": {"8"}}), "founded", "第3题，最多3题")
	want(answer(url.Values{"founded": {"2024"}, "back": {"staff"}}), "staff", "第2题", `value="8"`)
	want(answer(url.Values{"staff": {"9"}}), "founded", `value="2024"`) // typed before going back
	want(answer(url.Values{"founded": {"2024"}}), "", "适用可能性高", "微型企业", "9人", "重新核对", "没有保存")
	want(answer(url.Values{"back": {"size"}}), "size", `value="micro" selected`)
	want(answer(url.Values{"do": {"skip"}}), "staff", `value="9"`)
}

func TestReadersReckonWithTheirOwnNumbers(t *testing.T) {
	site := newSite(t)
	page := fmt.Sprintf("/policies/%d", site.publish().ID)
	site.browser().get(page).at(page, 200, "按我的数字算一算", "设备投资额（元）")
	site.browser().get(page+"?measure=m1&base=120万").at(page, 200, "18万元", "没有超过")
	site.browser().get(page+"?measure=m1&base=9000万").at(page, 200, "超过，按上限算", "300万元")
	site.browser().get(page+"?measure=m1&base=%3Cscript%3E").at(page, 200, "请填大于0的数字", `value="&lt;script&gt;"`)
}
