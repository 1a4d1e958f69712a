// Package webpush notifies browsers that subscribed (RFC 8030), in encryption
// that only the browser opens (RFC 8291), signed as ours (RFC 8292). It needs
// the standard library only.
//
// In China the push service of Chrome is not reached by most devices: the
// channel serves desktops with Edge, Firefox and Safari and is never the only
// one.
package webpush

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"policypush/internal/channel"
	"policypush/internal/domain"
)

// Config says as whom we send, and where to.
type Config struct {
	Key *Key
	// Contact is whom a push service can ask: mailto: or https:. Apple refuses
	// one that is not real.
	Contact string
	Hosts   Hosts
	TTL     time.Duration // how long a service keeps a message for a browser that is off: 1 day
	Now     func() time.Time
}

// connections is how many messages are on their way at a time.
const connections = 16

// Sender is a channel.Sender for browsers.
type Sender struct {
	cfg    Config
	client *channel.Client
}

// New checks the settings. It does not connect.
func New(cfg Config) (*Sender, error) {
	if !strings.HasPrefix(cfg.Contact, "mailto:") && !strings.HasPrefix(cfg.Contact, "https://") {
		return nil, domain.Errorf(domain.Invalid, "浏览器通知要有联系方式，请填写 mailto:邮箱 或 https:// 网址").In("webpush.contact")
	}
	if cfg.TTL <= 0 {
		cfg.TTL = 24 * time.Hour
	}
	return &Sender{cfg: cfg, client: channel.NewClient(channel.HTTP{Allow: cfg.Hosts.dial})}, nil
}

// notification is what the service worker reads.
type notification struct {
	Title string `json:"title"`
	Body  string `json:"body"`
	URL   string `json:"url"`
	Tag   string `json:"tag"` // one that comes twice is shown once
}

// Send implements channel.Sender.
func (s *Sender) Send(ctx context.Context, ms []channel.Message) []channel.Result {
	return channel.Each(ctx, "webpush", connections, ms, s.one)
}

func (s *Sender) one(ctx context.Context, m channel.Message) (channel.Result, bool) {
	to, err := s.cfg.Hosts.Parse(m.To)
	if err != nil {
		return channel.Result{Class: channel.Permanent, Code: "address", BadAddress: true}, false
	}
	endpoint, err := s.cfg.Hosts.check(to.Endpoint)
	if err != nil || !channel.ValidRef(m.Ref) {
		return channel.Result{Class: channel.Permanent, Code: "compose"}, false
	}
	text, err := json.Marshal(notification{m.Subject, m.Text, m.Link, m.Ref})
	if err != nil {
		return channel.Result{Class: channel.Permanent, Code: "compose"}, false
	}
	body, err := encrypt(to, text)
	if err != nil {
		return channel.Result{Class: channel.Permanent, Code: "too-long"}, false
	}
	authorization, err := s.cfg.Key.authorization(endpoint, s.cfg.Contact, s.cfg.Now())
	if err != nil {
		return channel.Result{Class: channel.Config, Code: "vapid", Note: channel.Note(err.Error())}, true
	}
	urgency := "normal"
	if m.Urgent {
		urgency = "high"
	}
	header := http.Header{
		"Ttl": {strconv.Itoa(int(s.cfg.TTL.Seconds()))}, "Urgency": {urgency}, "Content-Encoding": {"aes128gcm"},
		"Content-Type": {"application/octet-stream"}, "Authorization": {authorization},
	}
	if len(m.Ref) <= 32 {
		header["Topic"] = []string{m.Ref} // one that still waits is replaced by its repetition
	}
	answer, err := s.client.Ask(ctx, http.MethodPost, to.Endpoint, header, body)
	if err != nil {
		r, _ := channel.Unanswered(err) // each browser has a service of its own: no word about the others
		return r, false
	}
	return classify(answer), false
}

// classify turns the answer of a push service into a result.
func classify(a channel.Answer) channel.Result {
	r := channel.Result{Class: channel.Permanent, Code: strconv.Itoa(a.Status), Note: channel.Note(string(a.Body))}
	switch {
	case a.Status/100 == 2:
		return channel.Result{Class: channel.Accepted}
	case a.Status == http.StatusNotFound || a.Status == http.StatusGone:
		r.BadAddress = true
	case a.Status == http.StatusTooManyRequests:
		r.Class, r.After = channel.Throttled, a.RetryAfter()
	case a.Status == http.StatusUnauthorized || a.Status == http.StatusForbidden:
		r.Class = channel.Config
	case a.Status/100 == 5:
		r.Class = channel.Retry
	}
	return r
}

// Close implements channel.Sender.
func (s *Sender) Close() error {
	return s.client.Close()
}
