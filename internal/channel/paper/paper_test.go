package paper_test

import (
	"html/template"
	"strings"
	"testing"

	"policypush/internal/channel"
	"policypush/internal/channel/paper"
	"policypush/internal/domain"
)

func TestALetterWaitsAndABadAddressIsDead(t *testing.T) {
	results := paper.Sender{}.Send(t.Context(), []channel.Message{{Ref: "d1", To: "城关镇东门村｜三组12号｜王秀英"}, {Ref: "d2", To: "三组12号"}})
	if r := results[0]; r.Ref != "d1" || r.Class != channel.Waiting || r.Gateway != paper.Gateway {
		t.Errorf("a letter: %+v", r)
	}
	if r := results[1]; r.Ref != "d2" || r.Class != channel.Permanent || !r.BadAddress {
		t.Errorf("without a village: %+v", r)
	}
}

func batch(letters ...paper.Letter) paper.Batch {
	return paper.Batch{ID: 12, Office: "云川县政务公开办", Phone: "0570-0000000", Place: "城关镇东门村", Day: "2026年11月27日", Letters: letters}
}

func TestThePageHasARegisterLettersAndSlips(t *testing.T) {
	const body = `<p>给什么：600元</p><figure data-qr="https://zc.example/policies/1?a=1&amp;b=2"></figure>`
	page, err := batch(
		paper.Letter{Number: 1, To: domain.PaperAddress{Village: "城关镇东门村", Line: "三组12号", Name: "王<b>秀英"}, Subject: "技术改造", Body: body},
		paper.Letter{Number: 3, To: domain.PaperAddress{Village: "城关镇东门村", Line: "三组14号"}, Subject: "技术改造", Body: body},
	).Page()
	if err != nil {
		t.Fatal(err)
	}
	text := string(page)
	for _, want := range []string{
		"政策通知签收登记表", "共2份", "批次12", "2026年11月27日", "内容：技术改造", "王&lt;b&gt;秀英", "户主", "三组14号", "沿虚线剪下",
		domain.SlipCode(12, 1), domain.SlipCode(12, 3), "counter(page)", "给什么：600元",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %s", want)
		}
	}
	if n := strings.Count(text, "<svg"); n != 4 { // of each letter its policy and its slip
		t.Errorf("%d codes to scan", n)
	}
	for _, not := range []string{"data-qr", "<script", "http-equiv"} {
		if strings.Contains(text, not) {
			t.Errorf("the page holds %s", not)
		}
	}
}

func TestARegisterOfDifferentLettersNamesNone(t *testing.T) {
	page, err := batch(
		paper.Letter{Number: 1, To: domain.PaperAddress{Village: "城关镇东门村", Line: "1号"}, Subject: "技术改造"},
		paper.Letter{Number: 2, To: domain.PaperAddress{Village: "城关镇东门村", Line: "2号"}, Subject: "您订阅的主题有新政策"},
	).Page()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(page), "内容：") {
		t.Error("the register says what some get")
	}
}

func TestACodeThatCannotBeDrawnFails(t *testing.T) {
	long := template.HTML(`<figure data-qr="` + strings.Repeat("x", 5000) + `"></figure>`)
	if _, err := batch(paper.Letter{Number: 1, To: domain.PaperAddress{Village: "村", Line: "1号"}, Body: long}).Page(); err == nil {
		t.Error("a page without its code")
	}
}
