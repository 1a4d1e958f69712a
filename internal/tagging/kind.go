package tagging

import (
	"slices"
	"strings"
	"unicode/utf8"

	"policypush/internal/automaton"
	"policypush/internal/domain"
)

// The kinds of documents, by their codes in document-kinds.yaml.
const (
	kindLaw            = "D01"
	kindRegulation     = "D02" // of the State Council
	kindJudicial       = "D03"
	kindLocalLaw       = "D04"
	kindMinistryRules  = "D05"
	kindLocalRules     = "D06"
	kindRules          = "D07" // of no level of law
	kindNotice         = "D08"
	kindAnnouncement   = "D09"
	kindPublicNotice   = "D10"
	kindOpinions       = "D11"
	kindDecision       = "D12"
	kindOrder          = "D13"
	kindApproval       = "D14"
	kindLetter         = "D15"
	kindMinutes        = "D16"
	kindReport         = "D17"
	kindGuide          = "D18"
	kindInterpretation = "D19" // and news
	kindDraft          = "D20"
	kindNames          = "D21"
)

// laws are the kinds that have the force of one.
var laws = []string{kindLaw, kindRegulation, kindJudicial, kindLocalLaw, kindMinistryRules, kindLocalRules}

// docKind tells the kind of document: a guide card by its cells, a text without a
// title by what it calls itself, and all others by the end of the title, quotations
// cut out: 关于印发《…办法》的通知 is a 通知. A text that speaks as a guide or a piece of
// news is one whatever its title ends with, a statute has the level of who made it.
func (t *Tagger) docKind(p *domain.Policy) string {
	title := strings.Join(strings.Fields(p.Title), "")
	switch {
	case isCard(p):
		return kindGuide
	case title == "":
		return selfKind(p)
	case isDraft(p, title):
		return kindDraft
	case explainsFirst.MatchString(title):
		return kindInterpretation
	}
	title = completeTitle(bracketedOrder.ReplaceAllString(title, "令"))
	opening := firstRunes(p.Text, 1000)
	about := strings.Contains(title, "关于")
	if head := firstRunes(opening, 300); !about && (news.MatchString(head) || chatty.MatchString(head)) {
		return kindInterpretation
	}
	if !about && strings.HasSuffix(title, "公告") && asksOpinions(opening) {
		return kindDraft
	}
	if answersMember.MatchString(title) {
		return kindLetter
	}
	end, kind := t.endOf(title)
	if end == "" {
		if kind := own(opening); kind != "" && strings.HasSuffix(title, "的") { // cut off before it says
			return kind
		}
		return cmpEmpty(guideKind(p, title), selfKind(p))
	}
	if guideTitle.MatchString(title) && !about && !slices.Contains([]string{"通知", "公告", "通告"}, end) {
		return kindInterpretation
	}
	return cmpEmpty(statute(p, title, end), kind)
}

// endOf is the longest end of a title that document-kinds.yaml knows, with its kind.
func (t *Tagger) endOf(title string) (end, kind string) {
	if otherWord.MatchString(title) {
		return "", ""
	}
	for _, k := range t.rules.DocumentKinds.All() {
		for _, suffix := range k.Suffix {
			if len(suffix) > len(end) && strings.HasSuffix(title, suffix) {
				end, kind = suffix, k.Code
			}
		}
	}
	return end, kind
}

// otherWord is a title whose last word only ends like a kind of document.
var otherWord = automaton.MustCompile(`(?:禁令|口令|[做用方执司立普看说算][法]|(?:收到|提出|反映)的[\p{Han}]{0,4}意见)$`)

// completeTitle is a title as it was issued: without what pages and copies put behind it
// and without the marks around it.
func completeTitle(title string) string {
	for {
		cut := titleTail.ReplaceAllString(title, "")
		if !forwardTitle.MatchString(cut) {
			cut = strings.TrimSuffix(cut, "》") // 云川县财政局《关于…的通知》(2026.3.1)
		}
		if cut == title || cut == "" {
			return title
		}
		title = cut
	}
}

