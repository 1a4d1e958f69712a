package email_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"policypush/internal/channel"
	"policypush/internal/channel/email"
)

var (
	noon     = time.Date(2026, 11, 22, 12, 0, 0, 0, time.FixedZone("CST", 8*60*60))
	composer = email.Composer{From: mail.Address{Name: "云川县政务公开办", Address: "tuisong@yunchuan.example"}, ReplyTo: "zixun@yunchuan.example"}
)

func compose(t testing.TB, m channel.Message) (*mail.Message, []byte) {
	t.Helper()
	raw, err := composer.Compose(m, noon)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return parsed, raw
}

func TestHeadersOfANotice(t *testing.T) {
	got, raw := compose(t, notice("d42", "li.si@例子.example"))
	for field, want := range map[string]string{
		"To": "li.si@xn--fsqu00a.example", "Reply-To": "zixun@yunchuan.example", "Message-Id": "<d42@yunchuan.example>",
		"Date": "Sun, 22 Nov 2026 12:00:00 +0800", "Auto-Submitted": "auto-generated", "Precedence": "bulk",
		"List-Unsubscribe":      "<https://zc.yunchuan.example/u/AWUBAg>, <mailto:unsub@yunchuan.example?subject=AWUBAg>",
		"List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
	} {
		if len(got.Header[field]) != 1 || got.Header.Get(field) != want {
			t.Errorf("%s: %q, want %q", field, got.Header[field], want)
		}
	}
	from, err := got.Header.AddressList("From")
	if err != nil || len(from) != 1 || *from[0] != composer.From {
		t.Errorf("from %v, %v", from, err)
	}
	if i := bytes.IndexByte(bytes.ReplaceAll(raw, []byte("\r\n"), nil), '\n'); i >= 0 {
		t.Error("a line ends without CR")
	}
	again, _ := compose(t, notice("d42", "li.si@例子.example"))
	if again.Header.Get("Message-Id") != got.Header.Get("Message-Id") {
		t.Error("the second try is another mail")
	}
}

func TestPartsOfANotice(t *testing.T) {
	m := notice("d1", "a@example.com")
	got, _ := compose(t, m)
	kind, params, err := mime.ParseMediaType(got.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("%s %v", kind, err)
	}
	parts := multipart.NewReader(got.Body, params["boundary"])
	for _, want := range []struct{ kind, body string }{{"text/plain", strings.ReplaceAll(m.Text, "\n", "\r\n")}, {"text/html", m.HTML}} {
		p, err := parts.NextPart()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, p))
		if err != nil || string(body) != want.body || !strings.HasPrefix(p.Header.Get("Content-Type"), want.kind) {
			t.Errorf("%q %v, %v", body, p.Header, err)
		}
	}
	if _, err := parts.NextPart(); !errors.Is(err, io.EOF) {
		t.Error("a third part")
	}
}

func TestACodeIsNoBulkMail(t *testing.T) {
	got, _ := compose(t, channel.Message{Ref: "c1", To: "a@example.com", Subject: "验证码", Text: "您的验证码是123456，5分钟内有效。"})
	for _, field := range []string{"List-Unsubscribe", "List-Unsubscribe-Post", "Precedence"} {
		if got.Header.Get(field) != "" {
			t.Errorf("%s: %q", field, got.Header.Get(field))
		}
	}
	if kind, _, err := mime.ParseMediaType(got.Header.Get("Content-Type")); err != nil || kind != "text/plain" {
		t.Errorf("%s %v", kind, err)
	}
}

func TestLineBreaksNeverReachAHeader(t *testing.T) {
	for name, change := range map[string]func(*channel.Message){
		"subject":          func(m *channel.Message) { m.Subject = "新政策\r\nBcc: evil@example.com" },
		"bare LF":          func(m *channel.Message) { m.Subject = "新政策\nBcc: evil@example.com" },
		"NUL":              func(m *channel.Message) { m.Subject = "新政策\x00" },
		"recipient":        func(m *channel.Message) { m.To = "a@example.com\r\nBcc: evil@example.com" },
		"two recipients":   func(m *channel.Message) { m.To = "a@example.com, evil@example.com" },
		"recipient's name": func(m *channel.Message) { m.To = "a <evil@example.com>" },
		"sender's name":    func(m *channel.Message) { m.FromName = "办\r\nX-Evil: 1" },
		"reference":        func(m *channel.Message) { m.Ref = "d1>\r\nX-Evil: 1" },
		"unsubscribe":      func(m *channel.Message) { m.Unsubscribe = "https://a.example/\r\nX-Evil: 1" },
		"unsubscribe, two": func(m *channel.Message) { m.Unsubscribe = "https://a.example/>, <https://evil.example/" },
		"unsubscribe kind": func(m *channel.Message) { m.Unsubscribe = "javascript:alert(1)" },
		"unsubscribe mail": func(m *channel.Message) { m.UnsubscribeMail = "a@example.com>, <https://evil.example/" },
		"no text":          func(m *channel.Message) { m.Text = " \n" },
		"a book":           func(m *channel.Message) { m.Subject = strings.Repeat("策", 1000) },
	} {
		t.Run(name, func(t *testing.T) {
			m := notice("d1", "a@example.com")
			change(&m)
			if raw, err := composer.Compose(m, noon); err == nil {
				t.Errorf("composed:\n%s", raw)
			}
		})
	}
}

