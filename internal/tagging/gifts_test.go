package tagging_test

import (
	"slices"
	"strings"
	"testing"

	"policypush/internal/domain"
)

// TestSumsInTheWordsOfPublishedPapers: what is given is read with its kind, and what is
// asked, borne by others or paid bit by bit is no gift.
func TestSumsInTheWordsOfPublishedPapers(t *testing.T) {
	for text, want := range map[string]struct{ kind, gives string }{
		"对新成立的企业,给予一次性5万元开业奖励。":                                                       {"B10", "50000"},
		"对绿色工厂、智能工厂,分别奖励100万元、30万元。":                                                  {"B10", "1000000,300000"},
		"对新认定的国家、市级和区级创新型企业分别给予一次性50万元、10万元和5万元奖励。":                                   {"B10", "500000,100000,50000"},
		"80周岁至89周岁老年人每人每月不低于50元,90周岁以上的老年人每人每月不低于100元。":                               {"B09", "50,100/人·月"},
		"年满80周岁老年人,每人每月发放高龄补贴100元;年满90周岁老年人,每人每月发放高龄补贴200元。":                          {"B09", "100,200/人·月"},
		"对高校毕业生,可按大专、本科、硕士分别享受3000元/人、4000元/人、5000元/人的就业补贴。":                          {"B09", "3000,4000,5000/人"},
		"对高新技术企业,按其研发投入2%给予奖励,不超过50万元。":                                               {"B10", "2% ≤500000"},
		"对种粮大户,每亩补助300元。以上补助市、县两级财政各承担50%。":                                           {"B09", "300/亩"},
		"对养老机构,给予每张床位3000元的一次性建设补贴。补贴按照40%、30%、30%比例分三年补助到位。":                         {"B09", "3000/张"},
		"上述企业两年内交易额分别达到2亿元、10亿元时,给予一次性奖励300万元。":                                       {"B10", "3000000"},
		"允许生产性服务业纳税人按照当期可抵扣进项税额加计5%抵减应纳税额。":                                           {"B04", "5%"},
		"多子女家庭购买首套住房的,个人贷款最高额度由40万元提高至50万元、夫妻双方最高额度由50万元提高至60万元。":                     {"B09", " ≤600000"},
		"对节能改造企业,按350元/吨给予奖励,最高奖励200万元。":                                              {"B10", "350/吨 ≤2000000"},
		"对并购重组企业,按照并购交易额的1%给予并购方最高不超过500万元的一次性奖励。":                                    {"B10", "1% ≤5000000"},
		"对高层次人才,给予每人一次性安家补助20万元,每年分别发放2万元、1.5万元人才津贴。":                                 {"B09", "200000"},
		"农村低保标准由目前的每人每月537元提高到每人每月不低于595元。":                                           {"B09", "595/人·月"},
		"对来本市就业的毕业生,按博士每人10000元、硕士每人7000元、其他每人5000元标准给予补贴。":                           {"B09", "10000,7000,5000/人"},
		"对投资企业,三年内分别按缴纳地方税收总额的40%、30%、20%给予奖励。":                                       {"B10", ""},
		"对投资项目,按县级财政所得扣除征收成本后100%奖励给投资方。":                                             {"B10", "100%"},
		"水稻保险金额为每亩300元,保险费为每亩15元,财政给予补贴。":                                             {"B09", ""},
		"对实施技术改造的工业企业,按设备投资额的6%给予补助,最高150万元。":                                         {"B09", "6% ≤1500000"},
		"对新设外资企业,按实际到位外资的2%给予奖励,最高不超过300万人民币。":                                        {"B10", "2% ≤3000000"},
		"对参展企业,按展位费的50%给予补贴,每家企业每年最高8万元人民币。":                                          {"B09", "50% ≤80000"},
		"对揭榜的产学研项目,按项目总投入25%给予三年最高800万元资助。":                                           {"B09", "25% ≤8000000"},
		"对农产品加工项目,按投资额的40%给予补助,每家企业补助每年不超过300万元。":                                     {"B09", "40% ≤3000000"},
		"对介绍就业的服务机构,一次引进10人以下的按每人100元、10人至30人的按每人130元的标准给予职业介绍补贴。":                    {"B09", "100,130/人"},
		"退役士兵从事个体经营的,3年内按每户每年20000元为限额依次扣减其应缴纳的增值税。":                                  {"B02", "20000/户·年"},
		"对获得设备更新贷款的企业,区财政给予1个百分点的贴息,期限不超过2年。":                                         {"B11", "1%"},
		"用人单位安排残疾人就业不足的,按规定应缴费额的90%缴纳残疾人就业保障金。":                                       {"B02", "90%"},
		"困难企业可申请缓缴失业保险费,缓缴期间免收滞纳金。":                                                   {"B08", ""},
		"对小微企业减半征收资源税(不含水资源税)、城市维护建设税、房产税、城镇土地使用税、印花税(不含证券交易印花税)、耕地占用税和教育费附加、地方教育附加。": {"B02", "50%"},
		"参保居民门诊就医的,报销比例由50%提高到60%。":                                                   {"B09", "60%"},
		"参保居民在其他医院就医的,报销比例为30%。":                                                      {"B09", "30%"},
		"居民每户每月交6元,低保户免收生活垃圾处理费。":                                                     {"B01", ""},
		"企业退休人员基本养老金每人每月增加58元。":                                                       {"B17", ""},
		"参保居民在一级、二级医院住院的,分别报销90%、80%。":                                                {"", ""},
		"对限额以上企业,增速超过20%的奖励15万元。":                                                     {"B10", "150000"},
		"租赁标准厂房的企业,年实缴税收达350元/平方米以上的,给予租金补贴。":                                         {"B09", ""},
		"对新建的星级酒店,三星级按60%奖励返还,四星级按80%奖励返还。":                                           {"B10", ""},
		"对企业按上缴税收额度,分别按50%、40%、30%的比例给予扶持。":                                           {"B09", ""},
	} {
		p := asClerk(t, "一、"+text)
		if len(p.Measures) != 1 {
			t.Errorf("%s: %d measures", text, len(p.Measures))
			continue
		}
		b := p.Measures[0].Benefit
		if got := benefitOf(b); b.Kind != want.kind || got != want.gives {
			t.Errorf("%s: gives %s %q, want %s %q", text, b.Kind, got, want.kind, want.gives)
		}
	}
}

