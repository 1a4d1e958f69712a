package document

import (
	"slices"
	"strings"
	"unicode"

	"policypush/internal/automaton"
	"policypush/internal/domain"
)

// style is what a file's format says about a line.
type style int

const (
	plainLine style = iota
	titleLine
	headingLine
	tableLine
)

// line is a paragraph, or what the file made of one.
type line struct {
	text   string
	style  style
	level  int  // of a heading, from 1
	whole  bool // the format says that a paragraph ends here
	indent bool // the format shows that a paragraph begins here
	middle bool // the format shows that it stands in the middle, as titles do
	full   bool // the format shows that it reaches the margin
	page   bool // first of a page

	place  Source   // in the file, without its text
	source int      // of the lines of the file, the one that it begins with
	skip   int      // bytes of that line, cleaned, that stand before it
	joined []strand // others that were joined to it, by where they begin in the text
}

// take joins another line.
func (l *line) take(o line) {
	added := glue(l.text, o.text)
	at := len(l.text) + len(added) - len(o.text)
	l.text += added
	l.follow(at, o)
}

// follow notes that another line was joined at a byte of the text.
func (l *line) follow(at int, o line) {
	l.joined = append(l.joined, strand{from: at, source: o.source, skip: o.skip})
	for _, j := range o.joined {
		l.joined = append(l.joined, strand{from: at + j.from, source: j.source, skip: j.skip})
	}
}

// lengths are in columns of the screen: two for a Chinese character.
const (
	shortest = 30 // a line shorter than this is not broken by a margin
	longest  = 80 // a paragraph of this length does not end without a full stop
	flatLine = 200
)

func columns(s string) int {
	n := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 0xE3 || c == 0xE2 && i+1 < len(s) && s[i+1] >= 0xBA: // the first byte of a character from U+2E80 on
			n += 2
		case c < 0x80 || c >= 0xC0:
			n++
		}
	}
	return n
}

// tidy turns the lines of a file into paragraphs.
func tidy(lines []line) []line {
	kept := lines[:0]
	for i, l := range lines {
		if l.style != tableLine {
			l.text = withoutCells(clean(l.text))
		}
		if l.text == "" || isPageNumber(l, lines, i) {
			if l.page && i+1 < len(lines) {
				lines[i+1].page = true
			}
			continue
		}
		kept = append(kept, l)
	}
	kept = dropRunning(kept)
	flat := isFlat(kept)
	cut := make([]line, 0, len(kept))
	var pieces []string
	for _, l := range kept {
		if l.style == tableLine {
			cut = append(cut, l)
			continue
		}
		at := 0
		pieces = unflatten(pieces[:0], l.text, flat || len(cut) == 0 && titleThenText.MatchString(l.text))
		if parts := titleAndDay(l.text, len(pieces) == 1, len(cut) < 3 && !flat); parts != nil {
			pieces = parts
		}
		if len(cut) < 3 {
			if parts := partFacts(l.text); parts != nil {
				pieces = parts
			}
		}
		if m := dayAndNumberIn(l.text, len(cut)); m != nil {
			pieces = partsAt(l.text, m)
		}
		for _, piece := range pieces {
			part := l
			part.skip = at
			part.text = squeeze(piece)
			if at += len(piece); at < len(l.text) && l.text[at] == ' ' { // at which it was cut
				at++
			}
			part.indent = l.indent && len(cut) > 0
			if part.text != "" {
				cut = append(cut, part)
			}
		}
	}
	return joinBroken(readCard(dropNoise(dropFooter(cut))))
}

// withoutCells is a line without the empty cells of a table at its end: 2026-03-01 | ||||.
func withoutCells(s string) string {
	if text := strings.TrimRight(s, " |"); strings.Count(s[len(text):], "|") > 1 {
		return text
	}
	return s
}

var (
	pageNumber = automaton.MustCompile(`^(?:[-—–－─·] ?){1,3}\d{1,4}(?: ?[-—–－─·]){1,3}$|^第 ?\d{1,4} ?页(?: ?[,/]? ?共 ?\d{1,4} ?页)?$|^\d{1,4} ?/ ?\d{1,4}$`)
	bareNumber = automaton.MustCompile(`^\d{1,4}$`)
)

