package tagging

import (
	"slices"
	"strings"

	"policypush/internal/automaton"
	"policypush/internal/domain"
)

// reader collects who may use a measure from its sentences.
type reader struct {
	t        *reading
	m        *domain.Measure
	c        conditions
	found    []domain.Criteria
	excluded []domain.Criteria
	asked    bool     // whether the first sentence that gives something was read for what it asks
	done     sentence // whom the first act is done to, for want of plainer words
	over     string   // for whom several gifts are that words before them announce, where this one's own name nobody
	overBy   []domain.Evidence
	lists    map[*list]*listed
	order    []*list
	things   int            // where in found, counted from 1, is who gets one of several things
	byClass  bool           // whether each class of enterprises gets its own
	leaving  *domain.Clause // of which the rest tells who gets nothing
}

// who reads the beneficiaries and conditions of one sentence.
func (r *reader) who(x piece) {
	s := x.sentence
	if x.list != nil {
		r.listItem(x)
		return
	}
	if x.in.Kind == domain.TableClause {
		return
	}
	if s.matches(unaffected) {
		return
	}
	if r.leaving == x.in.Clause {
		r.leaveOut(s.trim())
		return
	}
	if loc := s.loc(tailOut); loc != nil { // 下列人员不能享受补贴:已从事个体经营的;被用人单位录用的
		r.leaving = x.in.Clause
		r.leaveOut(s.slice(loc[2], loc[3]).trim())
		return
	}
	out, rest := r.exclusion(s)
	if out && (x.in.side != "对象" && x.in.side != "主体" && x.in.side != "范围" || rest.text == "") {
		return
	}
	if out {
		s = rest // 在本县注册的企业,房地产企业除外
	}
	switch side := x.in.side; {
	case (side == "对象" || side == "主体" || side == "范围") && (r.m.Who == "" || !r.t.pays(s)): // not 按年度保费的80%给予补贴 behind it
		phrase := s.afterLabel()
		m := meantBy.FindStringIndex(phrase.text)
		if m != nil {
			phrase = phrase.slice(m[1], len(phrase.text))
		}
		if m != nil && isNumbered(s.text) {
			r.oneOfThings(phrase)
			return
		}
		if m := labelVerb.FindStringSubmatchIndex(s.text); m != nil {
			phrase = s.slice(m[1], len(s.text)).trim()
		}
		if loc := phrase.loc(forWhom); loc != nil && strings.HasPrefix(phrase.text[loc[0]:loc[1]], "对") && loc[0] == 0 { // 范围。对投保的企业,省财政给予补贴
			phrase = phrase.slice(loc[2], loc[3])
		}
		if people(phrase).text == "" { // 小微企业招用毕业生达到15%的,由经办银行根据招用人数…
			if i := strings.Index(phrase.text, "的,"); i > 0 {
				phrase = phrase.slice(0, i+len("的"))
			}
			if loc := s.loc(forWhom); loc != nil { // 自2026年1月1日起,对3周岁以下婴幼儿发放补贴
				phrase = s.slice(loc[2], loc[3])
			}
		}
		r.beneficiary(phrase)
		return
	case side == "条件":
		r.condition(s, isNumbered(s.text))
		return
	case slices.Contains(procedural, side):
		return
	}
	told := false
	for _, loc := range s.locs(shareOfClass) { // 大型企业按30%返还,中小微企业按60%返还: all of them
		r.beneficiary(s.slice(loc[2], loc[3]))
		told = true
	}
	if told {
		for _, loc := range s.locs(alsoClass) {
			r.beneficiary(s.slice(loc[2], loc[3]))
		}
	}
	if loc := s.loc(provider); loc != nil && r.m.Who == "" {
		r.beneficiary(s.slice(loc[2], loc[3]))
		told = r.m.Who != ""
	}
	whole := s.loc(forWhom)
	for _, code := range []string{"X14", "X15", "X16"} {
		for _, m := range r.t.find(code, s) {
			i, j := m.at("who")
			if strings.HasSuffix(s.text[:i], "除对") || strings.HasPrefix(strings.TrimPrefix(s.text[j:], ","), "且") || strings.Count(s.text[i:j], "(") > strings.Count(s.text[i:j], ")") || code == "X14" && goesOnWho.MatchString(s.text[j:]) && whole != nil && whole[2] <= i && j < whole[3] {
				continue // 对首次创办企业,且正常经营的高校毕业生; 对招用毕业生,与其签订合同的企业
			}
			if r.m.Who == "" || code != "X14" { // a second 对… names a tier, not another condition
				r.beneficiary(s.slice(i, j))
			}
			told = told || r.m.Who != ""
		}
	}
	for _, p := range []pattern{raisedFor, widened, costsOf, limitOf, givenFirst, didBoth} {
		if loc := s.loc(p); loc != nil && r.m.Who == "" {
			r.beneficiary(s.slice(loc[2], loc[3]))
			told = told || r.m.Who != ""
		}
	}
	if loc := whole; loc != nil && r.m.Who == "" && !strings.Contains(submatch(s.text, loc, 1), "给予") {
		r.beneficiary(s.slice(loc[2], loc[3]))
		told = r.m.Who != ""
	}
	if loc := s.loc(toAny); loc != nil && !told && r.m.Who == "" {
		if who := people(s.slice(loc[2], loc[3])); !noWho.MatchString(who.text) {
			r.beneficiary(who)
			told = r.m.Who != ""
		}
	}
	does := r.t.does(s)
	if does == gives && (r.m.Who == "" || strings.HasSuffix(r.m.Who, "的")) {
		told = r.recipient(s) || told
	}
	switch {
	case told:
	case r.byClass:
	case r.t.givenIn(s), does == gives && r.c.names(s.subject()):
		if r.m.Who == "" { // 小微企业新增贷款的,按…给予贴息: the subject before what is given
			r.beneficiary(s.subject())
		}
		if loc := s.loc(rightBefore); loc != nil && r.m.Who == "" {
			r.beneficiary(s.slice(loc[2], loc[3]))
		}
		if r.m.Who == "" && r.done.text == "" {
			r.done = r.withDefined(s, r.t.doneTo(s)) // 对参加展会的企业展位费用按50%给予补助
		}
	case x.isLead():
	case does > noAct:
		if r.done.text == "" {
			r.done = r.withDefined(s, r.t.doneTo(s))
			if subject := s.subject(); (strings.HasSuffix(subject.text, "的") || asksFigure.MatchString(subject.text) && !strings.HasPrefix(subject.text, "其")) && subject.start <= r.done.start && r.done.end < subject.end {
				r.done = subject // 残疾人年满60周岁且未就业的,可领取…
			}
		}
	case x.in.side == "" && isNumbered(s.text):
		r.condition(s, false)
		return
	}
	if does >= favours && !r.asked && !x.isLead() {
		r.asked = true // what a further sentence asks is for what that gives
		r.between(s)
	}
}

