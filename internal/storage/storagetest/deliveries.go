package storagetest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

func runsBatches(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	_, push := published(t, s, "稳岗返还")
	all := people(t, s, 3)
	b := planned(t, s, push.ID, waiting(all, 0))[0]
	must(t, s.MarkQueued(ctx, b.ID, 1, morning))
	must(t, s.MarkQueued(ctx, b.ID, 1, morning.Add(time.Hour))) // said twice: the first counts
	equal(t, "due", len(got(s.DueBatches(ctx, morning, 10))(t)), 0)
	v := got(s.Batch(ctx, b.ID))(t)
	equal(t, "beat", v.BeatAt, morning)
	equal(t, "state", v.State, domain.BatchQueued)
	must(t, s.Beat(ctx, b.ID, 1, morning.Add(time.Minute)))
	equal(t, "swept alive", len(got(s.SweepBatches(ctx, morning.Add(time.Minute)))(t)), 0)
	swept := got(s.SweepBatches(ctx, morning.Add(2*time.Minute)))(t)
	equal(t, "swept dead", len(swept), 1)
	equal(t, "generation", swept[0].Gen, 2)
	equal(t, "state", swept[0].State, domain.BatchNew)
	wantKind(t, s.Beat(ctx, b.ID, 1, morning), domain.Conflict)
	wantKind(t, s.MarkQueued(ctx, b.ID, 1, morning), domain.Conflict)
	wantKind(t, s.FinishBatch(ctx, b.ID, 1, morning), domain.Conflict)
	must(t, s.MarkQueued(ctx, b.ID, 2, morning))
	early := morning.Add(-10 * time.Second) // the worker's clock is slow
	must(t, s.FinishBatch(ctx, b.ID, 2, early))
	equal(t, "due before its time", len(got(s.DueBatches(ctx, morning.Add(-time.Second), 10))(t)), 0)
	equal(t, "due in its time", len(got(s.DueBatches(ctx, morning, 10))(t)), 1)
	must(t, s.MarkQueued(ctx, b.ID, 3, morning))
	must(t, s.FinishBatch(ctx, b.ID, 3, morning)) // another has hold of its rows
	equal(t, "due at once", len(got(s.DueBatches(ctx, morning, 10))(t)), 0)
	equal(t, "due soon", len(got(s.DueBatches(ctx, morning.Add(time.Second), 10))(t)), 1)

	equal(t, "renewed", got(s.RenewGenerations(ctx))(t), 1)
	out := got(s.ClaimDeliveries(ctx, b.ID, 5, 10, morning))(t)
	must(t, s.FinishBatch(ctx, b.ID, 5, morning)) // rows are being sent
	equal(t, "state", got(s.Batch(ctx, b.ID))(t).State, domain.BatchNew)
	var outcomes []storage.Outcome
	for _, o := range out {
		outcomes = append(outcomes, storage.Outcome{Delivery: o.Deliveries[0].ID, State: domain.Delivered, At: morning})
	}
	equal(t, "push not through", got(s.FinishPushes(ctx, morning))(t), 0)
	must(t, s.RecordOutcomes(ctx, outcomes))
	must(t, s.FinishBatch(ctx, b.ID, 5, morning)) // before it was marked queued
	must(t, s.MarkQueued(ctx, b.ID, 5, morning))
	equal(t, "state", got(s.Batch(ctx, b.ID))(t).State, domain.BatchDone)
	equal(t, "renewed", got(s.RenewGenerations(ctx))(t), 0)
	equal(t, "push through", got(s.FinishPushes(ctx, morning))(t), 1)
	equal(t, "push", got(s.Push(ctx, push.ID))(t).State, domain.PushDone)
	wantKind(t, s.PlanDeliveries(ctx, push.ID, 9, waiting(all, 1), morning), domain.Conflict)
	_, err := s.Batch(ctx, 999)
	wantKind(t, err, domain.NotFound)
	wantKind(t, s.Beat(ctx, 999, 1, morning), domain.NotFound)
}

