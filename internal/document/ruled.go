package document

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// draw adds the lines of a path in the writing of SVG and OFD, M and L before places:
// those of a pen, or areas so thin that they are lines. What is neither across nor down
// is none of a table.
func (s *sheet) draw(path string, m matrix, pen bool) {
	var at, first [2]float64
	var low, high [2]float64 // of the area
	open := false
	straight := true
	endArea := func() {
		if !pen && open && straight && min(high[0]-low[0], high[1]-low[1]) <= s.thin() {
			x, y := (low[0]+high[0])/2, (low[1]+high[1])/2
			if high[0]-low[0] > high[1]-low[1] {
				s.rule(rule{low[0], y, high[0], y})
			} else {
				s.rule(rule{x, low[1], x, high[1]})
			}
		}
		open, straight = false, true
	}
	to := func(x, y float64) {
		if pen {
			s.rule(rule{min(at[0], x), min(at[1], y), max(at[0], x), max(at[1], y)})
		}
		at = [2]float64{x, y}
		low, high = [2]float64{min(low[0], x), min(low[1], y)}, [2]float64{max(high[0], x), max(high[1], y)}
	}
	fields := strings.Fields(path)
	for i := 0; i < len(fields); i++ {
		switch fields[i] {
		case "M", "S", "L":
			if i+2 >= len(fields) {
				return
			}
			n := numbers(fields[i+1]+" "+fields[i+2], 2)
			if len(n) < 2 {
				return
			}
			x, y := m.apply(n[0], n[1])
			if fields[i] == "L" {
				to(x, y)
			} else {
				endArea()
				at, first, low, high, open = [2]float64{x, y}, [2]float64{x, y}, [2]float64{x, y}, [2]float64{x, y}, true
			}
			i += 2
		case "Z", "C":
			if fields[i] == "C" && i+1 < len(fields) && len(numbers(fields[i+1], 1)) > 0 { // a curve
				straight = false
				return
			}
			if open {
				to(first[0], first[1])
			}
			endArea()
		default:
			return
		}
	}
	endArea()
}

// rule adds a line, if it is one across or down.
func (s *sheet) rule(r rule) {
	if len(s.rules) < 10*maxRules && min(r.x2-r.x1, r.y2-r.y1) <= s.thin()/4 && max(r.x2-r.x1, r.y2-r.y1) > s.thin() {
		s.rules = append(s.rules, r)
	}
}

// thin is how broad a line may be: three points of a page of A4.
func (s *sheet) thin() float64 { return max(s.width, s.height) / 280 }

// rule is a line that is drawn on a page, across or down.
type rule struct{ x1, y1, x2, y2 float64 }

func (r rule) across() bool { return r.x2-r.x1 >= r.y2-r.y1 }

// maxRules bounds how many lines of a page are looked at, maxCells how many cells a
// table may have.
const maxRules, maxCells = 1000, 4000

// ruledTable is a table that lines are drawn around, by where it begins and ends.
type ruledTable struct {
	y, end float64
	xs     []float64 // where its columns are parted
	lines  []line
}

// ruled finds the tables of a page that lines are drawn around, and returns the pieces
// that stand in none of them.
func (s *sheet) ruled(em float64) (tables []ruledTable, rest []piece) {
	rest = s.pieces
	for _, g := range lattices(s.rules, em) {
		var in, out []piece
		for _, p := range rest {
			if g.holds(p) {
				in = append(in, p)
			} else {
				out = append(out, p)
			}
		}
		if lines := g.table(in, em); lines != nil {
			tables, rest = append(tables, ruledTable{g.ys[0], g.ys[len(g.ys)-1], g.xs, lines}), out
		}
	}
	return tables, rest
}

// lattice is lines that cross or meet each other.
type lattice struct {
	xs, ys       []float64 // where lines stand
	across, down []rule
	near         float64 // what is taken for one place
}

