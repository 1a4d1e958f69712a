package web

import (
	"cmp"
	"fmt"
	"html/template"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
	"policypush/internal/matching"
	"policypush/interpretations"
)

// policyView is one policy: what it gives, why it reached the reader, how it
// is explained, and its text.
type policyView struct {
	Page
	Policy       *domain.Policy
	Preview      string // what a preview by staff is of, or ""
	Ended        string // why it cannot be had any more, or ""
	Kinds        []string
	Due          *due
	Keys         []keyFact
	Measures     []measureView
	Shared       []string // conditions of all of them
	Match        *matchView
	QA           []explainedView
	Noted        bool // it is kept that the reader was shown them
	Charts       []template.HTML
	Cases        []template.HTML
	Comparisons  []template.HTML
	Records      []template.HTML
	Terms        []termView      // words of official language that it uses
	Changed      []referenceView // what it replaces
	Amended      []referenceView // what it changes or extends
	Later        []referenceView // what replaced or extended it
	Clauses      []clauseView
	Ways         []wayView
	Materials    []string
	Contact      string
	Subscribe    string
	Calendar     bool   // there are last days for a calendar
	Asked        string // who answers questions, and within how many days
	HasOriginal  bool
	AutomaticAll bool // every measure comes without an application
	items        []interpretations.Item
}

func (policyView) template() string { return "portal/policy" }

// due is the countdown to the last day to apply.
type due struct {
	deadline
	Of     string // what ends on it, where the measures end on several days
	From   string // first day, or ""
	Passed string // share of the window that is over, 0 to 100, for the bar
	Gone   int    // days since the first day
	Ahead  bool   // the first day is still to come
}

// measureView is one measure (政策点) as a card.
type measureView struct {
	ID         domain.MeasureID
	Title      string
	Gain       string
	Who        string
	Criteria   string
	Conditions []string // the criteria one by one; on a policy's page without those of all measures
	Window     string
	Over       bool
	How        string
	Verdict    domain.Verdict // for the signed-in reader, or ""
	Cite       *interpretations.Cite
	Unread     []string
	Check      []string // for the officer: what was not read
	Sum        *sumView // its calculator, where it can be reckoned
}

// Besides is what a measure gives where its name does not say it already.
func (m measureView) Besides() string {
	if strings.TrimRight(m.Gain, "。；，") == m.Title {
		return ""
	}
	return m.Gain
}

// matchView says why a policy reached the signed-in reader.
type matchView struct {
	Name      string
	Verdict   domain.Verdict
	Summary   string
	Measures  []measureMatch
	Reasons   []reasonView
	Ask       string   // what would settle most, or ""
	Fillable  bool     // it is a fact that the reader can state here
	Interests []string // the part of the subscription that asked for it
}

type measureMatch struct {
	ID      domain.MeasureID
	Title   string
	Verdict domain.Verdict
	Amount  string
	Reasons []reasonView // of this measure alone: all of them, or what stands against it
}

// reasonView is one condition with what the profile says to it.
type reasonView struct {
	Class, Icon, Said string // yes check 对得上, ask ask 还不清楚, no no 对不上
	Condition         string
	Value             string
	Unread            bool // the service cannot compare it: Value tells nothing of the reader
	Cite              *interpretations.Cite
}

// clauseView is a passage of the original text.
type clauseView struct {
	ID      string
	Kind    domain.ClauseKind
	Number  string     // 第五条, 二、 at the head of the passage
	Text    string     // of titles, heads and signatures
	Parts   []textPart // of paragraphs and headings
	Rows    [][]string // of a table
	Answers []answerLink
}

// textPart is a piece of official text; Term is the anchor of the plain meaning
// of a word of official language, or "".
type textPart struct{ Text, Term string }

// termView explains a word of official language.
type termView struct{ ID, Name, Plain, Caution string }

// explainedView is a question and answer, of which readers say whether it is clear.
type explainedView struct {
	ID       int64
	Question string
	HTML     template.HTML
	Revised  bool // what is shown stood before, new words wait to be approved
}

// answerLink leads from a clause to an answer that explains it.
type answerLink struct {
	Href, Question string
}

