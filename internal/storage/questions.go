package storage

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"policypush/internal/domain"
	"policypush/interpretations"
)

const questionColumns = `id, COALESCE(policy_id, 0), office_id, subscriber_id, once, code, state, asked_at, due_at, reminded_at,
	overdue_at, answered_at, version, body`

func scanQuestion(row scanner, q *domain.Question) error {
	return row.Scan(&q.ID, &q.Policy, &q.Office, &q.Subscriber, &q.Once, &q.Code, &q.State, timeInto(&q.AskedAt), timeInto(&q.DueAt),
		timeInto(&q.RemindedAt), timeInto(&q.OverdueAt), timeInto(&q.AnsweredAt), &q.Version, asJSON(q))
}

// questionValues are those of the columns that change, in their order.
func questionValues(q *domain.Question) []any {
	helpful, unclear := 0, 0
	for _, r := range q.Rounds {
		switch r.Feedback {
		case domain.Helpful:
			helpful++
		case domain.Unclear:
			unclear++
		}
	}
	policy := sql.NullInt64{Int64: int64(q.Policy), Valid: q.Policy != 0}
	return []any{
		policy, q.Office, q.State, q.ToReview(), micros(q.AskedAt), micros(q.DueAt), micros(q.RemindedAt), micros(q.OverdueAt),
		micros(q.AnsweredAt), asJSON(q), helpful, unclear,
	}
}

// AskQuestion inserts a question and sets its ID. One that was sent with the
// same form before is read in its place: fresh is false.
func (s *Store) AskQuestion(ctx context.Context, q *domain.Question) (fresh bool, err error) {
	const insert = `
		INSERT INTO questions (policy_id, office_id, state, to_review, asked_at, due_at, reminded_at, overdue_at, answered_at, body,
			helpful, unclear, subscriber_id, once, code, version)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 1) ON CONFLICT (once) DO NOTHING RETURNING id`
	code := q.Code
	if code == nil {
		code = []byte{}
	}
	found, err := list(ctx, s.write, one[domain.QuestionID], insert, append(questionValues(q), q.Subscriber, q.Once, code)...)
	if err != nil {
		return false, fmt.Errorf("insert question: %w", err)
	}
	if len(found) == 1 {
		q.ID, q.Version = found[0], 1
		return true, nil
	}
	err = scanQuestion(s.read.QueryRowContext(ctx, `SELECT `+questionColumns+` FROM questions WHERE once = $1`, q.Once), q)
	return false, notFound(err, noQuestion)
}

// Question returns a question, or NotFound.
func (s *Store) Question(ctx context.Context, id domain.QuestionID) (domain.Question, error) {
	var q domain.Question
	err := scanQuestion(s.read.QueryRowContext(ctx, `SELECT `+questionColumns+` FROM questions WHERE id = $1`, id), &q)
	return q, notFound(err, noQuestion)
}

// SaveQuestion saves what became of a question, and owes the notices of it. It
// fails with Conflict if somebody else changed it since it was read.
func (s *Store) SaveQuestion(ctx context.Context, q *domain.Question, owed ...domain.Notice) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error { return saveQuestion(ctx, tx, q, owed) })
	if err == nil {
		q.Version++
	}
	return err
}

func saveQuestion(ctx context.Context, tx *sql.Tx, q *domain.Question, owed []domain.Notice) error {
	const update = `
		UPDATE questions SET policy_id = $1, office_id = $2, state = $3, to_review = $4, asked_at = $5, due_at = $6, reminded_at = $7,
			overdue_at = $8, answered_at = $9, body = $10, helpful = $11, unclear = $12, version = version + 1
		WHERE id = $13 AND version = $14`
	n, err := changed(ctx, tx, update, append(questionValues(q), q.ID, q.Version)...)
	if err != nil {
		return fmt.Errorf("save question %d: %w", q.ID, err)
	}
	if n == 0 {
		return domain.Errorf(domain.Conflict, "这个提问刚有变化，请刷新页面后再操作")
	}
	for i := range owed {
		owed[i].Question = q.ID
	}
	return oweNotices(ctx, tx, owed)
}

