package sms

import (
	"context"
	"net/http"
	"net/url"
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
	*channel.Client
	base   *url.URL
	window int
}

func newCaller(setting string, cfg HTTP) (*caller, error) {
	base, err := url.Parse(cfg.URL)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, domain.Errorf(domain.Invalid, "短信网关地址不正确，请填写 http:// 或 https:// 开头的地址").In(setting)
	}
	if cfg.Connections <= 0 {
		cfg.Connections = 8
	}
	return &caller{channel.NewClient(channel.HTTP{Connections: cfg.Connections, Timeout: cfg.Timeout, Grace: cfg.Grace}), base, cfg.Connections}, nil
}

// Window implements Provider.
func (c *caller) Window() int { return c.window }

// hand sends a request that hands over a message. Without an answer it returns
// what became of the message instead.
func (c *caller) hand(ctx context.Context, request *http.Request) (status int, body []byte, failed *channel.Result) {
	answer, err := c.Hand(ctx, request)
	if err != nil {
		r, _ := channel.Unanswered(err) // the line finds out by itself that a provider is dead
		return 0, nil, &r
	}
	return answer.Status, answer.Body, nil
}

// ask sends a request that hands over nothing.
func (c *caller) ask(ctx context.Context, request *http.Request) ([]byte, error) {
	answer, err := c.Fetch(ctx, request)
	return answer.Body, err
}
