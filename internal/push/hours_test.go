package push_test

import (
	"testing"
	"time"

	"policypush/internal/domain"
	"policypush/internal/push"
	"policypush/rules"
)

// TestDaysOfRestFollowTheCalendar: a weekend that is worked (调休) rings as any
// working day does; a year that nobody imported rests at its weekends, until it
// is imported, without a restart.
func TestDaysOfRestFollowTheCalendar(t *testing.T) {
	r, err := rules.Load()
	if err != nil {
		t.Fatal(err)
	}
	limits := push.DefaultLimits()
	goes := func(from string) string {
		sub := &domain.Subscriber{ID: 5, Contacts: []domain.Contact{phone(domain.Contact{})}, Consent: domain.Consent{At: at(t, "2026-01-01 00:00")}}
		in := push.Input{Kind: domain.NewPolicy, Subscriber: sub, Verdict: domain.Likely, Now: at(t, from), Limits: limits}
		return push.Plan(in)[0].NextAt.In(push.Shanghai()).Format("01-02 15:04")
	}
	want := func(name string, tests map[string]string) {
		t.Helper()
		for from, to := range tests {
			if got := goes(from); got != to {
				t.Errorf("%s: from %s it goes at %s, want %s", name, from, got, to)
			}
		}
	}
	limits.Rest = r.Calendar.Holiday
	want("public holidays", map[string]string{
		"2026-09-20 10:00": "09-20 10:00", // a Sunday that is worked
		"2026-11-28 10:00": "11-28 10:00", // a plain Saturday
		"2026-10-01 10:00": "10-08 08:00",
		"2027-01-02 10:00": "01-04 08:00", // a weekend of a year that is not known
		"2027-02-08 10:00": "02-08 10:00", // Monday of its spring festival, which nobody knows of
	})
	limits.Rest = func(day time.Time) bool {
		works, _ := r.Calendar.Workday(day)
		return !works
	}
	want("days that are not worked", map[string]string{
		"2026-09-20 10:00": "09-20 10:00",
		"2026-11-28 10:00": "11-30 08:00",
		"2026-10-10 10:00": "10-10 10:00", // a Saturday that is worked, with a Sunday that is not
		"2026-10-11 10:00": "10-12 08:00",
	})
	year, err := rules.ReadHolidays("2027年\n元旦：1月1日至3日放假。\n春节：2月5日至11日放假。2月20日上班。\n劳动节：5月1日放假。\n国庆节：10月1日放假。")
	if err != nil {
		t.Fatal(err)
	}
	r.Calendar.Import([]domain.CalendarYear{year})
	want("an imported year", map[string]string{"2027-02-08 10:00": "02-12 08:00", "2027-02-20 10:00": "02-20 10:00", "2027-02-27 10:00": "03-01 08:00"})
}
