package web

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
	"policypush/interpretations"
)

// explainView lists what explains a policy, drawn as readers see it.
type explainView struct {
	Page
	policyHead
	Items      []itemRow
	Must       bool // its kind has to be published with an interpretation
	MayExplain bool
}

// itemRow is one interpretation.
type itemRow struct {
	interpretations.Item
	HTML       template.HTML
	Writer     string
	MayApprove bool
	Problem    string // why it does not fit the policy any more, or ""
}

func (explainView) template() string { return "console/interpretations" }

func (s *Server) interpretationsPage(c *fiber.Ctx) error {
	ctx := c.UserContext()
	p, err := s.policyOf(c)
	if err != nil {
		return err
	}
	page, err := s.consolePage(c, "解读 · "+shownTitle(p.Title), "policies")
	if err != nil {
		return err
	}
	me := operatorOf(c).operator
	v := explainView{Page: page, Must: s.Rules.MustInterpret(p.DocKind), MayExplain: mayExplain(me, p)}
	if v.policyHead, err = s.policyHead(ctx, me, p, 4); err != nil {
		return err
	}
	items, err := s.Store.Interpretations(ctx, p.ID, false)
	if err != nil {
		return err
	}
	names, err := s.operatorNames(ctx)
	if err != nil {
		return err
	}
	for _, it := range items {
		row := itemRow{Item: it, Writer: names[it.Author]}
		row.MayApprove = it.State == interpretations.Draft && allowed(me, toApprove) && it.Author != me.ID && p.Office == me.Office
		if row.HTML, err = s.drawn(p, &it); err != nil {
			return err
		}
		if text, ok := shownError(it.Check(p)); ok {
			row.Problem = text
		}
		v.Items = append(v.Items, row)
	}
	return s.render(c, v)
}

// drawn draws an interpretation for the console: answers are open, and
// citations lead to the public page, for the text is not on this one.
func (s *Server) drawn(p *domain.Policy, it *interpretations.Item) (template.HTML, error) {
	html, err := it.Render(p, s.today())
	if err != nil {
		return "", err
	}
	// Quotes that people type are escaped, so only our own attributes match.
	return template.HTML(strings.NewReplacer(`href="#`, fmt.Sprintf(`href="/policies/%d#`, p.ID), `<details`, `<details open`).Replace(string(html))), nil
}

// mayExplain tells whether an operator may write interpretations: until a
// policy is over.
func mayExplain(o domain.Operator, p *domain.Policy) bool {
	switch p.Status {
	case domain.Amended, domain.Withdrawn, domain.Expired:
		return false
	}
	return allowed(o, toDraft) && p.Office == o.Office
}

// itemView edits one interpretation.
type itemView struct {
	Page
	policyHead
	ID       int64 // 0 for a new one
	Kind     interpretations.Kind
	KindName string
	Form     itemForm
	Forms    []option
	Clauses  []option
	Measures []option
	Preview  template.HTML
	Problems problems
}

// itemForm is what was typed. Empty lines are kept out when it is read.
type itemForm struct {
	Title, Question, Answer, Clause string
	Cited                           []string
	Form, Unit, Before, After       string
	Total                           string
	Points                          []pointForm
	Who, Facts, Note                string
	Measure, Base                   string
	Steps                           []interpretations.Step
	ResultName, ResultValue         string
}

// pointForm is one row of a chart as typed.
type pointForm struct{ Label, Value, Before, Date, Note string }

func (itemView) template() string { return "console/interpretation" }

// filled pads the rows of a form with empty ones to write in.
func (f *itemForm) filled() {
	if n := len(f.Points); n < interpretations.MaxPoints {
		f.Points = append(f.Points, make([]pointForm, max(4-n, min(2, interpretations.MaxPoints-n)))...)
	}
	if n := len(f.Steps); n < interpretations.MaxSteps {
		f.Steps = append(f.Steps, make([]interpretations.Step, max(3-n, 1))...)
	}
}

func (s *Server) newInterpretation(c *fiber.Ctx) error {
	p, err := s.policyOf(c)
	if err != nil {
		return err
	}
	kind, err := kindOfItem(c.Query("kind"))
	if err != nil {
		return err
	}
	return s.showItem(c, p, itemView{Kind: kind})
}

