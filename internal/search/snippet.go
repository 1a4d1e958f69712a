package search

import (
	"slices"
	"strings"
	"unicode"
)

// Lengths of a snippet in characters: all of it, and what stands before the
// first word that was asked for; and of the first lines that stand for a title
// that is not known.
const (
	snippetLength = 120
	snippetBefore = 24
	firstLines    = 60
)

// result shows what was found.
func (r *reader) result(f *found) Result {
	r.read(f.entry)
	at := r.passage(f.entry)
	res := Result{Key: f.entry.Key, Title: r.marked(f.entry.name()), Score: f.score, Sure: f.sure}
	if at.passage < 0 { // only the title: its first words of text
		at = hit{}
	}
	if at.passage >= len(f.entry.Passages) {
		return res
	}
	p := f.entry.Passages[at.passage]
	res.Kind, res.Ref = p.Kind, p.Ref
	res.Snippet = r.marked(snippet(p.Text, at.start))
	return res
}

// name is the title of an entry, or its first lines if it has none: what is
// searched has them once.
func (e *Entry) name() string {
	if e.Title != "" || len(e.Passages) == 0 {
		return e.Title
	}
	chars := []rune(strings.Join(strings.Fields(e.Passages[0].Text), " "))
	return string(chars[:min(len(chars), firstLines)])
}

// snippet cuts a text around a character, from the beginning of its sentence
// if that is near.
func snippet(text string, at int) string {
	chars := []rune(strings.Join(strings.FieldsFunc(text, unicode.IsSpace), " "))
	at = min(at, len(chars))
	from := max(0, at-snippetBefore)
	for i := at; i > from; i-- {
		if strings.ContainsRune("。；！？;!?", chars[i-1]) {
			from = i
			break
		}
	}
	to := min(len(chars), from+snippetLength)
	out := strings.TrimSpace(string(chars[from:to]))
	if to < len(chars) {
		out += "…"
	}
	if from > 0 && !strings.ContainsRune("。；！？;!?", chars[from-1]) {
		out = "…" + out
	}
	return out
}

// marked parts a text into what was asked for and what was not.
func (r *reader) marked(text string) []Part {
	chars := []rune(text)
	hits := make([]bool, len(chars))
	r.hits = r.hits[:0]
	clear(r.counts)
	r.scan(text, 0, 0)
	for _, h := range r.hits {
		n, from := 0, h.start
		if h.term < len(r.q.terms) {
			n = len([]rune(r.q.terms[h.term].text))
		} else if last := r.q.extra[h.term-len(r.q.terms)]; len(last.terms) == 0 {
			if i := slices.Index(chars[h.start:], '岁'); i >= 0 {
				n = i + 1
			}
		} else {
			n = len([]rune(last.text))
			from = h.start + len([]rune(r.q.terms[last.terms[len(last.terms)-1]].text)) - n
		}
		for i := max(0, from); i < min(len(chars), from+n); i++ {
			hits[i] = true
		}
	}
	var parts []Part
	for i, c := range chars {
		if i == 0 || hits[i] != hits[i-1] {
			parts = append(parts, Part{Hit: hits[i]})
		}
		parts[len(parts)-1].Text += string(c)
	}
	return parts
}

// Plain is the text of parts.
func Plain(parts []Part) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.Text)
	}
	return b.String()
}
