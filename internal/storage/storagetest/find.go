package storagetest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

func findsPeople(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	all := people(t, s, 4)
	all[2].Name, all[2].USCC = "云川100%精工ABC公司", "91339901000900001T"
	must(t, s.SaveSubscriber(ctx, all[2]))
	for query, want := range map[string][]int{
		"":                   {0, 1, 2, 3},
		all[1].ExternalID:    {1},
		"精工abc":              {2},
		"91339901000900001t": {2},
		"91339901000900002X": nil, // a code that nobody has
		"100%精":              {2},
		"100_精":              nil, // a mark of the query language means itself
		"没有这个人":              nil,
	} {
		ids := got(s.FindSubscribers(ctx, query, 0, 10))(t)
		var expected []domain.SubscriberID
		for _, i := range want {
			expected = append(expected, all[i].ID)
		}
		equal(t, "found for "+query, fmt.Sprint(ids), fmt.Sprint(expected))
	}
	rest := got(s.FindSubscribers(ctx, "", all[1].ID, 1))(t)
	equal(t, "the next one", fmt.Sprint(rest), fmt.Sprint([]domain.SubscriberID{all[2].ID}))
}

func findsFormerIssues(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	next := &domain.Policy{Status: domain.Draft, Title: "新的通知", DocNumber: "云政发〔2025〕1号"}
	var last domain.PolicyID
	for i := range 3 { // published and taken back twice, then public under another number
		old, _ := published(t, s, "云川县关于稳岗返还的通知")
		next.Office, old.DocNumber = old.Office, next.DocNumber
		if i == 2 {
			old.DocNumber = "云政发〔2025〕2号"
		} else {
			old.Status, last = domain.Withdrawn, old.ID
		}
		must(t, s.SavePolicy(ctx, old, domain.Published))
	}
	must(t, s.CreatePolicy(ctx, next))
	equal(t, "the last issue", got(s.FormerIssue(ctx, next))(t).ID, last)
	next.DocNumber = ""
	_, err := s.FormerIssue(ctx, next)
	equal(t, "without a number", domain.KindOf(err), domain.NotFound)
}

func knowsWhomItReached(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	policy, push := published(t, s, "稳岗返还")
	all := people(t, s, 3)
	sent := sendBatch(t, s, planned(t, s, push.ID, waiting(all, 1))[0])
	must(t, s.RecordOutcomes(ctx, []storage.Outcome{
		{Delivery: sent[0].Deliveries[0].ID, State: domain.Accepted, At: morning},
		{Delivery: sent[1].Deliveries[0].ID, State: domain.Failed, Reason: domain.ReasonRefused, At: morning},
	}))
	reached := got(s.Reached(ctx, policy.ID, []domain.SubscriberID{all[0].ID, all[1].ID, all[2].ID}))(t)
	channel := sent[0].Deliveries[0].Channel
	equal(t, "accepted", fmt.Sprint(reached[all[0].ID]), fmt.Sprint([]domain.ChannelKind{channel}))
	equal(t, "refused", len(reached[all[1].ID]), 0)
	equal(t, "handed over, no answer yet", fmt.Sprint(reached[all[2].ID]), fmt.Sprint([]domain.ChannelKind{channel}))
	equal(t, "of another policy", len(got(s.Reached(ctx, 999, []domain.SubscriberID{all[0].ID}))(t)), 0)

	_, err := s.FreezeAudience(ctx, push.ID, domain.FrozenAudience{Likely: []byte("likely"), SHA256: "sha"}, 3, 0)
	must(t, err)
	told := func() string {
		t.Helper()
		pushed := got(s.AudiencesOf(ctx, policy.ID))(t)[0]
		slices.Sort(pushed.Reached)
		return fmt.Sprint(pushed.Aborted, pushed.Reached)
	}
	equal(t, "while it runs", told(), "false []")
	must(t, s.StopPush(ctx, push.ID, 7, "发错了", morning))
	equal(t, "stopped", told(), fmt.Sprint(true, []domain.SubscriberID{all[0].ID, all[2].ID}))
	must(t, s.MarkInbox(ctx, all[1].ID, push.ID, "read", morning))
	equal(t, "read", told(), fmt.Sprint(true, []domain.SubscriberID{all[0].ID, all[1].ID, all[2].ID}))
}

// knowsWhomAnothersMessageReached: two have one telephone, and one text told both.
// Where the other is gone since, who is to be told that the policy is taken back
// counts as reached, and who may be told of it once more does not.
func knowsWhomAnothersMessageReached(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	both := []*domain.Subscriber{person(1), person(2)}
	both[1].Contacts[0].Address = both[0].Contacts[0].Address
	must(t, s.SaveSubscribers(ctx, both))
	policy, push := published(t, s, "稳岗返还")
	ds := waiting(both, 0)
	ds[1].State, ds[1].Reason = domain.Suppressed, domain.ReasonDuplicate
	out := sendBatch(t, s, planned(t, s, push.ID, ds)[0])
	_, err := s.FreezeAudience(ctx, push.ID, domain.FrozenAudience{Likely: []byte("likely"), SHA256: "sha"}, 2, 0)
	must(t, err)
	must(t, s.StopPush(ctx, push.ID, 7, "发错了", morning))
	reached := func() string {
		t.Helper()
		by := got(s.Reached(ctx, policy.ID, []domain.SubscriberID{both[0].ID, both[1].ID}))(t)
		return fmt.Sprint(len(by[both[0].ID]), len(by[both[1].ID]), len(got(s.AudiencesOf(ctx, policy.ID))(t)[0].Reached))
	}
	equal(t, "while it is being sent", reached(), "1 1 2")
	must(t, s.RecordOutcomes(ctx, []storage.Outcome{{Delivery: out[0].Deliveries[0].ID, State: domain.Accepted, At: morning}}))
	equal(t, "sent", reached(), "1 1 2")
	must(t, s.DeleteSubscriber(ctx, both[0].ID, morning))
	equal(t, "the other is gone", reached(), "1 1 1")
}

