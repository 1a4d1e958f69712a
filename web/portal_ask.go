package web

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/auth"
	"policypush/internal/domain"
	"policypush/internal/search"
	"policypush/internal/storage"
	"policypush/interpretations"
)

const (
	askedPerMinute = 10 // from one network address
	askedAtOnce    = 20 // questions of one person that wait for an answer
	draftKept      = 24 * time.Hour
)

// askView is a question before it is sent: with the answers that are there
// already, and how its asker wants to be told.
type askView struct {
	Page
	Policy   *domain.Policy // nil: any
	Form     askForm
	Action   string // where it is posted
	Similar  []similarView
	Found    []passage // that may answer
	Policies []option  // that the question may be about, while none is named
	Personal string    // what looks personal in the question
	Seen     bool      // the answers were looked for: it can be sent
	Promise  string
	Channels []option // empty: nobody is signed in
	Themes   []optionGroup
	Offices  []option // that may be asked without naming a policy; empty where there is one
	Problems problems
}

// askForm is what was typed. It is kept while somebody signs in.
type askForm struct {
	Policy                     domain.PolicyID
	Office                     domain.OfficeID // that was chosen, without a policy
	Text, Theme, Channel, Once string
}

func (askView) template() string { return "portal/ask" }

// askPage shows an empty form, or what was typed before signing in.
func (s *Server) askPage(c *fiber.Ctx) error {
	form := askForm{Policy: domain.PolicyID(c.QueryInt("policy")), Theme: c.Query("theme")}
	if about := c.QueryInt("about"); about > 0 {
		it, err := s.publicAnswer(c.UserContext(), form.Policy, int64(about))
		if err != nil {
			return err
		}
		form.Text = "“" + it.QA.Question + "”的答复我还不清楚："
		return s.showAsk(c, askView{Form: form})
	}
	if draft := c.Query("draft"); draft != "" {
		kept, err := s.Store.Session(c.UserContext(), draftToken(draft), s.Now())
		if err == nil {
			err = json.Unmarshal([]byte(kept.Data), &form)
		}
		if err != nil {
			return domain.Errorf(domain.NotFound, "没有这份没发出的提问，可能已发出，或已超过一天。")
		}
	}
	return s.showAsk(c, askView{Form: form, Seen: form.Text != ""})
}

func draftToken(once string) []byte { return auth.HashToken("ask " + once) }

// showAsk shows the form with what was typed in it.
func (s *Server) showAsk(c *fiber.Ctx, v askView) error {
	ctx := c.UserContext()
	var err error
	if v.Page, err = s.page(c, "问政策"); err != nil {
		return err
	}
	v.Section = "ask"
	if len(v.Problems) > 0 {
		v.Title = "出错：" + v.Title
		if c.Response().StatusCode() == fiber.StatusOK {
			c.Status(fiber.StatusUnprocessableEntity)
		}
	}
	v.Robots = "noindex"
	noStore(c)
	v.Action = "/ask"
	if v.Form.Policy != 0 {
		v.Action = fmt.Sprintf("/policies/%d/ask", v.Form.Policy)
		if v.Policy, err = s.Store.Policy(ctx, v.Form.Policy); err != nil {
			return err
		}
		if _, err := s.mayRead(c, v.Policy); err != nil {
			return err
		}
	}
	if !slices.ContainsFunc([]rune(v.Form.Once), func(r rune) bool { return r < '0' || r > 'z' }) && len(v.Form.Once) >= 20 && len(v.Form.Once) <= 64 {
		v.Form.Once = strings.Clone(v.Form.Once)
	} else {
		v.Form.Once = rand.Text()
	}
	offices, err := s.Store.Offices(ctx)
	if err != nil {
		return err
	}
	office, err := s.officeAsked(ctx, v.Policy, v.Form, offices)
	if err != nil {
		return err
	}
	v.Promise = s.promise(office, offices)
	if v.Policy == nil && len(offices) > 1 {
		for _, o := range offices {
			v.Offices = append(v.Offices, option{Code: strconv.FormatInt(int64(o.ID), 10), Name: o.Name, Selected: o.ID == v.Form.Office})
		}
	}
	if v.Channels, err = s.answerChannels(c, v.Form.Channel); err != nil {
		return err
	}
	v.Themes = s.themeGroups(v.Form.Theme)
	return s.render(c, v)
}

