package document

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestNormalise(t *testing.T) {
	for name, tt := range map[string]struct{ in, want string }{
		"full-width ASCII becomes half-width":      {"ＡＰＰ（含）：５０％，；！？", "APP(含):50%,;!?"},
		"Chinese stops, quotes and brackets stay":  {"《办法》、“六税两费”。〔2026〕", "《办法》、“六税两费”。〔2026〕"},
		"square brackets around a year":            {"云政发[2026]8 号", "云政发〔2026〕8号"},
		"black brackets around a year":             {"云政发【 2026 】8号", "云政发〔2026〕8号"},
		"round brackets in a document number":      {"云政发（2026）8号", "云政发〔2026〕8号"},
		"round brackets elsewhere":                 {"年度目标（2026）已定", "年度目标(2026)已定"},
		"a reference is no year":                   {"见[12]和【12】", "见[12]和【12】"},
		"blanks between Chinese characters":        {"关 于　促进\u00a0就业", "关于促进就业"},
		"blanks between numbers and units":         {"2020 年底前，补贴 500 元", "2020年底前,补贴500元"},
		"blanks between foreign words stay":        {"Made in China 2025", "Made in China 2025"},
		"a sentence in English stays":              {"Apply online, by post. See also (annex).", "Apply online, by post. See also (annex)."},
		"blanks after punctuation":                 {"电话： 0571-12345678， 12345", "电话:0571-12345678,12345"},
		"invisible characters":                     {"政\u200b策\ufeff直\u00ad达\x00\x01", "政策直达"},
		"radicals of PDF files":                    {"⼀、⼈⼝", "一、人口"},
		"a lone surrogate and a broken byte":       {"政\xed\xa0\x80策\xff", "政策"},
		"older brackets of numbers":                {"云政发﹝2026﹞8号", "云政发〔2026〕8号"},
		"tabs and line feeds are blanks":           {"政策\t直达\n服务", "政策直达服务"},
		"a year in brackets at the very end":       {"[2026]", "〔2026〕"},
		"a bracket that is never closed":           {"【2026", "【2026"},
		"document numbers with a full-width digit": {"云政发［２０２６］８号", "云政发〔2026〕8号"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := normalise(tt.in); got != tt.want {
				t.Errorf("%q becomes %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestNormaliseTwiceIsOnce(t *testing.T) {
	alphabet := []rune("政策 补贴　5元，。（）[]【】〔2026〕号aB.\t:;—\u200b⼀")
	rapid.Check(t, func(t *rapid.T) {
		s := string(rapid.SliceOfN(rapid.SampledFrom(alphabet), 0, 40).Draw(t, "s"))
		once := normalise(s)
		if twice := normalise(once); twice != once {
			t.Fatalf("%q becomes %q, then %q", s, once, twice)
		}
		if strings.ContainsAny(once, "　，（）\t\n") {
			t.Fatalf("%q becomes %q", s, once)
		}
	})
}

func TestNumbers(t *testing.T) {
	for in, want := range map[string]string{
		"一、总体要求": "一", "十二、其他": "十二", "(四)实施": "(四)", "1.申报": "1", "12、申报": "12", "(3)材料": "(3)", "3)材料": "3)",
		"①身份证": "①", "a.病历": "a", "第三章总则": "第三章", "第二十六条属于": "第二十六条", "第3条为了": "第3条", "1.2申报条件": "1.2", "01什么是居住证": "01",
		"1.5万元以上": "", "2026年起": "", "100.其他": "", "一二三、": "", "一、二类地区": "", "(试行)": "", "()": "", "(一": "", "第三条第二款规定": "",
		"第三届会议": "", "3月底前": "", "": "", "零": "", "(0)": "", "50%以上": "", "10元": "",
	} {
		if got := numberOf(in).label; got != want {
			t.Errorf("the number of %q is %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]int{"一": 1, "十": 10, "十二": 12, "二十": 20, "二十六": 26, "一百零三": 103, "百": 100, "三百二十": 320} {
		if got := hanValue(in); got != want {
			t.Errorf("%s is %d, want %d", in, got, want)
		}
		if want < 100 && hanOf(want) != in {
			t.Errorf("%d is written %s, want %s", want, hanOf(want), in)
		}
	}
}
