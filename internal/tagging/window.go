package tagging

import (
	"fmt"
	"slices"
	"strings"

	"policypush/internal/automaton"
	"policypush/internal/domain"
)

// ruleSpan begins a rule that holds for a time: 自2022年1月1日至2024年12月31日,对….
var ruleSpan = expression(`^[\s(]*(?:[一二三四五六七八九十\d]{1,3}[)、.．])?(?:(?:根据|按照|依据)《[^。;]{0,80}[,])?(?:自|从)?` + dateRE + `(?:起)?(?:至|到|-|—)` + lastRE + `(?:止|\(含\))?[,:]?(?:$|\n|对|按|继续|减|免|执行|小|增值税|企业|个人|个体|符合|纳税人|允许|暂|给予|准予|实[行施]|金融机构|单位|职工|居民|[本全我][省市县区]|[\p{Han}]{2,14}(?:企业|机构|公司|人员|家庭|项目|基地))`)

// reliefSpan is the same within a rule about a tax: 决定在1998年1月1日到2003年12月31日期间,
// 继续免征; 对购置日期在6月1日至12月31日期间内的乘用车,减半征收.
var reliefSpan = expression(`(?:自|从|在|于)` + dateRE + `(?:起)?` + toRE + lastRE + `(?:\(含\))?(?:止|期间|之间)?内?[^。;已]{0,80}?(?:免征|减征|减半|减按|减免|停征|缓征)`)

var (
	// measureUntil is to when what a measure gives is had: 稳岗返还政策延续执行至2026年底.
	measureUntil = expression(`(?:(?:政策|措施|待遇|补贴|补助|优惠|费率|标准)[^,。;]{0,8}?(?:延续|延长|顺延)(?:执行|实施|期限)?|(?:延续|继续|暂定?)(?:执行|实施)|(?:执行|实施)(?:期限|期|时间)?(?:延长|延续|顺延|暂定|截止|截至)?|有效期限?(?:延长|延续|顺延)?)(?:至|到)` + dateRE + `(?:止)?(?:[,。;)]|$)`)
	// measureSince is from when.
	measureSince = expression(`^(?:[(]?[一二三四五六七八九十\d]{1,3}[)、.．])?(?:自|从)` + dateRE + `(?:起|开始),`)
	// givesFor ends the time for which something is given. What somebody has to do in a
	// time may be rewarded after it: 2026年1月1日至6月30日,企业参展的,补助80%.
	givesFor = automaton.MustCompile(`(?:对|按|继续|减|免|执行)$`)
	// ofAnother stands before the time of what is lent, agreed on or certified.
	ofAnother = automaton.MustCompile(`(?:贷款|还款|缓缴|付息|展期|合同|协议|证书|证件|执照|许可证|资格|项目|工程)[^,。;]{0,12}$`)
)

// heldFor is from when to when what a sentence gives can be had, each as far as it is
// told, and where the sentence tells. How long the document holds is not said of it alone.
func heldFor(s sentence, year string) (from, to string, at []int) {
	if m := s.loc(ruleSpan); m != nil && givesFor.MatchString(s.text[:m[1]]) {
		if from, to = spanIn(s.text, m, year); from != "" && to >= from {
			return from, to, []int{m[0], m[1]}
		}
	}
	from, to = "", ""
	if m := s.loc(measureSince); m != nil {
		from, at = dateIn(s.text, m, 1, year, false), []int{m[0], m[1]}
	}
	for _, m := range s.locs(measureUntil) {
		if end := dateIn(s.text, m, 1, year, true); end >= from && !general.MatchString(s.text[:m[0]]) && !strings.Contains(s.text[:m[0]], "起施行") && !ofAnother.MatchString(s.text[:m[0]]) {
			if to = end; at == nil {
				at = []int{m[0], m[1]}
			}
			at[1] = m[1]
		}
	}
	if from == "" && to == "" {
		return "", "", nil
	}
	return from, to, at
}

