package tagging_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"policypush/internal/domain"
)

// asClerk reads paragraphs of a notice of 柯桥区 for both, as a clerk would.
func asClerk(t *testing.T, paragraphs string) *domain.Policy {
	t.Helper()
	p := read(t, "clerk", "柯桥区人民政府关于支持发展若干措施的通知\n绍柯政发〔2026〕3号\n各镇人民政府:\n现将有关措施通知如下:\n"+paragraphs+"\n绍兴市柯桥区人民政府\n2026年3月5日\n")
	checkEvidence(t, p)
	return p
}

// TestWhoIsMeantOnNewPapers: conditions that were lost or made the wrong people meet a
// measure, on papers on which nothing was tuned.
func TestWhoIsMeantOnNewPapers(t *testing.T) {
	for text, want := range map[string]struct{ has, hasNot string }{
		// Of whom somebody rents says nothing of who they are.
		"承租国有企业和行政事业单位房屋的中小微企业和个体工商户,免收2026年2月至4月3个月租金。": {"other=承租国有企业和行政事业单位房屋 size=medium,small,micro|registration=R500", "ownership"},
		"承租国有企业房屋的服务业小微企业和个体工商户,减免50%租金。":                {"other=服务业", "ownership"},
		// What is taken on is no condition of who takes it on.
		"小微企业当年新招用符合申请条件的高校毕业生人数达到企业现有在职职工人数15%(超过100人的企业为8%),可申请最高300万元的创业担保贷款。": {"kind=enterprise other=当年新招用 size=small,micro", "group staff"},
		// One of two halves is in no profile.
		"领取失业保险金期间或参加失业保险满12个月的人员,取得职业资格证书的,给予1000元补贴。": {"group=G05|other=参加失业保险满12个月", ""},
		// Two names of which one is not known.
		"对采用绿色防控技术的农户和主体给予1万元奖补。":         {"group=G17|kind=enterprise", "kind=resident"},
		"对购置烘干机的农户和农机服务组织,按机具售价的20%给予补贴。": {"group=G17|kind=enterprise other=农机服务组织", "kind=resident"},
		"锰矿企业、水泥企业的电费补助为0.035元/度。":        {"kind=enterprise other=锰矿企业|industry=C30", ""},
		// Who serves others is not those who are served.
		"为农户提供代耕代种服务面积500亩以上的社会化服务组织,按服务面积每亩补助30元。": {"kind=enterprise other=农户提供代耕代种服务面积500亩以上", "group"},
		// Whom a highest sum is reckoned for is nobody.
		"对消费券商家优惠让利部分给予50%补助,每月单家商场企业补助金额不超过20万元。": {"", "industry"},
		// A figure that no condition rests on is listed.
		"对存量工业企业升级改造投资500万元以上(含)的,按购置新设备投资额的15%给予补贴。": {"other=存量工业企业升级改造投资500万元以上(含) industry=C", ""},
		"批发企业新增量达到300万元且增速达到20%以上的,给予1万元促销奖励。":        {"other=批发企业新增量达到300万元 other=增速达到20%以上 industry=F51", ""},
		// A time before who is meant does not hide them.
		"对2026年1月1日至6月30日新增流动资金贷款、单户授信1000万元以下的小微企业和个体工商户,按贷款本金给予1个百分点贴息。": {"other=2026年1月1日至6月30日新增流动资金贷款、单户授信1000万元以下 size=small,micro|registration=R500", ""},
		"2024年1月1日后毕业、年龄在35周岁以下、首次来柯就业的本科毕业生,每月给予1000元生活补贴。":               {"age<=35 other=2024年1月1日后毕业", ""},
		// Whose range is changed, and who has an age by their name.
		"从2026年1月1日起,将就业见习补贴范围调整为离校2年内未就业的高校毕业生及16—24岁失业青年。见习人员基本生活费不低于当地最低工资标准,保险费标准为500元/人。": {"group=G04 age>=16", ""},
		"对高龄老人,每人每月给予60元津贴。": {"age>=80", "age>=60"},
		// The first of several ranks is not all of them, and what nobody has twice is no condition.
		"高龄津贴标准:80至89周岁的,每人每月100元;90至99周岁的,每人每月200元;100周岁以上的,每人每月500元。":       {"age>=80", "age<="},
		"对低保家庭每户给予500元补助。\n(一)申请人已享受重度残疾人护理补贴的,不得重复享受。\n(二)申请人骗取补助的,由街道责令退还。": {"group=G07", "G02"},
		// Each of several things is for others, and who did one thing and another is not who did the first.
		"补贴对象\n(一)生活补贴对象为低保家庭。\n(二)护理补贴对象为登记失业人员。\n二、补贴标准\n生活补贴标准为每人每月90元,护理补贴标准为每人每月100元。": {"group=G07|group=G05", ""},
		"首次创办小微企业或者从事个体经营,且正常运营1年以上的高校毕业生、返乡农民工,给予一次性创业补贴8000元。":                            {"group=", "kind=enterprise"},
		"对3周岁以下的婴幼儿发放补贴,每孩每年3600元。":    {"group=G03", "age"},
		"农村籍退役士兵生活补助标准由每人每月50元提高到58元。": {"group=G18", ""},
		// Words that begin with those for whom are not cut.
		"调整优抚对象等人员生活补助标准,每人每月提高100元。": {"", "象等人员"},
		"对本区中小企业,给予2万元补助。":            {"size=medium,small,micro", ""},
		"对科技型中小企业,给予2万元补助。":           {"attribute=QH2", "size"},
		// Where no rule reads the first words, they are listed.
		"支持多子女家庭。生育二孩、三孩的缴存职工家庭,购买首套住房的,最高贷款额度分别上浮20%、30%。": {"other=生育二孩、三孩的缴存职工家庭", ""},
		// Where somebody buys is not who they are, nor is what they may not have had.
		"对个人消费者在本区限额以上汽车销售企业购买新车的,给予2000元补贴。": {"kind=resident other=在本区限额以上汽车销售企业购买新车", "industry"},
		"对未享受购房补贴的高校毕业生,每月给予800元租房补贴。":        {"other=未享受购房补贴 group=G04", "G12"},
		// What a certificate bears names nobody, and one group in two words is no two groups.
		"对持《就业创业证》(注明“毕业年度内创业补贴”)的登记失业人员,给予2000元补贴。": {"group=G05", "group=G04"},
		"对低保对象(含特困人员,下同)、毕业年度内高校毕业生,给予2000元补贴。":      {"group=G04,G07", "下同"},
		// Who takes somebody on is an enterprise, whatever the last word.
		"企业招用本地脱贫人员,可按每人1000元的标准发放一次性扩岗补助。": {"kind=enterprise other=招用", "kind=resident"},
		// A bracket with a comma ends no name, and employers are no employees.
		"用人单位安排残疾人就业比例在1%以上的,按规定应缴费额的80%缴纳残疾人就业保障金。": {"other=用人单位安排残疾人就业比例在1%以上", "group"},
		// A day until which something is put off is no aim.
		"所有中小微企业可申请缓缴单位缴费部分,缓缴期限到2026年年底,期间免收滞纳金。": {"size=medium,small,micro", ""},
		// Who is too late is not left out.
		"已缴纳的房产税可予以退还。发布之日前已办理注销的,不再追溯享受。": {"", "other=发布之日"},
		// Earlier rules are nobody.
		"对就业困难人员,每人给予1000元补贴。之前政策与本意见不一致的,以本意见为准。": {"group=G06", "不一致"},
		// Only one of two kinds of enterprise is in a trade.
		"对规上工业企业或高新技术企业,给予2万元补助。": {"attribute=QH1", "QH1,Z5"},
	} {
		p := asClerk(t, "一、"+text)
		if len(p.Measures) != 1 {
			t.Errorf("%s: %d measures", text, len(p.Measures))
			continue
		}
		said := conditionsOf(&p.Measures[0].Criteria)
		for field := range strings.FieldsSeq(want.has) {
			if !strings.Contains(said, field) {
				t.Errorf("%s: lacks %s: %s", text, field, said)
			}
		}
		if want.hasNot == "group staff" {
			for field := range strings.FieldsSeq(want.hasNot) {
				if strings.Contains(said, field) {
					t.Errorf("%s: asks for %s: %s", text, field, said)
				}
			}
		} else if want.hasNot != "" && strings.Contains(said, want.hasNot) {
			t.Errorf("%s: asks for %s: %s", text, want.hasNot, said)
		}
	}
}

