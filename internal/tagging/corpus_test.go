package tagging_test

import (
	"testing"

	"policypush/internal/domain"
	"policypush/internal/tagging/scoring"
)

// TestLabelledDocumentsAreReadAtLeastAsWellAsBefore holds a floor for every
// field on our own labelled documents.
func TestLabelledDocumentsAreReadAtLeastAsWellAsBefore(t *testing.T) {
	docs, err := scoring.Load("testdata/corpus")
	if err != nil {
		t.Fatal(err)
	}
	if len(docs) < 60 {
		t.Errorf("%d documents, want at least 60", len(docs))
	}
	report := scoring.Score(docs, func(d *scoring.Document) *domain.Policy { return tagger(t).Read(d.Text) })
	for _, floor := range []struct {
		field             string
		precision, recall float64
	}{
		{"doc_number", 1, 1},
		{"publish_date", 1, 1},
		{"effective_from", 1, 1},
		{"expires", 1, 1},
		{"apply_deadline", 1, 1},
		{"issuer", 1, 1},
		{"doc_kind", 0.9, 0.9},
		{"regions", 0.95, 0.95},
		{"themes", 0.75, 0.55},
		{"themes_main", 1, 0.7},
		{"audience", 0.8, 0.8},
	} {
		c := report.Field(floor.field)
		if c.Right == 0 {
			t.Errorf("%s was not counted", floor.field)
		}
		if c.Precision() < floor.precision || c.Recall() < floor.recall {
			t.Errorf("%s: precision %.3f and recall %.3f (%+v), want at least %.3f and %.3f", floor.field, c.Precision(), c.Recall(), c, floor.precision, floor.recall)
		}
	}
	if t.Failed() {
		for _, w := range report.Worst {
			t.Logf("%s: %q", w.ID, w.List)
		}
	}
}
