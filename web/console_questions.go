package web

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
	"policypush/internal/storage"
	"policypush/interpretations"
)

const (
	questionsShown = 200
	// foundShown is how many of all questions a page shows.
	foundShown = 50
	// measuredDays is the time of which the figures of an office are.
	measuredDays = 90
)

// questionsView lists the questions of an office.
type questionsView struct {
	Page
	Show        string // open, review, overdue, unrouted, answered, often, all
	Rows        []questionRow
	Total       int
	Days        dayFields
	States      []option
	Limits      []limit
	Pages       []pageLink
	Filtered    bool
	Clusters    []clusterView
	Counts      storage.QuestionCounts
	Median      string
	Satisfied   string
	Coordinates bool
	NoYears     []int // that time limits are reckoned in, without their holidays
}

// questionRow is a question in a list.
type questionRow struct {
	domain.Question
	PolicyTitle string
	Excerpt     string
	Due         string
	Late        bool
}

// clusterView is what is asked again and again.
type clusterView struct {
	cluster
	Title string
	Draft string // where an answer for everybody is drafted; "" where no policy has a place for it
	Rows  []questionRow
}

func (questionsView) template() string { return "console/questions" }

// dayEnd is the next midnight in Shanghai: what is promised by then is due today.
func dayEnd(now time.Time) time.Time {
	y, m, d := now.In(shanghai).Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, shanghai)
}

func (s *Server) countsOf(ctx context.Context, office domain.OfficeID) (storage.QuestionCounts, error) {
	now := s.Now()
	return s.Store.CountQuestions(ctx, office, now, dayEnd(now), now.AddDate(0, 0, -measuredDays))
}

func (s *Server) questionsPage(c *fiber.Ctx) error {
	ctx := c.UserContext()
	page, err := s.consolePage(c, "提问答复", "questions")
	if err != nil {
		return err
	}
	me := operatorOf(c).operator
	v := questionsView{Page: page, Show: c.Query("show", "open"), NoYears: s.Rules.Calendar.MissingYears(s.Now().In(shanghai))}
	if v.Coordinates, err = s.coordinates(ctx, me.Office); err != nil {
		return err
	}
	if v.Counts, err = s.countsOf(ctx, me.Office); err != nil {
		return err
	}
	v.Median, v.Satisfied = "—", "—"
	if v.Counts.Answered > 0 {
		v.Median = hoursText(v.Counts.Median)
	}
	if said := v.Counts.Satisfied + v.Counts.Unclear; said > 0 {
		v.Satisfied = fmt.Sprintf("%d%%", v.Counts.Satisfied*100/said)
	}
	waits := []domain.QuestionState{domain.QuestionOpen, domain.QuestionDrafted}
	f := storage.QuestionFilter{Office: me.Office, States: waits, Limit: questionsShown}
	switch v.Show {
	case "often":
		found, err := s.misunderstood(ctx, me.Office)
		if err != nil {
			return err
		}
		if v.Clusters, err = s.clusterViews(c, found); err != nil {
			return err
		}
		return s.render(c, v)
	case "review":
		f.States, f.ToReview = nil, true
	case "overdue":
		f.DueBefore = s.Now()
	case "unrouted":
		if !v.Coordinates {
			return domain.Errorf(domain.Forbidden, "没有单位负责的提问由牵头单位分派。")
		}
		f.Office, f.Unrouted = 0, true
	case "all":
		if err := s.findQuestions(c, &v, storage.QuestionFilter{Office: me.Office, Limit: foundShown}); err != nil {
			return err
		}
		return s.render(c, v)
	case "answered":
		f.States = []domain.QuestionState{domain.QuestionAnswered, domain.QuestionWithdrawn}
	default:
		v.Show = "open"
	}
	found, err := s.Store.Questions(ctx, f)
	if err != nil {
		return err
	}
	if v.Rows, err = s.questionRows(c, found); err != nil {
		return err
	}
	return s.render(c, v)
}

