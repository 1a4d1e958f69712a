package tagging

import (
	"regexp"
	"strings"
	"testing"
)

// numberExpression says what a number is.
var numberExpression = regexp.MustCompile(`^[\s(]*(?:第[一二三四五六七八九十百零]+条|[一二三四五六七八九十]{1,3}、|\([一二三四五六七八九十\d]{1,3}\)|\d{1,2}[.、．]|[①-⑳]|[a-z][.、])\s*`)

func checkNumber(t *testing.T, text string) {
	t.Helper()
	want := len(numberExpression.FindString(text))
	if got := numberSize(text); got != want {
		t.Errorf("%q begins with a number of %d bytes, want %d", text, got, want)
	}
}

func TestNumbers(t *testing.T) {
	for _, text := range []string{
		"", "一、", "一、补贴对象", "十二、其他", "一二三四、", "(一)标准", "(12) 条件", "((三)材料", "( 一)", "(一二三四)", "第五条 适用", "第一百零二条\n规定",
		"第二章", "第5条", "1.5万元", "12、材料", "123、", "１、", "①现金", "⑳", "㉑", "a.名称", "A.名称", "a名称", "  二、\t标准", "(第三条", "(1", "(a)", "第条", "\xff一、", "一\xff、",
	} {
		checkNumber(t, text)
	}
}

func FuzzNumbers(f *testing.F) {
	f.Add("( (二) 标准")
	f.Fuzz(checkNumber)
}

func TestFirstWordsOfParagraphs(t *testing.T) {
	for text, want := range map[string]string{
		"(一)技术改造补助。对投入给予补助":                  "技术改造补助",
		"一、补贴对象:企业":                          "补贴对象",
		"二、补贴标准":                             "补贴标准",
		"三、是。":                               "",
		"1.申请;审核":                            "",
		"2." + strings.Repeat("很", 41) + "。": "",
		"3." + strings.Repeat("很", 40) + "。": strings.Repeat("很", 40),
	} {
		words, end := leadOf(text)
		if words != want || want != "" && strings.TrimRight(text[:end], "。:") != text[:numberSize(text)]+want {
			t.Errorf("%q begins with %q up to %d, want %q", text, words, end, want)
		}
	}
}
