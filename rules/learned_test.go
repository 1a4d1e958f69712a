package rules_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"policypush/rules"
)

func learnedFolder(t *testing.T, files map[string]string) (*rules.Rules, error) {
	t.Helper()
	folder := fstest.MapFS{}
	for name, text := range files {
		folder[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return rules.LoadFS(folder)
}

func TestLearned(t *testing.T) {
	before := load(t)
	r, err := learnedFolder(t, map[string]string{"learned.yaml": `meta: {id: learned}
items:
  - {code: L1, name: 技改, dimension: theme, of: Q26, role: strong, words: [机器换人工程]}
  - {code: L2, name: 技改, dimension: theme, of: Q26, role: lean, lean: -0.5}
  - {code: L3, name: 老人, dimension: resident_group, of: G01, role: alias, words: [银发族]}
  - {code: L4, name: 通用设备, dimension: industry, of: C34, role: trigger, words: [造机床]}
  - {code: L5, name: 增值税, dimension: tax_kind, of: T01, role: not, words: [增值税发票]}
`})
	if err != nil {
		t.Fatal(err)
	}
	for name, ok := range map[string]bool{
		"a strong word":    slices.Contains(r.Themes.Find("Q26").Strong, "机器换人工程"),
		"a lean":           r.Verdict.Themes["Q26"] == before.Verdict.Themes["Q26"]-0.5,
		"another name":     slices.Contains(r.Groups.Find("G01").Aliases, "银发族"),
		"of an industry":   slices.Contains(r.Industry("C34").Triggers, "造机床"),
		"a mask":           slices.Contains(r.Taxes.Find("T01").Not, "增值税发票"),
		"ours stays":       slices.Contains(r.Themes.Find("Q26").Strong, before.Themes.Find("Q26").Strong[0]),
		"a dictionary":     slices.Contains(r.UserWords(), "机器换人工程"),
		"not in our rules": !slices.Contains(before.Themes.Find("Q26").Strong, "机器换人工程"),
	} {
		if !ok {
			t.Error(name)
		}
	}
}

func TestLearnedMistakes(t *testing.T) {
	_, err := learnedFolder(t, map[string]string{
		"learned.yaml": `meta: {id: learned}
items:
  - {code: L1, name: 甲, dimension: theme, of: Q99, role: strong, words: [机器换人]}
  - {code: L2, name: 甲, dimension: tax_kind, of: T01, role: strong, words: [税]}
  - {code: L3, name: 甲, dimension: tax_kind, of: T01, role: lean, lean: 1}
`,
		"corrections.yaml": `meta: {id: corrections}
items:
  - code: K1
    name: 甲
    text: 乙
    says:
      - {dimension: theme, code: Q99, officer: "yes"}
      - {dimension: theme, code: Q26, officer: perhaps}
      - {dimension: fact, code: contact, officer: 张三}
`,
	})
	var got []string
	for _, p := range rules.Problems(err) {
		got = append(got, p.Error())
	}
	want := []string{"corrections.yaml第7行", "corrections.yaml第8行", "corrections.yaml第9行", "learned.yaml第3行", "learned.yaml第4行", "learned.yaml第4行", "learned.yaml第5行"}
	if len(got) != len(want) {
		t.Fatalf("%d mistakes: %s", len(got), strings.Join(got, "\n"))
	}
	for i, w := range want {
		if !strings.Contains(strings.NewReplacer(" ", "", ":", "").Replace(got[i]), strings.ReplaceAll(w, " ", "")) {
			t.Errorf("got %s, want %s", got[i], w)
		}
	}
}

// TestWriteCorrections writes any text and reads it back.
func TestWriteCorrections(t *testing.T) {
	dir := t.TempDir()
	line := rapid.StringOf(rapid.RuneFrom([]rune("关于补助: -#'\"\\{}[]&*!|>%@`\t\u2028\u0085?，。a1")))
	rapid.Check(t, func(t *rapid.T) {
		text := strings.TrimSpace(strings.Join(rapid.SliceOfN(line, 1, 6).Draw(t, "lines"), "\n")) + "完"
		c := &rules.Correction{Text: text, Says: []*rules.Saying{{Dimension: "theme", Code: "Q26", Officer: "yes", Words: line.Draw(t, "words"), At: 7}}}
		c.Code, c.Name = "K1", "“"+line.Draw(t, "name")+"”"
		if err := os.WriteFile(filepath.Join(dir, rules.CorrectionsFile), rules.WriteCorrections([]*rules.Correction{c}), 0o600); err != nil {
			t.Fatal(err)
		}
		_, read, err := rules.LearnedIn(dir)
		if err != nil {
			t.Fatal(err)
		}
		got := read[0]
		if got.Text != text || got.Name != c.Name || got.Says[0].Words != c.Says[0].Words || got.Says[0].At != 7 || got.Says[0].Officer != "yes" {
			t.Fatalf("wrote %q, read %q", text, got.Text)
		}
	})
}

func TestLearnedIn(t *testing.T) {
	dir := t.TempDir()
	if a, b, err := rules.LearnedIn(dir); err != nil || len(a)+len(b) != 0 {
		t.Errorf("an empty folder: %v %v %v", a, b, err)
	}
	x := &rules.Learned{Dimension: "theme", Of: "Q26", Role: rules.RoleLean, Lean: -0.5}
	y := &rules.Learned{Dimension: "theme", Of: "Q26", Role: rules.RoleNot, Words: []string{"机器换人", "a: b #"}}
	x.Code, x.Name, y.Code, y.Name = "L1", "技改", "L2", "技改"
	if err := os.WriteFile(filepath.Join(dir, rules.LearnedFile), rules.WriteLearned([]*rules.Learned{x, y}), 0o600); err != nil {
		t.Fatal(err)
	}
	got, _, err := rules.LearnedIn(dir)
	if err != nil || len(got) != 2 || got[0].Lean != -0.5 || !slices.Equal(got[1].Words, y.Words) {
		t.Errorf("got %v, %v", got, err)
	}
	if err := os.WriteFile(filepath.Join(dir, rules.LearnedFile), []byte("meta: {id: learned}\nitems: [{code: L1}]"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := rules.LearnedIn(dir); err == nil || !strings.Contains(err.Error(), rules.LearnedFile) {
		t.Errorf("a damaged file: %v", err)
	}
}
