// Package config holds the settings of the service and knows where they come
// from: built-in defaults, an optional YAML file, the environment
// (POLICYPUSH_SMS_URL for sms.url) and flags (--sms.url), each overriding the
// one before. Every setting has a default that works, and a name that is not
// in the table is refused. Secrets are never settings: a setting names the
// file that holds one.
package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// The modes of a channel. Log writes to the outbox what would have been sent.
const (
	Off  = "off"
	Log  = "log"
	Send = "send"
)

// The days on which nothing rings.
const (
	RestHolidays = "holidays" // public holidays
	RestAll      = "all"      // every day that is not worked
	RestNone     = "none"
)

// Config is every setting of the service. Load makes one.
type Config struct {
	Data        string // folder of database, keys and outbox
	Listen      string // host:port; an empty host is every address of the machine
	BaseURL     string // how readers reach us; links in messages begin with it
	Database    string // sqlite:PATH or postgres://…; empty is a file under Data
	Redis       string // redis://…; empty runs one inside the process
	ProxyHeader string // names the header of a proxy in front of us
	DictDir     string // jieba's dictionaries; empty looks in the usual places
	RulesDir    string // the office's own rules; empty is only the built-in ones
	KeyFile     string // keys that seal contacts; empty is a file under Data
	SealWith    string // algorithm of new keys: aes-256-gcm or sm4-gcm
	// SecretFile holds the secret that signs links and codes; empty is a file
	// under Data. Every process of one installation has the same.
	SecretFile string
	Metrics    string // host:port of the Prometheus page; empty is none

	LogFormat string // text or json
	LogLevel  string // debug, info, warn or error

	QuietHours string // "20:00-08:00" or "none": no SMS in these hours

	RestDays    string        // holidays, all or none: no SMS on these days but of a deadline
	UnreadAfter time.Duration // how long a message lies unread in the inbox before the next channel is tried

	Caps Caps // how many messages one address gets

	Questions Questions // what is promised to those who ask

	KeepVersionsDays int // how long former profiles are kept for checks of audiences

	Document Document
	Render   Render

	SMS   SMS
	Email Email
	App   App

	WeChat  WeChat
	WebPush WebPush
	Webhook Webhook
	JPush   JPush
	Paper   Paper

	SMSBounds, EmailBounds, WeChatBounds, WebPushBounds, WebhookBounds, JPushBounds Bounds

	KeepDeliveriesDays int // how long deliveries and their history are kept

	Work Work
}

// Bounds are what every channel that leaves the house has.
type Bounds struct {
	Rate   float64 // messages a second, over all processes; 0: no bound
	Canary string  // an address of the office's own that gets a copy of each push first; of browsers the number of a person
}

// Caps bound how many messages go to one address over a channel: "sms:2,email:10",
// or "none". What is more joins the next summary.
type Caps struct {
	Day  string // from midnight to midnight, Asia/Shanghai
	Week string // from Monday on
}

// Questions are what is promised to those who ask, in working days.
type Questions struct {
	SimpleDays    int
	ComplexDays   int // of a question that an officer marked as such
	ExtensionDays int // once
	Often         int // alike within 30 days: something is misunderstood
}

// Document bounds what a file may cost that is read.
type Document struct {
	MaxMB         int           // of the file
	MaxUnpackedMB int           // of a packed file after unpacking
	MaxText       int           // characters
	PDFTimeout    time.Duration // for the program that reads PDF files
}

// NoChromium as render.chromium is a machine that draws no pages.
const NoChromium = "off"

// Render is the drawing of pages as pictures and PDF.
type Render struct {
	Chromium string        // the program; empty looks for the usual names, NoChromium draws nothing
	Timeout  time.Duration // for one file
	Sandbox  string        // SandboxAuto or Off
}

// SandboxAuto leaves Chromium's sandbox on, but for root, for whom it does not
// start with it.
const SandboxAuto = "auto"

