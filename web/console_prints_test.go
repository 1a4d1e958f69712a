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

// letters has n letters to one village ready to be printed, as a worker leaves
// them.
func (s *testSite) letters(n int) domain.PushID {
	s.t.Helper()
	ctx := context.Background()
	must := func(err error) {
		s.t.Helper()
		if err != nil {
			s.t.Fatal(err)
		}
	}
	s.publish()
	pushes, err := s.Store.OwedPushes(ctx, s.Now())
	must(err)
	push := pushes[len(pushes)-1].ID
	var rows []domain.Delivery
	for i := range n {
		sub := &domain.Subscriber{
			ExternalID: "P" + string(rune('A'+i)), Profile: domain.Profile{Kind: domain.Resident, Region: "330603"}, Consent: domain.Consent{Version: "1", At: s.now},
			Contacts: []domain.Contact{{Kind: domain.Paper, Address: "城关镇东门村｜三组12号｜王秀英" + string(rune('A'+i)), Verified: true}},
		}
		must(s.Store.SaveSubscriber(ctx, sub))
		rows = append(rows, domain.Delivery{
			Push: push, Subscriber: sub.ID, Contact: sub.Contacts[0].ID, Channel: domain.Paper, State: domain.Pending, Verdict: domain.Likely, NextAt: s.now,
		})
	}
	must(s.Store.PlanDeliveries(ctx, push, rows[n-1].Subscriber, rows, s.now))
	batches, err := s.Store.DueBatches(ctx, s.now, 10)
	must(err)
	claimed, err := s.Store.ClaimDeliveries(ctx, batches[0].ID, batches[0].Gen, 10, s.now)
	must(err)
	var outcomes []storage.Outcome
	for _, o := range claimed {
		d := o.Deliveries[0]
		outcomes = append(outcomes, storage.Outcome{Delivery: d.ID, Claimed: d, State: domain.Pending, Reason: domain.ReasonPrint, At: s.now, Letter: d.ID, Place: "城关镇东门村"})
	}
	must(s.Store.RecordOutcomes(ctx, outcomes))
	s.draw()
	return push
}

// draw draws the letters that are owed, as a worker does.
func (s *testSite) draw() {
	s.t.Helper()
	ctx := context.Background()
	owed, err := s.Store.OwedPrints(ctx, s.now, 10)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, id := range owed {
		_, letters, err := s.Store.BeginPrint(ctx, id)
		if err == nil {
			err = s.Store.FinishPrint(ctx, id, []byte("%PDF letters"), len(letters), s.now)
		}
		if err != nil {
			s.t.Fatal(err)
		}
	}
}

// TestTheOfficesOwnLetterIsOneMore to print and to hear of.
func TestTheOfficesOwnLetterIsOneMore(t *testing.T) {
	site := newOffice(t)
	push := site.letters(2)
	if goes, err := site.Store.PutCanaryLetter(t.Context(), domain.Canary{Push: push, MaskedTo: "政务服务中心****", SentAt: site.now}, 1); err != nil || !goes {
		t.Fatal(goes, err)
	}
	const page = "/console/prints/1"
	live := fmt.Sprintf("/console/pushes/%d", push)
	b := site.as("drafter")
	b.get("/console/prints").at("/console/prints", 200, "3份")
	b.get(page).at(page, 200, "样张", "政务服务中心****", "先看一遍", domain.SlipCode(1, domain.CanaryLetter))
	b.get(live).at(live, 200, "给本单位的验证消息", "在第一个打印批次里，待打印")
	b.get(page + "/letters.pdf")
	b.get(page).post(page, url.Values{"do": {"printed"}}).at(page, 200, "待登记3")
	b.get(live).at(live, 200, "已打印，等回执")
	b.get("/console/prints").post("/console/prints/slip", url.Values{"code": {domain.SlipCode(1, domain.CanaryLetter)}, "result": {"away"}}).at("/console/prints", 200, "无人在家。")
	b.get(live).at(live, 200, "没有送达", "无人在家")
	b.get(page).at(page, 200, "失败：未能送达（无人在家）").post(page, url.Values{"do": {"correct-0"}, "r0": {"delivered"}}).at(page, 200, "样张已更正为：已送达")
	b.post(page, url.Values{"do": {"rest"}}).at(page, 200, "已登记2份", "送达3，退回0，待登记0")
	b.get(live).at(live, 200, "已送达")
}

