package workers

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"policypush/internal/channel"
	"policypush/internal/domain"
)

func enterprise(i int, name, phone string) *domain.Subscriber {
	return &domain.Subscriber{
		ExternalID: fmt.Sprintf("E%05d", i), Name: name, Profile: domain.Profile{Kind: domain.Enterprise, Region: "330002"},
		Subscription: domain.Subscription{All: true}, Consent: domain.Consent{Version: "1", At: noon.Add(-time.Hour), Source: "test"},
		Contacts: []domain.Contact{{Kind: domain.SMS, Address: phone, Verified: true}},
	}
}

func (b *bench) save(all ...*domain.Subscriber) {
	b.t.Helper()
	check(b.t, b.Store.SaveSubscribers(context.Background(), all))
	check(b.t, b.Index.Build(context.Background(), Profiles{b.Store}))
}

// TestOnePersonBehindEnterprises: who stands for several is told once of a
// policy, and for which of them; a resident at the same number is not named.
func TestOnePersonBehindEnterprises(t *testing.T) {
	b := newBench(t)
	other := enterprise(3, "云川别处有限公司", "13900000001")
	other.Profile.Region = "330001" // the policy is not for it
	resident := enterprise(4, "林家", "13900000001")
	resident.Profile.Kind = domain.Resident
	b.save(enterprise(1, "云川恒达机械有限公司", "13900000001"), enterprise(2, "云川永盛纸业有限公司", "13900000001"), other, resident, enterprise(5, "云川一家有限公司", "13900000005"))
	_, id := b.publishWith("关于发放技改补助的通知", func(p *domain.Policy) {
		p.Measures[0].Criteria = domain.Leaf(domain.Condition{Field: domain.FieldRegion, Op: domain.In, Values: []string{"330002"}})
	})
	check(t, b.planTask(id))
	check(t, b.deliverDue())
	b.expect(id, "accepted: 2, suppressed same-address: 2")
	for _, m := range b.sms.got {
		named := strings.Contains(m.Text, "涉及云川恒达")
		if named != (m.To == "13900000001") || strings.Contains(m.Text, "别处") || strings.Contains(m.Text, "林家") || named && !strings.Contains(m.Text, "等2家") {
			t.Errorf("to %s: %s", m.To, m.Text)
		}
	}
}

// TestADigestIsOneForAPerson: what waits for several enterprises of one person
// comes in one message, and what goes to finance in another than the rest.
func TestADigestIsOneForAPerson(t *testing.T) {
	b := newBench(t)
	first, second := enterprise(1, "恒达", "13900000001"), enterprise(2, "永盛", "13900000002")
	for _, s := range []*domain.Subscriber{first, second} {
		s.Contacts = append(s.Contacts, domain.Contact{Kind: domain.Email, Address: "lin@example.com", When: domain.Daily, Verified: true})
		s.Contacts = s.Contacts[1:]
	}
	first.Contacts = append(first.Contacts, domain.Contact{Kind: domain.Email, Address: "caiwu@example.com", When: domain.Daily, Verified: true, Role: "finance"})
	second.Profile.Region = "330001"
	b.save(first, second)
	var pushes []domain.PushID
	for i, region := range []string{"330002", "330001", ""} {
		_, id := b.publishWith(fmt.Sprintf("政策之%d", i), func(p *domain.Policy) {
			if region != "" {
				p.Measures[0].Criteria = domain.Leaf(domain.Condition{Field: domain.FieldRegion, Op: domain.In, Values: []string{region}})
			} else {
				p.Tags = []domain.Tag{{Dimension: domain.ThemeTag, Code: "Q01", State: domain.Confirmed}}
			}
		})
		check(t, b.planTask(id))
		pushes = append(pushes, id)
	}
	b.pass(24 * time.Hour)
	check(t, b.deliverDue())
	got := map[string]string{}
	for _, m := range b.email.got {
		if got[m.To] != "" {
			t.Errorf("a second mail to %s: %s", m.To, m.Subject)
		}
		got[m.To] = m.Text
	}
	if len(got) != 2 || !strings.Contains(got["lin@example.com"], "政策之0") || !strings.Contains(got["lin@example.com"], "政策之1") || !strings.Contains(got["lin@example.com"], "政策之2") {
		t.Errorf("mails %v", got)
	}
	if finance := got["caiwu@example.com"]; !strings.Contains(finance, "政策之2") || strings.Contains(finance, "政策之0") {
		t.Errorf("to finance: %s", finance)
	}
	for _, id := range pushes {
		if s := b.states(id); strings.Contains(s, "pending") {
			t.Errorf("push %d is left with %s", id, s)
		}
	}
}