// isPageNumber tells whether line i is a page number. A bare number is one
// only where a page begins or ends.
func isPageNumber(l line, lines []line, i int) bool {
	if len(l.text) > 40 || l.style == tableLine || !strings.ContainsAny(l.text, "0123456789") {
		return false
	}
	if pageNumber.MatchString(l.text) {
		return true
	}
	last := i+1 == len(lines) && l.place.Page > 1
	return bareNumber.MatchString(l.text) && (l.page || last || i+1 < len(lines) && lines[i+1].page)
}

// leastPages is on how many pages a line stands that belongs to the paper.
const leastPages = 3

// dropRunning removes what stands at the head or the foot of several pages: one of the
// two lines there, whatever the number of the page in it.
func dropRunning(lines []line) []line {
	begins := []int{0} // the first lines of pages
	for i, l := range lines {
		if l.page && i > 0 {
			begins = append(begins, i)
		}
	}
	if len(begins) < leastPages {
		return lines
	}
	masked := map[int]string{} // by the line
	seen := map[string]int{}
	for k, from := range begins {
		to := len(lines)
		if k+1 < len(begins) {
			to = begins[k+1]
		}
		here := map[string]bool{}
		for _, i := range []int{from, from + 1, to - 2, to - 1} {
			if i < from || i >= to || lines[i].style == tableLine || columns(lines[i].text) > longest {
				continue
			}
			text := strings.TrimSpace(strings.Map(func(r rune) rune {
				if '0' <= r && r <= '9' {
					return -1
				}
				return r
			}, lines[i].text))
			if masked[i] = text; text != "" && !here[text] {
				here[text] = true
				seen[text]++
			}
		}
	}
	kept := make([]line, 0, len(lines))
	for i, l := range lines {
		if i > 0 && seen[masked[i]] >= leastPages {
			if i+1 < len(lines) {
				lines[i+1].indent = lines[i+1].indent || l.page && l.indent
				lines[i+1].page = lines[i+1].page || l.page
			}
			continue
		}
		kept = append(kept, l)
	}
	return kept
}

// isFlat tells whether the text lost its line breaks: nearly all of it stands
// in lines of many sentences.
func isFlat(lines []line) bool {
	if len(lines) == 0 {
		return false
	}
	long, all := 0, 0
	for _, l := range lines {
		if l.style == tableLine {
			continue
		}
		all += len(l.text)
		if len(l.text) <= flatLine {
			continue
		}
		if n := domain.CodePoints(l.text); n > flatLine && (n > 5*flatLine || len(lines) <= 4) {
			long += len(l.text)
		}
	}
	if len(lines) == 1 && flatNotice.MatchString(lines[0].text) {
		return true
	}
	return long*10 > all*8
}

// flatNotice is a short text on one line that ends with a day behind who signs, or begins with
// its number and those it is written to.
var flatNotice = automaton.MustCompile(`^.{60,}[。)》] [\p{Han} ]{3,80} ` + datePattern + `(?: \([^()]{2,12}\))?$|^[\p{Han}]{2,12}〔\d{4}〕\d{1,5}号 ?(?:各|[省市县区][直级政])[^。:]{2,120}:.{60,}`)

// titleThenText is the first line of a text that lost its breaks: a title, and more behind a
// blank.
var titleThenText = automaton.MustCompile(`^[^。;:, ]{8,90}(?:的通知|的意见|的公告|的通告|的决定|的批复|的函) [^。]{0,80}(?:各|现|为|根据)|^[^。;:]{2,60}关于[^。;:, ]{4,80}(?:通知|意见|公告|通告|决定|批复|函)(?:\([^)]{2,8}\))? [^。]{0,80}(?:各|现|为|根据|你[省市县区部厅局])`)

// titleAndDay parts a title and the day behind it, if a line holds both: a whole
// line, or one of the first.
func titleAndDay(s string, whole, first bool) []string {
	if !first && !whole {
		return nil
	}
	if first && whole {
		if m := dayAndSource.FindStringSubmatchIndex(s[:min(len(s), 600)]); m != nil && endsLikeTitle(squeeze(s[:m[3]])) {
			return []string{s[:m[3]], s[m[4]:]}
		}
	}
	if len(s) > 600 || !strings.HasSuffix(s, "日") && strings.TrimRight(s, "0123456789)]") == s {
		return nil
	}
	if m := dayBehind.FindStringSubmatchIndex(s); m != nil && whole && endsLikeTitle(s[:m[3]]) {
		return []string{s[:m[3]], s[m[4]:]}
	}
	if m := dayAfter.FindStringSubmatchIndex(s); m != nil && first && !isOrgLine(squeeze(s[:m[3]])) {
		return []string{s[:m[3]], s[m[4]:]}
	}
	return nil
}

