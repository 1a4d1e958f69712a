package document

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"policypush/internal/automaton"
)

// sheet is a page on which texts stand at places and lines are drawn: of a PDF or an
// OFD file. Its units are those of the format, from the top left corner.
type sheet struct {
	number        int
	width, height float64
	pieces        []piece
	rules         []rule

	begins, ends []float64 // where the columns of the table are parted that the page begins or ends with
	head         string    // the first line
	text         block     // of its lines; before they are read, of those of the page before

	printed []string // its lines as the program prints them that can tell what stands on end
}

// piece is a text at a place: y is the middle of its characters, size how tall they are.
type piece struct {
	x, y, size, width float64
	tall              float64 // of the box around it, where the format tells
	text              string
}

func (p piece) end() float64 { return p.x + p.width }

// cell is what stands together in a line.
type cell struct {
	x, end, size float64
	text         string
}

// row is what stands on one height of a page, from left to right: words parted where
// anything is free between them, cells where more than a character is.
type row struct {
	y, size      float64
	words, cells []cell
	number       int // of the page, from 1
}

func (r *row) x() float64   { return r.cells[0].x }
func (r *row) end() float64 { return r.cells[len(r.cells)-1].end }

// maxPieces bounds how many texts of a page are laid out.
const maxPieces = 200_000

// lines reads a page: the tables that are drawn on it, and, around them, columns of
// text, tables without lines, and paragraphs' lines.
func (s *sheet) lines() []line {
	if len(s.pieces) > maxPieces {
		s.pieces = s.pieces[:maxPieces]
	}
	if s.printed != nil {
		return s.asPrinted()
	}
	s.turn()
	em := s.em()
	if em == 0 {
		return nil
	}
	type part struct {
		rows []row // else a table
		made []line
	}
	var parts []part
	tables, rest := s.ruled(em)
	slices.SortStableFunc(tables, func(a, b ruledTable) int { return cmp.Compare(a.y, b.y) })
	rows := rowsOf(rest)
	s.edges(tables, rows)
	for i := range rows {
		rows[i].number = i + 1
	}
	whole := extentOf(rows, em).within(s.text, em)
	s.text = whole
	for _, t := range tables {
		n := 0
		for n < len(rows) && rows[n].y < t.y {
			n++
		}
		parts = append(parts, part{rows: rows[:n]}, part{made: placed(t.lines, Source{Page: s.number, Row: n + 1})})
		rows = rows[n:]
	}
	parts = append(parts, part{rows: rows})
	var out []line
	for _, p := range parts {
		out = append(out, p.made...)
		for _, column := range columnsOf(p.rows, em) {
			out = append(out, s.read(column, whole, em)...)
		}
	}
	if len(out) > 0 {
		out[0].page = s.number > 1
	}
	return out
}

// asPrinted takes the lines of a page for what they are.
func (s *sheet) asPrinted() []line {
	var out []line
	for i, text := range s.printed {
		if strings.TrimSpace(text) != "" {
			out = append(out, line{text: text, page: len(out) == 0 && s.number > 1, place: Source{Page: s.number, Row: i + 1}})
		}
	}
	return out
}

// edges notes whether the page begins or ends with a table, but for what every page
// has above and below its text.
func (s *sheet) edges(tables []ruledTable, rows []row) {
	if len(rows) > 0 {
		s.head = normalise(strings.Join(textsOf(rows[0].cells), ""))
	}
	if len(tables) == 0 {
		return
	}
	above, below := 0, 0
	first, last := tables[0], tables[len(tables)-1]
	for i := range rows {
		text := normalise(strings.Join(textsOf(rows[i].cells), ""))
		switch {
		case pageNumber.MatchString(text), bareNumber.MatchString(text):
		case rows[i].y < first.y:
			above++
		case rows[i].y > last.end:
			below++
		}
	}
	if above <= 1 {
		s.begins = first.xs
		if above == 0 {
			s.head = ""
		}
	}
	if below == 0 {
		s.ends = last.xs
	}
}

// goesOnWith tells whether the page begins with the rest of the table that the one
// before ends with: its columns are parted at the same places, and nothing but what
// stands above the text of both comes before it.
func (s *sheet) goesOnWith(before *sheet) bool {
	if len(s.begins) < 3 || len(s.begins) != len(before.ends) || s.head != "" && s.head != before.head && !continued.MatchString(s.head) {
		return false
	}
	for i := range s.begins {
		if math.Abs(s.begins[i]-before.ends[i]) > s.thin() {
			return false
		}
	}
	return true
}

