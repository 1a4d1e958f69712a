package search

import (
	"context"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/search/query"
	index "github.com/blevesearch/bleve_index_api"

	"policypush/rules"
)

// Bounds of what a question may cost, whatever is typed.
const (
	maxQuestion = 300 // characters that are read
	maxTerms    = 150 // pairs, numbers and foreign words
	maxPhrases  = 16  // synonyms and words of the same sound
	maxPlaces   = 12  // by their full names, and as many as people say them
)

// term is a pair, a number or a foreign word that was asked for.
type term struct {
	text   string
	idf    float64
	docs   uint64
	weight float64 // less than 1 for what was guessed
	word   bool    // a long word, which is not looked for in titles
}

// phrase is another word for something that was asked for.
type phrase struct {
	text   string
	terms  []int   // its pairs, in order
	means  []int   // the terms that were typed for it
	weight float64 // what it counts for, beside them
}

// question is what is looked for.
type question struct {
	flat    string
	number  string // a document number, or ""
	terms   []term
	words   []term // long words, for the candidates only
	extra   []phrase
	asked   int // terms before this one say what is asked for
	counted int // those between are the words with which it is asked; the others are parts of phrases
	places  []*rules.Place
	called  []string       // what they are called there, without 省 and 市
	said    []*rules.Place // places that may be meant too
	total   float64        // idf of what is asked for
	unseen  float64        // what does not count of it, since no entry has it
	asking  float64        // idf of the words with which it is asked
	average float64        // how long an entry is
	byText  map[string]int
	age     int              // that is asked for; 0: none
	ages    [3]int           // phrases, as ageWeights
	wants   []*regexp.Regexp // answers of the kind that is asked for
	names   bool             // numbers may be names: 18号
	numbers map[string]bool  // those that are

	units   []string  // of two characters and more, in order
	content []string  // the words that say what is asked for, without places
	missing []string  // those of them that stand in no entry, nor another word for them
	guessed []guessed // what was probably meant
}

// read makes a question of what was typed.
func (x *Index) read(ctx context.Context, r index.IndexReader, text string) (*question, error) {
	text = simplify(middle(text, maxQuestion))
	q := &question{flat: flat(text), number: x.words.number(text), byText: map[string]int{}, wants: answers(text)}
	all := runs(text)
	q.numbers = map[string]bool{}
	for _, m := range numbers.FindAllStringSubmatch(text, -1) {
		q.numbers[m[1]] = true
	}
	q.names = naming.MatchString(text) || !slices.ContainsFunc(all, func(r run) bool { return r.han })
	kept := strips(all)
	var spelt []spelling
	var alone []synonym
	for i, one := range kept {
		if !one.han {
			if len(one.text) <= maxForeign {
				q.add(one.text, 1)
			}
			if utf8.RuneCountInString(one.text) >= 3 {
				spelt = append(spelt, spelling{one.text, x.words.sounds.typed(one.text)})
			}
			if i == 0 || kept[i-1].han { // syllables may be typed one by one
				if letters := together(kept[i:]); strings.Contains(letters, " ") {
					spelt = append(spelt, spelling{letters, x.words.sounds.typed(strings.ReplaceAll(letters, " ", ""))})
				}
			}
			continue
		}
		for _, w := range x.analyzer.segment.Words(one.text) {
			if w.End-w.Start == 1 {
				alone = append(alone, x.words.alone(one.text, w.Start)...)
			}
			if w.End-w.Start >= longWord {
				q.words = append(q.words, term{text: w.Text, weight: wordBoost, word: true})
			}
		}
		pairs(one.text, func(pair string) { q.add(pair, 1) })
	}
	q.asked = len(q.terms)
	for _, one := range all { // a text that answers in the words of the question is more likely to be meant
		if one.han {
			pairs(one.text, func(pair string) {
				if len(q.terms) < maxTerms {
					q.add(pair, 1)
				}
			})
		}
	}
	q.counted = len(q.terms)
	if err := weigh(ctx, r, q.terms, q.words); err != nil {
		return nil, err
	}
	for _, s := range spelt {
		for _, word := range s.words {
			q.guess(x.words, word, speltWeight, q.typed(s.letters))
		}
	}
	q.addAge(text)
	var others []synonym
	for _, one := range kept {
		if one.han {
			q.expand(x.words, one.text)
			others = append(others, x.words.synonyms(one.text)...)
		} else if word := spelled(one.text); word != "" {
			q.phrase(word, numeralWeight, q.typed(one.text))
		}
	}
	for _, other := range turns(append(others, alone...)) {
		means, weight := q.typed(other.of), synonymWeight
		if slices.ContainsFunc(means, func(t int) bool { return q.terms[t].docs == 0 }) {
			weight = onlyWeight
		}
		q.phrase(other.word, weight, means)
	}
	for _, one := range kept {
		if one.han {
			q.expandPairs(x, one.text)
		}
	}
	if err := weigh(ctx, r, q.terms[q.asked:]); err != nil {
		return nil, err
	}
	n, err := r.DocCount()
	if err != nil {
		return nil, fmt.Errorf("count entries: %w", err)
	}
	if q.average, err = x.length(ctx, r, textField, n); err != nil {
		return nil, err
	}
	known := q.otherwise()
	q.miss(x, kept, known)
	for i := range q.terms {
		t := &q.terms[i]
		switch {
		case t.docs > 0:
		case known[i] > 0:
			t.idf = inverse(n, known[i])
		case q.asked <= i && i < q.counted: // nobody asks so
			t.idf = 0
		default:
			if i < q.asked {
				q.unseen += (1 - unseenPart) * t.idf
			}
			t.idf *= unseenPart
		}
		t.idf *= t.weight
		switch {
		case i < q.asked:
			q.total += t.idf
		case i < q.counted:
			q.asking += t.idf
		}
	}
	for _, m := range x.words.rules.PlacesIn(text) {
		q.places = append(q.places, m.Places...)
		q.called = append(q.called, called(text[m.Start:m.End]))
	}
	q.places, q.said = fewPlaces(q.places), fewPlaces(x.words.rules.PlacesSaid(text))
	return q, nil
}