func recordsOutcomes(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	_, push := published(t, s, "稳岗返还")
	all := people(t, s, 6)
	b := planned(t, s, push.ID, waiting(all, 0))[0]
	out := sendBatch(t, s, b)
	id := func(i int) domain.DeliveryID { return out[i].Deliveries[0].ID }
	retry := morning.Add(5 * time.Minute)
	must(t, s.RecordOutcomes(ctx, []storage.Outcome{
		{Delivery: id(0), State: domain.Accepted, GatewayRef: "g0", At: morning, Note: "0: Accepted for delivery"},
		{Delivery: id(1), State: domain.Failed, Reason: "refused:403", At: morning},
		{Delivery: id(2), State: domain.Pending, Reason: domain.ReasonGatewayRetry, NextAt: retry, At: morning},
		{Delivery: id(3), State: domain.Pending, Reason: domain.ReasonGatewayRetry, NextAt: retry, At: morning},
		{Delivery: id(4), State: domain.Suppressed, Reason: domain.ReasonStopped, At: morning},
		{Delivery: id(5), State: domain.Logged, At: morning},
		{Delivery: 999, State: domain.Failed, At: morning},
	}))
	must(t, s.RecordOutcomes(ctx, nil))
	n, states := sum(t, s, push.ID)
	equal(t, "rows", n, 6)
	for state, want := range map[domain.DeliveryState]int{
		domain.Accepted: 1, domain.Failed: 1, domain.Pending: 2, domain.Suppressed: 1, domain.Logged: 1,
	} {
		equal(t, string(state), states[state], want)
	}
	must(t, s.FinishBatch(ctx, b.ID, 1, morning))
	equal(t, "the batch is through", got(s.Batch(ctx, b.ID))(t).State, domain.BatchDone)
	equal(t, "due now", len(got(s.DueBatches(ctx, morning, 10))(t)), 0)
	again := got(s.DueBatches(ctx, retry, 10))(t)
	equal(t, "due later", len(again), 1)
	equal(t, "size", again[0].Size, 2)
	second := got(s.ClaimDeliveries(ctx, again[0].ID, 1, 10, retry))(t)
	equal(t, "second try", second[0].Deliveries[0].Attempts, 2)
	equal(t, "client reference", second[0].Deliveries[0].ClientRef(), out[2].Deliveries[0].ClientRef())

	must(t, s.RecordOutcomes(ctx, []storage.Outcome{ // told twice, and otherwise: the first counts
		{Delivery: id(0), State: domain.Failed, At: morning},
		{Delivery: id(1), State: domain.Pending, NextAt: retry, At: morning},
	}))
	rows := got(s.Deliveries(ctx, storage.DeliveryFilter{Push: push.ID}))(t)
	equal(t, "newest first", rows[5].ID, id(0))
	equal(t, "accepted", rows[5].State, domain.Accepted)
	equal(t, "sent at", rows[5].SentAt, morning)
	equal(t, "ended at", rows[5].EndedAt, time.Time{})
	equal(t, "reference", rows[5].GatewayRef, "g0")
	equal(t, "failed", rows[4].State, domain.Failed)
	equal(t, "failed at", rows[4].EndedAt, morning)
	events := got(s.DeliveryEvents(ctx, id(0)))(t)
	equal(t, "events", len(events), 1)
	equal(t, "event", events[0], storage.DeliveryEvent{Delivery: id(0), At: morning, State: domain.Accepted, Note: "0: Accepted for delivery"})
}

func receiptFirst(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	_, push := published(t, s, "稳岗返还")
	out := sendBatch(t, s, planned(t, s, push.ID, waiting(people(t, s, 1), 0))[0])
	id := out[0].Deliveries[0].ID
	must(t, s.RecordReceipt(ctx, storage.Receipt{Delivery: id, State: domain.Delivered, At: morning.Add(time.Second)}))
	must(t, s.RecordOutcomes(ctx, []storage.Outcome{{Delivery: id, State: domain.Accepted, GatewayRef: "g1", At: morning.Add(2 * time.Second)}}))
	d := got(s.Deliveries(ctx, storage.DeliveryFilter{Push: push.ID}))(t)[0]
	equal(t, "state", d.State, domain.Delivered)
	equal(t, "reference", d.GatewayRef, "g1")
	equal(t, "ended", d.EndedAt, morning.Add(time.Second))
	equal(t, "events", len(got(s.DeliveryEvents(ctx, id))(t)), 1)
}

