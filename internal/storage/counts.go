package storage

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"policypush/internal/domain"
)

// countKey names one counter of a push.
type countKey struct {
	push    domain.PushID
	channel domain.ChannelKind
	state   domain.DeliveryState
	reason  domain.Reason
}

// tally is how a transaction changes the counters of pushes.
type tally map[countKey]int

func (t tally) add(d domain.Delivery, state domain.DeliveryState, reason domain.Reason, n int) {
	t[countKey{d.Push, d.Channel, state, reason}] += n
}

// move counts a delivery that was in a state before.
func (t tally) move(d domain.Delivery, was domain.DeliveryState, because domain.Reason) {
	t.add(d, was, because, -1)
	t.add(d, d.State, d.Reason, 1)
}

// writeTally changes the counters. It stands last in its transaction, so that
// a counter is held for a moment only, and takes them in one order, so that two
// writers never wait for each other.
func (s *Store) writeTally(ctx context.Context, tx *sql.Tx, t tally) error {
	keys := make([]countKey, 0, len(t))
	for k, n := range t {
		if n != 0 {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b countKey) int {
		return cmp.Or(cmp.Compare(a.push, b.push), cmp.Compare(a.channel, b.channel), cmp.Compare(a.state, b.state), cmp.Compare(a.reason, b.reason))
	})
	shard := s.shard()
	const head = `INSERT INTO push_counts (push_id, channel, state, reason, shard, n)`
	const tail = ` ON CONFLICT (push_id, channel, state, reason, shard) DO UPDATE SET n = push_counts.n + excluded.n`
	err := s.dialect.insertRows(ctx, tx, head, tail, len(keys), func(i int) []any {
		k := keys[i]
		return []any{k.push, k.channel, k.state, k.reason, shard, t[k]}
	})
	if err != nil {
		return fmt.Errorf("count deliveries: %w", err)
	}
	return nil
}

// shard picks the part of a counter that a transaction changes.
func (s *Store) shard() int { return rand.IntN(s.dialect.shards) }

// handed is what a gateway was handed: messages as it counts them, a digest is
// one.
type handed struct {
	day              string
	channel          domain.ChannelKind
	gateway, outcome string
}

// Outcomes in gateway_counts.
const (
	handedAccepted = "accepted"
	handedFailed   = "failed"
	handedUnknown  = "unknown"
	// What became of them, by receipts, one for a message. The day is that of
	// the hand-over.
	receiptArrived = "arrived"
	receiptLost    = "lost"
)

// outcomeOf is the outcome in gateway_counts of a message in a state, or "" if
// nothing was handed over.
func outcomeOf(state domain.DeliveryState) string {
	switch state {
	case domain.Accepted, domain.Delivered, domain.Logged:
		return handedAccepted
	case domain.Failed:
		return handedFailed
	case domain.UnknownEnd:
		return handedUnknown
	default:
		return ""
	}
}

// handedCount is how a transaction changes the counts of gateways.
type handedCount map[handed]int

// add counts the message of an outcome, and of its row as that is now. What a
// receipt has settled the gateway had, whether it answered or not.
func (c handedCount) add(row outcomeRow, o Outcome) {
	outcome := outcomeOf(o.State)
	if outcome == handedUnknown && row.State != domain.UnknownEnd {
		outcome = handedAccepted
	}
	if outcome != "" && o.Gateway != "" && !o.Joined {
		c[handed{dayOf(o.At), row.Channel, o.Gateway, outcome}] += max(1, o.Units)
	}
}

// receipt counts the message of a row that a receipt has ended, if it is known
// which gateway had it.
func (c handedCount) receipt(row outcomeRow) {
	outcome := map[domain.DeliveryState]string{domain.Delivered: receiptArrived, domain.Failed: receiptLost}[row.State]
	if outcome != "" && row.Gateway != "" && !row.ClaimedAt.IsZero() {
		c[handed{dayOf(row.ClaimedAt), row.Channel, row.Gateway, outcome}]++
	}
}

