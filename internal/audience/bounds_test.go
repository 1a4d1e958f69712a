package audience_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"policypush/internal/audience"
	"policypush/internal/domain"
)

// TestHostileTreesAreBounded: they are refused with a reason, and asked all
// the same they are answered at once, by "not known".
func TestHostileTreesAreBounded(t *testing.T) {
	x := audience.New()
	x.Put(1, domain.Profile{Kind: domain.Enterprise, Region: "330603"}, domain.Subscription{All: true})
	deep := in(domain.FieldRegion, "330603")
	for range 10_000 {
		deep = domain.NotOf(deep)
	}
	long := make([]string, 10_000_000)
	for i := range long {
		long[i] = "330603"
	}
	wide := domain.Criteria{}
	for range domain.MaxCriteriaLeaves + 1 {
		wide.All = append(wide.All, in(domain.FieldRegion, "330603"))
	}
	many := domain.Criteria{}
	values := make([]string, domain.MaxLeafValues)
	for i := range values {
		values[i] = fmt.Sprint(330603000 + i)
	}
	for range 100 {
		many.Any = append(many.Any, in(domain.FieldRegion, values...))
	}
	for name, c := range map[string]domain.Criteria{
		"10,000 negations deep": deep, "ten million values": in(domain.FieldRegion, long...),
		"more conditions than are allowed": wide, "a million values in all": many,
	} {
		t.Run(name, func(t *testing.T) {
			q := audience.Query{Measures: []domain.Criteria{c}}
			if err := q.Validate(); domain.KindOf(err) != domain.Invalid {
				t.Errorf("it was not refused: %v", err)
			}
			if n := x.Count(q); n != (audience.Counts{Possible: 1}) {
				t.Errorf("answered %+v, want that it is not known", n)
			}
		})
	}
	unknown := audience.Query{Measures: []domain.Criteria{in(domain.FieldRegion, "999999"), in(domain.FieldIndustry, "ZZ")}}
	if n := x.Count(unknown); n != (audience.Counts{Possible: 1}) { // the industry is not stated
		t.Errorf("codes that nobody has: %+v", n)
	}
}

// TestAPolicyIsBoundedAsAWhole: measures that are each within the bounds may
// be too much together.
func TestAPolicyIsBoundedAsAWhole(t *testing.T) {
	wide := domain.Criteria{}
	for range domain.MaxCriteriaLeaves {
		wide.All = append(wide.All, in(domain.FieldRegion, "330603"))
	}
	measures := []domain.Criteria{wide, wide, wide, wide, in(domain.FieldRegion, "330603")}
	x := audience.New()
	x.Put(1, domain.Profile{Kind: domain.Enterprise, Region: "330604"}, domain.Subscription{All: true})
	for n, want := range map[int]audience.Counts{4: {}, 5: {Possible: 1}} {
		q := audience.Query{Measures: measures[:n]}
		if err := q.Validate(); (domain.KindOf(err) == domain.Invalid) != (n == 5) {
			t.Errorf("%d measures: %v", n, err)
		}
		if got := x.Count(q); got != want {
			t.Errorf("%d measures: answered %+v, want %+v", n, got, want)
		}
	}
}

// TestManyValuesAreLookedUp: without it this takes hours.
func TestManyValuesAreLookedUp(t *testing.T) {
	codes := func(prefix string) []string {
		list := make([]string, domain.MaxLeafValues)
		for i := range list {
			list[i] = fmt.Sprintf("%s%07d", prefix, i) // as long as no level: everybody's code is looked at
		}
		return list
	}
	x := audience.New()
	for id := range domain.SubscriberID(20_000) {
		x.Put(id+1, domain.Profile{Kind: domain.Enterprise, Industry: fmt.Sprintf("A%07d", id)}, domain.Subscription{All: true})
	}
	lists := make([]domain.Criteria, 26)
	for i := range lists {
		lists[i] = in(domain.FieldIndustry, codes(string(rune('A'+i)))...)
	}
	q := audience.Query{Measures: []domain.Criteria{domain.AnyOf(lists...)}}
	if err := q.Validate(); err != nil {
		t.Fatal(err)
	}
	if n := x.Count(q); n != (audience.Counts{Likely: domain.MaxLeafValues}) {
		t.Errorf("answered %+v", n)
	}
	apart := domain.AllOf(lists...)
	if found := audience.Conflicts(&apart); len(found) > 100 {
		t.Errorf("told %d conflicts", len(found))
	}
}

// FuzzCriteria reads a tree as the database does. What is refused is answered
// all the same, without a crash; the answer is always that of package matching.
func FuzzCriteria(f *testing.F) {
	m := newMaker(7)
	for range 20 {
		raw, err := json.Marshal(m.tree(4))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	for _, tree := range []string{
		strings.Repeat(`{"not":`, 20_000) + strings.Repeat("}", 20_000), strings.Repeat(`{"not":`, 100) + `{"any":[]}` + strings.Repeat("}", 100),
		`{"all":[{}],"leaf":{"field":"size","op":"in"}}`, `{"leaf":{"field":"staff","op":"gt","number":9223372036854775807}}`,
		`{"leaf":{"field":"age","op":"le","number":-9223372036854775808}}`, `{"leaf":{"field":"founded","op":"lt","number":99999999}}`,
		`{"all":[{"leaf":{"field":"staff","op":"ge","number":500}},{"leaf":{"field":"staff","op":"le","number":100}}]}`,
		`{"leaf":{"field":"region","op":"in","values":["000000","","33060","330603001x"]}}`, `{"leaf":{"field":"nothing","op":"in"}}`,
		`{"leaf":{"field":"staff","op":"in","values":["1"]}}`, `{"leaf":{"field":"size","op":"ge","number":1}}`, `{"leaf":{"field":"staff","op":"ge","number":1e999}}`,
	} {
		f.Add([]byte(tree))
	}
	x := audience.New()
	people := map[domain.SubscriberID]person{}
	for id := range domain.SubscriberID(60) {
		people[id+1] = person{m.profile(), domain.Subscription{All: true}}
		x.Put(id+1, people[id+1].profile, people[id+1].subscription)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var tree domain.Criteria
		if json.Unmarshal(raw, &tree) != nil {
			return
		}
		q := audience.Query{Measures: []domain.Criteria{tree}, AsOf: asOf, Everyone: true}
		if q.Validate() != nil {
			x.Evaluate(q) // beyond the bounds it is "not known", which matching does not say
			return
		}
		if err := check(q, x, people, map[domain.Verdict]int{}); err != nil {
			t.Fatal(err)
		}
		measures := audience.NewMeasures()
		measures.Put(&domain.Policy{ID: 1, Status: domain.Published, Measures: []domain.Measure{{Criteria: tree}}})
		for id, p := range people {
			want := domain.NotForThem
			if best := measures.For(&p.profile, asOf, 1).Best; len(best) > 0 {
				want = best[0].Verdict
			}
			if e, _ := x.Explain(q, id); e.Verdict != want {
				t.Fatalf("subscriber %d: explained as %s, offered as %s", id, e.Verdict, want)
			}
		}
		audience.Conflicts(&tree)
	})
}
