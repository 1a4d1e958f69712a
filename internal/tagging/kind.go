package tagging

import (
	"slices"
	"strings"
	"unicode/utf8"

	"policypush/internal/automaton"
	"policypush/internal/domain"
)

var (
	kindInTitle  = automaton.MustCompile(`(实施细则|操作细则|操作规程|申报指南|办理指南|服务指南|办事指南|会议纪要|征求意见稿|应急预案|预案|实施意见|指导意见|若干意见|若干措施|若干政策|政策措施|实施方案|工作方案|行动方案|行动计划|实施办法|管理办法|暂行办法|通知|公告|通告|意见|措施|决定|批复|复函|函|纪要|议案|报告|请示|通报|决议|决定书|公报|命令|令|条例|解释|规定|规则|办法|细则|方案|计划|政策|政策解读|解读|问答|图解|公示|名单|公示表|法|函件|规划|规程)$`)
	forwardTitle = automaton.MustCompile(`》的?(?:通知|公告|决定|意见|函|批复|通告|命令|令)`)
	titleTail    = automaton.MustCompile(`(?:\(?\d{4}年?第\d+号\)?|\([^()]{1,40}\)|[0-9一二三四五]+$|【(?:全文|原文|最新|图文|官方)[^【】]{0,6}】|最新版|全文|原文|\s)+$`)
	guideTitle   = automaton.MustCompile(`[??!!]|一文|一图|一看就|读懂|看懂|详解|解读|解析|图解|问答|答疑|百问|常见问题|热点问题|如何|怎么|怎样|怎|什么|哪些|多少|指引|攻略|流程|须知|手把手|来了|速看|收藏|提醒|注意|小贴士|重磅|好消息|这笔|你|明白[卡纸]|简介`)
	noticeTitle  = automaton.MustCompile(`标准|情况|名录|目录|清单|时间|安排|结果|公布|启动|开始|调整`)
	question     = automaton.MustCompile(`(?:^|\n)\s*(?:答|问|Q\d*|A\d*)\s*[::.、]`)
	cardCell     = automaton.MustCompile(`(?:^|\n)\s*【?(?:` + cardNames + `)\s*(?:\n|$|[】::\s])`)
	cardLine     = automaton.MustCompile(`^\s*【?(?:` + cardNames + `)`)
	orderNumber  = automaton.MustCompile(`(?:国务院|人民政府|总局|委员会|部|署|局|银行)令|政府?令〔`)
	byGovernment = automaton.MustCompile(`人民政府令|政府令〔|[\p{Han}]政令〔`)
	carriesOut   = automaton.MustCompile(`^[\p{Han}]{2,8}(?:省|自治区|市)实施《[^》]+法》(?:办法|若干规定|规定)$`)
)

// news is how a paper tells of a policy.
var news = automaton.MustCompile(`记者|本报讯|[日网]讯|\d日电|获悉|据悉|据了解|[\p{Han}]网消息|该[省市县区](?:将|聚焦|还|对|积极|出台)|(?:(?:近日|日前),?|\d日,)[\p{Han}、]{0,100}?(?:印发|发布|启动|出台|公布|下发)了?`)

// chatty is how the page of an office speaks to its readers.
var chatty = automaton.MustCompile(`快来|看看|小编|一起来|往下看|↓↓`)

// cardNames are the names of the cells of a guide card.
const cardNames = `依据文件|政策来源|制发部门|发文单位|发布单位|文号|文件编号|成文日期|印发日期|办理方式|申报时间|办理时限|事项名称|设定依据|政策依据|发文机构|发文机关|发文字号|发文时间|发布日期|工具分类|服务对象|服务内容|支持对象|支持内容|支持标准|扶持对象|扶持标准|补贴标准|奖补对象|奖补标准|产业类别|政策文件|条件要求|申报条件|办理流程|时间/频度|联络方式|联系方式|政策名称|政策内容|申报流程|申报材料`

// cardLines counts the lines that begin with the name of a cell.
func cardLines(text string) int {
	n := 0
	for line := range strings.Lines(text) {
		if cardLine.MatchString(line) {
			n++
		}
	}
	return n
}