var (
	// titleTail is what stands behind a title: a number, a note in brackets, a page.
	titleTail = automaton.MustCompile(`(?:\(?\d{4}年?第\d+号\)?|\([^()]{1,40}\)|[0-9一二三四五]+$|【(?:全文|原文|最新|图文|官方)[^【】]{0,6}】|最新版|全文|原文|\s)+$`)
	// forwardTitle is the title of what passes on or issues the document that it quotes.
	forwardTitle = automaton.MustCompile(`》的?(?:通知|公告|决定|意见|函|批复|通告|命令|令)`)
	// bracketedOrder is the number of an order in brackets behind who gives it.
	bracketedOrder = automaton.MustCompile(`[【(]第?\d{1,3}号令[】)]$`)
	// explainsFirst begins the title of what explains another document: 政策解读|关于…的通知.
	explainsFirst = automaton.MustCompile(`^[【「\[]?(?:政策|文件)?(?:解读|问答|图解|一图读懂|答疑)[】」\]|:]`)
	// answersMember is the title of an answer to a member of a congress or a conference.
	answersMember = automaton.MustCompile(`(?:建议|提案|议案|代表|委员).{0,24}(?:答复|复函)`)
)

var (
	// factCells are the cells in which a guide card tells of the document that it
	// rests on, as the heads of all pages do; giftCells say what it is about.
	factCells = automaton.MustCompile(`^\s*【?(?:依据文件|政策来源|制发部门|发文单位|发布单位|文号|文件编号|成文日期|印发日期|设定依据|政策依据|发文机构|发文机关|发文字号|发文时间|发布日期|政策文件|政策名称)\s*(?:$|[】::\s])`)
	giftCells = automaton.MustCompile(`^\s*【?(?:办理方式|申报时间|办理时限|事项名称|工具分类|服务对象|服务内容|支持对象|支持内容|支持标准|扶持对象|扶持标准|补贴标准|奖补对象|奖补标准|产业类别|条件要求|申报条件|办理流程|时间/频度|联络方式|联系方式|政策内容|申报流程|申报材料)\s*(?:$|[】::\s])`)
)

// isCard tells whether a text is a guide card: at least four of its lines begin with the
// name of a cell. The head of an official document has only cells about itself.
func isCard(p *domain.Policy) bool {
	facts, gifts := 0, 0
	for line := range strings.Lines(firstRunes(p.Text, 4000)) {
		line = strings.TrimRight(line, "\n")
		switch {
		case giftCells.MatchString(line):
			gifts++
		case factCells.MatchString(line):
			facts++
		}
	}
	return gifts > 0 && facts+gifts >= 4
}

// isDraft tells whether a text with a title is a draft that people may comment on.
func isDraft(p *domain.Policy, title string) bool {
	return strings.Contains(title, "征求意见稿") || titleAsks.MatchString(title) || draftBelow.MatchString(firstRunes(p.Text, 400))
}

var (
	// titleAsks is the title of a text that asks people what they think of a draft.
	titleAsks = automaton.MustCompile(`(?:公开|广泛|向社会|公众)[\p{Han}]{0,4}(?:征求|征集|听取)[\p{Han}]{0,8}意见(?:建议)?(?:的(?:公告|通告|通知|公示))?$`)
	// draftBelow is a line below a title that says of what it is the title.
	draftBelow = automaton.MustCompile(`\n\((?:公开)?征求意见稿\)\n`)
)

// guideTitle is how guides and pieces of news are headed.
var guideTitle = automaton.MustCompile(`[??!!]|一文|一图|一看就|读懂|看懂|详解|解读|解析|图解|问答|答疑|百问|常见问题|热点问题|如何|怎么|怎样|怎|什么|哪些|多少|指引|攻略|流程|须知|手把手|来了|速看|收藏|提醒|注意|小贴士|重磅|好消息|这笔|你|明白[卡纸]|简介`)

