package storage

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"time"

	"policypush/internal/domain"
)

// Outgoing is one message to one address: a delivery, or the several of a
// digest, all claimed for the caller and for nobody else.
type Outgoing struct {
	Deliveries     []domain.Delivery
	Contact        domain.Contact   // the zero Contact if the address is gone
	Others         []domain.Contact // further browsers of the person, each of which gets the message too
	SubscriberKind domain.SubscriberKind
	Paused         bool
	NoConsent      bool // also for somebody who is gone
	Fallback       bool // they look into their inbox first
}

const deliveryColumns = `deliveries.id, deliveries.push_id, deliveries.subscriber_id, deliveries.contact_id, deliveries.channel,
	deliveries.batch_id, deliveries.state, deliveries.reason, deliveries.verdict, deliveries.attempts, deliveries.next_at,
	deliveries.claimed_at, deliveries.sent_at, deliveries.ended_at, deliveries.gateway_ref, deliveries.gateway, deliveries.message`

func deliveryInto(d *domain.Delivery) []any {
	return []any{
		&d.ID, &d.Push, &d.Subscriber, &d.Contact, &d.Channel, &d.Batch, &d.State, &d.Reason, &d.Verdict,
		&d.Attempts, timeInto(&d.NextAt), timeInto(&d.ClaimedAt), timeInto(&d.SentAt), timeInto(&d.EndedAt), &d.GatewayRef, &d.Gateway, &d.Message,
	}
}

func scanDelivery(row scanner, d *domain.Delivery) error { return row.Scan(deliveryInto(d)...) }

// ClaimDeliveries takes up to limit waiting deliveries of a batch for the
// caller: they are in state sending, and no other claim returns them. With a
// digest come the other due deliveries to the same address, of any push and of
// whichever subscriber the person stands for, for the same message: where another
// claim is gathering for that address at this moment, its parts are left. It fails
// with Conflict if the batch was handed out anew: a task that the queue delivers
// twice is still sent once.
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
		to := recipient{}
		if to.browsers, err = s.browsers(ctx, tx, claimed); err != nil {
			return err
		}
		if to.same, err = s.sameAddress(ctx, tx, claimed, to); err != nil {
			return err
		}
		more, err := s.claimDigests(ctx, tx, b, claimed, to, now)
		if err != nil {
			return err
		}
		if len(more) > 0 {
			claimed = append(claimed, more...)
			if to.browsers, err = s.browsers(ctx, tx, claimed); err != nil {
				return err
			}
		}
		if out, err = s.outgoing(ctx, tx, claimed, to); err != nil {
			return err
		}
		if err := s.join(ctx, tx, out); err != nil {
			return err
		}
		n, err := changed(ctx, tx, `UPDATE batches SET sending = sending + $3 WHERE id = $1 AND gen = $2`, b.ID, gen, len(claimed))
		if err != nil {
			return err
		}
		if n == 0 {
			return overtaken(id)
		}
		t := tally{}
		for _, d := range claimed {
			t.move(d, domain.Pending, d.Reason)
		}
		return s.writeTally(ctx, tx, t)
	})
	if err != nil {
		return nil, fmt.Errorf("claim deliveries of batch %d: %w", id, err)
	}
	return out, nil
}

// ClaimedAt returns the deliveries of a batch that were claimed at a moment and
// are being sent, each for itself: those of a claim whose answer was lost.
func (s *Store) ClaimedAt(ctx context.Context, id domain.BatchID, at time.Time) ([]Outgoing, error) {
	const q = `SELECT ` + deliveryColumns + ` FROM deliveries WHERE batch_id = $1 AND batch_id > 0 AND state = 'sending' AND claimed_at = $2`
	found, err := list(ctx, s.read, scanDelivery, q, id, micros(at))
	out := make([]Outgoing, len(found))
	for i, d := range found {
		out[i].Deliveries = []domain.Delivery{d}
	}
	return out, err
}

