package tagging

import (
	"slices"

	"policypush/internal/domain"
	"policypush/internal/segment"
)

// reading is a document while it is read: what more than one of its readers
// looks at is cut once.
type reading struct {
	*Tagger
	cut      map[int]*cut // of the clauses, by their beginning
	passages []passage    // in the order of the text
	year     string       // see yearOf
	dated    string       // PublishDate

	about   string // what the document is about, see findSubject
	subject [2]int // where its text says so

	// Memory that is used again and again, for one document after another.
	all   []hit // of the passages
	found []hit
	runs  []run
	parts []sentence
	near  excerpt
	lists slab[uint64]
	cuts  slab[cut]
	cutIn slab[sentence]
	holds slab[held]
	finds slab[finding]
	sums  tallying
	collector
}

// findSubject finds what the document is about: its title, else what its preamble
// says, which then counts as its title.
func (t *reading) findSubject(p *domain.Policy) {
	t.about, t.subject = p.Title, [2]int{}
	if p.Title == "" {
		from, to := subjectIn(p.Text)
		start := domain.CodePoints(p.Text[:from])
		t.about = p.Text[from:to]
		t.subject = [2]int{start, start + domain.CodePoints(t.about)}
	}
}

// inSubject tells whether a hit stands there.
func (t *reading) inSubject(h *hit) bool {
	return t.subject[0] <= h.start && h.end <= t.subject[1]
}

// fewTerms is how many terms a document may have for its memory to be kept.
const fewTerms = 20_000

// reset forgets a document.
func (t *reading) reset() {
	clear(t.cut)
	clear(t.passages)
	t.passages, t.all = t.passages[:0], t.all[:0]
	t.near.reset()
	t.lists.reset()
	t.cuts.reset()
	t.cutIn.reset()
	t.holds.reset()
	t.finds.reset()
}

// slab is memory for many small lists that are all given up together.
type slab[T any] struct{ chunk, left []T }

// take returns a list of n zeros.
func (s *slab[T]) take(n int) []T {
	const few = 256
	if n > len(s.left) {
		s.chunk = make([]T, max(n, 2*len(s.chunk), few))
		s.left = s.chunk
	}
	out := s.left[:n:n]
	s.left = s.left[n:]
	return out
}

// reset takes back all lists of the last chunk; others are left to the collector
// of garbage.
func (s *slab[T]) reset() {
	clear(s.chunk[:len(s.chunk)-len(s.left)])
	s.left = s.chunk
}

// cut is the sentences of a clause, and what it holds as a whole.
type cut struct {
	sentences []sentence
	holds     held
}

// listWords is how many words a set of lists takes.
func (t *Tagger) listWords() int { return (t.lists + 63) / 64 }

// of returns what a clause was cut into.
func (t *reading) of(c *domain.Clause) *cut {
	x := t.cut[c.Start]
	if x == nil { // a clause of which the terms count nothing
		x, t.found, t.runs = t.look(c, nil, t.found[:0], t.runs[:0])
	}
	return x
}

// sentences are those of a clause.
func (t *reading) sentences(c *domain.Clause) []sentence { return t.of(c).sentences }

// whole is a clause as one sentence, with what it holds.
func (t *reading) whole(c *domain.Clause) sentence {
	return sentence{text: c.Text, start: c.Start, end: c.End, holds: &t.of(c).holds}
}

// look cuts a clause into sentences and finds the words in it.
func (t *reading) look(c *domain.Clause, seg *segment.Segmenter, hits []hit, runs []run) (*cut, []hit, []run) {
	x := &t.cuts.take(1)[0]
	t.parts = sentences(c, t.parts[:0])
	each, n := t.listWords(), len(t.parts)
	x.sentences = t.cutIn.take(n)
	copy(x.sentences, t.parts)
	memory, holds := t.lists.take(each*(n+1)), t.holds.take(n)
	const few = 4 // expressions are run over most sentences
	newFindings := func() []finding { return t.finds.take(few)[:0] }
	x.holds = held{size: len(c.Text), lists: memory[n*each:], found: newFindings()}
	for i := range holds {
		holds[i] = held{size: len(x.sentences[i].text), lists: memory[i*each : (i+1)*each], found: newFindings()}
		x.sentences[i].holds = &holds[i]
	}
	t.cut[c.Start] = x
	hits, runs = t.words.look(c.Text, c.Start, x, seg, hits, runs)
	return x, hits, runs
}

// excerpt is the parts of a text that are segmented, line by line. What stands in
// the text again and again is segmented once.
type excerpt struct {
	text  []byte
	size  int            // in code points
	parts []int          // where each begins in the excerpt
	known map[string]int // the part of some words
	moved []moved        // in the order of the document
}

// moved is a part, and where it stands in the document.
type moved struct{ part, start int }

