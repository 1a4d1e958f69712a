package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"policypush/internal/domain"
	"policypush/internal/storage"
	"policypush/interpretations"
)

// getWith gets a page with headers of the request.
func (b *browser) getWith(path string, header ...string) *browser {
	b.site.t.Helper()
	req := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return b.do(req)
}

// TestPublicPagesAreKeptReady: one drawing serves everybody, packed or not,
// and whoever has it is told so.
func TestPublicPagesAreKeptReady(t *testing.T) {
	site := newSite(t)
	policy := site.publish()
	page := "/policies/" + searchKey(policy.ID)
	for _, path := range []string{"/", "/policies", "/policies?q=设备", "/interpretations", page, page + "/check", page + "/onepage", "/policies.atom", "/privacy", "/accessibility"} {
		path = strings.ReplaceAll(path, "设备", "%E8%AE%BE%E5%A4%87")
		plain := site.browser().getWith(path, "Accept-Encoding", "identity")
		tag := plain.header.Get("ETag")
		if plain.status != 200 || tag == "" || strings.HasPrefix(tag, "W/") {
			t.Fatalf("%s: %d with the tag %q, want a strong one", path, plain.status, tag)
		}
		if len(plain.cookies) > 0 || strings.Contains(plain.body, `name="_csrf"`) {
			t.Errorf("%s: a page for everybody sets %v or holds a form token", path, plain.cookies)
		}
		packed := site.browser().getWith(path, "Accept-Encoding", "gzip, br")
		if packed.header.Get("ETag") == tag || packed.header.Get("Content-Encoding") != "gzip" {
			t.Errorf("%s: packed it has the tag %q and is %q", path, packed.header.Get("ETag"), packed.header.Get("Content-Encoding"))
		}
		r, err := gzip.NewReader(strings.NewReader(packed.sent))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if unpacked, err := io.ReadAll(r); err != nil || !bytes.Equal(unpacked, []byte(plain.sent)) {
			t.Errorf("%s: packed it is another page (%v)", path, err)
		}
		if len(packed.sent) > 40_000 {
			t.Errorf("%s: %d bytes packed, want at most 40,000", path, len(packed.sent))
		}
		if again := site.browser().getWith(path, "Accept-Encoding", "gzip", "If-None-Match", packed.header.Get("ETag")); again.status != 304 || again.body != "" {
			t.Errorf("%s: asked again: %d with %d bytes, want 304", path, again.status, len(again.body))
		}
		if path == "/policies.atom" { // looks the same in every mode
			continue
		}
		elder := site.browser()
		elder.cookies[uiCookie] = "elder"
		if elder.getWith(path, "If-None-Match", tag); elder.status != 200 || !strings.Contains(elder.body, `data-ui="elder"`) {
			t.Errorf("%s: the elder version: %d", path, elder.status)
		}
	}
}

// TestNothingOfAVisitorIsKept: what is drawn for one person reaches nobody
// else, whoever comes first.
func TestNothingOfAVisitorIsKept(t *testing.T) {
	site := newSite(t)
	mine := site.browser()
	mine.subscribe("13900139000")
	policy := site.publish()
	page := "/policies/" + searchKey(policy.ID)
	for _, path := range []string{"/", "/policies", "/policies?q=%E8%AE%BE%E5%A4%87", page, page + "/check", "/privacy"} {
		mine.get(path).at(strings.SplitN(path, "?", 2)[0], 200, "恒达精密")
		if mine.header.Get("ETag") != "" || mine.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: a page for one person may be kept: %v", path, mine.header)
		}
		for range 2 { // drawn, then kept
			other := site.browser().get(path)
			if strings.Contains(other.body, "恒达精密") || strings.Contains(other.body, "退出") || len(other.cookies) > 0 {
				t.Errorf("%s: a stranger sees the page of somebody", path)
			}
		}
		mine.get(path).at(strings.SplitN(path, "?", 2)[0], 200, "恒达精密")
	}

	stranger := site.browser()
	stranger.get(page).post(page+"/ask", url.Values{"question": {"短"}}).at(page+"/ask", 422, "至少5个字")
	if other := site.browser().get(page); strings.Contains(other.body, "至少5个字") || strings.Contains(other.body, ">短</textarea>") {
		t.Error("what was wrong with a form is shown to others")
	}
	stranger.send(page, "外地企业来投资算不算在内？", nil).at("/questions/1", 200, "问题已提交")
	if other := site.browser().get(page); strings.Contains(other.body, "问题已提交") {
		t.Error("a message for one visitor is shown to others")
	}
	if stranger.get(page); strings.Contains(stranger.body, "问题已提交") {
		t.Error("the message is shown twice")
	}
}