func kindOfItem(code string) (interpretations.Kind, error) {
	for _, k := range interpretations.Kinds() {
		if string(k) == code {
			return k, nil
		}
	}
	return "", domain.Errorf(domain.Invalid, "请选择解读形式：简明问答、图表图解或案例说明")
}

// itemOf returns the interpretation of the address, which must be of the
// policy of the address.
func (s *Server) itemOf(c *fiber.Ctx, p *domain.Policy) (interpretations.Item, error) {
	id, err := idParam(c, "item")
	if err != nil {
		return interpretations.Item{}, err
	}
	it, err := s.Store.Interpretation(c.UserContext(), id)
	if err == nil && it.Policy != p.ID {
		err = domain.Errorf(domain.NotFound, "这份政策没有这条解读，可能已删除。")
	}
	return it, err
}

func (s *Server) interpretationPage(c *fiber.Ctx) error {
	p, err := s.policyOf(c)
	if err != nil {
		return err
	}
	it, err := s.itemOf(c, p)
	if err != nil {
		return err
	}
	v := itemView{ID: it.ID, Kind: it.Kind, Form: formOfItem(it)}
	if v.Preview, err = s.drawn(p, &it); err != nil {
		return err
	}
	return s.showItem(c, p, v)
}

func formOfItem(it interpretations.Item) itemForm {
	f := itemForm{Title: it.Title}
	if qa := it.QA; qa != nil {
		f.Question, f.Answer, f.Cited = qa.Question, qa.Answer, qa.Clauses
	}
	if ch := it.Chart; ch != nil {
		f.Form, f.Unit, f.Before, f.After, f.Clause = string(ch.Form), ch.Unit, ch.Before, ch.After, ch.Clause
		if ch.Total != nil {
			f.Total = trimmed(*ch.Total)
		}
		for _, p := range ch.Points {
			row := pointForm{Label: p.Label, Note: p.Note, Date: p.Date}
			if ch.Form.Numeric() {
				row.Value = trimmed(p.Value)
			}
			if ch.Form == interpretations.Compare {
				row.Before = trimmed(p.Before)
			}
			f.Points = append(f.Points, row)
		}
	}
	if cs := it.Case; cs != nil {
		f.Who, f.Facts, f.Note, f.Clause, f.Measure = cs.Who, strings.Join(cs.Facts, "\n"), cs.Note, cs.Clause, string(cs.Measure)
		f.Steps, f.ResultName, f.ResultValue = cs.Steps, cs.Result.Name, cs.Result.Value
		if cs.Base != 0 {
			f.Base = trimmed(cs.Base)
		}
	}
	return f
}

func (s *Server) showItem(c *fiber.Ctx, p *domain.Policy, v itemView) error {
	var err error
	if v.Page, err = s.consolePage(c, v.Kind.Label()+" · "+shownTitle(p.Title), "policies"); err != nil {
		return err
	}
	if v.policyHead, err = s.policyHead(c.UserContext(), operatorOf(c).operator, p, 4); err != nil {
		return err
	}
	markProblems(c, &v.Page, v.Problems)
	v.KindName = v.Kind.Label()
	v.Form.filled()
	v.Clauses = clauseOptions(p, append(v.Form.Cited, v.Form.Clause)...)
	for _, f := range interpretations.Forms() {
		v.Forms = append(v.Forms, option{Code: string(f), Name: f.Label(), Selected: string(f) == v.Form.Form})
	}
	for _, m := range p.Measures {
		name := m.Title
		if gain := s.gain(m.Benefit); gain != "" {
			name += "（" + gain + "）"
		}
		v.Measures = append(v.Measures, option{Code: string(m.ID), Name: name, Selected: string(m.ID) == v.Form.Measure})
	}
	return s.render(c, v)
}