// findQuestions fills a page of all questions of an office, by when they were asked
// and what became of them.
func (s *Server) findQuestions(c *fiber.Ctx, v *questionsView, f storage.QuestionFilter) error {
	asked := url.Values{}
	for _, row := range []option{
		{Code: "waiting", Name: "待答复"}, {Code: "overdue", Name: "已逾期，未答复"}, {Code: "answered", Name: "已答复"}, {Code: "late", Name: "已答复，逾期"}, {Code: "withdrawn", Name: "已撤回"},
	} {
		if row.Selected = c.Query("state") == row.Code; row.Selected {
			asked.Set("state", row.Code)
		}
		v.States = append(v.States, row)
	}
	switch waits := []domain.QuestionState{domain.QuestionOpen, domain.QuestionDrafted}; asked.Get("state") {
	case "waiting":
		f.States = waits
	case "overdue":
		f.States, f.DueBefore = waits, s.Now()
	case "answered":
		f.States = []domain.QuestionState{domain.QuestionAnswered}
	case "late":
		f.Late = true
	case "withdrawn":
		f.States = []domain.QuestionState{domain.QuestionWithdrawn}
	}
	v.Days = daysAsked(c, "提问", asked)
	also := limits{c: c, asked: asked}
	var problem error
	also.take("policy", func(id string) string {
		n, err := strconv.ParseInt(id, 10, 64)
		if err != nil {
			return ""
		}
		sums, _, err := s.Store.Policies(c.UserContext(), storage.PolicyFilter{IDs: []domain.PolicyID{domain.PolicyID(n)}})
		if problem = err; err != nil || len(sums) == 0 {
			return ""
		}
		f.Policy = sums[0].ID
		return "政策：" + sums[0].Title
	})
	if problem != nil {
		return problem
	}
	f.AskedSince, f.AskedBefore, f.Theme = v.Days.from, v.Days.before, also.theme(s)
	v.Filtered = len(asked) > 0
	asked.Set("show", "all")
	v.Limits = also.shown()
	current := pageNumber(c)
	f.Offset = (current - 1) * foundShown
	found, total, err := s.Store.FindQuestions(c.UserContext(), f)
	if err != nil {
		return err
	}
	v.Total, v.Pages = total, pager("/console/questions", asked, current, total, foundShown)
	v.Rows, err = s.questionRows(c, found)
	return err
}

func hoursText(d time.Duration) string {
	if d < time.Hour {
		return "1小时内"
	}
	if d < 48*time.Hour {
		return fmt.Sprintf("%d小时", int(d.Round(time.Hour)/time.Hour))
	}
	return fmt.Sprintf("%.1f天", d.Hours()/24)
}

// excerptOf is how a text begins, on one line.
func excerptOf(text string, n int) string {
	text = strings.Join(strings.Fields(text), " ")
	if short := cutRunes(text, n); short != text {
		return short + "…"
	}
	return text
}

func (s *Server) questionRows(c *fiber.Ctx, questions []domain.Question) ([]questionRow, error) {
	named, err := s.named(c, questions)
	if err != nil {
		return nil, err
	}
	rows := make([]questionRow, len(named))
	for i, q := range named {
		excerpt := excerptOf(q.Last().Text, 60)
		if excerpt == "" {
			excerpt = "（已撤回）"
		}
		rows[i] = questionRow{q.Question, q.PolicyTitle, excerpt, dueDay(q.DueAt), q.Overdue(s.Now())}
	}
	return rows, nil
}

func (s *Server) clusterViews(c *fiber.Ctx, found []cluster) ([]clusterView, error) {
	var views []clusterView
	for _, one := range found {
		rows, err := s.questionRows(c, one.Questions)
		if err != nil {
			return nil, err
		}
		v := clusterView{cluster: one, Title: "没有指定政策", Rows: rows}
		if one.Policy != 0 {
			v.Title, v.Draft = rows[0].PolicyTitle, fmt.Sprintf("/console/policies/%d/interpretations/new?kind=qa&question=%d", one.Policy, one.Questions[0].ID)
		}
		views = append(views, v)
	}
	return views, nil
}

