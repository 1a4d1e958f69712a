package storagetest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"policypush/internal/domain"
	"policypush/internal/storage"
	"policypush/interpretations"
)

func keepsInbox(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	var pushes []domain.Push
	for range 3 {
		_, push := published(t, s, "高龄津贴")
		_, err := s.FreezeAudience(ctx, push.ID, domain.FrozenAudience{Likely: []byte{1}, Possible: []byte{2}, SHA256: "ab"}, 1, 1)
		must(t, err)
		pushes = append(pushes, push)
	}
	for _, push := range pushes[:2] {
		must(t, s.FinishPlan(ctx, push.ID, morning))
	}
	in := got(s.InboxPushes(ctx, 0, 10))(t)
	equal(t, "pushes", len(in), 2)
	equal(t, "first", in[0].Push.ID, pushes[0].ID)
	equal(t, "policy", in[0].Policy.ID, in[0].Push.Policy)
	equal(t, "title", in[0].Policy.Title, "高龄津贴")
	equal(t, "first measure", in[0].Policy.FirstMeasure, "缓缴社会保险费")
	equal(t, "audience", string(in[0].Audience.Likely)+string(in[0].Audience.Possible), "\x01\x02")
	equal(t, "after the first", len(got(s.InboxPushes(ctx, pushes[0].ID, 10))(t)), 1)
	equal(t, "limit", len(got(s.InboxPushes(ctx, 0, 1))(t)), 1)

	const reader = domain.SubscriberID(7)
	at := func(minute int) time.Time { return morning.Add(time.Duration(minute) * time.Minute) }
	for i, what := range []string{"seen", "read", "seen", "read", "dismissed"} {
		must(t, s.MarkInbox(ctx, reader, pushes[0].ID, what, at(i)))
	}
	must(t, s.MarkInbox(ctx, reader, pushes[1].ID, "read", at(9)))
	must(t, s.MarkInbox(ctx, reader+1, pushes[1].ID, "seen", at(9)))
	wantKind(t, s.MarkInbox(ctx, reader, pushes[1].ID, "eaten", at(9)), domain.Invalid)
	marks := got(s.InboxMarks(ctx, reader))(t)
	equal(t, "marks", len(marks), 2)
	equal(t, "first", marks[pushes[0].ID], storage.InboxMark{Push: pushes[0].ID, SeenAt: at(0), ReadAt: at(1), DismissedAt: at(4)})
	equal(t, "second", marks[pushes[1].ID], storage.InboxMark{Push: pushes[1].ID, SeenAt: at(9), ReadAt: at(9)})
	must(t, s.MarkInbox(ctx, reader, pushes[0].ID, "undismissed", at(10)))
	equal(t, "undismissed", got(s.InboxMarks(ctx, reader))(t)[pushes[0].ID].DismissedAt, time.Time{})
}

func leases(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	acquire := func(holder string, at time.Time) bool {
		t.Helper()
		return got(s.AcquireLease(ctx, "sweeper", holder, time.Minute, at))(t)
	}
	var wg sync.WaitGroup
	has, errs := make([]bool, 5), make([]error, 5)
	for i := range has {
		wg.Go(func() {
			has[i], errs[i] = s.AcquireLease(ctx, "dispatcher", string(rune('a'+i)), time.Minute, morning)
		})
	}
	wg.Wait()
	must(t, errors.Join(errs...))
	holders := 0
	for _, h := range has {
		if h {
			holders++
		}
	}
	equal(t, "holders", holders, 1)

	equal(t, "taken", acquire("a", morning), true)
	equal(t, "stolen early", acquire("b", morning.Add(59*time.Second)), false)
	equal(t, "renewed", acquire("a", morning.Add(50*time.Second)), true)
	equal(t, "stolen while renewed", acquire("b", morning.Add(time.Minute)), false)
	equal(t, "stolen when over", acquire("b", morning.Add(110*time.Second)), true)
	must(t, s.ReleaseLease(ctx, "sweeper", "a")) // not a's any more
	equal(t, "still b's", acquire("a", morning.Add(111*time.Second)), false)
	must(t, s.ReleaseLease(ctx, "sweeper", "b"))
	equal(t, "released", acquire("a", morning.Add(112*time.Second)), true)
	// The clock is set back: nobody leads until the old time has come again.
	back := morning.Add(-time.Hour)
	equal(t, "taken after the clock was set back", acquire("b", back), true)
	equal(t, "and had", acquire("a", back.Add(30*time.Second)), false)
	equal(t, "clocks that differ a little", acquire("a", back.Add(-storage.Skew)), false)
}

func keepsEpoch(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	var wg sync.WaitGroup
	epochs, errs := make([]string, 4), make([]error, 4)
	for i := range epochs {
		wg.Go(func() { epochs[i], errs[i] = s.Epoch(ctx) })
	}
	wg.Wait()
	must(t, errors.Join(errs...))
	for _, e := range epochs {
		equal(t, "epoch", e, epochs[0])
	}
	next := got(s.NewEpoch(ctx))(t)
	if next == epochs[0] || next == "" {
		t.Fatalf("new epoch %q after %q", next, epochs[0])
	}
	equal(t, "epoch", got(s.Epoch(ctx))(t), next)
}

