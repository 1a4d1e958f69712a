package sms_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"golang.org/x/text/encoding/simplifiedchinese"

	"policypush/internal/channel"
	"policypush/internal/channel/channeltest"
	"policypush/internal/channel/sms"
	"policypush/internal/channel/sms/cmpp"
	"policypush/internal/domain"
)

// dial opens a provider against a gateway; with a sink it listens.
func dial(t *testing.T, g *channeltest.CMPPGateway, version string, sink sms.Sink, change ...func(*sms.CMPPConfig)) *sms.Line {
	t.Helper()
	cfg := sms.CMPPConfig{Address: g.Address, Version: version, User: g.User, Secret: g.Secret, Service: "ZCTS", From: g.From, Now: time.Now}
	for _, f := range change {
		f(&cfg)
	}
	p, err := sms.NewCMPP(cfg)
	if err != nil {
		t.Fatal(err)
	}
	l := sms.NewLine(sms.LineConfig{Providers: []sms.Provider{p}})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if sink != nil {
			l.Listen(ctx, sink)
		}
	}()
	t.Cleanup(func() {
		cancel()
		_ = l.Close()
		<-done
	})
	if sink != nil {
		wait(t, "a session", func() bool { return g.Connections() > 0 })
	}
	return l
}

func TestCMPPAgainstAnIndependentGateway(t *testing.T) {
	for _, version := range []string{"3.0", "2.0"} {
		t.Run(version, func(t *testing.T) {
			g := channeltest.StartCMPP(t, version == "3.0")
			back := &heard{}
			l := dial(t, g, version, back)
			send := func(to, text string) channel.Result {
				return l.Send(t.Context(), []channel.Message{{Ref: "d" + to[9:], To: to, Text: text}})[0]
			}
			t.Run("a text arrives and its receipt comes back", func(t *testing.T) {
				r := send("13800000010", text)
				if r.Class != channel.Accepted || r.Gateway != "cmpp" || len(r.GatewayRef) != 16 {
					t.Fatalf("%+v", r)
				}
				if got := back.of(t, "13800000010"); got.State != domain.Delivered || got.GatewayRef != r.GatewayRef || got.Code != "DELIVRD" {
					t.Errorf("%+v", got)
				}
				if p := g.Parts()[0]; g.Text("13800000010") != text || p.From != g.From || p.User != g.User || p.Parts != 1 || p.UDH != nil || !p.Receipt {
					t.Errorf("%+v", p)
				}
			})
			t.Run("a long text goes out in parts", func(t *testing.T) {
				long := "【云川县政务公开办】" + strings.Repeat("补贴", 28) + "𠮷" + strings.Repeat("稳岗返还", 20) + "退订回TD"
				r := send("13800000022", long) // and the gateway has no room at first
				if r.Class != channel.Throttled {
					t.Fatalf("%+v", r)
				}
				wait(t, "the gateway to be tried again", func() bool {
					r = send("13800000022", long)
					return r.Class == channel.Accepted
				})
				var parts []channeltest.CMPPPart
				for _, p := range g.Parts() {
					if p.To == "13800000022" {
						parts = append(parts, p)
					}
				}
				if g.Text("13800000022") != long || len(parts) != len(domain.SMSParts(long)) || len(parts) != 3 {
					t.Fatalf("%d parts: %q", len(parts), g.Text("13800000022"))
				}
				for i, p := range parts {
					last := i == len(parts)-1
					want := []byte{5, 0, 3, parts[0].UDH[3], byte(len(parts)), byte(i + 1)}
					if !slices.Equal(p.UDH, want) || p.Octets > 140 || p.Receipt != last || int(p.Part) != i+1 || int(p.Parts) != len(parts) {
						t.Errorf("part %d: %+v", i+1, p)
					}
					if first, end := p.Units[0], p.Units[len(p.Units)-1]; utf16.IsSurrogate(rune(first)) && first >= 0xDC00 || utf16.IsSurrogate(rune(end)) && end < 0xDC00 {
						t.Errorf("part %d cuts a character", i+1)
					}
				}
				if got := back.of(t, "13800000022"); got.GatewayRef != r.GatewayRef || got.State != domain.Delivered {
					t.Errorf("%+v", got)
				}
			})
			t.Run("a dead number by the answer, and by the receipt", func(t *testing.T) {
				if r := send("13800000013", text); r.Class != channel.Permanent || r.Code != "13" || !r.BadAddress {
					t.Errorf("%+v", r)
				}
				if r := send("13800000011", text); r.Class != channel.Accepted {
					t.Errorf("%+v", r)
				}
				if got := back.of(t, "13800000011"); got.State != domain.Failed || !got.BadAddress || got.Code != "MK:0001" {
					t.Errorf("%+v", got)
				}
			})
			t.Run("a receipt that comes before the answer is not lost", func(t *testing.T) {
				r := send("13800000018", text)
				if got := back.of(t, "13800000018"); r.Class != channel.Accepted || got.GatewayRef != r.GatewayRef || got.State != domain.Delivered {
					t.Errorf("%+v, %+v", r, got)
				}
			})
			t.Run("replies come back in every encoding", func(t *testing.T) {
				gbk, err := simplifiedchinese.GBK.NewEncoder().String("退订")
				if err != nil {
					t.Fatal(err)
				}
				if r := send("13800000019", text); r.Class != channel.Accepted {
					t.Errorf("%+v", r)
				}
				g.Reply(t, "8613800000101", 0, "TD")
				g.Reply(t, "13800000102", 15, gbk)
				g.Reply(t, "13800000103", 8, "\x8b\xf7\x95\xee") // 请问
				wait(t, "four replies", func() bool {
					back.mu.Lock()
					defer back.mu.Unlock()
					return len(back.replies) == 4
				})
				want := map[string]sms.Reply{
					"13800000019": {Text: "TD", Stop: true}, "13800000101": {Text: "TD", Stop: true}, "13800000102": {Text: "退订", Stop: true}, "13800000103": {Text: "请问"},
				}
				for _, r := range back.replies {
					if w := want[r.From]; r.Text != w.Text || r.Stop != w.Stop || r.To != g.From {
						t.Errorf("%+v", r)
					}
				}
			})
			wait(t, "every DELIVER to be answered", func() bool { return g.Unanswered() == 0 }) // or the cut takes the answers with it
			t.Run("a session that is cut leaves its message in doubt, the next one opens anew", func(t *testing.T) {
				if r := send("13800000017", text); r.Class != channel.Unknown {
					t.Errorf("%+v", r)
				}
				if r := send("13800000030", text); r.Class != channel.Accepted {
					t.Errorf("%+v", r)
				}
			})
			wait(t, "every further DELIVER to be answered", func() bool { return g.Unanswered() <= 1 }) // but the one that was cut
			t.Run("a wrong secret is our settings' fault", func(t *testing.T) {
				wrong := dial(t, g, version, nil, func(c *sms.CMPPConfig) { c.Secret = "wrong" })
				if r := wrong.Send(t.Context(), texts(1, 1))[0]; r.Class != channel.Config || r.Code != "connect-3" || g.Refused() != 1 {
					t.Errorf("%+v", r)
				}
			})
		})
	}
}

