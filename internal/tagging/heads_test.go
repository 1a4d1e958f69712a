package tagging_test

import (
	"strings"
	"testing"
)

// TestHeadsOfPages reads what pages put around and into the head of a document.
func TestHeadsOfPages(t *testing.T) {
	const title = "云川县人民政府关于禁止露天焚烧秸秆的通告"
	const body = "\n为改善空气质量,根据有关规定,现就有关事项通告如下:\n一、全县禁止露天焚烧秸秆。\n"
	for name, tt := range map[string]struct {
		text string
		want [4]string // title, issuers, number, published
	}{
		"a day, an office and the number in one line":    {"关于禁止露天焚烧秸秆的通告\n2017-10-01 云川县人民政府办公室 云政办发〔2017〕120号 云川县" + body, [4]string{"关于禁止露天焚烧秸秆的通告", "云川县人民政府办公室", "云政办发〔2017〕120号", "2017-10-01"}},
		"a day and the number of an announcement":        {"国家税务总局关于延期申报的公告\n2012-12-06 国家税务总局公告2012年第54号" + body, [4]string{"国家税务总局关于延期申报的公告", "国家税务总局", "国家税务总局公告2012年第54号", "2012-12-06"}},
		"a day that lost its last mark":                  {title + body + "云川县人民政府\n2016年1月29", [4]string{title, "云川县人民政府", "", "2016-01-29"}},
		"a day and how often the page was read":          {title + "\n云政通〔2017〕43号\n2017-04-23 3750次 已失效" + body, [4]string{title, "云川县人民政府", "云政通〔2017〕43号", "2017-04-23"}},
		"a day before empty cells":                       {title + "\n2019-04-26 点击数: | |||||||||||||||||||||||||" + body, [4]string{title, "云川县人民政府", "", "2019-04-26"}},
		"a column before a character that is a bar":      {"政务服务丨" + title + "\n发布日期：2021-07-19" + body, [4]string{title, "云川县人民政府", "", "2021-07-19"}},
		"the kind in brackets and the way to the page":   {"云川范文 > 「通告」" + title + "\n「通告」" + title + body, [4]string{title, "云川县人民政府", "", ""}},
		"what the title was elsewhere":                   {"原标题：" + title + body, [4]string{title, "云川县人民政府", "", ""}},
		"the number in brackets behind it":               {title + "(云政通〔2017〕43号)" + body, [4]string{title, "云川县人民政府", "云政通〔2017〕43号", ""}},
		"the site behind it":                             {"云川县地质灾害应急预案-云川高新技术产业开发区" + body, [4]string{"云川县地质灾害应急预案", "", "", ""}},
		"facts in one line, a day first":                 {"首页>云川县人民政府信息公开>信息浏览\n废止时间: 2020-01-23 名称: " + title + "\n" + title + body, [4]string{title, "云川县人民政府", "", ""}},
		"a greeting of the site":                         {"欢迎访问云川县政府网站!今天是:\n" + title + "\n[ 成文日期 ] 2016-12-14 [ 公开日期 ] 2016-12-14" + body, [4]string{title, "云川县人民政府", "", "2016-12-14"}},
		"what else the site has":                         {"- ·上一篇文章:云川县农村公路养护实施方案\n- ·下一篇文章:云川县监察局关于改进工作作风的实施办法\n云川县户外广告管理办法\n第一条 为加强管理,制定本办法。\n第二条 本办法适用于县城。", [4]string{"云川县户外广告管理办法", "", "", ""}},
		"a statute in lines that a margin broke":         {"云川文库\n湘潭市文明行为促进条例 (2021年10月28日湘潭市第六届人民代表大会常务委 员会第三十九次会议通过 2021年11月26日湖南省第 十三届人民代表大会常务委员会第二十七次会议批准) 目 录 第一章 总则 第二章 规范 第一章 总则 第一条 为了引导公民的文明行为,提升社会文明程度,根据有关法律、法规,结合本市实际,制定本条例。 第二条 本条例适用于本市行政区域内的文明行为促进以及相关工作。 第三条 本市文明行为促进工作坚持以人为本、奖惩结合、系统治理的原则,构建共建共治共享工作格局,形成自治、法治、德治相融合的长效机制。第四条 县级以上机构统筹指导本行政区域内文明行为促进工作,履行下列职责,并拟订文明行为促进工作规划以及年度工作计划。", [4]string{"湘潭市文明行为促进条例", "湘潭市人民代表大会常务委员会", "", "2021-10-28"}},
		"the announcement behind the name of one":        {"云川滩羊\n食品网\n\n湘潭市文明行为促进条例 (湘潭市第十二届人民代表大会常务委员会公告第62号)\n2019-09-12 473\n2015年10月30日湘潭市第十二届人民代表大会常务委员会第三十二次会议审议通过的《湘潭市文明行为促进条例》,现予公布,自2016年3月1日起施行。\n湘潭市人民代表大会常务委员会\n2016年1月6日\n", [4]string{"湘潭市文明行为促进条例", "湘潭市人民代表大会常务委员会", "", "2016-01-06"}},
		"a name in two lines above a seal":               {"关于印发云川县疫情监测方案的通知\n各乡镇人民政府:\n现印发给你们,请认真组织实施。\n国务院应对新型冠状病毒感染\n疫情联防联控机制综合组\n(国家卫生健康委代章)\n2022年12月26日", [4]string{"关于印发云川县疫情监测方案的通知", "国务院应对新型冠状病毒感染疫情联防联控机制综合组", "", "2022-12-26"}},
		"the line above where a page has it from":        {"云川网站\n云川 ChinaRen 焦点 搜狗\n新闻中心 > 综合 > 云川日报\n\n民政部明确殡葬改革方向\n\n来源:云川日报\n2009年12月24日04:59\n民政部近日发布《关于深化殡葬改革的指导意见》,明确改革方向。", [4]string{"民政部明确殡葬改革方向", "", "", "2009-12-24"}},
		"an order that bears its office":                 {"长汀县人民政府森林防火禁火令\n为预防森林火灾发生,县政府决定在全县范围内禁止一切野外用火。", [4]string{"长汀县人民政府森林防火禁火令", "长汀县人民政府", "", ""}},
		"the name on a card":                             {"一、项目名称\n申请残疾人辅助器具补贴\n二、政策标准\n《云川县辅助器具补贴办法》\n三、办理对象及条件\n具有本县户籍的残疾人。", [4]string{"申请残疾人辅助器具补贴", "", "", ""}},
		"the name in a cell of a card":                   {"1.项目名称：吸纳就业困难人员社保补贴\n2.补贴标准：按实际缴费给予补贴。\n3.申请条件：招用就业困难人员并缴纳社会保险。", [4]string{"吸纳就业困难人员社保补贴", "", "", ""}},
		"the name before what it is for":                 {"事项名称：高龄津贴申领\n实施主体：云川县民政局\n服务对象：80周岁以上老年人\n办理流程：本人到村委会申请。", [4]string{"高龄津贴申领", "", "", ""}},
		"a row of a table":                               {"政策名称|云川县稳岗返还|\n政策依据|云人社发〔2023〕12号|\n支持对象|参保企业|\n支持标准|按60%返还|", [4]string{"云川县稳岗返还", "", "", ""}},
		"a city's government with its province":          {"长春市体育市场管理规定\n吉林省长春市人民政府\n第63号\n《长春市体育市场管理规定》业经市人民政府常务会议讨论通过,现予发布施行。\n一九九七年九月十七日\n长春市体育市场管理规定\n第一条 为加强管理,制定本规定。\n第二条 本规定适用于本市。", [4]string{"长春市体育市场管理规定", "长春市人民政府", "", "1997-09-17"}},
		"a headline above how often it was read":         {"> 云川资讯 > 市政府信息\n\n市政府召开第37次常务会议\n\n浏览量: 时间:2023-02-26 来源: 市政府办公室\n2月26日下午,市长主持召开常务会议,研究经济社会发展工作。", [4]string{"市政府召开第37次常务会议", "", "", "2023-02-26"}},
		"the number and the day in brackets":             {title + "\n（云政通〔2023〕1号 2023年3月1日）" + body, [4]string{title, "云川县人民政府", "云政通〔2023〕1号", "2023-03-01"}},
		"a day in brackets":                              {title + "\n[2023-03-08]" + body, [4]string{title, "云川县人民政府", "", "2023-03-08"}},
		"a day of the week":                              {title + "\n2023年3月8日 星期三" + body, [4]string{title, "云川县人民政府", "", "2023-03-08"}},
		"when it was put up":                             {title + "\n发表于 2023-03-08" + body, [4]string{title, "云川县人民政府", "", "2023-03-08"}},
		"all in the line of the title":                   {title + " 2023-03-08 来源: 县政府办 阅读量: 100" + body, [4]string{title, "云川县人民政府", "", "2023-03-08"}},
		"two offices announce":                           {"国家税务总局云川县税务局 云川县财政局公告\n2023年第2号\n关于延续优惠政策的公告\n现就有关事项公告如下:\n一、减半征收。", [4]string{"关于延续优惠政策的公告", "国家税务总局云川县税务局 云川县财政局", "国家税务总局云川县税务局云川县财政局公告2023年第2号", ""}},
		"facts in one line above who is written to":      {"发文机构：云川县财政局 发文日期：2023-03-08 名称：" + title + " 文号：云财〔2023〕1号 有效性：有效\n各乡镇人民政府：" + body, [4]string{title, "云川县财政局", "云财〔2023〕1号", "2023-03-08"}},
		"a row with the title":                           {"| 索引号 | 001 | 分类 | 通告 |\n| 标题 | " + title + " |" + body, [4]string{title, "云川县人民政府", "", ""}},
		"the site and the title":                         {"云川县人民政府门户网站 " + title + "\n" + title + body, [4]string{title, "云川县人民政府", "", ""}},
		"the kind in square brackets":                    {"[通告]" + title + body, [4]string{title, "云川县人民政府", "", ""}},
		"who passes it on":                               {"转发：" + title + body, [4]string{title, "云川县人民政府", "", ""}},
		"another document that the page leads to":        {"相关文件:市政府关于印发《云溪市生态文明建设工作方案》的通知扫一扫在手机打开当前页\n" + title + body, [4]string{title, "云川县人民政府", "", ""}},
		"the version that a collection puts behind it":   {title + "(2019修订)" + body, [4]string{title, "云川县人民政府", "", ""}},
		"the number of a notice behind it":               {title + "(2022年第25号)" + body, [4]string{title, "云川县人民政府", "", ""}},
		"a headline that the page names":                 {"政府信息公开指南\n政府信息公开制度\n索引号: 015-07 发布机构: 云川县民政局 名 称: 县民政局依法做好地名工作\n县民政局依法做好地名工作\n2018年一季度,县地名办收到命名事项6件。", [4]string{"县民政局依法做好地名工作", "云川县民政局", "", ""}},
		"names that lost their colons":                   {"名称" + title + "\n索引号011094719/2022-00002信息分类财政\n发文单位云川县人民政府办公室发文字号云政办发〔2022〕16号\n发文日期2022-09-17效力状态有效\n各镇人民政府:" + body, [4]string{title, "云川县人民政府办公室", "云政办发〔2022〕16号", "2022-09-17"}},
		"a number and a day in square brackets":          {title + "\n[云政通〔2023〕91号]  [2023-10-27]" + body, [4]string{title, "云川县人民政府", "云政通〔2023〕91号", "2023-10-27"}},
		"rows of names and of values at the foot":        {"关于表彰竞赛活动先进单位的决定\n经综合检查评定,县政府决定对先进单位进行表彰。\n二○一一年二月二十三日\n索  引  号 文       号 发布机构 发布日期 公开范围 公开方式\nN001-2011-000627 云政〔2011〕7号\n云川县人民政府办公室 2011-03-04\n面向社会 主动公开", [4]string{"关于表彰竞赛活动先进单位的决定", "云川县人民政府办公室", "云政〔2011〕7号", "2011-02-23"}},
		"a title that breaks before its last words":      {"2020年人大建议、政协提案办理工作\n完成情况说明\n我局制订方案,全部办理完毕。\n2020年11月5日", [4]string{"2020年人大建议、政协提案办理工作完成情况说明", "", "", "2020-11-05"}},
		"a column above a title with its number":         {"住房保障法规政策\n关于扩大住房保障范围的通知(云建住保〔2016〕8号)\n各镇规划建设办:" + body, [4]string{"关于扩大住房保障范围的通知", "", "云建住保〔2016〕8号", ""}},
		"an office of one's own city, named nowhere":     {"市工业和信息化局关于下达资助计划的通知\n各项目单位:\n根据《湘潭市工业设计扶持计划操作规程》等规定,现下达资助计划。", [4]string{"市工业和信息化局关于下达资助计划的通知", "湘潭市工业和信息化局", "", ""}},
		"a number alone":                                 {"国发〔2015〕68号\n各省、自治区、直辖市人民政府:\n国务院决定,对489件文件宣布失效。", [4]string{"", "国务院", "国发〔2015〕68号", ""}},
		"a bank of the state":                            {"印发《征地费包干办法》的通知\n中国人民建设银行\n各省、市、自治区建委:\n现印发执行。", [4]string{"印发《征地费包干办法》的通知", "中国人民建设银行", "", ""}},
		"what a house is praised for":                    {"国家三级甲等中医医院\n国家级胸痛中心\n2023年度云川县中医医院单位决算\n第一部分 单位概况\n一、主要职责是医疗。", [4]string{"2023年度云川县中医医院单位决算", "", "", ""}},
		"whose news it is":                               {"据云川县住房和城乡建设局8月8日消息,县住房和城乡建设局发布关于减免房屋租金工作的通知。\n通知提出,减免3个月租金。", [4]string{"", "", "", ""}},
		"who answered":                                   {"回复部门:县民政局\n回复时间:2024-02-04 13:52\n网友,您好!根据有关文件,发放高龄津贴。", [4]string{"", "", "", "2024-02-04"}},
		"a headline above the day, not a caption below":  {"首页 > 新闻中心 > 部门动态\n\n县水利局:大力宣传打击非法采砂\n\n发布时间:2017-12-15 16:30 信息来源:云川县水利局\n\n工作人员张贴通告\n\n为规范采砂管理,县水利局开展了宣传活动。", [4]string{"县水利局:大力宣传打击非法采砂", "云川县水利局", "", "2017-12-15"}},
		"a day and the office below how a page shows it": {"热门站点| 世界资料网 | 专利资料网\n收藏本站| 设为首页| 首页\n\n铁路用具准运证管理办法\n\n作者:法律资料网 时间:2024-07-01 13:16:35  浏览:8817   来源:法律资料网\n下载地址: 点击此处下载\n\n铁路用具准运证管理办法\n\n铁道部\n\n铁路用具准运证管理办法\n\n1990年3月10日,铁道部\n\n第1条 为了加强管理,特制定本办法。", [4]string{"铁路用具准运证管理办法", "铁道部", "", "1990-03-10"}},
		"the name of a cell":                             {"摘 要: | 云府发[2011]4号各乡镇人民政府:为加快发展旅游业,现提出如下实施意见:一、深化认识,明确总体要求,旅游是以设施为依托的活动的总称。", [4]string{"", "", "云府发〔2011〕4号", ""}},
		"the whole title in marks behind its number":     {"云政通〔2014〕7号《云川县人民政府关于印发〈云川县资金管理办法〉的通知》\n浏览量: 时间:2018-11-14 08:56:07\n各镇人民政府:\n现印发你们,请认真贯彻执行。\n云川县人民政府\n2014年2月10日", [4]string{"云川县人民政府关于印发〈云川县资金管理办法〉的通知", "云川县人民政府", "云政通〔2014〕7号", "2014-02-10"}},
		"headlines that a column cuts off":               {"您好,欢迎来到云川政协网!\n今天是:\n关于调整云川县政协十六届\n关于某某等同志不再担任县\n县领导领办县政协重点提案\n发布日期:2023-06-14  浏览次数:\n6月13日上午,副县长在县教育局领办提案。", [4]string{"县领导领办县政协重点提案", "", "", "2023-06-14"}},
		"where somebody copied it from":                  {"来源时间为:2023-11-29\n近期,云川县市场监督管理局组织抽检,不合格7批次。\n特此公告\n云川县市场监督管理局\n2023年11月24日", [4]string{"", "云川县市场监督管理局", "", "2023-11-24"}},
		"a page that asks whether to leave it":           {"您所访问的页面将跳转到第三方网站,确定要继续吗?\n2023年,我局共办理代表建议195件。", [4]string{"", "", "", ""}},
		"a column that only ends like an office":         {"云川网\n支持政策\n云川水果中转站\n字号:\n云川今起实行价格联动机制\n\n时间:2011-09-01 12:59    来源:云川日报\n为规范价格管理,县物价局日前出台规定。", [4]string{"云川今起实行价格联动机制", "", "", "2011-09-01"}},
		"a city that is a county, named nowhere":         {"市商务局关于申报展会补贴的通知\n各镇人民政府、街道办事处:\n现组织申报展会补贴,有关材料经审核后报湘潭市备案。", [4]string{"市商务局关于申报展会补贴的通知", "市商务局", "", ""}},
		"an office of one's own city, as it is cited":    {"市商务局关于申报展会补贴的通知\n各有关单位:\n根据《云溪市商务局资金管理办法》和《湘潭市商务局扶持项目管理办法》,现组织申报展会补贴。", [4]string{"市商务局关于申报展会补贴的通知", "湘潭市商务局", "", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			p := read(t, name, tt.text)
			got := [4]string{p.Title, strings.Join(p.Issuers, " "), p.DocNumber, p.PublishDate}
			if got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}
