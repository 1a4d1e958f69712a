package search

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	index "github.com/blevesearch/bleve_index_api"
)

// guessed is a part of a question that stands in no entry, and a word that may
// have been meant.
type guessed struct{ typed, meant string }

// miss notes the words of a question, and which of them stand nowhere, where known
// tells in how many entries there is another word for a term. Characters for which
// jieba knows no word are none; a place is no matter of words, nor is how many.
func (q *question) miss(x *Index, kept []run, known map[int]uint64) {
	note := func(word string, of []int) {
		if slices.Contains(q.content, word) || len(of) == 0 {
			return
		}
		q.content = append(q.content, word)
		if !slices.ContainsFunc(of, func(t int) bool { return q.terms[t].docs > 0 || known[t] > 0 }) {
			q.missing = append(q.missing, word)
		}
	}
	for _, one := range kept {
		if !one.han {
			q.units = append(q.units, one.text)
			if strings.Trim(one.text, "0123456789") != "" { // a number is how much of something
				note(one.text, q.typed(one.text))
			}
			continue
		}
		chars := []rune(one.text)
		for _, u := range x.analyzer.units(one.text) {
			word := string(chars[u.start:u.end])
			if u.end-u.start > 1 {
				q.units = append(q.units, word)
			}
			if u.known && !strings.HasPrefix(word, "一") && !strings.Contains(word, "几") && len(x.words.rules.PlacesIn(word)) == 0 {
				note(word, q.typed(word))
			}
		}
	}
}

// answers tells whether any of what was read probably answers, whether it can
// still be had or not. If not, it is unrelated where half of the words of the
// question stand nowhere, or where this is the name of a thing in so few words that
// a text about it says most of them.
func (q *question) answers(all []*found) (answers, unrelated bool) {
	least := Sure
	strange := len(q.missing) > 0 && 2*len(q.missing) >= len(q.content)
	if strange {
		least = strangeSure
	}
	answers = slices.ContainsFunc(all, func(f *found) bool { return f.sure >= least || q.exactly(f.entry) > 0 })
	question := q.counted > q.asked // words of asking
	return answers, !answers && (strange || len(q.content) <= fewWords && !question)
}

const (
	fewWords    = 2        // are the name of a thing
	strangeSure = 2 * Sure // what the other half of the words must say
)

// Similar is another search, near the one that was asked, that finds what
// probably answers it.
type Similar struct {
	Text    string
	Meant   string   // the word in it that was probably meant; "": none
	Without []string // words of the question that are left out, in order
	Count   int      // entries
}

// mostSimilar is how many are offered, and mostTried how many are looked for.
const (
	mostSimilar = 3
	mostTried   = 6
)

// Similar finds what may have been meant: with words that sound alike, or are
// written alike, in place of those that stand nowhere; without these; and if all
// stand somewhere, one word after the other. Of what is answered, only what was
// probably meant is of use.
func (x *Index) Similar(ctx context.Context, req Request, answered bool) (all []Similar, err error) {
	tried, err := x.near(ctx, req.Text)
	if err != nil {
		return nil, err
	}
	if answered {
		tried = slices.DeleteFunc(tried, func(s Similar) bool { return s.Meant == "" })
	}
	req.Offset, req.Limit = 0, 0
	for _, s := range tried[:min(len(tried), mostTried)] {
		req.Text = s.Text
		page, err := x.Search(ctx, req)
		if err != nil {
			return nil, err
		}
		if s.Count = page.Total; page.Answers {
			all = append(all, s)
		}
		if len(all) == mostSimilar {
			break
		}
	}
	return all, nil
}

// near lists other ways to ask, the nearest first.
func (x *Index) near(ctx context.Context, text string) (all []Similar, err error) {
	now, err := x.reader()
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	defer func() { err = errors.Join(err, now.Close()) }()
	q, err := x.read(ctx, now, text)
	if err != nil {
		return nil, err
	}
	text = simplify(middle(text, maxQuestion))
	add := func(other, meant string) {
		known := func(s Similar) bool { return s.Text == other }
		if other == "" || flat(other) == q.flat || slices.ContainsFunc(all, known) {
			return
		}
		s := Similar{Text: other, Meant: meant}
		for _, word := range q.units {
			if meant == "" && !strings.Contains(flat(other), word) {
				s.Without = append(s.Without, word)
			}
		}
		all = append(all, s)
	}
	for _, g := range slices.Concat(q.guessed, q.almost(x)) {
		found, err := stands(ctx, now, g.meant)
		if err != nil {
			return nil, err
		}
		if found {
			add(strings.Replace(text, g.typed, g.meant, 1), g.meant)
		}
	}
	left := slices.DeleteFunc(slices.Clone(q.content), func(w string) bool { return slices.Contains(q.missing, w) })
	add(strings.Join(left, " "), "")
	slices.SortStableFunc(left, func(a, b string) int { // what says most comes first
		return utf8.RuneCountInString(b) - utf8.RuneCountInString(a)
	})
	for _, word := range left {
		add(word, "")
	}
	return all, nil
}

// almost are the words that were typed but for one character, where that made a
// pair which stands nowhere and something that jieba knows no word for.
func (q *question) almost(x *Index) []guessed {
	var all []guessed
	for _, r := range runs(q.flat) {
		if !r.han {
			continue
		}
		chars, units := []rune(r.text), x.analyzer.units(r.text)
		for _, h := range x.words.sounds.near(r.text) {
			at := h.start
			for _, c := range h.word {
				if chars[at] != c {
					break
				}
				at++
			}
			odd := func(u unit) bool { return !u.known && u.start <= at && at < u.end }
			if slices.ContainsFunc(units, odd) && q.unknown(r.text, h) {
				all = append(all, guessed{string(chars[h.start:h.end]), h.word})
			}
		}
	}
	return all
}

// stands tells whether all pairs of a word stand in entries.
func stands(ctx context.Context, r index.IndexReader, word string) (bool, error) {
	var terms []term
	pairs(word, func(pair string) { terms = append(terms, term{text: pair}) })
	err := weigh(ctx, r, terms)
	return !slices.ContainsFunc(terms, func(t term) bool { return t.docs == 0 }), err
}
