package workers

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"policypush/internal/domain"
	"policypush/internal/queue/redistest"
	"policypush/internal/storage/pgtest"
)

// finish runs the workers until the push is done.
func (b *bench) finish(id domain.PushID, during func()) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	end := sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	defer func() { _ = end() }() // where the test gives up, too
	if during != nil {
		during()
	}
	b.done(ctx, id)
	check(b.t, end())
}

// done waits until a push is done by workers that run.
func (b *bench) done(ctx context.Context, id domain.PushID) {
	b.t.Helper()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for ; ; <-look.C {
		p, err := b.Store.Push(ctx, id)
		if err != nil {
			b.t.Fatalf("push %d: %v, %s", id, err, b.states(id))
		}
		b.pass(100 * time.Millisecond) // the clock of the workers runs with the looks
		if p.State == domain.PushDone {
			return
		}
	}
}

func TestTheWholeWayThroughTheQueue(t *testing.T) {
	b := newBench(t)
	b.people(1100, nil)
	_, id := b.publish("关于发放居民消费券的通知")
	b.finish(id, nil)
	b.expect(id, "accepted: 1100")
}

// TestAnUrgentPlanWaitsBehindNone: an ordinary push is being planned, for as long
// as it takes, and an urgent one is planned and told meanwhile.
func TestAnUrgentPlanWaitsBehindNone(t *testing.T) {
	for name, servers := range map[string]func(*testing.T) (database, redis string){
		"SQLite and Redis inside the process": func(*testing.T) (string, string) { return "", "" },
		"PostgreSQL and redis-server": func(t *testing.T) (string, string) {
			return pgtest.Start(t).Database(t), redistest.Start(t).URL
		},
	} {
		t.Run(name, func(t *testing.T) {
			database, redis := servers(t)
			b := newBenchOn(t, database, redis)
			b.people(300, nil)
			_, long := b.publish("关于发放居民消费券的通知")
			planning, goOn := make(chan struct{}), make(chan struct{})
			var first atomic.Bool
			b.Roles = func([]string) []domain.ContactRole { // which a plan asks for before it writes
				if first.CompareAndSwap(false, true) {
					close(planning)
					<-goOn
				}
				return nil
			}
			var urgent domain.PushID
			b.finish(long, func() {
				defer close(goOn)
				<-planning
				urgent = b.publishUrgent("防台风紧急通知")
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				b.done(ctx, urgent)
				b.expect(long, "")
			})
			b.expect(urgent, "accepted: 300")
			b.expect(long, "accepted: 300")
			for ref, n := range b.sms.refs() {
				if n != 1 {
					t.Errorf("%s was sent %d times", ref, n)
				}
			}
		})
	}
}

// TestTwoPlansAtOnceTellEverybodyOfBoth: each writes its ranges between those of
// the other.
func TestTwoPlansAtOnceTellEverybodyOfBoth(t *testing.T) {
	for name, database := range map[string]func(*testing.T) string{
		"SQLite":     func(*testing.T) string { return "" },
		"PostgreSQL": func(t *testing.T) string { return pgtest.Start(t).Database(t) },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBenchOn(t, database(t), "")
			b.people(2*planRange+1, nil)
			_, long := b.publish("关于发放居民消费券的通知")
			urgent := b.publishUrgent("防台风紧急通知")
			var plans sync.WaitGroup
			for _, id := range []domain.PushID{long, urgent} {
				plans.Go(func() {
					if err := b.planTask(id); err != nil {
						t.Error(err)
					}
				})
			}
			plans.Wait()
			b.expect(long, "pending: 4001")
			b.expect(urgent, "pending: 4001")
		})
	}
}

func TestAFlushOfRedisIsNoticedAndDoublesNothing(t *testing.T) {
	b := newBench(t)
	b.people(1100, nil)
	there := make(chan struct{})
	b.sms.reach, b.sms.there = 300, there
	_, id := b.publish("关于发放居民消费券的通知")
	lost := 0
	b.Events.QueueLost = func() { lost++ }
	b.finish(id, func() {
		<-there
		check(t, b.Queue.Redis().FlushAll(context.Background()).Err())
	})
	b.expect(id, "accepted: 1100")
	for ref, n := range b.sms.refs() {
		if n != 1 {
			t.Errorf("%s was sent %d times", ref, n)
		}
	}
	if lost != 1 {
		t.Errorf("the loss was noticed %d times", lost)
	}
}

func TestOneProcessLeads(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	other := New(b.Config)
	if !b.lead(ctx) || other.lead(ctx) || !b.lead(ctx) {
		t.Fatal("two lead, or none")
	}
	b.pass(b.Clocks.LeaderFor + time.Second)
	if !other.lead(ctx) || b.lead(ctx) {
		t.Error("the lease of a dead leader is not taken over")
	}
	other.stepDown()
	if !b.lead(ctx) {
		t.Error("a lease that was given back is not free")
	}
}
