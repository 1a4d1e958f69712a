package web

import (
	"context"
	"crypto/subtle"
	"fmt"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/auth"
	"policypush/internal/domain"
	"policypush/internal/storage"
)

// myQuestionsView lists the questions of the reader, and finds those of others
// by number and code.
type myQuestionsView struct {
	Page
	Rows     []myQuestion
	Helped   []myQuestion // answers to others
	Read     []storage.QARead
	Days     int // that is kept
	Number   string
	Problems problems
}

type myQuestion struct {
	domain.Question
	PolicyTitle string
}

// Excerpt is how a question begins: by that its asker knows it.
func (q myQuestion) Excerpt() string { return excerptOf(q.Rounds[0].Text, 40) }

func (myQuestionsView) template() string { return "portal/questions" }

func (s *Server) questionsOf(c *fiber.Ctx) error { return s.showMyQuestions(c, "", nil) }

func (s *Server) showMyQuestions(c *fiber.Ctx, number string, ps problems) error {
	ctx := c.UserContext()
	p, err := s.wizardPage(c, "我的提问", ps)
	if err != nil {
		return err
	}
	p.Section = ""
	v := myQuestionsView{Page: p, Number: number, Problems: ps, Days: int(domain.KeepRead.Hours() / 24)}
	r, err := s.reader(c)
	if err != nil {
		return err
	}
	if r != nil && r.subscriber != nil {
		mine, err := s.Store.Questions(ctx, storage.QuestionFilter{Subscriber: r.subscriber.ID, Limit: 200})
		if err != nil {
			return err
		}
		helped, err := s.Store.ReadAnswers(ctx, r.subscriber.ID)
		if err != nil {
			return err
		}
		if v.Read, err = s.Store.ReadQAs(ctx, r.subscriber.ID); err != nil {
			return err
		}
		if v.Rows, err = s.named(c, mine); err != nil {
			return err
		}
		if v.Helped, err = s.named(c, helped); err != nil {
			return err
		}
	}
	return s.render(c, v)
}

// named adds the titles of the policies that questions are about.
func (s *Server) named(c *fiber.Ctx, questions []domain.Question) ([]myQuestion, error) {
	ids := map[domain.PolicyID]string{}
	var asked []domain.PolicyID
	for _, q := range questions {
		if _, known := ids[q.Policy]; q.Policy != 0 && !known {
			ids[q.Policy] = ""
			asked = append(asked, q.Policy)
		}
	}
	if len(asked) > 0 {
		sums, _, err := s.Store.Policies(c.UserContext(), storage.PolicyFilter{IDs: asked})
		if err != nil {
			return nil, err
		}
		for _, sum := range sums {
			ids[sum.ID] = sum.Title
		}
	}
	rows := make([]myQuestion, len(questions))
	for i, q := range questions {
		rows[i] = myQuestion{q, ids[q.Policy]}
	}
	return rows, nil
}

// forgetAnswer deletes the record that an answer helped the reader.
func (s *Server) forgetAnswer(c *fiber.Ctx) error {
	return s.forget(c, "已删除。这条答复更正时不再告诉您。", func(ctx context.Context, id int64, sub domain.SubscriberID) error {
		return s.Store.ReadAnswer(ctx, domain.QuestionID(id), sub, false, s.Now())
	})
}

// forgetQA deletes the record that the reader was shown the questions and
// answers of a policy.
func (s *Server) forgetQA(c *fiber.Ctx) error {
	const done = "已删除。再看这份政策的问答时会重新记下；不想记，可以关闭个性化匹配。"
	return s.forget(c, done, func(ctx context.Context, id int64, sub domain.SubscriberID) error {
		return s.Store.ForgetQA(ctx, domain.PolicyID(id), sub)
	})
}

// forget deletes what is kept of the reader and what the address names.
func (s *Server) forget(c *fiber.Ctx, done string, what func(ctx context.Context, id int64, sub domain.SubscriberID) error) error {
	sub, err := s.subscriber(c)
	if err != nil {
		return err
	}
	id, err := idParam(c, "id")
	if err != nil {
		return err
	}
	if err := what(c.UserContext(), id, sub.ID); err != nil {
		return err
	}
	s.setFlash(c, "pine", done)
	return c.Redirect("/questions", fiber.StatusSeeOther)
}

// findQuestion leads somebody without an account to the page of their question.
func (s *Server) findQuestion(c *fiber.Ctx) error {
	number, code := field(c, "number"), codeTyped(field(c, "code"))
	id, err := strconv.ParseInt(number, 10, 64)
	if err == nil {
		q, missing := s.Store.Question(c.UserContext(), domain.QuestionID(id))
		if missing == nil && opens(&q, code) {
			return c.Redirect(questionPath(q.ID, code), fiber.StatusSeeOther)
		}
		if missing != nil && domain.KindOf(missing) != domain.NotFound {
			return missing
		}
	}
	return s.showMyQuestions(c, number, problems{{"number", "没有找到。请核对编号和查询码，它们在提交问题后的页面上"}})
}

