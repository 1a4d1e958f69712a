package storage

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"policypush/internal/domain"
)

// spare is a delivery that steps in where another fails.
type spare struct {
	domain.Delivery
	who   who
	place place
}

// who is somebody whom a push tells: a resident, or one of the persons of an
// enterprise.
type who struct {
	push       domain.PushID
	subscriber domain.SubscriberID
	person     domain.PersonID // 0 for a resident
}

// anybody stands for each person of a subscriber.
const anybody domain.PersonID = -1

// place is an address where a push tells somebody.
type place struct {
	push    domain.PushID
	channel domain.ChannelKind
	blind   string
}

// stepIn gives their turn to the ways that are next after some whose messages
// have failed for good, in the transaction that records so: nobody is left
// untold, whatever dies now. Who has the address too, and was to hear of it
// there, has a turn of their own. A push that was done runs again; in one that
// was stopped nothing begins to wait.
func (s *Store) stepIn(ctx context.Context, tx *sql.Tx, table string, ends []*outcomeRow, t tally) error {
	failed, err := s.withSpares(ctx, tx, ends)
	if err != nil || len(failed) == 0 {
		return err
	}
	return s.giveTurns(ctx, tx, table, failed, t)
}

// giveTurns is stepIn for those whose messages do not reach them.
func (s *Store) giveTurns(ctx context.Context, tx *sql.Tx, table string, failed []*outcomeRow, t tally) error {
	missed, since, err := s.missed(ctx, tx, failed)
	if err != nil {
		return err
	}
	ids := waysOf(missed)
	waiting, err := s.spares(ctx, tx, table, ids) // held, so that what is read next stays true
	if err != nil || len(waiting) == 0 {
		return err
	}
	told, err := s.told(ctx, tx, table, ids)
	if err != nil {
		return err
	}
	others, err := s.othersAt(ctx, tx, waiting)
	if err != nil {
		return err
	}
	var next []domain.Delivery
	for _, p := range missed {
		for _, d := range waiting {
			if d.Push != p.push || d.Subscriber != p.subscriber || p.person != anybody && d.who.person != p.person || told[d.who] {
				continue
			}
			hears, used := others[d.place]
			switch {
			case hears: // for somebody else
				told[d.who] = true
			case !used:
				told[d.who], others[d.place] = true, true
				d.NextAt = since[p].Truncate(time.Minute) // so that those of one minute share a batch
				next = append(next, d.Delivery)
			}
		}
	}
	return s.begin(ctx, tx, table, next, t)
}

// sameBrowsers joins the contacts b that tell who has the address of a contact c:
// itself or, since a push to browsers goes to all of somebody's, each of those.
const sameBrowsers = `
				JOIN contacts b ON b.subscriber_id = c.subscriber_id AND b.kind = c.kind AND (b.id = c.id OR b.kind = 'webpush')`

// andOthers joins the contacts o of others with the same address.
const andOthers = sameBrowsers + `
				JOIN contacts o ON o.blind = b.blind AND o.kind = b.kind AND o.subscriber_id <> b.subscriber_id`

