package tagging

import (
	"slices"
	"strings"

	"policypush/internal/automaton"
	"policypush/internal/domain"
	"policypush/rules"
)

// nation is the code and name of the region of a document of the state.
const nation, nationName = "000000", "全国"

// area is a region with the name by which the text means it.
type area struct{ code, name string }

// regions is where the document holds: from its issuers, else from its title,
// else from the head and the words of the text. An issuer of the state gives
// 全国, unless it approves the plan of one place. It is empty where nothing tells.
func (t *Tagger) regions(p *domain.Policy) []domain.Tag {
	head := firstRunes(p.Text, 600)
	if office, about, found := strings.Cut(p.Title, "关于"); found && (p.DocKind == kindApproval || t.helpsPlace(about)) && !ofSeveral.MatchString(about) { // what is approved is of one place
		above := t.placeOf(office, head, false)
		if a := t.placeOf(about, office+head, true); a.code != "" && (office == "国务院" || above.code != "" && a.code != above.code && strings.HasPrefix(a.code, domain.RegionPrefix(above.code))) {
			return regionTag(p, a, a.name)
		}
	}
	for i, issuer := range p.Issuers {
		if a := t.placeOf(issuer, p.Title+"\n"+head, true); a.code != "" {
			if zoneOffice.MatchString(issuer) && i+1 < len(p.Issuers) { // the district beside its zone
				if b := t.placeOf(p.Issuers[i+1], p.Title, true); len(b.name) > len(a.name) && strings.HasPrefix(b.name, a.name) {
					a = b
				}
			}
			if m := branchOf.FindStringSubmatch(issuer); m != nil {
				if county := t.named(m[1], a); county.code != "" {
					return regionTag(p, county, issuer)
				}
			}
			if own := t.beginsWith(p, a); own.code != "" {
				return regionTag(p, own, own.name)
			}
			if own := t.within(p, a); own.code != "" {
				return regionTag(p, own, own.name)
			}
			return regionTag(p, a, issuer)
		}
	}
	whole := area{nation, nationName}
	for _, issuer := range p.Issuers {
		if national(issuer) {
			return regionTag(p, whole, issuer)
		}
	}
	title := cmpEmpty(quotedTitle.ReplaceAllString(p.Title, ""), p.Title)
	if strings.HasPrefix(title, "中华人民共和国") {
		return regionTag(p, whole, "中华人民共和国")
	}
	if a := t.placeOf(title, head, true); a.code != "" {
		return regionTag(p, a, title)
	}
	if national(strings.TrimPrefix(title, "由")) {
		return regionTag(p, whole, title)
	}
	if m := shortAbout.FindStringSubmatch(title); m != nil {
		if places := t.rules.PlacesSaid(m[1]); len(places) == 1 && strings.HasPrefix(places[0].Name, m[1]) {
			return regionTag(p, area{places[0].Code, places[0].Full}, m[1])
		}
	}
	if city := t.cityOfNumbers(p); city != nil {
		return regionTag(p, area{city.Code, city.Full}, city.Name)
	}
	if code := cmpEmpty(numberGovernments[firstRunes(p.DocNumber, 2)], numberPlaces[firstRunes(p.DocNumber, 1)]); code != "" {
		return regionTag(p, t.area(code), p.DocNumber)
	}
	head = citedNumber.ReplaceAllString(head, "")
	for _, words := range []string{"国发〔", "国办发〔", "国务院令", "全国人民代表大会", "最高人民法院", "中国共产党中央委员会", "各省、自治区、直辖市", "各中央企业", "国务院总理"} {
		if strings.Contains(head, words) {
			return regionTag(p, whole, words)
		}
	}
	if issued := issuedTitle.FindStringSubmatch(p.Title); issued != nil {
		if a := t.placeOf(issued[1], head, true); a.code != "" {
			return regionTag(p, a, a.name)
		}
	}
	text := exchange.ReplaceAllString(p.Text, "")
	if strings.Contains(text, "相关") {
		text = otherPage.ReplaceAllString(text, "")
	}
	if code, name := t.mostNamed(text); code != "" {
		if a := t.native(p.Text, code); a.code != "" {
			return regionTag(p, a, a.name)
		}
		if p.DocKind != kindInterpretation || p.Title == "" {
			code = t.speaksFor(p.Text, code)
		} else if place := t.rules.Place(code); place != nil && levelOf(place) == 1 && officeOf(firstRunes(p.Text, 200), place.Parent.Name) && !officeOf(p.Text, place.Name) && !forCity.MatchString(p.Text) {
			code = place.Parent.Code // what an office of the province did, in its cities
		}
		return regionTag(p, t.area(code), name)
	}
	if a := t.native(p.Text, ""); a.code != "" {
		return regionTag(p, a, a.name)
	}
	if p.DocKind == kindAnnouncement && strings.Contains(title, "税") { // taxes are the state's
		return regionTag(p, whole, "税")
	}
	if m := served.FindStringSubmatch(p.Text); m != nil {
		if a := t.placeOf(m[1], "", true); a.code != "" {
			return regionTag(p, a, m[0])
		}
	}
	if code, number := citedProvince(p.Text); code != "" && len(p.Issuers) == 0 { // nobody whose place is not known
		return regionTag(p, t.area(code), number)
	}
	if words := everyProvince.FindString(p.Text); words != "" {
		return regionTag(p, whole, words)
	}
	if words := stateActs.FindString(firstRunes(p.Text, 600)); words != "" && news.MatchString(firstRunes(p.Text, 300)) && !forCity.MatchString(p.Text) && !forProvince.MatchString(p.Text) {
		return regionTag(p, whole, words)
	}
	return nil
}

