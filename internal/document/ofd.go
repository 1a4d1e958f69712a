package document

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"

	"policypush/internal/domain"
)

func brokenOFD() *domain.Error {
	return domain.Errorf(domain.Invalid, "ofd文件已损坏，请用OFD阅读器打开后重新保存，或导出为PDF")
}

// readOFD reads the pages of an OFD file (GB/T 33190): a zip of XML in which
// pieces of text stand at places of a page. Pieces on one base line make a
// line; pictures are left out.
func readOFD(data []byte, lim Limits) ([]line, *domain.Error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, brokenOFD().Because(err)
	}
	r := ofdReader{files: map[string]*zip.File{}, left: lim.MaxExpanded, limit: 4 * int64(lim.MaxText)}
	for _, f := range z.File {
		r.files[path.Clean("/"+strings.ReplaceAll(f.Name, "\\", "/"))] = f
	}
	switch err := r.read(); {
	case errors.Is(err, errExpanded):
		return nil, bomb(lim)
	case errors.Is(err, errTooMuchText):
		return nil, tooMuchText(lim)
	case err != nil:
		return nil, brokenOFD().Because(err)
	case len(r.lines) == 0:
		return nil, domain.Errorf(domain.Invalid, "ofd文件里没有文字，可能是扫描件，请先做文字识别（OCR）")
	}
	return r.lines, nil
}

type ofdReader struct {
	files map[string]*zip.File
	left  int64 // bytes that may still be unpacked
	limit int64 // bytes of text that may still be read
	lines []line
	pages int // read so far
}

// piece is a text at a place, in millimetres from the top left corner.
type piece struct {
	x, y, size, width float64
	text              string
}

// maxPages bounds how many pages are read of one file.
const maxPages = 5000

