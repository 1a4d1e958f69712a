package tagging

import (
	"slices"
	"strings"

	"policypush/internal/automaton"
	"policypush/internal/domain"
)

// side is whom sentences speak of outside the government.
type side struct {
	about                string // what the document is about
	enterprise, resident int    // sentences that give them something or ask it of them
	asked, granted       int    // of those for enterprises: what only asks, and what gives
	names                [2]int // sentences that name enterprises and people, whatever they do but preambles
	sentences            int
	gifts                int             // sentences that give something, to whomever
	inTitle              domain.Audience // whom the title names; "" for nobody
}

var (
	enterpriseWords = expression(`非居民|(?:工|商)业用户|企业|公司|煤矿|矿山|纳税人|个体工商户|个体户|市场主体|经营主体|用人单位|用工单位|商户|合作社|家庭农场|经营者|承运人|生产者|供应商|投标人|投资者|缴费单位|参保单位|矿业权|探矿权|采矿权|项目单位|申报单位|申请单位|厂|园区|孵化器|众创空间|旅行社|酒店|民宿|商贸|外贸|行业协会|业主单位|民办幼儿园|民办学校|养老机构|养老服务机构|托育机构|民营医院|社会办医|商场|超市|影院|房地产开发|施工单位|建设单位|总包单位|承包单位|分包单位|承包企业|培训机构|经纪机构|中介机构|见习单位|开发商|金融机构|银行|保险公司|快递|平台|总部|民办|经营单位|经营户|业户|供热单位|供水单位|供气单位|运营单位|服务提供者|药店|单位和个人`)
	residentWords   = expression(`个人|居民|群众|市民|村民|农民|农户|贫困户|脱贫户|养殖户|种植户|住户|用户|家庭|归侨|侨眷|青少年|职工|劳动者|失业保险金|养老金|毕业生|学生|大学生|老年人|老人|残疾人|儿童|婴幼儿|未成年人|孕|妇女|父母|子女|失业人员|就业困难人员|退役军人|退役士兵|义务兵|士官|军人|优抚|低保|特困|困难人员|贫困人口|参保人|参保人员|缴费人|申请人|当事人|公民|患者|本人|持证人|来穗人员|流动人口|新市民|退休人员|购房|租房|承租|消费者|乘客|旅客|旅游者|驾驶人|车主|业主|考生|师生|教师|人才|创业者|返乡人员|外来人员|入境人员|外出人员|返[\p{Han}]人员|来[\p{Han}]人员|家属|遗属|亲属|牧民|渔民|户口|身份证|居住证|婚姻登记|结婚登记|男女双方|新生儿|殡葬|丧葬|安葬|遗体|骨灰|祭扫|养犬|燃放|孤儿|监护人|受灾|救助对象|受援人|缴存人|租客|华侨|侨胞|台胞|行人|骑行|单位和个人`)
	notResidents    = expression(`非居民|(?:工|商)业用户|市民营|市民政|市民族|市民办|家庭农场|家庭林场|家庭牧场|职工基本医疗保险|职工基本养老保险|残疾人就业保障金`)
	internalTitle   = expression(`成员单位|工作组|工作专班|压实.{0,8}责任|工作纪律|问责|追责|挂牌督办|工作总结|年度总结|年度报告|工作情况|表彰|嘉奖|授予|记功|奖励的决定|通报(?:[^关]|$)|任免|任命|任职|免去|免职|人事|招录|领导小组|指挥部|联席会议|组成人员|议事协调|委员会(?:的通知|组成|成员)|会议|值班|督查|督导|巡查|考核|绩效|评价办法|工作要点|工作分工|任务分工|分工方案|任务分解|重点工作|(?:立法|立项)(?:工作)?计划|代表建议|政协提案|工作规则|工作制度|机构改革|机构设置|职能|职责|内设机构|政务公开|政务新媒体|政府网站|政府信息|信息公开|公文|机关|干部|公务员|预算|决算|资金下达|下达.{0,30}资金|资金.{0,12}(?:安排|分配|拨付|管理)|转移支付|财政资金|专项债|国债|审计|统计|普查|批复|行政区划|名单的通知|自然保护区|总体规划|发展规划|规划纲要|五年规划|远景目标|工作程序|标准(?:设计|制定)|(?:委托|代)建|应急预案|演练|档案|保密|印章|业务管理|国有资产(?:管理|经营|监督|处置|评估)|废止|修改.{0,12}(?:决定|规定|规章)|清理|取消.{0,8}会议|学习|宣传(?:工作|活动|月|周)|文明城市|卫生城市|防控工作的(?:通知|紧急)|工作报告|政府债务|国有资产管理情况|安全生产委员会|电子政务|工作预案|议事规则|宣布失效|政务数据|数据共享|政务信息|调研|摸底|自查|驻[\p{Han}]{1,4}办事(?:处|机构)|[\p{Han}][月周日][”〉》]?(?:系列|主题|宣传教育)?活动`)
	officesTitle    = expression(`召开[^《》]{2,50}(?:大会|会议|推进会|现场会|动员会|座谈会|调度会|部署会|协调会)的?(?:预备?)?通知|成员单位|工作纪律|挂牌督办|下达.{0,40}(?:预算|指标|资金|计划)|预算指标|任免|任职|免去|表彰|嘉奖|组成人员|领导小组|联席会议|工作总结|分工方案|任务分解|政务公开|督查激励|工作要点|选派|挂职|内设机构|文件清理|废止.{0,12}文件`)
	outwardTitle    = expression(`发展专项资金|发展资金|转贷|补贴|补助|奖补|申报|申领|申请|企业|市场主体|减税|降费|税|就业|创业|贷款|融资|保险|费率|社保|医保|养老|住房|救助|优惠|扶持|促进|支持|外贸|消费|人才|入学|招生|招聘|放假|节假日|缴费|办理|审批|许可|登记|证明|收费|价格|最低工资|工资支付|欠薪|群众|居民|惠民|便民|残疾|学生|职工|学校|教育|疫情期间|复工|复产`)
	officeAddress   = automaton.MustCompile(`^(?:各(?:省|自治区|市|县|区|州|盟|地区|镇|乡|街道)|(?:省|市|县|区)(?:政府|直|级|各|属)|国务院各|各(?:部门|局|委))`)
	titleEnterprise = expression(`煤矿|矿山|民宿|客栈|旅馆|酒店|饭店|民办幼儿园|民办学校|养老机构|养老服务机构|托育机构|民营医院|社会办医|商场|超市|影院|房地产开发|(?:建筑|零售|批发|餐饮|住宿|物流|旅游|金融|软件|渔|畜牧|养殖|种植|林)业|餐饮(?:服务|单位|业)|客运出租|出租汽车(?:客运|经营|行业|企业|服务管理)|货运|道路运输|社会力量|社会资本|社会办医|经营单位|经营者|生产单位|使用单位|施工单位|建设工程|工程建设|建筑施工|工程项目|工资保证金|培训机构|经纪机构|增值税|企业所得税|土地使用税|残疾人就业保障金|残保金|[扩稳拓]岗|费率|矿权|用人单位|单位缴费|扣缴|企业|公司|纳税人|个体工商户|市场主体|经营主体|用人单位|合作社|家庭农场|供应商|商户|外贸|外资|外商|旅行社|产业|工业|制造业|服务业|快递业|自由贸易|营商环境`)
)

