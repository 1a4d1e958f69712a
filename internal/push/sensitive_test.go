package push_test

import (
	"testing"

	"policypush/internal/domain"
	"policypush/internal/push"
)

// Whoever sees a message must not learn from it that its reader is poor: but what is for
// the poor among others tells nothing.
func TestWhatIsSensitive(t *testing.T) {
	group := func(codes ...string) domain.Criteria {
		return domain.Leaf(domain.Condition{Field: domain.FieldGroup, Op: domain.In, Values: codes})
	}
	here := domain.Leaf(domain.Condition{Field: domain.FieldRegion, Op: domain.In, Values: []string{"339901"}})
	tag := func(code, word string) domain.Tag {
		return domain.Tag{Dimension: domain.GroupTag, Code: code, State: domain.Confirmed, Evidence: []domain.Evidence{{Text: word}}}
	}
	const loans = "云川县创业担保贷款常见问题"
	for name, tt := range map[string]struct {
		title    string
		audience domain.Audience
		criteria domain.Criteria
		tags     []domain.Tag
		want     bool
	}{
		"only for them":               {loans, domain.ForResidents, domain.AllOf(here, group("G07")), nil, true},
		"for them among others":       {loans, domain.ForBoth, domain.AllOf(here, group("G04", "G07")), []domain.Tag{tag("G04", "毕业生"), tag("G07", "低保")}, false},
		"for them or for others":      {loans, domain.ForBoth, domain.AnyOf(group("G04"), group("G07")), nil, false},
		"for some of them":            {loans, domain.ForBoth, domain.AnyOf(group("G07"), domain.AllOf(here, group("G07"))), nil, true},
		"for all but them":            {loans, domain.ForBoth, domain.AllOf(here, domain.NotOf(group("G07"))), nil, false},
		"named by the title":          {"云川县低保和毕业生补贴办法", domain.ForResidents, here, []domain.Tag{tag("G04", "毕业生"), tag("G07", "低保")}, true},
		"no others are spoken of":     {loans, domain.ForResidents, here, []domain.Tag{tag("G07", "低保")}, true},
		"to enterprises that do good": {loans, domain.ForEnterprises, here, []domain.Tag{tag("G07", "低保")}, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := &domain.Policy{Title: tt.title, Audience: tt.audience, Tags: tt.tags, Measures: []domain.Measure{{Who: "低保家庭", Criteria: tt.criteria}}}
			card := push.CardOf(p, domain.Likely, isSensitive, "2026-11-22")
			if card.Sensitive != tt.want {
				t.Errorf("sensitive: %v", card.Sensitive)
			}
			if !card.Sensitive && len(tt.tags) > 0 && card.Who != "" {
				t.Errorf("it names %s", card.Who)
			}
		})
	}
}

func TestWhatFewMeasuresSayIsNotSaidOfAll(t *testing.T) {
	p := &domain.Policy{Title: "云川县人民政府关于惠企利民的通知", Measures: []domain.Measure{{How: domain.How{Mode: "apply"}}, {}, {}}}
	if how := push.CardOf(p, domain.Likely, isSensitive, "2026-11-22").How; how != "" {
		t.Errorf("by %s", how)
	}
	p.Measures = p.Measures[:2]
	if how := push.CardOf(p, domain.Likely, isSensitive, "2026-11-22").How; how != "需要申请" {
		t.Errorf("by %q", how)
	}
}
