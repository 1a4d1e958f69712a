package audience

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"policypush/internal/domain"
	"policypush/internal/matching"
)

// Question is the unknown fact of a profile whose answer settles most.
type Question struct {
	Field   domain.Field
	Open    int // possible measures that ask for it
	Answers []Answer
}

// Answer is one way to answer a question, and what would change.
type Answer struct {
	Says domain.Criteria // what the profile would meet
	Difference
}

// Settled is how many measures the answer makes certain or rules out.
func (a Answer) Settled() int { return len(a.Confirmed) + len(a.Lost) }

// The bounds of a question: how many offers it is looked for in, how many
// fields are tried, and how many values of one.
const (
	offersAsked = 200
	fieldsTried = 3
	valuesTried = 4
)

// Ask returns the question, about one of some fields, that settles most of what
// a profile may have on a day (YYYY-MM-DD): whose answers, on average, make
// most measures certain or rule them out. ok is false if no answer changes
// anything.
func (m *Measures) Ask(p *domain.Profile, asOf string, about []domain.Field) (best Question, ok bool) {
	open := m.openFacts(p, asOf)
	maps.DeleteFunc(open, func(f domain.Field, _ *openFact) bool { return !slices.Contains(about, f) })
	fields := slices.SortedFunc(maps.Keys(open), func(a, b domain.Field) int {
		return cmp.Or(cmp.Compare(open[b].measures, open[a].measures), cmp.Compare(a, b))
	})
	average := 0.0
	for _, f := range fields[:min(len(fields), fieldsTried)] {
		q := Question{Field: f, Open: open[f].measures}
		settled := 0
		for _, a := range answersTo(f, open[f], p, asOf) {
			a.Difference = m.WhatIf(p, &a.then, asOf)
			settled += a.Settled()
			q.Answers = append(q.Answers, a.Answer)
		}
		if share := float64(settled) / float64(max(1, len(q.Answers))); share > average {
			average, best, ok = share, q, true
		}
	}
	return best, ok
}

// openFact is a fact that possible measures ask for and the profile does not say.
type openFact struct {
	measures int
	values   map[string]int // code → how often it is asked for
	cuts     map[int64]int  // number → how often the answer changes there
}

// openFacts collects the unknown facts of the best possible offers.
func (m *Measures) openFacts(p *domain.Profile, asOf string) map[domain.Field]*openFact {
	offers := m.For(p, asOf, offersAsked)
	m.mu.RLock()
	defer m.mu.RUnlock()
	open := map[domain.Field]*openFact{}
	for _, offer := range offers.Best {
		if offer.Verdict != domain.Possible {
			continue
		}
		for _, n := range m.policies[offer.Policy] {
			if x := &m.measures[n]; x.id == offer.Measure {
				collectOpen(open, &x.criteria, p, asOf)
			}
		}
	}
	return open
}

func collectOpen(open map[domain.Field]*openFact, c *domain.Criteria, p *domain.Profile, asOf string) {
	seen := map[domain.Field]bool{}
	c.Leaves(func(leaf *domain.Condition) {
		if leaf.Field == domain.FieldOther || matching.Evaluate(&domain.Criteria{Leaf: leaf}, p, asOf) != domain.Unknown {
			return
		}
		fact := open[leaf.Field]
		if fact == nil {
			fact = &openFact{values: map[string]int{}, cuts: map[int64]int{}}
			open[leaf.Field] = fact
		}
		if !seen[leaf.Field] {
			seen[leaf.Field] = true
			fact.measures++
		}
		for _, v := range leaf.Values[:min(len(leaf.Values), offersAsked)] {
			fact.values[v]++
		}
		if bound, up, ok := (requirement{Condition: leaf}).halfLine(); ok && up {
			fact.cuts[bound]++
		} else if ok {
			fact.cuts[bound+1]++
		}
	})
}

// trial is an answer with the profile that it makes.
type trial struct {
	Answer
	then domain.Profile
}

