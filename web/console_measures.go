package web

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
	"policypush/internal/matching"
	"policypush/internal/storage"
)

// measuresView lists the measures (政策点) of a policy.
type measuresView struct {
	Page
	policyHead
	Measures []measureView
	Gone     []removedMeasure
}

func (measuresView) template() string { return "console/measures" }

func (s *Server) measuresPage(c *fiber.Ctx) error {
	p, err := s.policyOf(c)
	if err != nil {
		return err
	}
	page, err := s.consolePage(c, "政策点 · "+shownTitle(p.Title), "policies")
	if err != nil {
		return err
	}
	v := measuresView{Page: page, Measures: s.measures(p)}
	if v.Gone, err = s.removedMeasures(c.UserContext(), p); err != nil {
		return err
	}
	if v.policyHead, err = s.policyHead(c.UserContext(), operatorOf(c).operator, p, 3); err != nil {
		return err
	}
	return s.render(c, v)
}

// addMeasure begins a measure that the machine did not find: at the words that
// the officer marked or copied, read as if nothing else stood there. Without
// words it has no place yet. restore brings back one that was removed.
func (s *Server) addMeasure(c *fiber.Ctx) error {
	p, err := s.draftOf(c)
	if err != nil {
		return err
	}
	before, err := s.reach(c.UserContext(), p)
	if err != nil {
		return err
	}
	if at := field(c, "restore"); at != "" {
		return s.restoreMeasure(c, p, at, before)
	}
	place, err := whereSaid(p, field(c, "words"), field(c, "clause"))
	if err != nil {
		return err
	}
	m := domain.Measure{Title: "新的政策点"}
	var kept []domain.Correction
	if place != nil {
		if m, err = s.measureIn(p, *place); err != nil {
			return err
		}
		kept = isMeasure(p, &m, "", domain.SaidYes)
	}
	m.ID = nextMeasure(p)
	p.Measures = append(p.Measures, m)
	slices.SortStableFunc(p.Measures, func(a, b domain.Measure) int { return a.Start - b.Start })
	return s.saveDraft(c, p, "measure", "新增政策点“"+m.Title+"”", before, "measures/"+string(m.ID), kept...)
}

// measureIn makes a measure of the sentences around some words.
func (s *Server) measureIn(p *domain.Policy, words domain.Evidence) (domain.Measure, error) {
	at := slices.IndexFunc(p.Clauses, func(cl domain.Clause) bool { return cl.Start <= words.Start && words.Start < cl.End })
	if at < 0 {
		return domain.Measure{}, domain.Errorf(domain.Invalid, "选中的文字不在正文里，请另选一句").In("依据")
	}
	cl, text := &p.Clauses[at], []rune(p.Text)
	start, end := words.Start, min(words.End, len(text))
	ends := func(r rune) bool { return strings.ContainsRune("。；;！？\n", r) }
	for start > cl.Start && !ends(text[start-1]) {
		start--
	}
	for end < cl.End && !ends(text[end-1]) {
		end++
	}
	if i := slices.IndexFunc(p.Measures, func(m domain.Measure) bool { return m.Start == start }); i >= 0 {
		return domain.Measure{}, domain.Errorf(domain.Conflict, "这里已经有政策点“%s”，请直接修改它，或另选一句", p.Measures[i].Title)
	}
	said := string(text[start:end])
	m := domain.Measure{Title: cutRunes(strings.TrimSpace(said), 30), Benefit: domain.Benefit{Text: cutRunes(strings.TrimSpace(said), 80)}}
	if read, _, err := s.Read("政策点.txt", []byte(p.Title+"\n\n"+said)); err == nil && len(read.Measures) > 0 {
		m = read.Measures[0]
		replaced(p, &m, start)
	}
	if regions := p.Codes(domain.RegionTag); len(regions) == 1 { // as that of every measure of the document
		asked := false
		m.Criteria.Leaves(func(c *domain.Condition) { asked = asked || c.Field == domain.FieldRegion })
		if here := (domain.Condition{Field: domain.FieldRegion, Op: domain.In, Values: regions}); !asked {
			m.Criteria = domain.AllOf(m.Criteria, domain.Leaf(here))
		}
	}
	m.Clause, m.Start, m.End, m.Text = cl.Path, start, end, strings.TrimSpace(said)
	return m, nil
}

