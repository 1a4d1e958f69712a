package tagging

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// chineseDigits gives the value of a numeral in Chinese writing.
var chineseDigits = map[rune]int{
	'零': 0, '〇': 0, 'O': 0, 'o': 0, '○': 0, '0': 0, '一': 1, '二': 2, '两': 2, '三': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9,
}

// integer reads 12, 十二, 二十, 一百二十 and 二〇二六. ok is false for anything else.
func integer(s string) (n int, ok bool) {
	if v, err := strconv.Atoi(s); err == nil {
		return v, true
	}
	total, digit, digits, units := 0, 0, 0, false
	for _, r := range s {
		switch d, isDigit := chineseDigits[r]; {
		case isDigit && digits > 0 && !units: // a year: digit after digit
			digit = digit*10 + d
			digits++
		case isDigit:
			digit, digits = d, digits+1
		case r == '十' || r == '百' || r == '千':
			unit := map[rune]int{'十': 10, '百': 100, '千': 1000}[r]
			if digits == 0 && total == 0 {
				digit = 1 // 十二
			}
			total += digit * unit
			digit, digits, units = 0, 0, true
		default:
			return 0, false
		}
		if digits > 9 || total > math.MaxInt32 {
			return 0, false
		}
	}
	if digits == 0 && !units {
		return 0, false
	}
	return total + digit, true
}

// yuan reads an amount with its unit: ("300", "万元") is 3,000,000.
func yuan(number, unit string) (float64, bool) {
	v, err := strconv.ParseFloat(strings.ReplaceAll(number, ",", ""), 64)
	if err != nil || v < 0 || v > 1e12 {
		return 0, false
	}
	switch unit {
	case "元":
		return v, true
	case "万元", "万", "万人民币":
		return math.Round(v * 1e4), true
	case "亿元", "亿":
		return math.Round(v * 1e8), true
	default:
		return 0, false
	}
}

// percent reads 15% and 百分之十五 as 0.15.
func percent(s string) (float64, bool) {
	if rest, ok := strings.CutPrefix(s, "百分之"); ok {
		n, ok := integer(rest)
		return float64(n) / 100, ok
	}
	if under, over, ok := strings.Cut(s, "分之"); ok {
		n, ok1 := integer(over)
		of, ok2 := integer(under)
		return math.Round(float64(n)/float64(of)*1e4) / 1e4, ok1 && ok2 && of > 0
	}
	v, err := strconv.ParseFloat(strings.TrimSuffix(s, "%"), 64)
	return math.Round(v*1e6) / 1e8, err == nil
}

// day writes a date as YYYY-MM-DD; the parts may be in Chinese writing. It is
// empty if there is no such day.
func day(y, m, d string) string {
	year, ok1 := integer(y)
	month, ok2 := integer(m)
	date, ok3 := integer(d)
	if !ok1 || !ok2 || !ok3 || year < 1949 || year > 2100 || month < 1 || month > 12 || date < 1 || date > daysIn(year, month) {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", year, month, date)
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	default:
		return 31
	}
}
