package domain_test

import (
	"strings"
	"testing"
	"time"

	"policypush/internal/domain"
)

var (
	askedAt = time.Date(2026, 11, 25, 4, 0, 0, 0, time.UTC)
	dueAt   = askedAt.Add(36 * time.Hour)
	asked   = &domain.Policy{ID: 4, Version: 2, Clauses: []domain.Clause{{Path: "第一条"}}}
	writer  = domain.Operator{ID: 1, Office: 1, Roles: []domain.Role{domain.Drafter, domain.Approver}}
	second  = domain.Operator{ID: 2, Office: 1, Roles: []domain.Role{domain.Approver}}
	foreign = domain.Operator{ID: 3, Office: 2, Roles: []domain.Role{domain.Drafter, domain.Approver}}
)

// deeds are what can be done to a question, by name.
var deeds = map[string]func(q *domain.Question) error{
	"ask": func(q *domain.Question) error { return q.Ask("二手设备能不能补？", askedAt, dueAt) },
	"write": func(q *domain.Question) error {
		return q.Write(writer, "不能。", asked, []string{"第一条"}, askedAt)
	},
	"approve":  func(q *domain.Question) error { _, err := q.Approve(second, asked, askedAt); return err },
	"return":   func(q *domain.Question) error { return q.Return(second, "依据不对") },
	"withdraw": (*domain.Question).Withdraw,
	"helpful":  func(q *domain.Question) error { return q.Say(domain.Helpful, "", askedAt, dueAt) },
	"unclear":  func(q *domain.Question) error { return q.Say(domain.Unclear, "", askedAt, dueAt) },
	"complex": func(q *domain.Question) error {
		return q.Prolong(writer, "要核实", askedAt, dueAt.Add(48*time.Hour))
	},
	"extend": func(q *domain.Question) error { return q.Extend(writer, "要核实", askedAt, dueAt.Add(72*time.Hour)) },
	"move":   func(q *domain.Question) error { return q.Route(writer, false, 2, 4, "归他们管", askedAt) },
}

// after returns a question to which deeds were done.
func after(t *testing.T, names string) *domain.Question {
	t.Helper()
	q := &domain.Question{Policy: 4, Office: 1}
	for _, name := range strings.Fields(names) {
		if err := deeds[name](q); err != nil {
			t.Fatalf("%s of %s: %v", name, names, err)
		}
	}
	return q
}

func TestWhatCanBeDoneToAQuestion(t *testing.T) {
	for _, tt := range []struct{ done, state, can string }{
		{"ask", "open", "write withdraw complex extend move"},
		{"ask write", "drafted", "write approve return withdraw complex extend move"},
		{"ask write return", "open", "write withdraw complex extend move"},
		{"ask write move", "open", "withdraw"}, // the rest is the other office's
		{"ask withdraw", "withdrawn", ""},
		{"ask write withdraw", "withdrawn", ""},
		{"ask write approve", "answered", "ask write helpful unclear"},
		{"ask write approve helpful", "answered", "ask write helpful unclear"},
		{"ask write approve write", "answered", "ask write approve return helpful unclear"}, // a correction
		{"ask write approve write approve", "answered", "ask write helpful unclear"},
		{"ask write approve unclear", "open", "write withdraw complex extend move"},
		{"ask complex", "open", "write withdraw extend move"},
		{"ask extend", "open", "write withdraw complex move"},
		{"ask extend write approve ask", "open", "write withdraw complex extend move"}, // each round has its own clock
	} {
		if q := after(t, tt.done); string(q.State) != tt.state {
			t.Errorf("after %s: %s, want %s", tt.done, q.State, tt.state)
		}
		for name, do := range deeds {
			err := do(after(t, tt.done))
			if can := strings.Contains(" "+tt.can+" ", " "+name+" "); can != (err == nil) {
				t.Errorf("after %s, %s: %v", tt.done, name, err)
			}
		}
	}
}

