package web

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"policypush/internal/domain"
	"policypush/internal/storage"
	"policypush/interpretations"
)

var onceInPage = regexp.MustCompile(`name="once" value="([^"]+)"`)

// send asks about a policy: both steps.
func (b *browser) send(policyPage, text string, more url.Values) *browser {
	b.site.t.Helper()
	start := policyPage
	if start == "" {
		start = "/ask"
	}
	b.get(start).post(policyPage+"/ask", url.Values{"question": {text}}).at(policyPage+"/ask", 200)
	form := url.Values{"question": {text}, "do": {"send"}, "once": {onceInPage.FindStringSubmatch(b.body)[1]}}
	for k, v := range more {
		form[k] = v
	}
	return b.post(policyPage+"/ask", form)
}

func (s *testSite) question(id domain.QuestionID) domain.Question {
	s.t.Helper()
	q, err := s.Store.Question(context.Background(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return q
}

func (s *testSite) owed() []domain.Notice {
	s.t.Helper()
	owed, err := s.Store.OwedNotices(context.Background(), 100)
	if err != nil {
		s.t.Fatal(err)
	}
	return owed
}

// plan does what the leader does with owed notices.
func (s *testSite) plan(policy domain.PolicyID) {
	s.t.Helper()
	for _, n := range s.owed() {
		if err := s.Store.PlanNotice(context.Background(), &n, policy, nil, s.now); err != nil {
			s.t.Fatal(err)
		}
	}
}

func TestNothingTypedIsLost(t *testing.T) {
	site := newSite(t)
	page := fmt.Sprintf("/policies/%d", site.publish().ID)
	b := site.browser()
	long := strings.Repeat("能补多少钱呢", 1700) + "完"
	b.get(page).post(page+"/ask", url.Values{"question": {long}}).at(page+"/ask", 422, "最多2000字，现在有10201字", "完</textarea>")
	b.post(page+"/ask", url.Values{"question": {"？？？😀😀😀"}}).at(page+"/ask", 422, "至少5个字", "😀😀😀</textarea>")
	odd := "我的\u202e设备\u202c能补吗？😀\x00\x07" + hostile
	b.send(page, odd, nil).at("/questions/1", 200, "问题已提交，编号1", "\u202e设备", "😀", "&lt;script", "查询码")
	if q := site.question(1); strings.ContainsAny(q.Rounds[0].Text, "\x00\x07") || q.Office != site.office.ID || q.Subscriber != 0 {
		t.Errorf("%+v", q)
	}
	own := b.body
	code := regexp.MustCompile(`查询码<b>([A-Z2-7]{10})</b>`).FindStringSubmatch(own)[1]

	other := site.browser()
	other.get("/questions/1").at("/login", 200)
	other.get("/questions/1?code=AAAAAAAAAA").at("/questions/1", 404)
	other.get("/questions").post("/questions", url.Values{"number": {"1"}, "code": {"AAAAAAAAAA"}}).at("/questions", 422, "没有找到")
	other.post("/questions", url.Values{"number": {"1"}, "code": {" " + strings.ToLower(code)}}).at("/questions/1", 200, "等待答复")
	other.post("/questions/1", url.Values{"code": {code}, "do": {"withdraw"}}).at("/questions/1", 200, "已撤回")
	if q := site.question(1); q.Rounds[0].Text != "" {
		t.Error("what was asked in vain is kept")
	}

	for range 20 {
		b.post(page+"/ask", url.Values{"question": {"外地企业算不算在内？"}})
	}
	b.at(page+"/ask", 429, "您写的都还在", "外地企业算不算在内？</textarea>")
}

func TestAQuestionOutlastsSigningInAndIsSentOnce(t *testing.T) {
	site := newSite(t)
	page := fmt.Sprintf("/policies/%d", site.publish().ID)
	site.browser().subscribe("13900139000")
	site.now = site.now.Add(2 * time.Minute) // another code may be sent
	b := site.browser()
	b.get(page).post(page+"/ask", url.Values{"question": {"外地企业算不算在内？"}, "do": {"signin"}}).at("/login", 200, "已暂存")
	b.post("/login", url.Values{"address": {"13900139000"}, "to": {regexp.MustCompile(`name="to" value="([^"]+)"`).FindStringSubmatch(b.body)[1]}})
	b.post("/login/code", url.Values{"code": {site.code("13900139000")}}).at("/ask", 200, "外地企业算不算在内？</textarea>", "短信（139****9000）")
	form := url.Values{"question": {"外地企业算不算在内？"}, "do": {"send"}, "channel": {"sms"}, "once": {onceInPage.FindStringSubmatch(b.body)[1]}}
	form.Set("_csrf", tokenInPage.FindStringSubmatch(b.body)[1])
	b.postAsIs(page+"/ask", form).at("/questions/1", 200, "问题已提交", "短信")
	b.postAsIs(page+"/ask", form).at("/questions/1", 200)
	all, err := site.Store.Questions(context.Background(), storage.QuestionFilter{})
	if err != nil || len(all) != 1 || all[0].Channel != domain.SMS || all[0].Subscriber == 0 {
		t.Fatalf("%+v, %v", all, err)
	}
	b.get("/questions").at("/questions", 200, "外地企业算不算在内？", "编号1", "待答复")
	b.get("/me/export")
	if !strings.Contains(b.body, "外地企业算不算在内") {
		t.Error("what was asked is not exported")
	}
	site.browser().get("/ask?draft="+form.Get("once")).at("/ask", 404)
}

// TestFromQuestionToAnswerForAll goes the whole way: asked, handed out,
// answered by two people, read, asked on, published, corrected, read again.
func TestFromQuestionToAnswerForAll(t *testing.T) {
	site := newOffice(t)
	ctx := context.Background()
	policy := site.publish()
	page := fmt.Sprintf("/policies/%d", policy.ID)
	site.secondOffice()
	asker := site.browser()
	me := asker.subscribe("13900139000")
	asker.send("", "我叫张三丰，电话13812345678，二手设备能补吗", url.Values{"channel": {"sms"}}).at("/questions/1", 200, "正在分派")

	const one = "/console/questions/1"
	b, second := site.as("drafter"), site.as("approver")
	b.at("/console", 200, "1个提问还没有单位负责")
	b.get("/console/questions?show=unrouted").at("/console/questions", 200, "二手设备能补吗")
	b.get(one).at(one, 200, "手机号", "姓名")
	b.post(one, url.Values{"do": {"move"}, "office": {"1"}, "policy": {"99"}, "why": {"是这份政策"}}).at(one, 422, "没有已公布的政策")
	b.post(one, url.Values{"do": {"move"}, "office": {"1"}, "policy": {"1"}, "why": {""}}).at(one, 422, "请写明转办的理由")
	b.post(one, url.Values{"do": {"move"}, "office": {"1"}, "policy": {"1"}, "why": {"问的是这份政策"}}).at(one, 200, "已转办")
	b.post(one, url.Values{"do": {"complex"}, "why": {"要问财政"}}).at(one, 200, "已标为复杂")
	b.post(one, url.Values{"do": {"extend"}, "why": {"等上级回复"}}).at(one, 200, "已延期")
	b.post(one, url.Values{"do": {"extend"}, "why": {"等上级回复"}}).at(one, 409, "不能再延")
	b.get(one).post(one, url.Values{"do": {"draft"}, "answer": {"不能，只补新购的。"}}).at(one, 422, "至少选一条原文", "只补新购的。</textarea>")
	b.post(one, url.Values{"do": {"draft"}, "answer": {"不能，只补新购的。"}, "cited": {"第一条"}}).at(one, 200, "由另一位工作人员审核")
	b.post(one, url.Values{"do": {"approve"}}).at(one, 403, "没有审批权限")
	asker.get("/questions/1")
	if strings.Contains(asker.body, "只补新购的") {
		t.Error("an answer that nobody reviewed is shown")
	}
	second.get(one).at(one, 200, "待审核的答复", `依据：<a class="cite" href="/policies/1#c1">第一条</a>`) // who reviews sees what it rests on
	second.post(one, url.Values{"do": {"return"}, "why": {"请写上依据"}}).at(one, 200, "已退回")
	b.get(one).post(one, url.Values{"do": {"draft"}, "answer": {"不能，只补新购的，见第一条。"}, "cited": {"第一条"}})
	second.get(one).post(one, url.Values{"do": {"approve"}}).at(one, 200, "按提问人选择的方式告知")
	owed := site.owed()
	if len(owed) != 2 || owed[0].Kind != domain.NoticeExtended || owed[1].Kind != domain.NoticeAnswered || owed[1].Channel != domain.SMS || owed[1].Subscriber != me {
		t.Fatalf("owed: %+v", owed)
	}
	site.plan(policy.ID)
	asker.get("/inbox").at("/inbox", 200, "提问有答复了", "提问要延期答复")
	push := domain.PushID(0)
	notices, err := site.Store.Notices(ctx, me, 10)
	if err != nil {
		t.Fatal(err)
	}
	push = notices[0].Push
	asker.get(fmt.Sprintf("/inbox/%d", push)).at("/questions/1", 200, "只补新购的，见第一条", "第一条</a>", "有帮助")
	asker.post("/questions/1", url.Values{"do": {"unclear"}, "question": {"那租来的设备呢？"}}).at("/questions/1", 200, "已请单位再说明")
	asker.post("/questions/1", url.Values{"do": {"unclear"}, "question": {"那租来的设备呢？"}}).at("/questions/1", 200)
	q := site.question(1)
	if len(q.Rounds) != 2 || q.Rounds[0].Feedback != domain.Unclear || q.State != domain.QuestionOpen || !q.DueAt.Equal(site.dueAfter(site.now, 1)) {
		t.Fatalf("%+v", q)
	}
	b.get(one).post(one, url.Values{"do": {"draft"}, "answer": {"租来的也不能。有事找李四主任，电话13812345678。"}, "cited": {"第一条"}})
	second.get(one).post(one, url.Values{"do": {"approve"}})
	site.plan(policy.ID)
	asker.get("/questions/1").post("/questions/1", url.Values{"do": {"helpful"}}).at("/questions/1", 200, "您说：有帮助")

	// An answer for everybody, without anybody's name.
	b.get(one).at(one, 200, "那租来的设备呢？", "【手机号】")
	b.post(one, url.Values{"do": {"adopt"}, "ask": {"租来的设备能补吗？"}, "qa": {"不能，问13812345678。"}}).at(one, 422, "还有个人信息（手机号）")
	b.post(one, url.Values{"do": {"adopt"}, "ask": {"租来的设备能补吗？"}, "qa": {"不能。"}}).at("/console/policies/1/interpretations", 200, "租来的设备能补吗？", "待审核")
	items, err := site.Store.Interpretations(ctx, policy.ID, false)
	if err != nil {
		t.Fatal(err)
	}
	item := items[len(items)-1]
	approve := fmt.Sprintf("/console/policies/1/interpretations/%d/approve", item.ID)
	second.get("/console/policies/1/interpretations").post(approve, url.Values{})
	reader := site.browser()
	other := reader.subscribe("13900139001")
	reader.get(page).post(page+"/ask", url.Values{"question": {"租来的设备能补吗"}}).at(page+"/ask", 200, "这些答复是不是您要的", "不能。")
	reader.post(page+"/ask", url.Values{"question": {"租来的设备能补吗"}, "do": {"solved"}, "item": {fmt.Sprint(item.ID)}}).at(page, 200, "更正")
	reader.get("/questions").at("/questions", 200, "对我有帮助的答复")
	third := site.browser()
	pressed := third.subscribe("13900139002")
	third.get(page).post(page+"/qa", url.Values{"helpful": {fmt.Sprint(item.ID)}}).at(page, 200, "更正")
	reader.get("/questions/1").at("/questions/1", 404)

	b.get("/console/questions").at("/console/questions", 200, "90天内答复1条", "50%", "有帮助1，还不清楚1")
	// Corrected: who read the old hears of it.
	b.get(fmt.Sprintf("/console/policies/1/interpretations/%d", item.ID))
	b.post(fmt.Sprintf("/console/policies/1/interpretations/%d", item.ID), url.Values{"question": {"租来的设备能补吗？"}, "answer": {"融资租赁的能。"}, "cited": {"第一条"}, "do": {"save"}})
	second.get("/console/policies/1/interpretations").post(approve, url.Values{})
	b.get(one).post(one, url.Values{"do": {"draft"}, "answer": {"更正：融资租赁的能。"}, "cited": {"第一条"}})
	second.get(one).post(one, url.Values{"do": {"approve"}})
	told := map[domain.SubscriberID]domain.ChannelKind{}
	for _, n := range site.owed() {
		if n.Kind != domain.NoticeCorrected {
			t.Errorf("%+v", n)
		}
		told[n.Subscriber] = n.Channel
	}
	if len(told) != 3 || told[me] != domain.SMS || told[other] != domain.App || told[pressed] != domain.App {
		t.Errorf("told of the correction: %v", told)
	}
	site.plan(policy.ID)
	asker.get("/questions/1").at("/questions/1", 200, "更正：融资租赁的能", "更正前的答复")
	reader.get("/inbox").at("/inbox", 200, "答复有更正")
	reader.get("/questions").post("/questions/1/forget", url.Values{}).at("/questions", 200, "已删除")
	if readers, err := site.Store.AnswerReaders(ctx, 1); err != nil || len(readers) != 1 || readers[0] != pressed {
		t.Errorf("kept: %v, %v", readers, err)
	}
}

// secondOffice is another one beside that of the site.
func (s *testSite) secondOffice() domain.Office {
	s.t.Helper()
	other := domain.Office{Name: "云川县经信局", Signature: "云川经信", Region: "330000"}
	if err := s.Store.SaveOffice(context.Background(), &other); err != nil {
		s.t.Fatal(err)
	}
	return other
}

// TestAGeneralQuestionIsAnswered: what is about no policy goes to the office that
// its asker chooses, or that has the theme; it is answered without a clause, put
// off and told of as any other, and becomes one of a policy once that is named.
func TestAGeneralQuestionIsAnswered(t *testing.T) {
	site := newOffice(t)
	other := site.secondOffice()
	policy := site.publish()
	asker := site.browser()
	me := asker.subscribe("13900139000")
	asker.get("/ask").at("/ask", 200, "问哪个单位", "由负责的单位在1个工作日内答复")
	asker.post("/ask", url.Values{"question": {"服务大厅周末开不开门？"}, "office": {"2"}}).at("/ask", 200, "由云川县经信局在", `<option value="2" selected>`)
	for id, more := range map[domain.OfficeID]url.Values{2: {"office": {"2"}}, 1: {"theme": {"Q01"}}, 0: {"office": {"77"}}} {
		more.Set("channel", "sms")
		asker.send("", fmt.Sprintf("服务大厅%d周末开不开门？", id), more)
		number, err := strconv.ParseInt(strings.TrimPrefix(asker.path, "/questions/"), 10, 64)
		if q := site.question(domain.QuestionID(number)); err != nil || q.Office != id || q.Policy != 0 {
			t.Errorf("asked %v: office %d, policy %d, %v", more, q.Office, q.Policy, err)
		}
	}
	// About a policy its own office answers, whatever was chosen before.
	asker.send("/policies/1", "二手设备能补吗", url.Values{"channel": {"sms"}, "office": {fmt.Sprint(other.ID)}})
	if q := site.question(4); q.Office != policy.Office {
		t.Errorf("asked of a policy: office %d", q.Office)
	}

	b, second := site.as("drafter"), site.as("approver")
	q := domain.Question{Office: 1, Subscriber: me, Channel: domain.SMS, Once: []byte("general")}
	if err := q.Ask("服务大厅周末开不开门？", site.now, site.dueAfter(site.now, 1)); err != nil {
		t.Fatal(err)
	}
	if _, err := site.Store.AskQuestion(t.Context(), &q); err != nil {
		t.Fatal(err)
	}
	one := fmt.Sprintf("/console/questions/%d", q.ID)
	b.get(one).at(one, 200, "答复不引原文", "起草答复")
	b.post(one, url.Values{"do": {"extend"}, "why": {"要问大厅"}}).at(one, 200, "已延期")
	b.post(one, url.Values{"do": {"draft"}, "answer": {"周六上午开。"}, "cited": {"第一条"}}).at(one, 422, "不能引用原文")
	b.post(one, url.Values{"do": {"draft"}, "answer": {"周六上午开。"}}).at(one, 200, "由另一位工作人员审核")
	second.get(one).post(one, url.Values{"do": {"approve"}}).at(one, 200, "按提问人选择的方式告知")
	b.get(one)
	if strings.Contains(b.body, "转为问答草稿") {
		t.Error("what is about no policy is offered for the questions and answers of one")
	}
	if owed := site.owed(); len(owed) != 2 || owed[1].Kind != domain.NoticeAnswered {
		t.Fatalf("owed: %+v", owed)
	}
	site.plan(0)
	asker.get("/inbox").at("/inbox", 200, "提问有答复了", "提问要延期答复", fmt.Sprintf("提问编号%d", q.ID))
	notices, err := site.Store.Notices(t.Context(), me, 10)
	if err != nil {
		t.Fatal(err)
	}
	asker.get(fmt.Sprintf("/inbox/%d", notices[0].Push)).at(fmt.Sprintf("/questions/%d", q.ID), 200, "周六上午开。").get("/me/export").at("/me/export", 200, "周六上午开。")
	// Asked often, it is on the desk like any other, without a policy whose answers could say it.
	for i := range 5 {
		more := domain.Question{Office: 1, Once: fmt.Append(nil, "often", i)}
		if err := more.Ask("车位在哪里登记？", site.now, site.now.AddDate(0, 0, 1)); err != nil {
			t.Fatal(err)
		}
		if _, err := site.Store.AskQuestion(t.Context(), &more); err != nil {
			t.Fatal(err)
		}
	}
	b.get("/console").at("/console", 200, "30天内有5个相近的提问")
	b.get("/console/questions?show=often").at("/console/questions", 200, "没有指定政策：5个相近的提问", "车位在哪里登记")
	if strings.Contains(b.body, "起草问答") {
		t.Error("an answer is offered to be drafted for no policy")
	}
	// Asked on, it is named what it is about, and answered from there.
	asker.get(fmt.Sprintf("/questions/%d", q.ID)).post(fmt.Sprintf("/questions/%d", q.ID), url.Values{"do": {"again"}, "question": {"那能当场办补助吗？"}})
	b.get(one).post(one, url.Values{"do": {"move"}, "office": {"1"}, "policy": {"1"}, "why": {"问的是这份政策"}}).at(one, 200, "已转办")
	b.post(one, url.Values{"do": {"draft"}, "answer": {"能。"}}).at(one, 422, "至少选一条原文")
}

// TestWhoReadAnAnswerIsToldOfItsCorrection: of one that an officer wrote, and
// of words that changed only; nobody is noted who turned personalisation off.
func TestWhoReadAnAnswerIsToldOfItsCorrection(t *testing.T) {
	site := newOffice(t)
	ctx := context.Background()
	policy := site.publish()
	page := fmt.Sprintf("/policies/%d", policy.ID)
	b, second := site.as("drafter"), site.as("approver")
	const items, item = "/console/policies/1/interpretations", "/console/policies/1/interpretations/1"
	site.now = site.now.Add(time.Minute)
	approve := func() {
		site.now = site.now.Add(time.Minute)
		second.get(items).post(item+"/approve", url.Values{}).at(items, 200, "解读已审核")
		site.now = site.now.Add(time.Minute)
	}
	save := func(answer string) {
		b.get(item).post(item, url.Values{"question": {"最多补多少？"}, "answer": {answer}, "cited": {"第一条"}, "do": {"save"}}).at(items, 200, "解读已保存")
	}
	save("最多300万元。")
	approve()

	site.browser().get(page).at(page, 200)
	reader, off, asker, late := site.browser(), site.browser(), site.browser(), site.browser()
	readerID := reader.subscribe("13900139000")
	off.subscribe("13900139001")
	askerID := asker.subscribe("13900139002")
	lateID := late.subscribe("13900139003")
	reader.get(page).at(page, 200, "如有更正，会用站内消息告诉您").get("/questions").at("/questions", 200, "我看过问答的政策", "180天后自动删除")
	off.get(page).at(page, 200, "如有更正")
	off.get("/me").post("/me/pause", url.Values{"paused": {"unmatched"}}).get("/me/export").at("/me/export", 200, `"read": []`)
	off.get(page).at(page, 200)
	if strings.Contains(off.body, "如有更正") {
		t.Error("who turned personalisation off is noted")
	}
	asker.get("/ask?policy=1").post(page+"/ask", url.Values{"question": {"最多补多少呢"}}).at(page+"/ask", 200, "这些答复是不是您要的", "最多300万元。")
	reader.get("/me/export").at("/me/export", 200, `"read": [`)
	if _, read, _ := strings.Cut(reader.body, `"read": [`); !strings.Contains(read, "支持技术改造") {
		t.Error("what was read is not exported")
	}
	told := func() (ids []domain.SubscriberID) {
		for _, n := range site.owed() {
			if n.Kind != domain.NoticeCorrected || n.Item != 1 || n.Channel != domain.App {
				t.Errorf("%+v", n)
			}
			ids = append(ids, n.Subscriber)
		}
		site.plan(policy.ID)
		return ids
	}
	save("最多300万元。 ") // confirmed as it is
	approve()
	if ids := told(); len(ids) != 0 {
		t.Fatalf("told of nothing: %v", ids)
	}
	save("最多200万元。")
	// Until it is approved again readers see it as it was, and that it is being checked.
	b.at(items, 200, "公众看到的是修改前的")
	visitor := site.browser().get(page).at(page, 200, "最多300万元。", "这条解读正在核对", "请以原文为准")
	if strings.Contains(visitor.body, "最多200万元") || strings.Contains(visitor.body, `form="say"`) {
		t.Error("new words are shown that nobody has approved, or readers are asked of the old ones")
	}
	save("最多250万元。") // once more, before anybody has approved
	site.browser().get(page).at(page, 200, "最多300万元。", "这条解读正在核对")
	save("最多200万元。")
	approve()
	if strings.Contains(site.browser().get(page).body, "正在核对") {
		t.Error("what was approved again is said to be checked")
	}
	late.get(page).at(page, 200, "最多200万元。")
	// Whoever has no account sees on the page that it was corrected, when and how.
	site.browser().get(page).at(page, 200, `<span class="tag amber">2026年11月22日更正</span>`, "答复原为：最多<del>300</del>万元。", "答复改为：最多<ins>200</ins>万元。")
	if ids := told(); !slices.Equal(ids, []domain.SubscriberID{readerID, askerID}) {
		t.Fatalf("told: %v", ids)
	}
	reader.get("/inbox").at("/inbox", 200, "一条答复有更正", "政策页上的简明问答")
	notices, err := site.Store.Notices(ctx, readerID, 10)
	if err != nil || len(notices) != 1 {
		t.Fatal(notices, err)
	}
	reader.get(fmt.Sprintf("/inbox/%d", notices[0].Push)).at(page, 200, "最多200万元。")
	reader.get("/questions").post("/me/qa/1/forget", url.Values{}).at("/questions", 200, "已删除")
	save("最多100万元。")
	approve()
	if ids := told(); !slices.Equal(ids, []domain.SubscriberID{lateID}) {
		t.Fatalf("told of the next: %v, who read the words before it was %v", ids, lateID)
	}
}

// TestReadersSayWhetherAnAnswerIsClear: what they say of a question and answer
// reaches its writers, and whoever is still not clear asks on.
func TestReadersSayWhetherAnAnswerIsClear(t *testing.T) {
	site := newOffice(t)
	page := fmt.Sprintf("/policies/%d", site.publish().ID)
	site.browser().get(page).at(page, 200, "这样说清楚吗？", `name="helpful" value="1"`, `name="unclear" value="1"`)
	say := func(b *browser, what, item string) *browser {
		return b.get(page).post(page+"/qa", url.Values{what: {item}})
	}
	for n := range 5 {
		site.now = site.now.Add(time.Minute) // no double click
		if n < 2 {
			say(site.browser(), "helpful", "1").at(page, 200, "很高兴这条答复帮到了您")
		}
		say(site.browser(), "unclear", "1").at("/ask", 200, "“最多补多少？&lt;script", "的答复我还不清楚：</textarea>", "个工作日内答复")
	}
	twice := site.browser()
	say(twice, "unclear", "1")
	say(twice, "unclear", "1")
	for what, status := range map[string]int{"helpful=2": 404, "unclear=99": 404, "unclear=x": 400, "other=1": 400} {
		name, item, _ := strings.Cut(what, "=")
		if b := say(site.browser(), name, item); b.status != status {
			t.Errorf("%s: status %d, want %d", what, b.status, status)
		}
	}
	site.browser().get("/ask?policy=1&about=2").at("/ask", 404)

	b := site.as("drafter")
	b.at("/console", 200, "待核对的解读", "读者说：有帮助2人，还不清楚6人")
	b.get("/console/policies/1/interpretations").at("/console/policies/1/interpretations", 200, "有帮助2人，还不清楚6人")
	b.get("/console/policies/1/interpretations/1").post("/console/policies/1/interpretations/1", url.Values{"question": {"最多补多少钱？"}, "answer": {"最多300万元。"}, "cited": {"第一条"}})
	b.get("/console/policies/1/interpretations")
	if strings.Contains(b.body, "还不清楚6人") {
		t.Error("what readers said of the words before is said of the new ones")
	}
}

func TestWhoAnswers(t *testing.T) {
	offices := []domain.Office{{ID: 1, Name: "云川县政务公开办"}, {ID: 2, Name: "云川县经信局"}, {ID: 3, Name: "云川县财政局"}}
	for name, tt := range map[string]struct {
		text    string
		issuers []string
		want    domain.OfficeID
	}{
		"who published it":         {"第一条", []string{"云川县人民政府"}, 1},
		"who issued it":            {"第一条", []string{"云川县财政局"}, 3},
		"the one responsible":      {"给予补助。（责任单位：云川县经信局）", []string{"云川县财政局"}, 2},
		"of several the publisher": {"（责任单位：云川县经信局、云川县财政局）", []string{"云川县人民政府"}, 1},
	} {
		if got := officeOf(&domain.Policy{Office: 1, Text: tt.text, Issuers: tt.issuers}, offices); got != tt.want {
			t.Errorf("%s: %d, want %d", name, got, tt.want)
		}
	}
}

func TestAskingWithoutAPolicyShowsPassages(t *testing.T) {
	site := newSite(t)
	site.publish()
	site.browser().get("/ask").post("/ask", url.Values{"question": {"企业设备投资额的补助最高多少万元？"}}).at("/ask", 200, "这些内容是不是您要的", "支持技术改造")
}

// TestAnOfficerIsToldWhichPolicyIsMeant: who routes a question that names no
// policy sees which one it is probably about, and nothing where none is.
func TestAnOfficerIsToldWhichPolicyIsMeant(t *testing.T) {
	site := newOffice(t)
	policy := site.publish()
	officer := site.as("drafter")
	ask := func(text string) string {
		q := domain.Question{Once: []byte(text)}
		if err := q.Ask(text, site.now, site.now.AddDate(0, 0, 1)); err != nil {
			t.Fatal(err)
		}
		if _, err := site.Store.AskQuestion(t.Context(), &q); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("/console/questions/%d", q.ID)
	}
	path := ask("企业设备投资额的补助最高多少万元？")
	officer.get(path).at(path, 200, fmt.Sprintf("可能问的是：编号%d<", policy.ID), "支持技术改造若干措施")
	path = ask("婚姻登记处几点下班？")
	if officer.get(path).at(path, 200, "转给哪个单位"); strings.Contains(officer.body, "可能问的是") {
		t.Error("a policy is named that does not answer")
	}
}

// TestAskingAboutAPolicyShowsPassagesToo: where no answer of the policy is like
// the question, what the library says of it is shown, and the question can
// still be sent.
func TestAskingAboutAPolicyShowsPassagesToo(t *testing.T) {
	site := newSite(t)
	path := fmt.Sprintf("/policies/%d", site.publish().ID)
	site.browser().get(path).post(path+"/ask", url.Values{"question": {"企业设备投资额的补助最高多少万元？"}}).
		at(path+"/ask", 200, "这些内容是不是您要的", "支持技术改造", `value="send"`)
}

func TestWhoAnswersOfATheme(t *testing.T) {
	site, ctx := newSite(t), context.Background()
	other := domain.Office{Name: "云川县经信局", Signature: "云川经信", Region: "330000"}
	if err := site.Store.SaveOffice(ctx, &other); err != nil {
		t.Fatal(err)
	}
	offices, err := site.Store.Offices(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := site.officeFor(ctx, "", offices[:1]); err != nil || got != site.office.ID {
		t.Errorf("the only office is not asked: %d, %v", got, err)
	}
	for _, step := range []struct {
		office domain.OfficeID // publishes another policy of Q01
		want   domain.OfficeID
	}{{0, 0}, {site.office.ID, site.office.ID}, {other.ID, 0}, {other.ID, other.ID}} {
		if step.office != 0 {
			p := &domain.Policy{Office: step.office, Status: domain.Published, Title: "措施", Text: "一", CreatedAt: site.now, PublishedAt: site.now, Tags: []domain.Tag{{Dimension: domain.ThemeTag, Code: "Q01", State: domain.Confirmed}}}
			if err := site.Store.CreatePolicy(ctx, p); err != nil {
				t.Fatal(err)
			}
		}
		for theme, want := range map[string]domain.OfficeID{"Q01": step.want, "Q02": 0, "": 0} {
			if got, err := site.officeFor(ctx, theme, offices); err != nil || got != want {
				t.Errorf("after a policy of office %d, theme %q: office %d, %v, want %d", step.office, theme, got, err, want)
			}
		}
	}
}

func TestWorkingDays(t *testing.T) {
	site := newSite(t)
	for asked, want := range map[string]string{
		"2026-11-26T10:00:00+08:00": "2026-11-27", // Thursday
		"2026-11-27T23:59:00+08:00": "2026-11-30", // Friday night
		"2026-11-27T16:30:00Z":      "2026-11-30", // Saturday there
		"2026-09-30T10:00:00+08:00": "2026-10-08", // before the holidays
	} {
		from, err := time.Parse(time.RFC3339, asked)
		if err != nil {
			t.Fatal(err)
		}
		if got := dueDay(site.dueAfter(from, 1)); got != want {
			t.Errorf("asked %s: by %s, want %s", asked, got, want)
		}
	}
}

// TestTimeLimitsAreSet: an office promises what it has set, in working days.
func TestTimeLimitsAreSet(t *testing.T) {
	site := newOffice(t, func(c *Config) { c.Questions = QuestionTerms{Simple: 2, Complex: 4, Extension: 5} })
	page := fmt.Sprintf("/policies/%d", site.publish().ID)
	site.now = time.Date(2026, 11, 26, 2, 0, 0, 0, time.UTC) // Thursday
	site.browser().get(page).at(page, 200, "在2个工作日内答复，复杂的4个工作日").send(page, "能补多少钱", nil).at("/questions/1", 200, "2026年11月30日（周一）")
	b, one := site.as("drafter"), "/console/questions/1"
	b.get(one).post(one, url.Values{"do": {"complex"}, "why": {"要问财政"}}).at(one, 200, "2026年12月2日（周三）")
	b.post(one, url.Values{"do": {"extend"}, "why": {"等回复"}}).at(one, 200, "2026年12月9日（周三）")
}

// The list of what is late: each by its own clock in working days, the longest
// overdue first, and the desk before its officer.
func TestOverdueQuestionsAreListedInOrder(t *testing.T) {
	site := newOffice(t)
	ctx := context.Background()
	page := fmt.Sprintf("/policies/%d", site.publish().ID)
	at := func(text string) {
		t.Helper()
		var err error
		if site.now, err = time.Parse(time.RFC3339, text); err != nil {
			t.Fatal(err)
		}
	}
	ask := func(when, text string) {
		t.Helper()
		at(when)
		site.browser().send(page, text, nil)
	}
	ask("2026-12-10T10:00:00+08:00", "\u202e甲问：能补多少钱") // Thursday: by Friday, then prolonged
	ask("2026-12-10T11:00:00+08:00", "乙问：二手设备能补吗")     // by Friday
	at("2026-12-11T10:00:00+08:00")                    // in time
	site.as("drafter").get("/console/questions/1").post("/console/questions/1", url.Values{"do": {"complex"}, "why": {"要问财政"}}).at("/console/questions/1", 200, "2026年12月15日（周二）", "标为复杂")
	ask("2026-12-11T18:00:00+08:00", "丙问：到哪里去办")   // Friday: by Monday, the weekend does not count
	ask("2026-12-14T09:00:00+08:00", "丁问：发票丢了怎么办") // Monday: by Tuesday
	ask("2026-12-14T09:30:00+08:00", "戊问：什么时候到账")  // answered below
	b, second := site.as("drafter"), site.as("approver")
	b.get("/console/questions/5").post("/console/questions/5", url.Values{"do": {"draft"}, "answer": {"三十日内到账，见第一条。"}, "cited": {"第一条"}})
	second.get("/console/questions/5").post("/console/questions/5", url.Values{"do": {"approve"}})

	// listed returns the numbers of the questions on a page, in its order.
	listed := func(path string) string {
		t.Helper()
		b.get(path)
		var ids []string
		for _, m := range regexp.MustCompile(`<a href="/console/questions/(\d+)">编号`).FindAllStringSubmatch(b.body, -1) {
			ids = append(ids, m[1])
		}
		return strings.Join(ids, " ")
	}
	const overdue = "/console/questions?show=overdue"
	for _, step := range []struct {
		at, late, today string // numbers of the questions: late, and late or due today on the desk
	}{
		{"2026-12-11T23:59:00+08:00", "", "2"},
		{"2026-12-12T00:00:00+08:00", "2", "2"},
		{"2026-12-14T12:00:00+08:00", "2", "2 3"},
		{"2026-12-15T08:00:00+08:00", "2 3", "2 3 1 4"}, // three working days after Thursday
		{"2026-12-16T00:00:00+08:00", "2 3 1 4", "2 3 1 4"},
	} {
		at(step.at)
		b = site.as("drafter") // a session lasts for a shift
		if got := listed(overdue); got != step.late {
			t.Errorf("at %s %q are late, want %q", step.at, got, step.late)
		}
		if n := strings.Count(mainOf(b.body), `<span class="tag cin">已逾期</span>`); n != len(strings.Fields(step.late)) || !strings.Contains(b.body, fmt.Sprintf("已逾期（%d）", n)) {
			t.Errorf("at %s %d are marked as late:\n%s", step.at, n, mainOf(b.body))
		}
		if got := listed("/console"); got != step.today {
			t.Errorf("at %s the desk shows %q, want %q", step.at, got, step.today)
		}
	}
	at("2026-12-15T08:00:00+08:00")
	b = site.as("drafter")
	soon, late, err := site.Store.RemindQuestions(ctx, site.now, 24*time.Hour)
	if err != nil || len(soon) != 2 || len(late) != 2 {
		t.Fatalf("%d are due, %d late, %v", len(soon), len(late), err)
	}
	if got := listed("/console/questions"); got != "2 3 1 4" || strings.Count(b.body, "今天到期</span>") != 2 {
		t.Errorf("waiting: %q\n%s", got, mainOf(b.body))
	}
	// What was late stays in the list whatever is promised then.
	at("2026-12-16T00:00:00+08:00")
	b = site.as("drafter")
	b.get("/console/questions/4").post("/console/questions/4", url.Values{"do": {"complex"}, "why": {"要问财政"}}).at("/console/questions/4", 200, "2026年12月17日（周四）", "已逾期")
	if got := listed(overdue); got != "2 3 1 4" || !strings.Contains(b.body, "已逾期（4）") {
		t.Errorf("after a new promise %q are late:\n%s", got, mainOf(b.body))
	}
	// A letter that turns the direction turns nothing beside its question.
	for _, path := range []string{"/console", overdue, "/console/questions"} {
		if b.get(path); !strings.Contains(b.body, "<bdi>\u202e甲问：能补多少钱</bdi>") {
			t.Errorf("%s: the question is not set apart:\n%s", path, mainOf(b.body))
		}
	}
}

func TestAnOfficerIsToldThatATimeLimitIsGuessed(t *testing.T) {
	site := newOffice(t)
	page := fmt.Sprintf("/policies/%d", site.publish().ID)
	const said = "2027年的放假安排还没有导入"
	site.now = time.Date(2026, 12, 29, 2, 0, 0, 0, time.UTC)
	site.browser().send(page, "能补多少钱", nil)
	site.now = time.Date(2026, 12, 31, 2, 0, 0, 0, time.UTC)
	site.browser().send(page, "二手设备能补吗", nil)
	b := site.as("drafter")
	b.get("/console/questions").at("/console/questions", 200, said)
	if b.get("/console/questions/1").at("/console/questions/1", 200); strings.Contains(b.body, said) {
		t.Error("a time limit within a year that is known is called guessed")
	}
	b.get("/console/questions/2").at("/console/questions/2", 200, said, "按周末推算")
	site.Rules.Calendar.Import([]domain.CalendarYear{{Year: 2027, Days: map[string]bool{"2027-01-01": false}}})
	t.Cleanup(func() { site.Rules.Calendar.Import(nil) })
	for _, path := range []string{"/console/questions", "/console/questions/2"} {
		if b.get(path).at(path, 200); strings.Contains(b.body, said) {
			t.Errorf("%s: a year that was imported is called missing", path)
		}
	}
}

func TestOftenAskedIsMisunderstood(t *testing.T) {
	now := time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)
	var asked []domain.Question
	for i, text := range []string{"二手设备能不能补？", "请问二手设备能补吗", "什么时候截止？", "二手的设备能补吗？"} {
		asked = append(asked, domain.Question{ID: domain.QuestionID(i + 1), Policy: 4, AskedAt: now.Add(time.Duration(i) * time.Hour), Rounds: []domain.Round{{Text: text}}})
	}
	none := func(domain.PolicyID) ([]interpretations.Item, error) { return nil, nil }
	found, err := clusters(asked, none, 3)
	if err != nil || len(found) != 1 || len(found[0].Questions) != 3 {
		t.Fatalf("%+v, %v", found, err)
	}
	if found, _ := clusters(asked, none, 4); len(found) != 0 {
		t.Errorf("three are enough for four: %+v", found)
	}
	settled := func(domain.PolicyID) ([]interpretations.Item, error) {
		return []interpretations.Item{{ApprovedAt: now.Add(2 * time.Hour), QA: &interpretations.QA{Question: "二手设备能补吗？"}}}, nil
	}
	if found, _ := clusters(asked, settled, 2); len(found) != 0 {
		t.Errorf("what was settled counts: %+v", found)
	}
}

func TestAQuestionJoinsTheFirstThatItIsLike(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	words := strings.Fields("补贴 怎么 申请 企业 社保 残疾 就业 今年 能不能 材料 办理 多少钱 设备 租金 减免 请问")
	var questions []domain.Question // the latest first
	for n := 400; n > 0; n-- {
		text := ""
		for range 5 {
			text += words[r.IntN(len(words))]
		}
		questions = append(questions, domain.Question{ID: domain.QuestionID(n), Policy: 4, Rounds: []domain.Round{{Text: text}}})
	}
	var want [][]domain.Question // by comparing each with each
	for _, q := range slices.Backward(questions) {
		like := func(group []domain.Question) bool {
			a, b := q.Rounds[0].Text, group[0].Rounds[0].Text
			return min(alike(a, b, ""), alike(b, a, "")) >= similarEnough
		}
		if g := slices.IndexFunc(want, like); g >= 0 {
			want[g] = append(want[g], q)
		} else {
			want = append(want, []domain.Question{q})
		}
	}
	found, err := clusters(questions, func(domain.PolicyID) ([]interpretations.Item, error) { return nil, nil }, 1)
	if err != nil || len(found) != len(want) || len(want) > 300 {
		t.Fatalf("%d groups, want %d, %v", len(found), len(want), err)
	}
	for g := range want {
		same := func(a, b domain.Question) bool { return a.ID == b.ID }
		if !slices.EqualFunc(found[g].Questions, want[g], same) {
			t.Errorf("group %d is another", g)
		}
	}
}

// TestNobodyApprovesWhatTheyHaveNotSeen: an answer or an interpretation that was
// rewritten while its reviewer read it is shown anew, and not approved.
func TestNobodyApprovesWhatTheyHaveNotSeen(t *testing.T) {
	site := newOffice(t)
	policy := site.publish()
	site.browser().send(fmt.Sprintf("/policies/%d", policy.ID), "租来的设备也能补吗", nil)
	const one, changed = "/console/questions/1", "您看过以后，内容又改过"
	b, second := site.as("drafter"), site.as("approver")
	b.get(one).post(one, url.Values{"do": {"draft"}, "answer": {"不能。"}, "cited": {"第一条"}}).at(one, 200)
	second.get(one).at(one, 200, "不能。")
	b.post(one, url.Values{"do": {"draft"}, "answer": {"能。"}, "cited": {"第一条"}}).at(one, 200)
	second.post(one, url.Values{"do": {"approve"}}).at(one, 200, changed, "能。", "答复待审核")
	if q := site.question(1); q.Last().Answer != nil {
		t.Fatalf("approved unseen: %+v", q.Last().Answer)
	}
	second.post(one, url.Values{"do": {"approve"}}).at(one, 200, "答复已审核", "不另告知") // nobody signed in

	const list = "/console/policies/1/interpretations"
	b.get(one).post(one, url.Values{"do": {"adopt"}, "ask": {"租来的设备能补吗？"}, "qa": {"能。"}}).at(list, 200, "待审核")
	second.get("/console").at("/console", 200, "待审核的解读", "简明问答：租来的设备能补吗？")
	item := fmt.Sprintf("%s/%d", list, site.question(1).Item)
	second.get(list).at(list, 200, "租来的设备能补吗？")
	b.get(item).post(item, url.Values{"kind": {"qa"}, "question": {"租来的设备能补吗？"}, "answer": {"租满三年的能。"}, "cited": {"第一条"}}).at(list, 200)
	second.post(item+"/approve", url.Values{}).at(list, 200, changed, "租满三年的能。")
	second.post(item+"/approve", url.Values{}).at(list, 200, "解读已审核")
	second.get("/console")
	if strings.Contains(second.body, "待审核的解读") {
		t.Error("what is approved still waits")
	}
	// The next who asks the same: its officer sees that it is answered.
	site.browser().send("/policies/1", "租来的设备能不能补", nil)
	b.get("/console/questions/2").at("/console/questions/2", 200, "这份政策已有相近的问答", "租满三年的能。")
}

func TestImpersonal(t *testing.T) {
	for text, want := range map[string]string{
		"二手设备能补吗？我电话是13812345678":     "二手设备能补吗？",
		"我叫张三丰，电话13812345678，二手设备能补吗": "二手设备能补吗",
		"电话13812345678": "电话【手机号】",
		"租来的设备，能补吗":     "租来的设备，能补吗",
		"1.5万元的设备能补吗；请打13812345678告诉我谢谢": "1.5万元的设备能补吗",
	} {
		if got := impersonal(text); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
