package tagging

import (
	"fmt"
	"regexp"
	"time"
	"unicode/utf8"

	"policypush/internal/automaton"
	"policypush/internal/domain"
)

const (
	yearRE  = `([零〇○一二三四五六七八九][零〇○Oo0一二三四五六七八九]{3}|\d{4})年`
	monthRE = `([一二三四五六七八九十]{1,3}|\d{1,2})月`
	dayRE   = `([一二三四五六七八九十]{1,3}|\d{1,2})日`
	// dateRE is a date of which the year or the day may be missing: 6月30日,
	// 2020年6月, 2020年6月底, 2020年底.
	dateRE = `(?:` + yearRE + `)?(?:(?:` + monthRE + `(?:` + dayRE + `|(底|末)?))|(底|末))(?:\([^()]{1,20}\))?(?:\d{1,2}(?:时|点|:\d{2})|零时|零点)?(?:整)?`
	// lengthRE is how long something holds: 两年, 一年半, 1年零6个月, 18个月, 半年, 90天.
	lengthRE     = `(?:(半)年|([一二两三四五六七八九十]{1,3}|\d{1,3})(?:(年)(?:(半)|[零又]?([一二两三四五六七八九十]{1,3}|\d{1,2})个月)?|(个)?(月)(?:(半))?|(日|天)))`
	lengthGroups = 9 // of lengthRE
	// lastRE is the second day of a span, in the month of the first where it names none:
	// 3月1日至20日.
	lastRE = `(?:` + dateRE + `|` + dayRE + `)`
	// hourRE is an hour of the day behind a date.
	hourRE = `(?:[上下]午|下班|早|晚)?(?:\d{1,2}(?:时|点|:\d{2}))?`
	// toRE stands between the days of a span.
	toRE = ` ?(?:至|到|-|—|–|~)+ ?`
)

var (
	chineseDate = regexp.MustCompile(yearRE + monthRE + dayRE)
	isoDate     = automaton.MustCompile(`(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})`)
)

// dateIn reads the five groups of dateRE from group g on. year stands in for
// one that is not written; end asks for the last day of a month or year.
func dateIn(text string, m []int, g int, year string, end bool) string {
	y, mo, d := cmpEmpty(submatch(text, m, g), year), submatch(text, m, g+1), submatch(text, m, g+2)
	if y == "" {
		return ""
	}
	if submatch(text, m, g+4) != "" {
		mo = "12"
	}
	if d != "" {
		return day(y, mo, d)
	}
	yn, ok1 := integer(y)
	mn, ok2 := integer(mo)
	if !ok1 || !ok2 || mn < 1 || mn > 12 {
		return ""
	}
	if end || submatch(text, m, g+3) != "" {
		return day(y, mo, fmt.Sprint(daysIn(yn, mn)))
	}
	return day(y, mo, "1")
}

// yearOf is the year of a date that names none: that of the document, of its
// number or its title, else the only one that the text names.
func yearOf(p *domain.Policy) string {
	if len(p.PublishDate) >= 4 {
		return p.PublishDate[:4]
	}
	if m := toldOn.FindStringSubmatch(firstRunes(p.Text, 300)); m != nil {
		return m[1]
	}
	for _, text := range []string{p.DocNumber, p.Title, firstRunes(p.Text, 4000)} {
		only := ""
		for _, m := range namedYear.FindAllStringSubmatchIndex(text, -1) {
			if year := submatch(text, m, 1); only == "" || only == year {
				only = year
			} else {
				return ""
			}
		}
		if only != "" {
			return only
		}
	}
	return ""
}

// toldOn is how news tells when a document came out.
var toldOn = automaton.MustCompile(`(20\d{2})年\d{1,2}月\d{1,2}日[,]?[\p{Han}]{2,20}(?:发布|印发|出台)`)

var namedYear = automaton.MustCompile(`(?:^|\D)(20\d{2}) ?(?:年|〕)`)

// spanIn reads the days of a span, of which the groups come first in its
// expression: those of dateRE, then those of lastRE. What the second does not say
// it has from the first. year stands in for one that neither writes.
func spanIn(text string, m []int, year string) (begin, end string) {
	begin = dateIn(text, m, 1, year, false)
	if last := submatch(text, m, 11); last != "" {
		if begin == "" {
			return "", ""
		}
		return begin, day(begin[:4], begin[5:7], last)
	}
	if begin != "" {
		year = begin[:4]
	}
	end = dateIn(text, m, 6, year, true)
	if submatch(text, m, 6) == "" {
		end = turned(begin, end)
	}
	return begin, end
}

// turned puts a day whose year is not written behind the turn of the year if it would be
// long before the one that it follows: what is issued on 20 December asks for papers by
// 15 January.
func turned(before, day string) string {
	if len(before) != len(time.DateOnly) || len(day) != len(time.DateOnly) || day >= before || before[5:7] < "10" || day[5:7] > "04" {
		return day
	}
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return at.AddDate(1, 0, 0).Format(time.DateOnly)
}

func lastRunes(s string, n int) string {
	i := len(s)
	for ; i > 0 && n > 0; n-- {
		_, size := utf8.DecodeLastRuneInString(s[:i])
		i -= size
	}
	return s[i:]
}

func firstDate(s string) string {
	s = firstRunes(s, 60)
	if m := chineseDate.FindStringSubmatch(s); m != nil {
		return day(m[1], m[2], m[3])
	}
	if m := isoDate.FindStringSubmatch(s); m != nil {
		return day(m[1], m[2], m[3])
	}
	return ""
}

// lengthIn reads the groups of lengthRE from group g on.
func lengthIn(text string, m []int, g int) length {
	n, ok := integer(submatch(text, m, g+1))
	more, _ := integer(submatch(text, m, g+4))
	switch {
	case submatch(text, m, g) != "":
		return length{months: 6}
	case !ok:
		return length{}
	case submatch(text, m, g+2) != "" && submatch(text, m, g+3) != "":
		return length{years: n, months: 6}
	case submatch(text, m, g+2) != "":
		return length{years: n, months: more}
	case submatch(text, m, g+5) != "" && submatch(text, m, g+7) == "": // 3月 is March, and how long half a month is nobody says
		return length{months: n}
	case submatch(text, m, g+8) != "":
		return length{days: n}
	}
	return length{}
}

// length is how long something holds.
type length struct{ years, months, days int }

// after returns the last day of a period that begins on a date.
func after(from string, long length) string {
	d, err := time.Parse(time.DateOnly, from)
	if err != nil {
		return ""
	}
	return d.AddDate(long.years, long.months, long.days-1).Format(time.DateOnly)
}
