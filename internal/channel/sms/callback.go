package sms

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"

	"policypush/internal/channel"
	"policypush/internal/domain"
)

// Callbacks makes and checks the addresses at which the gateway calls us.
// Gateways do not sign: a secret in the path keeps strangers out, and a MAC
// over the reference keeps a receipt from being turned to another message.
type Callbacks struct {
	// Base is our address as the gateway reaches it, for example
	// http://127.0.0.1:8080; without it no receipts are asked for.
	Base string
	// Key is a secret of this installation.
	Key []byte
}

// Secret returns the path segment that only the gateway knows.
func (c Callbacks) Secret() string { return c.mac("path", "") }

// CheckSecret compares a path segment with the secret in constant time.
func (c Callbacks) CheckSecret(s string) bool {
	return len(c.Key) > 0 && subtle.ConstantTimeCompare([]byte(s), []byte(c.Secret())) == 1
}

func (c Callbacks) mac(use, text string) string {
	m := hmac.New(sha256.New, c.Key)
	m.Write([]byte("sms " + use + "\x00" + text))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil)[:12])
}

func (c Callbacks) path(last string) string {
	return strings.TrimRight(c.Base, "/") + "/callback/sms/" + c.Secret() + "/" + last
}

// ReportURL returns the dlr-url for one message. Kannel fills in what stands
// behind a percent sign.
func (c Callbacks) ReportURL(ref string) string {
	return c.path("report") + "?ref=" + url.QueryEscape(ref) + "&mac=" + c.mac("report", ref) + "&status=%d&id=%F&answer=%A"
}

// ReplyURL returns the get-url for the gateway's sms-service group.
func (c Callbacks) ReplyURL() string {
	return c.path("reply") + "?from=%p&to=%P&text=%b&charset=%C&id=%I"
}

// Report is what the gateway says about a message that it took before.
type Report struct {
	Ref        string
	GatewayRef string
	// State is Accepted, Delivered or Failed.
	State domain.DeliveryState
	// Code is the status of Kannel: "2".
	Code string
	// Note is the gateway's text without personal data.
	Note string
	// BadAddress tells that the number itself is refused.
	BadAddress bool
}

// The statuses of Kannel's reports, a bit each. We ask for all.
const (
	statusDelivered = 1
	statusFailed    = 2
	statusBuffered  = 4
	statusAccepted  = 8
	statusRefused   = 16
	statusAll       = statusDelivered | statusFailed | statusBuffered | statusAccepted | statusRefused
)

// ParseReport reads a delivery report. It fails with Forbidden if the MAC is
// not ours and with Invalid if the status is not one of Kannel's.
func (c Callbacks) ParseReport(q url.Values) (Report, error) {
	ref := q.Get("ref")
	if len(c.Key) == 0 || !channel.ValidRef(ref) || !hmac.Equal([]byte(q.Get("mac")), []byte(c.mac("report", ref))) {
		return Report{}, domain.Errorf(domain.Forbidden, "回执签名不正确")
	}
	status, err := strconv.Atoi(q.Get("status"))
	if err != nil {
		return Report{}, domain.Errorf(domain.Invalid, "回执状态无法识别").In("status")
	}
	r := Report{Ref: ref, GatewayRef: channel.Note(q.Get("id")), Code: strconv.Itoa(status), Note: channel.Note(q.Get("answer"))}
	switch status {
	case statusDelivered:
		r.State = domain.Delivered
	case statusBuffered, statusAccepted:
		r.State = domain.Accepted
	case statusFailed, statusRefused:
		r.State = domain.Failed
		r.BadAddress = deadNumber(r.Note)
	default:
		return Report{}, domain.Errorf(domain.Invalid, "回执状态无法识别：%d", status).In("status")
	}
	return r, nil
}

// deadNumber tells whether a gateway's words to a failure say that the number
// is no number. A failed report alone does not: the phone may be off for days.
func deadNumber(answer string) bool {
	a := strings.ToUpper(answer)
	for _, word := range []string{"UNKNOWN SUBSCRIBER", "INVALID NUMBER", "INVALID DESTINATION", "MK:0001", "MK:0000", "MI:0001", "空号", "EC:1 ", "ERR:001"} {
		if strings.Contains(a, word) {
			return true
		}
	}
	return false
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

// ParseReply reads a reply. Kannel hands over UTF-8, see ReplyURL.
func (c Callbacks) ParseReply(q url.Values) (Reply, error) {
	from, err := Number(q.Get("from"))
	if err != nil {
		return Reply{}, err
	}
	text := strings.ToValidUTF8(q.Get("text"), "\uFFFD")
	if rs := []rune(text); len(rs) > maxReply {
		text = string(rs[:maxReply])
	}
	return Reply{From: from, To: channelNumber(q.Get("to")), Text: text, Stop: StopWord(text)}, nil
}

// channelNumber keeps the digits of the number that was written to.
func channelNumber(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}