func (e *excerpt) reset() {
	e.text, e.size, e.parts, e.moved = e.text[:0], 0, e.parts[:0], e.moved[:0]
	clear(e.known)
}

func (e *excerpt) add(text string, runs []run) {
	if e.known == nil {
		e.known = map[string]int{}
	}
	for _, r := range runs {
		words := text[r.from:r.to]
		part, again := e.known[words]
		if !again {
			part = len(e.parts)
			e.known[words] = part
			e.parts = append(e.parts, e.size)
			e.text = append(append(e.text, words...), '\n')
			e.size += r.end - r.start + 1
		}
		e.moved = append(e.moved, moved{part, r.start})
	}
}

// words are the words of the excerpt, by where they stand in the document.
func (e *excerpt) words(seg *segment.Segmenter) []segment.Token {
	if len(e.text) == 0 {
		return nil
	}
	cut := seg.Words(string(e.text))
	first := make([]int, 0, len(e.parts)+1) // word of each part
	for i := range cut {
		for len(first) < len(e.parts) && e.parts[len(first)] <= cut[i].Start {
			first = append(first, i)
		}
	}
	for len(first) <= len(e.parts) {
		first = append(first, len(cut))
	}
	words := make([]segment.Token, 0, len(cut)+len(cut)/2)
	for _, m := range e.moved {
		by := m.start - e.parts[m.part]
		for _, w := range cut[first[m.part]:first[m.part+1]] {
			words = append(words, segment.Token{Text: w.Text, Start: w.Start + by, End: w.End + by})
		}
	}
	return words
}

// bytesPerTerm is about how often a term begins in a text.
const bytesPerTerm = 20

// cutPassages finds the terms in the clauses that say something.
func (t *reading) cutPassages(p *domain.Policy) {
	hits := slices.Grow(t.all, len(p.Text)/bytesPerTerm)
	var runs []run
	for i := range p.Clauses {
		c := &p.Clauses[i]
		var in part
		switch c.Kind {
		case domain.TitleClause:
			in = inTitle
		case domain.HeadingClause:
			in = inHeading
		case domain.TextClause, domain.TableClause:
			in = inBody
		default:
			continue
		}
		from, first := len(hits), len(runs)
		var x *cut
		x, hits, runs = t.look(c, t.segment, hits, runs)
		t.near.add(c.Text, runs[first:])
		t.passages = append(t.passages, passage{
			clause: c, part: in, sentences: x.sentences,
			hits: hits[from:len(hits):len(hits)], runs: runs[first:len(runs):len(runs)],
		})
	}
	t.all = hits
	words := t.near.words(t.segment)
	for i := range t.passages {
		x := &t.passages[i]
		n, _ := slices.BinarySearchFunc(words, x.clause.End, func(w segment.Token, end int) int { return w.Start - end })
		x.hits = atBorders(x.hits, words[:n])
		words = words[n:]
	}
	t.prepare(t.passages)
}

// hits are the terms in a phrase. Where it begins and ends outside of terms and
// of what was segmented they are those of its clause; else it is looked at anew.
func (t *reading) hits(s sentence) []hit {
	i, found := slices.BinarySearchFunc(t.passages, s.start, func(p passage, at int) int { return p.clause.Start - at })
	if !found {
		i--
	}
	if i < 0 || s.end > t.passages[i].clause.End {
		return t.hitsAnew(s)
	}
	x := &t.passages[i]
	from, crossed := x.hitsFrom(s.start, t.words.longest)
	to, crossedToo := x.hitsFrom(s.end, t.words.longest)
	if crossed || crossedToo {
		return t.hitsAnew(s)
	}
	return x.hits[from:to:to]
}

// hitsFrom returns the first hit of a passage that does not begin before a code
// point, and whether the code point stands inside a hit or a run.
func (p *passage) hitsFrom(at, longest int) (first int, crossed bool) {
	first, _ = slices.BinarySearchFunc(p.hits, at, func(h hit, at int) int { return h.start - at })
	for i := first - 1; i >= 0 && p.hits[i].start > at-longest; i-- {
		if p.hits[i].end > at {
			return first, true
		}
	}
	i, _ := slices.BinarySearchFunc(p.runs, at, func(r run, at int) int { return r.start - at })
	return first, i > 0 && p.runs[i-1].end > at
}

// hitsAnew are the terms in a phrase, looked at for itself.
func (t *reading) hitsAnew(s sentence) []hit {
	var hits []hit
	hits, t.runs = t.words.look(s.text, s.start, &cut{}, t.segment, hits, t.runs[:0])
	if len(hits) == 0 {
		return nil
	}
	t.near.reset()
	t.near.add(s.text, t.runs)
	return atBorders(hits, t.near.words(t.segment))
}
