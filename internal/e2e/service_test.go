package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"policypush/internal/porttest"
)

// patience bounds every wait. It is long because a busy machine is no failure;
// a wait ends as soon as what it waits for is there.
const patience = 90 * time.Second

// await polls until ok says yes, or fails the test with what was waited for.
func await(t testing.TB, what func() string, ok func() bool) {
	t.Helper()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for deadline := time.Now().Add(patience); !ok(); <-look.C {
		if time.Now().After(deadline) {
			t.Fatalf("waited %s: %s", patience, what())
		}
	}
}

// dieWithTest ends a process when the test is killed.
func dieWithTest() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

// root is the top folder of the repository, seen from this package.
const root = "../.."

var binaryOnce = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("POLICYPUSH_BIN"); path != "" {
		return path, nil
	}
	dir, err := os.MkdirTemp("", "policypush-e2e-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "policypush")
	if out, err := exec.Command("go", "build", "-o", path, "policypush/cmd/policypush").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if os.Getenv("POLICYPUSH_BIN") == "" {
		if path, err := binaryOnce(); err == nil {
			_ = os.RemoveAll(filepath.Dir(path))
		}
	}
	os.Exit(code)
}

func binary(t testing.TB) string {
	t.Helper()
	path, err := binaryOnce()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// installation is a data folder with its settings, and the process that
// serves it.
type installation struct {
	t      testing.TB
	url    string
	data   string
	config string // path of the settings file
	log    string // path of the log of serve
}

// newInstallation writes a settings file: the data folder, a free port and the
// rules of the fictional county, and what is given. Names are as in the
// settings table, with dots.
func newInstallation(t testing.TB, settings map[string]any) *installation {
	t.Helper()
	dir, listen := t.TempDir(), porttest.Address(t)
	rules, err := filepath.Abs(filepath.Join(root, "internal", "demo", "rules"))
	if err != nil {
		t.Fatal(err)
	}
	in := &installation{
		t: t, url: "http://" + listen, data: filepath.Join(dir, "data"), config: filepath.Join(dir, "settings.yaml"), log: filepath.Join(dir, "serve.log"),
	}
	all := map[string]any{
		"data": in.data, "listen": listen, "rules_dir": rules, "quiet_hours": "none", "rest_days": "none",
		"work": map[string]any{"dispatch_every": "200ms", "sweep_every": "1s"},
	}
	for key, value := range settings {
		all[key] = value
	}
	text, err := yaml.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(in.config, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return in
}

// set adds settings to the file, before serve is started.
func (in *installation) set(settings map[string]any) {
	in.t.Helper()
	text, err := os.ReadFile(in.config)
	if err != nil {
		in.t.Fatal(err)
	}
	all := map[string]any{}
	if err := yaml.Unmarshal(text, &all); err != nil {
		in.t.Fatal(err)
	}
	for key, value := range settings {
		all[key] = value
	}
	if text, err = yaml.Marshal(all); err != nil {
		in.t.Fatal(err)
	}
	if err := os.WriteFile(in.config, text, 0o600); err != nil {
		in.t.Fatal(err)
	}
}

// file writes a file of the installation and returns its path.
func (in *installation) file(name, content string) string {
	in.t.Helper()
	path := filepath.Join(filepath.Dir(in.config), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		in.t.Fatal(err)
	}
	return path
}

// The operators of every installation.
const (
	drafter, drafterPassword   = "linxiao", "chuangqian-mingyue-1"
	approver, approverPassword = "zhoumin", "yishi-dishang-shuang-2"
)

// office makes an office of the fictional county with its two operators.
func (in *installation) office() {
	in.t.Helper()
	in.must("", "offices", "add", "--name", "云川县政务公开办", "--signature", "云川政策", "--region", "339901", "--phone", "0555-0000001")
	in.must(drafterPassword+"\n", "operators", "add", "--login", drafter, "--name", "林晓", "--roles", "drafter")
	in.must(approverPassword+"\n", "operators", "add", "--login", approver, "--name", "周敏", "--roles", "approver")
}

// said is what a command answered.
type said struct {
	out, err string
	code     int
}

// run runs a command of the binary to its end.
func (in *installation) run(stdin string, args ...string) said {
	in.t.Helper()
	cmd := exec.Command(binary(in.t), args...)
	cmd.Env = append(os.Environ(), "POLICYPUSH_CONFIG="+in.config)
	cmd.SysProcAttr = dieWithTest()
	cmd.Stdin = bytes.NewBufferString(stdin)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		in.t.Fatalf("policypush %v: %v", args, err)
	}
	return said{out.String(), errs.String(), cmd.ProcessState.ExitCode()}
}

// must runs a command that has to succeed and returns what it printed.
func (in *installation) must(stdin string, args ...string) string {
	in.t.Helper()
	s := in.run(stdin, args...)
	if s.code != 0 {
		in.t.Fatalf("policypush %v ended with %d:\n%s%s", args, s.code, s.out, s.err)
	}
	return s.out
}

// serve starts the service and returns when it is ready. At the end of the
// test it is asked to end, which it must do cleanly.
func (in *installation) serve(flags ...string) {
	in.t.Helper()
	out, err := os.Create(in.log)
	if err != nil {
		in.t.Fatal(err)
	}
	cmd := exec.Command(binary(in.t), append([]string{"serve", "--config", in.config}, flags...)...)
	cmd.SysProcAttr = dieWithTest()
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		in.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		ended <- cmd.Wait()
		_ = out.Close()
	}()
	in.t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case err := <-ended:
			if err != nil {
				in.t.Errorf("serve ended with %v:\n%s", err, in.logged())
			}
		case <-time.After(35 * time.Second):
			_ = cmd.Process.Kill()
			in.t.Errorf("serve does not end within 35 s of SIGTERM:\n%s", in.logged())
		}
	})
	await(in.t, func() string { return "serve is not ready:\n" + in.logged() }, func() bool {
		select {
		case err := <-ended:
			ended <- err
			in.t.Fatalf("serve ended at once, %v:\n%s", err, in.logged())
		default:
		}
		resp, err := http.Get(in.url + "/readyz")
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
}

// logged returns the end of the log of serve.
func (in *installation) logged() string {
	text, err := os.ReadFile(in.log)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-6000):])
}
