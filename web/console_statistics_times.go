package web

import (
	"slices"
	"time"

	"policypush/internal/domain"
	"policypush/internal/storage"
	"policypush/interpretations"
)

// spans lead to times that are often asked for.
func (st *statistician) spans(tomorrow time.Time) []statSpan {
	today := tomorrow.AddDate(0, 0, -1)
	y, m := today.Year(), today.Month()
	quarter := time.Date(y, (m-1)/3*3+1, 1, 0, 0, 0, 0, shanghai)
	var links []statSpan
	for _, span := range []struct {
		name         string
		from, before time.Time
	}{
		{"近30天", tomorrow.AddDate(0, 0, -30), tomorrow},
		{"本月", time.Date(y, m, 1, 0, 0, 0, 0, shanghai), tomorrow},
		{"上月", time.Date(y, m-1, 1, 0, 0, 0, 0, shanghai), time.Date(y, m, 1, 0, 0, 0, 0, shanghai)},
		{"本季度", quarter, tomorrow},
		{"上季度", quarter.AddDate(0, -3, 0), quarter},
		{"今年", time.Date(y, 1, 1, 0, 0, 0, 0, shanghai), tomorrow},
		{"去年", time.Date(y-1, 1, 1, 0, 0, 0, 0, shanghai), time.Date(y, 1, 1, 0, 0, 0, 0, shanghai)},
	} {
		links = append(links, statSpan{
			span.name, st.here("from", span.from.Format(time.DateOnly), "to", span.before.AddDate(0, 0, -1).Format(time.DateOnly)),
			span.from.Equal(st.f.From) && span.before.Equal(st.f.Before),
		})
	}
	return links
}

// workdays says how many waited, the median of the working days that they did, and
// how many waited longer than a limit.
func (st *statistician) workdays(waited []storage.Waited, limit int) (n, median, late int) {
	type days struct{ n, took int }
	var all []days
	from, until := time.Time{}, time.Time{}
	parsed := make([][2]time.Time, len(waited))
	for i, w := range waited {
		a, err := time.Parse(time.DateOnly, w.From)
		b, wrong := time.Parse(time.DateOnly, w.To)
		if err != nil || wrong != nil {
			continue
		}
		parsed[i] = [2]time.Time{a, b}
		if from.IsZero() || a.Before(from) {
			from = a
		}
		for _, day := range parsed[i] {
			if day.After(until) {
				until = day
			}
		}
	}
	if long := until.AddDate(-20, 0, 0); from.Before(long) { // a date that is none
		from = long
	}
	worked := map[time.Time]int{} // working days until the end of a day
	sum := 0
	for day := from; !day.After(until); day = day.AddDate(0, 0, 1) {
		if works, _ := st.s.Rules.Calendar.Workday(day); works {
			sum++
		}
		worked[day] = sum
	}
	for i, w := range waited {
		if parsed[i][1].IsZero() {
			continue
		}
		took := max(0, worked[parsed[i][1]]-worked[parsed[i][0]])
		all = append(all, days{w.N, took})
		n += w.N
		if limit > 0 && took > limit {
			late += w.N
		}
	}
	slices.SortFunc(all, func(a, b days) int { return a.took - b.took })
	seen := 0
	for _, d := range all {
		if seen += d.n; seen*2 >= n {
			return n, d.took, late
		}
	}
	return n, 0, late
}

// addLine draws how something went over the time, if there is anything to see.
func (st *statistician) addLine(v *statSection, title, unit string, byDay map[string]int) error {
	if len(byDay) == 0 {
		return nil
	}
	points, every := st.points(byDay)
	if len(points) < 2 {
		return nil
	}
	st.chart++
	it := interpretations.Item{ID: st.chart, Kind: interpretations.ChartKind, Title: every + title, Chart: &interpretations.Chart{Form: interpretations.Line, Unit: unit, Points: points}}
	drawn, err := it.Render(&domain.Policy{}, "")
	if err == nil {
		v.Charts = append(v.Charts, drawn)
	}
	return err
}

// points sums days up so that a line can be read: by day for a month, by week for
// half a year, else by month.
func (st *statistician) points(byDay map[string]int) (points []interpretations.Point, every string) {
	days := int(st.f.Before.Sub(st.f.From).Hours() / 24)
	begin := func(day time.Time) time.Time { return day }
	form := "1月2日"
	switch {
	case days <= 31:
		every = "每天"
	case days <= 190:
		every, form = "每周（周一起）", "1月2日"
		begin = func(day time.Time) time.Time { return day.AddDate(0, 0, -int(day.Weekday()+6)%7) }
	default:
		every, form = "每月", "2006年1月"
		begin = func(day time.Time) time.Time { return day.AddDate(0, 0, 1-day.Day()) }
	}
	for day := st.f.From; day.Before(st.f.Before); day = day.AddDate(0, 0, 1) {
		label := begin(day).Format(form)
		if len(points) == 0 || points[len(points)-1].Label != label {
			points = append(points, interpretations.Point{Label: label})
		}
		points[len(points)-1].Value += float64(byDay[day.Format(time.DateOnly)])
	}
	return points, every
}
