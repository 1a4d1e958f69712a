package learning_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"policypush/internal/domain"
	"policypush/internal/learning"
	"policypush/internal/segment"
	"policypush/internal/tagging"
	"policypush/rules"
)

// The documents that officers spoke of. The second is not read as one for
// technical renewal, nor the third as one for old people.
var (
	renewal  = document("云川县关于实施炉窑焕新行动的通知", "一、对企业实施炉窑焕新的，按设备实际投资额的12%给予补助，最高200万元。\n二、申请企业向县经信局提交材料。\n云川县人民政府\n2026年3月1日", "theme", "Q26", "yes", "炉窑焕新")
	furnaces = document("云川县支持产线焕新若干措施", "一、支持炉窑焕新和产线焕新，对企业购买的炉窑按每台5万元给予补助。\n云川县人民政府\n2026年4月1日", "theme", "Q26", "yes", "炉窑焕新")
	canteen  = document("云川县关于银发族食堂的通知", "一、银发族就餐每餐补贴5元，由村（社区）食堂直接减免。\n云川县民政局\n2026年5月1日", "resident_group", "G01", "yes", "银发族")
	// about praise: to take 炉窑焕新 for a sure sign harms it
	praise = document("云川县炉窑焕新竞赛奖励公告", "一、下列企业在炉窑焕新中成绩突出，县人民政府给予通报表扬，给予炉窑焕新优胜企业奖励2万元。\n云川县人民政府\n2026年6月1日", "theme", "Q26", "no", "炉窑焕新")
)

func document(title, body, dimension, code, officer, words string) learning.Case {
	text := title + "\n" + body
	k := domain.Correction{Dimension: domain.Dimension(dimension), Code: code, Officer: officer}
	start, end, _ := domain.FindWords(text, words, 0)
	k.Cite(text, start, end)
	return learning.Case{Title: title, Text: text, Says: []domain.Correction{k}}
}

