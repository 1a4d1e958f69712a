package web

import (
	"encoding/xml"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"policypush/interpretations"
)

func TestFeed(t *testing.T) {
	site := newSite(t)
	policy := site.publish()
	b := site.browser()
	b.get("/policies").at("/policies", 200, `href="/policies.atom"`)
	for path, entries := range map[string]int{"/policies.atom": 1, "/policies.atom?t=Q01&s=enterprise": 1, "/policies.atom?t=M09": 0, "/policies.atom?t=%3Cb%3E": 1} {
		b.get(path)
		var f atomFeed
		if err := xml.Unmarshal([]byte(b.body), &f); err != nil || b.status != 200 {
			t.Fatalf("%s: %d, %v: %s", path, b.status, err, b.body)
		}
		if len(f.Entries) != entries || f.ID == "" || f.Updated == "" || f.Author == "" {
			t.Errorf("%s: %d entries, want %d: %+v", path, len(f.Entries), entries, f)
		}
		if entries == 1 && (f.Entries[0].ID != fmt.Sprintf("%s/policies/%d", site.BaseURL, policy.ID) || !strings.Contains(f.Entries[0].Title, hostile)) {
			t.Errorf("%+v", f.Entries[0])
		}
	}
}

func TestCalendarFile(t *testing.T) {
	site := newSite(t)
	policy := site.publish()
	path := fmt.Sprintf("/policies/%d/deadlines.ics", policy.ID)
	b := site.browser().get(path)
	if b.status != 200 || !strings.HasPrefix(b.header.Get("Content-Type"), "text/calendar") {
		t.Fatalf("%d %s", b.status, b.header.Get("Content-Type"))
	}
	unfolded := strings.ReplaceAll(b.body, "\r\n ", "")
	for _, want := range []string{"BEGIN:VCALENDAR\r\n", "DTSTART;VALUE=DATE:20261210\r\n", "DTEND;VALUE=DATE:20261211\r\n", "SUMMARY:截止：设备投资补助\r\n", "TRIGGER:-P3D\r\n", "END:VCALENDAR\r\n"} {
		if !strings.Contains(unfolded, want) {
			t.Errorf("no %q in %s", want, unfolded)
		}
	}
	for line := range strings.SplitSeq(b.body, "\r\n") {
		if len(line) > 75 || !utf8.ValidString(line) {
			t.Errorf("line of %d octets: %q", len(line), line)
		}
	}
	site.browser().get("/policies/999/deadlines.ics").at("/policies/999/deadlines.ics", 404)
}

func TestFoldedLinesUnfold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := calendarText(rapid.String().Draw(t, "text"))
		line := folded("SUMMARY:" + text)
		if got := strings.ReplaceAll(strings.TrimSuffix(line, "\r\n"), "\r\n ", ""); got != "SUMMARY:"+text {
			t.Fatalf("%q became %q", text, got)
		}
		for part := range strings.SplitSeq(strings.TrimSuffix(line, "\r\n"), "\r\n") {
			if len(part) > 75 || strings.ContainsAny(part, "\r\n") {
				t.Fatalf("%q", part)
			}
		}
	})
}

func TestSimilarAnswersAreShownWhileAsking(t *testing.T) {
	site := newSite(t)
	page := fmt.Sprintf("/policies/%d", site.publish().ID)
	b := site.browser()
	b.get(page).post(page+"/ask", url.Values{"question": {"请问最多能补多少钱？"}}).at(page+"/ask", 200, "这些答复是不是您要的", "最高300万元。", "请问最多能补多少钱？</textarea>")
	b.post(page+"/ask", url.Values{"question": {"请问最多能补多少钱？"}, "do": {"send"}, "once": {onceInPage.FindStringSubmatch(b.body)[1]}})
	if !strings.Contains(b.body, "问题已提交") {
		t.Error("a question that was sent anyway is lost")
	}
}

func TestSimilarRanksByLikeness(t *testing.T) {
	items := []interpretations.Item{
		{ID: 1, Policy: 4, QA: &interpretations.QA{Question: "二手设备能补吗？", Answer: "不能。"}},
		{ID: 2, QA: &interpretations.QA{Question: "旧设备能补多少？", Answer: "不能补。"}},
	}
	found := similar("二手设备能不能补", items)
	if len(found) == 0 || found[0].Href != "/policies/4#qa-1" {
		t.Errorf("%+v", found)
	}
	if got := similar("。？", items); got != nil {
		t.Errorf("marks alone are like %+v", got)
	}
}
