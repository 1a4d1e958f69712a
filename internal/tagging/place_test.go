package tagging_test

import (
	"slices"
	"testing"

	"policypush/internal/document"
	"policypush/internal/domain"
	"policypush/internal/tagging"
	"policypush/rules"
)

func TestRegionIsWhereTheIssuerGoverns(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"a city of another province":                 {"湘潭市人民政府关于支持中小企业的若干意见\n一、减免中小企业房租。\n湘潭市人民政府\n2026年2月1日", "湖南省湘潭市"},
		"a county whose name is the only one":        {"关于暂停办理婚姻登记的公告\n自即日起暂停办理婚姻登记业务。\n海陵区民政局\n2026年2月2日", "江苏省泰州市海陵区"},
		"the province behind a national office":      {"国家税务总局甘肃省税务局关于延期申报的公告\n纳税人可以申请延期申报。\n国家税务总局甘肃省税务局\n2026年2月2日", "甘肃省"},
		"a district that was a city":                 {"海门市人民政府关于发放补助的公告\n一、发放补助。\n海门市人民政府\n2020年2月2日", "江苏省南通市海门市"},
		"a city that had another name":               {"襄樊市物价局关于调整水价的批复\n市供水公司:\n现批复如下。\n襄樊市物价局\n2002年3月26日", "湖北省襄阳市"},
		"people by the short name of their county":   {"现将我县劳动力交通补助事宜公告如下:一、对在省内外务工的崇信籍脱贫劳动力,给予往返交通补助。", "甘肃省平凉市崇信县"},
		"an office of the only county":               {"外出务工补贴政策\n山西省外务工每年补贴1500元,运城市外务工每年补贴600元,运城市内临猗县外务工每年补贴300元。\n实施单位:临猗县乡村振兴服务中心", "山西省运城市临猗县"},
		"a part of a city that is named once":        {"各县(市、区)人社局:\n根据《扬州市试行办法》,决定在我市继续实施稳岗返还,市本级(含广陵区)由市就业中心发放。", "江苏省扬州市"},
		"news of what a province does in its cities": {"租房提取公积金限额提高\n5月23日,海南省住房公积金管理局发布实施细则。在海口、三亚地区租赁住房的,最高提取限额提高至每人1500元。记者获悉,其他市县为1200元。", "海南省"},
		"a city without counties":                    {"中山市人民政府关于促进外贸的若干措施\n一、给予补助。\n中山市人民政府\n2026年2月2日", "广东省中山市"},
		"a town of such a city":                      {"中山市小榄镇人民政府关于发放补助的公告\n一、发放补助。\n中山市小榄镇人民政府\n2026年2月2日", "广东省中山市小榄镇"},
		"a town of another province":                 {"宁德市蕉城区三都镇人民政府关于发放补助的公告\n一、发放补助。\n宁德市蕉城区三都镇人民政府\n2026年2月2日", "福建省宁德市蕉城区三都镇"},
		"a town's office of its district":            {"关于发放补助的公告\n一、发放补助。\n厦门市翔安区人民政府香山街道办事处\n2024年3月21日", "福建省厦门市翔安区香山街道"},
		"a province that the state helps":            {"国务院关于推动内蒙古高质量发展的意见\n国发〔2023〕16号\n各省、自治区、直辖市人民政府:\n现提出如下意见。\n国务院\n2023年10月5日", "内蒙古自治区"},
		"numbers of a city beside its province's":    {"一、出台背景\n根据《福建省人民政府关于调整许可事项的通知》(闽政文〔2018〕55号)精神,市审改办印发了《关于做好衔接工作的通知》(宁审改办〔2018〕3号)。\n二、主要内容\n经我市梳理,包含二个附件。", "福建省宁德市"},
		"another document that the page leads to":    {"相关文件:市政府关于印发《2023年常州市工作方案》的通知 常州市 常州市\n关于生产线项目的拟审批公示\n现将亳州的项目予以公示。如有意见请反馈至亳州高新技术产业开发区。", "安徽省亳州市"},
		"a county that is a district now":            {"湟中县人民政府关于发放补助的公告\n一、发放补助。\n湟中县人民政府\n2019年2月2日", "青海省西宁市湟中县"},
		"a development zone of a county":             {"昆山经济技术开发区管理委员会关于发放补助的公告\n一、发放补助。\n昆山经济技术开发区管理委员会\n2026年2月2日", "江苏省苏州市昆山市"},
		"a district called a new area":               {"广州南沙新区航运物流业扶持措施\n一、发放补助。\n广州南沙新区管理委员会\n2026年2月2日", "广东省广州市南沙区"},
		"a plan of a city that the state approves":   {"国务院关于《绵阳市国土空间总体规划（2021—2035年）》的批复\n国函〔2024〕5号\n四川省人民政府：\n现批复如下。\n国务院\n2024年2月2日", "四川省绵阳市"},
		"a zone of a city that the state approves":   {"国务院关于设立温州经济技术开发区的批复\n国函〔1992〕28号\n浙江省人民政府:\n你省请示收悉。现批复如下。\n国务院\n1992年3月16日", "浙江省温州市"},
		"several cities that the state names":        {"国务院关于同意在北京等22个城市设立综合试验区的批复\n国函〔2018〕93号\n北京市人民政府:\n你们的请示收悉。现批复如下。\n国务院\n2018年7月24日", "全国"},
		"a zone of a city that a region approves":    {"广西壮族自治区人民政府关于同意设立桂林经济技术开发区的批复\n桂政函〔2020〕43号\n桂林市人民政府:\n现批复如下。\n广西壮族自治区人民政府\n2020年5月11日", "广西壮族自治区桂林市"},
		"an office of the state":                     {"财政部 税务总局关于延续车船税优惠的公告\n一、对节能汽车减半征收车船税。\n财政部\n税务总局\n2026年2月2日", "全国"},
		"a county that bears the name of a people":   {"高龄津贴怎么领？\n禄劝县高龄津贴申领条件答复如下。\n一、发放标准每人每月60元。", "云南省昆明市禄劝彝族苗族自治县"},
		"a prefecture for short":                     {"楚雄州人民政府关于发放补助的公告\n一、发放补助。\n楚雄州人民政府\n2026年2月2日", "云南省楚雄彝族自治州"},
		"a district in a city's announcement":        {"马尾区2026年稳岗返还公示\n一、发放补助。\n福州市人力资源和社会保障局\n2026年2月2日", "福建省福州市马尾区"},
		"streets that bear the name of a city":       {"关于禁止燃放的消息\n禁止在黄冈大道、黄冈大桥、黄冈大道两侧燃放。饶平县人民政府发布通告,饶平县居民应当遵守。", "广东省潮州市饶平县"},
		"a province that names a city of it":         {"根据通知要求,省农业农村厅组织开展了家庭农场申报工作,确定广州市白云区果度家庭农场等入围广东省名单。各地级以上市农业农村部门要做好工作,引领全省发展。", "广东省"},
		"rules that a notice issues":                 {"关于印发《海南省民宿管理办法》的通知\n各市、县人民政府,洋浦经济开发区:\n现印发给你们。\n", "海南省"},
		"counties that are not 和县":                   {"残疾人补贴怎么领？\n答:具有湖南省户籍的残疾人可以申请,有条件的市州和县市区可以扩大到湖南省其他残疾人。", "湖南省"},
		"taxes of no place":                          {"关于所得税优惠政策征管问题的公告\n一、符合条件的企业,可以减半征税。\n特此公告。", "全国"},
		"a county shows what its city decided":       {"漳州市云霄县人民政府\n2025年漳州市稳工政策申请操作细则\n2025-01-16 11:38 来源:云霄县人力资源和社会保障局\n一、补助对象\n参加招聘的企业。", "福建省漳州市"},
		"a county issues for itself":                 {"漳州市云霄县人民政府关于稳工的通知\n一、给予企业补助。\n漳州市云霄县人民政府\n2026年2月2日", "福建省漳州市云霄县"},
		"a report is written elsewhere":              {"新华社济南6月6日电 山东6日发布十条措施。山东对小微企业免除税费,山东要求各地制定清单。", "山东省"},
		"a notice of the state that is cited":        {"展会补贴\n一、支持领域\n支持我市企业参加展会,深圳市商务局受理。\n二、依据《关于外贸的意见》(国办发〔2023〕10号)、《深圳市商务发展资金管理办法》。", "广东省深圳市"},
		"the only county of a city that is named":    {"本报讯 区长领办提案,常州市自然资源局武进分局通报情况,常州市武进区企业代表发言。会议提出,优化我区营商环境。", "江苏省常州市武进区"},
		"a district below what it cites":             {"奖励办法\n第一条 根据《山西省商务厅、山西省财政厅通知》、《运城市规划》,制定本办法。\n第二条 本办法适用于在我区注册的企业。", "山西省运城市"},
		"the site that serves a province":            {"一次性扩岗补助怎么领?\n答:企业可通过浙江政务服务网申请。", "浙江省"},
		"rules that name every province":             {"第一条 为规范年度报告,制定本办法。\n第二条 县、自治县、不设区的市工商行政管理部门负责年度报告工作。", "全国"},
		"a branch in a county":                       {"关于征求公众意见的公告\n一、公示时间为10日。\n嘉兴市生态环境局嘉善分局\n2020年9月28日", "浙江省嘉兴市嘉善县"},
		"only numbers of one province are cited":     {"根据《稳就业政策措施的通知》(鄂政办〔2023〕22号)精神,今年我市稳岗返还按照企业缴纳失业保险费的60%返还。", "湖北省"},
		"several cities of a province":               {"从山西省物价局获悉,部分城市天然气销售价格有所调整。\n此次,省物价局调整了晋中、吕梁、朔州3市的天然气价格。山西省其他城市不作调整。", "山西省"},
		"who may get it comes from elsewhere":        {"台湾事务\n台湾农民创业园\n福建省对台湾居民购房给予补贴,台湾青年来福建省创业的给予补助,台湾省居民凭证件办理。", "福建省"},
		"a new area by its numbers":                  {"关于促进产业发展的若干措施\n宁新区管规字〔2023〕1号\n各街道办事处:\n一、给予奖励。", "江苏省南京市"},
		"a ministry's guide":                         {"由生态环境部负责的建设项目环境影响评价审批事项\n一、适用范围\n本指南适用于核与辐射以外的建设项目。", "全国"},
		"who links to others":                        {"什么是最低生活保障\n日期:2023-09-08\n最低生活保障是社会保障政策,我市标准调整为每人每月735元,按照苏民助〔2023〕3号文件执行。\n微信\n国务院部门网站\n地方政府网站\n", "江苏省"},
		"a title in quotation marks":                 {"《海南省创业担保贷款管理办法》\n•2021\n•就业政策\n政策惠及对象\n高校毕业生可以申请贷款。", "海南省"},
		"a paper of the city tells of a county":      {"高龄津贴\n惠州日报讯 记者从惠阳区民政局获悉,今年惠阳区累计发放高龄津贴803万元。", "广东省惠州市惠阳区"},
		"a paper is all that tells":                  {"4月起我市提高低保标准\n信息来源:济南日报\n自4月1日起,我市提高低保标准。", "山东省济南市"},
		"a city under the state is named once":       {"各区、县人民政府:为提高天津对外开放的水平,现就改善我市投资环境工作通知如下。", "天津市"},
		"a report of what the state does":            {"若干措施印发 企业渡过难关\n新华社北京5月9日电 记者9日从工业和信息化部获悉,办公室印发若干措施,提出安排专项资金。", "全国"},
		"a district that its zone issues with":       {"广州开发区管委会 广州市黄埔区人民政府印发若干举措的通知\n各镇街:\n现印发给你们。\n广州开发区管理委员会 广州市黄埔区人民政府\n2025年3月31日", "广东省广州市黄埔区"},
		"a county as people call it":                 {"椒江关于开展全员核酸检测的通告\n根据部署,现将有关事项通告如下:\n一、在全区开展检测。", "浙江省台州市椒江区"},
		"a county that speaks of all of it":          {"根据《榆林市烟花爆竹燃放安全管理办法》,现就清涧县禁放烟花爆竹有关规定通告如下:\n一、在全县范围内,下列场所禁止燃放。", "陕西省榆林市清涧县"},
		"many offices of the state":                  {"为推动殡葬改革,日前,民政部会同中央文明办、发展改革委、公安部、财政部、人力资源社会保障部、国土资源部、环境保护部、文化部、工商总局、林业局、宗教局联合印发《关于推动殡葬改革的指导意见》。", "全国"},
		"the county behind its city":                 {"街道为小区加装电梯\n家住兰州市城关区段家滩路的居民说,政府出台了补贴政策。\n今年,兰州市城关区某街道完成加装电梯10部。", "甘肃省兰州市城关区"},
		"a prefecture without its peoples":           {"突发地质灾害应急预案\n1.总则\n1.2编制依据\n《湘西自治州突发事件总体应急预案》(州政发〔2020〕14号)、《湘西自治州防汛应急预案》。", "湖南省湘西土家族苗族自治州"},
		"the government of 苏州":                       {"《关于促进楼宇经济的实施意见》\n苏府〔2022〕75号\n现就支持楼宇经济制定如下意见。\n一、给予奖励。", "江苏省苏州市"},
		"a foot of another place":                    {"新华社北京2月26日电(记者 王某)住房城乡建设部26日发布关于推动企业开复工工作的通知。通知明确要推动开复工。\n看浙江新闻,关注浙江在线微信", "全国"},
		"a portal without an issuer":                 {"居住证怎么办？\n广州政府网\n答：来广州市居住满半年的，可以申领居住证。到广州市各派出所办理。", "广东省广州市"},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, tag := range read(t, name, c.text).Tags {
				if tag.Dimension == domain.RegionTag {
					got = append(got, tag.Name)
				}
			}
			if !slices.Equal(got, []string{c.want}) {
				t.Errorf("regions %v, want %s", got, c.want)
			}
		})
	}
}

