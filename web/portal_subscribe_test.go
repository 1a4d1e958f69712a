package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"policypush/internal/auth"
	"policypush/internal/domain"
)

// TestSubscribeReceiveOpenUnsubscribe goes the whole way without JavaScript.
func TestSubscribeReceiveOpenUnsubscribe(t *testing.T) {
	site := newSite(t)
	b := site.browser()
	id := b.subscribe("13900000001")
	b.at("/subscribe/done", 200, "订阅成功", "139****0001")
	b.get("/inbox").at("/inbox", 200, "还没有消息")

	policy := site.publish(id)
	b.get("/").at("/", 200, `data-unread>1<`)
	b.get("/inbox").at("/inbox", 200, "设备投资补助", "适用可能性高", "未读：")
	b.get("/").at("/", 200, `data-unread hidden>0<`) // seen, not read
	b.get("/inbox/1").at(fmt.Sprintf("/policies/%d", policy.ID), 200, "为什么推给您", "对得上", "从业人数", "所有可能适用的政策", "以主管部门审核为准")
	if strings.Contains(b.body, "您符合") {
		t.Error("the page says that the reader qualifies: the office decides")
	}
	b.get("/inbox?tab=unread").at("/inbox", 200, "没有未读消息")
	b.get("/inbox?tab=policies").at("/inbox", 200, "设备投资补助")
	b.get("/inbox?tab=answers").at("/inbox", 200, "还没有答复")
	b.get("/inbox?tab=reminders").at("/inbox", 200, "还没有提醒")
	b.get("/me/policies").at("/me/policies", 200, "适用可能性高（1项）")

	b.get("/inbox")
	b.post("/inbox/1/dismiss", url.Values{}).at("/inbox", 200, "已标为与我无关", "还没有消息")
	b.get("/inbox?tab=dismissed")
	b.post("/inbox/1/dismiss", url.Values{"undo": {"yes"}}).at("/inbox", 200, "设备投资补助")

	b.post("/inbox/1/stop", url.Values{"what": {"theme"}}).at("/inbox", 200, "已退订这类政策")
	sub, err := site.Store.Subscriber(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	if sub.Subscription.All || slices.Contains(sub.Subscription.Themes, "Q01") || !slices.Contains(sub.Subscription.Themes, "Q02") {
		t.Errorf("after 退订 of one theme the subscription is %+v", sub.Subscription)
	}
	b.get("/inbox")
	b.post("/inbox/1/stop", url.Values{"what": {"all"}}).at("/inbox", 200, "已退订全部推送")
	if sub, err = site.Store.Subscriber(context.Background(), id); err != nil || !sub.Subscription.Paused {
		t.Errorf("after 退订 of everything paused is %v, %v", sub.Subscription.Paused, err)
	}
}

func TestWhatWasTypedIsKept(t *testing.T) {
	site := newSite(t)
	b := site.browser()
	b.get("/subscribe?kind=enterprise&theme=Q03")
	b.post("/subscribe", url.Values{"kind": {"enterprise"}, "name": {"云川甲厂"}, "staff": {"很多"}, "region": {"999999"}})
	b.at("/subscribe", 422, "请先改好下面2处", "从业人数要写成整数", `value="很多"`, `value="云川甲厂"`, "所在地", "出错：")
	b.get("/").get("/subscribe").at("/subscribe", 200, `value="云川甲厂"`)
	b.post("/subscribe", url.Values{"kind": {"enterprise"}, "name": {"云川甲厂"}, "region": {"330603"}})
	b.at("/subscribe/topics", 200, `value="Q03" checked`)
	b.post("/subscribe/topics", url.Values{"keywords": {"一"}}).at("/subscribe/topics", 422, "2到20个字", `value="一"`)
	b.post("/subscribe/topics", url.Values{"themes": {"Q01", "Q03"}, "keywords": {"技改，加计扣除"}}).at("/subscribe/channels", 200, "您前面填的", "想知道的", "减税降费、融资支持、“加计扣除”、“技改”")
	if strings.Contains(b.body, "未填写") {
		t.Error("what was left out is listed as if it had been said")
	}
	b.post("/subscribe/channels", url.Values{"sms": {"yes"}, "phone": {"123"}, "email": {"yes"}, "address": {"a b@example.com"}})
	b.at("/subscribe/channels", 422, "请先改好下面3处", `value="123"`, "请阅读并勾选同意")
	b.post("/subscribe/channels", url.Values{"sms": {"yes"}, "phone": {"+86 139-0000-0002"}, "email": {"yes"}, "address": {"li@Example.com"}, "consent": {"yes"}})
	b.at("/subscribe/verify", 200, "139****0002", "l***@example.com", "/console/outbox")
	b.post("/subscribe/verify", url.Values{"kind": {"sms"}, "code": {"000000"}}).at("/subscribe/verify", 422, "验证码")
	b.post("/subscribe/verify", url.Values{"kind": {"sms"}, "do": {"resend"}}).at("/subscribe/verify", 422, "1分钟")
	b.post("/subscribe/verify", url.Values{"kind": {"email"}, "do": {"skip"}}).at("/subscribe/verify", 422, "请先验证")
	b.post("/subscribe/verify", url.Values{"kind": {"sms"}, "code": {site.code("13900000002")}}).at("/subscribe/verify", 200, "已验证")
	b.post("/subscribe/verify", url.Values{"kind": {"email"}, "code": {site.code("li@example.com")}}).at("/subscribe/done", 200, "订阅成功")
}

func TestStepsCannotBeSkipped(t *testing.T) {
	site := newSite(t)
	for path, want := range map[string]string{
		"/subscribe/topics": "/subscribe", "/subscribe/channels": "/subscribe", "/subscribe/verify": "/subscribe",
		"/subscribe/existing": "/subscribe", "/subscribe/done": "/login", "/login/code": "/login", "/login/choose": "/login",
		"/me": "/login", "/me/policies": "/login", "/me/export": "/login", "/inbox": "/login", "/inbox/events": "/login",
	} {
		site.browser().get(path).at(want, 200)
	}
}

func TestSensitiveGroupsNeedTheirOwnConsent(t *testing.T) {
	site := newSite(t)
	b := site.browser()
	b.get("/subscribe?kind=resident")
	form := url.Values{"kind": {"resident"}, "region": {"330603"}, "born": {"1958"}, "groups": {"G01", "G02"}}
	b.post("/subscribe", form).at("/subscribe", 422, "需要您单独同意", `value="G02" checked`)
	form.Set("sensitive", "yes")
	b.post("/subscribe", form).at("/subscribe/topics", 200)
}

func TestAnExistingSubscriptionIsOfferedInsteadOfASecond(t *testing.T) {
	site := newSite(t)
	id := site.browser().subscribe("13900000003")
	site.now = site.now.Add(2 * time.Minute)
	b := site.browser()
	b.subscribe("13900000003")
	b.at("/subscribe/existing", 200, "恒达精密", "再新建一份")
	b.post("/subscribe/existing", url.Values{"id": {"77"}}).at("/subscribe/existing", 400)
	b.get("/subscribe/existing")
	b.post("/subscribe/existing", url.Values{"id": {fmt.Sprint(id)}}).at("/me", 200, "139****0003")
}

func TestSignIn(t *testing.T) {
	site := newSite(t)
	site.browser().subscribe("13900000004")
	site.now = site.now.Add(2 * time.Minute)

	b := site.browser()
	b.get("/me").at("/login", 200)
	b.post("/login", url.Values{"address": {"一二三"}, "to": {"/me"}}).at("/login", 422, "11位手机号")
	b.post("/login", url.Values{"address": {"13900000004"}, "to": {"/me"}}).at("/login/code", 200, "139****0004")
	b.post("/login/code", url.Values{"code": {"000000"}}).at("/login/code", 422, "不正确")
	b.post("/login/code", url.Values{"code": {site.code("13900000004")}}).at("/me", 200, "我的情况", "通用设备制造业")

	stranger := site.browser()
	stranger.get("/login")
	stranger.post("/login", url.Values{"address": {"13900000099"}, "to": {"//evil.example"}}).at("/login/code", 200, "139****0099")
	if len(site.codes) != 0 {
		t.Errorf("a code was sent to a number without a subscription: %v", site.codes)
	}
	stranger.post("/login/code", url.Values{"code": {"000000"}}).at("/login/code", 422, "不正确")

	old := b.cookies[readerCookie]
	b.get("/me")
	b.post("/logout", url.Values{}).at("/", 200, "已退出登录")
	b.cookies[readerCookie] = old
	b.get("/me").at("/login", 200)
}

// TestAnotherCodeIsSentOrItIsSaidThatNoneIs: who has used one gets the next at
// once; who has tried one too often learns, whether anybody subscribed with the
// address or not, that none is sent before the minute is over.
func TestAnotherCodeIsSentOrItIsSaidThatNoneIs(t *testing.T) {
	const known, unknown = "13900000004", "13900000099"
	site := newSite(t)
	b := site.browser()
	b.subscribe(known) // with a code, this moment
	b.get("/me").post("/logout", url.Values{})
	b.get("/login").post("/login", url.Values{"address": {known}}).at("/login/code", 200)
	b.post("/login/code", url.Values{"code": {site.code(known)}}).at("/inbox", 200)
	site.now = site.now.Add(2 * time.Minute)
	for _, phone := range []string{known, unknown} {
		b := site.browser()
		b.get("/login").post("/login", url.Values{"address": {phone}}).at("/login/code", 200)
		b.get("/login").post("/login", url.Values{"address": {phone}}).at("/login/code", 200) // the one that was sent still does
		for range 5 {
			b.post("/login/code", url.Values{"code": {"000000"}}).at("/login/code", 422)
		}
		b.get("/login").post("/login", url.Values{"address": {phone}}).at("/login", 422, "请等1分钟再重新获取", phone)
		site.now = site.now.Add(time.Minute)
		b.post("/login", url.Values{"address": {phone}}).at("/login/code", 200)
	}
	// Likewise while subscribing.
	b = site.browser()
	b.wizard("13900000005")
	for range 5 {
		b.post("/subscribe/verify", url.Values{"kind": {"sms"}, "code": {"000000"}}).at("/subscribe/verify", 422)
	}
	b.get("/subscribe/channels").post("/subscribe/channels", url.Values{"sms": {"yes"}, "phone": {"13900000005"}, "consent": {"yes"}}).
		at("/subscribe/channels", 422, "请等1分钟再重新获取", "重新发送")
}

func TestManageASubscription(t *testing.T) {
	site := newSite(t)
	ctx := context.Background()
	b := site.browser()
	id := b.subscribe("13900000005")
	contact := func() domain.Contact {
		sub, err := site.Store.Subscriber(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		return sub.Contacts[slices.IndexFunc(sub.Contacts, func(c domain.Contact) bool { return c.Kind == domain.SMS })]
	}
	one := fmt.Sprintf("/me/contacts/%d", contact().ID)

	b.get("/me/profile").at("/me/profile", 200, `value="恒达精密"`, `value="86"`)
	b.post("/me/profile", url.Values{"name": {"恒达精密"}, "region": {"330603"}, "industry": {"C34"}, "staff": {"90"}}).at("/me", 200, "已保存", "90人")
	b.get("/me/topics")
	b.post("/me/topics", url.Values{}).at("/me/topics", 422, "请至少选一个主题")
	b.post("/me/topics", url.Values{"themes": {"Q02"}}).at("/me", 200, "订阅主题已保存")
	b.get("/me/topics").post("/me/topics", url.Values{"themes": {"Q02"}, "least": {"9"}}).at("/me/topics", 422, "多相关才通知您")
	b.post("/me/topics", url.Values{"themes": {"Q02"}, "least": {"2"}}).at("/me", 200, "订阅主题已保存")
	b.get("/me/topics").at("/me/topics", 200, `<option value="2" selected>`)
	b.post("/me/pause", url.Values{"paused": {"yes"}}).at("/me", 200, "已暂停")
	b.post("/me/pause", url.Values{"paused": {"no"}}).at("/me", 200, "已恢复")
	b.post(one, url.Values{"do": {"when"}, "when": {"weekly"}}).at("/me", 200, "每周汇总")
	b.post(one, url.Values{"do": {"remove"}}).at("/me/contacts/"+one[len("/me/contacts/"):], 409, "唯一的登录方式")

	b.get("/me")
	b.post(one, url.Values{"do": {"stop"}}).at("/me", 200, "已退订短信", "不再发送：本人已退订")
	if got := contact().Suppressed; got == "" {
		t.Error("the address is still used")
	}
	site.now = site.now.Add(2 * time.Minute)
	b.post("/me/contacts", url.Values{"id": {fmt.Sprint(contact().ID)}}).at("/me/contacts/verify", 200)
	b.post("/me/contacts/verify", url.Values{"code": {site.code("13900000005")}}).at("/me", 200, "已验证")
	if got := contact().Suppressed; got != "" {
		t.Errorf("the address is still stopped: %s", got)
	}
	b.post("/me/contacts", url.Values{"address": {"wang@example.com"}, "when": {"daily"}}).at("/me/contacts/verify", 200, "w***@example.com")
	b.post("/me/contacts/verify", url.Values{"code": {site.code("wang@example.com")}}).at("/me", 200, "w***@example.com")

	b.get("/me/export").at("/me/export", 200, "13900000005", "wang@example.com")
	var out map[string]any
	if err := json.Unmarshal([]byte(b.body), &out); err != nil {
		t.Errorf("the export is not JSON: %v", err)
	}
	if got := b.header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control of the export is %q", got)
	}
	b.get("/me/delete")
	b.post("/me/delete", url.Values{}).at("/me/delete", 422, "请先勾选确认")
	b.post("/me/delete", url.Values{"sure": {"yes"}}).at("/", 200, "已全部删除")
	if _, err := site.Store.Subscriber(ctx, id); domain.KindOf(err) != domain.NotFound {
		t.Errorf("the subscriber is still there: %v", err)
	}
}

func TestUnsubscribeByLink(t *testing.T) {
	site := newSite(t)
	ctx := context.Background()
	id := site.browser().subscribe("13900000009")
	sub, err := site.Store.Subscriber(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	link := "/u/" + site.signer.Unsubscribe(auth.Unsubscribe{Subscriber: id, Contact: sub.Contacts[1].ID, Kind: domain.SMS})
	stopped := func() bool {
		now, err := site.Store.Subscriber(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		return now.Contacts[1].Suppressed != ""
	}
	b := site.browser()
	b.get(link).at(link, 200, "确认退订", "139****0009")
	if stopped() {
		t.Fatal("opening the link has stopped the address: scanners of mail open every link")
	}
	mailer := site.browser() // no cookie, no token, as RFC 8058 has it
	mailer.postAsIs(link, url.Values{"List-Unsubscribe": {"One-Click"}}).at(link, 200, "已退订")
	if !stopped() {
		t.Fatal("one click has not stopped the address")
	}
	mailer.postAsIs(link, url.Values{}).at(link, 200, "已退订") // again
	if err := site.Store.DeleteSubscriber(ctx, id, site.now); err != nil {
		t.Fatal(err)
	}
	mailer.postAsIs(link, url.Values{}).at(link, 200, "已退订") // and after the person has gone
}

func TestRepliesByText(t *testing.T) {
	site := newSite(t)
	ctx := context.Background()
	id := site.browser().subscribe("13900000010")
	base := "/callback/sms/" + site.Callbacks.Secret() + "/reply?from=%2B8613900000010&to=1069&text="
	b := site.browser()
	b.get(base+url.QueryEscape("怎么申请？")).at("/callback/sms/"+site.Callbacks.Secret()+"/reply", 200)
	replies, err := site.Store.Replies(ctx, 10)
	if err != nil || len(replies) != 1 || replies[0].AddressMasked != "139****0010" {
		t.Fatalf("replies are %+v, %v", replies, err)
	}
	b.get(base + url.QueryEscape("ｔｄ。"))
	if b.body != "" {
		t.Errorf("the answer %q would be texted to the person", b.body)
	}
	sub, err := site.Store.Subscriber(ctx, id)
	if err != nil || sub.Contacts[1].Suppressed != "stopped" {
		t.Errorf("after TD the contact is %+v, %v", sub.Contacts[1], err)
	}
}
