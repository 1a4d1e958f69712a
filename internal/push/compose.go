package push

import (
	"bytes"
	"cmp"
	_ "embed" // the e-mail's template
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"policypush/internal/domain"
)

// Voice is who speaks: the office as its messages name it.
type Voice struct {
	Signature string // stands between 【 and 】 in text messages
	Office    string
	Phone     string // answers questions
	// SearchIn is where a text message tells people to look a policy up, for
	// example 浙里办. Carriers stop messages with links that were not filed.
	SearchIn string
	Link     string // the filed link for text messages, or ""
}

// Links are the addresses in an e-mail that belong to its reader. Each may be
// empty.
type Links struct {
	Unsubscribe string // stops the channel
	Settings    string // where topics and frequency are changed
	Mine        string // 我的政策; only a first digest names it
	Inbox       string // where every message can be read
}

// Message is what a channel sends. A text message has only Text.
type Message struct {
	Subject string
	Text    string
	HTML    string
	// Link is where a tap on a notification leads. Of a sensitive policy it is
	// the inbox: a link that names the policy would tell whoever carries it.
	Link string
}

// Composer writes messages in the voice of one office. It is safe for
// concurrent use.
type Composer struct {
	voice Voice
	mail  *template.Template
}

//go:embed mail.html
var mailTemplate string

//go:embed letter.html
var letterText string

// letterTemplate writes the body of a letter. It asks for a code to scan by
// <figure data-qr="URL">, which whoever prints it draws.
var letterTemplate = template.Must(template.New("letter").Parse(letterText))

// NewComposer returns a composer, or an error of kind Invalid if text messages
// in this voice would be refused, see Lint.
func NewComposer(v Voice) (*Composer, error) {
	v.Signature, v.Office, v.Phone = plain(v.Signature), plain(v.Office), plain(v.Phone)
	if v.Signature == "" {
		return nil, domain.Errorf(domain.Invalid, "发布单位没有短信签名，请先填写签名").In("签名")
	}
	if v.Office == "" {
		v.Office = v.Signature
	}
	t, err := template.New("mail").Parse(mailTemplate)
	if err != nil {
		return nil, fmt.Errorf("template of the e-mail: %w", err)
	}
	c := &Composer{voice: v, mail: t}
	if bad := Lint(c.sign(c.look()+"。"), v.terms()); len(bad) > 0 {
		return nil, domain.Errorf(domain.Invalid, "短信不能这样发出：%s，请检查签名和链接设置", strings.Join(bad, "；")).In("签名")
	}
	return c, nil
}

// Compose writes the message for one policy, or one summary for several, in
// the order of Sort, and how many more wait for the next, see Listed. now decides
// which year goes without saying.
func (c *Composer) Compose(channel domain.ChannelKind, cards []Card, rest int, links Links, now time.Time) (Message, error) {
	if len(cards) == 0 {
		return Message{}, fmt.Errorf("compose: no policy to write about")
	}
	today := now.In(Shanghai()).Format(time.DateOnly)
	cards = Sort(cards, today)
	switch channel {
	case domain.SMS:
		return Message{Text: c.sms(cards, today)}, nil
	case domain.Email:
		return c.email(cards, rest, links, today)
	case domain.App, domain.WeChat, domain.WebPush, domain.Webhook, domain.JPush:
		return hint(cards, links, today), nil
	case domain.Paper:
		return c.letter(cards, rest, "放在下一份通知里", links, today)
	default:
		return Message{}, fmt.Errorf("compose: no channel %q", channel)
	}
}

