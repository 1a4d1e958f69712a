package web

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"policypush/internal/auth"
	"policypush/internal/domain"
	"policypush/internal/storage"
)

// life is how routes go on with a link, a code or a form that is used in order,
// once more, after its time, and forged or cut short.
type life struct {
	routes []string // method and path, as routes.go has them
	walk   func(*testing.T)
}

var lives = map[string]life{
	"退订 by a link":             {[]string{"GET /u/:token", "POST /u/:token"}, unsubscribeLives},
	"sign-in by a code":        {[]string{"POST /login", "GET /login/code", "POST /login/code"}, signInLives},
	"an invitation":            {[]string{"GET /login/choose", "POST /login/choose"}, invitationLives},
	"a subscription under way": {[]string{"POST /subscribe", "GET /subscribe/topics", "POST /subscribe/topics", "GET /subscribe/channels", "POST /subscribe/channels", "GET /subscribe/verify", "POST /subscribe/verify", "GET /subscribe/existing", "POST /subscribe/existing"}, subscriptionLives},
	"a question":               {[]string{"GET /ask", "POST /ask", "POST /policies/:id<int>/ask", "POST /policies/:id<int>/qa", "POST /questions", "GET /questions/:id<int>", "POST /questions/:id<int>"}, questionLives},
	"what is public of a policy": {[]string{
		"GET /policies.atom", "GET /policies/:id<int>", "GET /policies/:id<int>/deadlines.ics", "GET /policies/:id<int>/onepage", "GET /policies/:id<int>/onepage.png",
		"GET /policies/:id<int>/onepage.pdf", "GET /policies/:id<int>/card.png", "GET /policies/:id<int>/check", "POST /policies/:id<int>/check", "POST /policies/:id<int>/onepage/files", "GET /policies/:id<int>/ask",
	}, policyLives},
	"what gateways say": {[]string{
		"GET /callback/sms/:secret/report", "GET /callback/sms/:secret/reply", "POST /callback/sms/:secret/:provider/:what<regex(report|reply)>",
		"POST /callback/app", "GET /callback/wechat", "POST /callback/wechat",
	}, gatewayLives},
}

// forEverybody are the routes whose address holds nothing of anybody and has no
// end. A form among them is guarded by checkCSRF alone.
var forEverybody = []string{
	"GET /healthz", "GET /readyz", "GET /robots.txt", "GET /static/*", "GET /sw.js", "GET /", "GET /policies", "GET /interpretations", "GET /questions", "GET /display", "GET /privacy",
	"GET /accessibility", "GET /subscribe", "GET /login", "POST /logout", "GET /console/login", "POST /console/login", "POST /console/logout",
}

// ofASession tells which sign-in a route is behind, "" if none.
func ofASession(route string) string {
	_, path, _ := strings.Cut(route, " ")
	switch {
	case slices.Contains(forEverybody, route):
		return ""
	case path == "/console" || strings.HasPrefix(path, "/console/"):
		return "/console/login"
	case path == "/me" || path == "/inbox" || strings.HasPrefix(path, "/me/") || strings.HasPrefix(path, "/inbox/") || path == "/subscribe/done" || path == "/questions/:id<int>/forget":
		return "/login"
	}
	return ""
}

