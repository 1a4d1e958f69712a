package interpretations

import (
	"strings"
	"unicode/utf8"

	"policypush/internal/domain"
)

// Comparison sets old provisions beside the new ones.
type Comparison struct {
	Former string          `json:"former"` // the earlier document: 云政发〔2024〕3号
	Rows   []ComparisonRow `json:"rows"`   // 1 to MaxRows
}

// ComparisonRow is one provision before and after. Empty Before means that it
// is new, empty After that it is gone.
type ComparisonRow struct {
	Topic  string `json:"topic"`
	Before string `json:"before"`
	After  string `json:"after"`
	Clause string `json:"clause"` // of the new document; where it is said that one is gone
}

// MaxRows is how many provisions one comparison may hold.
const MaxRows = 20

func (c *Comparison) cites() []string {
	var paths []string
	for _, r := range c.Rows {
		paths = append(paths, r.Clause)
	}
	return paths
}

// words is empty: provisions are to be quoted as they are.
func (c *Comparison) words() string { return "" }

func (c *Comparison) check(f *findings) {
	f.text("former", "原文件", c.Former, MaxText)
	if len(c.Rows) == 0 || len(c.Rows) > MaxRows {
		f.add("rows", domain.Errorf(domain.Invalid, "对照要有1到%d行，现有%d行", MaxRows, len(c.Rows)).In("对照"))
	}
	for i, r := range c.Rows {
		row := i + 1
		if strings.TrimSpace(r.Topic) == "" || utf8.RuneCountInString(r.Topic) > 40 {
			f.add(place("rows", i, "topic"), domain.Errorf(domain.Invalid, "第%d行的事项要填写，且不超过40字", row).In("对照"))
		}
		switch {
		case r.Before == "" && r.After == "":
			f.add(place("rows", i, "after"), domain.Errorf(domain.Invalid, "第%d行的原规定和现规定至少要填一项", row).In("对照"))
		case r.Before == r.After:
			f.add(place("rows", i, "after"), domain.Errorf(domain.Invalid, "第%d行的原规定和现规定一样，没有变化的不用列", row).In("对照"))
		}
		for _, part := range []struct{ field, text string }{{"before", r.Before}, {"after", r.After}} {
			if utf8.RuneCountInString(part.text) > MaxText {
				f.add(place("rows", i, part.field), domain.Errorf(domain.Invalid, "第%d行的规定超过%d字，请只摘变化的部分", row, MaxText).In("对照"))
			}
		}
		if wrong := unfounded(f.policy, r.Clause); wrong != nil {
			f.add(place("rows", i, "clause"), domain.Errorf(domain.Invalid, "第%d行：%s", row, wrong.Error()).In("对照"))
		}
	}
}

// span is a part of a provision; Changed ones are not in the other version.
type span struct {
	Text    string
	Changed bool
}

// changes parts two provisions into what stayed and what changed: the longest
// common subsequence of their characters, where a number is one character and
// a single one that stayed between changes counts as changed, for a reader
// reads words.
func changes(before, after string) (old, current []span) {
	a, b := tokens(before), tokens(after)
	common := make([][]uint16, len(a)+1)
	for i := range common {
		common[i] = make([]uint16, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	keptA, keptB := make([]bool, len(a)), make([]bool, len(b))
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			n := 1
			for i+n < len(a) && j+n < len(b) && a[i+n] == b[j+n] {
				n++
			}
			if n >= 2 || i+j == 0 || i+n == len(a) && j+n == len(b) {
				for k := range n {
					keptA[i+k], keptB[j+k] = true, true
				}
			}
			i, j = i+n, j+n
		case common[i+1][j] >= common[i][j+1]:
			i++
		default:
			j++
		}
	}
	return spans(a, keptA), spans(b, keptB)
}

// tokens parts a text into characters and whole numbers.
func tokens(s string) []string {
	var all []string
	digits := false
	for _, r := range s {
		number := r >= '0' && r <= '9' || r == '.' && digits
		if number && digits {
			all[len(all)-1] += string(r)
		} else {
			all = append(all, string(r))
		}
		digits = number
	}
	return all
}

func spans(text []string, kept []bool) []span {
	var all []span
	for from := 0; from < len(text); {
		to := from + 1
		for to < len(text) && kept[to] == kept[from] {
			to++
		}
		all = append(all, span{strings.Join(text[from:to], ""), !kept[from]})
		from = to
	}
	return all
}