func recordsReceipts(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	_, push := published(t, s, "稳岗返还")
	all := people(t, s, 4)
	out := sendBatch(t, s, planned(t, s, push.ID, waiting(all, 0))[0])
	var outcomes []storage.Outcome
	for i, o := range out[:3] {
		outcomes = append(outcomes, storage.Outcome{Delivery: o.Deliveries[0].ID, State: domain.Accepted, GatewayRef: fmt.Sprint("g", i), At: morning})
	}
	must(t, s.RecordOutcomes(ctx, outcomes))
	later := morning.Add(time.Minute)
	receipts := []storage.Receipt{
		{Channel: domain.SMS, GatewayRef: "g0", State: domain.Delivered, At: later},
		{Delivery: out[1].Deliveries[0].ID, State: domain.Failed, Reason: "undelivered:2", At: later, Note: "UNDELIV"},
		{Channel: domain.SMS, GatewayRef: "g2", State: domain.Accepted, At: later},
		{Delivery: out[3].Deliveries[0].ID, GatewayRef: "g3", State: domain.Accepted, At: later},
	}
	for range 2 {
		for _, r := range receipts {
			must(t, s.RecordReceipt(ctx, r))
		}
	}
	must(t, s.RecordReceipt(ctx, storage.Receipt{Channel: domain.SMS, GatewayRef: "g0", State: domain.Failed, At: later}))
	must(t, s.RecordReceipt(ctx, storage.Receipt{Channel: domain.SMS, GatewayRef: "g1", State: domain.Delivered, At: later}))
	wantKind(t, s.RecordReceipt(ctx, storage.Receipt{Channel: domain.Email, GatewayRef: "g0", State: domain.Failed, At: later}), domain.NotFound)
	wantKind(t, s.RecordReceipt(ctx, storage.Receipt{Channel: domain.SMS, State: domain.Failed, At: later}), domain.NotFound)
	wantKind(t, s.RecordReceipt(ctx, storage.Receipt{Delivery: 999, State: domain.Failed, At: later}), domain.NotFound)
	rows := got(s.Deliveries(ctx, storage.DeliveryFilter{Push: push.ID}))(t)
	for i, want := range []domain.DeliveryState{domain.Accepted, domain.Accepted, domain.Failed, domain.Delivered} {
		equal(t, fmt.Sprint("row ", i), rows[i].State, want)
	}
	equal(t, "reason", rows[2].Reason, "undelivered:2")
	equal(t, "sent", rows[3].SentAt, morning)
	equal(t, "ended", rows[3].EndedAt, later)
	equal(t, "reference by receipt", rows[0].GatewayRef, "g3")
	equal(t, "events", len(got(s.DeliveryEvents(ctx, rows[3].ID))(t)), 2)
}

func withdrawsRetries(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	p, push := published(t, s, "稳岗返还")
	out := sendBatch(t, s, planned(t, s, push.ID, waiting(people(t, s, 1), 0))[0])
	p.Status = domain.Withdrawn
	must(t, s.WithdrawPolicy(ctx, p, nil, morning))
	must(t, s.RecordOutcomes(ctx, []storage.Outcome{
		{Delivery: out[0].Deliveries[0].ID, State: domain.Pending, Reason: domain.ReasonGatewayRetry, NextAt: morning, At: morning},
	}))
	d := got(s.Deliveries(ctx, storage.DeliveryFilter{Push: push.ID}))(t)[0]
	equal(t, "state", d.State, domain.CalledBack)
	equal(t, "reason", d.Reason, domain.ReasonPolicyEnded)
	equal(t, "due", len(got(s.DueBatches(ctx, morning, 10))(t)), 0)
}

// keepsSums does at random what workers, gateways and operators do; after
// every step the deliveries of the push add up to its plan.
func keepsSums(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	all := people(t, s, 30)
	rounds := 0
	check := func(rt *rapid.T) {
		rounds++
		p, push := published(t, s, fmt.Sprintf("第%d轮", rounds))
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		states := domain.DeliveryStates()
		now, plan := morning, map[[2]any]bool{}
		for range rapid.IntRange(5, 25).Draw(rt, "steps") {
			now = now.Add(time.Duration(random.IntN(600)) * time.Second)
			switch rapid.IntRange(0, 7).Draw(rt, "step") {
			case 0, 1:
				part := waiting(all[:1+random.IntN(len(all))], random.IntN(2))
				part[0].State = []domain.DeliveryState{domain.Pending, domain.Suppressed}[random.IntN(2)]
				if err := s.PlanDeliveries(ctx, push.ID, part[len(part)-1].Subscriber, part, now); err == nil {
					for _, d := range part {
						plan[[2]any{d.Subscriber, d.Channel}] = true
					}
				} else if domain.KindOf(err) != domain.Conflict {
					rt.Fatal(err)
				}
			case 2, 3, 4:
				for _, b := range got(s.DueBatches(ctx, now, 3))(t) {
					out := got(s.ClaimDeliveries(ctx, b.ID, b.Gen, 1+random.IntN(20), now))(t)
					var outcomes []storage.Outcome
					for _, o := range out[:len(out)-random.IntN(len(out)+1)] {
						outcomes = append(outcomes, storage.Outcome{
							Delivery: o.Deliveries[0].ID, At: now, NextAt: now.Add(time.Minute),
							State: states[2+random.IntN(len(states)-2)],
						})
						if random.IntN(3) == 0 {
							outcomes[len(outcomes)-1].State = domain.Pending
						}
					}
					must(t, s.RecordOutcomes(ctx, outcomes))
					must(t, s.FinishBatch(ctx, b.ID, b.Gen, now))
				}
			case 5:
				rows := got(s.Deliveries(ctx, storage.DeliveryFilter{Push: push.ID}))(t)
				for range min(5, len(rows)) {
					d := rows[random.IntN(len(rows))]
					must(t, s.RecordReceipt(ctx, storage.Receipt{Delivery: d.ID, State: []domain.DeliveryState{domain.Delivered, domain.Failed}[random.IntN(2)], At: now}))
				}
			case 6:
				got(s.SweepSending(ctx, now.Add(-time.Minute), now.Add(-time.Minute), now))(t)
				got(s.RenewGenerations(ctx))(t)
				must(t, s.FinishPlan(ctx, push.ID, now))
				got(s.FinishPushes(ctx, now))(t)
			case 7:
				if random.IntN(4) == 0 && p.Status == domain.Published {
					p.Status = domain.Withdrawn
					must(t, s.WithdrawPolicy(ctx, p, nil, now))
				}
			}
			if n, states := sum(t, s, push.ID); n != len(plan) {
				rt.Fatalf("%d rows %v, %d were planned", n, states, len(plan))
			}
			if wrong := got(s.CheckCounts(ctx, push.ID))(t); len(wrong) > 0 {
				rt.Fatalf("counters are not their rows: %+v", wrong)
			}
		}
	}
	rapid.Check(t, check)
}

