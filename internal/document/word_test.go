package document

import (
	"strings"
	"testing"

	"policypush/internal/domain"
)

func wordRun(text string) string { return `<w:r><w:t xml:space="preserve">` + text + `</w:t></w:r>` }

func wordPara(props string, inner ...string) string {
	return `<w:p><w:pPr>` + props + `</w:pPr>` + strings.Join(inner, "") + `</w:p>`
}

// TestWhatStandsAroundTheTextOfWord reads notes, text boxes and what was changed since.
func TestWhatStandsAroundTheTextOfWord(t *testing.T) {
	const centre = `<w:jc w:val="center"/>`
	head := wordPara(centre, wordRun("云川县工业企业技术改造")) + wordPara(centre, wordRun("项目补助资金管理办法"))
	long := strings.Repeat(wordPara("", wordRun("给予补贴。")), 6)
	box := wordPara("", wordRun("框内文字。"))
	row := func(props, a, b string) string {
		return `<w:tr><w:trPr>` + props + `</w:trPr><w:tc>` + wordPara("", wordRun(a)) + `</w:tc><w:tc>` + wordPara("", wordRun(b)) + `</w:tc></w:tr>`
	}
	for name, tt := range map[string]struct{ body, want string }{
		"a note follows its paragraph": {
			long + wordPara("", wordRun("支持技改"), `<w:r><w:footnoteReference w:id="2"/></w:r>`, wordRun("。")) + wordPara("", wordRun("自发布之日起施行。")),
			"支持技改。\n注:技改指技术改造。\n自发布之日起施行。",
		},
		"a note of the title follows the text": {
			wordPara("", wordRun("给予补贴"), `<w:r><w:endnoteReference w:id="1"/></w:r>`, wordRun("。")),
			"给予补贴。\n注:补贴按年发放。",
		},
		"a text box parts no paragraph": {
			wordPara("", wordRun("申请人"), `<w:r><mc:AlternateContent><mc:Choice><w:txbxContent>`+box+`</w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent>`+box+`</w:txbxContent></mc:Fallback></mc:AlternateContent></w:r>`, wordRun("提出申请。")),
			"框内文字。\n申请人提出申请。",
		},
		"what was added counts, what was struck out does not": {
			wordPara("", wordRun("补贴"), `<w:ins w:id="1">`+wordRun("500")+`</w:ins><w:del w:id="2"><w:r><w:delText>300</w:delText></w:r></w:del>`, wordRun("元。")),
			"补贴500元。",
		},
		"a paragraph whose end was struck out goes on": {
			wordPara(`<w:rPr><w:del w:id="9"/></w:rPr>`, wordRun("对小微企业，")) + wordPara("", wordRun("给予补贴。")),
			"对小微企业,给予补贴。",
		},
		"the mark of a note is no figure": {
			wordPara("", wordRun("给予500"), `<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:t>1</w:t></w:r>`, wordRun("元补贴。")),
			"给予500¹元补贴。",
		},
		"and is kept at the end":       {wordPara(`<w:rPr><w:del w:id="9"/></w:rPr>`, wordRun("给予补贴。")), "给予补贴。"},
		"a row that was struck out":    {`<w:tbl>` + row("", "类别", "金额") + row(`<w:del w:id="3"/>`, "甲", "100元") + row(`<w:ins w:id="4"/>`, "乙", "200元") + `</w:tbl>`, "类别\t金额\n乙\t200元"},
		"how something was set before": {wordPara(`<w:pPrChange><w:pPr><w:numPr><w:numId w:val="3"/></w:numPr></w:pPr></w:pPrChange>`, `<w:r><w:rPr><w:rPrChange><w:rPr><w:vanish/></w:rPr></w:rPrChange></w:rPr><w:t>给予补贴。</w:t></w:r>`), "给予补贴。"},
	} {
		t.Run(name, func(t *testing.T) {
			d := mustRead(t, "a.docx", string(docx(t, map[string]string{
				"word/document.xml": docxOpen + head + tt.body + docxClose, "word/numbering.xml": docxList,
				"word/footnotes.xml": `<w:footnotes><w:footnote w:type="separator" w:id="0">` + wordPara("", wordRun("线")) + `</w:footnote><w:footnote w:id="2">` + wordPara("", wordRun("技改指技术改造。")) + `</w:footnote></w:footnotes>`,
				"word/endnotes.xml":  `<w:endnotes><w:endnote w:id="1">` + wordPara("", wordRun("补贴按年发放。")) + `</w:endnote></w:endnotes>`,
			})))
			checkOffsets(t, d)
			if title := d.Clauses[0]; title.Kind != domain.TitleClause || title.Text != "云川县工业企业技术改造项目补助资金管理办法" {
				t.Errorf("the title is %+v", title)
			}
			if !strings.HasSuffix(d.Text, "\n"+tt.want) {
				t.Errorf("got\n%s\nwant it to end with\n%s", d.Text, tt.want)
			}
		})
	}
}

