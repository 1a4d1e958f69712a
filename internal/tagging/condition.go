package tagging

import (
	"slices"
	"strconv"
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
	joins    = automaton.MustCompile(`、|以及|或者|或|及其|和|及`)
	ageRange = expression(`(\d{1,3})(?:周?岁)?(?:至|到|-|~|—)(\d{1,3})周?岁`)
	ageBound = expression(`(年满|未满|不满|满)?(\d{1,3})周?岁(及以上|\(含\)以上|以上|及以下|\(含\)以下|以下)?`)
	ageEach  = expression(`(?:年龄)?(?:分别|男[^,。;]{0,6}?\d{1,3}周岁[^。;]{0,8}?女|女[^,。;]{0,6}?\d{1,3}周岁[^。;]{0,8}?男)[^。;]{0,40}?\d{1,3}周岁(?:及以上|以上|及以下|以下)?`)
	// disability is how and how far somebody is disabled, or needs care.
	disability   = expression(`(?:残疾|伤残|失能|护理|残情)(?:等级|程度)(?:(?:被)?(?:评定|鉴定|评估)?(?:为|是|达到|在)|达到?)?` + gradeRE + `|(?:` + gradeRE + `(?:及以上)?的?|极重度|完全|部分)?(?:` + impairedRE + `)?(?:残疾|伤残|失能)(?:人员?|老年人|老人)?\(` + gradeRE + `[^()]{0,12}\)|(?:` + gradeRE + `(?:及以上)?的?|极重度|完全|部分)(?:` + impairedRE + `)?(?:残疾|伤残|失能)|` + impairedRE + `残疾`)
	tenure       = expression(`[\p{Han}]{2,10}(?:已?满|达到?|超过|不少于|不低于)?\d{1,2}(?:个月|年)(?:\(含\))?(?:及?以上|以内|之内|内)|[\p{Han}]{2,10}(?:已?满|不少于)\d{1,2}(?:个月|年)`)
	hukou        = expression(`(?:具有|取得|持有|属于)?([\p{Han}]{1,10}?)(?:常住|农村|城镇)?户(?:籍|口)`)
	registered   = expression(`(?:在|于)((?:本|我)(?:省|市|县|区|镇|乡|街道)|[\p{Han}]{2,10}?(?:省|市|县|区|镇|乡|街道))(?:行政区域内|范围内|境内)?(?:依法)?(?:注册|登记|纳税|参保|经营|设立)`)
	foundedBound = expression(`(\d{4})年(\d{1,2})月(\d{1,2})日(?:\(含\))?(以后|之后|及以后|起|以来|以前|之前|前)[\p{Han}]{0,4}?(?:成立|登记|注册|设立)`)
	agedGroup    = automaton.MustCompile(`^(\d{1,3})周岁以上`)
	worksIn      = expression(`从事[\p{Han}]{2,16}?(?:工作|岗位)`)
	orPermit     = expression(`户(?:籍|口)[\p{Han}]{0,4}?(?:或者?|、)((?:持有|具有|取得|办理|领取)?[\p{Han}]{0,8}?居住证(?:满\d+(?:个月|年))?)`)
	residence    = expression(`(?:持有)?[\p{Han}]{0,6}居住证(?:满\d+(?:个月|年))?|连续居住满?\d+(?:个月|年)`)
	unreadable   = expression(`[^,。;:]{2,60}(?:[≥≤]|不低于|不超过|不少于|不高于|(?:以上|以下|以内)的?$|满\d+(?:个月|年)|\d+(?:个月|年)以上|信用等级|验收合格|已通过|未发生|无(?:重大)?(?:违法|失信|事故))[^,。;:]{0,40}`)
)

// metricFields maps the measured quantity of rule X19 to a profile field.
// What is not here cannot be compared with a profile.
var metricFields = map[string]domain.Field{
	"年应纳税所得额": domain.FieldIncome, "年度应纳税所得额": domain.FieldIncome,
	"年营业收入": domain.FieldRevenue, "年销售收入": domain.FieldRevenue, "主营业务收入": domain.FieldRevenue, "营业收入": domain.FieldRevenue,
	"资产总额": domain.FieldAssets,
	"从业人数": domain.FieldStaff, "从业人员": domain.FieldStaff, "从业人员数": domain.FieldStaff, "从业人员总数": domain.FieldStaff, "用工人数": domain.FieldStaff,
	"在职职工人数": domain.FieldStaff, "在职职工总数": domain.FieldStaff, "在职职工总人数": domain.FieldStaff, "在职职工数": domain.FieldStaff,
	"职工人数": domain.FieldStaff, "职工总数": domain.FieldStaff, "职工总人数": domain.FieldStaff, "职工数": domain.FieldStaff, "员工人数": domain.FieldStaff, "员工数": domain.FieldStaff,
	"参保人数": domain.FieldStaff, "参保职工": domain.FieldStaff,
}

