package tagging

import (
	"slices"
	"strings"
	"unicode/utf8"

	"policypush/internal/automaton"
	"policypush/internal/domain"
)

var (
	// asideSections set nothing for anybody outside, but for what gives in figures.
	asideSections = expression(`法律责任|罚则|监督检查|附则|总则|责任追究|监督管理|监管|落实各方责任|统筹推进`)
	// asideLeads are the first words of paragraphs to offices.
	asideLeads = expression(`机构建设|协同配合|协同联动|监管|考核|工作责任|主体责任|职责|责任(?:落实|分工|追究)|工作机制|制度建设|信息共享|资金补充|跟踪评估|绩效评价|统筹|组织|总体要求|工作目标|督导|督查|法治保障|工作部署`)
	// told are sections that report.
	told = expression(`情况$|情况和|情况汇总|执行情况|成效`)
)

// item is a clause with the side of a measure that its heading or its own
// first words name: 对象, 条件, 标准, 程序 …; empty where nothing does.
type item struct {
	*domain.Clause
	side string
}

// piece is a sentence of a measure.
type piece struct {
	sentence
	in   item
	list *list // that the sentence is an item of; nil if of none
	adds bool  // whether its paragraph gives and asks nothing, and only goes on
}

// isLead tells whether a sentence is the words that stand over its paragraph:
// 三、减免租金。
func (x piece) isLead() bool {
	return x.start == x.in.Start && x.end < x.in.End && isNumbered(x.text) && len(x.text) <= longLabel && !strings.ContainsAny(x.text, ",:")
}

// unit is the sentences of one measure: its own, and those it shares with
// other measures of the document.
type unit struct {
	heading string
	path    string
	own     []piece
	shared  []piece
	alone   bool   // whether it is the only measure under its heading
	kind    string // of what it gives by the title; empty of one whose own sentences give or ask something
	named   domain.Evidence
	class   sentence // the words that name a class of enterprises or taxpayers, where others get another share
	cell    sentence // of a row of a table, in which stands who gets what the row gives
	lead    sentence // that announces several gifts, of which this is one: for whom all of them are
	gift    string   // that the line over a measure names, whose own words are only sums
	goesOn  bool     // whether it is another gift to those whom the measure before names
}

// section is a run of clauses under one heading.
type section struct {
	heading string
	path    string
	side    string // of the heading
	aside   bool   // of what is said to offices
	answers bool   // whether it is what is said to a question
	items   []item
}

// points parts a document into its measures. The unit is the paragraph that
// gives something to somebody outside or asks it of them, with the list that it
// announces; of a statute it is the article; where sentences of a paragraph give
// different things to different people, it is the sentence. Where the headings
// of a document are the sides of a measure (一、补贴对象 二、补贴标准 三、申请程序),
// the paragraphs that give something share the others, and where a section is
// laid out so, it is one measure. What gives each class of enterprises another share
// is a measure for each: 大型企业按30%返还,中小微企业按60%返还; so is each of several things that
// one sentence gives, and each row of a table that gives something.
func (t *reading) points(p *domain.Policy) []unit {
	var out []unit
	for _, u := range t.statements(p) {
		for _, of := range t.classes(u) {
			out = append(out, t.goingOn(of)...)
		}
	}
	return out
}

// statements are the measures before those that give classes different shares are parted.
func (t *reading) statements(p *domain.Policy) []unit {
	sections := split(p.Clauses)
	if t.asksOfSeveral(sections) {
		return t.answered(p, sections)
	}
	gathered, things := gather(sections)
	if things < 2 && t.bySides(p, sections) {
		return t.share(p, sections)
	}
	sections = gathered
	t.givingWays(sections)
	var units []unit
	var shared []piece
	for _, s := range sections {
		switch {
		case slices.Contains(procedural, s.side):
			for _, it := range s.items {
				shared = append(shared, t.pieces(it)...)
			}
		case s.aside:
			for _, it := range s.items {
				if ownRule.MatchString(it.Text) {
					shared = append(shared, t.pieces(it)...)
				}
			}
		}
		if !slices.Contains(procedural, s.side) {
			shared = append(shared, t.forAll(s)...)
		}
		own := t.units(p, s)
		if len(own) == 0 && len(s.items) > 0 && isStep(s.items[0]) {
			for _, it := range s.items {
				shared = append(shared, t.pieces(it)...)
			}
		}
		units = append(units, own...)
	}
	units, calls := t.callsApart(units)
	shared = append(shared, calls...)
	// Of thousands of measures each would hold a copy of what thousands share.
	shared = slices.Clip(shared[:min(len(shared), maxSentences)])
	for i := range units {
		if own := units[i].shared; len(own) == 0 {
			units[i].shared = shared
		} else {
			units[i].shared = append(own, shared...)
		}
	}
	return units
}