// questionDesk is what of questions waits on the desk of an office.
type questionDesk struct {
	storage.QuestionCounts
	Rows  []questionRow // overdue, due today, to be reviewed
	Often []cluster
}

func (s *Server) questionDesk(ctx context.Context, office domain.OfficeID) (questionDesk, error) {
	var d questionDesk
	var err error
	if d.QuestionCounts, err = s.countsOf(ctx, office); err != nil {
		return d, err
	}
	if coordinates, err := s.coordinates(ctx, office); err != nil {
		return d, err
	} else if !coordinates {
		d.Unrouted = 0
	}
	found, err := s.Store.Questions(ctx, storage.QuestionFilter{Office: office, States: []domain.QuestionState{domain.QuestionOpen, domain.QuestionDrafted}, DueBefore: dayEnd(s.Now()), Limit: deskShown})
	if err != nil {
		return d, err
	}
	review, err := s.Store.Questions(ctx, storage.QuestionFilter{Office: office, ToReview: true, Limit: deskShown})
	if err != nil {
		return d, err
	}
	for _, q := range review {
		if !slices.ContainsFunc(found, func(f domain.Question) bool { return f.ID == q.ID }) {
			found = append(found, q)
		}
	}
	for _, q := range found {
		d.Rows = append(d.Rows, questionRow{Question: q, Excerpt: excerptOf(q.Last().Text, 40), Due: dueDay(q.DueAt), Late: q.Overdue(s.Now())})
	}
	d.Often, err = s.misunderstood(ctx, office)
	return d, err
}

// unreviewed finds the interpretations of what an office has published that wait
// for another person than their writer.
func (s *Server) unreviewed(ctx context.Context, office domain.OfficeID, names map[domain.OperatorID]string) ([]outdatedRow, error) {
	items, err := s.Store.UnreviewedInterpretations(ctx, office, deskShown)
	if err != nil {
		return nil, err
	}
	ids := make([]domain.PolicyID, len(items))
	for i, it := range items {
		ids[i] = it.Policy
	}
	if len(ids) == 0 {
		return nil, nil
	}
	sums, _, err := s.Store.Policies(ctx, storage.PolicyFilter{IDs: ids})
	if err != nil {
		return nil, err
	}
	titles := map[domain.PolicyID]string{}
	for _, sum := range sums {
		titles[sum.ID] = sum.Title
	}
	var rows []outdatedRow
	for _, it := range items {
		rows = append(rows, outdatedRow{it.Policy, titles[it.Policy], it.Kind.Label() + "：" + itemTitle(it), names[it.Author] + "编写"})
	}
	return rows, nil
}

// outdatedRow is an interpretation that asks to be checked.
type outdatedRow struct {
	Policy           domain.PolicyID
	Title, What, Why string
}

