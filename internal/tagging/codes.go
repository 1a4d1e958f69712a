package tagging

import (
	"slices"
	"strconv"
	"strings"

	"policypush/internal/automaton"
	"policypush/internal/domain"
)

var agedGroup = automaton.MustCompile(`^(\d{1,3})周岁以上`)

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
	{"中小企业", []string{"medium", "small", "micro"}},
	{"中小型企业", []string{"medium", "small", "micro"}},
	{"大中型企业", []string{"large", "medium"}},
	{"大型企业", []string{"large"}},
	{"中型企业", []string{"medium"}},
	{"小型企业", []string{"small"}},
	{"微型企业", []string{"micro"}},
}

// ofSize are all of them.
var ofSize = expression(func() string {
	words := make([]string, len(sizeWords))
	for i, w := range sizeWords {
		words[i] = w.word
	}
	return strings.Join(words, "|")
}())

// noted is what a paper bears, which names nobody.
var noted = expression(`\((?:需)?注明[^()]*\)`)

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
	for _, at := range s.locs(noted) { // 持《就业创业证》(注明"毕业年度内自主创业税收政策")
		for k := at[0]; k < at[1]; k++ {
			taken[k] = true
		}
	}
	sizes := sizeWords
	if !s.may(ofSize) {
		sizes = nil
	}
	for _, w := range sizes {
		if i := strings.Index(s.text, w.word); i >= 0 && !taken[i] && (w.word != "中小企业" || !ofQuality.MatchString(s.text[:i])) {
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
		old := strings.HasPrefix(f.evidence.Text, "高龄") || strings.HasSuffix(s.text[:s.byteAt(f.evidence.Start)], "高龄")
		if tree, ok := c.byAge(f, old, ages); ok {
			if !tree.IsZero() {
				parts = append(parts, tree)
			}
			continue
		}
		if f.criteria != nil { // a code that is itself defined by conditions: 小型微利企业
			parts = append(parts, withEvidence(*f.criteria, f.evidence))
			continue
		}
		if f.field == domain.FieldGroup && firms.MatchString(f.evidence.Text) {
			continue // 用人单位 are no employees
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
		if f.field == domain.FieldGroup {
			if m := notHad.FindStringIndex(s.text[:at]); m != nil { // who has had nothing is not in the group for which it is
				to := s.byteAt(f.evidence.End)
				parts = append(parts, other(s.evidence(m[0], to+len(restOfGift.FindString(s.text[to:])))))
				continue
			}
		}
		if f.field == domain.FieldGroup && at < last && last-s.byteAt(f.evidence.End) <= len("家庭中") {
			parts = append(parts, leaf(f.field, []string{f.value}, f.evidence)) // 低保家庭中的残疾人 are both
			continue
		}
		if f.field == domain.FieldGroup {
			both := group >= 0 && group <= at && len(hits[f.field]) < 2 && !slices.Contains(hits[f.field], f.value) && at-group <= len("就业困难的") && !eachMeant.MatchString(s.text[group:at])
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

// ofQuality stands before 中小企业 in the names of those that are recognised as such:
// 科技型中小企业, 专精特新中小企业.
var ofQuality = automaton.MustCompile(`(?:型|专精特新|优质)$`)

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

// veryOld is the age of the 高龄.
const veryOld = 80

// byAge reads a group that is an age (老年人, from 60; 高龄老人, from 80): where the phrase
// gives an age of its own the group adds nothing; else the group or the age will do,
// since a profile may hold either.
func (c conditions) byAge(f facet, old bool, ages []domain.Criteria) (domain.Criteria, bool) {
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
	if old {
		return number(domain.FieldAge, domain.AtLeast, veryOld, f.evidence), true
	}
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

// notHad stands before what somebody may not have had, and restOfGift behind its first words:
// 未享受购房补贴.
var (
	notHad     = automaton.MustCompile(`(?:未|没有)曾?(?:享受|领取|申领|申请|办理)过?[^,;。:的、]{0,12}$`)
	restOfGift = automaton.MustCompile(`^[\p{Han}]{0,6}?(?:补贴|补助|津贴|待遇|政策)`)
)
