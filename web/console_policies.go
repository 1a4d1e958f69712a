package web

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
	"policypush/internal/storage"
	"policypush/interpretations"
)

// policiesShown is how many policies one page of the list shows.
const policiesShown = 30

// policyListView is the list of policies of every state.
type policyListView struct {
	Page
	Query    string
	Statuses []option
	Days     dayFields
	Limits   []limit
	Rows     []policyRow
	Total    int
	Pages    []pageLink
	Filtered bool
}

type policyRow struct {
	storage.PolicySummary
	Drafter string
	Themes  []string
}

func (policyListView) template() string { return "console/policies" }

func (s *Server) policyList(c *fiber.Ctx) error {
	ctx := c.UserContext()
	p, err := s.consolePage(c, "政策", "policies")
	if err != nil {
		return err
	}
	v := policyListView{Page: p, Query: cutRunes(strings.TrimSpace(c.Query("q")), 60)}
	filter, asked := storage.PolicyFilter{Query: v.Query, Limit: policiesShown}, url.Values{}
	if v.Query != "" {
		asked.Set("q", v.Query)
	}
	for _, status := range []domain.PolicyStatus{domain.Draft, domain.Reviewed, domain.Approved, domain.Published, domain.Amended, domain.Withdrawn, domain.Expired} {
		chosen := c.Query("status") == string(status)
		v.Statuses = append(v.Statuses, option{Code: string(status), Name: status.Label(), Selected: chosen})
		if chosen {
			filter.Statuses = []domain.PolicyStatus{status}
			asked.Set("status", string(status))
		}
	}
	offices, err := s.Store.Offices(ctx)
	if err != nil {
		return err
	}
	v.Days = daysAsked(c, "发布", asked)
	also := limits{c: c, asked: asked}
	filter.PublishedFrom, filter.PublishedBefore = v.Days.from, v.Days.before
	filter.Theme, filter.Office = also.theme(s), also.office(offices)
	switch explained := also.take("explained", explainedName); explained {
	case "":
	case "yes":
		filter.Explained = true
	case "no":
		filter.Unexplained = true
	default:
		filter.Explained, filter.ExplainedAs = true, interpretations.Kind(explained)
	}
	v.Filtered, v.Limits = len(asked) > 0, also.shown()
	current := pageNumber(c)
	filter.Offset = (current - 1) * policiesShown
	found, total, err := s.Store.Policies(ctx, filter)
	if err != nil {
		return err
	}
	names, err := s.operatorNames(ctx)
	if err != nil {
		return err
	}
	v.Total = total
	for _, sum := range found {
		row := policyRow{PolicySummary: sum, Drafter: names[sum.DraftedBy]}
		for _, code := range sum.Themes {
			row.Themes = append(row.Themes, s.Rules.Name(domain.ThemeTag, code))
		}
		v.Rows = append(v.Rows, row)
	}
	v.Pages = pager("/console/policies", asked, current, total, policiesShown)
	return s.render(c, v)
}

// explainedName names what the list of policies asks of their interpretations: any,
// none, or a kind.
func explainedName(value string) string {
	switch value {
	case "yes":
		return "有解读"
	case "no":
		return "没有解读"
	}
	if kind := interpretations.Kind(value); slices.Contains(interpretations.Kinds(), kind) {
		return "解读形式：" + kind.Label()
	}
	return ""
}

// policyPath is the address of a page about a policy in the console.
func policyPath(id domain.PolicyID, page string) string {
	path := fmt.Sprintf("/console/policies/%d", id)
	if page != "" && page[0] != '#' {
		path += "/"
	}
	return path + page
}

// shownTitle is the title of a policy, or what stands for a missing one.
func shownTitle(title string) string {
	if title == "" {
		return "（未填写标题）"
	}
	return title
}

// policyHead is what every page about a policy begins with.
type policyHead struct {
	Policy   *domain.Policy
	Heading  string
	Drafter  string
	Steps    []stepLink
	Editable bool   // by this operator now
	Remark   string // why it was returned, or ""
	Missing  []string
	Internal string // why it is not pushed, or ""
	Late     string // which of its days are over before it is published, or ""
	Alike    []alikeView
}

