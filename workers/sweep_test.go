package workers

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"policypush/internal/channel"
	"policypush/internal/domain"
	"policypush/internal/queue"
	"policypush/internal/queue/redistest"
	"policypush/internal/storage"
	"policypush/internal/storage/pgtest"
)

// TestTwoWhoLeadAtOnceHandNothingOutTwice: the leader stands still in the middle
// of its duties and of what it sends, another takes its lease over, and both go
// on: they sweep the same rows and hand out the same batches at one time.
func TestTwoWhoLeadAtOnceHandNothingOutTwice(t *testing.T) {
	for name, servers := range map[string]func(*testing.T) (database, redis string){
		"SQLite and Redis inside the process": func(*testing.T) (string, string) { return "", "" },
		"PostgreSQL and redis-server": func(t *testing.T) (string, string) {
			return pgtest.Start(t).Database(t), redistest.Start(t).URL
		},
	} {
		t.Run(name, func(t *testing.T) {
			const people = 2000
			database, redis := servers(t)
			b, ctx := newBenchOn(t, database, redis), t.Context()
			b.people(people, nil)
			_, id := b.publish("关于发放居民消费券的通知")
			check(t, b.planTask(id))
			config, others := b.Config, &gateway{}
			config.Lines = map[domain.ChannelKind]Line{domain.SMS: {Mode: channel.Send, Sender: others, Concurrency: 2}}
			stopped, other := b.Workers, New(config)

			still, awake := make(chan struct{}), make(chan struct{})
			var handed atomic.Int64
			b.sms.answer = func(channel.Message) channel.Result {
				if handed.Add(1) == 30 { // in the middle of what is claimed
					close(still)
					<-awake
				}
				return channel.Result{Class: channel.Accepted}
			}
			stop := []func(){serve(t, stopped)}
			if !stopped.lead(ctx) || other.lead(ctx) {
				t.Fatal("it is not the one that leads")
			}
			check(t, stopped.handOut(ctx))
			<-still

			b.pass(b.Clocks.DeadAfter + time.Second) // and with it of its lease
			if !other.lead(ctx) {
				t.Fatal("nobody leads in its place")
			}
			stop = append(stop, serve(t, other))
			both := []*Workers{stopped, other}
			atOnce(t, both, func(w *Workers) error { return w.sweep(ctx) })
			held, err := b.Store.Deliveries(ctx, storage.DeliveryFilter{Push: id, State: domain.UnknownEnd, Limit: people})
			check(t, err)
			if len(held) == 0 {
				t.Error("there was nothing to be swept")
			}
			close(awake)
			look := time.NewTicker(5 * time.Millisecond)
			defer look.Stop()
			for round, giveUp := 1, time.Now().Add(2*time.Minute); ; round++ {
				atOnce(t, both, func(w *Workers) error { return w.handOut(ctx) })
				atOnce(t, both, func(w *Workers) error { return w.sweep(ctx) })
				p, err := b.Store.Push(ctx, id)
				check(t, err)
				if n := len(b.sms.refs()) + len(others.refs()); p.State == domain.PushDone && n >= people {
					break
				}
				if time.Now().After(giveUp) {
					t.Fatalf("%d and %d messages were sent: %s", len(b.sms.refs()), len(others.refs()), b.states(id))
				}
				if <-look.C; round%20 == 0 {
					b.pass(b.Clocks.DeadAfter + time.Second) // whoever sends now seems dead to both
				} else {
					b.pass(time.Second)
				}
			}
			for _, end := range stop { // what is sent is recorded before they end
				end()
			}
			b.expect(id, "accepted: 2000")
			times := b.sms.refs()
			for ref, n := range others.refs() {
				times[ref] += n
			}
			for ref, n := range times {
				if n != 1 {
					t.Errorf("%s was handed out %d times", ref, n)
				}
			}
			if len(times) != people || len(others.refs()) == 0 {
				t.Errorf("%d were told, %d by the one that took over", len(times), len(others.refs()))
			}
			for _, d := range held {
				events, err := b.Store.DeliveryEvents(ctx, d.ID)
				check(t, err)
				var states []domain.DeliveryState
				for _, e := range events {
					states = append(states, e.State)
				}
				if !slices.Equal(states, []domain.DeliveryState{domain.UnknownEnd, domain.Accepted}) {
					t.Errorf("the history of %d, which both swept, is %v", d.ID, states)
				}
			}
			wrong, err := b.Store.CheckCounts(ctx, 0)
			check(t, err)
			if len(wrong) > 0 {
				t.Errorf("counters are wrong: %+v", wrong)
			}
		})
	}
}

// serve lets workers send without leading, until the returned function is called.
func serve(t *testing.T, w *Workers) (stop func()) {
	t.Helper()
	s := w.server(2, 20*time.Millisecond, queue.UrgentQueueOf(domain.SMS), queue.QueueOf(domain.SMS))
	check(t, s.Start(asynq.HandlerFunc(w.deliver)))
	stop = sync.OnceFunc(s.Shutdown)
	t.Cleanup(stop)
	return stop
}

// atOnce lets all do something at one time.
func atOnce(t *testing.T, all []*Workers, do func(*Workers) error) {
	t.Helper()
	var wg sync.WaitGroup
	ready, errs := make(chan struct{}), make([]error, len(all))
	for i, w := range all {
		wg.Go(func() {
			<-ready
			errs[i] = do(w)
		})
	}
	close(ready)
	wg.Wait()
	for _, err := range errs {
		check(t, err)
	}
}

// TestADatabaseThatGoesAwayPutsNothingInDoubt: it crashes while the gateway has
// the messages, and is only just coming back when their outcome is to be written.
func TestADatabaseThatGoesAwayPutsNothingInDoubt(t *testing.T) {
	cluster := pgtest.Start(t)
	b, ctx := newBenchOn(t, cluster.Database(t), ""), t.Context()
	b.people(120, nil)
	_, id := b.publish("关于发放居民消费券的通知")
	check(t, b.planTask(id))
	back, sent := make(chan struct{}), 0
	b.sms.answer = func(channel.Message) channel.Result {
		if sent++; sent == claimSize {
			cluster.Crash(t)
			go func() {
				defer close(back)
				cluster.Revive(t)
			}()
		}
		return channel.Result{Class: channel.Accepted}
	}
	check(t, b.deliverDue())
	<-back
	b.expect(id, "accepted: 120")
	for ref, n := range b.sms.refs() {
		if n != 1 {
			t.Errorf("%s was sent %d times", ref, n)
		}
	}
	b.sms.answer = nil

	// Of a claim only the answer is lost: nobody has its rows, and they wait.
	_, id = b.publish("关于延长居民消费券使用期限的通知")
	check(t, b.planTask(id))
	batch := b.due()[0]
	claimed, err := b.Store.ClaimDeliveries(ctx, batch.ID, batch.Gen, 20, b.Now())
	check(t, err)
	if len(claimed) != 20 {
		t.Fatalf("%d are claimed", len(claimed))
	}
	check(t, b.unclaim(context.WithoutCancel(ctx), batch, b.Now()))
	b.expect(id, "pending: 100, pending gateway-retry: 20")
	check(t, b.deliverDue())
	b.expect(id, "accepted: 120")
}