// codeTyped reads a code as people type it.
func codeTyped(s string) string { return strings.ToUpper(strings.Join(strings.Fields(s), "")) }

func opens(q *domain.Question, code string) bool {
	return code != "" && len(q.Code) > 0 && subtle.ConstantTimeCompare(q.Code, auth.HashToken(code)) == 1
}

// askedView is the page of one question for whoever asked it.
type askedView struct {
	Page
	Q           domain.Question
	Policy      *domain.Policy // nil: none was named
	Office      string
	Rounds      []roundView
	Code        string
	MayAsk      bool
	MayWithdraw bool
	Due         string
	Late        bool // it was to be answered before now
	Text        string
	Problems    problems
}

func (askedView) template() string { return "portal/question" }

// ownQuestion returns the question of the address to whoever asked it.
func (s *Server) ownQuestion(c *fiber.Ctx) (q domain.Question, code string, err error) {
	id, err := idParam(c, "id")
	if err != nil {
		return q, "", err
	}
	noStore(c)
	missing := domain.Errorf(domain.NotFound, "没有找到这个提问。请登录后再看，或在“我的提问”里用编号和查询码查。")
	if q, err = s.Store.Question(c.UserContext(), domain.QuestionID(id)); err != nil {
		if domain.KindOf(err) == domain.NotFound {
			err = missing
		}
		return q, "", err
	}
	if code = codeTyped(c.FormValue("code", c.Query("code"))); opens(&q, code) {
		return q, code, nil
	}
	r, err := s.reader(c)
	if err != nil {
		return q, "", err
	}
	if r == nil || r.subscriber == nil {
		return q, "", missing
	}
	if q.Subscriber != r.subscriber.ID {
		return q, "", missing
	}
	return q, "", nil
}

func (s *Server) questionPage(c *fiber.Ctx) error {
	q, code, err := s.ownQuestion(c)
	if err != nil {
		r, readerErr := s.reader(c)
		if readerErr == nil && (r == nil || r.subscriber == nil) && c.Query("code") == "" && domain.KindOf(err) == domain.NotFound {
			return c.Redirect("/login?to="+c.Path(), fiber.StatusSeeOther) // a mail leads here
		}
		return err
	}
	return s.showQuestion(c, askedView{Q: q, Code: code})
}

func (s *Server) showQuestion(c *fiber.Ctx, v askedView) error {
	ctx := c.UserContext()
	p, err := s.wizardPage(c, fmt.Sprintf("提问%d", v.Q.ID), v.Problems)
	if err != nil {
		return err
	}
	p.Section = ""
	v.Page = p
	if v.Policy, err = s.policyAsked(ctx, &v.Q); err != nil {
		return err
	}
	names, err := s.officeNames(ctx)
	if err != nil {
		return err
	}
	v.Office, v.Due, v.Late = names[v.Q.Office], dueDay(v.Q.DueAt), v.Q.Overdue(s.Now())
	v.Rounds = roundsOf(&v.Q, v.Policy)
	v.MayWithdraw = v.Q.State.Waits()
	v.MayAsk = v.Q.State == domain.QuestionAnswered && len(v.Q.Rounds) < domain.MaxRounds
	return s.render(c, v)
}

// sayOfQuestion takes what an asker does with a question: withdraw it, say
// whether the answer helped, ask on. Sent twice, it is done once.
func (s *Server) sayOfQuestion(c *fiber.Ctx) error {
	q, code, err := s.ownQuestion(c)
	if err != nil {
		return err
	}
	text, now := domain.CleanText(c.FormValue("question")), s.Now()
	due := s.dueAfter(now, s.Questions.filled().Simple)
	said := ""
	do := field(c, "do")
	again := q.State.Waits() && len(q.Rounds) > 1 && (do == "again" || do == "unclear") && (text == "" || q.Last().Text == text)
	switch {
	case again || do == "withdraw" && q.State == domain.QuestionWithdrawn:
		return c.Redirect(questionPath(q.ID, code), fiber.StatusSeeOther)
	case do == "withdraw":
		err, said = q.Withdraw(), "提问已撤回，内容已删除。"
	case do == "helpful":
		err, said = q.Say(domain.Helpful, "", now, due), "谢谢您的评价。"
	case do == "unclear":
		err, said = q.Say(domain.Unclear, text, now, due), "已请单位再说明，"+longDate(dueDay(due))+"前答复。"
	case do == "again":
		err, said = q.Ask(text, now, due), "追问已提交，"+longDate(dueDay(due))+"前答复。"
	default:
		err = domain.Errorf(domain.Invalid, "请选择要做什么。")
	}
	if domain.KindOf(err) == domain.Invalid {
		words, _ := shownError(err)
		return s.showQuestion(c, askedView{Q: q, Code: code, Text: text, Problems: problems{{"question", words}}})
	}
	if err != nil {
		return err
	}
	if err := s.Store.SaveQuestion(c.UserContext(), &q); err != nil {
		return err
	}
	s.setFlash(c, "pine", said)
	return c.Redirect(questionPath(q.ID, code), fiber.StatusSeeOther)
}
