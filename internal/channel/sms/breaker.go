package sms

import (
	"context"
	"math/bits"
	"time"

	"policypush/internal/channel"
)

// How a provider falls out and comes back.
const (
	// inARow failures one after the other put a provider out, as do half of the
	// last sixteen.
	inARow = 3
	// patience is how long a provider may be silent with a message in its hands,
	// no answer to any other coming either, before it is put out. The message
	// goes on waiting for its answer.
	patience = 5 * time.Second
	// firstRest is how long it is left alone then; each probe that fails doubles
	// it up to longestRest.
	firstRest   = 2 * time.Second
	longestRest = time.Minute
	// probeEvery is how many messages others take for one that probes a provider
	// that failed: two thirds of a hundredth.
	probeEvery = 150
	// quotaRest and configRest are how long a provider is left alone that says
	// that the account is used up, or that our settings are wrong.
	quotaRest  = 10 * time.Minute
	configRest = time.Minute
)

// guard keeps a provider that does not work from getting messages. Its fields
// below the line belong to Line.mu.
type guard struct {
	Provider
	slots chan struct{} // one for each message that the provider takes at a time

	out       bool
	fell      chan struct{} // closed when it falls out
	why       channel.Result
	failed    bool // fell out by failures, not because it asked for a pause
	until     time.Time
	rested    time.Duration // from the fall to until
	rest      time.Duration
	probing   bool
	elsewhere int       // messages that others took since it fell out or was probed
	history   uint16    // of the last outcomes, a bit each: 1 is a failure
	spoke     time.Time // when it last answered
}

func newGuard(p Provider) *guard {
	return &guard{Provider: p, slots: make(chan struct{}, max(1, p.Window())), fell: make(chan struct{}), rest: firstRest}
}

// choice is the provider that a message goes to. A message that probes one that
// is out needs no slot: messages without an answer may hold them all.
type choice struct {
	*guard
	probe bool
	fell  <-chan struct{}
}

// enter waits for a slot. It returns false if the provider falls out first or
// ctx ends.
func (c choice) enter(ctx context.Context) bool {
	if c.probe {
		return true
	}
	select {
	case c.slots <- struct{}{}:
		return true
	case <-c.fell:
	case <-ctx.Done():
	}
	return false
}

func (c choice) leave() {
	if !c.probe {
		<-c.slots
	}
}

// resting is the result of a message that has to wait for a provider.
func (g *guard) resting(now time.Time) channel.Result {
	r := channel.Result{Class: g.why.Class, Code: g.why.Code, Note: g.why.Note, Gateway: g.Name(), After: max(g.left(now), time.Second)}
	if g.failed {
		r.Class, r.Code = channel.Throttled, "resting"
	}
	return r
}

// left is how long the provider is still left alone. A clock that was set back
// makes that no longer than it was at first.
func (g *guard) left(now time.Time) time.Duration {
	if g.until.Sub(now) > g.rested {
		g.until = now.Add(g.rested)
	}
	return g.until.Sub(now)
}

// choose returns the provider that a message goes to, or false when there is
// none.
func (l *Line) choose(tried map[*guard]bool) (choice, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.cfg.Now()
	others := false
	for _, g := range l.guards {
		others = others || !g.out && !tried[g]
	}
	for _, g := range l.guards {
		switch {
		case tried[g]:
		case !g.out:
			return choice{guard: g, fell: g.fell}, true
		case !g.probing && g.left(now) <= 0 && (!g.failed || !others || g.elsewhere >= probeEvery):
			g.probing, g.elsewhere = true, 0
			return choice{guard: g, probe: true}, true
		}
	}
	return choice{}, false
}

// flight is a message in the hands of a provider.
type flight struct {
	g     *guard
	probe bool
	begun time.Time
	watch *time.Timer
}

// depart notes that a message goes to a provider.
func (l *Line) depart(c choice) *flight {
	f := &flight{g: c.guard, probe: c.probe, begun: l.cfg.Now()}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, other := range l.guards {
		if other != f.g && other.out {
			other.elsewhere++
		}
	}
	f.watch = time.AfterFunc(patience, func() { l.overdue(f) })
	return f
}

// overdue puts a provider out that has said nothing since a message was handed
// to it.
func (l *Line) overdue(f *flight) {
	silent := channel.Result{Class: channel.Unknown, Code: "silent"}
	l.mu.Lock()
	was := f.g.out
	if !f.g.spoke.After(f.begun) && (f.probe || !was) {
		f.g.fall(l.cfg.Now(), silent, true, f.g.rest)
	}
	is := f.g.out
	l.mu.Unlock()
	if was != is {
		l.tell(f.g, false, silent)
	}
}

// arrive notes what a provider said about a message, and puts it out or takes
// it back. What came of it because our own process ends, or because of our words,
// says nothing about the provider.
func (l *Line) arrive(ctx context.Context, f *flight, r channel.Result, whole bool) {
	f.watch.Stop()
	g, now := f.g, l.cfg.Now()
	l.mu.Lock()
	was := g.out
	switch {
	case ctx.Err() != nil && (r.Class == channel.Unknown || r.Class == channel.Retry), r.Class == channel.Config && !whole:
		g.probing = g.probing && !f.probe
	case whole && r.Class == channel.Quota:
		g.fall(now, r, false, max(r.After, quotaRest))
	case whole && r.Class == channel.Config:
		g.fall(now, r, false, max(r.After, configRest))
	case whole && r.Class == channel.Throttled:
		g.fall(now, r, false, max(r.After, time.Second))
	case r.Class == channel.Unknown || r.Class == channel.Retry:
		g.history = g.history<<1 | 1
		if f.probe || !g.out && (g.history&(1<<inARow-1) == 1<<inARow-1 || bits.OnesCount16(g.history) >= 8) {
			g.fall(now, r, true, g.rest)
		}
	default: // it works, whatever it thinks of this message
		g.spoke = now
		g.history <<= 1
		if f.probe {
			g.rise()
		}
	}
	is := g.out
	l.mu.Unlock()
	if was != is {
		l.tell(g, !is, r)
	}
}

func (l *Line) tell(g *guard, up bool, r channel.Result) {
	if l.cfg.Changed != nil {
		l.cfg.Changed(g.Name(), up, r)
	}
}

// fall puts a provider out for a while.
func (g *guard) fall(now time.Time, why channel.Result, failed bool, rest time.Duration) {
	g.why, g.failed, g.probing, g.elsewhere = why, failed, false, 0
	g.until, g.rested = now.Add(rest), rest
	if failed {
		g.rest = min(2*rest, longestRest)
	}
	if !g.out {
		g.out = true
		close(g.fell)
	}
}

// rise takes a provider back.
func (g *guard) rise() {
	g.out, g.probing, g.rest, g.history = false, false, firstRest, 0
	g.fell = make(chan struct{})
}