// TestFormsOfPublicPages: without a session they need no token, since nothing
// can be done in anybody's name; with one they do.
func TestFormsOfPublicPages(t *testing.T) {
	site := newSite(t)
	mine := site.browser()
	mine.subscribe("13900139000")
	policy := site.publish()
	page := "/policies/" + searchKey(policy.ID)
	question := url.Values{"question": {"外地企业来投资算不算在内？"}, "do": {"send"}, "once": {"AAAAAAAAAAAAAAAAAAAAAAAAAA"}, "channel": {"app"}}
	mine.postAsIs(page+"/ask", question).at(page+"/ask", 422, "您写的都还在", "算不算在内？</textarea>")
	mine.get(page).post(page+"/ask", question).at("/questions/1", 200, "问题已提交")

	req := httptest.NewRequest(http.MethodPost, page+"/ask", strings.NewReader(question.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	site.browser().do(req).at(page+"/ask", 403, "页面已过期")
	asked, err := site.Store.Questions(context.Background(), storage.QuestionFilter{Policy: policy.ID})
	if err != nil || len(asked) != 1 {
		t.Errorf("%d questions, %v; want the one that was asked from the page", len(asked), err)
	}
}

// TestAKeptPageFollows: whatever changes on a public page is seen with the
// next look.
func TestAKeptPageFollows(t *testing.T) {
	site := newSite(t)
	ctx := context.Background()
	policy := site.publish()
	page := "/policies/" + searchKey(policy.ID)
	look := func(path string) string { return site.browser().get(path).body }
	shows := func(what, path, text string, change func()) {
		t.Helper()
		if strings.Contains(look(path), text) {
			t.Fatalf("%s: shown before", what)
		}
		change()
		if !strings.Contains(look(path), text) {
			t.Errorf("%s is not shown", what)
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	it := interpretations.Item{
		Policy: policy.ID, PolicyVersion: policy.Version, Kind: interpretations.QAKind, State: interpretations.Draft, CreatedAt: site.now,
		QA: &interpretations.QA{Question: "二手设备算吗", Answer: "不算。", Clauses: []string{"第一条"}},
	}
	must(site.Store.SaveInterpretation(ctx, &it))
	shows("an approved explanation", page, "二手设备算吗", func() {
		it.State = interpretations.Approved
		must(site.Store.SaveInterpretation(ctx, &it))
	})
	var other *domain.Policy
	for _, path := range []string{"/", "/policies", "/policies.atom"} {
		number := "云政发〔2026〕2号"
		if path == "/policies.atom" {
			number = "/policies/2"
		}
		if strings.Contains(look(path), number) {
			t.Fatalf("%s: shown before", path)
		}
	}
	other = site.publish(1)
	for _, path := range []string{"/", "/policies"} {
		if !strings.Contains(look(path), "云政发〔2026〕2号") {
			t.Errorf("%s does not show the new policy", path)
		}
	}
	if !strings.Contains(look("/policies.atom"), "/policies/2") {
		t.Error("the feed does not list the new policy")
	}
	shows("the day", page, "今天24:00截止", func() { site.now = time.Date(2026, 12, 10, 2, 0, 0, 0, time.UTC) })
	shows("the office's new name", page, "云川县数据局", func() {
		site.office.Name = "云川县数据局"
		must(site.Store.SaveOffice(ctx, &site.office))
		site.now = site.now.Add(31 * time.Second)
	})
	shows("a withdrawal", "/policies/"+searchKey(other.ID), "已撤回", func() {
		other.Status, other.EndedReason = domain.Withdrawn, "数字有误"
		must(site.Store.WithdrawPolicy(ctx, other, nil, site.now))
	})
	draft := &domain.Policy{Office: site.office.ID, Status: domain.Draft, Title: "还在起草", Text: "还在起草", CreatedAt: site.now}
	before, err := site.Store.LastPolicyChange(ctx)
	must(err)
	must(site.Store.CreatePolicy(ctx, draft))
	draft.Title = "还在改"
	must(site.Store.SavePolicy(ctx, draft, domain.Draft))
	if after, err := site.Store.LastPolicyChange(ctx); err != nil || after != before {
		t.Errorf("work on a draft makes public pages stale: %d, then %d (%v)", before, after, err)
	}
}

// TestKeptPagesAreBounded: the pages that were not asked for make room.
func TestKeptPagesAreBounded(t *testing.T) {
	k := newKeptPages()
	big := make([]byte, keptBytes/4)
	for _, key := range []string{"a", "b", "c", "a", "d", "e"} {
		if k.find(key, publicState{}) == nil {
			k.keep(&keptPage{key: key, plain: big})
		}
	}
	if k.find("a", publicState{}) == nil || k.find("b", publicState{}) != nil || k.bytes > keptBytes || len(k.pages) != k.used.Len() {
		t.Errorf("kept: %d pages of %d bytes", len(k.pages), k.bytes)
	}
	if k.find("a", publicState{day: "2026-11-23"}) != nil || k.find("a", publicState{}) != nil {
		t.Error("a page of another state is kept")
	}
}