// givingWays finds what is given where only a section of how it is had gives
// something: 一、活动方式 购买新车的消费者每辆补贴1000元.
func (t *reading) givingWays(sections []section) {
	var ways []*section
	for i := range sections {
		s := &sections[i]
		gives := !s.aside && slices.ContainsFunc(s.items, func(it item) bool { return t.givesSomething(it.Clause) })
		switch {
		case gives && !slices.Contains(procedural, s.side):
			return
		case gives:
			ways = append(ways, s)
		}
	}
	for _, s := range ways {
		for i := range s.items {
			if s.items[i].side == s.side {
				s.items[i].side = ""
			}
		}
		s.side = ""
	}
}

// forAll are the pieces of a section that hold for all measures: who gets nothing
// of what the document gives (有下列情形之一的企业不得享受本措施:(一)…), and what stands
// beside the day from which it holds.
func (t *reading) forAll(s section) []piece {
	var out []piece
	for _, b := range t.blocks(s) {
		first := b.items[0].Text
		if !(strings.HasSuffix(first, ":") && ruledOut.MatchString(first)) && (b.best >= demands || !comesIntoForce.MatchString(first)) {
			continue
		}
		var own []piece
		for _, it := range b.items {
			if pieces := t.pieces(it); own == nil {
				own = pieces
			} else {
				own = append(own, pieces...)
			}
		}
		markLists(own)
		out = append(out, own...)
	}
	return out
}

// ruledOut begins a list of those who get nothing of what a document gives.
var ruledOut = expression(`^[^。]{0,30}(?:下列|以下|下述)[^。]{0,30}(?:不(?:得|能|再)?(?:享受|申报|申请|适用)|不予(?:支持|享受|受理|补贴|补助|奖励|奖补|兑现|发放))(?:本[\p{Han}]{1,8}?|)(?:政策|措施|意见|办法|通知|资金|优惠|支持|奖励|补助|补贴)?:$`)

// gather makes one section of a heading and those under it that are the sides of
// one thing, 一、求职创业补贴 (一)发放对象 (二)补贴标准, and counts these things.
func gather(sections []section) (out []section, things int) {
	for i := 0; i < len(sections); {
		s, end := sections[i], i+1
		who, what := false, false
		note := func(side string) {
			who = who || slices.Contains(whoSides, side)
			what = what || slices.Contains(standardSides, side)
		}
		for _, it := range s.items {
			note(it.side)
		}
		for end < len(sections) && s.path != "" && strings.HasPrefix(sections[end].path, s.path+"/") {
			note(sections[end].side)
			end++
		}
		if !who || !what || s.aside || end == i+1 {
			out, i = append(out, s), i+1
			continue
		}
		s.items = slices.Clip(s.items)
		for _, under := range sections[i+1 : end] {
			s.items = append(s.items, under.items...)
		}
		out, i = append(out, s), end
		things++
	}
	return out, things
}

// ownRule is what the last section says of the whole document; 不适用本款 is said of a paragraph.
var ownRule = expression(`不(?:再)?享受本[^款条项]|不适用本[^款条项]|不重复享受|就高不重复|(?:申报|受理|申请)(?:时间|期限|截止)|咨询电话|联系电话|服务热线`)

