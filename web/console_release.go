package web

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

// releaseView takes a policy on its way: handed over, approved or returned by
// a second person, published, withdrawn.
type releaseView struct {
	Page
	policyHead
	Reach       reach
	Conflict    string // two conditions that nobody meets both, or ""
	Measures    []measureView
	Items       int // interpretations that are approved
	Waiting     int // interpretations that are not
	Must        bool
	Suggested   int // tags that wait for a decision
	Unsettled   int // measures of a policy that is not out yet, of which something was not read or not checked
	Pushes      []domain.Push
	Earlier     []earlierRow // what publishing does to earlier policies
	Shifts      []*shiftView // against the policies that this one follows
	History     []auditRow
	Sample      *TextSample // nil: nothing is texted, or the policy is out already
	MaySubmit   bool
	MayApprove  bool
	WhyNot      string // why this operator may not approve
	MayReturn   bool
	MayPublish  bool
	MayWithdraw bool
	// MaySupplement offers another push, to whom the policy has come to
	// concern since the last.
	MaySupplement bool
	Reason        string
	Problems      problems
}

// TextSample is a text message as it would go out.
type TextSample struct {
	Text  string
	Parts int      // that are paid for
	Found []string // what keeps it from going out
}

func (releaseView) template() string { return "console/release" }

// Everybody is likely and possible together.
func (v releaseView) Everybody() int { return v.Reach.likely + v.Reach.possible }

// Likely is for the template.
func (v releaseView) Likely() int { return v.Reach.likely }

// Possible is for the template.
func (v releaseView) Possible() int { return v.Reach.possible }

func (s *Server) releasePage(c *fiber.Ctx) error {
	p, err := s.policyOf(c)
	if err != nil {
		return err
	}
	return s.showRelease(c, p, "", nil)
}

func (s *Server) showRelease(c *fiber.Ctx, p *domain.Policy, reason string, ps problems) error {
	ctx := c.UserContext()
	page, err := s.consolePage(c, "审批与发布 · "+shownTitle(p.Title), "policies")
	if err != nil {
		return err
	}
	markProblems(c, &page, ps)
	me := operatorOf(c).operator
	own := p.Office == me.Office
	v := releaseView{
		Page: page, Conflict: s.contradiction(p), Measures: s.measures(p), Must: s.Rules.MustInterpret(p.DocKind), Reason: reason, Problems: ps,
		MaySubmit:   own && p.Status == domain.Draft && allowed(me, toDraft),
		MayReturn:   own && (p.Status == domain.Reviewed || p.Status == domain.Approved) && (allowed(me, toApprove) || p.ReviewedBy == me.ID),
		MayPublish:  own && p.Status == domain.Approved && allowed(me, toRelease),
		MayWithdraw: own && p.Status == domain.Published && allowed(me, toApprove),
	}
	if v.policyHead, err = s.policyHead(ctx, me, p, 5); err != nil {
		return err
	}
	if p.Status == domain.Reviewed || p.Status == domain.Approved {
		if v.Earlier, _, err = s.earlier(ctx, p); err != nil {
			return err
		}
	}
	if v.Reach, err = s.reach(ctx, p); err != nil {
		return err
	}
	if v.Sample, err = s.sample(ctx, p, v.Internal); err != nil {
		return err
	}
	v.MaySupplement = own && p.Supplement(me, s.today()) == nil
	if own && p.Status == domain.Reviewed {
		trial := *p
		err := s.approve(ctx, &trial, me)
		text, refused := shownError(err)
		if err != nil && !refused {
			return err
		}
		v.MayApprove, v.WhyNot = err == nil, text
	}
	if p.Status == domain.Draft || p.Status == domain.Reviewed || p.Status == domain.Approved {
		for _, m := range v.Measures {
			if len(m.Unread)+len(m.Check) > 0 {
				v.Unsettled++
			}
		}
	}
	for _, t := range p.Tags {
		if t.State == domain.Suggested {
			v.Suggested++
		}
	}
	items, err := s.Store.Interpretations(ctx, p.ID, false)
	if err != nil {
		return err
	}
	for _, it := range items {
		if it.State == "approved" {
			v.Items++
		} else {
			v.Waiting++
		}
	}
	if v.Shifts, err = s.formerShifts(ctx, p); err != nil {
		return err
	}
	if v.Pushes, err = s.Store.Pushes(ctx, p.ID, 20); err != nil {
		return err
	}
	entries, err := s.Store.AuditEntries(ctx, policyObject(p.ID), 60)
	if err != nil {
		return err
	}
	if v.History, err = s.auditRows(ctx, operatorOf(c).operator, entries); err != nil {
		return err
	}
	return s.render(c, v)
}

