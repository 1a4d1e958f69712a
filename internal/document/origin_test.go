package document

import (
	"strings"
	"testing"
)

// words returns what the file says at a passage of the text.
func words(t *testing.T, d *Document, passage string) string {
	t.Helper()
	at := strings.Index(d.Text, passage)
	if at < 0 {
		t.Fatalf("%q is not in %q", passage, d.Text)
	}
	start := len([]rune(d.Text[:at]))
	var b strings.Builder
	for i, o := range d.Origins(start, start+len([]rune(passage))) {
		if i > 0 {
			b.WriteByte('|')
		}
		b.WriteString(string([]rune(d.Sources[o.Source].Text)[o.At : o.At+o.Size]))
	}
	return b.String()
}

func TestOriginsInTheFile(t *testing.T) {
	const broken = "云川县民政局关于发放高龄津贴的通知\n云民发（２０２６）３ 号\n各乡镇：\n" +
		"　　一、年满 80 周岁的本县户籍老年人，每月按标准发放高龄津贴，由乡镇人民政府统一登记造册后报县民政\n局审核，审核通过后次月起由县财政局按月通过社会保障卡发放到老年人本人的账户，不得由他人代\n领或者以现金方式发放。\n　　二、本通知自２０２６年４月１日起施行。\n云川县民政局\n２０２６年３月９日\n"
	d := mustRead(t, "a.txt", broken)
	checkOffsets(t, d)
	for passage, want := range map[string]string{
		"云民发〔2026〕3号":  "云民发（２０２６）３|号",
		"年满80周岁的":      "年满|80|周岁的",
		"报县民政局审核":      "报县民政|局审核",
		"2026年4月1日起施行": "２０２６年４月１日起施行",
	} {
		if got := words(t, d, passage); got != want {
			t.Errorf("%s comes of %q, want %q", passage, got, want)
		}
	}
	places := map[string]string{}
	for _, c := range d.Clauses {
		places[c.Text[:6]] = c.Place
	}
	for begin, want := range map[string]string{"云川": "第8行", "一、": "第4行", "二、": "第7行", "2026年3": "第9行"} {
		if got := places[begin[:6]]; got != want {
			t.Errorf("%s… begins in %s, want %s", begin, got, want)
		}
	}
}

func TestPlacesInFormats(t *testing.T) {
	word := docx(t, map[string]string{"word/document.xml": docxOpen + para("", "云川县企业奖励标准的通知") + `<w:tbl><w:tr><w:tc>` + para("", "类别") + `</w:tc><w:tc>` + para("", "金额") +
		`</w:tc></w:tr></w:tbl>` + para("", "") + para("", "自2026年6月1日起执行。") + docxClose})
	pages := ofd(t, []string{"云川县企业奖励标准的通知", "一、奖励对象为首次认定的高新技术企业。"}, []string{"二、自2026年6月1日起执行。"})
	for name, want := range map[string]string{"a.docx": "第1段 第2段 第5段", "a.ofd": "第1页第1行 第1页第2行 第2页第1行"} {
		data := word
		if name == "a.ofd" {
			data = pages
		}
		d := mustRead(t, name, string(data))
		checkOffsets(t, d)
		var got []string
		for _, c := range d.Clauses {
			got = append(got, c.Place)
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s: clauses begin at %s, want %s", name, s, want)
		}
	}
}

// TestBlanksThatWereLost: a question mark that stands for a blank is none of the text, and
// what follows it is found in the file.
func TestBlanksThatWereLost(t *testing.T) {
	d := mustRead(t, "a.txt", "?云川县民政局关于发放高龄津贴的通知\n? 一、每月100元。")
	checkOffsets(t, d)
	if got := words(t, d, "云川县民政局"); got != "云川县民政局" {
		t.Errorf("got %q", got)
	}
}
