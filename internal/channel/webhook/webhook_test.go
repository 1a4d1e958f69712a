package webhook_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"policypush/internal/channel"
	"policypush/internal/channel/webhook"
	"policypush/internal/domain"
)

// The example of the specification of Standard Webhooks.
const exampleSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

func secret(t testing.TB) webhook.Secrets {
	t.Helper()
	s, err := webhook.ParseSecrets(exampleSecret + "\n")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSignaturesAreThoseOfTheSpecification(t *testing.T) {
	const id, timestamp, body = "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", `{"test": 2432232314}`
	const signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	at := time.Unix(1614265330, 0)
	s := secret(t)
	for name, tt := range map[string]struct {
		id, timestamp, signatures, body string
		now                             time.Time
		want                            bool
	}{
		"as signed":              {id, timestamp, signature, body, at, true},
		"one of several":         {id, timestamp, "v1,AAAA " + signature + " v2,BBBB", body, at.Add(4 * time.Minute), true},
		"replayed later":         {id, timestamp, signature, body, at.Add(6 * time.Minute), false},
		"from the future":        {id, timestamp, signature, body, at.Add(-6 * time.Minute), false},
		"another id":             {"msg_x", timestamp, signature, body, at, false},
		"another time":           {id, "1614265331", signature, body, at, false},
		"another body":           {id, timestamp, signature, body + " ", at, false},
		"no signature":           {id, timestamp, "", body, at, false},
		"no time":                {id, "", signature, body, at, false},
		"another kind":           {id, timestamp, strings.Replace(signature, "v1,", "v2,", 1), body, at, false},
		"the signature of no id": {"", timestamp, signature, body, at, false},
	} {
		if got := s.Check(tt.id, tt.timestamp, tt.signatures, []byte(tt.body), tt.now); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	for _, text := range []string{"", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "whsec_short", exampleSecret + " whsec_short", strings.Repeat(exampleSecret+" ", 5), "whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 23))} {
		if _, err := webhook.ParseSecrets(text); domain.KindOf(err) != domain.Invalid {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestASecretIsReplaced: for a while there are two. An app that has the old one,
// the new one, or both, takes what we send, and is heard.
func TestASecretIsReplaced(t *testing.T) {
	const id, timestamp, body = "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", `{"test": 2432232314}`
	at := time.Unix(1614265330, 0)
	fresh := "whsec_" + base64.StdEncoding.EncodeToString([]byte("a new secret of 24 octets"))
	parse := func(text string) webhook.Secrets {
		s, err := webhook.ParseSecrets(text)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	both := parse(exampleSecret + "\n" + fresh + "\n")
	for name, theirs := range map[string]webhook.Secrets{"the old one": secret(t), "the new one": parse(fresh), "both": both} {
		a := &app{t: t, secret: theirs, taken: map[string]map[string]any{}}
		server := httptest.NewServer(a)
		s, err := webhook.New(webhook.Config{URL: server.URL, Secrets: both, Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		if r := s.Send(t.Context(), []channel.Message{{Ref: "d1", To: "u-1", Subject: "x", Text: "y"}})[0]; r.Class != channel.Accepted || len(a.taken) != 1 {
			t.Errorf("an app with %s: %+v", name, r)
		}
		_ = s.Close()
		server.Close()
	}
	if !both.Check(id, timestamp, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", []byte(body), at) {
		t.Error("the app's signature by the old one is not known any more")
	}
	if parse(fresh).Check(id, timestamp, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", []byte(body), at) || (webhook.Secrets{}).Check(id, timestamp, "", []byte(body), at) {
		t.Error("a secret that was taken away still holds")
	}
}

// app is a city's app as the specification asks: it checks the signature, and
// takes each webhook-id once.
type app struct {
	t      testing.TB
	secret webhook.Secrets

	mu    sync.Mutex
	taken map[string]map[string]any // by webhook-id
	calls int
}

func (a *app) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls++
	body, err := io.ReadAll(r.Body)
	if err != nil {
		a.t.Error(err)
	}
	id := r.Header.Get("webhook-id")
	if !a.secret.Check(id, r.Header.Get("webhook-timestamp"), r.Header.Get("webhook-signature"), body, time.Now()) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var said struct {
		Type string         `json:"type"`
		Data map[string]any `json:"data"`
	}
	if err := json.Unmarshal(body, &said); err != nil || said.Type != "notice" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	first := a.taken[id] == nil
	user, _ := said.Data["user"].(string)
	switch user {
	case "gone":
		w.WriteHeader(http.StatusGone)
	case "busy":
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusTooManyRequests)
	case "broken":
		w.WriteHeader(http.StatusBadGateway)
	case "unfit":
		w.WriteHeader(http.StatusUnprocessableEntity)
	case "elsewhere":
		http.Redirect(w, r, "https://example.com/", http.StatusFound)
	case "cut":
		a.taken[id] = said.Data
		if first {
			panic(http.ErrAbortHandler)
		}
	default:
		a.taken[id] = said.Data
	}
}

func TestTheAppGetsEachMessageOnce(t *testing.T) {
	a := &app{t: t, secret: secret(t), taken: map[string]map[string]any{}}
	server := httptest.NewServer(a)
	defer server.Close()
	s, err := webhook.New(webhook.Config{URL: server.URL, Secrets: secret(t), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	send := func(ref, user string) channel.Result {
		return s.Send(t.Context(), []channel.Message{{
			Ref: ref, To: user, Subject: "稳岗返还", Text: "适用可能性高，以正式文件为准。", Link: "https://zc.example/inbox", FromName: "云川县政务公开办", Unsubscribe: "https://zc.example/u/1",
		}})[0]
	}
	for name, tt := range map[string]struct {
		user  string
		want  channel.Class
		dead  bool
		after time.Duration
	}{
		"taken":               {"u-1", channel.Accepted, false, 0},
		"left the app":        {"gone", channel.Permanent, true, 0},
		"too fast":            {"busy", channel.Throttled, false, 7 * time.Second},
		"broken":              {"broken", channel.Retry, false, 0},
		"unfit":               {"unfit", channel.Permanent, false, 0},
		"sent elsewhere":      {"elsewhere", channel.Config, false, 0},
		"no id of anybody":    {"u 1", channel.Permanent, true, 0},
		"cut after it was in": {"cut", channel.Retry, false, 0},
	} {
		if r := send("d-"+tt.user[:1]+"7", tt.user); r.Class != tt.want || r.BadAddress != tt.dead || r.After != tt.after || r.Gateway != "webhook" {
			t.Errorf("%s: %+v", name, r)
		}
	}
	if r := send("d-c7", "cut"); r.Class != channel.Accepted {
		t.Errorf("the second try: %+v", r)
	}
	a.mu.Lock()
	if got := a.taken["d-u7"]; got["title"] != "稳岗返还" || got["ref"] != "d-u7" || got["unsubscribe"] != "https://zc.example/u/1" || len(a.taken) != 2 {
		t.Errorf("taken: %v", a.taken)
	}
	a.mu.Unlock()
	a.secret = webhook.Secrets{make([]byte, 24)}
	if r := send("d-9", "u-9"); r.Class != channel.Config {
		t.Errorf("signed with another secret: %+v", r)
	}
	server.Close()
	_ = s.Close() // a connection that was left idle would die in the middle
	if r := send("d-10", "u-9"); r.Class != channel.Retry || r.Code != "connect" {
		t.Errorf("nobody there: %+v", r)
	}
	if _, err := webhook.New(webhook.Config{URL: "ftp://x"}); domain.KindOf(err) != domain.Invalid {
		t.Errorf("%v", err)
	}
}

func FuzzParseReceipt(f *testing.F) {
	for _, s := range []string{`{"type":"receipt","data":{"ref":"d12","state":"read"}}`, `{"type":"receipt","data":{"ref":"d12","state":"failed","reason":"号码 13800000001"}}`, "{", "[]", `{"type":"notice"}`, `{"type":"receipt","data":{"ref":"d 1","state":"read"}}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := webhook.ParseReceipt([]byte(s))
		if err != nil {
			if domain.KindOf(err) != domain.Invalid || r != (webhook.Receipt{}) {
				t.Errorf("%q: %+v, %v", s, r, err)
			}
			return
		}
		if !channel.ValidRef(r.Ref) || r.State == "" || strings.ContainsAny(r.Note, "\r\n") {
			t.Errorf("%q is read as %+v", s, r)
		}
	})
}
