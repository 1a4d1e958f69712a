package push

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"policypush/internal/domain"
)

// The lengths, in characters, of a card's parts.
const (
	maxTitle = 20
	maxWho   = 16
	maxGives = 28
)

// Card is what every channel tells of a policy: the same facts, cut to
// different lengths. Its words come from the policy alone, never from the
// reader's profile.
type Card struct {
	Policy    domain.PolicyID
	Title     string // as published
	Short     string // at most 20 characters
	DocNumber string
	Issuer    string
	Who       string // 规上工业企业; empty where measures differ
	Gives     string // 最高300万元
	How       string // 免申即享, or where to apply
	Deadline  string // YYYY-MM-DD, the next of the last days to apply
	Phone     string
	Points    int // how many measures the policy has
	Verdict   domain.Verdict
	// Sensitive hides what the policy is about: that it reached somebody could
	// tell that they are poor, ill or disabled, to whoever sees the screen.
	Sensitive bool
	Withdrawn bool
	Why       string // reason of the withdrawal
	Corrected string // what a correction changes; empty if the card is none
	Reminds   bool   // of the deadline, which is near
	// For are the enterprises that are meant, where one address stands for
	// several.
	For []string
	URL string // of the policy's page; may be empty
}

// CardOf makes the card of a policy on a day, YYYY-MM-DD. sensitive tells of a resident group
// whether belonging to it is sensitive personal information; a policy that
// asks for such a group makes a sensitive card. URL is left to the caller.
func CardOf(p *domain.Policy, verdict domain.Verdict, sensitive func(group string) bool, today string) Card {
	card := Card{
		Policy: p.ID, Title: plain(p.Title), DocNumber: plain(p.DocNumber), Issuer: plain(strings.Join(p.Issuers, "、")),
		Deadline: domain.NextDeadline(p.Deadlines(), today), Phone: plain(p.Contact), Points: len(p.Measures), Verdict: verdict,
		Sensitive: asksSensitive(p, sensitive),
		Withdrawn: p.Status == domain.Withdrawn, Why: plain(p.EndedReason),
	}
	card.Short = shorten(subject(card.Title), maxTitle)
	if len(p.Measures) == 0 {
		return card
	}
	lead := leadMeasure(p.Measures)
	card.Gives = gives(lead.Benefit)
	card.How = how(lead.How)
	if sameWho(p.Measures) {
		card.Who = shorten(plain(lead.Who), maxWho)
	}
	if len(p.Measures) > 1 && card.Gives != "" {
		card.Gives += fmt.Sprintf("等%d项", len(p.Measures))
	}
	return card
}

// namesInMail is how many enterprises an e-mail names.
const namesInMail = 10

// meant names the enterprises that a message is meant for: in a text message
// the first, in so many characters, else up to ten.
func (c Card) meant(short int) string {
	switch n := len(c.For); {
	case n == 0 || c.Sensitive:
		return ""
	case short > 0 && n == 1:
		return shorten(plain(c.For[0]), short)
	case short > 0:
		return shorten(plain(c.For[0]), short) + fmt.Sprintf("等%d家", n)
	default:
		names := plain(strings.Join(c.For[:min(n, namesInMail)], "、"))
		if n > namesInMail {
			names += fmt.Sprintf("等%d家", n)
		}
		return names
	}
}

func asksSensitive(p *domain.Policy, sensitive func(string) bool) bool {
	if slices.ContainsFunc(p.Codes(domain.GroupTag), sensitive) {
		return true
	}
	found := false
	for i := range p.Measures {
		p.Measures[i].Criteria.Leaves(func(c *domain.Condition) {
			found = found || c.Field == domain.FieldGroup && slices.ContainsFunc(c.Values, sensitive)
		})
	}
	return found
}

// leadMeasure returns the measure that stands for a policy: the first that
// says how much, or the first that says what, or the first.
func leadMeasure(ms []domain.Measure) *domain.Measure {
	for i := range ms {
		if b := ms[i].Benefit; b.Cap > 0 || b.Amount > 0 || b.Rate > 0 || len(b.Tiers) > 0 {
			return &ms[i]
		}
	}
	for i := range ms {
		if ms[i].Benefit.Text != "" {
			return &ms[i]
		}
	}
	return &ms[0]
}