// alikeView is another policy of the same title or number: perhaps the same
// document twice.
type alikeView struct {
	storage.PolicySummary
	Same string // 标题, 文号 or both, in words
}

// alike finds the policies that a draft may repeat. It is for the officer to say.
func (s *Server) alike(ctx context.Context, p *domain.Policy) ([]alikeView, error) {
	found, err := s.Store.Alike(ctx, p)
	if err != nil {
		return nil, err
	}
	var vs []alikeView
	for _, other := range found {
		var same []string
		if p.Title != "" && other.Title == p.Title {
			same = append(same, "标题")
		}
		if p.DocNumber != "" && other.DocNumber == p.DocNumber {
			same = append(same, "文号")
		}
		vs = append(vs, alikeView{other, strings.Join(same, "和")})
	}
	return vs, nil
}

// stepLink is one step on the way of a policy to the public.
type stepLink struct {
	Number  int
	Name    string
	Href    string
	Done    bool
	Current bool
}

// policyHead prepares the head of the page with the given step, 1 to 6.
func (s *Server) policyHead(ctx context.Context, o domain.Operator, p *domain.Policy, step int) (policyHead, error) {
	names, err := s.operatorNames(ctx)
	if err != nil {
		return policyHead{}, err
	}
	items, err := s.Store.Interpretations(ctx, p.ID, true)
	if err != nil {
		return policyHead{}, err
	}
	h := policyHead{
		Policy: p, Heading: shownTitle(p.Title), Drafter: names[p.DraftedBy],
		Editable: p.Editable() && allowed(o, toDraft) && p.Office == o.Office, Internal: whyInternal(p),
	}
	if p.Title == "" {
		h.Missing = append(h.Missing, "标题")
	}
	if p.DocNumber == "" {
		h.Missing = append(h.Missing, "发文字号")
	}
	push := "release"
	pushes, err := s.Store.Pushes(ctx, p.ID, 1)
	if err != nil {
		return policyHead{}, err
	}
	if len(pushes) > 0 {
		push = fmt.Sprintf("/console/pushes/%d", pushes[0].ID)
	} else {
		push = policyPath(p.ID, push)
	}
	out := p.Status != domain.Draft && p.Status != domain.Reviewed && p.Status != domain.Approved
	if !out {
		h.Late = late(p, s.today())
		if h.Alike, err = s.alike(ctx, p); err != nil {
			return policyHead{}, err
		}
	}
	h.Steps = []stepLink{
		{1, "基本信息", policyPath(p.ID, "fields"), p.Title != "", false},
		{2, "标签与受众", policyPath(p.ID, ""), !slices.ContainsFunc(p.Tags, func(t domain.Tag) bool { return t.State == domain.Suggested }), false},
		{3, "政策点", policyPath(p.ID, "measures"), len(p.Measures) > 0, false},
		{4, "解读", policyPath(p.ID, "interpretations"), len(items) > 0, false},
		{5, "审批与发布", policyPath(p.ID, "release"), out, false},
		{6, "推送", push, len(pushes) > 0 && pushes[0].State == domain.PushDone, false},
	}
	if step > 0 {
		h.Steps[step-1].Current = true
	}
	if p.Status == domain.Draft {
		entries, err := s.Store.AuditEntries(ctx, policyObject(p.ID), 20)
		if err != nil {
			return policyHead{}, err
		}
		for _, e := range entries { // newest first: a return counts until the next submission
			if e.Action == "submit" {
				break
			}
			if e.Action == "return" {
				h.Remark = names[e.Operator] + "退回：" + e.Detail
				break
			}
		}
	}
	return h, nil
}

// late says which days of a policy that is not published yet are over.
func late(p *domain.Policy, today string) string {
	last := domain.NextDeadline(p.Deadlines(), today)
	_, end, dated := domain.DateRange(p.Expires)
	day, _, _ := domain.DateRange(today)
	switch {
	case dated && end < day:
		return "有效期到" + longDate(p.Expires) + "，已经过去：发布后就是“已失效”。请核对日期。"
	case last != "" && last < today:
		return "申请截止" + longDate(last) + "，已经过去。请核对日期。"
	}
	return ""
}