// TestSentencesThatGiveOthersTheirOwn are measures of their own, what goes on about one is
// none, and nor is what leads to the others.
func TestSentencesThatGiveOthersTheirOwn(t *testing.T) {
	for text, want := range map[string][]string{
		"一、高企奖励。对新认定的高新技术企业给予5万元奖励;对新认定的创新型企业分别给予50万元、10万元奖励。":                                               {"50000", "500000,100000"},
		"一、参展支持。对参展企业,按展位费的50%给予补助。同时,为外贸企业提供服务的平台企业,按其服务收入的3%给予奖励。":                                         {"50%", "3%"},
		"一、出口支持。对出口企业,按交易额的1%给予奖励。参与出海项目的“云川造”生产企业,按出口交易额的5%给予奖励。":                                           {"1%", "5%"},
		"一、床位补贴。利用自有房屋新建的,给予每张床位3000元的建设补贴;对以租赁形式举办的养老机构,给予每张床位2000元的改造补贴。":                                  {"3000/张", "2000/张"},
		"一、节能改造。一是节能改造奖励。对节能技术改造企业,奖励20万元。二是清洁生产补助。企业完成清洁生产审核,按企业审核费用的50%给予补助。":                              {"200000", "50%"},
		"一、开办补助。对民办养老机构,给予开办补助3万元。\n二、其中,同一机构已享受补助的,不再重复享受补助。":                                               {"30000"},
		"为支持养老机构发展,现公开征集养老服务项目,具体通知如下:\n一、开办补助。对民办养老机构,给予开办补助3万元。":                                           {"30000"},
		"一、就业补贴。对就业困难人员,每人每月给予200元补贴。\n二、补贴期限除对距法定退休年龄不足5年的人员可延长至退休外,其余人员享受补贴最长不超过3年。":                       {"200/人·月"},
		"一、上市奖励。对企业融资100万元至500万元的,给予20万元奖励;年度累计融资500万元至2000万元的,给予30万元奖励。\n二、参展补助。对参展企业,给予1万元补助。":             {"200000,300000", "10000"},
		"一、创新产品奖励。对新认定工业精品企业给予20万元一次性奖补;新认定品牌示范企业给予10万元一次性奖补。":                                               {"200000", "100000"},
		"一、技术改造。对工业企业,按投资额的10%给予补助。评为标杆项目的,另行一次性奖励50万元。":                                                     {"10%", "500000"},
		"一、冰雪项目。对新建高级雪道、中级雪道分别奖励100万元、50万元。在河流、湖泊浇灌标准化冰场每块奖励1万元。":                                            {"1000000,500000", "10000"},
		"一、服务业。对新认定的集聚示范区,给予80万元补助。每新引进1家限上商贸业企业,奖励5万元。":                                                     {"800000", "50000"},
		"第一条 企业培育。对本区港澳青年企业给予奖励,具体如下:\n(一)落户补贴。在大赛获奖的港澳青年企业,给予一次性10万元奖金。\n(二)租金补贴。运营满一年的港澳青年企业,按租金的50%给予补贴。": {"100000", "50%"},
		"一、促消费。对成效显著的促消费活动按实际费用20%给予最高20万元补贴;对稳定经营1年以上的首店分别给予20万元和10万元一次性补贴。":                                {"20% ≤200000", "200000,100000"},
		"一、商业项目。在享受税费优惠的同时,对投资总额(以实际支付为准,下同)达到2000万元的项目,按投资额的1.5%奖励;在规划区外的项目,按投资额的1%奖励。":                     {"1.5%", "1%"},
		"一、养老机构。新建床位200张以上的,给予每张床位4000元的一次性建设补贴,50张以上不足200张的,给予每张2000元的一次性建设补贴。":                             {"4000,2000/张"},
		"一、残疾人补贴。对残疾人发放护理补贴:一级残疾人每人每月200元;二级残疾人每人每月150元。":                                                    {"200,150/人·月"},
	} {
		p := asClerk(t, text)
		got := allGive(p)
		if !slices.Equal(got, want) {
			t.Errorf("%s: gives %q, want %q", text, got, want)
		}
	}
}

