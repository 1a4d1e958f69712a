package storage

import (
	"context"
	"database/sql"
	"fmt"
	random "math/rand/v2"
	"time"

	"policypush/internal/domain"
)

// addressesOf are the blind indexes of the addresses of $1 that nobody else has.
const addressesOf = `(SELECT blind FROM contacts c WHERE c.subscriber_id = $1
	AND NOT EXISTS (SELECT 1 FROM contacts o WHERE o.blind = c.blind AND o.kind = c.kind AND o.subscriber_id <> c.subscriber_id))`

// deliveriesTo are the ids of what was sent to $1.
const deliveriesTo = `(SELECT id FROM deliveries WHERE subscriber_id = $1)`

// erasures remove what is kept of a subscriber, by id ($1), in this order:
// deliveries are made nobody's first, and hold up whoever records what becomes of
// one; the subscriber goes last, whose contacts, former profiles, history of
// people and first digest go along.
var erasures = []string{
	`UPDATE deliveries SET gateway_ref = '', contact_id = -contact_id WHERE subscriber_id = $1 AND contact_id > 0`,
	dropFiles + ` AND d.subscriber_id = $1)`,
	`DELETE FROM joins WHERE subscriber_id = $1 OR by_contact IN (SELECT id FROM contacts WHERE subscriber_id = $1) OR blind IN ` + addressesOf,
	`DELETE FROM people_changes WHERE about_blind IN ` + addressesOf,
	`DELETE FROM codes WHERE blind IN ` + addressesOf,
	`DELETE FROM early_receipts WHERE blind IN ` + addressesOf,
	`DELETE FROM replies WHERE blind IN ` + addressesOf,
	`DELETE FROM outbox WHERE blind IN ` + addressesOf + ` OR delivery_id IN ` + deliveriesTo,
	`DELETE FROM delivery_events WHERE delivery_id IN ` + deliveriesTo,
	`DELETE FROM sessions WHERE subscriber_id = $1`,
	`DELETE FROM inbox_marks WHERE subscriber_id = $1`,
	`DELETE FROM questions WHERE subscriber_id = $1`,
	`DELETE FROM answer_notices WHERE subscriber_id = $1`,
	`DELETE FROM question_readers WHERE subscriber_id = $1`,
	`DELETE FROM qa_readers WHERE subscriber_id = $1`,
}

// ofNobody is the condition for deliveries of somebody who was erased: their
// contact is a negative number. What becomes of one is counted, and nothing else
// of it is kept.
const ofNobody = `deliveries.contact_id < 0`

// DeleteSubscriber removes a person from every table, and logs that they are
// gone. What stays names nobody: the bare number in frozen audiences and in
// deliveries, which counts and reconciliation rest on, without what the gateway
// called the message, also where it says so only later; and the stop-list's fingerprints of addresses, so that who
// said 退订 is not written to again. An address that another subscriber has too
// stays theirs, with what is kept by it. That somebody left on this day is
// counted. It fails with NotFound if there is no such person.
func (s *Store) DeleteSubscriber(ctx context.Context, id domain.SubscriberID, now time.Time) error {
	const count = `
		INSERT INTO departures (day, kind, n) SELECT CAST($2 AS TEXT), kind, 1 FROM subscribers WHERE id = $1
		ON CONFLICT (day, kind) DO UPDATE SET n = departures.n + 1`
	return s.inTx(ctx, func(tx *sql.Tx) error {
		seq, err := nextNumbers(ctx, tx, "profile_changes", 1)
		if err != nil {
			return err
		}
		for _, q := range erasures {
			if _, err := tx.ExecContext(ctx, q, id); err != nil {
				return fmt.Errorf("delete subscriber %d: %w", id, err)
			}
		}
		if _, err := tx.ExecContext(ctx, count, id, dayOf(now)); err != nil {
			return fmt.Errorf("delete subscriber %d: %w", id, err)
		}
		n, err := changed(ctx, tx, `DELETE FROM subscribers WHERE id = $1`, id)
		if err != nil {
			return fmt.Errorf("delete subscriber %d: %w", id, err)
		}
		if n == 0 {
			return domain.Errorf(domain.NotFound, noSubscriber)
		}
		const log = `INSERT INTO profile_changes (seq, subscriber_id, deleted, mark) VALUES ($1, $2, $3, $4)`
		_, err = tx.ExecContext(ctx, log, seq, id, true, random.Int64())
		return err
	})
}
