package web

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"policypush/internal/domain"
)

// TestChoosingHowToBeTold goes through 我的订阅 without JavaScript: other
// channels for a theme, the inbox first, who an address reaches, what comes
// first; and the export holds it.
func TestChoosingHowToBeTold(t *testing.T) {
	site := newSite(t)
	b := site.browser()
	id := b.subscribe("13900000001")
	sub := func() *domain.Subscriber {
		t.Helper()
		s, err := site.Store.Subscriber(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	b.get("/me").at("/me", 200, `value="first" checked`, "给一个主题另定通知方式", "财务")
	b.post("/me/contacts", url.Values{"address": {"caiwu@hengda.example"}, "when": {"daily"}, "role": {"finance"}}).at("/me/contacts/verify", 200)
	b.post("/me/contacts/verify", url.Values{"code": {site.code("caiwu@hengda.example")}}).at("/me", 200, `<span class="tag">财务</span>`, "每天汇总")
	contact := func(at int) domain.Contact {
		t.Helper()
		others := slices.DeleteFunc(sub().Contacts, func(c domain.Contact) bool { return c.Kind == domain.App })
		return others[at]
	}
	mail := contact(1)
	if mail.Role != "finance" || mail.When != domain.Daily {
		t.Fatalf("the new address is %+v", mail)
	}
	b.post(fmt.Sprintf("/me/contacts/%d", mail.ID), url.Values{"do": {"up"}}).at("/me", 200, "已提前")
	if first := contact(0); first.ID != mail.ID {
		t.Errorf("first is %+v", first)
	}
	b.post(fmt.Sprintf("/me/contacts/%d", mail.ID), url.Values{"do": {"down"}}).at("/me", 200, "已后移")
	if first := contact(0); first.ID == mail.ID {
		t.Errorf("first is still %+v", first)
	}
	b.post(fmt.Sprintf("/me/contacts/%d", mail.ID), url.Values{"do": {"down"}}).at("/me", 200) // it is the last already
	b.post(fmt.Sprintf("/me/contacts/%d", mail.ID), url.Values{"do": {"up"}}).at("/me", 200, "已提前")
	if first := contact(0); first.ID != mail.ID {
		t.Errorf("up again, first is %+v", first)
	}
	b.post(fmt.Sprintf("/me/contacts/%d", mail.ID), url.Values{"do": {"when"}, "when": {"weekly"}, "role": {"nobody"}}).at("/me", 200)
	if c := contact(0); c.Role != "" || c.When != domain.Weekly {
		t.Errorf("a role that does not exist leaves %+v", c)
	}

	b.post("/me/ways", url.Values{"theme": {"Q01"}, "way-sms": {"now"}}).at("/me", 200, "“减税降费”的通知方式已保存", "短信（有新政策就发）")
	b.post("/me/ways", url.Values{"theme": {"Q05"}}).at("/me", 200, "只看站内消息")
	own := sub().Subscription.ByTheme
	if len(own) != 2 || len(own["Q01"]) != 1 || own["Q01"][0] != (domain.Way{Channel: domain.SMS, When: domain.Now}) || len(own["Q05"]) != 0 {
		t.Errorf("ways by theme are %+v", own)
	}
	b.post("/me/ways", url.Values{"theme": {"XX"}}).at("/me/ways", 400, "没有这个主题")
	b.get("/me").post("/me/ways", url.Values{"theme": {"Q01"}, "way-sms": {"now"}, "way-email": {"daily"}}).at("/me", 200, "电子邮件（每天汇总）")
	order := func() string {
		t.Helper()
		return fmt.Sprint(sub().Subscription.ByTheme["Q01"])
	}
	if got := order(); got != "[{email daily} {sms now}]" { // as for all themes
		t.Errorf("order of the theme is %s", got)
	}
	b.post("/me/ways", url.Values{"theme": {"Q01"}, "do": {"up"}, "channel": {"sms"}}).at("/me", 200, "“减税降费”的通知顺序已调整")
	if got := order(); got != "[{sms now} {email daily}]" {
		t.Errorf("moved, it is %s", got)
	}
	b.post("/me/ways", url.Values{"theme": {"Q01"}, "do": {"down"}, "channel": {"sms"}}).at("/me", 200)
	b.post("/me/ways", url.Values{"theme": {"Q01"}, "do": {"up"}, "channel": {"email"}}).at("/me", 200) // is the first
	b.post("/me/ways", url.Values{"theme": {"Q01"}, "do": {"up"}, "channel": {"paper"}}).at("/me", 200) // is none
	if got := order(); got != "[{email daily} {sms now}]" {
		t.Errorf("moved back, it is %s", got)
	}
	b.post("/me/ways", url.Values{"theme": {"Q02"}, "do": {"up"}, "channel": {"sms"}}).at("/me/ways", 409, "没有另定通知方式")
	for _, tt := range []struct {
		telling          string
		fallback, atOnce bool
		says             string
	}{
		{"all", false, true, "已改为：每种都同时通知"},
		{"first", false, false, "已改为：只用排在最前的一种，发不到才用下一种"},
		{"inbox", true, false, "已改为：新政策先看站内消息，没有读再按顺序通知"},
	} {
		b.get("/me").post("/me/telling", url.Values{"telling": {tt.telling}}).at("/me", 200, tt.says, `value="`+tt.telling+`" checked`)
		if got := sub().Subscription; got.Fallback != tt.fallback || got.AtOnce != tt.atOnce {
			t.Errorf("%s is kept as %+v", tt.telling, got)
		}
	}
	b.get("/me/export")
	for _, says := range []string{`"by_theme"`, `"fallback": true`, `"Q05": []`} {
		if !strings.Contains(b.body, says) {
			t.Errorf("the export lacks %s:\n%s", says, b.body)
		}
	}
	b.get("/me").post("/me/ways", url.Values{"theme": {"Q01"}, "do": {"remove"}}).at("/me", 200, "改回与其他主题一样")
	b.post("/me/ways", url.Values{"theme": {"Q05"}, "do": {"remove"}}).at("/me", 200)
	if own := sub().Subscription.ByTheme; own != nil {
		t.Errorf("ways by theme are %+v", own)
	}
}

func TestWhatIsDoneIsMarked(t *testing.T) {
	site := newSite(t)
	b := site.browser()
	id := b.subscribe("13900000001")
	policy := site.publish(id)
	b.get("/inbox").at("/inbox", 200, "设备投资补助", "已办理")
	b.post("/inbox/1/done", url.Values{}).at("/inbox", 200, "截止前不再提醒", `<span class="tag pine">已办理</span>`, "还没办理")
	done, err := site.Store.Done(t.Context(), policy.ID)
	if err != nil || len(done) != 1 || done[0] != id {
		t.Fatalf("done by %v, %v", done, err)
	}
	b.post("/inbox/1/done", url.Values{"undo": {"yes"}}).at("/inbox", 200, "照常提醒")
	if done, err = site.Store.Done(t.Context(), policy.ID); err != nil || len(done) != 0 {
		t.Fatalf("done by %v, %v", done, err)
	}
}

// TestPersonalisationIsTurnedOff: what somebody stated is then compared with
// nothing, on no page and for no push, until they turn it on again.
func TestPersonalisationIsTurnedOff(t *testing.T) {
	site := newSite(t)
	b := site.browser()
	id := b.subscribe("13900139000")
	page := fmt.Sprintf("/policies/%d", site.publish().ID)
	matched := map[string]string{"/": "1项适用可能性高", "/me/policies": "适用可能性高（1项）", page: "为什么推给您", "/policies": "1项适用可能性高"}
	said := func(path string) string {
		b.get(path).at(path, 200)
		_, main, _ := strings.Cut(b.body, "<main")
		return main
	}
	for path, words := range matched {
		if !strings.Contains(said(path), words) {
			t.Errorf("%s does not say %s to somebody who is matched", path, words)
		}
	}
	b.get("/me").at("/me", 200, "关闭个性化匹配").post("/me/pause", url.Values{"paused": {"unmatched"}}).at("/me", 200, "已关闭个性化匹配", "打开个性化匹配")
	for path, words := range matched {
		if strings.Contains(said(path), words) {
			t.Errorf("%s still says what fits", path)
		}
	}
	b.get("/me/policies").at("/me/policies", 200, "您关闭了个性化匹配")
	b.get("/me/export").at("/me/export", 200, `"unmatched"`)
	sub, err := site.Store.Subscriber(context.Background(), id)
	if err != nil || !sub.Subscription.Paused || !sub.Subscription.Unmatched {
		t.Fatalf("%+v, %v: pushes go on", sub.Subscription, err)
	}
	b.get("/me").post("/me/pause", url.Values{"paused": {"no"}}).at("/me", 200, "已恢复推送")
	if !strings.Contains(said("/me/policies"), "适用可能性高（1项）") {
		t.Error("turned on again, nothing is matched")
	}
}

// The tabs of 我的政策 count all that there is, whichever is open; what is none of
// them, and a part that is empty, opens everything.
func TestTabsOfMyPolicies(t *testing.T) {
	for asked, want := range map[string]string{
		"":         "[全部] 适用可能性高（2项） 即将开始（1份）｜2 0 1",
		"likely":   "全部 [适用可能性高（2项）] 即将开始（1份）｜2 0 0",
		"soon":     "全部 适用可能性高（2项） [即将开始（1份）]｜0 0 1",
		"possible": "[全部] 适用可能性高（2项） 即将开始（1份）｜2 0 1",
		"<script>": "[全部] 适用可能性高（2项） 即将开始（1份）｜2 0 1",
	} {
		v := myPoliciesView{Likely: make([]offered, 2), Soon: make([]offered, 1), Sure: 2}
		v.choose(asked)
		var labels []string
		for _, tab := range v.Tabs {
			if tab.Current {
				tab.Label = "[" + tab.Label + "]"
			}
			labels = append(labels, tab.Label)
		}
		if got := fmt.Sprintf("%s｜%d %d %d", strings.Join(labels, " "), len(v.Likely), len(v.Possible), len(v.Soon)); got != want {
			t.Errorf("%q opens %s, want %s", asked, got, want)
		}
	}
	v := myPoliciesView{Possible: make([]offered, 1), Perhaps: 1}
	if v.choose("possible"); len(v.Tabs) != 0 || len(v.Possible) != 1 {
		t.Errorf("one part has the tabs %v", v.Tabs)
	}
}
