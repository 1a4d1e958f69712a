// Package audience answers for all subscribers at once whom a policy concerns:
// who meets its criteria, wants to hear of its themes, and has not paused.
//
// # Mechanism
//
// Every subscriber is a bit, its id. For each field there is a bitmap (a row)
// for every value that occurs and one for "does not say". A condition on codes
// is then a union of rows; a tree of conditions is intersections, unions and
// differences. A region or industry stands in a row for each level above it as
// well, so that a condition on a city is one row and not the union of its
// towns. Numbers are kept as columns, and a condition on a number looks at the
// column of those whom the other conditions left.
//
// Answers have three values. Each node of a tree yields two sets: those who
// meet it for sure, and those who may meet it because a fact is unknown. The
// second holds the first. A negation takes the sure ones away from "may", and
// those who may away from "sure"; so the tree is never rewritten.
// A subscriber of a kind that cannot have a field stands neither in its rows
// nor in its unknown row: the condition is not met. Package matching answers
// the same for one profile, and a property test holds the two together.
//
// A read-write lock keeps a subscriber's change whole: an audience sees a
// profile before or after its change, never between.
package audience

import (
	"slices"
	"strings"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"

	"policypush/internal/domain"
)

// Index holds the profiles and subscriptions of all subscribers. It is safe
// for concurrent use.
type Index struct {
	mu     sync.RWMutex
	all    *roaring.Bitmap
	fields map[domain.Field]*rows
	people map[uint16]*page

	themes   map[string]*roaring.Bitmap
	keywords map[string]*roaring.Bitmap // normalised
	wantAll  *roaring.Bitmap
	paused   *roaring.Bitmap

	progress progress
}

// rows are the bitmaps of one code field.
type rows struct {
	exact   map[string]*roaring.Bitmap // value → who says just this
	within  map[string]*roaring.Bitmap // prefix of a tree level → who is in it
	unknown *roaring.Bitmap
}

// New returns an empty index.
func New() *Index {
	x := &Index{progress: newProgress()}
	x.clear()
	return x
}

func (x *Index) clear() {
	x.all, x.wantAll, x.paused = roaring.New(), roaring.New(), roaring.New()
	x.people = map[uint16]*page{}
	x.themes, x.keywords = map[string]*roaring.Bitmap{}, map[string]*roaring.Bitmap{}
	x.fields = map[domain.Field]*rows{}
	for _, f := range domain.Fields() {
		switch f.Type() {
		case domain.OneCode, domain.CodeTree, domain.CodeSet:
			x.fields[f] = &rows{
				exact: map[string]*roaring.Bitmap{}, within: map[string]*roaring.Bitmap{}, unknown: roaring.New(),
			}
		}
	}
}

