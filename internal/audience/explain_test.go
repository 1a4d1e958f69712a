package audience_test

import (
	"strings"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"

	"policypush/internal/audience"
	"policypush/internal/domain"
	"policypush/internal/matching"
)

func amount(f domain.Field, op domain.Op, n int64) domain.Criteria {
	return domain.Leaf(domain.Condition{Field: f, Op: op, Number: n})
}

// TestExplanationsAgreeWithTheAudience: who is in an audience is told so, and
// who is not is told what is missing, for every subscriber.
func TestExplanationsAgreeWithTheAudience(t *testing.T) {
	for seed := range uint64(20) {
		m := newMaker(seed)
		x := audience.New()
		for id := range domain.SubscriberID(100) {
			x.Put(id+1, m.profile(), m.subscription())
		}
		for range 20 {
			q := audience.Query{
				Measures: []domain.Criteria{m.tree(4), m.tree(3)}, AsOf: asOf,
				Themes: some(m, []string{"Q01", "M09"}), Text: pick(m, "", "关于技改与RND费用的通知"), Everyone: m.IntN(2) == 0,
			}
			if m.IntN(2) == 0 {
				q.Without = roaring.BitmapOf(2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47)
			}
			got := x.Evaluate(q)
			if n := x.Count(q); n.Likely != int(got.Likely.GetCardinality()) || n.Possible != int(got.Possible.GetCardinality()) {
				t.Fatalf("seed %d: Count says %+v, Evaluate %d and %d", seed, n, got.Likely.GetCardinality(), got.Possible.GetCardinality())
			}
			for id := range domain.SubscriberID(100) {
				e, ok := x.Explain(q, id+1)
				want := domain.NotForThem
				if got.Likely.Contains(uint32(id + 1)) {
					want = domain.Likely
				} else if got.Possible.Contains(uint32(id + 1)) {
					want = domain.Possible
				}
				if !ok || e.Verdict != want {
					t.Fatalf("seed %d, subscriber %d: explained as %q, audience says %q", seed, id+1, e.Verdict, want)
				}
				if want == domain.Likely && len(e.Missing) > 0 {
					t.Fatalf("seed %d, subscriber %d is likely but misses %+v", seed, id+1, e.Missing)
				}
				if want == domain.Possible && len(e.Missing) == 0 {
					t.Fatalf("seed %d, subscriber %d is only possible but misses nothing", seed, id+1)
				}
			}
		}
	}
}

func TestTheNearestMissingConditionIsNamed(t *testing.T) {
	x := audience.New()
	staff := int64(12)
	x.Put(1, domain.Profile{Kind: domain.Enterprise, Region: "330603001", Size: "small", Staff: &staff}, domain.Subscription{All: true})
	x.Put(2, domain.Profile{Kind: domain.Enterprise, Region: "330603001", Size: "small", Staff: &staff}, domain.Subscription{Paused: true})
	measures := []domain.Criteria{
		domain.AllOf(in(domain.FieldRegion, "320000"), in(domain.FieldSize, "large")),
		domain.AllOf(in(domain.FieldRegion, "330603"), domain.AnyOf(amount(domain.FieldStaff, domain.AtLeast, 20), in(domain.FieldTaxpayer, "general"))),
	}
	e, ok := x.Explain(audience.Query{Measures: measures}, 1)
	if !ok || e.Measure != 1 || len(e.Missing) != 1 || e.Missing[0].Condition.Field != domain.FieldTaxpayer || e.Missing[0].Truth != domain.Unknown {
		t.Errorf("explained as %+v, want the unknown taxpayer of the second measure", e)
	}
	if e, _ := x.Explain(audience.Query{Measures: measures}, 2); !e.Paused || !e.Uninterested || e.Verdict != domain.NotForThem {
		t.Errorf("who paused is explained as %+v", e)
	}
	if _, ok := x.Explain(audience.Query{}, 3); ok {
		t.Error("a stranger was explained")
	}
}

