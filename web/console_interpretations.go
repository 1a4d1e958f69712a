package web

import (
	"fmt"
	"html/template"
	"strings"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
	"policypush/internal/storage"
	"policypush/interpretations"
)

// explainView lists what explains a policy, drawn as readers see it.
type explainView struct {
	Page
	policyHead
	Items      []itemRow
	Drafts     []draftRow
	Covers     []interpretations.Coverage
	Kinds      []option
	Must       bool // its kind has to be published with an interpretation
	MayExplain bool
}

// itemRow is one interpretation.
type itemRow struct {
	interpretations.Item
	HTML       template.HTML
	Writer     string
	MayApprove bool
	Seen       string   // by whoever approves
	Problem    string   // why it does not fit the policy any more, or ""
	Outdated   bool     // what it rests on has changed since
	Copied     string   // the share that repeats the text, if that is too much: 80%
	Unfounded  string   // amounts and percentages that the policy does not say, or ""
	Hidden     []string // blocks of a picture that readers do not see, and why
	Said       string   // what readers say of it, or ""
	MayConfirm bool     // an outdated one may be said to hold still
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
	feedback, err := s.Store.Feedback(ctx, p.Office, p.ID)
	if err != nil {
		return err
	}
	said := map[int64]string{}
	for _, f := range feedback {
		said[f.Item] = saidText(f)
	}
	for _, it := range items {
		row := itemRow{Item: it, Writer: names[it.Author], Said: said[it.ID]}
		row.MayApprove = it.State == interpretations.Draft && allowed(me, toApprove) && it.Author != me.ID && p.Office == me.Office
		if row.MayApprove {
			row.Seen = seenOf(it)
		}
		if row.HTML, err = s.drawn(p, &it, items); err != nil {
			return err
		}
		if text, ok := shownError(it.Check(p)); ok {
			row.Problem = text
		}
		row.Outdated = it.Outdated(p)
		row.MayConfirm = row.Outdated && row.Problem == "" && it.State == interpretations.Approved && v.MayExplain
		if share := it.Copied(p); share > interpretations.CopyLimit {
			row.Copied = fmt.Sprintf("%.0f%%", share*100)
		}
		row.Unfounded = strings.Join(it.Unfounded(p), "、")
		if it.OnePage != nil {
			row.Hidden = it.OnePage.Hidden(p, items)
		}
		v.Items = append(v.Items, row)
	}
	v.Covers = interpretations.Cover(p, items, len(s.wordsIn(p.Text)))
	for _, k := range interpretations.Kinds() {
		v.Kinds = append(v.Kinds, option{Code: string(k), Name: k.Label()})
	}
	if v.MayExplain {
		if v.Drafts, err = s.drafts(p, items); err != nil {
			return err
		}
	}
	return s.render(c, v)
}

// saidText is what readers say of an interpretation.
func saidText(f storage.Feedback) string {
	return fmt.Sprintf("读者说：有帮助%d人，还不清楚%d人", f.Helpful, f.Unclear)
}

