package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"

	"policypush/internal/audience"
	"policypush/internal/domain"
)

// Library is what one would build from the roaring library alone: a bitmap for
// every value of every field and level, one for "does not say", and one for
// each interval between the bounds that the questions ask for: a real index
// could not know them all. People are numbered in the order of kind, place and
// trade, as the index does, in two halves that are asked in parallel. It
// answers with counts.
type library struct {
	people *population
	halves []*shelf
}

// Shelf is one half.
type shelf struct {
	all, wantAll, paused *roaring.Bitmap
	rows                 map[domain.Field]map[string]*roaring.Bitmap // "" is unknown, 330603! says no more than this
	dates                map[string]sets                             // condition → who meets it
	numbers              map[domain.Field]*intervals                 // staff, revenue, assets
	themes               map[string]*roaring.Bitmap
	words                map[string]*roaring.Bitmap
}

// Intervals are bitmaps of the numbers from cuts[i] up to cuts[i+1].
type intervals struct {
	cuts    []int32
	rows    []*roaring.Bitmap
	unknown *roaring.Bitmap
}

// Sets are those who meet something for sure, and those who may.
type sets struct{ sure, may *roaring.Bitmap }

// newLibrary builds the bitmaps that questions need.
func newLibrary(p *population, people []plain, asked []question) *library {
	order := make([]uint32, len(people))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(a, b uint32) int {
		x, y := &people[a], &people[b]
		return cmp.Or(cmp.Compare(x.kind, y.kind), cmp.Compare(x.region, y.region), cmp.Compare(x.industry, y.industry))
	})
	l := &library{people: p, halves: make([]*shelf, 2)}
	var group sync.WaitGroup
	for i := range l.halves {
		group.Go(func() { l.halves[i] = newShelf(p, people, order[i*len(order)/2:(i+1)*len(order)/2], asked) })
	}
	group.Wait()
	return l
}

// members gathers the numbers of a bitmap.
type members map[string][]uint32

func (m members) bitmaps() map[string]*roaring.Bitmap {
	found := make(map[string]*roaring.Bitmap, len(m))
	for value, numbers := range m {
		found[value] = roaring.BitmapOf(numbers...)
		found[value].RunOptimize()
		delete(m, value)
	}
	return found
}

func newShelf(p *population, people []plain, order []uint32, asked []question) *shelf {
	s := &shelf{
		rows: map[domain.Field]map[string]*roaring.Bitmap{}, dates: map[string]sets{}, numbers: map[domain.Field]*intervals{},
		themes: map[string]*roaring.Bitmap{}, words: map[string]*roaring.Bitmap{},
	}
	each := func(yield func(number uint32, x *plain)) {
		for number, i := range order {
			yield(uint32(number), &people[i])
		}
	}
	only := func(keep func(*plain) bool) *roaring.Bitmap {
		var numbers []uint32
		each(func(number uint32, x *plain) {
			if keep(x) {
				numbers = append(numbers, number)
			}
		})
		return roaring.BitmapOf(numbers...)
	}
	s.all = only(func(*plain) bool { return true })
	s.wantAll = only(func(x *plain) bool { return x.wants&wantsAll != 0 })
	s.paused = only(func(x *plain) bool { return x.wants&isPaused != 0 })
	for i, theme := range p.themes {
		s.themes[theme] = only(func(x *plain) bool { return x.themes>>i&1 == 1 })
	}
	words := members{}
	each(func(number uint32, x *plain) {
		for _, word := range p.held[x.word : x.word+x.words] {
			if word < askedWords {
				words[p.keywords[word]] = append(words[p.keywords[word]], number)
			}
		}
	})
	s.words = words.bitmaps()
	for _, f := range []domain.Field{domain.FieldKind, domain.FieldRegion, domain.FieldIndustry, domain.FieldSize, domain.FieldTaxpayer, domain.FieldRegistration, domain.FieldAttribute, domain.FieldGroup, domain.FieldHukou} {
		rows := members{}
		each(func(number uint32, x *plain) {
			if x.kind == plainResident && !f.AppliesTo(domain.Resident) || x.kind == plainEnterprise && !f.AppliesTo(domain.Enterprise) {
				return
			}
			for _, value := range p.valuesOf(f, x) {
				rows[value] = append(rows[value], number)
			}
		})
		s.rows[f] = rows.bitmaps()
	}
	for _, q := range asked {
		q.criteria.Leaves(func(c *domain.Condition) {
			switch c.Field {
			case domain.FieldStaff, domain.FieldRevenue, domain.FieldAssets:
				in := s.numbers[c.Field]
				if in == nil {
					in = &intervals{cuts: []int32{0, math.MaxInt32}}
					s.numbers[c.Field] = in
				}
				first, last := rangeOf(c, unitOf(c.Field))
				in.cuts = append(in.cuts, first, last+min(1, math.MaxInt32-last))
			case domain.FieldFounded, domain.FieldAge:
				t := p.compileLeaf(c)
				s.dates[bound(c)] = sets{
					only(func(x *plain) bool { return t(x) == domain.Yes }), only(func(x *plain) bool { return t(x) != domain.No }),
				}
			}
		})
	}
	for f, in := range s.numbers {
		slices.Sort(in.cuts)
		in.cuts = slices.Compact(in.cuts)
		number := func(x *plain) int32 { return x.staff }
		switch f {
		case domain.FieldRevenue:
			number = func(x *plain) int32 { return x.revenue }
		case domain.FieldAssets:
			number = func(x *plain) int32 { return x.assets }
		}
		rows := make([][]uint32, len(in.cuts))
		var unknown []uint32
		each(func(id uint32, x *plain) {
			switch n := number(x); {
			case x.kind == plainResident:
			case n < 0:
				unknown = append(unknown, id)
			default:
				at, exact := slices.BinarySearch(in.cuts, n)
				if !exact {
					at--
				}
				rows[at] = append(rows[at], id)
			}
		})
		for _, ids := range rows {
			in.rows = append(in.rows, roaring.BitmapOf(ids...))
		}
		in.unknown = roaring.BitmapOf(unknown...)
	}
	return s
}

