package rules

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Term is a word of official language in a text, [Start, End) in bytes.
type Term struct {
	Start, End int
	Jargon     *Jargon
}

// TermsIn finds the words that have a plain meaning, the first mention of each,
// in the order of the text. Of words that overlap the longest counts.
func (r *Rules) TermsIn(text string) []Term {
	var found []Term
	seen := map[string]bool{}
	for at := 0; at < len(text); {
		first, size := utf8.DecodeRuneInString(text[at:])
		name := ""
		for _, candidate := range r.terms[first] {
			if strings.HasPrefix(text[at:], candidate) {
				name = candidate
				break // the longest stands first
			}
		}
		if name == "" {
			at += size
			continue
		}
		if j := r.jargon[name]; !seen[j.Code] {
			seen[j.Code] = true
			found = append(found, Term{at, at + len(name), j})
		}
		at += len(name)
	}
	return found
}

// indexTerms makes the look-up of TermsIn: names by their first character, the
// longest first. A name of one character would be found in everything.
func (r *Rules) indexTerms() {
	r.terms = map[rune][]string{}
	for name := range r.jargon {
		if utf8.RuneCountInString(name) > 1 {
			first, _ := utf8.DecodeRuneInString(name)
			r.terms[first] = append(r.terms[first], name)
		}
	}
	for _, names := range r.terms {
		slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	}
}
