package web

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
	"policypush/internal/matching"
)

// measuresView lists the measures (政策点) of a policy.
type measuresView struct {
	Page
	policyHead
	Measures []measureView
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
	if v.policyHead, err = s.policyHead(c.UserContext(), operatorOf(c).operator, p, 3); err != nil {
		return err
	}
	return s.render(c, v)
}

// addMeasure begins a measure that the machine did not find.
func (s *Server) addMeasure(c *fiber.Ctx) error {
	p, err := s.draftOf(c)
	if err != nil {
		return err
	}
	before, err := s.reach(c.UserContext(), p)
	if err != nil {
		return err
	}
	m := domain.Measure{ID: nextMeasure(p), Title: "新的政策点"}
	if len(p.Clauses) > 0 {
		m.Start, m.End = p.Clauses[0].Start, p.Clauses[0].End
	}
	p.Measures = append(p.Measures, m)
	return s.saveDraft(c, p, "measure", "新增政策点"+string(m.ID), before, "measures/"+string(m.ID))
}

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

func (s *Server) removeMeasure(c *fiber.Ctx) error {
	p, err := s.draftOf(c)
	if err != nil {
		return err
	}
	i := measureAt(p, domain.MeasureID(c.Params("measure")))
	if i < 0 {
		return noMeasure()
	}
	before, err := s.reach(c.UserContext(), p)
	if err != nil {
		return err
	}
	title := p.Measures[i].Title
	p.Measures = slices.Delete(p.Measures, i, i+1)
	return s.saveDraft(c, p, "measure", "删除政策点“"+title+"”", before, "measures")
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
	Passage  string // the text of the clause
	Cite     string
	Said     string // the criteria in words
	Rows     []criterionRow
	Adding   *addingView
	Problems problems
}

// measureForm is what was typed about a measure.
type measureForm struct {
	Title, Clause, Who                                            string
	Kind, Rate, FromRate, Base, Amount, Unit, Cap, CapPer, Months string
	Text                                                          string
	Once, Yearly, Remains                                         bool
	From, To, Deadline, Relative                                  string
	Mode, Where, Materials, Within, Contact                       string
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
	v.Passage = m.Text
	if cite := citeAt(p, m.Start); cite != nil {
		v.Cite = cite.Label
	}
	criteria := p.CriteriaOf(m)
	v.Said = matching.Describe(&criteria, s.Rules.ValueName)
	v.Rows = s.criterionRows(&m.Criteria)
	if v.Editable && c.Query("at") != "" {
		if v.Adding, err = s.adding(c, &m.Criteria); err != nil {
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
		FromRate: field(c, "from_rate"), Base: field(c, "base"), Amount: field(c, "amount"), Unit: field(c, "unit"), Cap: field(c, "cap"),
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
	return s.saveDraft(c, p, "measure", "政策点“"+m.Title+"”", before, "measures/"+string(m.ID), measureSaid(p, m, fields, start, end)...)
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
