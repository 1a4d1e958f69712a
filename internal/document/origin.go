package document

import (
	"cmp"
	"slices"
	"strconv"
	"unicode/utf8"

	"policypush/internal/domain"
)

// Source is a line of the file as it was read, before it was normalised: of a
// table its cells, parted as in the text.
type Source struct {
	Page int    `json:"page,omitempty"` // from 1; 0 if the file has none
	Row  int    `json:"row,omitempty"`  // line of the page or file, paragraph of a Word document; 0 if the format has none
	Text string `json:"text"`
}

// Origin says where a part of the text stands in the file: Size code points from
// Start stand, one by one, at At in the line with the number Source.
type Origin struct {
	Start  int `json:"start"`
	Size   int `json:"size"`
	Source int `json:"source"`
	At     int `json:"at"`
}

// Origins maps [start, end) of the text, in code points, to the lines of the file
// that it was made of, in the order of the text. What is in no line, such as the
// line feeds between clauses, is left out.
func (d *Document) Origins(start, end int) []Origin {
	d.once.Do(d.align)
	first, _ := slices.BinarySearchFunc(d.origins, start, func(o Origin, at int) int { return cmp.Compare(o.Start+o.Size-1, at) })
	var out []Origin
	for _, o := range d.origins[first:] {
		if o.Start >= end {
			break
		}
		if before := start - o.Start; before > 0 {
			o = Origin{start, o.Size - before, o.Source, o.At + before}
		}
		o.Size = min(o.Size, end-o.Start)
		out = append(out, o)
	}
	return out
}

// strand is a part of a clause that was made of one line of the file.
type strand struct {
	clause int
	from   int // in bytes of the clause
	source int
	skip   int // bytes of the cleaned line that stand before it
}

// cursor is how far a line of the file has been found in the text.
type cursor struct {
	text  string // the rest of the line
	runes int    // before it
	clean int    // bytes before it, cleaned
	blank bool   // whether a blank stands before it that cleaning has yet to write
}

// step goes over a character.
func (c *cursor) step() rune {
	r, n := utf8.DecodeRuneInString(c.text)
	c.text = c.text[n:]
	c.runes++
	switch cleaned := plainRune(r); {
	case cleaned == ' ':
		c.blank = c.clean > 0
	case cleaned >= 0:
		if c.blank {
			c.clean++
		}
		c.clean += utf8.RuneLen(cleaned)
		c.blank = false
	}
	return r
}

// passed is how much of the cleaned line stands before, blanks included.
func (c *cursor) passed() int {
	if c.blank {
		return c.clean + 1
	}
	return c.clean
}

// align finds the characters of the text in the lines that it was made of.
func (d *Document) align() {
	done := make([]cursor, len(d.Sources))
	for i := range done {
		done[i].text = d.Sources[i].Text
	}
	for i, s := range d.strands {
		c := &d.Clauses[s.clause]
		to := len(c.Text)
		if i+1 < len(d.strands) && d.strands[i+1].clause == s.clause {
			to = d.strands[i+1].from
		}
		in := &done[s.source]
		for in.passed() < s.skip && in.text != "" {
			in.step()
		}
		at := c.Start + domain.CodePoints(c.Text[:s.from])
		for _, r := range c.Text[s.from:to] {
			d.place(at, r, s.source, in)
			at++
		}
	}
}

// place finds the next character of a line that r was made of, if there is one.
func (d *Document) place(at int, r rune, source int, in *cursor) {
	for next := *in; next.text != ""; {
		before := next.runes
		raw := next.step()
		if !madeOf(r, raw) {
			if cleaned := plainRune(raw); cleaned == ' ' || cleaned == '?' || cleaned < 0 { // a question mark may stand for a blank
				continue
			}
			return
		}
		*in = next
		if k := len(d.origins) - 1; k >= 0 && d.origins[k].Source == source && d.origins[k].Start+d.origins[k].Size == at && d.origins[k].At+d.origins[k].Size == before {
			d.origins[k].Size++
		} else {
			d.origins = append(d.origins, Origin{at, 1, source, before})
		}
		return
	}
}

// madeOf tells whether normalising may have turned a character into r.
func madeOf(r, raw rune) bool {
	p := plainRune(raw)
	return p == r || r == '〔' && (p == '[' || p == '(' || p == '【') || r == '〕' && (p == ']' || p == ')' || p == '】')
}

// where names the place of a line of the file for people, "" if the format has
// none.
func (s *Source) where(format string) string {
	row := strconv.Itoa(s.Row)
	switch {
	case s.Row == 0:
		return ""
	case format == formatDOCX:
		return "第" + row + "段"
	case s.Page > 0:
		return "第" + strconv.Itoa(s.Page) + "页第" + row + "行"
	default:
		return "第" + row + "行"
	}
}
