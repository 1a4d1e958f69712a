package workers

import (
	"context"
	"fmt"
	"net/mail"
	"strings"
	"testing"
	"time"

	"policypush/internal/channel"
	"policypush/internal/channel/channeltest"
	"policypush/internal/channel/email"
	"policypush/internal/domain"
)

// TestOfficersAreToldWhatWaits: once, in one mail, in the hours of the office,
// with the numbers of the questions and nothing of what was asked; and not what
// has been done meanwhile.
func TestOfficersAreToldWhatWaits(t *testing.T) {
	b, ctx := newBench(t), context.Background()
	b.Letterhead.Desk = "https://zc.example/console/questions"
	b.Limits.Rest = func(day time.Time) bool { return day.Weekday() == time.Saturday || day.Weekday() == time.Sunday }
	b.people(2, nil)
	p, _ := b.publish("关于发放取暖补贴的通知")
	check(t, b.Store.SetMail(ctx, b.drafter.ID, "lin@gov.example"))
	retired := domain.Operator{Office: b.office.ID, Login: "r", Name: "何平", Roles: []domain.Role{domain.Drafter}, Disabled: true}
	check(t, b.Store.SaveOperator(ctx, &retired))
	check(t, b.Store.SetMail(ctx, retired.ID, "he@gov.example"))
	at := func(day, hour int) { // of March 2027, in Shanghai; the first is a Monday
		b.pass(time.Date(2027, 3, day, hour-8, 0, 0, 0, time.UTC).Sub(b.Now()))
	}
	var seen int
	look := func(when string, want ...string) {
		t.Helper()
		for range 2 { // one who leads after another asks anew
			b.told = time.Time{}
			_ = b.tellOfficers(ctx) // below it is looked at what came of it
		}
		mails := b.email.got[seen:]
		seen = len(b.email.got)
		if len(mails) != min(len(want), 1) {
			t.Fatalf("%s: %d mails, want %q", when, len(mails), want)
		}
		for _, text := range want {
			if m := mails[0]; m.To != "lin@gov.example" || !strings.Contains(m.Text, text) || strings.Contains(m.Text, "取暖") || !strings.Contains(m.Text, b.Letterhead.Desk) {
				t.Errorf("%s: to %s: %s; want %q", when, m.To, m.Text, text)
			}
		}
	}
	at(1, 9)
	look("nothing is asked")
	first, second := b.asked(p, 1, 39*time.Hour), b.asked(p, 2, 5*24*time.Hour+15*time.Hour)
	is := func(q *domain.Question, what string) string { return fmt.Sprintf("编号%d：%s", q.ID, what) }
	at(1, 22)
	look("at night")
	at(2, 8)
	check(t, b.remindQuestions(ctx)) // the day of the first has begun
	look("in the morning", "2个提问", is(first, "答复今天到期（承诺3月2日前答复）"), is(second, "等待答复（承诺3月6日前答复）"))
	b.told = b.Now()
	third := b.asked(p, 1, 10*24*time.Hour)
	check(t, b.tellOfficers(ctx))
	if len(b.email.got) != seen {
		t.Error("a second mail within the hour")
	}
	at(2, 10)
	b.email.answer = func(channel.Message) channel.Result { return channel.Result{Class: channel.Retry, Code: "451"} }
	b.told = time.Time{}
	if err := b.tellOfficers(ctx); err == nil {
		t.Error("nobody learns that the gateway does not take it")
	}
	b.email.answer, seen = nil, len(b.email.got)
	look("when the gateway takes it", is(third, "等待答复"))
	at(6, 9) // a Saturday
	check(t, b.remindQuestions(ctx))
	look("on a day of rest")
	check(t, third.Withdraw())
	check(t, b.Store.SaveQuestion(ctx, third))
	at(8, 9)
	check(t, b.remindQuestions(ctx))
	look("on Monday", "2个提问", is(first, "答复已逾期"), is(second, "答复已逾期"))
	check(t, b.Store.SetMail(ctx, b.drafter.ID, ""))
	b.asked(p, 2, 11*24*time.Hour)
	look("without an address")
}

// TestTwoServicesTellAnOfficerOnce: through a real relay, in the name of the
// office.
func TestTwoServicesTellAnOfficerOnce(t *testing.T) {
	b, ctx := newBench(t), context.Background()
	b.Letterhead.Desk = "https://zc.example/console/questions"
	peer := channeltest.StartSMTPPeer(t, channeltest.SMTPOptions{})
	relay, err := email.New(email.Config{
		Host: peer.Host, Port: peer.Port, Security: email.Plain, Composer: email.Composer{From: mail.Address{Address: "zc@yunchuan.example"}},
	})
	check(t, err)
	t.Cleanup(func() { check(t, relay.Close()) })
	b.Lines[domain.Email] = Line{Mode: channel.Send, Sender: relay}
	b.people(1, nil)
	p, _ := b.publish("关于发放取暖补贴的通知")
	check(t, b.Store.SetMail(ctx, b.drafter.ID, "lin@gov.example"))
	q := b.asked(p, 1, 100*time.Hour)
	services, ended := []*Workers{b.Workers, New(b.Config)}, make(chan error)
	for _, w := range services {
		go func() { ended <- w.tellOfficers(ctx) }()
	}
	for range services {
		check(t, <-ended)
	}
	mails := peer.Await(t, 1)
	if len(mails) != 1 {
		t.Fatalf("%d mails, want one", len(mails))
	}
	m := mails[0]
	if m.To[0] != "lin@gov.example" || m.Subject != "政策直达：1个提问等您处理" || !strings.Contains(m.FromText, b.office.Name) ||
		!strings.Contains(m.Text, fmt.Sprintf("编号%d：等待答复", q.ID)) || strings.Contains(m.Text, "取暖") {
		t.Errorf("%+v", m)
	}
}
