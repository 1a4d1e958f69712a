package storage

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"policypush/internal/domain"
)

// forgetStep is how many rows one transaction removes: others write between
// two.
const forgetStep = 2000

// over tells of a push that it has ended, and began before $1.
const over = `state IN ('done', 'stopped') AND created_at < $1 AND planned_at < $1 AND send_at < $1`

// ForgetDeliveries removes the deliveries, with their history and their copies
// in the outbox, of pushes that are over and began before a time, oldest
// first. It ends after so many rows, or pushes, and returns how many of each
// it removed. What remains of a push are its counters. Where deliveries stand
// in parts these go whole, and their rows are not counted; only what has waited
// for the rest of its part for [partSpan] goes row by row.
func (s *Store) ForgetDeliveries(ctx context.Context, before time.Time, maxRows, maxPushes int) (rows, pushes int, err error) {
	if s.dialect.parts {
		if pushes, err = s.dropParts(ctx, before); err != nil {
			return 0, pushes, fmt.Errorf("forget deliveries: %w", err)
		}
		before = before.Add(-partSpan)
	}
	const oldest = `SELECT id FROM pushes WHERE forgotten_at = 0 AND ` + over + ` ORDER BY id LIMIT $2`
	old, err := list(ctx, s.read, one[domain.PushID], oldest, micros(before), maxPushes)
	if err != nil {
		return 0, pushes, fmt.Errorf("forget deliveries: %w", err)
	}
	for _, id := range old {
		for {
			if rows >= maxRows {
				return rows, pushes, nil
			}
			n, err := s.forgetSome(ctx, id)
			rows += n
			if err != nil {
				return rows, pushes, fmt.Errorf("forget deliveries of push %d: %w", id, err)
			}
			if n < forgetStep {
				break
			}
		}
		const done = `UPDATE pushes SET forgotten_at = $2 WHERE id = $1`
		if _, err := s.write.ExecContext(ctx, done, id, micros(time.Now())); err != nil {
			return rows, pushes, fmt.Errorf("forget deliveries of push %d: %w", id, err)
		}
		pushes++
	}
	return rows, pushes, nil
}

// forgetSome removes some deliveries of a push in one transaction.
func (s *Store) forgetSome(ctx context.Context, push domain.PushID) (n int, err error) {
	from, until := domain.DeliveriesOf(push)
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		const next = `SELECT id FROM deliveries WHERE id >= $1 AND id < $2 ORDER BY id LIMIT $3`
		ids, err := list(ctx, tx, one[domain.DeliveryID], next, from, until, forgetStep)
		if n = len(ids); err != nil || n == 0 {
			return err
		}
		last := ids[n-1]
		if err := forgetBeside(ctx, tx, ids[0], last+1); err != nil {
			return err
		}
		for _, q := range []string{
			`DELETE FROM delivery_events WHERE delivery_id >= $1 AND delivery_id <= $2`,
			`DELETE FROM deliveries WHERE id >= $1 AND id <= $2`,
		} {
			if _, err := tx.ExecContext(ctx, q, ids[0], last); err != nil {
				return err
			}
		}
		if n < forgetStep {
			return forgetPace(ctx, tx, push, push+1)
		}
		return nil
	})
	return n, err
}

// forgetPace removes what is left of a range of pushes when their deliveries are
// gone: how fast they were, and batches of letters that hold none any more.
func forgetPace(ctx context.Context, tx *sql.Tx, from, until domain.PushID) error {
	if _, err := tx.ExecContext(ctx, noLetters); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `DELETE FROM push_pace WHERE push_id >= $1 AND push_id < $2`, from, until)
	return err
}

// forgetBeside removes what hangs on the deliveries of a range of ids, beside
// their history.
func forgetBeside(ctx context.Context, tx *sql.Tx, from, until domain.DeliveryID) error {
	for _, q := range []string{
		`DELETE FROM outbox WHERE delivery_id >= $1 AND delivery_id < $2`,
		`DELETE FROM print_slips WHERE delivery_id >= $1 AND delivery_id < $2`,
	} {
		if _, err := tx.ExecContext(ctx, q, from, until); err != nil {
			return err
		}
	}
	return nil
}
