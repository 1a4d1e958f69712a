package storage

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"policypush/internal/domain"
)

// Subscribe saves a new subscriber and owes them their first digest, in one
// transaction.
func (s *Store) Subscribe(ctx context.Context, v *domain.Subscriber, now time.Time) error {
	return s.saveSubscribers(ctx, []*domain.Subscriber{v}, nil, func(tx *sql.Tx, saved []subscriberRow) error {
		const q = `
			INSERT INTO first_digests (subscriber_id, state, push_id, rest, created_at) VALUES ($1, 'owed', 0, 0, $2)
			ON CONFLICT (subscriber_id) DO NOTHING`
		_, err := tx.ExecContext(ctx, q, saved[0].id, micros(now))
		return err
	})
}

// OwedDigest is a first digest that somebody waits for.
type OwedDigest struct {
	Subscriber domain.SubscriberID
	Since      time.Time // when they subscribed
}

// OwedDigests returns up to limit first digests that are not planned yet, the
// oldest first.
func (s *Store) OwedDigests(ctx context.Context, limit int) ([]OwedDigest, error) {
	const q = `SELECT subscriber_id, created_at FROM first_digests WHERE state = 'owed' ORDER BY subscriber_id LIMIT $1`
	return list(ctx, s.read, func(row scanner, o *OwedDigest) error { return row.Scan(&o.Subscriber, timeInto(&o.Since)) }, q, limit)
}

// PlanDigest writes, in one transaction, the first digest of a subscriber, its
// push and its deliveries, and sets d.Push. A digest without items ends there
// and has none. It fails with Conflict, and writes nothing, if the digest is
// not owed: a plan that is run again adds nothing.
func (s *Store) PlanDigest(ctx context.Context, d *domain.Digest, ds []domain.Delivery, now time.Time) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		state := "planned"
		if len(d.Items) == 0 {
			state = "none"
		}
		const take = `UPDATE first_digests SET state = $2, rest = $3 WHERE subscriber_id = $1 AND state = 'owed'`
		n, err := changed(ctx, tx, take, d.Subscriber, state, d.Rest)
		if err != nil {
			return fmt.Errorf("plan first digest of %d: %w", d.Subscriber, err)
		}
		if n == 0 {
			return domain.Errorf(domain.Conflict, "首次汇总已经安排过")
		}
		if len(d.Items) == 0 {
			return nil
		}
		if err := s.writeDigest(ctx, tx, d, ds, now); err != nil {
			return fmt.Errorf("plan first digest of %d: %w", d.Subscriber, err)
		}
		return nil
	})
}

func (s *Store) writeDigest(ctx context.Context, tx *sql.Tx, d *domain.Digest, ds []domain.Delivery, now time.Time) error {
	const push = `
		INSERT INTO pushes (policy_id, policy_version, kind, state, created_by, created_at,
			planned_to, planned_at, include_possible, likely, possible)
		SELECT id, version, 'first', 'running', 0, $2, $3, $2, TRUE, 1, 0 FROM policies WHERE id = $1 RETURNING id`
	if err := tx.QueryRowContext(ctx, push, d.Items[0].Policy, micros(now), d.Subscriber).Scan(&d.Push); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE first_digests SET push_id = $2 WHERE subscriber_id = $1`, d.Subscriber, d.Push); err != nil {
		return err
	}
	const head = `INSERT INTO first_digest_items (subscriber_id, policy_id, position, measures, verdict)`
	err := s.dialect.insertRows(ctx, tx, head, "", len(d.Items), func(i int) []any {
		it := &d.Items[i]
		return []any{d.Subscriber, it.Policy, i, asJSON(&it.Measures), it.Verdict}
	})
	if err != nil {
		return err
	}
	for i := range ds {
		ds[i].Push = d.Push
		if ds[i].ID, err = domain.NewDeliveryID(d.Push, ds[i].Subscriber, ds[i].Channel); err != nil {
			return err
		}
	}
	if err := makeBatches(ctx, tx, ds); err != nil {
		return err
	}
	return s.insertDeliveries(ctx, tx, ds, now)
}

// Digest returns the first digest of a subscriber, or of a push, whichever is
// not 0. It is NotFound where none is planned.
func (s *Store) Digest(ctx context.Context, id domain.SubscriberID, push domain.PushID) (domain.Digest, error) {
	q, asked := `
		SELECT f.subscriber_id, f.push_id, f.rest, u.planned_at FROM first_digests f JOIN pushes u ON u.id = f.push_id
		WHERE f.state = 'planned' AND f.push_id > 0 AND `, any(id)
	if id != 0 {
		q += `f.subscriber_id = $1`
	} else {
		q, asked = q+`f.push_id = $1`, push
	}
	var d domain.Digest
	err := s.read.QueryRowContext(ctx, q, asked).Scan(&d.Subscriber, &d.Push, &d.Rest, timeInto(&d.At))
	if err != nil {
		return d, notFound(err, "没有首次汇总")
	}
	const items = `SELECT policy_id, measures, verdict FROM first_digest_items WHERE subscriber_id = $1 ORDER BY position`
	d.Items, err = list(ctx, s.read, func(row scanner, it *domain.DigestItem) error {
		return row.Scan(&it.Policy, asJSON(&it.Measures), &it.Verdict)
	}, items, d.Subscriber)
	return d, err
}

// DigestReaders returns who was told of a policy in their first digest, with
// what was said of it.
func (s *Store) DigestReaders(ctx context.Context, policy domain.PolicyID) (map[domain.SubscriberID]domain.Verdict, error) {
	told := map[domain.SubscriberID]domain.Verdict{}
	err := each(ctx, s.read, func(row scanner) error {
		var id domain.SubscriberID
		var v domain.Verdict
		err := row.Scan(&id, &v)
		told[id] = v
		return err
	}, `SELECT subscriber_id, verdict FROM first_digest_items WHERE policy_id = $1`, policy)
	return told, err
}
