package wechat_test

import (
	"crypto/sha1"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"policypush/internal/channel"
	"policypush/internal/channel/channeltest"
	"policypush/internal/channel/wechat"
	"policypush/internal/domain"
)

func account(v *channeltest.Vendors, kind string) wechat.Config {
	return wechat.Config{
		URL: v.URL, AppID: "wxapp", Secret: "wxsecret", Kind: kind, Template: "TPL1", Now: time.Now,
		Fields: wechat.Fields{Title: "thing1", Text: "thing2", From: "thing3", Date: "time4"},
	}
}

func open(t testing.TB, cfg wechat.Config) *wechat.Sender {
	t.Helper()
	s, err := wechat.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func notice(ref, openid string) channel.Message {
	return channel.Message{Ref: ref, To: openid, Subject: "稳岗返还", Text: "规上工业企业，最高300万元，12月31日截止。适用可能性高，以正式文件为准。", Link: "https://zc.example/policies/1?a=1&b=2", FromName: "云川县政务公开办"}
}

// TestAnswersOfOthersThanWeChat: what may have been taken is not sent again.
func TestAnswersOfOthersThanWeChat(t *testing.T) {
	for name, tt := range map[string]struct {
		status int
		body   string
		class  channel.Class
		all    bool
	}{
		"a gateway without an answer": {504, "<html>", channel.Unknown, false},
		"a page in its place":         {200, "<html>", channel.Unknown, false},
		"no code":                     {200, `{"msgid":1}`, channel.Unknown, false},
		"not now":                     {503, "", channel.Throttled, true},
		"too fast":                    {429, "", channel.Throttled, true},
		"a wrong address":             {404, "", channel.Config, true},
	} {
		t.Run(name, func(t *testing.T) {
			if _, r, all := wechat.Classify(channel.Answer{Status: tt.status, Body: []byte(tt.body)}); r.Class != tt.class || all != tt.all {
				t.Errorf("%+v, all %v", r, all)
			}
		})
	}
}

func TestEachAnswerHasItsClass(t *testing.T) {
	v := channeltest.StartVendors(t, "")
	for _, kind := range []string{wechat.Template, wechat.Subscribe} {
		s := open(t, account(v, kind))
		for openid, tt := range map[string]struct {
			want channel.Class
			dead bool
			code string
		}{
			"oAAAAAAAA4": {channel.Accepted, false, ""},
			"oAAAAAAAA1": {channel.Permanent, true, "43004"},
			"oAAAAAAAA2": {channel.Quota, false, "45009"},
			"oAAAAAAAA3": {channel.Permanent, true, "40003"},
			"oAAAAAAAA8": {channel.Retry, false, "-1"},
			"oAAAAAAAA7": {channel.Unknown, false, "no-answer"},
			"o A":        {channel.Permanent, true, "address"},
		} {
			r := s.Send(t.Context(), []channel.Message{notice("d1", openid)})[0]
			if r.Class != tt.want || r.BadAddress != tt.dead || r.Code != tt.code || r.Gateway != "wechat" {
				t.Errorf("%s %s: %+v", kind, openid, r)
			}
			if r.Class == channel.Accepted && (r.GatewayRef == "") != (kind == wechat.Subscribe) {
				t.Errorf("%s: gateway's id %q", kind, r.GatewayRef)
			}
		}
	}
	found := false
	for _, entry := range v.Log(t) {
		if m, ok := entry["message"].(map[string]any); ok && entry["path"] == "/cgi-bin/message/template/send" {
			data := m["data"].(map[string]any)
			text := data["thing2"].(map[string]any)["value"].(string)
			if m["client_msg_id"] != "d1" || m["url"] != "https://zc.example/policies/1?a=1&b=2" || len([]rune(text)) != 20 || !strings.HasSuffix(text, "…") {
				t.Errorf("message %v", m)
			}
			found = true
		}
	}
	if !found {
		t.Error("no message was seen")
	}
	cfg := account(v, wechat.Template)
	cfg.Secret = "wrong"
	for _, r := range open(t, cfg).Send(t.Context(), []channel.Message{notice("d1", "oA4"), notice("d2", "oA4")}) {
		if r.Class != channel.Config || r.Code != "40125" {
			t.Errorf("with a wrong secret: %+v", r)
		}
	}
}

// TestAnOldTokenIsReplacedOnce counts the calls for tokens.
func TestAnOldTokenIsReplacedOnce(t *testing.T) {
	tokens, forced, sent := 0, 0, 0
	valid, void := "T1", false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := make([]byte, 1000)
		n, _ := r.Body.Read(body)
		said := ""
		switch {
		case strings.HasSuffix(r.URL.Path, "stable_token"):
			tokens++
			if strings.Contains(string(body[:n]), `"force_refresh":true`) {
				forced++
				valid, void = "T2", false
			}
			said = `{"access_token":"` + valid + `","expires_in":7200}`
		case void || r.URL.Query().Get("access_token") != valid:
			said = `{"errcode":42001,"errmsg":"expired"}`
		default:
			sent++
			said = `{"errcode":0,"msgid":` + strconv.Itoa(sent) + `}`
		}
		_, _ = w.Write([]byte(said))
	}))
	defer server.Close()
	now := time.Now()
	cfg := account(&channeltest.Vendors{URL: server.URL}, wechat.Template)
	cfg.Now = func() time.Time { return now }
	s := open(t, cfg)
	one := func() channel.Result {
		return s.Send(t.Context(), []channel.Message{notice("d1", "oA4")})[0]
	}
	if r := one(); r.Class != channel.Accepted || tokens != 1 {
		t.Fatalf("%+v, %d tokens", r, tokens)
	}
	if one(); tokens != 1 {
		t.Errorf("%d tokens for two messages", tokens)
	}
	valid = "T9" // another process forced a new one, which is not to be ended
	if r := one(); r.Class != channel.Accepted || forced != 0 || tokens != 2 {
		t.Errorf("%+v, forced %d, tokens %d", r, forced, tokens)
	}
	void = true // it holds no longer, and WeChat still names it
	if r := one(); r.Class != channel.Accepted || forced != 1 || tokens != 4 {
		t.Errorf("%+v, forced %d, tokens %d", r, forced, tokens)
	}
	now = now.Add(116 * time.Minute) // five minutes before its end
	if one(); tokens != 5 || forced != 1 {
		t.Errorf("forced %d, tokens %d", forced, tokens)
	}
}