// oneOfThings reads who gets one of several things, each of which is for others.
func (r *reader) oneOfThings(who sentence) {
	from := len(r.found)
	r.beneficiary(who)
	tree := domain.AllOf(r.found[from:]...)
	r.found = r.found[:from:from]
	switch {
	case tree.IsZero():
	case 0 < r.things && r.things <= from:
		r.found[r.things-1] = domain.AnyOf(r.found[r.things-1], tree)
	default:
		r.found = append(r.found, tree)
		r.things = from + 1
	}
}

// meantBy names one of several things before whom it is for: 生活补贴对象为….
var meantBy = automaton.MustCompile(`^[\p{Han}]{2,16}(?:对象|范围)(?:为|是|包括|指):?`)

// unaffected is what nobody has to be and nobody may not be: 已享受护理补贴的,不影响申领本补贴,
// or that nobody has twice: 已享受护理补贴的,不得重复享受, or of the past: 已办理注销的,不再追溯享受. Nor are
// rules that hold no more anybody.
var unaffected = expression(`不影响[^,。;]{0,12}(?:申领|享受|申请|领取|发放)|已经?(?:享受|领取|申领)[^,。;:]{2,60}的,[^,。;]{0,6}不[得能可再予]*(?:重复|同时)|不[再予得]?追溯|与本[^,。;]{1,8}不一致的|(?:同时|自行|相应|予以)(?:废止|失效|停止执行)`)

