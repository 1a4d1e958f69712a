package workers

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"policypush/internal/channel"
	"policypush/internal/domain"
	"policypush/internal/push"
	"policypush/internal/storage"
	"policypush/internal/storage/pgtest"
)

// newcomer subscribes on the portal and is in the index.
func (b *bench) newcomer(change func(s *domain.Subscriber)) *domain.Subscriber {
	b.t.Helper()
	s := &domain.Subscriber{
		Profile: domain.Profile{Kind: domain.Resident, Region: "330000"}, Subscription: domain.Subscription{All: true, AtOnce: true},
		Consent: domain.Consent{Version: "1", At: b.Now(), Source: "portal"},
		Contacts: []domain.Contact{
			{Kind: domain.App, Verified: true},
			{Kind: domain.SMS, Address: "13912345678", Verified: true},
			{Kind: domain.Email, Address: "new@example.com", Verified: true, When: domain.Weekly},
		},
	}
	if change != nil {
		change(s)
	}
	check(b.t, b.Store.Subscribe(context.Background(), s, b.Now()))
	check(b.t, b.Index.Build(context.Background(), Profiles{b.Store}))
	return s
}

// out publishes a policy and finishes its push, so that it is in force and
// everybody of its time has been told.
func (b *bench) out(title string, change func(p *domain.Policy)) *domain.Policy {
	b.t.Helper()
	p, id := b.publish(title)
	if change != nil {
		change(p)
		check(b.t, b.Store.SavePolicy(context.Background(), p, domain.Published))
	}
	check(b.t, b.planTask(id))
	return p
}

func (b *bench) digest(s *domain.Subscriber) domain.Digest {
	b.t.Helper()
	d, err := b.Store.Digest(context.Background(), s.ID, 0)
	check(b.t, err)
	return d
}

func TestANewSubscriberIsToldOnceWhatIsInForce(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	check(t, b.Index.Build(ctx, Profiles{b.Store}))
	for i := range 13 {
		b.out(fmt.Sprintf("关于第%d批居民补贴的通知", i+1), func(p *domain.Policy) { p.Measures[0].Benefit.Amount = float64(i) })
	}
	b.out("关于企业设备补助的通知", func(p *domain.Policy) { p.Audience = domain.ForEnterprises })
	b.out("关于去年补贴的通知", func(p *domain.Policy) { p.Expires = "2025-12-31" })
	urgent := b.out("关于马上截止的通知", func(p *domain.Policy) { p.Measures[0].Window.Deadline = "2026-11-28" })
	person := b.newcomer(nil)
	for range 2 { // the second look adds nothing
		check(t, b.planDigests(ctx))
	}
	d := b.digest(person)
	if len(d.Items) != policiesListed || d.Rest != 4 || d.Items[0].Policy != urgent.ID {
		t.Errorf("lists %d and %d more, the first of them %d", len(d.Items), d.Rest, d.Items[0].Policy)
	}
	b.expect(d.Push, "pending: 2")
	check(t, b.deliverDue())
	b.expect(d.Push, "accepted: 2")
	if len(b.sms.got) != 1 || len(b.email.got) != 1 {
		t.Fatalf("%d texts and %d mails", len(b.sms.got), len(b.email.got))
	}
	text, mail := b.sms.got[0].Text, b.email.got[0]
	if !strings.Contains(text, "现有14项有效政策可能与您有关") || push.Segments(text) != 1 || len(push.Lint(text, push.Terms{})) > 0 {
		t.Errorf("text %q, %q", text, push.Lint(text, push.Terms{}))
	}
	for _, words := range []string{"1. 关于马上截止的通知", "关于第13批居民补贴的通知", "另有4项没有列出", "我的政策：https://zc.example/me/policies", "只发这一次"} {
		if !strings.Contains(mail.Text, words) {
			t.Errorf("the mail does not say %q:\n%s", words, mail.Text)
		}
	}
	if strings.Contains(mail.Text, "企业设备") || strings.Contains(mail.Text, "去年") || mail.Unsubscribe == "" {
		t.Errorf("mail\n%s", mail.Text)
	}
	if pushes, err := b.Store.Pushes(ctx, urgent.ID, 10); err != nil || len(pushes) != 1 {
		t.Errorf("the officers' list has %v, %v", pushes, err)
	}
}

