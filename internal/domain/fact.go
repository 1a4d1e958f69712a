package domain

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
	year, month, day := int64(0), int64(0), int64(0)
	switch len(s) {
	case len("2006-01-02"):
		day, ok = digits(s[8:])
		if !ok || s[7] != '-' {
			return 0, 0, false
		}
		fallthrough
	case len("2006-01"):
		month, ok = digits(s[5:7])
		if !ok || s[4] != '-' || month < 1 || month > 12 {
			return 0, 0, false
		}
		fallthrough
	case len("2006"):
		if year, ok = digits(s[:4]); !ok {
			return 0, 0, false
		}
	default:
		return 0, 0, false
	}
	switch date := year*10000 + month*100 + day; {
	case len(s) == len("2006"):
		return date + 101, date + 1231, true
	case len(s) == len("2006-01"):
		return date + 1, date + daysIn(year, month), true
	case day < 1 || day > daysIn(year, month):
		return 0, 0, false
	default:
		return date, date, true
	}
}

func digits(s string) (n int64, ok bool) {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

func daysIn(year, month int64) int64 {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	default:
		return 31
	}
}

// AgeOn returns the full years that somebody born on a day has on another
// day, both YYYYMMDD. Who is born on 29 February is a year older on 1 March.
func AgeOn(born, day int64) int64 { return (day - born) / 10000 }
