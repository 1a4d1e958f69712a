package tagging

import (
	"slices"
	"strings"

	"policypush/internal/automaton"
	"policypush/internal/domain"
)

var (
	// orderedRE is what an order forbids or allows for a time: 禁渔时间, 交通管制期限.
	orderedRE = `施工|禁[\p{Han}]{1,5}|限[行售购高飞航速]|(?:交通)?(?:管制|管控)|封[山航路闭库育禁]+|休渔|暂停[\p{Han}]{0,4}|停[\p{Han}]{1,3}`

	// A sentence about time holds a word of ofTime; one that tells when something
	// begins or ends a word of ofBegin or ofEnd.
	ofTime  = expression(`[日月年底]`)
	ofBegin = expression(`[起始于为自]|施行`)
	ofEnd   = expression(`[至到止\-—–~]|废止|失效`)

	inForce = `(?:正式)?(?:施行|实施|执行|生效|实行|启用|试行|适用)`
	// fromDate is 自2026年3月1日起施行 and the like.
	fromDate = expression(`(?:自|从|于|在)?` + dateRE + `(?:之日)?(?:零时|零点|起|开始|始){1,2}[,]?(?:在[\p{Han}]{2,8})?` + inForce)
	onDate   = expression(`(?:于|自)` + dateRE + inForce)
	// labelled is 施行时间为2023年5月1日.
	labelled = expression(`(?:施行|实施|执行|生效)(?:时间|日期|期间?|期限)(?:为|是|:|自|从)+` + dateRE + `起?(?:[,。;)]|[至到][^\d,。;]|$)`)
	// fromIssue is 自印发之日起施行; the period may follow.
	fromIssue = expression(`(?:自|从)?(?:本[\p{Han}]{2,4}|[\p{Han}]{0,4})?(印发|发布|公布|下发|发文|下文|签发|颁布|颁发|公告|即)(?:之)?日(?:\((?:\d{4}年)?[^()]{2,12}\))?(?:起)(?:满?([一二两三四五六七八九十\d]{1,3})(?:(?:日|天)后?|(个)月后))?[,]?` + inForce)
	// fromNow is what an announcement orders at once: 自即日起暂停办理.
	fromNow = expression(`(?:自|从)?(?:即日|本(?:通告|公告|通知|决定)(?:发布|印发|公布)之日|(?:发布|印发|公布)之日)(?:起|开始)`)
	// span is 自…起至…止 where the text speaks of its own validity.
	spanFrom = expression(`(?:执行期限?|实施期限?|有效期限?|执行时间|实施时间|试行时间|政策期限|政策时间|试行期限?|活动(?:开展)?(?:时间|期限)|补贴(?:时间|期限)|(?:` + orderedRE + `)(?:时间|时段|期限|期))[\p{Han}]{0,4}?(?:为|:|自|从|是|】)*` + dateRE + `(?:起)?` + toRE + lastRE)
	// cellSpan is the same in the cell under its name.
	cellSpan  = expression(`^(?:自|从)?` + dateRE + hourRE + `(?:起)?` + toRE + lastRE + hourRE + `(?:止)?(?:[。,;(]|$)`)
	cellTitle = automaton.MustCompile(`^[【]?(?:[(]?[一二三四五六七八九十\d]{1,2}[)、.])?(?:执行|实施|有效|政策|活动(?:开展)?|补贴(?:活动)?|)(?:期|期限)[】:。]?$|^[【]?(?:[(]?[一二三四五六七八九十\d]{1,2}[)、.])?(?:执行|实施|有效|政策|活动(?:开展)?|补贴(?:活动)?|` + orderedRE + `)时[间段][】:。]?$`)
	// appliesTo is 本措施适用于…至…期间, and nothing that happens then.
	appliesTo = expression(`适用(?:于|时间|期限|期)(?:为|自|从|:)*` + dateRE + `(?:起)?` + toRE + lastRE + `(?:期间|止)?(?:[,。;)]|$)`)
	// decidedSpan is for what time something is ordered: 决定从2月1日至2月29日止,禁止….
	decidedSpan = expression(`(?:决定|同意)[,]?(?:自|从|于|在)` + dateRE + `(?:起)?` + toRE + lastRE + `(?:止|期间)?[,]?`)
	// yearSpan is a time of whole years: 实施期限为2020年至2022年.
	yearSpan = expression(`(?:实施期限?|执行期限?|有效期限?|政策期限|试行期限?|规划期限?)(?:为|:|是|自|从)*(\d{4})年?` + toRE + `(\d{4})年(?:[,。;)]|$)`)
	spanRule = expression(`(?:本|以上|上述)[\p{Han}“”]{0,12}(?:自|从)` + dateRE + `(?:起)?(?:施行|实施|执行|生效)?[,]?(?:暂定|有效期)?(?:至|到)` + lastRE)
	// sinceIssue is the same from the day of issue: 自发布之日起至2020年6月30日.
	sinceIssue = expression(`(?:印发|发布|公布|下发|发文|签发|颁布|即)(?:之)?日(?:起)?(?:施行|实施|执行|生效|有效)?[,]?(?:有效期|暂定|执行|实施|期限)?(?:至|到)` + dateRE)
	until      = expression(`(?:活动(?:时间|期限)?将?持续|政策[,]?期限|有效期限?|执行期限?|实施期限?|试行期限?|有效|施行|实施|执行|试行|暂定)(?:期限)?(?:暂定)?(?:为)?(?:[,]?(?:截止|截至)(?:至|到)?(?:日期为)?|(?:延长|延续|顺延)?(?:至|到)(?:日期为)?)` + dateRE)
	// untilDay is 本政策截至2026年6月底 at the end of its sentence; what has happened by a
	// day is told behind it.
	untilDay = expression(`(?:本|以上|上述)(?:项|条)?(?:政策|措施|通知|公告|通告|办法|意见|规定|方案|细则)(?:暂定|执行|有效|实施)?(?:截止|截至)(?:到|至|日期为|时间为)?` + dateRE + `(?:止)?(?:[。;)]|$)`)
	endsOn   = expression(`(?:至|于|到|[,。;])` + dateRE + `(?:起|后)?(?:自动|自行|同时)?(?:废止|失效|终止|到期)`)
	// sameAs is until when another document holds, which is as long as this one.
	sameAs     = expression(`执行期限与[^,。;]{0,60}一致[,]?即?(?:至|到)` + dateRE)
	monthsLong = expression(`(?:有效期限?|(?:施行|实施|执行)[,]?暂定|起(?:施行|实施|执行|试行)(?:[,](?:为期|期限))?|减[征免]期限?|实施期限?|试行期限?|执行期限?|施行期限?|(?:执行|实施|试行)时间|试行|有效|政策期限)(?:暂定|原则上)?(?:为|限|是)?(?:(?:自|从)?[\p{Han}]{2,10}之日起)?(?:暂定)?(?:为)?` + lengthRE)
	general    = automaton.MustCompile(`本(?:法|条例|规定|办法|细则|通知|公告|通告|意见|方案|政策|措施|决定|指南|制度|标准|文件|规则|规程|若干|实施|暂行|令|规范|规划|计划|清单|目录|指引)|调整后|新(?:的)?[\p{Han}]{0,10}标准|上述|以上(?:政策|措施|规定|条款)|此前`)
	// decided is from when something is changed: 决定自2023年7月起调整….
	decided = expression(`(?:决定|同意)[,:]?(?:自|从)` + dateRE + `(?:起|开始)`)
	// adjusted is from when an item of a document about a change holds:
	// 一、从2024年8月1日起,提高…; 自2023年1月1日起,对…免征增值税.
	adjusted = expression(`^[\s(]*(?:[一二三四五六七八九十\d]{1,3}[)、.．])?(?:[\p{Han}]{2,12}[。:]|(?:为|对|经)[^,。;]{2,60}[,])?(?:自|从)` + dateRE + `(?:起|开始)[,]?(?:(?:按照|根据)[^。;]{0,80}[,])?(?:提高|调整|上调|下调|增加|增发|执行|实行|继续|延续|降低|停征|免征|减征|减免|取消|恢复征收|(?:对)?[^。;]{0,60}(?:免征|减征|减按|减半|降低|暂停|停征|实行)|[^。;]{0,80}(?:调整|提高|上调|降低|下调)(?:为|到|至))`)
	// orders is from when an announcement forbids, stops or begins something.
	orders = expression(`^[\s(]*(?:[一二三四五六七八九十\d]{1,3}[)、.．])?(?:(?:按照|根据|经)[^,。;《]{2,60}[,](?:自|从))?(?:自|从)?` + dateRE + `(?:零时|零点)?(?:起|开始)[,]?[^。;]{0,40}?(?:暂停|停止|停[开运办课驶]|禁止|一律不得|恢复|实行|关闭|取消|不再|启用|封闭|限制|推迟|延迟)`)
	// decidedOn is the same of what a decision orders, on whatever grounds: 决定,在…基础上,
	// 自1月28日起停开….
	decidedOn = expression(`(?:决定|同意|研究)[,:][^。;]{0,80}[,](?:自|从)` + dateRE + `(?:起|开始)[,]?(?:在[^,。;]{0,20})?(?:暂停|停止|停[开运办课驶]|禁止|恢复|关闭|取消|封闭)`)
	announces = automaton.MustCompile(`(?:通告|公告|令)$|暂停|停止|关闭|恢复|禁止|封闭|管制`)
	// orderSpan is for what time an announcement closes or forbids something:
	// 自3月23日至4月23日对该路段封闭施工.
	orderSpan = expression(`(?:^|[,:])(?:自|从)?` + dateRE + `(?:起)?` + toRE + lastRE + `(?:止|期间)?[,]?(?:在|对)?[^,。;]{0,40}(?:封闭|禁止|管制|限行|停止|暂停|断道|断交)`)
	adjusts   = automaton.MustCompile(`提高|调整|上调|增加|降低|下调|减[征免按半]|免征|停征|取消|继续|延续|阶段性|优惠|税收?政策|缓缴`)
	starts    = expression(`(?:^|[,。;!:自从])` + yearRE + monthRE + `(?:` + dayRE + `)?(?:\([^()]{1,12}\))?(?:起|开始)`)
)

