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
	Deadline string         // of a reminder, as Subject's
	Contact  domain.Contact // address empty if it was removed
	Policy   *domain.Policy // as it is now; Status and Expires are read
	// When is how often the way may be used for what the push is about; it is
	// read where the turn of a spare way has come, see Frequency.
	When domain.Frequency

	Paused    bool // the person paused every push
	NoConsent bool
	Off       bool // the channel is set to off
	Fallback  bool // the person looks into their inbox first
	Read      bool // they read it there
	PutAside  bool // they said of the policy 与我无关 or 已办理
	Repeat    bool // they got the policy over this channel before
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

// Recheck decides again at the time of sending. What is too much for a day or
// a week joins the person's next summary; it is never dropped. What somebody
// has put aside or got before is not sent, nor what they have read in their inbox
// where that comes first or another way has failed. A withdrawal
// or a correction is sent whatever was done with the original, and is not
// capped: who was told must know. So is the answer to a question. What is urgent is neither capped nor kept
// for the morning.
func Recheck(c Check) Decision {
	if reason := refusal(c.Contact, c.Off, c.Paused && c.Kind != domain.AnswerPush, c.NoConsent); reason != domain.ReasonNone {
		return Decision{State: domain.Suppressed, Reason: reason}
	}
	if c.Kind != domain.WithdrawalNotice && c.Kind != domain.AnswerPush {
		if state := ended(c.Policy, c.Now); state != "" {
			return Decision{State: state, Reason: domain.ReasonPolicyEnded}
		}
	}
	if !c.Kind.Follows() && c.Kind != domain.AnswerPush {
		if end := c.needless(); end.State != "" {
			return end
		}
		if next := c.capped(); !c.Urgent && next.After(c.Now) {
			return Decision{State: domain.Pending, Reason: domain.ReasonDigest, NextAt: c.Limits.summaryAt(c.Delivery.Channel, next, c.Kind)}
		}
	}
	if c.Delivery.Reason.Spare() { // its turn has come: from here on it goes as any other
		if next, ok := c.Limits.summary(c.Delivery.Channel, c.When, c.Now, c.Kind, c.Deadline); ok {
			return Decision{State: domain.Pending, Reason: domain.ReasonDigest, NextAt: next}
		}
	}
	if next := c.Limits.quiet(c.Delivery.Channel, c.Now, c.Kind); !c.Urgent && next.After(c.Now) {
		return c.hold(next)
	}
	return Decision{State: domain.Sending}
}

// needless returns the end of what the person does not need any more.
func (c Check) needless() Decision {
	switch {
	case c.Kind == domain.Reminder && c.Deadline != "" && c.Now.In(Shanghai()).Format(time.DateOnly) > c.Deadline:
		return Decision{State: domain.Lapsed, Reason: domain.ReasonDeadline}
	case c.Kind == domain.Reminder && c.Deadline != "" && !c.Policy.EndsOn(c.Deadline):
		return Decision{State: domain.Lapsed, Reason: domain.ReasonMoved}
	case c.PutAside:
		return Decision{State: domain.Suppressed, Reason: domain.ReasonPutAside}
	case (c.Fallback || c.Delivery.Reason.Spare()) && c.Read && c.Kind == domain.NewPolicy && !c.Urgent:
		return Decision{State: domain.Suppressed, Reason: domain.ReasonRead}
	case c.Repeat:
		return Decision{State: domain.Suppressed, Reason: domain.ReasonRepeat}
	default:
		return Decision{}
	}
}

// hold keeps a delivery back for the morning. Part of a summary stays that,
// whatever holds it: its reason is what gathers the parts.
func (c Check) hold(next time.Time) Decision {
	reason := domain.ReasonQuietHours
	if c.Delivery.Reason == domain.ReasonDigest {
		reason, next = domain.ReasonDigest, c.Limits.summaryAt(c.Delivery.Channel, c.Now, c.Kind)
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

// capped returns when the contact may get the next message, as part of a
// summary. The cap of e-mail is for single ones: a summary is one by itself.
// A reminder passes the cap of the week, and that of the day if it would come
// too late.
func (c Check) capped() time.Time {
	channel, next := c.Delivery.Channel, time.Time{}
	if !channel.Rings() && c.Delivery.Reason == domain.ReasonDigest {
		return next
	}
	reminds := c.Kind == domain.Reminder
	if limit, ok := c.Limits.PerDay[channel]; ok && c.SentToday >= limit {
		tomorrow := DayStart(c.Now).Add(day + c.Limits.Digest)
		if !reminds || c.Deadline == "" || tomorrow.Format(time.DateOnly) <= c.Deadline {
			next = tomorrow
		}
	}
	if limit, ok := c.Limits.PerWeek[channel]; ok && c.SentThisWeek >= limit && !reminds {
		next = WeekStart(c.Now).AddDate(0, 0, 7).Add(c.Limits.Digest)
	}
	return next
}