// continued is what stands above the rest of a table.
var continued = automaton.MustCompile(`^\(?(?:续表?|接上[页表])\)?\d{0,2}$`)

// appendTable adds the first table of a page's lines to the last before them, without
// its head, and returns what is left of them.
func appendTable(before, lines []line) []line {
	isTable := func(l line) bool { return l.style == tableLine }
	to, from := len(before)-1, slices.IndexFunc(lines, isTable)
	for to >= 0 && !isTable(before[to]) {
		to--
	}
	if to < 0 || from < 0 {
		return lines
	}
	head, _, _ := strings.Cut(before[to].text, "\n")
	rows := lines[from].text
	if first, rest, _ := strings.Cut(rows, "\n"); first == head {
		rows = rest
	}
	if rows != "" {
		before[to].text += "\n" + rows
	}
	page := lines[0].page
	lines = slices.Delete(lines, from, from+1)
	if len(lines) > 0 {
		lines[0].page = page
	}
	return lines
}

// em is how tall most characters are.
func (s *sheet) em() float64 {
	sizes := make([]float64, 0, len(s.pieces))
	for _, p := range s.pieces {
		sizes = append(sizes, p.size)
	}
	if len(sizes) == 0 {
		return 0
	}
	slices.Sort(sizes)
	return sizes[len(sizes)/2]
}

// rowsOf puts together what stands on one height: pieces whose middles lie within half
// a character of each other.
func rowsOf(pieces []piece) []row {
	slices.SortStableFunc(pieces, func(a, b piece) int { return cmp.Compare(a.y, b.y) })
	var rows []row
	for i := 0; i < len(pieces); {
		end := i + 1
		for end < len(pieces) && pieces[end].y-pieces[i].y < min(pieces[i].size, pieces[end].size)/2 {
			end++
		}
		rows = append(rows, rowOf(pieces[i:end]))
		i = end
	}
	return rows
}

func rowOf(pieces []piece) row {
	slices.SortStableFunc(pieces, func(a, b piece) int { return cmp.Compare(a.x, b.x) })
	r := row{y: pieces[0].y}
	for _, p := range pieces {
		r.size = max(r.size, p.size)
		r.words = join(r.words, p, 0.3*p.size, "")
		r.cells = join(r.cells, p, 1.2*p.size, " ")
	}
	return r
}

// join adds a piece to the last of some cells, if not more than so much is free
// between them, else as one of its own. A blank stands for what is free.
func join(cells []cell, p piece, free float64, blank string) []cell {
	if n := len(cells) - 1; n >= 0 && p.x <= cells[n].end+free {
		last := &cells[n]
		if p.x > last.end+0.2*p.size {
			last.text += blank
		}
		last.text += p.text
		last.end, last.size = max(last.end, p.end()), p.size
		return cells
	}
	return append(cells, cell{p.x, p.end(), p.size, p.text})
}

// block is where rows of a text begin and end, and how many of them reach the end.
type block struct {
	edge, margin float64
	reach        int
}

// extentOf is the block that rows make; of no row that is long nothing is known.
func extentOf(rows []row, em float64) block {
	b := block{-1, -1, 0}
	for i := range rows {
		r := &rows[i]
		if wide := r.end() - r.x(); wide < shortest/2*em {
			continue
		}
		if b.edge < 0 || r.x() < b.edge {
			b.edge = r.x()
		}
		b.margin = max(b.margin, r.end())
	}
	for i := range rows {
		if b.margin-rows[i].end() < 1.5*em {
			b.reach++
		}
	}
	return b
}

// within is the block of few rows, as between tables or on the last page, which end where
// those of the whole page, or of the page before, do.
func (b block) within(whole block, em float64) block {
	if b.reach < leastFull && b.edge >= 0 && b.edge >= whole.edge-em/2 && math.Abs(whole.margin-b.margin) < 1.5*em {
		return whole
	}
	return b
}