// leaning reads who a list is for where one of its items says nothing of it, or only what
// else is asked of them, and tells whether that is so: 本县户籍家庭可享受以下补助:对生育二孩的,….
func (r *reader) leaning(lead piece) bool {
	if !strings.HasSuffix(lead.text, ":") || r.m.Who != "" && !strings.HasSuffix(r.m.Who, "的") || named(r.found) {
		return false
	}
	who, marks, asked := r.m.Who, r.m.Evidence["who"], len(r.found)
	r.m.Who, r.m.Evidence["who"], r.done = "", nil, sentence{}
	if r.who(lead); r.m.Who == "" {
		r.beneficiary(r.done)
	}
	if who == "" {
		return true
	}
	r.m.Who, r.m.Evidence["who"] = who, append(slices.Clip(marks), r.m.Evidence["who"]...)
	of := slices.DeleteFunc(r.found[asked:], func(c domain.Criteria) bool { return unread(&c) }) // 二孩、三孩, which the item says itself
	r.found = r.found[:asked+len(of)]
	return true
}

// recipient reads who gets something by the words behind the verb, where the words before
// it say for what: 标准化民宿达20家以上的,给予投资方奖励100万元.
func (r *reader) recipient(s sentence) bool {
	loc := s.loc(givenTo)
	if loc == nil {
		return false
	}
	who, marks := r.m.Who, r.m.Evidence["who"]
	r.m.Who, r.m.Evidence["who"] = "", nil
	r.beneficiary(s.slice(loc[2], loc[3]))
	if r.m.Who != "" {
		return true
	}
	if r.m.Who = who; marks != nil {
		r.m.Evidence["who"] = marks
	} else {
		delete(r.m.Evidence, "who")
	}
	return false
}

// givenTo is who gets something, named behind the verb in more words than 企业 or 个人.
var givenTo = expression(`(?:给予|奖励|补助给|补贴给|支付给|奖给|向)(?:该|其|所在的?|相关|每家|每个)?([\p{Han}]{0,10}?(?:[\p{Han}]{2}(?:企业|单位|机构)|[^双各一地]方|旅行社|组团社|地接社|合作社|协会|学校|农户|服务商|经纪人|所有人|权利人|发明人|申请人|负责人))(?:[\p{Han}]{0,8}?)(?:一次性|最高|不超过|奖励|补助|补贴|支付|发放|资金|\d|每)`)

// somebody lists for the officer whom a measure is for, where the first sentence that
// gives something begins with words that no rule reads: 生育二孩、三孩的缴存家庭,….
func (r *reader) somebody(own []piece) {
	for _, x := range own {
		if x.isLead() || x.list != nil || slices.Contains(procedural, x.in.side) || x.matches(unaffected) {
			continue
		}
		s := x.afterLabel()
		if i := strings.Index(s.text, "。"); i >= 0 && i < len(s.text)-len("。") { // 支持多子女家庭。….
			s = s.slice(i+len("。"), len(s.text))
		}
		i := comma(s.text)
		if i < 0 {
			continue
		}
		if next := comma(s.text[i+1:]); next > 0 && madeSo.MatchString(s.text[:i]) { // 做强数字企业,当年列入百强企业的,给予….
			s = s.slice(i+1, len(s.text))
			i = next
		}
		first := s.slice(0, i-len(inBrackets.FindString(s.text[:i]))).trim()
		first = first.slice(len(forWords.FindString(first.text)), len(first.text))
		if n := domain.CodePoints(first.text); n < 4 || n > 60 || anybody.MatchString(first.text) || nothingSaid.MatchString(strings.TrimSuffix(first.text, "的")) || !meansSomebody.MatchString(first.text) || notSomebody.MatchString(first.text) {
			continue
		}
		if first.matches(hires) { // 企业招用毕业年度高校毕业生
			r.beneficiary(first)
			return
		}
		r.m.Who = firstRunes(first.text, 60)
		e := first.evidence(0, len(first.text))
		r.m.Evidence["who"] = append(r.m.Evidence["who"], e)
		r.found = append(r.found, other(e))
		return
	}
}

