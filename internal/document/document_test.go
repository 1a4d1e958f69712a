package document

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"policypush/internal/domain"
)

// checkOffsets holds what is promised of every document: clauses follow one
// another, their offsets are code points of the text, and only white space
// lies between them.
func checkOffsets(t *testing.T, d *Document) {
	t.Helper()
	if !utf8.ValidString(d.Text) {
		t.Fatal("the text is not UTF-8")
	}
	text := []rune(d.Text)
	end := 0
	for i, c := range d.Clauses {
		if c.Start < end || c.End <= c.Start || c.End > len(text) {
			t.Fatalf("clause %d is at [%d, %d) after %d, of %d", i, c.Start, c.End, end, len(text))
		}
		if got := string(text[c.Start:c.End]); got != c.Text {
			t.Fatalf("clause %d is %q, the text has %q there", i, c.Text, got)
		}
		if between := string(text[end:c.Start]); strings.TrimSpace(between) != "" {
			t.Fatalf("%q lies between clauses", between)
		}
		if c.Kind == "" {
			t.Fatalf("clause %d has no kind", i)
		}
		if (c.Kind == domain.HeadingClause) != (c.Level > 0) {
			t.Fatalf("clause %d is a %s of level %d", i, c.Kind, c.Level)
		}
		end = c.End
	}
	if strings.TrimSpace(string(text[end:])) != "" {
		t.Fatalf("%q lies after the last clause", string(text[end:]))
	}
}

func mustRead(t testing.TB, name, text string) *Document {
	t.Helper()
	d, err := Read(name, []byte(text), DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// shape writes clauses as lines "kind path: text", texts cut short.
func shape(d *Document) string {
	var b strings.Builder
	for _, c := range d.Clauses {
		b.WriteString(string(c.Kind))
		if c.Path != "" {
			b.WriteString(" " + c.Path)
		}
		text := []rune(strings.ReplaceAll(strings.ReplaceAll(c.Text, "\n", "⏎"), "\t", "⇥"))
		b.WriteString(": " + string(text[:min(len(text), 24)]) + "\n")
	}
	return b.String()
}

// TestParts reads the texts of testdata: each *.txt has the clauses it should
// get in *.want.
func TestParts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.want")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, want := range files {
		name := strings.TrimSuffix(want, ".want")
		t.Run(filepath.Base(name), func(t *testing.T) {
			data, err := os.ReadFile(want)
			if err != nil {
				t.Fatal(err)
			}
			d, err := ReadFile(name, DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			checkOffsets(t, d)
			if got := shape(d); got != string(data) {
				t.Errorf("got\n%s\nwant\n%s", got, data)
			}
		})
	}
}

// TestRealTexts reads the texts that may lie beside the repository.
func TestRealTexts(t *testing.T) {
	files, err := filepath.Glob("../../../shared/corpus-dev/texts/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(files, "../../../shared/seed.txt") {
		d, err := ReadFile(f, DefaultLimits())
		if os.IsNotExist(err) || domain.KindOf(err) == domain.Invalid && len(files) == 0 {
			return // they are optional
		} else if err != nil {
			t.Fatal(err)
		}
		checkOffsets(t, d)
		titles := 0
		for _, c := range d.Clauses {
			if c.Kind == domain.TitleClause {
				titles++
			}
		}
		if titles != 1 {
			t.Errorf("%s has %d titles", f, titles)
		}
	}
}
