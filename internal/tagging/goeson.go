package tagging

import (
	"slices"
	"strings"
	"unicode"

	"policypush/internal/automaton"
	"policypush/internal/domain"
)

var (
	// nextGift begins, behind a comma, what the same people are given besides, with its sum and
	// its name before or behind that.
	nextGift = expression(`,(?:并|同时|此外|另外?|还|且|又|或者?|在[^,。;:]{1,12}期间)?(?:可以?|均可|能够?|将|按规定|按[^,。;:\d]{2,16}?|由[^,。;:]{2,12})*(?:给予|发放|发给|享受|享有|申请|申领|获得?|拨付)([^,。;:\d]{0,30}?)(\d+(?:\.\d+)?(?:亿元|万元|元)(?:[、和]\d+(?:\.\d+)?(?:亿元|万元|元))*)(?:/[\p{Han}]{1,3})?([^,。;:\d]{0,24})`)
	// nextWhom begins, behind a comma, what others are given.
	nextWhom = expression(`,对[^,。;:]{4,60}?(?:,(?:每[\p{Han}]{1,4})?|给予|予以)(?:一次性)?(?:给予|奖励|补助|补贴|资助)?[^,。;:\d]{0,8}\d+(?:\.\d+)?(?:亿元|万元|元)`)
	// sumAndName are two sums behind each other, each with its name: 2000元生活补贴、400元社保补贴.
	sumAndName = expression(`\d+(?:\.\d+)?(?:万元|元)(?:/[\p{Han}]{1,3})?的?([\p{Han}()]{2,14}?(?:补贴|补助|津贴|奖励|资助))([、和及])(?:每[\p{Han}]{1,2}(?:每[月年])?)?\d+(?:\.\d+)?(?:万元|元)(?:/[\p{Han}]{1,3})?的?([\p{Han}()]{2,14}?(?:补贴|补助|津贴|奖励|资助))`)
	// onceAndYearly is a sum given once and another given again: 每床一次性4500元、每床每年1000元.
	onceAndYearly = expression(`每[人床户亩家]?一次性\d+(?:\.\d+)?(?:万元|元)([、和及])每[人床户亩家]?每[月年]\d+(?:\.\d+)?(?:万元|元)`)
	// nextRaised begins, behind another, what is raised as well: 农村低保标准由每人每月520元提高到610元.
	nextRaised = expression(`[,;、](?:其中)?([\p{Han}]{2,20}标准)(?:由|从)[^,。;]{0,30}?元[^,。;]{0,12}?(?:提高|调整|上调|增加|提升)(?:到|至|为)`)
	// giftName is how a gift is called; one word alone says nothing.
	giftName = expression(`[\p{Han}]{2,12}(?:补贴|补助|津贴|奖励|资助|贷款|奖金|经费)`)
)

// goingOn parts a measure where a sentence gives the same people several things: 给予
// 一次性创业资助10000元,可申请每年最高4000元的租金补贴. What gives nothing is said of all.
func (t *reading) goingOn(u unit) []unit {
	if u.class.text != "" || u.kind != "" {
		return []unit{u}
	}
	var more []unit
	var own []piece
	for i, x := range u.own {
		cuts := t.giftsIn(x)
		if len(cuts) == 0 {
			own = append(own, x)
			continue
		}
		if len(own) == 0 {
			own = append(own, u.own[:i]...)
		}
		own = append(own, piece{sentence: x.slice(0, cuts[0]-len(lastRunes(x.text[:cuts[0]], 1))), in: x.in, list: x.list})
		for n, from := range cuts {
			to := len(x.text)
			if n+1 < len(cuts) {
				to = cuts[n+1]
			}
			part := x.slice(from, to).trim()
			more = append(more, unit{heading: u.heading, path: u.path, own: []piece{{sentence: part, in: x.in, list: x.list}}, goesOn: !strings.HasPrefix(part.text, "对") && !part.matches(raisedFor)})
		}
	}
	if len(more) == 0 {
		return []unit{u}
	}
	var rest []piece
	for _, x := range own {
		if !t.pays(x.sentence) {
			rest = append(rest, x)
		}
	}
	first := u
	first.own, first.alone = own, false
	for i := range more {
		more[i].shared = append(slices.Clip(rest), u.shared...)
	}
	return append([]unit{first}, more...)
}

