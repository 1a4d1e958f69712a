package audience

import (
	"strconv"
	"strings"

	"policypush/internal/domain"
)

// wishesOf names, as the members of a set, how somebody wants to be told: over
// which channel and how often, and from which relevance on.
func wishesOf(s *domain.Subscription) []string {
	var wishes []string
	for _, way := range s.Ways {
		wishes = append(wishes, wishOf(way))
	}
	if s.Least > domain.AnyRelevance && s.Least <= domain.VeryRelevant {
		wishes = append(wishes, wishOfLeast(s.Least))
	}
	return wishes
}

const leastWish = "least "

func wishOf(w domain.Way) string                { return string(w.Channel) + " " + string(w.When) }
func wishOfLeast(least domain.Relevance) string { return leastWish + strconv.Itoa(int(least)) }

// addWish reads a wish back. What is none is passed over.
func addWish(s *domain.Subscription, wish string) {
	if digit, ok := strings.CutPrefix(wish, leastWish); ok {
		n, _ := strconv.Atoi(digit)
		s.Least = domain.Relevance(n)
	} else if channel, when, ok := strings.Cut(wish, " "); ok {
		s.Ways = append(s.Ways, domain.Way{Channel: domain.ChannelKind(channel), When: domain.Frequency(when)})
	}
}

// evidence is what a plan needs to weigh how relevant a policy is to whom.
type evidence struct {
	least  [domain.VeryRelevant + 1]rowID // who has set a threshold; 0 if nobody has
	picky  bool                           // somebody has
	themes []rowID
	words  []uint32
}

// evidence finds the rows of a query. The caller holds the read lock.
func (d *dictionary) evidence(themes []rowID, words []uint32) evidence {
	e := evidence{themes: themes, words: words}
	wishes := &d.sets[wishSet]
	for _, least := range domain.Relevances()[1:] {
		if n, found := wishes.numbers[wishOfLeast(least)]; found {
			e.least[least], e.picky = wishes.rows[n], true
		}
	}
	return e
}

// allowed takes out of an answer for the chunk at hand those whom the query
// leaves out.
func (e *evaluator) allowed(got pair) pair {
	if len(e.plan.without) == 0 || got.may == nil {
		return got
	}
	may := e.get()
	if !may.setWithout(e.chunk, got.may, e.plan.without) {
		return pair{}
	}
	if got.sure == got.may {
		return pair{may, may}
	}
	sure := e.get()
	sure.setAnd(got.sure, may)
	return pair{sure, may}
}

// points are how relevant a policy is to each slot of a chunk, but for the
// points of certainty: bit-sliced numbers up to three, which is all that
// matters. It is the memory of one evaluator.
type points struct {
	ones, twos     bitset
	add            bitset // who gets points
	relevant, very bitset // who asks for so much
	sure, may      bitset // the answer
}

// relevant takes out of an answer for the chunk at hand those who want to be
// told of what is more relevant only. It counts as domain.RelevanceOf does.
func (e *evaluator) relevant(got pair) pair {
	if !e.plan.evidence.picky || got.may == nil {
		return got
	}
	relevant := e.chunk.row(e.plan.evidence.least[domain.Relevant])
	very := e.chunk.row(e.plan.evidence.least[domain.VeryRelevant])
	if relevant == nil && very == nil {
		return got
	}
	if e.points == nil {
		e.points = new(points)
	}
	p := e.points
	p.relevant, p.very, p.ones, p.twos = bitset{}, bitset{}, bitset{}, bitset{}
	if relevant != nil {
		relevant.addTo(&p.relevant)
	}
	if very != nil {
		very.addTo(&p.very)
	}
	for _, r := range e.plan.evidence.themes {
		if row := e.chunk.row(r); row != nil {
			p.add = bitset{}
			row.addTo(&p.add)
			p.one()
		}
	}
	if len(e.plan.evidence.words) > 0 {
		p.add = bitset{}
		e.chunk.words.union(e.plan.evidence.words, &p.add)
		p.two()
	}
	for i := range p.may {
		relevant, very, ones, twos := p.relevant[i], p.very[i], p.ones[i], p.twos[i]
		sure := got.sure[i] &^ (very &^ (ones | twos)) // two points more: enough for the lower threshold
		rest := got.may[i] &^ got.sure[i] &^ (relevant &^ twos) &^ (very &^ (ones & twos))
		p.sure[i], p.may[i] = sure, sure|rest
	}
	return pair{&p.sure, &p.may}
}

// one gives a point to those in add; three are as good as more.
func (p *points) one() {
	for i, w := range p.add {
		ones, twos := p.ones[i], p.twos[i]
		p.twos[i] = twos | ones&w
		p.ones[i] = ones ^ w | ones&twos
	}
}

// two gives two points to those in add.
func (p *points) two() {
	for i, w := range p.add {
		p.ones[i] |= p.twos[i] & w
		p.twos[i] |= w
	}
}