// TestTheNextWayStepsIn: one way is enough; where it is refused, the next goes in
// its place at once, in the summary for who wants that of all or of its theme, and
// not to who has read the policy meanwhile. Each goes once, and the sums stay those of the plan.
func TestTheNextWayStepsIn(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	b.people(7, func(i int, s *domain.Subscriber) {
		mail := domain.Contact{Kind: domain.Email, Address: fmt.Sprintf("r%d@example.com", i), Verified: true}
		if i == 2 || i == 5 {
			mail.When = domain.Daily
		}
		s.Contacts = append(s.Contacts, mail)
		if ofTheme := map[int]domain.Frequency{5: domain.Now, 6: domain.Daily}[i]; ofTheme != "" {
			s.Subscription.ByTheme = map[string][]domain.Way{"M01": {{Channel: domain.SMS, When: domain.Now}, {Channel: domain.Email, When: ofTheme}}}
		}
	})
	b.sms.answer = func(m channel.Message) channel.Result {
		if m.To == "13900000000" {
			return channel.Result{Class: channel.Accepted}
		}
		return channel.Result{Class: channel.Permanent, Code: "400"}
	}
	_, id := b.publishWith("关于发放居民消费券的通知", func(p *domain.Policy) {
		p.Tags = []domain.Tag{{Dimension: domain.ThemeTag, Code: "M01", State: domain.Confirmed}}
	})
	check(t, b.planTask(id))
	b.expect(id, "pending: 7, suppressed spare:2: 7")
	reader, err := b.Store.SubscribersByAddress(ctx, domain.SMS, "13900000003")
	check(t, err)
	check(t, b.Store.MarkInbox(ctx, reader[0], id, "read", b.Now()))
	leaver, err := b.Store.SubscribersByAddress(ctx, domain.Email, "r4@example.com")
	check(t, err)
	check(t, b.Store.StopAddress(ctx, domain.Email, "r4@example.com", domain.ReasonStopped, b.Now()))
	check(t, b.deliverDue())
	check(t, b.deliverDue()) // what has its turn since
	b.expect(id, "accepted: 3, failed refused:400: 6, pending digest: 2, suppressed read: 1, suppressed spare:2: 1, suppressed stopped: 1")
	if len(b.email.got) != 2 || b.email.got[0].To != "r1@example.com" || b.email.got[1].To != "r5@example.com" || len(leaver) != 1 {
		t.Errorf("mails %+v", b.email.got)
	}
	b.pass(24 * time.Hour)
	check(t, b.deliverDue())
	b.expect(id, "accepted: 5, failed refused:400: 6, suppressed read: 1, suppressed spare:2: 1, suppressed stopped: 1")
	for ref, n := range b.email.refs() {
		if n != 1 {
			t.Errorf("%s was sent %d times", ref, n)
		}
	}
	check(t, b.sweep(ctx))
	if p, err := b.Store.Push(ctx, id); err != nil || p.State != domain.PushDone {
		t.Errorf("push is %s, %v", p.State, err)
	}
}

// TestTheInboxComesFirst: who reads there gets nothing else, who does not gets
// one channel after the other, each once.
func TestTheInboxComesFirst(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	b.people(3, func(i int, s *domain.Subscriber) {
		s.Subscription.Fallback, s.Subscription.AtOnce = i < 2, i == 2
		s.Contacts = append(s.Contacts, domain.Contact{Kind: domain.Email, Address: fmt.Sprintf("r%d@example.com", i), Verified: true})
	})
	_, id := b.publish("关于发放居民消费券的通知")
	check(t, b.planTask(id))
	check(t, b.deliverDue())
	b.expect(id, "accepted: 2, pending fallback: 4")
	ids, err := b.Store.SubscribersByAddress(ctx, domain.SMS, "13900000000")
	check(t, err)
	check(t, b.Store.MarkInbox(ctx, ids[0], id, "read", b.Now()))
	b.pass(24 * time.Hour)
	check(t, b.deliverDue())
	b.expect(id, "accepted: 3, pending fallback: 2, suppressed read: 1")
	b.pass(24 * time.Hour)
	check(t, b.deliverDue())
	b.expect(id, "accepted: 4, suppressed read: 2")
	for ref, n := range b.email.refs() {
		if n != 1 {
			t.Errorf("%s was sent %d times", ref, n)
		}
	}
}

