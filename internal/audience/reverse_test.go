package audience_test

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"policypush/internal/audience"
	"policypush/internal/domain"
	"policypush/internal/matching"
)

func atLeast(f domain.Field, n int64) domain.Criteria {
	return domain.Leaf(domain.Condition{Field: f, Op: domain.AtLeast, Number: n})
}

func published(id domain.PolicyID, measures ...domain.Measure) *domain.Policy {
	for i := range measures {
		measures[i].ID = domain.MeasureID(fmt.Sprintf("m%d", i+1))
	}
	return &domain.Policy{ID: id, Status: domain.Published, Audience: domain.ForBoth, Measures: measures}
}

// TestOffersInOrder: what must be applied for soon comes first, then what is
// certain, then the amount, then what is newer.
func TestOffersInOrder(t *testing.T) {
	maybe := atLeast(domain.FieldStaff, 10)
	m := audience.NewMeasures()
	for id, x := range map[domain.PolicyID]domain.Measure{
		1: {Benefit: domain.Benefit{Amount: 5000}},
		2: {Benefit: domain.Benefit{Cap: 6000}},
		3: {Criteria: maybe, Benefit: domain.Benefit{Amount: 1e9}},
		4: {Criteria: maybe, Window: domain.Window{Deadline: "2026-11-25"}},
		5: {Window: domain.Window{Deadline: "2026-12"}},
		6: {Benefit: domain.Benefit{Tiers: []float64{100, 5000}}},
		7: {Window: domain.Window{Deadline: "2026-11-21"}},
		8: {Criteria: in(domain.FieldKind, "resident")},
	} {
		p := published(id, x)
		p.PublishDate = fmt.Sprintf("2026-01-%02d", id)
		m.Put(p)
	}
	firm := &domain.Profile{Kind: domain.Enterprise}
	got := m.For(firm, asOf, 50)
	want := []domain.PolicyID{4, 5, 2, 6, 1, 3}
	var order []domain.PolicyID
	for _, offer := range got.Best {
		order = append(order, offer.Policy)
	}
	if !slices.Equal(order, want) || got.Likely != 4 || got.Possible != 2 {
		t.Errorf("order %v, %d likely, %d possible; want %v, 4, 2", order, got.Likely, got.Possible, want)
	}
	if few := m.For(firm, asOf, 2); !slices.Equal(few.Best, got.Best[:2]) || few.Likely != 4 {
		t.Errorf("the first two of %v are %v", got, few)
	}
}

