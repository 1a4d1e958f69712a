package tagging

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"policypush/internal/automaton"
	"policypush/internal/domain"
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
func (t *reading) facets(s sentence) []facet {
	var out []facet
	codes := [2]int{t.first[domain.GroupTag][0], t.first[domain.IndustryTag][1]} // kinds of enterprise are between them
	for found := range byCode(t.collect(t.hits(s), codes, nil)) {
		c := t.codes[found[0].code]
		for _, k := range keep(found) {
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
	f := facet{dimension: c.dimension, evidence: domain.Evidence{Start: k.hit.start, End: k.hit.end, Text: k.hit.text}}
	switch c.dimension {
	case domain.GroupTag:
		f.field, f.value = domain.FieldGroup, c.code
		return f, k.role == nameOf || !services.MatchString(k.hit.text)
	case domain.IndustryTag:
		f.field, f.value = domain.FieldIndustry, c.code
		return f, k.role == nameOf || trades.MatchString(k.hit.text)
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

// services are words of a group that tell of work done for it, not of who is in
// it: 养老服务 in 养老服务岗位, 养老机构.
var services = automaton.MustCompile(`(?:服务|护理|机构|养老|托育)$`)

// smallLowProfitCode is 小型微利企业 in enterprise-attributes.yaml.
const smallLowProfitCode = "TX3"

// smallScaleCode is 增值税小规模纳税人. A tax paper that names both means them by
// 小微企业, and not the small and micro enterprises of the statistical sizes.
const smallScaleCode = "TX2"

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
var traders = automaton.MustCompile(`^等[\p{Han}\d]{0,6}(?:行业|产业|领域)|^(?:行?业)?(?:领域)?的?(?:类|等)?(?:大中小|中小|小型|微型|中型|大型|小微|规模|龙头|骨干)?(?:企业|单位|机构|经营|个体|纳税人|市场主体|以上|以下|合作社|生产)`)

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

// trades are ends of words that make a word for a business: 快递业, 餐饮企业.
var trades = automaton.MustCompile(`(?:业|企业|公司|机构)$`)

// others tags taxes, kinds of support, groups, kinds of enterprise and
// industries. A kind of support is assigned where a measure names it, the others
// by rules/tagging/facets.yaml; what the text merely mentions is suggested.
func (t *reading) others(p *domain.Policy) []domain.Tag {
	all := t.namings(p)
	var tags []domain.Tag
	for _, d := range []domain.Dimension{domain.TaxTag, domain.BenefitTag, domain.GroupTag, domain.EnterpriseKindTag, domain.IndustryTag} {
		type judged struct {
			*naming
			assigned bool
			inclines float64
		}
		v := facetVerdict(&t.rules.Facets, d)
		weighed, weights := t.weighFacets(p, d, all), inOrder(facetFeatures, v.Weights)
		var ranked []judged
		for i := range all {
			n := &all[i]
			if t.codes[n.code].dimension != d {
				continue
			}
			j := judged{naming: n, inclines: n.total()}
			if d == domain.BenefitTag {
				j.assigned = n.title || n.hinted || inMeasure(p, n.evidence)
			} else {
				j.inclines = inclination(v.Base+v.Codes[t.codes[n.code].code], weights, weighed[n.code])
				j.assigned = j.inclines > 0 && t.concerns(p.Audience, n)
			}
			ranked = append(ranked, j)
		}
		if d == domain.TaxTag {
			levied := t.leviedOn(all)
			for i := range ranked {
				j := &ranked[i]
				beside := func(o judged) bool { return o.assigned && t.leviedTogether(o.naming, j.naming) }
				j.assigned = j.assigned && !slices.Contains(levied, t.codes[j.code].code) || !j.assigned && t.concerns(p.Audience, j.naming) && slices.ContainsFunc(ranked, beside)
			}
		}
		slices.SortStableFunc(ranked, func(a, b judged) int { return cmp.Compare(b.inclines, a.inclines) })
		if d == domain.EnterpriseKindTag && strings.ContainsAny(quotedOnly(p.Title), "税费") {
			assigned := func(code string) bool {
				return slices.ContainsFunc(ranked, func(j judged) bool { return j.assigned && t.codes[j.code].code == code })
			}
			if assigned(smallLowProfitCode) && assigned(smallScaleCode) {
				ranked = slices.DeleteFunc(ranked, func(j judged) bool { return t.codes[j.code].dimension == d && j.onlySays("小微企业") })
			}
		}
		for i, j := range ranked {
			if i >= maxTags && !j.assigned {
				break
			}
			for _, code := range t.specific(j.naming) {
				c := t.codes[code]
				tag := domain.Tag{Dimension: d, Code: c.code, Name: c.name, Score: j.total(), State: domain.Suggested, Evidence: j.evidence}
				if j.assigned {
					tag.State = domain.Assigned
				}
				tags = append(tags, tag)
			}
		}
	}
	return tags
}

// leviedOn are the taxes on whose amount those of the title are levied, and that the title
// does not name, be it in 增值税小规模纳税人: what a paper about 城市维护建设税 says of 增值税 is how much is due.
func (t *reading) leviedOn(all []naming) []string {
	var on []string
	for i := range all {
		if c := t.codes[all[i].code]; all[i].title && c.dimension == domain.TaxTag {
			on = append(on, t.rules.Taxes.Find(c.code).On...)
		}
	}
	return slices.DeleteFunc(on, func(code string) bool { return strings.Contains(t.about, t.rules.Taxes.Find(code).Name) })
}

// leviedTogether tells whether b is named only where a is, and is one of the same taxes
// that texts name together: 教育费附加、地方教育附加.
func (t *Tagger) leviedTogether(a, b *naming) bool {
	of := func(n *naming) []string { return t.rules.Taxes.Find(t.codes[n.code].code).Groups }
	return len(b.in) > 0 && slices.ContainsFunc(of(a), func(g string) bool { return slices.Contains(of(b), g) }) &&
		!slices.ContainsFunc(b.in, func(at int) bool { return !slices.Contains(a.in, at) })
}

// onlySays tells whether all that names a code is one word.
func (n *naming) onlySays(word string) bool {
	return !slices.ContainsFunc(n.evidence, func(e domain.Evidence) bool { return e.Text != word })
}

// concerns tells whether a dimension says anything of those whom a document is
// for: work inside government is for nobody, and a text for residents has an
// industry only where it is about those who are in it (物业服务企业), and not about whom
// they are for (学校).
func (t *Tagger) concerns(audience domain.Audience, n *naming) bool {
	switch {
	case audience == domain.ForNobody:
		return false
	case audience == domain.ForResidents && t.codes[n.code].dimension == domain.IndustryTag:
		return !t.broad(n.code) && n.title && n.given+n.required+n.said > 0
	case audience == domain.ForEnterprises && t.codes[n.code].dimension == domain.GroupTag:
		return n.title || n.through == 0 || n.through < len(n.in)
	}
	return true
}

// inMeasure tells whether one of the words stands in a measure.
func inMeasure(p *domain.Policy, evidence []domain.Evidence) bool {
	for _, m := range p.Measures {
		for _, e := range evidence {
			if e.Start >= m.Start && e.End <= m.End {
				return true
			}
		}
	}
	return false
}
