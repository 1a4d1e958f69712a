package domain

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Typeset writes the punctuation of a normalised text as Chinese is printed:
// full-width beside Chinese characters, half-width in figures, clock times and
// addresses. One character becomes one, so that positions stay.
func Typeset(text string) string {
	if !strings.ContainsAny(text, ",;:!?()") {
		return text
	}
	rs := []rune(text)
	for from := 0; from < len(rs); {
		to := from
		for to < len(rs) && rs[to] != '\n' {
			to++
		}
		if line := rs[from:to]; slices.ContainsFunc(line, isWide) {
			widenBrackets(line)
			widenMarks(line)
		}
		from = to + 1
	}
	return string(rs)
}

// isWide tells whether a character is written in a square of its own.
func isWide(r rune) bool {
	return 0x4E00 <= r && r <= 0x9FFF || r > unicode.MaxLatin1 && unicode.Is(unicode.Han, r) || 0x3001 <= r && r <= 0x303F || 0xFF01 <= r && r <= 0xFF5E || strings.ContainsRune("“”‘’—…", r)
}

func wideAt(line []rune, i int) bool { return 0 <= i && i < len(line) && isWide(line[i]) }

// widenBrackets widens a pair that holds Chinese or stands beside it.
func widenBrackets(line []rune) {
	var open []int
	for i, r := range line {
		switch r {
		case '(':
			open = append(open, i)
		case ')':
			from := i
			if len(open) > 0 {
				from, open = open[len(open)-1], open[:len(open)-1]
			}
			if wideAt(line, from-1) || wideAt(line, i+1) || slices.ContainsFunc(line[from:i], isWide) {
				line[i] = '）'
				if from < i {
					line[from] = '（'
				}
			}
		}
	}
	for _, i := range open { // closed on another line, or never
		if wideAt(line, i-1) || wideAt(line, i+1) {
			line[i] = '（'
		}
	}
}

// widenMarks widens commas and the like beside Chinese, at the end of a line and after a
// percentage.
func widenMarks(line []rune) {
	for i, r := range line {
		switch r {
		case ',', ';', ':', '!', '?':
		default:
			continue
		}
		if wideAt(line, i-1) || wideAt(line, i+1) || i == len(line)-1 || i > 0 && line[i-1] == '%' {
			line[i] = r + 0xFEE0
		}
	}
}

// Typeset writes a policy as it was read the way it is printed, see the
// function. Places of its text stay what they are.
func (p *Policy) Typeset() {
	was, text := p.Text, Typeset(p.Text)
	from, to := placesOf(was), placesOf(text)
	// of is what stands at a place now, or the words alone where they are not those of the text.
	of := func(words string, start, end int) string {
		if 0 <= start && start <= end && end < len(from) && was[from[start]:from[end]] == words {
			return text[to[start]:to[end]]
		}
		return Typeset(words)
	}
	cite := func(evidence []Evidence) {
		for i := range evidence {
			evidence[i].Text = of(evidence[i].Text, evidence[i].Start, evidence[i].End)
		}
	}
	p.Title, p.Text = Typeset(p.Title), text
	for i := range p.Clauses {
		c := &p.Clauses[i]
		c.Text = of(c.Text, c.Start, c.End)
	}
	for i := range p.Tags {
		cite(p.Tags[i].Evidence)
	}
	for i := range p.Measures {
		p.Measures[i].typeset(of, cite)
	}
	for _, list := range [][]Reference{p.Replaces, p.Amends} {
		for i := range list {
			list[i].Title = Typeset(list[i].Title)
		}
	}
}

// placesOf returns the byte at which each code point of a text stands, and its end.
func placesOf(text string) []int32 {
	places := make([]int32, 0, utf8.RuneCountInString(text)+1)
	for i := range text {
		places = append(places, int32(i))
	}
	return append(places, int32(len(text)))
}

func (m *Measure) typeset(of func(words string, start, end int) string, cite func([]Evidence)) {
	m.Text = of(m.Text, m.Start, m.End)
	for _, s := range []*string{
		&m.Title, &m.Who, &m.Benefit.Base, &m.Benefit.Unit, &m.Benefit.CapPer, &m.Benefit.Text, &m.Window.Relative,
		&m.How.Where, &m.How.Within, &m.How.Contact,
	} {
		*s = Typeset(*s)
	}
	for _, list := range [][]string{m.How.Materials, m.Unread, m.Check} {
		for i := range list {
			list[i] = Typeset(list[i])
		}
	}
	for _, evidence := range m.Evidence {
		cite(evidence)
	}
	m.Criteria.Leaves(func(c *Condition) {
		c.Unread = Typeset(c.Unread)
		cite(c.Evidence)
	})
}
