package tagging

import (
	"slices"
	"strings"
	"unicode/utf8"

	"policypush/internal/automaton"
	"policypush/internal/domain"
	"policypush/rules"
)

var (
	agencyEnd = automaton.MustCompile(`(?:人民政府|[省市县区]政府|国务院|办公厅|办公室|委员会|常委会|局|厅|部|委|院|中心|支行|分行|总局|管委会|银行|法院|检察院|联合会|总工会|公司|税务局|署|办|(?:领导|协调|工作|推进|专项)小组|工作组|指挥部|联席会议|贸促会|促进会|工会|妇联|残联|团委|公安局|支队|总队|大队|基金会|协会|学会|商会|集团|大学|学院|街道办事处|处|[务理测作督广验疫法总]站|[\p{Han}](?:保障|防控|综合|救治)组|联防联控机制|专班|督查室|值班室|研究室)$`)
	// plainAgency ends the name of one of several offices written without a blank.
	agencyJoin = automaton.MustCompile(`(?:局|厅|部|委|会|办公室|政府|行|署|院|办)(?:国家|中国|财政部|税务总局|海关总署|人力资源社会保障部|人力资源和社会保障部|教育部|科技部|工业和信息化部|公安部|民政部|司法部|自然资源部|生态环境部|住房城乡建设部|住房和城乡建设部|交通运输部|水利部|农业农村部|商务部|文化和旅游部|退役军人|应急管理部|人民银行|审计署|国资委|证监会|银保监会|发展改革委|科技部|外汇局|金融监管总局|贸促会|市场监管总局|中国贸促会|国务院|中共|全国总工会|共青团|全国妇联|中国残联|人民法院|人民检察院|铁路局|民航局|邮政局|烟草局|能源局|体育总局|广电总局|医保局|中医药局|疾控局|知识产权局|国家发展改革委)`)
	// placeJoin is the same before the name of a place.
	placeJoin = automaton.MustCompile(`(?:[^总]局|厅|委员会|[省市州县区]委|联合会|政府|办公室|中心|管委会|支行|分行|监管分局|公司|[支大]队)((?:[\p{Han}]{2,5}军分区|[\p{Han}]{2,3}(?:省|市|县|区)|[\p{Han}]{2,6}自治[区州县]|[\p{Han}]{2,6}(?:开发|高新|新|经开)区)[\p{Han}]{2})`)
	// ownJoin is the same between offices of one's own city: 市人力社保局市财政局.
	ownJoin     = automaton.MustCompile(`(?:[^总]局|厅|委|委员会|办|办公室)([省市区县][\p{Han}]{1,14}(?:局|厅|委|委员会|办|办公室|政府)$)`)
	titleIssuer = automaton.MustCompile(`^([\p{Han}、 ]{3,90}?)(?:办公室关于|关于|\d{4}年|印发|转发|公告|通告|[【(]?第?\d{1,3}号令|令|工作规则|常务会议|议事规则)`)
	// legislature is who passed a statute, as its head tells.
	legislature = automaton.MustCompile(`(全国人民代表大会|[\p{Han}]{2,12}(?:省|自治区|市|自治州|自治县|特别行政区)(?:第[零一二三四五六七八九十百]+届)?人民代表大会)(第[零一二三四五六七八九十百\d]+次会议)?(常务委员会|常委会)?[^,。;]{0,40}?(?:通过|批准|修[订正]|制定|公告)`)
	session     = automaton.MustCompile(`第[零一二三四五六七八九十百\d]+届`)
	ordered     = automaton.MustCompile(`(?:\d{1,2}日)(?:中华人民共和国)?([\p{Han}、]{2,40}?)(?:令|第\d+次|公告|公布|发布|印发)`)
	division    = automaton.MustCompile(`^([\p{Han}]{2,8}?(?:省|自治区|市|州|县|区|旗))`)
)

