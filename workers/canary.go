package workers

import (
	"context"
	"errors"
	"strconv"

	"policypush/internal/channel"
	"policypush/internal/domain"
	"policypush/internal/storage"
)

// canaryKey names the canary of a push on a channel.
type canaryKey struct {
	push domain.PushID
	kind domain.ChannelKind
}

// sendCanaries sends the office's own copy of each push of the letters, once,
// before anybody else gets one. It reports false if the gateway refuses that
// for every message alike: then the channel is held, and nothing else is sent.
func (w *Workers) sendCanaries(ctx context.Context, kind domain.ChannelKind, letters []letter) bool {
	if w.Lines[kind].Canary == "" {
		return true
	}
	for _, l := range letters {
		for _, d := range l.deliveries {
			if !w.sendCanary(ctx, kind, d) {
				return false
			}
		}
	}
	return true
}

func (w *Workers) sendCanary(ctx context.Context, kind domain.ChannelKind, d domain.Delivery) bool {
	key := canaryKey{d.Push, kind}
	w.mu.Lock()
	known := w.canaried[key]
	w.canaried[key] = true
	w.mu.Unlock()
	if known {
		return true
	}
	held, err := w.canary(ctx, kind, d)
	if err != nil {
		w.Log.WarnContext(ctx, "no canary", "push", d.Push, "channel", kind, "err", err)
	}
	if held {
		w.mu.Lock()
		delete(w.canaried, key) // again when the channel goes on
		w.mu.Unlock()
	}
	return !held
}

// canary sends the copy of one push, unless another process has. It reports
// whether the channel is held because of it.
func (w *Workers) canary(ctx context.Context, kind domain.ChannelKind, d domain.Delivery) (held bool, err error) {
	m, err := w.matter(ctx, d.Push)
	if err != nil || m.push.Kind.Personal() { // of which there is one for each person
		return false, err
	}
	to, message, unsent := w.canaryMessage(ctx, kind, d, m)
	c := domain.Canary{Push: d.Push, Channel: kind, MaskedTo: to.Masked(), State: domain.Sending, SentAt: w.Now()}
	if first, err := w.Store.BeginCanary(ctx, c); err != nil || !first {
		return false, err
	}
	if unsent != nil {
		c.State, c.Note, c.EndedAt = domain.Failed, channel.Note(unsent.Error()), w.Now()
		return false, errors.Join(unsent, w.Store.EndCanary(ctx, c))
	}
	r := w.Lines[kind].Sender.Send(ctx, []channel.Message{message})[0]
	w.observe(kind, []channel.Result{r}, 0)
	c.Gateway, c.GatewayRef, c.Units, c.Note = r.Gateway, r.GatewayRef, r.Units, r.Note
	if r.Class == channel.Config || r.Class == channel.Quota {
		w.stopChannel(ctx, kind, r)
		return true, w.Store.ForgetCanary(context.WithoutCancel(ctx), d.Push, kind)
	}
	if c.State = stateOf(r.Class, w.Lines[kind].Mode); c.State == domain.Pending {
		c.State = domain.Failed // it is not tried again: others show whether the gateway is back
	}
	c.EndedAt = w.Now()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	return false, w.Store.EndCanary(ctx, c)
}

// canaryMessage writes the copy, and says where it goes.
func (w *Workers) canaryMessage(ctx context.Context, kind domain.ChannelKind, d domain.Delivery, m matter) (to domain.Contact, message channel.Message, err error) {
	if to, err = w.canaryContact(ctx, kind); err != nil {
		return to, message, err
	}
	d.Subscriber = 0 // the copy stops nobody's messages
	message, err = w.compose(kind, storage.Outgoing{Contact: to}, []domain.Delivery{d}, map[domain.PushID]matter{d.Push: m}, meantBy{}, forms{})
	message.Ref = domain.CanaryRef(d.Push)
	return to, message, err
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
		return to, err
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