// TestNobodyIsBothAPersonAndAnEnterprise: where separate paragraphs name both, each of them has
// it; and no enterprise is of two sizes.
func TestNobodyIsBothAPersonAndAnEnterprise(t *testing.T) {
	for text, want := range map[string]string{
		"一、支持范围\n(一)重点群体。借款人应为以下群体:高校毕业生、残疾人、网络商户。\n(二)小微企业。小微企业当年新招用毕业生达到职工人数的10%。\n二、贴息标准\n对创业担保贷款按贷款实际利率的50%给予贴息。": "either group=G02,G04 or kind=enterprise other=网络商户 size=small,micro",
		"一、对农户和农机合作社给予2万元补助。\n申报条件:从业人员10人以上。":                         "either group=G17 or registration=R400 staff>=10",
		"一、小微企业迟延支付货款的,给予2万元补助。\n补助对象:按中型企业、小型企业和微型企业划分标准确定的小型企业。":     "size=medium,micro,small",
		"一、支持范围\n对于制造本县目录内装备且投保的企业,县财政给予保费补贴。\n二、补贴标准\n按年度保费的80%给予补贴。": "kind=enterprise region=330603 other=制造本县目录内装备且投保 ",
	} {
		p := asClerk(t, text)
		if len(p.Measures) != 1 {
			t.Errorf("%s: %d measures", text, len(p.Measures))
			continue
		}
		all := p.Measures[0].Criteria
		said := conditionsOf(&all)
		if last := all.All[len(all.All)-1].Any; len(last) == 2 {
			said = "either " + conditionsOf(&last[0]) + "or " + conditionsOf(&last[1])
		}
		if !strings.Contains(said, want) {
			t.Errorf("%s: lacks %s: %s", text, want, said)
		}
	}
}