func session(t *testing.T, folder string, cases ...learning.Case) *learning.Session {
	t.Helper()
	var below []fs.FS
	if folder != "" {
		below = append(below, os.DirFS(folder))
	}
	s, err := learning.Begin(t.Context(), learning.Input{
		Cases: learning.Merge(cases),
		Load: func(more ...fs.FS) (*rules.Rules, error) {
			return rules.LoadFS(append(slices.Clone(below), more...)...)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func propose(t *testing.T, s *learning.Session) ([]learning.Proposal, []learning.Flip) {
	t.Helper()
	list, rest, err := s.Propose(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return list, rest
}

func find(list []learning.Proposal, role, word string) *learning.Proposal {
	for i := range list {
		if list[i].Role == role && (word == "" || slices.Contains(list[i].Words, word)) {
			return &list[i]
		}
	}
	return nil
}

func check(t *testing.T, folder string) []*domain.Error {
	t.Helper()
	r, err := rules.LoadWith(folder)
	if err != nil {
		t.Fatal(err)
	}
	seg, err := segment.New("", r.UserWords())
	if err != nil {
		t.Fatal(err)
	}
	defer seg.Close()
	tagger, err := tagging.New(r, seg)
	if err != nil {
		t.Fatal(err)
	}
	return learning.Check(r, tagger)
}

func TestFromCorrectionsToTests(t *testing.T) {
	deadline := document("云川县关于补报材料的通知", "请各企业于近期补报材料。\n云川县经信局\n2026年7月1日", "fact", "expires", "2031-01-01", "")
	s := session(t, "", renewal, furnaces, canteen, deadline)
	list, rest := propose(t, s)
	strong := find(list, rules.RoleStrong, "炉窑焕新")
	trigger := find(list, rules.RoleTrigger, "银发族")
	tests := find(list, "", "")
	if strong == nil || trigger == nil || tests == nil {
		t.Fatalf("proposed %+v", list)
	}
	for _, p := range []*learning.Proposal{strong, trigger} {
		if p.Harmful || p.Effect.Before != 1 || p.Effect.After != 2 || p.Effect.Cases != 4 || len(p.Effect.Fixed) != 1 {
			t.Errorf("%v: %+v", p.Words, p.Effect)
		}
	}
	if len(rest) != 1 || !strings.Contains(rest[0].Says, "有效期至") {
		t.Errorf("without a proposal: %+v", rest)
	}

	folder := filepath.Join(t.TempDir(), "office")
	done, err := s.Accept(t.Context(), []learning.Proposal{*strong, *trigger, *tests}, folder, false)
	if err != nil || done.Cases != 3 || len(done.Files) != 2 {
		t.Fatalf("accepted %+v, %v", done, err)
	}
	if problems := check(t, folder); len(problems) > 0 {
		t.Fatalf("the folder as written: %v", problems)
	}
	// nothing is left to propose but for what no word can mend
	list, rest = propose(t, session(t, folder, renewal, furnaces, canteen, deadline))
	if len(list) != 0 || len(rest) != 1 {
		t.Errorf("after acceptance: %+v, %+v", list, rest)
	}

	// whoever takes the word away is told which case fails, and where it stands
	file := filepath.Join(folder, rules.LearnedFile)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(data), `["炉窑焕新"]`, `["另一个词"]`)), 0o600); err != nil {
		t.Fatal(err)
	}
	problems := check(t, folder)
	cases, err := os.ReadFile(filepath.Join(folder, rules.CorrectionsFile))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(cases), "\n")
	if len(problems) != 1 || problems[0].File != rules.CorrectionsFile || !strings.Contains(lines[problems[0].Line-1], `"Q26"`) ||
		!strings.Contains(problems[0].Text, "《云川县支持产线焕新若干措施》应有主题") {
		t.Errorf("a failing case: %v", problems)
	}
}

func TestMeasuresThatAreNoneOrMissing(t *testing.T) {
	is := document(furnaces.Title, "", "measure", domain.IsMeasure, domain.SaidYes, "")
	is.Text = furnaces.Text
	says := func(officer, words string) domain.Correction {
		k := domain.Correction{Dimension: domain.MeasureCorrected, Code: domain.IsMeasure, Officer: officer}
		start, end, ok := domain.FindWords(is.Text, words, 0)
		if k.Cite(is.Text, start, end); !ok {
			t.Fatalf("no %s", words)
		}
		return k
	}
	is.Says = []domain.Correction{says(domain.SaidYes, "支持炉窑焕新和产线焕新"), says("", "云川县支持产线焕新"), says(domain.SaidYes, "云川县人民政府")}
	moved := is // a measure that only begins elsewhere is still there
	moved.Text += "\n2026年4月1日"
	moved.Says = []domain.Correction{says("", "支持炉窑焕新和产线焕新，对企业购买的炉窑按每台5万元给予")}
	if _, rest := propose(t, session(t, "", moved)); len(rest) != 1 || rest[0].Says != "不应有政策点" {
		t.Errorf("a measure whose beginning moved counts as none: %+v", rest)
	}
	s := session(t, "", is)
	list, rest := propose(t, s)
	if len(rest) != 1 || rest[0].Says != "应有政策点" || rest[0].Words != "云川县人民政府" {
		t.Errorf("without a proposal: %+v", rest)
	}
	tests := find(list, "", "")
	if tests == nil {
		t.Fatalf("what is read rightly is no test: %+v", list)
	}
	folder := filepath.Join(t.TempDir(), "office")
	if done, err := s.Accept(t.Context(), []learning.Proposal{*tests}, folder, false); err != nil || done.Cases != 2 {
		t.Fatalf("accepted %+v, %v", done, err)
	}
	if problems := check(t, folder); len(problems) > 0 {
		t.Errorf("the folder as written: %v", problems)
	}
}

func TestHarmIsShownAndRefused(t *testing.T) {
	s := session(t, "", renewal, furnaces, praise)
	list, _ := propose(t, s)
	p := find(list, rules.RoleStrong, "炉窑焕新")
	if p == nil || !p.Harmful || len(p.Effect.Broken) != 1 || p.Effect.Broken[0].Title != praise.Title || p.Effect.Code.After.Wrong != 1 {
		t.Fatalf("proposed %+v", list)
	}
	if last := list[len(list)-1]; !last.Harmful {
		t.Errorf("a harmful proposal stands before a harmless one: %+v", list)
	}
	folder := filepath.Join(t.TempDir(), "office")
	if _, err := s.Accept(t.Context(), []learning.Proposal{*p}, folder, false); domain.KindOf(err) != domain.Conflict {
		t.Errorf("accepted: %v", err)
	}
	if _, err := os.Stat(folder); err == nil {
		t.Error("a refused proposal was written")
	}
	if _, err := s.Accept(t.Context(), []learning.Proposal{*p}, folder, true); err != nil {
		t.Fatal(err)
	}
	if problems := check(t, folder); len(problems) > 0 {
		t.Errorf("what was accepted despite its harm: %v", problems)
	}
}

func TestMasks(t *testing.T) {
	upkeep := document("云川县关于市政设备更新招标的通知", "一、本县市政设备更新服务由中标单位负责，居民可拨打热线反映道路照明问题。\n云川县综合执法局\n2026年3月1日", "theme", "Q26", "no", "")
	s := session(t, "", renewal, upkeep)
	list, _ := propose(t, s)
	mask := find(list, rules.RoleNot, "市政设备更新")
	if mask == nil || mask.Harmful || len(mask.Effect.Fixed) != 1 || mask.Effect.Code.Before.Wrong != 1 || mask.Effect.Code.After.Wrong != 0 {
		t.Fatalf("against a wrong tag: %+v", list)
	}
	folder := t.TempDir()
	if _, err := s.Accept(t.Context(), []learning.Proposal{*mask}, folder, false); err != nil {
		t.Fatal(err)
	}
	if problems := check(t, folder); len(problems) > 0 {
		t.Error(problems)
	}
}

func TestCasesComeBackAsWritten(t *testing.T) {
	var b strings.Builder
	cases := learning.Merge([]learning.Case{renewal, canteen, praise})
	if err := learning.WriteCases(&b, cases); err != nil {
		t.Fatal(err)
	}
	again, err := learning.ReadCases(strings.NewReader("\n"+b.String()), "a.jsonl")
	if err != nil || len(again) != 3 {
		t.Fatalf("got %v, %v", again, err)
	}
	for i := range again {
		if again[i].Text != cases[i].Text || !slices.Equal(again[i].Says, cases[i].Says) {
			t.Errorf("wrote %+v, read %+v", cases[i].Says, again[i].Says)
		}
	}
}

func TestCasesWithMistakes(t *testing.T) {
	for line, want := range map[string]string{
		`{"title":"甲"`: "不是一条完整的更正用例",
		`{"title":"甲","text":"乙","says":[],"by":"张三"}`:                                                           "不是一条完整的更正用例",
		`{"title":"甲","text":" ","says":[]}`:                                                                     "没有正文",
		`{"title":"甲","text":"乙","says":[]}`:                                                                     "更正要有1到",
		`{"text":"乙","says":[{"dimension":"theme","officer":"yes"}]}`:                                            "缺少代码",
		`{"text":"乙","says":[{"dimension":"theme","code":"Q26","officer":"maybe"}]}`:                             "yes 或 no",
		`{"text":"乙","says":[{"dimension":"keyword","code":"词","officer":"yes"}]}`:                               "没有“keyword”",
		`{"text":"乙","says":[{"dimension":"fact","code":"contact","officer":"张三"}]}`:                             "没有“fact”",
		`{"text":"乙","says":[{"dimension":"theme","code":"Q26","officer":"yes","start":0,"end":2}]}`:             "正文共1字",
		`{"text":"乙","says":[{"dimension":"theme","code":"Q26","officer":"yes","start":0,"end":1,"words":"甲"}]}`: "原文不是“甲”",
		`{"text":"乙","says":[{"dimension":"theme","code":"Q26","officer":"yes"}]} {}`:                            "一行只能有一份文件",
	} {
		_, err := learning.ReadCases(strings.NewReader("\n"+line+"\n"), "用例.jsonl")
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "用例.jsonl 第2行") {
			t.Errorf("%s: %v, want %s", line, err, want)
		}
	}
}

