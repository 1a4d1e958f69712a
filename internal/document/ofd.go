package document

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"path"
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
	err = r.read()
	lines := readSheets(r.sheets)
	switch {
	case errors.Is(err, errExpanded):
		return nil, bomb(lim)
	case errors.Is(err, errTooMuchText):
		return nil, tooMuchText(lim)
	case err != nil:
		return nil, brokenOFD().Because(err)
	case len(lines) == 0:
		return nil, domain.Errorf(domain.Invalid, "ofd文件里没有文字，可能是扫描件，请先做文字识别（OCR）")
	}
	return lines, nil
}

type ofdReader struct {
	files     map[string]*zip.File
	left      int64 // bytes that may still be unpacked
	limit     int64 // bytes of text that may still be read
	sheets    []*sheet
	templates map[string]string // the parts of templates, by their names
	used      map[string]bool   // those whose texts have been read
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
		r.templates, r.used = map[string]string{}, map[string]bool{}
		err := r.walk(root, func(_ *xml.Decoder, e xml.StartElement) error {
			part := place(path.Dir(root), value(e, "BaseLoc"))
			switch {
			case e.Name.Local == "TemplatePage" && len(r.templates) < maxPages:
				r.templates[value(e, "ID")] = part
			case e.Name.Local == "Page" && len(pages) < maxPages:
				pages = append(pages, part)
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

// page reads the texts and lines of a page, and those of the templates that it is
// written on.
func (r *ofdReader) page(name string) error {
	r.sheets = append(r.sheets, &sheet{number: len(r.sheets) + 1, width: 210, height: 297})
	return r.content(name, 0)
}

// maxTemplates is how deep templates may be written on templates.
const maxTemplates = 4

// content adds what a part holds to the last page. The texts of a template that stands
// on several pages count on the first.
func (r *ofdReader) content(name string, depth int) error {
	on := r.sheets[len(r.sheets)-1]
	repeated := depth > 0 && r.used[name]
	if depth > 0 {
		r.used[name] = true
	}
	var width, size, x, y float64
	var box [4]float64
	var turn matrix // how the object is scaled and turned within its box
	pen := true
	object := func(e xml.StartElement) {
		box = [4]float64{}
		copy(box[:], numbers(value(e, "Boundary"), 4))
		turn = matrix{1, 0, 0, 1, 0, 0}
		if ctm := numbers(value(e, "CTM"), 6); len(ctm) == 6 {
			copy(turn[:], ctm)
		}
		turn[4] += box[0]
		turn[5] += box[1]
	}
	return r.walk(name, func(d *xml.Decoder, e xml.StartElement) error {
		switch e.Name.Local {
		case "Template":
			if part := r.templates[value(e, "TemplateID")]; part != "" && depth < maxTemplates {
				return r.content(part, depth+1)
			}
		case "PathObject":
			object(e)
			pen = value(e, "Stroke") != "false"
		case "AbbreviatedData":
			var s string
			if err := d.DecodeElement(&s, &e); err != nil {
				return err
			}
			on.draw(s, turn, pen)
		case "TextObject":
			object(e)
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
			if repeated {
				return nil
			}
			if r.limit -= int64(len(s)); r.limit < 0 {
				return errTooMuchText
			}
			left, base := turn.apply(x, y)
			tall, broad := math.Hypot(turn[2], turn[3])*size, math.Hypot(turn[0], turn[1])
			tall = max(tall, 1)
			if width = written(s, tall); steps != "" {
				width = tall + broad*distance(steps)
			} else if free := box[2] - (left - box[0]); free > width { // a box that is not much wider is that of the text
				width = min(free, 2*width)
			}
			if strings.TrimSpace(s) != "" {
				on.pieces = append(on.pieces, piece{x: left, y: base - 0.35*tall, size: tall, width: width, text: s})
			}
		}
		return nil
	})
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
