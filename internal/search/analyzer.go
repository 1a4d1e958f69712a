package search

import (
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2/analysis"

	"policypush/internal/segment"
)

// longWord is how many characters a word of jieba must have to be a term of
// its own: one of two is a pair already.
const longWord = 3

// analyzer turns a text into the terms of the index.
type analyzer struct{ segment *segment.Segmenter }

// everyone is a term of every text: how long each is stands beside it.
const everyone = "\x00"

// Analyze implements analysis.Analyzer.
func (a analyzer) Analyze(text []byte) analysis.TokenStream {
	out := make(analysis.TokenStream, 0, len(text)/2)
	out = append(out, &analysis.Token{Term: []byte(everyone), Position: 1, Type: analysis.Ideographic})
	block := make([]analysis.Token, 0, 256)
	a.terms(string(text), func(term string) {
		if len(block) == cap(block) {
			block = make([]analysis.Token, 0, 256)
		}
		block = append(block, analysis.Token{Term: []byte(term), Position: len(out) + 1, Type: analysis.Ideographic})
		out = append(out, &block[len(block)-1])
	})
	return out
}

// terms calls fn for every term of a text: pairs of neighbouring Chinese
// characters, numbers and foreign words, and long words.
func (a analyzer) terms(text string, fn func(term string)) {
	for _, r := range runs(text) {
		if !r.han {
			if len(r.text) <= maxForeign {
				fn(r.text)
			}
			continue
		}
		pairs(r.text, fn)
		if utf8.RuneCountInString(r.text) < longWord {
			continue
		}
		for _, w := range a.segment.Words(r.text) {
			if w.End-w.Start >= longWord {
				fn(w.Text)
			}
		}
	}
}

// unit is a word of a Chinese run, or characters beside each other that jieba
// knows no word for.
type unit struct {
	start, end int // characters
	known      bool
}

// units cuts a Chinese run.
func (a analyzer) units(text string) []unit {
	var all []unit
	for _, w := range a.segment.Words(text) {
		known := w.End-w.Start > 1
		if n := len(all); !known && n > 0 && !all[n-1].known {
			all[n-1].end = w.End
			continue
		}
		all = append(all, unit{w.Start, w.End, known})
	}
	return all
}

// maxForeign is the longest number or foreign word that is a term, in bytes.
const maxForeign = 40

// pairs calls fn for every pair of neighbouring characters of a Chinese run. A
// single character is a term if it stands alone.
func pairs(text string, fn func(term string)) {
	_, n := utf8.DecodeRuneInString(text)
	if n == len(text) {
		fn(text)
		return
	}
	for at := 0; at+n < len(text); {
		_, m := utf8.DecodeRuneInString(text[at+n:])
		fn(text[at : at+n+m])
		at, n = at+n, m
	}
}

// whole is the analyzer of codes: a value is one term.
type whole struct{}

// Analyze implements analysis.Analyzer.
func (whole) Analyze(text []byte) analysis.TokenStream {
	return analysis.TokenStream{{Term: text, Start: 0, End: len(text), Position: 1, Type: analysis.AlphaNumeric}}
}
