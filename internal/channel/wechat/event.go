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
	Finished EventKind = "finished" // what became of a template message
	Left     EventKind = "left"     // somebody follows the account no more
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
	Text  string // what was said, or the scene
}

// maxEvent is the longest call that is read, in octets.
const maxEvent = 64 << 10

// ParseEvent reads the body of a call. It fails with Invalid.
func ParseEvent(body []byte) (Event, error) {
	bad := domain.Errorf(domain.Invalid, "微信回调的内容读不懂")
	if len(body) > maxEvent {
		return Event{}, bad
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
	}
	decoder := xml.NewDecoder(bytes.NewReader(body))
	if err := decoder.Decode(&said); err != nil || !domain.ValidAccountID(said.From) || !domain.ValidAccountID(said.To) {
		return Event{}, bad.Because(err)
	}
	e := Event{Account: said.To, OpenID: said.From}
	switch {
	case said.Type == "text":
		e.Kind, e.Text = Said, strings.TrimSpace(said.Content)
	case said.Type != "event":
	case strings.EqualFold(said.Event, "TEMPLATESENDJOBFINISH"):
		e.Kind, e.Ref = Finished, strings.TrimSpace(said.ID)
		if e.Ref == "" {
			return Event{}, bad
		}
		e.State, e.Code = domain.Failed, channel.Note(strings.TrimPrefix(said.Status, "failed:"))
		if said.Status == "success" {
			e.State, e.Code = domain.Delivered, ""
		}
	case strings.EqualFold(said.Event, "unsubscribe"):
		e.Kind = Left
	case strings.EqualFold(said.Event, "subscribe") && strings.HasPrefix(said.Key, "qrscene_"), strings.EqualFold(said.Event, "SCAN"):
		e.Kind, e.Text = Scanned, strings.TrimPrefix(said.Key, "qrscene_")
	}
	return e, nil
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