// AdoptAnswer saves an interpretation that was made of a question, and the
// question that names it, in one transaction.
func (s *Store) AdoptAnswer(ctx context.Context, q *domain.Question, it *interpretations.Item) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		it.ID = 0 // of another try
		if err := saveInterpretation(ctx, tx, it); err != nil {
			return err
		}
		q.Item = it.ID
		if err := saveQuestion(ctx, tx, q, nil); err != nil {
			return err
		}
		return notePolicy(ctx, tx, it.Policy)
	})
	if err == nil {
		q.Version++
	}
	return err
}

// QuestionFilter chooses questions. Zero fields do not restrict.
type QuestionFilter struct {
	Office      domain.OfficeID
	Unrouted    bool // for which nobody is responsible; with Office: those too
	Policy      domain.PolicyID
	Subscriber  domain.SubscriberID
	States      []domain.QuestionState
	ToReview    bool
	DueBefore   time.Time // or late before
	AskedSince  time.Time // by the last round
	AskedBefore time.Time
	Late        bool   // answered after the day that was promised first
	Theme       string // of the policy, or else chosen by the asker
	Limit       int
	Offset      int
}

func (s *Store) questionsWhere(f QuestionFilter) (string, []any) {
	all, args := []string{"1 = 1"}, []any{}
	switch {
	case f.Unrouted && f.Office != 0:
		all = append(all, `office_id IN (0, `+param(&args, f.Office)+`)`)
	case f.Unrouted:
		all = append(all, `office_id = 0`)
	case f.Office != 0:
		all = append(all, `office_id = `+param(&args, f.Office))
	}
	if f.Policy != 0 {
		all = append(all, `policy_id = `+param(&args, f.Policy))
	}
	if f.Subscriber != 0 {
		all = append(all, `subscriber_id > 0 AND subscriber_id = `+param(&args, f.Subscriber))
	}
	if len(f.States) > 0 {
		var in []string
		for _, state := range f.States {
			in = append(in, param(&args, state))
		}
		all = append(all, `state IN (`+strings.Join(in, ",")+`)`)
	}
	if f.ToReview {
		all = append(all, `to_review`)
	}
	if !f.DueBefore.IsZero() {
		all = append(all, `(overdue_at > 0 OR due_at <= `+param(&args, micros(f.DueBefore))+`)`)
	}
	if !f.AskedSince.IsZero() {
		all = append(all, `asked_at >= `+param(&args, micros(f.AskedSince)))
	}
	if !f.AskedBefore.IsZero() {
		all = append(all, `asked_at < `+param(&args, micros(f.AskedBefore)))
	}
	if f.Late {
		all = append(all, `state = 'answered' AND (answered_at > due_at OR overdue_at > 0)`)
	}
	if f.Theme != "" {
		all = append(all, `(policy_id IN (SELECT p.id FROM policies p WHERE p.themes LIKE `+param(&args, `%"`+likeLiteral(f.Theme)+`"%`)+` ESCAPE '!')
			OR policy_id IS NULL AND `+fmt.Sprintf(s.dialect.json, `body`)+` ->> 'theme' = `+param(&args, f.Theme)+`)`)
	}
	return strings.Join(all, " AND "), args
}

// Questions returns questions: those that wait by the day that was promised, of
// one day the longest waiting first, then the others, the latest first.
func (s *Store) Questions(ctx context.Context, f QuestionFilter) ([]domain.Question, error) {
	where, args := s.questionsWhere(f)
	const waits = `CASE WHEN state IN ('open', 'drafted') THEN `
	q := `SELECT ` + questionColumns + ` FROM questions WHERE ` + where + `
		ORDER BY ` + waits + `due_at ELSE 9000000000000000 END, ` + waits + `asked_at ELSE -asked_at END, ` + waits + `id ELSE -id END`
	if f.Limit > 0 {
		q += ` LIMIT ` + param(&args, f.Limit) + ` OFFSET ` + param(&args, f.Offset)
	}
	return list(ctx, s.read, scanQuestion, q, args...)
}

