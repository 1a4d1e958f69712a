package web

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"sync"

	"policypush/internal/domain"
	"policypush/internal/search"
)

// askedNames are the conditions of the library, as they stand in its address.
var askedNames = []string{"q", "s", "t", "w", "o", "i", "v"}

// indexed are the conditions that only the search index knows, by name. Beside
// words they restrict; without any they list what is in the index, the latest
// first.
var indexed = []struct {
	name, label string
	facet       search.Facet
}{
	{"w", "支持方式", search.BenefitFacet},
	{"o", "发文机关", search.IssuerFacet},
	{"i", "行业", search.IndustryFacet},
}

// openName is what is in force and has a last day to apply that is not over.
const openName = "申请未截止"

// undated is the address that also lists what can be had all the time, which has no
// last day and so is not among what is open; or "" where that is not asked for.
func undated(asked url.Values) string {
	if asked.Get("v") != "open" {
		return ""
	}
	all := maps.Clone(asked)
	all.Set("v", "ok")
	return address("/policies", all)
}

// facetSelect is a condition that is chosen from a list.
type facetSelect struct {
	Field, Label string
	Options      []option
}

// issuerCache holds the offices that issued what is public, as of a change.
type issuerCache struct {
	mu     sync.Mutex
	change int64
	names  []string
}

// maxIssuers bounds the list to choose from, the most frequent first.
const maxIssuers = 100

func (s *Server) issuers(ctx context.Context) ([]string, error) {
	change, err := s.Store.LastPolicyChange(ctx)
	if err != nil {
		return nil, err
	}
	s.issued.mu.Lock()
	defer s.issued.mu.Unlock()
	if s.issued.names != nil && s.issued.change == change {
		return s.issued.names, nil
	}
	if err := s.Search.CatchUp(ctx); err != nil {
		return nil, err
	}
	built := s.Search.Built()
	names, err := s.Search.Values(ctx, search.IssuerFacet, maxIssuers)
	if err == nil && built {
		s.issued.names, s.issued.change = append([]string{}, names...), change
	}
	return names, err
}

// facetSelects lists what can be chosen of the conditions that the index knows.
func (s *Server) facetSelects(ctx context.Context, asked url.Values) ([]facetSelect, error) {
	var kinds, sections, offices []option
	for _, b := range s.Rules.Benefits.All() {
		kinds = append(kinds, option{Code: b.Code, Name: b.Name})
	}
	for _, in := range s.Rules.Industries.All() {
		if in.Level == "section" {
			sections = append(sections, option{Code: in.Code, Name: in.Name})
		}
	}
	names, err := s.issuers(ctx)
	if err != nil {
		return nil, err
	}
	if chosen := asked.Get("o"); chosen != "" && !slices.Contains(names, chosen) {
		names = append(slices.Clip(names), chosen)
	}
	for _, name := range names {
		offices = append(offices, option{Code: name, Name: name})
	}
	var selects []facetSelect
	for i, options := range [][]option{kinds, offices, sections} {
		f := indexed[i]
		selects = append(selects, facetSelect{Field: f.name, Label: f.label, Options: pickOne(options, asked.Get(f.name))})
	}
	return selects, nil
}

// industryFacet lists the sections to which the industries of a policy belong:
// of those the reader chooses.
func industryFacet(p *domain.Policy) []string {
	var sections []string
	for _, code := range p.Codes(domain.IndustryTag) {
		if section := code[:min(1, len(code))]; section != "" && !slices.Contains(sections, section) {
			sections = append(sections, section)
		}
	}
	return sections
}

// chips are the conditions that were asked for, each with the address without
// it.
func (s *Server) chips(asked url.Values) []chip {
	var chips []chip
	for _, name := range askedNames {
		value := asked.Get(name)
		if value == "" {
			continue
		}
		rest := url.Values{}
		for k, vs := range asked {
			if k != name {
				rest[k] = vs
			}
		}
		chips = append(chips, chip{Name: s.conditionName(name, value), Without: address("/policies", rest)})
	}
	return chips
}

// conditionName is what a condition of the library is called.
func (s *Server) conditionName(name, value string) string {
	label := ""
	switch name {
	case "q":
		label = "“" + value + "”"
	case "s":
		label = map[string]string{"enterprise": "企业", "resident": "居民"}[value]
	case "t":
		label = s.Rules.Name(domain.ThemeTag, value)
	case "w":
		label = s.Rules.Name(domain.BenefitTag, value)
	case "i":
		label = s.Rules.Name(domain.IndustryTag, value)
	case "v":
		label = map[string]string{"ok": "现行有效", "open": openName, "off": "已失效、撤回或被替代"}[value]
	}
	if label == "" {
		return value
	}
	return label
}

// readAsked reads the conditions of the library, and the order of the list.
func readAsked(value func(name string) string) url.Values {
	asked := url.Values{}
	for _, name := range append(slices.Clone(askedNames), "sort") {
		if v := domain.CleanName(value(name)); v != "" {
			asked.Set(name, cutRunes(v, 60))
		}
	}
	return asked
}
