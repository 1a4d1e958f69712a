package document

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"policypush/internal/domain"
)

func TestMarkdown(t *testing.T) {
	const text = "# 云川县人才安居补贴办法\n\n云人社〔2026〕4号\n\n## 一、补贴对象\n\n新引进的高校毕业生，\n与本县企业签订劳动合同。\n\n## 标准\n\n1. 本科每月500元\n2. 硕士每月1000元\n\n| 学历 | 每月 |\n| --- | --- |\n| 博士 | 2000元 |\n\n<p>由县人社局负责解释。</p>\n"
	d := mustRead(t, "a.md", text)
	checkOffsets(t, d)
	const want = `title: 云川县人才安居补贴办法
head: 云人社〔2026〕4号
heading 一: 一、补贴对象
text 一: 新引进的高校毕业生,与本县企业签订劳动合同。
heading 标准: 标准
text 标准/1: 1.本科每月500元
text 标准/2: 2.硕士每月1000元
table 标准/2: 学历⇥每月⏎博士⇥2000元
text 标准/2: 由县人社局负责解释。
`
	if got := shape(d); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestHTML(t *testing.T) {
	const text = `<!DOCTYPE html><html><head><meta charset="utf-8"><title>关于发放春耕补贴的通知_云川县人民政府</title>
<script>var a = "不是正文";</script></head><body>
<div class="nav"><a href="/">首页</a> <a href="/z">政务公开</a> <a href="/b">办事服务</a></div>
<form><div id="page"><div class="crumb">当前位置：<a href="/">首页</a> &gt; <a>通知公告</a></div>
<div class="share">分享到：<a>微信</a></div>
<div id="zoom"><p style="text-align:center">云农〔2026〕6号</p><p>各乡镇人民政府：</p>
<p>　　为做好春耕生产，现就有关事项通知如下：</p><p>一、补贴标准</p>
<table><tr><th>作物</th><th>每亩</th></tr><tr><td>早稻</td><td>120&nbsp;元</td></tr></table>
<p>二、种粮面积五十亩以上的农户可以<b>申领</b>。<br>三、由乡镇<span style="display:none">隐藏</span>统一登记。</p>
<ol><li>带身份证</li><li>带银行卡</li></ol>
<p style="text-align:right">云川县农业农村局</p><p>2026年3月9日</p></div></div></form>
<footer>主办：云川县人民政府</footer></body></html>`
	d := mustRead(t, "a.html", text)
	checkOffsets(t, d)
	const want = `title: 关于发放春耕补贴的通知
head: 云农〔2026〕6号
head: 各乡镇人民政府:
text: 为做好春耕生产,现就有关事项通知如下:
heading 一: 一、补贴标准
table 一: 作物⇥每亩⏎早稻⇥120元
text 二: 二、种粮面积五十亩以上的农户可以申领。
text 三: 三、由乡镇统一登记。
text 三/1: 1.带身份证
text 三/2: 2.带银行卡
signature: 云川县农业农村局
signature: 2026年3月9日
`
	if got := shape(d); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// docx packs a Word document of the given parts.
func docx(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range parts {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const (
	docxOpen  = `<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>`
	docxClose = `</w:body></w:document>`
	docxList  = `<w:numbering xmlns:w="w"><w:abstractNum w:abstractNumId="7"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="%1、"/></w:lvl>` +
		`<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%2."/></w:lvl>` +
		`<w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="bullet"/><w:lvlText w:val="•"/></w:lvl></w:abstractNum><w:num w:numId="3"><w:abstractNumId w:val="7"/></w:num></w:numbering>`
	docxStyleSheet = `<w:styles xmlns:w="w"><w:style w:styleId="a5"><w:name w:val="Title"/></w:style><w:style w:styleId="2"><w:name w:val="heading 1"/></w:style><w:style w:styleId="x"><w:name w:val="mine"/><w:basedOn w:val="2"/></w:style></w:styles>`
)

func para(style, text string) string {
	props := ""
	if style != "" {
		props = `<w:pPr><w:pStyle w:val="` + style + `"/></w:pPr>`
	}
	return `<w:p>` + props + `<w:r><w:t>` + text + `</w:t></w:r></w:p>`
}

func item(lvl int, text string) string {
	return fmt.Sprintf(`<w:p><w:pPr><w:numPr><w:ilvl w:val="%d"/><w:numId w:val="3"/></w:numPr></w:pPr><w:r><w:t>%s</w:t></w:r></w:p>`, lvl, text)
}

func TestDOCX(t *testing.T) {
	body := para("a5", "云川县科技局关于开展") + para("a5", "高新技术企业奖励的通知") + para("", "云科〔2026〕9号") + para("", "各有关企业：") +
		item(0, "奖励对象") + item(1, "首次认定的高新技术企业；") + item(1, "重新认定的高新技术企业。") + item(2, "以证书日期为准") +
		item(0, "奖励标准") +
		`<w:tbl><w:tr><w:tc>` + para("", "类别") + `</w:tc><w:tc>` + para("", "金额") + `</w:tc></w:tr><w:tr><w:tc>` + para("", "首次") + `</w:tc><w:tc>` + para("", "20 万元") + `</w:tc></w:tr></w:tbl>` +
		para("x", "申报办法") + `<w:p><w:r><w:t>登录浙里办</w:t></w:r><w:del><w:r><w:delText>窗口</w:delText></w:r></w:del><w:r><w:t xml:space="preserve">申报。</w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>内部</w:t></w:r></w:p>` +
		`<w:tbl><w:tr><w:tc>` + para("", "框中的说明。") + `</w:tc></w:tr></w:tbl>` + para("", "云川县科技局") + para("", "2026年5月6日")
	d := mustRead(t, "a.docx", string(docx(t, map[string]string{
		"word/document.xml": docxOpen + body + docxClose, "word/numbering.xml": docxList, "word/styles.xml": docxStyleSheet,
	})))
	checkOffsets(t, d)
	const want = `title: 云川县科技局关于开展高新技术企业奖励的通知
head: 云科〔2026〕9号
head: 各有关企业:
heading 一: 一、奖励对象
text 一/1: 1.首次认定的高新技术企业;
text 一/2: 2.重新认定的高新技术企业。
text 一/2: 以证书日期为准
heading 二: 二、奖励标准
table 二: 类别⇥金额⏎首次⇥20万元
heading 申报办法: 申报办法
text 申报办法: 登录浙里办申报。
text 申报办法: 框中的说明。
signature: 云川县科技局
signature: 2026年5月6日
`
	if got := shape(d); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// TestMergedCells reads tables in which cells take several columns or rows: each
// row can be read for itself, and columns stay where they are.
func TestMergedCells(t *testing.T) {
	cell := func(props, text string) string {
		return `<w:tc><w:tcPr>` + props + `</w:tcPr>` + para("", text) + `</w:tc>`
	}
	row := func(cells ...string) string { return `<w:tr>` + strings.Join(cells, "") + `</w:tr>` }
	word := docx(t, map[string]string{"word/document.xml": docxOpen + para("", "云川县企业奖励标准的通知") + `<w:tbl>` +
		row(cell(`<w:vMerge w:val="restart"/>`, "类别"), cell(`<w:gridSpan w:val="2"/>`, "金额"), cell("", "条件")) +
		row(cell(`<w:vMerge/>`, ""), cell("", "首次"), cell("", "重新"), cell("", "")) +
		row(cell("", "高企"), cell("", "20万元"), cell("", "10万元"), cell(`<w:vMerge w:val="restart"/>`, "证书有效")) +
		row(cell("", "小微"), cell("", "8万元"), cell("", "5万元"), cell(`<w:vMerge/>`, "")) + `</w:tbl>` + para("", "自2026年6月1日起执行。") + docxClose})
	const page = `<html><body><h1>云川县企业奖励标准的通知</h1><table>
<tr><td rowspan="2">类别</td><td colspan="2">金额</td><td>条件</td></tr><tr><td>首次</td><td>重新</td><td></td></tr>
<tr><td>高企</td><td>20万元</td><td>10万元</td><td rowspan="2">证书有效</td></tr><tr><td>小微</td><td>8万元</td><td>5万元</td></tr>
</table><p>自2026年6月1日起执行。</p></body></html>`
	const want = "类别\t金额\t\t条件\n类别\t首次\t重新\n高企\t20万元\t10万元\t证书有效\n小微\t8万元\t5万元\t证书有效"
	for name, data := range map[string]string{"a.docx": string(word), "a.html": page} {
		d := mustRead(t, name, data)
		checkOffsets(t, d)
		if got := d.Clauses[1]; got.Kind != domain.TableClause || got.Text != want {
			t.Errorf("%s: %s %q, want %q", name, got.Kind, got.Text, want)
		}
	}
}

// TestMergedCellsAreBounded reads tables that would be millions of times their
// size if every cell were repeated as often as it asks.
func TestMergedCellsAreBounded(t *testing.T) {
	long := strings.Repeat("很长的说明", 150)
	var page, word strings.Builder
	page.WriteString(`<p>云川县企业奖励标准的通知</p><table><tr>` + strings.Repeat(`<td rowspan="60000" colspan="60000">`+long+`</td>`, 300) + `</tr>` + strings.Repeat(`<tr><td>1</td></tr>`, 5000) + `</table>`)
	word.WriteString(docxOpen + `<w:tbl>`)
	for i := range 3000 {
		word.WriteString(`<w:tr>`)
		for range 20 {
			if i == 0 {
				word.WriteString(`<w:tc><w:tcPr><w:gridSpan w:val="1000000000"/><w:vMerge w:val="restart"/></w:tcPr>` + para("", long) + `</w:tc>`)
			} else {
				word.WriteString(`<w:tc><w:tcPr><w:gridSpan w:val="1000000000"/><w:vMerge/></w:tcPr></w:tc>`)
			}
		}
		word.WriteString(`</w:tr>`)
	}
	word.WriteString(`</w:tbl>` + docxClose)
	if d := mustRead(t, "a.html", page.String()); len(d.Text) > page.Len()+2*maxCopied {
		t.Errorf("%d bytes of text of a page of %d", len(d.Text), page.Len())
	}
	if _, err := Read("a.docx", docx(t, map[string]string{"word/document.xml": word.String()}), DefaultLimits()); err == nil || !strings.Contains(err.Error(), "文字超过上限") {
		t.Errorf("a table of %d bytes: %v", word.Len(), err)
	}
}

func TestHostileDOCX(t *testing.T) {
	lim := DefaultLimits()
	lim.MaxExpanded = 1 << 20
	for name, tt := range map[string]struct{ body, want string }{
		"a bomb":            {docxOpen + strings.Repeat("<w:p/>", 400_000) + docxClose, "解压后超过上限1.0MB（设置document.max_unpacked_mb）"},
		"broken XML":        {docxOpen + "<w:p><w:r><w:t>政策</w:p>", "已损坏"},
		"it ends too early": {docxOpen + para("", "政策"), "已损坏"},
		"no text":           {docxOpen + docxClose, "没有文字"},
		"tables in tables":  {docxOpen + strings.Repeat("<w:tbl><w:tr><w:tc>", 100) + strings.Repeat("</w:tc></w:tr></w:tbl>", 100) + docxClose, "已损坏"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read("a.docx", docx(t, map[string]string{"word/document.xml": tt.body}), lim)
			if domain.KindOf(err) != domain.Invalid || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v, want %q", err, tt.want)
			}
		})
	}
	for file, want := range map[string]string{"OFD.xml": "ofd", "xl/workbook.xml": "表格", "ppt/presentation.xml": "演示", "other": "docx文件已损坏"} {
		if _, err := Read("a.docx", docx(t, map[string]string{file: "x"}), lim); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("a zip file with %s: %v, want %q", file, err, want)
		}
	}
}

// pdf makes a PDF file of pages of lines; each line is placed at x, y and its
// characters are 12 points wide. The font maps every code to itself.
func pdf(pages ...[]pdfText) []byte {
	var toUnicode strings.Builder
	toUnicode.WriteString("/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def 1 begincodespacerange <0000> <FFFF> endcodespacerange\n")
	for hi := 0; hi < 256; hi += 64 {
		toUnicode.WriteString("64 beginbfrange\n")
		for k := hi; k < hi+64; k++ {
			fmt.Fprintf(&toUnicode, "<%02X00> <%02XFF> <%02X00>\n", k, k, k)
		}
		toUnicode.WriteString("endbfrange\n")
	}
	toUnicode.WriteString("endcmap end end")
	objects := []string{"", "<</Type/Catalog/Pages 2 0 R>>", ""}
	stream := func(s string) string { return fmt.Sprintf("<</Length %d>>stream\n%s\nendstream", len(s), s) }
	objects = append(objects,
		"<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[4 0 R]/ToUnicode 5 0 R>>",
		"<</Type/Font/Subtype/CIDFontType2/BaseFont/X/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/DW 1000/FontDescriptor 6 0 R>>",
		stream(toUnicode.String()),
		"<</Type/FontDescriptor/FontName/X/Flags 4/FontBBox[0 0 1000 1000]/ItalicAngle 0/Ascent 900/Descent -100/CapHeight 700/StemV 80>>")
	var kids []string
	for _, page := range pages {
		var c strings.Builder
		for _, l := range page {
			if l.draw != "" {
				c.WriteString(l.draw + "\n")
				continue
			}
			fmt.Fprintf(&c, "BT /F 12 Tf %d %d Td <", l.x, l.y)
			for _, u := range utf16.Encode([]rune(l.text)) {
				fmt.Fprintf(&c, "%04X", u)
			}
			c.WriteString("> Tj ET\n")
		}
		n := len(objects)
		objects = append(objects, fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F 3 0 R>>>>/Contents %d 0 R>>", n+1), stream(c.String()))
		kids = append(kids, fmt.Sprintf("%d 0 R", n))
	}
	objects[2] = fmt.Sprintf("<</Type/Pages/Kids[%s]/Count %d>>", strings.Join(kids, " "), len(kids))
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	var at []int
	for i, o := range objects[1:] {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects))
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(objects), start)
	return b.Bytes()
}

type pdfText struct {
	x, y int
	text string
	draw string // operators of PDF instead of a text
}

func TestPDF(t *testing.T) {
	data := pdf(
		[]pdfText{
			{x: 140, y: 790, text: "云川县商务局关于开展家电以旧换新"},
			{x: 220, y: 770, text: "补贴活动的通知"},
			{x: 220, y: 750, text: "云商〔2026〕7号"},
			{x: 60, y: 720, text: "各有关单位："},
			{x: 84, y: 700, text: "为促进家电消费，方便群众生活，经县政府同意，现将补贴活动有关"},
			{x: 60, y: 680, text: "事项通知如下："},
			{x: 84, y: 660, text: "一、个人消费者购买一级能效空调、冰箱，按成交价的15%给予补贴，"},
			{x: 60, y: 640, text: "每件不超过2000元，每人每类限购一件，由商家在结算时直接扣减，不"},
			{x: 280, y: 40, text: "— 1 —"},
		},
		[]pdfText{
			{x: 60, y: 790, text: "再另行申请。"},
			{x: 84, y: 770, text: "二、补贴标准见下表："},
			{x: 84, y: 740, text: "品类"},
			{x: 260, y: 740, text: "比例"},
			{x: 400, y: 740, text: "上限"},
			{x: 84, y: 720, text: "空调"},
			{x: 260, y: 720, text: "15%"},
			{x: 400, y: 720, text: "2000元"},
			{x: 84, y: 700, text: "电视"},
			{x: 260, y: 700, text: "10%"},
			{x: 400, y: 700, text: "1000元"},
			{x: 84, y: 690, text: "县城 3月1日 商场"},
			{x: 84, y: 676, text: "乡镇 3月8日 集市"},
			{x: 84, y: 660, text: "三、活动到2026年12月31日结束。"},
			{x: 60, y: 820, text: "2026/6/1 10:20 云川县商务局"},
			{x: 60, y: 20, text: "https://example.com/a 2/2"},
			{x: 360, y: 640, text: "云川县商务局"},
			{x: 360, y: 620, text: "2026年6月1日"},
			{x: 280, y: 40, text: "— 2 —"},
		})
	d := mustRead(t, "a.pdf", string(data))
	checkOffsets(t, d)
	const want = `title: 云川县商务局关于开展家电以旧换新补贴活动的通知
head: 云商〔2026〕7号
head: 各有关单位:
text: 为促进家电消费,方便群众生活,经县政府同意,现将
text 一: 一、个人消费者购买一级能效空调、冰箱,按成交价的
heading 二: 二、补贴标准见下表:
table 二: 品类⇥比例⇥上限⏎空调⇥15%⇥2000元⏎电视
table 二: 县城⇥3月1日⇥商场⏎乡镇⇥3月8日⇥集市
text 三: 三、活动到2026年12月31日结束。
signature: 云川县商务局
signature: 2026年6月1日
`
	if got := shape(d); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if !strings.Contains(d.Text, "直接扣减,不再另行申请。") {
		t.Errorf("the paragraph that a page parted is not whole:\n%s", d.Text)
	}
}

func TestBadPDF(t *testing.T) {
	whole := pdf([]pdfText{{x: 60, y: 700, text: "政策"}})
	hasty := DefaultLimits()
	hasty.PDFTimeout = time.Nanosecond
	small := DefaultLimits()
	small.MaxText = 10
	for name, tt := range map[string]struct {
		data []byte
		lim  Limits
		want string
	}{
		"a scan":             {pdf([]pdfText{}), DefaultLimits(), "扫描件"},
		"only its beginning": {[]byte("%PDF-1.4\n1 0 obj"), DefaultLimits(), "已损坏"},
		"it takes too long":  {whole, hasty, "（设置document.pdf_timeout），已停止"},
		"too much text":      {pdf([]pdfText{{x: 60, y: 700, text: strings.Repeat("政", 100)}}), small, "超过上限10字（设置document.max_text）"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read("a.pdf", tt.data, tt.lim)
			if domain.KindOf(err) != domain.Invalid || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v, want %q", err, tt.want)
			}
		})
	}
	t.Run("pdftotext is not installed", func(t *testing.T) {
		t.Setenv("PATH", t.TempDir())
		if _, err := Read("a.pdf", whole, DefaultLimits()); err == nil || !strings.Contains(err.Error(), "poppler-utils") {
			t.Errorf("error is %v", err)
		}
	})
}