// First writes the first digest of a new subscriber: policies in force that
// concern them, in the order given, and how many there are besides.
func (c *Composer) First(channel domain.ChannelKind, cards []Card, rest int, links Links, now time.Time) (Message, error) {
	if len(cards) == 0 {
		return Message{}, fmt.Errorf("compose: no policy to write about")
	}
	total := len(cards) + rest
	switch channel {
	case domain.SMS:
		return Message{Text: c.smsList(fmt.Sprintf("订阅成功，现有%d项有效政策可能与您有关", total), namesOf(cards), total)}, nil
	case domain.Email:
		page := mailPage{
			Voice: c.voice, Links: links, Why: whyFirst, Document: documentMail,
			Subject: fmt.Sprintf("订阅成功：现有%d项政策可能与您有关", total),
			Lead:    fmt.Sprintf("您订阅以前发布、现在有效的政策中，有%d项可能与您有关，快要截止的在前：", total),
		}
		if rest > 0 {
			page.More = fmt.Sprintf(moreMany, rest)
		}
		return c.mailOf(page, cards, now.In(Shanghai()).Format(time.DateOnly))
	case domain.WeChat, domain.WebPush, domain.Webhook, domain.JPush:
		return Message{
			Subject: fmt.Sprintf("订阅成功：%d项政策可能与您有关", total),
			Text:    listed(namesOf(cards), total) + "，" + byDocument + "。", Link: links.Mine,
		}, nil
	case domain.Paper:
		return c.letter(cards, rest, "没有列出", links, now.In(Shanghai()).Format(time.DateOnly))
	default:
		return Message{}, fmt.Errorf("compose: no first digest over %q", channel)
	}
}

// Reply is what a message tells somebody of their question: never what it is
// about.
type Reply struct {
	Number domain.QuestionID
	Kind   domain.NoticeKind
	Due    time.Time // the new promise, of an extension
	URL    string    // of the question's page
}

const whyReply = "您提问时选择了用这种方式接收答复，或标记过这条答复对您有帮助。"

// Answer writes the message that a question has an answer, that an answer was
// corrected, or that it takes longer than was promised.
func (c *Composer) Answer(channel domain.ChannelKind, r Reply, links Links) (Message, error) {
	said := fmt.Sprintf("您的提问（编号%d）已答复", r.Number)
	switch r.Kind {
	case domain.NoticeCorrected:
		said = fmt.Sprintf("更正：编号%d的提问，答复有更正，请以更正后的为准", r.Number)
	case domain.NoticeExtended: // the promise ends with a day
		said = fmt.Sprintf("您的提问（编号%d）需要多些时间核实，延期到%s答复", r.Number, r.Due.Add(-time.Minute).In(Shanghai()).Format("1月2日"))
	}
	switch channel {
	case domain.SMS:
		return Message{Text: c.sign(said + "，" + c.look() + "。")}, nil
	case domain.Email:
		links.Mine = ""
		page := mailPage{
			Subject: r.Kind.Title(), Lead: said + "。", Voice: c.voice, Links: links, Why: whyReply, Document: documentMail, Tap: "登录查看",
			Cards: []mailCard{{Title: fmt.Sprintf("编号%d的提问", r.Number), Notes: []string{privateMail}, URL: r.URL}},
		}
		var html bytes.Buffer
		if err := c.mail.Execute(&html, page); err != nil {
			return Message{}, fmt.Errorf("compose e-mail: %w", err)
		}
		return Message{Subject: page.Subject, Text: page.text(), HTML: html.String()}, nil
	default:
		return Message{}, fmt.Errorf("compose: no answer over %q", channel)
	}
}

// soon is how many days before its deadline a policy comes first.
const soon = 15

// maxListed is how many policies a summary lists; the others it counts.
const maxListed = 15

// Listed returns how many policies a summary over a channel lists, the first in
// the order of Sort; the rest belongs into the next. 0 means that it counts all,
// to be read in the inbox.
func Listed(channel domain.ChannelKind) int {
	switch channel {
	case domain.Email, domain.Paper:
		return maxListed
	default:
		return 0
	}
}

// Sort returns the cards in the order of a summary: withdrawals and
// corrections, then what ends within fifteen days, the soonest first, then
// likely before possible, in each what ends first, and at last as they came.
// One policy appears once; a withdrawal stands for the policy itself, and so
// does a reminder.
func Sort(cards []Card, today string) []Card {
	rank := func(c Card) int {
		switch {
		case c.Withdrawn:
			return 0
		case c.Corrected != "":
			return 1
		case c.Reminds || endsSoon(c.Deadline, today):
			return 2
		case c.Verdict == domain.Likely:
			return 3
		default:
			return 4
		}
	}
	sorted := slices.Clone(cards)
	slices.SortStableFunc(sorted, func(a, b Card) int {
		order := cmp.Compare(rank(a), rank(b))
		if order != 0 || rank(a) < 2 {
			return order
		}
		return cmp.Or(cmp.Compare(lastDay(a, today), lastDay(b, today)), cmp.Compare(certainty(a), certainty(b)), cmp.Compare(reminding(a), reminding(b)))
	})
	seen := map[domain.PolicyID]bool{}
	return slices.DeleteFunc(sorted, func(c Card) bool {
		again := c.Policy != 0 && seen[c.Policy]
		seen[c.Policy] = true
		return again
	})
}

