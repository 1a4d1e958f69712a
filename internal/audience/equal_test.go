package audience_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"

	"policypush/internal/audience"
	"policypush/internal/domain"
	"policypush/internal/matching"
)

const asOf = "2026-11-22"

// maker draws random trees and profiles from few values, so that they meet.
type maker struct{ *rand.Rand }

func newMaker(seed uint64) maker { return maker{rand.New(rand.NewPCG(seed, 22))} }

func pick[T any](m maker, from ...T) T { return from[m.IntN(len(from))] }

// some returns none to three of the values, with repetitions.
func some(m maker, from []string) []string {
	set := []string{}
	for range m.IntN(4) {
		set = append(set, pick(m, from...))
	}
	return set
}

var values = map[domain.Field][]string{
	domain.FieldKind:         {"enterprise", "resident", ""},
	domain.FieldRegion:       {"", "000000", "330000", "33", "330600", "330603", "330603001", "330603002", "330604", "320000", "33060"},
	domain.FieldHukou:        {"", "330000", "330603", "330603001", "330604000"},
	domain.FieldIndustry:     {"", "C", "C3", "C34", "C341", "C3411", "C35", "I", "I65"},
	domain.FieldSize:         {"", "large", "medium", "small", "micro"},
	domain.FieldTaxpayer:     {"", "general", "small-scale"},
	domain.FieldRegistration: {"", "R110", "R173", "R400"},
	domain.FieldOwnership:    {"", "OW1", "OW2"},
	domain.FieldAttribute:    {"QH1", "QH2", "QH3", "ST1"},
	domain.FieldGroup:        {"G01", "G04", "G07", "G18"},
	domain.FieldLifeEvent:    {"E01", "I01", "I02"},
}

var dates = []string{
	"", "1958", "1966", "1966-11", "1966-11-22", "1966-11-23", "2000-02-29", "2019", "2019-03", "2019-03-01",
	"2026-11-22", "2027", "19", "2019-13", "去年",
}

func (m maker) profile() domain.Profile {
	code := func(f domain.Field) string { return pick(m, values[f]...) }
	set := func(f domain.Field) []string {
		if m.IntN(3) == 0 {
			return nil
		}
		return some(m, values[f])
	}
	number := func() *int64 {
		if m.IntN(3) == 0 {
			return nil
		}
		n := int64(m.IntN(8) * 100)
		return &n
	}
	return domain.Profile{
		Kind: pick(m, domain.Enterprise, domain.Enterprise, domain.Resident, domain.Resident, ""),
		// A profile may hold facts that its kind cannot have: they must not count.
		Region: code(domain.FieldRegion), Industry: code(domain.FieldIndustry), Size: code(domain.FieldSize),
		Taxpayer: code(domain.FieldTaxpayer), Registration: code(domain.FieldRegistration),
		Ownership: code(domain.FieldOwnership), Attributes: set(domain.FieldAttribute),
		Staff: number(), Revenue: number(), Assets: number(), Income: number(),
		Founded: pick(m, dates...), Born: pick(m, dates...),
		Groups: set(domain.FieldGroup), LifeEvents: set(domain.FieldLifeEvent), Hukou: code(domain.FieldHukou),
	}
}

func (m maker) subscription() domain.Subscription {
	return domain.Subscription{
		Themes:   some(m, []string{"Q01", "Q02", "M09"}),
		Keywords: some(m, []string{"技改", "RnD", " 社保 ", ""}),
		All:      m.IntN(3) == 0,
		Paused:   m.IntN(6) == 0,
		Least:    pick(m, domain.AnyRelevance, domain.AnyRelevance, domain.Relevant, domain.VeryRelevant),
		ByTheme: pick(m, nil, nil, map[string][]domain.Way{"Q01": {}, "Q05": {{Channel: domain.Email, When: domain.Now}, {Channel: domain.SMS, When: domain.Daily}}},
			map[string][]domain.Way{"Q01": {{Channel: domain.SMS, When: domain.Weekly}}, "Q05": {{Channel: domain.SMS, When: domain.Now}}}),
		RoleWays: pick(m, nil, nil, map[domain.ContactRole][]domain.Way{"personnel": {{Channel: domain.SMS, When: domain.Weekly}}, "finance": {}}),
		Fallback: pick(m, false, false, true),
		Ways:     pick(m, nil, []domain.Way{{Channel: domain.SMS, When: domain.Now}}, []domain.Way{{Channel: domain.SMS, When: domain.Daily}, {Channel: domain.Email, When: domain.Weekly}}),
	}
}

func (m maker) tree(depth int) domain.Criteria {
	form := m.IntN(8)
	if depth == 0 {
		form = 7
	}
	branches := func() []domain.Criteria {
		parts := make([]domain.Criteria, m.IntN(4))
		for i := range parts {
			parts[i] = m.tree(depth - 1)
		}
		return parts
	}
	switch {
	case form < 2:
		return domain.Criteria{All: branches()}
	case form < 4:
		return domain.Criteria{Any: branches()}
	case form < 6:
		return domain.NotOf(m.tree(depth - 1))
	case form == 6 && m.IntN(10) == 0:
		return domain.Criteria{}
	default:
		return domain.Leaf(m.condition())
	}
}

