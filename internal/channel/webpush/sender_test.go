package webpush_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"policypush/internal/channel"
	"policypush/internal/channel/channeltest"
	"policypush/internal/channel/webpush"
	"policypush/internal/domain"
)

func newKey(t testing.TB) *webpush.Key {
	t.Helper()
	file, err := webpush.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	key, err := webpush.ParseKey(file)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func open(t testing.TB, key *webpush.Key) *webpush.Sender {
	t.Helper()
	s, err := webpush.New(webpush.Config{Key: key, Contact: "mailto:zwgk@yunchuan.example", Hosts: webpush.Hosts{Loopback: true}, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func notice(ref, to string) channel.Message {
	return channel.Message{Ref: ref, To: to, Subject: "云川县：稳岗返还", Text: "适用可能性高，以正式文件为准。", Link: "https://zc.yunchuan.example/policies/1"}
}

// TestABrowserReadsWhatWasSent holds the encryption and the signature against
// a push service that is not ours.
func TestABrowserReadsWhatWasSent(t *testing.T) {
	service, key := channeltest.StartPushService(t), newKey(t)
	one, two := service.Subscribe(t, key.Public()), service.Subscribe(t, key.Public())
	s := open(t, key)
	for _, r := range s.Send(t.Context(), []channel.Message{notice("d1", one.Subscription), notice("d2", two.Subscription)}) {
		if r.Class != channel.Accepted || r.Gateway != "webpush" {
			t.Fatalf("%+v", r)
		}
	}
	got := one.Notifications(t)
	if len(got) != 1 {
		t.Fatalf("notifications: %q", got)
	}
	var shown map[string]string
	if err := json.Unmarshal([]byte(got[0]), &shown); err != nil || shown["title"] != "云川县：稳岗返还" || shown["tag"] != "d1" || shown["url"] != "https://zc.yunchuan.example/policies/1" {
		t.Errorf("%s, %v", got[0], err)
	}
	two.Expire(t)
	if r := s.Send(t.Context(), []channel.Message{notice("d3", two.Subscription)})[0]; r.Class != channel.Permanent || !r.BadAddress || r.Code != "410" {
		t.Errorf("a subscription that ended: %+v", r)
	}
	// Signed by another installation, it is refused.
	if r := open(t, newKey(t)).Send(t.Context(), []channel.Message{notice("d4", one.Subscription)})[0]; r.Class == channel.Accepted {
		t.Errorf("a stranger's key: %+v", r)
	}
}

// subscriptionAt is one whose endpoint is at an address.
func subscriptionAt(t testing.TB, endpoint string) string {
	t.Helper()
	// A point of the curve and sixteen octets, from RFC 8291, appendix A.
	s := `{"endpoint":"` + endpoint + `","expirationTime":null,"keys":{"p256dh":"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4","auth":"BTBZMqHH6r4Tts7J_aSIgg"}}`
	if _, err := (webpush.Hosts{Loopback: true}).Parse(s); err != nil {
		t.Fatalf("%s: %v", endpoint, err)
	}
	return s
}

func TestEachAnswerHasItsClass(t *testing.T) {
	var mu sync.Mutex // the handler of a connection that was cut may still run
	answer, retryIn := 201, ""
	var got http.Header
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		status, retryAfter := answer, retryIn
		got = r.Header.Clone()
		mu.Unlock()
		if status == 0 {
			panic(http.ErrAbortHandler) // taken, and cut
		}
		w.Header().Set("Location", "http://127.0.0.1:1/elsewhere")
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		w.WriteHeader(status)
	}))
	defer service.Close()
	s := open(t, newKey(t))
	for name, tt := range map[string]struct {
		status int
		after  string
		want   channel.Class
		dead   bool
		wait   time.Duration
	}{
		"taken":              {201, "", channel.Accepted, false, 0},
		"gone":               {410, "", channel.Permanent, true, 0},
		"not found":          {404, "", channel.Permanent, true, 0},
		"too long":           {413, "", channel.Permanent, false, 0},
		"too many":           {429, "90", channel.Throttled, false, 90 * time.Second},
		"too many, no word":  {429, "tomorrow", channel.Throttled, false, time.Minute},
		"our key is refused": {403, "", channel.Config, false, 0},
		"broken":             {503, "", channel.Retry, false, 0},
		"sent elsewhere":     {302, "", channel.Permanent, false, 0},
		"cut":                {0, "", channel.Unknown, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			mu.Lock()
			answer, retryIn = tt.status, tt.after
			mu.Unlock()
			m := notice("d1", subscriptionAt(t, service.URL+"/push/secret"))
			m.Urgent = true
			r := s.Send(t.Context(), []channel.Message{m})[0]
			if r.Class != tt.want || r.BadAddress != tt.dead || r.After != tt.wait {
				t.Errorf("%+v", r)
			}
			mu.Lock()
			defer mu.Unlock()
			if h := got; h.Get("TTL") != "86400" || h.Get("Urgency") != "high" || h.Get("Topic") != "d1" || h.Get("Content-Encoding") != "aes128gcm" || !strings.HasPrefix(h.Get("Authorization"), "vapid t=") {
				t.Errorf("headers %v", h)
			}
		})
	}
}

