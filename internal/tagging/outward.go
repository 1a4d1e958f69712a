package tagging

import (
	"slices"
	"strings"

	"policypush/internal/automaton"
	"policypush/internal/domain"
)

// side is whom sentences speak of outside the government.
type side struct {
	enterprise, resident int // sentences that give them something or ask it of them
	sentences            int
	inTitle              domain.Audience // whom the title names; "" for nobody
}

var (
	enterpriseWords = expression(`企业|公司|纳税人|个体工商户|个体户|市场主体|经营主体|用人单位|用工单位|商户|合作社|家庭农场|经营者|生产者|供应商|投标人|投资者|缴费单位|参保单位|项目单位|申报单位|申请单位|厂|园区|孵化器|众创空间|旅行社|酒店|民宿|商贸|外贸|行业协会|业主单位|开发商|金融机构|银行|保险公司|快递|平台|总部|民办|单位和个人`)
	residentWords   = expression(`个人|居民|群众|市民|村民|农民|农户|家庭|职工|劳动者|毕业生|学生|大学生|老年人|老人|残疾人|儿童|婴幼儿|未成年人|孕|妇女|父母|子女|失业人员|就业困难人员|退役军人|军人|优抚|低保|特困|困难人员|贫困人口|参保人|参保人员|缴费人|申请人|当事人|公民|患者|本人|持证人|来穗人员|流动人口|新市民|退休人员|购房|租房|承租|消费者|乘客|旅客|驾驶人|车主|业主|考生|师生|教师|人才|创业者|单位和个人`)
	internalTitle   = expression(`工作总结|年度总结|年度报告|工作情况|表彰|嘉奖|授予|记功|奖励的决定|通报|任免|任命|任职|免去|免职|人事|招录|领导小组|指挥部|联席会议|组成人员|议事协调|委员会(?:的通知|组成|成员)|会议|值班|督查|督导|巡查|考核|绩效|评价办法|工作要点|工作分工|任务分工|分工方案|任务分解|重点工作|(?:立法|立项)(?:工作)?计划|代表建议|政协提案|工作规则|工作制度|机构改革|机构设置|职能|职责|内设机构|政务公开|政务新媒体|政府网站|政府信息|信息公开|公文|机关|干部|公务员|预算|决算|资金下达|下达.{0,30}资金|资金.{0,12}(?:安排|分配|拨付|管理)|转移支付|财政资金|专项债|国债|审计|统计|普查|批复|行政区划|名单的通知|自然保护区|总体规划|发展规划|规划纲要|应急预案|演练|档案|保密|印章|业务管理|国有资产(?:管理|经营|监督|处置|评估)|废止|修改.{0,12}(?:决定|规定|规章)|清理|取消.{0,8}会议|学习|宣传(?:工作|活动|月|周)|文明城市|卫生城市|防控工作的(?:通知|紧急)|工作报告|政府债务|国有资产管理情况|安全生产委员会|电子政务|政务数据|数据共享|政务信息`)
	officesTitle    = expression(`下达.{0,40}(?:预算|指标|资金|计划)|预算指标|任免|任职|免去|表彰|嘉奖|组成人员|领导小组|联席会议|工作总结|分工方案|任务分解|政务公开|督查激励|工作要点|选派|挂职|内设机构|文件清理|废止.{0,12}文件`)
	outwardTitle    = expression(`补贴|补助|奖补|申报|申领|申请|企业|市场主体|减税|降费|税|就业|创业|贷款|融资|社会保险|社保|医保|养老|住房|救助|优惠|扶持|促进|支持|外贸|消费|人才|入学|招生|招聘|放假|节假日|缴费|办理|审批|许可|登记|证明|收费|价格|群众|居民|惠民|便民|残疾|学生|职工|学校|教育|疫情期间|复工|复产`)
	officeAddress   = automaton.MustCompile(`^(?:各(?:省|自治区|市|县|区|州|盟|地区|镇|乡|街道)|(?:省|市|县|区)(?:政府|直|级|各|属)|国务院各|各(?:部门|局|委))`)
	titleEnterprise = expression(`残疾人就业保障金|残保金|用人单位|单位缴费|扣缴|企业|公司|纳税人|个体工商户|市场主体|经营主体|用人单位|合作社|家庭农场|供应商|商户|外贸|外资|外商|旅行社|产业|工业|制造业|服务业|快递业|自由贸易|营商环境`)
)

