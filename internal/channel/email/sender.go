// Package email sends mails through SMTP relays and listens for their
// bounces.
//
// gomail composes (compose.go); the transport is a pool of our own (conn.go,
// dialogue.go), for what gomail's lacks: deadlines, mandatory TLS, typed
// answers, commands in one go, and a RSET after a refused recipient, without
// which every later mail on the connection is refused as well.
//
// Several relays make a Pool (pool.go); each has a Sender, its connections and
// its own limit of mails a minute. Mails are signed here (dkim.go) unless the
// relay does that.
//
// The one question that matters is whether a mail may have gone out. Until the
// final dot it has not, and trying again is safe. Once the dot may have left,
// only the relay's answer tells; without one the result is Unknown and nobody
// sends it again.
package email

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"
	"golang.org/x/time/rate"

	"policypush/internal/channel"
	"policypush/internal/domain"
)

// Security says how the connection to the relay is protected.
type Security string

// The kinds of security.
const (
	StartTLS Security = "starttls" // the default: refused if the relay offers none
	Implicit Security = "implicit" // TLS from the first octet, port 465
	Plain    Security = "none"     // no protection; a password is sent to loopback only
)

// Config says which relay takes our mails, and as whom we send. Zero values
// take the default behind each field.
type Config struct {
	Host     string
	Port     int            // 587; 465 with Implicit; 25 with Plain
	Security Security       // StartTLS
	Roots    *x509.CertPool // authorities of the relay's certificate: the system's
	Username string         // no authentication if empty
	Password string
	Hello    string // our name in EHLO: the domain of From

	Composer Composer
	// DKIM signs each mail; without keys the relay does, or nobody.
	DKIM DKIM
	// Envelope makes the sender of the envelope. Without a Domain it is the
	// address of From, and bounces go to whoever reads that.
	Envelope Envelope

	// PerMinute is how many mails the relay takes a minute from us; 0 is any
	// number. It holds for this process.
	PerMinute         int
	Connections       int           // 4
	ConnectTimeout    time.Duration // dial, TLS, EHLO and AUTH together: 30 s
	CommandTimeout    time.Duration // one command: 30 s
	SubmissionTimeout time.Duration // from the final dot to the answer: 5 min
	Pause             time.Duration // after the relay said that we are too fast: 1 min
	Grace             time.Duration // for the answer after ctx ended: 10 s
	Now               func() time.Time
}

// The life of a pooled connection.
const (
	mailsPerConnection = 100
	maxIdle            = 60 * time.Second
	freshIdle          = 10 * time.Second // beyond it, NOOP before use
)

var (
	errNoSTARTTLS = errors.New("relay offers no STARTTLS")
	errNoAuth     = errors.New("relay offers neither AUTH PLAIN nor LOGIN")
)

// rateWait is how long a mail waits for its turn at a relay with a limit before
// it is given back as throttled.
const rateWait = 2 * time.Second

// Sender is a channel.Sender for mails over one relay. Its Send may be called from several
// goroutines; together they use at most Config.Connections connections.
type Sender struct {
	cfg   Config
	slots chan struct{} // one token per connection in use
	rate  *rate.Limiter
	// slow is set once the relay has not heard the commands that came with the
	// text before, though it takes commands in one go: it gets them after that.
	slow atomic.Bool

	mu          sync.Mutex
	idle        []*conn
	closed      bool
	pausedUntil time.Time
}

// New checks the settings. It does not connect.
func New(cfg Config) (*Sender, error) {
	if cfg.Security == "" {
		cfg.Security = StartTLS
	}
	port := map[Security]int{StartTLS: 587, Implicit: 465, Plain: 25}[cfg.Security]
	if port == 0 {
		return nil, domain.Errorf(domain.Invalid, "邮件加密方式“%s”无法识别，请填写 starttls、implicit 或 none", cfg.Security).In("email.tls")
	}
	setDefault(&cfg.Port, port)
	setDefault(&cfg.Connections, 4)
	setDefault(&cfg.ConnectTimeout, 30*time.Second)
	setDefault(&cfg.CommandTimeout, 30*time.Second)
	setDefault(&cfg.SubmissionTimeout, 5*time.Minute)
	setDefault(&cfg.Pause, time.Minute)
	setDefault(&cfg.Grace, 10*time.Second)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Host == "" {
		return nil, domain.Errorf(domain.Invalid, "没有填写邮件服务器地址").In("email.host")
	}
	from, err := Address(cfg.Composer.From.Address)
	if err != nil {
		return nil, domain.Errorf(domain.Invalid, "发件人地址不正确，请填写形如 tuisong@example.gov.cn 的地址").In("email.from").Because(err)
	}
	if cfg.Hello == "" {
		cfg.Hello = from[strings.LastIndexByte(from, '@')+1:]
	}
	if cfg.Username != "" && cfg.Security == Plain && !loopback(cfg.Host) {
		return nil, domain.Errorf(domain.Invalid, "不加密的连接不能发送密码：请改用 starttls 或 implicit").In("email.tls")
	}
	if cfg.Envelope.Domain != "" {
		if len(cfg.Envelope.Key) < 16 {
			return nil, domain.Errorf(domain.Invalid, "退信地址的签名密钥太短").In("email.bounce_domain")
		}
		if _, err := Address(cfg.Envelope.Address("d1")); err != nil {
			return nil, domain.Errorf(domain.Invalid, "退信域名不正确").In("email.bounce_domain").Because(err)
		}
	}
	s := &Sender{cfg: cfg, slots: make(chan struct{}, cfg.Connections), rate: rate.NewLimiter(rate.Inf, 1)}
	if cfg.PerMinute > 0 {
		s.rate = rate.NewLimiter(rate.Limit(float64(cfg.PerMinute)/60), max(1, cfg.PerMinute/6))
	}
	return s, nil
}

