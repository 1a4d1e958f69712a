// Package queue carries work from the database to the workers. It is
// transport only: a task names a batch and a generation, never what is in it,
// and whatever Redis forgets the database hands out again.
//
// How a loss is noticed: the key push:epoch holds an id that the database
// knows too. When the key is missing or different, Redis has been emptied or
// changed; the leader then renews the generation of every unfinished batch, so
// that tasks which did survive do nothing, and writes a new epoch.
//
// Without a URL a Redis runs inside the process, on a loopback port with a
// random password. It keeps nothing over a restart, which by the above costs
// nothing but a second.
package queue

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"policypush/internal/domain"
)

// The names of tasks.
const (
	PlanTask    = "push:plan"
	DeliverTask = "deliver"
	RenderTask  = "render"
	PrintTask   = "print"
)

// PlanQueue is the queue of PlanTask, UrgentPlanQueue that of urgent ones, which
// has workers of its own: a plan takes as long as its audience is large.
// Deliveries have a queue per channel, so that a gateway that hangs holds up its
// own channel only. Beside each is one for what is urgent, which the same
// workers empty first.
const (
	PlanQueue       = "plan"
	UrgentPlanQueue = PlanQueue + urgent
)

// RenderQueue is the queue of RenderTask and PrintTask. Only processes that have a Chromium
// serve it.
const RenderQueue = "render"

const urgent = "-urgent"

// QueueOf returns the queue of a channel's batches.
func QueueOf(c domain.ChannelKind) string { return string(c) }

// UrgentQueueOf returns the queue of a channel's urgent batches.
func UrgentQueueOf(c domain.ChannelKind) string { return string(c) + urgent }

// Limits of a task: how often asynq hands it out again after a broken
// connection or a lost process, and how long one run may take. Tries to reach
// a person are counted in the delivery, not here.
const (
	maxRetry    = 8
	taskTimeout = 15 * time.Minute
)

const epochKey = "push:epoch"

// PlanArgs names a push that is to be planned.
type PlanArgs struct {
	Push domain.PushID `json:"push"`
}

// DeliverArgs names a batch as it was handed out.
type DeliverArgs struct {
	Batch domain.BatchID `json:"batch"`
	Gen   int            `json:"gen"`
}

// RenderArgs names a page that is to be drawn.
type RenderArgs struct {
	Key string `json:"key"`
}

// PrintArgs names a batch of letters whose file is to be drawn.
type PrintArgs struct {
	Print domain.PrintID `json:"print"`
}

// Queue is the connection to Redis. It is safe for use by many goroutines.
type Queue struct {
	redis    redis.UniversalClient
	client   atomic.Pointer[asynq.Client]
	embedded *miniredis.Miniredis // nil with a Redis of its own
	stop     chan struct{}
}

// Open connects to the Redis at a URL (redis://, rediss://, redis-socket://,
// redis-sentinel://host:port?master=name), or starts one inside the process
// when the URL is empty. A Redis that does not answer is no error: work waits
// in the database until it does.
func Open(url string) (*Queue, error) {
	q := &Queue{stop: make(chan struct{})}
	if url == "" {
		if err := q.embed(); err != nil {
			return nil, fmt.Errorf("start redis inside the process: %w", err)
		}
	} else {
		opt, err := asynq.ParseRedisURI(url)
		if err != nil { // the cause may repeat the password
			return nil, domain.Errorf(domain.Invalid, "Redis 地址看不懂，应当像 redis://:密码@127.0.0.1:6379/0")
		}
		q.redis = opt.MakeRedisClient().(redis.UniversalClient)
	}
	q.Renew()
	return q, nil
}

// embeddedTick is how far the clock of the embedded Redis goes at a time. What is
// to live a second, as the rate of a channel is, may end so much too early.
const embeddedTick = 50 * time.Millisecond

// embed starts the Redis inside the process, and the clock that its time to
// live counts by: miniredis has none of its own.
func (q *Queue) embed() error {
	password := rand.Text()
	q.embedded = miniredis.NewMiniRedis()
	q.embedded.RequireAuth(password)
	if err := q.embedded.StartAddr("127.0.0.1:0"); err != nil {
		return err
	}
	q.redis = redis.NewClient(&redis.Options{Addr: q.embedded.Addr(), Password: password})
	go func() {
		tick := time.NewTicker(embeddedTick)
		defer tick.Stop()
		for last := time.Now(); ; { // a tick that was missed counts too
			select {
			case <-q.stop:
				return
			case now := <-tick.C:
				q.embedded.FastForward(now.Sub(last))
				last = now
			}
		}
	}()
	return nil
}

