package workers

import (
	"context"
	"strings"
	"testing"

	"policypush/internal/channel"
	"policypush/internal/domain"
)

// browserBench is a bench with one resident who has three browsers and nothing
// else.
func browserBench(t *testing.T) (*bench, *gateway) {
	b, service := newBench(t), &gateway{}
	b.Lines[domain.WebPush] = Line{Mode: channel.Send, Sender: service, Concurrency: 2}
	b.people(1, func(_ int, s *domain.Subscriber) {
		s.Contacts = nil
		for _, name := range []string{"one", "two", "three"} {
			s.Contacts = append(s.Contacts, domain.Contact{Kind: domain.WebPush, Address: `{"endpoint":"https://push.example/` + name + `"}`, Verified: true})
		}
	})
	return b, service
}

// TestOneDeliveryForAllBrowsers: whatever the services of a person's browsers
// answer, the ledger has one delivery, and it is accepted if one of them took it.
func TestOneDeliveryForAllBrowsers(t *testing.T) {
	gone := channel.Result{Class: channel.Permanent, Code: "410", BadAddress: true}
	refused := channel.Result{Class: channel.Permanent, Code: "413"}
	retry, unknown, yes := channel.Result{Class: channel.Retry}, channel.Result{Class: channel.Unknown}, channel.Result{Class: channel.Accepted}
	for name, tt := range map[string]struct {
		one, two, three channel.Result
		want            string
		left            int
	}{
		"all took it":                 {yes, yes, yes, "accepted: 1", 3},
		"one took it":                 {retry, gone, yes, "accepted: 1", 2},
		"one may have it":             {retry, unknown, refused, "unknown no-answer: 1", 3},
		"one may take it later":       {refused, retry, gone, "pending gateway-retry: 1", 2},
		"none wants it":               {refused, gone, refused, "failed refused:413: 1", 2},
		"all are gone, nothing is on": {gone, gone, gone, "failed refused:410: 1", 0},
	} {
		t.Run(name, func(t *testing.T) {
			b, service := browserBench(t)
			service.answer = func(m channel.Message) channel.Result {
				for part, r := range map[string]channel.Result{"/one": tt.one, "/two": tt.two, "/three": tt.three} {
					if strings.Contains(m.To, part) {
						return r
					}
				}
				return unknown
			}
			_, id := b.publish("关于发放居民消费券的通知")
			check(t, b.planTask(id))
			check(t, b.deliverDue())
			b.expect(id, tt.want)
			if refs := service.refs(); len(service.got) != 3 || len(refs) != 1 {
				t.Errorf("%d messages under %v", len(service.got), refs)
			}
			person, err := b.Store.Subscriber(context.Background(), 1)
			check(t, err)
			if n := len(person.Contacts); n != tt.left {
				t.Errorf("%d browsers are left, want %d", n, tt.left)
			}
			if ways := person.FirstWays(nil, nil); len(ways) != min(tt.left, 1) {
				t.Errorf("ways %v", ways)
			}
		})
	}
}

// TestAPersonWithSharedBrowsersIsToldOnce: who stands for two enterprises is one
// person if any browser of theirs is the same.
func TestAPersonWithSharedBrowsersIsToldOnce(t *testing.T) {
	b, service := browserBench(t)
	first, err := b.Store.Subscriber(context.Background(), 1)
	check(t, err)
	b.people(1, func(_ int, s *domain.Subscriber) {
		s.ExternalID = "other"
		s.Contacts = []domain.Contact{{Kind: domain.WebPush, Address: `{"endpoint":"https://push.example/own"}`, Verified: true}, first.Contacts[2]}
	})
	_, id := b.publish("关于发放居民消费券的通知")
	check(t, b.planTask(id))
	check(t, b.deliverDue())
	b.expect(id, "accepted: 1, suppressed same-address: 1")
	if len(service.got) != 3 {
		t.Errorf("%d messages", len(service.got))
	}
}

// TestABrowserThatTwoShareTakesNoOther: it is gone, and whoever has another of
// their own is told there, not over the next way.
func TestABrowserThatTwoShareTakesNoOther(t *testing.T) {
	for own, want := range map[bool]string{
		true:  "accepted: 2, failed refused:410: 1, suppressed spare:2: 1",
		false: "accepted: 2, failed refused:410: 1, suppressed same-address: 1",
	} {
		b := newBench(t)
		const at = `{"endpoint":"https://push.example/`
		service := &gateway{answer: func(m channel.Message) channel.Result {
			if m.To == at+`shared"}` {
				return channel.Result{Class: channel.Permanent, Code: "410", BadAddress: true}
			}
			return channel.Result{Class: channel.Accepted}
		}}
		b.Lines[domain.WebPush] = Line{Mode: channel.Send, Sender: service, Concurrency: 1}
		b.people(2, func(i int, s *domain.Subscriber) {
			browsers := []domain.Contact{{Kind: domain.WebPush, Address: at + `shared"}`, Verified: true}}
			if i == 1 && own {
				browsers = append(browsers, domain.Contact{Kind: domain.WebPush, Address: at + `own"}`, Verified: true})
			}
			s.Contacts = append(browsers, s.Contacts...)
		})
		_, id := b.publish("关于发放居民消费券的通知")
		check(t, b.planTask(id))
		check(t, b.deliverDue())
		check(t, b.deliverDue())
		b.expect(id, want)
		if own && (len(service.got) != 2 || service.got[1].To != at+`own"}` || len(b.sms.got) != 1) {
			t.Errorf("%d notifications, %d texts", len(service.got), len(b.sms.got))
		}
	}
}
