package document

import (
	"bytes"
	"context"
	"errors"
	"html"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"policypush/internal/domain"
)

// readPDF has poppler's pdftotext tell where each text of the file stands, and, for
// pages on which something stands side by side, pdftocairo where lines are drawn. They
// are programs of their own, so a hostile file can crash or hang them, not us.
func readPDF(data []byte, lim Limits) ([]line, *domain.Error) {
	if _, err := exec.LookPath("pdftotext"); err != nil {
		return nil, domain.Errorf(domain.Invalid, "读PDF需要pdftotext，请安装poppler-utils（apt-get install poppler-utils），或把文件另存为docx后导入")
	}
	dir, err := os.MkdirTemp("", "policypush-pdf-")
	if err != nil {
		return nil, domain.Errorf(domain.Internal, "PDF的临时目录建不了").Because(err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "in.pdf")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		return nil, domain.Errorf(domain.Internal, "PDF的临时文件写不了").Because(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), lim.PDFTimeout)
	defer cancel()
	words := boxes{left: 8 * int64(lim.MaxText)}
	said, err := poppler(ctx, words.read, "pdftotext", "-bbox", "-enc", "UTF-8", file, "-")
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return nil, domain.Errorf(domain.Invalid, "PDF读了%s还没有读完（设置document.pdf_timeout），已停止，请另存为docx后导入", lim.PDFTimeout)
	case words.left <= 0:
		return nil, tooMuchText(lim)
	case strings.Contains(said, "Incorrect password"):
		return nil, domain.Errorf(domain.Invalid, "PDF加了密码，请取消密码后再导入")
	case err != nil:
		return nil, domain.Errorf(domain.Invalid, "PDF已损坏或不能读取，请重新导出").Because(errors.New(strings.TrimSpace(said)))
	case !words.any:
		return nil, domain.Errorf(domain.Invalid, "PDF里没有文字，可能是扫描件，请先做文字识别（OCR），再导入识别出的文字")
	}
	ctx, cancel = context.WithTimeout(ctx, lim.PDFTimeout/4)
	defer cancel()
	for i, s := range words.sheets {
		if onEnd, stacked := s.standsOnEnd(); onEnd && !stacked {
			keep := func(row string) error {
				if words.left -= int64(len(row)); words.left > 0 {
					s.printed = append(s.printed, strings.TrimLeft(strings.ToValidUTF8(row, ""), "\f"))
				}
				return nil
			}
			page := strconv.Itoa(i + 1)
			if _, err := poppler(ctx, keep, "pdftotext", "-layout", "-enc", "UTF-8", "-f", page, "-l", page, file, "-"); err != nil {
				break
			}
		}
	}
	for _, r := range tablePages(words.sheets) {
		d := drawing{sheets: words.sheets[r[0] : r[1]+1]}
		// A file of which the lines cannot be read reads worse, but reads.
		if _, err := poppler(ctx, d.read, "pdftocairo", "-svg", "-f", strconv.Itoa(r[0]+1), "-l", strconv.Itoa(r[1]+1), file, "-"); err != nil {
			break
		}
	}
	return readSheets(words.sheets), nil
}

// poppler runs one of its programs, which is killed with all that it started when its
// time is over, and returns what it complained of. Each line it prints is read.
func poppler(ctx context.Context, read func(string) error, program string, args ...string) (said string, err error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	var complaint bytes.Buffer
	left := int64(4096)
	out := lineWriter{read: read}
	cmd.Stdout = &out
	cmd.Stderr = tail{&complaint, &left}
	if err = cmd.Run(); err == nil {
		err = out.end()
	}
	return complaint.String(), err
}

// lineWriter has each line read that is written to it. Of one that is too long, such
// as a picture, the beginning is.
type lineWriter struct {
	read func(string) error
	line []byte
}

// longLine is where lines are cut.
const longLine = 1 << 16

func (w *lineWriter) Write(p []byte) (int, error) {
	n := len(p)
	for {
		end := bytes.IndexByte(p, '\n')
		part := p
		if end >= 0 {
			part = p[:end]
		}
		w.line = append(w.line, part[:min(len(part), longLine-len(w.line))]...)
		if end < 0 {
			return n, nil
		}
		if err := w.end(); err != nil {
			return 0, err
		}
		p = p[end+1:]
	}
}

func (w *lineWriter) end() error {
	err := w.read(string(w.line))
	w.line = w.line[:0]
	return err
}

// tail keeps the first n bytes and swallows the rest.
type tail struct {
	w io.Writer
	n *int64
}

func (t tail) Write(p []byte) (int, error) {
	k := min(int64(len(p)), *t.n)
	*t.n -= k
	if _, err := t.w.Write(p[:k]); err != nil {
		return 0, err
	}
	return len(p), nil
}

