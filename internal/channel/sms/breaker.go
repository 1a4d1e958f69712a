package sms

import (
	"context"
	"math/bits"
	"time"

	"policypush/internal/channel"
	"policypush/internal/domain"
)

// How a provider falls out and comes back.
const (
	// inARow failures one after the other put a provider out, as do half of the
	// last sixteen.
	inARow = 3
	// defaultPatience is LineConfig.Patience where that is not set.
	defaultPatience = 5 * time.Second
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
	elsewhere int    // messages that others took since it fell out or was probed
	history   uint16 // of the last outcomes, a bit each: 1 is a failure
	answers   uint64 // how often it has answered
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
// ctx ends, and the result of a message that waits in vain: messages without an
// answer hold all slots, and none has been answered for the line's patience.
func (l *Line) enter(ctx context.Context, c choice) (in bool, full *channel.Result) {
	if c.probe {
		return true, nil
	}
	for before := l.answersOf(c.guard); ; {
		timer := time.NewTimer(l.cfg.Patience)
		select {
		case c.slots <- struct{}{}:
			in = true
		case <-c.fell:
		case <-ctx.Done():
		case <-timer.C:
			now := l.answersOf(c.guard)
			if now != before {
				before = now
				continue
			}
			full = &channel.Result{Class: channel.Throttled, Code: "resting", Gateway: c.Name(), After: time.Second}
		}
		timer.Stop()
		return in, full
	}
}

func (l *Line) answersOf(g *guard) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return g.answers
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
	g       *guard
	probe   bool
	answers uint64 // of the provider, before
	late    bool   // told as in doubt by now: what it was counted as already
}

// answered is what a provider said about a message.
type answered struct {
	channel.Result
	whole bool
}

// hand hands a message to a provider and waits for the answer, but not longer
// than the line's patience: a provider that is silent must not hold those who
// send. Then the message is in doubt; the call goes on in its own time, and what
// is answered late is reported as a receipt would be.
func (l *Line) hand(ctx context.Context, c choice, t Text) (channel.Result, bool) {
	f, units := l.depart(c), 0
	if p, counts := c.Provider.(unitary); counts {
		units = p.units(t)
	}
	answer := make(chan answered) // without room: who has gone gets nothing
	gone := make(chan struct{})
	call, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, cancel)
	keep := context.AfterFunc(l.closing, cancel)
	go func() {
		defer cancel()
		defer keep()
		r, whole := c.Submit(call, t)
		r.Gateway, r.Units = c.Name(), units
		l.arrive(call, f, r, whole)
		c.leave()
		select {
		case answer <- answered{r, whole}:
		case <-gone:
			l.late(t, r)
		}
	}()
	defer stop() // the call outlives those who wait for it, but not the line
	timer := time.NewTimer(l.cfg.Patience)
	defer timer.Stop()
	select {
	case a := <-answer:
		return a.Result, a.whole
	case <-timer.C:
	}
	select {
	case a := <-answer: // just so
		return a.Result, a.whole
	default:
	}
	l.overdue(f)
	close(gone)
	return channel.Result{Class: channel.Unknown, Code: "silent", Gateway: c.Name(), Units: units}, false
}

// late reports what a provider said about a message that is told as in doubt by
// then. That it did not take the message leaves it so: nobody sends it again.
func (l *Line) late(t Text, r channel.Result) {
	report := Report{Provider: r.Gateway, Ref: t.Ref, GatewayRef: r.GatewayRef, Phone: t.To, Code: r.Code, Note: r.Note, BadAddress: r.BadAddress, Units: r.Units}
	switch r.Class {
	case channel.Accepted:
		report.State = domain.Accepted
	case channel.Permanent:
		report.State = domain.Failed
	default:
		return
	}
	l.mu.Lock()
	sink := l.sink
	l.mu.Unlock()
	if sink != nil {
		_ = sink.Report(l.closing, report) // logged there; a receipt or a question may tell yet
	}
}

// depart notes that a message goes to a provider.
func (l *Line) depart(c choice) *flight {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, other := range l.guards {
		if other != c.guard && other.out {
			other.elsewhere++
		}
	}
	return &flight{g: c.guard, probe: c.probe, answers: c.guard.answers}
}

// overdue puts a provider out that has said nothing at all since a message was
// handed to it; otherwise the one silence counts as a failure.
func (l *Line) overdue(f *flight) {
	silent := channel.Result{Class: channel.Unknown, Code: "silent"}
	l.mu.Lock()
	f.late = true
	was := f.g.out
	if f.g.answers == f.answers && !was {
		f.g.fall(l.cfg.Now(), silent, true, f.g.rest)
	} else {
		f.g.fail(l.cfg.Now(), silent, f.probe)
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
		if !f.late {
			g.fail(now, r, f.probe)
		}
	default: // it works, whatever it thinks of this message
		g.answers++
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

// fail counts a failure, and puts a provider out after too many.
func (g *guard) fail(now time.Time, r channel.Result, probe bool) {
	g.history = g.history<<1 | 1
	if probe || !g.out && (g.history&(1<<inARow-1) == 1<<inARow-1 || bits.OnesCount16(g.history) >= 8) {
		g.fall(now, r, true, g.rest)
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
