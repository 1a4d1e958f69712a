package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"policypush/internal/domain"
)

// Counter counts, by address, what a gateway of the benchmark was handed.
type counter struct {
	mu   sync.Mutex
	took map[string]int
}

func newCounter() *counter { return &counter{took: map[string]int{}} }

func (c *counter) add(address string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.took[address]++
}

// Sum returns how many messages of the push came, and how many addresses got
// more than one.
func (c *counter) sum() (total, twice int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for address, n := range c.took {
		if strings.HasPrefix(address, bareMail) || strings.HasPrefix(address, bareSMS) {
			continue
		}
		total += n
		if n > 1 {
			twice++
		}
	}
	return total, twice
}

// GatewayFlags starts a gateway where none was given, for as long as ctx
// lasts, and returns the settings that lead to it.
func (b *pushBench) gatewayFlags(ctx context.Context, dir string, took *counter) ([]string, error) {
	switch b.kind {
	case domain.SMS:
		return b.smsFlags(ctx, dir, took)
	case domain.Email:
		return b.emailFlags(ctx, took)
	default:
		return []string{"--sms.mode", "off", "--email.mode", "off"}, nil
	}
}

func (b *pushBench) smsFlags(ctx context.Context, dir string, took *counter) ([]string, error) {
	address, user, password := "", "bench", "bench"
	if b.gateway != nil {
		plain := *b.gateway
		plain.User = nil
		address, user = plain.String(), b.gateway.User.Username()
		password, _ = b.gateway.User.Password()
	} else {
		ln, err := listenHere()
		if err != nil {
			return nil, err
		}
		address = "http://" + ln.Addr().String() + "/cgi-bin/sendsms"
		server := &http.Server{Handler: takeSMS(took), ReadHeaderTimeout: 10 * time.Second}
		context.AfterFunc(ctx, func() { _ = server.Close() })
		go func() { _ = server.Serve(ln) }() // ends with the benchmark
	}
	b.address, b.user, b.password = address, user, password
	file := filepath.Join(dir, "password")
	if err := os.WriteFile(file, []byte(password), 0o600); err != nil {
		return nil, fmt.Errorf("write password of the gateway: %w", err)
	}
	return []string{"--email.mode", "off", "--sms.mode", "send", "--sms.url", address, "--sms.username", user, "--sms.password_file", file}, nil
}

// TakeSMS answers as Kannel's sendsms does.
func takeSMS(took *counter) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		to := r.URL.Query().Get("to")
		if to == "" || r.URL.Query().Get("text") == "" {
			http.Error(w, "no receiver or no text", http.StatusBadRequest)
			return
		}
		took.add(to)
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprint(w, "0: Accepted for delivery")
	})
}

func (b *pushBench) emailFlags(ctx context.Context, took *counter) ([]string, error) {
	host, port := "127.0.0.1", "25"
	if b.gateway != nil {
		host = b.gateway.Hostname()
		if p := b.gateway.Port(); p != "" {
			port = p
		}
	} else {
		ln, err := listenHere()
		if err != nil {
			return nil, err
		}
		if _, port, err = net.SplitHostPort(ln.Addr().String()); err != nil {
			return nil, err
		}
		server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &mailSession{took: took}, nil }))
		server.Domain = "bench.example"
		context.AfterFunc(ctx, func() { _ = server.Close() })
		go func() { _ = server.Serve(ln) }() // ends with the benchmark
	}
	b.address = net.JoinHostPort(host, port)
	return []string{
		"--sms.mode", "off", "--email.mode", "send", "--email.host", host, "--email.port", port, "--email.tls", "none",
		"--email.from", "政策直达 <tuisong@policypush.example>",
	}, nil
}

// MailSession takes mails and counts them once they are whole.
type mailSession struct {
	took *counter
	to   []string
}

func (*mailSession) Mail(string, *smtp.MailOptions) error { return nil }

func (s *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}

func (s *mailSession) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if !strings.Contains(string(text), "\r\n\r\n") {
		return errors.New("a mail without a body")
	}
	for _, to := range s.to {
		s.took.add(to)
	}
	return nil
}

func (s *mailSession) Reset() { s.to = nil }

func (*mailSession) Logout() error { return nil }

func listenHere() (net.Listener, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the gateway of the benchmark: %w", err)
	}
	return ln, nil
}
