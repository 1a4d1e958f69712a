package storagetest

import (
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

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
