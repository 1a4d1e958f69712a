package audience

import (
	"strings"

	"github.com/RoaringBitmap/roaring/v2"

	"policypush/internal/domain"
)

// page holds the subscribers whose ids share their upper sixteen bits.
type page [1 << 16]*person

// person is what the index keeps of a subscriber: the profile as it was put,
// and its dates as numbers.
type person struct {
	profile      domain.Profile
	subscription domain.Subscription
	founded      span
	born         span
}

// span is a range of days YYYYMMDD; known is false if there is no date.
type span struct {
	first, last int64
	known       bool
}

func spanOf(date string) span {
	first, last, known := domain.DateRange(date)
	return span{first, last, known}
}

func newPerson(p domain.Profile, s domain.Subscription) *person {
	return &person{profile: p, subscription: s, founded: spanOf(p.Founded), born: spanOf(p.Born)}
}

func (x *Index) person(bit uint32) *person { return x.people[uint16(bit>>16)][uint16(bit)] }

// today returns a day as a range of one day.
func today(day string) span { return spanOf(day) }

// number returns the range of a number field, as domain.Profile.Number does,
// from dates that are already read.
func (p *person) number(f domain.Field, today span) (lo, hi int64, known bool) {
	switch f {
	case domain.FieldFounded:
		return p.founded.first, p.founded.last, p.founded.known
	case domain.FieldAge:
		if !p.born.known || !today.known {
			return 0, 0, false
		}
		return domain.AgeOn(p.born.last, today.first), domain.AgeOn(p.born.first, today.first), true
	default:
		return p.profile.Number(f, "")
	}
}

// evaluation answers one query under the read lock.
type evaluation struct {
	index *Index
	today span
}

// node answers a tree for the subscribers in among: those who meet it for
// sure, and those who may, which holds the former. Nobody else is in the
// answer. The bitmaps returned may be among itself and are only read.
func (e evaluation) node(c *domain.Criteria, among *roaring.Bitmap) (sure, may *roaring.Bitmap) {
	switch {
	case c.IsZero() || among.IsEmpty():
		return among, among
	case c.Leaf != nil:
		return e.leaf(c.Leaf, among)
	case c.Not != nil:
		sure, may = e.node(c.Not, among)
		return roaring.AndNot(among, may), roaring.AndNot(among, sure)
	case c.Any != nil:
		sure, may = roaring.New(), roaring.New()
		for i := range c.Any {
			s, m := e.node(&c.Any[i], among)
			sure.Or(s)
			may.Or(m)
		}
		return sure, may
	default:
		return e.every(c.All, among)
	}
}

// every intersects. Conditions on numbers come last, when the rows have left
// few whose columns must be looked at.
func (e evaluation) every(parts []domain.Criteria, among *roaring.Bitmap) (sure, may *roaring.Bitmap) {
	sure, may = among, among
	for _, numbers := range []bool{false, true} {
		for i := range parts {
			if scans(&parts[i]) != numbers {
				continue
			}
			s, m := e.node(&parts[i], may)
			sure, may = roaring.And(sure, s), m
		}
	}
	return sure, may
}

// scans tells whether answering a tree looks at columns.
func scans(c *domain.Criteria) bool {
	found := false
	c.Leaves(func(leaf *domain.Condition) { found = found || leaf.Field.Type() == domain.NumberOf })
	return found
}

func (e evaluation) leaf(c *domain.Condition, among *roaring.Bitmap) (sure, may *roaring.Bitmap) {
	r := e.index.fields[c.Field]
	switch c.Field.Type() {
	case domain.OneCode, domain.CodeSet:
		sure = union(r.exact, c.Values)
		may = roaring.Or(sure, r.unknown)
	case domain.CodeTree:
		sure, may = r.tree(c)
	case domain.NumberOf:
		return e.scan(c, among)
	default:
		return roaring.New(), among
	}
	sure.And(among)
	may.And(among)
	return sure, may
}

func union(m map[string]*roaring.Bitmap, values []string) *roaring.Bitmap {
	var found []*roaring.Bitmap
	for _, value := range values {
		if row := m[value]; row != nil {
			found = append(found, row)
		}
	}
	return roaring.FastOr(found...)
}

// tree answers a condition on a hierarchy. Who is at or below a value meets
// it; who only says something wider may.
func (r *rows) tree(c *domain.Condition) (sure, may *roaring.Bitmap) {
	var below []*roaring.Bitmap
	above := []*roaring.Bitmap{r.unknown}
	for _, value := range c.Values {
		value = treeCode(c.Field, value)
		below = append(below, r.below(c.Field, value)...)
		for n := range len(value) {
			if row := r.exact[value[:n]]; row != nil {
				above = append(above, row)
			}
		}
	}
	sure = roaring.FastOr(below...)
	return sure, roaring.FastOr(append(above, sure)...)
}

// below returns the rows that make up a value with all that lies below it: one
// row where the value is a level of the tree, else those of all codes that
// begin with it.
func (r *rows) below(f domain.Field, value string) []*roaring.Bitmap {
	for _, n := range levels(f) {
		if n == len(value) {
			if row := r.within[value]; row != nil {
				return []*roaring.Bitmap{row}
			}
			return nil
		}
	}
	var found []*roaring.Bitmap
	for code, row := range r.exact {
		if strings.HasPrefix(code, value) {
			found = append(found, row)
		}
	}
	return found
}

// scan answers a condition on a number from the columns of those in among.
func (e evaluation) scan(c *domain.Condition, among *roaring.Bitmap) (sure, may *roaring.Bitmap) {
	var yes, maybe []uint32
	buffer := make([]uint32, 4096)
	for it := among.ManyIterator(); ; {
		n := it.NextMany(buffer)
		if n == 0 {
			break
		}
		for _, bit := range buffer[:n] {
			p := e.index.person(bit)
			if !c.Field.AppliesTo(p.profile.Kind) {
				continue
			}
			lo, hi, known := p.number(c.Field, e.today)
			if !known || !c.Op.Orders() {
				maybe = append(maybe, bit)
				continue
			}
			switch low, high := c.Compare(lo), c.Compare(hi); {
			case low && high:
				yes, maybe = append(yes, bit), append(maybe, bit)
			case low != high:
				maybe = append(maybe, bit)
			}
		}
	}
	sure, may = roaring.New(), roaring.New()
	sure.AddMany(yes)
	may.AddMany(maybe)
	return sure, may
}
