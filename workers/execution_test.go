package workers

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"policypush/internal/audience"
	"policypush/internal/channel"
	"policypush/internal/domain"
	"policypush/internal/push"
	"policypush/internal/storage"
	"policypush/internal/storage/pgtest"
)

// clerk is a gateway that keeps a count and can be asked.
type clerk struct {
	gateway
	fates   map[string]channel.Fate
	told    []channel.Fate // besides
	asked   []channel.Inquiry
	tallies []channel.Tally
	broken  error

	statements int // it was asked for
}

// Query implements channel.Querier.
func (c *clerk) Query(_ context.Context, asked []channel.Inquiry) ([]channel.Fate, error) {
	c.asked = append(c.asked, asked...)
	var fates []channel.Fate
	for _, a := range asked {
		if f, known := c.fates[a.Ref]; known {
			f.Ref = a.Ref
			fates = append(fates, f)
		}
	}
	return append(fates, c.told...), c.broken
}

// Statement implements channel.Accountant.
func (c *clerk) Statement(context.Context, time.Time, time.Time) ([]channel.Tally, error) {
	c.statements++
	return c.tallies, c.broken
}

// withClerk puts a clerk behind the SMS channel.
func (b *bench) withClerk() *clerk {
	c := &clerk{fates: map[string]channel.Fate{}}
	line := b.Lines[domain.SMS]
	line.Sender = c
	b.Lines[domain.SMS] = line
	return c
}

// sms changes the SMS channel of a bench.
func (b *bench) line(change func(*Line)) {
	line := b.Lines[domain.SMS]
	change(&line)
	b.Lines[domain.SMS] = line
}

func TestARefusedSettingHoldsTheChannelInEveryProcessUntilAPersonResumesIt(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	b.people(120, nil)
	_, id := b.publish("关于发放居民消费券的通知")
	check(t, b.planTask(id))
	b.sms.answer = func(channel.Message) channel.Result {
		return channel.Result{Class: channel.Config, Gateway: "kannel", Code: "403", Note: "Authorization failed"}
	}
	check(t, b.deliverDue())
	if n := len(b.sms.got); n > claimSize {
		t.Errorf("%d were handed over to a gateway that refuses us", n)
	}
	b.expect(id, "pending: 70, pending channel-held: 50")
	stops, err := b.Store.ChannelStops(ctx, b.Now())
	check(t, err)
	if len(stops) != 1 || stops[0].Cause != domain.StoppedByConfig || stops[0].Code != "403" || stops[0].Gateway != "kannel" {
		t.Fatalf("stops: %+v", stops)
	}
	b.pass(30 * 24 * time.Hour)
	other := New(b.Config) // another process: nothing is in its memory
	due, err := other.Store.DueBatches(ctx, b.Now(), 10)
	check(t, err)
	if len(due) != 0 {
		t.Errorf("another process would send %d batches", len(due))
	}
	b.sms.answer = nil
	check(t, b.Store.ResumeChannel(ctx, domain.SMS))
	check(t, b.deliverDue())
	b.expect(id, "accepted: 120")
	rows, err := b.Store.Deliveries(ctx, storage.DeliveryFilter{Push: id, Limit: 200})
	check(t, err)
	for _, d := range rows {
		if d.Attempts != 1 {
			t.Errorf("delivery %d counts %d attempts: refused settings burn none", d.ID, d.Attempts)
		}
	}
}

func TestAPausedPushGoesOnWithoutGapOrRepeat(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	b.people(230, nil)
	_, id := b.publish("关于发放居民消费券的通知")
	check(t, b.planTask(id))
	sent := 0
	b.sms.answer = func(channel.Message) channel.Result {
		if sent++; sent == 75 {
			check(t, b.Store.PausePush(ctx, id, 1, "核实口径", b.Now()))
		}
		return channel.Result{Class: channel.Accepted}
	}
	check(t, b.deliverDue())
	b.expect(id, "accepted: 100, pending: 130") // what was claimed is ended
	if due := b.due(); len(due) != 0 {
		t.Fatalf("due while it is paused: %v", due)
	}
	check(t, b.sweep(ctx))
	check(t, b.Store.ResumePush(ctx, id))
	check(t, b.deliverDue())
	b.expect(id, "accepted: 230")
	for ref, n := range b.sms.refs() {
		if n != 1 {
			t.Errorf("%s was sent %d times", ref, n)
		}
	}
}