var (
	forWords      = automaton.MustCompile(`^对于?`)
	meansSomebody = automaton.MustCompile(`的$|(?:企业|公司|单位|机构|合作社|工商户|纳税人|人员|家庭|居民|职工|毕业生|农户|学生|老年人|残疾人|组织|主体)$`)
	// madeSo begins what a gift is for, before who gets it.
	madeSo = automaton.MustCompile(`^(?:做[强大优]|推进|提升|壮大|培育|鼓励|支持|加快|加强|推动)[^的]*$`)
	// notSomebody begins what a sentence goes by, or an order.
	notSomebody = automaton.MustCompile(`^(?:同时|此外|另外|做[强大优]|推进|提升|壮大|培育|为|根据|按|依|经|由|各|对于|本|其|在|自|从|凡|如|若|确|应|可|不|符合|加强|加大|支持|鼓励|推动|落实|实行|建立|完善|开展)`)
)

// provided is a part of a sentence that asks something of who is to get what the
// next part gives: 当年设备投资额达到300万元(含)以上的,.
var provided = expression(`,([^,。;:《》()]{2,60}(?:\([^()。;]{1,40}\)[^,。;:《》()]{0,40})*的)(?:,|$)`)

// between reads the conditions between who gets something and what they get.
func (r *reader) between(s sentence) {
	if first := people(s.subject()); first.text != "" && !r.covers(first) { // 女年满50周岁、男年满60周岁,
		if tree := r.c.bounds(first); !tree.IsZero() {
			r.found = append(r.found, tree)
			r.m.Evidence["criteria"] = append(r.m.Evidence["criteria"], first.evidence(0, len(first.text)))
		}
	}
	for _, loc := range s.locs(provided) {
		part := s.slice(loc[2], loc[3])
		if notAsked.MatchString(part.text) || part.matches(leftOut) || r.covers(part) {
			continue
		}
		tree := r.c.bounds(part)
		if unread(&tree) {
			tree = other(part.evidence(0, len(part.text)))
		}
		r.found = append(r.found, tree)
		e := part.evidence(0, len(part.text))
		r.m.Evidence["criteria"] = append(r.m.Evidence["criteria"], e)
	}
}

// unread tells whether nothing of a condition can be held against a profile.
func unread(c *domain.Criteria) bool {
	read := false
	c.Leaves(func(l *domain.Condition) { read = read || l.Field != domain.FieldOther })
	return !read
}

// notAsked are parts that ask nothing: the rest of a relief, an order to offices.
var notAsked = automaton.MustCompile(`给予|予以|发放|奖励|补[助贴]|免[征收缴]|减[半免按]|返还|退还|处|罚|责令|应当?|不得|由|可以?|其中|按[\p{Han}]{0,20}的$`)

// covers tells whether a condition was read in these words already.
func (r *reader) covers(s sentence) bool {
	return slices.ContainsFunc(r.found, func(c domain.Criteria) bool { return restsOn(&c, s) })
}

// forWhom is whom something is given to in more words than rule X14 reads:
// 对首次创办企业,且正常经营1年以上的高校毕业生、就业困难人员,给予….
var forWhom = expression(`(?:^|[^应针相绝面校核])对([^象。;:()][^。;:()]{0,119}?(?:\([^()。;]{1,40}\)[^。;:()]{0,80}?){0,2}(?:企业|纳税人|个体工商户|单位|人员|家庭|居民|对象|职工|毕业生|农户|婴幼儿|新生儿|儿童|幼儿|学生|老人|妇女|孕产妇|患者|农民工?|(?:生产|种植|养殖|经营|困难|脱贫)户|合作社|机构|项目|老年人|残疾人|劳动者|军人|人才|主体|大户|园区|基地|农场|创业者|服务商|运营商|供应商|个人|完成人|权人|负责人|传承人|投资人|公司|景区|饭店|酒店|旅行社|中心|平台|学校|幼儿园|医院|购房人|购房者|购置人|购买人|消费者|研究生|博士后?)(?:\([^()不除]{1,20}\))?),?(?:[中央省市县区各级]{1,3}财政)?(?:分别)?(?:给[予与]|每[\p{Han}]{1,6}(?:补|给予|奖|资助|最高|按)|[\p{Han}]{1,8}每\d{0,4}[\p{Han}]{1,3}(?:补|奖|给)|按|发放|予以|一次性|免征|免收|减|实行|补助|补贴|奖励)`)