func TestLettersArePrintedAndTheirSlipsEntered(t *testing.T) {
	site := newOffice(t)
	push := site.letters(4)
	const page = "/console/prints/1"
	b := site.as("drafter")
	b.get("/console").at("/console", 200, "1批纸质通知待打印")
	b.get("/console/prints").at("/console/prints", 200, "城关镇东门村", "待打印", "4份")
	if b.get(page).at(page, 200, "等待打印", "城关镇东门村****"); strings.Contains(b.body, "王秀英") || strings.Contains(b.body, "三组") || strings.Contains(b.body, "登记：已打印") {
		t.Error("the page shows an address, or offers what comes later")
	}
	b.post(page, url.Values{"do": {"printed"}}).at(page, 200, "请先下载并打印")
	b.get(page+"/letters.pdf").at(page+"/letters.pdf", 200)
	if b.body != "%PDF letters" || b.header.Get("Cache-Control") != "no-store" || !strings.Contains(b.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("the file is %q, %v", b.body, b.header)
	}
	b.get(page).post(page, url.Values{"do": {"slips"}, "r1": {"delivered"}}).at(page, 200, "还没有登记为已打印")
	b.post(page, url.Values{"do": {"printed"}}).at(page, 200, "已登记打印", "待登记4")
	b.post(page, url.Values{"do": {"printed"}}).at(page, 200, "已登记打印", "待登记4") // pressed twice
	b.post(page, url.Values{"do": {"slips"}, "r2": {"away"}, "r9": {"delivered"}}).at(page, 200, "已登记1份", "无人在家", "有退回")
	b.post(page, url.Values{"do": {"slips"}, "r2": {"delivered"}}).at(page, 200, "没有新的结果", "退回1")
	b.post(page, url.Values{"do": {"slips"}, "r3": {"lost"}}).at(page, 400, "请选择回执的结果")
	b.get(page).post(page, url.Values{"do": {"?"}}).at(page, 400, "没有这项操作")
	const slip = "/console/prints/slip"
	enter := func(code, result string, says ...string) {
		t.Helper()
		b.get("/console/prints").post(slip, url.Values{"code": {code}, "result": {result}}).at("/console/prints", 200, says...)
	}
	enter(domain.SlipCode(1, 3), "delivered", "已送达。")
	enter(domain.SlipCode(1, 3), "away", "此前已有结果")
	enter("1-3-00", "delivered", "有一位不对")
	enter("<b>", "delivered", "回执编号要像")
	enter(domain.SlipCode(7, 1), "delivered", "没有打印批次7")
	enter(domain.SlipCode(1, 3), "lost", "请选择回执的结果")
	b.get(page).post(page, url.Values{"do": {"rest"}, "r4": {"refused"}}).at(page, 200, "已登记2份", "送达2，退回2，待登记0")
	counts, err := site.Store.PushCounts(t.Context(), push)
	if err != nil || counts[domain.Paper][domain.Delivered] != 2 || counts[domain.Paper][domain.Failed] != 2 {
		t.Errorf("the push counts %v, %v", counts, err)
	}
	b.get("/console/prints?show=all").at("/console/prints", 200, "有退回", "退回2")
	b.get(page).post(page, url.Values{"do": {"correct-2"}, "r2": {"delivered"}}).at(page, 200, "第2份已更正为：已送达", "送达3，退回1，待登记0")
	b.post(page, url.Values{"do": {"correct-2"}, "r2": {"delivered"}}).at(page, 200, "本来就是这个结果", "送达3，退回1") // pressed twice
	b.post(page, url.Values{"do": {"correct-2"}}).at(page, 400, "请选择回执的结果")
	b.get(page).post(page, url.Values{"do": {"correct-x"}}).at(page, 400, "没有这项操作")
	b.get(page).post(page, url.Values{"do": {"correct-9"}, "r9": {"delivered"}}).at(page, 404, "没有第9份")
	counts, err = site.Store.PushCounts(t.Context(), push)
	if err != nil || counts[domain.Paper][domain.Delivered] != 3 || counts[domain.Paper][domain.Failed] != 1 {
		t.Errorf("after the correction the push counts %v, %v", counts, err)
	}
	b.get("/console/prints?show=all").at("/console/prints", 200, "有退回", "退回1")
	b.get("/console/audit").at("/console/audit", 200, "下载打印文件", "登记已打印", "登记纸质回执", "更正纸质回执")
}

