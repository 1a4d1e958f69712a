package storagetest

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"policypush/internal/domain"
)

func readsRecipients(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	rnd := rand.New(rand.NewPCG(7, 1))
	all := make([]*domain.Subscriber, 300)
	for i := range all {
		v := person(i + 1)
		v.Subscription = domain.Subscription{Themes: []string{fmt.Sprintf("M%02d", rnd.IntN(4))}, Paused: rnd.IntN(5) == 0}
		if rnd.IntN(5) == 0 {
			v.Consent = domain.Consent{}
		}
		v.Contacts = nil
		for range rnd.IntN(4) {
			c := domain.Contact{Kind: domain.SMS, Address: fmt.Sprintf("1990000%04d", rnd.IntN(200)), When: domain.Weekly, Verified: rnd.IntN(4) > 0}
			if rnd.IntN(2) == 0 {
				c.Kind, c.Address = domain.Email, fmt.Sprintf("u%d@example.org", rnd.IntN(200))
			}
			twice := false
			for _, other := range v.Contacts {
				twice = twice || other.Kind == c.Kind && other.Address == c.Address
			}
			if !twice {
				v.Contacts = append(v.Contacts, c)
			}
		}
		all[i] = v
	}
	must(t, s.SaveSubscribers(ctx, all))
	for range 20 { // who changes an address or its rank
		v := all[rnd.IntN(len(all))]
		rnd.Shuffle(len(v.Contacts), func(i, j int) { v.Contacts[i], v.Contacts[j] = v.Contacts[j], v.Contacts[i] })
		must(t, s.SaveSubscriber(ctx, v))
	}
	must(t, s.StopAddress(ctx, domain.SMS, "19900000007", domain.ReasonStopped, morning))
	must(t, s.StopAddress(ctx, domain.Email, "u9@example.org", domain.ReasonBounced, morning))
	must(t, s.DeleteSubscriber(ctx, all[17].ID, morning))
	for _, share := range []int{1, 2, 10, 40} { // read as a range, and one by one
		var ids []domain.SubscriberID
		for _, v := range all {
			if rnd.IntN(share) == 0 {
				ids = append(ids, v.ID)
			}
		}
		whole, brief := got(s.SubscribersIn(ctx, ids))(t), got(s.Recipients(ctx, ids))(t)
		if len(brief) != len(whole) {
			t.Fatalf("%d recipients of %d subscribers", len(brief), len(whole))
		}
		standIn, address := map[string]string{}, map[string]string{}
		for i, v := range whole {
			r := brief[i]
			equal(t, "consent", r.Consent.At.IsZero(), v.Consent.At.IsZero())
			for k, c := range v.Contacts {
				is, clear := r.Contacts[k].Address, string(c.Kind)+" "+c.Address
				if was, known := standIn[clear]; is == "" || known && was != is {
					t.Fatalf("%q stands for %s, and so did %q", is, clear, was)
				}
				if was, known := address[is]; known && was != clear {
					t.Fatalf("%q stands for %s and for %s", is, clear, was)
				}
				standIn[clear], address[is] = is, clear
				r.Contacts[k].Address = c.Address
			}
			want := domain.Subscriber{
				ID: v.ID, Profile: domain.Profile{Kind: v.Profile.Kind}, Subscription: v.Subscription, Contacts: v.Contacts,
				Consent: domain.Consent{At: r.Consent.At},
			}
			if !reflect.DeepEqual(*r, want) {
				t.Fatalf("recipient %+v, want %+v", *r, want)
			}
		}
	}
	if none := got(s.Recipients(ctx, nil))(t); len(none) > 0 {
		t.Fatalf("of nobody: %v", none)
	}
}