func TestAFirstDigestHonoursWhatThePersonSaid(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(s *domain.Subscriber)
		late   time.Duration // after noon
		lists  int
		want   string
	}{
		"a theme that no policy has":    {func(s *domain.Subscriber) { s.Subscription = domain.Subscription{Themes: []string{"M02"}} }, 0, 0, ""},
		"the theme of one of them":      {func(s *domain.Subscriber) { s.Subscription = domain.Subscription{Themes: []string{"M01"}} }, 0, 1, "pending: 1, suppressed spare:2: 1"},
		"a word of one of them":         {func(s *domain.Subscriber) { s.Subscription = domain.Subscription{Keywords: []string{"取暖"}} }, 0, 1, "pending: 1, suppressed spare:2: 1"},
		"only what is very relevant":    {func(s *domain.Subscriber) { s.Subscription.Least = domain.VeryRelevant }, 0, 0, ""},
		"no consent":                    {func(s *domain.Subscriber) { s.Consent = domain.Consent{} }, 0, 2, "suppressed no-consent: 2"},
		"at night the text waits":       {nil, 10 * time.Hour, 2, "pending: 1, pending quiet-hours: 1"},
		"only the inbox":                {func(s *domain.Subscriber) { s.Contacts = s.Contacts[:1] }, 0, 2, ""},
		"paused before it was planned":  {func(s *domain.Subscriber) { s.Subscription.Paused = true }, 0, 0, ""},
		"an address not verified is no": {func(s *domain.Subscriber) { s.Contacts[1].Verified = false }, 0, 2, "pending: 1"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			ctx := context.Background()
			check(t, b.Index.Build(ctx, Profiles{b.Store}))
			b.out("关于发放取暖补贴的通知", nil)
			b.out("关于就业见习的通知", func(p *domain.Policy) {
				p.Tags = []domain.Tag{{Dimension: domain.ThemeTag, Code: "M01", State: domain.Confirmed}}
			})
			b.pass(tt.late)
			person := b.newcomer(tt.change)
			check(t, b.planDigests(ctx))
			if tt.lists == 0 {
				if _, err := b.Store.Digest(ctx, person.ID, 0); domain.KindOf(err) != domain.NotFound {
					t.Errorf("there is a digest: %v", err)
				}
				if owed, err := b.Store.OwedDigests(ctx, 1); err != nil || len(owed) != 0 {
					t.Errorf("still owed: %v, %v", owed, err)
				}
				return
			}
			d := b.digest(person)
			if len(d.Items) != tt.lists {
				t.Errorf("lists %v", d.Items)
			}
			b.expect(d.Push, tt.want)
		})
	}
}

// TestAFirstDigestRepeatsNoPush: what a push tells, or is about to, is left out.
func TestAFirstDigestRepeatsNoPush(t *testing.T) {
	b := newBench(t)
	ctx, end := context.WithCancel(t.Context())
	check(t, b.Index.Build(ctx, Profiles{b.Store}))
	var following sync.WaitGroup
	following.Go(func() { b.Index.Follow(ctx, Profiles{b.Store}, time.Hour, func(err error) { t.Error(err) }) })
	defer following.Wait()
	defer end()
	old := b.out("关于发放取暖补贴的通知", nil)
	b.pass(time.Second)
	person := &domain.Subscriber{
		Profile: domain.Profile{Kind: domain.Resident, Region: "330000"}, Subscription: domain.Subscription{All: true},
		Consent: domain.Consent{Version: "1", At: b.Now(), Source: "portal"}, Contacts: []domain.Contact{{Kind: domain.SMS, Address: "13912345678", Verified: true}},
	}
	check(t, b.Store.Subscribe(ctx, person, b.Now()))
	b.pass(time.Second)
	_, planned := b.publish("关于发放居民消费券的通知") // planned before the digest: the newcomer is in its audience
	check(t, b.planTask(planned))
	b.publish("关于就业见习的通知") // planned after it
	check(t, b.planDigests(ctx))
	d := b.digest(person)
	if len(d.Items) != 1 || d.Items[0].Policy != old.ID || d.Rest != 0 {
		t.Errorf("lists %+v and %d more, want policy %d alone", d.Items, d.Rest, old.ID)
	}
}

