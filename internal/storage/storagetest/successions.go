package storagetest

import (
	"testing"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

func succeeds(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	replaced, extended := approved(t, s, "稳岗返还办法"), approved(t, s, "云川县人民政府关于印发〈云川县缓缴办法〉的通知")
	replaced.DocNumber = "云政发〔2024〕3号"
	extended.Expires, extended.Measures[0].Window.To = "2026-12-31", "2026-12-31"
	for _, p := range []*domain.Policy{replaced, extended} {
		p.Status, p.PublishedAt = domain.Published, morning
		push := domain.Push{Kind: domain.NewPolicy, CreatedAt: morning, CreatedBy: 2}
		must(t, s.PublishPolicy(ctx, p, &push))
	}
	_, _ = published(t, s, "别的政策")

	p := approved(t, s, "新办法")
	p.EffectiveFrom = "2026-12-10"
	p.Replaces = []domain.Reference{{DocNumber: "云政发[2024]3号"}, {Title: "%"}, {Title: "《》"}}
	p.Amends = []domain.Reference{{Title: "云川县缓缴办法", Until: "2027-12-31"}, {Title: "库里没有的"}}
	p.Status, p.PublishedAt = domain.Published, morning
	earlier := got(s.Earlier(ctx, p))(t)
	equal(t, "earlier policies", len(earlier), 2)
	var does []domain.Succession
	for _, old := range earlier {
		if one, ok := p.Succession(old, "2026-12-01"); ok {
			does = append(does, one)
		}
	}
	equal(t, "successions", len(does), 2)

	before := got(s.PublishedPolicies(ctx))(t)
	push := domain.Push{Kind: domain.NewPolicy, CreatedAt: morning, CreatedBy: 2}
	must(t, s.PublishPolicy(ctx, p, &push, does...))
	terms := func(id domain.PolicyID) [2]string {
		t.Helper()
		now := got(s.Policy(ctx, id))(t)
		return [2]string{now.Expires, now.Measures[0].Window.To}
	}
	equal(t, "replaced", terms(replaced.ID), [2]string{"2026-12-09", ""})
	equal(t, "extended", terms(extended.ID), [2]string{"2027-12-31", "2027-12-31"})
	after := got(s.PublishedPolicies(ctx))(t)
	if after[replaced.ID] <= before[replaced.ID] || after[extended.ID] <= before[extended.ID] {
		t.Fatal("whoever keeps a copy of what is published does not learn of it")
	}
	by := got(s.Successions(ctx, p.ID))(t)
	equal(t, "of the later", len(by), 2)
	equal(t, "title of the later", by[0].Title, p.Title)
	of := got(s.Successions(ctx, extended.ID))(t)
	equal(t, "of the earlier", len(of), 1)
	equal(t, "names", [2]string{of[0].Title, of[0].OfTitle}, [2]string{p.Title, extended.Title})
	equal(t, "kept", [2]string{of[0].Before.Expires, of[0].Before.To["m1"]}, [2]string{"2026-12-31", "2026-12-31"})
	listed, total, err := s.Policies(ctx, storage.PolicyFilter{InForceOn: "2026-12-10"})
	must(t, err)
	equal(t, "in force after", total, 3)
	for _, l := range listed {
		if l.ID == replaced.ID {
			t.Fatal("what is replaced is still in force")
		}
	}

	p.Status, p.EndedReason = domain.Withdrawn, "数字有误"
	must(t, s.WithdrawPolicy(ctx, p, nil, morning))
	equal(t, "replaced, given back", terms(replaced.ID), [2]string{"", ""})
	equal(t, "extended, given back", terms(extended.ID), [2]string{"2026-12-31", "2026-12-31"})
	equal(t, "successions left", len(got(s.Successions(ctx, p.ID))(t)), 0)
}