// read makes lines of rows that stand one under the other.
func (s *sheet) read(rows []row, whole block, em float64) []line {
	here := extentOf(rows, em).within(whole, em)
	edge, margin, reach := here.edge, here.margin, here.reach
	var out []line
	for i := 0; i < len(rows); {
		at := Source{Page: s.number, Row: rows[i].number}
		if cells, n := tableAt(rows[i:], em); n > 0 {
			out = append(out, placed(tableOf(cells), at)...)
			i += n
			continue
		}
		r := &rows[i]
		i++
		if len(r.cells) > 1 && allOffices(r.cells) {
			for _, c := range r.cells {
				out = append(out, line{text: c.text, place: at})
			}
			continue
		}
		before, behind := r.x()-edge, margin-r.end()
		out = append(out, line{
			text: strings.Join(textsOf(r.cells), "   "), place: at,
			indent: edge >= 0 && before > 1.4*em && before < 4*em && behind < 4*em,
			middle: edge >= 0 && before > 1.4*em && math.Abs(before-behind) < 2*em,
			full:   reach >= leastFull && before < 4*em && behind < 1.5*em,
		})
	}
	return out
}

// leastFull is how many lines reach the margin where it breaks them.
const leastFull = 3

// allOffices tells whether cells are names of offices, which stand in columns above a
// title and below a text, and are no table.
func allOffices(cells []cell) bool {
	for _, c := range cells {
		if name := normalise(c.text); name != "文件" && !isOrgLine(name) {
			return false
		}
	}
	return true
}

func textsOf(cells []cell) []string {
	texts := make([]string, 0, len(cells))
	for _, c := range cells {
		texts = append(texts, c.text)
	}
	return texts
}

// leastRows is how many rows make two columns of text, and leastColumn how many
// characters a line of one has.
const leastRows, leastColumn = 8, 10

// columnsOf parts rows that are two columns of text: nothing crosses what is free
// between them, and both are mostly full. A table is not: its cells end anywhere.
func columnsOf(rows []row, em float64) [][]row {
	var out [][]row
	done := 0
	for i := 0; i < len(rows); i++ {
		if len(rows[i].cells) != 2 {
			continue
		}
		from, to := rows[i].cells[0].end, rows[i].cells[1].x
		end, both := i, 0
		for ; end < len(rows); end++ {
			f, t := from, to
			ok := true
			for _, c := range rows[end].cells {
				switch {
				case c.end <= t && c.x < f:
					f = max(f, c.end)
				case c.x >= f && c.end > t:
					t = min(t, c.x)
				default:
					ok = false
				}
			}
			if !ok || t-f < 0.7*em {
				break
			}
			from, to = f, t
			if len(rows[end].cells) == 2 {
				both++
			}
		}
		if both < leastRows || !isProse(rows[i:end], from, to, em) {
			continue
		}
		left, right := make([]row, 0, end-i), make([]row, 0, end-i)
		for _, r := range rows[i:end] {
			for _, c := range r.cells {
				one := row{y: r.y, size: r.size, cells: []cell{c}, number: r.number}
				for _, w := range r.words {
					if w.x >= c.x && w.end <= c.end {
						one.words = append(one.words, w)
					}
				}
				if c.x < from {
					left = append(left, one)
				} else {
					right = append(right, one)
				}
			}
		}
		out = append(out, rows[done:i], left, right)
		done, i = end, end-1
	}
	return append(out, rows[done:])
}

// isProse tells whether both sides of rows are mostly filled with text.
func isProse(rows []row, from, to, em float64) bool {
	left, right := from, to
	for i := range rows {
		left, right = min(left, rows[i].x()), max(right, rows[i].end())
	}
	if from-left < leastColumn*em || right-to < leastColumn*em {
		return false
	}
	full, all := [2]int{}, [2]int{}
	for i := range rows {
		for _, c := range rows[i].cells {
			side, edge := 0, from
			if c.x >= from {
				side, edge = 1, right
			}
			all[side]++
			if edge-c.end < 2*em {
				full[side]++
			}
		}
	}
	return full[0]*10 >= all[0]*6 && full[1]*10 >= all[1]*6
}

// extent is where a column of a table stands.
type extent struct{ x, end float64 }