func TestAwardsAppointmentsAndBudgetsReachNobody(t *testing.T) {
	for name, text := range map[string]string{
		"an award":        "云川县人民政府关于2025年度科学技术奖励的决定\n各乡镇人民政府:\n为深入贯彻科教兴县战略,县政府决定,授予“节水灌溉”等3项成果县科学技术奖一等奖。\n云川县人民政府\n2026年1月8日",
		"a leading group": "云川县人民政府办公室关于调整县就业工作领导小组组成人员的通知\n各乡镇人民政府,县政府各部门:\n因人事变动,经研究,决定对领导小组组成人员作如下调整:\n组长:张某\n副组长:李某\n云川县人民政府办公室\n2026年1月8日",
		"an appointment":  "云川县人民政府关于王某等同志职务任免的通知\n各乡镇人民政府:\n经研究决定,任命王某为县民政局副局长,免去其县教育局副局长职务。\n云川县人民政府\n2026年1月8日",
		"a list of names": "关于推荐申报社会化服务重点县的公示\n经自愿申报、局党组审定,拟推荐甲县、乙县为粮食社会化服务重点县,支持农民发展生产。公示期为5个工作日。如有异议,请以实名方式反映。\n云川市农业农村局\n2026年1月8日",
		"a request":       "云川市农业农村局:\n根据文件精神,组织企业申报,现推荐18家农业企业申报重点龙头企业,给予扶持,特此请示。\n云川县农业农村局\n2026年1月8日",
		"a budget":        "云川县财政局关于下达2026年就业补助资金的通知\n各乡镇财政所:\n现将资金下达你们,请按规定列入预算科目,加强资金监管。\n云川县财政局\n2026年1月8日",
	} {
		t.Run(name, func(t *testing.T) {
			p := read(t, name, text)
			if p.Audience != domain.ForNobody {
				t.Errorf("audience is %s", p.Audience)
			}
			for _, code := range p.Codes(domain.ThemeTag) {
				if code[0] != 'Z' {
					t.Errorf("theme %s is assigned", code)
				}
			}
		})
	}
}

