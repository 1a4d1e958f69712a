package web

import (
	"context"
	"maps"
	"net/url"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
	"policypush/internal/search"
	"policypush/internal/storage"
)

// passage is the part of a policy that answers a search best. Parts are shown
// as text, whatever is in them.
type passage struct {
	Kind  string // 政策点, 问答, 原文
	Href  string
	Title []search.Part
	Parts []search.Part
}

// ended are the states of policies that cannot be had any more.
var ended = []domain.PolicyStatus{domain.Amended, domain.Withdrawn, domain.Expired}

// relevant is how much of the best score a result must have to be listed.
const relevant = 0.4

// findPolicies lists what answers the words of the reader, best first, or
// without words what meets conditions that only the index knows.
func (s *Server) findPolicies(c *fiber.Ctx, v *libraryView, asked url.Values, offset int) error {
	ctx := c.UserContext()
	if err := s.Search.CatchUp(ctx); err != nil {
		return err
	}
	if v.Unready = !s.Search.Built(); v.Unready {
		noStore(c) // the next look may find more
	}
	req := search.Request{
		Text: v.Query, Filters: map[search.Facet][]string{}, Today: s.today(), Floor: relevant, Offset: offset, Limit: pageSize,
	}
	if v.Theme != "" {
		req.Filters[search.ThemeFacet] = []string{v.Theme}
	}
	for _, f := range indexed {
		if value := asked.Get(f.name); value != "" {
			req.Filters[f.facet] = []string{value}
		}
	}
	if audience := asked.Get("s"); audience != "" {
		req.Filters[search.AudienceFacet] = []string{audience}
	}
	switch asked.Get("v") {
	case "ok":
		req.InForce = true
	case "open":
		req.Open = true
	case "off":
		for _, status := range ended {
			req.Filters[search.StateFacet] = append(req.Filters[search.StateFacet], string(status))
		}
	}
	switch {
	case v.Sort == "new", v.Sort == "" && v.Query == "":
		req.Order = search.Newest
	case v.Sort == "deadline":
		req.Order = search.NextDeadline
	}
	r, err := s.reader(c)
	if err != nil {
		return err
	}
	if r != nil && r.subscriber != nil {
		req.Region = r.subscriber.Profile.Region
	}
	page, err := s.Search.Search(ctx, req)
	if err != nil {
		return err
	}
	if v.Query != "" {
		if err := s.otherwise(ctx, v, asked, req, page); err != nil {
			return err
		}
	}
	if page.Unrelated {
		page = &search.Page{}
	}
	v.Total = page.Total
	v.count(page)
	return s.foundCards(c, v, page.Results)
}

// similarSearch is another search that finds something.
type similarSearch struct {
	search.Similar
	URL string
}

// otherwise notes what the words of the reader do not find, and other words that do.
// Where something answers, only what was probably meant is offered.
func (s *Server) otherwise(ctx context.Context, v *libraryView, asked url.Values, req search.Request, page *search.Page) error {
	answered := page.Answers && page.Total > 0
	if answered && !page.Guessed && len(page.Missing) == 0 {
		return nil
	}
	v.Missing, v.Partly = page.Missing, !page.Answers
	all, err := s.Search.Similar(ctx, req, answered)
	if err != nil {
		return err
	}
	for _, one := range all {
		other := maps.Clone(asked)
		other.Set("q", one.Text)
		v.Similar = append(v.Similar, similarSearch{one, address("/policies", other)})
	}
	return nil
}

// count writes beside each choice how many results it would leave. Of a facet
// that is restricted only the choice itself is counted.
func (v *libraryView) count(page *search.Page) {
	counted := func(options []option, of map[string]int) {
		restricted := oneSelected(options)
		for i, o := range options {
			if !restricted || o.Selected {
				options[i].Count = of[o.Code]
			}
		}
	}
	counted(v.Audiences, page.Counts[search.AudienceFacet])
	counted(v.Validity, map[string]int{"ok": page.InForce, "open": page.Open, "off": page.Total - page.InForce})
	for i, f := range indexed {
		counted(v.Facets[i].Options, page.Counts[f.facet])
	}
	for _, group := range v.Themes {
		counted(group.Options, page.Counts[search.ThemeFacet])
	}
}

// foundCards reads the policies of a page of results. One that was taken off
// the site this very moment is left out.
func (s *Server) foundCards(c *fiber.Ctx, v *libraryView, results []search.Result) error {
	var ids []domain.PolicyID
	for _, r := range results {
		id, err := strconv.ParseInt(r.Key, 10, 64)
		if err != nil {
			return err
		}
		ids = append(ids, domain.PolicyID(id))
	}
	if len(ids) == 0 {
		return nil
	}
	sums, _, err := s.Store.Policies(c.UserContext(), storage.PolicyFilter{IDs: ids, Statuses: public})
	if err != nil {
		return err
	}
	byID := map[domain.PolicyID]storage.PolicySummary{}
	for _, sum := range sums {
		byID[sum.ID] = sum
	}
	for i, r := range results {
		sum, ok := byID[ids[i]]
		if !ok {
			continue
		}
		cd := s.cardOf(sum)
		if v.Query != "" {
			cd.Found = foundPassage(ids[i], r)
		}
		v.Cards = append(v.Cards, cd)
	}
	return nil
}

func foundPassage(id domain.PolicyID, r search.Result) *passage {
	p := &passage{Href: "/policies/" + searchKey(id) + "#" + r.Ref, Title: r.Title, Parts: r.Snippet}
	switch r.Kind {
	case search.Measure:
		p.Kind = "政策点"
	case search.Answer:
		p.Kind = "问答"
	default:
		p.Kind = "原文"
	}
	if strings.HasSuffix(p.Href, "#") {
		p.Href = "/policies/" + searchKey(id)
	}
	return p
}
