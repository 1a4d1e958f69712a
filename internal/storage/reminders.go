package storage

import (
	"context"
	"database/sql"
	"fmt"

	"policypush/internal/domain"
)

// OweReminder owes a reminder of a policy's deadline and sets push.ID, unless
// one was owed for that deadline and number of days before, or the policy has
// changed since it was read. It tells whether it did.
func (s *Store) OweReminder(ctx context.Context, p *domain.Policy, push *domain.Push) (bool, error) {
	owes := false
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		owes = false
		const hold = `UPDATE policies SET status = status WHERE id = $1 AND version = $2 AND status = 'published'`
		n, err := changed(ctx, tx, hold, p.ID, p.Version) // one leader at a time
		if err != nil {
			return fmt.Errorf("owe reminder of policy %d: %w", p.ID, err)
		}
		var there bool
		const q = `SELECT EXISTS (SELECT 1 FROM pushes WHERE kind = 'reminder' AND policy_id = $1 AND deadline = $2 AND days_left = $3)`
		if err := tx.QueryRowContext(ctx, q, p.ID, push.Deadline, push.DaysLeft).Scan(&there); err != nil {
			return fmt.Errorf("owe reminder of policy %d: %w", p.ID, err)
		}
		if n == 0 || there {
			return nil
		}
		owes = true
		return owePush(ctx, tx, p, push)
	})
	return owes, err
}

// Done returns who said of a policy that they have seen to it (已办理).
func (s *Store) Done(ctx context.Context, policy domain.PolicyID) ([]domain.SubscriberID, error) {
	const q = `
		SELECT DISTINCT m.subscriber_id FROM pushes u JOIN inbox_marks m ON m.push_id = u.id
		WHERE u.policy_id = $1 AND u.kind NOT IN ('first', 'answer') AND m.done_at > 0`
	return list(ctx, s.read, one[domain.SubscriberID], q, policy)
}