// beginnings are the ways in which a sentence tells from when the document holds.
var beginnings = []struct {
	pattern
	ends  bool                  // what follows has to end the rule: 起实施三年计划 is about the plan
	item  bool                  // it is said of one item; all that say it have to name one day
	under *automaton.Expression // the titles under which it counts; nil for all
}{
	{pattern: fromDate, ends: true},
	{pattern: onDate, ends: true},
	{pattern: labelled},
	{pattern: decided},
	{pattern: adjusted, item: true, under: adjusts},
	{pattern: orders, under: announces},
	{pattern: decidedOn, under: announces},
}

// claim is a date that a sentence states, and how surely it is the document's.
type claim struct {
	day  string
	rank int // 3 for what is called the last day, 2 for 本办法, 1 for no subject, 0 is not counted
	way  way // of a last day to apply
	in   sentence
}

// claims collects dates of one kind.
type claims []claim

func (c *claims) add(day string, rank int) {
	if day != "" && rank > 0 {
		*c = append(*c, claim{day: day, rank: rank})
	}
}

// stamp notes the sentence of the claims that were made last.
func stamp(in sentence, all ...*claims) {
	for _, list := range all {
		for i := len(*list) - 1; i >= 0 && (*list)[i].in.end == 0; i-- {
			(*list)[i].in = in
		}
	}
}

