package document

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"io"
	"iter"
	"strings"

	"policypush/internal/domain"
)

// packedFormat tells what a zip file is.
func packedFormat(ending string, data []byte) (string, *domain.Error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		if nameFormats[ending] == formatDOCX {
			return "", brokenDOCX().Because(err)
		}
		return "", domain.Errorf(domain.Invalid, "压缩包已损坏，请重新打包或直接导入其中的文件").Because(err)
	}
	for _, f := range z.File {
		switch f.Name {
		case mainPart:
			return formatDOCX, nil
		case "OFD.xml":
			return formatOFD, nil
		case "xl/workbook.xml":
			return "", domain.Errorf(domain.Invalid, "%s%s", advice[".xlsx"], readable)
		case "ppt/presentation.xml":
			return "", domain.Errorf(domain.Invalid, "%s%s", advice[".pptx"], readable)
		}
	}
	left := int64(maxRelations)
	if main := related(z, "", &left)["officeDocument"]; strings.HasPrefix(main, "word/") && fileOf(z, main) != nil {
		return formatDOCX, nil
	}
	switch nameFormats[ending] {
	case formatDOCX:
		return "", brokenDOCX()
	case formatOFD:
		return "", brokenOFD()
	}
	return "", domain.Errorf(domain.Invalid, "%s%s", advice[".zip"], readable)
}

// mainPart is the part with the text, where the file does not name another.
const mainPart = "word/document.xml"

// maxRelations bounds what is read to find that, in bytes.
const maxRelations = 1 << 20

func brokenDOCX() *domain.Error {
	return domain.Errorf(domain.Invalid, "docx文件已损坏，请用Word或WPS打开后重新保存")
}

// errExpanded says that a packed file is larger inside than allowed.
var errExpanded = errors.New("unpacked size above the limit")

// capped reads up to n bytes and fails after them.
type capped struct {
	r io.Reader
	n *int64
}

func (c capped) Read(p []byte) (int, error) {
	if *c.n <= 0 {
		return 0, errExpanded
	}
	k, err := c.r.Read(p[:min(int64(len(p)), *c.n)])
	*c.n -= int64(k)
	return k, err
}

// readDOCX reads the paragraphs and tables of a Word document.
func readDOCX(data []byte, lim Limits) ([]line, *domain.Error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, brokenDOCX().Because(err)
	}
	left := lim.MaxExpanded
	part := func(name string, read func(*xml.Decoder) error) error {
		f := fileOf(z, name)
		if f == nil {
			return nil
		}
		r, err := f.Open()
		if err != nil {
			return err
		}
		defer r.Close()
		return read(newXML(capped{r, &left}))
	}
	main := mainPart
	if fileOf(z, main) == nil {
		main = related(z, "", &left)["officeDocument"]
	}
	parts := related(z, main, &left)
	d := docxReader{styles: docxStyles{}, limit: 4 * int64(lim.MaxText)}
	d.notes = docxNotes{map[string]string{}, d.limit}
	// A document without these reads worse, but reads.
	for kind, read := range map[string]func(*xml.Decoder) error{"styles": d.styles.read, "numbering": d.numbering.read, "footnotes": d.notes.read, "endnotes": d.notes.read} {
		if err := part(cmp.Or(parts[kind], "word/"+kind+".xml"), read); errors.Is(err, errExpanded) {
			return nil, bomb(lim)
		} else if errors.Is(err, errTooMuchText) {
			return nil, tooMuchText(lim)
		}
	}
	switch err := part(main, d.read); {
	case errors.Is(err, errExpanded):
		return nil, bomb(lim)
	case errors.Is(err, errTooMuchText):
		return nil, tooMuchText(lim)
	case err != nil:
		return nil, brokenDOCX().Because(err)
	}
	for _, note := range d.noted { // of a short text
		d.lines = append(d.lines, line{text: "注：" + note, whole: true, place: Source{Row: d.number}})
	}
	return d.lines, nil
}

func bomb(lim Limits) *domain.Error {
	return domain.Errorf(domain.Invalid, "文件解压后超过上限%s（设置document.max_unpacked_mb），已停止读取，请检查文件来源", megabytes(lim.MaxExpanded))
}

func tooMuchText(lim Limits) *domain.Error {
	return domain.Errorf(domain.Invalid, "文字超过上限%d字（设置document.max_text），请拆成几个文件", lim.MaxText)
}