// dayAndSource is a title with the day and the source of a page behind it.
var dayAndSource = automaton.MustCompile(`^([^。;:]{0,60}关于[^。;:]{4,100}?) (20\d{2}[-/.年]\d{1,2}[-/.月]\d{1,2}日? ?(?:\d{1,2}:\d{2}(?::\d{2})? ?)?(?:来源|作者|浏览|阅读|点击|字号|信息来源)[^。]{0,80})$`)

// dayBehind is a title with the day on which a page shows it behind it, dayAfter the
// same of a report in the first lines of a page.
var (
	dayBehind = automaton.MustCompile(`^([^。;:]{0,60}关于[^。;:]{4,100}?) ?([(\[]?20\d{2}[-/.]\d{1,2}[-/.]\d{1,2}[)\]]?)$`)
	dayAfter  = automaton.MustCompile(`^([^。;:,]{10,80}) (20\d{2}年\d{1,2}月\d{1,2}日)$`)
)

// factAt is the name of a fact about a document, factDay a day as its value.
var (
	factAt  = automaton.MustCompile(`(?:发文|颁布|颁发|公布|发布|制定|执行|施行|实施|生效|失效)(?:单位|部门|机关|机构|日期|时间|文号|字号):`)
	factDay = automaton.MustCompile(`:(\d{4}[-./年]\d{1,2}[-./月]\d{1,2}日?)`)
)

// partFacts parts a title, the facts that a collection of laws puts behind it without so
// much as a blank, and the text behind those.
func partFacts(s string) []string {
	head := s[:min(len(s), flatLine*4)]
	all := factAt.FindAllStringIndex(head, -1)
	if len(all) < 2 || !endsLikeTitle(strings.TrimRight(s[:all[0][0]], " ")) || strings.Contains(s[:all[0][0]], "。") {
		return nil
	}
	var pieces []string
	done := 0
	for _, at := range all {
		if at[0]-done > longest*3 {
			return nil
		}
		pieces, done = append(pieces, s[done:at[0]]), at[0]
	}
	if m := factDay.FindStringSubmatchIndex(head[done:]); m != nil {
		pieces, done = append(pieces, s[done:done+m[3]]), done+m[3]
	}
	return append(pieces, s[done:])
}

// dayAndNumber is a line of a collection of laws below the title: the day, maybe who issued
// it, the number, maybe the place.
var dayAndNumber = automaton.MustCompile(`^(20\d{2}-\d{1,2}-\d{1,2}) (?:([\p{Han}]{4,40}) )?([\p{Han}]{2,12}[〔\[(【]20\d{2}[〕\])】]第?\d{1,5}号|[\p{Han} ]{2,40}公告20\d{2}年第\d{1,4}号)(?: ([\p{Han}]{2,8}))?$`)

// dayAndNumberIn finds what such a line holds, of which there is none but among the first.
func dayAndNumberIn(s string, before int) []int {
	if before > 5 || len(s) > 300 || !strings.HasPrefix(s, "20") {
		return nil
	}
	return dayAndNumber.FindStringSubmatchIndex(s)
}

// partsAt are the parts of a line that an expression found, in bytes, with the blanks
// between them left out.
func partsAt(s string, found []int) []string {
	var parts []string
	for i := 2; i+1 < len(found); i += 2 {
		if found[i] >= 0 {
			parts = append(parts, s[found[i]:found[i+1]])
		}
	}
	return parts
}

