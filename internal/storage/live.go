package storage

import (
	"context"
	"time"

	"policypush/internal/domain"
)

// LiveCounts sums up the pushes that have not ended.
type LiveCounts struct {
	Deliveries []ReasonCount
	Marks      map[domain.ChannelKind]Marks // as [Store.PushMarks]
	Pushes     map[string]int               // by state; paused and scheduled are states of their own
	DueSince   time.Time                    // the longest due batch; zero if none is due
	Canaries   []ReasonCount
}

// under selects the pushes that have not ended.
const under = `SELECT id FROM pushes WHERE state NOT IN ('done', 'stopped')`

// Live sums up the pushes that have not ended, from their counters.
func (s *Store) Live(ctx context.Context, now time.Time) (LiveCounts, error) {
	l := LiveCounts{Pushes: map[string]int{}}
	var err error
	const counts = `
		SELECT channel, state, CASE WHEN state = 'pending' THEN reason ELSE '' END, CAST(SUM(n) AS BIGINT) FROM push_counts
		WHERE push_id IN (` + under + `) GROUP BY 1, 2, 3 HAVING SUM(n) <> 0 ORDER BY 1, 2, 3`
	scan := func(row scanner, r *ReasonCount) error { return row.Scan(&r.Channel, &r.State, &r.Reason, &r.N) }
	if l.Deliveries, err = list(ctx, s.read, scan, counts); err != nil {
		return l, err
	}
	const canaries = `SELECT channel, state, '', COUNT(*) FROM canaries WHERE push_id IN (` + under + `) GROUP BY channel, state ORDER BY channel, state`
	if l.Canaries, err = list(ctx, s.read, scan, canaries); err != nil {
		return l, err
	}
	if l.Marks, err = s.marks(ctx, `IN (`+under+`)`); err != nil {
		return l, err
	}
	const states = `
		SELECT CASE WHEN paused_at > 0 THEN 'paused' WHEN send_at > $1 THEN 'scheduled' ELSE state END, COUNT(*) FROM pushes
		WHERE state NOT IN ('done', 'stopped') GROUP BY 1`
	err = each(ctx, s.read, func(row scanner) error {
		var state string
		var n int
		err := row.Scan(&state, &n)
		l.Pushes[state] = n
		return err
	}, states, micros(now))
	if err != nil {
		return l, err
	}
	due, err := s.DueBatches(ctx, now, 1)
	if err == nil && len(due) > 0 {
		l.DueSince = due[0].NextAt
	}
	return l, err
}

// NextBatches returns when the next batch of each channel of a push is due: of
// those that wait for a time, the first.
func (s *Store) NextBatches(ctx context.Context, push domain.PushID, now time.Time) (map[domain.ChannelKind]time.Time, error) {
	next := map[domain.ChannelKind]time.Time{}
	err := each(ctx, s.read, func(row scanner) error {
		var channel domain.ChannelKind
		var at time.Time
		err := row.Scan(&channel, timeInto(&at))
		next[channel] = at
		return err
	}, `SELECT channel, MIN(next_at) FROM batches WHERE push_id = $1 AND state = 'new' AND next_at > $2 GROUP BY channel`, push, micros(now))
	return next, err
}