// TestAGuideForEmployersIsForThem: for how long something is given to those they take
// on makes it no measure for these.
func TestAGuideForEmployersIsForThem(t *testing.T) {
	p := read(t, "guide", "公益性岗位社会保险补贴申领指南\n补贴对象:开发利用公益性岗位安置就业困难人员,与其签订1年以上协议的用人单位。\n补贴标准:按照单位缴纳部分给予补贴。补贴期限不超过3年,距法定退休年龄不足5年的就业困难人员,经用人单位申请可延长至退休。\n受理地点:县公共就业服务中心三楼5号窗口。")
	if len(p.Measures) != 1 {
		t.Fatalf("%d measures", len(p.Measures))
	}
	if said := conditionsOf(&p.Measures[0].Criteria); !strings.Contains(said, "kind=enterprise") || strings.Contains(said, "group") {
		t.Errorf("it asks for %s", said)
	}
}

// TestConditionsOfWhichOneWillDo: 或 behind a comma makes alternatives, of what is read
// and what is not.
func TestConditionsOfWhichOneWillDo(t *testing.T) {
	p := read(t, "or", "柯桥区经济和信息化局关于申报奖励的通知\n各企业:\n一、申报条件\n申报企业须同时满足以下条件:\n(一)从业人员不超过500人,研发费用占比不低于4%;\n(二)拥有有效发明专利2件以上,或获得高新技术企业、科技型中小企业认定;\n二、奖励标准\n经认定的企业,给予一次性奖励50万元。\n柯桥区经济和信息化局\n2026年6月1日")
	if len(p.Measures) != 1 {
		t.Fatalf("%d measures", len(p.Measures))
	}
	either := false
	for _, part := range p.Measures[0].Criteria.All {
		if part.Leaf != nil && part.Leaf.Field == domain.FieldAttribute {
			t.Errorf("it asks for %v of everybody", part.Leaf.Values)
		}
		either = either || len(part.Any) == 2
	}
	if said := conditionsOf(&p.Measures[0].Criteria); !either || !strings.Contains(said, "staff<=500") || !strings.Contains(said, "other=拥有有效发明专利2件以上|attribute=QH1,QH2") {
		t.Errorf("it asks for %s", said)
	}
}

