package sms

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"policypush/internal/channel"
	"policypush/internal/domain"
)

// AliyunConfig is an account with 阿里云短信服务.
type AliyunConfig struct {
	HTTP      // https://dysmsapi.aliyuncs.com
	KeyID     string
	Secret    string
	Templates []Template
	// Queues are asked for receipts and replies; without any they are posted to
	// our callback.
	Queues AliyunQueues
	Now    func() time.Time
}

// Aliyun is the Provider that hands messages to 阿里云 (SendSms, signed with
// ACS3-HMAC-SHA256).
type Aliyun struct {
	*caller
	cfg AliyunConfig
}

// aliyunCodes is what the codes of SendSms mean.
var aliyunCodes = codes{
	"OK": {class: channel.Accepted},

	"isv.BUSINESS_LIMIT_CONTROL": {class: channel.Throttled, after: time.Hour}, // this number was written to too often
	"Throttling*":                {class: channel.Throttled, whole: true, after: time.Second},

	"isv.AMOUNT_NOT_ENOUGH":   {class: channel.Quota, whole: true},
	"isv.OUT_OF_SERVICE":      {class: channel.Quota, whole: true},
	"isp.OUT_OF_SERVICE":      {class: channel.Quota, whole: true},
	"isv.DAY_LIMIT_CONTROL":   {class: channel.Quota, whole: true},
	"isv.MONTH_LIMIT_CONTROL": {class: channel.Quota, whole: true},

	"isv.MOBILE_NUMBER_ILLEGAL":    {class: channel.Permanent, dead: true},
	"isv.BLACK_KEY_CONTROL_LIMIT":  {class: channel.Permanent},
	"isv.MOBILE_IN_BLACK":          {class: channel.Permanent},
	"isv.PARAM_LENGTH_LIMIT":       {class: channel.Permanent},
	"isv.PARAM_NOT_SUPPORT_URL":    {class: channel.Permanent},
	"isv.TEMPLATE_PARAMS_ILLEGAL":  {class: channel.Permanent},
	"isv.MOBILE_COUNT_OVER_LIMIT":  {class: channel.Permanent},
	"isv.CUSTOMER_REFUSED":         {class: channel.Permanent},
	"isv.DENY_IP_RANGE":            {class: channel.Config, whole: true},
	"isv.SMS_SIGN*":                {class: channel.Config}, // of one office; others' may be right
	"isv.SMS_TEMPLATE_ILLEGAL":     {class: channel.Config},
	"isv.SMS_CONTENT_ILLEGAL":      {class: channel.Permanent},
	"isv.TEMPLATE_MISSING_*":       {class: channel.Config},
	"isv.EXTEND_CODE_ERROR":        {class: channel.Config}, // of another signature
	"isv.DOMESTIC_NUMBER_NOT_*":    {class: channel.Config}, // the template is for abroad
	"InvalidVersion":               {class: channel.Config, whole: true},
	"InvalidAction*":               {class: channel.Config, whole: true},
	"isv.INVALID_PARAMETERS":       {class: channel.Config},
	"isv.INVALID_JSON_PARAM":       {class: channel.Config},
	"isv.ACCOUNT_*":                {class: channel.Config, whole: true},
	"isv.PRODUCT_UN*":              {class: channel.Config, whole: true},
	"isp.RAM_PERMISSION_DENY":      {class: channel.Config, whole: true},
	"SignatureDoesNotMatch":        {class: channel.Config, whole: true},
	"InvalidAccessKeyId*":          {class: channel.Config, whole: true},
	"InvalidTimeStamp*":            {class: channel.Config, whole: true},
	"InvalidContentSha256":         {class: channel.Config, whole: true},
	"Forbidden*":                   {class: channel.Config, whole: true},
	"NoPermission":                 {class: channel.Config, whole: true},
	"SignatureNonceUsed":           {class: channel.Retry},
	"ServiceUnavailable":           {class: channel.Retry},
	"isp.SYSTEM_ERROR":             {class: channel.Retry},
	"isp.GATEWAY_ERROR":            {class: channel.Unknown},
	"InternalError":                {class: channel.Unknown},
	"isv.UNSUPPORTED_CONTENT_TYPE": {class: channel.Config, whole: true},
}

