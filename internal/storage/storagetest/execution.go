package storagetest

import (
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

// counted fails the test unless every counter equals its rows.
func counted(t testing.TB, s *storage.Store) {
	t.Helper()
	for _, d := range got(s.CheckCounts(t.Context(), 0))(t) {
		t.Errorf("counter of push %d %s %s %q says %d, rows are %d", d.Push, d.Channel, d.State, d.Reason, d.Counted, d.Rows)
	}
}

func pausesPushes(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	_, push := published(t, s, "稳岗返还")
	all := people(t, s, 20)
	b := planned(t, s, push.ID, waiting(all, 0))[0]
	must(t, s.MarkQueued(ctx, b.ID, b.Gen, morning))
	out := got(s.ClaimDeliveries(ctx, b.ID, b.Gen, 5, morning))(t)
	must(t, s.PausePush(ctx, push.ID, 7, "口径待核实", morning))
	wantKind(t, s.PausePush(ctx, push.ID, 7, "", morning), domain.Conflict)
	u := got(s.Push(ctx, push.ID))(t)
	equal(t, "paused", u.Paused(), true)
	equal(t, "who", u.HaltedBy, 7)
	equal(t, "why", u.HaltReason, "口径待核实")
	_, err := s.ClaimDeliveries(ctx, b.ID, b.Gen, 5, morning)
	wantKind(t, err, domain.Conflict) // the worker that has it stops
	var outcomes []storage.Outcome
	for i, o := range out { // and records what it had claimed
		outcomes = append(outcomes, storage.Outcome{Delivery: o.Deliveries[0].ID, State: domain.Accepted, At: morning})
		if i == 0 {
			outcomes[0].State, outcomes[0].NextAt = domain.Pending, morning
		}
	}
	must(t, s.RecordOutcomes(ctx, outcomes))
	equal(t, "due while it is paused", len(got(s.DueBatches(ctx, morning, 10))(t)), 0)
	equal(t, "swept while it is paused", len(got(s.SweepBatches(ctx, morning.Add(time.Hour)))(t)), 0)
	must(t, s.ResumePush(ctx, push.ID))
	wantKind(t, s.ResumePush(ctx, push.ID), domain.Conflict)
	n := 0
	for _, b := range got(s.DueBatches(ctx, morning, 10))(t) {
		n += len(sendBatch(t, s, b))
	}
	equal(t, "claimed after it is resumed", n, 16)
	counted(t, s)
}

func pausesDigestParts(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	all := people(t, s, 1)
	var pushes []domain.PushID
	for _, title := range []string{"措施一", "措施二"} {
		_, push := published(t, s, title)
		ds := waiting(all, 1)
		ds[0].Reason = domain.ReasonDigest
		planned(t, s, push.ID, ds)
		pushes = append(pushes, push.ID)
	}
	must(t, s.PausePush(ctx, pushes[1], 7, "暂停", morning))
	due := got(s.DueBatches(ctx, morning, 10))(t)
	equal(t, "due", len(due), 1)
	out := sendBatch(t, s, due[0])
	equal(t, "parts of the digest", len(out[0].Deliveries), 1)
	counted(t, s)
}

func stopsPushes(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	_, push := published(t, s, "稳岗返还")
	all := people(t, s, 10)
	ds := waiting(all, 0)
	ds[9].Reason, ds[9].NextAt = domain.ReasonQuietHours, morning.Add(time.Hour)
	b := planned(t, s, push.ID, ds)[0]
	out := got(s.ClaimDeliveries(ctx, b.ID, b.Gen, 3, morning))(t)
	must(t, s.StopPush(ctx, push.ID, 7, "发错了对象", morning))
	wantKind(t, s.StopPush(ctx, push.ID, 7, "", morning), domain.Conflict)
	wantKind(t, s.PausePush(ctx, push.ID, 7, "", morning), domain.Conflict)
	must(t, s.RecordOutcomes(ctx, []storage.Outcome{
		{Delivery: out[0].Deliveries[0].ID, State: domain.Accepted, At: morning},
		{Delivery: out[1].Deliveries[0].ID, State: domain.Pending, NextAt: morning, At: morning},
		{Delivery: out[2].Deliveries[0].ID, State: domain.UnknownEnd, Reason: domain.ReasonNoAnswer, At: morning},
	}))
	_, states := sum(t, s, push.ID)
	equal(t, "called back", states[domain.CalledBack], 8)
	equal(t, "accepted", states[domain.Accepted], 1)
	reasons := got(s.Reasons(ctx, push.ID))(t)
	equal(t, "reason", reasons[0], storage.ReasonCount{Channel: domain.SMS, State: domain.CalledBack, Reason: domain.ReasonAborted, N: 8})
	equal(t, "due", len(got(s.DueBatches(ctx, morning.Add(24*time.Hour), 10))(t)), 0)
	counted(t, s)

	// What is stopped while others claim it is either sent or called back.
	_, second := published(t, s, "专项补助")
	b = planned(t, s, second.ID, waiting(all, 0))[0]
	var wg sync.WaitGroup
	errs := make([]error, 3)
	for i := range 2 {
		wg.Go(func() {
			for range 10 {
				out, err := s.ClaimDeliveries(ctx, b.ID, b.Gen, 1, morning)
				var outcomes []storage.Outcome
				for _, o := range out {
					outcomes = append(outcomes, storage.Outcome{Delivery: o.Deliveries[0].ID, State: domain.Accepted, At: morning})
				}
				errs[i] = errors.Join(errs[i], err, s.RecordOutcomes(ctx, outcomes))
			}
		})
	}
	wg.Go(func() { errs[2] = s.StopPush(ctx, second.ID, 7, "", morning) })
	wg.Wait()
	must(t, errors.Join(errs...))
	_, states = sum(t, s, second.ID)
	equal(t, "sent or called back", states[domain.Accepted]+states[domain.CalledBack], 10)
	counted(t, s)
}

func schedulesPushes(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	p := approved(t, s, "稳岗返还")
	p.Status, p.PublishedAt = domain.Published, morning
	evening := morning.Add(9 * time.Hour)
	push := domain.Push{Kind: domain.NewPolicy, CreatedAt: morning, CreatedBy: 2, SendAt: evening}
	must(t, s.PublishPolicy(ctx, p, &push))
	equal(t, "owed before its time", len(got(s.OwedPushes(ctx, evening.Add(-time.Second)))(t)), 0)
	owed := got(s.OwedPushes(ctx, evening))(t)
	equal(t, "owed at its time", len(owed), 1)
	equal(t, "send at", owed[0].SendAt, evening)
	equal(t, "scheduled", owed[0].Scheduled(morning), true)
	must(t, s.ReschedulePush(ctx, push.ID, morning.Add(time.Hour), morning))
	equal(t, "owed earlier", len(got(s.OwedPushes(ctx, morning.Add(time.Hour)))(t)), 1)
	wantKind(t, s.ReschedulePush(ctx, push.ID, evening, evening), domain.Conflict) // its time has come
	must(t, s.ReschedulePush(ctx, push.ID, evening, morning))
	must(t, s.StopPush(ctx, push.ID, 7, "不发了", morning))
	equal(t, "owed after it is cancelled", len(got(s.OwedPushes(ctx, evening))(t)), 0)
	wantKind(t, s.ReschedulePush(ctx, push.ID, evening, morning), domain.Conflict)
}

func stopsChannels(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	_, push := published(t, s, "稳岗返还")
	all := people(t, s, 4)
	due := planned(t, s, push.ID, append(waiting(all, 0), waiting(all, 1)...))
	equal(t, "due", len(due), 2)
	for _, b := range due {
		must(t, s.MarkQueued(ctx, b.ID, b.Gen, morning))
	}
	stop := domain.ChannelStop{Channel: domain.SMS, Cause: domain.StoppedByConfig, Gateway: "kannel", Code: "403", Note: "Authorization failed", Since: morning}
	equal(t, "first", got(s.StopChannel(ctx, stop))(t), true)
	again := stop
	again.Code = "404"
	equal(t, "again", got(s.StopChannel(ctx, again))(t), false)
	held := got(s.ChannelStops(ctx, morning.Add(30*24*time.Hour)))(t)
	equal(t, "held", len(held), 1)
	equal(t, "stop", held[0], stop)
	equal(t, "due while it is held", len(got(s.DueBatches(ctx, morning, 10))(t)), 0)
	for _, b := range due {
		v := got(s.Batch(ctx, b.ID))(t)
		equal(t, "taken back", v.Gen == 2 && v.State == domain.BatchNew, b.Channel == domain.SMS)
	}
	must(t, s.ResumeChannel(ctx, domain.SMS))
	wantKind(t, s.ResumeChannel(ctx, domain.SMS), domain.Conflict)
	equal(t, "due when it goes on", len(got(s.DueBatches(ctx, morning, 10))(t)), 1)

	quota := domain.ChannelStop{Channel: domain.Email, Cause: domain.StoppedByQuota, Since: morning, Until: morning.Add(time.Hour)}
	equal(t, "first", got(s.StopChannel(ctx, quota))(t), true)
	equal(t, "held", len(got(s.ChannelStops(ctx, morning))(t)), 1)
	equal(t, "held after its time", len(got(s.ChannelStops(ctx, morning.Add(time.Hour)))(t)), 0)
	quota.Since = morning.Add(time.Hour)
	quota.Until = morning.Add(2 * time.Hour)
	equal(t, "first anew", got(s.StopChannel(ctx, quota))(t), true)
}

func handsBack(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	_, push := published(t, s, "稳岗返还")
	b := planned(t, s, push.ID, waiting(people(t, s, 4), 0))[0]
	must(t, s.MarkQueued(ctx, b.ID, b.Gen, morning))
	later := morning.Add(time.Minute)
	must(t, s.HandBack(ctx, b.ID, b.Gen, later))
	wantKind(t, s.HandBack(ctx, b.ID, b.Gen, later), domain.Conflict)
	equal(t, "due at once", len(got(s.DueBatches(ctx, morning, 10))(t)), 0)
	due := got(s.DueBatches(ctx, later, 10))(t)
	equal(t, "due", len(due), 1)
	equal(t, "generation", due[0].Gen, b.Gen+1)
}

// keepsCounts lets several workers and gateways change one push at a time.
func keepsCounts(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	_, push := published(t, s, "稳岗返还")
	due := planned(t, s, push.ID, waiting(people(t, s, 300), 0))
	var wg sync.WaitGroup
	errs := make([]error, 4)
	ends := []domain.DeliveryState{domain.Accepted, domain.Failed, domain.UnknownEnd, domain.Pending}
	for i := range errs {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(uint64(i), 1))
			for errs[i] == nil {
				out, err := s.ClaimDeliveries(ctx, due[0].ID, due[0].Gen, 13, morning)
				if errs[i] = err; err != nil || len(out) == 0 {
					return
				}
				var outcomes []storage.Outcome
				for _, o := range out {
					id := o.Deliveries[0].ID
					outcomes = append(outcomes, storage.Outcome{Delivery: id, State: ends[random.IntN(4)], NextAt: morning.Add(time.Hour), At: morning, Gateway: "kannel"})
					if random.IntN(3) == 0 {
						errs[i] = errors.Join(errs[i], s.RecordReceipt(ctx, storage.Receipt{Delivery: id, State: domain.Delivered, At: morning}))
					}
				}
				errs[i] = errors.Join(errs[i], s.RecordOutcomes(ctx, outcomes))
			}
		})
	}
	wg.Wait()
	must(t, errors.Join(errs...))
	counted(t, s)
	n, states := sum(t, s, push.ID)
	equal(t, "rows", n, 300)
	pace := got(s.Pace(ctx, push.ID, morning.Add(-time.Minute), morning.Add(time.Minute)))(t)
	equal(t, "handed over", pace[domain.SMS], n-states[domain.Pending])
	must(t, s.Recount(ctx, push.ID))
	counted(t, s)

	db := raw(t, url)
	_, err := db.ExecContext(ctx, `UPDATE push_counts SET n = n + 2 WHERE state = 'accepted'`)
	must(t, err)
	wrong := got(s.CheckCounts(ctx, push.ID))(t)
	equal(t, "a wrong counter is found", len(wrong), 1)
	equal(t, "by so many", wrong[0].Counted-wrong[0].Rows, 2)
	must(t, s.Recount(ctx, push.ID))
	counted(t, s)
}

func countsMarks(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	_, push := published(t, s, "稳岗返还")
	all := people(t, s, 3)
	for _, m := range []struct {
		who  int
		what string
	}{{0, "seen"}, {0, "read"}, {0, "read"}, {1, "dismissed"}, {1, "dismissed"}, {2, "read"}, {2, "dismissed"}, {2, "undismissed"}, {0, "undismissed"}} {
		must(t, s.MarkInbox(ctx, all[m.who].ID, push.ID, m.what, morning))
	}
	readers, dismissed, err := s.PushMarks(ctx, push.ID)
	must(t, err)
	equal(t, "readers", readers, 2)
	equal(t, "put aside", dismissed, 1)
	wantKind(t, s.MarkInbox(ctx, all[0].ID, push.ID, "?", morning), domain.Invalid)
}
