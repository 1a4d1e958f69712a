package domain

import (
	"slices"
	"strings"
	"time"
)

// Succession is what a policy does to an earlier one on the day it is
// published: the earlier one ends because it is replaced, or holds longer
// because it is extended (延续执行至).
type Succession struct {
	Policy  PolicyID // the later
	Of      PolicyID // the earlier
	Ends    bool     // replaced; else extended
	Expires string   // the last day of the earlier one from then on, YYYY-MM-DD
	Before  Terms    // of the earlier one, to be given back if the later is withdrawn
}

// Terms say how long a policy and its measures can be had.
type Terms struct {
	Expires string               `json:"expires"`
	To      map[MeasureID]string `json:"to,omitempty"` // of the measures whose windows moved
}

// Succession returns what publishing p on a day (YYYY-MM-DD) does to an earlier
// policy, and whether it does anything: what is replaced ends on the day before
// p takes effect, which never prolongs it; what is extended holds to the day
// that p says, which never shortens it, and with it the measures whose windows
// end together with it.
func (p *Policy) Succession(old *Policy, today string) (Succession, bool) {
	s := Succession{Policy: p.ID, Of: old.ID, Before: Terms{Expires: old.Expires}}
	if p.ID == old.ID || old.Status != Published {
		return s, false
	}
	if slices.ContainsFunc(p.Replaces, old.Named) {
		s.Ends, s.Expires = true, dayBefore(today)
		if len(p.EffectiveFrom) == len(time.DateOnly) {
			s.Expires = dayBefore(p.EffectiveFrom)
		}
		return s, old.Expires == "" || lastDay(old.Expires) > lastDay(s.Expires)
	}
	for _, r := range p.Amends {
		if r.Until == "" || !old.Named(r) {
			continue
		}
		s.Expires = r.Until
		end := old.Expires
		for i := range old.Measures {
			if to := old.Measures[i].Window.To; old.Expires == "" && !old.Measures[i].Window.Yearly {
				end = max(end, to)
			}
		}
		if end == "" || lastDay(end) >= lastDay(r.Until) {
			return s, false
		}
		for i := range old.Measures {
			if w := old.Measures[i].Window; !w.Yearly && w.To != "" && lastDay(w.To) == lastDay(end) {
				if s.Before.To == nil {
					s.Before.To = map[MeasureID]string{}
				}
				s.Before.To[old.Measures[i].ID] = w.To
			}
		}
		return s, true
	}
	return s, false
}

// Apply gives an earlier policy the terms that the later one leaves it.
func (s *Succession) Apply(old *Policy) {
	if s.Ends || old.Expires != "" {
		old.Expires = s.Expires
	}
	for i := range old.Measures {
		if _, moved := s.Before.To[old.Measures[i].ID]; moved {
			old.Measures[i].Window.To = s.Expires
		}
	}
}

// Undo gives an earlier policy back the terms it had, unless somebody has
// changed them since.
func (s *Succession) Undo(old *Policy) {
	if old.Expires == s.Expires {
		old.Expires = s.Before.Expires
	}
	for i := range old.Measures {
		if to, moved := s.Before.To[old.Measures[i].ID]; moved && old.Measures[i].Window.To == s.Expires {
			old.Measures[i].Window.To = to
		}
	}
}

// Named tells whether a reference means this policy: by its number, or by its
// title where the reference has no number.
func (p *Policy) Named(r Reference) bool {
	if r.DocNumber != "" {
		return bareName(r.DocNumber) == bareName(p.DocNumber)
	}
	return r.Title != "" && bareName(r.Title) == bareName(p.Title)
}

// bareName is a title or number without what is written now so and now so:
// white space, and the form of brackets.
var bareName = strings.NewReplacer(
	" ", "", "　", "", "\n", "", "\t", "",
	"[", "〔", "［", "〔", "【", "〔", "(", "（", "]", "〕", "］", "〕", "】", "〕", ")", "）",
	"<", "〈", "＜", "〈", "《", "〈", ">", "〉", "＞", "〉", "》", "〉",
).Replace

// lastDay is the last day of a date as [DateRange] reads it, YYYYMMDD.
func lastDay(date string) int64 {
	_, last, _ := DateRange(date)
	return last
}

func dayBefore(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	return t.AddDate(0, 0, -1).Format(time.DateOnly)
}