// lattices puts together the lines that touch each other.
func lattices(rules []rule, em float64) []lattice {
	near := em / 4
	var across, down []rule
	for _, r := range rules {
		if r.across() {
			across = append(across, r)
		} else {
			down = append(down, r)
		}
	}
	across = merged(across, near)
	down = turnedRules(merged(turnedRules(down), near))
	if len(across) < 2 || len(down) == 0 || len(across) > maxRules || len(down) > maxRules {
		return nil
	}
	group := make([]int, len(across)+len(down)) // to which other each belongs
	for i := range group {
		group[i] = i
	}
	root := func(i int) int {
		for group[i] != i {
			group[i] = group[group[i]]
			i = group[i]
		}
		return i
	}
	for i, a := range across {
		for k, d := range down {
			if d.x1 > a.x1-near && d.x1 < a.x2+near && a.y1 > d.y1-near && a.y1 < d.y2+near {
				group[root(len(across)+k)] = root(i)
			}
		}
	}
	found := map[int]*lattice{}
	var out []*lattice
	of := func(i int) *lattice {
		r := root(i)
		if found[r] == nil {
			found[r] = &lattice{near: near}
			out = append(out, found[r])
		}
		return found[r]
	}
	for i, a := range across {
		g := of(i)
		g.across = append(g.across, a)
	}
	for k, d := range down {
		g := of(len(across) + k)
		g.down = append(g.down, d)
	}
	var all []lattice
	for _, g := range out {
		if len(g.across) >= 2 && len(g.down) >= 1 {
			g.close()
			if nx, ny := len(g.xs)-1, len(g.ys)-1; nx >= 2 && nx <= maxWide && ny >= 1 && nx*ny <= maxCells {
				all = append(all, *g)
			}
		}
	}
	return all
}

// merged puts together what is drawn as several lines across on one height.
func merged(rules []rule, near float64) []rule {
	slices.SortFunc(rules, func(a, b rule) int { return cmp.Compare(a.y1, b.y1) })
	var out []rule
	for i := 0; i < len(rules); {
		end := i + 1
		for end < len(rules) && rules[end].y1-rules[i].y1 < near {
			end++
		}
		level := rules[i:end]
		i = end
		slices.SortFunc(level, func(a, b rule) int { return cmp.Compare(a.x1, b.x1) })
		first := len(out)
		for _, r := range level {
			if n := len(out) - 1; n >= first && r.x1 <= out[n].x2+near {
				out[n].x2 = max(out[n].x2, r.x2)
				continue
			}
			out = append(out, rule{r.x1, level[0].y1, r.x2, level[0].y1})
		}
	}
	return out
}

// turnedRules swaps across and down.
func turnedRules(rules []rule) []rule {
	out := make([]rule, len(rules))
	for i, r := range rules {
		out[i] = rule{r.y1, r.x1, r.y2, r.x2}
	}
	return out
}

// close finds the places of the lines, and draws the sides of a table that has none.
func (g *lattice) close() {
	top, bottom, left, right := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, a := range g.across {
		left, right = min(left, a.x1), max(right, a.x2)
	}
	for _, d := range g.down {
		top, bottom = min(top, d.y1), max(bottom, d.y2)
	}
	for _, a := range g.across {
		top, bottom = min(top, a.y1), max(bottom, a.y1)
	}
	g.down = append(g.down, rule{left, top, left, bottom}, rule{right, top, right, bottom})
	for _, d := range g.down {
		g.xs = append(g.xs, d.x1)
	}
	for _, a := range g.across {
		g.ys = append(g.ys, a.y1)
	}
	g.xs, g.ys = places(g.xs, 2*g.near), places(g.ys, 2*g.near)
}

// places are the numbers that are not near each other.
func places(all []float64, near float64) []float64 {
	slices.Sort(all)
	return slices.CompactFunc(all, func(a, b float64) bool { return math.Abs(a-b) < near })
}

