package tagging

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"policypush/rules"
)

// TestAutomataFindWhatExpressionsFind runs every rule, and every expression of
// our own, over texts as a whole and over pieces of them.
func TestAutomataFindWhatExpressionsFind(t *testing.T) {
	r, err := rules.Load()
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{"", "政策", "2026年"}
	paths, err := filepath.Glob("testdata/corpus/texts/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths[:min(len(paths), 30)] {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(data))
		for line := range strings.Lines(string(data)) {
			texts = append(texts, strings.TrimSpace(line))
		}
	}
	all := ours.copy()
	words := newLexicon()
	compare := func(name string, p pattern, text string) {
		want := p.Regexp().FindAllStringSubmatchIndex(text, -1)
		if got := p.FindAllStringSubmatchIndex(text, -1); !reflect.DeepEqual(got, want) {
			t.Errorf("%s in %q: %v, want %v", name, text, got, want)
		}
		if p.MatchString(text) != (want != nil) {
			t.Errorf("%s in %q: match is %v", name, text, want == nil)
		}
		memory := func() held { return held{size: len(text), lists: make([]uint64, (all.lists+63)/64)} }
		one := memory()
		whole := sentence{text: text, holds: &one}
		words.look(text, 0, &cut{sentences: []sentence{whole}, holds: memory()}, nil, nil, nil)
		var first []int
		if want != nil {
			first = want[0]
		}
		for before, ask := range map[string]func(){
			"nothing": func() {}, "whether there is one": func() { whole.matches(p) }, "the first": func() { whole.loc(p) }, "all": func() { whole.locs(p) },
		} {
			one.found = nil
			ask()
			if got := whole.loc(p); !reflect.DeepEqual(got, first) {
				t.Errorf("%s in %q: first %v, want %v, after %s was asked", name, text, got, first, before)
			}
			if got := whole.locs(p); !reflect.DeepEqual(got, want) {
				t.Errorf("%s in %q: %v, want %v, after %s was asked", name, text, got, want, before)
			}
		}
		one.found = nil
		if whole.matches(p) != (want != nil) {
			t.Errorf("%s in %q: a look at its words says %v; it needs %q, and %q suffice", name, text, want == nil, p.Needs(), p.Suffices())
		}
	}
	quick := 0
	patterns := map[string]pattern{"giving": giving, "demanding": demanding, "offices": offices, "preamble": preamble, "unreadable": unreadable, "hukou": hukou, "support": support, "duty": duty, "mayHave": mayHave, "serves": serves, "aims": aims}
	for _, x := range r.Patterns.All() {
		patterns[x.Code] = all.pattern(x.Re)
		if patterns[x.Code].Quick() {
			quick++
		}
	}
	words.mark(all)
	words.close(func(string) bool { return false })
	for _, x := range r.Patterns.All() {
		p := patterns[x.Code]
		for _, e := range x.Examples {
			compare(x.Code, p, e.Text)
			compare(x.Code, p, "前文。"+e.Text+"后文")
		}
	}
	for name, p := range patterns {
		for _, text := range texts {
			compare(name, p, text)
		}
	}
	if quick < len(r.Patterns.All()) {
		t.Errorf("only %d of %d rules have an automaton", quick, len(r.Patterns.All()))
	}
}
