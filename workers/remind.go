package workers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"policypush/internal/audience"
	"policypush/internal/domain"
	"policypush/internal/push"
)

// planReminders owes the reminders of the day: fifteen, three and one day
// before a deadline, each once. Who was told of the policy, is still meant by
// what ends and has said neither 已办理 nor 与我无关 is reminded, see
// toBeReminded. Only the leader calls it.
func (w *Workers) planReminders(ctx context.Context) error {
	now := w.Now()
	day := now.In(push.Shanghai()).Format(time.DateOnly)
	since := now.Sub(w.reminded.at)
	if !w.Limits.RemindingHours(now) || since >= 0 && since < reminderEvery { // less than none: the clock was set back
		return nil
	}
	if err := w.Offers.Refresh(ctx); err != nil {
		return err
	}
	if w.reminded.day != day {
		w.reminded.day, w.reminded.owed = day, map[reminder]bool{}
	}
	var failed error // one that fails holds up no other
	for _, due := range w.Offers.Deadlines(day, push.RemindUntil(day)) {
		days, reminds := push.RemindsOn(due.Policy, due.Day, day)
		one := reminder{due.Policy.ID, due.Day, days}
		if !reminds || w.reminded.owed[one] {
			continue
		}
		if err := w.oweReminder(ctx, one); err != nil {
			failed = errors.Join(failed, fmt.Errorf("reminder of policy %d: %w", one.policy, err))
			continue
		}
		w.reminded.owed[one] = true
	}
	if failed == nil {
		w.reminded.at = now
	}
	return failed
}

// reminderEvery is how often the leader looks for deadlines.
const reminderEvery = time.Minute

// reminder is one message before a deadline.
type reminder struct {
	policy   domain.PolicyID
	deadline string
	days     int
}

// remindedToday is what this process knows of the day: what it owes it does not
// ask the database about again.
type remindedToday struct {
	at   time.Time // of the last look
	day  string
	owed map[reminder]bool
}

func (w *Workers) oweReminder(ctx context.Context, r reminder) error {
	policy, err := w.Store.Policy(ctx, r.policy)
	if err != nil {
		return err
	}
	owed := domain.Push{Kind: domain.Reminder, CreatedAt: w.Now(), IncludePossible: true, Deadline: r.deadline, DaysLeft: r.days}
	fresh, err := w.Store.OweReminder(ctx, policy, &owed)
	if err != nil || !fresh {
		return err
	}
	w.Log.InfoContext(ctx, "reminder owed", "push", owed.ID, "policy", r.policy, "deadline", r.deadline, "days", r.days)
	w.Wake()
	return nil
}

// toBeReminded returns who was told of a policy, is still meant by a measure
// that ends on the deadline, and has put the policy neither aside nor done.
func (w *Workers) toBeReminded(ctx context.Context, owed domain.Push, policy *domain.Policy) (audience.Result, error) {
	told, err := audience.ToldOf(ctx, w.Store, policy.ID)
	if err != nil {
		return told, err
	}
	ending := *policy
	ending.Measures = slices.DeleteFunc(slices.Clone(policy.Measures), func(m domain.Measure) bool {
		return !slices.Contains(policy.DeadlinesOf(&m), owed.Deadline)
	})
	seq, err := w.Store.LastProfileChange(ctx)
	if err != nil {
		return told, err
	}
	wait, cancel := context.WithTimeout(ctx, indexWait)
	defer cancel()
	if err := w.Index.WaitFor(wait, seq); err != nil {
		return told, err
	}
	meant := w.Index.Evaluate(audience.QueryOf(&ending, w.today()))
	everybody := told.Everybody()
	set := audience.Result{Likely: meant.Likely.Clone(), Possible: meant.Possible.Clone()}
	set.Likely.And(everybody)
	set.Possible.And(everybody)
	aside, err := w.Store.Dismissed(ctx, policy)
	if err != nil {
		return set, err
	}
	done, err := w.Store.Done(ctx, policy.ID)
	if err != nil {
		return set, err
	}
	for _, id := range append(aside, done...) {
		set.Likely.Remove(uint32(id))
		set.Possible.Remove(uint32(id))
	}
	return set, nil
}
