package tagging

import (
	"slices"
	"strings"
	"unicode/utf8"

	"policypush/internal/automaton"
)

// act is what a sentence does to somebody outside the government.
type act uint8

// The acts, from the weakest to the strongest.
const (
	noAct   act = iota
	demands     // a duty or a prohibition
	invites     // a call to apply, to take part, to hand in
	favours     // a right, a service, a support without a figure
	gives       // money, relief, a loan, a permit
)

// outsiders are the words for those outside the government.
const outsiders = `(?:企业|公司|纳税人|缴费人|个体工商户|个体户|市场主体|经营主体|用人单位|商户|合作社|家庭农场|经营者|生产者|供应商|投资者|投资人|参保单位|申报单位|申请单位|项目单位|申报主体|创业者|劳动者|职工|毕业生|学生|幼儿|老年人|老人|残疾人|儿童|未成年人|妇女|退役军人|低保|特困|家庭|居民|群众|市民|村民|农民|农户|公民|患者|申请人|当事人|持有人|持证人|申领人|人员|参保人|个人|用户|车主|消费者|租户|承租人|旅客|乘客|考生|缴存人|借款人|人才|社会资本|社会力量|民间资本|医疗机构|养老机构|幼儿园|旅行社|酒店|孵化器|孵化基地|收件人|寄件人|驾驶人|所有人|监护人|家长|业主|中小微|小微|三农|合作机构)`