// answerChannels lists over what the signed-in reader can be told.
func (s *Server) answerChannels(c *fiber.Ctx, chosen string) ([]option, error) {
	r, err := s.reader(c)
	if err != nil || r == nil || r.subscriber == nil {
		return nil, err
	}
	options := []option{{Code: string(domain.App), Name: "站内消息"}}
	for _, kind := range []domain.ChannelKind{domain.SMS, domain.Email} {
		if at := domain.ChooseContact(r.subscriber.Contacts, kind, nil); at >= 0 && r.subscriber.Contacts[at].Suppressed == "" && s.Modes[kind] != "off" {
			options = append(options, option{Code: string(kind), Name: kind.Label() + "（" + r.subscriber.Contacts[at].Masked() + "）"})
		}
	}
	if chosen == "" {
		chosen = options[0].Code
	}
	for i := range options {
		options[i].Selected = options[i].Code == chosen
	}
	return options, nil
}

// ask takes a question in two steps: what is typed is first shown beside the
// answers that are there already, and sent with the second step. Whatever goes
// wrong, the words stay; sent twice, it is one question.
func (s *Server) ask(c *fiber.Ctx) error {
	ctx := c.UserContext()
	form := askForm{
		Policy: domain.PolicyID(c.QueryInt("policy")), Text: domain.CleanText(c.FormValue("question")), Theme: field(c, "theme"),
		Channel: field(c, "channel"), Once: field(c, "once"),
	}
	if id, err := c.ParamsInt("id"); err == nil {
		form.Policy = domain.PolicyID(id)
	} else if id, err := strconv.ParseInt(field(c, "policy"), 10, 64); err == nil { // chosen among those that were found
		form.Policy = domain.PolicyID(id)
	}
	if id, err := strconv.ParseInt(field(c, "office"), 10, 64); err == nil && form.Policy == 0 {
		form.Office = domain.OfficeID(id)
	}
	v := askView{Form: form}
	do := field(c, "do")
	fromElsewhere := c.Get("Sec-Fetch-Site", "same-origin") != "same-origin"
	if fromElsewhere {
		if err := s.forged(c); err != nil {
			return err
		}
	}
	switch err := domain.CheckQuestion(form.Text); {
	case !fromElsewhere && personal(c) && s.forged(c) != nil:
		v.Problems.add("question", "页面放得太久了，或刚登录过。您写的都还在，请再提交一次")
	case do == "solved":
	case s.asking.Try(c.IP(), s.Now()) > 0:
		c.Status(fiber.StatusTooManyRequests)
		v.Problems.add("question", "提交得太快了。您写的都还在，请过一分钟再提交")
	case err != nil:
		text, ok := shownError(err)
		if !ok {
			return err
		}
		v.Problems.add("question", text)
	}
	if len(v.Problems) > 0 {
		return s.showAsk(c, v)
	}
	r, err := s.reader(c)
	if err != nil {
		return err
	}
	signedIn := r != nil && r.subscriber != nil
	switch {
	case do == "solved":
		return s.solved(c, form.Policy, r)
	case do == "signin" || !signedIn && form.Channel != "": // they were signed in when they chose
		return s.keepAsked(c, form)
	case do != "send" || len(form.Once) < 20:
		if err := s.findSimilar(c, &v); err != nil {
			return err
		}
		v.Seen = true
		return s.showAsk(c, v)
	}
	q := domain.Question{Policy: form.Policy, Theme: form.Theme, Once: auth.HashToken(form.Once)}
	code := ""
	if signedIn {
		q.Subscriber, q.Channel = r.subscriber.ID, domain.ChannelKind(form.Channel)
		channels, err := s.answerChannels(c, "")
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(channels, func(o option) bool { return o.Code == form.Channel }) {
			v.Problems.add("channel", "请选择怎么收答复")
		}
		waiting, err := s.Store.Questions(ctx, storage.QuestionFilter{Subscriber: q.Subscriber, States: []domain.QuestionState{domain.QuestionOpen, domain.QuestionDrafted}})
		if err != nil {
			return err
		}
		if len(waiting) >= askedAtOnce {
			v.Problems.add("question", fmt.Sprintf("您已有%d个提问在等答复，请先等答复，或撤回不再需要的。您写的都还在", len(waiting)))
		}
		if len(v.Problems) > 0 {
			v.Seen = true
			return s.showAsk(c, v)
		}
	} else {
		code = s.questionCode(form.Once)
		q.Code = auth.HashToken(code)
	}
	var policy *domain.Policy
	if form.Policy != 0 {
		if policy, err = s.Store.Policy(ctx, form.Policy); err != nil {
			return err
		}
		if _, err := s.mayRead(c, policy); err != nil {
			return err
		}
	}
	offices, err := s.Store.Offices(ctx)
	if err != nil {
		return err
	}
	if q.Office, err = s.officeAsked(ctx, policy, form, offices); err != nil {
		return err
	}
	if err := q.Ask(form.Text, s.Now(), s.dueAfter(s.Now(), s.Questions.filled().Simple)); err != nil {
		return err
	}
	if _, err := s.Store.AskQuestion(ctx, &q); err != nil {
		return err
	}
	if err := s.Store.DeleteSession(ctx, draftToken(form.Once)); err != nil {
		return err
	}
	s.setFlash(c, "pine", fmt.Sprintf("问题已提交，编号%d，%s前答复。", q.ID, longDate(dueDay(q.DueAt))))
	return c.Redirect(questionPath(q.ID, code), fiber.StatusSeeOther)
}

