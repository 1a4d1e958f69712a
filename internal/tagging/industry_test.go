package tagging_test

import (
	"slices"
	"testing"

	"policypush/internal/domain"
)

// TestIndustriesAreNamedByGiftsAndByDuties: an industry is who is given
// something as well as who must do something, alone or in a list.
func TestIndustriesAreNamedByGiftsAndByDuties(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"a duty":                               {"云川县应急管理局关于开展工贸企业粉尘治理的通知\n各有关企业:\n工贸企业应于2026年9月30日前完成粉尘治理,逾期未完成的停产整治。\n云川县应急管理局\n2026年4月9日", []string{"C"}},
		"a shop by its name":                   {"云川县商务局关于支持商业发展的通知\n商场、超市新增门店的,每家补助5万元。\n对农贸市场升级改造的,每个奖励10万元。\n云川县商务局\n2026年4月9日", []string{"F"}},
		"who keeps animals":                    {"云川县农业农村局通知\n对能繁母猪的养殖场和散养户,每头补贴100元。\n养殖户向镇政府申报。\n云川县农业农村局\n2026年4月9日", []string{"A"}},
		"those in it, in a text for residents": {"云川市物业管理条例\n第一条 为了维护业主的合法权益,制定本条例。\n第二条 业主有权选聘物业服务企业。\n第三条 物业服务企业应当公示收费标准。\n第四条 业主可以向业主委员会投诉。", []string{"K"}},
		"lawyers who prove something":          {"云川县人力资源和社会保障局关于稳岗返还的通知\n对不裁员的企业返还失业保险费。\n律师事务所、会计师事务所可参照执行。\n云川县人力资源和社会保障局\n2026年4月9日", nil},
		"part of another trade":                {"云川区支持软件产业发展若干措施\n一、对软件和信息技术服务业企业,最高给予20万元支持。\n二、软件和信息技术服务业企业租用房屋的,给予补贴。\n云川区人民政府\n2026年4月9日", []string{"I"}},
		"a trade as a whole":                   {"对完成首轮流片的企业,按流片费用50%给予补助。\n集成电路产业是重要支撑。\n对集成电路封测企业,按投资额10%给予支持。\n云川县人民政府\n2026年4月9日", []string{"C"}},
		"who designs chips":                    {"云川县支持集成电路设计企业的通知\n一、对集成电路设计企业完成首轮流片的,按流片费用50%给予补助。\n二、集成电路设计企业向县工信局申报。\n云川县人民政府\n2026年4月9日", []string{"I"}},
		"a mine":                               {"黄冲煤矿:\n你矿存在重大安全隐患,提出如下要求:\n一、黄冲煤矿立即制定隐患整改方案。\n二、严禁该矿在整改期间生产作业。\n云川县应急管理局\n2026年4月9日", []string{"B"}},
		"who builds":                           {"云川市工程建设领域农民工工资支付办法\n第一条 为了规范工程建设领域农民工工资支付行为,制定本办法。\n第二条 施工总承包单位对农民工工资支付负总责,分包单位负直接责任。", []string{"E"}},
		"a mention":                            {"云川县人民政府关于支持企业用工的通知\n一、对新招用员工的企业,每人补贴1000元。\n二、各镇街要帮助企业招工,可以在餐饮店张贴招聘信息。\n云川县人民政府\n2026年4月9日", nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, code := range read(t, name, c.text).Codes(domain.IndustryTag) {
				got = append(got, code[:1])
			}
			slices.Sort(got)
			if got = slices.Compact(got); !slices.Equal(got, c.want) {
				t.Errorf("industries %v, want %v", got, c.want)
			}
		})
	}
}

// TestSmallEnterprisesOfATaxPaper: what a tax paper calls 小微企业 are the small
// taxpayers that it names, elsewhere the word means a size.
func TestSmallEnterprisesOfATaxPaper(t *testing.T) {
	for text, want := range map[string][]string{
		"云川省财政厅关于小微企业“六税两费”减免政策的公告\n对增值税小规模纳税人、小型微利企业减半征收房产税、印花税。\n增值税小规模纳税人、小型微利企业可叠加享受其他优惠。\n本公告支持小微企业发展。\n云川省财政厅\n2026年4月9日": {"TX2", "TX3"},
		"云川县人民政府关于支持小微企业发展的通知\n对小微企业新增贷款给予贴息。\n云川县人民政府\n2026年4月9日":                                                              {"Z3", "Z4"},
	} {
		got := read(t, "small", text).Codes(domain.EnterpriseKindTag)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: kinds %v, want %v", text, got, want)
		}
	}
}
