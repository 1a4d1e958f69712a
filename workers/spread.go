package workers

import (
	"slices"

	"policypush/internal/channel"
)

// spread returns the messages of letters, one to each address, and the place
// of the letter that each is of. A person's browsers get one letter together.
func spread(letters []letter) (messages []channel.Message, of []int) {
	for i, l := range letters {
		messages, of = append(messages, l.message), append(of, i)
		for _, c := range l.others {
			m := l.message
			m.To = c.Address
			messages, of = append(messages, m), append(of, i)
		}
	}
	return messages, of
}

// deadAddress is an address that must not be used again.
type deadAddress struct{ ref, address, code string }

// best orders what can become of a letter with several addresses. One that took
// it is enough; one that may have taken it keeps it from being repeated.
var best = []channel.Class{channel.Accepted, channel.Waiting, channel.Unknown, channel.Config, channel.Quota, channel.Throttled, channel.Retry, channel.Permanent}

// gather returns what became of each letter, and which of the addresses are
// dead.
func gather(messages []channel.Message, of []int, results []channel.Result) (letters []channel.Result, dead []deadAddress) {
	for i, r := range results {
		if r.Class == channel.Permanent && r.BadAddress {
			dead = append(dead, deadAddress{messages[i].Ref, messages[i].To, r.Code})
		}
		switch at := of[i]; {
		case at == len(letters):
			letters = append(letters, r)
		case slices.Index(best, r.Class) < slices.Index(best, letters[at].Class):
			letters[at] = r
		}
	}
	return letters, dead
}
