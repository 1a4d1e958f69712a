package search

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/search/query"
)

// Request says what to look for.
type Request struct {
	Text    string                // words or a question; without any the filters alone say, and the latest are looked at
	Filters map[Facet][]string    // any of the values of a facet, in every facet named
	InForce bool                  // only what is in force on Today
	Today   string                // YYYY-MM-DD; empty: nothing has ended
	Region  string                // code of the reader's division: what is for it comes first
	ByDate  func(a, b *Entry) int // another order than relevance
	// Floor leaves out what scores less than this part of the best.
	Floor  float64
	Offset int
	Limit  int
}

// Part is a piece of a text; Hit says that it was asked for.
type Part struct {
	Text string
	Hit  bool
}

// Result is an entry that was found, with the passage that answers best.
type Result struct {
	Key     string
	Title   []Part
	Kind    PassageKind
	Ref     string // of the passage
	Score   float64
	Snippet []Part
}

// Page is a page of results.
type Page struct {
	Total   int                      // at most 200: who looks further asks otherwise
	InForce int                      // of them, on the day that was asked for
	Results []Result                 //
	Counts  map[Facet]map[string]int // of all that was found
}

// hardly is how much of a question stands together in an entry that has
// nothing to do with it.
const hardly = 0.1

// deepest is how many candidates are read and ranked.
const deepest = 200

// Search finds entries, best first. Any text will do.
func (x *Index) Search(ctx context.Context, req Request) (*Page, error) {
	q, all, err := x.find(ctx, req)
	if err != nil {
		return nil, err
	}
	page := &Page{Total: len(all), Counts: map[Facet]map[string]int{}}
	for _, f := range all {
		if !f.entry.over(req.Today) {
			page.InForce++
		}
		for facet, values := range f.entry.Facets {
			if page.Counts[facet] == nil {
				page.Counts[facet] = map[string]int{}
			}
			for _, v := range values {
				page.Counts[facet][v]++
			}
		}
	}
	from := min(max(req.Offset, 0), len(all))
	r := newReader(q)
	for _, f := range all[from:min(len(all), from+max(req.Limit, 0))] {
		page.Results = append(page.Results, r.result(f))
	}
	return page, nil
}

// find returns all that is found, in order.
func (x *Index) find(ctx context.Context, req Request) (*question, []*found, error) {
	q, err := x.question(ctx, req.Text)
	if err != nil {
		return nil, nil, err
	}
	restricted := filters(req.Filters)
	var ask *bleve.SearchRequest
	switch {
	case len(q.terms) > 0:
		ask = bleve.NewSearchRequestOptions(q.candidates(restricted), deepest, 0, false)
	case strings.TrimSpace(req.Text) == "" && len(restricted) > 0:
		ask = bleve.NewSearchRequestOptions(bleve.NewConjunctionQuery(restricted...), deepest, 0, false)
		ask.SortBy([]string{"-" + dateField})
	default:
		return q, nil, nil
	}
	ask.Fields = []string{bodyField}
	res, err := x.bleve.SearchInContext(ctx, ask)
	if err != nil {
		return nil, nil, fmt.Errorf("search: %w", err)
	}
	r := newReader(q)
	all := make([]*found, 0, len(res.Hits))
	for _, h := range res.Hits {
		body, _ := h.Fields[bodyField].(string)
		e, err := decode(h.ID, body)
		if err != nil {
			return nil, nil, fmt.Errorf("search: %w", err)
		}
		if req.InForce && e.over(req.Today) {
			continue
		}
		f := r.read(e)
		f.first = h.Score
		f.signals.place = x.words.place(q.places, e)
		all = append(all, f)
	}
	q.rank(all, req)
	slices.SortStableFunc(all, func(a, b *found) int {
		return cmp.Or(cmp.Compare(b.score, a.score), strings.Compare(a.entry.Key, b.entry.Key))
	})
	if req.Floor > 0 && len(all) > 0 && len(q.terms) > 0 {
		floor := all[0].score * req.Floor
		all = slices.DeleteFunc(all, func(f *found) bool { return f.score < floor || f.signals.around < hardly })
	}
	if req.ByDate != nil {
		slices.SortStableFunc(all, func(a, b *found) int { return req.ByDate(a.entry, b.entry) })
	}
	return q, all, nil
}

// question reads what was typed with the index as it is now.
func (x *Index) question(ctx context.Context, text string) (q *question, err error) {
	advanced, err := x.bleve.Advanced()
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	r, err := advanced.Reader()
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return x.read(ctx, r, text)
}

// Values lists the values of a facet, those of most entries first.
func (x *Index) Values(ctx context.Context, facet Facet, limit int) ([]string, error) {
	ask := bleve.NewSearchRequestOptions(bleve.NewMatchAllQuery(), 0, 0, false)
	ask.AddFacet(string(facet), bleve.NewFacetRequest(string(facet), limit))
	res, err := x.bleve.SearchInContext(ctx, ask)
	if err != nil {
		return nil, fmt.Errorf("list facet: %w", err)
	}
	var values []string
	if found := res.Facets[string(facet)]; found != nil {
		for _, t := range found.Terms.Terms() {
			values = append(values, t.Term)
		}
	}
	return values, nil
}

func filters(asked map[Facet][]string) []query.Query {
	var all []query.Query
	for facet, values := range asked {
		var any []query.Query
		for _, v := range values {
			any = append(any, termQuery(string(facet), v, 1))
		}
		if len(any) > 0 {
			all = append(all, bleve.NewDisjunctionQuery(any...))
		}
	}
	return all
}

// over tells whether an entry can not be had any more on a day.
func (e *Entry) over(today string) bool {
	if today == "" {
		return false
	}
	return e.Ended || e.Expires != "" && e.Expires < today[:min(len(today), len(e.Expires))]
}
