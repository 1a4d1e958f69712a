package tagging

import (
	"slices"
	"strings"
	"unicode/utf8"

	"policypush/internal/automaton"
	"policypush/internal/domain"
)

// conditions reads who may use a measure from a sentence or phrase into a
// criteria tree. What looks like a condition and cannot be read becomes a leaf
// of [domain.FieldOther] with its words: unknown for everybody, listed for the
// officer, never guessed.
type conditions struct {
	t      *reading
	region string // where the issuer governs: "本县" means this
	seen   map[[2]int][]facet
	terms  []definition // words that the document defines
}

// facets are those of the tagger; a phrase is looked at twice.
func (c conditions) facets(s sentence) []facet {
	key := [2]int{s.start, len(s.text)}
	found, ok := c.seen[key]
	if !ok {
		found = c.t.facets(s)
		c.seen[key] = found
	}
	return found
}

var (
	joins = automaton.MustCompile(`、|以及|或者|或|及其|和|及`)
	// disability is how and how far somebody is disabled, or needs care.
	disability = expression(`(?:残疾|伤残|失能|护理|残情)(?:等级|程度)(?:(?:被)?(?:评定|鉴定|评估)?(?:为|是|达到|在)|达到?)?` + gradeRE + `|(?:` + gradeRE + `(?:及以上)?的?|极重度|完全|部分)?(?:` + impairedRE + `)?(?:残疾|伤残|失能)(?:人员?|老年人|老人)?\(` + gradeRE + `[^()]{0,12}\)|(?:` + gradeRE + `(?:及以上)?的?|极重度|完全|部分)(?:` + impairedRE + `)?(?:残疾|伤残|失能)|` + impairedRE + `残疾`)
	tenure     = expression(`[\p{Han}]{2,10}(?:已?满|达到?|超过|不少于|不低于)?\d{1,2}(?:个月|年)(?:\(含\))?(?:及?以上|以内|之内|内)|[\p{Han}]{2,10}(?:已?满|不少于)\d{1,2}(?:个月|年)`)
	hukou      = expression(`(?:具有|取得|持有|属于)?([\p{Han}]{1,10}?)(?:常住|农村|城镇)?户(?:籍|口)`)
	registered = expression(`(?:在|于)((?:本|我)(?:省|市|县|区|镇|乡|街道)|[\p{Han}]{2,10}?(?:省|市|县|区|镇|乡|街道))(?:行政区域内|范围内|境内)?(?:依法)?(?:注册|登记|纳税|参保|经营|设立)`)
	worksIn    = expression(`从事[\p{Han}]{2,16}?(?:工作|岗位)`)
	orPermit   = expression(`户(?:籍|口)[\p{Han}]{0,4}?(?:或者?|、)((?:持有|具有|取得|办理|领取)?[\p{Han}]{0,8}?居住证(?:满\d+(?:个月|年))?)`)
	residence  = expression(`(?:持有)?[\p{Han}]{0,6}居住证(?:满\d+(?:个月|年))?|连续居住满?\d+(?:个月|年)`)
)

// hires are the verbs after which a phrase about an enterprise names whom it
// takes on, not who is meant: 企业招用高校毕业生, 小微企业当年新招用….
var hires = expression(`(?:企业|单位|机构|合作社|个体工商户)([^,。;:、的和及与或]{0,16}?(?:招用|吸纳|录用|聘用|招聘|安置|接收).*)$`)

// buysAt is where somebody buys, which is not who they are: 个人在本区限额以上零售企业购买….
var buysAt = expression(`(?:在|到|从|向)[^,。;:的]{2,30}?(?:企业|门店|商场|超市|商户|经销商|公司|专卖店)(?:新?购(?:买|置|新)|消费)`)

// either reads a sentence of conditions some of which are alternatives:
// 从业人员不超过500人,拥有发明专利2件以上,或获得高新技术企业认定. It is nil if none are.
func (c conditions) either(s sentence) []domain.Criteria {
	s = s.afterLabel()
	parts := orParts(s)
	var out []domain.Criteria
	for i := 0; i < len(parts); {
		end := i + 1
		for end < len(parts) && strings.HasPrefix(parts[end].text, "或") {
			end++
		}
		var any []domain.Criteria
		for _, part := range parts[i:end] {
			part = part.slice(len(orWord.FindString(part.text)), len(part.text)).trim()
			tree := c.one(part)
			rest := []domain.Criteria{other(part.evidence(0, len(part.text)))}
			if !tree.IsZero() {
				rest = c.rest(part, &tree)
			}
			any = append(any, domain.AllOf(append([]domain.Criteria{tree}, rest...)...))
		}
		out = append(out, merge(any))
		i = end
	}
	return out
}

