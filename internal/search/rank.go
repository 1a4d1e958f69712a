package search

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// signals is what reading an entry tells about it, each from 0 to 1 or a
// little more.
type signals struct {
	bm25   float64 // BM25 over the whole entry, as a part of what is possible
	near   float64 // how much stands within a sentence
	around float64 // how much stands within a paragraph
	lead   float64 // how much stands in the title and the first lines
	single float64 // how many of the characters stand in it
	order  float64 // how much of the question stands there word after word
	place  float64 // 1: of the place that was asked for, -1: of another
	first  float64 // what the index says, as a part of its best
}

// weights were set on questions of our own: TestQuality and TestQualityAmong
// show what they reach.
var weights = signals{
	bm25: 2.2, near: 0.3, around: 0.3, lead: 0.7, single: 0.15, order: 0.6, place: 0.5, first: 0.1,
}

func (s *signals) score() float64 {
	w := &weights
	return w.bm25*s.bm25 + w.near*s.near + w.around*s.around + w.lead*s.lead +
		w.single*s.single + w.order*s.order + w.place*s.place + w.first*s.first
}

// Windows in characters, the parameters of BM25, and what an answer of the kind
// that is asked for counts in what is shown, beside the whole question.
const (
	sentence  = 50
	paragraph = 160
	leading   = 180
	gap       = 20 // between passages
	k1        = 1.2
	lengths   = 0.7

	answerPart = 0.4
	madePart   = 1.2 // measures and answers are made to be read
	samePart   = 0.5 // an answer to the very question
)

// hit is a term of the question at a place of an entry.
type hit struct {
	at      int // character, gaps between passages counted
	term    int // number of the term, or that of the phrase after all terms
	passage int // -1: the title
	start   int // character of the passage
}

// reader finds the terms of one question in entries. It serves one goroutine.
type reader struct {
	q      *question
	pairs  map[uint64]int
	others map[string]int // foreign words, numbers and single characters
	single map[rune]bool
	steps  map[int][]step  // where a term stands in a phrase
	chars  [1 << 10]uint64 // one bit for each character of a pair, by its last 16 bits

	counts []int
	often  []float64 // per term that was typed, with what stands for it
	seen   []float64
	within []int // how often each stands in a stretch
	hits   []hit
	places []int // per phrase: at which place its part ended
	parts  []int // per phrase: how many of its terms are there

	worths []float64 // per term and phrase, in a window
	words  [][]int   // per term and phrase: the words that it ends
	last   []int     // per word: where it stood last
	after  []bool    // per word: that the next one follows it, and then the one after that
	alike  [][]int   // per phrase: those that stand for the same words, itself too
}

// step is a term of a phrase.
type step struct{ phrase, part int }

func newReader(q *question) *reader {
	r := &reader{
		q: q, pairs: map[uint64]int{}, others: map[string]int{}, single: map[rune]bool{}, steps: map[int][]step{},
		often: make([]float64, q.asked), seen: make([]float64, q.asked),
		counts: make([]int, len(q.terms)+len(q.extra)), within: make([]int, len(q.terms)+len(q.extra)), places: make([]int, len(q.extra)), parts: make([]int, len(q.extra)),
	}
	for i, t := range q.terms {
		chars := []rune(t.text)
		if len(chars) == 2 && isHan(chars[0]) {
			r.pairs[pairKey(chars[0], chars[1])] = i
			r.mark(chars[0])
			r.mark(chars[1])
		} else {
			r.others[t.text] = i
		}
		if i < q.asked && isHan(chars[0]) {
			for _, c := range chars {
				r.single[c] = false
				r.mark(c)
			}
		}
	}
	for j, p := range q.extra {
		for k, t := range p.terms {
			r.steps[t] = append(r.steps[t], step{j, k})
		}
	}
	r.weigh()
	r.words = make([][]int, len(q.terms)+len(q.extra))
	for w, pair := range q.order {
		t, ok := q.byText[pair]
		if !ok {
			continue
		}
		r.words[t] = append(r.words[t], w)
		for j, p := range q.extra {
			if slices.Contains(p.means, t) {
				r.words[len(q.terms)+j] = append(r.words[len(q.terms)+j], w)
			}
		}
	}
	r.last, r.after = make([]int, len(q.order)), make([]bool, 2*len(q.order))
	return r
}

// behind is how many characters after a word the next one must end to follow it.
const behind = 20