func TestConflictsAreFound(t *testing.T) {
	not := domain.NotOf
	for name, tt := range map[string]struct {
		tree     domain.Criteria
		says     string // "" is no conflict
		optional bool
	}{
		"two sizes at once":          {domain.AllOf(in(domain.FieldSize, "small"), in(domain.FieldSize, "large")), "企业规模", false},
		"one size of two":            {domain.AllOf(in(domain.FieldSize, "small", "micro"), in(domain.FieldSize, "micro")), "", false},
		"a size and not that size":   {domain.AllOf(in(domain.FieldSize, "small"), not(in(domain.FieldSize, "small", "micro"))), "企业规模", false},
		"above and below":            {domain.AllOf(amount(domain.FieldStaff, domain.AtLeast, 300), amount(domain.FieldStaff, domain.LessThan, 300)), "300", false},
		"up to and from":             {domain.AllOf(amount(domain.FieldStaff, domain.AtLeast, 300), amount(domain.FieldStaff, domain.AtMost, 300)), "", false},
		"not above and above":        {domain.AllOf(not(amount(domain.FieldAge, domain.AtLeast, 60)), amount(domain.FieldAge, domain.MoreThan, 60)), "60", false},
		"a county of another city":   {domain.AllOf(in(domain.FieldRegion, "330600"), in(domain.FieldRegion, "330104")), "330104", false},
		"a county of the city":       {domain.AllOf(in(domain.FieldRegion, "330600"), in(domain.FieldRegion, "330603")), "", false},
		"a county outside its city":  {domain.AllOf(not(in(domain.FieldRegion, "330600")), in(domain.FieldRegion, "330603")), "330603", false},
		"the city without a county":  {domain.AllOf(in(domain.FieldRegion, "330600"), not(in(domain.FieldRegion, "330603"))), "", false},
		"two qualifications":         {domain.AllOf(in(domain.FieldAttribute, "QH1"), in(domain.FieldAttribute, "QH2")), "", false},
		"the staff of a resident":    {domain.AllOf(in(domain.FieldKind, "resident"), amount(domain.FieldStaff, domain.AtLeast, 1)), "从业人数", false},
		"in one of two ways":         {domain.AllOf(in(domain.FieldSize, "small"), domain.AnyOf(in(domain.FieldSize, "large"), in(domain.FieldTaxpayer, "general"))), "企业规模", true},
		"in a way that is the only":  {domain.AllOf(in(domain.FieldSize, "small"), domain.Criteria{Any: []domain.Criteria{in(domain.FieldSize, "large")}}), "企业规模", false},
		"alternatives do not meet":   {domain.AnyOf(in(domain.FieldSize, "small"), in(domain.FieldSize, "large")), "", false},
		"the negation of a choice":   {domain.AllOf(not(domain.AnyOf(in(domain.FieldSize, "small"), in(domain.FieldTaxpayer, "general"))), in(domain.FieldSize, "small")), "企业规模", false},
		"what cannot be read stands": {domain.AllOf(domain.Leaf(domain.Condition{Field: domain.FieldOther, Unread: "信用良好"}), domain.Leaf(domain.Condition{Field: domain.FieldOther, Unread: "无"})), "", false},
	} {
		t.Run(name, func(t *testing.T) {
			got := audience.Conflicts(&tt.tree)
			if tt.says == "" {
				if len(got) > 0 {
					t.Errorf("found %s", got[0].Describe(nil))
				}
				return
			}
			if len(got) != 1 || got[0].Optional != tt.optional || !strings.Contains(got[0].Describe(nil), tt.says) {
				t.Errorf("found %+v, want one that says %s", got, tt.says)
			}
		})
	}
}

// TestNobodyMeetsAConflict holds the finder against matching on random trees.
func TestNobodyMeetsAConflict(t *testing.T) {
	conflicts := 0
	for seed := range uint64(6000) {
		m := newMaker(seed)
		tree := m.tree(3)
		whole := false
		for _, c := range audience.Conflicts(&tree) {
			whole = whole || !c.Optional
		}
		if !whole {
			continue
		}
		conflicts++
		for range 50 {
			p := m.profile()
			if p.Kind == "" {
				continue // can have every field
			}
			if matching.Evaluate(&tree, &p, asOf) == domain.Yes {
				t.Fatalf("seed %d: %+v meets %s", seed, p, matching.Describe(&tree, nil))
			}
		}
	}
	if conflicts < 40 {
		t.Errorf("only %d trees had a conflict", conflicts)
	}
}

func TestCompareTellsWhoComesAndGoes(t *testing.T) {
	d := audience.Compare(
		audience.Result{Likely: roaring.BitmapOf(1, 2, 3), Possible: roaring.BitmapOf(4, 5, 6)},
		audience.Result{Likely: roaring.BitmapOf(1, 4, 7), Possible: roaring.BitmapOf(2, 5, 8)},
	)
	for name, tt := range map[string]struct{ got, want *roaring.Bitmap }{
		"added":   {d.Added, roaring.BitmapOf(7, 8)},
		"dropped": {d.Dropped, roaring.BitmapOf(3, 6)},
		"stay":    {d.Stay, roaring.BitmapOf(1, 2, 4, 5)},
		"firmer":  {d.Firmer, roaring.BitmapOf(4)},
		"vaguer":  {d.Vaguer, roaring.BitmapOf(2)},
	} {
		if !tt.got.Equals(tt.want) {
			t.Errorf("%s: %v, want %v", name, tt.got, tt.want)
		}
	}
}
