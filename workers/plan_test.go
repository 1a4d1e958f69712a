package workers

import (
	"context"
	"testing"

	"policypush/internal/audience"
	"policypush/internal/channel"
	"policypush/internal/domain"
)

func TestAPushReachesEachPersonOnce(t *testing.T) {
	b := newBench(t)
	b.people(1203, func(i int, s *domain.Subscriber) {
		switch i {
		case 0:
			s.Consent = domain.Consent{}
		case 1:
			s.Contacts[0].Address = "13900000009" // stands behind two enterprises
		case 2:
			s.Contacts = append(s.Contacts, domain.Contact{Kind: domain.Email, Address: "two@example.com", Verified: true})
			s.Subscription.AtOnce = true
		case 3:
			s.Contacts = []domain.Contact{{Kind: domain.App}}
		}
	})
	_, id := b.publish("关于发放居民消费券的通知")
	check(t, b.planTask(id))
	b.expect(id, "pending: 1201, suppressed no-consent: 1, suppressed same-address: 1")
	check(t, b.planTask(id)) // handed out twice: nothing is added
	check(t, b.deliverDue())
	b.expect(id, "accepted: 1201, suppressed no-consent: 1, suppressed same-address: 1")
	for ref, n := range b.sms.refs() {
		if n != 1 {
			t.Errorf("%s was sent %d times", ref, n)
		}
	}
	if len(b.sms.got) != 1200 || len(b.email.got) != 1 {
		t.Errorf("%d texts and %d mails", len(b.sms.got), len(b.email.got))
	}
	if m := b.email.got[0]; m.To != "two@example.com" || m.Unsubscribe == "" || m.HTML == "" || m.FromName != b.office.Name {
		t.Errorf("mail %+v", m)
	}
	check(t, b.sweep(context.Background()))
	if p, err := b.Store.Push(context.Background(), id); err != nil || p.State != domain.PushDone {
		t.Errorf("push is %s, %v", p.State, err)
	}
}

func TestAnInterruptedPlanGoesOnWithTheSameAudience(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	b.people(5000, func(i int, s *domain.Subscriber) {
		if i%2500 == 7 { // the same person in the first and the last range
			s.Contacts[0].Address = "13911111111"
		}
	})
	_, id := b.publish("关于发放居民消费券的通知")
	owed, err := b.Store.Push(ctx, id)
	check(t, err)
	ranges := 0
	err = b.plan(ctx, owed, func() error {
		ranges++
		if ranges == 2 {
			return context.Canceled // the process ends between two ranges
		}
		return nil
	})
	if err == nil {
		t.Fatal("the plan was not interrupted")
	}
	frozen, err := b.Store.Audience(ctx, id)
	check(t, err)
	b.people(1, func(_ int, s *domain.Subscriber) { s.ExternalID, s.Contacts[0].Address = "late", "13922222222" })
	check(t, b.planTask(id))
	b.expect(id, "pending: 4999, suppressed same-address: 1")
	after, err := b.Store.Audience(ctx, id)
	check(t, err)
	if after.SHA256 != frozen.SHA256 {
		t.Error("the audience changed after it was frozen")
	}
}

func TestWhoSubscribedBeforeThePublishIsInTheAudience(t *testing.T) {
	b := newBench(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	b.people(3, nil)
	check(t, b.Store.SaveSubscriber(ctx, &domain.Subscriber{ // the index has not heard of this one
		ExternalID: "new", Profile: domain.Profile{Kind: domain.Resident}, Subscription: domain.Subscription{All: true},
		Consent: domain.Consent{Version: "1", At: noon, Source: "portal"}, Contacts: []domain.Contact{{Kind: domain.SMS, Address: "13933333333", Verified: true}},
	}))
	_, id := b.publish("关于发放居民消费券的通知")
	go b.Index.Follow(ctx, Profiles{b.Store}, 1<<40, func(err error) { t.Error(err) })
	check(t, b.planTask(id))
	b.expect(id, "pending: 4")
}

func TestAWithdrawalNoticeGoesToWhomTheOriginalReached(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	b.people(4, nil)
	p, id := b.publish("关于发放居民消费券的通知")
	check(t, b.planTask(id))
	b.sms.answer = func(m channel.Message) channel.Result {
		if m.To == "13900000003" {
			return channel.Result{Class: channel.Permanent, Code: "400"}
		}
		return channel.Result{Class: channel.Accepted}
	}
	check(t, b.deliverDue())
	b.expect(id, "accepted: 3, failed refused:400: 1")
	b.people(1, func(_ int, s *domain.Subscriber) { s.ExternalID, s.Contacts[0].Address = "late", "13922222222" })
	check(t, p.Withdraw(b.second, "金额有误"))
	notice := domain.Push{Policy: p.ID, Version: p.Version, Kind: domain.WithdrawalNotice, State: domain.PushOwed, CreatedAt: b.Now(), Title: p.Title}
	check(t, b.Store.WithdrawPolicy(ctx, p, &notice, b.Now()))
	b.sms.got = nil
	check(t, b.planTask(notice.ID))
	check(t, b.deliverDue())
	b.expect(notice.ID, "accepted: 3")
	for _, m := range b.sms.got {
		if m.To == "13922222222" || m.To == "13900000003" {
			t.Error("somebody who never heard of it was told that it is withdrawn")
		}
	}
}

// TestAWithdrawalNoticeGoesToWhomAnothersMessageReached: two enterprises have one
// telephone, and one text told both.
func TestAWithdrawalNoticeGoesToWhomAnothersMessageReached(t *testing.T) {
	for name, tt := range map[string]struct {
		meanwhile func(b *bench, first *domain.Subscriber)
		want      string
	}{
		"both are there": {func(*bench, *domain.Subscriber) {}, "accepted: 1, suppressed same-address: 1"},
		"the other paused": {func(b *bench, first *domain.Subscriber) {
			first.Subscription.Paused = true
			b.save(first)
		}, "accepted: 1, suppressed paused: 1"},
		"the other was erased": {func(b *bench, first *domain.Subscriber) {
			check(t, b.Store.DeleteSubscriber(t.Context(), first.ID, b.now))
		}, "accepted: 1"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			first, second := enterprise(1, "恒达", "13900000001"), enterprise(2, "永盛", "13900000001")
			b.save(first, second)
			p, id := b.publish("关于技改的通知")
			check(t, b.planTask(id))
			check(t, b.deliverDue())
			b.expect(id, "accepted: 1, suppressed same-address: 1")
			tt.meanwhile(b, first)
			check(t, p.Withdraw(b.second, "金额有误"))
			notice := domain.Push{Policy: p.ID, Version: p.Version, Kind: domain.WithdrawalNotice, State: domain.PushOwed, CreatedAt: b.Now(), Title: p.Title}
			check(t, b.Store.WithdrawPolicy(t.Context(), p, &notice, b.Now()))
			b.sms.got = nil
			check(t, b.planTask(notice.ID))
			check(t, b.deliverDue())
			b.expect(notice.ID, tt.want)
			if n := len(b.sms.got); n != 1 {
				t.Errorf("%d texts, want 1", n)
			}
		})
	}
	// Who was to hear by a message that failed has heard nothing.
	b := newBench(t)
	b.sms.answer = func(channel.Message) channel.Result { return channel.Result{Class: channel.Permanent, Code: "400"} }
	b.save(enterprise(1, "恒达", "13900000001"), enterprise(2, "永盛", "13900000001"))
	p, id := b.publish("关于技改的通知")
	check(t, b.planTask(id))
	check(t, b.deliverDue())
	reached, err := b.Store.Reached(t.Context(), p.ID, []domain.SubscriberID{1, 2})
	check(t, err)
	if len(reached) > 0 {
		t.Errorf("reached: %v; %s", reached, b.states(id))
	}
}

