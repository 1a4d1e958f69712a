package storage

import (
	"context"
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
		if err := row.Scan(&m.Push, timeInto(&m.SeenAt), timeInto(&m.ReadAt), timeInto(&m.DismissedAt)); err != nil {
			return err
		}
		marks[m.Push] = m
		return nil
	}, `SELECT push_id, seen_at, read_at, dismissed_at FROM inbox_marks WHERE subscriber_id = $1`, id)
	return marks, err
}

// MarkInbox notes that a subscriber has seen, read, dismissed or undismissed a
// push. The first time counts; reading is also seeing.
func (s *Store) MarkInbox(ctx context.Context, id domain.SubscriberID, push domain.PushID, what string, now time.Time) error {
	var seen, read, dismissed int64
	switch at := micros(now); what {
	case "seen":
		seen = at
	case "read":
		seen, read = at, at
	case "dismissed":
		seen, dismissed = at, at
	case "undismissed":
		const q = `UPDATE inbox_marks SET dismissed_at = 0 WHERE subscriber_id = $1 AND push_id = $2`
		_, err := s.write.ExecContext(ctx, q, id, push)
		return err
	default:
		return domain.Errorf(domain.Invalid, "没有名为“%s”的收件箱操作", what)
	}
	const q = `
		INSERT INTO inbox_marks (subscriber_id, push_id, seen_at, read_at, dismissed_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (subscriber_id, push_id) DO UPDATE
		SET seen_at = CASE WHEN inbox_marks.seen_at = 0 THEN excluded.seen_at ELSE inbox_marks.seen_at END,
			read_at = CASE WHEN inbox_marks.read_at = 0 THEN excluded.read_at ELSE inbox_marks.read_at END,
			dismissed_at = CASE WHEN inbox_marks.dismissed_at = 0 THEN excluded.dismissed_at ELSE inbox_marks.dismissed_at END`
	if _, err := s.write.ExecContext(ctx, q, id, push, seen, read, dismissed); err != nil {
		return fmt.Errorf("mark inbox: %w", err)
	}
	return nil
}
