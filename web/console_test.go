package web

import (
	"bytes"
	"context"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"policypush/internal/auth"
	"policypush/internal/domain"
	"policypush/interpretations"
)

const testPassword = "云川测试口令2026"

// office is a site with one operator of each role and three subscribers.
func newOffice(t *testing.T, change ...func(*Config)) *testSite {
	t.Helper()
	site := newSite(t, append(change, func(cfg *Config) { cfg.Read = readForTest })...)
	ctx := context.Background()
	hash, err := auth.HashPassword(testPassword)
	if err != nil {
		t.Fatal(err)
	}
	for login, roles := range map[string][]domain.Role{
		"drafter": {domain.Drafter}, "approver": {domain.Approver}, "both": {domain.Drafter, domain.Approver}, "admin": {domain.Admin}, "auditor": {domain.Auditor},
	} {
		o := domain.Operator{Office: site.office.ID, Login: login, Name: "工作人员" + login + hostile, Roles: roles, PasswordHash: hash}
		if err := site.Store.SaveOperator(ctx, &o); err != nil {
			t.Fatal(err)
		}
	}
	staff := func(n int64) *int64 { return &n }
	for i, p := range []domain.Profile{
		{Kind: domain.Enterprise, Region: "330603001", Industry: "C34", Size: "small", Staff: staff(86)},
		{Kind: domain.Enterprise, Region: "330603", Industry: "F51", Size: "large", Staff: staff(900)},
		{Kind: domain.Enterprise, Region: "330603", Industry: "C17"},
		{Kind: domain.Resident, Region: "330603", Born: "1958"},
	} {
		sub := domain.Subscriber{
			ExternalID: fmt.Sprintf("YC-%d", i+1), Name: "云川" + []string{"恒达精密机械有限公司", "大通商贸有限公司", "锦和纺织有限公司", "张三"}[i], Profile: p,
			Subscription: domain.Subscription{All: true}, Consent: domain.Consent{Version: "1", At: site.now, Source: "portal"},
			Contacts: []domain.Contact{{Kind: domain.SMS, Address: fmt.Sprintf("1390000000%d", i), Verified: true}},
		}
		if err := site.Store.SaveSubscriber(ctx, &sub); err != nil {
			t.Fatal(err)
		}
		site.Index.Put(sub.ID, sub.Profile, sub.Subscription)
	}
	return site
}

// readForTest stands for the reading of documents: a first line as title, and
// one measure for enterprises of up to 300 persons.
func readForTest(name string, data []byte) (*domain.Policy, []string, error) {
	if bytes.HasPrefix(data, []byte{0}) {
		return nil, nil, domain.Errorf(domain.Invalid, "不是能读的文档，请另存为docx或txt再导入").At(name, 3)
	}
	title, rest, _ := strings.Cut(string(data), "\n")
	var notes []string
	if title == "" {
		notes = append(notes, "没有找到标题，请在草稿中填写")
	}
	text := title + "\n" + rest
	number := ""
	if at := strings.Index(text, "云政发〔"); at >= 0 {
		number, _, _ = strings.Cut(text[at:], "号")
		number += "号"
	}
	n, end := len([]rune(title)), len([]rune(text))
	p := &domain.Policy{
		Title: title, DocNumber: number, Text: text, SourceName: name, Version: 1, Status: domain.Draft, Audience: domain.ForEnterprises,
		Clauses: []domain.Clause{{Kind: domain.TitleClause, Start: 0, End: n, Text: title}, {Path: "第一条", Kind: domain.TextClause, Start: n + 1, End: end, Text: rest}},
		Tags: []domain.Tag{
			{Dimension: domain.ThemeTag, Code: "Q26", State: domain.Assigned, Score: 9, Evidence: []domain.Evidence{{Start: n + 1, End: n + 3, Text: string([]rune(text)[n+1 : n+3]), Score: 9}}},
			{Dimension: domain.ThemeTag, Code: "Q12", State: domain.Suggested, Score: 4},
		},
	}
	p.Measures = []domain.Measure{{
		ID: "m1", Clause: "第一条", Title: "设备投资补助", Text: rest, Start: n + 1, End: end,
		Criteria: domain.Leaf(domain.Condition{Field: domain.FieldStaff, Op: domain.AtMost, Number: 300}),
		Benefit:  domain.Benefit{Rate: 0.15, Base: "设备投资额", Cap: 3e6}, Unread: []string{"信用状况良好"},
	}}
	return p, notes, nil
}

// as signs an operator in.
func (s *testSite) as(login string) *browser {
	s.t.Helper()
	b := s.browser()
	b.get("/console/login")
	return b.post("/console/login", url.Values{"login": {login}, "password": {testPassword}}).at("/console", 200, "工作台")
}