// TestTooMuchJoinsTheSummary: the third text message of a day comes in one with
// the fourth, next morning; none is lost.
func TestTooMuchJoinsTheSummary(t *testing.T) {
	b := newBench(t)
	b.people(1, nil)
	var pushes []domain.PushID
	for i := range 4 {
		_, id := b.publish(fmt.Sprintf("第%d号政策的通知", i+1))
		check(t, b.planTask(id))
		pushes = append(pushes, id)
		check(t, b.deliverDue())
		b.pass(time.Minute)
	}
	if len(b.sms.got) != 2 {
		t.Fatalf("%d messages on the first day", len(b.sms.got))
	}
	for _, id := range pushes[2:] {
		b.expect(id, "pending digest: 1")
	}
	b.pass(24 * time.Hour)
	check(t, b.deliverDue())
	if len(b.sms.got) != 3 || !strings.Contains(b.sms.got[2].Text, "2项新政策") {
		t.Fatalf("%d messages after it, the last %s", len(b.sms.got), b.sms.got[len(b.sms.got)-1].Text)
	}
	for _, id := range pushes {
		b.expect(id, "accepted: 1")
	}
}

// TestTwoWorkersKeepOneCap: what another worker is sending to somebody just now
// counts, though nobody knows yet what became of it.
func TestTwoWorkersKeepOneCap(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	b.Limits.PerDay = map[domain.ChannelKind]int{domain.SMS: 1}
	b.people(1, nil)
	var pushes []domain.PushID
	for _, title := range []string{"关于发放消费券的通知", "关于以旧换新补贴的通知"} {
		_, id := b.publish(title)
		check(t, b.planTask(id))
		pushes = append(pushes, id)
	}
	due := b.due()
	for _, batch := range due {
		check(t, b.Store.MarkQueued(ctx, batch.ID, batch.Gen, b.Now()))
	}
	b.sms.answer = func(channel.Message) channel.Result {
		b.sms.answer = nil
		b.pass(time.Second)
		b.sms.mu.Unlock() // which the first send holds
		defer b.sms.mu.Lock()
		check(t, b.deliverTask(ctx, due[1].ID, due[1].Gen))
		return channel.Result{Class: channel.Accepted}
	}
	check(t, b.deliverTask(ctx, due[0].ID, due[0].Gen))
	b.expect(pushes[0], "accepted: 1")
	b.expect(pushes[1], "pending digest: 1")
}

// TestTooMuchInAWeekWaitsForTheNext: what the week allows no more comes in the
// summary of Monday, whatever the days in between would allow.
func TestTooMuchInAWeekWaitsForTheNext(t *testing.T) {
	b := newBench(t)
	b.Limits.PerDay[domain.SMS], b.Limits.PerWeek[domain.SMS] = 10, 3
	b.people(1, nil)
	var pushes []domain.PushID
	for i := range 5 { // on Wednesday, Thursday and Friday
		_, id := b.publish(fmt.Sprintf("第%d号政策的通知", i+1))
		check(t, b.planTask(id))
		pushes = append(pushes, id)
		check(t, b.deliverDue())
		b.pass(time.Minute)
		if i%2 == 1 {
			b.pass(24 * time.Hour)
		}
	}
	for range 2 { // to Sunday
		b.pass(24 * time.Hour)
		check(t, b.deliverDue())
	}
	if len(b.sms.got) != 3 {
		t.Fatalf("%d messages in the week", len(b.sms.got))
	}
	for _, id := range pushes[3:] {
		b.expect(id, "pending digest: 1")
	}
	b.pass(24 * time.Hour)
	check(t, b.deliverDue())
	if len(b.sms.got) != 4 || !strings.Contains(b.sms.got[3].Text, "2项新政策") {
		t.Fatalf("%d messages on Monday, the last %s", len(b.sms.got), b.sms.got[len(b.sms.got)-1].Text)
	}
}

// TestWhatIsPutAsideIsNotInTheSummary: nor is what is done.
func TestWhatIsPutAsideIsNotInTheSummary(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	b.people(3, func(_ int, s *domain.Subscriber) { s.Contacts[0].When = domain.Daily })
	_, id := b.publish("关于发放居民消费券的通知")
	check(t, b.planTask(id))
	check(t, b.Store.MarkInbox(ctx, 1, id, "dismissed", b.Now()))
	check(t, b.Store.MarkInbox(ctx, 2, id, "done", b.Now()))
	b.pass(24 * time.Hour)
	check(t, b.deliverDue())
	b.expect(id, "accepted: 1, suppressed put-aside: 2")
}