// split parts the clauses at headings. Title, head, signature and notes belong
// to no section.
func split(clauses []domain.Clause) []section {
	var out []section
	aside := 0            // level of the heading that opened what is said to offices
	under, side := "", "" // the path of a paragraph that is only a label, (一)发放对象, and its side
	for i := range clauses {
		c := &clauses[i]
		switch c.Kind {
		case domain.HeadingClause:
			under = ""
			heading := strings.Trim(unnumbered(c.Text), " 。:")
			level := max(c.Level, 1)
			if aside >= level {
				aside = 0
			}
			if aside == 0 && (asideHeadings.MatchString(heading) || asideSections.MatchString(heading)) {
				aside = level
			}
			out = append(out, section{heading: heading, path: c.Path, side: sideOfHeading(heading), aside: aside > 0})
			if s := &out[len(out)-1]; strings.HasSuffix(c.Text, ":") && !s.aside { // 八、有下列情形之一的企业不得享受:
				s.items = append(s.items, item{c, s.side})
			}
		case domain.TextClause, domain.TableClause:
			if asksLine.MatchString(c.Text) {
				asked := askedIn(c.Text)
				out = append(out, section{heading: asked, path: c.Path, side: sideOfHeading(asked), aside: aside > 0, answers: true})
				under = ""
				continue
			}
			if len(out) == 0 {
				out = append(out, section{path: c.Path})
			}
			s := &out[len(out)-1]
			if top, _, _ := strings.Cut(s.path, "/"); s.heading != "" && top != "" && isNumbered(c.Text) && !strings.HasPrefix(c.Path+"/", top+"/") {
				out = append(out, section{}) // 九、 behind the list under the heading 八、
				s = &out[len(out)-1]
			}
			own := sideOfLabel(c.Text)
			switch {
			case own != "" && label.MatchString(c.Text):
				under, side = c.Path, own
			case under != "" && (c.Path == under || strings.HasPrefix(c.Path, under+"/")):
				own = cmpEmpty(own, side)
			default:
				under = ""
			}
			s.items = append(s.items, item{c, cmpEmpty(own, s.side)})
		}
	}
	return out
}

// bySides tells whether the headings themselves are the sides of a measure.
func (t *reading) bySides(p *domain.Policy, sections []section) bool {
	things := 0 // of which each has its own standard
	for _, s := range sections {
		if s.side == "" {
			things += min(standards(s), len(t.restarts(s)))
		}
	}
	if things > 1 {
		return false
	}
	if cellSide(p) != "" || oneThing(p) && !t.severalGifts(sections) {
		return true
	}
	n, named := map[string]bool{}, 0
	for _, s := range sections {
		if s.side != "" && s.side != "要求" { // 工作要求 is what is asked of offices
			n[s.side] = true
			named++
		}
	}
	return len(n) >= 2 && (n["标准"] || n["额度"] || n["条件"] || n["对象"]) && named*3 >= len(sections)
}

// severalGifts tells whether three paragraphs or more each give somebody of their own
// something in figures, whatever the title says.
func (t *reading) severalGifts(sections []section) bool {
	n := 0
	for _, s := range sections {
		for _, it := range s.items {
			if slices.ContainsFunc(t.sentences(it.Clause), func(one sentence) bool { return t.pays(one) && t.givesOwn(one) }) {
				n++
			}
		}
	}
	return n >= 3
}

// oneThing tells whether a document is a guide to one thing to be had.
func oneThing(p *domain.Policy) bool {
	return (p.DocKind == kindGuide || p.DocKind == kindInterpretation) && guides.MatchString(p.Title) && !severalThings.MatchString(p.Title)
}

var (
	guides        = expression(`申领|办理|申请|领取|申报|怎么|如何|指南|指引|流程|须知|问答|常见问题|发放|攻略`)
	severalThings = expression(`措施|政策|条例|办法|意见|规定|方案|解读|清单|大全|汇总|标准|[一二三四五六七八九十\d]+(?:条|项|类|种|问)`)
)

