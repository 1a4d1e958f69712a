package domain

import (
	"testing"

	"pgregory.net/rapid"
)

func TestDeliveryIDsAreOfTheirThreePartsAndInTheRangeOfTheirPush(t *testing.T) {
	seen := map[DeliveryID][3]any{}
	rapid.Check(t, func(t *rapid.T) {
		push := PushID(rapid.OneOf(rapid.Int64Range(1, 5), rapid.Int64Range(1, 1<<27-2)).Draw(t, "push"))
		subscriber := SubscriberID(rapid.OneOf(rapid.Int64Range(0, 5), rapid.Int64Range(0, 1<<32-1)).Draw(t, "subscriber"))
		channel := rapid.SampledFrom(Channels()).Draw(t, "channel")
		id, err := NewDeliveryID(push, subscriber, channel)
		if err != nil || id < 1 {
			t.Fatalf("id %d: %v", id, err)
		}
		if from, until := DeliveriesOf(push); id < from || id >= until {
			t.Fatalf("%d is not in the range %d–%d of push %d", id, from, until, push)
		}
		if first, last := DeliveriesTo(push, subscriber); id < first || id > last || first.Subscriber() != subscriber || last.Subscriber() != subscriber {
			t.Fatalf("%d is not among %d–%d of %d", id, first, last, subscriber)
		}
		parts := [3]any{push, subscriber, channel}
		if before, there := seen[id]; there && before != parts {
			t.Fatalf("%d is of %v and of %v", id, before, parts)
		}
		seen[id] = parts
	})
}

func TestDeliveryIDsKeepTheirNumbers(t *testing.T) {
	for channel, want := range map[ChannelKind]DeliveryID{
		App: 7<<36 | 9<<4, SMS: 7<<36 | 9<<4 | 1, Email: 7<<36 | 9<<4 | 2, "paper": 7<<36 | 9<<4 | 7,
	} {
		if id, err := NewDeliveryID(7, 9, channel); err != nil || id != want {
			t.Errorf("%s: %d, want %d (%v)", channel, id, want, err)
		}
	}
	for what, bad := range map[string]error{
		"no push":              errOf(NewDeliveryID(0, 9, SMS)),
		"push too large":       errOf(NewDeliveryID(1<<27-1, 9, SMS)),
		"subscriber too large": errOf(NewDeliveryID(7, 1<<32, SMS)),
		"no such channel":      errOf(NewDeliveryID(7, 9, "fax")),
	} {
		if KindOf(bad) != Invalid {
			t.Errorf("%s: %v", what, bad)
		}
	}
}

func TestDeliveryIDsTellTheirParts(t *testing.T) {
	for _, push := range []PushID{1, 77, 1<<pushBits - 2} {
		for _, subscriber := range []SubscriberID{0, 1, 1<<subscriberBits - 1} {
			id, err := NewDeliveryID(push, subscriber, Paper)
			if err != nil || id.Push() != push || id.Subscriber() != subscriber {
				t.Errorf("%d of %d: %d is of %d to %d, %v", push, subscriber, id, id.Push(), id.Subscriber(), err)
			}
		}
	}
}

func errOf(_ DeliveryID, err error) error { return err }
