package workers

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"policypush/internal/channel"
	"policypush/internal/domain"
	"policypush/internal/storage"
)

func TestWhatTheGatewaySaysDecides(t *testing.T) {
	for name, tt := range map[string]struct {
		answer channel.Result
		want   string
		later  time.Duration // when it is tried again; 0: never
	}{
		"taken":                        {channel.Result{Class: channel.Accepted, GatewayRef: "g1"}, "accepted: 1", 0},
		"refused for good":             {channel.Result{Class: channel.Permanent, Code: "400"}, "failed refused:400: 1", 0},
		"a number that is dead":        {channel.Result{Class: channel.Permanent, Code: "number", BadAddress: true}, "failed refused:number: 1", 0},
		"no answer":                    {channel.Result{Class: channel.Unknown}, "unknown no-answer: 1", 0},
		"down":                         {channel.Result{Class: channel.Retry, Code: "connect"}, "pending gateway-retry: 1", time.Minute},
		"too fast":                     {channel.Result{Class: channel.Throttled, After: 20 * time.Second}, "pending gateway-retry: 1", 20 * time.Second},
		"quota used up":                {channel.Result{Class: channel.Quota}, "pending channel-held: 1", 12*time.Hour + 5*time.Minute},
		"our settings are not right":   {channel.Result{Class: channel.Config, Code: "403"}, "pending channel-held: 1", 0}, // until a person resumes it
		"down, and knows for how long": {channel.Result{Class: channel.Retry, After: time.Hour}, "pending gateway-retry: 1", time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.people(1, nil)
			_, id := b.publish("关于发放居民消费券的通知")
			check(t, b.planTask(id))
			b.sms.answer = func(channel.Message) channel.Result { return tt.answer }
			check(t, b.deliverDue())
			b.expect(id, tt.want)
			if due := b.due(); len(due) != 0 {
				t.Fatalf("due at once: %v", due)
			}
			if tt.later == 0 {
				b.pass(30 * 24 * time.Hour)
				if due := b.due(); len(due) != 0 {
					t.Errorf("due after a month: %v", due)
				}
				return
			}
			b.pass(tt.later - time.Second)
			if due := b.due(); len(due) != 0 {
				t.Errorf("due too early: %v", due)
			}
			b.pass(time.Second)
			if due := b.due(); len(due) == 0 {
				t.Errorf("due after %s: %v", tt.later, due)
			}
			b.sms.answer = nil
			if tt.answer.Class == channel.Quota {
				b.pass(9 * time.Hour) // no text goes out at midnight
			}
			check(t, b.Queue.Redis().Del(t.Context(), "push:hold:sms").Err()) // its clock is the real one
			check(t, b.deliverDue())
			b.expect(id, "accepted: 1")
			if n := len(b.sms.got); n != 2 {
				t.Errorf("handed over %d times", n)
			}
		})
	}
}

func TestADeadAddressIsNotUsedAgain(t *testing.T) {
	b := newBench(t)
	b.people(1, nil)
	b.sms.answer = func(channel.Message) channel.Result {
		return channel.Result{Class: channel.Permanent, Code: "550", BadAddress: true}
	}
	_, first := b.publish("关于发放居民消费券的通知")
	check(t, b.planTask(first))
	check(t, b.deliverDue())
	// Who cannot be reached any more has changed for the index: it follows, as
	// in a process, when the planning waits for it.
	ctx, end := context.WithCancel(t.Context())
	var following sync.WaitGroup
	following.Go(func() { b.Index.Follow(ctx, Profiles{b.Store}, time.Hour, func(err error) { t.Error(err) }) })
	defer following.Wait()
	defer end()
	_, second := b.publish("关于发放居民生活补贴的通知")
	check(t, b.planTask(second))
	b.expect(second, "suppressed bad-address:550: 1")
}

