package audience

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"policypush/internal/domain"
	"policypush/internal/matching"
)

// term is when a measure can be had.
type term struct {
	first, last int32 // YYYYMMDD, both included
	// odd tells that two days do not say it: it returns every year, or a date
	// cannot be read. Then the words decide.
	odd bool
}

func termOf(w domain.Window, effective, expires string) term {
	t := term{last: math.MaxInt32, odd: w.Yearly}
	for _, date := range []string{w.Deadline, w.To, expires} {
		_, last, ok := domain.DateRange(date)
		t.odd = t.odd || !ok && date != ""
		if ok {
			t.last = min(t.last, int32(last))
		}
	}
	first, _, ok := domain.DateRange(w.From)
	begins, _, _ := domain.DateRange(effective)
	t.first, t.odd = int32(max(first, begins)), t.odd || !ok && w.From != ""
	return t
}

// firstDay returns the first day of a year, a month or a day, or "".
func firstDay(date string) string {
	first, _, ok := domain.DateRange(date)
	if !ok {
		return ""
	}
	return dateText(uint32(first))
}

// day is the day asked, as a date, a number YYYYMMDD and a count of days. known
// is false if it is none.
type day struct {
	text   string
	number int32
	count  int32
	known  bool
}

func dayOf(text string) day {
	number, last, ok := domain.DateRange(text)
	if !ok || number != last {
		return day{text: text}
	}
	return day{text: text, number: int32(number), count: dayCount(number), known: true}
}

// dayCount counts days from 1970 to a date YYYYMMDD.
func dayCount(date int64) int32 {
	t := time.Date(int(date/10000), time.Month(date/100%100), int(date%100), 0, 0, 0, 0, time.UTC)
	return int32(t.Unix() / (24 * 60 * 60))
}

// open tells whether a measure can be had on a day: as matching.InWindow and
// domain.Policy.InForce say, and not before its policy takes effect.
func (m *Measures) open(x *standing, d day) bool {
	t := &x.term
	if t.odd || !d.known {
		return m.measures[x.number].open(d.text)
	}
	return t.first <= d.number && d.number <= t.last
}

func (x *measure) open(day string) bool {
	inForce := domain.Policy{Status: domain.Published, Expires: x.expires}
	return matching.InWindow(x.window, day) && inForce.InForce(day) && x.effective <= day
}

// opens returns the day after d on which a measure that is not open begins, or
// "" if there is none.
func (m *Measures) opens(x *standing, d day) string {
	t := &x.term
	switch {
	case !d.known:
		return ""
	case t.odd:
		return m.measures[x.number].opens(d.text)
	case d.number < t.first && t.first <= t.last:
		return dateText(uint32(t.first))
	default:
		return ""
	}
}

// opens tries the day on which the policy takes effect and those on which its
// window begins, in the order of time.
func (x *measure) opens(day string) string {
	begins := []string{x.effective, firstDay(x.window.From)}
	if year, err := strconv.Atoi(max(day, x.effective)[:len("2006")]); err == nil && x.window.Yearly {
		for _, y := range [...]int{year, year + 1} {
			first := fmt.Sprintf("%04d", y) // of the year, where From is no day of every year
			begins = append(begins, firstDay(first), firstDay(first+"-"+x.window.From))
		}
	}
	slices.Sort(begins)
	for _, from := range begins {
		if from > day && x.open(from) {
			return from
		}
	}
	return ""
}

// rank orders the offers of one profile: first how soon one must apply, then
// certain before possible, then the amount, then what is newer.
type rank struct {
	value    uint64 // amount and day of publication, valueBits long
	deadline int32  // count of days, or never
}

const (
	never     = math.MaxInt32
	valueBits = 31 + dateBits // a positive float32 and a day
	dateBits  = 16
)

func rankOf(p *domain.Policy, m *domain.Measure) rank {
	r := rank{deadline: never}
	if _, last, ok := domain.DateRange(m.Window.Deadline); ok {
		r.deadline = dayCount(last)
	}
	amount := max(0, m.Benefit.Amount, m.Benefit.Cap)
	for _, tier := range m.Benefit.Tiers {
		amount = max(amount, tier)
	}
	if !math.IsNaN(amount) {
		r.value = uint64(math.Float32bits(float32(amount))) << dateBits // the bits of positive floats rise with them
	}
	if first, _, ok := domain.DateRange(p.PublishDate); ok {
		r.value |= uint64(max(0, min(1<<dateBits-1, dayCount(first))))
	}
	return r
}

// key is the larger, the earlier an offer stands.
func (r rank) key(d day, certain bool) uint64 {
	key := r.value
	if certain {
		key |= 1 << valueBits
	}
	if r.deadline == never || !d.known {
		return key
	}
	urgency := uint64(0)
	for _, days := range [...]int32{90, 30, 7} {
		if r.deadline-d.count <= days {
			urgency++
		}
	}
	return key | urgency<<(valueBits+1)
}

// ranked is an offer with its place in the order.
type ranked struct {
	key uint64
	*measure
	certain bool
}

func (m *Measures) ranked(x *standing, d day, certain bool) ranked {
	return ranked{x.rank.key(d, certain), &m.measures[x.number], certain}
}

// compare orders the better first. Few have the same key, and only of these
// the measures are looked at, which lie far apart in memory.
func (a ranked) compare(b ranked) int {
	if a.key != b.key {
		return cmp.Compare(b.key, a.key)
	}
	return cmp.Or(cmp.Compare(a.policy, b.policy), cmp.Compare(a.position, b.position))
}

func (a ranked) offer() Offer {
	verdict := domain.Possible
	if a.certain {
		verdict = domain.Likely
	}
	return Offer{Policy: a.policy, Measure: a.id, Verdict: verdict}
}

// best keeps the n first of what is put into it: a heap with the last on top.
type best struct {
	n    int
	heap []ranked
}

// beaten tells at a glance that something has no place among the first.
func (b *best) beaten(g glance) bool {
	return len(b.heap) == b.n && (b.n == 0 || g < glanceOf(b.heap[0].key))
}

func (b *best) put(r ranked) {
	h := b.heap
	switch {
	case len(h) < b.n:
		h = append(h, r)
		for i := len(h) - 1; i > 0 && h[(i-1)/2].compare(h[i]) < 0; i = (i - 1) / 2 {
			h[i], h[(i-1)/2] = h[(i-1)/2], h[i]
		}
		b.heap = h
	case b.n > 0 && r.compare(h[0]) < 0:
		h[0] = r
		for i := 0; ; {
			last := i
			for child := 2*i + 1; child <= 2*i+2 && child < len(h); child++ {
				if h[last].compare(h[child]) < 0 {
					last = child
				}
			}
			if last == i {
				return
			}
			h[i], h[last] = h[last], h[i]
			i = last
		}
	}
}
