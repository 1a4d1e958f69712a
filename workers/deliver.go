package workers

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/hibiken/asynq"

	"policypush/internal/channel"
	"policypush/internal/domain"
	"policypush/internal/push"
	"policypush/internal/queue"
	"policypush/internal/storage"
)

// claimSize is how many rows are claimed, sent and recorded together where the
// line does not say. A worker that is killed leaves at most so many per batch
// in doubt.
const claimSize = 50

// recordTimeout bounds the write of what the gateway said. It does not end
// with the process: what was sent must be recorded.
const recordTimeout = 15 * time.Second

// awayFor is how long a worker waits for a database that does not answer, to
// record what the gateway said. What is not recorded then is in doubt.
const awayFor = 5 * time.Minute

// lookForDatabase is how often it looks.
const lookForDatabase = 200 * time.Millisecond

// longestWait is how long a worker waits for its turn under the rate of a
// channel; then its batch goes back, so that the worker serves another.
const longestWait = 5 * time.Second

// lastMinute is how long before the end of its task a worker hands its batch
// back instead of beginning anew.
const lastMinute = time.Minute

// deliver sends one batch: claim, check again, compose, send, record, some
// at a time, until nothing in the batch is due. It stops between two claims when
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
	defer w.keepAlive(ctx, batch)()
	for {
		n, wait, err := w.mayClaim(ctx, batch)
		if err != nil {
			return err
		}
		if n == 0 {
			now := w.Now()
			return ours(w.Store.HandBack(ctx, batch.ID, batch.Gen, now, now.Add(wait)))
		}
		now := w.Now()
		claimed, err := w.Store.ClaimDeliveries(ctx, batch.ID, batch.Gen, n, now)
		if domain.KindOf(err) == domain.Conflict {
			return nil // the push or the channel is paused, or the batch was handed out anew
		}
		if err != nil {
			return errors.Join(err, w.unclaim(ctx, batch, now))
		}
		if len(claimed) == 0 {
			return ours(w.Store.FinishBatch(ctx, batch.ID, batch.Gen, w.Now()))
		}
		if err := w.sendClaimed(ctx, batch, claimed); err != nil {
			return err
		}
	}
}

// ours turns the error that a batch was handed out anew into none: whoever has
// it now goes on.
func ours(err error) error {
	if domain.KindOf(err) == domain.Conflict {
		return nil
	}
	return err
}

// mayClaim returns how many rows of a batch may be claimed now. None means
// that the batch is to go back, for so long: something urgent waits for a
// worker, the channel's rate is used up for a while, or the task is near its
// end. Rights are taken before rows: without an answer of Redis nothing is
// claimed.
func (w *Workers) mayClaim(ctx context.Context, batch domain.Batch) (n int, wait time.Duration, err error) {
	line := w.Lines[batch.Channel]
	for began := time.Now(); ; {
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		if end, ok := ctx.Deadline(); ok && time.Until(end) < lastMinute {
			return 0, 0, nil
		}
		if !batch.Urgent && w.Queue.UrgentWaits(ctx, batch.Channel) {
			return 0, 0, nil
		}
		n, wait, err = w.Queue.Take(ctx, batch.Channel, line.Rate, cmp.Or(line.Claim, claimSize), w.Now())
		if err == nil && n > 0 {
			return n, 0, nil
		}
		if err != nil {
			w.Log.WarnContext(ctx, "the rate of a channel is not known: sending waits", "channel", batch.Channel, "err", err)
			wait = time.Second
		}
		if time.Since(began)+wait > longestWait {
			return 0, max(wait, time.Second), nil
		}
		pause := time.NewTimer(max(wait, time.Millisecond))
		select {
		case <-ctx.Done():
		case <-pause.C:
		}
		pause.Stop()
	}
}

