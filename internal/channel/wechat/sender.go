// Package wechat sends messages of an official account (公众号) to people who
// bound their subscription to it, and reads the events that WeChat calls back.
// An address is the openid of a follower. It speaks three calls of WeChat's
// interface itself: the access token, template messages and subscription
// messages.
package wechat

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"policypush/internal/channel"
	"policypush/internal/domain"
)

// The kinds of messages: for followers who asked for something (模板消息), and
// for those who allowed this kind of notice (订阅通知).
const (
	Template  = "template"
	Subscribe = "subscribe"
)

// Config says which account sends, and with which template.
type Config struct {
	URL      string // https://api.weixin.qq.com
	AppID    string
	Secret   string
	Kind     string // Template or Subscribe
	Template string // its id
	Fields   Fields
	Now      func() time.Time
}

// Fields name the fields of a template that hold our words.
type Fields struct{ Title, Text, From, Date string }

// ParseFields reads "title=thing1 text=thing2 from=thing3 date=time4". Title
// and text must be named. It fails with Invalid.
func ParseFields(s string) (Fields, error) {
	var f Fields
	to := map[string]*string{"title": &f.Title, "text": &f.Text, "from": &f.From, "date": &f.Date}
	for pair := range strings.FieldsSeq(s) {
		ours, theirs, ok := strings.Cut(pair, "=")
		if p := to[ours]; p == nil || !ok || theirs == "" {
			return Fields{}, domain.Errorf(domain.Invalid, "“%s”看不懂，要写成 title=thing1 text=thing2 from=thing3 date=time4", pair).In("wechat.fields")
		}
		*to[ours] = theirs
	}
	if f.Title == "" || f.Text == "" {
		return Fields{}, domain.Errorf(domain.Invalid, "请写明模板的哪个字段放标题和正文，如 title=thing1 text=thing2").In("wechat.fields")
	}
	return f, nil
}

// perSecond is the pace of calls: WeChat answers "system error" to many at once.
const perSecond = 50

const connections = 8

// refreshBefore is how long before its end a token is replaced.
const refreshBefore = 5 * time.Minute

// Sender is a channel.Sender for followers.
type Sender struct {
	cfg    Config
	client *channel.Client
	pace   *rate.Limiter

	mu      sync.Mutex
	token   string
	expires time.Time
}

// New checks the settings. It does not connect.
func New(cfg Config) (*Sender, error) {
	if cfg.URL == "" {
		cfg.URL = "https://api.weixin.qq.com"
	}
	u, err := url.Parse(cfg.URL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return nil, domain.Errorf(domain.Invalid, "微信接口地址不正确，请填写 https:// 开头的地址").In("wechat.url")
	case cfg.AppID == "" || cfg.Secret == "":
		return nil, domain.Errorf(domain.Invalid, "没有填写公众号的 AppID 或密钥").In("wechat.app_id")
	case cfg.Template == "":
		return nil, domain.Errorf(domain.Invalid, "没有填写消息模板编号").In("wechat.template")
	case cfg.Kind != Template && cfg.Kind != Subscribe:
		return nil, domain.Errorf(domain.Invalid, "消息种类要是 template 或 subscribe").In("wechat.message")
	}
	cfg.URL = strings.TrimSuffix(cfg.URL, "/")
	return &Sender{cfg: cfg, client: channel.NewClient(channel.HTTP{}), pace: rate.NewLimiter(perSecond, connections)}, nil
}

// Send implements channel.Sender.
func (s *Sender) Send(ctx context.Context, ms []channel.Message) []channel.Result {
	return channel.Each(ctx, "wechat", connections, ms, s.one)
}

// value is how WeChat wants the words of a field.
type value struct {
	Value string `json:"value"`
}

// data fills the fields of the template, each cut to what its kind takes.
func (s *Sender) data(m channel.Message) map[string]value {
	data := map[string]value{}
	put := func(field, words string) {
		if field == "" {
			return
		}
		limit := 200
		if kind := strings.TrimRight(field, "0123456789"); kind == "thing" || kind == "name" || kind == "phrase" {
			limit = 20 // characters; of a phrase five, which our words are not fit for
		}
		if rs := []rune(words); len(rs) > limit {
			words = string(rs[:limit-1]) + "…"
		}
		data[field] = value{words}
	}
	put(s.cfg.Fields.Title, m.Subject)
	put(s.cfg.Fields.Text, m.Text)
	put(s.cfg.Fields.From, m.FromName)
	put(s.cfg.Fields.Date, s.cfg.Now().In(time.FixedZone("CST", 8*60*60)).Format("2006年1月2日 15:04"))
	return data
}