// TestAStoppedPushSendsNoMore: what was not handed over stays so, and a
// supplement tells exactly those whom it had not reached.
func TestAStoppedPushSendsNoMore(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	b.people(120, func(i int, s *domain.Subscriber) {
		if i == 1 { // the same person as the first
			s.Contacts[0].Address = "13900000000"
		}
	})
	p, id := b.publish("关于发放居民消费券的通知")
	check(t, b.planTask(id))
	sent := 0
	b.sms.answer = func(channel.Message) channel.Result {
		if sent++; sent == 10 {
			check(t, b.Store.StopPush(ctx, id, 1, "发错了", b.Now()))
		}
		return channel.Result{Class: channel.Accepted}
	}
	check(t, b.deliverDue())
	b.expect(id, "accepted: 50, suppressed same-address: 1, withdrawn aborted: 69")

	check(t, b.Store.MarkInbox(ctx, 120, id, "read", b.Now()))
	again := domain.Push{Kind: domain.NewPolicy, CreatedAt: b.Now()}
	check(t, b.Store.SupplementPush(ctx, p, &again))
	check(t, b.planTask(again.ID))
	b.expect(again.ID, "pending: 68")
	check(t, b.deliverDue())
	b.expect(again.ID, "accepted: 68")
	phones := map[string]int{}
	for _, m := range b.sms.got {
		if phones[m.To]++; phones[m.To] > 1 {
			t.Errorf("%s was told twice", m.To)
		}
	}
	q, err := audience.QueryFor(ctx, b.Store, p, "2026-11-25")
	check(t, err)
	if left := b.Index.Count(q); len(phones) != 118 || left != (audience.Counts{}) {
		t.Errorf("%d were told, a further supplement would tell %+v", len(phones), left)
	}
}

func TestAScheduledPushWaitsAndAPolicyThatEndsMeanwhileNeverFires(t *testing.T) {
	for name, tt := range map[string]struct {
		meanwhile func(*bench, *domain.Policy)
		want      string
	}{
		"nothing happens": {func(*bench, *domain.Policy) {}, "accepted: 2"},
		"it is withdrawn": {func(b *bench, p *domain.Policy) {
			check(b.t, p.Withdraw(b.second, "有误"))
			check(b.t, b.Store.WithdrawPolicy(context.Background(), p, nil, b.Now()))
		}, ""},
		"it expires": {func(b *bench, p *domain.Policy) {
			p.Expires = noon.In(push.Shanghai()).Format(time.DateOnly)
			check(b.t, b.Store.SavePolicy(context.Background(), p, domain.Published))
		}, "expired policy-ended: 2"},
	} {
		t.Run(name, func(t *testing.T) {
			b, ctx := newBench(t), t.Context()
			b.people(2, nil)
			p, id := b.publishAt("关于发放居民消费券的通知", noon.Add(24*time.Hour))
			b.pass(23 * time.Hour)
			owed, err := b.Store.OwedPushes(ctx, b.Now())
			check(t, err)
			if len(owed) != 0 {
				t.Fatalf("owed before its time: %v", owed)
			}
			check(t, b.planTask(id)) // a task that came too early
			b.expect(id, "")
			tt.meanwhile(b, p)
			b.pass(2 * time.Hour)
			check(t, b.planTask(id))
			check(t, b.deliverDue())
			b.expect(id, tt.want)
			if want := strings.Count(tt.want, "accepted") * 2; len(b.sms.got) != want {
				t.Errorf("%d were sent, want %d", len(b.sms.got), want)
			}
		})
	}
}

