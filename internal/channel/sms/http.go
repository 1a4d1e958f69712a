package sms

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"policypush/internal/channel"
	"policypush/internal/domain"
)

// HTTP says how a provider is spoken to over HTTP. Zero values take the default
// behind each field.
type HTTP struct {
	URL         string
	Connections int           // 8
	Timeout     time.Duration // for one message: 30 s
	Grace       time.Duration // for the answer after ctx ended: 10 s
}

// caller sends requests of which each hands over one message.
type caller struct {
	HTTP
	base   *url.URL
	client *http.Client
}

func newCaller(setting string, cfg HTTP) (*caller, error) {
	base, err := url.Parse(cfg.URL)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, domain.Errorf(domain.Invalid, "短信网关地址不正确，请填写 http:// 或 https:// 开头的地址").In(setting)
	}
	if cfg.Connections <= 0 {
		cfg.Connections = 8
	}
	for d, def := range map[*time.Duration]time.Duration{&cfg.Timeout: 30 * time.Second, &cfg.Grace: 10 * time.Second} {
		if *d <= 0 {
			*d = def
		}
	}
	return &caller{HTTP: cfg, base: base, client: &http.Client{
		Transport: &http.Transport{
			Proxy:                 nil, // secrets and numbers go to the gateway and nowhere else
			MaxIdleConnsPerHost:   cfg.Connections,
			IdleConnTimeout:       10 * time.Second,
			ResponseHeaderTimeout: cfg.Timeout,
			DialContext:           (&net.Dialer{Timeout: min(cfg.Timeout, 10*time.Second)}).DialContext,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Window implements Provider.
func (c *caller) Window() int { return c.Connections }

// Close implements Provider.
func (c *caller) Close() error {
	c.client.CloseIdleConnections()
	return nil
}

// maxAnswer bounds what is read of an answer.
const maxAnswer = 1 << 20

// hand sends a request that hands over a message. Without an answer it returns
// what became of the message instead.
func (c *caller) hand(ctx context.Context, request *http.Request) (status int, body []byte, failed *channel.Result) {
	// The request outlives ctx for the grace period: once written, only the
	// answer tells whether the text went out.
	call, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.Timeout)
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(c.Grace, cancel) })()

	// handed tells whether the gateway may have the whole request: it was given
	// to a connection, and that did not say that it could not be written.
	var handed atomic.Bool
	call = httptrace.WithClientTrace(call, &httptrace.ClientTrace{
		GotConn:      func(httptrace.GotConnInfo) { handed.Store(true) },
		WroteRequest: func(w httptrace.WroteRequestInfo) { handed.Store(w.Err == nil) },
	})
	// net/http repeats a request by itself when a used connection dies before
	// the answer, and the text would go out twice; but not one whose body it
	// cannot read again.
	if request.Body == nil {
		request.Body = io.NopCloser(http.NoBody)
	}
	request.GetBody = nil
	resp, err := c.client.Do(request.WithContext(call))
	if err != nil {
		r := ioFailure(err, handed.Load())
		return 0, nil, &r
	}
	defer func() { _ = resp.Body.Close() }()
	body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil && len(body) == 0 {
		return 0, nil, &channel.Result{Class: channel.Unknown, Code: "no-answer", Note: "answer cut off"}
	}
	return resp.StatusCode, body, nil
}

// ask sends a request that hands over nothing.
func (c *caller) ask(ctx context.Context, request *http.Request) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	resp, err := c.client.Do(request.WithContext(ctx))
	if err != nil {
		if ue, ok := errors.AsType[*url.Error](err); ok {
			err = ue.Err // the address may hold numbers
		}
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	return io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
}

// ioFailure sorts a request without an answer.
func ioFailure(err error, handed bool) channel.Result {
	if ue, ok := errors.AsType[*url.Error](err); ok {
		err = ue.Err // the address holds secrets and the number
	}
	if handed {
		return channel.Result{Class: channel.Unknown, Code: "no-answer", Note: channel.Note(err.Error())}
	}
	return channel.Result{Class: channel.Retry, Code: "connect", Note: channel.Note(err.Error())}
}

// bareStatus sorts an answer in which a vendor says nothing of its own: a proxy
// or a machine in trouble spoke. Behind a 5xx the message may have gone out.
func bareStatus(status int, body []byte) (r channel.Result, whole bool) {
	r = channel.Result{Code: "http-" + http.StatusText(status), Note: channel.Note(string(body[:min(len(body), 500)]))}
	switch {
	case status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests:
		r.Class, r.After = channel.Throttled, 10*time.Second
		return r, true
	case status/100 == 5 || status/100 == 2:
		r.Class = channel.Unknown
	default: // 3xx and 4xx: the address or the access is wrong
		r.Class = channel.Config
		return r, true
	}
	return r, false
}
