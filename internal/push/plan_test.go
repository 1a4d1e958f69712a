package push_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"policypush/internal/domain"
	"policypush/internal/push"
)

// at is a moment in Shanghai; 2026-11-22 is a Sunday.
func at(t testing.TB, s string) time.Time {
	t.Helper()
	moment, err := time.ParseInLocation("2006-01-02 15:04", s, push.Shanghai())
	if err != nil {
		t.Fatal(err)
	}
	return moment
}

func phone(c domain.Contact) domain.Contact {
	c.ID, c.Kind, c.Address, c.Verified = 1, domain.SMS, "19900000001", true
	return c
}

func mail(c domain.Contact) domain.Contact {
	c.ID, c.Kind, c.Address, c.Verified = 2, domain.Email, "lin@yunchuan.example", true
	return c
}

func show(t testing.TB, ds []domain.Delivery) string {
	t.Helper()
	s := ""
	for _, d := range ds {
		s += fmt.Sprintf("%s to %d: %s", d.Channel, d.Contact, d.State)
		if d.Reason != "" {
			s += " " + string(d.Reason)
		}
		if !d.NextAt.IsZero() {
			s += d.NextAt.In(push.Shanghai()).Format(" 01-02 15:04")
		}
		s += "; "
	}
	return s
}

func TestPlan(t *testing.T) {
	for name, tt := range map[string]struct {
		contacts []domain.Contact
		now      string // 2026-11-24 (Tuesday) 10:00 if empty
		change   func(*push.Input)
		want     string
	}{
		"who reads the inbox only gets no message": {
			contacts: []domain.Contact{{ID: 9, Kind: domain.App, Verified: true}},
			want:     "",
		},
		"the way that the person prefers": {
			contacts: []domain.Contact{mail(domain.Contact{}), phone(domain.Contact{}), {ID: 9, Kind: domain.App, Verified: true}},
			want:     "email to 2: pending 11-24 10:00; sms to 1: suppressed spare:2; ",
		},
		"every way at once, for who asked for that": {
			contacts: []domain.Contact{mail(domain.Contact{}), phone(domain.Contact{}), {ID: 9, Kind: domain.App, Verified: true}},
			change:   atOnce,
			want:     "email to 2: pending 11-24 10:00; sms to 1: pending 11-24 10:00; ",
		},
		"the next of three, where the first cannot be used": {
			contacts: []domain.Contact{mail(domain.Contact{Suppressed: "stopped"}), phone(domain.Contact{}), {ID: 3, Kind: domain.WeChat, Address: "o6_bm", Verified: true}},
			want:     "email to 2: suppressed stopped; sms to 1: pending 11-24 10:00; wechat to 3: suppressed spare:2; ",
		},
		"one way to each person of an enterprise": {
			contacts: []domain.Contact{phone(domain.Contact{Person: 7}), mail(domain.Contact{Person: 8}), {ID: 3, Kind: domain.WeChat, Address: "o6_bm", Verified: true, Person: 7}},
			change:   func(in *push.Input) { in.Subscriber.Profile.Kind = domain.Enterprise },
			want:     "sms to 1: pending 11-24 10:00; email to 2: pending 11-24 10:00; wechat to 3: suppressed spare:2; ",
		},
		"a resident is one person, whoever proved an address": {
			contacts: []domain.Contact{phone(domain.Contact{Person: 7}), mail(domain.Contact{})},
			change:   func(in *push.Input) { in.Subscriber.Profile.Kind = domain.Resident },
			want:     "sms to 1: pending 11-24 10:00; email to 2: suppressed spare:2; ",
		},
		"whom it is for comes before the order": {
			contacts: []domain.Contact{phone(domain.Contact{}), mail(domain.Contact{Role: "finance"})},
			change: func(in *push.Input) {
				in.Subscriber.Profile.Kind, in.Subject.Roles = domain.Enterprise, []domain.ContactRole{"finance"}
			},
			want: "email to 2: pending 11-24 10:00; sms to 1: suppressed spare:2; ",
		},
		"a reminder takes one way too": {
			contacts: []domain.Contact{mail(domain.Contact{}), phone(domain.Contact{})},
			change:   func(in *push.Input) { in.Kind = domain.Reminder },
			want:     "email to 2: pending 11-24 10:00; sms to 1: suppressed spare:2; ",
		},
		"a correction takes every way of the original": {
			contacts: []domain.Contact{mail(domain.Contact{}), phone(domain.Contact{})},
			change: func(in *push.Input) {
				in.Kind, in.Only = domain.CorrectionNotice, []domain.ChannelKind{domain.SMS, domain.Email}
			},
			want: "email to 2: pending 11-24 10:00; sms to 1: pending 11-24 10:00; ",
		},
		"the order of a theme": {
			contacts: []domain.Contact{phone(domain.Contact{}), mail(domain.Contact{})},
			change: func(in *push.Input) {
				in.Subject.Themes = []string{"M13"}
				in.Subscriber.Subscription.ByTheme = map[string][]domain.Way{"M13": {{Channel: domain.Email, When: domain.Daily}, {Channel: domain.SMS, When: domain.Now}}}
			},
			want: "email to 2: pending digest 11-25 08:30; sms to 1: suppressed spare:2; ",
		},
		"who was told for another enterprise, at another address": {
			contacts: []domain.Contact{mail(domain.Contact{Person: 7}), phone(domain.Contact{Person: 7})},
			change: func(in *push.Input) {
				in.Subscriber.Profile.Kind = domain.Enterprise
				in.Seen = func(c domain.Contact) bool { return c.Kind == domain.SMS }
			},
			want: "email to 2: suppressed same-address; sms to 1: suppressed spare:2; ",
		},
		"an address that was never verified is not used": {
			contacts: []domain.Contact{{ID: 1, Kind: domain.SMS, Address: "19900000001"}},
			want:     "",
		},
		"no text message at night, but an e-mail": {
			contacts: []domain.Contact{phone(domain.Contact{}), mail(domain.Contact{})},
			now:      "2026-11-24 20:00",
			change:   atOnce,
			want:     "sms to 1: pending quiet-hours 11-25 08:00; email to 2: pending 11-24 20:00; ",
		},
		"early in the morning the night is not over": {
			contacts: []domain.Contact{phone(domain.Contact{})},
			now:      "2026-11-24 07:59",
			want:     "sms to 1: pending quiet-hours 11-24 08:00; ",
		},
		"an office without quiet hours": {
			contacts: []domain.Contact{phone(domain.Contact{})},
			now:      "2026-11-24 23:00",
			change:   func(in *push.Input) { in.Limits.Quiet = push.Hours{} },
			want:     "sms to 1: pending 11-24 23:00; ",
		},
		"a daily summary later today": {
			contacts: []domain.Contact{mail(domain.Contact{When: domain.Daily})},
			now:      "2026-11-24 08:29",
			want:     "email to 2: pending digest 11-24 08:30; ",
		},
		"a daily summary tomorrow": {
			contacts: []domain.Contact{mail(domain.Contact{When: domain.Daily})},
			now:      "2026-11-24 08:30",
			want:     "email to 2: pending digest 11-25 08:30; ",
		},
		"a weekly summary on Monday": {
			contacts: []domain.Contact{phone(domain.Contact{When: domain.Weekly})},
			now:      "2026-11-24 10:00",
			want:     "sms to 1: pending digest 11-30 08:30; ",
		},
		"a weekly summary on Sunday night": {
			contacts: []domain.Contact{mail(domain.Contact{When: domain.Weekly})},
			now:      "2026-11-22 23:59",
			want:     "email to 2: pending digest 11-23 08:30; ",
		},
		"a summary by text message waits for long quiet hours": {
			contacts: []domain.Contact{phone(domain.Contact{When: domain.Daily})},
			change:   func(in *push.Input) { in.Limits.Quiet = push.Hours{From: 18 * time.Hour, To: 9 * time.Hour} },
			want:     "sms to 1: pending digest 11-25 09:00; ",
		},
		"a withdrawal waits for no summary": {
			contacts: []domain.Contact{mail(domain.Contact{When: domain.Weekly})},
			change:   func(in *push.Input) { in.Kind = domain.WithdrawalNotice },
			want:     "email to 2: pending 11-24 10:00; ",
		},
		"a withdrawal takes the way of the original": {
			contacts: []domain.Contact{phone(domain.Contact{}), mail(domain.Contact{})},
			change:   func(in *push.Input) { in.Only = []domain.ChannelKind{domain.Email} },
			want:     "email to 2: pending 11-24 10:00; ",
		},
		"who said 退订": {
			contacts: []domain.Contact{phone(domain.Contact{Suppressed: "stopped"}), mail(domain.Contact{})},
			want:     "sms to 1: suppressed stopped; email to 2: pending 11-24 10:00; ",
		},
		"an address that bounced": {
			contacts: []domain.Contact{mail(domain.Contact{Suppressed: "bounce:5.1.1"})},
			want:     "email to 2: suppressed bad-address:5.1.1; ",
		},
		"a second address that works": {
			contacts: []domain.Contact{mail(domain.Contact{Suppressed: "bounce:5.1.1"}), {ID: 3, Kind: domain.Email, Address: "b@yunchuan.example", Verified: true}},
			want:     "email to 3: pending 11-24 10:00; ",
		},
		"without consent": {
			contacts: []domain.Contact{phone(domain.Contact{})},
			change:   func(in *push.Input) { in.Subscriber.Consent.At = time.Time{} },
			want:     "sms to 1: suppressed no-consent; ",
		},
		"paused after the audience was frozen": {
			contacts: []domain.Contact{phone(domain.Contact{})},
			change:   func(in *push.Input) { in.Subscriber.Subscription.Paused = true },
			want:     "sms to 1: suppressed paused; ",
		},
		"a channel that is off": {
			contacts: []domain.Contact{phone(domain.Contact{}), mail(domain.Contact{})},
			change:   func(in *push.Input) { in.Off = []domain.ChannelKind{domain.SMS} },
			want:     "sms to 1: suppressed channel-off; email to 2: pending 11-24 10:00; ",
		},
		"one person behind several enterprises": {
			contacts: []domain.Contact{phone(domain.Contact{})},
			change:   func(in *push.Input) { in.Seen = func(domain.Contact) bool { return true } },
			want:     "sms to 1: suppressed same-address; ",
		},
		"a theme for which the person chose another way": {
			contacts: []domain.Contact{phone(domain.Contact{}), mail(domain.Contact{When: domain.Weekly})},
			change: func(in *push.Input) {
				in.Subject.Themes = []string{"M13"}
				in.Subscriber.Subscription.ByTheme = map[string][]domain.Way{"M13": {{Channel: domain.Email, When: domain.Now}}, "Q01": {{Channel: domain.SMS, When: domain.Now}}}
			},
			want: "email to 2: pending 11-24 10:00; ",
		},
		"of two themes each way counts, at its soonest": {
			contacts: []domain.Contact{phone(domain.Contact{}), mail(domain.Contact{})},
			change: func(in *push.Input) {
				atOnce(in)
				in.Subject.Themes = []string{"M13", "Q01", "Q02"}
				in.Subscriber.Subscription.ByTheme = map[string][]domain.Way{
					"M13": {{Channel: domain.Email, When: domain.Weekly}}, "Q01": {{Channel: domain.Email, When: domain.Daily}, {Channel: domain.SMS, When: domain.Now}},
				}
			},
			want: "email to 2: pending digest 11-25 08:30; sms to 1: pending 11-24 10:00; ",
		},
		"a theme for the inbox alone": {
			contacts: []domain.Contact{phone(domain.Contact{})},
			change: func(in *push.Input) {
				in.Subject.Themes, in.Subscriber.Subscription.ByTheme = []string{"M13"}, map[string][]domain.Way{"M13": {}}
			},
			want: "",
		},
		"a withdrawal takes the way of the original, whatever the theme": {
			contacts: []domain.Contact{phone(domain.Contact{})},
			change: func(in *push.Input) {
				in.Kind, in.Only = domain.WithdrawalNotice, []domain.ChannelKind{domain.SMS}
				in.Subject.Themes, in.Subscriber.Subscription.ByTheme = []string{"M13"}, map[string][]domain.Way{"M13": {}}
			},
			want: "sms to 1: pending 11-24 10:00; ",
		},
		"a policy about taxes goes to finance": {
			contacts: []domain.Contact{
				phone(domain.Contact{}),
				{ID: 3, Kind: domain.SMS, Address: "19900000003", Verified: true, Role: "personnel"},
				{ID: 4, Kind: domain.SMS, Address: "19900000004", Verified: true, Role: "finance"},
			},
			change: func(in *push.Input) { in.Subject.Roles = []domain.ContactRole{"finance"} },
			want:   "sms to 4: pending 11-24 10:00; ",
		},
		"without anybody in finance, to who is there for everything": {
			contacts: []domain.Contact{{ID: 3, Kind: domain.SMS, Address: "19900000003", Verified: true, Role: "personnel"}, phone(domain.Contact{})},
			change:   func(in *push.Input) { in.Subject.Roles = []domain.ContactRole{"finance"} },
			want:     "sms to 1: pending 11-24 10:00; ",
		},
		"what is for nobody in particular goes to who is there for everything": {
			contacts: []domain.Contact{{ID: 4, Kind: domain.SMS, Address: "19900000004", Verified: true, Role: "finance"}, phone(domain.Contact{})},
			want:     "sms to 1: pending 11-24 10:00; ",
		},
		"finance said 退订": {
			contacts: []domain.Contact{{ID: 4, Kind: domain.SMS, Address: "19900000004", Verified: true, Role: "finance", Suppressed: "stopped"}, phone(domain.Contact{})},
			change:   func(in *push.Input) { in.Subject.Roles = []domain.ContactRole{"finance"} },
			want:     "sms to 1: pending 11-24 10:00; ",
		},
		"no text message on a public holiday": {
			contacts: []domain.Contact{phone(domain.Contact{}), mail(domain.Contact{})},
			now:      "2026-10-01 10:00",
			change:   func(in *push.Input) { atOnce(in); in.Limits.Rest = nationalDay },
			want:     "sms to 1: pending quiet-hours 10-08 08:00; email to 2: pending 10-01 10:00; ",
		},
		"the night before a holiday": {
			contacts: []domain.Contact{phone(domain.Contact{})},
			now:      "2026-09-30 20:30",
			change:   func(in *push.Input) { in.Limits.Rest = nationalDay },
			want:     "sms to 1: pending quiet-hours 10-08 08:00; ",
		},
		"a weekly summary by text message on a holiday": {
			contacts: []domain.Contact{phone(domain.Contact{When: domain.Weekly})},
			now:      "2026-09-30 10:00",
			change:   func(in *push.Input) { in.Limits.Rest = nationalDay },
			want:     "sms to 1: pending digest 10-08 08:30; ",
		},
		"a deadline knows no holiday, but the night": {
			contacts: []domain.Contact{phone(domain.Contact{})},
			now:      "2026-10-01 21:00",
			change: func(in *push.Input) {
				in.Limits.Rest, in.Kind, in.Subject.Deadline = nationalDay, domain.Reminder, "2026-10-02"
			},
			want: "sms to 1: pending quiet-hours 10-02 08:00; ",
		},
		"what is urgent knows neither night nor summary": {
			contacts: []domain.Contact{phone(domain.Contact{When: domain.Weekly}), mail(domain.Contact{When: domain.Daily})},
			now:      "2026-10-01 23:15",
			change:   func(in *push.Input) { in.Limits.Rest, in.Urgent = nationalDay, true },
			want:     "sms to 1: pending 10-01 23:15; email to 2: pending 10-01 23:15; ",
		},
		"what is urgent passes no 退订": {
			contacts: []domain.Contact{phone(domain.Contact{Suppressed: "stopped"})},
			change:   func(in *push.Input) { in.Urgent = true },
			want:     "sms to 1: suppressed stopped; ",
		},
		"a reminder in the summary of the week if that is in time": {
			contacts: []domain.Contact{mail(domain.Contact{When: domain.Weekly})},
			change:   func(in *push.Input) { in.Kind, in.Subject.Deadline = domain.Reminder, "2026-12-09" },
			want:     "email to 2: pending digest 11-30 08:30; ",
		},
		"else in that of the day": {
			contacts: []domain.Contact{mail(domain.Contact{When: domain.Weekly})},
			change:   func(in *push.Input) { in.Kind, in.Subject.Deadline = domain.Reminder, "2026-11-27" },
			want:     "email to 2: pending digest 11-25 08:30; ",
		},
		"and at once if no summary is": {
			contacts: []domain.Contact{mail(domain.Contact{When: domain.Daily})},
			change:   func(in *push.Input) { in.Kind, in.Subject.Deadline = domain.Reminder, "2026-11-24" },
			want:     "email to 2: pending 11-24 10:00; ",
		},
		"who reads the inbox first is given a day, then one channel after another": {
			contacts: []domain.Contact{mail(domain.Contact{}), phone(domain.Contact{})},
			change:   func(in *push.Input) { in.Subscriber.Subscription.Fallback = true },
			want:     "email to 2: pending fallback 11-25 10:00; sms to 1: pending fallback 11-26 10:00; ",
		},
		"and still chooses summaries": {
			contacts: []domain.Contact{phone(domain.Contact{}), mail(domain.Contact{When: domain.Daily})},
			now:      "2026-11-24 22:00",
			change:   func(in *push.Input) { in.Subscriber.Subscription.Fallback = true },
			want:     "sms to 1: pending fallback 11-26 08:00; email to 2: pending digest 11-27 08:30; ",
		},
		"a channel that is off is no step on the way": {
			contacts: []domain.Contact{phone(domain.Contact{}), mail(domain.Contact{})},
			change: func(in *push.Input) {
				in.Subscriber.Subscription.Fallback, in.Off = true, []domain.ChannelKind{domain.SMS}
			},
			want: "sms to 1: suppressed channel-off; email to 2: pending fallback 11-25 10:00; ",
		},
		"without an inbox nobody can read there first": {
			contacts: []domain.Contact{phone(domain.Contact{})},
			change: func(in *push.Input) {
				in.Subscriber.Subscription.Fallback, in.Off = true, []domain.ChannelKind{domain.App}
			},
			want: "sms to 1: pending 11-24 10:00; ",
		},
		"a reminder waits for no inbox": {
			contacts: []domain.Contact{phone(domain.Contact{})},
			change:   func(in *push.Input) { in.Kind, in.Subscriber.Subscription.Fallback = domain.Reminder, true },
			want:     "sms to 1: pending 11-24 10:00; ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.now == "" {
				tt.now = "2026-11-24 10:00"
			}
			now := at(t, tt.now)
			in := push.Input{
				Push: 7, Kind: domain.NewPolicy, Verdict: domain.Likely, Now: now, Limits: push.DefaultLimits(),
				Subscriber: &domain.Subscriber{ID: 5, Contacts: tt.contacts, Consent: domain.Consent{Version: "1", At: now.AddDate(0, -1, 0)}},
			}
			if tt.change != nil {
				tt.change(&in)
			}
			if got := show(t, push.Plan(in)); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// atOnce lets the person ask for every way at once.
func atOnce(in *push.Input) { in.Subscriber.Subscription.AtOnce = true }

// nationalDay is the holiday of 2026, from Thursday to Wednesday.
func nationalDay(day time.Time) bool {
	at := day.In(push.Shanghai()).Format(time.DateOnly)
	return at >= "2026-10-01" && at <= "2026-10-07"
}

func drawContacts(t *rapid.T) []domain.Contact {
	var contacts []domain.Contact
	for i := range rapid.IntRange(0, 6).Draw(t, "contacts") {
		contacts = append(contacts, domain.Contact{
			ID:         domain.ContactID(i + 1),
			Kind:       rapid.SampledFrom(domain.Channels()).Draw(t, "kind"),
			Address:    rapid.SampledFrom([]string{"", "a", "b", "c"}).Draw(t, "address"),
			When:       rapid.SampledFrom([]domain.Frequency{"", domain.Now, domain.Daily, domain.Weekly}).Draw(t, "when"),
			Verified:   rapid.Bool().Draw(t, "verified"),
			Role:       rapid.SampledFrom([]domain.ContactRole{"", "finance", "personnel"}).Draw(t, "role"),
			Suppressed: rapid.SampledFrom([]string{"", "stopped", "bounce:5.1.1"}).Draw(t, "suppressed"),
			Person:     rapid.SampledFrom([]domain.PersonID{0, 7, 8}).Draw(t, "person"),
		})
	}
	return contacts
}

func drawTime(t *rapid.T) time.Time {
	return time.Unix(rapid.Int64Range(1_700_000_000, 1_900_000_000).Draw(t, "now"), 0)
}

// drawSubscription draws what somebody chose besides their contacts.
func drawSubscription(t *rapid.T) domain.Subscription {
	sub := domain.Subscription{Paused: rapid.IntRange(0, 3).Draw(t, "paused") == 0, Fallback: rapid.Bool().Draw(t, "fallback"), AtOnce: rapid.Bool().Draw(t, "at once")}
	for _, theme := range []string{"M13", "Q01"} {
		if !rapid.Bool().Draw(t, "own ways") {
			continue
		}
		if sub.ByTheme == nil {
			sub.ByTheme = map[string][]domain.Way{}
		}
		ways := []domain.Way{}
		for _, channel := range domain.Outgoing() {
			if rapid.Bool().Draw(t, "chosen") {
				ways = append(ways, domain.Way{Channel: channel, When: rapid.SampledFrom([]domain.Frequency{domain.Now, domain.Daily, domain.Weekly}).Draw(t, "when")})
			}
		}
		sub.ByTheme[theme] = rapid.Permutation(ways).Draw(t, "order")
	}
	return sub
}

// checkTurns holds a plan to the order of somebody's preference: of the ways to
// one person that can be used the first is taken, or is known to reach them
// already, and the others are spare, numbered in order; all are taken where the
// person asked for that, where it is urgent, and by what follows an original.
func checkTurns(t *rapid.T, in push.Input, ds []domain.Delivery) {
	person := in.Subscriber
	inboxFirst := person.Subscription.Fallback && in.Kind == domain.NewPolicy && !in.Urgent
	all := person.Subscription.AtOnce || in.Urgent || in.Kind.Follows() || inboxFirst
	turns := map[domain.PersonID]int{}
	last := -1
	ways, special := person.Subscription.WaysFor(in.Subject.Themes)
	special = special && !in.Kind.Follows() && in.Kind != domain.FirstPush
	rank := func(c domain.Contact) int { // as somebody would say it
		if slices.Contains(in.Subject.Roles, c.Role) {
			return 0
		} else if c.Role == "" {
			return 1
		}
		return 2
	}
	for _, d := range ds {
		at := slices.IndexFunc(person.Contacts, func(c domain.Contact) bool { return c.ID == d.Contact })
		contact := person.Contacts[at]
		place := rank(contact)*len(person.Contacts) + at
		if special {
			place = slices.IndexFunc(ways, func(w domain.Way) bool { return w.Channel == d.Channel })
		}
		if place <= last {
			t.Fatalf("%+v is out of order in %+v", d, ds)
		}
		last = place
		if d.State == domain.Suppressed && d.Reason != domain.ReasonDuplicate && !d.Reason.Spare() {
			continue
		}
		who := contact.Person
		if person.Profile.Kind == domain.Resident {
			who = 0
		}
		turns[who]++
		if want := !all && turns[who] > 1; want != d.Reason.Spare() || want && d.Reason != domain.SpareOf(turns[who]) {
			t.Fatalf("turn %d of %d is %+v", turns[who], who, d)
		}
	}
}

// TestPlanKeepsItsPromises for any people, push and moment: at most one row a
// person and channel, none for the inbox and none over a channel that the
// person did not choose for the theme; nothing to an address that is suppressed
// or not verified or without consent; no address twice in a push; no text
// message at night or on a day of rest unless it is urgent or, by day, a
// reminder; a reminder never after its deadline; what is urgent at once; who
// reads first has time to, and no two channels at once; nothing is held for
// more than weeks; each address that may be used gets its row, so that nobody
// is lost.
func TestPlanKeepsItsPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seen, sent := map[string]bool{}, map[string]bool{}
		now, limits := drawTime(t), push.DefaultLimits()
		limits.Rest = func(day time.Time) bool { return day.In(push.Shanghai()).Day()%9 < 3 }
		in := push.Input{
			Push: 1, Verdict: domain.Possible, Now: now, Limits: limits,
			Kind:   rapid.SampledFrom([]domain.PushKind{domain.NewPolicy, domain.Reminder, domain.WithdrawalNotice, domain.CorrectionNotice, domain.FirstPush}).Draw(t, "kind"),
			Urgent: rapid.Bool().Draw(t, "urgent"),
			Seen:   func(c domain.Contact) bool { return seen[string(c.Kind)+c.Address] },
			Take:   func(c domain.Contact) { seen[string(c.Kind)+c.Address] = true },
		}
		if rapid.Bool().Draw(t, "off") {
			in.Off = []domain.ChannelKind{domain.SMS}
		}
		in.Subject.Themes = rapid.SampledFrom([][]string{nil, {"M13"}, {"M13", "Q01"}, {"Q09"}}).Draw(t, "themes")
		in.Subject.Roles = rapid.SampledFrom([][]domain.ContactRole{nil, {"finance"}, {"finance", "personnel"}}).Draw(t, "roles")
		if in.Kind == domain.Reminder {
			in.Subject.Deadline = now.In(push.Shanghai()).AddDate(0, 0, rapid.SampledFrom([]int{1, 3, 15}).Draw(t, "days")).Format(time.DateOnly)
		}
		for id := range rapid.IntRange(1, 4).Draw(t, "people") {
			person := &domain.Subscriber{ID: domain.SubscriberID(id + 1), Contacts: drawContacts(t), Subscription: drawSubscription(t)}
			if rapid.IntRange(0, 3).Draw(t, "consent") > 0 {
				person.Consent.At = now.Add(-time.Hour)
			}
			person.Profile.Kind = rapid.SampledFrom([]domain.SubscriberKind{domain.Enterprise, domain.Resident}).Draw(t, "kind")
			in.Subscriber = person
			ds := push.Plan(in)
			checkTurns(t, in, ds)
			ways, special := person.Subscription.WaysFor(in.Subject.Themes)
			special = special && !in.Kind.Follows() && in.Kind != domain.FirstPush
			channels := map[domain.ChannelKind]bool{}
			var steps []time.Time
			for _, d := range ds {
				if channels[d.Channel] || d.Channel == domain.App {
					t.Fatalf("two rows for a channel, or one for the inbox: %+v", ds)
				}
				channels[d.Channel] = true
				if special && !slices.ContainsFunc(ways, func(w domain.Way) bool { return w.Channel == d.Channel }) {
					t.Fatalf("row %+v over a channel that was not chosen: %+v", d, ways)
				}
				contact := person.Contacts[slices.IndexFunc(person.Contacts, func(c domain.Contact) bool { return c.ID == d.Contact })]
				if contact.Kind != d.Channel || !contact.Verified || contact.Address == "" {
					t.Fatalf("row %+v to contact %+v", d, contact)
				}
				if d.State == domain.Suppressed {
					if d.Reason == domain.ReasonNone || d.EndedAt.IsZero() {
						t.Fatalf("suppressed without reason or time: %+v", d)
					}
					continue
				}
				key := string(d.Channel) + contact.Address
				first := person.Subscription.Fallback && in.Kind == domain.NewPolicy && !in.Urgent
				local := d.NextAt.In(push.Shanghai())
				switch {
				case d.State != domain.Pending || now.Sub(d.NextAt) >= time.Minute:
					t.Fatalf("row %+v is planned for the past or in a wrong state", d)
				case contact.Suppressed != "" || person.Consent.At.IsZero() || person.Subscription.Paused || slices.Contains(in.Off, d.Channel):
					t.Fatalf("row %+v must not be sent to %+v", d, person)
				case sent[key]:
					t.Fatalf("%s twice in one push", key)
				case in.Urgent && (d.NextAt.After(now) || d.Reason != domain.ReasonNone):
					t.Fatalf("what is urgent waits: %+v", d)
				case d.Channel == domain.SMS && !in.Urgent && limits.Quiet.Hold(d.NextAt):
					t.Fatalf("a text message at %s", local)
				case d.Channel == domain.SMS && !in.Urgent && in.Kind != domain.Reminder && limits.Rest(push.DayStart(d.NextAt)):
					t.Fatalf("a text message on a day of rest: %s", local)
				case in.Kind == domain.Reminder && local.Format(time.DateOnly) > in.Subject.Deadline:
					t.Fatalf("a reminder at %s, after %s", local, in.Subject.Deadline)
				case first && d.NextAt.Before(now.Add(limits.Unread).Truncate(time.Minute)):
					t.Fatalf("no time to read before %s", local)
				case d.NextAt.Sub(now) > 25*24*time.Hour:
					t.Fatalf("held for %s", d.NextAt.Sub(now))
				}
				sent[key] = true
				if first && d.Reason == domain.ReasonFallback && d.Channel != domain.SMS { // a night may bring a text message to the next one's time
					steps = append(steps, d.NextAt)
				}
			}
			if slices.SortFunc(steps, time.Time.Compare); len(steps) != len(slices.Compact(slices.Clone(steps))) {
				t.Fatalf("two channels at once: %v", steps)
			}
			for _, c := range person.Contacts {
				wanted := !special || slices.ContainsFunc(ways, func(w domain.Way) bool { return w.Channel == c.Kind })
				if c.Kind != domain.App && c.Verified && c.Address != "" && wanted && !channels[c.Kind] {
					t.Fatalf("nothing is said of %+v: %+v", c, ds)
				}
			}
		}
	})
}