// bound turns the words of a comparison into an operator: 以上、以下、以内 include
// the number, 超过、不满、未满 do not (民法典第一千二百五十九条).
func bound(before, after string) (domain.Op, bool) {
	switch before {
	case "不超过", "不高于", "≤":
		return domain.AtMost, true
	case "不低于", "不少于", "达到", "满", "年满", "≥":
		if strings.HasSuffix(after, "以下") {
			return domain.AtMost, true
		}
		return domain.AtLeast, true
	case "超过", "高于", ">":
		return domain.MoreThan, true
	case "低于", "未达到", "未满", "不满", "<":
		return domain.LessThan, true
	}
	switch {
	case strings.HasSuffix(after, "以上"):
		return domain.AtLeast, true
	case strings.HasSuffix(after, "以下"), strings.HasSuffix(after, "以内"):
		return domain.AtMost, true
	}
	return "", false
}

var (
	notIncluded = automaton.MustCompile(`^\(不含(?:本数)?\)以[上下内]`)
	saysWhether = automaton.MustCompile(`^\((?:不)?含(?:本数)?\)`)
)

// unstated tells whether a bound says 以上 or 以下 and leaves open whether the
// number itself is meant.
func unstated(before, side, rest string) bool {
	return before == "" && (side == "以上" || side == "以下" || side == "以内") && !saysWhether.MatchString(rest)
}

// sizeWord is a word for enterprises of some sizes.
type sizeWord struct {
	word  string
	sizes []string
}

// sizeWords are the size classes as texts name them, the longer first.
var sizeWords = []sizeWord{
	{"大中小微企业", []string{"large", "medium", "small", "micro"}},
	{"中小微企业", []string{"medium", "small", "micro"}},
	{"中型、小型和微型企业", []string{"medium", "small", "micro"}},
	{"中型、小型、微型企业", []string{"medium", "small", "micro"}},
	{"小型、微型企业", []string{"small", "micro"}},
	{"小型和微型企业", []string{"small", "micro"}},
	{"小型微型企业", []string{"small", "micro"}},
	{"小微企业", []string{"small", "micro"}},
	{"中小型企业", []string{"medium", "small", "micro"}},
	{"大中型企业", []string{"large", "medium"}},
	{"大型企业", []string{"large"}},
	{"中型企业", []string{"medium"}},
	{"小型企业", []string{"small"}},
	{"微型企业", []string{"micro"}},
}

