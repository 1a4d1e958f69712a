package interpretations

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"

	"policypush/internal/domain"
)

// Told is a measure in the words that its readers are shown: empty where the
// text does not say.
type Told struct {
	Gain   string // what it gives, beside its name: 按设备投资额的15%，最高100万元
	Who    string // to whom
	Window string // when
	How    string // how it is had: 需要申请；县经信局
}

// Word is a term of official language that the policy uses.
type Word struct {
	Name    string
	Plain   string // what it means
	Caution string // what is most easily misunderstood, or ""
}

// Propose drafts interpretations from what is known of a policy: answers to
// the questions that everybody asks first, charts of what can be drawn, and a
// case for each measure that can be reckoned. told says each measure in words,
// in the order of the policy's; words are the terms that it uses. A draft says
// only what the measures say and cites their clauses, so that each passes
// Check; what is not known is not asked. Of several last days the picture names
// the next after today (YYYY-MM-DD). People edit and approve them.
func Propose(policy *domain.Policy, told []Told, words []Word, today string) []Item {
	d := drafter{policy: policy, told: told, today: today}
	d.whoAndWhat()
	d.when()
	d.how()
	d.validity()
	d.successions()
	d.terms(words)
	d.rates()
	d.sums()
	d.days()
	d.steps()
	d.cases()
	d.onePage()
	return d.drafts
}

type drafter struct {
	policy *domain.Policy
	told   []Told
	today  string
	drafts []Item
}

// add keeps a draft that holds against the policy; what does not, is not fit
// to be offered.
func (d *drafter) add(it Item) {
	it.Policy, it.PolicyVersion, it.State = d.policy.ID, d.policy.Version, Draft
	if it.Check(d.policy) == nil {
		d.drafts = append(d.drafts, it)
	}
}

// answer drafts a question whose answer is a line for each of several
// measures. What is the same for several is said once. Lines that no longer fit
// are counted.
func (d *drafter) answer(aspect Aspect, question string, lines []groundedLine) {
	if len(lines) == 0 {
		return
	}
	text, used := joined(merged(lines, len(d.policy.Measures)), MaxAnswer)
	qa := &QA{Question: question, Answer: text}
	for _, l := range used {
		for _, clause := range l.clauses {
			if !slices.Contains(qa.Clauses, clause) {
				qa.Clauses = append(qa.Clauses, clause)
			}
		}
	}
	d.add(Item{Kind: QAKind, Aspect: aspect, QA: qa})
}

// groundedLine is what is said of some measures, with their clauses. Without a
// name it is said of the whole policy.
type groundedLine struct {
	name, text string
	clauses    []string
}

func (l groundedLine) String() string {
	if l.name == "" {
		return l.text
	}
	return l.name + "：" + l.text
}

// merged joins what is said in the same words of several measures; of all of
// them, it needs no name.
func merged(lines []groundedLine, measures int) []groundedLine {
	var all []groundedLine
	var first []string // the name of the first of several
	for _, l := range lines {
		i := slices.IndexFunc(all, func(m groundedLine) bool { return m.text == l.text })
		if i < 0 {
			all, first = append(all, l), append(first, l.name)
			continue
		}
		m := &all[i]
		m.clauses = append(m.clauses, l.clauses...)
		switch n := len(m.clauses); {
		case l.name == "":
		case n == 2:
			m.name += "、" + l.name
		default:
			m.name = fmt.Sprintf("%s等%d项", first[i], n)
		}
	}
	if len(all) == 1 && len(lines) == measures {
		all[0].name = ""
	}
	return all
}

// joined writes lines one after another, numbered if there are several, in at
// most limit characters, and returns those it wrote.
func joined(lines []groundedLine, limit int) (string, []groundedLine) {
	if len(lines) == 1 {
		return sentence(cut(lines[0].String(), limit-1)), lines
	}
	tail := func(n int) string { return fmt.Sprintf("另有%d项，见原文。", n) }
	var text string
	for i, l := range lines {
		next := text + fmt.Sprintf("%d.%s；", i+1, cut(l.String(), 60))
		rest := 0
		if i < len(lines)-1 {
			rest = runes(tail(len(lines)))
		}
		if runes(next)+rest > limit {
			return text + tail(len(lines)-i), lines[:i]
		}
		text = next
	}
	return strings.TrimSuffix(text, "；") + "。", lines
}