// saveInterpretation stores an interpretation, or only draws or reckons it
// when asked to. A changed one waits for its approval again.
func (s *Server) saveInterpretation(c *fiber.Ctx) error {
	ctx := c.UserContext()
	p, err := s.ownPolicy(c)
	if err != nil {
		return err
	}
	me := operatorOf(c).operator
	if !mayExplain(me, p) {
		return domain.Errorf(domain.Conflict, "《%s》是“%s”，不能再增改解读。", p.Title, p.Status.Label())
	}
	it := interpretations.Item{Policy: p.ID, CreatedAt: s.Now()}
	if c.Params("item") != "" {
		if it, err = s.itemOf(c, p); err != nil {
			return err
		}
	} else if it.Kind, err = kindOfItem(field(c, "kind")); err != nil {
		return err
	}
	v := itemView{ID: it.ID, Kind: it.Kind, Form: typedItem(c)}
	it.PolicyVersion, it.State, it.Author, it.Approver = p.Version, interpretations.Draft, me.ID, 0
	it.QA, it.Chart, it.Case = nil, nil, nil
	it.Title = v.Form.Title
	fill(&it, v.Form, &v.Problems)
	do := field(c, "do")
	if do == "compute" && it.Case != nil {
		v.compute(p, it.Case)
		return s.drawItem(c, p, v, it)
	}
	if len(v.Problems) == 0 {
		if err := reckon(p, it.Case); err != nil {
			v.Problems.add("form", err.Error())
		} else if err := it.Check(p); err != nil {
			text, ok := placedError(err)
			if !ok {
				return err
			}
			v.Problems.add("form", text)
		}
	}
	if len(v.Problems) > 0 || do == "preview" {
		return s.drawItem(c, p, v, it)
	}
	if err := s.Store.SaveInterpretation(ctx, &it); err != nil {
		return err
	}
	if err := s.audit(c, "interpret", policyObject(p.ID), it.Kind.Label()+"："+itemTitle(it)); err != nil {
		return err
	}
	s.setFlash(c, "pine", "解读已保存，由另一位工作人员审核后对公众显示。")
	return c.Redirect(policyPath(p.ID, "interpretations"), fiber.StatusSeeOther)
}

func itemTitle(it interpretations.Item) string {
	if it.QA != nil {
		return it.QA.Question
	}
	return it.Title
}

// drawItem shows the form again with a drawing, once there is a clause to cite.
func (s *Server) drawItem(c *fiber.Ctx, p *domain.Policy, v itemView, it interpretations.Item) error {
	if v.Form.Clause == "" && len(v.Form.Cited) == 0 {
		return s.showItem(c, p, v)
	}
	html, err := s.drawn(p, &it)
	if err != nil {
		return err
	}
	v.Preview = html
	return s.showItem(c, p, v)
}

// typedItem reads the form of an interpretation.
func typedItem(c *fiber.Ctx) itemForm {
	f := itemForm{
		Title: field(c, "title"), Question: field(c, "question"), Answer: field(c, "answer"), Clause: field(c, "clause"), Cited: fields(c, "cited"),
		Form: field(c, "form"), Unit: field(c, "unit"), Before: field(c, "before"), After: field(c, "after"), Total: field(c, "total"),
		Who: field(c, "who"), Facts: field(c, "facts"), Note: field(c, "note"), Measure: field(c, "measure"), Base: field(c, "base"),
		ResultName: field(c, "result_name"), ResultValue: field(c, "result_value"),
	}
	for i := range interpretations.MaxPoints {
		n := strconv.Itoa(i)
		row := pointForm{field(c, "label"+n), field(c, "value"+n), field(c, "before"+n), field(c, "date"+n), field(c, "note"+n)}
		if row != (pointForm{}) {
			f.Points = append(f.Points, row)
		}
	}
	for i := range interpretations.MaxSteps {
		n := strconv.Itoa(i)
		if step := (interpretations.Step{Name: field(c, "step"+n), Value: field(c, "sum"+n)}); step != (interpretations.Step{}) {
			f.Steps = append(f.Steps, step)
		}
	}
	return f
}

