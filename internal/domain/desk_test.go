package domain

import (
	"testing"
	"time"
)

// TestTasksOfAnOfficer: who has to do what with a question, as it goes on.
func TestTasksOfAnOfficer(t *testing.T) {
	now := time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)
	drafter := Operator{ID: 1, Office: 1, Roles: []Role{Drafter}}
	approver := Operator{ID: 2, Office: 1, Roles: []Role{Approver}}
	both := Operator{ID: 3, Office: 1, Roles: []Role{Drafter, Approver}}
	auditor := Operator{ID: 4, Office: 1, Roles: []Role{Auditor}}
	retired := Operator{ID: 5, Office: 1, Roles: []Role{Drafter}, Disabled: true}
	open := Question{ID: 7, State: QuestionOpen, DueAt: now, Rounds: []Round{{Text: "?"}}}
	drafted := Question{ID: 7, State: QuestionDrafted, DueAt: now, Rounds: []Round{{Draft: &Answer{By: both.ID}}}}
	corrected := Question{ID: 7, State: QuestionAnswered, DueAt: now, Rounds: []Round{{Answer: &Answer{}, Draft: &Answer{By: 9}}}, RemindedAt: now, OverdueAt: now}
	answered := Question{ID: 7, State: QuestionAnswered, DueAt: now, Rounds: []Round{{Answer: &Answer{}}}, RemindedAt: now}
	due, late := drafted, open
	due.RemindedAt = now
	late.RemindedAt, late.OverdueAt = now, now
	for name, tt := range map[string]struct {
		q    Question
		want map[OperatorID]Task
	}{
		"open":      {open, map[OperatorID]Task{1: TaskAnswer, 3: TaskAnswer}},
		"drafted":   {drafted, map[OperatorID]Task{2: TaskReview}}, // nobody reviews their own
		"due":       {due, map[OperatorID]Task{1: TaskDue, 2: TaskDue, 3: TaskDue}},
		"overdue":   {late, map[OperatorID]Task{1: TaskOverdue, 2: TaskOverdue, 3: TaskOverdue}},
		"corrected": {corrected, map[OperatorID]Task{2: TaskReview, 3: TaskReview}},
		"answered":  {answered, nil},
	} {
		for _, o := range []Operator{drafter, approver, both, auditor, retired} {
			task, ok := tt.q.TaskFor(o)
			want := tt.want[o.ID]
			if ok != (want != "") || ok && task != (DeskTask{Question: 7, Task: want, Due: now}) {
				t.Errorf("%s, operator %d: %+v %v, want %q", name, o.ID, task, ok, want)
			}
		}
	}
}
