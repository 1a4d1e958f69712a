package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"policypush/internal/channel"
	"policypush/internal/domain"
)

// The headers of Standard Webhooks.
const (
	headerID        = "Webhook-Id"
	headerTimestamp = "Webhook-Timestamp"
	headerSignature = "Webhook-Signature"
)

// tolerance is how far the clocks of both sides may be apart.
const tolerance = 5 * time.Minute

// leastSecret is the length of the shortest secret, in octets.
const leastSecret = 24

// Secret signs what goes out and checks what comes back. Both sides have it.
type Secret []byte

// ParseSecret reads a secret as Standard Webhooks writes it: whsec_ and base64.
// It fails with Invalid.
func ParseSecret(text string) (Secret, error) {
	encoded, named := strings.CutPrefix(strings.TrimSpace(text), "whsec_")
	secret, err := base64.StdEncoding.DecodeString(encoded)
	if !named || err != nil || len(secret) < leastSecret {
		return nil, domain.Errorf(domain.Invalid, "政务应用的签名密钥要写成 whsec_ 加 base64，解码后至少%d字节", leastSecret).In("webhook.secret_file")
	}
	return secret, nil
}

func (s Secret) sign(id, timestamp string, body []byte) string {
	m := hmac.New(sha256.New, s)
	m.Write([]byte(id + "." + timestamp + "."))
	m.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(m.Sum(nil))
}

// header returns the headers of a message of ours.
func (s Secret) header(id string, now time.Time, body []byte) http.Header {
	timestamp := strconv.FormatInt(now.Unix(), 10)
	return http.Header{
		"Content-Type": {"application/json"}, headerID: {id}, headerTimestamp: {timestamp}, headerSignature: {s.sign(id, timestamp, body)},
	}
}

// Check tells whether a message is signed with the secret and no older than
// five minutes. Of several signatures, as while a secret is replaced, one must
// hold.
func (s Secret) Check(id, timestamp, signatures string, body []byte, now time.Time) bool {
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || id == "" || now.Sub(time.Unix(seconds, 0)).Abs() > tolerance {
		return false
	}
	want := []byte(s.sign(id, timestamp, body))
	holds := false
	for signature := range strings.FieldsSeq(signatures) {
		holds = hmac.Equal([]byte(signature), want) || holds
	}
	return holds
}

// Receipt is what the app tells afterwards about a message.
type Receipt struct {
	Ref   string
	State string // delivered, failed, read, or stopped: the person wants no more
	Note  string
}

// ParseReceipt reads {"type":"receipt","data":{"ref":"d12","state":"read"}}.
// It fails with Invalid.
func ParseReceipt(body []byte) (Receipt, error) {
	var said struct {
		Type string `json:"type"`
		Data struct {
			Ref    string `json:"ref"`
			State  string `json:"state"`
			Reason string `json:"reason"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &said); err != nil {
		return Receipt{}, domain.Errorf(domain.Invalid, "回执不是 JSON")
	}
	if said.Type != "receipt" || !channel.ValidRef(said.Data.Ref) {
		return Receipt{}, domain.Errorf(domain.Invalid, "回执要有 type: receipt 和我们的消息编号 data.ref")
	}
	switch said.Data.State {
	case "delivered", "failed", "read", "stopped":
	default:
		return Receipt{}, domain.Errorf(domain.Invalid, "回执的 data.state 只能是 delivered、failed、read、stopped")
	}
	return Receipt{Ref: said.Data.Ref, State: said.Data.State, Note: channel.Note(said.Data.Reason)}, nil
}
