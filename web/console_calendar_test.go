package web

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

const holidays2027 = "2027年\n元旦：1月1日（周五）至3日（周日）放假，共3天。\n春节：2月5日至11日放假。2月20日（周六）上班。\n劳动节：5月1日放假。\n国庆节：10月1日至7日放假。"

// TestStaffImportTheHolidaysOfAYear: what is missing stands on the desk, what a
// notice says is shown before it counts, and what is wrong is named by its line.
func TestStaffImportTheHolidaysOfAYear(t *testing.T) {
	site := newOffice(t)
	t.Cleanup(func() { site.Rules.Calendar.Import(nil) }) // all sites of the tests share the rules
	const page = "/console/calendar"
	b := site.as("drafter")
	const missing = "2027年的放假安排还没有导入"
	b.get("/console").at("/console", 200, "要马上处理", missing, `href="/console/calendar"`)
	b.get(page).at(page, 200, missing, "2026年", "10月1日（周四）至10月7日（周三），共7天", "系统自带")

	wrong := strings.Replace(holidays2027, "2月20日（周六）", "2月20日（周日）", 1) + "\n" + hostile + "2月30日放假。"
	b.post(page, url.Values{"text": {wrong}, "do": {"import"}}).at(page, 422, "第3行：2027-02-20是周六，不是周日", "第6行：没有2027年2月30日这一天")
	if site.Rules.Calendar.Knows(2027) {
		t.Fatal("what is wrong was imported")
	}
	b.post(page, url.Values{"text": {""}}).at(page, 422, "没有写是哪一年")
	b.post(page, url.Values{"text": {holidays2027}}).at(page, 200, "读到的2027年放假安排", "2月5日（周五）至2月11日（周四），共7天", "核对无误")
	if site.Rules.Calendar.Knows(2027) {
		t.Fatal("what was only looked at counts")
	}
	b.post(page, url.Values{"text": {holidays2027}, "do": {"import"}}).at(page, 200, "2027年放假安排已导入", "2月20日（周六）")
	if strings.Contains(b.body, missing) {
		t.Error("the year is still said to be missing")
	}
	if b.get("/console"); strings.Contains(b.body, missing) {
		t.Error("it still stands on the desk")
	}
	b.get("/console/audit").at("/console/audit", 200, "导入放假安排", "2027年放假安排")
	c := site.Rules.Calendar
	if day := time.Date(2027, 2, 20, 0, 0, 0, 0, shanghai); c.Holiday(day) || !c.Holiday(day.AddDate(0, 0, -10)) {
		t.Error("the days do not count")
	}
}

// TestWhoOnlyReadsImportsNothing: whoever works in the console may import, the
// administrator too, whose desk says what is missing.
func TestWhoOnlyReadsImportsNothing(t *testing.T) {
	site := newOffice(t)
	for login, status := range map[string]int{"auditor": 403, "admin": 200, "approver": 200} {
		b := site.as(login)
		b.get("/console/calendar").at("/console/calendar", 200)
		if forms := strings.Contains(b.body, `name="text"`); forms != (status == 200) {
			t.Errorf("%s sees a form: %v", login, forms)
		}
		b.get("/console").at("/console", 200, "2027年的放假安排还没有导入")
		b.get("/console/calendar").post("/console/calendar", url.Values{"text": {holidays2027}}).at("/console/calendar", status)
	}
}