// share makes a measure of every numbered paragraph that gives something, or
// one of the whole document if they are not numbered or the document is a guide
// to one thing.
func (t *reading) share(p *domain.Policy, sections []section) []unit {
	var all, shared []piece
	var out []unit
	path, giving := "", 0
	for _, s := range sections {
		for _, b := range t.blocks(s) {
			var own []piece
			for _, it := range b.items {
				own = append(own, t.pieces(it)...)
			}
			all = append(all, own...)
			if s.side == "条件" || !isNumbered(b.items[0].Text) || !slices.ContainsFunc(b.items, func(it item) bool { return t.givesSomething(it.Clause) }) {
				shared = append(shared, own...)
				continue
			}
			giving++
			markLists(own)
			out = append(out, t.apart(s, b, own)...)
		}
		path = cmpEmpty(path, s.path)
	}
	markLists(all)
	markLists(shared)
	if giving < 2 || oneThing(p) && !t.severalGifts(sections) || cellSide(p) != "" {
		return t.standardsApart(unit{path: path, own: all, alone: true})
	}
	var named []string // the gift of each
	for _, u := range out {
		named = append(named, giftSaid(u.own))
	}
	for i := range out {
		out[i].heading = ""
		for j, x := range shared {
			of := giftSaid(shared[j:])
			if of == "" || of == named[i] || !slices.Contains(named, of) {
				out[i].shared = append(out[i].shared, x)
			}
		}
	}
	return out
}

// giftSaid is the gift of several of which pieces begin to tell a side.
func giftSaid(pieces []piece) string {
	if len(pieces) == 0 {
		return ""
	}
	if m := sideOfGift.FindStringSubmatch(pieces[0].in.Text); m != nil {
		return m[1]
	}
	return ""
}

// sideOfGift begins what is said of one of several gifts by its name: (一)困难残疾人生活补贴对象为….
var sideOfGift = automaton.MustCompile(`^[\s(]*[一二三四五六七八九十\d]{1,3}[)、.．]\s*([\p{Han}]{2,16}?(?:补贴|补助金?|津贴|奖励|资助))(?:对象|条件|范围|标准|额度|金额)`)

// pieces are the sentences of a clause.
func (t *reading) pieces(it item) []piece {
	sentences := t.sentences(it.Clause)
	out := make([]piece, len(sentences))
	for i, s := range sentences {
		out[i] = piece{sentence: s, in: it}
	}
	return out
}

// block is a paragraph with the list that it announces, or an article.
type block struct {
	items []item
	lists bool  // whether it announces a list
	acts  []act // of its sentences, in order
	best  act
}

// blocks puts together the clauses of a section that make one statement.
func (t *reading) blocks(s section) []block {
	out := make([]block, 0, len(s.items))
	gift := false // whether a line above names what is given
	for i := 0; i < len(s.items); {
		end := i + 1
		first := s.items[i]
		gift = isGiftName(first.Text) || gift && !isNumbered(first.Text)
		article := strings.HasPrefix(first.Path, "第") && strings.Contains(first.Path, "条")
		switch {
		case article:
			own := articleOf(first.Path)
			for end < len(s.items) && articleOf(s.items[end].Path) == own {
				end++
			}
		case strings.HasSuffix(first.Text, ":"):
			giving := 0
			if preamble.MatchString(first.Text) {
				break
			}
			for end < len(s.items) && isNumbered(s.items[end].Text) && sameShape(s.items[i+1], s.items[end]) {
				if slices.ContainsFunc(t.sentences(s.items[end].Clause), func(one sentence) bool { return t.does(one) >= favours }) {
					giving++
				}
				end++
			}
			if giving >= 2 {
				end = i + 1
			}
		}
		if !article && !gift { // paragraphs that go on without a number of their own
			for end < len(s.items) && s.items[end].Path == first.Path && first.Path != "" && !isNumbered(s.items[end].Text) && !isGiftName(s.items[end].Text) {
				end++
			}
		}
		b := block{items: s.items[i:end], lists: article || strings.HasSuffix(first.Text, ":")}
		for _, it := range b.items {
			sentences := t.sentences(it.Clause)
			b.acts = slices.Grow(b.acts, len(sentences))
			for _, one := range sentences {
				a := t.does(one)
				b.acts = append(b.acts, a)
				b.best = max(b.best, a)
			}
		}
		out = append(out, b)
		i = end
	}
	return out
}

func articleOf(path string) string {
	article, _, _ := strings.Cut(path, "/")
	return article
}

// isStep tells whether an article is one of several steps to what others give: 第十条 申报。….
func isStep(it item) bool {
	m := articleLabel.FindStringSubmatch(it.Text)
	return m != nil && m[2] != ""
}

// sameShape tells whether two items are of one list, or the second is in an
// item of it.
func sameShape(first, it item) bool {
	depth := strings.Count(first.Path, "/")
	return strings.Count(it.Path, "/") >= depth
}

