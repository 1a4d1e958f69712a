package email_test

import (
	"context"
	"crypto/x509"
	"log/slog"
	"net"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"policypush/internal/channel"
	"policypush/internal/channel/channeltest"
	"policypush/internal/channel/email"
)

var key = []byte("0123456789abcdef0123456789abcdef")

func config(p *channeltest.SMTPPeer, s email.Security) email.Config {
	return email.Config{
		Host: p.Host, Port: p.Port, Security: s, Roots: p.Roots,
		Composer: email.Composer{From: mail.Address{Name: "云川县政务公开办", Address: "tuisong@yunchuan.example"}},
		Envelope: email.Envelope{Domain: "bounce.yunchuan.example", Key: key},
	}
}

func open(t *testing.T, cfg email.Config) *email.Sender {
	t.Helper()
	s, err := email.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func notice(ref, to string) channel.Message {
	return channel.Message{
		Ref: ref, To: to, Subject: "云川县：中小微企业稳岗返还可以申请了",
		Text:        "《云川县关于做好稳岗返还工作的通知》\n适用可能性高，以主管部门审核为准。\n",
		HTML:        "<p>《云川县关于做好稳岗返还工作的通知》</p>",
		Unsubscribe: "https://zc.yunchuan.example/u/AWUBAg", UnsubscribeMail: "unsub@yunchuan.example?subject=AWUBAg",
	}
}

// send sends one message and returns its result.
func send(t *testing.T, s *email.Sender, m channel.Message) channel.Result {
	t.Helper()
	rs := s.Send(t.Context(), []channel.Message{m})
	if len(rs) != 1 || rs[0].Ref != m.Ref {
		t.Fatalf("results: %+v", rs)
	}
	return rs[0]
}

// TestThroughAPlainRelay holds the tests that share one server.
func TestThroughAPlainRelay(t *testing.T) {
	peer := channeltest.StartSMTPPeer(t, channeltest.SMTPOptions{})
	for name, test := range map[string]func(*testing.T, *channeltest.SMTPPeer){
		"each answer has its class":                                 eachAnswerHasItsClass,
		"a greylisted mail is taken the second time, under its id":  greylistedMailIsTakenTheSecondTime,
		"a refused recipient does not harm the next":                aRefusedRecipientDoesNotHarmTheNext,
		"an ending context starts nothing new":                      anEndingContextStartsNothingNew,
		"after the relay asked for a pause nothing is tried":        inAPauseNothingIsTried,
		"TLS that was demanded and is not offered: nothing is sent": noTLSNoMail,
	} {
		t.Run(name, func(t *testing.T) { test(t, peer) })
	}
}

// awaitMail waits for the mail of one delivery.
func awaitMail(t *testing.T, peer *channeltest.SMTPPeer, ref string) {
	t.Helper()
	for n := 1; len(arrived(t, peer, ref)) == 0; n++ {
		peer.Await(t, n)
	}
}

// arrived returns the mails of one delivery that came whole.
func arrived(t *testing.T, peer *channeltest.SMTPPeer, ref string) []channeltest.Mail {
	t.Helper()
	return slices.DeleteFunc(peer.Mails(t), func(m channeltest.Mail) bool { return m.MessageID != "<"+ref+"@yunchuan.example>" })
}

func eachAnswerHasItsClass(t *testing.T, peer *channeltest.SMTPPeer) {
	for name, tt := range map[string]struct {
		to   string
		want channel.Result // Ref, GatewayRef and Note are not compared
	}{
		"taken":                              {"zhang@example.com", channel.Result{Class: channel.Accepted}},
		"no such user: dead address":         {"perm1@example.com", channel.Result{Class: channel.Permanent, Code: "5.1.1", BadAddress: true}},
		"full mailbox: later":                {"full1@example.com", channel.Result{Class: channel.Retry, Code: "5.2.2"}},
		"try later, connection closed":       {"soft1@example.com", channel.Result{Class: channel.Retry, Code: "4.3.2"}},
		"content refused: address is fine":   {"late1@example.com", channel.Result{Class: channel.Permanent, Code: "5.7.1"}},
		"too fast: pause":                    {"rate1@example.com", channel.Result{Class: channel.Throttled, Code: "4.7.28", After: time.Minute}},
		"no answer to RCPT: later":           {"hang1@example.com", channel.Result{Class: channel.Retry, Code: "io"}},
		"cut after the final dot: unknown":   {"drop1@example.com", channel.Result{Class: channel.Unknown, Code: "no-answer"}},
		"no address at all":                  {"not an address", channel.Result{Class: channel.Permanent, Code: "address", BadAddress: true}},
		"line break in the address":          {"a@example.com\r\nBcc: evil@example.com", channel.Result{Class: channel.Permanent, Code: "address", BadAddress: true}},
		"second command hidden in the angle": {"a@example.com>\r\nRCPT TO:<evil@example.com", channel.Result{Class: channel.Permanent, Code: "address", BadAddress: true}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(peer, email.Plain)
			cfg.CommandTimeout = 500 * time.Millisecond
			got := send(t, open(t, cfg), notice("d1", tt.to))
			if strings.Contains(got.Note, "@example.com") {
				t.Errorf("note holds an address: %q", got.Note)
			}
			got.Ref, got.Gateway, got.GatewayRef, got.Note = "", "", "", ""
			if got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
	for _, m := range peer.Mails(t) {
		if slices.Contains(m.To, "evil@example.com") {
			t.Error("an injected recipient got a mail")
		}
	}
}

func greylistedMailIsTakenTheSecondTime(t *testing.T, peer *channeltest.SMTPPeer) {
	s := open(t, config(peer, email.Plain))
	if r := send(t, s, notice("d700", "grey@example.com")); r.Class != channel.Retry || r.Code != "4.7.1" {
		t.Fatalf("first: %+v", r)
	}
	if r := send(t, s, notice("d700", "grey@example.com")); r.Class != channel.Accepted {
		t.Fatalf("second: %+v", r)
	}
	awaitMail(t, peer, "d700")
	if ms := arrived(t, peer, "d700"); len(ms) != 1 || ms[0].Times != 1 {
		t.Fatalf("mails: %+v", ms)
	}
}

func aRefusedRecipientDoesNotHarmTheNext(t *testing.T, peer *channeltest.SMTPPeer) {
	cfg := config(peer, email.Plain)
	cfg.Connections = 1 // so that all share one connection
	s := open(t, cfg)
	var ms []channel.Message
	var want []channel.Class
	for i := range 30 {
		to, class := "zhang@example.com", channel.Accepted
		switch i % 5 {
		case 1:
			to, class = "perm@example.com", channel.Permanent
		case 3:
			to, class = "late@example.com", channel.Permanent
		}
		ms, want = append(ms, notice("d"+strconv.Itoa(i), to)), append(want, class)
	}
	for i, r := range s.Send(t.Context(), ms) {
		if r.Class != want[i] || r.Ref != ms[i].Ref {
			t.Errorf("%s: %+v, want %s", ms[i].To, r, want[i])
		}
	}
}

func TestAMailArrivesAsItWasMeant(t *testing.T) {
	peer := channeltest.StartSMTPPeer(t, channeltest.SMTPOptions{Security: "starttls", Credentials: "push:p@ss 词"})
	cfg := config(peer, email.StartTLS)
	cfg.Username, cfg.Password = "push", "p@ss 词"
	s := open(t, cfg)
	m := notice("d42", "li.si@example.com")
	m.Subject = "关于印发《云川县2026年支持中小微企业和个体工商户纾困发展的若干政策措施》的通知：稳岗返还、房租减免、贷款贴息（适用可能性高）"
	m.FromName = `云川县人力资源和社会保障局, "就业科" <x@evil.example>`
	if r := send(t, s, m); r.Class != channel.Accepted {
		t.Fatalf("%+v", r)
	}
	got := peer.Await(t, 1)[0]
	if got.Subject != m.Subject || got.Text != m.Text || got.HTML != m.HTML {
		t.Errorf("subject %q\ntext %q\nhtml %q", got.Subject, got.Text, got.HTML)
	}
	if !got.TLS || got.User != "push" || got.Hello != "yunchuan.example" {
		t.Errorf("TLS %v, user %q, hello %q", got.TLS, got.User, got.Hello)
	}
	if ref, ok := cfg.Envelope.Ref(got.From); !ok || ref != "d42" {
		t.Errorf("envelope sender %q", got.From)
	}
	if got.ListUnsubscribePost != "List-Unsubscribe-Post: List-Unsubscribe=One-Click" ||
		!strings.Contains(got.ListUnsubscribe, "<https://zc.yunchuan.example/u/AWUBAg>") || !strings.Contains(got.ListUnsubscribe, "<mailto:unsub@yunchuan.example?subject=AWUBAg>") {
		t.Errorf("%q %q", got.ListUnsubscribe, got.ListUnsubscribePost)
	}
	if !strings.Contains(got.FromText, "tuisong@yunchuan.example") {
		t.Errorf("from %q", got.FromText)
	}
	for _, h := range got.Headers {
		for _, line := range strings.FieldsFunc(h, func(r rune) bool { return r == '\r' || r == '\n' }) {
			if len(line) > 76 && !strings.HasPrefix(line, "List-Unsubscribe") {
				t.Errorf("header line of %d octets: %q", len(line), line)
			}
		}
	}
}

func TestImplicitTLS(t *testing.T) {
	peer := channeltest.StartSMTPPeer(t, channeltest.SMTPOptions{Security: "implicit"})
	if r := send(t, open(t, config(peer, email.Implicit)), notice("d1", "a@example.com")); r.Class != channel.Accepted {
		t.Errorf("%+v", r)
	}
}

func TestWrongSettingsAreToldApartFromBadMails(t *testing.T) {
	for name, tt := range map[string]struct {
		peer   channeltest.SMTPOptions
		change func(*email.Config)
		code   string
	}{
		"certificate of a stranger":     {channeltest.SMTPOptions{Security: "starttls"}, func(c *email.Config) { c.Security, c.Roots = email.StartTLS, x509.NewCertPool() }, "tls"},
		"wrong password":                {channeltest.SMTPOptions{Security: "implicit", Credentials: "push:right"}, func(c *email.Config) { c.Security, c.Username, c.Password = email.Implicit, "push", "wrong" }, "5.7.8"},
		"password where none is wanted": {channeltest.SMTPOptions{Credentials: "push:right"}, func(*email.Config) {}, "530"},
	} {
		t.Run(name, func(t *testing.T) {
			peer := channeltest.StartSMTPPeer(t, tt.peer)
			cfg := config(peer, email.Plain)
			cfg.Connections = 1
			tt.change(&cfg)
			rs := open(t, cfg).Send(t.Context(), []channel.Message{notice("d1", "a@example.com"), notice("d2", "b@example.com")})
			for _, r := range rs {
				if r.Class != channel.Config || r.Code != tt.code {
					t.Errorf("%+v, want config %s", r, tt.code)
				}
			}
			if n := len(peer.Mails(t)); n > 0 {
				t.Errorf("%d mails went out", n)
			}
		})
	}
}

func TestSettingsThatCannotWorkAreRefused(t *testing.T) {
	for name, change := range map[string]func(*email.Config){
		"password in clear over the net": func(c *email.Config) { c.Host, c.Username = "mail.example.com", "push" },
		"no host":                        func(c *email.Config) { c.Host = "" },
		"unknown security":               func(c *email.Config) { c.Security = "ssl" },
		"sender is no address":           func(c *email.Config) { c.Composer.From.Address = "政务公开办" },
		"bounce key missing":             func(c *email.Config) { c.Envelope.Key = nil },
		"bounce domain is none":          func(c *email.Config) { c.Envelope.Domain = "a b" },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := email.Config{Host: "127.0.0.1", Security: email.Plain, Composer: email.Composer{From: mail.Address{Address: "a@example.com"}}, Envelope: email.Envelope{Domain: "b.example", Key: key}}
			change(&cfg)
			if _, err := email.New(cfg); err == nil {
				t.Error("taken")
			}
		})
	}
}

func TestADeadRelayFailsAllAtOnce(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	s := open(t, email.Config{Host: "127.0.0.1", Port: port, Security: email.Plain, Composer: email.Composer{From: mail.Address{Address: "a@example.com"}}})
	for _, r := range s.Send(t.Context(), make500()) {
		if r.Class != channel.Retry || r.Code != "connect" {
			t.Fatalf("%+v", r)
		}
	}
}

func make500() []channel.Message {
	ms := make([]channel.Message, 500)
	for i := range ms {
		ms[i] = notice("d"+strings.Repeat("1", i%9+1), "a@example.com")
	}
	return ms
}

// mute takes connections and never says a word.
func TestAMuteRelayIsGivenUp(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	for _, security := range []email.Security{email.Plain, email.StartTLS, email.Implicit} {
		s := open(t, email.Config{
			Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, Security: security, ConnectTimeout: 200 * time.Millisecond,
			Composer: email.Composer{From: mail.Address{Address: "a@example.com"}},
		})
		if r := send(t, s, notice("d1", "a@example.com")); r.Class != channel.Retry || r.Code != "connect" {
			t.Errorf("%s: %+v", security, r)
		}
	}
}

func anEndingContextStartsNothingNew(t *testing.T, peer *channeltest.SMTPPeer) {
	cfg := config(peer, email.Plain)
	cfg.Connections = 1
	s := open(t, cfg)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	// The first never answers to RCPT: the context ends in the middle of it.
	rs := s.Send(ctx, []channel.Message{notice("d51", "hang@example.com"), notice("d52", "a@example.com")})
	if rs[0].Class != channel.Retry || rs[1].Class != channel.Retry {
		t.Errorf("%+v", rs)
	}
	if n := len(arrived(t, peer, "d51")) + len(arrived(t, peer, "d52")); n > 0 {
		t.Errorf("%d mails went out", n)
	}
}

func noTLSNoMail(t *testing.T, peer *channeltest.SMTPPeer) {
	for security, code := range map[email.Security]string{email.StartTLS: "no-starttls", email.Implicit: "tls"} {
		if r := send(t, open(t, config(peer, security)), notice("d61", "a@example.com")); r.Class != channel.Config || r.Code != code {
			t.Errorf("%s: %+v", security, r)
		}
	}
	if n := len(arrived(t, peer, "d61")); n > 0 {
		t.Errorf("%d mails went out", n)
	}
}

func inAPauseNothingIsTried(t *testing.T, peer *channeltest.SMTPPeer) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	cfg := config(peer, email.Plain)
	cfg.Now = func() time.Time { return now }
	s := open(t, cfg)
	if r := send(t, s, notice("d1", "rate@example.com")); r.Class != channel.Throttled {
		t.Fatalf("%+v", r)
	}
	if r := send(t, s, notice("d2", "a@example.com")); r.Class != channel.Throttled || r.After != time.Minute {
		t.Errorf("in the pause: %+v", r)
	}
	now = now.Add(time.Minute)
	if r := send(t, s, notice("d2", "a@example.com")); r.Class != channel.Accepted {
		t.Errorf("after it: %+v", r)
	}
}

