package push_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"policypush/internal/domain"
	"policypush/internal/push"
)

func TestRemindsOn(t *testing.T) {
	for name, tt := range map[string]struct {
		published, day string // the deadline is 2026-12-31
		days           int
	}{
		"sixteen days before":                     {"2026-11-01", "2026-12-15", 0},
		"fifteen days before":                     {"2026-11-01", "2026-12-16", 15},
		"two days late":                           {"2026-11-01", "2026-12-18", 15},
		"too late for that":                       {"2026-11-01", "2026-12-19", 0},
		"three days before":                       {"2026-11-01", "2026-12-28", 3},
		"the eve":                                 {"2026-11-01", "2026-12-30", 1},
		"on the day, if the eve was missed":       {"2026-11-01", "2026-12-31", 1},
		"when it is over":                         {"2026-11-01", "2027-01-01", 0},
		"who was told that very day needs none":   {"2026-12-16", "2026-12-16", 0},
		"nor who was told when that day was past": {"2026-12-17", "2026-12-17", 0},
		"but the next":                            {"2026-12-17", "2026-12-28", 3},
	} {
		t.Run(name, func(t *testing.T) {
			p := &domain.Policy{PublishedAt: at(t, tt.published+" 10:00")}
			days, reminds := push.RemindsOn(p, "2026-12-31", tt.day)
			if days != tt.days || reminds != (tt.days > 0) {
				t.Errorf("%d %v, want %d", days, reminds, tt.days)
			}
		})
	}
}

// TestEachReminderIsDue: whatever the deadline and however the days are looked
// at, each of 15, 3 and 1 is due on its own day, and RemindUntil misses none.
func TestEachReminderIsDue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		deadline := drawTime(t).In(push.Shanghai())
		p := &domain.Policy{PublishedAt: deadline.AddDate(0, 0, -40)}
		seen := map[int]string{}
		for back := 20; back >= -2; back-- {
			day := deadline.AddDate(0, 0, -back).Format(time.DateOnly)
			days, reminds := push.RemindsOn(p, deadline.Format(time.DateOnly), day)
			if !reminds {
				continue
			}
			if deadline.Format(time.DateOnly) > push.RemindUntil(day) || back < 0 {
				t.Fatalf("%d days before, on %s, nobody looks for it", days, day)
			}
			if seen[days] == "" && back != days {
				t.Fatalf("the reminder of %d days is first due %d days before", days, back)
			}
			seen[days] = day
		}
		if len(seen) != 3 {
			t.Fatalf("reminders %v", seen)
		}
	})
}
