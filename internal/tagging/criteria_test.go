package tagging_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"policypush/internal/domain"
)

// TestMeasuresOfOnePaper reads sentences as offices write them, one paragraph a
// measure: whom each is for, what it leaves open, and what it gives.
func TestMeasuresOfOnePaper(t *testing.T) {
	for _, c := range []struct {
		text    string
		fields  string // of the conditions, with their bounds
		benefit string
	}{
		{
			"支持扩大投资。对2025年1月1日以后注册成立、年营业收入2000万元以上5亿元以下、从业人员不少于20人的制造业企业,当年设备投资额达到300万元(含)以上的,按实际投资额的8%给予补助,最高不超过200万元。",
			"industry=C revenue<=500000000 revenue>=20000000 staff>=20 founded>=20250101 other=当年设备投资额达到300万元(含)以上", "8% ≤2000000",
		},
		{
			"鼓励招用困难人员。企业招用登记失业半年以上人员,签订1年以上劳动合同并缴纳社会保险费的,按每人5000元给予一次性补贴,每家企业每年不超过10万元。",
			"kind=enterprise other=招用登记失业半年以上人员 other=签订1年以上劳动合同", "5000/人 ≤100000",
		},
		{"减免租金。承租县属国有房屋的小微企业和个体工商户,免收2026年4月至6月3个月房屋租金。", "size=small,micro|registration=R500", ""},
		{"上市奖励。对首次公开发行股票并上市的企业,分阶段给予奖励:完成股改的奖励50万元,辅导备案的奖励100万元,上市成功的奖励350万元。", "", "500000,1000000,3500000"},
		{"安居补贴。博士、硕士、本科生年龄分别在45周岁、40周岁、35周岁以下,在本县企业工作并缴纳社保满6个月的,每月分别发放3000元、2000元、1000元租房补贴。", "other=年龄分别在45周岁 other=在本县企业工作并缴纳社保满6个月", "3000,2000,1000"},
		{"护理补贴。具有本县户籍、持有第二代残疾人证、残疾等级为一级或二级的残疾人,每人每月发放护理补贴:一级140元,二级70元。", "hukou=330603 other=残疾等级为一级 group=G02", "140,70/人·月"},
		{"年满60周岁不满80周岁的失能老年人,家庭人均月收入低于2000元的,每月补贴300元;80周岁(含)以上的每月补贴500元。", "age>=60 other=家庭人均月收入低于2000元", "300,500/月"},
		{"女年满50周岁、男年满60周岁,参加城乡居民养老保险且缴费满15年的,从次月起享受待遇。", "other=女年满50周岁、男年满60周岁 other=参加城乡居民养老保险且缴费满15年", ""},
		{"老年人经评估为失能的,每人每月补贴800元。已享受重度残疾人护理补贴的,不影响申领本补贴。", "group=G01|age>=60", "800/人·月"},
		{"从2026年起,将本科生国家奖学金标准由每生每年8000元提高到10000元。", "", "10000/生·年"},
		{"对个人消费者购买2级及以上能效的冰箱,给予200元补贴。", "kind=resident other=冰箱", "200"},
		{"年营业收入100万元(含)至500万元(不含)的企业补助1万元。", "revenue<5000000 revenue>=1000000", "10000"},
		{"对高校毕业生在本县初次创办企业并正常经营6个月以上的,给予一次性创业补贴8000元。", "other=正常经营6个月以上 group=G04", "8000"},
		{"对吸纳就业困难人员的企业按每人每月1000元给予岗位补贴,期限最长不超过3年。", "kind=enterprise other=吸纳就业困难人员", "1000/人·月"},
		{"外贸企业参加境外展会的,展位费给予80%补助,单个展位最高3万元,同一企业全年不超过30万元。", "", "80% ≤30000"},
		{"在柯桥区注册登记、正常经营的小型企业,给予一次性3000元补贴。企业规模按照统计上大中小微型企业划分标准确定。", "region=330603 size=small", "3000"},
		{"新建标准大棚的家庭农场,每亩补助3000元。", "", "3000/亩"},
		{"技能提升补贴。参加失业保险1年以上的企业职工,取得职业技能等级证书的,可申请技能提升补贴,初级(五级)不超过1000元,中级(四级)不超过1500元,高级(三级)不超过2000元。每人每年不超过三次。", "other=取得职业技能等级证书的", "1000,1500,2000"},
		{"扩岗补助。对招用毕业年度及离校两年内未就业普通高校毕业生、16至24岁登记失业青年,签订劳动合同,并按规定为其足额缴纳3个月以上失业保险费的企业,按每招用1人不超过1500元的标准发放补助。", "kind=enterprise", "1500/人"},
		{"对新增国家A级物流企业,5A、4A、3A级分别奖励50万元、30万元、10万元。", "industry=G other=新增国家A级", "500000,300000,100000"},
		{"对货运企业新购置新能源货车的,按每辆2万元标准给予补贴,单个企业每年不超过50万元。", "industry=G", "20000/辆 ≤500000"},
		{"旅行社组织游客来柯过夜旅游,每接待1人次奖励20元,年度累计最高30万元。", "other=旅行社组织游客来柯过夜旅游", "20/人次 ≤300000"},
		{"对引进首店的运营单位,每引进1家给予30万元奖励,同一单位每年最高100万元。", "other=引进首店", "300000/家 ≤1000000"},
		{"对企业引进的博士、硕士、本科生,每人每月分别给予2000元、1000元、500元生活津贴,连续补贴3年。", "other=企业引进", "2000,1000,500/人·月"},
		{"兼并奖励。对民营企业兼并、收购、控股本区以外企业并在本区纳税的企业,给予一次性奖励20万元。", "ownership=OW1 other=收购", "200000"},
		{"协会补助。对依法登记、会员数100户以上的农民专业协会,每家补助4万元。", "kind=enterprise other=依法登记、会员数100户以上的农民专业协会", "40000/家"},
		{"种猪补助。新建原种猪场的企业,每场一次性补助200万元。", "", "2000000/场"},
		{"上市奖励。对在主板上市的企业,给予企业500万元奖励。", "other=在主板上市", "5000000"},
		{"成果转化奖励。对取得发明专利且销售收入超过2000万元的企业,给予企业20万元的奖励。", "other=取得发明专利且销售收入超过2000万元", "200000"},
		{"招徕奖励。组织旅游专列团队的旅行社,一次性奖励150元/人。", "", "150/人"},
		{"生活补贴。困难家庭高校毕业生登记失业的,可享受一次性1000元的临时生活补贴。", "group=G04", "1000"},
		{"支持工业投资。对总投资5000万元以上的工业技术改造项目,竣工投产后按照设备、软硬件工具等投资额的10%,给予最高5000万元支持。", "", "10% ≤50000000"},
		{"租金补助。对入驻集聚平台的服务业企业,给予企业前三年100%,后两年50%的租金补助,单个企业每年享受的补助金额不超过50万元。", "other=入驻集聚平台", "100% ≤500000"},
		{"活动补助。对入驻园区的开发运营企业,给予企业30%的活动经费补助,最高补助金额不超过20万元。", "", "30% ≤200000"},
		{"用能补贴。对限上商贸业企业2026年3月、4月、5月应缴交的自来水费、电费给予10%的补贴,单家企业补助金额不超过5万元。", "attribute=Z5", "10% ≤50000"},
	} {
		text := "柯桥区人民政府关于支持发展若干措施的通知\n绍柯政发〔2026〕3号\n各镇人民政府:\n现将有关措施通知如下:\n一、" + c.text + "\n二、失信企业和个人不得享受。\n绍兴市柯桥区人民政府\n2026年3月5日\n"
		p := read(t, "paper", text)
		if len(p.Measures) != 1 {
			t.Errorf("%s: %d measures", c.text, len(p.Measures))
			continue
		}
		m := p.Measures[0]
		raw, _ := json.Marshal(m.Criteria)
		said := conditionsOf(&m.Criteria)
		for want := range strings.FieldsSeq(c.fields) {
			if !strings.Contains(said, want) {
				t.Errorf("%s: lacks %s: %s", c.text, want, said)
			}
		}
		if strings.Count(said, "age>=") > 1 {
			t.Errorf("%s: asks what a further sentence asks: %s", c.text, said)
		}
		if !strings.Contains(string(raw), `"not"`) {
			t.Errorf("%s: leaves nobody out", c.text)
		}
		if got := benefitOf(m.Benefit); !strings.HasPrefix(got, c.benefit) {
			t.Errorf("%s: gives %q, want %q", c.text, got, c.benefit)
		}
	}
}

