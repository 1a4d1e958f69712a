package channeltest

import (
	"bytes"
	_ "embed"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"text/template"
	"time"
	"unicode/utf16"
)

//go:embed kannel.conf.tmpl
var kannelConf string

// Kannel is a running bearerbox with smsbox, the fake short message centre,
// and a second centre that refuses.
//
// Numbers that begin with 1990 are refused by the centre at once (report 16);
// numbers that begin with 1991 are taken, and reported as undeliverable after
// (report 2). All others go to fakesmsc and are reported as delivered.
type Kannel struct {
	URL      string // of sendsms
	Username string
	Password string
	From     string // our number

	ports  kannelPorts
	dir    string
	fake   *process
	refuse *httptest.Server
	mu     sync.Mutex
	denied []string // numbers that came to the refusing centre
}

type kannelPorts struct {
	Admin, Box, Fake, FakeMO, HTTP, Send int
	Refuse, Reply                        string // addresses
}

// SMS is one message as the fake centre got it, joined from its parts.
type SMS struct {
	From, To, Text string
}

// StartKannel starts everything and stops it when the test ends. The reply
// address is where messages from phones go, see sms.Callbacks.ReplyURL.
func StartKannel(t testing.TB, replyURL string) *Kannel {
	t.Helper()
	ports := freePorts(t, 6)
	k := &Kannel{Username: "push", Password: "s3cret", From: "106900001", dir: t.TempDir()}
	k.refuse = httptest.NewServer(http.HandlerFunc(k.refusing))
	k.ports = kannelPorts{
		Admin: ports[0], Box: ports[1], Fake: ports[2], FakeMO: ports[3], HTTP: ports[4], Send: ports[5],
		Refuse: k.refuse.URL, Reply: replyURL,
	}
	k.URL = fmt.Sprintf("http://127.0.0.1:%d/cgi-bin/sendsms", k.ports.Send)
	var conf bytes.Buffer
	if err := template.Must(template.New("kannel").Parse(kannelConf)).Execute(&conf, k.ports); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(k.dir, "kannel.conf")
	if err := os.WriteFile(path, conf.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	bearerbox := start(t, k.dir, nil, "bearerbox", path)
	alive := func(p *process, name string) {
		if p.ended() {
			t.Fatalf("%s ended: %s", name, tail(p.err.String()+p.out.String()))
		}
	}
	await(t, "bearerbox", func() bool {
		alive(bearerbox, "bearerbox")
		return strings.Contains(k.status(), "Status: running")
	})
	smsbox := start(t, k.dir, nil, "smsbox", path)
	// fakesmsc wants a message to send, but none of them (-m 0) has to go.
	k.fake = start(t, k.dir, nil, "fakesmsc", "-H", "127.0.0.1", "-r", strconv.Itoa(k.ports.Fake), "-i", "1", "-m", "0", "13800000000 "+k.From+" text ok")
	// bearerbox ends only when no box and no centre hangs on it.
	t.Cleanup(func() {
		smsbox.stop()
		k.fake.stop()
		bearerbox.stop()
		k.refuse.Close()
	})
	online := regexp.MustCompile(`FAKE:` + strconv.Itoa(k.ports.Fake) + ` \(online`)
	await(t, "smsbox and fakesmsc", func() bool {
		alive(smsbox, "smsbox")
		alive(k.fake, "fakesmsc")
		s := k.status()
		return strings.Contains(s, "smsbox:(none), IP 127.0.0.1") && online.MatchString(s) && listening(k.URL)
	})
	return k
}

func tail(s string) string {
	if len(s) > 2000 {
		return s[len(s)-2000:]
	}
	return s
}

func listening(addr string) bool {
	resp, err := http.Get(addr) // without a user: refused, which proves that it listens
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return true
}

// status returns bearerbox's status page, or "" while there is none.
func (k *Kannel) status() string {
	resp, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/status.txt?password=adm", k.ports.Admin))
	if err != nil {
		return ""
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return ""
	}
	return string(b)
}

// refusing is the second message centre.
func (k *Kannel) refusing(w http.ResponseWriter, r *http.Request) {
	to, ref := r.FormValue("to"), r.FormValue("ref")
	k.mu.Lock()
	k.denied = append(k.denied, to)
	k.mu.Unlock()
	if strings.HasPrefix(to, "1990") {
		fmt.Fprint(w, "perm INVALID NUMBER")
		return
	}
	fmt.Fprint(w, "ok "+ref)
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
	go func() {
		// The report comes when bearerbox has noted the message, which is when
		// it knows the id; until then it does not take the report for ours.
		q := url.Values{"username": {"u"}, "password": {"p"}, "from": {to}, "to": {k.From}, "dlr-mask": {"2"}, "dlr-mid": {ref}, "dlr-err": {"ABSENT"}}
		for range 3000 {
			resp, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/?%s", k.ports.HTTP, q.Encode()))
			if err != nil {
				return
			}
			b, _ := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if !strings.Contains(string(b), "Unknown DLR") {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
}

// Refused returns the numbers that came to the refusing centre.
func (k *Kannel) Refused() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]string(nil), k.denied...)
}

// Reply sends a text from a phone to our number and returns when the message
// centre has it.
func (k *Kannel) Reply(t testing.TB, from, text string) {
	t.Helper()
	p := start(t, k.dir, nil, "fakesmsc", "-H", "127.0.0.1", "-r", strconv.Itoa(k.ports.FakeMO), "-i", "0.01", "-m", "1", from+" "+k.From+" text "+text)
	defer p.stop()
	await(t, "a reply to be taken", func() bool {
		return strings.Contains(p.err.String()+p.out.String(), "sent message 1") && strings.Contains(k.status(), "FAKE:"+strconv.Itoa(k.ports.FakeMO)+" (online")
	})
}

var gotMessage = regexp.MustCompile(`Got message \d+: <(\S+) (\S+) (?:udh (\S+) )?(\S+) (.*)>`)

// Received returns what the fake centre got, in its order. Everything we send
// is UTF-16; of a part of a long message fakesmsc says only that it is data.
func (k *Kannel) Received(t testing.TB) []SMS {
	t.Helper()
	var out []SMS
	var raw [][]byte          // the octets behind out's texts
	parts := map[string]int{} // number and reference of a long message: where it stands in out
	for _, m := range gotMessage.FindAllStringSubmatch(k.fake.err.String()+k.fake.out.String(), -1) {
		body, err := url.QueryUnescape(m[5])
		if err != nil {
			t.Fatalf("fakesmsc printed %q: %v", m[0], err)
		}
		udh, err := url.QueryUnescape(m[3])
		if err != nil {
			t.Fatalf("fakesmsc printed %q: %v", m[0], err)
		}
		if len(udh) == 6 {
			key := m[2] + udh[:4]
			if i, ok := parts[key]; ok {
				raw[i] = append(raw[i], body...)
				continue
			}
			parts[key] = len(out)
		}
		out, raw = append(out, SMS{From: m[1], To: m[2]}), append(raw, []byte(body))
	}
	for i := range out {
		out[i].Text = fromUTF16(raw[i])
	}
	return out
}

func fromUTF16(b []byte) string {
	u := make([]uint16, len(b)/2)
	for i := range u {
		u[i] = binary.BigEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(u))
}
