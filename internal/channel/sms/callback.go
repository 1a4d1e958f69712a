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

// PostURL returns the address at which a provider posts its receipts (report)
// or replies (reply), see Inbound.
func (c Callbacks) PostURL(provider, what string) string { return c.path(provider + "/" + what) }

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
	r := Report{Provider: "kannel", Ref: ref, GatewayRef: channel.Note(q.Get("id")), Code: strconv.Itoa(status), Note: channel.Note(q.Get("answer"))}
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

// ParseReply reads a reply. Kannel hands over UTF-8, see ReplyURL.
func (c Callbacks) ParseReply(q url.Values) (Reply, error) {
	return replyOf(q.Get("from"), q.Get("to"), q.Get("text"))
}