func TestWhatIsUrgentGoesBeforeABatchThatIsBeingSent(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	b.people(200, nil)
	_, id := b.publish("关于发放居民消费券的通知")
	check(t, b.planTask(id))
	normal := b.due()[0]
	check(t, b.Store.MarkQueued(ctx, normal.ID, normal.Gen, b.Now()))
	sent := 0
	b.sms.answer = func(channel.Message) channel.Result {
		if sent++; sent == 20 { // something urgent comes into the queue
			check(t, b.Queue.EnqueueDeliver(ctx, domain.Batch{ID: 99, Gen: 1, Channel: domain.SMS, Urgent: true}))
		}
		return channel.Result{Class: channel.Accepted}
	}
	check(t, b.deliverTask(ctx, normal.ID, normal.Gen))
	b.expect(id, "accepted: 50, pending: 150")
	due := b.due()
	if len(due) != 1 || due[0].ID != normal.ID || due[0].Gen != normal.Gen+1 {
		t.Errorf("what gave way is not owed: %v", due)
	}
}

func TestABatchWhoseTimeHasNotComeByTheWorkersClockIsHandedOutAgainSoon(t *testing.T) {
	b := newBench(t)
	b.people(3, nil)
	b.pass(10 * time.Hour) // 22:00
	_, id := b.publish("关于发放消费券的通知")
	check(t, b.planTask(id))
	b.pass(10 * time.Hour) // 08:00
	batch := b.due()[0]
	check(t, b.Store.MarkQueued(t.Context(), batch.ID, batch.Gen, b.Now()))
	b.pass(-200 * time.Millisecond) // the clock of the worker
	check(t, b.deliverTask(t.Context(), batch.ID, batch.Gen))
	if n := len(b.sms.got); n > 0 {
		t.Fatalf("%d texts before eight", n)
	}
	b.pass(2 * time.Second)
	check(t, b.deliverDue())
	if n := len(b.sms.got); n != 3 {
		t.Fatalf("%d texts two seconds later, want 3: %s", n, b.states(id))
	}
}

func TestAClockThatIsSetBackDelaysNothing(t *testing.T) {
	for name, change := range map[string]func(*bench, domain.PushID){
		"planned by the old time": func(*bench, domain.PushID) {},
		"a canary whose sender was killed": func(b *bench, id domain.PushID) {
			b.line(func(l *Line) { l.Canary = "13800000000" })
			_, _, err := b.Store.BeginCanary(t.Context(), domain.Canary{Push: id, Channel: domain.SMS, MaskedTo: "138****0000", SentAt: b.Now()}, canaryTries, time.Time{})
			check(t, err)
		},
		"a channel at rest": func(b *bench, _ domain.PushID) {
			_, err := b.Store.StopChannel(t.Context(), domain.ChannelStop{Channel: domain.SMS, Cause: domain.StoppedByQuota, Since: b.Now(), Until: b.Now().Add(10 * time.Minute)})
			check(t, err)
		},
		"a channel held by a person": func(b *bench, _ domain.PushID) {
			_, err := b.Store.StopChannel(t.Context(), domain.ChannelStop{Channel: domain.SMS, Cause: domain.StoppedByPerson, Since: b.Now()})
			check(t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.people(3, func(i int, s *domain.Subscriber) {
				if i == 2 {
					s.Contacts[0].When = domain.Daily
				}
			})
			_, id := b.publish("关于发放消费券的通知")
			check(t, b.planTask(id))
			check(t, b.planReminders(t.Context()))
			change(b, id)
			b.pass(-2 * time.Hour)
			for range 13 {
				check(t, b.sweep(t.Context()))
				check(t, b.deliverDue())
				b.pass(time.Minute)
			}
			want := 2 // and the summary in its time
			if name == "a channel held by a person" {
				want = 0
			}
			if got := len(slices.DeleteFunc(b.sms.got, func(m channel.Message) bool { return m.To == "13800000000" })); got != want {
				t.Errorf("%d texts within a quarter of an hour, want %d: %s", got, want, b.states(id))
			}
			if at := b.reminded.at; at.After(b.Now()) {
				check(t, b.planReminders(t.Context()))
				if b.reminded.at.After(b.Now()) {
					t.Errorf("nobody is reminded before %s", b.reminded.at)
				}
			}
		})
	}
}