func removesDemo(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	equal(t, "at first", got(s.HasDemo(ctx))(t), false)
	must(t, s.RemoveDemo(ctx))

	real := domain.Office{Name: "真实单位"}
	demo := domain.Office{Name: "云川县政务公开办", Demo: true}
	must(t, s.SaveOffice(ctx, &real))
	must(t, s.SaveOffice(ctx, &demo))
	must(t, s.SaveOperator(ctx, &domain.Operator{Login: "real", Office: real.ID}))
	must(t, s.SaveOperator(ctx, &domain.Operator{Login: "demo", Office: demo.ID, Demo: true}))
	all := people(t, s, 4)
	for _, v := range all[2:] {
		v.Demo = true
	}
	all[3].Contacts[1].Address = all[0].Contacts[1].Address // somebody real has it too
	must(t, s.SaveSubscribers(ctx, all))
	must(t, s.StopAddress(ctx, domain.SMS, all[2].Contacts[0].Address, domain.ReasonStopped, morning))
	must(t, s.StopAddress(ctx, domain.Email, all[0].Contacts[1].Address, domain.ReasonStopped, morning))
	push := func(office domain.OfficeID) (*domain.Policy, domain.Push) {
		p := &domain.Policy{Office: office, Status: domain.Approved, Title: "稳岗返还"}
		must(t, s.CreatePolicy(ctx, p))
		p.Status = domain.Published
		u := domain.Push{Kind: domain.NewPolicy, CreatedAt: morning}
		must(t, s.PublishPolicy(ctx, p, &u))
		must(t, s.SaveInterpretation(ctx, &interpretations.Item{Policy: p.ID, Kind: interpretations.QAKind}))
		for _, b := range planned(t, s, u.ID, waiting(all, 0)) {
			for _, o := range sendBatch(t, s, b) {
				must(t, s.RecordReceipt(ctx, storage.Receipt{Delivery: o.Deliveries[0].ID, State: domain.Delivered, At: morning}))
			}
		}
		must(t, s.MarkInbox(ctx, all[0].ID, u.ID, "seen", morning))
		return p, u
	}
	keep, kept := push(real.ID)
	gone, lost := push(demo.ID)
	before := got(s.LastProfileChange(ctx))(t)

	equal(t, "with it", got(s.HasDemo(ctx))(t), true)
	must(t, s.RemoveDemo(ctx))
	equal(t, "afterwards", got(s.HasDemo(ctx))(t), false)
	_, err := s.Policy(ctx, gone.ID)
	wantKind(t, err, domain.NotFound)
	_, err = s.Push(ctx, lost.ID)
	wantKind(t, err, domain.NotFound)
	_, err = s.OperatorByLogin(ctx, "demo")
	wantKind(t, err, domain.NotFound)
	n, _ := sum(t, s, lost.ID)
	equal(t, "deliveries", n, 0)
	n, _ = sum(t, s, kept.ID)
	equal(t, "real deliveries", n, 4)
	equal(t, "real interpretations", len(got(s.Interpretations(ctx, keep.ID, false))(t)), 1)
	equal(t, "real operators", len(got(s.Operators(ctx))(t)), 1)
	equal(t, "real offices", len(got(s.Offices(ctx))(t)), 1)
	equal(t, "marks", len(got(s.InboxMarks(ctx, all[0].ID))(t)), 1)
	_, residents, err := s.CountSubscribers(ctx)
	must(t, err)
	equal(t, "residents", residents, 2)
	changes := got(s.ProfileChanges(ctx, before, 10))(t)
	equal(t, "changes", len(changes), 2)
	equal(t, "number", changes[1].Seq, before+2)
	equal(t, "who", changes[1].ID, all[3].ID)
	equal(t, "deleted", changes[1].Deleted, true)
	equal(t, "shared address", got(s.Subscriber(ctx, all[0].ID))(t).Contacts[1].Suppressed, "stopped")
	v := person(3)
	must(t, s.SaveSubscriber(ctx, v))
	equal(t, "address of the demonstration", got(s.Subscriber(ctx, v.ID))(t).Contacts[0].Suppressed, "")
}

func survivesPanics(t *testing.T, url string) {
	s := open(t, url, Keys(t))
	p := approved(t, s, "稳岗返还办法")
	p.Status, p.PublishedAt = domain.Published, morning
	func() {
		defer func() {
			if recover() == nil {
				t.Error("a push that is none was owed")
			}
		}()
		_ = s.PublishPolicy(t.Context(), p, nil)
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	push := domain.Push{Kind: domain.NewPolicy, CreatedAt: morning, CreatedBy: 2}
	must(t, s.PublishPolicy(ctx, p, &push))
}

func keepsCalendars(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	for i, days := range []map[string]bool{{"2028-01-01": false}, {"2027-01-01": false}, {"2027-01-01": false, "2027-02-20": true}} {
		y := domain.CalendarYear{Year: 2028, Days: days, ImportedBy: 2, ImportedAt: morning.Add(time.Duration(i) * time.Hour)}
		if i > 0 {
			y.Year = 2027
		}
		must(t, s.SaveCalendarYear(ctx, y))
	}
	years := got(s.CalendarYears(ctx))(t)
	equal(t, "years", len(years), 2)
	equal(t, "the first", years[0].Year, 2027)
	equal(t, "its days", len(years[0].Days), 2)
	equal(t, "one that is worked", years[0].Days["2027-02-20"], true)
	equal(t, "when", years[0].ImportedAt, morning.Add(2*time.Hour))
	equal(t, "who", years[0].ImportedBy, 2)
}
