package render

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// host is the name under which Chromium asks for the page. It exists nowhere:
// only our proxy knows it.
const host = "render.invalid"

// policy keeps scripts and everything that is not inside the page out of it.
const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; base-uri 'none'; form-action 'none'"

// served is a page under an address of its own, on loopback.
type served struct {
	listener net.Listener
	server   *http.Server
	token    string
	page     []byte
	used     atomic.Bool
}

// serve gives a page an address that works once.
func serve(page []byte) (*served, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("address of the page: %w", err)
	}
	s := &served{listener: ln, token: rand.Text(), page: page}
	s.server = &http.Server{Handler: http.HandlerFunc(s.answer), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = s.server.Serve(ln) }() // ends with Close; a page that is not served is an error of Chromium's
	return s, nil
}

func (s *served) url() string   { return "http://" + host + "/" + s.token }
func (s *served) proxy() string { return "http://" + s.listener.Addr().String() }

// answer gives the page to the first who asks for it by its address, and
// refuses whatever else a browser may want to reach.
func (s *served) answer(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet || r.Host != host || r.URL.Path != "/"+s.token || s.used.Swap(true) {
		http.Error(w, "no", http.StatusForbidden)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(s.page) // a Chromium that has gone is seen elsewhere
}

// Close ends the address.
func (s *served) Close() error {
	if err := s.server.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("close address of the page: %w", err)
	}
	return nil
}
