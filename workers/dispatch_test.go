package workers

import (
	"context"
	"testing"
	"time"

	"policypush/internal/domain"
)

// finish runs the workers until the push is done.
func (b *bench) finish(id domain.PushID, during func()) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	if during != nil {
		during()
	}
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for ; ; <-look.C {
		p, err := b.Store.Push(ctx, id)
		if err != nil {
			b.t.Fatalf("push %d: %v, %s", id, err, b.states(id))
		}
		b.pass(100 * time.Millisecond) // the clock of the workers runs with the looks
		if p.State == domain.PushDone {
			break
		}
	}
	cancel()
	check(b.t, <-ended)
}

func TestTheWholeWayThroughTheQueue(t *testing.T) {
	b := newBench(t)
	b.people(1100, nil)
	_, id := b.publish("关于发放居民消费券的通知")
	b.finish(id, nil)
	b.expect(id, "accepted: 1100")
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