// outward counts whom a document speaks to.
func (t *reading) outward() side {
	s := side{about: t.about}
	for i := range t.passages {
		x := &t.passages[i]
		if x.part != inBody {
			continue
		}
		for k, one := range x.sentences {
			s.sentences++
			at := &x.does[k]
			if at.does == mentions {
				continue
			}
			gives := at.gives
			if x.cites(one) {
				one.text = cited.cut(one)
				gives = one.matches(giving)
			}
			enterprise := one.matches(enterpriseWords)
			resident := one.matches(residentWords) && (!one.matches(notResidents) && !one.matches(hired) || namesResidents(one.text))
			if enterprise {
				s.names[0]++
			}
			if resident {
				s.names[1]++
			}
			if at.does == grants {
				s.gifts++
			}
			if at.does != grants && at.does != requires && !gives || one.matches(remedies) {
				continue
			}
			if at.enterprise = enterprise; enterprise {
				s.enterprise++
				switch {
				case at.does == grants:
					s.granted++
				case at.does == requires && !gives:
					s.asked++
				}
			}
			if at.resident = resident; resident {
				s.resident++
			}
		}
	}
	title := quotedOnly(s.about)
	e, r := titleEnterprise.MatchString(title), namesResidents(title)
	switch {
	case e && r:
		s.inTitle = domain.ForBoth
	case e:
		s.inTitle = domain.ForEnterprises
	case r:
		s.inTitle = domain.ForResidents
	}
	return s
}

