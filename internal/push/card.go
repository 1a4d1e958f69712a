package push

import (
	"fmt"
	"regexp"
	"slices"
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
// whether belonging to it is sensitive personal information, see isSensitive. URL is
// left to the caller.
func CardOf(p *domain.Policy, verdict domain.Verdict, sensitive func(group string) bool, today string) Card {
	card := Card{
		Policy: p.ID, Title: plain(p.Title), DocNumber: plain(p.DocNumber), Issuer: plain(strings.Join(p.Issuers, "、")),
		Deadline: domain.NextDeadline(p.Deadlines(), today), Phone: plain(p.Contact), Points: len(p.Measures), Verdict: verdict,
		Sensitive: isSensitive(p, sensitive),
		Withdrawn: p.Status == domain.Withdrawn, Why: plain(p.EndedReason),
	}
	card.Short = shorten(brief(subject(card.Title), p.Issuers), maxTitle)
	if len(p.Measures) == 0 {
		return card
	}
	lead := leadMeasure(p.Measures)
	named := sensitiveWords(p, sensitive)
	card.Gives = unlessNamed(gives(lead.Benefit), named)
	card.How = howAll(p.Measures)
	if sameWho(p.Measures) {
		card.Who = unlessNamed(who(lead.Who), named)
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

// leadMeasure returns the measure that stands for a policy: the first that
// says how much or what need not be paid, or the first that says what, or the first.
func leadMeasure(ms []domain.Measure) *domain.Measure {
	for _, says := range []func(domain.Benefit) string{stands, gives} {
		for i := range ms {
			if says(ms[i].Benefit) != "" {
				return &ms[i]
			}
		}
	}
	return &ms[0]
}

func sameWho(ms []domain.Measure) bool {
	return !slices.ContainsFunc(ms, func(m domain.Measure) bool { return m.Who != ms[0].Who })
}

// who names whom a measure is for, if the words of the text that say so are a name
// and short: 规上工业企业, not 经审核符合条件的.
func who(words string) string {
	words = strings.TrimPrefix(plain(words), "对")
	if utf8.RuneCountInString(words) > maxWho || noName.MatchString(words) {
		return ""
	}
	return words
}

var noName = regexp.MustCompile(`[的后时应]$|^(?:所以|如|凡|经|按)|[。；，：]`)

// howAll says how what a policy gives is had, if all that its measures say of it is
// the same: 免申即享 of one is not that of another that has a last day to apply. What
// only few of them say holds for those.
func howAll(ms []domain.Measure) string {
	said, n := "", 0
	for i := range ms {
		switch one := how(ms[i].How); {
		case one == "":
		case said == "" || one == said:
			said, n = one, n+1
		default:
			return "各项不同，见原文"
		}
	}
	if 2*n < len(ms) {
		return ""
	}
	return said
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

var link = regexp.MustCompile(`(?i)(?:https?://|www\.)[^\s，。；、）)】]*|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|cn|net|org|gov|top|cc)\b[^\s，。；、）)】]*`)

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

// fitting joins parts, of which the first are left out until at most n characters
// remain; what the last part says, the most there is, stays longest. A part is said as a
// whole or not at all.
func fitting(parts []string, n int) string {
	for ; len(parts) > 0; parts = parts[1:] {
		if said := strings.Join(parts, "，"); utf8.RuneCountInString(said) <= n {
			return said
		}
	}
	return ""
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