// unflatten cuts a line that holds several paragraphs: at blanks that stand
// for a line break, and before the next number of a row of headings. They are added
// to pieces.
func unflatten(pieces []string, s string, flat bool) []string {
	if !flat && (len(s) < 3*flatLine || !hidesHeadings(s)) {
		return append(pieces, s)
	}
	start := 0
	glued := gluedAt(s)
	var next [rankLetter + 1]int // the number that would continue a row of headings
	for i, r := range s {
		if i <= start {
			continue
		}
		cut := i
		if len(glued) > 0 && i >= glued[0] {
			glued = glued[1:]
		} else if r == ' ' {
			if !breaksAtBlank(s[start:i], s[i+1:]) {
				continue
			}
		} else {
			if !afterStop(s[start:i]) {
				continue
			}
			if n := numberOf(peek(s[i:])); n.rank == noRank || n.value != 1 && n.value != next[n.rank] {
				continue
			}
		}
		pieces = append(pieces, s[start:cut])
		if r == ' ' {
			cut++
		}
		start = cut
		if n := numberOf(peek(s[cut:])); n.rank != noRank {
			next[n.rank] = n.value + 1
		}
	}
	return append(pieces, s[start:])
}

const datePattern = `(?:\d{4}|[一二][〇○Oo零一二三四五六七八九]{3}) ?年 ?[\d一二三四五六七八九十]{1,3} ?月 ?[\d一二三四五六七八九十]{1,3} ?日`

var (
	// gluedTitle is a title that the text, the number or the addressee follows
	// without so much as a blank.
	gluedTitle = automaton.MustCompile(`^([^。,;:]{4,160}?(?:通知|意见|办法|公告|通告|决定|细则|方案|规定|措施|政策)(?:\([^)]{2,8}\))?)(?:为|各[\p{Han}]|[^的。,;:()《》 \d]{1,10}[〔\[(【]20\d{2}[〕\])】])`)
	// gluedNumber is a number with what is glued to it, gluedAddressee who is
	// written to.
	gluedNumber    = automaton.MustCompile(`^([\p{Han}]{1,12}[〔\[(【]20\d{2}[〕\])】]第? ?\d{1,5}号)((?:登记号|统一编号|编号)[^各。,;]{4,30})?(?:各|[\p{Han}]{2,40}:)`)
	gluedAddressee = automaton.MustCompile(`^(?:各|有关)[^。;:]{2,320}:`)
	// onGrounds begins what is written to them.
	onGrounds = automaton.MustCompile(`^(?:为|根据|按照|现|经|近)`)
	// gluedSignature is offices and a date right behind a sentence.
	gluedSignature = automaton.MustCompile(`[。)》]((?:[\p{Han}]{2,24} ?){1,8}(?:局|委|厅|部|政府|办公室|会|院|中心|行|办|署|组))(` + datePattern + `)`)
	// gluedHeading is a title that its first heading follows.
	gluedHeading = automaton.MustCompile(`^([^。,;:]{6,120}?(?:措施|办法|细则|规定|方案|意见|政策|规则|指南)(?:\([^)]{2,8}\))?)(?:一、|第一[条章])`)
)

// gluedAt returns the bytes at which a text that lost its line breaks, and the
// blanks for them, is to be cut: behind title, number and addressee, and around
// a signature.
func gluedAt(s string) []int {
	var cuts []int
	at := 0
	head := func(e *automaton.Expression) []int { return e.FindStringSubmatchIndex(s[at:min(len(s), at+1200)]) }
	if m := head(gluedTitle); m != nil {
		at += m[3]
		cuts = append(cuts, at)
	}
	if m := head(gluedNumber); m != nil {
		cuts = append(cuts, at+m[3])
		if m[4] >= 0 {
			cuts = append(cuts, at+m[5])
			m[3] = m[5]
		}
		at += m[3]
	}
	if m := head(gluedAddressee); m != nil && (len(cuts) > 0 || onGrounds.MatchString(s[m[1]:])) {
		at += m[1]
		cuts = append(cuts, at)
	}
	for _, m := range gluedSignature.FindAllStringSubmatchIndex(s, -1) {
		if m[2] < at || strings.HasSuffix(s[:m[2]], "》") && s[m[5]:] != "" && !strings.HasPrefix(s[m[5]:], "附件") { // 《…》财政部2026年3月1日发布
			continue
		}
		cuts = append(cuts, m[2], m[4], m[5])
		at = m[5]
		if h := head(gluedHeading); h != nil {
			at += h[3]
			cuts = append(cuts, at)
		}
	}
	return cuts
}