// outward counts whom a document speaks to.
func outward(p *domain.Policy, passages []passage) side {
	var s side
	for i := range passages {
		x := &passages[i]
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
			if at.does != grants && at.does != requires && !gives {
				continue
			}
			if at.enterprise = one.matches(enterpriseWords); at.enterprise {
				s.enterprise++
			}
			if at.resident = one.matches(residentWords); at.resident {
				s.resident++
			}
		}
	}
	title := quotedOnly(p.Title)
	e, r := titleEnterprise.MatchString(title), residentWords.MatchString(strings.ReplaceAll(title, "残疾人就业保障金", ""))
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

// quotedOnly is a title without the offices at its beginning.
func quotedOnly(title string) string {
	if i := strings.Index(title, "关于"); i > 0 {
		return title[i:]
	}
	return title
}

func (s side) rate() float64 {
	return ratio(float64(max(s.enterprise, s.resident)), float64(s.sentences))
}

// disclosure is what offices publish about themselves or do before there is a
// policy: their budget, how a plan will be drawn up, the training of their staff,
// whom they hire, what they buy, who got what.
var disclosure = automaton.MustCompile(`(?:预算|决算|“三公”经费)[^。]{0,14}(?:公开|说明)|规划[^。]{0,20}编制工作方案|(?:大练兵|轮训班|业务培训班)|名单(?:\([^()]*\))?的?公示|公开[\p{Han}]{0,4}(?:招聘|招录|选聘)[^会]{0,40}公告|(?:招标|采购|中标|成交)(?:结果)?公告$`)

// showsNames is said where it is shown who or what was chosen, and not what is paid.
var showsNames = automaton.MustCompile(`名单|拟[\p{Han}]{2,4}|推荐|入围|评审|公示期|异议`)

// isInternal tells whether a document is work inside government: meetings,
// appointments, awards, budgets, orders to offices. Its title says so and its
// text gives hardly anything to anybody, or it speaks to offices alone and
// its title names no theme (titled). A title of officesTitle is never of
// anything else, whatever it names beside.
func isInternal(p *domain.Policy, s side, internalTop, titled bool) bool {
	title := quotedOnly(p.Title)
	addressed := slices.ContainsFunc(p.Clauses, func(c domain.Clause) bool {
		return c.Kind == domain.HeadClause && officeAddress.MatchString(c.Text)
	})
	if disclosure.MatchString(title) || slices.Contains([]string{"D16", "D17"}, p.DocKind) {
		return true
	}
	if p.DocKind == "D21" && (showsNames.MatchString(title) || showsNames.MatchString(firstRunes(p.Text, 1000))) {
		return true
	}
	named := internalTitle.MatchString(title)
	promised := outwardTitle.MatchString(strings.ReplaceAll(title, "奖励的决定", ""))
	switch {
	case slices.Contains([]string{"D01", "D02", "D03", "D04", "D05", "D06", "D18", "D19", "D20"}, p.DocKind):
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

// cellSide tells whom the cell of beneficiaries of a guide card names, "" if there
// is none.
func cellSide(p *domain.Policy) domain.Audience {
	if p.DocKind != "D18" {
		return ""
	}
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
		r := residentWords.MatchString(text)
		switch {
		case e && r && !strings.Contains(text, "申请人"):
			return domain.ForBoth
		case e:
			return domain.ForEnterprises
		case r:
			return domain.ForResidents
		}
	}
	return ""
}

// audience says for whom a document is: for whom its cell of beneficiaries says,
// else from its themes, held against whom its sentences and its title name.
func (t *Tagger) audience(p *domain.Policy, s side, internal bool) domain.Audience {
	if internal {
		return domain.ForNobody
	}
	if a := cellSide(p); a != "" {
		return a
	}
	strength := map[byte]float64{}
	for _, tag := range p.Tags {
		if tag.Dimension == domain.ThemeTag && tag.Counts() {
			strength[tag.Code[0]] += tag.Score
		}
	}
	enterprise, resident := strength['Q'], strength['M']
	e, r := float64(s.enterprise), float64(s.resident)
	switch {
	case enterprise+resident == 0 && e+r < 2:
		return domain.ForNobody
	case enterprise+resident == 0:
		enterprise, resident = e, r
	case e+r >= 3: // a few words of a theme weigh less than who is spoken to
		enterprise = enterprise/(enterprise+resident)*0.6 + e/(e+r)*0.4
		resident = 1 - enterprise
	}
	switch s.inTitle {
	case domain.ForEnterprises:
		enterprise *= 2
	case domain.ForResidents:
		resident *= 2
	}
	const few = 0.33 // of the whole: less than that is for the other side alone
	switch share := ratio(enterprise, enterprise+resident); {
	case share < few:
		return domain.ForResidents
	case share > 1-few:
		return domain.ForEnterprises
	default:
		return domain.ForBoth
	}
}
