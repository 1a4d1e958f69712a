// Package webhook hands messages to the message gateway of a city's own app, as
// signed calls (Standard Webhooks). An address is a person's id in that app.
//
// A call may be repeated: webhook-id is the reference of the message, see
// domain.RefOf, and the app is to take each only once. So a call without an answer
// is tried again and never in doubt. A digest whose parts are others by then has
// another reference: what the app has of it already may be shown twice, and nothing
// is dropped unseen.
package webhook

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"policypush/internal/channel"
	"policypush/internal/domain"
)

// Config says which app takes our messages.
type Config struct {
	URL     string // https, or http on a network that nobody else hears
	Secrets Secrets
	Now     func() time.Time
}

// connections is how many calls are made at a time.
const connections = 8

// Sender is a channel.Sender for an app.
type Sender struct {
	cfg    Config
	client *channel.Client
}

// New checks the settings. It does not connect.
func New(cfg Config) (*Sender, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, domain.Errorf(domain.Invalid, "政务应用的接口地址不正确，请填写 https:// 开头的地址").In("webhook.url")
	}
	return &Sender{cfg: cfg, client: channel.NewClient(channel.HTTP{})}, nil
}

// event is the body of a call.
type event struct {
	Type      string `json:"type"`
	Timestamp string `json:"timestamp"`
	Data      notice `json:"data"`
}

type notice struct {
	Ref         string `json:"ref"`
	User        string `json:"user"`
	Title       string `json:"title"`
	Text        string `json:"text"`
	Link        string `json:"link,omitempty"`
	From        string `json:"from,omitempty"`
	Unsubscribe string `json:"unsubscribe,omitempty"`
	Urgent      bool   `json:"urgent,omitempty"`
}

// Send implements channel.Sender.
func (s *Sender) Send(ctx context.Context, ms []channel.Message) []channel.Result {
	return channel.Each(ctx, "webhook", connections, ms, s.one)
}

func (s *Sender) one(ctx context.Context, m channel.Message) (channel.Result, bool) {
	if !domain.ValidAccountID(m.To) {
		return channel.Result{Class: channel.Permanent, Code: "address", BadAddress: true}, false
	}
	now := s.cfg.Now()
	body, err := json.Marshal(event{"notice", now.UTC().Format(time.RFC3339), notice{
		Ref: m.Ref, User: m.To, Title: m.Subject, Text: m.Text, Link: m.Link, From: m.FromName, Unsubscribe: m.Unsubscribe, Urgent: m.Urgent,
	}})
	if err != nil || !channel.ValidRef(m.Ref) {
		return channel.Result{Class: channel.Permanent, Code: "compose"}, false
	}
	answer, err := s.client.Ask(ctx, http.MethodPost, s.cfg.URL, s.cfg.Secrets.header(m.Ref, now, body), body)
	if err != nil {
		r, all := channel.Unanswered(err)
		r.Class = channel.Retry
		return r, all
	}
	return classify(answer)
}

// classify turns the answer of the app into a result, and tells whether it
// holds for all others.
func classify(a channel.Answer) (r channel.Result, all bool) {
	r = channel.Result{Class: channel.Permanent, Code: strconv.Itoa(a.Status), Note: channel.Note(string(a.Body))}
	switch {
	case a.Status/100 == 2:
		return channel.Result{Class: channel.Accepted}, false
	case a.Status == http.StatusGone: // this person has left the app, or wants no more
		r.BadAddress = true
	case a.Status == http.StatusTooManyRequests:
		r.Class, r.After = channel.Throttled, a.RetryAfter()
		return r, true
	case a.Status == http.StatusUnauthorized || a.Status == http.StatusForbidden || a.Status == http.StatusNotFound ||
		a.Status == http.StatusMethodNotAllowed || a.Status/100 == 3:
		r.Class = channel.Config
		return r, true
	case a.Status/100 == 5 || a.Status == http.StatusRequestTimeout:
		r.Class = channel.Retry
	}
	return r, false
}

// Close implements channel.Sender.
func (s *Sender) Close() error {
	return s.client.Close()
}