// guideKind is the kind of a text whose title names none: a guide or a piece of
// news about a policy, or a notice of what is paid.
func guideKind(p *domain.Policy, title string) string {
	switch {
	case strings.HasSuffix(title, "制度") && statesItems.MatchString(p.Text):
		return kindRules
	case strings.HasSuffix(title, "说明"), guideTitle.MatchString(title), question.MatchString(firstRunes(p.Text, 3000)):
		return kindInterpretation
	case strings.HasSuffix(title, "指南"), strings.HasSuffix(title, "申报"), guideAnd.MatchString(title):
		return kindGuide
	case tellsOf.MatchString(title), inPaper.MatchString(firstRunes(p.Text, 300)):
		return kindInterpretation
	case ownWork.MatchString(title):
		return kindReport
	case noticeTitle.MatchString(title):
		return kindAnnouncement
	case utf8.RuneCountInString(title) > 4:
		if m := asFollows.FindStringSubmatch(firstRunes(p.Text, 1000)); m != nil {
			return ownKinds[m[1]]
		}
		return kindInterpretation
	}
	return ""
}

var (
	// ownWork is the title of how far an office came with what it has to do.
	ownWork     = automaton.MustCompile(`(?:办理|完成|落实|进展|开展|整改|执行)情况$`)
	noticeTitle = automaton.MustCompile(`(?:标准|情况|名录|目录|清单|时间|安排|结果|公布|启动|开始|调整)(?:表|了)?$`)
	question    = automaton.MustCompile(`(?:^|\n)\s*(?:答|问|Q\d*|A\d*)\s*[::.、]`)
	// guideAnd is the title of a guide that shows more: 高龄津贴办理指南及标准.
	guideAnd = automaton.MustCompile(`(?:申报|办理|办事|申领|申请|服务)指南(?:及|和|与|、|\()`)
	// tellsOf is the title of a piece of news: 2026年入学政策公布.
	tellsOf = automaton.MustCompile(`(?:政策|办法|细则|措施)(?:正式|今日|已)?(?:公布|出台|发布|启动)$|标准(?:再次|正式)?(?:提高|上调)(?:到|至|为)?[\d每人月年元]{0,12}$`)
	// inPaper tells of a paper from which a page has its text.
	inPaper = automaton.MustCompile(`(?:来源|来自)[: ]{1,3}[\p{Han}]{2,8}(?:日报|晚报|时报|早报|晨报|商报|新闻网|新华网|人民网|融媒体中心)`)
	// asFollows is what a document says before what it has to say.
	asFollows = automaton.MustCompile(`(?:现[就将][^。;\n]{4,80}|具体)(通知|公告|通告)如下`)
)

var (
	orderNumber  = automaton.MustCompile(`(?:国务院|人民政府|总局|委员会|部|署|局|银行)令|政府?令〔`)
	byGovernment = automaton.MustCompile(`人民政府令|政府令〔|[\p{Han}]政令〔`)
	carriesOut   = automaton.MustCompile(`^[\p{Han}]{2,8}(?:省|自治区|市)实施《[^》]+法》(?:办法|若干规定|规定)$`)
	// ofPlace is the title of a regulation of a place, which bears its name.
	ofPlace = automaton.MustCompile(`^[\p{Han}\d]{0,6}?[\p{Han}]{2,10}(?:省|自治区|自治州|自治县|特区|[州县区盟旗])|^[\p{Han}\d]{0,6}?[\p{Han}]{2,3}市`)
)

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
		return kindLaw
	case "解释":
		return kindJudicial
	case "条例", "规定", "办法", "规则", "细则":
	default:
		return ""
	}
	congress := strings.Contains(made+head, "人民代表大会") || strings.Contains(made+head, "人大常委会")
	ordered := made + firstRunes(p.Text, 200)
	switch {
	case carriesOut.MatchString(title) && !byGovernment.MatchString(ordered):
		return kindLocalLaw // a province carries out a law of the state by one of its own
	case strings.HasPrefix(title, "最高人民") && end == "规定":
		return kindJudicial
	case congress && !strings.Contains(title, "中华人民共和国") && (end == "条例" || strings.Contains(head, "人民代表大会常务委员会")):
		return kindLocalLaw
	case end == "条例" && (strings.Contains(made+head, "国务院") || strings.HasPrefix(title, "中华人民共和国") || !ofPlace.MatchString(title)):
		return kindRegulation
	case end == "条例":
		return kindLocalLaw
	case strings.Contains(made+head, "国务院令"):
		return kindRegulation
	case !orderNumber.MatchString(ordered):
		return ""
	case byGovernment.MatchString(ordered):
		return kindLocalRules
	default:
		return kindMinistryRules
	}
}