// best returns the surest date: the last of those that begin the validity; ""
// if the surest differ and one is asked for.
func (c claims) best(one bool) string {
	rank, day := 0, ""
	for _, x := range c {
		switch {
		case x.rank > rank:
			rank, day = x.rank, x.day
		case x.rank == rank && x.day != day && one:
			day = ""
		case x.rank == rank:
			day = cmpEmpty(day, x.day)
		}
	}
	return day
}

// surest returns the days of the surest claims, in order, each once.
func (c claims) surest() []string {
	rank := 0
	for _, x := range c {
		rank = max(rank, x.rank)
	}
	var days []string
	for _, x := range c {
		if x.rank == rank {
			days = append(days, x.day)
		}
	}
	slices.Sort(days)
	return slices.Compact(days)
}

// onGrounds is what a sentence says it goes by; its subject is another:
// 根据《森林防火条例》规定,区政府决定….
var onGrounds = automaton.MustCompile(`(?:根据|按照|依据|依照)(?:[^,。;《》]|《[^》]*》)*[,]`)

// nowIssued follows the title of what a document brings out itself, whatever it is called:
// 《云川县条例》已经…通过,现予公布,自….
var nowIssued = automaton.MustCompile(`》[^《》。;]*现(?:予|将其)?(?:以)?(?:公布|发布|印发|颁布|施行)[^《》。;]*$`)

