package storage

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"policypush/internal/domain"
)

// stopPushes ends the pushes that a condition names, with $1 in it, and what
// waits in them: those that are owed or running, and what is held in others.
// What a gateway is being handed right now ends as the gateway says.
func (s *Store) stopPushes(ctx context.Context, tx *sql.Tx, which string, id any, reason domain.Reason, now time.Time) error {
	stop := `UPDATE pushes SET state = 'stopped', stopped_for = $2 WHERE ` + which + ` AND state NOT IN ('done', 'stopped')`
	if _, err := tx.ExecContext(ctx, stop, id, reason); err != nil {
		return err
	}
	// From here on no row of theirs begins to wait: who plans or records holds
	// the push first.
	t := tally{}
	stopped, err := list(ctx, tx, one[domain.PushID], `SELECT id FROM pushes WHERE `+which+` AND `+waits+` > 0 ORDER BY id`, id)
	if err != nil {
		return err
	}
	for _, push := range stopped {
		if err := s.callBack(ctx, tx, push, reason, now, t); err != nil {
			return err
		}
	}
	through := `UPDATE batches SET state = 'done' WHERE push_id IN (SELECT id FROM pushes WHERE ` + which + `) AND state <> 'done'`
	if _, err := tx.ExecContext(ctx, through, id); err != nil {
		return err
	}
	return s.writeTally(ctx, tx, t)
}