// peek returns enough of s to hold a number of a heading, without blanks.
func peek(s string) string {
	if len(s) > 48 {
		s = s[:48]
	}
	return squeeze(strings.ToValidUTF8(s, ""))
}

// hidesHeadings tells whether a long line has headings behind blanks.
func hidesHeadings(s string) bool {
	found := 0
	for i := 0; i < len(s); {
		j := strings.IndexByte(s[i:], ' ')
		if j < 0 {
			break
		}
		i += j + 1
		if n := numberOf(peek(s[i:])); n.rank != noRank && i > 1 && isStop(lastRune(s[:i-1])) {
			if found++; found >= 2 {
				return true
			}
		}
	}
	return false
}

// afterStop tells whether a heading may follow: a sentence has ended.
func afterStop(s string) bool {
	return isStop(lastRune(s))
}

func isStop(r rune) bool {
	switch r {
	case '。', ';', ':', '!', '?', ')', '”', '」', '》', '…':
		return true
	}
	return false
}

// breaksAtBlank tells whether the blank between two parts of a text stands for
// a line break. Blanks around numbers and after long unfinished sentences are
// left to squeeze.
func breaksAtBlank(left, right string) bool {
	l, r := lastRune(left), firstRune(right)
	if len(left) <= 480 && strings.LastIndexByte(left, '(') > strings.LastIndexByte(left, ')') && enactedBracket.MatchString(left) {
		return false
	}
	if len(left) <= 180 && jointOffices.MatchString(left) {
		office := strings.TrimSuffix(left[strings.LastIndexByte(left, ' ')+1:], "办公室")
		if len(office) > 21 { // the last seven characters: pages put the province before it
			office = office[len(office)-21:]
		}
		if title := jointTitle.FindString(peekFar(right)); title != "" && !strings.Contains(title, office) {
			return false
		}
	}
	if numberOf(peek(right)).rank != noRank || strings.HasPrefix(right, "(此件") || strings.HasPrefix(right, "附件") || len(left) <= 60 && (isDateLine(squeeze(left)) && !timeOfDay.MatchString(right) || dayAndTime.MatchString(left) && !bylineOn.MatchString(right)) {
		return true
	}
	if isStop(l) && l != ')' && l != '”' && l != '》' {
		return true
	}
	if (isAlnum(l) || l == ')') && signsBehind.MatchString(peekFar(right)) { // 电话:86912345 云川县民政局 2026年3月1日
		return true
	}
	if strings.ContainsRune("、,(《“", l) || strings.ContainsRune("、,)》”。;:", r) {
		return false
	}
	if '0' <= l && l <= '9' || isAlnum(l) && isAlnum(r) {
		return false
	}
	if isAlnum(r) {
		if len(left) <= 240 && dayOfPage.MatchString(right) && !strings.ContainsAny(left, "。;:") {
			return true
		}
		if len(left) <= 480 && yearNumberAtStart.MatchString(right) && endsLikeTitle(squeeze(left)) {
			return true
		}
		if heading := numberOf(peek(left)); heading.rank != noRank && len(left) >= 15 && len(left) <= 150 && yearAtStart.MatchString(right) {
			return !strings.ContainsAny(left, "。,;")
		}
		return startsWithDate(peek(right)) && len(left) < 200
	}
	if strings.ContainsAny(left, "。,;") {
		return false
	}
	return len(left) <= 150 || len(left) <= 480 && strings.Contains(left, "关于") && endsLikeTitle(squeeze(left))
}

// enactedBracket opens the note of how a statute came about: (2026年3月1日云川市人大常委会….
var enactedBracket = automaton.MustCompile(`\(\d{4} ?年 ?\d{1,2} ?月 ?\d{1,2} ?日[^()。;]{0,160}$`)

// jointOffices are offices and no more; jointTitle begins with the last of several offices that issue a text together.
var jointOffices = automaton.MustCompile(`^(?:[\p{Han}]{2,24}(?:局|厅|部|委|会|办公室|署|行|政府|院|中心) ?){1,6}$`)

var jointTitle = automaton.MustCompile(`^(?:[\p{Han}]{2,24}(?:局|厅|部|委|会|办公室|署|行|政府|院|中心) ){0,6}[\p{Han}]{2,24}(?:局|厅|部|委|会|办公室|署|行|政府|院|中心)(?:关于|公告 ?\d{4})`)

