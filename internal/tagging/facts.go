package tagging

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"policypush/internal/automaton"
	"policypush/internal/domain"
)

var (
	metaLabel = automaton.MustCompile(`(发文机关|发文机构|发文部门|发布机构|发布机关|发布部门|颁布单位|颁布机关|颁布部门|制定机关|制定单位|发布单位|发文单位|公布机关|印发机关|发文字号|文号|文件编号|发文号|文件字号|成文日期|成文时间|发文日期|发文时间|印发日期|签发日期|发布日期|发布时间|颁布日期|颁布时间|颁发日期|发表时间|公布日期|公布时间|生成日期|施行日期|实行日期|实施日期|执行日期|生效日期|实施时间|施行时间|生效时间|失效日期|失效时间|废止日期|废止时间|截止日期|有效期至|制发部门|制发单位|编制单位|解读机关|解读单位|公开日期|公开时间|更新日期|更新时间|回复时间|回复日期|标题|名称|索引号|主题分类|主题词|信息来源|来源|有效性|依据文件|政策依据|服务对象|工具分类|浏览次数|浏览量|字体|字号)(?:[\]】][: \t]*|[: \t]+| ?\| ?)|[\t\n]`)
	bareLabel = automaton.MustCompile(`^(?:发文机关|发文机构|发文部门|发布机构|发布机关|发布部门|颁布单位|颁布机关|颁布部门|制定机关|制定单位|发布单位|发文单位|发文字号|文号|文件编号|成文日期|成文时间|发文日期|发文时间|印发日期|发布日期|发布时间|颁布日期|颁布时间|公布日期|施行日期|实行日期|实施日期|生效日期|失效日期|废止日期|有效期至|依据文件|工具分类|制发部门|制发单位|编制单位|更新日期|更新时间):?$`)
	// gluedLabel is a name that lost what parted it from its value.
	gluedLabel = automaton.MustCompile(`^[•·●\- ]*(?:文章|文件)?(发文机关|发文机构|发布机构|发布机关|发布单位|发文单位|制发机关|制发部门|制定机关|颁布单位|颁布部门|编制单位|文件字号|发文字号|成文日期|发文日期|发文时间|印发日期|发布日期|公布日期|颁布日期|施行日期|实施日期|执行日期|生效日期|失效日期|失效时间|废止日期|印发|标题)((?:[\p{Han}]{4,}[局会府厅室部委院][\p{Han}、 ]*|[:]?\d{4}[年./-]\d{1,2}[月./-]\d{1,2}日?|[^:。,]{4,80}(?:号|通知|意见|办法|公告|决定|条例)))$`)
	// lostColons are the names of a page's block of facts where nothing parts them from
	// their values: 索引号010600/2026-7发布机构云川县民政局公开日期2026-03-01.
	lostColons = automaton.MustCompile(`索引号|发文机关|发文机构|发文单位|发布机构|发布机关|发布单位|发布日期|签发日期|发文日期|成文日期|生成日期|公开日期|公开日|发文字号|文号|主题分类|体裁分类|组配分类|信息分类|主题词|效力状态|服务对象|公开范围|公开方式|有效性|失效日期|废止日期|生效日期|施行日期|实施日期|著录日期`)
	numberTail = automaton.MustCompile(`(?:通知|意见|办法|公告|通告|决定|细则|方案|措施|规定|政策|批复|函|文件|文号|字号|根据|按照|依据|落实|贯彻|执行|印发)$`)
	orderText  = automaton.MustCompile(`([\p{Han}]{1,30}令)(?:\d{4}年)?第[零〇○一二三四五六七八九十百\d]{1,8}号`)
	orderLine  = automaton.MustCompile(`^[(]?([\p{Han}、 ]{2,60}(?:令|公告|通告))[(]?(?:\d{4}年|〔\d{4}〕)?第[零〇○一二三四五六七八九十百\d]{1,8}号[)]?$`)
	datedOrder = automaton.MustCompile(`^[(]?([\p{Han}、]{2,60}令第[零〇○一二三四五六七八九十百\d]{1,8}号)[)]?[ ,]?\d{4}年\d{1,2}月\d{1,2}日[)]?$`)
	yearNumber = automaton.MustCompile(`^[(]?(\d{4}年) ?(第\d{1,4}号)[)]?$`)
	// oldNumber is how numbers were written before 1990, bareNumber one that has lost its 号.
	oldNumber  = automaton.MustCompile(`^[(]?([(〔](?:\d{4}|\d{2})[)〕][\p{Han}]{2,10}字第?\d{1,4}号)[)]?$`)
	bareNumber = automaton.MustCompile(`^[(]?([\p{Han}]{2,12}〔\d{4}〕第?\d{1,4})[)]?$`)
	// lonelyNumber is a number and no more.
	lonelyNumber = automaton.MustCompile(`^[(]?[\p{Han}]{2,12}〔\d{4}〕\d{1,5}号[)]?$`)
	orderTail    = automaton.MustCompile(`^[(]?(?:\d{4}年|〔\d{4}〕)?第[零〇○一二三四五六七八九十百\d]{1,8}号[)]?$`)
	enacted      = automaton.MustCompile(`^[(]?(?:\d{4}|[零〇○一二三四五六七八九]{4})年.{2,20}日.*(?:通过|公布|发布|修[正订]|批准|施行|令|公告)`)
	// cites stand before a number that belongs to another document.
	cites       = automaton.MustCompile(`(?:根据|按照|依据|依照|贯彻|落实|执行|参照|详见|以下简称|废止|转发)$`)
	citing      = automaton.MustCompile(`根据|按照|依据|依照|贯彻|落实`)
	titleEnd    = automaton.MustCompile(`(?:通知|意见|办法|公告|通告|决定|细则|方案|措施|规定|批复|函)[ \n]?$`)
	quotedTitle = regexp.MustCompile(`《[^》]*》`)
)

