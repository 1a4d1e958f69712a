package tagging_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestOneSentenceGivesSeveralThings: each of them is a measure for those whom the sentence
// names, sums for others or for who reached more are not parted.
func TestOneSentenceGivesSeveralThings(t *testing.T) {
	type gift struct{ who, gives string }
	for text, want := range map[string][]gift{
		"在云川博士后工作站从事研究的人员,一次性给予6万元科研经费,在站期间由县财政给予每月4000元生活补贴。":             {{"在云川博士后工作站从事研究的人员", "60000"}, {"在云川博士后工作站从事研究的人员", "4000/月"}},
		"对到云川企业就业的硕士毕业生,每月发放1800元生活补贴、500元交通补贴。":                           {{"到云川企业就业的硕士毕业生", "1800/月"}, {"到云川企业就业的硕士毕业生", "500/月"}},
		"对首次创业的高校毕业生,给予一次性创业资助8000元,可申请每年最高5000元的场地租金补贴,可申请最高20万元的创业担保贷款。": {{"首次创业的高校毕业生", "8000"}, {"首次创业的高校毕业生", " ≤5000"}, {"首次创业的高校毕业生", " ≤200000"}},
		"对登记满一年的民办养老机构,按床位数给予每床一次性3000元、每床每年800元连续3年的补助。":                  {{"登记满一年的民办养老机构", "3000/床"}, {"登记满一年的民办养老机构", "800/床·年"}},
		"旅行社组织研学团队来云川的,奖励10元/人,同时给予研学基地运营机构研学课程补贴3元/人。":                    {{"旅行社组织研学团队来云川的", "10/人"}, {"研学基地运营机构", "3/人"}},
		"对新认定的高新技术企业,给予20万元奖励,重新认定的给予5万元奖励。":                               {{"新认定的高新技术企业", "200000,50000"}},
		"自2026年7月1日起,城市低保标准由每人每月580元提高到630元,农村低保标准由每人每年5200元提高到5760元。":     {{"城市低保", "630/人·月"}, {"农村低保", "5760/人·年"}},
		"全县特困人员基本生活标准由每人每月900元提高到960元。":                                    {{"特困人员", "960/人·月"}},
		"义务兵家庭优待金标准提高至每户每年1.2万元。":                                          {{"义务兵家庭", "12000/户·年"}},
		"对种粮大户,给予每亩100元补助,每户每年最高不超过3万元。":                                   {{"种粮大户", "100/亩 ≤30000"}},
	} {
		p := asClerk(t, "一、"+text)
		var got []gift
		for _, m := range p.Measures {
			got = append(got, gift{m.Who, benefitOf(m.Benefit)})
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n got %q\nwant %q", text, got, want)
		}
	}
}

