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
	checkOrigins(t, d)
}

// checkOrigins holds what is promised of the map to the file: every character but
// white space stands in a line of it, as what it was made of, and within a clause
// and a line the order is that of the file.
func checkOrigins(t *testing.T, d *Document) {
	t.Helper()
	text := []rune(d.Text)
	lines := make([][]rune, len(d.Sources))
	for i, s := range d.Sources {
		lines[i] = []rune(s.Text)
	}
	at := 0
	for _, o := range d.Origins(0, len(text)) {
		if o.Start < at || o.Size < 1 || o.Start+o.Size > len(text) || o.At < 0 || o.At+o.Size > len(lines[o.Source]) {
			t.Fatalf("%+v after %d, of %d", o, at, len(text))
		}
		if between := string(text[at:o.Start]); strings.TrimSpace(between) != "" {
			t.Fatalf("%q before %q is in no line of the file", between, string(text[o.Start:o.Start+o.Size]))
		}
		for i := range o.Size {
			if r, raw := text[o.Start+i], lines[o.Source][o.At+i]; !madeOf(r, raw) {
				t.Fatalf("%q is said to be made of %q", r, raw)
			}
		}
		at = o.Start + o.Size
	}
	if rest := string(text[at:]); strings.TrimSpace(rest) != "" {
		t.Fatalf("%q is in no line of the file", rest)
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

// TestAHeadingAboveWhatAnnouncesAList is one: below it is a paragraph, if that ends with a
// colon; an item of a list above a line that announces another is none.
func TestAHeadingAboveWhatAnnouncesAList(t *testing.T) {
	const list = "\n1.在云川县依法登记注册；\n2.近三年未发生安全生产事故。\n"
	for text, want := range map[string]domain.ClauseKind{
		"（一）设备投入补助\n对当年设备投入200万元以上的企业，按8%给予补助。申报企业应当符合下列条件：" + list: domain.HeadingClause,
		"（一）设备投入补助\n符合下列条件之一的：" + list:                              domain.TextClause,
	} {
		d := mustRead(t, "a.txt", "云川县制造业发展实施细则\n一、支持企业技术改造\n"+text)
		if c := d.Clauses[2]; c.Kind != want {
			t.Errorf("%q is %s, want %s", c.Text, c.Kind, want)
		}
	}
}
