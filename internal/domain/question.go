package domain

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// QuestionState is where a question stands.
type QuestionState string

// The states of a question. An answered one is open again when its asker asks
// on.
const (
	QuestionOpen      QuestionState = "open"      // waits for an answer
	QuestionDrafted   QuestionState = "drafted"   // its answer waits for another person
	QuestionAnswered  QuestionState = "answered"  //
	QuestionWithdrawn QuestionState = "withdrawn" // by its asker
)

// Label returns the Chinese word for the state.
func (s QuestionState) Label() string {
	switch s {
	case QuestionOpen:
		return "待答复"
	case QuestionDrafted:
		return "答复待审核"
	case QuestionAnswered:
		return "已答复"
	case QuestionWithdrawn:
		return "已撤回"
	default:
		return string(s)
	}
}

// Waits tells whether the asker still waits for an answer.
func (s QuestionState) Waits() bool { return s == QuestionOpen || s == QuestionDrafted }

// Feedback is what an asker says of an answer.
type Feedback string

// What askers say.
const (
	Helpful Feedback = "helpful"
	Unclear Feedback = "unclear"
)

// The bounds of a question.
const (
	MinQuestion = 5 // characters of a question
	MaxQuestion = 2000
	MaxAnswer   = 2000
	maxWhy      = 200
	// MaxRounds is how often something may be asked under one number.
	MaxRounds = 10
)

// Answer is what an office says to a question. It counts when a second person
// has looked at it.
type Answer struct {
	Text          string     `json:"text"`
	Clauses       []string   `json:"clauses"` // paths of the clauses that it rests on
	PolicyVersion int        `json:"policy_version"`
	By            OperatorID `json:"by"`
	At            time.Time  `json:"at"` // written
	ReviewedBy    OperatorID `json:"reviewed_by,omitempty"`
	ReviewedAt    time.Time  `json:"reviewed_at,omitzero"`
}

// Round is a question and its answer; whoever asks on begins another.
type Round struct {
	Text     string    `json:"text"`
	AskedAt  time.Time `json:"asked_at"`
	Answer   *Answer   `json:"answer,omitempty"`
	Draft    *Answer   `json:"draft,omitempty"`    // waits for its review; of an answered round a correction
	Returned string    `json:"returned,omitempty"` // why the last draft was sent back
	Former   []Answer  `json:"former,omitempty"`   // that were corrected, oldest first
	Feedback Feedback  `json:"feedback,omitempty"`
}

// Move says that a question went to another office.
type Move struct {
	From OfficeID   `json:"from"`
	To   OfficeID   `json:"to"`
	By   OperatorID `json:"by"`
	At   time.Time  `json:"at"`
	Why  string     `json:"why"`
}

// Question is what a reader asked an office, with everything said since.
type Question struct {
	ID         QuestionID   `json:"-"`
	Policy     PolicyID     `json:"-"` // 0: none, or it is not known yet which
	Office     OfficeID     `json:"-"` // 0: nobody is responsible yet
	Subscriber SubscriberID `json:"-"` // 0 for a reader without an account
	// Once names the form that it was sent with: sent twice, it is one question.
	Once []byte `json:"-"`
	// Code is the hash of what opens its page to a reader without an account.
	Code       []byte        `json:"-"`
	State      QuestionState `json:"-"`
	AskedAt    time.Time     `json:"-"` // the last round
	DueAt      time.Time     `json:"-"` // the office promised to have answered before
	RemindedAt time.Time     `json:"-"`
	OverdueAt  time.Time     `json:"-"` // when a promise of this round was last found broken; a new promise does not undo that
	AnsweredAt time.Time     `json:"-"` // the last round
	Version    int64         `json:"-"`

	Theme    string      `json:"theme,omitempty"` // that the asker chose, if no policy
	Channel  ChannelKind `json:"channel"`         // over which the asker is told; "" without an account
	Rounds   []Round     `json:"rounds"`
	Complex  string      `json:"complex,omitempty"`  // why it takes longer
	Extended string      `json:"extended,omitempty"` // why the last round took longer than promised
	Moves    []Move      `json:"moves,omitempty"`
	Item     int64       `json:"item,omitempty"` // the interpretation that was made of it
}