// TestWorkersShareTheToken: processes whose token is void at the same time have
// one new one between them.
func TestWorkersShareTheToken(t *testing.T) {
	v := channeltest.StartVendors(t, "")
	first, second := open(t, account(v, wechat.Template)), open(t, account(v, wechat.Template))
	send := func(s *wechat.Sender) {
		t.Helper()
		if r := s.Send(t.Context(), []channel.Message{notice("d1", "oA4")})[0]; r.Class != channel.Accepted {
			t.Fatalf("%+v", r)
		}
	}
	tokens := func() (n int) {
		for _, entry := range v.Log(t) {
			if path, _ := entry["path"].(string); strings.HasSuffix(path, "stable_token") {
				n++
			}
		}
		return n
	}
	send(first)
	send(second)
	answer, err := http.Post(v.URL+"/cgi-bin/stable_token", "application/json", strings.NewReader(`{"appid":"wxapp","secret":"wxsecret","force_refresh":true}`))
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	before := tokens()
	for range 3 {
		send(first)
		send(second)
	}
	if asked := tokens() - before; asked != 2 { // each once: neither ends the other's
		t.Errorf("asked for a token %d times", asked)
	}
}

// TestCodesMeanWhatWeChatSays lists every code that is known.
func TestCodesMeanWhatWeChatSays(t *testing.T) {
	for class, codes := range map[channel.Class][]int{
		channel.Accepted:  {0},
		channel.Retry:     {-1, 99999},
		channel.Throttled: {43108, 43117, 45011},
		channel.Quota:     {45009},
		channel.Permanent: {40003, 43004, 43101, 41030, 43116, 45168, 47003},
		channel.Config:    {40001, 40013, 40014, 40036, 40037, 40125, 40164, 40243, 41002, 41004, 42001, 43107, 48001, 48004, 50002, 61024},
	} {
		for _, code := range codes {
			got, r, all := wechat.Classify(channel.Answer{Status: 200, Body: []byte(`{"errcode":` + strconv.Itoa(code) + `,"errmsg":"x","msgid":"7"}`)})
			dead := slices.Contains([]int{40003, 43004, 43101}, code)
			if got != code || r.Class != class || r.BadAddress != dead || (r.Class == channel.Throttled) != (r.After > 0) {
				t.Errorf("%d: %+v", code, r)
			}
			if want := class == channel.Config || code == 45009 || code == 45011; all != want {
				t.Errorf("%d holds for all: %v", code, all)
			}
		}
	}
}