// naming is a question in which a number is a name.
var naming = regexp.MustCompile(`号|[〔\[【（(﹝［]\s?(?:19|20)[0-9]{2}\s?[〕\]】）)﹞］]`)

// numbers are numbers that are names.
var numbers = regexp.MustCompile(`([0-9]+)\s?号`)

// called is the name of a place as it stands in texts that begin with others.
func called(name string) string {
	for _, level := range []string{"省", "市"} {
		if short, ok := strings.CutSuffix(name, level); ok && utf8.RuneCountInString(short) >= 2 {
			return short
		}
	}
	return name
}

// otherwise is in how many entries there may be, at most, another word for a
// term that was typed and stands nowhere.
func (q *question) otherwise() map[int]uint64 {
	docs := map[int]uint64{}
	for _, p := range q.extra {
		if len(p.terms) == 0 {
			continue
		}
		least := q.terms[p.terms[0]].docs
		for _, t := range p.terms {
			least = min(least, q.terms[t].docs)
		}
		for _, t := range p.means {
			docs[t] = max(docs[t], least)
		}
	}
	return docs
}

// fewPlaces leaves the first of different places.
func fewPlaces(all []*rules.Place) []*rules.Place {
	var few []*rules.Place
	for _, p := range all {
		if !slices.Contains(few, p) && len(few) < maxPlaces {
			few = append(few, p)
		}
	}
	return few
}

// spelling are the words that letters may spell.
type spelling struct {
	letters string
	words   []string
}

// together are the runs that follow each other without a Chinese one, parted by
// blanks.
func together(all []run) string {
	n := 0
	for n < len(all) && !all[n].han {
		n++
	}
	words := make([]string, n)
	for i := range words {
		words[i] = all[i].text
	}
	return strings.Join(words, " ")
}

// typed returns the numbers of the terms of a run that was typed, or of a part
// of it.
func (q *question) typed(part string) []int {
	var means []int
	note := func(term string) {
		if at, ok := q.byText[term]; ok && at < q.asked {
			means = append(means, at)
		}
	}
	for _, r := range runs(part) {
		if r.han {
			pairs(r.text, note)
		} else {
			note(r.text)
		}
	}
	return means
}

// strips takes the words of asking out, unless nothing else is there.
func strips(all []run) []run {
	var kept []run
	for _, one := range all {
		if !one.han {
			kept = append(kept, one)
			continue
		}
		for _, part := range strip(one.text) {
			kept = append(kept, run{part, true})
		}
	}
	if len(kept) == 0 {
		return all
	}
	return kept
}

// middle takes the middle out of a text that is too long: people say at the
// beginning what it is about, or at the end what they want to know.
func middle(s string, chars int) string {
	all := []rune(s)
	if len(all) <= chars {
		return s
	}
	return string(all[:chars/2]) + "\n" + string(all[len(all)-chars/2:])
}

// add makes a term known and returns its number, or -1 if there are too many.
func (q *question) add(text string, weight float64) int {
	if at, ok := q.byText[text]; ok {
		q.terms[at].weight = max(q.terms[at].weight, weight)
		return at
	}
	if len(q.terms) >= maxTerms+maxPhrases*maxSpoken {
		return -1
	}
	if q.asked == 0 && len(q.terms) >= maxTerms {
		return -1
	}
	q.byText[text] = len(q.terms)
	q.terms = append(q.terms, term{text: text, weight: weight})
	return len(q.terms) - 1
}

