package tagging_test

import (
	"strings"
	"testing"
)

// TestReadsWhenADocumentHolds reads one sentence each in a notice of 10
// February 2020.
func TestReadsWhenADocumentHolds(t *testing.T) {
	for sentence, want := range map[string][3]string{ // from, until, last day to apply
		"本通知自2020年3月1日起正式施行。":                   {"2020-03-01"},
		"本通知从2020年3月1日开始执行,有效期两年。":              {"2020-03-01", "2022-02-28"},
		"本办法于2020年3月1日起实施,有效期为3年。":              {"2020-03-01", "2023-02-28"},
		"本政策自发布之日起实施,至2020年6月30日止。":             {"2020-02-10", "2020-06-30"},
		"本意见自印发之日起执行,有效期至2020年12月底。":            {"2020-02-10", "2020-12-31"},
		"本措施自公布之日起施行,执行至疫情结束。":                  {"2020-02-10"},
		"以上政策执行期限自发布之日起3个月。":                    {"2020-02-10", "2020-05-09"},
		"上述政策自即日起执行,暂定至6月30日。":                  {"2020-02-10", "2020-06-30"},
		"执行期限为2020年2月1日至2020年4月30日。":            {"2020-02-01", "2020-04-30"},
		"本政策有效期为2020年2月1日至4月30日。":               {"2020-02-01", "2020-04-30"},
		"本公告自2020年1月1日起实施,截止日期视疫情情况另行公告。":       {"2020-01-01"},
		"本细则自2020年3月起施行。":                       {"2020-03-01"},
		"本办法自发布之日起30日后施行。":                      {"2020-03-11"},
		"《云川县促进就业办法》自2019年5月1日起施行以来,取得成效。":      {},
		"《云川县促进就业办法》的执行期限延长至2021年12月31日。":       {},
		"各单位应当自收到通知之日起5个工作日内报送。":                {},
		"居住证有效期为一年,每年签注一次。":                     {},
		"证书有效期至2021年5月1日的,可以续期。":                {},
		"相关部门要在本通知印发之日起15个工作日内落实到位。":            {},
		"从2020年1月1日起,实施三年技能提升行动计划。":             {},
		"请于2020年3月15日17:00前将申报材料报送县经信局。":        {"", "", "2020-03-15"},
		"申报时间:2020年3月1日至3月20日。":                 {"", "", "2020-03-20"},
		"申报时间自2020年3月1日起至2020年3月20日止。":          {"", "", "2020-03-20"},
		"报名截止时间为2020年3月20日。":                    {"", "", "2020-03-20"},
		"项目申报截止日期:2020年3月20日24时。":               {"", "", "2020-03-20"},
		"受理期限为2020年3月1日-2020年5月31日,逾期不予受理。":     {"", "", "2020-05-31"},
		"企业应当在2020年4月30日前登录系统填报并提交申请。":          {"", "", "2020-04-30"},
		"企业可即日起至2020年6月9日向县商务局申报。":              {"", "", "2020-06-09"},
		"受理时间:2020年3月1日上午9:00起至3月24日下午17:00止。":  {"", "", "2020-03-24"},
		"受理:自公告之日起至2020年3月31日(以窗口收件为准)。":        {"", "", "2020-03-31"},
		"企业在线填报,网上截止时间为2020年5月20日17时。":          {"", "", "2020-05-20"},
		"《云川县办法的通知》(云政发〔2019〕3号)自2019年5月1日起实施。": {},
		"各乡镇请于2020年3月15日前将落实情况报送县府办。":           {},
		"2020年1月31日前成立的企业可以申报。":                 {},
		"对2020年6月30日前到期的贷款,企业可申请展期。":            {},
		"本办法自二〇二〇年三月一日起施行,有效期五年。":               {"2020-03-01", "2025-02-28"},
		"本规定自2020年3月1日起施行,试行一年。":                {"2020-03-01", "2021-02-28"},
		"2020年2月1日至2020年4月30日期间,免收房租。":          {},
		"本通知有效期自2020年3月1日至2022年2月28日。":          {"2020-03-01", "2022-02-28"},
		"本通知自2020年3月1日起施行,2023年2月28日废止。":        {"2020-03-01", "2023-02-28"},
		"本意见自下发之日起施行,有效期暂定1年。":                  {"2020-02-10", "2021-02-09"},
		"政策有效期为自发布之日起至2020年7月31日。":              {"2020-02-10", "2020-07-31"},
		"此通知自发文之日起执行。":                          {"2020-02-10"},
		"本通知自2020年2月10日起生效,实施期限暂定6个月,后续视情况调整。":  {"2020-02-10", "2020-08-09"},
	} {
		t.Run(sentence, func(t *testing.T) {
			p := read(t, "dates.txt", "云川县人民政府关于支持企业发展的通知\n云政发〔2020〕3号\n各乡镇人民政府:\n一、支持企业稳定发展,落实各项政策。\n二、"+sentence+"\n云川县人民政府\n2020年2月10日\n")
			if got := [3]string{p.EffectiveFrom, p.Expires, p.ApplyDeadline}; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// TestReadsNumbersAndIssuers reads the heads of documents of many kinds.
func TestReadsNumbersAndIssuers(t *testing.T) {
	const body = "\n第一条 为了规范管理,制定本规定。\n第二条 企业应当依法经营。\n"
	for name, tt := range map[string]struct {
		text, number, published string
		issuers                 []string
	}{
		"an order of a ministry":               {"快递市场管理办法\n2023年12月17日 交通运输部令2023年第999号公布 自2024年3月1日起施行" + body, "交通运输部令2023年第999号", "2023-12-17", []string{"交通运输部"}},
		"a statute of a congress":              {"中华人民共和国预算监督法\n1994年3月22日 第八届全国人民代表大会第二次会议通过\n2014年8月31日 第十二届全国人民代表大会常务委员会第十次会议修正" + body, "", "1994-03-22", []string{"全国人民代表大会"}},
		"a statute of a city":                  {"温州市物业管理条例\n2022年5月6日 温州市第十四届人民代表大会常务委员会第二次会议通过\n2022年7月29日 浙江省第十三届人民代表大会常务委员会第三十七次会议批准" + body, "", "2022-05-06", []string{"温州市人民代表大会常务委员会"}},
		"a red head":                           {"云川县人民政府办公室文件\n云政办发〔2021〕8号\n关于促进消费的通知\n各乡镇人民政府:\n现就有关事项通知如下。\n2021年3月5日\n", "云政办发〔2021〕8号", "2021-03-05", []string{"云川县人民政府办公室"}},
		"a number in brackets below the title": {"云川县财政局关于发放补贴的通知\n(云财〔2021〕8号)\n各乡镇:\n现通知如下。\n云川县财政局\n2021年3月5日\n", "云财〔2021〕8号", "2021-03-05", []string{"云川县财政局"}},
		"only cited numbers":                   {"关于发放补贴的通知\n各乡镇:\n根据《关于惠企政策的意见》(云政发〔2020〕5号)和云财〔2020〕7号文件要求,现通知如下。\n云川县财政局\n2021年3月5日\n", "", "2021-03-05", []string{"云川县财政局"}},
		"a number with 第":                      {"云川县财政局关于发放补贴的通知\n云财〔2021〕第8号\n各乡镇:\n现通知如下。\n云川县财政局\n2021年3月5日\n", "云财〔2021〕第8号", "2021-03-05", []string{"云川县财政局"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := read(t, "head.txt", tt.text)
			if p.DocNumber != tt.number || p.PublishDate != tt.published {
				t.Errorf("got %q of %q, want %q of %q", p.DocNumber, p.PublishDate, tt.number, tt.published)
			}
			if len(p.Issuers) != len(tt.issuers) || p.Issuers[0] != tt.issuers[0] {
				t.Errorf("issued by %q, want %q", p.Issuers, tt.issuers)
			}
		})
	}
}

// TestReadsPagesThatNobodySigns reads who put up a page, and when.
func TestReadsPagesThatNobodySigns(t *testing.T) {
	const body = "\n1.问:怎样申请补贴?\n答:居民可以向街道申请。\n2.问:补贴多少?\n答:每人每月100元,2027年12月31日前有效。\n"
	for name, tt := range map[string]struct{ text, issuer, published string }{
		"a line of the head":         {"首页 > 政策解读\n养老补贴热点问答\n国家税务总局大连市税务局\n2024年01月19日 【字体:大 中 小】" + body, "国家税务总局大连市税务局", "2024-01-19"},
		"the source":                 {"养老补贴热点问答\n发布日期:2022-06-30  来源:中山市民政局  浏览次数:12" + body, "中山市民政局", "2022-06-30"},
		"a source without its place": {"养老补贴热点问答\n发布日期:2022-06-30  来源:市民政局  浏览次数:12" + body, "", "2022-06-30"},
		"the title":                  {"阳江市民政局2023年养老补贴公告\n时间:2023-08-25 18:00:00 浏览:10" + body, "阳江市民政局", "2023-08-25"},
		"a branch of an office":      {"山东省商务厅 国家外汇管理局山东省分局关于资金申报的通知\n时间:2023-08-25 浏览:10\n各市商务局:\n现就有关事项通知如下。\n", "山东省商务厅、国家外汇管理局山东省分局", "2023-08-25"},
		"offices of the state":       {"财政部国家税务总局国家医保局关于补贴的公告\n时间:2023-08-25 浏览:10\n现就有关事项公告如下。\n", "财政部、国家税务总局、国家医保局", "2023-08-25"},
	} {
		t.Run(name, func(t *testing.T) {
			p := read(t, "page.txt", tt.text)
			if got := strings.Join(p.Issuers, "、"); got != tt.issuer || p.PublishDate != tt.published {
				t.Errorf("got %q on %q, want %q on %q", got, p.PublishDate, tt.issuer, tt.published)
			}
		})
	}
}

// TestReadsCardsInBrackets reads a card whose names of cells stand in brackets.
func TestReadsCardsInBrackets(t *testing.T) {
	p := read(t, "card.txt", "云川县企业增资扩产支持政策\n【政策来源】《关于支持企业增资扩产的若干措施》\n【制发部门】云川县商务局 云川县财政局\n【文件编号】云商〔2024〕38号\n【印发日期】2024年5月13日\n【服务对象】县内企业\n【服务内容】\n1.增资奖励:按到账额的1%给予奖励。\n【办理方式】网上申报\n【执行期限】\n2024年1月1日至2026年12月31日\n")
	got := [...]string{strings.Join(p.Issuers, "、"), p.PublishDate, p.EffectiveFrom, p.Expires, p.DocKind}
	if want := [...]string{"云川县商务局、云川县财政局", "2024-05-13", "2024-01-01", "2026-12-31", "D18"}; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestAttachedRulesDoNotTellHowLongACallHolds: the rules of an award have a
// validity of their own.
func TestAttachedRulesDoNotTellHowLongACallHolds(t *testing.T) {
	p := read(t, "call.txt", "云川县工信局关于组织申报首台套装备的通知\n云工信〔2024〕3号\n各企业:\n一、申报企业应当登记满一年。\n二、请于2024年7月1日前提交申报材料。\n三、逾期不予受理。\n云川县工信局\n2024年6月1日\n附件:云川县首台套装备认定办法\n第一条 为了鼓励创新,制定本办法。\n第二条 本办法自2023年6月10日起施行,有效期五年。\n")
	got := [...]string{p.EffectiveFrom, p.Expires, p.ApplyDeadline}
	if want := [...]string{"", "", "2024-07-01"}; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
