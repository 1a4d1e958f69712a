package web

import "testing"

// TestUnbroken: dates, numbers with their units and telephone numbers stay on one
// line, in running text; tags, and what is laid out or holds no elements, stay as they are.
func TestUnbroken(t *testing.T) {
	for page, want := range map[string]string{
		"<p>至2027年12月31日止":                                  "<p>至[2027年12月31日]止",
		"<p>12月1日开始</p>2天":                                  "<p>[12月1日]开始</p>2天",
		"<li>2026年度":                                        "<li>[2026年]度",
		"<td>最高300万元，3,000.5元":                              "<td>最高[300万元]，[3,000.5元]",
		"<p>按15%补，共12个月":                                    "<p>按[15%]补，共[12个月]",
		"<p>电话<b>0555-000-0123</b>。":                        "<p>电话<b>[0555-000-0123]</b>。",
		"<p>10个工作日内":                                        "<p>[10个工作日]内",
		"<p>共18 页，10-":                                      "<p>共18 页，10-",
		`<p><a href="/x?d=3天" title="3天">3天</a><br>3天</p>`:  `<p><a href="/x?d=3天" title="3天">3天</a><br>[3天]</p>`,
		`<p><span class="tag">3天</span><span>3天</span></p>`: `<p><span class="tag">3天</span><span>[3天]</span></p>`,
		"<p><option value=3>3天</option>3天":                  "<p><option value=3>3天</option>[3天]",
		"<title>3天<b>3天</title><b>3</b>天":                   "<title>3天<b>3天</title><b>3</b>天",
		"<p><textarea><p>3天</textarea>3天</p>":               "<p><textarea><p>3天</textarea>[3天]</p>",
		"<p><svg><text>3天</text><path d='1'/></svg>3天":      "<p><svg><text>3天</text><path d='1'/></svg>[3天]",
		"<p>&#39;日<":                                        "<p>&#39;日<",
		"<p>&#39天":                                          "<p>&#39天",
		"3天":                                                "3天",
		"</p>3天<p":                                          "</p>3天<p",
		"<script>3天":                                        "<script>3天",
	} {
		var b []byte
		for _, r := range want {
			switch r {
			case '[':
				b = append(b, `<bdi class="nowrap">`...)
			case ']':
				b = append(b, `</bdi>`...)
			default:
				b = append(b, string(r)...)
			}
		}
		if got := string(unbroken([]byte(page))); got != string(b) {
			t.Errorf("%s becomes %s, want %s", page, got, b)
		}
	}
}