// signsBehind is who signs and the day, one office or several.
var signsBehind = automaton.MustCompile(`^(?:[\p{Han}]{3,30}(?:局|厅|部|委|会|办公室|署|行|政府|院|中心|领导小组|指挥部) ?){1,6}` + datePattern)

// peekFar returns enough of s to hold the offices before a title.
func peekFar(s string) string {
	if len(s) > 360 {
		s = strings.ToValidUTF8(s[:360], "")
	}
	return s
}

var dateAtStart = automaton.MustCompile(`^(?:\d{4}|[一二][〇○Oo零一二三四五六七八九]{3})年[\d一二三四五六七八九十]{1,3}月[\d一二三四五六七八九十]{1,3}日`)

// yearNumberAtStart begins a line with the number of an announcement: 2026年第3号.
var yearNumberAtStart = automaton.MustCompile(`^20\d{2} ?年 ?第 ?\d{1,4} ?号(?: |$)`)

// dayOfPage is when a page was put up, behind its title; timeOfDay what follows it, dayAndTime
// both and no more, and bylineOn who wrote it.
var (
	dayOfPage  = automaton.MustCompile(`^20\d{2}-\d{1,2}-\d{1,2} (?:\d{1,2}:\d{2}(?::\d{2})? )?`)
	bylineOn   = automaton.MustCompile(`^(?:信息)?(?:来源|作者|浏览|阅读|编辑|发布|字号|字体|【|\[)`)
	timeOfDay  = automaton.MustCompile(`^\d{1,2}:\d{2}(?::\d{2})?(?: |$)`)
	dayAndTime = automaton.MustCompile(`^20\d{2}-\d{1,2}-\d{1,2} \d{1,2}:\d{2}(?::\d{2})?$`)
)

var yearAtStart = automaton.MustCompile(`^20\d{2} ?年`)

func startsWithDate(s string) bool { return dateAtStart.MatchString(s) }

// joinBroken joins lines that a margin broke. A line goes on in the next if
// its sentence has not ended, the next does not begin something new, and it is
// as long as the margin allows or too long to be a heading.
func joinBroken(lines []line) []line {
	wide := make([]int, len(lines)) // in columns
	for i := range lines {
		wide[i] = columns(lines[i].text)
	}
	width := margin(lines, wide)
	out := make([]line, 0, len(lines))
	var open strings.Builder // the text of the last line of out, once something was joined to it
	last := 0                // columns of the line that was added last
	begun := ""              // the text of the last line of out, as long as nothing was joined to it
	text := func() string {
		if open.Len() > 0 {
			return open.String()
		}
		return begun
	}
	flush := func() {
		if open.Len() > 0 {
			out[len(out)-1].text = open.String()
			open.Reset()
		}
	}
	for i, l := range lines {
		below := i + 1
		if below < len(lines) && len(lines[below].text) <= 120 && sealLine.MatchString(lines[below].text) {
			below++
		}
		signs := below < len(lines) && isOrgLine(l.text) && isDayLine(lines[below].text)
		if len(out) > 0 && (signs && breaksName(text(), l.text) || !signs && !(len(out) <= 10 && endsLikeTitle(out[len(out)-1].text)) && goesOn(&out[len(out)-1], text(), l, last, width)) {
			added := glue(text(), l.text)
			if open.Len() == 0 {
				open.WriteString(begun)
			}
			open.WriteString(added)
			out[len(out)-1].follow(open.Len()-len(l.text), l)
			out[len(out)-1].whole, out[len(out)-1].full = l.whole, l.full
		} else {
			flush()
			out = append(out, l)
			begun = l.text
		}
		last = wide[i]
	}
	flush()
	return out
}

// nameBegins is the beginning of a long name of an office, on a line of its own: 云川县防汛抗旱和
// 抢险救灾, and hasPlace an office with its place.
var (
	nameBegins = automaton.MustCompile(`^(?:(?:中共)?[\p{Han}]{2,7}?[省市县区州旗盟镇乡]|北京|天津|上海|重庆|全国|国家|中国|国务院)[\p{Han}]{4,24}$`)
	hasPlace   = automaton.MustCompile(`^(?:中共)?[\p{Han}]{2,7}?[省市县区州旗盟镇乡]|^(?:国家|中国|中华|国务院)`)
	speaks     = automaton.MustCompile(`[请望各予]|执行|落实|特此|通[知告]|公告|[表书单录函样件]$`)
)