var (
	// grantWords give without doubt, whoever is named.
	grantWords = expression(`(?:补助|补贴|奖励|奖补|资助|津贴|助学金|奖学金|慰问金|保健金)[^,。;]{0,10}?\d+(?:\.\d+)?万?元|(?:给予|发放|支付|予以|享受|提供|申领|领取)[^,。;]*?(?:补贴|补助|奖励|奖补|奖金|资助|贴息|补偿|津贴|资金支持|优惠|减免|贷款|救助|生活费|安家费|科研经费|返还|支持|扶持|补报|补划|保险金|养老金|抚恤金)|免征|免收|免缴|免交|免除|减免|减征|减缴|减半|不(?:再)?计收|扣减[^,。;]{0,16}?(?:税|费)|缓缴|缓交|缓征|延期(?:申报|缴纳|缴费|还款|还本|办理|支付)|(?:延缓|缓)[^,。;]{0,8}?支付|返还|退还|退税|贴息|(?:定额|据实|限额|全额|税前|加计)扣除|(?:补助|补贴|奖励|资助|贷款|津贴|奖补)[^,。;]{0,8}?(?:金额|额度|比例|标准|上限|资金)?(?:为|不超过|不高于|最高|提高|放宽|按)[^,。;]{0,12}?\d|(?:养老金|低保|供养|救助|生活|待遇|津贴|补贴|补助|抚恤)[^,。;]{0,12}?标准[^,。;]{0,12}?(?:上调|提高|增加|调高|上涨)[^,。;]{0,12}?\d[\d.]*万?元|(?:养老金|抚恤金|生活费|津贴|补贴|补助)[^,。;]{0,6}?每人每[月年][^,。;]{0,4}?(?:上调|提高|增加|上涨)\d|(?:下浮|展期|无还本续贷|不得抽贷|延长[^,。;]*?(?:期|期限|至)|期限延长)|(?:额度|限额|标准|上限|比例)[^,。;]{0,8}?,?(?:由|从)[^,。;]{0,24}?(?:提高|上调|调整|增加|提升|放宽)(?:到|至|为)\d|(?:额度|限额|标准|上限)[^,。;]{0,8}?上浮\d+(?:\.\d+)?(?:亿|万)?元|视同[^,。;]{0,6}?连续|取消[^,。;]*?(?:审批|收费|许可|证明|限制|要求|费用)|由?审批改为备案|实行告知承诺|不再(?:执行|审核|收取|要求|提供|提交|办理|征收)|不受[^,。;]*?限制|免费|(?:暂停|恢复|停止)[^,。;]*?(?:办理|受理|开放|营业|服务)|免予|免于`)
	// givesLate gives in a sum behind other words, insures gives by its share, lends by what it lends.
	givesLate = expression(`(?:给予|发放)[^。;]*?\d万?元[^,。;]*?(?:补贴|补助|奖励|资助|津贴)`)
	insures   = expression(`报销[^,。;]{0,8}?\d+%|(?:报销|支付|救助|补偿)比例[^,。;]*?\d|(?:最高支付|封顶)(?:限额|线)[^,。;]*?\d`)
	lends     = expression(`可贷(?:款)?\d|(?:申请|享有|享受)[^,。;]*?\d万元[^,。;]*?贷款`)
	// mayHave is somebody outside who may have or do something.
	mayHave = expression(outsiders + `[^。;]*?(?:有权|享有|享受|无需|不必|免于|可(?:以|按|根据|依|凭|向|在|通过|自|继续|直接|免|申|享|领|办|开|使|选|参|提|缴|延|委|登|查|拒|从|不|暂|获|用|于|到))`)
	// support is a support for somebody outside, or of what they do.
	support = expression(`(?:支持|鼓励|允许|帮助|协助|引导|扶持|优先|指导|方便|便利|保障|促进|培育)[^。;]*?` + outsiders + `|(?:为|向|对)[^。;]*?` + outsiders + `[^。;]*?(?:提供|给予|优先|放宽|简化|降低|减|免|推送|开通|保障|取消|不再|增加|支持|补|奖|代办|发放|返还|优惠|便利|增信)|` + outsiders + `[^。;,]*?(?:优先|享受|享有|简化|降低|减少)`)
	// serves is a service of the government, or an ease, without who is meant.
	serves = expression(`(?:支持|鼓励|允许|放宽|降低|简化|缩短|取消|免|开设|开通|提供|推行|推广|实行|优先|加快)[^。;]*?(?:绿色通道|通关|不见面|网上办|掌上办|线上办|申领|办理时限|审批时限|办理时间|一次办|一网通办|成本|门槛|条件限制|准入|担保费|费率|收费|利率|贷款|融资|补贴|服务热线|法律援助|零距离|容缺|告知承诺|即到即提|快速验放)|(?:自助打印|全流程网上|线上线下|代办|邮寄送达|网上申领|网上申请|即时开通|试点|权限下放|下放至)`)
	// duty is what somebody outside must or must not do. Who it is stands before
	// the verb, with no office between.
	duty = expression(outsiders + `[^。;:]*?(?:应当|应该|必须|不得|禁止|须|应[于在按向将当依])|^[\s(]*(?:` + articleRE + `)?(?:任何(?:单位|组织|个人)|严禁|禁止|不得)|(?:从事|经营|生产|销售|运输|使用|设立|开办|申领|申请|办理|驾驶|携带|持有|参加|购买|举办|开展|进入|报考|填报|申报)[^。;:]*?(?:的,|,|时,)(?:应当|应该|必须|不得|须|应[于在按向将])|为[\p{Han}]{2,12}的?(?:纳税人|扣缴义务人|缴费人)|(?:请|需)[^。;]{0,12}?(?:提供|携带|提交|办理|登录)`)
	// officeDuty is a duty of an office: of who stands before the verb the last
	// word is one for an office.
	officeDuty = expression(`(?:政府|部门|机关|机构|主管|各地|各级|法院|海关|委员会|办公室|管理局|派出所|街道办事处|工作组|指挥部)[^。;,:]*?(?:应当|应该|必须|不得|须|要|负责|应[于在按向将依])`)
	// callsFor is an invitation.
	callsFor = expression(`(?:申报|申请|报名|揭榜|征集|参评|参赛|推荐|登记|投稿|认领|缴费|申领)[^。;]*?(?:截止|截至|时间|期限|前(?:将|提交|报送|完成)?)[^。;]*?\d|请(?:于|在)?[^。;]*?(?:前|之前|以前|内)[^。;]*?(?:报送|提交|申报|申请|报名|寄|送|上传|发送|办理)|(?:现|面向|向社会|公开)[^。;]*?(?:征集|招募|招标|招聘|遴选|组织(?:开展)?[^。;]*?(?:申报|揭榜|征集|评选|认定))`)
	// amongOffices is work among offices, whatever verb it is put in.
	amongOffices = expression(`责任主体|主体责任|牵头(?:单位|部门)|领导小组|督查|督导|考核|问责|工作台账|请示|汇报|抄报|上报(?:市|省|县|国)|列入(?:财政)?预算|纳入[^。;]*?(?:规划|考核|预算)|绩效(?:管理|评价|考核)|组织实施|统筹协调|宣传(?:引导|报道|力度|工作)|贯彻落实|监督(?:检查|管理)|加强[^。;]{0,12}?(?:监管|监督|指导|管理|领导)|制定(?:实施)?(?:细则|方案|办法|措施|清单)|转移支付|分配[\p{Han}]{0,8}资金|资金(?:分配|监管|监督|管理|使用管理)|信息系统|信息共享|数据库|建立[^。;]*?(?:机制|制度|体系|平台)|修订[^。;]{0,12}?(?:规划|办法)|请你(?:公司|局|单位|们|委)|细化落实|报[\p{Han}]{1,12}备案|工作(?:合力|格局)`)
	// eases begins an item that opens or loosens something.
	eases = expression(`^(?:进一步|加快|积极|研究|探索)?(?:支持|允许|鼓励|放宽|取消|降低|优先|简化|授权|免除|减免|延长|开通|将[^。;]*?下放)`)
	// tells is a report of what has been done, or words about the document.
	tells = expression(`截至(?:\d{4}年|目前|上月)|累计(?:发放|减免|支出|投入|为)|(?:(?:^|[。,;:])(?:预计|今年|[本我全][省市县区])?全年[^不最累限可每,。;]|上半年|去年|同比[^,。;的\d]{0,12}\d[\d.]*(?:%|个?百分点|倍)[^,。;\p{Han}]*[,。;]|同比(?:增长|下降|上升|翻番|持平)[,。;]|据统计|数据显示)|取得[\p{Han}]{0,6}成效|成效(?:显著|明显)(?:的[地市县区省]|[^的]|$)|存在[\p{Han}]{0,10}问题|近年来|负责解释|同时废止|(?:所称|是指|系指|含义)|(?:适用|遵守|执行)(?:本法|本条例|本办法|本规定)[^,;]{0,10}。|起(?:施行|实施|执行)|(?:制定|发布)(?:本|实施细则)`)
	// liable are the consequences of a breach.
	liable = expression(`^[\s(]*(?:` + articleRE + `)?(?:违反|有下列[\p{Han}]{0,4}(?:行为|情形)之一的,(?:由|责令|依法)|国家工作人员|(?:[\p{Han}]{2,16})工作人员[^。;]*?(?:玩忽|滥用|徇私))|有下列[\p{Han}]{0,4}(?:行为|情形)之一的,(?:自[^,。;]{1,10}起,?|应当?|予以|及时)*(?:停发|停止|退[回出]|腾退|终止|取消|收回|注销)|(?:骗取|套取|冒领|虚报|挪用)[^。;]{0,40}?(?:追回|退还|退回|收回|追缴)|资金不得用于|处[^。;]*?罚款|依法(?:给予处分|追究)|责令(?:限期)?改正|追究刑事责任|给予(?:行政)?处分`)
)

