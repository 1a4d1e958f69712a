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
	t := time.Date(int(n/10000), time.Month(max(n/100%100, 1)), int(max(n%100, 1)), 0, 0, 0, 0, time.UTC)
	switch {
	case n/100%100 == 0:
		return t.Format("2006")
	case n%100 == 0:
		return t.Format("2006-01")
	default:
		return t.Format(time.DateOnly)
	}
}

// dateRange returns the days that a packed date may be.
func dateRange(n uint32) (first, last int64) {
	switch year, month := int64(n/10000), int64(n/100%100); {
	case month == 0:
		return year*10000 + 101, year*10000 + 1231
	case n%100 == 0:
		end := time.Date(int(year), time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
		return int64(n) + 1, int64(n) + int64(end)
	default:
		return int64(n), int64(n)
	}
}

// scale divides the numbers of a column into buckets: bucket i holds what is
// at least cuts[i-1] and below cuts[i]. Every bucket is a row, and every eight
// of them are one more, so that a wide interval is few rows.
type scale struct {
	cuts []int64
	fine []rowID // a row for each bucket, one more than there are cuts
	wide []rowID // a row for eight buckets
	all  rowID   // everybody whose number is known
}

// wideBuckets is how many buckets share a wide row.
const wideBuckets = 8

// bucket returns the bucket of a number.
func (s *scale) bucket(n int64) int {
	at, found := slices.BinarySearch(s.cuts, n)
	if found {
		at++
	}
	return at
}

// cover returns rows that together hold the buckets from … to, and no other.
func (s *scale) cover(from, to int) []rowID {
	if from == 0 && to == len(s.cuts) {
		return []rowID{s.all}
	}
	var rows []rowID
	for b := from; b <= to; {
		if last := min(b+wideBuckets-1, len(s.cuts)); b%wideBuckets == 0 && last <= to {
			rows = append(rows, s.wide[b/wideBuckets])
			b = last + 1
		} else {
			rows = append(rows, s.fine[b])
			b++
		}
	}
	return rows
}

// whole tells whether an interval takes a bucket in wholly.
func (s *scale) whole(i interval, b int) bool {
	return (b == 0 && i.first == math.MinInt64 || b > 0 && i.first <= s.cuts[b-1]) &&
		(b == len(s.cuts) && i.last == math.MaxInt64 || b < len(s.cuts) && i.last >= s.cuts[b]-1)
}

// cutsOf returns the cut points of a column: the thresholds that laws and the
// classes of size use. A threshold cuts before and behind itself, since "not
// more than 300" and "less than 300" are both common. Money is in yuan.
func cutsOf(column int) []int64 {
	const wan = 10_000
	var laws, between []int64 // between keeps the buckets small that other numbers cut
	unit := int64(wan)
	switch numberFields[column] {
	case domain.FieldStaff:
		unit = 1
		laws = []int64{20, 30, 50, 80, 100, 200, 300, 400, 500, 600, 800, 1000, 2000, 3000, 5000}
		between = []int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 25, 35, 40, 45, 60, 70, 90, 120, 150, 250}
	case domain.FieldRevenue:
		laws = []int64{
			0, 10, 30, 50, 100, 120, 180, 200, 300, 400, 500, 600, 800, 1000, 1500, 2000, 3000, 4000, 5000, 6000, 8000,
			10000, 15000, 20000, 30000, 40000, 50000, 80000, 100000, 200000,
		}
		between = []int64{2, 4, 6, 8, 15, 20, 25, 35, 40, 45, 60, 70, 80, 90, 110, 140, 160, 250, 350, 700, 1200, 2500}
	case domain.FieldAssets:
		laws = []int64{0, 100, 300, 500, 1000, 2000, 3000, 5000, 8000, 10000, 20000, 50000, 80000, 100000, 120000}
		between = []int64{10, 20, 30, 50, 70, 150, 200, 250, 400, 600, 700, 800, 1500}
	case domain.FieldIncome:
		laws = []int64{0, 10, 30, 50, 80, 100, 200, 300, 500, 1000, 3000, 5000, 10000}
		between = []int64{2, 5, 15, 20, 40, 60, 150, 250}
	default: // a bucket a year: a date of which only the year is known lies in one
		for year := int64(1921); year <= 2060; year++ {
			between = append(between, year*10000+101)
		}
		return between
	}
	var cuts []int64
	for _, n := range laws {
		cuts = append(cuts, n*unit, n*unit+1)
	}
	for _, n := range between {
		cuts = append(cuts, n*unit)
	}
	slices.Sort(cuts)
	return slices.Compact(cuts)
}
