package push

import (
	"time"

	"policypush/internal/domain"
)

const day = 24 * time.Hour

// Shanghai returns the time zone of quiet hours, caps and digests. It needs no
// time zone database: there is no daylight saving.
func Shanghai() *time.Location { return time.FixedZone("CST", 8*60*60) }

// Hours is a span of every day, counted from midnight in Shanghai. It may pass
// midnight; equal ends mean none.
type Hours struct {
	From time.Duration
	To   time.Duration
}

// Hold tells whether t lies in the span: From belongs to it, To does not.
func (h Hours) Hold(t time.Time) bool {
	at := t.Sub(DayStart(t))
	switch {
	case h.From == h.To:
		return false
	case h.From < h.To:
		return at >= h.From && at < h.To
	default:
		return at >= h.From || at < h.To
	}
}

// After returns t, or the end of the span if t lies in it.
func (h Hours) After(t time.Time) time.Time {
	if !h.Hold(t) {
		return t
	}
	return nextAt(t, h.To)
}

// DayStart returns the midnight in Shanghai before t. Messages sent since then
// count for the cap of a day.
func DayStart(t time.Time) time.Time {
	y, m, d := t.In(Shanghai()).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, Shanghai())
}

// WeekStart returns the midnight in Shanghai at which t's Monday began.
// Messages sent since then count for the cap of a week.
func WeekStart(t time.Time) time.Time {
	start := DayStart(t)
	sinceMonday := (int(start.Weekday()) + 6) % 7
	return start.AddDate(0, 0, -sinceMonday)
}

// nextAt returns the first moment after t that is at a time of day.
func nextAt(t time.Time, at time.Duration) time.Time {
	next := DayStart(t).Add(at)
	if !next.After(t) {
		next = next.Add(day)
	}
	return next
}

// nextMonday returns the first moment after t that is at a time on a Monday.
func nextMonday(t time.Time, at time.Duration) time.Time {
	next := WeekStart(t).Add(at)
	if !next.After(t) {
		next = next.AddDate(0, 0, 7)
	}
	return next
}

// Limits keep pushing from being a nuisance. A channel that is missing from a
// map is not capped.
type Limits struct {
	Quiet Hours // nothing that rings goes out then
	// Rest tells whether a day, at its midnight in Shanghai, is one on which
	// nothing rings but for a deadline. Nil means no day.
	Rest    func(day time.Time) bool
	Unread  time.Duration // how long a message lies unread before the next channel is tried
	Digest  time.Duration // time of day of the daily and the weekly summary
	PerDay  map[domain.ChannelKind]int
	PerWeek map[domain.ChannelKind]int
}

// DefaultLimits returns the limits that hold unless an office sets others:
// quiet from 20:00 to 08:00, summaries at 08:30, a day to read the inbox, two
// text messages a day and seven a week, ten single e-mails a day.
func DefaultLimits() Limits {
	return Limits{
		Quiet:   Hours{From: 20 * time.Hour, To: 8 * time.Hour},
		Digest:  8*time.Hour + 30*time.Minute,
		Unread:  day,
		PerDay:  map[domain.ChannelKind]int{domain.SMS: 2, domain.Email: 10},
		PerWeek: map[domain.ChannelKind]int{domain.SMS: 7},
	}
}

// morning is when held messages may go again: after the quiet hours, or at
// eight if there are none.
func (l Limits) morning() time.Duration {
	if l.Quiet.From == l.Quiet.To {
		return 8 * time.Hour
	}
	return l.Quiet.To
}

// maxRest is the longest that days of rest hold a message back.
const maxRest = 15

// summaryAt returns when a summary that is due at t goes: then or, where quiet
// hours or days of rest hold it back, at the usual time after them, so that it is
// one with the summary of that day.
func (l Limits) summaryAt(channel domain.ChannelKind, t time.Time, kind domain.PushKind) time.Time {
	next := l.quiet(channel, t, kind)
	if usual := DayStart(next).Add(l.Digest); next.After(t) && usual.After(next) && l.quiet(channel, usual, kind).Equal(usual) {
		return usual
	}
	return next
}

// quiet returns when a message on a channel may go, at t or later. On
// days of rest a channel rings for a deadline only; what else would ring waits
// for the morning after.
func (l Limits) quiet(channel domain.ChannelKind, t time.Time, kind domain.PushKind) time.Time {
	if !channel.Rings() {
		return t
	}
	t = l.Quiet.After(t)
	if l.Rest == nil || kind == domain.Reminder {
		return t
	}
	for range maxRest {
		start := DayStart(t)
		if !l.Rest(start) {
			break
		}
		t = start.AddDate(0, 0, 1).Add(l.morning())
	}
	return t
}
