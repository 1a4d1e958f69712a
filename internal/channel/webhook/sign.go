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

// Secrets sign what goes out and check what comes back. Both sides have them.
// While one replaces another there are two: what goes out bears a signature of
// each, and what comes back one of either.
type Secrets [][]byte

// maxSecrets is how many secrets may hold at a time.
const maxSecrets = 4

// ParseSecrets reads secrets as Standard Webhooks writes them: whsec_ and
// base64, with space between. It fails with Invalid.
func ParseSecrets(text string) (Secrets, error) {
	var all Secrets
	for word := range strings.FieldsSeq(text) {
		encoded, named := strings.CutPrefix(word, "whsec_")
		secret, err := base64.StdEncoding.DecodeString(encoded)
		if !named || err != nil || len(secret) < leastSecret {
			return nil, domain.Errorf(domain.Invalid, "政务应用的签名密钥要写成 whsec_ 加 base64，解码后至少%d字节", leastSecret).In("webhook.secret_file")
		}
		all = append(all, secret)
	}
	if len(all) == 0 || len(all) > maxSecrets {
		return nil, domain.Errorf(domain.Invalid, "政务应用的签名密钥要有1至%d个，一行一个", maxSecrets).In("webhook.secret_file")
	}
	return all, nil
}

// sign returns a signature by each secret.
func (s Secrets) sign(id, timestamp string, body []byte) []string {
	all := make([]string, len(s))
	for i, secret := range s {
		m := hmac.New(sha256.New, secret)
		m.Write([]byte(id + "." + timestamp + "."))
		m.Write(body)
		all[i] = "v1," + base64.StdEncoding.EncodeToString(m.Sum(nil))
	}
	return all
}

// header returns the headers of a message of ours.
func (s Secrets) header(id string, now time.Time, body []byte) http.Header {
	timestamp := strconv.FormatInt(now.Unix(), 10)
	return http.Header{
		"Content-Type": {"application/json"}, headerID: {id}, headerTimestamp: {timestamp},
		headerSignature: {strings.Join(s.sign(id, timestamp, body), " ")},
	}
}

// Check tells whether a message is signed with one of the secrets and no older
// than five minutes. Of several signatures one must hold.
func (s Secrets) Check(id, timestamp, signatures string, body []byte, now time.Time) bool {
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || id == "" || now.Sub(time.Unix(seconds, 0)).Abs() > tolerance {
		return false
	}
	holds := false
	for _, want := range s.sign(id, timestamp, body) {
		for signature := range strings.FieldsSeq(signatures) {
			holds = hmac.Equal([]byte(signature), []byte(want)) || holds
		}
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
