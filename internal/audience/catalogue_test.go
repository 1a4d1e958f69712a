package audience

import (
	"context"
	"errors"
	"testing"

	"policypush/internal/domain"
)

// bookshelf is a source of policies in memory.
type bookshelf struct {
	seq      int64
	policies map[domain.PolicyID]domain.Policy
	loads    int
	broken   bool
	damaged  domain.PolicyID // cannot be read
}

func (s *bookshelf) LastPolicyChange(context.Context) (int64, error) { return s.seq, nil }

func (s *bookshelf) PublishedPolicies(context.Context) (map[domain.PolicyID]int, error) {
	versions := map[domain.PolicyID]int{}
	for id, p := range s.policies {
		if p.Status == domain.Published {
			versions[id] = p.Version
		}
	}
	return versions, nil
}

func (s *bookshelf) Policy(_ context.Context, id domain.PolicyID) (*domain.Policy, error) {
	if s.broken {
		return nil, errors.New("the database is away")
	}
	if id == s.damaged {
		return nil, domain.Errorf(domain.Invalid, "政策点读不出来")
	}
	s.loads++
	p := s.policies[id]
	return &p, nil
}

func (s *bookshelf) put(p domain.Policy) {
	s.policies[p.ID] = p
	s.seq++
}

func smallOnly(id domain.PolicyID, version int, status domain.PolicyStatus) domain.Policy {
	return domain.Policy{
		ID: id, Version: version, Status: status, Text: "正文", Audience: domain.ForEnterprises,
		Measures: []domain.Measure{{ID: "m1", Criteria: domain.Leaf(domain.Condition{
			Field: domain.FieldSize, Op: domain.In, Values: []string{"small"}, Evidence: []domain.Evidence{{Text: "小型企业"}},
		})}},
	}
}

func TestCatalogueFollowsWhatIsPublished(t *testing.T) {
	from := &bookshelf{policies: map[domain.PolicyID]domain.Policy{}}
	from.put(smallOnly(1, 1, domain.Published))
	from.put(smallOnly(2, 1, domain.Draft))
	one, other := NewCatalogue(from), NewCatalogue(from) // two processes
	check := func(want ...domain.PolicyID) {
		t.Helper()
		for _, c := range []*Catalogue{one, other} {
			if err := c.Refresh(t.Context()); err != nil {
				t.Fatal(err)
			}
			offers := c.For(&domain.Profile{Kind: domain.Enterprise, Size: "small"}, "2026-11-26", 10)
			if offers.Likely != len(want) || len(offers.Best) != len(want) {
				t.Fatalf("%d offers, want %d", offers.Likely, len(want))
			}
			for _, id := range want {
				if p := c.Find(id); p == nil || p.Text != "" {
					t.Errorf("policy %d is held as %+v", id, p)
				}
			}
		}
	}
	check(1)
	loads := from.loads
	check(1)
	if from.loads != loads {
		t.Error("nothing has changed, and policies are loaded again")
	}
	from.put(smallOnly(2, 1, domain.Published))
	check(1, 2)
	from.put(smallOnly(1, 1, domain.Withdrawn))
	check(2)
	from.put(smallOnly(2, 2, domain.Published))
	check(2)
	if v := one.Find(2).Version; v != 2 {
		t.Errorf("version %d is held, 2 is published", v)
	}

	from.put(smallOnly(3, 1, domain.Published))
	from.broken = true
	if err := one.Refresh(t.Context()); err == nil {
		t.Error("a source that fails is not noticed")
	}
	from.broken = false
	check(2, 3)

	from.damaged = 4
	from.put(smallOnly(4, 1, domain.Published))
	from.put(smallOnly(5, 1, domain.Published))
	check(2, 3, 5)
}

func TestAskFindsTheFactThatSettlesMost(t *testing.T) {
	const day = "2026-11-26"
	leaf := func(f domain.Field, op domain.Op, n int64, values ...string) domain.Criteria {
		return domain.Leaf(domain.Condition{Field: f, Op: op, Number: n, Values: values})
	}
	m := NewMeasures()
	m.Put(&domain.Policy{ID: 1, Status: domain.Published, Measures: []domain.Measure{
		{ID: "m1", Criteria: leaf(domain.FieldSize, domain.In, 0, "small", "micro")},
		{ID: "m2", Criteria: leaf(domain.FieldStaff, domain.AtMost, 300)},
		{ID: "m3", Criteria: domain.AllOf(leaf(domain.FieldStaff, domain.AtMost, 20), leaf(domain.FieldTaxpayer, domain.In, 0, "general"))},
		{ID: "m4", Criteria: leaf(domain.FieldStaff, domain.AtLeast, 100)},
		{ID: "m5", Criteria: leaf(domain.FieldHukou, domain.In, 0, "330603")},
	}})
	p := &domain.Profile{Kind: domain.Enterprise, Region: "330603", Taxpayer: "general"}
	q, ok := m.Ask(p, day, domain.Fields())
	if !ok || q.Field != domain.FieldStaff || q.Open != 3 {
		t.Fatalf("asked for %s, which %d ask for", q.Field, q.Open)
	}
	for i, want := range []Difference{
		{Confirmed: make([]Offer, 2), Lost: make([]Offer, 1)}, // at most 20
		{Confirmed: make([]Offer, 1), Lost: make([]Offer, 2)}, // 21 … 99
		{Confirmed: make([]Offer, 2), Lost: make([]Offer, 1)}, // 100 … 300
		{Confirmed: make([]Offer, 1), Lost: make([]Offer, 2)}, // more
	} {
		if a := q.Answers[i]; len(a.Confirmed) != len(want.Confirmed) || len(a.Lost) != len(want.Lost) {
			t.Errorf("answer %d (%+v) settles %d and rules out %d", i, a.Says, len(a.Confirmed), len(a.Lost))
		}
	}
	if q, ok := m.Ask(p, day, []domain.Field{domain.FieldSize}); !ok || q.Field != domain.FieldSize {
		t.Errorf("asked for %s, though only the size may be asked for", q.Field)
	}
	staff := int64(50)
	p.Staff, p.Size = &staff, "large"
	if q, ok := m.Ask(p, day, domain.Fields()); ok {
		t.Errorf("asked for %s, though all is said", q.Field)
	}
}