// tableAt returns the table without lines that rows begin with, and how many of them
// it takes: two rows or more whose cells stand under each other. A row whose cells
// only go on in the next is one with it.
func tableAt(rows []row, em float64) ([][]string, int) {
	if cells, n := narrowTable(rows); n > 0 {
		return cells, n
	}
	if len(rows) < 2 {
		return nil, 0
	}
	middle := false // whether short cells stand beside the middle of long ones
	first := &rows[0]
	if len(first.cells) == 1 {
		next := &rows[1]
		if len(next.cells) < 2 || next.y-first.y > 2*em || inColumn(extentsOf(next.cells), first.cells[0]) < 1 || !begins(next.cells, first.cells[0], em) {
			return nil, 0
		}
		middle = true
		first = next
	}
	columns := extentsOf(first.cells)
	n := 0
	for ; n < len(rows); n++ {
		r := &rows[n]
		if n > 0 && r.y-rows[n-1].y > 3.5*em {
			break
		}
		grown, ok := grow(columns, r.cells)
		if !ok || len(r.cells) == 1 && !continues(rows[:n], columns, r, em, middle && n == 0) {
			break
		}
		columns = grown
	}
	// What stands alone at the end belongs to the text, unless a cell goes on in it.
	multi := 0
	for i := range rows[:n] {
		if len(rows[i].cells) > 1 {
			multi++
		}
	}
	if multi < 2 {
		return nil, 0
	}
	rows = rows[:n]
	if !slices.ContainsFunc(rows, func(r row) bool { return !allOffices(r.cells) }) {
		return nil, 0
	}
	// The rows in which each row of the table begins.
	var keys []int
	for i := range rows {
		if middle {
			if inColumn(columns, rows[i].cells[0]) == 0 {
				keys = append(keys, i)
			}
		} else if i == 0 || len(rows[i].cells) > 1 && !wraps(rows[i-1], rows[i], columns, em) {
			keys = append(keys, i)
		}
	}
	if len(keys) < 2 {
		return nil, 0
	}
	table := make([][]string, len(keys))
	for k := range table {
		table[k] = make([]string, len(columns))
	}
	k := 0
	for i := range rows {
		for k+1 < len(keys) && (middle && rows[keys[k+1]].y-rows[i].y < rows[i].y-rows[keys[k]].y || !middle && i >= keys[k+1]) {
			k++
		}
		for _, c := range rows[i].cells {
			if at := inColumn(columns, c); at >= 0 {
				table[k][at] = glued(table[k][at], c.text)
			}
		}
	}
	return table, n
}

// narrowTable is a table whose cells have little free between them: rows of three
// short cells or more without a stop. Chinese sentences have no blanks of their own.
func narrowTable(rows []row) ([][]string, int) {
	short := func(r *row) bool {
		return len(r.words) >= 3 && len(r.words) > len(r.cells) && !slices.ContainsFunc(r.words, func(c cell) bool {
			return columns(c.text) > 24 || strings.ContainsAny(c.text, "。，；：")
		})
	}
	n := 0
	var cells [][]string
	for n < len(rows) && short(&rows[n]) && len(rows[n].words) == len(rows[0].words) && (n == 0 || under(rows[n-1].words, rows[n].words)) {
		cells = append(cells, textsOf(rows[n].words))
		n++
	}
	if n < 2 {
		return nil, 0
	}
	return cells, n
}

// under tells whether each cell of the second row stands under one of the first.
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

func extentsOf(cells []cell) []extent {
	out := make([]extent, 0, len(cells))
	for _, c := range cells {
		out = append(out, extent{c.x, c.end})
	}
	return out
}

// inColumn returns the only column that a cell stands in, or -1.
func inColumn(columns []extent, c cell) int {
	found := -1
	for i, e := range columns {
		if c.x < e.end && e.x < c.end {
			if found >= 0 {
				return -1
			}
			found = i
		}
	}
	return found
}

// begins tells whether one of the cells begins where c does.
func begins(cells []cell, c cell, em float64) bool {
	return slices.ContainsFunc(cells, func(o cell) bool { return o.x-c.x < em && c.x-o.x < em })
}

