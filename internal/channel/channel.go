// Package channel holds what the ways to reach a person have in common: a
// message, what became of it, and the Sender that turns one into the other.
//
// The senders are channel/email, channel/sms, channel/webpush, channel/wechat,
// channel/jpush, channel/webhook, channel/paper, whose letters wait for
// somebody who prints them, and channel/outbox, which only writes down what the
// others would have sent. None of them keeps a promise
// over a restart: rows in the database say what is owed, and a message whose
// fate is Unknown is never sent again by a sender itself.
package channel

import (
	"context"
	"regexp"
	"strings"
	"time"
	"unicode"
)

// Mode says what a channel does with a message.
type Mode string

// The modes.
const (
	Off  Mode = "off"  // nothing is planned for this channel
	Log  Mode = "log"  // written to the outbox folder, nobody is reached: the default
	Send Mode = "send" // handed to the gateway
)

// Valid tells whether m is one of the modes.
func (m Mode) Valid() bool { return m == Off || m == Log || m == Send }

// Message is one message to one person.
type Message struct {
	// Ref is our reference of the delivery: letters, digits, '-' and '_', at
	// most 40 of them. It stays the same over retries; Message-ID, envelope
	// sender and receipts carry it.
	Ref string
	// To is the address, see domain.ChannelKind.
	To string
	// Subject is the subject of an e-mail; an SMS has none.
	Subject string
	// Text is the whole text of an SMS, or the plain part of an e-mail.
	Text string
	// Link is where a tap on a notification leads; it may be empty.
	Link string
	// Urgent wakes a device that saves power.
	Urgent bool
	// HTML is the formatted part of an e-mail; it may be empty.
	HTML string
	// FromName is the name shown as the sender of an e-mail, for example the
	// office. Empty takes the one in the settings.
	FromName string
	// Unsubscribe is the https address that ends this channel with one POST
	// (RFC 8058). Empty leaves the header out: a code for signing in has none.
	Unsubscribe string
	// UnsubscribeMail is a mail address that does the same; it may be empty.
	UnsubscribeMail string
}

// Class says what can be done about the outcome of an attempt.
type Class int

// The classes.
const (
	// Unknown means that the message was handed over and no answer came. It may
	// have gone out: a receipt or a person settles it, no sender repeats it.
	Unknown Class = iota
	// Accepted means that the gateway took the message.
	Accepted
	// Retry means that this message failed for now.
	Retry
	// Throttled means that the gateway asks for a pause, see Result.After.
	Throttled
	// Quota means that the account is used up until somebody acts.
	Quota
	// Permanent means that this message will never be taken.
	Permanent
	// Waiting means that the message waits for a person who hands it over: a
	// letter that is to be printed. Whoever prints it records the rest.
	Waiting
	// Config means that our own settings are refused, for every message alike:
	// the channel should pause and an operator be told. It costs no attempt.
	Config
)

// String returns the name of the class for logs.
func (c Class) String() string {
	switch c {
	case Accepted:
		return "accepted"
	case Retry:
		return "retry"
	case Throttled:
		return "throttled"
	case Quota:
		return "quota"
	case Permanent:
		return "permanent"
	case Config:
		return "config"
	case Waiting:
		return "waiting"
	default:
		return "unknown"
	}
}

// Result is what became of one message.
type Result struct {
	Ref   string
	Class Class
	// Gateway names which of a channel's gateways answered, or was asked last:
	// "kannel", "aliyun", the host of a relay. The history of a delivery shows
	// it, so that a change from one to another is seen.
	Gateway string
	// GatewayRef is the gateway's own reference, or "log" from the outbox.
	GatewayRef string
	// Units is how many the gateway counts the message as, for example the parts
	// of a long text; 0 is one.
	Units int
	// Code is the gateway's code: "5.1.1", "403".
	Code string
	// Note is the gateway's text without personal data, see Note.
	Note string
	// BadAddress tells that the address itself is dead and must not be used
	// again. Only a Permanent result sets it.
	BadAddress bool
	// After is how long to wait before the next attempt; 0 leaves it to the caller.
	After time.Duration
}

// Sender hands messages to a gateway.
type Sender interface {
	// Send hands over all messages and returns one result each, in their
	// order. It never returns an error: a failure is a class. When ctx ends,
	// messages that were not begun come back as Retry; one that was handed
	// over waits a few seconds for its answer, then is Unknown.
	Send(ctx context.Context, ms []Message) []Result
	// Close ends the connections. No Send may follow.
	Close() error
}

// maxNote is the length in runes at which Note cuts.
const maxNote = 160

var (
	mailLike  = regexp.MustCompile(`[^\s<>"'(),;:]+@[^\s<>"'(),;]+`)
	phoneLike = regexp.MustCompile(`\+?\d{7,}`)
)

// Note makes a gateway's words fit to be stored: one line, shortened, with
// anything that looks like a mail address or a phone number hidden.
func Note(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	text = strings.Join(strings.Fields(text), " ")
	text = mailLike.ReplaceAllString(text, "***")
	text = phoneLike.ReplaceAllString(text, "***")
	if rs := []rune(text); len(rs) > maxNote {
		text = string(rs[:maxNote-1]) + "…"
	}
	return text
}

// ValidRef tells whether ref may be used as a Message's Ref.
func ValidRef(ref string) bool {
	if ref == "" || len(ref) > 40 {
		return false
	}
	for i := range len(ref) {
		c := ref[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}
