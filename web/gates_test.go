package web

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"policypush/internal/channel/webhook"
	"policypush/internal/domain"
	"policypush/internal/storage"
)

// withGates is a site where every further channel is open.
func withGates(t *testing.T) *testSite {
	return newSite(t, func(c *Config) {
		c.Gates = Gates{
			BrowserKey: "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM",
			AppSecrets: webhook.Secrets{[]byte("0123456789abcdef01234567")}, AccountName: "云川发布" + hostile, AccountToken: "wxtoken", AccountTemplate: "TPL1",
			AccountQR: func(_ context.Context, scene string) (string, error) { return "http://weixin.qq.com/q/" + scene, nil },
		}
		c.Modes[domain.WebPush], c.Modes[domain.WeChat], c.Modes[domain.Webhook] = "send", "send", "send"
	})
}

// delivered gives a subscriber an address and returns the delivery of a policy to
// it, which a gateway has taken.
func (s *testSite) delivered(policy *domain.Policy, sub domain.SubscriberID, contact domain.Contact, ref string) domain.DeliveryID {
	s.t.Helper()
	ctx := context.Background()
	person, err := s.Store.Subscriber(ctx, sub)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.addAddress(ctx, person, contact); err != nil {
		s.t.Fatal(err)
	}
	if person, err = s.Store.Subscriber(ctx, sub); err != nil {
		s.t.Fatal(err)
	}
	at := slices.IndexFunc(person.Contacts, func(c domain.Contact) bool { return c.Kind == contact.Kind })
	pushes, err := s.Store.Pushes(ctx, policy.ID, 1)
	if err != nil || len(pushes) != 1 {
		s.t.Fatalf("pushes %v, %v", pushes, err)
	}
	row := domain.Delivery{
		Push: pushes[0].ID, Subscriber: sub, Contact: person.Contacts[at].ID, Channel: contact.Kind, State: domain.Pending, Verdict: domain.Likely, NextAt: s.now,
	}
	if err := s.Store.PlanDeliveries(ctx, row.Push, sub, []domain.Delivery{row}, s.now); err != nil {
		s.t.Fatal(err)
	}
	batches, err := s.Store.DueBatches(ctx, s.now, 10)
	if err != nil || len(batches) != 1 {
		s.t.Fatalf("due batches are %v, %v", batches, err)
	}
	out, err := s.Store.ClaimDeliveries(ctx, batches[0].ID, batches[0].Gen, 10, s.now)
	if err != nil || len(out) != 1 {
		s.t.Fatalf("claimed %v, %v", out, err)
	}
	id := out[0].Deliveries[0].ID
	if err := s.Store.RecordOutcomes(ctx, []storage.Outcome{{Delivery: id, State: domain.Accepted, GatewayRef: ref, At: s.now}}); err != nil {
		s.t.Fatal(err)
	}
	if err := s.Store.FinishBatch(ctx, batches[0].ID, batches[0].Gen, s.now); err != nil {
		s.t.Fatal(err)
	}
	return id
}

// state of a delivery.
func (s *testSite) state(id domain.DeliveryID) domain.DeliveryState {
	s.t.Helper()
	rows, err := s.Store.Deliveries(context.Background(), storage.DeliveryFilter{Push: id.Push()})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, d := range rows {
		if d.ID == id {
			return d.State
		}
	}
	s.t.Fatalf("delivery %d is gone", id)
	return ""
}