// replaced finds the evidence of a measure that was read by itself in the text of
// the policy, at or after a place.
func replaced(p *domain.Policy, m *domain.Measure, from int) {
	moved := func(all []domain.Evidence) (there []domain.Evidence) {
		for _, e := range all {
			if start, end, ok := domain.FindWords(p.Text, e.Text, from); ok && start >= from {
				there = append(there, domain.Evidence{Start: start, End: end, Text: e.Text, Score: e.Score})
			}
		}
		return there
	}
	for key, all := range m.Evidence {
		m.Evidence[key] = moved(all)
	}
	m.Criteria.Leaves(func(c *domain.Condition) { c.Evidence = moved(c.Evidence) })
}

// isMeasure is what the machine and an officer say of whether there is a measure.
func isMeasure(p *domain.Policy, m *domain.Measure, machine, officer string) []domain.Correction {
	k := domain.Correction{Dimension: domain.MeasureCorrected, Code: domain.IsMeasure, Machine: machine, Officer: officer}
	if k.Cite(p.Text, m.Start, m.End); k.End == 0 {
		return nil // without a place it cannot be found again
	}
	return []domain.Correction{k}
}

// restoreMeasure reads a measure again that was removed.
func (s *Server) restoreMeasure(c *fiber.Ctx, p *domain.Policy, at string, before reach) error {
	gone := domain.Errorf(domain.Conflict, "现在的规则在这里读不出政策点，不能恢复。请用“新增政策点”补上。")
	start, err := strconv.Atoi(at)
	if err != nil {
		return gone
	}
	read, _, err := s.Read("原文.txt", []byte(p.Text))
	if err != nil {
		return gone.Because(err)
	}
	i := slices.IndexFunc(read.Measures, func(m domain.Measure) bool { return m.Start == start })
	if i < 0 || slices.ContainsFunc(p.Measures, func(m domain.Measure) bool { return m.Start == start }) {
		return gone
	}
	m := read.Measures[i]
	if measureAt(p, m.ID) >= 0 {
		m.ID = nextMeasure(p)
	}
	p.Measures = append(p.Measures, m)
	slices.SortStableFunc(p.Measures, func(a, b domain.Measure) int { return a.Start - b.Start })
	return s.saveDraft(c, p, "measure", "恢复政策点“"+m.Title+"”", before, "measures", isMeasure(p, &m, domain.SaidYes, domain.SaidYes)...)
}

// removedMeasure is a place where there is no measure, as an officer said.
type removedMeasure struct {
	Start int
	Words string
}

// removedMeasures lists the measures of a draft that were read and removed.
func (s *Server) removedMeasures(ctx context.Context, p *domain.Policy) ([]removedMeasure, error) {
	kept, _, err := s.Store.Corrections(ctx, storage.CorrectionFilter{Policy: p.ID, Dimension: domain.MeasureCorrected, Code: domain.IsMeasure, Limit: maxRemoved})
	var gone []removedMeasure
	for _, k := range kept {
		if k.Machine == domain.SaidYes && k.Officer == "" && !slices.ContainsFunc(p.Measures, func(m domain.Measure) bool { return m.Start == k.Start }) {
			gone = append(gone, removedMeasure{k.Start, cutRunes(strings.TrimSpace(k.Words), 60)})
		}
	}
	return gone, err
}

// maxRemoved is how many removed measures are looked through.
const maxRemoved = 200

func nextMeasure(p *domain.Policy) domain.MeasureID {
	for n := len(p.Measures) + 1; ; n++ {
		id := domain.MeasureID(fmt.Sprintf("m%d", n))
		if measureAt(p, id) < 0 {
			return id
		}
	}
}

func measureAt(p *domain.Policy, id domain.MeasureID) int {
	return slices.IndexFunc(p.Measures, func(m domain.Measure) bool { return m.ID == id })
}

// measureOf returns the draft of a request, which of its measures the address names, and
// whom it reaches before it is changed.
func (s *Server) measureOf(c *fiber.Ctx) (p *domain.Policy, at int, before reach, err error) {
	if p, err = s.draftOf(c); err != nil {
		return nil, 0, reach{}, err
	}
	if at = measureAt(p, domain.MeasureID(c.Params("measure"))); at < 0 {
		return nil, 0, reach{}, noMeasure()
	}
	before, err = s.reach(c.UserContext(), p)
	return p, at, before, err
}