// units parts a section into measures.
func (t *reading) units(p *domain.Policy, s section) []unit {
	sides, standards, articles := 0, 0, false
	for _, it := range s.items {
		if it.side != "" && it.side != s.side && !isStep(it) {
			sides++
			articles = articles || strings.HasPrefix(it.Path, "第")
			if it.side == "标准" || it.side == "额度" || it.side == "金额" {
				standards++
			}
		}
	}
	if articles && standards != 1 { // rules for several things
		sides = 0
	}
	if sides >= 2 && !s.aside {
		var out []unit
		for _, group := range t.restarts(s) {
			u := unit{heading: group.heading, path: group.path, alone: true}
			for _, it := range group.items {
				u.own = append(u.own, t.pieces(it)...)
			}
			markLists(u.own)
			out = append(out, t.standardsApart(u)...)
		}
		return out
	}
	var out []unit
	var before []piece // conditions that stand before what they are for
	var lead piece     // the words over items that each give something
	gift := s.heading  // what stands over the paragraphs
	least := demands
	switch {
	case s.aside, s.answers, p.Audience == domain.ForNobody:
		least = gives
	case slices.Contains(procedural, s.side):
		return nil
	}
	blocks := t.blocks(s)
	for i, b := range blocks {
		if first := b.items[0].Text; strings.HasSuffix(first, ":") && ruledOut.MatchString(first) {
			continue
		}
		if path := b.items[0].Path; lead.text != "" && !strings.HasPrefix(path, lead.in.Path+"/") {
			lead = piece{}
		}
		if i+1 < len(blocks) && t.standsOver(b, blocks[i+1]) {
			gift = strings.Trim(unnumbered(b.items[0].Text), " 。:")
			words := t.pieces(b.items[0])
			lead = words[len(words)-1]
			if !strings.HasSuffix(b.items[0].Text, ":") {
				lead = piece{}
			}
			continue
		}
		var own []piece
		for _, it := range b.items {
			own = append(own, t.pieces(it)...)
		}
		markLists(own)
		if slices.Contains(procedural, b.items[0].side) && articleLabel.MatchString(b.items[0].Text) {
			before = append(before, own...)
			continue
		}
		aside := s.aside || asideLead(b.items[0])
		if !aside && least == demands && t.sumsUnder(gift, b) {
			out = append(out, unit{heading: s.heading, path: b.items[0].Path, own: own, gift: gift})
			continue
		}
		if b.best < least || aside && (!t.figures(b) || told.MatchString(s.heading)) {
			switch {
			case aside:
			case len(out) > 0 && !slices.ContainsFunc(b.items, func(it item) bool { return offices.MatchString(it.Text) || isNumbered(it.Text) }):
				for i := range own {
					own[i].adds = true
				}
				out[len(out)-1].own = append(out[len(out)-1].own, own...)
			case len(out) == 0 && b.items[0].side != "":
				before = append(before, own...)
			}
			continue
		}
		for _, u := range t.apart(s, b, own) {
			u.lead = lead.sentence
			out = append(out, u)
		}
	}
	for i := range out {
		out[i].shared = append(out[i].shared, before[:min(len(before), maxSentences)]...)
		out[i].alone = len(out) == 1
	}
	return out
}

// standsOver tells whether a paragraph only stands over the one behind it, which gives
// something: 一、支持建设孵化器。 over (1), or a line without a stop, or the words that
// announce several gifts.
func (t *reading) standsOver(b, next block) bool {
	first := b.items[0]
	if len(b.items) > 1 || first.Kind != domain.TextClause || next.best < favours && !t.sumsUnder(unnumbered(first.Text), next) {
		return false
	}
	if behind := next.items[0].Text; numbers.MatchString(first.Text) { // 前5名共奖励30万元 over the paragraph that tells it
		return !isNumbered(first.Text) && !strings.ContainsAny(first.Text, ",。;:") && strings.HasSuffix(behind, "。") && len(behind) > 2*len(first.Text) && next.items[0].Path == first.Path && t.figures(next)
	}
	path := next.items[0].Path
	deeper := first.Path != "" && strings.HasPrefix(path, first.Path+"/")
	switch {
	case strings.HasSuffix(first.Text, ":"):
		return deeper && next.best == gives && len(b.acts) <= 2
	case len(b.acts) != 1, utf8.RuneCountInString(first.Text) > longTitle || strings.ContainsAny(first.Text, ",;:"):
		return false
	case strings.HasSuffix(first.Text, "。"):
		return deeper
	default:
		return deeper || !isNumbered(first.Text) && path == first.Path
	}
}

