package interpretations

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write the drawings of this run to testdata")

func every() map[string]*Item {
	items := map[string]*Item{"qa": question(), "case": example(), "comparison": compared(), "record": record(), "onepage": picture()}
	for _, f := range Forms() {
		items[string(f)] = figure(f)
	}
	plain := figure(Rank)
	plain.Chart.Points[0].Note = ""
	items["rank-plain"] = plain
	corrected := question()
	corrected.Corrected = []Correction{
		{time.Date(2026, 11, 30, 17, 0, 0, 0, time.UTC), QA{"二手的设备能补吗？", "能。只补新购置的数控设备。", []string{"第一条"}}},
		{time.Date(2026, 12, 8, 2, 0, 0, 0, time.UTC), QA{corrected.QA.Question, "不能。只补新购置的数控机床。", []string{"第九条"}}},
	}
	items["qa-corrected"] = corrected
	long := figure(Line)
	for len(long.Chart.Points) < MaxPoints {
		long.Chart.Points = append(long.Chart.Points, Point{Label: "年", Value: float64(len(long.Chart.Points)) * 37})
	}
	items["line-long"] = long
	return items
}

func TestDrawingsAreAsAgreed(t *testing.T) {
	for name, it := range every() {
		t.Run(name, func(t *testing.T) {
			if err := it.Check(policy()); err != nil {
				t.Fatal(err)
			}
			got, err := it.Render(policy(), "2026-12-10")
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", name+".html")
			if *update {
				if err := os.WriteFile(file, []byte(got+"\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if string(got)+"\n" != string(want) {
				t.Errorf("drawing of %s changed; look at it and run go test -update:\n%s", name, got)
			}
		})
	}
}

// Whatever people type is shown as they typed it and never becomes markup.
func TestHostileTextIsShown(t *testing.T) {
	hostile := []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onload='alert(1)`, `</title></svg><script>x</script>`,
		`javascript:alert(1)`, `{{.}}`, "\x00\ufffd", `<!--`, `]]>`, `&lt;b&gt;`,
	}
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.OneOf(rapid.SampledFrom(hostile), rapid.String())
		p := policy()
		p.Clauses[1].Path = word.Draw(t, "path")
		for name, it := range every() {
			it.Title = word.Draw(t, "title")
			if it.QA != nil {
				it.QA.Question, it.QA.Answer = word.Draw(t, "question"), word.Draw(t, "answer")
				it.QA.Clauses = []string{p.Clauses[1].Path}
				for i := range it.Corrected {
					it.Corrected[i].Was = QA{word.Draw(t, "asked"), word.Draw(t, "answered"), []string{word.Draw(t, "clause")}}
				}
			}
			if it.Chart != nil {
				it.Chart.Unit, it.Chart.Before, it.Chart.After = word.Draw(t, "unit"), word.Draw(t, "before"), word.Draw(t, "after")
				it.Chart.Points[0] = Point{
					Label: word.Draw(t, "label"), Note: word.Draw(t, "note"), Date: word.Draw(t, "date"),
					Value: rapid.Float64().Draw(t, "value"), Before: rapid.Float64().Draw(t, "earlier"),
				}
				it.Chart.Clause = p.Clauses[1].Path
			}
			if it.Case != nil {
				it.Case.Who, it.Case.Facts = word.Draw(t, "who"), []string{word.Draw(t, "fact")}
				it.Case.Steps = []Step{{word.Draw(t, "step"), word.Draw(t, "amount")}}
			}
			if it.Comparison != nil {
				it.Comparison.Former = word.Draw(t, "former")
				it.Comparison.Rows[0] = ComparisonRow{word.Draw(t, "topic"), word.Draw(t, "old"), word.Draw(t, "new"), p.Clauses[1].Path}
			}
			if it.Record != nil {
				it.Record.URL, it.Record.Transcript = word.Draw(t, "url"), word.Draw(t, "said")
				it.Record.Speaker, it.Record.Date = word.Draw(t, "speaker"), word.Draw(t, "on")
			}
			if it.OnePage != nil {
				it.OnePage.Hero[0] = Entry{Name: word.Draw(t, "name"), Text: word.Draw(t, "words"), Big: word.Draw(t, "big")}
				it.OnePage.Blocks[1].Lines[0] = Entry{Name: word.Draw(t, "name"), Text: word.Draw(t, "words"), Big: word.Draw(t, "big")}
			}
			drawn, err := it.Render(p, word.Draw(t, "day"))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			harmless(t, string(drawn))
		}
	})
}

func harmless(t *rapid.T, drawn string) {
	known := map[string]bool{
		"details": true, "summary": true, "span": true, "svg": true, "use": true, "div": true, "p": true, "a": true, "figure": true,
		"figcaption": true, "table": true, "thead": true, "tbody": true, "tr": true, "th": true, "td": true, "rect": true, "strong": true,
		"g": true, "circle": true, "text": true, "title": true, "line": true, "path": true, "ol": true, "ul": true, "li": true, "b": true,
		"time": true, "h3": true, "h2": true, "i": true, "em": true, "small": true, "section": true, "ins": true, "del": true,
	}
	tokens := html.NewTokenizer(strings.NewReader(drawn))
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			return
		case html.CommentToken, html.DoctypeToken:
			t.Fatalf("a comment in %s", drawn)
		case html.StartTagToken, html.SelfClosingTagToken:
			tag := tokens.Token()
			if !known[tag.Data] {
				t.Fatalf("<%s> in %s", tag.Data, drawn)
			}
			for _, a := range tag.Attr {
				if a.Key == "style" || strings.HasPrefix(a.Key, "on") || (a.Key == "href" && !safe(a.Val)) {
					t.Fatalf("attribute %s=%q in %s", a.Key, a.Val, drawn)
				}
			}
		}
	}
}

// safe tells whether a link leads to a place on this page or in the world, and
// runs nothing: html/template writes #ZgotmplZ for what it does not trust.
func safe(href string) bool {
	if scheme, _, there := strings.Cut(href, ":"); there && !strings.ContainsAny(scheme, "/?#") {
		return scheme == "https" || scheme == "http" || scheme == "mailto"
	}
	return true
}

func TestAnItemWithoutContentIsNotDrawn(t *testing.T) {
	for name, it := range map[string]*Item{"nothing": {}, "no such form": figure("bar")} {
		if drawn, err := it.Render(policy(), "2026-11-22"); err == nil || drawn != "" {
			t.Errorf("%s: drawn as %q", name, drawn)
		}
	}
}

func TestCiteOf(t *testing.T) {
	if c, ok := CiteOf(policy(), "二/(一)"); !ok || c != (Cite{"#c2", "二（一）"}) {
		t.Errorf("CiteOf = %+v, %v", c, ok)
	}
	if c, ok := CiteOf(policy(), "第九条"); ok {
		t.Errorf("CiteOf found %+v", c)
	}
}

func TestOnlyValuesHaveAUnit(t *testing.T) {
	for _, form := range Forms() {
		it := Item{Kind: ChartKind, Title: "一", Chart: &Chart{Form: form, Unit: "万元", Clause: "第一条", Points: []Point{{Label: "甲", Date: "2026-12-01", Value: 1}}}}
		html, err := it.Render(policy(), "2026-11-28")
		if err != nil {
			t.Fatal(err)
		}
		if shown := strings.Contains(string(html), "单位：万元"); shown != form.Numeric() {
			t.Errorf("%s says its unit: %v", form, shown)
		}
	}
}