// wayView says how measures are had: where, by when, whom to ask.
type wayView struct{ Title, Where, Within, Contact string }

func (s *Server) policy(c *fiber.Ctx) error {
	v, err := s.policyView(c)
	if err != nil {
		return err
	}
	if v.Noted, err = s.noteRead(c, v.Policy, v.items); err != nil {
		return err
	}
	return s.render(c, v)
}

func (s *Server) policyView(c *fiber.Ctx) (policyView, error) {
	ctx := c.UserContext()
	id, err := c.ParamsInt("id")
	if err != nil {
		return policyView{}, fiber.ErrNotFound
	}
	policy, err := s.Store.Policy(ctx, domain.PolicyID(id))
	if err != nil {
		return policyView{}, err
	}
	v := policyView{Policy: policy}
	if v.Preview, err = s.mayRead(c, policy); err != nil {
		return policyView{}, err
	}
	if v.Page, err = s.page(c, policy.Title); err != nil {
		return policyView{}, err
	}
	v.Section = "library"
	if err := s.share(&v.Page, policy, ""); err != nil {
		return policyView{}, err
	}
	v.Calendar = len(policy.Deadlines()) > 0
	v.Ended = s.ended(policy)
	for _, code := range policy.Codes(domain.BenefitTag) {
		v.Kinds = append(v.Kinds, s.Rules.Name(domain.BenefitTag, code))
	}
	for _, code := range policy.Codes(domain.ThemeTag) {
		v.Kinds = append(v.Kinds, s.Rules.Name(domain.ThemeTag, code))
	}
	v.Kinds = v.Kinds[:min(5, len(v.Kinds))]
	v.Due = s.dueOf(policy)
	v.Measures = s.measures(policy)
	v.addSums(field(c, "measure"), field(c, "base"))
	v.Keys = keyFacts(policy, v.Measures, s.today())
	v.Shared = takeShared(v.Measures)
	if err := s.addSuccessions(ctx, &v); err != nil {
		return policyView{}, err
	}
	v.Ways, v.Materials = ways(policy)
	v.AutomaticAll = len(policy.Measures) > 0 && !slices.ContainsFunc(policy.Measures, func(m domain.Measure) bool { return m.How.Mode != "automatic" })
	v.Contact = policy.Contact
	if v.Contact == "" {
		v.Contact = v.Site.Phone
	}
	v.Subscribe = "/subscribe"
	if themes := policy.Codes(domain.ThemeTag); len(themes) > 0 {
		v.Subscribe += "?theme=" + themes[0]
	}
	items, err := s.Store.Interpretations(ctx, policy.ID, false)
	if err != nil {
		return policyView{}, err
	}
	if v.Preview == "" {
		items = interpretations.Shown(items)
	}
	v.items = items
	if err := v.addInterpretations(items, s.today()); err != nil {
		return policyView{}, err
	}
	terms := s.glossary()
	v.Clauses = clauses(policy, items, terms)
	v.Terms = terms.terms
	offices, err := s.Store.Offices(ctx)
	if err != nil {
		return policyView{}, err
	}
	v.Asked = s.promise(officeOf(policy, offices), offices)
	r, err := s.reader(c)
	if err != nil {
		return policyView{}, err
	}
	if r != nil && r.subscriber != nil && !r.subscriber.Subscription.Unmatched {
		v.Match = s.match(policy, r.subscriber, v.Measures, s.today())
	}
	return v, nil
}

// mayRead lets the public read what was published, and staff preview the rest.
func (s *Server) mayRead(c *fiber.Ctx, policy *domain.Policy) (preview string, err error) {
	switch policy.Status {
	case domain.Published, domain.Amended, domain.Withdrawn, domain.Expired:
		return "", nil
	}
	st, err := s.staff(c)
	if err != nil {
		return "", err
	}
	if st == nil || !st.operator.May(domain.ReadConsole) {
		return "", domain.Errorf(domain.NotFound, "没有找到这份政策。它可能尚未公开。")
	}
	return policy.Status.Label(), nil
}