// docKind tells the kind of document: a statute by its title and who made it, a
// guide card by its cells, a guide by the way it speaks, and all others by the
// end of the title, quotations cut out: 关于印发《…办法》的通知 is a 通知.
func (t *Tagger) docKind(p *domain.Policy) string {
	if head := firstRunes(p.Text, 4000); cardLines(head) >= 4 && len(cardCell.FindAllStringIndex(head, 12)) >= 4 {
		return "D18"
	}
	title := strings.Join(strings.Fields(p.Title), "")
	if title == "" {
		return selfKind(p)
	}
	if strings.Contains(title, "征求意见稿") || titleAsks.MatchString(title) {
		return "D20"
	}
	if explainsFirst.MatchString(title) {
		return "D19"
	}
	title = bracketedOrder.ReplaceAllString(title, "令")
	if !forwardTitle.MatchString(title) {
		title = strings.TrimSuffix(title, "》")
	}
	for {
		cut := titleTail.ReplaceAllString(title, "")
		if !forwardTitle.MatchString(cut) {
			cut = strings.TrimSuffix(cut, "》") // 云川县财政局《关于…的通知》(2026.3.1)
		}
		if cut == title || cut == "" {
			break
		}
		title = cut
	}
	if opening := firstRunes(p.Text, 300); !strings.Contains(title, "关于") && (news.MatchString(opening) || chatty.MatchString(opening)) {
		return "D19"
	}
	if opening := firstRunes(p.Text, 1000); !strings.Contains(title, "关于") && strings.HasSuffix(title, "公告") && asksOpinions(opening) {
		return "D20"
	}
	if answersMember.MatchString(title) {
		return "D15"
	}
	m := kindInTitle.FindStringSubmatch(title)
	if m == nil || m[1] == "令" && strings.HasSuffix(title, "禁令") {
		if kind := own(firstRunes(p.Text, 1000)); kind != "" && strings.HasSuffix(title, "的") { // cut off before it says
			return kind
		}
		return guideKind(p, title)
	}
	if guideTitle.MatchString(title) && !strings.Contains(title, "关于") && !slices.Contains([]string{"通知", "公告", "通告"}, m[1]) {
		return "D19"
	}
	if kind := statute(p, title, m[1]); kind != "" {
		return kind
	}
	best, length := "", 0
	ends := []string{m[1], kindWords[m[1]]}
	for _, k := range t.rules.DocumentKinds.All() {
		if rank := kindRank(k.Code); rank > length && slices.ContainsFunc(ends, func(end string) bool {
			return end == k.Name || end == k.Code || slices.Contains(k.Suffix, end)
		}) {
			best, length = k.Code, rank
		}
	}
	return best
}

// titleAsks is the title of a text that asks people what they think of a draft.
var titleAsks = automaton.MustCompile(`(?:公开|广泛|向社会|公众)[\p{Han}]{0,4}(?:征求|征集|听取)[\p{Han}]{0,8}意见(?:建议)?(?:的(?:公告|通告|通知|公示))?$`)

// explainsFirst begins the title of what explains another document: 政策解读|关于…的通知.
var explainsFirst = automaton.MustCompile(`^[【「\[]?(?:政策|文件)?(?:解读|问答|图解|一图读懂|答疑)[】」\]|:]`)

// bracketedOrder is the number of an order in brackets behind who gives it.
var bracketedOrder = automaton.MustCompile(`[【(]第?\d{1,3}号令[】)]$`)

// ownName is what a text that has lost its title calls itself.
var ownName = automaton.MustCompile(`(?:制定|提出)(?:如下|以下)[\p{Han}]{0,4}(意见|措施)|作出(?:如下|以下)(决定)|发布(?:如下|以下)[\p{Han}]{0,4}(令)|(?:特此|(?:有关)?(?:事项|事宜|问题|工作|要求|情况|规定|内容)[\p{Han}]{0,6}|本|现)(通知|公告|通告|批复|函复|决定|意见|请示)(?:如下|[。,]|自)|自本(通知|公告|通告|决定|意见)(?:发布|公布|印发)之日|现将[^。;\n]{2,40}予以(公告|通告)[。,]`)

// ownKinds are the kinds by what texts call themselves.
var ownKinds = map[string]string{"通知": "D08", "公告": "D09", "通告": "D10", "批复": "D14", "函复": "D15", "决定": "D12", "意见": "D11", "措施": "D11", "请示": "D17", "令": "D13"}

// own is the kind that a text calls itself, "" if it does not say.
func own(text string) string {
	m := ownName.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	return ownKinds[strings.Join(m[1:], "")]
}

// namedLine is a title that goes on with what it says: 2026年小学入学报名公告:.
var namedLine = automaton.MustCompile(`^[^。,:《》]{6,60}(公告|通告|通知):$`)

// listsNames is what a text that shows a list of names says.
var listsNames = automaton.MustCompile(`[予以进行]{2}公示|公示如下|公示期|名单予以公布`)

