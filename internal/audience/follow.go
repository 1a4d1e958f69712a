package audience

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"policypush/internal/domain"
)

// Row is what the index wants to know about a subscriber.
type Row struct {
	ID           domain.SubscriberID
	Profile      domain.Profile
	Subscription domain.Subscription
}

// Change is an entry of the log of changed profiles. Seq has no gaps; Row is
// the subscriber as it is now, which may be newer than the change.
type Change struct {
	Seq     int64
	Mark    int64 // drawn at random by the database when it was logged
	Deleted bool
	Row     Row // of a deleted subscriber only the ID
}

// Source is where the subscribers are kept.
type Source interface {
	// WalkProfiles calls fn for every subscriber.
	WalkProfiles(ctx context.Context, fn func(Row) error) error
	// CountProfiles returns how many there are.
	CountProfiles(ctx context.Context) (int, error)
	// LastChange returns the number of the last change, 0 if there was none.
	LastChange(ctx context.Context) (int64, error)
	// Changes returns up to limit changes after a number, in order.
	Changes(ctx context.Context, after int64, limit int) ([]Change, error)
}

// progress is how far the index has come in the log of changes.
type progress struct {
	mu      sync.Mutex
	applied int64
	moved   chan struct{} // closed when applied grows
	hurry   chan struct{} // somebody waits: do not wait for the next poll
}

func newProgress() progress {
	return progress{moved: make(chan struct{}), hurry: make(chan struct{}, 1)}
}

func (p *progress) move(seq int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.applied = seq
	close(p.moved)
	p.moved = make(chan struct{})
}

// progressEvery is after how many subscribers Build tells how far it is.
const progressEvery = 100_000

// Stage says how far the index is on its way to its first answer.
type Stage struct {
	Read  int  // subscribers read so far
	Total int  // of how many; 0 while it is not known yet
	Done  bool // it answers for all of them
}

// stage is a Stage that is under way.
type stage struct {
	read, total atomic.Int64
	done        atomic.Bool
}

// begin begins to read from a source.
func (s *stage) begin(ctx context.Context, from Source) error {
	n, err := from.CountProfiles(ctx)
	s.read.Store(0)
	s.total.Store(int64(n))
	return err
}

// Stage returns how far the index is. While it is built anew because of a gap
// in the log it stays done, and answers as before.
func (x *Index) Stage() Stage {
	read := int(x.stage.read.Load())
	return Stage{Read: read, Total: max(read, int(x.stage.total.Load())), Done: x.stage.done.Load()} // some may have come meanwhile
}

// errGap says that the log does not go on where the index stopped.
var errGap = errors.New("changes are missing in the log")

// changesAtOnce is how many changes are read and applied together: so many that
// there are several for each chunk, where they share the caches.
const changesAtOnce = 4000

// Build fills the index from a source, replacing what it held. When it
// returns, everything is in that was changed before it was called.
func (x *Index) Build(ctx context.Context, from Source) error {
	// The log is read before the walk: a change during the walk is applied
	// again afterwards, which does no harm.
	seq, err := from.LastChange(ctx)
	if err != nil {
		return fmt.Errorf("build audience index: %w", err)
	}
	if err := x.stage.begin(ctx, from); err != nil {
		return fmt.Errorf("build audience index: %w", err)
	}
	b := newBuilder()
	err = from.WalkProfiles(ctx, func(r Row) error {
		b.add(r)
		if read := x.stage.read.Add(1); read%progressEvery == 0 && x.Progress != nil {
			x.Progress(x.Stage())
		}
		return ctx.Err()
	})
	fresh := b.finish()
	if err != nil {
		return fmt.Errorf("build audience index: %w", err)
	}
	x.writing.Lock()
	x.held.Store(fresh)
	x.writing.Unlock()
	x.progress.move(seq)
	if err := x.catchUp(ctx, from); err != nil {
		return err
	}
	x.stage.done.Store(true)
	return nil
}

// Follow keeps a built index up to date until ctx ends: it asks for changes
// every interval, and at once when somebody waits in WaitFor. An error of the
// source is told to failed, and the next interval tries again. If the log has
// lost changes that the index has not seen, it is built anew.
func (x *Index) Follow(ctx context.Context, from Source, interval time.Duration, failed func(error)) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-x.progress.hurry:
		}
		err := x.catchUp(ctx, from)
		if errors.Is(err, errGap) {
			failed(err)
			err = x.Build(ctx, from)
		}
		if err != nil && ctx.Err() == nil {
			failed(err)
		}
	}
}

func (x *Index) catchUp(ctx context.Context, from Source) error {
	for {
		changes, err := from.Changes(ctx, x.AppliedSeq(), changesAtOnce)
		if err != nil {
			return fmt.Errorf("follow changes of profiles: %w", err)
		}
		if len(changes) == 0 {
			return nil
		}
		for i, c := range changes {
			if want := x.AppliedSeq() + int64(i) + 1; c.Seq != want {
				return fmt.Errorf("follow changes of profiles: %w: %d comes where %d should", errGap, c.Seq, want)
			}
		}
		x.apply(changes)
	}
}

// apply takes changes over.
func (x *Index) apply(changes []Change) {
	x.change(changes)
	x.progress.move(changes[len(changes)-1].Seq)
}

// AppliedSeq returns the number of the last change that the index holds.
func (x *Index) AppliedSeq() int64 {
	x.progress.mu.Lock()
	defer x.progress.mu.Unlock()
	return x.progress.applied
}

// WaitFor returns when the index holds a change, or with the error of ctx. An
// audience that is frozen for a push waits for the last change before it, so
// that nobody who subscribed in time is missed.
func (x *Index) WaitFor(ctx context.Context, seq int64) error {
	for {
		x.progress.mu.Lock()
		applied, moved := x.progress.applied, x.progress.moved
		x.progress.mu.Unlock()
		if applied >= seq {
			return nil
		}
		select {
		case x.progress.hurry <- struct{}{}:
		default: // already asked
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return fmt.Errorf("audience index is at change %d, waiting for %d: %w", applied, seq, ctx.Err())
		}
	}
}
