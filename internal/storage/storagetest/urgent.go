package storagetest

import (
	"testing"
	"time"

	"policypush/internal/domain"
)

func signsUrgent(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	publish := func(title string) (*domain.Policy, domain.Push) {
		p := approved(t, s, title)
		p.Status, p.PublishedAt = domain.Published, morning
		push := domain.Push{Kind: domain.NewPolicy, CreatedAt: morning, CreatedBy: 2, Urgent: true}
		must(t, s.PublishPolicy(ctx, p, &push))
		equal(t, "state", push.State, domain.PushUnsigned)
		return p, push
	}
	p, push := publish("防台风应急补助")
	equal(t, "as kept", got(s.Push(ctx, push.ID))(t), push)
	equal(t, "owed before the signature", len(got(s.OwedPushes(ctx, morning))(t)), 0)
	wantKind(t, s.SupplementPush(ctx, p, &domain.Push{Kind: domain.NewPolicy, CreatedAt: morning}), domain.Conflict)

	signer := domain.Operator{ID: 3, Roles: []domain.Role{domain.Approver}}
	signed := push
	must(t, signed.Sign(signer, morning.Add(time.Minute)))
	must(t, s.SignPush(ctx, signed))
	equal(t, "as signed", got(s.Push(ctx, push.ID))(t), signed)
	equal(t, "owed", len(got(s.OwedPushes(ctx, morning))(t)), 1)
	wantKind(t, s.SignPush(ctx, signed), domain.Conflict)

	all := people(t, s, 3)
	for _, b := range planned(t, s, push.ID, waiting(all, 0)) {
		equal(t, "batch is urgent", b.Urgent, true)
	}

	_, calm := publish("台风天提醒")
	must(t, calm.Calm(signer))
	must(t, s.SignPush(ctx, calm))
	must(t, s.PlanDeliveries(ctx, calm.ID, all[2].ID, waiting(all, 0), morning))
	for _, b := range got(s.DueBatches(ctx, morning, 10))(t) {
		equal(t, "batch is urgent", b.Urgent, b.Push == push.ID)
	}

	gone, never := publish("撤回的应急补助")
	gone.Status = domain.Withdrawn
	must(t, s.WithdrawPolicy(ctx, gone, nil, morning))
	equal(t, "of a withdrawn policy", got(s.Push(ctx, never.ID))(t).State, domain.PushStopped)
	must(t, never.Sign(signer, morning))
	wantKind(t, s.SignPush(ctx, never), domain.Conflict)
}
