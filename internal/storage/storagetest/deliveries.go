package storagetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

func freezesAudience(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	_, push := published(t, s, "稳岗返还")
	_, err := s.Audience(ctx, push.ID)
	wantKind(t, err, domain.NotFound)
	var wg sync.WaitGroup
	kept, errs := make([]domain.FrozenAudience, 4), make([]error, 4)
	for i := range kept {
		a := domain.FrozenAudience{Likely: []byte{byte(i)}, SHA256: fmt.Sprint(i)}
		wg.Go(func() { kept[i], errs[i] = s.FreezeAudience(ctx, push.ID, a, i+1, 10*(i+1)) })
	}
	wg.Wait()
	must(t, errors.Join(errs...))
	stored := got(s.Audience(ctx, push.ID))(t)
	for _, k := range kept {
		equal(t, "hash", k.SHA256, stored.SHA256)
		equal(t, "likely", k.Likely[0], stored.Likely[0])
	}
	u := got(s.Push(ctx, push.ID))(t)
	equal(t, "size", u.Likely, int(stored.Likely[0])+1)
	equal(t, "size of the possible", u.Possible, 10*u.Likely)
}

func plansOnce(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	_, push := published(t, s, "稳岗返还")
	all := people(t, s, 1100)
	ds := waiting(all, 0)
	ds[0].State, ds[0].Reason = domain.Suppressed, domain.ReasonStopped
	ds[1].NextAt, ds[1].Reason = morning.Add(time.Hour), domain.ReasonQuietHours
	ds = append(ds, waiting(all[:10], 1)...)
	ds = append(ds, ds[5]) // twice in one plan
	for range 2 {
		must(t, s.PlanDeliveries(ctx, push.ID, 1100, ds, morning))
	}
	must(t, s.PlanDeliveries(ctx, push.ID, 600, ds[:600], morning)) // an older plan comes late
	n, states := sum(t, s, push.ID)
	equal(t, "rows", n, 1110)
	equal(t, "suppressed", states[domain.Suppressed], 1)
	u := got(s.Push(ctx, push.ID))(t)
	equal(t, "planned to", u.PlannedTo, 1100)
	equal(t, "state", u.State, domain.PushOwed)
	due := got(s.DueBatches(ctx, morning, 100))(t)
	size := map[domain.ChannelKind]int{}
	for _, b := range due {
		size[b.Channel] += b.Size
		if b.Size > domain.MaxBatch || b.State != domain.BatchNew || b.Gen != 1 || b.Push != push.ID {
			t.Fatalf("batch %+v", b)
		}
	}
	equal(t, "due by SMS", size[domain.SMS], 1098)
	equal(t, "due by mail", size[domain.Email], 10)
	equal(t, "batches", len(due), 4)
	equal(t, "limit", len(got(s.DueBatches(ctx, morning, 2))(t)), 2)
	channels := func(perChannel int) (sms, email int) {
		for _, b := range got(s.BatchesToQueue(ctx, morning, 100, perChannel))(t) {
			if b.Channel == domain.SMS {
				sms++
			} else {
				email++
			}
		}
		return sms, email
	}
	sms, email := channels(2)
	equal(t, "for the queue by SMS", sms, 2)
	equal(t, "for the queue by mail", email, 1)
	must(t, s.MarkQueued(ctx, due[0].ID, 1, morning))
	sms, email = channels(1)
	if due[0].Channel == domain.Email {
		sms, email = email, sms
	}
	equal(t, "of a channel that is full", sms, 0)
	equal(t, "of another", email, 1)
	must(t, s.HandBack(ctx, due[0].ID, 1, morning, morning))
	later := got(s.DueBatches(ctx, morning.Add(time.Hour), 100))(t)
	equal(t, "batches an hour later", len(later), 5)
	equal(t, "the one held back comes last", later[4].Size, 1)

	must(t, s.PlanDeliveries(ctx, push.ID, 1200, nil, morning))
	must(t, s.FinishPlan(ctx, push.ID, morning))
	u = got(s.Push(ctx, push.ID))(t)
	equal(t, "state", u.State, domain.PushRunning)
	equal(t, "planned at", u.PlannedAt, morning)
	equal(t, "owed", len(got(s.OwedPushes(ctx, morning))(t)), 0)
	equal(t, "finished", got(s.FinishPushes(ctx, morning))(t), 0)

	_, nobody := published(t, s, "无人适用")
	must(t, s.FinishPlan(ctx, nobody.ID, morning))
	equal(t, "a push to nobody", got(s.Push(ctx, nobody.ID))(t).State, domain.PushDone)
	must(t, s.FinishPlan(ctx, nobody.ID, morning.Add(time.Hour)))
	equal(t, "planned once", got(s.Push(ctx, nobody.ID))(t).PlannedAt, morning)
}

