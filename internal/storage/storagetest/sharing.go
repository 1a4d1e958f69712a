package storagetest

import (
	"testing"
	"time"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

// sharesAddresses: one person stands for two enterprises at one address, and a
// resident with the address is not told of.
func sharesAddresses(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	all := []*domain.Subscriber{person(1), person(2), person(3), person(4)}
	for i, v := range all[:3] {
		v.Contacts[0].Address = "19900007777"
		if i < 2 {
			v.Profile.Kind, v.Name = domain.Enterprise, []string{"云川恒达机械", "云川锦和纺织"}[i]
		}
	}
	must(t, s.SaveSubscribers(ctx, all))
	first, second, resident, alone := all[0].Contacts[0].ID, all[1].Contacts[0].ID, all[2].Contacts[0].ID, all[3].Contacts[0].ID

	sharers := got(s.Sharers(ctx, []domain.ContactID{first, resident, alone}))(t)
	equal(t, "enterprises at the address", len(sharers[first]), 2)
	equal(t, "the first", sharers[first][0], storage.Sharer{Subscriber: all[0].ID, Name: "云川恒达机械"})
	equal(t, "the second", sharers[first][1], storage.Sharer{Subscriber: all[1].ID, Name: "云川锦和纺织"})
	equal(t, "seen from the resident", len(sharers[resident]), 2)
	equal(t, "at an address of nobody else", len(sharers[alone]), 0)

	_, push := published(t, s, "稳岗返还")
	told := got(s.ToldAt(ctx, push.ID, []domain.ContactID{second, alone}))(t)
	equal(t, "told before the plan", len(told), 0)
	planned(t, s, push.ID, waiting(all[:1], 0))
	told = got(s.ToldAt(ctx, push.ID, []domain.ContactID{first, second, alone}))(t)
	equal(t, "told for another", told[second], true)
	equal(t, "told for itself", told[first], false)
	equal(t, "told elsewhere", told[alone], false)
}

// knowsMeanwhile: what persons did between the plan and the hand-over.
func knowsMeanwhile(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	all := people(t, s, 4)
	p, push := published(t, s, "稳岗返还")
	ds := waiting(all, 0)
	batches := planned(t, s, push.ID, ds)
	var ids []domain.DeliveryID
	for _, v := range all {
		ids = append(ids, got(domain.NewDeliveryID(push.ID, v.ID, domain.SMS))(t))
	}
	equal(t, "known of nobody", len(got(s.Known(ctx, ids))(t)), 0)
	must(t, s.MarkInbox(ctx, all[0].ID, push.ID, "read", morning))
	must(t, s.MarkInbox(ctx, all[1].ID, push.ID, "dismissed", morning))
	must(t, s.MarkInbox(ctx, all[2].ID, push.ID, "done", morning))
	known := got(s.Known(ctx, ids))(t)
	equal(t, "who read", known[ids[0]], storage.Known{Read: true})
	equal(t, "who put it aside", known[ids[1]].PutAside, true)
	equal(t, "who has done it", known[ids[2]].PutAside, true)
	equal(t, "who did nothing", known[ids[3]], storage.Known{})
	done := got(s.Done(ctx, p.ID))(t)
	equal(t, "done", len(done), 1)
	equal(t, "by", done[0], all[2].ID)
	must(t, s.MarkInbox(ctx, all[2].ID, push.ID, "undone", morning))
	equal(t, "done after all not", len(got(s.Done(ctx, p.ID))(t)), 0)

	// Once sent, the same policy is a repetition over that channel.
	var outcomes []storage.Outcome
	for _, o := range sendBatch(t, s, batches[0]) {
		outcomes = append(outcomes, storage.Outcome{Delivery: o.Deliveries[0].ID, State: domain.Accepted, At: morning})
	}
	must(t, s.RecordOutcomes(ctx, outcomes))
	more := domain.Push{Kind: domain.NewPolicy, CreatedAt: morning.Add(time.Hour), CreatedBy: 2}
	must(t, s.SupplementPush(ctx, p, &more))
	planned(t, s, more.ID, waiting(all[3:], 0))
	again := got(domain.NewDeliveryID(more.ID, all[3].ID, domain.SMS))(t)
	equal(t, "a repetition", got(s.Known(ctx, []domain.DeliveryID{again}))(t)[again].Repeat, true)
}

// owesReminders: each deadline is reminded of once for each number of days.
func owesReminders(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	p, _ := published(t, s, "设备更新补助")
	remind := func(days int) (bool, domain.Push) {
		push := domain.Push{Kind: domain.Reminder, CreatedAt: morning, Deadline: "2026-12-10", DaysLeft: days}
		return got(s.OweReminder(ctx, p, &push))(t), push
	}
	owes, push := remind(15)
	equal(t, "owed", owes, true)
	kept := got(s.Push(ctx, push.ID))(t)
	equal(t, "deadline", kept.Deadline, "2026-12-10")
	equal(t, "days left", kept.DaysLeft, 15)
	owes, _ = remind(15)
	equal(t, "owed twice", owes, false)
	owes, _ = remind(3)
	equal(t, "owed for three days", owes, true)
	stale := *p
	stale.Version++
	owes = got(s.OweReminder(ctx, &stale, &domain.Push{Kind: domain.Reminder, CreatedAt: morning, Deadline: "2026-12-10", DaysLeft: 1}))(t)
	equal(t, "owed for a policy that has changed", owes, false)
	equal(t, "corrected by it", len(got(s.Corrected(ctx, p.ID))(t)), 0)
}