func TestReceiptsOfTheAppAreSigned(t *testing.T) {
	site := withGates(t)
	sub := site.browser().subscribe("13900000001")
	id := site.delivered(site.publish(), sub, domain.Contact{Kind: domain.Webhook, Address: "u-1"}, "")
	ref := domain.Delivery{ID: id}.ClientRef()
	post := func(body string, secret []byte) int {
		req := httptest.NewRequest("POST", "/callback/app", strings.NewReader(body))
		at := strconv.FormatInt(site.now.Unix(), 10)
		m := hmac.New(sha256.New, secret)
		m.Write([]byte("m1." + at + "." + body))
		req.Header.Set("webhook-id", "m1")
		req.Header.Set("webhook-timestamp", at)
		req.Header.Set("webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(m.Sum(nil)))
		return site.browser().do(req).status
	}
	told := func(ref, state string) string {
		return `{"type":"receipt","data":{"ref":"` + ref + `","state":"` + state + `"}}`
	}
	if status := post(told(ref, "failed"), []byte("another secret of 24 oct")); status != 401 || site.state(id) != domain.Accepted {
		t.Errorf("forged: %d", status)
	}
	for _, body := range []string{"{", told("x", "read"), told(ref, "lost")} {
		if status := post(body, site.Gates.AppSecrets[0]); status != 400 {
			t.Errorf("%s: %d", body, status)
		}
	}
	for range 2 { // apps repeat themselves
		if status := post(told(ref, "read"), site.Gates.AppSecrets[0]); status != 204 || site.state(id) != domain.Delivered {
			t.Errorf("read: %d, %s", status, site.state(id))
		}
	}
	marks, err := site.Store.InboxMarks(context.Background(), sub)
	if err != nil || marks[id.Push()].ReadAt.IsZero() {
		t.Errorf("marks %+v, %v", marks, err)
	}
	if status := post(told("d999", "read"), site.Gates.AppSecrets[0]); status != 204 {
		t.Errorf("of nobody: %d", status)
	}
	post(told(ref, "stopped"), site.Gates.AppSecrets[0])
	if person, err := site.Store.Subscriber(context.Background(), sub); err != nil || !slices.ContainsFunc(person.Contacts, func(c domain.Contact) bool { return c.Kind == domain.Webhook && c.Suppressed == "stopped" }) {
		t.Errorf("%+v, %v", person, err)
	}
	closed := newSite(t)
	if status := closed.browser().do(httptest.NewRequest("POST", "/callback/app", strings.NewReader("{}"))).status; status != 404 {
		t.Errorf("without an app: %d", status)
	}
}

// tells lets WeChat call with a body.
func (s *testSite) tells(token, body string) *browser { return s.browser().do(s.callOf(token, body)) }

// callOf is a call of WeChat, signed now; without a body it asks whether the
// address is right.
func (s *testSite) callOf(token, body string) *http.Request {
	at, nonce := strconv.FormatInt(s.now.Unix(), 10), "n1"
	parts := []string{token, at, nonce}
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	q := url.Values{"signature": {hex.EncodeToString(sum[:])}, "timestamp": {at}, "nonce": {nonce}, "echostr": {"e1<x>"}}
	if body == "" {
		return httptest.NewRequest("GET", "/callback/wechat?"+q.Encode(), nil)
	}
	return httptest.NewRequest("POST", "/callback/wechat?"+q.Encode(), strings.NewReader(body))
}

func event(openid, rest string) string {
	return "<xml><ToUserName>gh_1</ToUserName><FromUserName>" + openid + "</FromUserName>" + rest + "</xml>"
}

func said(openid, text string) string {
	return event(openid, "<MsgType>text</MsgType><Content><![CDATA["+text+"]]></Content>")
}

var codeInPage = regexp.MustCompile(`绑定 ([A-Z2-9]+)<`)

func TestAFollowerIsBoundByACodeOnce(t *testing.T) {
	site := withGates(t)
	if b := site.tells("wxtoken", ""); b.status != 200 || b.body != "e1<x>" || !strings.HasPrefix(b.header.Get("Content-Type"), "text/plain") {
		t.Errorf("hello: %d %q", b.status, b.body)
	}
	for _, body := range []string{"", said("oEVIL", "退订")} {
		if b := site.tells("wrong", body); b.status != 401 {
			t.Errorf("forged: %d", b.status)
		}
	}
	b := site.browser()
	sub := b.subscribe("13900000001")
	b.get("/me").at("/me", 200, "绑定微信", "这个浏览器的通知", "没有打开脚本")
	b.post("/me/wechat", url.Values{}).at("/me/wechat", 200, "data:image/svg+xml", "只能用一次")
	code := codeInPage.FindStringSubmatch(b.body)
	if code == nil {
		t.Fatalf("no code in %s", mainOf(b.body))
	}
	bound := func() (openids []string) {
		person, err := site.Store.Subscriber(context.Background(), sub)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range person.Contacts {
			if c.Kind == domain.WeChat && c.Suppressed == "" {
				openids = append(openids, c.Address)
			}
		}
		return openids
	}
	if a := site.tells("wxtoken", said("oMINE", "绑定 AAAABBBBCCCC")); !strings.Contains(a.body, "不对或已过期") || len(bound()) > 0 {
		t.Errorf("a guess: %s, %v", a.body, bound())
	}
	if a := site.tells("wxtoken", said("oMINE", "绑定 "+strings.ToLower(code[1]))); !strings.Contains(a.body, "已绑定") || !slices.Equal(bound(), []string{"oMINE"}) {
		t.Errorf("the code: %s, %v", a.body, bound())
	}
	if a := site.tells("wxtoken", said("oTHIEF", "绑定"+code[1])); strings.Contains(a.body, "已绑定") || !slices.Equal(bound(), []string{"oMINE"}) {
		t.Errorf("the code again: %s, %v", a.body, bound())
	}
	// By a scan, and a code whose time is over.
	site.now = site.now.Add(11 * time.Minute)
	b.get("/me").post("/me/wechat", url.Values{})
	scanned := codeInPage.FindStringSubmatch(b.body)[1]
	if a := site.tells("wxtoken", event("oNEW", "<MsgType>event</MsgType><Event>SCAN</Event><EventKey>"+scanned+"</EventKey>")); !strings.Contains(a.body, "已绑定") || !slices.Equal(bound(), []string{"oNEW", "oMINE"}) {
		t.Errorf("scanned: %s, %v", a.body, bound())
	}
	site.now = site.now.Add(11 * time.Minute)
	b.get("/me").post("/me/wechat", url.Values{})
	late := codeInPage.FindStringSubmatch(b.body)[1]
	site.now = site.now.Add(21 * time.Minute)
	if a := site.tells("wxtoken", said("oLATE", "绑定"+late)); strings.Contains(a.body, "已绑定") {
		t.Errorf("too late: %s", a.body)
	}
	// Who leaves, or says so, gets nothing more; the console shows the rest.
	site.tells("wxtoken", event("oNEW", "<MsgType>event</MsgType><Event>unsubscribe</Event>"))
	if a := site.tells("wxtoken", said("oMINE", "退订")); !strings.Contains(a.body, "已退订") || len(bound()) > 0 {
		t.Errorf("stopped: %s, %v", a.body, bound())
	}
	site.tells("wxtoken", said("oMINE", "怎么申请"))
	if replies, err := site.Store.Replies(context.Background(), 10); err != nil || len(replies) != 1 || replies[0].Channel != domain.WeChat {
		t.Errorf("%+v, %v", replies, err)
	}
	b.get("/me").at("/me", 200, "重新开通")
}

func TestWeChatTellsWhatBecameOfAMessage(t *testing.T) {
	site := withGates(t)
	finished := func(id, openid, status string) string {
		return event(openid, "<MsgType>event</MsgType><Event>TEMPLATESENDJOBFINISH</Event><MsgID>"+id+"</MsgID><Status>"+status+"</Status>")
	}
	policy := site.publish()
	one := site.delivered(policy, site.browser().subscribe("13900000001"), domain.Contact{Kind: domain.WeChat, Address: "oONE"}, "501")
	two := site.delivered(policy, site.browser().subscribe("13900000002"), domain.Contact{Kind: domain.WeChat, Address: "oTWO"}, "502")
	for _, body := range []string{
		finished("501", "oTWO", "failed:user block"), // of somebody else: means nothing
		finished("501", "oONE", "success"), finished("502", "oTWO", "failed:user block"), finished("999", "oONE", "success"),
	} {
		if a := site.tells("wxtoken", body); a.status != 200 || a.body != "success" {
			t.Errorf("%d %q", a.status, a.body)
		}
	}
	if site.state(one) != domain.Delivered || site.state(two) != domain.Failed {
		t.Errorf("%s, %s", site.state(one), site.state(two))
	}
}

// TestWeChatTellsOfSubscriptionMessages: the call for one is answered without an
// id, so the receipt is of the person's message; who refuses our template is
// told no more. What is said of other templates is not about us.
func TestWeChatTellsOfSubscriptionMessages(t *testing.T) {
	site := withGates(t)
	sent := func(openid, template, id, code string) string {
		return event(openid, "<MsgType>event</MsgType><Event>subscribe_msg_sent_event</Event><SubscribeMsgSentEvent><List><TemplateId>"+template+
			"</TemplateId><MsgID>"+id+"</MsgID><ErrorCode>"+code+"</ErrorCode><ErrorStatus>x</ErrorStatus></List></SubscribeMsgSentEvent>")
	}
	refused := func(openid, template string) string {
		return event(openid, "<MsgType>event</MsgType><Event>subscribe_msg_change_event</Event><SubscribeMsgChangeEvent><List><TemplateId>"+template+
			"</TemplateId><SubscribeStatusString>reject</SubscribeStatusString></List></SubscribeMsgChangeEvent>")
	}
	policy := site.publish()
	sub := site.browser().subscribe("13900000001")
	one := site.delivered(policy, sub, domain.Contact{Kind: domain.WeChat, Address: "oONE"}, "")
	two := site.delivered(policy, site.browser().subscribe("13900000002"), domain.Contact{Kind: domain.WeChat, Address: "oTWO"}, "")
	stopped := func() bool {
		person, err := site.Store.Subscriber(context.Background(), sub)
		if err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(person.Contacts, func(c domain.Contact) bool { return c.Kind == domain.WeChat && c.Suppressed != "" })
	}
	tell := func(body string) {
		t.Helper()
		if a := site.tells("wxtoken", body); a.status != 200 || a.body != "success" {
			t.Errorf("%d %q", a.status, a.body)
		}
	}
	tell(sent("oONE", "TPL9", "600", "0"))
	tell(refused("oONE", "TPL9"))
	if site.state(one) != domain.Accepted || stopped() {
		t.Errorf("%s, stopped: %v", site.state(one), stopped())
	}
	tell(sent("oONE", "TPL1", "601", "0"))
	tell(sent("oTWO", "TPL1", "602", "43101"))
	tell(refused("oONE", "TPL1"))
	if site.state(one) != domain.Delivered || site.state(two) != domain.Failed || !stopped() {
		t.Errorf("%s, %s, stopped: %v", site.state(one), site.state(two), stopped())
	}
}

func TestABrowserIsSubscribedFromItsOwnPage(t *testing.T) {
	site := withGates(t)
	b := site.browser()
	sub := b.subscribe("13900000001")
	const key = `"keys":{"p256dh":"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4","auth":"BTBZMqHH6r4Tts7J_aSIgg"}}`
	for _, evil := range []string{"", "{}", `{"endpoint":"https://169.254.169.254/x",` + key, `{"endpoint":"http://fcm.googleapis.com/x",` + key} {
		b.get("/me").post("/me/browsers", url.Values{"subscription": {evil}}).at("/me/browsers", 400, "不能使用")
	}
	for i := range 7 {
		b.get("/me").post("/me/browsers", url.Values{"when": {"daily"}, "subscription": {`{"endpoint":"https://fcm.googleapis.com/fcm/send/` + strconv.Itoa(i) + `",` + key}}).at("/me", 200, "已开通这个浏览器的通知", "fcm.googleapis.com")
	}
	person, err := site.Store.Subscriber(context.Background(), sub)
	if err != nil {
		t.Fatal(err)
	}
	var browsers []domain.Contact
	for _, c := range person.Contacts {
		if c.Kind == domain.WebPush {
			browsers = append(browsers, c)
		}
	}
	if len(browsers) != maxAddresses || !strings.Contains(browsers[0].Address, "/send/6") || browsers[0].When != domain.Daily || !browsers[0].Verified {
		t.Errorf("%+v", browsers)
	}
	if strings.Contains(b.body, "/send/6") {
		t.Error("the page shows the endpoint")
	}
	// One of several is removed, one comes again under another name, and all
	// that are left are told at the same time.
	if !slices.ContainsFunc(browsers, func(c domain.Contact) bool { return strings.Contains(c.Address, "/send/2") }) {
		t.Errorf("of seven the latest are kept: %+v", browsers)
	}
	b.post("/me/contacts/"+strconv.Itoa(int(browsers[1].ID)), url.Values{"do": {"remove"}}).at("/me", 200, "已删除")
	form := url.Values{"when": {"weekly"}, "subscription": {`{"endpoint":"https://fcm.googleapis.com/fcm/send/3",` + key}, "_csrf": {tokenInPage.FindStringSubmatch(b.body)[1]}}
	req := httptest.NewRequest("POST", "/me/browsers", strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("User-Agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0")
	b.do(req)
	b.get("/me").at("/me", 200, "Edge（Windows） fcm.googleapis.com")
	if person, err = site.Store.Subscriber(context.Background(), sub); err != nil {
		t.Fatal(err)
	}
	kept := ""
	for _, c := range person.Contacts {
		if c.Kind == domain.WebPush {
			if c.When != domain.Weekly {
				t.Errorf("%+v", c)
			}
			kept += c.Address[strings.Index(c.Address, "/send/")+6:][:1]
		}
	}
	if kept != "3642" {
		t.Errorf("kept %s", kept)
	}
	b.get("/sw.js")
	if b.status != 200 || !strings.HasPrefix(b.header.Get("Content-Type"), "text/javascript") || b.header.Get("Cache-Control") != "no-cache" || !strings.Contains(b.body, "showNotification") {
		t.Errorf("%d %v", b.status, b.header)
	}
	plain := newSite(t)
	p := plain.browser()
	p.subscribe("13900000001")
	p.get("/me")
	if strings.Contains(p.body, "浏览器的通知") || strings.Contains(p.body, "绑定微信") {
		t.Error("what is off is offered")
	}
	p.post("/me/browsers", url.Values{}).at("/me/browsers", 409, "没有开通")
	p.get("/me").post("/me/wechat", url.Values{}).at("/me/wechat", 409, "没有开通")
}