func TestAnAnswerNeedsTwoAndAClause(t *testing.T) {
	for name, tt := range map[string]struct {
		err  error
		kind domain.Kind
	}{
		"another office":     {after(t, "ask").Write(foreign, "不能。", asked, []string{"第一条"}, askedAt), domain.Forbidden},
		"no clause":          {after(t, "ask").Write(writer, "不能。", asked, nil, askedAt), domain.Invalid},
		"a clause not there": {after(t, "ask").Write(writer, "不能。", asked, []string{"第九条"}, askedAt), domain.Invalid},
		"no policy":          {after(t, "ask").Write(writer, "不能。", nil, []string{"第一条"}, askedAt), domain.Invalid},
		"return without why": {after(t, "ask write").Return(second, ""), domain.Invalid},
		"extend without why": {after(t, "ask").Extend(writer, "", askedAt, dueAt), domain.Invalid},
	} {
		if domain.KindOf(tt.err) != tt.kind {
			t.Errorf("%s: %v", name, tt.err)
		}
	}
	if _, err := after(t, "ask write").Approve(writer, asked, askedAt); domain.KindOf(err) != domain.Forbidden {
		t.Errorf("who wrote approves: %v", err)
	}
	if _, err := after(t, "ask write").Approve(second, &domain.Policy{ID: 4}, askedAt); domain.KindOf(err) != domain.Conflict {
		t.Errorf("the clause is gone: %v", err)
	}
	q := after(t, "ask write approve helpful write")
	if corrects, err := q.Approve(second, asked, askedAt); err != nil || !corrects || len(q.Last().Former) != 1 || q.Last().Feedback != "" {
		t.Errorf("corrected: %v, %v, %+v", corrects, err, q.Last())
	}
}

func TestClocksOfAQuestion(t *testing.T) {
	q := after(t, "ask")
	for wait, overdue := range map[time.Duration]bool{0: false, 36*time.Hour - 1: false, 36 * time.Hour: true} {
		if q.Overdue(askedAt.Add(wait)) != overdue {
			t.Errorf("overdue after %s: %v", wait, !overdue)
		}
	}
	for done, want := range map[string]time.Time{
		"ask":                           dueAt,
		"ask write":                     dueAt,
		"ask write return":              dueAt,
		"ask move":                      dueAt, // it runs on
		"ask complex":                   dueAt.Add(48 * time.Hour),
		"ask extend":                    dueAt.Add(72 * time.Hour),
		"ask extend complex":            dueAt.Add(72 * time.Hour), // never sooner
		"ask extend write approve ask":  dueAt,
		"ask complex write approve ask": dueAt,
	} {
		if q := after(t, done); !q.DueAt.Equal(want) {
			t.Errorf("after %s: due %s, want %s", done, q.DueAt, want)
		}
	}
	q.RemindedAt = askedAt
	if err := deeds["extend"](q); err != nil || !q.RemindedAt.IsZero() || q.Overdue(askedAt) {
		t.Errorf("a new promise is not reminded of, or late: %+v, %v", q, err)
	}
	if after(t, "ask write approve").Overdue(dueAt.Add(time.Hour)) {
		t.Error("what is answered is overdue")
	}
}

// TestWhatWasLateStaysLate: a new promise does not undo a broken one. It is
// reminded of, and told of when it is broken too; the next round begins anew.
func TestWhatWasLateStaysLate(t *testing.T) {
	late := dueAt.Add(time.Hour)
	for name, promise := range map[string]func(q *domain.Question) error{
		"complex": func(q *domain.Question) error { return q.Prolong(writer, "要核实", late, dueAt.Add(48*time.Hour)) },
		"extend":  func(q *domain.Question) error { return q.Extend(writer, "要核实", late, dueAt.Add(72*time.Hour)) },
	} {
		task := func(q *domain.Question) domain.Task {
			task, _ := q.TaskFor(writer)
			return task.Task
		}
		q := after(t, "ask")
		q.RemindedAt = dueAt.Add(-time.Hour)
		if err := promise(q); err != nil || !q.Overdue(late) || !q.RemindedAt.IsZero() || task(q) != domain.TaskAnswer {
			t.Errorf("%s: %v, %+v, %s", name, err, q, task(q))
		}
		if q.RemindedAt = late; task(q) != domain.TaskDue {
			t.Errorf("%s: the new promise is not due: %s", name, task(q))
		}
		if q.OverdueAt = q.DueAt; task(q) != domain.TaskOverdue {
			t.Errorf("%s: the new promise is broken: %s", name, task(q))
		}
		for _, deed := range []string{"write", "approve", "ask"} {
			if err := deeds[deed](q); err != nil {
				t.Fatal(err)
			}
		}
		if q.Overdue(askedAt) {
			t.Errorf("%s: the next round is late as it begins", name)
		}
	}
}

func TestWhatIsWithdrawnIsNotKept(t *testing.T) {
	if last := after(t, "ask write withdraw").Last(); last.Text != "" || last.Draft != nil {
		t.Errorf("kept %+v", last)
	}
}

func TestCleanName(t *testing.T) {
	for typed, want := range map[string]string{
		" 面馆\u202e倒\u202c\u2066\u200f ": "面馆倒",
		"👨‍👩‍👧早餐\x00":                   "👨‍👩‍👧早餐",
		"恒达 精密":                         "恒达 精密",
		"\u202e":                        "",
	} {
		if got := domain.CleanName(typed); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}