func TestABounceComesBackWithItsReference(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	envelope := email.Envelope{Domain: "bounce.yunchuan.example", Key: key}
	got := make(chan email.Bounce, 8)
	first := true
	b := email.NewBounces(envelope, slog.New(slog.NewTextHandler(t.Output(), nil)), func(_ context.Context, b email.Bounce) error {
		if first { // the relay comes again
			first = false
			return context.DeadlineExceeded
		}
		got <- b
		return nil
	})
	served := make(chan error, 1)
	go func() { served <- b.Serve(l) }()
	peer := channeltest.StartSMTPPeer(t, channeltest.SMTPOptions{Bounce: l.Addr().String()})
	if r := send(t, open(t, config(peer, email.Plain)), notice("d99", "bounce1@example.com")); r.Class != channel.Accepted {
		t.Fatalf("%+v", r)
	}
	select {
	case bounce := <-got:
		want := email.Bounce{Ref: "d99", Action: "failed", Status: "5.1.1", Diagnostic: "550 5.1.1 <***>: Recipient address rejected: User unknown", BadAddress: true}
		if bounce != want {
			t.Errorf("got %+v, want %+v", bounce, want)
		}
	case <-time.After(30 * time.Second):
		t.Fatalf("no bounce came; the peer said: %s", peer.Errors())
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}