// toAny is whom or what something is given to by a noun of any kind, and noWho one that is no
// more than what it is given for.
var (
	toAny = expression(`(?:^|[,。;:、)])对([^,。;:]{4,60}?),?(?:分别|一次性)*给予`)
	noWho = automaton.MustCompile(`(?:费|费用|支出|部分|投入|贷款|资金|利息|租金|款|额|方面|情形|情况|活动|工作|建设|其)$|给予`)
)

// goesOnWho goes on behind a comma about those who were named before it.
var goesOnWho = automaton.MustCompile(`^,(?:并|与其|与之|为其|且|以及|签订|按规定|依法|连续|稳定)`)

// rightBefore is who stands right before what they get, behind other words: 省财政对纳入保障范围的县,
// 新增的民办养老机构,每张床位补助3000元.
var rightBefore = expression(`,([^,。;:]{4,60}?(?:企业|公司|单位|机构|合作社|工商户|家庭|农户|老年人|残疾人|毕业生|人员|项目|园区|基地|居民|个人|购房[人者]|研究生|博士后?|硕士|饭店|酒店|景区|民宿)(?:\([^()]{1,12}\))?|[\p{Han}]{2,12}(?:企业|单位|机构|合作社|人员|毕业生|农户|家庭)[^,。;:]{2,50}的),(?:分别)?(?:给予|每[\p{Han}]{1,4}(?:补|给予|奖)|按[^,。;()]{2,40}?(?:\([^()]{1,40}\)[^,。;()]{0,20}?)?(?:给予|补|奖))`)

var (
	// widened is whom something is given to from now on: 将见习补贴范围调整为离校未就业毕业生.
	widened = expression(`(?:对象|范围)(?:扩大|调整|放宽|延伸|拓展)(?:到|至|为)([^,。;:]{4,60})`)
	// didBoth is who did one thing and another: 首次创办企业,且正常经营1年以上的毕业生,给予….
	didBoth = expression(`^[\s(]*(?:[一二三四五六七八九十\d]{1,3}[)、.．]|` + articleRE + `)?([^,。;:()]{4,60},(?:且|并|与)[^,。;:()]{2,80}?的[^,。;:()]{2,60}?(?:人员|毕业生|劳动者|农民工?|军人|职工|居民|家庭)),(?:给予|按|可)`)
	// givenFirst is who gets something, behind the verb and before how much: 给予来本市工作的
	// 博士,每人每年5万元补贴.
	givenFirst = expression(`给予([^,。;:\d]{2,30}?(?:博士后?|硕士|人才|毕业生|企业|单位|人员|家庭|个人)),(?:连续|一次性|每)`)
	// limitOf is whose limit is raised: 双缴存职工家庭的贷款额度上限由80万元上调至100万元.
	limitOf = expression(`(?:^[\s(]*(?:[一二三四五六七八九十\d]{1,3}[)、.．])?|[,。;:])([^,。;:]{2,40}?(?:职工|家庭|借款人|缴存人|申请人)(?:\([^()]{1,12}\))?(?:购买[^,。;:的]{2,20})?)的?(?:住房公积金|公积金|个人)?(?:最高)?(?:贷款)?(?:最高)?(?:(?:额度|限额)的?(?:上限)?|上限)(?:由|从|上浮|上调|提高|最高|为)`)
	// raisedFor is who gets what is raised: 城市低保标准由每人每月700元提高到760元.
	raisedFor = expression(`(?:^[\s(]*(?:[一二三四五六七八九十\d]{1,3}[)、.．]|` + articleRE + `)?|[,。;:])(?:决定|其中|要求|将|我[市县区省]|全[市县区省])*([\p{Han}、]{0,40}?(?:低保|最低生活保障|人员|退休职工|孤儿|儿童|残疾人|优抚对象|老年人|家庭|军人|士兵|遗属|烈士[\p{Han}]{0,4}子女))[\p{Han}]{0,10}?(?:标准)?(?:(?:由|从)[^,。;]{0,16}?\d[^,。;]{0,60}?(?:提高|调整|上调|增加|提升)|(?:提高|调整|上调|提升)(?:到|至|为)[^,。;]{0,12}?\d|每人每[月年](?:提高|增加))`)
	// costsOf is who has the costs that are borne: 锰矿企业、水泥企业的电费补助为每度0.1元.
	costsOf = expression(`(?:^[\s(]*(?:[一二三四五六七八九十\d]{1,3}[)、.．])?|[,:。])([^,。;:]{2,50}?(?:企业|公司|单位|机构|合作社|工商户|人员|家庭|职工|老年人|学生))的[\p{Han}]{1,8}(?:补贴|补助|奖励|津贴)(?:标准|金额)?(?:为|按)`)
)

