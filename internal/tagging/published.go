package tagging

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"policypush/internal/automaton"
	"policypush/internal/domain"
)

var (
	dateLine = automaton.MustCompile(`^(?:` + yearRE + monthRE + dayRE + `)(?:印发|发布)?(?: ?星期[一二三四五六日天])?$`)
	isoLine  = automaton.MustCompile(`^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?: ?\d{1,2}:\d{2}(?::\d{2})?)?(?: ?(?:\d{1,6}次|点击数|浏览|阅读)[^。;]{0,20})?$`)
	// cutDay is a day whose last mark was lost.
	cutDay      = automaton.MustCompile(`^(\d{4})年(\d{1,2})月(\d{1,2})$`)
	datedNumber = automaton.MustCompile(`^(\d{4}年\d{1,2}月\d{1,2}日) ?[\p{Han}]{1,12}〔\d{4}〕\d{1,4}号$`)
	// numberDated is the same the other way round.
	numberDated = automaton.MustCompile(`^[\p{Han}]{1,12}〔\d{4}〕\d{1,4}号 ?(\d{4}[年.-]\d{1,2}[月.-]\d{1,2}日?)$`)
	dateAtEnd   = automaton.MustCompile(yearRE + monthRE + dayRE + `[)]?$`)
)

// publishDate is the day that the text itself names, else the one of the page that
// shows it. The day on which somebody copied a document of 1997 is not its own.
func (t *Tagger) publishDate(p *domain.Policy, meta map[string]string) string {
	if d := writtenDate(p, meta); d != "" {
		return d
	}
	if _, d := t.signedWithin(p); d != "" {
		return d
	}
	if d := putUpOn(p, meta); agreesWithNumber(d, p.DocNumber) {
		return d
	}
	return ""
}

// writtenDate is the date under the text, else one of how a statute came
// about, else one after a label, else the date alone on a line of the head,
// else the date the text ends with.
func writtenDate(p *domain.Policy, meta map[string]string) string {
	var signed string
	last := -1
	for i, c := range p.Clauses {
		if c.Kind != domain.SignatureClause || last >= 0 && i > last+1 && signed != "" {
			continue
		}
		last = i
		if all := chineseDate.FindAllStringSubmatch(c.Text, -1); len(all) > 0 {
			m := all[len(all)-1]
			signed = day(m[1], m[2], m[3])
		} else if m := cutDay.FindStringSubmatch(c.Text); m != nil {
			signed = day(m[1], m[2], m[3])
		} else if d := firstDate(c.Text); d != "" {
			signed = d
		}
	}
	if signed != "" {
		return signed
	}
	if _, d := jointly(p); d != "" {
		return d
	}
	if d := promulgatedOn(p); d != "" {
		return d
	}
	if d := enactedOn(p); d != "" {
		return d
	}
	if d := firstDate(first(meta, "成文日期", "成文时间", "发文日期", "发文时间", "签发日期", "印发日期", "公布日期", "公布时间", "颁布日期", "颁布时间", "颁发日期")); d != "" {
		return d
	}
	for i := len(p.Clauses) - 1; i >= 0; i-- {
		if c := p.Clauses[i]; c.Kind == domain.NoteClause && strings.HasSuffix(c.Text, "印发") {
			if d := firstDate(c.Text); d != "" {
				return d
			}
		}
	}
	heads := headClauses(p)
	if strings.Contains(p.DocNumber, "令第") {
		heads = opening(p)
	}
	for i, c := range heads {
		if i+1 < len(heads) && strings.HasPrefix(heads[i+1].Text, "星期") {
			continue // the page tells what day it is today
		}
		for line := range strings.SplitSeq(c.Text, "\n") {
			line = strings.TrimPrefix(strings.Trim(squareBrackets.Replace(line), "() "), "日期:")
			if m := dateLine.FindStringSubmatch(line); m != nil {
				return day(m[1], m[2], m[3])
			}
			for _, both := range []*automaton.Expression{datedNumber, numberDated} {
				if m := both.FindStringSubmatch(line); m != nil {
					return firstDate(m[1])
				}
			}
			if m := heardOn.FindStringSubmatch(line); m != nil {
				return firstDate(m[1])
			}
			if m := datedOrder.FindStringSubmatch(line); m != nil {
				return firstDate(strings.TrimPrefix(line, m[1]))
			}
		}
	}
	for i := len(p.Clauses) - 1; i >= 0 && i >= len(p.Clauses)-4; i-- {
		c := p.Clauses[i]
		if tail, stopped := strings.CutSuffix(lastRunes(c.Text, 40), "。"); c.Kind != domain.TableClause && c.Kind != domain.HeadClause {
			if m := dateAtEnd.FindStringSubmatchIndex(tail); m != nil && !endsSpan.MatchString(tail[:m[0]]) && (!stopped || agencyEnd.MatchString(tail[:m[0]])) {
				return day(submatch(tail, m, 1), submatch(tail, m, 2), submatch(tail, m, 3))
			}
		}
	}
	return ""
}