// questionPath is the page of a question; code opens it without an account.
func questionPath(id domain.QuestionID, code string) string {
	if code == "" {
		return fmt.Sprintf("/questions/%d", id)
	}
	return fmt.Sprintf("/questions/%d?code=%s", id, url.QueryEscape(code))
}

// questionCode is what opens the page of a question that was sent with a form.
func (s *Server) questionCode(once string) string {
	return base32.StdEncoding.EncodeToString(s.sign("question", []byte(once)))[:10]
}

// keepAsked keeps what was typed, sealed, for a day, and leads to the sign-in.
func (s *Server) keepAsked(c *fiber.Ctx, form askForm) error {
	if len(form.Once) < 20 {
		form.Once = rand.Text()
	}
	data, err := json.Marshal(form)
	if err != nil {
		return err
	}
	err = s.Store.SaveSession(c.UserContext(), storage.Session{
		TokenHash: draftToken(form.Once), Data: string(data), CreatedAt: s.Now(), Expires: s.Now().Add(draftKept),
	})
	if err != nil {
		return err
	}
	s.setFlash(c, "pine", "您写的问题已暂存，登录后接着提交。")
	return c.Redirect("/login?to="+url.QueryEscape("/ask?draft="+form.Once), fiber.StatusSeeOther)
}

// similarPassages is how many passages of other policies are shown.
const similarPassages = 3

// findSimilar looks for what answers already: the answers of the policy that
// was named to questions like this one, else what the search finds in it, else
// passages of any policy. What looks personal in the question is left aside.
func (s *Server) findSimilar(c *fiber.Ctx, v *askView) error {
	ctx := c.UserContext()
	_, personal := domain.MaskPersonal(v.Form.Text)
	v.Personal = strings.Join(personal, "、")
	if v.Form.Policy != 0 {
		policy, err := s.Store.Policy(ctx, v.Form.Policy)
		if err != nil {
			return err
		}
		items, err := s.Store.Interpretations(ctx, policy.ID, true)
		if err != nil {
			return err
		}
		if v.Similar, v.Found, err = s.findWithin(ctx, policy, v.Form.Text, items); err != nil {
			return err
		}
		if len(v.Similar) > 0 {
			_, err := s.noteRead(c, policy, items)
			return err
		}
		if len(v.Found) > 0 {
			return nil
		}
	}
	likely, err := s.mayAnswer(c, piecesOf(v.Form.Text)[0])
	for _, card := range likely {
		v.Found = append(v.Found, *card.Found)
		if v.Form.Policy == 0 {
			v.Policies = append(v.Policies, option{Code: strconv.FormatInt(int64(card.ID), 10), Name: card.Title})
		}
	}
	return err
}

