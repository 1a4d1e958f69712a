package audience

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"policypush/internal/domain"
)

// wishesOf names, as the members of a set, how somebody wants to be told: over
// which channel and how often, for which themes or roles otherwise, whether
// their inbox comes first, and from which relevance on.
func wishesOf(s *domain.Subscription) []string {
	var wishes []string
	for _, way := range s.Ways {
		wishes = append(wishes, wishOf(way))
	}
	for _, theme := range slices.Sorted(maps.Keys(s.ByTheme)) {
		wishes = append(wishes, ownWish(themeWish, theme, nil))
		for _, way := range s.ByTheme[theme] {
			wishes = append(wishes, ownWish(themeWish, theme, &way))
		}
	}
	for _, role := range slices.Sorted(maps.Keys(s.RoleWays)) {
		wishes = append(wishes, ownWish(roleWish, string(role), nil))
		for _, way := range s.RoleWays[role] {
			wishes = append(wishes, ownWish(roleWish, string(role), &way))
		}
	}
	if s.Fallback {
		wishes = append(wishes, inboxFirst)
	}
	if s.Least > domain.AnyRelevance && s.Least <= domain.VeryRelevant {
		wishes = append(wishes, wishOfLeast(s.Least))
	}
	return wishes
}

const (
	leastWish  = "least "
	themeWish  = "theme "
	roleWish   = "role "
	inboxFirst = "inbox-first"
)

func wishOf(w domain.Way) string                { return string(w.Channel) + " " + string(w.When) }
func wishOfLeast(least domain.Relevance) string { return leastWish + strconv.Itoa(int(least)) }

// ownWish says that somebody has ways of their own for a theme or a role, and
// which is one of them.
func ownWish(kind, code string, way *domain.Way) string {
	if way == nil {
		return kind + code
	}
	return kind + code + " " + wishOf(*way)
}

// addWish reads a wish back. What is none is passed over.
func addWish(s *domain.Subscription, wish string) {
	if digit, ok := strings.CutPrefix(wish, leastWish); ok {
		n, _ := strconv.Atoi(digit)
		s.Least = domain.Relevance(n)
	} else if own, ok := strings.CutPrefix(wish, themeWish); ok {
		theme, ways := ownWays(own)
		if s.ByTheme == nil {
			s.ByTheme = map[string][]domain.Way{}
		}
		s.ByTheme[theme] = append(s.ByTheme[theme], ways...)
	} else if own, ok := strings.CutPrefix(wish, roleWish); ok {
		role, ways := ownWays(own)
		if s.RoleWays == nil {
			s.RoleWays = map[domain.ContactRole][]domain.Way{}
		}
		s.RoleWays[domain.ContactRole(role)] = append(s.RoleWays[domain.ContactRole(role)], ways...)
	} else if wish == inboxFirst {
		s.Fallback = true
	} else if way, ok := wayOf(wish); ok {
		s.Ways = append(s.Ways, way)
	}
}

func wayOf(s string) (domain.Way, bool) {
	channel, when, ok := strings.Cut(s, " ")
	return domain.Way{Channel: domain.ChannelKind(channel), When: domain.Frequency(when)}, ok
}

func ownWays(s string) (code string, ways []domain.Way) {
	code, rest, _ := strings.Cut(s, " ")
	if way, ok := wayOf(rest); ok {
		ways = append(ways, way)
	}
	return code, ways
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

// relevant takes out of an answer for the chunk at hand those who want to be
// told of what is more relevant only. It counts as domain.RelevanceOf does, in
// numbers of two bits: three points are as good as more.
func (e *evaluator) relevant(got pair) pair {
	v := &e.plan.evidence
	if !v.picky || got.may == nil {
		return got
	}
	relevant, very := e.members(v.least[domain.Relevant]), e.members(v.least[domain.VeryRelevant])
	if relevant == &nobody && very == &nobody {
		return got
	}
	themes := e.themes[:0]
	for _, r := range v.themes {
		if members := e.members(r); members != &nobody {
			themes = append(themes, members)
		}
	}
	e.themes = themes
	words := &nobody
	if len(v.words) > 0 {
		words = e.empty()
		e.chunk.words.union(v.words, words)
	}
	answer := pair{e.get(), e.get()}
	for i := range answer.may {
		sure, may := got.sure[i], got.may[i]
		relevant, very := relevant[i]&may, very[i]&may
		if relevant|very != 0 {
			ones, twos := uint64(0), uint64(0)
			for _, theme := range themes {
				w := theme[i]
				ones, twos = ones^w|ones&twos, twos|ones&w
			}
			w := words[i]
			ones, twos = ones|twos&w, twos|w
			rest := may &^ sure &^ (relevant &^ twos) &^ (very &^ (ones & twos))
			sure &^= very &^ (ones | twos) // who is sure has two points more: enough for the lower threshold
			may = sure | rest
		}
		answer.sure[i], answer.may[i] = sure, may
	}
	return answer
}

// members returns who stands in a row, nobody in 0. It is only read.
func (e *evaluator) members(r rowID) *bitset {
	if members, _ := e.union([]rowID{r}); members != nil && r != 0 {
		return members
	}
	return &nobody
}
