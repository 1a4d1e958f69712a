package tagging_test

import (
	"slices"
	"strings"
	"testing"

	"policypush/internal/domain"
)

const signedEnd = "\n云川县人民政府办公室\n2026年1月8日\n"

func TestWhomADocumentIsFor(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want domain.Audience
	}{
		"a notice without a title, by what it says it is about": {
			"各乡镇人民政府,县政府各部门:\n按照省里通知要求,现就继续阶段性降低失业保险费率有关事项通知如下:\n自2026年1月1日起,继续实施失业保险总费率1%的政策。\n各地要精心组织,做好宣传。" + signedEnd, domain.ForEnterprises,
		},
		"a notice without a title that issues rules for enterprises": {
			"各乡镇人民政府,县政府各部门:\n《关于优化企业奖补投入的实施意见》已经县人民政府同意,现印发给你们,请认真遵照执行。\n一、指导思想\n深入贯彻上级决策部署,培育新兴优势产业链,激发市场主体活力。" + signedEnd, domain.ForEnterprises,
		},
		"a draft that enterprises are asked about": {
			"为规范我县“专精特新”中小企业的认定管理,县工信局起草了《云川县“专精特新”中小企业认定管理办法(征求意见稿)》。\n现面向社会公开征求意见,如有意见请于4月20日前反馈至县工信局。" + signedEnd, domain.ForEnterprises,
		},
		"a tax that enterprises pay, for whom they employ": {
			"关于促进残疾人就业增值税优惠政策的通知\n一、对安置残疾人的单位和个体工商户(以下称纳税人),实行限额即征即退增值税的办法。" + signedEnd, domain.ForBoth,
		},
		"people's enterprises are no people": {
			"云川县招工补助操作细则\n一、外出招聘补助\n(一)补助对象\n参加外出招聘的云川市民营企业。\n(二)补助标准\n给予每家企业交通补助3000元。\n(三)申请流程\n企业向经办机构申请。" + signedEnd, domain.ForEnterprises,
		},
		"those who are no residents": {
			"云川市发展和改革委员会关于调整非居民用天然气销售价格的通知\n一、工商业、供热、发电等非居民用气价格调整为每立方米3.25元。\n二、非居民用气价格自7月10日起执行,供气企业与用气户加权结算。" + signedEnd, domain.ForEnterprises,
		},
		"users that are no households": {
			"云川市发展和改革委员会关于完善分时电价政策的通知\n一、用电容量100千伏安及以上的工业、商业用户执行峰谷分时电价。\n二、商业用户可以选择执行,选择后12个月内不变。" + signedEnd, domain.ForEnterprises,
		},
		"a list of what each gets": {
			"高校毕业生就业创业补贴政策清单\n(一)吸纳高校毕业生就业补贴\n1.申报对象:吸纳高校毕业生就业的小微企业和社会组织。\n2.补贴标准:每人1000元。\n(二)灵活就业社会保险补贴\n1.申报对象:离校2年内灵活就业的高校毕业生。\n2.补贴标准:实际缴费的2/3。\n(三)求职创业补贴\n1.申报对象:低保家庭的高校毕业生。\n2.补贴标准:每人3000元。" + signedEnd, domain.ForBoth,
		},
		"a rule for mines": {
			"云川省煤矿回采率管理规定\n第一条 为合理开发煤炭资源,提高回采率,制定本规定。\n第二条 本规定适用于从事煤炭生产的煤矿企业。\n第三条 本规定由省煤炭工业局负责解释。" + signedEnd, domain.ForEnterprises,
		},
		"soldiers, in pay once": {
			"从云川区民政局获悉,该区将为退役士兵发放一次性经济补助,义务兵一次性补助9000元,士官在此基础上进行增发。\n补助标准为义务兵9000元;士官每多服役1年增发20%。\n此次采取社会化发放形式,即直接通过银行发放补助。", domain.ForResidents,
		},
		"what employers get for those they employ": {
			"用人单位社会保险补贴办理指南\n一、用人单位招用登记失业人员,签订劳动合同并缴纳社会保险费的,给予社会保险补贴。\n二、补贴不包括劳动者个人应缴纳的部分。\n三、就业困难人员距法定退休年龄不足五年的,补贴期限可延长至退休。" + signedEnd, domain.ForEnterprises,
		},
		"enterprises, for graduates they take on": {
			"近日,为支持中小微企业吸纳高校毕业生就业,县人社局发布《发放一次性吸纳就业补贴的实施办法》。\n对于招用应届高等学校毕业生,与其签订1年及以上劳动合同并缴纳社会保险的中小微企业,发放一次性吸纳就业补贴。补贴标准为1000元/人。\n同一高校毕业生先后在不同企业就业,其他企业不再重复享受。", domain.ForEnterprises,
		},
		"who has no employer gets it too": {
			"用人单位社会保险补贴和灵活就业办理指南\n一、用人单位招用登记失业人员的,给予社会保险补贴。\n二、灵活就业人员缴纳社会保险费的,给予个人社会保险补贴。\n三、就业困难人员可延长享受期限。" + signedEnd, domain.ForBoth,
		},
		"an answer that sets a price": {
			"关于调整云川城区自来水价格的批复\n县供水公司:\n你们的请示收悉,将城区自来水价格作适当调整,即居民生活用水由每吨0.55元调整为0.65元。" + signedEnd, domain.ForResidents,
		},
		"a notice to the public that names nobody": {
			"关于云川县梁家沟水库工程施工区域道路封闭施工的通告\n一、施工时间\n2026年6月1日至11月30日。\n二、施工路段全时段封闭,过往车辆绕行。" + signedEnd, domain.ForResidents,
		},
		"a contest for the young": {
			"关于举办县第三十届青少年科技创新大赛的通知\n各乡镇人民政府:\n一、主题为体验、创新、成长。\n二、参赛项目包括发明创造成果、科学研究论文。" + signedEnd, domain.ForResidents,
		},
		"rights over minerals": {
			"云川县自然资源局关于规范探矿权延续登记有关问题的通知\n一、申请探矿权的勘查项目,其勘查设计应当达到普查程度。\n二、需要延长勘查期限的,可申请探矿权延续,期限不超过2年。" + signedEnd, domain.ForEnterprises,
		},
		"those who came home from abroad": {
			"云川省实施《中华人民共和国归侨侨眷权益保护法》办法\n第一条 为了保护归侨、侨眷的合法权益,制定本办法。\n第二条 归侨、侨眷子女升学,应当给予照顾。\n第三条 归侨、侨眷有权继承境外亲友的遗产。", domain.ForResidents,
		},
		"rules of order that name enterprises alone, giving them nothing": {
			"云川县生猪屠宰管理办法\n第一条 生猪屠宰厂(场)由县人民政府定点。\n第二条 生猪定点屠宰厂(场)由县人民政府颁发标志牌。\n第三条 屠宰企业的肉品品质检验由兽医卫生检验人员担任。" + signedEnd, domain.ForEnterprises,
		},
		"rules of order that name both": {
			"云川县城市生活垃圾管理办法\n第一条 企业应当分类投放垃圾,不得混合投放。\n第二条 居民应当分类投放生活垃圾。\n第三条 违反本办法的,责令改正。" + signedEnd, domain.ForBoth,
		},
		"who keeps a dog, and where not to bring it": {
			"关于加强犬类管理的通告\n一、禁止个人饲养烈性犬,养犬人应当办理养犬登记,未经登记不得养犬。\n二、养犬人不得携犬进入餐饮场所、商场、公园。\n三、养犬人、养犬单位不得干扰他人生活。\n四、养犬人违反规定的,由公安机关处罚。" + signedEnd, domain.ForResidents,
		},
		"who is fined for a dog": {
			"本报讯 县公安局发布文明养犬通告。\n遛犬时必须挂犬牌、束犬链,并携带养犬登记证。\n在养犬重点管理区内禁止饲养烈性犬。未经登记养犬的,由公安机关责令限期改正,逾期不改正的,处1000元罚款;阻挠执法的,由公安机关依法给予行政处罚,构成犯罪的,依法追究刑事责任。" + signedEnd, domain.ForResidents,
		},
		"a mine, told what to mend": {
			"黄冲煤矿:\n一、黄冲煤矿立即制定隐患整改方案,停产整顿。\n二、严禁该矿在整改期间生产作业,违反的依法给予行政处罚。\n云川县应急管理局\n2026年4月9日", domain.ForEnterprises,
		},
		"a subsidy that only people are named in": {
			"关于2026年老旧小区加装电梯补助申报的公告\n一、补助标准每台20万元,由财政补助资金支付。\n二、加装电梯由业主共同申请。\n三、补助资金拨付至业主指定的账户。" + signedEnd, domain.ForResidents,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if p := read(t, name, c.text); p.Audience != c.want {
				t.Errorf("it is for %s, want %s; themes %v", p.Audience, c.want, p.Codes(domain.ThemeTag))
			}
		})
	}
}

