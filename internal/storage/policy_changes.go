package storage

import (
	"context"
	"database/sql"
	"fmt"

	"policypush/internal/domain"
)

// PolicyChange says that a policy, or what explains it, was written or removed.
type PolicyChange struct {
	Seq    int64
	Policy domain.PolicyID
}

// notePolicy logs that a policy, or what stands beside it, has changed. Whoever
// notes holds the counter until the commit, so that no number appears after a
// higher one was seen. What is public is counted apart: nobody who keeps a copy
// of that is troubled by drafts.
func notePolicy(ctx context.Context, tx *sql.Tx, id domain.PolicyID) error {
	seq, err := nextNumbers(ctx, tx, "policy_log", 1)
	if err != nil {
		return err
	}
	const q = `
		INSERT INTO policy_changes (policy_id, seq) VALUES ($1, $2)
		ON CONFLICT (policy_id) DO UPDATE SET seq = excluded.seq`
	if _, err := tx.ExecContext(ctx, q, id, seq); err != nil {
		return fmt.Errorf("note change of policy %d: %w", id, err)
	}
	const public = `
		INSERT INTO counters (name, value)
		SELECT 'policy_changes', 1 WHERE EXISTS
			(SELECT 1 FROM policies WHERE id = $1 AND status IN ('published', 'amended', 'withdrawn', 'expired'))
		ON CONFLICT (name) DO UPDATE SET value = counters.value + 1`
	if _, err := tx.ExecContext(ctx, public, id); err != nil {
		return fmt.Errorf("count change of what is public: %w", err)
	}
	return nil
}

// notePolicies logs a change of every policy that a subquery yields.
func notePolicies(ctx context.Context, tx *sql.Tx, ids string) error {
	all, err := list(ctx, tx, func(row scanner, id *domain.PolicyID) error { return row.Scan(id) }, ids)
	if err != nil {
		return err
	}
	for _, id := range all {
		if err := notePolicy(ctx, tx, id); err != nil {
			return err
		}
	}
	return nil
}

// LastLoggedChange returns the number of the latest change in the log, or 0.
func (s *Store) LastLoggedChange(ctx context.Context) (int64, error) {
	return counter(ctx, s.read, "policy_log")
}

// PolicyChanges returns up to limit changes after a number, in order. A policy
// that changed more than once stands at its last change only.
func (s *Store) PolicyChanges(ctx context.Context, after int64, limit int) ([]PolicyChange, error) {
	const q = `SELECT seq, policy_id FROM policy_changes WHERE seq > $1 ORDER BY seq LIMIT $2`
	return list(ctx, s.read, func(row scanner, c *PolicyChange) error { return row.Scan(&c.Seq, &c.Policy) }, q, after, limit)
}

// WalkPolicies calls fn with the id of every policy, in order.
func (s *Store) WalkPolicies(ctx context.Context, fn func(domain.PolicyID) error) error {
	const q = `SELECT id FROM policies WHERE id > $1 ORDER BY id LIMIT $2`
	for after := domain.PolicyID(0); ; {
		page, err := list(ctx, s.read, func(row scanner, id *domain.PolicyID) error { return row.Scan(id) }, q, after, walkPage)
		if err != nil {
			return fmt.Errorf("walk policies: %w", err)
		}
		for _, id := range page {
			if err := fn(id); err != nil {
				return err
			}
		}
		if len(page) < walkPage {
			return nil
		}
		after = page[len(page)-1]
	}
}