// stepInForOthers gives their turn to those who were to hear of a push by the
// message of somebody else with the same address, where that will not be sent:
// the other was erased, gave the address up or paused, or it failed while the
// push was still being planned.
func (s *Store) stepInForOthers(ctx context.Context, tx *sql.Tx, push domain.PushID, now time.Time) error {
	var is bool
	const shares = `SELECT EXISTS (SELECT 1 FROM push_counts WHERE push_id = $1 AND state = 'suppressed' AND reason = 'same-address')`
	if err := tx.QueryRowContext(ctx, shares, push).Scan(&is); err != nil || !is {
		return err
	}
	table, err := s.partOf(ctx, tx, push)
	if err != nil {
		return err
	}
	from, until := domain.DeliveriesOf(push)
	q := `SELECT ` + deliveryColumns + ` FROM ` + table + ` AS deliveries
		WHERE id >= $1 AND id < $2 AND state = 'suppressed' AND reason = 'same-address' AND NOT EXISTS (
			SELECT 1 FROM contacts c` + andOthers + `
				JOIN ` + table + ` AS d ON d.id >= (deliveries.push_id << 36) + (o.subscriber_id << 4) AND d.id < (deliveries.push_id << 36) + (o.subscriber_id << 4) + 16
			WHERE c.id = deliveries.contact_id AND (d.contact_id = o.id OR o.kind = 'webpush' AND d.channel = o.kind)
				AND (d.state NOT IN ('suppressed', 'failed') OR d.reason IN ('read', 'put-aside', 'repeat')))
		ORDER BY id LIMIT 500`
	t := tally{}
	for {
		untold, err := list(ctx, tx, scanDelivery, q, from, until)
		if err != nil || len(untold) == 0 {
			return errors.Join(err, s.writeTally(ctx, tx, t))
		}
		ends := make([]*outcomeRow, len(untold))
		for i, d := range untold {
			ends[i] = &outcomeRow{Delivery: d, at: now}
		}
		if err := s.giveTurns(ctx, tx, table, ends, t); err != nil {
			return err
		}
		from = untold[len(untold)-1].ID + 1
	}
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
			const q = `SELECT EXISTS (SELECT 1 FROM push_counts WHERE push_id = $1 AND ` + inReserve + `)`
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

// inReserve is the condition for what has not been sent because another way or
// somebody else's message is enough.
const inReserve = `state = 'suppressed' AND (reason LIKE 'spare:%' OR reason = 'same-address')`

// missed returns whom messages that have failed were for, and since when: those
// to whom they went, then those who have the address too. Where it is gone it is
// anybody of the subscriber.
func (s *Store) missed(ctx context.Context, tx *sql.Tx, failed []*outcomeRow) (all []who, since map[who]time.Time, err error) {
	ids := make([]domain.ContactID, len(failed))
	for i, e := range failed {
		ids[i] = e.Contact
	}
	have := map[domain.ContactID][]who{}
	err = chunks(ids, func(part []any) error {
		q := `
			SELECT DISTINCT c.id, CASE WHEN o.subscriber_id = c.subscriber_id THEN 0 ELSE 1 END, v.id, CASE WHEN v.kind = 'resident' THEN 0 ELSE o.person END
			FROM contacts c` + sameBrowsers + `
				JOIN contacts o ON o.blind = b.blind AND o.kind = b.kind AND (o.id = c.id OR o.subscriber_id <> c.subscriber_id AND o.verified)
				JOIN subscribers v ON v.id = o.subscriber_id
			WHERE c.id IN (` + s.dialect.places(1, len(part)) + `) ORDER BY 1, 2, 3, 4`
		return each(ctx, tx, func(row scanner) error {
			var id domain.ContactID
			var other int
			var p who
			err := row.Scan(&id, &other, &p.subscriber, &p.person)
			have[id] = append(have[id], p)
			return err
		}, q, part...)
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read whom messages were for: %w", err)
	}
	since = map[who]time.Time{}
	for _, e := range failed {
		those, known := have[e.Contact]
		if !known {
			those = []who{{subscriber: e.Subscriber, person: anybody}}
		}
		for _, p := range those {
			p.push = e.Push
			if _, twice := since[p]; !twice {
				since[p], all = e.at, append(all, p)
			}
		}
	}
	return all, since, nil
}

// waysOf returns the ids of all that pushes may have for some persons, in order.
func waysOf(persons []who) []domain.DeliveryID {
	var ids []domain.DeliveryID
	for _, p := range persons {
		for _, channel := range domain.Outgoing() {
			if id, err := domain.NewDeliveryID(p.push, p.subscriber, channel); err == nil {
				ids = append(ids, id)
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// whose are the columns of [who] of a delivery, and what it is read from.
const whose = `deliveries.push_id, deliveries.subscriber_id, CASE WHEN v.kind = 'resident' THEN 0 ELSE c.person END`

const withWhose = ` AS deliveries JOIN contacts c ON c.id = deliveries.contact_id JOIN subscribers v ON v.id = deliveries.subscriber_id`

// spares reads and holds those of some deliveries that are in reserve, in the
// order of their turns: first what somebody else's message was to stand for.
func (s *Store) spares(ctx context.Context, tx *sql.Tx, table string, ids []domain.DeliveryID) ([]spare, error) {
	hold := ""
	if s.dialect.forUpdate != "" {
		hold = s.dialect.forUpdate + ` OF deliveries`
	}
	var all []spare
	err := chunks(ids, func(part []any) error {
		q := `SELECT ` + deliveryColumns + `, ` + whose + `, c.blind FROM ` + table + withWhose + `
			WHERE ` + inReserve + ` AND deliveries.id IN (` + s.dialect.places(1, len(part)) + `) ORDER BY deliveries.id` + hold
		found, err := list(ctx, tx, func(row scanner, d *spare) error {
			var blind []byte
			err := row.Scan(append(deliveryInto(&d.Delivery), &d.who.push, &d.who.subscriber, &d.who.person, &blind)...)
			d.place = place{d.Push, d.Channel, string(blind)}
			return err
		}, q, part...)
		all = append(all, found...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read spare ways: %w", err)
	}
	slices.SortStableFunc(all, func(a, b spare) int { return cmp.Compare(a.Reason.Turn(), b.Reason.Turn()) })
	return all, nil
}

// told returns for whom one of some deliveries has not failed, or does not go
// out for a reason that no other way changes.
func (s *Store) told(ctx context.Context, tx *sql.Tx, table string, ids []domain.DeliveryID) (map[who]bool, error) {
	told := map[who]bool{}
	err := chunks(ids, func(part []any) error {
		q := `SELECT ` + whose + `, deliveries.state, deliveries.reason FROM ` + table + withWhose + `
			WHERE NOT (` + inReserve + `) AND deliveries.id IN (` + s.dialect.places(1, len(part)) + `)`
		return each(ctx, tx, func(row scanner) error {
			var p who
			var d domain.Delivery
			err := row.Scan(&p.push, &p.subscriber, &p.person, &d.State, &d.Reason)
			if !d.Failed() {
				told[p] = true
			}
			return err
		}, q, part...)
	})
	if err != nil {
		return nil, fmt.Errorf("read who is told: %w", err)
	}
	return told, nil
}

// othersAt returns where others have been sent, at the addresses of spare ways,
// what those are about, and whether they hear of it there: a message has not
// failed. One that has failed at a browser that two share leaves each the browsers
// that are theirs alone.
func (s *Store) othersAt(ctx context.Context, tx *sql.Tx, spares []spare) (map[place]bool, error) {
	hears := map[place]bool{}
	for part := range slices.Chunk(spares, batchSizes[0]) {
		with, args, err := s.dialect.with(`f (n, push_id, contact_id)`, len(part), func(i int) []any {
			return []any{i, part[i].Push, part[i].Contact}
		})
		if err != nil {
			return nil, fmt.Errorf("read who shares an address: %w", err)
		}
		q := with + `
			SELECT f.n, d.state, d.reason, c.kind = 'webpush' AND EXISTS (
				SELECT 1 FROM contacts w WHERE w.subscriber_id = c.subscriber_id AND w.kind = c.kind AND w.verified AND NOT w.shared)
			FROM f JOIN contacts c ON c.id = f.contact_id` + andOthers + `
				JOIN deliveries d ON d.id >= (f.push_id << 36) + (o.subscriber_id << 4) AND d.id < (f.push_id << 36) + (o.subscriber_id << 4) + 16
			WHERE b.shared AND (d.contact_id = o.id OR o.kind = 'webpush' AND d.channel = o.kind)`
		err = each(ctx, tx, func(row scanner) error {
			var i int
			var d domain.Delivery
			var more bool
			err := row.Scan(&i, &d.State, &d.Reason, &more)
			if at := part[i].place; d.Failed() && !more || d.State != domain.Suppressed && !d.Failed() {
				hears[at] = hears[at] || !d.Failed()
			}
			return err
		}, q, args...)
		if err != nil {
			return nil, fmt.Errorf("read who shares an address: %w", err)
		}
	}
	return hears, nil
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
	stopped, err := s.runAgain(ctx, tx, slices.Clone(pushes), pushes)
	if err != nil {
		return fmt.Errorf("take pushes up again: %w", err)
	}
	next = slices.DeleteFunc(next, func(d domain.Delivery) bool { _, is := stopped[d.Push]; return is })
	slices.SortFunc(next, func(a, b domain.Delivery) int { return cmp.Compare(a.ID, b.ID) })
	before := make([]domain.Reason, len(next))
	for i := range next {
		d := &next[i]
		before[i] = d.Reason
		d.State, d.Reason, d.EndedAt = domain.Pending, domain.SpareOf(max(1, d.Reason.Turn())), time.Time{}
	}
	if err := makeBatches(ctx, tx, next); err != nil {
		return err
	}
	for part := range slices.Chunk(next, batchSizes[0]) {
		with, args, err := s.dialect.with(`o (id, reason, batch_id, next_at)`, len(part), func(i int) []any {
			return []any{part[i].ID, part[i].Reason, part[i].Batch, micros(part[i].NextAt)}
		})
		if err != nil {
			return fmt.Errorf("give spare ways their turn: %w", err)
		}
		q := with + ` UPDATE ` + table + ` AS deliveries SET state = 'pending', reason = o.reason, ended_at = 0, batch_id = o.batch_id, next_at = o.next_at FROM o WHERE deliveries.id = o.id`
		if _, err := tx.ExecContext(ctx, q, args...); err != nil {
			return fmt.Errorf("give spare ways their turn: %w", err)
		}
	}
	for i, d := range next {
		t.move(d, domain.Suppressed, before[i])
	}
	return s.insertEvents(ctx, tx, len(next), func(i int) DeliveryEvent {
		return DeliveryEvent{Delivery: next[i].ID, At: next[i].NextAt, State: domain.Pending, Reason: next[i].Reason, Note: "前一种方式没有送到，改用这一种"}
	})
}