func TestWhatIsTakenBackIsLeftOutOfAFirstDigestAndItsReadersAreTold(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	check(t, b.Index.Build(ctx, Profiles{b.Store}))
	wrong := b.out("关于发放居民消费券的通知", func(p *domain.Policy) { p.Measures[0].Benefit.Amount = 1e6 }) // the first
	b.out("关于发放取暖补贴的通知", nil)
	b.newcomer(nil)
	check(t, b.planDigests(ctx))
	check(t, b.deliverDue())
	b.pass(9 * time.Hour) // night: the text of the next one waits
	late := b.newcomer(func(s *domain.Subscriber) {
		s.Contacts = []domain.Contact{{Kind: domain.SMS, Address: "13987654321", Verified: true}}
	})
	check(t, b.planDigests(ctx))
	check(t, wrong.Withdraw(b.second, "金额有误"))
	notice := domain.Push{Kind: domain.WithdrawalNotice, CreatedAt: b.Now(), IncludePossible: true}
	check(t, b.Store.WithdrawPolicy(ctx, wrong, &notice, b.Now()))
	b.sms.got, b.email.got = nil, nil
	b.pass(12 * time.Hour)
	check(t, b.planTask(notice.ID))
	check(t, b.deliverDue())
	if d := b.digest(late); b.states(d.Push) != "accepted: 1" {
		t.Errorf("the digest that waited: %s", b.states(d.Push))
	}
	var told []string
	for _, m := range append(b.sms.got, b.email.got...) {
		told = append(told, fmt.Sprintln(m.To, strings.Contains(m.Text, "撤回"), strings.Contains(m.Text, "取暖")))
	}
	want := []string{"13912345678 true false", "13987654321 false true", "new@example.com true false"}
	for _, w := range want {
		if !strings.Contains(strings.Join(told, ""), w) {
			t.Errorf("told %q, want %q", told, w)
		}
	}
	if len(told) != len(want) {
		t.Errorf("told %q", told)
	}
}

func TestAFirstDigestOfSomebodyWhoIsGone(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	check(t, b.Index.Build(ctx, Profiles{b.Store}))
	b.out("关于发放取暖补贴的通知", nil)
	person := b.newcomer(nil)
	check(t, b.planDigests(ctx))
	d := b.digest(person)
	check(t, b.Store.DeleteSubscriber(ctx, person.ID, time.Now()))
	check(t, b.deliverDue())
	b.expect(d.Push, "suppressed no-address: 2")
	if len(b.sms.got)+len(b.email.got) > 0 {
		t.Error("a message went out to somebody who is gone")
	}
}

// TestOneDigestHoweverManyWorkers: the batches of several pushes are due at one
// moment, with a part of everybody's digest each, and are served at once.
func TestOneDigestHoweverManyWorkers(t *testing.T) {
	b := newBenchOn(t, pgtest.Start(t).Database(t), "")
	const people, pushes = 120, 4
	b.people(people, func(i int, s *domain.Subscriber) {
		s.Contacts = []domain.Contact{{Kind: domain.Email, Address: fmt.Sprintf("r%d@example.com", i), When: domain.Daily, Verified: true}}
	})
	var ids []domain.PushID
	for i := range pushes {
		_, id := b.publish(fmt.Sprintf("关于第%d号政策的通知", i))
		check(t, b.planTask(id))
		ids = append(ids, id)
	}
	b.pass(24 * time.Hour)
	var workers sync.WaitGroup
	for _, batch := range b.due() {
		check(t, b.Store.MarkQueued(t.Context(), batch.ID, batch.Gen, b.Now()))
		workers.Go(func() {
			if err := b.deliverTask(t.Context(), batch.ID, batch.Gen); err != nil {
				t.Error(err)
			}
		})
	}
	workers.Wait()
	b.pass(b.Clocks.DeadAfter + time.Second) // who found everything in the hands of others comes back
	check(t, b.sweep(t.Context()))
	check(t, b.deliverDue())
	for _, id := range ids {
		b.expect(id, fmt.Sprint("accepted: ", people))
	}
	got := map[string]int{}
	for _, m := range b.email.got {
		got[m.To]++
	}
	if len(got) != people {
		t.Errorf("%d of %d got a digest", len(got), people)
	}
	for to, n := range got {
		if n != 1 {
			t.Errorf("%s got %d digests", to, n)
		}
	}
}

// TestSharedDigestBounces: one person stands for two enterprises, and a digest
// with a policy for each bounces. Both are told the next way.
func TestSharedDigestBounces(t *testing.T) {
	b := newBench(t)
	first, second := enterprise(1, "恒达", "13900000001"), enterprise(2, "永盛", "13900000002")
	for _, s := range []*domain.Subscriber{first, second} {
		s.Contacts = []domain.Contact{{Kind: domain.Email, Address: "lin@example.com", When: domain.Daily, Verified: true}, s.Contacts[0]}
	}
	second.Profile.Region = "330001"
	b.save(first, second)
	var pushes []domain.PushID
	for i, region := range []string{"330002", "330001"} {
		_, id := b.publishWith(fmt.Sprintf("关于第%d号政策的通知", i), func(p *domain.Policy) {
			p.Measures[0].Criteria = domain.Leaf(domain.Condition{Field: domain.FieldRegion, Op: domain.In, Values: []string{region}})
		})
		check(t, b.planTask(id))
		pushes = append(pushes, id)
	}
	b.pass(24 * time.Hour)
	check(t, b.deliverDue())
	if len(b.email.got) != 1 {
		t.Fatalf("%d mails went out, not one digest", len(b.email.got))
	}
	id, err := domain.DeliveryOf(b.email.got[0].Ref)
	check(t, err)
	check(t, b.Store.RecordReceipt(t.Context(), storage.Receipt{Delivery: id, Channel: domain.Email, State: domain.Failed, Reason: domain.ReasonRefused + ":5.1.1", At: b.Now()}))
	for _, id := range pushes {
		b.expect(id, "failed refused:5.1.1: 1, pending spare:2: 1")
	}
	check(t, b.deliverDue())
	if len(b.sms.got) != 2 {
		t.Errorf("%d texts stepped in, not one for each", len(b.sms.got))
	}
}

