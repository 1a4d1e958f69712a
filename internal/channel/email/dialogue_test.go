package email_test

import (
	"bufio"
	"net"
	"net/mail"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"policypush/internal/channel"
	"policypush/internal/channel/email"
)

// relay answers each line of a client as a function says, and notes the lines.
// Nothing is answered for "".
type relay struct {
	net.Listener
	lines chan string
}

func startRelay(t *testing.T, answer func(line string) string) *relay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{l, make(chan string, 1000)}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go r.serve(conn, answer)
		}
	}()
	return r
}

func (r *relay) serve(conn net.Conn, answer func(string) string) {
	defer func() { _ = conn.Close() }()
	_, _ = conn.Write([]byte("220 relay.example ESMTP\r\n"))
	text := false
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		line := lines.Text()
		if text && line != "." {
			continue
		}
		r.lines <- line
		said := answer(line)
		text = strings.HasPrefix(said, "354")
		if said != "" {
			_, _ = conn.Write([]byte(said + "\r\n"))
		}
	}
}

func (r *relay) sender(t *testing.T, connections int) *email.Sender {
	return open(t, email.Config{
		Host: "127.0.0.1", Port: r.Addr().(*net.TCPAddr).Port, Security: email.Plain, Connections: connections, CommandTimeout: 5 * time.Second,
		Composer: email.Composer{From: mail.Address{Address: "a@yunchuan.example"}},
	})
}

// heard returns the first words of what a relay has heard. It waits for as many
// as are wanted: the answer to one line may be with the client before the relay
// has read the lines that came with it.
func (r *relay) heard(t *testing.T, want string) string {
	t.Helper()
	var words []string
	for {
		patience := 10 * time.Second
		if len(words) >= len(strings.Fields(want)) {
			patience = 20 * time.Millisecond // for what should not come
		}
		select {
		case line := <-r.lines:
			word, _, _ := strings.Cut(line, " ")
			words = append(words, word)
		case <-time.After(patience):
			return strings.Join(words, " ")
		}
	}
}

// agreeing answers as a relay that takes everything, in words of its own for
// some commands.
func agreeing(offers string, other map[string]string) func(string) string {
	return func(line string) string {
		for begin, said := range other {
			if strings.HasPrefix(line, begin) {
				return said
			}
		}
		switch word, _, _ := strings.Cut(line, " "); word {
		case "EHLO":
			return "250-relay.example\r\n250-" + offers + "\r\n250 HELP"
		case "DATA":
			return "354 go on"
		default:
			return "250 2.0.0 ok"
		}
	}
}

// TestCommandsLeaveInOneGo: a relay that says nothing until it has heard DATA
// would wait for ever if commands came one by one.
func TestCommandsLeaveInOneGo(t *testing.T) {
	r := startRelay(t, agreeing("PIPELINING", map[string]string{"MAIL": "", "RCPT": "", "DATA": "250 ok\r\n250 ok\r\n354 go on"}))
	if got := send(t, r.sender(t, 1), notice("d1", "b@example.com")); got.Class != channel.Accepted || got.Note != "2.0.0 ok" {
		t.Errorf("%+v", got)
	}
}

// TestARelayThatDoesNotOfferItHearsOneByOne: after a refused MAIL it hears no
// RCPT.
func TestARelayThatDoesNotOfferItHearsOneByOne(t *testing.T) {
	r := startRelay(t, agreeing("SIZE 1000000", map[string]string{"MAIL": "451 4.3.0 later"}))
	if got := send(t, r.sender(t, 1), notice("d1", "b@example.com")); got.Class != channel.Retry || got.Code != "4.3.0" {
		t.Errorf("%+v", got)
	}
	want := "EHLO MAIL RSET"
	if heard := r.heard(t, want); heard != want {
		t.Errorf("heard %q", heard)
	}
}

// TestARecipientRefusedInOneGoGetsNothing: a relay that has refused the only
// recipient may still ask for the text. It gets none, and the next mail goes
// its way over the same connection.
func TestARecipientRefusedInOneGoGetsNothing(t *testing.T) {
	for name, tt := range map[string]struct {
		answers map[string]string
		heard   string
	}{
		"it asks for the text": {map[string]string{"RCPT TO:<gone@": "550 5.1.1 no such user"}, "EHLO MAIL RCPT DATA . RSET MAIL RCPT DATA ."},
		"it refuses the text":  {map[string]string{"RCPT TO:<gone@": "550 5.1.1 no such user", "DATA": "503 5.5.1 no recipient"}, "EHLO MAIL RCPT DATA RSET MAIL RCPT DATA"},
	} {
		t.Run(name, func(t *testing.T) {
			r := startRelay(t, agreeing("PIPELINING", tt.answers))
			got := r.sender(t, 1).Send(t.Context(), []channel.Message{notice("d1", "gone@example.com"), notice("d2", "b@example.com")})
			if got[0].Class != channel.Permanent || !got[0].BadAddress || got[0].Code != "5.1.1" {
				t.Errorf("refused: %+v", got[0])
			}
			if want := tt.answers["DATA"] == ""; (got[1].Class == channel.Accepted) != want {
				t.Errorf("the next: %+v", got[1])
			}
			if heard := r.heard(t, tt.heard); !strings.HasPrefix(heard, tt.heard) {
				t.Errorf("heard %q, want %q", heard, tt.heard)
			}
		})
	}
}

