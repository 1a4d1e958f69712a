package web

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"policypush/internal/domain"
)

// TestTheReaderIsAddressedPolitely: what explains official words speaks to the
// reader as 您, like every other text.
func TestTheReaderIsAddressedPolitely(t *testing.T) {
	r, err := loadRules()
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range r.Jargon.All() {
		if text := j.Plain + j.Caution; strings.Contains(text, "你") {
			t.Errorf("%s: %s", j.Name, text)
		}
	}
}

// TestADateIsToldInOneWay: the inbox tells the days of a policy as its card does.
func TestADateIsToldInOneWay(t *testing.T) {
	site := newSite(t)
	b := site.browser()
	id := b.subscribe("13900000051")
	site.publish(id)
	b.get("/inbox").at("/inbox", 200, `class="dl">还剩18天`)
	if got := deadlineOn("2027-02-01", "2026-11-22").Text(); got != "2027年2月1日截止" {
		t.Errorf("a far day is told as %s", got)
	}
	site = newSite(t) // an inbox keeps the policy as it opened it
	b = site.browser()
	policy := site.publish(b.subscribe("13900000051"))
	policy.EffectiveFrom = "2026-12-01"
	if err := site.Store.SavePolicy(t.Context(), policy, policy.Status); err != nil {
		t.Fatal(err)
	}
	b.get("/inbox").at("/inbox", 200, "2026年12月1日开始").lacks("还剩")
}

// TestWhyAMeasureIsNotForThemIsSaid beside others that are.
func TestWhyAMeasureIsNotForThemIsSaid(t *testing.T) {
	site := newSite(t)
	b := site.browser()
	id := b.subscribe("13900000052") // 86 people
	policy := site.publish(id)
	second := policy.Measures[0]
	second.ID, second.Title = "m2", "小企业贴息"
	second.Criteria = domain.Leaf(domain.Condition{Field: domain.FieldStaff, Op: domain.AtMost, Number: 20})
	third := policy.Measures[0]
	third.ID, third.Title = "m3", "信用奖励"
	third.Criteria = domain.Leaf(domain.Condition{Field: domain.FieldOther, Unread: "信用状况良好"})
	policy.Measures = append(policy.Measures, second, third)
	if err := site.Store.SavePolicy(t.Context(), policy, policy.Status); err != nil {
		t.Fatal(err)
	}
	page := fmt.Sprintf("/policies/%d", policy.ID)
	b.get(page).at(page, 200, "从业人数不超过20人", "对不上：", "您的情况：86人", "信用状况良好", "系统核对不了，请对照原文").lacks("您的情况：需对照原文")
}

// TestADeadLinkToUnsubscribeLeadsOn to where one can.
func TestADeadLinkToUnsubscribeLeadsOn(t *testing.T) {
	b := newSite(t).browser()
	b.get("/u/nonsense").at("/u/nonsense", 404, "退订链接打不开", `href="/login?to=/me">登录后退订`, "咨询电话：0555-000-0123").lacks("没有这个页面")
	b.get("/nonsense").at("/nonsense", 404, "没有这个页面", "去政策库", "咨询电话：0555-000-0123").lacks("登录后退订", "没有这个页面。")
}

// TestACodeIsSentAgain without its address being typed again.
func TestACodeIsSentAgain(t *testing.T) {
	site := newSite(t)
	const phone = "13900000053"
	site.browser().subscribe(phone)
	b := site.browser()
	site.now = site.now.Add(time.Hour)
	b.get("/login").post("/login", url.Values{"address": {phone}}).at("/login/code", 200, "重新发送")
	first := site.code(phone)
	b.post("/login/code", url.Values{"do": {"resend"}}).at("/login/code", 422, "1分钟")
	site.now = site.now.Add(2 * time.Minute)
	b.post("/login/code", url.Values{"do": {"resend"}}).at("/login/code", 200, "验证码已重新发送")
	again := site.code(phone)
	if first == again {
		t.Fatal("no new code was sent")
	}
	b.post("/login/code", url.Values{"code": {again}}).at("/inbox", 200)
}

// TestTheNavigationTellsWhereOneIs: of its links the one of the page that is open is
// marked, and no other.
func TestTheNavigationTellsWhereOneIs(t *testing.T) {
	b := newSite(t).browser()
	for _, path := range []string{"/", "/policies", "/interpretations", "/ask"} {
		b.get(path).at(path, 200)
		if _, nav, _ := strings.Cut(b.body, `aria-label="主导航"`); strings.Count(nav[:strings.Index(nav, "</nav>")], "aria-current") != 1 || !strings.Contains(nav, `href="`+path+`" aria-current="page"`) {
			t.Errorf("%s: another page is marked", path)
		}
	}
}