func (g *lattice) holds(p piece) bool {
	x := p.x + p.width/2
	return x > g.xs[0] && x < g.xs[len(g.xs)-1] && p.y > g.ys[0] && p.y < g.ys[len(g.ys)-1]
}

// table reads the cells. It returns nil for what only frames text.
func (g *lattice) table(pieces []piece, em float64) []line {
	nx, ny := len(g.xs)-1, len(g.ys)-1
	texts := make([][]piece, nx*ny)
	owner := g.owners()
	for _, p := range pieces {
		c, _ := slices.BinarySearch(g.xs, p.x+p.width/2)
		r, _ := slices.BinarySearch(g.ys, p.y)
		at := owner[min(max(r-1, 0), ny-1)*nx+min(max(c-1, 0), nx-1)]
		texts[at] = append(texts[at], p)
	}
	var t grid
	filled := 0
	for r := range ny {
		t.begin()
		for c := range nx {
			at := r*nx + c
			if owner[at] != at {
				continue
			}
			wide, high := 1, 1
			for c+wide < nx && owner[at+wide] == at {
				wide++
			}
			for r+high < ny && owner[at+high*nx] == at {
				high++
			}
			text := textIn(texts[at])
			if len(text) > longCell {
				return nil
			}
			if text != "" {
				filled++
			}
			t.add(text, wide, high)
		}
		t.fill()
	}
	if t.most < 2 || filled < 2 {
		return nil
	}
	return tableOf(t.rows)
}

// owners tells for each cell in which one it begins: cells that no line parts are one.
// It is the first of them, row by row, and they are a rectangle.
func (g *lattice) owners() []int {
	nx, ny := len(g.xs)-1, len(g.ys)-1
	// wall tells whether lines stand at a place, over the whole of a stretch of the other direction.
	wall := func(rules []rule, at, from, to float64, across bool) bool {
		middle := (from + to) / 2
		for _, r := range rules {
			if !across {
				r = rule{r.y1, r.x1, r.y2, r.x2}
			}
			if math.Abs(r.y1-at) < 2*g.near && r.x1 <= middle && r.x2 >= middle {
				return true
			}
		}
		return false
	}
	right, below := make([]bool, nx*ny), make([]bool, nx*ny) // whether nothing parts a cell from the next
	for r := range ny {
		for c := range nx {
			right[r*nx+c] = c+1 < nx && !wall(g.down, g.xs[c+1], g.ys[r], g.ys[r+1], false)
			below[r*nx+c] = r+1 < ny && !wall(g.across, g.ys[r+1], g.xs[c], g.xs[c+1], true)
		}
	}
	owner := make([]int, nx*ny)
	for i := range owner {
		owner[i] = -1
	}
	for r := range ny {
		for c := range nx {
			at := r*nx + c
			if owner[at] >= 0 {
				continue
			}
			wide, high := 1, 1
			for c+wide < nx && right[at+wide-1] && owner[at+wide] < 0 {
				wide++
			}
			for r+high < ny && g.goesDown(below, right, at+(high-1)*nx, wide) {
				high++
			}
			for y := range high {
				for x := range wide {
					owner[at+y*nx+x] = at
				}
			}
		}
	}
	return owner
}

// goesDown tells whether a row of cells that are one goes on in the row below.
func (g *lattice) goesDown(below, right []bool, at, wide int) bool {
	nx := len(g.xs) - 1
	for x := range wide {
		if !below[at+x] || x+1 < wide && !right[at+nx+x] {
			return false
		}
	}
	return true
}

// longCell is how many bytes a cell of a table holds at most: what is longer is text
// with a frame around it.
const longCell = 3000

// textIn reads the lines of a cell.
func textIn(pieces []piece) string {
	if len(pieces) == 0 {
		return ""
	}
	text := ""
	for _, r := range rowsOf(pieces) {
		for _, c := range r.cells {
			text = glued(text, c.text)
		}
	}
	return text
}