// TestAnUrgentPushGoesAtNight, over what the day allows, once it is signed.
func TestAnUrgentPushGoesAtNight(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	b.people(2, func(i int, s *domain.Subscriber) {
		s.Contacts[0].When = []domain.Frequency{domain.Now, domain.Weekly}[i]
	})
	b.pass(11 * time.Hour) // 23:00
	p := &domain.Policy{
		Office: b.office.ID, Status: domain.Approved, Title: "防台风紧急通知", Audience: domain.ForBoth, Text: "防台风", CreatedAt: noon,
		Measures: []domain.Measure{{ID: "m1", Title: "转移安置", Text: "转移安置"}},
	}
	check(t, b.Store.CreatePolicy(ctx, p))
	p.Status, p.PublishedAt = domain.Published, b.Now()
	owed := domain.Push{Kind: domain.NewPolicy, CreatedBy: b.drafter.ID, CreatedAt: b.Now(), Urgent: true}
	check(t, b.Store.PublishPolicy(ctx, p, &owed))
	check(t, b.planTask(owed.ID))
	b.expect(owed.ID, "")
	check(t, owed.Sign(b.second, b.Now()))
	check(t, b.Store.SignPush(ctx, owed))
	check(t, b.planTask(owed.ID))
	check(t, b.deliverDue())
	b.expect(owed.ID, "accepted: 2")
}

// TestDeadlinesAreRemindedOfOnce: fifteen, three and one day before, whoever
// was told and has not put the policy aside or seen to it.
func TestDeadlinesAreRemindedOfOnce(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	b.people(4, func(i int, s *domain.Subscriber) {
		if i == 3 {
			s.Contacts[0].When = domain.Weekly
		}
	})
	p, first := b.publishWith("关于发放居民消费券的通知", func(p *domain.Policy) {
		p.ApplyDeadline = "2026-12-31"
		p.Measures = append(p.Measures, domain.Measure{
			ID: "m2", Title: "另一项", Text: "另一项", Window: domain.Window{Deadline: "2027-02"},
			Criteria: domain.Leaf(domain.Condition{Field: domain.FieldRegion, Op: domain.In, Values: []string{"330001"}}),
		})
	})
	check(t, b.planTask(first))
	check(t, b.deliverDue())
	check(t, b.Store.MarkInbox(ctx, 1, first, "dismissed", b.Now()))
	check(t, b.Store.MarkInbox(ctx, 2, first, "done", b.Now()))
	b.people(1, func(_ int, s *domain.Subscriber) { s.ExternalID, s.Contacts[0].Address = "late", "13922222222" }) // was told nothing
	b.sms.got = nil
	var reminders []string
	for day := 1; day <= 40; day++ {
		b.pass(24 * time.Hour)
		for range 2 { // and a new leader
			b.reminded = remindedToday{}
			check(t, b.planReminders(ctx))
		}
		owed, err := b.Store.OwedPushes(ctx, b.Now())
		check(t, err)
		for _, o := range owed {
			reminders = append(reminders, fmt.Sprintf("%s %d", b.Now().Format("01-02"), o.DaysLeft))
			check(t, b.planTask(o.ID))
		}
		check(t, b.deliverDue())
		for _, o := range owed {
			if o.Kind != domain.Reminder || o.Policy != p.ID || o.Deadline != "2026-12-31" {
				t.Errorf("owed %+v", o)
			}
		}
	}
	if got := strings.Join(reminders, ", "); got != "12-16 15, 12-28 3, 12-30 1" {
		t.Errorf("reminders %s", got)
	}
	perPerson := map[string]int{}
	for _, m := range b.sms.got {
		if strings.Contains(m.Text, "截止提醒") {
			perPerson[m.To]++
		}
	}
	if len(perPerson) != 2 || perPerson["13900000002"] != 3 || perPerson["13900000003"] != 3 {
		t.Errorf("reminded %v", perPerson)
	}
}

