package workers

import (
	"context"
	"time"

	"policypush/internal/domain"
)

// The dispatcher hands out at most this many batches at a look, so that a
// leader keeps its lease while millions wait.
const batchesPerLook = 200

// queuedOfChannel is how many batches of a channel the queue has at a time: a
// channel with millions to send waits in the database, not in Redis.
const queuedOfChannel = 128

// planSlot parts the times a planning is handed out anew: within one slot the
// queue takes it once.
const planSlot = time.Minute

// dispatch leads whenever it can, until ctx ends: it looks each interval, and
// at once when woken.
func (w *Workers) dispatch(ctx context.Context) {
	tick := time.NewTicker(w.Clocks.DispatchEvery)
	defer tick.Stop()
	var swept time.Time
	for {
		if w.lead(ctx) {
			w.step(ctx, "hand out", w.handOut)
			w.step(ctx, "hand out pages to be drawn", w.handOutPages)
			w.step(ctx, "hand out letters to be drawn", w.handOutLetters)
			w.step(ctx, "plan first digests", w.planDigests)
			w.step(ctx, "owe reminders", w.planReminders)
			w.step(ctx, "plan answers", w.planAnswers)
			w.step(ctx, "remind of questions", w.remindQuestions)
			w.step(ctx, "tell officers", w.tellOfficers)
			now := w.Now()
			if since := now.Sub(swept); since < 0 || since >= w.Clocks.SweepEvery { // less than none: the clock was set back
				swept = now
				w.step(ctx, "sweep", w.sweep)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-w.wake:
		}
	}
}

// step runs one duty of the leader and logs what went wrong: the next look
// tries again.
func (w *Workers) step(ctx context.Context, what string, duty func(context.Context) error) {
	if err := duty(ctx); err != nil && ctx.Err() == nil {
		w.Log.ErrorContext(ctx, "leader could not "+what, "err", err)
	}
}

// lead takes or keeps the lease of the leader.
func (w *Workers) lead(ctx context.Context) bool {
	ok, err := w.Store.AcquireLease(ctx, "dispatch", w.holder, w.Clocks.LeaderFor, w.Now())
	if err != nil {
		if ctx.Err() == nil {
			w.Log.ErrorContext(ctx, "lease not read", "err", err)
		}
		ok = false
	}
	w.mu.Lock()
	changed := w.leading != ok
	w.leading = ok
	w.mu.Unlock()
	if changed {
		w.Log.InfoContext(ctx, "leadership", "leading", ok)
		if w.Events.Leading != nil {
			w.Events.Leading(ok)
		}
	}
	return ok
}

// stepDown gives the lease back, so that another process leads at once.
func (w *Workers) stepDown() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := w.Store.ReleaseLease(ctx, "dispatch", w.holder); err != nil {
		w.Log.Warn("lease not given back", "err", err)
	}
}

// handOut puts owed pushes and due batches into the queue. A batch is marked
// after it is in the queue: a crash between the two hands it out once more,
// which the queue or the generation takes care of.
func (w *Workers) handOut(ctx context.Context) error {
	if ok, err := w.checkEpoch(ctx); err != nil || !ok {
		return err
	}
	now := w.Now()
	owed, err := w.Store.OwedPushes(ctx, now)
	if err != nil {
		return err
	}
	for _, p := range owed {
		if err := w.Queue.EnqueuePlan(ctx, p, now.Unix()/int64(planSlot/time.Second)); err != nil {
			return err
		}
	}
	batches, err := w.Store.BatchesToQueue(ctx, now, batchesPerLook, queuedOfChannel)
	if err != nil {
		return err
	}
	for _, b := range batches {
		if err := w.Queue.EnqueueDeliver(ctx, b); err != nil {
			return err
		}
		// A push or a channel that was paused meanwhile has taken it back.
		if err := w.Store.MarkQueued(ctx, b.ID, b.Gen, now); err != nil && domain.KindOf(err) != domain.Conflict {
			return err
		}
	}
	if len(batches) > 0 {
		w.Log.InfoContext(ctx, "batches handed out", "n", len(batches))
	}
	if len(batches) == batchesPerLook {
		w.Wake() // there may be more
	}
	return nil
}
