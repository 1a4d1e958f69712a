package web

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// byteOrderMark tells spreadsheets that a file is UTF-8.
const byteOrderMark = "\ufeff"

// statisticsFile is the page as a table: one line for each number, with what it is
// of and what it counts.
func (s *Server) statisticsFile(c *fiber.Ctx) error {
	v, err := s.statistics(c)
	if err != nil {
		return err
	}
	lines := [][]string{{"范围", v.Of, "", "", "", "截至" + moment(v.At)}, {"部分", "表", "分组", "指标", "数值", "说明"}}
	for _, section := range v.Sections {
		for _, f := range section.Figures {
			lines = append(lines, []string{section.Title, "合计", "", f.Name + "（" + f.Unit + "）", f.Plain(), f.Note})
		}
		for _, t := range section.Tables {
			for _, row := range t.Rows {
				for i, cell := range row.Cells {
					lines = append(lines, []string{section.Title, t.Caption, row.Name, t.Head[i], cell.Plain(), ""})
				}
			}
		}
	}
	var b bytes.Buffer
	b.WriteString(byteOrderMark)
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	for _, line := range lines {
		for i := range line {
			line[i] = spreadsheetText(line[i])
		}
		if err := w.Write(line); err != nil {
			return err
		}
	}
	if w.Flush(); w.Error() != nil {
		return w.Error()
	}
	noStore(c)
	c.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
	c.Set(fiber.HeaderContentDisposition, fmt.Sprintf(`attachment; filename="policypush-statistics-%s-%s.csv"`, v.Days.From, v.Days.To))
	return c.Send(b.Bytes())
}

// spreadsheetText keeps a spreadsheet from reading a text as a formula: titles and
// names are not ours.
func spreadsheetText(text string) string {
	if strings.IndexAny(text, "=+-@\t\r＝＋－＠") == 0 {
		return "'" + text
	}
	return text
}