// facts fills in what identifies the document: number, issuers, dates, kind.
// Numbers, dates and titles that the text only cites are left alone.
func (t *reading) facts(p *domain.Policy) {
	p.Title = title(p.Clauses)
	meta := metadata(p.Clauses)
	if m := titleCell.FindStringIndex(p.Title); m != nil { // 名称:|关于…的通知|文号:|
		p.Title, _, _ = strings.Cut(strings.TrimLeft(p.Title[m[1]:], "| "), "|")
		p.Title = strings.TrimSpace(p.Title)
	}
	if p.Title == "" {
		p.Title = nameOnCard(p.Clauses)
	}
	for _, label := range []string{"名称", "标题"} { // which lost its colon
		if rest, found := strings.CutPrefix(p.Title, label); found && len(meta) > 1 && t.saysKind(rest) {
			p.Title = rest
		}
	}
	if m := numberBefore.FindStringIndex(p.Title); m != nil { // 云政办〔2026〕7号云川县人民政府办公室关于…
		p.Title = p.Title[m[1]:]
	}
	if whole, found := strings.CutPrefix(strings.TrimSuffix(p.Title, "》"), "《"); found && t.saysKind(whole) && strings.Contains(whole, "关于") && !strings.Contains(whole, "》") {
		p.Title = whole // 云政发〔2026〕7号《云川县人民政府关于…的通知》
	}
	if named := first(meta, "标题", "名称"); !t.saysKind(p.Title) && t.saysKind(named) {
		p.Title = named // and not the head of a column
	}
	p.DocNumber = t.docNumber(p, meta)
	p.UnifiedCode = t.unifiedCode(p)
	p.Issuers = t.issuers(p, meta)
	p.PublishDate = t.publishDate(p, meta)
	t.year, t.dated = yearOf(p), p.PublishDate
	t.findSubject(p)
	t.validity(p, meta)
	p.DocKind = t.docKind(p)
	if p.DocKind != kindInterpretation && p.EffectiveFrom != "" && writtenDate(p, meta) == "" && p.PublishDate > after(p.EffectiveFrom, length{years: 1}) {
		p.PublishDate = "" // somebody copied it
	}
	p.Replaces, p.Amends = t.replaced(p), t.amended(p)
	p.Contact = t.contact(p)
	p.Title = issuedTogether(p)
	factPlaces(p)
}