// rankOf tells whether a sentence speaks of this document: a quoted title that
// is not its own says no, 本办法 says yes.
func rankOf(p *domain.Policy, before string) int {
	before = onGrounds.ReplaceAllString(before, "")
	if nowIssued.MatchString(before) {
		return 2
	}
	if at := strings.LastIndex(before, "》"); at >= 0 {
		open := strings.LastIndex(before[:at], "《")
		name := ""
		if open >= 0 {
			name = before[open+len("《") : at]
		}
		own := name != "" && strings.Contains(strings.ReplaceAll(p.Title, " ", ""), strings.ReplaceAll(name, " ", ""))
		switch {
		case own && !amendsTitle.MatchString(p.Title):
			return 2
		case strings.Contains(before[at:], "令第"): // the head of a statute: …的决定》修订 国务院令第774号公布
			return 1
		case !general.MatchString(before[at:]):
			return 0
		}
		return 2
	}
	if general.MatchString(before) {
		return 2
	}
	if strings.HasSuffix(strings.TrimRight(before, ") "), "号") { // …的通知(国发〔2023〕13号)自…
		return 0
	}
	return 1
}

// validity reads from when to when the document holds and the last day to
// apply. 自印发之日起 is the date of the document; a period of years is counted
// from the day it takes effect; ends that differ are left to the officer, and
// the extension of another document is not the end of this one.
func (t *reading) validity(p *domain.Policy, meta map[string]string) {
	var from, items, ends, deadlines, starting claims
	issued, long, sinceIssued := 0, length{}, false
	year, title := t.year, t.about
	if strings.Contains(p.Text, "特此通告") || strings.Contains(p.Text, "特此公告") {
		title += "通告" // whatever its title, it announces
	}
	callsFor := calls.MatchString(p.Title)
	listed, last := -maxCell, ""           // where a section about the time to apply begins, and its last day
	called := -maxCell                     // where one about how to apply begins
	attached := false                      // behind the signature of a notice that issues no other text
	var now sentence                       // the one that was read last
	var lasting, issuing, listing sentence // those that tell how long, from the day of issue, until when to apply
	for i := range p.Clauses {
		c := &p.Clauses[i]
		if len(c.Text) < 60 && listedTitle.MatchString(c.Text) {
			listed = i
		}
		if len(c.Text) < 60 && calledTitle.MatchString(c.Text) {
			called = i
		}
		if c.Kind == domain.SignatureClause {
			attached = i > 5 && appliesFor.MatchString(p.Title)
			continue
		}
		named := false // whether the sentence before is the title of a section about the time to apply
		for _, s := range t.sentences(c) {
			under := named
			named = len(s.text) < 60 && listedTitle.MatchString(s.text)
			if domain.CodePoints(s.text) < 4 || !s.matches(ofTime) {
				continue
			}
			stamp(now, &from, &items, &ends, &deadlines, &starting)
			now = s
			deadlines = append(deadlines, t.deadlines(s, year)...)
			recurs := recursYearly(s)
			if !recurs && i-called < maxCell && calledTime.MatchString(s.text) {
				if m := s.loc(listedWindow); m != nil {
					_, end := spanIn(s.text, m, year)
					deadlines.add(end, 2)
					continue
				}
			}
			if !recurs && (i-listed < maxCell || under || callsFor && fromNowOn.MatchString(s.text)) {
				if m := s.loc(listedWindow); m != nil {
					_, end := spanIn(s.text, m, year)
					if end > last {
						last, listing = end, s
					}
					continue
				}
			}
			if i > 0 && len(p.Clauses[i-1].Text) < 40 && cellTitle.MatchString(p.Clauses[i-1].Text) {
				if m := s.loc(cellSpan); m != nil {
					begin, end := spanIn(s.text, m, year)
					from.add(begin, 2)
					ends.add(end, 2)
					continue
				}
			}
			if attached || c.Kind == domain.HeadClause && !enacted.MatchString(s.text) && !promulgates.MatchString(s.text) && !takesEffect.MatchString(s.text) {
				continue
			}
			hasStart, hasEnd := s.matches(ofBegin), s.matches(ofEnd)
			if hasStart {
				for _, b := range beginnings {
					if b.under != nil && !b.under.MatchString(title) {
						continue
					}
					for _, m := range s.locs(b.pattern) {
						rank := rankOf(p, s.text[:m[0]])
						switch day := dateIn(s.text, m, 1, year, false); {
						case b.ends && !ruleEnds.MatchString(s.text[m[1]:]) && (rank < 2 || !forYears.MatchString(s.text[m[1]:])):
						case ofProject.MatchString(s.text[:m[0]]):
						case b.item:
							items.add(day, rank)
						default:
							from.add(day, rank)
						}
					}
				}
				if m := s.loc(fromIssue); m != nil {
					if r := rankOf(p, s.text[:m[0]]); r > 0 {
						if n, ok := integer(submatch(s.text, m, 2)); !ok {
							issued, issuing = max(issued, r), s.slice(m[0], m[1])
						} else if submatch(s.text, m, 3) != "" {
							from.add(after(p.PublishDate, length{months: n, days: 1}), r)
						} else {
							from.add(after(p.PublishDate, length{days: n + 1}), r)
						}
					}
				} else if m := s.loc(fromNow); m != nil && atOnce(s.text[m[1]:]) && notApplying(s.text[:m[0]]) && !opens(s.text[m[1]:]) && rankOf(p, s.text[:m[0]]) > 0 {
					issued, issuing = max(issued, 1), s.slice(m[0], m[1])
				}
				if m := s.loc(starts); m != nil && !strings.HasPrefix(s.text[m[1]:], "算") && !strings.HasPrefix(s.text[m[1]:], "计算") {
					starting.add(day(submatch(s.text, m, 1), submatch(s.text, m, 2), cmpEmpty(submatch(s.text, m, 3), "1")), 1)
				}
			}
			if hasEnd {
				t.ends(p, title, s, year, &from, &ends, &sinceIssued)
			}
			if m := s.loc(monthsLong); m != nil && holds(s.text, m) && rankOf(p, s.text[:m[0]]) > 0 {
				if strings.HasPrefix(s.text[m[0]:], "起") && (!ruleEnds.MatchString(s.text[m[1]:]) || !general.MatchString(s.text[:m[0]])) {
					continue // 起实施三年行动计划, 该费率自…起执行一年
				}
				if told := lengthIn(s.text, m, 1); told != (length{}) {
					long, lasting = told, s.slice(m[0], m[1])
				}
				if strings.Contains(s.text[max(0, m[0]-60):m[1]], "之日起") && len(from) == 0 {
					sinceIssued = true
				}
			}
		}
	}
	stamp(now, &from, &items, &ends, &deadlines, &starting)
	from.add(items.best(true), 1)
	p.EffectiveFrom = from.best(false)
	if p.EffectiveFrom == "" {
		p.EffectiveFrom = firstDate(first(meta, "施行日期", "实行日期", "实施日期", "执行日期", "生效日期", "实施时间", "施行时间", "生效时间"))
	}
	if p.EffectiveFrom == "" && (issued > 0 || sinceIssued) {
		p.EffectiveFrom = p.PublishDate
	}
	if p.EffectiveFrom == "" && (p.DocNumber == "" || meta["发文字号"] != "") && !signed(p) {
		p.EffectiveFrom = startsOn(p, starting)
	}
	if collects.MatchString(title+headText(p)) && !strings.Contains(p.Text, "施行") && !strings.Contains(p.Text, "实施之日") {
		p.EffectiveFrom, ends, long = "", nil, length{} // until when something is sent in
	}
	p.Expires = ends.best(true)
	if len(ends) == 0 {
		p.Expires = firstDate(first(meta, "失效日期", "失效时间", "废止日期", "废止时间", "有效期至"))
	}
	if p.Expires == "" && len(ends) == 0 && long != (length{}) && (p.EffectiveFrom != "" || !strings.Contains(p.Title, "征求意见")) {
		p.Expires = after(cmpEmpty(p.EffectiveFrom, p.PublishDate), long)
	}
	if p.Expires == "" && len(ends) == 0 {
		from, to := t.spanOfRules(p)
		p.Expires = to
		p.EffectiveFrom = cmpEmpty(p.EffectiveFrom, from)
	}
	if p.Expires != "" && p.EffectiveFrom != "" && p.Expires < p.EffectiveFrom {
		p.Expires = ""
	}
	deadlines.add(last, 2)
	if p.ApplyDeadline = deadlines.best(true); len(deadlines) > 1 {
		if _, papers := deadlines.twoWays(); papers != "" {
			p.ApplyDeadline = papers
		}
	}
	t.saidOf(p, "effective_from", p.EffectiveFrom, []claims{from, items, starting}, issuing, lasting)
	t.saidOf(p, "expires", p.Expires, []claims{ends}, lasting)
	t.saidOf(p, "apply_deadline", p.ApplyDeadline, []claims{deadlines}, listing)
}

