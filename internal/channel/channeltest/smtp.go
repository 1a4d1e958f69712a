package channeltest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// SMTPOptions chooses how the SMTP peer behaves; internal/e2e/peers/smtp-peer.js tells
// what it does with which recipient.
type SMTPOptions struct {
	Security    string // plain (the default), starttls or implicit
	Credentials string // user:password; empty lets everybody in
	Bounce      string // host:port that takes delivery status notifications
}

// SMTPPeer is a running SMTP server.
type SMTPPeer struct {
	Host  string
	Port  int
	Roots *x509.CertPool // trusts its certificate
	CA    string         // the same as a PEM file
	p     *process
}

// Mail is one mail as the peer understood it.
type Mail struct {
	From                string   `json:"from"` // of the envelope
	To                  []string `json:"to"`
	TLS                 bool     `json:"tls"`
	User                string   `json:"user"`
	Hello               string   `json:"hello"`
	Subject             string   `json:"subject"`
	FromText            string   `json:"fromText"`
	Text                string   `json:"text"`
	HTML                string   `json:"html"`
	MessageID           string   `json:"messageId"`
	Times               int      `json:"times"` // how often this Message-ID came whole
	Headers             []string `json:"headers"`
	ListUnsubscribe     string   `json:"listUnsubscribe"`
	ListUnsubscribePost string   `json:"listUnsubscribePost"`
}

// StartSMTPPeer starts an SMTP server and stops it when the test ends.
func StartSMTPPeer(t testing.TB, o SMTPOptions) *SMTPPeer {
	t.Helper()
	if o.Security == "" {
		o.Security = "plain"
	}
	top := root(t)
	if _, err := os.Stat(filepath.Join(top, "internal", "e2e", "node_modules", "smtp-server")); err != nil {
		t.Fatal("internal/e2e/node_modules is not installed: run make setup")
	}
	peer := &SMTPPeer{Host: "127.0.0.1", Roots: x509.NewCertPool()}
	dir := t.TempDir()
	env := []string{"BOUNCE=" + o.Bounce}
	if o.Security != "plain" {
		cert, key := selfSigned(t)
		peer.Roots.AppendCertsFromPEM(cert)
		peer.CA = filepath.Join(dir, "cert.pem")
		keyFile := filepath.Join(dir, "key.pem")
		for path, content := range map[string][]byte{peer.CA: cert, keyFile: key} {
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		env = append(env, "CERT="+peer.CA, "KEY="+keyFile)
	}
	args := []string{filepath.Join(top, "internal", "e2e", "peers", "smtp-peer.js"), "0", o.Security}
	if o.Credentials != "" {
		args = append(args, o.Credentials)
	}
	peer.p = start(t, dir, env, "node", args...)
	t.Cleanup(peer.p.stop)
	await(t, "the SMTP peer", func() bool {
		if peer.p.ended() {
			t.Fatalf("the SMTP peer ended: %s", peer.p.err.String())
		}
		line, _, whole := bytes.Cut([]byte(peer.p.out.String()), []byte("\n"))
		var ready struct{ Listening int }
		if !whole || json.Unmarshal(line, &ready) != nil {
			return false
		}
		peer.Port = ready.Listening
		return true
	})
	return peer
}

// Errors returns what the peer complained about, for the text of a failure.
func (s *SMTPPeer) Errors() string { return s.p.err.String() }

// Await waits until at least n mails have come whole and returns them all: what
// the peer prints may be read a moment after its answer.
func (s *SMTPPeer) Await(t testing.TB, n int) []Mail {
	t.Helper()
	await(t, strconv.Itoa(n)+" mails", func() bool { return len(s.Mails(t)) >= n })
	return s.Mails(t)
}

// Mails returns the mails that came whole up to now, in their order, whatever
// the answer to them was.
func (s *SMTPPeer) Mails(t testing.TB) []Mail {
	t.Helper()
	text := s.p.out.String()
	lines := bytes.Split([]byte(text), []byte("\n"))
	var ms []Mail
	for _, line := range lines[1 : len(lines)-1] { // without the first, and what stands behind the last line end
		var m Mail
		if err := json.Unmarshal(line, &m); err != nil {
			t.Fatalf("SMTP peer said %q: %v", line, err)
		}
		ms = append(ms, m)
	}
	return ms
}

// selfSigned returns a certificate for localhost and 127.0.0.1, and its key,
// both in PEM.
func selfSigned(t testing.TB) (cert, key []byte) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "policypush test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	kder, err := x509.MarshalECPrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: kder})
}