// name is what a measure is called in a question.
func (d *drafter) name(i int) string {
	m := &d.policy.Measures[i]
	if m.Title != "" {
		return cut(m.Title, 30)
	}
	return cut(m.Text, 20)
}

// whoAndWhat asks for whom the policy is and what it gives, and, where there
// are few measures, about each of them.
func (d *drafter) whoAndWhat() {
	var who, what []groundedLine
	for i, m := range d.policy.Measures {
		t := d.told[i]
		if t.Who != "" {
			who = append(who, groundedLine{d.name(i), t.Who, []string{m.Clause}})
		}
		if t.Gain != "" {
			what = append(what, groundedLine{d.name(i), t.Gain, []string{m.Clause}})
		}
	}
	d.answer(Scope, "哪些"+d.addressed()+"可以享受？", who)
	d.answer(Standard, "这份政策给什么、给多少？", what)
	const asked = 6 // questions about single measures
	if len(d.policy.Measures) < 2 {
		return
	}
	for i, m := range d.policy.Measures[:min(asked, len(d.policy.Measures))] {
		if t := d.told[i]; t.Who != "" && figures(m.Benefit) {
			d.answer(Standard, "“"+d.name(i)+"”给谁、给多少？", []groundedLine{{t.Who, t.Gain, []string{m.Clause}}})
		}
	}
}

// addressed are those for whom the policy is written at all.
func (d *drafter) addressed() string {
	switch d.policy.Audience {
	case domain.ForEnterprises:
		return "企业"
	case domain.ForResidents:
		return "人"
	default:
		return "企业、哪些人"
	}
}

// figures tells whether a benefit says how much.
func figures(b domain.Benefit) bool {
	return b.Rate > 0 || b.Amount > 0 || b.Cap > 0 || len(b.Tiers) > 0
}

// when asks for the time of each measure that has one.
func (d *drafter) when() {
	var lines []groundedLine
	for i, m := range d.policy.Measures {
		if w := d.told[i].Window; w != "" {
			clauses := []string{m.Clause}
			if at := SayingDay(d.policy, d.policy.DeadlineOf(&m)); at != "" && at != m.Clause {
				clauses = append(clauses, at)
			}
			lines = append(lines, groundedLine{d.name(i), w, clauses})
		}
	}
	d.answer(Procedure, "什么时候可以办？", lines)
}

// had says of each measure how it is had.
func (d *drafter) had() []groundedLine {
	var lines []groundedLine
	for i, m := range d.policy.Measures {
		if t := d.told[i].How; t != "" {
			lines = append(lines, groundedLine{d.name(i), t, []string{m.Clause}})
		}
	}
	return lines
}

// how asks where and with which papers.
func (d *drafter) how() {
	var papers []groundedLine
	for i, m := range d.policy.Measures {
		if list := m.How.Materials; len(list) > 0 {
			papers = append(papers, groundedLine{d.name(i), strings.Join(list, "、"), []string{m.Clause}})
		}
	}
	d.answer(Procedure, "要不要申请，到哪里办？", d.had())
	d.answer(Procedure, "要准备哪些材料？", papers)
}

// validity asks from when to when the policy holds.
func (d *drafter) validity() {
	var says []string
	if from := d.policy.EffectiveFrom; from != "" {
		says = append(says, "自"+chineseDay(from)+"起施行")
	}
	if to := d.policy.Expires; to != "" {
		says = append(says, "有效期到"+chineseDay(to))
	}
	if len(says) == 0 {
		return
	}
	if at := Saying(d.policy, "施行", "执行", "有效期", "实施"); at != "" {
		d.answer(Background, "从什么时候开始执行，到什么时候为止？", []groundedLine{{text: strings.Join(says, "，"), clauses: []string{at}}})
	}
}

