package search

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// People give an age, 九十岁, where a document gives for whom it is: 年满90周岁、
// 不满100周岁, 80-89周岁 or 80周岁以上.

// ages are years of life from one to another, both included.
type ages struct {
	at, end  int // bytes between which they are written
	from, to int
}

// oldest is how far 80周岁以上 reaches.
const oldest = 150

var agePattern = func() *regexp.Regexp {
	const number, years, included, not = `([0-9０-９]{1,3}|[一二三四五六七八九十百零]{1,5})`, `(?:周?岁)`, `(?:[（(]含[^）)]{0,6}[）)])?(?:及?以上)?`, `不满|未满|不到`
	return regexp.MustCompile(`满?` + number + years + `?` + included + `[、，,]?(至|到|[-—–－~～]+|` + not + `)` + number + years +
		`|(` + not + `|满)?` + number + `(多|来|几)?` + years + `(以下|以内|多|出头)?` + `(` + included + `)`)
}()

// agesIn finds the ages that are written in a text.
func agesIn(text string) []ages {
	from, to := strings.Index(text, "岁"), strings.LastIndex(text, "岁")
	if from < 0 {
		return nil
	}
	for from = max(0, from-longestAge); !utf8.RuneStart(text[from]); {
		from++
	}
	text, skipped := text[from:to+min(longestAge, len(text)-to)], from
	var all []ages
	for _, m := range agePattern.FindAllStringSubmatchIndex(text, -1) {
		part := func(i int) string {
			if m[2*i] < 0 {
				return ""
			}
			return text[m[2*i]:m[2*i+1]]
		}
		one := ages{at: skipped + max(m[2], m[10]), end: skipped + m[1], from: years(part(1)), to: years(part(3))} // from its number on
		if one.to > 0 {
			if _, size := utf8.DecodeRuneInString(part(2)); size > 1 && len(part(2)) > size && part(2)[:size] != "—" { // 不满
				one.to--
			}
			all = append(all, one)
			continue
		}
		age := years(part(5))
		if age < 0 {
			continue
		}
		one.from, one.to = age, age
		switch {
		case part(4) != "" && part(4) != "满":
			one.from, one.to = 0, age-1
		case part(7) == "以下", part(7) == "以内":
			one.from = 0
		case part(6) != "", part(7) != "": // 八十多岁
			one.to = age + 9
		case part(4) == "满", part(8) != "":
			one.to = oldest
		}
		all = append(all, one)
	}
	return all
}

// longestAge is how far an age reaches before and after its 岁, in bytes.
const longestAge = 40

// years is a number in digits or in characters, -1 if it is none.
func years(s string) int {
	if n, err := strconv.Atoi(flat(s)); err == nil {
		return n
	}
	if n := strings.Index(numeralDigits, s); len(s) == len("零") && n >= 0 {
		return n / len("零")
	}
	if n, length := numeral(s); n > 0 && length == len(s) {
		return n
	}
	return -1
}

// asked is the age that is asked for, 0 if none is: the middle of 八十多岁, what
// is in reach of 三岁以下.
func (a ages) asked() int {
	switch {
	case a.to == oldest:
		return a.from
	case a.from == 0:
		return max(a.to-1, 0)
	}
	return (a.from + a.to) / 2
}

// What ages count for that the one asked for is among, beside 1 for the words.
var ageWeights = [3]float64{
	1,   // 80-89周岁, for a question of 85
	0.8, // 80周岁以上
	0.4, // 60周岁以上
}

// agePart is what the age is of a question that names one.
const agePart = 0.5

// addAge notes the first age of a question.
func (q *question) addAge(text string) {
	all := agesIn(text)
	if len(all) == 0 || len(q.extra)+len(ageWeights) > maxPhrases {
		return
	}
	q.age = all[0].asked()
	means := q.typed(text[all[0].at:all[0].end])
	for i, weight := range ageWeights {
		q.ages[i] = len(q.extra)
		q.extra = append(q.extra, phrase{means: means, weight: weight})
	}
}

// agePhrase is the phrase that ages stand for which the one asked for is among,
// -1 if it is not.
func (q *question) agePhrase(a ages) int {
	switch {
	case q.age < a.from || q.age > a.to:
		return -1
	case a.to < oldest:
		return q.ages[0]
	case q.age < a.from+10:
		return q.ages[1]
	}
	return q.ages[2]
}