// lastDay is the deadline of a card as it sorts: what has ended or ends never
// comes last.
func lastDay(c Card, today string) string {
	if c.Deadline < today {
		return "9999-12-31"
	}
	return c.Deadline
}

func certainty(c Card) int {
	if c.Verdict == domain.Likely {
		return 0
	}
	return 1
}

func reminding(c Card) int {
	if c.Reminds {
		return 0
	}
	return 1
}

func endsSoon(deadline, today string) bool {
	last, err := time.Parse(time.DateOnly, deadline)
	from, errToday := time.Parse(time.DateOnly, today)
	if err != nil || errToday != nil {
		return false
	}
	days := int(last.Sub(from) / day)
	return days >= 0 && days <= soon
}

// maxSubject is the length of an e-mail's subject, in characters.
const maxSubject = 40

// subjectOf is the subject of an e-mail or a letter, which has more room than a lock screen.
func subjectOf(c Card) string {
	c.Short = subject(c.Title)
	return notice(c, maxSubject)
}

// notice is the one-line name of a card in at most n characters.
func notice(c Card, n int) string {
	switch {
	case c.Withdrawn && c.Sensitive:
		return "更正：一项政策已撤回"
	case c.Withdrawn:
		return shorten("更正："+c.Short, n)
	case c.Corrected != "" && c.Sensitive:
		return "更正：一项政策有更正"
	case c.Corrected != "":
		return shorten("更正："+c.Short, n)
	case c.Reminds && c.Sensitive:
		return "您关注的一项政策即将截止"
	case c.Reminds:
		return shorten("即将截止："+c.Short, n)
	case c.Sensitive:
		return "您订阅的主题有新政策"
	default:
		return shorten(c.Short, n)
	}
}

// maxAppText is the length of a notice's body, in characters.
const maxAppText = 60

func appText(c Card, today string) string {
	const ending = "，" + byDocument
	switch {
	case c.Withdrawn:
		return "此前推送的政策已撤回，请勿据此办理" + ending + "。"
	case c.Corrected != "":
		return "此前推送的政策有更正，请打开查看" + ending + "。"
	case c.Sensitive:
		return "请打开查看" + ending + "。"
	}
	facts := slices.DeleteFunc([]string{c.Who, c.Gives}, func(s string) bool { return s == "" })
	if last := dayWords(c.Deadline, today); last != "" {
		facts = append(facts, last+"截止")
	}
	tail := "。" + c.Verdict.Label() + ending + "。"
	if said := fitting(facts, maxAppText-utf8.RuneCountInString(tail)); said != "" {
		return said + tail
	}
	return strings.TrimPrefix(tail, "。")
}

// hint is the message of a channel that shows two lines: what is new, and a
// link to it.
func hint(cards []Card, links Links, today string) Message {
	if len(cards) > 1 {
		return Message{
			Subject: fmt.Sprintf(subjectMany, len(cards)),
			Text:    listed(namesOf(cards), len(cards)) + "，" + byDocument + "。", Link: links.Inbox,
		}
	}
	card := cards[0]
	m := Message{Subject: notice(card, maxTitle), Text: appText(card, today), Link: card.URL}
	if card.Sensitive || card.URL == "" {
		m.Link = links.Inbox
	}
	return m
}

// listed names the first of several policies: A、B等.
func listed(names []string, total int) string {
	n := min(len(names), 3)
	switch {
	case n == 0:
		return "请打开查看"
	case n < total:
		return strings.Join(names[:n], "、") + "等"
	default:
		return strings.Join(names[:n], "、")
	}
}

