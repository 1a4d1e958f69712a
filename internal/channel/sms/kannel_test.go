package sms_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"policypush/internal/channel"
	"policypush/internal/channel/channeltest"
	"policypush/internal/channel/sms"
	"policypush/internal/domain"
)

var key = []byte("0123456789abcdef0123456789abcdef")

const text = "【云川县政务公开办】稳岗返还可以申请了：中小微企业，6月30日截止，以主管部门审核为准。退订回TD"

// callbacks is the part of the portal that Kannel calls.
type callbacks struct {
	sms.Callbacks
	mu      sync.Mutex
	reports map[string][]sms.Report // by reference
	replies []sms.Reply
	refused []string // requests that were not understood
}

func serveCallbacks(t *testing.T) *callbacks {
	t.Helper()
	c := &callbacks{reports: map[string][]sms.Report{}}
	mux := http.NewServeMux()
	mux.HandleFunc("/callback/sms/{secret}/{what}", func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		q := r.URL.Query()
		switch {
		case !c.CheckSecret(r.PathValue("secret")):
			c.refused = append(c.refused, r.URL.String())
		case r.PathValue("what") == "report":
			report, err := c.ParseReport(q)
			if err != nil {
				c.refused = append(c.refused, r.URL.String()+": "+err.Error())
			}
			c.reports[report.Ref] = append(c.reports[report.Ref], report)
		case r.PathValue("what") == "reply":
			reply, err := c.ParseReply(q)
			if err != nil {
				c.refused = append(c.refused, r.URL.String()+": "+err.Error())
			}
			c.replies = append(c.replies, reply)
		}
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	c.Callbacks = sms.Callbacks{Base: srv.URL, Key: key}
	return c
}

// last waits for a final report of a message.
func (c *callbacks) last(t *testing.T, ref string) sms.Report {
	t.Helper()
	var r sms.Report
	wait(t, "the report of "+ref, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, r = range c.reports[ref] {
			if r.State != domain.Accepted {
				return true
			}
		}
		return false
	})
	return r
}

func wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		time.Sleep(20 * time.Millisecond) // between two looks
	}
}

// line makes a line of providers that the test closes.
func line(t *testing.T, ps ...sms.Provider) *sms.Line {
	t.Helper()
	l := sms.NewLine(sms.LineConfig{Providers: ps})
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func open(t *testing.T, cfg sms.KannelConfig) *sms.Line {
	t.Helper()
	k, err := sms.NewKannel(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return line(t, k)
}

func TestThroughARealKannel(t *testing.T) {
	back := serveCallbacks(t)
	k := channeltest.StartKannel(t, back.ReplyURL())
	cfg := sms.KannelConfig{HTTP: sms.HTTP{URL: k.URL}, Username: k.Username, Password: k.Password, From: k.From, Callbacks: back.Callbacks}
	s := open(t, cfg)
	send := func(t *testing.T, ref, to, text string) channel.Result {
		t.Helper()
		return s.Send(t.Context(), []channel.Message{{Ref: ref, To: to, Text: text}})[0]
	}

	t.Run("a text arrives and its receipt comes back", func(t *testing.T) {
		if r := send(t, "d1", "13800000001", text); r.Class != channel.Accepted || r.Ref != "d1" || r.Gateway != "kannel" {
			t.Fatalf("%+v", r)
		}
		if r := back.last(t, "d1"); r.State != domain.Delivered || r.GatewayRef == "" {
			t.Errorf("%+v", r)
		}
		wait(t, "the text", func() bool {
			got := k.Received(t)
			return len(got) == 1 && got[0] == channeltest.SMS{From: k.From, To: "13800000001", Text: text}
		})
	})
	t.Run("a text in several parts arrives whole", func(t *testing.T) {
		long := "【云川县政务公开办】" + strings.Repeat("一次性创业补贴、稳岗返还、房租减免；", 8) + "𠮷。退订回TD"
		if r := send(t, "d2", "+86 138-0000-0002", long); r.Class != channel.Accepted {
			t.Fatalf("%+v", r)
		}
		wait(t, "the long text", func() bool {
			got := k.Received(t)
			return len(got) == 2 && got[1].Text == long && got[1].To == "13800000002"
		})
	})
	t.Run("a number refused by the centre fails and is dead", func(t *testing.T) {
		if r := send(t, "d3", "19900000003", text); r.Class != channel.Accepted {
			t.Fatalf("%+v", r)
		}
		if r := back.last(t, "d3"); r.State != domain.Failed || r.Code != "16" || !r.BadAddress {
			t.Errorf("%+v", r)
		}
	})
	t.Run("a phone that is not reached fails, its number stays good", func(t *testing.T) {
		if r := send(t, "d4", "19910000004", text); r.Class != channel.Accepted {
			t.Fatalf("%+v", r)
		}
		if r := back.last(t, "d4"); r.State != domain.Failed || r.Code != "2" || r.BadAddress {
			t.Errorf("%+v", r)
		}
	})
	t.Run("a wrong password is our settings' fault", func(t *testing.T) {
		wrong := cfg
		wrong.Password = "wrong"
		for _, r := range open(t, wrong).Send(t.Context(), []channel.Message{{Ref: "d5", To: "13800000005", Text: text}, {Ref: "d6", To: "13800000006", Text: text}}) {
			if r.Class != channel.Config || r.Code != "403" {
				t.Errorf("%+v", r)
			}
		}
	})
	t.Run("a number that is none never leaves", func(t *testing.T) {
		if r := send(t, "d7", "057112345", text); r.Class != channel.Permanent || !r.BadAddress {
			t.Errorf("%+v", r)
		}
	})
	t.Run("answers come back, stop words are known", func(t *testing.T) {
		k.Reply(t, "13800000001", "ＴＤ")
		k.Reply(t, "13800000002", "退订")
		k.Reply(t, "13800000003", "请问 什么时候发钱")
		wait(t, "three answers", func() bool {
			back.mu.Lock()
			defer back.mu.Unlock()
			return len(back.replies) == 3
		})
		want := map[string]sms.Reply{
			"13800000001": {From: "13800000001", To: k.From, Text: "ＴＤ", Stop: true},
			"13800000002": {From: "13800000002", To: k.From, Text: "退订", Stop: true},
			"13800000003": {From: "13800000003", To: k.From, Text: "请问 什么时候发钱"},
		}
		for _, r := range back.replies {
			if r != want[r.From] {
				t.Errorf("%+v", r)
			}
		}
	})
	if got := k.Refused(); !slices.Equal(got, []string{"19900000003", "19910000004"}) {
		t.Errorf("the refusing centre got %q", got)
	}
	back.mu.Lock()
	defer back.mu.Unlock()
	if len(back.refused) > 0 {
		t.Errorf("not understood: %q", back.refused)
	}
}

// gateway answers sendsms in place of Kannel and counts what came per number.
func gateway(t *testing.T, answer http.HandlerFunc) (cfg sms.KannelConfig, hits *atomic.Int64) {
	t.Helper()
	hits = new(atomic.Int64)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		answer(w, r)
	}))
	t.Cleanup(srv.Close)
	return sms.KannelConfig{HTTP: sms.HTTP{URL: srv.URL + "/cgi-bin/sendsms", Timeout: 5 * time.Second}, Username: "push", Password: "s3cret-p@ss"}, hits
}

