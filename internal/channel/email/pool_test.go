package email_test

import (
	"context"
	"fmt"
	"net"
	"net/mail"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"policypush/internal/channel"
	"policypush/internal/channel/channeltest"
	"policypush/internal/channel/email"
	"policypush/internal/domain"
)

// clock is a time that only the test moves.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

// dead returns a sender to a relay of ours that is not well, yet.
func dead(t *testing.T, port int) *email.Sender {
	return open(t, email.Config{Host: "127.0.0.1", Port: port, Security: email.Plain, Composer: email.Composer{From: mail.Address{Address: "a@example.com"}}})
}

func batch(n int, to string) []channel.Message {
	ms := make([]channel.Message, n)
	for i := range ms {
		ms[i] = notice("d"+strconv.Itoa(i+1), to)
	}
	return ms
}

func classes(rs []channel.Result) string {
	n := map[channel.Class]int{}
	for _, r := range rs {
		n[r.Class]++
	}
	return fmt.Sprint(n)
}

func TestADeadRelayIsLeftOutAndFoundAgain(t *testing.T) {
	alive := channeltest.StartSMTPPeer(t, channeltest.SMTPOptions{})
	at := &clock{time.Now()}
	relay, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = relay.Close() }()
	var well atomic.Bool // until then it hangs up on everybody
	asked := make(chan string, 1)
	go func() {
		for {
			c, err := relay.Accept()
			if err != nil {
				return
			}
			if !well.Load() {
				_ = c.Close()
				continue
			}
			_, _ = c.Write([]byte("220 back\r\n"))
			said := make([]byte, 100)
			n, _ := c.Read(said)
			_, _ = c.Write([]byte("250 hello\r\n"))
			_ = c.Close()
			asked <- string(said[:n])
		}
	}()
	pool := email.NewPool(at.Now, dead(t, relay.Addr().(*net.TCPAddr).Port), open(t, config(alive, email.Plain)))
	defer func() { _ = pool.Close() }()
	if rs := pool.Send(t.Context(), batch(20, "a@example.com")); classes(rs) != "map[accepted:20]" {
		t.Fatalf("%+v", rs)
	}
	// It has come back, and nobody asks it before its time.
	well.Store(true)
	if rs := pool.Send(t.Context(), batch(3, "a@example.com")); classes(rs) != "map[accepted:3]" || len(asked) > 0 {
		t.Fatalf("%+v, asked %d", rs, len(asked))
	}
	at.now = at.now.Add(16 * time.Second)
	if rs := pool.Send(t.Context(), batch(3, "a@example.com")); classes(rs) != "map[accepted:3]" {
		t.Fatalf("%+v", rs)
	}
	select {
	case said := <-asked: // the probe says hello and sends nothing
		if !strings.HasPrefix(said, "EHLO") {
			t.Errorf("it was told %q", said)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the relay that came back is not probed")
	}
}

func TestWhatARelayMayHaveIsGivenToNoOther(t *testing.T) {
	first, second := channeltest.StartSMTPPeer(t, channeltest.SMTPOptions{}), channeltest.StartSMTPPeer(t, channeltest.SMTPOptions{})
	pool := email.NewPool(time.Now, open(t, config(first, email.Plain)), open(t, config(second, email.Plain)))
	defer func() { _ = pool.Close() }()
	for to, want := range map[string]channel.Class{
		"drop1@example.com": channel.Unknown, "perm1@example.com": channel.Permanent, "late1@example.com": channel.Permanent,
		"soft1@example.com": channel.Retry, "a@example.com": channel.Accepted,
	} {
		if rs := pool.Send(t.Context(), batch(1, to)); rs[0].Class != want {
			t.Errorf("%s: %+v", to, rs[0])
		}
	}
	if n := len(second.Mails(t)); n > 0 {
		t.Errorf("%d mails went through the second", n)
	}
	// Told to pause, the second takes over.
	if rs := pool.Send(t.Context(), batch(1, "rate1@example.com")); rs[0].Class != channel.Throttled {
		t.Errorf("both refuse: %+v", rs[0])
	}
}

