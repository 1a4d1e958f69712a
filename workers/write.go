package workers

import (
	"context"
	"slices"
	"time"

	"policypush/internal/channel"
	"policypush/internal/domain"
	"policypush/internal/push"
	"policypush/internal/storage"
)

// letter is one message on its way, with the deliveries that it ends: one, or
// several of a digest.
type letter struct {
	message    channel.Message
	to         domain.Contact
	others     []domain.Contact // further browsers that get it too
	deliveries []domain.Delivery
}

// matter is what a push is about.
type matter struct {
	push   domain.Push
	policy *domain.Policy
	office domain.Office
	listed []listed // of a first digest: what still stands of it
	rest   int
	notice domain.Notice // of a push that answers
}

// write decides about what was claimed as the world is now, and composes what
// is to be sent. Deliveries that are not to be sent, or not yet, come back as
// outcomes.
func (w *Workers) write(ctx context.Context, batch domain.Batch, claimed []storage.Outgoing) ([]storage.Outcome, []letter, error) {
	matters := map[domain.PushID]matter{}
	var contacts []domain.ContactID
	claimedAt := w.Now()
	for _, o := range claimed {
		contacts = append(contacts, o.Contact.ID)
		for _, d := range o.Deliveries {
			claimedAt = d.ClaimedAt // of all
			if _, known := matters[d.Push]; known {
				continue
			}
			m, err := w.matter(ctx, d.Push)
			if err != nil {
				return nil, nil, err
			}
			matters[d.Push] = m
		}
	}
	now := w.Now()
	today, week, err := w.sent(ctx, batch.Channel, contacts, now, claimedAt)
	if err != nil {
		return nil, nil, err
	}
	known, err := w.known(ctx, claimed, matters)
	if err != nil {
		return nil, nil, err
	}
	meant, err := w.meant(ctx, claimed, matters)
	if err != nil {
		return nil, nil, err
	}
	frequencies, err := w.frequencies(ctx, claimed, matters)
	if err != nil {
		return nil, nil, err
	}
	var outcomes []storage.Outcome
	var letters []letter
	written := forms{}
	for _, o := range claimed {
		l := letter{to: o.Contact, others: o.Others}
		var rest []domain.Delivery
		for _, d := range o.Deliveries {
			m := matters[d.Push]
			decision := push.Recheck(push.Check{
				Delivery: d, Kind: m.push.Kind, Urgent: m.push.Urgent, Deadline: m.push.Deadline, Contact: o.Contact, Policy: m.policy,
				When: frequencies[d.ID], Paused: o.Paused, NoConsent: o.NoConsent, Fallback: o.Fallback,
				Read: known[d.ID].Read, PutAside: known[d.ID].PutAside, Repeat: known[d.ID].Repeat,
				Off: w.Lines[batch.Channel].Mode == channel.Off, SentToday: today[o.Contact.ID], SentThisWeek: week[o.Contact.ID],
				Now: now, Limits: w.Limits,
			})
			switch {
			case m.push.State == domain.PushStopped:
				decision = push.Decision{State: domain.CalledBack, Reason: domain.ReasonPolicyEnded}
				fallthrough
			case decision.State != domain.Sending:
				outcomes = append(outcomes, storage.Outcome{
					Delivery: d.ID, Claimed: d, State: decision.State, Reason: decision.Reason, NextAt: decision.NextAt, At: now, NotTried: true,
					Note: overflow(d, decision),
				})
			default:
				l.deliveries = append(l.deliveries, d)
			}
		}
		if len(l.deliveries) == 0 {
			continue
		}
		// One address may stand in a range twice: the second counts the first.
		today[o.Contact.ID]++
		week[o.Contact.ID]++
		l.deliveries, rest = w.fitting(batch.Channel, l.deliveries, matters)
		for _, d := range rest {
			outcomes = append(outcomes, storage.Outcome{
				Delivery: d.ID, Claimed: d, State: domain.Pending, Reason: domain.ReasonDigest, At: now, NotTried: true, Note: "这份汇总列不下，并入下一份",
				NextAt: w.Limits.NextSummary(batch.Channel, frequencies[d.ID], now),
			})
		}
		var err error
		if l.message, err = w.compose(batch.Channel, o, l.deliveries, rest, matters, meant, written); err != nil {
			return nil, nil, err
		}
		letters = append(letters, l)
	}
	return outcomes, letters, nil
}

