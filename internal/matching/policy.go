package matching

import (
	"policypush/internal/domain"
)

// MeasureMatch is what one measure means to one profile.
type MeasureMatch struct {
	Measure domain.MeasureID
	Verdict domain.Verdict
	Result
}

// MatchPolicy answers every measure of a policy for a profile on a day
// (YYYY-MM-DD). The verdict on the policy is that of its best measure: one
// message a document, not one a measure. Whether a measure can still be had
// is not asked here, see InWindow.
func MatchPolicy(p *domain.Policy, profile *domain.Profile, asOf string, names Names) (domain.Verdict, []MeasureMatch) {
	best := domain.No
	matches := make([]MeasureMatch, len(p.Measures))
	for i := range p.Measures {
		c := p.CriteriaOf(&p.Measures[i])
		result := Explain(&c, profile, asOf, names)
		best = best.Or(result.Truth)
		matches[i] = MeasureMatch{Measure: p.Measures[i].ID, Verdict: domain.VerdictOf(result.Truth), Result: result}
	}
	return domain.VerdictOf(best), matches
}

// InWindow tells whether a measure can still be had on a day (YYYY-MM-DD). A
// window that names a month only lasts to the end of it; one that returns
// every year may run over New Year.
func InWindow(w domain.Window, day string) bool {
	if w.Deadline != "" && before(w.Deadline, day) {
		return false
	}
	if w.Yearly {
		if len(day) < len("2006-01-02") {
			return true
		}
		today := day[len("2006-"):]
		switch {
		case w.From == "" || w.To == "":
			return true
		case w.From <= w.To:
			return w.From <= today && !before(w.To, today)
		default:
			return w.From <= today || !before(w.To, today)
		}
	}
	return (w.From == "" || w.From <= day) && (w.To == "" || !before(w.To, day))
}

// before tells whether a date, or the end of a month or year, lies before a day.
func before(date, day string) bool { return date < day[:min(len(date), len(day))] }
