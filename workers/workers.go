// Package workers does what the database says is owed: it plans pushes, sends
// batches and makes good what a dead process left behind. A file holds a task.
//
// One process leads, by a lease in the database: its dispatcher hands due
// batches to the queue, its sweeper finds what has stopped. Every process with
// workers serves the queues, one server per channel, so that a gateway that
// hangs holds up nothing else, and one for urgent plans, which wait behind no
// long one.
//
// What keeps a message from going out twice is the row, not the queue: a
// worker claims rows before it calls the gateway, and a row that is claimed is
// never handed to another worker. If the worker dies, the row ends as unknown.
package workers

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/hibiken/asynq"

	"policypush/internal/audience"
	"policypush/internal/channel"
	"policypush/internal/channel/app"
	"policypush/internal/domain"
	"policypush/internal/push"
	"policypush/internal/queue"
	"policypush/internal/storage"
)

// shutdownTimeout is how long Run waits for handlers when its context ends.
const shutdownTimeout = 25 * time.Second

// lookForPlans is how often each idle server of plans looks for one; those of
// channels look each second. A look costs little, but all day.
const lookForPlans = 200 * time.Millisecond

// Line is an outgoing channel as it is set up.
type Line struct {
	Mode        channel.Mode
	Sender      channel.Sender // nil when Mode is off; the outbox when it is log
	Concurrency int            // batches at a time
	Claim       int            // rows claimed together; 0: claimSize
	Rate        float64        // messages a second, over all processes; 0: no bound
	Canary      string         // an address of the office's own that gets a copy of each push first, see canaryContact; empty: none
	Signature   string         // for SMS: overrides the office's
}

// Clocks say how often to look and how long to wait before something counts as
// dead.
type Clocks struct {
	DispatchEvery time.Duration // look for owed pushes and due batches
	SweepEvery    time.Duration // look for what a dead worker left behind
	DeadAfter     time.Duration // a batch without a sign of life is handed out anew
	LostAfter     time.Duration // a row that is being sent for longer is unknown, whatever its worker does
	LeaderFor     time.Duration // how long a leader leads without a sign of life
	KeepVersions  time.Duration // how long former profiles are kept
	// KeepDeliveries is how long deliveries and their history are kept.
	KeepDeliveries time.Duration
	GatherLetters  time.Duration // letters that come within so long are printed together
	KeepLetters    time.Duration // how long files of letters are kept after they were printed
}

// Events are called as things happen, for the numbers of the service. Each may
// be nil.
type Events struct {
	Delivered  func(channel, state string, n int)
	Answered   func(channel, gateway, class string)           // one message, as channel.Result says
	HandedOver func(channel string, perMessage time.Duration) // what a message of one call to a sender took
	QueueLost  func()
	Leading    func(bool)
}

// Config is what workers need. Every field is required but those that
// say otherwise and Events.
type Config struct {
	Store      *storage.Store
	Queue      *queue.Queue
	Index      *audience.Index
	Offers     *audience.Catalogue // what is in force, for first digests
	Lines      map[domain.ChannelKind]Line
	Limits     push.Limits
	Roles      func(themes []string) []domain.ContactRole // whom at an enterprise a policy with these themes is for
	Letterhead Letterhead
	Clocks     Clocks
	Renderer   Renderer // nil on a machine without Chromium
	Hub        *app.Hub // nil in a process without web pages
	Events     Events
	Log        *slog.Logger
	Now        func() time.Time
}

// Workers run the queues of one process.
type Workers struct {
	Config
	holder string // name of this process in leases
	wake   chan struct{}

	mu        sync.Mutex
	canaried  map[canaryKey]bool // pushes whose canary is sent
	leading   bool
	redisOK   bool
	composers map[push.Voice]*push.Composer
	reminded  remindedToday // of the leader's loop alone
	clocked   time.Time     // when the leader last looked at the clocks of questions
	told      time.Time     // when it last told officers
	compared  time.Time     // when the ledger last looked for days to compare
}