// breaksName tells whether a name that a line begins goes on in the next, of who signs:
// 云川县防汛抗旱和抢险救灾 over 工作指挥部办公室.
func breaksName(above, office string) bool {
	return len(above) <= 96 && nameBegins.MatchString(above) && !isOrgLine(above) && !speaks.MatchString(above) && !hasPlace.MatchString(office)
}

// glue returns what is to be appended: a blank first between foreign words.
func glue(a, b string) string {
	if isLetter(lastRune(a)) && isAlnum(firstRune(b)) {
		return " " + b
	}
	return b
}

// margin returns the columns at which lines were broken, or 0 if each line is
// a paragraph: in a broken text, many lines are about as long as the longest.
func margin(lines []line, wide []int) int {
	var all []int
	for i := range lines {
		if l, n := &lines[i], wide[i]; !l.whole && l.style != tableLine && n >= shortest/2 {
			all = append(all, n)
		}
	}
	if len(all) < 6 {
		return 0
	}
	slices.Sort(all)
	long := all[len(all)*9/10]
	if long < shortest || long > 140 {
		return 0
	}
	near := 0
	for _, n := range all {
		if n*100 >= long*88 && n*100 <= long*108 {
			near++
		}
	}
	if near*100 < len(all)*35 {
		return 0
	}
	return long
}

func goesOn(a *line, text string, b line, last, width int) bool {
	if a.whole || a.style == tableLine || b.style != plainLine || a.style != b.style || b.indent {
		return false
	}
	if len(text) > 1<<14 && last < longest { // no end in sight: not prose
		return false
	}
	end := lastRune(text)
	if '0' <= end && end <= '9' && strings.ContainsRune("年月日", firstRune(b.text)) { // a date is broken
		return true
	}
	if tail := text[max(0, len(text)-3*longest):]; strings.Contains(b.text, "》") && strings.LastIndex(tail, "《") > strings.LastIndex(tail, "》") {
		return true // within the title of what is cited
	}
	if strings.ContainsRune("。;:!?…", end) || startsAnew(b.text) || isNoteLine(text) && !(last >= longest*6/10 && strings.HasPrefix(text, "抄送:")) || fileName.MatchString(text[max(0, len(text)-len(".docx")):]) || isAddressee(b.text) && isMetaLine(text) {
		return false
	}
	if strings.HasPrefix(text, "抄送:") {
		return !printed.MatchString(b.text)
	}
	if a.full || width > 0 && last*100 >= width*85 {
		return !isCardLabel(b.text)
	}
	if strings.ContainsRune("、,", end) {
		return last >= shortest
	}
	if !unicode.Is(unicode.Han, end) && !strings.ContainsRune("《“(〔-", end) && !isAlnum(end) || isCardLabel(b.text) {
		return false
	}
	return last >= longest || last >= shortest && hasAny(text, "。;")
}

// fileName is the end of a line that names a file.
var fileName = automaton.MustCompile(`\.(?:docx?|xlsx?|pdf|wps|zip|rar|ofd)$`)

// startsAnew tells whether a line begins something of its own.
func startsAnew(s string) bool {
	if numberOf(s).rank != noRank {
		return true
	}
	for _, p := range []string{"附件", "附:", "抄送", "(此件", "答:", "问:", "(责任单位", "(牵头单位"} {
		if strings.HasPrefix(s, p) {
			return p != "附件" || columns(s) < longest
		}
	}
	return isDateLine(s) || isNumberLine(s) || byline.MatchString(s) || factLine.MatchString(s)
}

// factLine is a line of a page's facts about a document: 发文部门:云川市财政局.
var factLine = automaton.MustCompile(`^(?:发文|文件|法规|颁布|颁发|公布|发布|成文|印发|实施|生效|失效|所属)(?:标题|名称|文号|字号|部门|机关|机构|单位|时间|日期|类型|行业|区域):`)

// byline is when a page was put up and where it has its text from.
var byline = automaton.MustCompile(`^\d{4}[-年]\d{1,2}[-月]\d{1,2}日? ?\d{1,2}:\d{2}[^。;]{0,60}(?:来源|作者|浏览|字号)`)
