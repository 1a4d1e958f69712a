package rules

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"policypush/internal/domain"
)

// The bounds of a notice of holidays.
const (
	maxNotice      = 20_000 // bytes
	maxNoticeLines = 200
	longestRest    = 15 // days of one holiday: ten is the longest there has been
)

var (
	noticeYear = regexp.MustCompile(`(\d{4})年(?:部分)?(?:节假日|放假|$)`)
	noticeDay  = regexp.MustCompile(`(?:(\d{4})年)?(\d{1,2})月(\d{1,2})日`)
	rangeEnd   = regexp.MustCompile(`^(?:(\d{4})年)?(?:(\d{1,2})月)?(\d{1,2})日`)
	inBrackets = regexp.MustCompile(`^[（(]([^（）()]*)[）)]`)
	restCount  = regexp.MustCompile(`共(\d{1,2})天`)
	dateline   = regexp.MustCompile(`^\d{4}年\d{1,2}月\d{1,2}日$`)
)

var weekdays = map[rune]time.Weekday{'日': 0, '天': 0, '一': 1, '二': 2, '三': 3, '四': 4, '五': 5, '六': 6}

// ReadHolidays reads the arrangement of a year in the words of the State
// Council's yearly notice: a line with the year (关于2027年部分节假日安排的通知, or
// 2027年 alone), then a line for each holiday:
//
//	一、元旦：1月1日（周五）至3日（周日）放假调休，共3天。1月4日（周一）上班。
//
// Sentences that end in 放假 name days of rest, those that end in 上班 weekend days that are
// worked. Numbers of days (共3天) and weekdays in brackets may be left out; where
// they stand they must be right. Lines without a day are passed over. All
// mistakes are told, with their lines, see [Problems].
func ReadHolidays(text string) (domain.CalendarYear, error) {
	n := notice{year: domain.CalendarYear{Days: map[string]bool{}}}
	if len(text) > maxNotice {
		return n.year, domain.Errorf(domain.Invalid, "内容超过%d字，请只粘贴放假安排", maxNotice/3)
	}
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	if len(lines) > maxNoticeLines {
		return n.year, domain.Errorf(domain.Invalid, "超过%d行，请只粘贴放假安排", maxNoticeLines)
	}
	for i, line := range lines {
		lines[i] = strings.Join(strings.Fields(line), "")
		if m := noticeYear.FindStringSubmatch(lines[i]); m != nil && n.year.Year == 0 {
			n.year.Year, _ = strconv.Atoi(m[1]) // four digits
		}
	}
	if n.year.Year < 2000 || n.year.Year > 2100 {
		return n.year, domain.Errorf(domain.Invalid, "没有写是哪一年，请在第一行写上，如“2027年”")
	}
	for i, line := range lines {
		n.line = i + 1
		n.read(line)
	}
	n.line = 0
	for _, fixed := range []struct{ day, name string }{{"01-01", "元旦"}, {"05-01", "劳动节"}, {"10-01", "国庆节"}} {
		if works, said := n.year.Days[fmt.Sprintf("%d-%s", n.year.Year, fixed.day)]; !said || works {
			n.wrong("没有%s的放假安排，请粘贴全年的", fixed.name)
		}
	}
	return n.year, errors.Join(n.mistakes...)
}

// notice is an arrangement that is being read.
type notice struct {
	year     domain.CalendarYear
	line     int
	mistakes []error
}

func (n *notice) wrong(format string, args ...any) {
	if len(n.mistakes) < maxProblems {
		n.mistakes = append(n.mistakes, domain.Errorf(domain.Invalid, format, args...).At("", n.line))
	}
}

func (n *notice) read(line string) {
	if !noticeDay.MatchString(line) || dateline.MatchString(line) {
		return
	}
	understood := false
	for _, sentence := range strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune("。；;", r) }) {
		rests, works := strings.Contains(sentence, "放假"), strings.Contains(sentence, "上班")
		days := n.days(sentence)
		switch {
		case len(days) == 0:
			continue
		case rests == works:
			n.wrong("“%s”要么写放假，要么写上班，请分开写", shorten(sentence))
		case rests:
			n.rest(sentence, days)
		default:
			for _, day := range days {
				n.enter(day, true)
			}
		}
		understood = true
	}
	if !understood && len(n.mistakes) == 0 {
		n.wrong("看不懂“%s”，请写成“元旦：1月1日至3日放假，共3天。1月4日上班。”", shorten(line))
	}
}

func (n *notice) rest(sentence string, days []time.Time) {
	if said := restCount.FindStringSubmatch(sentence); said != nil && said[1] != strconv.Itoa(len(days)) {
		n.wrong("写的是共%s天，日期数下来是%d天，请核对", said[1], len(days))
	}
	for _, day := range days {
		n.enter(day, false)
	}
}

