package workers

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"policypush/internal/domain"
	"policypush/interpretations"
)

// asked keeps a question about a policy that is due after a while.
func (b *bench) asked(p *domain.Policy, by domain.SubscriberID, due time.Duration) *domain.Question {
	b.t.Helper()
	q := &domain.Question{Policy: p.ID, Office: b.office.ID, Subscriber: by, Channel: domain.SMS, Once: fmt.Append(nil, by, due), Code: []byte{}}
	check(b.t, q.Ask("低保家庭能领取暖补贴吗？", b.Now(), b.Now().Add(due)))
	_, err := b.Store.AskQuestion(context.Background(), q)
	check(b.t, err)
	return q
}

// TestAnAskerIsToldOnce: over the channel they chose, with the number and
// nothing of what was asked, in daylight, and not after they have gone.
func TestAnAskerIsToldOnce(t *testing.T) {
	b, ctx := newBench(t), context.Background()
	asker, gone := enterprise(1, "恒达", "13900000001"), enterprise(2, "永盛", "13900000002")
	for _, s := range []*domain.Subscriber{asker, gone} {
		s.Contacts = append(s.Contacts, domain.Contact{Kind: domain.Email, Address: "lin@example.com", Verified: true})
	}
	b.save(asker, gone)
	p, _ := b.publish("关于发放取暖补贴的通知")
	notice := func(q *domain.Question) domain.Notice {
		return domain.Notice{Question: q.ID, Subscriber: q.Subscriber, Channel: domain.SMS, Kind: domain.NoticeAnswered, At: b.Now()}
	}
	first, other := b.asked(p, asker.ID, time.Hour), b.asked(p, gone.ID, time.Hour)
	check(t, b.Store.SaveQuestion(ctx, first, notice(first)))
	check(t, b.Store.SaveQuestion(ctx, other, notice(other)))
	check(t, b.Store.DeleteSubscriber(ctx, gone.ID, time.Now()))
	b.pass(10 * time.Hour) // ten in the evening
	for range 2 {
		check(t, b.planAnswers(ctx))
	}
	owed, err := b.Store.OwedNotices(ctx, 10)
	check(t, err)
	told, err := b.Store.Notices(ctx, asker.ID, 10)
	check(t, err)
	if len(owed) != 0 || len(told) != 1 {
		t.Fatalf("owed %v, told %v", owed, told)
	}
	check(t, b.deliverDue())
	if len(b.sms.got) != 0 {
		t.Errorf("told at night: %v", b.sms.got)
	}
	b.pass(12 * time.Hour)
	for range 2 {
		check(t, b.deliverDue())
	}
	b.expect(told[0].Push, "accepted: 1")
	if len(b.sms.got) != 1 || len(b.email.got) != 0 {
		t.Fatalf("texts %v, mails %v", b.sms.got, b.email.got)
	}
	if m := b.sms.got[0]; m.To != "13900000001" || !strings.Contains(m.Text, fmt.Sprintf("编号%d", first.ID)) || strings.Contains(m.Text, "低保") || strings.Contains(m.Text, "取暖") {
		t.Errorf("to %s: %s", m.To, m.Text)
	}
}

// TestAnAskerIsToldOfNoPolicy: the answer to a question about none is told like
// any other, and the office that answers speaks.
func TestAnAskerIsToldOfNoPolicy(t *testing.T) {
	b, ctx := newBench(t), context.Background()
	asker := enterprise(1, "恒达", "13900000001")
	b.save(asker)
	q := &domain.Question{Office: b.office.ID, Subscriber: asker.ID, Channel: domain.SMS, Once: []byte("general"), Code: []byte{}}
	check(t, q.Ask("服务大厅周末开不开门？", b.Now(), b.Now().Add(time.Hour)))
	_, err := b.Store.AskQuestion(ctx, q)
	check(t, err)
	check(t, b.Store.SaveQuestion(ctx, q, domain.Notice{Subscriber: asker.ID, Channel: domain.SMS, Kind: domain.NoticeAnswered, At: b.Now()}))
	for range 2 {
		check(t, b.planAnswers(ctx))
		check(t, b.deliverDue())
	}
	told, err := b.Store.Notices(ctx, asker.ID, 10)
	check(t, err)
	if len(told) != 1 || len(b.sms.got) != 1 || !strings.Contains(b.sms.got[0].Text, fmt.Sprintf("编号%d", q.ID)) {
		t.Fatalf("told %+v, texts %v", told, b.sms.got)
	}
	b.expect(told[0].Push, "accepted: 1")
}