// squareBrackets drops those around a number and a day: [云财〔2023〕1号] [2023-10-27].
var squareBrackets = strings.NewReplacer("[", "", "]", "", "【", "", "】", "")

// heardOn is the meeting that heard a report, in the line below the title.
var heardOn = automaton.MustCompile(`^[—–-]{1,3} ?(\d{4}年\d{1,2}月\d{1,2}日)在[\p{Han}]{4,60}$`)

// putUpOn is the day of the page that shows a text.
func putUpOn(p *domain.Policy, meta map[string]string) string {
	if d := firstDate(first(meta, "发布日期", "发布时间", "发表时间", "生成日期", "公开日期", "公开时间", "回复时间", "回复日期")); d != "" {
		return d
	}
	for _, c := range headClauses(p) {
		if copied.MatchString(c.Text) {
			continue
		}
		if m := isoLine.FindStringSubmatch(strings.TrimPrefix(strings.Trim(c.Text, "()[] "), "日期:")); m != nil {
			return day(m[1], m[2], m[3])
		}
		if d := bylineDay(c.Text); d != "" && c.Kind == domain.HeadClause {
			return d
		}
		if m := pageDate.FindStringSubmatch(c.Text); m != nil && pageLine.MatchString(c.Text) && !notPage.MatchString(c.Text) {
			return firstDate(cmpEmpty(m[1], m[2]))
		}
	}
	if m := reportedOn.FindStringSubmatch(firstRunes(p.Text, 400)); m != nil {
		return firstDate(m[1])
	}
	return firstDate(first(meta, "更新日期", "更新时间"))
}

// reportedOn is the line of a paper: 云川新闻网2026年3月1日讯.
var reportedOn = automaton.MustCompile(`[\p{Han}]{2,8}[网报社台端]\p{Han}{0,4}(20\d{2}年\d{1,2}月\d{1,2}日)[讯电]`)

// bylineDay is the only day in a line of who shows a text and when, which has the time
// of day or says what it is: 云川日报2026-03-01 08:54, 来自:云川市政府网站 时间:2026-03-01.
func bylineDay(line string) string {
	if utf8.RuneCountInString(line) > 80 || notPage.MatchString(line) {
		return ""
	}
	at := someDay.FindAllStringIndex(line, 2)
	if len(at) != 1 || !isoTime.MatchString(line[at[0][1]:]) && !pageLabel.MatchString(line) || strings.ContainsAny(line, "。;,至") {
		return ""
	}
	if d := line[at[0][0]:at[0][1]]; len(d) != len("26-03-01") || strings.Contains(d, "月") {
		return firstDate(d)
	} else if isoTime.MatchString(line) {
		return firstDate("20" + d)
	}
	return ""
}