// Last returns the round that counts.
func (q *Question) Last() *Round { return &q.Rounds[len(q.Rounds)-1] }

// Overdue tells whether the promise is broken, or one before it was.
func (q *Question) Overdue(now time.Time) bool {
	return q.State.Waits() && (!q.OverdueAt.IsZero() || !now.Before(q.DueAt))
}

// ToReview tells whether an answer or a correction waits for another person.
func (q *Question) ToReview() bool { return len(q.Rounds) > 0 && q.Last().Draft != nil }

// CleanText makes of what somebody typed a text that can be kept and shown:
// characters that only steer machines are gone, line ends are those of ours.
// Marks of direction stay; pages keep them from reaching beyond the text.
func CleanText(typed string) string {
	typed = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.ToValidUTF8(typed, "�"))
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' || r == '\ufeff' {
			return -1
		}
		return r
	}, typed))
}

// CleanName is CleanText without the marks of direction: a name stands within
// lines and messages, where they would turn the words beside it.
func CleanName(typed string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, CleanText(typed)))
}

// CheckQuestion says what is wrong with the text of a question.
func CheckQuestion(text string) error {
	words := 0
	for _, r := range text {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			words++
		}
	}
	switch n := utf8.RuneCountInString(text); {
	case n > MaxQuestion:
		return Errorf(Invalid, "问题最多%d字，现在有%d字。您写的都还在，请删减后再提交", MaxQuestion, n)
	case words < MinQuestion:
		return Errorf(Invalid, "请把问题写得具体一些，至少%d个字", MinQuestion)
	default:
		return nil
	}
}

// Ask begins the first round, or another one of an answered question, which
// has a clock of its own: it is answered before due.
func (q *Question) Ask(text string, now, due time.Time) error {
	if err := CheckQuestion(text); err != nil {
		return err
	}
	return q.ask(text, now, due)
}

func (q *Question) ask(text string, now, due time.Time) error {
	switch {
	case len(q.Rounds) > 0 && q.State != QuestionAnswered:
		return Errorf(Conflict, "这个提问是“%s”，现在不能追问", q.State.Label())
	case len(q.Rounds) >= MaxRounds:
		return Errorf(Conflict, "这个提问已经追问了%d次，请拨打咨询电话，或另提一个问题", MaxRounds-1)
	}
	q.Rounds = append(q.Rounds, Round{Text: text, AskedAt: now})
	q.Complex, q.Extended, q.AnsweredAt = "", "", time.Time{}
	q.begin(now, due)
	return nil
}

func (q *Question) begin(now, due time.Time) {
	q.State, q.AskedAt = QuestionOpen, now
	q.DueAt, q.RemindedAt, q.OverdueAt = due, time.Time{}, time.Time{}
}

// promise puts off by when the round is answered. What was late stays so.
func (q *Question) promise(now, due time.Time) {
	if q.Overdue(now) && q.OverdueAt.IsZero() {
		q.OverdueAt = now
	}
	q.DueAt, q.RemindedAt = due, time.Time{}
}

// Say takes what the asker thinks of the last answer. Unclear opens the
// question again, with a clock of its own; text says what is not clear and may
// be empty.
func (q *Question) Say(f Feedback, text string, now, due time.Time) error {
	if q.State != QuestionAnswered {
		return Errorf(Conflict, "这个提问是“%s”，还不能评价", q.State.Label())
	}
	switch f {
	case Helpful:
		q.Last().Feedback = f
		return nil
	case Unclear:
		if text == "" {
			text = "还不清楚，请再说明。"
		} else if err := CheckQuestion(text); err != nil {
			return err
		}
		last := len(q.Rounds) - 1
		if err := q.ask(text, now, due); err != nil {
			return err
		}
		q.Rounds[last].Feedback = f
		return nil
	default:
		return Errorf(Invalid, "请选择“有帮助”或“还不清楚”")
	}
}

