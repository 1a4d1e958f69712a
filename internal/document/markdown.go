package document

import (
	"strconv"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

// readMarkdown reads the blocks of a Markdown text. The numbers of ordered
// lists are put back into the text.
func readMarkdown(source string) []line {
	src := []byte(source)
	root := goldmark.New(goldmark.WithExtensions(extension.Table)).Parser().Parse(text.NewReader(src))
	m := markdownReader{src: src, items: map[*ast.List]int{}}
	// Walk fails only if the visitor does, and ours does not.
	_ = ast.Walk(root, m.visit)
	return m.lines
}

type markdownReader struct {
	src   []byte
	lines []line
	items map[*ast.List]int // the number of the next item of an ordered list
}

func (m *markdownReader) visit(n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	l := line{whole: true}
	switch n := n.(type) {
	case *ast.Heading:
		l.style, l.level = headingLine, n.Level
		if n.Level == 1 && len(m.lines) == 0 {
			l.style = titleLine
		}
		l.text = m.inline(n)
	case *ast.Paragraph, *ast.TextBlock:
		l.text = m.number(n) + m.inline(n)
	case *extast.Table:
		var rows [][]string
		for row := n.FirstChild(); row != nil; row = row.NextSibling() {
			var cells []string
			for cell := row.FirstChild(); cell != nil; cell = cell.NextSibling() {
				cells = append(cells, m.inline(cell))
			}
			rows = append(rows, cells)
		}
		m.lines = append(m.lines, tableOf(rows)...)
		return ast.WalkSkipChildren, nil
	case *ast.CodeBlock, *ast.FencedCodeBlock:
		// Indented by four blanks, Chinese paragraphs look like code.
		var b strings.Builder
		for i := range n.Lines().Len() {
			at := n.Lines().At(i)
			b.Write(at.Value(m.src))
		}
		m.lines = append(m.lines, readText(b.String())...)
		return ast.WalkSkipChildren, nil
	case *ast.HTMLBlock:
		var b strings.Builder
		for i := range n.Lines().Len() {
			at := n.Lines().At(i)
			b.Write(at.Value(m.src))
		}
		if lines, err := readHTML(b.String()); err == nil {
			m.lines = append(m.lines, lines...)
		}
		return ast.WalkSkipChildren, nil
	default:
		return ast.WalkContinue, nil
	}
	for part := range strings.SplitSeq(l.text, "\n") {
		one := l
		one.text = part
		m.lines = append(m.lines, one)
	}
	return ast.WalkSkipChildren, nil
}

// number returns the number of an item of an ordered list, which Markdown
// takes away from its text.
func (m *markdownReader) number(n ast.Node) string {
	item, ok := n.Parent().(*ast.ListItem)
	if !ok || item.FirstChild() != n {
		return ""
	}
	list, ok := item.Parent().(*ast.List)
	if !ok || !list.IsOrdered() {
		return ""
	}
	k, ok := m.items[list]
	if !ok {
		k = list.Start
	}
	m.items[list] = k + 1
	return strconv.Itoa(k) + "."
}

// inline returns the text under a node; a hard line break is a line feed, and
// a soft one is nothing between Chinese characters.
func (m *markdownReader) inline(n ast.Node) string {
	var b strings.Builder
	// As above: the visitor does not fail.
	_ = ast.Walk(n, func(c ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch c := c.(type) {
		case *ast.Text:
			b.Write(c.Segment.Value(m.src))
			if c.HardLineBreak() {
				b.WriteByte('\n')
			} else if c.SoftLineBreak() {
				b.WriteByte(' ')
			}
		case *ast.String:
			b.Write(c.Value)
		case *ast.AutoLink:
			b.Write(c.Label(m.src))
		case *ast.Image:
			return ast.WalkSkipChildren, nil
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}
