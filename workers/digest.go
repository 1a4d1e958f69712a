package workers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"policypush/internal/audience"
	"policypush/internal/channel/app"
	"policypush/internal/domain"
	"policypush/internal/push"
	"policypush/internal/storage"
)

const (
	digestsPerLook   = 50  // first digests that are planned at a look
	offersConsidered = 200 // of the best measures for a subscriber
	policiesListed   = 10  // in a first digest; the others are counted
)

// digestWait is how long planning a first digest waits for the audience index
// to hold the new subscriber; then the next look tries again.
const digestWait = time.Second

// planDigests plans the first digests that are owed: each new subscriber is
// told once, in one message a channel, which policies in force concern them.
// What is owed stands in the database from the moment of subscribing; a digest
// is planned in one transaction, so a second run adds none.
func (w *Workers) planDigests(ctx context.Context) error {
	owed, err := w.Store.OwedDigests(ctx, digestsPerLook)
	if err != nil || len(owed) == 0 {
		return err
	}
	if err := w.Offers.Refresh(ctx); err != nil {
		return err
	}
	seq, err := w.Store.LastProfileChange(ctx)
	if err != nil {
		return err
	}
	wait, cancel := context.WithTimeout(ctx, digestWait)
	defer cancel()
	if err := w.Index.WaitFor(wait, seq); err != nil {
		if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			return nil // the index is being built
		}
		return err
	}
	texts := map[domain.PolicyID]*domain.Policy{} // read once for all
	var failed error                              // one that fails holds up no other
	for _, o := range owed {
		if err := w.planDigest(ctx, o, texts); err != nil && domain.KindOf(err) != domain.Conflict {
			failed = errors.Join(failed, fmt.Errorf("first digest of subscriber %d: %w", o.Subscriber, err))
		}
	}
	if len(owed) == digestsPerLook && failed == nil {
		w.Wake() // there may be more
	}
	return failed
}

func (w *Workers) planDigest(ctx context.Context, owed storage.OwedDigest, texts map[domain.PolicyID]*domain.Policy) error {
	sub, err := w.Store.Subscriber(ctx, owed.Subscriber)
	if domain.KindOf(err) == domain.NotFound {
		return nil // gone, and what was owed with them
	}
	if err != nil {
		return err
	}
	told, err := w.toldSince(ctx, owed)
	if err != nil {
		return err
	}
	digest, err := w.digestOf(ctx, sub, told, texts)
	if err != nil {
		return err
	}
	var deliveries []domain.Delivery
	if len(digest.Items) > 0 {
		in := push.Input{Kind: domain.FirstPush, Subscriber: sub, Verdict: digest.Items[0].Verdict, Now: w.Now(), Limits: w.Limits, Off: w.switchedOff()}
		deliveries = push.Plan(in)
	}
	if err := w.Store.PlanDigest(ctx, &digest, deliveries, w.Now()); err != nil {
		return err
	}
	w.Log.InfoContext(ctx, "first digest planned", "subscriber", sub.ID, "push", digest.Push, "policies", len(digest.Items), "rest", digest.Rest, "deliveries", len(deliveries))
	if len(digest.Items) > 0 {
		w.Wake()
		w.tellInbox(ctx, &digest)
	}
	return nil
}

// digestOf finds what the digest of a subscriber lists: policies in force, in
// the order of the reverse index, whose audience they are in today. What they
// were told of by a push, or are about to be, is left out.
func (w *Workers) digestOf(ctx context.Context, sub *domain.Subscriber, told map[domain.PolicyID]bool, texts map[domain.PolicyID]*domain.Policy) (domain.Digest, error) {
	digest := domain.Digest{Subscriber: sub.ID}
	day := w.today()
	at := map[domain.PolicyID]int{} // of an item; -1: it does not concern them
	for _, offer := range w.Offers.For(&sub.Profile, day, offersConsidered).Best {
		i, seen := at[offer.Policy]
		if !seen {
			i = -1
			concerns, err := w.concerns(ctx, sub, offer.Policy, day, texts)
			if err != nil {
				return digest, err
			}
			switch {
			case told[offer.Policy] || !concerns:
			case len(digest.Items) == policiesListed:
				digest.Rest++
			default:
				i = len(digest.Items)
				digest.Items = append(digest.Items, domain.DigestItem{Policy: offer.Policy, Verdict: offer.Verdict})
			}
			at[offer.Policy] = i
		}
		if i < 0 {
			continue
		}
		it := &digest.Items[i]
		it.Measures = append(it.Measures, offer.Measure)
		if offer.Verdict == domain.Likely {
			it.Verdict = domain.Likely
		}
	}
	return digest, nil
}