// allRoutes lists what the site answers, middleware left out.
func allRoutes(s *testSite) []string {
	var all []string
	for _, r := range s.app.GetRoutes(true) {
		if r.Method == "GET" || r.Method == "POST" {
			all = append(all, r.Method+" "+routePath(r.Path))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// routePath leaves the slash out that a group puts behind its own path.
func routePath(p string) string {
	if p == "/" {
		return p
	}
	return strings.TrimSuffix(p, "/")
}

// TestEveryLinkHasItsLife: a route that is new is told here what its links do
// when they are old.
func TestEveryLinkHasItsLife(t *testing.T) {
	known := map[string]string{}
	for _, r := range forEverybody {
		known[r] = "for everybody"
	}
	for name, l := range lives {
		for _, r := range l.routes {
			if known[r] != "" {
				t.Errorf("%s is under %q and %q", r, known[r], name)
			}
			known[r] = name
		}
	}
	for _, r := range allRoutes(newOffice(t)) {
		if known[r] == "" && ofASession(r) == "" {
			t.Errorf("%s: say in lives what becomes of its link when it is used again, old or forged, or name it in forEverybody", r)
		}
		delete(known, r)
	}
	for r, name := range known {
		t.Errorf("%s (%s) is no route any more", r, name)
	}
	for name, l := range lives {
		t.Run(name, l.walk)
	}
}

var routeParam = regexp.MustCompile(`:[a-z]+(<[a-z]+>)?`)

// TestNothingIsBehindAnOldSession: a session that is forged, cut short, over or
// ended opens no page, no file and no form, and leads to the sign-in.
func TestNothingIsBehindAnOldSession(t *testing.T) {
	site := newOffice(t)
	ctx := context.Background()
	reader := site.browser()
	id := reader.subscribe("13900000071")
	site.publish(id)
	staff := site.as("both")
	before := site.seen(id)

	ended := func(b *browser, name, out string) string {
		kept := b.cookies[name]
		b.post(out, url.Values{})
		return kept
	}
	sessions := func(name string, live *browser) map[string]string {
		token := live.cookies[name]
		past, hash := auth.NewToken()
		over := storage.Session{TokenHash: hash, CreatedAt: site.now.Add(-2 * time.Hour), Expires: site.now.Add(-time.Second)}
		if name == readerCookie {
			over.Subscriber = id
		} else {
			over.Operator = 1
		}
		if err := site.Store.SaveSession(ctx, over); err != nil {
			t.Fatal(err)
		}
		forged, _ := auth.NewToken()
		return map[string]string{"forged": forged, "cut short": token[:len(token)-3], "over": past}
	}
	ofReader, ofStaff := sessions(readerCookie, reader), sessions(operatorCookie, staff)
	ofReader["ended"] = ended(reader.get("/me"), readerCookie, "/logout")
	ofStaff["ended"] = ended(staff.get("/console"), operatorCookie, "/console/logout")

	for _, route := range allRoutes(site) {
		login := ofASession(route)
		if login == "" {
			continue
		}
		method, path, _ := strings.Cut(route, " ")
		path = routeParam.ReplaceAllString(path, "1")
		name, old := readerCookie, ofReader
		if login == "/console/login" {
			name, old = operatorCookie, ofStaff
		}
		for how, token := range old {
			b := site.browser()
			b.cookies[name] = token
			if method == "GET" {
				b.get(path)
			} else {
				b.get(login).post(path, url.Values{"do": {"stop"}, "sure": {"yes"}, "reason": {"x"}})
			}
			if b.path != login || b.status != 200 || !strings.Contains(b.body, "登录") {
				t.Errorf("%s, %s: at %s with %d", route, how, b.path, b.status)
			}
			b.tellsNothing("13900000071", "恒达精密")
		}
	}
	if after := site.seen(id); after != before {
		t.Errorf("an old session has changed\n%s\nto\n%s", before, after)
	}
}

// seen is what is kept of a subscriber, to tell whether something changed.
func (s *testSite) seen(id domain.SubscriberID) string {
	s.t.Helper()
	sub, err := s.Store.Subscriber(context.Background(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	marks, err := s.Store.InboxMarks(context.Background(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	all, err := json.Marshal([]any{sub, marks})
	if err != nil {
		s.t.Fatal(err)
	}
	return string(all)
}

// tellsNothing checks that a page is in Chinese and holds none of some texts.
func (b *browser) tellsNothing(secrets ...string) *browser {
	b.site.t.Helper()
	if !strings.Contains(b.body, `<html lang="zh-CN"`) {
		b.site.t.Errorf("%s is no page in Chinese: %s", b.path, b.body)
	}
	for _, s := range secrets {
		if strings.Contains(b.body, s) {
			b.site.t.Errorf("%.60s tells %q", b.path, s)
		}
	}
	return b
}

// spoiled are copies of a token that nobody has issued.
func spoiled(token string) []string {
	other := func(c byte) string {
		if c == 'A' {
			return "B"
		}
		return "A"
	}
	last, first := other(token[len(token)-1]), other(token[0])
	return []string{token[:len(token)-1], token[:len(token)/2], token[:len(token)-1] + last, first + token[1:], token + last, strings.Repeat("A", len(token)), strings.Repeat("x", 4000), "%00", "%E6%94%BF"}
}

func unsubscribeLives(t *testing.T) {
	site := newSite(t)
	id := site.browser().subscribe("13900000072")
	sub, err := site.Store.Subscriber(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	token := site.signer.Unsubscribe(auth.Unsubscribe{Subscriber: id, Contact: sub.Contacts[1].ID, Kind: domain.SMS})
	before := site.seen(id)
	for _, bad := range spoiled(token) {
		for _, b := range []*browser{site.browser().get("/u/" + bad), site.browser().postAsIs("/u/"+bad, url.Values{})} {
			if b.status != 404 || !strings.Contains(b.body, "退订") && !strings.Contains(b.body, "没有这个页面") {
				t.Errorf("%.20s: %d\n%s", bad, b.status, mainOf(b.body))
			}
			b.tellsNothing("139****0072", "13900000072", "恒达精密")
		}
	}
	if site.seen(id) != before {
		t.Error("a forged link has changed something")
	}
	site.now = site.now.AddDate(1, 0, 0) // an old mail is a mail too
	link := "/u/" + token
	site.browser().get(link).at(link, 200, "确认退订", "139****0072").tellsNothing("13900000072", "恒达精密")
	site.browser().postAsIs(link, url.Values{}).at(link, 200, "已退订")
	once := site.seen(id)
	site.now = site.now.Add(time.Hour)
	site.browser().postAsIs(link, url.Values{}).at(link, 200, "已退订")
	site.browser().get(link).at(link, 200, "已退订", "139****0072")
	if again := site.seen(id); again != once || once == before {
		t.Errorf("again it has changed\n%s\nto\n%s", once, again)
	}
}

// asksCode opens the sign-in and has a code sent.
func (b *browser) asksCode(phone string) string {
	b.site.t.Helper()
	b.site.now = b.site.now.Add(2 * time.Minute)
	b.get("/login?to=/me").post("/login", url.Values{"address": {phone}, "to": {"/me"}}).at("/login/code", 200)
	return b.site.code(phone)
}

func signInLives(t *testing.T) {
	const phone = "13900000073"
	site := newSite(t)
	site.browser().subscribe(phone)
	b, other := site.browser(), site.browser()
	code := b.asksCode(phone)
	wrong := "000000"
	if code == wrong {
		wrong = "000001"
	}
	for _, bad := range []string{"", code[:5], wrong} {
		b.post("/login/code", url.Values{"code": {bad}}).at("/login/code", 422, "验证码").tellsNothing(phone, "恒达精密")
	}
	page := b.body
	b.post("/login/code", url.Values{"code": {code}}).at("/me", 200)
	// Once more: by the form that is still open, and in another browser.
	site.now = site.now.Add(sentTwice + time.Second)
	b.body = page
	b.post("/login/code", url.Values{"code": {code}}).at("/login/code", 403, "页面已过期")
	site.now = site.now.Add(2 * time.Minute)
	other.get("/login").post("/login", url.Values{"address": {phone}}).at("/login/code", 200)
	other.post("/login/code", url.Values{"code": {code}}).at("/login/code", 422, "不正确").tellsNothing(phone, "恒达精密")
	// After its time.
	late := other.asksCode(phone)
	site.now = site.now.Add(codeLife + time.Second)
	other.post("/login/code", url.Values{"code": {late}}).at("/login/code", 422, "验证码已过期，请重新获取").tellsNothing(phone, "恒达精密")
	other.asksCode(phone)
	site.now = site.now.Add(wizardSession)
	for _, path := range []string{"/login/code", "/login/choose"} {
		other.get(path).at("/login", 200, "请先填写手机号或邮箱").tellsNothing("0073", "恒达精密")
	}
	// Tried too often, the right one is void too.
	site.now = site.now.Add(time.Hour)
	last := other.asksCode(phone)
	for range 5 {
		other.post("/login/code", url.Values{"code": {wrong}})
	}
	other.post("/login/code", url.Values{"code": {last}}).at("/login/code", 422, "重新获取").tellsNothing(phone, "恒达精密")
	other.get("/me").at("/login", 200)
}

func invitationLives(t *testing.T) {
	const phone = "13900000075"
	site := newSite(t)
	boss := site.browser()
	id := boss.subscribe("13900000074")
	invite := func() {
		boss.get("/me/people").post("/me/people", url.Values{"address": {phone}, "role": {"finance"}}).at("/me/people", 200, "已邀请")
	}
	invite()
	clerk := site.browser()
	clerk.login(phone).at("/login/choose", 200, "恒达精密")
	join, page := clerk.joinIn(), clerk.body
	before := site.seen(id)
	for _, bad := range []string{"99", "-1", "x", join + "0"} {
		if clerk.post("/login/choose", url.Values{"join": {bad}, "do": {"accept"}}); clerk.status < 400 || site.seen(id) != before {
			t.Errorf("invitation %s: %d", bad, clerk.status)
		}
		clerk.tellsNothing("13900000074")
		clerk.get("/login/choose")
	}
	clerk.post("/login/choose", url.Values{"join": {join}, "do": {"accept"}}).at("/me", 200, "已加入")
	once := site.seen(id)
	clerk.body = page
	site.now = site.now.Add(time.Minute)
	clerk.post("/login/choose", url.Values{"join": {join}, "do": {"accept"}}).at("/login/choose", 403, "页面已过期")
	clerk.get("/me").post("/login/choose", url.Values{"join": {join}, "do": {"accept"}}).at("/login", 200)
	if site.seen(id) != once {
		t.Error("accepted twice it changes something")
	}
	// After its time it is not there any more.
	site = newSite(t)
	boss = site.browser()
	boss.subscribe("13900000074")
	invite()
	clerk = site.browser()
	site.now = site.now.AddDate(0, 2, 0)
	clerk.get("/login").post("/login", url.Values{"address": {phone}}).at("/login/code", 200)
	if len(site.codes) > 0 {
		t.Error("a code is sent to somebody whose invitation is over")
	}
}

func subscriptionLives(t *testing.T) {
	const phone = "13900000076"
	site := newSite(t)
	steps := []string{"/subscribe/topics", "/subscribe/channels", "/subscribe/verify", "/subscribe/existing"}
	b := site.browser()
	begun := func() string {
		b.get("/subscribe?kind=enterprise").post("/subscribe", url.Values{"kind": {"enterprise"}, "name": {"恒达精密"}, "region": {"330603"}}).at("/subscribe/topics", 200)
		b.post("/subscribe/topics", url.Values{"all": {"yes"}}).at("/subscribe/channels", 200)
		b.post("/subscribe/channels", url.Values{"sms": {"yes"}, "phone": {phone}, "phone_when": {"now"}, "consent": {"yes"}}).at("/subscribe/verify", 200, "139****0076")
		return site.code(phone)
	}
	subscribers := func() int {
		ids, err := site.Store.SubscribersByAddress(context.Background(), domain.SMS, phone)
		if err != nil {
			t.Fatal(err)
		}
		return len(ids)
	}
	// A code after its time, and then the whole form.
	late := begun()
	site.now = site.now.Add(codeLife + time.Second)
	b.post("/subscribe/verify", url.Values{"kind": {"sms"}, "code": {late}}).at("/subscribe/verify", 422, "验证码已过期，请重新获取").tellsNothing(phone)
	page := b.body
	site.now = site.now.Add(wizardSession)
	for _, step := range steps {
		b.get(step).at("/subscribe", 200, "请从第一步开始", "2小时").tellsNothing("139****0076", phone, "恒达精密")
		b.body = page
		b.post(step, url.Values{"kind": {"sms"}, "code": {late}}).at("/subscribe", 200, "请从第一步开始").tellsNothing("139****0076", phone, "恒达精密")
	}
	// In order, and the last step once more.
	b = site.browser()
	code := begun()
	page, before := b.body, maps.Clone(b.cookies)
	b.post("/subscribe/verify", url.Values{"kind": {"sms"}, "code": {code[:5]}}).at("/subscribe/verify", 422, "不正确")
	if subscribers() != 0 {
		t.Fatal("a code that is cut short subscribes")
	}
	b.post("/subscribe/verify", url.Values{"kind": {"sms"}, "code": {code}}).at("/subscribe/done", 200)
	site.now = site.now.Add(time.Minute)
	b.body = page
	b.post("/subscribe/verify", url.Values{"kind": {"sms"}, "code": {code}}).at("/subscribe/verify", 403, "页面已过期")
	b.get("/subscribe/verify").at("/subscribe", 200, "请从第一步开始")
	was := &browser{site: site, cookies: before, body: page} // the same form from the session that it was shown in
	was.post("/subscribe/verify", url.Values{"kind": {"sms"}, "code": {code}}).at("/subscribe", 200, "请从第一步开始").tellsNothing(phone)
	if n := subscribers(); n != 1 {
		t.Errorf("%d subscriptions", n)
	}
}

func questionLives(t *testing.T) {
	site := newSite(t)
	policy := site.publish()
	page := fmt.Sprintf("/policies/%d", policy.ID)
	const text = "我们厂去年买的设备还能补助吗，发票丢了怎么办"
	count := func() int {
		all, err := site.Store.Questions(context.Background(), storage.QuestionFilter{Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	for n, start := range []string{page, ""} {
		b := site.browser().send(start, text, nil)
		if b.status != 200 || !strings.HasPrefix(b.path, "/questions/") || count() != n+1 {
			t.Fatalf("asked: at %s with %d, %d questions", b.path, b.status, count())
		}
	}
	// The form of a question that was sent, sent again.
	b := site.browser()
	b.get(page).post(page+"/ask", url.Values{"question": {text}})
	form := url.Values{"question": {text}, "do": {"send"}, "once": {onceInPage.FindStringSubmatch(b.body)[1]}}
	b.post(page+"/ask", form)
	asked, own := count(), b.path
	site.now = site.now.Add(time.Minute)
	if site.browser().get(page).post(page+"/ask", form); count() != asked {
		t.Errorf("%d questions after the same form, %d before", count(), asked)
	}
	code := site.questionCode(form.Get("once"))
	id := strings.TrimPrefix(own, "/questions/")
	site.browser().get(own+"?code="+code).at(own, 200, text)
	site.browser().get("/questions").post("/questions", url.Values{"number": {id}, "code": {strings.ToLower(code)}}).at(own, 200, text)
	for _, bad := range spoiled(code) {
		stranger := site.browser()
		stranger.get(own+"?code="+bad).at(own, 404, "用编号和查询码查").tellsNothing(text)
		stranger.get("/questions").post("/questions", url.Values{"number": {id}, "code": {bad}}).at("/questions", 422, "请核对编号和查询码").tellsNothing(text)
		stranger.post(own, url.Values{"code": {bad}, "do": {"withdraw"}}).at(own, 404).tellsNothing(text)
	}
	site.browser().get(own).at("/login", 200).tellsNothing(text)
	site.browser().get("/questions/999?code="+code).at("/questions/999", 404, "用编号和查询码查")
	// Withdrawn once, it is not withdrawn twice.
	owner := site.browser()
	owner.get(own+"?code="+code).post(own, url.Values{"code": {code}, "do": {"withdraw"}})
	if owner.status != 200 {
		t.Errorf("withdrawn: %d\n%s", owner.status, mainOf(owner.body))
	}
	number := domain.QuestionID(0)
	if _, err := fmt.Sscan(id, &number); err != nil {
		t.Fatal(err)
	}
	gone := site.question(number).State
	site.now = site.now.Add(time.Minute)
	owner.get(own+"?code="+code).post(own, url.Values{"code": {code}, "do": {"withdraw"}})
	if owner.tellsNothing(); owner.status >= 500 || site.question(number).State != gone {
		t.Errorf("withdrawn again: %d", owner.status)
	}
	// A question that waits for its sender to sign in waits a day.
	b = site.browser()
	b.get("/ask").post("/ask", url.Values{"question": {text}, "do": {"signin"}}).at("/login", 200, "已暂存")
	draft := regexp.MustCompile(`draft(?:=|%3d|%3D)([A-Z2-7]+)`).FindStringSubmatch(b.body)
	if draft == nil {
		t.Fatalf("no draft in\n%s", mainOf(b.body))
	}
	kept := "/ask?draft=" + draft[1]
	b.get(kept).at("/ask", 200, text)
	for _, bad := range spoiled(draft[1]) {
		b.get("/ask?draft="+bad).at("/ask", 404, "没有这份没发出的提问").tellsNothing(text)
	}
	site.now = site.now.Add(draftKept + time.Second)
	b.get(kept).at("/ask", 404, "已超过一天").tellsNothing(text)
}

func policyLives(t *testing.T) {
	site := newSite(t)
	ctx := context.Background()
	policy := site.publish()
	const title = "云川县支持技术改造若干措施"
	pages := func(id domain.PolicyID) map[string]*browser {
		at, open := fmt.Sprintf("/policies/%d", id), map[string]*browser{}
		for _, end := range []string{"", "/deadlines.ics", "/onepage", "/onepage.png", "/onepage.pdf", "/card.png", "/check"} {
			open["GET "+end] = site.browser().get(at + end)
		}
		for _, end := range []string{"/check", "/onepage/files", "/ask"} {
			open["POST "+end] = site.browser().postAsIs(at+end, url.Values{"kind": {"enterprise"}, "question": {"还能申请吗，怎么申请"}})
		}
		return open
	}
	// What is not public yet or never was: the same answer.
	draft := *policy
	draft.ID, draft.Status, draft.DocNumber, draft.Title = 0, domain.Draft, "云政发〔2026〕99号", "还没公开的措施"
	if err := site.Store.CreatePolicy(ctx, &draft); err != nil {
		t.Fatal(err)
	}
	for _, id := range []domain.PolicyID{draft.ID, 999, 1 << 40} {
		for what, b := range pages(id) {
			if b.status != 404 {
				t.Errorf("%s of policy %d: %d at %s", what, id, b.status, b.path)
			}
			b.tellsNothing("还没公开", "99号", title)
		}
	}
	for _, bad := range []string{"/policies/-1", "/policies/1x", "/policies/99999999999999999999", "/policies/1/onepage.svg"} {
		site.browser().get(bad).at(bad, 404, "没有").tellsNothing(title)
	}
	// In force, and after its end.
	for what, b := range pages(policy.ID) {
		if b.status != 200 {
			t.Errorf("%s: %d", what, b.status)
		}
	}
	ics := fmt.Sprintf("/policies/%d/deadlines.ics", policy.ID)
	if b := site.browser().get(ics); !strings.Contains(b.body, "BEGIN:VALARM") {
		t.Errorf("the calendar reminds of nothing: %s", b.body)
	}
	policy, err := site.Store.Policy(ctx, policy.ID)
	if err != nil {
		t.Fatal(err)
	}
	policy.Status, policy.EndedReason = domain.Withdrawn, "文件有误"
	if err := site.Store.WithdrawPolicy(ctx, policy, nil, site.now); err != nil {
		t.Fatal(err)
	}
	for what, b := range pages(policy.ID) {
		if b.status >= 500 || strings.HasPrefix(b.header.Get("Content-Type"), "text/html") && b.status == 200 && what != "POST /ask" && !strings.Contains(b.body, "撤回") {
			t.Errorf("%s of a withdrawn policy: %d\n%s", what, b.status, mainOf(b.body))
		}
	}
	if b := site.browser().get(ics); strings.Contains(b.body, "BEGIN:VALARM") || !strings.Contains(b.body, "STATUS:CANCELLED") {
		t.Errorf("the calendar of a withdrawn policy still reminds: %s", b.body)
	}
	if b := site.browser().get("/policies.atom"); b.status != 200 || strings.Contains(b.body, title) {
		t.Errorf("the feed lists what was withdrawn: %s", b.body)
	}
}

func gatewayLives(t *testing.T) {
	site := withGates(t)
	phone := "13900000077"
	id := site.browser().subscribe(phone)
	sub, err := site.Store.Subscriber(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	delivery := site.claimOne(sub)
	address, _, _ := strings.Cut(strings.TrimPrefix(site.Callbacks.ReportURL(domain.Delivery{ID: delivery}.ClientRef()), site.Callbacks.Base), "&status=")
	// By somebody who has no secret, half of it, or a signature of another.
	secret := site.Callbacks.Secret()
	before := site.seen(id)
	for _, bad := range spoiled(secret) {
		for _, path := range []string{"/report?ref=d1&status=1", "/reply?from=%2B86" + phone + "&text=TD"} {
			if b := site.browser().get("/callback/sms/" + bad + path).tellsNothing("恒达精密"); b.status != 404 {
				t.Errorf("%.20s: %d", bad, b.status)
			}
		}
		if b := site.browser().do(httptest.NewRequest("POST", "/callback/sms/"+bad+"/unisms/report", strings.NewReader("{}"))).tellsNothing(phone); b.status != 404 {
			t.Errorf("%.20s: %d", bad, b.status)
		}
	}
	mac := regexp.MustCompile(`mac=[^&]+`)
	for _, bad := range []string{mac.ReplaceAllString(address, "mac=AAAA"), mac.ReplaceAllString(address, "mac="), strings.Replace(address, "ref=", "ref=9", 1)} {
		if b := site.browser().get(bad + "&status=1&id=g1").tellsNothing(phone); b.status != 403 && b.status != 400 || site.state(delivery) == domain.Delivered {
			t.Errorf("a forged report: %d, %s", b.status, site.state(delivery))
		}
	}
	if site.seen(id) != before {
		t.Error("a forged call has changed something")
	}
	// In order, again, and one that comes too late to say otherwise.
	for _, status := range []string{"1", "1", "2"} {
		if b := site.browser().get(address + "&status=" + status + "&id=g1"); b.status != 200 || site.state(delivery) != domain.Delivered {
			t.Errorf("report %s: %d, %s", status, b.status, site.state(delivery))
		}
	}
	reply := "/callback/sms/" + secret + "/reply?from=%2B86" + phone + "&to=1069&text=TD"
	site.browser().get(reply)
	once := site.seen(id)
	site.now = site.now.Add(time.Hour)
	if b := site.browser().get(reply); b.status != 200 || site.seen(id) != once || once == before {
		t.Errorf("退订 by text, again: %d", b.status)
	}
	// The app and WeChat sign the hour: a call that was overheard is void later.
	site.browser().do(httptest.NewRequest("POST", "/callback/app", strings.NewReader("{}"))).at("/callback/app", 401).tellsNothing(phone)
	site.tells("wrong", "").at("/callback/wechat", 401).tellsNothing(phone)
	heard := site.callOf(site.Gates.AccountToken, said("oOLD", "退订"))
	site.now = site.now.Add(24 * time.Hour)
	site.browser().do(heard).at("/callback/wechat", 401).tellsNothing(phone)
}
