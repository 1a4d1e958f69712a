package search

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// People write 八十岁 where a document says 80周岁, and the other way round.

const numeralDigits = "零一二三四五六七八九"

var numeralUnits = map[rune]int{'十': 10, '百': 100, '千': 1000}

// numerals returns the numbers of a Chinese run in digits.
func numerals(text string) []synonym {
	var found []synonym
	for text != "" {
		value, n := numeral(text)
		of := text[:n]
		text = text[n:]
		if utf8.RuneCountInString(of) >= 2 && value > 9 && !strings.HasPrefix(text, "分") {
			found = append(found, synonym{strconv.Itoa(value), of})
		}
		if n == 0 {
			_, n = utf8.DecodeRuneInString(text)
			text = text[n:]
		}
	}
	return found
}

// numeral reads the number at the beginning of a text: its value, 0 unless it
// is written with its units, and its length in bytes.
func numeral(text string) (value, length int) {
	digit, digits := 0, 0
	for at, c := range text {
		if c == '两' {
			c = '二'
		}
		if d := strings.IndexRune(numeralDigits, c); d >= 0 {
			if digits++; digits > 1 && digit > 0 {
				return 0, at // digit after digit: a year, a list
			}
			digit = d / len("零")
		} else if unit, ok := numeralUnits[c]; ok {
			if digits == 0 {
				digit = 1
			}
			value += digit * unit
			digit, digits = 0, 0
		} else {
			return addOnes(value, digit), at
		}
	}
	return addOnes(value, digit), len(text)
}

func addOnes(value, digit int) int {
	if value == 0 {
		return 0
	}
	return value + digit
}

// spelled is a number of two or three digits in Chinese characters, or "".
func spelled(digits string) string {
	n, err := strconv.Atoi(digits)
	if err != nil || n < 10 || n > 999 || digits[0] == '0' {
		return ""
	}
	of := func(d int) string { return numeralDigits[d*len("零") : (d+1)*len("零")] }
	var b strings.Builder
	hundreds, tens, ones := n/100, n/10%10, n%10
	if hundreds > 0 {
		b.WriteString(of(hundreds) + "百")
	}
	switch {
	case tens == 1 && hundreds == 0:
		b.WriteString("十")
	case tens > 0:
		b.WriteString(of(tens) + "十")
	case ones > 0:
		b.WriteString("零")
	}
	if ones > 0 {
		b.WriteString(of(ones))
	}
	return b.String()
}