// upload posts files to the import.
func (b *browser) upload(token bool, files map[string]string, text string) *browser {
	b.site.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	write := func(err error) {
		if err != nil {
			b.site.t.Fatal(err)
		}
	}
	if found := tokenInPage.FindStringSubmatch(b.body); token && found != nil {
		write(w.WriteField("_csrf", found[1]))
	}
	write(w.WriteField("text", text))
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		part, err := w.CreateFormFile("files", name)
		write(err)
		_, err = part.Write([]byte(files[name]))
		write(err)
	}
	write(w.Close())
	req := httptest.NewRequest(http.MethodPost, "/console/import", &body)
	req.Header.Set("Content-Type", w.FormDataContentType())
	return b.do(req)
}

const draftText = "云川县支持设备更新若干措施" + hostile + "\n企业购置设备的，按投资额的15%给予补助，最高300万元。" + hostile

// drafted imports one policy and returns where its pages begin.
func (b *browser) drafted() string {
	b.site.t.Helper()
	b.get("/console/import").upload(true, map[string]string{"措施.txt": draftText}, "")
	if !strings.HasPrefix(b.path, "/console/policies/") {
		b.site.t.Fatalf("after the import at %s\n%s", b.path, mainOf(b.body))
	}
	return b.path
}

func TestStaffSignIn(t *testing.T) {
	site := newOffice(t)
	b := site.browser()
	b.get("/console/policies?q=x").at("/console/login", 200, `value="/console/policies?q=x"`)
	b.post("/console/login", url.Values{"login": {"drafter"}, "password": {"wrong"}}).at("/console/login", 422, "账号或密码不对", `value="drafter"`)
	unknown := b.body
	b.post("/console/login", url.Values{"login": {"nobody"}, "password": {"wrong"}}).at("/console/login", 422, "账号或密码不对")
	if strings.ReplaceAll(mainOf(b.body), "nobody", "drafter") == "" || len(b.body) == 0 || len(unknown) == 0 {
		t.Fatal("no answer")
	}
	b.post("/console/login", url.Values{"login": {"drafter"}, "password": {testPassword}, "to": {"//evil.example"}}).at("/console", 200, "工作台")
	first := b.cookies[operatorCookie]
	b.get("/console/login").post("/console/login", url.Values{"login": {"drafter"}, "password": {testPassword}, "to": {"/console/policies"}}).at("/console/policies", 200)
	if b.cookies[operatorCookie] == first {
		t.Error("the token survived a sign-in")
	}
	old := site.browser()
	old.cookies[operatorCookie] = first
	old.get("/console").at("/console/login", 200)
	b.post("/console/logout", url.Values{}).at("/console/login", 200)
	b.get("/console").at("/console/login", 200)

	guesser := site.browser()
	guesser.get("/console/login")
	for range 6 {
		guesser.post("/console/login", url.Values{"login": {"approver"}, "password": {"guess"}})
	}
	guesser.post("/console/login", url.Values{"login": {"approver"}, "password": {testPassword}}).at("/console/login", 422, "尝试次数太多")
	site.now = site.now.Add(2 * time.Minute)
	guesser.post("/console/login", url.Values{"login": {"approver"}, "password": {testPassword}}).at("/console", 200)
}

func TestPasswordsAreChangedByTheirOwners(t *testing.T) {
	b := newOffice(t).as("drafter")
	b.get("/console/account").post("/console/account/password", url.Values{"old": {"wrong"}, "new": {"另一个更好的口令啊"}, "again": {"另一个更好的口令啊"}}).at("/console/account/password", 422, "原密码不对")
	b.post("/console/account/password", url.Values{"old": {testPassword}, "new": {"短"}, "again": {"短"}}).at("/console/account/password", 422, "至少需要10个字符")
	b.post("/console/account/password", url.Values{"old": {testPassword}, "new": {"另一个更好的口令2027"}, "again": {"别的"}}).at("/console/account/password", 422, "两次填写的新密码不一样")
	b.post("/console/account/password", url.Values{"old": {testPassword}, "new": {"另一个更好的口令2027"}, "again": {"另一个更好的口令2027"}}).at("/console", 200, "密码已修改")
}

