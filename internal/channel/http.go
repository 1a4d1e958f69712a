package channel

import (
	"bytes"
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

// Limits of a request to a gateway over HTTP.
const (
	httpTimeout = 30 * time.Second
	httpGrace   = 10 * time.Second // for the answer after the context ended
	maxAnswer   = 64 << 10
)

// HTTPClient returns a client for gateways. It follows no redirect and knows no
// proxy: secrets go to the gateway and nowhere else. allow, which may be nil,
// is asked about every address before a connection is made to it.
func HTTPClient(allow func(network, address string, c syscall.RawConn) error) *http.Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second, Control: allow}
	return &http.Client{
		Transport: &http.Transport{
			DialContext: dialer.DialContext, ForceAttemptHTTP2: true,
			MaxIdleConnsPerHost: 16, IdleConnTimeout: 30 * time.Second, TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: httpTimeout,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Answer is what a gateway said to a request.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// RetryAfter returns the pause that the gateway asks for in seconds, at least
// one and at most an hour, or otherwise a minute.
func (a Answer) RetryAfter() time.Duration {
	n, err := strconv.Atoi(a.Header.Get("Retry-After"))
	if err != nil {
		return time.Minute
	}
	return min(max(time.Duration(n)*time.Second, time.Second), time.Hour)
}

// errHanded marks a request that the gateway may have had whole.
var errHanded = errors.New("handed over, no answer")

// Ask posts a body to a gateway and returns its answer, whatever that says. An
// error means that no answer came; Unanswered turns it into a result. The
// request outlives ctx for some seconds: once it is written, only the answer
// tells what became of it.
func Ask(ctx context.Context, client *http.Client, method, address string, header http.Header, body []byte) (Answer, error) {
	request, cancel := context.WithTimeout(context.WithoutCancel(ctx), httpTimeout)
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(httpGrace, cancel) })()
	var handed atomic.Bool
	request = httptrace.WithClientTrace(request, &httptrace.ClientTrace{
		GotConn:      func(httptrace.GotConnInfo) { handed.Store(true) },
		WroteRequest: func(w httptrace.WroteRequestInfo) { handed.Store(w.Err == nil) },
	})
	r, err := http.NewRequestWithContext(request, method, address, bytes.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	r.Header = header
	resp, err := client.Do(r)
	if err != nil {
		if ue, ok := errors.AsType[*url.Error](err); ok {
			err = ue.Err // the address may hold a secret
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