// inOrder tells how much of the question stands word after word, as it was
// asked: 企业招毕业生 is not what 毕业生办企业 says.
func (r *reader) inOrder() float64 {
	for w := range r.last {
		r.last[w] = -behind - 1
	}
	clear(r.after)
	for _, h := range r.hits {
		for _, w := range r.words[h.term] {
			r.last[w] = h.at
			for n := 1; n <= 2 && n <= w; n++ {
				if h.at-r.last[w-n] <= behind {
					r.after[2*(w-n)+n-1] = true
				}
			}
		}
	}
	sum, all := 0.0, 0.0
	for w, pair := range r.q.order {
		for n := 1; n <= 2 && w+n < len(r.q.order); n++ {
			worth := min(r.worth(pair), r.worth(r.q.order[w+n]))
			all += worth
			if r.after[2*w+n-1] {
				sum += worth
			}
		}
	}
	if all == 0 {
		return 1
	}
	return sum / all
}

// worth is what a term counts that was typed.
func (r *reader) worth(pair string) float64 {
	if t, ok := r.q.byText[pair]; ok {
		return r.q.terms[t].idf
	}
	return 0
}

func (r *reader) mark(c rune) { r.chars[uint16(c)>>6] |= 1 << (c & 63) }

// maybe tells whether a character may be of the question: a quick no for most.
func (r *reader) maybe(c rune) bool { return r.chars[uint16(c)>>6]&(1<<(c&63)) != 0 }

func pairKey(a, b rune) uint64 { return uint64(uint32(a))<<32 | uint64(uint32(b)) }

// found is an entry as it was read.
type found struct {
	entry   *Entry
	signals signals
	length  int
	tf      []float64 // per term that was typed
	first   float64   // the score of the index
	exact   float64   // see exactly
	match   float64   // how well it matches, whether it can be had or not
	score   float64
}

// read looks for the question in an entry.
func (r *reader) read(e *Entry) *found {
	f := &found{entry: e}
	clear(r.counts)
	r.hits = r.hits[:0]
	for j := range r.places {
		r.places[j], r.parts[j] = -10, 0
	}
	for c := range r.single {
		r.single[c] = false
	}
	at := r.scan(e.Title, -1, 0) + gap
	for i, p := range e.Passages {
		at = r.scan(p.Text, i, at) + gap
	}
	f.length = at
	q := r.q
	s := &f.signals
	total := max(q.total, 1e-9)
	r.credit()
	f.tf = append([]float64(nil), r.often...)
	s.lead = r.leads(total)
	s.order = r.inOrder()
	s.near, s.around = r.window(sentence)/total, r.window(paragraph)/total
	if n := len(r.single); n > 0 {
		chars := 0
		for _, there := range r.single {
			if there {
				chars++
			}
		}
		s.single = float64(chars) / float64(n)
	}
	return f
}

// leads tells how much stands in the title and the first lines.
func (r *reader) leads(total float64) float64 {
	n := 0
	for n < len(r.hits) && r.hits[n].at <= leading {
		n++
	}
	return r.distinct(r.hits[:n], total)
}

// credit tells how often the terms that were typed stand in the entry: where
// another word is there for them, a part of a time.
func (r *reader) credit() {
	for j := range r.often {
		r.often[j] = float64(r.counts[j])
	}
	for i, p := range r.q.extra {
		n := float64(r.counts[len(r.q.terms)+i]) * p.weight
		for _, t := range p.means {
			r.often[t] += n
		}
	}
}

// distinct is what different terms among hits are worth, as a part of a total.
func (r *reader) distinct(hits []hit, total float64) float64 {
	clear(r.seen)
	for _, h := range hits {
		if h.term < r.q.asked {
			r.seen[h.term] = 1
		} else if h.term >= len(r.q.terms) {
			p := r.q.extra[h.term-len(r.q.terms)]
			for _, t := range p.means {
				r.seen[t] = max(r.seen[t], p.weight)
			}
		}
	}
	sum := 0.0
	for t, part := range r.seen {
		sum += part * r.q.terms[t].idf
	}
	return sum / total
}

// weigh tells what each term and phrase counts for in a window, and which
// phrases stand for the same words: they count once.
func (r *reader) weigh() {
	q := r.q
	n := len(q.terms)
	r.worths, r.alike = make([]float64, n+len(q.extra)), make([][]int, len(q.extra))
	for t := range q.asked {
		r.worths[t] = q.terms[t].idf
	}
	of := map[string][]int{}
	words := func(i int) string {
		if p := q.extra[i]; len(p.means) > 0 {
			return fmt.Sprint(p.means)
		}
		return fmt.Sprint("alone ", i)
	}
	for i, p := range q.extra {
		for _, t := range p.terms {
			r.worths[n+i] = max(r.worths[n+i], q.terms[t].idf)
		}
		if len(p.terms) == 0 { // an age
			r.worths[n+i] = p.weight * agePart * q.total
		}
		of[words(i)] = append(of[words(i)], n+i)
	}
	for i := range q.extra {
		r.alike[i] = of[words(i)]
	}
}