// provider is who gets something for what they do for others: 运营机构为老年人提供送餐服务可享受补贴.
var provider = expression(`(?:^[\s(]*(?:[一二三四五六七八九十\d]{1,3}[)、.．]|` + articleRE + `)?\s*|[,:。])([^,。;:]{2,30}?(?:机构|企业|单位|组织|合作社))(?:为|向)[^,。;:]{2,60}?提供[^,。;:]{2,16}?(?:可|的,)`)

// alsoClass is a class of enterprises behind another that gets a share, and gets a sum.
var alsoClass = expression(`[,、](` + someClass + `)按\d`)

// named tells whether conditions say who, and not only what nobody could read.
func named(trees []domain.Criteria) bool {
	found := false
	for i := range trees {
		trees[i].Leaves(func(l *domain.Condition) {
			found = found || l.Field != domain.FieldOther && l.Field != domain.FieldKind && l.Field != domain.FieldRegion
		})
	}
	return found
}

// leftOut is whom a sentence leaves out that goes on to say something of others:
// 小微企业(个体工商户除外), 不适用于房地产企业, (不含房地产企业), 除房地产企业外,.
var leftOut = expression(`\(([^()]{2,40}?)除外\)|不适用于([^,。;:()]{2,40})|\((?:不含|不包括|不包含)([^()]{2,40})\)|除([^,。;:()]{2,40}?)(?:以外|之外|外)[的,]`)

// burden is what those who are left out of a sentence are spared: 除新生儿外,设置3个月等待期.
var burden = expression(`等待期|应当|必须|须|不得|不予`)

// behindOut is the noun behind the bracket that leaves somebody out.
var behindOut = automaton.MustCompile(`^的[\p{Han}]{0,12}(?:企业|公司|单位|机构|合作社|工商户|人员|家庭|居民|职工|毕业生|个人|项目)`)

// exclusion reads whom a sentence leaves out, and tells whether it goes on about
// nothing else behind that, and what it says before. That is so by rule X23:
// 列入严重失信主体名单的企业不享受本政策.
func (r *reader) exclusion(s sentence) (only bool, before sentence) {
	if all := s.locs(leftOut); all != nil {
		for _, loc := range all {
			for group := 1; group <= 4; group++ {
				if i, j := loc[2*group], loc[2*group+1]; i >= 0 {
					if group == 4 && s.matches(burden) {
						continue
					}
					tree := r.c.read(s.slice(i, j))
					if tree.IsZero() && group > 2 { // 除另有规定外, (不含增值税)
						continue
					} else if tree.IsZero() {
						tree = other(s.evidence(i, j))
					}
					r.excluded = append(r.excluded, tree)
					r.m.Evidence["exclude"] = append(r.m.Evidence["exclude"], s.evidence(loc[0], loc[1]))
					if before := s.text[:loc[0]]; group%2 == 1 && r.m.Who == "" { // the bracket stands behind whom it is said of
						if at := strings.LastIndex(before, "对"); at >= 0 && !strings.ContainsAny(before[at:], ",。;:") {
							end := loc[0]
							if noun := behindOut.FindString(s.text[loc[1]:]); noun != "" && unread(&tree) {
								end = loc[1] + len(noun)
							}
							r.beneficiary(s.slice(at, end))
						}
					}
				}
			}
		}
		return false, before
	}
	if loc := s.loc(allLeftOut); loc != nil {
		for _, who := range kindsOf(s.slice(loc[2], loc[3])) {
			if tree := r.c.read(who); tree.IsZero() || unread(&tree) {
				r.excluded = append(r.excluded, other(who.evidence(0, len(who.text))))
			} else {
				r.excluded = append(r.excluded, tree)
			}
		}
		r.m.Evidence["exclude"] = append(r.m.Evidence["exclude"], s.evidence(loc[0], loc[1]))
		return true, before
	}
	found := r.t.find("X23", s)
	for _, x := range found {
		i, j := x.at("who")
		if late.MatchString(unnumbered(s.text[i:j])) {
			continue
		}
		tree := r.c.read(s.slice(i, j))
		if tree.IsZero() {
			tree = other(s.evidence(i, j))
		}
		r.excluded = append(r.excluded, tree)
		r.m.Evidence["exclude"] = append(r.m.Evidence["exclude"], x.evidence)
	}
	if len(found) == 0 {
		return false, before
	}
	return true, s.slice(0, found[0].loc[0]).trim()
}

