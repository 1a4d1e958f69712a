package domain

import (
	"strings"
	"time"
)

// AppliesTo tells whether a subscriber of a kind can have the field at all. A
// resident has no staff and an enterprise no age: to them a condition on such
// a field is not met, rather than unknown, so that nobody is asked for it. A
// subscriber whose kind is not known can have every field.
func (f Field) AppliesTo(kind SubscriberKind) bool {
	switch f {
	case FieldIndustry, FieldSize, FieldTaxpayer, FieldRegistration, FieldOwnership, FieldAttribute,
		FieldStaff, FieldRevenue, FieldAssets, FieldIncome, FieldFounded:
		return kind != Resident
	case FieldAge, FieldGroup, FieldHukou:
		return kind != Enterprise
	default:
		return true
	}
}

// Code returns the value of a OneCode or CodeTree field, empty if unknown.
func (p *Profile) Code(f Field) string {
	switch f {
	case FieldKind:
		return string(p.Kind)
	case FieldRegion:
		return p.Region
	case FieldIndustry:
		return p.Industry
	case FieldSize:
		return p.Size
	case FieldTaxpayer:
		return p.Taxpayer
	case FieldRegistration:
		return p.Registration
	case FieldOwnership:
		return p.Ownership
	case FieldHukou:
		return p.Hukou
	default:
		return ""
	}
}

// Set returns the value of a CodeSet field, nil if unknown.
func (p *Profile) Set(f Field) []string {
	switch f {
	case FieldAttribute:
		return p.Attributes
	case FieldGroup:
		return p.Groups
	case FieldLifeEvent:
		return p.LifeEvents
	default:
		return nil
	}
}

// Number returns the range in which the value of a NumberOf field lies: both
// ends are the same where the profile is exact, and apart where it gives a
// year only. day (YYYY-MM-DD) is the day for which an age is asked. known is
// false if the profile does not say or a date cannot be read.
func (p *Profile) Number(f Field, day string) (lo, hi int64, known bool) {
	var n *int64
	switch f {
	case FieldStaff:
		n = p.Staff
	case FieldRevenue:
		n = p.Revenue
	case FieldAssets:
		n = p.Assets
	case FieldIncome:
		n = p.Income
	case FieldFounded:
		return DateRange(p.Founded)
	case FieldAge:
		first, last, born := DateRange(p.Born)
		today, _, asked := DateRange(day)
		if !born || !asked {
			return 0, 0, false
		}
		return AgeOn(last, today), AgeOn(first, today), true
	}
	if n == nil {
		return 0, 0, false
	}
	return *n, *n, true
}

// DateRange returns the first and the last day, as numbers YYYYMMDD, of a date
// given as YYYY-MM-DD, YYYY-MM or YYYY. ok is false for anything else.
func DateRange(s string) (first, last int64, ok bool) {
	layout := time.DateOnly
	if len(s) < 4 || len(s) > len(layout) {
		return 0, 0, false
	}
	from, err := time.Parse(layout[:len(s)], s)
	if err != nil {
		return 0, 0, false
	}
	to := from
	switch strings.Count(s, "-") {
	case 0:
		to = from.AddDate(1, 0, -1)
	case 1:
		to = from.AddDate(0, 1, -1)
	}
	return dayNumber(from), dayNumber(to), true
}

// AgeOn returns the full years that somebody born on a day has on another
// day, both YYYYMMDD. Who is born on 29 February is a year older on 1 March.
func AgeOn(born, day int64) int64 { return (day - born) / 10000 }

func dayNumber(t time.Time) int64 {
	return int64(t.Year())*10000 + int64(t.Month())*100 + int64(t.Day())
}