// outdated finds the published interpretations of an office whose grounds have
// changed, and those that more readers find unclear than helpful, as many as
// point to a misunderstanding.
func (s *Server) outdated(ctx context.Context, office domain.OfficeID) ([]outdatedRow, error) {
	items, err := s.Store.InterpretationsToCheck(ctx, office, 100)
	if err != nil {
		return nil, err
	}
	var rows []outdatedRow
	var policy *domain.Policy
	for _, it := range items {
		if policy == nil || policy.ID != it.Policy {
			if policy, err = s.Store.Policy(ctx, it.Policy); err != nil {
				return nil, err
			}
		}
		if it.Outdated(policy) && len(rows) < deskShown {
			why := "依据的内容有变化"
			if it.Groundless() {
				why = "突出的数字还没有选依据的条款"
			}
			rows = append(rows, outdatedRow{policy.ID, policy.Title, it.Kind.Label() + "：" + itemTitle(it), why})
		}
	}
	feedback, err := s.Store.Feedback(ctx, office, 0)
	if err != nil {
		return nil, err
	}
	for _, f := range feedback {
		if f.Unclear < s.Questions.filled().Often || f.Unclear <= f.Helpful || len(rows) == deskShown {
			continue
		}
		it, err := s.Store.Interpretation(ctx, f.Item)
		if err != nil {
			return nil, err
		}
		if policy == nil || policy.ID != f.Policy {
			if policy, err = s.Store.Policy(ctx, f.Policy); err != nil {
				return nil, err
			}
		}
		rows = append(rows, outdatedRow{policy.ID, policy.Title, it.Kind.Label() + "：" + itemTitle(it), saidText(f)})
	}
	return rows, nil
}

// answeringView is one question for the office that answers it.
type answeringView struct {
	Page
	Q        domain.Question
	Policy   *domain.Policy
	Rounds   []roundView
	Names    map[domain.OperatorID]string
	Offices  map[domain.OfficeID]string
	Others   []option      // offices it can go to
	Likely   []card        // policies it is probably about, while none is named
	Known    []similarView // what the policy answers already to the like
	Clauses  []option
	Due      string
	Late     bool
	Guessed  []int // years whose holidays the time limit does not know
	Acts     bool  // this operator may answer
	Reviews  bool  // and this one may review
	Seen     string
	Routes   bool
	Adopts   bool   // the policy is this office's
	Found    string // what looks personal in the question
	Text     string // the answer as typed
	Ask, QA  string // what an item would say
	Problems problems
}

func (answeringView) template() string { return "console/question" }

// handedTo returns the question of the address to its office, or, while nobody
// is responsible, to the one that coordinates.
func (s *Server) handedTo(c *fiber.Ctx) (q domain.Question, coordinates bool, err error) {
	id, err := idParam(c, "id")
	if err != nil {
		return q, false, err
	}
	if q, err = s.Store.Question(c.UserContext(), domain.QuestionID(id)); err != nil {
		return q, false, err
	}
	me := operatorOf(c).operator
	if coordinates, err = s.coordinates(c.UserContext(), me.Office); err != nil {
		return q, false, err
	}
	if q.Office != me.Office && (q.Office != 0 || !coordinates) {
		return q, false, domain.Errorf(domain.Forbidden, "这个提问由其他单位答复，您不能查看。")
	}
	return q, coordinates, nil
}

func (s *Server) answerPage(c *fiber.Ctx) error {
	q, _, err := s.handedTo(c)
	if err != nil {
		return err
	}
	return s.showAnswer(c, answeringView{Q: q})
}