// FindQuestions returns questions as Questions does, and how many the whole list
// has.
func (s *Store) FindQuestions(ctx context.Context, f QuestionFilter) ([]domain.Question, int, error) {
	where, args := s.questionsWhere(f)
	var total int
	if err := s.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM questions WHERE `+where, args...).Scan(&total); err != nil {
		return nil, 0, fmt.Errorf("count questions: %w", err)
	}
	found, err := s.Questions(ctx, f)
	return found, total, err
}

// QuestionCounts says how an office (0: all) keeps what it promises.
type QuestionCounts struct {
	Open      int // wait for an answer
	DueSoon   int // of them: promised before a time
	Overdue   int // of them: a promise is broken, kept to now or put off since
	ToReview  int
	Unrouted  int           // of all offices: nobody is responsible
	Answered  int           // since a time
	Late      int           // of them: after the day that was promised, whatever was promised later
	Satisfied int           // answers that helped, as their askers say, to what was asked or answered since
	Unclear   int           // and that were not clear
	Median    time.Duration // from asked to answered, of them
}

// CountQuestions counts the questions of an office: soon is when what is due
// before counts as such, since from when on answers count.
func (s *Store) CountQuestions(ctx context.Context, office domain.OfficeID, now, soon, since time.Time) (QuestionCounts, error) {
	const q = `
		SELECT CAST(COALESCE(SUM(CASE WHEN mine = 1 AND waits = 1 THEN 1 ELSE 0 END), 0) AS BIGINT),
			CAST(COALESCE(SUM(CASE WHEN mine = 1 AND waits = 1 AND due_at <= $3 AND due_at > $2 THEN 1 ELSE 0 END), 0) AS BIGINT),
			CAST(COALESCE(SUM(CASE WHEN mine = 1 AND waits = 1 AND (due_at <= $2 OR overdue_at > 0) THEN 1 ELSE 0 END), 0) AS BIGINT),
			CAST(COALESCE(SUM(CASE WHEN mine = 1 AND to_review THEN 1 ELSE 0 END), 0) AS BIGINT),
			CAST(COALESCE(SUM(CASE WHEN office_id = 0 AND waits = 1 THEN 1 ELSE 0 END), 0) AS BIGINT)
		FROM (SELECT office_id, due_at, overdue_at, to_review, CASE WHEN state IN ('open', 'drafted') THEN 1 ELSE 0 END AS waits,
			CASE WHEN CAST($1 AS BIGINT) = 0 OR office_id = $1 THEN 1 ELSE 0 END AS mine
			FROM questions WHERE state IN ('open', 'drafted') OR to_review) AS w`
	var c QuestionCounts
	err := s.read.QueryRowContext(ctx, q, office, micros(now), micros(soon)).Scan(&c.Open, &c.DueSoon, &c.Overdue, &c.ToReview, &c.Unrouted)
	if err != nil {
		return c, fmt.Errorf("count questions: %w", err)
	}
	const answered = `
		SELECT answered_at - asked_at, CASE WHEN answered_at > due_at OR overdue_at > 0 THEN 1 ELSE 0 END FROM questions
		WHERE state = 'answered' AND answered_at >= $2 AND (CAST($1 AS BIGINT) = 0 OR office_id = $1) ORDER BY answered_at - asked_at`
	var took []int64
	err = each(ctx, s.read, func(row scanner) error {
		var t int64
		var late int
		err := row.Scan(&t, &late)
		took = append(took, t)
		c.Late += late
		return err
	}, answered, office, micros(since))
	if err != nil {
		return c, err
	}
	if c.Answered = len(took); c.Answered > 0 {
		c.Median = time.Duration(took[(c.Answered-1)/2]) * time.Microsecond
	}
	const said = `
		SELECT CAST(COALESCE(SUM(helpful), 0) AS BIGINT), CAST(COALESCE(SUM(unclear), 0) AS BIGINT) FROM questions
		WHERE (answered_at >= $2 OR asked_at >= $2) AND (CAST($1 AS BIGINT) = 0 OR office_id = $1)`
	err = s.read.QueryRowContext(ctx, said, office, micros(since)).Scan(&c.Satisfied, &c.Unclear)
	return c, err
}

// RemindQuestions marks the questions whose promise ends within a time and
// those whose promise is broken, once for each promise, and returns them.
func (s *Store) RemindQuestions(ctx context.Context, now time.Time, ahead time.Duration) (soon, overdue []domain.Question, err error) {
	const late = `
		UPDATE questions SET overdue_at = $1, version = version + 1
		WHERE state IN ('open', 'drafted') AND due_at <= $1 AND overdue_at < due_at RETURNING ` + questionColumns
	if overdue, err = list(ctx, s.write, scanQuestion, late, micros(now)); err != nil {
		return nil, nil, fmt.Errorf("mark overdue questions: %w", err)
	}
	const remind = `
		UPDATE questions SET reminded_at = $1, version = version + 1
		WHERE state IN ('open', 'drafted') AND due_at > $1 AND due_at <= $2 AND reminded_at = 0 RETURNING ` + questionColumns
	if soon, err = list(ctx, s.write, scanQuestion, remind, micros(now), micros(now.Add(ahead))); err != nil {
		return nil, nil, fmt.Errorf("remind of questions: %w", err)
	}
	return soon, overdue, nil
}

const noticeColumns = `id, COALESCE(question_id, 0), COALESCE(interpretation_id, 0), subscriber_id, channel, kind, due_at, push_id, at`

func scanNotice(row scanner, n *domain.Notice) error {
	return row.Scan(&n.ID, &n.Question, &n.Item, &n.Subscriber, &n.Channel, &n.Kind, timeInto(&n.Due), &n.Push, timeInto(&n.At))
}

// OwedNotices returns up to limit notices that are not planned yet, the oldest
// first.
func (s *Store) OwedNotices(ctx context.Context, limit int) ([]domain.Notice, error) {
	const q = `SELECT ` + noticeColumns + ` FROM answer_notices WHERE push_id = 0 ORDER BY id LIMIT $1`
	return list(ctx, s.read, scanNotice, q, limit)
}

// NoticeOf returns what a push tells of a question, or NotFound.
func (s *Store) NoticeOf(ctx context.Context, push domain.PushID) (domain.Notice, error) {
	const q = `SELECT ` + noticeColumns + ` FROM answer_notices WHERE push_id > 0 AND push_id = $1`
	var n domain.Notice
	return n, notFound(scanNotice(s.read.QueryRowContext(ctx, q, push), &n), "没有这条答复通知")
}

// Notices returns the planned notices of a person, the latest first.
func (s *Store) Notices(ctx context.Context, id domain.SubscriberID, limit int) ([]domain.Notice, error) {
	const q = `SELECT ` + noticeColumns + ` FROM answer_notices WHERE subscriber_id = $1 AND push_id > 0 ORDER BY id DESC LIMIT $2`
	return list(ctx, s.read, scanNotice, q, id, limit)
}

// PlanNotice writes, in one transaction, the push of a notice about a policy, or
// about none (0), and its deliveries, and sets n.Push. It fails with Conflict, and writes nothing, if
// the notice is not owed: a plan that is run again adds nothing.
func (s *Store) PlanNotice(ctx context.Context, n *domain.Notice, policy domain.PolicyID, ds []domain.Delivery, now time.Time) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		const push = `
			INSERT INTO pushes (policy_id, policy_version, kind, state, created_by, created_at,
				planned_to, planned_at, include_possible, likely, possible)
			SELECT p.id, COALESCE(p.version, 0), 'answer', 'running', 0, $2, $3, $2, TRUE, 1, 0
			FROM (SELECT CAST($1 AS BIGINT) AS id) AS about LEFT JOIN policies p ON p.id = about.id WHERE about.id = 0 OR p.id > 0 RETURNING id`
		if err := tx.QueryRowContext(ctx, push, policy, micros(now), n.Subscriber).Scan(&n.Push); err != nil {
			return notFound(err, "没有这份政策")
		}
		took, err := changed(ctx, tx, `UPDATE answer_notices SET push_id = $2 WHERE id = $1 AND push_id = 0`, n.ID, n.Push)
		if err != nil {
			return err
		}
		if took == 0 {
			return domain.Errorf(domain.Conflict, "这条答复通知已经安排过")
		}
		for i := range ds {
			ds[i].Push = n.Push
			if ds[i].ID, err = domain.NewDeliveryID(n.Push, ds[i].Subscriber, ds[i].Channel); err != nil {
				return err
			}
		}
		if err := makeBatches(ctx, tx, ds); err != nil {
			return err
		}
		return s.insertDeliveries(ctx, tx, ds, now)
	})
	if err != nil {
		return fmt.Errorf("plan notice %d: %w", n.ID, err)
	}
	return nil
}

// ReadAnswer notes that the answer to somebody else's question helped a
// person, to tell them if it is corrected; or takes that back.
func (s *Store) ReadAnswer(ctx context.Context, q domain.QuestionID, id domain.SubscriberID, read bool, now time.Time) error {
	var err error
	if read {
		const insert = `
			INSERT INTO question_readers (question_id, subscriber_id, at) SELECT id, $2, $3 FROM questions WHERE id = $1
			ON CONFLICT (question_id, subscriber_id) DO NOTHING`
		_, err = s.write.ExecContext(ctx, insert, q, id, micros(now))
	} else {
		_, err = s.write.ExecContext(ctx, `DELETE FROM question_readers WHERE question_id = $1 AND subscriber_id = $2`, q, id)
	}
	if err != nil {
		return fmt.Errorf("reader of the answer to %d: %w", q, err)
	}
	return nil
}

// AnswerReaders returns who, beside the asker, is told if an answer is
// corrected.
func (s *Store) AnswerReaders(ctx context.Context, q domain.QuestionID) ([]domain.SubscriberID, error) {
	return list(ctx, s.read, one[domain.SubscriberID], `SELECT subscriber_id FROM question_readers WHERE question_id = $1 ORDER BY subscriber_id`, q)
}

// ReadAnswers returns the questions of others whose answers helped a person.
func (s *Store) ReadAnswers(ctx context.Context, id domain.SubscriberID) ([]domain.Question, error) {
	const q = `
		SELECT ` + questionColumns + ` FROM questions
		WHERE id IN (SELECT question_id FROM question_readers WHERE subscriber_id = $1) ORDER BY id DESC`
	return list(ctx, s.read, scanQuestion, q, id)
}

// UnreviewedInterpretations returns the interpretations of an office's published
// policies that wait for their review.
func (s *Store) UnreviewedInterpretations(ctx context.Context, office domain.OfficeID, limit int) ([]interpretations.Item, error) {
	const q = `
		SELECT i.id, i.body FROM interpretations i JOIN policies p ON p.id = i.policy_id
		WHERE p.office_id = $1 AND i.state = 'draft' AND p.status = 'published'
		ORDER BY i.id LIMIT $2`
	return list(ctx, s.read, scanInterpretation, q, office, limit)
}

// InterpretationsToCheck returns the approved interpretations of an office's
// policies of which Outdated has to be asked: those that were bound to an earlier
// version, first, and the pictures, whose figures named no clause once.
func (s *Store) InterpretationsToCheck(ctx context.Context, office domain.OfficeID, limit int) ([]interpretations.Item, error) {
	const q = `
		SELECT i.id, i.body FROM interpretations i JOIN policies p ON p.id = i.policy_id
		WHERE p.office_id = $1 AND i.state = 'approved' AND (i.policy_version <> p.version OR i.kind = 'onepage') AND p.status NOT IN ('amended', 'withdrawn', 'expired')
		ORDER BY i.policy_version <> p.version DESC, i.policy_id, i.id LIMIT $2`
	return list(ctx, s.read, scanInterpretation, q, office, limit)
}
