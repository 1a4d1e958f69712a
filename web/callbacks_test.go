package web

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

func TestVendorsPostReceiptsAndReplies(t *testing.T) {
	site := newSite(t)
	ctx := context.Background()
	id := site.browser().subscribe("13900000009")
	sub, err := site.Store.Subscriber(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	delivery := site.claimOne(sub)
	post := func(path, body string) *browser {
		req, err := http.NewRequest(http.MethodPost, "http://policy.example/callback/sms/"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		return site.browser().do(req)
	}
	secret := site.Callbacks.Secret()
	ref := domain.Delivery{ID: delivery}.ClientRef()
	state := func() domain.DeliveryState {
		rows, err := site.Store.Deliveries(ctx, storage.DeliveryFilter{Subscriber: id, Limit: 5})
		if err != nil || len(rows) != 1 {
			t.Fatalf("deliveries are %+v, %v", rows, err)
		}
		return rows[0].State
	}
	const of = `[{"phone_number":"PHONE","success":true,"err_code":"DELIVERED","biz_id":"B1","out_id":"REF"}]`
	receipt := func(phone, ref string) string { return strings.NewReplacer("PHONE", phone, "REF", ref).Replace(of) }
	for name, tt := range map[string]struct {
		path, body string
		status     int
	}{
		"without the secret":       {"wrong/aliyun/report", receipt("13900000009", ref), 404},
		"of nobody's interface":    {secret + "/nobody/report", receipt("13900000009", ref), 404},
		"of Kannel":                {secret + "/kannel/report", "[]", 404},
		"neither report nor reply": {secret + "/aliyun/else", "[]", 403}, // no such path: a form without its token
		"no JSON":                  {secret + "/aliyun/report", "phone=1", 400},
		"of another number":        {secret + "/aliyun/report", receipt("13911111111", ref), 200},
		"of nothing of ours":       {secret + "/aliyun/report", receipt("13900000009", "d999999"), 200},
	} {
		t.Run(name, func(t *testing.T) {
			if b := post(tt.path, tt.body); b.status != tt.status {
				t.Errorf("answered with %d: %.200s", b.status, b.body)
			}
			if got := state(); got != domain.Sending {
				t.Errorf("it is %s now", got)
			}
		})
	}
	for range 2 {
		if b := post(secret+"/aliyun/report", receipt("13900000009", ref)); b.status != 200 || b.body != `{"code":0,"msg":"接收成功"}` {
			t.Errorf("answered with %d: %s", b.status, b.body)
		}
	}
	if got := state(); got != domain.Delivered {
		t.Errorf("it is %s", got)
	}
	if b := post(secret+"/tencent/reply", `{"extend":"","mobile":"13900000009","text":"ＴＤ","time":1}`); b.status != 200 || b.body != `{"result":0,"errmsg":"OK"}` {
		t.Errorf("answered with %d: %s", b.status, b.body)
	}
	if sub, err = site.Store.Subscriber(ctx, id); err != nil || sub.Contacts[1].Suppressed != string(domain.ReasonStopped) {
		t.Errorf("%+v %v", sub.Contacts, err)
	}
	if b := post(secret+"/mas/reply", `[{"mobile":"13900000009","smsContent":"怎么办理","addSerial":""}]`); b.status != 200 {
		t.Errorf("answered with %d: %s", b.status, b.body)
	}
	if replies, err := site.Store.Replies(ctx, 5); err != nil || len(replies) != 1 {
		t.Errorf("%+v %v", replies, err)
	}
}

func TestCallbacksAreTakenFromWhoMayCall(t *testing.T) {
	for name, tt := range map[string]struct {
		from   string
		status int
	}{
		"from anywhere":      {"", 200},
		"from its address":   {"0.0.0.0/32", 200}, // what a request of a test comes from
		"from its network":   {"0.0.0.0/8", 200},
		"from somebody else": {"203.0.113.7/32", 404},
	} {
		t.Run(name, func(t *testing.T) {
			site := newSite(t, func(c *Config) {
				if tt.from != "" {
					c.CallbackFrom = []netip.Prefix{netip.MustParsePrefix(tt.from)}
				}
			})
			if b := site.browser().get("/callback/sms/" + site.Callbacks.Secret() + "/reply?from=13900000001&text=TD"); b.status != tt.status {
				t.Errorf("answered with %d: %s", b.status, b.body)
			}
		})
	}
}

func TestTheTextMessageIsSeenBeforePublishing(t *testing.T) {
	site := newOffice(t)
	sample := TextSample{Text: "【云川发布】技改补助。以正式文件为准。退订回TD", Parts: 1}
	var refused error
	site.Config.Sample = func(p *domain.Policy, office domain.Office) (TextSample, error) {
		if p.Title == "" || office.Signature == "" {
			t.Errorf("composed for %q of %+v", p.Title, office)
		}
		return sample, refused
	}
	one := site.as("drafter")
	path := one.drafted()
	one.get(path+"/release").at(path+"/release", 200, "短信样张", sample.Text, "按1条计费")
	sample.Found = []string{"含有运营商会拦截的词“中奖”", "短信太长"}
	one.get(path+"/release").at(path+"/release", 200, "这样的短信不会发出：含有运营商会拦截的词“中奖”；短信太长")
	one.get(path+"/messages").at(path+"/messages", 200, "没有消息可看")
	site.Config.Messages = func(p *domain.Policy, office domain.Office) ([]ComposedMessage, error) {
		return []ComposedMessage{
			{Channel: domain.Email, Kind: domain.NewPolicy, Subject: "政策：技改补助", Text: "最高300万元"},
			{Channel: domain.SMS, Kind: domain.Reminder, Text: sample.Text, Parts: 2, Found: sample.Found},
		}, refused
	}
	one.get(path+"/messages").at(path+"/messages", 200, "政策：技改补助", "最高300万元", sample.Text, "按2条计费", "含有运营商会拦截的词", "截止提醒")
	refused = domain.Errorf(domain.Invalid, "发布单位没有短信签名")
	one.get(path+"/messages").at(path+"/messages", 200, "这样的短信不会发出：发布单位没有短信签名").lacks("政策：技改补助")
	one.get(path+"/release").at(path+"/release", 200, "这样的短信不会发出：发布单位没有短信签名")
}
