package domain

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
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
	// Deadlines of the measures, and of the document, that moved.
	Deadlines     map[MeasureID]string `json:"deadlines,omitempty"`
	ApplyDeadline string               `json:"apply_deadline,omitempty"`
}

// Succession returns what publishing p on a day (YYYY-MM-DD) does to an earlier
// policy, and whether it does anything: what is replaced ends on the day before
// p takes effect, which never prolongs it; what is extended holds to the day
// that p says, which never shortens it, and with it the windows and deadlines of
// its measures that end together with it. What says no end but a last day to
// apply has that day put off.
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
		end := old.end()
		if end == "" || lastDay(end) >= lastDay(r.Until) {
			return s, false
		}
		ends := func(date string) bool { return date != "" && lastDay(date) == lastDay(end) }
		for i := range old.Measures {
			m := &old.Measures[i]
			if m.Window.Yearly {
				continue
			}
			if ends(m.Window.To) {
				keep(&s.Before.To, m.ID, m.Window.To)
			}
			if ends(m.Window.Deadline) {
				keep(&s.Before.Deadlines, m.ID, m.Window.Deadline)
			}
		}
		if ends(old.ApplyDeadline) {
			s.Before.ApplyDeadline = old.ApplyDeadline
		}
		return s, true
	}
	return s, false
}

// end is when a policy ends: on its own day, else with the last of its windows,
// else with the last day to apply. It is "" if none is said.
func (p *Policy) end() string {
	if p.Expires != "" {
		return p.Expires
	}
	to, deadline := "", p.ApplyDeadline
	for i := range p.Measures {
		if w := p.Measures[i].Window; !w.Yearly {
			to, deadline = max(to, w.To), max(deadline, w.Deadline)
		}
	}
	return cmp.Or(to, deadline)
}

func keep(terms *map[MeasureID]string, id MeasureID, was string) {
	if *terms == nil {
		*terms = map[MeasureID]string{}
	}
	(*terms)[id] = was
}

// Apply gives an earlier policy the terms that the later one leaves it.
func (s *Succession) Apply(old *Policy) {
	if s.Ends || old.Expires != "" {
		old.Expires = s.Expires
	}
	for i := range old.Measures {
		m := &old.Measures[i]
		if _, moved := s.Before.To[m.ID]; moved {
			m.Window.To = s.Expires
		}
		if _, moved := s.Before.Deadlines[m.ID]; moved {
			m.Window.Deadline = s.Expires
		}
	}
	if s.Before.ApplyDeadline != "" {
		old.ApplyDeadline = s.Expires
	}
}

// Undo gives an earlier policy back the terms it had, unless somebody has
// changed them since.
func (s *Succession) Undo(old *Policy) {
	if old.Expires == s.Expires {
		old.Expires = s.Before.Expires
	}
	for i := range old.Measures {
		m := &old.Measures[i]
		if to, moved := s.Before.To[m.ID]; moved && m.Window.To == s.Expires {
			m.Window.To = to
		}
		if last, moved := s.Before.Deadlines[m.ID]; moved && m.Window.Deadline == s.Expires {
			m.Window.Deadline = last
		}
	}
	if s.Before.ApplyDeadline != "" && old.ApplyDeadline == s.Expires {
		old.ApplyDeadline = s.Before.ApplyDeadline
	}
}

// Named tells whether a reference means this policy: by its number, or by its
// title where the reference has no number. References leave out who issued a
// policy, and name rules by what they are called: 《稳岗办法》 was published as
// 云川县人民政府关于印发《稳岗办法》的通知.
func (p *Policy) Named(r Reference) bool {
	if r.DocNumber != "" {
		return bareName(r.DocNumber) == bareName(p.DocNumber)
	}
	name, title := bareName(r.Title), bareName(p.Title)
	if name == "" || name == title {
		return name != ""
	}
	if utf8.RuneCountInString(name) < ShortestName {
		return false
	}
	i := strings.Index(title, "关于")
	if i > 0 && name == title[i:] {
		return true
	}
	issued, ok := strings.CutPrefix(title[max(i, 0):], "关于")
	if !ok {
		return false
	}
	issued, ok = strings.CutPrefix(issued, "印发")
	issued = strings.TrimSuffix(issued, "的通知")
	return ok && strings.TrimSuffix(strings.TrimPrefix(issued, "〈"), "〉") == name
}

// ShortestName is how many characters a title has that tells a document by itself
// alone: 若干措施 are many.
const ShortestName = 6

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