// eitherClause reads the clause before a noun of which one half names somebody and the
// other is in no profile: 领取失业保险金期间或参加失业保险满12个月的人员.
func (c conditions) eitherClause(s sentence) (tree domain.Criteria, noun sentence, ok bool) {
	clause, noun := s.relative()
	i := strings.Index(clause.text, "或")
	if i < 0 || !firms.MatchString(noun.text) && !persons.MatchString(noun.text) || strings.Count(clause.text, "或") > 1 || strings.ContainsAny(clause.text, "、,") || strings.Contains(clause.text, "户") {
		return tree, s, false
	}
	left, right := clause.slice(0, i), clause.slice(i+len(orWord.FindString(clause.text[i:])), len(clause.text))
	var any []domain.Criteria
	read := 0
	for _, half := range []sentence{left, right} {
		one := c.one(half)
		if named([]domain.Criteria{one}) && len(c.numbers(half)) == 0 {
			read++
		} else if one = other(half.evidence(0, len(half.text))); domain.CodePoints(half.text) < 4 {
			return tree, s, false
		}
		any = append(any, one)
	}
	if read != 1 {
		return tree, s, false
	}
	return merge(any), noun, true
}

var orWord = automaton.MustCompile(`^或者?`)

// orParts cuts a sentence at its commas; it is nil if no part but the first begins
// with 或.
func orParts(s sentence) []sentence {
	if !strings.Contains(s.text, ",或") {
		return nil
	}
	var parts []sentence
	from, depth, or := 0, 0, false
	for i, r := range s.text {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth <= 0 {
				parts = append(parts, s.slice(from, i))
				from = i + 1
				or = or || strings.HasPrefix(s.text[from:], "或")
			}
		}
	}
	if !or {
		return nil
	}
	return append(parts, s.slice(from, len(s.text)))
}

// rents is what somebody rents or moves into, and of whom, which says nothing of
// who they are: 承租国有企业房屋的.
var rents = expression(`^(?:承租|租用|租赁|租住|入驻)[^,。;:的]{2,40}?(?:房屋|房产|房源|物业|用房|厂房|商铺|店铺|门店|场地|仓库|资产|园区|基地|平台|载体)的`)

// read returns the criteria in a passage that names beneficiaries. Joined
// names (小微企业和个体工商户) are alternatives; what stands before the last 的 of the
// first name holds for all of them (在本县注册的小微企业、个体工商户).
func (c conditions) read(s sentence) domain.Criteria {
	s = s.trim()
	var parts []domain.Criteria
	if m := s.loc(hires); m != nil {
		e := s.evidence(m[2], len(s.text))
		parts = append(parts, leaf(domain.FieldKind, []string{string(domain.Enterprise)}, s.evidence(m[0], m[2])), other(e))
		s = s.slice(0, m[2])
	}
	if m := s.loc(rents); m != nil {
		parts = append(parts, other(s.evidence(0, m[1]-len("的"))))
		s = s.slice(m[1], len(s.text))
	}
	if m := s.loc(buysAt); m != nil {
		end := len(s.text)
		if i := strings.Index(s.text[m[1]:], "的"); i >= 0 {
			end = m[1] + i
		}
		parts = append(parts, other(s.evidence(m[0], end)))
		if buyer := s.slice(0, m[0]).trim(); buyer.text != "" {
			s = buyer
			if persons.MatchString(buyer.text) && !c.names(buyer) {
				parts = append(parts, leaf(domain.FieldKind, []string{string(domain.Resident)}, buyer.evidence(0, len(buyer.text))))
			}
		} else {
			s = s.slice(min(end+len("的"), len(s.text)), len(s.text))
		}
	}
	if tree, noun, ok := c.eitherClause(s); ok {
		parts = append(parts, tree)
		s = noun
	}
	names := c.alternatives(s)
	if clause, noun := s.relative(); !c.plain(names[0]) && c.crosses(clause, noun) {
		parts = append(parts, other(clause.evidence(0, len(clause.text))))
		names = c.alternatives(noun)
	}
	if len(names) > 1 {
		common, name := names[0].cut(strings.LastIndex(names[0].text, "的") + len("的"))
		if strings.Contains(names[0].text, "的") {
			parts = append(parts, c.one(common))
			names[0] = name
		}
	}
	ends := func(e *automaton.Expression) bool {
		return slices.ContainsFunc(names, func(s sentence) bool { return e.MatchString(s.trim().text) })
	}
	mixed := ends(firms) && ends(persons)
	var any []domain.Criteria
	for _, name := range names {
		one := c.one(name)
		if clause, noun := name.relative(); c.crosses(clause, noun) { // 农户以及从事农产品加工的小微企业
			one = domain.AllOf(other(clause.evidence(0, len(clause.text))), c.one(noun))
		}
		if one.IsZero() && len(names) > 1 {
			one = c.stranger(name, mixed)
		}
		if !one.IsZero() {
			any = append(any, one)
		}
	}
	if len(any) > 0 {
		common, any := distribute(any)
		parts = append(append(parts, common...), merge(any))
	}
	return domain.AllOf(parts...)
}

