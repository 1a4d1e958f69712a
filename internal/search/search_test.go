package search

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"policypush/internal/segment"
	"policypush/rules"
)

// shared is loaded once: the dictionary takes most of a second.
var shared = sync.OnceValues(func() (*Lexicon, error) {
	r, err := rules.Load()
	if err != nil {
		return nil, err
	}
	seg, err := segment.New("", r.UserWords())
	if err != nil {
		return nil, err
	}
	return NewLexicon(r, seg), nil
})

func lexicon(t testing.TB) *Lexicon {
	t.Helper()
	lex, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return lex
}

// county is what most tests search.
func county() []*Entry {
	clause := func(ref, text string) Passage { return Passage{Clause, ref, text} }
	return []*Entry{
		{
			Key: "tax", Title: "云川县残疾人就业保障金征收办法", DocNumber: "云财〔2026〕31号", Date: "2026-01-02",
			Facets: map[Facet][]string{AudienceFacet: {"enterprise"}, ThemeFacet: {"Q01"}, RegionFacet: {"330603"}},
			Passages: []Passage{
				{Answer, "qa", "我开一家小店，要交残疾人就业保障金吗？ 没有雇工的个体工商户不用交。"},
				{Measure, "m1", "三十人以下企业免征：在职职工人数三十人以下的企业，暂免征收残疾人就业保障金。"},
				clause("第一条", "用人单位安排残疾人就业达不到在职职工总数百分之一点五的，应当缴纳残疾人就业保障金。"),
			},
		},
		{
			Key: "machines", Title: "云川县技术改造贷款贴息办法", DocNumber: "云政发〔2026〕12号", Date: "2026-05-06", Deadlines: []string{"2026-12-10"},
			Facets: map[Facet][]string{AudienceFacet: {"enterprise"}, ThemeFacet: {"Q26", "Q03"}},
			Passages: []Passage{
				clause("第一条", "企业购置设备、实施数字化改造取得的银行贷款，按照贷款市场报价利率的百分之五十给予贴息，单户每年最高四十万元。"),
				clause("第二条", "申请截止二〇二六年十二月十日。联系电话：0555-0001234。"),
			},
		},
		{
			Key: "old", Title: "云川县技术改造补助办法", DocNumber: "云政发〔2019〕7号", Date: "2019-03-04", Ended: true,
			Facets:   map[Facet][]string{AudienceFacet: {"enterprise"}, ThemeFacet: {"Q26"}},
			Passages: []Passage{clause("第一条", "企业购置设备实施技术改造的，按照投资额的百分之八给予补助。")},
		},
		{
			Key: "there", Title: "绍兴市越城区老年人优待办法", Date: "2025-03-04", Expires: "2025-12-31",
			Facets:   map[Facet][]string{AudienceFacet: {"resident"}, RegionFacet: {"330602"}},
			Passages: []Passage{clause("第一条", "年满七十周岁的老年人免费乘坐公共汽车。")},
		},
		{
			Key: "here", Title: "绍兴市柯桥区老年人优待办法", Date: "2025-03-04",
			Facets:   map[Facet][]string{AudienceFacet: {"resident"}, RegionFacet: {"330603"}},
			Passages: []Passage{clause("第一条", "年满七十周岁的老年人免费乘坐公共汽车。<script>alert(1)</script>")},
		},
	}
}

func newIndex(t testing.TB, entries ...*Entry) *Index {
	t.Helper()
	x, err := Create(filepath.Join(t.TempDir(), "index"), lexicon(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() })
	if err := x.Apply(entries, nil); err != nil {
		t.Fatal(err)
	}
	return x
}

func keys(p *Page) string {
	var all []string
	for _, r := range p.Results {
		all = append(all, r.Key)
	}
	return strings.Join(all, " ")
}