func (s *Store) writeHanded(ctx context.Context, tx querier, counted handedCount) error {
	keys := make([]handed, 0, len(counted))
	for k := range counted {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b handed) int {
		return cmp.Or(cmp.Compare(a.day, b.day), cmp.Compare(a.channel, b.channel), cmp.Compare(a.gateway, b.gateway), cmp.Compare(a.outcome, b.outcome))
	})
	shard := s.shard()
	const head = `INSERT INTO gateway_counts (day, channel, gateway, outcome, shard, n)`
	const tail = ` ON CONFLICT (day, channel, gateway, outcome, shard) DO UPDATE SET n = gateway_counts.n + excluded.n`
	err := s.dialect.insertRows(ctx, tx, head, tail, len(keys), func(i int) []any {
		k := keys[i]
		return []any{k.day, k.channel, k.gateway, k.outcome, shard, counted[k]}
	})
	if err != nil {
		return fmt.Errorf("count messages of a gateway: %w", err)
	}
	return nil
}

// CountHanded counts a message that belongs to no delivery, such as a code for
// signing in, so that the count of its gateway can be compared with ours. The
// gateway counts it as some units, 0 is one.
func (s *Store) CountHanded(ctx context.Context, channel domain.ChannelKind, gateway string, state domain.DeliveryState, units int, at time.Time) error {
	outcome := outcomeOf(state)
	if outcome == "" {
		return nil
	}
	return s.writeHanded(ctx, s.write, handedCount{{dayOf(at), channel, gateway, outcome}: max(1, units)})
}

// readersTime is the time zone of days in the ledger.
var readersTime = time.FixedZone("CST", 8*60*60)

func dayOf(t time.Time) string { return t.In(readersTime).Format(time.DateOnly) }

// paceKey is a minute of a push on a channel.
type paceKey struct {
	push    domain.PushID
	channel domain.ChannelKind
	minute  int64
}

func minuteOf(t time.Time) int64 { return t.Unix() / 60 }

func (s *Store) writePace(ctx context.Context, tx *sql.Tx, pace map[paceKey]int) error {
	keys := make([]paceKey, 0, len(pace))
	for k := range pace {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b paceKey) int {
		return cmp.Or(cmp.Compare(a.push, b.push), cmp.Compare(a.channel, b.channel), cmp.Compare(a.minute, b.minute))
	})
	shard := s.shard()
	const head = `INSERT INTO push_pace (push_id, channel, minute, shard, n)`
	const tail = ` ON CONFLICT (push_id, channel, minute, shard) DO UPDATE SET n = push_pace.n + excluded.n`
	err := s.dialect.insertRows(ctx, tx, head, tail, len(keys), func(i int) []any {
		k := keys[i]
		return []any{k.push, k.channel, k.minute, shard, pace[k]}
	})
	if err != nil {
		return fmt.Errorf("count pace: %w", err)
	}
	return nil
}

// Pace returns how many deliveries of a push were handed over, by channel,
// from one minute to before another, to the minute.
func (s *Store) Pace(ctx context.Context, push domain.PushID, from, to time.Time) (map[domain.ChannelKind]int, error) {
	pace := map[domain.ChannelKind]int{}
	err := each(ctx, s.read, func(row scanner) error {
		var channel domain.ChannelKind
		var n int
		err := row.Scan(&channel, &n)
		pace[channel] = n
		return err
	}, `SELECT channel, CAST(SUM(n) AS BIGINT) FROM push_pace WHERE push_id = $1 AND minute >= $2 AND minute < $3 GROUP BY channel`,
		push, minuteOf(from), minuteOf(to))
	return pace, err
}

