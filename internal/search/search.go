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
	index "github.com/blevesearch/bleve_index_api"
)

// Request says what to look for.
type Request struct {
	Text    string             // words or a question; without any the filters alone say, and all that meets them is counted
	Filters map[Facet][]string // any of the values of a facet, in every facet named
	Key     string             // only the entry of this key
	InForce bool               // only what is in force on Today
	Open    bool               // only what is in force on Today and has a last day to apply that is not over
	Today   string             // YYYY-MM-DD; empty: nothing has ended
	Region  string             // code of the reader's division: what is for it comes first
	Order   Order
	// Floor leaves out what matches less than this part of the best, in force or not.
	Floor  float64
	Least  float64 // leaves out what is less sure to answer than this: Sure, or SureWithin for one Key; 0: nothing
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
	Sure    float64 // how likely it is that it answers: see Sure
	Snippet []Part
}

// Page is a page of results.
type Page struct {
	Total   int      // with words at most 200: who looks further asks otherwise
	InForce int      // of them, on the day that was asked for
	Open    int      // of them, see Request.Open
	Results []Result //
	Answers bool     // something of it probably answers
	// Unrelated says that nothing answers, and that what has the words which do
	// stand somewhere has probably nothing to do with it.
	Unrelated bool
	Guessed   bool                     // words that stand nowhere were taken for others that sound alike
	Missing   []string                 // words of the question that stand in no entry, nor another word for them
	Counts    map[Facet]map[string]int // of all that was found
}

// hardly is how much of a question stands together in an entry that has
// nothing to do with it.
const hardly = 0.1

// Sure is how much a text says of what is asked for, in all and in its title and
// first lines, from which it probably answers: TestSureTellsRightFromWrong prints
// what it keeps and what it leaves out. The score tells which of several texts is
// meant, but not this.
const Sure = 0.18

// SureWithin is the score from which a text answers that the question is known
// to be about, whatever words it has that stand in no text.
const SureWithin = 0.78

// reader shows the index as it is now. Who asks for it closes it.
func (x *Index) reader() (index.IndexReader, error) {
	advanced, err := x.bleve.Advanced()
	if err != nil {
		return nil, err
	}
	return advanced.Reader()
}

// Search finds entries, best first. Any text will do.
func (x *Index) Search(ctx context.Context, req Request) (page *Page, err error) {
	now, err := x.reader()
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	defer func() { err = errors.Join(err, now.Close()) }()
	q, err := x.read(ctx, now, req.Text)
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(req.Text) == "" {
		return x.list(ctx, q, req)
	}
	all, page, err := x.find(ctx, now, q, req)
	if err != nil {
		return nil, err
	}
	page.Total = len(all)
	for _, f := range all {
		if !f.entry.over(req.Today) {
			page.InForce++
		}
		if f.entry.open(req.Today) {
			page.Open++
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

// find returns all that is found, in order, with a page that tells whether any of
// it answers.
func (x *Index) find(ctx context.Context, now index.IndexReader, q *question, req Request) (all []*found, page *Page, err error) {
	page = &Page{Guessed: len(q.guessed) > 0, Missing: q.missing, Counts: map[Facet]map[string]int{}}
	if len(q.terms) == 0 {
		return nil, page, nil
	}
	var worth []candidate
	if req.Key == "" {
		worth, err = x.candidates(ctx, now, q, req.Filters)
	} else {
		worth, err = only(now, req.Key)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("search: %w", err)
	}
	r := newReader(q)
	all = make([]*found, 0, len(worth))
	for _, c := range worth {
		e, err := entryAt(now, c.number)
		if err != nil {
			return nil, nil, fmt.Errorf("search: %w", err)
		}
		if req.InForce && e.over(req.Today) || req.Open && !e.open(req.Today) {
			continue
		}
		f := r.read(e)
		f.of(x.words.place(q, e))
		all = append(all, f)
	}
	page.Answers, page.Unrelated = q.answers(all)
	q.rank(all, req)
	slices.SortStableFunc(all, func(a, b *found) int {
		return cmp.Or(cmp.Compare(b.score, a.score), strings.Compare(a.entry.Key, b.entry.Key))
	})
	if req.Floor > 0 && len(all) > 0 {
		best := slices.MaxFunc(all, func(a, b *found) int { return cmp.Compare(a.match, b.match) })
		floor := best.match * req.Floor
		all = slices.DeleteFunc(all, func(f *found) bool {
			return f.match < floor || f.signals.around < hardly && f.exact == 0 // no passage says its number
		})
	}
	all = slices.DeleteFunc(all, func(f *found) bool {
		if req.Key != "" {
			return f.score < req.Least
		}
		return f.sure < req.Least
	})
	if req.Order != ByRelevance {
		slices.SortStableFunc(all, func(a, b *found) int { return req.Order.compare(a.entry, b.entry, req.Today) })
	}
	return all, page, nil
}

// only is the entry of a key as a candidate, none if it is not in the index.
func only(now index.IndexReader, key string) ([]candidate, error) {
	id, err := now.InternalID(key)
	if err != nil || id == nil {
		return nil, err
	}
	return []candidate{{number: int(id.Value()), score: 1}}, nil
}

// entryAt reads the entry of a number of the index.
func entryAt(now index.IndexReader, number int) (*Entry, error) {
	key, err := now.ExternalID(index.NewIndexInternalID(nil, uint64(number)))
	if err != nil {
		return nil, err
	}
	doc, err := now.Document(key)
	if err != nil {
		return nil, err
	}
	var body string
	if doc != nil { // else it is damaged, which decode says
		doc.VisitFields(func(f index.Field) { body = string(f.Value()) }) // only the body is stored
	}
	return decode(key, body)
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

// open tells whether an entry is in force on a day, and something of it can still
// be applied for until a day that it names.
func (e *Entry) open(today string) bool {
	return today != "" && !e.over(today) && len(e.Deadlines) > 0 && e.Deadlines[len(e.Deadlines)-1] >= today
}

// over tells whether an entry can not be had any more on a day.
func (e *Entry) over(today string) bool {
	if today == "" {
		return false
	}
	return e.Ended || e.Expires != "" && e.Expires < today[:min(len(today), len(e.Expires))]
}
