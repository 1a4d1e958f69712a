package audience

import (
	"math"
	"slices"
	"time"

	"policypush/internal/domain"
)

// numberFields are the columns of numbers. Age has none of its own: it is
// asked of the day of birth, see intervalOf.
var numberFields = [...]domain.Field{
	domain.FieldStaff, domain.FieldRevenue, domain.FieldAssets, domain.FieldIncome, domain.FieldFounded, domain.FieldAge,
}

const (
	foundedColumn = 4
	bornColumn    = 5
)

// columnOf returns the column of a number field.
func columnOf(f domain.Field) int { return slices.Index(numberFields[:], f) }

// Two values of a column are no numbers.
const (
	noNumber  = math.MaxUint32     // the profile does not say
	farNumber = math.MaxUint32 - 1 // negative or too large for a column: it stands in chunk.far
)

// interval is a set of neighbouring numbers, first … last; it is empty if last
// is below first.
type interval struct{ first, last int64 }

var (
	everyNumber = interval{math.MinInt64, math.MaxInt64}
	nothing     = interval{math.MaxInt64, math.MinInt64}
)

// truth answers whether a number, of which is known that it lies in first …
// last, is in the interval.
func (i interval) truth(first, last int64) domain.Truth {
	switch {
	case i.first <= first && last <= i.last:
		return domain.Yes
	case last < i.first || i.last < first:
		return domain.No
	default:
		return domain.Unknown
	}
}

// intervalOf returns what a comparison allows in the column of its field. For
// an age it is days of birth, given the day asked for, YYYYMMDD.
func intervalOf(c *domain.Condition, today int64) interval {
	least := func(n int64) interval { return interval{n, math.MaxInt64} }
	below := func(n int64) interval {
		if n == math.MinInt64 {
			return nothing
		}
		return interval{math.MinInt64, n - 1}
	}
	switch c.Field {
	case domain.FieldAge:
		// Who is at least n years old was born on a day or before it.
		least = func(n int64) interval { return interval{math.MinInt64, bornBy(n, today)} }
		below = func(n int64) interval { return interval{bornBy(n, today) + 1, math.MaxInt64} }
	case domain.FieldFounded:
		plainBelow := below
		least = func(n int64) interval { return interval{nextDay(n), math.MaxInt64} }
		below = func(n int64) interval { return plainBelow(nextDay(n)) }
	}
	switch {
	case c.Op == domain.AtLeast:
		return least(c.Number)
	case c.Op == domain.LessThan:
		return below(c.Number)
	case c.Op == domain.MoreThan && c.Number == math.MaxInt64:
		return nothing
	case c.Op == domain.MoreThan:
		return least(c.Number + 1)
	case c.Number == math.MaxInt64:
		return everyNumber
	default:
		return below(c.Number + 1)
	}
}

// nextDay moves a number between two years, such as the day after 20191231, to
// the first day of the later one, so that it falls on a cut.
func nextDay(n int64) int64 {
	if n > 0 && n < 1_0000_0000 && n%10000 > 1231 {
		return (n/10000+1)*10000 + 101
	}
	return n
}

// bornBy returns the last day of birth of those who are n years old today. It
// turns domain.AgeOn around, which rounds towards zero: who is not yet born
// has no year either.
func bornBy(n, today int64) int64 {
	const oldest = 1_000_000 // years; beyond them the product could overflow
	n = max(min(n, oldest), -oldest)
	if n > 0 {
		return today - n*10000
	}
	return today - (n-1)*10000 - 1
}

// dateNumber packs a date into a column: 20190301, 20190300 or 20190000, as
// much of it as is known.
func dateNumber(date string) uint32 {
	first, _, known := domain.DateRange(date)
	if !known {
		return noNumber
	}
	switch len(date) {
	case len("2006"):
		first -= 101
	case len("2006-01"):
		first--
	}
	return uint32(first)
}

// dateText turns dateNumber around.
func dateText(n uint32) string {
	text := [...]byte{
		digit(n, 10_000_000), digit(n, 1_000_000), digit(n, 100_000), digit(n, 10_000), '-',
		digit(n, 1000), digit(n, 100), '-', digit(n, 10), digit(n, 1),
	}
	switch {
	case n/100%100 == 0:
		return string(text[:len("2006")])
	case n%100 == 0:
		return string(text[:len("2006-01")])
	default:
		return string(text[:])
	}
}

func digit(n, place uint32) byte { return '0' + byte(n/place%10) }