// change is what a window is worth more, or less, because of a term or phrase
// that has come into it or has left it.
func (r *reader) change(term int, come bool) float64 {
	if term < len(r.q.terms) {
		if come {
			return r.worths[term]
		}
		return -r.worths[term]
	}
	others := 0.0 // the best of those that stand there for the same
	for _, whole := range r.alike[term-len(r.q.terms)] {
		if whole != term && r.within[whole] > 0 {
			others = max(others, r.worths[whole])
		}
	}
	more := max(0, r.worths[term]-others)
	if come {
		return more
	}
	return -more
}

// scan finds the terms in a passage whose first character is at a place, and
// returns the place after it.
func (r *reader) scan(text string, passage, at int) int {
	var before rune // folded; 0 at the beginning of a run
	var other strings.Builder
	otherStart, start := 0, 0
	flush := func(next rune) {
		if other.Len() > 0 {
			// 18号 is a name, which has nothing to do with 18 people.
			if t, ok := r.others[other.String()]; ok && (next != '号' || r.q.names) {
				r.hit(t, at+otherStart, passage, otherStart)
			}
			other.Reset()
		}
	}
	var aged []ages
	if r.q.age > 0 {
		aged = agesIn(text)
	}
	foreign := len(r.others) > 0
	for i, c := range text {
		for ; len(aged) > 0 && aged[0].at <= i; aged = aged[1:] {
			if p := r.q.agePhrase(aged[0]); p >= 0 {
				r.whole(p, at+start, passage, start)
			}
		}
		if c < '一' || c > '鿿' {
			c = fold(c)
		}
		han := c != 0 && isHan(c)
		if foreign && !han {
			if c == 0 {
				flush(0)
			} else {
				if other.Len() == 0 {
					otherStart = start
				}
				other.WriteRune(c)
			}
		} else if foreign {
			flush(c)
		}
		if !han || !r.maybe(c) {
			before = 0
			start++
			continue
		}
		if there, ok := r.single[c]; ok && !there {
			r.single[c] = true
		}
		if before != 0 {
			if t, ok := r.pairs[pairKey(before, c)]; ok {
				r.hit(t, at+start-1, passage, start-1)
			}
		}
		before = c
		start++
	}
	flush(0)
	return at + start
}

// hit notes a term, and the phrases that end with it.
func (r *reader) hit(t, at, passage, start int) {
	r.counts[t]++
	if t < r.q.asked {
		r.hits = append(r.hits, hit{at, t, passage, start})
	}
	for _, s := range r.steps[t] {
		switch {
		case s.part == 0:
			r.parts[s.phrase] = 1
		case r.parts[s.phrase] == s.part && r.places[s.phrase] == at-1:
			r.parts[s.phrase]++
		default:
			continue
		}
		r.places[s.phrase] = at
		if r.parts[s.phrase] == len(r.q.extra[s.phrase].terms) {
			r.whole(s.phrase, at, passage, start)
		}
	}
}

// whole notes a phrase.
func (r *reader) whole(phrase, at, passage, start int) {
	whole := len(r.q.terms) + phrase
	r.counts[whole]++
	r.hits = append(r.hits, hit{at, whole, passage, start})
}

// passage returns where in which passage of the entry that was read last most
// of the question stands together, with an answer of the kind that is asked
// for; of equal ones the first.
func (r *reader) passage(e *Entry) hit {
	top, best := 0.0, hit{passage: -1}
	for from := 0; from < len(r.hits); {
		to := from
		for to < len(r.hits) && r.hits[to].passage == r.hits[from].passage {
			to++
		}
		if one := r.hits[from:to]; one[0].passage >= 0 {
			p := e.Passages[one[0].passage]
			given, same := r.q.given(p.Text), 0.0
			if p.Kind == Answer {
				same = samePart * r.q.total * r.q.sameAs(p.Text)
			}
			for i := range one {
				sum := r.shown(one[i:], given) + same
				if p.Kind != Clause {
					sum *= madePart
				}
				if sum > top+1e-9 {
					top, best = sum, one[i]
				}
			}
		}
		from = to
	}
	return best
}

