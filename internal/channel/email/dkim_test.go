package email_test

import (
	"bytes"
	"encoding/json"
	"net/mail"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"policypush/internal/channel/email"
)

// signing returns keys of both kinds and their records as the DNS would hold
// them.
func signing(t testing.TB) (email.DKIM, map[string]string) {
	t.Helper()
	d, records := email.DKIM{Domain: "yunchuan.example"}, map[string]string{}
	for selector, kind := range map[string]string{"r1": "rsa", "e1": "ed25519"} {
		file, err := email.NewDKIMKey(kind)
		if err != nil {
			t.Fatal(err)
		}
		key, err := email.ParseDKIMKey(selector, file)
		if err != nil {
			t.Fatal(err)
		}
		d.Keys = append(d.Keys, key)
		line, value, err := key.Record(d.Domain)
		if err != nil {
			t.Fatal(err)
		}
		if unsplit := strings.ReplaceAll(line, `" "`, ""); !strings.Contains(unsplit, `"`+value+`"`) {
			t.Errorf("the line of the zone is not the value: %s", line)
		}
		records[selector+"._domainkey."+d.Domain] = value
	}
	return d, records
}

func signed(t testing.TB, d email.DKIM) []byte {
	t.Helper()
	c := email.Composer{From: mail.Address{Name: "云川县政务公开办", Address: "tuisong@yunchuan.example"}, ReplyTo: "zwgk@yunchuan.example"}
	raw, err := c.Compose(notice("d1", "zhang@example.com"), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if raw, err = d.Sign(raw); err != nil {
		t.Fatal(err)
	}
	return raw
}

// forgeries change a signed mail in ways that a signature must not survive.
func forgeries(raw []byte) map[string][]byte {
	change := func(old, now string) []byte { return bytes.Replace(raw, []byte(old), []byte(now), 1) }
	head, body, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	return map[string][]byte{
		"another way to unsubscribe": change("https://zc.yunchuan.example/u/", "https://evil.example/u/"),
		"no one-click":               change("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", ""),
		"a second From":              append([]byte("From: evil@example.com\r\n"), raw...),
		"another subject":            change("\r\nSubject: ", "\r\nSubject: =?UTF-8?b?5rGH5qy+?= "),
		"another body":               append(append(append([]byte{}, head...), "\r\n\r\nx"...), body...),
	}
}

func TestSignaturesHold(t *testing.T) {
	d, records := signing(t)
	raw := signed(t, d)
	verify := func(raw []byte) (good int) {
		found, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
			return []string{records[strings.TrimSuffix(name, ".")]}, nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range found {
			if v.Err == nil {
				good++
			}
		}
		return good
	}
	if n := verify(raw); n != 2 {
		t.Errorf("%d signatures hold", n)
	}
	for name, forged := range forgeries(raw) {
		if bytes.Equal(forged, raw) || verify(forged) > 0 {
			t.Errorf("%s: a signature holds", name)
		}
	}
}

// dkimpy checks mails with python3-dkim, which shares no line with the library
// that signs: it prints how many signatures of each hold.
const dkimpy = `
import base64, dkim, json, sys
given = json.load(sys.stdin)
records = {k.encode(): v.encode() for k, v in given["records"].items()}
def good(raw):
    n = 0
    for i in range(2):
        try:
            n += bool(dkim.DKIM(raw).verify(idx=i, dnsfunc=lambda name, timeout=5: records.get(name.rstrip(b"."))))
        except dkim.DKIMException:
            pass
    return n
json.dump({k: good(base64.b64decode(v)) for k, v in given["mails"].items()}, sys.stdout)
`

func TestAnIndependentProgramVerifiesTheSignatures(t *testing.T) {
	d, records := signing(t)
	raw := signed(t, d)
	mails := forgeries(raw)
	mails["as it was signed"] = raw
	given, err := json.Marshal(map[string]any{"records": records, "mails": mails})
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command("/usr/bin/python3", "-c", dkimpy) // Debian's, whose packages make setup installs
	c.Stdin = bytes.NewReader(given)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("python3-dkim (make setup installs it): %v\n%s", err, out)
	}
	hold := map[string]int{}
	if err := json.Unmarshal(out, &hold); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for name := range mails {
		want := 0
		if name == "as it was signed" {
			want = 2
		}
		if hold[name] != want {
			t.Errorf("%s: %d signatures hold, want %d", name, hold[name], want)
		}
	}
}

func TestKeysThatCannotSignAreRefused(t *testing.T) {
	file, err := email.NewDKIMKey("ed25519")
	if err != nil {
		t.Fatal(err)
	}
	for name, try := range map[string]func() error{
		"selector with a dot": func() error { _, err := email.ParseDKIMKey("a.b", file); return err },
		"no key":              func() error { _, err := email.ParseDKIMKey("a", []byte("hello")); return err },
		"no known key": func() error {
			_, err := email.ParseDKIMKey("a", bytes.Replace(file, []byte("MC4C"), []byte("MC4D"), 1))
			return err
		},
		"no known kind": func() error { _, err := email.NewDKIMKey("dsa"); return err },
	} {
		if try() == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
