package rules_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"policypush/internal/domain"
	"policypush/rules"
)

// notice2026 is in the words of the notice of that year.
const notice2026 = `国务院办公厅关于2026年
部分节假日安排的通知
2026年部分节假日安排
各省、自治区、直辖市人民政府：
经国务院批准，现将2026年元旦等节日放假安排通知如下。
一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。
二、春节：2月15日（农历腊月二十八、周日）至23日（农历正月初七、周一）放假调休，共9天。2月14日（周六）、2月28日（周六）上班。
三、清明节：4月4日（周六）至6日（周一）放假，共3天。
四、劳动节：5月1日（周五）至5日（周二）放假调休，共5天。5月9日（周六）上班。
五、端午节：6月19日（周五）至21日（周日）放假，共3天。
六、中秋节：9月25日（周五）至27日（周日）放假，共3天。
七、国庆节：10月1日（周四）至7日（周三）放假调休，共7天。9月20日（周日）、10月10日（周六）上班。
节假日期间，各地区、各部门要妥善安排好值班和安全、保卫、疫情防控等工作。
国务院办公厅
2025年11月4日`

// TestANoticeIsReadAsItStands: the notice of 2026, pasted, is the year of our
// files.
func TestANoticeIsReadAsItStands(t *testing.T) {
	year, err := rules.ReadHolidays(strings.ReplaceAll(notice2026, "\n", "\r\n"))
	if err != nil || year.Year != 2026 {
		t.Fatalf("%d, %v", year.Year, err)
	}
	ours, imported := load(t).Calendar, load(t).Calendar
	imported.Import([]domain.CalendarYear{year})
	for d := day("2026-01-01"); d.Year() == 2026; d = d.AddDate(0, 0, 1) {
		works, _ := ours.Workday(d)
		if got, sure := imported.Workday(d); got != works || !sure || imported.Holiday(d) != ours.Holiday(d) {
			t.Errorf("%s: works %v, holiday %v", d.Format(time.DateOnly), got, imported.Holiday(d))
		}
	}
}

func TestNoticesThatAreRefused(t *testing.T) {
	const rest = "\n劳动节：5月1日放假。\n国庆节：10月1日至3日放假。"
	for name, tt := range map[string]struct {
		text, want string
		line       int
	}{
		"nothing":                      {"", "没有写是哪一年", 0},
		"no year":                      {"元旦：1月1日放假。" + rest, "没有写是哪一年", 0},
		"only a part of the year":      {"2027年\n元旦：1月1日放假。", "没有劳动节的放假安排", 0},
		"a wrong count":                {"2027年\n元旦：1月1日至3日放假，共4天。" + rest, "写的是共4天，日期数下来是3天", 2},
		"a wrong weekday":              {"2027年\n元旦：1月1日（周四）放假。" + rest, "2027-01-01是周五，不是周四", 2},
		"a weekday of the end":         {"2027年\n元旦：1月1日（周五）至3日（星期六）放假。" + rest, "2027-01-03是周日，不是星期六", 2},
		"a day that is not one":        {"2027年\n元旦：1月1日放假。2月30日放假。" + rest, "没有2027年2月30日", 2},
		"the thirteenth month":         {"2027年\n元旦：1月1日放假。13月1日放假。" + rest, "没有2027年13月1日", 2},
		"the notice of another year":   {"2027年\n元旦：2026年1月1日放假。1月1日放假。" + rest, "2026-01-01不在2027年", 2},
		"a day twice":                  {"2027年\n元旦：1月1日至3日放假。\n1月3日上班。" + rest, "2027-01-03写了两次", 3},
		"a plain weekday that is work": {"2027年\n元旦：1月1日放假。1月4日上班。" + rest, "2027-01-04是周一，本来就上班", 2},
		"neither rest nor work":        {"2027年\n元旦：1月1日至3日" + rest, "要么写放假，要么写上班", 2},
		"rest and work in one":         {"2027年\n元旦：1月1日放假，1月9日上班" + rest, "要么写放假，要么写上班", 2},
		"a span without an end":        {"2027年\n元旦：1月1日至放假" + rest, "“至”后面没有日期", 2},
		"a span that runs backwards":   {"2027年\n元旦：1月1日放假。3月5日至3日放假" + rest, "不像一个假期", 2},
		"a span of months":             {"2027年\n元旦：1月1日至3月1日放假" + rest, "不像一个假期", 2},
		"too much":                     {"2027年" + strings.Repeat("啊", 10_000), "超过", 0},
		"too many lines":               {strings.Repeat("\n", 300), "超过200行", 0},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := rules.ReadHolidays(tt.text)
			for _, p := range rules.Problems(err) {
				if strings.Contains(p.Text, tt.want) && p.Line == tt.line && p.Kind == domain.Invalid {
					return
				}
			}
			t.Errorf("got %v, want line %d: %s", err, tt.line, tt.want)
		})
	}
}

