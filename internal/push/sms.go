package push

import (
	"fmt"
	"strings"

	"policypush/internal/domain"
)

const (
	// minTitle is the shortest a title is cut to, in characters.
	minTitle = 8
	// fairTitle is what it keeps if the message tells where to look.
	fairTitle = 12
	// optOut ends every text message and is never shortened.
	optOut = "退订回TD"
	// byDocument stands in every message: nothing is promised.
	byDocument = "以正式文件为准"
)

// Segments returns of how many parts a text message is made, which is how many
// are paid for.
func Segments(text string) int { return len(domain.SMSParts(text)) }

// sms writes the text message for one policy or for several. It tries to stay
// within one part: first the title is shortened, then the hint where to look
// makes room for it, then who and what are left out; the signature, the warning
// that the document decides, and the way to stop always stay.
func (c *Composer) sms(cards []Card, today string) string {
	if len(cards) > 1 {
		return c.smsDigest(cards)
	}
	card := cards[0]
	if card.Withdrawn {
		return c.smsWithdrawal(card)
	}
	if card.Corrected != "" {
		return c.smsCorrection(card)
	}
	if card.Sensitive && card.Reminds {
		return c.sign("您关注的一项政策申报即将截止，" + c.look() + "，" + byDocument + "。")
	}
	if card.Sensitive {
		return c.sign("您订阅的主题有新政策，" + c.look() + "，" + byDocument + "。")
	}
	return c.smsOne(card, today)
}

// smsOne tries, in this order, to say all and where to look, to say what is given
// in fewer parts, to cut the title, to leave out for whom, and what, until the text
// is of one part.
func (c *Composer) smsOne(card Card, today string) string {
	var text string
	fits := func(least int, who, gives string, where bool) bool {
		for title := maxTitle; title >= least; title-- {
			if text = c.sign(c.smsBody(card, today, title, who, gives, where)); Segments(text) == 1 {
				return true
			}
		}
		return false
	}
	if fits(fairTitle, card.Who, card.Gives, true) {
		return text
	}
	for _, less := range []struct {
		title int
		who   string
	}{{fairTitle, card.Who}, {minTitle, card.Who}, {minTitle, ""}} {
		for gives := card.Gives; gives != ""; _, gives, _ = strings.Cut(gives, "，") {
			if fits(less.title, less.who, gives, false) {
				return text
			}
		}
	}
	if fits(minTitle, card.Who, "", false) {
		return text
	}
	fits(minTitle, "", "", false)
	return text
}

func (c *Composer) smsBody(card Card, today string, title int, who, gives string, where bool) string {
	name := shorten(card.Short, title)
	facts := make([]string, 0, 3)
	for _, fact := range []string{who, gives} {
		if fact != "" {
			facts = append(facts, fact)
		}
	}
	if last := dayWords(card.Deadline, today); last != "" {
		facts = append(facts, last+"截止")
	}
	if meant := card.meant(shortName); meant != "" {
		facts = append(facts, "涉及"+meant)
	}
	var b strings.Builder
	if card.Reminds {
		b.WriteString("截止提醒：")
	}
	b.WriteString(name)
	if len(facts) > 0 {
		b.WriteString("：" + strings.Join(facts, "，"))
	}
	if len(facts) > 0 || !strings.HasSuffix(name, "！") && !strings.HasSuffix(name, "？") {
		b.WriteString("。")
	}
	b.WriteString(card.Verdict.Label() + "，" + byDocument + "。")
	if where {
		b.WriteString(c.find())
	}
	return b.String()
}

func (c *Composer) smsWithdrawal(card Card) string {
	if card.Sensitive {
		return c.sign("更正：此前推送的一项政策已撤回，请勿据此办理，" + c.look() + "。")
	}
	text := ""
	for _, title := range []int{maxTitle, 12, 8} {
		text = c.sign("更正：此前推送的“" + shorten(card.Short, title) + "”已撤回，请勿据此办理，" + byDocument + "。")
		if Segments(text) == 1 {
			break
		}
	}
	return text
}

// shortName is how much of an enterprise's name stands in a text message.
const shortName = 10

func (c *Composer) smsCorrection(card Card) string {
	if card.Sensitive {
		return c.sign("更正：此前推送的一项政策有更正，" + c.look() + "，" + byDocument + "。")
	}
	text := ""
	for _, size := range []struct{ title, said int }{{maxTitle, 24}, {maxTitle, 12}, {12, 12}, {minTitle, 12}, {minTitle, 0}} {
		text = "更正：此前推送的“" + shorten(card.Short, size.title) + "”有更正"
		if said := shorten(plain(card.Corrected), size.said); said != "" {
			text += "：" + said
		}
		if text = c.sign(text + "，" + byDocument + "。"); Segments(text) == 1 {
			break
		}
	}
	return text
}

// smsDigest names the first policies that fit and counts them all.
func (c *Composer) smsDigest(cards []Card) string {
	fresh, near := 0, 0
	for _, card := range cards {
		switch {
		case card.Withdrawn:
		case card.Reminds:
			near++
		default:
			fresh++
		}
	}
	var said []string
	if near > 0 {
		said = append(said, fmt.Sprintf("%d项政策申报即将截止", near))
	}
	if fresh > 0 {
		said = append(said, fmt.Sprintf("%d项新政策可能与您有关", fresh))
	}
	if taken := len(cards) - fresh - near; taken > 0 {
		also := ""
		if fresh+near > 0 {
			also = "另有"
		}
		said = append(said, fmt.Sprintf("%s%d项此前推送的政策已撤回", also, taken))
	}
	return c.smsList(strings.Join(said, "，"), namesOf(cards), fresh+near)
}

// namesOf are the policies that a text message may name, in few characters.
func namesOf(cards []Card) []string {
	var names []string
	for _, card := range cards {
		if !card.Withdrawn && !card.Sensitive {
			names = append(names, shorten(card.Short, 12))
		}
	}
	return names
}

// smsList says something of several policies, of which it names as many as fit.
func (c *Composer) smsList(said string, names []string, total int) string {
	for n := min(len(names), 3); ; n-- {
		listed := ""
		if n > 0 {
			listed = "：" + strings.Join(names[:n], "、")
			if n < total {
				listed += "等"
			}
		}
		text := c.sign(said + listed + "，" + c.look() + "，" + byDocument + "。")
		if n == 0 || Segments(text) == 1 {
			return text
		}
	}
}

// sign puts the signature before and the way to stop after a text.
func (c *Composer) sign(body string) string { return "【" + c.voice.Signature + "】" + body + optOut }

// find tells where to look for a policy.
func (c *Composer) find() string {
	switch {
	case c.voice.Link != "":
		return "详见 " + c.voice.Link + " 。"
	case c.voice.SearchIn != "":
		return c.voice.SearchIn + "搜标题查看。"
	default:
		return ""
	}
}

// look tells where to look without naming anything.
func (c *Composer) look() string {
	switch {
	case c.voice.Link != "":
		return "请登录 " + c.voice.Link + " 查看"
	case c.voice.SearchIn != "":
		return "请登录" + c.voice.SearchIn + "查看"
	default:
		return "请登录政策直达查看"
	}
}