func TestARateIsKeptAndNothingIsClaimedWithoutARight(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	b.people(40, nil)
	b.line(func(l *Line) { l.Rate = 0.5 }) // one now, the next in two seconds
	_, id := b.publish("关于发放居民消费券的通知")
	check(t, b.planTask(id))
	check(t, b.Queue.Hold(ctx, domain.SMS, time.Minute, b.Now()))
	check(t, b.deliverDue())
	b.expect(id, "pending: 40")
	b.pass(time.Minute)
	if due := b.due(); len(due) != 1 {
		t.Fatalf("due after the pause: %v", due)
	}
	// Redis goes away: nobody may claim, and nothing is lost.
	redis := b.Queue.Redis()
	check(t, redis.Del(ctx, "push:hold:sms").Err())
	short, cancel := context.WithTimeout(ctx, 90*time.Second)
	defer cancel()
	batch := b.due()[0]
	n, _, err := b.mayClaim(short, batch)
	if err != nil || n != 1 {
		t.Errorf("%d may be claimed, want the one of the rate (%v)", n, err)
	}
}

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

func TestDoubtIsSettledByAskingAndNeverBySending(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	b.people(4, nil)
	c := b.withClerk()
	c.answer = func(channel.Message) channel.Result { return channel.Result{Class: channel.Unknown, Gateway: "aliyun"} }
	_, id := b.publish("关于发放居民消费券的通知")
	check(t, b.planTask(id))
	check(t, b.deliverDue())
	b.expect(id, "unknown no-answer: 4")
	check(t, b.askGateways(ctx))
	if len(c.asked) != 0 {
		t.Errorf("asked at once: %v", c.asked)
	}
	c.fates[c.got[0].Ref] = channel.Fate{State: domain.Delivered, GatewayRef: "g1", Note: "DELIVRD"}
	c.fates[c.got[1].Ref] = channel.Fate{State: domain.Failed, Code: "1", Note: "空号", BadAddress: true}
	c.fates[c.got[2].Ref] = channel.Fate{} // it cannot tell yet
	b.pass(2 * time.Minute)
	check(t, b.askGateways(ctx))
	b.expect(id, "delivered: 1, failed undelivered:1: 1, unknown no-answer: 2")
	if a := c.asked[0]; a.Gateway != "aliyun" || a.To == "" || a.At.IsZero() {
		t.Errorf("it was asked about %+v", a)
	}
	asked := len(c.asked)
	check(t, b.askGateways(ctx))
	if len(c.asked) != asked {
		t.Error("it is asked again at once")
	}
	b.pass(time.Hour)
	c.broken = fmt.Errorf("connection refused")
	check(t, b.askGateways(ctx))
	if len(c.asked) != asked+2 {
		t.Errorf("it is asked about %d more, want 2", len(c.asked)-asked)
	}
	b.pass(domain.DoubtFor)
	check(t, b.askGateways(ctx))
	if len(c.asked) != asked+2 {
		t.Error("it is asked after three days")
	}
	if len(c.got) != 4 {
		t.Errorf("%d were sent", len(c.got))
	}
}

