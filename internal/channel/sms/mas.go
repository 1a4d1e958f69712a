package sms

import (
	"cmp"
	"context"
	"crypto/md5" // as the interface wants it
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"

	"policypush/internal/channel"
	"policypush/internal/domain"
)

// MASConfig is an interface account with 中国移动云MAS.
type MASConfig struct {
	HTTP             // without /sms/…
	Customer  string // ecName: the group customer
	APID      string // apId: the interface account
	Secret    string // its password
	Signs     Signs
	Serial    string // addSerial: what follows our number; empty is only the number
	Templates []Template
}

// Signs are the codes of signatures by their names. The one without a name is of
// every signature that is not named.
type Signs map[string]string

// ParseSigns reads "CODE", or "云川发布=CODE1,云川人社=CODE2". It fails with
// Invalid.
func ParseSigns(text string) (Signs, error) {
	signs := Signs{}
	for entry := range strings.SplitSeq(text, ",") {
		name, code, named := strings.Cut(strings.TrimSpace(entry), "=")
		if !named {
			name, code = "", name
		}
		name, code = strings.TrimSpace(name), strings.TrimSpace(code)
		if _, twice := signs[name]; code == "" || named && name == "" || twice {
			return nil, domain.Errorf(domain.Invalid, "云MAS签名编码写一个，或写成“云川发布=编码1,云川人社=编码2”").In("sms.mas.sign")
		}
		signs[name] = code
	}
	return signs, nil
}

// of returns the code of a signature, or "".
func (s Signs) of(signature string) string { return cmp.Or(s[signature], s[""]) }

// MAS is the Provider that hands messages to 云MAS: by norsubmit, or by
// tmpsubmit where templates are set.
type MAS struct {
	*caller
	cfg MASConfig
}

// masCodes is what the codes of norsubmit and tmpsubmit mean.
var masCodes = codes{
	"success": {class: channel.Accepted},

	"InvalidMobile": {class: channel.Permanent, dead: true},
	"MobilesBlank":  {class: channel.Permanent, dead: true},

	"IllegalMac":      {class: channel.Config, whole: true},
	"IllegalSignId":   {class: channel.Config, whole: true},
	"NoSignId":        {class: channel.Config, whole: true},
	"InvalidUsrOrPwd": {class: channel.Config, whole: true},
	"InvalidMessage":  {class: channel.Config, whole: true},
	"TooManyMobiles":  {class: channel.Config, whole: true},
	"IllegalIp":       {class: channel.Config, whole: true},
	"NOT_WHITE_IP":    {class: channel.Config, whole: true},
	"IllegalTemplate": {class: channel.Config},
}

// NewMAS checks the settings. It does not connect.
func NewMAS(cfg MASConfig) (*MAS, error) {
	call, err := newCaller("sms.mas.url", cfg.HTTP)
	if err != nil {
		return nil, err
	}
	if cfg.Customer == "" || cfg.APID == "" || cfg.Secret == "" || len(cfg.Signs) == 0 {
		return nil, domain.Errorf(domain.Invalid, "云MAS的集团名称、接口账号、密码文件和签名编码都要填写").In("sms.mas.ec_name")
	}
	return &MAS{caller: call, cfg: cfg}, nil
}

// Name implements Provider.
func (m *MAS) Name() string { return "mas" }

// masMessage is the body of both calls.
type masMessage struct {
	ECName     string `json:"ecName"`
	APID       string `json:"apId"`
	TemplateID string `json:"templateId,omitempty"`
	Mobiles    string `json:"mobiles"`
	Params     string `json:"params,omitempty"`
	Content    string `json:"content,omitempty"`
	Sign       string `json:"sign"`
	AddSerial  string `json:"addSerial"`
	MAC        string `json:"mac"`
}

// Submit implements Provider. The signature is put before the text by 云MAS.
func (m *MAS) Submit(ctx context.Context, t Text) (r channel.Result, whole bool) {
	sign := m.cfg.Signs.of(t.Signature)
	if sign == "" {
		return noSignature(), false
	}
	message := masMessage{ECName: m.cfg.Customer, APID: m.cfg.APID, Mobiles: t.To, Sign: sign, AddSerial: m.cfg.Serial}
	path := "/sms/norsubmit"
	if len(m.cfg.Templates) == 0 {
		message.Content = t.Body
	} else {
		template, ok := fit(m.cfg.Templates, t.Body)
		if !ok {
			return noTemplate()
		}
		params, err := json.Marshal(append([]string{}, template.values...))
		if err != nil {
			return channel.Result{Class: channel.Permanent, Code: "compose"}, false
		}
		path, message.TemplateID, message.Params = "/sms/tmpsubmit", template.code, string(params)
	}
	message.MAC = message.mac(m.cfg.Secret)
	plain, err := json.Marshal(message)
	if err != nil {
		return channel.Result{Class: channel.Permanent, Code: "compose"}, false
	}
	request, err := http.NewRequest(http.MethodPost, strings.TrimRight(m.base.String(), "/")+path, strings.NewReader(base64.StdEncoding.EncodeToString(plain)))
	if err != nil {
		return channel.Result{Class: channel.Permanent, Code: "compose"}, false
	}
	request.Header.Set("Content-Type", "text/plain; charset=utf-8")
	status, body, failed := m.hand(ctx, request)
	if failed != nil {
		return *failed, false
	}
	var answer struct {
		RspCod, MsgGroup, MgsGroup string // some answers spell it so
		Success                    bool
	}
	if json.Unmarshal(body, &answer) != nil || answer.RspCod == "" {
		return channel.Bare(status, body)
	}
	r, whole = masCodes.result(answer.RspCod, answer.RspCod)
	if r.Class == channel.Accepted {
		r.GatewayRef = gatewayRef(answer.MsgGroup + answer.MgsGroup)
	}
	return r, whole
}

// mac is the checksum over what the message says and the password.
func (m masMessage) mac(secret string) string {
	sum := md5.Sum([]byte(m.ECName + m.APID + secret + m.TemplateID + m.Mobiles + m.Params + m.Content + m.Sign + m.AddSerial))
	return hex.EncodeToString(sum[:])
}

// masReports reads the receipts that 云MAS posts.
func masReports(body []byte) ([]Report, error) {
	return decode(body, func(in struct {
		ReportStatus string `json:"reportStatus"`
		ErrorCode    string `json:"errorCode"`
		Mobile       string `json:"mobile"`
		MsgGroup     string `json:"msgGroup"`
	},
	) (Report, error) {
		r := Report{
			Provider: "mas", Phone: in.Mobile, GatewayRef: gatewayRef(in.MsgGroup), Code: in.ReportStatus,
			Note: in.ReportStatus + " " + in.ErrorCode, State: domain.Failed,
		}
		if in.ReportStatus == "CM:0000" || in.ErrorCode == "DELIVRD" {
			r.State = domain.Delivered
		}
		r.BadAddress = r.State == domain.Failed && deadNumber(r.Note)
		return r.checked()
	})
}

// masReplies reads the replies that 云MAS posts.
func masReplies(body []byte) ([]Reply, error) {
	return decode(body, func(in struct {
		Mobile     string `json:"mobile"`
		SMSContent string `json:"smsContent"`
		AddSerial  string `json:"addSerial"`
	},
	) (Reply, error) {
		return replyOf(in.Mobile, in.AddSerial, in.SMSContent)
	})
}
