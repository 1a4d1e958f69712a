package web

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
	"time"

	"policypush/internal/domain"
)

// shanghai is the zone of every date that a page shows. China has had no
// summer time since 1991, so a fixed zone is exact and needs no zone files.
var shanghai = time.FixedZone("CST", 8*60*60)

// funcs are what templates may call.
func (s *Server) funcs() template.FuncMap {
	return template.FuncMap{
		"add":       func(a, b int) int { return a + b },
		"asset":     s.assets.url,
		"icon":      icon,
		"date":      longDate,
		"weekday":   dateWithDay,
		"years":     yearsText,
		"moment":    moment,
		"money":     domain.Yuan,
		"percent":   percent,
		"title":     breakableTitle,
		"join":      strings.Join,
		"thousands": thousands,
		"gateway":   gatewayName,
	}
}

var weekdays = [...]string{"日", "一", "二", "三", "四", "五", "六"}

// longDate writes 2026-12-10 as 2026年12月10日 and 2026-12 as 2026年12月; what
// is not a date stays as it is.
func longDate(day string) string {
	if t, err := time.Parse(time.DateOnly, day); err == nil {
		return fmt.Sprintf("%d年%d月%d日", t.Year(), t.Month(), t.Day())
	}
	if t, err := time.Parse("2006-01", day); err == nil {
		return fmt.Sprintf("%d年%d月", t.Year(), t.Month())
	}
	return day
}

// dateWithDay writes 2026-12-10 as 2026年12月10日（周四）.
func dateWithDay(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return longDate(day)
	}
	return longDate(day) + "（周" + weekdays[t.Weekday()] + "）"
}

// moment writes a time as a person in China reads it: 2026年11月22日 14:05. The
// zero time is empty.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(shanghai).Format("2006年1月2日 15:04")
}

// percent writes a fraction: 0.15 is 15%.
func percent(rate float64) string { return trimmed(rate*100) + "%" }

func trimmed(x float64) string {
	return strconv.FormatFloat(math.Round(x*1e4)/1e4, 'f', -1, 64)
}

// breaks are the words before which the title of a document may be broken
// into lines: it is set with word-break: keep-all.
var breaks = []string{"关于", "支持", "促进", "推进", "推动", "加快", "加强", "鼓励", "印发", "实施", "若干", "办法", "通知", "意见", "公告", "中小", "小微", "补助", "补贴", "奖励", "方案"}

// breakableTitle escapes a title and marks where its lines may end.
func breakableTitle(title string) template.HTML {
	var b strings.Builder
	for i, r := range title {
		rest := title[i:]
		for _, w := range breaks {
			if i == 0 || !strings.HasPrefix(rest, w) {
				continue
			}
			b.WriteString("<wbr>")
			break
		}
		b.WriteString(template.HTMLEscapeString(string(r)))
		if r == '的' || r == '、' || r == '》' {
			b.WriteString("<wbr>")
		}
	}
	return template.HTML(b.String())
}

// today is the date in China, as policies write dates.
func (s *Server) today() string { return s.Now().In(shanghai).Format(time.DateOnly) }

// deadline says how long a policy can still be applied for.
type deadline struct {
	Day  string // YYYY-MM-DD
	Days int    // left; 0 is the last day, negative is over
}

// Text is the sentence beside the number.
func (d deadline) Text() string {
	switch {
	case d.Day == "":
		return ""
	case d.Days < 0:
		return "已截止（" + longDate(d.Day) + "）"
	case d.Days == 0:
		return "今天24:00截止"
	case !d.Near():
		return longDate(d.Day) + "截止"
	default:
		return fmt.Sprintf("还剩%d天", d.Days)
	}
}

// Over tells whether the deadline has passed.
func (d deadline) Over() bool { return d.Day != "" && d.Days < 0 }

// Soon tells whether three days or less are left.
func (d deadline) Soon() bool { return d.Day != "" && d.Days >= 0 && d.Days <= 3 }

// Near tells whether at most sixty days are left: such a number is shown large.
func (d deadline) Near() bool { return d.Day != "" && d.Days >= 0 && d.Days <= 60 }

// deadlineOn counts the days from today to day. A text that names a month only
// ends with its last day.
func deadlineOn(day, today string) deadline {
	end, err := time.Parse(time.DateOnly, day)
	if err != nil {
		month, err := time.Parse("2006-01", day)
		if err != nil {
			return deadline{}
		}
		end = month.AddDate(0, 1, -1)
	}
	now, err := time.Parse(time.DateOnly, today)
	if err != nil {
		return deadline{}
	}
	return deadline{Day: end.Format(time.DateOnly), Days: int(end.Sub(now).Hours() / 24)}
}
