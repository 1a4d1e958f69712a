package sms

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"policypush/internal/channel"
	"policypush/internal/domain"
)

// TencentConfig is an application with 腾讯云短信.
type TencentConfig struct {
	HTTP      // https://sms.tencentcloudapi.com
	SecretID  string
	Secret    string
	AppID     string // SmsSdkAppId
	Region    string // ap-guangzhou
	Templates []Template
	// Pull is how often to ask for receipts and replies; 0 is never: they are
	// posted to our callback.
	Pull time.Duration
	Now  func() time.Time
}

// Tencent is the Provider that hands messages to 腾讯云 (SendSms of 2021-01-11,
// signed with TC3-HMAC-SHA256).
type Tencent struct {
	*caller
	cfg TencentConfig
}

// tencentCodes is what the codes of SendSms mean, those of the request and
// those of the single message.
var tencentCodes = codes{
	"Ok": {class: channel.Accepted},

	"RequestLimitExceeded*":                           {class: channel.Throttled, whole: true, after: time.Second},
	"LimitExceeded.DeliveryFrequencyLimit":            {class: channel.Throttled, whole: true, after: time.Second},
	"LimitExceeded.PhoneNumberThirtySecondLimit":      {class: channel.Throttled, after: time.Minute},
	"LimitExceeded.PhoneNumberOneHourLimit":           {class: channel.Throttled, after: time.Hour},
	"LimitExceeded.PhoneNumberDailyLimit":             {class: channel.Throttled, after: 24 * time.Hour},
	"LimitExceeded.PhoneNumberSameContentDailyLimit":  {class: channel.Throttled, after: 24 * time.Hour},
	"LimitExceeded.AppDailyLimit":                     {class: channel.Quota, whole: true},
	"LimitExceeded.AppMainlandChinaDailyLimit":        {class: channel.Quota, whole: true},
	"LimitExceeded.DailyLimit":                        {class: channel.Quota, whole: true},
	"LimitExceeded.*":                                 {class: channel.Throttled, whole: true, after: time.Minute},
	"FailedOperation.InsufficientBalanceInSmsPackage": {class: channel.Quota, whole: true},

	"UnauthorizedOperation.ServiceSuspendDueToArrears": {class: channel.Quota, whole: true},

	"FailedOperation.PhoneNumberInBlacklist":                {class: channel.Permanent},
	"FailedOperation.PhoneNumberOnBlacklist":                {class: channel.Permanent},
	"FailedOperation.PhoneNumberParseFail":                  {class: channel.Permanent, dead: true},
	"InvalidParameterValue.IncorrectPhoneNumber":            {class: channel.Permanent, dead: true},
	"InvalidParameterValue.ContentLengthLimit":              {class: channel.Permanent},
	"InvalidParameterValue.TemplateParameterLengthLimit":    {class: channel.Permanent},
	"InvalidParameterValue.ProhibitedUseUrlInTemplate*":     {class: channel.Permanent},
	"FailedOperation.ContainSensitiveWord":                  {class: channel.Permanent},
	"FailedOperation.MarketingSendTimeConstraint":           {class: channel.Throttled, whole: true, after: time.Hour},
	"InvalidParameterValue.TemplateParameterFormatError":    {class: channel.Permanent},
	"FailedOperation.FailResolvePacket":                     {class: channel.Permanent},
	"FailedOperation.SignatureIncorrectOrUnapproved":        {class: channel.Config}, // of one office; others' may be right
	"FailedOperation.TemplateIncorrectOrUnapproved":         {class: channel.Config},
	"FailedOperation.TemplateParamSetNotMatchApprovedTemp*": {class: channel.Config},
	"FailedOperation.TemplateUnapprovedOrNotExist":          {class: channel.Config},
	"FailedOperation.MissingTemplateToModify":               {class: channel.Config},
	"FailedOperation.JsonParseFail":                         {class: channel.Config},
	"InvalidParameterValue.SdkAppIdNotExist":                {class: channel.Config, whole: true},
	"InvalidParameterValue.*":                               {class: channel.Config},
	"InvalidParameter*":                                     {class: channel.Config},
	"MissingParameter*":                                     {class: channel.Config},
	"UnknownParameter*":                                     {class: channel.Config},
	"AuthFailure*":                                          {class: channel.Config, whole: true},
	"UnauthorizedOperation*":                                {class: channel.Config, whole: true},
	"UnsupportedOperation*":                                 {class: channel.Config, whole: true},
	"UnsupportedRegion":                                     {class: channel.Config, whole: true},
	"InvalidAction":                                         {class: channel.Config, whole: true},
	"NoSuchVersion":                                         {class: channel.Config, whole: true},

	"InternalError.SigFieldMissing":      {class: channel.Config, whole: true},
	"InternalError.SigVerificationFail":  {class: channel.Config, whole: true},
	"InternalError.RequestTimeException": {class: channel.Config, whole: true}, // our clock
	"InternalError*":                     {class: channel.Unknown},             // a timeout behind their door
	"FailedOperation*":                   {class: channel.Retry},
	"ResourceUnavailable*":               {class: channel.Retry},
}

