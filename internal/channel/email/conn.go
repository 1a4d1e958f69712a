package email

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// conn is one connection to the relay.
type conn struct {
	client *smtp.Client
	wire   *deadlineConn
	mails  int
	used   time.Time
	answer string // the relay's words to the last mail it took
}

// dial connects, protects the connection and signs in, all within the
// ConnectTimeout.
func (s *Sender) dial(ctx context.Context) (*conn, error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.ConnectTimeout)
	defer cancel()
	raw, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.address())
	if err != nil {
		return nil, err
	}
	wire := &deadlineConn{Conn: raw, write: s.cfg.CommandTimeout}
	wire.cap(time.Now().Add(s.cfg.ConnectTimeout))
	stop := context.AfterFunc(ctx, func() { _ = raw.Close() })
	defer stop()
	c, err := s.open(ctx, wire)
	if err != nil {
		_ = raw.Close()
		return nil, err
	}
	wire.cap(time.Time{})
	return c, nil
}

// open speaks until the first MAIL may follow.
func (s *Sender) open(ctx context.Context, wire *deadlineConn) (*conn, error) {
	var client *smtp.Client
	switch s.cfg.Security {
	case Implicit:
		t := tls.Client(wire, s.tlsConfig())
		if err := t.HandshakeContext(ctx); err != nil {
			return nil, err
		}
		client = smtp.NewClient(t)
	case StartTLS:
		// go-smtp says EHLO localhost before TLS; the real name follows after.
		var err error
		if client, err = smtp.NewClientStartTLS(wire, s.tlsConfig()); err != nil {
			if err.Error() == "smtp: server doesn't support STARTTLS" {
				err = errNoSTARTTLS
			}
			return nil, err
		}
	default:
		client = smtp.NewClient(wire)
	}
	client.CommandTimeout = s.cfg.CommandTimeout
	client.SubmissionTimeout = s.cfg.SubmissionTimeout
	if err := client.Hello(s.cfg.Hello); err != nil {
		return nil, err
	}
	if s.cfg.Username != "" {
		if err := s.signIn(client); err != nil {
			return nil, err
		}
	}
	return &conn{client: client, wire: wire, used: time.Now()}, nil
}

// signIn never runs on an open line: New refuses a password without TLS to any
// host but loopback, and open has insisted on TLS otherwise.
func (s *Sender) signIn(client *smtp.Client) error {
	switch {
	case client.SupportsAuth(sasl.Plain):
		return client.Auth(sasl.NewPlainClient("", s.cfg.Username, s.cfg.Password))
	case client.SupportsAuth(sasl.Login):
		return client.Auth(sasl.NewLoginClient(s.cfg.Username, s.cfg.Password))
	default:
		return errNoAuth
	}
}

// submit sends one mail. When ctx ends before the final dot the connection is
// closed; after it, the answer has a grace period.
func (c *conn) submit(ctx context.Context, from, to, ref string, raw []byte, grace time.Duration) *failure {
	var dot atomic.Bool
	stop := context.AfterFunc(ctx, func() {
		if dot.Load() {
			c.wire.cap(time.Now().Add(grace))
		} else {
			_ = c.wire.Close()
		}
	})
	defer stop()
	c.mails++
	defer func() { c.used = time.Now() }()

	err := c.client.Mail(from, &smtp.MailOptions{Size: int64(len(raw)), Return: smtp.DSNReturnHeaders, EnvelopeID: ref})
	if err != nil {
		return &failure{sender, err}
	}
	err = c.client.Rcpt(to, &smtp.RcptOptions{Notify: []smtp.DSNNotify{smtp.DSNNotifyFailure, smtp.DSNNotifyDelayed}})
	if err != nil {
		return &failure{recipient, err}
	}
	w, err := c.client.Data()
	if err != nil {
		return &failure{data, err}
	}
	if _, err := w.Write(raw); err != nil {
		return &failure{data, err}
	}
	// Close flushes the rest and the dot in one go: from here on the relay may
	// have the whole mail, even if the write says that it failed.
	dot.Store(true)
	answer, err := w.CloseWithResponse()
	if err != nil {
		return &failure{dotted, err}
	}
	c.answer = answer.StatusText
	return nil
}

// recover makes the connection usable after the relay refused something, or
// drops it and returns nil. Without the RSET, every further MAIL is refused as
// nested, and innocent addresses look dead.
func (c *conn) recover(f *failure) *conn {
	if e, ok := f.err.(*smtp.SMTPError); ok && (e.Code == 421 || e.Code == 503) {
		c.drop()
		return nil
	}
	if c.client.Reset() != nil {
		c.drop()
		return nil
	}
	return c
}

func (c *conn) drop() { _ = c.client.Close() }

func (c *conn) quit() {
	c.wire.cap(time.Now().Add(5 * time.Second))
	if c.client.Quit() != nil {
		c.drop()
	}
}

// deadlineConn gives every write a deadline, which go-smtp does not while a
// body is sent, and can cap all deadlines at once.
type deadlineConn struct {
	net.Conn
	write time.Duration

	mu    sync.Mutex
	limit time.Time // no deadline is later; zero: no limit
}

// cap sets the limit and applies it at once.
func (d *deadlineConn) cap(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.limit = t
	_ = d.Conn.SetDeadline(t) // a closed connection fails at its next use
}

func (d *deadlineConn) within(t time.Time) time.Time {
	if !d.limit.IsZero() && (t.IsZero() || t.After(d.limit)) {
		return d.limit
	}
	return t
}

// SetDeadline implements net.Conn within the limit.
func (d *deadlineConn) SetDeadline(t time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.Conn.SetDeadline(d.within(t))
}

// Write implements net.Conn with a deadline of its own.
func (d *deadlineConn) Write(b []byte) (int, error) {
	d.mu.Lock()
	err := d.Conn.SetWriteDeadline(d.within(time.Now().Add(d.write)))
	d.mu.Unlock()
	if err != nil {
		return 0, err
	}
	return d.Conn.Write(b)
}
