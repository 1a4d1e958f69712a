package web

import (
	"bytes"
	"slices"
	"strings"
)

// unbroken keeps each date, number with its unit and telephone number of a page
// on one line: browsers break lines between digits and Chinese characters, and
// after hyphens. Only the text of paragraphs and their like is looked at: others may
// lay out what stands in them side by side, or can have no elements in them. The
// element is bdi, which no rule of the pages lays out in another way.
func unbroken(page []byte) []byte {
	out := make([]byte, 0, len(page)+len(page)/16)
	done := 0                // bytes that are in out
	open := []string{"page"} // elements, the innermost last
	for at := 0; at < len(page); {
		switch c := page[at]; {
		case c == '<':
			end := bytes.IndexByte(page[at:], '>')
			if end < 0 {
				return append(out, page[done:]...)
			}
			open = within(open, string(page[at+1:at+end]))
			at += end + 1
			if name := open[len(open)-1]; slices.Contains(raw, name) { // < is a letter there
				end := bytes.Index(page[at:], []byte("</"+name))
				if end < 0 {
					return append(out, page[done:]...)
				}
				at += end
			}
		case c < '0' || c > '9':
			at++
		default:
			n, parts := numberAt(page[at:])
			if parts && slices.Contains(prose, open[len(open)-1]) && (at == 0 || !bytes.ContainsRune([]byte("#&"), rune(page[at-1]))) {
				out = append(out, page[done:at]...)
				out = append(out, `<bdi class="nowrap">`...)
				out = append(out, page[at:at+n]...)
				out = append(out, `</bdi>`...)
				done = at + n
			}
			at += n
		}
	}
	return append(out, page[done:]...)
}

// prose are elements whose text runs from line to line.
var prose = []string{"p", "li", "td", "th", "dd", "dt", "h1", "h3", "b", "small", "strong", "em", "mark", "del", "ins", "span", "blockquote", "figcaption"}

// raw are elements in which < begins no tag, and void those that have no end.
var (
	raw  = []string{"script", "style", "title", "textarea"}
	void = []string{"br", "hr", "img", "input", "link", "meta", "wbr", "rect", "path", "circle", "line"}
)

// within tells in which elements one is after a tag. A span of a class may be laid
// out in any way: it is no span here.
func within(open []string, tag string) []string {
	name, rest, _ := strings.Cut(tag, " ")
	end, closes := strings.CutPrefix(name, "/")
	switch {
	case closes:
		for i := len(open) - 1; i > 0; i-- {
			if open[i] == end || open[i] == end+"." {
				return open[:i]
			}
		}
		return open
	case strings.HasPrefix(name, "!"), strings.HasSuffix(tag, "/"), slices.Contains(void, name):
		return open
	case name == "span" && strings.Contains(rest, "class="):
		return append(open, "span.")
	}
	return append(open, name)
}

// units may follow a number, longer ones before what they begin with.
var units = []string{"个工作日", "个月", "平方米", "万元", "亿元", "元", "万", "亿", "%", "周岁", "岁", "天", "人", "年", "月", "日", "号", "户", "倍", "次", "项", "份", "条"}

// longestNumber is how many bytes are kept together: what is longer may be wider
// than a telephone.
const longestNumber = 40

// numberAt is the length of the number that a text begins with, and of what
// belongs to it, and whether a browser might part them.
func numberAt(text []byte) (n int, parts bool) {
	digits := func() int {
		from := n
		for n < len(text) && ('0' <= text[n] && text[n] <= '9' || n > from && (text[n] == ',' || text[n] == '.') && n+1 < len(text) && '0' <= text[n+1] && text[n+1] <= '9') {
			n++
		}
		return n - from
	}
	digits()
	for n < longestNumber {
		before := n
		if n < len(text) && text[n] == '-' { // a telephone number, or a range
			n++
			if digits() == 0 {
				return before, parts
			}
			parts = true
			continue
		}
		unit := unitAt(text[n:])
		if unit == "" {
			return n, parts
		}
		n, parts = n+len(unit), true
		if unit != "年" && unit != "月" || digits() == 0 { // a date goes on
			return n, parts
		}
	}
	return n, parts
}

func unitAt(text []byte) string {
	for _, u := range units {
		if bytes.HasPrefix(text, []byte(u)) {
			return u
		}
	}
	return ""
}