// TestWhoGetsNothingIsLeftOut: in the words of notices, whatever the order.
func TestWhoGetsNothingIsLeftOut(t *testing.T) {
	for name, c := range map[string]struct{ text, out string }{
		"two kinds behind a comma": {"一、设备补助。对小型企业,给予2万元补助。\n二、被列入严重失信主体名单的企业,以及当年发生安全生产事故的企业,不享受本措施。", "attribute=CR4 other=当年发生安全生产事故的企业"},
		"behind a colon":           {"一、补贴对象。灵活就业的高校毕业生。\n二、补贴标准。按实际缴费的三分之二给予补贴。\n三、下列人员不能享受补贴:已领取营业执照从事经营活动的;已享受过一次性补贴的。", "other=已领取营业执照从事经营活动的 other=已享受过一次性补贴的"},
		"a list":                   {"一、种粮补贴。对种粮大户,每亩补贴200元。\n二、有下列情形之一的,不予补贴:\n(一)已改变用途的耕地;\n(二)弄虚作假套取补贴资金的。", "other=已改变用途的耕地"},
		"a list of rewards":        {"一、大棚奖补。对家庭农场,每亩奖补200元。\n二、有下列情形之一的,不予奖补:\n(一)已改变用途的耕地;\n(二)弄虚作假套取奖补资金的。", "other=已改变用途的耕地"},
		"behind who is meant":      {"一、支持对象\n在本区注册、具有独立法人资格的高新技术企业,房地产、金融企业除外。\n二、补助标准\n按研发投入的2%给予补助。", "industry=J"},
	} {
		p := asClerk(t, c.text)
		if len(p.Measures) != 1 {
			t.Errorf("%s: %d measures, want 1", name, len(p.Measures))
			continue
		}
		left := ""
		for _, part := range p.Measures[0].Criteria.All {
			if part.Not != nil {
				left += conditionsOf(part.Not)
			} else if part.Leaf != nil && slices.Contains(part.Leaf.Values, "CR4") {
				t.Errorf("%s: asks for those left out", name)
			}
		}
		for want := range strings.FieldsSeq(c.out) {
			if left = strings.ReplaceAll(left, "K,J", "J"); !strings.Contains(left, want) {
				t.Errorf("%s: leaves out %s, want %s", name, left, want)
			}
		}
		if name == "behind who is meant" && !strings.Contains(conditionsOf(&p.Measures[0].Criteria), "attribute=QH1") {
			t.Errorf("%s: is for nobody: %s", name, conditionsOf(&p.Measures[0].Criteria))
		}
	}
}

// TestSumsByClassAreTiers: what others get, or who reached more, is neither lost nor the
// only sum; a figure of which no value was made is listed.
func TestSumsByClassAreTiers(t *testing.T) {
	for text, want := range map[string]struct{ gives, check string }{
		"批发企业新增量达到300万元的,给予1万元奖励;新增量达到800万元的,给予2万元的奖励。":       {"10000,20000", "新增量达到800万元"},
		"种植早稻的农户每亩补贴200元,种植晚稻的每亩补贴100元。":                      {"200,100/亩", ""},
		"对困难家庭,每户给予最高5000元补助。":                                {" ≤5000", ""},
		"对登记失业人员,岗位补贴每人每月1800元。":                              {"1800/人·月", ""},
		"招用高校毕业生的企业,按每招用1人1500元给予补助。":                         {"1500/人", ""},
		"缴存职工购买首套住房的,最高贷款额度由80万元提高至100万元;单方缴存的,由50万元提高至60万元。": {" ≤1000000", "由50万元提高至60万元"},
		"购房补贴:A类人才50万元、B类人才20万元、C类人才8万元。":                     {"500000,200000,80000", ""},
		"对租用仓库的企业,第一年按租金的50%、第二年按租金的30%给予补贴。":                 {"30%", "第一年按租金的50%"},
		"对实施研发的企业,研发费用500万元以下部分按2%、500万元以上部分按4%给予补助。":         {"4%", "按2%"},
		"对企业购置智能设备的,按设备投资额分级补助:一级示范企业10%、二级示范企业8%。":           {"", "一级示范企业10%、二级示范企业8%"},
		"对就业困难人员给予一次性补贴5000元;带动3人以上就业的,再给予每年2000元补贴。":         {"5000", "每年2000元"},
	} {
		p := asClerk(t, "一、"+text)
		if len(p.Measures) != 1 {
			t.Errorf("%s: %d measures", text, len(p.Measures))
			continue
		}
		m := &p.Measures[0]
		if got := benefitOf(m.Benefit); got != want.gives {
			t.Errorf("%s: gives %q, want %q", text, got, want.gives)
		}
		listed := slices.ContainsFunc(m.Check, func(s string) bool { return strings.HasPrefix(s, "数字未读出") })
		if raw, _ := json.Marshal(m.Check); listed != (want.check != "") || !strings.Contains(string(raw), want.check) {
			t.Errorf("%s: lists %s, want %q", text, raw, want.check)
		}
	}
}

