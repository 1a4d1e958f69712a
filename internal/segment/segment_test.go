package segment

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// shared is loaded once: loading takes most of a second.
var shared = sync.OnceValues(func() (*Segmenter, error) {
	return New("", []string{"小微企业", "残疾人就业保障金", "六税两费", "5G基站", "A级景区", "3岁以下", "带 空格", "坏\xff词", "", "首台(套)"})
})

func segmenter(t testing.TB) *Segmenter {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWords(t *testing.T) {
	s := segmenter(t)
	for name, tt := range map[string]struct{ text, want string }{
		"terms stay whole":                    {"小微企业减半征收六税两费", "小微企业|减半|征收|六税两费"},
		"a long term wins":                    {"免征残疾人就业保障金", "免征|残疾人就业保障金"},
		"numbers and foreign words are whole": {"登录APP申领1500元", "登录|APP|申领|1500|元"},
		"a term may begin with a digit":       {"新建5G基站", "新建|5G基站"},
		"a term behind a foreign word":        {"国家AAAA级景区", "国家|AAA|A级景区"},
		"no term in a number":                 {"13岁以下", "13岁以下"},
		"white space is left out":             {"小微企业 \n\t减半", "小微企业|减半"},
		"punctuation is kept":                 {"减半，免征。", "减半|，|免征|。"},
		"nothing in, nothing out":             {"", ""},
		"only blanks":                         {" \u3000\n", ""},
		"a NUL parts words":                   {"减半\x00征收", "减半|征收"},
		"bytes that are not UTF-8 part words": {"免征\xff\xed\xa0\x80减半", "免征|减半"},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, w := range s.Words(tt.text) {
				got = append(got, w.Text)
			}
			if g := strings.Join(got, "|"); g != tt.want {
				t.Errorf("%q is cut into %s, want %s", tt.text, g, tt.want)
			}
		})
	}
}

const manyMarks = "一、对首次升规的小微企业,给予5万元奖励;对“专精特新”企业(含首台(套)企业、5G基站),最高100万元。\n申报时间:2026年3月1日至31日,逾期不予受理!减半征收六税两费的,免征残疾人就业保障金。APP2个"

// checkBorders cuts a text as a whole, and what stands between the places that
// words do not go across each for itself.
func checkBorders(t *testing.T, s *Segmenter, text string) (apart int) {
	t.Helper()
	whole := s.Words(text)
	ends := map[int]bool{} // in code points
	for _, w := range whole {
		ends[w.Start], ends[w.End] = true, true
	}
	var cut []Token
	from, start, at := 0, 0, 0
	for i, r := range text {
		if i > 0 && s.Apart(text, i) {
			apart++
			before, _ := utf8.DecodeLastRuneInString(text[:i])
			if blank := func(r rune) bool { return unicode.IsSpace(r) || r == 0 || r == utf8.RuneError }; !ends[at] && !blank(r) && !blank(before) {
				t.Errorf("%q: a word goes across byte %d", text, i)
			}
			for _, w := range s.Words(text[from:i]) {
				cut = append(cut, Token{w.Text, w.Start + start, w.End + start})
			}
			from, start = i, at
		}
		at++
	}
	for _, w := range s.Words(text[from:]) {
		cut = append(cut, Token{w.Text, w.Start + start, w.End + start})
	}
	if len(text) < maxPiece && !slices.Equal(whole, cut) {
		t.Errorf("%q is cut into %v, by parts into %v", text, whole, cut)
	}
	return apart
}

func TestNoWordGoesAcrossABorder(t *testing.T) {
	s := segmenter(t)
	apart := checkBorders(t, s, manyMarks)
	if all := utf8.RuneCountInString(manyMarks); apart < all/2 {
		t.Errorf("of %d places %d are borders", all, apart)
	}
	for _, word := range []string{"首台(套)", "小微企业", "5G基站"} {
		if !s.Whole(word) {
			t.Errorf("%s is not whole", word)
		}
	}
	if s.Whole("企业") || s.Whole("带 空格") {
		t.Error("what is no term is whole")
	}
}

// checkTokens holds what is promised of every text: offsets in code points
// that rise, and the very characters of the text.
func checkTokens(t *testing.T, text string, tokens []Token) {
	t.Helper()
	var at []int // byte of each code point
	for i := range text {
		at = append(at, i)
	}
	at = append(at, len(text))
	end := 0
	for _, w := range tokens {
		if w.Start < end || w.End <= w.Start || w.End >= len(at) {
			t.Fatalf("token %q at [%d, %d) after %d, of %d", w.Text, w.Start, w.End, end, len(at)-1)
		}
		if got := text[at[w.Start]:at[w.End]]; got != w.Text {
			t.Fatalf("[%d, %d) of the text is %q, the token says %q", w.Start, w.End, got, w.Text)
		}
		end = w.End
	}
}

