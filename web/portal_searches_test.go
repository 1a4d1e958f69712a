package web

import (
	"context"
	"html"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"policypush/internal/domain"
)

// TestFacetsOfTheLibrary: kind of support, office and industry restrict beside
// words and without, and each says how many are left.
func TestFacetsOfTheLibrary(t *testing.T) {
	site := newSite(t)
	policy := site.publish()
	policy.Tags = append(policy.Tags,
		domain.Tag{Dimension: domain.BenefitTag, Code: "B01", State: domain.Confirmed},
		domain.Tag{Dimension: domain.IndustryTag, Code: "C34", State: domain.Confirmed})
	if err := site.Store.SavePolicy(context.Background(), policy, domain.Published); err != nil {
		t.Fatal(err)
	}
	b := site.browser()
	office := url.QueryEscape("云川县人民政府")
	for query, want := range map[string]string{
		"o=" + office:                   "1条结果",
		"w=B01":                         "1条结果",
		"i=C":                           "1条结果",
		"w=B02":                         "0条结果",
		"i=A&o=" + office:               "0条结果",
		"q=技术改造&w=B01&i=C&o=" + office:  "1条结果",
		"q=技术改造&w=B02":                  "0条结果",
		"w=B01&v=ok&s=enterprise&t=Q01": "1条结果",
		"w=B01&v=off":                   "0条结果",
		"o=<script>":                    "0条结果",
	} {
		b.get("/policies?"+strings.ReplaceAll(strings.ReplaceAll(query, "技术改造", url.QueryEscape("技术改造")), "<script>", "%3Cscript%3E")).at("/policies", 200, want)
	}
	b.get("/policies?q="+url.QueryEscape("技术改造")).at("/policies", 200, "云川县人民政府（1）", "支持方式")
}

// TestWhatCanStillBeAppliedFor: the library lists it with words, with a facet and
// with neither, counts it, has a feed of it and keeps it as a search, until the
// last day is over.
func TestWhatCanStillBeAppliedFor(t *testing.T) {
	site := newSite(t)
	policy := site.publish() // until 10 December
	policy.Tags = append(policy.Tags, domain.Tag{Dimension: domain.BenefitTag, Code: "B01", State: domain.Confirmed})
	if err := site.Store.SavePolicy(t.Context(), policy, domain.Published); err != nil {
		t.Fatal(err)
	}
	b := site.browser()
	b.subscribe("13900139000")
	word := url.QueryEscape("技术改造")
	look := func(found string) {
		t.Helper()
		for _, query := range []string{"v=open", "v=open&w=B01", "v=open&q=" + word, "v=open&q=" + word + "&w=B01", "v=open&t=Q01&sort=deadline"} {
			b.get("/policies?"+query).at("/policies", 200, found+"条结果", "申请未截止<span aria-hidden", "v=open")
			// What has no last day is one step away, under the same other conditions.
			to := regexp.MustCompile(`<a href="/policies\?([^"]*)">看全部现行有效`).FindStringSubmatch(b.body)
			if to == nil {
				t.Fatalf("%s: nothing leads to what has no last day", query)
			}
			got, err := url.ParseQuery(html.UnescapeString(to[1]))
			if err != nil {
				t.Fatal(err)
			}
			want, err := url.ParseQuery(strings.Replace(query, "v=open", "v=ok", 1))
			if err != nil || !maps.EqualFunc(got, want, slices.Equal) {
				t.Errorf("%s leads to %s, %v", query, got, err)
			}
		}
		for _, query := range []string{"w=B01", "q=" + word} {
			if b.get("/policies?" + query); strings.Contains(b.body, "没写截止日的") {
				t.Errorf("%s: it is said that only some are listed", query)
			}
			if b.get("/policies?"+query).at("/policies", 200, "1条结果"); strings.Contains(b.body, `申请未截止<span class="n">1<`) != (found == "1") {
				t.Errorf("%s: counted as something else than %s", query, found)
			}
		}
		b.get("/policies?v=open&t=Q01").at("/policies", 200, `href="/policies.atom?t=Q01&amp;v=open"`)
		if b.get("/policies.atom?t=Q01&v=open").at("/policies.atom", 200, "申请未截止"); strings.Count(b.body, "<entry>") != map[string]int{"1": 1}[found] {
			t.Errorf("the feed has %d entries, want %s", strings.Count(b.body, "<entry>"), found)
		}
	}
	look("1")
	b.get("/policies?v=open")
	b.postAsIs("/me/searches", url.Values{"v": {"open"}, "_csrf": {tokenOfButton(b.body)}}).at("/me", 200, "搜索已保存", `href="/policies?v=open"`, "申请未截止")
	site.now = time.Date(2026, 12, 10, 15, 59, 0, 0, time.UTC) // a minute before midnight in Shanghai
	b = site.browser()
	look("1")
	site.now = site.now.Add(time.Minute)
	look("0")
}

