// Package sms sends short messages through Kannel's sendsms interface, which
// speaks to every kind of gateway (SMPP, CMPP bridges, HTTP), and reads the
// receipts and replies that come back.
package sms

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"policypush/internal/channel"
	"policypush/internal/domain"
)

// Config says which Kannel takes our messages. Zero values take the default
// behind each field.
type Config struct {
	URL       string // of sendsms, for example http://127.0.0.1:13013/cgi-bin/sendsms
	Username  string
	Password  string
	From      string // our number
	Callbacks Callbacks

	Connections int           // 8
	Timeout     time.Duration // for one message: 30 s
	Pause       time.Duration // after Kannel said that it is too busy: 1 min
	Grace       time.Duration // for the answer after ctx ended: 10 s
}

// Sender is a channel.Sender for short messages. Its Send may be called from
// several goroutines.
type Sender struct {
	cfg    Config
	base   *url.URL
	client *http.Client
	slots  chan struct{}
}

// New checks the settings. It does not connect.
func New(cfg Config) (*Sender, error) {
	base, err := url.Parse(cfg.URL)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, domain.Errorf(domain.Invalid, "短信网关地址不正确，请填写形如 http://127.0.0.1:13013/cgi-bin/sendsms 的地址").In("sms.url")
	}
	if cfg.Username == "" || cfg.Password == "" {
		return nil, domain.Errorf(domain.Invalid, "没有填写短信网关的用户名或密码").In("sms.username")
	}
	if cfg.Callbacks.Base != "" && len(cfg.Callbacks.Key) < 16 {
		return nil, domain.Errorf(domain.Invalid, "短信回执地址的签名密钥太短").In("sms.callback")
	}
	if cfg.Connections <= 0 {
		cfg.Connections = 8
	}
	for d, def := range map[*time.Duration]time.Duration{&cfg.Timeout: 30 * time.Second, &cfg.Pause: time.Minute, &cfg.Grace: 10 * time.Second} {
		if *d <= 0 {
			*d = def
		}
	}
	return &Sender{cfg: cfg, base: base, slots: make(chan struct{}, cfg.Connections), client: &http.Client{
		Transport: &http.Transport{
			Proxy:                 nil, // the password stands in the address: it goes to the gateway and nowhere else
			MaxIdleConnsPerHost:   cfg.Connections,
			MaxConnsPerHost:       cfg.Connections,
			IdleConnTimeout:       10 * time.Second,
			ResponseHeaderTimeout: cfg.Timeout,
			DialContext:           (&net.Dialer{Timeout: min(cfg.Timeout, 10*time.Second)}).DialContext,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Send implements channel.Sender.
func (s *Sender) Send(ctx context.Context, ms []channel.Message) []channel.Result {
	results := make([]channel.Result, len(ms))
	var next atomic.Int64
	var stop atomic.Pointer[channel.Result] // holds for all messages not yet begun
	var wg sync.WaitGroup
	for range min(s.cfg.Connections, len(ms)) {
		wg.Go(func() {
			for {
				i := int(next.Add(1) - 1)
				if i >= len(ms) {
					return
				}
				r := s.turn(ctx, ms[i], &stop)
				r.Ref, r.Gateway = ms[i].Ref, "kannel"
				results[i] = r
			}
		})
	}
	wg.Wait()
	return results
}

// turn waits for a slot and sends one message, unless an earlier answer holds
// for this one as well.
func (s *Sender) turn(ctx context.Context, m channel.Message, stop *atomic.Pointer[channel.Result]) channel.Result {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
	}
	if done := stop.Load(); done != nil {
		return *done
	}
	if ctx.Err() != nil {
		return channel.Result{Class: channel.Retry, Code: "stopped"}
	}
	r, all := s.one(ctx, m)
	if all {
		stop.CompareAndSwap(nil, &r)
	}
	return r
}

// one sends one message. It tells whether the result holds for all others.
func (s *Sender) one(ctx context.Context, m channel.Message) (r channel.Result, all bool) {
	to, err := Number(m.To)
	if err != nil {
		return channel.Result{Class: channel.Permanent, Code: "number", BadAddress: true}, false
	}
	if strings.TrimSpace(m.Text) == "" || !channel.ValidRef(m.Ref) {
		return channel.Result{Class: channel.Permanent, Code: "compose", Note: "empty text or bad reference"}, false
	}
	// The request outlives ctx for the grace period: once written, only the
	// answer tells whether the text went out.
	req, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.Timeout)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(s.cfg.Grace, cancel) })
	defer stop()

	// handed tells whether Kannel may have the whole request: it was given to
	// a connection, and that did not say that it could not be written.
	var handed atomic.Bool
	req = httptrace.WithClientTrace(req, &httptrace.ClientTrace{
		GotConn:      func(httptrace.GotConnInfo) { handed.Store(true) },
		WroteRequest: func(w httptrace.WroteRequestInfo) { handed.Store(w.Err == nil) },
	})
	// net/http repeats a GET by itself when a used connection dies before the
	// answer, and the text would go out twice. It does not repeat a request
	// with a body that it cannot read again; this one is empty and not sent.
	hr, err := http.NewRequestWithContext(req, http.MethodGet, s.address(m, to), io.NopCloser(strings.NewReader("")))
	if err != nil {
		return channel.Result{Class: channel.Permanent, Code: "compose"}, false
	}
	resp, err := s.client.Do(hr)
	if err != nil {
		return ioFailure(err, handed.Load())
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 4096))
	if err != nil && len(body) == 0 {
		return channel.Result{Class: channel.Unknown, Code: "no-answer", Note: "answer cut off"}, false
	}
	r = classify(resp.StatusCode, string(body))
	if r.Class == channel.Throttled {
		r.After = s.cfg.Pause
	}
	return r, r.Class == channel.Config || r.Class == channel.Throttled || r.Class == channel.Quota
}

