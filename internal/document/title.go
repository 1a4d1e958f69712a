package document

import (
	"slices"
	"strings"

	"policypush/internal/automaton"
)

// titleKinds are the words that titles of documents end with.
var titleKinds = []string{
	"通知", "意见", "办法", "公告", "决定", "细则", "方案", "规定", "条例", "措施", "政策", "通告", "批复", "函", "指南", "指引", "解读",
	"问答", "标准", "规范", "制度", "规划", "计划", "通报", "公示", "决议", "名单", "目录", "清单", "令", "法", "规程", "须知", "答复", "说明", "要点", "纪要", "报告", "举措", "若干条", "工作规则", "复函", "决算",
}

var titleTail = automaton.MustCompile(`[(〔](?:已?(?:失效|废止|修改)|试行|暂行|草案|修订|修正|征求意见稿|\d{4}年?版?(?:修正|修订|本)?|\d{4}年.{0,6}|.{0,6}修[正订].{0,4}|.{0,8}稿|[^()]{2,30}(?:公告|令)第\d{1,4}号|[\p{Han}]{2,12}〔\d{4}〕\d{1,4}号)[)〕]$`)

// endsLikeTitle tells whether a line ends with a kind of document.
func endsLikeTitle(s string) bool {
	if r := lastRune(s); r == ')' || r == '〕' {
		s = titleTail.ReplaceAllString(s, "")
	}
	for _, k := range titleKinds {
		if strings.HasSuffix(s, k) {
			return true
		}
	}
	return false
}

var (
	numberLine = automaton.MustCompile(`^[\p{Han}()、]{1,24}〔\d{4}〕第?\d{1,5}号$|^第\d{1,4}号$|^[\p{Han}]{2,40}公告\d{4}年第\d{1,4}号$|^[A-Z]{4}\d{2}-\d{4}-\d{4}$|^[0-9A-Z]{9,20}(?:/\d{4}-\d{1,8})?$|^\d{4}年第\d{1,4}号$`)
	dateLine   = automaton.MustCompile(`^(?:\d{4}|[一二][〇○Oo零一二三四五六七八九]{3})(?:年[\d一二三四五六七八九十]{1,3}月[\d一二三四五六七八九十]{1,3}日|[-./]\d{1,2}[-./]\d{1,2})$`)
	signedDate = automaton.MustCompile(`^[\p{Han}、()]{2,40}(?:\d{4}|[一二][〇○Oo零一二三四五六七八九]{3})年[\d一二三四五六七八九十]{1,3}月[\d一二三四五六七八九十]{1,3}日$`)
	printed    = automaton.MustCompile(`^.{0,40}\d{4}年\d{1,2}月\d{1,2}日印发$`)
	revision   = automaton.MustCompile(`^[(]?\d{4}年\d{1,2}月\d{1,2}日.*(?:通过|公布|修[正订]|施行|批准|发布|修改)[)。]?(?:目录)?$`)
	orgLine    = automaton.MustCompile(`^[\p{Han}、()]{2,40}(?:局|厅|委|会|室|府|部|院|行|署|处|办|心|公司|站|馆|总队|支队|大队|协会|分局|党组|集团|学校|大学|医院|(?:领导|协调|工作|推进|专项)小组|工作组|(?:保障|防控|综合|救治)组|联防联控机制|专班|指挥部|联席会议|联合体|商会|学会)(?:\([代借盖公]?章\))?$`)
	sealLine   = automaton.MustCompile(`^\(.{0,30}(?:代章|盖章|公章|章)\)$`)
	attachment = automaton.MustCompile(`^附(?:件|表|录)?(?:\d{1,2}|[一二三四五六七八九十]{1,2})?$`)
)

// compactDate is a day on a line of its own without its marks: 20260301.
var compactDate = automaton.MustCompile(`^20\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$`)

// cutDate is a day on a line of its own whose last mark was lost: 2026年3月1.
var cutDate = automaton.MustCompile(`^20\d{2}年\d{1,2}月\d{1,2}$`)

// isDayLine tells whether a line below the name of an office is the day on which
// it signs.
func isDayLine(s string) bool {
	return isDateLine(s) || len(s) == 8 && compactDate.MatchString(s) || len(s) <= 16 && cutDate.MatchString(s)
}