// letter is the printed notice: the facts of the e-mail. HTML is its body, see
// letterTemplate.
func (c *Composer) letter(cards []Card, rest int, where string, links Links, today string) (Message, error) {
	page := mailPage{Voice: c.voice, Why: whyLetter, Document: documentLetter, Subject: subjectOf(cards[0]), Lead: leadOne}
	switch {
	case len(cards) > 1:
		page.Subject = fmt.Sprintf("政策通知：%d项可能与您有关", len(cards))
		page.Lead = fmt.Sprintf(leadMany, len(cards))
	case cards[0].Withdrawn:
		page.Lead = "我们此前通知您的一项政策已撤回："
	case cards[0].Corrected != "":
		page.Lead = "我们此前通知您的一项政策有更正："
	case cards[0].Reminds:
		page.Lead = "我们此前通知您的一项政策，申报即将截止："
	}
	if rest > 0 {
		page.More = fmt.Sprintf("另有%d项%s，可以拨打咨询电话。", rest, where)
	}
	for _, card := range cards {
		shown := mailCardOf(card, c.voice, today)
		if card.Sensitive {
			shown.URL = links.Inbox // a code that leads to the policy would tell, and so might its phone
			shown.Notes = []string{"为保护您的隐私，这里不写具体内容，请扫码登录查看，或拨打咨询电话。"}
			if card.Withdrawn {
				shown.Notes[0] = "请勿据此办理。" + shown.Notes[0]
			}
			if c.voice.Phone != "" {
				shown.Facts = []fact{{"咨询电话", c.voice.Phone}}
			}
		}
		page.Cards = append(page.Cards, shown)
	}
	var html bytes.Buffer
	if err := letterTemplate.Execute(&html, page); err != nil {
		return Message{}, fmt.Errorf("compose letter: %w", err)
	}
	return Message{Subject: page.Subject, Text: page.text(), HTML: html.String()}, nil
}

// mailPage is what the template of the e-mail is given.
type mailPage struct {
	Subject  string
	Lead     string
	Voice    Voice
	Cards    []mailCard
	More     string // what is not listed, or ""
	Tap      string // what the link of a card is called
	Links    Links
	Why      string
	Document string
}

// mailCard is one policy in an e-mail.
type mailCard struct {
	Title   string
	Verdict string
	Facts   []fact
	Notes   []string
	URL     string
}

// Typed is the address of a card as somebody types it who reads it on paper.
func (m mailCard) Typed() string {
	_, typed, _ := strings.Cut(m.URL, "://")
	return typed
}

type fact struct{ Name, Value string }

const (
	whyMail        = "您订阅了政策推送，这些内容与您订阅的主题或填写的情况有关。登录后可以查看每项政策推送给您的理由。"
	whyFirst       = "您订阅政策推送时选择了“先把现在有效的政策发我一份”，只发这一次。登录后可以查看每项政策与您有关的理由。"
	whyReminder    = "这项政策推送过给您，您没有标为已办理或与我无关。登录后标记“已办理”，不再提醒。"
	whyLetter      = "您登记了接收纸质政策通知，不想再收到请告诉送通知的人或拨打上面的电话。"
	leadOne        = "有一项政策可能与您有关："
	leadMany       = "以下%d项政策可能与您有关，快要截止的在前："
	subjectMany    = "政策汇总：%d项可能与您有关"
	moreMany       = "另有%d项没有列出，请到“我的政策”查看。"
	moreNext       = "另有%d项放在下一份汇总里，也可以到“我的政策”查看。"
	privateMail    = "为保护您的隐私，邮件不写具体内容，请登录查看。"
	byOffice       = byDocument + "；是否享受以主管部门审核为准。"
	documentLetter = "本通知只作提示，内容" + byOffice
	documentMail   = "本邮件只作提示，内容" + byOffice
)

