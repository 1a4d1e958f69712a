package rules_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"policypush/internal/document"
	"policypush/internal/domain"
	"policypush/rules"
)

func load(t *testing.T, overlays ...fs.FS) *rules.Rules {
	t.Helper()
	r, err := rules.LoadFS(overlays...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// office makes a folder of an office's own rules from name and text pairs.
func office(files ...string) fs.FS {
	m := fstest.MapFS{}
	for i := 0; i < len(files); i += 2 {
		m[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return m
}

// TestIndex holds our own files against the index: a line lost in an edit is
// noticed here.
func TestIndex(t *testing.T) {
	r, err := rules.Load()
	if err != nil {
		t.Fatal(err)
	}
	themes := func(letter string) (n int) {
		for _, theme := range r.Themes.All() {
			if strings.HasPrefix(theme.Code, letter) {
				n++
			}
		}
		return n
	}
	towns := 0
	for _, d := range r.Divisions.All() {
		if d.Level == rules.Town {
			towns++
		}
	}
	have := map[string]int{
		"pilot-areas.yaml": len(r.PilotAreas.All()), "themes-enterprise.yaml": themes("Q"), "themes-livelihood.yaml": themes("M"),
		"themes-internal.yaml": themes("Z"), "taxes-fees.yaml": len(r.Taxes.All()), "benefit-kinds.yaml": len(r.Benefits.All()),
		"enterprise-size.yaml": len(r.Sizes.All()), "enterprise-attributes.yaml": len(r.Attributes.All()),
		"industries.yaml": len(r.Industries.All()), "divisions.yaml": len(r.Divisions.All()) - towns, "divisions-towns.yaml": towns,
		"resident-groups.yaml": len(r.Groups.All()), "document-kinds.yaml": len(r.DocumentKinds.All()),
		"document-numbers.yaml": len(r.NumberWords.All()), "validity-terms.yaml": len(r.ValidityTerms.All()),
		"life-events.yaml": len(r.LifeEvents.All()), "disclosure-fields.yaml": len(r.DisclosureFields.All()),
		"agencies.yaml": len(r.Agencies.All()), "contact-roles.yaml": len(r.ContactRoles.All()), "interpretation-kinds.yaml": len(r.InterpretationKinds.All()),
		"channels.yaml": len(r.Channels.All()), "rules.yaml": len(r.Duties.All()), "workdays.yaml": 4,
		"extraction-patterns.yaml": len(r.Patterns.All()), "jargon.yaml": len(r.Jargon.All()), "colloquial.yaml": len(r.Colloquial.All()), "sms-words.yaml": len(r.SMSWords.All()), "tagging-cases.yaml": len(r.TaggingCases.All()),
	}
	for _, f := range r.Files.All() {
		if n, ok := have[f.File]; !ok || n != f.Count {
			t.Errorf("%s holds %d entries, the index says %d", f.File, n, f.Count)
		}
		delete(have, f.File)
	}
	if len(have) > 0 {
		t.Errorf("not in the index: %v", have)
	}
}

// TestExamples runs every pattern on its own examples, on text as reading a
// document leaves it.
func TestExamples(t *testing.T) {
	normalise := func(text string) string {
		doc, err := document.FromText("例句", text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		return doc.Text
	}
	for _, problem := range load(t).Check(normalise) {
		t.Error(problem)
	}
}

// TestCheckSpeaks proves that TestExamples can fail.
func TestCheckSpeaks(t *testing.T) {
	r := load(t, office("p.yaml", `meta: {id: extraction-patterns}
items:
  - {code: Y01, name: 电话, field: tel, scope: sentence, re: '电话(?P<n>\d+)', examples: [{text: 电话12345, want: {n: "1"}}, {text: 邮箱}], reject: [电话1]}
`))
	var got []string
	for _, p := range r.Check(strings.Clone) {
		if p.File == "p.yaml" {
			got = append(got, p.Error())
		}
	}
	want := []string{
		"p.yaml 第3行：examples：Y01 电话 在例句“电话12345”中应得 n=“1”，实得“12345”",
		"p.yaml 第3行：examples：Y01 电话 没有命中自己的例句“邮箱”",
		"p.yaml 第3行：reject：Y01 电话 不应命中“电话1”",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		yaml string
		want string // contained in the text of the one mistake
		line int
	}{
		"an unknown key": {
			"meta: {id: jargon}\nitems:\n  - code: J99\n    name: 甲\n    plain: 乙\n    plian: 丙\n", "没有名为“plian”的键", 6,
		},
		"a key twice": {
			"meta: {id: jargon}\nitems:\n  - {code: J99, name: 甲, plain: 乙, plain: 丙}\n", "“plain”写了两次", 3,
		},
		"an unknown theme": {
			"meta: {id: jargon}\nitems:\n  - {code: J99, name: 甲, plain: 乙, themes: [Q01, Q99]}\n", "没有代码为“Q99”的主题", 3,
		},
		"an unknown agency": {
			"meta: {id: themes-enterprise}\nitems:\n  - {code: Q99, name: 甲, agencies: [AG-NO]}\n", "没有代码为“AG-NO”的部门", 3,
		},
		"an unknown group or attribute": {
			"meta: {id: life-events}\nitems:\n  - {code: L99, name: 甲, side: individual, groups: [G01, QH1, X1]}\n", "没有代码为“X1”的居民群体或企业属性", 3,
		},
		"an unknown division above": {
			"meta: {id: divisions-towns}\nitems:\n  - {code: '339901001', name: 云溪镇, parent: '339901', kind: 镇}\n", "没有代码为“339901”的行政区划", 3,
		},
		"an unknown channel as a key": {
			"meta: {id: channels}\npolicy:\n  quiet_hours: ['20:00', '08:00']\n  per_user_day:\n    CH-FAX: 1\n", "没有代码为“CH-FAX”的渠道", 5,
		},
		"a code twice": {
			"meta: {id: jargon}\nitems:\n  - {code: J99, name: 甲, plain: 乙}\n  - {code: J99, name: 丙, plain: 丁}\n", "代码“J99”已在 a.yaml 第3行用过", 4,
		},
		"a bad expression": {
			"meta: {id: extraction-patterns}\nitems:\n  - code: Y01\n    name: 甲\n    field: x\n    scope: line\n    re: '(甲'\n    examples: [{text: 甲}]\n", "正则表达式有误", 7,
		},
		"a word outside the list": {
			"meta: {id: extraction-patterns}\nitems:\n  - {code: Y01, name: 甲, field: x, scope: page, re: 甲, examples: [{text: 甲}]}\n", "不能是“page”，可选：document、line、sentence", 3,
		},
		"text for a number": {
			"meta: {id: life-events}\nitems:\n  - {code: L99, name: 甲, side: individual, ahead_days: 三}\n", "应当是不小于0的整数，写成了“三”", 3,
		},
		"a number for text": {
			"meta: {id: divisions}\nitems:\n  - {code: 339900, name: 云州市, level: city, parent: '330000'}\n", "请给“339900”加引号", 3,
		},
		"a word for a list": {
			"meta: {id: jargon}\nitems:\n  - {code: J99, name: 甲, plain: 乙, aliases: 丙}\n", "应当是列表，写成了单个值", 3,
		},
		"a missing name": {
			"meta: {id: jargon}\nitems:\n  - {code: J99, plain: 乙}\n", "缺少“name”", 3,
		},
		"an empty trigger, which would be found everywhere": {
			"meta: {id: jargon}\nitems:\n  - {code: J99, name: 甲, plain: 乙, triggers: ['']}\n", "不能为空", 3,
		},
		"an alias, which could make a small file large": {
			"meta: {id: jargon}\nitems:\n  - {code: J99, name: &x 甲, plain: 乙}\n", "不支持锚点和别名", 3,
		},
		"a theme with the letter of another file": {
			"meta: {id: themes-enterprise}\nitems:\n  - {code: M99, name: 甲}\n", "“M99”应以 Q 开头", 3,
		},
		"a county below another province": {
			"meta: {id: divisions}\nitems:\n  - {code: '340101', name: 甲县, level: county, parent: '330100'}\n", "“330100”不会是“340101”的上级", 3,
		},
		"a city that is its own parent": {
			"meta: {id: divisions}\nitems:\n  - {code: '339900', name: 云州市, level: city, parent: '339900'}\n", "不会是“339900”的上级", 3,
		},
		"a retired code in use": {
			"meta: {id: divisions}\nitems:\n  - {code: '330103', name: 下城区, level: county, parent: '330100'}\n", "已列为撤销的代码", 3,
		},
		"bounds in the wrong order": {
			"meta: {id: enterprise-size}\nitems:\n  - {code: S01, name: 农业, divisions: ['01'], metrics: [revenue], large: {revenue: 5}, medium: {revenue: 6}, small: {revenue: 1}}\n",
			"revenue 的下限应当大型高于中型", 3,
		},
		"a holiday in another year": {
			"meta: {id: workdays}\nitems:\n  - {code: '2027', name: 甲, rest: {元旦: ['2026-12-31']}}\n", "2026-12-31 不在2027年", 3,
		},
		"a day that is not one": {
			"meta: {id: workdays}\nitems:\n  - {code: '2027', name: 甲, rest: {元旦: ['2027-02-30']}}\n", "“2027-02-30”不是日期", 3,
		},
		"an hour that is not one": {
			"meta: {id: channels}\npolicy:\n  quiet_hours: ['20:00', '25:00']\n", "“25:00”不是时刻", 3,
		},
		"a kind of file that we do not know": {"meta: {id: jargons}\nitems: []\n", "没有“jargons”这种规则", 1},
		"a file without its kind":            {"items: []\n", "缺少 meta.id", 1},
		"broken YAML":                        {"meta: {id: jargon}\nitems:\n  - {code: [\n", "YAML 写法有误", 3},
		"two documents":                      {"meta: {id: jargon}\n---\nmeta: {id: jargon}\n", "只能有一份内容", 0},
		"nothing":                            {"", "文件是空的", 0},
		"too much":                           {strings.Repeat("#\n", rules.MaxFile/2+1), "超过8 MB", 0},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := rules.LoadFS(office("a.yaml", tt.yaml))
			if r != nil || err == nil {
				t.Fatal("loaded")
			}
			problems := rules.Problems(err)
			if len(problems) != 1 {
				t.Fatalf("%d mistakes, want 1:\n%v", len(problems), err)
			}
			p := problems[0]
			if p.Kind != domain.Invalid || p.File != "a.yaml" || p.Line != tt.line || !strings.Contains(p.Text, tt.want) {
				t.Errorf("got %v (line %d), want line %d: %s", p, p.Line, tt.line, tt.want)
			}
		})
	}
}

// TestAllMistakes: an officer corrects a folder once, not once for each mistake.
func TestAllMistakes(t *testing.T) {
	_, err := rules.LoadFS(office(
		"b.yaml", "meta: {id: jargon}\nitems:\n  - {code: J98, nmae: 甲}\n  - {code: J99, name: 甲, plain: 乙, themes: [Q99]}\n",
		"a.yaml", "meta: {id: agencies}\nitems:\n  - {name: 甲}\n",
		"c.yaml", "meta: {id: jargon}\n",
	))
	var got []string
	for _, p := range rules.Problems(err) {
		got = append(got, p.Error())
	}
	want := []string{
		"a.yaml 第3行：items：缺少“code”", "b.yaml 第3行：items：没有名为“nmae”的键",
		"b.yaml 第3行：items：缺少“name”", "b.yaml 第3行：items：缺少“plain”",
		"b.yaml 第4行：themes：没有代码为“Q99”的主题", "c.yaml 第1行：meta.id：与 b.yaml 的 meta.id 相同",
	}
	if len(got) != len(want) {
		t.Fatalf("got %q", got)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("got %s, want %s", got[i], want[i])
		}
	}
}

func TestOfficeFolder(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := rules.LoadWith(dir); err == nil || !strings.Contains(err.Error(), "没有规则文件") {
		t.Errorf("an empty folder: %v", err)
	}
	if _, err := rules.LoadWith(filepath.Join(dir, "missing")); domain.KindOf(err) != domain.NotFound {
		t.Errorf("a folder that is not there: %v", err)
	}
	write("ours.yaml", `meta: {id: divisions}
items:
  - {code: "339900", name: 云州市, level: city, parent: "330000", aliases: [云州]}
  - {code: "339901", name: 云川县, level: county, kind: 县, parent: "339900", aliases: [云川]}
`)
	write("towns.yml", `meta: {id: divisions-towns}
items: [{code: "339901001", name: 云溪镇, parent: "339901", kind: 镇}]
`)
	write("themes.yaml", `meta: {id: themes-livelihood}
items: [{code: M01, name: 教育与托育, strong: [云川助学]}]
`)
	write("workdays.yaml", `meta: {id: workdays}
items: [{code: "2027", name: 2027年放假安排, rest: {元旦: ["2027-01-01"]}, work: ["2027-01-02"]}]
`)
	write("README.md", "not read")
	r, err := rules.LoadWith(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.FullName("339901001"); got != "浙江省云州市云川县云溪镇" {
		t.Errorf("added town: %s", got)
	}
	if got := r.Themes.Find("M01"); got.Name != "教育与托育" || len(got.Triggers) != 0 {
		t.Errorf("overridden theme: %+v", got)
	}
	if before, after := len(load(t).Themes.All()), len(r.Themes.All()); before != after {
		t.Errorf("overriding changed the number of themes from %d to %d", before, after)
	}
	if r.Limits.PerDay[domain.SMS] != 2 || r.Scoring.AssignAt != 4 {
		t.Error("what the folder does not speak of changed")
	}
	works, sure := r.Calendar.Workday(time.Date(2027, 1, 2, 0, 0, 0, 0, time.UTC))
	if !works || !sure {
		t.Error("the added year is not known")
	}
	if !slices.Contains(r.UserWords(), "云川助学") {
		t.Error("an added term is no word for the segmenter")
	}
}

// An office may begin with a copy of all our rules.
func TestCopyOfAllRulesChangesNothing(t *testing.T) {
	ours := load(t)
	r, err := rules.LoadWith(".")
	if err != nil {
		t.Fatal(err)
	}
	if before, after := len(ours.Themes.All()), len(r.Themes.All()); before != after {
		t.Errorf("a copy changed the number of themes from %d to %d", before, after)
	}
	for day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() == 2026; day = day.AddDate(0, 0, 1) {
		want, known := ours.Calendar.Workday(day)
		if works, sure := r.Calendar.Workday(day); works != want || sure != known {
			t.Errorf("%s: works %v, sure %v; want %v, %v", day.Format(time.DateOnly), works, sure, want, known)
		}
	}
}

// A year of an office's folder takes the place of ours as a whole.
func TestOverriddenYear(t *testing.T) {
	r, err := rules.LoadFS(fstest.MapFS{"workdays.yaml": {Data: []byte(`meta: {id: workdays}
items: [{code: "2026", name: 2026年放假安排, rest: {元旦: ["2026-01-05"]}, work: ["2026-01-03"]}]
`)}})
	if err != nil {
		t.Fatal(err)
	}
	for day, want := range map[string]bool{"2026-01-01": true, "2026-01-03": true, "2026-01-05": false, "2026-10-01": true} {
		at, _ := time.Parse(time.DateOnly, day)
		if works, sure := r.Calendar.Workday(at); works != want || !sure {
			t.Errorf("%s: works %v, sure %v; want %v, true", day, works, sure, want)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := rules.Load(); err != nil {
			b.Fatal(err)
		}
	}
}