func TestSearch(t *testing.T) {
	x := newIndex(t, county()...)
	for name, tt := range map[string]struct {
		ask   Request
		first string // key and ref of the first result
	}{
		"a title":                               {Request{Text: "云川县技术改造补助办法"}, "old 第一条"},
		"a document number":                     {Request{Text: "云政发〔2026〕12号"}, "machines"},
		"a number in other brackets":            {Request{Text: "云政发[2026]第12号"}, "machines"},
		"a number with its year":                {Request{Text: "云政发2026年第12号"}, "machines"},
		"any brackets within a question":        {Request{Text: "请问云政发[2019] 7号什么时候到期"}, "old"},
		"no brackets within a question":         {Request{Text: "云政发2019 第7号还能申请吗"}, "old"},
		"a number within a question":            {Request{Text: "云政发〔2019〕7号还有效吗"}, "old"},
		"a question leads to the answer":        {Request{Text: "开小店要交残保金吗"}, "tax qa"},
		"another leads to the measure":          {Request{Text: "三十个人以下的企业残疾人就业保障金免征吗？"}, "tax m1"},
		"another to the clause":                 {Request{Text: "买设备贷款贴息一年最高多少"}, "machines 第一条"},
		"a long story that ends in a question":  {Request{Text: strings.Repeat("我们是镇上做衣服的，生意一直不太好，去年换了门面，今年又碰上涨价，", 10) + "听人说有残保金，三十人以下的厂要不要交"}, "tax"},
		"a text without end":                    {Request{Text: "残保金" + strings.Repeat("讲不完的故事😀", 2000)}, "tax"},
		"a colloquial word":                     {Request{Text: "残保金"}, "tax"},
		"a word of the same sound":              {Request{Text: "残寄人就业保障金"}, "tax"},
		"a homophone nobody writes":             {Request{Text: "技术改造贷款铁西"}, "machines"},
		"pinyin":                                {Request{Text: "canbaojin"}, "tax"},
		"first letters":                         {Request{Text: "CBJ"}, "tax"},
		"full-width letters":                    {Request{Text: "ｃａｎｂａｏｊｉｎ"}, "tax"},
		"a phone number":                        {Request{Text: "0001234"}, "machines 第二条"},
		"what is in force comes first":          {Request{Text: "老年人免费乘坐公共汽车", Today: "2026-06-01"}, "here"},
		"what is for the reader's region too":   {Request{Text: "老年人免费乘坐公共汽车", Region: "330602104"}, "there"},
		"a place in the question":               {Request{Text: "越城区老年人坐车免费吗"}, "there"},
		"a facet restricts":                     {Request{Text: "技术改造", Filters: map[Facet][]string{ThemeFacet: {"Q03"}}}, "machines"},
		"only what is in force":                 {Request{Text: "技术改造补助办法", InForce: true, Today: "2026-06-01"}, "machines"},
		"latest first":                          {Request{Text: "技术改造", Order: Newest}, "machines"},
		"facets without words":                  {Request{Filters: map[Facet][]string{RegionFacet: {"330603"}, AudienceFacet: {"enterprise"}}}, "tax"},
		"words of asking alone are taken whole": {Request{Text: "怎么交"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			tt.ask.Limit = 10
			page, err := x.Search(t.Context(), tt.ask)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if len(page.Results) > 0 {
				got = page.Results[0].Key + " " + page.Results[0].Ref
			}
			if !strings.HasPrefix(got, tt.first) {
				t.Errorf("first is %q, want %q; all: %s", got, tt.first, keys(page))
			}
		})
	}
}

// TestValues: the values of a facet are those of its entries, the most frequent
// first.
func TestValues(t *testing.T) {
	x := newIndex(t, county()...)
	values, err := x.Values(t.Context(), AudienceFacet, 10)
	if err != nil || !slices.Equal(values, []string{"enterprise", "resident"}) {
		t.Errorf("audiences: %v, %v", values, err)
	}
	if values, err := x.Values(t.Context(), IssuerFacet, 10); err != nil || len(values) > 0 {
		t.Errorf("issuers of entries without one: %v, %v", values, err)
	}
}