// TestAnOfficerProvesAnAddress: it counts once its code was typed, is masked
// then, and taken off by one button.
func TestAnOfficerProvesAnAddress(t *testing.T) {
	site := newOffice(t)
	b := site.as("drafter")
	b.get("/console/account").post("/console/account/mail", url.Values{"address": {"lin at gov"}, "do": {"send"}}).
		at("/console/account/mail", 422, "请填写完整的邮箱地址", `value="lin at gov"`)
	b.post("/console/account/mail", url.Values{"address": {"lin@Gov.example"}, "do": {"send"}}).at("/console/account/mail", 200, "已发到lin@gov.example")
	b.post("/console/account/mail", url.Values{"address": {"lin@gov.example"}, "do": {"send"}}).at("/console/account/mail", 422, "刚刚发送过", "确认邮箱")
	b.post("/console/account/mail", url.Values{"address": {"lin@gov.example"}, "do": {"check"}, "code": {"000000"}}).at("/console/account/mail", 422, "验证码不正确")
	mail := func() string {
		o, err := site.Store.OperatorByLogin(context.Background(), "drafter")
		if err != nil {
			t.Fatal(err)
		}
		return o.Mail
	}
	if mail() != "" {
		t.Fatal("an address counts that nobody proved")
	}
	code := site.code("lin@gov.example")
	b.post("/console/account/mail", url.Values{"address": {"zhou@gov.example"}, "do": {"check"}, "code": {code}}).at("/console/account/mail", 422, "请先获取验证码")
	b.post("/console/account/mail", url.Values{"address": {"lin@gov.example"}, "do": {"check"}, "code": {code}}).
		at("/console/account", 200, "提醒邮箱已登记", "l***@gov.example")
	if mail() != "lin@gov.example" {
		t.Fatalf("the address is %q", mail())
	}
	b.post("/console/account/password", url.Values{"old": {testPassword}, "new": {"另一个更好的口令2027"}, "again": {"另一个更好的口令2027"}}).at("/console", 200, "密码已修改")
	if b.get("/console/account").at("/console/account", 200, "l***@gov.example"); strings.Contains(b.body, "lin@gov.example") {
		t.Fatal("the page shows the address")
	}
	b.post("/console/account/mail", url.Values{"do": {"remove"}}).at("/console/account", 200, "提醒邮箱已停用")
	if mail() != "" {
		t.Fatal("the address is kept")
	}
}

func TestImport(t *testing.T) {
	b := newOffice(t).as("drafter")
	b.get("/console/import").upload(true, map[string]string{"甲.txt": draftText, "乙.pdf": "\x00坏的", "丙.txt": "\n没有标题的正文，按15%给予补助。"}, "\x00粘贴的也坏")
	b.at("/console/import", 200, "成功2份，失败2份", "乙.pdf", "第3行：不是能读的文档", "没有找到标题", "（未填写标题）", "粘贴的也坏")
	b.get("/console/import").upload(true, nil, "").at("/console/import", 422, "请选择至少一个文件")
	b.get("/console/import").upload(true, map[string]string{"乙.pdf": "\x00"}, "").at("/console/import", 422, "出错：")
	b.get("/console/policies").at("/console/policies", 200, "共2份", "（未填写标题）")
	twice := "一份措施\n云政发〔2026〕7号，给予补助。"
	b.get("/console/import").upload(true, map[string]string{"一.txt": twice, "二.txt": twice}, "")
	b.at("/console/import", 200, "成功1份，失败1份", "二.txt", "云政发〔2026〕7号", "《一份措施》", `标题和文号相同：<a href="/console/policies/3">一份措施</a>`)
	// The same title is no mistake by itself: the officer is told, and led to the other.
	b.get("/console/import").upload(true, map[string]string{"三.txt": "一份措施\n云政发〔2027〕7号，给予补助。"}, "")
	b.at("/console/policies/4", 200, "可能重复导入", `标题相同：<a href="/console/policies/3">一份措施</a>，云政发〔2026〕7号（待确认）`)
	b.get("/console/policies/3/release").at("/console/policies/3/release", 200, `<a href="/console/policies/4">一份措施</a>`)
	b.get("/console/import").upload(true, map[string]string{"四.txt": "另一份\n给予补助。"}, "")
	if strings.Contains(b.body, "可能重复导入") {
		t.Error("another title is taken for the same")
	}
	b.get("/console/import").upload(false, map[string]string{"甲.txt": draftText}, "").at("/console/import", 403, "页面已过期")
}