// stranger is one of several names that no rule knows: 农户和农机服务组织 are not
// farmers only. Where both people and enterprises are named (mixed), its kind is said.
func (c conditions) stranger(name sentence, mixed bool) domain.Criteria {
	name = name.trim()
	firm := firms.MatchString(name.text)
	if !firm && !persons.MatchString(name.text) {
		return domain.Criteria{}
	}
	e := name.evidence(0, len(name.text))
	var tree domain.Criteria
	switch {
	case !mixed:
	case firm:
		tree = leaf(domain.FieldKind, []string{string(domain.Enterprise)}, e)
	default:
		tree = leaf(domain.FieldKind, []string{string(domain.Resident)}, e)
	}
	if anybody.MatchString(name.text) {
		return tree
	}
	return domain.AllOf(tree, other(e))
}

// plain tells whether a phrase is a name and nothing else.
func (c conditions) plain(s sentence) bool {
	if slices.ContainsFunc(sizeWords, func(w sizeWord) bool { return w.word == s.text }) {
		return true
	}
	return slices.ContainsFunc(c.facets(s), func(f facet) bool { return f.evidence.Start <= s.start && f.evidence.End >= s.end })
}

// relative parts a phrase at its last 的: 招用毕业生的, and 小微企业. Both are empty
// if nothing follows a 的.
func (s sentence) relative() (clause, noun sentence) {
	i := strings.LastIndex(strings.TrimSuffix(s.text, "的"), "的")
	if i < 0 {
		return sentence{start: s.start, end: s.start}, sentence{start: s.start, end: s.start}
	}
	return s.slice(0, i), s.slice(i+len("的"), len(s.text))
}

var (
	firms   = automaton.MustCompile(`(?:企业|公司|单位|机构|合作社|个体工商户|个体户|主体|组织|基地|园区|商户|农场|纳税人|协会|商会|学会|联合社|(?:养殖|养猪|种猪)场|景区|饭店|酒店|旅行社|养老院|幼儿园)$`)
	persons = automaton.MustCompile(`(?:人员|成员|毕业生|职工|员工|劳动者|人才|居民|家庭|个人|老年人|老人|残疾人|儿童|妇女|学生|军人|农民|农户|创业者|失业者|借款人|缴存人|购房人|购房者|购置人|购买人|研究生|博士后?|硕士|消费者)$`)
)

// crosses tells whether a noun names people and the clause before it enterprises,
// or the other way round: who gets it is the noun, and the clause tells what they
// do with the others (招用毕业生的企业, 首次创办小微企业的毕业生).
func (c conditions) crosses(clause, noun sentence) bool {
	firm, person := firms.MatchString(noun.text), persons.MatchString(noun.text)
	if clause.text == "" || firm == person {
		return false
	}
	if person && clause.matches(ofSize) {
		return true
	}
	numbers := c.numbers(clause)
	return slices.ContainsFunc(c.facets(clause), func(f facet) bool {
		return (f.field == domain.FieldGroup) == firm && !within(f.evidence, numbers)
	})
}