// Withdraw takes back a question that waits. What was asked in vain is not
// kept.
func (q *Question) Withdraw() error {
	if !q.State.Waits() {
		return Errorf(Conflict, "这个提问是“%s”，不能撤回", q.State.Label())
	}
	last := q.Last()
	last.Text, last.Draft, last.Returned = "", nil, ""
	q.State = QuestionWithdrawn
	return nil
}

// mayAct lets the staff of the office that is responsible act on a question.
func (q *Question) mayAct(by Operator) error {
	switch {
	case !by.May(DraftPolicies) && !by.May(ApprovePolicies):
		return Errorf(Forbidden, "您没有答复提问的权限")
	case q.Office != by.Office:
		return Errorf(Forbidden, "这个提问由其他单位答复")
	default:
		return nil
	}
}

// why checks the reason for a decision.
func why(what, text string) error {
	if n := utf8.RuneCountInString(text); n < 2 || n > maxWhy {
		return Errorf(Invalid, "请写明%s的理由，2到%d字", what, maxWhy)
	}
	return nil
}

// Write drafts the answer of the round that waits, or a correction of the
// last answer. It rests on clauses of the policy; what is asked about none
// (nil) has none. It waits for another person.
func (q *Question) Write(by Operator, text string, policy *Policy, clauses []string, now time.Time) error {
	if err := q.mayAct(by); err != nil {
		return err
	}
	n := utf8.RuneCountInString(text)
	switch {
	case q.State == QuestionWithdrawn:
		return Errorf(Conflict, "提问人已撤回这个提问，不用再答复")
	case policy == nil && q.Policy != 0, policy != nil && policy.ID != q.Policy:
		return Errorf(Invalid, "请先指定这个提问问的是哪份政策")
	case n < 2 || n > MaxAnswer:
		return Errorf(Invalid, "请填写答复，2到%d字，现在有%d字", MaxAnswer, n)
	case policy != nil && len(clauses) == 0:
		return Errorf(Invalid, "答复要有依据，请至少选一条原文")
	case policy == nil && len(clauses) > 0:
		return Errorf(Invalid, "没有指定政策，不能引用原文")
	case policy == nil:
		policy = &Policy{}
	}
	for _, path := range clauses {
		if path == "" || !slices.ContainsFunc(policy.Clauses, func(c Clause) bool { return c.Path == path }) {
			return Errorf(Invalid, "原文中没有“%s”，请重新选择依据", path)
		}
	}
	last := q.Last()
	last.Draft, last.Returned = &Answer{Text: text, Clauses: clauses, PolicyVersion: policy.Version, By: by.ID, At: now}, ""
	if q.State == QuestionOpen {
		q.State = QuestionDrafted
	}
	return nil
}

// review lets another person than the writer decide on a draft.
func (q *Question) review(by Operator) (*Round, error) {
	if err := q.mayAct(by); err != nil {
		return nil, err
	}
	switch {
	case !q.ToReview():
		return nil, Errorf(Conflict, "没有等待审核的答复，可能已由别人处理，请刷新页面")
	case !by.May(ApprovePolicies):
		return nil, Errorf(Forbidden, "您没有审批权限，请由审核员审核答复")
	case by.ID == q.Last().Draft.By:
		return nil, Errorf(Forbidden, "起草人不能审核自己的答复，请由另一位工作人员审核")
	}
	return q.Last(), nil
}

// Approve gives the answer to the asker. It tells whether that corrects an
// earlier one.
func (q *Question) Approve(by Operator, policy *Policy, now time.Time) (corrects bool, err error) {
	last, err := q.review(by)
	if err != nil {
		return false, err
	}
	for _, path := range last.Draft.Clauses {
		if policy == nil || !slices.ContainsFunc(policy.Clauses, func(c Clause) bool { return c.Path == path }) {
			return false, Errorf(Conflict, "答复依据的“%s”已不在原文中，请退回重写", path)
		}
	}
	draft := *last.Draft
	draft.ReviewedBy, draft.ReviewedAt = by.ID, now
	if last.Answer != nil {
		corrects = true
		last.Former = append(last.Former, *last.Answer)
		last.Feedback = ""
	} else {
		q.AnsweredAt = now
	}
	last.Answer, last.Draft = &draft, nil
	q.State = QuestionAnswered
	return corrects, nil
}

