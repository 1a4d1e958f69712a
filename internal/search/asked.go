package search

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// wanted is a kind of answer: how it is asked for, and how it looks in a text.
type wanted struct{ asked, given *regexp.Regexp }

// kindsOfAnswers are how much, when, where, with which papers and by which
// telephone.
var kindsOfAnswers = []wanted{
	{
		regexp.MustCompile(`多少|几[元块百千万折成倍]|多高|多大|额度|比例|金额|标准|怎么算`),
		regexp.MustCompile(`[0-9一二三四五六七八九十百千万]+(?:\.[0-9]+)?\s?(?:元|万|亿|%|％|倍|折|成)|百分之|分之|全额|免费|全免`),
	},
	{
		regexp.MustCompile(`什么时候|啥时候|何时|几号|哪天|哪几天|哪一年|哪年|几月|截止|到期|期限|多久|多长时间|最晚|几天|几年`),
		regexp.MustCompile(`[0-9一二三四五六七八九十]+\s?(?:月|日|天|年|个月|个工作日|工作日)|次月|季度|长期|年底|月底|截止|截至`),
	},
	{
		regexp.MustCompile(`哪里|哪儿|去哪|在哪|到哪|地址|什么地方|哪个部门|找谁|哪办`),
		regexp.MustCompile(`窗口|大厅|中心|街道|乡镇|社区|[0-9]号|[0-9]楼|[0-9]室|网站|平台|APP|小程序|向[^。；]{2,20}(?:申请|申报|提出)|登录|邮箱`),
	},
	{
		regexp.MustCompile(`材料|资料|证件|证明|手续|带什么|交什么|准备什么`),
		regexp.MustCompile(`材料|复印件|证明|身份证|申请表|户口簿|证书|执照|合同|发票`),
	},
	{
		regexp.MustCompile(`电话|热线|怎么联系|联系方式|打哪`),
		regexp.MustCompile(`[0-9]{3,4}[-—－][0-9]{7,8}|[0-9]{7,11}|123[0-9]{2}`),
	},
}

// answers are the patterns of what is asked for.
func answers(question string) []*regexp.Regexp {
	var all []*regexp.Regexp
	for _, kind := range kindsOfAnswers {
		if kind.asked.MatchString(question) {
			all = append(all, kind.given)
		}
	}
	return all
}

// given are the characters of a text at which such an answer begins, in order.
func (q *question) given(text string) []int {
	var all []int
	for _, want := range q.wants {
		chars, from := 0, 0
		for _, m := range want.FindAllStringIndex(text, -1) {
			chars += utf8.RuneCountInString(text[from:m[0]])
			from = m[0]
			all = append(all, chars)
		}
	}
	slices.Sort(all)
	return all
}

// sameAs is how alike what is asked is, by its pairs of characters, to the
// question that a question with its answer begins with: 1 for the same, and
// next to nothing for one that has a few words in common.
func (q *question) sameAs(answered string) float64 {
	answered, _, _ = strings.Cut(strings.ReplaceAll(answered, "?", "？"), "？")
	asked, shared := map[string]bool{}, 0
	pairs(q.flat, func(pair string) { asked[pair] = true })
	all := len(asked)
	pairs(flat(answered), func(pair string) {
		if all++; asked[pair] {
			shared++
			delete(asked, pair) // what is said twice is alike once
		}
	})
	alike := 2 * float64(shared) / float64(max(1, all))
	return alike * alike
}
