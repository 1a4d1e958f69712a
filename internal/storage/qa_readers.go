package storage

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"policypush/internal/domain"
)

// QARead says that a person was shown the questions and answers of a policy.
type QARead struct {
	Policy domain.PolicyID
	Title  string
	At     time.Time // first, since the newest of them is shown
}

// ReadQA notes that a person was shown the questions and answers of a policy,
// to tell them when one is corrected. Somebody who was noted since a time, when
// the newest of them was first shown, is not noted again.
func (s *Store) ReadQA(ctx context.Context, policy domain.PolicyID, id domain.SubscriberID, since, now time.Time) error {
	const noted = `SELECT at FROM qa_readers WHERE policy_id = $1 AND subscriber_id = $2 AND at >= $3`
	found, err := list(ctx, s.read, one[int64], noted, policy, id, micros(since)) // most pages are read again: no write for those
	if err != nil || len(found) > 0 {
		return err
	}
	const note = `
		INSERT INTO qa_readers (policy_id, subscriber_id, at) SELECT p.id, s.id, $3 FROM policies p, subscribers s WHERE p.id = $1 AND s.id = $2
		ON CONFLICT (policy_id, subscriber_id) DO UPDATE SET at = excluded.at`
	if _, err := s.write.ExecContext(ctx, note, policy, id, micros(now)); err != nil {
		return fmt.Errorf("reader of the answers of policy %d: %w", policy, err)
	}
	return nil
}

// QAReaders returns who was shown the questions and answers of a policy since
// a time.
func (s *Store) QAReaders(ctx context.Context, policy domain.PolicyID, since time.Time) ([]domain.SubscriberID, error) {
	const q = `SELECT subscriber_id FROM qa_readers WHERE policy_id = $1 AND at >= $2 ORDER BY subscriber_id`
	return list(ctx, s.read, one[domain.SubscriberID], q, policy, micros(since))
}

// ReadQAs returns of which policies a person was shown questions and answers,
// the latest first.
func (s *Store) ReadQAs(ctx context.Context, id domain.SubscriberID) ([]QARead, error) {
	const q = `
		SELECT r.policy_id, p.title, r.at FROM qa_readers r JOIN policies p ON p.id = r.policy_id
		WHERE r.subscriber_id = $1 ORDER BY r.at DESC, r.policy_id DESC`
	return list(ctx, s.read, func(row scanner, r *QARead) error { return row.Scan(&r.Policy, &r.Title, timeInto(&r.At)) }, q, id)
}

// ForgetQA deletes that a person was shown the questions and answers of a
// policy, or of any if it is 0.
func (s *Store) ForgetQA(ctx context.Context, policy domain.PolicyID, id domain.SubscriberID) error {
	const q = `DELETE FROM qa_readers WHERE subscriber_id = $2 AND (CAST($1 AS BIGINT) = 0 OR policy_id = $1)`
	if _, err := s.write.ExecContext(ctx, q, policy, id); err != nil {
		return fmt.Errorf("forget reader %d of answers: %w", id, err)
	}
	return nil
}

// ForgetQAReaders deletes who was shown questions and answers before a time.
func (s *Store) ForgetQAReaders(ctx context.Context, before time.Time) error {
	if _, err := s.write.ExecContext(ctx, `DELETE FROM qa_readers WHERE at < $1`, micros(before)); err != nil {
		return fmt.Errorf("forget readers of answers: %w", err)
	}
	return nil
}

// oweNotices owes notices of a question, or of a question and answer.
func oweNotices(ctx context.Context, tx *sql.Tx, owed []domain.Notice) error {
	const insert = `
		INSERT INTO answer_notices (question_id, interpretation_id, subscriber_id, channel, kind, due_at, push_id, at)
		VALUES ($1, $2, $3, $4, $5, $6, 0, $7)`
	for _, o := range owed {
		question := sql.NullInt64{Int64: int64(o.Question), Valid: o.Question != 0}
		item := sql.NullInt64{Int64: o.Item, Valid: o.Item != 0}
		if _, err := tx.ExecContext(ctx, insert, question, item, o.Subscriber, o.Channel, o.Kind, micros(o.Due), micros(o.At)); err != nil {
			return fmt.Errorf("owe notice to %d: %w", o.Subscriber, err)
		}
	}
	return nil
}