// saysKind tells whether a title says what it is about or what kind of document it is of.
func (t *Tagger) saysKind(title string) bool {
	end, _ := t.endOf(title)
	return end != "" || strings.Contains(title, "关于")
}

// issuedTogether is the title of a text that several offices issue together, with those
// that stand on lines of their own above it: 云川县财政局 over 云川县税务局 over 关于….
func issuedTogether(p *domain.Policy) string {
	titled := inTitleOf(p.Title)
	rest := p.Title
	if len(titled) == 0 && !strings.HasPrefix(rest, "关于") {
		return p.Title
	}
	for _, name := range titled { // in which the blanks between them are lost
		if after, found := strings.CutPrefix(strings.TrimLeft(rest, " 、"), name); found {
			rest = after
		} else {
			return p.Title
		}
	}
	var above []string
	for _, c := range p.Clauses {
		if c.Kind == domain.TitleClause {
			break
		}
		names := officesIn(c.Text)
		if c.Kind != domain.HeadClause || slices.ContainsFunc(names, func(name string) bool {
			return !slices.Contains(p.Issuers, name) || slices.Contains(above, name) || slices.Contains(titled, name)
		}) {
			above = nil
			continue
		}
		above = append(above, names...)
	}
	if len(above) == 0 && len(titled) > 1 && !slices.ContainsFunc(titled, func(name string) bool { return !national(name) && !wholeOffice(name) }) {
		return strings.Join(titled, " ") + rest
	}
	all := append(above, titled...)
	if len(all) < 2 || len(all) != len(p.Issuers) || slices.ContainsFunc(all, func(name string) bool { return !slices.Contains(p.Issuers, name) }) {
		return p.Title
	}
	return strings.Join(all, " ") + rest
}

// numberLabel is what a page calls the number of a text.
var numberLabel = automaton.MustCompile(`^[•·●\- ]*(?:文件|发文)(?:字号|文号|编号)[: ]*`)

// titleCell is the label of a title, numberBefore the number that a page puts before one.
var (
	titleCell    = automaton.MustCompile(`^[•·●\-| ]*(?:(?:(?:发文|文件|文章|事项|项目|业务|政策)?(?:标题|名称))[:|]|文章标题)`)
	numberBefore = automaton.MustCompile(`^[\p{Han}]{2,12}〔\d{4}〕\d{1,4}号 ?`)
)

// nameCell is the first cell of a guide card: 一、事项名称 over what it is, or before it.
var nameCell = automaton.MustCompile(`^(?:[一1][、.])?(?:事项|项目|业务|政策)名称:?([^:。;]{0,60})$`)

// nameOnCard is the name of what a guide card is about, "" if it has no such cell.
func nameOnCard(clauses []domain.Clause) string {
	if len(clauses) < 2 {
		return ""
	}
	m := nameCell.FindStringSubmatch(clauses[0].Text)
	switch {
	case m == nil:
		return ""
	case m[1] != "":
		return m[1]
	}
	if next := clauses[1].Text; nextCell.MatchString(next) {
		return next
	}
	return ""
}

// nextCell is a text that may be a name.
var nextCell = automaton.MustCompile(`^[^:。;]{4,60}$`)

func title(clauses []domain.Clause) string {
	var b strings.Builder
	for _, c := range clauses {
		if c.Kind == domain.TitleClause {
			b.WriteString(c.Text)
		} else if b.Len() > 0 {
			break
		}
	}
	title := strings.TrimRight(strings.TrimSpace(b.String()), "|")
	if m := columnBefore.FindString(title); m != "" && m != title && !guideTitle.MatchString(m) { // 时政|国务院办公厅关于…的意见
		title = title[len(m):]
	}
	if m := siteBehind.FindStringIndex(title); m != nil { // 关于…的通知_通知公告_云川县民政局网站
		title = strings.TrimSpace(title[:m[0]])
	}
	if m := behindKind.FindStringSubmatchIndex(title); m != nil {
		title = title[:m[2]]
	}
	if m := orderBehind.FindStringIndex(title); m != nil && m[0] > 0 {
		title = title[:m[0]]
	}
	if m := versionBehind.FindStringSubmatchIndex(title); m != nil {
		title = title[:max(m[2], m[4])]
	}
	return title
}