func (s *Server) showAnswer(c *fiber.Ctx, v answeringView, cited ...string) error {
	ctx := c.UserContext()
	var err error
	if v.Page, err = s.consolePage(c, fmt.Sprintf("提问%d", v.Q.ID), "questions"); err != nil {
		return err
	}
	markProblems(c, &v.Page, v.Problems)
	if v.Policy, err = s.policyAsked(ctx, &v.Q); err != nil {
		return err
	}
	if v.Names, err = s.operatorNames(ctx); err != nil {
		return err
	}
	if v.Offices, err = s.officeNames(ctx); err != nil {
		return err
	}
	me := operatorOf(c).operator
	offices, err := s.Store.Offices(ctx)
	if err != nil {
		return err
	}
	for _, o := range offices {
		v.Others = append(v.Others, option{Code: strconv.FormatInt(int64(o.ID), 10), Name: o.Name, Selected: o.ID == v.Q.Office})
	}
	last := v.Q.Last()
	v.Rounds, v.Due, v.Late = roundsOf(&v.Q, v.Policy), dueDay(v.Q.DueAt), v.Q.Overdue(s.Now())
	if v.Q.State.Waits() {
		v.Guessed = s.guessed(v.Q.AskedAt, v.Q.DueAt)
	}
	mine := v.Q.Office == me.Office && allowed(me, toRelease)
	v.Acts = mine && v.Q.State != domain.QuestionWithdrawn
	v.Reviews = mine && last.Draft != nil && last.Draft.By != me.ID && allowed(me, toApprove)
	v.Seen = seenOf(last.Draft)
	v.Routes = allowed(me, toRelease) && v.Q.State.Waits()
	if v.Routes && v.Policy == nil {
		if v.Likely, err = s.mayAnswer(c, last.Text); err != nil {
			return err
		}
	}
	if v.Acts && v.Policy != nil && v.Q.State.Waits() {
		items, err := s.Store.Interpretations(ctx, v.Policy.ID, true)
		if err != nil {
			return err
		}
		if v.Known, _, err = s.findWithin(ctx, v.Policy, last.Text, items); err != nil {
			return err
		}
	}
	if v.Policy != nil {
		switch {
		case len(cited) > 0:
		case last.Draft != nil:
			cited = last.Draft.Clauses
		case last.Answer != nil:
			cited = last.Answer.Clauses
		}
		v.Clauses = clauseOptions(v.Policy, cited...)
		v.Adopts = mine && last.Answer != nil && last.Draft == nil && v.Q.Item == 0 && mayExplain(me, v.Policy)
	}
	if v.Text == "" {
		switch {
		case last.Draft != nil:
			v.Text = last.Draft.Text
		case last.Answer != nil:
			v.Text = last.Answer.Text
		}
	}
	var kinds []string
	for _, r := range v.Q.Rounds {
		_, found := domain.MaskPersonal(r.Text)
		for _, kind := range found {
			if !slices.Contains(kinds, kind) {
				kinds = append(kinds, kind)
			}
		}
	}
	v.Found = strings.Join(kinds, "、")
	if v.Adopts && v.Ask == "" {
		v.Ask = asQuestion(impersonal(last.Text))
		v.QA, _ = domain.MaskPersonal(last.Answer.Text)
	}
	return s.render(c, v)
}

// impersonal is what a question says without the parts that hold something
// personal; if nothing else is said, marks stand in place of that.
func impersonal(text string) string {
	var b strings.Builder
	for rest := text; rest != ""; {
		part := rest
		if at := strings.IndexAny(rest, "，。？！；?!;\n"); at >= 0 {
			_, n := utf8.DecodeRuneInString(rest[at:])
			part = rest[:at+n]
		}
		rest = rest[len(part):]
		if len(domain.FindPersonal(part)) == 0 {
			b.WriteString(part)
		}
	}
	if said := strings.TrimSpace(b.String()); domain.CheckQuestion(said) == nil {
		return strings.TrimRight(said, "，；;")
	}
	masked, _ := domain.MaskPersonal(text)
	return masked
}

// asQuestion ends a text with the mark that a question has.
func asQuestion(text string) string {
	text = strings.TrimRight(text, "。.！! \n")
	if !strings.HasSuffix(text, "？") && !strings.HasSuffix(text, "?") {
		text += "？"
	}
	return text
}