// sendClaimed sends what was claimed and records what became of it. If that
// cannot be recorded the rows stay in sending, to be settled by the sweeper:
// they may have gone out.
func (w *Workers) sendClaimed(ctx context.Context, batch domain.Batch, claimed []storage.Outgoing) error {
	read, cancelRead := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancelRead()
	decided, letters, err := w.write(read, batch, claimed)
	if err != nil {
		if recordErr := w.giveBack(ctx, claimed, nil, domain.ReasonGatewayRetry, w.Now().Add(time.Minute)); recordErr != nil {
			return fmt.Errorf("%w (and rows not given back: %w)", err, recordErr)
		}
		return err
	}
	// What does not go out is recorded first: a receipt may be faster than the worker,
	// and speaks of all that is still being sent with its message.
	if len(decided) > 0 {
		if err := w.record(ctx, decided); err != nil {
			return fmt.Errorf("record what of batch %d does not go out: %w", batch.ID, err)
		}
		w.count(batch.Channel, decided)
	}
	if back := w.sendCanaries(ctx, batch.Channel, letters); back != nil {
		return w.giveBack(ctx, claimed, decided, back.reason, back.until)
	}
	began := time.Now()
	results, dead := w.send(ctx, batch.Channel, letters)
	w.observe(batch.Channel, results, time.Since(began))
	var outcomes []storage.Outcome
	for i, r := range results {
		outcomes = append(outcomes, w.settle(ctx, batch.Channel, letters[i], r)...)
	}
	// Addresses are stopped first: whatever dies between the two, none is used again.
	for _, a := range dead {
		err := w.whenBack(ctx, func(ctx context.Context) error {
			return w.Store.StopAddress(ctx, batch.Channel, a.address, domain.Reason("bounce:"+a.code), w.Now())
		})
		if err != nil {
			w.Log.ErrorContext(ctx, "a dead address is not stopped", "delivery", a.ref, "err", err)
		}
	}
	if err := w.record(ctx, outcomes); err != nil {
		return fmt.Errorf("record outcomes of batch %d: %w", batch.ID, err)
	}
	w.count(batch.Channel, outcomes)
	if batch.Channel != domain.WebPush {
		return nil
	}
	record, cancelRecord := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancelRecord()
	for _, a := range dead { // it never comes back: a browser subscribes anew with another
		if err := w.Store.RemoveAddress(record, batch.Channel, a.address); err != nil {
			return fmt.Errorf("remove address of delivery %s: %w", a.ref, err)
		}
	}
	return nil
}

// giveBack records what is decided, and gives every other claimed row back:
// nothing was handed over.
func (w *Workers) giveBack(ctx context.Context, claimed []storage.Outgoing, decided []storage.Outcome, reason domain.Reason, at time.Time) error {
	done := map[domain.DeliveryID]bool{}
	for _, o := range decided {
		done[o.Delivery] = true
	}
	for _, o := range claimed {
		for _, d := range o.Deliveries {
			if done[d.ID] {
				continue
			}
			why := reason
			if d.Reason == domain.ReasonDigest {
				why = d.Reason // it gathers the parts
			}
			decided = append(decided, storage.Outcome{Delivery: d.ID, Claimed: d, State: domain.Pending, Reason: why, NextAt: at, At: w.Now(), NotTried: true})
		}
	}
	return w.record(ctx, decided)
}

// record writes outcomes, whether or not the process is to end. The gateway
// has spoken, so the database is waited for if it is away: to write them twice
// changes nothing.
func (w *Workers) record(ctx context.Context, outcomes []storage.Outcome) error {
	return w.whenBack(ctx, func(ctx context.Context) error { return w.Store.RecordOutcomes(ctx, outcomes) })
}

// unclaim gives back what a claim has taken that ended in an error: its commit
// may have been all that the database still did.
func (w *Workers) unclaim(ctx context.Context, batch domain.Batch, at time.Time) error {
	var claimed []storage.Outgoing
	err := w.whenBack(ctx, func(ctx context.Context) (err error) {
		claimed, err = w.Store.ClaimedAt(ctx, batch.ID, at)
		return err
	})
	if err != nil || len(claimed) == 0 {
		return err
	}
	return w.giveBack(ctx, claimed, nil, domain.ReasonGatewayRetry, w.Now())
}

// whenBack does what must be done in the database, again and again while that
// is away: for awayFor, and no longer than recordTimeout once the process is to
// end.
func (w *Workers) whenBack(ctx context.Context, do func(context.Context) error) error {
	look := time.NewTicker(lookForDatabase)
	defer look.Stop()
	for began, ended := time.Now(), (time.Time{}); ; <-look.C {
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
		err := do(limited)
		cancel()
		if ended.IsZero() && ctx.Err() != nil {
			ended = time.Now()
		}
		if !storage.IsAway(err) || time.Since(began) > awayFor || !ended.IsZero() && time.Since(ended) > recordTimeout {
			return err
		}
	}
}