// issuers lists the issuing offices: the signature, else the red head, else a
// label, else how a statute was passed, else the beginning of the title.
func (t *Tagger) issuers(p *domain.Policy, meta map[string]string) []string {
	names := t.issuersAsWritten(p, meta)
	if titled := inTitleOf(p.Title); len(titled) > len(names) && len(names) > 0 && !slices.ContainsFunc(names, func(name string) bool { return !slices.Contains(titled, name) }) {
		names = titled // a line that breaks holds only the last of them
	}
	if len(names) == 1 {
		names = []string{t.withPlace(p, inFull(p, names[0]))}
	}
	for i, name := range names {
		name = t.withoutPage(name)
		names[i] = name
		if congress, found := strings.CutSuffix(name, "人大常委会"); found && slices.Contains(names, congress+"人民代表大会常务委员会") {
			name = congress + "人民代表大会常务委员会" // named twice
		}
		names[i] = shortGovernment.ReplaceAllString(strings.Replace(name, "中华人民共和国国务院", "国务院", 1), "${1}人民政府$2")
	}
	return slices.CompactFunc(names, func(a, b string) bool { return a == b })
}

// withoutPage is the name of an office without the places that a page puts before it:
// 四川泸州泸州市生态环境局.
func (t *Tagger) withoutPage(name string) string {
	at := 0
	for _, m := range t.rules.PlacesIn(name) {
		if m.Start != at {
			break
		}
		if !m.Short {
			return name[at:]
		}
		at = m.End
	}
	return name
}

// shortGovernment is the government of a place by the name that pages use.
var shortGovernment = automaton.MustCompile(`^([\p{Han}]{2,9}[省市县区州旗])政府(办公厅|办公室)?$`)

// withPlace is the name of an office of one's own province or city, 省政府办公厅, with
// that of the place: of the only one of this level that the title names, else a line of
// the head, else the number stands for.
func (t *Tagger) withPlace(p *domain.Policy, name string) string {
	unit := firstRunes(name, 1)
	if !strings.Contains("省市县", unit) || !ownOffice.MatchString(name) {
		return name
	}
	texts := []string{p.Title}
	for _, c := range headClauses(p) {
		if c.Kind == domain.HeadClause && !strings.HasSuffix(c.Text, ":") {
			texts = append(texts, c.Text)
		}
	}
	for _, text := range texts {
		found := ""
		for _, m := range t.rules.PlacesIn(text) {
			place := choose(m.Places, text)
			if place == nil || m.Short || !strings.HasSuffix(place.Name, unit) {
				continue
			}
			if found != "" && found != place.Name {
				found = ""
				break
			}
			found = place.Name
		}
		if found != "" {
			return found + name[len(unit):]
		}
	}
	if found := t.namedInFull(p.Text, name); found != "" {
		return found
	}
	code := numberPlaces[firstRunes(p.DocNumber, 1)]
	if unit == "市" {
		code = cmpEmpty(numberCities[firstRunes(p.DocNumber, 1)], code)
	}
	place := t.rules.Place(code)
	if place == nil || !strings.HasSuffix(place.Name, unit) {
		place = t.onlyPlace(p.Text, unit)
	}
	if place == nil && unit == "省" {
		place = t.rules.Place(provinceByPhone(p.Text))
	}
	if place != nil {
		return place.Name + name[len(unit):]
	}
	return name
}

// onlyPlace is the only place of a level that a text names in full: 云川市 for 市.
func (t *Tagger) onlyPlace(text, unit string) *rules.Place {
	var only *rules.Place
	text = firstRunes(text, maxNamed)
	for _, m := range t.rules.PlacesIn(text) {
		if m.Short || !strings.HasSuffix(text[m.Start:m.End], unit) {
			continue
		}
		place := choose(m.Places, text)
		if place == nil || only != nil && place != only {
			return nil
		}
		only = place
	}
	if only != nil && unit == "市" && levelOf(only) == 1 && !strings.Contains(withoutCounties, only.Name) && toTowns.MatchString(text) {
		return nil // the city that writes to its towns is a county of this one
	}
	return only
}