// sample is the text message of a policy on its way to the public.
func (s *Server) sample(ctx context.Context, p *domain.Policy, internal string) (*TextSample, error) {
	onItsWay := p.Status == domain.Draft || p.Status == domain.Reviewed || p.Status == domain.Approved
	if s.Config.Sample == nil || internal != "" || !onItsWay {
		return nil, nil
	}
	office, err := s.Store.Office(ctx, p.Office)
	if err != nil {
		return nil, err
	}
	sample, err := s.Config.Sample(p, office)
	if text, shown := shownError(err); shown {
		return &TextSample{Found: []string{text}}, nil
	}
	return &sample, err
}

// step saves a step that the policy allowed, writes it down and says so.
func (s *Server) step(c *fiber.Ctx, p *domain.Policy, was domain.PolicyStatus, action, detail, said string) error {
	if err := s.Store.SavePolicy(c.UserContext(), p, was); err != nil {
		return err
	}
	return s.stepDone(c, p, action, detail, said)
}

func (s *Server) stepDone(c *fiber.Ctx, p *domain.Policy, action, detail, said string) error {
	if err := s.audit(c, action, policyObject(p.ID), detail); err != nil {
		return err
	}
	s.setFlash(c, "pine", said)
	return c.Redirect(policyPath(p.ID, "release"), fiber.StatusSeeOther)
}

func (s *Server) submitPolicy(c *fiber.Ctx) error {
	p, err := s.ownPolicy(c)
	if err != nil {
		return err
	}
	if err := p.Review(operatorOf(c).operator, s.Now()); err != nil {
		return err
	}
	return s.step(c, p, domain.Draft, "submit", "", "已提交审批，由另一位工作人员审批。")
}

func (s *Server) approvePolicy(c *fiber.Ctx) error {
	p, err := s.ownPolicy(c)
	if err != nil {
		return err
	}
	if err := s.approve(c.UserContext(), p, operatorOf(c).operator); err != nil {
		return err
	}
	return s.step(c, p, domain.Reviewed, "approve", field(c, "remark"), "已审批通过，可以发布。")
}

// approve asks the policy whether an operator may release it, and the log
// whether they had a hand in it: who corrected a draft is not its second
// person either.
func (s *Server) approve(ctx context.Context, p *domain.Policy, by domain.Operator) error {
	if err := p.Approve(by, s.Now()); err != nil {
		return err
	}
	entries, err := s.Store.AuditEntries(ctx, policyObject(p.ID), historyShown)
	if err != nil {
		return err
	}
	for _, e := range entries {
		switch e.Action {
		case "fields", "tag", "measure", "criteria":
			if e.Operator == by.ID {
				return domain.Errorf(domain.Forbidden, "您改过这份草稿，不能审批。请由没有参与修改的工作人员审批。")
			}
		}
	}
	return nil
}

func (s *Server) returnPolicy(c *fiber.Ctx) error {
	p, err := s.ownPolicy(c)
	if err != nil {
		return err
	}
	was, remark := p.Status, field(c, "remark")
	if remark == "" {
		return s.showRelease(c, p, "", problems{{"remark", "请写明退回的原因，让起草人知道改什么"}})
	}
	if err := p.Return(operatorOf(c).operator); err != nil {
		return err
	}
	return s.step(c, p, was, "return", remark, "已退回起草人修改。")
}

// publishPolicy makes a policy public and owes its push, in one transaction.
func (s *Server) publishPolicy(c *fiber.Ctx) error {
	ctx := c.UserContext()
	p, err := s.ownPolicy(c)
	if err != nil {
		return err
	}
	approved, err := s.Store.Interpretations(ctx, p.ID, true)
	if err != nil {
		return err
	}
	me := operatorOf(c).operator
	p.NoInterpretation = cutRunes(field(c, "reason"), 300)
	mustInterpret := s.Rules.MustInterpret(p.DocKind)
	if p.Status == domain.Approved && mustInterpret && len(approved) == 0 && p.NoInterpretation == "" {
		return s.showRelease(c, p, "", problems{{"reason", "这类文件应当解读：请先加一条解读并审核，或写明不解读的理由"}})
	}
	if err := p.Publish(me, len(approved) > 0, mustInterpret, s.Now()); err != nil {
		return err
	}
	push := &domain.Push{Kind: domain.NewPolicy, CreatedBy: me.ID, CreatedAt: s.Now(), IncludePossible: field(c, "possible") != "", Urgent: field(c, "urgent") != "" && p.Pushable()}
	if problem := s.schedule(c, push, p); problem != nil {
		p.Status = domain.Approved
		return s.showRelease(c, p, "", problems{{"send_at", problem.Text}})
	}
	_, earlier, err := s.earlier(ctx, p)
	if err != nil {
		return err
	}
	earlier = ticked(c, earlier)
	notices := correctionsOf(c, push, earlier)
	if err := s.Store.PublishCorrection(ctx, p, push, notices, earlier...); err != nil {
		return err
	}
	s.drawCard(ctx, p)
	s.wake()
	detail := fmt.Sprintf("推送%d", push.ID)
	if push.IncludePossible {
		detail += "，含可能适用"
	}
	if push.Urgent {
		detail += "，紧急"
	}
	if len(notices) > 0 {
		detail += "；更正此前的政策：" + notices[0].Note
	}
	if len(earlier) > 0 {
		detail += fmt.Sprintf("；改动%d份以往政策的有效期", len(earlier))
	}
	if p.NoInterpretation != "" {
		detail += "；不解读的理由：" + p.NoInterpretation
	}
	if err := s.audit(c, "publish", policyObject(p.ID), detail); err != nil {
		return err
	}
	said := "已发布，正在推送。"
	if !push.SendAt.IsZero() {
		said = "已发布，定于" + moment(push.SendAt) + "推送。"
	}
	s.setFlash(c, "pine", releasedAs(push, said))
	return c.Redirect(fmt.Sprintf("/console/pushes/%d", push.ID), fiber.StatusSeeOther)
}