// successions asks what becomes of earlier documents.
func (d *drafter) successions() {
	var lines []groundedLine
	for _, r := range d.policy.Replaces {
		if at := Saying(d.policy, r.Title, r.DocNumber); at != "" {
			lines = append(lines, groundedLine{text: r.String() + "同时废止", clauses: []string{at}})
		}
	}
	for _, r := range d.policy.Amends {
		if at := Saying(d.policy, r.Title, r.DocNumber); at != "" {
			lines = append(lines, groundedLine{text: r.String() + "有调整，以本文件为准", clauses: []string{at}})
		}
	}
	d.answer(OldAndNew, "以前的文件还管用吗？", lines)
}

// terms explains what words mean, and what is most easily got wrong about them.
func (d *drafter) terms(words []Word) {
	const most = 5
	for _, w := range words[:min(most, len(words))] {
		at := Saying(d.policy, w.Name)
		if at == "" {
			continue
		}
		d.answer(Terms, "什么是“"+w.Name+"”？", []groundedLine{{text: w.Plain, clauses: []string{at}}})
		if w.Caution != "" {
			d.answer(Misunderstood, "“"+w.Name+"”要注意什么？", []groundedLine{{text: w.Caution, clauses: []string{at}}})
		}
	}
}

// Saying returns the path of the last clause that holds one of the words, or
// "": provisions about time and validity stand at the end.
func Saying(policy *domain.Policy, words ...string) string {
	for i := len(policy.Clauses) - 1; i >= 0; i-- {
		c := &policy.Clauses[i]
		if c.Path == "" {
			continue
		}
		for _, w := range words {
			if w != "" && strings.Contains(c.Text, w) {
				return c.Path
			}
		}
	}
	return ""
}

// SayingDay returns the path of the clause that says a day (YYYY-MM-DD), with its
// year or as the end of a time, or "".
func SayingDay(policy *domain.Policy, day string) string {
	written, ends := waysToSay(day)
	return orElse(Saying(policy, written), Saying(policy, ends...))
}

// saysDay tells whether a text says a day.
func saysDay(text, day string) bool {
	written, ends := waysToSay(day)
	return slices.ContainsFunc(append(ends, written), func(said string) bool { return said != "" && strings.Contains(text, said) })
}

// waysToSay are a day with its year, and without it at the end of a time.
func waysToSay(day string) (written string, ends []string) {
	written = chineseDay(day)
	_, inYear, ok := strings.Cut(written, "年")
	if !ok { // it is no day
		return "", nil
	}
	return written, []string{"至" + inYear, "到" + inYear, "于" + inYear, "当年" + inYear}
}

// ground is the clause that all of some paths rest on: the only one, or the
// nearest that holds them all, or else the first. What has no path says nothing.
func (d *drafter) ground(paths []string) string {
	paths = slices.DeleteFunc(slices.Clone(paths), func(path string) bool { return path == "" })
	if len(paths) == 0 {
		return ""
	}
	for at := paths[0]; at != ""; {
		holds := func(path string) bool { return path == at || strings.HasPrefix(path, at+"/") }
		if !slices.ContainsFunc(paths, func(path string) bool { return !holds(path) }) &&
			slices.ContainsFunc(d.policy.Clauses, func(c domain.Clause) bool { return c.Path == at }) {
			return at
		}
		at = at[:max(0, strings.LastIndexByte(at, '/'))]
	}
	return paths[0]
}

// rest returns the clause on which parts rest together, and leaves those
// without one of their own that rest on no other.
func (d *drafter) rest(parts ...*string) string {
	paths := make([]string, len(parts))
	for i, p := range parts {
		paths[i] = *p
	}
	whole := d.ground(paths)
	for _, p := range parts {
		if *p == whole {
			*p = ""
		}
	}
	return whole
}

