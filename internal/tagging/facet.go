package tagging

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"policypush/internal/domain"
	"policypush/rules"
)

// facet is a code found in a phrase, as a condition on a profile.
type facet struct {
	dimension domain.Dimension
	field     domain.Field
	value     string
	criteria  *domain.Criteria // instead of field and value, where the code is defined by conditions
	evidence  domain.Evidence
}

// facets finds the kinds of enterprise, industries and resident groups that a
// phrase names, in the order of the phrase. Of terms that overlap within a
// dimension the longest counts, and of codes of one term the narrowest.
func (t *Tagger) facets(s sentence) []facet {
	hits := t.words.find(t.shift(s.text, s.start))
	byCode := map[int][]counted{}
	collect(passage{hits: hits}, byCode)
	var out []facet
	for n, c := range t.codes {
		if c.dimension != domain.GroupTag && c.dimension != domain.EnterpriseKindTag && c.dimension != domain.IndustryTag {
			continue
		}
		for _, k := range keep(byCode[n]) {
			if f, ok := t.facet(c, k); ok {
				out = append(out, f)
			}
		}
	}
	out = slices.DeleteFunc(out, func(f facet) bool { return slices.ContainsFunc(out, f.givesWayTo) })
	slices.SortStableFunc(out, func(a, b facet) int { return cmp.Compare(a.evidence.Start, b.evidence.Start) })
	return onlyTrades(out, s)
}

// facet turns a hit of a code into a condition.
func (t *Tagger) facet(c code, k counted) (facet, bool) {
	f := facet{dimension: c.dimension, evidence: domain.Evidence{Start: k.hit.start, End: k.hit.end, Text: k.hit.term}}
	switch c.dimension {
	case domain.GroupTag:
		f.field, f.value = domain.FieldGroup, c.code
	case domain.IndustryTag:
		f.field, f.value = domain.FieldIndustry, c.code
		return f, k.role == nameOf
	default:
		if c.code == smallLowProfitCode {
			tree := t.smallLowProfit()
			f.criteria = &tree
			return f, true
		}
		f.field, f.value = t.rules.Attributes.Find(c.code).Field()
	}
	return f, f.field != domain.FieldSize // sizes are read as the words of the text name them
}

// smallLowProfitCode is 小型微利企业 in enterprise-attributes.yaml.
const smallLowProfitCode = "TX3"

// givesWayTo tells whether g says the same place of the text better: by a
// longer term, a narrower code, or a class of registration instead of an
// attribute of the same name.
func (f facet) givesWayTo(g facet) bool {
	a, b := f.evidence, g.evidence
	if f.dimension != g.dimension || a.Start < b.Start || a.End > b.End {
		return false
	}
	if a.End-a.Start < b.End-b.Start {
		return true
	}
	switch {
	case f.dimension == domain.IndustryTag:
		return len(f.value) < len(g.value) && strings.HasPrefix(g.value, f.value)
	default:
		return f.field == domain.FieldAttribute && g.field == domain.FieldRegistration
	}
}

// traders are the words that make the trade before them one of an enterprise:
// 餐饮企业, and not 保险补贴 or 银行贷款.
var traders = regexp.MustCompile(`^(?:行?业)?(?:领域)?的?(?:类|等)?(?:大中小|中小|小型|微型|中型|大型|小微|规模|龙头|骨干)?(?:企业|单位|机构|经营|个体|纳税人|市场主体|以上|以下|合作社|生产)`)

// onlyTrades drops industries that the phrase does not give to an enterprise.
// In a list (餐饮、住宿、零售企业) the last decides for all.
func onlyTrades(facets []facet, s sentence) []facet {
	accepted := map[int]bool{} // by where the term begins
	var out []facet
	for i := len(facets) - 1; i >= 0; i-- {
		f := facets[i]
		if f.dimension == domain.IndustryTag {
			rest := s.text[s.byteAt(f.evidence.End):]
			next := strings.TrimLeft(rest, "、和或及")
			listed := next != rest && accepted[f.evidence.End+utf8.RuneCountInString(rest)-utf8.RuneCountInString(next)]
			if !strings.HasSuffix(f.evidence.Text, "业") && !traders.MatchString(rest) && !listed {
				continue
			}
			accepted[f.evidence.Start] = true
		}
		out = append(out, f)
	}
	slices.Reverse(out)
	return out
}

// smallLowProfit is 小型微利企业 of the tax law: three bounds, all at once. It is
// neither a statistical size nor a small-scale taxpayer.
func (t *Tagger) smallLowProfit() domain.Criteria {
	c := t.rules.SmallLowProfit.Conditions
	var parts []domain.Criteria
	for _, b := range []struct {
		field domain.Field
		bound *int64
	}{{domain.FieldIncome, c.Income}, {domain.FieldStaff, c.Staff}, {domain.FieldAssets, c.Assets}} {
		if b.bound != nil {
			parts = append(parts, domain.Leaf(domain.Condition{Field: b.field, Op: domain.AtMost, Number: *b.bound}))
		}
	}
	return domain.AllOf(parts...)
}

// regions are the divisions that the document governs: from the issuer, else
// from the title. A national issuer gives the code 000000.
func (t *Tagger) regions(p *domain.Policy) []domain.Tag {
	for _, text := range append(append([]string{}, p.Issuers...), p.Title) {
		if d, ok := t.division(text); ok {
			return []domain.Tag{{Dimension: domain.RegionTag, Code: d.Code, Name: t.rules.FullName(d.Code), Score: 1, State: domain.Assigned, Evidence: evidenceOf(p, text)}}
		}
	}
	for _, issuer := range p.Issuers {
		if national(issuer) {
			return []domain.Tag{{Dimension: domain.RegionTag, Code: "000000", Name: "全国", Score: 1, State: domain.Assigned, Evidence: evidenceOf(p, issuer)}}
		}
	}
	return nil
}

// national tells whether an office governs the whole country.
func national(issuer string) bool {
	for _, prefix := range []string{"国务院", "国家", "中共中央", "中央", "全国", "最高人民", "财政部", "人力资源社会保障部", "人力资源和社会保障部", "工业和信息化部", "商务部", "教育部", "民政部", "农业农村部", "科技部", "科学技术部", "海关总署", "中国人民银行", "住房城乡建设部", "住房和城乡建设部", "生态环境部", "交通运输部", "自然资源部", "文化和旅游部", "应急管理部", "退役军人事务部", "水利部", "司法部", "公安部", "税务总局", "市场监管总局"} {
		if strings.HasPrefix(issuer, prefix) {
			return true
		}
	}
	return false
}

func evidenceOf(p *domain.Policy, words string) []domain.Evidence {
	for i := range p.Clauses {
		c := &p.Clauses[i]
		if at := strings.Index(c.Text, words); at >= 0 && words != "" {
			return []domain.Evidence{whole(c).evidence(at, at+len(words))}
		}
	}
	return nil
}

// division finds the lowest division that a text names in full (云川县). Where
// a name occurs twice in the province, the one whose parent is named too.
func (t *Tagger) division(text string) (*rules.Division, bool) {
	var best *rules.Division
	depth := 0
	for _, d := range t.rules.Divisions.All() {
		if !strings.Contains(text, d.Name) {
			continue
		}
		level := 1
		for up := t.rules.Divisions.Find(d.Parent); up != nil; up = t.rules.Divisions.Find(up.Parent) {
			level += 2
			if strings.Contains(text, up.Name) {
				level++
			}
		}
		if level > depth {
			best, depth = d, level
		}
	}
	return best, best != nil
}
