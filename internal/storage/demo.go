package storage

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
)

// HasDemo tells whether any part of the demonstration is there.
func (s *Store) HasDemo(ctx context.Context) (bool, error) {
	const q = `SELECT EXISTS (SELECT 1 FROM offices WHERE demo) OR EXISTS (SELECT 1 FROM operators WHERE demo)
		OR EXISTS (SELECT 1 FROM subscribers WHERE demo)`
	var has bool
	err := s.read.QueryRowContext(ctx, q).Scan(&has)
	return has, err
}

// RemoveDemo removes, in one transaction, the demonstration: offices,
// operators and subscribers that are marked so, and what hangs on them:
// policies with their pushes, deliveries and interpretations, contacts with
// their stop-list entries unless somebody real has the address. Real
// subscribers and the pushes of real policies stay.
func (s *Store) RemoveDemo(ctx context.Context) error {
	const (
		policies = `(SELECT id FROM policies WHERE office_id IN (SELECT id FROM offices WHERE demo))`
		general  = `policy_id IS NULL AND id IN (SELECT n.push_id FROM answer_notices n JOIN questions q ON q.id = n.question_id
			WHERE q.office_id IN (SELECT id FROM offices WHERE demo))`
		pushes  = `(SELECT id FROM pushes WHERE policy_id IN ` + policies + ` OR ` + general + `)`
		persons = `(SELECT id FROM subscribers WHERE demo)`
		staff   = `(SELECT id FROM operators WHERE demo OR office_id IN (SELECT id FROM offices WHERE demo))`
		hangs   = `(SELECT id FROM deliveries WHERE push_id IN ` + pushes + `)`
	)
	steps := []string{
		`DELETE FROM delivery_events WHERE delivery_id IN ` + hangs,
		`DELETE FROM outbox WHERE delivery_id IN ` + hangs,
		dropFiles + ` AND d.subscriber_id IN ` + persons + `)`,
		`DELETE FROM print_slips WHERE delivery_id IN ` + hangs,
		noLetters,
		`DELETE FROM deliveries WHERE push_id IN ` + pushes,
		`DELETE FROM inbox_marks WHERE push_id IN ` + pushes + ` OR subscriber_id IN ` + persons,
		`DELETE FROM pushes WHERE ` + general,
		`DELETE FROM policies WHERE id IN ` + policies, // and pushes, audiences, batches, interpretations, questions
		`DELETE FROM stop_list WHERE blind IN (SELECT blind FROM contacts WHERE subscriber_id IN ` + persons + `)
			AND blind NOT IN (SELECT blind FROM contacts WHERE subscriber_id NOT IN ` + persons + `)`,
		`DELETE FROM sessions WHERE subscriber_id IN ` + persons + ` OR operator_id IN ` + staff,
		`DELETE FROM questions WHERE subscriber_id IN ` + persons + ` OR office_id IN (SELECT id FROM offices WHERE demo)`,
		`DELETE FROM answer_notices WHERE subscriber_id IN ` + persons,
		`DELETE FROM question_readers WHERE subscriber_id IN ` + persons,
		`DELETE FROM qa_readers WHERE subscriber_id IN ` + persons,
		`DELETE FROM joins WHERE subscriber_id IN ` + persons + ` OR by_contact IN (SELECT id FROM contacts WHERE subscriber_id IN ` + persons + `)`,
		`DELETE FROM subscribers WHERE demo`, // and contacts, former versions, history of people
		`DELETE FROM operators WHERE id IN ` + staff,
		`DELETE FROM offices WHERE demo`,
	}
	return s.inTx(ctx, func(tx *sql.Tx) error {
		if _, err := nextNumbers(ctx, tx, "profile_changes", 0); err != nil { // nobody else writes subscribers
			return err
		}
		var gone int
		if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM subscribers WHERE demo`).Scan(&gone); err != nil {
			return err
		}
		first, err := nextNumbers(ctx, tx, "profile_changes", gone)
		if err != nil {
			return err
		}
		const log = `
			INSERT INTO profile_changes (seq, subscriber_id, deleted, mark)
			SELECT $1 + ROW_NUMBER() OVER (ORDER BY id), id, TRUE, $2 FROM subscribers WHERE demo`
		if _, err := tx.ExecContext(ctx, log, first-1, rand.Int64()); err != nil {
			return fmt.Errorf("remove demonstration: %w", err)
		}
		if err := notePolicies(ctx, tx, `SELECT id FROM policies WHERE id IN `+policies); err != nil {
			return fmt.Errorf("remove demonstration: %w", err)
		}
		for _, q := range steps {
			if _, err := tx.ExecContext(ctx, q); err != nil {
				return fmt.Errorf("remove demonstration: %w", err)
			}
		}
		return nil
	})
}