// NewAliyun checks the settings. It does not connect.
func NewAliyun(cfg AliyunConfig) (*Aliyun, error) {
	call, err := newCaller("sms.aliyun.url", cfg.HTTP)
	if err != nil {
		return nil, err
	}
	if cfg.KeyID == "" || cfg.Secret == "" {
		return nil, domain.Errorf(domain.Invalid, "没有填写阿里云的 AccessKey ID 或密钥文件").In("sms.aliyun.key_id")
	}
	if len(cfg.Templates) == 0 {
		return nil, domain.Errorf(domain.Invalid, "没有填写阿里云已通过的短信模板").In("sms.aliyun.templates")
	}
	if err := cfg.Queues.check(); err != nil {
		return nil, err
	}
	return &Aliyun{caller: call, cfg: cfg}, nil
}

// Name implements Provider.
func (a *Aliyun) Name() string { return "aliyun" }

// Submit implements Provider.
func (a *Aliyun) Submit(ctx context.Context, t Text) (r channel.Result, whole bool) {
	template, ok := fit(a.cfg.Templates, t.Body)
	if !ok {
		return noTemplate()
	}
	params := make(map[string]string, len(template.names))
	for i, name := range template.names {
		params[name] = template.values[i]
	}
	values, err := json.Marshal(params)
	if err != nil {
		return channel.Result{Class: channel.Permanent, Code: "compose"}, false
	}
	request, err := a.request("SendSms", url.Values{
		"PhoneNumbers": {t.To}, "SignName": {t.Signature}, "TemplateCode": {template.code}, "TemplateParam": {string(values)}, "OutId": {t.Ref},
	})
	if err != nil {
		return channel.Result{Class: channel.Permanent, Code: "compose"}, false
	}
	status, body, failed := a.hand(ctx, request)
	if failed != nil {
		return *failed, false
	}
	var answer struct{ Code, Message, BizID string }
	if json.Unmarshal(body, &answer) != nil || answer.Code == "" {
		return channel.Bare(status, body)
	}
	r, whole = aliyunCodes.result(answer.Code, answer.Message)
	switch {
	case r.Class == channel.Accepted:
		r.GatewayRef = gatewayRef(answer.BizID)
	case answer.Code == "isv.BUSINESS_LIMIT_CONTROL" && strings.Contains(answer.Message, "分钟"):
		r.After = time.Minute
	case answer.Code == "isv.BUSINESS_LIMIT_CONTROL" && strings.Contains(answer.Message, "天"):
		r.After = 24 * time.Hour
	}
	return r, whole
}

// request makes a signed request: parameters in the query, no body.
func (a *Aliyun) request(action string, query url.Values) (*http.Request, error) {
	return a.requestAt(a.base.String(), action, query)
}

// requestAt is request to another interface of 阿里云.
func (a *Aliyun) requestAt(base, action string, query url.Values) (*http.Request, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	if u.Path == "" {
		u.Path = "/"
	}
	u.RawQuery = acsQuery(query)
	request, err := http.NewRequest(http.MethodPost, u.String(), nil)
	if err != nil {
		return nil, err
	}
	none := sha256.Sum256(nil)
	for name, value := range map[string]string{
		"X-Acs-Action": action, "X-Acs-Version": "2017-05-25", "X-Acs-Date": a.cfg.Now().UTC().Format(time.RFC3339),
		"X-Acs-Signature-Nonce": rand.Text(), "X-Acs-Content-Sha256": hex.EncodeToString(none[:]),
	} {
		request.Header.Set(name, value)
	}
	request.Header.Set("Authorization", acsSign(request, a.cfg.KeyID, a.cfg.Secret))
	return request, nil
}

