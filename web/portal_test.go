package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"policypush/internal/auth"
	"policypush/internal/domain"
	"policypush/internal/matching"
	"policypush/interpretations"
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

func TestOnePage(t *testing.T) {
	site := newSite(t)
	policy := site.publish()
	page := fmt.Sprintf("/policies/%d/onepage", policy.ID)
	b := site.browser()
	b.get(page).at(page, 200, "一图读懂", "单项最高", "300万元", "12月10日", "由系统按工作人员确认的政策点绘制", fmt.Sprintf(`href="/policies/%d#c1"`, policy.ID))
	it := interpretations.Item{
		Policy: policy.ID, Kind: interpretations.OnePageKind, State: interpretations.Draft, Title: "县里的一张图",
		OnePage: &interpretations.OnePage{Blocks: []interpretations.Block{{Form: interpretations.Cards, Title: "给什么", Lines: []interpretations.Entry{{Name: "设备", Big: "15%"}}, Clause: "第一条"}}},
	}
	it.Bind(policy)
	if err := site.Store.SaveInterpretation(context.Background(), &it); err != nil {
		t.Fatal(err)
	}
	b.get(page).at(page, 200, "由系统按工作人员确认的政策点绘制")
	it.State = interpretations.Approved
	if err := site.Store.SaveInterpretation(context.Background(), &it); err != nil {
		t.Fatal(err)
	}
	b.get(page).at(page, 200, "县里的<wbr>一张图")
	if strings.Contains(b.body, "由系统按") {
		t.Error("a picture that people made is said to be automatic")
	}
}

func TestOnePageIsDrawnByAWorker(t *testing.T) {
	site := newSite(t)
	ctx := context.Background()
	page := fmt.Sprintf("/policies/%d/onepage", site.publish().ID)
	b := site.browser()
	b.get(page).at(page, 200, "没有安装浏览器程序", "可以直接打印本页")
	b.get(page+".png").at(page, 200, "没有安装浏览器程序")
	if err := site.Store.NoteRenderer(ctx, site.now); err != nil {
		t.Fatal(err)
	}
	b.get(page).at(page, 200, "生成图片和PDF", page+"/files", `alt="二维码：打开本政策的页面"`)
	b.post(page+"/files", url.Values{}).at(page, 200, "正在生成图片和PDF", "刷新看看")
	owed, err := site.Store.OwedRenders(ctx, 10)
	if err != nil || len(owed) != 2 {
		t.Fatalf("owed are %v, %v", owed, err)
	}
	for _, key := range owed {
		r, err := site.Store.Render(ctx, key)
		if err != nil {
			t.Fatal(err)
		}
		text := string(r.Page)
		for _, want := range []string{"<title>一图读懂：", "size: A4", "data:image/svg+xml", `href="http://policy.example/policies/`} {
			if !strings.Contains(text, want) {
				t.Errorf("the page that is drawn is without %s", want)
			}
		}
		if regexp.MustCompile(`(?:src|href)="/|<script|<link|_csrf`).MatchString(text) || strings.Contains(text, hostile) {
			t.Error("the page that is drawn needs something from elsewhere")
		}
		if err := site.Store.FinishRender(ctx, key, []byte("file "+string(r.Form)), site.now); err != nil {
			t.Fatal(err)
		}
	}
	b.get(page).at(page, 200, page+".png", page+".pdf", "下载PDF（一页A4）")
	b.get(page+".png").at(page+".png", 200, "file png")
	b.get(page+".pdf").at(page+".pdf", 200, "file sheet")
	site.refusesDraft(b)
}

// refusesDraft sees that a draft's files are for those who may read it.
func (s *testSite) refusesDraft(b *browser) {
	s.t.Helper()
	draft := &domain.Policy{Office: s.office.ID, Status: domain.Draft, Title: "还没有发布的措施", Text: "一", CreatedAt: s.now}
	if err := s.Store.CreatePolicy(context.Background(), draft); err != nil {
		s.t.Fatal(err)
	}
	hidden := fmt.Sprintf("/policies/%d/onepage", draft.ID)
	b.get(hidden+".png").at(hidden+".png", 404)
}

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
