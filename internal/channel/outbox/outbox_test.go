package outbox_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/mail"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"policypush/internal/channel"
	"policypush/internal/channel/email"
	"policypush/internal/channel/outbox"
	"policypush/internal/domain"
)

// evening is in Shanghai already the next day.
func evening() time.Time { return time.Date(2026, 11, 22, 23, 0, 0, 0, time.UTC) }

func open(t *testing.T, dir string, kind domain.ChannelKind) *outbox.Sender {
	t.Helper()
	s, err := outbox.New(dir, kind, email.Composer{From: mail.Address{Name: "云川县政务公开办", Address: "tuisong@yunchuan.example"}}, evening)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWhatIsWrittenCanBeReadAndNamesNobody(t *testing.T) {
	for _, tt := range []struct {
		kind     domain.ChannelKind
		to, file string
		message  channel.Message
	}{
		{domain.SMS, "13800000001", "sms/2026-11-23/d1-138____0001.txt", channel.Message{Ref: "d1", Text: "【云川县】您的验证码是123456"}},
		{domain.Email, "zhang.san@example.com", "email/2026-11-23/d2-z___@example.com.eml", channel.Message{Ref: "d2", Subject: "新政策", Text: "稳岗返还", HTML: "<p>稳岗返还</p>", Unsubscribe: "https://zc.yunchuan.example/u/abc"}},
	} {
		t.Run(string(tt.kind), func(t *testing.T) {
			dir := t.TempDir()
			m := tt.message
			m.To = tt.to
			want := channel.Result{Ref: m.Ref, Class: channel.Accepted, Gateway: "log", GatewayRef: outbox.GatewayRef}
			if rs := open(t, dir, tt.kind).Send(t.Context(), []channel.Message{m}); rs[0] != want {
				t.Fatalf("%+v", rs)
			}
			one, err := os.ReadFile(filepath.Join(dir, tt.file))
			if err != nil {
				t.Fatal(err)
			}
			all, err := os.ReadFile(filepath.Join(dir, string(tt.kind), "2026-11-23.jsonl"))
			if err != nil {
				t.Fatal(err)
			}
			var line struct{ At, Ref, To, Subject, Text string }
			if err := json.Unmarshal(all, &line); err != nil {
				t.Fatal(err)
			}
			if line.Text != m.Text || line.Ref != m.Ref || line.Subject != m.Subject || line.At != "2026-11-23T07:00:00+08:00" {
				t.Errorf("%+v", line)
			}
			if strings.Contains(string(one)+string(all), m.To) {
				t.Error("the address stands in the outbox")
			}
			if tt.kind == domain.Email {
				if parsed, err := mail.ReadMessage(bytes.NewReader(one)); err != nil || parsed.Header.Get("To") != "z***@example.com" {
					t.Errorf("%v %v", parsed, err)
				}
			}
		})
	}
}

func TestManyMessagesFillAFileNotTheDisk(t *testing.T) {
	dir := t.TempDir()
	for range 2 { // the second sender counts what the first has left
		ms := make([]channel.Message, 700)
		for i := range ms {
			ms[i] = channel.Message{Ref: "d" + strconv.Itoa(i), To: "13" + strconv.Itoa(800000000+i), Text: "【云川县】短信"}
		}
		s := open(t, dir, domain.SMS)
		if rs := s.Send(t.Context(), ms); rs[699].Class != channel.Accepted {
			t.Fatalf("%+v", rs[699])
		}
	}
	f, err := os.Open(filepath.Join(dir, "sms", "2026-11-23.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	n := 0
	for sc := bufio.NewScanner(f); sc.Scan(); {
		n++
	}
	files, err := os.ReadDir(filepath.Join(dir, "sms", "2026-11-23"))
	if err != nil || n != 1400 || len(files) > 1000 {
		t.Errorf("%d lines, %d files, %v", n, len(files), err)
	}
}

func TestAnOutboxThatCannotBeWrittenAsksForAnotherTry(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, domain.SMS)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil { // a file where the folder was
		t.Fatal(err)
	}
	if rs := s.Send(t.Context(), []channel.Message{{Ref: "d1", To: "13800000001", Text: "短信"}}); rs[0].Class != channel.Retry {
		t.Errorf("%+v", rs)
	}
}

func TestTheOutboxCountsItsDays(t *testing.T) {
	s := open(t, t.TempDir(), domain.SMS)
	for range 3 {
		s.Send(t.Context(), []channel.Message{{Ref: "d1", To: "13800000001", Text: "一\n二"}, {Ref: "d2", To: "13800000002", Text: "三"}})
	}
	day := time.Date(2026, 11, 23, 0, 0, 0, 0, time.FixedZone("CST", 8*60*60))
	for name, tt := range map[string]struct {
		from, to time.Time
		want     int
	}{
		"the day":        {day, day.AddDate(0, 0, 1), 6},
		"the day before": {day.AddDate(0, 0, -1), day, 0},
		"both":           {day.AddDate(0, 0, -1), day.AddDate(0, 0, 1), 6},
	} {
		got, err := s.Statement(t.Context(), tt.from, tt.to)
		if err != nil || len(got) != 1 || got[0].Gateway != outbox.GatewayRef || got[0].Accepted != tt.want || got[0].Receipts {
			t.Errorf("%s: %+v, want %d (%v)", name, got, tt.want, err)
		}
	}
}
