// Package auth holds what proves who somebody is: password hashes, random
// tokens, one-time codes, signed unsubscribe links, and the throttle in front
// of them. It keeps no state but the throttle's.
package auth

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/big"
	"strings"
	"time"

	"policypush/internal/domain"
)

// NewToken returns a random token of 256 bits for a cookie or a link, and the
// hash under which it is stored.
func NewToken() (token string, hash []byte) {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails: it ends the program instead
	token = base64.RawURLEncoding.EncodeToString(b)
	return token, HashToken(token)
}

// HashToken returns the SHA-256 under which a token is stored. A token holds
// enough chance to need no slow hash.
func HashToken(token string) []byte {
	h := sha256.Sum256([]byte(token))
	return h[:]
}

// NewCode returns six random digits.
func NewCode() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		panic(err) // the system's random source is gone: nothing can be safe
	}
	return fmt.Sprintf("%06d", n)
}

// Signer signs and keys what leaves the house. All its keys come from one
// secret; each use has its own, so that one cannot stand in for another.
type Signer struct {
	codes, unsubscribe []byte
}

// NewSigner derives the keys from a secret of at least 16 octets.
func NewSigner(secret []byte) (*Signer, error) {
	codes, err := Derive(secret, "one-time code")
	if err != nil {
		return nil, err
	}
	unsubscribe, err := Derive(secret, "unsubscribe")
	if err != nil {
		return nil, err
	}
	return &Signer{codes: codes, unsubscribe: unsubscribe}, nil
}

// Derive makes the key for one use from the installation's secret.
func Derive(secret []byte, use string) ([]byte, error) {
	if len(secret) < 16 {
		return nil, domain.Errorf(domain.Invalid, "签名密钥太短：至少需要16字节")
	}
	return hkdf.Key(sha256.New, secret, nil, "policypush "+use, sha256.Size)
}

// HashCode returns the keyed hash under which a one-time code is stored. The
// key matters: six digits alone are guessed from a plain hash at once.
func (s *Signer) HashCode(kind domain.ChannelKind, address, code string) []byte {
	m := hmac.New(sha256.New, s.codes)
	fmt.Fprintf(m, "%s\x00%s\x00%s", kind, address, code)
	return m.Sum(nil)
}

// Unsubscribe is what an unsubscribe link stands for. It holds ids only: a
// link in a forwarded mail tells nobody's address.
type Unsubscribe struct {
	Subscriber domain.SubscriberID
	Contact    domain.ContactID
	Kind       domain.ChannelKind
}

const (
	unsubscribeVersion = 1
	macLen             = 12 // octets: 96 bits
)

// Unsubscribe returns the token for a link: about 24 letters that may stand in
// an address. It does not expire: a link in an old mail must work.
func (s *Signer) Unsubscribe(u Unsubscribe) string {
	b := []byte{unsubscribeVersion, kindLetters[u.Kind]}
	b = binary.AppendUvarint(b, uint64(u.Subscriber))
	b = binary.AppendUvarint(b, uint64(u.Contact))
	return base64.RawURLEncoding.EncodeToString(append(b, s.mac(b)...))
}

// ReadUnsubscribe checks a token and returns what it stands for. Whatever is
// wrong with it, the answer is the same NotFound.
func (s *Signer) ReadUnsubscribe(token string) (Unsubscribe, error) {
	refused := domain.Errorf(domain.NotFound, "退订链接不完整或已失效，请从原邮件或短信中重新打开，或登录后在“我的订阅”中退订")
	if len(token) > 64 {
		return Unsubscribe{}, refused
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(b) < 2+1+1+macLen {
		return Unsubscribe{}, refused
	}
	body, mac := b[:len(b)-macLen], b[len(b)-macLen:]
	if subtle.ConstantTimeCompare(mac, s.mac(body)) != 1 || body[0] != unsubscribeVersion {
		return Unsubscribe{}, refused
	}
	subscriber, n := binary.Uvarint(body[2:])
	if n <= 0 {
		return Unsubscribe{}, refused
	}
	contact, m := binary.Uvarint(body[2+n:])
	if m <= 0 || 2+n+m != len(body) {
		return Unsubscribe{}, refused
	}
	return Unsubscribe{Subscriber: domain.SubscriberID(subscriber), Contact: domain.ContactID(contact), Kind: kindOf(body[1])}, nil
}

func (s *Signer) mac(b []byte) []byte {
	m := hmac.New(sha256.New, s.unsubscribe)
	m.Write(b)
	return m.Sum(nil)[:macLen]
}

// A binding code names a subscriber to a channel that learns their address by
// itself, such as a WeChat account: whoever sends it there within the time is
// them.
const (
	bindingStep   = 10 * time.Minute
	bindingMacLen = 6 // octets
)

var bindingCode = base32.NewEncoding("ABCDEFGHJKLMNPQRSTUVWXYZ23456789").WithPadding(base32.NoPadding)

// Binding returns a code of about twenty letters and digits, which holds for
// ten to twenty minutes.
func (s *Signer) Binding(id domain.SubscriberID, now time.Time) string {
	b := binary.AppendUvarint(nil, uint64(id))
	return bindingCode.EncodeToString(append(b, s.bindingMac(b, now.Unix()/int64(bindingStep/time.Second))...))
}

// ReadBinding returns whose code it is; capitals, spaces and hyphens do not
// matter. It fails with NotFound if the code is none of ours or its time is
// over.
func (s *Signer) ReadBinding(code string, now time.Time) (domain.SubscriberID, error) {
	refused := domain.Errorf(domain.NotFound, "绑定码不对或已过期，请重新获取")
	code = strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(code))
	b, err := bindingCode.DecodeString(code)
	if err != nil || len(b) <= bindingMacLen || bindingCode.EncodeToString(b) != code {
		return 0, refused
	}
	body, mac := b[:len(b)-bindingMacLen], b[len(b)-bindingMacLen:]
	id, n := binary.Uvarint(body)
	if n != len(body) {
		return 0, refused
	}
	step := now.Unix() / int64(bindingStep/time.Second)
	for _, at := range []int64{step, step - 1} {
		if subtle.ConstantTimeCompare(mac, s.bindingMac(body, at)) == 1 {
			return domain.SubscriberID(id), nil
		}
	}
	return 0, refused
}

func (s *Signer) bindingMac(body []byte, step int64) []byte {
	m := hmac.New(sha256.New, s.codes)
	fmt.Fprintf(m, "binding\x00%d\x00", step)
	m.Write(body)
	return m.Sum(nil)[:bindingMacLen]
}

// kindLetters are the channels as tokens name them: one letter each, for ever.
var kindLetters = map[domain.ChannelKind]byte{
	domain.App: 'a', domain.SMS: 's', domain.Email: 'e', domain.WeChat: 'w',
	domain.WebPush: 'b', domain.Webhook: 'h', domain.JPush: 'j', domain.Paper: 'p',
}

func kindOf(letter byte) domain.ChannelKind {
	for kind, l := range kindLetters {
		if l == letter {
			return kind
		}
	}
	return domain.App
}