// toTowns names towns first of those whom a text is written to.
var toTowns = automaton.MustCompile(`(?:^|\n)各(?:镇|乡|街道)[^:\n]{0,120}:(?:\n|$)`)

// withoutCounties are the cities that have towns and no counties.
const withoutCounties = "东莞市 中山市 儋州市 嘉峪关市"

// namedInFull is the name of an office with its place as the text has it in what it cites,
// "" if it has none or several: 《云川市商务局资金管理办法》 of 市商务局.
func (t *Tagger) namedInFull(text, name string) string {
	found := ""
	text = firstRunes(text, maxNamed)
	for _, m := range t.rules.PlacesIn(text) {
		whole := text[m.Start:m.End] + strings.TrimPrefix(name, firstRunes(name, 1))
		if m.Short || !strings.HasSuffix(text[m.Start:m.End], firstRunes(name, 1)) || !strings.HasPrefix(text[m.Start:], whole) {
			continue
		}
		if found != "" && found != whole {
			return ""
		}
		found = whole
	}
	return found
}

// ownOffice is an office by the level of its place alone.
var ownOffice = automaton.MustCompile(`^[省市县](?:人民)?(?:政府|委)?(?:办公[厅室])?$|^[省市县][\p{Han}]{2,14}(?:局|厅|委员会|委)$`)

// inFull is the name of an office with the city before it, where a line of the
// head begins with that: 石家庄市鹿泉区司法局 for 鹿泉区司法局.
func inFull(p *domain.Policy, name string) string {
	for _, c := range headClauses(p) {
		if at := strings.Index(c.Text, name); at > 0 && utf8.RuneCountInString(c.Text[:at]) <= 5 && strings.HasSuffix(c.Text[:at], "市") {
			return c.Text[:at] + name
		}
	}
	return name
}

// issuersAsWritten lists them by the names that are found.
func (t *Tagger) issuersAsWritten(p *domain.Policy, meta map[string]string) []string {
	if signed := signedBy(p); len(signed) > 0 {
		return signed
	}
	if names, _ := jointly(p); len(names) > 0 {
		return names
	}
	if names := listedBelow(p); len(names) > 0 {
		return names
	}
	titled := inTitleOf(p.Title)
	if names := belowEnd(p); len(names) > 0 {
		return names
	}
	if above := aboveTitle(p); len(above) > 1 && len(titled) > 0 && strings.HasPrefix(p.Title, titled[0]) && !slices.ContainsFunc(above, func(name string) bool { return slices.Contains(titled, name) || !wholeOffice(name) }) {
		return append(above, titled...) // the line breaks among the offices
	}
	named := first(meta, "发文机关", "发文机构", "发文部门", "制定机关", "发文单位", "制定单位", "公布机关", "颁布机关", "颁布单位", "颁布部门", "印发机关", "制发部门", "制发单位", "制发机关", "编制单位")
	if named == "" && (len(titled) == 0 || !wholeOffice(titled[0])) { // who puts up a page may be another
		named = first(meta, "发布机构", "发布机关", "发布单位", "发布部门")
	}
	if strings.HasSuffix(named, "网站") || !startsHan.MatchString(named) {
		named = ""
	}
	if names := officesIn(named); len(names) > 0 {
		if len(titled) > len(names) && slices.Contains(titled, names[0]) { // a page names the first of several
			return titled
		}
		return names
	}
	for _, c := range headClauses(p) {
		for _, m := range t.find("X67", whole(&c)) {
			if names := officesIn(m.group("issuer")); len(names) > 0 && agencyEnd.MatchString(names[len(names)-1]) {
				return names
			}
		}
	}
	if name := passedBy(p); name != "" {
		return []string{name}
	}
	if name := lastLine(p); name != "" && (len(titled) == 0 || len(titled) == 1 && strings.HasSuffix(name, titled[0])) {
		return []string{name}
	}
	if len(titled) > 0 {
		return titled
	}
	if name := orderedBy(p); name != "" {
		return []string{name}
	}
	if name := headedBy(p); name != "" {
		return []string{name}
	}
	if m := ownRules.FindStringSubmatch(p.Title); m != nil && wholeOffice(m[1]) {
		return []string{m[1]}
	}
	if names := aboveTitle(p); len(names) > 0 {
		return names
	}
	if name := redHead(p); name != "" {
		return officesIn(name)
	}
	if name, _ := t.signedWithin(p); name != "" {
		return []string{name}
	}
	if m := andOthers.FindStringSubmatch(p.Title); m != nil && wholeOffice(m[1]) { // the others are not told
		return []string{m[1]}
	}
	if names := publishedBy(p, meta); len(names) > 0 {
		return names
	}
	return t.numberedBy(p.DocNumber)
}