// claim takes rows of a batch: first what goes by itself, then parts of digests,
// each with the right to its address, see holdAddress.
func (s *Store) claim(ctx context.Context, tx *sql.Tx, b domain.Batch, limit int, now time.Time) ([]domain.Delivery, error) {
	part, err := s.partOf(ctx, tx, b.Push)
	if err != nil {
		return nil, err
	}
	const waits = `d.batch_id = $1 AND d.batch_id > 0 AND d.state = 'pending' AND d.next_at <= $2`
	take := func(before, which string, limit int) ([]domain.Delivery, error) {
		q := `
			WITH ` + before + `due AS MATERIALIZED (
				SELECT d.id FROM ` + part + ` AS d WHERE ` + waits + ` AND ` + which + `
				LIMIT $3` + s.dialect.skipLocked + `)
			UPDATE ` + part + ` AS deliveries SET state = 'sending', attempts = attempts + 1, claimed_at = $2
			WHERE id IN (SELECT id FROM due)
			RETURNING ` + deliveryColumns
		return list(ctx, tx, scanDelivery, q, b.ID, micros(now), limit)
	}
	claimed, err := take("", `d.reason <> 'digest'`, limit)
	if err != nil || len(claimed) >= limit {
		return claimed, err
	}
	before, which := "", `d.reason = 'digest'`
	if s.dialect.holdAddress != "" {
		address := `c.id = w.contact_id`
		if b.Channel == domain.WebPush { // it goes to all of somebody's browsers
			address = `c.kind = 'webpush'`
		}
		before = `held AS MATERIALIZED (
				SELECT w.id FROM (SELECT d.id, d.subscriber_id, d.contact_id FROM ` + part + ` AS d WHERE ` + waits + ` AND ` + which + ` LIMIT $3) AS w
					LEFT JOIN contacts c ON c.subscriber_id = w.subscriber_id AND ` + address + `
				GROUP BY w.id HAVING bool_and(c.id IS NULL OR ` + s.dialect.holdAddress + `)), `
		which += ` AND d.id IN (SELECT id FROM held)`
	}
	parts, err := take(before, which, limit-len(claimed))
	return append(claimed, parts...), err
}

// recipient is what tells who gets a message that was claimed.
type recipient struct {
	same     map[domain.ContactID]domain.ContactID // see sameAddress
	browsers map[domain.SubscriberID][]domain.Contact
}

// addresses returns where a delivery goes: one address, or several browsers.
func (r recipient) addresses(d domain.Delivery) []domain.ContactID {
	all := []domain.ContactID{d.Contact}
	if d.Channel == domain.WebPush {
		for _, c := range domain.Browsers(r.browsers[d.Subscriber], d.Contact) {
			all = append(all, c.ID)
		}
	}
	return all
}

// browsers reads the browsers of those to whom notifications of browsers were
// claimed, in the order of preference.
func (s *Store) browsers(ctx context.Context, tx *sql.Tx, claimed []domain.Delivery) (map[domain.SubscriberID][]domain.Contact, error) {
	all := map[domain.SubscriberID][]domain.Contact{}
	var ids []domain.SubscriberID
	for _, d := range claimed {
		if d.Channel == domain.WebPush {
			ids = append(ids, d.Subscriber)
		}
	}
	slices.Sort(ids)
	err := chunks(slices.Compact(ids), func(part []any) error {
		q := `
			SELECT c.subscriber_id, c.id, c.kind, c.address, c.frequency, c.verified, c.role, c.person, c.shared, COALESCE(x.reason, '')
			FROM contacts c LEFT JOIN stop_list x ON x.blind = c.blind AND x.kind = c.kind
			WHERE c.kind = 'webpush' AND c.subscriber_id IN (` + s.dialect.places(1, len(part)) + `) ORDER BY c.subscriber_id, c.position`
		return each(ctx, tx, func(row scanner) error {
			var owner domain.SubscriberID
			c, err := s.scanContact(row, &owner)
			all[owner] = append(all[owner], c)
			return err
		}, q, part...)
	})
	return all, err
}

