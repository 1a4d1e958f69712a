package auth_test

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"policypush/internal/auth"
	"policypush/internal/domain"
)

var secret = []byte("0123456789abcdef0123456789abcdef")

func signer(t testing.TB, secret []byte) *auth.Signer {
	t.Helper()
	s, err := auth.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestPasswords(t *testing.T) {
	hash, err := auth.HashPassword("云川县的好密码2026")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hash %q", hash)
	}
	for name, tt := range map[string]struct {
		hash, password string
		want           bool
	}{
		"the right one":    {hash, "云川县的好密码2026", true},
		"a wrong one":      {hash, "云川县的好密码2027", false},
		"none":             {hash, "", false},
		"no such login":    {"", "云川县的好密码2026", false},
		"a cut hash":       {hash[:len(hash)-30], "云川县的好密码2026", false},
		"an absurd cost":   {strings.Replace(hash, "m=19456", "m=4294967295", 1), "云川县的好密码2026", false},
		"another function": {strings.Replace(hash, "argon2id", "argon2i", 1), "云川县的好密码2026", false},
		"a book":           {hash, strings.Repeat("a", 5000), false},
	} {
		t.Run(name, func(t *testing.T) {
			if auth.CheckPassword(tt.hash, tt.password) != tt.want {
				t.Errorf("want %v", tt.want)
			}
		})
	}
	again, err := auth.HashPassword("云川县的好密码2026")
	if err != nil || again == hash {
		t.Error("two hashes of one password are equal")
	}
	for _, bad := range []string{"", "九个字符的密码啊啊", strings.Repeat("a", 1025)} {
		if _, err := auth.HashPassword(bad); domain.KindOf(err) != domain.Invalid {
			t.Errorf("%d octets: %v", len(bad), err)
		}
	}
}

func TestTokensAndCodes(t *testing.T) {
	token, hash := auth.NewToken()
	other, _ := auth.NewToken()
	if len(token) != 43 || token == other || !bytes.Equal(hash, auth.HashToken(token)) || bytes.Equal(hash, auth.HashToken(other)) {
		t.Errorf("%q %q", token, other)
	}
	seen := map[string]bool{}
	for range 50 {
		code := auth.NewCode()
		if n, err := strconv.Atoi(code); err != nil || n < 0 || len(code) != 6 {
			t.Fatalf("code %q", code)
		}
		seen[code] = true
	}
	if len(seen) < 45 {
		t.Errorf("only %d different codes of 50", len(seen))
	}
	s := signer(t, secret)
	h := s.HashCode(domain.SMS, "13800000001", "123456")
	for name, other := range map[string][]byte{
		"code": s.HashCode(domain.SMS, "13800000001", "123457"), "address": s.HashCode(domain.SMS, "13800000002", "123456"),
		"channel": s.HashCode(domain.Email, "13800000001", "123456"), "secret": signer(t, bytes.Repeat([]byte{1}, 32)).HashCode(domain.SMS, "13800000001", "123456"),
	} {
		if bytes.Equal(h, other) {
			t.Errorf("the hash does not depend on the %s", name)
		}
	}
	if !bytes.Equal(h, s.HashCode(domain.SMS, "13800000001", "123456")) {
		t.Error("the hash changes")
	}
	if _, err := auth.NewSigner([]byte("short")); err == nil {
		t.Error("a short secret was taken")
	}
}

func TestUnsubscribeLinksTellWhoAndCannotBeForged(t *testing.T) {
	s, stranger := signer(t, secret), signer(t, bytes.Repeat([]byte{7}, 32))
	rapid.Check(t, func(rt *rapid.T) {
		u := auth.Unsubscribe{
			Subscriber: domain.SubscriberID(rapid.Int64Range(0, 1<<32-1).Draw(rt, "subscriber")),
			Contact:    domain.ContactID(rapid.Int64Range(0, 1<<62).Draw(rt, "contact")),
			Kind:       rapid.SampledFrom(domain.Channels()).Draw(rt, "kind"),
		}
		token := s.Unsubscribe(u)
		if len(token) > 40 || strings.Trim(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			rt.Fatalf("token %q", token)
		}
		if got, err := s.ReadUnsubscribe(token); err != nil || got != u {
			rt.Fatalf("%+v, %v", got, err)
		}
		if _, err := stranger.ReadUnsubscribe(token); domain.KindOf(err) != domain.NotFound {
			rt.Fatalf("another installation reads it: %v", err)
		}
		b := []byte(token)
		i := rapid.IntRange(0, len(b)-1).Draw(rt, "place")
		c := rapid.SampledFrom([]byte("ABCDXYZabcxyz0189-_=.%")).Draw(rt, "letter")
		if b[i] == c {
			return
		}
		b[i] = c
		if got, err := s.ReadUnsubscribe(string(b)); err == nil {
			rt.Fatalf("%q changed to %q is read as %+v", token, b, got)
		}
	})
}

func FuzzReadUnsubscribe(f *testing.F) {
	s := signer(f, secret)
	f.Add(s.Unsubscribe(auth.Unsubscribe{Subscriber: 5, Contact: 9, Kind: domain.SMS}))
	f.Add("")
	f.Add("AXMFCQ")
	f.Fuzz(func(t *testing.T, token string) {
		u, err := s.ReadUnsubscribe(token)
		if err == nil && s.Unsubscribe(u) != token {
			t.Errorf("%q is read as %+v", token, u)
		}
	})
}

func TestThrottle(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	th := auth.NewThrottle(time.Minute, 3, 100)
	for range 3 {
		if wait := th.Try("lisi", now); wait != 0 {
			t.Fatalf("refused within the burst: %s", wait)
		}
	}
	for range 5 { // refused tries cost nothing
		if wait := th.Try("lisi", now); wait != time.Minute {
			t.Fatalf("wait %s", wait)
		}
	}
	if th.Try("wangwu", now) != 0 {
		t.Error("another key is refused")
	}
	if th.Try("lisi", now.Add(time.Minute)) != 0 {
		t.Error("refused after the wait")
	}
	th.Forgive("lisi")
	if th.Try("lisi", now) != 0 {
		t.Error("refused after forgiveness")
	}
}

func TestThrottleRemembersTheBusyKeysOfMany(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	th := auth.NewThrottle(time.Hour, 1, 10)
	th.Try("lisi", now)
	for i := range 1000 {
		th.Try(strconv.Itoa(i), now)
		if wait := th.Try("lisi", now); wait == 0 {
			t.Fatal("a key in use was forgotten")
		}
	}
	if th.Try("0", now) != 0 {
		t.Error("a key unused for long is still held")
	}
}