// fill makes the content of an item of what was typed.
func fill(it *interpretations.Item, f itemForm, ps *problems) {
	number := func(name, typed string) float64 {
		if typed == "" {
			return 0
		}
		v, ok := yuanOf(strings.TrimSuffix(typed, "%"))
		if !ok {
			ps.add("form", fmt.Sprintf("%s“%s”要写成数字", name, typed))
		}
		return v
	}
	switch it.Kind {
	case interpretations.QAKind:
		it.QA = &interpretations.QA{Question: f.Question, Answer: f.Answer, Clauses: f.Cited}
	case interpretations.ChartKind:
		chart := &interpretations.Chart{Form: interpretations.Form(f.Form), Unit: f.Unit, Before: f.Before, After: f.After, Clause: f.Clause}
		for i, row := range f.Points {
			name := fmt.Sprintf("第%d行的数值", i+1)
			chart.Points = append(chart.Points, interpretations.Point{
				Label: row.Label, Note: row.Note, Date: row.Date, Value: number(name, row.Value), Before: number(name, row.Before),
			})
		}
		if f.Total != "" {
			total := number("合计", f.Total)
			chart.Total = &total
		}
		it.Chart = chart
	case interpretations.CaseKind:
		it.Case = &interpretations.Case{
			Who: f.Who, Facts: linesOf(f.Facts), Steps: f.Steps, Result: interpretations.Step{Name: f.ResultName, Value: f.ResultValue},
			Note: f.Note, Clause: f.Clause, Measure: domain.MeasureID(f.Measure), Base: number("基数", f.Base),
		}
	}
}

// reckon sets what a case must come to by its measure, so that Check can hold
// the case against the policy.
func reckon(p *domain.Policy, cs *interpretations.Case) error {
	if cs == nil || cs.Measure == "" {
		return nil
	}
	i := measureAt(p, cs.Measure)
	if i < 0 {
		return noMeasure()
	}
	amount, _, ok := interpretations.Compute(p.Measures[i].Benefit, cs.Base)
	if !ok {
		return domain.Errorf(domain.Invalid, "这个政策点没有写明比例或金额，无法核算。请不选政策点，或先补充政策点。")
	}
	cs.Amount = amount
	return nil
}

// compute writes the reckoning of the chosen measure into the form.
func (v *itemView) compute(p *domain.Policy, cs *interpretations.Case) {
	i := measureAt(p, cs.Measure)
	if i < 0 {
		v.Problems.add("form", "请先选择按哪个政策点核算")
		return
	}
	amount, steps, ok := interpretations.Compute(p.Measures[i].Benefit, cs.Base)
	if !ok {
		v.Problems.add("form", "这个政策点没有写明比例或金额，无法核算")
		return
	}
	v.Form.Steps = steps
	v.Form.ResultValue = interpretations.Yuan(amount)
	if v.Form.ResultName == "" {
		v.Form.ResultName = "可得"
	}
	if v.Form.Clause == "" {
		v.Form.Clause = p.Measures[i].Clause
	}
	cs.Clause = v.Form.Clause
	cs.Steps, cs.Result = steps, interpretations.Step{Name: v.Form.ResultName, Value: v.Form.ResultValue}
}

func (s *Server) approveInterpretation(c *fiber.Ctx) error {
	p, err := s.ownPolicy(c)
	if err != nil {
		return err
	}
	it, err := s.itemOf(c, p)
	if err != nil {
		return err
	}
	if err := it.Check(p); err != nil {
		return err
	}
	if err := it.Approve(operatorOf(c).operator, s.Now()); err != nil {
		return err
	}
	if err := s.Store.SaveInterpretation(c.UserContext(), &it); err != nil {
		return err
	}
	if err := s.audit(c, "approve-interpretation", policyObject(p.ID), it.Kind.Label()+"："+itemTitle(it)); err != nil {
		return err
	}
	s.setFlash(c, "pine", "解读已审核，随政策一起对公众显示。")
	return c.Redirect(policyPath(p.ID, "interpretations"), fiber.StatusSeeOther)
}

func (s *Server) deleteInterpretation(c *fiber.Ctx) error {
	p, err := s.ownPolicy(c)
	if err != nil {
		return err
	}
	it, err := s.itemOf(c, p)
	if err != nil {
		return err
	}
	if err := s.Store.DeleteInterpretation(c.UserContext(), it.ID); err != nil {
		return err
	}
	if err := s.audit(c, "delete-interpretation", policyObject(p.ID), it.Kind.Label()+"："+itemTitle(it)); err != nil {
		return err
	}
	s.setFlash(c, "pine", "解读已删除。")
	return c.Redirect(policyPath(p.ID, "interpretations"), fiber.StatusSeeOther)
}