// helps begins what a title is about where it names whom is helped: 支持云川省….
var helps = automaton.MustCompile(`^(?:进一步)?(?:支持|推动|推进|促进)`)

// helpsPlace tells whether a title is about the support of one place that it names first.
func (t *Tagger) helpsPlace(about string) bool {
	verb := helps.FindString(about)
	if verb == "" {
		return false
	}
	places := t.rules.PlacesIn(about[len(verb):])
	return len(places) > 0 && places[0].Start == 0
}

// shortAbout is a title that begins with a place as people call it: 云川关于….
var shortAbout = automaton.MustCompile(`^([\p{Han}]{2,4}?)关于`)

// exchange is where shares of enterprises of all places are traded.
var exchange = automaton.MustCompile(`(?:(?:上海|深圳|北京|香港)(?:、|和|或|及)?)+(?:证券|期货|股权|产权|联合)*交易(?:所|中心)`)

// zoneOffice is the office of a development zone.
var zoneOffice = automaton.MustCompile(`(?:开发|高新|新|园)区(?:管理委员会|管委会)$`)

// ofSeveral names the first of several places: 北京等22个城市.
var ofSeveral = automaton.MustCompile(`等[\d一二三四五六七八九十]{0,3}个?(?:省|市|县|区|地|城)`)

// citedProvince is the only province or city of whose offices a text cites numbers.
func citedProvince(text string) (code, number string) {
	text = firstRunes(text, maxNamed)
	for _, at := range someNumber.FindAllStringIndex(text, -1) {
		m := strings.TrimPrefix(text[at[0]:at[1]], goesBy.FindString(text[at[0]:at[1]]))
		c := numberPlaces[firstRunes(m, 1)]
		switch {
		case c == "":
		case code != "" && code != c:
			return "", ""
		default:
			code, number = c, m
		}
	}
	return code, number
}

// ofState are the first characters of the numbers of offices of the state that names of
// cities begin with, too: 中发, 安委办, 商贸发, 文旅发, 林规发, 银发, 保监发, 铁总, 自然资发.
const ofState = "中安商文林银保铁自"

// cityOfNumbers is the city whose numbers a text of a city bears or cites beside those of
// its province, whose name alone it holds: 宁审改办〔2018〕3号 beside 福建省 is of 宁德.
func (t *Tagger) cityOfNumbers(p *domain.Policy) *rules.Place {
	text := firstRunes(p.Text, maxNamed)
	var province *rules.Place
	for _, m := range t.rules.PlacesIn(text) {
		place := choose(m.Places, text)
		switch {
		case m.Short:
		case place == nil || place.Parent != nil || province != nil && place != province:
			return nil
		default:
			province = place
		}
	}
	if province == nil {
		return nil
	}
	numbers := []string{p.DocNumber}
	if p.DocNumber == "" && forCity.MatchString(text) {
		for _, at := range someNumber.FindAllStringIndex(text, -1) {
			numbers = append(numbers, strings.TrimPrefix(text[at[0]:at[1]], goesBy.FindString(text[at[0]:at[1]])))
		}
	}
	var only *rules.Place
	for _, number := range numbers {
		first := firstRunes(number, 1)
		if first == "" || numberPlaces[first] == province.Code || strings.Contains(ofState, first) {
			continue
		}
		city := t.rules.CityBy(province, first)
		if city == nil || only != nil && city != only {
			continue
		}
		only = city
	}
	return only
}

