package email_test

import (
	"fmt"
	"net/mail"
	"strconv"
	"strings"
	"testing"
	"time"

	"policypush/internal/channel"
	"policypush/internal/channel/channeltest"
	"policypush/internal/channel/email"
)

// TestThroughAnExim: a mail server of many relays takes the commands that leave in
// one go, with the text before them, and refuses whoever speaks before their turn.
// Each mail arrives once, whatever became of the one before it.
func TestThroughAnExim(t *testing.T) {
	for _, security := range []email.Security{email.Plain, email.StartTLS} {
		t.Run(string(security), func(t *testing.T) {
			x := channeltest.StartExim(t)
			s := open(t, email.Config{
				Host: x.Host, Port: x.Port, Security: security, Roots: x.Roots, Connections: 2, Pause: time.Millisecond,
				Composer: email.Composer{From: mail.Address{Name: "云川县政务公开办", Address: "tuisong@yunchuan.example"}},
				Envelope: email.Envelope{Domain: "bounce.yunchuan.example", Key: key},
			})
			var ms []channel.Message
			var want []string
			for i := range 250 { // more than a connection carries
				to, outcome := "zhang", "accepted "
				switch i % 7 {
				case 2, 3: // one after the other
					to, outcome = "perm", "permanent 5.1.1"
				case 4:
					to, outcome = "soft", "retry 4.2.1"
				case 6:
					to, outcome = "late", "permanent 5.7.1"
				}
				m := notice("d"+strconv.Itoa(i), to+strconv.Itoa(i)+"@example.com")
				m.Text = fmt.Sprintf("第%d封。\n", i) + strings.Repeat("稳岗返还", i%40*200) // up to 150 KB
				ms, want = append(ms, m), append(want, outcome)
			}
			lengths := map[string]int{}
			for i, r := range s.Send(t.Context(), ms) {
				if got := r.Class.String() + " " + r.Code; got != want[i] {
					t.Errorf("%s: %+v, want %s", ms[i].To, r, want[i])
				}
				if r.Class == channel.Accepted {
					lengths[ms[i].Ref+"@yunchuan.example"] = len(ms[i].Text)
				}
			}
			all := x.Taken(t)
			for id, n := range lengths {
				if texts := all[id]; len(texts) != 1 || len(texts[0]) < n {
					t.Errorf("%s of %d octets was taken %d times", id, n, len(texts))
				}
			}
			if len(all) != len(lengths) {
				t.Errorf("%d mails were taken, %d told so", len(all), len(lengths))
			}
			log := x.Log(t)
			if strings.Contains(log, "synchronization") || strings.Count(log, " L. ") != len(lengths) { // L is PIPELINING; the dot, that EHLO had its own turn
				t.Errorf("not in one go, or out of turn:\n%s", log)
			}
		})
	}
}