func (s *Sender) one(ctx context.Context, m channel.Message) (channel.Result, bool) {
	if !domain.ValidAccountID(m.To) {
		return channel.Result{Class: channel.Permanent, Code: "address", BadAddress: true}, false
	}
	message := map[string]any{"touser": m.To, "template_id": s.cfg.Template, "data": s.data(m), "client_msg_id": m.Ref}
	path := "/cgi-bin/message/template/send"
	if s.cfg.Kind == Subscribe {
		path = "/cgi-bin/message/subscribe/bizsend"
		message["page"] = m.Link
	} else {
		message["url"] = m.Link
	}
	if err := s.pace.Wait(ctx); err != nil {
		return channel.Result{Class: channel.Retry, Code: "stopped"}, false
	}
	r, all := s.call(ctx, path, message)
	return r, all
}

// call makes a call with the token. One that WeChat holds for old is replaced,
// once.
func (s *Sender) call(ctx context.Context, path string, message any) (channel.Result, bool) {
	used := ""
	for {
		token, failed, all := s.accessToken(ctx, used)
		if failed != nil {
			return *failed, all
		}
		answer, err := s.ask(ctx, path+"?access_token="+url.QueryEscape(token), message)
		if err != nil {
			return channel.Unanswered(err)
		}
		code, r, all := Classify(answer)
		if slices.Contains([]int{40001, 40014, 42001}, code) && used == "" {
			used = token
			continue
		}
		return r, all
	}
}

func (s *Sender) ask(ctx context.Context, path string, message any) (channel.Answer, error) {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false) // WeChat shows \u0026 as it stands
	if err := encoder.Encode(message); err != nil {
		return channel.Answer{}, err
	}
	return s.client.Ask(ctx, http.MethodPost, s.cfg.URL+path, http.Header{"Content-Type": {"application/json"}}, body.Bytes())
}

// accessToken returns the token of the account. The stable token is the same
// for every process, so each keeps it for itself; used names one that no longer
// holds. Then another process may have a new one already, which WeChat tells: a
// new one is forced only if it still names the old one, for that would end the
// other's.
func (s *Sender) accessToken(ctx context.Context, used string) (string, *channel.Result, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.token != "" && s.token != used && s.cfg.Now().Before(s.expires) {
		return s.token, nil, false
	}
	failed, all := s.fetchToken(ctx, false)
	if failed == nil && s.token == used {
		failed, all = s.fetchToken(ctx, true)
	}
	return s.token, failed, all
}

// fetchToken asks WeChat for the token, or for a new one in its place.
func (s *Sender) fetchToken(ctx context.Context, anew bool) (*channel.Result, bool) {
	now := s.cfg.Now()
	answer, err := s.ask(ctx, "/cgi-bin/stable_token", map[string]any{
		"grant_type": "client_credential", "appid": s.cfg.AppID, "secret": s.cfg.Secret, "force_refresh": anew,
	})
	if err != nil {
		r, all := channel.Unanswered(err)
		r.Class = channel.Retry // nothing was to be sent
		return &r, all
	}
	var said struct {
		Token   string `json:"access_token"`
		Seconds int    `json:"expires_in"`
	}
	if json.Unmarshal(answer.Body, &said) != nil || said.Token == "" {
		code, r, _ := Classify(answer)
		if code == 0 || r.Class == channel.Unknown { // nothing was to be sent
			r = channel.Result{Class: channel.Retry, Code: "no-token"}
		}
		return &r, true
	}
	s.token, s.expires = said.Token, now.Add(max(time.Duration(said.Seconds)*time.Second-refreshBefore, time.Minute))
	return nil, false
}