func TestKindFromStructure(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"a guide card":                             {"设备补助\n依据文件\n《云川县设备补助办法》\n发文机构\n云川县经信局\n服务对象\n制造业企业\n服务内容\n按投资额10%给予补助。\n联络方式\n88000000", "D18"},
		"an order in brackets":                     {"云川市疫情防控指挥部【9号令】\n现通令如下:\n一、外来车辆一律不准进入。\n二、外来人员一律不准进入。", "D13"},
		"the newest of a statute":                  {"2023年西宁市养犬管理条例最新版【全文】\n(2010年8月26日西宁市第十四届人民代表大会常务委员会第二十九次会议通过)\n第一条 为了加强养犬管理,制定本条例。", "D04"},
		"news of an agency":                        {"云川:提高租房提取额度标准\n财联社10月25日电,云川市住房局发布通知,提高租房提取额度。", "D19"},
		"questions, answers":                       {"高龄津贴常见问题\n一、谁可以申请？\n答：年满80周岁的老年人。\n二、到哪里申请？\n答：村委会。", "D19"},
		"a piece of news":                          {"高龄津贴新标准\n本报讯 记者获悉,云川县提高高龄津贴标准。", "D19"},
		"a decision by name":                       {"云川县人民政府国有土地上房屋征收决定书\n现决定对下列房屋实施征收。\n云川县人民政府\n2026年1月8日", "D12"},
		"a lost title":                             {"各有关单位:\n现组织项目申报工作,请按要求申报。\n特此通知。\n云川县财政局\n2026年1月8日", "D08"},
		"an addressee alone":                       {"各乡镇人民政府:\n《云川县常务会议议事规则》已经审议通过,现予印发。\n云川县人民政府\n2026年1月8日", "D08"},
		"a list of names":                          {"经各县推荐,现将2021年高标准农田建设项目予以公示(名单后附)。\n联系人:董某\n云川县农业农村局\n2026年1月8日", "D21"},
		"a request":                                {"云川市农业农村局:\n现推荐18家企业申报重点龙头企业,特此请示。\n云川县农业农村局\n2026年1月8日", "D17"},
		"news of no title":                         {"据了解,该县聚焦受疫情冲击的企业,全年将发放再贷款资金。", "D19"},
		"news before it":                           {"日前,婺城区人民政府印发了若干政策举措,推动经济发展。\n文件详情如下:\n婺城区人民政府关于印发政策举措的通知\n各乡镇人民政府:\n现印发给你们。\n本通知自发布之日起施行。", "D08"},
		"a list above it":                          {"- 最新文件\n- 2024年 2023年 2022年\n各省、自治区、直辖市人民政府:\n现就阶段性减免有关问题通知如下:\n一、可以减免。", "D08"},
		"a first paragraph":                        {"云川县公路因路面施工将封闭管理,现将具体情况通告如下:\n一、请绕行。\n云川县交通运输局\n2026年1月8日", "D10"},
		"an answer":                                {"对县第十九届人民代表大会第4号代表建议的答复\n您提出的建议收悉,现答复如下:\n县工信局将加强合作。\n云川县工信局\n2026年1月8日", "D15"},
		"a line of facts":                          {"索引号: | YC-2020 | 主题分类: | 政务公开 |\n发文机构: | 云川县人民政府 | 发文日期: | 2026年01月08日 |\n各乡镇人民政府:\n现将清理结果公布如下。\n云川县人民政府\n2026年1月8日", "D08"},
		"rules above notice":                       {"关于云川县补贴标准的规定\n来源:法律资料网\n云川县人民政府\n关于印发云川县补贴标准的规定的通知\n各乡镇人民政府:\n现印发给你们。\n云川县人民政府\n2026年1月8日", "D08"},
		"a law":                                    {"中华人民共和国云川税法\n第一条 为了规范征收,制定本法。\n第二条 纳税人应当依法纳税。", "D01"},
		"a local regulation":                       {"浙江省云川保护条例\n(2020年3月26日浙江省第十三届人民代表大会常务委员会第十九次会议通过)\n第一条 为了保护环境,制定本条例。\n第二条 单位和个人应当爱护环境。", "D04"},
		"a draft shown":                            {"云川市人民代表大会常务委员会公告(第7号)\n常委会审议了《云川市信用条例(草案)》。现将草案公布,广泛征求意见,并公告如下:\n一、公民均可提出意见。\n云川市人民代表大会常务委员会\n2026年1月8日", "D20"},
		"a nameless draft":                         {"现将正在审查的《云川中药条例(草案)》予以公布,广泛听取社会各界的意见。请提出意见的单位和个人反馈我办。\n云川县法制办公室\n2026年1月8日", "D20"},
		"to members":                               {"王某、李某等2位委员:\n你们提出的提案收悉。经研究,现答复如下:\n一是认真落实。\n感谢你们对我们的工作提出宝贵意见。", "D15"},
		"an explanation":                           {"一、起草背景\n为推动电子商务发展,结合我县实际,制定云川县扶持办法。\n二、主要内容\n鼓励企业入驻。", "D19"},
		"names without head":                       {"各有关单位:\n经审核,现将补贴名单进行公示。公示期为2026年7月25日至8月2日。如有异议,请提出书面意见。", "D21"},
		"rules of the state":                       {"第一条 为规范年度报告,制定本办法。\n第二条 县、自治县、不设区的市主管部门负责年度报告工作。\n第三条 个体工商户应当报送年度报告。", "D05"},
		"rules of a place":                         {"第一章 总则\n第一条 根据省里规定,制定本实施细则。\n第二条 本细则适用于我市贷款业务。", "D18"},
		"a law carried out":                        {"江苏省实施《中华人民共和国云川法》办法\n(1992年12月17日江苏省第七届人民代表大会常务委员会第三十一次会议通过)\n第一条 为了保护权益,制定本办法。", "D04"},
		"a city's order":                           {"云川市鼓励投资的规定\n云政令〔1997〕29号\n第一条 为鼓励投资,制定本规定。\n第二条 本规定适用于投资者。", "D06"},
		"what an office did":                       {"2023年,我局共办理代表建议和政协提案195件,其中主办10件。这些建议重点围绕推动职业教育发展。", "D17"},
		"how an office fulfilled":                  {"根据县政府办公室《关于做好年终考评工作的通知》要求,我们逐项梳理年度任务完成情况。\n一、总体情况\n全部完成。", "D17"},
		"a budget without a title":                 {"目录\n第一部分 部门概况\n第二部分 部门预算情况说明\n第一部分 部门概况\n一、主要职能\n(一)云川县清平镇人民政府主要职能。", "D17"},
		"an announcement that ends without a mark": {"近期,云川县市场监督管理局组织抽检,不合格7批次。\n特此公告\n云川县市场监督管理局\n2023年11月24日", "D09"},
		"to offices called 委":                      {"长沙、株洲、湘潭、衡阳、邵阳、岳阳、常德、益阳、娄底市发改委:\n为深入推进天然气价格改革,根据《关于促进天然气稳定发展的意见》,在采暖季联动上调非居民用气销售价格。\n一、联动调整幅度\n(一)每立方米上调0.36元,自2019年10月1日起执行。\n二、工作要求\n各地要回应社会关切。\n附件:天然气最高销售价格表", "D08"},
		"the words below the title":                {"2023年云川县教师招聘163名\n云川县为满足教育系统岗位需求,面向社会公开招聘教师163名,具体公告如下:\n一、招聘原则\n坚持公开。", "D09"},
		"opinions that were heard":                 {"交通运输部办结两会期间收到的全部意见\n据交通运输部消息,16件限时办理意见已全部办结。", "D19"},
		"how far an office came":                   {"云川县交通运输局2024年人大建议和政协提案办理情况\n县交通运输局高度重视建议提案办理工作,均已办理完成。\n云川县交通运输局\n2024年9月9日", "D17"},
		"opinions that rest on rules":              {"根据《中华人民共和国义务教育法》,为做好义务教育阶段学校招生工作,结合我区实际,制定本实施意见。\n一、指导思想\n促进教育公平。", "D11"},
		"an account":                               {"云川县审计局2025年部门决算\n一、部门概况\n云川县审计局负责审计。\n二、收支情况\n收入增加。", "D17"},
		"a page that chats":                        {"今年延续实施扩岗补助政策\n快来看看怎么申请吧\n一、适用对象\n企业招用毕业生的,可以申领补助。", "D19"},
		"a policy made known":                      {"2026年云川县初中入学政策公布\n一、报名时间为6月。\n二、学生到学校报名。", "D19"},
		"a notice below a bar":                     {"点击二维码 查看公众号\n微信扫码进行分享\n各缴存单位:\n现将住房公积金缴存基数调整有关事项通知如下:\n一、上限调整为26910元。\n云川住房公积金管理中心\n2026年7月3日", "D08"},
		"an order's rules":                         {"中华人民共和国国务院令第755号\n《居住登记条例》已经国务院第190次常务会议通过,现予公布,自2022年11月1日起施行。\n总理 张某\n2022年10月1日\n居住登记条例\n第一条 为了规范登记,制定本条例。", "D02"},
		"a nameless statute":                       {"(2022年10月27日南京市第十六届人民代表大会常务委员会第四十一次会议通过)\n第一章 总则\n第一条 为了维护权益,制定本条例。\n第二条 本市行政区域内的工作,适用本条例。", "D04"},
		"a notice passed on":                       {"各区县税务局:现将《关于再就业税收政策的通知》转发给你们,并结合实际补充意见如下,请一并遵照执行。", "D08"},
		"a paper's report":                         {"4月起我市提高低保标准\n信息来源:济南日报\n自4月1日起,我市提高低保标准。", "D19"},
		"a day behind it":                          {"关于印发《经济恢复行动方案》的通知 2022-06-08\n云政发〔2022〕5号\n各街道办事处:\n现印发给你们。\n云川县人民政府\n2022年6月1日", "D08"},
		"below a welcome":                          {"欢迎来到云川县人民政府门户网站\n尊敬的许某代表:\n您提出的建议收悉,现答复如下:\n已对部分道路进行改造。\n云川县住房和城乡建设局", "D15"},
		"an agency's report":                       {"新华社北京2月26日电(记者 王某)住房城乡建设部26日发布关于推动企业开复工工作的通知。通知明确要推动开复工。", "D19"},
		"a report of the net":                      {"云川证报云川证券网讯(记者徐某)6月26日,县科技局局长表示,将支持中小科技企业发展,一是加大研发投入。\n对获奖的企业提出如下要求,特此通知。", "D19"},
		"what an office issued":                    {"云川:全面取消目录销售电价\n2月8日,云川省发展和改革委员会印发关于调整销售电价有关事项的通知。通知明确取消目录销售电价。", "D19"},
		"an opinion by itself":                     {"各市民政局:\n为维护儿童权益,制定如下实施意见。\n一、保障对象是孤儿。", "D11"},
		"a title that goes on":                     {"云川区教育局2026年小学一年级新生入学报名登记公告:\n一、登记对象\n年满6周岁的儿童。", "D09"},
		"standards made public":                    {"为规范征地补偿工作,现将《云川省征地区片综合地价标准》予以公布,并就有关事项如下:\n一、土地补偿费按新标准执行。", "D08"},
		"a card of a portal":                       {"扶持标准\n来源: 云川县发展和改革局\n产业类别\n新能源汽车\n扶持标准\n按每千瓦300元予以补贴。\n申报材料\n申请表\n政策文件\n云川县实施细则", "D18"},
		"a plan for emergencies":                   {"云川县突发地质灾害应急预案\n1.总则\n1.1编制目的\n有效应对地质灾害。\n1.2编制依据\n《地质灾害防治条例》。", "D07"},
		"a guide and standards":                    {"2025年度云川县辅助器具申报办理指南及补助标准\n一、申报条件\n云川县户籍的残疾儿童。\n二、办理时限\n即办。", "D18"},
		"an account of what was":                   {"2020年建议提案办理完成情况说明\n根据要求,我局制订方案,全部办理完毕。\n2020年11月5日", "D19"},
		"it decides":                               {"为进一步壮大发展民营经济,助推我市加快发展,现作出如下决定。\n一、发展目标\n民营经济增加值年均增长15%。", "D12"},
		"it explains":                              {"政策解读丨关于印发云川县商业保险补贴办法的通知\n一、办法出台的背景是什么\n保险有待发展。", "D19"},
		"an order without whose":                   {"河北省人工影响天气管理规定\n政府令〔2010〕第15号\n第一条 为加强管理,制定本规定。\n第二条 本规定适用于本省。", "D06"},
		"rules made known":                         {"为保障公共安全,现就云川县禁限放烟花爆竹有关规定通告如下:\n一、县城为禁止燃放区域。", "D10"},
		"an order by itself":                       {"当前,我县已进入森林火险高危时段。为预防火灾,特发布如下禁火令:\n一、禁火时间:2016年3月20日至4月18日。\n海丰县人民政府\n2016年3月7日", "D13"},
		"a decision made public":                   {"为深化改革,市政府决定将187项权力事项调整由区实施。\n实施部门应当自本决定公布之日起一年内提出建议。", "D12"},
		"a title that asks":                        {"关于《云川市供水条例(草案)》公开征求意见的公告\n各有关单位:\n一、请于6月底前反馈。", "D20"},
		"a standard raised":                        {"云川市低保标准提高到每月800元\n低保对象每人每月可多领50元。", "D19"},
		"a regulation of all":                      {"失业保险条例\n第一章 总则\n第一条 为了保障失业人员的基本生活,制定本条例。", "D02"},
		"a regulation of one":                      {"云川市物业管理条例\n第一章 总则\n第一条 为了规范物业管理活动,制定本条例。", "D04"},
		"cells of the page alone":                  {"索引号：001\n成文日期：2003-01-02\n发布日期：2003-01-02\n发文字号：云政字〔2003〕3号\n成文日期：2003-01-02\n云川县人民政府关于同意文东苑地名命名的批复\n云川镇人民政府:\n你镇请示收悉,现批复如下:\n一、同意命名。", "D14"},
		"an approval by itself":                    {"报来园区扩园工程申请收悉。经研究,原则同意开展前期工作。具体批复如下:\n一、项目名称:扩园工程。\n云川县发展和改革局", "D14"},
		"a draft by the line below":                {"云川县支持餐饮业发展十条措施(试行)\n(征求意见稿)\n为支持餐饮业发展,制定本措施。\n一、对餐饮企业给予补贴。", "D20"},
		"told what to tell":                        {"云工信建议函〔2021〕26号\n县研究中心:\n曾某代表提出的《支持县域经济发展的建议》收悉。现将我局意见函告如下,请一并答复代表:\n我局高度重视。", "D15"},
		"agreed to and issued":                     {"各区、市、县人民政府,市政府各工作部门:《云川县创业城市工作意见》已经县人民政府同意,现印发给你们,请认真贯彻执行。\n二○○九年四月二十八日\n云川县创业城市工作意见\n现提出如下实施意见。", "D08"},
		"it is reported":                           {"据云川省住房和城乡建设厅8月8日消息,省住房和城乡建设厅等8部门发布关于减免房屋租金工作的通知。\n通知提出,对承租国有房屋的企业减免3个月租金。", "D19"},
		"a title without its kind":                 {"云川区组织申报2022年度商贸业扶持资金\n发布时间:2023-01-31\n根据有关办法,现就申报2022年度扶持资金有关事项通知如下:\n一、申报范围为限额以上企业。", "D08"},
		"a headline with 标准":                       {"明确水电价格执行标准支持托育服务发展\n发布时间: 2023-09-06\n为支持托育服务发展,县发展改革局梳理了托育机构的困难。", "D19"},
		"the first part of a guide":                {"申请条件:\n(一)职工取得证书在12个月之内。\n(二)参保职工取得国家承认的证书。", "D19"},
		"measures by themselves":                   {"为深入实施人才优先发展战略,根据有关文件精神,结合云川实际,决定实施人才工程。\n一、对引进的人才给予补助。\n二、对毕业生给予租房补贴。", "D11"},
		"some articles":                            {"第八条 公安机关负责居住证签注工作。\n第九条 申领居住证,应当提交身份证件。", "D07"},
		"a way of doing":                           {"云川县稳岗返还的经验做法\n县人社局主动服务,把补贴送到企业。", "D19"},
		"a printed plan":                           {"云川县人民政府办公室关于印发《云川县就业工作方案》的通知\n各乡镇人民政府:\n现印发给你们。\n云川县人民政府办公室\n2026年1月8日", "D08"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := read(t, name, c.text).DocKind; got != c.want {
				t.Errorf("kind is %s, want %s", got, c.want)
			}
		})
	}
}

