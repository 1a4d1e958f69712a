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
	in := newInstallation(t, nil)
	in.serve("--demo")
	in.drive(t, "browser.test.mjs")
}

// TestKeyboard goes through journeys without a mouse.
func TestKeyboard(t *testing.T) {
	in := newInstallation(t, nil)
	in.serve("--demo")
	in.drive(t, "keyboard.test.mjs")
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