// does judges what a sentence does to somebody outside. What government does
// for itself is no act: aims, reports, work among offices.
func (t *reading) does(s sentence) act {
	if !s.whole() {
		return t.judge(s)
	}
	if h := s.holds; !h.judged {
		h.act, h.judged = t.judge(s), true
	}
	return s.holds.act
}

func (t *reading) judge(s sentence) act {
	in := s.matches
	if len(s.text) < 12 || in(aims) || in(tells) || in(liable) {
		return noAct
	}
	if in(preamble) && strings.ContainsAny(s.text, "为根按依现") {
		if in(callsFor) {
			return invites
		}
		return noAct
	}
	given := t.givenIn(s)
	text := unnumbered(t.uncited(s))
	says := func(p pattern) bool { return s.may(p) && p.MatchString(text) }
	if len(text) == len(s.text) {
		says = s.matches
	}
	byOffice := says(offices)
	inside := says(amongOffices)
	if given && !(inside && byOffice) {
		return gives
	}
	granted, supports := false, false
	if says(grantWords) || says(givesLate) || says(insures) || says(lends) {
		supports = says(support)
		granted = supports || !byOffice && !says(officeDuty)
	} else if !inside {
		supports = says(support)
	}
	switch {
	case inside && (byOffice || !granted):
		return noAct
	case granted:
		return gives
	case byOffice && !supports:
		return noAct
	case supports, says(mayHave), !byOffice && says(serves), len(text) < len(s.text) && says(eases):
		return favours
	case says(callsFor):
		return invites
	case says(duty) && !says(officeDuty):
		return demands
	}
	return noAct
}