func TestPages(t *testing.T) {
	x := newIndex(t, county()...)
	ask := Request{Text: "云川县企业", Limit: 2, Today: "2026-06-01"}
	page, err := x.Search(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	if page.Total != 3 || page.InForce != 2 || len(page.Results) != 2 {
		t.Errorf("total %d, in force %d, results %s", page.Total, page.InForce, keys(page))
	}
	if n := page.Counts[ThemeFacet]["Q26"]; n != 2 {
		t.Errorf("%d of theme Q26, want 2", n)
	}
	for offset, want := range map[int]int{2: 1, 3: 0, 1 << 40: 0, -5: 2} {
		ask.Offset = offset
		if page, err = x.Search(t.Context(), ask); err != nil || len(page.Results) != want {
			t.Errorf("from %d: %d results, %v, want %d", offset, len(page.Results), err, want)
		}
	}
	ask.Offset, ask.Floor = 0, 0.5
	ask.Text = "飞碟坠毁"
	if page, err = x.Search(t.Context(), ask); err != nil || page.Total != 0 {
		t.Errorf("nothing asked for is there, found %s, %v", keys(page), err)
	}
}

// TestANumberIsFoundInAnyLibrary: also where no passage says it, and many others
// are alike.
func TestANumberIsFoundInAnyLibrary(t *testing.T) {
	var all []*Entry
	for i := range 200 {
		all = append(all, &Entry{
			Key: strconv.Itoa(i), Title: "云川县关于稳定就业的若干措施", DocNumber: fmt.Sprintf("云政发〔%d〕%d号", 2015+i%12, i/12+1),
			Passages: []Passage{{Clause, "c1", "对稳定就业的企业给予补助。"}},
		})
	}
	x := newIndex(t, all...)
	for _, i := range []int{0, 57, 199} {
		page, err := x.Search(t.Context(), Request{Text: all[i].DocNumber, Limit: 5, Floor: 0.4})
		if err != nil || len(page.Results) != 1 || page.Results[0].Key != all[i].Key {
			t.Errorf("%s leads to %s, %v", all[i].DocNumber, keys(page), err)
		}
	}
}

func TestSnippetMarksWhatWasAsked(t *testing.T) {
	x := newIndex(t, county()...)
	page, err := x.Search(t.Context(), Request{Text: "柯桥区七十周岁坐公共汽车", Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	var hits []string
	for _, p := range page.Results[0].Snippet {
		if p.Hit {
			hits = append(hits, p.Text)
		}
	}
	if got := strings.Join(hits, "|"); got != "七十周岁|坐公共汽车" {
		t.Errorf("marked %q", got)
	}
	if text := Plain(page.Results[0].Snippet); text != county()[4].Passages[0].Text {
		t.Errorf("the snippet is %q", text)
	}
}

// TestATextWithoutATitle shows its first lines instead, and has them once in
// what is searched: a text is no better for having no title.
func TestATextWithoutATitle(t *testing.T) {
	first := "经研究，现将城市低保标准调整如下：\n每人每月740元。"
	x := newIndex(t, &Entry{Key: "a", Passages: []Passage{{Clause, "1", first}}})
	page, err := x.Search(t.Context(), Request{Text: "低保标准", Limit: 1})
	if err != nil || len(page.Results) != 1 {
		t.Fatal(page, err)
	}
	if got, want := Plain(page.Results[0].Title), strings.ReplaceAll(first, "\n", " "); got != want {
		t.Errorf("title %s, want %s", got, want)
	}
	long := &Entry{Passages: []Passage{{Clause, "1", strings.Repeat("长", firstLines+1)}}}
	if n := len([]rune(long.name())); n != firstLines {
		t.Errorf("%d characters stand for a title, want %d", n, firstLines)
	}
	if got := (&Entry{Title: "标题", Passages: long.Passages}).name(); got != "标题" {
		t.Errorf("title %s", got)
	}
}

func TestApplyReplacesAndRemoves(t *testing.T) {
	x := newIndex(t, county()...)
	changed := county()[0]
	changed.Passages = []Passage{{Clause, "第一条", "改为按季度缴纳水利建设基金。"}}
	if err := x.Apply([]*Entry{changed}, []string{"machines"}); err != nil {
		t.Fatal(err)
	}
	if n := x.Len(); n != 4 {
		t.Errorf("%d entries, want 4", n)
	}
	for text, want := range map[string]string{"水利建设基金": "tax", "贴息": ""} {
		page, err := x.Search(t.Context(), Request{Text: text, Limit: 5, Floor: 0.5})
		if err != nil || keys(page) != want {
			t.Errorf("%s: %s, %v, want %s", text, keys(page), err, want)
		}
	}
}

func TestOneProcessAnIndex(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "index")
	x, err := Create(dir, lexicon(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Create(dir, lexicon(t)); !errors.Is(err, ErrInUse) {
		t.Errorf("a second process got %v", err)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Create(dir, lexicon(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}

// FuzzSearch holds that any question gets an answer and any text comes back as
// it was.
func FuzzSearch(f *testing.F) {
	x := newIndex(f, county()...)
	for _, s := range []string{
		"", " ", "残保金", "+云川 -县 \"title:x\"~2^9 /a(b/ *?\\", "🙂🙂👨‍👩‍👧", "\u202e云川\u202c", "\x00\xff\xed\xa0\x80", "𠮷野家", "的", "吗",
		"x:y AND (z OR", "〇二六", strings.Repeat("残疾人就业保障金", 1250), strings.Repeat("a", 10000), strings.Repeat("1 ", 5000),
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		page, err := x.Search(context.Background(), Request{Text: text, Limit: 5, Today: "2026-06-01"})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Results {
			i := slices.IndexFunc(county(), func(e *Entry) bool { return e.Key == r.Key })
			if title := county()[i].Title; Plain(r.Title) != title {
				t.Fatalf("title %q became %q", title, Plain(r.Title))
			}
		}
	})
}

// FuzzEntry holds that an entry is read as it was written.
func FuzzEntry(f *testing.F) {
	f.Add("title", "m1", "text\x1e\x1f\x00")
	f.Fuzz(func(t *testing.T, title, ref, text string) {
		e := &Entry{Key: "k", Title: title, Passages: []Passage{{Measure, ref, text}, {Clause, "", text}}}
		b, err := e.encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := decode("k", string(b))
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Passages) != 2 || got.Passages[0] != (Passage{Measure, printable(ref), printable(text)}) {
			t.Fatalf("%q became %q", text, got.Passages)
		}
	})
}

func TestDamagedEntries(t *testing.T) {
	for _, s := range []string{"", "{", "{}", "not json\x1e", "{}\x1ec", "{}\x1ectext\x1e", "{}\x1e\x1f\x1e"} {
		if e, err := decode("k", s); !errors.Is(err, errEntry) {
			t.Errorf("%q was read as %v, %v", s, e, err)
		}
	}
}

// memory is a source that a test changes.
type memory struct {
	entries map[string]*Entry
	log     []string
	fails   error
}

func (m *memory) put(e *Entry) {
	m.entries[e.Key] = e
	m.log = append(m.log, e.Key)
}

func (m *memory) LastChange(context.Context) (int64, error) { return int64(len(m.log)), m.fails }

func (m *memory) Walk(_ context.Context, fn func(*Entry) error) error {
	for _, e := range m.entries {
		if err := fn(e); err != nil {
			return err
		}
	}
	return nil
}

func (m *memory) Changes(_ context.Context, after int64, limit int) (Changes, error) {
	c := Changes{Last: after}
	for _, key := range m.log[after:min(int64(len(m.log)), after+int64(limit))] {
		if e := m.entries[key]; e != nil {
			c.Put = append(c.Put, e)
		} else {
			c.Gone = append(c.Gone, key)
		}
		c.Last++
	}
	return c, m.fails
}

func TestLiveFollowsItsSource(t *testing.T) {
	m := &memory{entries: map[string]*Entry{}}
	for _, e := range county() {
		m.put(e)
	}
	live := NewLive(newIndex(t), m)
	if err := live.CatchUp(t.Context()); err != nil || live.Len() != 0 || live.Built() {
		t.Fatalf("before it is built: %d entries, %v", live.Len(), err)
	}
	m.fails = errors.New("no database")
	if err := live.Build(t.Context()); !errors.Is(err, m.fails) || live.Built() {
		t.Fatalf("built from no database: %v", err)
	}
	m.fails = nil
	if err := live.Build(t.Context()); err != nil || live.Len() != 5 || !live.Built() {
		t.Fatalf("built: %d entries, %v", live.Len(), err)
	}
	delete(m.entries, "old")
	m.log = append(m.log, "old")
	for i := range 2*atOnce + 1 { // more than one step
		m.put(&Entry{Key: fmt.Sprint("new", i), Title: "托育补助办法"})
	}
	if err := live.CatchUp(t.Context()); err != nil || live.Len() != 4+2*atOnce+1 {
		t.Fatalf("caught up: %d entries, %v", live.Len(), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	m.fails = errors.New("the database is away")
	live.Follow(ctx, 1, func(err error) {
		if !errors.Is(err, m.fails) {
			t.Errorf("reported %v", err)
		}
		cancel()
	})
}

func TestFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache", "x")
	texts := map[string]string{"a.txt": "残疾人就业保障金", "b.txt": "技术改造补助"}
	reads := 0
	update := func(marks map[string]string) *Folder {
		t.Helper()
		f, err := OpenFolder(dir, lexicon(t))
		if err != nil {
			t.Fatal(err)
		}
		reads = 0
		err = f.Update(t.Context(), marks, func(name string) *Entry {
			reads++
			if texts[name] == "" {
				return nil
			}
			return &Entry{Title: texts[name]}
		})
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	finds := func(f *Folder, text, want string) {
		t.Helper()
		page, err := f.Search(t.Context(), Request{Text: text, Limit: 5, Floor: 0.5})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, r := range page.Results {
			got += r.Name()
		}
		if got != want {
			t.Errorf("%s: found %q, want %q", text, got, want)
		}
	}
	closed := func(f *Folder) {
		t.Helper()
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	f := update(map[string]string{"a.txt": "1", "b.txt": "1", "broken.pdf": "1"})
	if reads != 3 {
		t.Errorf("%d files read, want 3", reads)
	}
	finds(f, "保障金", "a.txt")
	if _, err := OpenFolder(dir, lexicon(t)); !errors.Is(err, ErrInUse) {
		t.Errorf("a second process got %v", err)
	}
	closed(f)

	f = update(map[string]string{"a.txt": "1", "b.txt": "1", "broken.pdf": "1"})
	if reads != 1 { // what could not be read is tried again
		t.Errorf("%d files read again, want 1", reads)
	}
	finds(f, "保障金", "a.txt")
	closed(f)

	texts["a.txt"] = "水利建设基金"
	f = update(map[string]string{"a.txt": "2"})
	if reads != 1 || f.Len() != 1 {
		t.Errorf("%d files read, %d entries, want 1 and 1", reads, f.Len())
	}
	finds(f, "保障金", "")
	finds(f, "水利建设基金", "a.txt")
	closed(f)

	damage(t, dir)
	f = update(map[string]string{"a.txt": "2"})
	if reads != 1 {
		t.Errorf("a damaged index was believed")
	}
	finds(f, "水利建设基金", "a.txt")
	closed(f)
}

// TestWordsOfPeople: what people say for a thing finds what documents call it.
func TestWordsOfPeople(t *testing.T) {
	w := lexicon(t).words
	for said, written := range map[string]string{
		"失业险交百分之几": "失业保险", "工伤险降几成": "比例", "三月能去扫墓吗": "祭扫", "征期延到几号": "申报期限", "纳税顺延到哪天": "延期", "考证补贴": "技能提升补贴",
	} {
		if !slices.ContainsFunc(w.synonyms(said), func(s synonym) bool { return s.word == written }) {
			t.Errorf("%s: not known as %s", said, written)
		}
	}
}

// TestOtherWordsTakeTurns: a word that is called much else leaves room for the
// others of a question.
func TestOtherWordsTakeTurns(t *testing.T) {
	w := lexicon(t).words
	first := map[string]int{}
	all := turns(append(w.synonyms("小店"), w.synonyms("残保金")...))
	for i, s := range all {
		if _, known := first[s.of]; !known {
			first[s.of] = i
		}
	}
	if len(first) < 2 || len(all) <= len(first) {
		t.Fatalf("not enough other words to see turns: %v", all)
	}
	for of, at := range first {
		if at >= len(first) {
			t.Errorf("%s waits for %d other words: %v", of, at, all)
		}
	}
}

// TestOneThingCountsOnce: a passage that uses several words for one thing is not
// before one that has everything that was asked for.
func TestOneThingCountsOnce(t *testing.T) {
	filled := strings.Repeat("本办法所称其他事项由县有关部门另行制定。", 12)
	entries := []*Entry{
		{Key: "names", Title: "甲", Passages: []Passage{{Clause, "c1", "个体工商户、个体户、店铺、摊位、小老板、小商户、小生意等开店登记。" + filled}}},
		{Key: "both", Title: "乙", Passages: []Passage{{Clause, "c1", "个体户免征残疾人保障金。" + filled}}},
	}
	for i := range 40 {
		entries = append(entries, &Entry{Key: strconv.Itoa(i), Title: "丙", Passages: []Passage{{Clause, "c1", filled}}})
	}
	x := newIndex(t, entries...)
	page, err := x.Search(t.Context(), Request{Text: "开小店要交残保金吗", Limit: 2})
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Results) == 0 || page.Results[0].Key != "both" {
		t.Errorf("%+v", page.Results)
	}
}
