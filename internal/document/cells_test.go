package document

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
	textunicode "golang.org/x/text/encoding/unicode"
)

// wordTable makes a table of a Word document of rows of cells, which are XML.
func wordTable(rows ...[]string) string {
	var b strings.Builder
	b.WriteString(`<w:tbl>`)
	for _, row := range rows {
		b.WriteString(`<w:tr><w:tc>` + strings.Join(row, `</w:tc><w:tc>`) + `</w:tc></w:tr>`)
	}
	return b.String() + `</w:tbl>`
}

// TestAFrameIsNoCell reads documents that stand in one cell, as those do that were
// copied from a page: their paragraphs, headings and tables are those of the text.
func TestAFrameIsNoCell(t *testing.T) {
	inner := wordTable([]string{para("", "类别"), para("", "金额")}, []string{para("", "甲"), para("", "500元")})
	framed := para("", "云川县民政局文件") + para("", "云民〔2026〕9号") + para("", "云川县民政局关于发放补贴的通知") + para("", "各乡镇人民政府：") +
		para("x", "补贴标准") + para("", "按下表发放") + inner + para("", "云川县民政局") + para("", "2026年5月6日")
	const want = `head: 云川县民政局文件
head: 云民〔2026〕9号
title: 云川县民政局关于发放补贴的通知
head: 各乡镇人民政府:
heading 补贴标准: 补贴标准
text 补贴标准: 按下表发放
table 补贴标准: 类别⇥金额⏎甲⇥500元
signature: 云川县民政局
signature: 2026年5月6日
`
	for name, body := range map[string]string{
		"one frame":          wordTable([]string{framed}),
		"a frame in another": wordTable([]string{wordTable([]string{framed})}),
	} {
		d := mustRead(t, "a.docx", string(docx(t, map[string]string{"word/document.xml": docxOpen + body + docxClose, "word/styles.xml": docxStyleSheet})))
		checkOffsets(t, d)
		checkOrigins(t, d)
		if got := shape(d); got != want {
			t.Errorf("%s: got\n%swant\n%s", name, got, want)
		}
	}
}

// TestATableInATableStaysOne: it stands behind the one that holds it.
func TestATableInATableStaysOne(t *testing.T) {
	inner := wordTable([]string{para("", "甲"), para("", "500元")}, []string{para("", "乙"), para("", "300元")})
	body := para("", "云川县民政局关于发放补贴的通知") + wordTable([]string{para("", "类别"), para("", "标准")}, []string{para("", "个人"), para("", "分两类：") + inner})
	d := mustRead(t, "a.docx", string(docx(t, map[string]string{"word/document.xml": docxOpen + body + docxClose})))
	checkOffsets(t, d)
	checkOrigins(t, d)
	const want = "title: 云川县民政局关于发放补贴的通知\ntable: 类别⇥标准⏎个人⇥分两类:\ntable: 甲⇥500元⏎乙⇥300元\n"
	if got := shape(d); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// TestSumsOfACellStayApart: what stands on two lines of a cell is not one number.
func TestSumsOfACellStayApart(t *testing.T) {
	const title = "云川县民政局关于发放补贴的通知"
	for name, data := range map[string]string{
		"word.docx":   string(docx(t, map[string]string{"word/document.xml": docxOpen + para("", title) + wordTable([]string{para("", "类别"), para("", "金额")}, []string{para("", "甲"), para("", "500") + para("", "300")}) + docxClose})),
		"breaks.html": "<h1>" + title + "</h1><table><tr><td>类别<td>金额<tr><td>甲<td>500<br>300</table>",
		"parts.html":  "<h1>" + title + "</h1><table><tr><td>类别<td>金额<tr><td>甲<td><p>500</p><p>300</p></table>",
	} {
		d := mustRead(t, name, data)
		if got, want := d.Clauses[len(d.Clauses)-1].Text, "类别\t金额\n甲\t500 300"; got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// TestALineOfAParagraphMayGoOn: a break within one is no end of it where its sentence
// goes on.
func TestALineOfAParagraphMayGoOn(t *testing.T) {
	const first, second = "一、对依法参加社会保险、上年度没有裁员的小微企业，", "按照每人500元的标准给予补贴。"
	const third, want = "二、本通知自2026年6月1日起执行。", "\n一、对依法参加社会保险、上年度没有裁员的小微企业,按照每人500元的标准给予补贴。\n二、本通知自2026年6月1日起执行。"
	head := strings.Repeat(para("", "说明。"), 6)
	for name, data := range map[string]string{
		"a.html": "<h1>云川县民政局关于发放补贴的通知</h1><p>" + first + "<br>" + second + "<br>　　" + third + "</p>",
		"a.docx": string(docx(t, map[string]string{"word/document.xml": docxOpen + para("", "云川县民政局关于发放补贴的通知") + head +
			`<w:p><w:r><w:t>` + first + `</w:t><w:br/><w:t>` + second + `</w:t><w:br/><w:t>` + third + `</w:t></w:r></w:p>` + docxClose})),
	} {
		d := mustRead(t, name, data)
		checkOffsets(t, d)
		checkOrigins(t, d)
		if !strings.HasSuffix(d.Text, want) {
			t.Errorf("%s: got\n%s\nwant\n%s", name, d.Text, want)
		}
	}
}

// TestWordKeepsItsHyphens and drops how a character is spoken.
func TestWordKeepsItsHyphens(t *testing.T) {
	body := para("", "云川县民政局关于发放补贴的通知") + `<w:p><w:r><w:t>咨询电话：0571</w:t><w:noBreakHyphen/><w:t>88001234，</w:t></w:r><w:r><w:ruby><w:rt><w:r><w:t>bǔ</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>补</w:t></w:r></w:rubyBase></w:ruby></w:r><w:r><w:t>贴按年发放。</w:t></w:r></w:p>`
	d := mustRead(t, "a.docx", string(docx(t, map[string]string{"word/document.xml": docxOpen + body + docxClose})))
	if got, want := d.Clauses[1].Text, "咨询电话:0571-88001234,补贴按年发放。"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestPartsOfPackedFiles reads Word documents whose main part has another name, and
// parts in other encodings.
func TestPartsOfPackedFiles(t *testing.T) {
	text := docxOpen + para("x", "云川县民政局关于发放补贴的通知") + para("", "一、发放补贴。") + docxClose
	wide, err := textunicode.UTF16(textunicode.LittleEndian, textunicode.UseBOM).NewEncoder().String(strings.Replace(text, "UTF-8", "UTF-16", 1))
	if err != nil {
		t.Fatal(err)
	}
	for name, parts := range map[string]map[string]string{
		"renamed": {
			"_rels/.rels":                   `<Relationships><Relationship Id="r" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="/word/document2.xml"/></Relationships>`,
			"word/_rels/document2.xml.rels": `<Relationships><Relationship Id="r" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles2.xml"/></Relationships>`,
			"word/document2.xml":            text, "word/styles2.xml": strings.ReplaceAll(docxStyleSheet, "heading 1", "Title"),
		},
		"UTF-16": {"word/document.xml": wide},
		"GBK":    {"word/document.xml": gbk(t, strings.Replace(text, "UTF-8", "GB2312", 1))},
	} {
		d, err := Read("a.docx", docx(t, parts), DefaultLimits())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got, want := shape(d), "title: 云川县民政局关于发放补贴的通知\ntext 一: 一、发放补贴。\n"; got != want {
			t.Errorf("%s: got\n%swant\n%s", name, got, want)
		}
	}
}

func gbk(t *testing.T, s string) string {
	t.Helper()
	out, err := simplifiedchinese.GB18030.NewEncoder().String(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