func hangUp(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

func TestEachAnswerOfTheGatewayHasItsClass(t *testing.T) {
	answer := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}
	for name, tt := range map[string]struct {
		answer http.HandlerFunc
		want   channel.Class
	}{
		"accepted":               {answer(202, "0: Accepted for delivery"), channel.Accepted},
		"queued":                 {answer(202, "3: Queued for later delivery"), channel.Accepted},
		"wrong user":             {answer(403, "Authorization failed for sendsms"), channel.Config},
		"no route to the number": {answer(403, "Not routable. Do not try again."), channel.Permanent},
		"too busy":               {answer(503, "Temporal failure, try again later."), channel.Throttled},
		"denied number":          {answer(400, "Number(s) has/have been denied by white- and/or black-lists."), channel.Permanent},
		"broken":                 {answer(500, "oops"), channel.Retry},
		"sent elsewhere": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://example.com/", http.StatusFound)
		}, channel.Config},
		"connection cut": {hangUp, channel.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, hits := gateway(t, tt.answer)
			r := open(t, cfg).Send(t.Context(), []channel.Message{{Ref: "d1", To: "13800000001", Text: text}})[0]
			if r.Class != tt.want {
				t.Errorf("%+v, want %s", r, tt.want)
			}
			if strings.Contains(r.Note, "13800000001") || strings.Contains(r.Note, "s3cret") {
				t.Errorf("the note tells too much: %q", r.Note)
			}
			if hits.Load() != 1 {
				t.Errorf("sent %d times", hits.Load())
			}
		})
	}
}

func TestAReusedConnectionThatDiesSendsNothingTwice(t *testing.T) {
	var n atomic.Int64
	cfg, hits := gateway(t, func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1) == 2 {
			hangUp(w, r) // after the request was read, on a connection used before
			return
		}
		w.WriteHeader(202)
		_, _ = w.Write([]byte("0: Accepted for delivery"))
	})
	cfg.Connections = 1
	s := open(t, cfg)
	rs := s.Send(t.Context(), []channel.Message{{Ref: "d1", To: "13800000001", Text: text}, {Ref: "d2", To: "13800000002", Text: text}, {Ref: "d3", To: "13800000003", Text: text}})
	if rs[0].Class != channel.Accepted || rs[1].Class != channel.Unknown || rs[2].Class != channel.Accepted || hits.Load() != 3 {
		t.Errorf("%d requests, %+v", hits.Load(), rs)
	}
}