func TestRecheck(t *testing.T) {
	published := func() *domain.Policy { return &domain.Policy{Status: domain.Published, Expires: "2026-12-31"} }
	for name, tt := range map[string]struct {
		now    string
		change func(*push.Check)
		want   string
	}{
		"goes out":                            {change: func(*push.Check) {}, want: "sending"},
		"退订 since it was planned":             {change: func(c *push.Check) { c.Contact.Suppressed = "stopped" }, want: "suppressed stopped"},
		"address removed":                     {change: func(c *push.Check) { c.Contact = domain.Contact{} }, want: "suppressed no-address"},
		"paused since":                        {change: func(c *push.Check) { c.Paused = true }, want: "suppressed paused"},
		"consent taken back":                  {change: func(c *push.Check) { c.NoConsent = true }, want: "suppressed no-consent"},
		"channel switched off":                {change: func(c *push.Check) { c.Off = true }, want: "suppressed channel-off"},
		"policy withdrawn":                    {change: func(c *push.Check) { c.Policy.Status = domain.Withdrawn }, want: "withdrawn policy-ended"},
		"policy replaced":                     {change: func(c *push.Check) { c.Policy.Status = domain.Amended }, want: "withdrawn policy-ended"},
		"policy marked as expired":            {change: func(c *push.Check) { c.Policy.Status = domain.Expired }, want: "expired policy-ended"},
		"policy over since yesterday":         {change: func(c *push.Check) { c.Policy.Expires = "2026-11-23" }, want: "expired policy-ended"},
		"policy over at the end of today":     {change: func(c *push.Check) { c.Policy.Expires = "2026-11-24" }, want: "sending"},
		"policy over at the end of the month": {change: func(c *push.Check) { c.Policy.Expires = "2026-11" }, want: "sending"},
		"night has fallen":                    {now: "2026-11-24 21:00", change: func(*push.Check) {}, want: "pending quiet-hours 11-25 08:00"},
		"an e-mail at night":                  {now: "2026-11-24 21:00", change: func(c *push.Check) { c.Delivery.Channel = domain.Email }, want: "sending"},
		"two text messages today":             {change: func(c *push.Check) { c.SentToday = 2 }, want: "pending digest 11-25 08:30"},
		"seven text messages this week":       {change: func(c *push.Check) { c.SentThisWeek = 7 }, want: "pending digest 11-30 08:30"},
		"ten e-mails today":                   {change: func(c *push.Check) { c.Delivery.Channel, c.SentToday = domain.Email, 10 }, want: "pending digest 11-25 08:30"},
		"a summary after ten e-mails": {change: func(c *push.Check) {
			c.Delivery.Channel, c.SentToday, c.Delivery.Reason = domain.Email, 10, domain.ReasonDigest
		}, want: "sending"},
		"a summary that is held stays a summary": {change: func(c *push.Check) { c.SentToday, c.Delivery.Reason = 2, domain.ReasonDigest }, want: "pending digest 11-25 08:30"},
		"a withdrawal is not capped": {change: func(c *push.Check) {
			c.Kind, c.SentToday, c.Policy.Status = domain.WithdrawalNotice, 9, domain.Withdrawn
		}, want: "sending"},
		"a withdrawal never passes a 退订":                {change: func(c *push.Check) { c.Kind, c.Contact.Suppressed = domain.WithdrawalNotice, "stopped" }, want: "suppressed stopped"},
		"a withdrawal wakes nobody":                     {now: "2026-11-24 03:00", change: func(c *push.Check) { c.Kind = domain.WithdrawalNotice }, want: "pending quiet-hours 11-24 08:00"},
		"退订 counts before everything else":              {now: "2026-11-24 21:00", change: func(c *push.Check) { c.Contact.Suppressed, c.Policy.Status = "stopped", domain.Withdrawn }, want: "suppressed stopped"},
		"read in the inbox by who looks there first":    {change: func(c *push.Check) { c.Fallback, c.Read = true, true }, want: "suppressed read"},
		"read by who wants every channel anyway":        {change: func(c *push.Check) { c.Read = true }, want: "sending"},
		"read in the inbox before the next way's turn":  {change: func(c *push.Check) { c.Delivery.Reason, c.Read = domain.SpareOf(2), true }, want: "suppressed read"},
		"the next way's turn":                           {change: func(c *push.Check) { c.Delivery.Reason = domain.SpareOf(2) }, want: "sending"},
		"the next way's turn at night":                  {now: "2026-11-24 21:00", change: func(c *push.Check) { c.Delivery.Reason = domain.SpareOf(2) }, want: "pending quiet-hours 11-25 08:00"},
		"the next way's turn, for who wants daily ones": {change: func(c *push.Check) { c.Delivery.Reason, c.When = domain.SpareOf(2), domain.Daily }, want: "pending digest 11-25 08:30"},
		"the next way's turn for a reminder of today": {change: func(c *push.Check) {
			c.Delivery.Reason, c.When, c.Kind, c.Deadline = domain.SpareOf(2), domain.Daily, domain.Reminder, "2026-11-24"
		}, want: "sending"},
		"the next way's turn, for who has stopped it too": {change: func(c *push.Check) { c.Delivery.Reason, c.Contact.Suppressed = domain.SpareOf(2), "stopped" }, want: "suppressed stopped"},
		"put aside since it was planned":                  {change: func(c *push.Check) { c.PutAside = true }, want: "suppressed put-aside"},
		"a withdrawal of what was put aside":              {change: func(c *push.Check) { c.Kind, c.PutAside = domain.WithdrawalNotice, true }, want: "sending"},
		"a correction of what was put aside":              {change: func(c *push.Check) { c.Kind, c.PutAside, c.SentToday = domain.CorrectionNotice, true, 9 }, want: "sending"},
		"a correction of what has ended":                  {change: func(c *push.Check) { c.Kind, c.Policy.Expires = domain.CorrectionNotice, "2026-11-01" }, want: "expired policy-ended"},
		"got over this channel before":                    {change: func(c *push.Check) { c.Repeat = true }, want: "suppressed repeat"},
		"urgent at night, after many":                     {now: "2026-11-24 23:00", change: func(c *push.Check) { c.Urgent, c.SentToday, c.SentThisWeek = true, 5, 20 }, want: "sending"},
		"urgent passes no 退订":                             {change: func(c *push.Check) { c.Urgent, c.Contact.Suppressed = true, "stopped" }, want: "suppressed stopped"},
		"a holiday has begun":                             {now: "2026-10-02 10:00", change: func(c *push.Check) { c.Limits.Rest = nationalDay }, want: "pending quiet-hours 10-08 08:00"},
		"a reminder after seven text messages":            {change: func(c *push.Check) { c.Kind, c.Deadline, c.SentThisWeek = domain.Reminder, "2026-11-27", 7 }, want: "sending"},
		"a reminder after two today":                      {change: func(c *push.Check) { c.Kind, c.Deadline, c.SentToday = domain.Reminder, "2026-11-27", 2 }, want: "pending digest 11-25 08:30"},
		"a reminder of today after two today":             {change: func(c *push.Check) { c.Kind, c.Deadline, c.SentToday = domain.Reminder, "2026-11-24", 2 }, want: "sending"},
		"a reminder of yesterday":                         {change: func(c *push.Check) { c.Kind, c.Deadline = domain.Reminder, "2026-11-23" }, want: "expired deadline"},
		"a reminder of a deadline that is another now": {change: func(c *push.Check) {
			c.Kind, c.Deadline, c.Policy.Measures = domain.Reminder, "2026-11-27", []domain.Measure{{Window: domain.Window{Deadline: "2026-12-27"}}}
		}, want: "expired moved"},
		"a limit that an office does not set": {change: func(c *push.Check) { c.Limits.PerDay, c.SentToday = nil, 50 }, want: "sending"},
		"held without quiet hours":            {change: func(c *push.Check) { c.Limits.Quiet, c.SentToday = push.Hours{}, 2 }, want: "pending digest 11-25 08:30"},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.now == "" {
				tt.now = "2026-11-24 10:00"
			}
			c := push.Check{
				Delivery: domain.Delivery{Channel: domain.SMS}, Kind: domain.NewPolicy, Contact: phone(domain.Contact{}),
				Policy: published(), Now: at(t, tt.now), Limits: push.DefaultLimits(),
			}
			tt.change(&c)
			if c.Policy.Measures == nil {
				c.Policy.Measures = []domain.Measure{{Window: domain.Window{Deadline: c.Deadline}}}
			}
			d := push.Recheck(c)
			got := string(d.State)
			if d.Reason != "" {
				got += " " + string(d.Reason)
			}
			if !d.NextAt.IsZero() {
				got += d.NextAt.In(push.Shanghai()).Format(" 01-02 15:04")
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestHeldMessagesGoInTheEnd: whatever holds a message back, under any caps of
// an office, names a time after now, and at that time, with new counts, it goes;
// what is too much is never ended.
func TestHeldMessagesGoInTheEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		channel := rapid.SampledFrom(domain.Outgoing()).Draw(t, "channel")
		c := push.Check{
			Delivery:  domain.Delivery{Channel: channel},
			Contact:   domain.Contact{Address: "19900000001"},
			Policy:    &domain.Policy{Status: domain.Published},
			SentToday: rapid.IntRange(0, 12).Draw(t, "today"),
			Now:       drawTime(t), Limits: push.DefaultLimits(),
		}
		c.SentThisWeek = c.SentToday + rapid.IntRange(0, 8).Draw(t, "week")
		for _, caps := range []map[domain.ChannelKind]int{c.Limits.PerDay, c.Limits.PerWeek} {
			delete(caps, channel)
			if n := rapid.IntRange(0, 10).Draw(t, "cap"); n > 0 {
				caps[channel] = n
			}
		}
		first := push.Recheck(c)
		if first.State == domain.Sending {
			if n, capped := c.Limits.PerWeek[channel]; capped && c.SentThisWeek >= n {
				t.Fatalf("one more than %d a week", n)
			}
			if n, capped := c.Limits.PerDay[channel]; capped && c.SentToday >= n {
				t.Fatalf("one more than %d a day", n)
			}
			return
		}
		if first.State != domain.Pending || !first.NextAt.After(c.Now) || first.NextAt.Sub(c.Now) > 8*24*time.Hour {
			t.Fatalf("at %s: %+v", c.Now.In(push.Shanghai()), first)
		}
		if first.Reason == domain.ReasonDigest {
			c.Delivery.Reason = domain.ReasonDigest // what is too much joins the summary
		}
		if push.DayStart(first.NextAt) != push.DayStart(c.Now) {
			c.SentToday = 0
		}
		if push.WeekStart(first.NextAt) != push.WeekStart(c.Now) {
			c.SentThisWeek = 0
		}
		weekly, capped := c.Limits.PerWeek[channel]
		if c.Now = first.NextAt; (!capped || c.SentThisWeek < weekly) && push.Recheck(c).State != domain.Sending {
			t.Fatalf("still held at %s: %+v", c.Now.In(push.Shanghai()), push.Recheck(c))
		}
	})
}
