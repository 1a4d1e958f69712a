package storagetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

// deliveryTo returns the delivery of a push to somebody over a channel.
func deliveryTo(t *testing.T, s *storage.Store, push domain.PushID, who domain.SubscriberID, channel domain.ChannelKind) domain.Delivery {
	t.Helper()
	for _, row := range got(s.Deliveries(t.Context(), storage.DeliveryFilter{Push: push, Subscriber: who}))(t) {
		if row.Channel == channel {
			return row.Delivery
		}
	}
	t.Fatalf("push %d has nothing for %d over %s", push, who, channel)
	return domain.Delivery{}
}

// stepsIn: a spare way has its turn when the one before it has failed for good,
// by an outcome, a receipt or a person's word, and not otherwise.
func stepsIn(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	all := make([]*domain.Subscriber, 7)
	for i := range all {
		all[i] = person(i + 1)
		all[i].Contacts = append(all[i].Contacts, domain.Contact{Kind: domain.WeChat, Address: fmt.Sprintf("o%d", i), Verified: true})
	}
	must(t, s.SaveSubscribers(ctx, all))
	_, push := published(t, s, "稳岗返还")
	ds := waiting(all, 0)
	for turn, contact := range map[int]int{2: 2, 10: 1} { // mail comes last
		for _, d := range waiting(all, contact) {
			d.State, d.Reason, d.NextAt = domain.Suppressed, domain.SpareOf(turn), time.Time{}
			ds = append(ds, d)
		}
	}
	batches := planned(t, s, push.ID, ds)
	equal(t, "batches at first", len(batches), 1)
	at := func(who int, channel domain.ChannelKind) domain.Delivery {
		t.Helper()
		return deliveryTo(t, s, push.ID, all[who].ID, channel)
	}
	show := func(who int) string {
		t.Helper()
		text := ""
		for _, channel := range []domain.ChannelKind{domain.SMS, domain.WeChat, domain.Email} {
			d := at(who, channel)
			text += string(d.State) + " " + string(d.Reason) + "; "
		}
		return text
	}
	sum7 := func(what string) {
		t.Helper()
		n, _ := sum(t, s, push.ID)
		equal(t, what+": rows", n, 21)
		equal(t, what+": counters", len(got(s.CheckCounts(ctx, 0))(t)), 0)
	}
	later := morning.Add(90 * time.Second)
	ends := []storage.Outcome{
		{State: domain.Failed, Reason: domain.ReasonRefused},
		{State: domain.Suppressed, Reason: domain.ReasonStopped},
		{State: domain.Suppressed, Reason: domain.ReasonPutAside},
		{State: domain.Accepted, GatewayRef: "g3"},
		{State: domain.UnknownEnd, Reason: domain.ReasonNoAnswer},
		{State: domain.Pending, Reason: domain.ReasonGatewayRetry, NextAt: morning.Add(time.Hour)},
		{State: domain.Delivered},
	}
	claimed := sendBatch(t, s, batches[0])
	for i, o := range claimed {
		ends[i].Delivery, ends[i].Claimed, ends[i].At = o.Deliveries[0].ID, o.Deliveries[0], later
	}
	must(t, s.RecordOutcomes(ctx, ends))
	must(t, s.RecordOutcomes(ctx, ends)) // a second time says nothing new
	const first = "suppressed spare:2; suppressed spare:10; "
	for i, want := range []string{
		"failed refused; pending spare:2; suppressed spare:10; ",
		"suppressed stopped; pending spare:2; suppressed spare:10; ",
		"suppressed put-aside; " + first,
		"accepted ; " + first,
		"unknown no-answer; " + first,
		"pending gateway-retry; " + first,
		"delivered ; " + first,
	} {
		equal(t, fmt.Sprintf("person %d", i), show(i), want)
	}
	sum7("at first")
	due := got(s.DueBatches(ctx, later, 10))(t)
	equal(t, "batches of those who step in", len(due), 1)
	equal(t, "their channel", due[0].Channel, domain.WeChat)
	equal(t, "their size", due[0].Size, 2)
	events := got(s.DeliveryEvents(ctx, at(0, domain.WeChat).ID))(t)
	equal(t, "said of it", events[len(events)-1].Note, "前一种方式没有送到，改用这一种")

	// The second way fails as well: the third has its turn.
	must(t, s.MarkQueued(ctx, due[0].ID, due[0].Gen, later))
	var more []storage.Outcome
	for i, o := range got(s.ClaimDeliveries(ctx, due[0].ID, due[0].Gen, 500, later))(t) {
		more = append(more, storage.Outcome{Delivery: o.Deliveries[0].ID, State: []domain.DeliveryState{domain.Failed, domain.Delivered}[i], At: later})
	}
	must(t, s.RecordOutcomes(ctx, more))
	equal(t, "who has a third", show(0), "failed refused; failed ; pending spare:10; ")
	equal(t, "who needs none", show(1), "suppressed stopped; delivered ; suppressed spare:10; ")

	// A receipt that comes late, and a person who settles what was in doubt.
	must(t, s.RecordReceipt(ctx, storage.Receipt{Channel: domain.SMS, GatewayRef: "g3", State: domain.Failed, Reason: domain.ReasonUndelivered, At: later}))
	equal(t, "not delivered after all", show(3), "failed undelivered; pending spare:2; suppressed spare:10; ")
	settled := later.Add(domain.DoubtFor)
	must(t, s.SettleByHand(ctx, at(4, domain.SMS).ID, domain.Failed, settled))
	equal(t, "settled by hand", show(4), "failed by-hand; pending spare:2; suppressed spare:10; ")
	sum7("in the end")
}

