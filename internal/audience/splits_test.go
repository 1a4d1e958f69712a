package audience

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"policypush/internal/domain"
)

// TestBoundsAreLearned: whoever asks again for numbers, dates or ages between
// the same bounds asks nobody by the column, and is told the same.
func TestBoundsAreLearned(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 3))
	x := New()
	for id := range domain.SubscriberID(3000) {
		n := random.Int64N(500)
		day := fmt.Sprintf("%d-%02d-%02d", 1960+random.IntN(20), 1+random.IntN(12), 1+random.IntN(28))
		p := domain.Profile{Kind: domain.Resident, Born: day[:[]int{4, 7, 10}[random.IntN(3)]]}
		if id%2 == 0 {
			p = domain.Profile{Kind: domain.Enterprise, Staff: &n, Founded: day}
		}
		x.Put(id+1, p, domain.Subscription{All: true})
	}
	for name, c := range map[string]domain.Criteria{
		"staff from and below": domain.AllOf(number(domain.FieldStaff, domain.AtLeast, 137), number(domain.FieldStaff, domain.LessThan, 411)),
		"age from":             number(domain.FieldAge, domain.AtLeast, 55),
		"age between":          domain.AllOf(number(domain.FieldAge, domain.MoreThan, 50), number(domain.FieldAge, domain.AtMost, 58)),
		"age not below":        domain.NotOf(number(domain.FieldAge, domain.LessThan, 60)),
		"founded on or before": number(domain.FieldFounded, domain.AtMost, 19690420),
	} {
		t.Run(name, func(t *testing.T) {
			q := Query{Measures: []domain.Criteria{c}, AsOf: "2026-11-22", Everyone: true}
			asked := x.Count(q)
			p := newPlan(x.held.Load().dictionary, &q, nil)
			var walk func(n *node)
			walk = func(n *node) {
				if n.literal != nil && len(n.literal.ask) > 0 {
					t.Errorf("%d rows are asked by the column once more", len(n.literal.ask))
				}
				for i := range n.kids {
					walk(&n.kids[i])
				}
			}
			walk(&p.root[0])
			if learned := x.Count(q); learned != asked || learned.Likely == 0 {
				t.Errorf("learned, it counts %+v, before %+v", learned, asked)
			}
		})
	}
}

func number(f domain.Field, op domain.Op, n int64) domain.Criteria {
	return domain.Leaf(domain.Condition{Field: f, Op: op, Number: n})
}