// TestEveryYearAndEveryRoundIsRemindedOf: what can be had every year is reminded of this
// year, and of rounds each.
func TestEveryYearAndEveryRoundIsRemindedOf(t *testing.T) {
	b := newBench(t)
	b.people(1, func(int, *domain.Subscriber) {})
	_, first := b.publishWith("关于发放补贴的通知", func(p *domain.Policy) {
		p.EffectiveFrom, p.ApplyDeadline = "2025-03-01", ""
		m := &p.Measures[0]
		m.How.Mode, m.Window = "apply", domain.Window{Yearly: true, From: "12-01", To: "12-31"}
		other := *m
		other.ID, other.Window = "m2", domain.Window{Rounds: []string{"2026-12-20"}, Deadline: "2027-06-30"}
		p.Measures = append(p.Measures, other)
	})
	check(t, b.planTask(first))
	check(t, b.deliverDue())
	var reminders []string
	for range 40 {
		b.pass(24 * time.Hour)
		b.reminded = remindedToday{}
		check(t, b.planReminders(context.Background()))
		owed, err := b.Store.OwedPushes(context.Background(), b.Now())
		check(t, err)
		for _, o := range owed {
			reminders = append(reminders, fmt.Sprintf("%s %d", o.Deadline, o.DaysLeft))
			check(t, b.planTask(o.ID))
		}
		check(t, b.deliverDue())
	}
	if got := strings.Join(reminders, ", "); got != "2026-12-20 15, 2026-12-31 15, 2026-12-20 3, 2026-12-20 1, 2026-12-31 3, 2026-12-31 1" {
		t.Errorf("reminders %s", got)
	}
}

// succeed publishes a policy that changes an earlier one and is for nobody.
func (b *bench) succeed(old *domain.Policy, change func(*domain.Policy)) {
	b.t.Helper()
	later := &domain.Policy{Office: b.office.ID, Status: domain.Approved, Title: "后来的通知", Audience: domain.ForNobody, Text: "后来", CreatedAt: b.Now()}
	change(later)
	check(b.t, b.Store.CreatePolicy(context.Background(), later))
	does, ok := later.Succession(old, b.Now().Format(time.DateOnly))
	if !ok {
		b.t.Fatal("the later policy does nothing")
	}
	later.Status, later.PublishedAt = domain.Published, b.Now()
	check(b.t, b.Store.PublishPolicy(context.Background(), later, &domain.Push{Kind: domain.NewPolicy, CreatedAt: b.Now()}, does))
}

// TestAReminderFollowsItsPolicy: what becomes of a policy after its reminder was
// planned decides whether it goes out: none is sent of what has ended, nor of a
// deadline that has moved, which is reminded of in its own time.
func TestAReminderFollowsItsPolicy(t *testing.T) {
	for name, tt := range map[string]struct {
		becomes func(*bench, *domain.Policy)
		want    string // of the reminder of fifteen days
		later   string // reminders owed after it
	}{
		"nothing": {func(*bench, *domain.Policy) {}, "accepted: 2", "2026-12-31 3, 2026-12-31 1"},
		"it is withdrawn": {func(b *bench, p *domain.Policy) {
			check(b.t, p.Withdraw(b.second, "有误"))
			check(b.t, b.Store.WithdrawPolicy(context.Background(), p, nil, b.Now()))
		}, "withdrawn policy-ended: 2", ""},
		"a new one replaces it at once": {func(b *bench, p *domain.Policy) {
			b.succeed(p, func(later *domain.Policy) { later.Replaces = []domain.Reference{{Title: p.Title}} })
		}, "expired policy-ended: 2", ""},
		"a new one puts its deadline off": {func(b *bench, p *domain.Policy) {
			b.succeed(p, func(later *domain.Policy) { later.Amends = []domain.Reference{{Title: p.Title, Until: "2027-01-20"}} })
		}, "expired moved: 2", "2027-01-20 15, 2027-01-20 3, 2027-01-20 1"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			ctx := context.Background()
			b.people(2, func(_ int, s *domain.Subscriber) { s.Contacts[0].When = domain.Daily })
			p, first := b.publishWith("关于发放居民消费券的通知", func(p *domain.Policy) { p.ApplyDeadline = "2026-12-31" })
			check(t, b.planTask(first))
			b.pass(24 * time.Hour)
			check(t, b.deliverDue())
			var reminder domain.PushID
			var later []string
			for range 60 {
				b.pass(24 * time.Hour)
				check(t, b.planReminders(ctx))
				owed, err := b.Store.OwedPushes(ctx, b.Now())
				check(t, err)
				for _, o := range owed {
					check(t, b.planTask(o.ID))
					if o.Kind != domain.Reminder {
						continue
					}
					if reminder != 0 {
						later = append(later, fmt.Sprintf("%s %d", o.Deadline, o.DaysLeft))
						continue
					}
					reminder = o.ID
					b.expect(reminder, "pending digest: 2")
					tt.becomes(b, p)
				}
				check(t, b.deliverDue())
			}
			b.expect(reminder, tt.want)
			if got := strings.Join(later, ", "); got != tt.later {
				t.Errorf("then reminded of %q, want %q", got, tt.later)
			}
		})
	}
}

