package storagetest

import (
	"fmt"
	"testing"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

func plansFirstDigests(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	one, _ := published(t, s, "稳岗返还")
	two, _ := published(t, s, "设备补助")
	ada, bob := person(1), person(2)
	must(t, s.Subscribe(ctx, ada, morning))
	must(t, s.SaveSubscriber(ctx, bob)) // wants only what is new
	owed := got(s.OwedDigests(ctx, 10))(t)
	equal(t, "owed", len(owed) == 1 && owed[0].Subscriber == ada.ID && owed[0].Since.Equal(morning), true)
	_, err := s.Digest(ctx, ada.ID, 0)
	equal(t, "not planned yet", domain.KindOf(err), domain.NotFound)

	d := &domain.Digest{Subscriber: ada.ID, Rest: 7, Items: []domain.DigestItem{
		{Policy: two.ID, Measures: []domain.MeasureID{"m1", "m2"}, Verdict: domain.Likely},
		{Policy: one.ID, Measures: []domain.MeasureID{"m1"}, Verdict: domain.Possible},
	}}
	rows := func() []domain.Delivery {
		return []domain.Delivery{
			{Subscriber: ada.ID, Contact: ada.Contacts[0].ID, Channel: domain.SMS, State: domain.Pending, Verdict: domain.Likely, NextAt: morning},
			{Subscriber: ada.ID, Contact: ada.Contacts[1].ID, Channel: domain.Email, State: domain.Suppressed, Reason: domain.ReasonStopped, Verdict: domain.Likely},
		}
	}
	must(t, s.PlanDigest(ctx, d, rows(), morning))
	again := &domain.Digest{Subscriber: ada.ID, Items: d.Items}
	equal(t, "planned twice", domain.KindOf(s.PlanDigest(ctx, again, rows(), morning)), domain.Conflict)
	equal(t, "never owed", domain.KindOf(s.PlanDigest(ctx, &domain.Digest{Subscriber: bob.ID, Items: d.Items}, nil, morning)), domain.Conflict)
	equal(t, "owed afterwards", len(got(s.OwedDigests(ctx, 10))(t)), 0)
	equal(t, "rows of both plannings", len(got(s.Deliveries(ctx, storage.DeliveryFilter{Subscriber: ada.ID}))(t)), 2)

	for name, kept := range map[string]domain.Digest{"by subscriber": got(s.Digest(ctx, ada.ID, 0))(t), "by push": got(s.Digest(ctx, 0, d.Push))(t)} {
		equal(t, name, fmt.Sprint(kept.Subscriber, kept.Push, kept.Rest, kept.Items, kept.At.Equal(morning)), fmt.Sprint(ada.ID, d.Push, 7, d.Items, true))
	}
	push := got(s.Push(ctx, d.Push))(t)
	equal(t, "the push", fmt.Sprint(push.Kind, push.State, push.Policy), fmt.Sprint(domain.FirstPush, domain.PushRunning, two.ID))
	equal(t, "in the list of pushes", len(got(s.Pushes(ctx, 0, 10))(t)), 2)
	readers := got(s.DigestReaders(ctx, one.ID))(t)
	equal(t, "who read of it", fmt.Sprint(readers), fmt.Sprint(map[domain.SubscriberID]domain.Verdict{ada.ID: domain.Possible}))

	// One policy is taken back: the digest goes out with the others, and who got
	// it is known to have heard of both.
	two.Status = domain.Withdrawn
	must(t, s.WithdrawPolicy(ctx, two, nil, morning))
	due := got(s.DueBatches(ctx, morning, 10))(t)
	equal(t, "due", len(due), 1)
	must(t, s.MarkQueued(ctx, due[0].ID, due[0].Gen, morning))
	out := got(s.ClaimDeliveries(ctx, due[0].ID, due[0].Gen, 10, morning))(t)
	equal(t, "claimed", len(out), 1)
	must(t, s.RecordOutcomes(ctx, []storage.Outcome{{Delivery: out[0].Deliveries[0].ID, State: domain.Accepted, At: morning}}))
	for _, policy := range []domain.PolicyID{one.ID, two.ID} {
		reached := got(s.Reached(ctx, policy, []domain.SubscriberID{ada.ID, bob.ID}))(t)
		equal(t, "reached", fmt.Sprint(reached), fmt.Sprint(map[domain.SubscriberID][]domain.ChannelKind{ada.ID: {domain.SMS}}))
	}

	nothing := person(3)
	must(t, s.Subscribe(ctx, nothing, morning))
	must(t, s.PlanDigest(ctx, &domain.Digest{Subscriber: nothing.ID}, nil, morning))
	equal(t, "nothing to list: owed", len(got(s.OwedDigests(ctx, 10))(t)), 0)
	_, err = s.Digest(ctx, nothing.ID, 0)
	equal(t, "nothing to list: digest", domain.KindOf(err), domain.NotFound)
	must(t, s.DeleteSubscriber(ctx, ada.ID, morning))
	equal(t, "gone with the person", len(got(s.DigestReaders(ctx, one.ID))(t)), 0)
}
