package push

import (
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
	Subscriber *domain.Subscriber // with contacts; Contact.Suppressed filled in
	Verdict    domain.Verdict     // Likely or Possible
	Now        time.Time
	Limits     Limits
	// Off lists the outgoing channels that are set to off.
	Off []domain.ChannelKind
	// Only restricts a withdrawal notice to the channels over which the
	// original went out. Nil means every channel the person chose.
	Only []domain.ChannelKind
	// Seen tells whether somebody else in this push already gets a message at
	// the address, and takes note of it. One person may stand behind several
	// enterprises. Nil means that nobody does.
	Seen func(channel domain.ChannelKind, address string) bool
}

// Plan returns the deliveries of one person, at most one a channel: every
// outgoing channel on which the person has a verified address is one they
// chose. What must not be sent is returned too, as suppressed with its reason,
// so that every person of the audience is accounted for.
//
// On each channel the first verified address counts that is not suppressed.
// What goes out at once is due now, or when quiet hours end; who chose a
// summary gets it at the next one. A withdrawal waits for no summary, nor does
// the first digest, which is one itself and was asked for just now. What is
// urgent waits for nothing.
func Plan(in Input) []domain.Delivery {
	var deliveries []domain.Delivery
	for _, channel := range domain.Outgoing() {
		contact, ok := choose(in.Subscriber.Contacts, channel)
		if !ok || in.Only != nil && !slices.Contains(in.Only, channel) {
			continue
		}
		d := domain.Delivery{
			Push: in.Push, Subscriber: in.Subscriber.ID, Contact: contact.ID, Channel: channel,
			Verdict: in.Verdict, State: domain.Pending,
		}
		reason := refusal(contact, slices.Contains(in.Off, channel), in.Subscriber.Subscription.Paused, in.Subscriber.Consent.At.IsZero())
		if reason == domain.ReasonNone && in.Seen != nil && in.Seen(channel, contact.Address) {
			reason = domain.ReasonDuplicate
		}
		if reason != domain.ReasonNone {
			d.State, d.Reason, d.EndedAt = domain.Suppressed, reason, in.Now
		} else {
			d.NextAt, d.Reason = in.due(channel, contact.When)
		}
		deliveries = append(deliveries, d)
	}
	return deliveries
}

// choose returns the address to use on a channel.
func choose(contacts []domain.Contact, channel domain.ChannelKind) (chosen domain.Contact, ok bool) {
	for _, c := range contacts {
		switch {
		case c.Kind != channel || !c.Verified || c.Address == "":
		case c.Suppressed == "":
			return c, true
		case !ok:
			chosen, ok = c, true
		}
	}
	return chosen, ok
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

func (in Input) due(channel domain.ChannelKind, when domain.Frequency) (time.Time, domain.Reason) {
	if in.Urgent {
		return in.Now.Truncate(time.Minute), domain.ReasonNone
	}
	if in.Kind != domain.WithdrawalNotice && in.Kind != domain.FirstPush {
		switch when {
		case domain.Daily:
			return in.Limits.quiet(channel, nextAt(in.Now, in.Limits.Digest)), domain.ReasonDigest
		case domain.Weekly:
			return in.Limits.quiet(channel, nextMonday(in.Now, in.Limits.Digest)), domain.ReasonDigest
		}
	}
	if next := in.Limits.quiet(channel, in.Now); next.After(in.Now) {
		return next, domain.ReasonQuietHours
	}
	// Rows with the same time share a batch, so those of one planning do.
	return in.Now.Truncate(time.Minute), domain.ReasonNone
}
