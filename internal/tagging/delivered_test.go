package tagging_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"policypush/internal/document"
	"policypush/internal/domain"
)

// TestReadsTheDocumentsOfTheEndToEndTest reads the three documents of
// internal/e2e/testdata as their README wants.
func TestReadsTheDocumentsOfTheEndToEndTest(t *testing.T) {
	for name, want := range map[string]struct {
		number, published string
		audience          domain.Audience
		gives             []float64 // amounts, rates or caps that some measure gives
		asks              []string  // conditions that some measure has
	}{
		"canyin.docx": {"沙政发〔2026〕5号", "", domain.ForEnterprises, []float64{3000, 0.4, 8000}, []string{"size in micro,small", "industry in H62"}},
		"qunuan.html": {"云民发〔2026〕19号", "", domain.ForResidents, []float64{300}, []string{"age ge 80"}},
		"shebei.txt":  {"云经信〔2026〕47号", "2026-11-20", domain.ForEnterprises, []float64{0.12, 2_000_000, 0.4, 300_000}, []string{"attribute in Z5", "industry in C"}},
	} {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile("../e2e/testdata/" + name)
			if err != nil {
				t.Fatal(err)
			}
			doc, err := document.Read(name, data, document.DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			p := tagger(t).Read(doc)
			if p.DocNumber != want.number || want.published != "" && p.PublishDate != want.published || p.Audience != want.audience || !p.Pushable() {
				t.Errorf("number %s of %s for %s, pushable %t", p.DocNumber, p.PublishDate, p.Audience, p.Pushable())
			}
			var gives []float64
			var asks []string
			for i := range p.Measures {
				b := p.Measures[i].Benefit
				gives = append(append(gives, b.Amount, b.Rate, b.Cap), b.Tiers...)
				for _, l := range leaves(&p.Measures[i]) {
					asks = append(asks, strings.ReplaceAll(l, "small,micro", "micro,small"))
				}
			}
			for _, g := range want.gives {
				if !slices.Contains(gives, g) {
					t.Errorf("nothing gives %v: %v", g, gives)
				}
			}
			for _, a := range want.asks {
				if !slices.Contains(asks, a) {
					t.Errorf("nothing asks for %q: %q", a, asks)
				}
			}
		})
	}
}