func isDateLine(s string) bool {
	return len(s) <= 60 && (strings.HasSuffix(s, "日") || s != "" && isDigit(s[len(s)-1])) && dateLine.MatchString(s)
}

// isNumberLine tells whether a line is the number of a document and no more.
func isNumberLine(s string) bool {
	return len(s) <= 200 && (strings.HasSuffix(s, "号") || isAlnum(lastRune(s))) && numberLine.MatchString(s)
}

func isAttachment(s string) bool {
	return len(s) <= 60 && strings.HasPrefix(s, "附") && attachment.MatchString(s)
}

func isOrgLine(s string) bool { return len(s) <= 120 && orgLine.MatchString(s) }

// pageFacts name what a page says about a document in one line.
var pageFacts = automaton.MustCompile(`(?:索引号|主题分类|发文机关|发文机构|发布机构|发文字号|文号|统一编号|发布机关|实施日期|失效日期|成文日期|发文日期|发布日期|生成日期|公开日期|标题|名称|主题词|有效性|信息来源|来源|作者|发布时间|时间|浏览次数|浏览|阅读|字体|字号|分享到)[】\]]? ?[:]`)

// isMetaLine tells whether a line holds two or more facts about the document
// by name, as pages put above or below a text.
func isMetaLine(s string) bool {
	return len(s) <= 1500 && strings.Contains(s, ":") && len(pageFacts.FindAllStringIndex(s, 2)) >= 2
}

