package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"policypush/internal/channel/channeltest"
	"policypush/internal/porttest"
	"policypush/internal/storage/pgtest"
)

// TestJourney is the main job from end to end: an office is set up on the
// command line, policies are imported, approved by a second person and
// published in the console, and the people they concern, and nobody else, are
// told in the inbox, by text message and by mail.
func TestJourney(t *testing.T) {
	t.Parallel()
	for name, records := range map[string]func(testing.TB) (database, redisURL string){
		"SQLite, Redis inside the process": func(testing.TB) (string, string) { return "", "" },
		"PostgreSQL, redis-server":         func(t testing.TB) (string, string) { return pgtest.Start(t).Database(t), startRedis(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database, redisURL := records(t)
			j := newJourney(t, database, redisURL)
			j.setUp()
			j.in.serve()
			j.draft, j.approve = j.signIn(drafter, drafterPassword), j.signIn(approver, approverPassword)
			policies := j.importAll()
			if id, there := policies["seed.txt"]; there {
				j.internal(id)
			}
			j.caterers(policies["canyin.docx"])
			j.elders(policies["qunuan.html"])
			j.manufacturers(policies["shebei.txt"])
			j.stops()
			j.caterersAgain()
			j.nobodyElse()
		})
	}
}

// startRedis starts a redis-server that keeps nothing, on a socket of its own.
func startRedis(t testing.TB) string {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal("redis-server is not installed: run make setup")
	}
	dir := t.TempDir()
	socket := filepath.Join(dir, "redis.sock")
	cmd := exec.Command(path, "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no", "--dir", dir)
	cmd.SysProcAttr = dieWithTest()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed: never a clean exit
	})
	client := redis.NewClient(&redis.Options{Network: "unix", Addr: socket})
	defer func() { _ = client.Close() }()
	await(t, func() string { return "redis-server does not answer" }, func() bool { return client.Ping(context.Background()).Err() == nil })
	return "redis-socket://" + socket
}

// journey is an installation between its peers.
type journey struct {
	t              testing.TB
	in             *installation
	smtp           *channeltest.SMTPPeer
	kannel         *channeltest.Kannel
	draft, approve *browser
}

func newJourney(t testing.TB, database, redisURL string) *journey {
	t.Helper()
	bounces := porttest.Address(t)
	j := &journey{t: t, smtp: channeltest.StartSMTPPeer(t, channeltest.SMTPOptions{Bounce: bounces})}
	j.in = newInstallation(t, map[string]any{"database": database, "redis": redisURL, "app": map[string]any{"mode": "send"}})
	j.kannel = channeltest.StartKannel(t, strings.TrimSpace(j.in.must("", "sms", "callback")))
	j.in.set(map[string]any{
		"sms": map[string]any{
			"mode": "send", "url": j.kannel.URL, "username": j.kannel.Username, "from": j.kannel.From,
			"password_file": j.in.file("sms.password", j.kannel.Password+"\n"),
		},
		"email": map[string]any{
			"mode": "send", "host": j.smtp.Host, "port": j.smtp.Port, "tls": "none", "from": "云川政策直达 <tuisong@yunchuan.example>",
			"bounce_domain": "bounce.yunchuan.example", "bounce_listen": bounces,
		},
	})
	return j
}

