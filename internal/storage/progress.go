package storage

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"policypush/internal/domain"
)

// PushCounts holds how many deliveries of a push are in each state, by channel.
type PushCounts map[domain.ChannelKind]map[domain.DeliveryState]int

// PushCounts returns the counts of a push. Their sum is the number planned.
func (s *Store) PushCounts(ctx context.Context, push domain.PushID) (PushCounts, error) {
	counts := PushCounts{}
	err := each(ctx, s.read, func(row scanner) error {
		var channel domain.ChannelKind
		var state domain.DeliveryState
		var n int
		if err := row.Scan(&channel, &state, &n); err != nil {
			return err
		}
		if counts[channel] == nil {
			counts[channel] = map[domain.DeliveryState]int{}
		}
		counts[channel][state] = n
		return nil
	}, `SELECT channel, state, CAST(SUM(n) AS BIGINT) FROM push_counts WHERE push_id = $1 GROUP BY channel, state HAVING SUM(n) <> 0`, push)
	return counts, err
}

// ReasonCount is how many deliveries of a push are in a state for a reason.
type ReasonCount struct {
	Channel domain.ChannelKind
	State   domain.DeliveryState
	Reason  domain.Reason
	N       int
}

// Reasons returns how many deliveries of a push have a reason, the most
// frequent first.
func (s *Store) Reasons(ctx context.Context, push domain.PushID) ([]ReasonCount, error) {
	const q = `
		SELECT channel, state, reason, CAST(SUM(n) AS BIGINT) FROM push_counts WHERE push_id = $1 AND reason <> ''
		GROUP BY channel, state, reason HAVING SUM(n) <> 0 ORDER BY SUM(n) DESC, channel, state, reason`
	return list(ctx, s.read, func(row scanner, r *ReasonCount) error {
		return row.Scan(&r.Channel, &r.State, &r.Reason, &r.N)
	}, q, push)
}

// DeliveryFilter says which deliveries a page shows. Zero fields do not
// restrict.
type DeliveryFilter struct {
	Push       domain.PushID
	Subscriber domain.SubscriberID
	State      domain.DeliveryState
	Before     domain.DeliveryID // 0: from the newest on
	// EndedBy leaves out what ended later.
	EndedBy time.Time
	Limit   int // 0: 100
	Offset  int
}

// DeliveryRow is a delivery as pages show it: the address is masked, and empty
// if it is gone.
type DeliveryRow struct {
	domain.Delivery
	Masked         string
	SubscriberName string
	SubscriberKind domain.SubscriberKind
	PolicyTitle    string
	Kind           domain.PushKind // of its push
}

// Deliveries returns a page of deliveries, newest first.
func (s *Store) Deliveries(ctx context.Context, f DeliveryFilter) ([]DeliveryRow, error) {
	where, args := []string{"1 = 1"}, []any{}
	if f.Push != 0 {
		from, until := domain.DeliveriesOf(f.Push)
		where = append(where, `deliveries.id >= `+param(&args, from)+` AND deliveries.id < `+param(&args, until))
	}
	if f.Subscriber != 0 {
		where = append(where, `deliveries.subscriber_id = `+param(&args, f.Subscriber))
	}
	if f.Before != 0 {
		where = append(where, `deliveries.id < `+param(&args, f.Before))
	}
	if f.State != "" {
		where = append(where, `deliveries.state = `+param(&args, f.State))
	}
	if !f.EndedBy.IsZero() {
		where = append(where, `deliveries.ended_at > 0 AND deliveries.ended_at <= `+param(&args, micros(f.EndedBy)))
	}
	if f.Limit <= 0 {
		f.Limit = 100
	}
	q := `
		SELECT ` + deliveryColumns + `, c.address, COALESCE(c.kind, ''), COALESCE(v.name, ''), COALESCE(v.kind, ''), u.kind,
			CASE WHEN u.kind = 'first' THEN '订阅时的现有政策汇总' WHEN u.kind = 'answer' THEN '提问的答复' ELSE COALESCE(p.title, '') END
		FROM deliveries JOIN pushes u ON u.id = deliveries.push_id LEFT JOIN policies p ON p.id = u.policy_id
			LEFT JOIN subscribers v ON v.id = deliveries.subscriber_id
			LEFT JOIN contacts c ON c.id = deliveries.contact_id AND c.subscriber_id = deliveries.subscriber_id
		WHERE ` + strings.Join(where, " AND ") + ` ORDER BY deliveries.id DESC LIMIT ` + param(&args, f.Limit) + ` OFFSET ` + param(&args, f.Offset)
	return list(ctx, s.read, func(row scanner, r *DeliveryRow) error {
		var sealed []byte
		var c domain.Contact
		err := row.Scan(append(deliveryInto(&r.Delivery), &sealed, &c.Kind, &r.SubscriberName, &r.SubscriberKind, &r.Kind, &r.PolicyTitle)...)
		if err != nil || sealed == nil {
			return err
		}
		if c.Address, err = s.openAddress(sealed, c.Kind, r.Subscriber); err != nil {
			return fmt.Errorf("contact %d: %w", r.Contact, err)
		}
		r.Masked = c.Masked()
		return nil
	}, q, args...)
}