// TestFitFindsWhatIsSaid: fitted on cases that differ by their themes only, the
// weights decide the cases, and the same cases give the same weights.
func TestFitFindsWhatIsSaid(t *testing.T) {
	r, err := rules.Load()
	if err != nil {
		t.Fatal(err)
	}
	var cases []tagging.Case
	for _, c := range r.TaggingCases.All() {
		doc, err := document.FromText(c.Code, c.Title+"\n"+c.Text)
		if err != nil {
			t.Fatal(err)
		}
		tg := tagger(t)
		one := tg.NewCase(c.Code, tg.Read(doc), c.Must, nil)
		for _, theme := range r.Themes.All() {
			if !slices.Contains(c.Must, theme.Code) && !slices.Contains(c.Never, theme.Code) {
				one.Optional = append(one.Optional, theme.Code)
			}
		}
		cases = append(cases, one)
	}
	v, crossed := tagging.Fit(cases)
	if e := tagging.Measure(cases, v).All(); e.F1() < 0.9 {
		t.Errorf("F1 on the cases that were fitted is %.3f", e.F1())
	}
	if crossed.All().F1() < 0.8 {
		t.Errorf("cross-validated F1 is %.3f", crossed.All().F1())
	}
	again, _ := tagging.Fit(cases)
	if again.Base != v.Base {
		t.Errorf("the same cases give %v and %v", v.Base, again.Base)
	}
}