// isNoteLine tells whether a line is about the paper and not about the policy.
func isNoteLine(s string) bool {
	for _, p := range []string{"(此件", "此件公开", "此件主动", "抄送:", "主题词:", "信息公开选项:", "公开方式:", "公开属性:", "附件:", "附:"} {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return strings.HasSuffix(s, "印发") && len(s) <= 200 && printed.MatchString(s)
}

// beforeBody is how many lines a title may be looked for in.
const beforeBody = 30

// findTitle joins the lines of the title and returns where it stands. Without
// a line that looks like one, a short first line will do; else it is -1.
func findTitle(lines []line) ([]line, int) {
	best, bestScore, bestSize := -1, 0, 1
	named := namedTitle(lines)
	for i := 0; i < len(lines) && i < beforeBody; i++ {
		l := lines[i]
		if l.style == tableLine {
			continue
		}
		text, size := titleFrom(lines, i)
		score := titleScore(text, l.style)
		if named != "" && l.text == named {
			score += sureTitle
		}
		if leadsTo(lines, i) {
			score = 0
		}
		if score > bestScore || score == bestScore && best >= 0 && issues(text, lines[best].text) {
			best, bestScore, bestSize = i, score, size
		}
		if l.style == plainLine && (isAddressee(l.text) || startsBody(lines, i)) {
			break
		}
	}
	for i := 1; best < 0 && i+1 < len(lines) && i < beforeBody; i++ { // news goes before the document that it shows
		if text, size := titleFrom(lines, i); i+size < len(lines) && titleScore(text, lines[i].style) >= sureTitle &&
			(isAddressee(lines[i+size].text) || i == 1 && columns(lines[0].text) <= longest && preamble.MatchString(lines[i+size].text)) {
			best, bestSize = i, size
		}
	}
	if i := datedHeadline(lines); i >= 0 && (i < best && bestScore < sureTitle || bestScore == 1) {
		best, bestSize = i, 1
	}
	if i, size := promulgated(lines); i >= 0 {
		best, bestSize = i, size
	}
	first := 0
	for first < 3 && first < len(lines) && (strings.HasPrefix(lines[first].text, "★") || isSite(lines[first].text) || strings.Trim(lines[first].text, "0123456789") == "") { // the slogans of a place
		first++
	}
	if best < 0 {
		best = datedHeadline(lines)
	}
	if best < 0 && first < len(lines) && mayHead(lines[first]) {
		best = first
	}
	if best < 0 {
		return lines, -1
	}
	if bestSize > 1 {
		for _, l := range lines[best+1 : best+bestSize] {
			lines[best].take(l)
		}
		lines = slices.Delete(lines, best+1, best+bestSize)
	}
	return lines, best
}

// titleFact is the title among the facts that a page tells about a document, nextFact what
// may follow it.
var (
	titleFact = automaton.MustCompile(`(?:^|[^策目构位项业务件])(?:标题|名称): ?([^:|]{6,120})`)
	nextFact  = automaton.MustCompile(` ?(?:文号|发文字号|索引号|发布机构|发布日期|发文日期|成文日期|主题词|有效性|信息来源|来源|关键词|内容概述)$`)
)

// namedTitle is the title that a page tells among its facts, "" if it does not.
func namedTitle(lines []line) string {
	for _, l := range lines[:min(len(lines), beforeBody)] {
		if len(l.text) > 1500 || !strings.Contains(l.text, "标题") && !strings.Contains(l.text, "名称") {
			continue
		}
		if m := titleFact.FindStringSubmatch(l.text); m != nil {
			return strings.TrimSpace(nextFact.ReplaceAllString(m[1], ""))
		}
	}
	return ""
}

// mayHead tells whether a line that does not look like a title may be one.
func mayHead(l line) bool {
	s := l.text
	return l.style != tableLine && columns(s) >= 4 && columns(s) <= 120 && !strings.HasSuffix(s, ":") && !isMetaLine(s) && !notTitle.MatchString(s) && !isTrail(s) && !factLine.MatchString(s) &&
		!revision.MatchString(s) && balanced(s) && !hasAny(s, "。;") && numberOf(s).rank == noRank && !isDateLine(s) && !isNumberLine(s) && strings.Trim(s, "0123456789 ") != ""
}

// dated begins the line that pages put below a headline.
var dated = automaton.MustCompile(`^(?:发布|发表|更新|发稿)?(?:时间|日期):? ?\d{4}|^\d{4}年\d{1,2}月\d{1,2}日 ?\d{1,2}:\d{2}|^来源:[\p{Han}]{2,12}$|^(?:浏览|阅读|点击|访问|来源|作者|编辑)[^。;]{0,30}(?:时间|日期):? ?\d{4}`)

// datedHeadline returns the line above the date of a page, or -1.
func datedHeadline(lines []line) int {
	for i := 1; i < len(lines) && i < beforeBody && !startsBody(lines, i-1); i++ {
		if l := lines[i-1]; dated.MatchString(lines[i].text) && columns(l.text) >= shortestHeadline && mayHead(l) {
			return i - 1
		}
	}
	return -1
}

// trail is the way to a page: 首页>政务公开>政策文件.
var trail = automaton.MustCompile(`^(?:>|[您你我]?的?(?:当前|现在|所在)的?位置|[您你我]的位置)|>[^<>]*>`)

// isTrail tells whether a line is the way to a page.
func isTrail(s string) bool { return strings.ContainsAny(s, ">位") && trail.MatchString(s) }

// wayTo is the way to a page or the name of its site before a title.
var wayTo = automaton.MustCompile(`^(?:[^。;]{1,60}>|[\p{Han}]{2,20}(?:网站?|门户|平台) ?)`)

// leadsTo tells whether a line is that and the title, which one of the next lines is:
// 云川之窗>关于…的通告.
func leadsTo(lines []line, i int) bool {
	at := len(wayTo.FindString(lines[i].text))
	if at == 0 {
		return false
	}
	rest := lines[i].text[at:]
	return slices.ContainsFunc(lines[i+1:min(len(lines), i+beforeBody)], func(l line) bool { return l.text == rest })
}

// brought is what an order says of the rules that it brings: 《居住登记条例》已经…通过.
var brought = automaton.MustCompile(`^(?:现将?(?:公布|发布))?《([^《》]{4,80})》[^。]{0,300}(?:(?:通过|同意|批准|决定),?现予(?:公布|发布)|自[^。]{2,30}起施行)`)

// promulgated returns where the title of the rules that an order before them brings stands,
// and of how many lines it is made; -1 if there is none.
func promulgated(lines []line) (at, size int) {
	for i := 0; i < len(lines) && i < beforeBody; i++ {
		if len(lines[i].text) > 1200 {
			break
		}
		m := brought.FindStringSubmatch(lines[i].text)
		if m == nil && broughtBare.MatchString(lines[i].text) {
			for j := i + 1; j < len(lines) && j <= i+12; j++ {
				if n := named(withoutMarks.Replace(lines[i].text), lines, j); n > 0 {
					return j, n
				}
			}
		}
		if m == nil {
			continue
		}
		name := withoutMarks.Replace(m[1])
		for j := i + 1; j < len(lines) && j <= i+12; j++ {
			joined := ""
			for k := j; k < len(lines) && k < j+longTitle; k++ {
				if joined += withoutMarks.Replace(lines[k].text); joined == name {
					return j, k + 1 - j
				}
				if !strings.HasPrefix(name, joined) {
					break
				}
			}
		}
		break
	}
	return -1, 0
}

// broughtBare is the same without marks around the name.
var broughtBare = automaton.MustCompile(`^[^《》。]{0,300}(?:现予?(?:以)?(?:公布|发布)|[已业]经[^《》。]{4,60}(?:通过|同意|批准))[^《》。]{0,120}(?:。|$)`)

// named returns how many of the lines from j on make up the name of rules that a line holds.
func named(by string, lines []line, j int) int {
	joined := ""
	for k := j; k < len(lines) && k < j+longTitle; k++ {
		joined += withoutMarks.Replace(lines[k].text)
		if !strings.Contains(by, joined) {
			break
		}
		if endsLikeTitle(joined) && columns(joined) >= shortestHeadline {
			return k + 1 - j
		}
	}
	return 0
}

// withoutMarks drops the marks of titles, of which those within others are of another kind.
var withoutMarks = strings.NewReplacer("《", "", "》", "", "〈", "", "〉", "", "<", "", ">", "", " ", "")

// site is the name of a site, or how it greets its readers.
var site = automaton.MustCompile(`^(?:[\p{Han}]{2,12}(?:新闻网|信息网|政府网|门户网|门户网站|政府网站|法律资料网|文库)|欢迎(?:来到|访问|光临|您)[^。]{2,40}网站?|您(?:所|要)?访问的[^。]{2,40})$`)

// isSite tells whether a line is of the site that shows a document.
func isSite(s string) bool { return len(s) <= 160 && site.MatchString(s) }

// preamble begins a text that is written to nobody: 为配合…, 根据….
var preamble = automaton.MustCompile(`^(?:为|因|根据|按照|经)[^。;]{4,}`)

// issues tells whether a title is that of the notice that issues what the other names:
// pages put the name of the rules above the notice.
func issues(title, rules string) bool {
	rules = strings.TrimPrefix(rules, "关于")
	at := strings.Index(title, rules)
	return at > 0 && endsLikeTitle(rules) && (strings.Contains(title[:at], "印发") || strings.Contains(title[:at], "发布") || strings.Contains(title[:at], "公布"))
}

// longTitle is how many lines a title has at most.
const longTitle = 6

// titleFrom returns the title that begins at line i, and of how many lines it
// is made: the lines up to one that ends with a kind of document, if they go
// together.
func titleFrom(lines []line, i int) (string, int) {
	text := lines[i].text
	if quotedWhole.MatchString(text) {
		return text, 1
	}
	if endsLikeTitle(text) && balanced(text) && !breaksTitle(text, lines, i+1) || len(text) > 240 {
		return text, 1
	}
	joined := text
	for n := 1; n < longTitle && i+n < len(lines); n++ {
		l := &lines[i+n]
		s := l.text
		if l.style == tableLine || l.style == headingLine && (lines[i].style != headingLine || lines[i].level != l.level) || len(s) > 180 || hasAny(joined, "。;:") || hasAny(s, "。;:") ||
			numberOf(s).rank != noRank || isDateLine(s) || isNumberLine(s) || strings.HasSuffix(joined, "文件") || isNoteLine(s) {
			break
		}
		about := strings.Contains(joined, "关于") || strings.Contains(joined, "印发")
		// Several issuers are no part of it.
		issues := n == 1 && strings.HasPrefix(s, "关于") && isOrgLine(joined) && (i == 0 || !isOrgLine(lines[i-1].text))
		if !about && !issues && !setTogether(&lines[i], &lines[i+n-1], l) && !(n == 1 && brokenTitle(lines, i)) {
			break
		}
		joined += glue(joined, s)
		if endsLikeTitle(joined) && balanced(joined) && !breaksTitle(joined, lines, i+n+1) {
			return joined, n + 1
		}
	}
	return text, 1
}

// quotedWhole is a whole title in marks behind its number: 云政发〔2026〕7号《云川县人民政府关于…的通知》.
var quotedWhole = automaton.MustCompile(`^[\p{Han}]{2,12}〔\d{4}〕\d{1,4}号 ?《[^《》]*关于.*》$`)

// openTitle is a line that may be the beginning of a title, and nothing of a page.
var openTitle = automaton.MustCompile(`^[\p{Han}\d、“”《》]{12,40}$`)

// brokenTitle tells whether line i goes on in the next, a short one that ends like a title
// and has the text below it: 2026年建议、提案办理工作 over 完成情况说明.
func brokenTitle(lines []line, i int) bool {
	if i+2 >= len(lines) || !startsBody(lines, i+2) && !isAddressee(lines[i+2].text) {
		return false
	}
	s, next := lines[i].text, lines[i+1].text
	return columns(next) <= 2*shortTitle && openTitle.MatchString(s) && endsLikeTitle(next) && !isOrgLine(s) && !isSite(s) && !ownPlace.MatchString(next) && !strings.HasPrefix(next, "关于")
}

// ownPlace begins a line with the name of a place.
var ownPlace = automaton.MustCompile(`^[\p{Han}]{2,6}?[省市县区]`)

// setTogether tells whether a line goes on with a title that says nothing of what it
// is about: the format sets both in the middle or as titles, and neither is complete.
func setTogether(first, before, l *line) bool {
	s := l.text
	if !(before.middle && l.middle || before.style == titleLine && l.style == titleLine) || isOrgLine(first.text) || isOrgLine(s) || isSite(first.text) || isNumberLine(first.text) || isDateLine(first.text) || numberOf(first.text).rank != noRank {
		return false
	}
	return !endsLikeTitle(s) || !ownPlace.MatchString(s) && !strings.Contains(s, "关于")
}

// breaksTitle tells whether a title that seems to end goes on in the next line: it is about
// 政策 or 措施, and that is short and ends with what titles end with first of all.
func breaksTitle(text string, lines []line, at int) bool {
	if at >= len(lines) || !strings.Contains(text, "关于") || !mayGoOn.MatchString(text) {
		return false
	}
	next := lines[at].text
	return columns(next) <= 60 && !strings.Contains(next, "关于") && !hasAny(next, "《。:") &&
		(strings.HasSuffix(next, "的通知") || strings.HasSuffix(next, "的意见") || strings.HasSuffix(next, "的公告") || strings.HasSuffix(next, "的通告") || strings.HasSuffix(next, "的通报") || strings.HasSuffix(next, "的决定") || strings.HasSuffix(next, "的规定"))
}

// mayGoOn ends what a notice may be about and titles may end with.
var mayGoOn = automaton.MustCompile(`(?:政策|措施|标准|报告|规划|计划|方案|目录)$`)

// balanced tells whether every 《 is closed.
func balanced(s string) bool { return strings.Count(s, "《") == strings.Count(s, "》") }

// shortTitle is how wide what ends like a title is where it is likely a column of a page, and
// shortestQuestion how wide a question that is one.
const shortTitle, shortestQuestion = 10, 24

// shortestHeadline is how wide what stands above the date of a page is where it is no column.
const shortestHeadline = 16

// notTitle begins what pages list above a text.
var notTitle = automaton.MustCompile(`^(?:[-•·|★\[]|【[^】]{2,8}】\||(?:本文)?关键[词字]|摘要|导读|(?:主办|承办|协办|回复|答复|受理)(?:单位|部门|机构)?:|版权所有|网站标识码|索引号\||公开形式\||发[文布](?:机关|机构|单位|部门)[\p{Han}]{2,20}$|(?:主管|主办)单位|展开$|菜单$|搜索$|返回|点击|扫码|扫一扫|微信扫|(?:信息|文章|稿件)?来源(?:时间)?为?:|[\p{Han}]{0,6}(?:资讯|动态|快讯)$)`)

// labelled is a fact about a document that ends like a title: 效力位阶:地方性条例.
var labelled = automaton.MustCompile(`^[\p{Han}]{2,6}:[^:]{2,12}$`)

// relatedLine is another document to which a page leads.
var relatedLine = automaton.MustCompile(`^相关(?:文件|政策|解读|链接|新闻|文章|附件|信息)[^:]{0,4}:`)

// factsInRow are facts about a document in one line, a day first: 废止日期:2026-03-01名称:….
var factsInRow = automaton.MustCompile(`^[\p{Han}]{2,6}(?:日期|时间):\d{4}[^:]{0,20}[\p{Han}]{2}:`)

// issuesRules is the title of a report that names what was issued: 财政部印发《…办法》.
var issuesRules = automaton.MustCompile(`^[\p{Han}、 ]{2,40}(?:印发|发布|出台|公布|修订)《[^《》]{4,60}》$`)

// sureTitle is the score of a title about something that ends with a kind of document.
const sureTitle = 5

func titleScore(s string, st style) int {
	n := columns(s)
	if n < 6 || n > 200 || hasAny(s, "。;") || strings.HasSuffix(s, ":") || numberOf(s).rank != noRank || isDateLine(s) || isNumberLine(s) ||
		strings.HasPrefix(s, "《") && strings.HasSuffix(s, "》") || isNoteLine(s) || isCardLabel(s) || isAttachment(s) || isTrail(s) || isSite(s) || labelled.MatchString(s) || relatedLine.MatchString(s) || factsInRow.MatchString(s) || factLine.MatchString(s) && isMetaLine(s) || strings.HasPrefix(s, "•") && !strings.Contains(s, "关于") {
		return 0
	}
	score := 0
	switch {
	case endsLikeTitle(s), issuesRules.MatchString(s):
		score += 2
		if n <= shortTitle && !strings.Contains(s, "关于") {
			score-- // 惠企政策 is the column of a page
		}
	case n >= shortestQuestion && (strings.HasSuffix(s, "?") || strings.HasSuffix(s, "？")) && !strings.Contains(s, ":"):
		score += 2
	}
	if strings.Contains(s, "关于") {
		score++
		if score == 3 {
			score += 2
		}
	}
	switch st {
	case titleLine:
		score += 4
	case headingLine:
		score++
	}
	return score
}

var addressee = automaton.MustCompile(`^[\p{Han}、,()“”\d]{2,200}:$`)

// announces finds what lines that announce a list say.
var announces = automaton.MustCompile(`如下|以下|下列|下述|条件|应当|必须|材料|流程|可以|包括|要求|通知|标准`)

// isAddressee tells whether a line names those it is written to.
func isAddressee(s string) bool {
	if !strings.HasSuffix(s, ":") || len(s) > 640 || !addressee.MatchString(s) {
		return false
	}
	if announces.MatchString(s) {
		return false
	}
	for _, w := range []string{"各", "单位", "政府", "局", "企业", "委员会", "朋友", "市民", "公司", "部门", "纳税人", "委:"} {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// opensBody begins the first line of a page of questions, or of one with numbers of its own
// kind: NO.1, Part 1, 01, ■.
var opensBody = automaton.MustCompile(`^(?:[问答]:|(?i:NO\.?|Part) ?\d|0[1-9]\p{Han}|[■◆●]\p{Han}{2,12}$)`)

// startsBody tells whether the text of the document begins at a line.
func startsBody(lines []line, i int) bool {
	s := lines[i].text
	if lines[i].style == tableLine || isMetaLine(s) || revision.MatchString(s[:min(len(s), 1500)]) {
		return false
	}
	return numberOf(s).rank != noRank || strings.Contains(s, "。") || columns(s) > 160 ||
		isBodyLabel(s) || opensBody.MatchString(s) || strings.HasSuffix(s, ":") && !isAddressee(s) && !isNoteLine(s) && columns(s) >= shortest
}
