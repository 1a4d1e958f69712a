package audience

import (
	"slices"
	"strings"

	"policypush/internal/domain"
	"policypush/internal/matching"
)

// Explanation says why a subscriber is in an audience, or is not. It is found
// by package matching on what the index holds, and so is a check on the
// audience as well.
type Explanation struct {
	Verdict domain.Verdict // in which set of a Result they are
	// Measure counts in Query.Measures: the one that they come closest to; -1
	// if there are none.
	Measure int
	// Missing are the fewest conditions of the measure that would have to be
	// met, or known to be, for them to be in Likely. Facts that are unknown
	// count less than those that would have to be different.
	Missing      []Missing
	Paused       bool
	LeftOut      bool // by Query.Without
	Uninterested bool // neither a theme nor a keyword of theirs
	Relevance    domain.Relevance
	Least        domain.Relevance // what they ask for; more than Relevance keeps them out
}

// Missing is a condition that is not met, or of which it is not known.
type Missing struct {
	Condition *domain.Condition
	Negated   bool // they must not meet it
	Truth     domain.Truth
}

// Explain explains the place of one subscriber in the audience of a query. ok
// is false if the index does not hold them.
func (x *Index) Explain(q Query, id domain.SubscriberID) (e Explanation, ok bool) {
	profile, subscription, ok := x.Profile(id)
	if !ok {
		return e, false
	}
	e.Measure = -1
	e.Paused = subscription.Paused
	e.LeftOut = q.Without != nil && q.Without.Contains(uint32(id))
	themes := 0
	for _, t := range subscription.Themes {
		if slices.Contains(q.Themes, t) {
			themes++
		}
	}
	keyword := x.mentions(q.Text, subscription.Keywords)
	e.Uninterested = !q.Everyone && !subscription.All && themes == 0 && !keyword
	truth := domain.No
	best := 0
	for i := range q.Measures {
		m := &q.Measures[i]
		t := matching.Evaluate(m, &profile, q.AsOf)
		if n := nearest(m, false, &profile, q.AsOf); e.Measure < 0 || n.price < best {
			e.Measure, e.Missing, best = i, n.missing, n.price
		}
		truth = truth.Or(t)
	}
	e.Relevance = domain.RelevanceOf(truth == domain.Yes, keyword, themes)
	if !q.Everyone {
		e.Least = subscription.Least
	}
	if e.Paused || e.LeftOut || e.Uninterested || e.Relevance < e.Least {
		truth = domain.No
	}
	e.Verdict = domain.VerdictOf(truth)
	return e, true
}

// mentions tells whether one of some keywords occurs in a text.
func (x *Index) mentions(text string, keywords []string) bool {
	if len(keywords) == 0 || text == "" {
		return false
	}
	words := x.held.Load().words
	return slices.ContainsFunc(words.match(text), func(id uint32) bool { return slices.Contains(keywords, words.word(id)) })
}

// What it costs to be nearer to a measure.
const (
	priceOfUnknown = 1
	priceOfNo      = 1000
	impossible     = 1 << 40 // nothing helps: an empty choice
)

// way is a set of conditions that are missing, with its price.
type way struct {
	missing []Missing
	price   int
}

// nearest finds the cheapest way to meet a tree.
func nearest(c *domain.Criteria, negated bool, p *domain.Profile, asOf string) way {
	switch {
	case c.Leaf != nil:
		t := matching.Evaluate(c, p, asOf)
		if negated {
			t = t.Not()
		}
		price := priceOfNo
		switch t {
		case domain.Yes:
			return way{}
		case domain.Unknown:
			price = priceOfUnknown
		}
		return way{[]Missing{{c.Leaf, negated, t}}, price}
	case c.Not != nil:
		return nearest(c.Not, !negated, p, asOf)
	}
	parts, all := c.All, !negated
	if c.Any != nil {
		parts, all = c.Any, negated
	}
	if all {
		var sum way
		for i := range parts {
			w := nearest(&parts[i], negated, p, asOf)
			sum.price = min(sum.price+w.price, impossible)
			sum.missing = append(sum.missing, w.missing...)
		}
		return sum
	}
	best := way{price: impossible}
	for i := range parts {
		if w := nearest(&parts[i], negated, p, asOf); w.price < best.price {
			best = w
		}
	}
	return best
}

// Says gives the reasons in words: why the subscriber is not in the audience,
// and which conditions keep them out or are not known. name gives the Chinese
// names of codes.
func (e Explanation) Says(name func(domain.Field, string) string) []string {
	var says []string
	switch {
	case e.LeftOut:
		says = append(says, "这次不再推送给本人：已经推送过，或本人标为与我无关")
	case e.Paused:
		says = append(says, "本人已暂停接收")
	case e.Uninterested:
		says = append(says, "没有订阅这份政策的主题，也没有关键词出现在文中")
	case e.Relevance < e.Least:
		says = append(says, "本人选择“"+e.Least.Label()+"”，这份政策对其相关度不够")
	}
	for _, m := range e.Missing {
		c := domain.Leaf(*m.Condition)
		if m.Negated {
			c = domain.NotOf(c)
		}
		said := "不满足："
		if m.Truth == domain.Unknown {
			said = "资料里没写："
		}
		says = append(says, said+strings.TrimSpace(matching.Describe(&c, name)))
	}
	if len(says) == 0 && e.Verdict == domain.Likely {
		return []string{"条件都对得上，也订阅了相关内容"}
	}
	return says
}