// NewTencent checks the settings. It does not connect.
func NewTencent(cfg TencentConfig) (*Tencent, error) {
	call, err := newCaller("sms.tencent.url", cfg.HTTP)
	if err != nil {
		return nil, err
	}
	if cfg.SecretID == "" || cfg.Secret == "" || cfg.AppID == "" {
		return nil, domain.Errorf(domain.Invalid, "没有填写腾讯云的 SecretId、密钥文件或短信应用编号").In("sms.tencent.secret_id")
	}
	if len(cfg.Templates) == 0 {
		return nil, domain.Errorf(domain.Invalid, "没有填写腾讯云已通过的短信模板").In("sms.tencent.templates")
	}
	return &Tencent{caller: call, cfg: cfg}, nil
}

// Name implements Provider.
func (c *Tencent) Name() string { return "tencent" }

// Submit implements Provider.
func (c *Tencent) Submit(ctx context.Context, t Text) (r channel.Result, whole bool) {
	template, ok := fit(c.cfg.Templates, t.Body)
	if !ok {
		return noTemplate()
	}
	request, err := c.request("SendSms", struct {
		PhoneNumberSet   []string
		SmsSdkAppID      string `json:"SmsSdkAppId"`
		SignName         string
		TemplateID       string `json:"TemplateId"`
		TemplateParamSet []string
		SessionContext   string
	}{[]string{"+86" + t.To}, c.cfg.AppID, t.Signature, template.code, template.values, t.Ref})
	if err != nil {
		return channel.Result{Class: channel.Permanent, Code: "compose"}, false
	}
	status, body, failed := c.hand(ctx, request)
	if failed != nil {
		return *failed, false
	}
	var answer struct {
		Response struct {
			Error         *struct{ Code, Message string }
			SendStatusSet []struct{ SerialNo, Code, Message string }
		}
	}
	switch err := json.Unmarshal(body, &answer); {
	case err == nil && answer.Response.Error != nil:
		return tencentCodes.result(answer.Response.Error.Code, answer.Response.Error.Message)
	case err != nil || len(answer.Response.SendStatusSet) != 1:
		return channel.Bare(status, body)
	}
	one := answer.Response.SendStatusSet[0]
	r, whole = tencentCodes.result(one.Code, one.Message)
	if r.Class == channel.Accepted {
		r.GatewayRef = gatewayRef(one.SerialNo)
	}
	return r, whole
}