// phrase adds another word for something.
func (q *question) phrase(text string, weight float64, means []int) {
	if len(q.extra) >= maxPhrases || utf8.RuneCountInString(text) > maxSpoken {
		return
	}
	p := phrase{text: text, means: means, weight: weight}
	for _, r := range runs(text) {
		if !r.han {
			p.terms = append(p.terms, q.add(r.text, weight))
			continue
		}
		pairs(r.text, func(pair string) { p.terms = append(p.terms, q.add(pair, weight)) })
	}
	if len(p.terms) > 0 && !slices.Contains(p.terms, -1) {
		q.extra = append(q.extra, p)
	}
}

// What a guessed word counts for, beside 1 for a word that was typed.
const (
	speltWeight   = 0.9 // typed by its sound in Latin letters
	soundWeight   = 0.8 // sounds like what was typed, which nobody writes
	synonymWeight = 0.5
	onlyWeight    = 0.9 // another word for one that no document uses
	numeralWeight = 0.8 // the same number, written otherwise
	// unseenPart is what counts of a pair that stands nowhere: it tells
	// entries apart no more, but makes the question harder to answer.
	unseenPart = 0.3
)

// expand adds how the numbers of a run are written otherwise, and for a part
// that stands in no document what sounds the same.
func (q *question) expand(w *words, text string) {
	chars := []rune(text)
	for _, h := range w.sounds.misspelt(text) {
		if q.unknown(text, h) {
			q.sounded(w, string(chars[h.start:h.end]), h.word)
		}
	}
	for _, n := range numerals(text) {
		q.phrase(n.word, numeralWeight, q.typed(n.of))
	}
}

// guess adds a word that was probably meant, and what it is called otherwise.
func (q *question) guess(w *words, word string, weight float64, means []int) {
	q.phrase(word, weight, means)
	for _, other := range w.synonyms(word) {
		q.phrase(other.word, weight*synonymWeight, means)
	}
}

// sounded adds a word that sounds like a part of the question.
func (q *question) sounded(w *words, typed, word string) {
	one := guessed{typed, word}
	if slices.Contains(q.guessed, one) {
		return
	}
	q.guess(w, word, soundWeight, q.typed(typed))
	q.guessed = append(q.guessed, one)
}

// expandPairs adds for what jieba knows no word for, and stands in no document,
// the words of two characters that sound the same; where expand has found a longer
// one, only parts of it.
func (q *question) expandPairs(x *Index, text string) {
	chars := []rune(text)
	for _, one := range x.analyzer.units(text) {
		if one.known {
			continue
		}
		for _, h := range x.words.sounds.misspeltPairs(chars, one) {
			typed := string(chars[h.start:h.end])
			longer := func(g guessed) bool { return g.typed != typed && strings.Contains(g.typed, typed) }
			same := func(g guessed) bool { return longer(g) && strings.Contains(g.meant, h.word) }
			if q.unknown(text, h) && (slices.ContainsFunc(q.guessed, same) || !slices.ContainsFunc(q.guessed, longer)) {
				q.sounded(x.words, typed, h.word)
			}
		}
	}
}

// unknown tells whether a pair within a part of a run stands in no document.
func (q *question) unknown(text string, h homophone) bool {
	part := string([]rune(text)[h.start:h.end])
	found := false
	pairs(part, func(pair string) {
		if at, ok := q.byText[pair]; ok && q.terms[at].docs == 0 {
			found = true
		}
	})
	return found
}

// weigh looks up in how many entries terms stand.
func weigh(ctx context.Context, r index.IndexReader, lists ...[]term) error {
	n, err := r.DocCount()
	if err != nil {
		return fmt.Errorf("count entries: %w", err)
	}
	for _, list := range lists {
		for i := range list {
			t := &list[i]
			tfr, err := r.TermFieldReader(ctx, []byte(t.text), textField, false, false, false)
			if err != nil {
				return fmt.Errorf("look up term: %w", err)
			}
			t.docs = tfr.Count()
			if err := tfr.Close(); err != nil {
				return fmt.Errorf("look up term: %w", err)
			}
			t.idf = inverse(n, t.docs)
		}
	}
	return nil
}

// inverse is what a term counts that stands in some of all entries.
func inverse(all, docs uint64) float64 {
	return math.Log(1 + (float64(all)-float64(docs)+0.5)/(float64(docs)+0.5))
}

func termQuery(field, text string, boost float64) query.Query {
	t := bleve.NewTermQuery(text)
	t.SetField(field)
	t.SetBoost(boost)
	return t
}
