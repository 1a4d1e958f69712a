package tagging_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"policypush/internal/document"
	"policypush/internal/domain"
)

// FuzzRead promises that no text, however broken, panics the reading or makes
// it cite words that are not in the text.
func FuzzRead(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.txt")
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	f.Add("对年满周岁的人,给予999999999999999999999万元补助。")
	f.Add("自2026年13月45日起施行,有效期九十九年。〔2026〕0号")
	f.Add("对小微企业和的、或的,减按百分之零征收。、、、的的的")
	f.Fuzz(func(t *testing.T, text string) {
		doc, err := document.FromText("fuzz.txt", text)
		if err != nil {
			return
		}
		checkEvidence(t, tagger(t).Read(doc))
	})
}

// TestHostileTextsAreReadInOnePass reads texts that would cost minutes if any
// step were quadratic; the test's own time limit is the bound.
func TestHostileTextsAreReadInOnePass(t *testing.T) {
	for name, text := range map[string]string{
		"one long line":          strings.Repeat("对小微企业给予补助,", 60_000),
		"one long word":          strings.Repeat("税", 300_000),
		"many brackets":          strings.Repeat("(", 10_000) + "一" + strings.Repeat(")", 10_000),
		"many headings":          strings.Repeat("一、支持企业\n", 20_000),
		"many quotations":        strings.Repeat("《", 50_000),
		"many numbers":           strings.Repeat("云政发〔2026〕1号", 20_000),
		"many small measures":    strings.Repeat("对小微企业,给予1万元补助。\n", 5_000),
		"a list without an end":  strings.Repeat("小微企业、", 50_000),
		"digits without an end":  "给予" + strings.Repeat("9", 200_000) + "元补助",
		"measures of one clause": "对" + strings.Repeat("小微企业和", 20_000) + "个体工商户,给予5000元补贴。",
	} {
		t.Run(name, func(t *testing.T) {
			doc, err := document.FromText("hostile.txt", text)
			if err != nil {
				if domain.KindOf(err) != domain.Invalid {
					t.Fatal(err)
				}
				return
			}
			p := tagger(t).Read(doc)
			if len(p.Measures) > 200 {
				t.Errorf("%d measures", len(p.Measures))
			}
		})
	}
}