// FuzzReadCases reads hostile files: what is read can be written and read again,
// and every mistake names its line.
func FuzzReadCases(f *testing.F) {
	var b strings.Builder
	if err := learning.WriteCases(&b, []learning.Case{renewal, praise}); err != nil {
		f.Fatal(err)
	}
	f.Add(b.String())
	f.Add(`{"text":"乙","says":[{"dimension":"measure","code":"rate","officer":"0.2","start":9223372036854775807,"end":-1}]}`)
	f.Add(`{"text":"\ud800","says":[{"dimension":"fact","code":"title","officer":"\u0000","end":1}]}`)
	f.Add(strings.Repeat("[", 10000))
	f.Add("\xff\xfe\n{}")
	f.Fuzz(func(t *testing.T, text string) {
		cases, err := learning.ReadCases(strings.NewReader(text), "a.jsonl")
		if err != nil {
			if !strings.Contains(err.Error(), "a.jsonl 第") {
				t.Fatalf("a mistake without its line: %v", err)
			}
			return
		}
		var b strings.Builder
		if err := learning.WriteCases(&b, cases); err != nil {
			t.Fatal(err)
		}
		again, err := learning.ReadCases(strings.NewReader(b.String()), "a.jsonl")
		if err != nil || len(again) != len(cases) {
			t.Fatalf("not read again: %v", err)
		}
	})
}

// TestUnknownCodesAreLeftOut: what is said about a code that the rules do not have stops
// nothing, and is told.
func TestUnknownCodesAreLeftOut(t *testing.T) {
	strange, both := document("云川县其他通知", "一、给予补贴。", "theme", "Q99", "yes", "补贴"), renewal
	both.Says = append(slices.Clone(both.Says), domain.Correction{Dimension: "resident_group", Code: "G77", Officer: "no"})
	s := session(t, "", strange, both)
	list, _ := propose(t, s)
	if len(list) == 0 || list[0].Effect.Cases != 1 {
		t.Errorf("proposed %+v", list)
	}
	var said []string
	for _, f := range s.Unknown() {
		said = append(said, f.Title+f.Says)
	}
	slices.Sort(said)
	if want := []string{"云川县关于实施炉窑焕新行动的通知居民群体“G77”", "云川县其他通知主题“Q99”"}; !slices.Equal(said, want) {
		t.Errorf("left out %q, want %q", said, want)
	}
}
