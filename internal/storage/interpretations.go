package storage

import (
	"context"
	"database/sql"
	"fmt"

	"policypush/internal/domain"
	"policypush/interpretations"
)

// SaveInterpretation inserts an interpretation whose ID is 0, and sets it, or
// replaces one, and owes the notices of that. What readers said of the one
// that is replaced is forgotten.
func (s *Store) SaveInterpretation(ctx context.Context, it *interpretations.Item, owed ...domain.Notice) error {
	id := it.ID
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		it.ID = id // of another try
		if err := saveInterpretation(ctx, tx, it); err != nil {
			return err
		}
		for i := range owed {
			owed[i].Item = it.ID
		}
		if err := oweNotices(ctx, tx, owed); err != nil {
			return err
		}
		return notePolicy(ctx, tx, it.Policy)
	})
	if err != nil {
		it.ID = id
	}
	return err
}

func saveInterpretation(ctx context.Context, tx *sql.Tx, it *interpretations.Item) error {
	if it.ID == 0 {
		const q = `
			INSERT INTO interpretations (policy_id, policy_version, kind, state, body) VALUES ($1, $2, $3, $4, $5) RETURNING id`
		err := tx.QueryRowContext(ctx, q, it.Policy, it.PolicyVersion, it.Kind, it.State, asJSON(it)).Scan(&it.ID)
		if err != nil {
			return fmt.Errorf("insert interpretation: %w", err)
		}
		return nil
	}
	const q = `UPDATE interpretations SET policy_version = $3, kind = $4, state = $5, body = $6 WHERE id = $1 AND policy_id = $2`
	n, err := changed(ctx, tx, q, it.ID, it.Policy, it.PolicyVersion, it.Kind, it.State, asJSON(it))
	if err == nil && n == 0 {
		return domain.Errorf(domain.NotFound, noInterpretation)
	}
	if err != nil {
		return err
	}
	return forgetFeedback(ctx, tx, it.ID)
}

// scanInterpretation reads id and body. The body was written before a new item
// had its id.
func scanInterpretation(row scanner, it *interpretations.Item) error {
	var id int64
	err := row.Scan(&id, asJSON(it))
	it.ID = id
	return err
}

// Interpretation returns an interpretation, or NotFound.
func (s *Store) Interpretation(ctx context.Context, id int64) (interpretations.Item, error) {
	var it interpretations.Item
	err := scanInterpretation(s.read.QueryRowContext(ctx, `SELECT id, body FROM interpretations WHERE id = $1`, id), &it)
	return it, notFound(err, noInterpretation)
}

// Interpretations returns what stands beside a policy, oldest first; readers
// are shown the approved ones only.
func (s *Store) Interpretations(ctx context.Context, policy domain.PolicyID, approvedOnly bool) ([]interpretations.Item, error) {
	q := `SELECT id, body FROM interpretations WHERE policy_id = $1 ORDER BY id`
	if approvedOnly {
		q = `SELECT id, body FROM interpretations WHERE policy_id = $1 AND state = 'approved' ORDER BY id`
	}
	return list(ctx, s.read, scanInterpretation, q, policy)
}

// InterpretationsOf returns the approved ones of several policies, those of each
// oldest first.
func (s *Store) InterpretationsOf(ctx context.Context, policies []domain.PolicyID) (map[domain.PolicyID][]interpretations.Item, error) {
	of := map[domain.PolicyID][]interpretations.Item{}
	if len(policies) == 0 {
		return of, nil
	}
	var args []any
	for _, id := range policies {
		args = append(args, id)
	}
	items, err := list(ctx, s.read, scanInterpretation,
		`SELECT id, body FROM interpretations WHERE policy_id IN (`+places(1, len(args))+`) AND state = 'approved' ORDER BY id`, args...)
	for _, it := range items {
		of[it.Policy] = append(of[it.Policy], it)
	}
	return of, err
}

// DeleteInterpretation removes an interpretation. It fails with NotFound if
// there is none.
func (s *Store) DeleteInterpretation(ctx context.Context, id int64) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		var policy domain.PolicyID
		err := tx.QueryRowContext(ctx, `DELETE FROM interpretations WHERE id = $1 RETURNING policy_id`, id).Scan(&policy)
		if err != nil {
			return notFound(err, noInterpretation)
		}
		if err := forgetFeedback(ctx, tx, id); err != nil {
			return err
		}
		return notePolicy(ctx, tx, policy)
	})
}

// feedbackName is the counter of what readers say of an interpretation.
func feedbackName(id int64, said domain.Feedback) string {
	return fmt.Sprintf("interpretation/%d/%s", id, said)
}

// CountFeedback adds one reader to those who say this of an interpretation.
// Nothing but the number is kept.
func (s *Store) CountFeedback(ctx context.Context, id int64, said domain.Feedback) error {
	const q = `INSERT INTO counters (name, value) VALUES ($1, 1) ON CONFLICT (name) DO UPDATE SET value = counters.value + 1`
	if _, err := s.write.ExecContext(ctx, q, feedbackName(id, said)); err != nil {
		return fmt.Errorf("feedback on interpretation %d: %w", id, err)
	}
	return nil
}

func forgetFeedback(ctx context.Context, tx *sql.Tx, id int64) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM counters WHERE name IN ($1, $2)`, feedbackName(id, domain.Helpful), feedbackName(id, domain.Unclear))
	return err
}

// Feedback is how many readers said what of an approved interpretation.
type Feedback struct {
	Item             int64
	Policy           domain.PolicyID
	Helpful, Unclear int
}

// Feedback returns what readers said of the interpretations of an office's
// policies, or of one policy if it is not 0, in the order of the pages.
func (s *Store) Feedback(ctx context.Context, office domain.OfficeID, policy domain.PolicyID) ([]Feedback, error) {
	const q = `
		SELECT i.id, i.policy_id, COALESCE(h.value, 0), COALESCE(u.value, 0)
		FROM interpretations i JOIN policies p ON p.id = i.policy_id
		LEFT JOIN counters h ON h.name = 'interpretation/' || CAST(i.id AS TEXT) || '/helpful'
		LEFT JOIN counters u ON u.name = 'interpretation/' || CAST(i.id AS TEXT) || '/unclear'
		WHERE p.office_id = $1 AND i.state = 'approved' AND (CAST($2 AS BIGINT) = 0 OR p.id = $2) AND (h.value > 0 OR u.value > 0)
		ORDER BY i.policy_id, i.id`
	return list(ctx, s.read, func(row scanner, f *Feedback) error {
		return row.Scan(&f.Item, &f.Policy, &f.Helpful, &f.Unclear)
	}, q, office, policy)
}
