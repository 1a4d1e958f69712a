package main

import (
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"

	"policypush/internal/audience"
	"policypush/internal/domain"
)

// Test answers one condition or tree for a plain struct.
type test func(*plain) domain.Truth

// Compile turns a tree into nested functions. Every leaf is a look into a
// table of truths, made before the scan: what a good program without an index
// would do.
func (p *population) compile(c *domain.Criteria) test {
	switch {
	case c.IsZero():
		return func(*plain) domain.Truth { return domain.Yes }
	case c.Leaf != nil:
		return p.compileLeaf(c.Leaf)
	case c.Not != nil:
		of := p.compile(c.Not)
		return func(x *plain) domain.Truth { return of(x).Not() }
	case c.Any != nil:
		tests := p.compileAll(c.Any)
		return func(x *plain) domain.Truth {
			truth := domain.No
			for _, t := range tests {
				if truth = max(truth, t(x)); truth == domain.Yes {
					break
				}
			}
			return truth
		}
	default:
		tests := p.compileAll(c.All)
		return func(x *plain) domain.Truth {
			truth := domain.Yes
			for _, t := range tests {
				if truth = min(truth, t(x)); truth == domain.No {
					break
				}
			}
			return truth
		}
	}
}

func (p *population) compileAll(parts []domain.Criteria) []test {
	tests := make([]test, len(parts))
	for i := range parts {
		tests[i] = p.compile(&parts[i])
	}
	return tests
}

func (p *population) compileLeaf(c *domain.Condition) test {
	if c.Field == domain.FieldOther {
		return func(*plain) domain.Truth { return domain.Unknown }
	}
	return onlyOf(c.Field, p.compileKnown(c))
}

// OnlyOf answers No for those who cannot have a field.
func onlyOf(f domain.Field, t test) test {
	enterprises, residents := f.AppliesTo(domain.Enterprise), f.AppliesTo(domain.Resident)
	if enterprises && residents {
		return t
	}
	kind := uint8(plainResident)
	if enterprises {
		kind = plainEnterprise
	}
	return func(x *plain) domain.Truth {
		if x.kind != kind {
			return domain.No
		}
		return t(x)
	}
}

func (p *population) compileKnown(c *domain.Condition) test {
	codes := func(list []string) []domain.Truth { return truthsOf(c, list) }
	switch c.Field {
	case domain.FieldKind:
		truths := codes([]string{"", string(domain.Enterprise), string(domain.Resident)})
		return func(x *plain) domain.Truth { return truths[x.kind] }
	case domain.FieldRegion:
		truths := codes(p.regions)
		return func(x *plain) domain.Truth { return truths[x.region] }
	case domain.FieldHukou:
		truths := codes(p.regions)
		return func(x *plain) domain.Truth { return truths[x.hukou] }
	case domain.FieldIndustry:
		truths := codes(p.industries)
		return func(x *plain) domain.Truth { return truths[x.industry] }
	case domain.FieldSize:
		truths := codes(p.sizes)
		return func(x *plain) domain.Truth { return truths[x.size] }
	case domain.FieldTaxpayer:
		truths := codes(p.taxpayers)
		return func(x *plain) domain.Truth { return truths[x.taxpayer] }
	case domain.FieldRegistration:
		truths := codes(p.registrations)
		return func(x *plain) domain.Truth { return truths[x.registration] }
	case domain.FieldAttribute:
		return compileSet(c, p.attributes)
	case domain.FieldGroup:
		return compileSet(c, p.groups)
	case domain.FieldStaff:
		first, last := rangeOf(c, 1)
		return func(x *plain) domain.Truth { return truthIn(x.staff, first, last) }
	case domain.FieldRevenue:
		first, last := rangeOf(c, tenThousand)
		return func(x *plain) domain.Truth { return truthIn(x.revenue, first, last) }
	case domain.FieldAssets:
		first, last := rangeOf(c, tenThousand)
		return func(x *plain) domain.Truth { return truthIn(x.assets, first, last) }
	case domain.FieldFounded, domain.FieldAge:
		truths := p.truthsOfDates(c)
		return func(x *plain) domain.Truth { return truths[x.date] }
	default:
		panic("the benchmark draws no " + string(c.Field))
	}
}