// uncited is a sentence without the words that only name another document or
// an office.
func (t *reading) uncited(s sentence) string {
	i, found := slices.BinarySearchFunc(t.passages, s.start, func(p passage, at int) int { return p.clause.Start - at })
	if !found {
		i--
	}
	if i < 0 || s.end > t.passages[i].clause.End {
		return cited.cut(s)
	}
	var b strings.Builder
	done := 0
	for _, m := range t.passages[i].citedFrom(s.start) {
		if m.start >= s.end {
			break
		}
		if from, to := s.byteAt(max(m.start, s.start)), s.byteAt(m.end); to > done {
			b.WriteString(s.text[done:max(from, done)])
			done = to
		}
	}
	if done == 0 {
		return s.text
	}
	b.WriteString(s.text[done:])
	return b.String()
}

const doneToVerb = `(?:支持|鼓励|允许|引导|帮助|协助|奖励|资助|救助|对|为|向|给)`

var (
	doneToObject  = expression(doneToVerb + `(?:[^象,。;:《》()“”][^,。;:《》()“”]*?)??` + outsiders + `(?:企业|单位)?(?:(?:、|和|及|或|以及)[^,。;:《》()“”]*?` + outsiders + `(?:企业)?)*`)
	verbDone      = automaton.MustCompile(`^` + doneToVerb)
	doneToSubject = expression(`^[\s(]*(?:` + articleRE + `|[一二三四五六七八九十\d]{1,3}[)、.．])?(?:[^。,;:]*?。)?([^,。;:《》“”]*?` + outsiders + `(?:企业)?(?:(?:、|和|及|或|以及)[^,。;:《》()“”]*?` + outsiders + `(?:企业)?)*)[^。;:]*?(?:应当|应|可|不得|须|必须|有权|享|无需|凭)`)
)

// doneTo is whom a sentence gives something or asks something of, in its words;
// empty if the sentence does not say so plainly.
func (t *reading) doneTo(s sentence) sentence {
	if m := s.loc(doneToObject); m != nil {
		object := s.slice(m[0]+len(verbDone.FindString(s.text[m[0]:])), m[1])
		if ofThing.MatchString(s.text[m[1]:]) { // 给予人才津贴 names no one
			object = sentence{start: s.start, end: s.start}
		}
		if i := strings.LastIndex(object.text, "予"); i == 0 || i > 0 && strings.HasSuffix(object.text[:i], "给") { // 给予企业
			object = object.slice(i+len("予"), len(object.text))
		}
		if who := people(object); who.text != "" {
			return who
		}
	}
	if m := s.loc(doneToSubject); m != nil {
		if who := people(s.slice(m[2], m[3])); who.text != "" {
			return who
		}
	}
	return sentence{start: s.start, end: s.start}
}

var (
	notWho = expression(`^通过[^的]*$|^每[\p{Han}]{1,8}\d|^每[\p{Han}]{1,4}$|^(?:实施|发放|开展)|^(?:落实|继续|延续)[^:,]{0,30}(?:政策|措施)$|^在[^的]{2,20}后$|(?:政策|通知|办法)(?:规定|明确|提出|显示)$|[^的](?:补贴|补助|津贴)$|补贴[和及]|^[\p{Han}]{2,8}(?:补贴|补助|津贴)每|\d(?:厘米|米)(?:以上)?$|生产后$|标准(?:统一)?(?:为|由|从|提高|调整|是)|奖$|^[\p{Han}]{2,12}(?:补助|补贴|奖励|资助)(?:按|由|实行|分[\p{Han}]{0,2}类)|^(?:《|近日|日前|据(?:了解|悉)|除|根据|按照?|依照|依据|其中|其余|将|由|截至|[自从](?:\d|本|即|发)|\d{4}年|\d{1,2}月|目前|在[\p{Han}]{0,6}期间$|本(?:办法|通知|意见|条例))|是|应当|不得|部分按\d|(?:不低于|不高于|不超过)[^,。;]{2,12}标准|(?:受理|申报|申请|截止)(?:时间|日期)|企业规模|(?:划型|划分)标准|人民政府|行政机关|(?:主管|有关|各)部门|提供|根据|情况|工作$|基础上$|^在\d[\p{Han}\d]*前[^的]*$|比例$|^(?:[东中西]部|东中西部)[^的]{0,6}地区|%$|^第[一二三四五\d]年|方面$|事项$|(?:标准|内容|方式|办法)(?:为|是)?$|项目中$|责任|问题|因素|》$|要(?:抓紧|认真|切实|加强|积极|严格)|落实$|起$|重视$|(?:幅度|规定|期限)内$|^经[^的]{2,24}(?:鉴定|评估|批准|认定|同意)$|^(?:推进|打造|做强|做大|加快|加强|形成)[^的]*$|^(?:满足|解决|降低|减轻|缓解|促进|进一步|切实|有效|提高|增强|规范|优化)|(?:投产|达效|竣工|验收|认定|备案|完成|签订|建成)后$`)
	// beforeWho is a verb before the words that name somebody, and noVerb one that is
	// none: 服务业企业, 保障性住房, 重点群体.
	beforeWho = automaton.MustCompile(`^(?:[、和及与或于对向为给]|至于|而(?:获|对)|支持|鼓励|引导|协助|帮助|允许|指导|培育|服务|保障|推动|优先|积极|重点|扶持|适用(?:范围|对象)|本(?:措施|办法|政策|意见|细则|规定|通知|方案)(?:主要|仅)?适用于)`)
	noVerb    = automaton.MustCompile(`^(?:服务(?:业|型|外包|贸易|机构|中心|商|平台|站)|保障(?:性|房|对象)|重点(?:群体|人群|人员|企业|项目|产业|行业|领域|优抚))`)
	// behindWho is what somebody has or gets, right behind the words that name them:
	// 商贸业企业2026年3月应缴的电费, 企业给予10%, 企业欠费不停水.
	behindWho = expression(`^[^。;:]*?(?:企业|单位|机构|合作社|工商户|纳税人|农户|家庭)(?:\([^()]{2,40}\))?((?:19|20)\d{2}年|给予|欠费|[\p{Han}]{2,8}(?:费|费用|款|税)按|适用\d|在享受|,按|,给予|,可)|^[^。;:]*?(?:老年人|残疾人|人员|职工|毕业生|居民|学生)(,(?:不分|一律|均|按|给予))`)
)

