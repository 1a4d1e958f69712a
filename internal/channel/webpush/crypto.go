package webpush

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/url"
	"sync"
	"time"

	"policypush/internal/domain"
)

var b64 = base64.RawURLEncoding

// recordSize is the size of the one record of a message (RFC 8188); a push
// service takes no more.
const recordSize = 4096

// maxPayload is the longest text that fits: the record less its head, its tag
// and the delimiter.
const maxPayload = recordSize - 86 - 16 - 1

// padTo is the step to which payloads are filled up, so that their length does
// not tell what they say.
const padTo = 256

// encrypt makes the body of a push message (RFC 8291), which only the browser
// can read: a key agreed between one of ours, made for this message alone, and
// the browser's.
func encrypt(to Subscription, text []byte) ([]byte, error) {
	if len(text) > maxPayload {
		return nil, fmt.Errorf("a payload of %d octets", len(text))
	}
	browser, err := ecdh.P256().NewPublicKey(to.P256dh)
	if err != nil {
		return nil, err
	}
	ours, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	shared, err := ours.ECDH(browser)
	if err != nil {
		return nil, err
	}
	public := ours.PublicKey().Bytes()
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails
	secret, err := hkdf.Key(sha256.New, shared, to.Auth, "WebPush: info\x00"+string(to.P256dh)+string(public), 32)
	if err != nil {
		return nil, err
	}
	key, err := hkdf.Key(sha256.New, secret, salt, "Content-Encoding: aes128gcm\x00", 16)
	if err != nil {
		return nil, err
	}
	nonce, err := hkdf.Key(sha256.New, secret, salt, "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	filled := min((len(text)/padTo+1)*padTo, maxPayload)
	plain := make([]byte, max(filled, len(text))+1)
	copy(plain, text)
	plain[len(text)] = 2 // the last record ends here; what follows is padding
	out := make([]byte, 0, recordSize)
	out = append(out, salt...)
	out = binary.BigEndian.AppendUint32(out, recordSize)
	out = append(out, byte(len(public)))
	out = append(out, public...)
	return gcm.Seal(out, nonce, plain, nil), nil
}

// Key is the key of an installation, by which push services know who sends
// (VAPID, RFC 8292). A browser's subscription belongs to it: with another key
// every browser has to subscribe anew.
type Key struct {
	private *ecdsa.PrivateKey
	public  string

	mu     sync.Mutex
	tokens map[string]token // by the origin of the push service
}

type token struct {
	value  string
	expire time.Time
}

// NewKey makes a key, as a PEM file.
func NewKey() ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// ParseKey reads a key from its PEM file. It fails with Invalid.
func ParseKey(file []byte) (*Key, error) {
	bad := domain.Errorf(domain.Invalid, "浏览器通知的密钥文件读不懂，要是 PEM 格式的 P-256 私钥")
	block, _ := pem.Decode(file)
	if block == nil {
		return nil, bad
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, bad.Because(err)
	}
	private, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || private.Curve != elliptic.P256() {
		return nil, bad
	}
	public, err := private.PublicKey.Bytes()
	if err != nil {
		return nil, bad.Because(err)
	}
	return &Key{private: private, public: b64.EncodeToString(public), tokens: map[string]token{}}, nil
}

// Public returns the public half as a browser is given it.
func (k *Key) Public() string { return k.public }

// Tokens are good for a day at most (RFC 8292); ours live half of it and are
// used for an hour.
const (
	tokenLife = 12 * time.Hour
	tokenUse  = time.Hour
)

// authorization returns the header that tells a push service who sends, and
// whom it can ask.
func (k *Key) authorization(endpoint *url.URL, contact string, now time.Time) (string, error) {
	origin := endpoint.Scheme + "://" + endpoint.Host
	k.mu.Lock()
	defer k.mu.Unlock()
	if t := k.tokens[origin]; now.Before(t.expire) && t.expire.Sub(now) <= tokenUse {
		return t.value, nil
	}
	claims, err := json.Marshal(map[string]any{"aud": origin, "exp": now.Add(tokenLife).Unix(), "sub": contact})
	if err != nil {
		return "", err
	}
	signed := b64.EncodeToString([]byte(`{"typ":"JWT","alg":"ES256"}`)) + "." + b64.EncodeToString(claims)
	sum := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, k.private, sum[:])
	if err != nil {
		return "", err
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	value := "vapid t=" + signed + "." + b64.EncodeToString(signature) + ", k=" + k.public
	k.tokens[origin] = token{value, now.Add(tokenUse)}
	return value, nil
}