func TestAnySubjectAndNameComeBackWhole(t *testing.T) {
	text := rapid.StringOfN(rapid.RuneFrom([]rune("稳岗返还，。（）《》 —𠮷𬱟ab Z-09.,:;\"'<>@[]()\\=?_\t!\u200b\u202e")), 0, 120, 1500)
	rapid.Check(t, func(rt *rapid.T) {
		m := notice("d1", "a@example.com")
		m.Subject, m.FromName = text.Draw(rt, "subject"), text.Draw(rt, "name")
		raw, err := composer.Compose(m, noon)
		if err != nil {
			rt.Fatal(err)
		}
		head, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
		for line := range strings.SplitSeq(string(head), "\r\n") {
			if len(line) > 76 || strings.TrimSpace(line) == "" {
				rt.Fatalf("line of %d octets: %q", len(line), line)
			}
		}
		parsed, err := mail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			rt.Fatal(err)
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject"))
		if err != nil || subject != m.Subject {
			rt.Fatalf("%q became %q, %v", m.Subject, subject, err)
		}
		if m.FromName == "" {
			m.FromName = composer.From.Name
		}
		from, err := parsed.Header.AddressList("From")
		if err != nil || len(from) != 1 || from[0].Name != m.FromName || from[0].Address != composer.From.Address {
			rt.Fatalf("%q became %+v, %v", m.FromName, from, err)
		}
	})
}

func TestAddresses(t *testing.T) {
	for in, want := range map[string]string{
		"a@example.com": "a@example.com", "zhang.san+zc@例子.example": "zhang.san+zc@xn--fsqu00a.example", "a_b-c@sub.example.cn": "a_b-c@sub.example.cn",
		"": "", "a": "", "@example.com": "", "a@": "", "张三@example.com": "", "a b@example.com": "", `"a b"@example.com`: "", "a@b@example.com": "",
		"a@[127.0.0.1]": "", "A <a@example.com>": "", "a@example.com>": "", "a@example.com\n": "", "a@-bad-.example": "",
		strings.Repeat("a", 65) + "@example.com": "", "a@" + strings.Repeat("b.", 130) + "cn": "",
	} {
		got, err := email.Address(in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
}

func FuzzCompose(f *testing.F) {
	f.Add("新政策", "a@example.com", "办", "正文", "https://a.example/u/x")
	f.Add("=?UTF-8?b?xx?=", "a@例子.example", "\"", "x\r\n.\r\n", "")
	f.Fuzz(func(t *testing.T, subject, to, name, text, unsubscribe string) {
		raw, err := composer.Compose(channel.Message{Ref: "d1", Subject: subject, To: to, FromName: name, Text: text, Unsubscribe: unsubscribe}, noon)
		if err != nil {
			return
		}
		m, err := mail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		allowed := map[string]bool{
			"From": true, "To": true, "Reply-To": true, "Subject": true, "Date": true, "Message-Id": true, "List-Unsubscribe": true, "List-Unsubscribe-Post": true,
			"Precedence": true, "Auto-Submitted": true, "Mime-Version": true, "Content-Type": true, "Content-Transfer-Encoding": true,
		}
		for field, values := range m.Header {
			if !allowed[field] || len(values) != 1 {
				t.Errorf("%s: %q", field, values)
			}
		}
		if got, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil || utf8.ValidString(subject) && got != subject && strings.TrimSpace(subject) == subject {
			t.Errorf("%q became %q, %v", subject, got, err)
		}
		if list, err := m.Header.AddressList("To"); err != nil || len(list) != 1 {
			t.Errorf("to %v, %v", list, err)
		}
	})
}
