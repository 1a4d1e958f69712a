package workers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"policypush/internal/channel/app"
	"policypush/internal/domain"
	"policypush/internal/push"
	"policypush/internal/storage"
)

const (
	noticesPerLook = 50             // that are planned at a look
	clockEvery     = time.Minute    // how often the leader looks at the clocks of questions
	remindBefore   = 24 * time.Hour // the end of the day that was promised: the day begins
)

// planAnswers plans what askers are owed: each notice is a push of its own to
// one person, over the channel that they chose. It is planned in one
// transaction, so a second run adds none.
func (w *Workers) planAnswers(ctx context.Context) error {
	owed, err := w.Store.OwedNotices(ctx, noticesPerLook)
	if err != nil {
		return err
	}
	var failed error // one that fails holds up no other
	for i := range owed {
		if err := w.planAnswer(ctx, &owed[i]); err != nil && domain.KindOf(err) != domain.Conflict {
			failed = errors.Join(failed, err)
		}
	}
	if len(owed) == noticesPerLook && failed == nil {
		w.Wake() // there may be more
	}
	return failed
}

func (w *Workers) planAnswer(ctx context.Context, n *domain.Notice) error {
	policy, err := w.policyOf(ctx, n)
	if err != nil {
		return err
	}
	sub, err := w.Store.Subscriber(ctx, n.Subscriber)
	if domain.KindOf(err) == domain.NotFound {
		return nil // gone this moment, and what was owed with them
	}
	if err != nil {
		return err
	}
	deliveries := push.Plan(push.Input{
		Kind: domain.AnswerPush, Subscriber: sub, Verdict: domain.Likely, Now: w.Now(), Limits: w.Limits, Off: w.switchedOff(),
		Only: []domain.ChannelKind{n.Channel},
	})
	if err := w.Store.PlanNotice(ctx, n, policy, deliveries, w.Now()); err != nil {
		return err
	}
	w.Log.InfoContext(ctx, "answer planned", "question", n.Question, "interpretation", n.Item, "push", n.Push, "kind", n.Kind, "deliveries", len(deliveries))
	w.Wake()
	title, err := json.Marshal(map[string]string{"title": n.Kind.Title()})
	if err != nil {
		return err
	}
	if w.Hub != nil {
		w.Hub.Publish(app.Event{ID: int64(n.Push), Name: "notice", Data: string(title)}, func(id domain.SubscriberID) bool { return id == n.Subscriber })
	}
	return nil
}

// policyOf returns the policy that a notice is about, or 0.
func (w *Workers) policyOf(ctx context.Context, n *domain.Notice) (domain.PolicyID, error) {
	if n.Item != 0 {
		it, err := w.Store.Interpretation(ctx, n.Item)
		return it.Policy, err
	}
	q, err := w.Store.Question(ctx, n.Question)
	return q.Policy, err
}

// answering reads what a push that answers is about: the office that answers
// speaks, of a question and answer that of the policy.
func (w *Workers) answering(ctx context.Context, m *matter) error {
	var err error
	m.policy = &domain.Policy{} // what was asked is about none
	if m.push.Policy != 0 {
		if m.policy, err = w.Store.Policy(ctx, m.push.Policy); err != nil {
			return err
		}
	}
	office := m.policy.Office
	if m.notice, err = w.Store.NoticeOf(ctx, m.push.ID); domain.KindOf(err) == domain.NotFound {
		err = nil // the asker is gone: nothing of it is sent
	} else if err == nil && m.notice.Question != 0 {
		var q domain.Question
		if q, err = w.Store.Question(ctx, m.notice.Question); err == nil {
			office = q.Office
		}
	}
	if err != nil {
		return err
	}
	m.office, err = w.Store.Office(ctx, office)
	return err
}

// remindQuestions marks, each once, the questions whose promised day has begun
// and those whose promise is broken. The office sees both on its desk; the
// record of what was done says so.
func (w *Workers) remindQuestions(ctx context.Context) error {
	now := w.Now()
	if since := now.Sub(w.clocked); since >= 0 && since < clockEvery { // less than none: the clock was set back
		return nil
	}
	soon, overdue, err := w.Store.RemindQuestions(ctx, now, remindBefore)
	if err != nil {
		return err
	}
	w.clocked = now
	for _, marked := range []struct {
		action string
		all    []domain.Question
	}{{"question-due", soon}, {"question-overdue", overdue}} {
		for _, q := range marked.all {
			if err := w.Store.Audit(ctx, storage.AuditEntry{At: now, Action: marked.action, Object: fmt.Sprintf("question/%d", q.ID)}); err != nil {
				return err
			}
		}
	}
	if len(soon)+len(overdue) > 0 {
		w.Log.InfoContext(ctx, "questions marked", "due", len(soon), "overdue", len(overdue))
	}
	return nil
}