func answersTo(f domain.Field, open *openFact, p *domain.Profile, asOf string) []trial {
	if f.Type() == domain.NumberOf {
		return numberAnswers(f, often(open.cuts), p, asOf)
	}
	var trials []trial
	asked := often(open.values)
	for _, code := range asked {
		t := trial{then: *p}
		t.Says = domain.Leaf(domain.Condition{Field: f, Op: domain.In, Values: []string{code}})
		switch f {
		case domain.FieldRegion:
			t.then.Region = code
		case domain.FieldIndustry:
			t.then.Industry = code
		case domain.FieldSize:
			t.then.Size = code
		case domain.FieldTaxpayer:
			t.then.Taxpayer = code
		case domain.FieldRegistration:
			t.then.Registration = code
		case domain.FieldOwnership:
			t.then.Ownership = code
		case domain.FieldHukou:
			t.then.Hukou = code
		case domain.FieldKind:
			t.then.Kind = domain.SubscriberKind(code)
		default:
			setSet(&t.then, f, []string{code})
		}
		trials = append(trials, t)
	}
	if f.Type() == domain.CodeSet {
		t := trial{then: *p}
		t.Says = domain.NotOf(domain.Leaf(domain.Condition{Field: f, Op: domain.In, Values: asked}))
		setSet(&t.then, f, []string{})
		trials = append(trials, t)
	}
	return trials
}

func setSet(p *domain.Profile, f domain.Field, codes []string) {
	switch f {
	case domain.FieldAttribute:
		p.Attributes = codes
	case domain.FieldGroup:
		p.Groups = codes
	case domain.FieldLifeEvent:
		p.LifeEvents = codes
	}
}

// often returns what is counted most, in order.
func often[K cmp.Ordered](counts map[K]int) []K {
	keys := slices.SortedFunc(maps.Keys(counts), func(a, b K) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	keys = keys[:min(len(keys), valuesTried)]
	slices.Sort(keys)
	return keys
}

// numberAnswers tries a number from each of the intervals between some cuts.
func numberAnswers(f domain.Field, cuts []int64, p *domain.Profile, asOf string) []trial {
	var trials []trial
	for i := range len(cuts) + 1 {
		var says []domain.Criteria
		t := trial{then: *p}
		if i > 0 {
			says = append(says, domain.Leaf(domain.Condition{Field: f, Op: domain.AtLeast, Number: cuts[i-1]}))
			setNumber(&t.then, f, cuts[i-1], asOf)
		}
		if i < len(cuts) {
			below := domain.Condition{Field: f, Op: domain.AtMost, Number: cuts[i] - 1}
			if f == domain.FieldFounded { // the number before a date is none
				below.Op, below.Number = domain.LessThan, cuts[i]
			}
			says = append(says, domain.Leaf(below))
		}
		if i == 0 {
			setNumber(&t.then, f, cuts[0]-1, asOf)
		}
		t.Says = domain.AllOf(says...)
		trials = append(trials, t)
	}
	return trials
}

// setNumber writes a number into a profile, or what comes closest: the day of
// which it is the date, the birthday of which it is the age.
func setNumber(p *domain.Profile, f domain.Field, n int64, asOf string) {
	switch f {
	case domain.FieldStaff:
		p.Staff = &n
	case domain.FieldRevenue:
		p.Revenue = &n
	case domain.FieldAssets:
		p.Assets = &n
	case domain.FieldIncome:
		p.Income = &n
	case domain.FieldFounded:
		day := time.Date(int(n/10000), time.Month(n/100%100), int(n%100), 0, 0, 0, 0, time.UTC) // 20200600 is the last of May
		p.Founded = day.Format(time.DateOnly)
	case domain.FieldAge:
		if today, err := time.Parse(time.DateOnly, asOf); err == nil {
			p.Born = today.AddDate(-int(n), 0, 0).Format(time.DateOnly)
		}
	}
}
