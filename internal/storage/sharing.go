package storage

import (
	"context"

	"policypush/internal/domain"
)

// ToldAt returns which of some contacts have an address to which a push sends
// already, for another subscriber whom the same person stands for.
func (s *Store) ToldAt(ctx context.Context, push domain.PushID, contacts []domain.ContactID) (map[domain.ContactID]bool, error) {
	return s.toldAt(ctx, s.read, push, contacts)
}

func (s *Store) toldAt(ctx context.Context, from querier, push domain.PushID, contacts []domain.ContactID) (map[domain.ContactID]bool, error) {
	told := map[domain.ContactID]bool{}
	err := chunks(contacts, func(part []any) error {
		q := `
			SELECT c.id FROM contacts c JOIN contacts o ON o.blind = c.blind AND o.kind = c.kind AND o.subscriber_id <> c.subscriber_id
				JOIN deliveries d ON d.id >= (CAST($1 AS BIGINT) << 36) + (o.subscriber_id << 4) AND d.id < (CAST($1 AS BIGINT) << 36) + (o.subscriber_id << 4) + 16
			WHERE (d.contact_id = o.id OR o.kind = 'webpush' AND d.channel = o.kind) AND d.state <> 'suppressed' AND c.id IN (` + s.dialect.places(2, len(part)) + `)`
		return each(ctx, from, func(row scanner) error {
			var id domain.ContactID
			err := row.Scan(&id)
			told[id] = true
			return err
		}, q, append([]any{push}, part...)...)
	})
	return told, err
}

// Sharer is an enterprise that the person at an address stands for.
type Sharer struct {
	Subscriber domain.SubscriberID
	Name       string
}

// Sharers returns which enterprises the persons at the addresses of some
// contacts stand for and hear of, in id order.
func (s *Store) Sharers(ctx context.Context, contacts []domain.ContactID) (map[domain.ContactID][]Sharer, error) {
	sharers := map[domain.ContactID][]Sharer{}
	err := chunks(contacts, func(part []any) error {
		q := `
			SELECT DISTINCT c.id, v.id, v.name
			FROM contacts c JOIN contacts o ON o.blind = c.blind AND o.kind = c.kind JOIN subscribers v ON v.id = o.subscriber_id
			WHERE o.verified AND v.kind = 'enterprise' AND v.name <> '' AND v.consented AND NOT v.paused
				AND c.id IN (` + s.dialect.places(1, len(part)) + `)
			ORDER BY c.id, v.id`
		return each(ctx, s.read, func(row scanner) error {
			var id domain.ContactID
			var sharer Sharer
			err := row.Scan(&id, &sharer.Subscriber, &sharer.Name)
			sharers[id] = append(sharers[id], sharer)
			return err
		}, q, part...)
	})
	return sharers, err
}

// Known is what a person has done with what a delivery is about.
type Known struct {
	Read     bool // in the inbox
	PutAside bool // 与我无关 or 已办理, of any push of the policy
	Repeat   bool // they got the policy as new over the same channel before
}

// Known returns what persons have done meanwhile with what deliveries are
// about. Deliveries without any are not in the map, and first digests never.
func (s *Store) Known(ctx context.Context, deliveries []domain.DeliveryID) (map[domain.DeliveryID]Known, error) {
	known := map[domain.DeliveryID]Known{}
	err := chunks(deliveries, func(part []any) error {
		in := s.dialect.places(1, len(part))
		marks := `
			SELECT d.id, MAX(CASE WHEN m.push_id = d.push_id AND m.read_at > 0 THEN 1 ELSE 0 END),
				MAX(CASE WHEN m.dismissed_at > 0 OR m.done_at > 0 THEN 1 ELSE 0 END)
			FROM deliveries d JOIN pushes u ON u.id = d.push_id JOIN pushes o ON o.policy_id = u.policy_id
				JOIN inbox_marks m ON m.subscriber_id = d.subscriber_id AND m.push_id = o.id
			WHERE u.kind NOT IN ('first', 'answer') AND o.kind NOT IN ('first', 'answer') AND d.id IN (` + in + `) GROUP BY d.id`
		err := each(ctx, s.read, func(row scanner) error {
			var id domain.DeliveryID
			var read, aside int
			err := row.Scan(&id, &read, &aside)
			known[id] = Known{Read: read > 0, PutAside: aside > 0}
			return err
		}, marks, part...)
		if err != nil {
			return err
		}
		const sent = `x.state IN ('accepted', 'delivered', 'logged', 'unknown')`
		again := `
			SELECT d.id FROM deliveries d JOIN pushes u ON u.id = d.push_id
			WHERE u.kind = 'new' AND d.id IN (` + in + `) AND (EXISTS (
				SELECT 1 FROM pushes o JOIN deliveries x ON x.id = (o.id << 36) + (d.subscriber_id << 4) + (d.id & 15)
				WHERE o.policy_id = u.policy_id AND o.kind = 'new' AND o.id <> u.id AND ` + sent + `) OR EXISTS (
				SELECT 1 FROM first_digests f JOIN first_digest_items i ON i.subscriber_id = f.subscriber_id
					JOIN deliveries x ON x.id = (f.push_id << 36) + (d.subscriber_id << 4) + (d.id & 15)
				WHERE f.subscriber_id = d.subscriber_id AND i.policy_id = u.policy_id AND ` + sent + `))`
		return each(ctx, s.read, func(row scanner) error {
			var id domain.DeliveryID
			err := row.Scan(&id)
			k := known[id]
			k.Repeat = true
			known[id] = k
			return err
		}, again, part...)
	})
	return known, err
}