// giftsIn are the bytes of a sentence at which another gift to the same people begins.
func (t *reading) giftsIn(x piece) []int {
	if x.in.Kind == domain.TableClause || x.in.side == "条件" {
		return nil
	}
	var cuts []int
	for _, loc := range x.locs(nextGift) {
		name := giftName.FindString(submatch(x.text, loc, 3))
		if name == "" {
			name = giftName.FindString(submatch(x.text, loc, 1))
		}
		name = strings.TrimPrefix(name, "一次性")
		if domain.CodePoints(name) < 4 || strings.Contains(x.text[:loc[0]], name) || len(cuts) == 0 && !t.pays(x.slice(0, loc[0])) {
			continue
		}
		cuts = append(cuts, loc[0]+len(","))
	}
	for _, loc := range x.locs(nextWhom) {
		if t.pays(x.slice(0, loc[0])) && strings.Contains(x.text[:loc[0]], "对") {
			cuts = append(cuts, loc[0]+len(","))
		}
	}
	for _, loc := range x.locs(sumAndName) {
		if submatch(x.text, loc, 1) != submatch(x.text, loc, 3) {
			cuts = append(cuts, loc[5])
		}
	}
	for _, loc := range x.locs(nextRaised) {
		if raised.MatchString(x.text[:loc[0]]) {
			cuts = append(cuts, loc[2])
		}
	}
	if loc := x.loc(onceAndYearly); loc != nil {
		cuts = append(cuts, loc[3])
	}
	slices.Sort(cuts)
	return slices.Compact(cuts)
}

// rowUnits are the rows of a table that give something, each a measure, where the cells of
// the first row name what stands under them.
func (t *reading) rowUnits(s section, own []piece) []unit {
	var rows [][]piece
	for i, x := range own {
		if i == 0 || strings.HasSuffix(own[i-1].text, "\n") {
			rows = append(rows, nil)
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], x)
	}
	who, named := -1, false
	for i, cell := range strings.Split(strings.TrimSpace(rows[0][0].text), "\t") {
		switch m := whoseCell.FindStringSubmatch(cell); {
		case m == nil:
		case m[1] == "":
			named = true
		case who < 0:
			who = i
		}
	}
	if len(rows) < 3 || !named {
		return nil
	}
	var out []unit
	for _, row := range rows[1:] {
		if !slices.ContainsFunc(row, func(x piece) bool { return t.pays(x.sentence) }) {
			continue
		}
		u := unit{heading: s.heading, path: row[0].in.Path, own: row}
		if cells := strings.Split(row[0].text, "\t"); len(row) == 1 && 0 <= who && who < len(cells) {
			at := strings.Index(row[0].text, cells[who])
			u.cell = row[0].slice(at, at+len(cells[who])).trim()
		}
		out = append(out, u)
	}
	return out
}

// whoseCell is the head of a column that says who gets something (the first group), or what.
var whoseCell = expression(`^[\p{Han}]{0,4}(对象|主体|条件|企业类型|人群|人员类别)[\p{Han}]{0,4}$|^[\p{Han}]{0,4}(?:标准|奖励|补贴|补助|额度|金额|政策|内容|措施)[\p{Han}]{0,4}(?:\([^()]{1,8}\))?$`)

// givesElse tells whether a sentence gives something that goes by another name to those whom
// the sentences before it name: 根据投入情况,给予不超过50万元的建设补贴.
func (t *reading) givesElse(before []piece, x piece) bool {
	if !elseGiven.MatchString(x.text) || !t.pays(x.sentence) && !besides.MatchString(x.text) {
		return false
	}
	sum := max(0, strings.IndexAny(x.text, "0123456789"))
	name := strings.TrimPrefix(giftName.FindString(x.text[sum:]), "的")
	if name == "" {
		name = strings.TrimPrefix(nameBefore.FindString(x.text[:sum]), "一次性")
	}
	if label := labelOfGift.FindString(x.text); label != "" { // 运营补贴按每张床位每月200元
		name = strings.TrimSuffix(label, "按")
		return !slices.ContainsFunc(before, func(o piece) bool { return t.pays(o.sentence) && strings.Contains(o.text, name) })
	}
	return domain.CodePoints(name) >= 4 && !slices.ContainsFunc(before, func(o piece) bool { return strings.Contains(o.text, name) })
}

const (
	// giftLabelled begins a sentence with the name of what it gives: 运营补贴按每张床位每月200元.
	giftLabelled = `^[\p{Han}]{2,4}(?:补贴|补助|津贴|奖励)按`
	// toOthers begins what others are given besides.
	toOthers = `^(?:此外|另外),[^。;:]{4,80}?(?:给予|发放|享受)[^,。;:]{0,30}\d`
)

