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

const batchColumns = `batches.id, batches.push_id, batches.channel, batches.gen, batches.state, batches.size,
	batches.next_at, batches.beat_at, batches.urgent`

func scanBatch(row scanner, b *domain.Batch) error {
	return row.Scan(&b.ID, &b.Push, &b.Channel, &b.Gen, &b.State, &b.Size, timeInto(&b.NextAt), timeInto(&b.BeatAt), &b.Urgent)
}

// DueBatches returns up to limit batches that are owed to the queue now,
// what is urgent first, then the longest due: none of a push that is paused or
// stopped, nor of a channel that is.
func (s *Store) DueBatches(ctx context.Context, now time.Time, limit int) ([]domain.Batch, error) {
	return s.due(ctx, now, limit, nil)
}

// BatchesToQueue returns those of DueBatches that the queue is to have now: of
// no channel more than fill it up to perChannel. What is urgent is not bounded
// by that.
func (s *Store) BatchesToQueue(ctx context.Context, now time.Time, limit, perChannel int) ([]domain.Batch, error) {
	room := map[domain.ChannelKind]int{}
	var full []any
	err := each(ctx, s.read, func(row scanner) error {
		var c domain.ChannelKind
		var n int
		err := row.Scan(&c, &n)
		if room[c] = perChannel - n; room[c] <= 0 {
			full = append(full, c)
		}
		return err
	}, `SELECT channel, COUNT(*) FROM batches WHERE state <> 'done' AND state = 'queued' AND NOT urgent GROUP BY channel`)
	if err != nil {
		return nil, err
	}
	due, err := s.due(ctx, now, limit, full)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(due, func(b domain.Batch) bool {
		if b.Urgent {
			return false
		}
		if _, known := room[b.Channel]; !known {
			room[b.Channel] = perChannel
		}
		room[b.Channel]--
		return room[b.Channel] < 0
	}), nil
}

// due reads due batches, without those of full channels that are not urgent.
func (s *Store) due(ctx context.Context, now time.Time, limit int, full []any) ([]domain.Batch, error) {
	q := `SELECT ` + batchColumns + ` FROM batches JOIN pushes u ON u.id = batches.push_id
		WHERE batches.state <> 'done' AND batches.state = 'new' AND batches.next_at <= $1 AND u.state <> 'stopped' AND u.paused_at = 0
			AND NOT EXISTS (SELECT 1 FROM channel_stops c WHERE c.channel = batches.channel AND (c.until = 0 OR c.until > $1))
			AND (batches.urgent OR batches.channel NOT IN (` + places(3, 1+len(full)) + `))
		ORDER BY batches.urgent DESC, batches.next_at, batches.id LIMIT $2`
	return list(ctx, s.read, scanBatch, q, append([]any{micros(now), limit, ""}, full...)...) // "" is no channel: a list has one at least
}

// Batch returns a batch, or NotFound.
func (s *Store) Batch(ctx context.Context, id domain.BatchID) (domain.Batch, error) {
	return batch(ctx, s.read, id)
}

func batch(ctx context.Context, q querier, id domain.BatchID) (domain.Batch, error) {
	var b domain.Batch
	err := scanBatch(q.QueryRowContext(ctx, `SELECT `+batchColumns+` FROM batches WHERE id = $1`, id), &b)
	return b, notFound(err, "没有第%d批", id)
}

// MarkQueued says that the queue has a batch. It fails with Conflict if the
// batch was handed out anew since; one that a worker has finished already
// stays done.
func (s *Store) MarkQueued(ctx context.Context, id domain.BatchID, gen int, now time.Time) error {
	const q = `UPDATE batches SET state = 'queued', beat_at = $3 WHERE id = $1 AND gen = $2 AND state = 'new'`
	return s.ofGeneration(ctx, q, id, gen, micros(now))
}

// alive is what a sign of life writes. A batch that a worker has is due, also by
// a clock that was set back since it was handed out: should the worker die, the
// batch does not wait for the old time.
const alive = `beat_at = $3, next_at = CASE WHEN next_at > $3 THEN $3 ELSE next_at END`

