package sms

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"policypush/internal/channel"
	"policypush/internal/domain"
)

// KannelConfig says which Kannel takes our messages: its sendsms interface
// speaks to every kind of gateway (SMPP, CMPP bridges, HTTP).
type KannelConfig struct {
	HTTP      // of sendsms, for example http://127.0.0.1:13013/cgi-bin/sendsms
	Username  string
	Password  string
	From      string // our number
	Filing    Filing // Kannel itself cuts long texts, so no gateway behind it may lengthen them
	Callbacks Callbacks
	Pause     time.Duration // after Kannel said that it is too busy: 1 min
}

// Kannel is the Provider that hands messages to a Kannel.
type Kannel struct {
	*caller
	cfg KannelConfig
}

// NewKannel checks the settings. It does not connect.
func NewKannel(cfg KannelConfig) (*Kannel, error) {
	call, err := newCaller("sms.url", cfg.HTTP)
	if err != nil {
		return nil, err
	}
	if cfg.Username == "" || cfg.Password == "" {
		return nil, domain.Errorf(domain.Invalid, "没有填写短信网关的用户名或密码").In("sms.username")
	}
	if cfg.Callbacks.Base != "" && len(cfg.Callbacks.Key) < 16 {
		return nil, domain.Errorf(domain.Invalid, "短信回执地址的签名密钥太短").In("sms.callback")
	}
	if err := cfg.Filing.check("sms.kannel.sign_at", Head, Tail); err != nil {
		return nil, err
	}
	if cfg.Pause <= 0 {
		cfg.Pause = time.Minute
	}
	return &Kannel{caller: call, cfg: cfg}, nil
}

// Name implements Provider.
func (k *Kannel) Name() string { return "kannel" }

// Submit implements Provider.
func (k *Kannel) Submit(ctx context.Context, t Text) (r channel.Result, whole bool) {
	if r, refused := k.cfg.Filing.refuse(t); refused {
		return r, false
	}
	request, err := http.NewRequest(http.MethodGet, k.address(t), nil)
	if err != nil {
		return channel.Result{Class: channel.Permanent, Code: "compose"}, false
	}
	status, body, failed := k.hand(ctx, request)
	if failed != nil {
		return *failed, false
	}
	r, whole = classifyKannel(status, string(body))
	if r.Class == channel.Throttled {
		r.After = k.cfg.Pause
	}
	return r, whole
}

func (k *Kannel) address(t Text) string {
	q := url.Values{
		"username": {k.cfg.Username},
		"password": {k.cfg.Password},
		"to":       {t.To},
		"text":     {k.cfg.Filing.whole(t)},
		"coding":   {"2"},
		"charset":  {"UTF-8"},
	}
	if k.cfg.From != "" {
		q.Set("from", k.cfg.From)
	}
	if k.cfg.Callbacks.Base != "" {
		q.Set("dlr-mask", strconv.Itoa(statusAll))
		q.Set("dlr-url", k.cfg.Callbacks.ReportURL(t.Ref))
	}
	u := *k.base
	u.RawQuery = q.Encode()
	return u.String()
}

// classifyKannel turns Kannel's answer into a result. Kannel gives no number of
// its own for a message: its receipts carry our reference.
func classifyKannel(status int, body string) (r channel.Result, whole bool) {
	r = channel.Result{Code: strconv.Itoa(status), Note: channel.Note(body)}
	low := strings.ToLower(body)
	switch {
	case status == http.StatusAccepted || status == http.StatusOK:
		r.Class = channel.Accepted
	case status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests:
		r.Class, whole = channel.Throttled, true
	case strings.Contains(low, "denied by white- and/or black-lists"):
		r.Class, r.BadAddress = channel.Permanent, true
	case status == http.StatusForbidden && strings.Contains(low, "not routable"):
		r.Class = channel.Permanent
	case status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusNotFound || status/100 == 3:
		r.Class, whole = channel.Config, true
	case status/100 == 5:
		r.Class = channel.Retry
	default:
		r.Class = channel.Permanent
	}
	return r, whole
}