// TestAllMistakesOfANotice: they are corrected once, not once for each.
func TestAllMistakesOfANotice(t *testing.T) {
	_, err := rules.ReadHolidays("2027年\n元旦：1月1日（周四）放假。\n清明：4月31日放假。\n劳动节：5月1日放假，共3天。\n国庆节：10月1日放假。")
	if got := rules.Problems(err); len(got) != 3 || got[0].Line != 2 || got[1].Line != 3 || got[2].Line != 4 {
		t.Errorf("%v", got)
	}
}

// TestTheEveOfAYear may belong to its first holiday.
func TestTheEveOfAYear(t *testing.T) {
	year, err := rules.ReadHolidays("2028年\n元旦：2027年12月31日（周五）至2028年1月2日（周日）放假，共3天。\n劳动节：5月1日放假。\n国庆节：10月1日放假。")
	if err != nil {
		t.Fatal(err)
	}
	c := load(t).Calendar
	c.Import([]domain.CalendarYear{year})
	if !c.Holiday(day("2027-12-31")) || c.Knows(2027) || !c.Knows(2028) {
		t.Errorf("holiday %v, knows 2027 %v and 2028 %v", c.Holiday(day("2027-12-31")), c.Knows(2027), c.Knows(2028))
	}
	if works, sure := c.Workday(day("2027-12-30")); !works || sure {
		t.Errorf("the day before: %v, %v", works, sure)
	}
}

// TestAMissingYear is reckoned by weekends, and named in time.
func TestAMissingYear(t *testing.T) {
	c := load(t).Calendar
	for d, holiday := range map[string]bool{"2027-02-06": true, "2027-02-07": true, "2027-02-08": false, "2026-11-28": false} {
		if got := c.Holiday(day(d)); got != holiday {
			t.Errorf("%s: holiday %v", d, got)
		}
	}
	for d, want := range map[string]string{"2026-10-31": "[]", "2026-11-01": "[2027]", "2027-03-01": "[2027]", "2027-12-01": "[2027 2028]"} {
		if got := fmt.Sprint(c.MissingYears(day(d))); got != want {
			t.Errorf("on %s: %s are missing, want %s", d, got, want)
		}
	}
	year, err := rules.ReadHolidays("2027年\n元旦：1月1日至3日放假。\n春节：2月6日至12日放假，共7天。2月20日上班。\n劳动节：5月1日放假。\n国庆节：10月1日放假。")
	if err != nil {
		t.Fatal(err)
	}
	c.Import([]domain.CalendarYear{year})
	if !c.Holiday(day("2027-02-08")) || c.Holiday(day("2027-02-20")) || c.Holiday(day("2027-02-27")) || len(c.MissingYears(day("2026-12-01"))) > 0 {
		t.Error("what was imported is not known")
	}
	if end, sure := c.AddWorkdays(day("2027-02-05"), 6); end.Format(time.DateOnly) != "2027-02-20" || !sure {
		t.Errorf("the sixth working day is %s, %v", end.Format(time.DateOnly), sure)
	}
}

func FuzzReadHolidays(f *testing.F) {
	f.Add(notice2026)
	f.Add("2027年\n元旦：1月1日（周五）至（周日）放假")
	f.Fuzz(func(t *testing.T, text string) {
		year, err := rules.ReadHolidays(text)
		for name := range year.Days {
			if d, bad := time.Parse(time.DateOnly, name); err == nil && (bad != nil || d.Year() > year.Year || d.Year() < year.Year-1) {
				t.Errorf("%d has the day %q", year.Year, name)
			}
		}
	})
}
