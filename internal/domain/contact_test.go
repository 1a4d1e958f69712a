package domain

import (
	"strconv"
	"strings"
	"testing"
)

func TestAddressesAreMasked(t *testing.T) {
	for kind, tt := range map[ChannelKind]struct{ address, want string }{
		App:     {"", ""},
		SMS:     {"13900001234", "139****1234"},
		Email:   {"zhang@example.com", "z***@example.com"},
		WeChat:  {"oABCDEFGH12345678", "****5678"},
		Webhook: {"u-7", "***"},
		JPush:   {"13065ffa4e3b1c2d", "****1c2d"},
		WebPush: {`{"endpoint":"https://updates.push.example/wpush/v2/secret","keys":{}}`, "updates.push.example"},
		Paper:   {"城关镇东门村｜三组12号｜王秀英", "城关镇东门村****"},
	} {
		if got := (Contact{Kind: kind, Address: tt.address}).Masked(); got != tt.want {
			t.Errorf("%s: %q", kind, got)
		}
	}
	for _, kind := range Outgoing() {
		for _, broken := range []string{"x", "{", "秘密地址秘密地址秘密"} {
			if got := (Contact{Kind: kind, Address: broken}).Masked(); strings.Contains(got, broken) {
				t.Errorf("%s shows %q", kind, got)
			}
		}
	}
}

func TestANotificationGoesToEveryBrowserOfARole(t *testing.T) {
	browser := func(id ContactID, role ContactRole) Contact {
		return Contact{ID: id, Kind: WebPush, Address: "x", Verified: true, Role: role}
	}
	stopped, unproved := browser(4, ""), browser(5, "")
	stopped.Suppressed, unproved.Verified = "stopped", false
	all := []Contact{{ID: 9, Kind: SMS, Address: "y", Verified: true}, browser(1, ""), browser(2, "finance"), browser(3, ""), stopped, unproved, browser(6, "finance")}
	for id, want := range map[ContactID]string{1: "1 3", 3: "3 1", 2: "2 6", 6: "6 2", 4: "1 3", 7: "1 3"} {
		var ids []string
		for _, c := range Browsers(all, id) {
			ids = append(ids, strconv.Itoa(int(c.ID)))
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("for %d: %s, want %s", id, got, want)
		}
	}
	if left := Browsers([]Contact{all[0], stopped}, 1); left != nil {
		t.Errorf("%v", left)
	}
}

func TestEveryChannelHasAName(t *testing.T) {
	seen := map[string]bool{}
	for _, kind := range Channels() {
		if kind.Label() == string(kind) || seen[kind.Label()] {
			t.Errorf("%s is called %s", kind, kind.Label())
		}
		seen[kind.Label()] = true
	}
	if len(seen) != len(Outgoing())+1 {
		t.Error("the inbox leaves the house")
	}
}

func FuzzParsePaperAddress(f *testing.F) {
	for _, s := range []string{"城关镇东门村｜三组12号｜王秀英", "东门村|12号", "东门村", "｜｜", "a｜b｜c｜d", "东门村｜12\x00号", strings.Repeat("村", 61) + "｜1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParsePaperAddress(s)
		if err != nil {
			if KindOf(err) != Invalid || a != (PaperAddress{}) {
				t.Errorf("%q: %+v, %v", s, a, err)
			}
			return
		}
		again, err := ParsePaperAddress(a.String())
		if err != nil || again != a || strings.ContainsAny(a.String(), "\r\n") || a.Village == "" || a.Line == "" {
			t.Errorf("%q is read as %+v, then as %+v, %v", s, a, again, err)
		}
	})
}
