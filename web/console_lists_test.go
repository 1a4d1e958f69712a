package web

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

// lacks fails the test when the page says one of these.
func (b *browser) lacks(says ...string) *browser {
	b.site.t.Helper()
	for _, s := range says {
		if strings.Contains(b.body, s) {
			b.site.t.Errorf("the page says %q", s)
		}
	}
	return b
}

func TestPushesAreFoundByPolicyKindAndState(t *testing.T) {
	site := newOffice(t)
	site.publish()
	b := site.as("drafter")
	const list, row = "/console/pushes", `href="/console/pushes/1"`
	b.get(list).at(list, 200, "共1次", row, "政策推送")
	b.get(list+"?"+url.Values{"q": {"技术改造"}, "kind": {"new"}}.Encode()).at(list, 200, "共1次", row, `value="技术改造"`)
	for _, other := range []url.Values{{"q": {"稳岗"}}, {"kind": {"reminder"}}, {"state": {"paused"}}, {"state": {"stopped"}}} {
		b.get(list+"?"+other.Encode()).at(list, 200, "没有找到推送", `<a href="/console/pushes">查看全部</a>`).lacks(row)
	}
	b.get(row[6:len(row)-1]).post("/console/pushes/1/halt", url.Values{"do": {"pause"}, "reason": {"口径待核实"}})
	b.get(list+"?state=paused").at(list, 200, row, `value="paused" selected`)
}

func TestTheAuditIsFoundByPersonActionAndDay(t *testing.T) {
	site := newOffice(t)
	b := site.as("drafter")
	const list = "/console/audit"
	for i := range auditShown + 5 {
		e := storage.AuditEntry{At: site.now.AddDate(0, 0, -2), Action: "publish", Object: "policy/9", Detail: "前天"}
		if i == 0 {
			e.Action, e.Detail = "push-reschedule", "最早的一条"
		}
		if err := site.Store.Audit(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	b.get(list).at(list, 200, "共106条", "下一页", `/console/audit?page=2`).lacks("最早的一条")
	b.get(list+"?page=2").at(list, 200, "最早的一条", "上一页")
	b.get(list+"?what=push-now").at(list, 200, "共1条", "改推送时间", "最早的一条").lacks("前天")
	all, err := site.Store.Operators(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range all {
		page := fmt.Sprintf("%s?what=sign-in&who=%d", list, o.ID)
		if o.Login == "drafter" {
			b.get(page).at(list, 200, "共1条", fmt.Sprintf(`value="%d" selected`, o.ID))
		} else {
			b.get(page).at(list, 200, "没有找到记录", `<a href="/console/audit">查看全部</a>`)
		}
	}
	b.get(list+"?from=2026-11-20&to=2026-11-20").at(list, 200, "共105条", `value="2026-11-20"`, "from=2026-11-20&amp;page=2&amp;to=2026-11-20")
	b.get(list+"?from=2026-11-21").at(list, 200, "共1条").lacks("前天")
	b.get(list+"?to="+url.QueryEscape("昨天")).at(list, 200, "共106条", "日期没有读懂")
}

// TestTheDeskSaysAThingInOneWay: days are early or late, what only logs is the
// outbox, and a published policy is green on each of its pages.
func TestTheDeskSaysAThingInOneWay(t *testing.T) {
	if got := opLabel(domain.FieldFounded, domain.AtLeast) + opLabel(domain.FieldFounded, domain.LessThan) + opLabel(domain.FieldStaff, domain.AtLeast); got != "不早于早于不少于" {
		t.Errorf("compared in words: %s", got)
	}
	if got := gatewayName("log") + gatewayName("aliyun"); got != "发件箱aliyun" {
		t.Errorf("gateways are called %s", got)
	}
	site := newOffice(t)
	page := policyPath(site.publish().ID, "release")
	b := site.as("drafter")
	if b.get(page).at(page, 200); strings.Count(b.body, `<span class="tag pine">已发布</span>`) != 2 {
		t.Error("the head and the next step show one status differently")
	}
	b.get("/console/ledger").at("/console/ledger", 200, `<span class="tag amber">只记入发件箱</span>`).lacks(`<span class="tag pine">只记入发件箱</span>`)
	b.get("/console/account").at("/console/account", 200, `autocomplete="username" value="drafter" hidden`)
}

// TestTheRulesShowTheWordThatWasLookedFor: the words of a theme are folded away,
// those looked for stand out.
func TestTheRulesShowTheWordThatWasLookedFor(t *testing.T) {
	site := newOffice(t)
	b := site.as("admin")
	b.get("/console/rules?q="+url.QueryEscape("加计扣除")).at("/console/rules", 200, "<mark>", "加计扣除</mark>", "<details", "减税降费").lacks("残疾人服务")
	b.get("/console/rules").at("/console/rules", 200, "65个", "<details").lacks("<mark>")
}