// hires are the verbs after which a phrase about an enterprise names whom it
// takes on, not who is meant: 企业招用高校毕业生.
var hires = expression(`(?:企业|单位|机构|合作社|个体工商户)(?:新)?((?:招用|吸纳|录用|聘用|招聘|安置|接收).*)$`)

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
	var any []domain.Criteria
	for _, name := range names {
		one := c.one(name)
		if clause, noun := name.relative(); c.crosses(clause, noun) { // 农户以及从事农产品加工的小微企业
			one = domain.AllOf(other(clause.evidence(0, len(clause.text))), c.one(noun))
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
	persons = automaton.MustCompile(`(?:人员|成员|毕业生|职工|员工|劳动者|人才|居民|家庭|个人|老年人|老人|残疾人|儿童|妇女|学生|军人|农民|农户|创业者|失业者)$`)
)

// crosses tells whether a noun names people and the clause before it enterprises,
// or the other way round: who gets it is the noun, and the clause tells what they
// do with the others (招用毕业生的企业, 首次创办小微企业的毕业生).
func (c conditions) crosses(clause, noun sentence) bool {
	firm, person := firms.MatchString(noun.text), persons.MatchString(noun.text)
	if clause.text == "" || firm == person {
		return false
	}
	if person && slices.ContainsFunc(sizeWords, func(w sizeWord) bool { return strings.Contains(clause.text, w.word) }) {
		return true
	}
	numbers := c.numbers(clause)
	return slices.ContainsFunc(c.facets(clause), func(f facet) bool {
		return (f.field == domain.FieldGroup) == firm && !within(f.evidence, numbers)
	})
}

var (
	// segments end at the joins of conditions that all hold.
	segments = automaton.MustCompile(`[、,]?(?:并且|而且|同时|且)|[、,]并?`)
	// nothingSaid are conditions that the rest of the document tells, or none.
	nothingSaid = automaton.MustCompile(`^(?:凡|对|所有|全部|各类)?(?:(?:符合|满足|具备)(?:[\p{Han}]{0,8}(?:条件|规定|要求|标准)|)|(?:在|注册在|登记在)?(?:本|我|全|该|辖)(?:省|市|县|区|镇|乡)[\p{Han}]{0,12}|相关|上述|前款|正常(?:生产)?经营|(?:守法|合法|诚信|规范)经营|依法[\p{Han}]{0,8}(?:登记|注册|设立|纳税|经营))?$`)
)

// unread are the parts of the clause before the noun of a phrase that none of the
// conditions read from it rests on, and the noun, or all of the phrase if it has none.
func (c conditions) unread(phrase sentence, tree *domain.Criteria) []domain.Criteria {
	clause, _ := phrase.relative()
	if strings.HasSuffix(phrase.text, "的") { // 残疾等级被评定为一级的
		clause = phrase.slice(0, len(phrase.text)-len("的"))
	}
	out := unreadIn(clause, tree, func(sentence) bool { return true })
	noun := phrase.slice(min(len(clause.text)+len("的"), len(phrase.text)), len(phrase.text))
	if clause.text == "" {
		noun = phrase
	}
	if before, ok := rankBefore(noun, tree); ok {
		out = append(out, other(before.evidence(0, len(before.text))))
	}
	if noun = noun.trim(); !anybody.MatchString(noun.text) && !restsOn(tree, noun) && !c.known(noun) {
		out = append(out, other(noun.evidence(0, len(noun.text))))
	}
	return out
}

// rankBefore is what stands before the words of a noun that were read and by which few
// of those whom it names are meant: 国家A级 of 国家A级物流企业.
func rankBefore(noun sentence, tree *domain.Criteria) (sentence, bool) {
	first := noun.end
	tree.Leaves(func(l *domain.Condition) {
		for _, e := range l.Evidence {
			if l.Field != domain.FieldOther && l.Field != domain.FieldKind && e.Start >= noun.start {
				first = min(first, e.Start)
			}
		}
	})
	before := noun.slice(0, noun.byteAt(first))
	return before, first < noun.end && ranks.MatchString(before.text)
}

// ranks are words of a rank, or of how somebody came by it.
var ranks = automaton.MustCompile(`新增|新[认评获引设建]|首次|获得|取得|入选|列入|认定|评定|[A-Z\d]级|星级|示范|龙头|百强`)

// known tells whether a noun is of the rules or defined by the document.
func (c conditions) known(noun sentence) bool {
	_, defined := c.defined(noun)
	return len(defined) > 0 || len(c.facets(noun)) > 0
}

// anybody are nouns that leave nobody out whom the rest of the document means.
var anybody = automaton.MustCompile(`^(?:(?:本|我|全|辖)(?:省|市|县|区)(?:内|域内|范围内)?(?:的)?)?(?:各|各类|各级|所有|全体|有关|相关|符合条件的?|广大|其他|上述|以上|下列|下述|该|每)*(?:企业|公司|单位|用人单位|机构|主体|市场主体|经营主体|组织|项目|人员|个人|居民|家庭|公民|市民|村民|群众|对象|人|者|纳税人|缴费人|申请人|申报人|申领人|申报单位|申请单位|申报主体|申报企业|申请企业|项目单位|参保人|参保人员|当事人|人才|情形|情况|部分|事项)?(?:和(?:企业|单位|个人))?$`)

// restsOn tells whether a condition rests on words of a passage.
func restsOn(tree *domain.Criteria, s sentence) bool {
	found := false
	tree.Leaves(func(l *domain.Condition) {
		for _, e := range l.Evidence {
			found = found || e.Start < s.end && s.start < e.End
		}
	})
	return found
}

// rest are the parts of a sentence of conditions that look like one and that none
// of those read from it rests on: 2023年12月31日前成立,成立满2年.
func (c conditions) rest(s sentence, tree *domain.Criteria) []domain.Criteria {
	return unreadIn(s.afterLabel(), tree, func(part sentence) bool { return part.matches(unreadable) })
}

// unreadIn are the parts of a clause that none of the conditions read from it rests
// on, and of which asks is true.
func unreadIn(clause sentence, tree *domain.Criteria, asks func(sentence) bool) []domain.Criteria {
	var out []domain.Criteria
	from, until := -1, 0
	flush := func() {
		if from >= 0 {
			e := clause.slice(from, until)
			out = append(out, other(e.evidence(0, len(e.text))))
		}
		from = -1
	}
	add := func(i, j int) {
		part := clause.slice(i, j).trim()
		if restsOn(tree, part) || nothingSaid.MatchString(part.text) || !asks(part) {
			flush()
			return
		}
		if from < 0 {
			from = i
		}
		until = j
	}
	at := 0
	for _, m := range segments.FindAllStringIndex(clause.text, -1) {
		add(at, m[0])
		at = m[1]
	}
	if clause.text != "" {
		add(at, len(clause.text))
	}
	flush()
	return out
}

// distribute finds what the first of several names says beside its own kind:
// 餐饮业小型企业和微型企业 are small or micro, and both in catering.
func distribute(any []domain.Criteria) (common, rest []domain.Criteria) {
	if len(any) < 2 || any[0].All == nil {
		return nil, any
	}
	var field domain.Field
	for _, c := range any[1:] {
		if c.Leaf == nil || field != "" && c.Leaf.Field != field {
			return nil, any
		}
		field = c.Leaf.Field
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
	for _, m := range joins.FindAllStringIndex(s.text, -1) {
		piece := s.slice(from, m[0])
		if !c.names(piece) || !c.endsInName(piece) {
			continue
		}
		out = append(out, piece)
		from = m[1]
	}
	return append(out, s.slice(from, len(s.text)))
}

// names tells whether a phrase names a kind of enterprise or a group, and not
// what somebody must hold or be beside: 持有残疾人证, 残疾等级为一级.
func (c conditions) names(s sentence) bool {
	if holding.MatchString(s.text) {
		return false
	}
	for _, w := range sizeWords {
		if strings.Contains(s.text, w.word) {
			return true
		}
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

// bounds reads the conditions of a phrase that stand in figures or name a place of
// registration, whoever it speaks of.
func (c conditions) bounds(s sentence) domain.Criteria {
	return domain.AllOf(slices.Concat(c.numbers(s), c.ages(s), c.founded(s), c.places(s))...)
}

// founded reads 2026年1月1日以后新登记的.
func (c conditions) founded(s sentence) []domain.Criteria {
	m := s.loc(foundedBound)
	if m == nil {
		return nil
	}
	d := day(submatch(s.text, m, 1), submatch(s.text, m, 2), submatch(s.text, m, 3))
	n, err := strconv.ParseInt(strings.ReplaceAll(d, "-", ""), 10, 64)
	if err != nil {
		return nil
	}
	op := domain.AtLeast
	if strings.HasSuffix(submatch(s.text, m, 4), "前") {
		op = domain.LessThan
	}
	return []domain.Criteria{number(domain.FieldFounded, op, n, s.evidence(m[0], m[1]))}
}

func leaf(f domain.Field, values []string, e domain.Evidence) domain.Criteria {
	return domain.Leaf(domain.Condition{Field: f, Op: domain.In, Values: values, Evidence: []domain.Evidence{e}})
}

func number(f domain.Field, op domain.Op, n int64, e domain.Evidence) domain.Criteria {
	return domain.Leaf(domain.Condition{Field: f, Op: op, Number: n, Evidence: []domain.Evidence{e}})
}

func other(e domain.Evidence) domain.Criteria {
	return domain.Leaf(domain.Condition{Field: domain.FieldOther, Unread: e.Text, Evidence: []domain.Evidence{e}})
}

// codes reads sizes, kinds of enterprise, industries and resident groups.
// What stands in a number (在职职工人数) names nobody.
func (c conditions) codes(s sentence, numbers, ages []domain.Criteria) []domain.Criteria {
	parts, defined := c.defined(s)
	taken := make([]bool, len(s.text))
	for _, at := range defined {
		for k := at[0]; k < at[1]; k++ {
			taken[k] = true
		}
	}
	for _, w := range sizeWords {
		if i := strings.Index(s.text, w.word); i >= 0 && !taken[i] {
			parts = append(parts, leaf(domain.FieldSize, w.sizes, s.evidence(i, i+len(w.word))))
			for k := i; k < i+len(w.word); k++ {
				taken[k] = true
			}
			break
		}
	}
	hits := map[domain.Field][]string{}
	marks := map[domain.Field][]domain.Evidence{}
	var order []domain.Field
	last := strings.LastIndex(strings.TrimSuffix(s.text, "的"), "的")
	named := "" // the organisation whose name holds that of a group
	group := -1 // where the words of a group end that stand before
	for _, f := range c.facets(s) {
		if i := s.byteAt(f.evidence.Start); i < len(taken) && taken[i] || within(f.evidence, numbers) {
			continue
		}
		if tree, ok := c.byAge(f, ages); ok {
			if !tree.IsZero() {
				parts = append(parts, tree)
			}
			continue
		}
		if f.criteria != nil { // a code that is itself defined by conditions: 小型微利企业
			parts = append(parts, withEvidence(*f.criteria, f.evidence))
			continue
		}
		at := s.byteAt(f.evidence.Start)
		if f.field == domain.FieldGroup && firms.MatchString(s.text) { // 残疾人按摩机构 is no person
			if named == "" {
				named = s.text
				parts = append(parts, other(s.evidence(0, len(s.text))))
			}
			continue
		}
		if from := strings.LastIndexAny(s.text[:at], ",;。:且") + 1; f.field == domain.FieldAttribute && negates.MatchString(s.text[from:at]) {
			parts = append(parts, domain.NotOf(leaf(f.field, []string{f.value}, f.evidence)))
			continue
		}
		if f.field == domain.FieldGroup && at < last && last-s.byteAt(f.evidence.End) <= len("家庭中") {
			parts = append(parts, leaf(f.field, []string{f.value}, f.evidence)) // 低保家庭中的残疾人 are both
			continue
		}
		if f.field == domain.FieldGroup {
			both := group >= 0 && group <= at && len(hits[f.field]) < 2 && at-group <= len("就业困难的") && !eachMeant.MatchString(s.text[group:at])
			group = s.byteAt(f.evidence.End)
			if both { // 残疾毕业生, 困难家庭高校毕业生
				if one := hits[f.field]; len(one) == 1 {
					parts = append(parts, leaf(f.field, one, marks[f.field][0]))
					delete(hits, f.field)
					delete(marks, f.field)
				}
				parts = append(parts, leaf(f.field, []string{f.value}, f.evidence))
				continue
			}
		}
		if len(hits[f.field]) == 0 && !slices.Contains(order, f.field) {
			order = append(order, f.field)
		}
		if !slices.Contains(hits[f.field], f.value) {
			hits[f.field] = append(hits[f.field], f.value)
			marks[f.field] = append(marks[f.field], f.evidence)
		}
	}
	for _, field := range order {
		if len(hits[field]) > 0 {
			parts = append(parts, domain.Leaf(domain.Condition{Field: field, Op: domain.In, Values: hits[field], Evidence: marks[field]}))
		}
	}
	return parts
}

// eachMeant stands between those of whom each is meant: 残疾人、毕业生.
var eachMeant = automaton.MustCompile(`[、,;:。()或和及与]|以及`)

// negates stands before what somebody must not be: 未被列入经营异常名录、严重失信名单.
var negates = automaton.MustCompile(`(?:未|没有|无|不属于|不是|不在|不得)(?:被|有|存在|发生|处于|属于|纳入|列入)*[^,;。:的]{0,24}$`)

// within tells whether words stand inside those of a condition.
func within(e domain.Evidence, conditions []domain.Criteria) bool {
	inside := false
	for i := range conditions {
		conditions[i].Leaves(func(l *domain.Condition) {
			for _, o := range l.Evidence {
				inside = inside || e.Start >= o.Start && e.End <= o.End
			}
		})
	}
	return inside
}

// byAge reads a group that is an age (老年人, from 60): where the phrase gives an
// age of its own the group adds nothing; else the group or the age will do,
// since a profile may hold either.
func (c conditions) byAge(f facet, ages []domain.Criteria) (domain.Criteria, bool) {
	if f.field != domain.FieldGroup {
		return domain.Criteria{}, false
	}
	m := agedGroup.FindStringSubmatch(c.t.rules.Groups.Find(f.value).Age)
	if m == nil {
		return domain.Criteria{}, false
	}
	if len(ages) > 0 {
		return domain.Criteria{}, true
	}
	from, _ := strconv.ParseInt(m[1], 10, 64)
	return domain.AnyOf(leaf(f.field, []string{f.value}, f.evidence), number(domain.FieldAge, domain.AtLeast, from, f.evidence)), true
}

// withEvidence returns a copy of a tree in which every leaf carries e.
func withEvidence(tree domain.Criteria, e domain.Evidence) domain.Criteria {
	switch {
	case tree.Leaf != nil:
		l := *tree.Leaf
		l.Evidence = []domain.Evidence{e}
		return domain.Leaf(l)
	case tree.Not != nil:
		return domain.NotOf(withEvidence(*tree.Not, e))
	}
	out := domain.Criteria{All: slices.Clone(tree.All), Any: slices.Clone(tree.Any)}
	for _, parts := range [][]domain.Criteria{out.All, out.Any} {
		for i := range parts {
			parts[i] = withEvidence(parts[i], e)
		}
	}
	return out
}

var (
	// fromTo is a quantity from one number to another: 从业人数20人(含)至300人(不含).
	fromTo = expression(`(年度?应纳税所得额|年营业收入|年销售收入|主营业务收入|营业收入|资产总额|从业人(?:数|员)|在职职工人数|参保(?:人数|职工))(?:在|为)?(\d+(?:\.\d+)?)(亿元|万元|元|人)?(\(不?含(?:本数)?\))?(?:至|到|-|~|—)(\d+(?:\.\d+)?)(亿元|万元|元|人)(\(不?含(?:本数)?\))?`)
	// otherBound is the other bound of a quantity: 不低于200万元且不超过2000万元.
	otherBound = automaton.MustCompile(`^(?:\(不?含(?:本数)?\)(?:以上|以下)?)?[、,]?(?:且|但|并且?)?(不超过|不高于|不低于|不少于|超过|低于|高于|不满|未满|≤|≥|<|>)?(\d+(?:\.\d+)?)(亿元|万元|元|人)(\(含\)以上|\(含\)以下|\(不含\)以上|\(不含\)以下|及以上|以上|以下|以内)?`)
)

// opposite tells whether one bound is below and the other above.
func opposite(a, b domain.Op) bool {
	above := func(op domain.Op) bool { return op == domain.AtLeast || op == domain.MoreThan }
	return above(a) != above(b)
}

// numbers reads rule X19: 从业人数不超过300人; and two bounds of one quantity. Two
// quantities joined by 或 are alternatives.
func (c conditions) numbers(s sentence) []domain.Criteria {
	var parts []domain.Criteria
	var at [][2]int // where each quantity stands
	for _, m := range s.locs(fromTo) {
		field := metricFields[submatch(s.text, m, 1)]
		low, ok1 := quantity(submatch(s.text, m, 2), cmpEmpty(submatch(s.text, m, 3), submatch(s.text, m, 6)), field)
		high, ok2 := quantity(submatch(s.text, m, 5), submatch(s.text, m, 6), field)
		e := s.evidence(m[0], m[1])
		at = append(at, [2]int{m[0], m[1]})
		if !ok1 || !ok2 || low >= high {
			parts = append(parts, other(e))
			continue
		}
		from, to := domain.AtLeast, domain.AtMost
		if strings.Contains(submatch(s.text, m, 4), "不含") {
			from = domain.MoreThan
		}
		if strings.Contains(submatch(s.text, m, 7), "不含") {
			to = domain.LessThan
		}
		parts = append(parts, domain.AllOf(number(field, from, low, e), number(field, to, high, e)))
	}
	for _, m := range c.t.find("X19", s) {
		if slices.ContainsFunc(at, func(o [2]int) bool { return m.loc[0] < o[1] && o[0] < m.loc[1] }) {
			continue
		}
		op, ok := bound(m.group("op"), m.group("side"))
		if exclusive := notIncluded.FindStringSubmatch(s.text[m.loc[1]:]); exclusive != nil && m.group("side") == "" { // 300人(不含)以下
			op, ok = domain.LessThan, true
			if strings.HasSuffix(exclusive[0], "上") {
				op = domain.MoreThan
			}
		}
		field := metricFields[m.group("metric")]
		if !ok || strings.HasPrefix(s.text[m.loc[1]:], "的部分") {
			continue // a number that is told, not asked for, or up to which something is given
		}
		at = append(at, [2]int{m.loc[0], m.loc[1]})
		value, readable := quantity(m.group("val"), m.group("unit"), field)
		if field == "" || !readable {
			parts = append(parts, other(m.evidence))
			continue
		}
		leaf := number(field, op, value, m.evidence)
		leaf.Leaf.Unstated = unstated(m.group("op"), m.group("side"), s.text[m.loc[1]:])
		if o := otherBound.FindStringSubmatchIndex(s.text[m.loc[1]:]); o != nil {
			rest := s.text[m.loc[1]:]
			also, ok := bound(submatch(rest, o, 1), submatch(rest, o, 4))
			if strings.HasPrefix(submatch(rest, o, 4), "(不含)") {
				also, ok = domain.LessThan, true
				if strings.HasSuffix(submatch(rest, o, 4), "上") {
					also = domain.MoreThan
				}
			}
			if n, readable := quantity(submatch(rest, o, 2), submatch(rest, o, 3), field); ok && readable && opposite(op, also) {
				two := number(field, also, n, s.evidence(m.loc[0], m.loc[1]+o[1]))
				two.Leaf.Unstated = unstated(submatch(rest, o, 1), submatch(rest, o, 4), rest[o[1]:])
				leaf = domain.AllOf(leaf, two)
				at[len(at)-1][1] = m.loc[1] + o[1]
			}
		}
		parts = append(parts, leaf)
	}
	if len(parts) > 1 && len(parts) == len(at) {
		slices.SortFunc(at, func(a, b [2]int) int { return a[0] - b[0] })
		either, both := false, false
		for i := 1; i < len(at); i++ {
			join := s.text[min(at[i-1][1], at[i][0]):at[i][0]]
			either = either || strings.Contains(join, "或")
			both = both || strings.ContainsAny(join, "且并")
		}
		if either && !both {
			return []domain.Criteria{domain.AnyOf(parts...)}
		}
	}
	return parts
}

func quantity(n, unit string, field domain.Field) (int64, bool) {
	if field == domain.FieldStaff {
		v, err := strconv.ParseInt(n, 10, 32)
		return v, err == nil && unit == "人"
	}
	v, ok := yuan(n, unit)
	return int64(v), ok
}

// bySex tells whether a phrase asks men and women for different ages.
func bySex(s sentence) bool {
	return strings.Contains(s.text, "男") && strings.Contains(s.text, "女") && len(ageBound.FindAllStringIndex(s.text, 2)) > 1
}

// ages reads 年满80周岁, 未满3周岁, 60周岁以上 and 16至24周岁.
func (c conditions) ages(s sentence) []domain.Criteria {
	var parts []domain.Criteria
	text := s.text
	if !s.may(ageRange) && !s.may(ageBound) {
		return nil
	}
	if m := s.loc(ageEach); m != nil { // whose age is which is not read
		return []domain.Criteria{other(s.evidence(m[0], m[1]))}
	}
	if all := ageBound.FindAllStringIndex(text, -1); bySex(s) {
		from := strings.IndexAny(text[:all[0][0]], "男女")
		if from < 0 {
			from = all[0][0]
		}
		return []domain.Criteria{other(s.evidence(from, all[len(all)-1][1]))} // no profile says whether somebody is a man
	}
	for _, m := range ageRange.FindAllStringSubmatchIndex(text, -1) {
		lo, _ := strconv.ParseInt(text[m[2]:m[3]], 10, 64)
		hi, _ := strconv.ParseInt(text[m[4]:m[5]], 10, 64)
		e := s.evidence(m[0], m[1])
		parts = append(parts, number(domain.FieldAge, domain.AtLeast, lo, e), number(domain.FieldAge, domain.AtMost, hi, e))
		text = text[:m[0]] + strings.Repeat(" ", m[1]-m[0]) + text[m[1]:]
	}
	for _, m := range ageBound.FindAllStringSubmatchIndex(text, -1) {
		op, ok := bound(submatch(text, m, 1), submatch(text, m, 3))
		if !ok {
			continue
		}
		n, _ := strconv.ParseInt(submatch(text, m, 2), 10, 64)
		parts = append(parts, number(domain.FieldAge, op, n, s.evidence(m[0], m[1])))
	}
	return parts
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