// sameAddress finds the other contacts with the addresses to which parts of
// digests were claimed: of other subscribers whom the same person stands for
// and who may be told. It returns for each, and for those claimed, the first.
func (s *Store) sameAddress(ctx context.Context, tx *sql.Tx, claimed []domain.Delivery, to recipient) (map[domain.ContactID]domain.ContactID, error) {
	var contacts []domain.ContactID
	for _, d := range claimed {
		if d.Reason == domain.ReasonDigest {
			contacts = append(contacts, to.addresses(d)...)
		}
	}
	same := map[domain.ContactID]domain.ContactID{}
	err := chunks(contacts, func(part []any) error {
		q := `
			SELECT c.id, o.id FROM contacts c JOIN contacts o ON o.blind = c.blind AND o.kind = c.kind JOIN subscribers v ON v.id = o.subscriber_id
			WHERE c.shared AND o.verified AND v.consented AND NOT v.paused AND c.id IN (` + s.dialect.places(1, len(part)) + `) ORDER BY o.id`
		return each(ctx, tx, func(row scanner) error {
			var of, other domain.ContactID
			err := row.Scan(&of, &other)
			if same[of] == 0 {
				same[of] = other
			}
			if same[other] == 0 {
				same[other] = same[of]
			}
			return err
		}, q, part...)
	})
	return same, err
}

// claimDigests takes what else waits for the next digest at the addresses to
// which parts of digests were claimed. It all belongs to the batch now, whose
// worker answers for it. No other claim is at these addresses; what somebody else
// holds is being withdrawn or erased, and is not waited for.
func (s *Store) claimDigests(ctx context.Context, tx *sql.Tx, b domain.Batch, claimed []domain.Delivery, to recipient, now time.Time) ([]domain.Delivery, error) {
	contacts := map[domain.ContactID]bool{}
	for _, d := range claimed {
		if d.Reason == domain.ReasonDigest {
			for _, id := range to.addresses(d) {
				contacts[id] = true
			}
		}
	}
	for other := range to.same {
		contacts[other] = true
	}
	var more []domain.Delivery
	err := chunks(slices.Sorted(maps.Keys(contacts)), func(part []any) error {
		q := `
			WITH due AS MATERIALIZED (
				SELECT d.id, CAST($2 AS BIGINT) AS batch FROM contacts c JOIN deliveries d ON d.subscriber_id = c.subscriber_id AND d.channel = c.kind JOIN pushes u ON u.id = d.push_id
				WHERE d.next_at <= $1 AND d.state = 'pending' AND d.reason = 'digest' AND (d.contact_id = c.id OR c.kind = 'webpush') AND u.state <> 'stopped' AND u.paused_at = 0
					AND c.id IN (` + s.dialect.places(3, len(part)) + `)
				ORDER BY d.id` + s.dialect.skipLocked + `)
			UPDATE deliveries SET state = 'sending', attempts = attempts + 1, claimed_at = $1, batch_id = (SELECT MAX(batch) FROM due)
			WHERE id IN (SELECT id FROM due)
			RETURNING ` + deliveryColumns
		found, err := list(ctx, tx, scanDelivery, q, append([]any{micros(now), b.ID}, part...)...)
		more = append(more, found...)
		return err
	})
	return more, err
}