func plansNoStopped(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	p, push := published(t, s, "稳岗返还")
	all := people(t, s, 2)
	p.Status = domain.Withdrawn
	must(t, s.WithdrawPolicy(ctx, p, nil, morning))
	wantKind(t, s.PlanDeliveries(ctx, push.ID, 2, waiting(all, 0), morning), domain.Conflict)
	n, _ := sum(t, s, push.ID)
	equal(t, "rows", n, 0)
	must(t, s.FinishPlan(ctx, push.ID, morning))
	equal(t, "state", got(s.Push(ctx, push.ID))(t).State, domain.PushStopped)
}

func plansConcurrently(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	_, push := published(t, s, "稳岗返还")
	ds := waiting(people(t, s, 300), 0)
	var wg sync.WaitGroup
	errs := make([]error, 2)
	for i := range errs {
		wg.Go(func() {
			for from := 0; from < len(ds); from += 50 {
				part := ds[from : from+50]
				errs[i] = errors.Join(errs[i], s.PlanDeliveries(ctx, push.ID, part[49].Subscriber, part, morning))
			}
		})
	}
	wg.Wait()
	must(t, errors.Join(errs...))
	n, _ := sum(t, s, push.ID)
	equal(t, "rows", n, 300)
	size := 0
	for _, b := range got(s.DueBatches(ctx, morning, 100))(t) {
		size += b.Size
	}
	equal(t, "in batches", size, 300)
}

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

func claims(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	_, push := published(t, s, "稳岗返还")
	all := people(t, s, 5)
	all[1].Subscription.Paused = true
	all[2].Consent = domain.Consent{}
	must(t, s.SaveSubscribers(ctx, all))
	must(t, s.StopAddress(ctx, domain.SMS, all[0].Contacts[0].Address, domain.ReasonStopped, morning))
	b := planned(t, s, push.ID, waiting(all, 0))[0]
	all[3].Contacts = all[3].Contacts[1:] // the number is removed after planning
	must(t, s.SaveSubscriber(ctx, all[3]))
	must(t, s.DeleteSubscriber(ctx, all[4].ID, morning))

	equal(t, "claimed too early", len(got(s.ClaimDeliveries(ctx, b.ID, 1, 10, morning.Add(-time.Second)))(t)), 0)
	first := got(s.ClaimDeliveries(ctx, b.ID, 1, 2, morning))(t)
	equal(t, "limit", len(first), 2)
	out := append(first, got(s.ClaimDeliveries(ctx, b.ID, 1, 50, morning.Add(time.Second)))(t)...)
	equal(t, "claimed", len(out), 5)
	equal(t, "claimed again", len(got(s.ClaimDeliveries(ctx, b.ID, 1, 50, morning))(t)), 0)
	for i, o := range out {
		d := o.Deliveries[0]
		equal(t, "subscriber", d.Subscriber, all[i].ID)
		equal(t, "state", d.State, domain.Sending)
		equal(t, "attempts", d.Attempts, 1)
		equal(t, "verdict", d.Verdict, domain.Likely)
		equal(t, "paused", o.Paused, i == 1)
		equal(t, "no consent", o.NoConsent, i == 2 || i == 4)
	}
	equal(t, "claimed at", out[2].Deliveries[0].ClaimedAt, morning.Add(time.Second))
	want := all[0].Contacts[0]
	want.Suppressed = "stopped"
	equal(t, "contact", out[0].Contact, want)
	equal(t, "contact", out[1].Contact, all[1].Contacts[0])
	equal(t, "kind", out[1].SubscriberKind, domain.Resident)
	equal(t, "removed contact", out[3].Contact, domain.Contact{})
	equal(t, "contact of one who is gone", out[4].Contact, domain.Contact{})
}

func refusesOldClaims(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	_, push := published(t, s, "稳岗返还")
	b := planned(t, s, push.ID, waiting(people(t, s, 3), 0))[0]
	got(s.RenewGenerations(ctx))(t)
	_, err := s.ClaimDeliveries(ctx, b.ID, 1, 10, morning)
	wantKind(t, err, domain.Conflict)
	_, err = s.ClaimDeliveries(ctx, 999, 1, 10, morning)
	wantKind(t, err, domain.NotFound)
	equal(t, "claimed by the new one", len(got(s.ClaimDeliveries(ctx, b.ID, 2, 10, morning))(t)), 3)
}