// TestRowsThatGive: each row of a table that gives something is a measure of its own, for
// whom its column says.
func TestRowsThatGive(t *testing.T) {
	const table = "类别 | 条件 | 奖励\n制造业 | 产值首次突破1亿元的制造业企业 | 单个企业最高奖励10万元\n技改投资 | 设备投资500万元以上的工业企业 | 按照设备投资额的10%给予奖补,单个项目最高不超过50万元\n升规 | 首次升规的服务业企业 | 给予3万元奖励\n"
	p := asClerk(t, table)
	got := whoGets(p)
	want := []string{"产值首次突破1亿元的制造业企业  ≤100000", "设备投资500万元以上的工业企业 10% ≤500000", "首次升规的服务业企业 30000"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestSumsUnderTheNameOfAGift are given, though no verb says so, to those before the colon.
func TestSumsUnderTheNameOfAGift(t *testing.T) {
	p := asClerk(t, "一、人才待遇\n生活补贴\n普通高校毕业生:博士研究生每月2800元,硕士研究生每月1400元。\n名校毕业生:博士研究生每月3200元,补贴期限延长至5年。\n购房补贴\n普通高校毕业生:博士研究生18万元,硕士研究生12万元。\n二、就业见习补贴:见习人员每人每月1600元。")
	var got []string
	for _, m := range p.Measures {
		got = append(got, m.Title+" "+m.Who+" "+benefitOf(m.Benefit))
	}
	want := []string{
		"生活补贴(普通高校毕业生) 普通高校毕业生 2800,1400/月", "生活补贴(名校毕业生) 名校毕业生 3200/月", "购房补贴(普通高校毕业生) 普通高校毕业生 180000,120000",
		"就业见习补贴 见习人员 1600/人·月",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestWordsOverItemsThatGive are no measure: what they ask is asked by each item.
func TestWordsOverItemsThatGive(t *testing.T) {
	p := asClerk(t, "(一)生活补贴。具有本区户籍、持有残疾人证的残疾人,符合以下条件的,可以申请生活补贴:\n1.低保家庭中的残疾人,补贴标准为每人每月310元。\n2.重残无业人员,补贴标准为每人每月340元。\n(二)支持建设科技企业孵化器。\n1.对新建的孵化器,给予运营机构最高40万元开办补贴。\n2.对引进企业的孵化器,给予运营机构2万元奖励。\n需要提醒的是,同一机构不得重复享受。")
	got := whoGets(p)
	want := []string{"低保家庭中的残疾人 310/人·月", "重残无业人员 340/人·月", "运营机构  ≤400000", "运营机构 20000"}
	if !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	if c := conditionsOf(&p.Measures[0].Criteria); !strings.Contains(c, "hukou") {
		t.Errorf("the first asks %s and not where somebody is registered", c)
	}
}

// TestAnItemLeansOnTheWordsOverIt: who gets it is told over the list, and what else is asked
// in the item.
func TestAnItemLeansOnTheWordsOverIt(t *testing.T) {
	p := read(t, "rules.txt", "柯桥区育儿补助实施办法\n第一条 为支持生育,制定本办法。\n第二条 本区户籍家庭生育子女的,可享受以下补助:\n(一)孕产补助。对生育二孩的,给予补助2000元;对生育三孩的,给予补助5000元。\n(二)育儿补助。给予补助3000元。\n第三条 本办法自2026年3月1日起施行。")
	var titles []string
	for _, m := range p.Measures {
		titles = append(titles, m.Title)
		if c := conditionsOf(&m.Criteria); !strings.Contains(c, "hukou") {
			t.Errorf("%s asks %s and not where somebody is registered", m.Title, c)
		}
	}
	if want := []string{"孕产补助", "对生育三孩的,给予补助5000元", "育儿补助"}; !slices.Equal(titles, want) {
		t.Errorf("got %q, want %q", titles, want)
	}
}

// TestArticlesNamedInBrackets: 第二条(补贴对象) says who, 第四条(申请) how.
func TestArticlesNamedInBrackets(t *testing.T) {
	p := read(t, "rules.txt", "柯桥区残疾人交通补贴办法\n第一条(目的)\n为方便残疾人出行,制定本办法。\n第二条(补贴对象)\n具有本区户籍、年满16周岁的残疾人。\n第三条(补贴标准)\n残疾等级为一级的,每人每月补贴80元;残疾等级为二级的,每人每月补贴50元。\n第四条(申请)\n残疾人应当向户籍所在地街道残联提出申请,填写申请表。\n第五条(施行日期)\n本办法自2026年3月1日起施行。")
	if got, want := allGive(p), []string{"80/人·月", "50/人·月"}; !slices.Equal(got, want) {
		t.Errorf("gives %q, want %q", got, want)
	}
	if title := p.Measures[0].Title; title != "残疾等级为一级的,每人每月补贴80元" { // and not that of the rules
		t.Errorf("the first is named %q", title)
	}
	for _, m := range p.Measures {
		if c := conditionsOf(&m.Criteria); !strings.Contains(c, "hukou") || !strings.Contains(c, "age>=16") || m.How.Mode != "apply" {
			t.Errorf("%s asks %s and is had by %q", m.Title, c, m.How.Mode)
		}
	}
}

// TestFiguresThatWereMissedOrMistaken: a highest sum is no amount, nor is what all get together;
// the sums behind each other are each read.
func TestFiguresThatWereMissedOrMistaken(t *testing.T) {
	for text, want := range map[string][]string{
		"对参加境外展会的外贸企业,给予展位费补助,补助金额最高为每标准展位1.2万元。":                       {" ≤12000"},
		"对引进企业的孵化器运营机构,分别给予2万/5万/8万元奖励。":                                {"20000,50000,80000"},
		"企业每招用1名登记失业人员按1200元标准发放就业补助。":                                  {"1200/名"},
		"对镇养老服务中心按建设投入给予40%、不超过25万元的补助。":                                {"40% ≤250000"},
		"对工业企业购买标准厂房的,给予购房款的5%一次性补助,最高不超过100万元。":                        {"5% ≤1000000"},
		"对投资企业,按其对区级财政贡献额的90%,连续5年奖励给企业。":                               {"90% 60m"},
		"购买冷藏车的物流企业,可按裸车价格的30%(以发票为准),每台最高不超过3万元给予补贴。":                  {"30% ≤30000"},
		"家庭困难的学生,资助标准为每生每年平均3000元,分为2500元、3500元两档。":                     {"2500,3500"},
		"见习补贴按学历予以补贴:大专800元/人,本科1200元/人。":                               {"800,1200/人"},
		"对年营业收入首次突破10亿元的制造业企业,一次性给予10万元至80万元不等的奖励。":                     {" ≤800000"},
		"对接待游客总量前5名的旅行社给予总额20万元奖励。":                                     {""},
		"自联旅游包机每架次(游客不少于150人)奖励组团社3万元。":                                 {"30000/架次"},
		"对民办养老机构,给予每张床位2000元、3000元的一次性改造补助。":                            {"2000,3000/张"},
		"90周岁以上老年人,每人每月发放高龄津贴标准提高到180元。":                                {"180/人·月"},
		"扶持符合条件的小微企业,贷款额度最高400万元。":                                      {" ≤4000000"},
		"对接待入境游客最多的旅行社奖励8万元,对接待国内游客前10名的旅行社,每社一次性奖励2万元。":                {"80000", "20000"},
		"对符合条件的养老机构,分别给予每张床位4000元、5000元的建设补助,或者给予每张床位1000元、2000元的改造补助。": {"4000,5000/张", "1000,2000/张"},
		"对获得省级认定的技术转移机构,分别给予一次性最高12万元、6万元奖励。":                           {"120000,60000"},
		"对列入科技计划的企业,一次性给予获得支持经费的2%、不高于1万元的配套资金。":                        {"2% ≤10000"},
		"给予来云川工作的博士,连续3年,每人每年4万元生活补贴。":                                  {"40000/人·年 36m"},
		"给予出站后来云川工作的博士后,一次性每人15万元生活补贴。":                                 {"150000/人"},
		"对落户的领军人才,给予不少于80万元的创业补贴。":                                      {"800000"},
		"购房的居民家庭,给予不高于0.5%的商业贷款贴息。":                                     {"0.5%"},
		"租房补贴每人最长不超过5年,具体标准为(每人每月):甲类人才1000元,乙类人才800元。":                 {"1000,800 60m"},
		"对新引进的博士、硕士,可分别享受生活补贴9万元、4万元。此外,凡是中小学引进的博士,将给予一次性安家补助最高30万元。":   {"90000,40000", " ≤300000"},
		"大型企业按上年度缴费的30%返还,中小微企业返还比例不超过60%。":                             {"30%", "60%"},
	} {
		p := asClerk(t, "一、"+text)
		var got []string
		for _, m := range p.Measures {
			one := benefitOf(m.Benefit)
			if m.Benefit.Months > 0 {
				one += " " + strconv.Itoa(m.Benefit.Months) + "m"
			}
			got = append(got, one)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: gives %q, want %q", text, got, want)
		}
	}
}

// TestWhoGetsIt: by any noun, behind the verb, by how a gift is called; what is no one is left
// unknown.
func TestWhoGetsIt(t *testing.T) {
	for text, want := range map[string]string{
		"对考核优秀的市级众创空间、星创天地给予运营补助8万元。":             "考核优秀的市级众创空间、星创天地",
		"对按订单向粮站交售粮食的种粮大户和农民专业合作社,早籼谷每50公斤奖励30元。": "按订单向粮站交售粮食的种粮大户和农民专业合作社",
		"对全年复种面积50亩以上的种粮主体,每亩补贴260元。":             "全年复种面积50亩以上的种粮主体",
		"对西部地区按人均财政补助标准80%的比例给予补助,提高居民医保待遇。":      "",
		"困难残疾人生活补贴标准:每人每月120元。":                   "困难残疾人",
		"全日制博士研究生给予人才津贴20万元。":                     "全日制博士研究生",
		"政策规定,对在本区购买新建商品住房的购房人,按合同金额的1%给予补贴。":     "在本区购买新建商品住房的购房人",
		"双缴存职工家庭的贷款额度上限由80万元上调至100万元。":            "双缴存职工家庭",
		"从市外引来大巴车队,奖励组团社1万元。":                     "组团社",
		"对投保出口信用保险(进口保险除外)的企业,按实际支付保费的30%予以奖励。":   "投保出口信用保险(进口保险除外)的企业",
		"对年服务面积达万亩以上的农机合作社(大户),每年按10元/亩的标准进行补贴。":  "年服务面积达万亩以上的农机合作社(大户)",
		"在达到作业标准后,玉米秸秆还田作业补贴,按每亩补贴40元标准发放。":       "",
		"翻埋作业深度达到30厘米,达到待播状态后,每亩补贴40元。":           "",
		"大型团队奖,对一次性来云川200人以上的旅游团,每人每晚奖励20元。":      "",
	} {
		p := asClerk(t, "一、"+text)
		if len(p.Measures) != 1 || p.Measures[0].Who != want {
			var got []string
			for _, m := range p.Measures {
				got = append(got, m.Who)
			}
			t.Errorf("%s: is for %q, want %q", text, got, want)
		}
	}
}