// outgoing groups claimed deliveries into messages, in id order, see
// recipientsOf. A digest is one message
// to one address, or to every browser of a person.
func (s *Store) outgoing(ctx context.Context, tx *sql.Tx, claimed []domain.Delivery, to recipient) ([]Outgoing, error) {
	slices.SortFunc(claimed, func(a, b domain.Delivery) int { return cmp.Compare(a.ID, b.ID) })
	var out []Outgoing
	digest := map[domain.ContactID]int{}
	for _, d := range claimed {
		if d.Reason == domain.ReasonDigest {
			at := len(out)
			addresses := to.addresses(d)
			for i, id := range addresses {
				addresses[i] = cmp.Or(to.same[id], id)
				if known, ok := digest[addresses[i]]; ok {
					at = known
				}
			}
			for _, id := range addresses {
				digest[id] = at
			}
			if at < len(out) {
				out[at].Deliveries = append(out[at].Deliveries, d)
				continue
			}
		}
		out = append(out, Outgoing{Deliveries: []domain.Delivery{d}, NoConsent: true})
	}
	if err := s.recipientsOf(ctx, tx, out); err != nil {
		return nil, err
	}
	for i := range out {
		o := &out[i]
		if d := o.Deliveries[0]; d.Channel == domain.WebPush {
			if all := domain.Browsers(to.browsers[d.Subscriber], d.Contact); len(all) > 0 {
				o.Contact, o.Others = all[0], all[1:]
			}
		}
	}
	return out, nil
}

// join makes the deliveries of each message one, for all who hear of it later. It
// is the one place that says what went out together.
func (s *Store) join(ctx context.Context, tx *sql.Tx, out []Outgoing) error {
	var joined []domain.Delivery
	for _, o := range out {
		first := domain.DeliveryID(0)
		if len(o.Deliveries) > 1 {
			first = o.Deliveries[0].ID
		}
		for i := range o.Deliveries {
			if d := &o.Deliveries[i]; d.Message != first {
				d.Message = first
				joined = append(joined, *d)
			}
		}
	}
	for part := range slices.Chunk(joined, batchSizes[0]) {
		with, args, err := s.dialect.with(`o (id, message)`, len(part), func(i int) []any { return []any{part[i].ID, part[i].Message} })
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, with+` UPDATE deliveries SET message = o.message FROM o WHERE deliveries.id = o.id`, args...); err != nil {
			return err
		}
	}
	return nil
}

// recipientsOf reads who gets each message and whether it may still be sent.
func (s *Store) recipientsOf(ctx context.Context, tx *sql.Tx, out []Outgoing) error {
	for from := 0; from < len(out); from += batchSizes[0] {
		part := out[from:min(len(out), from+batchSizes[0])]
		with, args, err := s.dialect.with(`d (message, subscriber_id, contact_id)`, len(part), func(i int) []any {
			return []any{i, part[i].Deliveries[0].Subscriber, part[i].Deliveries[0].Contact}
		})
		if err != nil {
			return err
		}
		q := with + `
			SELECT d.message, v.kind, v.paused, v.consented, v.fallback, COALESCE(c.id, 0), COALESCE(c.kind, ''), c.address,
				COALESCE(c.frequency, ''), COALESCE(c.verified, FALSE), COALESCE(c.shared, FALSE), COALESCE(x.reason, '')
			FROM d JOIN subscribers v ON v.id = d.subscriber_id
				LEFT JOIN contacts c ON c.id = d.contact_id AND c.subscriber_id = d.subscriber_id
				LEFT JOIN stop_list x ON x.blind = c.blind AND x.kind = c.kind`
		err = each(ctx, tx, func(row scanner) error {
			var i int
			var kind domain.SubscriberKind
			var paused, consented, fallback bool
			var c domain.Contact
			var sealed []byte
			err := row.Scan(&i, &kind, &paused, &consented, &fallback, &c.ID, &c.Kind, &sealed, &c.When, &c.Verified, &c.Shared, &c.Suppressed)
			if err != nil {
				return err
			}
			o := &part[i]
			o.SubscriberKind, o.Paused, o.NoConsent, o.Fallback = kind, paused, !consented, fallback
			if c.ID == 0 {
				return nil
			}
			if c.Address, err = s.openAddress(sealed, c.Kind, o.Deliveries[0].Subscriber); err != nil {
				return fmt.Errorf("contact %d: %w", c.ID, err)
			}
			o.Contact = c
			return nil
		}, q, args...)
		if err != nil {
			return err
		}
	}
	return nil
}