func (s *Server) removeMeasure(c *fiber.Ctx) error {
	p, i, before, err := s.measureOf(c)
	if err != nil {
		return err
	}
	m := p.Measures[i]
	p.Measures = slices.Delete(p.Measures, i, i+1)
	to := "measures"
	if field(c, "from") == "text" {
		to = "#measures"
	}
	return s.saveDraft(c, p, "measure", "删除政策点“"+m.Title+"”", before, to, isMeasure(p, &m, domain.SaidYes, "")...)
}

// checkedMeasure takes from a measure what it asks an officer to look at: they did.
func (s *Server) checkedMeasure(c *fiber.Ctx) error {
	p, i, before, err := s.measureOf(c)
	if err != nil {
		return err
	}
	m := &p.Measures[i]
	m.Check = nil
	to := "measures/" + string(m.ID)
	if field(c, "from") == "text" {
		to = "#m-" + string(m.ID)
	}
	return s.saveDraft(c, p, "measure", "核对了政策点“"+m.Title+"”", before, to)
}

func noMeasure() error {
	return domain.Errorf(domain.NotFound, "没有这个政策点，可能刚被别人删除。请返回政策点列表。")
}

// measureEditView edits one measure and its criteria.
type measureEditView struct {
	Page
	policyHead
	Measure  *domain.Measure
	Form     measureForm
	Kinds    []option
	Clauses  []option
	Modes    []option
	Passage  []evidenceClause // what it rests on, with its marks
	Cite     string
	Next     *measureView // the one after it, or nil
	Said     string       // the criteria in words
	Rows     []criterionRow
	Adding   *addingView
	Problems problems
}

// measureForm is what was typed about a measure.
type measureForm struct {
	Title, Clause, Who                                                   string
	Kind, Rate, FromRate, Base, Amount, Tiers, Unit, Cap, CapPer, Months string
	Text                                                                 string
	Once, Yearly, Remains                                                bool
	From, To, Deadline, Relative                                         string
	Mode, Where, Materials, Within, Contact                              string
}

func (measureEditView) template() string { return "console/measure" }

func (s *Server) measurePage(c *fiber.Ctx) error {
	p, err := s.policyOf(c)
	if err != nil {
		return err
	}
	i := measureAt(p, domain.MeasureID(c.Params("measure")))
	if i < 0 {
		return noMeasure()
	}
	return s.showMeasure(c, p, i, formOf(&p.Measures[i]), nil)
}

func formOf(m *domain.Measure) measureForm {
	f := measureForm{
		Title: m.Title, Clause: m.Clause, Who: m.Who, Kind: m.Benefit.Kind, Rate: rateText(m.Benefit.Rate), FromRate: rateText(m.Benefit.FromRate),
		Base: m.Benefit.Base, Amount: yuanText(m.Benefit.Amount), Unit: m.Benefit.Unit, Cap: yuanText(m.Benefit.Cap), CapPer: m.Benefit.CapPer,
		Text: m.Benefit.Text, Once: m.Benefit.Once, Remains: m.Benefit.Kind == "B02" && !m.Benefit.Gives(), Yearly: m.Window.Yearly, From: m.Window.From, To: m.Window.To,
		Deadline: m.Window.Deadline, Relative: m.Window.Relative, Mode: m.How.Mode, Where: m.How.Where,
		Materials: strings.Join(m.How.Materials, "\n"), Within: m.How.Within, Contact: m.How.Contact,
	}
	for i, tier := range m.Benefit.Tiers {
		if i > 0 {
			f.Tiers += "、"
		}
		f.Tiers += domain.Yuan(tier)
	}
	if m.Benefit.Months > 0 {
		f.Months = strconv.Itoa(m.Benefit.Months)
	}
	return f
}

func rateText(rate float64) string {
	if rate == 0 {
		return ""
	}
	return percent(rate)
}

func yuanText(yuan float64) string {
	if yuan == 0 {
		return ""
	}
	return domain.Yuan(yuan)
}

