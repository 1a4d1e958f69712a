package tagging_test

import (
	"slices"
	"testing"
)

// TestQuestionsAboutSeveralGifts: each gift is a measure of its own, with what the other questions
// about it are answered; the sides of one gift are one measure.
func TestQuestionsAboutSeveralGifts(t *testing.T) {
	for text, want := range map[string][]string{
		"问:毕业生租房有补贴吗?\n答:本科毕业生来我区就业的,可享受每月700元租房补贴,最长不超过24个月。\n问:技能提升补贴的标准是多少?\n答:企业职工取得中级工证书的,补贴标准为1500元。\n问:技能提升补贴怎么申请?\n答:凭证书向区人社局提出申请。\n": {
			"毕业生租房有补贴吗?  本科毕业生来我区就业的 700/月", "技能提升补贴 apply 企业职工取得中级工证书的 1500",
		},
		"1.什么是创业补贴?补贴标准是多少?\n首次创办小微企业的高校毕业生,可申领一次性创业补贴5000元。\n2.创业补贴需要哪些材料?\n身份证、营业执照。\n3.见习补贴怎么申请?\n吸纳毕业生见习的单位,每人每月补贴1600元,由见习单位向区人社局申请。\n": {
			"创业补贴 apply 首次创办小微企业的高校毕业生 5000", "见习补贴怎么申请? apply 吸纳毕业生见习的单位 1600/人·月",
		},
		"问:高龄津贴发放给谁?\n答:具有本区户籍、年满80周岁的老年人。\n问:高龄津贴的标准是多少?\n答:80至89周岁每人每月50元,90周岁以上每人每月100元。\n": {
			"××区惠民政策问答  具有本区户籍、年满80周岁的老年人 50,100/人·月",
		},
	} {
		p := read(t, "questions", "××区惠民政策问答\n"+text)
		var got []string
		for _, m := range p.Measures {
			got = append(got, m.Title+" "+m.How.Mode+" "+m.Who+" "+benefitOf(m.Benefit))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n got %q\nwant %q", text, got, want)
		}
	}
}

// TestMarksInsteadOfNumbers begin what is given as numbers do.
func TestMarksInsteadOfNumbers(t *testing.T) {
	for text, want := range map[string][]string{
		"NO.1 总部企业奖励\n支持对象:新迁入我市的总部企业。\n奖励标准:一次性给予300万元奖励。\nNO.2 电商平台奖励\n支持对象:在我市注册的电子商务企业。\n奖励标准:按交易额的1%给予奖励,最高80万元。\n": {"总部企业奖励 3000000", "电商平台奖励 1% ≤800000"},
		"■会展补贴\n对举办展会的主办单位,给予30万元补贴。\n■夜间经济\n对延长营业至24时的商场,每家给予5万元补贴。\n■演艺奖励\n支持对象:演出经纪机构。\n奖励标准:每场演出奖励2万元。\n":            {"会展补贴 300000", "夜间经济 50000/家", "演艺奖励 20000/场"},
		"对象:品学兼优的学生\n标准:每人每年2000元\n学习奖励\n对象:困难家庭的学生\n标准:每人每年1500元\n":                                                     {"××市促进消费若干政策 2000/人·年", "学习奖励 1500/人·年"},
		"01首店奖励\n对引进品牌首店的商业综合体,每引进1家奖励10万元。\n02夜市奖励\n对新建夜市的运营单位,给予20万元奖励。\n":                                             {"首店奖励 100000/家", "夜市奖励 200000"},
	} {
		p := read(t, "questions", "××市促进消费若干政策\n"+text)
		var got []string
		for _, m := range p.Measures {
			got = append(got, m.Title+" "+benefitOf(m.Benefit))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n got %q\nwant %q", text, got, want)
		}
	}
}
