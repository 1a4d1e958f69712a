package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// runArgs runs a command with what is typed and returns its exit code and what
// it printed.
func runArgs(t *testing.T, typed string, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), args, stdio{strings.NewReader(typed), &o, &e})
	return code, o.String(), e.String()
}

func TestExitCodes(t *testing.T) {
	data := t.TempDir()
	for name, tt := range map[string]struct {
		args []string
		code int
		want string // in what is printed
	}{
		"no command":                    {nil, 2, "用法"},
		"help":                          {[]string{"help"}, 0, "subscribers import"},
		"help of a command":             {[]string{"serve", "--help"}, 0, "-quiet_hours"},
		"a command that does not exist": {[]string{"fly"}, 2, "没有“fly”这个命令"},
		"a flag that does not exist":    {[]string{"migrate", "--fly"}, 2, "用法：policypush migrate"},
		"a setting that is wrong":       {[]string{"migrate", "--data", data, "--sms.mode", "loud"}, 2, "off、log、send"},
		"nothing to import":             {[]string{"subscribers", "import", "--data", data}, 2, "请给出要导入的文件"},
		"a file that is not there":      {[]string{"subscribers", "import", "--data", data, "nothing.jsonl"}, 1, "nothing.jsonl：打不开文件"},
		"somebody who is not there":     {[]string{"subscribers", "export", "--data", data, "E1"}, 1, "E1："},
		"no demonstration to remove":    {[]string{"demo", "remove", "--data", data}, 1, "没有演示数据"},
		"a database that is none":       {[]string{"migrate", "--data", data, "--database", "oracle:x"}, 1, "数据库"},
		"done":                          {[]string{"migrate", "--data", data}, 0, "已是最新"},
		"version":                       {[]string{"version"}, 0, "policypush"},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, errs := runArgs(t, "", tt.args...)
			if code != tt.code || !strings.Contains(out+errs, tt.want) {
				t.Errorf("exit code %d, want %d; printed %q, %q", code, tt.code, out, errs)
			}
			if tt.code == 1 && strings.Count(strings.TrimSpace(errs), "\n") > 1 {
				t.Errorf("more than a line says why: %q", errs)
			}
		})
	}
}

func TestAnOfficeIsSetUpFromTheCommandLine(t *testing.T) {
	data, password := t.TempDir(), "correct horse battery\n"
	office := []string{"offices", "add", "--data", data, "--name", "云川县政务公开办", "--signature", "云川政策", "--region", "330603"}
	operator := []string{"operators", "add", "--data", data, "--login", "lin", "--name", "林晓", "--roles", "drafter"}
	for _, step := range []struct {
		typed string
		args  []string
		code  int
	}{
		{password, operator, 1}, // there is no office yet
		{"", append(office[:len(office)-1:len(office)-1], "999999"), 2},
		{"", office, 0},
		{"short\n", operator, 1},
		{password, append(operator[:len(operator)-1:len(operator)-1], "king"), 2},
		{password, operator, 0},
		{password, operator, 1}, // the login is taken
	} {
		if code, out, errs := runArgs(t, step.typed, step.args...); code != step.code {
			t.Fatalf("%v: exit code %d, want %d: %s%s", step.args, code, step.code, out, errs)
		}
	}
	policy := filepath.Join(t.TempDir(), "通知.txt")
	text := "云川县人民政府办公室关于发放高龄津贴的通知\n云政办发〔2026〕3号\n一、高龄津贴。对年满80周岁的老年人，按每人每月100元给予高龄津贴。\n"
	if err := os.WriteFile(policy, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out, errs := runArgs(t, "", "import", "--data", data, "--login", "lin", policy, "missing.txt", "--json"); code != 1 ||
		!strings.Contains(out, `"policy":1`) || !strings.Contains(errs, "missing.txt") {
		t.Errorf("import: %d %s %s", code, out, errs)
	}
	people := filepath.Join(t.TempDir(), "people.jsonl")
	row := `{"id":"R1","kind":"resident","region":"330603","born":"1940","hukou":"330603","all_that_may_apply":true,"channels":[{"kind":"sms","address":"13900000001"}],"consent":{"version":"1","at":"2026-03-01"}}`
	if err := os.WriteFile(people, []byte(row+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out, errs := runArgs(t, "", "subscribers", "import", people, "--data", data, "--json"); code != 0 || !strings.Contains(out, `"imported":1`) {
		t.Errorf("subscribers import: %d %s %s", code, out, errs)
	}
	if code, out, errs := runArgs(t, "", "audience", "--data", data, "--policy", "1", "--json"); code != 0 || !strings.Contains(out, `"region":"330603"`) {
		t.Errorf("audience: %d %s %s", code, out, errs)
	}
	for _, args := range [][]string{{"keys", "rotate", "--add"}, {"keys", "rotate"}} {
		if code, out, errs := runArgs(t, "", append(args, "--data", data)...); code != 0 {
			t.Errorf("%v: %d %s %s", args, code, out, errs)
		}
	}
	if code, out, _ := runArgs(t, "", "subscribers", "export", "--data", data, "R1"); code != 0 || !strings.Contains(out, "13900000001") || !strings.Contains(out, `"source":"import:people.jsonl"`) {
		t.Errorf("export after the keys were changed: %d %s", code, out)
	}
	if err := os.Remove(filepath.Join(data, "keys", "contacts.key")); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := runArgs(t, "", "migrate", "--data", data); code != 1 || !strings.Contains(errs, "密钥") {
		t.Errorf("the keys are lost: %d %s", code, errs)
	}
}

func TestServeIsReadyAndEndsWhenAsked(t *testing.T) {
	// Other tests connect from 127.0.0.1 meanwhile, and would take the port.
	ln, err := net.Listen("tcp", "127.0.0.7:0")
	if err != nil {
		t.Fatal(err)
	}
	address := ln.Addr().String()
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var log bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"serve", "--data", t.TempDir(), "--listen", address}, stdio{nil, io.Discard, &log})
	}()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for ; ; <-look.C {
		select {
		case code := <-ended:
			t.Fatalf("ended with %d: %s", code, log.String())
		default:
		}
		resp, err := http.Get("http://" + address + "/readyz")
		if err != nil {
			continue // not listening yet
		}
		if err := resp.Body.Close(); err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode == http.StatusOK {
			break
		}
	}
	cancel()
	if code := <-ended; code != 0 {
		t.Errorf("exit code %d: %s", code, log.String())
	}
}
