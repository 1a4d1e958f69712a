// Package sms sends text messages through one or several providers and reads
// the receipts and replies that come back.
//
// A Line is the channel.Sender. It takes a message apart into number, signature
// and text and hands it to the first provider that is in order; what a provider
// certainly did not take goes to the next one, what may have gone out never
// does. A provider is one file: Aliyun (阿里云), Tencent (腾讯云), MAS (中国移动
// 云MAS), CMPP and Kannel, each with one table that turns its codes into
// classes. All send one message a request: the outcome of each stands for
// itself, and an answer that is lost leaves one message in doubt, not a batch. A
// provider that is silent holds nobody: its messages are in doubt, and settled by
// the answer if that comes late.
//
// What comes back is a Report or a Reply, by callback (Inbound), by a pull or
// over the session of CMPP, and always goes to a Sink.
package sms

import (
	"context"
	"strings"

	"policypush/internal/channel"
	"policypush/internal/domain"
)

// Text is one message as a provider gets it.
type Text struct {
	Ref       string // our reference
	To        string // eleven digits
	Full      string // the whole text
	Signature string // what stands between 【 and 】 at its head
	Body      string // what stands behind
}

// textOf takes a message apart. It fails with the result of a message that
// cannot be sent by anybody.
func textOf(m channel.Message) (Text, *channel.Result) {
	to, err := Number(m.To)
	if err != nil {
		return Text{}, &channel.Result{Class: channel.Permanent, Code: "number", BadAddress: true}
	}
	if strings.TrimSpace(m.Text) == "" || !channel.ValidRef(m.Ref) {
		return Text{}, &channel.Result{Class: channel.Permanent, Code: "compose", Note: "empty text or bad reference"}
	}
	t := Text{Ref: m.Ref, To: to, Full: m.Text, Body: m.Text}
	if head, signed := strings.CutPrefix(m.Text, "【"); signed {
		if name, body, closed := strings.Cut(head, "】"); closed {
			t.Signature, t.Body = name, body
		}
	}
	return t, nil
}

// Provider is one gateway for text messages.
type Provider interface {
	// Name is the word of the settings: aliyun.
	Name() string
	// Window is how many messages it takes at a time.
	Window() int
	// Submit hands over one message. Whole tells that the result holds for every
	// message of this provider for now, so that nobody else's need try. A call
	// outlives ctx for a few seconds: once handed over, only the answer tells
	// whether a message went out.
	Submit(ctx context.Context, t Text) (r channel.Result, whole bool)
	// Close ends the connections. No Submit may follow.
	Close() error
}

// Sink takes what providers say about messages that they took before. An error
// means that it could not be kept: the provider is to say it again.
type Sink interface {
	Report(ctx context.Context, r Report) error
	Reply(ctx context.Context, r Reply) error
}

// listener is a provider that hears from its gateway on its own: by a session
// that stays open, or by asking now and then. It runs until ctx ends.
type listener interface {
	Listen(ctx context.Context, sink Sink)
}

// Report is what a provider says about a message that it took before, which is
// named by our reference or by the provider's.
type Report struct {
	Provider   string
	Ref        string
	GatewayRef string
	// Phone is the number that the message went to, if the provider says so.
	Phone string
	// State is Accepted, Delivered or Failed.
	State domain.DeliveryState
	// Code is the provider's: "MK:0001".
	Code string
	// Note is the provider's text without personal data.
	Note string
	// BadAddress tells that the number itself is dead.
	BadAddress bool
	// Units is as in channel.Result, if it is known.
	Units int
}

// Reply is a text that a person sent back.
type Reply struct {
	From string // eleven digits
	To   string // our number, perhaps with an extension
	Text string
	// Stop tells that the text means 退订.
	Stop bool
}

// maxReply is the longest reply kept, in runes.
const maxReply = 500

// replyOf makes a reply of what a provider says. It fails with Invalid if the
// number is none.
func replyOf(from, to, text string) (Reply, error) {
	number, err := Number(from)
	if err != nil {
		return Reply{}, err
	}
	text = strings.ToValidUTF8(text, "\uFFFD")
	if rs := []rune(text); len(rs) > maxReply {
		text = string(rs[:maxReply])
	}
	return Reply{From: number, To: digits(to), Text: text, Stop: StopWord(text)}, nil
}

// digits keeps the digits of the number that was written to.
func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// deadNumber tells whether a provider's words about a failure say that the
// number is no number. A failed report alone does not: the phone may be off for
// days.
func deadNumber(answer string) bool {
	a := strings.ToUpper(answer)
	for _, word := range []string{"UNKNOWN SUBSCRIBER", "INVALID NUMBER", "INVALID DESTINATION", "MK:0001", "MK:0000", "MI:0001", "空号", "EC:1 ", "ERR:001"} {
		if strings.Contains(a, word) {
			return true
		}
	}
	return false
}

// gatewayRef keeps what a provider calls a message fit to be stored.
func gatewayRef(s string) string {
	if len(s) > 80 {
		return ""
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return ""
		}
	}
	return s
}