// TestWhoIsMeantGoesOnBehindACommaOrABracket: whom somebody takes on is not who gets it,
// though their name stands first.
func TestWhoIsMeantGoesOnBehindACommaOrABracket(t *testing.T) {
	for text, want := range map[string]struct{ who, has, hasNot string }{
		"对招用毕业年度高校毕业生,与其签订1年以上劳动合同的小微企业,给予每人1000元补贴。":                 {"小微企业", "size=small,micro", "group"},
		"对吸纳高校毕业生(以下统称毕业生)且签订劳动合同,并为其缴纳社会保险费的中小微企业,按照1000元/人的标准发放补贴。": {"中小微企业", "size=medium,small,micro", "group"},
		"对通过认定的市级高新技术企业,给予5万元奖励。":                                     {"市级高新技术企业", "attribute=QH1", ""},
		"省财政对纳入保障范围的县,属新增的民办养老机构,每张床位补助3000元。":                        {"民办养老机构", "kind=enterprise", ""},
		"水稻(早稻30亩以上,晚稻50亩以上)种植企业,每亩给予120元补贴。":                         {"晚稻50亩以上)种植企业", "", ""},
	} {
		p := asClerk(t, "一、"+text)
		if len(p.Measures) != 1 {
			t.Errorf("%s: %d measures", text, len(p.Measures))
			continue
		}
		m := &p.Measures[0]
		said := conditionsOf(&m.Criteria)
		if !strings.HasSuffix(m.Who, want.who) || !strings.Contains(said, want.has) || want.hasNot != "" && strings.Contains(said, want.hasNot) {
			t.Errorf("%s: is for %q: %s", text, m.Who, said)
		}
	}
}

// TestThoseNamedOneUnderTheOther are alternatives, where each item of the list names
// somebody; what one person has to be is not.
func TestThoseNamedOneUnderTheOther(t *testing.T) {
	for list, want := range map[string]bool{
		"1.年满80周岁、不满100周岁的老年人,均可享受高龄津贴;\n2.年满100周岁的老年人,均可享受高龄津贴。": true,
		"1.年满80周岁;\n2.具有柯桥区户籍。": false,
	} {
		p := read(t, "guide", "高龄津贴办事指南\n一、高龄津贴发放对象:\n"+list+"\n二、高龄津贴发放标准:每人每月100元。")
		if len(p.Measures) != 1 {
			t.Errorf("%s: %d measures", list, len(p.Measures))
			continue
		}
		either := false
		for _, part := range p.Measures[0].Criteria.All {
			either = either || len(part.Any) == 2 && slices.ContainsFunc(part.Any, func(c domain.Criteria) bool { return strings.Contains(conditionsOf(&c), "100") })
		}
		if either != want {
			t.Errorf("%s: alternatives %v, want %v: %s", list, either, want, conditionsOf(&p.Measures[0].Criteria))
		}
	}
}