// setUp makes the office, its two operators and the subscribers. Rows with
// mistakes are reported and keep no other from coming in.
func (j *journey) setUp() {
	j.t.Helper()
	j.in.office()
	rows, err := os.ReadFile(filepath.Join(root, "internal", "e2e", "testdata", "profiles.jsonl"))
	if err != nil {
		j.t.Fatal(err)
	}
	lines := strings.Count(string(rows), "\n")
	rows = append(rows, `{"id":"X-region","kind":"enterprise","name":"没有的地方","region":"339999","industry":"H62","size":"micro","all_that_may_apply":true,"channels":[{"kind":"sms","address":"13900300091"}]}
{"id":"X-industry","kind":"enterprise","name":"没有的行业","region":"339901103","industry":"H99","size":"micro","all_that_may_apply":true,"channels":[{"kind":"sms","address":"13900300092"}]}
{"id":"X-phone","kind":"resident","region":"339901001","born":"1935","all_that_may_apply":true,"channels":[{"kind":"sms","address":"12345"}]}
这一行不是JSON
`...)
	path := j.in.file("profiles.jsonl", string(rows))
	s := j.in.run("", "subscribers", "import", path)
	if s.code != 1 || !strings.Contains(s.out, fmt.Sprintf("导入%d个，4行有误未导入", lines)) {
		j.t.Fatalf("subscribers import ended with %d:\n%s%s", s.code, s.out, s.err)
	}
	for n, field := range map[int]string{lines + 1: "region", lines + 2: "industry", lines + 3: "channels：短信"} {
		told := regexp.MustCompile(fmt.Sprintf(`profiles\.jsonl 第%d行.*%s`, n, field))
		if !told.MatchString(s.err) {
			j.t.Errorf("the mistake in line %d is not told with its field %s:\n%s", n, field, s.err)
		}
	}
}

// login is what a code by text message or mail looks like.
var codeInText = regexp.MustCompile(`\d{6}`)

// reader signs a subscriber in on the portal, with the code that comes to the
// address.
func (j *journey) reader(address string) *browser {
	j.t.Helper()
	b := newBrowser(j.t, j.in.url)
	b.open("/inbox").press("获取验证码", fill{"address": {address}})
	b.says("验证码")
	code := ""
	await(j.t, func() string { return "no code came to " + address + "\n" + j.in.logged() }, func() bool {
		for _, text := range j.codes(address) {
			code = codeInText.FindString(text)
		}
		return code != ""
	})
	return b.press("确定", fill{"code": {code}}).says("消息")
}

// codes are the messages with a one-time code that came to an address.
func (j *journey) codes(address string) []string {
	j.t.Helper()
	var texts []string
	for _, m := range j.messages(address) {
		if strings.Contains(m, "验证码") {
			texts = append(texts, m)
		}
	}
	return texts
}

// messages is what came to an address, by text message or mail, whole.
func (j *journey) messages(address string) []string {
	j.t.Helper()
	var texts []string
	for _, m := range j.kannel.Received(j.t) {
		if m.To == address {
			texts = append(texts, m.Text)
		}
	}
	for _, m := range j.smtp.Mails(j.t) {
		if slices.Contains(m.To, address) {
			texts = append(texts, m.Subject+"\n"+m.Text)
		}
	}
	return texts
}

// told counts the messages about a policy that came to an address. The words
// are a pattern: a text message has no room for the whole title.
func (j *journey) told(address, about string) int {
	j.t.Helper()
	n := 0
	words := regexp.MustCompile(about)
	for _, m := range j.messages(address) {
		if words.MatchString(m) {
			n++
		}
	}
	return n
}

// mailTo returns the mail about a policy that came to an address.
func (j *journey) mailTo(address, about string) channeltest.Mail {
	j.t.Helper()
	for _, m := range j.smtp.Mails(j.t) {
		if slices.Contains(m.To, address) && strings.Contains(m.Subject+m.Text, about) {
			return m
		}
	}
	j.t.Fatalf("no mail about %s came to %s", about, address)
	return channeltest.Mail{}
}

var link = regexp.MustCompile(`<(https?://[^>]+)>`)

// linkToStop is the address that a mail gives to the reader's program for 退订.
func linkToStop(t testing.TB, m channeltest.Mail) string {
	t.Helper()
	found := link.FindStringSubmatch(m.ListUnsubscribe)
	if found == nil || !strings.Contains(m.ListUnsubscribePost, "List-Unsubscribe=One-Click") {
		t.Fatalf("the mail cannot be unsubscribed from: %q %q", m.ListUnsubscribe, m.ListUnsubscribePost)
	}
	return found[1]
}

// oneClick is what a mail program does when its reader says 退订 (RFC 8058):
// it posts without cookies.
func (j *journey) oneClick(m channeltest.Mail) {
	j.t.Helper()
	resp, err := http.PostForm(linkToStop(j.t, m), url.Values{"List-Unsubscribe": {"One-Click"}})
	if err != nil {
		j.t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		j.t.Errorf("one click answers %d", resp.StatusCode)
	}
}
