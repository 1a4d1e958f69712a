package web

import (
	"context"
	"slices"
	"strconv"

	"policypush/internal/domain"
	"policypush/internal/search"
	"policypush/internal/storage"
	"policypush/interpretations"
)

// Policies are the public policies of a store as the search index follows
// them, with their measures and approved answers.
type Policies struct{ Store *storage.Store }

// LastChange implements search.Source.
func (p Policies) LastChange(ctx context.Context) (int64, error) {
	return p.Store.LastLoggedChange(ctx)
}

// Walk implements search.Source.
func (p Policies) Walk(ctx context.Context, fn func(*search.Entry) error) error {
	return p.Store.WalkPolicies(ctx, func(id domain.PolicyID) error {
		e, err := p.entry(ctx, id)
		if err != nil || e == nil {
			return err
		}
		return fn(e)
	})
}

// Changes implements search.Source.
func (p Policies) Changes(ctx context.Context, after int64, limit int) (search.Changes, error) {
	out := search.Changes{Last: after}
	all, err := p.Store.PolicyChanges(ctx, after, limit)
	if err != nil {
		return out, err
	}
	for _, c := range all {
		e, err := p.entry(ctx, c.Policy)
		if err != nil {
			return out, err
		}
		if e != nil {
			out.Put = append(out.Put, e)
		} else {
			out.Gone = append(out.Gone, searchKey(c.Policy))
		}
		out.Last = c.Seq
	}
	return out, nil
}

// public are the states of policies that everybody may see.
var public = []domain.PolicyStatus{domain.Published, domain.Amended, domain.Withdrawn, domain.Expired}

func searchKey(id domain.PolicyID) string { return strconv.FormatInt(int64(id), 10) }

// entry returns what is searched of a policy, nil if it is not public or gone.
// The ref of a passage is its place on the policy's page.
func (p Policies) entry(ctx context.Context, id domain.PolicyID) (*search.Entry, error) {
	policy, err := p.Store.Policy(ctx, id)
	if domain.KindOf(err) == domain.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if !slices.Contains(public, policy.Status) {
		return nil, nil
	}
	items, err := p.Store.Interpretations(ctx, id, true)
	if err != nil {
		return nil, err
	}
	// The document comes first, as it is read: how it begins tells what it is
	// about. A measure takes the place of the clause that it is.
	var rest []search.Passage
	e := &search.Entry{
		Key: searchKey(id), Title: policy.Title, DocNumber: policy.DocNumber, Ended: policy.Status != domain.Published,
		Date: policy.PublishDate, Deadlines: policy.Deadlines(), Expires: policy.Expires, Facets: searchFacets(policy),
	}
	said := map[string]search.Passage{}
	for _, m := range policy.Measures {
		text := m.Text
		if m.Title != "" && m.Title != text {
			text = m.Title + "：" + text
		}
		one := search.Passage{Kind: search.Measure, Ref: string(m.ID), Text: text}
		if _, twice := said[m.Text]; twice || !slices.ContainsFunc(policy.Clauses, func(c domain.Clause) bool { return c.Text == m.Text && c.Kind != domain.TitleClause }) {
			rest = append(rest, one)
		} else {
			said[m.Text] = one
		}
	}
	for i, c := range policy.Clauses {
		switch one, ok := said[c.Text]; {
		case c.Kind == domain.TitleClause:
		case ok:
			e.Passages = append(e.Passages, one)
			delete(said, c.Text)
		default:
			e.Passages = append(e.Passages, search.Passage{Kind: search.Clause, Ref: interpretations.Anchor(i), Text: c.Text})
		}
	}
	for _, it := range items {
		if it.QA != nil {
			rest = append(rest, search.Passage{Kind: search.Answer, Ref: answerRef(it.ID), Text: it.QA.Question + " " + it.QA.Answer})
		}
	}
	e.Passages = append(e.Passages, rest...)
	return e, nil
}

func searchFacets(p *domain.Policy) map[search.Facet][]string {
	audience := []string{string(p.Audience)}
	if p.Audience == domain.ForBoth {
		audience = []string{string(domain.ForEnterprises), string(domain.ForResidents)}
	}
	return map[search.Facet][]string{
		search.AudienceFacet: audience,
		search.ThemeFacet:    p.Codes(domain.ThemeTag),
		search.RegionFacet:   p.Codes(domain.RegionTag),
		search.BenefitFacet:  p.Codes(domain.BenefitTag),
		search.IssuerFacet:   p.Issuers,
		search.IndustryFacet: industryFacet(p),
		search.StateFacet:    {string(p.Status)},
	}
}