func TestMessagesShareTheWindow(t *testing.T) {
	g := channeltest.StartCMPP(t, true)
	back := &heard{}
	l := dial(t, g, "3.0", back)
	ms := make([]channel.Message, 1000)
	for i := range ms {
		ms[i] = channel.Message{Ref: fmt.Sprint("d", i), To: fmt.Sprintf("139%07d0", i), Text: text}
	}
	refs := map[string]bool{}
	for _, r := range l.Send(t.Context(), ms) {
		if r.Class != channel.Accepted || refs[r.GatewayRef] {
			t.Fatalf("%+v", r)
		}
		refs[r.GatewayRef] = true
	}
	wait(t, "all receipts", func() bool {
		back.mu.Lock()
		defer back.mu.Unlock()
		return len(back.reports) == len(ms)
	})
	if len(g.Parts()) != len(ms) || g.Connections() != 1 {
		t.Errorf("%d SUBMITs over %d sessions", len(g.Parts()), g.Connections())
	}
	for _, r := range back.reports {
		if !refs[r.GatewayRef] {
			t.Fatalf("a receipt for nothing: %+v", r)
		}
	}
}

func TestADeliverIsAnsweredWhenItIsKept(t *testing.T) {
	g := channeltest.StartCMPP(t, true)
	back := &heard{fail: errors.New("the database is away")}
	l := dial(t, g, "3.0", back)
	if r := l.Send(t.Context(), texts(10, 1))[0]; r.Class != channel.Accepted {
		t.Fatalf("%+v", r)
	}
	g.Reply(t, "13800000101", 0, "TD")
	// A SUBMIT and its answer behind them show that both were read by now.
	_ = l.Send(t.Context(), texts(16, 1))
	if n := g.Unanswered(); n != 2 {
		t.Errorf("%d are not answered, want 2", n)
	}
	back.mu.Lock()
	back.fail = nil
	back.mu.Unlock()
	wait(t, "both to be kept", func() bool {
		g.Redeliver(t)
		return g.Unanswered() == 0
	})
	if len(back.replies) == 0 || back.of(t, "13800000010").State != domain.Delivered {
		t.Errorf("%+v %+v", back.reports, back.replies)
	}
}

