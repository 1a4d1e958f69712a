package storage

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

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

// CorrectionFilter selects kept corrections; what is not set does not restrict.
type CorrectionFilter struct {
	Policy        domain.PolicyID
	Query         string // part of the title or the number of the document
	Dimension     domain.Dimension
	Code          string // of the dimension
	By            domain.OperatorID
	Agreed        *bool     // whether the officer says what the machine said, see [domain.Correction.Confirms]
	From, Before  time.Time // Before is not included
	Limit, Offset int
}

func (f CorrectionFilter) where() (string, []any) {
	all, args := []string{`1 = 1`}, []any{}
	if f.Policy != 0 {
		all = append(all, `policy_id = `+param(&args, f.Policy))
	}
	if f.Query != "" {
		like := param(&args, `%`+likeLiteral(f.Query)+`%`) + ` ESCAPE '!'`
		all = append(all, `policy_id IN (SELECT p.id FROM policies p WHERE p.title LIKE `+like+` OR p.doc_number LIKE `+like+`)`)
	}
	if f.Dimension != "" {
		all = append(all, `dimension = `+param(&args, f.Dimension))
	}
	if f.Code != "" {
		all = append(all, `code = `+param(&args, f.Code))
	}
	if f.By != 0 {
		all = append(all, `operator_id = `+param(&args, f.By))
	}
	if f.Agreed != nil {
		agreed := `CASE WHEN dimension IN ('fact', 'measure') THEN machine = officer ELSE (machine = 'assigned') = (officer = 'yes') END`
		if !*f.Agreed {
			agreed = `NOT ` + agreed
		}
		all = append(all, agreed)
	}
	if !f.From.IsZero() {
		all = append(all, `at >= `+param(&args, micros(f.From)))
	}
	if !f.Before.IsZero() {
		all = append(all, `at < `+param(&args, micros(f.Before)))
	}
	return strings.Join(all, " AND "), args
}

// Corrections returns a page of the kept corrections, the newest first, and how
// many there are in all.
func (s *Store) Corrections(ctx context.Context, f CorrectionFilter) ([]domain.Correction, int, error) {
	where, args := f.where()
	var total int
	if err := s.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM corrections WHERE `+where, args...).Scan(&total); err != nil {
		return nil, 0, fmt.Errorf("count corrections: %w", err)
	}
	q := `
		SELECT id, policy_id, policy_version, dimension, code, machine, officer, start_at, end_at, words, context, operator_id, at
		FROM corrections WHERE ` + where + ` ORDER BY at DESC, id DESC LIMIT ` + param(&args, f.Limit) + ` OFFSET ` + param(&args, f.Offset)
	found, err := list(ctx, s.read, func(row scanner, c *domain.Correction) error {
		return row.Scan(&c.ID, &c.Policy, &c.Version, &c.Dimension, &c.Code, &c.Machine, &c.Officer, &c.Start, &c.End,
			&c.Words, &c.Context, &c.By, timeInto(&c.At))
	}, q, args...)
	return found, total, err
}