// rates draws what rates were and what they are.
func (d *drafter) rates() {
	chart := &Chart{Form: Compare, Unit: "%", Before: "原来", After: "现在"}
	for i, m := range d.policy.Measures {
		b := m.Benefit
		if b.FromRate > 0 && b.Rate > 0 && len(chart.Points) < MaxPoints {
			chart.Points = append(chart.Points, Point{Label: cut(d.name(i), 40), Before: hundred(b.FromRate), Value: hundred(b.Rate), Clause: m.Clause})
		}
	}
	chart.Clause = d.rest(chart.clauses()...)
	d.add(Item{Kind: ChartKind, Aspect: OldAndNew, Title: "比例，原来和现在", Chart: chart})
}

// sums ranks the most that each measure gives, if there are several.
func (d *drafter) sums() {
	chart := &Chart{Form: Rank, Unit: "万元"}
	for i, m := range d.policy.Measures {
		b := m.Benefit
		if sum := b.Most(); sum > 0 {
			point := Point{Label: cut(d.name(i), 40), Value: round(sum / 10_000), Clause: m.Clause}
			if b.Cap > 0 {
				point.Note = cut(b.PerCap(), 60)
			}
			chart.Points = append(chart.Points, point)
		}
	}
	if len(chart.Points) < 2 {
		return
	}
	slices.SortStableFunc(chart.Points, func(a, b Point) int {
		switch {
		case a.Value > b.Value:
			return -1
		case a.Value < b.Value:
			return 1
		}
		return 0
	})
	title := "每一项最多能得多少"
	if len(chart.Points) > MaxPoints {
		title, chart.Points = fmt.Sprintf("给得最多的%d项，最多能得多少", MaxPoints), chart.Points[:MaxPoints]
	}
	if chart.Points[0].Value < 1 {
		chart.Unit = "元"
		for i := range chart.Points {
			chart.Points[i].Value = round(chart.Points[i].Value * 10_000)
		}
	}
	chart.Clause = d.rest(chart.clauses()...)
	d.add(Item{Kind: ChartKind, Aspect: Standard, Title: title, Chart: chart})
}

// days draws the days that count, if there are several. What several measures
// have on one day is said once.
func (d *drafter) days() {
	type day struct{ date, what string }
	var order []day
	names, paths := map[day][]string{}, map[day][]string{}
	add := func(date, what, name, clause string) {
		if len(date) != len("2026-11-26") {
			return
		}
		on := day{date, what}
		if names[on] == nil {
			order = append(order, on)
		}
		names[on], paths[on] = append(names[on], name), append(paths[on], clause)
	}
	for i, m := range d.policy.Measures {
		if m.Window.Yearly {
			continue
		}
		add(m.Window.From, "开始", d.name(i), m.Clause)
		add(m.Window.To, "结束", d.name(i), m.Clause)
		if day := d.policy.DeadlineOf(&m); day != m.Window.To {
			add(day, "申请截止", d.name(i), orElse(SayingDay(d.policy, day), m.Clause))
		}
	}
	add(d.policy.EffectiveFrom, "开始施行", "", Saying(d.policy, "施行", "执行", "实施"))
	add(d.policy.Expires, "有效期届满", "", Saying(d.policy, "有效期", "施行", "执行"))
	if len(order) < 2 {
		return
	}
	slices.SortStableFunc(order, func(a, b day) int { return strings.Compare(a.date, b.date) })
	chart := &Chart{Form: Timeline}
	for _, on := range order[:min(len(order), MaxPoints)] {
		label := on.what
		if list := names[on]; list[0] != "" && len(list) < len(d.policy.Measures) {
			label = "“" + cut(list[0], 24) + "”"
			if len(list) > 1 {
				label += fmt.Sprintf("等%d项", len(list))
			}
			label += on.what
		}
		chart.Points = append(chart.Points, Point{Date: on.date, Label: cut(label, 40), Clause: d.ground(paths[on])})
	}
	chart.Clause = d.rest(chart.clauses()...)
	d.add(Item{Kind: ChartKind, Aspect: Procedure, Title: "记住这几天", Chart: chart})
}

