package storagetest

import (
	"errors"
	"fmt"
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
		t.Errorf("counter of push %d batch %d %s %s %q says %d, rows are %d", d.Push, d.Batch, d.Channel, d.State, d.Reason, d.Counted, d.Rows)
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

// pausesWhatIsHandedOut: a batch that somebody is about to hand out, and may have
// put into the queue, is taken back by a pause like one that is out.
func pausesWhatIsHandedOut(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	all := people(t, s, 3)
	for name, pause := range map[string]func(domain.PushID) error{
		"push": func(id domain.PushID) error { return s.PausePush(ctx, id, 7, "待核实", morning) },
		"channel": func(domain.PushID) error {
			_, err := s.StopChannel(ctx, domain.ChannelStop{Channel: domain.SMS, Cause: domain.StoppedByPerson, Since: morning})
			return err
		},
	} {
		_, push := published(t, s, "措施"+name)
		planned(t, s, push.ID, waiting(all, 0))
		due := got(s.DueBatches(ctx, morning, 10))(t)
		if len(due) != 1 {
			t.Fatalf("%s: %d batches are due", name, len(due))
		}
		must(t, pause(push.ID))
		wantKind(t, s.MarkQueued(ctx, due[0].ID, due[0].Gen, morning), domain.Conflict)
		_, err := s.ClaimDeliveries(ctx, due[0].ID, due[0].Gen, 5, morning)
		wantKind(t, err, domain.Conflict)
		if name == "channel" {
			must(t, s.ResumeChannel(ctx, domain.SMS))
		} else {
			must(t, s.ResumePush(ctx, push.ID))
		}
		again := got(s.DueBatches(ctx, morning, 10))(t)
		if len(again) != 1 {
			t.Fatalf("%s: resumed, %+v is due", name, again)
		}
		out := sendBatch(t, s, again[0])
		equal(t, "claimed after "+name+" is resumed", len(out), len(all))
		var outcomes []storage.Outcome
		for _, o := range out {
			outcomes = append(outcomes, storage.Outcome{Delivery: o.Deliveries[0].ID, State: domain.Accepted, At: morning})
		}
		must(t, s.RecordOutcomes(ctx, outcomes))
		must(t, s.FinishBatch(ctx, again[0].ID, again[0].Gen, morning))
	}
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

	person := domain.ChannelStop{Channel: domain.Email, Cause: domain.StoppedByPerson, Note: "网关检修", Since: morning.Add(90 * time.Minute), By: 1}
	equal(t, "by a person, while it rests", got(s.StopChannel(ctx, person))(t), true)
	quota.Since = morning.Add(100 * time.Minute)
	equal(t, "a rest, while a person holds it", got(s.StopChannel(ctx, quota))(t), false)
	held = got(s.ChannelStops(ctx, morning.Add(3*time.Hour)))(t)
	equal(t, "held when the rest is over", len(held), 1)
	equal(t, "by the person", held[0], person)
}

func handsBack(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	_, push := published(t, s, "稳岗返还")
	b := planned(t, s, push.ID, waiting(people(t, s, 4), 0))[0]
	must(t, s.MarkQueued(ctx, b.ID, b.Gen, morning))
	later := morning.Add(time.Minute)
	must(t, s.HandBack(ctx, b.ID, b.Gen, morning, later))
	wantKind(t, s.HandBack(ctx, b.ID, b.Gen, morning, later), domain.Conflict)
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

	_, err = db.ExecContext(ctx, `UPDATE batches SET sending = 5 WHERE id = $1`, due[0].ID)
	must(t, err)
	wrong = got(s.CheckCounts(ctx, push.ID))(t)
	equal(t, "so is one of a batch", len(wrong), 1)
	equal(t, "batch", wrong[0].Batch, due[0].ID)
	equal(t, "by so many", wrong[0].Counted-wrong[0].Rows, 5)
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
	equal(t, "marks", got(s.PushMarks(ctx, push.ID))(t)[domain.App], storage.Marks{Readers: 2, Dismissed: 1})
	wantKind(t, s.MarkInbox(ctx, all[0].ID, push.ID, "?", morning), domain.Invalid)
}

// countsMarksOfChannels: who read a message counts for the channels over which
// it had gone to them by then, and no longer for what they take back.
func countsMarksOfChannels(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	_, push := published(t, s, "稳岗返还")
	all := people(t, s, 3)
	ds := append(waiting(all, 0), waiting(all, 0)...)
	for i := range all {
		ds[i].Channel = domain.WeChat
	}
	at := func(minutes int) time.Time { return morning.Add(time.Duration(minutes) * time.Minute) }
	sent := func(b domain.Batch, minutes int) {
		t.Helper()
		var outcomes []storage.Outcome
		for _, o := range sendBatch(t, s, b) {
			outcomes = append(outcomes, storage.Outcome{Delivery: o.Deliveries[0].ID, State: domain.Accepted, At: at(minutes), Gateway: "g"})
		}
		must(t, s.RecordOutcomes(ctx, outcomes))
	}
	batches := planned(t, s, push.ID, ds)
	equal(t, "batches", len(batches), 2)
	mark := func(who, minutes int, what string) {
		t.Helper()
		must(t, s.MarkInbox(ctx, all[who].ID, push.ID, what, at(minutes)))
	}
	mark(0, 1, "read") // before anything went out
	for i, b := range batches {
		sent(b, 2+2*i) // the second channel at 4
		if i == 0 {
			mark(1, 3, "dismissed")
		}
	}
	mark(1, 5, "read")
	mark(2, 5, "dismissed")
	mark(2, 6, "undismissed")
	mark(2, 7, "undismissed")
	first, second := batches[0].Channel, batches[1].Channel
	want := map[domain.ChannelKind]storage.Marks{domain.App: {Readers: 2, Dismissed: 1}, first: {Readers: 1, Dismissed: 1}, second: {Readers: 1}}
	equal(t, "marks", fmt.Sprint(got(s.PushMarks(ctx, push.ID))(t)), fmt.Sprint(want))
	mark(1, 8, "undismissed") // of the channel of then only
	want[domain.App], want[first] = storage.Marks{Readers: 2}, storage.Marks{Readers: 1}
	equal(t, "marks", fmt.Sprint(got(s.PushMarks(ctx, push.ID))(t)), fmt.Sprint(want))
	equal(t, "of all that go on", fmt.Sprint(got(s.Live(ctx, at(9)))(t).Marks), fmt.Sprint(want))
}

func keepsCanaries(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	_, push := published(t, s, "稳岗返还")
	c := domain.Canary{Push: push.ID, Channel: domain.SMS, MaskedTo: "138****0000", State: domain.Sending, SentAt: morning}
	begin := func(what string, c domain.Canary, want bool, wantSilent int) {
		t.Helper()
		first, silent, err := s.BeginCanary(ctx, c, 3, c.SentAt.Add(-time.Minute))
		must(t, err)
		equal(t, what, fmt.Sprint(first, silent), fmt.Sprint(want, wantSilent))
	}
	begin("first", c, true, 0)
	begin("again", c, false, 0)
	equal(t, "kept", got(s.Canaries(ctx, push.ID, 10))(t)[0], c)
	c.State = domain.Pending
	must(t, s.EndCanary(ctx, c))
	got(s.StopChannel(ctx, domain.ChannelStop{Channel: domain.SMS, Cause: domain.StoppedByConfig, Since: morning}))(t)
	begin("while the channel is held", c, false, 0)
	must(t, s.ResumeChannel(ctx, domain.SMS))
	begin("after it was not sent", c, true, 0)
	c.State, c.Silent, c.Gateway, c.EndedAt = domain.UnknownEnd, 1, "kannel", morning
	must(t, s.EndCanary(ctx, c))
	equal(t, "without an answer", got(s.Canaries(ctx, push.ID, 10))(t)[0], c)
	equal(t, "in doubt", got(s.HandedOn(ctx, "2026-11-23", domain.SMS))(t)["kannel"].InDoubt, 1)
	begin("after no answer", c, true, 1)
	c.Silent = 3
	must(t, s.EndCanary(ctx, c))
	begin("after the last try", c, false, 0)
	must(t, s.SettleCanary(ctx, push.ID, domain.SMS, "", domain.Delivered, "DELIVRD", morning))
	begin("after a late receipt", c, false, 0)

	_, push = published(t, s, "技能提升补贴")
	c = domain.Canary{Push: push.ID, Channel: domain.SMS, MaskedTo: "138****0000", State: domain.Sending, SentAt: morning}
	begin("of a sender that will die", c, true, 0)
	for died := 1; died <= 3; died++ {
		begin("while it may live", c, false, 0)
		c.SentAt = c.SentAt.Add(time.Minute)
		begin("after it has died", c, true, died)
	}
	c.SentAt = c.SentAt.Add(time.Minute)
	begin("after three have died", c, false, 0)

	_, push = published(t, s, "创业补贴")
	c = domain.Canary{Push: push.ID, Channel: domain.SMS, MaskedTo: "138****0000", State: domain.Sending, SentAt: morning}
	begin("of another push", c, true, 0)
	c.State, c.Gateway, c.GatewayRef, c.EndedAt = domain.Accepted, "kannel", "g1", morning.Add(time.Second)
	must(t, s.EndCanary(ctx, c))
	equal(t, "accepted", got(s.Canaries(ctx, 0, 10))(t)[0], c)
	equal(t, "counted", got(s.HandedOn(ctx, "2026-11-23", domain.SMS))(t)["kannel"].Accepted, 1)
	later := morning.Add(time.Minute)
	must(t, s.SettleCanary(ctx, 0, domain.SMS, "g1", domain.Delivered, "DELIVRD", later))
	must(t, s.SettleCanary(ctx, push.ID, domain.SMS, "", domain.Failed, "EXPIRED", later.Add(time.Hour))) // the first is final
	c.State, c.Note, c.EndedAt = domain.Delivered, "DELIVRD", later
	equal(t, "arrived", got(s.Canaries(ctx, push.ID, 10))(t)[0], c)
	wantKind(t, s.SettleCanary(ctx, push.ID, domain.Email, "g1", domain.Delivered, "", later), domain.NotFound)
	wantKind(t, s.SettleCanary(ctx, 0, domain.SMS, "", domain.Delivered, "", later), domain.NotFound)
	must(t, s.EndCanary(ctx, domain.Canary{Push: push.ID, Channel: domain.SMS, State: domain.Accepted, Gateway: "kannel", GatewayRef: "g1", EndedAt: later}))
	equal(t, "a late outcome", got(s.Canaries(ctx, push.ID, 10))(t)[0].State, domain.Delivered)

	// A receipt by the gateway's number that comes before that is known is joined later.
	_, second := published(t, s, "以工代训")
	c = domain.Canary{Push: second.ID, Channel: domain.SMS, MaskedTo: "138****0000", State: domain.Sending, SentAt: morning}
	begin("of the next", c, true, 0)
	must(t, s.KeepReceipt(ctx, storage.Receipt{Channel: domain.SMS, GatewayRef: "g2", Address: "13800000000", State: domain.Failed, Note: "EXPIRED", At: later}))
	equal(t, "settled", len(got(s.SettleEarly(ctx, 100, later))(t)), 0)
	equal(t, "before the number is known", got(s.Canaries(ctx, second.ID, 10))(t)[0].State, domain.Sending)
	c.State, c.Gateway, c.GatewayRef, c.EndedAt = domain.Accepted, "cmpp", "g2", later
	must(t, s.EndCanary(ctx, c))
	got(s.SettleEarly(ctx, 100, later))(t)
	c.State, c.Note = domain.Failed, "EXPIRED"
	equal(t, "after", got(s.Canaries(ctx, second.ID, 10))(t)[0], c)
}

func settlesDoubts(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	_, push := published(t, s, "稳岗返还")
	all := people(t, s, 5)
	out := sendBatch(t, s, planned(t, s, push.ID, waiting(all, 0))[0])
	id := func(i int) domain.DeliveryID { return out[i].Deliveries[0].ID }
	var outcomes []storage.Outcome
	for i := range 4 {
		outcomes = append(outcomes, storage.Outcome{Delivery: id(i), State: domain.UnknownEnd, Reason: domain.ReasonNoAnswer, Gateway: "aliyun", At: morning})
	}
	outcomes = append(outcomes, storage.Outcome{Delivery: id(4), State: domain.Accepted, At: morning})
	must(t, s.RecordOutcomes(ctx, outcomes))
	equal(t, "asked at once", len(got(s.DoubtsToAsk(ctx, domain.SMS, morning, 10))(t)), 0)
	soon := morning.Add(time.Minute)
	doubts := got(s.DoubtsToAsk(ctx, domain.SMS, soon, 10))(t)
	equal(t, "asked after a minute", len(doubts), 4)
	equal(t, "to", doubts[0].Address, all[0].Contacts[0].Address)
	equal(t, "gateway", doubts[0].Deliveries[0].Gateway, "aliyun")
	must(t, s.AskLater(ctx, []domain.DeliveryID{id(0), id(1), id(2), id(3)}, soon.Add(time.Hour)))
	equal(t, "asked again at once", len(got(s.DoubtsToAsk(ctx, domain.SMS, soon, 10))(t)), 0)
	must(t, s.RecordReceipt(ctx, storage.Receipt{Delivery: id(0), State: domain.Delivered, At: soon}))

	wantKind(t, s.SettleByHand(ctx, id(1), domain.Delivered, soon), domain.Conflict) // a receipt may still come
	late := morning.Add(domain.DoubtFor)
	in, ripe, err := s.CountDoubts(ctx, late)
	must(t, err)
	equal(t, "in doubt", in, 3)
	equal(t, "for a person", ripe, 3)
	equal(t, "asked after three days", len(got(s.DoubtsToAsk(ctx, domain.SMS, late, 10))(t)), 0)
	equal(t, "listed", len(got(s.Deliveries(ctx, storage.DeliveryFilter{State: domain.UnknownEnd, EndedBy: late.Add(-domain.DoubtFor)}))(t)), 3)
	equal(t, "listed early", len(got(s.Deliveries(ctx, storage.DeliveryFilter{State: domain.UnknownEnd, EndedBy: morning.Add(-time.Second)}))(t)), 0)
	must(t, s.SettleByHand(ctx, id(1), domain.Delivered, late))
	must(t, s.SettleByHand(ctx, id(2), domain.Failed, late))
	wantKind(t, s.SettleByHand(ctx, id(1), domain.Failed, late), domain.Conflict)
	wantKind(t, s.SettleByHand(ctx, id(4), domain.Failed, late), domain.Conflict)
	wantKind(t, s.SettleByHand(ctx, 999, domain.Failed, late), domain.NotFound)
	wantKind(t, s.SettleByHand(ctx, id(3), domain.Pending, late), domain.Invalid) // nothing is sent again
	_, states := sum(t, s, push.ID)
	equal(t, "delivered", states[domain.Delivered], 2)
	equal(t, "failed", states[domain.Failed], 1)
	events := got(s.DeliveryEvents(ctx, id(1)))(t)
	equal(t, "history", events[len(events)-1].Reason, domain.ReasonByHand)
	counted(t, s)
}

func asksDigestsOnce(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	all := people(t, s, 1)
	var due []domain.Batch
	for _, title := range []string{"措施一", "措施二"} {
		_, push := published(t, s, title)
		ds := waiting(all, 1)
		ds[0].Reason = domain.ReasonDigest
		due = planned(t, s, push.ID, ds)
	}
	out := sendBatch(t, s, due[0])
	var outcomes []storage.Outcome
	for i, d := range out[0].Deliveries {
		outcomes = append(outcomes, storage.Outcome{Delivery: d.ID, State: domain.UnknownEnd, Reason: domain.ReasonNoAnswer, Gateway: "relay", Joined: i > 0, At: morning})
	}
	must(t, s.RecordOutcomes(ctx, outcomes))
	doubts := got(s.DoubtsToAsk(ctx, domain.Email, morning.Add(time.Minute), 10))(t)
	equal(t, "messages", len(doubts), 1)
	equal(t, "deliveries", len(doubts[0].Deliveries), 2)
	equal(t, "reference", doubts[0].Deliveries[0].ClientRef(), out[0].Deliveries[0].ClientRef())
	equal(t, "counted for the gateway", got(s.HandedOn(ctx, "2026-11-23", domain.Email))(t)["relay"].InDoubt, 1)
}

func keepsStatements(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	_, push := published(t, s, "稳岗返还")
	out := sendBatch(t, s, planned(t, s, push.ID, waiting(people(t, s, 7), 0))[0])
	id := func(i int) domain.DeliveryID { return out[i].Deliveries[0].ID }
	must(t, s.RecordReceipt(ctx, storage.Receipt{Delivery: id(0), State: domain.Delivered, At: morning})) // before the outcome
	must(t, s.RecordReceipt(ctx, storage.Receipt{Delivery: id(5), State: domain.Delivered, Gateway: "cmpp", Units: 2, At: morning}))
	for range 2 { // told twice: counted once
		must(t, s.RecordOutcomes(ctx, []storage.Outcome{
			{Delivery: id(0), State: domain.Accepted, Gateway: "aliyun", At: morning},
			{Delivery: id(1), State: domain.Accepted, Gateway: "aliyun", At: morning},
			{Delivery: id(2), State: domain.UnknownEnd, Gateway: "aliyun", At: morning},
			{Delivery: id(3), State: domain.Failed, Gateway: "tencent", At: morning},
			{Delivery: id(5), State: domain.UnknownEnd, Gateway: "cmpp", Units: 2, At: morning},
			{Delivery: id(6), State: domain.Accepted, Gateway: "cmpp", Units: 3, At: morning},
		}))
	}
	got(s.SweepSending(ctx, morning.Add(time.Second), morning, morning.Add(time.Hour)))(t) // the fifth
	must(t, s.CountHanded(ctx, domain.SMS, "aliyun", domain.Accepted, 0, morning))         // a code for signing in
	must(t, s.CountHanded(ctx, domain.SMS, "aliyun", domain.Pending, 0, morning))          // one that was not taken
	ours := got(s.HandedOn(ctx, "2026-11-23", domain.SMS))(t)
	equal(t, "gateways", len(ours), 4)
	equal(t, "accepted in parts", ours["cmpp"].Accepted, 5)
	equal(t, "in doubt, though a receipt came", ours["cmpp"].InDoubt, 0)
	v := ours["aliyun"]
	equal(t, "accepted", v.Accepted, 3)
	equal(t, "in doubt", v.InDoubt, 1)
	equal(t, "refused", ours["tencent"].Failed, 1)
	equal(t, "lost", ours[""].InDoubt, 1)
	equal(t, "of another day", len(got(s.HandedOn(ctx, "2026-11-24", domain.SMS))(t)), 0)
	v.Theirs, v.TheirsDelivered, v.TheirsFailed, v.Note, v.CheckedAt = -1, -1, -1, "网关没有回答", morning
	nobody := v
	nobody.Gateway, nobody.Accepted = "", 0
	must(t, s.SaveStatement(ctx, nobody))
	must(t, s.SaveStatement(ctx, v))
	v.Theirs, v.Note = 5, ""
	must(t, s.SaveStatement(ctx, v))
	v.Arrived = 1 // the one before the outcome
	kept := got(s.Statements(ctx, "2026-11-23"))(t)
	equal(t, "kept", len(kept), 1)
	equal(t, "statement", kept[0], v)
	equal(t, "agrees", kept[0].Agrees(), false)
	for i := range 2 { // told twice: counted once
		must(t, s.RecordReceipt(ctx, storage.Receipt{Delivery: id(1), State: domain.Delivered, Gateway: "aliyun", At: morning.Add(24 * time.Hour)}))
		must(t, s.RecordReceipt(ctx, storage.Receipt{Delivery: id(2), State: []domain.DeliveryState{domain.Failed, domain.Delivered}[i], Gateway: "aliyun", At: morning.Add(24 * time.Hour)}))
	}
	kept = got(s.Statements(ctx, "2026-11-23"))(t) // of the day of the hand-over
	equal(t, "arrived by receipts, one before the outcome", kept[0].Arrived, 2)
	equal(t, "lost by receipts", kept[0].Lost, 1)
	equal(t, "later", len(got(s.Statements(ctx, "2026-11-24"))(t)), 0)
}

// countsReceipts: whether a receipt comes before the outcome or after, once or
// again, with the name of its gateway or without, by our reference or by a number
// that is kept until it is known, it is counted once, as is the message.
func countsReceipts(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	_, push := published(t, s, "稳岗返还")
	const ways = 1 << 5
	all := people(t, s, ways)
	out := sendBatch(t, s, planned(t, s, push.ID, waiting(all, 0))[0])
	equal(t, "messages", len(out), ways)
	handed, arrived := 0, 0
	for way, o := range out {
		early, named, numbered, byNumber, answered := way&1 > 0, way&2 > 0, way&4 > 0, way&8 > 0, way&16 > 0
		d := o.Deliveries[0]
		outcome := storage.Outcome{Delivery: d.ID, Claimed: d, State: domain.UnknownEnd, Gateway: "cmpp", At: morning}
		if answered {
			outcome.State = domain.Accepted
		}
		r := storage.Receipt{Channel: domain.SMS, Address: o.Contact.Address, State: domain.Delivered, At: morning.Add(25 * time.Hour)}
		if numbered || byNumber {
			outcome.GatewayRef = fmt.Sprint("g", way)
		}
		if byNumber {
			r.GatewayRef = outcome.GatewayRef
		} else {
			r.Delivery = d.ID
		}
		if named {
			r.Gateway = "cmpp"
		}
		tell := func() {
			for range 2 {
				if err := s.RecordReceipt(ctx, r); byNumber && domain.KindOf(err) == domain.NotFound {
					must(t, s.KeepReceipt(ctx, r))
				} else {
					must(t, err)
				}
			}
		}
		if early {
			r.At = morning // the day of the hand-over, if it is first to tell
			tell()
		}
		for range 2 {
			must(t, s.RecordOutcomes(ctx, []storage.Outcome{outcome}))
		}
		if !early {
			tell()
		}
		got(s.SettleEarly(ctx, 10, morning.Add(time.Hour)))(t)
		v := storage.Statement{Day: "2026-11-23", Channel: domain.SMS, Gateway: "cmpp", Theirs: -1, CheckedAt: morning}
		must(t, s.SaveStatement(ctx, v))
		v = got(s.Statements(ctx, v.Day))(t)[0]
		ours := got(s.HandedOn(ctx, v.Day, domain.SMS))(t)["cmpp"]
		handed, arrived = handed+1, arrived+1
		if ours.Accepted+ours.InDoubt != handed || v.Arrived != arrived {
			t.Fatalf("early %v, named %v, numbered %v, by number %v, answered %v: %d + %d handed over, %d arrived, want %d and %d",
				early, named, numbered, byNumber, answered, ours.Accepted, ours.InDoubt, v.Arrived, handed, arrived)
		}
	}
	counted(t, s)
}

func forgetsDeliveries(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	all := people(t, s, 2500)
	late := morning.AddDate(0, 0, 33) // by then no push waits for its part any more
	var pushes []domain.PushID
	for i, title := range []string{"旧的", "还在发的", "新的"} {
		_, push := published(t, s, title)
		n := []int{2500, 3, 4}[i]
		for _, b := range planned(t, s, push.ID, waiting(all[:n], 0)) {
			if b.Push != push.ID || i == 1 {
				continue
			}
			var outcomes []storage.Outcome
			for _, o := range sendBatch(t, s, b) {
				outcomes = append(outcomes, storage.Outcome{Delivery: o.Deliveries[0].ID, State: domain.Accepted, At: morning, GatewayRef: "g"})
			}
			must(t, s.RecordOutcomes(ctx, outcomes))
		}
		pushes = append(pushes, push.ID)
	}
	must(t, s.SaveOutbox(ctx, storage.OutboxEntry{At: morning, Delivery: got(s.Deliveries(ctx, storage.DeliveryFilter{Push: pushes[0]}))(t)[0].ID, Channel: domain.SMS}))
	got(s.FinishPushes(ctx, morning))(t)
	_, err := raw(t, url).ExecContext(ctx, `UPDATE pushes SET created_at = $1 WHERE id = $2`, late.UnixMicro(), pushes[2])
	must(t, err)
	rows, gone, err := s.ForgetDeliveries(ctx, late, 1000, 10)
	must(t, err)
	equal(t, "a first step", rows, 2000)
	equal(t, "pushes", gone, 0)
	rows, gone, err = s.ForgetDeliveries(ctx, late, 100000, 10)
	must(t, err)
	equal(t, "the rest", rows, 500)
	equal(t, "pushes", gone, 1)
	left := got(s.Deliveries(ctx, storage.DeliveryFilter{Limit: 10000}))(t)
	equal(t, "left", len(left), 7)
	equal(t, "outbox", len(outbox(t, s)), 0)
	n, _ := sum(t, s, pushes[0])
	equal(t, "the sums stay", n, 2500)
	u := got(s.Push(ctx, pushes[0]))(t)
	equal(t, "forgotten", u.ForgottenAt.IsZero(), false)
	var events int
	must(t, raw(t, url).QueryRowContext(ctx, `SELECT COUNT(*) FROM delivery_events`).Scan(&events))
	equal(t, "history", events, 4)
	counted(t, s)
	rows, gone, err = s.ForgetDeliveries(ctx, late, 100000, 10)
	must(t, err)
	equal(t, "again", rows+gone, 0)
}

func sumsUpLive(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	_, push := published(t, s, "稳岗返还")
	all := people(t, s, 5)
	ds := waiting(all, 0)
	ds[0].Reason, ds[0].NextAt = domain.ReasonQuietHours, morning.Add(2*time.Hour)
	b := planned(t, s, push.ID, ds)[0]
	must(t, s.MarkInbox(ctx, all[0].ID, push.ID, "read", morning))
	_, _, err := s.BeginCanary(ctx, domain.Canary{Push: push.ID, Channel: domain.SMS, SentAt: morning}, 1, morning)
	must(t, err)
	l := got(s.Live(ctx, morning.Add(time.Minute)))(t)
	equal(t, "due since", l.DueSince, b.NextAt)
	equal(t, "numbers", len(l.Deliveries), 2)
	equal(t, "held", l.Deliveries[1], storage.ReasonCount{Channel: domain.SMS, State: domain.Pending, Reason: domain.ReasonQuietHours, N: 1})
	equal(t, "readers", l.Marks[domain.App].Readers, 1)
	equal(t, "running", l.Pushes["running"], 1)
	equal(t, "canaries", l.Canaries[0].N, 1)
	equal(t, "next", got(s.NextBatches(ctx, push.ID, morning))(t)[domain.SMS], morning.Add(2*time.Hour))
	must(t, s.PausePush(ctx, push.ID, 1, "", morning))
	equal(t, "paused", got(s.Live(ctx, morning))(t).Pushes["paused"], 1)
	must(t, s.StopPush(ctx, push.ID, 1, "", morning))
	l = got(s.Live(ctx, morning))(t)
	equal(t, "after the end", len(l.Deliveries)+len(l.Pushes)+len(l.Marks)+len(l.Canaries), 0)
}

func findsPushes(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	var ids [4]domain.PushID
	for i, title := range []string{"稳岗返还", "技改补助", "100%返还", "稳岗补贴"} {
		_, push := published(t, s, title)
		ids[i] = push.ID
	}
	must(t, s.PausePush(ctx, ids[1], 7, "口径待核实", morning))
	must(t, s.StopPush(ctx, ids[3], 7, "发错了", morning))
	for name, c := range map[string]struct {
		filter storage.PushFilter
		ids    []domain.PushID
		total  int
	}{
		"all":             {storage.PushFilter{}, []domain.PushID{ids[3], ids[2], ids[1], ids[0]}, 4},
		"a page":          {storage.PushFilter{Limit: 2, Offset: 1}, []domain.PushID{ids[2], ids[1]}, 4},
		"by title":        {storage.PushFilter{Query: "稳岗"}, []domain.PushID{ids[3], ids[0]}, 2},
		"no pattern":      {storage.PushFilter{Query: "100%"}, []domain.PushID{ids[2]}, 1},
		"paused":          {storage.PushFilter{State: storage.PushPaused}, []domain.PushID{ids[1]}, 1},
		"owed, going on":  {storage.PushFilter{State: string(domain.PushOwed)}, []domain.PushID{ids[2], ids[0]}, 2},
		"stopped":         {storage.PushFilter{State: string(domain.PushStopped)}, []domain.PushID{ids[3]}, 1},
		"kind":            {storage.PushFilter{Kind: domain.NewPolicy}, []domain.PushID{ids[3], ids[2], ids[1], ids[0]}, 4},
		"of another kind": {storage.PushFilter{Kind: domain.Reminder}, nil, 0},
	} {
		if c.filter.Limit == 0 {
			c.filter.Limit = 10
		}
		found, total, err := s.FindPushes(ctx, c.filter)
		must(t, err)
		var got []domain.PushID
		for _, p := range found {
			got = append(got, p.ID)
		}
		equal(t, name, fmt.Sprint(got), fmt.Sprint(c.ids))
		equal(t, name+", in all", total, c.total)
	}
}
