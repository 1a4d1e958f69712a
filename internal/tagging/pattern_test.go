package tagging

import (
	"testing"

	"policypush/rules"
)

// TestNeededWordsMissNothing runs every rule's own examples through the words
// that are looked for first.
func TestNeededWordsMissNothing(t *testing.T) {
	r, err := rules.Load()
	if err != nil {
		t.Fatal(err)
	}
	quick := 0
	for _, x := range r.Patterns.All() {
		p := newPattern(x.Re)
		if p.needs != nil {
			quick++
		}
		for _, e := range x.Examples {
			for _, text := range []string{e.Text, "前文。" + e.Text + "后文"} {
				if p.re.MatchString(text) && !p.mayMatch(text) {
					t.Errorf("%s: %q matches and lacks one of each of %q", x.Code, text, p.needs)
				}
			}
		}
	}
	if quick < len(r.Patterns.All())/2 {
		t.Errorf("only %d of %d rules can be told off quickly", quick, len(r.Patterns.All()))
	}
}
