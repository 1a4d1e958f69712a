package storage

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"time"

	"policypush/internal/domain"
)

// Doubt is a message in doubt, with the deliveries that it ends.
type Doubt struct {
	Deliveries []domain.Delivery
	Address    string // empty if it is gone
}

// DoubtsToAsk returns messages of a channel whose gateway is to be asked now
// what became of them.
func (s *Store) DoubtsToAsk(ctx context.Context, channel domain.ChannelKind, now time.Time, limit int) ([]Doubt, error) {
	const q = `
		SELECT ` + deliveryColumns + `, c.address, COALESCE(c.kind, '')
		FROM deliveries LEFT JOIN contacts c ON c.id = deliveries.contact_id AND c.subscriber_id = deliveries.subscriber_id
		WHERE deliveries.ask_at > 0 AND deliveries.channel = $1 AND deliveries.ask_at <= $2 AND deliveries.ended_at > $3
		ORDER BY deliveries.ask_at, deliveries.id LIMIT $4`
	var doubts []Doubt
	type message struct {
		first   domain.DeliveryID
		claimed int64
	}
	at := map[message]int{}
	err := each(ctx, s.read, func(row scanner) error {
		var d domain.Delivery
		var sealed []byte
		var kind domain.ChannelKind
		if err := row.Scan(append(deliveryInto(&d), &sealed, &kind)...); err != nil {
			return err
		}
		m := message{cmp.Or(d.Message, d.ID), micros(d.ClaimedAt)}
		if i, known := at[m]; known {
			doubts[i].Deliveries = append(doubts[i].Deliveries, d)
			return nil
		}
		at[m] = len(doubts)
		doubt := Doubt{Deliveries: []domain.Delivery{d}}
		if sealed != nil {
			var err error
			if doubt.Address, err = s.openAddress(sealed, kind, d.Subscriber); err != nil {
				return fmt.Errorf("contact %d: %w", d.Contact, err)
			}
		}
		doubts = append(doubts, doubt)
		return nil
	}, q, channel, micros(now), micros(now.Add(-domain.DoubtFor)), limit)
	return doubts, err
}

// AskLater says when the gateway is to be asked again about what is still in
// doubt.
func (s *Store) AskLater(ctx context.Context, ids []domain.DeliveryID, at time.Time) error {
	return chunks(ids, func(part []any) error {
		q := `UPDATE deliveries SET ask_at = $1 WHERE ask_at > 0 AND id IN (` + s.dialect.places(2, len(part)) + `)`
		_, err := s.write.ExecContext(ctx, q, append([]any{micros(at)}, part...)...)
		return err
	})
}

// CountDoubts returns how many deliveries are in doubt, and how many of them
// have been for so long that a person may settle them.
func (s *Store) CountDoubts(ctx context.Context, now time.Time) (all, ripe int, err error) {
	const q = `
		SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN ended_at <= $1 THEN 1 ELSE 0 END), 0) AS BIGINT)
		FROM deliveries WHERE ask_at > 0`
	err = s.read.QueryRowContext(ctx, q, micros(now.Add(-domain.DoubtFor))).Scan(&all, &ripe)
	return all, ripe, err
}

// SettleByHand records what a person says became of a delivery that has been
// in doubt for domain.DoubtFor: Delivered or Failed. It is never sent again.
// It fails with Conflict if the delivery is not, or not long enough, in doubt.
func (s *Store) SettleByHand(ctx context.Context, id domain.DeliveryID, state domain.DeliveryState, now time.Time) error {
	if state != domain.Delivered && state != domain.Failed {
		return domain.Errorf(domain.Invalid, "请选择已送达或未送达")
	}
	return s.inTx(ctx, func(tx *sql.Tx) error {
		var d domain.Delivery
		q := `SELECT ` + deliveryColumns + ` FROM deliveries WHERE id = $1` + s.dialect.forUpdate
		if err := notFound(scanDelivery(tx.QueryRowContext(ctx, q, id), &d), "没有这条消息"); err != nil {
			return err
		}
		switch {
		case d.State != domain.UnknownEnd:
			return domain.Errorf(domain.Conflict, "这条消息已有结果（%s），请刷新页面", d.State.Label())
		case d.EndedAt.After(now.Add(-domain.DoubtFor)):
			return domain.Errorf(domain.Conflict, "网关在72小时内仍可能给出回执，届时再由人工确认")
		}
		row := rowOf(d)
		row.State, row.Reason, row.at = state, domain.ReasonByHand, now
		row.SentAt, row.EndedAt = endTimes(row.Delivery, now)
		if _, err := s.writeOutcomes(ctx, tx, []outcomeRow{row}); err != nil {
			return fmt.Errorf("settle delivery %d: %w", id, err)
		}
		return nil
	})
}