// longTitle is more than the characters of a line that stands over others.
const longTitle = 26

// restarts parts a section in which the sides of a measure are told for several things one
// after the other, 1.创业资助 补贴对象:… 补贴标准:… 2.租金补贴 补贴对象:… 补贴标准:…, where
// a thing begins.
func (t *reading) restarts(s section) []section {
	var out []section
	told := map[string]bool{} // the sides of the thing
	from, opens := 0, -1      // opens is the title of what may be the next thing
	add := func(to int) {
		of := section{heading: s.heading, path: s.path, side: s.side, items: s.items[from:to]}
		if first := of.items[0]; isThing(first) {
			of.heading, of.path = strings.Trim(unnumbered(first.Text), " 。"), first.Path
		}
		out = append(out, of)
		from, opens = to, -1
		clear(told)
	}
	if standards(s) < 2 && t.givingThings(s) < 2 {
		return []section{s}
	}
	whoTold := func(it item) bool { // 1.申报对象 … 2.补贴标准 … (二)创业补贴 1.对象及条件
		return slices.Contains(whoSides, it.side) && slices.ContainsFunc(whoSides, func(side string) bool { return told[side] })
	}
	for i, it := range s.items {
		switch {
		case isThing(it):
			opens = i
		case opens >= 0 && opens == i-1 && t.givesThing(s, opens) && isThing(s.items[from]) && shapeOf(s.items[opens].Text) == shapeOf(s.items[from].Text):
			if opens > from { // ■会展补贴 with no sides behind what has them
				add(opens)
			}
			told["对象"], told["标准"], opens = true, true, -1
		case it.side == "" || it.side == s.side || i > 0 && it.side == s.items[i-1].side:
		case (told[it.side] || opens == i-1 && opens > from && whoTold(it)) && (told["标准"] || told["额度"] || told["金额"]):
			if opens <= from {
				opens = i
			}
			add(opens)
			fallthrough
		default:
			told[it.side], opens = true, -1
		}
	}
	add(len(s.items))
	return out
}

// givesThing tells whether item i is a thing and the item behind it gives it, of which no side is
// told: ■会展补贴 对举办展会的单位给予30万元补贴.
func (t *reading) givesThing(s section, i int) bool {
	if i+1 >= len(s.items) || !isThing(s.items[i]) {
		return false
	}
	behind := s.items[i+1]
	return cmpEmpty(behind.side, s.side) == s.side && t.givesSomething(behind.Clause)
}

// givingThings counts them.
func (t *reading) givingThings(s section) int {
	n := 0
	for i := range s.items {
		if t.givesThing(s, i) {
			n++
		}
	}
	return n
}

// standards is how often the items of a section come to what is given.
func standards(s section) int {
	n, before := 0, ""
	for _, it := range s.items {
		if it.side != s.side && it.side != before && slices.Contains(standardSides, it.side) {
			n++
		}
		before = it.side
	}
	return n
}

// isThing tells whether an item is only the number and the name of a thing: 2、租金补贴.
func isThing(it item) bool {
	return isGiftName(it.Text) || isNumbered(it.Text) && len(it.Text) <= longLabel && !strings.ContainsAny(it.Text, ",:，；;") && sideOfLabel(it.Text) == ""
}

// asideLead tells whether a numbered paragraph begins with words to offices.
func asideLead(it item) bool {
	words, _ := leadOf(it.Text)
	return words != "" && isNumbered(it.Text) && utf8.RuneCountInString(words) <= 20 && asideLeads.MatchString(words)
}

// figures tells whether a block gives something by one of the rules that read
// what is given.
func (t *reading) figures(b block) bool {
	return slices.ContainsFunc(b.items, func(it item) bool { return t.givesSomething(it.Clause) && numbers.MatchString(it.Text) })
}