// numberedBy is the office whose numbers begin with the word of one, where the rules know
// it: 国务院 of 国发〔2026〕1号.
func (t *Tagger) numberedBy(number string) []string {
	word, _, found := strings.Cut(number, "〔")
	if !found {
		return nil
	}
	for _, n := range t.rules.NumberWords.All() {
		if slices.Contains(n.Triggers, word) && len(n.Triggers) == 1 && wholeOffice(n.Name) {
			return []string{n.Name}
		}
	}
	return nil
}

// startsHan begins the name of an office, and not a code that stands for it.
var startsHan = automaton.MustCompile(`^[\p{Han}【(《“]`)

// ownRules is the title of rules that an office makes and that bear its name:
// 云川市人民政府任免工作人员暂行办法, 云川市商务局展会申报指南.
var ownRules = automaton.MustCompile(`^([\p{Han}]{2,12}(?:人民政府|人民代表大会常务委员会|人大常委会)|[\p{Han}]{2,8}[省市县区州盟][\p{Han}]{2,12}?(?:局|厅|委员会|管委会|中心))[^关]{2,30}(?:办法|规定|规则|制度|细则|指南|规程|令)(?:\([\p{Han}]{2,8}\))?$`)

// headOfOffice signs with what he is: 住房城乡建设部部长 王某某, 云川省省长 王某某.
var headOfOffice = automaton.MustCompile(`^([\p{Han}]{2,20}(?:部|署|总局|委员会|[省市州县区]))(?:代)?(?:部长|署长|局长|主任|省长|市长|州长|县长|区长) ?[\p{Han}]{2,4}$`)

// headedBy is the office whose head signs a text.
func headedBy(p *domain.Policy) string {
	for i, c := range p.Clauses {
		if i == 0 || c.Kind != domain.SignatureClause {
			continue
		}
		for _, line := range []string{p.Clauses[i-1].Text, c.Text} {
			if m := headOfOffice.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
				if name := m[1]; strings.ContainsAny(lastRunes(name, 1), "省市州县区") {
					return name + "人民政府"
				}
				return m[1]
			}
		}
	}
	return ""
}

// officeAndDay is how offices sign a text that lost its line breaks: ….xlsx云川市民政局
// 2026年3月1日(联系人:…).
var officeAndDay = automaton.MustCompile(`([\p{Han}]{4,60})(?:\([^()]{2,20}\))? ?(\d{4}年\d{1,2}月\d{1,2}日)`)

// behindDay is what may follow the day of a signature: nothing, a note, what is
// attached.
var behindDay = automaton.MustCompile(`^(?:[。| ]*$|[(【]|附件|抄送|联系|扫一扫|责任编辑)|^(?:[^,。;:《》发印公前至起止到以内后之在召组举])[^,。;:《》]{3,60}(?:办法|方案|细则|意见|措施|规定|规则|计划|名单)`)