func (s *Server) ended(policy *domain.Policy) string {
	switch policy.Status {
	case domain.Withdrawn:
		text := "这份政策已撤回，不再执行。"
		if policy.EndedReason != "" {
			text += "原因：" + policy.EndedReason
		}
		return text
	case domain.Amended:
		return "这份政策已被新的政策替代，请以新政策为准。"
	case domain.Expired:
		return "这份政策已失效，内容仅供查阅。"
	case domain.Published:
		if !policy.InForce(s.today()) {
			return "这份政策的有效期到" + longDate(policy.Expires) + "，已失效，内容仅供查阅。"
		}
	}
	return ""
}

// dueOf is the last day to apply, or nil if none is said. Where the measures have
// several it is the next of them, so that nothing is called over that can be had.
func (s *Server) dueOf(policy *domain.Policy) *due {
	days := policy.Deadlines()
	d := due{deadline: s.nextDeadline(days)}
	if d.Day == "" {
		return nil
	}
	if len(days) > 1 { // so they are those of measures
		var titles []string
		for i := range policy.Measures {
			if m := &policy.Measures[i]; slices.Contains(policy.DeadlinesOf(m), d.Day) {
				titles = append(titles, m.Title)
			}
		}
		d.Of = counted(titles[0], len(titles))
	}
	for i := range policy.Measures {
		m := &policy.Measures[i]
		if w := m.Window; w.Yearly && w.From != "" && w.From <= w.To && slices.Contains(policy.DeadlinesOf(m), d.Day) {
			d.From = d.Day[:len("2006-")] + w.From
		}
		if m.Window.Deadline != "" && policy.DeadlineOf(m) == d.Day && len(m.Window.From) == len(d.Day) && m.Window.From <= d.Day {
			d.From = m.Window.From
		}
	}
	if d.From == "" && len(policy.PublishDate) == len(d.Day) {
		d.From = policy.PublishDate
	}
	if d.From == "" {
		return &d
	}
	start := deadlineOn(d.From, s.today())
	d.Gone, d.Ahead = max(0, -start.Days), start.Days > 0
	whole := d.Days - start.Days
	d.Passed = "100"
	if whole > 0 && d.Days >= 0 {
		d.Passed = trimmed(float64(d.Gone) * 100 / float64(whole))
	}
	return &d
}

func (s *Server) measures(policy *domain.Policy) []measureView {
	var vs []measureView
	for i := range policy.Measures {
		m := &policy.Measures[i]
		criteria := policy.CriteriaOf(m)
		window := m.Window
		window.Deadline = cmp.Or(window.Deadline, policy.DeadlineOf(m)) // that of the document is its own
		v := measureView{
			ID: m.ID, Title: m.Title, Gain: s.gain(m.Benefit), Who: m.Who,
			Criteria: matching.Describe(&criteria, s.Rules.ValueName), Conditions: matching.DescribeEach(&criteria, s.Rules.ValueName),
			Window: windowText(window), Over: !matching.InWindow(window, s.today()) && m.Window.From <= s.today(),
			How: howText(m.How), Cite: citeAt(policy, m.Start), Unread: m.Unread, Check: m.Check,
		}
		if v.Title == "" {
			v.Title = cutRunes(m.Text, 30)
		}
		vs = append(vs, v)
	}
	return vs
}

// takeShared takes the conditions that several measures all have out of each:
// they are read once.
func takeShared(measures []measureView) []string {
	if len(measures) < 2 || slices.ContainsFunc(measures, func(m measureView) bool { return m.Who == "" }) {
		return nil
	}
	var shared []string
	for _, one := range measures[0].Conditions {
		if !slices.ContainsFunc(measures, func(m measureView) bool { return !slices.Contains(m.Conditions, one) }) {
			shared = append(shared, one)
		}
	}
	for i := range measures {
		measures[i].Conditions = slices.DeleteFunc(slices.Clone(measures[i].Conditions), func(one string) bool { return slices.Contains(shared, one) })
	}
	return shared
}

