package tagging_test

import (
	"slices"
	"strings"
	"testing"

	"policypush/internal/domain"
	"policypush/internal/tagging/scoring"
)

// floor is the least precision and recall of a field.
type floor struct {
	field             string
	precision, recall float64
}

// TestLabelledDocumentsAreReadAtLeastAsWellAsBefore holds a floor for every
// field on our own labelled documents: those written beside the rules, and those
// written by people who had not seen the rules.
func TestLabelledDocumentsAreReadAtLeastAsWellAsBefore(t *testing.T) {
	for name, set := range map[string]struct {
		documents int
		floors    []floor
	}{
		// of all kinds, read once before anything was changed for them
		"independent/e": {44, []floor{
			{"doc_number", 0.97, 0.94},
			{"publish_date", 0.97, 0.95},
			{"effective_from", 0.95, 0.95},
			{"expires", 0.95, 0.9},
			{"apply_deadline", 0.9, 0.9},
			{"issuer", 0.95, 0.95},
			{"doc_kind", 0.95, 0.95},
			{"regions", 0.96, 0.96},
			{"themes", 0.92, 0.9},
			{"themes_main", 1, 0.92},
			{"clean", 1, 0.88},
			{"none_kept", 1, 0.9},
			{"audience", 0.92, 0.92},
			{"tax_kinds", 0.88, 0.95},
			{"industries", 0.8, 0.7},
			{"resident_groups", 0.9, 0.78},
			{"enterprise_kinds", 0.85, 0.82},
		}},
		// of kinds that were lacking, labelled before they were read
		"independent/f": {17, []floor{
			{"doc_number", 1, 1},
			{"publish_date", 1, 1},
			{"effective_from", 1, 1},
			{"apply_deadline", 1, 0.75},
			{"doc_kind", 1, 1},
			{"regions", 1, 1},
			{"themes", 0.9, 0.75},
			{"clean", 1, 0.94},
			{"none_kept", 1, 1},
			{"audience", 1, 1},
			{"tax_kinds", 1, 0.85},
			{"resident_groups", 0.6, 0.85},
		}},
		"corpus": {85, []floor{
			{"doc_number", 1, 1},
			{"publish_date", 1, 1},
			{"effective_from", 1, 1},
			{"expires", 1, 1},
			{"apply_deadline", 1, 1},
			{"issuer", 1, 1},
			{"doc_kind", 1, 1},
			{"regions", 0.97, 0.97},
			{"themes", 0.9, 0.8},
			{"themes_main", 1, 0.88},
			{"clean", 1, 0.9},
			{"none_kept", 1, 1},
			{"audience", 0.98, 0.98},
			{"tax_kinds", 0.95, 0.95},
			{"industries", 0.9, 0.8},
			{"resident_groups", 0.75, 0.6},
			{"enterprise_kinds", 0.85, 0.85},
		}},
		"independent": {130, []floor{
			{"doc_number", 0.99, 0.97},
			{"publish_date", 0.98, 0.97},
			{"effective_from", 0.96, 0.96},
			{"expires", 0.9, 0.8},
			{"apply_deadline", 0.6, 0.35},
			{"issuer", 0.93, 0.93},
			{"doc_kind", 0.98, 0.98},
			{"regions", 0.98, 0.98},
			{"themes", 0.93, 0.83},
			{"themes_main", 1, 0.95},
			{"clean", 1, 0.88},
			{"none_kept", 1, 0.95},
			{"audience", 0.97, 0.97},
			{"tax_kinds", 0.85, 0.8},
			{"industries", 0.75, 0.7},
			{"resident_groups", 0.55, 0.6},
			{"enterprise_kinds", 0.7, 0.78},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			dir, prefix, _ := strings.Cut(name, "/")
			docs, err := scoring.Load("testdata/" + dir)
			if err != nil {
				t.Fatal(err)
			}
			docs = slices.DeleteFunc(docs, func(d scoring.Document) bool { return !strings.HasPrefix(d.ID, prefix) })
			if len(docs) < set.documents {
				t.Errorf("%d documents, want at least %d", len(docs), set.documents)
			}
			report := scoring.Score(docs, func(d *scoring.Document) *domain.Policy { return tagger(t).Read(d.Text) })
			for _, f := range set.floors {
				c := report.Field(f.field)
				if c.Right == 0 {
					t.Errorf("%s was not counted", f.field)
				}
				if c.Precision() < f.precision || c.Recall() < f.recall {
					t.Errorf("%s: precision %.3f and recall %.3f (%+v), want at least %.3f and %.3f", f.field, c.Precision(), c.Recall(), c, f.precision, f.recall)
				}
			}
			if t.Failed() {
				for _, w := range report.Worst {
					t.Logf("%s: %q", w.ID, w.List)
				}
			}
		})
	}
}

// TestAMeasureHasThemesOfItsOwn: of a document with many subjects a measure has
// the ones that it is about.
func TestAMeasureHasThemesOfItsOwn(t *testing.T) {
	p := read(t, "themes", `云川县人民政府关于支持企业发展的若干措施
一、减免租金。对承租国有经营性房屋的小微企业,减免3个月租金。
二、贷款贴息。对首次获得贷款的小微企业,按实际支付利息的30%给予贷款贴息,由政府性融资担保公司提供融资担保。
三、稳岗返还。对不裁员的企业,按上年度缴纳失业保险费的60%给予稳岗返还。`)
	want := []string{"Q17", "Q03", "Q04"}
	if len(p.Measures) != len(want) {
		t.Fatalf("%d measures, want %d", len(p.Measures), len(want))
	}
	for i, m := range p.Measures {
		if len(m.Themes) == 0 || m.Themes[0] != want[i] || len(m.Themes) > 2 {
			t.Errorf("measure %d has themes %v, want %s before all", i, m.Themes, want[i])
		}
	}
}