// signedWithin is the office, from the name of its place on, that signs within a
// line, and the day.
func (t *Tagger) signedWithin(p *domain.Policy) (office, day string) {
	for i := range p.Clauses {
		c := &p.Clauses[i]
		if c.Kind == domain.TableClause || !strings.Contains(c.Text, "日") {
			continue
		}
		for _, m := range officeAndDay.FindAllStringSubmatchIndex(c.Text, -1) {
			if !behindDay.MatchString(firstRunes(c.Text[m[1]:], 80)) {
				continue
			}
			names := c.Text[m[2]:m[3]]
			places := t.rules.PlacesIn(names)
			for i := len(places) - 1; i >= 0; i-- {
				at := places[i].Start
				for k := i; k > 0 && places[k-1].End == places[k].Start; k-- {
					at = places[k-1].Start
				}
				if name := names[at:]; wholeOffice(name) && len(officesIn(name)) == 1 && !actsBefore.MatchString(names[:at]) {
					return name, firstDate(c.Text[m[4]:m[5]])
				}
			}
			if at := strings.LastIndex(names, "国务院"); at >= 0 && len(places) == 0 && wholeOffice(names[at:]) && !actsBefore.MatchString(names[:at]) {
				return names[at:], firstDate(c.Text[m[4]:m[5]])
			}
		}
	}
	return "", ""
}

// actsBefore stands before an office that does something on a day and does not sign.
var actsBefore = automaton.MustCompile(`(?:[由经与和及向据对]|根据|按照|关于|自)$`)

// belowEnd are the offices on the lines after 特此通告 that bear no day.
func belowEnd(p *domain.Policy) []string {
	var names []string
	for i, c := range p.Clauses {
		if !endOfNotice.MatchString(c.Text) {
			continue
		}
		for _, next := range p.Clauses[i+1:] {
			if name := strings.TrimSpace(next.Text); next.Kind == domain.TextClause && wholeOffice(name) {
				names = append(names, officesIn(name)...)
			} else {
				return names
			}
		}
	}
	return names
}

var endOfNotice = automaton.MustCompile(`^特此(?:通知|公告|通告|公示)[。.]?$`)

// redHead is the office on the line before one that says what the document is
// about, or its title once more: 云川县人民政府 over 关于加快服务业发展的意见.
func redHead(p *domain.Policy) string {
	head := headClauses(p)
	for i := range len(head) - 1 {
		name, next := strings.TrimSpace(head[i].Text), head[i+1].Text
		if head[i].Kind != domain.TitleClause && wholeOffice(name) && (strings.HasPrefix(next, "关于") || next == "文件" || titleTail.ReplaceAllString(next, "") == titleTail.ReplaceAllString(p.Title, "")) {
			return inProvince.ReplaceAllString(name, "$1")
		}
	}
	return ""
}

// inProvince is the name of a city's government with its province before it.
var inProvince = automaton.MustCompile(`^[\p{Han}]{2,7}(?:省|自治区)([\p{Han}]{2,8}市人民政府)`)

// issuedLine tells in brackets below the title when and by whom a document was
// issued; heldLine names both on a line of the minutes of a meeting.
var (
	issuedLine = automaton.MustCompile(`^\((\d{4}年\d{1,2}月\d{1,2}日) ?([\p{Han}、 ]{4,120}?)(?:联合)?(?:印发|发布|公布|制定)\)$`)
	heldLine   = automaton.MustCompile(`^([\p{Han}]{4,30}?(?:政府|局|厅|委员会|办公室)) ?(\d{4}年\d{1,2}月\d{1,2}日)$`)
	// datedLine names both the other way round.
	datedLine = automaton.MustCompile(`^\(?(\d{4}年\d{1,2}月\d{1,2}日)[, ]?([\p{Han}、 ]{3,60})\)?$`)
)

