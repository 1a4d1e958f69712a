package storage

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"policypush/internal/domain"
)

// keepEarly is how long a receipt waits for its delivery. No gateway tells
// later than this what became of a message.
const keepEarly = 72 * time.Hour

// KeepReceipt keeps a receipt that names its delivery by the gateway's number
// only, and has come before that number was recorded. SettleEarly joins them.
// Nothing is kept of an address that is nobody's, unless a canary waits. It is
// idempotent.
func (s *Store) KeepReceipt(ctx context.Context, r Receipt) error {
	_, err := s.keepReceipt(ctx, s.write, r)
	return err
}

// keepReceipt is KeepReceipt, and tells whether the receipt is new.
func (s *Store) keepReceipt(ctx context.Context, db querier, r Receipt) (isNew bool, err error) {
	const q = `
		INSERT INTO early_receipts (at, channel, gateway_ref, blind, state, reason, note)
		SELECT CAST($1 AS BIGINT), CAST($2 AS TEXT), CAST($3 AS TEXT), $4, CAST($5 AS TEXT), CAST($6 AS TEXT), CAST($7 AS TEXT)
		WHERE EXISTS (SELECT 1 FROM contacts WHERE kind = $2 AND blind = $4) OR EXISTS (SELECT 1 FROM canaries WHERE channel = $2 AND state = 'sending')
		ON CONFLICT DO NOTHING`
	n, err := changed(ctx, db, q, micros(r.At), r.Channel, r.GatewayRef, s.blind(r.Channel, r.Address), r.State, r.Reason, r.Note)
	if err != nil {
		return false, fmt.Errorf("keep receipt: %w", err)
	}
	return n == 1, nil
}

// openTo returns the messages to the address of a receipt that have no number
// and no end, one delivery of each, in the order in which they were handed over.
// It fails with NotFound if there is none.
func (s *Store) openTo(ctx context.Context, tx *sql.Tx, r Receipt, recent string, first domain.DeliveryID, now time.Time) ([]domain.Delivery, error) {
	q := `
		SELECT d.id, d.message, d.claimed_at, d.state FROM ` + recent + ` AS d
		WHERE d.contact_id IN (SELECT id FROM contacts WHERE kind = $1 AND blind = $2) AND d.claimed_at > $3 AND d.channel = $1
			AND d.gateway_ref = '' AND d.state IN ('sending', 'accepted', 'unknown') AND d.id >= $4
		ORDER BY d.claimed_at, CASE WHEN d.message > 0 THEN d.message ELSE d.id END, d.id`
	rows, err := list(ctx, tx, func(row scanner, d *domain.Delivery) error {
		return row.Scan(&d.ID, &d.Message, timeInto(&d.ClaimedAt), &d.State)
	}, q, r.Channel, s.blind(r.Channel, r.Address), micros(now.Add(-keepEarly)), first)
	if err == nil && len(rows) == 0 {
		err = domain.Errorf(domain.NotFound, noMessage)
	}
	return slices.CompactFunc(rows, func(a, b domain.Delivery) bool { // a digest is one message
		return a.Message > 0 && a.Message == b.Message && a.ClaimedAt.Equal(b.ClaimedAt)
	}), err
}