// TestWhatNamesNobodyOutsideReachesNobody: none of these has an audience or a theme.
func TestWhatNamesNobodyOutsideReachesNobody(t *testing.T) {
	for name, text := range map[string]string{
		"passed on to be learnt from":     "云建函〔2026〕16号\n各设区市建设局:\n现将丹溪县《关于进一步发展壮大建筑业的若干意见》转发给你们,供学习借鉴。丹溪县高度重视建筑业发展,在企业融资、人才建设等方面给予政策扶持。各级主管部门要积极争取支持,为建筑业发展优化营商环境。" + signedEnd,
		"news of a meeting":               "本报讯 昨天下午,区委副书记、区长赵某领办提案《关于提升专精特新中小企业用地政策支持的建议》。区政协副主席徐某主持会议。会上,主办单位通报了提案办理情况。赵某强调,要整合财税、金融、科技等政策,落实好各项扶持政策;要优化营商环境。",
		"a draft of which nobody is told": "关于《云川社会信用条例(草案修改稿征求意见稿)》公开征求意见的公告\n云川社会信用条例草案已经审议。现向社会公开征求意见,请于11月23日前书面反馈。\n第一条 为了规范社会信用管理,优化营商环境,制定本条例。\n第二条 社会信用信息应当依法采集。" + signedEnd,
		"news of a visit":                 "分管领导带队赴丹溪现场办理代表建议\n云川新闻网讯 县人大代表提出加强养老服务建设的建议。6月30日,有关部门到敬老院办理。各部门要加强养老服务体系建设。",
		"who was recognised":              "关于认定云川市2026年度第一批科技型企业的通知\n各县科技主管部门,各有关企业:\n根据有关规定,经企业申请、审核,认定云川机械有限公司等127家企业为云川市科技型企业。\n2026年7月1日\n",
		"who is recommended":              "关于推荐36家企业申请高新技术企业认定的公告\n经研究,推荐云川客车有限公司等36家企业参加高新技术企业认定,特此公告。\n云川市科技局\n2026年9月10日\n",
		"what an office has finished":     "县质监站完成建设工程质量保证金情况统计\n来源: 发布时间: 2026-04-24\n县质监站对我县工程建设领域保证金缴纳情况进行统计,汇总投标保证金、农民工工资保证金的缴纳金额、涉及企业数量,填写统计表,并按要求上报。",
		"who heads what":                  "云川市市长、副市长最新分工公布,张某负责交通工作\n云川市门户网站今天公布了市长、副市长工作分工。\n张某副市长负责交通、人力资源和社会保障工作,分管市交通运输局、市人力资源和社会保障局。\n李某副市长负责农业农村、自由贸易试验区建设工作。",
		"how standards are made":          "云川县工业委员会关于印发《工业标准制定工作程序》的通知\n各有关部门:\n现将《工业标准制定工作程序》印发给你们,请遵照执行。\n第一条 为了规范标准制定工作,保证标准编制质量,制定本工作程序。\n第二条 标准草案的编制、审查、批准和发布,适用本工作程序。" + signedEnd,
		"an answer to another office":     "国务院办公厅关于增设出口加工区的复函\n海关总署:\n你署请示收悉。同意在云川市设立出口加工区,实行封闭管理。" + signedEnd,
	} {
		t.Run(name, func(t *testing.T) {
			p := read(t, name, text)
			if p.Audience != domain.ForNobody || slices.ContainsFunc(p.Codes(domain.ThemeTag), func(code string) bool { return code[0] != 'Z' }) {
				t.Errorf("it is for %s with the themes %v", p.Audience, p.Codes(domain.ThemeTag))
			}
		})
	}
}