// Beat is a worker's sign of life. It fails with Conflict if the batch was
// handed out anew: the worker must stop.
func (s *Store) Beat(ctx context.Context, id domain.BatchID, gen int, now time.Time) error {
	const q = `UPDATE batches SET ` + alive + ` WHERE id = $1 AND gen = $2`
	return s.ofGeneration(ctx, q, id, gen, micros(now))
}

// BeginBatch says that a worker takes a batch in hand. What is being sent of it by
// then is in the hands of an earlier one. It fails as Beat does.
func (s *Store) BeginBatch(ctx context.Context, id domain.BatchID, gen int, now time.Time) error {
	const q = `UPDATE batches SET ` + alive + `, taken_at = $3 WHERE id = $1 AND gen = $2`
	return s.ofGeneration(ctx, q, id, gen, micros(now))
}

// again is how soon a batch is handed out anew whose rows its worker could not
// have: by its clock their time has not come, or another had hold of them.
const again = time.Second

// FinishBatch ends a batch in which nothing waits or is being sent. One in which
// something waits goes back to be handed out anew; one in which something is only
// being sent stays, for the sweep. It fails with Conflict if the batch was handed
// out anew.
func (s *Store) FinishBatch(ctx context.Context, id domain.BatchID, gen int, now time.Time) error {
	b, err := batch(ctx, s.read, id)
	if err != nil {
		return err
	}
	part, err := s.partOf(ctx, s.read, b.Push)
	if err != nil {
		return err
	}
	waiting := ` FROM ` + part + ` AS d WHERE d.batch_id = $1 AND d.batch_id > 0 AND d.state = 'pending'`
	var due time.Time
	if err := s.read.QueryRowContext(ctx, `SELECT COALESCE(MIN(d.next_at), 0)`+waiting, id).Scan(timeInto(&due)); err != nil {
		return fmt.Errorf("what waits in batch %d: %w", id, err)
	}
	if due.IsZero() {
		q := `UPDATE batches SET state = 'done', beat_at = $3 WHERE id = $1 AND gen = $2 AND sending = 0 AND NOT EXISTS (SELECT 1` + waiting + `)`
		return s.ofGeneration(ctx, q, id, gen, micros(now))
	}
	if soon := now.Add(again); due.Before(soon) {
		due = soon
	}
	return s.HandBack(ctx, id, gen, now, due)
}

// ofGeneration runs a statement on a batch and, if it changed nothing, tells
// whether that is because the generation is over.
func (s *Store) ofGeneration(ctx context.Context, q string, id domain.BatchID, gen int, at int64) error {
	n, err := changed(ctx, s.write, q, id, gen, at)
	if err != nil {
		return fmt.Errorf("batch %d: %w", id, err)
	}
	if n > 0 {
		return nil
	}
	b, err := batch(ctx, s.write, id)
	if err == nil && b.Gen != gen {
		return overtaken(id)
	}
	return err
}

func overtaken(id domain.BatchID) error {
	return domain.Errorf(domain.Conflict, "第%d批已重新派发，本次不再处理", id)
}

// Skew is by how much the clocks of two machines may differ. What bears a later
// time than that was written before a clock was set back.
const Skew = 5 * time.Second