// whyInternal says why a policy is not pushed, or "".
func whyInternal(p *domain.Policy) string {
	switch {
	case p.Pushable():
		return ""
	case p.Audience == domain.ForNobody:
		return "文件写给政府内部，不面向企业或居民，因此不推送。如果判断有误，请在“基本信息”里改适用对象。"
	default:
		return "文件带有政府内部管理类主题（Z类），因此不推送。如果判断有误，请删除Z类标签。"
	}
}

// fieldsView edits what identifies a policy.
type fieldsView struct {
	Page
	policyHead
	Form      fieldsForm
	Kinds     []option
	Audiences []option
	Problems  problems
}

// fieldsForm is what was typed.
type fieldsForm struct {
	Title, DocNumber, UnifiedCode, Issuers, DocKind, Audience   string
	PublishDate, EffectiveFrom, Expires, ApplyDeadline, Contact string
	Replaces, Amends                                            string // one document a line
}

func (fieldsView) template() string { return "console/fields" }

func (s *Server) fieldsPage(c *fiber.Ctx) error {
	p, err := s.policyOf(c)
	if err != nil {
		return err
	}
	return s.showFields(c, p, fieldsForm{
		Title: p.Title, DocNumber: p.DocNumber, UnifiedCode: p.UnifiedCode, Issuers: strings.Join(p.Issuers, "、"), DocKind: p.DocKind,
		Audience: string(p.Audience), PublishDate: p.PublishDate, EffectiveFrom: p.EffectiveFrom, Expires: p.Expires,
		ApplyDeadline: p.ApplyDeadline, Contact: p.Contact,
		Replaces: referenceLines(p.Replaces), Amends: referenceLines(p.Amends),
	}, nil)
}

// audiences are those for whom an officer may say that a document is.
var audiences = []domain.Audience{domain.ForEnterprises, domain.ForResidents, domain.ForBoth, domain.ForNobody}

func (s *Server) showFields(c *fiber.Ctx, p *domain.Policy, f fieldsForm, ps problems) error {
	page, err := s.consolePage(c, "基本信息 · "+shownTitle(p.Title), "policies")
	if err != nil {
		return err
	}
	v := fieldsView{Page: page, Form: f, Problems: ps}
	if v.policyHead, err = s.policyHead(c.UserContext(), operatorOf(c).operator, p, 1); err != nil {
		return err
	}
	markProblems(c, &v.Page, ps)
	for _, k := range s.Rules.DocumentKinds.All() {
		v.Kinds = append(v.Kinds, option{Code: k.Code, Name: k.Name, Selected: k.Code == f.DocKind})
	}
	for _, a := range audiences {
		v.Audiences = append(v.Audiences, option{Code: string(a), Name: a.Label(), Selected: string(a) == f.Audience})
	}
	return s.render(c, v)
}

var (
	dayForm   = regexp.MustCompile(`^(\d{4})\D+(\d{1,2})(?:\D+(\d{1,2})\D*)?$`)
	partsForm = regexp.MustCompile(`[、,，;；\s]+`)
)

// dayOf reads a date as people write it, 2026-12-10 or 2026年12月10日, or a
// month. The empty text is no date.
func dayOf(s string) (day string, ok bool) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", true
	}
	m := dayForm.FindStringSubmatch(s)
	if m == nil {
		return "", false
	}
	day = m[1] + "-" + pad2(m[2])
	if m[3] != "" {
		day += "-" + pad2(m[3])
	}
	_, _, ok = domain.DateRange(day)
	return day, ok
}

func pad2(s string) string {
	if len(s) < 2 {
		return "0" + s
	}
	return s
}

