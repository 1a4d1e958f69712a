package domain_test

import (
	"testing"

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