// TestARelayThatFallsSilentHoldsNobody: a relay that goes on taking connections,
// and at some point says nothing any more, leaves in doubt what it had whole; all
// else goes through the next relay, at once.
func TestARelayThatFallsSilentHoldsNobody(t *testing.T) {
	for name, tt := range map[string]struct {
		muteTo string
		want   string
	}{
		"to MAIL":         {"MAIL", "map[accepted:60]"},
		"to a whole mail": {".", "map[unknown:2 accepted:58]"},
	} {
		t.Run(name, func(t *testing.T) {
			alive := channeltest.StartSMTPPeer(t, channeltest.SMTPOptions{})
			mute := startRelay(t, agreeing("HELP", map[string]string{tt.muteTo: ""}))
			first := open(t, email.Config{
				Host: "127.0.0.1", Port: mute.Addr().(*net.TCPAddr).Port, Security: email.Plain, Connections: 2,
				CommandTimeout: 500 * time.Millisecond, SubmissionTimeout: 500 * time.Millisecond,
				Composer: email.Composer{From: mail.Address{Address: "a@yunchuan.example"}},
			})
			pool := email.NewPool(time.Now, first, open(t, config(alive, email.Plain)))
			defer func() { _ = pool.Close() }()
			if rs := pool.Send(t.Context(), batch(60, "a@example.com")); classes(rs) != tt.want {
				t.Errorf("%s: %+v", classes(rs), rs)
			}
			if rs := pool.Send(t.Context(), batch(60, "a@example.com")); classes(rs) != "map[accepted:60]" {
				t.Errorf("afterwards: %s", classes(rs))
			}
			if n := len(mute.lines); n > 2*5 { // EHLO, MAIL, RCPT, DATA, and the dot
				t.Errorf("it was told %d lines", n)
			}
		})
	}
}

func TestARelayWithALimitLeavesTheRestToTheNext(t *testing.T) {
	peer := channeltest.StartSMTPPeer(t, channeltest.SMTPOptions{})
	at := &clock{time.Now()}
	slow := config(peer, email.Plain)
	slow.PerMinute, slow.Now = 12, at.Now // two at once, then one in five seconds
	alone := email.NewPool(at.Now, open(t, slow))
	defer func() { _ = alone.Close() }()
	rs := alone.Send(t.Context(), batch(5, "a@example.com"))
	if classes(rs) != "map[accepted:2 throttled:3]" {
		t.Fatalf("%+v", rs)
	}
	for _, r := range rs {
		if r.Class == channel.Throttled && (r.After < 3*time.Second || r.After > 6*time.Second) {
			t.Errorf("comes again after %s", r.After)
		}
	}
	both := email.NewPool(at.Now, open(t, slow), open(t, config(peer, email.Plain)))
	defer func() { _ = both.Close() }()
	if rs := both.Send(t.Context(), batch(5, "a@example.com")); classes(rs) != "map[accepted:5]" {
		t.Fatalf("%+v", rs)
	}
}

func TestAWrongPasswordAtOneRelayDoesNotStopTheOther(t *testing.T) {
	closed, open2 := channeltest.StartSMTPPeer(t, channeltest.SMTPOptions{Credentials: "push:right"}), channeltest.StartSMTPPeer(t, channeltest.SMTPOptions{})
	pool := email.NewPool(time.Now, open(t, config(closed, email.Plain)), open(t, config(open2, email.Plain)))
	defer func() { _ = pool.Close() }()
	if rs := pool.Send(t.Context(), batch(5, "a@example.com")); classes(rs) != "map[accepted:5]" {
		t.Fatalf("%+v", rs)
	}
	alone := email.NewPool(time.Now, open(t, config(closed, email.Plain)))
	defer func() { _ = alone.Close() }()
	if rs := alone.Send(t.Context(), batch(2, "a@example.com")); classes(rs) != "map[config:2]" {
		t.Fatalf("%+v", rs)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if rs := pool.Send(ctx, batch(2, "a@example.com")); classes(rs) != "map[retry:2]" {
		t.Fatalf("%+v", rs)
	}
}

func FuzzParseRelay(f *testing.F) {
	for _, s := range []string{
		"smtp://push@mail.example.com:587?password_file=/etc/p&per_minute=30&connections=2", "smtps://mail.example.com", "smtp://a:b@c",
		"http://x", "smtp://[::1]:25?tls=none", "smtp://x?tls=ssl", "smtp://x:0", "smtp://x?per_minute=-1", "smtp://x/y", "",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := email.ParseRelay(s)
		if err != nil {
			if domain.KindOf(err) != domain.Invalid {
				t.Errorf("%q: %v", s, err)
			}
			return
		}
		if r.Host == "" || r.Port < 0 || r.Port > 65535 || r.PerMinute < 0 || r.Connections < 1 || r.Connections > 64 ||
			r.Security != email.Plain && r.Security != email.StartTLS && r.Security != email.Implicit {
			t.Errorf("%q is read as %+v", s, r)
		}
	})
}
