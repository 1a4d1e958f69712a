package document

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"policypush/internal/domain"
)

// Read reads the bytes of a file. The error is a *domain.Error that names the
// file and says what to do.
func Read(name string, data []byte, lim Limits) (*Document, error) {
	d, err := read(name, data, lim)
	if err != nil {
		return nil, err.At(name, 0)
	}
	sum := sha256.Sum256(data)
	d.SHA256 = hex.EncodeToString(sum[:])
	return d, nil
}

// ReadFile is Read for a file on this machine. The name of the document is the
// path as given. A file that is too large is refused before it is read.
func ReadFile(path string, lim Limits) (*Document, error) {
	f, err := os.Open(path)
	if err != nil {
		text := "文件打不开，请检查权限"
		if os.IsNotExist(err) {
			text = "没有这个文件，请检查路径"
		}
		return nil, domain.Errorf(domain.Invalid, "%s", text).At(path, 0)
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, domain.Errorf(domain.Invalid, "文件读不了").At(path, 0).Because(err)
	case !info.Mode().IsRegular():
		return nil, domain.Errorf(domain.Invalid, "这不是文件，请给出具体的文件").At(path, 0)
	case info.Size() > lim.MaxBytes:
		return nil, tooLarge(info.Size(), lim).At(path, 0)
	}
	data, err := io.ReadAll(io.LimitReader(f, lim.MaxBytes+1))
	if err != nil {
		return nil, domain.Errorf(domain.Invalid, "文件读不了").At(path, 0).Because(err)
	}
	return Read(path, data, lim)
}

// FromText reads a text that was typed or pasted.
func FromText(name, text string) (*Document, error) {
	return Read(name, []byte(text), DefaultLimits().asText())
}

func tooLarge(size int64, lim Limits) *domain.Error {
	return domain.Errorf(domain.Invalid, "文件有%s，超过上限%s（设置document.max_mb），请压缩其中的图片或拆成几个文件", megabytes(size), megabytes(lim.MaxBytes))
}