// fitting parts the deliveries of a summary into those that it lists, and the
// rest, which waits for the next.
func (w *Workers) fitting(kind domain.ChannelKind, ds []domain.Delivery, matters map[domain.PushID]matter) (listed, rest []domain.Delivery) {
	most := push.Listed(kind)
	if most == 0 || len(ds) <= most {
		return ds, nil
	}
	first := map[domain.PolicyID]bool{}
	for i, card := range push.Sort(w.cards(ds, matters, meantBy{}), w.today()) {
		first[card.Policy] = i < most
	}
	for _, d := range ds {
		if first[matters[d.Push].policy.ID] {
			listed = append(listed, d)
		} else {
			rest = append(rest, d)
		}
	}
	return listed, rest
}

// sent asks what each contact got today and this week, where the channel has a
// cap, or gets from a claim before this one.
func (w *Workers) sent(ctx context.Context, kind domain.ChannelKind, contacts []domain.ContactID, now, claimed time.Time) (today, week map[domain.ContactID]int, err error) {
	today, week = map[domain.ContactID]int{}, map[domain.ContactID]int{}
	if _, capped := w.Limits.PerDay[kind]; capped {
		if today, err = w.Store.SentSince(ctx, contacts, push.DayStart(now), claimed); err != nil {
			return nil, nil, err
		}
	}
	if _, capped := w.Limits.PerWeek[kind]; capped {
		week, err = w.Store.SentSince(ctx, contacts, push.WeekStart(now), claimed)
	}
	return today, week, err
}

// known asks what the persons have done meanwhile with what waited: what goes
// out as it is planned is not asked for.
func (w *Workers) known(ctx context.Context, claimed []storage.Outgoing, matters map[domain.PushID]matter) (map[domain.DeliveryID]storage.Known, error) {
	var waited []domain.DeliveryID
	for _, o := range claimed {
		for _, d := range o.Deliveries {
			if d.Reason != domain.ReasonNone || matters[d.Push].push.Kind == domain.Reminder {
				waited = append(waited, d.ID)
			}
		}
	}
	return w.Store.Known(ctx, waited)
}

// frequencies asks how often those whose next way has its turn want to be told
// over it, and those for whom more waits than a summary lists.
func (w *Workers) frequencies(ctx context.Context, claimed []storage.Outgoing, matters map[domain.PushID]matter) (map[domain.DeliveryID]domain.Frequency, error) {
	var ids []domain.SubscriberID
	asked := func(o storage.Outgoing, d domain.Delivery) bool {
		most := push.Listed(d.Channel)
		return d.Reason.Spare() || most > 0 && len(o.Deliveries) > most
	}
	for _, o := range claimed {
		for _, d := range o.Deliveries {
			if asked(o, d) {
				ids = append(ids, d.Subscriber)
			}
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	slices.Sort(ids)
	found, err := w.Store.Recipients(ctx, slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	subscribers := map[domain.SubscriberID]*domain.Subscriber{}
	for _, sub := range found {
		subscribers[sub.ID] = sub
	}
	frequencies := map[domain.DeliveryID]domain.Frequency{}
	for _, o := range claimed {
		for _, d := range o.Deliveries {
			if sub := subscribers[d.Subscriber]; sub != nil && asked(o, d) {
				m := matters[d.Push]
				frequencies[d.ID] = push.Frequency(m.push.Kind, w.subject(m.push, m.policy), sub, o.Contact)
			}
		}
	}
	return frequencies, nil
}

// overflow says in the history of a delivery that it was one too many, or that
// the next way of its person is that of their summaries.
func overflow(d domain.Delivery, decision push.Decision) string {
	switch {
	case decision.Reason != domain.ReasonDigest || d.Reason == domain.ReasonDigest:
		return ""
	case d.Reason.Spare():
		return "并入下一份汇总"
	default:
		return "超过频次，并入下一份汇总"
	}
}

func (w *Workers) matter(ctx context.Context, id domain.PushID) (matter, error) {
	p, err := w.Store.Push(ctx, id)
	if err != nil {
		return matter{}, err
	}
	m := matter{push: p}
	if p.Kind == domain.FirstPush {
		if m.listed, m.rest, err = w.listed(ctx, id); err != nil {
			return matter{}, err
		}
	}
	if p.Kind == domain.AnswerPush {
		return m, w.answering(ctx, &m)
	}
	if len(m.listed) > 0 {
		m.policy = m.listed[0].policy
	} else if m.policy, err = w.Store.Policy(ctx, p.Policy); err != nil {
		return matter{}, err
	}
	m.office, err = w.Store.Office(ctx, m.policy.Office)
	return m, err
}
