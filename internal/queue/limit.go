package queue

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/redis/go-redis/v9"

	"policypush/internal/domain"
)

// The names of a channel's bounds in Redis.
func rateKey(c domain.ChannelKind) string { return "push:rate:" + string(c) }
func holdKey(c domain.ChannelKind) string { return "push:hold:" + string(c) }

// Take asks for the right to hand over up to want messages on a channel, which
// all processes together do at most perSecond times a second; 0 is no bound. It
// returns how many may go now, or how long to wait if none may. While Redis
// does not answer nobody may: what is not claimed waits in the database.
func (q *Queue) Take(ctx context.Context, c domain.ChannelKind, perSecond float64, want int, now time.Time) (n int, wait time.Duration, err error) {
	said, err := q.redis.Get(ctx, holdKey(c)).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return 0, 0, fmt.Errorf("read hold of %s: %w", c, err)
	}
	var until, asked int64
	_, err = fmt.Sscan(said, &until, &asked)
	// More than was asked for is left only if a clock was set back: then the
	// gateway may say it again.
	if held := time.UnixMilli(until).Sub(now).Truncate(time.Millisecond); err == nil && held > 0 && held.Milliseconds() <= asked {
		return 0, held, nil
	}
	if perSecond <= 0 {
		return want, 0, nil
	}
	bound := redis_rate.Limit{
		Rate: int(max(1, math.Round(perSecond*60))), Period: time.Minute, Burst: int(max(1, math.Round(perSecond))),
	}
	got, err := redis_rate.NewLimiter(q.redis).AllowAtMost(ctx, rateKey(c), bound, want)
	if err != nil {
		return 0, 0, fmt.Errorf("take from the rate of %s: %w", c, err)
	}
	return got.Allowed, max(0, got.RetryAfter), nil
}

// Hold keeps every process from handing over on a channel for a time: its
// gateway asked for a pause. The longest of several counts.
func (q *Queue) Hold(ctx context.Context, c domain.ChannelKind, d time.Duration, now time.Time) error {
	const longer = `
		local was = redis.call('GET', KEYS[1])
		if not was or tonumber(string.match(was, '%d+')) < tonumber(ARGV[2]) then
			redis.call('SET', KEYS[1], ARGV[2] .. ' ' .. ARGV[1], 'PX', ARGV[1])
		end
		return 1`
	if err := q.redis.Eval(ctx, longer, []string{holdKey(c)}, d.Milliseconds(), now.Add(d).UnixMilli()).Err(); err != nil {
		return fmt.Errorf("hold %s: %w", c, err)
	}
	return nil
}

// UrgentWaits tells whether urgent batches of a channel wait for a worker. An
// error is told as none: a normal batch goes on.
func (q *Queue) UrgentWaits(ctx context.Context, c domain.ChannelKind) bool {
	// The list of asynq's queue; its inspector reads far more than this.
	n, err := q.redis.LLen(ctx, "asynq:{"+UrgentQueueOf(c)+"}:pending").Result()
	return (err == nil || errors.Is(err, redis.Nil)) && n > 0
}