func megabytes(n int64) string {
	if n < 1<<20 {
		return fmt.Sprintf("%.1fKB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%.1fMB", float64(n)/(1<<20))
}

// The formats.
const (
	formatText     = "txt"
	formatMarkdown = "md"
	formatHTML     = "html"
	formatDOCX     = "docx"
	formatPDF      = "pdf"
	formatOFD      = "ofd"
)

func read(name string, data []byte, lim Limits) (*Document, *domain.Error) {
	if int64(len(data)) > lim.MaxBytes {
		return nil, tooLarge(int64(len(data)), lim)
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, domain.Errorf(domain.Invalid, "文件是空的，请检查是否选错了文件")
	}
	d := &Document{Name: name}
	format, err := formatOf(name, data, lim)
	if err != nil {
		return nil, err
	}
	d.Format = format
	var lines []line
	switch format {
	case formatDOCX:
		lines, err = readDOCX(data, lim)
	case formatPDF:
		lines, err = readPDF(data, lim)
	case formatOFD:
		lines, err = readOFD(data, lim)
	default:
		var text, note string
		text, note, err = decode(data)
		if err != nil {
			return nil, err
		}
		if note != "" {
			d.Notes = append(d.Notes, note)
		}
		switch format {
		case formatHTML:
			lines, err = readHTML(text)
		case formatMarkdown:
			lines = readMarkdown(text)
		default:
			lines = readText(text)
		}
	}
	if err != nil {
		return nil, err
	}
	return d, d.fill(lines, lim)
}

// fill makes the clauses and the text of them.
func (d *Document) fill(lines []line, lim Limits) *domain.Error {
	d.Sources = make([]Source, len(lines))
	for i := range lines {
		lines[i].source = i
		d.Sources[i] = lines[i].place
		d.Sources[i].Text = lines[i].text
	}
	d.Clauses, d.strands = outline(tidy(lines))
	if len(d.Clauses) == 0 {
		return domain.Errorf(domain.Invalid, "文件里没有文字，请检查内容")
	}
	if n := d.Clauses[len(d.Clauses)-1].End; n > lim.MaxText {
		return domain.Errorf(domain.Invalid, "文字有%d字，超过上限%d字（设置document.max_text），请拆成几个文件", n, lim.MaxText)
	}
	for i, s := range d.strands {
		if i == 0 || d.strands[i-1].clause != s.clause {
			d.Clauses[s.clause].Place = d.Sources[s.source].where(d.Format)
		}
	}
	var b strings.Builder
	size := 0
	for i := range d.Clauses {
		size += len(d.Clauses[i].Text) + 1
	}
	b.Grow(size)
	for i, c := range d.Clauses {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(c.Text)
	}
	d.Text = b.String()
	return nil
}

// readText takes each line for what it is; a blank or tab at its beginning
// shows that a paragraph begins.
func readText(text string) []line {
	lines := make([]line, 0, strings.Count(text, "\n")+1)
	page := false
	start := 0
	for i := 0; i <= len(text); {
		r, n := rune('\n'), 1
		if i < len(text) {
			if c := text[i]; c > '\r' && c != "\u0085"[0] && c != "\u2028"[0] { // nearly always
				i++
				continue
			}
			r, n = utf8.DecodeRuneInString(text[i:])
		}
		switch r {
		case '\n', '\r', '\f', '\v', '\u0085', '\u2028', '\u2029':
			s := text[start:i]
			lines = append(lines, line{text: s, page: page, indent: isIndented(s), middle: isCentred(s), place: Source{Row: len(lines) + 1}})
			page = r == '\f'
			start = i + n
		}
		i += n
	}
	return tabbed(lines)
}

// isIndented tells whether a line begins like that of a paragraph.
func isIndented(s string) bool {
	rest := strings.TrimLeft(s, " \t\u3000\u00a0")
	return len(s)-len(rest) >= 3 || strings.HasPrefix(s, "\t") || strings.HasPrefix(s, "  ")
}

// isCentred tells whether a line stands behind more blanks than a paragraph begins with.
func isCentred(s string) bool {
	rest := strings.TrimLeft(s, " \t\u3000\u00a0")
	return len(rest) < len(s) && columns(s)-columns(rest) >= leastBlanks
}

// leastBlanks is how many columns stand before a line that is set in the middle.
const leastBlanks = 8

// tabbed turns two or more lines with the same number of tabs into a table, and three or
// more with the same number of bars, two at least: 种类 | 条件 | 奖励.
func tabbed(lines []line) []line {
	out := lines[:0]
	for i := 0; i < len(lines); {
		mark, end := "\t", sameCells(lines, i, "\t", 1)
		if end-i < 2 {
			if mark, end = "|", sameCells(lines, i, "|", 2); end-i < 3 {
				out = append(out, lines[i])
				i++
				continue
			}
		}
		rows := make([][]string, 0, end-i)
		for _, l := range lines[i:end] {
			rows = append(rows, strings.Split(cellsOf(l, mark), mark))
		}
		at := lines[i].place
		i = end
		out = append(out, placed(tableOf(rows), at)...)
	}
	return out
}

// sameCells is where the lines from i end that have as many of a mark as that, and least at
// the least.
func sameCells(lines []line, i int, mark string, least int) int {
	n, end := strings.Count(cellsOf(lines[i], mark), mark), i+1
	for n >= least && end < len(lines) && strings.Count(cellsOf(lines[end], mark), mark) == n {
		end++
	}
	return end
}

// cellsOf is a line without the blanks and bars at its ends.
func cellsOf(l line, mark string) string {
	if mark == "|" {
		return strings.Trim(l.text, " |")
	}
	return strings.TrimSpace(l.text)
}

// placed says of lines where they begin in the file.
func placed(lines []line, at Source) []line {
	for i := range lines {
		lines[i].place = at
	}
	return lines
}

// nameFormats are the formats by the ending of a file's name.
var nameFormats = map[string]string{
	".txt": formatText, ".text": formatText, ".md": formatMarkdown, ".markdown": formatMarkdown,
	".html": formatHTML, ".htm": formatHTML, ".shtml": formatHTML, ".xhtml": formatHTML, ".docx": formatDOCX, ".pdf": formatPDF, ".ofd": formatOFD,
}

// advice says what to do with formats that are not read.
var advice = map[string]string{
	".doc": "这是旧版Word文件，请在Word或WPS中另存为docx", ".wps": "这是WPS文字文件，请在WPS中另存为docx",
	".rtf": "这是RTF文件，请在Word或WPS中另存为docx",
	".xls": onlyTable, ".xlsx": onlyTable,
	".ppt": onlySlides, ".pptx": onlySlides,
	".zip": onlyArchive, ".rar": onlyArchive, ".7z": onlyArchive, ".gz": onlyArchive,
	".png": onlyPicture, ".jpg": onlyPicture, ".jpeg": onlyPicture, ".gif": onlyPicture, ".tif": onlyPicture, ".bmp": onlyPicture, ".webp": onlyPicture,
}

const (
	onlyPicture = "这是图片，请先做文字识别（OCR），再导入识别出的文字"
	onlyTable   = "这是表格文件，请把政策文字另存为docx或PDF"
	onlySlides  = "这是演示文件，请把政策文字另存为docx或PDF"
	onlyArchive = "这是压缩包，请解压后逐个导入"
)

const readable = "；可导入txt、md、html、docx、pdf、ofd"

// magics tell formats by how their files begin.
var magics = []struct{ begin, ending string }{
	{"{\\rtf", ".rtf"},
	{"\x89PNG", ".png"},
	{"\xFF\xD8\xFF", ".jpg"},
	{"GIF8", ".gif"},
	{"II*\x00", ".tif"},
	{"MM\x00*", ".tif"},
	{"Rar!", ".rar"},
	{"7z\xBC\xAF", ".7z"},
	{"\x1F\x8B", ".gz"},
}

// formatOf finds the format by the content where that is plain to see, else by
// the name; a file without a known ending is text.
func formatOf(name string, data []byte, lim Limits) (string, *domain.Error) {
	if lim.plain {
		return formatText, nil
	}
	ending := strings.ToLower(filepath.Ext(name))
	head := data[:min(len(data), 1024)]
	switch {
	case bytes.Contains(head, []byte("%PDF-")):
		return formatPDF, nil
	case bytes.HasPrefix(data, []byte("PK\x03\x04")) || bytes.HasPrefix(data, []byte("PK\x05\x06")):
		return packedFormat(ending, data)
	case bytes.HasPrefix(data, []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")): // the container of old Office files
		if bytes.Contains(data, utf16Name("EncryptedPackage")) {
			return "", domain.Errorf(domain.Invalid, "文件加了密码，请在Word或WPS中取消密码后再导入")
		}
		if advice[ending] == "" {
			ending = ".doc"
		}
		return "", domain.Errorf(domain.Invalid, "%s%s", advice[ending], readable)
	}
	for _, m := range magics {
		if bytes.HasPrefix(data, []byte(m.begin)) {
			return "", domain.Errorf(domain.Invalid, "%s%s", advice[m.ending], readable)
		}
	}
	switch format := nameFormats[ending]; {
	case format == formatDOCX || format == formatPDF || format == formatOFD:
		return "", domain.Errorf(domain.Invalid, "文件名是%s，内容却不是，文件可能已损坏，请重新导出", ending)
	case format == formatText && looksLikeHTML(head), format == "" && looksLikeHTML(head):
		return formatHTML, nil
	case format != "":
		return format, nil
	case advice[ending] != "":
		return "", domain.Errorf(domain.Invalid, "%s%s", advice[ending], readable)
	}
	return formatText, nil
}

func utf16Name(s string) []byte {
	b := make([]byte, 0, 2*len(s))
	for i := range len(s) {
		b = append(b, s[i], 0)
	}
	return b
}

func looksLikeHTML(head []byte) bool {
	h := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF")), " \t\r\n")
	if len(h) == 0 || h[0] != '<' {
		return false
	}
	h = bytes.ToLower(h)
	return bytes.HasPrefix(h, []byte("<!doctype html")) || bytes.HasPrefix(h, []byte("<html")) ||
		bytes.HasPrefix(h, []byte("<?xml")) && bytes.Contains(h, []byte("<html"))
}
