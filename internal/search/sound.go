package search

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/mozillazg/go-pinyin"
)

// sounds finds words by how they are pronounced.
type sounds struct {
	whole  map[string][]string // by all syllables: canbaojin
	firsts map[string][]string // by the first letters: cbj
	folded map[string][]string // by all syllables as people confuse them, see confused
	keys   []string            // of whole, in order
	long   [][]rune            // words of nearWord characters and more
}

// maxSpoken is the longest word, in characters, that is looked for by its sound.
const maxSpoken = 12

func newSounds(list []string) *sounds {
	s := &sounds{whole: map[string][]string{}, firsts: map[string][]string{}, folded: map[string][]string{}}
	for _, word := range list {
		if chars := []rune(word); len(chars) >= nearWord && len(chars) <= maxSpoken {
			s.long = append(s.long, chars)
		}
		syllables := spoken(word)
		if len(syllables) < 2 || len(syllables) > maxSpoken {
			continue
		}
		for _, key := range readings(word) {
			letters := strings.ReplaceAll(key, " ", "")
			s.whole[letters] = append(s.whole[letters], word)
			if key = confused.Replace(key); !slices.Contains(s.folded[key], word) {
				s.folded[key] = append(s.folded[key], word)
			}
		}
		if len(syllables) >= longWord {
			s.firsts[firstLetters(syllables)] = append(s.firsts[firstLetters(syllables)], word)
		}
	}
	s.keys = slices.Sorted(maps.Keys(s.whole))
	return s
}

// confused takes away what many people do not tell apart: zh from z, ng from n
// at the end. Every syllable ends with a blank.
var confused = strings.NewReplacer("zh", "z", "ch", "c", "sh", "s", "ng ", "n ")

func firstLetters(syllables []string) string {
	var b strings.Builder
	for _, one := range syllables {
		b.WriteByte(one[0])
	}
	return b.String()
}

// spoken returns the syllables of a word without tones, or nil if not every
// character of it is Chinese and has one.
func spoken(word string) []string {
	var out []string
	for _, r := range word {
		one, ok := pinyin.PinyinDict[int(r)]
		if !ok {
			return nil
		}
		first, _, _ := strings.Cut(one, ",")
		out = append(out, toneless.Replace(first))
	}
	return out
}

// readings are all ways to say a word, 还 is huan or hai; only the first of them
// for a word with many. Every syllable ends with a blank.
func readings(word string) []string {
	all := []string{""}
	for _, r := range word {
		var more []string
		for one := range strings.SplitSeq(toneless.Replace(pinyin.PinyinDict[int(r)]), ",") {
			for _, before := range all {
				if whole := before + one + " "; !slices.Contains(more, whole) {
					more = append(more, whole)
				}
			}
		}
		if all = more; len(all) > maxReadings {
			return []string{strings.Join(spoken(word), " ") + " "}
		}
	}
	return all
}

// maxReadings is how many ways to say a word are known.
const maxReadings = 8

// toneless takes the tones off, and ü is typed v.
var toneless = strings.NewReplacer("ā", "a", "á", "a", "ǎ", "a", "à", "a", "ē", "e", "é", "e", "ě", "e", "è", "e",
	"ī", "i", "í", "i", "ǐ", "i", "ì", "i", "ō", "o", "ó", "o", "ǒ", "o", "ò", "o", "ū", "u", "ú", "u", "ǔ", "u", "ù", "u",
	"ü", "v", "ǖ", "v", "ǘ", "v", "ǚ", "v", "ǜ", "v", "ń", "n", "ň", "n", "ǹ", "n", "ḿ", "m")

// typed returns the words that a run of Latin letters spells, whole or by
// their first letters.
func (s *sounds) typed(letters string) []string {
	if found := s.whole[letters]; found != nil {
		return found
	}
	if found := s.firsts[letters]; found != nil {
		return found
	}
	if found := s.cover(letters); found != nil {
		return found
	}
	return s.mistyped(letters)
}

// leastMistyped is how many letters must be typed that one of them may be wrong.
const leastMistyped = 6

// mistyped returns the words that letters spell if one of them is missing, too
// many or another one.
func (s *sounds) mistyped(letters string) []string {
	if len(letters) < leastMistyped || len(letters) > 6*maxSpoken {
		return nil
	}
	var out []string
	for _, key := range s.keys {
		if oneOff(key, letters) {
			out = append(out, s.whole[key]...)
		}
	}
	return out
}

// oneOff tells whether a string becomes another by one letter.
func oneOff(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	same := 0
	for same < len(a) && a[same] == b[same] {
		same++
	}
	if len(a) < len(b) {
		return a[same:] == b[same+1:]
	}
	return same < len(a) && a[same+1:] == b[same+1:]
}

// cover cuts letters into words of the dictionary, longest first from the
// left; nil if they do not spell words from end to end.
func (s *sounds) cover(letters string) []string {
	var out []string
	for at := 0; at < len(letters); {
		end := min(len(letters), at+6*maxSpoken)
		for ; end > at+2; end-- {
			if found := s.whole[letters[at:end]]; found != nil {
				out = append(out, found...)
				break
			}
		}
		if end <= at+2 {
			return nil
		}
		at = end
	}
	return out
}

// homophone is a word that sounds like a part of what was typed.
type homophone struct {
	word       string
	start, end int // characters of the run
}

// misspelt returns words of three characters and more that sound like parts of
// a Chinese run, or of two if the run is nothing else, and are written
// differently there.
func (s *sounds) misspelt(text string) []homophone {
	chars := []rune(text)
	syllables := make([]string, len(chars))
	for i, r := range chars {
		if one := spoken(string(r)); one != nil {
			syllables[i] = one[0]
		} else {
			syllables[i] = "?"
		}
	}
	var out []homophone
	for i := range chars {
		for n := min(maxSpoken, len(chars)-i); n >= 2; n-- {
			if n < longWord && n != len(chars) {
				continue
			}
			same := false
			for _, word := range s.folded[confused.Replace(strings.Join(syllables[i:i+n], " ")+" ")] {
				if utf8.RuneCountInString(word) != n {
					continue
				}
				if word == string(chars[i:i+n]) {
					same = true
					continue
				}
				out = append(out, homophone{word, i, i + n})
			}
			if same { // written as it should be
				break
			}
		}
	}
	return out
}

// misspeltPairs are the words of two characters that sound like parts of a unit
// of a run, which is no word itself.
func (s *sounds) misspeltPairs(chars []rune, one unit) []homophone {
	if len(chars) == 2 { // misspelt has seen to it
		return nil
	}
	var out []homophone
	for i := one.start; i+2 <= one.end; i++ {
		for _, h := range s.misspelt(string(chars[i : i+2])) {
			out = append(out, homophone{h.word, i, i + 2})
		}
	}
	return out
}

// nearWord is how many characters a word must have that one of them may be wrong.
const nearWord = 4

// near returns the words that stand in a run but for one character.
func (s *sounds) near(text string) []homophone {
	var out []homophone
	chars := []rune(text)
	for _, word := range s.long {
		for i := 0; i+len(word) <= len(chars); i++ {
			wrong := 0
			for j := 0; j < len(word) && wrong < 2; j++ {
				if chars[i+j] != word[j] {
					wrong++
				}
			}
			if wrong == 1 {
				out = append(out, homophone{string(word), i, i + len(word)})
			}
		}
	}
	return out
}