// takesEffect is the last of the lines that tell how a statute came about.
var takesEffect = automaton.MustCompile(`^[(]?自\d{4}年\d{1,2}月\d{1,2}日起施行[)]?$`)

// promulgates is what an order says of the rules below it, with and without marks
// around their name.
var promulgates = automaton.MustCompile(`^(?:现将?(?:公布|发布))?《[^《》]{4,80}》[^。]{0,300}现予(?:公布|发布)|^[^《》。]{0,300}现予?(?:公布|发布)[^《》。]{0,80}自[^《》。]{2,30}起(?:施行|实施)`)

// appliesFor is the title of a call for applications. What is attached to it, a
// form or the rules of the award, holds for a time of its own.
var appliesFor = automaton.MustCompile(`^[^印转]*(?:申报|推荐|征集|评选|评定|认定|遴选)[^印转]*通知$`)

// collects is what asks people for what they think or wish.
var collects = automaton.MustCompile(`(?:公开|社会|广泛|意见)[\p{Han}]{0,4}征集|征集[^。;\n]{0,30}(?:建议|意见|民生实事|为民办实事)|建言献策`)

// headText is the text of the head but for the title.
func headText(p *domain.Policy) string {
	var b strings.Builder
	for _, c := range headClauses(p) {
		if c.Kind == domain.HeadClause {
			b.WriteString("\n" + c.Text)
		}
	}
	return b.String()
}