// Return sends a draft back to its writer.
func (q *Question) Return(by Operator, reason string) error {
	last, err := q.review(by)
	if err != nil {
		return err
	}
	if err := why("退回", reason); err != nil {
		return err
	}
	last.Draft, last.Returned = nil, reason
	if q.State == QuestionDrafted {
		q.State = QuestionOpen
	}
	return nil
}

// Prolong gives a question that is not simple the time that such ones take.
func (q *Question) Prolong(by Operator, reason string, now, due time.Time) error {
	if err := q.mayAct(by); err != nil {
		return err
	}
	switch {
	case !q.State.Waits():
		return Errorf(Conflict, "这个提问是“%s”，不用改期限", q.State.Label())
	case q.Complex != "":
		return Errorf(Conflict, "这个提问已标为复杂")
	}
	if err := why("标为复杂", reason); err != nil {
		return err
	}
	q.Complex = reason
	if due.After(q.DueAt) {
		q.promise(now, due)
	}
	return nil
}

// Extend puts the promise off, once a round. The asker is told.
func (q *Question) Extend(by Operator, reason string, now, due time.Time) error {
	if err := q.mayAct(by); err != nil {
		return err
	}
	switch {
	case !q.State.Waits():
		return Errorf(Conflict, "这个提问是“%s”，不用延期", q.State.Label())
	case q.Extended != "":
		return Errorf(Conflict, "这个提问已延期一次，不能再延")
	}
	if err := why("延期", reason); err != nil {
		return err
	}
	q.Extended = reason
	q.promise(now, due)
	return nil
}

// Route hands a question to the office that is responsible, or names the
// policy that it is about. Whoever coordinates hands out what nobody is
// responsible for. The clock runs on.
func (q *Question) Route(by Operator, coordinates bool, to OfficeID, policy PolicyID, reason string, now time.Time) error {
	if q.Office != 0 || !coordinates {
		if err := q.mayAct(by); err != nil {
			return err
		}
	} else if !by.May(DraftPolicies) && !by.May(ApprovePolicies) {
		return Errorf(Forbidden, "您没有分派提问的权限")
	}
	switch {
	case !q.State.Waits():
		return Errorf(Conflict, "这个提问是“%s”，不能再转办", q.State.Label())
	case to == q.Office && policy == q.Policy:
		return Errorf(Invalid, "请选择另一个单位，或另一份政策")
	case to == 0:
		return Errorf(Invalid, "请选择由哪个单位答复")
	}
	if err := why("转办", reason); err != nil {
		return err
	}
	if policy != q.Policy || to != q.Office {
		if last := q.Last(); last.Draft != nil { // it rests on another policy, or is another office's
			last.Draft, q.State = nil, QuestionOpen
		}
	}
	q.Moves = append(q.Moves, Move{From: q.Office, To: to, By: by.ID, At: now, Why: reason})
	q.Office, q.Policy = to, policy
	return nil
}

// NoticeKind says what somebody is told of a question.
type NoticeKind string

// What is told.
const (
	NoticeAnswered  NoticeKind = "answered"
	NoticeCorrected NoticeKind = "corrected" // also to others who read the answer
	NoticeExtended  NoticeKind = "extended"
)

// Title is the notice in a few words, without anything that the question is
// about.
func (k NoticeKind) Title() string {
	switch k {
	case NoticeCorrected:
		return "您看过的一条答复有更正"
	case NoticeExtended:
		return "您的提问要延期答复"
	default:
		return "您的提问有答复了"
	}
}

// KeepRead is how long is kept that somebody was shown questions and answers:
// the time in which one that is corrected still matters to them.
const KeepRead = 180 * 24 * time.Hour

// Notice is what one person is told of a question, or of a question and answer
// of a policy, in a push of its own.
type Notice struct {
	ID         int64
	Question   QuestionID // 0: of Item
	Item       int64      // the interpretation that was corrected, or 0
	Subscriber SubscriberID
	Channel    ChannelKind
	Kind       NoticeKind
	Due        time.Time // the new promise, of an extension
	Push       PushID    // 0: it is owed
	At         time.Time
}
