package channeltest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Vendors is a running peer for the REST interfaces of vendors, with the
// accounts that it knows; internal/e2e/peers/vendor-http-peer.js tells what it
// does with which number.
type Vendors struct {
	URL      string
	callback string
	dir      string
	p        *process
}

// The accounts of the peer.
const (
	VendorKeyID, VendorSecret     = "AKID", "SECRET" // 阿里云 and 腾讯云
	MASCustomer, MASID, MASSecret = "某市政策中心", "push", "s3cret"
	MASSign                       = "SIGN01"
	JPushKey, JPushSecret         = "appkey", "master"
	WeChatAppID, WeChatSecret     = "wxapp", "wxsecret"
)

// VendorMessage is one message as the peer took it.
type VendorMessage struct {
	Vendor   string          `json:"vendor"`
	Phone    string          `json:"phone"`
	Ref      string          `json:"ref"`
	ID       string          `json:"id"`
	Sign     string          `json:"sign"`
	Template string          `json:"template"`
	Values   json.RawMessage `json:"values"` // variables, or the text
}

// CallbackAnswer is what one of our callbacks answered the peer.
type CallbackAnswer struct {
	Path   string `json:"path"`
	Status int    `json:"status"`
	Text   string `json:"text"`
}

// StartVendors starts the peer and stops it when the test ends. Receipts and
// replies are posted below callback.
func StartVendors(t testing.TB, callback string) *Vendors {
	t.Helper()
	v := &Vendors{callback: callback, dir: t.TempDir()}
	v.run(t, "0")
	t.Cleanup(func() { v.p.stop() })
	return v
}

// run starts the process on a port, 0 for any.
func (v *Vendors) run(t testing.TB, port string) {
	t.Helper()
	journal := []string{"JOURNAL=" + filepath.Join(v.dir, "journal")}
	v.p = start(t, v.dir, journal, "node", filepath.Join(root(t), "internal", "e2e", "peers", "vendor-http-peer.js"), port, v.callback)
	await(t, "the vendors' peer", func() bool {
		if v.p.ended() {
			t.Fatalf("the vendors' peer ended: %s", v.p.err.String())
		}
		line, _, whole := bytes.Cut([]byte(v.p.out.String()), []byte("\n"))
		var ready struct{ Listening int }
		if !whole || json.Unmarshal(line, &ready) != nil {
			return false
		}
		v.URL = fmt.Sprintf("http://127.0.0.1:%d", ready.Listening)
		return true
	})
}

// Kill ends the peer at once: what it was about to answer or to post is lost,
// what it has accepted is not.
func (v *Vendors) Kill() {
	_ = v.p.cmd.Process.Kill() // it may have ended already
	<-v.p.done
}

// Freeze makes the peer mute: it takes connections and requests, and neither
// reads nor answers them until Thaw, when it does all that came meanwhile.
func (v *Vendors) Freeze(t testing.TB) { v.signal(t, syscall.SIGSTOP) }

// Thaw ends Freeze.
func (v *Vendors) Thaw(t testing.TB) { v.signal(t, syscall.SIGCONT) }

func (v *Vendors) signal(t testing.TB, s syscall.Signal) {
	t.Helper()
	if err := v.p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// Restart starts a peer that was killed, at the same address.
func (v *Vendors) Restart(t testing.TB) {
	t.Helper()
	v.run(t, v.URL[strings.LastIndexByte(v.URL, ':')+1:])
}

// Taken returns the messages that the peer took, in their order.
func (v *Vendors) Taken(t testing.TB) []VendorMessage {
	t.Helper()
	var said struct{ Sent []VendorMessage }
	v.ask(t, "/_log", &said)
	return said.Sent
}

// Requests returns how many requests came, whatever became of them.
func (v *Vendors) Requests(t testing.TB) int {
	t.Helper()
	var said struct{ Log []json.RawMessage }
	v.ask(t, "/_log", &said)
	return len(said.Log)
}

// Answers returns what our callbacks answered, in order.
func (v *Vendors) Answers(t testing.TB) []CallbackAnswer {
	t.Helper()
	var said []CallbackAnswer
	v.ask(t, "/_callbacks", &said)
	return said
}

func (v *Vendors) ask(t testing.TB, path string, into any) {
	t.Helper()
	resp, err := http.Get(v.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		t.Fatal(err)
	}
}