// TestAHighestSumSaysForWhat: what each may have is not what all may have together.
func TestAHighestSumSaysForWhat(t *testing.T) {
	for text, want := range map[string]string{
		"对安装滴灌设备的农业企业,按购置费用的50%给予奖补,每亩最高不超过500元。": "每亩",
		"对改造大棚的农业企业,按投入的30%给予奖补,每亩不超过3000元。":      "每亩",
		"对参加境外展会的企业,按展位费的50%给予补助,每个展会最高3万元。":      "每个展会",
		"对参加境外展会的企业,按展位费的50%给予补助,最高3万元。":          "",
	} {
		p := asClerk(t, "一、"+text)
		if len(p.Measures) != 1 || p.Measures[0].Benefit.Cap == 0 || p.Measures[0].Benefit.CapPer != want {
			t.Errorf("%s: %+v, want at most for %q", text, p.Measures, want)
		}
	}
}

// TestSidesOfGiftsNamed: what is said of one of several gifts by its name is asked for no other.
func TestSidesOfGiftsNamed(t *testing.T) {
	p := asClerk(t, "一、补贴对象\n(一)困难残疾人生活补贴对象为具有本区户籍的低保残疾人。\n(二)重度残疾人护理补贴对象为具有本区户籍、残疾等级为一级、二级的残疾人。\n二、补贴标准\n(一)困难残疾人生活补贴标准为每人每月200元。\n(二)重度残疾人护理补贴标准为每人每月300元。")
	if len(p.Measures) != 2 {
		t.Fatalf("%d measures, want 2", len(p.Measures))
	}
	for i, m := range p.Measures {
		said := conditionsOf(&m.Criteria)
		if strings.Contains(said, "G07") != (i == 0) || strings.Contains(said, "一级") != (i == 1) || !strings.Contains(said, "hukou=") || strings.Contains(said, "对象") {
			t.Errorf("%s asks for %s", m.Title, said)
		}
	}
}

// TestWhenAndHowIsNoMeasure: a paragraph about when and how all apply holds for all.
func TestWhenAndHowIsNoMeasure(t *testing.T) {
	p := asClerk(t, "一、设备补助。对小型企业,给予2万元补助。\n二、上规奖励。对首次上规的工业企业,奖励5万元。\n三、申报时间。申报截止时间为2026年4月30日。企业通过“柯企通”平台申报,联系电话:0575-88001234。")
	if len(p.Measures) != 2 {
		t.Fatalf("%d measures, want 2", len(p.Measures))
	}
	for _, m := range p.Measures {
		if m.Window.Deadline != "2026-04-30" || m.How.Contact != "0575-88001234" || m.How.Mode != "apply" {
			t.Errorf("%s is had until %q by %+v", m.Title, m.Window.Deadline, m.How)
		}
	}
}

// TestWhatAVoucherPaysForIsNobody: of what is paid for no words say for whom it is.
func TestWhatAVoucherPaysForIsNobody(t *testing.T) {
	p := read(t, "voucher", "云川县科技创新券实施细则\n第一条 创新券支持范围包括:检验检测、研发设计。\n第二条 支持标准。企业申领创新券额度每年不超过20万元。\n第三条 科技服务机构当年接收创新券10万元以上的,按接收金额的5%给予奖励,最高不超过10万元。\n第四条 本细则自2026年6月1日起施行。")
	if len(p.Measures) != 2 || p.Measures[1].Benefit.Rate != 0.05 || p.Measures[1].Benefit.Cap != 100000 {
		t.Errorf("%+v", p.Measures)
	}
}

// TestStepsOfRulesAreNoMeasures: articles that are steps to what others give hold for all of them.
func TestStepsOfRulesAreNoMeasures(t *testing.T) {
	p := read(t, "steps", "云川县蔬菜产业奖补实施细则\n第一章 奖补标准\n第一条 新建大棚奖补。对新建大棚的家庭农场,每亩奖补2000元。\n第二条 品牌奖补。对获得绿色食品认证的农业企业,奖补10000元。\n第二章 申报程序\n第三条 申报。符合条件的经营主体于2026年10月31日前向所在乡镇提出申请。\n第四条 初审。乡镇对申报材料进行实地核查。\n第三章 附则\n第五条 本细则自2026年6月1日起施行。")
	if len(p.Measures) != 2 {
		t.Fatalf("%d measures, want 2", len(p.Measures))
	}
	for _, m := range p.Measures {
		if m.Window.Deadline != "2026-10-31" {
			t.Errorf("%s is had until %q", m.Title, m.Window.Deadline)
		}
	}
}

