package workers

import (
	"context"

	"policypush/internal/domain"
)

// sweep makes good what has stopped: batches whose worker gives no sign of
// life, rows that were claimed and never ended, pushes that are through,
// sessions that are over, files of letters that are not right any more, and
// former profiles and readers of answers whose time is over.
func (w *Workers) sweep(ctx context.Context) error {
	now := w.Now()
	if err := w.Store.SetBack(ctx, now); err != nil {
		return err
	}
	// First what dead workers held: a batch that is handed out anew seems alive.
	lost, err := w.Store.SweepSending(ctx, now.Add(-w.Clocks.DeadAfter), now.Add(-w.Clocks.LostAfter), now)
	if err != nil {
		return err
	}
	batches, err := w.Store.SweepBatches(ctx, now.Add(-w.Clocks.DeadAfter))
	if err != nil {
		return err
	}
	if err := w.settleEarly(ctx); err != nil {
		return err
	}
	done, err := w.Store.FinishPushes(ctx, now)
	if err != nil {
		return err
	}
	forgotten, err := w.Store.ForgetVersions(ctx, now.Add(-w.Clocks.KeepVersions))
	if err != nil {
		return err
	}
	if err := w.Store.RefreshPrints(ctx, now.Add(-w.Clocks.KeepLetters), now); err != nil {
		return err
	}
	if err := w.Store.ForgetRenders(ctx, now.Add(-keepRenders)); err != nil {
		return err
	}
	if err := w.Store.ForgetQAReaders(ctx, now.Add(-domain.KeepRead)); err != nil {
		return err
	}
	if len(batches) > 0 || lost > 0 || done > 0 || forgotten > 0 {
		w.Log.InfoContext(ctx, "swept", "dead_batches", len(batches), "lost_deliveries", lost, "done_pushes", done, "forgotten_profiles", forgotten)
	}
	if len(batches) > 0 {
		w.Wake()
	}
	return w.Store.DeleteExpired(ctx, now)
}
