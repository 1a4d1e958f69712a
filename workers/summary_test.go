package workers

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"policypush/internal/channel"
	"policypush/internal/domain"
	"policypush/internal/push"
	"policypush/internal/storage"
)

// sentAt is a message as the gateway of a channel got it.
type sentAt struct {
	kind domain.ChannelKind
	at   time.Time
	channel.Message
}

// manyDays lets weeks pass over random people and policies: people who want to
// be told now, daily or weekly, of all or of some themes, over one channel or
// two; policies at any hour, some that end soon, some withdrawn, some put aside
// by their readers; holidays, quiet hours and low caps. It returns what the
// gateways got, with everything settled.
func manyDays(t *testing.T, seed uint64) (b *bench, people []*domain.Subscriber, policies map[domain.PushID]*domain.Policy, got []sentAt) {
	t.Helper()
	b = newBench(t)
	ctx, random := context.Background(), rand.New(rand.NewPCG(seed, 15))
	b.now = time.Date(2026, 9, 21, 0, 0, 0, 0, push.Shanghai()) // a Monday
	b.Now = func() time.Time {                                  // no two claims are at the same moment
		b.mu.Lock()
		defer b.mu.Unlock()
		b.now = b.now.Add(time.Microsecond)
		return b.now
	}
	b.Limits.PerDay = map[domain.ChannelKind]int{domain.SMS: 2, domain.Email: 2}
	b.Limits.PerWeek = map[domain.ChannelKind]int{domain.SMS: 4}
	b.Limits.Rest = func(day time.Time) bool { // weekends, and the week of the national day
		day = day.In(push.Shanghai())
		return day.Weekday() == time.Sunday || day.Weekday() == time.Saturday || day.Month() == time.October && day.Day() <= 7
	}
	for kind, g := range map[domain.ChannelKind]*gateway{domain.SMS: b.sms, domain.Email: b.email} {
		g.answer = func(m channel.Message) channel.Result {
			got = append(got, sentAt{kind, b.Now(), m})
			return channel.Result{Class: channel.Accepted, Gateway: string(kind), GatewayRef: m.Ref}
		}
	}
	themes := []string{"M01", "M13", "Q01", "Q09"}
	frequency := func() domain.Frequency {
		return []domain.Frequency{domain.Now, domain.Daily, domain.Weekly}[random.IntN(3)]
	}
	b.people(150, func(i int, s *domain.Subscriber) {
		s.Contacts[0].When = frequency()
		mail := domain.Contact{Kind: domain.Email, Address: fmt.Sprintf("r%d@example.com", i), When: frequency(), Verified: true}
		switch random.IntN(3) {
		case 0:
			s.Contacts = append(s.Contacts, mail)
		case 1:
			s.Contacts = []domain.Contact{mail}
		}
		s.Subscription.AtOnce = random.IntN(2) == 0
		s.Subscription.Fallback = random.IntN(5) == 0
		if random.IntN(2) == 0 {
			s.Subscription.All, s.Subscription.Themes = false, themes[:1+random.IntN(3)]
		}
		people = append(people, s)
	})
	policies = map[domain.PushID]*domain.Policy{}
	var ids []domain.PushID
	for day := range 28 {
		bursts := map[int]int{random.IntN(24): random.IntN(3), random.IntN(24): random.IntN(3)}
		if day%9 == 4 {
			bursts[random.IntN(24)] = 18 // more than a summary lists
		}
		for half := range 48 {
			for range bursts[half/2] * (1 - half%2) {
				p, id := b.publishWith(fmt.Sprintf("政策第%03d号", len(ids)), func(p *domain.Policy) {
					p.Tags = []domain.Tag{{Dimension: domain.ThemeTag, Code: themes[random.IntN(len(themes))], State: domain.Confirmed}}
					if random.IntN(3) == 0 {
						last := b.Now().AddDate(0, 0, random.IntN(20)).In(push.Shanghai()).Format(time.DateOnly)
						p.Measures[0].Window.Deadline = last
						p.ApplyDeadline = last
					}
					if random.IntN(8) == 0 {
						p.Expires = b.Now().AddDate(0, 0, random.IntN(3)).In(push.Shanghai()).Format(time.DateOnly)
					}
				})
				check(t, b.planTask(id))
				policies[id], ids = p, append(ids, id)
			}
			check(t, b.deliverDue())
			if len(ids) > 0 && half%6 == 0 {
				who, what := people[random.IntN(len(people))], ids[max(0, len(ids)-1-random.IntN(6))]
				check(t, b.Store.MarkInbox(ctx, who.ID, what, []string{"dismissed", "done", "read"}[random.IntN(3)], b.Now()))
			}
			if p := policies[lastOf(ids)]; half == 20 && p != nil && random.IntN(4) == 0 && p.Status == domain.Published {
				check(t, p.Withdraw(b.second, "金额有误"))
				check(t, b.Store.WithdrawPolicy(ctx, p, nil, b.Now()))
			}
			b.pass(30 * time.Minute)
		}
	}
	for range 60 * 2 { // two months in which nothing is published
		b.pass(12*time.Hour - 30*time.Minute)
		check(t, b.deliverDue())
		b.pass(30 * time.Minute)
		check(t, b.deliverDue())
	}
	return b, people, policies, got
}