// SMS is the connection to the gateways for text messages. The fields up to
// From are those of Kannel.
type SMS struct {
	Mode         string
	Providers    string // in order of preference: aliyun,cmpp
	URL          string // of Kannel's sendsms
	Username     string
	PasswordFile string
	From         string // the sender number
	Signature    string // between 【 and 】; empty is the office's own
	SearchIn     string // where a text tells people to look, for example 浙里办
	Link         string // the link filed with the carriers, or none
	Callback     string // base URL under which the gateways reach us; empty is BaseURL
	CallbackFrom string // addresses and networks that may call back; empty is all
	Concurrency  int    // batches sent at a time
	AnswerWithin int    // seconds until a message without an answer is told as in doubt
	Timeout      int    // seconds until its call is given up

	Kannel  SMSFiling
	Aliyun  SMSAliyun
	Tencent SMSTencent
	MAS     SMSMAS
	CMPP    SMSCMPP
}

// SMSFiling is what was filed with the operator behind a gateway that takes whole
// texts.
type SMSFiling struct {
	SignAt     string // head, tail or gateway
	Signatures string // with commas; empty is any
	Templates  string // file of texts; empty is any
}

// SignatureList returns the signatures that were filed.
func (f SMSFiling) SignatureList() []string { return listOf(f.Signatures) }

// SMSAliyun is an account with 阿里云短信服务.
type SMSAliyun struct {
	URL, KeyID, SecretFile, Templates string
	Queues, QueueURL, TokenURL        string // names with commas; without them receipts are posted to our callback
}

// QueueList returns the names of the queues.
func (c SMSAliyun) QueueList() []string { return listOf(c.Queues) }

// SMSTencent is an application with 腾讯云短信.
type SMSTencent struct {
	URL, SecretID, SecretFile, AppID, Region, Templates string
	PullSeconds                                         int // 0: receipts are posted to our callback
}

// SMSMAS is an interface account with 中国移动云MAS.
type SMSMAS struct{ URL, ECName, APID, SecretFile, Sign, Serial, Templates string }

// SMSCMPP is an access to a gateway that speaks CMPP.
type SMSCMPP struct {
	Address, Version, User, SecretFile, Service, From string
	Window                                            int // messages without an answer at a time
	Filing                                            SMSFiling
}

// ProviderList returns the providers in order of preference.
func (c SMS) ProviderList() []string { return listOf(c.Providers) }

// CallbackNetworks returns who may call back; none is everybody.
func (c SMS) CallbackNetworks() []netip.Prefix {
	var nets []netip.Prefix
	for _, text := range listOf(c.CallbackFrom) {
		if n, err := network(text); err == nil { // checked when it was set
			nets = append(nets, n)
		}
	}
	return nets
}

// listOf takes a list apart that is written with commas.
func listOf(v string) []string {
	return strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == ' ' })
}

// Email is the connection to a mail relay, and the listener for bounces.
type Email struct {
	Mode         string
	Host         string
	Port         int
	TLS          string // implicit, starttls or none
	CAFile       string // PEM; empty is the system's
	Username     string
	PasswordFile string
	From         string
	BounceDomain string
	BounceListen string // host:port; empty is no listener
	Concurrency  int    // connections to the relay
	PerMinute    int    // mails that the relay takes from us; 0 is any number
	Relays       string // further relays, parted by spaces; see email.ParseRelay
	DKIM         string // relay or own: who signs
	DKIMKeys     string // selector=file, parted by spaces
}

// App is the inbox on the portal.
type App struct {
	Mode string
}

// WeChat is the official account.
type WeChat struct {
	Mode       string
	URL        string // of the interface; empty is WeChat's
	Name       string // of the account, as readers search for it
	AppID      string
	SecretFile string
	TokenFile  string // signs what WeChat calls us with
	Message    string // template or subscribe
	Template   string
	Fields     string // which field of the template holds what
}

// WebPush is notifications by browsers.
type WebPush struct {
	Mode    string
	KeyFile string // empty is a file under Data
	Contact string // mailto: or https:, for the push services
	Hosts   string // further push services, parted by spaces
}

// Webhook is the message gateway of the city's own app.
type Webhook struct {
	Mode       string
	URL        string
	SecretFile string
}

