package workers

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"policypush/internal/audience"
	"policypush/internal/channel"
	"policypush/internal/domain"
	"policypush/internal/push"
	"policypush/internal/storage"
)

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
