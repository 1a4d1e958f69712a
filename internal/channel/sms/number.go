package sms

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"

	"policypush/internal/domain"
)

// Number checks a mainland mobile number and returns its eleven digits. Spaces,
// hyphens, full-width digits and a leading +86, 0086 or 86 are understood.
func Number(s string) (string, error) {
	n := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '-' {
			return -1
		}
		return r
	}, width.Narrow.String(s))
	for _, prefix := range []string{"+86", "0086", "86"} {
		if rest, ok := strings.CutPrefix(n, prefix); ok && len(rest) == 11 {
			n = rest
			break
		}
	}
	bad := len(n) != 11 || n[0] != '1' || n[1] < '3'
	for i := range len(n) {
		bad = bad || n[i] < '0' || n[i] > '9'
	}
	if bad {
		return "", domain.Errorf(domain.Invalid, "手机号码应为1开头的11位数字，请检查")
	}
	return n, nil
}

// stopWords are the answers that mean 退订, after folding.
var stopWords = map[string]bool{
	"TD": true, "T": true, "R": true, "N": true, "0000": true, "STOP": true, "QX": true, "UNSUBSCRIBE": true, "CANCEL": true,
	"退订": true, "取消": true, "退": true, "取消订阅": true, "停止": true, "退訂": true, "回TD": true, "回复TD": true, "TD退订": true, "退订TD": true, "取消短信": true,
}

// StopWord tells whether a reply asks to be left alone: one of the agreed
// words and nothing else. Spaces and punctuation around and between do not
// count, nor does full or half width, nor case.
func StopWord(text string) bool {
	if len(text) > 200 {
		return false
	}
	folded := strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToUpper(r)
	}, width.Narrow.String(text))
	return stopWords[folded]
}