func TestLettersOfAnEarlierDayAreDrawnAnewBeforeTheyArePrinted(t *testing.T) {
	site := newOffice(t)
	push := site.letters(2)
	const page = "/console/prints/1"
	b := site.as("drafter")
	b.get(page+"/letters.pdf").at(page+"/letters.pdf", 200)
	site.now = site.now.Add(24 * time.Hour)
	b = site.as("drafter")
	b.get(page+"/letters.pdf").at(page, 200, "正在重新生成", "正在生成 PDF")
	b.post(page, url.Values{"do": {"printed"}}).at(page, 200, "还没有可以打印的文件")
	site.draw()
	b.get(page+"/letters.pdf").at(page+"/letters.pdf", 200)
	if err := site.Store.StopPush(t.Context(), push, 1, "发错了", site.now); err != nil {
		t.Fatal(err)
	}
	b.get(page).at(page, 200, "不要发放")
	b.post(page, url.Values{"do": {"printed"}}).at(page, 200, "标着“不要发放”的请抽出来销毁", "已撤回")
}

func TestOnlyItsOfficePrintsALetter(t *testing.T) {
	site := newOffice(t)
	site.letters(1)
	const page = "/console/prints/1"
	auditor := site.as("auditor")
	if auditor.get(page).at(page, 200, "待打印"); strings.Contains(auditor.body, "letters.pdf") {
		t.Error("an auditor is offered the addresses")
	}
	auditor.get(page+"/letters.pdf").at(page+"/letters.pdf", 403)
	auditor.get(page).post(page, url.Values{"do": {"printed"}}).at(page, 403)
	auditor.get("/console/prints").post("/console/prints/slip", url.Values{"code": {domain.SlipCode(1, 1)}, "result": {"delivered"}}).at("/console/prints/slip", 403)
	admin := site.as("admin")
	admin.get("/console/prints").at("/console/prints", 403)
	other := domain.Office{Name: "邻县政务公开办", Signature: "邻县", Region: "330604"}
	if err := site.Store.SaveOffice(t.Context(), &other); err != nil {
		t.Fatal(err)
	}
	drafter, err := site.Store.OperatorByLogin(t.Context(), "drafter")
	if err != nil {
		t.Fatal(err)
	}
	drafter.Office = other.ID
	if err := site.Store.SaveOperator(t.Context(), &drafter); err != nil {
		t.Fatal(err)
	}
	b := site.as("drafter")
	b.get("/console/prints").at("/console/prints", 200, "没有要打印的")
	b.get(page).at(page, 403, "其他单位")
	b.get(page+"/letters.pdf").at(page+"/letters.pdf", 403)
	b.get("/console/prints").post("/console/prints/slip", url.Values{"code": {domain.SlipCode(1, 1)}, "result": {"delivered"}}).at("/console/prints/slip", 403)
}