var (
	// didSomething names those who did something, whatever words it is told in: 纳入统计部门统计的企业,
	// 2026年1月1日至6月30日新增贷款的小微企业, 为农户提供代耕服务的社会化服务组织.
	didSomething = automaton.MustCompile(`^[^,。;:]{2,80}的[\p{Han}、“”]{0,30}(?:企业|公司|工商户|机构|合作社|组织|单位|主体|人员|毕业生|职工|家庭|居民|个人|旅行社|园区|基地)$|^[^。;:]{2,100}万?元以[上下]的[\p{Han}]{0,20}企业$`)
	// startsElse begins what names nobody.
	startsElse = automaton.MustCompile(`^(?:《|以下|下列|近日|日前|据|根据|按照|按(?:规定|标准|比例|期|年|月|\d)|依照|依据|将|由|截至|除|通过|本(?:办法|通知|意见|条例)|[自从](?:\d|本|即|发)|其中|\d{4}年[\d年月日至到—~-]*(?:是|应当|不得))|应当|不得`)
)

// isPaid ends words that name somebody and say what they get.
var isPaid = automaton.MustCompile(`(?:发放|纳入|给予|可享受|可领取)[\p{Han}]{0,12}(?:补贴|补助|津贴)$`)

// eachOne ends the words that name somebody.
var eachOne = automaton.MustCompile(`每[人户名家位](?:每[月年]\d[^,。;]*)?$`)

// ofThing goes on behind a word for somebody to what is called after them.
var ofThing = automaton.MustCompile(`^[\p{Han}]{0,2}(?:津贴|补贴|公寓|政策|待遇)`)

// people cuts verbs off the front of words that are to name somebody; it is empty
// if the words name nobody.
func people(s sentence) sentence {
	s = s.trim()
	s = s.slice(0, len(s.text)-len(eachOne.FindString(s.text))) // 见习人员每人每月1600元
	s = s.slice(0, len(s.text)-len(isPaid.FindString(s.text)))  // 家庭经济困难学生发放生活补助
	for !noVerb.MatchString(s.text) {
		verb := len(beforeWho.FindString(s.text))
		if verb == 0 {
			break
		}
		s = s.slice(verb, len(s.text)).trim()
	}
	if loc := s.loc(behindWho); loc != nil {
		s = s.slice(0, max(loc[2], loc[4]))
	}
	if didSomething.MatchString(s.text) && !startsElse.MatchString(s.text) {
		return s
	}
	if utf8.RuneCountInString(s.text) < 2 || s.matches(notWho) && !s.matches(foundedBound) {
		return sentence{start: s.start, end: s.start}
	}
	return s
}
