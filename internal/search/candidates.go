package search

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	index "github.com/blevesearch/bleve_index_api"
)

// budget is how many postings a question may read: beyond it its commonest
// terms only count when the candidates are ranked.
const budget = 120_000

// What a term counts in a title, beside 1 in the text, and what a long word
// does.
const (
	titleBoost = 1.0
	wordBoost  = 0.5
)

// deepest is how many candidates are read and ranked.
const deepest = 150

// candidate is an entry that may be worth reading.
type candidate struct {
	number int // of the entry in the index
	score  float64
}

// tally is what the terms of a question say of one entry.
type tally struct {
	score float32
	terms uint32
}

// tallies adds up, entry by entry, what the terms of a question say. One term
// after the other is read from end to end: that needs a place for every entry
// of the index, and nothing else.
type tallies struct {
	x       *Index
	r       index.IndexReader
	meets   marks // the filters; nil if there are none
	entries uint64
	of      []tally // by number of the entry
	asked   int     // terms
}

// candidates finds the entries that are worth reading, the best first, by BM25
// over the terms in the text and in the title, and by how many there are. What
// bears the number that was typed is among them.
func (x *Index) candidates(ctx context.Context, r index.IndexReader, q *question, filters map[Facet][]string) ([]candidate, error) {
	n, err := r.DocCount()
	if err != nil {
		return nil, fmt.Errorf("count entries: %w", err)
	}
	meets, err := meet(ctx, r, filters)
	if err != nil {
		return nil, err
	}
	t := &tallies{x: x, r: r, meets: meets, entries: n, of: make([]tally, n)}
	for _, one := range q.affordable() {
		if err := t.add(ctx, textField, one.text, one.weight); err != nil {
			return nil, err
		}
		if one.word {
			continue
		}
		if err := t.add(ctx, titleField, one.text, one.weight*titleBoost); err != nil {
			return nil, err
		}
	}
	var named marks
	if q.number != "" {
		if err := named.take(ctx, r, numberField, q.number); err != nil {
			return nil, err
		}
	}
	return t.best(named), nil
}

// affordable are the terms and long words that are looked for, the rarest first.
// The words of asking are not: they only count when the candidates are ranked.
func (q *question) affordable() []term {
	all := slices.DeleteFunc(slices.Concat(q.terms[:q.asked], q.terms[q.counted:], q.words), func(t term) bool { return t.docs == 0 })
	slices.SortStableFunc(all, func(a, b term) int { return cmp.Compare(a.docs, b.docs) })
	read := uint64(0)
	for i, t := range all {
		if read += t.docs; i >= 4 && read > budget {
			return all[:i]
		}
	}
	return all
}

// add reads where a term stands in a field.
func (t *tallies) add(ctx context.Context, field, text string, boost float64) error {
	t.asked++
	length, err := t.x.length(ctx, t.r, field, t.entries)
	if err != nil {
		return err
	}
	weight := -1.0
	return postings(ctx, t.r, field, text, true, func(docs uint64, p *index.TermFieldDoc) {
		if weight < 0 {
			idf := inverse(t.entries, docs)
			weight = boost * idf * idf
		}
		at := int(p.ID.Value()) // far below the limit
		if t.meets != nil && !t.meets.has(at) {
			return
		}
		if more := at + 1 - len(t.of); more > 0 { // of those that were replaced some numbers are left
			t.of = append(t.of, make([]tally, more+len(t.of))...)
		}
		often := math.Sqrt(float64(p.Freq))
		long := 1 / (p.Norm * p.Norm) / length
		one := &t.of[at]
		one.score += float32(weight * often / (often + k1*(1-indexLengths+indexLengths*long)))
		one.terms++
	})
}

// indexLengths is how much the length of an entry counts for the candidates.
const indexLengths = 0.75

// average is how long the texts of a field are on average, in terms, and of
// how many entries.
type average struct {
	length  float64
	entries uint64
}

