package channeltest

import (
	"crypto/x509"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Exim is a running Exim, a mail server as relays are. It takes mails for all but
// perm… (no such user), soft… (try later) and late… (refused after the text),
// keeps them in its queue, and refuses a client that speaks before its turn.
type Exim struct {
	Host  string
	Port  int
	Roots *x509.CertPool // trusts its certificate
	dir   string
	p     *process
}

const eximConfig = `
primary_hostname = relay.example
spool_directory = %[1]s/spool
log_file_path = %[1]s/%%slog
pid_file_path =
exim_user = %[2]s
exim_group = %[3]s
never_users =
keep_environment =
local_interfaces = 127.0.0.1
daemon_smtp_ports = %[4]d
host_lookup =
rfc1413_hosts =
tls_advertise_hosts = *
tls_certificate = %[1]s/cert.pem
tls_privatekey = %[1]s/key.pem
dsn_advertise_hosts = *
pipelining_advertise_hosts = *
smtp_enforce_sync = true
smtp_accept_max_per_connection = 0
queue_only
log_selector = +pipelining
acl_smtp_rcpt = rcpt
acl_smtp_data = text
begin acl
rcpt:
  deny local_parts = ^perm
       message = 5.1.1 no such user
  defer local_parts = ^soft
       message = 4.2.1 try later
  accept
text:
  deny condition = ${if match{$h_To:}{^late}}
       message = 5.7.1 not wanted
  accept
`

// StartExim starts an Exim and stops it when the test ends. It runs as whoever
// runs the test.
func StartExim(t testing.TB) *Exim {
	t.Helper()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	group, err := user.LookupGroupId(me.Gid)
	if err != nil {
		t.Fatal(err)
	}
	x := &Exim{Host: "127.0.0.1", Port: freePorts(t, 1)[0], Roots: x509.NewCertPool(), dir: t.TempDir()}
	cert, key := selfSigned(t)
	x.Roots.AppendCertsFromPEM(cert)
	config := filepath.Join(x.dir, "exim.conf")
	for path, content := range map[string][]byte{
		config:                              fmt.Appendf(nil, eximConfig, x.dir, me.Username, group.Name, x.Port),
		filepath.Join(x.dir, "cert.pem"):    cert,
		filepath.Join(x.dir, "key.pem"):     key,
		filepath.Join(x.dir, "spool", ".w"): nil,
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	x.p = start(t, x.dir, nil, "exim4", "-C", config, "-bdf")
	t.Cleanup(x.p.stop)
	await(t, "Exim", func() bool {
		if x.p.ended() {
			t.Fatalf("Exim ended: %s %s", x.p.err.String(), x.Log(t))
		}
		return strings.Contains(x.Log(t), "daemon started")
	})
	return x
}

// Log returns what Exim has written down, or says where it is not run by root.
func (x *Exim) Log(t testing.TB) string {
	t.Helper()
	all := []string{x.p.err.String()}
	for _, name := range []string{"mainlog", "rejectlog", "paniclog"} {
		text, err := os.ReadFile(filepath.Join(x.dir, name))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		all = append(all, string(text))
	}
	return strings.Join(all, "")
}

var messageID = regexp.MustCompile(`(?m)^\w+ +Message-ID: <([^>]+)>`)

// Taken returns the texts of the mails taken, without their headers, by their
// Message-IDs. A mail that was taken twice has two.
func (x *Exim) Taken(t testing.TB) map[string][]string {
	t.Helper()
	heads, err := filepath.Glob(filepath.Join(x.dir, "spool", "input", "*-H"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for _, path := range heads {
		head, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(strings.TrimSuffix(path, "-H") + "-D")
		if err != nil {
			t.Fatal(err)
		}
		id := messageID.FindStringSubmatch(string(head))
		if id == nil {
			t.Fatalf("a mail without Message-ID: %s", head)
		}
		_, body, _ := strings.Cut(string(text), "\n") // the first line is Exim's
		all[id[1]] = append(all[id[1]], body)
	}
	return all
}
