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
	// the address, and Take notes that this one does. One person may stand behind
	// several enterprises. Both are nil where nobody does.
	Seen func(domain.Contact) bool
	Take func(domain.Contact)
}

// Subject is what a push is about, as far as it decides who gets it how.
type Subject struct {
	Themes []string             // of the policy
	Roles  []domain.ContactRole // whom at an enterprise it is for first; none: anybody
	// Deadline is the last day to apply, of a reminder.
	Deadline string
}

// themes returns those that choose the ways of a push.
func (s Subject) themes(kind domain.PushKind) []string {
	if kind.Follows() || kind.Personal() {
		return nil // it takes the way of the original; a first digest is of no theme
	}
	return s.Themes
}

// Frequency returns how often a subscriber wants to be told at a contact of what
// a push is about, as they want it now.
func Frequency(kind domain.PushKind, subject Subject, sub *domain.Subscriber, contact domain.Contact) domain.Frequency {
	for _, turn := range sub.Order(subject.themes(kind), subject.Roles) {
		if sub.Contacts[turn.At].ID == contact.ID {
			return turn.When
		}
	}
	return contact.When // they have chosen other ways since
}

// Plan returns the deliveries of one person, at most one a channel, in the
// order of their preference, see [domain.Subscriber.Order]. Nobody is told of
// one thing twice: the first way that can be used counts, and the others stand
// as suppressed for [domain.ReasonSpare] until the one before fails for good.
// All go out where the person asked for that, where it is urgent, and after an
// original that went out over all. What must not be sent is returned too, as
// suppressed with its reason, so that every person of the audience is accounted
// for.
//
// What goes out at once is due now, or when quiet hours end; who chose a summary
// gets it at the next one. A withdrawal and a correction wait for no summary, nor
// does the first digest, which is one itself and was asked for just now, nor a
// reminder that would come too late. What is urgent waits for nothing. An answer
// to a question was asked for: a pause of pushes does not stop it.
//
// Who looks into their inbox first gets nothing before they had time to: then
// one way after another, see Recheck.
func Plan(in Input) []domain.Delivery {
	sub := in.Subscriber
	inboxFirst, inTurn := in.readsFirst(), in.inTurn()
	order := sub.Order(in.Subject.themes(in.Kind), in.Subject.Roles)
	deliveries := make([]domain.Delivery, 0, len(order))
	var used []domain.Contact
	for _, turn := range order {
		contact := sub.Contacts[turn.At]
		channel := contact.Kind
		if in.Only != nil && !slices.Contains(in.Only, channel) {
			continue
		}
		d := domain.Delivery{
			Push: in.Push, Subscriber: sub.ID, Contact: contact.ID, Channel: channel,
			Verdict: in.Verdict, State: domain.Pending,
		}
		reason := refusal(contact, slices.Contains(in.Off, channel), sub.Subscription.Paused && in.Kind != domain.AnswerPush, sub.Consent.At.IsZero())
		if reason == domain.ReasonNone {
			if n := sub.TurnOf(contact, used); inTurn && n > 1 {
				reason = domain.SpareOf(n)
			} else if in.told(contact, inTurn) {
				reason = domain.ReasonDuplicate
			}
			used = append(used, contact)
		}
		switch {
		case reason != domain.ReasonNone:
			d.State, d.Reason, d.EndedAt = domain.Suppressed, reason, in.Now
		case inboxFirst:
			steps := 1 + pending(deliveries)
			d.NextAt, d.Reason = in.due(channel, turn.When, in.Now.Add(time.Duration(steps)*in.Limits.Unread))
			if d.Reason != domain.ReasonDigest {
				d.Reason = domain.ReasonFallback
			}
		default:
			d.NextAt, d.Reason = in.due(channel, turn.When, in.Now)
		}
		deliveries = append(deliveries, d)
	}
	return deliveries
}

// pending counts the deliveries that are to go out.
func pending(deliveries []domain.Delivery) (n int) {
	for _, d := range deliveries {
		if d.State == domain.Pending {
			n++
		}
	}
	return n
}

// told tells whether the person behind an address already gets a message of
// this push, there or, where one way is enough for them, at another address that
// is known to be theirs. Otherwise it is theirs from now on; a notification goes
// to every browser they have.
func (in Input) told(contact domain.Contact, oneWay bool) bool {
	if in.Seen == nil {
		return false
	}
	addresses := []domain.Contact{contact}
	if contact.Kind == domain.WebPush {
		addresses = domain.Browsers(in.Subscriber.Contacts, contact.ID)
	}
	told := slices.ContainsFunc(addresses, in.Seen)
	if !told && oneWay && contact.Person != 0 {
		told = slices.ContainsFunc(in.Subscriber.Contacts, func(o domain.Contact) bool { return o.Person == contact.Person && o.Verified && in.Seen(o) })
	}
	if !told {
		for _, address := range addresses {
			in.Take(address)
		}
	}
	return told
}

// readsFirst tells whether the person looks into their inbox first.
func (in Input) readsFirst() bool {
	return in.Subscriber.Subscription.Fallback && in.Kind == domain.NewPolicy && !in.Urgent &&
		in.Limits.Unread > 0 && !slices.Contains(in.Off, domain.App)
}

// inTurn tells whether a way goes out only if those before it have failed.
func (in Input) inTurn() bool {
	return !in.Subscriber.Subscription.AtOnce && !in.Urgent && !in.Kind.Follows() && !in.readsFirst()
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
	if summary, ok := in.Limits.summary(channel, when, from, in.Kind, in.Subject.Deadline); ok {
		return summary, domain.ReasonDigest
	}
	if next := in.Limits.quiet(channel, from, in.Kind); next.After(from) {
		return next, domain.ReasonQuietHours
	}
	// Rows with the same time share a batch, so those of one planning do.
	return from.Truncate(time.Minute), domain.ReasonNone
}

// NextSummary returns when the next summary over a channel comes for somebody who
// wants them so often: the next day, unless they want weekly ones.
func (l Limits) NextSummary(channel domain.ChannelKind, when domain.Frequency, now time.Time) time.Time {
	if when != domain.Weekly {
		when = domain.Daily
	}
	next, _ := l.summary(channel, when, now, domain.NewPolicy, "")
	return next
}

// summary returns the next summary of somebody, or false if the message is for
// none. A reminder of a deadline takes a weekly one for a daily one where that
// would come after it.
func (l Limits) summary(channel domain.ChannelKind, when domain.Frequency, from time.Time, kind domain.PushKind, deadline string) (time.Time, bool) {
	if kind.Follows() || kind.Personal() {
		return time.Time{}, false
	}
	inTime := func(t time.Time) bool {
		return kind != domain.Reminder || deadline == "" || t.In(Shanghai()).Format(time.DateOnly) <= deadline
	}
	daily := l.summaryAt(channel, nextAt(from, l.Digest), kind)
	switch when {
	case domain.Daily:
		return daily, inTime(daily)
	case domain.Weekly:
		if weekly := l.summaryAt(channel, nextMonday(from, l.Digest), kind); inTime(weekly) {
			return weekly, true
		}
		return daily, inTime(daily)
	default:
		return time.Time{}, false
	}
}