// TestWhomAndOfWhat: who gets something is not what they get, and a share is
// reckoned of what the text says, without whose it is and when.
func TestWhomAndOfWhat(t *testing.T) {
	for text, want := range map[string][2]string{
		"对服务业小型企业和个体工商户给予1万元补贴。":                                    {"服务业小型企业和个体工商户", ""},
		"对限上商贸业企业2026年3月、4月应缴交的自来水费、电费给予10%的补贴。":                    {"限上商贸业企业", "应缴交的自来水费、电费"},
		"对受灾情影响的中小微企业欠费不停水、不停电,并给予1万元补贴。":                           {"受灾情影响的中小微企业", ""},
		"对入驻集聚平台的服务业企业,给予企业前三年100%,后两年50%的租金补助。":                    {"入驻集聚平台的服务业企业", "租金"},
		"对入驻园区的开发运营企业,给予企业30%的活动经费补助。":                              {"入驻园区的开发运营企业", "活动经费"},
		"对新设立企业,自设立(引进或转法人)年度起分别给予企业前三年当年区级综合贡献度100%的奖励。":           {"新设立企业", "当年区级综合贡献度"},
		"对医药企业,自认定当年起,按其年度地方经济贡献额给予五年奖励,其中前三年给予80%的奖励,后两年给予50%的奖励。": {"医药企业", "年度地方经济贡献额"},
		"为满足企业原料需求,支持建设种植基地。对种植企业,给予企业2年50%的资金支持。":                  {"种植企业", "资金"},
		"适用范围本措施主要适用于在高新区注册的药品企业,按研发费用的10%给予补助。":                    {"在高新区注册的药品企业", "研发费用"},
		"大型企业按不超过企业上年度实际缴纳失业保险费的30%返还。":                             {"大型企业", "上年度实际缴纳失业保险费"},
		"本市60周岁以上老年人,不分地域,一律给予每月100元补贴。":                            {"本市60周岁以上老年人", ""},
		"对参加境内展会的企业展位费用按实际发生费用的50%给予补助。":                            {"参加境内展会的企业", "实际发生费用"},
		"补贴的发放对象为有就业愿望的残疾人,给予每人1000元补贴。":                            {"有就业愿望的残疾人", ""},
		"在国家规定的税额幅度内,对工业企业按实际缴纳税款的50%给予奖励。":                         {"工业企业", "实际缴纳税款"},
		"本措施适用于在高新区内注册的生物医药企业,按研发费用的10%给予补助。":                       {"在高新区内注册的生物医药企业", "研发费用"},
	} {
		p := read(t, "whom", "柯桥区人民政府关于支持发展若干措施的通知\n绍柯政发〔2026〕3号\n各镇人民政府:\n现将有关措施通知如下:\n一、"+text+"\n绍兴市柯桥区人民政府\n2026年3月5日\n")
		if len(p.Measures) != 1 {
			t.Errorf("%s: %d measures", text, len(p.Measures))
			continue
		}
		if m := p.Measures[0]; m.Who != want[0] || m.Benefit.Base != want[1] {
			t.Errorf("%s: %q gets a share of %q, want %q and %q", text, m.Who, m.Benefit.Base, want[0], want[1])
		}
	}
}

