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
	joins        = automaton.MustCompile(`、|以及|或者|或|及其|和|及`)
	ageRange     = expression(`(\d{1,3})(?:周岁)?(?:至|到|-|~)(\d{1,3})周岁`)
	ageBound     = expression(`(年满|未满|不满|满)?(\d{1,3})周岁(及以上|\(含\)以上|以上|及以下|\(含\)以下|以下)?`)
	hukou        = expression(`(?:具有|取得|持有|属于)?([\p{Han}]{1,10}?)(?:常住|农村|城镇)?户(?:籍|口)`)
	registered   = expression(`(?:在|于)((?:本|我)(?:省|市|县|区|镇|乡|街道)|[\p{Han}]{2,10}?(?:省|市|县|区|镇|乡|街道))(?:行政区域内|范围内|境内)?(?:依法)?(?:注册|登记|纳税|参保|经营|设立)`)
	foundedBound = expression(`(\d{4})年(\d{1,2})月(\d{1,2})日(?:\(含\))?(以后|之后|及以后|起|以来|以前|之前|前)[\p{Han}]{0,4}?(?:成立|登记|注册|设立)`)
	agedGroup    = automaton.MustCompile(`^(\d{1,3})周岁以上`)
	worksIn      = expression(`从事[\p{Han}]{2,16}?(?:工作|岗位)`)
	residence    = expression(`(?:持有)?[\p{Han}]{0,6}居住证(?:满\d+(?:个月|年))?|连续居住满?\d+(?:个月|年)`)
	unreadable   = expression(`[^,。;:]{2,60}(?:[≥≤]|不低于|不超过|不少于|不高于|(?:以上|以下|以内)的?$|满\d+(?:个月|年)|\d+(?:个月|年)以上|信用等级|验收合格|已通过|未发生|无(?:重大)?(?:违法|失信|事故))[^,。;:]{0,40}`)
)

// metricFields maps the measured quantity of rule X19 to a profile field.
// What is not here cannot be compared with a profile.
var metricFields = map[string]domain.Field{
	"年应纳税所得额": domain.FieldIncome, "年度应纳税所得额": domain.FieldIncome,
	"年营业收入": domain.FieldRevenue, "年销售收入": domain.FieldRevenue, "主营业务收入": domain.FieldRevenue, "营业收入": domain.FieldRevenue,
	"资产总额": domain.FieldAssets,
	"从业人数": domain.FieldStaff, "从业人员": domain.FieldStaff, "在职职工人数": domain.FieldStaff, "参保人数": domain.FieldStaff, "参保职工": domain.FieldStaff,
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

// sizeWords are the size classes as texts name them, the longer first.
var sizeWords = []struct {
	word  string
	sizes []string
}{
	{"大中小微企业", []string{"large", "medium", "small", "micro"}},
	{"中小微企业", []string{"medium", "small", "micro"}},
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
	if len(names) > 1 {
		common, name := names[0].cut(strings.LastIndex(names[0].text, "的") + len("的"))
		if strings.Contains(names[0].text, "的") {
			parts = append(parts, c.one(common))
			names[0] = name
		}
	}
	var any []domain.Criteria
	for _, name := range names {
		if one := c.one(name); !one.IsZero() {
			any = append(any, one)
		}
	}
	if len(any) > 0 {
		common, any := distribute(any)
		parts = append(append(parts, common...), merge(any))
	}
	return domain.AllOf(parts...)
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
	for _, m := range joins.FindAllStringIndex(s.text, -1) {
		piece := s.slice(from, m[0])
		if !c.names(piece) {
			continue
		}
		out = append(out, piece)
		from = m[1]
	}
	return append(out, s.slice(from, len(s.text)))
}

// names tells whether a phrase names a kind of enterprise or a group.
func (c conditions) names(s sentence) bool {
	for _, w := range sizeWords {
		if strings.Contains(s.text, w.word) {
			return true
		}
	}
	return len(c.facets(s)) > 0
}

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
	if m := s.loc(worksIn); m != nil {
		parts = append(parts, other(s.evidence(m[0], m[1])))
	}
	return domain.AllOf(parts...)
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
		if hits[f.field] == nil {
			order = append(order, f.field)
		}
		if !slices.Contains(hits[f.field], f.value) {
			hits[f.field] = append(hits[f.field], f.value)
			marks[f.field] = append(marks[f.field], f.evidence)
		}
	}
	for _, field := range order {
		parts = append(parts, domain.Leaf(domain.Condition{Field: field, Op: domain.In, Values: hits[field], Evidence: marks[field]}))
	}
	return parts
}

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

// numbers reads rule X19: 从业人数不超过300人.
func (c conditions) numbers(s sentence) []domain.Criteria {
	var parts []domain.Criteria
	for _, m := range c.t.find("X19", s) {
		op, ok := bound(m.group("op"), m.group("side"))
		if exclusive := notIncluded.FindStringSubmatch(s.text[m.loc[1]:]); exclusive != nil && m.group("side") == "" { // 300人(不含)以下
			op, ok = domain.LessThan, true
			if strings.HasSuffix(exclusive[0], "上") {
				op = domain.MoreThan
			}
		}
		field := metricFields[m.group("metric")]
		if !ok {
			continue // a number that is told, not asked for
		}
		value, readable := quantity(m.group("val"), m.group("unit"), field)
		if field == "" || !readable {
			parts = append(parts, other(m.evidence))
			continue
		}
		leaf := number(field, op, value, m.evidence)
		leaf.Leaf.Unstated = unstated(m.group("op"), m.group("side"), s.text[m.loc[1]:])
		parts = append(parts, leaf)
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

// ages reads 年满80周岁, 未满3周岁, 60周岁以上 and 16至24周岁.
func (c conditions) ages(s sentence) []domain.Criteria {
	var parts []domain.Criteria
	text := s.text
	if !s.may(ageRange) && !s.may(ageBound) {
		return nil
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
		if code := c.place(submatch(s.text, m, 1)); code != "" {
			parts = append(parts, leaf(p.field, []string{code}, e))
		} else if p.field == domain.FieldHukou {
			parts = append(parts, other(e))
		}
	}
	if m := s.loc(residence); m != nil {
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