// actOnQuestion takes what an officer decides on a question.
func (s *Server) actOnQuestion(c *fiber.Ctx) error {
	ctx := c.UserContext()
	q, coordinates, err := s.handedTo(c)
	if err != nil {
		return err
	}
	policy, err := s.policyAsked(ctx, &q)
	if err != nil {
		return err
	}
	me, now, why, terms := operatorOf(c).operator, s.Now(), field(c, "why"), s.Questions.filled()
	before := q
	var owed []domain.Notice
	tell := func(kind domain.NoticeKind) {
		if q.Subscriber != 0 {
			owed = append(owed, domain.Notice{Subscriber: q.Subscriber, Channel: q.Channel, Kind: kind, Due: q.DueAt, At: now})
		}
	}
	const looksUp = "提问人没有登录，凭编号和查询码看，不另告知。"
	do := field(c, "do")
	said, action, at := "", "", "why"
	switch do {
	case "draft":
		at, action, said = "answer", "answer", "答复已保存，由另一位工作人员审核后发给提问人。"
		err = q.Write(me, domain.CleanText(c.FormValue("answer")), policy, fields(c, "cited"), now)
	case "approve":
		var corrects bool
		draft := q.Last().Draft
		action, said = "answer-approve", "答复已审核，按提问人选择的方式告知。"
		if q.Subscriber == 0 {
			said = "答复已审核。" + looksUp
		}
		corrects, err = q.Approve(me, policy, now)
		if err == nil && s.unseen(c, draft) {
			return c.Redirect(fmt.Sprintf("/console/questions/%d", q.ID), fiber.StatusSeeOther)
		}
		if err == nil && corrects {
			tell(domain.NoticeCorrected)
			if q.Item != 0 {
				said += "由它转成的问答没有跟着改，请到解读里更正；审核后会告诉看过的人。"
			}
		} else if err == nil {
			tell(domain.NoticeAnswered)
		}
	case "return":
		action, said = "answer-return", "已退回起草人。"
		err = q.Return(me, why)
	case "complex":
		action, said = "question-complex", "已标为复杂提问。"
		err = q.Prolong(me, why, now, s.dueAfter(q.AskedAt, terms.Complex))
	case "extend":
		action, said = "question-extend", "已延期，并告知提问人。"
		if q.Subscriber == 0 {
			said = "已延期。" + looksUp
		}
		if err = q.Extend(me, why, now, s.dueAfter(q.DueAt.Add(-time.Minute), terms.Extension)); err == nil {
			tell(domain.NoticeExtended)
		}
	case "move":
		action, said = "question-move", "已转办。"
		to, named := domain.OfficeID(0), q.Policy
		if n, err := strconv.ParseInt(field(c, "office"), 10, 64); err == nil {
			to = domain.OfficeID(n)
		}
		if typed := field(c, "policy"); typed != "" {
			if named, err = s.policyNamed(ctx, typed); err != nil {
				break
			}
		}
		if names, lookup := s.officeNames(ctx); lookup != nil {
			return lookup
		} else if names[to] == "" {
			to = 0
		}
		err = q.Route(me, coordinates, to, named, why, now)
	case "adopt":
		return s.adoptAnswer(c, &q, policy)
	default:
		err = domain.Errorf(domain.Invalid, "请选择要做什么。")
	}
	if domain.KindOf(err) == domain.Invalid {
		words, _ := shownError(err)
		return s.showAnswer(c, answeringView{Q: before, Text: domain.CleanText(c.FormValue("answer")), Problems: problems{{at, words}}}, fields(c, "cited")...)
	}
	if err != nil {
		return err
	}
	if err := s.Store.SaveQuestion(ctx, &q, owed...); err != nil {
		return err
	}
	if len(owed) > 0 && s.Wake != nil {
		s.Wake()
	}
	if err := s.audit(c, action, fmt.Sprintf("question/%d", q.ID), ""); err != nil {
		return err
	}
	s.setFlash(c, "pine", said)
	if q.Office != me.Office {
		return c.Redirect("/console/questions", fiber.StatusSeeOther)
	}
	return c.Redirect(fmt.Sprintf("/console/questions/%d", q.ID), fiber.StatusSeeOther)
}