// TestATaxNoticeIsReadPointByPoint: a time before who is meant is neither who nor a
// name, and how everybody has what they get is no measure.
func TestATaxNoticeIsReadPointByPoint(t *testing.T) {
	p := read(t, "tax", "国家税务总局绍兴市柯桥区税务局关于小微企业税费优惠政策的公告\n2026年第3号\n现就有关政策公告如下:\n一、自2026年1月1日至2027年12月31日,增值税小规模纳税人适用3%征收率的应税销售收入,减按1%征收率征收增值税。\n二、自2026年1月1日至2027年12月31日,对个体工商户年应纳税所得额不超过200万元的部分,减半征收个人所得税。个体工商户在享受现行优惠政策的基础上,可叠加享受本条优惠政策。\n三、在职职工总数30人(含)以下的企业,免征残疾人就业保障金。\n四、纳税人享受上述优惠政策,实行“自行判别、申报享受、相关资料留存备查”。\n特此公告。\n国家税务总局绍兴市柯桥区税务局\n2026年1月15日\n")
	if len(p.Measures) != 3 {
		t.Fatalf("%d measures, want 3", len(p.Measures))
	}
	for i, want := range []string{"taxpayer=small-scale", "registration=R500", "staff<=30"} {
		m := p.Measures[i]
		if b := m.Benefit; b.Remains != (i == 0) || b.Gives() != (i > 0) { // 减按1%, 减半, 免征
			t.Errorf("%s: %+v, gives %v", m.Title, b, b.Gives())
		}
		if said := conditionsOf(&m.Criteria); !strings.Contains(said, want) || strings.Contains(said, "other=") || strings.HasPrefix(m.Title, "自") || m.How.Mode != "automatic" {
			t.Errorf("%s asks for %s and is had by %+v, want %s", m.Title, said, m.How, want)
		}
	}
}

