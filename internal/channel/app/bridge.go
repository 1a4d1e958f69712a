package app

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"
)

// hint is what travels between processes: who sent it, and which event it was.
// Who it is for stays at home, as it may be a million ids: the other processes
// let each of their connections read from the database.
type hint struct {
	From  string `json:"from"`
	Event int64  `json:"event"`
}

// Bridge joins this hub with those of other processes over a Redis channel
// until ctx ends. A lost hint is harmless: the client replays when it returns.
func (h *Hub) Bridge(ctx context.Context, rdb redis.UniversalClient, channel string, log *slog.Logger) {
	self := rand.Text()
	h.setForward(func(ev Event) {
		body, err := json.Marshal(hint{From: self, Event: ev.ID})
		if err != nil {
			return
		}
		ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
		if err := rdb.Publish(ctx, channel, body).Err(); err != nil {
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
			var got hint
			if json.Unmarshal([]byte(m.Payload), &got) == nil && got.From != self {
				h.wake()
			}
		}
	}
}

func (h *Hub) setForward(f func(Event)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.forward = f
}