func TestAMuteGatewayIsLeft(t *testing.T) {
	g := channeltest.StartCMPP(t, true)
	short := func(c *sms.CMPPConfig) {
		c.Session = cmpp.Config{Answer: 200 * time.Millisecond, Beat: 50 * time.Millisecond, Grace: 50 * time.Millisecond}
	}
	l := dial(t, g, "3.0", &heard{}, short)
	t.Run("no answer to a SUBMIT in time is in doubt", func(t *testing.T) {
		if r := l.Send(t.Context(), []channel.Message{{Ref: "d1", To: "13800000005", Text: text}})[0]; r.Class != channel.Unknown {
			t.Errorf("%+v", r)
		}
	})
	t.Run("no sign of life ends the session", func(t *testing.T) {
		g.SetMute(true)
		s, err := cmpp.Open(t.Context(), cmpp.Config{
			Address: g.Address, User: g.User, Secret: g.Secret, Version: cmpp.V3, Now: time.Now, Beat: 20 * time.Millisecond,
		})
		if err != nil {
			t.Fatal(err)
		}
		wait(t, "the session to end", func() bool {
			select {
			case <-s.Done():
				return true
			default:
				return false
			}
		})
		_, err = s.Submit(t.Context(), "", cmpp.Message{To: "13800000000"})
		if !errors.Is(err, cmpp.ErrNotSent) {
			t.Errorf("%v", err)
		}
		g.SetMute(false)
	})
}

func TestAGatewayThatIsNotThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	p, err := sms.NewCMPP(sms.CMPPConfig{Address: addr, Version: "3.0", User: "900001", Secret: "x", From: "1069", Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range line(t, p).Send(t.Context(), texts(1, 20)) {
		if r.Class != channel.Retry && r.Class != channel.Throttled {
			t.Errorf("%+v", r)
		}
	}
	for name, cfg := range map[string]sms.CMPPConfig{
		"no version":    {Address: addr, User: "900001", Secret: "x", From: "1069"},
		"no address":    {Version: "3.0", User: "900001", Secret: "x", From: "1069"},
		"a long SP id":  {Address: addr, Version: "3.0", User: "9000011", Secret: "x", From: "1069"},
		"no own number": {Address: addr, Version: "2.0", User: "900001", Secret: "x"},
	} {
		if _, err := sms.NewCMPP(cfg); domain.KindOf(err) != domain.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestCMPPCountsParts: the gateway's count of a day is asked for over the
// session, and is one of parts of messages, as is what we say that it was handed.
// One that does not know the question is asked once.
func TestCMPPCountsParts(t *testing.T) {
	y, m, d := time.Now().In(time.FixedZone("CST", 8*60*60)).Date()
	day := time.Date(y, m, d, 0, 0, 0, 0, time.FixedZone("CST", 8*60*60))
	for _, version := range []string{"3.0", "2.0"} {
		t.Run(version, func(t *testing.T) {
			g := channeltest.StartCMPP(t, version == "3.0")
			l := dial(t, g, version, &heard{})
			handed := 0
			for i, text := range []string{cardText, "【云川】" + strings.Repeat("长", 67*3-4)} {
				r := l.Send(t.Context(), []channel.Message{{Ref: fmt.Sprint("d", i), To: "13800000000", Text: text}})[0]
				if r.Class != channel.Accepted || r.Units != 1+2*i {
					t.Fatalf("%+v", r)
				}
				handed += r.Units
			}
			if r := l.Send(t.Context(), []channel.Message{{Ref: "d3", To: "13800000003", Text: cardText}})[0]; r.Class != channel.Permanent {
				t.Fatalf("%+v", r) // not counted
			}
			got, err := l.Statement(t.Context(), day, day.AddDate(0, 0, 1))
			if want := []channel.Tally{{Gateway: "cmpp", Accepted: handed, Parts: true, Receipts: true, Delivered: 3, Failed: 1}}; err != nil || !slices.Equal(got, want) {
				t.Errorf("%+v %v", got, err)
			}
			got, err = l.Statement(t.Context(), day.AddDate(0, 0, -1), day)
			if want := []channel.Tally{{Gateway: "cmpp", Parts: true, Receipts: true}}; err != nil || !slices.Equal(got, want) {
				t.Errorf("the day before: %+v %v", got, err)
			}
			g.SetMum(true)
			if got, err := l.Statement(t.Context(), day, day.AddDate(0, 0, 1)); err == nil || len(got) > 0 {
				t.Errorf("without an answer: %+v %v", got, err)
			}
			if got, err := l.Statement(t.Context(), day, day.AddDate(0, 0, 1)); err != nil || len(got) > 0 {
				t.Errorf("asked again: %+v %v", got, err)
			}
			if r := l.Send(t.Context(), []channel.Message{{Ref: "d4", To: "13800000000", Text: cardText}})[0]; r.Class != channel.Accepted {
				t.Errorf("%+v", r)
			}
		})
	}
}