// jointly are the offices and the day of such a line in the head.
func jointly(p *domain.Policy) (names []string, day string) {
	for i := range p.Clauses[:min(len(p.Clauses), 12)] {
		text := strings.TrimSpace(p.Clauses[i].Text)
		if m := issuedLine.FindStringSubmatch(text); m != nil {
			return officesIn(m[2]), firstDate(m[1])
		}
		if m := heldLine.FindStringSubmatch(text); m != nil && wholeOffice(m[1]) {
			return officesIn(m[1]), firstDate(m[2])
		}
		if m := datedLine.FindStringSubmatch(text); m != nil && p.Clauses[i].Kind == domain.HeadClause && wholeOffice(m[2]) {
			return officesIn(m[2]), firstDate(m[1])
		}
	}
	return nil, ""
}

// publishedBy is whose page it is, for a text that nobody signs: the office
// alone on a line of the head, else the source. A government keeps the sites of
// all its offices, so its name on a line does not count.
func publishedBy(p *domain.Policy, meta map[string]string) []string {
	if name := first(meta, "招标人", "采购人"); wholeOffice(name) {
		return officesIn(name)
	}
	if name := siteOf(p); name != "" {
		return []string{name}
	}
	for _, c := range headClauses(p) {
		name, _, _ := strings.Cut(strings.TrimSpace(c.Text), " ")
		if name = strings.TrimSuffix(name, "网站"); c.Kind != domain.TitleClause && !strings.HasPrefix(name, "【") && wholeOffice(name) && !strings.HasSuffix(name, "人民政府") {
			return officesIn(name)
		}
	}
	for _, label := range []string{"解读机关", "解读单位", "来源", "信息来源"} {
		name, _, _ := strings.Cut(meta[label], "解读人")
		name, _, _ = strings.Cut(name, " ")
		if name = strings.TrimRight(name, "0123456789-/."); wholeOffice(name) { // the day may stand behind it
			return officesIn(name)
		}
	}
	for _, c := range p.Clauses[max(0, len(p.Clauses)-4):] {
		if m := keptBy.FindStringSubmatch(c.Text); m != nil && wholeOffice(m[1]) {
			return officesIn(m[1])
		}
	}
	return nil
}

// siteName is the office whose site a page stands on, in a line of its head: 国家税务总局
// 苏州市税务局热点问答, 中山市人力资源和社会保障局网站.
var siteName = automaton.MustCompile(`^([\p{Han}]{4,30}?(?:局|厅|委员会|联合会|中心|管委会))(?:门户网站|官方网站|网站|官网|办事指南|热点问答|政务服务|通知公告|\d|$)`)

func siteOf(p *domain.Policy) string {
	for _, c := range p.Clauses[:min(len(p.Clauses), 3)] {
		if m := siteName.FindStringSubmatch(c.Text); m != nil && wholeOffice(m[1]) && len(officesIn(m[1])) == 1 {
			return m[1]
		}
	}
	return ""
}

// keptBy is the office that keeps a page, at its foot. That of a government
// keeps the pages of all others.
var keptBy = automaton.MustCompile(`([\p{Han}]{4,30}(?:局|厅|委员会|联合会))主办`)

// shortCounty is a county of one character: 沙县.
var shortCounty = automaton.MustCompile(`^[\p{Han}]县`)

// wholeOffice tells whether a text is nothing but offices that name their
// place or are the state's: 市民政局 is somebody's.
func wholeOffice(s string) bool {
	s = strings.TrimSpace(s)
	if strings.HasSuffix(s, "网站") {
		return false
	}
	n := utf8.RuneCountInString(s)
	return (n >= 4 || n == 3 && national(s)) && n <= 60 && agencyEnd.MatchString(s) && ((division.MatchString(s) || shortCounty.MatchString(s)) && !strings.ContainsAny(firstRunes(s, 1), "市区县省本我各据") || national(s))
}

// secondName is another name of the office, in brackets behind it.
var secondName = automaton.MustCompile(`([局委厅])\([\p{Han}]{2,12}[局办委]\)`)