// TestAPersonWhoSawToItAfterThePlanIsNotReminded: the last word counts.
func TestAPersonWhoSawToItAfterThePlanIsNotReminded(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	b.people(2, nil)
	_, first := b.publishWith("关于发放居民消费券的通知", func(p *domain.Policy) { p.ApplyDeadline = "2026-12-31" })
	check(t, b.planTask(first))
	check(t, b.deliverDue())
	b.pass(21 * 24 * time.Hour)
	check(t, b.planReminders(ctx))
	owed, err := b.Store.OwedPushes(ctx, b.Now())
	check(t, err)
	if len(owed) != 1 {
		t.Fatalf("owed %+v", owed)
	}
	check(t, b.planTask(owed[0].ID))
	check(t, b.Store.MarkInbox(ctx, 1, first, "done", b.Now()))
	b.sms.answer = func(channel.Message) channel.Result { return channel.Result{Class: channel.Accepted} }
	check(t, b.deliverDue())
	b.expect(owed[0].ID, "accepted: 1, suppressed put-aside: 1")
}

// TestACorrectionGoesToWhomTheOriginalReached: over the same channel, once;
// the others who are meant hear of the new policy.
func TestACorrectionGoesToWhomTheOriginalReached(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	b.people(3, func(i int, s *domain.Subscriber) {
		if i == 1 {
			s.Contacts = []domain.Contact{{Kind: domain.Email, Address: "one@example.com", When: domain.Daily, Verified: true}}
		}
	})
	old, first := b.publish("关于发放居民消费券的通知")
	check(t, b.planTask(first))
	b.sms.answer = func(m channel.Message) channel.Result {
		if m.To == "13900000002" {
			return channel.Result{Class: channel.Permanent, Code: "400"}
		}
		return channel.Result{Class: channel.Accepted}
	}
	b.pass(24 * time.Hour)
	check(t, b.deliverDue())
	b.people(4, func(i int, s *domain.Subscriber) { // the first has a mailbox now, and a fourth is new
		if i == 0 {
			s.Contacts = append(s.Contacts, domain.Contact{Kind: domain.Email, Address: "new@example.com", Verified: true})
		}
		if i == 1 {
			s.Contacts = []domain.Contact{{Kind: domain.Email, Address: "one@example.com", When: domain.Daily, Verified: true}}
		}
	})
	b.sms.got, b.email.got, b.sms.answer = nil, nil, nil
	p := &domain.Policy{
		Office: b.office.ID, Status: domain.Approved, Title: "关于更正居民消费券的通知", Audience: domain.ForBoth, Text: "更正", CreatedAt: b.Now(),
		Measures: []domain.Measure{{ID: "m1", Title: "消费券", Text: "消费券", Who: "全县居民"}},
	}
	check(t, b.Store.CreatePolicy(ctx, p))
	p.Status, p.PublishedAt = domain.Published, b.Now()
	push := domain.Push{Kind: domain.NewPolicy, CreatedAt: b.Now(), IncludePossible: true}
	notice := domain.Push{Kind: domain.CorrectionNotice, CreatedAt: b.Now(), IncludePossible: true, Note: "每人应为200元", Corrects: old.ID}
	check(t, b.Store.PublishCorrection(ctx, p, &push, []*domain.Push{&notice}))
	check(t, b.planTask(notice.ID))
	check(t, b.planTask(push.ID))
	check(t, b.deliverDue())
	b.expect(notice.ID, "accepted: 2")
	b.expect(push.ID, "accepted: 1")
	texts := map[string]string{}
	for _, m := range append(b.sms.got, b.email.got...) {
		if texts[m.To] != "" {
			t.Errorf("%s was told twice", m.To)
		}
		texts[m.To] = m.Text
	}
	if len(texts) != 3 || !strings.Contains(texts["13900000000"], "每人应为200元") || !strings.Contains(texts["one@example.com"], "每人应为200元") ||
		strings.Contains(texts["13900000003"], "更正：") {
		t.Errorf("told %v", texts)
	}
}
