package email

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"regexp"

	"github.com/emersion/go-smtp"

	"policypush/internal/channel"
)

// stage is how far a mail had come when something went wrong.
type stage int

const (
	connecting stage = iota // dial, TLS, EHLO, AUTH
	sender                  // MAIL FROM
	recipient               // RCPT TO
	data                    // DATA until before the final dot
	dotted                  // the final dot may be out
)

// failure is an error and the stage it came in.
type failure struct {
	at  stage
	err error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

var noSuchUser = regexp.MustCompile(`(?i)(no such|unknown|invalid|non-?existent) (user|mailbox|recipient|address)|(user|mailbox|recipient|account|address)( \S+)? (is )?(not found|unknown|unavailable|does(n't| not) exist|disabled)`)

// classify turns a failure into a result without Ref and After.
func classify(f *failure) channel.Result {
	se, ok := errors.AsType[*smtp.SMTPError](f.err)
	if !ok {
		return classifyIO(f)
	}
	r := channel.Result{Code: codeOf(se), Note: channel.Note(se.Message)}
	e := se.EnhancedCode
	known := e[0] == 4 || e[0] == 5
	if se.Code < 500 {
		r.Class = channel.Retry
		limited := e[1] == 7 && e[2] == 28 || f.at == dotted && se.Code == 450 && (!known || e[1] == 7)
		if limited {
			r.Class = channel.Throttled
		}
		return r
	}
	r.Class = channel.Permanent
	switch {
	case se.Code == 503:
		// Out of step, which a new connection mends: no word about this mail.
		r.Class = channel.Retry
	case se.Code == 530 || se.Code == 534 || se.Code == 535 || se.Code == 538 || f.at == connecting:
		r.Class = channel.Config
	case e[1] == 3 && e[2] == 4: // message too big
	case f.at == sender:
		r.Class = channel.Config
	case e[1] == 7 && e[2] >= 20 && e[2] <= 26:
		r.Class = channel.Config // DKIM, SPF or the name of our address (RFC 7372)
	case e[1] == 2 && e[2] == 2 || f.at == recipient && se.Code == 552 && !known:
		r.Class = channel.Retry // mailbox full
	case deadAddress(e):
		r.BadAddress = true
	case !known && f.at == recipient && se.Code/10 == 55:
		r.BadAddress = noSuchUser.MatchString(se.Message)
	}
	return r
}

// deadAddress tells whether an enhanced code says that the recipient does not
// exist: 5.1.1–5.1.3, 5.1.6, 5.1.10 and 5.2.1, but not the codes of the same
// group that speak of the sender.
func deadAddress(e smtp.EnhancedCode) bool {
	if e[0] != 5 {
		return false
	}
	switch e[1] {
	case 1:
		return e[2] == 1 || e[2] == 2 || e[2] == 3 || e[2] == 6 || e[2] == 10
	case 2:
		return e[2] == 1
	}
	return false
}

// unreachable is the code of a mail for which no connection could be made: the
// relay has heard nothing of it.
const unreachable = "connect"

// silent is the code of a mail whose relay does not answer in time, and of those
// that were to follow it.
const silent = "silent"

func classifyIO(f *failure) channel.Result {
	r := channel.Result{Class: channel.Retry, Code: "io", Note: channel.Note(f.err.Error())}
	if f.at == dotted {
		r.Class, r.Code = channel.Unknown, "no-answer"
		return r
	}
	_, badCert := errors.AsType[*tls.CertificateVerificationError](f.err)
	_, noTLS := errors.AsType[tls.RecordHeaderError](f.err)
	_, badName := errors.AsType[x509.HostnameError](f.err)
	switch {
	case badCert || noTLS || badName:
		r.Class, r.Code = channel.Config, "tls"
	case errors.Is(f.err, errNoSTARTTLS):
		r.Class, r.Code = channel.Config, "no-starttls"
	case errors.Is(f.err, errNoAuth):
		r.Class, r.Code = channel.Config, "no-auth"
	case f.at == connecting:
		r.Code = unreachable
	}
	return r
}

// codeOf returns the enhanced code, or the plain one if there is none.
func codeOf(e *smtp.SMTPError) string {
	if c := e.EnhancedCode; c[0] == 4 || c[0] == 5 {
		return fmt.Sprintf("%d.%d.%d", c[0], c[1], c[2])
	}
	return fmt.Sprintf("%d", e.Code)
}