// versionBehind is the version that a collection of laws puts behind a title, (2019修订), that
// it holds no more, or the number of a notice.
var versionBehind = automaton.MustCompile(`[\p{Han}》](\((?:\d{4}(?:修[正订]|修改|施行|版)?|已?(?:失效|废止))\))$|(?:通知|公告|通告|函|批复)(\(\d{4}年(?:\d{1,2}月)?(?:修[正订]|修改|第?\d{1,4}号)\))$`)

// behindKind is what stands behind a title that is complete: a site of any name, the number,
// or when a page was put up.
var behindKind = automaton.MustCompile(`关于[^_|]{4,120}(?:通知|公告|通告|意见|公示|决定|批复|函)((?: ?[-_|] ?[^-_|《》]{2,30})| ?\|.{0,400}|\(?[\p{Han}]{2,12}〔\d{4}〕\d{1,4}号\)?| ?(?:发布|更新)?(?:时间|日期):\d{4}-.{0,400})$`)

// orderBehind is the order or announcement that brought a statute, behind its title.
var orderBehind = automaton.MustCompile(`\([^()]{2,30}(?:公告|令)第\d{1,4}号\)$`)

// columnBefore is the column of a paper before a title, or what a page says of it.
var columnBefore = automaton.MustCompile(`^[\p{Han}]{2,6}\||^[「【\[][\p{Han}]{2,6}[」】\]]|^(?:原标题|转发):`)

// siteBehind is what pages append to a title: the column and the site.
var siteBehind = automaton.MustCompile(`(?:[_|]| ?[-–—] ?)(?:[^_|]{2,20}[_|-])*[^_|《》]{2,30}(?:网站?|门户|政府|公告|平台|局|委员会|厅|开发区|高新区|管委会)$`)

// metadata collects what a page or a guide card says about the document in
// cells and lines of names and values. The first value of a name counts.
func metadata(clauses []domain.Clause) map[string]string {
	meta := map[string]string{}
	set := func(label, value string) {
		label, value = strings.TrimRight(label, ":"), strings.Trim(value, " \t\n:|[]【】")
		if label == "公开日" {
			label = "公开日期"
		}
		if label != "" && value != "" && meta[label] == "" {
			meta[label] = firstRunes(value, 120)
		}
	}
	for i, c := range clauses {
		switch {
		case c.Kind == domain.HeadingClause && !strings.HasPrefix(c.Text, "【"), c.Kind == domain.TextClause && (i > 40 && i < len(clauses)-8 || strings.Contains(c.Text, "。")), domain.CodePoints(c.Text) > 600:
			continue
		case len(c.Text) < 240 && rowOfLabels.MatchString(blanks.Replace(c.Text)):
			for _, row := range clauses[i+1 : min(len(clauses), i+4)] {
				set("文号", numberInRow.FindString(row.Text))
				if m := officeInRow.FindStringSubmatch(row.Text); m != nil && wholeOffice(m[1]) {
					set("发布机构", m[1])
				}
				set("发布日期", dayInRow.FindString(row.Text))
			}
			continue
		case isBareLabel(c.Text):
			if i+1 < len(clauses) && !isBareLabel(clauses[i+1].Text) {
				set(strings.TrimLeft(c.Text, "•·●- "), clauses[i+1].Text)
			}
			continue
		}
		if all := lostColons.FindAllStringIndex(c.Text, -1); c.Kind == domain.HeadClause && len(all) > 1 && all[0][0] == 0 && strings.Count(c.Text, ":") < len(all) {
			for k, at := range all {
				end := len(c.Text)
				if k+1 < len(all) {
					end = all[k+1][0]
				}
				set(c.Text[at[0]:at[1]], c.Text[at[1]:end])
			}
			continue
		}
		if m := gluedLabel.FindStringSubmatch(c.Text); m != nil {
			set(m[1], m[2])
			continue
		}
		if !strings.ContainsAny(c.Text, ":\t 】]|") {
			continue
		}
		at, label := 0, ""
		for _, m := range metaLabel.FindAllStringSubmatchIndex(c.Text, -1) {
			if m[2] < 0 && label == "" { // a cell without a name before it
				at = m[1]
				continue
			}
			set(label, c.Text[at:m[0]])
			label, at = "", m[1]
			if m[2] >= 0 {
				label = c.Text[m[2]:m[3]]
			}
		}
		set(label, c.Text[at:])
	}
	return meta
}

