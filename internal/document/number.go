package document

import (
	"strings"
	"unicode/utf8"
)

// rank orders the numbers of headings from the outside in.
type rank int

const (
	noRank rank = iota
	// 1 to 9 are headings that only the file's format marks, by their level.
	rankPart    rank = 10 + iota // 第一编
	rankChapter                  // 第一章
	rankSection                  // 第一节
	rankArticle                  // 第一条
	rankFirst                    // 一、
	rankSecond                   // (一)
	rankThird                    // 1.
	rankDecimal                  // 1.2
	rankFourth                   // (1) or 1)
	rankCircle                   // ①
	rankLetter                   // a.
)

// number is the number that a line begins with.
type number struct {
	rank  rank
	label string // as it stands in paths: 二, (四), 1, 第五条
	value int    // 0 if it is not known
	size  int    // bytes of the line it takes, with its mark
}

const hanDigits = "零一二三四五六七八九十百〇"

// numberOf reads the number at the beginning of a normalised line, or returns
// the zero number.
func numberOf(s string) number {
	if s == "" {
		return number{}
	}
	switch c := s[0]; {
	case isDigit(c):
		return arabic(s)
	case c == '(':
		return bracketed(s)
	case c < utf8.RuneSelf:
		if len(s) > 2 && (s[1] == '.' || s[1] == ')') && 'a' <= c|0x20 && c|0x20 <= 'h' && s[2] >= utf8.RuneSelf {
			return number{rankLetter, s[:1], int(c|0x20-'a') + 1, 2}
		}
		return number{}
	}
	r, n := utf8.DecodeRuneInString(s)
	switch {
	case r == '第':
		return article(s)
	case '①' <= r && r <= '⑳':
		return number{rankCircle, string(r), int(r-'①') + 1, n}
	case strings.ContainsRune(hanDigits, r):
		word := hanNumber(s)
		rest := s[len(word):]
		if mark := firstRune(rest); (mark == '、' || mark == '.' || mark == ',') && len(word) <= 9 {
			size := len(word) + utf8.RuneLen(mark)
			if next := firstRune(s[size:]); size < len(s) && !strings.ContainsRune(hanDigits, next) {
				return number{rankFirst, word, hanValue(word), size}
			}
		}
	}
	return number{}
}

func hanNumber(s string) string {
	for i, r := range s {
		if !strings.ContainsRune(hanDigits, r) {
			return s[:i]
		}
	}
	return s
}

// hanValue reads 二十六 as 26. It knows the numbers up to 999.
func hanValue(s string) int {
	sum, digit := 0, 0
	for _, r := range s {
		switch r {
		case '百':
			sum, digit = sum+max(digit, 1)*100, 0
		case '十':
			sum, digit = sum+max(digit, 1)*10, 0
		case '零', '〇':
			digit = 0
		default:
			digit = strings.IndexRune("一二三四五六七八九", r)/3 + 1
		}
	}
	return sum + digit
}

func article(s string) number {
	word := hanNumber(s[3:])
	if word == "" {
		n := 3
		for n < len(s) && n < 7 && isDigit(s[n]) {
			n++
		}
		word = s[3:n]
	}
	if word == "" || len(word) > 21 {
		return number{}
	}
	unit := firstRune(s[3+len(word):])
	size := 3 + len(word) + utf8.RuneLen(unit)
	var k rank
	switch unit {
	case '编':
		k = rankPart
	case '章':
		k = rankChapter
	case '节':
		k = rankSection
	case '条':
		k = rankArticle
	default:
		return number{}
	}
	// 第三条第二款规定… is not the beginning of an article.
	if rest := s[size:]; strings.HasPrefix(rest, "第") || strings.HasPrefix(rest, "规定") || strings.HasPrefix(rest, "、") {
		return number{}
	}
	value := hanValue(word)
	if isDigit(word[0]) {
		value = digits(word)
	}
	return number{k, s[:size], value, size}
}

func bracketed(s string) number {
	end := strings.IndexByte(s[:min(len(s), 12)], ')')
	if end < 2 {
		return number{}
	}
	switch word := s[1:end]; {
	case isDigit(word[0]):
		if v := digits(word); v > 0 && len(word) <= 2 {
			return number{rankFourth, s[:end+1], v, end + 1}
		}
	case hanNumber(word) == word:
		return number{rankSecond, s[:end+1], hanValue(word), end + 1}
	}
	return number{}
}

// units follow a number that counts something and does not number a line.
const units = "万亿元倍米吨亩个人年月日公千百户名家项岁天次级分小%℃"

func arabic(s string) number {
	n := 0
	for n < len(s) && n < 3 && isDigit(s[n]) {
		n++
	}
	rest := s[n:]
	v := digits(s[:n])
	switch {
	case v == 0 || n > 2 || rest == "":
		return number{}
	case strings.HasPrefix(rest, "、"):
		return number{rankThird, s[:n], v, n + 3}
	case rest[0] == ')':
		return number{rankFourth, s[:n+1], v, n + 1}
	case rest[0] == '.':
		if len(rest) > 1 && isDigit(rest[1]) {
			return decimal(s, n)
		}
		return number{rankThird, s[:n], v, n + 1}
	case n == 2 && s[0] == '0' && rest[0] >= utf8.RuneSelf && !strings.ContainsRune(units, firstRune(rest)):
		return number{rankThird, s[:n], v, n} // 01什么是…: cards of questions
	}
	return number{}
}

// decimal reads 1.2 and 1.2.3 before a word; 1.5万元 is an amount.
func decimal(s string, n int) number {
	parts := 1
	for n+1 < len(s) && s[n] == '.' && isDigit(s[n+1]) && parts < 5 {
		n++
		for n < len(s) && isDigit(s[n]) {
			n++
		}
		parts++
	}
	next := firstRune(s[n:])
	if n == len(s) || n > 11 || next < utf8.RuneSelf || strings.ContainsRune(units, next) {
		return number{}
	}
	last := s[strings.LastIndexByte(s[:n], '.')+1 : n]
	return number{rankDecimal, s[:n], digits(last), n}
}

func digits(s string) int {
	v := 0
	for i := 0; i < len(s) && i < 4; i++ {
		if !isDigit(s[i]) {
			return 0
		}
		v = v*10 + int(s[i]-'0')
	}
	return v
}
