package storagetest

import (
	"testing"
	"time"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

func sweepsLostWorkers(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	_, push := published(t, s, "稳岗返还")
	out := sendBatch(t, s, planned(t, s, push.ID, waiting(people(t, s, 4), 0))[0])
	id := func(i int) domain.DeliveryID { return out[i].Deliveries[0].ID }
	must(t, s.RecordOutcomes(ctx, []storage.Outcome{{Delivery: id(0), State: domain.Accepted, At: morning}}))
	equal(t, "swept early", got(s.SweepSending(ctx, morning, morning, morning))(t), 0)
	later := morning.Add(10 * time.Minute)
	equal(t, "swept", got(s.SweepSending(ctx, morning.Add(time.Second), morning, later))(t), 3)
	equal(t, "swept again", got(s.SweepSending(ctx, later, later, later))(t), 0)
	reasons := got(s.Reasons(ctx, push.ID))(t)
	equal(t, "reason", reasons[0], storage.ReasonCount{Channel: domain.SMS, State: domain.UnknownEnd, Reason: domain.ReasonLost, N: 3})
	must(t, s.RecordReceipt(ctx, storage.Receipt{Delivery: id(1), State: domain.Delivered, At: later}))
	must(t, s.RecordOutcomes(ctx, []storage.Outcome{ // the worker was only slow
		{Delivery: id(2), State: domain.Accepted, GatewayRef: "g2", At: later},
		{Delivery: id(3), State: domain.Pending, NextAt: later, At: later}, // but nobody says that this is its claim
	}))
	_, states := sum(t, s, push.ID)
	equal(t, "delivered", states[domain.Delivered], 1)
	equal(t, "accepted", states[domain.Accepted], 2)
	equal(t, "unknown", states[domain.UnknownEnd], 1)
	equal(t, "events", len(got(s.DeliveryEvents(ctx, id(2)))(t)), 2)
	equal(t, "finished", got(s.FinishPushes(ctx, later))(t), 1)
}

// resumesLateClaims: the worker was only slow, and its gateway refused the
// message for now. Nobody else can have sent it, so it waits again.
func resumesLateClaims(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	_, push := published(t, s, "稳岗返还")
	d := sendBatch(t, s, planned(t, s, push.ID, waiting(people(t, s, 1), 0))[0])[0].Deliveries[0]
	later := morning.Add(10 * time.Minute)
	equal(t, "swept", got(s.SweepSending(ctx, later, later, later))(t), 1)
	equal(t, "finished", got(s.FinishPushes(ctx, later))(t), 1)
	late := []storage.Outcome{{Delivery: d.ID, Claimed: d, State: domain.Pending, Reason: domain.ReasonGatewayRetry, NextAt: later, At: later}}
	must(t, s.RecordOutcomes(ctx, late))
	_, states := sum(t, s, push.ID)
	equal(t, "waiting", states[domain.Pending], 1)
	equal(t, "push", got(s.Push(ctx, push.ID))(t).State, domain.PushRunning)
	doubts, _, err := s.CountDoubts(ctx, later)
	must(t, err)
	equal(t, "in doubt", doubts, 0)
	counted(t, s)

	due := got(s.DueBatches(ctx, later, 10))(t)
	in := due[len(due)-1] // one more is empty: it was made before the row was found to be lost
	again := got(s.ClaimDeliveries(ctx, in.ID, in.Gen, 10, later))(t)
	must(t, s.RecordOutcomes(ctx, late)) // told twice, while another sends it
	_, states = sum(t, s, push.ID)
	equal(t, "being sent", states[domain.Sending], 1)
	must(t, s.RecordOutcomes(ctx, []storage.Outcome{{Delivery: d.ID, Claimed: again[0].Deliveries[0], State: domain.Accepted, At: later}}))
	equal(t, "finished again", got(s.FinishPushes(ctx, later))(t), 1)
	counted(t, s)
}

// sendsAgainWhatAnAppTakesOnce: the worker died, but its messages may be handed
// over again; a digest may not.
func sendsAgainWhatAnAppTakesOnce(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	_, push := published(t, s, "稳岗返还")
	all := people(t, s, 3)
	plan := waiting(all, 0)
	for i := range plan {
		plan[i].Channel = domain.Webhook
	}
	plan[2].Reason = domain.ReasonDigest
	b := planned(t, s, push.ID, plan)[0]
	sendBatch(t, s, b)
	late := morning.Add(time.Hour)
	equal(t, "lost", got(s.SweepSending(ctx, late, late, late))(t), 3)
	_, states := sum(t, s, push.ID)
	equal(t, "waiting", states[domain.Pending], 2)
	equal(t, "unknown", states[domain.UnknownEnd], 1)
	counted(t, s)
}

// findsAClaimWhoseAnswerWasLost: what was claimed at another moment is another's.
func findsAClaimWhoseAnswerWasLost(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	_, push := published(t, s, "稳岗返还")
	b := planned(t, s, push.ID, waiting(people(t, s, 5), 0))[0]
	claim := func(n int, at time.Time) { got(s.ClaimDeliveries(ctx, b.ID, b.Gen, n, at))(t) }
	claim(2, morning)
	claim(3, morning.Add(time.Second))
	equal(t, "of the first", len(got(s.ClaimedAt(ctx, b.ID, morning))(t)), 2)
	equal(t, "of the second", len(got(s.ClaimedAt(ctx, b.ID, morning.Add(time.Second)))(t)), 3)
	equal(t, "of none", len(got(s.ClaimedAt(ctx, b.ID, morning.Add(time.Minute)))(t)), 0)
}

func tellsSlowFromDead(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	_, push := published(t, s, "稳岗返还")
	b := planned(t, s, push.ID, waiting(people(t, s, 2), 0))[0]
	sendBatch(t, s, b)
	later := morning.Add(10 * time.Minute)
	must(t, s.Beat(ctx, b.ID, b.Gen, later))
	equal(t, "swept although its worker lives", got(s.SweepSending(ctx, later, morning, later))(t), 0)
	// Nor does a batch that another has taken up since keep what a dead worker held.
	must(t, s.BeginBatch(ctx, b.ID, b.Gen, morning))
	must(t, s.Beat(ctx, b.ID, b.Gen, later))
	equal(t, "of the worker that lives", got(s.SweepSending(ctx, later, morning, later))(t), 0)
	must(t, s.BeginBatch(ctx, b.ID, b.Gen, later))
	equal(t, "of another before its time", got(s.SweepSending(ctx, morning, morning, later))(t), 0)
	equal(t, "of another in its time", got(s.SweepSending(ctx, later, morning, later))(t), 2)
	wantKind(t, s.BeginBatch(ctx, b.ID, b.Gen+1, later), domain.Conflict)

	_, push = published(t, s, "社保补贴")
	b = planned(t, s, push.ID, waiting(people(t, s, 2), 0))[0]
	sendBatch(t, s, b)
	must(t, s.Beat(ctx, b.ID, b.Gen, later))
	// A clock that is set back makes nothing seem alive until the old time comes.
	before := morning.Add(-time.Hour)
	must(t, s.SetBack(ctx, before))
	equal(t, "sign of life", got(s.Batch(ctx, b.ID))(t).BeatAt, before)
	equal(t, "swept at once", got(s.SweepSending(ctx, before, before, before))(t), 0)
	equal(t, "swept in its time", got(s.SweepSending(ctx, before.Add(time.Second), before, before.Add(time.Minute)))(t), 2)
	equal(t, "handed out anew", len(got(s.SweepBatches(ctx, before.Add(time.Second)))(t)), 2)
}

// sweepsLostWorkersBeforeTheirTime: the queue lost its memory as well when the
// clock was set back, so that the batch is new, and is not handed out before the
// old time comes.
func sweepsLostWorkersBeforeTheirTime(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	_, push := published(t, s, "稳岗返还")
	b := planned(t, s, push.ID, waiting(people(t, s, 2), 0))[0]
	sendBatch(t, s, b)
	equal(t, "renewed", got(s.RenewGenerations(ctx))(t), 1)
	before := morning.Add(-time.Hour)
	must(t, s.SetBack(ctx, before))
	equal(t, "swept in its time", got(s.SweepSending(ctx, before.Add(time.Second), before, before.Add(time.Minute)))(t), 2)
}

// handsOutWhatWentBackBeforeItsTime: what a worker handed back for a while is due
// again although the clock was set back, also if the queue had it by then, and
// what waits for a morning is not.
func handsOutWhatWentBackBeforeItsTime(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	_, push := published(t, s, "稳岗返还")
	all := waiting(people(t, s, 4), 0)
	for i := range all[:2] {
		all[i].NextAt = morning.Add(24 * time.Hour)
	}
	b := planned(t, s, push.ID, all)[0]
	must(t, s.HandBack(ctx, b.ID, b.Gen, morning, morning.Add(time.Minute)))
	back := func(before time.Time) {
		must(t, s.SetBack(ctx, before))
		got(s.RenewGenerations(ctx))(t)
		due := got(s.DueBatches(ctx, before, 10))(t)
		equal(t, "due again", len(due), 1)
		equal(t, "which", due[0].ID, b.ID)
		b = due[0]
	}
	equal(t, "due", len(got(s.DueBatches(ctx, morning.Add(-10*time.Minute), 10))(t)), 0)
	back(morning.Add(-10 * time.Minute))
	must(t, s.MarkQueued(ctx, b.ID, b.Gen, morning.Add(-9*time.Minute)))
	back(morning.Add(-20 * time.Minute))
	// A worker that has the batch gives a sign of life before anybody else sees that
	// the clock was set back.
	must(t, s.BeginBatch(ctx, b.ID, b.Gen, morning.Add(-19*time.Minute)))
	must(t, s.Beat(ctx, b.ID, b.Gen, morning.Add(-30*time.Minute)))
	back(morning.Add(-30 * time.Minute))
}
