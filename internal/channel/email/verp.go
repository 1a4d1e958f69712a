package email

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"strings"

	"policypush/internal/channel"
)

// Envelope makes the sender address of the envelope, to which bounces come
// back: b+REF.MAC@DOMAIN. It tells whose bounce it is without holding the
// address, and nobody can forge one for another delivery.
type Envelope struct {
	Domain string
	Key    []byte
}

var lowerBase32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Address returns the envelope sender of a delivery.
func (e Envelope) Address(ref string) string {
	return "b+" + ref + "." + e.mac(ref) + "@" + e.Domain
}

// Ref returns the reference in an envelope address, if it is one of ours.
// Some servers change the case of what they send back: the domain and the MAC
// are compared without it.
func (e Envelope) Ref(address string) (ref string, ok bool) {
	local, domain, _ := strings.Cut(address, "@")
	if !strings.EqualFold(domain, e.Domain) || len(local) < 2 || !strings.EqualFold(local[:2], "b+") {
		return "", false
	}
	ref, mac, _ := strings.Cut(local[2:], ".")
	if !channel.ValidRef(ref) {
		return "", false
	}
	if !hmac.Equal([]byte(strings.ToLower(mac)), []byte(e.mac(ref))) {
		return "", false
	}
	return ref, true
}

// mac returns 64 bits in 13 letters. It is keyed by the lower-case reference.
func (e Envelope) mac(ref string) string {
	m := hmac.New(sha256.New, e.Key)
	m.Write([]byte("envelope\x00" + strings.ToLower(ref)))
	return lowerBase32.EncodeToString(m.Sum(nil)[:8])
}
