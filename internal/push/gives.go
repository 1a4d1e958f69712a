package push

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"policypush/internal/domain"
)

// gives says what a measure gives: in the words of the text if they are short,
// else from its figures, else in the part of the text that names the gift. It says
// nothing rather than half of something.
func gives(b domain.Benefit) string {
	text := strings.TrimRight(strings.TrimPrefix(plain(b.Text), "答："), "。；，、")
	if utf8.RuneCountInString(text) <= maxGives && (gift.MatchString(text) || sum.MatchString(text)) && !goesOn.MatchString(text) {
		return text
	}
	if said := figures(b); said != "" {
		return said
	}
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("，；。：", r) }) {
		if utf8.RuneCountInString(part) <= maxGives && gift.MatchString(part) && !goesOn.MatchString(part) {
			return part
		}
	}
	return ""
}

var (
	// goesOn is a text that something has to follow, or that follows something.
	goesOn = regexp.MustCompile(`[：的]$|(?:如下|以下|下列)[^，。；]*$|等措施$|^(?:其中|同时|并|且|也|但|或|及|不得|所以|因此|仍)`)
	sum    = regexp.MustCompile(`\d+(?:\.\d+)?(?:元|万元|亿元|%)`)
	// gift is a part of a text that names what is given, and of what.
	gift = regexp.MustCompile(`(?:免征|免收|免交|免缴|免除|减征|减免|减按|减半征收|减半收取|缓缴|延期缴纳|返还|免费|补贴|补助|奖励|贴息|资助)[\p{Han}、]{2,}|[\p{Han}、]{4,}(?:减半|免费|免收|免征)|\d%的(?:支持|补助|补贴|奖励|资助)$`)
)

// stands says what a measure gives if that can stand for a policy: how much it is, or
// what need not be paid.
func stands(b domain.Benefit) string {
	if b.Kind == "B01" || b.Kind == "B02" || b.Kind == "B14" {
		return gives(b)
	}
	return figures(b)
}

// figures says how much a measure gives, or "" where a figure would stand for
// nothing: a share without what it is of, a sum of which the text does not say that
// it is given.
func figures(b domain.Benefit) string {
	verb := verbOf(b)
	given := verb != "" || b.Text == "" // what an officer wrote without words of the text is believed
	var said []string
	if share := share(b, verb); share != "" {
		said = append(said, share)
	}
	most := b.Largest()
	switch {
	case b.Cap > 0:
		said = append(said, b.PerCap()+"最高"+domain.Yuan(b.Cap))
	case most > b.Amount && given:
		said = append(said, b.Per()+"最高"+verb+domain.Yuan(most))
	case most > 0 && given:
		said = append(said, b.Per()+verb+domain.Yuan(most))
	}
	return fitting(said, maxGives)
}

// share says the rate of a measure.
func share(b domain.Benefit, verb string) string {
	if b.Rate <= 0 || b.Rate > 10 {
		return ""
	}
	rate, base := percent(b.Rate), plain(b.Base)
	if noBase.MatchString(base) {
		base = ""
	}
	switch {
	case b.FromRate > 0:
		return "由" + percent(b.FromRate) + "调整为" + rate
	case b.Kind == "B02" && !b.Gives() && base != "":
		return "减按" + rate + "计入" + base
	case b.Kind == "B02" && !b.Gives():
		return "" // of which tax, the text says
	case base != "" && (verb != "" || b.Kind != "B02"): // what is a share less is not that share
		return "按" + base + "的" + rate + verb
	default:
		return ""
	}
}

// noBase are words that a share cannot be of.
var noBase = regexp.MustCompile(`^(?:[在按再]|增加|提高)|[上内]$`)

func percent(rate float64) string { return strconv.FormatFloat(rate*100, 'f', -1, 32) + "%" }

// verbs are what a kind of gift is called in a few characters, as the text does.
var verbs = map[string][]string{
	"B02": {"减征", "减免"},
	"B04": {"加计扣除"},
	"B06": {"抵免"},
	"B07": {"返还", "退还"},
	"B09": {"补助", "补贴", "资助", "津贴"},
	"B10": {"奖励", "奖补"},
	"B11": {"贴息", "补贴"},
	"B17": {"补助", "补贴"},
	"B19": {"补贴"},
}

// verbOf is the word of the text for the gift; "" if it has none, so that nobody is
// told that a fee which they pay is given to them.
func verbOf(b domain.Benefit) string {
	known := verbs[b.Kind]
	at := slices.IndexFunc(known, func(verb string) bool { return strings.Contains(b.Text, verb) })
	switch {
	case at >= 0:
		return strings.Replace(known[at], "津贴", "发放", 1)
	case b.Text == "" && len(known) > 0:
		return known[0]
	default:
		return ""
	}
}
