package workers

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"policypush/internal/channel"
	"policypush/internal/domain"
	"policypush/internal/push"
	"policypush/internal/storage"
)

// deskEvery is how often officers are told what is new on their desk: what comes
// within so long stands in one mail.
const deskEvery = time.Hour

// tellOfficers sends each officer who gave an address a mail with what they have
// to do and were not told of, in the hours of the office. It holds the numbers of
// questions and nothing of what was asked. A mail that the gateway does not take
// is tried at the next look, and so are the others then; one of which it is not
// known whether it was taken is not sent again: the desk shows the same.
func (w *Workers) tellOfficers(ctx context.Context) error {
	now := w.Now()
	line, ok := w.Lines[domain.Email]
	if !ok || line.Mode == channel.Off || !w.Limits.OfficeHours(now) {
		return nil
	}
	if since := now.Sub(w.told); since >= 0 && since < deskEvery { // less than none: the clock was set back
		return nil
	}
	w.told = now
	operators, err := w.Store.Operators(ctx)
	if err != nil {
		return err
	}
	offices, err := w.Store.Offices(ctx)
	if err != nil {
		return err
	}
	desks := map[domain.OfficeID][]domain.Question{}
	for _, o := range operators {
		if o.Mail == "" || o.Disabled {
			continue
		}
		desk, known := desks[o.Office]
		if !known {
			if desk, err = w.deskOf(ctx, o.Office, domain.Coordinates(offices, o.Office)); err != nil {
				return err
			}
			desks[o.Office] = desk
		}
		if err := w.tellOfficer(ctx, o, offices, desk); err != nil {
			return err
		}
	}
	return nil
}

// deskOf reads the questions for which an office has something to do.
func (w *Workers) deskOf(ctx context.Context, office domain.OfficeID, coordinates bool) ([]domain.Question, error) {
	waits := []domain.QuestionState{domain.QuestionOpen, domain.QuestionDrafted}
	all, err := w.Store.Questions(ctx, storage.QuestionFilter{Office: office, Unrouted: coordinates, States: waits})
	if err != nil {
		return nil, err
	}
	review, err := w.Store.Questions(ctx, storage.QuestionFilter{Office: office, ToReview: true})
	for _, q := range review {
		if !q.State.Waits() { // a correction
			all = append(all, q)
		}
	}
	return all, err
}

func (w *Workers) tellOfficer(ctx context.Context, o domain.Operator, offices []domain.Office, desk []domain.Question) error {
	var tasks []domain.DeskTask
	for i := range desk {
		if t, ok := desk[i].TaskFor(o); ok {
			tasks = append(tasks, t)
		}
	}
	fresh, err := w.Store.TellOfficer(ctx, o.ID, tasks)
	if err != nil || len(fresh) == 0 {
		return err
	}
	m := w.deskMail(o, fresh)
	for _, office := range offices {
		if office.ID == o.Office {
			m.FromName = office.Name
		}
	}
	// The leader has other duties than to wait for a gateway.
	brief, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	r, err := Courier{Store: w.Store, Lines: w.Lines, Now: w.Now}.send(brief, domain.Email, m)
	switch r.Class {
	case channel.Accepted, channel.Unknown:
		return err
	case channel.Permanent: // the same would be refused again
		w.Log.WarnContext(ctx, "the address of an officer is refused", "operator", o.ID, "code", r.Code, "note", r.Note)
		return err
	}
	record, cancelRecord := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancelRecord()
	return errors.Join(fmt.Errorf("mail to operator %d: %s %s %s", o.ID, r.Class, r.Code, r.Note), w.Store.NotTold(record, o.ID, fresh))
}

// deskMail says what an officer has to do.
func (w *Workers) deskMail(o domain.Operator, tasks []domain.DeskTask) channel.Message {
	var b strings.Builder
	fmt.Fprintf(&b, "%s：\n\n有%d个提问等您处理：\n\n", o.Name, len(tasks))
	for _, t := range tasks {
		due := t.Due.Add(-time.Minute).In(push.Shanghai()) // a promise ends with a day
		fmt.Fprintf(&b, "· 编号%d：%s（承诺%d月%d日前答复）\n", t.Question, t.Task.Label(), due.Month(), due.Day())
	}
	fmt.Fprintf(&b, "\n请到工作台处理：%s\n\n不想再收到这类邮件，请在工作台右上角“账号”里停用提醒邮箱。\n", w.Letterhead.Desk)
	return channel.Message{To: o.Mail, Subject: fmt.Sprintf("政策直达：%d个提问等您处理", len(tasks)), Text: b.String()}
}