// New returns workers that do nothing until Run.
func New(cfg Config) *Workers {
	host, _ := os.Hostname() // a name for people; the random part makes it unique
	return &Workers{
		Config:   cfg,
		holder:   host + "-" + rand.Text()[:8],
		wake:     make(chan struct{}, 1),
		canaried: map[canaryKey]bool{}, composers: map[push.Voice]*push.Composer{}, redisOK: true,
	}
}

// Wake makes the dispatcher look at once. It never blocks.
func (w *Workers) Wake() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// Run works until ctx ends, then lets handlers finish what they have claimed,
// at most 25 s. It returns an error only if it could not start.
func (w *Workers) Run(ctx context.Context) error {
	var servers []*asynq.Server
	stopAll := func() {
		var wg sync.WaitGroup
		for _, s := range servers {
			wg.Go(s.Shutdown)
		}
		wg.Wait()
	}
	for _, plans := range []string{queue.UrgentPlanQueue, queue.PlanQueue} {
		s := w.server(1, lookForPlans, plans)
		if err := s.Start(until(ctx, w.planPush)); err != nil {
			stopAll()
			return err
		}
		servers = append(servers, s)
	}
	for kind, line := range w.Lines {
		s := w.server(max(1, line.Concurrency), time.Second, queue.UrgentQueueOf(kind), queue.QueueOf(kind))
		if err := s.Start(until(ctx, w.deliver)); err != nil {
			stopAll()
			return err
		}
		servers = append(servers, s)
	}
	var beside sync.WaitGroup
	if w.Renderer != nil {
		s := w.server(1, time.Second, queue.RenderQueue) // one Chromium at a time: it takes 600 MB
		if err := s.Start(until(ctx, w.draw)); err != nil {
			stopAll()
			return err
		}
		servers = append(servers, s)
		beside.Go(func() { w.offerRenderer(ctx) })
	}
	beside.Go(func() { w.keepLedger(ctx) })
	w.dispatch(ctx)
	beside.Wait()
	stopAll()
	w.stepDown()
	return nil
}

// until makes a handler whose context also ends with run, so that it stops
// between two recipients as soon as the process is asked to end. (Were run the
// servers' base context, asynq would not wait for the handler's last words.)
func until(run context.Context, handle asynq.HandlerFunc) asynq.Handler {
	return asynq.HandlerFunc(func(ctx context.Context, t *asynq.Task) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(run, cancel)()
		return handle(ctx, t)
	})
}

// server makes the asynq server of queues, each of which is emptied before the
// next; while they are empty it looks so often.
func (w *Workers) server(concurrency int, look time.Duration, queues ...string) *asynq.Server {
	ranked := map[string]int{}
	for i, name := range queues {
		ranked[name] = len(queues) - i
	}
	return asynq.NewServerFromRedisClient(w.Queue.Redis(), asynq.Config{
		Concurrency:       concurrency,
		Queues:            ranked,
		StrictPriority:    true,
		ShutdownTimeout:   shutdownTimeout,
		TaskCheckInterval: look,
		RetryDelayFunc:    retryDelay,
		// An ending process is no failure of the task.
		IsFailure: func(err error) bool { return !errors.Is(err, context.Canceled) },
		ErrorHandler: asynq.ErrorHandlerFunc(func(ctx context.Context, t *asynq.Task, err error) {
			if errors.Is(err, context.Canceled) {
				return
			}
			w.Log.ErrorContext(ctx, "task failed", "task", t.Type(), "args", string(t.Payload()), "err", err)
		}),
		Logger: asynqLog{w.Log.With("queue", queues[len(queues)-1])}, LogLevel: asynq.WarnLevel,
	})
}

func retryDelay(n int, _ error, _ *asynq.Task) time.Duration {
	return min(time.Second<<min(n, 6), time.Minute)
}
