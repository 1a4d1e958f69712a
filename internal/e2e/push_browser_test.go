package e2e

import (
	"testing"

	"policypush/internal/channel/channeltest"
)

// TestFurtherChannelsInTheBrowser runs push.test.mjs on the demonstration
// county with browsers and a WeChat account to send to.
func TestFurtherChannelsInTheBrowser(t *testing.T) {
	t.Parallel()
	vendors := channeltest.StartVendors(t, "")
	in := newInstallation(t, map[string]any{"webpush": map[string]any{"mode": "send", "contact": "mailto:zwgk@yunchuan.example"}})
	in.set(map[string]any{"wechat": map[string]any{
		"mode": "send", "url": vendors.URL, "name": "云川发布", "app_id": channeltest.WeChatAppID, "template": "TPL1",
		"secret_file": in.file("wechat.secret", channeltest.WeChatSecret+"\n"), "token_file": in.file("wechat.token", "wxtoken\n"),
	}})
	in.serve("--demo")
	in.drive(t, "push.test.mjs")
}