// findWithin looks for what a policy says already to a question: its questions
// and answers that are alike, else the passages that the search finds in it,
// which knows other words for the same; of these too the questions and answers,
// and the text where none of them fits.
func (s *Server) findWithin(ctx context.Context, policy *domain.Policy, question string, items []interpretations.Item) (answers []similarView, found []passage, err error) {
	pieces := piecesOf(question)
	if answers = similar(pieces[0], items); len(answers) > 0 {
		return answers, nil, nil
	}
	best := map[string]search.Result{}
	for _, text := range pieces {
		results, err := s.answering(ctx, search.Request{Text: text, Key: searchKey(policy.ID), Least: search.SureWithin, Limit: 1})
		if err != nil {
			return nil, nil, err
		}
		for _, r := range results {
			if r.Score > best[r.Ref].Score {
				best[r.Ref] = r
			}
		}
	}
	for i, cl := range policy.Clauses {
		if cl.Kind == domain.HeadClause || cl.Kind == domain.SignatureClause || cl.Kind == domain.NoteClause {
			delete(best, interpretations.Anchor(i)) // 18 people are no 18号
		}
	}
	for _, r := range slices.SortedFunc(maps.Values(best), func(a, b search.Result) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Ref, b.Ref))
	}) {
		at := slices.IndexFunc(items, func(it interpretations.Item) bool { return r.Kind == search.Answer && r.Ref == answerRef(it.ID) })
		switch {
		case at >= 0:
			answers = append(answers, similarOf(items[at]))
		case r.Kind != search.Answer: // else it was changed this moment
			found = append(found, *foundPassage(policy.ID, r))
		}
	}
	return answers[:min(len(answers), similarShown)], found[:min(len(found), similarPassages)], nil
}

// A question is looked for as it is, and part by part: most tell first who asks.
const (
	mostPieces   = 6
	shortestPart = 5 // characters
)

// piecesOf returns a question without the parts in which something personal
// stands, and each of the others that says enough.
func piecesOf(text string) []string {
	var said []string
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("，。？！；,?!;\n", r) }) {
		if len(domain.FindPersonal(part)) == 0 {
			said = append(said, strings.TrimSpace(part))
		}
	}
	pieces := []string{strings.Join(said, "，")}
	for _, part := range said {
		if len(said) > 1 && len(pieces) <= mostPieces && utf8.RuneCountInString(part) >= shortestPart {
			pieces = append(pieces, part)
		}
	}
	return pieces
}

// mayAnswer finds policies in force that probably answer a question, each with
// the passage that does.
func (s *Server) mayAnswer(c *fiber.Ctx, question string) ([]card, error) {
	results, err := s.answering(c.UserContext(), search.Request{Text: question, Floor: relevant, Least: search.Sure, Limit: similarPassages, InForce: true})
	if err != nil {
		return nil, err
	}
	list := libraryView{Query: question} // cards of a query show what was found
	err = s.foundCards(c, &list, results)
	return list.Cards, err
}

// answering asks the search, of a long question how it begins.
func (s *Server) answering(ctx context.Context, req search.Request) ([]search.Result, error) {
	if err := s.Search.CatchUp(ctx); err != nil || !s.Search.Built() {
		return nil, err
	}
	req.Text, req.Today = cutRunes(req.Text, 100), s.today()
	page, err := s.Search.Search(ctx, req)
	if err != nil {
		return nil, err
	}
	return page.Results, nil
}

// solved ends asking: an answer that is there already will do.
func (s *Server) solved(c *fiber.Ctx, policy domain.PolicyID, r *reader) error {
	item, err := strconv.ParseInt(field(c, "item"), 10, 64)
	if err != nil {
		item = 0
	}
	said, err := s.noteHelped(c.UserContext(), policy, item, r)
	if err != nil {
		return err
	}
	s.setFlash(c, "pine", said)
	return c.Redirect(fmt.Sprintf("/policies/%d#qa", policy), fiber.StatusSeeOther)
}

