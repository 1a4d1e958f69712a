package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"policypush/internal/channel/channeltest"
)

// TestFurtherChannelsInTheBrowser runs push.test.mjs on the demonstration
// county with browsers and a WeChat account to send to.
func TestFurtherChannelsInTheBrowser(t *testing.T) {
	vendors := channeltest.StartVendors(t, "")
	in := newInstallation(t, map[string]any{"webpush": map[string]any{"mode": "send", "contact": "mailto:zwgk@yunchuan.example"}})
	in.set(map[string]any{"wechat": map[string]any{
		"mode": "send", "url": vendors.URL, "name": "云川发布", "app_id": channeltest.WeChatAppID, "template": "TPL1",
		"secret_file": in.file("wechat.secret", channeltest.WeChatSecret+"\n"), "token_file": in.file("wechat.token", "wxtoken\n"),
	}})
	in.serve("--demo")
	shots, err := filepath.Abs(filepath.Join(root, "e2e-artifacts"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", "--test", "push.test.mjs")
	cmd.Dir = filepath.Join(root, "internal", "e2e")
	cmd.Env = append(os.Environ(), "E2E_URL="+in.url, "E2E_OUTBOX="+filepath.Join(in.data, "outbox"), "E2E_SHOTS="+shots)
	cmd.SysProcAttr = dieWithTest()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
