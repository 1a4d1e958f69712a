// Package push decides what is sent to one person of an audience, over which
// channel, when, and in which words. It knows no database and no clock:
// callers hand in what is known and the time, and get rows and messages back.
//
// It decides twice. Plan decides when a push is planned, Recheck again just
// before a message goes out, because between the two somebody may have said
// 退订, night may have fallen or the policy may have been withdrawn.
//
// A new subscriber's first digest is a push of its own: planned like any other,
// but waiting for no summary, for it is one.
//
// The inbox needs no rows: it is computed from the frozen audience. Rows are
// for what leaves the house, at most one for a push, person and channel.
package push