func sameWho(ms []domain.Measure) bool {
	return !slices.ContainsFunc(ms, func(m domain.Measure) bool { return m.Who != ms[0].Who })
}

// gives says what a measure gives: in the words of the text if they are short,
// else from its numbers.
func gives(b domain.Benefit) string {
	text := plain(b.Text)
	if n := len([]rune(text)); n > 0 && n <= maxGives {
		return text
	}
	var said []string
	if b.Rate > 0 && b.Rate < 1 {
		said = append(said, "按"+plain(b.Base)+strconv.FormatFloat(b.Rate*100, 'f', -1, 32)+"%")
	}
	switch {
	case b.Cap > 0:
		said = append(said, "最高"+domain.Yuan(b.Cap))
	case b.Amount > 0 && b.Unit != "":
		said = append(said, "每"+plain(b.Unit)+domain.Yuan(b.Amount))
	case b.Amount > 0:
		said = append(said, domain.Yuan(b.Amount))
	case len(b.Tiers) > 0:
		said = append(said, "最高"+domain.Yuan(slices.Max(b.Tiers)))
	}
	if len(said) == 0 {
		return shorten(text, maxGives)
	}
	return brief(strings.Join(said, "，"), maxGives)
}

func how(h domain.How) string {
	switch {
	case h.Mode == "automatic":
		return "免申即享，不用申请"
	case h.Where != "":
		return plain(h.Where)
	case h.Mode == "apply":
		return "需要申请"
	default:
		return ""
	}
}

var (
	quoted = regexp.MustCompile(`《([^《》]+)》`)
	about  = regexp.MustCompile(`关于(?:印发|转发|公布|发布|下达|做好|进一步做好|开展|组织开展|组织申报|申报)?(.+?)的?(?:通知|意见|公告|通告|决定|函|办法)?$`)
	link   = regexp.MustCompile(`(?i)(?:https?://|www\.)[^\s，。；、）)】]*|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|cn|net|org|gov|top|cc)\b[^\s，。；、）)】]*`)
)

// subject cuts a title down to what it is about: the name of the document it
// hands down, or what stands between 关于 and 通知.
func subject(title string) string {
	if m := quoted.FindStringSubmatch(title); m != nil {
		return m[1]
	}
	if m := about.FindStringSubmatch(title); m != nil && m[1] != "" {
		return m[1]
	}
	return title
}

// plain makes words of a document fit for a message: one line, no brackets
// that a gateway takes for a signature, no links.
func plain(s string) string {
	if strings.Contains(s, ".") || strings.Contains(s, "://") { // most words hold no link
		s = link.ReplaceAllString(s, "")
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '【':
			return '〔'
		case r == '】':
			return '〕'
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r) || unicode.In(r, unicode.Cf) || r == unicode.ReplacementChar:
			return -1
		default:
			return r
		}
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// shorten cuts to n characters, the last of them an ellipsis. No number stands
// before it: a part of one would be another, and 300 without its 万 as well.
func shorten(s string, n int) string {
	rs := []rune(s)
	if len(rs) <= n {
		return s
	}
	if n <= 1 {
		return ""
	}
	return strings.TrimRight(string(rs[:n-1]), "0123456789.,万亿，、；：（《“ ") + "…"
}

// brief leaves out leading parts, each up to a comma, until at most n
// characters remain; what the last part says, the most there is, stays longest.
func brief(s string, n int) string {
	for utf8.RuneCountInString(s) > n {
		_, rest, more := strings.Cut(s, "，")
		if !more {
			return ""
		}
		s = rest
	}
	return s
}

// dayWords writes a date as 12月31日, with the year if it is not that of today;
// anything else is "".
func dayWords(date, today string) string {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return ""
	}
	layout := "1月2日"
	if !strings.HasPrefix(today, t.Format("2006")) {
		layout = "2006年" + layout
	}
	return t.Format(layout)
}
