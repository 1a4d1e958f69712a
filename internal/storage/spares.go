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

// spare is a delivery that steps in where another fails, and whose it is.
type spare struct {
	domain.Delivery
	person   domain.PersonID
	resident bool
	shared   bool // somebody else may have the address
}

// stepIn gives their turn to the ways that are next after some whose messages
// have failed for good, in the transaction that records so: nobody is left
// untold, whatever dies now. A push that was done runs again; in one that was
// stopped nothing begins to wait.
func (s *Store) stepIn(ctx context.Context, tx *sql.Tx, table string, ends []*outcomeRow, t tally) error {
	failed, err := s.withSpares(ctx, tx, ends)
	if err != nil || len(failed) == 0 {
		return err
	}
	persons, err := personsOf(ctx, tx, s.dialect, failed)
	if err != nil {
		return err
	}
	waiting, err := s.spares(ctx, tx, table, failed)
	if err != nil {
		return err
	}
	var next []domain.Delivery
	for _, e := range failed {
		all := waiting[e.Subscriber]
		person, known := persons[e.Contact] // not if the address is gone
		at := slices.IndexFunc(all, func(o spare) bool {
			return o.Push == e.Push && (o.resident || !known || o.person == person)
		})
		if at < 0 {
			continue
		}
		d := all[at]
		waiting[e.Subscriber] = slices.Delete(all, at, at+1)
		if d.shared {
			told, err := s.toldAt(ctx, tx, d.Push, []domain.ContactID{d.Contact})
			if err != nil {
				return err
			}
			if told[d.Contact] {
				continue // the same person hears of it for another enterprise
			}
		}
		d.NextAt = e.at.Truncate(time.Minute) // so that those of one minute share a batch
		next = append(next, d.Delivery)
	}
	return s.begin(ctx, tx, table, next, t)
}

// withSpares returns those of some outcomes after which another way may have
// its turn.
func (s *Store) withSpares(ctx context.Context, tx *sql.Tx, ends []*outcomeRow) ([]*outcomeRow, error) {
	has := map[domain.PushID]bool{}
	var failed []*outcomeRow
	for _, e := range ends {
		if !e.Failed() {
			continue
		}
		there, known := has[e.Push]
		if !known {
			const q = `SELECT EXISTS (SELECT 1 FROM push_counts WHERE push_id = $1 AND state = 'suppressed' AND reason LIKE 'spare:%')`
			if err := tx.QueryRowContext(ctx, q, e.Push).Scan(&there); err != nil {
				return nil, fmt.Errorf("look for spare ways: %w", err)
			}
			has[e.Push] = there
		}
		if there {
			failed = append(failed, e)
		}
	}
	return failed, nil
}

// personsOf returns whose the addresses are to which deliveries went.
func personsOf(ctx context.Context, tx *sql.Tx, d dialect, ends []*outcomeRow) (map[domain.ContactID]domain.PersonID, error) {
	ids := make([]domain.ContactID, len(ends))
	for i, e := range ends {
		ids[i] = e.Contact
	}
	persons := map[domain.ContactID]domain.PersonID{}
	err := chunks(ids, func(part []any) error {
		return each(ctx, tx, func(row scanner) error {
			var id domain.ContactID
			var person domain.PersonID
			err := row.Scan(&id, &person)
			persons[id] = person
			return err
		}, `SELECT id, person FROM contacts WHERE id IN (`+d.places(1, len(part))+`)`, part...)
	})
	return persons, err
}

// spares reads and holds the spare deliveries beside failed ones, by whose they
// are and in the order of their turns.
func (s *Store) spares(ctx context.Context, tx *sql.Tx, table string, failed []*outcomeRow) (map[domain.SubscriberID][]spare, error) {
	var ids []domain.DeliveryID
	for _, e := range failed {
		for _, channel := range domain.Outgoing() {
			if id, err := domain.NewDeliveryID(e.Push, e.Subscriber, channel); err == nil && id != e.ID {
				ids = append(ids, id)
			}
		}
	}
	slices.Sort(ids)
	hold := ""
	if s.dialect.forUpdate != "" {
		hold = s.dialect.forUpdate + ` OF deliveries`
	}
	all := map[domain.SubscriberID][]spare{}
	err := chunks(slices.Compact(ids), func(part []any) error {
		q := `SELECT ` + deliveryColumns + `, c.person, v.kind = 'resident', c.shared
			FROM ` + table + ` AS deliveries JOIN contacts c ON c.id = deliveries.contact_id JOIN subscribers v ON v.id = deliveries.subscriber_id
			WHERE deliveries.state = 'suppressed' AND deliveries.reason LIKE 'spare:%' AND deliveries.id IN (` + s.dialect.places(1, len(part)) + `)
			ORDER BY deliveries.id` + hold
		return each(ctx, tx, func(row scanner) error {
			var d spare
			err := row.Scan(append(deliveryInto(&d.Delivery), &d.person, &d.resident, &d.shared)...)
			all[d.Subscriber] = append(all[d.Subscriber], d)
			return err
		}, q, part...)
	})
	if err != nil {
		return nil, fmt.Errorf("read spare ways: %w", err)
	}
	for _, of := range all {
		slices.SortStableFunc(of, func(a, b spare) int { return cmp.Compare(a.Reason, b.Reason) })
	}
	return all, nil
}

// begin lets spare deliveries wait to be sent, in batches, unless their push was
// stopped.
func (s *Store) begin(ctx context.Context, tx *sql.Tx, table string, next []domain.Delivery, t tally) error {
	if len(next) == 0 {
		return nil
	}
	var pushes []domain.PushID
	for _, d := range next {
		pushes = append(pushes, d.Push)
	}
	if err := s.takeUp(ctx, tx, slices.Clone(pushes)); err != nil {
		return fmt.Errorf("take pushes up again: %w", err)
	}
	stopped, err := s.stopped(ctx, tx, pushes)
	if err != nil {
		return err
	}
	next = slices.DeleteFunc(next, func(d domain.Delivery) bool { _, is := stopped[d.Push]; return is })
	slices.SortFunc(next, func(a, b domain.Delivery) int { return cmp.Compare(a.ID, b.ID) })
	for i := range next {
		next[i].State, next[i].EndedAt = domain.Pending, time.Time{}
	}
	if err := makeBatches(ctx, tx, next); err != nil {
		return err
	}
	for part := range slices.Chunk(next, batchSizes[0]) {
		with, args, err := s.dialect.with(`o (id, batch_id, next_at)`, len(part), func(i int) []any {
			return []any{part[i].ID, part[i].Batch, micros(part[i].NextAt)}
		})
		if err != nil {
			return fmt.Errorf("give spare ways their turn: %w", err)
		}
		q := with + ` UPDATE ` + table + ` AS deliveries SET state = 'pending', ended_at = 0, batch_id = o.batch_id, next_at = o.next_at FROM o WHERE deliveries.id = o.id`
		if _, err := tx.ExecContext(ctx, q, args...); err != nil {
			return fmt.Errorf("give spare ways their turn: %w", err)
		}
	}
	for _, d := range next {
		t.move(d, domain.Suppressed, d.Reason)
	}
	return s.insertEvents(ctx, tx, len(next), func(i int) DeliveryEvent {
		return DeliveryEvent{Delivery: next[i].ID, At: next[i].NextAt, State: domain.Pending, Reason: next[i].Reason, Note: "前一种方式没有送到，改用这一种"}
	})
}
