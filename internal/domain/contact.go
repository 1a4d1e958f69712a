package domain

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ChannelKind names a way to reach a person.
type ChannelKind string

// The channels. What an address is differs: a mobile number, a mail address,
// the openid of a follower, the push subscription of a browser (JSON), a
// person's id in the city's own app, the registration id of a device, or where
// a letter goes, see PaperAddress.
const (
	App     ChannelKind = "app"
	SMS     ChannelKind = "sms"
	Email   ChannelKind = "email"
	WeChat  ChannelKind = "wechat"
	WebPush ChannelKind = "webpush"
	Webhook ChannelKind = "webhook"
	JPush   ChannelKind = "jpush"
	Paper   ChannelKind = "paper"
)

// Label returns the Chinese name of the channel.
func (c ChannelKind) Label() string {
	switch c {
	case App:
		return "站内消息"
	case SMS:
		return "短信"
	case Email:
		return "电子邮件"
	case WeChat:
		return "微信公众号"
	case WebPush:
		return "浏览器通知"
	case Webhook:
		return "政务应用"
	case JPush:
		return "手机推送"
	case Paper:
		return "纸质通知"
	default:
		return string(c)
	}
}

// Outgoing lists the channels that leave the house, in the order of the pages.
// The inbox does not: it is computed from the frozen audience.
func Outgoing() []ChannelKind { return slices.Clone(outgoing) }

var outgoing = []ChannelKind{SMS, Email, WeChat, WebPush, Webhook, JPush, Paper}

// Channels lists all channels in the order of the pages.
func Channels() []ChannelKind { return append([]ChannelKind{App}, Outgoing()...) }

// Confirms tells whether we are told of a message over the channel that it has
// arrived; of others only that it has not.
func (c ChannelKind) Confirms() bool {
	return c == App || c == SMS || c == WeChat || c == Webhook || c == Paper
}

// Rings tells whether a message on the channel makes a device sound or light
// up, so that it keeps to the quiet hours.
func (c ChannelKind) Rings() bool { return c != App && c != Email && c != Paper }

// Frequency is how often a channel may be used.
type Frequency string

// The frequencies.
const (
	Now    Frequency = "now"
	Daily  Frequency = "daily"
	Weekly Frequency = "weekly"
)

// soonness orders the frequencies: the sooner, the larger.
func (f Frequency) soonness() int {
	switch f {
	case Weekly:
		return 0
	case Daily:
		return 1
	default:
		return 2
	}
}

// Label returns the Chinese word for the frequency.
func (f Frequency) Label() string {
	switch f {
	case Now:
		return "有新政策就发"
	case Daily:
		return "每天汇总"
	case Weekly:
		return "每周汇总"
	default:
		return string(f)
	}
}

// Contact is one address of a subscriber, in the order of preference. Address
// is empty for App. Contacts are encrypted at rest; logs and pages show
// Masked.
type Contact struct {
	ID       ContactID   `json:"-"`
	Kind     ChannelKind `json:"kind"`
	Address  string      `json:"address,omitempty"`
	When     Frequency   `json:"when,omitempty"` // empty means Now
	Verified bool        `json:"verified,omitempty"`
	// Role says whom at the enterprise the address reaches.
	Role ContactRole `json:"role,omitempty"`
	// Person says which contacts of the subscriber are one person's.
	Person PersonID `json:"-"`
	// Shared tells that somebody else may have the same address; storage fills
	// it in.
	Shared bool `json:"-"`
	// Suppressed says why the address must not be used (stop, bounce:…), or "".
	Suppressed string `json:"suppressed,omitempty"`
}

// ChooseContact returns the place of the address to use on a channel for what
// is for some roles at an enterprise, or -1: verified, rather one that is not
// suppressed, then rather of such a role, then rather of a general one than of
// another role, then the first.
func ChooseContact(contacts []Contact, channel ChannelKind, roles []ContactRole) int {
	chosen, best := -1, 0
	for i := range contacts {
		c := &contacts[i]
		if c.Kind != channel || !c.Verified || c.Address == "" {
			continue
		}
		rank := c.rank(roles)
		if c.Suppressed == "" {
			rank += 3
		}
		if rank > best {
			chosen, best = i, rank
		}
	}
	return chosen
}

// rank says, from 1 to 3, how well a contact fits what is for some roles.
func (c *Contact) rank(roles []ContactRole) int {
	switch {
	case slices.Contains(roles, c.Role):
		return 3
	case c.Role.General():
		return 2
	default:
		return 1
	}
}