// TestAReaderIsToldInTheInbox: of a question and answer that an officer wrote;
// and after the time that is kept, nobody is known to have read it.
func TestAReaderIsToldInTheInbox(t *testing.T) {
	b, ctx := newBench(t), context.Background()
	reader := enterprise(1, "恒达", "13900000001")
	b.save(reader)
	p, _ := b.publish("关于发放取暖补贴的通知")
	check(t, b.Store.ReadQA(ctx, p.ID, reader.ID, b.Now(), b.Now()))
	it := interpretations.Item{
		Policy: p.ID, Kind: interpretations.QAKind, State: interpretations.Approved,
		QA: &interpretations.QA{Question: "谁能领？", Answer: "低保家庭。", Clauses: []string{"一"}},
	}
	notice := domain.Notice{Subscriber: reader.ID, Channel: domain.App, Kind: domain.NoticeCorrected, At: b.Now()}
	check(t, b.Store.SaveInterpretation(ctx, &it, notice))
	for range 2 {
		check(t, b.planAnswers(ctx))
	}
	told, err := b.Store.Notices(ctx, reader.ID, 10)
	check(t, err)
	if len(told) != 1 || told[0].Item != it.ID || told[0].Push == 0 {
		t.Fatalf("told %+v", told)
	}
	check(t, b.deliverDue())
	if len(b.sms.got) != 0 {
		t.Errorf("texts %v", b.sms.got)
	}
	b.pass(domain.KeepRead - time.Hour)
	check(t, b.sweep(ctx))
	if kept, err := b.Store.ReadQAs(ctx, reader.ID); err != nil || len(kept) != 1 {
		t.Errorf("before its time: %v, %v", kept, err)
	}
	b.pass(2 * time.Hour)
	check(t, b.sweep(ctx))
	if kept, err := b.Store.ReadQAs(ctx, reader.ID); err != nil || len(kept) != 0 {
		t.Errorf("after its time: %v, %v", kept, err)
	}
}

// TestQuestionsAreMarkedOnce: when the promised day begins and when it is over,
// by the service's clock.
func TestQuestionsAreMarkedOnce(t *testing.T) {
	b, ctx := newBench(t), context.Background()
	b.people(1, nil)
	p, _ := b.publish("关于发放取暖补贴的通知")
	q := b.asked(p, 1, 36*time.Hour)
	marks := func() string {
		entries, err := b.Store.AuditEntries(ctx, fmt.Sprintf("question/%d", q.ID), 10)
		check(t, err)
		var actions []string
		for _, e := range entries {
			actions = append(actions, e.Action)
		}
		return strings.Join(actions, " ")
	}
	for _, step := range []struct {
		wait time.Duration
		want string // the latest first
	}{
		{0, ""},
		{12*time.Hour - time.Second, ""},
		{30 * time.Second, ""}, // it is time, but a look was taken not a minute ago
		{time.Minute, "question-due"},
		{time.Hour, "question-due"},
		{-2 * time.Hour, "question-due"}, // the clock was set back
		{25*time.Hour + time.Minute, "question-overdue question-due"},
		{time.Hour, "question-overdue question-due"},
	} {
		b.pass(step.wait)
		check(t, b.remindQuestions(ctx))
		if got := marks(); got != step.want {
			t.Errorf("%s later: %q, want %q", step.wait, got, step.want)
		}
	}
}