// remedies is what every decision says of how to contest it.
var remedies = expression(`(?:申请|提起)[\p{Han}]{0,6}(?:行政复议|行政诉讼)|(?:申请|要求|举行)听证`)

// namesResidents tells whether a text names people, apart from the words that only
// hold such a name: 市民营企业, 家庭农场, 职工基本医疗保险.
func namesResidents(text string) bool {
	return residentWords.MatchString(notResidents.ReplaceAllString(hired.ReplaceAllString(text, ""), ""))
}

// hired are those who are taken on by whom a text is for: 企业吸纳高校毕业生就业.
var hired = expression(`(?:招用|吸纳|招录|录用|聘用)[^,。;:]{0,30}?(?:毕业生|青年|人员|人口|劳动力|残疾人|退役军人|退役士兵|劳动者)`)

// subjectIn is where the preamble of a text without a title says what it is about,
// else where its first sentence says what for it is.
func subjectIn(text string) (from, to int) {
	text = firstRunes(text, 1000)
	for _, x := range []*automaton.Expression{subjectBefore, purposeBefore} {
		m := x.FindStringSubmatchIndex(text)
		for g := 2; g < len(m); g += 2 {
			if m[g] >= 0 && !noSubject.MatchString(text[m[g]:m[g+1]]) {
				return m[g], m[g+1]
			}
		}
	}
	return 0, 0
}

// purposeBefore is said where it is not: 为进一步发展壮大畜牧产业,…, 市政府决定清理规范150项中介服务事项.
var purposeBefore = automaton.MustCompile(`(?:政府|人大常委会|部|局|委|厅|研究|同意|,)决定([^《》,。;\n]{6,60})|^[^。]{0,60}?为了?(?:进一步|切实|确保|加快|规范|促进|做好|发展)+([^《》,。;\n]{6,40}),`)

// noSubject is a subject that tells nothing.
var noSubject = automaton.MustCompile(`^(?:有关|相关|具体)?(?:事项|工作|问题|事宜|要求|情况|清理结果)*$`)

// subjectBefore is how a text without a title says what it is about:
// 现就降低失业保险费率有关事项通知如下, 《…实施意见》…现印发给你们, 决定对补助标准进行调整,
// 决定从2026年5月1日起,失业保险金标准调整为…, 现将《…通知》转发给你们, 拟在全县评定一批….
var subjectBefore = automaton.MustCompile(`为(?:进一步|切实)*(?:做好|规范|加强|推进)([^,。;\n]{4,60}),[^。\n]{0,30}如下|现(?:就|将)(?:关于)?([^。;\n]{4,80}?)(?:有关)?(?:事项|问题|事宜|工作|要求|情况|安排)*(?:通知|公告|通告|批复|函复|公布|规定)如下|(?:现将)?《([^《》\n]{4,80})》[^。\n]{0,60}(?:(?:印发|转发)给?[你您]们|现予以?印发)|(?:起草|拟定|制定|研究形成|形成|编制)了?《([^《》\n]{4,80})》|[现拟](?:在[全本我][省市县区])?(?:组织)?(?:开展|评定|认定|遴选|征集)(?:一批)?([^。;,《\n]{6,60})|决定[,:]?(?:(?:自|从)[^,。;]{4,16}起,?)?(?:将)?((?:对|[^。;,\n《]{2,40}标准)[^。\n《]{0,100}(?:调整|提高|降低|减免|补助)|(?:提高|调整|降低|发放|减免)[^。;,\n《]{4,60})`)

// quotedOnly is a title without the offices at its beginning.
func quotedOnly(title string) string {
	if i := strings.Index(title, "关于"); i > 0 {
		return title[i:]
	}
	return title
}

// orders tells whether a document tells enterprises above all what they must do.
func (s side) orders() bool {
	return s.asked >= 3 && s.asked >= 2*s.granted && 4*s.asked >= s.sentences
}

func (s side) rate() float64 {
	return ratio(float64(max(s.enterprise, s.resident)), float64(s.sentences))
}