func TestTagsEvidenceAndAudience(t *testing.T) {
	b := newOffice(t).as("drafter")
	path := b.drafted()
	// one of 86 persons for sure, one of 900 not, one that does not say perhaps, a resident not
	b.at(path, 200, `<mark class="ev d-thm"`, "投资技改与项目", "得分9", "建议", "信用状况良好", "从业人数不超过300人", `class="num">1</b>适用可能性高`, `class="num">1</b>可能适用`, "云川**", "短信（只记入发件箱）")
	if strings.Contains(b.body, "恒达") {
		t.Error("the preview names an enterprise in full")
	}
	b.post(path+"/tags", url.Values{"tag": {"theme|Q12"}, "do": {"confirm"}}).at(path, 200, "确认主题")
	b.post(path+"/tags", url.Values{"tag": {"theme|Q26"}, "do": {"remove"}}).at(path, 200, "删除主题", "已删除1个")
	b.post(path+"/tags", url.Values{"tag": {"theme|Q26"}, "do": {"confirm"}}).at(path, 200)
	b.post(path+"/tags", url.Values{"do": {"add"}, "keyword": {hostile}}).at(path, 200, "新增关键词")
	b.post(path+"/tags", url.Values{"do": {"add"}, "tag": {"theme|XX"}}).at(path+"/tags", 400, "请从列表中选择")
	b.get(path).post(path+"/tags", url.Values{"do": {"add"}, "tag": {"theme|Z01"}}).at(path, 200, "这份文件不推送", "Z类", "适用可能性高1 → 0")
	b.post(path+"/tags", url.Values{"do": {"remove"}, "tag": {"theme|Z01"}}).at(path, 200, "适用可能性高0 → 1")

	b.get(path+"/fields").at(path+"/fields", 200, "发文字号").lacks("已经过去")
	b.post(path+"/fields", url.Values{"title": {"云川县支持设备更新若干措施"}, "audience": {"both"}, "expires": {"2020年6月30日"}}).at(path+"/fields", 200, "有效期到2020年6月30日，已经过去")
	b.get(path + "/fields")
	form := url.Values{"title": {""}, "audience": {"both"}, "publish_date": {"明年"}, "expires": {"2025-01-01"}, "effective_from": {"2026-01-01"}}
	b.post(path+"/fields", form).at(path+"/fields", 422, "请填写标题", "要写成2026-12-10这样的日期", `value="明年"`, "早于施行日期")
	b.get(path+"/fields").post(path+"/fields", url.Values{"title": {"新标题"}, "audience": {"neither"}, "publish_date": {"2026年11月1日"}, "issuers": {"云川县人民政府、云川县财政局"}}).
		at(path+"/fields", 200, `value="2026-11-01"`, `value="云川县人民政府、云川县财政局"`, "政府内部", "这份文件不推送")
}

func TestMeasuresAndCriteria(t *testing.T) {
	b := newOffice(t).as("drafter")
	path := b.drafted()
	m := path + "/measures/m1"
	b.get(path+"/measures").at(path+"/measures", 200, "设备投资补助", "没读懂：信用状况良好")
	b.get(m).at(m, 200, "从业人数不超过300人", "加条件", `name="field"`) // two pages on, a condition is added
	b.get(m+"?field=size").at(m, 200, "微型", `name="at" value="-"`)
	add := url.Values{"do": {"add"}, "at": {"-"}, "field": {"size"}, "values": {"small", "micro"}, "join": {"any"}}
	b.post(m+"/criteria", add).at(m, 200, "新增条件", "满足任一", "企业规模为小型企业、微型企业")
	b.post(m+"/criteria", url.Values{"do": {"add"}, "at": {"1"}, "field": {"region"}, "values": {"330603"}, "join": {"all"}}).at(m, 200, "同时满足")
	b.post(m+"/criteria", url.Values{"do": {"add"}, "at": {"-"}, "field": {"revenue"}, "op": {"le"}, "number": {"2000万"}, "join": {"any"}}).at(m, 200, "2000万元")
	b.post(m+"/criteria", url.Values{"do": {"not"}, "at": {"0"}}).at(m, 200, "不包括")
	b.post(m+"/criteria", url.Values{"do": {"swap"}, "at": {"1"}}).at(m, 200, "改变了条件的组合方式")
	b.post(m+"/criteria", url.Values{"do": {"remove"}, "at": {"0"}}).at(m, 200, "删除条件")
	b.post(m+"/criteria", url.Values{"do": {"remove"}, "at": {"7.7"}}).at(m+"/criteria", 404, "没有这个条件")
	b.get(m).post(m+"/criteria", url.Values{"do": {"add"}, "at": {"-"}, "field": {"size"}, "values": {"huge"}}).at(m+"/criteria", 422, "没有代码huge")
	b.get(m).post(m+"/criteria", url.Values{"do": {"add"}, "at": {"-"}, "field": {"staff"}, "op": {"le"}, "number": {"很多"}}).at(m+"/criteria", 422, "要填写整数")
	b.get(m).post(m+"/criteria", url.Values{"do": {"remove"}, "at": {"-"}}).at(m, 200, "没有条件", "是企业")

	b.post(m, url.Values{"title": {""}, "rate": {"三成"}, "deadline": {"年底"}, "clause": {"第九十九条"}}).at(m, 422, "请先改好下面4处", `value="三成"`, `value="年底"`)
	b.get(m).post(m, url.Values{"title": {"买设备补助"}, "rate": {"20%"}, "cap": {"50万元"}, "yearly": {"yes"}, "from": {"11月10日"}, "to": {"12-10"}, "mode": {"apply"}, "materials": {"发票\n\n合同"}, "clause": {"第一条"}}).
		at(m, 200, `value="20%"`, `value="50万元"`, `value="11-10"`, "发票\n合同")
	b.get(m).post(m, url.Values{"title": {"少缴增值税"}, "kind": {"B02"}, "rate": {"1%"}, "remains": {"yes"}, "clause": {"第一条"}}).at(m, 200, `name="remains" value="yes" checked`)
	b.get(path+"/measures").at(path+"/measures", 200, "减按1%征收")
	b.post(path+"/measures", url.Values{}).at(path+"/measures/m2", 200, "新的政策点")
	b.post(path+"/measures/m2/remove", url.Values{}).at(path+"/measures", 200, "删除政策点", "共1个")
	b.get(path).at(path, 200, "没有条件")
}