// otherPage is another document to which a page leads.
var otherPage = automaton.MustCompile(`(?:^|\n)相关(?:文件|政策|解读|链接|新闻|文章|附件)[^:\n]{0,4}:[^\n]*`)

// goesBy stands before a number that is cited.
var goesBy = automaton.MustCompile(`^[\p{Han}]*(?:根据|按照|依据|执行|落实)`)

var someNumber = automaton.MustCompile(`[\p{Han}]{2,10}〔\d{4}〕\d{1,4}号`)

var (
	// citedNumber is the number behind the title of another document.
	citedNumber = automaton.MustCompile(`》 ?\([^()]{1,40}\)`)
	// served is the site on which a province serves its people.
	served = automaton.MustCompile(`([\p{Han}]{2,3}?)政务服务网`)
	// stateActs is how a report tells what an office of the state did.
	stateActs = automaton.MustCompile(`(?:国务院|(?:财政|教育|民政|商务|交通运输|农业农村|文化和旅游|工业和信息化|人力资源社会保障|人力资源和社会保障|住房城乡建设|住房和城乡建设|生态环境|自然资源|科技|公安|司法|水利)部|(?:税务|市场监管|海关|国家税务)总局|国家[\p{Han}]{2,8}[局委])(?:[、\d]|[^\P{Han}省市]){0,100}(?:印发|发布|公布|出台|下发|获悉)`)
	// everyProvince is what texts say that hold in all of them.
	everyProvince = automaton.MustCompile(`省、自治区、直辖市|不设区的市`)
)

// issuedTitle is the title of a notice that issues rules, with what they are called.
var issuedTitle = automaton.MustCompile(`(?:印发|发布|公布|颁发)《([^》]{4,60})》`)

var (
	forProvince = automaton.MustCompile(`[全我本]省|省委|省人民政府|省政府|省[\p{Han}]{2,7}厅|各(?:地级以上|设区的?)?市(?:州|、州|人民政府)?[、,县]`)
	forCity     = automaton.MustCompile(`[全我本][市县]|[我本]区|市委|市人民政府|市政府|市[\p{Han}]{2,7}局`)
)

// speaksFor is the province of a city where a text that names it speaks for the
// whole of the province: 全省各市州.
func (t *Tagger) speaksFor(text, code string) string {
	text = firstRunes(text, maxNamed)
	if place := t.rules.Place(code); place != nil && place.Parent != nil && len(forProvince.FindAllStringIndex(text, -1)) > 1 && !forCity.MatchString(text) {
		for place.Parent != nil {
			place = place.Parent
		}
		return place.Code
	}
	return code
}

func (t *Tagger) area(code string) area { return area{code, t.rules.FullName(code)} }

// numberPlaces are the first characters of the document numbers of provinces
// and of the cities that have a character of their own.
var numberPlaces = map[string]string{
	"京": "110000", "津": "120000", "冀": "130000", "晋": "140000", "蒙": "150000", "辽": "210000", "吉": "220000", "黑": "230000",
	"沪": "310000", "苏": "320000", "浙": "330000", "皖": "340000", "闽": "350000", "赣": "360000", "鲁": "370000", "豫": "410000",
	"鄂": "420000", "湘": "430000", "粤": "440000", "桂": "450000", "琼": "460000", "渝": "500000", "川": "510000", "黔": "520000",
	"滇": "530000", "藏": "540000", "陕": "610000", "甘": "620000", "青": "630000", "宁": "640000", "新": "650000",
	"穗": "440100", "深": "440300", "甬": "330200", "杭": "330100", "厦": "350200", "榕": "350100", "郑": "410100", "邕": "450100",
}

