package web

import (
	"html"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestMoney(t *testing.T) {
	for yuan, want := range map[float64]string{
		0: "0元", 1500: "1500元", 0.5: "0.5元", 9999.99: "9999.99元", 1e4: "1万元", 800000: "80万元", 25000: "2.5万元", 2.5e8: "2.5亿元",
	} {
		if got := money(yuan); got != want {
			t.Errorf("money(%v) = %s, want %s", yuan, got, want)
		}
	}
	if got := percent(0.15); got != "15%" {
		t.Errorf("percent(0.15) = %s", got)
	}
}

func TestDeadlineOn(t *testing.T) {
	for name, tt := range map[string]struct {
		day, today string
		want       string
		over, soon bool
	}{
		"days are left":                {"2026-12-10", "2026-11-22", "还剩18天", false, false},
		"three days are soon":          {"2026-11-25", "2026-11-22", "还剩3天", false, true},
		"the last day counts":          {"2026-11-22", "2026-11-22", "今天24:00截止", false, true},
		"the day after is over":        {"2026-11-21", "2026-11-22", "已截止（2026年11月21日）", true, false},
		"a month lasts to its end":     {"2026-11", "2026-11-22", "还剩8天", false, false},
		"no date is no deadline":       {"", "2026-11-22", "", false, false},
		"words are no date":            {"年底", "2026-11-22", "", false, false},
		"February has 29 days in 2028": {"2028-02", "2028-02-29", "今天24:00截止", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			d := deadlineOn(tt.day, tt.today)
			if d.Text() != tt.want || d.Over() != tt.over || d.Soon() != tt.soon {
				t.Errorf("got %q over %v soon %v", d.Text(), d.Over(), d.Soon())
			}
		})
	}
}

func TestABrokenTitleIsTheTitleEscaped(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		title := rapid.StringOf(rapid.SampledFrom([]rune(`关于支持中小企业的通知《若干措施》、<>&"'a1`))).Draw(t, "title")
		marked := string(breakableTitle(title))
		if got := html.UnescapeString(strings.ReplaceAll(marked, "<wbr>", "")); got != title {
			t.Errorf("got %q back from %q", got, title)
		}
		if plain := strings.ReplaceAll(marked, "<wbr>", ""); strings.ContainsAny(plain, "<>") {
			t.Errorf("markup in %q", marked)
		}
	})
}

func TestAddresses(t *testing.T) {
	for typed, want := range map[string]string{
		"139 0000-0001": "sms 13900000001", "+8613900000001": "sms 13900000001", "Li.Ming@Example.COM": "email Li.Ming@example.com",
		"12345": "", "10086": "", "a@b": "", "a b@example.com": "", "李@example.com": "", "x <a@example.com>": "", "a@example.com\r\nBcc: b@example.com": "", "": "",
	} {
		kind, address, ok := addressOf(typed)
		got := ""
		if ok {
			got = string(kind) + " " + address
		}
		if got != want {
			t.Errorf("addressOf(%q) = %q, want %q", typed, got, want)
		}
	}
}

func TestOnlyOurOwnPathsAreGoneBackTo(t *testing.T) {
	for path, want := range map[string]bool{
		"/": true, "/policies?q=1": true, "": false, "//evil.example": false, `/\evil.example`: false, "https://evil.example": false, "/a\r\nb": false, "/\t/evil.example": false,
	} {
		if got := localPath(path); got != want {
			t.Errorf("localPath(%q) = %v", path, got)
		}
	}
}
