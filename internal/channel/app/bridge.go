package app

import (
	"context"
	"crypto/rand"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"
)

// Bridge joins this hub with those of other processes over a Redis channel
// until ctx ends. What travels is the name of the hub that published, nothing
// else: who an event is for may be a million ids, so the other processes let
// each of their connections read from the database. A lost hint is harmless:
// the client replays when it returns.
func (h *Hub) Bridge(ctx context.Context, rdb redis.UniversalClient, channel string, log *slog.Logger) {
	self := rand.Text()
	h.setForward(func() {
		ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
		if err := rdb.Publish(ctx, channel, self).Err(); err != nil {
			log.WarnContext(ctx, "inbox hint not published", "err", err)
		}
	})
	defer h.setForward(nil)
	sub := rdb.Subscribe(ctx, channel) // go-redis connects anew by itself
	defer func() { _ = sub.Close() }()
	for {
		select {
		case <-ctx.Done():
			return
		case m, open := <-sub.Channel():
			if !open {
				return
			}
			if m.Payload != self {
				h.wake()
			}
		}
	}
}

func (h *Hub) setForward(f func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.forward = f
}
