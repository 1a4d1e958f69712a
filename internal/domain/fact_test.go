package domain_test

import (
	"fmt"
	"testing"
	"time"

	"policypush/internal/domain"
)

func TestDateRange(t *testing.T) {
	for name, tt := range map[string]struct {
		date        string
		first, last int64
		ok          bool
	}{
		"a day":                         {"2019-03-01", 20190301, 20190301, true},
		"a month":                       {"2019-03", 20190301, 20190331, true},
		"a February":                    {"2019-02", 20190201, 20190228, true},
		"a February of a leap year":     {"2024-02", 20240201, 20240229, true},
		"a year":                        {"1958", 19580101, 19581231, true},
		"nothing":                       {"", 0, 0, false},
		"a day that does not exist":     {"2019-02-30", 0, 0, false},
		"a month that does not exist":   {"2019-13", 0, 0, false},
		"half a month":                  {"2019-1", 0, 0, false},
		"a month begun":                 {"2019-0", 0, 0, false},
		"a year and a dash":             {"2019-", 0, 0, false},
		"a month and a dash":            {"2019-03-", 0, 0, false},
		"a sign for a digit":            {"2019-+3", 0, 0, false},
		"a date with a time":            {"2019-03-01T10:00:00Z", 0, 0, false},
		"words of as many bytes":        {"去年三", 0, 0, false},
		"a date in another arrangement": {"01-03-2019", 0, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			first, last, ok := domain.DateRange(tt.date)
			if first != tt.first || last != tt.last || ok != tt.ok {
				t.Errorf("%d to %d, %v; want %d to %d, %v", first, last, ok, tt.first, tt.last, tt.ok)
			}
		})
	}
}

// TestDaysOfTheCalendar holds DateRange against package time, on every day of
// four centuries and on days that there are not.
func TestDaysOfTheCalendar(t *testing.T) {
	for year := 1800; year <= 2200; year++ {
		for month := range 14 {
			for day := range 33 {
				date := fmt.Sprintf("%04d-%02d-%02d", year, month, day)
				_, err := time.Parse(time.DateOnly, date)
				if _, _, ok := domain.DateRange(date); ok != (err == nil) {
					t.Fatalf("%s: read: %v, but time says %v", date, ok, err)
				}
			}
			if month < 1 || month > 12 {
				continue
			}
			_, last, _ := domain.DateRange(fmt.Sprintf("%04d-%02d", year, month))
			if want := time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day(); last%100 != int64(want) {
				t.Fatalf("%d-%d ends on %d, want %d", year, month, last, want)
			}
		}
	}
}

func TestAgeOn(t *testing.T) {
	for name, tt := range map[string]struct{ born, day, want int64 }{
		"on the birthday":                      {19661122, 20261122, 60},
		"the day before":                       {19661123, 20261122, 59},
		"born on 29 February, on the 28th":     {20000229, 20260228, 25},
		"born on 29 February, on 1 March":      {20000229, 20260301, 26},
		"in the first year":                    {20260301, 20261122, 0},
		"around New Year, the last of the old": {20001231, 20261230, 25},
	} {
		t.Run(name, func(t *testing.T) {
			if got := domain.AgeOn(tt.born, tt.day); got != tt.want {
				t.Errorf("%d years, want %d", got, tt.want)
			}
		})
	}
}

// TestEveryFieldCanBeHad: no field is closed to both kinds, and one whose kind
// is not known may have every field.
func TestEveryFieldCanBeHad(t *testing.T) {
	for _, f := range domain.Fields() {
		if !f.AppliesTo(domain.Enterprise) && !f.AppliesTo(domain.Resident) || !f.AppliesTo("") {
			t.Errorf("%s can be had by nobody", f)
		}
	}
}
