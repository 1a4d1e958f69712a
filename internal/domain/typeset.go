package domain

import (
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
	return widen(text, wideMarks(text))
}

// wideMarks tells of every byte of a text whether it is a mark that is printed wide.
func wideMarks(text string) []bool {
	wide := make([]bool, len(text))
	from := 0
	for l := range strings.Lines(text) {
		to := from + len(l)
		if l = strings.TrimSuffix(l, "\n"); strings.ContainsFunc(l, isWide) {
			of := line{l, wide[from : from+len(l)]}
			of.widenBrackets()
			of.widenMarks()
		}
		from = to
	}
	return wide
}

// widen writes the marks wide.
func widen(text string, wide []bool) string {
	var b strings.Builder
	b.Grow(len(text) + len(text)/16)
	done := 0
	for i := range wide {
		if wide[i] {
			b.WriteString(text[done:i])
			b.WriteRune(rune(text[i]) + 0xFEE0)
			done = i + 1
		}
	}
	b.WriteString(text[done:])
	return b.String()
}

// isWide tells whether a character is written in a square of its own.
func isWide(r rune) bool {
	return 0x4E00 <= r && r <= 0x9FFF || r > unicode.MaxLatin1 && unicode.Is(unicode.Han, r) || 0x3001 <= r && r <= 0x303F || 0xFF01 <= r && r <= 0xFF5E || strings.ContainsRune("“”‘’—…", r)
}

// line is a line of a text, and of each of its bytes whether it is a mark that is
// printed wide.
type line struct {
	text string
	wide []bool
}

// before tells whether something wide stands before a byte.
func (l line) before(i int) bool {
	if i == 0 || l.wide[i-1] {
		return i > 0
	}
	r, _ := utf8.DecodeLastRuneInString(l.text[:i])
	return isWide(r)
}

// behind tells whether something wide stands behind the mark at a byte.
func (l line) behind(i int) bool {
	if i++; i == len(l.text) || l.wide[i] {
		return i < len(l.text)
	}
	r, _ := utf8.DecodeRuneInString(l.text[i:])
	return isWide(r)
}

// widenBrackets widens a pair that holds Chinese or stands beside it.
func (l line) widenBrackets() {
	var open []int
	for i := range len(l.text) {
		switch l.text[i] {
		case '(':
			open = append(open, i)
		case ')':
			from := i
			if len(open) > 0 {
				from, open = open[len(open)-1], open[:len(open)-1]
			}
			if l.before(from) || l.behind(i) || strings.ContainsFunc(l.text[from:i], isWide) {
				l.wide[from], l.wide[i] = true, true
			}
		}
	}
	for _, i := range open { // closed on another line, or never
		l.wide[i] = l.before(i) || l.behind(i)
	}
}

// widenMarks widens commas and the like beside Chinese, at the end of a line and after a
// percentage.
func (l line) widenMarks() {
	for i := range len(l.text) {
		switch l.text[i] {
		case ',', ';', ':', '!', '?':
			l.wide[i] = l.before(i) || l.behind(i) || i == len(l.text)-1 || i > 0 && l.text[i-1] == '%'
		}
	}
}

// Typeset writes a policy as it was read the way it is printed, see the
// function. Places of its text stay what they are.
func (p *Policy) Typeset() {
	was, wide := p.Text, wideMarks(p.Text)
	text, places := widen(was, wide), placesOf(was, wide)
	// of is what stands at a place now, or the words alone where they are not those of the text.
	of := func(words string, start, end int) string {
		from, ok := places.find(start)
		to, too := places.find(end)
		if ok && too && start <= end && was[from.was:to.was] == words {
			return text[from.is:to.is]
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

// place is the byte at which a code point stands in a text, and stood before its
// marks were widened.
type place struct{ was, is int32 }

// places finds the place of any code point of a text: it knows those of every
// placesApart-th, and counts on from there.
type places struct {
	text  string
	wide  []bool
	known []place
}

const placesApart = 16

func placesOf(text string, wide []bool) places {
	p := places{text, wide, make([]place, 0, len(text)/placesApart+1)}
	at, n := place{}, 0
	for int(at.was) < len(text) {
		if n%placesApart == 0 {
			p.known = append(p.known, at)
		}
		at, n = p.next(at), n+1
	}
	if n%placesApart == 0 { // the end of the text
		p.known = append(p.known, at)
	}
	return p
}

// next is the place of the next code point.
func (p *places) next(at place) place {
	if p.wide[at.was] {
		const wide = int32(len("，"))
		return place{at.was + 1, at.is + wide}
	}
	n := int32(1)
	if p.text[at.was] >= utf8.RuneSelf {
		for int(at.was+n) < len(p.text) && !utf8.RuneStart(p.text[at.was+n]) {
			n++
		}
	}
	return place{at.was + n, at.is + n}
}

// find returns the place of a code point, or of the end of the text. ok is false
// if the text has no such code point.
func (p *places) find(at int) (found place, ok bool) {
	if at < 0 || at/placesApart >= len(p.known) {
		return place{}, false
	}
	found = p.known[at/placesApart]
	for range at % placesApart {
		if int(found.was) == len(p.text) {
			return place{}, false
		}
		found = p.next(found)
	}
	return found, true
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