func (r *ofdReader) read() error {
	var roots []string
	err := r.walk("/OFD.xml", func(d *xml.Decoder, e xml.StartElement) error {
		if e.Name.Local != "DocRoot" {
			return nil
		}
		var s string
		err := d.DecodeElement(&s, &e)
		roots = append(roots, place("/", s))
		return err
	})
	if err != nil {
		return err
	}
	for _, root := range roots {
		var pages []string
		err := r.walk(root, func(_ *xml.Decoder, e xml.StartElement) error {
			if e.Name.Local == "Page" && len(pages) < maxPages {
				pages = append(pages, place(path.Dir(root), value(e, "BaseLoc")))
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, p := range pages {
			if err := r.page(p); err != nil {
				return err
			}
		}
	}
	return nil
}

// place resolves a path of the file: from its root, or from a folder.
func place(folder, s string) string {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "/") {
		return path.Clean(s)
	}
	return path.Clean(folder + "/" + s)
}

// walk calls visit for every element of a part. A part that is named and not
// there is left out.
func (r *ofdReader) walk(name string, visit func(*xml.Decoder, xml.StartElement) error) error {
	f := r.files[name]
	if f == nil {
		return nil
	}
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	d := newXML(capped{in, &r.left})
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if e, ok := token.(xml.StartElement); ok {
			if err := visit(d, e); err != nil {
				return err
			}
		}
	}
}

// page reads the lines of a page.
func (r *ofdReader) page(name string) error {
	var pieces []piece
	var width, size, x, y float64
	var box [4]float64
	var turn [6]float64 // how the text object is scaled and turned within its box
	err := r.walk(name, func(d *xml.Decoder, e xml.StartElement) error {
		switch e.Name.Local {
		case "TextObject":
			copy(box[:], numbers(value(e, "Boundary"), 4))
			turn = [6]float64{1, 0, 0, 1, 0, 0}
			if ctm := numbers(value(e, "CTM"), 6); len(ctm) == 6 {
				copy(turn[:], ctm)
			}
			size, x, y = 0, 0, 0
			if n := numbers(value(e, "Size"), 1); len(n) > 0 {
				size = n[0]
			}
		case "TextCode":
			if n := numbers(value(e, "X"), 1); len(n) > 0 { // else that of the code before
				x = n[0]
			}
			if n := numbers(value(e, "Y"), 1); len(n) > 0 {
				y = n[0]
			}
			steps := value(e, "DeltaX")
			var s string
			if err := d.DecodeElement(&s, &e); err != nil {
				return err
			}
			if r.limit -= int64(len(s)); r.limit < 0 {
				return errTooMuchText
			}
			left, top := box[0]+turn[0]*x+turn[2]*y+turn[4], box[1]+turn[1]*x+turn[3]*y+turn[5]
			tall, broad := math.Hypot(turn[2], turn[3])*size, math.Hypot(turn[0], turn[1])
			tall = max(tall, 1)
			if width = written(s, tall); steps != "" {
				width = tall + broad*distance(steps)
			} else if free := box[2] - (left - box[0]); free > width { // a box that is not much wider is that of the text
				width = min(free, 2*width)
			}
			if strings.TrimSpace(s) != "" {
				pieces = append(pieces, piece{left, top, tall, width, s})
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	r.compose(pieces)
	return nil
}

// numbers reads up to n numbers parted by blanks, up to the first that is none.
func numbers(s string, n int) (out []float64) {
	for i, f := range strings.Fields(s) {
		v, err := strconv.ParseFloat(f, 64)
		if i == n || err != nil || math.IsNaN(v) || math.Abs(v) > 1e6 {
			break
		}
		out = append(out, v)
	}
	return out
}

// distance sums up the steps from character to character: 5 5 2.5, or g 3 5 for
// three steps of 5.
func distance(steps string) (sum float64) {
	f := strings.Fields(steps)
	for i := 0; i < len(f); i++ {
		times, at := 1.0, i
		if f[i] == "g" && i+2 < len(f) {
			n := numbers(f[i+1], 1)
			if len(n) == 0 {
				return sum
			}
			times, at = n[0], i+2
		}
		n := numbers(f[at], 1)
		if len(n) == 0 {
			return sum
		}
		sum, i = sum+times*n[0], at
	}
	return min(max(sum, 0), 1e6)
}

// written is how wide a text is whose characters are so tall.
func written(s string, tall float64) float64 {
	return 0.45 * tall * float64(columns(s))
}

// cell is what stands together in a line.
type cell struct {
	x, end, size float64
	text         string
}

// compose makes lines of pieces: those whose base lines lie within half a
// character of each other stand in one line, from left to right. Lines of as many
// cells, one under the other, are a table.
func (r *ofdReader) compose(pieces []piece) {
	r.pages++
	slices.SortStableFunc(pieces, func(a, b piece) int { return cmp.Compare(a.y, b.y) })
	edge := 1e6
	for _, p := range pieces {
		edge = min(edge, p.x)
	}
	var rows [][]cell
	for i := 0; i < len(pieces); {
		end := i + 1
		for end < len(pieces) && pieces[end].y-pieces[i].y < pieces[i].size/2 {
			end++
		}
		rows = append(rows, cellsOf(pieces[i:end]))
		i = end
	}
	first := true
	for i := 0; i < len(rows); {
		end := i + 1
		for end < len(rows) && under(rows[end-1], rows[end]) {
			end++
		}
		if end-i >= 2 {
			table := make([][]string, 0, end-i)
			for _, row := range rows[i:end] {
				table = append(table, textsOf(row))
			}
			r.lines = append(r.lines, placed(tableOf(table), Source{Page: r.pages, Row: i + 1})...)
			first, i = false, end
			continue
		}
		begin := rows[i][0]
		indent := begin.x-edge > 1.5*begin.size && begin.x-edge < 3*begin.size
		r.lines = append(r.lines, line{text: strings.Join(textsOf(rows[i]), " "), page: first, indent: indent, place: Source{Page: r.pages, Row: i + 1}})
		first = false
		i++
	}
}

// cellsOf puts together the pieces of a line, parted where more than a character
// is free between them.
func cellsOf(row []piece) []cell {
	slices.SortStableFunc(row, func(a, b piece) int { return cmp.Compare(a.x, b.x) })
	var cells []cell
	var texts [][]string
	for _, p := range row {
		end := p.x + p.width
		if n := len(cells) - 1; n >= 0 && p.x <= cells[n].end+cells[n].size {
			cells[n].end, cells[n].size = end, p.size
			texts[n] = append(texts[n], p.text)
			continue
		}
		cells = append(cells, cell{p.x, end, p.size, ""})
		texts = append(texts, []string{p.text})
	}
	for i := range cells {
		cells[i].text = strings.Join(texts[i], "")
	}
	return cells
}

// under tells whether two lines are rows of one table: each cell of the second
// stands under one of the first.
func under(a, b []cell) bool {
	if len(a) < 2 || len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].x >= b[i].end || b[i].x >= a[i].end {
			return false
		}
	}
	return true
}

func textsOf(row []cell) []string {
	texts := make([]string, 0, len(row))
	for _, c := range row {
		texts = append(texts, c.text)
	}
	return texts
}