// stepsInForOnePerson: the ways of another person at the enterprise are not
// touched, nor is an address at which the person hears of it for another one; a
// push that was done runs again, and one that was stopped does not.
func stepsInForOnePerson(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	all := []*domain.Subscriber{person(1), person(2), person(3)}
	for i, v := range all[:2] {
		v.Profile.Kind, v.Name = domain.Enterprise, fmt.Sprintf("企业%d", i)
		v.Contacts[0].Person, v.Contacts[1].Person = 7, 8
		v.Contacts = append(v.Contacts, domain.Contact{Kind: domain.WeChat, Address: "shared", Verified: true, Person: 7})
	}
	all[1].Contacts = all[1].Contacts[2:] // only the address that they share
	must(t, s.SaveSubscribers(ctx, all))
	plan := func(title string) (domain.PushID, []domain.Batch) {
		t.Helper()
		_, push := published(t, s, title)
		ds := append(waiting(all[:1], 0), waiting(all[2:], 0)...)
		for _, who := range []struct{ who, contact int }{{0, 1}, {0, 2}, {2, 1}} {
			d := waiting(all[who.who:who.who+1], who.contact)[0]
			d.State, d.Reason, d.NextAt = domain.Suppressed, domain.SpareOf(2), time.Time{}
			ds = append(ds, d)
		}
		batches := planned(t, s, push.ID, append(ds, waiting(all[1:2], 0)...))
		return push.ID, batches
	}
	state := func(push domain.PushID, who int, channel domain.ChannelKind) domain.DeliveryState {
		t.Helper()
		return deliveryTo(t, s, push, all[who].ID, channel).State
	}
	end := func(batches []domain.Batch, push domain.PushID, with domain.DeliveryState) {
		t.Helper()
		var outcomes []storage.Outcome
		for _, b := range batches {
			if b.Push != push {
				continue
			}
			for _, o := range sendBatch(t, s, b) {
				outcomes = append(outcomes, storage.Outcome{Delivery: o.Deliveries[0].ID, State: with, GatewayRef: fmt.Sprint("r", o.Deliveries[0].ID), At: morning})
			}
		}
		must(t, s.RecordOutcomes(ctx, outcomes))
	}
	push, batches := plan("稳岗返还")
	end(batches, push, domain.Failed)
	equal(t, "another person's", state(push, 0, domain.Email), domain.Suppressed)
	equal(t, "told for another enterprise", state(push, 0, domain.WeChat), domain.Suppressed)
	equal(t, "the resident's next", state(push, 2, domain.Email), domain.Pending)

	push, batches = plan("社保补贴")
	end(batches, push, domain.Accepted)
	got(s.FinishPushes(ctx, morning))(t)
	equal(t, "over", got(s.Push(ctx, push))(t).State, domain.PushDone)
	ref := fmt.Sprint("r", got(domain.NewDeliveryID(push, all[2].ID, domain.SMS))(t))
	undelivered := storage.Receipt{Channel: domain.SMS, GatewayRef: ref, State: domain.Failed, At: morning}
	must(t, s.RecordReceipt(ctx, undelivered))
	equal(t, "running again", got(s.Push(ctx, push))(t).State, domain.PushRunning)
	equal(t, "the next way after the end", state(push, 2, domain.Email), domain.Pending)

	push, batches = plan("用工补助")
	end(batches, push, domain.Accepted)
	must(t, s.StopPush(ctx, push, 2, "标题有误", morning))
	undelivered.GatewayRef = fmt.Sprint("r", got(domain.NewDeliveryID(push, all[2].ID, domain.SMS))(t))
	must(t, s.RecordReceipt(ctx, undelivered))
	equal(t, "nothing after a stop", state(push, 2, domain.Email), domain.Suppressed)
	equal(t, "counters", len(got(s.CheckCounts(ctx, 0))(t)), 0)
}

