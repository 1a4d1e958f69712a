package rules

import "policypush/internal/domain"

// Check runs every pattern on its own examples, after normalise, which makes
// of them what patterns are run on. It returns one error for each example that
// does not do what its file says.
func (r *Rules) Check(normalise func(string) string) []*domain.Error {
	var problems []*domain.Error
	for _, p := range r.Patterns.all {
		for _, ex := range p.Examples {
			groups := p.groups(normalise(ex.Text))
			if groups == nil {
				problems = append(problems, ex.at.errorf("%s %s 没有命中自己的例句“%s”", p.Code, p.Name, ex.Text).In("examples"))
				continue
			}
			for name, want := range ex.Want {
				if got := groups[name]; got != want {
					problems = append(problems, ex.at.errorf("%s %s 在例句“%s”中应得 %s=“%s”，实得“%s”", p.Code, p.Name, ex.Text, name, want, got).In("examples"))
				}
			}
		}
		for _, text := range p.Reject {
			if p.Re.MatchString(normalise(text)) {
				problems = append(problems, p.at.errorf("%s %s 不应命中“%s”", p.Code, p.Name, text).In("reject"))
			}
		}
	}
	return problems
}

// groups returns the named groups of the first match, or nil.
func (p *Pattern) groups(text string) map[string]string {
	m := p.Re.FindStringSubmatch(text)
	if m == nil {
		return nil
	}
	groups := map[string]string{}
	for i, name := range p.Re.SubexpNames() {
		if name != "" {
			groups[name] = m[i]
		}
	}
	return groups
}
