package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"sync"

	"policypush/internal/domain"
)

// Plain is a synthetic subscriber as a flat struct of 64 bytes without
// pointers: ten million of them fit beside the index, and the scan that the
// index is held against reads nothing else. Codes are places in the lists of
// population, 0 is unknown; numbers below 0 are unknown.
type plain struct {
	kind, size, taxpayer, registration, ownership uint8
	wants                                         uint8 // wantsAll, isPaused
	region, hukou, industry                       uint16
	date                                          uint32 // founded or born: a place in dates
	staff                                         int32
	revenue, assets                               int32  // ten thousand yuan
	set                                           uint64 // attributes or groups; setKnown
	themes                                        uint64
	word, words                                   uint32 // words[word : word+words] of population.held
}

const (
	wantsAll = 1 << iota
	isPaused
)

// SetKnown is the bit of plain.set that tells that the others are complete.
const setKnown = 1 << 63

// Tenthousand is the unit of money in plain.
const tenThousand = 10_000

// Population draws synthetic subscribers with the skew of a province: few
// large counties and many small ones, two thirds of the enterprises one-person
// businesses, revenue and staff that go together, and much that is unknown.
// The same seed draws the same people.
type population struct {
	*rand.Rand
	counties []string

	regions, industries, sizes, taxpayers, registrations, ownerships []string
	attributes, groups, themes, keywords, dates                      []string

	countyAt   []uint16 // place of each county in regions; its towns follow
	industryAt []uint16 // place of each section's first class
	held       []uint32 // keywords of everybody
}

const (
	townsACounty   = 16
	classesADiv    = 15
	manyKeywords   = 200_000
	firstYear      = 1926
	lastYear       = 2026
	datesAYear     = 1 + 12 + 12*28 // the year, its months, their days
	benchDay       = "2026-11-22"   // for ages: the same in every run
	yearsOfKids    = 2008
	oldestResident = 82
)

func newPopulation(seed uint64) *population {
	p := &population{
		Rand:    rand.New(rand.NewPCG(seed, 20261122)),
		regions: []string{""}, industries: []string{""}, dates: []string{""},
		sizes: []string{"", "large", "medium", "small", "micro"}, taxpayers: []string{"", "general", "small-scale"},
		registrations: []string{"", "R112", "R500"}, ownerships: []string{"", "OW1", "OW2"},
		attributes: []string{"QH1", "QH2", "QH4", "TX3", "TX6", "CR4", "CR5", "Z5"},
	}
	for city := 1; city <= 11; city++ {
		for county := range 8 {
			p.counties = append(p.counties, fmt.Sprintf("33%02d%02d", city, county+2))
		}
	}
	p.Shuffle(len(p.counties), func(i, j int) { p.counties[i], p.counties[j] = p.counties[j], p.counties[i] })
	for _, county := range p.counties {
		p.countyAt = append(p.countyAt, uint16(len(p.regions)))
		p.regions = append(p.regions, county)
		for town := range townsACounty {
			p.regions = append(p.regions, county+strconv.Itoa(100+town))
		}
	}
	for _, section := range industrySections {
		p.industryAt = append(p.industryAt, uint16(len(p.industries)))
		for division := section.from; division <= section.to; division++ {
			for class := range classesADiv {
				p.industries = append(p.industries, fmt.Sprintf("%s%02d%d%d", section.letter, division, class/3+1, class%3+1))
			}
		}
	}
	for year := firstYear; year <= lastYear; year++ {
		p.dates = append(p.dates, strconv.Itoa(year))
		for month := 1; month <= 12; month++ {
			p.dates = append(p.dates, fmt.Sprintf("%d-%02d", year, month))
		}
		for day := range 12 * 28 {
			p.dates = append(p.dates, fmt.Sprintf("%d-%02d-%02d", year, day/28+1, day%28+1))
		}
	}
	for g := 1; g <= 24; g++ {
		p.groups = append(p.groups, fmt.Sprintf("G%02d", g))
	}
	for t := range 30 {
		p.themes = append(p.themes, fmt.Sprintf("Q%02d", t+1))
	}
	for i := range manyKeywords {
		p.keywords = append(p.keywords, benchWord(i))
	}
	return p
}

// BenchWord returns a word of three to five letters, another for each number.
func benchWord(n int) string {
	letters := []rune{rune(0x4e00 + n%701*7), rune(0x5200 + n/701%701*11), '关'}
	for rest := n % 3; rest > 0; rest-- {
		letters = append(letters, rune(0x6000+n%97*13))
	}
	return string(letters)
}

