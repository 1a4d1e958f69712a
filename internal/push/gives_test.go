package push_test

import (
	"testing"

	"policypush/internal/domain"
	"policypush/internal/push"
)

// What a message says that a policy gives is a whole, and nothing that the text does not give.
func TestWhatIsGiven(t *testing.T) {
	for name, tt := range map[string]struct {
		benefit domain.Benefit
		want    string
	}{
		"a share without what it is of is said in the words of the text": {
			domain.Benefit{Kind: "B02", Rate: 0.5, Text: "2027年1月1日至12月31日，对小微企业和个体工商户减半征收污水处理费。"},
			"对小微企业和个体工商户减半征收污水处理费",
		},
		"or not at all": {
			domain.Benefit{Kind: "B02", Rate: 0.15, Base: "在原有贷款利率基础上", Text: "鼓励各银行业金融机构在原有贷款利率基础上下浮15%以上，确保融资成本低于上一年同期水平。"}, "",
		},
		"a share of something": {
			domain.Benefit{Kind: "B07", Rate: 0.6, Base: "上年度缴纳的失业保险费", Text: "中型企业和小微企业不裁员或者少裁员的，按上年度缴纳的失业保险费的60%返还。"},
			"按上年度缴纳的失业保险费的60%返还",
		},
		"so much a head and month": {
			domain.Benefit{Kind: "B09", Amount: 300, Unit: "人·月", Text: "具有本县户籍、年满60周岁的低保对象中的失能老年人，按每人每月300元给予养老服务补贴。"},
			"每人每月补贴300元",
		},
		"steps": {
			domain.Benefit{Kind: "B10", Tiers: []float64{1e6, 5e5}, Text: "对首次认定为国家级、省级智能工厂的制造业企业，分别给予100万元、50万元的一次性奖励。"},
			"最高奖励100万元",
		},
		"what is paid is not given": {
			domain.Benefit{Kind: "B09", Amount: 420, Unit: "人·年", Text: "本县户籍居民可以参加城乡居民基本医疗保险，下一年度的缴费标准为每人每年420元。"}, "",
		},
		"what need not be paid": {
			domain.Benefit{Kind: "B01", Text: "对在职职工人数30人（含）以下的小型企业和微型企业，2027年度免征残疾人就业保障金。"},
			"2027年度免征残疾人就业保障金",
		},
		"the words of a short text, without its stop": {
			domain.Benefit{Kind: "B09", Amount: 80, Unit: "人·月", Text: "年满80周岁的老年人，每人每月80元；"},
			"年满80周岁的老年人，每人每月80元",
		},
		"half a sentence is nothing": {
			domain.Benefit{Kind: "B16", Text: "申领养老金的参保人必须同时符合以下年龄条件和缴费年限条件："}, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := &domain.Policy{Title: "云川县人民政府关于惠企利民的通知", Measures: []domain.Measure{{Benefit: tt.benefit}}}
			if got := push.CardOf(p, domain.Likely, isSensitive, "2026-11-22").Gives; got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestNamesOfPolicies(t *testing.T) {
	for title, want := range map[string]string{
		"云川县人民政府关于加快制造业企业技术改造的实施意见":                    "加快制造业企业技术改造",
		"云川县医疗保障局关于2027年度医保参保资助有关事项的通告":                "2027年度医保参保资助",
		"云川县人民政府印发《关于建立信用评价体系的方案》的通知":                  "建立信用评价体系的方案",
		"云川县人民政府办公室关于印发云川县高龄津贴实施办法的通知":                 "云川县高龄津贴实施办法",
		"这笔钱下月起直接发到个人账户，不用再跑窗口（生育津贴直接发放给个人）":           "这笔钱下月起直接发到个人账户…",
		"云川县人民政府关于应对严重洪涝灾害支持中小微企业恢复生产平稳发展的若干意见":        "支持中小微企业恢复生产平稳发展",
		"云川县税务局关于台风影响期间延长企业所得税汇算清缴和申报期限有关事项的公告":        "延长企业所得税汇算清缴和申报期限",
		"云川县人民政府印发《云川县贯彻落实〈关于帮助外贸企业抢订单拓市场的若干措施〉方案》的通知": "帮助外贸企业抢订单拓市场的若干措施",
		"云川县人民政府印发《云川县山区农村客运班线公交化改造和燃油补贴管理办法》的通知":      "山区农村客运班线公交化改造和燃油补贴",
		"云川县财政局转发《云州市财政局关于做好村级公益事业建设一事一议奖补项目申报工作的通知》":  "村级公益事业建设一事一议奖补项目申报工作",
		"云川县商务局关于修改《云川县限额以上零售业培育办法》的决定":                "修改云川县限额以上零售业培育办法",
		"云川县人民政府关于支持县城和中心镇连锁便利店、农贸市场、老字号升级的通知":         "支持县城和中心镇连锁便利店、农贸市场…",
		"云川县文化局关于办好第十一届“云川之春”与“百镇千村”群众文艺汇演的通知":         "办好第十一届“云川之春”与“百镇千村”…",
	} {
		if got := push.CardOf(&domain.Policy{Title: title, Issuers: []string{"云州市云川县人民政府"}}, domain.Likely, isSensitive, "2026-11-22").Short; got != want {
			t.Errorf("%s: %s", title, got)
		}
	}
}

func TestForWhomAndHow(t *testing.T) {
	p := &domain.Policy{Title: "云川县人民政府关于惠企利民的通知", Measures: []domain.Measure{
		{Who: "经审核符合领取条件的", How: domain.How{Mode: "automatic"}},
		{Who: "经审核符合领取条件的", How: domain.How{Mode: "apply"}},
	}}
	card := push.CardOf(p, domain.Likely, isSensitive, "2026-11-22")
	if card.Who != "" || card.How != "各项不同，见原文" {
		t.Errorf("for %q, by %q", card.Who, card.How)
	}
	p.Measures = p.Measures[:1]
	p.Measures[0].Who = "对规上工业企业"
	if card = push.CardOf(p, domain.Likely, isSensitive, "2026-11-22"); card.Who != "规上工业企业" || card.How != "免申即享，不用申请" {
		t.Errorf("for %q, by %q", card.Who, card.How)
	}
}