func countsSent(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	all := people(t, s, 2)
	all[1].Contacts[0].Address = all[0].Contacts[0].Address // one person, two enterprises
	must(t, s.SaveSubscriber(ctx, all[1]))
	for i, state := range []domain.DeliveryState{domain.Accepted, domain.Failed, domain.UnknownEnd} {
		_, push := published(t, s, fmt.Sprintf("措施%d", i))
		at := morning.Add(time.Duration(i) * time.Hour)
		b := planned(t, s, push.ID, waiting(all[:1+i%2], 0))[0]
		out := got(s.ClaimDeliveries(ctx, b.ID, b.Gen, 10, at))(t)
		var outcomes []storage.Outcome
		for _, o := range out {
			outcomes = append(outcomes, storage.Outcome{Delivery: o.Deliveries[0].ID, State: state, At: at})
		}
		must(t, s.RecordOutcomes(ctx, outcomes))
		must(t, s.FinishBatch(ctx, b.ID, b.Gen, at))
	}
	ask := []domain.ContactID{all[0].Contacts[0].ID, all[1].Contacts[0].ID, all[0].Contacts[1].ID}
	sent := got(s.SentSince(ctx, ask, morning, morning))(t)
	equal(t, "to the number", sent[ask[0]], 2)
	equal(t, "by the other owner", sent[ask[1]], 2)
	equal(t, "to the mailbox", sent[ask[2]], 0)
	equal(t, "since then", got(s.SentSince(ctx, ask, morning.Add(time.Minute), morning))(t)[ask[0]], 1)
}

func listsDeliveries(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	_, push := published(t, s, "稳岗返还")
	all := people(t, s, 3)
	all[0].Name = "王阿姨"
	must(t, s.SaveSubscriber(ctx, all[0]))
	ds := append(waiting(all, 0), waiting(all[:1], 1)...)
	ds[1].State, ds[1].Reason = domain.Suppressed, domain.ReasonPaused
	planned(t, s, push.ID, ds)
	must(t, s.DeleteSubscriber(ctx, all[2].ID, morning))
	rows := got(s.Deliveries(ctx, storage.DeliveryFilter{Push: push.ID}))(t)
	equal(t, "rows", len(rows), 4)
	own := got(s.Deliveries(ctx, storage.DeliveryFilter{Subscriber: all[0].ID}))(t)
	equal(t, "of one person", len(own), 2)
	if masked := own[0].Masked + own[1].Masked; !strings.Contains(masked, "r***@yunchuan.example") || !strings.Contains(masked, "199****0001") {
		t.Fatalf("masked %q", masked)
	}
	equal(t, "name", own[0].SubscriberName, "王阿姨")
	equal(t, "title", own[0].PolicyTitle, "稳岗返还")
	held := got(s.Deliveries(ctx, storage.DeliveryFilter{Push: push.ID, State: domain.Suppressed}))(t)
	equal(t, "suppressed", len(held), 1)
	equal(t, "ended", held[0].EndedAt, morning)
	gone := got(s.Deliveries(ctx, storage.DeliveryFilter{Subscriber: all[2].ID}))(t)
	equal(t, "of one who is gone", gone[0].Masked+gone[0].SubscriberName, "")
	page := got(s.Deliveries(ctx, storage.DeliveryFilter{Push: push.ID, Limit: 2, Offset: 3}))(t)
	equal(t, "last page", len(page), 1)
}
