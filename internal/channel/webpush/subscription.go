package webpush

import (
	"crypto/ecdh"
	"encoding/json"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"

	"policypush/internal/domain"
)

// Subscription is a browser that wants to be told. Its endpoint comes from
// outside, so where it may point is a closed list, see Hosts.
type Subscription struct {
	Endpoint string
	P256dh   []byte // the browser's public key
	Auth     []byte // its secret
	Name     string // what its owner sees: Edge（Windows）
}

// subscriptionJSON is what PushSubscription.toJSON makes, and what is kept.
type subscriptionJSON struct {
	Endpoint string `json:"endpoint"`
	Keys     struct {
		P256dh string `json:"p256dh"`
		Auth   string `json:"auth"`
	} `json:"keys"`
	Name string `json:"name,omitempty"`
}

// maxSubscription is the longest subscription that is read, in octets.
const maxSubscription = 2048

// String writes the subscription as a contact keeps it.
func (s Subscription) String() string {
	var kept subscriptionJSON
	kept.Name = s.Name
	kept.Endpoint, kept.Keys.P256dh, kept.Keys.Auth = s.Endpoint, b64.EncodeToString(s.P256dh), b64.EncodeToString(s.Auth)
	written, err := json.Marshal(kept)
	if err != nil {
		return "" // strings only: it cannot fail
	}
	return string(written)
}

// Hosts says where push services may be.
type Hosts struct {
	// Further are hosts beside those of the great browsers; a name that begins
	// with a dot stands for all below it.
	Further []string
	// Loopback lets this machine be one, without TLS. Tests set it.
	Loopback bool
}

// services are the push services of Chrome and Edge (FCM, WNS), Firefox and
// Safari.
var services = []string{
	"fcm.googleapis.com", "updates.push.services.mozilla.com", ".push.services.mozilla.com", ".notify.windows.com", "web.push.apple.com", ".push.apple.com",
}

// Parse reads what a browser says. It fails with Invalid, with words for a
// person whose browser is at fault.
func (h Hosts) Parse(text string) (Subscription, error) {
	bad := func(why string) (Subscription, error) {
		return Subscription{}, domain.Errorf(domain.Invalid, "这个浏览器的通知订阅不能使用：%s", why)
	}
	if len(text) > maxSubscription {
		return bad("内容太长")
	}
	var said subscriptionJSON
	if err := json.Unmarshal([]byte(text), &said); err != nil {
		return bad("内容读不懂")
	}
	if _, err := h.check(said.Endpoint); err != nil {
		return bad("推送服务不在允许的范围内")
	}
	s := Subscription{Endpoint: said.Endpoint, Name: said.Name}
	var err error
	if s.P256dh, err = b64.DecodeString(strings.TrimRight(said.Keys.P256dh, "=")); err != nil {
		return bad("缺少密钥")
	}
	if _, err := ecdh.P256().NewPublicKey(s.P256dh); err != nil {
		return bad("密钥不正确")
	}
	if s.Auth, err = b64.DecodeString(strings.TrimRight(said.Keys.Auth, "=")); err != nil || len(s.Auth) != 16 {
		return bad("密钥不正确")
	}
	if len(s.String()) > maxSubscription { // as it is kept
		return bad("内容太长")
	}
	return s, nil
}

var errNotAllowed = errors.New("push service not allowed")

// check parses an endpoint that may be used.
func (h Hosts) check(endpoint string) (*url.URL, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.User != nil || u.Fragment != "" || u.Opaque != "" || u.Hostname() == "" {
		return nil, errNotAllowed
	}
	host := strings.ToLower(u.Hostname())
	if h.Loopback && (host == "localhost" || host == "127.0.0.1") && (u.Scheme == "http" || u.Scheme == "https") {
		return u, nil
	}
	port := u.Port() == "" || u.Port() == "443"
	if u.Scheme != "https" || !port || !slices.ContainsFunc(slices.Concat(h.Further, services), func(allowed string) bool {
		if strings.HasPrefix(allowed, ".") {
			return strings.HasSuffix(host, allowed)
		}
		return host == allowed
	}) {
		return nil, errNotAllowed
	}
	return u, nil
}

// dial refuses connections into our own network: a name on the list may point
// anywhere.
func (h Hosts) dial(_, address string, _ syscall.RawConn) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return errNotAllowed
	}
	ip, err := netip.ParseAddr(host)
	if err != nil || !public(ip.Unmap()) && (!h.Loopback || !ip.Unmap().IsLoopback()) {
		return errNotAllowed
	}
	return nil
}

// reserved are ranges that netip does not name: this network, carrier NAT,
// protocol assignments, benchmarks, former class E, and IPv4 inside IPv6.
var reserved = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("2002::/16"),
}

func public(ip netip.Addr) bool {
	return ip.IsGlobalUnicast() && !ip.IsPrivate() && !slices.ContainsFunc(reserved, func(p netip.Prefix) bool { return p.Contains(ip) })
}
