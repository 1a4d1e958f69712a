package workers

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/hibiken/asynq"

	"policypush/internal/domain"
	"policypush/internal/queue"
	"policypush/internal/storage"
)

// Renderer turns a page of HTML into a file.
type Renderer interface {
	Make(ctx context.Context, form domain.PageForm, page []byte) ([]byte, error)
}

const (
	rendersPerLook = 20
	keepRenders    = 30 * 24 * time.Hour // after somebody last wanted one
)

// draw makes what the queue of those with a Chromium asks for.
func (w *Workers) draw(ctx context.Context, t *asynq.Task) error {
	if t.Type() == queue.PrintTask {
		return w.drawLetters(ctx, t)
	}
	return w.drawPage(ctx, t)
}

// drawPage makes the file of a page that is wanted. What goes wrong counts as
// a try, and the dispatcher hands the page out again.
func (w *Workers) drawPage(ctx context.Context, t *asynq.Task) error {
	var args queue.RenderArgs
	if err := json.Unmarshal(t.Payload(), &args); err != nil {
		return fmt.Errorf("task of a page: %w: %w", err, asynq.SkipRetry)
	}
	page, err := w.Store.Render(ctx, args.Key)
	if domain.KindOf(err) == domain.NotFound || err == nil && page.State != storage.RenderWanted {
		return nil // forgotten, or drawn meanwhile
	}
	if err != nil {
		return err
	}
	began := time.Now()
	file, err := w.Renderer.Make(ctx, page.Form, page.Page)
	switch {
	case ctx.Err() != nil: // the process ends: not the page's fault
		return ctx.Err()
	case err != nil:
		w.Log.WarnContext(ctx, "page not drawn", "key", args.Key, "err", err)
		return w.Store.FailRender(ctx, args.Key)
	}
	w.Log.InfoContext(ctx, "page drawn", "key", args.Key, "bytes", len(file), "took", time.Since(began).Round(time.Millisecond))
	return w.Store.FinishRender(ctx, args.Key, file, w.Now())
}

// handOutPages puts pages that are to be drawn into the queue, if somebody is
// there who can.
func (w *Workers) handOutPages(ctx context.Context) error {
	owed, err := w.Store.OwedRenders(ctx, rendersPerLook)
	if err != nil || len(owed) == 0 {
		return err
	}
	now := w.Now()
	if can, err := w.Store.CanRender(ctx, now); err != nil || !can {
		return err
	}
	for _, key := range owed {
		if err := w.Queue.EnqueueRender(ctx, key, now.Unix()/int64(planSlot/time.Second)); err != nil {
			return err
		}
	}
	return nil
}

// offerRenderer tells the pages that files can be made, until ctx ends.
func (w *Workers) offerRenderer(ctx context.Context) {
	tick := time.NewTicker(w.Clocks.SweepEvery)
	defer tick.Stop()
	for {
		w.step(ctx, "offer to draw pages", func(ctx context.Context) error { return w.Store.NoteRenderer(ctx, w.Now()) })
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