// length is how long the texts of a field are on average. It is measured again
// when the number of entries has changed by a part of it.
func (x *Index) length(ctx context.Context, r index.IndexReader, field string, entries uint64) (float64, error) {
	x.lengths.Lock()
	defer x.lengths.Unlock()
	known := x.averages[field]
	if known.entries > 0 && max(known.entries, entries)-min(known.entries, entries) <= known.entries/sameAverage {
		return known.length, nil
	}
	sum, n := 0.0, 0.0
	err := postings(ctx, r, field, everyone, true, func(_ uint64, p *index.TermFieldDoc) {
		sum += 1 / (p.Norm * p.Norm)
		n++
	})
	if err != nil {
		return 0, err
	}
	known = average{max(1, sum/max(1, n)), entries}
	x.averages[field] = known
	return known.length, nil
}

// sameAverage is the part of all entries that may come or go before the
// lengths are measured again.
const sameAverage = 16

// best returns the best of those that meet the filters, and those that bear
// the number.
func (t *tallies) best(named marks) []candidate {
	var all []candidate
	least := 0.0
	for at := range t.of {
		score := t.score(at)
		if score <= least || named.has(at) {
			continue
		}
		all = append(all, candidate{at, score})
		if len(all) == 4*deepest {
			all = foremost(all)
			least = all[deepest-1].score
		}
	}
	all = foremost(all)
	for at := range 64 * len(named) {
		if named.has(at) && (t.meets == nil || t.meets.has(at)) {
			all = append(all, candidate{at, t.score(at)})
		}
	}
	return all
}

// score is what all terms say of an entry.
func (t *tallies) score(at int) float64 {
	if at >= len(t.of) {
		return 0
	}
	return float64(t.of[at].score) * float64(t.of[at].terms) / float64(max(1, t.asked))
}

// foremost leaves the best, those that came first of equal ones.
func foremost(all []candidate) []candidate {
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(b.score, a.score) })
	return all[:min(deepest, len(all))]
}

// marks are numbers of entries, a bit for each.
type marks []uint64

func (m marks) has(at int) bool { return at>>6 < len(m) && m[at>>6]&(1<<(at&63)) != 0 }

// take adds the entries in which a term stands in a field.
func (m *marks) take(ctx context.Context, r index.IndexReader, field, text string) error {
	return postings(ctx, r, field, text, false, func(_ uint64, p *index.TermFieldDoc) {
		at := int(p.ID.Value()) // far below the limit
		if more := at>>6 + 1 - len(*m); more > 0 {
			*m = append(*m, make(marks, more)...)
		}
		(*m)[at>>6] |= 1 << (at & 63)
	})
}

// meet returns what has any of the values of a facet, in every facet named;
// nil if none is.
func meet(ctx context.Context, r index.IndexReader, asked map[Facet][]string) (marks, error) {
	var all marks
	for facet, values := range asked {
		if len(values) == 0 {
			continue
		}
		one := marks{}
		for _, v := range values {
			if err := one.take(ctx, r, string(facet), v); err != nil {
				return nil, err
			}
		}
		if all == nil {
			all = one
			continue
		}
		all = all[:min(len(all), len(one))]
		for i := range all {
			all[i] &= one[i]
		}
	}
	return all, nil
}

// postings calls fn for every entry in which a term stands in a field, with
// the number of all of them.
func postings(ctx context.Context, r index.IndexReader, field, text string, often bool, fn func(docs uint64, p *index.TermFieldDoc)) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	found, err := r.TermFieldReader(ctx, []byte(text), field, often, often, false)
	if err != nil {
		return fmt.Errorf("look up term: %w", err)
	}
	defer func() { err = errors.Join(err, found.Close()) }()
	docs := found.Count()
	var room index.TermFieldDoc
	for {
		p, err := found.Next(&room)
		if p == nil || err != nil {
			return err
		}
		fn(docs, p)
	}
}