// spanOfRules is the time of the rules of an announcement about taxes or fees, if
// all that state one state the same: it is the time of the announcement.
func (t *reading) spanOfRules(p *domain.Policy) (from, to string) {
	if !strings.ContainsAny(p.Title, "税费") && !strings.Contains(p.Title, "保障金") {
		return "", ""
	}
	for i := range p.Clauses {
		if p.Clauses[i].Kind != domain.TextClause {
			continue
		}
		for _, s := range t.sentences(&p.Clauses[i]) {
			m := s.loc(ruleSpan)
			if m == nil {
				m = s.loc(reliefSpan)
			}
			if m == nil {
				continue
			}
			begin, end := spanIn(s.text, m, "")
			if begin == "" || end == "" || to != "" && to != end {
				return "", ""
			}
			from, to = cmpEmpty(from, begin), end
		}
	}
	return from, to
}

// ruleEnds is what may follow 起施行: 起实施三年计划 is about the plan.
var ruleEnds = automaton.MustCompile(`^(?:$|[,.。;)、\n]|至|到|有效|试行|暂定|期)`)

// forYears is what may follow it where the document speaks of itself: 本政策自…起执行5年.
var forYears = automaton.MustCompile(`^(?:半年|(?:\d{1,2}|[一二两三四五六七八九十]{1,2})(?:年半?|个月))(?:$|[,。;)])`)

