package workers

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/hibiken/asynq"
	"golang.org/x/sync/errgroup"

	"policypush/internal/audience"
	"policypush/internal/channel/app"
	"policypush/internal/domain"
	"policypush/internal/queue"
)

// planRange is how many subscribers are planned in one transaction.
const planRange = 2000

// planLease is how long a planning is this process's without a sign of life.
const planLease = time.Minute

// indexWait is how long a planning waits for the audience index to hold the
// last change of a profile; then the queue tries again.
const indexWait = 2 * time.Minute

// planPush freezes the audience of a push and writes its deliveries, range by
// range. An interrupted planning goes on where it stopped, on the audience
// that was frozen first; a second one at the same time does nothing.
func (w *Workers) planPush(ctx context.Context, t *asynq.Task) error {
	var args queue.PlanArgs
	if err := json.Unmarshal(t.Payload(), &args); err != nil {
		return fmt.Errorf("task of a push: %w: %w", err, asynq.SkipRetry)
	}
	lease := fmt.Sprintf("plan:%d", args.Push)
	mine, err := w.Store.AcquireLease(ctx, lease, w.holder, planLease, w.Now())
	if err != nil || !mine {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if err := w.Store.ReleaseLease(ctx, lease, w.holder); err != nil {
			w.Log.WarnContext(ctx, "lease not given back", "lease", lease, "err", err)
		}
	}()
	owed, err := w.Store.Push(ctx, args.Push)
	if domain.KindOf(err) == domain.NotFound || err == nil && (owed.State != domain.PushOwed || owed.Scheduled(w.Now())) {
		return nil
	}
	if err != nil {
		return err
	}
	err = w.plan(ctx, owed, func() error {
		mine, err := w.Store.AcquireLease(ctx, lease, w.holder, planLease, w.Now())
		if err == nil && !mine {
			err = domain.Errorf(domain.Conflict, "推送%d正由另一个进程分派", args.Push)
		}
		return err
	})
	if domain.KindOf(err) == domain.Conflict {
		return nil // stopped, or another process goes on with it
	}
	return err
}

// plan does the work of PlanPush. keep is called between ranges and fails when
// the planning is no longer ours.
func (w *Workers) plan(ctx context.Context, owed domain.Push, keep func() error) error {
	started := w.Now()
	policy, err := w.Store.Policy(ctx, owed.Policy)
	if err != nil {
		return err
	}
	frozen, err := w.Store.Audience(ctx, owed.ID)
	if domain.KindOf(err) == domain.NotFound {
		frozen, err = w.freeze(ctx, owed, policy)
	}
	if err != nil {
		return err
	}
	set, err := audience.Thaw(frozen)
	if err != nil {
		return err
	}
	everybody := set.Told(owed.IncludePossible)
	planner := w.planner(owed, policy, set.Likely)
	rest := everybody.Clone()
	rest.RemoveRange(0, uint64(owed.PlannedTo)+1) // written before an interruption
	rows, err := w.writePlan(ctx, owed, planner, rest, keep)
	if err != nil {
		return err
	}
	if err := w.Store.FinishPlan(ctx, owed.ID, w.Now()); err != nil {
		return err
	}
	w.Log.InfoContext(ctx, "push planned", "push", owed.ID, "audience", everybody.GetCardinality(), "deliveries", rows,
		"took", w.Now().Sub(started).Round(time.Millisecond))
	w.Wake()
	w.tellInboxes(ctx, owed, everybody)
	return nil
}

// planned is what one transaction of a plan writes.
type planned struct {
	upTo       domain.SubscriberID
	deliveries []domain.Delivery
}

// writePlan writes the deliveries of everybody range by range, while the next
// range is read and decided.
func (w *Workers) writePlan(ctx context.Context, owed domain.Push, planner *planner, everybody *roaring.Bitmap, keep func() error) (rows int, err error) {
	work, ctx := errgroup.WithContext(ctx)
	ranges := make(chan planned, 1)
	work.Go(func() error {
		defer close(ranges)
		ids := everybody.ManyIterator()
		for buffer := make([]uint32, planRange); ; {
			n := ids.NextMany(buffer)
			if n == 0 {
				return nil
			}
			deliveries, err := planner.deliveries(ctx, buffer[:n])
			if err != nil {
				return err
			}
			select {
			case ranges <- planned{domain.SubscriberID(buffer[n-1]), deliveries}:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	})
	work.Go(func() error {
		for r := range ranges {
			if err := keep(); err != nil {
				return err
			}
			if err := w.Store.PlanDeliveries(ctx, owed.ID, r.upTo, r.deliveries, w.Now()); err != nil {
				return err
			}
			rows += len(r.deliveries)
			w.Wake()
		}
		return nil
	})
	err = work.Wait()
	return rows, err
}

// tellInboxes hints to open pages that their inbox has something new. The
// inbox itself is read from the frozen audience: a lost hint loses nothing.
func (w *Workers) tellInboxes(ctx context.Context, p domain.Push, everybody *roaring.Bitmap) {
	title, err := json.Marshal(map[string]string{"title": p.Title})
	if err != nil {
		w.Log.WarnContext(ctx, "no hint to inboxes", "push", p.ID, "err", err)
		return
	}
	w.Hub.Publish(app.Event{ID: int64(p.ID), Name: "notice", Data: string(title)}, func(id domain.SubscriberID) bool {
		return everybody.Contains(uint32(id))
	})
}
