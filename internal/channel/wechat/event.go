package wechat

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1" // WeChat's choice
	"encoding/hex"
	"encoding/xml"
	"slices"
	"strconv"
	"strings"
	"time"

	"policypush/internal/channel"
	"policypush/internal/domain"
)

// tolerance is how old a call of WeChat may be.
const tolerance = 10 * time.Minute

// CheckSignature tells whether a call comes from WeChat: who knows the token of
// the account's settings, not long ago.
func CheckSignature(token, signature, timestamp, nonce string, now time.Time) bool {
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || token == "" || now.Sub(time.Unix(seconds, 0)).Abs() > tolerance {
		return false
	}
	parts := []string{token, timestamp, nonce}
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	return hmac.Equal([]byte(hex.EncodeToString(sum[:])), []byte(signature))
}

// EventKind is what an event is about.
type EventKind string

// The kinds of events. Others mean nothing to us.
const (
	Finished EventKind = "finished" // what became of a message
	Left     EventKind = "left"     // somebody follows the account no more
	Refused  EventKind = "refused"  // somebody wants no more notices of a template
	Scanned  EventKind = "scanned"  // somebody came by a code with a scene
	Said     EventKind = "said"     // somebody wrote a text
	Other    EventKind = ""
)

// Event is a call of WeChat.
type Event struct {
	Kind    EventKind
	Account string // the account's own id, the sender of an answer
	OpenID  string
	// Ref is the id of a message that is finished, and State what became of it:
	// Delivered or Failed, with WeChat's words in Code.
	Ref   string
	State domain.DeliveryState
	Code  string
	// Template is the id of the template, which WeChat tells of subscription
	// messages only.
	Template string
	Text     string // what was said, or the scene
}

// maxEvent is the longest call that is read, in octets.
const maxEvent = 64 << 10

// listed is an entry of an event about subscription messages.
type listed struct {
	Template string `xml:"TemplateId"`
	ID       string `xml:"MsgID"`
	Code     string `xml:"ErrorCode"`
	Status   string `xml:"ErrorStatus"`
	Choice   string `xml:"SubscribeStatusString"`
}

// ParseEvents reads the body of a call, which holds one event, or several of the
// same person about subscription messages. It fails with Invalid.
func ParseEvents(body []byte) ([]Event, error) {
	bad := domain.Errorf(domain.Invalid, "微信回调的内容读不懂")
	if len(body) > maxEvent {
		return nil, bad
	}
	var said struct {
		XMLName xml.Name `xml:"xml"`
		To      string   `xml:"ToUserName"`
		From    string   `xml:"FromUserName"`
		Type    string   `xml:"MsgType"`
		Event   string   `xml:"Event"`
		Key     string   `xml:"EventKey"`
		ID      string   `xml:"MsgID"`
		Status  string   `xml:"Status"`
		Content string   `xml:"Content"`
		Sent    []listed `xml:"SubscribeMsgSentEvent>List"`
		Changed []listed `xml:"SubscribeMsgChangeEvent>List"`
	}
	decoder := xml.NewDecoder(bytes.NewReader(body))
	if err := decoder.Decode(&said); err != nil || !domain.ValidAccountID(said.From) || !domain.ValidAccountID(said.To) {
		return nil, bad.Because(err)
	}
	e := Event{Account: said.To, OpenID: said.From}
	switch {
	case said.Type == "text":
		e.Kind, e.Text = Said, strings.TrimSpace(said.Content)
	case said.Type != "event":
	case strings.EqualFold(said.Event, "TEMPLATESENDJOBFINISH"):
		return finished(e, []listed{{ID: said.ID, Status: said.Status}}, said.Status == "success")
	case strings.EqualFold(said.Event, "subscribe_msg_sent_event"):
		return finished(e, said.Sent, false)
	case strings.EqualFold(said.Event, "subscribe_msg_change_event"):
		var refused []Event
		for _, entry := range said.Changed {
			if strings.EqualFold(entry.Choice, "reject") {
				e.Kind, e.Template = Refused, strings.TrimSpace(entry.Template)
				refused = append(refused, e)
			}
		}
		return refused, nil
	case strings.EqualFold(said.Event, "unsubscribe"):
		e.Kind = Left
	case strings.EqualFold(said.Event, "subscribe") && strings.HasPrefix(said.Key, "qrscene_"), strings.EqualFold(said.Event, "SCAN"):
		e.Kind, e.Text = Scanned, strings.TrimPrefix(said.Key, "qrscene_")
	}
	return []Event{e}, nil
}

// finished makes an event like e of each entry about a message that is finished.
// One that names no message makes the call Invalid: WeChat says it again.
func finished(e Event, entries []listed, delivered bool) ([]Event, error) {
	events := make([]Event, 0, len(entries))
	for _, entry := range entries {
		e.Kind, e.Ref, e.Template = Finished, strings.TrimSpace(entry.ID), strings.TrimSpace(entry.Template)
		if e.Ref == "" {
			return nil, domain.Errorf(domain.Invalid, "微信回调没有消息编号")
		}
		e.State, e.Code = domain.Failed, channel.Note(strings.TrimPrefix(entry.Status, "failed:"))
		if delivered || strings.TrimSpace(entry.Code) == "0" {
			e.State, e.Code = domain.Delivered, ""
		}
		events = append(events, e)
	}
	return events, nil
}

// Reply is a text that answers an event at once.
func Reply(e Event, text string, now time.Time) ([]byte, error) {
	type cdata struct {
		Text string `xml:",cdata"`
	}
	return xml.Marshal(struct {
		XMLName xml.Name `xml:"xml"`
		To      cdata    `xml:"ToUserName"`
		From    cdata    `xml:"FromUserName"`
		Created int64    `xml:"CreateTime"`
		Type    cdata    `xml:"MsgType"`
		Content cdata    `xml:"Content"`
	}{To: cdata{e.OpenID}, From: cdata{e.Account}, Created: now.Unix(), Type: cdata{"text"}, Content: cdata{text}})
}
