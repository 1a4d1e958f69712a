package workers

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/hibiken/asynq"

	"policypush/internal/channel"
	"policypush/internal/domain"
	"policypush/internal/push"
	"policypush/internal/queue"
	"policypush/internal/storage"
)

// claimSize is how many rows are claimed, sent and recorded together. A worker
// that is killed leaves at most so many per batch in doubt.
const claimSize = 50

// recordTimeout bounds the write of what the gateway said. It does not end
// with the process: what was sent must be recorded.
const recordTimeout = 15 * time.Second

// restFor is how long a channel rests when the gateway refuses our settings.
const restFor = 5 * time.Minute

// deliver sends one batch: claim, check again, compose, send, record, fifty at
// a time, until nothing in the batch is due. It stops between two claims when
// its context ends; what it has claimed by then is recorded.
func (w *Workers) deliver(ctx context.Context, t *asynq.Task) error {
	var args queue.DeliverArgs
	if err := json.Unmarshal(t.Payload(), &args); err != nil {
		return fmt.Errorf("task of a batch: %w: %w", err, asynq.SkipRetry)
	}
	batch, err := w.Store.Batch(ctx, args.Batch)
	if domain.KindOf(err) == domain.NotFound {
		return nil // removed with the demonstration
	}
	if err != nil {
		return err
	}
	if batch.Gen != args.Gen || batch.State == domain.BatchDone {
		return nil // handed out anew meanwhile
	}
	if rest := w.rests(batch.Channel); rest > 0 {
		return restError{rest}
	}
	defer w.keepAlive(ctx, batch)()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		claimed, err := w.Store.ClaimDeliveries(ctx, batch.ID, batch.Gen, claimSize, w.Now())
		if domain.KindOf(err) == domain.Conflict {
			return nil
		}
		if err != nil {
			return err
		}
		if len(claimed) == 0 {
			return w.Store.FinishBatch(ctx, batch.ID, batch.Gen, w.Now())
		}
		if err := w.sendClaimed(ctx, batch, claimed); err != nil {
			return err
		}
		if rest := w.rests(batch.Channel); rest > 0 {
			return restError{rest}
		}
	}
}

// sendClaimed sends what was claimed and records what became of it. If that
// cannot be recorded the rows stay in sending, to be settled by the sweeper:
// they may have gone out.
func (w *Workers) sendClaimed(ctx context.Context, batch domain.Batch, claimed []storage.Outgoing) error {
	record, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	outcomes, letters, err := w.write(record, batch, claimed)
	if err != nil {
		// Nothing was handed over: give every row back.
		for _, o := range claimed {
			for _, d := range o.Deliveries {
				outcomes = append(outcomes, storage.Outcome{
					Delivery: d.ID, State: domain.Pending, Reason: domain.ReasonGatewayRetry, NextAt: w.Now().Add(time.Minute), At: w.Now(), NotTried: true,
				})
			}
		}
		if recordErr := w.Store.RecordOutcomes(record, outcomes); recordErr != nil {
			return fmt.Errorf("%w (and rows not given back: %w)", err, recordErr)
		}
		return err
	}
	results := w.send(ctx, batch.Channel, letters)
	// The gateway may have taken its time: the record has its own.
	record, cancelRecord := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancelRecord()
	for i, r := range results {
		outcomes = append(outcomes, w.settle(ctx, batch.Channel, letters[i], r)...)
	}
	if err := w.Store.RecordOutcomes(record, outcomes); err != nil {
		return fmt.Errorf("record outcomes of batch %d: %w", batch.ID, err)
	}
	w.count(batch.Channel, outcomes)
	for i, r := range results {
		if r.Class == channel.Permanent && r.BadAddress {
			reason := domain.Reason("bounce:" + r.Code)
			if err := w.Store.StopAddress(record, batch.Channel, letters[i].to.Address, reason, w.Now()); err != nil {
				return fmt.Errorf("stop address of delivery %d: %w", letters[i].deliveries[0].ID, err)
			}
		}
	}
	return nil
}

// send hands the letters of a channel to its sender. In log mode the outbox
// page gets a copy of each.
func (w *Workers) send(ctx context.Context, kind domain.ChannelKind, letters []letter) []channel.Result {
	if len(letters) == 0 {
		return nil
	}
	messages := make([]channel.Message, len(letters))
	for i, l := range letters {
		messages[i] = l.message
	}
	line := w.Lines[kind]
	results := line.Sender.Send(ctx, messages)
	if line.Mode == channel.Log {
		w.copyToOutbox(ctx, kind, letters)
	}
	return results
}

// copyToOutbox shows on the outbox page what was written instead of sent.
func (w *Workers) copyToOutbox(ctx context.Context, kind domain.ChannelKind, letters []letter) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	for _, l := range letters {
		err := w.Store.SaveOutbox(ctx, storage.OutboxEntry{
			At: w.Now(), Delivery: l.deliveries[0].ID, Channel: kind, MaskedTo: l.to.Masked(), Subject: l.message.Subject, Body: l.message.Text,
		})
		if err != nil {
			w.Log.WarnContext(ctx, "outbox page without a copy", "delivery", l.deliveries[0].ID, "err", err)
			return
		}
	}
}