// shareReceipt records a receipt of which only the person is known, while several
// messages to them are open: it is kept, and stands in the history of each, but
// settles none. When as many say the same as are open, each later than the
// message it may be of, they settle all, in whichever order. Otherwise what was
// accepted stays so, and what is in doubt waits for a query or a person.
func (s *Store) shareReceipt(ctx context.Context, tx *sql.Tx, r Receipt, open []domain.Delivery, now time.Time) error {
	isNew, err := s.keepReceipt(ctx, tx, r)
	if err != nil || !isNew {
		return err
	}
	const kept = `SELECT gateway_ref, state, reason, note, at FROM early_receipts WHERE channel = $1 AND blind = $2 AND at >= $3 ORDER BY at, id`
	blind := s.blind(r.Channel, r.Address)
	told, err := list(ctx, tx, func(row scanner, k *Receipt) error {
		k.Channel, k.Gateway = r.Channel, r.Gateway
		return row.Scan(&k.GatewayRef, &k.State, &k.Reason, &k.Note, timeInto(&k.At))
	}, kept, r.Channel, blind, micros(open[0].ClaimedAt))
	if err != nil {
		return err
	}
	all := len(told) == len(open)
	for i := range told {
		all = all && told[i].State == r.State && !told[i].At.Before(open[i].ClaimedAt)
	}
	if !all {
		return s.insertEvents(ctx, tx, len(open), func(i int) DeliveryEvent {
			d := open[i]
			note := fmt.Sprintf("回执%s：%s，不知是%d条中的哪一条", r.GatewayRef, r.State.Label(), len(open))
			return DeliveryEvent{Delivery: d.ID, At: r.At, State: d.State, Note: note, Gateway: r.Gateway}
		})
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM early_receipts WHERE channel = $1 AND blind = $2`, r.Channel, blind); err != nil {
		return err
	}
	for i, k := range told {
		k.Delivery = open[i].ID
		if err := s.recordReceipt(ctx, tx, k, now); err != nil {
			return err
		}
	}
	return nil
}

// SettleEarly records kept receipts whose delivery, or canary, is known by now,
// at most limit of them, and forgets those that nothing of ours was ever meant
// by. It returns those of deliveries, with these.
func (s *Store) SettleEarly(ctx context.Context, limit int, now time.Time) (settled []Receipt, err error) {
	type early struct {
		id      int64
		receipt Receipt
	}
	oldest, err := oldestSince(ctx, s.read, now.Add(-numbersLast)) // as of this moment: a number may have come in between
	if err != nil {
		return nil, fmt.Errorf("settle early receipts: %w", err)
	}
	first, _ := domain.DeliveriesOf(oldest)
	recent, err := s.partsFrom(ctx, s.read, oldest)
	if err != nil {
		return nil, fmt.Errorf("settle early receipts: %w", err)
	}
	find := `
		SELECT e.id, d.id, e.at, e.channel, e.gateway_ref, e.state, e.reason, e.note
		FROM early_receipts e
			JOIN ` + recent + ` AS d ON d.gateway_ref <> '' AND d.gateway_ref = e.gateway_ref AND d.channel = e.channel AND d.id >= $2
			JOIN contacts c ON c.id = d.contact_id AND c.blind = e.blind
		ORDER BY e.id LIMIT $1`
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		settled = settled[:0]
		if _, err := tx.ExecContext(ctx, `DELETE FROM early_receipts WHERE at < $1`, micros(now.Add(-keepEarly))); err != nil {
			return err
		}
		found, err := list(ctx, tx, func(row scanner, e *early) error {
			r := &e.receipt
			return row.Scan(&e.id, &r.Delivery, timeInto(&r.At), &r.Channel, &r.GatewayRef, &r.State, &r.Reason, &r.Note)
		}, find, limit, first)
		if err != nil {
			return err
		}
		for _, e := range found {
			if err := s.recordReceipt(ctx, tx, e.receipt, now); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `DELETE FROM early_receipts WHERE id = $1`, e.id); err != nil {
				return err
			}
			settled = append(settled, e.receipt)
		}
		return settleCanaries(ctx, tx, limit)
	})
	if err != nil {
		return nil, fmt.Errorf("settle early receipts: %w", err)
	}
	return settled, nil
}

// settleCanaries records kept receipts of canaries.
func settleCanaries(ctx context.Context, tx *sql.Tx, limit int) error {
	type early struct {
		id      int64
		push    domain.PushID
		receipt Receipt
	}
	const find = `
		SELECT e.id, k.push_id, e.at, e.channel, e.gateway_ref, e.state, e.note
		FROM early_receipts e JOIN canaries k ON k.gateway_ref <> '' AND k.gateway_ref = e.gateway_ref AND k.channel = e.channel
		ORDER BY e.id LIMIT $1`
	found, err := list(ctx, tx, func(row scanner, e *early) error {
		r := &e.receipt
		return row.Scan(&e.id, &e.push, timeInto(&r.At), &r.Channel, &r.GatewayRef, &r.State, &r.Note)
	}, find, limit)
	if err != nil {
		return err
	}
	for _, e := range found {
		r := e.receipt
		if err := settleCanary(ctx, tx, e.push, r.Channel, r.GatewayRef, r.State, r.Note, r.At); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM early_receipts WHERE id = $1`, e.id); err != nil {
			return err
		}
	}
	return nil
}