// The places of dates in population.dates.
func dateOfYear(year int) uint32         { return uint32(1 + (year-firstYear)*datesAYear) }
func dateOfMonth(year, month int) uint32 { return dateOfYear(year) + uint32(1+month) }
func dateOfDay(year, day int) uint32     { return dateOfYear(year) + uint32(13+day) }

// IndustrySections are the sections of GB/T 4754 with their divisions and how
// many enterprises in a hundred they have.
var industrySections = []struct {
	letter   string
	from, to int
	percent  int
}{
	{"A", 1, 5, 4},
	{"B", 6, 12, 1},
	{"C", 13, 43, 16},
	{"D", 44, 46, 1},
	{"E", 47, 50, 6},
	{"F", 51, 52, 34},
	{"G", 53, 60, 4},
	{"H", 61, 62, 11},
	{"I", 63, 65, 3},
	{"J", 66, 69, 1},
	{"K", 70, 70, 2},
	{"L", 71, 72, 6},
	{"M", 73, 75, 3},
	{"N", 76, 79, 1},
	{"O", 80, 82, 4},
	{"P", 83, 83, 1},
	{"Q", 84, 85, 1},
	{"R", 86, 90, 1},
}

func (p *population) chance(percent float64) bool { return p.Float64()*100 < percent }

// DrawnTogether is how many people are drawn from one seed.
const drawnTogether = 1 << 16

// People draws enterprises and residents in no order of kinds, on all cores.
func (p *population) people(enterprises, residents int, seed uint64) []plain {
	people := make([]plain, enterprises+residents)
	parts := slices.Collect(slices.Chunk(people, drawnTogether))
	held := make([][]uint32, len(parts)) // keywords of each part
	todo := make(chan int, len(parts))
	for i := range parts {
		todo <- i
	}
	close(todo)
	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			draws := *p
			for i := range todo {
				draws.Rand, draws.held = rand.New(rand.NewPCG(seed, 1000+uint64(i))), nil
				until := func(n int) int { return enterprises * n / len(people) } // enterprises among the first
				left := until(i*drawnTogether+len(parts[i])) - until(i*drawnTogether)
				for j := range parts[i] {
					if draws.IntN(len(parts[i])-j) < left {
						parts[i][j] = draws.enterprise()
						left--
					} else {
						parts[i][j] = draws.resident()
					}
				}
				held[i] = draws.held
			}
		})
	}
	group.Wait()
	for i, part := range parts {
		before := uint32(len(p.held))
		for j := range part {
			part[j].word += before
		}
		p.held = append(p.held, held[i]...)
	}
	p.held = slices.Clip(p.held)
	return people
}

// Like draws somebody of the same kind.
func (p *population) like(x *plain) plain {
	if x.kind == plainEnterprise {
		return p.enterprise()
	}
	return p.resident()
}

// Skewed returns a number below n; small ones come up much more often.
func (p *population) skewed(n int) int {
	return min(n-1, int(float64(n)*math.Pow(p.Float64(), 2.2)))
}

// Region draws a town, or only the county for one in twenty.
func (p *population) region() uint16 {
	county := p.countyAt[p.skewed(len(p.counties))]
	if p.chance(5) {
		return county
	}
	return county + 1 + uint16(p.skewed(townsACounty))
}

func (p *population) industry() uint16 {
	n := p.IntN(100)
	for i, s := range industrySections {
		if n -= s.percent; n < 0 {
			return p.industryAt[i] + uint16(p.skewed((s.to-s.from+1)*classesADiv))
		}
	}
	return p.industryAt[0]
}

// The places of kinds; domain.Enterprise and domain.Resident.
const (
	plainEnterprise = 1
	plainResident   = 2
)