// JPush is push messages to phones by 极光.
type JPush struct {
	Mode       string
	URL        string // of the interface; empty is 极光's
	AppKey     string
	SecretFile string
	APNS       string // production or development
}

// Paper is notices that are printed and handed out.
type Paper struct {
	Mode     string
	Gather   time.Duration // letters that come within so long are printed together
	KeepDays int           // days that printed files, which hold addresses, are kept
	Canary   string        // an address of the office's own, whose letter lies on top of the first batch of each push
}

// Mode returns what a channel does: off, log or send.
// The channel goes by the first part of its settings' names.
func (c Config) Mode(channel string) string {
	switch channel {
	case "sms":
		return c.SMS.Mode
	case "email":
		return c.Email.Mode
	case "app":
		return c.App.Mode
	case "wechat":
		return c.WeChat.Mode
	case "webpush":
		return c.WebPush.Mode
	case "webhook":
		return c.Webhook.Mode
	case "jpush":
		return c.JPush.Mode
	case "paper":
		return c.Paper.Mode
	default:
		return Off
	}
}

// Bounds returns the bounds of an outgoing channel. Paper has none.
func (c Config) Bounds(channel string) Bounds {
	switch channel {
	case "sms":
		return c.SMSBounds
	case "email":
		return c.EmailBounds
	case "wechat":
		return c.WeChatBounds
	case "webpush":
		return c.WebPushBounds
	case "webhook":
		return c.WebhookBounds
	case "jpush":
		return c.JPushBounds
	case "paper":
		return Bounds{Canary: c.Paper.Canary}
	default:
		return Bounds{}
	}
}

// Work holds the clocks of the workers. The defaults make everything go on
// within two minutes of the death of any process: a worker gives a sign of life
// three times in DeadAfter (45 s), so that two may be lost before its batch goes
// to another and what it held becomes unknown; the sweep that sees it comes
// within 15 s, its leader within as much again if it died too. LostAfter is only
// the last net: a live worker may wait minutes for slow answers.
type Work struct {
	DispatchEvery time.Duration // look for owed pushes and due batches
	SweepEvery    time.Duration // look for what a dead worker left behind
	DeadAfter     time.Duration // a batch without a sign of life is handed out anew
	LostAfter     time.Duration // a row that is being sent for longer is unknown, whatever its worker does
	LeaderFor     time.Duration // how long a leader leads without a sign of life
}

// Defaults returns the settings of a machine where nobody has set anything.
func Defaults() Config {
	return Config{
		Data: "data", Listen: ":8080", SealWith: "aes-256-gcm", LogFormat: "text", LogLevel: "info", QuietHours: "20:00-08:00", RestDays: RestHolidays, UnreadAfter: 24 * time.Hour, Caps: Caps{Day: "sms:2,email:10", Week: "sms:7"}, KeepVersionsDays: 180, KeepDeliveriesDays: 1095,
		Questions: Questions{SimpleDays: 1, ComplexDays: 3, ExtensionDays: 3, Often: 5},
		Document:  Document{MaxMB: 64, MaxUnpackedMB: 256, MaxText: 4_000_000, PDFTimeout: time.Minute},
		Render:    Render{Timeout: time.Minute, Sandbox: SandboxAuto},

		SMS: SMS{
			Mode: Log, Providers: "kannel", Concurrency: 4, AnswerWithin: 5, Timeout: 30, Aliyun: SMSAliyun{
				URL: "https://dysmsapi.aliyuncs.com", QueueURL: "https://1943695596114318.mns.cn-hangzhou.aliyuncs.com", TokenURL: "https://dybaseapi.aliyuncs.com",
			},
			Tencent: SMSTencent{URL: "https://sms.tencentcloudapi.com", Region: "ap-guangzhou"}, Kannel: SMSFiling{SignAt: "head"},
			CMPP: SMSCMPP{Version: "3.0", Window: 16, Filing: SMSFiling{SignAt: "head"}},
		},
		Email: Email{Mode: Log, Port: 587, TLS: "starttls", Concurrency: 4, DKIM: "relay"},
		App:   App{Mode: Log},

		WeChat: WeChat{Mode: Off, Message: "template", Fields: "title=thing1 text=thing2"}, WebPush: WebPush{Mode: Off},
		Webhook: Webhook{Mode: Off}, JPush: JPush{Mode: Off, APNS: "production"}, Paper: Paper{Mode: Off, Gather: time.Minute, KeepDays: 30},

		Work: Work{
			DispatchEvery: time.Second, SweepEvery: 15 * time.Second, DeadAfter: 45 * time.Second,
			LostAfter: 10 * time.Minute, LeaderFor: 15 * time.Second,
		},
	}
}

