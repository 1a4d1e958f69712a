package web

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"policypush/internal/domain"
	"policypush/internal/matching"
)

func TestMyPoliciesAskWhatSettlesMost(t *testing.T) {
	site := newSite(t)
	policy := site.publish()
	b := site.browser()
	id := b.subscribe("13900000031")
	ctx := context.Background()
	sub, err := site.Store.Subscriber(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	sub.Profile.Staff = nil
	if err := site.Store.SaveSubscriber(ctx, sub); err != nil {
		t.Fatal(err)
	}
	b.get("/me/policies").at("/me/policies", 200, "补一项就更准：从业人数", "1项变为适用可能性高", "1项不再适用", "可能适用（1项）",
		fmt.Sprintf(`<li><a href="/policies/%d#m1">`, policy.ID), "还不清楚：</span>从业人数不超过300人", "您的情况：未填写")
	b.post("/me/answer", url.Values{"field": {"staff"}, "answer": {"很多"}}).at("/me/answer", 422, "要写成整数", `value="很多"`)
	b.get("/me/policies")
	b.post("/me/answer", url.Values{"field": {"name"}, "answer": {"x"}}).at("/me/answer", 400, "没有名为")
	b.get("/me/policies")
	b.post("/me/answer", url.Values{"field": {"staff"}, "answer": {"86"}}).at("/me/policies", 200, "1项变为适用可能性高", "适用可能性高（1项）", "对得上：</span>从业人数不超过300人", "您的情况：86人")
	if strings.Contains(b.body, "补一项就更准") {
		t.Error("it is asked again")
	}
	b.get("/me/profile")
	f := url.Values{"kind": {"enterprise"}, "region": {sub.Profile.Region}, "staff": {"500"}}
	b.post("/me/profile", f).at("/me", 200, "1项不再适用")
}

// TestOnlyWhatCanBeStatedIsAskedFor: a question that the most measures ask, but
// of those first that the page of one's facts has; others name the text.
func TestOnlyWhatCanBeStatedIsAskedFor(t *testing.T) {
	unread, staff, size := matching.Question{Field: domain.FieldOther, Text: "有锅炉吗？"}, matching.Question{Field: domain.FieldStaff, Text: "多少人？"}, matching.Question{Field: domain.FieldSize, Text: "多大？"}
	for name, tt := range map[string]struct {
		asked    [][]matching.Question
		text     string
		fillable bool
	}{
		"nothing is open":            {[][]matching.Question{nil, nil}, "", false},
		"only the office can say":    {[][]matching.Question{{unread}}, "有锅炉吗？", false},
		"what can be stated first":   {[][]matching.Question{{unread}, {unread, staff}}, "多少人？", true},
		"what most ask":              {[][]matching.Question{{staff, size}, {size}}, "多大？", true},
		"the first of those as many": {[][]matching.Question{{staff, size}}, "多少人？", true},
	} {
		var matches []matching.MeasureMatch
		for _, ask := range tt.asked {
			matches = append(matches, matching.MeasureMatch{Result: matching.Result{Ask: ask}})
		}
		if text, fillable := decisive(matches); text != tt.text || fillable != tt.fillable {
			t.Errorf("%s: %q, %v", name, text, fillable)
		}
	}
}

// TestWhatBeginsLaterIsListedApart: the measure can be had from 10 November on.
// A list begins with what there is: no heading stands over nothing.
func TestMyPoliciesBeginWithWhatThereIs(t *testing.T) {
	site := newSite(t)
	site.publish()
	b := site.browser()
	id := b.subscribe("13900000043")
	headings := func() string {
		t.Helper()
		b.get("/me/policies").at("/me/policies", 200)
		var found []string
		for _, m := range regexp.MustCompile(`<h2[^>]*>(适用可能性高|可能适用|还没有适合您的政策)`).FindAllStringSubmatch(mainOf(b.body), -1) {
			found = append(found, m[1])
		}
		return strings.Join(found, " ")
	}
	staff := func(n *int64) {
		t.Helper()
		sub, err := site.Store.Subscriber(context.Background(), id)
		if err != nil {
			t.Fatal(err)
		}
		sub.Profile.Staff = n
		if err := site.Store.SaveSubscriber(context.Background(), sub); err != nil {
			t.Fatal(err)
		}
	}
	for want, n := range map[string]*int64{"适用可能性高": new(int64(86)), "可能适用": nil, "还没有适合您的政策": new(int64(900))} {
		staff(n)
		if got := headings(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestWhatBeginsLaterIsListedApart(t *testing.T) {
	site := newSite(t)
	site.publish()
	b := site.browser()
	b.subscribe("13900000041")
	b.get("/me/policies").at("/me/policies", 200, "适用可能性高（1项）")
	if strings.Contains(b.body, "即将开始") {
		t.Error("what can be had is said to begin later")
	}
	site.now = time.Date(2026, 11, 5, 2, 0, 0, 0, time.UTC)
	b.get("/me/policies").at("/me/policies", 200, "现在能办的还没有", "即将开始（1份）", "2026年11月10日", "开始</p>")
}

// TestTheFirstDigestIsAskedForAndShown: it is on unless the person takes it
// off, is in the inbox whatever the channels, and is shown as it still stands.
func TestTheFirstDigestIsAskedForAndShown(t *testing.T) {
	woken := 0
	site := newSite(t, func(cfg *Config) { cfg.Wake = func() { woken++ } })
	policy := site.publish()
	ctx := context.Background()
	b := site.browser()
	b.subscribe("13900000051") // as the box stands in the form of the test: off
	if owed, err := site.Store.OwedDigests(ctx, 10); err != nil || len(owed) != 0 {
		t.Fatalf("owed without being asked for: %v, %v", owed, err)
	}
	b.get("/inbox").at("/inbox", 200, "还没有消息")

	b = site.browser()
	b.get("/subscribe?kind=enterprise")
	b.post("/subscribe", url.Values{"kind": {"enterprise"}, "name": {"大通商贸"}, "region": {"330603"}, "staff": {"20"}})
	b.post("/subscribe/topics", url.Values{"all": {"yes"}}).at("/subscribe/channels", 200, `name="first" value="yes" checked>先把现在有效的政策发我一份`)
	how := url.Values{"sms": {"yes"}, "phone": {"13900000052"}, "phone_when": {"now"}}
	b.post("/subscribe/channels", how).at("/subscribe/channels", 422, `name="first" value="yes">`) // taken off, and so it stays
	how.Set("first", "yes")
	how.Set("consent", "yes")
	b.post("/subscribe/channels", how).at("/subscribe/verify", 200)
	b.post("/subscribe/verify", url.Values{"kind": {"sms"}, "code": {site.code("13900000052")}}).at("/subscribe/done", 200)
	owed, err := site.Store.OwedDigests(ctx, 10)
	if err != nil || len(owed) != 1 || woken == 0 {
		t.Fatalf("owed: %v, %v; woken %d times", owed, err, woken)
	}
	digest := &domain.Digest{Subscriber: owed[0].Subscriber, Rest: 4, Items: []domain.DigestItem{{Policy: policy.ID, Measures: []domain.MeasureID{"m1"}, Verdict: domain.Likely}}}
	if err := site.Store.PlanDigest(ctx, digest, nil, site.now); err != nil {
		t.Fatal(err)
	}
	path := fmt.Sprintf("/inbox/%d", digest.Push)
	b.get("/").at("/", 200, `data-unread>1<`)
	b.get("/inbox").at("/inbox", 200, "现有5份政策可能与您有关", "列出1份，另有4份", `href="`+path+`"`, "退订全部推送")
	if strings.Contains(b.body, "不再推这类政策") {
		t.Error("a digest is no kind of policy")
	}
	b.get(path).at(path, 200, "现有5份政策可能与您有关", "设备投资补助", "适用可能性高", "另有4份没有列出", `href="/me/policies"`, fmt.Sprintf(`href="/policies/%d"`, policy.ID))
	b.get("/me/export").at("/me/export", 200, "现有5份政策可能与您有关")
	other := site.browser()
	other.subscribe("13900000053")
	other.get(path).at(path, 404, "可能发给了另一个订阅")

	policy.Status, policy.EndedReason = domain.Withdrawn, "文件有误"
	if err := site.Store.WithdrawPolicy(ctx, policy, nil, site.now); err != nil {
		t.Fatal(err)
	}
	b.get(path).at(path, 200, "当时列出的政策都已失效")
}

// TestTabsOfTheInbox: each message is under one tab of its kind, and what was put
// aside is under none of them.
func TestTabsOfTheInbox(t *testing.T) {
	for name, tt := range map[string]struct {
		item inboxItem
		want string
	}{
		"a policy":               {inboxItem{}, "all policies unread"},
		"one that was read":      {inboxItem{Read: true}, "all policies"},
		"a correction":           {inboxItem{Corrected: "比例改了"}, "all policies unread"},
		"an answer":              {inboxItem{Question: 3}, "all answers unread"},
		"a corrected answer":     {inboxItem{Answer: 3, Read: true}, "all answers"},
		"a deadline":             {inboxItem{Reminds: true}, "all reminders unread"},
		"a deadline put aside":   {inboxItem{Reminds: true, Dismissed: true}, "dismissed"},
		"a policy of no concern": {inboxItem{Dismissed: true}, "dismissed"},
	} {
		t.Run(name, func(t *testing.T) {
			var under []string
			for _, tab := range []string{"all", "policies", "answers", "reminders", "unread", "dismissed"} {
				if tt.item.under(tab) {
					under = append(under, tab)
				}
			}
			if got := strings.Join(under, " "); got != tt.want {
				t.Errorf("it is under %q, want %q", got, tt.want)
			}
		})
	}
}