// ioFailure sorts a request without an answer. Where not even a connection was
// had, nobody else's message need try.
func ioFailure(err error, handed bool) (r channel.Result, all bool) {
	if ue, ok := errors.AsType[*url.Error](err); ok {
		err = ue.Err // the address holds the password and the number
	}
	if handed {
		return channel.Result{Class: channel.Unknown, Code: "no-answer", Note: channel.Note(err.Error())}, false
	}
	oe, ok := errors.AsType[*net.OpError](err)
	return channel.Result{Class: channel.Retry, Code: "connect", Note: channel.Note(err.Error())}, ok && oe.Op == "dial"
}

func (s *Sender) address(m channel.Message, to string) string {
	q := url.Values{
		"username": {s.cfg.Username},
		"password": {s.cfg.Password},
		"to":       {to},
		"text":     {m.Text},
		"coding":   {"2"},
		"charset":  {"UTF-8"},
	}
	if s.cfg.From != "" {
		q.Set("from", s.cfg.From)
	}
	if s.cfg.Callbacks.Base != "" {
		q.Set("dlr-mask", strconv.Itoa(statusAll))
		q.Set("dlr-url", s.cfg.Callbacks.ReportURL(m.Ref))
	}
	u := *s.base
	u.RawQuery = q.Encode()
	return u.String()
}

// classify turns Kannel's answer into a result without Ref and After.
func classify(status int, body string) channel.Result {
	r := channel.Result{Code: strconv.Itoa(status), Note: channel.Note(body)}
	low := strings.ToLower(body)
	switch {
	case status == http.StatusAccepted || status == http.StatusOK:
		r.Class, r.GatewayRef = channel.Accepted, r.Note
	case status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests:
		r.Class = channel.Throttled
	case strings.Contains(low, "denied by white- and/or black-lists"):
		r.Class, r.BadAddress = channel.Permanent, true
	case status == http.StatusForbidden && strings.Contains(low, "not routable"):
		r.Class = channel.Permanent
	case status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusNotFound || status/100 == 3:
		r.Class = channel.Config
	case status/100 == 5:
		r.Class = channel.Retry
	default:
		r.Class = channel.Permanent
	}
	return r
}

// Close implements channel.Sender.
func (s *Sender) Close() error {
	s.client.CloseIdleConnections()
	return nil
}
