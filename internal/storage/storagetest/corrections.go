package storagetest

import (
	"testing"
	"time"

	"policypush/internal/domain"
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
	all, total, err := s.Corrections(ctx, 0, 10)
	must(t, err)
	equal(t, "all", total, 4)
	equal(t, "listed", len(all), 4)
	tag.ID, tag.Machine = all[0].ID, domain.SaidAbsent
	equal(t, "newest", all[0], tag)
	equal(t, "oldest", all[3].Code, "expires")

	of, total, err := s.Corrections(ctx, p.ID, 2)
	must(t, err)
	equal(t, "of one policy", total, 3)
	equal(t, "limit", len(of), 2)
	equal(t, "measures apart", of[1].Officer, "0.2")
}