// callBack ends what waits of a push, and counts it.
func (s *Store) callBack(ctx context.Context, tx *sql.Tx, push domain.PushID, reason domain.Reason, now time.Time, t tally) error {
	part, err := s.partOf(ctx, tx, push)
	if err != nil {
		return err
	}
	const waiting = `id >= $1 AND id < $2 AND state = 'pending'`
	count := `
		SELECT w.channel, w.reason, COUNT(*) FROM (
			SELECT channel, reason FROM ` + part + ` WHERE ` + waiting + ` ORDER BY id` + s.dialect.forUpdate + `) AS w
		GROUP BY w.channel, w.reason`
	from, until := domain.DeliveriesOf(push)
	err = each(ctx, tx, func(row scanner) error {
		d := domain.Delivery{Push: push}
		var n int
		err := row.Scan(&d.Channel, &d.Reason, &n)
		t.add(d, domain.Pending, d.Reason, -n)
		t.add(d, domain.CalledBack, reason, n)
		return err
	}, count, from, until)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE `+part+` SET state = 'withdrawn', reason = $3, ended_at = $4 WHERE `+waiting, from, until, reason, micros(now))
	return err
}

// StopPush ends one push for good; its policy stands. It fails with Conflict
// if the push has ended.
func (s *Store) StopPush(ctx context.Context, id domain.PushID, by domain.OperatorID, why string, now time.Time) error {
	const q = `UPDATE pushes SET halted_by = $2, halt_reason = $3 WHERE id = $1 AND kind NOT IN ('first', 'answer') AND state NOT IN ('done', 'stopped')`
	return s.inTx(ctx, func(tx *sql.Tx) error {
		if err := changeOne(ctx, tx, "这次推送已经结束，不能再中止", q, id, by, why); err != nil {
			return fmt.Errorf("stop push %d: %w", id, err)
		}
		if err := s.stopPushes(ctx, tx, `id = $1`, id, domain.ReasonAborted, now); err != nil {
			return fmt.Errorf("stop push %d: %w", id, err)
		}
		return nil
	})
}

// PausePush holds a push until it is resumed: from the next claim on nothing
// of it is handed to a gateway. Its batches are taken back from the queue by a
// new generation. It fails with Conflict if the push is paused or has ended.
func (s *Store) PausePush(ctx context.Context, id domain.PushID, by domain.OperatorID, why string, now time.Time) error {
	const q = `
		UPDATE pushes SET paused_at = $2, halted_by = $3, halt_reason = $4
		WHERE id = $1 AND kind NOT IN ('first', 'answer') AND paused_at = 0 AND state NOT IN ('done', 'stopped')`
	return s.inTx(ctx, func(tx *sql.Tx) error {
		if err := changeOne(ctx, tx, "这次推送已经暂停或结束，请刷新页面", q, id, micros(now), by, why); err != nil {
			return fmt.Errorf("pause push %d: %w", id, err)
		}
		_, err := tx.ExecContext(ctx, `UPDATE batches SET gen = gen + 1, state = 'new' WHERE push_id = $1 AND state <> 'done'`, id)
		return err
	})
}

// ResumePush lets a paused push go on where it stood. It fails with Conflict
// if the push is not paused.
func (s *Store) ResumePush(ctx context.Context, id domain.PushID) error {
	const q = `UPDATE pushes SET paused_at = 0, halted_by = 0, halt_reason = '' WHERE id = $1 AND paused_at > 0 AND state NOT IN ('done', 'stopped')`
	if err := changeOne(ctx, s.write, "这次推送没有暂停，请刷新页面", q, id); err != nil {
		return fmt.Errorf("resume push %d: %w", id, err)
	}
	return nil
}

// ReschedulePush changes when a push that waits for its time goes out. It
// fails with Conflict if it does not wait any more.
func (s *Store) ReschedulePush(ctx context.Context, id domain.PushID, at, now time.Time) error {
	const q = `UPDATE pushes SET send_at = $2 WHERE id = $1 AND state NOT IN ('running', 'done', 'stopped') AND send_at > $3`
	if err := changeOne(ctx, s.write, "这次推送已经开始或结束，不能再改时间", q, id, micros(at), micros(now)); err != nil {
		return fmt.Errorf("reschedule push %d: %w", id, err)
	}
	return nil
}

// changeOne runs a statement that changes one row, or fails with Conflict and says
// what is the matter.
func changeOne(ctx context.Context, q querier, otherwise, query string, args ...any) error {
	n, err := changed(ctx, q, query, args...)
	if err == nil && n == 0 {
		return domain.Errorf(domain.Conflict, "%s", otherwise)
	}
	return err
}

// HandBack returns a batch that its worker cannot finish now, for a new
// generation to go on with, not before a time. It fails with Conflict if the
// batch was handed out anew.
func (s *Store) HandBack(ctx context.Context, id domain.BatchID, gen int, now, notBefore time.Time) error {
	const q = `UPDATE batches SET gen = gen + 1, state = 'new', beat_at = $3, next_at = $4 WHERE id = $1 AND gen = $2 AND state <> 'done'`
	if err := changeOne(ctx, s.write, "这一批已重新派发", q, id, gen, micros(now), micros(notBefore)); err != nil {
		return fmt.Errorf("hand back batch %d: %w", id, err)
	}
	return nil
}

// StopChannel holds a channel in every process, and takes its batches back
// from the queue. A hold without end takes the place of one that ends by itself.
// False means that it is held already; the first cause stands.
func (s *Store) StopChannel(ctx context.Context, c domain.ChannelStop) (first bool, err error) {
	const q = `
		INSERT INTO channel_stops (channel, cause, gateway, code, note, since, until, operator_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (channel) DO UPDATE SET cause = excluded.cause, gateway = excluded.gateway, code = excluded.code,
			note = excluded.note, since = excluded.since, until = excluded.until, operator_id = excluded.operator_id
		WHERE channel_stops.until > 0 AND (channel_stops.until <= excluded.since OR excluded.until = 0)`
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		n, err := changed(ctx, tx, q, c.Channel, c.Cause, c.Gateway, c.Code, c.Note, micros(c.Since), micros(c.Until), c.By)
		if first = n == 1; err != nil || !first {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE batches SET gen = gen + 1, state = 'new' WHERE channel = $1 AND state <> 'done'`, c.Channel)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("stop channel %s: %w", c.Channel, err)
	}
	return first, nil
}

// ResumeChannel lets a channel go on. It fails with Conflict if nothing holds
// it.
func (s *Store) ResumeChannel(ctx context.Context, channel domain.ChannelKind) error {
	return changeOne(ctx, s.write, "这个渠道没有暂停，请刷新页面", `DELETE FROM channel_stops WHERE channel = $1`, channel)
}

// ChannelStops returns the channels that are held, in order.
func (s *Store) ChannelStops(ctx context.Context, now time.Time) ([]domain.ChannelStop, error) {
	const q = `
		SELECT channel, cause, gateway, code, note, since, until, operator_id FROM channel_stops
		WHERE until = 0 OR until > $1 ORDER BY channel`
	return list(ctx, s.read, func(row scanner, c *domain.ChannelStop) error {
		return row.Scan(&c.Channel, &c.Cause, &c.Gateway, &c.Code, &c.Note, timeInto(&c.Since), timeInto(&c.Until), &c.By)
	}, q, micros(now))
}
