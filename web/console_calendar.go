package web

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
	"policypush/rules"
)

// calendarView shows the holidays that quiet days and working days are reckoned
// by, and takes in those of another year.
type calendarView struct {
	Page
	Missing  []int
	Years    []calendarYear
	Acts     bool
	Text     string
	Read     *calendarYear // what a text says, before it is imported
	Problems problems
}

func (calendarView) template() string { return "console/calendar" }

// calendarYear is a year as people read it.
type calendarYear struct {
	Year       int
	Rest, Work []string // spans of days
	Who        string   // imported it; empty: of the rules
	At         time.Time
}

func (s *Server) calendarPage(c *fiber.Ctx) error { return s.showCalendar(c, calendarView{}) }

func (s *Server) showCalendar(c *fiber.Ctx, v calendarView) error {
	ctx := c.UserContext()
	var err error
	if v.Page, err = s.consolePage(c, "工作日历", "calendar"); err != nil {
		return err
	}
	markProblems(c, &v.Page, v.Problems)
	v.Acts = allowed(operatorOf(c).operator, toSetDays)
	imported, err := s.Store.CalendarYears(ctx)
	if err != nil {
		return err
	}
	names, err := s.operatorNames(ctx)
	if err != nil {
		return err
	}
	today := s.Now().In(shanghai)
	v.Missing = s.Rules.Calendar.MissingYears(today)
	for _, year := range []int{today.Year(), today.Year() + 1} {
		if !s.Rules.Calendar.Knows(year) {
			continue
		}
		shown := calendarYearOf(domain.CalendarYear{Year: year, Days: s.Rules.Calendar.Special(year)})
		for _, y := range imported {
			if y.Year == year {
				shown.Who, shown.At = names[y.ImportedBy], y.ImportedAt
			}
		}
		v.Years = append(v.Years, shown)
	}
	return s.render(c, v)
}

// importCalendar reads the holidays of a year out of a notice, shows what it
// says, and when somebody has looked at that, takes it over.
func (s *Server) importCalendar(c *fiber.Ctx) error {
	v := calendarView{Text: field(c, "text")}
	year, err := rules.ReadHolidays(v.Text)
	for _, p := range rules.Problems(err) {
		v.Problems.add("text", p.Error())
	}
	if len(v.Problems) > 0 {
		return s.showCalendar(c, v)
	}
	if field(c, "do") != "import" {
		read := calendarYearOf(year)
		v.Read = &read
		return s.showCalendar(c, v)
	}
	year.ImportedBy, year.ImportedAt = operatorOf(c).operator.ID, s.Now()
	if err := s.Store.SaveCalendarYear(c.UserContext(), year); err != nil {
		return err
	}
	if err := s.audit(c, "calendar", "calendar/"+strconv.Itoa(year.Year), fmt.Sprintf("%d年放假安排", year.Year)); err != nil {
		return err
	}
	if err := s.readCalendar(c.UserContext()); err != nil {
		return err
	}
	s.setFlash(c, "pine", fmt.Sprintf("%d年放假安排已导入，一分钟内对所有进程生效。", year.Year))
	return c.Redirect("/console/calendar", fiber.StatusSeeOther)
}

// readCalendar takes over what was imported, in this process.
func (s *Server) readCalendar(ctx context.Context) error {
	years, err := s.Store.CalendarYears(ctx)
	if err != nil {
		return err
	}
	s.Rules.Calendar.Import(years)
	return nil
}

func calendarYearOf(y domain.CalendarYear) calendarYear {
	shown := calendarYear{Year: y.Year}
	var from, to time.Time // of the span of rest that is open
	closeSpan := func() {
		if !from.IsZero() {
			shown.Rest = append(shown.Rest, spanWords(from, to))
		}
		from = time.Time{}
	}
	for _, name := range slices.Sorted(maps.Keys(y.Days)) {
		day, err := time.Parse(time.DateOnly, name)
		switch {
		case err != nil:
			continue
		case y.Days[name]:
			shown.Work = append(shown.Work, spanWords(day, day))
		case !from.IsZero() && day.Equal(to.AddDate(0, 0, 1)):
			to = day
		default:
			closeSpan()
			from, to = day, day
		}
	}
	closeSpan()
	return shown
}

func spanWords(from, to time.Time) string {
	words := func(t time.Time) string {
		return t.Format("1月2日") + "（周" + string([]rune("日一二三四五六")[t.Weekday()]) + "）"
	}
	if from.Equal(to) {
		return words(from)
	}
	return words(from) + "至" + words(to) + fmt.Sprintf("，共%d天", int(to.Sub(from).Hours()/24)+1)
}

// yearsText writes years as people say them: 2026年、2027年.
func yearsText(years []int) string {
	words := make([]string, len(years))
	for i, y := range years {
		words[i] = strconv.Itoa(y) + "年"
	}
	return strings.Join(words, "、")
}