// boxes reads what pdftotext -bbox prints: pages of words, each with the box around it.
type boxes struct {
	sheets []*sheet
	left   int64 // bytes of words that may still be read
	any    bool  // whether there was a word
}

// wordCosts is what a word counts besides its text.
const wordCosts = 24

func (b *boxes) read(s string) error {
	s = strings.TrimSpace(s)
	switch {
	case strings.HasPrefix(s, "<page "):
		b.sheets = append(b.sheets, &sheet{number: len(b.sheets) + 1, width: number64(s, "width"), height: number64(s, "height")})
	case strings.HasPrefix(s, "<word ") && len(b.sheets) > 0:
		_, text, _ := strings.Cut(s, ">")
		text = strings.ToValidUTF8(html.UnescapeString(strings.TrimSuffix(text, "</word>")), "")
		if strings.TrimSpace(text) == "" {
			return nil
		}
		if b.left -= int64(len(text)) + wordCosts; b.left <= 0 {
			return errTooMuchText
		}
		b.any = true
		p := piece{x: number64(s, "xMin"), width: number64(s, "xMax") - number64(s, "xMin"), y: (number64(s, "yMin") + number64(s, "yMax")) / 2, text: text}
		p.tall = number64(s, "yMax") - number64(s, "yMin")
		p.size = max(2*p.width/float64(max(columns(text), 1)), 1)
		on := b.sheets[len(b.sheets)-1]
		on.pieces = append(on.pieces, p)
	}
	return nil
}

// number64 reads an attribute that is a number of points.
func number64(s, name string) float64 {
	_, s, _ = strings.Cut(s, " "+name+`="`)
	s, _, _ = strings.Cut(s, `"`)
	if n := numbers(s, 1); len(n) > 0 {
		return n[0]
	}
	return 0
}

// tablePages are the ranges of pages, from 0, on which several texts stand side by side,
// more than once.
func tablePages(sheets []*sheet) (ranges [][2]int) {
	for i, s := range sheets {
		beside := 0
		for _, r := range rowsOf(slices.Clone(s.pieces)) {
			if len(r.cells) > 1 {
				beside++
			}
		}
		if beside < 2 {
			continue
		}
		if n := len(ranges) - 1; n >= 0 && i-ranges[n][1] <= 3 {
			ranges[n][1] = i
		} else {
			ranges = append(ranges, [2]int{i, i})
		}
	}
	return ranges
}

// drawing reads what pdftocairo -svg prints: the lines that are drawn on pages.
type drawing struct {
	sheets []*sheet
	page   int // of sheets, from 0
	pages  int // that have begun
	within string
}

// notDrawn are the elements that only tell how something is drawn.
var notDrawn = []string{"defs", "clipPath", "symbol", "mask", "pattern"}

func (d *drawing) read(s string) error {
	s = strings.TrimSpace(s)
	if d.within != "" {
		if strings.Contains(s, "</"+d.within+">") {
			d.within = ""
		}
		return nil
	}
	for _, name := range notDrawn {
		if strings.HasPrefix(s, "<"+name) && !strings.Contains(s, "</"+name+">") && !strings.HasSuffix(s, "/>") {
			d.within = name
			return nil
		}
	}
	switch {
	case strings.HasPrefix(s, "<page>"):
		d.page = d.pages
		d.pages++
	case strings.HasPrefix(s, "<path") && d.page < len(d.sheets):
		on := d.sheets[d.page]
		on.draw(attribute(s, "d"), matrixOf(attribute(s, "transform")), !strings.Contains(s, "stroke:none") && strings.Contains(s, "stroke"))
	}
	return nil
}

func attribute(s, name string) string {
	_, s, _ = strings.Cut(s, " "+name+`="`)
	s, _, _ = strings.Cut(s, `"`)
	return s
}

// matrix tells how what is drawn is scaled, turned and moved.
type matrix [6]float64

func matrixOf(s string) matrix {
	s = strings.TrimSuffix(strings.TrimPrefix(s, "matrix("), ")")
	m := matrix{1, 0, 0, 1, 0, 0}
	if n := numbers(strings.ReplaceAll(s, ",", " "), 6); len(n) == 6 {
		copy(m[:], n)
	}
	return m
}

func (m matrix) apply(x, y float64) (float64, float64) {
	return m[0]*x + m[2]*y + m[4], m[1]*x + m[3]*y + m[5]
}

// readSheets reads pages one after the other.
func readSheets(sheets []*sheet) []line {
	var out []line
	var last *sheet
	for i, s := range sheets {
		if last != nil {
			s.text = last.text
		}
		lines := s.lines()
		if last != nil && s.goesOnWith(last) {
			lines = appendTable(out, lines)
		}
		out = append(out, lines...)
		sheets[i] = nil // it is not needed any more
		last = s
	}
	return out
}