func setDefault[T int | time.Duration](v *T, d T) {
	if *v <= 0 {
		*v = d
	}
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Send implements channel.Sender.
func (s *Sender) Send(ctx context.Context, ms []channel.Message) []channel.Result {
	results := make([]channel.Result, len(ms))
	var next atomic.Int64
	var stop atomic.Pointer[channel.Result] // holds for all messages not yet begun
	var wg sync.WaitGroup
	for range min(s.cfg.Connections, len(ms)) {
		wg.Go(func() {
			s.work(ctx, ms, results, &next, &stop)
		})
	}
	wg.Wait()
	return results
}

// work sends messages over one connection at a time until none is left.
func (s *Sender) work(ctx context.Context, ms []channel.Message, results []channel.Result, next *atomic.Int64, stop *atomic.Pointer[channel.Result]) {
	i := int(next.Add(1) - 1)
	if i >= len(ms) {
		return
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
	}
	var c *conn
	defer func() { s.put(c) }()
	this, then := new(draft), new(draft)
	for s.write(this, ms[i]); i < len(ms); this, then = then, this {
		following := int(next.Add(1) - 1)
		var ahead *draft // the next mail, if it may begin with the end of this one
		if following < len(ms) {
			s.write(then, ms[following])
			if then.refused == nil && s.cfg.PerMinute == 0 && !s.slow.Load() {
				ahead = then
			}
		}
		var r channel.Result
		sent := false
		switch done := stop.Load(); {
		case done != nil:
			r = *done
		case ctx.Err() != nil:
			r = channel.Result{Class: channel.Retry, Code: "stopped"}
		case s.pause() > 0:
			r = channel.Result{Class: channel.Throttled, Code: "paused", After: s.pause()}
		default:
			var all bool
			sent = true
			c, r, all = s.one(ctx, c, this, ahead)
			if all {
				whole := r                      // r goes on to name its own message
				if r.Class == channel.Unknown { // the others were not handed over
					whole.Class = channel.Retry
				}
				stop.CompareAndSwap(nil, &whole)
			}
		}
		if !sent && c != nil && c.ahead { // it has begun, and is not to be sent
			c.drop()
			c = nil
		}
		r.Ref, r.Gateway = ms[i].Ref, s.name()
		results[i], i = r, following
	}
}

// draft is a mail that is ready to leave, or why it is not.
type draft struct {
	from, to, ref string // of the envelope
	mail          bytes.Buffer
	raw           []byte
	refused       *channel.Result
}

// write composes a message where another mail was.
func (s *Sender) write(d *draft, m channel.Message) {
	d.from, d.ref, d.refused = s.envelope(m), m.Ref, nil
	d.mail.Reset()
	var err error
	if d.to, err = Address(m.To); err != nil {
		d.refused = &channel.Result{Class: channel.Permanent, Code: "address", Note: err.Error(), BadAddress: true}
	} else if err := s.cfg.Composer.write(&d.mail, m, s.cfg.Now()); err != nil {
		d.refused = &channel.Result{Class: channel.Permanent, Code: "compose", Note: channel.Note(err.Error())}
	} else if d.raw, err = s.cfg.DKIM.Sign(d.mail.Bytes()); err != nil {
		d.refused = &channel.Result{Class: channel.Config, Code: "dkim", Note: channel.Note(err.Error())}
	}
}

// one sends one mail, begins the next, if there is one, and returns the
// connection to go on with, or nil. It tells whether the result holds for every
// other message alike.
func (s *Sender) one(ctx context.Context, c *conn, m, next *draft) (after *conn, r channel.Result, all bool) {
	if m.refused != nil {
		return c, *m.refused, m.refused.Class == channel.Config
	}
	if wait := s.turn(ctx); wait > 0 {
		return c, channel.Result{Class: channel.Throttled, Code: "rate", After: wait}, false
	}
	for redialled := false; ; redialled = true {
		fresh := false
		var err error
		if c, err = s.ready(ctx, c, &fresh); err != nil {
			r = classify(&failure{connecting, err})
			return nil, r, ctx.Err() == nil
		}
		early := c.ahead
		f := c.submit(ctx, m, next, s.cfg.Grace)
		if f == nil {
			return c, channel.Result{Class: channel.Accepted, Note: channel.Note(c.said)}, false
		}
		refused, answered := errors.AsType[*smtp.SMTPError](f.err)
		if early && f.at == sender && (timeout(f.err) || answered && refused.Code == 503) {
			s.slow.Store(true)
		}
		if !answered {
			c.drop()
			// A connection that died while it was idle says nothing about the
			// mail: once more on a new one. A fresh one that dies does.
			if f.at != dotted && !fresh && !redialled && ctx.Err() == nil && !timeout(f.err) {
				c = nil
				continue
			}
			r = classify(f)
			// A relay that says nothing, not to MAIL or not to a whole mail, says
			// nothing to others either: each would wait as long, or be in doubt.
			all = timeout(f.err) && ctx.Err() == nil && (f.at == dotted || f.at == sender && !early)
			if all {
				r.Code = silent
				s.pauseFor(s.cfg.Pause)
			}
			return nil, r, all
		}
		r = classify(f)
		c = c.recover(f)
		if r.Class == channel.Throttled {
			r.After = s.cfg.Pause
			s.pauseFor(s.cfg.Pause)
		}
		return c, r, r.Class == channel.Config
	}
}

// turn waits for this mail's turn under the limit a minute, and returns how
// long that would take if it is too long to wait for.
func (s *Sender) turn(ctx context.Context) time.Duration {
	now := s.cfg.Now()
	turn := s.rate.ReserveN(now, 1)
	wait := turn.DelayFrom(now)
	if wait > rateWait {
		turn.CancelAt(now)
		return wait
	}
	if wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	return 0
}

// probe tells whether the relay takes a connection and our name; the
// connection is kept for the next mail.
func (s *Sender) probe(ctx context.Context) error {
	c, err := s.dial(ctx)
	if err != nil {
		return err
	}
	s.put(c)
	return nil
}

func timeout(err error) bool {
	ne, ok := errors.AsType[net.Error](err)
	return ok && ne.Timeout()
}

func (s *Sender) envelope(m channel.Message) string {
	if s.cfg.Envelope.Domain == "" {
		return s.cfg.Composer.From.Address
	}
	return s.cfg.Envelope.Address(m.Ref)
}

// pause returns how long the relay still wants to be left alone.
func (s *Sender) pause() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pausedUntil.Sub(s.cfg.Now())
}