// TestListsOfWordBeginAnew: a list that says so counts from the start, and others go on
// with those of their kind.
func TestListsOfWordBeginAnew(t *testing.T) {
	in := func(list, text string) string {
		return wordPara(`<w:numPr><w:ilvl w:val="0"/><w:numId w:val="`+list+`"/></w:numPr>`, wordRun(text))
	}
	list := strings.Replace(docxList, `</w:numbering>`, `<w:num w:numId="4"><w:abstractNumId w:val="7"/></w:num><w:num w:numId="5"><w:abstractNumId w:val="7"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num></w:numbering>`, 1)
	body := wordPara("", wordRun("云川县技术改造补助办法")) + in("3", "对象。") + in("4", "标准。") + in("5", "甲方。") + in("5", "乙方。")
	d := mustRead(t, "a.docx", string(docx(t, map[string]string{"word/document.xml": docxOpen + body + docxClose, "word/numbering.xml": list})))
	checkOffsets(t, d)
	if want := "一、对象。\n二、标准。\n一、甲方。\n二、乙方。"; !strings.HasSuffix(d.Text, want) {
		t.Errorf("got\n%s", d.Text)
	}
}

// TestNotesOfWordAreBounded: notes count as text does.
func TestNotesOfWordAreBounded(t *testing.T) {
	lim := DefaultLimits()
	lim.MaxText = 100
	_, err := Read("a.docx", docx(t, map[string]string{
		"word/document.xml":  docxOpen + para("", "政策") + docxClose,
		"word/footnotes.xml": `<w:footnotes><w:footnote w:id="2">` + wordPara("", wordRun(strings.Repeat("注", 1000))) + `</w:footnote></w:footnotes>`,
	}), lim)
	if domain.KindOf(err) != domain.Invalid || !strings.Contains(err.Error(), "document.max_text") {
		t.Errorf("got %v", err)
	}
}

// TestWhoGetsACopyIsANote: whether it stands on a line or, as many templates have it, in a table.
func TestWhoGetsACopyIsANote(t *testing.T) {
	cell := func(span, text string) string {
		return `<w:tc><w:tcPr>` + span + `</w:tcPr>` + wordPara("", wordRun(text)) + `</w:tc>`
	}
	copies := `<w:tbl><w:tr>` + cell(`<w:gridSpan w:val="2"/>`, "抄送：县委各部门，县人大常委会办公室。") + `</w:tr><w:tr>` + cell("", "云川县人民政府办公室") + cell("", "2026年3月10日印发") + `</w:tr></w:tbl>`
	body := wordPara("", wordRun("云川县补助办法")) + wordPara("", wordRun("一、给予补助。")) + copies
	d := mustRead(t, "a.docx", string(docx(t, map[string]string{"word/document.xml": docxOpen + body + docxClose})))
	if c := d.Clauses[len(d.Clauses)-1]; c.Kind != domain.NoteClause {
		t.Errorf("%s %q", c.Kind, c.Text)
	}
}