func (m maker) condition() domain.Condition {
	f := pick(m, domain.Fields()...)
	c := domain.Condition{Field: f, Op: domain.In}
	switch f.Type() {
	case domain.NumberOf:
		c.Op = pick(m, domain.AtLeast, domain.MoreThan, domain.AtMost, domain.LessThan)
		switch f {
		case domain.FieldAge:
			c.Number = pick(m, int64(0), 26, 59, 60, 61, 68)
		case domain.FieldFounded:
			c.Number = pick(m, int64(20190101), 20190301, 20190331, 20191231, 19661122)
		default:
			c.Number = int64(m.IntN(8) * 100)
		}
		if m.IntN(40) == 0 {
			c.Op = domain.In // not well formed: Unknown in both
		}
	case domain.Unreadable:
		c.Unread = "信用良好"
	default:
		c.Values = some(m, values[f])
	}
	return c
}

// person is the model that the index is held against.
type person struct {
	profile      domain.Profile
	subscription domain.Subscription
}

func (p person) interested(q audience.Query) bool {
	if p.subscription.Paused {
		return false
	}
	if q.Everyone || p.subscription.All {
		return true
	}
	for _, theme := range p.subscription.Themes {
		for _, wanted := range q.Themes {
			if theme == wanted {
				return true
			}
		}
	}
	// The text of the test's query holds 技改 and rnd and nothing else.
	for _, k := range p.subscription.Keywords {
		if q.Text != "" && (k == "技改" || k == "RnD") {
			return true
		}
	}
	return false
}

// relevance of the query, whose text holds the words of interested.
func (p person) relevance(q audience.Query, v domain.Verdict) domain.Relevance {
	themes := map[string]bool{}
	for _, theme := range p.subscription.Themes {
		themes[theme] = slices.Contains(q.Themes, theme)
	}
	n := 0
	for _, wanted := range themes {
		if wanted {
			n++
		}
	}
	keyword := q.Text != "" && slices.ContainsFunc(p.subscription.Keywords, func(k string) bool { return k == "技改" || k == "RnD" })
	return domain.RelevanceOf(v == domain.Likely, keyword, n)
}

func (p person) verdict(q audience.Query) domain.Verdict {
	truth := domain.No
	for i := range q.Measures {
		truth = truth.Or(matching.Evaluate(&q.Measures[i], &p.profile, q.AsOf))
	}
	return domain.VerdictOf(truth)
}

// check compares the index with the model for one query.
func check(q audience.Query, x *audience.Index, people map[domain.SubscriberID]person, seen map[domain.Verdict]int) error {
	got := x.Evaluate(q)
	likely, possible := 0, 0
	for id, p := range people {
		want := p.verdict(q)
		if !p.interested(q) || !q.Everyone && p.relevance(q, want) < p.subscription.Least || q.Without != nil && q.Without.Contains(uint32(id)) {
			want = domain.NotForThem
		}
		seen[want]++
		var is domain.Verdict
		switch {
		case got.Likely.Contains(uint32(id)) && got.Possible.Contains(uint32(id)):
			return fmt.Errorf("subscriber %d is both likely and possible", id)
		case got.Likely.Contains(uint32(id)):
			is = domain.Likely
			likely++
		case got.Possible.Contains(uint32(id)):
			is = domain.Possible
			possible++
		default:
			is = domain.NotForThem
		}
		if is != want {
			return fmt.Errorf("subscriber %d: index says %s, matching says %s\nprofile %+v\nquery %+v\n%s",
				id, is, want, p.profile, q, matching.Describe(&q.Measures[0], nil))
		}
	}
	if n := x.Count(q); n != (audience.Counts{Likely: likely, Possible: possible}) {
		return fmt.Errorf("the index counts %+v, matching %d and %d", n, likely, possible)
	}
	if int(got.Likely.GetCardinality()) != likely || int(got.Possible.GetCardinality()) != possible {
		return fmt.Errorf("the index names subscribers that do not exist")
	}
	return nil
}

// checkWays holds the numbers of those whom each channel reaches against a count
// of them.
func checkWays(x *audience.Index, set *roaring.Bitmap, people map[domain.SubscriberID]person) error {
	for _, of := range []struct {
		themes []string
		roles  []domain.ContactRole
	}{{}, {themes: []string{"Q01"}}, {themes: []string{"Q05", "Q01"}, roles: []domain.ContactRole{"finance", "personnel"}}, {roles: []domain.ContactRole{"personnel"}}} {
		want, first := map[domain.Way]int{}, 0
		for it := set.Iterator(); it.HasNext(); {
			s := people[domain.SubscriberID(it.Next())].subscription
			ways, special := s.WaysFor(of.themes)
			switch {
			case s.Fallback:
				first++
				continue
			case special:
			default:
				ways = s.Ways
				for _, role := range slices.Backward(of.roles) {
					if own, has := s.RoleWays[role]; has {
						ways = own
					}
				}
			}
			for _, way := range ways {
				want[way]++
			}
		}
		if got := x.CountWays(set, of.themes, of.roles); !maps.Equal(got.Ways, want) || got.First != first {
			return fmt.Errorf("of %v the channels reach %v, want %v and %d first in the inbox", of, got, want, first)
		}
	}
	return nil
}