// numberGovernments are the cities whose government, party or new area writes numbers that
// begin with the character of a province: 宁新区管规字 is of 南京.
var numberGovernments = map[string]string{"苏府": "320500", "宁新": "320100", "宁委": "320100"}

// numberCities are the cities whose numbers begin with the character of a province.
var numberCities = map[string]string{"宁": "320100", "青": "370200"}

func regionTag(p *domain.Policy, a area, words string) []domain.Tag {
	return []domain.Tag{{Dimension: domain.RegionTag, Code: a.code, Name: a.name, Score: 1, State: domain.Assigned, Evidence: evidenceOf(p, words)}}
}

// national tells whether an office governs the whole country.
func national(issuer string) bool {
	for _, prefix := range []string{"国务院", "国家", "国资委", "中共中央", "中央", "全国", "最高人民", "财政部", "人力资源社会保障部", "人力资源和社会保障部", "人社部", "工业和信息化部", "工信部", "商务部", "教育部", "民政部", "农业农村部", "农业部", "交通部", "铁道部", "卫生部", "建设部", "国防科", "信息产业部", "劳动和社会保障部", "劳动部", "人事部", "科技部", "科学技术部", "海关总署", "中国人民银行", "人民银行", "中国银保监会", "银保监会", "中国银行保险", "中国证监会", "证监会", "住房城乡建设部", "住房和城乡建设部", "生态环境部", "环境保护部", "交通运输部", "自然资源部", "国土资源部", "文化和旅游部", "文化部", "应急管理部", "应急部", "退役军人事务部", "退役军人部", "水利部", "司法部", "公安部", "外交部", "审计署", "税务总局", "市场监管总局", "中国残联", "中国残疾人联合会", "中华全国", "中国民用航空局", "民航局", "铁路总公司", "中国国家铁路", "体育总局", "广电总局", "医保局", "林草局", "药监局", "知识产权局"} {
		if strings.HasPrefix(issuer, prefix) {
			return !praised.MatchString(issuer)
		}
	}
	return nationalBank.MatchString(issuer)
}

var (
	// nationalBank is a bank or an association of all of the country.
	nationalBank = automaton.MustCompile(`^中国[\p{Han}]{2,8}(?:银行|协会|总会)$`)
	// praised is what a place or a house is called: 国家级开发区, 国家三级甲等医院.
	praised = automaton.MustCompile(`^国家(?:级|[一二三]级|重点)`)
)

func evidenceOf(p *domain.Policy, words string) []domain.Evidence {
	for i := range p.Clauses {
		c := &p.Clauses[i]
		if at := strings.Index(c.Text, words); at >= 0 && words != "" {
			return []domain.Evidence{whole(c).evidence(at, at+len(words))}
		}
	}
	return nil
}

// placeOf is the lowest place that a text names. A name that several places bear
// counts with the help of the words around it.
func (t *Tagger) placeOf(text, around string, short bool) area {
	var best *rules.Place
	depth, end := -1, 0
	for _, m := range t.rules.PlacesIn(text) {
		if m.Short && !short {
			continue
		}
		place := choose(m.Places, text, around)
		if place == nil || governedElsewhere(place) {
			continue
		}
		level := levelOf(place)*2 + 1
		if m.Short {
			level--
		}
		if best != nil && !strings.HasPrefix(place.Code, domain.RegionPrefix(best.Code)) {
			continue // another place: the first one that is named issues
		}
		if level > depth {
			best, depth, end = place, level, m.End
		}
	}
	if own, ok := t.division(text); ok && (best == nil || strings.HasPrefix(own.Code, domain.RegionPrefix(best.Code))) {
		return t.area(own.Code)
	}
	if zone := t.zone(text[end:], best); zone != nil && short {
		return area{zone.Code, zone.Full}
	}
	switch {
	case best == nil:
		return area{}
	case t.rules.Place(best.Code) == best && t.rules.Divisions.Find(best.Code) != nil:
		return t.area(best.Code)
	}
	if m := townOf.FindStringSubmatch(text[end:]); m != nil && levelOf(best) == 2 {
		return area{best.Code, best.Full + m[1]} // we hold the codes of our own towns only
	}
	return area{best.Code, best.Full}
}

