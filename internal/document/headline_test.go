package document_test

import (
	"testing"

	"policypush/internal/document"
	"policypush/internal/domain"
)

// TestTheWayToAPageIsNoTitle: of a page the title is what stands above its date,
// and neither the way to it nor a fact about it.
func TestTheWayToAPageIsNoTitle(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"the way ends like a title": {"您的位置：首页 >> 投资云川 >> 优惠政策\n云川县加快工业提质若干政策\n发布日期：2026-02-18 10:02\n为推动工业提质，制定如下政策。\n一、对智能工厂奖励40万元。", "云川县加快工业提质若干政策"},
		"a headline above its date": {"首页 > 信息发布 > 全县联播\n云川\n云川三部门联合发文帮扶文旅企业\n发布时间：2026-09-26 08:29\n近日，县文旅局等三部门印发通知，减免文旅企业房租。", "云川三部门联合发文帮扶文旅企业"},
		"a fact ends like a title":  {"当前位置：首页 > 法律法规\n效力位阶：地方性条例\n公布日期：2026-03-29\n云川市文化旅游促进条例\n第一条 为了促进文旅融合，制定本条例。\n第二条 本市的文化旅游活动适用本条例。", "云川市文化旅游促进条例"},
		"where it comes from":       {"来源：云川县人民政府办公室2026-09-22\n从县医保中心获悉，明年居民医保个人缴费标准为每人400元。", ""},
	} {
		t.Run(name, func(t *testing.T) {
			doc, err := document.FromText(name, c.text)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, clause := range doc.Clauses {
				if clause.Kind == domain.TitleClause {
					got += clause.Text
				}
			}
			if got != c.want {
				t.Errorf("title %q, want %q", got, c.want)
			}
		})
	}
}

// TestTitlesInTheMiddle: a title that says nothing of what it is about may take several
// lines, where the format sets them in the middle.
func TestTitlesInTheMiddle(t *testing.T) {
	const want = "云川县工业企业技术改造项目补助资金管理暂行办法(试行)"
	const rest = "第一条 为了支持技术改造，制定本办法。"
	for name, text := range map[string]string{
		"a.txt":  "　　　　　　云川县工业企业技术改造\n　　　　　项目补助资金管理暂行办法（试行）\n" + rest,
		"a.html": `<p style="text-align: center">云川县工业企业技术改造</p><p align="center">项目补助资金管理暂行办法（试行）</p><p>` + rest + `</p>`,
		"b.html": `<center><p>云川县工业企业技术改造</p><p>项目补助资金管理暂行办法（试行）</p></center><p>` + rest + `</p>`,
	} {
		t.Run(name, func(t *testing.T) {
			doc, err := document.Read(name, []byte(text), document.DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			if c := doc.Clauses[0]; c.Kind != domain.TitleClause || c.Text != want {
				t.Errorf("got %+v, want %q", c, want)
			}
		})
	}
	// What is complete is not joined, and an office above is no part of it.
	text := "　　　　　　云川县人民政府公报\n　　　　　　云川县技术改造补助办法\n" + rest
	if doc, err := document.FromText("a.txt", text); err != nil || doc.Clauses[1].Text != "云川县技术改造补助办法" {
		t.Errorf("got %v, %v", doc.Clauses, err)
	}
}
