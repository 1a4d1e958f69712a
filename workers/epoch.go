package workers

import "context"

// checkEpoch compares what Redis remembers with what the database knows. When
// they differ, Redis was emptied, and every unfinished batch is handed out
// anew under a new generation. It reports false while Redis does not answer:
// then nothing is handed out, and nothing is lost.
func (w *Workers) checkEpoch(ctx context.Context) (ok bool, err error) {
	remembered, err := w.Queue.Epoch(ctx)
	if !w.redisAnswers(ctx, err) {
		return false, nil
	}
	want, err := w.Store.Epoch(ctx)
	if err != nil {
		return false, err
	}
	if remembered == want {
		return true, nil
	}
	w.Queue.Renew()
	n, err := w.Store.RenewGenerations(ctx)
	if err != nil {
		return false, err
	}
	epoch, err := w.Store.NewEpoch(ctx)
	if err != nil {
		return false, err
	}
	if err := w.Queue.SetEpoch(ctx, epoch); err != nil {
		return false, err
	}
	if remembered == "" && n == 0 {
		return true, nil // a first start: nothing was under way
	}
	w.Log.WarnContext(ctx, "redis has lost its memory: unfinished batches are handed out anew", "batches", n)
	if w.Events.QueueLost != nil {
		w.Events.QueueLost()
	}
	return true, nil
}

// redisAnswers turns the outcome of a call into a state and logs only when it
// changes.
func (w *Workers) redisAnswers(ctx context.Context, err error) bool {
	if ctx.Err() != nil {
		return false
	}
	w.mu.Lock()
	before := w.redisOK
	w.redisOK = err == nil
	w.mu.Unlock()
	switch {
	case err != nil && before:
		w.Log.ErrorContext(ctx, "redis does not answer: sending waits", "err", err)
	case err == nil && !before:
		w.Log.InfoContext(ctx, "redis answers again")
	}
	return err == nil
}