// TestASupplementTellsOnlyTheOthers: another push of a policy leaves out who
// was told of it, and counts as the preview did; so does the push of a policy
// for whoever put the one aside that it amends.
func TestASupplementTellsOnlyTheOthers(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	b.people(9, func(i int, s *domain.Subscriber) { s.Profile.Region = []string{"330001", "330002", "330000"}[i%3] })
	p, first := b.publishWith("关于发放居民消费券的通知", func(p *domain.Policy) {
		p.DocNumber = "云政发〔2026〕7号"
		p.Measures[0].Criteria = domain.Leaf(domain.Condition{Field: domain.FieldRegion, Op: domain.In, Values: []string{"330001"}})
	})
	preview := func(p *domain.Policy) audience.Counts {
		t.Helper()
		q, err := audience.QueryFor(ctx, b.Store, p, "2026-11-25")
		check(t, err)
		return b.Index.Count(q)
	}
	planned := func(id domain.PushID, want audience.Counts) {
		t.Helper()
		check(t, b.planTask(id))
		push, err := b.Store.Push(ctx, id)
		check(t, err)
		if got := (audience.Counts{Likely: push.Likely, Possible: push.Possible}); got != want {
			t.Errorf("push %d is for %+v, the preview said %+v", id, got, want)
		}
		c, err := CheckAudience(ctx, b.Store, id)
		check(t, err)
		if c.SHA256 != c.Computed {
			t.Errorf("push %d cannot be computed again: %+v", id, c)
		}
	}
	before := preview(p)
	if before != (audience.Counts{Likely: 3, Possible: 3}) {
		t.Fatalf("the preview says %+v", before)
	}
	planned(first, before) // without those to whom it may apply
	b.expect(first, "pending: 3")

	mover, err := b.Store.Subscriber(ctx, 2)
	check(t, err)
	mover.Profile.Region = "330001"
	check(t, b.Store.SaveSubscriber(ctx, mover))
	b.people(1, func(_ int, s *domain.Subscriber) {
		s.ExternalID, s.Contacts[0].Address, s.Profile.Region = "new", "13911111111", "330001"
	})
	between := preview(p)
	if between != (audience.Counts{Likely: 2, Possible: 3}) { // who moved there, who is new; nobody of the first push
		t.Fatalf("the preview of the supplement says %+v", between)
	}
	again := domain.Push{Kind: domain.NewPolicy, CreatedAt: b.Now(), IncludePossible: true}
	check(t, b.Store.SupplementPush(ctx, p, &again))
	planned(again.ID, between)
	b.expect(again.ID, "pending: 5")
	if left := preview(p); left != (audience.Counts{}) {
		t.Errorf("after both pushes the preview says %+v", left)
	}

	check(t, b.Store.MarkInbox(ctx, mover.ID, again.ID, "dismissed", b.Now()))
	amends, id := b.publishWith("关于调整居民消费券的通知", func(change *domain.Policy) {
		change.Measures[0].Criteria = p.Measures[0].Criteria
		change.Amends = []domain.Reference{{DocNumber: p.DocNumber}}
	})
	planned(id, preview(amends))
	b.expect(id, "pending: 4") // of the five who live there
}
