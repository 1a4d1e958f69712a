package email

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/emersion/go-smtp"

	"policypush/internal/channel"
)

// TestAnswersMeanWhatTheStandardsSay is the table of what relays say, by how far
// the mail had come: RFC 5321, 3463 and 7372, and words of relays without codes.
func TestAnswersMeanWhatTheStandardsSay(t *testing.T) {
	const fine, dead = false, true // the address
	for _, tt := range []struct {
		at    stage
		said  string
		class channel.Class
		dead  bool
	}{
		{connecting, "421 4.3.2 not now", channel.Retry, fine},
		{connecting, "454 4.7.0 TLS not available", channel.Retry, fine},
		{connecting, "535 5.7.8 authentication failed", channel.Config, fine},
		{connecting, "554 5.7.1 no service", channel.Config, fine},
		{sender, "421 4.7.0 too long idle", channel.Retry, fine},
		{sender, "450 4.7.1 greylisted", channel.Retry, fine},
		{sender, "452 4.3.1 disk full", channel.Retry, fine},
		{sender, "451 4.7.28 too many mails", channel.Throttled, fine},
		{sender, "530 5.7.0 authentication required", channel.Config, fine},
		{sender, "550 5.7.1 sender not allowed", channel.Config, fine},
		{sender, "553 5.1.8 no such sender", channel.Config, fine},
		{sender, "552 5.3.4 too big", channel.Permanent, fine},
		{sender, "503 5.5.1 nested MAIL", channel.Retry, fine},
		{recipient, "450 4.2.0 mailbox busy", channel.Retry, fine},
		{recipient, "451 4.7.28 too fast", channel.Throttled, fine},
		{recipient, "452 4.2.2 full", channel.Retry, fine},
		{recipient, "552 5.2.2 full", channel.Retry, fine},
		{recipient, "552 full", channel.Retry, fine},
		{recipient, "550 5.1.1 no such user", channel.Permanent, dead},
		{recipient, "550 5.1.2 no such host", channel.Permanent, dead},
		{recipient, "553 5.1.3 bad syntax", channel.Permanent, dead},
		{recipient, "551 5.1.6 moved", channel.Permanent, dead},
		{recipient, "556 5.1.10 null MX", channel.Permanent, dead},
		{recipient, "550 5.2.1 disabled", channel.Permanent, dead},
		{recipient, "550 no such user here", channel.Permanent, dead},
		{recipient, "550 User unknown", channel.Permanent, dead},
		{recipient, "550 rejected by policy", channel.Permanent, fine},
		{recipient, "550 5.7.1 not wanted", channel.Permanent, fine},
		{recipient, "554 5.1.8 no such sender", channel.Permanent, fine},
		{data, "554 5.5.1 no valid recipients", channel.Permanent, fine},
		{dotted, "450 too fast", channel.Throttled, fine},
		{dotted, "450 4.7.1 too fast", channel.Throttled, fine},
		{dotted, "451 4.3.0 try later", channel.Retry, fine},
		{dotted, "554 5.7.1 spam", channel.Permanent, fine},
		{dotted, "550 5.6.0 bad content", channel.Permanent, fine},
		{dotted, "550 5.7.20 no passing DKIM signature", channel.Config, fine},
		{dotted, "550 5.7.23 SPF failed", channel.Config, fine},
		{dotted, "550 5.7.25 no reverse name", channel.Config, fine},
		{dotted, "550 5.7.26 unauthenticated", channel.Config, fine},
	} {
		var code int
		if _, err := fmt.Sscan(tt.said, &code); err != nil {
			t.Fatal(err)
		}
		r := classify(&failure{tt.at, refusal(code, tt.said[4:])})
		if r.Class != tt.class || r.BadAddress != tt.dead {
			t.Errorf("%d, %s: %+v", tt.at, tt.said, r)
		}
	}
	for at, want := range map[stage]channel.Class{connecting: channel.Retry, sender: channel.Retry, recipient: channel.Retry, data: channel.Retry, dotted: channel.Unknown} {
		if r := classify(&failure{at, io.ErrUnexpectedEOF}); r.Class != want {
			t.Errorf("cut at %d: %+v", at, r)
		}
	}
	for err, code := range map[error]string{errNoSTARTTLS: "no-starttls", errNoAuth: "no-auth"} {
		if r := classify(&failure{connecting, err}); r.Class != channel.Config || r.Code != code {
			t.Errorf("%+v", r)
		}
	}
	if _, is := errors.AsType[*smtp.SMTPError](refusal(550, "x")); !is {
		t.Error("an answer is no SMTPError")
	}
}
