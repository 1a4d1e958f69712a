package workers

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"policypush/internal/channel"
	"policypush/internal/domain"
	"policypush/internal/storage/pgtest"
)

func TestACanaryGoesFirstAndOnce(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	b.people(120, nil)
	b.line(func(l *Line) { l.Canary = "13800000000" })
	_, id := b.publish("关于发放居民消费券的通知")
	check(t, b.planTask(id))
	refused := true
	b.sms.answer = func(channel.Message) channel.Result {
		if refused {
			return channel.Result{Class: channel.Config, Code: "403", Gateway: "kannel"}
		}
		return channel.Result{Class: channel.Accepted, Gateway: "kannel"}
	}
	check(t, b.deliverDue())
	if n := len(b.sms.got); n != 1 || b.sms.got[0].To != "13800000000" {
		t.Fatalf("%d were handed over to a gateway that refuses us, want the canary only", n)
	}
	b.expect(id, "pending: 70, pending channel-held: 50")
	refused = false
	check(t, b.Store.ResumeChannel(ctx, domain.SMS))
	check(t, b.deliverDue())
	b.expect(id, "accepted: 120")
	canaries := 0
	for i, m := range b.sms.got {
		if m.To == "13800000000" {
			canaries++
			if m.Ref != domain.CanaryRef(id) || strings.Contains(m.Unsubscribe, "/u/1") || i > 1 {
				t.Errorf("canary %d is %+v", i, m)
			}
		}
	}
	if canaries != 2 {
		t.Errorf("%d canaries were handed over, want the refused one and another", canaries)
	}
	other := New(b.Config)
	if other.sendCanaries(ctx, domain.SMS, []letter{{deliveries: []domain.Delivery{{Push: id, Channel: domain.SMS}}}}) != nil || len(b.sms.got) != 122 {
		t.Errorf("another process sends it again: %d in all", len(b.sms.got))
	}
	check(t, b.Store.SettleCanary(ctx, id, domain.SMS, "", domain.Delivered, "DELIVRD", b.Now()))
	found, err := b.Store.Canaries(ctx, id, 10)
	check(t, err)
	if len(found) != 1 || found[0].State != domain.Delivered || found[0].Gateway != "kannel" || found[0].MaskedTo != "138****0000" {
		t.Errorf("canaries are %+v", found)
	}
}

// canaried is a push to three people over SMS, whose gateway answers the canary
// so.
func canaried(t *testing.T, answer channel.Result) (b *bench, id domain.PushID) {
	t.Helper()
	b = newBench(t)
	b.people(3, nil)
	b.line(func(l *Line) { l.Canary = "13800000000" })
	_, id = b.publish("关于发放居民消费券的通知")
	check(t, b.planTask(id))
	b.sms.answer = func(m channel.Message) channel.Result {
		if m.To == "13800000000" {
			return answer
		}
		return channel.Result{Class: channel.Accepted, Gateway: "kannel"}
	}
	check(t, b.deliverDue())
	return b, id
}

// TestAMessageThatIsRefusedPausesItsPush: everybody else's would fail for good.
// That the address of the canary is dead, or that the gateway has no time, says
// nothing about others.
func TestAMessageThatIsRefusedPausesItsPush(t *testing.T) {
	ctx := t.Context()
	b, id := canaried(t, channel.Result{Class: channel.Permanent, Code: "isv.SMS_CONTENT_ILLEGAL", Gateway: "aliyun"})
	b.expect(id, "pending: 3")
	u, err := b.Store.Push(ctx, id)
	check(t, err)
	if len(b.sms.got) != 1 || !u.Paused() || u.HaltedBy != 0 || !strings.Contains(u.HaltReason, "isv.SMS_CONTENT_ILLEGAL") {
		t.Errorf("%d handed over, the push is %+v", len(b.sms.got), u)
	}
	log, err := b.Store.AuditEntries(ctx, fmt.Sprintf("push/%d", id), 10)
	check(t, err)
	if len(log) != 1 || log[0].Action != "push-pause" || log[0].Operator != 0 {
		t.Errorf("the audit log has %+v", log)
	}
	check(t, b.Store.ResumePush(ctx, id)) // an officer has looked
	check(t, b.deliverDue())
	b.expect(id, "accepted: 3")

	for name, answer := range map[string]channel.Result{
		"its address is dead":     {Class: channel.Permanent, Code: "isv.MOBILE_NUMBER_ILLEGAL", BadAddress: true},
		"the gateway has no time": {Class: channel.Retry, Code: "busy"},
	} {
		t.Run(name, func(t *testing.T) {
			b, id := canaried(t, answer)
			b.expect(id, "accepted: 3")
			found, err := b.Store.Canaries(ctx, id, 10)
			check(t, err)
			if len(found) != 1 || found[0].State != domain.Failed {
				t.Errorf("canaries are %+v", found)
			}
		})
	}
}