// TestNothingIsLearntFromWorkInsideGovernment: its words say nothing of what a
// document for others is about, and it gets no theme whatever the weights are.
func TestNothingIsLearntFromWorkInsideGovernment(t *testing.T) {
	tg := tagger(t)
	wrong := func(title string) int {
		doc, err := document.FromText(title, "云川县人民政府办公室关于"+title+"的通知\n各乡镇人民政府,县政府各部门:\n县政府决定,对灵活就业和创业的贷款贴息工作由下列人员负责。\n云川县人民政府办公室\n2026年1月8日\n")
		if err != nil {
			t.Fatal(err)
		}
		all := rules.Verdict{Base: 1} // everything that has a word
		return tagging.Measure([]tagging.Case{tg.NewCase(title, tg.Read(doc), nil, nil)}, all).All().Wrong
	}
	if n := wrong("调整县就业工作领导小组组成人员"); n != 0 {
		t.Errorf("%d themes of a leading group are counted", n)
	}
	if wrong("促进就业创业") == 0 {
		t.Error("no theme of a document for others is counted")
	}
}

// TestFitFacetsFindsWhatIsSaid: fitted on documents that either are for a group
// or only name it, the weights tell the two apart, and the same documents give
// the same weights.
func TestFitFacetsFindsWhatIsSaid(t *testing.T) {
	tg := tagger(t)
	var cases []tagging.FacetCase
	for _, group := range []struct{ code, name string }{{"G01", "老年人"}, {"G02", "残疾人"}, {"G16", "学生"}, {"G18", "退役军人"}, {"G17", "农民"}, {"G05", "失业人员"}, {"G11", "妇女"}, {"G10", "新市民"}} {
		for _, said := range []struct {
			text  string
			codes []string
		}{
			{"云川县人民政府关于发放" + group.name + "补助的通知\n一、对" + group.name + "给予一次性补助5000元。\n二、" + group.name + "可向镇街申请补助。", []string{group.code}},
			{"云川县人民政府关于做好救助工作的通知\n一、对遭遇火灾的家庭,给予一次性补助3000元。\n二、各镇街要做好宣传,会议听取了" + group.name + "等各界代表的意见。", nil},
		} {
			doc, err := document.FromText(group.code, said.text+"\n云川县人民政府\n2026年4月1日\n")
			if err != nil {
				t.Fatal(err)
			}
			cases = append(cases, tg.NewFacetCase(tg.Read(doc), map[domain.Dimension]tagging.Truth{domain.GroupTag: {Codes: said.codes}}))
		}
	}
	v, crossed := tagging.FitFacets(cases)
	if e := tagging.MeasureFacets(cases, domain.GroupTag, &v); e.F1() < 0.95 {
		t.Errorf("F1 on the documents that were fitted is %.3f: %+v", e.F1(), e)
	}
	if e := crossed[domain.GroupTag].All(); e.F1() < 0.9 {
		t.Errorf("cross-validated F1 is %.3f: %+v", e.F1(), e)
	}
	if again, _ := tagging.FitFacets(cases); again.Groups.Base != v.Groups.Base {
		t.Errorf("the same documents give %v and %v", v.Groups.Base, again.Groups.Base)
	}
}

// TestExchangeIsNoPlace: where shares are traded tells of no region.
func TestExchangeIsNoPlace(t *testing.T) {
	p := read(t, "exchange", "关于支持上市的若干措施\n一、对在上海、深圳、北京证券交易所上市的企业奖励300万元。")
	if got := p.Codes(domain.RegionTag); len(got) > 0 {
		t.Errorf("regions %v, want none", got)
	}
}