// TestRaisedFiguresAreNoPartOfASum: the mark of a note behind a sum, or the power of a unit,
// stands above the line.
func TestRaisedFiguresAreNoPartOfASum(t *testing.T) {
	d := mustRead(t, "a.html", `<h1>云川县设备补助办法</h1><p>给予500<sup>1</sup>元补贴，每100m<sup>2</sup>不超过3万元。</p><table><tr><td>类别</td><td>金额</td></tr><tr><td>甲</td><td>300<sup>2</sup>元</td></tr></table>`)
	if want := "给予500¹元补贴,每100m²不超过3万元。\n类别\t金额\n甲\t300²元"; !strings.HasSuffix(d.Text, want) {
		t.Errorf("read %q, want %q at the end", d.Text, want)
	}
}

// TestATableInACell: a small table in a cell of one with names of columns is what the cell
// says.
func TestATableInACell(t *testing.T) {
	d := mustRead(t, "a.html", `<h1>云川县设备补助办法</h1><table><tr><th>类别</th><th>补助标准</th></tr><tr><td>甲类</td><td><table><tr><td>县级</td><td>500元</td></tr><tr><td>市级</td><td>800元</td></tr></table></td></tr><tr><td>乙类</td><td>300元</td></tr></table><p>自发布之日起施行。</p>`)
	if want := "\n类别\t补助标准\n甲类\t县级500元市级800元\n乙类\t300元\n"; !strings.Contains(d.Text, want) {
		t.Errorf("read %q, want %q in it", d.Text, want)
	}
}
