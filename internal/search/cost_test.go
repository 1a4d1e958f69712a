package search

import (
	"strings"
	"testing"
)

// TestWhatAQuestionMayCost counts the work of the worst that can be typed: how
// many terms are looked up, how many other words are looked for, and how many
// postings are read of a large library. None of it grows with the question.
func TestWhatAQuestionMayCost(t *testing.T) {
	x := newIndex(t, county()...)
	now, err := x.reader()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = now.Close() }() // only read from
	var different, everyday, alphabet, places strings.Builder
	for i := range 10_000 {
		different.WriteRune(rune(0x4e00 + i*7%20_000))
	}
	for _, c := range lexicon(t).words.rules.Colloquial.All() {
		everyday.WriteString(strings.Join(c.Aliases, ""))
	}
	for i := range 10_000 {
		alphabet.WriteByte("aeinghouzs"[i*i%10])
	}
	for _, d := range lexicon(t).words.rules.Divisions.All() {
		places.WriteString(strings.TrimSuffix(strings.TrimSuffix(d.Name, "市"), "省"))
	}
	for name, text := range map[string]string{
		"different characters": different.String(),
		"words of every day":   everyday.String(),
		"letters":              alphabet.String(),
		"letters, parted":      strings.Repeat("canbaojin cbj ", 1000),
		"digits":               strings.Repeat("2026 12 31 ", 1000),
		"numerals":             strings.Repeat("二百三十四万五千六百七十八", 1000),
		"places":               places.String(),
		"emoji":                strings.Repeat("残保金👨‍👩‍👧‍👦🏳️‍🌈", 1000),
		"right to left":        strings.Repeat("\u202e残保金\u2066مرحبا\u2069\u200f", 1000),
		"marks and nothing":    strings.Repeat("\u202e\u200f\u0301\ufffd", 3000),
	} {
		q, err := x.read(t.Context(), now, text)
		if err != nil {
			t.Fatal(name, err)
		}
		if len(q.terms) > maxTerms+maxPhrases*maxSpoken || q.asked > maxTerms || len(q.words) > maxQuestion/longWord || len(q.extra) > maxPhrases {
			t.Errorf("%s: %d terms, %d of them typed, %d words and %d others are looked for", name, len(q.terms), q.asked, len(q.words), len(q.extra))
		}
		if len(q.places) > maxPlaces || len(q.said) > maxPlaces {
			t.Errorf("%s: %d places and %d as they are said", name, len(q.places), len(q.said))
		}
		const large = budget / 10 // entries in which every term stands
		for _, list := range [][]term{q.terms, q.words} {
			for i := range list {
				list[i].docs = large
			}
		}
		if read := len(q.affordable()) * large; read > budget {
			t.Errorf("%s: %d postings are read of a large library", name, read)
		}
		page, err := x.Search(t.Context(), Request{Text: text, Limit: 10})
		if err != nil || len(page.Results) > x.Len() {
			t.Errorf("%s: %v", name, err)
		}
		if (strings.Contains(text, "残保金") || strings.Contains(text, "canbaojin")) && name != "words of every day" && (len(page.Results) == 0 || page.Results[0].Key != "tax") {
			t.Errorf("%s: what was asked among it is not found: %s", name, keys(page))
		}
	}
}
