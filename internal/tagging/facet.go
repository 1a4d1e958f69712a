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
	for found := range byCode(collect(t.hits(s), nil)) {
		c := t.codes[found[0].code]
		if c.dimension != domain.GroupTag && c.dimension != domain.EnterpriseKindTag && c.dimension != domain.IndustryTag {
			continue
		}
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
var traders = automaton.MustCompile(`^(?:行?业)?(?:领域)?的?(?:类|等)?(?:大中小|中小|小型|微型|中型|大型|小微|规模|龙头|骨干)?(?:企业|单位|机构|经营|个体|纳税人|市场主体|以上|以下|合作社|生产)`)

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

// generic are kinds of enterprise that texts name without meaning a class of
// their own, or that another code says better: 市场主体 are all enterprises,
// 民营企业 is OW1, 外商投资企业 is OW3, 个体工商户 is R500.
var generic = map[string]bool{
	"R900": true, "R112": true, "R119": true, "R121": true, "R129": true, "R131": true, "R132": true, "R190": true,
	"R210": true, "R220": true, "R230": true, "R290": true, "R310": true, "R320": true, "R330": true, "R390": true,
	"TX4": true, "TX5": true, "ST4": true, "ST5": true, "CR4": true, "PK1": true,
}

// wide are groups whose words stand in texts that are meant for others too: a
// title or heading has to name them.
var wide = map[string]bool{"G08": true, "G13": true, "G19": true, "G22": true, "G12": true}

// levied tells whether a document is about a tax or fee: in the title, or named
// in full where something is given or required.
func levied(r scored) bool {
	for _, e := range r.evidence {
		if r.title > 0 && isLevy(e.Text) {
			return true
		}
	}
	return r.named > 0
}

// meant tells whether a document speaks to a group or kind of enterprise: the
// title names it, or several paragraphs do, compared with the most named one.
func meant(r scored, most int) bool {
	switch {
	case r.title > 0, r.heading > 0 && r.clauses >= 1:
		return true
	case r.clauses >= 3:
		return r.clauses*5 >= most*2
	}
	return r.clauses >= 2 && r.clauses*3 >= most || r.given > 0 && most <= 3
}

// cellOf is where the text names the beneficiaries in a cell or section of their
// own, [start, end) in code points.
func cellOf(p *domain.Policy) [2]int {
	for i, c := range p.Clauses {
		if !beneficiaryCell.MatchString(c.Text) {
			continue
		}
		if beneficiaryCell.ReplaceAllString(c.Text, "") == "" && i+1 < len(p.Clauses) {
			return [2]int{p.Clauses[i+1].Start, p.Clauses[i+1].End}
		}
		return [2]int{c.Start, c.End}
	}
	return [2]int{}
}

// trades are ends of words that make a word for a business: 快递业, 餐饮企业.
var trades = automaton.MustCompile(`(?:业|企业|公司|机构)$`)

// inTrade tells whether a document is for an industry: the title or the cell of
// beneficiaries names it, or many paragraphs name the trade itself.
func (t *Tagger) inTrade(r scored, cell [2]int) bool {
	code := t.codes[r.code].code
	if code[0] == 'S' || code[0] == 'T' {
		return false // offices and associations are no business
	}
	trade := false
	for _, e := range r.evidence {
		full := trades.MatchString(e.Text)
		trade = trade || full
		if (r.title > 0 || e.Start >= cell[0] && e.End <= cell[1]) && (full || !strings.ContainsAny(code[:1], "JPQ")) {
			return true
		}
	}
	return trade && r.clauses >= 4 && !strings.ContainsAny(code[:1], "JPQ")
}
