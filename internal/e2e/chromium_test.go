package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestBrowser runs browser.test.mjs in Chromium against a service with the
// demonstration county.
func TestBrowser(t *testing.T) {
	t.Parallel()
	in := newInstallation(t, nil)
	in.serve("--demo")
	in.drive(t, "browser.test.mjs")
}

// TestKeyboard goes through journeys without a mouse, and presses twice.
func TestKeyboard(t *testing.T) {
	t.Parallel()
	in := newInstallation(t, nil)
	in.serve("--demo")
	for _, file := range []string{"keyboard", "twice"} {
		t.Run(file, func(t *testing.T) { in.drive(t, file+".test.mjs") })
	}
}

// TestPages looks at every page in every mode, and types what nobody should.
func TestPages(t *testing.T) {
	t.Parallel()
	in := newInstallation(t, map[string]any{"paper": map[string]any{"mode": "send", "gather": "1s"}})
	in.serve("--demo")
	in.must("", "subscribers", "import", in.file("paper.jsonl", `{"id":"R-paper","kind":"resident","region":"339901103","born":"1931","all_that_may_apply":true,"channels":[{"kind":"paper","address":"沙渡镇东门村｜三组12号｜王秀英"}],"consent":{"version":"1","at":"2026-11-01T08:00:00Z"}}`+"\n"))
	in.must("yunchuan-demo\n", "operators", "add", "--login", "demo-admin", "--name", "周敏", "--roles", "admin")
	for _, file := range []string{"modes", "inputs"} {
		t.Run(file, func(t *testing.T) { in.drive(t, file+".test.mjs") })
	}
}

// drive runs tests of this folder in Chromium, see chromium.mjs. Their
// screenshots stay in e2e-artifacts.
func (in *installation) drive(t *testing.T, file string) {
	t.Helper()
	shots, err := filepath.Abs(filepath.Join(root, "e2e-artifacts"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", "--test", file)
	cmd.Dir = filepath.Join(root, "internal", "e2e")
	cmd.Env = append(os.Environ(), "E2E_URL="+in.url, "E2E_OUTBOX="+filepath.Join(in.data, "outbox"), "E2E_SHOTS="+shots)
	cmd.SysProcAttr = dieWithTest()
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Error(err)
	}
}