func lastOf(ids []domain.PushID) domain.PushID {
	if len(ids) == 0 {
		return 0
	}
	return ids[len(ids)-1]
}

var policyName = regexp.MustCompile(`政策第\d{3}号`)

// TestSummariesKeepTheirPromises over many days: a summary is one for a person,
// channel and period, over all topics; it lists so many, the most pressing
// first, and the rest comes in the next; nothing is told twice over a channel;
// what is too much for a day or a week is in a later one; nothing rings at night
// or on a day of rest; and nobody is lost.
func TestSummariesKeepTheirPromises(t *testing.T) {
	const listed = 15
	seeds := uint64(2)
	if testing.Short() {
		seeds = 1
	}
	for seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			b, people, policies, got := manyDays(t, seed)
			owner := map[string]*domain.Subscriber{}
			when := map[string]domain.Frequency{}
			for _, s := range people {
				for _, c := range s.Contacts {
					owner[c.Address], when[c.Address] = s, c.When
				}
			}

			// What the gateways got.
			type period struct {
				to string
				of string
			}
			summaries, messages, today, thisWeek := map[period]int{}, map[period]int{}, map[period]int{}, map[period]int{}
			told := map[string]time.Time{}
			named := map[string]int{}
			overfull := 0
			for _, m := range got {
				day, week := push.DayStart(m.at), push.WeekStart(m.at)
				if m.kind == domain.SMS && (b.Limits.Quiet.Hold(m.at) || b.Limits.Rest(day)) {
					t.Fatalf("a text message at %s", m.at.In(push.Shanghai()))
				}
				on, since := day.Format(time.DateOnly), week.Format(time.DateOnly)
				today[period{m.To, on}]++
				thisWeek[period{m.To, since}]++
				summary := strings.Contains(m.Subject+m.Text, "项新政策可能与您有关") || strings.Contains(m.Subject, "政策汇总")
				if summary {
					summaries[period{m.To, on}]++
				}
				messages[period{m.To, map[domain.Frequency]string{domain.Daily: on, domain.Weekly: since}[when[m.To]]}]++
				if !told[m.Ref].IsZero() {
					t.Fatalf("%s is sent twice", m.Ref)
				}
				told[m.Ref] = m.at
				if m.kind != domain.Email {
					continue
				}
				titles := policyName.FindAllString(m.Text, -1)
				if len(titles) > listed {
					t.Fatalf("a summary of %d", len(titles))
				}
				for _, title := range titles {
					if named[m.To+title]++; named[m.To+title] > 1 {
						t.Fatalf("%s is told of %s again at %s", m.To, title, m.at)
					}
				}
				if strings.Contains(m.Text, "放在下一份汇总里") {
					overfull++
				}
				var order []string
				for _, title := range titles {
					for _, p := range policies {
						if p.Title == title {
							order = append(order, urgency(p, m.at))
						}
					}
				}
				if !slices.IsSorted(order) {
					t.Fatalf("at %s the order is %v", m.at, order)
				}
			}
			for at, n := range summaries {
				if n > 1 {
					t.Errorf("%d summaries to %s on %s", n, at.to, at.of)
				}
			}
			for at, n := range messages {
				if n > 1 && when[at.to] != domain.Now && owner[at.to].Subscription.Fallback == false {
					t.Errorf("%d messages to %s, who wants %s ones, in the period of %s", n, at.to, when[at.to], at.of)
				}
			}
			for at, n := range today {
				if strings.HasPrefix(at.to, "139") && n > b.Limits.PerDay[domain.SMS] {
					t.Errorf("%d text messages to %s on %s", n, at.to, at.of)
				}
			}
			for at, n := range thisWeek {
				if strings.HasPrefix(at.to, "139") && n > b.Limits.PerWeek[domain.SMS] {
					t.Errorf("%d text messages to %s in the week of %s", n, at.to, at.of)
				}
			}

			// What the ledger says.
			states := map[string]int{}
			reached := map[string]bool{}
			for id, p := range policies {
				for _, d := range deliveriesOf(t, b, id) {
					key := fmt.Sprint(d.State, " ", d.Reason)
					states[key]++
					who := fmt.Sprint(p.ID, " ", d.Subscriber, " ", d.Channel)
					switch {
					case d.State == domain.Accepted && reached[who]:
						t.Errorf("%s twice", who)
					case d.State == domain.Accepted:
						reached[who] = true
						contact := contactOf(people, d.Contact)
						if d.Channel == domain.Email && named[contact.Address+p.Title] != 1 {
							t.Errorf("%s is 网关已接收 for %s, but no mail tells of it", p.Title, contact.Address)
						}
					case d.State == domain.Lapsed, d.State == domain.CalledBack:
						if p.Status == domain.Published && p.Expires == "" {
							t.Errorf("%s is %s, though it stands", who, key)
						}
					case d.State != domain.Suppressed || d.Reason != domain.ReasonPutAside && d.Reason != domain.ReasonRead && !d.Reason.Spare():
						t.Errorf("%s ends as %s", who, key)
					}
				}
			}
			differ, err := b.Store.CheckCounts(t.Context(), 0)
			check(t, err)
			if len(differ) > 0 {
				t.Errorf("counters differ: %+v", differ)
			}
			t.Logf("%d policies, %d messages, %d of them with more than they list; %v", len(policies), len(got), overfull, states)
			if overfull == 0 || states["suppressed put-aside"] == 0 || states["expired policy-ended"] == 0 || states["withdrawn policy-ended"] == 0 {
				t.Error("something that is to be seen was not")
			}
		})
	}
}

// urgency says how a policy sorts in a summary, as somebody would say it: what
// ends within fifteen days comes first, then what ends sooner.
func urgency(p *domain.Policy, at time.Time) string {
	today := at.In(push.Shanghai())
	soon := today.AddDate(0, 0, 15).Format(time.DateOnly)
	last := cmp.Or(p.ApplyDeadline, "9999")
	if last < today.Format(time.DateOnly) {
		last = "9999"
	}
	if last <= soon {
		return "a" + last
	}
	return "b" + last
}

func contactOf(people []*domain.Subscriber, id domain.ContactID) domain.Contact {
	for _, s := range people {
		for _, c := range s.Contacts {
			if c.ID == id {
				return c
			}
		}
	}
	return domain.Contact{}
}

func deliveriesOf(t *testing.T, b *bench, id domain.PushID) []storage.DeliveryRow {
	t.Helper()
	all, err := b.Store.Deliveries(t.Context(), storage.DeliveryFilter{Push: id, Limit: 1000})
	check(t, err)
	return all
}