func truthsOf(c *domain.Condition, codes []string) []domain.Truth {
	truths := make([]domain.Truth, len(codes))
	for i, code := range codes {
		switch {
		case code == "":
			truths[i] = domain.Unknown
		case c.Field.Type() == domain.OneCode:
			truths[i] = domain.TruthOf(slices.Contains(c.Values, code))
		default:
			for _, wider := range c.Values {
				truths[i] = truths[i].Or(domain.InTree(c.Field, code, wider))
			}
		}
	}
	return truths
}

func compileSet(c *domain.Condition, codes []string) test {
	mask := uint64(0)
	for _, value := range c.Values {
		if i := slices.Index(codes, value); i >= 0 {
			mask |= 1 << i
		}
	}
	return func(x *plain) domain.Truth {
		switch {
		case x.set&setKnown == 0:
			return domain.Unknown
		case x.set&mask != 0:
			return domain.Yes
		default:
			return domain.No
		}
	}
}

// RangeOf returns the numbers, in a unit, that meet a condition.
func rangeOf(c *domain.Condition, unit int64) (first, last int32) {
	bound := func(n int64) int32 { return int32(min(max(n, 0), math.MaxInt32)) }
	roundUp := (c.Number + unit - 1) / unit
	switch c.Op {
	case domain.AtLeast:
		return bound(roundUp), math.MaxInt32
	case domain.MoreThan:
		return bound(c.Number/unit + 1), math.MaxInt32
	case domain.AtMost:
		return 0, bound(c.Number / unit)
	default:
		return 0, bound(roundUp - 1)
	}
}

func truthIn(n, first, last int32) domain.Truth {
	switch {
	case n < 0:
		return domain.Unknown
	case first <= n && n <= last:
		return domain.Yes
	default:
		return domain.No
	}
}

func (p *population) truthsOfDates(c *domain.Condition) []domain.Truth {
	truths := make([]domain.Truth, len(p.dates))
	for i, date := range p.dates {
		profile := domain.Profile{Founded: date, Born: date}
		lo, hi, known := profile.Number(c.Field, benchDay)
		switch {
		case !known || c.Compare(lo) != c.Compare(hi):
			truths[i] = domain.Unknown
		default:
			truths[i] = domain.TruthOf(c.Compare(lo))
		}
	}
	return truths
}

// Interest returns who wants to hear of a query, as a function of a plain
// struct.
func (p *population) interest(q audience.Query) func(*plain) bool {
	if q.Everyone {
		return func(x *plain) bool { return x.wants&isPaused == 0 }
	}
	themes := uint64(0)
	for _, theme := range q.Themes {
		themes |= 1 << slices.Index(p.themes, theme)
	}
	said := make([]bool, len(p.keywords))
	for i, word := range p.keywords[:askedWords] {
		said[i] = strings.Contains(q.Text, word)
	}
	return func(x *plain) bool {
		if x.wants&isPaused != 0 {
			return false
		}
		return x.wants&wantsAll != 0 || x.themes&themes != 0 ||
			slices.ContainsFunc(p.held[x.word:x.word+x.words], func(word uint32) bool { return said[word] })
	}
}

// ScanBlock is how many people a worker takes at a time; whole words of bits.
const scanBlock = 1 << 16

// Scan asks every plain struct in turn, on all cores. Bits are ids, one more
// than places.
func (p *population) scan(people []plain, q audience.Query) audience.Result {
	tests := p.compileAll(q.Measures)
	interested := p.interest(q)
	words := (len(people) + 64) / 64
	sure, may := make([]uint64, words+1), make([]uint64, words+1)
	blocks := make(chan int, len(people)/scanBlock+1)
	for from := 0; from <= len(people); from += scanBlock {
		blocks <- from
	}
	close(blocks)
	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for from := range blocks {
				for id := max(1, from); id <= min(len(people), from+scanBlock-1); id++ {
					x := &people[id-1]
					if !interested(x) {
						continue
					}
					truth := domain.No
					for _, t := range tests {
						truth = max(truth, t(x))
					}
					switch truth {
					case domain.Yes:
						sure[id/64] |= 1 << (id % 64)
					case domain.Unknown:
						may[id/64] |= 1 << (id % 64)
					}
				}
			}
		})
	}
	group.Wait()
	return audience.Result{Likely: roaring.FromDense(sure, false), Possible: roaring.FromDense(may, false)}
}

func same(a, b audience.Result) bool {
	return a.Likely.Equals(b.Likely) && a.Possible.Equals(b.Possible)
}