// settle turns what the gateway said about a letter into the outcome of its
// deliveries, several if it is a digest.
func (w *Workers) settle(ctx context.Context, kind domain.ChannelKind, l letter, r channel.Result) []storage.Outcome {
	now := w.Now()
	out := storage.Outcome{GatewayRef: r.GatewayRef, Note: r.Note, At: now}
	attempts := l.deliveries[0].Attempts
	switch r.Class {
	case channel.Accepted:
		out.State = domain.Accepted
		if w.Lines[kind].Mode == channel.Log {
			out.State = domain.Logged
		}
	case channel.Permanent:
		out.State, out.Reason = domain.Failed, gatewayReason(r.Code)
	case channel.Unknown:
		out.State, out.Reason = domain.UnknownEnd, domain.ReasonNoAnswer
	case channel.Quota:
		out.State, out.Reason, out.NextAt, out.NotTried = domain.Pending, domain.ReasonGatewayRetry, nextMidnight(now), true
	case channel.Config:
		w.rest(ctx, kind, r)
		out.State, out.Reason, out.NextAt, out.NotTried = domain.Pending, domain.ReasonGatewayRetry, now.Add(restFor), true
	case channel.Throttled:
		out.State, out.Reason, out.NextAt, out.NotTried = domain.Pending, domain.ReasonGatewayRetry, now.Add(max(r.After, time.Second)), true
	case channel.Retry:
		switch wait, again := backoff(attempts); {
		case ctx.Err() != nil: // the process ends: not the gateway's fault
			out.State, out.Reason, out.NextAt, out.NotTried = domain.Pending, domain.ReasonGatewayRetry, now, true
		case again:
			out.State, out.Reason, out.NextAt = domain.Pending, domain.ReasonGatewayRetry, now.Add(max(r.After, wait))
		default:
			out.State, out.Reason = domain.Failed, domain.ReasonTooManyTries
		}
	}
	outcomes := make([]storage.Outcome, len(l.deliveries))
	for i, d := range l.deliveries {
		outcomes[i] = out
		outcomes[i].Delivery = d.ID
	}
	return outcomes
}

// backoff returns how long to wait after so many attempts, or false when they
// were enough.
func backoff(attempts int) (time.Duration, bool) {
	waits := []time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 6 * time.Hour}
	if attempts < 1 {
		attempts = 1
	}
	if attempts > len(waits) {
		return 0, false
	}
	return waits[attempts-1], true
}

func gatewayReason(code string) domain.Reason {
	if code == "" {
		return domain.ReasonRefused
	}
	return domain.ReasonRefused + ":" + domain.Reason(code)
}

// nextMidnight is when a gateway's daily quota begins anew, in the time of its
// contract.
func nextMidnight(now time.Time) time.Time {
	y, m, d := now.In(push.Shanghai()).Date()
	return time.Date(y, m, d+1, 0, 5, 0, 0, push.Shanghai())
}

// keepAlive gives signs of life for a batch until the returned function is
// called: one gateway that takes minutes is not a dead worker.
func (w *Workers) keepAlive(ctx context.Context, batch domain.Batch) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	beat := func() {
		if err := w.Store.Beat(ctx, batch.ID, batch.Gen, w.Now()); err != nil && ctx.Err() == nil {
			w.Log.WarnContext(ctx, "no sign of life written", "batch", batch.ID, "err", err)
		}
	}
	beat()
	go func() {
		defer close(done)
		tick := time.NewTicker(w.Clocks.DeadAfter / 3)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				beat()
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// rest stops a channel whose settings the gateway refuses, for every message
// alike, and raises the alarm: a person must act.
func (w *Workers) rest(ctx context.Context, kind domain.ChannelKind, r channel.Result) {
	w.mu.Lock()
	defer w.mu.Unlock()
	until := w.Now().Add(restFor)
	if w.paused[kind].After(w.Now()) {
		return
	}
	w.paused[kind] = until
	w.Log.ErrorContext(ctx, "the gateway refuses our settings: the channel rests", "channel", kind, "until", until, "code", r.Code, "note", r.Note)
}

// rests returns how long a channel still rests.
func (w *Workers) rests(kind domain.ChannelKind) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return max(0, w.paused[kind].Sub(w.Now()))
}

func (w *Workers) count(kind domain.ChannelKind, outcomes []storage.Outcome) {
	if w.Events.Delivered == nil {
		return
	}
	n := map[domain.DeliveryState]int{}
	for _, o := range outcomes {
		n[o.State]++
	}
	for state, n := range n {
		w.Events.Delivered(string(kind), string(state), n)
	}
}
