package tagging

import (
	"strings"
	"unicode/utf8"

	"policypush/internal/automaton"
	"policypush/internal/domain"
)

const (
	maxTitle   = 30  // characters that the name of a measure has at most
	maxBenefit = 80  // that its words for what is given have
	maxWords   = 240 // of a sentence that are looked at
)

// around is as much of a sentence that is too long as has room: the part that says what is
// given and those before it, as many as fit, then those behind. A part that alone is
// too long is cut where words part.
func around(words string, room int, m *domain.Measure) string {
	most := room
	if utf8.RuneCountInString(words) <= room {
		return words
	}
	parts := strings.SplitAfter(words, ",")
	first := givingPart(parts, m)
	end := first + 1
	room -= utf8.RuneCountInString(strings.TrimSuffix(parts[first], ","))
	for ; first > 0 && utf8.RuneCountInString(parts[first-1]) <= room; first-- {
		room -= utf8.RuneCountInString(parts[first-1])
	}
	for ; end < len(parts) && utf8.RuneCountInString(parts[end]) <= room; end++ {
		room -= utf8.RuneCountInString(parts[end])
	}
	text := strings.Trim(strings.Join(parts[first:end], ""), " ,")
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	text = firstRunes(text, most-1)
	if open := strings.LastIndex(text, "《"); open > len(text)/3 && !strings.Contains(text[open:], "》") {
		text = text[:open]
	} else if loc := lastWord.FindStringIndex(text); loc != nil && loc[0] > len(text)/2 {
		text = text[:loc[0]]
	}
	return text + "…"
}

// shortTitle makes a name of a sentence that is too long for one: what is given and, where
// there is room, of whom or what the sentence speaks first.
func shortTitle(words string, m *domain.Measure) string {
	text := around(words, maxTitle, m)
	room := maxTitle - 1 - utf8.RuneCountInString(text)
	if room < 8 || strings.HasPrefix(words, strings.TrimSuffix(text, "…")) {
		return text
	}
	head := firstRunes(words, room)
	if loc := lastWord.FindStringIndex(head); loc != nil && loc[0] > 0 {
		return head[:loc[0]] + "…" + text
	}
	return text
}

// lastWord begins what is left out of words that are cut.
var lastWord = automaton.MustCompile(`(?:[,、的和与及或等]|可以|应当|给予|按照?|每)[^,、的和与及或等给按每]*$`)

// givingPart is the part of a sentence in which stands what a measure gives, or the last.
func givingPart(parts []string, m *domain.Measure) int {
	for _, field := range []string{"benefit.cap", "benefit.amount", "benefit.rate", "benefit.tiers", "benefit.kind"} {
		for _, e := range m.Evidence[field] {
			for i, part := range parts {
				if strings.Contains(part, e.Text) {
					return i
				}
			}
		}
	}
	return len(parts) - 1
}
