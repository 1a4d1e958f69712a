package web

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

func TestAPushIsPausedResumedAndStoppedWithAReason(t *testing.T) {
	site := newOffice(t)
	policy := site.publish()
	page, halt := "/console/pushes/1", "/console/pushes/1/halt"
	b := site.as("drafter")
	b.get(page).post(halt, url.Values{"do": {"pause"}}).at(page, 200, "没有操作：请写明原因", "暂停和中止")
	b.post(halt, url.Values{"do": {"pause"}, "reason": {"口径待核实"}}).at(page, 200, "已暂停", "口径待核实", "继续发送")
	b.get("/console").at("/console", 200, "已暂停")
	b.get(page).post(halt, url.Values{"do": {"pause"}, "reason": {"再一次"}}).at(halt, 409, "已经暂停或结束")
	b.get(page).post(halt, url.Values{"do": {"resume"}}).at(page, 200, "从停下的地方接着发")
	b.post(halt, url.Values{"do": {"stop"}, "reason": {"发错了对象"}}).at(page, 200, "已终止", "已中止：发错了对象")
	b.get(page).post(halt, url.Values{"do": {"resume"}}).at(halt, 409, "没有暂停")
	b.get(page).post(halt, url.Values{"do": {"?"}}).at(halt, 400, "没有这项操作")
	b.get("/console/audit").at("/console/audit", 200, "暂停推送", "继续推送", "中止推送", "发错了对象")
	b.get(fmt.Sprintf("/policies/%d", policy.ID)).at(fmt.Sprintf("/policies/%d", policy.ID), 200) // it stays public
}

func TestAPolicyIsPublishedNowAndPushedLater(t *testing.T) {
	site := newOffice(t)
	one, two := site.as("drafter"), site.as("approver")
	path := one.drafted()
	one.post(path+"/submit", url.Values{})
	two.get(path+"/release").post(path+"/approve", url.Values{}).at(path+"/release", 200, "推送时间")
	for _, bad := range []string{"2020-01-01T09:00", "明天", site.now.AddDate(1, 0, 0).Format("2006-01-02T15:04")} {
		one.get(path+"/release").post(path+"/publish", url.Values{"send_at": {bad}}).at(path+"/publish", 422, "推送时间")
	}
	at := site.now.In(shanghai).Add(24 * time.Hour).Truncate(time.Minute)
	page := "/console/pushes/1"
	one.get(path+"/release").post(path+"/publish", url.Values{"send_at": {at.Format("2006-01-02T15:04")}}).at(page, 200, "定时发送", "定于"+moment(at), "取消发送")
	one.get("/console/pushes").at("/console/pushes", 200, "定于"+moment(at))
	owed, err := site.Store.OwedPushes(context.Background(), site.now)
	if err != nil || len(owed) != 0 {
		t.Fatalf("owed before its time: %v, %v", owed, err)
	}
	later := at.Add(time.Hour)
	one.get(page).post(page+"/halt", url.Values{"do": {"reschedule"}, "send_at": {later.Format("2006-01-02T15:04")}}).at(page, 200, "定于"+moment(later))
	one.post(page+"/halt", url.Values{"do": {"reschedule"}}).at(page+"/halt", 400, "请选择发送时间")
	one.get(page).post(page+"/halt", url.Values{"do": {"stop"}, "reason": {"另行安排"}}).at(page, 200, "已终止", "另行安排")
}