// Browsers returns those of somebody's contacts to which a notification for one
// of them goes, itself first: every browser in use that is of the same role. For
// one that is gone the first choice among the others stands in.
func Browsers(contacts []Contact, id ContactID) []Contact {
	at := slices.IndexFunc(contacts, func(c Contact) bool { return c.Kind == WebPush && c.ID == id })
	if at < 0 {
		at = ChooseContact(contacts, WebPush, nil)
	}
	if at < 0 {
		return nil
	}
	var all []Contact
	for i, c := range contacts {
		switch {
		case c.Kind != WebPush || !c.Role.Together(contacts[at].Role) || !c.Verified || c.Suppressed != "" || c.Address == "":
		case i == at:
			all = slices.Insert(all, 0, c)
		default:
			all = append(all, c)
		}
	}
	return all
}

// Masked returns the address with its middle hidden.
func (c Contact) Masked() string {
	switch c.Kind {
	case SMS:
		return MaskPhone(c.Address)
	case Email:
		return MaskEmail(c.Address)
	case WebPush:
		return maskBrowser(c.Address)
	case WeChat, Webhook, JPush:
		return MaskID(c.Address)
	case Paper:
		return maskPaper(c.Address)
	default:
		return ""
	}
}

// MaskPhone hides the middle of a phone number: 139****1234.
func MaskPhone(s string) string {
	if len(s) < 8 {
		return strings.Repeat("*", len(s))
	}
	return s[:3] + "****" + s[len(s)-4:]
}

// MaskEmail hides all but the first letter of the local part: z***@example.com.
func MaskEmail(s string) string {
	at := strings.LastIndexByte(s, '@')
	if at < 1 {
		return strings.Repeat("*", len([]rune(s)))
	}
	first := []rune(s)[0]
	return string(first) + "***" + s[at:]
}

// MaskID hides all but the last four characters of an id: ****3f2a.
func MaskID(s string) string {
	rs := []rune(s)
	if len(rs) < 8 {
		return strings.Repeat("*", len(rs))
	}
	return "****" + string(rs[len(rs)-4:])
}

// ValidAccountID tells whether s can be somebody's id at WeChat, 极光 or in the
// city's app: up to 128 visible characters of ASCII.
func ValidAccountID(s string) bool {
	return s != "" && len(s) <= 128 && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// maskBrowser names a browser, where it is known, and the push service of its
// subscription.
func maskBrowser(s string) string {
	var subscription struct {
		Endpoint string `json:"endpoint"`
		Name     string `json:"name"`
	}
	if json.Unmarshal([]byte(s), &subscription) == nil {
		if u, err := url.Parse(subscription.Endpoint); err == nil && u.Host != "" {
			return strings.TrimSpace(subscription.Name + " " + u.Hostname())
		}
	}
	return "****"
}

func maskPaper(s string) string {
	to, err := ParsePaperAddress(s)
	if err != nil {
		return "****"
	}
	return to.Village + "****"
}

// PaperAddress is where a letter goes: the village (or community) whose clerk
// hands it out, and the address in it.
type PaperAddress struct {
	Village string `json:"village"` // 城关镇东门村
	Line    string `json:"line"`    // 三组12号
	Name    string `json:"name,omitempty"`
}

// maxPaperPart is how many characters a part of a postal address may have.
const maxPaperPart = 60

// String writes the address as a contact keeps it.
func (a PaperAddress) String() string {
	s := a.Village + "｜" + a.Line
	if a.Name != "" {
		s += "｜" + a.Name
	}
	return s
}

// ParsePaperAddress reads 城关镇东门村｜三组12号｜王秀英: the village, the
// address in it and, if it is known, the name. It fails with Invalid.
func ParsePaperAddress(s string) (PaperAddress, error) {
	parts := strings.Split(strings.ReplaceAll(s, "|", "｜"), "｜")
	for i, part := range parts {
		parts[i] = strings.Join(strings.Fields(part), " ")
		if n := utf8.RuneCountInString(parts[i]); n == 0 || n > maxPaperPart || !utf8.ValidString(part) || strings.ContainsFunc(part, unicode.IsControl) {
			return PaperAddress{}, Errorf(Invalid, "邮寄地址每部分要有1到%d个字", maxPaperPart)
		}
	}
	if len(parts) < 2 || len(parts) > 3 {
		return PaperAddress{}, Errorf(Invalid, "邮寄地址要写成“村（社区）｜门牌｜收件人”，收件人可以不写")
	}
	a := PaperAddress{Village: parts[0], Line: parts[1]}
	if len(parts) == 3 {
		a.Name = parts[2]
	}
	return a, nil
}
