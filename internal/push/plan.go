package push

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"policypush/internal/domain"
)

// Input is what is known when a push is planned for one person.
type Input struct {
	Push       domain.PushID
	Kind       domain.PushKind
	Urgent     bool
	Subject    Subject
	Subscriber *domain.Subscriber // with contacts; Contact.Suppressed filled in
	Verdict    domain.Verdict     // Likely or Possible
	Now        time.Time
	Limits     Limits
	// Off lists the channels that are set to off.
	Off []domain.ChannelKind
	// Only restricts a notice to the channels over which the original went
	// out. Nil means every channel the person chose.
	Only []domain.ChannelKind
	// Seen tells whether somebody else in this push already gets a message at
	// the address, and takes note of it. One person may stand behind several
	// enterprises. Nil means that nobody does.
	Seen func(domain.Contact) bool
}

// Subject is what a push is about, as far as it decides who gets it how.
type Subject struct {
	Themes []string             // of the policy
	Roles  []domain.ContactRole // whom at an enterprise it is for first; none: anybody
	// Deadline is the last day to apply, of a reminder.
	Deadline string
}

var outgoing = domain.Outgoing()

// Plan returns the deliveries of one person, at most one a channel: every
// outgoing channel on which the person has a verified address is one they
// chose, unless they chose others for a theme of the policy. What must not be
// sent is returned too, as suppressed with its reason, so that every person of
// the audience is accounted for.
//
// On each channel one address counts, see [domain.ChooseContact]. What goes out at once is due
// now, or when quiet hours end; who chose a summary gets it at the next one. A
// withdrawal and a correction wait for no summary, nor does the first digest,
// which is one itself and was asked for just now, nor a reminder that would
// come too late. What is urgent waits for nothing. An answer to a question was
// asked for: a pause of pushes does not stop it.
//
// Who looks into their inbox first gets nothing before they had time to: then
// one channel after another, in the order of their contacts, see Recheck.
func Plan(in Input) []domain.Delivery {
	sub := in.Subscriber
	ways, special := sub.Subscription.WaysFor(in.Subject.Themes)
	if in.Kind.Follows() || in.Kind.Personal() {
		special = false // it takes the way of the original; a first digest is of no theme
	}
	first := in.readsFirst()
	var deliveries []domain.Delivery
	var order []int // of the contacts that are to be used, for the fallback
	for _, channel := range outgoing {
		at := domain.ChooseContact(sub.Contacts, channel, in.Subject.Roles)
		if at < 0 || in.Only != nil && !slices.Contains(in.Only, channel) {
			continue
		}
		contact := sub.Contacts[at]
		if special {
			way := slices.IndexFunc(ways, func(w domain.Way) bool { return w.Channel == channel })
			if way < 0 {
				continue
			}
			contact.When = ways[way].When
		}
		d := domain.Delivery{
			Push: in.Push, Subscriber: sub.ID, Contact: contact.ID, Channel: channel,
			Verdict: in.Verdict, State: domain.Pending,
		}
		reason := refusal(contact, slices.Contains(in.Off, channel), sub.Subscription.Paused && in.Kind != domain.AnswerPush, sub.Consent.At.IsZero())
		if reason == domain.ReasonNone && in.told(contact) {
			reason = domain.ReasonDuplicate
		}
		if reason != domain.ReasonNone {
			d.State, d.Reason, d.EndedAt = domain.Suppressed, reason, in.Now
		} else {
			d.NextAt, d.Reason = in.due(channel, contact.When, in.Now)
			if first {
				order = append(order, at)
			}
		}
		deliveries = append(deliveries, d)
	}
	in.fallBack(deliveries, order)
	return deliveries
}

// told tells whether the person behind an address already gets a message of
// this push; a notification goes to every browser they have.
func (in Input) told(contact domain.Contact) bool {
	switch {
	case in.Seen == nil:
		return false
	case contact.Kind != domain.WebPush:
		return in.Seen(contact)
	}
	told := false
	for _, c := range domain.Browsers(in.Subscriber.Contacts, contact.ID) {
		told = in.Seen(c) || told
	}
	return told
}

