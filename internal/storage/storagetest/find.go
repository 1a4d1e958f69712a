package storagetest

import (
	"fmt"
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
}