// grow makes columns as wide as the cells of one more row. It fails where a cell
// stands in two columns, or two cells in one.
func grow(columns []extent, cells []cell) ([]extent, bool) {
	grown := slices.Clone(columns)
	used := map[int]bool{}
	for _, c := range cells {
		at := inColumn(columns, c)
		if at < 0 {
			if slices.ContainsFunc(columns, func(e extent) bool { return c.x < e.end && e.x < c.end }) {
				return nil, false
			}
			grown = append(grown, extent{c.x, c.end})
			continue
		}
		if used[at] {
			return nil, false
		}
		used[at] = true
		grown[at] = extent{min(grown[at].x, c.x), max(grown[at].end, c.end)}
	}
	slices.SortFunc(grown, func(a, b extent) int { return cmp.Compare(a.x, b.x) })
	for i := 1; i < len(grown); i++ {
		if grown[i].x < grown[i-1].end {
			return nil, false
		}
	}
	return grown, true
}

// continues tells whether a row of one cell goes on with a cell of the rows above, and
// is not a line of the text: it begins where that does, and nothing new.
func continues(above []row, columns []extent, r *row, em float64, first bool) bool {
	if first {
		return true
	}
	c := r.cells[0]
	text := normalise(c.text)
	if numberOf(text).rank != noRank || isDateLine(text) || len(above) == 0 || r.y-above[len(above)-1].y > 2*em {
		return false
	}
	at := inColumn(columns, c)
	if at < 0 {
		return false
	}
	for i := len(above) - 1; i >= 0 && i >= len(above)-3; i-- {
		for _, o := range above[i].cells {
			if inColumn(columns, o) == at {
				return o.x-c.x < em && c.x-o.x < em && c.end <= o.end+2*em || inColumn(columns, o) > 0 && !isOrgLine(text)
			}
		}
	}
	return at > 0 && !isOrgLine(text)
}

// wraps tells whether all cells of a row go on with those above: the row has fewer of
// them than the table, and each of those above is as wide as its column.
func wraps(above, r row, columns []extent, em float64) bool {
	if len(r.cells) >= len(columns) || r.y-above.y > 2*em {
		return false
	}
	for _, c := range r.cells {
		at := inColumn(columns, c)
		full := slices.ContainsFunc(above.cells, func(o cell) bool { return inColumn(columns, o) == at && o.end >= columns[at].end-2*em })
		if at < 0 || !full {
			return false
		}
	}
	return true
}

// glued joins two lines of a cell: numbers stay apart.
func glued(a, b string) string {
	if a == "" {
		return b
	}
	last, _ := utf8.DecodeLastRuneInString(a)
	if isAlnum(last) && isAlnum(firstRune(b)) {
		return a + " " + b
	}
	return a + b
}

// standsOnEnd tells whether most texts of a page read upwards or downwards, as those of
// tables do that are broader than the paper, and whether its characters come one by one.
func (s *sheet) standsOnEnd() (onEnd, stacked bool) {
	long, single := 0, 0
	for i, p := range s.pieces {
		switch n := utf8.RuneCountInString(p.text); {
		case i > 0 && p.stacked(s.pieces[i-1]):
			single++
		case n >= 3 && p.tall > p.width:
			long += n
		case n >= 3:
			return false, false
		}
	}
	return long+single >= leastOnEnd, single > long
}

// leastOnEnd is how many characters a page has that stands on end.
const leastOnEnd = 20

// stacked tells whether a character stands above or below the one before.
func (p piece) stacked(before piece) bool {
	return p.tall > 0 && p.x == before.x && p.width == before.width && utf8.RuneCountInString(p.text) == 1
}

// turn lays a page upright whose characters are stacked. The last one of a line comes
// first in the file.
func (s *sheet) turn() {
	if _, stacked := s.standsOnEnd(); !stacked {
		return
	}
	down := 0
	for i := 1; i < len(s.pieces); i++ {
		if p, before := s.pieces[i], s.pieces[i-1]; p.stacked(before) {
			down += cmp.Compare(before.y, p.y)
		}
	}
	turned := func(x, y float64) (float64, float64) { return s.height - y, x }
	if down > 0 {
		turned = func(x, y float64) (float64, float64) { return y, s.width - x }
	}
	for i := range s.pieces {
		p := &s.pieces[i]
		x, y := turned(p.x+p.width/2, p.y)
		p.x, p.y, p.width, p.size = x-p.tall/2, y, p.tall, 2*p.tall/float64(max(columns(p.text), 1))
	}
	s.rules = nil // how far the texts stand from them is not told
	s.width, s.height = s.height, s.width
}