// atOnce tells what an announcement may order from its day on; a time limit
// in days is none.
func atOnce(rest string) bool {
	rest = firstRunes(rest, 12)
	return (!limitOfDays.MatchString(rest) || untilOver.MatchString(rest)) && !released.MatchString(rest)
}

// untilOver is an end without a day: 自本公告发布之日起至疫情解除期间.
var untilOver = automaton.MustCompile(`^[,]?[至到][^,。;\d]{0,8}(?:疫情|汛情|灾情|防火期)`)

// released follows the day from which somebody or something is no more.
var released = automaton.MustCompile(`^(?:同时|自然|自动|自行|予以)*(?:免除|免去|免职|废止|失效|停止执行|不再执行|作废)`)

var limitOfDays = automaton.MustCompile(`^[,]?(?:满|至|到|\d+|[一二两三四五六七八九十]+个?|之?[内前])|[\d个]\p{Han}{0,3}[内前]|计算`)

// holds leaves out what has a validity and is not the document: 居住证有效期为一年.
func holds(text string, m []int) bool {
	before := strings.TrimRight(text[:m[0]], ",;:。 ")
	for _, goesOn := range []string{"延续", "继续", "延长", "暂"} {
		before = strings.TrimRight(strings.TrimSuffix(before, goesOn), ",")
	}
	if before == "" || strings.HasPrefix(text[m[0]:], "活动") || strings.HasPrefix(text[m[0]:], "政策") || strings.HasPrefix(text[m[0]:], "减") || ofRelief.MatchString(before) || general.MatchString(text[:m[0]]) || strings.HasSuffix(before, "施行") || strings.HasSuffix(before, "实施") ||
		strings.HasSuffix(before, "执行") || strings.HasSuffix(before, "生效") || strings.HasSuffix(before, "起") || strings.HasSuffix(before, "政策") || strings.HasSuffix(before, "外") || strings.HasSuffix(before, "原则上") {
		rest := text[m[1]:]
		inside := strings.HasPrefix(rest, "内") && !strings.Contains(text[m[0]:m[1]], "之日起") // 执行期限为自发布之日起3个月内
		return !strings.HasPrefix(rest, "的") && !strings.HasPrefix(rest, "以") && !inside && !strings.HasPrefix(rest, "前")
	}
	return m[0] > 0 && numberSize(text[:m[0]]) == m[0]
}

// ofRelief stands before the time for which a relief is given: 降低费率的期限执行至….
var ofRelief = automaton.MustCompile(`(?:降低|减免|减征|免征|缓缴|返还|下调|优惠|补贴|政策)[^,。;]{0,12}期限$`)

