package channel

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Each sends messages one by one, at most n at a time, and returns their
// results in order. A result that holds for every other message alike, which
// one tells by all, is that of those not yet begun.
func Each(ctx context.Context, gateway string, n int, ms []Message, one func(context.Context, Message) (r Result, all bool)) []Result {
	results := make([]Result, len(ms))
	var next atomic.Int64
	var stop atomic.Pointer[Result]
	var wg sync.WaitGroup
	for range min(n, len(ms)) {
		wg.Go(func() {
			for {
				i := int(next.Add(1) - 1)
				if i >= len(ms) {
					return
				}
				r, all := Result{Class: Retry, Code: "stopped"}, false
				if done := stop.Load(); done != nil {
					r = *done
				} else if ctx.Err() == nil {
					if r, all = one(ctx, ms[i]); all {
						stop.CompareAndSwap(nil, &r)
					}
				}
				r.Ref, r.Gateway = ms[i].Ref, gateway
				results[i] = r
			}
		})
	}
	wg.Wait()
	return results
}

// maxAnswer bounds what is read of an answer.
const maxAnswer = 1 << 20

// HTTP says how a gateway is spoken to over HTTP. Zero values take the default
// behind each field.
type HTTP struct {
	Connections int           // kept open between requests: 16
	Timeout     time.Duration // for one request: 30 s
	Grace       time.Duration // for the answer after the context ended: 10 s
	// Allow, which may be nil, is asked about every address before a connection
	// is made to it.
	Allow func(network, address string, c syscall.RawConn) error
}

// Client asks a gateway. It follows no redirect and knows no proxy: secrets go
// to the gateway and nowhere else.
type Client struct {
	timeout, grace time.Duration
	client         *http.Client
}

// NewClient returns a client for a gateway. It does not connect.
func NewClient(h HTTP) *Client {
	timeout := cmp.Or(h.Timeout, 30*time.Second)
	dialer := &net.Dialer{Timeout: min(timeout, 10*time.Second), Control: h.Allow}
	return &Client{timeout, cmp.Or(h.Grace, 10*time.Second), &http.Client{
		Transport: &http.Transport{
			DialContext: dialer.DialContext, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: cmp.Or(h.Connections, 16),
			IdleConnTimeout: 10 * time.Second, TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: timeout,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Close ends the connections.
func (c *Client) Close() error {
	c.client.CloseIdleConnections()
	return nil
}

// Answer is what a gateway said to a request.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// RetryAfter returns the pause that the gateway asks for, in seconds or by a date
// after its own, at least one second and at most an hour, or otherwise a minute.
func (a Answer) RetryAfter() time.Duration {
	said := a.Header.Get("Retry-After")
	if n, err := strconv.Atoi(said); err == nil {
		return min(max(time.Duration(n)*time.Second, time.Second), time.Hour)
	}
	until, err := http.ParseTime(said)
	now, unknown := http.ParseTime(a.Header.Get("Date"))
	if err != nil || unknown != nil {
		return time.Minute
	}
	return min(max(until.Sub(now), time.Second), time.Hour)
}

// errHanded marks a request that the gateway may have had whole.
var errHanded = errors.New("handed over, no answer")

// Ask sends a body to a gateway and returns its answer, see Hand.
func (c *Client) Ask(ctx context.Context, method, address string, header http.Header, body []byte) (Answer, error) {
	r, err := http.NewRequest(method, address, bytes.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	r.Header = header
	return c.Hand(ctx, r)
}

// Hand sends a request that hands over messages and returns its answer,
// whatever that says. An error means that no answer came; Unanswered turns it
// into a result. The request outlives ctx for the grace period: once it is
// written, only the answer tells what became of it.
func (c *Client) Hand(ctx context.Context, r *http.Request) (Answer, error) {
	request, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(c.grace, cancel) })()
	return c.Fetch(request, r)
}

// Fetch sends a request that hands over nothing: it ends with ctx.
func (c *Client) Fetch(ctx context.Context, r *http.Request) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	// handed tells whether the gateway may have the whole request: it was given
	// to a connection, and that did not say that it could not be written.
	var handed atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn:      func(httptrace.GotConnInfo) { handed.Store(true) },
		WroteRequest: func(w httptrace.WroteRequestInfo) { handed.Store(w.Err == nil) },
	})
	// net/http repeats a request by itself when a used connection dies before
	// the answer, and the message would go out twice; but not one whose body it
	// cannot read again.
	if r.Body == nil {
		r.Body = io.NopCloser(http.NoBody)
	}
	r.GetBody = nil
	resp, err := c.client.Do(r.WithContext(ctx))
	if err != nil {
		if ue, ok := errors.AsType[*url.Error](err); ok {
			err = ue.Err // the address may hold a secret or a number
		}
		if handed.Load() {
			err = errors.Join(errHanded, err)
		}
		return Answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	said, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil && len(said) == 0 {
		return Answer{}, errors.Join(errHanded, err)
	}
	return Answer{Status: resp.StatusCode, Header: resp.Header, Body: said}, nil
}

// Unanswered is the result of a message whose request failed: in doubt if the
// gateway may have it, and otherwise worth another try. It tells whether not
// even a connection was had, which holds for all others.
func Unanswered(err error) (r Result, all bool) {
	if errors.Is(err, errHanded) {
		return Result{Class: Unknown, Code: "no-answer", Note: Note(err.Error())}, false
	}
	oe, ok := errors.AsType[*net.OpError](err)
	return Result{Class: Retry, Code: "connect", Note: Note(err.Error())}, ok && oe.Op == "dial"
}

// Bare is the result of a message whose answer says nothing of the gateway's
// own: a proxy or a machine in trouble spoke, and behind a 5xx the message may
// have gone out. It tells whether that holds for all others.
func Bare(status int, body []byte) (r Result, all bool) {
	r = Result{Code: "http-" + http.StatusText(status), Note: Note(string(body[:min(len(body), 500)]))}
	switch {
	case status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests:
		r.Class, r.After = Throttled, 10*time.Second
		return r, true
	case status/100 == 5 || status/100 == 2:
		r.Class = Unknown
	default: // 3xx and 4xx: the address or the access is wrong
		r.Class = Config
		return r, true
	}
	return r, false
}