// SetBack makes what bears a time that has not come as old as now: a clock was
// set back, and nothing may seem alive, be held or wait until the old time has
// come again. So it does with signs of life of batches and with claims, with what
// a worker or the queue had or handed back, with what was planned to go at once,
// and with rests of channels and canaries. What is tried again later, or waits
// for a morning or a summary, keeps its time.
func (s *Store) SetBack(ctx context.Context, now time.Time) error {
	at, ahead := micros(now), micros(now.Add(Skew))
	for _, q := range []string{ // each part of the batches has its index
		`UPDATE batches SET beat_at = $1, taken_at = CASE WHEN taken_at > $1 THEN $1 ELSE taken_at END, next_at = CASE WHEN next_at > $1 THEN $1 ELSE next_at END
			WHERE state <> 'done' AND state IN ('new', 'queued') AND beat_at > $2`,
		`UPDATE batches SET beat_at = $1, taken_at = CASE WHEN taken_at > $1 THEN $1 ELSE taken_at END WHERE sending > 0 AND beat_at > $2`,
		`UPDATE channel_stops SET until = until - since + $1, since = $1 WHERE until > 0 AND since > $2`,
		`UPDATE canaries SET sent_at = $1 WHERE state = 'sending' AND sent_at > $2`,
	} {
		if _, err := s.write.ExecContext(ctx, q, at, ahead); err != nil {
			return fmt.Errorf("follow a clock that was set back: %w", err)
		}
	}
	sending, err := list(ctx, s.read, one[domain.BatchID], `SELECT id FROM batches WHERE sending > 0`)
	if err == nil {
		err = s.sendingOf(sending, 3, func(which string, ids []any) error {
			_, err := s.write.ExecContext(ctx, `UPDATE deliveries SET claimed_at = $1 WHERE claimed_at > $2 AND `+which, append([]any{at, ahead}, ids...)...)
			return err
		})
	}
	if err == nil {
		err = s.setBackPlanned(ctx, at, ahead)
	}
	if err != nil {
		return fmt.Errorf("follow a clock that was set back: %w", err)
	}
	return nil
}