var (
	labelOfGift = automaton.MustCompile(giftLabelled)
	besides     = automaton.MustCompile(toOthers)
	// elseGiven begins a sentence that gives something else and names nobody.
	elseGiven = expression(giftLabelled + `|` + toOthers + `|^(?:同时|此外|另外?|并|还|再|根据[^,。;:\d]{2,30}),?(?:可以?|将|按规定)*(?:给予|发放|享受|申请|申领)[^,。;]{0,30}\d`)
	// nameBefore ends what stands before a sum with the name of what is given.
	nameBefore = automaton.MustCompile(`[\p{Han}]{2,6}(?:补贴|补助|津贴|奖励|资助)(?:最高|不超过|为)*$`)
)

var (
	// sumsNamed is a label that names a gift, with sums behind it: 购房补贴:博士50万元,硕士20万元.
	sumsNamed = expression(`^[\s(]*(?:[一二三四五六七八九十\d]{1,3}[)、.．])?[\p{Han}“”]{0,10}(?:补贴|补助|津贴|奖励|资助|奖金|慰问金|救助金)(?:标准)?:[^。;:]{0,60}?\d+(?:\.\d+)?(?:万元|元)|(?:补贴|补助|津贴|奖励)[^。;:]{0,30}标准(?:为|如下)?(?:\([^()]{2,12}\))?:[^。;:]{0,40}?\d+(?:\.\d+)?(?:万元|元)`)
	// sumAlone is a sum without a verb, with whose it is before it: 硕士研究生每月1500元.
	sumAlone = expression(`([\p{Han}A-Z“”]{1,16}?(?:\([^()]{1,12}\))?)(?:为|:)?(?:每([人户生孩名]))?(?:每([月年天]))?(?:一次性)?(\d+(?:\.\d+)?(?:亿元|万元|元))(?:/([\p{Han}]{1,2}(?:[/·][\p{Han}])?))?(?:[,、;。)]|$)`)
)

// giftWords end the name of a gift.
var giftWords = []string{"补贴", "补助", "津贴", "奖励", "资助", "奖金", "奖学金", "助学金", "慰问金", "救助金"}

// isGiftName tells whether a line only names a gift: 生活补贴, 购房补贴标准:.
func isGiftName(line string) bool {
	line = strings.TrimSuffix(strings.TrimRight(line, "。:"), "标准")
	if len(line) > longLabel || !slices.ContainsFunc(giftWords, func(w string) bool { return strings.HasSuffix(line, w) }) {
		return false
	}
	n := 0
	for _, r := range line {
		if !unicode.Is(unicode.Han, r) {
			return false
		}
		n++
	}
	return n >= 4
}

// sumsUnder tells whether a paragraph under words that name a gift is sums without a verb.
func (t *reading) sumsUnder(title string, b block) bool {
	all := t.sentences(b.items[0].Clause)
	return isGiftName(title) && !slices.ContainsFunc(all, t.givenIn) && slices.ContainsFunc(all, func(s sentence) bool { return s.matches(sumAlone) })
}

// verbless reads the sums behind a label that names a gift.
func (t *Tagger) verbless(m *domain.Measure, s sentence) {
	if s.matches(sumsNamed) {
		t.sumsAlone(m, s)
	}
}

// sumsAlone reads sums of which no verb says that they are given.
func (t *Tagger) sumsAlone(m *domain.Measure, s sentence) {
	b := &m.Benefit
	if b.Amount != 0 || b.Tiers != nil || b.Rate != 0 || b.Cap != 0 {
		return
	}
	all := s.locs(sumAlone)
	unit := func(loc []int) string {
		return cmpEmpty(strings.Trim(submatch(s.text, loc, 2)+"·"+submatch(s.text, loc, 3), "·"), strings.ReplaceAll(submatch(s.text, loc, 5), "/", "·"))
	}
	var sums []float64
	for _, loc := range all {
		v := amounts(submatch(s.text, loc, 4))
		if len(v) != 1 || unit(loc) != unit(all[0]) || notGiven.MatchString(submatch(s.text, loc, 1)) || asked.MatchString(submatch(s.text, loc, 1)) {
			return
		}
		sums = append(sums, v[0])
	}
	if len(sums) == 0 || len(sums) > maxTiers {
		return
	}
	field := "amount"
	if b.Amount = sums[0]; len(sums) > 1 {
		field, b.Amount, b.Tiers = "tiers", 0, sums
	}
	b.Kind, b.Unit = cmpEmpty(b.Kind, kindOfWord(s.text)), unit(all[0])
	b.Text = cmpEmpty(b.Text, wordsOf(s))
	m.Evidence["benefit."+field] = append(m.Evidence["benefit."+field], s.evidence(all[0][0], all[len(all)-1][1]))
}