// dateRange returns the days that a packed date may be.
func dateRange(n uint32) (first, last int64) {
	first = earliest(n)
	switch year, month := int64(n/10000), int64(n/100%100); {
	case month == 0:
		return first, year*10000 + 1231
	case n%100 == 0:
		end := time.Date(int(year), time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
		return first, int64(n) + int64(end)
	default:
		return first, first
	}
}

// earliest returns the first of them.
func earliest(n uint32) int64 {
	switch {
	case n/100%100 == 0:
		return int64(n/10000)*10000 + 101
	case n%100 == 0:
		return int64(n) + 1
	default:
		return int64(n)
	}
}

// scale divides the numbers of a column into buckets: bucket i holds what is
// at least cuts[i-1] and below cuts[i]. Every bucket is a row. Those before
// which a step lies begin a row as well: all who stand in this bucket or in a
// higher one. So a wide interval is the difference of two rows, and what lies
// between its ends and the nearest steps.
type scale struct {
	cuts  []int64
	fine  []rowID // a row for each bucket, one more than there are cuts
	steps []int   // buckets in rising order
	up    []rowID // a row for each step
	all   rowID   // everybody whose number is known

	splits []split // at bounds that were asked for
	oldest int     // of splits
}

// bucket returns the bucket of a number: how many cuts are not above it. It
// halves without branches, of which every second would be foreseen wrongly.
func (s *scale) bucket(n int64) int {
	n = min(max(n, -1), 1<<60) // all cuts lie between; so a difference does not overflow
	from := uint(0)
	for left := uint(len(s.cuts)); left > 0; {
		half := (left + 1) / 2
		notAbove := (s.cuts[from+half-1] - n - 1) >> 63 // all ones or none
		from += half & uint(notAbove)
		left -= half
	}
	return int(from)
}

// climbed returns how many rows of up a bucket is in: the first ones. No
// bucket, -1, is in none.
func (s *scale) climbed(bucket int) int {
	at, found := slices.BinarySearch(s.steps, bucket)
	if found {
		at++
	}
	return at
}

// from returns the row that begins with the step i, or that of everybody
// before the first.
func (s *scale) from(i int) rowID {
	if i < 0 {
		return s.all
	}
	return s.up[i]
}

// cover returns rows that together hold the buckets from … to, and no other:
// those in yes without those in except, and those in more.
func (s *scale) cover(from, to int) (yes, except, more []rowID) {
	below, above := s.climbed(from)-1, s.climbed(to)
	start, end := 0, len(s.fine) // the buckets where the steps before and behind lie
	if below >= 0 {
		start = s.steps[below]
	}
	if above < len(s.steps) {
		end = s.steps[above]
	}
	if to-from < fewBuckets || to-from < (from-start)+(end-to) {
		return s.fine[from : to+1], nil, nil
	}
	if next := below + 1; next < above && s.steps[next]-from < from-start {
		yes = append(yes, s.fine[from:s.steps[next]]...)
		yes = append(yes, s.from(next))
	} else {
		yes = append(yes, s.from(below))
		except = append(except, s.fine[start:from]...)
	}
	if last := above - 1; last > below && to+1-s.steps[last] < end-to-1 {
		except = append(except, s.up[last])
		more = append(more, s.fine[s.steps[last]:to+1]...)
	} else {
		except = append(except, s.fine[to+1:end]...)
		if above < len(s.up) {
			except = append(except, s.up[above])
		}
	}
	return yes, except, more
}

// fewBuckets are united one by one.
const fewBuckets = 3

// whole tells whether an interval takes a bucket in wholly.
func (s *scale) whole(i interval, b int) bool {
	return (b == 0 && i.first == math.MinInt64 || b > 0 && i.first <= s.cuts[b-1]) &&
		(b == len(s.cuts) && i.last == math.MaxInt64 || b < len(s.cuts) && i.last >= s.cuts[b]-1)
}

// scaleOf returns the cuts and steps of a column. There is a cut at the
// thresholds that laws and the classes of size use, and behind each, since "not
// more than 300" and "less than 300" are both common. Others lie between so
// that few people are in the buckets that any other number cuts. Steps are a
// few of those that are used most. Money is in yuan.
func scaleOf(column int) scale {
	switch numberFields[column] {
	case domain.FieldStaff:
		laws := []int64{20, 30, 50, 80, 100, 200, 300, 400, 500, 600, 800, 1000, 2000, 3000, 5000}
		for n := int64(1); n < 20; n++ {
			laws = append(laws, n)
		}
		return newScale(1, laws, 5000, []int64{5, 20, 100, 300})
	case domain.FieldRevenue:
		return newScale(10_000, []int64{
			0, 10, 30, 50, 100, 120, 180, 200, 300, 400, 500, 600, 800, 1000, 1500, 2000, 3000, 4000, 5000, 6000, 8000,
			10000, 15000, 20000, 30000, 40000, 50000, 80000, 100000, 200000,
		}, 200_000, []int64{50, 300, 2000, 10000})
	case domain.FieldAssets:
		return newScale(10_000, []int64{0, 100, 300, 500, 1000, 2000, 3000, 5000, 8000, 10000, 20000, 50000, 80000, 100000, 120000},
			200_000, []int64{100, 1000, 5000})
	case domain.FieldIncome:
		return newScale(10_000, []int64{0, 10, 30, 50, 80, 100, 200, 300, 500, 1000, 3000, 5000, 10000},
			10_000, []int64{10, 100})
	case domain.FieldFounded:
		return newYears(1990, 2040, 8)
	default:
		return newYears(1936, 2026, 15)
	}
}

// growth is how much larger than its lower bound a bucket may be, in percent.
const growth = 6

// newScale makes a scale for numbers up to last, in a unit, with steps at some
// of them.
func newScale(unit int64, laws []int64, last int64, steps []int64) scale {
	var s scale
	for _, n := range append(laws, steps...) {
		s.cuts = append(s.cuts, n*unit, n*unit+1)
	}
	slices.Sort(s.cuts)
	s.cuts = slices.Compact(s.cuts)
	for n := unit; n < last*unit; n += max(1, n*growth/100) {
		at, found := slices.BinarySearch(s.cuts, n)
		near := n * growth / 300
		if !found && (at == 0 || n-s.cuts[at-1] > near) && (at == len(s.cuts) || s.cuts[at]-n > near) {
			s.cuts = slices.Insert(s.cuts, at, n)
		}
	}
	for _, n := range steps {
		s.steps = append(s.steps, s.bucket(n*unit))
	}
	return s
}

// newYears makes a scale of dates with a bucket for every year, so that a date
// of which only the year is known lies in one, and a step every few years.
func newYears(first, last, every int) scale {
	var s scale
	for year := int64(1921); year <= 2060; year++ {
		s.cuts = append(s.cuts, year*10000+101)
	}
	for year := first; year <= last; year += every {
		s.steps = append(s.steps, s.bucket(int64(year)*10000+101))
	}
	return s
}