// TestIndexAgreesWithMatching holds the index against package matching, which
// answers one profile at a time: on random trees of all fields, on profiles
// with unknown facts, while subscribers come, change and go.
func TestIndexAgreesWithMatching(t *testing.T) {
	seen := map[domain.Verdict]int{}
	for seed := range uint64(30) {
		m := newMaker(seed)
		x := audience.New()
		people := map[domain.SubscriberID]person{}
		put := func(id domain.SubscriberID) {
			p := person{m.profile(), m.subscription()}
			people[id] = p
			x.Put(id, p.profile, p.subscription)
		}
		ids := []domain.SubscriberID{}
		for n := range 150 {
			// Three blocks of ids: two neighbours and the highest there is.
			ids = append(ids, pick(m, domain.SubscriberID(1), 65536-70, 1<<32-200)+domain.SubscriberID(n))
		}
		for _, id := range ids {
			put(id)
		}
		for round := range 100 {
			for range 5 {
				id := pick(m, ids...)
				if m.IntN(3) == 0 {
					delete(people, id)
					x.Delete(id)
				} else {
					put(id)
				}
			}
			q := audience.Query{
				Measures: []domain.Criteria{m.tree(6)},
				AsOf:     asOf, Themes: some(m, []string{"Q01", "M09"}), Everyone: m.IntN(2) == 0,
			}
			if m.IntN(3) == 0 {
				q.Measures = append(q.Measures, m.tree(3))
			}
			if m.IntN(2) == 0 {
				q.Text = "关于技改与RND费用的通知"
			}
			if m.IntN(4) == 0 {
				q.Without = roaring.New()
				for range m.IntN(100) {
					q.Without.Add(uint32(pick(m, ids...)))
				}
			}
			if err := check(q, x, people, seen); err != nil {
				t.Fatalf("seed %d, round %d: %v", seed, round, err)
			}
		}
		if x.Len() != len(people) {
			t.Fatalf("seed %d: index holds %d subscribers, want %d", seed, x.Len(), len(people))
		}
	}
	// The draws must not be lopsided, or agreement would prove little.
	for _, v := range []domain.Verdict{domain.Likely, domain.Possible, domain.NotForThem} {
		if seen[v] < 20_000 {
			t.Errorf("only %d answers were %q", seen[v], v)
		}
	}
}

// TestManyAgreeWithMatching does the same for more people than a chunk holds,
// so that rows are bitmaps, lists and runs, and after changes that turn one
// into the other.
func TestManyAgreeWithMatching(t *testing.T) {
	const crowd = 70_000
	m := newMaker(1)
	source := &log{people: map[domain.SubscriberID]audience.Row{}}
	people := map[domain.SubscriberID]person{}
	someone := func(id domain.SubscriberID) audience.Row {
		p := person{m.profile(), m.subscription()}
		if m.IntN(3) > 0 {
			p.profile.Kind = domain.Enterprise // one row with nearly everybody
		}
		people[id] = p
		return audience.Row{ID: id, Profile: p.profile, Subscription: p.subscription}
	}
	for id := range domain.SubscriberID(crowd) {
		source.people[id+1] = someone(id + 1)
	}
	x := audience.New()
	if err := x.Build(t.Context(), source); err != nil {
		t.Fatal(err)
	}
	seen := map[domain.Verdict]int{}
	for round := range 12 {
		for range 3 {
			q := audience.Query{
				Measures: []domain.Criteria{m.tree(5), m.tree(2)}, AsOf: asOf,
				Themes: some(m, []string{"Q01", "M09"}), Everyone: m.IntN(2) == 0,
			}
			if round%2 == 1 { // whom the last one told is not told again
				told := x.Evaluate(audience.Query{Measures: []domain.Criteria{m.tree(3)}, AsOf: asOf, Everyone: true})
				q.Without = roaring.Or(told.Likely, told.Possible)
				q.Without.Add(1<<32 - 1) // nobody the index knows
			}
			if err := check(q, x, people, seen); err != nil {
				t.Fatalf("round %d: %v", round, err)
			}
			if err := checkWays(x, x.Evaluate(q).Possible, people); err != nil {
				t.Fatalf("round %d: %v", round, err)
			}
		}
		for range 2000 {
			id := domain.SubscriberID(m.IntN(crowd) + 1)
			if m.IntN(3) == 0 {
				delete(people, id)
				x.Delete(id)
			} else {
				r := someone(id)
				x.Put(id, r.Profile, r.Subscription)
			}
		}
	}
	if x.Len() != len(people) {
		t.Errorf("the index holds %d subscribers, want %d", x.Len(), len(people))
	}
}