// andOthers is the first of several offices in a title: 市住建局等七部门印发.
var andOthers = automaton.MustCompile(`^([\p{Han}]{4,30}?) ?等(?:[二三四五六七八九十]{1,3}|\d{1,2})(?:个)?(?:部门|单位)`)

// listedBelow are the offices of such a title, in the line that lists them.
func listedBelow(p *domain.Policy) []string {
	m := andOthers.FindStringSubmatch(p.Title)
	if m == nil {
		return nil
	}
	for _, c := range p.Clauses {
		if c.Kind == domain.TitleClause || !strings.HasPrefix(c.Text, m[1]) {
			continue
		}
		names := officesIn(chineseDate.ReplaceAllString(c.Text, "\n"))
		if len(names) > 1 && !slices.ContainsFunc(names, func(name string) bool { return !agencyEnd.MatchString(name) }) {
			return names
		}
	}
	return nil
}

// inTitleOf are the offices at the beginning of a title.
func inTitleOf(title string) []string {
	title = secondName.ReplaceAllString(title, "$1")
	m := titleIssuer.FindStringSubmatch(title)
	if m == nil {
		return nil
	}
	name := m[1]
	if strings.HasPrefix(title[len(name):], "办公室关于") {
		name += "办公室"
	}
	if names := officesIn(name); len(names) > 0 && agencyEnd.MatchString(names[len(names)-1]) {
		return names
	}
	return nil
}

// orderedBy is who gave the order that a statute bears: 云川市人民政府令第7号.
func orderedBy(p *domain.Policy) string {
	name, rest, found := strings.Cut(p.DocNumber, "令")
	if found && rest != "" && agencyEnd.MatchString(name) {
		return name
	}
	for _, c := range headClauses(p) {
		if name, found := strings.CutSuffix(c.Text, "令"); found && wholeOffice(name) {
			return name
		}
	}
	return ""
}

// signedBy reads the first signature: attached documents may have their own.
func signedBy(p *domain.Policy) []string {
	var signed []string
	last := -1
	for i, c := range p.Clauses {
		if c.Kind != domain.SignatureClause {
			continue
		}
		if last >= 0 && i > last+1 && len(signed) > 0 {
			break
		}
		last = i
		for _, name := range officesIn(chineseDate.ReplaceAllString(seal.ReplaceAllString(c.Text, ""), "\n")) {
			if agencyEnd.MatchString(name) && !slices.Contains(signed, name) {
				signed = append(signed, name)
			}
		}
	}
	return signed
}

// seal says whose seal stands under a text, behind the name.
var seal = automaton.MustCompile(`\([代借盖公]?章\)$`)

// branch is what an office of the state is called in a place: 国家外汇管理局山东省分局.
var branch = automaton.MustCompile(`^[\p{Han}]{2,12}(?:分局|监管局|税务局|分行|支行|海关|管理局|专员办|办事处|总队|调查队)`)

// officeLabel is what a page puts before the office that keeps it.
var officeLabel = automaton.MustCompile(`^(?:主办|承办|发布|发文)(?:单位|机构|机关)?:`)