// yuanOf reads an amount as people write it: 50万元, 1.2亿, 8千, 860.
func yuanOf(s string) (float64, bool) {
	s = strings.NewReplacer(",", "", " ", "", "元", "").Replace(halfWidth(s))
	if s == "" {
		return 0, true
	}
	factor := 1.0
	switch {
	case strings.HasSuffix(s, "亿"):
		factor, s = 1e8, strings.TrimSuffix(s, "亿")
	case strings.HasSuffix(s, "万"):
		factor, s = 1e4, strings.TrimSuffix(s, "万")
	case strings.HasSuffix(s, "千"):
		factor, s = 1e3, strings.TrimSuffix(s, "千")
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || v < 0 || v*factor > 1e13 || v != v {
		return 0, false
	}
	return v * factor, true
}

// rateOf reads a rate: 15% or 15.
func rateOf(s string) (float64, bool) {
	s = strings.TrimSpace(strings.ReplaceAll(halfWidth(s), "%", ""))
	if s == "" {
		return 0, true
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || v < 0 || v > 1000 || v != v {
		return 0, false
	}
	return v / 100, true
}

func (s *Server) showMeasure(c *fiber.Ctx, p *domain.Policy, i int, f measureForm, ps problems) error {
	m := &p.Measures[i]
	page, err := s.consolePage(c, "政策点："+m.Title, "policies")
	if err != nil {
		return err
	}
	markProblems(c, &page, ps)
	v := measureEditView{Page: page, Measure: m, Form: f, Problems: ps, Clauses: clauseOptions(p, f.Clause)}
	if v.policyHead, err = s.policyHead(c.UserContext(), operatorOf(c).operator, p, 3); err != nil {
		return err
	}
	v.Kinds = s.benefitOptions(f.Kind)
	v.Modes = pickOne([]option{{Code: "apply", Name: "需要申请"}, {Code: "automatic", Name: "免申即享"}}, f.Mode)
	v.Passage = passageOf(p, m)
	if i+1 < len(p.Measures) {
		v.Next = &measureView{ID: p.Measures[i+1].ID, Title: p.Measures[i+1].Title}
	}
	if cite := citeAt(p, m.Start); cite != nil {
		v.Cite = cite.Label
	}
	criteria := p.CriteriaOf(m)
	v.Said = matching.Describe(&criteria, s.Rules.ValueName)
	v.Rows = s.criterionRows(&m.Criteria)
	if v.Editable {
		if v.Adding, err = s.adding(c, &m.Criteria, v.Rows); err != nil {
			return err
		}
	}
	return s.render(c, v)
}

func (s *Server) benefitOptions(chosen string) []option {
	var options []option
	for _, b := range s.Rules.Benefits.All() {
		options = append(options, option{Code: b.Code, Name: b.Name, Selected: b.Code == chosen})
	}
	return options
}

func (s *Server) saveMeasure(c *fiber.Ctx) error {
	p, err := s.draftOf(c)
	if err != nil {
		return err
	}
	i := measureAt(p, domain.MeasureID(c.Params("measure")))
	if i < 0 {
		return noMeasure()
	}
	f := measureForm{
		Title: field(c, "title"), Clause: field(c, "clause"), Who: field(c, "who"), Kind: field(c, "kind"), Rate: field(c, "rate"),
		FromRate: field(c, "from_rate"), Base: field(c, "base"), Amount: field(c, "amount"), Tiers: field(c, "tiers"), Unit: field(c, "unit"), Cap: field(c, "cap"),
		CapPer: field(c, "cap_per"), Months: field(c, "months"), Text: field(c, "text"), Once: field(c, "once") != "", Remains: field(c, "remains") != "", Yearly: field(c, "yearly") != "",
		From: field(c, "from"), To: field(c, "to"), Deadline: field(c, "deadline"), Relative: field(c, "relative"), Mode: field(c, "mode"),
		Where: field(c, "where"), Materials: field(c, "materials"), Within: field(c, "within"), Contact: field(c, "contact"),
	}
	before, err := s.reach(c.UserContext(), p)
	if err != nil {
		return err
	}
	m := &p.Measures[i]
	fields, start, end := m.Fields(), m.Start, m.End
	if ps := s.applyMeasure(p, m, f); len(ps) > 0 {
		return s.showMeasure(c, p, i, f, ps)
	}
	var kept []domain.Correction
	if end == 0 { // it has its place only now
		start, end = m.Start, m.End
		kept = isMeasure(p, m, "", domain.SaidYes)
	}
	kept = append(kept, measureSaid(p, m, fields, start, end)...)
	return s.saveDraft(c, p, "measure", "政策点“"+m.Title+"”", before, "measures/"+string(m.ID), kept...)
}

// applyMeasure writes what was typed into a measure and says what is wrong
// with it.
func (s *Server) applyMeasure(p *domain.Policy, m *domain.Measure, f measureForm) (ps problems) {
	if f.Title == "" || len([]rune(f.Title)) > 30 {
		ps.add("title", "请填写名称，不超过30字")
	}
	b := m.Benefit
	var ok bool
	for _, n := range []struct {
		name, label, typed string
		into               *float64
		read               func(string) (float64, bool)
	}{
		{"rate", "比例", f.Rate, &b.Rate, rateOf},
		{"from_rate", "原比例", f.FromRate, &b.FromRate, rateOf},
		{"amount", "金额", f.Amount, &b.Amount, yuanOf},
		{"cap", "最高", f.Cap, &b.Cap, yuanOf},
	} {
		if *n.into, ok = n.read(n.typed); !ok {
			ps.add(n.name, n.label+"要写成数字，例如15%、50万元")
		}
	}
	b.Tiers = nil
	for _, typed := range partsForm.Split(f.Tiers, -1) {
		tier, ok := yuanOf(typed)
		if !ok {
			ps.add("tiers", "分档金额要写成数字，用顿号分开，例如100万元、30万元")
			break
		}
		if tier > 0 {
			b.Tiers = append(b.Tiers, tier)
		}
	}
	months, ok := wholeNumber(f.Months)
	switch {
	case !ok || months != nil && *months > 600:
		ps.add("months", "月数要写成整数，例如12")
	case months == nil:
		b.Months = 0
	default:
		b.Months = int(*months)
	}
	if f.Kind != "" && s.Rules.Benefits.Find(f.Kind) == nil {
		ps.add("kind", "请从列表中选择支持方式")
	}
	b.Kind, b.Base, b.Unit, b.CapPer, b.Once, b.Remains, b.Text = f.Kind, f.Base, f.Unit, f.CapPer, f.Once, f.Remains, f.Text
	w := domain.Window{Yearly: f.Yearly, Relative: f.Relative}
	for _, d := range []struct {
		name, label, typed string
		into               *string
	}{{"from", "开始", f.From, &w.From}, {"to", "结束", f.To, &w.To}, {"deadline", "申请截止", f.Deadline, &w.Deadline}} {
		if f.Yearly && d.name != "deadline" {
			if *d.into, ok = yearlyDay(d.typed); !ok {
				ps.add(d.name, d.label+"每年固定时要写成11-10这样的月日")
			}
			continue
		}
		if *d.into, ok = dayOf(d.typed); !ok {
			ps.add(d.name, d.label+"要写成2026-12-10这样的日期")
		}
	}
	if f.Mode != "" && f.Mode != "apply" && f.Mode != "automatic" {
		ps.add("mode", "请选择办理方式")
	}
	if at := slices.IndexFunc(p.Clauses, func(cl domain.Clause) bool { return cl.Path == f.Clause && f.Clause != "" }); at >= 0 {
		if f.Clause != m.Clause || m.Text == "" {
			m.Clause, m.Start, m.End, m.Text = f.Clause, p.Clauses[at].Start, p.Clauses[at].End, p.Clauses[at].Text
		}
	} else if f.Clause != "" {
		ps.add("clause", "请从列表中选择依据的条款")
	}
	if len(ps) > 0 {
		return ps
	}
	if w.Deadline == m.Window.Deadline { // the form asks for the last round
		w.Rounds = m.Window.Rounds
	}
	m.Title, m.Who, m.Benefit, m.Window = f.Title, f.Who, b, w
	m.How = domain.How{Mode: f.Mode, Where: f.Where, Within: f.Within, Contact: f.Contact, Materials: linesOf(f.Materials)}
	m.Settle()
	return nil
}

// yearlyDay reads a day of every year: 11-10, 11月10日.
func yearlyDay(s string) (string, bool) {
	if s == "" {
		return "", true
	}
	day, ok := dayOf("2000-" + s)
	if !ok || len(day) != len("2000-01-01") {
		return "", false
	}
	return day[len("2000-"):], true
}

// linesOf returns the lines of a text that are not empty.
func linesOf(s string) []string {
	var lines []string
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}