// gain says what a measure gives, in one line: 租金减免：按半年租金的50%，每户最高6万元.
func (s *Server) gain(b domain.Benefit) string {
	text := gainFigures(b)
	if words := gainWords(b); text == "" || words != "" && b.Rate+b.Largest()+b.Cap == 0 { // for how long, and of what the words say
		return words
	}
	kind := ""
	if b.Kind != "" {
		kind = s.Rules.Name(domain.BenefitTag, b.Kind)
	}
	switch {
	case kind == "" || b.Kind == "B02" && !b.Gives(): // 减按1%征收 says its kind
		return text
	case b.Rate > 0 && b.Base == "" && b.FromRate == 0 && b.Kind != "B03": // 减征50%
		return kind + text
	default:
		return kind + "：" + text
	}
}

// gainWords are the words of the text about a benefit without figures.
func gainWords(b domain.Benefit) string {
	return cutRunes(strings.TrimPrefix(b.Text, numberAtHead.FindString(b.Text)), 80)
}

// gainFigures says the figures of a benefit, or "".
func gainFigures(b domain.Benefit) string {
	var parts []string
	switch {
	case b.FromRate > 0 && b.Rate > 0:
		parts = append(parts, "由"+percent(b.FromRate)+"调整为"+percent(b.Rate))
	case b.Rate > 0 && b.Kind == "B03":
		parts = append(parts, "调整为"+percent(b.Rate))
	case b.Rate > 0 && b.Kind == "B02" && !b.Gives() && b.Base != "":
		parts = append(parts, "减按"+percent(b.Rate)+"计入"+b.Base)
	case b.Rate > 0 && b.Kind == "B02" && !b.Gives():
		parts = append(parts, "减按"+percent(b.Rate)+"征收")
	case b.Rate > 0 && b.Base != "":
		parts = append(parts, "按"+b.Base+"的"+percent(b.Rate))
	case b.Rate > 0:
		parts = append(parts, percent(b.Rate))
	}
	if b.Amount > 0 {
		amount := b.Per() + domain.Yuan(b.Amount)
		if b.Once {
			amount = "一次性" + amount
		}
		parts = append(parts, amount)
	}
	if len(b.Tiers) > 1 {
		var tiers []string
		for _, t := range b.Tiers {
			tiers = append(tiers, domain.Yuan(t))
		}
		parts = append(parts, "分档"+strings.Join(tiers, "、"))
	}
	if b.Cap > 0 {
		parts = append(parts, b.PerCap()+"最高"+domain.Yuan(b.Cap))
	}
	if b.Months > 0 {
		parts = append(parts, fmt.Sprintf("为期%d个月", b.Months))
	}
	return strings.Join(parts, "，")
}

// amountOf says in a few words how much a measure gives: 最高6万元,
// 每人每月700元; or "" where it says no amount.
func amountOf(b domain.Benefit) string {
	switch sum := b.Largest(); {
	case b.Cap > 0:
		return "最高" + domain.Yuan(b.Cap)
	case sum > b.Amount:
		return b.Per() + "最高" + domain.Yuan(sum)
	case b.Amount > 0:
		return b.Per() + domain.Yuan(b.Amount)
	}
	return ""
}

func windowText(w domain.Window) string {
	var parts []string
	yearly := func(d string) string { return strings.TrimPrefix(longDate("2000-"+d), "2000年") }
	switch {
	case w.Yearly && w.From != "" && w.To != "":
		parts = append(parts, "每年"+yearly(w.From)+"至"+yearly(w.To))
	case w.Yearly && w.To != "":
		parts = append(parts, "每年"+yearly(w.To)+"前")
	case w.From != "" && w.To != "":
		parts = append(parts, longDate(w.From)+"至"+longDate(w.To))
	case w.From != "":
		parts = append(parts, longDate(w.From)+"起")
	case w.To != "":
		parts = append(parts, "到"+longDate(w.To))
	}
	if w.Deadline != "" && w.Deadline != w.To {
		said := ""
		for _, day := range w.Rounds {
			said += longDate(day) + "、"
		}
		parts = append(parts, said+longDate(w.Deadline)+"截止申请")
	}
	if w.Relative != "" {
		parts = append(parts, w.Relative)
	}
	return strings.Join(parts, "；")
}

// withinText says how long an office takes: 办理时限10个工作日.
func withinText(h domain.How) string {
	if first, _ := utf8.DecodeRuneInString(h.Within); unicode.IsDigit(first) {
		return "办理时限" + h.Within
	}
	return h.Within
}