// showsWhileTyping has what is typed drawn as preview.js does: the same drawing
// as the button's, with what is missing, and nothing is kept.
func (b *browser) showsWhileTyping(to string) {
	b.site.t.Helper()
	part := func(form url.Values) string {
		form.Set("_csrf", tokenInPage.FindStringSubmatch(b.get(to + "/new?kind=qa").body)[1])
		req := httptest.NewRequest(http.MethodPost, to, strings.NewReader(form.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("X-Part", "1")
		return b.do(req).at(to, 200).body
	}
	form := url.Values{"kind": {"qa"}, "question": {"补多少" + hostile}, "answer": {"15%"}, "do": {"save"}}
	if got := part(form); strings.Contains(got, "<html") || !strings.Contains(got, "选好依据的条款") || !strings.Contains(got, "还不能保存：") {
		b.site.t.Errorf("without a clause it shows\n%s", got)
	}
	form["cited"], form["question"] = []string{"第一条"}, []string{"补多少" + hostile + "？"}
	got := part(form)
	if strings.Contains(got, "还不能保存") || strings.Contains(got, hostile) || !strings.Contains(got, "15%") {
		b.site.t.Errorf("whole it shows\n%s", got)
	}
	form.Set("do", "preview")
	page := b.get(to+"/new?kind=qa").post(to, form).at(to, 200).body
	_, drawn, _ := strings.Cut(got, `data-part="shown">`)
	if drawn, _, _ = strings.Cut(drawn, "</div>"); len(drawn) < 100 || !strings.Contains(page, drawn) {
		b.site.t.Errorf("while typing it shows\n%s\nthe button\n%s", got, page)
	}
	listed := strings.Count(b.get(to).body, "补多少")
	form.Set("do", "save")
	part(form)
	if strings.Count(b.get(to).body, "补多少") != listed {
		b.site.t.Error("a drawing was kept")
	}
}

func TestInterpretations(t *testing.T) {
	site := newOffice(t)
	b := site.as("drafter")
	path := b.drafted()
	to := path + "/interpretations"
	b.get(to+"/new?kind=qa").at(to+"/new", 200, "新增简明问答")
	b.post(to, url.Values{"kind": {"qa"}, "question": {"补多少" + hostile}, "answer": {"15%"}, "cited": {"第一条"}}).at(to, 422, "以问号结尾")
	b.get(to+"/new?kind=qa").post(to, url.Values{"kind": {"qa"}, "question": {"补多少" + hostile + "？"}, "answer": {"15%"}, "cited": {"第一条"}, "do": {"save"}}).at(to, 200, "待审核", "解读已保存")
	b.get(to+"/new?kind=chart").post(to, url.Values{"kind": {"chart"}, "title": {"最高多少"}, "clause": {"第一条"}, "form": {"rank"}, "unit": {"万元"}, "label0": {"设备"}, "value0": {"300"}, "label1": {"软件"}, "value1": {"一百"}}).
		at(to, 422, "第2行的数值“一百”要写成数字", `value="一百"`)
	b.get(to+"/new?kind=chart").post(to, url.Values{"kind": {"chart"}, "title": {"最高多少"}, "clause": {"第一条"}, "form": {"compare"}, "unit": {"万元"}, "before": {"原来"}, "after": {"现在"}, "label0": {"设备"}, "value0": {"300"}}).
		at(to, 422, "第1行的数值没有填，是0就写0")
	b.get(to+"/new?kind=chart").post(to, url.Values{"kind": {"chart"}, "title": {"最高多少"}, "clause": {"第一条"}, "form": {"rank"}, "unit": {"万元"}, "label0": {"设备"}, "value0": {"300"}, "label1": {"软件"}, "value1": {"100"}, "point_clause1": {"第一条"}, "do": {"preview"}}).
		at(to, 200, "公众看到的样子", `class="val"`, `第2行</span>这一行的条款<select class="inp" name="point_clause1" id="f-point_clause1"><option value="">同上面所选</option><option value="第一条" selected>`)
	b.showsWhileTyping(to)
	cs := url.Values{"kind": {"case"}, "title": {"机械厂"}, "who": {"小型企业"}, "facts": {"投入100万元"}, "measure": {"m1"}, "base": {"100万"}, "do": {"compute"}}
	b.get(to+"/new?kind=case").post(to, cs).at(to, 200, "15万元")
	cs.Set("do", "save")
	cs.Set("step0", "投入100万元×15%")
	cs.Set("sum0", "15万元")
	cs.Set("result_name", "可得补助")
	cs.Set("result_value", "16万元")
	cs.Set("clause", "第一条")
	b.post(to, cs).at(to, 422, "15万元")
	cs.Set("result_value", "15万元")
	b.post(to, cs).at(to, 200, "案例说明：机械厂")

	var id domain.PolicyID
	if _, err := fmt.Sscanf(path, "/console/policies/%d", &id); err != nil {
		t.Fatal(err)
	}
	items, err := site.Store.Interpretations(context.Background(), id, false)
	if err != nil || len(items) != 2 {
		t.Fatalf("%d interpretations, %v", len(items), err)
	}
	one := fmt.Sprintf("%s/%d", to, items[0].ID)
	b.post(one+"/approve", url.Values{}).at(one+"/approve", 403, "没有审批权限")
	second := site.as("approver")
	second.get(to).post(one+"/approve", url.Values{}).at(to, 200, "解读已审核", "已审核")
	b.get(one).at(one, 200, "补多少").post(one, url.Values{"question": {"补几成？"}, "answer": {"15%"}, "cited": {"第一条"}, "do": {"save"}}).at(to, 200)
	if it, err := site.Store.Interpretation(context.Background(), items[0].ID); err != nil || it.State != interpretations.Draft {
		t.Errorf("a changed interpretation stays approved: %v, %v", it.State, err)
	}
	b.post(one+"/delete", url.Values{}).at(to, 200, "解读已删除")

	both := site.as("both")
	own := both.drafted() + "/interpretations"
	both.get(own+"/new?kind=qa").post(own, url.Values{"kind": {"qa"}, "question": {"补多少？"}, "answer": {"15%"}, "cited": {"第一条"}})
	all, err := site.Store.Interpretations(context.Background(), id+1, false)
	if err != nil || len(all) != 1 {
		t.Fatalf("%d interpretations, %v", len(all), err)
	}
	mine := fmt.Sprintf("%s/%d/approve", own, all[0].ID)
	both.post(mine, url.Values{}).at(mine, 403, "编写人不能审核自己的解读")
}

func TestTwoPersonsPublishAndWithdraw(t *testing.T) {
	site := newOffice(t)
	woken := 0
	site.Wake = func() { woken++ }
	one, two, both := site.as("drafter"), site.as("approver"), site.as("both")
	path := one.drafted()
	release := path + "/release"

	one.get(release).at(release, 200, "提交审批")
	two.get(release).post(path+"/publish", url.Values{}).at(path+"/publish", 409, "尚未通过审批")
	one.get(release).post(path+"/submit", url.Values{}).at(release, 200, "已提交审批", "没有审批权限")
	one.get(path).post(path+"/tags", url.Values{"tag": {"theme|Q26"}, "do": {"remove"}}).at(path+"/tags", 409, "不能直接修改")
	two.get(release).at(release, 200, "审批通过", "适用可能性高1").post(path+"/return", url.Values{}).at(path+"/return", 422, "请写明退回的原因")
	two.get(release).post(path+"/return", url.Values{"remark": {"缺文号" + hostile}}).at(release, 200, "已退回", "缺文号")
	one.get(path).at(path, 200, "退回：缺文号")

	// who corrected a draft is not its second person, whatever the roles
	both.get(path).post(path+"/tags", url.Values{"tag": {"theme|Q12"}, "do": {"confirm"}}).at(path, 200)
	one.get(release).post(path+"/submit", url.Values{}).at(release, 200)
	both.get(release).at(release, 200, "您改过这份草稿").post(path+"/approve", url.Values{}).at(path+"/approve", 403, "您改过这份草稿")
	two.get(release).post(path+"/approve", url.Values{}).at(release, 200, "已审批通过")
	one.get(release).post(path+"/publish", url.Values{"possible": {"yes"}}).at("/console/pushes/1", 200, "准备中", "正在计算受众", "/console/pushes/1/events")
	if woken != 1 {
		t.Errorf("the dispatcher was woken %d times", woken)
	}
	push, err := site.Store.Push(context.Background(), 1)
	if err != nil || push.State != domain.PushOwed || !push.IncludePossible || push.Kind != domain.NewPolicy {
		t.Errorf("push %+v, %v", push, err)
	}
	one.get(release).post(path+"/withdraw", url.Values{"reason": {"有误"}}).at(path+"/withdraw", 403, "没有审批权限")
	two.get(release).post(path+"/withdraw", url.Values{}).at(path+"/withdraw", 422, "请写明撤回理由")
	two.get(release).post(path+"/withdraw", url.Values{"reason": {"文件有误"}, "notice": {"yes"}}).at(release, 200, "已撤回", "文件有误")
	if push, err = site.Store.Push(context.Background(), 1); err != nil || push.State != domain.PushStopped {
		t.Errorf("after the withdrawal the push is %s, %v", push.State, err)
	}
	if notice, err := site.Store.Push(context.Background(), 2); err != nil || notice.Kind != domain.WithdrawalNotice {
		t.Errorf("notice %+v, %v", notice, err)
	}
	for _, said := range []string{"导入", "提交审批", "退回", "审批通过", "发布", "撤回"} {
		two.get("/console/audit").at("/console/audit", 200, said)
	}

	// somebody with both roles cannot approve what they drafted
	own := both.drafted()
	both.get(own+"/release").post(own+"/submit", url.Values{}).at(own+"/release", 200, "不能审批自己提交的政策")
	both.post(own+"/approve", url.Values{}).at(own+"/approve", 403, "不能审批自己提交的政策")
}

func TestPublishingWithoutInterpretationNeedsAReason(t *testing.T) {
	site := newOffice(t)
	one, two := site.as("drafter"), site.as("approver")
	path := one.drafted()
	kind := ""
	for _, k := range site.Rules.DocumentKinds.All() {
		if k.MustInterpret {
			kind = k.Code
		}
	}
	one.get(path+"/fields").post(path+"/fields", url.Values{"title": {"办法"}, "audience": {"enterprise"}, "doc_kind": {kind}}).at(path+"/fields", 200)
	one.post(path+"/submit", url.Values{})
	two.get(path+"/release").post(path+"/approve", url.Values{}).at(path+"/release", 200, "不解读的理由")
	two.post(path+"/publish", url.Values{}).at(path+"/publish", 422, "写明不解读的理由")
	two.get(path+"/release").post(path+"/publish", url.Values{"reason": {"内容简单"}}).at("/console/pushes/1", 200)
	two.get(path+"/release").at(path+"/release", 200, "内容简单")
}

// TestForbidden tries every route of the console with roles that lack what it
// needs.
func TestForbidden(t *testing.T) {
	site := newOffice(t)
	path := site.as("drafter").drafted()
	reading := []string{"/console/policies", path, path + "/fields", path + "/measures", path + "/measures/m1", path + "/interpretations", path + "/release", path + "/messages", "/console/pushes", "/console/outbox", "/console/questions", "/console/subscribers", "/console/subscribers/1"}
	drafting := []string{"/tags", "/fields", "/measures", "/measures/m1", "/measures/m1/remove", "/measures/m1/checked", "/measures/m1/criteria", "/interpretations", "/interpretations/1", "/interpretations/1/delete", "/submit"}
	approving := []string{"/interpretations/1/approve", "/approve", "/withdraw"}
	releasing := []string{"/return", "/publish", "/supplement"}
	managing := []string{"/console/operators", "/console/operators/new", "/console/operators/1", "/console/offices", "/console/offices/new", "/console/offices/1"}
	for login, may := range map[string]struct{ read, draft, approve, release, manage bool }{
		"drafter":  {read: true, draft: true, release: true},
		"approver": {read: true, approve: true, release: true},
		"auditor":  {read: true},
		"admin":    {manage: true},
	} {
		t.Run(login, func(t *testing.T) {
			b := site.as(login)
			check := func(method, path string, allowed bool) {
				t.Helper()
				b.get("/console")
				if method == http.MethodGet {
					b.get(path)
				} else {
					b.post(path, url.Values{})
				}
				if refused := b.status == http.StatusForbidden; refused == allowed {
					t.Errorf("%s %s as %s: %d", method, path, login, b.status)
				}
			}
			for _, p := range reading {
				check(http.MethodGet, p, may.read)
			}
			check(http.MethodGet, "/console/import", may.draft)
			check(http.MethodGet, path+"/interpretations/new?kind=qa", may.draft)
			for _, p := range managing {
				check(http.MethodGet, p, may.manage)
			}
			refusedPosts := map[bool][]string{}
			refusedPosts[may.draft] = append(refusedPosts[may.draft], drafting...)
			refusedPosts[may.approve] = append(refusedPosts[may.approve], approving...)
			refusedPosts[may.release] = append(refusedPosts[may.release], releasing...)
			for _, p := range refusedPosts[false] {
				check(http.MethodPost, path+p, false)
			}
			if !may.release {
				check(http.MethodPost, "/console/questions/1", false)
			}
			if !may.manage {
				check(http.MethodPost, "/console/operators", false)
				check(http.MethodPost, "/console/operators/1", false)
				check(http.MethodPost, "/console/offices", false)
				check(http.MethodPost, "/console/offices/1", false)
			}
			for _, p := range []string{"/console", "/console/audit", "/console/rules", "/console/account"} {
				check(http.MethodGet, p, true)
			}
		})
	}
	stranger := site.browser()
	for _, p := range append(append([]string{"/console", "/console/pushes/1/events"}, reading...), managing...) {
		stranger.get(p).at("/console/login", 200)
	}
	b := site.as("drafter")
	for _, p := range drafting {
		b.postAsIs(path+p, url.Values{}).at(path+p, 403, "页面已过期")
	}
}

func TestAnotherOfficeIsOnlyForReading(t *testing.T) {
	site := newOffice(t)
	ctx := context.Background()
	other := domain.Office{Name: "邻县政务公开办", Region: "330604"}
	if err := site.Store.SaveOffice(ctx, &other); err != nil {
		t.Fatal(err)
	}
	p, _, err := readForTest("邻县.txt", []byte("邻县的措施\n正文在这里。"))
	if err != nil {
		t.Fatal(err)
	}
	p.Office = other.ID
	if err := site.Store.CreatePolicy(ctx, p); err != nil {
		t.Fatal(err)
	}
	path := policyPath(p.ID, "")
	b := site.as("drafter")
	b.get(path).at(path, 200, "邻县的措施").post(path+"/tags", url.Values{"tag": {"theme|Q26"}, "do": {"remove"}}).at(path+"/tags", 403, "其他单位")
	b.get(path).post(path+"/submit", url.Values{}).at(path+"/submit", 403, "其他单位")
}

func TestOperators(t *testing.T) {
	site := newOffice(t)
	b := site.as("admin")
	b.at("/console", 200, "您是系统管理员")
	form := url.Values{"login": {"new"}, "name": {"新人"}, "roles": {"drafter"}, "office": {"1"}, "password": {"短"}}
	b.get("/console/operators/new").post("/console/operators", form).at("/console/operators", 422, "至少需要10个字符", `value="新人"`)
	form.Set("password", testPassword)
	form["roles"] = []string{"admin", "drafter"}
	b.get("/console/operators/new").post("/console/operators", form).at("/console/operators", 422, "不能兼任")
	form["roles"] = []string{"drafter"}
	form.Set("login", "drafter")
	b.get("/console/operators/new").post("/console/operators", form).at("/console/operators", 422)
	form.Set("login", "newcomer")
	b.get("/console/operators/new").post("/console/operators", form).at("/console/operators", 200, "已保存新人的账号", "newcomer")
	fresh := site.as("newcomer")
	o, err := site.Store.OperatorByLogin(context.Background(), "newcomer")
	if err != nil {
		t.Fatal(err)
	}
	if err := site.Store.SetMail(context.Background(), o.ID, "new@gov.example"); err != nil {
		t.Fatal(err)
	}
	to := fmt.Sprintf("/console/operators/%d", o.ID)
	form.Set("disabled", "yes")
	form.Set("password", "")
	b.get(to).post(to, form).at("/console/operators", 200, "已停用")
	fresh.get("/console").at("/console/login", 200)
	if o, err = site.Store.Operator(context.Background(), o.ID); err != nil || o.Mail != "" {
		t.Errorf("the address of who has left: %q, %v", o.Mail, err)
	}
	// The log names whose account it was to everybody, and links for who may open it.
	account, policy := fmt.Sprintf(`<a href="%s">账号“新人”</a>`, to), `<a href="/console/policies/`
	site.as("drafter").drafted()
	b.get("/console/audit").at("/console/audit", 200, "维护账号", account)
	if strings.Contains(b.body, policy) {
		t.Error("an administrator is led to a policy")
	}
	officer := site.as("drafter").get("/console/audit").at("/console/audit", 200, "账号“新人”", policy)
	if strings.Contains(officer.body, account) {
		t.Error("an officer is led to an account")
	}
	me, err := site.Store.OperatorByLogin(context.Background(), "admin")
	if err != nil {
		t.Fatal(err)
	}
	to = fmt.Sprintf("/console/operators/%d", me.ID)
	b.get(to).post(to, url.Values{"login": {"admin"}, "name": {"管"}, "office": {"1"}, "roles": {"auditor"}}).at(to, 422, "不能停用自己")
}

func TestQuestionsPeopleOutboxRules(t *testing.T) {
	site := newOffice(t)
	site.publish()
	b := site.as("drafter")
	b.at("/console", 200, "待答复提问")
	b.get("/console/subscribers?q=YC-1").at("/console/subscribers", 200, "云川**", "通用设备制造业", "所有可能适用的")
	b.get("/console/subscribers?q=锦和").at("/console/subscribers", 200, "YC-3")
	b.get("/console/subscribers?q=没有这个").at("/console/subscribers", 200, "没有找到")
	b.get("/console/subscribers/1").at("/console/subscribers/1", 200, "139****0000")
	if strings.Contains(b.body, "13900000000") || strings.Contains(b.body, "恒达") {
		t.Error("a page shows an address or a name in full")
	}
	b.get("/console/outbox").at("/console/outbox", 200, "只记入发件箱", "发件箱是空的")
	b.get("/console/rules?q=技术改造").at("/console/rules", 200, "Q26")
}
