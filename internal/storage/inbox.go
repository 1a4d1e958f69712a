package storage

import (
	"context"
	"database/sql"
	"errors"
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
	const dismissed = `SELECT dismissed_at FROM inbox_marks WHERE subscriber_id = $1 AND push_id = $2 AND dismissed_at > 0`
	const undo = `UPDATE inbox_marks SET dismissed_at = 0 WHERE subscriber_id = $1 AND push_id = $2 AND dismissed_at = $3`
	const do = `UPDATE inbox_marks SET done_at = $3 WHERE subscriber_id = $1 AND push_id = $2 AND done_at = 0`
	const undoDone = `UPDATE inbox_marks SET done_at = 0 WHERE subscriber_id = $1 AND push_id = $2`
	step := func(tx *sql.Tx, q string, args ...any) (int, error) {
		return changed(ctx, tx, q, append([]any{id, push}, args...)...)
	}
	err := s.inTx(ctx, func(tx *sql.Tx) (err error) {
		var m Marks
		at := now // when it was read or put aside
		if what != "undismissed" && what != "undone" {
			if _, err := step(tx, insert, micros(now)); err != nil {
				return err
			}
		}
		switch what {
		case "seen":
		case "read":
			m.Readers, err = step(tx, read, micros(now))
		case "dismissed":
			m.Dismissed, err = step(tx, dismiss, micros(now))
		case "undismissed":
			err = tx.QueryRowContext(ctx, dismissed, id, push).Scan(timeInto(&at))
			if errors.Is(err, sql.ErrNoRows) {
				return nil
			}
			if err == nil { // another may undo it first
				m.Dismissed, err = step(tx, undo, micros(at))
				m.Dismissed = -m.Dismissed
			}
		case "done":
			_, err = step(tx, do, micros(now))
		case "undone":
			_, err = step(tx, undoDone)
		default:
			return domain.Errorf(domain.Invalid, "没有名为“%s”的收件箱操作", what)
		}
		if err != nil || m == (Marks{}) {
			return err
		}
		return s.countMark(ctx, tx, id, push, at, m)
	})
	if err != nil {
		return fmt.Errorf("mark inbox: %w", err)
	}
	return nil
}

// countMark counts what a subscriber did with a push in the inbox, once for all
// and once for each channel over which it had been sent to them by then. Two who
// count take the counters in one order.
func (s *Store) countMark(ctx context.Context, tx *sql.Tx, id domain.SubscriberID, push domain.PushID, at time.Time, m Marks) error {
	const count = `
		INSERT INTO push_marks (push_id, channel, shard, readers, dismissed)
		SELECT u.id, w.channel, $2, $3, $4 FROM pushes u JOIN (
			SELECT 'app' AS channel UNION ALL
			SELECT channel FROM deliveries WHERE id BETWEEN $5 AND $6 AND sent_at > 0 AND sent_at <= $7) AS w ON TRUE
		WHERE u.id = $1 ORDER BY w.channel
		ON CONFLICT (push_id, channel, shard) DO UPDATE
		SET readers = push_marks.readers + excluded.readers, dismissed = push_marks.dismissed + excluded.dismissed`
	from, last := domain.DeliveriesTo(push, id)
	_, err := tx.ExecContext(ctx, count, push, s.shard(), m.Readers, m.Dismissed, from, last, micros(at))
	return err
}

// Marks is how many opened a push in the inbox, and how many put it aside as
// 与我无关.
type Marks struct{ Readers, Dismissed int }

// PushMarks returns what was done with a push in the inbox: under [domain.App]
// by everybody, under another channel by those to whom it had been sent over
// that before.
func (s *Store) PushMarks(ctx context.Context, push domain.PushID) (map[domain.ChannelKind]Marks, error) {
	return s.marks(ctx, `= $1`, push)
}

// marks sums up the marks of pushes that fit a condition.
func (s *Store) marks(ctx context.Context, of string, args ...any) (map[domain.ChannelKind]Marks, error) {
	sums := map[domain.ChannelKind]Marks{}
	q := `SELECT channel, CAST(SUM(readers) AS BIGINT), CAST(SUM(dismissed) AS BIGINT) FROM push_marks WHERE push_id ` + of + ` GROUP BY channel`
	err := each(ctx, s.read, func(row scanner) error {
		var channel domain.ChannelKind
		var m Marks
		err := row.Scan(&channel, &m.Readers, &m.Dismissed)
		sums[channel] = m
		return err
	}, q, args...)
	return sums, err
}