// concerns tells whether a subscriber is in the audience of a policy, as the
// push of it would decide: theme, keywords and threshold included.
func (w *Workers) concerns(ctx context.Context, sub *domain.Subscriber, id domain.PolicyID, day string, texts map[domain.PolicyID]*domain.Policy) (bool, error) {
	known := w.Offers.Find(id)
	wants := &sub.Subscription
	if known == nil || !known.Pushable() {
		return false, nil
	}
	if !wants.All && len(wants.Keywords) == 0 && !slices.ContainsFunc(known.Codes(domain.ThemeTag), func(code string) bool { return slices.Contains(wants.Themes, code) }) {
		return false, nil // no text is read for what they did not ask for
	}
	policy := texts[id]
	if policy == nil {
		var err error
		if policy, err = w.Store.Policy(ctx, id); err != nil {
			return false, err
		}
		texts[id] = policy
	}
	e, ok := w.Index.Explain(audience.QueryOf(policy, day), sub.ID)
	return ok && e.Verdict != domain.NotForThem, nil
}

// pushesLookedAt is how many of the latest pushes may have been planned since
// somebody subscribed.
const pushesLookedAt = 100

// toldSince lists the policies that a new subscriber hears of by a push: one that
// is still to be planned will ask whom it concerns, one that was planned since
// they subscribed has asked.
func (w *Workers) toldSince(ctx context.Context, owed storage.OwedDigest) (map[domain.PolicyID]bool, error) {
	pushes, err := w.Store.Pushes(ctx, 0, pushesLookedAt)
	if err != nil {
		return nil, err
	}
	told := map[domain.PolicyID]bool{}
	for _, p := range pushes {
		waits := p.State == domain.PushOwed || p.State == domain.PushUnsigned
		if p.Kind != domain.NewPolicy || !waits && p.PlannedAt.Before(owed.Since) {
			continue
		}
		frozen, err := w.Store.Audience(ctx, p.ID)
		if domain.KindOf(err) == domain.NotFound { // not asked yet, or stopped before
			told[p.Policy] = told[p.Policy] || waits
			continue
		}
		if err != nil {
			return nil, err
		}
		set, err := audience.Thaw(frozen)
		if err != nil {
			return nil, err
		}
		bit := uint32(owed.Subscriber)
		told[p.Policy] = told[p.Policy] || set.Likely.Contains(bit) || p.IncludePossible && set.Possible.Contains(bit)
	}
	return told, nil
}

// tellInbox hints to the open pages of a subscriber that their digest is there.
func (w *Workers) tellInbox(ctx context.Context, d *domain.Digest) {
	title, err := json.Marshal(map[string]string{"title": fmt.Sprintf("现有%d份政策可能与您有关", len(d.Items)+d.Rest)})
	if err != nil {
		w.Log.WarnContext(ctx, "no hint to an inbox", "push", d.Push, "err", err)
		return
	}
	w.Hub.Publish(app.Event{ID: int64(d.Push), Name: "notice", Data: string(title)}, func(id domain.SubscriberID) bool { return id == d.Subscriber })
}

// listed is a policy in a first digest with only the measures that concern its
// reader.
type listed struct {
	policy  *domain.Policy
	verdict domain.Verdict
}

// listed returns what still stands of a first digest: a policy that has ended
// since is left out.
func (w *Workers) listed(ctx context.Context, id domain.PushID) ([]listed, int, error) {
	digest, err := w.Store.Digest(ctx, 0, id)
	if domain.KindOf(err) == domain.NotFound {
		return nil, 0, nil // the subscriber is gone
	}
	if err != nil {
		return nil, 0, err
	}
	day := w.today()
	var all []listed
	for _, it := range digest.Items {
		p, err := w.Store.Policy(ctx, it.Policy)
		if err != nil {
			return nil, 0, err
		}
		if !p.InForce(day) {
			continue
		}
		p.Measures = slices.DeleteFunc(p.Measures, func(m domain.Measure) bool { return !slices.Contains(it.Measures, m.ID) })
		all = append(all, listed{p, it.Verdict})
	}
	return all, digest.Rest, nil
}