// stepsInForOthers: where a message has failed at an address that several have,
// each of them who was to hear of the matter there has a turn of their own, at
// the first of their ways that has not failed for another and reaches nobody who
// is told already.
func stepsInForOthers(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	way := func(kind domain.ChannelKind, address string) domain.Contact {
		return domain.Contact{Kind: kind, Address: address, Verified: true, Person: 7}
	}
	sms, mail, wechat, other := way(domain.SMS, "19900007777"), way(domain.Email, "wang@yunchuan.example"), way(domain.WeChat, "o-wang"), way(domain.Email, "li@yunchuan.example")
	all := make([]*domain.Subscriber, 6)
	for i, contacts := range [][]domain.Contact{
		{sms, mail},                         // the first: told by SMS
		{sms, mail, wechat},                 // hears of it at the same two
		{sms, other},                        // has a mailbox of their own
		{other, sms},                        // and so has this one, where they hear of it first
		{way(domain.WeChat, "o-zhao"), sms}, // has a better way of their own
		{way(domain.SMS, "19900008888"), way(domain.Email, "sun@yunchuan.example")}, // has nothing to do with them
	} {
		all[i] = person(i + 1)
		all[i].Profile.Kind, all[i].Name, all[i].Contacts = domain.Enterprise, fmt.Sprintf("企业%d", i), contacts
	}
	must(t, s.SaveSubscribers(ctx, all))
	_, push := published(t, s, "稳岗返还")
	plan := func(who int, reasons ...domain.Reason) []domain.Delivery {
		ds := make([]domain.Delivery, len(reasons))
		for contact, reason := range reasons {
			d := waiting(all[who:who+1], contact)[0]
			if reason != domain.ReasonNone {
				d.State, d.Reason, d.NextAt = domain.Suppressed, reason, time.Time{}
			}
			ds[contact] = d
		}
		return ds
	}
	dup, second, third := domain.ReasonDuplicate, domain.SpareOf(2), domain.SpareOf(3)
	ds := slices.Concat(plan(0, "", second), plan(1, dup, second, third), plan(2, dup, second), plan(3, dup, second))
	must(t, s.PlanDeliveries(ctx, push.ID, all[3].ID, ds, morning))
	show := func(who int) string {
		t.Helper()
		var text []string
		for _, c := range all[who].Contacts {
			d := deliveryTo(t, s, push.ID, all[who].ID, c.Kind)
			text = append(text, fmt.Sprint(c.Kind, " ", d.State, " ", d.Reason))
		}
		return strings.Join(text, "; ")
	}
	fail := func(what string, now time.Time) {
		t.Helper()
		var ends []storage.Outcome
		for _, b := range got(s.DueBatches(ctx, now, 10))(t) {
			must(t, s.MarkQueued(ctx, b.ID, b.Gen, now))
			for _, o := range got(s.ClaimDeliveries(ctx, b.ID, b.Gen, 500, now))(t) {
				ends = append(ends, storage.Outcome{Delivery: o.Deliveries[0].ID, Claimed: o.Deliveries[0], State: domain.Failed, At: now})
			}
		}
		must(t, s.RecordOutcomes(ctx, ends))
		equal(t, what+": counters", len(got(s.CheckCounts(ctx, 0))(t)), 0)
	}
	fail("SMS", morning)
	for who, want := range []string{
		"sms failed ; email pending spare:2",
		"sms suppressed same-address; email suppressed spare:2; wechat suppressed spare:3", // the first is told there
		"sms suppressed same-address; email pending spare:2",
		"email suppressed same-address; sms suppressed spare:2", // the one before is told there
	} {
		equal(t, fmt.Sprintf("after the SMS, %d", who), show(who), want)
	}

	// One more is planned only now, who was to hear of it by the SMS.
	must(t, s.PlanDeliveries(ctx, push.ID, all[5].ID, slices.Concat(plan(4, dup, second), plan(5, "", second)), morning))
	must(t, s.FinishPlan(ctx, push.ID, morning))
	equal(t, "planned after the SMS", show(4), "wechat pending spare:1; sms suppressed spare:2")
	equal(t, "whom it does not concern", show(5), "sms pending ; email suppressed spare:2")
	equal(t, "planned: counters", len(got(s.CheckCounts(ctx, 0))(t)), 0)

	fail("mail", morning.Add(time.Minute))
	for who, want := range []string{
		"sms failed ; email failed ",
		"sms suppressed same-address; email suppressed spare:2; wechat pending spare:3",
		"sms suppressed same-address; email failed ",
		"email suppressed same-address; sms suppressed spare:2", // neither reaches anybody
		"wechat failed ; sms suppressed spare:2",
		"sms failed ; email pending spare:2",
	} {
		equal(t, fmt.Sprintf("after the mail, %d", who), show(who), want)
	}
}

