package channel

import (
	"context"
	"time"

	"policypush/internal/domain"
)

// Inquiry asks a gateway about a message that it was handed and did not answer
// for.
type Inquiry struct {
	Ref        string    // our reference
	GatewayRef string    // the gateway's own, empty if it gave none
	Gateway    string    // which of the channel's gateways had it, see Result
	To         string    // the address
	At         time.Time // when it was handed over
}

// Fate is what a gateway says about a message afterwards.
type Fate struct {
	Ref        string
	GatewayRef string
	Gateway    string // which of the channel's gateways says so, as Result.Gateway
	// State is Accepted, Delivered or Failed, and empty while the gateway
	// cannot tell: the message stays in doubt and is asked about again.
	State domain.DeliveryState
	Code  string
	Note  string // as Result.Note
	// BadAddress is as in Result.
	BadAddress bool
}

// Querier is a Sender whose gateway can be asked what became of a message. It
// answers each inquiry or leaves it out; it sends nothing. An error is that the
// gateway was not reached.
type Querier interface {
	Query(ctx context.Context, asked []Inquiry) ([]Fate, error)
}

// Tally is a gateway's own count of the messages that it took from us.
type Tally struct {
	Gateway  string // as Result.Gateway
	Accepted int
	// Parts tells that parts of long texts are counted, as Result.Units.
	Parts bool
	// Receipts tells that Delivered and Failed are counted as well: those of
	// the messages accepted in that time whose end the gateway knows.
	Receipts          bool
	Delivered, Failed int
}

// Accountant is a Sender whose gateways keep a count of their own, which the
// ledger is compared with each day. Statement covers from, and all before to;
// a gateway that keeps no count is left out.
type Accountant interface {
	Statement(ctx context.Context, from, to time.Time) ([]Tally, error)
}
