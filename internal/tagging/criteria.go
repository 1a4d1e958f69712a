package tagging

import (
	"slices"
	"strconv"

	"policypush/internal/automaton"
	"policypush/internal/domain"
)

// criteria are the conditions of the measure: those that were read, what kind of people or
// enterprises it is for, and where, as far as they do not say it.
func (r *reader) criteria(p *domain.Policy) domain.Criteria {
	m, who := r.m, r.m.Who // as much of it as a card shows
	marks := m.Evidence["who"]
	if len(marks) > 0 {
		who = marks[0].Text
	}
	if alsoPeople.MatchString(who) && len(r.found) > 0 && !asksFor(r.found, domain.FieldGroup) {
		r.found = append(r.found, leaf(domain.FieldKind, []string{string(domain.Resident)}, marks[:min(1, len(marks))]...))
	}
	var parts []domain.Criteria
	if kind := r.t.kindOf(p, who, r.found); kind != "" && !asksFor(r.found, domain.FieldKind) {
		parts = append(parts, leaf(domain.FieldKind, []string{kind}))
	}
	if r.c.region != "" && !asksFor(r.found, domain.FieldRegion) {
		parts = append(parts, leaf(domain.FieldRegion, []string{r.c.region}))
	}
	parts = append(parts, eitherKind(slices.DeleteFunc(simplify(r.found), onlyWhen))...)
	for _, e := range r.excluded {
		parts = append(parts, domain.NotOf(e))
	}
	return domain.AllOf(parts...)
}

// onlyWhen tells whether a condition that was not read is no more than a time: 疫情防控期间.
func onlyWhen(c domain.Criteria) bool {
	return c.Leaf != nil && c.Leaf.Field == domain.FieldOther && whenOnly.MatchString(c.Leaf.Unread)
}

var whenOnly = expression(`^在?[\p{Han}]{2,12}(?:期间|期内)$`)

// simplify makes one list of the trees that all hold, without repeats, and
// joins alternatives of one field that stand in different sentences.
func simplify(trees []domain.Criteria) []domain.Criteria {
	var named, rest []domain.Criteria // named are alternatives
	said := map[string]bool{}
	var flat []domain.Criteria
	var words []byte
	for _, tree := range trees {
		flat = flat[:0]
		flatten(tree, &flat)
		for i, c := range flat {
			if words = appendBare(words[:0], &c); said[string(words)] {
				continue
			}
			said[string(words)] = true
			if alternative(c) && (c.Leaf.Field == domain.FieldSize || !slices.ContainsFunc(flat, func(o domain.Criteria) bool {
				return alternative(o) && o.Leaf != flat[i].Leaf && o.Leaf.Field == c.Leaf.Field // 低保家庭中的残疾人
			})) { // no enterprise is of two sizes
				named = append(named, c)
			} else {
				rest = append(rest, c)
			}
		}
	}
	rest = slices.DeleteFunc(rest, func(c domain.Criteria) bool { return partOfOther(c, rest) })
	for _, field := range []domain.Field{domain.FieldSize, domain.FieldGroup} {
		of := slices.DeleteFunc(slices.Clone(named), func(c domain.Criteria) bool { return c.Leaf.Field != field })
		if len(of) > 0 {
			rest = append(rest, merge(of))
		}
	}
	return rest
}

// alsoPeople begins the words for whoever it is, beside enterprises: 个人和小微企业.
var alsoPeople = automaton.MustCompile(`^(?:符合条件的)?(?:个人|居民|市民|自然人)(?:和|、|及|与|或|以及)[^,。;]{0,24}(?:企业|公司|合作社|工商户)`)

// eitherKind makes alternatives of conditions on people and conditions on enterprises, where
// separate sentences name both: nobody is a graduate and a small enterprise. What is asked of
// enterprises is not asked of the people that are named beside some.
func eitherKind(trees []domain.Criteria) []domain.Criteria {
	var people, firms, rest []domain.Criteria
	apart := false // whether something is asked of one kind alone
	for _, tree := range trees {
		ofPeople, ofFirms := mayMeet(&tree, domain.Resident), mayMeet(&tree, domain.Enterprise)
		not := func(kind domain.SubscriberKind) func(domain.Criteria) bool {
			return func(c domain.Criteria) bool { return !mayMeet(&c, kind) }
		}
		switch {
		case ofPeople != ofFirms:
			apart = true
			if ofPeople {
				people = append(people, tree)
			} else {
				firms = append(firms, tree)
			}
		case slices.ContainsFunc(tree.Any, not(domain.Enterprise)) && slices.ContainsFunc(tree.Any, not(domain.Resident)):
			people = append(people, domain.AnyOf(slices.DeleteFunc(slices.Clone(tree.Any), not(domain.Resident))...))
			firms = append(firms, domain.AnyOf(slices.DeleteFunc(slices.Clone(tree.Any), not(domain.Enterprise))...))
		default:
			rest = append(rest, tree)
		}
	}
	if people == nil || firms == nil || !apart {
		return trees
	}
	return append(rest, domain.AnyOf(domain.AllOf(people...), domain.AllOf(firms...)))
}