// stepsInAtTheEnd: who was to hear of a push by somebody else's message, which
// will never go, is told before the push ends; not where the person who has the
// address has read of it.
func stepsInAtTheEnd(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	all := make([]*domain.Subscriber, 8)
	for i := range all {
		all[i] = person(i + 1)
		all[i].Profile.Kind, all[i].Name = domain.Enterprise, fmt.Sprintf("企业%d", i)
		all[i].Contacts = []domain.Contact{{Kind: domain.SMS, Address: fmt.Sprintf("1990000777%d", i/2), Verified: true, Person: domain.PersonID(1 + i/2)}}
	}
	must(t, s.SaveSubscribers(ctx, all))
	_, push := published(t, s, "稳岗返还")
	ds := waiting(all, 0)
	for i := 1; i < len(ds); i += 2 {
		ds[i].State, ds[i].Reason, ds[i].NextAt = domain.Suppressed, domain.ReasonDuplicate, time.Time{}
	}
	batches := planned(t, s, push.ID, ds)
	must(t, s.DeleteSubscriber(ctx, all[0].ID, morning))
	all[2].Contacts = []domain.Contact{{Kind: domain.Email, Address: "new@yunchuan.example", Verified: true, Person: 2}}
	must(t, s.SaveSubscriber(ctx, all[2]))
	why := []domain.Reason{domain.ReasonNoAddress, domain.ReasonNoAddress, domain.ReasonPaused, domain.ReasonRead}
	var ends []storage.Outcome
	for i, o := range sendBatch(t, s, batches[0]) {
		ends = append(ends, storage.Outcome{Delivery: o.Deliveries[0].ID, Claimed: o.Deliveries[0], State: domain.Suppressed, Reason: why[i], At: morning})
	}
	equal(t, "sent at first", len(ends), 4)
	must(t, s.RecordOutcomes(ctx, ends))
	equal(t, "ended", got(s.FinishPushes(ctx, morning))(t), 0)
	equal(t, "counters", len(got(s.CheckCounts(ctx, 0))(t)), 0)
	var now []string
	for _, who := range []int{1, 3, 5, 7} {
		d := deliveryTo(t, s, push.ID, all[who].ID, domain.SMS)
		now = append(now, fmt.Sprint(d.State, " ", d.Reason))
	}
	equal(t, "the others", strings.Join(now, "; "), "pending spare:1; pending spare:1; pending spare:1; suppressed same-address")

	due := got(s.DueBatches(ctx, morning, 10))(t)
	equal(t, "batches of the others", len(due), 1)
	ends = nil
	for _, o := range sendBatch(t, s, due[0]) {
		ends = append(ends, storage.Outcome{Delivery: o.Deliveries[0].ID, Claimed: o.Deliveries[0], State: domain.Accepted, At: morning})
	}
	must(t, s.RecordOutcomes(ctx, ends))
	equal(t, "ended when they are told", got(s.FinishPushes(ctx, morning))(t), 1)
}

// stepsInAsThePushEnds: a receipt says that a message did not arrive while the
// push is being ended.
func stepsInAsThePushEnds(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	all := people(t, s, 1)
	for i := range 100 {
		_, push := published(t, s, fmt.Sprintf("措施%d", i))
		mail := waiting(all, 1)[0]
		mail.State, mail.Reason, mail.NextAt = domain.Suppressed, domain.SpareOf(2), time.Time{}
		due := planned(t, s, push.ID, append(waiting(all, 0), mail))
		out := sendBatch(t, s, due[slices.IndexFunc(due, func(b domain.Batch) bool { return b.Push == push.ID })])
		must(t, s.RecordOutcomes(ctx, []storage.Outcome{{Delivery: out[0].Deliveries[0].ID, State: domain.Accepted, At: morning}}))
		var wg sync.WaitGroup
		var errs [3]error
		wg.Go(func() {
			errs[0] = s.RecordReceipt(ctx, storage.Receipt{Delivery: out[0].Deliveries[0].ID, Channel: domain.SMS, State: domain.Failed, At: morning})
		})
		for j := range errs[1:] {
			wg.Go(func() { _, errs[1+j] = s.FinishPushes(ctx, morning) })
		}
		wg.Wait()
		must(t, errors.Join(errs[:]...))
		equal(t, "mail", deliveryTo(t, s, push.ID, all[0].ID, domain.Email).State, domain.Pending)
		equal(t, "push", got(s.Push(ctx, push.ID))(t).State, domain.PushRunning)
	}
}