func TestLongTexts(t *testing.T) {
	s := segmenter(t)
	sentence := "对月销售额10万元以下的增值税小规模纳税人，免征增值税;小微企业减半征收六税两费。"
	for name, text := range map[string]string{
		"many sentences":           strings.Repeat(sentence, 3000),
		"one sentence without end": strings.Repeat("纳税人", 100_000),
		"one word of letters":      strings.Repeat("x", 300_000),
		"NULs":                     strings.Repeat("\x00", 100_000),
		"half a character":         strings.Repeat("\xe4\xbd", 50_000),
		"brackets":                 strings.Repeat("(", 50_000),
		"astral characters":        strings.Repeat("𠮷🀄", 20_000),
	} {
		t.Run(name, func(t *testing.T) {
			checkTokens(t, text, s.Words(text))
		})
	}
	t.Run("no term is cut where a piece ends", func(t *testing.T) {
		whole := 0
		for _, w := range s.Words(strings.Repeat(sentence, 3000)) {
			if w.Text == "六税两费" {
				whole++
			}
		}
		if whole != 3000 {
			t.Errorf("%d of 3000 terms are whole", whole)
		}
	})
}

func TestManyAtOnce(t *testing.T) {
	s := segmenter(t)
	const text = "小微企业减半征收六税两费,申领1500元补贴。"
	want := len(s.Words(text))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				if got := len(s.Words(text)); got != want {
					t.Errorf("%d words, want %d", got, want)
					return
				}
			}
		})
	}
	wg.Wait()
}

func FuzzWords(f *testing.F) {
	for _, s := range []string{"小微企业 减半", "a\x00b\xff", "1.5万元", "\xed\xa0\x80", "，。\n", "𠮷", "\xef\xbf\xbd\xef"} {
		f.Add(s)
	}
	s := segmenter(f)
	f.Fuzz(func(t *testing.T, text string) {
		checkTokens(t, text, s.Words(text))
		if len(text) < 1000 {
			checkBorders(t, s, text)
		}
	})
}

func TestDictionaryNotFound(t *testing.T) {
	good, err := find("")
	if err != nil {
		t.Fatal(err)
	}
	full, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		content []byte // nil: no file
		want    string
	}{
		"there is none":               {nil, "没有分词词典"},
		"it is empty":                 {[]byte{}, "不完整"},
		"it is something else":        {[]byte("<html>404</html>\n"), "第1行坏了"},
		"a frequency is not a number": {[]byte("减税 多 n\n"), "第1行坏了"},
		"a frequency is zero":         {[]byte("减税 0 n\n"), "第1行坏了"},
		"a copy was cut off":          {full[:len(full)/2], "坏了"},
		"it has one endless line":     {bytes.Repeat([]byte("x"), 1<<20), "不完整"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if tt.content != nil {
				if err := os.WriteFile(filepath.Join(dir, dictFile), tt.content, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			_, err := New(dir, nil)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), dir) {
				t.Errorf("error is %v, want %q with the folder", err, tt.want)
			}
		})
	}
	t.Run("the places looked at are named", func(t *testing.T) {
		cache, path := t.TempDir(), t.TempDir()
		t.Setenv("GOMODCACHE", cache)
		t.Setenv("GOPATH", path)
		places := strings.Join(usualPlaces(), "\n")
		for _, want := range []string{cache, filepath.Join(path, "pkg", "mod"), string(filepath.Separator) + "dict"} {
			if !strings.Contains(places, want) {
				t.Errorf("%s is not among the places:\n%s", want, places)
			}
		}
	})
}

func TestCloseTwice(t *testing.T) {
	dir := t.TempDir()
	var small strings.Builder
	for i := range minWords {
		small.WriteString("词" + strconv.Itoa(i) + " 3 n\n")
	}
	if err := os.WriteFile(filepath.Join(dir, dictFile), []byte(small.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := New(dir, []string{"减税降费"})
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Words("减税降费"); len(got) != 1 {
		t.Errorf("a term is cut into %v", got)
	}
	s.Close()
	s.Close()
	if got := s.Words("减税降费"); got != nil {
		t.Errorf("after Close there are words: %v", got)
	}
}

func BenchmarkWords(b *testing.B) {
	s := segmenter(b)
	text := strings.Repeat("对月销售额10万元以下的增值税小规模纳税人，免征增值税；小微企业减半征收六税两费。", 300)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		s.Words(text)
	}
}

func BenchmarkNew(b *testing.B) {
	terms := make([]string, 5000)
	for i := range terms {
		terms[i] = "政策用语" + strconv.Itoa(i)
	}
	before := resident(b)
	for b.Loop() {
		start := time.Now()
		s, err := New("", terms)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(time.Since(start).Milliseconds()), "ms/load")
		b.ReportMetric(float64(resident(b)-before)/(1<<20), "MB")
		s.Close()
	}
}

// resident returns the resident memory of this process in bytes.
func resident(b *testing.B) int {
	if runtime.GOOS != "linux" {
		b.Skip("memory is measured on Linux only")
	}
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(statm))[1])
	if err != nil {
		b.Fatal(err)
	}
	return pages * os.Getpagesize()
}
