package channeltest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"strconv"
	"testing"
)

// Log returns what the peer was asked up to now.
func (v *Vendors) Log(t testing.TB) []map[string]any {
	t.Helper()
	var said struct{ Log []map[string]any }
	v.ask(t, "/_log", &said)
	return said.Log
}

// PushService is a running push service for browsers, which decrypts what it
// is sent (npm web-push-testing).
type PushService struct {
	url string
}

// StartPushService starts a push service and stops it when the test ends.
func StartPushService(t testing.TB) *PushService {
	t.Helper()
	port := strconv.Itoa(freePorts(t, 1)[0])
	program := filepath.Join(root(t), "internal", "e2e", "node_modules", "web-push-testing", "src", "bin", "server.js")
	p := start(t, t.TempDir(), nil, "node", program, port)
	t.Cleanup(p.stop)
	s := &PushService{url: "http://localhost:" + port}
	await(t, "the push service", func() bool {
		if p.ended() {
			t.Fatalf("the push service ended (make setup installs it): %s", p.err.String())
		}
		resp, err := http.Post(s.url+"/status", "application/json", nil)
		if err != nil {
			return false
		}
		return resp.Body.Close() == nil && resp.StatusCode < 400
	})
	return s
}

// Browser is a browser at a push service.
type Browser struct {
	Subscription string // as JSON
	service      *PushService
	hash         string
}

// Subscribe makes a browser that takes messages signed with a public key.
func (s *PushService) Subscribe(t testing.TB, publicKey string) Browser {
	t.Helper()
	var made struct {
		Data json.RawMessage `json:"data"`
	}
	said := post(t, s.url+"/subscribe", map[string]string{"userVisibleOnly": "true", "applicationServerKey": publicKey})
	if err := json.Unmarshal(said, &made); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	var hash struct {
		Hash string `json:"clientHash"`
	}
	if err := json.Unmarshal(made.Data, &hash); err != nil || hash.Hash == "" {
		t.Fatalf("%v: %s", err, said)
	}
	return Browser{Subscription: string(made.Data), service: s, hash: hash.Hash}
}

// Notifications returns the decrypted texts that have come to a browser.
func (b Browser) Notifications(t testing.TB) []string {
	t.Helper()
	var got struct {
		Data struct {
			Messages []string `json:"messages"`
		} `json:"data"`
	}
	said := post(t, b.service.url+"/get-notifications", map[string]string{"clientHash": b.hash})
	if err := json.Unmarshal(said, &got); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	return got.Data.Messages
}

// Expire ends a browser's subscription: it answers 410 from now on.
func (b Browser) Expire(t testing.TB) {
	t.Helper()
	post(t, b.service.url+"/expire-subscription/"+b.hash, map[string]string{})
}

func post(t testing.TB, address string, body any) []byte {
	t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(address, "application/json", bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	said, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 400 {
		t.Fatalf("%d, %v: %s", resp.StatusCode, err, said)
	}
	return said
}