// disclosure is what offices publish about themselves or do before there is a
// policy: their budget, how a plan will be drawn up, the training of their staff,
// whom they hire, what they buy, who got what, whom they praise, what work they have finished, who of them heads what.
var disclosure = automaton.MustCompile(`(?:预算|决算|“三公”经费)[^。]{0,14}(?:公开|说明)|规划[^。]{0,20}编制工作方案|(?:大练兵|轮训班|业务培训班)|名单(?:\([^()]*\))?的?公示|公开[\p{Han}]{0,4}(?:招聘|招录|选聘)[^会]{0,40}公告|招[聘录考][^《》会]{0,20}(?:事业单位|工作人员|公务员|教师)[^《》会]{0,14}公告|(?:表彰|授予[^《》]{2,40}称号|嘉奖|记功|通报表扬)[^《》]{0,60}的(?:决定|通报|命令)$|(?:招标|采购|中标|成交)(?:结果)?公告$|^关于(?:认定|命名|确认)[^《》]{0,30}第[一二三四五六七八九十\d]{1,3}批|^关于推荐\d+(?:家|个|名)|^[\p{Han}]{1,12}(?:局|站|中心|办|委|厅|大队|支队)(?:顺利|圆满|按时|全面|提前)?完成[^《》]{4,40}(?:统计|核查|清查|排查|报送|汇总|工作|任务)$|(?:[省市区县镇乡]长|副主席|领导(?:同志|班子|成员)?)[^《》]{0,8}分工`)

// showsNames is said where it is shown who or what was chosen, and not what is paid.
var showsNames = automaton.MustCompile(`名单|拟[\p{Han}]{2,4}|推荐|入围|评审|公示期|异议`)

// invited is what is said beside to those who may yet apply.
var invited = automaton.MustCompile(`可(?:以)?(?:自愿|自行|向[\p{Han}]{2,20})?(?:申请|申领|申报)[\p{Han}]{2,20}(?:返还|补贴|补助|奖励|补偿|津贴|贷款)`)

var (
	// setsPrice is the title of an answer that sets what people pay.
	setsPrice = expression(`价格|[水电气]价|票价|运价|收费|费率`)
	// meetingNews is how a paper tells of a meeting or a visit.
	meetingNews = expression(`主持(?:召开)?(?:了)?会议|出席(?:了)?会议|会议(?:强调|指出|要求|传达)|(?:书记|[省市区县州镇]长|主席|主任|局长|厅长|常委)[\p{Han}]{1,6}(?:强调|指出|要求|出席|率队|调研)`)
	// meets is how a piece of news begins that tells of one, and not of what was decided there.
	meets        = automaton.MustCompile(`(?:召开|举行)[^。;\n]{0,40}(?:推进|动员|部署|座谈|现场|调度|协调|对接|交办|总结|调研|视频|电视电话|工作)会(?:议)?[。,]`)
	meetingTitle = expression(`带队|调研|座谈会|现场会|推进会|视察|考察|督导|领办`)
	// decides shows what an office decided on somebody's request.
	decides = automaton.MustCompile(`(?:审批|审查|行政许可|行政处罚|验收)(?:意见|决定|结果)[^。;\n]{0,30}予以(?:公告|公示|公布)`)
	// forReading is said of what is passed on for other offices to learn from.
	forReading = expression(`[供请][\p{Han}]{0,8}(?:学习借鉴|学习参考|借鉴参考|参考借鉴|参阅|借鉴)(?:[。!]|$)`)
)

// ownParts is a line that writes to the parts of an office alone, by whose names ownPart
// knows them: 局直属各单位,局机关各科室.
var (
	ownParts = automaton.MustCompile(`^(?:[局厅委部署院校]|机关)?(?:机关|直属|所属|属|下属|内设)?(?:各[\p{Han}、()]{0,10})?(?:科室|处室|股室|单位|部门|支队|大队|分局|所|站)(?:[,、](?:[局厅委部署院校]|机关)?(?:机关|直属|所属|属|下属|内设)?(?:各[\p{Han}、()]{0,10})?(?:科室|处室|股室|单位|部门|支队|大队|分局|所|站)){0,6}:$`)
	ownPart  = automaton.MustCompile(`科室|处室|股室|[局厅委部]属|[局厅委部]直属`)
)

// bringsRules is the title of a notice that has rules or a list with it.
var bringsRules = expression(`(?:规定|办法|细则|条例|标准|目录|清单)(?:\([^()]{2,12}\))?[》〉]?的通知`)

