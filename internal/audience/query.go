package audience

import "policypush/internal/domain"

// QueryOf asks whom a policy concerns on a day (YYYY-MM-DD): who may have one
// of its measures and is interested in its themes or words. Preview and push
// ask the same.
func QueryOf(p *domain.Policy, day string) Query {
	criteria := make([]domain.Criteria, len(p.Measures))
	for i := range p.Measures {
		criteria[i] = p.CriteriaOf(&p.Measures[i])
	}
	return Query{Measures: criteria, Themes: p.Codes(domain.ThemeTag), Text: p.Title + "\n" + p.Text, AsOf: day}
}
