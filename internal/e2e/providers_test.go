package e2e

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"policypush/internal/channel/channeltest"
)

// TestTextsGoOutThroughEveryProvider: with nothing but its settings, each
// provider takes a push, its receipts and what people reply come back by the way
// it has, and what it did not answer is told as not known. Kannel is the one of
// TestJourney.
func TestTextsGoOutThroughEveryProvider(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		open func(t *testing.T, in *installation) (settings map[string]any, took func() []string)
		// What becomes of whom the peer posts no receipt for, and of whose message
		// it cuts the answer off; "" where that would cut off others' too.
		silent, cut string
		stranger    string // what is done with an address that is refused
	}{
		"阿里云": {open: vendorOf("aliyun", map[string]any{"key_id": channeltest.VendorKeyID}), silent: "网关已接收", cut: "已送达", stranger: "停用"},
		"阿里云, whose receipts are fetched": {
			open: vendorOf("aliyun", map[string]any{
				"key_id": channeltest.VendorKeyID, "queues": "Alicom-Queue-1-SmsReport,Alicom-Queue-1-SmsUp",
			}),
			silent: "已送达", cut: "已送达", stranger: "停用",
		},
		"腾讯云": {
			open:   vendorOf("tencent", map[string]any{"secret_id": channeltest.VendorKeyID, "app_id": "1400000001"}),
			silent: "网关已接收", cut: "结果不明", stranger: "可用",
		},
		"腾讯云, whose receipts are fetched": {
			open:   vendorOf("tencent", map[string]any{"secret_id": channeltest.VendorKeyID, "app_id": "1400000001", "pull_seconds": 1}),
			silent: "已送达", cut: "已送达", stranger: "可用",
		},
		"云MAS": {
			open:   vendorOf("mas", map[string]any{"ec_name": channeltest.MASCustomer, "ap_id": channeltest.MASID, "sign": channeltest.MASSign}),
			silent: "网关已接收", cut: "结果不明", stranger: "停用",
		},
		"CMPP 3.0": {open: cmppOf("3.0"), silent: "网关已接收", stranger: "停用"},
		"CMPP 2.0": {open: cmppOf("2.0"), silent: "网关已接收", stranger: "停用"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := newInstallation(t, nil)
			settings, took := tt.open(t, in)
			settings["mode"] = "send"
			in.set(map[string]any{"sms": settings})
			in.office()
			var people strings.Builder
			phone := func(digit int) string { return fmt.Sprintf("1390040000%d", digit) }
			once := map[string]int{}
			for _, digit := range []int{0, 1, 3, 6, 7, 9} { // see the peers for what each stands for
				if digit == 7 && tt.cut == "" {
					continue
				}
				if digit != 3 {
					once[phone(digit)] = 1
				}
				fmt.Fprintf(&people, `{"id":"P-%d","kind":"resident","region":"339901103","all_that_may_apply":true,"channels":[{"kind":"sms","address":"%s","when":"now"}],"consent":{"version":"1","at":"2026-11-01T08:00:00Z","source":"import:test"}}`+"\n", digit, phone(digit))
			}
			in.must("", "subscribers", "import", in.file("people.jsonl", people.String()))
			in.serve()
			j := &journey{t: t, in: in}
			j.draft, j.approve = j.signIn(drafter, drafterPassword), j.signIn(approver, approverPassword)
			j.draft.open("/console/import").send("/console/import", fill{"text": {moveYears(coupons)}}).says("消费券")
			push := j.release(j.policyCalled("消费券"), true)
			want := counts{"短信 失败": 2, "短信 已送达": 2}
			want["短信 "+tt.silent]++
			if tt.cut != "" {
				want["短信 "+tt.cut]++
			}
			j.becomes(push, len(once)+1, want)
			j.suppressed("P-1", "号码或邮箱无效")
			j.suppressed("P-9", "本人已退订")
			j.inUse("P-0")
			if tt.stranger == "停用" {
				j.suppressed("P-3", "号码或邮箱无效")
			} else {
				j.inUse("P-3")
			}
			got := map[string]int{}
			for _, to := range took() {
				got[to]++
			}
			if !maps.Equal(got, once) {
				t.Errorf("the provider took %v, want %v", got, once)
			}
		})
	}
}

// vendorOf opens the peer for the vendors' interfaces over HTTP, which posts to
// the callback that the command line names.
func vendorOf(name string, account map[string]any) func(*testing.T, *installation) (map[string]any, func() []string) {
	return func(t *testing.T, in *installation) (map[string]any, func() []string) {
		settings := map[string]any{"providers": name}
		in.set(map[string]any{"sms": settings})
		callback := ""
		for _, word := range strings.Fields(in.must("", "sms", "callback")) {
			if base, is := strings.CutSuffix(word, "/"+name+"/report"); is {
				callback = base
			}
		}
		if account["pull_seconds"] != nil || account["queues"] != nil {
			callback = "" // nothing is posted
		}
		peer := channeltest.StartVendors(t, callback)
		own := maps.Clone(account)
		own["url"] = peer.URL
		if account["queues"] != nil {
			own["queue_url"], own["token_url"] = peer.URL, peer.URL
		}
		if name == "mas" {
			own["secret_file"] = in.file("secret", channeltest.MASSecret)
		} else {
			own["secret_file"] = in.file("secret", channeltest.VendorSecret)
			own["templates"] = in.file("templates", "1001 {1}。{2}，以正式文件为准。退订回TD\n1002 {1}。{2}，以正式文件为准。{3}退订回TD\n")
		}
		settings[name] = own
		return settings, func() (phones []string) {
			for _, m := range peer.Taken(t) {
				if text := string(m.Values); !strings.Contains(text, "消费券") {
					t.Errorf("%s got %s", m.Phone, text)
				}
				phones = append(phones, m.Phone)
			}
			return phones
		}
	}
}

// cmppOf opens a gateway of a version of CMPP.
func cmppOf(version string) func(*testing.T, *installation) (map[string]any, func() []string) {
	return func(t *testing.T, in *installation) (map[string]any, func() []string) {
		g := channeltest.StartCMPP(t, version == "3.0")
		account := map[string]any{
			"address": g.Address, "version": version, "user": g.User, "secret_file": in.file("secret", g.Secret), "service": "ZCTS", "from": g.From,
		}
		took := func() (phones []string) {
			for _, p := range g.Parts() {
				if text := g.Text(p.To); !strings.HasPrefix(text, "【云川政策】") || !strings.Contains(text, "消费券") {
					t.Errorf("%s got %q", p.To, text)
				}
				phones = append(phones, p.To)
			}
			return phones
		}
		return map[string]any{"providers": "cmpp", "cmpp": account}, took
	}
}
