package workers

import (
	"fmt"
	"strings"
	"testing"

	"policypush/internal/domain"
	"policypush/internal/push"
	"policypush/internal/storage"
)

// newMatter is a policy without a deadline, and a push about it.
func newMatter(id domain.PushID, title string, kind domain.PushKind) matter {
	p := &domain.Policy{ID: domain.PolicyID(id), Title: title, Status: domain.Published, Measures: []domain.Measure{{ID: "m1", Title: title}}}
	return matter{push: domain.Push{ID: id, Policy: p.ID, Kind: kind}, policy: p, office: domain.Office{Name: "云川县政务公开办", Signature: "云川政策"}}
}

// TestFormsOfDifferentMattersDiffer though the number of those that are not
// listed and the number of the push read the same one after the other.
func TestFormsOfDifferentMattersDiffer(t *testing.T) {
	b := newBench(t)
	matters := map[domain.PushID]matter{23: newMatter(23, "稳岗返还办法", domain.NewPolicy), 3: newMatter(3, "餐饮补贴办法", domain.NewPolicy)}
	written := forms{}
	for id, rest := range map[domain.PushID]int{23: 1, 3: 12} {
		m, err := b.compose(domain.Email, storage.Outgoing{}, []domain.Delivery{{Push: id}}, make([]domain.Delivery, rest), matters, meantBy{}, written)
		check(t, err)
		if title := matters[id].policy.Title; !strings.Contains(m.Subject+m.Text, title) || !strings.Contains(m.Text, fmt.Sprintf("另有%d项", rest)) {
			t.Errorf("of %s with %d more: %s\n%s", title, rest, m.Subject, m.Text)
		}
	}
}

// TestACorrectionIsListed in a long summary, and with it what it corrects, which
// would be last.
func TestACorrectionIsListed(t *testing.T) {
	b := newBench(t)
	matters, ds := map[domain.PushID]matter{}, []domain.Delivery{}
	add := func(m matter) {
		matters[m.push.ID] = m
		ds = append(ds, domain.Delivery{Push: m.push.ID, Verdict: domain.Likely})
	}
	most := push.Listed(domain.Email)
	for i := range most + 2 {
		add(newMatter(domain.PushID(i+1), fmt.Sprintf("第%d号办法", i+1), domain.NewPolicy))
	}
	correction := matters[domain.PushID(most+2)]
	correction.push.ID, correction.push.Kind, correction.push.Note = 99, domain.CorrectionNotice, "金额有误"
	add(correction)
	listed, rest := b.fitting(domain.Email, ds, matters)
	if len(listed)+len(rest) != len(ds) || len(rest) == 0 {
		t.Fatalf("%d listed and %d not of %d", len(listed), len(rest), len(ds))
	}
	if last := listed[len(listed)-1]; last.Push != 99 {
		t.Errorf("the correction waits for the next: listed are %v", listed)
	}
}