func (c *Composer) email(cards []Card, rest int, links Links, today string) (Message, error) {
	page := mailPage{Voice: c.voice, Links: links, Why: whyMail, Document: documentMail}
	if len(cards) == 1 {
		page.Subject = subjectOf(cards[0])
		page.Lead = leadOne
		switch {
		case cards[0].Withdrawn:
			page.Lead = "我们此前向您推送的一项政策已撤回："
		case cards[0].Corrected != "":
			page.Lead = "我们此前向您推送的一项政策有更正："
		case cards[0].Reminds:
			page.Lead = "我们向您推送过的一项政策，申报即将截止："
			page.Why = whyReminder
		}
	} else {
		page.Subject = fmt.Sprintf(subjectMany, len(cards))
		page.Lead = fmt.Sprintf(leadMany, len(cards))
	}
	page.Links.Mine = "" // where to read what is not listed
	if rest > 0 {
		page.More, page.Links.Mine = fmt.Sprintf(moreNext, rest), links.Mine
	}
	return c.mailOf(page, cards, today)
}

func (c *Composer) mailOf(page mailPage, cards []Card, today string) (Message, error) {
	for _, card := range cards {
		page.Cards = append(page.Cards, mailCardOf(card, c.voice, today))
	}
	var html bytes.Buffer
	if err := c.mail.Execute(&html, page); err != nil {
		return Message{}, fmt.Errorf("compose e-mail: %w", err)
	}
	return Message{Subject: page.Subject, Text: page.text(), HTML: html.String()}, nil
}

func mailCardOf(c Card, v Voice, today string) mailCard {
	m := mailCard{Title: c.Title, Verdict: c.Verdict.Label(), URL: c.URL}
	if c.Sensitive {
		m.Title = notice(c, maxTitle)
		if c.Withdrawn {
			m.Verdict = "已撤回"
			m.Notes = []string{"请勿据此办理。" + privateMail}
		} else {
			m.Verdict = ""
			m.Notes = []string{privateMail}
		}
		return m
	}
	add := func(name, value string) {
		if value != "" {
			m.Facts = append(m.Facts, fact{name, value})
		}
	}
	if c.Corrected != "" {
		m.Verdict = "有更正"
		add("更正内容", plain(c.Corrected))
	}
	add("涉及企业", c.meant(0))
	if c.Withdrawn {
		m.Verdict = "已撤回"
		add("撤回理由", c.Why)
		m.Notes = []string{"请勿再按此前的推送办理。已经提交的申请，请咨询主管部门。"}
	} else {
		add("谁能享受", c.Who)
		add("给什么", c.Gives)
		add("怎么办", c.How)
		if last := dayWords(c.Deadline, today); last != "" {
			add("截止", last)
		}
		if c.Points > 1 {
			add("政策点", fmt.Sprintf("共%d项", c.Points))
		}
	}
	phone := c.Phone
	if phone == "" {
		phone = v.Phone
	}
	add("咨询电话", phone)
	add("发文机关", c.Issuer)
	add("文号", c.DocNumber)
	return m
}

// text is the plain part of the e-mail: the same words without markup.
func (p mailPage) text() string {
	var b strings.Builder
	b.WriteString(p.Lead + "\n")
	for i, card := range p.Cards {
		b.WriteString("\n")
		if len(p.Cards) > 1 {
			fmt.Fprintf(&b, "%d. ", i+1)
		}
		b.WriteString(card.Title)
		if card.Verdict != "" {
			b.WriteString("（" + card.Verdict + "）")
		}
		b.WriteString("\n")
		for _, f := range card.Facts {
			b.WriteString(f.Name + "：" + f.Value + "\n")
		}
		for _, note := range card.Notes {
			b.WriteString(note + "\n")
		}
		if card.URL != "" {
			b.WriteString(cmp.Or(p.Tap, "查看原文与解读") + "：" + card.URL + "\n")
		}
	}
	if p.More != "" {
		b.WriteString("\n" + p.More + "\n")
	}
	if p.Links.Mine != "" {
		b.WriteString("我的政策：" + p.Links.Mine + "\n")
	}
	b.WriteString("\n" + p.Document + "\n为什么收到：" + p.Why + "\n")
	if p.Links.Settings != "" {
		b.WriteString("修改主题与频次：" + p.Links.Settings + "\n")
	}
	if p.Links.Unsubscribe != "" {
		b.WriteString("退订：" + p.Links.Unsubscribe + "\n")
	}
	b.WriteString("\n" + p.Voice.Office)
	if p.Voice.Phone != "" {
		b.WriteString("　" + p.Voice.Phone)
	}
	b.WriteString("\n")
	return b.String()
}