func (s *Sender) pauseFor(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pausedUntil = s.cfg.Now().Add(d)
}

// ready returns a connection that may take a mail: c itself, one from the
// pool, or a new one.
func (s *Sender) ready(ctx context.Context, c *conn, fresh *bool) (*conn, error) {
	for {
		if c != nil && c.ahead {
			return c, nil // it is not idle
		}
		if c == nil {
			if c = s.take(); c == nil {
				*fresh = true
				return s.dial(ctx)
			}
		}
		idle := time.Since(c.used)
		switch {
		case c.mails >= mailsPerConnection || idle > maxIdle:
			c.quit()
		case idle > freshIdle && !c.alive():
			c.drop()
		default:
			return c, nil
		}
		c = nil
	}
}

func (s *Sender) take() *conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.idle)
	if n == 0 {
		return nil
	}
	c := s.idle[n-1]
	s.idle = s.idle[:n-1]
	return c
}

func (s *Sender) put(c *conn) {
	if c == nil {
		return
	}
	s.mu.Lock()
	closed := s.closed
	if !closed {
		s.idle = append(s.idle, c)
	}
	s.mu.Unlock()
	if closed {
		c.quit()
	}
}

// Close implements channel.Sender.
func (s *Sender) Close() error {
	s.mu.Lock()
	idle := s.idle
	s.idle, s.closed = nil, true
	s.mu.Unlock()
	for _, c := range idle {
		c.quit()
	}
	return nil
}

func (s *Sender) address() string { return net.JoinHostPort(s.cfg.Host, strconv.Itoa(s.cfg.Port)) }

func (s *Sender) tlsConfig() *tls.Config {
	return &tls.Config{ServerName: s.cfg.Host, RootCAs: s.cfg.Roots, MinVersion: tls.VersionTLS12}
}
