package storagetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"policypush/internal/domain"
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
