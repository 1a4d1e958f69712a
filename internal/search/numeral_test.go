package search

import (
	"fmt"
	"testing"
)

func TestNumerals(t *testing.T) {
	for text, want := range map[string]string{
		"八十岁": "[{80 八十}]", "三十人以下两百万": "[{30 三十} {200 两百}]", "一千零五十元": "[{1050 一千零五十}]", "十二个月": "[{12 十二}]",
		"三个人": "[]", "百分之五十": "[{50 五十}]", "二零二六年": "[]", "十": "[]", "百": "[]", "": "[]", "一二三": "[]",
	} {
		if got := fmt.Sprint(numerals(text)); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	for digits, want := range map[string]string{
		"80": "八十", "12": "十二", "10": "十", "105": "一百零五", "110": "一百一十", "300": "三百", "2026": "", "9": "", "012": "", "5g": "",
	} {
		if got := spelled(digits); got != want {
			t.Errorf("%s: %q, want %q", digits, got, want)
		}
	}
}

func FuzzNumerals(f *testing.F) {
	f.Add("三十人以下两百万")
	f.Add("一千零五十元")
	f.Fuzz(func(t *testing.T, text string) {
		for _, n := range numerals(text) {
			if n.word == "" || n.of == "" {
				t.Errorf("%q gives %v", text, n)
			}
		}
	})
}