// rowOfLabels is a row of names whose values stand in the next rows, blanks left out.
var rowOfLabels = automaton.MustCompile(`^(?:索引号|文号|发文字号|名称|标题|发布机构|发文机关|发布日期|发文日期|成文日期|公开范围|公开方式|公开形式|主题分类|信息分类|体裁分类|有效性){3,}$`)

// numberInRow, officeInRow and dayInRow are what a row of values holds, whose cells may have
// lost what parted them: N001-2011-000627云政〔2011〕7号, 云川市民政局2011-03-04.
var (
	numberInRow = automaton.MustCompile(`[\p{Han}]{2,12}〔\d{4}〕\d{1,5}号`)
	officeInRow = automaton.MustCompile(`(?:^|[ |\d])([\p{Han}]{4,40})(?:[ |]|\d{4}-|$)`)
	dayInRow    = automaton.MustCompile(`\d{4}-\d{1,2}-\d{1,2}`)
)

// blanks drops what parts the cells of a row.
var blanks = strings.NewReplacer(" ", "", "|", "", "\t", "")

// isBareLabel tells whether a text is the name of a fact and no more.
func isBareLabel(text string) bool {
	return len(text) < 24 && bareLabel.MatchString(strings.TrimLeft(text, "•·●- "))
}

// first returns the first of several names of metadata that has a value.
func first(meta map[string]string, labels ...string) string {
	for _, l := range labels {
		if meta[l] != "" {
			return meta[l]
		}
	}
	return ""
}

// headClauses returns the clauses before the first paragraph.
func headClauses(p *domain.Policy) []domain.Clause {
	for i, c := range p.Clauses {
		if c.Kind != domain.TitleClause && c.Kind != domain.HeadClause || c.Start > 800 {
			return p.Clauses[:i]
		}
	}
	return p.Clauses
}

// opening returns the clauses before the first that bears a number.
func opening(p *domain.Policy) []domain.Clause {
	const most = 14
	for i, c := range p.Clauses {
		if c.Path != "" || i == most {
			return p.Clauses[:i]
		}
	}
	return nil
}