// QR returns what a code has to say whose scan brings somebody to the account
// with a scene (生成带参数的二维码). It is good for ten minutes.
func (s *Sender) QR(ctx context.Context, scene string) (string, error) {
	token, failed, _ := s.accessToken(ctx, "")
	if failed != nil {
		return "", silent(nil)
	}
	answer, err := s.ask(ctx, "/cgi-bin/qrcode/create?access_token="+url.QueryEscape(token), map[string]any{
		"expire_seconds": 600, "action_name": "QR_STR_SCENE", "action_info": map[string]any{"scene": map[string]string{"scene_str": scene}},
	})
	var said struct {
		URL string `json:"url"`
	}
	if err != nil || json.Unmarshal(answer.Body, &said) != nil || said.URL == "" {
		return "", silent(err)
	}
	return said.URL, nil
}

// verdict is what a code of WeChat means.
type verdict struct {
	class channel.Class
	all   bool          // it holds for every message
	dead  bool          // this follower cannot be told any more
	after time.Duration // how long to wait
}

// codes is what the codes of the three calls mean. One that is not here is worth
// another try.
var codes = map[int]verdict{
	-1:    {class: channel.Retry},                         // busy
	43108: {class: channel.Throttled, after: time.Minute}, // another message to this person is on its way
	43117: {class: channel.Throttled, after: time.Hour},   // this person has had enough for now
	45009: {class: channel.Quota, all: true},              // the calls of the day are used up
	45011: {class: channel.Throttled, all: true, after: time.Minute},

	40003: {class: channel.Permanent, dead: true}, // no such follower
	43004: {class: channel.Permanent, dead: true}, // no longer one
	43101: {class: channel.Permanent, dead: true}, // notices refused, or their number used up
	41030: {class: channel.Permanent},             // the page that it leads to
	43116: {class: channel.Permanent},             // this message does not fit the template
	45168: {class: channel.Permanent},             // a forbidden word
	47003: {class: channel.Permanent},             // a field is not of its kind

	40001: {class: channel.Config, all: true}, // token, after it was replaced
	40013: {class: channel.Config, all: true}, // appid
	40014: {class: channel.Config, all: true}, // token
	40036: {class: channel.Config, all: true}, // length of template id
	40037: {class: channel.Config, all: true}, // template id
	40125: {class: channel.Config, all: true}, // secret
	40164: {class: channel.Config, all: true}, // our address is not on the list
	40243: {class: channel.Config, all: true}, // secret frozen
	41002: {class: channel.Config, all: true}, // no appid
	41004: {class: channel.Config, all: true}, // no secret
	42001: {class: channel.Config, all: true}, // token
	43107: {class: channel.Config, all: true}, // subscription messages or this template are banned
	48001: {class: channel.Config, all: true}, // the account may not call this
	48004: {class: channel.Config, all: true}, // calls are banned
	50002: {class: channel.Config, all: true}, // the account is frozen
	61024: {class: channel.Config, all: true}, // token of a third party
}

// Classify turns an answer of WeChat into its code and a result, and tells
// whether that holds for all others. The code is -1 where WeChat said nothing
// of its own.
func Classify(a channel.Answer) (code int, r channel.Result, all bool) {
	var said struct {
		Code    *int            `json:"errcode"`
		Message string          `json:"errmsg"`
		ID      json.RawMessage `json:"msgid"`
	}
	if a.Status != http.StatusOK || json.Unmarshal(a.Body, &said) != nil || said.Code == nil {
		r, all = channel.Bare(a.Status, a.Body)
		return -1, r, all
	}
	code = *said.Code
	if code == 0 {
		return 0, channel.Result{Class: channel.Accepted, GatewayRef: channel.Note(strings.Trim(string(said.ID), `"`))}, false
	}
	v, known := codes[code]
	if !known {
		v.class = channel.Retry
	}
	return code, channel.Result{
		Class: v.class, Code: strconv.Itoa(code), Note: channel.Note(said.Message), BadAddress: v.dead, After: v.after,
	}, v.all
}

// Close implements channel.Sender.
func (s *Sender) Close() error {
	return s.client.Close()
}

func silent(cause error) error {
	return domain.Errorf(domain.Conflict, "微信暂时没有回应，请过几分钟再试").Because(cause)
}
