package web

import (
	"slices"
	"strings"

	"policypush/internal/domain"
	"policypush/rules"
)

// themesFor lists the themes that a kind of subscriber can choose.
func (s *Server) themesFor(kind domain.SubscriberKind) []*rules.Theme {
	letter := "M"
	if kind == domain.Enterprise {
		letter = "Q"
	}
	var ts []*rules.Theme
	for _, t := range s.Rules.Themes.All() {
		if strings.HasPrefix(t.Code, letter) && t.Push != "never" {
			ts = append(ts, t)
		}
	}
	return ts
}

// themeOptions lists the themes for a kind of subscriber, chosen ones marked.
func (s *Server) themeOptions(kind domain.SubscriberKind, chosen []string) []option {
	var options []option
	for _, t := range s.themesFor(kind) {
		options = append(options, option{Code: t.Code, Name: t.Name, Selected: slices.Contains(chosen, t.Code)})
	}
	return options
}

// themeGroups lists all themes that readers can choose.
func (s *Server) themeGroups(chosen ...string) []optionGroup {
	return []optionGroup{
		{Name: "惠企政策", Options: s.themeOptions(domain.Enterprise, chosen)},
		{Name: "民生政策", Options: s.themeOptions(domain.Resident, chosen)},
	}
}

// regionOptions lists the regions of the offices with everything below, then
// the other counties of their provinces.
func (s *Server) regionOptions(offices []domain.Office, chosen string) []optionGroup {
	var groups []optionGroup
	listed := map[string]bool{}
	add := func(g *optionGroup, code, name string) {
		if !listed[code] {
			listed[code] = true
			g.Options = append(g.Options, option{Code: code, Name: name, Selected: code == chosen})
		}
	}
	provinces := map[string]bool{}
	for _, o := range offices {
		home := s.Rules.Divisions.Find(o.Region)
		if home == nil || listed[home.Code] {
			continue
		}
		group := optionGroup{Name: s.Rules.FullName(home.Code)}
		add(&group, home.Code, home.Name+"（不细分）")
		s.addBelow(home.Code, func(d *rules.Division) { add(&group, d.Code, d.Name) })
		groups = append(groups, group)
		provinces[home.Code[:2]+"0000"] = true
	}
	for _, province := range s.Rules.Divisions.All() {
		if province.Level != rules.Province || len(provinces) > 0 && !provinces[province.Code] {
			continue
		}
		for _, city := range s.Rules.Children(province.Code) {
			group := optionGroup{Name: s.Rules.FullName(city.Code)}
			add(&group, city.Code, city.Name+"（不细分）")
			for _, county := range s.Rules.Children(city.Code) {
				add(&group, county.Code, county.Name)
			}
			if len(group.Options) > 0 {
				groups = append(groups, group)
			}
		}
	}
	return groups
}

func (s *Server) addBelow(code string, add func(*rules.Division)) {
	for _, d := range s.Rules.Children(code) {
		add(d)
		s.addBelow(d.Code, add)
	}
}

// industryOptions lists the sections of GB/T 4754 with their divisions.
func (s *Server) industryOptions(chosen string) []optionGroup {
	var groups []optionGroup
	at := map[string]int{}
	for _, in := range s.Rules.Industries.All() {
		if in.Level == "section" {
			at[in.Code] = len(groups)
			groups = append(groups, optionGroup{
				Name:    in.Name,
				Options: []option{{Code: in.Code, Name: in.Name + "（不细分）", Selected: in.Code == chosen}},
			})
		}
	}
	for _, in := range s.Rules.Industries.All() {
		if i, ok := at[in.Parent]; ok && in.Level != "section" {
			groups[i].Options = append(groups[i].Options, option{Code: in.Full, Name: in.Name, Selected: in.Full == chosen})
		}
	}
	return groups
}

// attributeOptions lists what an enterprise may hold beside its class: titles
// and qualifications.
func (s *Server) attributeOptions(chosen []string) []option {
	var options []option
	for _, a := range s.Rules.Attributes.All() {
		if a.Dim == "qual" || a.Dim == "stage" || a.Dim == "park" {
			options = append(options, option{Code: a.Code, Name: a.Name, Selected: slices.Contains(chosen, a.Code)})
		}
	}
	return options
}

// groupOptions lists the groups that a resident can say to belong to: sensitive
// ones apart, because they need a consent of their own.
func (s *Server) groupOptions(chosen []string) (plain, sensitive []option) {
	for _, g := range s.Rules.Groups.All() {
		o := option{Code: g.Code, Name: g.Name, Selected: slices.Contains(chosen, g.Code)}
		switch {
		case g.Ask == "none":
		case g.Sensitive:
			sensitive = append(sensitive, o)
		default:
			plain = append(plain, o)
		}
	}
	return plain, sensitive
}
