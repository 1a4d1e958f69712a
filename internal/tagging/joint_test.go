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

// TestFactsWithoutWhatPartsThem reads blocks of facts of which pages lost the colons, and
// facts that stand right behind a title.
func TestFactsWithoutWhatPartsThem(t *testing.T) {
	const title = "云川县财政局关于发布定期定额征收管理办法的公告"
	const body = "\n为规范征收管理，制定本办法，现予公布。\n一、本办法适用于个体工商户。"
	for name, tt := range map[string]struct {
		text string
		want [5]string // title, number, published, from, until
	}{
		"a blank parts them": {
			title + "\n发文机关 云川县财政局\n文件字号 云财税公告2011年第3号\n颁布日期 2011-03-04\n施行日期 2011-04-05\n" + title + body,
			[5]string{title, "云财税公告2011年第3号", "2011-03-04", "2011-04-05", ""},
		},
		"nothing does": {
			"• 文章标题" + title + "\n• 制发机关云川县财政局\n• 成文日期2017-07-24\n• 文件字号云财办发〔2017〕40号\n• 生效日期2017-08-25\n• 文件失效时间2019-12-31" + body,
			[5]string{title, "云财办发〔2017〕40号", "2017-07-24", "2017-08-25", "2019-12-31"},
		},
		"one of them is empty": {
			"索 引 号 113708280043358015/2021-01956 公开方式 主动公开\n发布机构 云川县财政局 组配分类 发展计划\n成文日期 2021-02-22 废止日期\n" + title + "\n云财发〔2021〕3号" + body,
			[5]string{title, "云财发〔2021〕3号", "2021-02-22", "", ""},
		},
		"they follow the title": {
			"云川县文化市场管理办法(修正)发文单位:云川县人大常委会发布日期:1997-12-3执行日期:1998-1-1生效日期:1900-1-1第一条为了繁荣文化事业，制定本办法。\n第二条文化市场由县文化局管理。",
			[5]string{"云川县文化市场管理办法(修正)", "", "1997-12-03", "1998-01-01", ""},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := read(t, name, tt.text)
			if got := [5]string{p.Title, p.DocNumber, p.PublishDate, p.EffectiveFrom, p.Expires}; got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	if p := read(t, "others", "云川县民政局等五部门关于发放就业补贴的通知\n各乡镇人民政府：\n现就发放就业补贴通知如下。\n一、给予每人500元补贴。"); !slices.Equal(p.Issuers, []string{"云川县民政局"}) {
		t.Errorf("one of five is told, got %q", p.Issuers)
	}
}