var (
	// draft and opinions stand together where people are asked what they think of one.
	draft    = automaton.MustCompile(`草案|征求意见稿|征求意见期|意见征求期|修订稿|提出意见|征求意见的?(?:时间|期限)|意见反馈|反馈意见`)
	opinions = automaton.MustCompile(`(?:公开|广泛|面向社会|向社会|现)[^。;\n]{0,12}(?:征求|听取|征集)`)
	// toMember begins an answer to a member of a congress or a conference.
	toMember = automaton.MustCompile(`(?:^|\n)[^\n。]{2,80}(?:委员|代表):\n[^\n]{0,200}答复如下`)
	// reported is how a report of a paper or an agency begins.
	reported = automaton.MustCompile(`^(?:新华社|中新[网社]|人民网|央视网|本报|[\p{Han}]{2,8}(?:日报|晚报|时报))[\p{Han}]{0,8}(?:\d{1,2}月\d{1,2}日)?[\p{Han}]{0,3}[电讯][ (,]|^[\p{Han}]{2,12}[报网]讯[ (,]`)
	// passedOn is what a notice says of what it passes on, passed what stands over a
	// statute of a place.
	passedOn = automaton.MustCompile(`现将[^。]{4,160}(?:转发|印发)给你们|现将《[^。]{4,160}予以公布,并就`)
	passed   = automaton.MustCompile(`(?:^|\n)[(于]{0,2}\d{4}年\d{1,2}月\d{1,2}日[\p{Han}]{2,12}(?:省|市|州|县|自治区)[^。\n]{0,12}人民代表大会[^。\n]{0,40}(?:通过|批准)|(?:^|\n)于\d{4}年\d{1,2}月\d{1,2}日(?:自治州|自治县|市|省)[^。\n]{0,12}人民代表大会[^。\n]{0,40}通过`)
	// explains is how what explains a policy is divided.
	explains = automaton.MustCompile(`(?:^|\n)一、(?:起草|制定|出台|政策|文件)[\p{Han}]{0,4}(?:背景|依据|目的)`)
	// makesRules is what the first article of rules says that they are.
	makesRules = automaton.MustCompile(`(?:^|\n)第一条[^\n]{0,300}(?:制定|制订)本(实施细则|实施办法|管理办法|办法|规定|细则|规程|方案)。`)
)

// asksOpinions tells whether a text shows a draft and asks what people think of it.
func asksOpinions(text string) bool { return draft.MatchString(text) && opinions.MatchString(text) }

// selfKind is the kind of a text without a title: what it calls itself, else a
// notice if it is addressed or signed, else a piece of news if it speaks as one.
func selfKind(p *domain.Policy) string {
	switch {
	case asksOpinions(firstRunes(p.Text, 1000)):
		return "D20"
	case toMember.MatchString(firstRunes(p.Text, 400)):
		return "D15"
	case explains.MatchString(firstRunes(p.Text, 400)):
		return "D19"
	}
	if listsNames.MatchString(p.Text) {
		return "D21"
	}
	switch opening := firstRunes(p.Text, 1000); {
	case reported.MatchString(opening):
		return "D19"
	case passedOn.MatchString(opening):
		return "D08"
	case passed.MatchString(firstRunes(opening, 300)):
		return "D04"
	}
	if kind := own(p.Text); kind != "" {
		return kind
	}
	head := headClauses(p)
	for _, c := range head {
		if m := namedLine.FindStringSubmatch(c.Text); m != nil {
			return ownKinds[m[1]]
		}
	}
	switch {
	case slices.ContainsFunc(head, func(c domain.Clause) bool { return strings.HasSuffix(c.Text, ":") }), signed(p):
		return "D08"
	case news.MatchString(firstRunes(p.Text, 2000)):
		return "D19"
	}
	if m := makesRules.FindStringSubmatch(firstRunes(p.Text, 1000)); m != nil {
		switch {
		case strings.HasSuffix(m[1], "细则"), m[1] == "规程":
			return "D18"
		case everyProvince.MatchString(p.Text):
			return "D05" // a ministry makes rules for all of the country
		}
		return "D07"
	}
	if !statesItems.MatchString(p.Text) { // written to nobody, signed by nobody
		return "D19"
	}
	return ""
}

// statesItems is how articles begin.
var statesItems = automaton.MustCompile(`(?:^|\n)第[一二三四五六七八九十百]+条`)

// kindWords are ends of titles that document-kinds.yaml does not list, by the
// code or the end that they count as.
var kindWords = map[string]string{
	"若干措施": "意见", "若干政策": "意见", "政策措施": "意见", "措施": "意见", "政策": "意见", "实施方案": "方案", "行动方案": "方案",
	"行动计划": "方案", "计划": "方案", "规划": "方案", "应急预案": "方案", "预案": "方案", "实施办法": "办法", "管理办法": "办法", "暂行办法": "办法", "细则": "实施细则", "规则": "规定", "规程": "规定",
	"服务指南": "D18", "办事指南": "D18", "操作规程": "D18", "命令": "令", "决定书": "决定",
}

