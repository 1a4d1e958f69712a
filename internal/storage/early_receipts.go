package storage

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"policypush/internal/domain"
)

// keepEarly is how long a receipt waits for its delivery. No gateway tells
// later than this what became of a message.
const keepEarly = 72 * time.Hour

// KeepReceipt keeps a receipt that names its delivery by the gateway's number
// only, and has come before that number was recorded. SettleEarly joins them.
// It is idempotent.
func (s *Store) KeepReceipt(ctx context.Context, r Receipt) error {
	const q = `
		INSERT INTO early_receipts (at, channel, gateway_ref, blind, state, reason, note) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT DO NOTHING`
	_, err := s.write.ExecContext(ctx, q, micros(r.At), r.Channel, r.GatewayRef, s.blind(r.Channel, r.Address), r.State, r.Reason, r.Note)
	if err != nil {
		return fmt.Errorf("keep receipt: %w", err)
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
