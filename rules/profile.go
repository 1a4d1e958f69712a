package rules

import (
	"slices"
	"strings"

	"policypush/internal/domain"
)

// The sizes of enterprises, as profiles hold them.
const (
	Large  = "large"
	Medium = "medium"
	Small  = "small"
	Micro  = "micro"
)

// sizeCodes are the codes of enterprise-attributes.yaml for the four sizes.
var sizeCodes = map[string]string{"Z1": Large, "Z2": Medium, "Z3": Small, "Z4": Micro}

// taxpayerCodes likewise for the two kinds of VAT payers.
var taxpayerCodes = map[string]string{"TX1": "general", "TX2": "small-scale"}

// Field says where a profile keeps the attribute, and as what: the size of
// Z3 is "small", of QH1 there is an entry QH1 in the set of attributes.
func (a *Attribute) Field() (field domain.Field, value string) {
	if size, ok := sizeCodes[a.Code]; ok {
		return domain.FieldSize, size
	}
	if kind, ok := taxpayerCodes[a.Code]; ok {
		return domain.FieldTaxpayer, kind
	}
	switch a.Dim {
	case "reg":
		return domain.FieldRegistration, a.Code
	case "own":
		return domain.FieldOwnership, a.Code
	default:
		return domain.FieldAttribute, a.Code
	}
}

// fixed are the values of fields that have no table, with their Chinese names.
var fixed = map[domain.Field]map[string]string{
	domain.FieldKind:     {string(domain.Enterprise): "企业", string(domain.Resident): "居民"},
	domain.FieldSize:     {Large: "大型企业", Medium: "中型企业", Small: "小型企业", Micro: "微型企业"},
	domain.FieldTaxpayer: {"general": "增值税一般纳税人", "small-scale": "增值税小规模纳税人"},
}

// ValidCode tells whether a profile may hold a code in a field. For
// FieldAttribute every code of enterprise-attributes.yaml is valid, also those
// that [Attribute.Field] puts elsewhere. Number fields have no codes.
func (r *Rules) ValidCode(f domain.Field, code string) bool {
	switch f {
	case domain.FieldKind, domain.FieldSize, domain.FieldTaxpayer:
		return fixed[f][code] != ""
	case domain.FieldRegion:
		return r.Divisions.Find(code) != nil
	case domain.FieldHukou:
		return r.knownHukou(code)
	case domain.FieldIndustry:
		return r.validIndustry(code)
	case domain.FieldRegistration, domain.FieldOwnership:
		a := r.Attributes.Find(code)
		if a == nil {
			return false
		}
		field, _ := a.Field()
		return field == f
	case domain.FieldAttribute:
		return r.Attributes.Find(code) != nil
	case domain.FieldGroup:
		return r.Groups.Find(code) != nil
	case domain.FieldLifeEvent:
		return r.LifeEvents.Find(code) != nil
	default:
		return false
	}
}

// validIndustry accepts a section, C, a known division, C34, and any group or
// class below it, C341 and C3411: those two levels are not in our data.
func (r *Rules) validIndustry(code string) bool {
	if len(code) == 1 {
		return r.byFull[code] != nil
	}
	return len(code) >= 3 && len(code) <= 5 && r.byFull[code[:3]] != nil && strings.Trim(code[3:], "0123456789") == ""
}

// ValueName returns the Chinese words for a code in a field of a profile or a
// condition, or the code itself if there are none.
func (r *Rules) ValueName(f domain.Field, code string) string {
	switch f {
	case domain.FieldRegion, domain.FieldHukou:
		return r.Name(domain.RegionTag, code)
	case domain.FieldIndustry:
		return r.Name(domain.IndustryTag, code)
	case domain.FieldRegistration, domain.FieldOwnership, domain.FieldAttribute:
		return r.Name(domain.EnterpriseKindTag, code)
	case domain.FieldGroup:
		return r.Name(domain.GroupTag, code)
	case domain.FieldLifeEvent:
		if e := r.LifeEvents.Find(code); e != nil {
			return e.Name
		}
	case domain.FieldKind, domain.FieldSize, domain.FieldTaxpayer:
		if name := fixed[f][code]; name != "" {
			return name
		}
	}
	return code
}

// Size classifies an enterprise by 国统字〔2017〕213号: large, medium, small or
// micro. revenue and assets are yuan. It returns "" where the standard does
// not apply (finance, education …), the industry is too coarse to tell, or a
// fact is missing that decides; an enterprise is micro as soon as one metric
// is below the bound for small ones.
func (r *Rules) Size(industry string, staff, revenue, assets *int64) string {
	rule := r.sizeRule(industry)
	if rule == nil {
		return ""
	}
	tiers := []struct {
		name string
		at   Thresholds
	}{{Large, rule.Large}, {Medium, rule.Medium}, {Small, rule.Small}}
	worst, missing := 0, false // index into tiers; 3 is micro
	for _, metric := range rule.Metrics {
		have, unit := staff, int64(1)
		switch metric {
		case "revenue":
			have, unit = revenue, 10_000
		case "assets":
			have, unit = assets, 10_000
		}
		if have == nil {
			missing = true
			continue
		}
		tier := 0
		for tier < len(tiers) && *have < *tiers[tier].at.of(metric)*unit {
			tier++
		}
		worst = max(worst, tier)
	}
	switch {
	case worst == len(tiers):
		return Micro
	case missing:
		return ""
	default:
		return tiers[worst].name
	}
}

func (t Thresholds) of(metric string) *int64 {
	switch metric {
	case "revenue":
		return t.Revenue
	case "assets":
		return t.Assets
	default:
		return t.Staff
	}
}

// otherIndustries is the rule for what no other rule names.
const otherIndustries = "S16"

// sizeRule finds the rule of an industry. A section has one only if all its
// divisions share it; a division that is split needs a longer code.
func (r *Rules) sizeRule(industry string) *SizeRule {
	in := r.Industry(industry)
	if in == nil {
		return nil
	}
	if in.Level == "section" {
		return r.bySize[in.SizeRule]
	}
	var whole *SizeRule // of the division
	split := false
	for _, rule := range r.Sizes.All() {
		parts := rule.Also
		if rule.Subclass != "" {
			parts = append([]string{rule.Subclass}, parts...)
		} else if slices.Contains(rule.Divisions, in.Code) {
			whole = rule
		}
		for _, part := range parts {
			if strings.HasPrefix(industry[1:], part) {
				return rule
			}
			split = split || strings.HasPrefix(part, in.Code)
		}
	}
	switch {
	case split && len(industry) < len("K701"):
		return nil
	case split && whole == nil:
		return r.Sizes.Find(otherIndustries) // 703 中介, 709 其他
	default:
		return whole
	}
}

// checkSize holds the bounds of a rule to its metrics and to one another.
func (l *loader) checkSize(rule *SizeRule) {
	for _, metric := range rule.Metrics {
		large, medium, small := rule.Large.of(metric), rule.Medium.of(metric), rule.Small.of(metric)
		switch {
		case large == nil || medium == nil || small == nil:
			l.report(rule.at.errorf("large、medium、small 都要写明 %s", metric).In("metrics"))
		case *large <= *medium || *medium <= *small:
			l.report(rule.at.errorf("%s 的下限应当大型高于中型、中型高于小型", metric).In("metrics"))
		}
	}
}