func (p *population) enterprise() plain {
	e := plain{
		kind: plainEnterprise, region: p.region(), industry: p.industry(), taxpayer: 2, registration: 1, ownership: 1,
		staff: -1, revenue: -1, assets: -1,
	}
	median, spread := 12.0, 1.3
	if p.chance(66) {
		e.registration, median, spread = 2, 2.5, 0.7
	}
	staff := int32(1 + min(200_000, median*math.Exp(spread*p.NormFloat64())))
	revenue := int32(min(math.MaxInt32/2, float64(staff)*30*math.Exp(0.7*p.NormFloat64())))
	assets := int32(min(math.MaxInt32, float64(revenue)*math.Exp(0.5*p.NormFloat64())))
	switch {
	case staff >= 1000 && revenue >= 40_000:
		e.size = 1
	case staff >= 300 && revenue >= 2_000:
		e.size = 2
	case staff >= 20 && revenue >= 300:
		e.size = 3
	default:
		e.size = 4
	}
	if revenue > 500 || p.chance(10) {
		e.taxpayer = 1
	}
	e.date = dateOfDay(lastYear-p.skewed(35), p.IntN(12*28))
	if !p.chance(8) {
		e.staff = staff
	}
	if !p.chance(15) {
		e.revenue = revenue
	}
	if !p.chance(25) {
		e.assets = assets
	}
	if !p.chance(12) {
		e.set = setKnown | p.drawAttributes(staff, revenue)
	}
	p.interests(&e)
	return e
}

func (p *population) drawAttributes(staff, revenue int32) uint64 {
	set, larger := uint64(0), 1.0
	if staff > 50 && revenue > 2_000 {
		set, larger = 1<<7, 12.0
	}
	for i, percent := range []float64{0.5 * larger, 1.5 * larger, 0.3 * larger, 70 / larger, 3, 1.2, 4} {
		if p.chance(percent) {
			set |= 1 << i
		}
	}
	return set
}

func (p *population) resident() plain {
	born := yearsOfKids - p.IntN(oldestResident)
	r := plain{kind: plainResident, region: p.region(), date: dateOfYear(born), staff: -1, revenue: -1, assets: -1}
	switch {
	case p.chance(8):
		r.date = 0
	case p.chance(35):
		r.date = dateOfMonth(born, p.IntN(12))
	}
	if p.chance(60) {
		r.hukou = p.countyAt[p.skewed(len(p.counties))]
	}
	if !p.chance(12) {
		r.set = setKnown
		if lastYear-born >= 60 {
			r.set |= 1
		}
		for g := 2; g <= len(p.groups); g++ {
			if p.chance(40 / float64(g)) {
				r.set |= 1 << (g - 1)
			}
		}
	}
	p.interests(&r)
	return r
}

// Interests draws a subscription: a third want everything that may apply, a
// third up to six themes, one in eight has keywords, one in fifty paused.
func (p *population) interests(x *plain) {
	if p.chance(33) {
		x.wants |= wantsAll
	}
	if p.chance(2) {
		x.wants |= isPaused
	}
	if p.chance(35) {
		for range 1 + p.IntN(6) {
			x.themes |= 1 << p.skewed(len(p.themes))
		}
	}
	if p.chance(12) {
		x.word = uint32(len(p.held))
		for range 1 + p.IntN(4) {
			p.held = append(p.held, uint32(p.skewed(len(p.keywords))))
			x.words++
		}
	}
}

// Subscriber returns what a plain struct says, in the words of the service.
func (p *population) subscriber(x *plain) (domain.Profile, domain.Subscription) {
	profile := domain.Profile{Kind: domain.Enterprise, Region: p.regions[x.region], Industry: p.industries[x.industry]}
	if x.kind == plainResident {
		profile.Kind, profile.Hukou, profile.Born = domain.Resident, p.regions[x.hukou], p.dates[x.date]
		profile.Groups = membersOf(x.set, p.groups)
	} else {
		profile.Size, profile.Taxpayer = p.sizes[x.size], p.taxpayers[x.taxpayer]
		profile.Registration, profile.Ownership = p.registrations[x.registration], p.ownerships[x.ownership]
		profile.Founded = p.dates[x.date]
		profile.Attributes = membersOf(x.set, p.attributes)
		profile.Staff, profile.Revenue, profile.Assets = known(x.staff, 1), known(x.revenue, tenThousand), known(x.assets, tenThousand)
	}
	s := domain.Subscription{All: x.wants&wantsAll != 0, Paused: x.wants&isPaused != 0}
	for i, theme := range p.themes {
		if x.themes>>i&1 == 1 {
			s.Themes = append(s.Themes, theme)
		}
	}
	for _, word := range p.held[x.word : x.word+x.words] {
		s.Keywords = append(s.Keywords, p.keywords[word])
	}
	return profile, s
}

func membersOf(set uint64, codes []string) []string {
	if set&setKnown == 0 {
		return nil
	}
	found := []string{}
	for i, code := range codes {
		if set>>i&1 == 1 {
			found = append(found, code)
		}
	}
	return found
}

func known(n int32, unit int64) *int64 {
	if n < 0 {
		return nil
	}
	value := int64(n) * unit
	return &value
}