// request makes a signed request.
func (c *Tencent) request(action string, payload any) (*http.Request, error) {
	body, err := json.Marshal(payload)
	if err != nil {
		return nil, err
	}
	u := *c.base
	if u.Path == "" {
		u.Path = "/"
	}
	request, err := http.NewRequest(http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	now := c.cfg.Now()
	for name, value := range map[string]string{
		"Content-Type": "application/json; charset=utf-8", "X-TC-Action": action, "X-TC-Version": "2021-01-11",
		"X-TC-Region": c.cfg.Region, "X-TC-Timestamp": strconv.FormatInt(now.Unix(), 10),
	} {
		request.Header.Set(name, value)
	}
	request.Header.Set("Authorization", tc3Sign(request, string(body), c.cfg.SecretID, c.cfg.Secret, now))
	return request, nil
}

// tc3Sign is the Authorization header of TC3-HMAC-SHA256 over content type and
// host.
func tc3Sign(request *http.Request, body, secretID, secret string, now time.Time) string {
	const signed = "content-type;host"
	canonical := strings.Join([]string{
		request.Method, request.URL.EscapedPath(), request.URL.RawQuery,
		"content-type:" + strings.ToLower(request.Header.Get("Content-Type")) + "\nhost:" + strings.ToLower(request.URL.Host) + "\n",
		signed, hexSHA256(body),
	}, "\n")
	day := now.UTC().Format(time.DateOnly)
	scope := day + "/sms/tc3_request"
	text := strings.Join([]string{"TC3-HMAC-SHA256", strconv.FormatInt(now.Unix(), 10), scope, hexSHA256(canonical)}, "\n")
	key := hmacSHA256(hmacSHA256(hmacSHA256([]byte("TC3"+secret), day), "sms"), "tc3_request")
	return "TC3-HMAC-SHA256 Credential=" + secretID + "/" + scope + ", SignedHeaders=" + signed + ", Signature=" + hex.EncodeToString(hmacSHA256(key, text))
}

// tencentStatus is one message in an answer about receipts.
type tencentStatus struct {
	PhoneNumber, SerialNo, ReportStatus, Description, SessionContext string
}

func (s tencentStatus) state() domain.DeliveryState {
	switch s.ReportStatus {
	case "SUCCESS":
		return domain.Delivered
	case "FAIL":
		return domain.Failed
	default:
		return domain.Accepted
	}
}

// query looks a message up among those to its number since it was handed over.
func (c *Tencent) query(ctx context.Context, q channel.Inquiry) (fate channel.Fate, known bool, err error) {
	number, err := Number(q.To)
	if err != nil {
		return fate, false, nil
	}
	request, err := c.request("PullSmsSendStatusByPhoneNumber", struct {
		BeginTime     int64
		Offset, Limit int
		PhoneNumber   string
		SmsSdkAppID   string `json:"SmsSdkAppId"`
	}{q.At.Add(-time.Minute).Unix(), 0, 100, "+86" + number, c.cfg.AppID})
	if err != nil {
		return fate, false, err
	}
	body, err := c.ask(ctx, request)
	if err != nil {
		return fate, false, err
	}
	all, err := tencentStatuses(body)
	if err != nil {
		return fate, false, err
	}
	for _, s := range all {
		if s.SessionContext == q.Ref || q.GatewayRef != "" && s.SerialNo == q.GatewayRef {
			state := s.state()
			return channel.Fate{
				GatewayRef: gatewayRef(s.SerialNo), State: state, Code: channel.Note(s.Description),
				BadAddress: state == domain.Failed && deadNumber(s.Description),
			}, true, nil
		}
	}
	return fate, false, nil
}

func tencentStatuses(body []byte) ([]tencentStatus, error) {
	var answer struct {
		Response struct {
			Error                *struct{ Code, Message string }
			PullSmsSendStatusSet *[]tencentStatus
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Response.PullSmsSendStatusSet == nil {
		code := ""
		if e := answer.Response.Error; e != nil {
			code = e.Code
		}
		return nil, refusedQuery(code, body)
	}
	return *answer.Response.PullSmsSendStatusSet, nil
}

// refusedQuery is the error of a question that a provider did not answer.
func refusedQuery(code string, body []byte) error {
	if code == "" {
		code = channel.Note(string(body[:min(len(body), 200)]))
	}
	return fmt.Errorf("provider did not answer the question: %s", code)
}

// Listen implements listener: it asks for receipts and replies. 腾讯云 tells
// each once, to whoever asks first.
func (c *Tencent) Listen(ctx context.Context, sink Sink) {
	if c.cfg.Pull <= 0 {
		return
	}
	tick := time.NewTicker(c.cfg.Pull)
	defer tick.Stop()
	for {
		for c.pull(ctx, sink) {
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// pullLimit is how many receipts one question fetches.
const pullLimit = 100

// pull fetches receipts and replies once. It tells whether there may be more at
// once. What cannot be kept is lost with the provider, and found by a query.
func (c *Tencent) pull(ctx context.Context, sink Sink) (more bool) {
	ask := struct {
		Limit       int
		SmsSdkAppID string `json:"SmsSdkAppId"`
	}{pullLimit, c.cfg.AppID}
	for action, take := range map[string]func([]byte) int{
		"PullSmsSendStatus": func(body []byte) int {
			all, err := tencentStatuses(body)
			if err != nil {
				return 0
			}
			for _, s := range all {
				r := Report{
					Provider: "tencent", Phone: s.PhoneNumber, GatewayRef: gatewayRef(s.SerialNo), State: s.state(),
					Code: s.Description, Note: s.Description,
				}
				if channel.ValidRef(s.SessionContext) {
					r.Ref = s.SessionContext
				}
				r.BadAddress = r.State == domain.Failed && deadNumber(s.Description)
				if r, err := r.checked(); err == nil {
					_ = sink.Report(ctx, r) // logged there
				}
			}
			return len(all)
		},
		"PullSmsReplyStatus": func(body []byte) int {
			var answer struct {
				Response struct {
					PullSmsReplyStatusSet []struct{ ExtendCode, PhoneNumber, ReplyContent string }
				}
			}
			if json.Unmarshal(body, &answer) != nil {
				return 0
			}
			for _, in := range answer.Response.PullSmsReplyStatusSet {
				if r, err := replyOf(in.PhoneNumber, in.ExtendCode, in.ReplyContent); err == nil {
					_ = sink.Reply(ctx, r) // logged there
				}
			}
			return len(answer.Response.PullSmsReplyStatusSet)
		},
	} {
		if ctx.Err() != nil {
			return false
		}
		request, err := c.request(action, ask)
		if err != nil {
			return false
		}
		if body, err := c.ask(ctx, request); err == nil {
			more = take(body) >= pullLimit || more
		}
	}
	return more
}

// tencentReports reads the receipts that 腾讯云 posts.
func tencentReports(body []byte) ([]Report, error) {
	return decode(body, func(in struct {
		Mobile       string `json:"mobile"`
		ReportStatus string `json:"report_status"`
		ErrMsg       string `json:"errmsg"`
		Description  string `json:"description"`
		SID          string `json:"sid"`
	},
	) (Report, error) {
		r := Report{
			Provider: "tencent", Phone: in.Mobile, GatewayRef: gatewayRef(in.SID), Code: in.ErrMsg, Note: in.Description,
			State: tencentStatus{ReportStatus: in.ReportStatus}.state(),
		}
		r.BadAddress = r.State == domain.Failed && deadNumber(in.ErrMsg+" "+in.Description)
		return r.checked()
	})
}

// tencentReplies reads the reply that 腾讯云 posts, one a call.
func tencentReplies(body []byte) ([]Reply, error) {
	return decode(body, func(in struct {
		Mobile string `json:"mobile"`
		Text   string `json:"text"`
		Extend string `json:"extend"`
	},
	) (Reply, error) {
		return replyOf(in.Mobile, in.Extend, in.Text)
	})
}
