package email

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"
)

// conn is one connection to the relay.
type conn struct {
	*dialogue
	wire  *deadlineConn
	mails int
	used  time.Time
	said  string // the relay's words to the last mail it took
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
	var line net.Conn = wire
	if s.cfg.Security == Implicit {
		t := tls.Client(wire, s.tlsConfig())
		if err := t.HandshakeContext(ctx); err != nil {
			return nil, err
		}
		line = t
	}
	d, err := greet(line, s.cfg.Hello, s.cfg.CommandTimeout, s.cfg.SubmissionTimeout)
	if err != nil {
		return nil, err
	}
	if s.cfg.Security == StartTLS {
		if err := d.protect(s.tlsConfig(), s.cfg.Hello); err != nil {
			return nil, err
		}
	}
	if s.cfg.Username != "" {
		if err := d.signIn(s.cfg.Username, s.cfg.Password); err != nil {
			return nil, err
		}
	}
	return &conn{dialogue: d, wire: wire, used: time.Now()}, nil
}

// submit sends one mail, and begins the next, if there is one. When ctx ends
// before the final dot the connection is closed; after it, the answer has a
// grace period.
func (c *conn) submit(ctx context.Context, m, next *draft, grace time.Duration) *failure {
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
	if c.mails >= mailsPerConnection {
		next = nil
	}
	f := c.begin(m)
	if f == nil {
		c.said, f = c.send(m.raw, next, func() { dot.Store(true) })
	}
	return f
}

// recover makes the connection usable after the relay refused something, or
// drops it and returns nil. Without the RSET, every further MAIL is refused as
// nested, and innocent addresses look dead.
func (c *conn) recover(f *failure) *conn {
	if e, ok := f.err.(*smtp.SMTPError); ok && (e.Code == 421 || e.Code == 503) {
		c.drop()
		return nil
	}
	if c.ahead { // the text was refused, which ends its transaction, and the next has begun
		return c
	}
	if _, err := c.ask(250, "RSET"); err != nil {
		c.drop()
		return nil
	}
	return c
}

// alive asks whether the relay still listens.
func (c *conn) alive() bool {
	_, err := c.ask(250, "NOOP")
	return err == nil
}

func (c *conn) drop() { _ = c.conn.Close() }

func (c *conn) quit() {
	c.wire.cap(time.Now().Add(5 * time.Second))
	_, _ = c.ask(221, "QUIT") // whatever it says
	c.drop()
}

// deadlineConn gives every write a deadline and can cap all deadlines at once.
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