func (s *Server) saveFields(c *fiber.Ctx) error {
	p, err := s.draftOf(c)
	if err != nil {
		return err
	}
	facts := p.Facts()
	f := fieldsForm{
		Title: strings.Join(strings.FieldsFunc(field(c, "title"), func(r rune) bool { return r == '\r' || r == '\n' }), ""), DocNumber: field(c, "doc_number"), UnifiedCode: field(c, "unified_code"), Issuers: field(c, "issuers"),
		DocKind: field(c, "doc_kind"), Audience: field(c, "audience"), PublishDate: field(c, "publish_date"),
		EffectiveFrom: field(c, "effective_from"), Expires: field(c, "expires"), ApplyDeadline: field(c, "apply_deadline"), Contact: field(c, "contact"),
		Replaces: field(c, "replaces"), Amends: field(c, "amends"),
	}
	var ps problems
	if f.Title == "" {
		ps.add("title", "请填写标题")
	}
	if len([]rune(f.Title)) > 200 {
		ps.add("title", "标题超过200字，请缩短")
	}
	var deadline string
	for _, d := range []struct {
		name, label, typed string
		into               *string
	}{
		{"publish_date", "成文日期", f.PublishDate, &p.PublishDate},
		{"effective_from", "施行日期", f.EffectiveFrom, &p.EffectiveFrom},
		{"expires", "有效期至", f.Expires, &p.Expires},
		{"apply_deadline", "申请截止", f.ApplyDeadline, &deadline},
	} {
		day, ok := dayOf(d.typed)
		if !ok {
			ps.add(d.name, d.label+"要写成2026-12-10这样的日期")
		}
		*d.into = day
	}
	p.Extend(deadline)
	if p.EffectiveFrom != "" && p.Expires != "" && p.Expires < p.EffectiveFrom {
		ps.add("expires", "有效期至早于施行日期，请核对")
	}
	if f.DocKind != "" && s.Rules.DocumentKinds.Find(f.DocKind) == nil {
		ps.add("doc_kind", "请从列表中选择文种")
	}
	audience := domain.Audience(f.Audience)
	if !slices.Contains(audiences, audience) {
		ps.add("audience", "请选择适用对象")
	}
	replaces := referencesOf(f.Replaces, "replaces", "替代的文件", &ps)
	amends := referencesOf(f.Amends, "amends", "修改或延续的文件", &ps)
	if len(ps) > 0 {
		return s.showFields(c, p, f, ps)
	}
	before, err := s.reach(c.UserContext(), p)
	if err != nil {
		return err
	}
	p.Title, p.DocNumber, p.UnifiedCode, p.DocKind, p.Audience, p.Contact = f.Title, f.DocNumber, f.UnifiedCode, f.DocKind, audience, f.Contact
	p.Replaces, p.Amends = replaces, amends
	p.Issuers = nil
	for _, name := range partsForm.Split(f.Issuers, -1) {
		if name != "" {
			p.Issuers = append(p.Issuers, name)
		}
	}
	return s.saveDraft(c, p, "fields", "基本信息", before, "fields", factsSaid(p, facts)...)
}

// saveDraft stores a changed draft, keeps what was corrected, writes it down
// and says what became of the audience.
func (s *Server) saveDraft(c *fiber.Ctx, p *domain.Policy, action, what string, before reach, to string, kept ...domain.Correction) error {
	if err := s.Store.SavePolicy(c.UserContext(), p, domain.Draft); err != nil {
		return err
	}
	if err := s.keep(c, p, kept); err != nil {
		return err
	}
	if err := s.audit(c, action, policyObject(p.ID), what); err != nil {
		return err
	}
	now, err := s.reach(c.UserContext(), p)
	if err != nil {
		return err
	}
	s.setFlash(c, "pine", "已保存："+what+"。"+now.since(before)+s.contradiction(p))
	return c.Redirect(policyPath(p.ID, to), fiber.StatusSeeOther)
}

// clauseOptions lists the clauses that can be cited.
func clauseOptions(p *domain.Policy, chosen ...string) []option {
	var options []option
	for _, cl := range p.Clauses {
		if cl.Path == "" || slices.ContainsFunc(options, func(o option) bool { return o.Code == cl.Path }) {
			continue
		}
		label := cl.Path
		if cite, ok := interpretations.CiteOf(p, cl.Path); ok {
			label = cite.Label
		}
		text := strings.TrimLeft(strings.TrimPrefix(cl.Text, label), " 　") // the label once
		if short := cutRunes(text, 24); short != text {
			text = short + "…"
		}
		options = append(options, option{Code: cl.Path, Name: label + "　" + text, Selected: slices.Contains(chosen, cl.Path)})
	}
	return options
}