// ends reads until when the document holds.
func (t *Tagger) ends(p *domain.Policy, title string, s sentence, year string, from, ends *claims, sinceIssued *bool) {
	for i, re := range []pattern{spanFrom, spanRule, decidedSpan, appliesTo, orderSpan} {
		if m := s.loc(re); m != nil && notApplying(s.text[:m[0]]) && !ofProject.MatchString(s.text[:m[0]]) && (i != 3 || general.MatchString(s.text[:m[0]])) && (i != 4 || announces.MatchString(title)) {
			begin, end := spanIn(s.text, m, year)
			r := rankOf(p, s.text[:m[0]])
			switch i {
			case 1: // the rule says so itself
				r = 2
			case 4: // its comma ends what it goes by
				r = rankOf(p, s.text[:m[0]]+",")
			}
			from.add(begin, r)
			ends.add(end, r)
			return
		}
	}
	if m := s.loc(sinceIssue); m != nil && rankOf(p, s.text[:m[0]]) > 0 && notApplying(s.text[:m[0]]) && lastOfRule.MatchString(s.text[m[1]:]) {
		ends.add(dateIn(s.text, m, 1, year, true), 2)
		*sinceIssued = true
		return
	}
	for _, m := range s.locs(until) {
		r := rankOf(p, s.text[:m[0]])
		if strings.Contains(s.text[m[0]:m[1]], "延") && r < 2 && anothers(s.text[:m[0]]) {
			r = 0
		}
		if r == 1 && !holds(s.text, m) || partial.MatchString(s.text[:m[0]]) {
			continue // 证书有效期至…, 其中第三条执行至…
		}
		ends.add(dateIn(s.text, m, 1, year, true), r)
	}
	if m := s.loc(yearSpan); m != nil && !ofProject.MatchString(s.text[:m[0]]) {
		ends.add(day(submatch(s.text, m, 2), "12", "31"), rankOf(p, s.text[:m[0]]))
	}
	if m := s.loc(sameAs); m != nil {
		ends.add(dateIn(s.text, m, 1, year, true), 2)
	}
	for _, m := range s.locs(untilDay) {
		ends.add(dateIn(s.text, m, 1, year, true), 2)
	}
	for _, m := range s.locs(endsOn) {
		r := rankOf(p, s.text[:m[0]])
		if r < 2 && anothers(s.text[:m[0]]) {
			r = 0
		}
		ends.add(dateIn(s.text, m, 1, year, true), r)
	}
}

// anothers tells whether what stands before an end or an extension names another
// document, whose it is: 《稳岗返还办法》, 云财发〔2023〕1号文件. That a document goes by is none.
func anothers(before string) bool {
	before = onGrounds.ReplaceAllString(before, "")
	return strings.Contains(before, "》") || strings.Contains(before, "号文")
}

// lastOfRule is what may follow the last day of a rule that began with the document:
// 自通知印发之日至12月31日新发放贷款 is about the loans.
var lastOfRule = automaton.MustCompile(`^(?:$|[,。;)\n]|[前止内]|期间|有效|执行|施行|实施|生效)`)

// applying follows the last day of a time to apply: 即日起至6月9日向市商务局申报.
var applying = automaton.MustCompile(`^[^,。;]{0,20}(?:申报|申请|报名|提交|提出|报送|登录)|^[^,。;]{0,30}(?:征集|遴选|评选|推荐)`)

// opens tells whether a time to apply begins, and not an order: 即日起登录系统申报.
func opens(rest string) bool {
	return applying.MatchString(rest) && !stops.MatchString(firstRunes(rest, 24))
}

var stops = automaton.MustCompile(`暂停|停止|取消|恢复|不再|终止`)

// applyTime stands before the days of a time to apply.
var applyTime = automaton.MustCompile(`(?:申报|申请|受理|报名|征集|缴费|公示|登记|填报|领取|申领|揭榜|参保)(?:工作)?(?:时间|期限|日期|期)?(?:为|:|自|从|是|的|,)*(?:本)?(?:通知|公告|公示|通告|指南|文件)?$`)

func notApplying(before string) bool {
	return !applyTime.MatchString(strings.TrimRight(before, "的:, "))
}

// ofProject stands before the time of what is done, which is not that of the document.
var ofProject = automaton.MustCompile(`(?:项目|工程|课题|合同|协议|贷款|计划)(?:的)?$`)

// partial stands before the time of a part of the document.
var partial = automaton.MustCompile(`(?:其中|第[一二三四五六七八九十百\d]{1,4}[条项款点](?:规定|政策|措施)?)[^,。;]{0,20}$`)

// startsOn is from when a guide or a piece of news says that something holds:
// 2025年12月1日起,生育津贴…, if it names but one such day.
func startsOn(p *domain.Policy, found claims) string {
	var days []string
	for _, c := range found {
		if !slices.Contains(days, c.day) {
			days = append(days, c.day)
		}
	}
	switch len(days) {
	case 1:
		return days[0]
	case 2: // last year's and this year's
		title := p.Title
		if slices.Sort(days); strings.Contains(title, days[0][:4]) && strings.Contains(title, days[1][:4]) {
			return days[1]
		}
	}
	return ""
}