// TestAppShowsEveryPartOfADigest: the app has taken a digest and its answer was
// lost. It drops the same digest, and shows one that has another part by then.
func TestAppShowsEveryPartOfADigest(t *testing.T) {
	b := newBench(t)
	shown := map[string]string{} // by reference: one that honours it
	answered := false
	app := &gateway{answer: func(m channel.Message) channel.Result {
		if _, taken := shown[m.Ref]; !taken {
			shown[m.Ref] = m.Text
		}
		if !answered {
			return channel.Result{Class: channel.Retry, Code: "no-answer"}
		}
		return channel.Result{Class: channel.Accepted}
	}}
	b.Lines[domain.Webhook] = Line{Mode: channel.Send, Sender: app, Concurrency: 1}
	b.people(1, func(_ int, s *domain.Subscriber) {
		s.Contacts = []domain.Contact{{Kind: domain.Webhook, Address: "u1", When: domain.Daily, Verified: true}}
	})
	_, one := b.publish("关于甲项补助的通知")
	check(t, b.planTask(one))
	_, two := b.publish("关于乙项补助的通知")
	check(t, b.planTask(two))
	check(t, b.Store.PausePush(t.Context(), two, b.drafter.ID, "核对", b.Now()))
	b.pass(24 * time.Hour)
	check(t, b.deliverDue())
	b.pass(2 * time.Minute)
	check(t, b.deliverDue())
	if len(app.got) != 2 || len(shown) != 1 {
		t.Fatalf("the same digest was handed over %d times, and the app shows it %d times", len(app.got), len(shown))
	}
	answered = true
	check(t, b.Store.ResumePush(t.Context(), two))
	b.pass(6 * time.Minute)
	check(t, b.deliverDue())
	b.expect(one, "accepted: 1")
	b.expect(two, "accepted: 1")
	var texts []string
	for ref, text := range shown {
		texts = append(texts, text)
		if id, err := domain.DeliveryOf(ref); err != nil || id.Push() != one && id.Push() != two {
			t.Errorf("reference %q names delivery %d: %v", ref, id, err)
		}
		if !channel.ValidRef(ref) {
			t.Errorf("reference %q is not one", ref)
		}
	}
	if all := strings.Join(texts, " "); !strings.Contains(all, "甲项") || !strings.Contains(all, "乙项") {
		t.Errorf("the app shows %q", texts)
	}
}

// TestAReceiptThatIsFasterThanTheWorkerSpeaksOfWhatWentOut: the other part of the
// digest was put aside by then.
func TestAReceiptThatIsFasterThanTheWorkerSpeaksOfWhatWentOut(t *testing.T) {
	b := newBench(t)
	b.people(1, func(_ int, s *domain.Subscriber) { s.Contacts[0].When = domain.Daily })
	var pushes []domain.PushID
	for _, title := range []string{"关于甲项补助的通知", "关于乙项补助的通知", "关于丙项补助的通知"} {
		_, id := b.publish(title)
		check(t, b.planTask(id))
		pushes = append(pushes, id)
	}
	check(t, b.Store.MarkInbox(t.Context(), 1, pushes[0], "dismissed", b.Now()))
	b.sms.answer = func(m channel.Message) channel.Result {
		id, err := domain.DeliveryOf(m.Ref)
		check(t, err)
		check(t, b.Store.RecordReceipt(t.Context(), storage.Receipt{Delivery: id, Channel: domain.SMS, State: domain.Delivered, At: b.Now()}))
		return channel.Result{Class: channel.Accepted}
	}
	b.pass(24 * time.Hour)
	check(t, b.deliverDue())
	if len(b.sms.got) != 1 {
		t.Fatalf("%d texts", len(b.sms.got))
	}
	b.expect(pushes[0], "suppressed put-aside: 1")
	b.expect(pushes[1], "delivered: 1")
	b.expect(pushes[2], "delivered: 1")
}
