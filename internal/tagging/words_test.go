package tagging_test

import (
	"slices"
	"testing"

	"policypush/internal/domain"
)

// TestWordsInTheirPlace reads notices in which a word says something else than
// alone, or says it in other words: whether they are of a theme or for a group.
func TestWordsInTheirPlace(t *testing.T) {
	const signed = "\n云川县人民政府办公室\n2026年6月8日\n"
	for name, c := range map[string]struct {
		text      string
		dimension domain.Dimension
		code      string
		want      bool
	}{
		"together, and no insurance": {
			"云川县政企共济共渡难关十条措施\n一、对承租国有物业的企业,免除2个月租金。\n二、为企业融资提供贴息和增信支持。", domain.ThemeTag, "M03", false,
		},
		"rent of enterprises": {
			"关于租金减免计划的通知\n一、租金减免计划。对承租国有企业物业的小微企业,免除2个月租金。\n二、租金减免总额不低于1000万元。", domain.ThemeTag, "M06", false,
		},
		"how much is paid is no standard": {
			"扶持标准\n来源: 云川县发展和改革局\n充电基础设施按充电设施额定输出功率进行补贴,按直流充电桩550元/千瓦、交流充电桩100元/千瓦予以补贴。", domain.ThemeTag, "Q18", false,
		},
		"a deposit for service is no quality": {
			"文化和旅游局关于暂退旅游服务质量保证金支持旅行社应对经营困难的通知\n暂退标准为现有交纳数额的80%。", domain.ThemeTag, "Q18", false,
		},
		"a deposit given back": {
			"文化和旅游局关于暂退部分旅游服务质量保证金支持旅行社应对经营困难的通知\n暂退标准为现有交纳数额的80%。", domain.ThemeTag, "Q21", true,
		},
		"harvests insured": {
			"云川县扩大大灾保险试点\n为增强规模经营主体防范风险的能力,对家庭农场、专业大户、农民合作社开发大灾保险。\n小麦保险每亩保费20元,玉米保险每亩保费24元。", domain.ThemeTag, "M14", true,
		},
		"clouds for small enterprises": {
			"关于推进制造业智能化改造的通知\n一、鼓励中小企业上云用云。对中小企业上云的费用给予30%补助。\n二、建设智能工厂的,奖励100万元。", domain.ThemeTag, "Q25", false,
		},
		"rent reduced for a time is no insurance": {
			"各部门发布关于推动阶段性减免市场主体房屋租金工作的通知。\n对承租国有房屋的小微企业和个体工商户,今年阶段性减免3个月租金。", domain.ThemeTag, "Q05", false,
		},
		"trade across borders is no shop": {
			"跨境电商快来申报\n今年跨境电子商务企业市场开拓扶持事项开始申报。\n对首次申报的跨境电子商务独立站项目,每个项目给予50万元奖励。", domain.ThemeTag, "Q23", false,
		},
		"sights graded by letters": {
			"关于调整奖励政策的通知\n对新评定为国家AAAA级旅游景区、AAA级旅游景区的单位,分别给予一次性奖励20万元、10万元。\n各乡镇可根据实际另行奖励。", domain.IndustryTag, "N", true,
		},
		"money for lorries given up": {
			"为加快推进国三及以下排放标准营运柴油货车淘汰,特制定国三及以下排放标准营运柴油货车提前淘汰补贴方案,现公告如下:\n一、补贴范围。凡在我市注册登记营运手续的国三及以下排放标准的营运柴油货车提前淘汰且符合条件的,给予适当资金补贴。\n二、补贴实施时间。2026年6月27日至2027年9月30日办理报废手续的营运柴油货车给予相应的资金补贴。\n请符合淘汰补贴业户到联合办公窗口及时办理。", domain.ThemeTag, "Q02", true,
		},
		"equipment that uses energy": {
			"企业更新用能设备\n支持方向:采购节能技术装备,更新用能设备的企业。\n支持政策:更新用能设备、总投资30万元以上的,按照投资金额的10%给予补助。", domain.ThemeTag, "Q13", true,
		},
		"the retired among the insured": {
			"居民医保哪些情况会有等待期?\n未在规定时间内参保城乡居民基本医疗保险的,实行3个月待遇等待期。\n新生儿从出生之日起、退休人员从不享受职工基本医疗保险待遇之日起,都应在90天之内参保缴费。", domain.ThemeTag, "M04", false,
		},
		"papers that are brought along, and where to": {
			"关于规范电动自行车登记上牌的通告\n一、电动自行车所有人应当自购车之日起30日内,携带居民身份证到公安机关办理登记,领取号牌。\n二、派出所设立登记服务点,免费办理登记。\n三、未登记上牌上路行驶的,由公安机关依法处罚。", domain.ThemeTag, "M13", false,
		},
		"who pays for insurance is no tax": {
			"关于做好城镇职工医疗保险延长缴费工作的通知\n一、退休时缴费年限不足的参保人员可以延长缴费。\n二、延长缴费的,由个人缴费,每年按缴费基数的8%缴纳。", domain.ThemeTag, "M30", false,
		},
		"boards taken off a front are no renewal": {
			"关于规范户外广告设置的通告\n一、禁止在建筑物外立面设置户外广告。\n二、违反规定的,由城市管理部门责令拆除,逾期不拆除的,依法强制拆除。", domain.ThemeTag, "M27", false,
		},
		"loans, to whatever size": {
			"关于实施重点产业贷款贴息的通知\n一、对中小企业的贷款,按利息的30%给予贴息。\n二、贷款贴息最高50万元,请中小企业于6月30日前申报。", domain.ThemeTag, "Q25", false,
		},
		"rules of an epidemic in passing, and a number to call": {
			"关于延长文化场馆开放时间的公告\n一、图书馆、文化馆免费开放时间延长至21时,观众应当遵守疫情防控要求。\n二、落实疫情防控措施,避免人员聚集。急救电话120。", domain.ThemeTag, "M02", false,
		},
		"who heads an enterprise is no supervision": {
			"关于推荐县级优秀企业家的通知\n一、优秀企业家应当为企业主要负责人。\n二、对获评企业的主要负责人给予奖励5万元。", domain.ThemeTag, "Q22", false,
		},
		"families with children buy homes": {
			"各住房公积金缴存单位、缴存职工:\n决定对二孩、三孩家庭购房贷款、租房提取额度进行调整,现通知如下:\n一、租房提取。生育二孩、三孩家庭租房提取限额提高至20000元/年。\n二、住房公积金贷款。生育二孩、三孩的住房公积金缴存人,最高贷款额度提高10万元。", domain.GroupTag, "G11", false,
		},
		"shares by size": {
			"参保企业未裁员的,可以享受稳岗返还政策。大型企业按缴纳失业保险费的30%返还,中小微企业按60%返还。", domain.ThemeTag, "Q25", false,
		},
		"workers on their own, insured": {
			"灵活就业人员可一次性缴养老保险\n灵活就业人员可一次性缴纳企业职工基本养老保险费,最长118个月,到户籍地社保部门申请。\n基本养老保险费记入个人账户。", domain.ThemeTag, "M11", false,
		},
		"tariffs abolished": {
			"关于全面取消地方电网工商业目录销售电价的通知\n工商业用户全部进入电力市场,按照市场价格购电,执行峰谷分时电价。", domain.ThemeTag, "Q11", false,
		},
		"homes built anew": {
			"云川县居民住房恢复重建救助标准\n对因灾倒塌住房的农户,重建每户补助2万元,损坏住房修缮每户补助6000元,用于灾后农房倒损恢复重建。", domain.ThemeTag, "M25", true,
		},
		"who left a school": {
			"关于加强普通高等学校毕业生就业工作的通知\n各镇人民政府:\n引导高校毕业生到基层就业,给予一次性交通补助。", domain.ThemeTag, "M01", false,
		},
		"in good standing": {
			"我市已启动支持小微企业融资协调工作机制。支持对象包括个体工商户、家庭农场等经营主体,只要有固定的经营场所、信用状况良好、有真实的融资需求,均有机会获得贷款。", domain.ThemeTag, "Q15", false,
		},
		"lawyers among all services": {
			"居住证办理流程\n公民在其他城市居住半年以上的,可以申领居住证,到居住地公安派出所申请办理。\n居住证持有人享有义务教育、基础公共就业服务、法律援助和法律服务以及其他基本公共服务。", domain.ThemeTag, "M24", false,
		},
		"science paid for": {
			"云川区支持科技创新若干财政金融政策实施细则\n一、适用范围\n本细则适用于工商注册、税务登记均在云川区的组织及个人,近三年无不良信用记录。\n二、申报时间\n以每年申报通知为准,逾期视为自动放弃。\n三、申报和兑现程序\n(一)各牵头单位会同区财政局进行审查,形成会审意见。\n(二)公示期不少于5个工作日。", domain.ThemeTag, "Q08", true,
		},
		"large and small together": {
			"关于支持企业研发的通知\n各有关单位:\n支持企业牵头组建创新联合体,促进大中小企业融通创新,每个项目支持50万元。", domain.EnterpriseKindTag, "Z1", false,
		},
		"a card held": {
			"关于给予就业困难人员社会保险补贴的通知\n各镇人民政府:\n对下列就业困难人员给予社会保险补贴:\n1.零就业家庭成员;\n2.持《中华人民共和国残疾人证》的城镇居民;\n3.连续失业6个月以上的人员。", domain.GroupTag, "G02", true,
		},
		"not shown to a driver": {
			"65周岁以上老年人可以免费乘坐公交车。乘车时应当向司机出示敬老卡,敬老卡仅限本人使用,老年人可到营业厅办理。", domain.GroupTag, "G24", false,
		},
		"nor to the driver of a bus": {
			"65周岁以上老年人可以免费乘坐公交车。老年人上车时向公交车司机展示带照片的一面。", domain.GroupTag, "G24", false,
		},
		"who gets nothing else": {
			"灵活就业人员可一次性缴养老保险\n未享受被征地农民养老保险待遇的灵活就业人员可以一次性补缴。", domain.GroupTag, "G20", false,
		},
		"an insurance of employees": {
			"灵活就业人员可一次性缴养老保险\n灵活就业人员未参加过职工养老保险的,可一次性补缴,按月领取企业职工基本养老金。", domain.GroupTag, "G22", false,
		},
		"a sum of the country": {
			"关于调整最低生活保障标准的通知\n各镇人民政府:\n城市居民最低生活保障标准提高到610元,农村居民最低生活保障标准提高到610元。", domain.GroupTag, "G17", false,
		},
		"the needy by another name": {
			"关于对特殊和困难对象实行殡葬补助的通知\n各镇人民政府:\n为保障城乡特困群体的基本殡葬需求,现对困难对象给予补助。", domain.GroupTag, "G07", true,
		},
		"a market that is supervised": {
			"云川市文化市场管理条例\n第一条 为了加强文化市场管理,制定本条例。\n第二条 从事文化经营活动的单位和个人应当遵守本条例。\n第三条 违反本条例的,由文化行政部门责令改正。", domain.ThemeTag, "M20", false,
		},
		"lenders that are supervised": {
			"云川省小额贷款公司监督管理办法\n第一条 为规范小额贷款公司的经营行为,制定本办法。\n第二条 小额贷款公司应当向监管部门报送报表。\n第三条 小额贷款公司应当依法经营。", domain.ThemeTag, "Q22", true,
		},
		"couriers insured, and no freight": {
			"云川市将实现快递员参加工伤保险全覆盖\n《方案》明确,实现快递员单独参加工伤保险全覆盖,引导快递企业就劳动报酬、休息休假开展协商。\n为快递员提供职业培训、法律服务。", domain.ThemeTag, "M05", true,
		},
		"power paid for, taxes put off": {
			"省政府印发通知,从鼓励企业扩大生产等方面促进工业稳定增长。\n加大技术改造政策落实力度,对重点技改项目实行贴息、补助政策,推动行业加快转型升级,支持项目投产达产。\n继续实施用电奖励政策。\n继续实施税收缓征政策,将涉及工业企业的房产税、土地使用税暂缓征收的期限延长至6月底。", domain.ThemeTag, "Q01", true,
		},
		"wages of herdsmen who build": {
			"关于印发《云川省工程建设领域农牧民工工资保证金管理实施细则》的通知\n第一条 为保护农牧民工工资权益,加强农牧民工工资保证金管理,制定本细则。\n第二条 施工总承包单位应当存储工资保证金。", domain.GroupTag, "G17", false,
		},
		"who is treated likewise": {
			"云川市奖励和保护见义勇为人员办法\n第一条 为了奖励见义勇为人员,制定本办法。\n第二条 对见义勇为人员给予奖金。\n第三条 外国人在本市见义勇为的,参照本办法执行。", domain.GroupTag, "G23", false,
		},
		"who is helped off the street": {
			"云川市流浪乞讨人员救助管理办法\n第一条 为了对流浪乞讨人员实行救助,制定本办法。\n第二条 救助站对属于救助对象的求助人员,应当及时提供救助。\n第三条 救助站应当为受助人员提供食物。", domain.GroupTag, "G07", false,
		},
		"enterprises from Taiwan": {
			"云川市促进经济合作若干措施\n新设台资企业实际到资500万美元以上的,最高奖励1000万元。\n台资企业可以参加政府采购。", domain.EnterpriseKindTag, "OW3", true,
		},
		"a kind, and what it becomes": {
			"记者从新闻发布会上了解到,云川市制定了政策措施。\n加快“专精特新”中小企业发展。对新认定的省级“专精特新”中小企业,给予奖励10万元。", domain.EnterpriseKindTag, "Z3", false,
		},
		"who has somebody else come": {
			"申领居住证,应当提交居民身份证。\n未满十六周岁的未成年人和行动不便的老年人、残疾人等,可以由其监护人、近亲属代为申领居住证。\n公安机关应当自受理之日起15日内制作发放居住证。", domain.GroupTag, "G02", false,
		},
		"who brings a paper of their own": {
			"云川区小学新生入学指南\n一、适龄儿童由法定监护人报名。\n二、提供户口簿原件及复印件(残疾儿童需提供证件原件)。", domain.GroupTag, "G02", false,
		},
		"papers of people from elsewhere": {
			"云川市老年人免费乘车指南\n65周岁以上老年人可以免费乘坐公交车,凭居民身份证、港澳居民来往内地通行证、台湾居民来往大陆通行证享受优待。", domain.GroupTag, "G23", false,
		},
		"who is taken on by enterprises": {
			"关于发放一次性扩岗补助的通知\n各有关企业:\n对招用2026年度毕业生,签订劳动合同并参加失业保险的企业,每招用1人给予1500元补助。", domain.GroupTag, "G04", false,
		},
		"loans for homes": {
			"关于调整住房公积金贷款政策的通知\n一、提高住房公积金贷款额度,单缴存职工最高60万元。\n二、生育二孩、三孩的家庭申请公积金贷款的,额度上浮20%。", domain.GroupTag, "G12", true,
		},
		"lorries and who drives them": {
			"云川县公安局交通管理大队关于县城区域货车通行规定的通告\n一、每日7时至20时,县城区域禁止货车通行。\n二、为群众生活服务的货车凭通行证通行,居民搬家的当日申请。\n三、违反规定的,公安机关依法处罚。", domain.GroupTag, "G24", true,
		},
		"the insured are not only employees": {
			"关于门诊慢特病异地就医直接结算的通知\n一、享受门诊慢特病待遇的参保人员,可以在异地直接结算。\n二、参保人员应当先备案。", domain.GroupTag, "G22", false,
		},
		"those who are hard to place, helped into work": {
			"关于灵活就业社会保险补贴的通知\n为促进就业困难人员再就业,请就业困难人员到窗口申请灵活就业社会保险补贴,逾期不再受理。", domain.GroupTag, "G07", false,
		},
		"students of poor families": {
			"关于发放求职创业补贴的通知\n对毕业学年学生中,享受城乡居民最低生活保障家庭学生、贫困残疾人家庭学生、残疾学生、特困学生,给予求职创业补贴每人3000元。", domain.ThemeTag, "M10", false,
		},
		"students who are disabled": {
			"关于发放求职创业补贴的通知\n对毕业学年学生中,享受城乡居民最低生活保障家庭学生、贫困残疾人家庭学生、残疾学生、特困学生,给予求职创业补贴每人3000元。", domain.ThemeTag, "M17", false,
		},
		"how sizes are told": {
			"关于支持小微企业融资的通知\n对小微企业贷款给予贴息,小微企业按照中小企业划型标准认定。", domain.EnterpriseKindTag, "Z2", false,
		},
		"who is out of range": {
			"关于减免小微企业房屋租金的通知\n对承租国有房屋的小微企业,免除3个月租金。大中型企业承租的,不在减免范围内。", domain.EnterpriseKindTag, "Z2", false,
		},
		"of whom less is made": {
			"关于政府性融资担保支持小微企业的通知\n对小微企业提供担保,担保费率不超过1%。逐步压缩大中型企业担保业务。", domain.EnterpriseKindTag, "Z2", false,
		},
		"an allowance, until death": {
			"关于高龄津贴发放的通知\n高龄津贴按月发放,80周岁以上老年人每人每月50元。\n享受高龄津贴的老人亡故的,次月停止发放。", domain.ThemeTag, "M29", false,
		},
		"fairs on line and abroad": {
			"关于支持外贸企业开拓市场的通知\n对外贸企业参加境外展览会的展位费,按50%给予支持。\n对参加线上展会的展位费,按50%给予支持。", domain.ThemeTag, "Q23", false,
		},
		"lawyers for those who are not paid": {
			"农民工讨薪可以直接申请法律援助\n农民工申请法律援助,请求支付劳动报酬的,免除审查其经济困难条件。", domain.ThemeTag, "M11", false,
		},
		"fumes of works": {
			"云川县全面治理挥发性有机废气\n要求石化、化工企业在年底前完成整治验收备案,涂装企业完成整治验收备案,确保治理设施正常运行。", domain.ThemeTag, "Q13", true,
		},
		"another insurance, of employees": {
			"城乡居民基本医疗保险哪些情况会有免责期\n城乡居民基本医疗保险参保缴费时间为9月1日至12月31日。\n由职工医保转为居民医保的,连续参保的不设等待期。职工医保断缴三个月内参加居民医保的,视同连续参保。", domain.GroupTag, "G22", false,
		},
		"villagers who judge": {
			"云川县居民住房恢复重建申报指南\n受灾群众申报后,经村民主评议、乡镇审核,对靠自身能力无法解决居住问题的困难人员给予救助。", domain.GroupTag, "G17", false,
		},
		"who heads farming leads no industry": {
			"关于认定农业产业化龙头企业的通知\n一、对新认定的省级农业产业化龙头企业,奖励20万元。\n二、农业产业化龙头企业应当带动农户增收。", domain.ThemeTag, "Q19", false,
		},
		"gas of those who are no residents": {
			"关于调整非居民用气销售价格的通知\n一、非居民用气价格调整为每立方米3.2元。\n二、非居民用气价格自7月1日起执行,按抄表周期结算。", domain.ThemeTag, "M28", false,
		},
		"rent of a start-up is no home": {
			"云川县创业扶持政策\n一、给予创业者创业租金补贴,每年最高4000元。\n二、对入驻孵化基地的企业,给予场地租金补贴。", domain.ThemeTag, "M06", false,
		},
		"rent made less for enterprises": {
			"云川区支持企业十条措施\n一、防疫补贴计划。向辖区企业发放防疫补贴。\n二、租金减免计划。对承租区属国有企业物业和人才住房的企业,免除2个月租金。租金减免总额不低于1亿元。\n三、融资扶持计划。为企业融资提供贴息。", domain.ThemeTag, "M06", false,
		},
		"whose contributions are paid": {
			"关于降低企业成本的若干措施\n一、对符合条件的用人单位,其女职工产假期间单位缴纳的社会保险费,按50%给予补贴。\n二、继续免收企业超定额用水费用。", domain.GroupTag, "G11", false,
		},
		"buildings that win a prize": {
			"云川县建筑企业创优夺杯奖励办法\n一、对主创鲁班奖的建筑业企业,一次性奖励100万元。\n二、对主创国家优质工程奖的,一次性奖励50万元。", domain.ThemeTag, "Q18", true,
		},
		"rooms let by the net are no cars": {
			"关于加强网约房管理的公告\n一、网约房的经营者应当取得营业执照,登记住宿人身份证件。\n二、网约房的经营者应当落实安全管理责任。", domain.ThemeTag, "M19", false,
		},
		"whom a trade serves": {
			"云川县人民政府办公室印发《关于促进家政服务业高质量发展实施方案》的通知\n县政府各有关部门:\n家政服务业是指以家庭为服务对象,由专业人员对孕产妇、婴幼儿、老人、病人、残疾人等提供照护的服务行业。\n一、壮大市场主体\n(一)发展员工制企业。对符合条件的员工制家政企业按规定给予社会保险补贴。", domain.GroupTag, "G02", false,
		},
		"a field of services": {
			"高校毕业生就业补贴申领指南\n毕业5年以内的高校毕业生到养老、残疾人、家政服务企业就业的,给予每年1万元补贴。", domain.GroupTag, "G02", false,
		},
		"where graduates go to work": {
			"关于高校毕业生就业补贴的通知\n一、高校毕业生到中小微企业就业的,给予每人3000元补贴。\n二、高校毕业生到乡镇公共服务岗位就业的,给予每人2000元补贴。", domain.EnterpriseKindTag, "Z2", false,
		},
		"who is no office": {
			"校外培训机构管理办法\n第一条 为加强校外培训机构管理,制定本办法。\n第二条 校外培训机构是指由国家机构以外的组织或个人举办的培训机构。\n第三条 校外培训机构应当公示收费。", domain.IndustryTag, "S92", false,
		},
		"a service by another name": {
			"关于加快发展家庭服务业的意见\n一、对家庭服务企业给予贷款贴息。\n二、对家庭服务机构新增岗位给予补贴。", domain.IndustryTag, "O", true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := read(t, name, c.text+signed)
			if got := slices.Contains(p.Codes(c.dimension), c.code); got != c.want {
				t.Errorf("%s: %t, want %t; for %s, of %v", c.code, got, c.want, p.Audience, p.Codes(c.dimension))
			}
		})
	}
}
