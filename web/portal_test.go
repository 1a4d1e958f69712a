package web

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"policypush/internal/domain"
)

func TestPublicPages(t *testing.T) {
	site := newSite(t)
	policy := site.publish()
	page := fmt.Sprintf("/policies/%d", policy.ID)
	for name, tt := range map[string]struct {
		path   string
		status int
		says   []string
	}{
		"the front page shows what is new":             {"/", 200, []string{"设备投资补助", "还剩<b>18</b>天", "订阅"}},
		"the library lists the policy":                 {"/policies", 200, []string{"1条结果", "设备投资补助"}},
		"the library finds by words":                   {"/policies?q=技术改造&s=enterprise&t=Q01&v=ok", 200, []string{"1条结果", "全部清除"}},
		"an empty result says what to do":              {"/policies?q=" + url.QueryEscape("飞碟坠毁<b>"), 200, []string{"没有找到与“飞碟坠毁&lt;b&gt;”有关的政策", ">去掉“飞碟坠毁&lt;b&gt;”</a>", `href="/ask">问政策`, "订阅"}},
		"and of several conditions":                    {"/policies?q=" + url.QueryEscape("飞碟坠毁") + "&v=ok", 200, []string{"又符合其他条件", "去掉“现行有效”"}},
		"a word in no policy is named, others offered": {"/policies?s=enterprise&q=" + url.QueryEscape("飞碟补助"), 200, []string{"0条结果", "没有政策写到“飞碟”。", `<a href="/policies?q=%E8%A1%A5%E5%8A%A9&amp;s=enterprise">补助</a>（1份政策）`, "不含“飞碟”", "<title>“飞碟补助”的搜索结果 · 政策库 · 政策直达</title>"}},
		"what was meant is offered":                    {"/policies?q=" + url.QueryEscape("设备投姿补助"), 200, []string{"1条结果", `要找的是不是：<a href="/policies?q=` + url.QueryEscape("设备投资补助") + `">设备投资补助</a>（1份）`}},
		"the privacy notice names what is kept":        {"/privacy", 200, []string{"您提的问题", "保存的搜索", "撤回即删除", "已办理"}},
		"a search shows the passage, as text":          {"/policies?q=设备投资补助", 200, []string{"1条结果", `<a href="/policies/1#m1">政策点</a>`, "<mark>设备投资</mark>"}},
		"a question leads to the answer":               {"/policies?q=最多能补多少钱", 200, []string{"1条结果", `<a href="/policies/1#qa-1">问答</a>`, "&lt;script&gt;"}},
		"a document number finds its document":         {"/policies?q=云政发[2026]1号", 200, []string{"1条结果", "云政发〔2026〕1号"}},
		"a page number out of range is empty":          {"/policies?page=99999999999999999999", 200, []string{"1条结果"}},
		"the policy has its five facts":                {page, 200, []string{"谁能享受", "给什么", "300万元", "2026年12月10日", "怎么办"}},
		"the policy has its measure and its text":      {page, 200, []string{`id="m1"`, "按设备投资额的15%", `id="c1"`, `href="#c1"`, "发票"}},
		"the policy has its interpretations":           {page, 200, []string{"最多补多少？", "机械厂买设备", "解读："}},
		"the policy asks strangers to subscribe":       {page, 200, []string{"我能享受吗", "/subscribe?theme=Q01"}},
		"a policy that is not there":                   {"/policies/999", 404, []string{"没有这份政策"}},
		"a page that is not there":                     {"/nothing/here", 404, []string{"没有这个页面", "去政策库"}},
		"a policy's id that is no number":              {"/policies/abc", 404, nil},
		"the statement on privacy":                     {"/privacy", 200, []string{"隐私说明", domain.ConsentVersion}},
		"the statement on accessibility":               {"/accessibility", 200, []string{"无障碍说明"}},
		"the page of display modes":                    {"/display", 200, []string{"特大字"}},
		"the sign-in":                                  {"/login", 200, []string{"验证码"}},
		"the first step asks for whom":                 {"/subscribe", 200, []string{"为自己或家人"}},
		"residents are asked for a year of birth":      {"/subscribe?kind=resident", 200, []string{"出生年份", "单独同意"}},
		"health":              {"/healthz", 200, []string{"ok"}},
		"readiness":           {"/readyz", 200, []string{"ready"}},
		"robots":              {"/robots.txt", 200, []string{"Disallow: /me"}},
		"a forged link of 退订": {"/u/AAAA", 404, []string{"退订链接"}},
		"callbacks without the secret do not exist": {"/callback/sms/wrong/reply?from=13900000001&text=TD", 404, nil},
	} {
		t.Run(name, func(t *testing.T) {
			b := site.browser()
			b.site = &testSite{Server: site.Server, t: t}
			b.get(tt.path)
			path, _, _ := strings.Cut(tt.path, "?")
			b.at(path, tt.status, tt.says...)
			if csp := b.header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") {
				t.Errorf("content security policy is %q", csp)
			}
		})
	}
}