var (
	// townOf is a town behind the name of its county, before what makes it an
	// office or a subject.
	townOf = automaton.MustCompile(`^(?:人民政府)?([\p{Han}]{1,6}?(?:镇|乡|街道))(?:人民政府|办事处|党委|党工委|综合|便民|财政|社会|农业|经济|关于|[\p{Han}]{2,20}(?:公告|通告|通知|项目))`)
	// zoned is a development zone that bears the name of its county: 昆山经济技术开发区.
	zoned = automaton.MustCompile(`^([\p{Han}]{2,4}?)(?:国家级|省级)?(?:经济技术|经济|高新技术产业|高新|综合保税|保税|旅游|新|产业|工业)*(?:开发区|高新区|新区|度假区|保税区|经开区|工业园区|产业园区)`)
)

// branchOf is the branch of a city's office in one of its counties: 嘉兴市生态环境局嘉善分局.
var branchOf = automaton.MustCompile(`(?:局|院|中心)([\p{Han}]{2,4})分局$`)

// named is the county of a place that bears a name, without its 县 or 区.
func (t *Tagger) named(short string, of area) area {
	for _, suffix := range []string{"县", "区", "市"} {
		for _, m := range t.rules.PlacesIn(short + suffix) {
			for _, place := range m.Places {
				if m.Start == 0 && m.End == len(short+suffix) && place.Code != of.code && strings.HasPrefix(place.Code, domain.RegionPrefix(of.code)) {
					return area{place.Code, place.Full}
				}
			}
		}
	}
	return area{}
}

// zone is the county or district that bears the name of the development zone with
// which a text begins, within a place if that is known.
func (t *Tagger) zone(text string, within *rules.Place) *rules.Place {
	m := zoned.FindStringSubmatch(text)
	if m == nil {
		return nil
	}
	for _, suffix := range []string{"市", "区", "县"} {
		name := m[1] + suffix
		for _, found := range t.rules.PlacesIn(name) {
			if found.Start > 0 || found.End < len(name) || found.Short {
				continue
			}
			for _, place := range found.Places {
				inside := within != nil && strings.HasPrefix(place.Code, domain.RegionPrefix(within.Code))
				if levelOf(place) == 2 && (inside || within == nil && len(found.Places) == 1) {
					return place
				}
			}
		}
	}
	return nil
}

// governedElsewhere tells whether a place is 台湾, 香港 or 澳门: what people from there may get
// is given by others.
func governedElsewhere(place *rules.Place) bool { return place.Code[0] >= '7' }

// choose picks the place that a name means: the only one, else the one whose
// city or province is named too.
func choose(list []*rules.Place, texts ...string) *rules.Place {
	if len(list) == 1 {
		if only := list[0]; !bearing(only.Name) || slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, only.Parent.Name) }) {
			return only
		}
		return nil
	}
	for _, text := range texts {
		for _, place := range list {
			for up := place.Parent; up != nil; up = up.Parent {
				if strings.Contains(text, up.Name) {
					return place
				}
			}
		}
	}
	return nil
}

// bearing tells whether the name of a place is that of a part of any place, or of a building:
// 西区综合服务窗口.
func bearing(name string) bool { return name == "东区" || name == "西区" }

func levelOf(p *rules.Place) int {
	n := 0
	for up := p.Parent; up != nil; up = up.Parent {
		n++
	}
	return n
}

// addressAfter follows the name of a place that is that of a street or a building.
var addressAfter = automaton.MustCompile(`^[东西南北中]?(?:路|大道|大桥|街|巷|广场|大厦|酒店|公园|小区|花园|宾馆)`)

// allCounties follows what is no name: 市州和县市区.
var allCounties = automaton.MustCompile(`^(?:市区|\(市|、市|级)`)

// yearBefore is the year at the beginning of a title.
var yearBefore = automaton.MustCompile(`^\d{4}年(?:度)?`)

// beginsWith is the place within another, or around it, with whose full name a
// title begins: the public office of a city announces something of one of its
// districts, that of a district what its city decided.
func (t *Tagger) beginsWith(p *domain.Policy, of area) area {
	title := yearBefore.ReplaceAllString(p.Title, "")
	named := t.rules.PlacesIn(title)
	if len(named) == 0 || named[0].Start > 0 || named[0].Short {
		return area{}
	}
	place := choose(named[0].Places, of.name)
	if place == nil || place.Code == of.code {
		return area{}
	}
	if around := strings.HasPrefix(of.code, domain.RegionPrefix(place.Code)); around && len(named) == 1 && levelOf(place) == 1 && !signed(p) ||
		strings.HasPrefix(place.Code, domain.RegionPrefix(of.code)) {
		return area{place.Code, place.Full}
	}
	return area{}
}

