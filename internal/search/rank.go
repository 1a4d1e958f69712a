package search

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// signals is what reading an entry tells about it.
type signals struct {
	bm25   float64 // BM25 over the whole entry, as a part of what is possible
	around float64 // how much stands within a paragraph, as a part of all
	place  float64 // 1: of the place that was asked for, -1: of another
}

// What the signals count, beside each other. They stand in the middle of what
// does about as well over some seven hundred questions, half of them about texts
// that no rule was made with. Where most of the question stands within a
// sentence or near the beginning, and in which order, was measured too and tells
// no more.
const (
	bm25Weight   = 5.0
	aroundWeight = 1.0
	placeWeight  = 0.4
	otherWeight  = 0.75 // what an entry of another place loses
)

func (s *signals) score() float64 {
	sum := bm25Weight*s.bm25 + aroundWeight*s.around
	if s.place < 0 {
		return sum + otherWeight*s.place
	}
	return sum + placeWeight*s.place
}

// Windows in characters, the parameters of BM25, and what an answer of the kind
// that is asked for counts in what is shown, beside the whole question.
const (
	paragraph = 160
	leading   = 180
	gap       = 20 // between passages
	k1        = 1.5
	lengths   = 0.65

	leadPart   = 0.5 // what the title and the first lines say of what it is about
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
	others map[string]int  // foreign words, numbers and single characters
	steps  map[int][]step  // where a term stands in a phrase
	chars  [1 << 10]uint64 // one bit for each character of a pair, by its last 16 bits

	counts []int
	means  []float64 // per term that was typed: how often other words for it stand there
	part   []float64 // and what one of them counts for
	within []int     // how often each stands in a stretch
	hits   []hit
	places []int // per phrase: at which place its part ended
	parts  []int // per phrase: how many of its terms are there

	worths []float64 // per term and phrase, in a window
	alike  [][]int   // per phrase: those that stand for the same words, itself too
}

// step is a term of a phrase.
type step struct{ phrase, part int }

func newReader(q *question) *reader {
	r := &reader{
		q: q, pairs: map[uint64]int{}, others: map[string]int{}, steps: map[int][]step{},
		means: make([]float64, q.asked), part: make([]float64, q.asked),
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
	}
	for j, p := range q.extra {
		for k, t := range p.terms {
			r.steps[t] = append(r.steps[t], step{j, k})
		}
	}
	r.weigh()
	return r
}

func (r *reader) mark(c rune) { r.chars[uint16(c)>>6] |= 1 << (c & 63) }

// maybe tells whether a character may be of the question: a quick no for most.
func (r *reader) maybe(c rune) bool { return r.chars[uint16(c)>>6]&(1<<(c&63)) != 0 }

func pairKey(a, b rune) uint64 { return uint64(uint32(a))<<32 | uint64(uint32(b)) }

// found is an entry as it was read.
type found struct {
	entry   *Entry
	signals signals
	sure    float64 // how likely it is that it answers
	exact   float64 // see exactly
	match   float64 // how well it matches, whether it can be had or not
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
	at := r.scan(e.Title, -1, 0) + gap
	for i, p := range e.Passages {
		at = r.scan(p.Text, i, at) + gap
	}
	asked, asking := r.bm25(float64(at))
	total := max(r.q.total, 1e-9)
	f.signals.bm25 = (asked + asking) / (total + r.q.asking)
	f.signals.around = r.window(paragraph) / total
	f.sure = (asked + leadPart*r.leads()) / (total + r.q.unseen)
	return f
}

// bm25 is how much of what is asked for the entry of a length says, and how
// much of the words with which it is asked, by BM25. Where another word stands
// for one that was typed, it counts a part of what this would, however often
// it stands there.
func (r *reader) bm25(length float64) (asked, asking float64) {
	q := r.q
	k := k1 * (1 - lengths + lengths*length/q.average)
	often := func(n float64) float64 { return n / (n + k) }
	clear(r.means)
	clear(r.part)
	for i, p := range q.extra {
		if n := r.counts[len(q.terms)+i]; n > 0 {
			for _, t := range p.means {
				r.means[t] += float64(n)
				r.part[t] = max(r.part[t], p.weight)
			}
		}
	}
	for i, t := range q.terms[:q.asked] {
		n := float64(r.counts[i])
		says := often(n)
		asked += t.idf * (says + r.part[i]*(often(n+r.means[i])-says))
	}
	for i, t := range q.terms[q.asked:q.counted] {
		asking += t.idf * often(float64(r.counts[q.asked+i]))
	}
	return asked, asking
}

// leads is what stands in the title and the first lines of what is asked for.
func (r *reader) leads() (sum float64) {
	clear(r.within)
	for _, h := range r.hits {
		if h.at > leading {
			break
		}
		if r.within[h.term]++; r.within[h.term] == 1 {
			sum += r.change(h.term, true)
		}
	}
	return sum
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
			if t, ok := r.others[other.String()]; ok && r.q.meant(other.String(), next) {
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

// meant tells whether a number that was typed is meant before a character:
// 18号 is a name, which has nothing to do with 18 people.
func (q *question) meant(number string, next rune) bool {
	if next == '号' {
		return q.names
	}
	return next == 0 || !isHan(next) || !q.numbers[number]
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

// What it tells of whether an entry answers that it is of the place that was
// asked for, and how much less sure one of another place is.
const (
	surePlace = 0.1
	sureOther = 0.3
)

// Of the score of an entry that has ended, and of one for another region than
// the reader's, this much is left: it comes after everything that can be had
// there and matches more than this much as well.
const (
	endedPart     = 0.6
	elsewherePart = 0.6
)

// of tells an entry of which place it is, see [words.place].
func (f *found) of(place float64) {
	f.signals.place = place
	if place >= 0 {
		f.sure += surePlace * place
	} else {
		f.sure *= sureOther
	}
}

// rank sets the scores of all that was read.
func (q *question) rank(all []*found, req Request) {
	for _, f := range all {
		f.exact = q.exactly(f.entry)
		f.match = f.signals.score() + f.exact
		f.score = f.match
		if f.exact >= sameInner { // whoever names a document wants this one
			continue
		}
		if f.entry.over(req.Today) {
			f.score *= endedPart
			f.sure *= endedPart
		}
		// Who asks for another place is not helped by their own.
		if len(q.places)+len(q.said) == 0 && f.entry.near(req.Region) < 0 {
			f.score *= elsewherePart
			f.sure *= elsewherePart
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
