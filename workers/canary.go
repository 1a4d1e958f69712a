package workers

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"time"

	"policypush/internal/channel"
	"policypush/internal/channel/paper"
	"policypush/internal/domain"
	"policypush/internal/storage"
)

// canaryKey names the canary of a push on a channel.
type canaryKey struct {
	push domain.PushID
	kind domain.ChannelKind
}

const (
	// canaryAnswer is how long others wait for the answer to a canary that
	// somebody else sends; then its sender has died, and another goes.
	canaryAnswer = time.Minute
	canaryLook   = 2 * time.Second // between two looks whether it has come
	// canaryRest is how long a channel rests when its gateway did not answer a
	// canary; then another goes first. The last of canaryTries leaves it to a
	// person whether the channel goes on.
	canaryRest  = 2 * time.Minute
	canaryTries = 3
)

// keptBack is why letters are not sent now, and when they are due again.
type keptBack struct {
	reason domain.Reason
	until  time.Time
}

// sendCanaries sends the office's own copy of each push of the letters, once,
// before anybody else gets one. It returns why nothing else is to be sent, or
// nil: what a gateway does to the copy it would do to everybody's.
//
//   - It refuses our settings, or the account is used up: the channel is held.
//   - It refuses the message for good, though not for its address: everybody's
//     would fail, and no try is left. The push is paused for an officer, unless
//     it is urgent, when the other channels must not wait.
//   - It does not answer: everybody's would be in doubt. The channel rests, then
//     another copy goes; after the third a person decides. The database counts
//     them, for all processes.
//   - It has no time, or the address of the copy is dead: others go out, since
//     those can be tried again, and the desk says that the copy failed.
//
// While the database does not say whether a copy has gone, nobody else's goes.
func (w *Workers) sendCanaries(ctx context.Context, kind domain.ChannelKind, letters []letter) *keptBack {
	if w.Lines[kind].Canary == "" || kind == domain.Paper { // of letters it is drawn with the first, see canaryLetter
		return nil
	}
	for _, l := range letters {
		for _, d := range l.deliveries {
			if back := w.sendCanary(ctx, kind, d); back != nil {
				return back
			}
		}
	}
	return nil
}

func (w *Workers) sendCanary(ctx context.Context, kind domain.ChannelKind, d domain.Delivery) *keptBack {
	key := canaryKey{d.Push, kind}
	w.mu.Lock()
	known := w.canaried[key]
	w.mu.Unlock()
	if known {
		return nil
	}
	back, err := w.canary(ctx, kind, d)
	if err != nil {
		w.Log.WarnContext(ctx, "nothing is sent: of its canary is not known", "push", d.Push, "channel", kind, "err", err)
		return &keptBack{domain.ReasonGatewayRetry, together(w.Now().Add(canaryLook))}
	}
	if back == nil {
		w.mu.Lock()
		w.canaried[key] = true
		w.mu.Unlock()
	}
	return back
}

// canary sends the copy of one push, unless somebody has.
func (w *Workers) canary(ctx context.Context, kind domain.ChannelKind, d domain.Delivery) (*keptBack, error) {
	m, err := w.matter(ctx, d.Push)
	if err != nil || m.push.Kind.Personal() { // of which there is one for each person
		return nil, err
	}
	to, unsent := w.canaryContact(ctx, kind)
	if unsent != nil && domain.KindOf(unsent) == domain.Internal { // it may be there
		return nil, unsent
	}
	var message channel.Message
	if unsent == nil {
		message, unsent = w.canaryMessage(kind, to, d, m)
	}
	c := domain.Canary{Push: d.Push, Channel: kind, MaskedTo: to.Masked(), State: domain.Sending, SentAt: w.Now()}
	first, silent, err := w.Store.BeginCanary(ctx, c, canaryTries, c.SentAt.Add(-canaryAnswer))
	if err != nil {
		return nil, err
	}
	if !first {
		return w.awaitCanary(ctx, kind, d.Push)
	}
	c.Silent = silent
	if unsent != nil {
		w.Log.WarnContext(ctx, "no canary", "push", d.Push, "channel", kind, "err", unsent)
		c.State, c.Note, c.EndedAt = domain.Failed, channel.Note(unsent.Error()), w.Now()
		return nil, w.endCanary(ctx, c)
	}
	r := w.Lines[kind].Sender.Send(ctx, []channel.Message{message})[0]
	w.observe(kind, []channel.Result{r}, 0)
	c.Gateway, c.GatewayRef, c.Units, c.Note, c.EndedAt = r.Gateway, r.GatewayRef, r.Units, r.Note, w.Now()
	var back *keptBack
	switch {
	case r.Class == channel.Config || r.Class == channel.Quota:
		w.stopChannel(ctx, kind, r)
		c.State = domain.Pending
		return &keptBack{domain.ReasonChannelHeld, w.Now()}, w.endCanary(ctx, c)
	case r.Class == channel.Retry && ctx.Err() != nil: // the process ends: it was not the gateway that had no time
		c.State = domain.Pending
		return &keptBack{domain.ReasonGatewayRetry, w.Now()}, w.endCanary(ctx, c)
	case r.Class == channel.Unknown:
		c.Silent++
		stop := domain.ChannelStop{Channel: kind, Cause: domain.StoppedByCanary, Gateway: r.Gateway, Code: r.Code, Note: r.Note, Since: w.Now()}
		if c.Silent < canaryTries {
			stop.Until = w.Now().Add(canaryRest)
		}
		w.holdChannel(ctx, stop) // before the next may go
		back = &keptBack{domain.ReasonChannelHeld, w.Now()}
	case r.Class == channel.Permanent && !r.BadAddress && !m.push.Urgent:
		if err := w.pauseForCanary(ctx, kind, d.Push, r); err != nil {
			c.State = domain.Pending // another asks again
			return nil, errors.Join(err, w.endCanary(ctx, c))
		}
		back = &keptBack{domain.ReasonNone, w.Now()}
	}
	if c.State = stateOf(r.Class, w.Lines[kind].Mode); c.State == domain.Pending {
		c.State = domain.Failed // it is not tried again: others show whether the gateway is back
	}
	return back, w.endCanary(ctx, c)
}