// setBackPlanned is SetBack for what was planned to go at once.
func (s *Store) setBackPlanned(ctx context.Context, at, ahead int64) error {
	// A batch that goes at once is due when its push was planned; one minute more is
	// for a push that is not yet wholly so.
	const q = `
		SELECT b.id, b.push_id FROM pushes u JOIN batches b ON b.push_id = u.id
		WHERE u.state IN ('owed', 'running') AND (u.created_at > $1 OR u.planned_at > $1) AND b.state <> 'done' AND b.state = 'new'
			AND b.next_at > $1 AND b.next_at <= CASE WHEN u.planned_at > u.created_at THEN u.planned_at ELSE u.created_at + 60000000 END
		ORDER BY b.id`
	type planned struct {
		batch domain.BatchID
		push  domain.PushID
	}
	batches, err := list(ctx, s.read, func(row scanner, p *planned) error { return row.Scan(&p.batch, &p.push) }, q, ahead)
	if err != nil {
		return err
	}
	for _, p := range batches {
		err := s.inTx(ctx, func(tx *sql.Tx) error {
			part, err := s.partOf(ctx, tx, p.push)
			if err != nil {
				return err
			}
			n, err := changed(ctx, tx, `UPDATE `+part+` SET next_at = $2 WHERE batch_id = $1 AND batch_id > 0 AND state = 'pending' AND reason = '' AND next_at > $2`, p.batch, at)
			if err == nil && n > 0 {
				_, err = tx.ExecContext(ctx, `UPDATE batches SET next_at = $2 WHERE id = $1 AND next_at > $2`, p.batch, at)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// sendingOf calls do with the condition for the deliveries of some batches that
// are being sent, whose first parameter is the one of a number and comes after
// the others, and its arguments, for some batches at a time.
func (s *Store) sendingOf(batches []domain.BatchID, at int, do func(which string, ids []any) error) error {
	return chunks(batches, func(part []any) error {
		which, ids, err := s.dialect.among("deliveries.batch_id", at, part)
		if err != nil {
			return err
		}
		return do(which+` AND deliveries.batch_id > 0 AND deliveries.state = 'sending'`, ids)
	})
}

// SweepBatches hands out anew the queued batches that gave no sign of life
// since a time, and returns them.
func (s *Store) SweepBatches(ctx context.Context, deadBefore time.Time) ([]domain.Batch, error) {
	const q = `
		UPDATE batches SET gen = gen + 1, state = 'new'
		WHERE state <> 'done' AND state = 'queued' AND beat_at < $1
		RETURNING ` + batchColumns
	swept, err := list(ctx, s.write, scanBatch, q, micros(deadBefore))
	if err != nil {
		return nil, fmt.Errorf("sweep batches: %w", err)
	}
	return swept, nil
}

// RenewGenerations hands out anew every batch that is not done, because the
// queue lost its memory, and returns how many they are.
func (s *Store) RenewGenerations(ctx context.Context) (int, error) {
	n, err := changed(ctx, s.write, `UPDATE batches SET gen = gen + 1, state = 'new' WHERE state <> 'done'`)
	if err != nil {
		return 0, fmt.Errorf("renew generations: %w", err)
	}
	return n, nil
}

// SweepSending ends the deliveries that were claimed and never recorded: their
// worker died, and the message may have gone out, so they are unknown. Dead is
// the worker of a batch that gave no sign of life since deadBefore, or that
// claimed before then what another worker has taken up since; what was claimed
// before lostBefore is lost whatever became of the batch since. What may
// be handed over again is in no doubt: it waits again. It returns how many they
// are.
func (s *Store) SweepSending(ctx context.Context, deadBefore, lostBefore, now time.Time) (int, error) {
	n := 0
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		lost, err := s.lost(ctx, tx, deadBefore, lostBefore)
		if err != nil {
			return err
		}
		n = len(lost)
		ends, counted, messages := make([]outcomeRow, n), handedCount{}, map[domain.DeliveryID]bool{}
		for i, d := range lost {
			ends[i] = rowOf(d)
			if ends[i].at = now; d.Repeatable() {
				ends[i].State, ends[i].NextAt = domain.Pending, now
				if d.Reason != domain.ReasonDigest { // it gathers the parts
					ends[i].Reason = domain.ReasonGatewayRetry
				}
				continue
			}
			ends[i].State, ends[i].Reason, ends[i].EndedAt, ends[i].ask = domain.UnknownEnd, domain.ReasonLost, now, now
			if m := cmp.Or(d.Message, d.ID); !messages[m] { // a digest is one
				messages[m] = true
				counted[handed{dayOf(d.ClaimedAt), d.Channel, "", handedUnknown}]++ // nobody knows which gateway
			}
		}
		if err := s.giveBatches(ctx, tx, ends); err != nil {
			return err
		}
		if _, err := s.writeOutcomes(ctx, tx, ends); err != nil {
			return err
		}
		return s.writeHanded(ctx, tx, counted)
	})
	if err != nil {
		return 0, fmt.Errorf("sweep deliveries: %w", err)
	}
	return n, nil
}

// lost reads and holds, in id order, what SweepSending ends, up to 5,000 of a few
// batches.
func (s *Store) lost(ctx context.Context, tx *sql.Tx, deadBefore, lostBefore time.Time) ([]domain.Delivery, error) {
	var dead, alive []domain.BatchID
	err := each(ctx, tx, func(row scanner) error {
		var id domain.BatchID
		var beat time.Time
		err := row.Scan(&id, timeInto(&beat))
		if beat.Before(deadBefore) {
			dead = append(dead, id)
		} else {
			alive = append(alive, id)
		}
		return err
	}, `SELECT id, beat_at FROM batches WHERE sending > 0`)
	if err != nil {
		return nil, err
	}
	var lost []domain.Delivery
	const (
		ofDead  = `deliveries.claimed_at < $1`
		ofAlive = `(deliveries.claimed_at < $2 OR deliveries.claimed_at < $1 AND deliveries.claimed_at < (SELECT taken_at FROM batches WHERE id = deliveries.batch_id))`
	)
	for _, some := range []struct {
		batches []domain.BatchID
		when    string
		before  []any
	}{{dead, ofDead, []any{micros(deadBefore)}}, {alive, ofAlive, []any{micros(deadBefore), micros(lostBefore)}}} {
		err := s.sendingOf(some.batches, 1+len(some.before), func(which string, ids []any) error {
			q := `SELECT ` + deliveryColumns + ` FROM deliveries WHERE ` + some.when + ` AND ` + which + ` ORDER BY deliveries.id LIMIT 5000` + s.dialect.forUpdate
			found, err := list(ctx, tx, scanDelivery, q, append(slices.Clone(some.before), ids...)...)
			lost = append(lost, found...)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return lost, nil
}
