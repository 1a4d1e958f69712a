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
)

// login signs in with a phone and stops where the code leads.
func (b *browser) login(phone string) *browser {
	b.site.t.Helper()
	b.site.now = b.site.now.Add(2 * time.Minute) // codes have a pause
	b.get("/login").post("/login", url.Values{"address": {phone}}).at("/login/code", 200)
	return b.post("/login/code", url.Values{"code": {b.site.code(phone)}})
}

// joinIn is the number of the invitation or application on the page.
func (b *browser) joinIn() string {
	b.site.t.Helper()
	found := regexp.MustCompile(`/me/joins/(\d+)|name="join" value="(\d+)"`).FindStringSubmatch(b.body)
	if found == nil {
		b.site.t.Fatalf("no invitation on %s\n%s", b.path, mainOf(b.body))
	}
	return found[1] + found[2]
}

func TestAColleagueIsInvitedJoinsAndLeaves(t *testing.T) {
	site := newSite(t)
	boss, clerk := site.browser(), site.browser()
	id := boss.subscribe("13900000001")
	boss.get("/me/people").at("/me/people", 200, "恒达精密", "139****0001", "您是最后一位联系人", "税费")
	boss.post("/me/people", url.Values{"address": {"1390000"}}).at("/me/people", 422, "11位手机号")
	boss.post("/me/people", url.Values{"address": {"13900000001"}}).at("/me/people", 422, "已经是联系人")
	boss.post("/me/people", url.Values{"address": {"13900000002"}, "role": {"finance"}}).at("/me/people", 200, "已邀请139****0002", "邀请139****0002（财务）")
	if strings.Contains(boss.body, "13900000002") {
		t.Error("the page shows a number in full")
	}

	clerk.login("13900000002").at("/login/choose", 200, "恒达精密", "139****0001", "财务")
	clerk.post("/login/choose", url.Values{"join": {"99"}, "do": {"accept"}}).at("/login/choose", 404)
	clerk.get("/login/choose")
	clerk.post("/login/choose", url.Values{"join": {clerk.joinIn()}, "do": {"accept"}}).at("/me", 200, "已加入", "恒达精密", "财务")
	clerk.get("/me/people").at("/me/people", 200, "139****0001", "139****0002", "办理", "加入（财务）")
	if strings.Contains(clerk.body, "邀请同事") || strings.Contains(clerk.body, ">移除<") {
		t.Error("finance is offered to manage contacts")
	}
	sub, err := site.Store.Subscriber(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	contact := func(address string) domain.ContactID {
		for _, c := range sub.Contacts {
			if c.Address == address {
				return c.ID
			}
		}
		t.Fatalf("nobody has %s", address)
		return 0
	}
	one, two := contact("13900000001"), contact("13900000002")

	// What a person may not do to another.
	clerk.post(fmt.Sprintf("/me/people/%d", one), url.Values{"do": {"remove"}}).at(fmt.Sprintf("/me/people/%d", one), 403)
	clerk.get("/me/people").post(fmt.Sprintf("/me/people/%d", two), url.Values{"do": {"role"}, "role": {"legal"}}).at(fmt.Sprintf("/me/people/%d", two), 403)
	clerk.get("/me").post(fmt.Sprintf("/me/contacts/%d", one), url.Values{"do": {"stop"}}).at(fmt.Sprintf("/me/contacts/%d", one), 404)
	clerk.get("/me/delete").at("/me/delete", 200, "还有1位联系人").post("/me/delete", url.Values{"sure": {"yes"}}).at("/me/delete", 403)
	clerk.get("/me/export").at("/me/export", 200, "139****0001", "13900000002")
	if strings.Contains(clerk.body, "13900000001") {
		t.Error("the export shows another person's number")
	}
	clerk.get("/me").at("/me", 200, "另有1位联系人")
	if strings.Contains(mainOf(clerk.body), "139****0001") {
		t.Error("another person's number is among one's own")
	}

	// Roles, and who is told of what by them.
	boss.get("/me/people").at("/me/people", 200, "短信 139****0002", "短信 139****0001")
	boss.post(fmt.Sprintf("/me/people/%d", two), url.Values{"do": {"role"}, "role": {"agent"}}).at("/me/people", 200, "分工改为经办人")
	boss.post(fmt.Sprintf("/me/people/%d", two), url.Values{"do": {"first"}}).at("/me/people", 200, "排到最前")
	if strings.Contains(boss.body, "短信 139****0001") {
		t.Error("who is first is not told first")
	}
	clerk.get("/me/people").at("/me/people", 200, "邀请同事", "把139****0002的分工改为经办人")

	// Whoever is removed is out at once, and reads why.
	clerk.get("/subscribe?kind=resident").at("/subscribe", 200)
	boss.post(fmt.Sprintf("/me/people/%d", two), url.Values{"do": {"remove"}}).at("/me/people", 200, "已移除139****0002", "139****0001移除了139****0002")
	clerk.get("/me").at("/login", 200)
	boss.post(fmt.Sprintf("/me/people/%d", one), url.Values{"do": {"remove"}}).at(fmt.Sprintf("/me/people/%d", one), 409, "最后一位联系人")
	boss.get("/me").at("/me", 200)
}

func TestOnePersonSwitchesBetweenEnterprises(t *testing.T) {
	site := newSite(t)
	b, other := site.browser(), site.browser()
	foreign := other.subscribe("13900000009")
	first := b.subscribe("13900000001")
	site.now = site.now.Add(2 * time.Minute)
	b.get("/subscribe?kind=enterprise")
	b.post("/subscribe", url.Values{"kind": {"enterprise"}, "name": {"顺风物流"}, "uscc": {"91330100799655058B1"}, "region": {"330603"}}).at("/subscribe", 422, "18位")
	b.post("/subscribe", url.Values{"kind": {"enterprise"}, "name": {"顺风物流"}, "region": {"330603"}}).at("/subscribe/topics", 200)
	b.post("/subscribe/topics", url.Values{"all": {"yes"}}).at("/subscribe/channels", 200)
	b.post("/subscribe/channels", url.Values{"phone": {"13900000001"}, "phone_when": {"now"}, "consent": {"yes"}}).at("/subscribe/verify", 200) // the box above the number is overlooked
	b.post("/subscribe/verify", url.Values{"kind": {"sms"}, "code": {site.code("13900000001")}}).at("/subscribe/existing", 200)
	b.post("/subscribe/existing", url.Values{"id": {"new"}}).at("/subscribe/done", 200)
	b.get("/me").at("/me", 200, "当前身份：<b>顺风物流", "切换身份")
	b.get("/me/people").at("/me/people", 200, "切换到恒达精密", "当前身份")
	b.post("/me/as", url.Values{"id": {fmt.Sprint(foreign)}}).at("/me/as", 403, "不是它的联系人")
	b.get("/me/people").at("/me/people", 200, "切换到恒达精密").post("/me/as", url.Values{"id": {fmt.Sprint(first)}}).at("/inbox", 200, "当前身份：<b>恒达精密")
	b.get("/me").at("/me", 200, "恒达精密", "86人")

	// A choice among several at the sign-in remains one session that switches.
	again := site.browser()
	again.login("13900000001").at("/login/choose", 200, "恒达精密", "顺风物流")
	again.post("/login/choose", url.Values{"id": {fmt.Sprint(foreign)}}).at("/login/choose", 400)
	again.get("/login/choose").post("/login/choose", url.Values{"id": {fmt.Sprint(first)}}).at("/inbox", 200, "恒达精密")
	site.browser().get("/policies").at("/policies", 200)
	if anonymous := site.browser().get("/policies"); strings.Contains(anonymous.body, "当前身份") {
		t.Error("a visitor is told of an identity")
	}
}

func TestAnApplicationIsForTheContactsToDecide(t *testing.T) {
	site := newSite(t)
	const uscc = "91330100799655058B"
	boss, asker := site.browser(), site.browser()
	id := boss.subscribe("13900000001")
	asker.subscribe("13900000002")
	asker.get("/me/people").post("/me/applications", url.Values{"uscc": {"123"}}).at("/me/applications", 422, "18位")
	asker.post("/me/applications", url.Values{"uscc": {uscc}, "role": {"personnel"}}).at("/me/people", 200, "已提交", "申请加入9133")
	boss.get("/me/people").at("/me/people", 200)
	if strings.Contains(boss.body, "139****0002") {
		t.Error("an application reaches an enterprise that gave no code")
	}
	sub, err := site.Store.Subscriber(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	sub.USCC = uscc
	if err := site.Store.SaveSubscriber(context.Background(), sub); err != nil {
		t.Fatal(err)
	}
	boss.get("/inbox").at("/inbox", 200, "1件邀请或申请待处理")
	boss.get("/me/people").at("/me/people", 200, "139****0002", "申请作为人事加入")
	join := boss.joinIn()
	asker.post("/me/joins/"+join, url.Values{"do": {"accept"}}).at("/me/joins/"+join, 404) // not one's own to decide
	asker.get("/me/people")
	boss.post("/me/joins/"+join, url.Values{"do": {"accept"}}).at("/me/people", 200, "139****0002已成为联系人", "139****0002加入（人事）")
	boss.post("/me/joins/"+join, url.Values{"do": {"accept"}}).at("/me/joins/"+join, 404)
	asker.get("/me/people").at("/me/people", 200, "切换身份")
	asker.post("/me/as", url.Values{"id": {fmt.Sprint(id)}}).at("/inbox", 200, "人事")
	asker.get("/me/people")
	sub, err = site.Store.Subscriber(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	leaving := sub.Contacts[len(sub.Contacts)-1].ID
	asker.post(fmt.Sprintf("/me/people/%d", leaving), url.Values{"do": {"remove"}}).at("/me/people", 200, "已退出", "您不再是恒达精密的联系人")
	boss.get("/me/people").at("/me/people", 200, "139****0002自己退出")

	// Refused, withdrawn, turned down.
	asker.post("/me/applications", url.Values{"uscc": {uscc}}).at("/me/people", 200)
	boss.get("/me/people")
	boss.post("/me/joins/"+boss.joinIn(), url.Values{"do": {"refuse"}}).at("/me/people", 200, "没有同意139****0002加入")
	asker.get("/me/people").post("/me/applications", url.Values{"uscc": {uscc}}).at("/me/people", 200)
	asker.post("/me/joins/"+asker.joinIn(), url.Values{"do": {"withdraw"}}).at("/me/people", 200, "已撤回")
	boss.get("/me/people").post("/me/people", url.Values{"address": {"13900000002"}}).at("/me/people", 200)
	asker.get("/me/people").at("/me/people", 200, "给您的邀请", "所有事项")
	asker.post("/me/joins/"+asker.joinIn(), url.Values{"do": {"refuse"}}).at("/me/people", 200, "没有接受")
	boss.get("/me/people").post("/me/people", url.Values{"address": {"new@yunchuan.example"}}).at("/me/people", 200)
	boss.post("/me/joins/"+boss.joinIn(), url.Values{"do": {"withdraw"}}).at("/me/people", 200, "撤回了对n***@yunchuan.example的邀请")
	site.browser().get("/me/people").at("/login", 200)
}

// TestANameTurnsNothing: marks of direction in a name would turn the words of
// every page and message that it stands in.
func TestANameTurnsNothing(t *testing.T) {
	site := newSite(t)
	b := site.browser()
	id := b.subscribe("13900000001")
	b.get("/me/profile").post("/me/profile", url.Values{"kind": {"enterprise"}, "name": {"面馆\u202e倒\u2067" + hostile + "😀"}, "region": {"330603"}}).at("/me", 200)
	sub, err := site.Store.Subscriber(t.Context(), id)
	if err != nil || sub.Name != "面馆倒"+hostile+"😀" {
		t.Errorf("kept as %q, %v", sub.Name, err)
	}
	b.get("/policies?q="+url.QueryEscape("补\u202e助")).at("/policies", 200, `value="补助"`)
}
