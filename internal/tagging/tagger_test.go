package tagging_test

import (
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"policypush/internal/document"
	"policypush/internal/domain"
	"policypush/internal/segment"
	"policypush/internal/tagging"
	"policypush/rules"
)

// load makes one tagger for all tests: the dictionary takes half a second.
var load = sync.OnceValues(func() (*tagging.Tagger, error) {
	r, err := rules.Load()
	if err != nil {
		return nil, err
	}
	seg, err := segment.New("", r.UserWords())
	if err != nil {
		return nil, err
	}
	return tagging.New(r, seg)
})

func tagger(t testing.TB) *tagging.Tagger {
	t.Helper()
	tg, err := load()
	if err != nil {
		t.Fatal(err)
	}
	return tg
}

func read(t testing.TB, name, text string) *domain.Policy {
	t.Helper()
	doc, err := document.FromText(name, text)
	if err != nil {
		t.Fatal(err)
	}
	return tagger(t).Read(doc)
}

// TestTaggingCases runs the cases that stand beside the words of the themes.
func TestTaggingCases(t *testing.T) {
	r, err := rules.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range r.TaggingCases.All() {
		t.Run(c.Code+" "+c.Name, func(t *testing.T) {
			p := read(t, c.Code, c.Title+"\n"+c.Text)
			themes := p.Codes(domain.ThemeTag)
			for _, want := range c.Must {
				if !slices.Contains(themes, want) {
					t.Errorf("theme %s is missing: %v", want, themes)
				}
			}
			for _, wrong := range c.Never {
				if slices.Contains(themes, wrong) {
					t.Errorf("theme %s is wrong: %v", wrong, themes)
				}
			}
			for d, wanted := range map[domain.Dimension][]string{domain.GroupTag: c.Groups, domain.TaxTag: c.Taxes, domain.BenefitTag: c.Benefits} {
				var found []string
				for _, tag := range p.Tags {
					if tag.Dimension == d {
						found = append(found, tag.Code)
					}
				}
				for _, want := range wanted {
					if !slices.Contains(found, want) {
						t.Errorf("%s %s is missing: %v", d.Label(), want, found)
					}
				}
			}
		})
	}
}

func TestEvidenceStandsInTheText(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no testdata: %v", err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		checkEvidence(t, read(t, f, string(data)))
	}
}

func checkEvidence(t *testing.T, p *domain.Policy) {
	t.Helper()
	runes := []rune(p.Text)
	check := func(what string, list []domain.Evidence) {
		for _, e := range list {
			if e.Start < 0 || e.End > len(runes) || e.Start >= e.End || string(runes[e.Start:e.End]) != e.Text {
				t.Errorf("%s: evidence [%d,%d) %q is not in the text", what, e.Start, e.End, e.Text)
			}
		}
	}
	for _, tag := range p.Tags {
		check(string(tag.Dimension)+" "+tag.Code, tag.Evidence)
	}
	for i := range p.Measures {
		m := &p.Measures[i]
		for field, list := range m.Evidence {
			check(string(m.ID)+" "+field, list)
		}
		m.Criteria.Leaves(func(l *domain.Condition) { check(string(m.ID)+" "+string(l.Field), l.Evidence) })
		if err := m.Criteria.Validate(); err != nil {
			t.Errorf("%s: %v", m.ID, err)
		}
	}
}
