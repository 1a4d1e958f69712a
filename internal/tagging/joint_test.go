package tagging_test

import (
	"slices"
	"testing"
)

// TestJointTitles: a text that several offices issue together is named with all of
// them, whatever lines they stand on.
func TestJointTitles(t *testing.T) {
	const about = "关于延长困难企业缓缴期限的公告"
	both := []string{"云川县财政局", "国家税务总局云川县税务局"}
	for name, tt := range map[string]struct {
		head, title string
		issuers     []string
	}{
		"on lines of their own":      {"云川县财政局\n国家税务总局云川县税务局\n关于延长困难企业\n缓缴期限的公告", "云川县财政局 国家税务总局云川县税务局" + about, both},
		"the last before the matter": {"云川县财政局\n国家税务总局云川县税务局关于延长\n困难企业缓缴期限的公告", "云川县财政局 国家税务总局云川县税务局" + about, both},
		"all on one":                 {"云川县财政局 国家税务总局云川县税务局" + about, "云川县财政局 国家税务总局云川县税务局" + about, both},
		"a red head is not repeated": {"云川县财政局\n国家税务总局云川县税务局\n云财税〔2026〕5号\n云川县财政局 国家税务总局云川县税务局\n" + about, "云川县财政局 国家税务总局云川县税务局" + about, both},
		"a site issues nothing":      {"云川县人民政府\n云川县财政局" + about, "云川县财政局" + about, []string{"云川县财政局"}},
	} {
		t.Run(name, func(t *testing.T) {
			text := tt.head + "\n各企业:\n为支持困难企业渡过难关,现就缓缴有关事项公告如下。\n一、缓缴期限延长至2026年12月31日。\n"
			for _, issuer := range tt.issuers {
				text += issuer + "\n"
			}
			p := read(t, name, text+"2026年2月10日")
			if p.Title != tt.title || !slices.Equal(p.Issuers, tt.issuers) {
				t.Errorf("got %q of %q, want %q of %q", p.Title, p.Issuers, tt.title, tt.issuers)
			}
		})
	}
}