func TestAGatewayThatDoesNotAnswerIsUnknownAfterTheGrace(t *testing.T) {
	asked := make(chan struct{}, 1)
	release := make(chan struct{})
	cfg, _ := gateway(t, func(http.ResponseWriter, *http.Request) {
		asked <- struct{}{}
		<-release
	})
	defer close(release)
	cfg.Grace = 50 * time.Millisecond
	s := open(t, cfg)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	if r := s.Send(ctx, []channel.Message{{Ref: "d1", To: "13800000001", Text: text}})[0]; r.Class != channel.Unknown {
		t.Errorf("%+v", r)
	}
	if r := s.Send(ctx, []channel.Message{{Ref: "d2", To: "13800000001", Text: text}})[0]; r.Class != channel.Retry {
		t.Errorf("begun after the end: %+v", r)
	}
}

func TestADeadGatewayFailsAllAtOnce(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	s := open(t, sms.KannelConfig{HTTP: sms.HTTP{URL: "http://" + addr + "/cgi-bin/sendsms"}, Username: "push", Password: "s3cret"})
	for _, r := range s.Send(t.Context(), []channel.Message{{Ref: "d1", To: "13800000001", Text: text}, {Ref: "d2", To: "13800000002", Text: text}}) {
		if r.Class != channel.Retry || r.Code != "connect" {
			t.Errorf("%+v", r)
		}
	}
}

func TestSettingsThatCannotWorkAreRefused(t *testing.T) {
	for name, cfg := range map[string]sms.KannelConfig{
		"no address":         {Username: "a", Password: "b"},
		"no scheme":          {HTTP: sms.HTTP{URL: "127.0.0.1:13013"}, Username: "a", Password: "b"},
		"no password":        {HTTP: sms.HTTP{URL: "http://127.0.0.1:13013/"}, Username: "a"},
		"callback, no key":   {HTTP: sms.HTTP{URL: "http://127.0.0.1:13013/"}, Username: "a", Password: "b", Callbacks: sms.Callbacks{Base: "http://127.0.0.1"}},
		"a file for a place": {HTTP: sms.HTTP{URL: "file:///etc/passwd"}, Username: "a", Password: "b"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := sms.NewKannel(cfg); domain.KindOf(err) != domain.Invalid {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestReportsOfStrangersAreRefused(t *testing.T) {
	c := sms.Callbacks{Base: "https://zc.yunchuan.example", Key: key}
	u, err := url.Parse(strings.NewReplacer("%d", "1", "%F", "abc", "%A", "ACK%2F").Replace(c.ReportURL("d12")))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(u.Path, "/callback/sms/") || !c.CheckSecret(strings.Split(u.Path, "/")[3]) {
		t.Errorf("path %q", u.Path)
	}
	good := u.Query()
	if r, err := c.ParseReport(good); err != nil || r.Ref != "d12" || r.State != domain.Delivered {
		t.Fatalf("%+v %v", r, err)
	}
	for name, change := range map[string]func(url.Values){
		"another delivery": func(q url.Values) { q.Set("ref", "d13") },
		"no MAC":           func(q url.Values) { q.Del("mac") },
		"no reference":     func(q url.Values) { q.Del("ref") },
		"status of no use": func(q url.Values) { q.Set("status", "%d") },
		"status unknown":   func(q url.Values) { q.Set("status", "3") },
	} {
		t.Run(name, func(t *testing.T) {
			q, err := url.ParseQuery(good.Encode())
			if err != nil {
				t.Fatal(err)
			}
			change(q)
			if r, err := c.ParseReport(q); err == nil {
				t.Errorf("taken: %+v", r)
			}
		})
	}
	if (sms.Callbacks{}).CheckSecret((sms.Callbacks{}).Secret()) {
		t.Error("without a key a secret fits")
	}
}

func TestStopWordsStandAlone(t *testing.T) {
	for text, want := range map[string]bool{
		"TD": true, "td": true, " t d ": true, "ＴＤ": true, "“退订”": true, "退 订！": true, "T": true, "r": true, "N。": true,
		"取消": true, "0000": true, "００００": true, "stop": true, "回复TD": true,
		"": false, "TDD": false, "为什么要退订": false, "不退订": false, "我要TD": false, "0": false, "NO": false, "请问怎么申请": false, "！": false,
		strings.Repeat(" ", 300) + "TD": false,
	} {
		if sms.StopWord(text) != want {
			t.Errorf("%q: %v, want %v", text, !want, want)
		}
	}
}

func TestNumbersOfTheMainland(t *testing.T) {
	for in, want := range map[string]string{
		"13800000001": "13800000001", "+8613800000001": "13800000001", "0086 138 0000 0001": "13800000001", "8613800000001": "13800000001",
		"138-0000-0001": "13800000001", "１３８０００００００１": "13800000001",
		"": "", "1380000000": "", "12800000001": "", "23800000001": "", "057188888888": "", "1380000000a": "", "13800000001;13900000001": "", "+8513800000001": "",
	} {
		if got, err := sms.Number(in); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
}

func FuzzReply(f *testing.F) {
	f.Add("13800000001", "106900001", "ＴＤ")
	f.Add("+8613800000001", "", "退订\x00\xff")
	f.Fuzz(func(t *testing.T, from, to, text string) {
		r, err := sms.Callbacks{}.ParseReply(url.Values{"from": {from}, "to": {to}, "text": {text}})
		if err == nil && len(r.From) != 11 {
			t.Errorf("from %q", r.From)
		}
	})
}
