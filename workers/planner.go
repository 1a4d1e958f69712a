package workers

import (
	"context"

	"github.com/RoaringBitmap/roaring/v2"

	"policypush/internal/channel"
	"policypush/internal/domain"
	"policypush/internal/push"
)

// planner decides the deliveries of one push, range by range. It remembers the
// addresses it has seen: whoever stands behind several enterprises is told once.
type planner struct {
	w      *Workers
	push   domain.Push
	likely *roaring.Bitmap
	off    []domain.ChannelKind
	seen   map[seenMark]struct{}
}

func (w *Workers) planner(owed domain.Push, likely *roaring.Bitmap) *planner {
	p := &planner{w: w, push: owed, likely: likely, seen: map[seenMark]struct{}{}}
	for kind, line := range w.Lines {
		if line.Mode == channel.Off {
			p.off = append(p.off, kind)
		}
	}
	return p
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
	var reached map[domain.SubscriberID][]domain.ChannelKind
	if p.push.Kind == domain.WithdrawalNotice {
		if reached, err = p.w.Store.Reached(ctx, p.push.Policy, ids); err != nil {
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
		if p.push.Kind == domain.WithdrawalNotice {
			only = append([]domain.ChannelKind{}, reached[s.ID]...)
		}
		planned = append(planned, push.Plan(push.Input{
			Only: only, Push: p.push.ID, Kind: p.push.Kind, Urgent: p.push.Urgent, Subscriber: s, Verdict: verdict,
			Now: now, Limits: p.w.Limits, Off: p.off, Seen: p.saw,
		})...)
	}
	return planned, nil
}

// seenMark is what is remembered of an address: enough of what stands for it to
// tell millions apart.
type seenMark [16]byte

// saw notes that an address is used. What it gets stands for the address, see
// [storage.Store.Recipients], and tells channels apart as well.
func (p *planner) saw(_ domain.ChannelKind, address string) bool {
	var mark seenMark
	copy(mark[:], address)
	_, before := p.seen[mark]
	p.seen[mark] = struct{}{}
	return before
}