// after lets a relay answer the nth line that begins so with other words.
func after(answer func(string) string, n int64, begin, said string) func(string) string {
	var heard atomic.Int64 // over all connections
	return func(line string) string {
		if strings.HasPrefix(line, begin) && heard.Add(1) == n {
			return said
		}
		return answer(line)
	}
}

func notices(n int) []channel.Message {
	all := make([]channel.Message, n)
	for i := range all {
		all[i] = notice("d"+strconv.Itoa(i+1), "b@example.com")
	}
	return all
}

// TestTheNextMailBeginsWithTheEndOfTheLast: a relay that does not answer a text
// until it has heard the next DATA would wait for ever otherwise.
func TestTheNextMailBeginsWithTheEndOfTheLast(t *testing.T) {
	answer := agreeing("PIPELINING", nil)
	for _, silent := range []struct {
		n     int64
		begin string
	}{{1, "."}, {2, "MAIL"}, {2, "RCPT"}} {
		answer = after(answer, silent.n, silent.begin, "")
	}
	r := startRelay(t, after(answer, 2, "DATA", "250 2.6.0 first\r\n250 ok\r\n250 ok\r\n354 go on"))
	got := r.sender(t, 1).Send(t.Context(), notices(2))
	if got[0].Class != channel.Accepted || got[0].Note != "2.6.0 first" || got[1].Class != channel.Accepted || got[1].Note != "2.0.0 ok" {
		t.Errorf("%+v", got)
	}
}

// TestWhatARelaySaysOfOneMailIsNotOfTheNext, which has begun by then: after a
// refused text it is sent all the same, after a word to slow down it is not.
func TestWhatARelaySaysOfOneMailIsNotOfTheNext(t *testing.T) {
	for name, tt := range map[string]struct {
		said        string
		first, then channel.Class
		heard       string
	}{
		"a refused text": {"554 5.6.0 no", channel.Permanent, channel.Accepted, "EHLO MAIL RCPT DATA . MAIL RCPT DATA ."},
		"too fast":       {"450 4.7.28 slow down", channel.Throttled, channel.Throttled, "EHLO MAIL RCPT DATA . MAIL RCPT DATA"},
		"the end":        {"421 4.3.2 bye", channel.Retry, channel.Accepted, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := startRelay(t, after(agreeing("PIPELINING", nil), 1, ".", tt.said))
			got := r.sender(t, 1).Send(t.Context(), notices(2))
			if got[0].Class != tt.first || got[1].Class != tt.then {
				t.Errorf("%+v", got)
			}
			if heard := r.heard(t, tt.heard); tt.heard != "" && heard != tt.heard {
				t.Errorf("heard %q", heard)
			}
		})
	}
}

// TestARelayThatForgetsWhatCameWithTheTextIsToldLater: of one mail it says
// nothing, those after it wait for their turn.
func TestARelayThatForgetsWhatCameWithTheTextIsToldLater(t *testing.T) {
	answer := agreeing("PIPELINING", nil)
	for _, begin := range []string{"MAIL", "RCPT", "DATA"} {
		answer = after(answer, 2, begin, "")
	}
	r := startRelay(t, answer)
	s := open(t, email.Config{
		Host: "127.0.0.1", Port: r.Addr().(*net.TCPAddr).Port, Security: email.Plain, Connections: 1, CommandTimeout: 3 * time.Second,
		Composer: email.Composer{From: mail.Address{Address: "a@yunchuan.example"}},
	})
	got := s.Send(t.Context(), notices(4))
	if got[0].Class != channel.Accepted || got[1].Class != channel.Retry || got[2].Class != channel.Accepted || got[3].Class != channel.Accepted {
		t.Errorf("%+v", got)
	}
}

func TestAnOldRelayIsGreetedAsItKnows(t *testing.T) {
	r := startRelay(t, agreeing("", map[string]string{"EHLO": "502 what?"}))
	if got := send(t, r.sender(t, 1), notice("d1", "b@example.com")); got.Class != channel.Accepted {
		t.Errorf("%+v", got)
	}
	want := "EHLO HELO MAIL RCPT DATA ."
	if heard := r.heard(t, want); heard != want {
		t.Errorf("heard %q", heard)
	}
}

// FuzzRelay says anything as a relay: no mail counts as taken that was not.
func FuzzRelay(f *testing.F) {
	f.Add("250-relay\r\n250 PIPELINING", "250 ok", "550 5.1.1 no", "354 go", "250 done")
	f.Add("250 x", "250-a\r\n250 b", "251 ok", "354", "2")
	f.Add("502 no", "421 4.3.2 bye", "", "999 \x00", "250")
	f.Fuzz(func(t *testing.T, ehlo, mail, rcpt, data, dot string) {
		r := startRelay(t, agreeing("", map[string]string{"EHLO": ehlo, "MAIL": mail, "RCPT": rcpt, "DATA": data, ".": dot}))
		s := email.Config{
			Host: "127.0.0.1", Port: r.Addr().(*net.TCPAddr).Port, Security: email.Plain, CommandTimeout: 50 * time.Millisecond, ConnectTimeout: 100 * time.Millisecond,
			SubmissionTimeout: 50 * time.Millisecond, Composer: email.Composer{From: senderOfFuzz},
		}
		got := send(t, open(t, s), notice("d1", "b@example.com"))
		if got.Class == channel.Accepted && !strings.Contains(ehlo+mail+rcpt+data+dot, "250") {
			t.Errorf("taken: %+v", got)
		}
	})
}

var senderOfFuzz = mail.Address{Address: "a@yunchuan.example"}
