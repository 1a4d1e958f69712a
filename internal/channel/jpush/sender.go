// Package jpush pushes messages to phones through 极光 (JPush REST API v3). An
// address is the registration id of a device.
//
// Messages of one policy have the same words, so one call carries up to a
// thousand devices: the account allows some hundred calls a minute. A call
// carries a cid fetched before; 极光 takes each cid once, so a call without an
// answer is made once more at once. If that has no answer either, the messages
// are in doubt.
package jpush

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"policypush/internal/channel"
	"policypush/internal/domain"
)

// Config says which account takes our messages.
type Config struct {
	URL    string // https://api.jpush.cn
	AppKey string
	Secret string // 主密钥
	// Production reaches apps from the store; without it iOS apps of
	// developers.
	Production bool
}

// Limits of the interface.
const (
	maxDevices = 1000 // in a call
	cidsAtOnce = 10   // that one call for them gives
)

// Sender is a channel.Sender for phones.
type Sender struct {
	cfg    Config
	header http.Header
	client *channel.Client

	mu   sync.Mutex
	cids []string
}

// New checks the settings. It does not connect.
func New(cfg Config) (*Sender, error) {
	if cfg.URL == "" {
		cfg.URL = "https://api.jpush.cn"
	}
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, domain.Errorf(domain.Invalid, "极光接口地址不正确，请填写 https:// 开头的地址").In("jpush.url")
	}
	if cfg.AppKey == "" || cfg.Secret == "" {
		return nil, domain.Errorf(domain.Invalid, "没有填写极光的 AppKey 或主密钥").In("jpush.app_key")
	}
	cfg.URL = strings.TrimSuffix(cfg.URL, "/")
	return &Sender{cfg: cfg, client: channel.NewClient(channel.HTTP{}), header: http.Header{
		"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(cfg.AppKey+":"+cfg.Secret))},
		"Content-Type":  {"application/json"},
	}}, nil
}

// words are what the messages of one call have in common.
type words struct{ title, text, link string }

// Send implements channel.Sender.
func (s *Sender) Send(ctx context.Context, ms []channel.Message) []channel.Result {
	results := make([]channel.Result, len(ms))
	groups, order := map[words][]int{}, []words(nil)
	for i, m := range ms {
		results[i] = channel.Result{Ref: m.Ref, Gateway: "jpush"}
		if !domain.ValidAccountID(m.To) || strings.TrimSpace(m.Text) == "" {
			results[i].Class, results[i].Code, results[i].BadAddress = channel.Permanent, "address", !domain.ValidAccountID(m.To)
			continue
		}
		w := words{m.Subject, m.Text, m.Link}
		if len(groups[w]) == 0 {
			order = append(order, w)
		}
		groups[w] = append(groups[w], i)
	}
	var stop *channel.Result // holds for all that follow
	for _, w := range order {
		for group := groups[w]; len(group) > 0; group = group[min(maxDevices, len(group)):] {
			stop = s.group(ctx, w, ms, group[:min(maxDevices, len(group))], results, stop)
		}
	}
	return results
}

// group pushes one text to some devices and fills in their results.
func (s *Sender) group(ctx context.Context, w words, ms []channel.Message, group []int, results []channel.Result, stop *channel.Result) *channel.Result {
	var r channel.Result
	all := false
	switch {
	case stop != nil:
		r = *stop
	case ctx.Err() != nil:
		r = channel.Result{Class: channel.Retry, Code: "stopped"}
	default:
		devices := make([]string, len(group))
		for i, at := range group {
			devices[i] = ms[at].To
		}
		r, all = s.push(ctx, w, devices)
		if r.BadAddress && len(group) > 1 { // at least one is known: which, only single calls tell
			for i := range group {
				stop = s.group(ctx, w, ms, group[i:i+1], results, stop)
			}
			return stop
		}
	}
	for _, at := range group {
		r.Ref, r.Gateway = results[at].Ref, results[at].Gateway
		results[at] = r
	}
	if all && stop == nil {
		return &r
	}
	return stop
}

// request is the body of /v3/push.
type request struct {
	CID          string              `json:"cid"`
	Platform     string              `json:"platform"`
	Audience     map[string][]string `json:"audience"`
	Notification map[string]any      `json:"notification"`
	Options      map[string]any      `json:"options"`
}

// keepFor is how long 极光 keeps a message for a phone that is off, in seconds.
const keepFor = 24 * 60 * 60

func (s *Sender) push(ctx context.Context, w words, devices []string) (channel.Result, bool) {
	cid, failed, all := s.cid(ctx)
	if failed != nil {
		return *failed, all
	}
	extras := map[string]string{"link": w.link}
	body, err := json.Marshal(request{
		CID: cid, Platform: "all", Audience: map[string][]string{"registration_id": devices},
		Notification: map[string]any{
			"android": map[string]any{"alert": w.text, "title": w.title, "extras": extras},
			"ios":     map[string]any{"alert": map[string]string{"title": w.title, "body": w.text}, "extras": extras},
		},
		Options: map[string]any{"time_to_live": keepFor, "apns_production": s.cfg.Production},
	})
	if err != nil {
		return channel.Result{Class: channel.Permanent, Code: "compose"}, false
	}
	answer, err := s.client.Ask(ctx, http.MethodPost, s.cfg.URL+"/v3/push", s.header, body)
	if err == nil {
		return Classify(answer)
	}
	r, all := channel.Unanswered(err)
	if r.Class != channel.Unknown {
		return r, all
	}
	if answer, err = s.client.Ask(ctx, http.MethodPost, s.cfg.URL+"/v3/push", s.header, body); err != nil {
		return r, false // whatever this one says, the first may have been taken
	}
	return Classify(answer)
}