func knowsWhoWasTold(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	first, push := published(t, s, "稳岗返还")
	first.DocNumber = "云政发〔2026〕1号"
	must(t, s.SavePolicy(ctx, first, domain.Published))
	other, second := published(t, s, "高龄津贴")
	audiences := func(policy domain.PolicyID) string {
		t.Helper()
		var said []string
		for _, a := range got(s.AudiencesOf(ctx, policy))(t) {
			said = append(said, fmt.Sprint(a.Audience.SHA256, string(a.Audience.Likely), a.IncludePossible))
		}
		return strings.Join(said, " ")
	}
	equal(t, "before it is frozen", audiences(first.ID), "")
	for _, push := range []domain.Push{push, second} {
		_, err := s.FreezeAudience(ctx, push.ID, domain.FrozenAudience{Likely: []byte("likely"), SHA256: fmt.Sprint("sha", push.ID)}, 1, 0)
		must(t, err)
		must(t, s.FinishPlan(ctx, push.ID, morning))
	}
	again := domain.Push{Kind: domain.NewPolicy, CreatedAt: morning, IncludePossible: true}
	must(t, s.SupplementPush(ctx, first, &again))
	_, err := s.FreezeAudience(ctx, again.ID, domain.FrozenAudience{Likely: []byte("more"), SHA256: "again"}, 1, 0)
	must(t, err)
	equal(t, "of both pushes", audiences(first.ID), "sha1likelyfalse againmoretrue")

	must(t, s.MarkInbox(ctx, 7, push.ID, "dismissed", morning))
	must(t, s.MarkInbox(ctx, 7, again.ID, "dismissed", morning))
	must(t, s.MarkInbox(ctx, 8, push.ID, "read", morning))
	must(t, s.MarkInbox(ctx, 9, second.ID, "dismissed", morning))
	must(t, s.MarkInbox(ctx, 10, push.ID, "dismissed", morning))
	must(t, s.MarkInbox(ctx, 10, push.ID, "undismissed", morning))
	amending := &domain.Policy{Office: first.Office, Amends: []domain.Reference{{Title: "稳岗返还", DocNumber: first.DocNumber}, {Title: "没有文号"}}}
	elsewhere := &domain.Policy{Office: first.Office + 1, Amends: amending.Amends}
	for name, tt := range map[string]struct {
		policy *domain.Policy
		want   string
	}{
		"of the policy": {first, "[7]"}, "of another": {other, "[9]"}, "of one that it amends": {amending, "[7]"},
		"of another office's": {elsewhere, "[]"}, "of a draft": {&domain.Policy{}, "[]"},
	} {
		equal(t, name, fmt.Sprint(got(s.Dismissed(ctx, tt.policy))(t)), tt.want)
	}

	there := people(t, s, 3)
	must(t, s.DeleteSubscriber(ctx, there[1].ID, morning))
	equal(t, "existing", len(got(s.Existing(ctx, []domain.SubscriberID{there[0].ID, there[1].ID, there[2].ID, 999}))(t)), 2)
}

func supplementsOnce(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	p, push := published(t, s, "稳岗返还")
	owe := func() error {
		return s.SupplementPush(ctx, p, &domain.Push{Kind: domain.NewPolicy, CreatedAt: morning, CreatedBy: 2})
	}
	wantKind(t, owe(), domain.Conflict) // the first is not planned
	must(t, s.FinishPlan(ctx, push.ID, morning))
	errs := make([]error, 4)
	var all sync.WaitGroup
	for i := range errs { // two officers press at the same moment
		all.Go(func() { errs[i] = owe() })
	}
	all.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else {
			wantKind(t, err, domain.Conflict)
		}
	}
	equal(t, "pushes owed", won, 1)
	pushes := got(s.Pushes(ctx, p.ID, 10))(t)
	equal(t, "pushes", len(pushes), 2)
	equal(t, "title", pushes[0].Title, p.Title)
	must(t, s.FinishPlan(ctx, pushes[0].ID, morning))
	stale := *p
	stale.Version++
	wantKind(t, s.SupplementPush(ctx, &stale, &domain.Push{Kind: domain.NewPolicy}), domain.Conflict)
	p.Status, p.EndedReason = domain.Withdrawn, "有误"
	must(t, s.WithdrawPolicy(ctx, p, nil, morning))
	wantKind(t, owe(), domain.Conflict)
}
