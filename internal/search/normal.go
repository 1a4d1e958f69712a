package search

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
)

// fold makes one character of those that mean the same: full-width letters are
// ASCII, capitals are small. What parts words is 0.
func fold(r rune) rune {
	switch {
	case 'a' <= r && r <= 'z', '0' <= r && r <= '9', isHan(r):
		return r
	case 'A' <= r && r <= 'Z':
		return r + 'a' - 'A'
	case r < 0x80:
		return 0
	case '０' <= r && r <= '９', 'ａ' <= r && r <= 'ｚ':
		return r - '０' + '0'
	case 'Ａ' <= r && r <= 'Ｚ':
		return r - 'Ａ' + 'a'
	case unicode.IsLetter(r) || unicode.IsDigit(r):
		return unicode.ToLower(r)
	}
	return 0
}

// isHan tells whether a character is Chinese. 〇 counts.
func isHan(r rune) bool {
	return '一' <= r && r <= '鿿' || r == '〇' || '㐀' <= r && r <= '䶿' || 0x20000 <= r && r <= 0x3ffff
}

// run is a stretch of a text without punctuation, either Chinese or not.
type run struct {
	text string
	han  bool
}

// runs cuts a text into folded runs.
func runs(text string) []run {
	var out []run
	var b strings.Builder
	han := false
	end := func() {
		if b.Len() > 0 {
			out = append(out, run{b.String(), han})
			b.Reset()
		}
	}
	for _, r := range text {
		f := fold(r)
		if f == 0 || b.Len() > 0 && isHan(f) != han {
			end()
		}
		if f != 0 {
			han = isHan(f)
			b.WriteRune(f)
		}
	}
	end()
	return out
}

// numberKey is a document number as people may type it, whatever brackets they
// use: 云政发〔2026〕12号, 云政发[2026]第12号 and 云政发2026年第12号 are one.
func numberKey(s string) string {
	var b strings.Builder
	for _, r := range runs(s) {
		text := r.text
		if r.han {
			text = strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(text, "年"), "第"), "号")
		}
		if text == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(text)
	}
	return b.String()
}

// flat is a text without anything but its folded letters and digits.
func flat(s string) string {
	var b strings.Builder
	for _, r := range runs(s) {
		b.WriteString(r.text)
	}
	return b.String()
}

// traditional holds traditional characters and, in the second line, the
// simplified ones for them: those of TSCharacters.txt of OpenCC (Apache License
// 2.0) that Big5 has and GB 2312 has not.
//
//go:embed traditional.txt
var traditional string

var simplified = sync.OnceValue(func() map[rune]rune {
	from, to, _ := strings.Cut(traditional, "\n")
	one, of := []rune(from), map[rune]rune{}
	for i, r := range []rune(strings.TrimSpace(to)) {
		of[one[i]] = r
	}
	return of
})

// simplify writes a question in the characters that documents use.
func simplify(s string) string {
	of := simplified()
	return strings.Map(func(r rune) rune {
		if to, ok := of[r]; ok {
			return to
		}
		return r
	}, s)
}
