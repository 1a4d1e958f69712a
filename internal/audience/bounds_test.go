package audience_test

import (
	"fmt"
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