// endCanary records what became of a canary.
func (w *Workers) endCanary(ctx context.Context, c domain.Canary) error {
	return w.whenBack(ctx, func(ctx context.Context) error { return w.Store.EndCanary(ctx, c) })
}

// awaitCanary keeps letters back while somebody else's canary of their push has
// no answer yet, or its answer holds the channel.
func (w *Workers) awaitCanary(ctx context.Context, kind domain.ChannelKind, push domain.PushID) (*keptBack, error) {
	sent, err := w.Store.Canaries(ctx, push, len(domain.Channels()))
	if err != nil {
		return nil, err
	}
	for _, c := range sent {
		if c.Channel == kind && c.State == domain.Sending && w.Now().Sub(c.SentAt) < canaryAnswer {
			return &keptBack{domain.ReasonGatewayRetry, together(w.Now().Add(canaryLook))}, nil
		}
	}
	stops, err := w.Store.ChannelStops(ctx, w.Now())
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(stops, func(s domain.ChannelStop) bool { return s.Channel == kind }) {
		return &keptBack{domain.ReasonChannelHeld, w.Now()}, nil
	}
	return nil, nil
}

// pauseForCanary pauses a push whose message a gateway refuses for good.
func (w *Workers) pauseForCanary(ctx context.Context, kind domain.ChannelKind, push domain.PushID, r channel.Result) error {
	why := fmt.Sprintf("%s网关拒收给本单位的验证消息（%s），发给别人的也会失败；核对内容、模板和验证地址后再继续，或中止", kind.Label(), r.Code)
	err := w.whenBack(ctx, func(ctx context.Context) error { return w.Store.PausePush(ctx, push, 0, why, w.Now()) })
	if domain.KindOf(err) == domain.Conflict {
		return nil // somebody was first
	}
	if err != nil {
		return err
	}
	w.Log.ErrorContext(ctx, "the push is paused: its canary is refused", "push", push, "channel", kind, "gateway", r.Gateway, "code", r.Code, "note", r.Note)
	return w.Store.Audit(ctx, storage.AuditEntry{At: w.Now(), Action: "push-pause", Object: fmt.Sprintf("push/%d", push), Detail: why})
}

// canaryMessage writes the copy.
func (w *Workers) canaryMessage(kind domain.ChannelKind, to domain.Contact, d domain.Delivery, m matter) (channel.Message, error) {
	d.Subscriber = 0 // the copy stops nobody's messages
	message, err := w.compose(kind, storage.Outgoing{Contact: to}, []domain.Delivery{d}, nil, map[domain.PushID]matter{d.Push: m}, meantBy{}, forms{})
	message.Ref = domain.CanaryRef(d.Push)
	return message, err
}

// canaryLetter returns the office's own letter, if it goes with a batch of
// letters, of which one is d.
func (w *Workers) canaryLetter(ctx context.Context, b domain.PrintBatch, d domain.Delivery) (l paper.Letter, goes bool, err error) {
	line := w.Lines[domain.Paper]
	if line.Canary == "" || b.Push == 0 {
		return l, false, nil
	}
	c := domain.Contact{Kind: domain.Paper, Address: line.Canary, Verified: true}
	if l.To, err = domain.ParsePaperAddress(line.Canary); err != nil {
		return l, false, err
	}
	goes, err = w.Store.PutCanaryLetter(ctx, domain.Canary{Push: b.Push, MaskedTo: c.Masked(), SentAt: w.Now()}, b.ID)
	if err != nil || !goes {
		return l, false, err
	}
	m, err := w.matter(ctx, b.Push)
	if err != nil {
		return l, false, err
	}
	message, err := w.canaryMessage(domain.Paper, c, d, m)
	l.Number, l.Subject, l.Body = domain.CanaryLetter, message.Subject, template.HTML(message.HTML)
	return l, true, err
}

// canaryContact is where the office's own copies go: an address, or the latest
// browser of a person of the office, whose keys nobody can write down.
func (w *Workers) canaryContact(ctx context.Context, kind domain.ChannelKind) (domain.Contact, error) {
	to := domain.Contact{Kind: kind, Address: w.Lines[kind].Canary, Verified: true}
	if kind != domain.WebPush {
		return to, nil
	}
	id, err := strconv.ParseInt(to.Address, 10, 64)
	if err != nil {
		return to, domain.Errorf(domain.Invalid, "webpush.canary 要填主体编号，不能是“%s”", to.Address)
	}
	person, err := w.Store.Subscriber(ctx, domain.SubscriberID(id))
	if err != nil {
		return to, err
	}
	own := domain.Browsers(person.Contacts, 0)
	if len(own) == 0 {
		return to, domain.Errorf(domain.NotFound, "webpush.canary 的%d号主体没有登记浏览器", id)
	}
	return own[0], nil
}