// TestWordsOfAJobAskNothingOfPeople: who works in the care of the old is not old,
// and who is no peasant is no enterprise of farming.
func TestWordsOfAJobAskNothingOfPeople(t *testing.T) {
	p := read(t, "jobs", "云川县人力资源和社会保障局关于职业技能培训补贴申领的通知\n"+
		"一、对从事养老服务工作的人员,给予每人2000元职业技能培训补贴。\n二、对具有本县非农业户籍的人员,给予每人每月300元社会保险补贴。\n三、对农业户籍的居民,给予每户100元补贴。"+signedEnd)
	if len(p.Measures) != 3 {
		t.Fatalf("%d measures, want 3", len(p.Measures))
	}
	for i := range p.Measures {
		for _, l := range leaves(&p.Measures[i]) {
			if strings.HasPrefix(l, "age") || strings.HasPrefix(l, "group") || strings.HasPrefix(l, "industry") || l == "kind in enterprise" {
				t.Errorf("m%d asks for %q", i+1, l)
			}
		}
	}
}

// TestWhatResidentsArePaidIsNoSupportOfEnterprises: 补贴 in a text for residents
// alone is not the theme of subsidies for enterprises, which stays a suggestion.
func TestWhatResidentsArePaidIsNoSupportOfEnterprises(t *testing.T) {
	p := read(t, "subsidy", "云川县一次性求职补贴申领指南\n一、补贴对象:毕业学年内的低保家庭毕业生和残疾毕业生。\n二、补贴标准:每人3000元,一次性补贴。\n三、补贴资金由县财政安排,一次性发放奖励补助到本人账户。")
	if p.Audience != domain.ForResidents {
		t.Fatalf("audience %s", p.Audience)
	}
	for _, tag := range p.Tags {
		if tag.Code == "Q02" && tag.State == domain.Assigned {
			t.Error("Q02 is assigned to what residents are paid")
		}
	}
}