// TestSavedSearches: a reader keeps a search, runs, renames and removes it, and
// takes it into the subscription.
func TestSavedSearches(t *testing.T) {
	site := newSite(t)
	ctx := context.Background()
	if b := site.browser().get("/policies?t=Q01"); strings.Contains(b.body, "保存这个搜索") {
		t.Error("somebody without an account is offered to save a search")
	}
	b := site.browser()
	me := b.subscribe("13900139000")
	search := url.Values{"q": {"技改"}, "t": {"Q02"}, "v": {"ok"}, "sort": {"deadline"}, "page": {"3"}}
	b.get("/policies?t=Q02").at("/policies", 200, "保存这个搜索")
	b.postAsIs("/me/searches", url.Values{"q": {"技改"}}).at("/me/searches", 403)
	withToken := func(form url.Values) url.Values {
		form.Set("_csrf", tokenOfButton(b.get("/policies?t=Q02").body))
		return form
	}
	b.postAsIs("/me/searches", withToken(search)).at("/me", 200, "搜索已保存", "“技改，", "现行有效")
	b.postAsIs("/me/searches", withToken(search)).at("/me", 200, "已经保存过了")
	b.postAsIs("/me/searches", withToken(url.Values{})).at("/me/searches", 400, "请先选一个条件")

	kept := func() []domain.SavedSearch {
		t.Helper()
		sub, err := site.Store.Subscriber(ctx, me)
		if err != nil {
			t.Fatal(err)
		}
		return sub.Subscription.Searches
	}
	query := kept()[0].Query
	if asked, err := url.ParseQuery(query); err != nil || asked.Has("page") || asked.Get("q") != "技改" || asked.Get("sort") != "deadline" {
		t.Errorf("kept is %q (%v)", query, err)
	}
	b.get("/policies?"+query).at("/policies", 200, "“技改”")
	b.get("/me").post("/me/searches/0", url.Values{"query": {query}, "name": {"我的技改" + hostile}}).at("/me", 200, "我的技改", "名字已保存")
	b.post("/me/searches/0", url.Values{"query": {query}, "name": {" "}}).at("/me/searches/0", 400, "起个名字")
	b.get("/me").post("/me/searches/0", url.Values{"query": {query}, "do": {"follow"}}).at("/me", 200, "已加入订阅")
	sub, err := site.Store.Subscriber(ctx, me)
	if err != nil || strings.Join(sub.Subscription.Themes, " ") != "Q02" || strings.Join(sub.Subscription.Keywords, " ") != "技改" {
		t.Errorf("subscribed to %v and %v, %v", sub.Subscription.Themes, sub.Subscription.Keywords, err)
	}
	if strings.Contains(b.body, "加入订阅</button>") {
		t.Error("what is subscribed to is offered again")
	}
	b.post("/me/searches/0", url.Values{"query": {"q=else"}, "do": {"remove"}}).at("/me/searches/0", 404, "可能已在别处删除")
	b.get("/me").post("/me/searches/0", url.Values{"query": {query}, "do": {"remove"}}).at("/me", 200, "已删除")
	if left := kept(); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	for i := range domain.MaxSearches {
		sub.Subscription.Searches = append(sub.Subscription.Searches, domain.SavedSearch{Name: "x", Query: "q=" + strings.Repeat("x", i+1)})
	}
	if err := sub.Subscription.KeepSearch(domain.SavedSearch{Name: "y", Query: "q=y"}); domain.KindOf(err) != domain.Conflict {
		t.Errorf("one too many: %v", err)
	}
}

// tokenOfButton returns the token that stands with the button to save a search.
func tokenOfButton(body string) string {
	_, rest, _ := strings.Cut(body, `formmethod="post" name="_csrf" value="`)
	token, _, _ := strings.Cut(rest, `"`)
	return token
}
