package tagging_test

import (
	"strings"
	"testing"

	"policypush/internal/tagging"
)

// Every fact that is read has the words of the text that say it.
func TestFactsHaveTheirPlaces(t *testing.T) {
	const text = `云川县人民政府文件

云政发〔2026〕18号

云川县人民政府关于支持餐饮业的通知

各有关单位：

一、对餐饮业小微企业按设备投资额的10%给予补助。2025年12月1日以前已经补助的不再补助。

二、符合条件的企业于2026年6月30日前到县商务局申请。

三、本通知自2026年3月1日起施行，有效期2年。《云川县餐饮业扶持办法》（云政发〔2020〕3号）同时废止。

云川县人民政府
2026年2月20日
`
	for name, tt := range map[string]struct {
		change *strings.Replacer
		want   map[string]string
	}{
		"days that are written": {strings.NewReplacer(), map[string]string{
			"doc_number": "云政发〔2026〕18号", "issuers": "云川县人民政府", "publish_date": "2026年2月20日",
			"effective_from": "2026年3月1日", "expires": "有效期2年", "apply_deadline": "2026年6月30日", "replaces": "云政发〔2020〕3号",
		}},
		"from the day of issue until a day": {strings.NewReplacer("自2026年3月1日起施行，有效期2年", "自印发之日起施行，有效期至2027年12月31日"), map[string]string{
			"publish_date": "2026年2月20日", "effective_from": "本通知自印发之日起施行", "expires": "2027年12月31日",
		}},
		"a day without its year": {strings.NewReplacer("2026年6月30日前", "6月30日前"), map[string]string{"apply_deadline": "6月30日"}},
		"in Chinese numerals":    {strings.NewReplacer("2026年2月20日", "二〇二六年二月二十日"), map[string]string{"publish_date": "二〇二六年二月二十日"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := read(t, "通知.txt", tt.change.Replace(text))
			runes := []rune(p.Text)
			for code, want := range tt.want {
				places := p.FactEvidence[code]
				if len(places) == 0 || places[0].Text != want {
					t.Errorf("%s (%s): %+v, want %s", code, p.Facts()[code], places, want)
					continue
				}
				if said := string(runes[places[0].Start:places[0].End]); said != places[0].Text {
					t.Errorf("%s stands elsewhere: %s", code, said)
				}
			}
		})
	}
}

func TestWhatAnOfficerSaysIsLocated(t *testing.T) {
	p := read(t, "通告.txt", "云川县关于补助的通告\n\n一、对企业给予补助5000元。有关政策2026年9月1日开始执行。\n\n云川县人民政府\n2026年2月20日")
	p.EffectiveFrom = "2026-09-01"
	if places := tagging.Locate(p, "effective_from"); len(places) != 1 || places[0].Text != "2026年9月1日" {
		t.Errorf("%+v", places)
	}
	p.Issuers, p.EffectiveFrom = []string{"云川县 人民政府"}, "2026-02-20"
	p.Text = strings.Replace(strings.Replace(p.Text, "云川县人民政府", "云川县人民\n政 府", 1), "2026年2月20日", "2026 年2 月\n20日", 1)
	for code, want := range map[string]string{"issuers": "云川县人民\n政 府", "effective_from": "2026 年2 月\n20日"} {
		if places := tagging.Locate(p, code); len(places) != 1 || places[0].Text != want || string([]rune(p.Text)[places[0].Start:places[0].End]) != want {
			t.Errorf("%s over a break: %+v", code, places)
		}
	}
	p.EffectiveFrom = ""
	if places := tagging.Locate(p, "effective_from"); len(places) != 0 {
		t.Errorf("nothing is said at %+v", places)
	}
}