// drawn draws an interpretation for the console: answers are open, and
// citations lead to the public page, for the text is not on this one.
func (s *Server) drawn(p *domain.Policy, it *interpretations.Item, others []interpretations.Item) (template.HTML, error) {
	html, err := it.Render(p, s.today(), others...)
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

func (s *Server) newInterpretation(c *fiber.Ctx) error {
	p, err := s.policyOf(c)
	if err != nil {
		return err
	}
	kind, err := kindOfItem(c.Query("kind"))
	if err != nil {
		return err
	}
	v := itemView{Kind: kind}
	if from := c.QueryInt("question"); from > 0 && kind == interpretations.QAKind {
		q, err := s.Store.Question(c.UserContext(), domain.QuestionID(from))
		if err != nil {
			return err
		}
		if q.Policy == p.ID && q.Office == operatorOf(c).operator.Office {
			v.Form.Question, _ = domain.MaskPersonal(q.Rounds[0].Text)
			v.Form.Aspect = string(interpretations.Misunderstood)
		}
	}
	return s.showItem(c, p, v)
}

func kindOfItem(code string) (interpretations.Kind, error) {
	for _, k := range interpretations.Kinds() {
		if string(k) == code {
			return k, nil
		}
	}
	return "", domain.Errorf(domain.Invalid, "请选择解读形式，例如简明问答、图表图解或案例说明")
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
	v := itemView{ID: it.ID, Kind: it.Kind, Form: formOfItem(p, it)}
	return s.drawItem(c, p, v, it)
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
	v.Form.filled(v.Kind)
	v.Clauses = clauseOptions(p, append(v.Form.Cited, v.Form.Clause)...)
	switch v.Kind {
	case interpretations.RecordKind:
		v.Forms = labelledOptions(interpretations.RecordForms(), interpretations.RecordForm(v.Form.Form))
	default:
		v.Forms = labelledOptions(interpretations.Forms(), interpretations.Form(v.Form.Form))
	}
	v.Aspects = labelledOptions(interpretations.Aspects(), interpretations.Aspect(v.Form.Aspect))
	for i := range v.Form.Rows {
		v.Form.Rows[i].Clauses = clauseOptions(p, v.Form.Rows[i].Clause)
	}
	if v.Kind == interpretations.ChartKind {
		for i := range v.Form.Points {
			v.Form.Points[i].Clauses = clauseOptions(p, v.Form.Points[i].Clause)
		}
	}
	if v.Kind == interpretations.OnePageKind {
		if err := s.onePageOptions(c, p, &v); err != nil {
			return err
		}
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

// explained returns the policy of the address and the operator, who may write
// interpretations of it.
func (s *Server) explained(c *fiber.Ctx) (*domain.Policy, domain.Operator, error) {
	p, err := s.ownPolicy(c)
	if err != nil {
		return nil, domain.Operator{}, err
	}
	me := operatorOf(c).operator
	if !mayExplain(me, p) {
		return nil, me, domain.Errorf(domain.Conflict, "《%s》是“%s”，不能再增改解读。", p.Title, p.Status.Label())
	}
	return p, me, nil
}

// saveInterpretation stores an interpretation, or only draws or reckons it
// when asked to: preview.js asks for a drawing only, whatever the button. A
// changed one waits for its approval again.
func (s *Server) saveInterpretation(c *fiber.Ctx) error {
	ctx := c.UserContext()
	p, me, err := s.explained(c)
	if err != nil {
		return err
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
	it.Revise(me.ID)
	fill(p, &it, v.Form, &v.Problems)
	it.Bind(p)
	do := field(c, "do")
	if do == "compute" && it.Case != nil && c.Get(partHeader) == "" {
		v.compute(p, it.Case)
		return s.drawItem(c, p, v, it)
	}
	if err := reckon(p, it.Case); err != nil && len(v.Problems) == 0 {
		v.Problems.add("measure", err.Error())
	}
	v.Problems.addMistakes(it.Mistakes(p))
	if len(v.Problems) > 0 || do == "preview" || c.Get(partHeader) != "" {
		return s.drawItem(c, p, v, it)
	}
	if err := s.Store.SaveInterpretation(ctx, &it); err != nil {
		return err
	}
	if err := s.audit(c, "interpret", policyObject(p.ID), it.Kind.Label()+"："+itemTitle(it)); err != nil {
		return err
	}
	said := "解读已保存，由另一位工作人员审核后对公众显示。"
	if it.Was != nil {
		said += "在那以前，公众看到的是修改前的，并注明正在核对。"
	}
	s.setFlash(c, "pine", said)
	return c.Redirect(policyPath(p.ID, "interpretations"), fiber.StatusSeeOther)
}

func itemTitle(it interpretations.Item) string {
	if it.QA != nil {
		return it.QA.Question
	}
	return it.Title
}

// drawItem shows the form again, or preview.js its part, with a drawing once
// there is a clause to cite.
func (s *Server) drawItem(c *fiber.Ctx, p *domain.Policy, v itemView, it interpretations.Item) error {
	if it.Cites() {
		others, err := s.Store.Interpretations(c.UserContext(), p.ID, false)
		if err != nil {
			return err
		}
		if v.Preview, err = s.drawn(p, &it, others); err != nil {
			return err
		}
	}
	if c.Get(partHeader) != "" {
		return s.render(c, itemPart{v})
	}
	return s.showItem(c, p, v)
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
		v.Problems.add("measure", "请先选择按哪个政策点核算")
		return
	}
	amount, steps, ok := interpretations.Compute(p.Measures[i].Benefit, cs.Base)
	if !ok {
		v.Problems.add("measure", "这个政策点没有写明比例或金额，无法核算")
		return
	}
	v.Form.Steps = steps
	v.Form.ResultValue = domain.Yuan(amount)
	if v.Form.ResultName == "" {
		v.Form.ResultName = interpretations.Gained(p.Measures[i].Benefit)
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
	seen := it
	since := it.ShownSince() // by whoever read the words of before
	corrects, err := it.Approve(operatorOf(c).operator, s.Now())
	if err != nil {
		return err
	}
	if s.unseen(c, seen) {
		return c.Redirect(policyPath(p.ID, "interpretations"), fiber.StatusSeeOther)
	}
	it.Bind(p)
	var owed []domain.Notice
	if corrects {
		if owed, err = s.toldOfCorrection(c.UserContext(), it, since); err != nil {
			return err
		}
	}
	if err := s.Store.SaveInterpretation(c.UserContext(), &it, owed...); err != nil {
		return err
	}
	if len(owed) > 0 && s.Wake != nil {
		s.Wake()
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
	items, err := s.Store.Interpretations(c.UserContext(), p.ID, false)
	if err != nil {
		return err
	}
	for _, other := range items {
		if other.OnePage != nil && other.OnePage.Shows(it.ID) {
			return domain.Errorf(domain.Conflict, "一图读懂“%s”引用了这条解读，请先在那里换掉或去掉这个板块，再来删除。", other.Title)
		}
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
