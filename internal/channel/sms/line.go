package sms

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"policypush/internal/channel"
)

// Line is the channel.Sender of text messages: one or several providers, the
// preferred first. Its Send may be called from several goroutines.
type Line struct {
	cfg LineConfig
	sum int // of the windows

	closing context.Context // ends when the line is closed
	close   context.CancelFunc

	mu     sync.Mutex
	guards []*guard
	sink   Sink // nil while nobody listens
}

// LineConfig is what a Line needs.
type LineConfig struct {
	Providers []Provider // in order of preference, at least one
	// Check returns what a provider or the law would object to in a message, in
	// Chinese. A message that is objected to is handed to nobody. It may be nil.
	Check func(m channel.Message) []string
	// Changed is told when a provider falls out (up is false, and r says why)
	// and when it is back. It may be nil.
	Changed func(provider string, up bool, r channel.Result)
	// Patience is how long a provider may be silent with a message in its hands:
	// then the message is told as in doubt, and if no other was answered since,
	// the provider is put out. 5 s if 0.
	Patience time.Duration
	Now      func() time.Time // time.Now if nil
}

// NewLine makes a line of providers.
func NewLine(cfg LineConfig) *Line {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	cfg.Patience = cmp.Or(cfg.Patience, defaultPatience)
	l := &Line{cfg: cfg}
	l.closing, l.close = context.WithCancel(context.Background())
	for _, p := range cfg.Providers {
		l.guards = append(l.guards, newGuard(p))
		l.sum += p.Window()
	}
	return l
}

// Send implements channel.Sender.
func (l *Line) Send(ctx context.Context, ms []channel.Message) []channel.Result {
	results := make([]channel.Result, len(ms))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(l.sum, len(ms)) {
		wg.Go(func() {
			for i := int(next.Add(1) - 1); i < len(ms); i = int(next.Add(1) - 1) {
				results[i] = l.one(ctx, ms[i])
				results[i].Ref = ms[i].Ref
			}
		})
	}
	wg.Wait()
	return results
}

// Close implements channel.Sender.
func (l *Line) Close() error {
	l.close()
	var errs []error
	for _, g := range l.guards {
		errs = append(errs, g.Close())
	}
	return errors.Join(errs...)
}

// Listen hears what providers say on their own, or late, until ctx ends.
func (l *Line) Listen(ctx context.Context, sink Sink) {
	l.hear(sink)
	defer l.hear(nil)
	var wg sync.WaitGroup
	for _, g := range l.guards {
		if p, hears := g.Provider.(listener); hears {
			wg.Go(func() { p.Listen(ctx, sink) })
		}
	}
	<-ctx.Done()
	wg.Wait()
}

func (l *Line) hear(sink Sink) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sink = sink
}

// one hands a message to one provider after the other, until one has it or may
// have it.
func (l *Line) one(ctx context.Context, m channel.Message) channel.Result {
	t, refused := textOf(m)
	if refused != nil {
		return *refused
	}
	if l.cfg.Check != nil {
		if found := l.cfg.Check(m); len(found) > 0 {
			return channel.Result{Class: channel.Permanent, Code: "lint", Note: channel.Note(strings.Join(found, "；"))}
		}
	}
	tried := map[*guard]bool{}
	var certain []channel.Result // of those that did not take it
	for {
		if ctx.Err() != nil {
			return channel.Result{Class: channel.Retry, Code: "stopped"}
		}
		c, any := l.choose(tried)
		if !any {
			return l.nobody(tried, certain)
		}
		in, full := l.enter(ctx, c)
		if full != nil {
			tried[c.guard] = true
			certain = append(certain, *full)
		}
		if !in {
			continue // it fell out meanwhile, or ctx ended
		}
		r, whole := l.hand(ctx, c, t)
		switch {
		case r.Class == channel.Retry, r.Class == channel.Quota, r.Class == channel.Config, r.Class == channel.Throttled && whole:
			tried[c.guard] = true
			certain = append(certain, r)
		default: // a number that is told too often by one is not told by another
			return r
		}
	}
}

// nobody is the result of a message that no provider took: what gets it sent
// soonest. An attempt is only counted if one was made.
func (l *Line) nobody(tried map[*guard]bool, certain []channel.Result) channel.Result {
	l.mu.Lock()
	for _, g := range l.guards {
		if !tried[g] {
			certain = append(certain, g.resting(l.cfg.Now()))
		}
	}
	l.mu.Unlock()
	best := certain[0]
	for _, r := range certain[1:] {
		if b := urgency(best) - urgency(r); b > 0 || b == 0 && r.Class == channel.Throttled && r.After < best.After {
			best = r
		}
	}
	return best
}

func urgency(r channel.Result) int {
	switch r.Class {
	case channel.Retry:
		return 0
	case channel.Throttled:
		return 1
	case channel.Quota:
		return 2
	default:
		return 3
	}
}

// Query implements channel.Querier: each provider that can be asked is asked
// about the messages that it was handed, or may have been.
func (l *Line) Query(ctx context.Context, asked []channel.Inquiry) ([]channel.Fate, error) {
	var fates []channel.Fate
	var errs []error
	for _, g := range l.guards {
		p, can := g.Provider.(querier)
		if !can {
			continue
		}
		for _, q := range asked {
			if q.Gateway != "" && q.Gateway != g.Name() {
				continue
			}
			fate, known, err := p.query(ctx, q)
			if err != nil {
				errs = append(errs, err)
				break // the rest is asked next time
			}
			if known {
				fate.Ref, fate.Gateway = q.Ref, g.Name()
				fates = append(fates, fate)
			}
		}
	}
	return fates, errors.Join(errs...)
}

// querier is a provider that can be asked what became of one message.
type querier interface {
	query(ctx context.Context, q channel.Inquiry) (fate channel.Fate, known bool, err error)
}
