package audience

import (
	"github.com/RoaringBitmap/roaring/v2"

	"policypush/internal/domain"
)

// Query asks for the audience of a policy.
type Query struct {
	// Measures holds the criteria of each measure, see domain.Policy.CriteriaOf.
	// Who meets those of one measure is concerned.
	Measures []domain.Criteria
	Themes   []string // of the policy: who subscribed to one of them is interested
	Text     string   // title and text: whose keyword occurs in it is interested
	AsOf     string   // YYYY-MM-DD, for ages
	// Everyone leaves interest aside, for a statutory notice. Who paused is
	// left out all the same.
	Everyone bool
	// Without are those who are left out whatever else holds: who was told
	// already, who is blocked. Nil is nobody. It is only read.
	Without *roaring.Bitmap
}

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

// Validate refuses a query that is deeper or larger than the index answers. An
// answer without it takes what lies beyond the bounds for unknown, as a
// condition that cannot be read is.
func (q *Query) Validate() error {
	_, err := domain.ValidateAll(q.Measures)
	return err
}

// Result is an audience: those whose facts all say yes, and those for whom a
// fact is missing. No one is in both. The caller owns the bitmaps.
type Result struct {
	Likely   *roaring.Bitmap
	Possible *roaring.Bitmap
}

// Counts returns the sizes of the sets.
func (r Result) Counts() Counts {
	return Counts{int(r.Likely.GetCardinality()), int(r.Possible.GetCardinality())}
}

// Evaluate returns the audience of a query.
func (x *Index) Evaluate(q Query) Result {
	var found []collector
	x.answer(&q, func(workers int) { found = collectors(workers) }, func(worker int, c *chunk, got pair) {
		found[worker].add(c, got)
	})
	return gather(found)
}

// Counts says how large an audience is: how many are in each set of a Result.
type Counts struct{ Likely, Possible int }

// Count returns the size of the audience of a query, in a tenth of the time of
// Evaluate: it does not ask who they are.
func (x *Index) Count(q Query) Counts {
	var counts []Counts
	x.answer(&q, func(workers int) { counts = make([]Counts, workers) }, func(worker int, _ *chunk, got pair) {
		likely, possible := countBoth(got.sure, got.may)
		counts[worker].Likely += likely
		counts[worker].Possible += possible
	})
	var sum Counts
	for _, c := range counts {
		sum.Likely += c.Likely
		sum.Possible += c.Possible
	}
	return sum
}

// patience is how often an answer is begun again because a code came up that
// nobody had before. Then changes have to wait for it.
const patience = 3

// answer finds the audience of a query. begin is called before the first sink,
// see state.each, with the number of workers; and again if all that was found
// has to be forgotten, because the dictionary grew under the query.
func (x *Index) answer(q *Query, begin func(workers int), sink func(worker int, c *chunk, got pair)) {
	var without idSet
	if q.Without != nil {
		without = idSetOf(q.Without)
		defer without.free()
	}
	for try := 1; ; try++ {
		if try > patience {
			x.writing.Lock()
			defer x.writing.Unlock()
		}
		held := x.held.Load()
		var words []uint32
		if !q.Everyone && q.Text != "" {
			words = held.words.match(q.Text)
		}
		p := newPlan(held.dictionary, q, words)
		p.without = without
		n := workers()
		begin(n)
		held.each(p, n, sink)
		if held.dictionary.version.Load() == p.version {
			if len(p.missed) > 0 {
				x.learn(held, p.missed)
			}
			return
		}
	}
}
