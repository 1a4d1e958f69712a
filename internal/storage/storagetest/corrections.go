package storagetest

import (
	"strings"
	"testing"
	"time"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

func keepsCorrections(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	p, other := approved(t, s, "稳岗返还"), approved(t, s, "高龄津贴")
	tag := domain.Correction{
		Policy: p.ID, Version: 1, Dimension: domain.ThemeTag, Code: "Q04", Machine: domain.SaidAbsent, Officer: domain.SaidYes,
		Start: 3, End: 5, Words: "稳岗", Context: "给予稳岗返还。", By: 2, At: morning,
	}
	first := domain.Correction{Policy: p.ID, Version: 1, Dimension: domain.MeasureCorrected, Code: "rate", Machine: "", Officer: "0.15", Start: 3, End: 5, At: morning}
	second := first
	second.Start, second.Machine, second.Officer = 9, "0.1", "0.2"
	fact := domain.Correction{Policy: other.ID, Version: 1, Dimension: domain.FactCorrected, Code: "expires", Officer: "2027-12-31", At: morning.Add(-time.Hour)}
	must(t, s.SaveCorrections(ctx, nil))
	must(t, s.SaveCorrections(ctx, []domain.Correction{tag, first, second, fact}))

	// the same thing again: the newest word, and what the machine said first
	tag.Machine, tag.Officer, tag.Start, tag.Words, tag.By, tag.At = string(domain.Assigned), domain.SaidNo, 4, "岗", 3, morning.Add(time.Hour)
	must(t, s.SaveCorrections(ctx, []domain.Correction{tag}))
	all, total, err := s.Corrections(ctx, storage.CorrectionFilter{Limit: 10})
	must(t, err)
	equal(t, "all", total, 4)
	equal(t, "listed", len(all), 4)
	tag.ID, tag.Machine = all[0].ID, domain.SaidAbsent
	equal(t, "newest", all[0], tag)
	equal(t, "oldest", all[3].Code, "expires")

	of, total, err := s.Corrections(ctx, storage.CorrectionFilter{Policy: p.ID, Limit: 2})
	must(t, err)
	equal(t, "of one policy", total, 3)
	equal(t, "limit", len(of), 2)
	equal(t, "measures apart", of[1].Officer, "0.2")

	yes, no := true, false
	for name, tt := range map[string]struct {
		filter storage.CorrectionFilter
		codes  string // the newest first
	}{
		"the second page":         {storage.CorrectionFilter{Offset: 2}, "rate expires"},
		"by title":                {storage.CorrectionFilter{Query: "高龄"}, "expires"},
		"a title as it is typed":  {storage.CorrectionFilter{Query: "%"}, ""},
		"by dimension":            {storage.CorrectionFilter{Dimension: domain.MeasureCorrected}, "rate rate"},
		"by dimension and code":   {storage.CorrectionFilter{Dimension: domain.ThemeTag, Code: "Q04"}, "Q04"},
		"a code of another":       {storage.CorrectionFilter{Dimension: domain.FactCorrected, Code: "Q04"}, ""},
		"by person":               {storage.CorrectionFilter{By: 3}, "Q04"},
		"from a time on":          {storage.CorrectionFilter{From: morning}, "Q04 rate rate"},
		"before a time":           {storage.CorrectionFilter{Before: morning}, "expires"},
		"what was read wrongly":   {storage.CorrectionFilter{Agreed: &no}, "rate rate expires"},
		"what was read as it is":  {storage.CorrectionFilter{Agreed: &yes}, "Q04"},
		"of another policy by it": {storage.CorrectionFilter{Policy: other.ID, By: 3}, ""},
	} {
		if tt.filter.Limit = 10; tt.filter.Offset > 0 {
			tt.filter.Limit = 2
		}
		found, _, err := s.Corrections(ctx, tt.filter)
		must(t, err)
		var codes []string
		for i := range found {
			codes = append(codes, found[i].Code)
			if want := tt.filter.Agreed; want != nil && found[i].Confirms() != *want {
				t.Errorf("%s: %s is not", name, found[i].Code)
			}
		}
		equal(t, name, strings.Join(codes, " "), tt.codes)
	}
}
