package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestBrowser runs browser.test.mjs, which drives Chromium, on the
// demonstration county. Its screenshots stay in e2e-artifacts.
func TestBrowser(t *testing.T) {
	in := newInstallation(t, nil)
	in.serve("--demo")
	shots, err := filepath.Abs(filepath.Join(root, "e2e-artifacts"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", "--test", "browser.test.mjs")
	cmd.Dir = filepath.Join(root, "internal", "e2e")
	cmd.Env = append(os.Environ(), "E2E_URL="+in.url, "E2E_OUTBOX="+filepath.Join(in.data, "outbox"), "E2E_SHOTS="+shots)
	cmd.SysProcAttr = dieWithTest()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