// steps draws how a measure is applied for, of the first that says where.
func (d *drafter) steps() {
	for i, m := range d.policy.Measures {
		if m.How.Mode != "apply" || m.How.Where == "" {
			continue
		}
		chart := &Chart{Form: Flow, Clause: m.Clause}
		chart.Points = append(chart.Points, Point{Label: "核对条件", Note: cut(orElse(d.told[i].Who, d.name(i)), 60)})
		if list := m.How.Materials; len(list) > 0 {
			chart.Points = append(chart.Points, Point{Label: "备齐材料", Note: cut(strings.Join(list, "、"), 60)})
		}
		chart.Points = append(chart.Points, Point{Label: "提出申请", Note: cut(strings.Trim(m.How.Where+"，"+d.told[i].Window, "，"), 60)})
		if m.How.Within != "" {
			chart.Points = append(chart.Points, Point{Label: "等待审核", Note: cut(m.How.Within, 60)})
		}
		d.add(Item{Kind: ChartKind, Aspect: Procedure, Title: "怎么申请“" + cut(d.name(i), 30) + "”", Chart: chart})
		return
	}
}

// cases reckons an example for the first measures that can be reckoned.
func (d *drafter) cases() {
	const most = 3
	made := 0
	for i, m := range d.policy.Measures {
		b := m.Benefit
		base, ok := exampleBase(b)
		if !ok || made == most {
			continue
		}
		amount, steps, ok := Compute(b, base)
		if !ok || amount == 0 {
			continue
		}
		fact := "符合“" + d.name(i) + "”的条件"
		switch {
		case b.Rate > 0:
			fact += "，" + orElse(b.Base, "基数") + "为" + domain.Yuan(base)
		case b.Unit != "":
			fact += fmt.Sprintf("，共%s（%s）", domain.Number(base), b.Unit)
		}
		d.add(Item{Kind: CaseKind, Aspect: Standard, Title: "算一笔账：" + cut(d.name(i), 40), Case: &Case{
			Who: cut("举例："+orElse(d.told[i].Who, "符合条件的申请人"), MaxText), Facts: []string{fact},
			Steps: steps, Result: Step{Gained(b), domain.Yuan(amount)}, Clause: m.Clause, Measure: m.ID, Base: base, Amount: amount,
		}})
		made++
	}
}

// exampleBase chooses a round base for a case: one that stays below the cap, where
// there is one.
func exampleBase(b domain.Benefit) (float64, bool) {
	switch {
	case b.Rate > 0 && b.Cap > 0:
		return roundDown(b.Cap / max(b.Rate, b.FromRate-b.Rate) / 2), true
	case b.Rate > 0:
		return 100_000, true
	case b.Amount > 0 && b.Unit != "":
		if b.Cap > 0 {
			return max(1, math.Floor(b.Cap/b.Amount/2)), true
		}
		return 3, true
	case b.Amount > 0 && len(b.Tiers) < 2:
		return 1, true
	}
	return 0, false
}

// roundDown keeps the first digit of a number.
func roundDown(v float64) float64 {
	if v < 1 {
		return 1
	}
	p := math.Pow(10, math.Floor(math.Log10(v)))
	return math.Floor(v/p) * p
}

// hundred turns a rate into its percentage, as the decimal that was typed.
func hundred(rate float64) float64 {
	v, _ := new(big.Rat).Mul(exact(rate), big.NewRat(100, 1)).Float64()
	return round(v)
}

func round(v float64) float64 { return math.Round(v*10_000) / 10_000 }

func runes(s string) int { return len([]rune(s)) }

// cut shortens a text to limit characters, the last of which is then an
// ellipsis.
func cut(s string, limit int) string {
	s = strings.TrimRight(strings.TrimSpace(s), "。；，;,")
	if rs := []rune(s); len(rs) > limit {
		return string(rs[:limit-1]) + "…"
	}
	return s
}

func sentence(s string) string { return strings.TrimRight(s, "。；") + "。" }