// DeliveryEvent is one step of a delivery after it was planned.
type DeliveryEvent struct {
	Delivery domain.DeliveryID
	At       time.Time
	State    domain.DeliveryState
	Reason   domain.Reason
	Note     string // the gateway's words
	Gateway  string // which gateway said so; empty for what the service did itself
}

// DeliveryEvents returns the steps of a delivery, oldest first.
func (s *Store) DeliveryEvents(ctx context.Context, id domain.DeliveryID) ([]DeliveryEvent, error) {
	const q = `SELECT delivery_id, at, state, reason, note, gateway FROM delivery_events WHERE delivery_id = $1 ORDER BY id`
	return list(ctx, s.read, func(row scanner, e *DeliveryEvent) error {
		return row.Scan(&e.Delivery, timeInto(&e.At), &e.State, &e.Reason, &e.Note, &e.Gateway)
	}, q, id)
}

func (s *Store) insertEvents(ctx context.Context, tx *sql.Tx, n int, event func(i int) DeliveryEvent) error {
	const head = `INSERT INTO delivery_events (delivery_id, at, state, reason, note, gateway)`
	err := s.dialect.insertRows(ctx, tx, head, "", n, func(i int) []any {
		e := event(i)
		return []any{e.Delivery, micros(e.At), e.State, e.Reason, e.Note, e.Gateway}
	})
	if err != nil {
		return fmt.Errorf("insert delivery events: %w", err)
	}
	return nil
}

// SentSince returns how many messages went to the address of each contact
// since a time, over whichever subscriber: one person may stand for several.
// A digest counts once, and what may have gone out counts, as does what others
// claimed before a time and are sending: of two workers one knows of the other.
// Contacts without any are not in the map.
func (s *Store) SentSince(ctx context.Context, contacts []domain.ContactID, since, claimed time.Time) (map[domain.ContactID]int, error) {
	sent := map[domain.ContactID]int{}
	// Pushes of which nothing was handed over since then are left out.
	first, err := oldestSince(ctx, s.read, since)
	if err != nil || first == 0 {
		return sent, err
	}
	from, _ := domain.DeliveriesOf(first)
	deliveries, err := s.partsFrom(ctx, s.read, first)
	if err != nil {
		return nil, fmt.Errorf("messages since %s: %w", since, err)
	}
	err = chunks(contacts, func(part []any) error {
		// The rows of a digest are claimed at the same moment, for one contact or, see
		// Delivery.Message, for several with one address. What is counted for each contact leaves PostgreSQL no other way than by its key.
		// On SQLite it is the writer that just claimed that has the pages at hand.
		which, ids, err := s.dialect.among("c.id", 4, part)
		if err != nil {
			return err
		}
		const counts = `d.id >= $2 AND d.claimed_at >= $1
			AND (d.state IN ('accepted', 'delivered', 'unknown', 'logged') OR d.state = 'sending' AND d.claimed_at < $3)`
		q := `
			SELECT c.id, CASE WHEN c.shared THEN (
				SELECT COUNT(*) FROM (
					SELECT DISTINCT CASE WHEN d.message > 0 THEN d.message ELSE d.contact_id END, d.claimed_at
					FROM contacts same JOIN ` + deliveries + ` AS d ON d.subscriber_id = same.subscriber_id AND d.contact_id = same.id
					WHERE same.blind = c.blind AND same.kind = c.kind AND ` + counts + `) AS m)
			ELSE (SELECT COUNT(DISTINCT d.claimed_at) FROM ` + deliveries + ` AS d WHERE d.subscriber_id = c.subscriber_id AND d.contact_id = c.id AND ` + counts + `) END
			FROM contacts c WHERE ` + which
		return each(ctx, s.write, func(row scanner) error {
			var id domain.ContactID
			var n int
			err := row.Scan(&id, &n)
			if n > 0 {
				sent[id] = n
			}
			return err
		}, q, append([]any{micros(since), from, micros(claimed)}, ids...)...)
	})
	return sent, err
}
