package search

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Changes are entries as they are now, and keys that are no more, up to a
// number of the log of changes.
type Changes struct {
	Put  []*Entry
	Gone []string
	Last int64
}

// Source is where the entries are kept.
type Source interface {
	// LastChange returns the number of the last change, 0 if there was none.
	LastChange(ctx context.Context) (int64, error)
	// Walk calls fn for every entry.
	Walk(ctx context.Context, fn func(*Entry) error) error
	// Changes returns up to limit changes after a number; Last is that number
	// if there are none.
	Changes(ctx context.Context, after int64, limit int) (Changes, error)
}

// Live is an index that follows a source.
type Live struct {
	*Index
	from  Source
	built atomic.Bool

	mu    sync.Mutex
	after int64 // the last change that is in
}

// NewLive makes an empty index follow a source, from Build on.
func NewLive(x *Index, from Source) *Live { return &Live{Index: x, from: from} }

// atOnce is how many entries are written together.
const atOnce = 200

// Build fills the index.
func (l *Live) Build(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	// The log is read before the walk: what changes meanwhile is put in again.
	last, err := l.from.LastChange(ctx)
	if err != nil {
		return fmt.Errorf("build search index: %w", err)
	}
	var batch []*Entry
	err = l.from.Walk(ctx, func(e *Entry) error {
		if batch = append(batch, e); len(batch) < atOnce {
			return nil
		}
		err := l.Apply(batch, nil)
		batch = nil
		return err
	})
	if err == nil {
		err = l.Apply(batch, nil)
	}
	if err != nil {
		return fmt.Errorf("build search index: %w", err)
	}
	l.after = last
	l.built.Store(true)
	return nil
}

// Built tells whether everything is in.
func (l *Live) Built() bool { return l.built.Load() }

// CatchUp puts in what has changed. Before the index is built it does nothing.
func (l *Live) CatchUp(ctx context.Context) error {
	if !l.Built() {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		c, err := l.from.Changes(ctx, l.after, atOnce)
		if err != nil {
			return fmt.Errorf("follow search index: %w", err)
		}
		if c.Last <= l.after {
			return nil
		}
		if err := l.Apply(c.Put, c.Gone); err != nil {
			return err
		}
		l.after = c.Last
	}
}

// Follow catches up at every tick until ctx ends, so that a search finds
// little left to do. What fails is reported and tried again.
func (l *Live) Follow(ctx context.Context, every time.Duration, failed func(error)) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := l.CatchUp(ctx); err != nil && ctx.Err() == nil {
			failed(err)
		}
	}
}