func (n *notice) enter(day time.Time, works bool) {
	name := day.Format(time.DateOnly)
	_, twice := n.year.Days[name]
	lastYear := day.Year() == n.year.Year-1 && day.Month() == time.December
	switch {
	case day.Year() != n.year.Year && !lastYear:
		n.wrong("%s不在%d年，请核对", name, n.year.Year)
	case twice:
		n.wrong("%s写了两次，请删去一个", name)
	case works && !weekend(day):
		n.wrong("%s是%s，本来就上班，调休上班只写周六和周日，请核对", name, weekdayName(day))
	default:
		n.year.Days[name] = works
	}
}

// days returns the days of a sentence in order: single ones, and those from one
// to another.
func (n *notice) days(sentence string) []time.Time {
	var days []time.Time
	for sentence != "" {
		at := noticeDay.FindStringSubmatchIndex(sentence)
		if at == nil {
			break
		}
		m := noticeDay.FindStringSubmatch(sentence)
		sentence = sentence[at[1]:]
		first, ok := n.day(m[1], m[2], m[3], n.year.Year)
		sentence = n.weekday(sentence, first, ok)
		if !ok {
			continue
		}
		tail, ranged := strings.CutPrefix(sentence, "至")
		if !ranged {
			days = append(days, first)
			continue
		}
		end := rangeEnd.FindStringSubmatch(tail)
		if end == nil {
			n.wrong("“至”后面没有日期，请写到哪一日为止")
			return days
		}
		month := end[2]
		if month == "" {
			month = strconv.Itoa(int(first.Month()))
		}
		last, ok := n.day(end[1], month, end[3], first.Year())
		sentence = n.weekday(tail[len(end[0]):], last, ok)
		if !ok {
			continue
		}
		if span := int(last.Sub(first).Hours() / 24); span < 0 || span >= longestRest {
			n.wrong("%s至%s不像一个假期，请核对", first.Format(time.DateOnly), last.Format(time.DateOnly))
			continue
		}
		for d := first; !d.After(last); d = d.AddDate(0, 0, 1) {
			days = append(days, d)
		}
	}
	return days
}

// day makes a day of its numbers; a year that is not said is the given one.
func (n *notice) day(year, month, day string, unsaid int) (time.Time, bool) {
	if year != "" {
		unsaid, _ = strconv.Atoi(year) // digits, as are the others
	}
	m, _ := strconv.Atoi(month)
	d, _ := strconv.Atoi(day)
	at := time.Date(unsaid, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	if int(at.Month()) != m || at.Day() != d {
		n.wrong("没有%d年%d月%d日这一天，请核对", unsaid, m, d)
		return at, false
	}
	return at, true
}

// weekday checks the weekday that stands in brackets after a day, and returns
// the rest of the sentence.
func (n *notice) weekday(rest string, day time.Time, ok bool) string {
	m := inBrackets.FindStringSubmatch(rest)
	if m == nil {
		return rest
	}
	for _, word := range []string{"周", "星期"} {
		_, after, found := strings.Cut(m[1], word)
		if !found || after == "" {
			continue
		}
		said, is := weekdays[[]rune(after)[0]]
		if is && ok && said != day.Weekday() {
			n.wrong("%s是%s，不是%s%c，请核对年份和日期", day.Format(time.DateOnly), weekdayName(day), word, []rune(after)[0])
		}
	}
	return rest[len(m[0]):]
}

func weekdayName(day time.Time) string {
	return "周" + string([]rune("日一二三四五六")[day.Weekday()])
}

// Import takes over the years that an office imported, in place of those that
// it imported before. Each takes the place of the year of the files. It may be
// called while others ask.
func (c Calendar) Import(years []domain.CalendarYear) {
	next := &importedYears{years: map[int]bool{}, special: map[string]bool{}}
	for _, y := range years {
		next.years[y.Year] = true
		maps.Copy(next.special, y.Days)
	}
	c.imported.Store(next)
}

// MissingYears returns the years that an office must import: that of a day, and
// from November on, when the State Council announces it, the next.
func (c Calendar) MissingYears(day time.Time) []int {
	wanted := []int{day.Year()}
	if day.Month() >= time.November {
		wanted = append(wanted, day.Year()+1)
	}
	return slices.DeleteFunc(wanted, c.Knows)
}

// Special returns what is said of the days of a year, and whether people work:
// all that are no plain weekdays or weekends.
func (c Calendar) Special(year int) map[string]bool {
	special := map[string]bool{}
	for day := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() == year; day = day.AddDate(0, 0, 1) {
		if works, said := c.said(day); said {
			special[day.Format(time.DateOnly)] = works
		}
	}
	return special
}
