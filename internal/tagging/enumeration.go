package tagging

import (
	"strings"
	"unicode/utf8"
)

// beforeNumber are blanks and brackets that may stand before a number.
const beforeNumber = " \t\n\f\r("

// isHanNumeral tells whether a character is one of the numerals up to 十.
func isHanNumeral(r rune) bool {
	switch r {
	case '一', '二', '三', '四', '五', '六', '七', '八', '九', '十':
		return true
	}
	return false
}

// numberSize returns how many bytes of a text the number takes that it begins
// with, with its mark and the blanks behind it: 第五条, 一、, (一), 1., ①, a., ■, 01 It
// is 0 if there is none.
func numberSize(text string) int {
	rest := strings.TrimLeft(text, beforeNumber)
	at := len(text) - len(rest)
	n := plainNumber(rest)
	if n == 0 && at > 0 && text[at-1] == '(' {
		n = closedNumber(rest)
	}
	if n == 0 {
		return 0
	}
	rest = strings.TrimLeft(rest[n:], " \t\n\f\r")
	return len(text) - len(rest)
}

// plainNumber is the size of a number that does not stand in brackets.
func plainNumber(s string) int {
	r, size := utf8.DecodeRuneInString(s)
	switch {
	case size == 0:
		return 0
	case r == '0' && len(s) > 2 && '1' <= s[1] && s[1] <= '9' && s[2] >= utf8.RuneSelf && withMark(s, 2, ".、．") == 0:
		return 2 // 01首店奖励
	case '0' <= r && r <= '9':
		n := 1
		if n < len(s) && '0' <= s[n] && s[n] <= '9' {
			n++
		}
		return withMark(s, n, ".、．")
	case 'a' <= r && r <= 'z':
		return withMark(s, 1, ".、")
	case '①' <= r && r <= '⑳', strings.ContainsRune(bullets, r) && isTitleOnly(s[size:]):
		return size
	case r == 'N', r == 'P':
		return wordNumber(s)
	case r == '第':
		if n := hanSize(s[size:], "百零"); n > 0 {
			return withMark(s, size+n, "条")
		}
	default:
		if n := hanSize(s, ""); 0 < n && n <= 3*len("一") {
			return withMark(s, n, "、")
		}
	}
	return 0
}

// bullets stand before a title on a page instead of a number.
const bullets = "■◆●▲★◇□▪◎※"

// isTitleOnly tells whether a line names a thing: 会展补贴, and not 办理方式 or a sentence.
func isTitleOnly(s string) bool {
	return len(s) <= longLabel && !strings.ContainsAny(s, "。:;,") && sideOfLabel(s) == ""
}

// wordNumber is the size of NO.1 and Part 1.
func wordNumber(s string) int {
	for _, word := range []string{"NO", "Part"} {
		if len(s) < len(word) || !strings.EqualFold(s[:len(word)], word) {
			continue
		}
		rest := strings.TrimLeft(s[len(word):], ". ")
		if n := len(rest) - len(strings.TrimLeft(rest, "0123456789")); 0 < n && n <= 2 {
			return len(s) - len(rest) + n
		}
	}
	return 0
}

// closedNumber is the size of 一) and 1) behind a bracket.
func closedNumber(s string) int {
	n := hanSize(s, "0123456789")
	if count := utf8.RuneCountInString(s[:n]); count == 0 || count > 3 {
		return 0
	}
	return withMark(s, n, ")")
}

// hanSize is how many bytes of Chinese numerals, and of other characters, s begins
// with.
func hanSize(s, others string) int {
	for i, r := range s {
		if !isHanNumeral(r) && !strings.ContainsRune(others, r) {
			return i
		}
	}
	return len(s)
}

// withMark returns n and the size of the mark behind n bytes, or 0.
func withMark(s string, n int, marks string) int {
	r, size := utf8.DecodeRuneInString(s[n:])
	if size == 0 || !strings.ContainsRune(marks, r) {
		return 0
	}
	return n + size
}

// isNumbered tells whether a text begins with a number.
func isNumbered(text string) bool { return numberSize(text) > 0 }

// unnumbered is a text without the number that it begins with.
func unnumbered(text string) string { return text[numberSize(text):] }

// leadOf returns the first words of a numbered paragraph, 2 to 40 characters
// before a full stop, a colon or the end of the line, and where the mark behind
// them ends, in bytes; "" if there are none.
func leadOf(text string) (words string, end int) {
	from, n := numberSize(text), 0
	for i, r := range text[from:] {
		switch {
		case n >= 2 && (r == '。' || r == ':' || r == '\n'):
			return text[from : from+i], from + i + utf8.RuneLen(r)
		case n == 40 || r == '。' || r == ':' || r == ';' || r == '\n':
			return "", 0
		}
		n++
	}
	if n < 2 {
		return "", 0
	}
	return text[from:], len(text)
}