// officesIn parts names of offices: at blanks and commas, and where one ends
// and the next begins with the same division or a national office.
func officesIn(s string) []string {
	var out []string
	for _, name := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" 、,;?\n\t/", r) }) {
		if label := officeLabel.FindString(name); label != "" {
			name = name[len(label):]
		}
		name = strings.Trim(name, ":。")
		if utf8.RuneCountInString(name) < 2 || strings.HasSuffix(name, ")") && strings.HasPrefix(name, "(") {
			continue
		}
		for range 12 {
			at := 0
			if m := agencyJoin.FindStringIndex(name); m != nil {
				head, _ := utf8.DecodeRuneInString(name[m[0]:])
				at = m[0] + utf8.RuneLen(head)
				for _, w := range []string{"办公室", "政府"} {
					if strings.HasPrefix(name[m[0]:], w) {
						at = m[0] + len(w)
					}
				}
			}
			if m := division.FindString(name); m != "" {
				again := strings.TrimPrefix(m, "中共")
				if i := strings.Index(name[len(m):], again); i >= 0 && agencyEnd.MatchString(name[:len(m)+i]) && (at == 0 || len(m)+i < at) {
					at = len(m) + i
				}
			}
			if first := firstRunes(name, 4); len(first) < len(name) { // the same place again
				if i := strings.Index(name[len(first):], first); i >= 0 && agencyEnd.MatchString(name[:len(first)+i]) && (at == 0 || len(first)+i < at) {
					at = len(first) + i
				}
			}
			if m := placeJoin.FindStringSubmatchIndex(name); m != nil && (at == 0 || m[2] < at) && !strings.HasPrefix(name[m[2]:], "办公") {
				at = m[2]
			}
			if m := ownJoin.FindStringSubmatchIndex(name); m != nil && strings.HasPrefix(name, name[m[2]:m[2]+len("市")]) && (at == 0 || m[2] < at) {
				at = m[2]
			}
			if at <= 0 || at >= len(name) || national(name[:at]) && !strings.ContainsAny(name[:at], "省市县区") && branch.MatchString(name[at:]) && !national(name[at:]) {
				break
			}
			out = append(out, name[:at])
			name = name[at:]
		}
		out = append(out, name)
	}
	return out
}

// lastLine is the office alone on one of the last lines of a text that bears no day.
func lastLine(p *domain.Policy) string {
	for _, c := range p.Clauses[max(0, len(p.Clauses)-3):] {
		if name := strings.TrimSpace(c.Text); c.Kind == domain.TextClause && utf8.RuneCountInString(name) <= 30 && wholeOffice(name) && len(officesIn(name)) == 1 {
			return name
		}
	}
	return ""
}

// passedBy reads how a statute came about: 第十一届全国人民代表大会常务委员会第十九次会议通过
// is 全国人民代表大会常务委员会, 国务院令第663号公布 is 国务院.
func passedBy(p *domain.Policy) string {
	for _, c := range headClauses(p) {
		if c.Kind == domain.TitleClause || !enacted.MatchString(c.Text) {
			continue
		}
		if m := legislature.FindStringSubmatch(session.ReplaceAllString(c.Text, "")); m != nil {
			name := m[1]
			if at := strings.LastIndexAny(name, "日经"); at >= 0 {
				_, n := utf8.DecodeRuneInString(name[at:])
				name = name[at+n:]
			}
			if m[3] != "" || strings.Contains(c.Text, "人民代表大会常务委员会") {
				name += "常务委员会"
			}
			return name
		}
		if m := ordered.FindStringSubmatch(c.Text); m != nil && (agencyEnd.MatchString(m[1]) || m[1] == "国务院") {
			return m[1]
		}
	}
	return ""
}

// aboveTitle takes lines of offices right above a title without one.
func aboveTitle(p *domain.Policy) []string {
	var names []string
	for _, c := range headClauses(p) {
		if c.Kind == domain.TitleClause {
			break
		}
		if n := officesIn(strings.TrimSuffix(c.Text, "公告")); len(n) > 0 && agencyEnd.MatchString(n[len(n)-1]) && utf8.RuneCountInString(c.Text) <= 40 && !strings.HasSuffix(c.Text, ":") && !strings.HasSuffix(c.Text, "网站") && !praised.MatchString(c.Text) && !strings.HasPrefix(c.Text, "欢迎") && !imprint.MatchString(c.Text) {
			for _, name := range n {
				if strings.Contains(name, ":") { // who did something else
					continue
				}
				if name = inProvince.ReplaceAllString(name, "$1"); !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
		}
	}
	return names
}

// imprint begins a line of a gazette about itself.
var imprint = automaton.MustCompile(`^(?:主管|主办|承办|协办|编辑|编印|出版)[^:]*$`)
