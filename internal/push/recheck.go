package push

import (
	"time"

	"policypush/internal/domain"
)

// Check is what is known just before a delivery goes out.
type Check struct {
	Delivery domain.Delivery
	Kind     domain.PushKind
	Urgent   bool
	Contact  domain.Contact // address empty if it was removed
	Policy   *domain.Policy // as it is now; Status and Expires are read

	Paused    bool // the person paused every push
	NoConsent bool
	Off       bool // the channel is set to off
	// SentToday and SentThisWeek count what went to the contact since DayStart
	// and WeekStart.
	SentToday    int
	SentThisWeek int

	Now    time.Time
	Limits Limits
}

// Decision is what is to be done with a delivery. State is Sending if it goes
// out now, Pending if it waits until NextAt, and otherwise its end.
type Decision struct {
	State  domain.DeliveryState
	Reason domain.Reason
	NextAt time.Time
}

// Recheck decides again at the time of sending. Too many messages hold the
// next one back until it may go, they never drop it. A withdrawal notice is
// sent although its policy is gone, and is not capped: who was told must know.
// What is urgent is neither capped nor kept for the morning.
func Recheck(c Check) Decision {
	if reason := refusal(c.Contact, c.Off, c.Paused, c.NoConsent); reason != domain.ReasonNone {
		return Decision{State: domain.Suppressed, Reason: reason}
	}
	if c.Kind != domain.WithdrawalNotice {
		if state := ended(c.Policy, c.Now); state != "" {
			return Decision{State: state, Reason: domain.ReasonPolicyEnded}
		}
		if next := c.capped(); !c.Urgent && next.After(c.Now) {
			return c.hold(domain.ReasonCap, next)
		}
	}
	if next := c.Limits.quiet(c.Delivery.Channel, c.Now); !c.Urgent && next.After(c.Now) {
		return c.hold(domain.ReasonQuietHours, next)
	}
	return Decision{State: domain.Sending}
}

// hold keeps a delivery back. Part of a summary stays that, whatever holds it:
// its reason is what gathers the parts.
func (c Check) hold(reason domain.Reason, next time.Time) Decision {
	if c.Delivery.Reason == domain.ReasonDigest {
		reason = domain.ReasonDigest
	}
	return Decision{State: domain.Pending, Reason: reason, NextAt: next}
}

// ended returns the state that a policy which is over brings its deliveries
// to, or "" if it stands.
func ended(p *domain.Policy, now time.Time) domain.DeliveryState {
	switch {
	case p.Status == domain.Expired:
		return domain.Lapsed
	case p.Status != domain.Published:
		return domain.CalledBack
	case !p.InForce(now.In(Shanghai()).Format(time.DateOnly)):
		return domain.Lapsed
	default:
		return ""
	}
}

// capped returns when the contact may get the next message. The cap of e-mail
// is for single ones: a summary is one by itself.
func (c Check) capped() time.Time {
	channel, next := c.Delivery.Channel, time.Time{}
	if channel == domain.Email && c.Delivery.Reason == domain.ReasonDigest {
		return next
	}
	morning := c.Limits.morning()
	if limit, ok := c.Limits.PerDay[channel]; ok && c.SentToday >= limit {
		next = DayStart(c.Now).Add(day + morning)
	}
	if limit, ok := c.Limits.PerWeek[channel]; ok && c.SentThisWeek >= limit {
		next = WeekStart(c.Now).AddDate(0, 0, 7).Add(morning)
	}
	return next
}
