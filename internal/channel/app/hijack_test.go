package app_test

import (
	"bufio"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"policypush/internal/channel/app"
)

// TestBehindTheWebServer takes connections over from fasthttp, on which Fiber
// stands, with a write timeout that would cut an ordinary stream.
func TestBehindTheWebServer(t *testing.T) {
	h := app.NewHub(app.Limits{Heartbeat: 20 * time.Millisecond})
	var box inbox
	box.add(1)
	srv := &fasthttp.Server{
		ReadTimeout: 100 * time.Millisecond, WriteTimeout: 100 * time.Millisecond, KeepHijackedConns: true,
		Handler: func(c *fasthttp.RequestCtx) {
			after := app.LastEventID(string(c.Request.Header.Peek("Last-Event-ID")))
			c.HijackSetNoResponse(true)
			c.Hijack(func(conn net.Conn) { // as the portal does: the request is let go
				conn = conn.(interface{ UnsafeConn() net.Conn }).UnsafeConn()
				go func() {
					defer func() { _ = conn.Close() }() // the client may have
					h.ServeConn(conn, 7, after, box.after)
				}()
			})
		},
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = srv.Serve(l) }() // ends with the listener
	t.Cleanup(func() { _ = l.Close() })
	for range 3 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+l.Addr().String()+"/inbox/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream; charset=utf-8" {
			t.Fatalf("%d %v", resp.StatusCode, resp.Header)
		}
		beats := 0
		for sc := bufio.NewScanner(resp.Body); beats < 10 && sc.Scan(); { // well beyond the write timeout
			if sc.Text() == ":" {
				beats++
			}
		}
		if beats < 10 {
			t.Errorf("cut after %d beats", beats)
		}
		_ = resp.Body.Close()
		deadline := time.Now().Add(10 * time.Second)
		for n := 1; n > 0; n, _ = h.Connected() {
			if time.Now().After(deadline) {
				t.Fatal("a client that went is still counted")
			}
			time.Sleep(time.Millisecond) // between two looks
		}
	}
	h.Close()
}
