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
	cut      map[int][]sentence // of the clauses, by their beginning
	passages []passage          // in the order of the text
	acts     map[[2]int]act     // of sentences, by their beginning and end
}

// sentences are those of a clause.
func (t *reading) sentences(c *domain.Clause) []sentence {
	cut, ok := t.cut[c.Start]
	if !ok {
		cut = sentences(c)
		each := t.finder.size
		memory := make([]uint64, each*len(cut))
		for i := range cut {
			cut[i].holds = t.finder.in(cut[i].text, memory[i*each:(i+1)*each])
		}
		t.cut[c.Start] = cut
	}
	return cut
}

// cutPassages segments the clauses that say something, with the terms in them.
func (t *reading) cutPassages(p *domain.Policy) {
	all := t.segment.Words(p.Text)
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
		words := cutAt(all, c)
		t.passages = append(t.passages, passage{clause: c, part: in, words: words, hits: t.words.find(words), sentences: t.sentences(c)})
	}
	t.prepare(t.passages)
}

// hits are the terms in a phrase. Where it begins and ends at the border of
// words they are those of its clause; else it is segmented anew.
func (t *reading) hits(s sentence) []hit {
	i, found := slices.BinarySearchFunc(t.passages, s.start, func(p passage, at int) int { return p.clause.Start - at })
	if !found {
		i--
	}
	if i < 0 || s.end > t.passages[i].clause.End || splits(t.passages[i].words, s.start) || splits(t.passages[i].words, s.end) {
		return t.words.find(t.shift(s.text, s.start))
	}
	all := t.passages[i].hits
	from, _ := slices.BinarySearchFunc(all, s.start, func(h hit, at int) int { return h.start - at })
	var in []hit
	for _, h := range all[from:] {
		if h.start >= s.end {
			break
		}
		if h.end <= s.end {
			in = append(in, h)
		}
	}
	return in
}

// splits tells whether a code point stands inside one of the words.
func splits(words []segment.Token, at int) bool {
	i, exact := slices.BinarySearchFunc(words, at, func(w segment.Token, at int) int { return w.Start - at })
	return !exact && i > 0 && words[i-1].End > at
}

// cutAt returns the words of a clause out of those of the document: no word goes
// across the line feed between two clauses.
func cutAt(all []segment.Token, c *domain.Clause) []segment.Token {
	at := func(w segment.Token, offset int) int { return w.Start - offset }
	from, _ := slices.BinarySearchFunc(all, c.Start, at)
	to, _ := slices.BinarySearchFunc(all, c.End, at)
	return all[from:to:to]
}
