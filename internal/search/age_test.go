package search

import (
	"strings"
	"testing"
)

func TestAges(t *testing.T) {
	for text, want := range map[string]ages{
		"年满90周岁、不满100周岁的老年人":    {from: 90, to: 99},
		"80-89周岁老年人":            {from: 80, to: 89},
		"80岁至89周岁老年人":           {from: 80, to: 89},
		"90周岁(含)至99周岁(含)老人":     {from: 90, to: 99},
		"全市80周岁（含）以上不满90周岁户籍老人": {from: 80, to: 89},
		"90—99周岁（含90周岁）的老年人":    {from: 90, to: 99},
		"80至99周岁的老年人":           {from: 80, to: 99},
		"年满80周岁的老年人":            {from: 80, to: oldest},
		"80周岁以上老人":              {from: 80, to: oldest},
		"六十周岁及以上":               {from: 60, to: oldest},
		"100周岁（含）以上户籍老人":        {from: 100, to: oldest},
		"子女未满3周岁":               {from: 0, to: 2},
		"不满十八周岁的未成年人":           {from: 0, to: 17},
		"年龄在35周岁以下":             {from: 0, to: 35},
		"九十岁老人一个月能领多少钱":         {from: 90, to: 90},
		"我奶奶８５岁了":               {from: 85, to: 85},
		"八十多岁的老人":               {from: 80, to: 89},
		"一百零三岁的老人":              {from: 103, to: 103},
		"三岁以下孩子":                {from: 0, to: 3},
	} {
		all := agesIn(text)
		if len(all) == 0 || all[0].from != want.from || all[0].to != want.to {
			t.Errorf("%s: %+v, want %+v", text, all, want)
		}
	}
	for _, text := range []string{"岁月静好", "每人每月80元", "周岁", "压岁钱"} {
		if all := agesIn(text); all != nil {
			t.Errorf("%s: %+v", text, all)
		}
	}
}

// FuzzAges holds that any text is read, and that ages stand where they are said to.
func FuzzAges(f *testing.F) {
	for _, s := range []string{"年满90周岁、不满100周岁", "80-89周岁", "不满岁", "零岁", "岁", "999岁以上", "\xff岁\xe5", "满一百零三多岁以下", strings.Repeat("八", 50) + "岁"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, a := range agesIn(text) {
			if a.at < 0 || a.end <= a.at || a.end > len(text) || a.asked() < 0 {
				t.Fatalf("%+v in %q", a, text)
			}
		}
	})
}

func TestSameQuestions(t *testing.T) {
	for _, tt := range []struct {
		asked, answered string
		from, to        float64
	}{
		{"最多补多少", "最多补多少？最高300万元。", 1, 1},
		{"最多能补多少钱", "最多补多少？最高300万元。", 0.3, 0.5},
		{"老人去食堂吃饭便宜多少", "家里有80岁老人，装扶手能补多少？最高6000元。", 0, 0.1},
		{"哈哈", "哈哈哈哈哈哈哈哈？", 0, 0.1},
		{"", "最多补多少？", 0, 0},
	} {
		if got := (&question{flat: flat(tt.asked)}).sameAs(tt.answered); got < tt.from || got > tt.to {
			t.Errorf("%s ~ %s: %v, want %v to %v", tt.asked, tt.answered, got, tt.from, tt.to)
		}
	}
}
