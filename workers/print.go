package workers

import (
	"context"
	"encoding/json"
	"fmt"
	"html/template"
	"slices"
	"time"

	"github.com/hibiken/asynq"

	"policypush/internal/channel"
	"policypush/internal/channel/paper"
	"policypush/internal/domain"
	"policypush/internal/push"
	"policypush/internal/queue"
	"policypush/internal/storage"
)

const (
	printsPerLook = 20
	// chromium is what the ledger calls what draws letters, and noBrowser the
	// code of a stop that ends by itself once some worker has one.
	chromium  = "chromium"
	noBrowser = "none"
)

// placeOf is the village that a letter goes to; its sender has read the address.
func placeOf(l letter) string {
	to, err := domain.ParsePaperAddress(l.to.Address)
	if err != nil {
		return ""
	}
	return to.Village
}

// handOutLetters puts batches of letters that are to be drawn into the queue.
// Where nobody can draw them, the channel is held until somebody can: it is our
// own setting that is wrong.
func (w *Workers) handOutLetters(ctx context.Context) error {
	now := w.Now()
	owed, err := w.Store.OwedPrints(ctx, now.Add(-w.Clocks.GatherLetters), printsPerLook)
	if err != nil || len(owed) == 0 {
		return err
	}
	stop, held, err := w.letterStop(ctx, now)
	if err != nil || held && (stop.Gateway != chromium || stop.Code != noBrowser) {
		return err
	}
	can := w.Renderer != nil
	if !can {
		if can, err = w.Store.CanRender(ctx, now); err != nil {
			return err
		}
	}
	switch {
	case !can && held:
		return nil
	case !can:
		w.stopChannel(ctx, domain.Paper, channel.Result{
			Class: channel.Config, Gateway: chromium, Code: noBrowser, Note: "没有能生成 PDF 的浏览器（Chromium），装好并重启后自动恢复",
		})
		return nil
	case held:
		if err := w.Store.ResumeChannel(ctx, domain.Paper); err != nil && domain.KindOf(err) != domain.Conflict {
			return err
		}
		w.Log.InfoContext(ctx, "letters can be drawn again")
	}
	for _, id := range owed {
		if err := w.Queue.EnqueuePrint(ctx, id, now.Unix()/int64(planSlot/time.Second)); err != nil {
			return err
		}
	}
	return nil
}

// letterStop returns what holds paper, if something does.
func (w *Workers) letterStop(ctx context.Context, now time.Time) (domain.ChannelStop, bool, error) {
	stops, err := w.Store.ChannelStops(ctx, now)
	for _, stop := range stops {
		if stop.Channel == domain.Paper {
			return stop, true, nil
		}
	}
	return domain.ChannelStop{}, false, err
}

// drawLetters checks each letter of a batch once more, as at the time of
// sending, and makes the file of those that are right.
func (w *Workers) drawLetters(ctx context.Context, t *asynq.Task) error {
	var args queue.PrintArgs
	if err := json.Unmarshal(t.Payload(), &args); err != nil {
		return fmt.Errorf("task of letters: %w: %w", err, asynq.SkipRetry)
	}
	b, letters, err := w.Store.BeginPrint(ctx, args.Print)
	if kind := domain.KindOf(err); kind == domain.NotFound || kind == domain.Conflict {
		return nil // forgotten, or drawn meanwhile
	}
	if err != nil {
		return err
	}
	sheet, deliveries, err := w.sheetOf(ctx, b, letters)
	if err != nil {
		return err
	}
	if deliveries == 0 {
		return w.Store.FinishPrint(ctx, b.ID, nil, 0, w.Now())
	}
	page, err := sheet.Page()
	if err != nil {
		return err
	}
	began := time.Now()
	file, err := w.Renderer.Make(ctx, domain.PDF, page)
	switch {
	case ctx.Err() != nil: // the process ends: not the batch's fault
		return ctx.Err()
	case err != nil:
		w.Log.WarnContext(ctx, "letters not drawn", "print", b.ID, "err", err)
		enough, failed := w.Store.FailPrint(ctx, b.ID)
		if enough {
			w.stopChannel(ctx, domain.Paper, channel.Result{Class: channel.Config, Gateway: chromium, Code: "draw", Note: channel.Note(err.Error())})
		}
		return failed
	}
	w.Log.InfoContext(ctx, "letters drawn", "print", b.ID, "letters", len(sheet.Letters), "bytes", len(file), "took", time.Since(began).Round(time.Millisecond))
	return w.Store.FinishPrint(ctx, b.ID, file, deliveries, w.Now())
}

// sheetOf makes what is printed of the letters that may still go out, of so
// many deliveries, and records of the others why not.
func (w *Workers) sheetOf(ctx context.Context, b domain.PrintBatch, letters []storage.Letter) (paper.Batch, int, error) {
	now := w.Now()
	sheet := paper.Batch{ID: b.ID, Place: b.Place, Day: now.In(push.Shanghai()).Format("2006年1月2日")}
	office, err := w.Store.Office(ctx, b.Office)
	if err != nil {
		return sheet, 0, err
	}
	sheet.Office, sheet.Phone = office.Name, office.Phone
	numbers := map[domain.DeliveryID]int{}
	claimed := make([]storage.Outgoing, len(letters))
	for i, l := range letters {
		claimed[i] = l.Outgoing
		for _, d := range l.Deliveries {
			numbers[d.ID] = l.Number
		}
	}
	outcomes, written, err := w.write(ctx, domain.Batch{Push: b.Push, Channel: domain.Paper}, claimed)
	if err != nil {
		return sheet, 0, err
	}
	n := 0
	for _, l := range written {
		to, err := domain.ParsePaperAddress(l.to.Address)
		if err != nil { // it was read before
			return sheet, 0, fmt.Errorf("address of delivery %d: %w", l.deliveries[0].ID, err)
		}
		n += len(l.deliveries)
		sheet.Letters = append(sheet.Letters, paper.Letter{
			Number: numbers[l.deliveries[0].ID], To: to, Subject: l.message.Subject, Body: template.HTML(l.message.HTML),
		})
	}
	if n > 0 {
		own, goes, err := w.canaryLetter(ctx, b, written[0].deliveries[0])
		if err != nil {
			return sheet, 0, fmt.Errorf("canary of print %d: %w", b.ID, err)
		}
		if goes {
			sheet.Letters = slices.Insert(sheet.Letters, 0, own)
		}
	}
	return sheet, n, w.Store.DropLetters(ctx, outcomes)
}
