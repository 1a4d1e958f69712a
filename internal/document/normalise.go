package document

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"policypush/internal/automaton"
)

// normalise brings a line into the form that the extraction patterns expect:
// half-width ASCII, no blanks beside Chinese characters, 〔2026〕 around years.
// Line feeds become blanks.
func normalise(s string) string { return squeeze(clean(s)) }

// clean maps single characters: full-width ASCII to half-width, all white
// space to one blank, radicals and compatibility forms (which PDF files are
// full of) to the character they stand for. Controls, marks of direction and
// private characters are dropped.
func clean(s string) string {
	var b strings.Builder
	done, blank := 0, true // what is written, and whether no blank may follow
	for i := 0; i < len(s); {
		if c := s[i]; 0xE5 <= c && c <= 0xE9 && i+3 <= len(s) && s[i+1]&0xC0 == 0x80 && s[i+2]&0xC0 == 0x80 { // U+5000 to U+9FFF: nearly always
			i += 3
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		to := plainRune(r)
		if to == r && r != ' ' {
			i += n
			continue
		}
		if done == 0 {
			b.Grow(len(s))
		}
		if done < i {
			b.WriteString(s[done:i])
			blank = false
		}
		i += n
		done = i
		switch {
		case to == ' ' && !blank:
			b.WriteByte(' ')
			blank = true
		case to >= 0 && to != ' ':
			b.WriteRune(to)
			blank = false
		}
	}
	if done == 0 {
		return s
	}
	b.WriteString(s[done:])
	return strings.TrimSuffix(b.String(), " ")
}

// plainRune returns the normal form of a character, or -1 to drop it.
func plainRune(r rune) rune {
	switch {
	case r >= utf8.RuneSelf:
		return plain(r)
	case r >= ' ' && r != 0x7F:
		return r
	case r == '\t' || r == '\n' || r == '\r' || r == '\f' || r == '\v':
		return ' '
	default:
		return -1
	}
}

// plain returns the normal form of a character beyond ASCII, or -1 to drop it.
func plain(r rune) rune {
	switch {
	case r == '丨': // which pages write for a bar
		return '|'
	case 0x4E00 <= r && r <= 0x9FFF, 0x3001 <= r && r <= 0x303F, 0x2018 <= r && r <= 0x201D: // nearly always
		return r
	case 0xFF01 <= r && r <= 0xFF5E:
		return r - 0xFEE0
	case 0x2E80 <= r && r <= 0x2FDF || 0xF900 <= r && r <= 0xFAFF:
		folded, n := utf8.DecodeRuneInString(norm.NFKC.String(string(r)))
		if n == 0 {
			return -1
		}
		return folded
	}
	switch r {
	case '\uFF61':
		return '。'
	case '\uFF64':
		return '、'
	case '﹝':
		return '〔'
	case '﹞':
		return '〕'
	case '│', '┃', '︱', '∣':
		return '|'
	case utf8.RuneError:
		return -1
	}
	switch {
	case unicode.IsSpace(r) || unicode.Is(unicode.Zs, r):
		return ' '
	case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co):
		return -1
	}
	return r
}

// squeeze removes the blanks of a cleaned line but for those between foreign
// words and numbers (those between the figures of a spaced year go, too), with the question marks that other programs left of wide
// blanks, and turns the brackets around years into 〔〕.
func squeeze(s string) string {
	if strings.IndexByte(s, ' ') >= 0 || strings.HasPrefix(s, "?") {
		var b strings.Builder
		b.Grow(len(s))
		var before, last rune                                         // of the runes written
		blank, lone, apart := false, false, spacedYear.MatchString(s) // lone: the last rune is a figure of its own
		for _, r := range s {
			if r == ' ' || r == '?' && (blank || last == 0) { // a wide blank that was lost on the way
				blank = true
				continue
			}
			figure := r < utf8.RuneSelf && isDigit(byte(r))
			if blank && keepsBlank(before, last, r) && !(apart && lone && figure) {
				b.WriteByte(' ')
			}
			lone = figure && (blank || !isAlnum(last))
			blank = false
			b.WriteRune(r)
			before, last = last, r
		}
		s = b.String()
	}
	return yearBrackets(s)
}

// spacedYear is a year of which the figures stand apart, as all do that some PDF
// files hold: 2 0 2 6年.
var spacedYear = automaton.MustCompile(`(?:1 9|2 0) \d \d ?[年〕\])】]`)

func keepsBlank(before, last, next rune) bool {
	switch {
	case isAlnum(last):
		return isAlnum(next) || next == '(' && isLetter(last)
	case strings.ContainsRune(".,;:!?)", last):
		return isLetter(next) && isLetter(before)
	default:
		return false
	}
}

// yearBrackets writes 〔2026〕 for [2026] and 【2026】, and for (2026) within a
// document number: 云政发(2026)3号.
func yearBrackets(s string) string {
	if !strings.Contains(s, "20") && !strings.Contains(s, "19") {
		return s
	}
	var b strings.Builder
	done := 0
	for i := range len(s) {
		if c := s[i]; i < done || c != '[' && c != '(' && c != "【"[0] {
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		year := i + n
		if r != '[' && r != '【' && r != '〔' && r != '(' || len(s) < year+5 || !isYear(s[year:year+4]) {
			continue
		}
		end, n := utf8.DecodeRuneInString(s[year+4:])
		if !strings.ContainsRune("]】〕)", end) {
			continue
		}
		if r == '(' && (i == 0 || !unicode.Is(unicode.Han, lastRune(s[:i])) || !isSerial(s[year+4+n:])) {
			continue
		}
		b.WriteString(s[done:i])
		b.WriteString("〔" + s[year:year+4] + "〕")
		done = year + 4 + n
	}
	if done == 0 {
		return s
	}
	b.WriteString(s[done:])
	return b.String()
}

func isYear(s string) bool {
	return (strings.HasPrefix(s, "19") || strings.HasPrefix(s, "20")) && isDigit(s[2]) && isDigit(s[3])
}

// isSerial tells whether s begins like the end of a document number: 16号.
func isSerial(s string) bool {
	n := 0
	for n < len(s) && n < 6 && isDigit(s[n]) {
		n++
	}
	return n > 0 && strings.HasPrefix(s[n:], "号")
}

// raised writes figures that stand above the line as such: the sum before the mark of a
// note, 500¹元, is not 5001元.
func raised(s string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return []rune("⁰¹²³⁴⁵⁶⁷⁸⁹")[r-'0']
		}
		return r
	}, s)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isLetter(r rune) bool { return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' }

func isAlnum(r rune) bool { return isLetter(r) || '0' <= r && r <= '9' }

func lastRune(s string) rune {
	r, _ := utf8.DecodeLastRuneInString(s)
	return r
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// hasAny is strings.ContainsAny for few characters, one of them Chinese.
func hasAny(s, chars string) bool {
	for _, r := range chars {
		if strings.ContainsRune(s, r) {
			return true
		}
	}
	return false
}
