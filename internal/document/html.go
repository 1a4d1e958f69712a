package document

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"policypush/internal/domain"
)

// maxDepth is how deep elements may nest; the parser refuses more than 512.
const maxDepth = 600

// readHTML reads the part of a page that holds its text.
func readHTML(source string) ([]line, *domain.Error) {
	root, err := html.Parse(strings.NewReader(source))
	if err != nil {
		return nil, domain.Errorf(domain.Invalid, "网页读不了，请在浏览器中另存后再导入").Because(err)
	}
	p := page{weights: map[*html.Node]weight{}, items: map[*html.Node]int{}}
	p.weigh(root, 0)
	main := p.main(root)
	p.walk(main, 0)
	p.flush()
	if t := strings.TrimSpace(p.title()); t != "" && len(p.lines) > 0 && !p.hasTitle(t) {
		p.lines = append([]line{{text: t, style: titleLine, whole: true}}, p.lines...)
	}
	return p.lines, nil
}

// weight is how much text an element holds, in bytes, and how much of it
// stands in links.
type weight struct{ text, links int }

type page struct {
	weights  map[*html.Node]weight
	heading  string // of the first h1
	metaName string // of the meta element that offices name the article in
	docTitle string

	lines []line
	items map[*html.Node]int // how many items of an ordered list were read
	open  strings.Builder    // the paragraph being read
	style style
	level int
	// middle tells that the element is set in the middle.
	middle bool
}

// skipped are the elements that hold no text of the document.
var skipped = map[atom.Atom]bool{
	atom.Script: true, atom.Style: true, atom.Noscript: true, atom.Nav: true, atom.Footer: true, atom.Aside: true,
	atom.Button: true, atom.Select: true, atom.Iframe: true, atom.Object: true, atom.Svg: true, atom.Template: true, atom.Textarea: true,
	atom.Input: true, atom.Head: true, atom.Video: true, atom.Audio: true, atom.Math: true,
}

func isSkipped(n *html.Node) bool {
	if n.Type == html.CommentNode || n.Type == html.DoctypeNode || n.Type == html.ElementNode && skipped[n.DataAtom] {
		return true
	}
	for _, a := range n.Attr {
		switch a.Key {
		case "hidden":
			return true
		case "style":
			if s := strings.ReplaceAll(strings.ToLower(a.Val), " ", ""); strings.Contains(s, "display:none") || strings.Contains(s, "visibility:hidden") {
				return true
			}
		case "aria-hidden":
			if a.Val == "true" {
				return true
			}
		}
	}
	return false
}

// weigh sums up the text below n and finds the names that the page gives its
// article.
func (p *page) weigh(n *html.Node, depth int) weight {
	var w weight
	if n.Type == html.TextNode {
		w.text = len(strings.TrimSpace(n.Data))
		return w
	}
	switch n.DataAtom {
	case atom.Title:
		if p.docTitle == "" && n.Namespace == "" {
			p.docTitle = textOf(n, 0)
		}
	case atom.Meta:
		if strings.EqualFold(attr(n, "name"), "ArticleTitle") {
			p.metaName = attr(n, "content")
		}
	case atom.H1:
		if p.heading == "" {
			p.heading = textOf(n, 0)
		}
	}
	if depth > maxDepth {
		return w
	}
	skip := isSkipped(n) && n.DataAtom != atom.Head
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		below := p.weigh(c, depth+1)
		if !skip {
			w.text += below.text
			w.links += below.links
		}
	}
	if n.DataAtom == atom.A {
		w.links = w.text
	}
	if n.DataAtom == atom.Head {
		w = weight{}
	}
	p.weights[n] = w
	return w
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// main returns the smallest element that holds three quarters of the text
// outside links.
func (p *page) main(root *html.Node) *html.Node {
	all := p.weights[root].text - p.weights[root].links
	n := root
	for range maxDepth {
		var down *html.Node
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			if w := p.weights[c]; c.Type == html.ElementNode && !isSkipped(c) && (w.text-w.links)*4 > all*3 {
				down = c
			}
		}
		if down == nil || !isContainer(down) {
			return n
		}
		n = down
	}
	return n
}

