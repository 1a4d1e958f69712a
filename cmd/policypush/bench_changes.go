package main

import (
	"context"
	"slices"
	"sync"
	"time"

	"policypush/internal/audience"
)

// Update measures how many profiles a second the index takes on one core, and
// how much longer audiences take while 10,000 a second change.
func (b *audienceBench) update(ctx context.Context) error {
	b.say("更新…")
	ctx, stopFollowing := context.WithCancel(ctx)
	following := make(chan struct{})
	go func() {
		defer close(following)
		b.index.Follow(ctx, b, time.Hour, func(err error) { b.say("%v", err) })
	}()
	defer func() {
		stopFollowing()
		<-following
	}()
	var err error
	if b.found.UpdatesPerSecond, err = b.rate(ctx, b.redraw); err != nil {
		return err
	}
	if b.found.CorrectionsPerSecond, err = b.rate(ctx, b.correct); err != nil {
		return err
	}
	quiet, err := b.pace(ctx)
	if err != nil {
		return err
	}
	const perTick = 20
	stop, done := make(chan struct{}), make(chan struct{})
	rows := b.rows(20_000, b.redraw)
	go func() {
		defer close(done)
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for len(rows) > 0 {
			select {
			case <-tick.C:
			case <-stop:
			}
			for _, r := range rows[:min(perTick, len(rows))] {
				b.index.Put(r.ID, r.Profile, r.Subscription)
			}
			rows = rows[min(perTick, len(rows)):]
		}
	}()
	busy, err := b.pace(ctx)
	close(stop)
	<-done
	if err != nil {
		return err
	}
	ratios := make([]float64, len(quiet))
	for i := range quiet {
		ratios[i] = busy[i] / max(quiet[i], 0.001)
	}
	slices.Sort(ratios)
	b.found.Busy = ratios[len(ratios)/2]
	return nil
}

// ChangesTogether are in the log when the index looks, as after a busy while.
const changesTogether = 4000

// Rate returns how many changes a second the index follows: from when they are
// in the log until an audience that waits for the last of them would begin.
func (b *audienceBench) rate(ctx context.Context, change func(i int)) (float64, error) {
	var spent time.Duration
	n := 0
	for spent < 4*b.each && n < 500_000 {
		rows := b.rows(changesTogether, change)
		last := b.log.add(rows)
		started := time.Now()
		if err := b.index.WaitFor(ctx, last); err != nil {
			return 0, err
		}
		spent += time.Since(started)
		n += len(rows)
	}
	return perSecond(n, spent.Seconds()), nil
}

// Rows changes some people; the rows are for the index to follow.
func (b *audienceBench) rows(n int, change func(i int)) []audience.Row {
	rows := make([]audience.Row, 0, n)
	for range n {
		i := b.draws.IntN(len(b.people))
		change(i)
		rows = append(rows, b.row(i))
	}
	return rows
}

// Redraw replaces somebody by somebody else of their kind.
func (b *audienceBench) redraw(i int) { b.people[i] = b.draws.like(&b.people[i]) }

// Correct changes one to three facts of somebody, each to that of somebody else.
func (b *audienceBench) correct(i int) {
	x := &b.people[i]
	for range 1 + b.draws.IntN(3) {
		other := b.draws.like(x)
		switch b.draws.IntN(6) {
		case 0:
			x.region = other.region
		case 1:
			x.industry, x.hukou = other.industry, other.hukou
		case 2:
			x.staff, x.size = other.staff, other.size
		case 3:
			x.revenue, x.taxpayer = other.revenue, other.taxpayer
		case 4:
			x.set = other.set
		case 5:
			x.themes = other.themes
		}
	}
}

// ChangeLog is the end of a log: what was added last.
type changeLog struct {
	mu      sync.Mutex
	changes []audience.Change
	last    int64
}

// Add puts changes into the log and returns the number of the last.
func (l *changeLog) add(rows []audience.Row) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changes = make([]audience.Change, len(rows))
	for i := range rows {
		l.last++
		l.changes[i] = audience.Change{Seq: l.last, Row: rows[i]}
	}
	return l.last
}

// CountProfiles implements audience.Source.
func (b *audienceBench) CountProfiles(context.Context) (int, error) { return len(b.people), nil }

// LastChange implements audience.Source.
func (b *audienceBench) LastChange(context.Context) (int64, error) {
	b.log.mu.Lock()
	defer b.log.mu.Unlock()
	return b.log.last, nil
}

// Changes implements audience.Source.
func (b *audienceBench) Changes(_ context.Context, after int64, limit int) ([]audience.Change, error) {
	b.log.mu.Lock()
	defer b.log.mu.Unlock()
	from := max(0, int64(len(b.log.changes))-(b.log.last-after))
	rest := b.log.changes[from:]
	return rest[:min(limit, len(rest))], nil
}

// Pace returns the median of each audience in microseconds, all within two
// seconds.
func (b *audienceBench) pace(ctx context.Context) ([]float64, error) {
	var medians []float64
	asked := b.questions()
	for _, q := range asked {
		query := q.query(b.draws)
		took, err := repeat(ctx, min(b.each, 1500*time.Millisecond/time.Duration(len(asked))), func() error {
			b.index.Count(query)
			return nil
		})
		if err != nil {
			return nil, err
		}
		medians = append(medians, microseconds(took.quantile(0.5)))
	}
	return medians, nil
}