var errTooMuchText = errors.New("more text than the limit")

// docxStyles tells by a style's id what its paragraphs are.
type docxStyles map[string]docxStyle

type docxStyle struct {
	Based   string
	Style   style
	Level   int
	List    string // numId
	ListLvl int
	Align   string // jc

	goesOn bool // somebody struck out the end of the paragraph
}

// value returns an attribute by its local name.
func value(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// tokens are those of a part, up to its end or what is wrong with it.
func tokens(x *xml.Decoder) iter.Seq2[xml.Token, error] {
	return func(yield func(xml.Token, error) bool) {
		for {
			t, err := x.Token()
			if err == io.EOF || !yield(t, err) || err != nil {
				return
			}
		}
	}
}

func (s docxStyles) read(x *xml.Decoder) error {
	id, cur := "", docxStyle{}
	for t, err := range tokens(x) {
		if err != nil {
			return err
		}
		switch e := t.(type) {
		case xml.StartElement:
			switch v := value(e, "val"); e.Name.Local {
			case "style":
				id, cur = value(e, "styleId"), docxStyle{}
			case "name":
				switch n := strings.ToLower(v); {
				case n == "title" || n == "标题":
					cur.Style = titleLine
				case strings.HasPrefix(n, "heading ") || strings.HasPrefix(n, "标题 "):
					cur.Style, cur.Level = headingLine, max(1, digits(n[strings.IndexByte(n, ' ')+1:]))
				}
			case "basedOn":
				cur.Based = v
			case "outlineLvl":
				if n := digits(v); n < 9 && cur.Style == plainLine {
					cur.Style, cur.Level = headingLine, n+1
				}
			case "numId":
				cur.List = v
			case "ilvl":
				cur.ListLvl = digits(v)
			case "jc":
				cur.Align = v
			}
		case xml.EndElement:
			if e.Name.Local == "style" && id != "" {
				s[id] = cur
			}
		}
	}
	return nil
}

// lookup follows the styles that a style is based on.
func (s docxStyles) lookup(id string) docxStyle {
	found := s[id]
	for based, n := found.Based, 0; based != "" && n < 10; n++ {
		b := s[based]
		if found.Style == plainLine && b.Style == headingLine {
			found.Style, found.Level = b.Style, b.Level
		}
		if found.List == "" {
			found.List, found.ListLvl = b.List, b.ListLvl
		}
		found.Align = cmp.Or(found.Align, b.Align)
		based = b.Based
	}
	return found
}

// docxReader walks through word/document.xml.
type docxReader struct {
	styles    docxStyles
	numbering docxNumbering
	lines     []line
	limit     int64 // bytes of text

	text   strings.Builder // of the paragraph
	number int             // of the paragraph, also of those in tables
	style  docxStyle
	tables []*docxTable // open tables, the innermost last

	notes   docxNotes
	noted   []string    // the notes that the text refers to and that have yet to follow it
	carried string      // of a paragraph whose end somebody struck out
	outer   []docxOuter // paragraphs in which text boxes are open
}

// docxOuter is a paragraph as far as it was read where a text box stands in it.
type docxOuter struct {
	text  string
	style docxStyle
}

// docxNotes are the texts of notes at the foot of pages and at the end, by the kind of
// their number and the number.
type docxNotes struct {
	texts map[string]string
	left  int64 // bytes that they may still have
}

func (n *docxNotes) read(x *xml.Decoder) error {
	key, inText := "", false
	var text strings.Builder
	for t, err := range tokens(x) {
		if err != nil {
			return err
		}
		switch e := t.(type) {
		case xml.StartElement:
			switch e.Name.Local {
			case "footnote", "endnote":
				key = e.Name.Local + value(e, "id")
				text.Reset()
				if kind := value(e, "type"); kind != "" && kind != "normal" { // the line above notes
					key = ""
				}
			case "Fallback", "del", "moveFrom", "instrText":
				if err := x.Skip(); err != nil {
					return err
				}
			case "t":
				inText = true
			}
		case xml.CharData:
			if inText && key != "" {
				if n.left -= int64(len(e)); n.left < 0 {
					return errTooMuchText
				}
				text.Write(e)
			}
		case xml.EndElement:
			switch e.Name.Local {
			case "t":
				inText = false
			case "footnote", "endnote":
				if s := strings.TrimSpace(text.String()); key != "" && s != "" {
					n.texts[key] = s
				}
			}
		}
	}
	return nil
}

type docxTable struct {
	first int // the number of its first paragraph
	rows  [][]string
	cell  []string // paragraphs of the open cell
	wide  int      // columns that it takes
	above bool     // it is a part of the cell above
	gone  bool     // somebody struck the open row out
	cells int      // of the open row
	most  int      // of a row
	lines []line   // its paragraphs and the tables in it, for a table that is none
	inner []line   // the tables in it alone
}

// maxWide is how many columns a cell may take.
const maxWide = 60

// maxTables is how deep tables may nest.
const maxTables = 20

func (d *docxReader) read(x *xml.Decoder) error {
	inText, hidden, above := false, false, false
	within := "" // the properties that are open, of a paragraph or a row
	for t, err := range tokens(x) {
		if err != nil {
			return err
		}
		switch e := t.(type) {
		case xml.StartElement:
			switch v := value(e, "val"); e.Name.Local {
			case "Fallback", "del", "moveFrom", "sectPr", "instrText", "rt", "pPrChange", "rPrChange", "tcPrChange", "trPrChange", "tblPrChange": // told again, struck out, or no text
				if struck := e.Name.Local == "del" || e.Name.Local == "moveFrom"; struck && within == "pPr" {
					d.style.goesOn = true
				} else if t := d.table(); struck && within == "trPr" && t != nil {
					t.gone = true
				}
				if err := x.Skip(); err != nil {
					return err
				}
			case "pPr", "trPr":
				within = e.Name.Local
			case "txbxContent":
				if len(d.outer) >= maxTables {
					return errors.New("text boxes nest too deep")
				}
				d.outer = append(d.outer, docxOuter{d.text.String(), d.style})
				d.text.Reset()
			case "p":
				if d.text.Len() > 0 { // a paragraph within a paragraph
					d.paragraph()
				}
				d.style = docxStyle{}
				d.text.WriteString(d.carried)
				d.carried = ""
			case "footnoteReference", "endnoteReference":
				key := strings.TrimSuffix(e.Name.Local, "Reference") + value(e, "id")
				if note := d.notes.texts[key]; note != "" {
					d.noted = append(d.noted, note)
					delete(d.notes.texts, key)
				}
			case "pStyle":
				d.style = d.styles.lookup(v)
			case "outlineLvl":
				if n := digits(v); n < 9 && d.style.Style == plainLine {
					d.style.Style, d.style.Level = headingLine, n+1
				}
			case "numId":
				d.style.List = v
			case "ilvl":
				d.style.ListLvl = digits(v)
			case "jc":
				if within == "pPr" { // and not that of a table
					d.style.Align = v
				}
			case "r":
				hidden, above = false, false
			case "vertAlign":
				above = v == "superscript"
			case "vanish":
				hidden = v != "0" && v != "false"
			case "t":
				inText = true
			case "tab":
				d.text.WriteByte(' ')
			case "noBreakHyphen":
				d.text.WriteByte('-')
			case "br", "cr":
				if value(e, "type") != "page" {
					d.text.WriteByte('\n')
				}
			case "tbl":
				if len(d.tables) >= maxTables {
					return errors.New("tables nest too deep")
				}
				d.tables = append(d.tables, &docxTable{first: d.number + 1})
			case "tr":
				if t := d.table(); t != nil {
					t.rows, t.cells, t.gone = append(t.rows, nil), 0, false
				}
			case "tc":
				if t := d.table(); t != nil {
					t.cell, t.wide, t.above = nil, 1, false
				}
			case "gridSpan":
				if t := d.table(); t != nil {
					t.wide = min(max(digits(v), 1), maxWide)
				}
			case "vMerge":
				if t := d.table(); t != nil {
					t.above = v != "restart"
				}
			}
		case xml.CharData:
			if inText && !hidden {
				if d.limit -= int64(len(e)); d.limit < 0 {
					return errTooMuchText
				}
				if text := string(e); above {
					d.text.WriteString(raised(text))
				} else {
					d.text.WriteString(text)
				}
			}
		case xml.EndElement:
			switch e.Name.Local {
			case "t":
				inText = false
			case "pPr", "trPr":
				within = ""
			case "p":
				if d.style.goesOn {
					d.carried = d.text.String()
					d.text.Reset()
					continue
				}
				d.paragraph()
			case "txbxContent":
				if n := len(d.outer) - 1; n >= 0 {
					d.text.Reset()
					d.text.WriteString(d.outer[n].text)
					d.style, d.outer = d.outer[n].style, d.outer[:n]
				}
			case "tr":
				if t := d.table(); t != nil && t.gone && len(t.rows) > 0 {
					t.rows, t.gone = t.rows[:len(t.rows)-1], false
				}
			case "tc":
				d.endCarried()
				if t := d.table(); t != nil && len(t.rows) > 0 {
					if d.limit -= int64(t.endCell()); d.limit < 0 {
						return errTooMuchText
					}
				}
			case "tbl":
				d.endTable()
			}
		}
	}
	d.endCarried()
	return nil
}

// endCell adds the cell to its row. One that is a part of the cell above says
// what that says, so that every row can be read for itself; one that takes
// several columns leaves the others empty. It returns how many bytes that added.
func (t *docxTable) endCell() (added int) {
	last := len(t.rows) - 1
	column := len(t.rows[last])
	text := strings.Join(t.cell, "\n")
	if t.above && text == "" && last > 0 && column < len(t.rows[last-1]) {
		text = t.rows[last-1][column]
		added = len(text)
	}
	t.rows[last] = append(append(t.rows[last], text), make([]string, t.wide-1)...)
	t.cell, t.cells = nil, t.cells+1
	t.most = max(t.most, t.cells)
	return added + t.wide
}

func (d *docxReader) table() *docxTable {
	if len(d.tables) == 0 {
		return nil
	}
	return d.tables[len(d.tables)-1]
}

// paragraph ends a paragraph: into the cell of the open table, or as lines.
func (d *docxReader) paragraph() {
	text := d.text.String()
	d.text.Reset()
	d.number++
	if strings.TrimSpace(text) == "" {
		return
	}
	defer d.addNotes()
	if numberOf(normalise(text)).rank == noRank {
		text = d.numbering.next(d.style.List, d.style.ListLvl) + text
	}
	lines := &d.lines
	if t := d.table(); t != nil {
		t.cell = append(t.cell, text)
		lines = &t.lines
	}
	broken := strings.Split(text, "\n")
	for i, part := range broken {
		// Nothing says that a paragraph ends where only its line does.
		last := i == len(broken)-1
		*lines = append(*lines, line{text: part, style: d.style.Style, level: d.style.Level, whole: last && d.style.Style != titleLine && !isPossibleTitle(*lines), indent: isIndented(part), middle: d.style.Align == "center", place: Source{Row: d.number}})
	}
}

// endCarried ends a paragraph that nothing follows in which it could go on.
func (d *docxReader) endCarried() {
	if d.carried != "" {
		d.text.WriteString(d.carried)
		d.carried, d.style.goesOn = "", false
		d.paragraph()
	}
}

// addNotes puts the notes behind the paragraph that refers to them, or behind the table
// that does, once the title is over.
func (d *docxReader) addNotes() {
	if len(d.tables) > 0 || len(d.outer) > 0 || isPossibleTitle(d.lines) {
		return
	}
	for _, note := range d.noted {
		d.lines = append(d.lines, line{text: "注：" + note, whole: true, place: Source{Row: d.number}})
	}
	d.noted = nil
}

// isPossibleTitle tells whether the next paragraph may be a part of the title,
// which Word documents break into paragraphs.
func isPossibleTitle(before []line) bool { return len(before) < 6 }

// endTable turns a table into a line. A table of one column only frames text;
// one in another comes behind that, since a cell holds no rows.
func (d *docxReader) endTable() {
	t := d.table()
	if t == nil {
		return
	}
	d.tables = d.tables[:len(d.tables)-1]
	lines := t.lines
	if t.most > 1 {
		lines = append(placed(tableOf(t.rows), Source{Row: t.first}), t.inner...)
	}
	outer := d.table()
	if outer == nil {
		d.lines = append(d.lines, lines...)
		d.addNotes()
		return
	}
	outer.lines = append(outer.lines, lines...)
	if t.most > 1 {
		outer.inner = append(outer.inner, lines...)
		return
	}
	for _, row := range t.rows {
		outer.cell = append(outer.cell, strings.Join(row, "\n"))
	}
	outer.inner = append(outer.inner, t.inner...)
}
