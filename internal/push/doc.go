// Package push decides what is sent to one person of an audience, over which
// channel, when, and in which words. It knows no database and no clock:
// callers hand in what is known and the time, and get rows and messages back.
//
// It decides twice. Plan decides when a push is planned, Recheck again just
// before a message goes out, because between the two somebody may have said
// 退订, night may have fallen or the policy may have been withdrawn.
//
// One thing is told to a person once: over the first way of their order, which
// is that of their contacts or what they chose for a theme. The others are spare
// and step in, one after another, as soon as the one before has failed for good;
// storage does that in the transaction that records the failure, also for others
// who have the address and were to hear of it there. Somebody may ask instead for
// all ways at once, or for their inbox first: then one way after another carries
// what lies there unread.
//
// A new subscriber's first digest is a push of its own: planned like any other,
// but waiting for no summary, for it is one.
//
// The inbox needs no rows: it is computed from the frozen audience. Rows are
// for what leaves the house, at most one for a push, person and channel.
package push
