package web

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"policypush/internal/channel/app"
	"policypush/internal/domain"
)

// TestLiveMessages listens on a real connection: what came since the page was
// made is replayed, what comes later is told, and closing the hub ends it.
func TestLiveMessages(t *testing.T) {
	site := newSite(t)
	b := site.browser()
	id := b.subscribe("13900000031")
	site.publish(id)
	b.get("/").at("/", 200, `data-events="/inbox/events?after=1"`)
	site.publish(id, id+1)

	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- site.Serve(ln) }()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+ln.Addr().String()+"/inbox/events?after=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range b.cookies {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if got := res.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/event-stream") {
		t.Fatalf("Content-Type is %q", got)
	}
	lines := bufio.NewScanner(res.Body)
	next := func() string {
		for lines.Scan() {
			if id, ok := strings.CutPrefix(lines.Text(), "id: "); ok {
				return id
			}
		}
		return "end"
	}
	if got := next(); got != "2" {
		t.Errorf("replayed message is %s, want 2", got)
	}
	site.Hub.Publish(app.Event{ID: 3, Name: "notice", Data: `{"title":"x"}`}, func(to domain.SubscriberID) bool { return to == id })
	if got := next(); got != "3" {
		t.Errorf("live message is %s, want 3", got)
	}
	site.Hub.Close()
	if got := next(); got != "end" {
		t.Errorf("after the hub closed came %s", got)
	}
	if err := site.Shutdown(ctx); err != nil {
		t.Errorf("shutdown: %v", err)
	}
	if err := <-served; err != nil && !errors.Is(err, net.ErrClosed) {
		t.Errorf("serve: %v", err)
	}
}

func TestABrokenDatabaseShowsNoDetail(t *testing.T) {
	site := newSite(t)
	b := site.browser()
	b.get("/").at("/", 200)
	if err := site.Store.Close(); err != nil {
		t.Fatal(err)
	}
	b.get("/policies").at("/policies", 500, "系统繁忙", "编号：")
	if strings.Contains(b.body, "sql") {
		t.Error("the page tells what broke")
	}
	b.get("/readyz").at("/readyz", 503, "not ready")
	b.get("/healthz").at("/healthz", 200)
}

func TestSecureCookiesBehindHTTPS(t *testing.T) {
	site := newSite(t, func(cfg *Config) { cfg.BaseURL = "https://policy.example" })
	b := site.browser().get("/login")
	for _, c := range b.header.Values("Set-Cookie") {
		if !strings.Contains(c, "secure") || !strings.Contains(c, "HttpOnly") || !strings.Contains(c, "SameSite=Lax") {
			t.Errorf("cookie is %q", c)
		}
	}
	if b.header.Get("Strict-Transport-Security") == "" {
		t.Error("no Strict-Transport-Security")
	}
}

func TestASiteThatIsNotReadySaysSo(t *testing.T) {
	site := newSite(t, func(cfg *Config) {
		cfg.Ready = func(context.Context) error { return errors.New("index is being built") }
	})
	site.browser().get("/readyz").at("/readyz", 503, "not ready")
}
