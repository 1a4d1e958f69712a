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