// underWay is how a report tells what offices are doing.
var underWay = expression(`(?:扎实|有序|稳步|全面|深入)(?:推进|开展|铺开)|(?:接下来|下一步)[,、]`)

// callsOut tells whether a notice that names nobody outside and gives nothing has offices
// do their work: it says so at length, or is of no theme but those for which they drill,
// inspect and clean.
func callsOut(p *domain.Policy, s side) bool {
	if p.DocKind != kindNotice && p.DocKind != kindOpinions || s.names != [2]int{} || s.gifts > 0 || s.inTitle != "" {
		return false
	}
	const long = 6
	return s.sentences >= long && !bringsRules.MatchString(s.about) || !slices.ContainsFunc(p.Tags, func(tag domain.Tag) bool {
		return tag.Dimension == domain.ThemeTag && tag.Counts() && tag.Code[0] != 'Z' && !slices.Contains(organised, tag.Code)
	})
}

// organised are safety, health, the environment and disasters.
var organised = []string{"Q22", "M02", "M21", "M25"}

// promisedIn tells whether a title names what concerns people outside.
func promisedIn(title string) bool {
	return outwardTitle.MatchString(noPromise.ReplaceAllString(title, ""))
}

// noPromise holds the name of what concerns people outside, and is not it.
var noPromise = expression(`奖励的决定|税收票证|(?:税务|教育|医保|社保)(?:系统|机关|干部)`)

// isInternal tells whether a document is work inside government: meetings,
// appointments, awards, budgets, orders to offices. Its title says so and its
// text gives hardly anything to anybody, or it speaks to offices alone and
// its title names no theme (titled). A title of officesTitle is never of
// anything else, whatever it names beside.
func isInternal(p *domain.Policy, s side, internalTop, titled bool) bool {
	title := quotedOnly(s.about)
	addressed := slices.ContainsFunc(p.Clauses, func(c domain.Clause) bool {
		return c.Kind == domain.HeadClause && officeAddress.MatchString(c.Text)
	})
	if s.rate() < 0.2 && slices.ContainsFunc(p.Clauses, func(c domain.Clause) bool {
		return c.Kind == domain.HeadClause && ownParts.MatchString(c.Text) && ownPart.MatchString(c.Text)
	}) {
		return true
	}
	if disclosure.MatchString(title) || slices.Contains([]string{kindMinutes, kindReport}, p.DocKind) {
		return true
	}
	switch silent := s.enterprise+s.resident == 0; { // texts that name nobody outside
	case p.DocKind == kindApproval && setsPrice.MatchString(title):
		return false
	case silent && s.names == [2]int{} && p.DocKind == kindInterpretation && len(underWay.FindAllStringIndex(p.Text, 2)) == 2:
		return true
	case silent && callsOut(p, s) && !promisedIn(title) && !setsPrice.MatchString(title):
		return true
	case silent && (p.DocKind == kindApproval || p.DocKind == kindLetter):
		return true
	case p.DocKind == kindDraft && silent && !outwardTitle.MatchString(title):
		return true
	case p.DocKind == kindInterpretation && s.rate() < 0.2 && (meetingNews.MatchString(firstRunes(p.Text, 600)) || meetingTitle.MatchString(p.Title+headText(p))):
		return true
	case p.DocKind == kindInterpretation && s.rate() < 0.5 && meets.MatchString(firstRunes(p.Text, 200)) && meetingNews.MatchString(firstRunes(p.Text, 600)):
		return true
	case decides.MatchString(firstRunes(p.Text, 600)), betweenOffices(p, s):
		return true
	case s.rate() < 0.4 && !promisedIn(title) && forReading.MatchString(p.Text):
		return true
	}
	if p.DocKind == kindNames && !invited.MatchString(p.Text) && (showsNames.MatchString(title) || showsNames.MatchString(firstRunes(p.Text, 1000))) {
		return true
	}
	named := internalTitle.MatchString(title)
	promised := promisedIn(title)
	switch {
	case slices.Contains(append(slices.Clip(laws), kindGuide, kindInterpretation, kindDraft), p.DocKind):
		return false
	case officesTitle.MatchString(title), named && !promised:
		return s.rate() < 0.4
	case named:
		return s.rate() < 0.12
	case internalTop && !promised && !titled:
		return s.rate() < 0.3
	case addressed && !promised && !titled:
		return s.rate() < 0.06
	}
	return false
}