func TestDraftsAreNotPublic(t *testing.T) {
	site := newSite(t)
	policy := &domain.Policy{Office: site.office.ID, Status: domain.Draft, Title: "还在写的文件"}
	if err := site.Store.CreatePolicy(context.Background(), policy); err != nil {
		t.Fatal(err)
	}
	path := fmt.Sprintf("/policies/%d", policy.ID)
	site.browser().get(path).at(path, 404, "尚未公开")
	site.browser().get("/policies").at("/policies", 200, "0条结果")
}

func TestNobodyTouchesAnothersThings(t *testing.T) {
	site := newSite(t)
	mine, theirs := site.browser(), site.browser()
	id := mine.subscribe("13900000006")
	theirs.subscribe("13900000007")
	site.publish(id)
	sub, err := site.Store.Subscriber(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	theirs.get("/me")
	contact := fmt.Sprintf("/me/contacts/%d", sub.Contacts[1].ID)
	theirs.post(contact, url.Values{"do": {"stop"}}).at(contact, 404)
	theirs.get("/inbox/1").at("/inbox/1", 404)
	theirs.get("/me")
	theirs.post("/inbox/1/stop", url.Values{"what": {"all"}}).at("/inbox/1/stop", 404)
}

func TestFormsFromElsewhereAreRefused(t *testing.T) {
	site := newSite(t)
	b := site.browser()
	b.subscribe("13900000008")
	b.get("/me")
	token := tokenInPage.FindStringSubmatch(b.body)[1]
	other := site.browser()
	other.get("/login")
	foreign := tokenInPage.FindStringSubmatch(other.body)[1]

	b.postAsIs("/me/pause", url.Values{"paused": {"yes"}}).at("/me/pause", 403, "页面已过期")
	b.postAsIs("/me/pause", url.Values{"paused": {"yes"}, "_csrf": {foreign}}).at("/me/pause", 403)
	b.postAsIs("/me/pause", url.Values{"paused": {"yes"}, "_csrf": {"%%%"}}).at("/me/pause", 403)
	req := httptest.NewRequest(http.MethodPost, "/me/pause", strings.NewReader(url.Values{"paused": {"yes"}, "_csrf": {token}}.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	b.do(req).at("/me/pause", 403)
	b.postAsIs("/me/pause", url.Values{"paused": {"yes"}, "_csrf": {token}}).at("/me", 200, "已暂停")
}

func TestDisplayModes(t *testing.T) {
	site := newSite(t)
	b := site.browser()
	b.get("/display?ui=elder&to=/policies").at("/policies", 200, `data-ui="elder"`)
	b.get("/display?contrast=high&to=//evil.example/").at("/display", 200, `data-ui="elder"`, `data-contrast="high"`)
	b.get("/display?ui=<x>&to=/").at("/", 200, `data-ui="elder"`)
}

func TestLimits(t *testing.T) {
	site := newSite(t)
	b := site.browser()
	for range 11 {
		b.get("/login")
		b.post("/login", url.Values{"address": {"x"}})
	}
	b.at("/login", 429, "操作太频繁")
	site.now = site.now.Add(time.Minute)
	b.get("/login")
	b.post("/login", url.Values{"address": {"x"}}).at("/login", 422)

	req := httptest.NewRequest(http.MethodPost, "/login", strings.NewReader(strings.Repeat("a", formLimit+1)))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := site.app.Test(req, 5000)
	if err == nil {
		defer res.Body.Close()
	}
	if err == nil && res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a large form is answered with %d", res.StatusCode)
	}
}

func TestAssetsAreKeptForEver(t *testing.T) {
	site := newSite(t)
	name, err := site.assets.url("portal.css")
	if err != nil {
		t.Fatal(err)
	}
	b := site.browser().get(name)
	if b.status != 200 || !strings.Contains(b.header.Get("Cache-Control"), "immutable") || !strings.HasPrefix(b.header.Get("Content-Type"), "text/css") {
		t.Errorf("%s: %d, %v", name, b.status, b.header)
	}
	site.browser().get("/static/portal.css").at("/static/portal.css", 404)
	site.browser().get("/static/../server.go").at("/static/../server.go", 404)
}