func TestAHeldChannelIsOnTheDeskAndAButtonResumesIt(t *testing.T) {
	site := newOffice(t)
	ctx := context.Background()
	b := site.as("drafter")
	_, err := site.Store.StopChannel(ctx, domain.ChannelStop{
		Channel: domain.SMS, Cause: domain.StoppedByConfig, Gateway: "aliyun", Code: "isv.SMS_SIGNATURE_ILLEGAL", Note: "签名不合法" + hostile, Since: site.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	b.get("/console").at("/console", 200, "要马上处理", "网关不接受我们的设置", "isv.SMS_SIGNATURE_ILLEGAL", "签名、模板和IP白名单")
	b.get("/console/ledger").at("/console/ledger", 200, "恢复发送", "已暂停")
	if a := site.as("auditor").get("/console/ledger").at("/console/ledger", 200, "已暂停"); strings.Contains(a.body, "恢复发送</button>") {
		t.Error("an auditor has a button")
	}
	halt := "/console/channels/sms/halt"
	b.get("/console/ledger").post(halt, url.Values{"do": {"resume"}}).at("/console/ledger", 200, "短信已恢复发送")
	b.post(halt, url.Values{"do": {"resume"}}).at(halt, 409, "没有暂停")
	b.get("/console/ledger").post(halt, url.Values{"do": {"stop"}}).at("/console/ledger", 200, "请写明暂停的原因")
	b.post(halt, url.Values{"do": {"stop"}, "reason": {"网关检修"}}).at("/console/ledger", 200, "已由工作人员暂停", "网关检修")
	b.post(halt, url.Values{"do": {"stop"}, "reason": {"再停一次"}}).at(halt, 409, "已经暂停")

	// It rests by itself: a person may hold it, and the end of the rest does not
	// resume it.
	b.get("/console/ledger").post(halt, url.Values{"do": {"resume"}})
	rest := domain.ChannelStop{Channel: domain.SMS, Cause: domain.StoppedByQuota, Since: site.now, Until: site.now.Add(time.Hour)}
	if _, err := site.Store.StopChannel(ctx, rest); err != nil {
		t.Fatal(err)
	}
	b.get("/console/ledger").at("/console/ledger", 200, "额度用完了", "恢复发送", "不自动恢复，由人暂停")
	b.post(halt, url.Values{"do": {"stop"}, "reason": {"网关检修第二次"}}).at("/console/ledger", 200, "已由工作人员暂停", "网关检修第二次")
	stops, err := site.Store.ChannelStops(ctx, site.now.Add(2*time.Hour))
	if err != nil || len(stops) != 1 || stops[0].Cause != domain.StoppedByPerson {
		t.Errorf("after its rest the channel is held by %+v, %v", stops, err)
	}
	b.get("/console/ledger").post("/console/channels/fax/halt", url.Values{"do": {"stop"}, "reason": {"x"}}).at("/console/channels/fax/halt", 404)
	if b.get("/console/audit").at("/console/audit", 200, "恢复渠道", "暂停渠道", "短信", "网关检修"); strings.Contains(b.body, "channel/") || strings.Contains(b.body, "operator/1<") {
		t.Error("people are shown internal codes")
	}
}

func TestDoubtIsSettledByAPersonAfterThreeDays(t *testing.T) {
	site := newOffice(t)
	ctx := context.Background()
	sub, err := site.Store.Subscriber(ctx, site.browser().subscribe("13900000051"))
	if err != nil {
		t.Fatal(err)
	}
	id := site.claimOne(sub)
	doubt := storage.Outcome{Delivery: id, State: domain.UnknownEnd, Reason: domain.ReasonNoAnswer, Gateway: "tencent", GatewayRef: "tx-7", At: site.now}
	if err := site.Store.RecordOutcomes(ctx, []storage.Outcome{doubt}); err != nil {
		t.Fatal(err)
	}
	b := site.as("drafter")
	settle := fmt.Sprintf("/console/doubts/%d", id)
	if b.get("/console/ledger").at("/console/ledger", 200, "等待回执", "网关 tencent"); strings.Contains(b.body, "未送达</button>") {
		t.Error("a person may settle what a receipt may settle")
	}
	b.post(settle, url.Values{"state": {"delivered"}}).at(settle, 409, "72小时内")
	site.now = site.now.Add(domain.DoubtFor)
	b = site.as("drafter")
	b.get("/console").at("/console", 200, "1条消息三天没有结果")
	b.get("/console/ledger").at("/console/ledger", 200, "请人工确认", "未送达")
	b.post(settle, url.Values{"state": {"pending"}}).at(settle, 400, "请选择已送达或未送达")
	b.get("/console/ledger").post(settle, url.Values{"state": {"failed"}}).at("/console/ledger", 200, "已记为未送达，不会自动重发", "没有结果不明的消息")
	b.get("/console/audit").at("/console/audit", 200, "确认是否送达", "消息")
	person := fmt.Sprintf("/console/subscribers/%d", sub.ID)
	b.get(person+fmt.Sprintf("?d=%d", id)).at(person, 200, "网关 tencent", "人工确认", "云川县支持技术改造若干措施")

	// What was sent to one person, for them and for an officer.
	b.post(person+"/export", url.Values{})
	if b.status != 200 || !strings.Contains(b.body, `"gateway": "tencent"`) || !strings.Contains(b.body, `"receipt": "tx-7"`) ||
		!strings.Contains(b.body, `"says": "订阅的主题里，这份政策适用可能性高"`) || !strings.Contains(b.body, "人工确认") || strings.Contains(b.body, "13900000051") {
		t.Errorf("export is %d: %s", b.status, b.body)
	}
	b.get("/console/audit").at("/console/audit", 200, "导出发送记录")
}

func TestDaysAndCanariesAreShown(t *testing.T) {
	site := newOffice(t)
	ctx := context.Background()
	site.publish()
	day := site.now.In(shanghai).AddDate(0, 0, -1).Format(time.DateOnly)
	for _, st := range []storage.Statement{
		{Day: day, Channel: domain.SMS, Gateway: "aliyun", Accepted: 1200, InDoubt: 3, Theirs: 1250, TheirsDelivered: 1100, TheirsFailed: 2, CheckedAt: site.now},
		{Day: day, Channel: domain.Email, Gateway: "relay", Accepted: 10, Theirs: -1, TheirsDelivered: -1, TheirsFailed: -1, Note: "网关没有回答：refused", CheckedAt: site.now},
	} {
		if err := site.Store.SaveStatement(ctx, st); err != nil {
			t.Fatal(err)
		}
	}
	c := domain.Canary{Push: 1, Channel: domain.SMS, MaskedTo: "138****0000", SentAt: site.now}
	if _, _, err := site.Store.BeginCanary(ctx, c, 1, time.Time{}); err != nil {
		t.Fatal(err)
	}
	b := site.as("drafter")
	b.get("/console/ledger").at("/console/ledger", 200, "不一致", "1,250", "1,100", "没有核对", "refused", "回执未送达")
	b.get("/console").at("/console", 200, "与网关的数不一致", "网关记1,250条")
	b.get("/console/pushes/1").at("/console/pushes/1", 200, "给本单位的验证消息", "138****0000", "发送中")
	if err := site.Store.SettleCanary(ctx, 1, domain.SMS, "", domain.Failed, "UNDELIV", site.now); err != nil {
		t.Fatal(err)
	}
	b.get("/console/pushes/1").at("/console/pushes/1", 200, "没有送达", "UNDELIV")
	b.get("/console").at("/console", 200, "验证消息", "没有送达")
}

func TestAChannelSaysWhatWaitsAndWhy(t *testing.T) {
	rows := channelRows(storage.PushCounts{domain.SMS: {
		domain.Pending: 70, domain.Sending: 5, domain.Accepted: 10, domain.Delivered: 8, domain.Failed: 3, domain.UnknownEnd: 2, domain.Suppressed: 2,
	}}, []storage.ReasonCount{
		{Channel: domain.SMS, State: domain.Pending, Reason: domain.ReasonQuietHours, N: 40},
		{Channel: domain.SMS, State: domain.Pending, Reason: domain.ReasonChannelHeld, N: 10},
		{Channel: domain.SMS, State: domain.Suppressed, Reason: domain.ReasonStopped, N: 2},
		{Channel: domain.Email, State: domain.Pending, Reason: domain.ReasonDigest, N: 9},
	}, nil)
	if len(rows) != 1 {
		t.Fatalf("rows are %+v", rows)
	}
	r := rows[0]
	if sum := r.Due + r.HeldAll + r.Sending + r.Accepted + r.Delivered + r.Failed + r.Unknown + r.Not; sum != r.Planned || r.Planned != 100 {
		t.Errorf("%d of %d are accounted for", sum, r.Planned)
	}
	if r.Due != 20 || r.HeldAll != 50 || len(r.Held) != 2 || r.Held[0].N != 40 || r.Done != "25" {
		t.Errorf("row is %+v", r)
	}
	// What nobody is told is not 0.
	rows = channelRows(storage.PushCounts{domain.Email: {domain.Accepted: 3}, domain.Paper: {domain.Accepted: 2}}, nil,
		map[domain.ChannelKind]storage.Marks{domain.Email: {Readers: 2, Dismissed: 1}})
	if mail, paper := rows[0], rows[1]; mail.Delivered != unknowable || mail.Read != 2 || mail.Dismissed != 1 ||
		paper.Delivered != 0 || paper.Read != unknowable || paper.Dismissed != unknowable {
		t.Errorf("rows are %+v", rows)
	}
	for d, want := range map[time.Duration]string{20 * time.Second: "不到1分钟", 90 * time.Second: "约2分钟", 3 * time.Hour: "约4小时", 72 * time.Hour: "约4天"} {
		if got := howLong(d); got != want {
			t.Errorf("%s is %s, want %s", d, got, want)
		}
	}
}