// shown is what a snippet is worth that begins with the first of some hits:
// each of what was asked counts once, what stands all over the entry less, and
// so does an answer of the kind that is asked for, given where these are.
func (r *reader) shown(hits []hit, given []int) float64 {
	clear(r.within)
	sum := 0.0
	first := hits[0].start
	for _, h := range hits {
		if h.start > first+snippetLength-snippetBefore {
			break
		}
		if r.within[h.term]++; r.within[h.term] == 1 {
			sum += r.change(h.term, true) / r.common(h.term)
		}
	}
	next, _ := slices.BinarySearch(given, first-snippetBefore)
	if next < len(given) && given[next] < first+snippetLength-snippetBefore {
		sum += answerPart * r.q.total
	}
	return sum
}

// common is how much less a term counts within the entry that was read last
// because it stands all over it. An age counts in full.
func (r *reader) common(term int) float64 {
	if n := len(r.q.terms); term >= n && len(r.q.extra[term-n].terms) == 0 {
		return 1
	}
	return math.Pow(float64(r.counts[term]), 0.25)
}

// window tells what the stretch of a length is worth in which most of the
// question stands.
func (r *reader) window(length int) (best float64) {
	clear(r.within)
	sum, from := 0.0, 0
	for _, h := range r.hits {
		if r.within[h.term]++; r.within[h.term] == 1 {
			sum += r.change(h.term, true)
		}
		for r.hits[from].at < h.at-length {
			gone := r.hits[from].term
			if r.within[gone]--; r.within[gone] == 0 {
				sum += r.change(gone, false)
			}
			from++
		}
		best = max(best, sum)
	}
	return best
}

// What a document number or a title that was typed adds to a score: nothing
// else comes near. A title may stand in a question, or be typed in part.
const (
	sameNumber = 20
	sameTitle  = 10
	sameInner  = 9 // of what a notice puts out, as it is called
	wholeTitle = 3
	inTitle    = 1
	longTitle  = 8 // characters, for which nobody writes the same by chance
)

// Of the score of an entry that has ended, and of one for another region than
// the reader's, this much is left: it comes after everything that can be had
// there and matches more than this much as well.
const (
	endedPart     = 0.6
	elsewherePart = 0.6
)

// rank finishes the signals of all that was read, which tell most beside each
// other, and sets the scores.
func (q *question) rank(all []*found, req Request) {
	length, top := 0.0, 0.0
	for _, f := range all {
		length += float64(f.length)
		top = max(top, f.first)
	}
	length /= max(1, float64(len(all)))
	for _, f := range all {
		s := &f.signals
		for j, t := range q.terms[:q.asked] {
			if n := f.tf[j]; n > 0 {
				s.bm25 += t.idf * n * (k1 + 1) / (n + float64(k1)*(1-lengths+lengths*float64(f.length)/length))
			}
		}
		s.bm25 /= max(q.total, 1e-9) * (k1 + 1)
		s.first = f.first / max(top, 1e-9)
		f.exact = q.exactly(f.entry)
		f.match = s.score() + f.exact
		f.score = f.match
		if f.exact >= sameInner { // whoever names a document wants this one
			continue
		}
		if f.entry.over(req.Today) {
			f.score *= endedPart
		}
		// Who asks for another place is not helped by their own.
		if len(q.places)+len(q.said) == 0 && f.entry.near(req.Region) < 0 {
			f.score *= elsewherePart
		}
	}
}

// exactly is what it counts that a number or a title was typed.
func (q *question) exactly(e *Entry) float64 {
	title, inner := flat(e.Title), flat(issued(e.Title))
	within := func(title string) bool {
		return utf8.RuneCountInString(title) >= longTitle && strings.Contains(q.flat, title)
	}
	switch {
	case q.number != "" && q.number == numberKey(e.DocNumber):
		return sameNumber
	case title == q.flat:
		return sameTitle
	case inner == q.flat && inner != "":
		return sameInner
	case within(title), within(inner):
		return wholeTitle
	case utf8.RuneCountInString(q.flat) >= 4 && strings.Contains(title, q.flat):
		return inTitle
	}
	return 0
}

// issuing is a notice that puts something out.
var issuing = regexp.MustCompile(`(?:印发|发布|公布)(?:《(.{4,})》|(.{4,}))的(?:通知|公告|通告|决定|令)$`)

// issued is the title of what a notice puts out, "" if it is no such notice.
func issued(title string) string {
	if m := issuing.FindStringSubmatch(strings.Join(strings.Fields(title), "")); m != nil {
		return m[1] + m[2]
	}
	return ""
}