// within is the only county of a city that a title about a place in it names in full:
// 关于鼓楼区黄巷停水的通知 of a city's company.
func (t *Tagger) within(p *domain.Policy, of area) area {
	if place := t.rules.Place(of.code); place == nil || levelOf(place) != 1 {
		return area{}
	}
	var only *rules.Place
	for _, m := range t.rules.PlacesIn(quotedTitle.ReplaceAllString(p.Title, "")) {
		place := choose(m.Places, of.name)
		if place == nil || m.Short || !strings.HasPrefix(place.Code, domain.RegionPrefix(of.code)) || place.Code == of.code {
			continue
		}
		if only != nil && only != place {
			return area{}
		}
		only = place
	}
	if only == nil {
		return area{}
	}
	return area{only.Code, only.Full}
}

// maxNamed is how much of a text is searched for the place it mostly names.
const maxNamed = 4000

// mostNamed returns the city or province that a text names most, where it is
// named at least twice and more often than any other; of a city the county, if it
// is only named by that.
func (t *Tagger) mostNamed(text string) (code, name string) {
	text = dateline.ReplaceAllString(firstRunes(text, maxNamed), "")
	if without := paper.ReplaceAllString(text, ""); without != text { // a paper of the city tells of a county
		if code, name := t.mostNamed(without); code != "" {
			return code, name
		}
	}
	count, names := map[string]int{}, map[string]string{}
	only := map[string]*rules.Place{}     // the county by which alone a city is named
	counties := map[string]*rules.Place{} // the only county of a city that is named, nil for several
	named := t.rules.PlacesIn(text)
	for i, m := range named {
		place := choose(m.Places, text)
		if place == nil || m.Short && addressAfter.MatchString(text[m.End:]) || allCounties.MatchString(text[m.End:]) || governedElsewhere(place) {
			continue
		}
		county, words := place, text[m.Start:m.End]
		if i+1 < len(named) && named[i+1].Start == m.End { // of the city only the county is meant: 云川市湖东区
			if next := choose(named[i+1].Places, text); next != nil && next.Parent == place && levelOf(place) == 1 {
				county, words = next, text[named[i+1].Start:named[i+1].End]
			}
		}
		for levelOf(place) > 1 {
			place = place.Parent
		}
		if county != place {
			if before, seen := counties[place.Code]; seen && before != county {
				counties[place.Code] = nil
			} else {
				counties[place.Code] = county
			}
		}
		if before, seen := only[place.Code]; seen && before != county || county == place {
			county = nil
		}
		only[place.Code] = county
		if len(m.Places) == 1 { // a name of several speaks for the city only beside it
			count[place.Code]++
		}
		if names[place.Code] == "" {
			names[place.Code] = words
		}
	}
	var codes []string
	for c := range count {
		codes = append(codes, c)
	}
	slices.Sort(codes)
	best := ""
	for _, c := range codes {
		// a city outweighs its province: 广东省 is named where 广州市 is meant
		weight := weighed(count, c, t)
		if weight >= 2 && (best == "" || weight > weighed(count, best, t)) {
			best = c
		}
	}
	if county := only[best]; county != nil {
		return county.Code, names[best]
	}
	if county := counties[best]; county != nil && (ofCounty.MatchString(text) || officeOf(text, county.Name)) {
		return county.Code, county.Name
	}
	if without := quotedTitle.ReplaceAllString(text, ""); without != text && best != "" && counties[best] != nil && strings.Count(without, counties[best].Name) > 1 { // the city is only in what is cited
		if code, name := t.mostNamed(without); code == counties[best].Code {
			return code, name
		}
	}
	if best != "" && levelOf(t.rules.Place(best)) == 0 { // a city of it is closer, if it is the only one
		cities := slices.DeleteFunc(codes, func(c string) bool { return c == best || !strings.HasPrefix(c, domain.RegionPrefix(best)) })
		if len(cities) == 1 {
			return cities[0], names[cities[0]]
		}
	}
	return best, names[best]
}