// TestNothingInOurNetworkIsReached: an endpoint comes from outside.
func TestNothingInOurNetworkIsReached(t *testing.T) {
	hosts := webpush.Hosts{Further: []string{"push.yunchuan.example", ".vendor.example"}}
	for endpoint, allowed := range map[string]bool{
		"https://fcm.googleapis.com/fcm/send/abc":         true,
		"https://updates.push.services.mozilla.com/wpush": true,
		"https://wns2-pn1p.notify.windows.com/w/?token=1": true,
		"https://web.push.apple.com/QGx":                  true,
		"https://push.yunchuan.example/1":                 true,
		"https://a.vendor.example/1":                      true,
		"https://fcm.googleapis.com:443/x":                true,
		"http://fcm.googleapis.com/x":                     false,
		"https://fcm.googleapis.com:8443/x":               false,
		"https://fcm.googleapis.com@evil.example/x":       false,
		"https://fcm.googleapis.com.evil.example/x":       false,
		"https://evilfcm.googleapis.com/x":                false,
		"https://vendor.example/1":                        false,
		"https://127.0.0.1/x":                             false,
		"https://localhost/x":                             false,
		"https://[::1]/x":                                 false,
		"https://169.254.169.254/latest/meta-data":        false,
		"file:///etc/passwd":                              false,
		"":                                                false,
	} {
		s := strings.Replace(subscriptionAt(t, "http://127.0.0.1/ENDPOINT"), "http://127.0.0.1/ENDPOINT", endpoint, 1)
		if _, err := hosts.Parse(s); (err == nil) != allowed {
			t.Errorf("%s: %v", endpoint, err)
		}
	}
	// A name on the list that leads into our own network is not dialled.
	called := false
	inside := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	defer inside.Close()
	for ip, allowed := range map[string]bool{
		"127.0.0.1:443": false, "10.1.2.3:443": false, "192.168.1.1:443": false, "172.16.0.1:443": false, "169.254.169.254:443": false, "100.64.0.1:443": false,
		"0.0.0.0:443": false, "[::1]:443": false, "[::ffff:10.0.0.1]:443": false, "[fe80::1]:443": false, "[fd00::1]:443": false, "[64:ff9b::a00:1]:443": false,
		"224.0.0.1:443": false, "255.255.255.255:443": false, "nonsense": false, "142.250.1.1:443": true, "[2a00:1450::1]:443": true,
	} {
		if err := hosts.Dial("tcp", ip); (err == nil) != allowed {
			t.Errorf("%s: %v", ip, err)
		}
	}
	if called {
		t.Error("a server inside was called")
	}
}

func TestWrongSettingsAreRefused(t *testing.T) {
	if _, err := webpush.New(webpush.Config{Contact: "zwgk"}); domain.KindOf(err) != domain.Invalid {
		t.Errorf("no contact: %v", err)
	}
	for _, file := range []string{"", "hello", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		if _, err := webpush.ParseKey([]byte(file)); domain.KindOf(err) != domain.Invalid {
			t.Errorf("%q: %v", file, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(subscriptionAt(f, "http://127.0.0.1/x"))
	for _, s := range []string{"", "{", `{"endpoint":"https://fcm.googleapis.com/x","keys":{"p256dh":"AA","auth":"AA"}}`, `{"endpoint":1}`, `null`, "[]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		hosts := webpush.Hosts{Loopback: true}
		s, err := hosts.Parse(text)
		if err != nil {
			if domain.KindOf(err) != domain.Invalid {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		again, err := hosts.Parse(s.String())
		if err != nil || again.Endpoint != s.Endpoint || again.Name != s.Name || string(again.P256dh) != string(s.P256dh) || string(again.Auth) != string(s.Auth) {
			t.Errorf("%q is read as %+v, then as %+v, %v", text, s, again, err)
		}
	})
}