// TestWhoHadALostMessageIsKnownFromItsAnswer: a worker died with it, so that
// nobody knows which of the gateways had it, until one says so. One that did not
// take it says nothing against another that did.
func TestWhoHadALostMessageIsKnownFromItsAnswer(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	b.people(1, nil)
	c := b.withClerk()
	_, id := b.publish("关于发放居民消费券的通知")
	check(t, b.planTask(id))
	due, err := b.Store.DueBatches(ctx, b.Now(), 10)
	check(t, err)
	claimed, err := b.Store.ClaimDeliveries(ctx, due[0].ID, due[0].Gen, 10, b.Now())
	check(t, err)
	b.pass(b.Clocks.LostAfter + time.Second)
	check(t, b.sweep(ctx))
	b.expect(id, "unknown lost-worker: 1")
	d := claimed[0].Deliveries[0]
	c.told = []channel.Fate{
		{Ref: d.ClientRef(), State: domain.Failed, Gateway: "kannel", Code: "MN:0001"},
		{Ref: d.ClientRef(), State: domain.Delivered, Gateway: "aliyun", GatewayRef: "g1"},
		{Ref: d.ClientRef(), State: domain.Failed, Gateway: "tencent"},
	}
	b.pass(24 * time.Hour)
	check(t, b.askGateways(ctx))
	b.expect(id, "delivered: 1")
	c.tallies = []channel.Tally{{Gateway: "aliyun", Accepted: 1}}
	check(t, b.compareDays(ctx))
	found, err := b.Store.Statements(ctx, "2026-01-01")
	check(t, err)
	if len(found) != 1 || found[0].Gateway != "aliyun" || found[0].Accepted != 1 || !found[0].Agrees() {
		t.Errorf("the day of the message is not told from that of the answer: %+v", found)
	}
}

func TestADayIsComparedWithTheGateway(t *testing.T) {
	for name, tt := range map[string]struct {
		theirs []channel.Tally
		broken error
		agrees bool
		note   string
	}{
		"the same":               {[]channel.Tally{{Gateway: "aliyun", Accepted: 8}}, nil, true, ""},
		"with what is in doubt":  {[]channel.Tally{{Gateway: "aliyun", Accepted: 9, Receipts: true, Delivered: 7}}, nil, true, ""},
		"one too many":           {[]channel.Tally{{Gateway: "aliyun", Accepted: 11}}, nil, false, ""},
		"one too few":            {[]channel.Tally{{Gateway: "aliyun", Accepted: 7}}, nil, false, ""},
		"one we know nothing of": {[]channel.Tally{{Gateway: "aliyun", Accepted: 8}, {Gateway: "tencent", Accepted: 1}}, nil, false, ""},
		"parts of long texts":    {[]channel.Tally{{Gateway: "aliyun", Accepted: 24, Parts: true}}, nil, true, inParts},
		"a part too few":         {[]channel.Tally{{Gateway: "aliyun", Accepted: 23, Parts: true}}, nil, false, inParts},
		"parts in doubt":         {[]channel.Tally{{Gateway: "aliyun", Accepted: 30, Parts: true}}, nil, true, inParts},
		"it keeps no count":      {nil, nil, true, NotCounted},
		"it does not say":        {nil, fmt.Errorf("refused"), true, notTold + "：refused"},
	} {
		t.Run(name, func(t *testing.T) {
			b, ctx := newBench(t), t.Context()
			b.people(10, nil)
			c := b.withClerk()
			n, units := 0, 1
			if tt.note == inParts {
				units = 3
			}
			c.answer = func(channel.Message) channel.Result {
				if n++; n > 8 {
					return channel.Result{Class: channel.Unknown, Gateway: "aliyun", Units: units}
				}
				return channel.Result{Class: channel.Accepted, Gateway: "aliyun", Units: units}
			}
			_, id := b.publish("关于发放居民消费券的通知")
			check(t, b.planTask(id))
			check(t, b.deliverDue())
			c.tallies, c.broken = tt.theirs, tt.broken
			b.pass(13 * time.Hour) // one in the morning: gateways have not closed their day
			check(t, b.compareDays(ctx))
			if found, err := b.Store.Statements(ctx, "2026-01-01"); err != nil || len(found) != 0 {
				t.Fatalf("compared too early: %v, %v", found, err)
			}
			b.pass(6 * time.Hour)
			check(t, b.compareDays(ctx))
			found, err := b.Store.Statements(ctx, "2026-01-01")
			check(t, err)
			agrees := true
			for _, s := range found {
				agrees = agrees && s.Agrees()
				if s.Day != "2026-11-25" || s.Note != tt.note {
					t.Errorf("statement %+v", s)
				}
			}
			if len(found) == 0 || agrees != tt.agrees {
				t.Errorf("agrees: %v, want %v: %+v", agrees, tt.agrees, found)
			}
			if found[0].Accepted != 8*units || found[0].InDoubt != 2*units {
				t.Errorf("ours is %+v", found[0])
			}
		})
	}
}