// docNumber finds the document's own 发文字号. It stands alone on a line of the
// head, in brackets under the title, after a label, or, where a copy has lost
// its line breaks, right behind the title. The number of an order or an
// announcement counts, too: 国务院令第663号.
func (t *Tagger) docNumber(p *domain.Policy, meta map[string]string) string {
	head := headClauses(p)
	for _, c := range head {
		text := quotedTitle.ReplaceAllString(c.Text, "")
		text = text[len(numberLabel.FindString(text)):]
		if m := oldNumber.FindStringSubmatch(text); m != nil {
			return m[1]
		}
		if m := bareNumber.FindStringSubmatch(text); m != nil && c.Kind == domain.HeadClause {
			return m[1] + "号"
		}
		for _, code := range []string{"X01", "X02"} {
			for _, m := range t.find(code, sentence{text: text, start: c.Start, end: c.End}) {
				n := numberIn(text, m.evidence.Text)
				if isOrder(c.Kind, text) { // of more offices than the rule takes
					return orderOf(text)
				}
				rest := strings.Trim(chineseDate.ReplaceAllString(strings.Replace(text, m.evidence.Text, "", 1), ""), "()（） \n")
				if bracketed := "(" + m.evidence.Text + ")"; c.Kind == domain.TitleClause && strings.HasSuffix(text, bracketed) && titleEnd.MatchString(strings.TrimSuffix(text, bracketed)) {
					return n
				}
				if utf8.RuneCountInString(rest) <= 8 || c.Kind == domain.TitleClause && code == "X02" && (!strings.Contains(text, "关于") || strings.HasPrefix(text, m.evidence.Text)) {
					return n
				}
			}
		}
	}
	if value := first(meta, "发文字号", "文号", "文件编号", "发文号", "文件字号"); value != "" {
		for _, code := range []string{"X01", "X02"} {
			for _, m := range t.find(code, sentence{text: value, end: utf8.RuneCountInString(value)}) {
				return numberIn(value, m.evidence.Text)
			}
		}
		if m := orderText.FindString(value); m != "" {
			return m
		}
	}
	for _, clauses := range [][]domain.Clause{head, opening(p)} {
		if n := numberOfOrder(clauses); n != "" {
			return n
		}
	}
	for _, c := range opening(p) { // an introduction of the page stands before it
		if lonelyNumber.MatchString(c.Text) {
			return strings.Trim(c.Text, "()")
		}
	}
	if n := t.numberBehindTitle(p); n != "" {
		return n
	}
	for i, c := range p.Clauses { // in brackets below the signature
		if i > 0 && strings.HasPrefix(c.Text, "(") && strings.HasSuffix(c.Text, "号)") && p.Clauses[i-1].Kind == domain.SignatureClause {
			for _, m := range t.find("X01", whole(&c)) {
				if "("+m.evidence.Text+")" == c.Text {
					return cleanNumber(m.evidence.Text)
				}
			}
		}
	}
	return ""
}

// numberOfOrder finds the number of an order in the head: on a line of its own,
// over two lines, or in the first note of how a statute came about.
func numberOfOrder(head []domain.Clause) string {
	for i, c := range head {
		if domain.CodePoints(c.Text) > 200 {
			continue
		}
		if m := datedOrder.FindStringSubmatch(c.Text); m != nil && c.Kind != domain.TitleClause {
			return m[1]
		}
		if isOrder(c.Kind, c.Text) {
			return orderOf(c.Text)
		}
		if i > 0 && (orderTail.MatchString(c.Text) || yearNumber.MatchString(c.Text)) {
			before := head[i-1].Text
			if strings.HasPrefix(before, "常务委员会") && i > 1 && strings.HasSuffix(head[i-2].Text, "人民代表大会") {
				before = head[i-2].Text + before
			}
			if m := yearNumber.FindStringSubmatch(c.Text); m != nil && strings.Contains(before, "关于") && (strings.HasSuffix(before, "公告") || strings.HasSuffix(before, "通告")) {
				return m[1] + m[2]
			}
			if strings.HasSuffix(before, "令") || strings.HasSuffix(before, "公告") && !strings.Contains(before, "关于") {
				return orderOf(before + c.Text)
			}
		}
	}
	for _, c := range head {
		if c.Kind == domain.TitleClause || !enacted.MatchString(c.Text) {
			continue
		}
		if m := ownOrder(c.Text); m != nil {
			n := c.Text[m[0]:m[1]]
			if at := strings.LastIndex(n, "日"); at >= 0 {
				n = n[at+len("日"):]
			}
			n = orderOf(strings.TrimPrefix(n, "经"))
			if !strings.Contains(n, "修") {
				return n
			}
		}
	}
	return ""
}

// isOrder tells whether a line is the number of an order or an announcement.
func isOrder(kind domain.ClauseKind, line string) bool {
	return orderLine.MatchString(line) && (kind != domain.TitleClause || strings.Contains(line, "令"))
}

// orderOf is the number of an order, without the name of the state: 国务院令第227号.
func orderOf(line string) string {
	return strings.TrimPrefix(strings.NewReplacer("(", "", ")", "").Replace(line), "中华人民共和国")
}

