package push

import (
	"slices"
	"strings"

	"policypush/internal/domain"
)

// isSensitive tells whether a message that names a policy would tell something sensitive of
// its reader: where a measure is only for those of sensitive groups, the title names such a
// group, or the policy is for no other residents. That it is for some of them among others,
// 高校毕业生、失业人员、残疾人, tells nothing of who reads it.
func isSensitive(p *domain.Policy, sensitive func(group string) bool) bool {
	if slices.ContainsFunc(p.Measures, func(m domain.Measure) bool { return reveals(&m.Criteria, sensitive) }) {
		return true
	}
	if p.Audience == domain.ForEnterprises {
		return false
	}
	groups := p.Codes(domain.GroupTag)
	others := slices.ContainsFunc(groups, func(group string) bool { return !sensitive(group) })
	return slices.ContainsFunc(groups, sensitive) && !others || slices.ContainsFunc(sensitiveWords(p, sensitive), func(word string) bool { return strings.Contains(p.Title, word) })
}

// reveals tells whether only those of sensitive groups meet a tree.
func reveals(c *domain.Criteria, sensitive func(group string) bool) bool {
	of := func(c domain.Criteria) bool { return reveals(&c, sensitive) }
	switch {
	case c.Leaf != nil:
		return c.Leaf.Field == domain.FieldGroup && len(c.Leaf.Values) > 0 && !slices.ContainsFunc(c.Leaf.Values, func(group string) bool { return !sensitive(group) })
	case c.Any != nil:
		return !slices.ContainsFunc(c.Any, func(c domain.Criteria) bool { return !of(c) })
	default:
		return slices.ContainsFunc(c.All, of)
	}
}

// sensitiveWords are the words by which a policy names sensitive groups.
func sensitiveWords(p *domain.Policy, sensitive func(group string) bool) []string {
	var words []string
	for _, t := range p.Tags {
		if t.Dimension == domain.GroupTag && t.Counts() && sensitive(t.Code) {
			for _, e := range t.Evidence {
				words = append(words, e.Text)
			}
		}
	}
	return words
}

// unlessNamed is what a message says, or "" where it names a sensitive group.
func unlessNamed(said string, words []string) string {
	if slices.ContainsFunc(words, func(word string) bool { return word != "" && strings.Contains(said, word) }) {
		return ""
	}
	return said
}