// answersMember is the title of an answer to a member of a congress or a conference.
var answersMember = automaton.MustCompile(`(?:建议|提案|议案|代表|委员).{0,24}(?:答复|复函)`)

// tellsOf is the title of a piece of news: 2026年入学政策公布.
var tellsOf = automaton.MustCompile(`(?:政策|办法|细则|措施)(?:正式|今日|已)?(?:公布|出台|发布|启动)$|标准(?:再次|正式)?(?:提高|上调)(?:到|至|为)?[\d每人月年元]{0,12}$`)

// inPaper tells of a paper from which a page has its text.
var inPaper = automaton.MustCompile(`(?:来源|来自)[: ]{1,3}[\p{Han}]{2,8}(?:日报|晚报|时报|早报|晨报|商报|新闻网|新华网|人民网|融媒体中心)`)

// guideKind is the kind of a text whose title names none: a guide or a piece of
// news about a policy, or a notice of what is paid.
func guideKind(p *domain.Policy, title string) string {
	switch {
	case strings.HasSuffix(title, "总结"), strings.HasSuffix(title, "年报"), strings.HasSuffix(title, "决算"), strings.HasSuffix(title, "部门预算"):
		return "D17"
	case strings.HasSuffix(title, "说明"), guideTitle.MatchString(title), question.MatchString(firstRunes(p.Text, 3000)):
		return "D19"
	case strings.HasSuffix(title, "指南"), strings.HasSuffix(title, "申报"), guideAnd.MatchString(title):
		return "D18"
	case tellsOf.MatchString(title), inPaper.MatchString(firstRunes(p.Text, 300)):
		return "D19"
	case noticeTitle.MatchString(title):
		return "D09"
	case utf8.RuneCountInString(title) > 4:
		return "D19"
	}
	return ""
}

// guideAnd is the title of a guide that shows more: 高龄津贴办理指南及标准.
var guideAnd = automaton.MustCompile(`(?:申报|办理|办事|申领|申请|服务)指南(?:及|和|与|、|\()`)

// statute tells the level of a law, regulation or rule from its title and from
// who made it; "" for what is none.
func statute(p *domain.Policy, title, end string) string {
	if strings.Contains(title, "关于") && !strings.HasSuffix(title, "决定") && end != "解释" && end != "规定" {
		return ""
	}
	head, _, _ := strings.Cut(firstRunes(p.Text, 500), "第一条") // what the articles speak of is not who made them
	made := strings.Join(p.Issuers, "") + p.DocNumber
	switch end {
	case "法":
		return "D01"
	case "解释":
		return "D03"
	case "条例", "规定", "办法", "实施办法", "暂行办法", "管理办法", "规则", "实施细则", "细则":
	default:
		return ""
	}
	congress := strings.Contains(made+head, "人民代表大会") || strings.Contains(made+head, "人大常委会")
	switch {
	case carriesOut.MatchString(title) && !byGovernment.MatchString(made+firstRunes(p.Text, 200)):
		return "D04" // a province carries out a law of the state by one of its own
	case strings.HasPrefix(title, "最高人民") && end == "规定":
		return "D03"
	case congress && !strings.Contains(title, "中华人民共和国") && (end == "条例" || strings.Contains(head, "人民代表大会常务委员会")):
		return "D04"
	case end == "条例" && (strings.Contains(made+head, "国务院") || strings.HasPrefix(title, "中华人民共和国") || !ofPlace.MatchString(title)):
		return "D02"
	case end == "条例":
		return "D04"
	case strings.Contains(made+head, "国务院令"):
		return "D02"
	case !orderNumber.MatchString(made + firstRunes(p.Text, 200)):
		return ""
	case byGovernment.MatchString(made + firstRunes(p.Text, 200)):
		return "D06"
	default:
		return "D05"
	}
}

// ofPlace is the title of a regulation of a place, which bears its name.
var ofPlace = automaton.MustCompile(`^[\p{Han}\d]{0,6}?[\p{Han}]{2,10}(?:省|自治区|自治州|自治县|特区|[州县区盟旗])|^[\p{Han}\d]{0,6}?[\p{Han}]{2,3}市`)

// kindRank prefers, for one suffix, the kind whose name it is over the levels
// of law that also use it: a title alone does not make a 办法 a regulation.
func kindRank(code string) int {
	switch code {
	case "D08", "D09", "D10", "D11", "D12", "D13", "D14", "D15", "D16", "D19", "D20", "D21":
		return 5
	case "D18":
		return 4
	case "D07":
		return 3
	case "D01", "D04":
		return 2
	default:
		return 1
	}
}