// TestHukouOrPermit: who may have the one or the other is not left out for want of
// the first, and what is given is no condition.
func TestHukouOrPermit(t *testing.T) {
	p := read(t, "permit", "绍兴市柯桥区民政局关于临时救助的通知\n各镇人民政府:\n现将有关事项通知如下:\n一、具有本区户籍或持有本区居住证的残疾人,可以申请临时救助。\n二、临时救助标准按以下规定执行:\n(一)因患重大疾病的,救助3000元;\n(二)遭遇意外事件的,救助6000元。\n绍兴市柯桥区民政局\n2026年5月8日\n")
	said := ""
	for i := range p.Measures {
		said += conditionsOf(&p.Measures[i].Criteria)
	}
	if !strings.Contains(said, "hukou=330603|other=持有本区居住证") || strings.Contains(said, "元") {
		t.Errorf("it asks for %s", said)
	}
}

// TestSidesUnderAHeadingAreOneMeasure: a heading with 对象 and 标准 under it is one
// measure, whose list says who may be meant, each in words of their own.
func TestSidesUnderAHeadingAreOneMeasure(t *testing.T) {
	p := read(t, "sides", "绍兴市柯桥区人力资源和社会保障局关于做好就业补贴工作的通知\n各学校:\n现将有关事项通知如下:\n一、求职创业补贴\n(一)发放对象\n本区普通高等学校在毕业年度内的以下学生:\n1.享受城乡居民最低生活保障家庭的毕业生;\n2.残疾毕业生。\n(二)补贴标准\n每人一次性1000元。\n(三)申请程序\n毕业生向所在学校提出申请。\n二、社会保险补贴\n(一)补贴对象\n毕业年度内灵活就业的高校毕业生。\n(二)补贴标准\n按其实际缴纳社会保险费的三分之二给予补贴,期限不超过24个月。\n绍兴市柯桥区人力资源和社会保障局\n2026年3月1日\n")
	if len(p.Measures) != 2 {
		t.Fatalf("%d measures, want 2", len(p.Measures))
	}
	checkEvidence(t, p)
	first, second := p.Measures[0], p.Measures[1]
	if first.Title != "求职创业补贴" || benefitOf(first.Benefit) != "1000/人" || first.How.Mode != "apply" {
		t.Errorf("%s gives %s by %+v", first.Title, benefitOf(first.Benefit), first.How)
	}
	if said := conditionsOf(&first.Criteria); !strings.Contains(said, "group=G07 group=G04 group=G02|") {
		t.Errorf("it asks for %s", said)
	}
	if second.Title != "社会保险补贴" || benefitOf(second.Benefit) != "66.67%" || second.Benefit.Months != 24 {
		t.Errorf("%s gives %s for %d months", second.Title, benefitOf(second.Benefit), second.Benefit.Months)
	}
	if said := conditionsOf(&second.Criteria); !strings.Contains(said, "group=G09") || strings.Contains(said, "G07") {
		t.Errorf("it asks for %s", said)
	}
}

func conditionsOf(c *domain.Criteria) string {
	var b strings.Builder
	var walk func(c *domain.Criteria, end string)
	walk = func(c *domain.Criteria, end string) {
		if l := c.Leaf; l != nil {
			op := map[domain.Op]string{domain.AtLeast: ">=", domain.AtMost: "<=", domain.MoreThan: ">", domain.LessThan: "<", domain.In: "="}[l.Op]
			switch {
			case l.Field == domain.FieldOther:
				b.WriteString("other=" + l.Unread)
			case l.Op == domain.In:
				b.WriteString(string(l.Field) + "=" + strings.Join(l.Values, ","))
			default:
				b.WriteString(string(l.Field) + op + fmt.Sprint(l.Number))
			}
			b.WriteString(end)
		}
		for i := range c.All {
			walk(&c.All[i], " ")
		}
		for i := range c.Any {
			walk(&c.Any[i], "|")
		}
	}
	walk(c, " ")
	return b.String()
}

// whoGets writes whom each measure of a policy is for and what it gives.
func whoGets(p *domain.Policy) (got []string) {
	for _, m := range p.Measures {
		got = append(got, m.Who+" "+benefitOf(m.Benefit))
	}
	return got
}

// allGive writes what each measure of a policy gives.
func allGive(p *domain.Policy) (got []string) {
	for _, m := range p.Measures {
		got = append(got, benefitOf(m.Benefit))
	}
	return got
}

// benefitOf writes what a measure gives: a rate, sums in yuan with their unit, a
// highest sum.
func benefitOf(b domain.Benefit) string {
	said := ""
	if b.Rate > 0 {
		said = fmt.Sprintf("%g%%", b.Rate*100)
	}
	if b.Amount > 0 {
		said += fmt.Sprintf("%.0f", b.Amount)
	}
	for i, x := range b.Tiers {
		said += strings.Repeat(",", min(i, 1)) + fmt.Sprintf("%.0f", x)
	}
	if b.Unit != "" {
		said += "/" + b.Unit
	}
	if b.Cap > 0 {
		said += fmt.Sprintf(" ≤%.0f", b.Cap)
	}
	return said
}