// TestACanaryWithoutAnswerHoldsTheChannel: what follows would be in doubt. After
// a rest another goes, and after the third a person decides.
func TestACanaryWithoutAnswerHoldsTheChannel(t *testing.T) {
	ctx := t.Context()
	b, id := canaried(t, channel.Result{Class: channel.Unknown, Gateway: "kannel"})
	for try := 1; try <= canaryTries; try++ {
		b.expect(id, "pending channel-held: 3")
		stops, err := b.Store.ChannelStops(ctx, b.Now())
		check(t, err)
		if len(stops) != 1 || stops[0].Cause != domain.StoppedByCanary || stops[0].Until.IsZero() != (try == canaryTries) {
			t.Fatalf("after %d canaries the channel is held by %+v", try, stops)
		}
		if len(b.sms.got) != try {
			t.Fatalf("%d handed over, want %d canaries", len(b.sms.got), try)
		}
		b.pass(canaryRest + time.Second)
		check(t, b.deliverDue())
	}
	found, err := b.Store.Canaries(ctx, id, 10)
	check(t, err)
	if len(b.sms.got) != canaryTries || len(found) != 1 || found[0].State != domain.UnknownEnd {
		t.Errorf("%d handed over, canaries are %+v", len(b.sms.got), found)
	}
	check(t, b.Store.ResumeChannel(ctx, domain.SMS))
	check(t, b.deliverDue())
	b.expect(id, "accepted: 3")
	if len(b.sms.got) != canaryTries+3 {
		t.Errorf("%d handed over", len(b.sms.got))
	}

	// One answer, and all goes on.
	b, id = canaried(t, channel.Result{Class: channel.Unknown})
	b.sms.answer = nil
	b.pass(canaryRest + time.Second)
	check(t, b.deliverDue())
	b.expect(id, "accepted: 3")
}

// TestCanariesWithoutAnswerAreCountedForAllWorkers: another process goes on
// counting, though this one and Redis forget everything, and what it holds in
// its hands when the channel begins to rest it keeps back.
func TestCanariesWithoutAnswerAreCountedForAllWorkers(t *testing.T) {
	ctx := t.Context()
	b, id := canaried(t, channel.Result{Class: channel.Unknown, Gateway: "kannel"})
	letters := []letter{{deliveries: []domain.Delivery{{Push: id, Channel: domain.SMS}}}}
	for try := 1; try <= canaryTries; try++ {
		for range 2 { // processes that come late
			back := New(b.Config).sendCanaries(ctx, domain.SMS, letters)
			if back == nil || back.reason != domain.ReasonChannelHeld || len(b.sms.got) != try {
				t.Fatalf("after %d canaries another process has %+v and %d are handed over", try, back, len(b.sms.got))
			}
		}
		check(t, b.Queue.Redis().FlushAll(ctx).Err())
		b.Workers = New(b.Config) // restarted
		b.pass(canaryRest + time.Second)
		check(t, b.deliverDue())
	}
	b.expect(id, "pending channel-held: 3")
	stops, err := b.Store.ChannelStops(ctx, b.Now())
	check(t, err)
	if len(b.sms.got) != canaryTries || len(stops) != 1 || !stops[0].Until.IsZero() {
		t.Errorf("%d handed over, the channel is held by %+v, want a person to decide", len(b.sms.got), stops)
	}
	found, err := b.Store.Canaries(ctx, id, 10)
	check(t, err)
	if len(found) != 1 || found[0].Silent != canaryTries {
		t.Errorf("canaries are %+v", found)
	}
}

// TestOthersWaitForTheAnswerToACanary that another process is sending. If that
// has died, another goes first: this one may have been refused.
func TestOthersWaitForTheAnswerToACanary(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	b.people(3, nil)
	b.line(func(l *Line) { l.Canary = "13800000000" })
	_, id := b.publish("关于发放居民消费券的通知")
	check(t, b.planTask(id))
	first, _, err := b.Store.BeginCanary(ctx, domain.Canary{Push: id, Channel: domain.SMS, SentAt: b.Now()}, canaryTries, time.Time{})
	check(t, err)
	if !first {
		t.Fatal("somebody has begun")
	}
	check(t, b.deliverDue())
	b.expect(id, "pending gateway-retry: 3")
	if len(b.sms.got) != 0 {
		t.Errorf("%d handed over before the answer", len(b.sms.got))
	}
	b.sms.answer = func(channel.Message) channel.Result {
		return channel.Result{Class: channel.Permanent, Code: "isv.TEMPLATE", Gateway: "aliyun"}
	}
	b.pass(canaryAnswer)
	check(t, b.deliverDue())
	b.expect(id, "pending: 3")
	if len(b.sms.got) != 1 {
		t.Errorf("%d handed over, want another canary", len(b.sms.got))
	}
}

