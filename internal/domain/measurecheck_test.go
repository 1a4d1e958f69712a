package domain

import (
	"slices"
	"testing"
)

func TestWhatIsAnsweredIsNotedNoMore(t *testing.T) {
	m := Measure{
		Criteria: AllOf(Leaf(Condition{Field: FieldKind, Op: In, Values: []string{"enterprise"}}), Leaf(Condition{Field: FieldOther, Unread: "信用良好"})),
		Unread:   []string{"信用良好", "用工困难"}, Check: []string{"数字未读出：每户5000元", WhoMissing, HowMissing},
	}
	m.Settle()
	if !slices.Equal(m.Unread, []string{"信用良好"}) || !slices.Equal(m.Check, []string{"数字未读出：每户5000元", HowMissing}) {
		t.Errorf("a condition that was not read says who: %q, %q", m.Unread, m.Check)
	}
	m.Criteria, m.How.Mode = Leaf(Condition{Field: FieldKind, Op: In, Values: []string{"enterprise"}}), "apply"
	m.Check = append(m.Check, WhoMissing)
	m.Settle()
	if m.Unread != nil || !slices.Equal(m.Check, []string{"数字未读出：每户5000元", WhoMissing}) {
		t.Errorf("without it nobody is named: %q, %q", m.Unread, m.Check)
	}
}
