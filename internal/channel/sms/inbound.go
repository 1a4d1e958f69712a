package sms

import (
	"bytes"
	"encoding/json"
	"time"

	"policypush/internal/channel"
	"policypush/internal/domain"
)

// shanghai is the time of the providers' days.
var shanghai = time.FixedZone("CST", 8*60*60)

// Inbound reads what a provider posts to our callback.
type Inbound struct {
	Reports func(body []byte) ([]Report, error)
	Replies func(body []byte) ([]Reply, error)
	// Ack is the answer that ends it; without it the provider says it again.
	Ack string
}

// InboundOf returns the format of a provider that posts.
func InboundOf(provider string) (Inbound, bool) {
	in, ok := map[string]Inbound{
		"aliyun":  {aliyunReports, aliyunReplies, `{"code":0,"msg":"接收成功"}`},
		"tencent": {tencentReports, tencentReplies, `{"result":0,"errmsg":"OK"}`},
		"mas":     {masReports, masReplies, `{"success":true}`},
	}[provider]
	return in, ok
}

// maxPosted is how many receipts or replies one call may hold.
const maxPosted = 5000

// decode reads a JSON array, or the one object that some calls hold. An entry
// that cannot be ours, such as one about a number abroad, is left out.
func decode[In, Out any](body []byte, read func(In) (Out, error)) ([]Out, error) {
	var entries []In
	if body = bytes.TrimSpace(body); len(body) > 0 && body[0] == '{' {
		entries = make([]In, 1)
		if err := json.Unmarshal(body, &entries[0]); err != nil {
			return nil, notAgreed(err)
		}
	} else if err := json.Unmarshal(body, &entries); err != nil {
		return nil, notAgreed(err)
	}
	if len(entries) > maxPosted {
		return nil, domain.Errorf(domain.Invalid, "一次回调最多%d条", maxPosted)
	}
	out := make([]Out, 0, len(entries))
	for _, entry := range entries {
		if one, err := read(entry); err == nil {
			out = append(out, one)
		}
	}
	return out, nil
}

// checked returns a report that names its message and number, fit to be stored.
func (r Report) checked() (Report, error) {
	number, err := Number(r.Phone)
	if err != nil {
		return Report{}, err
	}
	if r.Ref == "" && r.GatewayRef == "" {
		return Report{}, domain.Errorf(domain.Invalid, "回执没有消息编号")
	}
	r.Phone, r.Code, r.Note = number, channel.Note(r.Code), channel.Note(r.Note)
	return r, nil
}

func notAgreed(cause error) error {
	return domain.Errorf(domain.Invalid, "回调内容不是约定的格式").Because(cause)
}