// mayMeet tells whether some of a kind can meet a condition at all.
func mayMeet(tree *domain.Criteria, kind domain.SubscriberKind) bool {
	may := func(c domain.Criteria) bool { return mayMeet(&c, kind) }
	switch {
	case tree.Leaf != nil && tree.Leaf.Field == domain.FieldKind:
		return slices.Contains(tree.Leaf.Values, string(kind))
	case tree.Leaf != nil:
		return tree.Leaf.Field.AppliesTo(kind)
	case tree.Any != nil: // 毕业生、网络商户 are people, though no rule knows the latter
		known := slices.DeleteFunc(slices.Clone(tree.Any), func(c domain.Criteria) bool { return unread(&c) })
		return len(known) == 0 || slices.ContainsFunc(known, may)
	}
	return !slices.ContainsFunc(tree.All, func(c domain.Criteria) bool { return !may(c) })
}

// partOfOther tells whether a condition that was not read is a part of another: 签订3年以上
// of 签订3年以上劳动合同的.
func partOfOther(c domain.Criteria, all []domain.Criteria) bool {
	if c.Leaf == nil || c.Leaf.Field != domain.FieldOther || len(c.Leaf.Evidence) != 1 {
		return false
	}
	e := c.Leaf.Evidence[0]
	return slices.ContainsFunc(all, func(o domain.Criteria) bool {
		if o.Leaf == nil || o.Leaf == c.Leaf || o.Leaf.Field != domain.FieldOther || len(o.Leaf.Evidence) != 1 {
			return false
		}
		of := o.Leaf.Evidence[0]
		return of.Start <= e.Start && e.End <= of.End && of != e
	})
}

// alternative tells whether a condition names a size or a group.
func alternative(c domain.Criteria) bool {
	return c.Leaf != nil && c.Leaf.Op == domain.In && (c.Leaf.Field == domain.FieldSize || c.Leaf.Field == domain.FieldGroup)
}

func flatten(c domain.Criteria, out *[]domain.Criteria) {
	if c.All == nil {
		*out = append(*out, c)
		return
	}
	for _, part := range c.All {
		flatten(part, out)
	}
}

// appendBare writes a tree without its evidence.
func appendBare(b []byte, c *domain.Criteria) []byte {
	switch l := c.Leaf; {
	case l != nil:
		b = append(append(append(b, l.Field...), l.Op...), '[')
		for _, v := range l.Values {
			b = append(append(b, v...), ' ')
		}
		b = append(strconv.AppendInt(append(b, ']'), l.Number, 10), l.Unread...)
	case c.Not != nil:
		b = appendBare(append(b, "not"...), c.Not)
	}
	for i := range c.All {
		b = appendBare(append(b, "all"...), &c.All[i])
	}
	for i := range c.Any {
		b = appendBare(append(b, "any"...), &c.Any[i])
	}
	return b
}

// kindOf tells whether a measure is for enterprises or residents, from its own
// conditions, else from the words that say who, else from the document.
func (t *Tagger) kindOf(p *domain.Policy, who string, trees []domain.Criteria) string {
	enterprise, resident := false, false
	for i := range trees {
		trees[i].Leaves(func(l *domain.Condition) {
			switch l.Field {
			case domain.FieldGroup, domain.FieldAge, domain.FieldHukou, domain.FieldLifeEvent:
				resident = true
			case domain.FieldSize, domain.FieldTaxpayer, domain.FieldRegistration, domain.FieldOwnership, domain.FieldAttribute,
				domain.FieldStaff, domain.FieldRevenue, domain.FieldAssets, domain.FieldIncome, domain.FieldIndustry, domain.FieldFounded:
				enterprise = true
			}
		})
	}
	if enterprise == resident {
		firm, person := firms.MatchString(who), persons.MatchString(who) || buyer.MatchString(who)
		enterprise, resident = enterprise || firm && !person, resident || person && !firm
	}
	switch {
	case enterprise && !resident:
		return string(domain.Enterprise)
	case resident && !enterprise:
		return string(domain.Resident)
	case !enterprise && p.Audience == domain.ForEnterprises:
		return string(domain.Enterprise)
	case !enterprise && p.Audience == domain.ForResidents:
		return string(domain.Resident)
	}
	return ""
}

// buyer begins the words for people who buy something, by what they buy.
var buyer = automaton.MustCompile(`^(?:个人)?(?:消费者|市民|居民|村民|职工)(?:个人)?购`)

func asksFor(trees []domain.Criteria, f domain.Field) bool {
	found := false
	for i := range trees {
		trees[i].Leaves(func(l *domain.Condition) { found = found || l.Field == f })
	}
	return found
}