// TestDaysOfCallsAsTheyArePublished: an hour in words hides no last day, nor does a table
// that is handed in with the rest; from when something is reckoned is not when it holds.
func TestDaysOfCallsAsTheyArePublished(t *testing.T) {
	p := read(t, "call", "关于开展2026年度揭榜挂帅项目申报工作的通知\n各有关单位:\n一、支持标准\n对符合要求的项目,按项目总投资的10%予以补助。\n二、有关要求\n请符合条件的各相关企业积极申报,认真填报《推荐汇总表》,于9月18日下午3点前将项目申报材料(一式四份,汇总表)报送至区经信局。\n柯桥区经济和信息化局\n2026年8月12日")
	if p.ApplyDeadline != "2026-09-18" {
		t.Errorf("applied for until %q", p.ApplyDeadline)
	}
	p = read(t, "since", "企业吸纳就业补贴申领须知\n一、发放对象和标准\n对吸纳毕业生的小微企业,按1000元/人的标准发放补贴。吸纳就业时间从2026年1月1日起算。")
	if p.EffectiveFrom != "" {
		t.Errorf("in force from %q", p.EffectiveFrom)
	}
}

// TestThingsToldOneAfterTheOther are measures of their own, each with its own sides.
func TestThingsToldOneAfterTheOther(t *testing.T) {
	p := read(t, "guide", "毕业生创业补贴,请查收\n1、一次性创业资助\n补贴对象:符合条件的创业者。\n补贴标准:10000元。\n2、创业租金补贴\n补贴对象:租用场地的小微企业。\n补贴标准:每年补贴6000元。\n补贴期限:累计不超过3年。")
	var got []string
	for _, m := range p.Measures {
		got = append(got, strings.Join([]string{m.Title, m.Who, benefitOf(m.Benefit)}, " "))
	}
	want := []string{"一次性创业资助 符合条件的创业者 10000", "创业租金补贴 租用场地的小微企业 6000/年"}
	if !slices.Equal(got, want) || len(p.Measures) != 2 || p.Measures[1].Benefit.Months != 36 {
		t.Errorf("%q, want %q for 36 months", got, want)
	}
}

// TestAStandardWithSeveralLinesAndAGuideToSeveral: what stands under a number without one of
// its own is a part of it, and a guide that gives three something is no guide to one thing.
func TestAStandardWithSeveralLinesAndAGuideToSeveral(t *testing.T) {
	for text, want := range map[string][]string{
		"关于调整社会救助标准的通知\n各区:\n现将有关标准通知如下:\n一、保障标准\n(一)城乡最低生活保障标准为每人每月1309元。\n(二)特困人员基本生活标准按下列标准执行:\n市财政供养的特困人员基本生活标准为每人每月2094元;\n农村特困人员基本生活标准为每人每月2413元。\n二、执行时间\n以上标准从2025年1月1日起执行。": {"1309/人·月", "2094/人·月", "2413/人·月"},
		"服务业发展奖励申报指南\n一、奖励标准\n(一)批发业。对年销售额30亿元以上且增速超过20%的限额以上企业奖励15万元。\n(二)零售业。对年零售额1亿元以上且增速超过20%的限额以上企业奖励5万元。\n(三)服务业。对年营业收入2亿元以上且增速超过20%的限额以上企业奖励8万元。\n二、申报材料\n1.申报表。":             {"150000", "50000", "80000"},
	} {
		p := read(t, "several", text)
		got := allGive(p)
		if !slices.Equal(got, want) {
			t.Errorf("%s: gives %q, want %q", text, got, want)
		}
	}
}

// TestWhoIsNamedBehindTheVerbOrAPreface: who gets it is not what they did, nor why it is
// given or by what.
func TestWhoIsNamedBehindTheVerbOrAPreface(t *testing.T) {
	for text, want := range map[string]string{
		"对标准化民宿达20家以上且被认定的,给予投资方奖励100万元。":               "投资方",
		"为鼓励网络零售,市财政对第一次将网络零售额纳入统计部门统计的企业,给予一次性奖励10万元。": "第一次将网络零售额纳入统计部门统计的企业",
		"扶持标准为,对2024年度帮助5家以上传统企业上网销售的专业服务企业,给予50万元奖励。":  "2024年度帮助5家以上传统企业上网销售的专业服务企业",
		"根据该办法,旅行社年度综合业绩排序前5名的依次奖励3万元、2万元。":             "旅行社年度综合业绩排序前5名的",
		"固定资产投资规模在500万元以上,从事建材、机械的企业,按纳税额的30%给予奖励。":     "固定资产投资规模在500万元以上,从事建材、机械的企业",
		"运营机构为失能老年人提供送餐服务可享受补贴,补贴标准为每人每次2元。":            "运营机构",
		"绿色食品方面,对新认定的农业企业,给予1万元奖励。":                     "新认定的农业企业",
	} {
		p := asClerk(t, "一、"+text)
		if len(p.Measures) != 1 || p.Measures[0].Who != want {
			t.Errorf("%s: %d measures, is for %q, want %q", text, len(p.Measures), p.Measures[0].Who, want)
		}
	}
}