// TestTimesOfEveryYearAndOfRounds: what returns every year has its last day, what comes
// in rounds all of them; of two times in a year none is the only one.
func TestTimesOfEveryYearAndOfRounds(t *testing.T) {
	for sentence, want := range map[string]domain.Window{
		"每年3月1日至6月30日集中受理。":                           {From: "03-01", To: "06-30", Yearly: true},
		"企业于每年3月1日至31日向区经信局申报。":                       {From: "03-01", To: "03-31", Yearly: true},
		"企业应于每年5月31日前向区经信局提出申请。":                      {To: "05-31", Yearly: true},
		"每年2月底前向区经信局提出申请。":                            {To: "02-28", Yearly: true},
		"每年3月1日至31日、9月1日至30日向区经信局提出申请。":               {Relative: "每年3月1日至31日、9月1日至30日"},
		"每年5月31日前提出早稻补贴申请,9月30日前提出晚稻补贴申请。":            {Relative: "每年5月31日前提出早稻补贴申请,9月30日前"},
		"第一批申报截止时间为2026年4月30日,第二批申报截止时间为2026年10月31日。": {Rounds: []string{"2026-04-30"}, Deadline: "2026-10-31"},
		"第一批申报截止时间为2026年4月30日。第二批申报截止时间为2026年10月31日。": {Rounds: []string{"2026-04-30"}, Deadline: "2026-10-31"},
		"每年12月31日前建成投产的企业,同等条件下优先安排项目资金支持和要素保障。":      {},
	} {
		p := asClerk(t, "一、设备补助。对小型企业,给予2万元补助。"+sentence)
		if len(p.Measures) != 1 {
			t.Errorf("%s: %d measures", sentence, len(p.Measures))
			continue
		}
		m := &p.Measures[0]
		if !reflect.DeepEqual(m.Window, want) {
			t.Errorf("%s: %+v, want %+v", sentence, m.Window, want)
		}
		if calls := want.Yearly || want.Deadline != ""; calls && m.How.Mode != "apply" {
			t.Errorf("%s: had by %+v", sentence, m.How)
		}
	}
}

// TestWhatSoundsLikeAConditionAndIsNone: who is spared a burden gets what others get, a day
// by which something had been done is none to apply, and what is taken off an income is paid to nobody.
func TestWhatSoundsLikeAConditionAndIsNone(t *testing.T) {
	p := asClerk(t, "一、对低保家庭每户给予500元补助。除新生儿外,对断保人员设置3个月等待期。")
	if len(p.Measures) != 1 || p.Measures[0].Evidence["exclude"] != nil {
		t.Errorf("somebody is left out of %+v", p.Measures)
	}
	p = asClerk(t, "一、2025年12月31日前已按规定办理退休手续的退休人员,每人每月发放津贴30元。")
	if len(p.Measures) != 1 || p.Measures[0].Window.Deadline != "" || p.ApplyDeadline != "" {
		t.Errorf("there is a last day to apply: %+v", p.Measures)
	}
	p = asClerk(t, "一、继续教育专项附加扣除标准,由每月400元提高到500元。")
	if len(p.Measures) != 1 || p.Measures[0].Benefit.Kind != "B05" || p.Measures[0].Benefit.Amount != 500 {
		t.Errorf("what is taken off is %+v", p.Measures)
	}
	p = asClerk(t, "一、筹资标准\n人均财政补助标准达到每人每年不低于700元。\n二、待遇水平\n(一)门诊待遇。支付比例为60%,年度最高支付限额200元。\n(二)生育待遇。参加居民医保的孕产妇,住院分娩定额补助1500元。\n三、工作要求\n各镇要加强宣传。")
	if len(p.Measures) != 3 {
		t.Errorf("what is asked of offices makes %d measures of 3", len(p.Measures))
	}
	p = asClerk(t, "一、积分达到120分的持证人,可以享受以下待遇:\n(一)子女教育。可以为子女申请参加升学考试。\n(二)社会保险。可以参加居民基本医疗保险。")
	if len(p.Measures) == 0 || strings.Contains(conditionsOf(&p.Measures[0].Criteria), "other=子女教育") {
		t.Errorf("what is had is asked for: %+v", p.Measures)
	}
	p = asClerk(t, "一、农村低保标准由每人每月700元提高到760元。")
	if len(p.Measures) != 1 || slices.ContainsFunc(p.Measures[0].Check, func(c string) bool { return strings.Contains(c, "700元") }) {
		t.Errorf("what something was is to be checked: %+v", p.Measures)
	}
}