// CountDifference is a counter that does not equal its rows: of a push, or of
// what a batch is being sent of.
type CountDifference struct {
	Push    domain.PushID
	Batch   domain.BatchID // 0: a counter of the push
	Channel domain.ChannelKind
	State   domain.DeliveryState
	Reason  domain.Reason
	Counted int
	Rows    int
}

// CheckCounts compares the counters of every push, or of one if it is not 0,
// with the rows, those of pushes and those of batches each as of one moment.
// Pushes whose rows were dropped are left out.
func (s *Store) CheckCounts(ctx context.Context, push domain.PushID) ([]CountDifference, error) {
	const q = `
		SELECT a.push_id, a.channel, a.state, a.reason, CAST(SUM(a.counted) AS BIGINT), CAST(SUM(a.there) AS BIGINT) FROM (
			SELECT push_id, channel, state, reason, n AS counted, 0 AS there FROM push_counts
			UNION ALL SELECT push_id, channel, state, reason, 0, 1 FROM deliveries WHERE id >= $2 AND id < $3) AS a
			JOIN pushes u ON u.id = a.push_id
		WHERE u.forgotten_at = 0 AND (CAST($1 AS BIGINT) = 0 OR a.push_id = $1)
		GROUP BY a.push_id, a.channel, a.state, a.reason HAVING SUM(a.counted) <> SUM(a.there)
		ORDER BY a.push_id, a.channel, a.state, a.reason`
	from, until := domain.DeliveriesOf(push)
	if push == 0 {
		until = math.MaxInt64
	}
	different, err := list(ctx, s.read, func(row scanner, d *CountDifference) error {
		return row.Scan(&d.Push, &d.Channel, &d.State, &d.Reason, &d.Counted, &d.Rows)
	}, q, push, from, until)
	if err != nil {
		return nil, err
	}
	batches, err := list(ctx, s.read, func(row scanner, d *CountDifference) error {
		d.State = domain.Sending
		return row.Scan(&d.Push, &d.Batch, &d.Channel, &d.Counted, &d.Rows)
	}, `
		SELECT b.push_id, b.id, b.channel, b.sending, b.there FROM (
			SELECT batches.*, `+beingSent+` AS there FROM batches) AS b JOIN pushes u ON u.id = b.push_id
		WHERE u.forgotten_at = 0 AND (CAST($1 AS BIGINT) = 0 OR b.push_id = $1) AND b.sending <> b.there ORDER BY b.id`, push)
	return append(different, batches...), err
}

// beingSent counts what a batch is being sent of.
const beingSent = `(SELECT COUNT(*) FROM deliveries d WHERE d.batch_id = batches.id AND d.batch_id > 0 AND d.state = 'sending')`

// Recount writes the counters of a push and of its batches anew from the rows.
// Others may send meanwhile: who has changed rows and not yet counted them
// waits, and counts after.
func (s *Store) Recount(ctx context.Context, push domain.PushID) error {
	const recount = `
		INSERT INTO push_counts (push_id, channel, state, reason, shard, n)
		SELECT push_id, channel, state, reason, 0, COUNT(*) FROM deliveries WHERE id >= $1 AND id < $2
		GROUP BY push_id, channel, state, reason`
	from, until := domain.DeliveriesOf(push)
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		if s.dialect.holdCounts != "" {
			if _, err := tx.ExecContext(ctx, s.dialect.holdCounts); err != nil {
				return err
			}
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM push_counts WHERE push_id = $1`, push); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, recount, from, until)
		return err
	})
	if err == nil {
		err = s.inTx(ctx, func(tx *sql.Tx) error {
			hold := `SELECT id FROM batches WHERE push_id = $1 ORDER BY id` + s.dialect.forUpdate
			if err := each(ctx, tx, func(scanner) error { return nil }, hold, push); err != nil {
				return err
			}
			_, err := tx.ExecContext(ctx, `UPDATE batches SET sending = `+beingSent+` WHERE push_id = $1`, push)
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("recount push %d: %w", push, err)
	}
	return nil
}