// citedOrder stands before an order that only amended the statute.
var citedOrder = automaton.MustCompile(`根据[\d年月日 ]*$`)

// ownOrder finds the order by which a statute was published: the last that does,
// since one that is revised as a whole is published anew. Orders that amended it
// are not its own.
func ownOrder(text string) []int {
	all := orderText.FindAllStringIndex(text, -1)
	for _, m := range slices.Backward(all) {
		if strings.HasPrefix(text[m[1]:], "公布") || strings.HasPrefix(text[m[1]:], "发布") {
			if !citedOrder.MatchString(text[:m[0]]) && !strings.HasPrefix(text[m[1]:], "公布的") {
				return m
			}
		}
	}
	if len(all) > 0 {
		return all[0]
	}
	return nil
}

// numberBehindTitle looks for the number in the first 300 code points of a
// text without lines, outside brackets and quotations.
func (t *Tagger) numberBehindTitle(p *domain.Policy) string {
	head := firstRunes(p.Text, 300)
	masked := quotedTitle.ReplaceAllStringFunc(head, func(s string) string { return strings.Repeat("、", domain.CodePoints(s)) })
	for _, m := range t.find("X01", sentence{text: masked, end: domain.CodePoints(masked)}) {
		at := strings.Index(masked, m.evidence.Text)
		before := strings.TrimRight(masked[:max(at, 0)], " \n")
		if strings.HasSuffix(before, "(") || strings.HasSuffix(before, "、") || cites.MatchString(before) || strings.HasPrefix(masked[max(at, 0)+len(m.evidence.Text):], "文件") {
			continue
		}
		n := cleanNumber(m.evidence.Text)
		row := masked[:strings.Index(masked, n)]
		if row = row[strings.LastIndexAny(row, "\n ")+1:]; (citing.MatchString(row) || strings.ContainsAny(row, ",;")) && !titleEnd.MatchString(row) {
			continue
		}
		word := n[:strings.Index(n, "〔")]
		if utf8.RuneCountInString(word) >= 2 && utf8.RuneCountInString(word) <= 12 && !strings.ContainsAny(before, "。") {
			return n
		}
	}
	return ""
}

// numberIn is a number as it stands in a text: 日 ends the day before it, or begins 日政发.
func numberIn(text, n string) string {
	before, _, _ := strings.Cut(text, n)
	if rest, found := strings.CutPrefix(n, "日"); found && strings.TrimRight(before, "0123456789") == before {
		return "日" + cleanNumber(rest)
	}
	return cleanNumber(n)
}

// cleanNumber cuts what a line without blanks has glued to the left of a
// number: "…的通知发改办价格〔2020〕110号".
func cleanNumber(n string) string {
	n = strings.TrimPrefix(n, "日") // 2006年10月26日财建〔2006〕689号
	open := strings.Index(n, "〔")
	if open < 0 {
		return n
	}
	word := n[:open]
	if at := strings.Index(word, "人民政府"); at > 0 && at+len("人民政府") < open { // …日云川县人民政府云政规〔2023〕4号文发布
		return cleanNumber(n[at+len("人民政府"):])
	}
	for i := range word {
		if i > 0 && numberTail.MatchString(word[:i]) {
			return cleanNumber(word[i:] + n[open:])
		}
	}
	return n
}

func firstRunes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[:domain.ByteAt(s, n)]
}

func (t *Tagger) unifiedCode(p *domain.Policy) string {
	for _, c := range p.Clauses {
		if c.Kind == domain.TextClause || c.Kind == domain.HeadingClause {
			continue
		}
		for _, m := range t.find("X03", whole(&c)) {
			return m.group("unified")
		}
	}
	return ""
}

func cmpEmpty(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func (t *reading) contact(p *domain.Policy) string {
	for i := range p.Clauses {
		for _, s := range t.sentences(&p.Clauses[i]) {
			for _, m := range t.find("X48", s) {
				return m.group("tel")
			}
		}
	}
	return ""
}

// whole is a clause as one sentence.
func whole(c *domain.Clause) sentence { return sentence{text: c.Text, start: c.Start, end: c.End} }
