package storage

import (
	"context"
	"database/sql"
	"fmt"

	"policypush/internal/domain"
)

// SaveCorrections keeps what an officer said. A later word about the same thing
// replaces the earlier one; what the machine said first stays.
func (s *Store) SaveCorrections(ctx context.Context, corrections []domain.Correction) error {
	const q = `
		INSERT INTO corrections (policy_id, policy_version, dimension, code, place, machine, officer, start_at, end_at, words, context, operator_id, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
		ON CONFLICT (policy_id, dimension, code, place) DO UPDATE SET policy_version = excluded.policy_version, officer = excluded.officer,
			start_at = excluded.start_at, end_at = excluded.end_at, words = excluded.words, context = excluded.context,
			operator_id = excluded.operator_id, at = excluded.at`
	if len(corrections) == 0 {
		return nil
	}
	return s.inTx(ctx, func(tx *sql.Tx) error {
		for i := range corrections {
			c := &corrections[i]
			place := 0
			if c.Dimension == domain.MeasureCorrected {
				place = c.Start
			}
			if _, err := tx.ExecContext(ctx, q, c.Policy, c.Version, c.Dimension, c.Code, place, c.Machine, c.Officer,
				c.Start, c.End, c.Words, c.Context, c.By, micros(c.At)); err != nil {
				return fmt.Errorf("keep correction of policy %d: %w", c.Policy, err)
			}
		}
		return nil
	})
}

// Corrections returns the latest corrections of a policy (0: of all), newest
// first, and how many there are.
func (s *Store) Corrections(ctx context.Context, policy domain.PolicyID, limit int) ([]domain.Correction, int, error) {
	var total int
	if err := s.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM corrections WHERE $1 = 0 OR policy_id = $1`, policy).Scan(&total); err != nil {
		return nil, 0, fmt.Errorf("count corrections: %w", err)
	}
	const q = `
		SELECT id, policy_id, policy_version, dimension, code, machine, officer, start_at, end_at, words, context, operator_id, at
		FROM corrections WHERE $1 = 0 OR policy_id = $1 ORDER BY at DESC, id DESC LIMIT $2`
	found, err := list(ctx, s.read, func(row scanner, c *domain.Correction) error {
		return row.Scan(&c.ID, &c.Policy, &c.Version, &c.Dimension, &c.Code, &c.Machine, &c.Officer, &c.Start, &c.End,
			&c.Words, &c.Context, &c.By, timeInto(&c.At))
	}, q, policy, limit)
	return found, total, err
}
