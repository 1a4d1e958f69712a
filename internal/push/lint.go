package push

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"policypush/rules"
)

// MaxSegments is how many parts a text message may have.
const MaxSegments = 3

// Terms are what text messages are held to.
type Terms struct {
	Link  string // the one that was filed with the carriers, or ""
	Phone string // the office's, which a text may name
	Words []*rules.SMSWord
}

// call is a phone number: a mobile one, one with an area code, 400 and 800
// numbers, and those that send text messages. What stands after a decimal point
// is part of an amount.
var call = regexp.MustCompile(`\.\d+|1[3-9]\d{9}|0\d{2,3}-?\d{7,8}|[48]00-?\d{3,4}-?\d{3,4}|10[56]\d{5,}`)

// Lint returns what a gateway or the law would object to in a text message that
// tells of policies, in Chinese; nothing if it may go out.
func Lint(text string, t Terms) []string {
	found := LintAny(text, t)
	if !strings.HasSuffix(text, optOut) {
		found = append(found, "短信必须以“"+optOut+"”结尾")
	}
	return found
}

// LintAny is Lint for every text message, also one with a code for signing in,
// which nobody can unsubscribe from.
func LintAny(text string, t Terms) []string {
	var found []string
	body, signed := strings.CutPrefix(text, "【")
	name, body, closed := strings.Cut(body, "】")
	if !signed || !closed || name == "" {
		found = append(found, "短信必须以【签名】开头")
		body = text
	}
	if strings.ContainsAny(body, "【】") {
		found = append(found, "正文不能出现【】，会被当作签名")
	}
	if n := Segments(text); n > MaxSegments {
		found = append(found, fmt.Sprintf("短信太长，要拆成%d条，最多%d条", n, MaxSegments))
	}
	unfiled := body
	if t.Link != "" {
		unfiled = strings.ReplaceAll(body, t.Link, "")
	}
	if link.MatchString(unfiled) {
		found = append(found, "正文含有未报备的链接")
	}
	for _, number := range call.FindAllString(unfiled, -1) {
		if number[0] != '.' && onlyDigits(number) != onlyDigits(t.Phone) {
			found = append(found, "正文含有电话号码，只能写本单位的咨询电话")
			break
		}
	}
	if strings.Contains(text, "您符合") {
		found = append(found, "不能写“您符合”，是否符合由主管部门审核")
	}
	if !utf8.ValidString(text) || strings.ContainsAny(text, "\r\n") {
		found = append(found, "短信应为一行文字")
	}
	return append(found, lintWords(body, t.Words)...)
}

// lintWords finds the words that carriers stop, and those that tell whoever
// sees the screen what the reader would not tell.
func lintWords(body string, words []*rules.SMSWord) (found []string) {
	clauses := strings.FieldsFunc(body, func(r rune) bool { return strings.ContainsRune("，。；：！？、,;:!?“”", r) })
	for _, w := range words {
		says := func(text string) string {
			for _, harmless := range w.Not {
				text = strings.ReplaceAll(text, harmless, "")
			}
			for _, word := range append([]string{w.Name}, w.Aliases...) {
				if strings.Contains(text, word) {
					return word
				}
			}
			return ""
		}
		if !w.Sensitive {
			if word := says(body); word != "" {
				found = append(found, "含有运营商会拦截的词“"+word+"”")
			}
			continue
		}
		for _, clause := range clauses {
			if word := says(clause); word != "" && strings.ContainsAny(clause, "您你") {
				found = append(found, "不能点明读者的敏感身份“"+word+"”")
				break
			}
		}
	}
	return found
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// terms are what this composer's own texts are held to, but for words: those
// are of its policies.
func (v Voice) terms() Terms { return Terms{Link: v.Link, Phone: v.Phone} }

// Sample is the text message of a policy as its office's readers get it, for
// whoever is to approve it: in how many parts, and what is objected to.
type Sample struct {
	Text     string
	Segments int
	Found    []string
}

// SampleOf composes and checks the text message of a card.
func (c *Composer) SampleOf(card Card, today string, words []*rules.SMSWord) Sample {
	text := c.sms([]Card{card}, today)
	terms := c.voice.terms()
	terms.Words = words
	return Sample{Text: text, Segments: Segments(text), Found: Lint(text, terms)}
}