func claimsConcurrently(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	_, push := published(t, s, "稳岗返还")
	b := planned(t, s, push.ID, waiting(people(t, s, 400), 0))[0]
	var wg sync.WaitGroup
	var mu sync.Mutex
	claimed := map[domain.DeliveryID]int{}
	errs := make([]error, 4)
	for i := range errs {
		wg.Go(func() {
			for {
				out, err := s.ClaimDeliveries(ctx, b.ID, 1, 17, morning)
				if errs[i] = err; err != nil || len(out) == 0 {
					return
				}
				mu.Lock()
				for _, o := range out {
					claimed[o.Deliveries[0].ID]++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	must(t, errors.Join(errs...))
	equal(t, "claimed", len(claimed), 400)
	for id, n := range claimed {
		if n != 1 {
			t.Fatalf("delivery %d was claimed %d times", id, n)
		}
	}
}

func claimsDigests(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	all := people(t, s, 3)
	var pushes []domain.PushID
	for i := range 4 {
		p, push := published(t, s, fmt.Sprintf("措施%d", i))
		ds := waiting(all, 1)
		for j := range ds {
			ds[j].Reason = domain.ReasonDigest
		}
		if i == 1 {
			ds[0].NextAt = morning.Add(24 * time.Hour) // next digest
			ds[1].Reason = domain.ReasonNone           // at once, not in a digest
		}
		planned(t, s, push.ID, ds)
		if i == 3 {
			p.Status = domain.Withdrawn
			must(t, s.WithdrawPolicy(ctx, p, nil, morning))
		}
		pushes = append(pushes, push.ID)
	}
	due := got(s.DueBatches(ctx, morning, 10))(t)
	out := sendBatch(t, s, due[0])
	equal(t, "messages", len(out), 3)
	for i, want := range [][]domain.PushID{{pushes[0], pushes[2]}, {pushes[0], pushes[2]}, {pushes[0], pushes[1], pushes[2]}} {
		var in []domain.PushID
		for _, d := range out[i].Deliveries {
			in = append(in, d.Push)
			equal(t, "state", d.State, domain.Sending)
			equal(t, "whose", d.Subscriber, all[i].ID)
		}
		if !reflect.DeepEqual(in, want) {
			t.Fatalf("digest %d holds the pushes %v, want %v", i, in, want)
		}
		equal(t, "to", out[i].Contact.Address, all[i].Contacts[1].Address)
	}
	var outcomes []storage.Outcome
	for _, o := range out {
		for _, d := range o.Deliveries {
			outcomes = append(outcomes, storage.Outcome{Delivery: d.ID, State: domain.Accepted, GatewayRef: o.Deliveries[0].ClientRef(), At: morning})
		}
	}
	must(t, s.RecordOutcomes(ctx, outcomes))
	single := sendBatch(t, s, due[1])
	equal(t, "what was not for a digest", len(single), 1)
	equal(t, "left for the third push", len(sendBatch(t, s, due[2])), 0)
	sent := got(s.SentSince(ctx, []domain.ContactID{all[0].Contacts[1].ID, all[2].Contacts[1].ID}, morning, morning))(t)
	equal(t, "a digest of two counts", sent[all[0].Contacts[1].ID], 1)
	equal(t, "a digest of three counts", sent[all[2].Contacts[1].ID], 1)
}

// gathersOnce: two workers claim at one moment, each the batch of a push with a
// part of everybody's digest. Where writers do not wait for one another anyway,
// the first is held up between its own rows and what it gathers, until the other
// has claimed or waits too.
func gathersOnce(t *testing.T, url string) {
	s, ctx, db := open(t, url, Keys(t)), t.Context(), raw(t, url)
	all := people(t, s, 3)
	var due []domain.Batch
	for i := range 2 {
		_, push := published(t, s, fmt.Sprintf("措施%d", i))
		ds := waiting(all, 1)
		for j := range ds {
			ds[j].Reason = domain.ReasonDigest
		}
		due = planned(t, s, push.ID, ds)
	}
	type claim struct {
		out []storage.Outgoing
		err error
	}
	claims := []chan claim{make(chan claim, 1), make(chan claim, 1)}
	take := func(i int) {
		out, err := s.ClaimDeliveries(ctx, due[i].ID, due[i].Gen, domain.MaxBatch, morning)
		claims[i] <- claim{out, err}
	}
	for _, b := range due {
		must(t, s.MarkQueued(ctx, b.ID, b.Gen, morning))
	}
	if s.Dialect() == "postgres" {
		hold := got(db.BeginTx(ctx, nil))(t)
		defer func() { _ = hold.Rollback() }()
		got(hold.ExecContext(ctx, `LOCK TABLE pushes IN ACCESS EXCLUSIVE MODE`))(t)
		for i := range due {
			go take(i)
			for waiting := 0; waiting <= i && len(claims[i]) == 0; {
				const q = `SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
				must(t, db.QueryRowContext(ctx, q).Scan(&waiting))
			}
		}
		must(t, hold.Rollback())
	} else {
		take(0)
		take(1)
	}
	digests := map[string]int{}
	for i := range due {
		c := <-claims[i]
		must(t, c.err)
		for _, o := range append(c.out, got(s.ClaimDeliveries(ctx, due[i].ID, due[i].Gen, domain.MaxBatch, morning))(t)...) {
			digests[o.Contact.Address]++
			equal(t, "parts of a digest", len(o.Deliveries), 2)
		}
	}
	for _, v := range all {
		equal(t, "digests to "+v.ExternalID, digests[v.Contacts[1].Address], 1)
	}
	counted(t, s)
}

// speaksOfSharedDigests: what one person gets in one digest for several whom they
// stand for is one message to whoever speaks about it, and only that.
func speaksOfSharedDigests(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	both := []*domain.Subscriber{person(1), person(2)}
	for i, v := range both {
		v.Profile.Kind, v.Name, v.Contacts[1].Address = domain.Enterprise, fmt.Sprint("企业", i), "lin@example.com"
	}
	must(t, s.SaveSubscribers(ctx, both))
	var pushes []domain.PushID
	digest := func() []domain.Delivery {
		pushes = nil
		for i, v := range both {
			_, push := published(t, s, fmt.Sprint("措施", i))
			ds := waiting([]*domain.Subscriber{v}, 1)
			ds[0].Reason = domain.ReasonDigest
			planned(t, s, push.ID, ds)
			pushes = append(pushes, push.ID)
		}
		due := got(s.DueBatches(ctx, morning, 10))(t)
		out := sendBatch(t, s, due[len(due)-2])
		equal(t, "messages", len(out), 1)
		equal(t, "its parts", len(out[0].Deliveries), 2)
		return out[0].Deliveries
	}
	end := func(ds []domain.Delivery, o storage.Outcome) {
		outcomes := make([]storage.Outcome, len(ds))
		for i, d := range ds {
			outcomes[i] = o
			outcomes[i].Delivery, outcomes[i].Claimed, outcomes[i].At, outcomes[i].Joined = d.ID, d, morning, i > 0
		}
		must(t, s.RecordOutcomes(ctx, outcomes))
	}
	are := func(want ...domain.DeliveryState) {
		t.Helper()
		for i, push := range pushes {
			equal(t, fmt.Sprint("part ", i), deliveryTo(t, s, push, both[i].ID, domain.Email).State, want[i])
		}
	}
	bounce := func(d domain.Delivery) {
		must(t, s.RecordReceipt(ctx, storage.Receipt{Delivery: d.ID, State: domain.Failed, Reason: "refused:5.1.1", At: morning}))
	}

	ds := digest() // it bounces, and whichever part is named, all of it has
	end(ds, storage.Outcome{State: domain.Accepted})
	bounce(ds[1])
	are(domain.Failed, domain.Failed)

	bounce(digest()[0]) // before its worker has recorded that it went out
	are(domain.Failed, domain.Failed)

	ds = digest()
	end(ds, storage.Outcome{State: domain.UnknownEnd, Reason: domain.ReasonNoAnswer})
	doubts := got(s.DoubtsToAsk(ctx, domain.Email, morning.Add(time.Minute), 10))(t)
	equal(t, "messages to ask about", len(doubts), 1)
	equal(t, "by the number that went out", doubts[0].Deliveries[0].ID, ds[0].ID)
	must(t, s.RecordReceipt(ctx, storage.Receipt{Channel: domain.Email, Address: "lin@example.com", GatewayRef: "n1", Unnumbered: true, State: domain.Delivered, At: morning}))
	are(domain.Delivered, domain.Delivered) // of two open messages the receipt would mean neither
	at := []domain.ContactID{both[0].Contacts[1].ID, both[1].Contacts[1].ID}
	sent := got(s.SentSince(ctx, at, morning, morning))(t)
	equal(t, "messages for either enterprise", fmt.Sprint(sent[at[0]], sent[at[1]]), "1 1") // the others have failed

	digest() // its worker dies
	later := morning.Add(time.Hour)
	equal(t, "lost", got(s.SweepSending(ctx, later, later, later))(t), 2)
	equal(t, "messages in doubt", got(s.HandedOn(ctx, morning.Format(time.DateOnly), domain.Email))(t)[""].InDoubt, 1)

	ds = digest()
	end(ds, storage.Outcome{State: domain.Pending, Reason: domain.ReasonDigest, NextAt: morning})
	must(t, s.PausePush(ctx, pushes[1], 2, "核对", morning))
	var again []domain.Delivery
	for _, b := range got(s.DueBatches(ctx, morning, 10))(t) {
		for _, o := range sendBatch(t, s, b) {
			again = append(again, o.Deliveries...)
		}
	}
	equal(t, "parts that go on", len(again), 1)
	end(again, storage.Outcome{State: domain.Accepted})
	bounce(again[0]) // what it went out with before has no part in it
	are(domain.Failed, domain.Pending)
	counted(t, s)
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
