package domain

import "slices"

// Ids are given by the database, start at 1 and are never reused. A
// SubscriberID stays below 1<<32: it is the number that audiences hold.
type (
	// OfficeID names a policy office.
	OfficeID int64
	// OperatorID names a person who works in the console.
	OperatorID int64
	// PolicyID names a policy over all its versions.
	PolicyID int64
	// SubscriberID names an enterprise or a resident.
	SubscriberID int64
	// ContactID names one address of a subscriber.
	ContactID int64
	// PushID names one push of one policy version.
	PushID int64
	// DeliveryID names one message to one person over one channel, see
	// [NewDeliveryID].
	DeliveryID int64
	// BatchID names up to 500 deliveries of one push and channel.
	BatchID int64
	// PrintID names up to MaxLetters letters that are printed together.
	PrintID int64
	// JoinID names an invitation or an application to stand for an enterprise.
	JoinID int64
	// QuestionID names a question asked by a subscriber.
	QuestionID int64
)

// MeasureID names a measure within its policy: m1, m2, …
type MeasureID string

// The parts of a DeliveryID, from the right: the number of the channel, the
// subscriber, the push.
const (
	channelBits    = 4
	subscriberBits = 32
	pushBits       = 63 - subscriberBits - channelBits
)

// numbered lists the channels in the order of their numbers, which stand in
// delivery ids and never change.
var numbered = []ChannelKind{App, SMS, Email, WeChat, WebPush, Webhook, JPush, Paper}

// NewDeliveryID makes the id of the message of a push to a subscriber over a
// channel. It is made of these three, so that no second one can be planned, the
// ids of a push are one range, and those of pushes that are long over can be
// removed as such. It fails with Invalid if one of them is out of its bounds.
func NewDeliveryID(push PushID, subscriber SubscriberID, channel ChannelKind) (DeliveryID, error) {
	n := slices.Index(numbered, channel)
	if n < 0 || push < 1 || push >= 1<<pushBits-1 || subscriber < 0 || subscriber >= 1<<subscriberBits {
		return 0, Errorf(Invalid, "推送%d、对象%d、渠道%s编不成消息编号", push, subscriber, channel)
	}
	return DeliveryID(int64(push)<<(subscriberBits+channelBits) | int64(subscriber)<<channelBits | int64(n)), nil
}

// Push returns the push that a delivery is of.
func (id DeliveryID) Push() PushID { return PushID(int64(id) >> (subscriberBits + channelBits)) }

// Subscriber returns whom a delivery is for.
func (id DeliveryID) Subscriber() SubscriberID {
	return SubscriberID(int64(id) >> channelBits & (1<<subscriberBits - 1))
}

// DeliveriesTo returns the first and the last id that deliveries of a push to
// one subscriber may have.
func DeliveriesTo(push PushID, subscriber SubscriberID) (first, last DeliveryID) {
	first = DeliveryID(int64(push)<<(subscriberBits+channelBits) | int64(subscriber)<<channelBits)
	return first, first + 1<<channelBits - 1
}

// DeliveriesOf returns the first id of a push and the one after its last.
func DeliveriesOf(push PushID) (from, until DeliveryID) {
	const bits = subscriberBits + channelBits
	return DeliveryID(int64(push) << bits), DeliveryID(int64(push+1) << bits)
}