var (
	// dateline is where a paper's report was written.
	dateline = automaton.MustCompile(`[\p{Han}]{2,8}\d{1,2}月\d{1,2}日电`)
	// paper is the name of a paper, which has that of its city.
	paper = automaton.MustCompile(`[\p{Han}]{2,3}(?:日报|晚报|晨报)`)
	// ofCounty is how a text of a county or district calls it.
	ofCounty = automaton.MustCompile(`[我本][区县]|全县范围|区委|县委|[区县]政府|[,。;]区[\p{Han}]{2,6}局`)
)

// officeOf tells whether a text names an office of a county.
func officeOf(text, county string) bool {
	for rest := text; ; {
		at := strings.Index(rest, county)
		if at < 0 {
			return false
		}
		rest = rest[at+len(county):]
		if officeAfter.MatchString(rest) {
			return true
		}
	}
}

var officeAfter = automaton.MustCompile(`^(?:人民政府|[\p{Han}]{2,10}?(?:局|中心|委员会|管委会|联合会))`)

// nativeOf is what stands behind the short name of a county whose people, town or site are
// meant: 云川籍劳动力, 云川非农业户籍.
var nativeOf = automaton.MustCompile(`([\p{Han}]{2,5})(?:籍|户籍|非?农业户[籍口]|中心城区|外宣网|融媒|(?:科技)?产业园管委会)`)

// native is the county, within a place if that is known, of whose people a text speaks by
// its short name.
func (t *Tagger) native(text, within string) area {
	var only *rules.Place
	text = firstRunes(text, maxNamed)
	for _, m := range nativeOf.FindAllStringSubmatchIndex(text, -1) {
		for name := text[m[2]:m[3]]; name != ""; name = strings.TrimPrefix(name, firstRunes(name, 1)) {
			var found []*rules.Place
			for _, place := range t.rules.PlacesSaid(name) {
				if levelOf(place) == 2 && strings.HasPrefix(place.Name, name) && (within == "" || place.Code != within && strings.HasPrefix(place.Code, domain.RegionPrefix(within))) {
					found = append(found, place)
				}
			}
			if len(found) != 1 {
				continue
			}
			if only != nil && only != found[0] {
				return area{}
			}
			only = found[0]
			break
		}
	}
	if only == nil {
		return area{}
	}
	return area{only.Code, only.Full}
}

// weighed is how often a place is named, twice for a city.
func weighed(count map[string]int, code string, t *Tagger) int {
	if place := t.rules.Place(code); levelOf(place) > 0 || strings.HasSuffix(place.Name, "市") {
		return 2 * count[code]
	}
	return count[code]
}

// division finds the lowest division of our own province that a text names in
// full (云川县). Where a name occurs twice, the one whose parent is named too.
func (t *Tagger) division(text string) (*rules.Division, bool) {
	var best *rules.Division
	depth := 0
	var named []int
	for i, r := range text {
		for _, n := range t.divisions[r] {
			if strings.HasPrefix(text[i:], t.rules.Divisions.All()[n].Name) {
				named = append(named, n)
			}
		}
	}
	slices.Sort(named)
	for _, n := range named {
		d := t.rules.Divisions.All()[n]
		level, parentNamed := 1, false
		for up := t.rules.Divisions.Find(d.Parent); up != nil; up = t.rules.Divisions.Find(up.Parent) {
			level += 2
			if strings.Contains(text, up.Name) {
				level++
				parentNamed = true
			}
		}
		if d.Level == rules.Town && !parentNamed {
			continue // names of towns occur in every province
		}
		if level > depth {
			best, depth = d, level
		}
	}
	return best, best != nil
}

// PlacesMeant are a name in the issuers or the title of a document that several places bear, where
// nothing tells which of them is meant, and those places by their full names.
func (t *Tagger) PlacesMeant(p *domain.Policy) (name string, places []string) {
	for _, text := range append(slices.Clone(p.Issuers), p.Title) {
		for _, m := range t.rules.PlacesIn(text) {
			if len(m.Places) < 2 || choose(m.Places, text, firstRunes(p.Text, maxNamed)) != nil {
				continue
			}
			for _, place := range m.Places {
				places = append(places, place.Full)
			}
			return text[m.Start:m.End], places
		}
	}
	return "", nil
}