// readsFirst tells whether the person looks into their inbox first.
func (in Input) readsFirst() bool {
	return in.Subscriber.Subscription.Fallback && in.Kind == domain.NewPolicy && !in.Urgent &&
		in.Limits.Unread > 0 && !slices.Contains(in.Off, domain.App)
}

// fallBack moves what would go out back: the first channel in the order of the
// contacts waits once for the inbox to be read, the second twice.
func (in Input) fallBack(deliveries []domain.Delivery, order []int) {
	slices.Sort(order)
	for step, at := range order {
		contact := in.Subscriber.Contacts[at]
		d := &deliveries[slices.IndexFunc(deliveries, func(d domain.Delivery) bool { return d.Contact == contact.ID && d.State == domain.Pending })]
		when := contact.When
		if ways, special := in.Subscriber.Subscription.WaysFor(in.Subject.Themes); special {
			when = ways[slices.IndexFunc(ways, func(w domain.Way) bool { return w.Channel == d.Channel })].When
		}
		d.NextAt, d.Reason = in.due(d.Channel, when, in.Now.Add(time.Duration(step+1)*in.Limits.Unread))
		if d.Reason != domain.ReasonDigest {
			d.Reason = domain.ReasonFallback
		}
	}
}

// refusal says why nothing may be sent to a contact, whatever the time.
func refusal(c domain.Contact, off, paused, noConsent bool) domain.Reason {
	switch {
	case off:
		return domain.ReasonChannelOff
	case c.Address == "":
		return domain.ReasonNoAddress
	case c.Suppressed != "":
		return suppression(c.Suppressed)
	case noConsent:
		return domain.ReasonNoConsent
	case paused:
		return domain.ReasonPaused
	default:
		return domain.ReasonNone
	}
}

// suppression turns the entry of the stop-list, stopped or bounce:5.1.1, into
// the reason that is shown.
func suppression(entry string) domain.Reason {
	if code, bounced := strings.CutPrefix(entry, "bounce"); bounced {
		return domain.ReasonBadAddress + domain.Reason(code)
	}
	return domain.ReasonStopped
}

// due returns when a message may go, at a time or later, and what it waits for.
func (in Input) due(channel domain.ChannelKind, when domain.Frequency, from time.Time) (time.Time, domain.Reason) {
	if in.Urgent {
		return from.Truncate(time.Minute), domain.ReasonNone
	}
	if summary, ok := in.summary(channel, when, from); ok {
		return summary, domain.ReasonDigest
	}
	if next := in.Limits.quiet(channel, from, in.Kind); next.After(from) {
		return next, domain.ReasonQuietHours
	}
	// Rows with the same time share a batch, so those of one planning do.
	return from.Truncate(time.Minute), domain.ReasonNone
}

// summary returns the next summary of somebody, or false if the message is for
// none. A reminder takes a weekly one for a daily one where that would come
// after the deadline.
func (in Input) summary(channel domain.ChannelKind, when domain.Frequency, from time.Time) (time.Time, bool) {
	if in.Kind.Follows() || in.Kind.Personal() {
		return time.Time{}, false
	}
	daily := in.Limits.quiet(channel, nextAt(from, in.Limits.Digest), in.Kind)
	switch when {
	case domain.Daily:
		return daily, in.inTime(daily)
	case domain.Weekly:
		if weekly := in.Limits.quiet(channel, nextMonday(from, in.Limits.Digest), in.Kind); in.inTime(weekly) {
			return weekly, true
		}
		return daily, in.inTime(daily)
	default:
		return time.Time{}, false
	}
}

// inTime tells whether a reminder that comes at a time is not too late. Nothing
// else is.
func (in Input) inTime(t time.Time) bool {
	return in.Kind != domain.Reminder || in.Subject.Deadline == "" || cmp.Compare(t.In(Shanghai()).Format(time.DateOnly), in.Subject.Deadline) <= 0
}
