// Package paper makes letters of what is told to those who get it on paper:
// the Sender, whose messages wait for somebody who prints them, and the pages
// that are printed together for a village, see [Page].
package paper

import (
	"context"

	"policypush/internal/channel"
	"policypush/internal/domain"
)

// Gateway is what the ledger calls the printer and whoever hands letters out.
const Gateway = "print"

// Sender is the channel.Sender of paper. It hands over nothing: a letter with
// an address is Waiting.
type Sender struct{}

// Send implements channel.Sender.
func (Sender) Send(_ context.Context, ms []channel.Message) []channel.Result {
	results := make([]channel.Result, len(ms))
	for i, m := range ms {
		results[i] = channel.Result{Ref: m.Ref, Gateway: Gateway, Class: channel.Waiting}
		if _, err := domain.ParsePaperAddress(m.To); err != nil {
			results[i].Class, results[i].Code, results[i].Note, results[i].BadAddress = channel.Permanent, "address", "地址不完整", true
		}
	}
	return results
}

// Close implements channel.Sender.
func (Sender) Close() error { return nil }
