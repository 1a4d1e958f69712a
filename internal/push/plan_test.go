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
		"every channel the person chose": {
			contacts: []domain.Contact{mail(domain.Contact{}), phone(domain.Contact{}), {ID: 9, Kind: domain.App, Verified: true}},
			want:     "sms to 1: pending 11-24 10:00; email to 2: pending 11-24 10:00; ",
		},
		"an address that was never verified is not used": {
			contacts: []domain.Contact{{ID: 1, Kind: domain.SMS, Address: "19900000001"}},
			want:     "",
		},
		"no text message at night, but an e-mail": {
			contacts: []domain.Contact{phone(domain.Contact{}), mail(domain.Contact{})},
			now:      "2026-11-24 20:00",
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
			change:   func(in *push.Input) { in.Seen = func(domain.ChannelKind, string) bool { return true } },
			want:     "sms to 1: suppressed same-address; ",
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

func drawContacts(t *rapid.T) []domain.Contact {
	var contacts []domain.Contact
	for i := range rapid.IntRange(0, 6).Draw(t, "contacts") {
		contacts = append(contacts, domain.Contact{
			ID:         domain.ContactID(i + 1),
			Kind:       rapid.SampledFrom(domain.Channels()).Draw(t, "kind"),
			Address:    rapid.SampledFrom([]string{"", "a", "b", "c"}).Draw(t, "address"),
			When:       rapid.SampledFrom([]domain.Frequency{"", domain.Now, domain.Daily, domain.Weekly}).Draw(t, "when"),
			Verified:   rapid.Bool().Draw(t, "verified"),
			Suppressed: rapid.SampledFrom([]string{"", "stopped", "bounce:5.1.1"}).Draw(t, "suppressed"),
		})
	}
	return contacts
}

func drawTime(t *rapid.T) time.Time {
	return time.Unix(rapid.Int64Range(1_700_000_000, 1_900_000_000).Draw(t, "now"), 0)
}

// TestPlanKeepsItsPromises for any person: at most one row a channel, none for
// the inbox, nothing to an address that is suppressed or not verified or
// without consent, no address twice in a push, no text message at night.
func TestPlanKeepsItsPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seen := map[string]bool{}
		sent := map[string]bool{}
		now, limits := drawTime(t), push.DefaultLimits()
		for id := range rapid.IntRange(1, 4).Draw(t, "people") {
			person := &domain.Subscriber{ID: domain.SubscriberID(id + 1), Contacts: drawContacts(t)}
			if rapid.Bool().Draw(t, "consent") {
				person.Consent.At = now.Add(-time.Hour)
			}
			person.Subscription.Paused = rapid.Bool().Draw(t, "paused")
			var off []domain.ChannelKind
			if rapid.Bool().Draw(t, "off") {
				off = []domain.ChannelKind{domain.SMS}
			}
			ds := push.Plan(push.Input{
				Push: 1, Kind: domain.NewPolicy, Subscriber: person, Verdict: domain.Possible, Now: now, Limits: limits, Off: off,
				Seen: func(channel domain.ChannelKind, address string) bool {
					key := string(channel) + address
					was := seen[key]
					seen[key] = true
					return was
				},
			})
			channels := map[domain.ChannelKind]bool{}
			for _, d := range ds {
				if channels[d.Channel] || d.Channel == domain.App {
					t.Fatalf("two rows for a channel, or one for the inbox: %+v", ds)
				}
				channels[d.Channel] = true
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
				switch {
				case d.State != domain.Pending || now.Sub(d.NextAt) >= time.Minute:
					t.Fatalf("row %+v is planned for the past or in a wrong state", d)
				case contact.Suppressed != "" || person.Consent.At.IsZero() || person.Subscription.Paused || slices.Contains(off, d.Channel):
					t.Fatalf("row %+v must not be sent to %+v", d, person)
				case sent[key]:
					t.Fatalf("%s twice in one push", key)
				case d.Channel == domain.SMS && limits.Quiet.Hold(d.NextAt):
					t.Fatalf("a text message at %s", d.NextAt.In(push.Shanghai()))
				case d.NextAt.Sub(now) > 8*24*time.Hour:
					t.Fatalf("held for %s", d.NextAt.Sub(now))
				}
				sent[key] = true
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
		"two text messages today":             {change: func(c *push.Check) { c.SentToday = 2 }, want: "pending cap 11-25 08:00"},
		"seven text messages this week":       {change: func(c *push.Check) { c.SentThisWeek = 7 }, want: "pending cap 11-30 08:00"},
		"ten e-mails today":                   {change: func(c *push.Check) { c.Delivery.Channel, c.SentToday = domain.Email, 10 }, want: "pending cap 11-25 08:00"},
		"a summary after ten e-mails": {change: func(c *push.Check) {
			c.Delivery.Channel, c.SentToday, c.Delivery.Reason = domain.Email, 10, domain.ReasonDigest
		}, want: "sending"},
		"a summary that is held stays a summary": {change: func(c *push.Check) { c.SentToday, c.Delivery.Reason = 2, domain.ReasonDigest }, want: "pending digest 11-25 08:00"},
		"a withdrawal is not capped": {change: func(c *push.Check) {
			c.Kind, c.SentToday, c.Policy.Status = domain.WithdrawalNotice, 9, domain.Withdrawn
		}, want: "sending"},
		"a withdrawal never passes a 退订":        {change: func(c *push.Check) { c.Kind, c.Contact.Suppressed = domain.WithdrawalNotice, "stopped" }, want: "suppressed stopped"},
		"a withdrawal wakes nobody":             {now: "2026-11-24 03:00", change: func(c *push.Check) { c.Kind = domain.WithdrawalNotice }, want: "pending quiet-hours 11-24 08:00"},
		"退订 counts before everything else":      {now: "2026-11-24 21:00", change: func(c *push.Check) { c.Contact.Suppressed, c.Policy.Status = "stopped", domain.Withdrawn }, want: "suppressed stopped"},
		"a limit that an office does not set":   {change: func(c *push.Check) { c.Limits.PerDay, c.SentToday = nil, 50 }, want: "sending"},
		"held over a weekend without quiet end": {change: func(c *push.Check) { c.Limits.Quiet, c.SentToday = push.Hours{}, 2 }, want: "pending cap 11-25 08:00"},
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

// TestHeldMessagesGoInTheEnd: whatever holds a message back names a time after
// now, and at that time, with new counts, it goes.
func TestHeldMessagesGoInTheEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := push.Check{
			Delivery:  domain.Delivery{Channel: rapid.SampledFrom([]domain.ChannelKind{domain.SMS, domain.Email}).Draw(t, "channel")},
			Contact:   domain.Contact{Address: "19900000001"},
			Policy:    &domain.Policy{Status: domain.Published},
			SentToday: rapid.IntRange(0, 12).Draw(t, "today"),
			Now:       drawTime(t), Limits: push.DefaultLimits(),
		}
		c.SentThisWeek = c.SentToday + rapid.IntRange(0, 8).Draw(t, "week")
		first := push.Recheck(c)
		if first.State == domain.Sending {
			return
		}
		if first.State != domain.Pending || !first.NextAt.After(c.Now) || first.NextAt.Sub(c.Now) > 8*24*time.Hour {
			t.Fatalf("at %s: %+v", c.Now.In(push.Shanghai()), first)
		}
		if push.DayStart(first.NextAt) != push.DayStart(c.Now) {
			c.SentToday = 0
		}
		if push.WeekStart(first.NextAt) != push.WeekStart(c.Now) {
			c.SentThisWeek = 0
		}
		if c.Now = first.NextAt; c.SentThisWeek < 7 && push.Recheck(c).State != domain.Sending {
			t.Fatalf("still held at %s: %+v", c.Now.In(push.Shanghai()), push.Recheck(c))
		}
	})
}