// cid takes an identifier for a call; ten are fetched at a time.
func (s *Sender) cid(ctx context.Context) (string, *channel.Result, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.cids) == 0 {
		answer, err := s.client.Ask(ctx, http.MethodGet, s.cfg.URL+"/v3/push/cid?count="+strconv.Itoa(cidsAtOnce), s.header, nil)
		if err != nil {
			r, all := channel.Unanswered(err)
			r.Class = channel.Retry // nothing was to be sent
			return "", &r, all
		}
		var said struct {
			List []string `json:"cidlist"`
		}
		if answer.Status != http.StatusOK || json.Unmarshal(answer.Body, &said) != nil || len(said.List) == 0 {
			r, all := Classify(answer)
			if r.Class == channel.Accepted {
				r = channel.Result{Class: channel.Retry, Code: "no-cid"}
			}
			return "", &r, all
		}
		s.cids = said.List
	}
	cid := s.cids[len(s.cids)-1]
	s.cids = s.cids[:len(s.cids)-1]
	return cid, nil, false
}

// verdict is what a code of 极光 means.
type verdict struct {
	class channel.Class
	all   bool // it holds for every message
	dead  bool // this device is none of the app's, or was not seen for 255 days
}

// codes is what the codes of /v3/push mean (业务返回码 of its document).
var codes = map[int]verdict{
	1000: {class: channel.Retry},                 // an error inside
	1001: {class: channel.Config, all: true},     // no POST
	1002: {class: channel.Permanent},             // a parameter is missing
	1003: {class: channel.Permanent},             // a parameter has no such value
	1004: {class: channel.Config, all: true},     // AppKey and secret do not match
	1005: {class: channel.Permanent},             // too long
	1008: {class: channel.Config, all: true},     // no such AppKey
	1009: {class: channel.Config, all: true},     // a key that is not known
	1011: {class: channel.Permanent, dead: true}, // no such device
	1012: {class: channel.Throttled, all: true},  // too many slow pushes at a time
	1020: {class: channel.Config, all: true},     // no HTTPS
	1030: {class: channel.Retry},                 // a timeout inside
	2002: {class: channel.Throttled, all: true},  // too many calls
	2003: {class: channel.Config, all: true},     // the app may not call
	2004: {class: channel.Config, all: true},     // our address is not on the list
	2005: {class: channel.Quota, all: true},      // too much is sent
	2006: {class: channel.Config, all: true},     // only for VIP
	2007: {class: channel.Config, all: true},     // not allowed to call this
	2008: {class: channel.Quota, all: true},      // too many to everybody
}

// Classify turns an answer of 极光 into a result, and tells whether it holds for
// all others. A code that is not known is the message's fault, or by its status
// the account's or theirs.
func Classify(a channel.Answer) (r channel.Result, all bool) {
	var said struct {
		ID    json.RawMessage `json:"msg_id"` // a number, or one in quotes
		Error struct {
			Code    int    `json:"code"`
			Message string `json:"message"`
		} `json:"error"`
	}
	readable := json.Unmarshal(a.Body, &said) == nil
	code := said.Error.Code
	if a.Status/100 == 2 && (code == 0 || !readable) {
		return channel.Result{Class: channel.Accepted, GatewayRef: channel.Note(strings.Trim(string(said.ID), `"`))}, false
	}
	v, known := codes[code]
	if !known {
		v = byStatus(a.Status)
	}
	r = channel.Result{Class: v.class, Code: strconv.Itoa(cmp.Or(code, a.Status)), Note: channel.Note(said.Error.Message), BadAddress: v.dead}
	if v.class == channel.Throttled {
		r.After = resetAfter(a.Header)
	}
	return r, v.all
}

// byStatus is what an answer without a known code means.
func byStatus(status int) verdict {
	switch {
	case status == http.StatusTooManyRequests:
		return verdict{class: channel.Throttled, all: true}
	case status == http.StatusUnauthorized || status == http.StatusForbidden || status/100 == 3:
		return verdict{class: channel.Config, all: true}
	case status/100 == 5:
		return verdict{class: channel.Retry}
	default:
		return verdict{class: channel.Permanent}
	}
}

// resetAfter is when calls are taken again.
func resetAfter(h http.Header) time.Duration {
	n, err := strconv.Atoi(h.Get("X-Rate-Limit-Reset"))
	if err != nil || n < 1 {
		return time.Minute
	}
	return min(time.Duration(n)*time.Second, time.Hour)
}

// Close implements channel.Sender.
func (s *Sender) Close() error {
	return s.client.Close()
}