// isContainer tells whether an element may hold a whole article.
func isContainer(n *html.Node) bool {
	switch n.DataAtom {
	case atom.P, atom.Span, atom.Li, atom.H1, atom.H2, atom.H3, atom.Pre, atom.A, atom.B, atom.Strong, atom.Font, atom.Table, atom.Ul, atom.Ol:
		return false
	}
	return true
}

// title returns the name of the article as the page states it.
func (p *page) title() string {
	for _, s := range []string{p.metaName, p.heading, siteless(p.docTitle)} {
		if s = normalise(s); columns(s) >= 8 && columns(s) <= 240 {
			return s
		}
	}
	return ""
}

// siteless cuts the name of the site off a page's title.
func siteless(s string) string {
	for _, sep := range []string{"_", "|", " - ", "－", "—"} {
		if before, _, ok := strings.Cut(s, sep); ok {
			s = before
		}
	}
	return s
}

// hasTitle tells whether the text states its title itself.
func (p *page) hasTitle(t string) bool {
	var head strings.Builder
	for i := 0; i < len(p.lines) && i < beforeBody; i++ {
		head.WriteString(normalise(p.lines[i].text))
	}
	return strings.Contains(strings.ReplaceAll(head.String(), " ", ""), strings.ReplaceAll(t, " ", ""))
}

func textOf(n *html.Node, depth int) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	if depth > maxDepth {
		return ""
	}
	if n.DataAtom == atom.Br {
		return "\n"
	}
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if isSkipped(c) {
			continue
		}
		below := textOf(c, depth+1)
		if c.DataAtom == atom.Sup {
			below = raised(below)
		}
		b.WriteString(below)
		if isBlock(c) {
			b.WriteByte('\n') // 500 and 300 in two paragraphs of a cell are not 500300
		}
	}
	return b.String()
}

func (p *page) flush() {
	if s := strings.TrimSpace(p.open.String()); s != "" {
		broken := strings.Split(s, "\n")
		for i, part := range broken {
			if strings.TrimSpace(part) != "" {
				// Nothing says that a paragraph ends where only its line does.
				p.lines = append(p.lines, line{text: part, style: p.style, level: p.level, whole: i == len(broken)-1 && p.style != titleLine, indent: isIndented(part), middle: p.middle})
			}
		}
	}
	p.open.Reset()
}