// Redis returns the connection, for asynq's servers.
func (q *Queue) Redis() redis.UniversalClient { return q.redis }

// Embedded tells whether Redis runs inside this process.
func (q *Queue) Embedded() bool { return q.embedded != nil }

// Ping tells whether Redis answers.
func (q *Queue) Ping(ctx context.Context) error {
	if err := q.redis.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("ping redis: %w", err)
	}
	return nil
}

// Close ends the connection and the Redis inside the process. Servers on the
// connection must have ended.
func (q *Queue) Close() error {
	close(q.stop)
	err := q.redis.Close()
	if q.embedded != nil {
		q.embedded.Close()
	}
	return err
}

// EnqueuePlan hands out the planning of a push. n tells apart the times it was
// handed out: a planning that failed for good must not block the next.
func (q *Queue) EnqueuePlan(ctx context.Context, push domain.Push, n int64) error {
	to := PlanQueue
	if push.Urgent {
		to = UrgentPlanQueue
	}
	return q.enqueue(ctx, PlanTask, to, fmt.Sprintf("p%d.%d", push.ID, n), PlanArgs{Push: push.ID})
}

// EnqueueDeliver hands out a batch. To hand the same generation out twice is
// no error and does nothing.
func (q *Queue) EnqueueDeliver(ctx context.Context, b domain.Batch) error {
	to := QueueOf(b.Channel)
	if b.Urgent {
		to = UrgentQueueOf(b.Channel)
	}
	return q.enqueue(ctx, DeliverTask, to, fmt.Sprintf("b%d.%d", b.ID, b.Gen), DeliverArgs{Batch: b.ID, Gen: b.Gen})
}

// EnqueueRender hands out the drawing of a page; n is as in EnqueuePlan.
func (q *Queue) EnqueueRender(ctx context.Context, key string, n int64) error {
	return q.enqueue(ctx, RenderTask, RenderQueue, fmt.Sprintf("r%s.%d", key, n), RenderArgs{Key: key})
}

// EnqueuePrint hands out the drawing of a batch of letters; n is as in
// EnqueuePlan.
func (q *Queue) EnqueuePrint(ctx context.Context, id domain.PrintID, n int64) error {
	return q.enqueue(ctx, PrintTask, RenderQueue, fmt.Sprintf("l%d.%d", id, n), PrintArgs{Print: id})
}

func (q *Queue) enqueue(ctx context.Context, name, queue, id string, args any) error {
	payload, err := json.Marshal(args)
	if err != nil {
		return fmt.Errorf("encode task %s: %w", id, err)
	}
	_, err = q.client.Load().EnqueueContext(ctx, asynq.NewTask(name, payload),
		asynq.TaskID(id), asynq.Queue(queue), asynq.MaxRetry(maxRetry), asynq.Timeout(taskTimeout))
	if err != nil && !errors.Is(err, asynq.ErrTaskIDConflict) {
		return fmt.Errorf("enqueue task %s: %w", id, err)
	}
	return nil
}

// Epoch returns the epoch that Redis remembers, or "" if it remembers none.
func (q *Queue) Epoch(ctx context.Context) (string, error) {
	epoch, err := q.redis.Get(ctx, epochKey).Result()
	if errors.Is(err, redis.Nil) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read epoch: %w", err)
	}
	return epoch, nil
}

// SetEpoch makes Redis remember an epoch.
func (q *Queue) SetEpoch(ctx context.Context, epoch string) error {
	if err := q.redis.Set(ctx, epochKey, epoch, 0).Err(); err != nil {
		return fmt.Errorf("write epoch: %w", err)
	}
	return nil
}

// Renew makes a new client of asynq on the same connection. A client announces
// each queue to Redis once and never again, so after a loss the queues would
// stay unknown to asynq's tools.
func (q *Queue) Renew() { q.client.Store(asynq.NewClientFromRedisClient(q.redis)) }
