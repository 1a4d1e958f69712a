package workers

import (
	"context"
	"testing"

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
