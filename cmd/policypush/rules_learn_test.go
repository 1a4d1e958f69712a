package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"policypush/internal/domain"
	"policypush/internal/learning"
	"policypush/rules"
)

// TestRulesLearn goes from what an officer corrected in an installation to
// rules that are tested.
func TestRulesLearn(t *testing.T) {
	data, folder := t.TempDir(), filepath.Join(t.TempDir(), "office")
	for _, args := range [][]string{
		{"offices", "add", "--name", "云川县政务公开办", "--signature", "云川政策", "--region", "330603"},
		{"operators", "add", "--login", "lin", "--name", "林晓", "--roles", "drafter"},
	} {
		if code, out, errs := runArgs(t, "correct horse battery\n", append(args, "--data", data)...); code != 0 {
			t.Fatalf("%v: %s%s", args, out, errs)
		}
	}
	file := filepath.Join(t.TempDir(), "焕新.txt")
	text := "云川县支持产线焕新若干措施\n一、支持炉窑焕新和产线焕新,对企业购买的炉窑按每台5万元给予补助。\n云川县人民政府\n2026年4月1日\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out, errs := runArgs(t, "", "import", "--data", data, "--login", "lin", file); code != 0 {
		t.Fatalf("import: %s%s", out, errs)
	}
	keepCorrection(t, data, "炉窑焕新")

	exported := filepath.Join(t.TempDir(), "cases.jsonl")
	if code, out, errs := runArgs(t, "", "rules", "learn", "--data", data, "--export", exported); code != 0 || !strings.Contains(out, "1份文件") {
		t.Fatalf("export: %s%s", out, errs)
	}
	code, out, errs := runArgs(t, "", "rules", "learn", "--data", data, "--json")
	var l learnt
	if err := json.Unmarshal([]byte(out), &l); code != 0 || err != nil || len(l.Proposals) == 0 {
		t.Fatalf("learn: %v %s%s", err, out, errs)
	}
	p := l.Proposals[0]
	if p.Harmful || p.Role != rules.RoleStrong || p.Words[0] != "炉窑焕新" || p.Effect.Before != 0 || p.Effect.After != 1 {
		t.Errorf("proposed %+v", p)
	}
	if code, out, errs := runArgs(t, "", "rules", "learn", "--cases", exported); code != 0 || !strings.Contains(out, "1-"+p.ID+" 主题“投资技改与项目”（Q26） 加强词：炉窑焕新") ||
		!strings.Contains(out, "读对 0 → 1，共1条") || !strings.Contains(out, "规则没有改动") {
		t.Errorf("from the file: %s%s", out, errs)
	}
	kept, err := os.ReadFile(exported)
	if err != nil {
		t.Fatal(err)
	}
	odd := filepath.Join(t.TempDir(), "odd.jsonl")
	if err := os.WriteFile(odd, append(kept, []byte(`{"title":"旧规则","text":"云川县通知","says":[{"dimension":"theme","code":"Q99","officer":"yes"}]}`)...), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out, errs := runArgs(t, "", "rules", "learn", "--cases", odd); code != 0 || !strings.Contains(out, "1-"+p.ID) || !strings.Contains(out, "规则里没有这些代码的更正（1条") || !strings.Contains(out, "《旧规则》主题“Q99”") {
		t.Errorf("a code that is not there: %s%s", out, errs)
	}
	for accept, want := range map[string]string{"1-000000": "建议清单变了", "9": "没有第9条建议", "一": "看不懂“一”"} {
		if code, _, errs := runArgs(t, "", "rules", "learn", "--cases", exported, "--accept", accept, "--into", folder); code == 0 || !strings.Contains(errs, want) {
			t.Errorf("--accept %s: %d %s", accept, code, errs)
		}
	}
	if code, _, errs := runArgs(t, "", "rules", "learn", "--cases", exported, "--accept", "1"); code != 2 || !strings.Contains(errs, "--into") {
		t.Errorf("without a folder: %d %s", code, errs)
	}
	if code, out, errs := runArgs(t, "", "rules", "learn", "--data", data, "--accept", "1-"+p.ID, "--into", folder); code != 0 || !strings.Contains(out, "1条更正成为用例") {
		t.Fatalf("accept: %s%s", out, errs)
	}
	if code, out, errs := runArgs(t, "", "rules", "check", folder); code != 0 {
		t.Fatalf("check: %s%s", out, errs)
	}
	if code, out, _ := runArgs(t, "", "analyze", "--rules", folder, file); code != 0 || !strings.Contains(out, "Q26") {
		t.Errorf("the office's rules do not read it: %s", out)
	}

	// the word goes, the case stays: the check names file and line, and the
	// service does not start
	if err := os.Remove(filepath.Join(folder, rules.LearnedFile)); err != nil {
		t.Fatal(err)
	}
	if code, out, _ := runArgs(t, "", "rules", "check", folder); code != 1 || !strings.Contains(out, filepath.Join(folder, rules.CorrectionsFile)+":12: 《云川县支持产线焕新若干措施》应有主题") {
		t.Errorf("check: %d %s", code, out)
	}
	if code, _, errs := runArgs(t, "", "web", "--data", data, "--rules_dir", folder, "--listen", "127.0.0.1:0"); code != 1 || !strings.Contains(errs, "1条更正用例不再成立") || !strings.Contains(errs, "第12行") {
		t.Errorf("web: %d %s", code, errs)
	}
}

// keepCorrection does what the console does when an officer adds a theme.
func keepCorrection(t *testing.T, data, words string) {
	t.Helper()
	b, _, err := openBase(t.Context(), stdio{strings.NewReader(""), &strings.Builder{}, &strings.Builder{}}, "test", []string{"--data", data}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	p, err := b.store.Policy(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	start, end, ok := domain.FindWords(p.Text, words, 0)
	if !ok {
		t.Fatalf("%s is not in the text", words)
	}
	k := domain.Correction{Policy: p.ID, Version: 1, Dimension: domain.ThemeTag, Code: "Q26", Machine: domain.SaidAbsent, Officer: domain.SaidYes, By: 1}
	k.Cite(p.Text, start, end)
	if err := b.store.SaveCorrections(t.Context(), []domain.Correction{k}); err != nil {
		t.Fatal(err)
	}
}

func TestEveryRoleHasAWord(t *testing.T) {
	r, err := rules.Load()
	if err != nil {
		t.Fatal(err)
	}
	for role, want := range map[string]string{
		rules.RoleTrigger: "加普通词：炉窑", rules.RoleStrong: "加强词：炉窑", rules.RoleAlias: "加别名：炉窑", rules.RoleNot: "加屏蔽词（不算）：炉窑", rules.RoleLean: "-0.6", "": "不改规则",
	} {
		c := learning.Change{Dimension: domain.ThemeTag, Code: "Q26", Role: role, Words: []string{"炉窑"}, Lean: -0.6}
		if got := changeText(r, &c); !strings.Contains(got, want) {
			t.Errorf("%s: %s", role, got)
		}
	}
}
