package search

import (
	"cmp"
	"context"
	"fmt"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/search/query"
)

// Order is how results follow one another.
type Order int

// The orders. A request without words has no relevance: the latest come first.
const (
	ByRelevance Order = iota
	Newest
	NextDeadline // what is still to come first, what has none last
)

// compare orders two entries on a day.
func (o Order) compare(a, b *Entry, today string) int {
	if o == Newest {
		return cmp.Compare(b.Date, a.Date)
	}
	part := func(e *Entry) int {
		switch {
		case e.Deadline == "":
			return 2
		case e.Deadline < today:
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(part(a), part(b)), cmp.Compare(a.Deadline, b.Deadline))
}

// counted are the facets whose values a list counts, and how many of them.
var counted = []Facet{AudienceFacet, ThemeFacet, BenefitFacet, IssuerFacet, IndustryFacet}

const maxCounted = 1000

// never is the deadline of entries without one.
const never = "9999"

// list answers a request without words. All that meets the filters is counted,
// however much it is; only the entries of the page are read.
func (x *Index) list(ctx context.Context, q *question, req Request) (*Page, error) {
	met := filters(req.Filters)
	if len(met) == 0 {
		return &Page{}, nil
	}
	alive := req.InForce && req.Today != ""
	whole := bleve.NewSearchRequestOptions(meeting(met, alive, req.Today), 0, 0, false)
	for _, f := range counted {
		whole.AddFacet(string(f), bleve.NewFacetRequest(string(f), maxCounted))
	}
	res, err := x.ask(ctx, whole)
	if err != nil {
		return nil, err
	}
	page := &Page{Total: int(res.Total), InForce: int(res.Total), Counts: map[Facet]map[string]int{}}
	for _, f := range counted {
		page.Counts[f] = map[string]int{}
		if found := res.Facets[string(f)]; found != nil {
			for _, term := range found.Terms.Terms() {
				page.Counts[f][term.Term] = term.Count
			}
		}
	}
	if !alive && req.Today != "" {
		res, err := x.ask(ctx, bleve.NewSearchRequestOptions(meeting(met, true, req.Today), 0, 0, false))
		if err != nil {
			return nil, err
		}
		page.InForce = int(res.Total)
	}
	from, want := max(req.Offset, 0), max(req.Limit, 0)
	for _, part := range req.Order.parts(req.Today) {
		if want == 0 {
			break
		}
		within := met
		if part.only != nil {
			within = append(append([]query.Query(nil), met...), part.only)
		}
		ask := bleve.NewSearchRequestOptions(meeting(within, alive, req.Today), want, from, false)
		ask.Fields = []string{bodyField}
		ask.SortBy([]string{part.by, "_id"})
		res, err := x.ask(ctx, ask)
		if err != nil {
			return nil, err
		}
		r := newReader(q)
		for _, h := range res.Hits {
			body, _ := h.Fields[bodyField].(string)
			e, err := decode(h.ID, body)
			if err != nil {
				return nil, fmt.Errorf("search: %w", err)
			}
			page.Results = append(page.Results, r.result(r.read(e)))
		}
		want -= len(res.Hits)
		from = max(0, from-int(res.Total))
	}
	return page, nil
}

func (x *Index) ask(ctx context.Context, ask *bleve.SearchRequest) (*bleve.SearchResult, error) {
	ask.Score = "none"
	res, err := x.bleve.SearchInContext(ctx, ask)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	return res, nil
}

// listPart is a part of a list that is sorted by one field.
type listPart struct {
	only query.Query // nil: all
	by   string
}

// parts cuts a list so that each part is in the order of a field.
func (o Order) parts(today string) []listPart {
	if o != NextDeadline {
		return []listPart{{by: "-" + dateField}}
	}
	return []listPart{
		{between(deadlineField, today, never), deadlineField},
		{between(deadlineField, "", today), deadlineField},
		{termQuery(deadlineField, never, 1), "-" + dateField},
	}
}

// between asks for the values of a field from one on and before another.
func between(field, from, before string) query.Query {
	with, without := true, false
	q := bleve.NewTermRangeInclusiveQuery(from, before, &with, &without)
	q.SetField(field)
	return q
}

// meeting asks for what meets all of some conditions and, if it must be alive,
// can still be had on a day.
func meeting(all []query.Query, alive bool, today string) query.Query {
	if !alive {
		return bleve.NewConjunctionQuery(all...)
	}
	q := bleve.NewBooleanQuery()
	q.AddMust(all...)
	q.AddMustNot(between(overField, "", today))
	return q
}

// overOn is the day after which an entry cannot be had any more, as the index
// sorts it: long ago if it has ended, empty if it has no end. Of a month or a
// year it is the last day.
func (e *Entry) overOn() string {
	switch {
	case e.Ended:
		return "0"
	case e.Expires == "":
		return ""
	}
	return (e.Expires + "-99-99")[:10]
}
