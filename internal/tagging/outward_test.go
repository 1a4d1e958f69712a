package tagging_test

import (
	"strings"
	"testing"

	"policypush/internal/domain"
)

// TestKeptOut tells what offices write to each other from what gives people something though it
// is written to offices.
func TestKeptOut(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		out  bool
	}{
		"money handed on, without a title": {"财政局、卫生健康局:\n根据有关通知,现预下达你区2026年计划生育补助资金(详见附件)。\n请专款专用,认真组织实施计划生育服务项目。\n云川市财政局\n2026年3月26日", true},
		"money paid to an enterprise":      {"云川县财政局关于拨付奖励资金的通知\n云川县恒达公司:\n经审核,现拨付你公司技术改造奖励资金50万元。\n企业收到资金后应当专款专用。\n云川县财政局\n2026年3月26日", false},
		"who is praised":                   {"云川县人民政府关于授予王某等同志见义勇为称号的决定\n各镇人民政府:\n县政府决定授予王某等16名同志“见义勇为先进个人”称号。\n全县广大干部群众要以先进人物为榜样,鼓励群众见义勇为。\n2026年3月26日", true},
		"who an office takes on":           {"云川县招聘事业单位工作人员公告\n现将有关事项公告如下:\n一、毕业生和失业人员可以报名,特困生免收报名费用。\n二、报名人员应当提交身份证。", true},
		"what members proposed":            {"县政协委员踊跃提交提案\n本报讯(记者 王某)记者从提案组获悉,共收到委员提案283件,立案203件。\n在立案提案中,委员提案158件,涉及文旅融合、民生改善,支持企业发展。", true},
		"news of a meeting":                {"本报讯 20日上午,我县召开农民工工资支付工作推进会。县委常委、副县长王某某出席会议。\n王某某要求,各部门要高度重视,确保农民工工资按时足额发放到位,维护农民工权益。\n会上,县建管局负责人通报了有关情况。", true},
		"news of what a meeting decided":   {"本报讯 县政府20日召开常务会议,会议决定从3月起将失业保险费率降至1%。\n参保企业可以按降低后的费率缴费,失业人员可以申请领取失业保险金。", false},
		"a standard for people":            {"关于提高最低生活保障标准的通知\n各镇人民政府:\n从2026年3月起,城市居民最低生活保障标准提高到每人每月700元。\n云川县民政局\n2026年3月26日", false},
		"offices inspect":                  {"云川市安全生产委员会关于开展黄金周安全生产大检查的通知\n各县、区人民政府,市有关部门:\n为做好黄金周期间的安全生产工作,决定开展大检查。\n一、各县、区要组成检查组,对辖区进行检查。\n二、煤炭组由市应急管理局派员任组长,成员由有关人员组成。", true},
		"who answers for dikes":            {"各县、区防汛抗旱指挥部:\n为做好今年的防汛抗旱工作,确保安全度汛,现将全市主要河道、水闸的防洪责任人予以通报。\n云川市防汛抗旱指挥部\n2026年5月10日", true},
		"money that an office passes down": {"各乡镇财政所:\n我县遭受暴雨袭击,部分受灾群众的生产生活困难,经研究,决定下拨救灾补助资金。\n一、此次下拨的资金主要用于受灾群众恢复生产。\n云川县财政局\n2026年6月18日", true},
		"a month of safety":                {"云川县桐村镇人民政府关于开展“安全生产月”活动的通知\n各村、企事业单位:\n现就活动通知如下:\n一、推动安全知识进企业、进社区,提高企业职工的安全意识。\n二、各村、各单位要做好活动的组织、宣传、总结工作。", true},
		"clearing of documents, explained": {"《云川县人民政府关于公布部分文件清理结果的决定》政策解读\n县政府印发了《云川县人民政府关于公布部分文件清理结果的决定》,现解读如下:\n一、出台背景\n高效开展文件清理工作,对建设法治政府具有重大意义。\n二、编制过程\n我县对现行有效的文件进行清理,重点是妨碍市场准入和影响企业生产经营的。", true},
		"how an office's office works":     {"云川县人民政府驻外办事处管理办法\n第一条 为加强驻外办事处的管理,制定本办法。\n第二条 驻外办事处负责联系所驻地区,搞好教育文化交流,引进人才。", true},
		"an office to its own parts":       {"关于端午节放假的通知\n局直属各单位,局机关各科室:\n现将放假事项通知如下:\n一、6月7日至9日放假。\n二、各单位要落实值班制度,做好信访维稳工作。\n云川市交通运输局\n2026年6月4日", true},
		"offices go round and look":        {"云川市教育局关于开展校园安全调研工作的通知\n各县教育局,各直属学校:\n市教育局决定成立调研组,现将有关事项通知如下:\n一、调研时间\n6月中下旬\n二、调研内容\n安全大检查的落实情况。\n三、各地要总结做法,对调研发现的问题限时整改。", true},
		"a report of work under way":       {"为做好春季动物疫病防控工作,防疫工作正在扎实推进。\n一是学习文件精神,及时部署。二是明确时间节点,3月开始到4月结束。三是各村配合,提前摸底。\n接下来,镇农村工作局将继续扎实推进防疫行动。", true},
		"rules of the road":                {"云川市人民政府关于印发《云川市中心城区道路交通管理规定》的通知\n各县、区人民政府:\n现印发给你们。\n云川市中心城区道路交通管理规定\n一、主干道为云山路、云水路。\n二、每日7时至20时,货车不得在主干道通行。\n三、三轮车不得在主干道通行。\n四、施工车辆凭证通行。\n五、本规定自2026年3月1日起施行。", false},
		"a lowest wage":                    {"云川市人民政府关于调整最低工资标准的通知\n各县、区人民政府:\n现将最低工资标准调整如下:一类区每月2000元,二类区每月1800元。", false},
		"a gift that names nobody":         {"云川县教育局关于发放助学金的通知\n各乡镇:\n现发放助学金,每人500元。\n云川县教育局\n2026年3月1日", false},
		"an announcement of a service":     {"海关总署公告2026年第54号(关于开通报关单回执接口的公告)\n为加快货物通关,现公告如下:\n一、收发货人可通过网上平台订阅本企业报关单回执。\n二、收发货企业可按照附件格式解析回执。\n特此公告。\n海关总署\n2026年4月9日", false},
		"rules of how people are praised":  {"云川县见义勇为人员奖励办法\n第一条 为奖励见义勇为人员,制定本办法。\n第二条 对见义勇为人员给予5万元奖励,公民可以向公安机关申请确认。", false},
	} {
		t.Run(name, func(t *testing.T) {
			if p := read(t, name, tt.text); (p.Audience == domain.ForNobody) != tt.out {
				t.Errorf("audience is %q of a text with the themes %v", p.Audience, p.Codes(domain.ThemeTag))
			}
		})
	}
}

// TestPlacesMeant names the places that bear one name, of which an officer chooses.
func TestPlacesMeant(t *testing.T) {
	p := read(t, "朝阳区", "关于发放临时补助的通知\n各街道办事处:\n对低保家庭每户发放500元,请到西区综合服务窗口办理。\n朝阳区民政局\n2026年3月1日")
	if regions := p.Codes(domain.RegionTag); len(regions) > 0 {
		t.Errorf("regions are %v", regions)
	}
	name, places := tagger(t).PlacesMeant(p)
	if got := strings.Join(places, " "); name != "朝阳区" || got != "北京市朝阳区 吉林省长春市朝阳区" {
		t.Errorf("%s may be %s", name, got)
	}
}
