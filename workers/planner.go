package workers

import (
	"context"

	"github.com/RoaringBitmap/roaring/v2"

	"policypush/internal/channel"
	"policypush/internal/domain"
	"policypush/internal/push"
)

// planner decides the deliveries of one push, range by range. Whoever stands
// behind several enterprises is told once: of those who may share an address
// the first gets the message, which the database remembers from range to range.
type planner struct {
	w       *Workers
	push    domain.Push
	subject push.Subject
	likely  *roaring.Bitmap
	off     []domain.ChannelKind
	told    map[domain.ContactID]bool // shared addresses that got it before an interruption
	seen    map[seenMark]struct{}     // and since
}

func (w *Workers) planner(owed domain.Push, policy *domain.Policy, likely *roaring.Bitmap) *planner {
	return &planner{w: w, push: owed, subject: w.subject(owed, policy), likely: likely, off: w.switchedOff(), seen: map[seenMark]struct{}{}}
}

// subject is what a push of a policy is about.
func (w *Workers) subject(p domain.Push, policy *domain.Policy) push.Subject {
	themes := policy.Codes(domain.ThemeTag)
	return push.Subject{Themes: themes, Roles: w.Roles(themes), Deadline: p.Deadline}
}

// switchedOff lists the channels that are set to off.
func (w *Workers) switchedOff() []domain.ChannelKind {
	var off []domain.ChannelKind
	for kind, line := range w.Lines {
		if line.Mode == channel.Off {
			off = append(off, kind)
		}
	}
	return off
}

// deliveries plans for subscribers given by id, in order. Those who have gone
// since the audience was frozen get nothing.
func (p *planner) deliveries(ctx context.Context, bits []uint32) ([]domain.Delivery, error) {
	ids := make([]domain.SubscriberID, len(bits))
	for i, b := range bits {
		ids[i] = domain.SubscriberID(b)
	}
	subscribers, err := p.w.Store.Recipients(ctx, ids)
	if err != nil {
		return nil, err
	}
	if err := p.lookUp(ctx, subscribers); err != nil {
		return nil, err
	}
	var reached map[domain.SubscriberID][]domain.ChannelKind
	if p.push.Kind.Follows() {
		if reached, err = p.w.Store.Reached(ctx, p.push.Of(), ids); err != nil {
			return nil, err
		}
	}
	now := p.w.Now() // one for all: what is due at the same moment shares a batch
	planned := make([]domain.Delivery, 0, len(subscribers))
	for _, s := range subscribers {
		verdict := domain.Possible
		if p.likely.Contains(uint32(s.ID)) {
			verdict = domain.Likely
		}
		var only []domain.ChannelKind // nil: every channel that the person chose
		if p.push.Kind.Follows() {
			only = append([]domain.ChannelKind{}, reached[s.ID]...)
		}
		planned = append(planned, push.Plan(push.Input{
			Only: only, Push: p.push.ID, Kind: p.push.Kind, Urgent: p.push.Urgent, Subject: p.subject, Subscriber: s, Verdict: verdict,
			Now: now, Limits: p.w.Limits, Off: p.off, Seen: p.saw, Take: p.take,
		})...)
	}
	return planned, nil
}

// lookUp asks, where a plan goes on after an interruption, which addresses of
// some subscribers it has told for others before.
func (p *planner) lookUp(ctx context.Context, subscribers []*domain.Subscriber) error {
	if p.push.PlannedTo == 0 {
		return nil
	}
	var shared []domain.ContactID
	for _, s := range subscribers {
		for _, c := range s.Contacts {
			if c.Shared {
				shared = append(shared, c.ID)
			}
		}
	}
	var err error
	p.told, err = p.w.Store.ToldAt(ctx, p.push.ID, shared)
	return err
}

// seenMark is what is remembered of an address: enough of what stands for it to
// tell millions apart.
type seenMark [16]byte

// saw tells whether an address is used already. What it gets stands for the
// address, see [storage.Store.Recipients], and tells channels apart as well. An
// address that nobody shares is not remembered.
func (p *planner) saw(c domain.Contact) bool {
	if !c.Shared {
		return false
	}
	_, before := p.seen[markOf(c)]
	return before || p.told[c.ID]
}

// take notes that an address is used.
func (p *planner) take(c domain.Contact) {
	if c.Shared {
		p.seen[markOf(c)] = struct{}{}
	}
}

func markOf(c domain.Contact) (mark seenMark) {
	copy(mark[:], c.Address)
	return mark
}