// TestNobodyIsToldWhileOfACanaryIsNotKnown: the database does not say whether it
// may go, or the process ends before it has gone. Then it goes, is refused, and
// nobody else's has gone.
func TestNobodyIsToldWhileOfACanaryIsNotKnown(t *testing.T) {
	b := newBench(t)
	b.people(3, nil)
	b.line(func(l *Line) { l.Canary = "13800000000" })
	_, id := b.publish("关于发放居民消费券的通知")
	check(t, b.planTask(id))
	ctx, end := context.WithCancel(t.Context())
	b.sms.answer = func(channel.Message) channel.Result {
		end()
		return channel.Result{Class: channel.Retry}
	}
	for range 2 { // it ends in the middle, and has ended
		back := b.sendCanaries(ctx, domain.SMS, []letter{{deliveries: []domain.Delivery{{Push: id, Channel: domain.SMS}}}})
		if back == nil || back.reason != domain.ReasonGatewayRetry {
			t.Errorf("everybody's go: %+v", back)
		}
	}
	b.sms.answer = func(channel.Message) channel.Result {
		return channel.Result{Class: channel.Permanent, Code: "isv.TEMPLATE", Gateway: "aliyun"}
	}
	check(t, b.deliverDue())
	b.expect(id, "pending: 3")
	u, err := b.Store.Push(t.Context(), id)
	check(t, err)
	if n := len(b.sms.got); n != 2 || !u.Paused() {
		t.Errorf("%d handed over, want two canaries and the push paused: %+v", n, u)
	}
}

// TestTheAnswerToACanaryIsKeptUntilTheDatabaseIsBack: it crashes while the
// gateway has the canary.
func TestTheAnswerToACanaryIsKeptUntilTheDatabaseIsBack(t *testing.T) {
	cluster := pgtest.Start(t)
	b, ctx := newBenchOn(t, cluster.Database(t), ""), t.Context()
	b.people(3, nil)
	b.line(func(l *Line) { l.Canary = "13800000000" })
	crashed := func(answer channel.Result) domain.PushID {
		_, id := b.publish("关于发放居民消费券的通知")
		check(t, b.planTask(id))
		back := make(chan struct{})
		b.sms.got = nil
		b.sms.answer = func(channel.Message) channel.Result {
			cluster.Crash(t)
			go func() {
				defer close(back)
				cluster.Revive(t)
			}()
			return answer
		}
		check(t, b.deliverDue())
		<-back
		if len(b.sms.got) != 1 {
			t.Errorf("%d handed over, want the canary only", len(b.sms.got))
		}
		return id
	}
	id := crashed(channel.Result{Class: channel.Permanent, Code: "isv.TEMPLATE", Gateway: "aliyun"})
	b.expect(id, "pending: 3")
	u, err := b.Store.Push(ctx, id)
	check(t, err)
	if !u.Paused() {
		t.Errorf("the push goes on: %+v", u)
	}
	id = crashed(channel.Result{Class: channel.Unknown, Gateway: "aliyun"})
	b.expect(id, "pending channel-held: 3")
	stops, err := b.Store.ChannelStops(ctx, b.Now())
	check(t, err)
	if len(stops) != 1 || stops[0].Cause != domain.StoppedByCanary {
		t.Errorf("the channel is held by %+v", stops)
	}
}

// TestTheCanaryOfBrowsersIsAPerson: a browser has an address that nobody can
// write down, so a person of the office stands for it. That there is none is
// said on the page of the push, and holds nobody up.
func TestTheCanaryOfBrowsersIsAPerson(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	const browser = `{"endpoint":"https://push.example/officer"}`
	b.people(3, func(i int, s *domain.Subscriber) {
		if i == 1 {
			s.Contacts = []domain.Contact{{Kind: domain.WebPush, Address: browser, Verified: true}}
		}
	})
	for canary, want := range map[string]domain.DeliveryState{"2": domain.Accepted, "3": domain.Failed, "99": domain.Failed} {
		service := &gateway{}
		b.Lines[domain.WebPush] = Line{Mode: channel.Send, Sender: service, Canary: canary}
		w := New(b.Config)
		_, id := b.publish("关于发放居民消费券的通知" + canary)
		if w.sendCanaries(ctx, domain.WebPush, []letter{{deliveries: []domain.Delivery{{Push: id, Channel: domain.WebPush}}}}) != nil {
			t.Errorf("canary %s holds the channel", canary)
		}
		found, err := b.Store.Canaries(ctx, id, 10)
		check(t, err)
		if len(found) != 1 || found[0].State != want || (found[0].Note != "") != (want == domain.Failed) {
			t.Errorf("canary %s is %+v", canary, found)
		}
		if want == domain.Accepted && (len(service.got) != 1 || service.got[0].To != browser) {
			t.Errorf("canary %s: handed over %+v", canary, service.got)
		}
	}
}