func (p *page) walk(n *html.Node, depth int) {
	switch {
	case n.Type == html.TextNode:
		p.open.WriteString(strings.Map(func(r rune) rune {
			if r == '\n' || r == '\r' {
				return ' '
			}
			return r
		}, n.Data))
		return
	case n.DataAtom == atom.Sup:
		p.open.WriteString(raised(textOf(n, depth)))
		return
	case isSkipped(n) || depth > maxDepth:
		return
	case n.DataAtom == atom.Br:
		p.open.WriteByte('\n')
		return
	case n.DataAtom == atom.Table:
		p.flush()
		if lines := p.table(n); lines != nil {
			p.lines = append(p.lines, lines...)
			return
		}
	case n.DataAtom == atom.Pre:
		p.flush()
		p.lines = append(p.lines, readText(textOf(n, depth))...)
		return
	}
	block := isBlock(n)
	before, level, middle := p.style, p.level, p.middle
	if block {
		p.flush()
		p.middle = isMiddle(n, p.middle)
		switch n.DataAtom {
		case atom.H1:
			p.style = titleLine
		case atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
			p.style, p.level = headingLine, int(n.Data[1]-'0')
		case atom.Li:
			if n.Parent != nil && n.Parent.DataAtom == atom.Ol {
				p.items[n.Parent]++
				if numberOf(normalise(textOf(n, 0))).rank == noRank {
					p.open.WriteString(strconv.Itoa(p.items[n.Parent]) + ".")
				}
			}
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		p.walk(c, depth+1)
	}
	if block {
		p.flush()
	}
	p.style, p.level, p.middle = before, level, middle
}

// isMiddle tells whether an element is set in the middle of the page, if that it stands
// in is, or is not.
func isMiddle(n *html.Node, outer bool) bool {
	if n.DataAtom == atom.Center {
		return true
	}
	style := strings.ReplaceAll(strings.ToLower(attr(n, "style")), " ", "")
	switch {
	case strings.Contains(style, "text-align:center"):
		return true
	case strings.Contains(style, "text-align:"):
		return false
	case attr(n, "align") != "":
		return strings.EqualFold(attr(n, "align"), "center")
	}
	return outer
}

func isBlock(n *html.Node) bool {
	switch n.DataAtom {
	case atom.P, atom.Div, atom.Section, atom.Article, atom.Main, atom.Header, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6,
		atom.Ul, atom.Ol, atom.Li, atom.Dl, atom.Dt, atom.Dd, atom.Table, atom.Tbody, atom.Thead, atom.Tr, atom.Td, atom.Th, atom.Caption,
		atom.Blockquote, atom.Center, atom.Hr, atom.Figure, atom.Figcaption, atom.Fieldset, atom.Body, atom.Html, atom.Details, atom.Summary:
		return true
	}
	return false
}

// smallTable is how much text a table in a cell of another may hold, in bytes, where that
// is one of data.
const smallTable = 600

// table reads a table of data. It returns nil for one that only arranges the
// page: of one column, with another table in it, or with long texts in cells. One
// with names of columns may have small ones in its cells.
func (p *page) table(n *html.Node) []line {
	var g grid
	layout, named := false, false
	var visit func(*html.Node, int)
	visit = func(n *html.Node, depth int) {
		for c := n.FirstChild; c != nil && !layout && depth < maxDepth; c = c.NextSibling {
			switch c.DataAtom {
			case atom.Table:
				layout = true
			case atom.Tr:
				g.begin()
				visit(c, depth+1)
				g.fill()
			case atom.Td, atom.Th:
				named = named || c.DataAtom == atom.Th
				if len(g.rows) == 0 || hasTable(c, 0) && (!named || p.weights[c].text > smallTable) || p.weights[c].text > 3000 {
					layout = true
					return
				}
				g.add(textOf(c, 0), digits(attr(c, "colspan")), digits(attr(c, "rowspan")))
			default:
				visit(c, depth+1)
			}
		}
	}
	visit(n, 0)
	if layout || g.most < 2 {
		return nil
	}
	return tableOf(g.rows)
}

// grid lays out cells that take several columns and rows. A cell of several rows
// says the same in each of them, so that every row can be read for itself; one of
// several columns leaves the others empty.
type grid struct {
	rows   [][]string
	spans  []span // by column: of the cells above that go on
	copied int    // bytes
	cells  int    // of the last row
	most   int    // of a row
}

// span is a cell that goes on in the rows below.
type span struct {
	rows int // how many more
	text string
}

// maxCopied bounds what cells of several rows add to a text, in bytes.
const maxCopied = 1 << 20

func (g *grid) begin() { g.rows, g.cells = append(g.rows, nil), 0 }

// fill adds the cells above that go on at this place of the last row.
func (g *grid) fill() {
	row := &g.rows[len(g.rows)-1]
	for len(*row) < len(g.spans) && g.spans[len(*row)].rows > 0 {
		s := &g.spans[len(*row)]
		s.rows--
		if g.copied += len(s.text) + 1; g.copied > maxCopied {
			g.spans = nil
			return
		}
		*row = append(*row, s.text)
	}
}

func (g *grid) add(text string, columns, rows int) {
	g.fill()
	g.cells++
	g.most = max(g.most, g.cells)
	row := &g.rows[len(g.rows)-1]
	for i := range min(max(columns, 1), maxWide) {
		if i > 0 {
			text = ""
		}
		if at := len(*row); rows > 1 {
			for len(g.spans) <= at {
				g.spans = append(g.spans, span{})
			}
			g.spans[at] = span{rows - 1, text}
		}
		*row = append(*row, text)
	}
}

func hasTable(n *html.Node, depth int) bool {
	if depth > maxDepth {
		return true
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.DataAtom == atom.Table || hasTable(c, depth+1) {
			return true
		}
	}
	return false
}

// tableOf makes one line of a table: rows parted by line feeds, cells by tabs.
// Empty rows are left out.
func tableOf(rows [][]string) []line {
	var b strings.Builder
	for _, row := range rows {
		var cells []string
		filled := false
		for _, c := range row {
			c = normalise(c)
			filled = filled || c != ""
			cells = append(cells, c)
		}
		if !filled {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(strings.TrimRight(strings.Join(cells, "\t"), "\t"))
	}
	if b.Len() == 0 {
		return nil
	}
	return []line{{text: b.String(), style: tableLine, whole: true}}
}
