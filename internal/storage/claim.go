package storage

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"policypush/internal/domain"
)

// Outgoing is one message to one address: a delivery, or the several of a
// digest, all claimed for the caller and for nobody else.
type Outgoing struct {
	Deliveries     []domain.Delivery
	Contact        domain.Contact // the zero Contact if the address is gone
	SubscriberKind domain.SubscriberKind
	Paused         bool
	NoConsent      bool // also for somebody who is gone
}

const deliveryColumns = `deliveries.id, deliveries.push_id, deliveries.subscriber_id, deliveries.contact_id, deliveries.channel,
	deliveries.batch_id, deliveries.state, deliveries.reason, deliveries.verdict, deliveries.attempts, deliveries.next_at,
	deliveries.claimed_at, deliveries.sent_at, deliveries.ended_at, deliveries.gateway_ref, deliveries.gateway`

func deliveryInto(d *domain.Delivery) []any {
	return []any{
		&d.ID, &d.Push, &d.Subscriber, &d.Contact, &d.Channel, &d.Batch, &d.State, &d.Reason, &d.Verdict,
		&d.Attempts, timeInto(&d.NextAt), timeInto(&d.ClaimedAt), timeInto(&d.SentAt), timeInto(&d.EndedAt), &d.GatewayRef, &d.Gateway,
	}
}

func scanDelivery(row scanner, d *domain.Delivery) error { return row.Scan(deliveryInto(d)...) }

// ClaimDeliveries takes up to limit waiting deliveries of a batch for the
// caller: they are in state sending, and no other claim returns them. With a
// digest come the same person's other due deliveries of that channel, of any
// push, for the same message. It fails with Conflict if the batch was handed
// out anew: a task that the queue delivers twice is still sent once.
func (s *Store) ClaimDeliveries(ctx context.Context, id domain.BatchID, gen, limit int, now time.Time) ([]Outgoing, error) {
	var out []Outgoing
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		out = nil
		b, err := batch(ctx, tx, id)
		if err != nil {
			return err
		}
		if b.Gen != gen {
			return overtaken(id)
		}
		claimed, err := s.claim(ctx, tx, b, limit, now)
		if err != nil || len(claimed) == 0 {
			return err
		}
		more, err := s.claimDigests(ctx, tx, claimed, now)
		if err != nil {
			return err
		}
		claimed = append(claimed, more...)
		t := tally{}
		for _, d := range claimed {
			t.move(d, domain.Pending, d.Reason)
		}
		if err := s.writeTally(ctx, tx, t); err != nil {
			return err
		}
		out, err = s.outgoing(ctx, tx, claimed)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim deliveries of batch %d: %w", id, err)
	}
	return out, nil
}

func (s *Store) claim(ctx context.Context, tx *sql.Tx, b domain.Batch, limit int, now time.Time) ([]domain.Delivery, error) {
	q := `
		WITH due AS MATERIALIZED (
			SELECT d.id FROM deliveries d
			WHERE d.push_id = $1 AND d.batch_id = $2 AND d.state IN ('pending', 'sending') AND d.state = 'pending' AND d.next_at <= $3
			ORDER BY d.id LIMIT $4` + s.dialect.skipLocked + `)
		UPDATE deliveries SET state = 'sending', attempts = attempts + 1, claimed_at = $3
		WHERE id IN (SELECT id FROM due)
		RETURNING ` + deliveryColumns
	return list(ctx, tx, scanDelivery, q, b.Push, b.ID, micros(now), limit)
}

// claimDigests takes what else waits for the next digest of the persons whose
// digest was claimed.
func (s *Store) claimDigests(ctx context.Context, tx *sql.Tx, claimed []domain.Delivery, now time.Time) ([]domain.Delivery, error) {
	var persons []domain.SubscriberID
	for _, d := range claimed {
		if d.Reason == domain.ReasonDigest {
			persons = append(persons, d.Subscriber)
		}
	}
	var more []domain.Delivery
	err := chunks(persons, func(part []any) error {
		q := `
			WITH due AS MATERIALIZED (
				SELECT d.id FROM deliveries d JOIN pushes u ON u.id = d.push_id
				WHERE d.channel = $1 AND d.next_at <= $2 AND d.state = 'pending' AND d.reason = 'digest' AND u.state <> 'stopped' AND u.paused_at = 0
					AND d.subscriber_id IN (` + s.dialect.places(3, len(part)) + `)
				ORDER BY d.id` + s.dialect.skipLocked + `)
			UPDATE deliveries SET state = 'sending', attempts = attempts + 1, claimed_at = $2
			WHERE id IN (SELECT id FROM due)
			RETURNING ` + deliveryColumns
		found, err := list(ctx, tx, scanDelivery, q, append([]any{claimed[0].Channel, micros(now)}, part...)...)
		more = append(more, found...)
		return err
	})
	return more, err
}

// outgoing groups claimed deliveries into messages, in id order, and reads for
// each who gets it and whether it may still be sent.
func (s *Store) outgoing(ctx context.Context, tx *sql.Tx, claimed []domain.Delivery) ([]Outgoing, error) {
	slices.SortFunc(claimed, func(a, b domain.Delivery) int { return cmp.Compare(a.ID, b.ID) })
	var out []Outgoing
	digest, of := map[domain.SubscriberID]int{}, map[domain.DeliveryID]int{}
	var ids []domain.DeliveryID // the first of each message
	for _, d := range claimed {
		if at, ok := digest[d.Subscriber]; ok && d.Reason == domain.ReasonDigest {
			out[at].Deliveries = append(out[at].Deliveries, d)
			continue
		}
		if d.Reason == domain.ReasonDigest {
			digest[d.Subscriber] = len(out)
		}
		of[d.ID] = len(out)
		ids = append(ids, d.ID)
		out = append(out, Outgoing{Deliveries: []domain.Delivery{d}, NoConsent: true})
	}
	err := chunks(ids, func(part []any) error {
		q := `
			SELECT d.id, v.kind, v.paused, v.consented, COALESCE(c.id, 0), COALESCE(c.kind, ''), c.address,
				COALESCE(c.frequency, ''), COALESCE(c.verified, FALSE), COALESCE(x.reason, '')
			FROM deliveries d JOIN subscribers v ON v.id = d.subscriber_id
				LEFT JOIN contacts c ON c.id = d.contact_id AND c.subscriber_id = d.subscriber_id
				LEFT JOIN stop_list x ON x.blind = c.blind AND x.kind = c.kind
			WHERE d.id IN (` + s.dialect.places(1, len(part)) + `)`
		return each(ctx, tx, func(row scanner) error {
			var id domain.DeliveryID
			var kind domain.SubscriberKind
			var paused, consented bool
			var c domain.Contact
			var sealed []byte
			err := row.Scan(&id, &kind, &paused, &consented, &c.ID, &c.Kind, &sealed, &c.When, &c.Verified, &c.Suppressed)
			if err != nil {
				return err
			}
			o := &out[of[id]]
			o.SubscriberKind, o.Paused, o.NoConsent = kind, paused, !consented
			if c.ID == 0 {
				return nil
			}
			if c.Address, err = s.openAddress(sealed, c.Kind, o.Deliveries[0].Subscriber); err != nil {
				return fmt.Errorf("contact %d: %w", c.ID, err)
			}
			o.Contact = c
			return nil
		}, q, part...)
	})
	return out, err
}