// Put adds a subscriber or replaces what was known. Ids outside 1 … 1<<32-1
// cannot be held and are ignored: the database gives none.
func (x *Index) Put(id domain.SubscriberID, p domain.Profile, s domain.Subscription) {
	bit, ok := bitOf(id)
	if !ok {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.put(bit, p, s)
}

// Delete forgets a subscriber.
func (x *Index) Delete(id domain.SubscriberID) {
	bit, ok := bitOf(id)
	if !ok {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.remove(bit)
}

// Len returns how many subscribers the index holds.
func (x *Index) Len() int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return int(x.all.GetCardinality())
}

func bitOf(id domain.SubscriberID) (uint32, bool) {
	return uint32(id), id >= 1 && id < 1<<32
}

func (x *Index) put(bit uint32, p domain.Profile, s domain.Subscription) {
	x.remove(bit)
	x.all.Add(bit)
	for f, r := range x.fields {
		r.each(f, &p, func(row *roaring.Bitmap) { row.Add(bit) }, true)
	}
	x.eachInterest(&s, func(row *roaring.Bitmap) { row.Add(bit) })
	chunk := x.people[uint16(bit>>16)]
	if chunk == nil {
		chunk = &page{}
		x.people[uint16(bit>>16)] = chunk
	}
	// Sets are cloned: the caller may go on using its own.
	p.Attributes, p.Groups, p.LifeEvents = slices.Clone(p.Attributes), slices.Clone(p.Groups), slices.Clone(p.LifeEvents)
	s.Themes, s.Keywords = slices.Clone(s.Themes), slices.Clone(s.Keywords)
	chunk[uint16(bit)] = newPerson(p, s)
}

func (x *Index) remove(bit uint32) {
	if !x.all.CheckedRemove(bit) {
		return
	}
	person := x.person(bit)
	for f, r := range x.fields {
		r.each(f, &person.profile, func(row *roaring.Bitmap) { row.Remove(bit) }, false)
		if f.Type() == domain.CodeTree || f.Type() == domain.CodeSet {
			r.dropEmpty(f, &person.profile)
		}
	}
	x.eachInterest(&person.subscription, func(row *roaring.Bitmap) { row.Remove(bit) })
	for _, k := range person.subscription.Keywords {
		if k = normalise(k); x.keywords[k] != nil && x.keywords[k].IsEmpty() {
			delete(x.keywords, k)
		}
	}
	x.people[uint16(bit>>16)][uint16(bit)] = nil
}

// each calls change for every row of the field that a profile stands in, and
// makes missing rows if create is set.
func (r *rows) each(f domain.Field, p *domain.Profile, change func(*roaring.Bitmap), create bool) {
	if !f.AppliesTo(p.Kind) {
		return
	}
	touch := func(m map[string]*roaring.Bitmap, value string) {
		if m[value] == nil {
			if !create {
				return
			}
			m[value] = roaring.New()
		}
		change(m[value])
	}
	if f.Type() == domain.CodeSet {
		set := p.Set(f)
		if set == nil {
			change(r.unknown)
		}
		for _, code := range set {
			touch(r.exact, code)
		}
		return
	}
	code := p.Code(f)
	if code == "" {
		change(r.unknown)
		return
	}
	if f.Type() == domain.CodeTree {
		code = treeCode(f, code)
		for _, n := range levels(f) {
			if n <= len(code) {
				touch(r.within, code[:n])
			}
		}
	}
	touch(r.exact, code)
}

// dropEmpty forgets rows of a profile's own values that nobody is left in, so
// that values which come and go do not pile up.
func (r *rows) dropEmpty(f domain.Field, p *domain.Profile) {
	codes := p.Set(f)
	if f.Type() == domain.CodeTree {
		codes = []string{treeCode(f, p.Code(f))}
	}
	for _, code := range codes {
		if r.exact[code] != nil && r.exact[code].IsEmpty() {
			delete(r.exact, code)
		}
	}
}

// levels returns the lengths at which the codes of a tree field branch:
// province, city, county, town; section, division, group, class.
func levels(f domain.Field) []int {
	if f == domain.FieldIndustry {
		return []int{1, 3, 4, 5}
	}
	return []int{2, 4, 6, 9}
}

func treeCode(f domain.Field, code string) string {
	if f == domain.FieldRegion || f == domain.FieldHukou {
		return domain.RegionPrefix(code)
	}
	return code
}

func (x *Index) eachInterest(s *domain.Subscription, change func(*roaring.Bitmap)) {
	touch := func(m map[string]*roaring.Bitmap, value string) {
		if m[value] == nil {
			m[value] = roaring.New()
		}
		change(m[value])
	}
	for _, theme := range s.Themes {
		touch(x.themes, theme)
	}
	for _, keyword := range s.Keywords {
		if keyword = normalise(keyword); keyword != "" {
			touch(x.keywords, keyword)
		}
	}
	if s.All {
		change(x.wantAll)
	}
	if s.Paused {
		change(x.paused)
	}
}

// normalise makes keywords and texts comparable.
func normalise(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// Query asks for the audience of a policy.
type Query struct {
	// Measures holds the criteria of each measure, see domain.Policy.CriteriaOf.
	// Who meets those of one measure is concerned.
	Measures []domain.Criteria
	Themes   []string // of the policy: who subscribed to one of them is interested
	Text     string   // title and text: whose keyword occurs in it is interested
	AsOf     string   // YYYY-MM-DD, for ages
	// Everyone leaves interest aside, for a statutory notice. Who paused is
	// left out all the same.
	Everyone bool
}

// Result is an audience: those whose facts all say yes, and those for whom a
// fact is missing. No one is in both. The caller owns the bitmaps.
type Result struct {
	Likely   *roaring.Bitmap
	Possible *roaring.Bitmap
}

// Evaluate returns the audience of a query.
func (x *Index) Evaluate(q Query) Result {
	x.mu.RLock()
	defer x.mu.RUnlock()
	asked := x.interested(q)
	e := evaluation{index: x, today: today(q.AsOf)}
	likely, possible := roaring.New(), roaring.New()
	for i := range q.Measures {
		sure, may := e.node(&q.Measures[i], asked)
		likely.Or(sure)
		possible.Or(may)
	}
	possible.AndNot(likely)
	return Result{Likely: likely, Possible: possible}
}

func (x *Index) interested(q Query) *roaring.Bitmap {
	if q.Everyone {
		return roaring.AndNot(x.all, x.paused)
	}
	found := []*roaring.Bitmap{x.wantAll}
	for _, theme := range q.Themes {
		if row := x.themes[theme]; row != nil {
			found = append(found, row)
		}
	}
	text := normalise(q.Text)
	for keyword, row := range x.keywords {
		if strings.Contains(text, keyword) {
			found = append(found, row)
		}
	}
	interested := roaring.FastOr(found...)
	interested.AndNot(x.paused)
	return interested
}