// schedule makes a push wait for the time of the form, and says what is wrong
// with it: a policy that is over by then would never go out.
func (s *Server) schedule(c *fiber.Ctx, push *domain.Push, p *domain.Policy) *domain.Error {
	at, err := readMoment(field(c, "send_at"))
	if err == nil {
		err = push.Schedule(at, s.Now())
	}
	if err == nil && !at.IsZero() && p.Expires != "" && at.In(shanghai).Format(time.DateOnly) > p.Expires {
		err = domain.Errorf(domain.Invalid, "政策到%s就失效了，定时发送要在此之前", p.Expires)
	}
	if shown, ok := errors.AsType[*domain.Error](err); ok {
		return shown
	}
	return nil
}

// supplementPush owes another push of a published policy. Whoever was told
// before is left out when it is planned.
func (s *Server) supplementPush(c *fiber.Ctx) error {
	p, err := s.ownPolicy(c)
	if err != nil {
		return err
	}
	me := operatorOf(c).operator
	if err := p.Supplement(me, s.today()); err != nil {
		return err
	}
	push := &domain.Push{Kind: domain.NewPolicy, CreatedBy: me.ID, CreatedAt: s.Now(), IncludePossible: field(c, "possible") != "", Urgent: field(c, "urgent") != ""}
	if err := s.Store.SupplementPush(c.UserContext(), p, push); err != nil {
		return err
	}
	s.wake()
	detail := fmt.Sprintf("推送%d", push.ID)
	if push.IncludePossible {
		detail += "，含可能适用"
	}
	if push.Urgent {
		detail += "，紧急"
	}
	if err := s.audit(c, "supplement", policyObject(p.ID), detail); err != nil {
		return err
	}
	s.setFlash(c, "pine", releasedAs(push, "正在补充推送。"))
	return c.Redirect(fmt.Sprintf("/console/pushes/%d", push.ID), fiber.StatusSeeOther)
}

// correctionsOf are the notices to those who got what a policy corrects, if the
// form says what is corrected: one for each earlier policy that it ends or
// extends.
func correctionsOf(c *fiber.Ctx, push *domain.Push, earlier []domain.Succession) []*domain.Push {
	note := cutRunes(field(c, "correction"), 100)
	if note == "" {
		return nil
	}
	var notices []*domain.Push
	for _, e := range earlier {
		notices = append(notices, &domain.Push{
			Kind: domain.CorrectionNotice, CreatedBy: push.CreatedBy, CreatedAt: push.CreatedAt, IncludePossible: true, Note: note, Corrects: e.Of,
		})
	}
	return notices
}

// releasedAs says what happens next with a push.
func releasedAs(push *domain.Push, said string) string {
	if push.State == domain.PushUnsigned {
		return "紧急推送已提出，等另一位审核员签字后发出。"
	}
	return said
}

// withdrawPolicy takes a policy back: what is still owed is not sent, and
// whoever got it is told if the form says so.
func (s *Server) withdrawPolicy(c *fiber.Ctx) error {
	p, err := s.ownPolicy(c)
	if err != nil {
		return err
	}
	me, reason := operatorOf(c).operator, cutRunes(field(c, "reason"), 300)
	if reason == "" && p.Status == domain.Published {
		return s.showRelease(c, p, "", problems{{"withdraw", "请写明撤回理由，公众能看到"}})
	}
	if err := p.Withdraw(me, reason); err != nil {
		return err
	}
	var notice *domain.Push
	if field(c, "notice") != "" {
		notice = &domain.Push{Kind: domain.WithdrawalNotice, CreatedBy: me.ID, CreatedAt: s.Now(), IncludePossible: true}
	}
	if err := s.Store.WithdrawPolicy(c.UserContext(), p, notice, s.Now()); err != nil {
		return err
	}
	s.wake()
	said := "已撤回，没有发出的不再发送。"
	if notice != nil {
		said += "正在告知收到过的人。"
	}
	return s.stepDone(c, p, "withdraw", reason, said)
}

// auditRow is an entry of the log as people read it.
type auditRow struct {
	storage.AuditEntry
	Who   string
	What  string
	About string // what it was done to, in words
	Href  string // of its page, or "" if this reader may not open it
}