// send hands the letters of a channel to its sender, and returns what became of
// each and which addresses are dead. In log mode the outbox page gets a copy of
// each letter.
func (w *Workers) send(ctx context.Context, kind domain.ChannelKind, letters []letter) ([]channel.Result, []deadAddress) {
	if len(letters) == 0 {
		return nil, nil
	}
	messages, of := spread(letters)
	line := w.Lines[kind]
	results, dead := gather(messages, of, line.Sender.Send(ctx, messages))
	if line.Mode == channel.Log {
		w.copyToOutbox(ctx, kind, letters)
	}
	return results, dead
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
	out := storage.Outcome{GatewayRef: r.GatewayRef, Gateway: r.Gateway, Units: r.Units, Note: r.Note, At: now}
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
	case channel.Waiting:
		out.State, out.Reason, out.Letter, out.Place = domain.Pending, domain.ReasonPrint, l.deliveries[0].ID, placeOf(l)
	case channel.Quota, channel.Config:
		w.stopChannel(ctx, kind, r)
		out.State, out.Reason, out.NextAt, out.NotTried = domain.Pending, domain.ReasonChannelHeld, now, true
	case channel.Throttled:
		after := max(r.After, time.Second)
		w.hold(ctx, kind, after)
		out.State, out.Reason, out.NextAt, out.NotTried = domain.Pending, domain.ReasonGatewayRetry, now.Add(after), true
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
	if out.NextAt.After(now) {
		out.NextAt = together(out.NextAt)
	}
	outcomes := make([]storage.Outcome, len(l.deliveries))
	for i, d := range l.deliveries {
		outcomes[i] = out
		outcomes[i].Delivery, outcomes[i].Claimed, outcomes[i].Joined = d.ID, d, i > 0
		if out.State == domain.Pending && out.Letter == 0 && d.Reason == domain.ReasonDigest {
			outcomes[i].Reason = d.Reason // it gathers the parts
		}
	}
	return outcomes
}

// slot parts the times at which messages are tried again: those of one slot are
// due together, so that they share a batch. A gateway that asks everybody to
// wait would otherwise leave a batch for each message.
const slot = 5 * time.Second

// together returns the end of the slot of a time.
func together(t time.Time) time.Time { return t.Add(slot - 1).Truncate(slot) }

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
	sign := func(write func(context.Context, domain.BatchID, int, time.Time) error) {
		if err := write(ctx, batch.ID, batch.Gen, w.Now()); ours(err) != nil && ctx.Err() == nil {
			w.Log.WarnContext(ctx, "no sign of life written", "batch", batch.ID, "err", err)
		}
	}
	sign(w.Store.BeginBatch)
	go func() {
		defer close(done)
		tick := time.NewTicker(w.Clocks.DeadAfter / 3)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				sign(w.Store.Beat)
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// stopChannel holds a channel in every process: its gateway refuses our
// settings, until a person has seen to that, or the account is used up, until
// midnight or a person. The first of many refusals raises the alarm.
func (w *Workers) stopChannel(ctx context.Context, kind domain.ChannelKind, r channel.Result) {
	now := w.Now()
	stop := domain.ChannelStop{Channel: kind, Cause: domain.StoppedByConfig, Gateway: r.Gateway, Code: r.Code, Note: r.Note, Since: now}
	if r.Class == channel.Quota {
		stop.Cause, stop.Until = domain.StoppedByQuota, nextMidnight(now)
	}
	w.holdChannel(ctx, stop)
}

// holdChannel holds a channel in every process.
func (w *Workers) holdChannel(ctx context.Context, stop domain.ChannelStop) {
	var first bool
	err := w.whenBack(ctx, func(ctx context.Context) (err error) {
		first, err = w.Store.StopChannel(ctx, stop)
		return err
	})
	switch {
	case err != nil:
		w.Log.ErrorContext(ctx, "a channel that must rest is not held", "channel", stop.Channel, "code", stop.Code, "err", err)
	case first:
		w.Log.ErrorContext(ctx, "the channel is held", "channel", stop.Channel, "cause", stop.Cause, "gateway", stop.Gateway, "code", stop.Code, "note", stop.Note, "until", stop.Until)
	}
}

// hold keeps every process from sending on a channel whose gateway asked for a
// pause. Should that not be known everywhere, the gateway says so again.
func (w *Workers) hold(ctx context.Context, kind domain.ChannelKind, d time.Duration) {
	if err := w.Queue.Hold(context.WithoutCancel(ctx), kind, d, w.Now()); err != nil {
		w.Log.WarnContext(ctx, "a gateway's pause is not known to others", "channel", kind, "err", err)
	}
}

// observe tells the numbers of the service what a gateway answered.
func (w *Workers) observe(kind domain.ChannelKind, results []channel.Result, took time.Duration) {
	if w.Events.Answered == nil {
		return
	}
	for _, r := range results {
		w.Events.Answered(string(kind), r.Gateway, r.Class.String())
	}
	if len(results) > 0 && w.Events.HandedOver != nil {
		w.Events.HandedOver(string(kind), took/time.Duration(len(results)))
	}
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
