package storage

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"policypush/internal/domain"
)

// InboxMark is what a subscriber did with a push in the inbox. Zero times mean
// not yet.
type InboxMark struct {
	Push        domain.PushID
	SeenAt      time.Time
	ReadAt      time.Time
	DismissedAt time.Time
	DoneAt      time.Time // 已办理
}

// InboxPush is a push with everything that computes whose inbox it is in.
type InboxPush struct {
	Push     domain.Push
	Audience domain.FrozenAudience
	Policy   PolicySummary
}

// InboxPushes returns up to limit pushes after an id whose deliveries are
// planned, in id order. It does not show a push that is still owed, which may
// come later with a smaller id than others: a cache must ask again for those
// that it has not seen.
func (s *Store) InboxPushes(ctx context.Context, after domain.PushID, limit int) ([]InboxPush, error) {
	const q = `
		SELECT ` + pushColumns + `, a.likely, a.possible, a.sha256, ` + summaryColumns + `
		FROM pushes u JOIN policies p ON p.id = u.policy_id JOIN push_audiences a ON a.push_id = u.id
		WHERE u.id > $1 AND u.state IN ('running', 'done', 'stopped') ORDER BY u.id LIMIT $2`
	return list(ctx, s.read, func(row scanner, in *InboxPush) error {
		into := append(pushInto(&in.Push), &in.Audience.Likely, &in.Audience.Possible, &in.Audience.SHA256)
		return row.Scan(append(into, summaryInto(&in.Policy)...)...)
	}, q, after, limit)
}

// InboxMarks returns what a subscriber did with which push.
func (s *Store) InboxMarks(ctx context.Context, id domain.SubscriberID) (map[domain.PushID]InboxMark, error) {
	marks := map[domain.PushID]InboxMark{}
	err := each(ctx, s.read, func(row scanner) error {
		var m InboxMark
		if err := row.Scan(&m.Push, timeInto(&m.SeenAt), timeInto(&m.ReadAt), timeInto(&m.DismissedAt), timeInto(&m.DoneAt)); err != nil {
			return err
		}
		marks[m.Push] = m
		return nil
	}, `SELECT push_id, seen_at, read_at, dismissed_at, done_at FROM inbox_marks WHERE subscriber_id = $1`, id)
	return marks, err
}

// MarkInbox notes that a subscriber has seen, read, dismissed or undismissed a
// push, or has done what it is about, or not. The first time counts; reading is
// also seeing.
func (s *Store) MarkInbox(ctx context.Context, id domain.SubscriberID, push domain.PushID, what string, now time.Time) error {
	const insert = `
		INSERT INTO inbox_marks (subscriber_id, push_id, seen_at, read_at, dismissed_at) VALUES ($1, $2, $3, 0, 0)
		ON CONFLICT (subscriber_id, push_id) DO NOTHING`
	const read = `UPDATE inbox_marks SET read_at = $3 WHERE subscriber_id = $1 AND push_id = $2 AND read_at = 0`
	const dismiss = `UPDATE inbox_marks SET dismissed_at = $3 WHERE subscriber_id = $1 AND push_id = $2 AND dismissed_at = 0`
	const undo = `UPDATE inbox_marks SET dismissed_at = 0 WHERE subscriber_id = $1 AND push_id = $2 AND dismissed_at > 0`
	const do = `UPDATE inbox_marks SET done_at = $3 WHERE subscriber_id = $1 AND push_id = $2 AND done_at = 0`
	const undoDone = `UPDATE inbox_marks SET done_at = 0 WHERE subscriber_id = $1 AND push_id = $2`
	var readers, dismissed int
	step := func(tx *sql.Tx, q string, args ...any) (int, error) {
		return changed(ctx, tx, q, append([]any{id, push}, args...)...)
	}
	err := s.inTx(ctx, func(tx *sql.Tx) (err error) {
		readers, dismissed = 0, 0
		if what != "undismissed" && what != "undone" {
			if _, err := step(tx, insert, micros(now)); err != nil {
				return err
			}
		}
		switch what {
		case "seen":
		case "read":
			readers, err = step(tx, read, micros(now))
		case "dismissed":
			dismissed, err = step(tx, dismiss, micros(now))
		case "undismissed":
			dismissed, err = step(tx, undo)
			dismissed = -dismissed
		case "done":
			_, err = step(tx, do, micros(now))
		case "undone":
			_, err = step(tx, undoDone)
		default:
			return domain.Errorf(domain.Invalid, "没有名为“%s”的收件箱操作", what)
		}
		if err != nil || readers == 0 && dismissed == 0 {
			return err
		}
		const count = `
			INSERT INTO push_marks (push_id, shard, readers, dismissed) SELECT id, $2, $3, $4 FROM pushes WHERE id = $1
			ON CONFLICT (push_id, shard) DO UPDATE
			SET readers = push_marks.readers + excluded.readers, dismissed = push_marks.dismissed + excluded.dismissed`
		_, err = tx.ExecContext(ctx, count, push, s.shard(), readers, dismissed)
		return err
	})
	if err != nil {
		return fmt.Errorf("mark inbox: %w", err)
	}
	return nil
}

// PushMarks returns how many readers opened a push in the inbox, and how many
// put it aside as 与我无关.
func (s *Store) PushMarks(ctx context.Context, push domain.PushID) (readers, dismissed int, err error) {
	const q = `SELECT CAST(COALESCE(SUM(readers), 0) AS BIGINT), CAST(COALESCE(SUM(dismissed), 0) AS BIGINT) FROM push_marks WHERE push_id = $1`
	err = s.read.QueryRowContext(ctx, q, push).Scan(&readers, &dismissed)
	return readers, dismissed, err
}