// distribute finds what the first of several names says beside its own kind:
// 餐饮业小型企业和微型企业 are small or micro, and both in catering.
func distribute(any []domain.Criteria) (common, rest []domain.Criteria) {
	if len(any) < 2 || any[0].All == nil {
		return nil, any
	}
	const field = domain.FieldSize // 规上工业企业或高新技术企业 are not all in industry
	for _, c := range any[1:] {
		if c.Leaf == nil || c.Leaf.Field != field {
			return nil, any
		}
	}
	own := -1
	for i, c := range any[0].All {
		if c.Leaf != nil && c.Leaf.Field == field {
			own = i
		}
	}
	if own < 0 {
		return nil, any
	}
	common = slices.Delete(slices.Clone(any[0].All), own, own+1)
	return common, append([]domain.Criteria{any[0].All[own]}, any[1:]...)
}

// alternatives parts a phrase at its joins. A piece that names no kind of
// beneficiary belongs to the next one: 在本县注册、纳税的小微企业 is one name.
func (c conditions) alternatives(s sentence) []sentence {
	var out []sentence
	from := 0
	if bySex(s) {
		return []sentence{s}
	}
	aside := s.locs(noted)
	for _, m := range joins.FindAllStringIndex(s.text, -1) {
		if slices.ContainsFunc(aside, func(b []int) bool { return b[0] < m[0] && m[0] < b[1] }) {
			continue
		}
		piece := s.slice(from, m[0])
		if (!c.names(piece) || !c.endsInName(piece)) && !(firmAlone.MatchString(piece.text) && firms.MatchString(s.text)) {
			continue
		}
		out = append(out, piece)
		from = m[1]
	}
	return append(out, s.slice(from, len(s.text)))
}

// firmAlone is a name of enterprises and nothing else: 锰矿企业 in 锰矿企业、水泥企业.
var firmAlone = automaton.MustCompile(`^[^的在与对由从有未已为各市场]{2,6}(?:企业|公司|合作社|工商户)$`)

// names tells whether a phrase names a kind of enterprise or a group, and not
// what somebody must hold or be beside: 持有残疾人证, 残疾等级为一级.
func (c conditions) names(s sentence) bool {
	if holding.MatchString(s.text) {
		return false
	}
	if s.matches(ofSize) {
		return true
	}
	found := c.facets(s)
	if len(found) == 0 {
		return false
	}
	numbers := c.numbers(s) // 从业人员100人以下 names nobody
	return slices.ContainsFunc(found, func(f facet) bool { return !within(f.evidence, numbers) })
}

// endsInName tells whether the last word of a phrase names those whom it names:
// not so 民营企业兼并 in 民营企业兼并、收购本县以外企业.
func (c conditions) endsInName(s sentence) bool {
	text := inBrackets.ReplaceAllString(s.text, "")
	if firms.MatchString(text) || persons.MatchString(text) {
		return true
	}
	for _, w := range sizeWords {
		if strings.HasSuffix(text, w.word) {
			return true
		}
	}
	return slices.ContainsFunc(c.facets(s), func(f facet) bool { return s.byteAt(f.evidence.End) >= len(text) })
}

var inBrackets = automaton.MustCompile(`\([^()]*\)$`)

// holding is the end of what somebody must hold or be, which names nobody.
var holding = automaton.MustCompile(`(?:证|证书|证件|卡|户籍|户口|保险|[一二三四五六七八九十\d]级|等级(?:为|是)[一二三四五六七八九十\d]{1,2}|[轻中重]度|肢体|视力|听力|言语|智力|精神|合同|资格)(?:的)?$`)

// merge makes alternatives of single leaves of one field into one leaf.
func merge(any []domain.Criteria) domain.Criteria {
	var out []domain.Criteria
	for _, c := range any {
		i := slices.IndexFunc(out, func(o domain.Criteria) bool {
			return o.Leaf != nil && c.Leaf != nil && o.Leaf.Field == c.Leaf.Field && o.Leaf.Op == domain.In && c.Leaf.Op == domain.In
		})
		if i < 0 {
			out = append(out, c)
			continue
		}
		leaf := *out[i].Leaf
		leaf.Values = append(slices.Clone(leaf.Values), c.Leaf.Values...)
		slices.Sort(leaf.Values)
		leaf.Values = slices.Compact(leaf.Values)
		leaf.Evidence = append(slices.Clone(leaf.Evidence), c.Leaf.Evidence...)
		out[i] = domain.Leaf(leaf)
	}
	return domain.AnyOf(out...)
}

