package tagging

import (
	"fmt"
	"strings"

	"policypush/internal/automaton"
	"policypush/internal/domain"
)

// ruleSpan begins a rule that holds for a time: 自2022年1月1日至2024年12月31日,对….
var ruleSpan = expression(`^[\s(]*(?:[一二三四五六七八九十\d]{1,3}[)、.．])?(?:(?:根据|按照|依据)《[^。;]{0,80}[,])?(?:自|从)?` + dateRE + `(?:起)?(?:至|到|-|—)` + lastRE + `(?:止|\(含\))?[,:]?(?:$|\n|对|按|继续|减|免|执行|小|增值税|企业|个人|个体|符合|纳税人)`)

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

// window reads when the measure can be had.
func (t *reading) window(m *domain.Measure, s sentence) {
	w := &m.Window
	if d := t.deadlines(s, t.year).best(true); d != "" && w.Deadline == "" {
		w.Deadline = d
		m.Evidence["window.deadline"] = []domain.Evidence{s.trim().evidence(0, len(s.trim().text))}
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
	for _, x := range t.find("X44", s) {
		if from, to := yearly(x); from != "" && w.From == "" {
			w.From, w.To, w.Yearly = from, to, true
			m.Evidence["window"] = []domain.Evidence{x.evidence}
		}
	}
	if w.From == "" && w.To == "" {
		if from, to, at := heldFor(s, t.year); at != nil {
			w.From, w.To = from, to
			m.Evidence["window"] = []domain.Evidence{s.evidence(at[0], at[1])}
		}
	}
	if loc := s.loc(everyYear); loc != nil && w.From == "" && w.Relative == "" && (strings.Contains(s.text, "报") || strings.Contains(s.text, "受理") || strings.Contains(s.text, "申") || len(s.text) < 60) {
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
}

// everyYear is a time of each year that the text leaves open: 每年2月左右.
var everyYear = expression(`每年(?:\d{1,2}|[一二三四五六七八九十]{1,2})月(?:份|底|初|中旬|上旬|下旬|左右)?|每(?:年|季度|半年)(?:一次|1次|申报一次|集中受理)`)

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

func yearly(x match) (from, to string) {
	m1, ok1 := integer(x.group("m1"))
	m2, ok2 := integer(x.group("m2"))
	if !ok1 || !ok2 || m1 < 1 || m1 > 12 || m2 < 1 || m2 > 12 {
		return "", ""
	}
	d1, ok := integer(x.group("d1"))
	if !ok {
		d1 = 1
	}
	d2, ok := integer(x.group("d2"))
	if !ok {
		d2 = daysIn(2025, m2)
	}
	return fmt.Sprintf("%02d-%02d", m1, d1), fmt.Sprintf("%02d-%02d", m2, d2)
}
