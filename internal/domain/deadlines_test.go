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
		"rounds":                              {"", []Measure{{Window: Window{Deadline: "2026-10-31", Rounds: []string{"2026-04-30"}}}}, "[2026-04-30 2026-10-31]"},
		"every year while in force":           {"", []Measure{{Window: Window{Yearly: true, From: "03-01", To: "03-31"}, How: How{Mode: "apply"}}}, "[2027-03-31 2028-03-31]"},
		"every year, and not of the document": {"2026-09-30", []Measure{{Window: Window{Yearly: true, To: "05-31"}, How: How{Mode: "apply"}}, {}}, "[2026-05-31 2026-09-30 2027-05-31 2028-05-31]"},
		"every year, and nobody applies":      {"", []Measure{{Window: Window{Yearly: true, From: "06-01", To: "08-31"}}}, "[]"},
		"a day that not every year has":       {"", []Measure{{Window: Window{Yearly: true, From: "02-01", To: "02-29"}, How: How{Mode: "apply"}}}, "[2028-02-29]"},
	} {
		p := Policy{ApplyDeadline: tt.said, PublishDate: "2026-04-10", Expires: "2028-12-31", Measures: tt.measures}
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

// What can be had every year ends with the policy, or is told of for some years.
func TestEveryYearHasAnEnd(t *testing.T) {
	p := Policy{PublishDate: "2026-04-10", Measures: []Measure{{Window: Window{Yearly: true, To: "05-31"}, How: How{Mode: "apply"}}}}
	days := p.Deadlines()
	if len(days) != yearsAhead+1 || days[0] != "2026-05-31" || !p.EndsOn("2031-05-31") || p.EndsOn("2031-06-30") {
		t.Errorf("last days %v", days)
	}
	if p.PublishDate = ""; len(p.Deadlines()) != 0 {
		t.Errorf("of a policy without a day: %v", p.Deadlines())
	}
}