func unitOf(f domain.Field) int64 {
	if f == domain.FieldStaff {
		return 1
	}
	return tenThousand
}

func bound(c *domain.Condition) string { return fmt.Sprint(c.Field, c.Op, c.Number) }

// count answers a query with the size of both sets.
func (l *library) count(q audience.Query) audience.Counts {
	counts := make([]audience.Counts, len(l.halves))
	var group sync.WaitGroup
	for i, s := range l.halves {
		group.Go(func() {
			found := s.node(&q.Measures[0])
			who := roaring.AndNot(s.all, s.paused)
			if !q.Everyone {
				interested := []*roaring.Bitmap{s.wantAll}
				for _, theme := range q.Themes {
					interested = append(interested, s.themes[theme])
				}
				for word, row := range s.words {
					if strings.Contains(q.Text, word) {
						interested = append(interested, row)
					}
				}
				who.And(roaring.FastOr(interested...))
			}
			likely := int(who.AndCardinality(found.sure))
			counts[i] = audience.Counts{Likely: likely, Possible: int(who.AndCardinality(found.may)) - likely}
		})
	}
	group.Wait()
	var sum audience.Counts
	for _, c := range counts {
		sum.Likely += c.Likely
		sum.Possible += c.Possible
	}
	return sum
}

func (s *shelf) node(c *domain.Criteria) sets {
	switch {
	case c.IsZero():
		return sets{s.all, s.all}
	case c.Leaf != nil:
		return s.leaf(c.Leaf)
	case c.Not != nil:
		of := s.node(c.Not)
		return sets{roaring.AndNot(s.all, of.may), roaring.AndNot(s.all, of.sure)}
	}
	parts, join := c.All, roaring.FastAnd
	if c.Any != nil {
		parts, join = c.Any, roaring.FastOr
	}
	sure, may := make([]*roaring.Bitmap, len(parts)), make([]*roaring.Bitmap, len(parts))
	for i := range parts {
		found := s.node(&parts[i])
		sure[i], may[i] = found.sure, found.may
	}
	return sets{join(sure...), join(may...)}
}

func (s *shelf) leaf(c *domain.Condition) sets {
	switch c.Field.Type() {
	case domain.NumberOf:
		in := s.numbers[c.Field]
		if in == nil {
			return s.dates[bound(c)]
		}
		first, last := rangeOf(c, unitOf(c.Field))
		var rows []*roaring.Bitmap
		for i, cut := range in.cuts {
			if first <= cut && cut <= last {
				rows = append(rows, in.rows[i])
			}
		}
		sure := roaring.FastOr(rows...)
		return sets{sure, roaring.Or(sure, in.unknown)}
	case domain.Unreadable:
		return sets{roaring.New(), s.all}
	}
	rows := s.rows[c.Field]
	var sure, maybe []*roaring.Bitmap
	add := func(to *[]*roaring.Bitmap, value string) {
		if row := rows[value]; row != nil {
			*to = append(*to, row)
		}
	}
	add(&maybe, "")
	for _, value := range c.Values {
		if c.Field.Type() == domain.CodeTree {
			if c.Field != domain.FieldIndustry {
				value = domain.RegionPrefix(value)
			}
			for n := range len(value) {
				add(&maybe, value[:n]+"!")
			}
		}
		add(&sure, value)
	}
	all := roaring.FastOr(sure...)
	if len(maybe) == 0 {
		return sets{all, all}
	}
	return sets{all, roaring.FastOr(append(maybe, all)...)}
}

// valuesOf are the rows that somebody stands in, every level of a tree.
func (p *population) valuesOf(f domain.Field, x *plain) []string {
	levels := func(code string, ends ...int) []string {
		var found []string
		for _, n := range ends {
			if n <= len(code) {
				found = append(found, code[:n])
			}
		}
		return found
	}
	switch f {
	case domain.FieldKind:
		return []string{[]string{"", "enterprise", "resident"}[x.kind]}
	case domain.FieldRegion, domain.FieldHukou:
		code := p.regions[x.region]
		if f == domain.FieldHukou {
			code = p.regions[x.hukou]
		}
		if code == "" {
			return []string{""}
		}
		return append(levels(code, 2, 4, 6, 9), code+"!")
	case domain.FieldIndustry:
		return levels(p.industries[x.industry], 1, 3, 4, 5)
	case domain.FieldSize:
		return []string{p.sizes[x.size]}
	case domain.FieldTaxpayer:
		return []string{p.taxpayers[x.taxpayer]}
	case domain.FieldRegistration:
		return []string{p.registrations[x.registration]}
	default:
		codes := p.attributes
		if f == domain.FieldGroup {
			codes = p.groups
		}
		if set := membersOf(x.set, codes); set != nil {
			return set
		}
		return []string{""}
	}
}
