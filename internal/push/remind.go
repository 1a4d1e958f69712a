package push

import (
	"time"

	"policypush/internal/domain"
)

// reminders are how many days before a deadline people are reminded, and how
// many days late such a reminder may be owed, where nobody was there to do it.
var reminders = []struct{ days, late int }{{15, 2}, {3, 1}, {1, 1}}

// RemindUntil returns the last deadline of which anybody is reminded on a day.
func RemindUntil(day string) string { return addDays(day, reminders[0].days) }

// RemindsOn tells whether people are reminded on a day of the deadline of a
// policy, and as how many days before it. Who was told of the policy when that
// day had come needs no reminder of it.
func RemindsOn(p *domain.Policy, deadline, day string) (days int, reminds bool) {
	published := p.PublishedAt.In(Shanghai()).Format(time.DateOnly)
	for _, r := range reminders {
		from := addDays(deadline, -r.days)
		if published < from && from <= day && day <= addDays(from, r.late) && day <= deadline {
			return r.days, true
		}
	}
	return 0, false
}

// RemindingHours tells whether reminders are owed at a time: from the morning
// on, so that they come into the summary of the day.
func (l Limits) RemindingHours(now time.Time) bool {
	at := now.Sub(DayStart(now))
	return at >= min(l.morning(), l.Digest) && at < 20*time.Hour
}

// OfficeHours tells whether officers may be told something at a time: when
// reminders are owed, but on no day of rest.
func (l Limits) OfficeHours(now time.Time) bool {
	return l.RemindingHours(now) && (l.Rest == nil || !l.Rest(DayStart(now)))
}

// addDays moves a day, YYYY-MM-DD. What is no day stays what it is.
func addDays(date string, n int) string {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return date
	}
	return t.AddDate(0, 0, n).Format(time.DateOnly)
}
