package document

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"policypush/internal/domain"
)

// readPDF has poppler's pdftotext read the file. It is a program of its own,
// so a hostile file can crash or hang that, not us: it runs in its own process
// group, which is killed when its time is over.
func readPDF(data []byte, lim Limits) ([]line, *domain.Error) {
	program, err := exec.LookPath("pdftotext")
	if err != nil {
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
	// The layout keeps the indent of paragraphs and the columns of tables.
	cmd := exec.CommandContext(ctx, program, "-layout", "-enc", "UTF-8", file, "-")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	var out bytes.Buffer
	var said bytes.Buffer
	left, leftSaid := 8*int64(lim.MaxText), int64(4096)
	cmd.Stdout = cappedWriter{&out, &left}
	cmd.Stderr = tail{&said, &leftSaid}
	err = cmd.Run()
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return nil, domain.Errorf(domain.Invalid, "PDF读了%s还没有读完（设置document.pdf_timeout），已停止，请另存为docx后导入", lim.PDFTimeout)
	case left <= 0:
		return nil, tooMuchText(lim)
	case strings.Contains(said.String(), "Incorrect password"):
		return nil, domain.Errorf(domain.Invalid, "PDF加了密码，请取消密码后再导入")
	case err != nil:
		return nil, domain.Errorf(domain.Invalid, "PDF已损坏或不能读取，请重新导出").Because(errors.New(strings.TrimSpace(said.String())))
	case len(bytes.TrimSpace(out.Bytes())) == 0:
		return nil, domain.Errorf(domain.Invalid, "PDF里没有文字，可能是扫描件，请先做文字识别（OCR），再导入识别出的文字")
	}
	return pdfLines(out.String()), nil
}

// cappedWriter fails after n bytes.
type cappedWriter struct {
	w io.Writer
	n *int64
}

func (c cappedWriter) Write(p []byte) (int, error) {
	if *c.n -= int64(len(p)); *c.n <= 0 {
		return 0, errTooMuchText
	}
	return c.w.Write(p)
}

// tail keeps the first n bytes and swallows the rest.
type tail cappedWriter

func (t tail) Write(p []byte) (int, error) {
	k := min(int64(len(p)), *t.n)
	*t.n -= k
	if _, err := t.w.Write(p[:k]); err != nil {
		return 0, err
	}
	return len(p), nil
}

// pdfLines reads the layout of pages: the indent of a line against the left
// edge of its page, and rows of cells.
func pdfLines(text string) []line {
	var lines []line
	for i, page := range strings.Split(text, "\f") {
		rows := strings.Split(page, "\n")
		edge := leftEdge(rows)
		first := i > 0
		for j := 0; j < len(rows); j++ {
			if strings.TrimSpace(rows[j]) == "" {
				continue
			}
			if cells, n := tableRows(rows[j:]); n > 0 {
				lines = append(lines, placed(tableOf(cells), Source{Page: i + 1, Row: j + 1})...)
				j += n - 1
				first = false
				continue
			}
			indent := leading(rows[j]) - edge
			lines = append(lines, line{text: rows[j], page: first, indent: indent >= 3 && indent <= 8, place: Source{Page: i + 1, Row: j + 1}})
			first = false
		}
	}
	return lines
}

func leading(s string) int { return len(s) - len(strings.TrimLeft(s, " ")) }

// leftEdge returns the blanks before most lines of a page.
func leftEdge(rows []string) int {
	edge := -1
	for _, r := range rows {
		if columns(strings.TrimSpace(r)) < shortest {
			continue
		}
		if n := leading(r); edge < 0 || n < edge {
			edge = n
		}
	}
	return max(edge, 0)
}

// wideCells cuts a row at three blanks or more.
func wideCells(row string) []string {
	var cells []string
	for c := range strings.SplitSeq(strings.TrimSpace(row), "   ") {
		if c = strings.TrimSpace(c); c != "" {
			cells = append(cells, c)
		}
	}
	return cells
}

// narrowCells cuts a row at every blank, if that makes three short cells or
// more: Chinese sentences have no blanks of their own.
func narrowCells(row string) []string {
	cells := strings.Fields(row)
	if len(cells) < 3 {
		return nil
	}
	for _, c := range cells {
		if columns(c) > 24 || strings.ContainsAny(c, "。，；：") {
			return nil
		}
	}
	return cells
}

// tableRows returns the rows that begin a page's rest and are a table, and how
// many lines they take: two rows or more with the same number of cells, blank
// lines between them allowed.
func tableRows(rows []string) ([][]string, int) {
	for _, cut := range []func(string) []string{wideCells, narrowCells} {
		width := len(cut(rows[0]))
		if width < 2 {
			continue
		}
		var cells [][]string
		end := 0
		for i, r := range rows {
			if strings.TrimSpace(r) == "" {
				continue
			}
			row := cut(r)
			if len(row) != width {
				break
			}
			cells, end = append(cells, row), i+1
		}
		if len(cells) > 1 {
			return cells, end
		}
	}
	return nil, 0
}
