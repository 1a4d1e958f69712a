package domain

import (
	"fmt"
	"testing"
)

func TestDeadlines(t *testing.T) {
	own := func(day string) Measure { return Measure{Window: Window{Deadline: day}} }
	automatic := Measure{How: How{Mode: "automatic"}}
	for name, tt := range map[string]struct {
		said     string
		measures []Measure
		want     string
	}{
		"none":                                {"", []Measure{{}}, "[]"},
		"of the document":                     {"2026-09", nil, "[2026-09-30]"},
		"for every measure":                   {"2026-09-30", []Measure{{}, {}}, "[2026-09-30]"},
		"in order, each once":                 {"2026-09-30", []Measure{own("2026-12"), {}, own("2026-10-08"), own("2026-12-31")}, "[2026-09-30 2026-10-08 2026-12-31]"},
		"nobody applies for some":             {"2026-09-30", []Measure{automatic, own("2026-12-31")}, "[2026-12-31]"},
		"nobody applies, but the document is": {"2026-09-30", []Measure{automatic}, "[2026-09-30]"},
		"a year is none":                      {"2026", []Measure{own("2027")}, "[]"},
	} {
		p := Policy{ApplyDeadline: tt.said, Measures: tt.measures}
		if got := fmt.Sprint(p.Deadlines()); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
	days := []string{"2026-09-30", "2026-12-31"}
	for today, want := range map[string]string{"2026-01-01": days[0], "2026-09-30": days[0], "2026-10-01": days[1], "2027-01-01": days[1]} {
		if got := NextDeadline(days, today); got != want {
			t.Errorf("on %s the next is %s, want %s", today, got, want)
		}
	}
	if got := NextDeadline(nil, "2026-01-01"); got != "" {
		t.Errorf("of none the next is %s", got)
	}
}

// A corrected last day is that of the measures too that had the wrong one.
func TestExtend(t *testing.T) {
	p := Policy{ApplyDeadline: "2026-09-30", Measures: []Measure{
		{Window: Window{Deadline: "2026-09-30"}}, {Window: Window{Deadline: "2026-12-31"}}, {},
	}}
	p.Extend("2026-10-31")
	if got := fmt.Sprint(p.Deadlines()); got != "[2026-10-31 2026-12-31]" || p.ApplyDeadline != "2026-10-31" {
		t.Errorf("last days %s, %s", p.ApplyDeadline, got)
	}
}
