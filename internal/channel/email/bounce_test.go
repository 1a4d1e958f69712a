package email_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"
	"pgregory.net/rapid"

	"policypush/internal/channel/email"
)

func TestEnvelopeAddressesTellWhoseBounceItIs(t *testing.T) {
	e := email.Envelope{Domain: "bounce.yunchuan.example", Key: key}
	stranger := email.Envelope{Domain: e.Domain, Key: []byte("another key of sixteen octets")}
	rapid.Check(t, func(rt *rapid.T) {
		ref := rapid.StringMatching(`[A-Za-z0-9_-]{1,40}`).Draw(rt, "ref")
		a := e.Address(ref)
		if len(a[:strings.IndexByte(a, '@')]) > 64 {
			rt.Fatalf("local part too long: %s", a)
		}
		if got, ok := e.Ref(a); !ok || got != ref {
			rt.Fatalf("%s is read as %q", a, got)
		}
		if got, ok := e.Ref(strings.ToUpper(a)); !ok || !strings.EqualFold(got, ref) {
			rt.Fatalf("in capitals it is read as %q", got)
		}
		if _, ok := e.Ref(stranger.Address(ref)); ok {
			rt.Fatal("a stranger's address is taken")
		}
	})
	for _, a := range []string{"", "b+", "b+d1@bounce.yunchuan.example", "b+d1.@bounce.yunchuan.example", "postmaster@bounce.yunchuan.example", "b+d1.aaaaaaaaaaaaa@bounce.yunchuan.example", strings.Replace(e.Address("d1"), "d1", "d2", 1), strings.Replace(e.Address("d1"), "bounce.", "", 1)} {
		if ref, ok := e.Ref(a); ok {
			t.Errorf("%q is read as %q", a, ref)
		}
	}
}

// bounces are real in shape: one by Postfix, one as Exchange writes them, a
// delay, a report on several recipients, and mails that are no bounce.
var bounces = map[string]struct {
	file string
	want []email.Bounce
}{
	"Postfix, user unknown": {"postfix.eml", []email.Bounce{{Action: "failed", Status: "5.1.1", Diagnostic: "550 5.1.1 <***>: Recipient address rejected: User unknown in local recipient table", BadAddress: true}}},
	"mailbox full":          {"full.eml", []email.Bounce{{Action: "failed", Status: "5.2.2", Diagnostic: "552 Mailbox quota exceeded"}}},
	"delayed, GB18030":      {"delayed.eml", []email.Bounce{{Action: "delayed", Status: "4.4.1", Diagnostic: "connect to mx.example.com[192.0.2.25]:25: Connection timed out"}}},
	"several recipients":    {"several.eml", []email.Bounce{{Action: "failed", Status: "5.7.1", Diagnostic: "554 5.7.1 content rejected"}, {Action: "delivered", Status: "2.1.5"}}},
	"out of office":         {"absent.eml", nil},
	"report without fields": {"empty.eml", nil},
}

func TestBouncesAreRead(t *testing.T) {
	for name, tt := range bounces {
		t.Run(name, func(t *testing.T) {
			f, err := os.Open(filepath.Join("testdata", "bounce", tt.file))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = f.Close() }()
			got, err := email.ParseDSN(f)
			if !reflect.DeepEqual(got, tt.want) || (err == nil) != (tt.want != nil) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func FuzzParseDSN(f *testing.F) {
	for _, tt := range bounces {
		b, err := os.ReadFile(filepath.Join("testdata", "bounce", tt.file))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(b))
	}
	f.Fuzz(func(t *testing.T, s string) {
		bs, err := email.ParseDSN(strings.NewReader(s))
		if (err == nil) != (len(bs) > 0) {
			t.Errorf("%d bounces, %v", len(bs), err)
		}
		for _, b := range bs {
			if b.Action == "" || b.Ref != "" || strings.ContainsAny(b.Diagnostic+b.Status, "\r\n") || len(b.Status) > 12 || b.BadAddress && !b.Failed() {
				t.Errorf("%+v", b)
			}
		}
	})
}

// TestTheListenerTakesNothingButBounces speaks SMTP as a stranger would.
func TestTheListenerTakesNothingButBounces(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e := email.Envelope{Domain: "bounce.yunchuan.example", Key: key}
	b := email.NewBounces(e, slog.New(slog.DiscardHandler), func(_ context.Context, b email.Bounce) error {
		t.Errorf("handled: %+v", b)
		return nil
	})
	served := make(chan error, 1)
	go func() { served <- b.Serve(l) }()
	c, err := smtp.Dial(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	refusedWith := func(err error, code int) bool {
		se, ok := errors.AsType[*smtp.SMTPError](err)
		return ok && se.Code == code
	}
	if err := c.Mail("", nil); err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{"someone@example.com", "postmaster@bounce.yunchuan.example", "b+d1.aaaaaaaaaaaaa@bounce.yunchuan.example"} {
		if err := c.Rcpt(to, nil); !refusedWith(err, 550) {
			t.Errorf("%s: %v", to, err)
		}
	}
	if err := c.Rcpt(e.Address("d1"), nil); err != nil {
		t.Fatal(err)
	}
	// An out-of-office note is taken and forgotten.
	w, err := c.Data()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("Subject: out of office\r\nAuto-Submitted: auto-replied\r\n\r\nback on Monday\r\n")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Errorf("out-of-office note: %v", err)
	}
	// A mail beyond all measure is refused.
	if err := c.Mail("", nil); err != nil {
		t.Fatal(err)
	}
	if err := c.Rcpt(e.Address("d1"), nil); err != nil {
		t.Fatal(err)
	}
	if w, err = c.Data(); err != nil {
		t.Fatal(err)
	}
	_, err = w.Write([]byte("Subject: big\r\n\r\n" + strings.Repeat(strings.Repeat("x", 900)+"\r\n", 700)))
	if err == nil {
		err = w.Close()
	}
	if !refusedWith(err, 552) {
		t.Errorf("big mail: %v", err)
	}
	_ = c.Close()
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}