func howText(h domain.How) string {
	var parts []string
	switch h.Mode {
	case "automatic":
		parts = append(parts, "免申即享，不用申请")
	case "apply":
		parts = append(parts, "需要申请")
	}
	if h.Where != "" {
		parts = append(parts, h.Where)
	}
	if h.Within != "" {
		parts = append(parts, withinText(h))
	}
	return strings.Join(parts, "；")
}

func ways(policy *domain.Policy) ([]wayView, []string) {
	var found []wayView
	var materials []string
	for _, m := range policy.Measures {
		w := wayView{m.Title, m.How.Where, withinText(m.How), m.How.Contact}
		same := slices.IndexFunc(found, func(o wayView) bool { return o.Where == w.Where && o.Within == w.Within && o.Contact == w.Contact })
		switch {
		case same >= 0:
			found[same].Title += "、" + w.Title
		case w.Where != "" || w.Within != "" || w.Contact != "":
			found = append(found, w)
		}
		for _, material := range m.How.Materials {
			if !slices.Contains(materials, material) {
				materials = append(materials, material)
			}
		}
	}
	return found, materials
}

// match explains a policy to a subscriber, as of a day (YYYY-MM-DD), and marks
// their verdicts on the measures.
func (s *Server) match(policy *domain.Policy, sub *domain.Subscriber, measures []measureView, day string) *matchView {
	verdict, matches := matching.MatchPolicy(policy, &sub.Profile, day, s.Rules.ValueName)
	v := &matchView{Name: readerName(sub), Verdict: verdict, Interests: s.interests(policy, sub)}
	likely, possible := 0, 0
	for i, m := range matches {
		measures[i].Verdict = m.Verdict
		switch m.Verdict {
		case domain.Likely:
			likely++
		case domain.Possible:
			possible++
		}
		row := measureMatch{ID: m.Measure, Title: measures[i].Title, Verdict: m.Verdict, Amount: amountOf(policy.Measures[i].Benefit)}
		for _, r := range m.Reasons {
			switch {
			case m.Verdict != domain.NotForThem || verdict == domain.NotForThem:
				v.addReason(policy, r)
			case r.Result == domain.No: // beside others that apply: only what stands against it
				row.Reasons = append(row.Reasons, reasonOf(policy, r))
			}
		}
		v.Measures = append(v.Measures, row)
	}
	v.Ask, v.Fillable = decisive(matches)
	v.Summary = fmt.Sprintf("%d项支持，", len(matches)) + fitText(likely, possible)
	return v
}

// decisive is the question that the most of the open measures ask, one that the
// reader can answer here before one that only the office can.
func decisive(matches []matching.MeasureMatch) (text string, fillable bool) {
	asks := map[string]int{}
	for _, m := range matches {
		for _, q := range m.Ask {
			asks[q.Text]++
		}
	}
	for _, m := range matches {
		for _, q := range m.Ask {
			_, own := asked[q.Field]
			if text == "" || own && !fillable || own == fillable && asks[q.Text] > asks[text] {
				text, fillable = q.Text, own
			}
		}
	}
	return text, fillable
}

func (v *matchView) addReason(policy *domain.Policy, r matching.Reason) {
	const limit = 8
	if len(v.Reasons) >= limit || slices.ContainsFunc(v.Reasons, func(o reasonView) bool { return o.Condition == r.Condition }) {
		return
	}
	v.Reasons = append(v.Reasons, reasonOf(policy, r))
}

// reasonOf is a condition as a page shows it.
func reasonOf(policy *domain.Policy, r matching.Reason) reasonView {
	view := reasonView{Condition: r.Condition, Value: r.Value, Unread: r.Field == domain.FieldOther}
	switch r.Result {
	case domain.Yes:
		view.Class, view.Icon, view.Said = "yes", "check", "对得上"
	case domain.Unknown:
		view.Class, view.Icon, view.Said = "ask", "ask", "还不清楚"
	default:
		view.Class, view.Icon, view.Said = "no", "no", "对不上"
	}
	if len(r.Evidence) > 0 {
		view.Cite = citeAt(policy, r.Evidence[0].Start)
	}
	return view
}

