package config

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func load(t *testing.T, file string, environ []string, args ...string) (Config, error) {
	t.Helper()
	if file != "" {
		path := filepath.Join(t.TempDir(), "policypush.yaml")
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--config", path)
	}
	fs := flag.NewFlagSet("test", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	cfg, _, err := Load(fs, args, environ)
	return cfg, err
}

func TestDefaultsWorkWithNothingSet(t *testing.T) {
	cfg, err := load(t, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.SMS.Mode != Log || cfg.Email.Mode != Log || cfg.App.Mode != Log {
		t.Errorf("a fresh machine must not send: %+v", cfg)
	}
	if got := cfg.DatabaseURL(); got != "sqlite:data/policypush.db" {
		t.Errorf("database = %s", got)
	}
	if got := cfg.LinkBase(); got != "http://127.0.0.1:8080" {
		t.Errorf("links begin with %s", got)
	}
	if changed := cfg.Changed(); len(changed) != 0 {
		t.Errorf("changed = %v, nothing was set", changed)
	}
}

func TestAFlagBeatsTheEnvironmentWhichBeatsTheFile(t *testing.T) {
	file := "listen: :1\nbase_url: http://file.example\nsms:\n  from: file\nemail:\n"
	env := []string{"POLICYPUSH_LISTEN=:2", "POLICYPUSH_SMS_FROM=env", "HOME=/x", "POLICYPUSH_TEST_ANY=1"}
	cfg, err := load(t, file, env, "--listen", ":3")
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Listen != ":3" || cfg.SMS.From != "env" || cfg.BaseURL != "http://file.example" {
		t.Errorf("got %+v", cfg)
	}
}

func TestAMistakeNamesItsPlace(t *testing.T) {
	for name, tt := range map[string]struct {
		file string
		env  []string
		args []string
		want []string
	}{
		"a key that no setting has":        {file: "listen: :1\nlisten_on: :2\n", want: []string{"policypush.yaml", "第2行", "listen_on"}},
		"a key within a group":             {file: "sms:\n  mode: log\n  ulr: x\n", want: []string{"第3行", "sms.ulr"}},
		"a key written twice":              {file: "sms:\n  from: a\nsms.from: b\n", want: []string{"第3行", "重复", "第2行"}},
		"a list where a value belongs":     {file: "listen: [a, b]\n", want: []string{"第1行", "listen"}},
		"a value where a group belongs":    {file: "sms: log\n", want: []string{"第1行", "sms."}},
		"a file that is a list":            {file: "- a\n", want: []string{"第1行"}},
		"broken YAML":                      {file: "a: [\n", want: []string{"YAML"}},
		"a mode that does not exist":       {file: "sms:\n  mode: on\n", want: []string{"第2行", "sms.mode", "off、log、send"}},
		"a misspelt variable":              {env: []string{"POLICYPUSH_LISTN=:1"}, want: []string{"POLICYPUSH_LISTN"}},
		"a variable with a wrong value":    {env: []string{"POLICYPUSH_EMAIL_PORT=0"}, want: []string{"POLICYPUSH_EMAIL_PORT", "1到65535"}},
		"a flag with a wrong value":        {args: []string{"--work.sweep_every", "soon"}, want: []string{"--work.sweep_every", "时长"}},
		"an address without a port":        {args: []string{"--listen", "localhost"}, want: []string{"地址:端口"}},
		"quiet hours that are none":        {args: []string{"--quiet_hours", "night"}, want: []string{"20:00-08:00"}},
		"a cap on no channel":              {args: []string{"--caps.day", "fax:2"}, want: []string{"--caps.day", "fax:2", "sms、email"}},
		"a cap that is no number":          {file: "caps:\n  week: sms:seven\n", want: []string{"第2行", "caps.week", "“sms”", "1到1000", "seven"}},
		"a cap that lets nothing through":  {args: []string{"--caps.week", "sms:0"}, want: []string{"1到1000"}},
		"a cap written twice":              {args: []string{"--caps.day", "sms:2, sms:3"}, want: []string{"写了两次"}},
		"caps that are empty":              {args: []string{"--caps.day", ""}, want: []string{"caps.day", "none"}},
		"sending without a gateway":        {args: []string{"--sms.mode", "send"}, want: []string{"sms.url"}},
		"mail without a relay":             {args: []string{"--email.mode", "send"}, want: []string{"email.host"}},
		"a base URL without a scheme":      {args: []string{"--base_url", "example.com"}, want: []string{"base_url", "http://"}},
		"a settings file that is not here": {args: []string{"--config", "/nonexistent/x.yaml"}, want: []string{"/nonexistent/x.yaml"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, tt.file, tt.env, tt.args...)
			if err == nil {
				t.Fatal("accepted")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
		})
	}
}

func TestWhatIsPrintedHoldsNoSecret(t *testing.T) {
	cfg, err := load(t, "", nil, "--database", "postgres://u:hush@db/x?sslpassword=hush", "--redis", "redis://:hush@r:6379",
		"--sms.url", "http://u:hush@gw:1/cgi-bin/sendsms")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Join(cfg.Changed(), "\n")
	if strings.Contains(lines, "hush") {
		t.Errorf("printed at start:\n%s", lines)
	}
	if !strings.Contains(lines, "database=postgres://u:") {
		t.Errorf("the database is not named:\n%s", lines)
	}
}

func TestFlagsMayFollowTheFiles(t *testing.T) {
	fs := flag.NewFlagSet("test", flag.ContinueOnError)
	own := fs.Bool("json", false, "")
	cfg, rest, err := Load(fs, []string{"a.csv", "--json", "b.csv", "--data", "d"}, nil)
	if err != nil || !*own || cfg.Data != "d" || strings.Join(rest, " ") != "a.csv b.csv" {
		t.Errorf("json=%v data=%s rest=%v err=%v", *own, cfg.Data, rest, err)
	}
}

func TestCaps(t *testing.T) {
	for v, want := range map[string]string{"sms:2, email:10": "map[email:10 sms:2]", "none": "map[]", Defaults().Caps.Week: "map[sms:7]"} {
		if got, err := ParseCaps(v); err != nil || fmt.Sprint(got) != want {
			t.Errorf("%s: got %v, %v", v, got, err)
		}
	}
}

func TestQuietHours(t *testing.T) {
	from, to, err := ParseQuietHours("20:00-08:30")
	if err != nil || from != 1200 || to != 510 {
		t.Errorf("got %d, %d, %v", from, to, err)
	}
	if from, to, err := ParseQuietHours("none"); err != nil || from != to {
		t.Errorf("none: got %d, %d, %v", from, to, err)
	}
}

func TestReadSecretTrimsAndNamesAMissingFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pw")
	if err := os.WriteFile(path, []byte(" s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := ReadSecret(path); err != nil || s != "s3cret" {
		t.Errorf("got %q, %v", s, err)
	}
	if _, err := ReadSecret(path + "x"); err == nil || !strings.Contains(err.Error(), path+"x") {
		t.Errorf("got %v", err)
	}
	if s, err := ReadSecret(""); err != nil || s != "" {
		t.Errorf("no file: got %q, %v", s, err)
	}
}