// agreesWithNumber tells whether a day is of the year of a document's number or of
// the next.
func agreesWithNumber(day, number string) bool {
	m := numberYear.FindStringSubmatch(number)
	if m == nil || len(day) < 4 {
		return true
	}
	put, err1 := strconv.Atoi(day[:4])
	own, err2 := strconv.Atoi(m[1])
	return err1 != nil || err2 != nil || put == own || put == own+1
}

var numberYear = automaton.MustCompile(`〔(\d{4})〕`)

var (
	// pageDate is when a page was put up, in the line that also tells its
	// source or how to print it; 时间 alone may be that of anything.
	pageDate = automaton.MustCompile(`(?:日期|时间|印发|更新于|^发[表布]于|编辑:[\p{Han}]{2,4})[: ]*(\d{4}[年./-]\d{1,2}[月./-]\d{1,2}日?)|(?:^|来源[: ][\p{Han}“”"]{2,30} ?)(\d{4}[年./-]\d{1,2}[月./-]\d{1,2}日?)(?: \d{1,2}:\d{2}(?::\d{2})?)? ?(?:[【\[(]?(?:字体|字号|来源|打印|浏览|作者)|$)`)
	pageLine = automaton.MustCompile(`来源|首页|字体|字号|编辑|浏览|打印|更新于|^印发|^发[表布]于`)
	// someDay is a day, pageLabel what a page calls it or the name of an office before it.
	someDay   = automaton.MustCompile(`\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{2}-\d{2}-\d{2}`)
	pageLabel = automaton.MustCompile(`^[\p{Han}]{4,40}(?:局|厅|委|会|所|中心|政府|办公室) ?\d|(?:来源|来自|时间|日期|更新)[\p{Han}]{0,4}:`)
	// copied is said of pages of those who copy what offices published.
	copied  = automaton.MustCompile(`资料网|文库|范文|论坛|文档下载`)
	notPage = automaton.MustCompile(`(?:截止|申报|受理|报名|活动|执行|有效|实施|施行|生效|失效|废止)(?:日期|时间)`)
	isoTime = automaton.MustCompile(`\d{1,2}:\d{2}(?::\d{2})?`)
	// endsSpan stands before the last day of a period.
	endsSpan = automaton.MustCompile(`(?:至|到|-|—|–|~|截止|于|前|期限[为:]?)$`)
)

// promulgatedOn is the day under the order or announcement that stands over the rules that
// it brings.
func promulgatedOn(p *domain.Policy) string {
	heads := headClauses(p)
	for i, c := range heads {
		if c.Kind != domain.HeadClause || !promulgates.MatchString(c.Text) {
			continue
		}
		for _, next := range heads[i+1 : min(len(heads), i+5)] {
			if next.Kind == domain.TitleClause {
				break
			}
			if m := dateLine.FindStringSubmatch(next.Text); m != nil {
				return day(m[1], m[2], m[3])
			}
		}
	}
	return ""
}

// enactedOn reads the head of a statute: when it was published, else passed.
// The first line counts; later ones tell of revisions.
func enactedOn(p *domain.Policy) string {
	passed := ""
	for _, c := range headClauses(p) {
		if c.Kind == domain.TitleClause || !enacted.MatchString(c.Text) {
			continue
		}
		d := firstDate(c.Text)
		revised := strings.Contains(c.Text, "修正") || strings.Contains(c.Text, "修订") || strings.Contains(c.Text, "修改")
		switch {
		case d == "" || !strings.Contains(c.Text, "通过") && !strings.Contains(c.Text, "公布") && strings.HasSuffix(strings.Trim(c.Text, "()"), "施行"):
		case passed == "":
			passed = d
		case !revised && strings.Contains(c.Text, "公布"):
			return d
		}
	}
	return passed
}

func signed(p *domain.Policy) bool {
	return slices.ContainsFunc(p.Clauses, func(c domain.Clause) bool { return c.Kind == domain.SignatureClause })
}