// TestRulesForEnterprisesAloneSuperviseThem: what a regulation or an announcement
// asks of enterprises only is supervision (Q22), of food and of the environment too.
func TestRulesForEnterprisesAloneSuperviseThem(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want bool
	}{
		"of enterprises": {
			"云川省食品小作坊监督管理条例\n(2026年1月8日云川省第十三届人民代表大会常务委员会第三次会议通过)\n第一条 食品小作坊的生产经营及其监督管理活动,适用本条例。\n第二条 食品生产企业的生产场所由县级人民政府规划。", true,
		},
		"of all": {
			"云川省食品安全条例\n(2026年1月8日云川省第十三届人民代表大会常务委员会第三次会议通过)\n第一条 食品生产及其监督管理活动,适用本条例。\n第二条 消费者应当选购有标签的食品,居民应当分类投放餐厨垃圾。\n第三条 食品生产企业应当索证索票。", false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := read(t, name, c.text)
			if got := slices.Contains(p.Codes(domain.ThemeTag), "Q22"); got != c.want {
				t.Errorf("Q22 is there: %v; for %s, themes %v", got, p.Audience, p.Codes(domain.ThemeTag))
			}
		})
	}
}

// TestAmongOffices: what offices write to each other and about their own papers is pushed
// to nobody, whatever it names.
func TestAmongOffices(t *testing.T) {
	for name, text := range map[string]string{
		"an answer to a member":    "云工信建议函〔2021〕26号\n县研究中心:\n曾某代表提出的《支持县域经济发展的建议》收悉。现将我局意见函告如下,请一并答复代表:\n一是对重点企业技术改造项目给予补助,企业可以申请。二是给予企业贷款贴息。\n云川县工信局\n2021年4月7日",
		"the clearing of papers":   "一、制定背景\n根据《关于开展规范性文件清理工作的通知》要求,县司法局起草了《公布县政府规范性文件清理结果的决定》。\n二、主要内容\n继续有效的规范性文件28件,决定废止6件,包括《云川县企业补贴办法》《云川县居民医疗保险办法》。",
		"rules of a meeting":       "各乡镇人民政府:\n《云川县人民政府常务会议议事规则》已经县政府第93次常务会议通过,现予印发。\n云川县人民政府\n2024年11月20日\n第一条 制定本规则。\n第二条 邀请法律顾问列席会议,听取群众意见。",
		"how offices act together": "云川县人民政府 云川县人民法院印发\n关于完善“府院联动”机制的意见的通知\n各镇人民政府、县政府各部门:\n现印发给你们。\n一、促进企业破产处置和群众权益保障,县政府保障经费。\n二、法院为企业和群众提供司法服务。\n三、各部门配合。\n四、加强领导。",
		"who supervises permits":   "云川县人民政府关于印发《云川县行政许可项目监督管理办法》的通知\n各镇人民政府:\n现印发你们,请遵照执行。\n第一条 为了保护行政许可相对人的合法权益,制定本办法。\n第二条 行政许可项目由县人民政府公布。\n第三条 行政许可机关应当公示许可项目,企业可以查询。",
		"what members proposed":    "云川县交通运输局完成2023年代表建议和提案办理工作\n近日,云川县交通运输局深入基层,回复提案办理情况,给群众修路。\n群众关心的公路养护、农村客运,均已办理完毕。",
		"a plan for typhoons":      "关于印发《下沙街道防汛防台工作预案》的通知\n各成员单位:\n现印发给你们。\n一、台风来临时转移群众,保障居民生命安全。",
	} {
		t.Run(name, func(t *testing.T) {
			if p := read(t, name, text); p.Audience != domain.ForNobody {
				t.Errorf("for %q", p.Audience)
			}
		})
	}
}