// acsQuery writes parameters as they are signed: sorted, each octet that is
// not unreserved with a percent sign.
func acsQuery(query url.Values) string {
	pairs := make([]string, 0, len(query))
	for name, values := range query {
		pairs = append(pairs, acsEscape(name)+"="+acsEscape(values[0]))
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

func acsEscape(s string) string {
	return strings.NewReplacer("+", "%20", "*", "%2A", "%7E", "~").Replace(url.QueryEscape(s))
}

// acsSign is the Authorization header of ACS3-HMAC-SHA256 over host and every
// x-acs header that is set.
func acsSign(request *http.Request, keyID, secret string) string {
	headers := map[string]string{"host": request.URL.Host}
	for name, values := range request.Header {
		if name := strings.ToLower(name); strings.HasPrefix(name, "x-acs-") {
			headers[name] = strings.TrimSpace(values[0])
		}
	}
	names := make([]string, 0, len(headers))
	for name := range headers {
		names = append(names, name)
	}
	slices.Sort(names)
	var lines strings.Builder
	for _, name := range names {
		lines.WriteString(name + ":" + headers[name] + "\n")
	}
	signed := strings.Join(names, ";")
	canonical := strings.Join([]string{
		request.Method, request.URL.EscapedPath(), request.URL.RawQuery, lines.String(), signed, headers["x-acs-content-sha256"],
	}, "\n")
	return "ACS3-HMAC-SHA256 Credential=" + keyID + ",SignedHeaders=" + signed + ",Signature=" +
		hex.EncodeToString(hmacSHA256([]byte(secret), "ACS3-HMAC-SHA256\n"+hexSHA256(canonical)))
}

func hexSHA256(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func hmacSHA256(key []byte, s string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(s))
	return m.Sum(nil)
}

// query looks a message up among those to its number that day.
func (a *Aliyun) query(ctx context.Context, q channel.Inquiry) (fate channel.Fate, known bool, err error) {
	number, err := Number(q.To)
	if err != nil {
		return fate, false, nil
	}
	request, err := a.request("QuerySendDetails", url.Values{
		"PhoneNumber": {number}, "SendDate": {q.At.In(shanghai).Format("20060102")}, "PageSize": {"50"}, "CurrentPage": {"1"},
	})
	if err != nil {
		return fate, false, err
	}
	body, err := a.ask(ctx, request)
	if err != nil {
		return fate, false, err
	}
	return aliyunFate(body, q)
}

// aliyunFate finds a message in the answer of QuerySendDetails.
func aliyunFate(body []byte, q channel.Inquiry) (fate channel.Fate, known bool, err error) {
	var answer struct {
		Code              string
		SmsSendDetailDTOs struct {
			SmsSendDetailDTO []struct {
				SendStatus     int
				ErrCode, OutID string
			}
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Code != "OK" {
		return fate, false, refusedQuery(answer.Code, body)
	}
	for _, d := range answer.SmsSendDetailDTOs.SmsSendDetailDTO {
		if d.OutID != q.Ref {
			continue
		}
		fate = channel.Fate{State: domain.Accepted, Code: channel.Note(d.ErrCode)}
		switch d.SendStatus {
		case 2:
			fate.State, fate.BadAddress = domain.Failed, deadNumber(d.ErrCode)
		case 3:
			fate.State = domain.Delivered
		}
		return fate, true, nil
	}
	return fate, false, nil
}

// aliyunReports reads the receipts that 阿里云 posts.
func aliyunReports(body []byte) ([]Report, error) {
	return decode(body, func(in struct {
		PhoneNumber string `json:"phone_number"`
		Success     bool   `json:"success"`
		ErrCode     string `json:"err_code"`
		ErrMsg      string `json:"err_msg"`
		BizID       string `json:"biz_id"`
		OutID       string `json:"out_id"`
	},
	) (Report, error) {
		r := Report{Provider: "aliyun", Phone: in.PhoneNumber, GatewayRef: gatewayRef(in.BizID), Code: in.ErrCode, Note: in.ErrMsg, State: domain.Delivered}
		if channel.ValidRef(in.OutID) {
			r.Ref = in.OutID
		}
		if !in.Success {
			r.State, r.BadAddress = domain.Failed, deadNumber(in.ErrCode+" "+in.ErrMsg)
		}
		return r.checked()
	})
}

// aliyunReplies reads the replies that 阿里云 posts.
func aliyunReplies(body []byte) ([]Reply, error) {
	return decode(body, func(in struct {
		PhoneNumber string `json:"phone_number"`
		Content     string `json:"content"`
		DestCode    string `json:"dest_code"`
	},
	) (Reply, error) {
		return replyOf(in.PhoneNumber, in.DestCode, in.Content)
	})
}