func TestWhatIf(t *testing.T) {
	m := audience.NewMeasures()
	m.Put(published(1, domain.Measure{Criteria: atLeast(domain.FieldStaff, 10)}))
	m.Put(published(2, domain.Measure{Criteria: domain.NotOf(atLeast(domain.FieldStaff, 10))}))
	m.Put(published(3, domain.Measure{}))
	n := int64(30)
	silent, firm := &domain.Profile{Kind: domain.Enterprise}, &domain.Profile{Kind: domain.Enterprise, Staff: &n}
	person := &domain.Profile{Kind: domain.Resident}
	for name, tt := range map[string]struct {
		now, then *domain.Profile
		want      string
	}{
		"a question answered":  {silent, firm, "{[] [{2 m1 possible}] [{1 m1 likely}] []}"},
		"an answer taken back": {firm, silent, "{[{2 m1 possible}] [] [] [{1 m1 possible}]}"},
		"a fact corrected":     {firm, person, "{[{2 m1 likely}] [{1 m1 likely}] [] []}"},
		"nothing changed":      {firm, firm, "{[] [] [] []}"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := fmt.Sprint(m.WhatIf(tt.now, tt.then, asOf)); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

var someDates = []string{"", "", "", "2026", "2026-11", "2026-11-21", "2026-11-22", "2026-11-23", "2027-01-31", "2025", "11-01", "soon"}

// policy draws a policy of some measures.
func (m maker) policy(id domain.PolicyID) *domain.Policy {
	p := &domain.Policy{
		ID: id, Status: pick(m, domain.Published, domain.Published, domain.Published, domain.Withdrawn),
		Audience: pick(m, domain.ForBoth, domain.ForBoth, domain.ForEnterprises, domain.ForResidents, domain.ForNobody),
		Expires:  pick(m, someDates...), PublishDate: pick(m, someDates...), EffectiveFrom: pick(m, someDates...),
	}
	for i := range m.IntN(4) {
		p.Measures = append(p.Measures, domain.Measure{
			ID: domain.MeasureID(fmt.Sprintf("m%d", i+1)), Criteria: m.tree(2 + m.IntN(5)),
			Window: domain.Window{
				From: pick(m, someDates...), To: pick(m, someDates...), Deadline: pick(m, someDates...), Yearly: m.IntN(6) == 0,
			},
			Benefit: domain.Benefit{Amount: float64(m.IntN(5)), Cap: float64(m.IntN(5))},
		})
	}
	return p
}

// offered is what package matching says of policies, by policy and measure.
func offered(policies map[domain.PolicyID]*domain.Policy, profile *domain.Profile, day string) map[string]domain.Verdict {
	found := map[string]domain.Verdict{}
	for id, p := range policies {
		for i := range p.Measures {
			c := p.CriteriaOf(&p.Measures[i])
			truth := matching.Evaluate(&c, profile, day)
			if truth != domain.No && canBeHad(p, &p.Measures[i], day) {
				found[fmt.Sprint(id, p.Measures[i].ID)] = domain.VerdictOf(truth)
			}
		}
	}
	return found
}

// canBeHad tells whether a measure is open on a day, asked of its dates.
func canBeHad(p *domain.Policy, x *domain.Measure, day string) bool {
	first := p.EffectiveFrom
	if first == "11-01" || first == "soon" { // no date
		first = ""
	}
	return p.InForce(day) && matching.InWindow(x.Window, day) && first <= day
}

// TestWhatBeginsLaterStandsApart asks each of the next two years' days whether
// a measure is open on it.
func TestWhatBeginsLaterStandsApart(t *testing.T) {
	today, err := time.Parse(time.DateOnly, asOf)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for seed := range uint64(1500) {
		m := newMaker(9000 + seed)
		p, profile := m.policy(1), m.profile()
		x := audience.NewMeasures()
		x.Put(p)
		want := map[domain.MeasureID]string{}
		for i := range p.Measures {
			c := p.CriteriaOf(&p.Measures[i])
			if p.Status != domain.Published || matching.Evaluate(&c, &profile, asOf) == domain.No || canBeHad(p, &p.Measures[i], asOf) {
				continue
			}
			for n := 1; n < 800 && want[p.Measures[i].ID] == ""; n++ {
				if day := today.AddDate(0, 0, n).Format(time.DateOnly); canBeHad(p, &p.Measures[i], day) {
					want[p.Measures[i].ID] = day
				}
			}
		}
		maps.DeleteFunc(want, func(_ domain.MeasureID, day string) bool { return day == "" })
		found += len(want)
		got := x.For(&profile, asOf, 50).Coming
		last := ""
		for _, c := range got {
			if want[c.Measure] != c.From || c.From < last {
				t.Errorf("seed %d: %+v, want it from %q, after %q", seed, c, want[c.Measure], last)
			}
			last = c.From
		}
		if len(got) != len(want) {
			t.Errorf("seed %d: %v come later, want %v of %+v", seed, got, want, p)
		}
	}
	if found < 20 {
		t.Errorf("only %d measures begin later: the draws prove little", found)
	}
}

// TestMeasuresAgreeWithMatching holds the reverse index against package
// matching, which asks one measure after the other, while policies are
// published, changed and withdrawn.
func TestMeasuresAgreeWithMatching(t *testing.T) {
	seen := map[domain.Verdict]int{}
	for seed := range uint64(26) {
		m := newMaker(1000 + seed)
		x := audience.NewMeasures()
		policies := map[domain.PolicyID]*domain.Policy{}
		measures := 0
		for range 60 {
			for range 15 {
				id := domain.PolicyID(1 + m.IntN(400))
				if old := policies[id]; old != nil && old.Status == domain.Published {
					measures -= len(old.Measures)
				}
				if m.IntN(4) == 0 {
					x.Remove(id)
					delete(policies, id)
					continue
				}
				p := m.policy(id)
				x.Put(p)
				policies[id] = p
				if p.Status == domain.Published {
					measures += len(p.Measures)
				}
			}
			if x.Len() != measures {
				t.Fatalf("seed %d: %d measures, want %d", seed, x.Len(), measures)
			}
			now, then := m.profile(), m.profile()
			day := pick(m, asOf, asOf, asOf, "2027-02-01", "2026-11-30", "someday--")
			before, after := offered(policies, &now, day), offered(policies, &then, day)
			got := x.For(&now, day, math.MaxInt)
			if err := sameOffers(got, before); err != nil {
				t.Fatalf("seed %d: %v\nprofile %+v", seed, err, now)
			}
			for _, v := range before {
				seen[v]++
			}
			if err := sameDifference(x.WhatIf(&now, &then, day), before, after); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			if few := x.For(&now, day, 7); !slices.Equal(few.Best, got.Best[:min(7, len(got.Best))]) {
				t.Fatalf("seed %d: the first seven of %v are %v", seed, got.Best, few.Best)
			}
		}
		for id := range policies {
			x.Remove(id)
		}
		if n := x.Bytes(); n > 100_000 {
			t.Errorf("seed %d: an index without measures still has rows of %d bytes", seed, n)
		}
	}
	if seen[domain.Likely] < 8_000 || seen[domain.Possible] < 8_000 {
		t.Errorf("the draws prove little: %v", seen)
	}
}

func sameOffers(got audience.Offers, want map[string]domain.Verdict) error {
	if len(got.Best) != len(want) || got.Likely+got.Possible != len(want) {
		return fmt.Errorf("%d offers, %d counted, want %d", len(got.Best), got.Likely+got.Possible, len(want))
	}
	for _, offer := range got.Best {
		if key := fmt.Sprint(offer.Policy, offer.Measure); want[key] != offer.Verdict {
			return fmt.Errorf("%v: matching says %q", offer, want[key])
		}
	}
	return nil
}

func sameDifference(got audience.Difference, before, after map[string]domain.Verdict) error {
	want := map[string]string{}
	for key, v := range after {
		switch was := before[key]; {
		case was == "":
			want[key] = "gained " + string(v)
		case was != v && v == domain.Likely:
			want[key] = "confirmed likely"
		case was != v:
			want[key] = "doubted possible"
		}
	}
	for key, v := range before {
		if after[key] == "" {
			want[key] = "lost " + string(v)
		}
	}
	n := 0
	for word, list := range map[string][]audience.Offer{"gained": got.Gained, "lost": got.Lost, "confirmed": got.Confirmed, "doubted": got.Doubted} {
		for _, offer := range list {
			n++
			if key := fmt.Sprint(offer.Policy, offer.Measure); want[key] != word+" "+string(offer.Verdict) {
				return fmt.Errorf("%v %s, want %q", offer, word, want[key])
			}
		}
	}
	if n != len(want) {
		return fmt.Errorf("%d changes, want %d", n, len(want))
	}
	return nil
}

// TestHostileTreesAgreeToo: what does not fit into rows is answered all the
// same, and costs neither time nor memory without bounds.
func TestHostileTreesAgreeToo(t *testing.T) {
	var deep, wide, fields, values domain.Criteria
	deep = in(domain.FieldSize, "small")
	for range 10_000 {
		deep = domain.Criteria{All: []domain.Criteria{domain.NotOf(deep), in(domain.FieldKind, "enterprise")}}
	}
	for i := range 20 { // a million clauses
		wide.All = append(wide.All, domain.AnyOf(in(domain.FieldAttribute, fmt.Sprint(i)), atLeast(domain.FieldStaff, int64(i))))
	}
	for i := range 10 { // one field ten times
		fields.All = append(fields.All, in(domain.FieldAttribute, "QH1", fmt.Sprint(i)), in(domain.FieldRegion, "330603", fmt.Sprint(i)))
	}
	list := make([]string, 20_000)
	for i := range list {
		list[i] = fmt.Sprintf("C%d", i)
	}
	values = in(domain.FieldIndustry, list...)
	policies := map[domain.PolicyID]*domain.Policy{}
	x := audience.NewMeasures()
	put := func(c domain.Criteria) {
		p := published(domain.PolicyID(len(policies)+1), domain.Measure{Criteria: c})
		policies[p.ID] = p
		x.Put(p)
	}
	put(deep)
	put(wide)
	put(fields)
	put(values)
	put(atLeast(domain.FieldRevenue, math.MaxInt64))
	put(domain.Leaf(domain.Condition{Field: domain.FieldRevenue, Op: domain.MoreThan, Number: math.MaxInt64}))
	put(domain.Leaf(domain.Condition{Field: domain.FieldRevenue, Op: domain.AtMost, Number: math.MaxInt64}))
	put(domain.Leaf(domain.Condition{Field: domain.FieldRevenue, Op: domain.LessThan, Number: math.MinInt64}))
	for i := range 700 { // more bounds than a field has intervals
		put(atLeast(domain.FieldRevenue, int64(i)*3))
		put(in(domain.FieldRegion, fmt.Sprintf("%04d", i))) // more cities than there are
	}
	if n := x.Bytes(); n > 16<<20 {
		t.Errorf("rows take %d bytes", n)
	}
	m := newMaker(77)
	for range 200 {
		p := m.profile()
		if m.IntN(2) == 0 {
			n := pick(m, math.MaxInt64, math.MinInt64, int64(m.IntN(2100)))
			p.Revenue = &n
		}
		if err := sameOffers(x.For(&p, asOf, math.MaxInt), offered(policies, &p, asOf)); err != nil {
			t.Fatalf("%v\nprofile %+v", err, p)
		}
	}
	for id := range policies {
		x.Remove(id)
	}
	if got := x.For(&domain.Profile{}, asOf, 5); len(got.Best)+x.Len() != 0 {
		t.Errorf("of no measures, %v were offered", got)
	}
}

func TestRanksAreStable(t *testing.T) {
	a, b := audience.NewMeasures(), audience.NewMeasures()
	for id := range domain.PolicyID(300) {
		a.Put(published(id+1, domain.Measure{}, domain.Measure{}))
		b.Put(published(300-id, domain.Measure{}, domain.Measure{}))
	}
	p := &domain.Profile{Kind: domain.Resident}
	first, second := a.For(p, asOf, 40), b.For(p, asOf, 40)
	if !slices.Equal(first.Best, second.Best) {
		t.Errorf("the order of publishing changed the order of equals:\n%v\n%v", first.Best, second.Best)
	}
	if !slices.IsSortedFunc(first.Best, func(a, b audience.Offer) int { return cmp.Compare(a.Policy, b.Policy) }) {
		t.Errorf("equals do not stand in the order of policies: %v", first.Best)
	}
}
