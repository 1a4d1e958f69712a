package domain

import "time"

// Task is what an officer has to do with a question, for which the service
// sends them a mail.
type Task string

// The tasks. What is late is not due any more, and what is due is no news.
const (
	TaskAnswer  Task = "answer"  // it came to the office
	TaskReview  Task = "review"  // an answer waits for another person than its author
	TaskDue     Task = "due"     // it is promised for today
	TaskOverdue Task = "overdue" // the promise is broken
)

// Label says in a line of a list what is to be done.
func (t Task) Label() string {
	switch t {
	case TaskAnswer:
		return "等待答复"
	case TaskReview:
		return "答复等待审核"
	case TaskDue:
		return "答复今天到期"
	case TaskOverdue:
		return "答复已逾期"
	default:
		return string(t)
	}
}

// DeskTask is a task with a question. Nothing of what was asked is in it.
type DeskTask struct {
	Question QuestionID
	Version  int64 // of the question when it was looked at
	Task     Task
	Due      time.Time // what the office promised
}

// TaskFor returns what an officer of the office that is responsible has to do
// with a question now; ok is false if that is nothing.
func (q *Question) TaskFor(o Operator) (t DeskTask, ok bool) {
	t = DeskTask{Question: q.ID, Version: q.Version, Due: q.DueAt}
	answers, reviews := o.May(DraftPolicies), o.May(ApprovePolicies)
	draft := (*Answer)(nil)
	if q.ToReview() {
		draft = q.Last().Draft
	}
	switch {
	case !answers && !reviews:
		return t, false
	case q.State.Waits() && !q.OverdueAt.IsZero() && !q.OverdueAt.Before(q.DueAt): // of an earlier promise they were told
		t.Task = TaskOverdue
	case q.State.Waits() && !q.RemindedAt.IsZero():
		t.Task = TaskDue
	case draft != nil && reviews && draft.By != o.ID:
		t.Task = TaskReview
	case q.State == QuestionOpen && answers:
		t.Task = TaskAnswer
	default:
		return t, false
	}
	return t, true
}

// Coordinates tells whether an office, of all by age, hands out what nobody is
// responsible for: the one that keeps the site.
func Coordinates(offices []Office, id OfficeID) bool { return len(offices) > 0 && offices[0].ID == id }