// policyNamed finds a published policy by its number here or its 文号.
func (s *Server) policyNamed(ctx context.Context, typed string) (domain.PolicyID, error) {
	f := storage.PolicyFilter{Statuses: public, Query: typed, Limit: 20}
	if id, err := strconv.ParseInt(typed, 10, 64); err == nil {
		f.Query, f.IDs = "", []domain.PolicyID{domain.PolicyID(id)}
	}
	found, _, err := s.Store.Policies(ctx, f)
	if err != nil {
		return 0, err
	}
	for _, p := range found {
		if len(f.IDs) > 0 || p.DocNumber == typed {
			return p.ID, nil
		}
	}
	return 0, domain.Errorf(domain.Invalid, "没有已公布的政策“%s”，请填写文号或政策页网址里的编号", cutRunes(typed, 40))
}

// adoptAnswer makes an answer a question and answer of its policy, which waits
// for its review like any other. Nothing that looks personal goes in.
func (s *Server) adoptAnswer(c *fiber.Ctx, q *domain.Question, policy *domain.Policy) error {
	me := operatorOf(c).operator
	v := answeringView{Q: *q, Ask: domain.CleanText(c.FormValue("ask")), QA: domain.CleanText(c.FormValue("qa"))}
	last := q.Last()
	switch {
	case q.Item != 0:
		return c.Redirect(policyPath(q.Policy, "interpretations"), fiber.StatusSeeOther) // sent twice
	case last.Answer == nil || policy == nil:
		return domain.Errorf(domain.Conflict, "还没有审核过的答复，不能转为问答。")
	case !mayExplain(me, policy):
		return domain.Errorf(domain.Forbidden, "这份政策由其他单位解读，或已不能再增改解读。")
	}
	it := interpretations.Item{
		Policy: policy.ID, Kind: interpretations.QAKind, State: interpretations.Draft, Author: me.ID, CreatedAt: s.Now(),
		QA: &interpretations.QA{Question: v.Ask, Answer: v.QA, Clauses: last.Answer.Clauses},
	}
	it.Bind(policy)
	if _, kinds := domain.MaskPersonal(v.Ask + "\n" + v.QA); len(kinds) > 0 {
		v.Problems.add("ask", "还有个人信息（"+strings.Join(kinds, "、")+"），请删去再转为问答")
	} else if err := it.Check(policy); err != nil {
		text, ok := placedError(err)
		if !ok {
			return err
		}
		if n := utf8.RuneCountInString(v.QA); n > 200 {
			text = fmt.Sprintf("问答里的答复最多200字，现在有%d字，请写得短些", n)
		}
		v.Problems.add("ask", text)
	}
	if len(v.Problems) > 0 {
		return s.showAnswer(c, v)
	}
	if err := s.Store.AdoptAnswer(c.UserContext(), q, &it); err != nil {
		return err
	}
	if err := s.audit(c, "question-adopt", fmt.Sprintf("question/%d", q.ID), ""); err != nil {
		return err
	}
	s.setFlash(c, "pine", "已转为问答草稿，由另一位工作人员审核后对公众显示。")
	return c.Redirect(policyPath(q.Policy, "interpretations"), fiber.StatusSeeOther)
}

// toldOfCorrection lists what is owed when a question and answer is corrected:
// a notice to everybody who read its words since they were first shown, and to
// those whom the answer that it was made of helped.
func (s *Server) toldOfCorrection(ctx context.Context, it interpretations.Item, since time.Time) ([]domain.Notice, error) {
	readers, err := s.Store.QAReaders(ctx, it.Policy, since)
	if err != nil {
		return nil, err
	}
	questions, err := s.Store.Questions(ctx, storage.QuestionFilter{Policy: it.Policy})
	if err != nil {
		return nil, err
	}
	for _, q := range questions {
		if q.Item != it.ID {
			continue
		}
		helped, err := s.Store.AnswerReaders(ctx, q.ID)
		if err != nil {
			return nil, err
		}
		readers = append(readers, helped...)
	}
	slices.Sort(readers)
	var owed []domain.Notice
	for _, id := range slices.Compact(readers) {
		owed = append(owed, domain.Notice{Subscriber: id, Channel: domain.App, Kind: domain.NoticeCorrected, At: s.Now()})
	}
	return owed, nil
}