// beneficiaryCell is a line of a guide card or a heading that names who is meant.
var beneficiaryCell = automaton.MustCompile(`^[\s(一二三四五六七八九十\d、.)]*(?:服务|支持|补贴|补助|奖励|申报|申请|适用|受理|扶持|发放|保障|救助)(?:对象|主体|范围)[:\s]*`)

// cellSide tells whom the cells of beneficiaries name, "" if there is none. But in a
// guide card one alone tells nothing.
func cellSide(p *domain.Policy) domain.Audience {
	cells, enterprise, resident := 0, false, false
	for i, c := range p.Clauses {
		loc := beneficiaryCell.FindStringIndex(c.Text)
		if loc == nil {
			continue
		}
		text := c.Text[loc[1]:]
		if strings.TrimSpace(text) == "" && i+1 < len(p.Clauses) {
			text = p.Clauses[i+1].Text
		}
		text = firstRunes(text, 120)
		e := enterpriseWords.MatchString(text) || strings.Contains(text, "事业单位")
		r := namesResidents(text)
		if !e && !r {
			continue
		}
		r = r && !(e && strings.Contains(text, "申请人"))
		cells, enterprise, resident = cells+1, enterprise || e, resident || r
	}
	switch {
	case cells == 0, p.DocKind != kindGuide && !(cells > 1 && enterprise && resident):
		return ""
	case enterprise && resident:
		return domain.ForBoth
	case enterprise:
		return domain.ForEnterprises
	}
	return domain.ForResidents
}

// paysEmployers is the title of what employers get for those they employ, unless
// people without an employer get it too.
var paysEmployers = expression(`(?:用人单位|用工单位|企业|市场主体)[\p{Han}]{0,8}(?:补贴|补助|奖补|返还)`)

// audience says for whom a document is: for whom its cell of beneficiaries says,
// else from its themes, held against whom its sentences and its title name.
func (t *Tagger) audience(p *domain.Policy, s side, internal bool) domain.Audience {
	if internal {
		return domain.ForNobody
	}
	if a := cellSide(p); a != "" {
		return a
	}
	if paysEmployers.MatchString(s.about) && !namesResidents(s.about) && !strings.Contains(p.Text, "灵活就业") {
		return domain.ForEnterprises
	}
	var enterprise, resident float64
	for _, tag := range p.Tags {
		switch {
		case tag.Dimension != domain.ThemeTag || !tag.Counts():
		case t.rules.Themes.Find(tag.Code).Both, tag.Code == "Q22" && s.names[0] == 0: // whom it is asked of who breaks the rule
			enterprise += tag.Score / 2
			resident += tag.Score / 2
		case tag.Code[0] == 'Q':
			enterprise += tag.Score
		case tag.Code[0] == 'M':
			resident += tag.Score
		}
	}
	e, r := float64(s.enterprise), float64(s.resident)
	switch {
	case enterprise+resident == 0 && e+r < 2:
		switch {
		case s.inTitle != "":
			return s.inTitle
		case p.DocKind == kindAnnouncement && s.names[0] > s.names[1], s.gifts > 0 && e > r:
			return domain.ForEnterprises
		case p.DocKind == kindPublicNotice: // a notice to the public
			return domain.ForResidents
		}
		return domain.ForNobody
	case s.inTitle == domain.ForResidents && e == 0 && r < 3, s.inTitle == domain.ForEnterprises && r == 0 && e < 3:
		return s.inTitle // hardly anybody is spoken to but whom the title names
	case enterprise+resident == 0:
		enterprise, resident = e, r
	default: // themes weigh as much as who is named, and as two sentences at least
		e, r := float64(s.names[0]), float64(s.names[1])
		weight := max(2, e+r)
		enterprise, resident = weight*enterprise/(enterprise+resident)+e, weight*resident/(enterprise+resident)+r
	}
	switch s.inTitle {
	case domain.ForEnterprises:
		enterprise *= 2
	case domain.ForResidents:
		resident *= 2
	}
	const few = 0.36 // of the whole: less than that is for the other side alone
	switch share := ratio(enterprise, enterprise+resident); {
	case share < few:
		return domain.ForResidents
	case share > 1-few:
		return domain.ForEnterprises
	default:
		return domain.ForBoth
	}
}