// noteRead notes that somebody who is signed in is shown the questions and
// answers of a policy in force, to tell them when one is corrected; not of
// who turned personalisation off. It tells whether that is kept.
func (s *Server) noteRead(c *fiber.Ctx, policy *domain.Policy, items []interpretations.Item) (bool, error) {
	r, err := s.reader(c)
	if err != nil || r == nil || r.subscriber == nil || r.subscriber.Subscription.Unmatched || policy.Status != domain.Published {
		return false, err
	}
	var since time.Time
	for _, it := range items {
		if it.QA != nil && it.ShownSince().After(since) {
			since = it.ShownSince()
		}
	}
	if since.IsZero() {
		return false, nil
	}
	return true, s.Store.ReadQA(c.UserContext(), policy.ID, r.subscriber.ID, since, s.Now())
}

// noteHelped thanks a reader whom an answer helped. Of somebody who signed in
// is noted that it did, to tell them if it is corrected; of others nothing.
func (s *Server) noteHelped(ctx context.Context, policy domain.PolicyID, item int64, r *reader) (string, error) {
	said := "很高兴这条答复帮到了您。"
	if item == 0 || r == nil || r.subscriber == nil {
		return said, nil
	}
	questions, err := s.Store.Questions(ctx, storage.QuestionFilter{Policy: policy, States: []domain.QuestionState{domain.QuestionAnswered}})
	if err != nil {
		return "", err
	}
	for _, q := range questions {
		if q.Item != item || q.Subscriber == r.subscriber.ID {
			continue
		}
		if err := s.Store.ReadAnswer(ctx, q.ID, r.subscriber.ID, true, s.Now()); err != nil {
			return "", err
		}
		said += "如果它以后更正，会用站内消息告诉您；不需要的话，可以在“我的提问”里删掉这条记录。"
	}
	return said, nil
}

// publicAnswer returns a question and answer that readers of a policy see.
func (s *Server) publicAnswer(ctx context.Context, policy domain.PolicyID, id int64) (interpretations.Item, error) {
	it, err := s.Store.Interpretation(ctx, id)
	if err == nil && (it.Policy != policy || it.QA == nil || it.State != interpretations.Approved) {
		err = domain.Errorf(domain.NotFound, "没有这条问答，可能已修改或删除。")
	}
	return it, err
}

// sayOfAnswer takes what a reader says of a question and answer: the number of
// those who say so reaches its writers, and who is still not clear asks on.
func (s *Server) sayOfAnswer(c *fiber.Ctx) error {
	ctx := c.UserContext()
	id, err := c.ParamsInt("id")
	if err != nil {
		return fiber.ErrNotFound
	}
	policy, err := s.Store.Policy(ctx, domain.PolicyID(id))
	if err != nil {
		return err
	}
	if _, err := s.mayRead(c, policy); err != nil {
		return err
	}
	for _, say := range []domain.Feedback{domain.Helpful, domain.Unclear} {
		item, err := strconv.ParseInt(field(c, string(say)), 10, 64)
		if err != nil {
			continue
		}
		if _, err := s.publicAnswer(ctx, policy.ID, item); err != nil {
			return err
		}
		if err := s.Store.CountFeedback(ctx, item, say); err != nil {
			return err
		}
		if say == domain.Unclear {
			return c.Redirect(fmt.Sprintf("/ask?policy=%d&about=%d", policy.ID, item), fiber.StatusSeeOther)
		}
		r, err := s.reader(c)
		if err != nil {
			return err
		}
		said, err := s.noteHelped(ctx, policy.ID, item, r)
		if err != nil {
			return err
		}
		s.setFlash(c, "pine", said)
		return c.Redirect(fmt.Sprintf("/policies/%d#qa-%d", policy.ID, item), fiber.StatusSeeOther)
	}
	return domain.Errorf(domain.Invalid, "请选择“有帮助”或“还不清楚”")
}