// DatabaseURL returns the database to open.
func (c Config) DatabaseURL() string {
	if c.Database != "" {
		return c.Database
	}
	return "sqlite:" + filepath.Join(c.Data, "policypush.db")
}

// KeyPath returns the file of the keys that seal contacts.
func (c Config) KeyPath() string {
	if c.KeyFile != "" {
		return c.KeyFile
	}
	return filepath.Join(c.Data, "keys", "contacts.key")
}

// SecretPath returns the file of the secret that signs links and codes.
func (c Config) SecretPath() string {
	if c.SecretFile != "" {
		return c.SecretFile
	}
	return filepath.Join(c.Data, "keys", "signing.key")
}

// BrowserKeyPath returns the file of the key by which push services know us.
func (c Config) BrowserKeyPath() string {
	if c.WebPush.KeyFile != "" {
		return c.WebPush.KeyFile
	}
	return filepath.Join(c.Data, "keys", "vapid.key")
}

// LinkBase returns the URL that links begin with, without a slash at the end.
func (c Config) LinkBase() string {
	if c.BaseURL != "" {
		return strings.TrimSuffix(c.BaseURL, "/")
	}
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return "http://127.0.0.1:8080"
	}
	if host == "" || net.ParseIP(host).IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// CallbackBase returns the URL under which the SMS gateway reaches us.
func (c Config) CallbackBase() string {
	if c.SMS.Callback != "" {
		return strings.TrimSuffix(c.SMS.Callback, "/")
	}
	return c.LinkBase()
}

// Validate refuses settings that contradict each other, naming the setting and
// what to do.
func (c Config) Validate() error {
	if c.SMS.Mode == Send && c.SMS.URL == "" && slices.Contains(c.SMS.ProviderList(), "kannel") {
		return fmt.Errorf("sms.mode 是 send，但没有 sms.url：请填写短信网关地址，或在 sms.providers 里换成别的网关，或把 sms.mode 改回 log")
	}
	if c.Email.Mode == Send && (c.Email.Host == "" || c.Email.From == "") {
		return fmt.Errorf("email.mode 是 send，但没有 email.host 或 email.from：请填写邮件服务器和发件人，或把 email.mode 改回 log")
	}
	for _, u := range []struct{ key, value string }{
		{"base_url", c.BaseURL},
		{"sms.url", c.SMS.URL},
		{"sms.callback", c.SMS.Callback},
		{"sms.aliyun.url", c.SMS.Aliyun.URL},
		{"sms.tencent.url", c.SMS.Tencent.URL},
		{"sms.mas.url", c.SMS.MAS.URL},
		{"wechat.url", c.WeChat.URL},
		{"webhook.url", c.Webhook.URL},
		{"jpush.url", c.JPush.URL},
	} {
		if u.value == "" {
			continue
		}
		if parsed, err := url.Parse(u.value); err != nil || parsed.Host == "" || !strings.HasPrefix(parsed.Scheme, "http") {
			return fmt.Errorf("%s 要是 http:// 或 https:// 开头的地址", u.key)
		}
	}
	return nil
}

// ReadSecret reads the secret that a setting names by its file. An empty path
// is an empty secret.
func ReadSecret(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("读不到密码文件 %s：请检查路径和权限", path)
	}
	return strings.TrimSpace(string(data)), nil
}
