package storagetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

// claimsBrowsers: a delivery goes to every browser in use of the role it is
// for, also when the one it was planned for is gone, and a digest to all of them
// once.
func claimsBrowsers(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	browser := func(name string, role domain.ContactRole) domain.Contact {
		return domain.Contact{Kind: domain.WebPush, Address: `{"endpoint":"https://push.example/` + name + `"}`, When: domain.Weekly, Verified: true, Role: role}
	}
	v := person(1)
	v.Contacts = []domain.Contact{v.Contacts[0], browser("a", ""), browser("b", ""), browser("f", "finance"), browser("c", "")}
	must(t, s.SaveSubscriber(ctx, v))
	names := func(o storage.Outgoing) string {
		var all []string
		for _, c := range append([]domain.Contact{o.Contact}, o.Others...) {
			_, name, _ := strings.Cut(strings.TrimSuffix(c.Address, `"}`), "example/")
			all = append(all, name)
		}
		return fmt.Sprint(len(o.Deliveries), " to ", strings.Join(all, " "))
	}
	n := 0
	sent := func(contact domain.ContactID, reason domain.Reason, at time.Time) domain.Batch {
		n++
		_, push := published(t, s, fmt.Sprint("稳岗返还", n))
		ds := []domain.Delivery{{
			Subscriber: v.ID, Contact: contact, Channel: domain.WebPush, State: domain.Pending, Reason: reason, Verdict: domain.Likely, NextAt: at,
		}}
		must(t, s.PlanDeliveries(ctx, push.ID, v.ID, ds, morning))
		must(t, s.FinishPlan(ctx, push.ID, morning))
		for _, b := range got(s.DueBatches(ctx, at, 1000))(t) {
			if b.Push == push.ID {
				return b
			}
		}
		t.Fatal("no batch")
		return domain.Batch{}
	}
	a, b, f := v.Contacts[1].ID, v.Contacts[2].ID, v.Contacts[3].ID
	claim := func(batch domain.Batch) string {
		var all []string
		for _, o := range sendBatch(t, s, batch) {
			all = append(all, names(o))
			for _, d := range o.Deliveries {
				must(t, s.RecordOutcomes(ctx, []storage.Outcome{{Delivery: d.ID, State: domain.Accepted, At: morning}}))
			}
		}
		return strings.Join(all, ", ")
	}
	equal(t, "one for anybody", claim(sent(a, "", morning)), "1 to a b c")
	equal(t, "one for finance", claim(sent(f, "", morning)), "1 to f")
	must(t, s.StopAddress(ctx, domain.WebPush, v.Contacts[4].Address, domain.ReasonStopped, morning))
	equal(t, "without the one that was stopped", claim(sent(b, "", morning)), "1 to b a")

	// The parts of a digest were planned for several browsers, one of which
	// goes away.
	first := sent(a, domain.ReasonDigest, morning)
	sent(b, domain.ReasonDigest, morning)
	late := sent(a, "", morning)
	must(t, s.RemoveAddress(ctx, domain.WebPush, v.Contacts[1].Address))
	equal(t, "a digest", claim(first), "2 to b")
	equal(t, "one whose browser is gone", claim(late), "1 to b")
	last := sent(b, "", morning)
	must(t, s.RemoveAddress(ctx, domain.WebPush, v.Contacts[2].Address))
	equal(t, "the rest of another role", claim(last), "1 to f")

	walked := false
	must(t, s.RemoveAddress(ctx, domain.WebPush, v.Contacts[3].Address))
	must(t, s.WalkProfiles(ctx, 0, func(r storage.ProfileRow) error {
		walked = true
		equal(t, "ways that are left", fmt.Sprint(r.Subscription.Ways), fmt.Sprint([]domain.Way{{Channel: domain.SMS, When: domain.Now}}))
		return nil
	}))
	equal(t, "walked", walked, true)
	counted(t, s)
}