func TestWhoCallsMustKnowTheToken(t *testing.T) {
	now := time.Unix(1790000000, 0)
	sign := func(token, timestamp, nonce string) string {
		parts := []string{token, timestamp, nonce}
		slices.Sort(parts)
		sum := sha1.Sum([]byte(strings.Join(parts, "")))
		return hex.EncodeToString(sum[:])
	}
	good := sign("wxtoken", "1790000000", "n1")
	for name, tt := range map[string]struct {
		token, signature, timestamp, nonce string
		at                                 time.Time
		want                               bool
	}{
		"as signed":      {"wxtoken", good, "1790000000", "n1", now, true},
		"another token":  {"other", good, "1790000000", "n1", now, false},
		"no token set":   {"", sign("", "1790000000", "n1"), "1790000000", "n1", now, false},
		"another nonce":  {"wxtoken", good, "1790000000", "n2", now, false},
		"replayed later": {"wxtoken", good, "1790000000", "n1", now.Add(11 * time.Minute), false},
		"no signature":   {"wxtoken", "", "1790000000", "n1", now, false},
	} {
		if got := wechat.CheckSignature(tt.token, tt.signature, tt.timestamp, tt.nonce, tt.at); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// events are calls as WeChat's documentation shows them.
var events = map[string]struct {
	xml  string
	want []wechat.Event
}{
	"delivered": {
		`<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[oA]]></FromUserName><CreateTime>1</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[TEMPLATESENDJOBFINISH]]></Event><MsgID>200163836</MsgID><Status><![CDATA[success]]></Status></xml>`,
		[]wechat.Event{{Kind: wechat.Finished, Account: "gh_1", OpenID: "oA", Ref: "200163836", State: domain.Delivered}},
	},
	"blocked": {
		`<xml><ToUserName>gh_1</ToUserName><FromUserName>oA</FromUserName><MsgType>event</MsgType><Event>TEMPLATESENDJOBFINISH</Event><MsgID>2</MsgID><Status>failed:user block</Status></xml>`,
		[]wechat.Event{{Kind: wechat.Finished, Account: "gh_1", OpenID: "oA", Ref: "2", State: domain.Failed, Code: "user block"}},
	},
	"left": {
		`<xml><ToUserName>gh_1</ToUserName><FromUserName>oA</FromUserName><MsgType>event</MsgType><Event>unsubscribe</Event><EventKey></EventKey></xml>`,
		[]wechat.Event{{Kind: wechat.Left, Account: "gh_1", OpenID: "oA"}},
	},
	"came by a code": {
		`<xml><ToUserName>gh_1</ToUserName><FromUserName>oA</FromUserName><MsgType>event</MsgType><Event>subscribe</Event><EventKey>qrscene_abc</EventKey></xml>`,
		[]wechat.Event{{Kind: wechat.Scanned, Account: "gh_1", OpenID: "oA", Text: "abc"}},
	},
	"scanned": {
		`<xml><ToUserName>gh_1</ToUserName><FromUserName>oA</FromUserName><MsgType>event</MsgType><Event>SCAN</Event><EventKey>abc</EventKey></xml>`,
		[]wechat.Event{{Kind: wechat.Scanned, Account: "gh_1", OpenID: "oA", Text: "abc"}},
	},
	"wrote": {
		`<xml><ToUserName>gh_1</ToUserName><FromUserName>oA</FromUserName><MsgType>text</MsgType><Content> 绑定 K1 </Content><MsgId>3</MsgId></xml>`,
		[]wechat.Event{{Kind: wechat.Said, Account: "gh_1", OpenID: "oA", Text: "绑定 K1"}},
	},
	"subscription messages": {
		`<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[oA]]></FromUserName><CreateTime>1610969468</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[subscribe_msg_sent_event]]></Event>
			<SubscribeMsgSentEvent>
				<List> <TemplateId><![CDATA[TPL1]]></TemplateId><MsgID>1700827132819554304</MsgID><ErrorCode>0</ErrorCode><ErrorStatus><![CDATA[success]]></ErrorStatus></List>
				<List><TemplateId><![CDATA[TPL2]]></TemplateId><MsgID>1700827132819554305</MsgID><ErrorCode>43101</ErrorCode><ErrorStatus><![CDATA[user refuse]]></ErrorStatus></List>
			</SubscribeMsgSentEvent></xml>`,
		[]wechat.Event{
			{Kind: wechat.Finished, Account: "gh_1", OpenID: "oA", Ref: "1700827132819554304", State: domain.Delivered, Template: "TPL1"},
			{Kind: wechat.Finished, Account: "gh_1", OpenID: "oA", Ref: "1700827132819554305", State: domain.Failed, Code: "user refuse", Template: "TPL2"},
		},
	},
	"notices refused": {
		`<xml><ToUserName>gh_1</ToUserName><FromUserName>oA</FromUserName><CreateTime>1610969440</CreateTime><MsgType>event</MsgType><Event>subscribe_msg_change_event</Event>
			<SubscribeMsgChangeEvent><List><TemplateId>TPL1</TemplateId><SubscribeStatusString>reject</SubscribeStatusString></List><List><TemplateId>TPL2</TemplateId><SubscribeStatusString>accept</SubscribeStatusString></List></SubscribeMsgChangeEvent></xml>`,
		[]wechat.Event{{Kind: wechat.Refused, Account: "gh_1", OpenID: "oA", Template: "TPL1"}},
	},
	"something else": {
		`<xml><ToUserName>gh_1</ToUserName><FromUserName>oA</FromUserName><MsgType>image</MsgType></xml>`,
		[]wechat.Event{{Account: "gh_1", OpenID: "oA"}},
	},
}

func TestEventsAreRead(t *testing.T) {
	for name, tt := range events {
		if got, err := wechat.ParseEvents([]byte(tt.xml)); err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for _, s := range []string{"", "<xml>", "{}", "<html/>", `<xml><FromUserName>a b</FromUserName><ToUserName>g</ToUserName></xml>`, `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><ToUserName>g</ToUserName><FromUserName>&e;</FromUserName></xml>`, `<xml><ToUserName>g</ToUserName><FromUserName>a</FromUserName><MsgType>event</MsgType><Event>subscribe_msg_sent_event</Event><SubscribeMsgSentEvent><List><ErrorCode>0</ErrorCode></List></SubscribeMsgSentEvent></xml>`, strings.Repeat("x", 65<<10)} {
		if e, err := wechat.ParseEvents([]byte(s)); domain.KindOf(err) != domain.Invalid {
			t.Errorf("%.40q: %+v, %v", s, e, err)
		}
	}
	reply, err := wechat.Reply(wechat.Event{Account: "gh_1", OpenID: "oA"}, "已绑定]]><x>", time.Unix(9, 0))
	if err != nil || !strings.Contains(string(reply), "<ToUserName><![CDATA[oA]]></ToUserName>") || strings.Contains(string(reply), "]]><x>") {
		t.Errorf("%s, %v", reply, err)
	}
}

func FuzzParseEvents(f *testing.F) {
	for _, tt := range events {
		f.Add(tt.xml)
	}
	f.Add("<xml>")
	f.Fuzz(func(t *testing.T, s string) {
		all, err := wechat.ParseEvents([]byte(s))
		if err != nil && (domain.KindOf(err) != domain.Invalid || all != nil) {
			t.Errorf("%q: %+v, %v", s, all, err)
		}
		for _, e := range all {
			if !domain.ValidAccountID(e.OpenID) || (e.Kind == wechat.Finished) != (e.Ref != "") || strings.ContainsAny(e.Code, "\r\n") {
				t.Errorf("%q is read as %+v", s, e)
			}
		}
	})
}

func TestACodeForAScene(t *testing.T) {
	v := channeltest.StartVendors(t, "")
	said, err := open(t, account(v, wechat.Template)).QR(t.Context(), "scene1")
	if u, _ := url.Parse(said); err != nil || u == nil || !strings.HasSuffix(said, "scene1") {
		t.Errorf("%q, %v", said, err)
	}
}

func FuzzParseFields(f *testing.F) {
	for _, s := range []string{"title=thing1 text=thing2", "title=thing1", "x=y", "title", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if fields, err := wechat.ParseFields(s); err == nil && (fields.Title == "" || fields.Text == "") {
			t.Errorf("%q is read as %+v", s, fields)
		}
	})
}

func TestWrongSettingsAreRefused(t *testing.T) {
	good := wechat.Config{AppID: "a", Secret: "b", Template: "c", Kind: wechat.Template}
	for name, change := range map[string]func(*wechat.Config){
		"no address": func(c *wechat.Config) { c.URL = "weixin" }, "no account": func(c *wechat.Config) { c.AppID = "" },
		"no secret": func(c *wechat.Config) { c.Secret = "" }, "no template": func(c *wechat.Config) { c.Template = "" }, "no kind": func(c *wechat.Config) { c.Kind = "mass" },
	} {
		cfg := good
		change(&cfg)
		if _, err := wechat.New(cfg); domain.KindOf(err) != domain.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