// allLeftOut is a sentence about several who get nothing: 列入失信名单的企业,以及发生
// 安全事故的企业,不享受本措施.
var allLeftOut = expression(`^[\s(]*(?:[一二三四五六七八九十\d]{1,3}[)、.．]|` + articleRE + `)?\s*(?:(?:凡是?|对)?)([^。;:]{4,160}?(?:的|企业|单位|机构|人员|个人|家庭))(?:,(?:均|一律|一概|原则上)?(?:不(?:得|能|可|再|予)?(?:享受|适用|纳入|申报|申请)|不予(?:支持|受理|补[助贴]|奖励))[^,。;:]{0,16}|不[可得]享受[\p{Han}]{2,16}政策)[。;]?$`)

// kindsOf are those named one after another: …的企业,以及…的企业.
func kindsOf(s sentence) []sentence {
	var out []sentence
	from := 0
	for _, m := range andAlso.FindAllStringIndex(s.text, -1) {
		out = append(out, s.slice(from, m[0]))
		from = m[1]
	}
	return append(out, s.slice(from, len(s.text)))
}

var andAlso = automaton.MustCompile(`[,、]?以及|,(?:或者?|和)`)

// tailOut is the first of several behind each other who get nothing.
var tailOut = expression(`(?:下列|以下|下述)[^。;:]{0,30}?不(?:能|得|再|予|可)?(?:享受|申报|申请|申领|领取|纳入|适用|支持|补贴|补助|奖励)[^。;:]{0,20}:(.{4,})$`)

// leaveOut reads one of those who get nothing.
func (r *reader) leaveOut(s sentence) {
	if s = s.afterLabel(); s.text == "" || late.MatchString(s.text) {
		return
	}
	tree := r.c.one(s)
	if unread(&tree) {
		tree = other(s.evidence(0, len(s.text)))
	}
	r.excluded = append(r.excluded, tree)
	r.m.Evidence["exclude"] = append(r.m.Evidence["exclude"], s.evidence(0, len(s.text)))
}

// late is what somebody fails to do after they have learned of a measure, which is
// no question of who they are: 逾期不予受理, 三年内不得申报.
var late = automaton.MustCompile(`^(?:逾期|过期|超期|迟报|未按[时期]|[一二两三四五\d]{1,2}年(?:之?内)?$|一律|再次|原则上$|均$|一般$)`)

// withDefined adds to those whom a sentence names the word behind them that the
// document defines: 小微企业和涉农主体.
func (r *reader) withDefined(s, named sentence) sentence {
	if named.text == "" {
		return named
	}
	from, end := s.byteAt(named.start), s.byteAt(named.end)
	for _, d := range r.c.terms {
		for _, join := range []string{"、", "和", "及", "或"} {
			if word := join + d.word; strings.HasPrefix(s.text[end:], word) {
				return s.slice(from, end+len(word))
			}
		}
	}
	return named
}

// beneficiary reads a phrase that names who gets it.
func (r *reader) beneficiary(phrase sentence) {
	if phrase = people(phrase); phrase.text == "" || perOne.MatchString(phrase.text) || sideOfHeading(phrase.text) != "" && !r.c.known(phrase) {
		return
	}
	e := domain.Evidence{Start: phrase.start, End: phrase.end, Text: phrase.text}
	tree := r.c.read(phrase)
	if r.m.Who == "" {
		r.m.Who = firstRunes(phrase.text, 60)
		r.m.Evidence["who"] = append(r.m.Evidence["who"], e)
	}
	for _, part := range append([]domain.Criteria{tree}, r.c.unread(phrase, &tree)...) {
		if !part.IsZero() {
			r.found = append(r.found, part)
			r.m.Evidence["criteria"] = append(r.m.Evidence["criteria"], e)
		}
	}
}