// TestADayThatWasMissedIsComparedWithinAWeek: nobody was there the morning after,
// or the gateway did not answer then.
func TestADayThatWasMissedIsComparedWithinAWeek(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	b.people(2, nil)
	c := b.withClerk()
	c.answer = func(channel.Message) channel.Result {
		return channel.Result{Class: channel.Accepted, Gateway: "aliyun"}
	}
	_, id := b.publish("关于发放居民消费券的通知")
	check(t, b.planTask(id))
	check(t, b.deliverDue())
	compared := func() string {
		t.Helper()
		check(t, b.compareDays(ctx))
		found, err := b.Store.Statements(ctx, "2026-11-01")
		check(t, err)
		var days []string
		for _, s := range found {
			if s.Compared() {
				days = append(days, s.Day)
			}
		}
		return strings.Join(days, " ")
	}
	c.broken = fmt.Errorf("refused")
	b.pass(3 * 24 * time.Hour) // nobody was there
	if got := compared(); got != "" || c.statements != 1 {
		t.Errorf("compared %q, asked %d times of a gateway that does not answer", got, c.statements)
	}
	c.broken, c.tallies = nil, []channel.Tally{{Gateway: "aliyun", Accepted: 2}}
	if got := compared(); got != "" {
		t.Errorf("compared %q within the hour", got)
	}
	b.pass(statementPast)
	if got := compared(); got != "2026-11-27 2026-11-26 2026-11-25" {
		t.Errorf("compared %q", got)
	}
	asked := c.statements
	b.pass(statementPast)
	if compared(); c.statements != asked {
		t.Errorf("asked %d times more", c.statements-asked)
	}
	b.pass(5 * 24 * time.Hour) // of days that are past, and no more than were
	if got := compared(); got != "2026-12-02 2026-12-01 2026-11-30 2026-11-29 2026-11-28 2026-11-27 2026-11-26 2026-11-25" {
		t.Errorf("compared %q", got)
	}

	// Of a new channel, only yesterday.
	b = newBench(t)
	c = b.withClerk()
	b.pass(24 * time.Hour)
	check(t, b.compareDays(ctx))
	if c.statements != 1 {
		t.Errorf("a channel that handed nothing on is asked about %d days", c.statements)
	}
}

func TestTheHistoryNamesTheGateway(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	b.people(1, nil)
	_, id := b.publish("关于发放居民消费券的通知")
	check(t, b.planTask(id))
	b.sms.answer = func(channel.Message) channel.Result {
		return channel.Result{Class: channel.Retry, Gateway: "aliyun", Note: "refused"}
	}
	check(t, b.deliverDue())
	b.sms.answer = func(channel.Message) channel.Result {
		return channel.Result{Class: channel.Accepted, Gateway: "tencent", GatewayRef: "t1"}
	}
	b.pass(time.Hour)
	check(t, b.deliverDue())
	rows, err := b.Store.Deliveries(ctx, storage.DeliveryFilter{Push: id})
	check(t, err)
	events, err := b.Store.DeliveryEvents(ctx, rows[0].ID)
	check(t, err)
	if len(events) != 2 || events[0].Gateway != "aliyun" || events[1].Gateway != "tencent" || rows[0].Gateway != "tencent" {
		t.Errorf("history is %+v", events)
	}
}
