package rules

import (
	"sync/atomic"
	"time"
)

// Calendar knows the public holidays and the weekends that are worked instead.
// A year that the State Council has not announced yet, or nobody has imported, is
// reckoned by weekends, and the methods say so. Copies share what is imported.
type Calendar struct {
	years    map[int]string // year → where it is defined
	special  map[string]bool
	imported *atomic.Pointer[importedYears]
}

// importedYears are the years that an office imported, see Import.
type importedYears struct {
	years   map[int]bool
	special map[string]bool // by day: whether people work
}

// calendarYear is one year of the file: special days only, weekends and plain
// weekdays are not listed.
type calendarYear struct {
	Item `yaml:",inline"`
	Rest map[string][]string `yaml:"rest,required" check:"date"` // by the name of the holiday
	Work []string            `yaml:"work" check:"date"`
}

// Knows tells whether there is data of a year.
func (c Calendar) Knows(year int) bool {
	_, known := c.years[year]
	return known || c.imported.Load().years[year]
}

// said tells what is said of a day, if anything is.
func (c Calendar) said(day time.Time) (works, said bool) {
	name, imported := day.Format(time.DateOnly), c.imported.Load()
	if works, said = imported.special[name]; said || imported.years[day.Year()] {
		return works, said
	}
	works, said = c.special[name]
	return works, said
}

// Workday tells whether people work on a day. sure is false for a year without
// data.
func (c Calendar) Workday(day time.Time) (works, sure bool) {
	sure = c.Knows(day.Year())
	if works, said := c.said(day); said {
		return works, sure
	}
	return !weekend(day), sure
}

// Holiday tells whether a day belongs to a public holiday, the weekends that
// are drawn to it included. Of a year without data every weekend may.
func (c Calendar) Holiday(day time.Time) bool {
	if works, said := c.said(day); said {
		return !works
	}
	return !c.Knows(day.Year()) && weekend(day)
}

func weekend(day time.Time) bool {
	return day.Weekday() == time.Saturday || day.Weekday() == time.Sunday
}

// AddWorkdays returns the n-th working day after a day, as a time limit of n
// working days runs (the day itself does not count); with n < 0 the n-th
// before. sure is false if a year without data was passed.
func (c Calendar) AddWorkdays(day time.Time, n int) (end time.Time, sure bool) {
	step := 1
	if n < 0 {
		step, n = -1, -n
	}
	sure = c.Knows(day.Year())
	for n > 0 {
		day = day.AddDate(0, 0, step)
		works, known := c.Workday(day)
		sure = sure && known
		if works {
			n--
		}
	}
	return day, sure
}

// calendar enters years. A year of a later folder takes the place of ours.
func (l *loader) calendar(years []*calendarYear) {
	c := &l.rules.Calendar
	add(l, "calendar year", &l.years, years)
	for _, y := range years {
		if y == nil || l.years.byCode[y.Code] != y {
			continue // reported
		}
		start, err := time.Parse("2006", y.Code)
		if err != nil {
			l.report(y.at.errorf("“%s”不是年份，请写成 \"2027\"", shorten(y.Code)).In("code"))
			continue
		}
		for day := start; day.Year() == start.Year(); day = day.AddDate(0, 0, 1) {
			delete(c.special, day.Format(time.DateOnly))
		}
		c.years[start.Year()] = y.at.file
		days := map[string]bool{}
		enter := func(key, day string, works bool) {
			d, err := time.Parse(time.DateOnly, day)
			switch _, twice := days[day]; {
			case err != nil: // reported when it was read
			case d.Year() != start.Year():
				l.report(y.at.errorf("%s 不在%s年，请移到那一年", day, y.Code).In(key))
			case twice:
				l.report(y.at.errorf("%s 写了两次，请删去一个", day).In(key))
			case works && !weekend(d):
				l.report(y.at.errorf("%s 本来就是工作日，调休上班日只写周六和周日", day).In(key))
			default:
				days[day], c.special[day] = works, works
			}
		}
		for holiday, list := range y.Rest {
			for _, day := range list {
				enter(holiday, day, false)
			}
		}
		for _, day := range y.Work {
			enter("work", day, true)
		}
	}
}