// toApplyFor is what somebody applies for, before what they have to meet.
var toApplyFor = expression(`^[\s(]*(?:[一二三四五六七八九十\d]{1,3}[)、.．]|` + articleRE + `)?\s*(?:申请|申报|申领|享受|领取)[^,。;:]{2,30}?(?:应当?|须|需)?(?:同时)?(?:具备|符合|满足)`)

// perOne begins for whom a highest sum is reckoned, which is nobody else than those who
// get it: 每月单家商场企业补助不超过20万元.
var perOne = automaton.MustCompile(`^(?:每[月年次]|全年|年度|累计)*(?:单[家个户项笔]|同一)`)

// beforeAll reads for whom several gifts are that the words before them announce: 具有本市
// 户籍的残疾人,符合以下条件的,可以申请:. Which of them get this one its own words say.
func (r *reader) beforeAll(lead sentence) {
	r.beneficiary(lead.subject())
	r.over, r.m.Who = r.m.Who, ""
	r.overBy = r.m.Evidence["who"]
	delete(r.m.Evidence, "who")
}

// ofName reads who gets something by how it is called, where no words say it: 困难残疾人生活
// 补贴标准:每人每月110元.
func (r *reader) ofName(s sentence) {
	s = s.slice(numberSize(s.text), len(s.text))
	name := s.slice(0, len(firstGift.FindString(s.text)))
	if name.text == "" {
		return
	}
	for _, f := range r.c.facets(name) {
		from, to := name.byteAt(f.evidence.Start), name.byteAt(f.evidence.End)
		if (f.field == domain.FieldGroup || f.field == domain.FieldSize) && domain.CodePoints(name.text[:from]) <= 4 && (persons.MatchString(name.text[:to]) || firms.MatchString(name.text[:to])) {
			r.beneficiary(name.slice(0, to))
			return
		}
	}
}

// firstGift begins a sentence with the name of what it gives.
var firstGift = automaton.MustCompile(`^[\p{Han}]{4,20}?(?:补贴|补助|津贴|奖励|资助|贴息)(?:标准)?[ 。:]`)

// ofLabel reads who gets the sums behind a colon: 普通高校毕业生:博士每月3000元.
func (r *reader) ofLabel(s sentence) {
	s = s.slice(numberSize(s.text), len(s.text))
	if i := strings.Index(s.text, ":"); i > 0 && domain.CodePoints(s.text[:i]) <= maxLabel && sideOfLabel(s.text) == "" {
		r.beneficiary(s.slice(0, i))
	}
}

// maxLabel is the most characters of such a label.
const maxLabel = 16

// as says that a measure is for those whom the one before it names.
func (r *reader) as(before *domain.Measure) {
	r.m.Who = before.Who
	for _, field := range []string{"who", "criteria"} {
		if marks := before.Evidence[field]; len(marks) > 0 {
			r.m.Evidence[field] = append(slices.Clip(marks), r.m.Evidence[field]...)
		}
	}
	r.found = append(r.found, before.Criteria)
}

// condition reads a sentence of conditions. What has the look of a condition and
// cannot be read is kept as unread, and so is whatever stands in a list of them.
func (r *reader) condition(s sentence, surely bool) {
	if m := s.loc(toApplyFor); m != nil { // 申请购房补贴应当同时符合下列条件 is about no house-owner
		s = s.slice(m[1], len(s.text))
	}
	if trees := r.c.either(s); trees != nil {
		r.found = append(r.found, trees...)
		r.m.Evidence["criteria"] = append(r.m.Evidence["criteria"], s.evidence(0, len(s.text)))
		return
	}
	tree := r.c.one(s)
	if !tree.IsZero() {
		r.found = append(r.found, tree)
		if surely {
			r.found = append(r.found, r.c.rest(s, &tree)...)
		}
		r.m.Evidence["criteria"] = append(r.m.Evidence["criteria"], s.evidence(0, len(s.text)))
		return
	}
	if u := s.loc(unreadable); u != nil && !r.t.givenIn(s) {
		r.found = append(r.found, other(s.evidence(max(u[0], numberSize(s.text)), u[1])))
	} else if body := s.afterLabel(); surely && body.text != "" && !strings.HasSuffix(s.text, ":") {
		r.found = append(r.found, other(body.evidence(0, len(body.text))))
	}
}
