package search

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/query"

	"policypush/internal/domain"
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
	return cmp.Compare(turnOf(a.Deadlines, today), turnOf(b.Deadlines, today))
}

// turnOf sorts days in order by the next of them: what is still to come first,
// what is over after it, and what has none last.
func turnOf(days []string, today string) string {
	switch next := domain.NextDeadline(days, today); {
	case next == "":
		return "2"
	case next < today:
		return "1" + next
	default:
		return "0" + next
	}
}

// counted are the facets whose values a list counts, and how many of them.
var counted = []Facet{AudienceFacet, ThemeFacet, BenefitFacet, IssuerFacet, IndustryFacet}

const maxCounted = 1000

// list answers a request without words. All that meets the filters is counted,
// however much it is; only the entries of the page are read.
func (x *Index) list(ctx context.Context, q *question, req Request) (*Page, error) {
	met := filters(req.Filters)
	if len(met) == 0 {
		return &Page{Answers: true}, nil
	}
	alive := (req.InForce || req.Open) && req.Today != ""
	open := append(slices.Clip(met), notBefore(deadlineField, req.Today))
	if req.Open {
		met = open
	}
	whole := bleve.NewSearchRequestOptions(meeting(met, alive, req.Today), 0, 0, false)
	for _, f := range counted {
		whole.AddFacet(string(f), bleve.NewFacetRequest(string(f), maxCounted))
	}
	res, err := x.ask(ctx, whole)
	if err != nil {
		return nil, err
	}
	page := &Page{Answers: true, Total: int(res.Total), InForce: int(res.Total), Open: int(res.Total), Counts: map[Facet]map[string]int{}}
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
	if !req.Open {
		page.Open = 0
		if req.Today != "" {
			res, err := x.ask(ctx, bleve.NewSearchRequestOptions(meeting(open, true, req.Today), 0, 0, false))
			if err != nil {
				return nil, err
			}
			page.Open = int(res.Total)
		}
	}
	if req.Limit <= 0 {
		return page, nil
	}
	ask := bleve.NewSearchRequestOptions(meeting(met, alive, req.Today), req.Limit, max(req.Offset, 0), false)
	ask.Fields = []string{bodyField}
	ask.SortByCustom(req.Order.sort(req.Today))
	res, err = x.ask(ctx, ask)
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

// sort is the order of a list, on a day: of what has no other the latest come
// first.
func (o Order) sort(today string) search.SortOrder {
	order := search.SortOrder{&search.SortField{Field: dateField, Desc: true}, &search.SortDocID{}}
	if o == NextDeadline {
		order = append(search.SortOrder{&byTurn{today: today}}, order...)
	}
	return order
}

// byTurn implements [search.SearchSort] for [turnOf]: bleve itself sorts what has
// several values by the least or the greatest of them.
type byTurn struct {
	today string
	days  []string // of the entry that is looked at
}

// UpdateVisitor takes a value of an entry.
func (t *byTurn) UpdateVisitor(field string, term []byte) {
	if field == deadlineField {
		t.days = append(t.days, string(term))
	}
}

// Value is what the entry is sorted by; the next one is looked at.
func (t *byTurn) Value(*search.DocumentMatch) string {
	slices.Sort(t.days)
	turn := turnOf(t.days, t.today)
	t.days = t.days[:0]
	return turn
}

// DecodeValue is for people.
func (t *byTurn) DecodeValue(value string) string { return value }

// Descending tells that the least comes first.
func (t *byTurn) Descending() bool { return false }

// RequiresDocID tells that keys are not needed.
func (t *byTurn) RequiresDocID() bool { return false }

// RequiresScoring tells that relevance is not needed.
func (t *byTurn) RequiresScoring() bool { return false }

// RequiresFields names the column.
func (t *byTurn) RequiresFields() []string { return []string{deadlineField} }

// Reverse is for pages that are asked for from their end, which lists never are.
func (t *byTurn) Reverse() {}

// Copy returns another for a search of its own.
func (t *byTurn) Copy() search.SearchSort { return &byTurn{today: t.today} }

// between asks for the values of a field from one on and before another.
func between(field, from, before string) query.Query {
	with, without := true, false
	q := bleve.NewTermRangeInclusiveQuery(from, before, &with, &without)
	q.SetField(field)
	return q
}

// notBefore asks for the values of a field from one on.
func notBefore(field, from string) query.Query {
	with := true
	q := bleve.NewTermRangeInclusiveQuery(from, "", &with, nil)
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
