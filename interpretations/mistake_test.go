package interpretations

import (
	"slices"
	"strings"
	"testing"

	"policypush/internal/domain"
)

// TestMistakesNameTheirFields: all that is wrong is told at once, each in its field.
func TestMistakesNameTheirFields(t *testing.T) {
	long := strings.Repeat("长", MaxText+1)
	for name, tt := range map[string]struct {
		item Item
		want []string
	}{
		"an answer": {
			Item{Kind: QAKind, Aspect: "?", QA: &QA{Question: "补多少", Answer: ""}},
			[]string{"aspect", "question", "answer", "cited"},
		},
		"a chart": {
			Item{Kind: ChartKind, Chart: &Chart{Form: Compare, Points: []Point{{Label: "甲", Value: 1}, {Value: -1, Before: 1e14, Date: "明天", Note: long, Clause: "第九条"}}}},
			[]string{"title", "unit", "before", "after", "points.1.label", "points.1.note", "points.1.value", "points.1.before", "points.1.date", "clause", "points.1.clause"},
		},
		"a sum": {
			Item{Kind: ChartKind, Title: "图", Chart: &Chart{Form: Rank, Unit: "元", Points: []Point{{Label: "甲", Value: 1}}, Total: new(float64), Clause: "二/(一)"}},
			[]string{"total"},
		},
		"a case": {
			Item{Kind: CaseKind, Title: "例", Case: &Case{Steps: []Step{{}}, Note: long}},
			[]string{"who", "facts", "steps.0.name", "steps.0.value", "result.name", "result.value", "note", "clause"},
		},
		"a comparison": {
			Item{Kind: ComparisonKind, Title: "比", Comparison: &Comparison{Former: "旧", Rows: []ComparisonRow{{Topic: "甲", Before: "一", Clause: "二/(一)"}, {}, {Topic: "乙", Before: long, After: "二", Clause: "第九条"}}}},
			[]string{"rows.1.topic", "rows.1.after", "rows.1.clause", "rows.2.before", "rows.2.clause"},
		},
		"a record": {
			Item{Kind: RecordKind, Title: "会", Record: &Record{Minutes: 601, Speaker: long}},
			[]string{"form", "url", "date", "minutes", "speaker", "transcript", "clause"},
		},
		"a picture": {
			Item{Kind: OnePageKind, Title: "图", OnePage: &OnePage{Lead: long, Hero: []Entry{{Name: "最高"}}, Blocks: []Block{{}, {Form: Embedded, Title: "引"}, {Form: Cards, Title: "卡", Clause: "二/(一)", Lines: []Entry{{Name: "甲", Clause: "第九条"}}}}}},
			[]string{"lead", "hero.0.big", "hero.0.clause", "blocks.0.form", "blocks.0.title", "blocks.0.clause", "blocks.1.item", "blocks.2.lines"},
		},
		"of two kinds": {Item{Kind: QAKind, QA: &QA{}, Case: &Case{}}, []string{"kind"}},
		"of another":   {Item{Kind: QAKind, Case: &Case{}}, []string{"kind"}},
	} {
		var at []string
		all := tt.item.Mistakes(policy())
		for _, m := range all {
			at = append(at, m.At)
		}
		if !slices.Equal(at, tt.want) {
			t.Errorf("%s: %q, want %q", name, at, tt.want)
		}
		if err := tt.item.Check(policy()); len(all) > 0 && (err == nil || err.Error() != all[0].Err.Error()) {
			t.Errorf("%s: it is refused by %v, which is not the first of %v", name, err, all)
		}
	}
	if all := picture().Mistakes(&domain.Policy{}); len(all) == 0 {
		t.Error("a picture rests on a policy without clauses")
	}
}