// one reads a phrase whose conditions all hold together.
func (c conditions) one(s sentence) domain.Criteria {
	if s.text == "" {
		return domain.Criteria{}
	}
	var parts []domain.Criteria
	numbers, ages := c.numbers(s), c.ages(s)
	parts = append(parts, c.codes(s, numbers, ages)...)
	parts = append(parts, numbers...)
	parts = append(parts, ages...)
	parts = append(parts, c.founded(s)...)
	parts = append(parts, c.places(s)...)
	unheld := func(m []int) { // no profile holds it
		from := m[0]
		for _, and := range []string{"并", "且"} { // 初次创办企业并正常经营6个月以上
			if i := strings.LastIndex(s.text[m[0]:m[1]], and); i >= 0 {
				from = max(from, m[0]+i+len(and))
			}
		}
		parts = append(parts, other(s.evidence(from, m[1])))
	}
	first := func(p pattern) {
		if m := s.loc(p); m != nil && !within(s.evidence(m[0], m[1]), parts) {
			unheld(m)
		}
	}
	first(worksIn)
	for _, m := range s.locs(disability) { // how far is more than that somebody is disabled
		unheld(m)
	}
	first(tenure)
	return domain.AllOf(parts...)
}

// gradeRE is a grade or several: 一级、二级, 一至四级, 三、四级, 重度.
const gradeRE = `(?:[一二三四五六七八九十\d]{1,2}(?:级?[、或和至到—~-]+[一二三四五六七八九十\d]{1,2})*级|[轻中重]度(?:[、或和及][轻中重]度)*)`

// impairedRE is how somebody is disabled.
const impairedRE = `(?:肢体|视力|听力|言语|智力|精神|多重)(?:(?:、|和|或|及)(?:肢体|视力|听力|言语|智力|精神|多重))*`

func leaf(f domain.Field, values []string, e ...domain.Evidence) domain.Criteria {
	return domain.Leaf(domain.Condition{Field: f, Op: domain.In, Values: values, Evidence: e})
}

func number(f domain.Field, op domain.Op, n int64, e domain.Evidence) domain.Criteria {
	return domain.Leaf(domain.Condition{Field: f, Op: op, Number: n, Evidence: []domain.Evidence{e}})
}

func other(e domain.Evidence) domain.Criteria {
	return domain.Leaf(domain.Condition{Field: domain.FieldOther, Unread: e.Text, Evidence: []domain.Evidence{e}})
}

// places reads 在本县注册 and 具有云川县户籍; a residence permit and its duration are
// in no profile.
func (c conditions) places(s sentence) []domain.Criteria {
	var parts []domain.Criteria
	for _, p := range []struct {
		field domain.Field
		re    pattern
	}{{domain.FieldHukou, hukou}, {domain.FieldRegion, registered}} {
		m := s.loc(p.re)
		if m == nil {
			continue
		}
		e := s.evidence(m[0], m[1])
		code := c.place(submatch(s.text, m, 1))
		permit := s.loc(orPermit)
		switch {
		case p.field == domain.FieldHukou && permit != nil && code != "": // 具有本区户籍或持有居住证
			parts = append(parts, domain.AnyOf(leaf(p.field, []string{code}, e), other(s.evidence(permit[2], permit[3]))))
		case code != "":
			parts = append(parts, leaf(p.field, []string{code}, e))
		case p.field == domain.FieldHukou:
			parts = append(parts, other(e))
		}
	}
	if m := s.loc(residence); m != nil && s.loc(orPermit) == nil {
		parts = append(parts, other(s.evidence(m[0], m[1])))
	}
	return parts
}

// place returns the code of 本县 or of a division's name, or "".
func (c conditions) place(name string) string {
	if r, _ := utf8.DecodeRuneInString(name); r == '本' || r == '我' {
		return c.region
	}
	found := c.t.rules.DivisionsByName(name)
	for _, d := range found {
		if strings.HasPrefix(d.Code, domain.RegionPrefix(c.region)) || strings.HasPrefix(c.region, domain.RegionPrefix(d.Code)) {
			return d.Code
		}
	}
	if len(found) == 1 {
		return found[0].Code
	}
	return ""
}

func submatch(text string, m []int, group int) string {
	if m[2*group] < 0 {
		return ""
	}
	return text[m[2*group]:m[2*group+1]]
}