// interests names what of a subscription a policy answers to.
func (s *Server) interests(policy *domain.Policy, sub *domain.Subscriber) []string {
	var found []string
	for _, code := range policy.Codes(domain.ThemeTag) {
		if slices.Contains(sub.Subscription.Themes, code) {
			found = append(found, "主题“"+s.Rules.Name(domain.ThemeTag, code)+"”")
		}
	}
	text := strings.ToLower(policy.Title + policy.Text)
	for _, word := range sub.Subscription.Keywords {
		if strings.Contains(text, strings.ToLower(word)) {
			found = append(found, "关键词“"+word+"”")
		}
	}
	if sub.Subscription.All {
		found = append(found, "所有可能适用的政策")
	}
	return found
}

func (v *policyView) addInterpretations(items []interpretations.Item, day string) error {
	for i := range items {
		html, err := items[i].Render(v.Policy, day)
		if err != nil {
			return err
		}
		revised := v.Preview == "" && items[i].State != interpretations.Approved
		switch {
		case revised:
			html = `<div class="checking"><p class="note amber">这条解读正在核对，改好以前先显示原来的，请以原文为准。</p>` + html + `</div>`
		case items[i].Outdated(v.Policy):
			html = `<div class="checking"><p class="note amber">这条解读依据的原文有更正，正在核对，请以原文为准。</p>` + html + `</div>`
		}
		switch items[i].Kind {
		case interpretations.QAKind:
			v.QA = append(v.QA, explainedView{items[i].ID, itemTitle(items[i]), html, revised})
		case interpretations.ChartKind:
			v.Charts = append(v.Charts, html)
		case interpretations.CaseKind:
			v.Cases = append(v.Cases, html)
		case interpretations.ComparisonKind:
			v.Comparisons = append(v.Comparisons, html)
		case interpretations.RecordKind:
			v.Records = append(v.Records, html)
		}
	}
	return nil
}

// citeAt returns the link to the clause around a position of the text.
func citeAt(policy *domain.Policy, at int) *interpretations.Cite {
	for i, cl := range policy.Clauses {
		if at < cl.Start || at >= cl.End {
			continue
		}
		cite := interpretations.Cite{Href: "#" + interpretations.Anchor(i), Label: "原文"}
		if found, ok := interpretations.CiteOf(policy, cl.Path); ok && cl.Path != "" {
			cite.Label = found.Label
		}
		return &cite
	}
	return nil
}

var numberAtHead = regexp.MustCompile(`^(第[一二三四五六七八九十百零〇]+[章节条]|[一二三四五六七八九十]+、|（[一二三四五六七八九十]+）|\([一二三四五六七八九十]+\)|\d+[.．、])`)

// clauses prepares the text, with links from a clause to the answers that cite
// it, and from the first mention of each term to its plain meaning.
func clauses(policy *domain.Policy, items []interpretations.Item, terms *glossary) []clauseView {
	answers := map[string][]answerLink{}
	for _, it := range items {
		if it.QA == nil {
			continue
		}
		for _, path := range it.QA.Clauses {
			answers[path] = append(answers[path], answerLink{Href: fmt.Sprintf("#qa-%d", it.ID), Question: it.QA.Question})
		}
	}
	views := make([]clauseView, len(policy.Clauses))
	for i, cl := range policy.Clauses {
		v := clauseView{ID: interpretations.Anchor(i), Kind: cl.Kind, Text: cl.Text}
		switch cl.Kind {
		case domain.TableClause:
			for line := range strings.SplitSeq(cl.Text, "\n") {
				v.Rows = append(v.Rows, strings.Split(line, "\t"))
			}
		case domain.TextClause, domain.HeadingClause:
			v.Number = numberAtHead.FindString(cl.Text)
			v.Parts = terms.glossed(strings.TrimSpace(strings.TrimPrefix(cl.Text, v.Number)))
		}
		if cl.Path != "" {
			v.Answers = answers[cl.Path]
			delete(answers, cl.Path) // once, at the first passage of the clause
		}
		views[i] = v
	}
	return views
}