// window reads when the measure can be had, and tells whether it has to be applied for
// in a time of each year.
func (t *reading) window(m *domain.Measure, s sentence) (yearlyCall bool) {
	w := &m.Window
	due := t.deadlines(s, t.year)
	told := func(days ...string) {
		slices.Sort(days)
		days = slices.Compact(days)
		if w.Rounds, w.Deadline = slices.Clip(days[:len(days)-1]), days[len(days)-1]; len(days) > maxRounds {
			w.Rounds = nil
		}
		m.Evidence["window.deadline"] = append(m.Evidence["window.deadline"], s.trim().evidence(0, len(s.trim().text)))
	}
	days := due.surest()
	sites, papers := due.twoWays()
	switch rounds := inRounds.MatchString(s.text); {
	case len(days) == 0:
	case w.Deadline == "" && papers != "": // 6月20日前网上填报,6月25日前报送纸质材料
		told(sites, papers)
	case w.Deadline == "" && (len(days) == 1 || rounds):
		told(days...)
	case w.Deadline == "":
	case rounds: // 第一批4月30日截止。第二批10月31日截止。
		told(append(append(days, w.Rounds...), w.Deadline)...)
	case len(w.Rounds) == 0 && due.by(onPaper) > w.Deadline && sayOnline.MatchString(m.Evidence["window.deadline"][0].Text):
		told(w.Deadline, due.by(onPaper))
	}
	if len(w.Rounds) == 0 {
		w.Rounds = nil
	}
	for _, x := range t.find("X10", s) {
		from, to := day(x.group("y1"), x.group("m1"), x.group("d1")), day(x.group("y2"), x.group("m2"), x.group("d2"))
		if w.From == "" && from != "" && to != "" {
			w.From, w.To = from, to
			m.Evidence["window"] = []domain.Evidence{x.evidence}
		}
	}
	for _, x := range t.find("X43", s) {
		from, to := windowDates(x.group("from"), x.group("to"))
		if from != "" && to != "" && w.Deadline == "" {
			w.From, w.To, w.Deadline = from, to, to
			m.Evidence["window.deadline"] = []domain.Evidence{x.evidence}
		}
	}
	if loc := s.loc(eachYear); loc != nil && w.From == "" && w.To == "" {
		from, to := yearly(s.text, loc)
		e := s.evidence(loc[0], loc[1])
		calls := s.matches(hands) || s.matches(dueWords) || s.matches(callsYearly)
		switch {
		case to == "" || from == "" && !calls:
		case yearlyAgain.MatchString(s.text[loc[1]:]): // 每年3月1日至31日、9月1日至30日: one window says one of them
			if w.Relative == "" {
				rest := yearlyAgain.FindStringIndex(s.text[loc[1]:])
				e = s.evidence(loc[0], loc[1]+rest[1])
				w.Relative = e.Text
				m.Evidence["window.relative"] = []domain.Evidence{e}
			}
		default:
			w.From, w.To, w.Yearly = from, to, true
			m.Evidence["window"] = []domain.Evidence{e}
			yearlyCall = calls
		}
	}
	if w.From == "" && w.To == "" {
		if from, to, at := heldFor(s, t.year); at != nil {
			w.From, w.To = from, to
			m.Evidence["window"] = []domain.Evidence{s.evidence(at[0], at[1])}
		}
	}
	if loc := s.loc(everyYear); loc != nil && w.From == "" && w.To == "" && w.Relative == "" && (strings.Contains(s.text, "报") || strings.Contains(s.text, "受理") || strings.Contains(s.text, "申") || len(s.text) < 60) {
		e := s.evidence(loc[0], loc[1])
		w.Relative = e.Text
		m.Evidence["window.relative"] = []domain.Evidence{e}
	}
	for _, x := range t.find("X42", s) {
		if w.Relative == "" && !strings.Contains(x.group("unit"), "工作日") && !strings.Contains(x.group("from"), "申请") {
			w.Relative = x.evidence.Text
			m.Evidence["window.relative"] = []domain.Evidence{x.evidence}
		}
	}
	return yearlyCall
}

var (
	// inRounds is said of one of several times to apply.
	inRounds = automaton.MustCompile(`第[一二三四五六\d]{1,2}[批轮期次]|[上下]半年|[一二三四]季度|首批`)
	// eachYear is a time of every year, or the last day of it: 每年3月1日至31日, 每年5月31日前.
	eachYear = expression(`每年(?:的)?(\d{1,2})月(?:(\d{1,2})日|份)?(?:起)?(?:(?:至|到|-|—|–|~)+(?:(?:当年)?(\d{1,2})月(?:(\d{1,2})日|份|底|末)?|(\d{1,2})日)|(?:底|末)?(之前|以前|前))`)
	// yearlyAgain are more such times behind it.
	yearlyAgain = automaton.MustCompile(`^[^,。;]{0,12}?[、,和及](?:每年)?\d{1,2}月(?:\d{1,2}日)?(?:(?:至|到|-|—|–|~)(?:\d{1,2}月)?(?:\d{1,2}日|底)?|底?前)`)
	callsYearly = expression(`申报|申请|受理|报名|申领|领取|缴费`)
)

// maxRounds bounds the times to apply of a measure.
const maxRounds = 12

// everyYear is a time of each year that the text leaves open: 每年2月左右.
var everyYear = expression(`每年(?:\d{1,2}|[一二三四五六七八九十]{1,2})月(?:\d{1,2}日|份|底|初|中旬|上旬|下旬|左右)?|每(?:年|季度|半年)(?:一次|1次|申报一次|集中受理)`)

func windowDates(from, to string) (string, string) {
	f := chineseDate.FindStringSubmatch(from)
	if f == nil {
		return "", ""
	}
	if !strings.Contains(to, "年") {
		to = f[1] + "年" + to
	}
	l := chineseDate.FindStringSubmatch(to)
	if l == nil {
		return "", ""
	}
	return day(f[1], f[2], f[3]), day(l[1], l[2], l[3])
}

// yearly returns the days of a time of every year, MM-DD. from is empty if only the last
// is told.
func yearly(text string, m []int) (from, to string) {
	monthDay := func(month, day string, last bool) string {
		mo, ok := integer(month)
		if !ok || mo < 1 || mo > 12 {
			return ""
		}
		d, ok := integer(day)
		switch {
		case !ok && last:
			d = daysIn(2025, mo)
		case !ok:
			d = 1
		}
		if d < 1 || d > daysIn(2024, mo) {
			return ""
		}
		return fmt.Sprintf("%02d-%02d", mo, d)
	}
	first, day := submatch(text, m, 1), submatch(text, m, 2)
	switch {
	case submatch(text, m, 6) != "":
		return "", monthDay(first, day, true)
	case submatch(text, m, 5) != "":
		from, to = monthDay(first, day, false), monthDay(first, submatch(text, m, 5), true)
	default:
		from, to = monthDay(first, day, false), monthDay(submatch(text, m, 3), submatch(text, m, 4), true)
	}
	if from == "" || to == "" {
		return "", ""
	}
	return from, to
}