// TestADeadAddressIsStoppedWhateverComesOfItsOutcome: a worker that dies between
// the two must not leave the address in use.
func TestADeadAddressIsStoppedWhateverComesOfItsOutcome(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	b := newBenchOn(t, "sqlite:"+path, "")
	b.people(1, nil)
	b.sms.answer = func(channel.Message) channel.Result {
		return channel.Result{Class: channel.Permanent, Code: "550", BadAddress: true}
	}
	_, id := b.publish("关于发放居民消费券的通知")
	check(t, b.planTask(id))
	db, err := sql.Open("sqlite", path)
	check(t, err)
	defer func() { check(t, db.Close()) }()
	_, err = db.ExecContext(t.Context(), `CREATE TRIGGER dies BEFORE UPDATE ON deliveries WHEN NEW.state = 'failed' BEGIN SELECT RAISE(ABORT, 'dies'); END`)
	check(t, err)
	if err := b.deliverDue(); err == nil || !strings.Contains(err.Error(), "dies") {
		t.Fatalf("the outcome is recorded: %v", err)
	}
	b.expect(id, "sending: 1")
	stopped := 0
	check(t, db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM stop_list WHERE reason = 'bounce:550'`).Scan(&stopped))
	if stopped != 1 {
		t.Errorf("%d addresses are stopped", stopped)
	}
}

func TestTriesComeToAnEnd(t *testing.T) {
	b := newBench(t)
	b.people(1, nil)
	_, id := b.publish("关于发放居民消费券的通知")
	check(t, b.planTask(id))
	b.sms.answer = func(channel.Message) channel.Result { return channel.Result{Class: channel.Retry} }
	for range 12 {
		check(t, b.deliverDue())
		b.pass(6 * time.Hour)
	}
	b.expect(id, "failed tries: 1")
	if n := len(b.sms.got); n != 6 {
		t.Errorf("tried %d times", n)
	}
}

func TestWhoStopsBeforeTheirTurnGetsNothing(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	b.people(3, nil)
	_, id := b.publish("关于发放居民消费券的通知")
	check(t, b.planTask(id))
	check(t, b.Store.StopAddress(ctx, domain.SMS, "13900000001", domain.ReasonStopped, b.Now()))
	check(t, b.deliverDue())
	b.expect(id, "accepted: 2, suppressed stopped: 1")
}

func TestAWithdrawnPolicyIsNotSent(t *testing.T) {
	b := newBench(t)
	b.people(3, nil)
	p, id := b.publish("关于发放居民消费券的通知")
	check(t, b.planTask(id))
	check(t, p.Withdraw(b.second, "金额有误"))
	check(t, b.Store.WithdrawPolicy(context.Background(), p, nil, b.Now()))
	check(t, b.deliverDue())
	b.expect(id, "withdrawn policy-ended: 3")
	if len(b.sms.got) != 0 {
		t.Errorf("%d were sent", len(b.sms.got))
	}
}

func TestAnOlderGenerationDoesNothing(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	b.people(3, nil)
	_, id := b.publish("关于发放居民消费券的通知")
	check(t, b.planTask(id))
	batch := b.due()[0]
	check(t, b.Store.MarkQueued(ctx, batch.ID, batch.Gen, b.Now()))
	b.pass(b.Clocks.DeadAfter + time.Second)
	check(t, b.sweep(ctx)) // no sign of life: handed out anew
	check(t, b.deliverTask(ctx, batch.ID, batch.Gen))
	b.expect(id, "pending: 3")
	check(t, b.deliverTask(ctx, batch.ID, batch.Gen+1))
	check(t, b.deliverTask(ctx, batch.ID, batch.Gen+1)) // the queue hands it out twice
	b.expect(id, "accepted: 3")
	if len(b.sms.got) != 3 {
		t.Errorf("%d were sent", len(b.sms.got))
	}
}

func TestAProcessThatEndsRecordsWhatItSent(t *testing.T) {
	b := newBench(t)
	ctx, cancel := context.WithCancel(context.Background())
	b.people(120, nil)
	_, id := b.publish("关于发放居民消费券的通知")
	check(t, b.planTask(id))
	sent := 0
	b.sms.answer = func(channel.Message) channel.Result {
		if sent++; sent == 60 {
			cancel()
		}
		return channel.Result{Class: channel.Accepted}
	}
	batch := b.due()[0]
	check(t, b.Store.MarkQueued(context.Background(), batch.ID, batch.Gen, b.Now()))
	if err := b.deliverTask(ctx, batch.ID, batch.Gen); err == nil {
		t.Fatal("the task says that it is done")
	}
	b.expect(id, "accepted: 60, pending: 20, pending gateway-retry: 40")
	check(t, b.deliverTask(context.Background(), batch.ID, batch.Gen))
	check(t, b.deliverDue())
	b.expect(id, "accepted: 120")
}

func TestARowWhoseWorkerDiedIsUnknown(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	b.people(60, nil)
	_, id := b.publish("关于发放居民消费券的通知")
	check(t, b.planTask(id))
	batch := b.due()[0]
	check(t, b.Store.MarkQueued(ctx, batch.ID, batch.Gen, b.Now()))
	_, err := b.Store.ClaimDeliveries(ctx, batch.ID, batch.Gen, claimSize, b.Now()) // and the worker is gone
	check(t, err)
	b.pass(b.Clocks.LostAfter + time.Second)
	check(t, b.sweep(ctx))
	check(t, b.deliverDue())
	b.expect(id, "accepted: 10, unknown lost-worker: 50")
}

func TestLogModeWritesToTheOutboxInsteadOfSending(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	b.people(2, nil)
	line := b.Lines[domain.SMS]
	line.Mode = channel.Log
	b.Lines[domain.SMS] = line
	_, id := b.publish("关于发放居民消费券的通知")
	check(t, b.planTask(id))
	check(t, b.deliverDue())
	b.expect(id, "logged: 2")
	entries, _, err := b.Store.FindOutbox(ctx, storage.OutboxFilter{Limit: 10})
	check(t, err)
	if len(entries) != 2 || entries[0].MaskedTo == "" || strings.Contains(entries[0].MaskedTo, "13900000000") ||
		!strings.HasPrefix(entries[0].Body, "【云川政策】") {
		t.Errorf("outbox: %+v", entries)
	}
}

func TestAChannelThatIsOffSendsNothing(t *testing.T) {
	b := newBench(t)
	b.people(2, nil)
	b.Lines[domain.SMS] = Line{Mode: channel.Off}
	_, id := b.publish("关于发放居民消费券的通知")
	check(t, b.planTask(id))
	b.expect(id, "suppressed channel-off: 2")
}

func TestTextsWaitForTheMorning(t *testing.T) {
	b := newBench(t)
	b.people(1, nil)
	b.pass(10 * time.Hour) // 22:00
	_, id := b.publish("关于发放居民消费券的通知")
	check(t, b.planTask(id))
	b.expect(id, "pending quiet-hours: 1")
	b.pass(9 * time.Hour) // 07:00
	check(t, b.deliverDue())
	b.expect(id, "pending quiet-hours: 1")
	b.pass(time.Hour)
	check(t, b.deliverDue())
	b.expect(id, "accepted: 1")
}

func TestADigestTellsOfSeveralPoliciesAtOnce(t *testing.T) {
	b := newBench(t)
	b.people(2, func(i int, s *domain.Subscriber) {
		s.Contacts = []domain.Contact{{Kind: domain.Email, Address: "p" + s.ExternalID + "@example.com", Verified: true, When: domain.Daily}}
	})
	_, first := b.publish("关于发放居民消费券的通知")
	_, second := b.publish("关于发放居民生活补贴的通知")
	check(t, b.planTask(first))
	check(t, b.planTask(second))
	check(t, b.deliverDue())
	if len(b.email.got) != 0 {
		t.Fatal("a daily mail went out at once")
	}
	b.pass(24 * time.Hour)
	check(t, b.deliverDue())
	b.expect(first, "accepted: 2")
	b.expect(second, "accepted: 2")
	if len(b.email.got) != 2 {
		t.Errorf("%d mails, want one a person", len(b.email.got))
	}
}

func TestACodeIsSentAtOnceOrThePersonIsTold(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	courier := Courier{Store: b.Store, Lines: b.Lines, Signature: "政策直达", Now: b.Now}
	check(t, courier.SendCode(ctx, domain.SMS, "13900000001", "246810"))
	if m := b.sms.got[0]; !strings.Contains(m.Text, "246810") || !strings.HasPrefix(m.Text, "【政策直达】") {
		t.Errorf("text %q", m.Text)
	}
	b.sms.answer = func(channel.Message) channel.Result { return channel.Result{Class: channel.Retry} }
	if err := courier.SendCode(ctx, domain.SMS, "13900000001", "246810"); domain.KindOf(err) != domain.Conflict {
		t.Errorf("a code that was not sent: %v", err)
	}
	b.Lines[domain.Email] = Line{Mode: channel.Off}
	if err := courier.SendCode(ctx, domain.Email, "a@example.com", "246810"); domain.KindOf(err) != domain.Conflict {
		t.Errorf("a channel that is off: %v", err)
	}
}

// TestWhatIsThrottledTogetherIsTriedTogether: a gateway that asks to wait leaves
// a batch for each claim, not for each message.
func TestWhatIsThrottledTogetherIsTriedTogether(t *testing.T) {
	b := newBench(t)
	b.people(200, nil)
	_, id := b.publish("关于发放居民消费券的通知")
	check(t, b.planTask(id))
	b.sms.answer = func(channel.Message) channel.Result {
		return channel.Result{Class: channel.Throttled, After: time.Minute}
	}
	stands := b.Now
	b.Workers.Now = func() time.Time { // time passes between any two answers
		b.pass(time.Microsecond)
		return stands()
	}
	check(t, b.deliverDue())
	b.expect(id, "pending: 150, pending gateway-retry: 50") // who was not tried waits with them: the gateway holds the channel
	batches, err := b.Store.DueBatches(context.Background(), b.Now().Add(2*time.Minute), 1000)
	check(t, err)
	if len(batches) > 200/claimSize {
		t.Errorf("%d batches wait for 200 messages", len(batches))
	}
}
