package queue

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"policypush/internal/domain"
)

func open(t *testing.T) *Queue {
	t.Helper()
	q, err := Open("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := q.Close(); err != nil {
			t.Error(err)
		}
	})
	return q
}

func TestABatchIsHandedOutOncePerGeneration(t *testing.T) {
	ctx, q := context.Background(), open(t)
	for range 3 {
		if err := q.EnqueueDeliver(ctx, domain.Batch{ID: 7, Channel: domain.SMS, Gen: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if err := q.EnqueueDeliver(ctx, domain.Batch{ID: 7, Channel: domain.SMS, Gen: 2}); err != nil {
		t.Fatal(err)
	}
	if err := q.EnqueuePlan(ctx, domain.Push{ID: 3}, 1); err != nil {
		t.Fatal(err)
	}
	inspector := asynq.NewInspectorFromRedisClient(q.Redis())
	tasks, err := inspector.ListPendingTasks(QueueOf(domain.SMS))
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]string{}
	for _, task := range tasks {
		ids[task.ID] = string(task.Payload)
	}
	if len(ids) != 2 || ids["b7.1"] != `{"batch":7,"gen":1}` || ids["b7.2"] != `{"batch":7,"gen":2}` {
		t.Errorf("pending = %v", ids)
	}
	plans, err := inspector.ListPendingTasks(PlanQueue)
	if err != nil || len(plans) != 1 || plans[0].ID != "p3.1" {
		t.Errorf("plans = %v, %v", plans, err)
	}
}

func TestAFlushIsNoticedAndTheQueuesAreKnownAgain(t *testing.T) {
	ctx, q := context.Background(), open(t)
	batch := domain.Batch{ID: 1, Channel: domain.Email, Gen: 1}
	if err := q.EnqueueDeliver(ctx, batch); err != nil {
		t.Fatal(err)
	}
	if got, err := q.Epoch(ctx); got != "" || err != nil {
		t.Fatalf("a fresh redis remembers %q, %v", got, err)
	}
	if err := q.SetEpoch(ctx, "e1"); err != nil {
		t.Fatal(err)
	}
	if got, _ := q.Epoch(ctx); got != "e1" {
		t.Fatalf("epoch = %q", got)
	}
	if err := q.Redis().FlushAll(ctx).Err(); err != nil {
		t.Fatal(err)
	}
	if got, err := q.Epoch(ctx); got != "" || err != nil {
		t.Fatalf("after a flush epoch = %q, %v", got, err)
	}
	q.Renew()
	batch.Gen = 2
	if err := q.EnqueueDeliver(ctx, batch); err != nil {
		t.Fatal(err)
	}
	tasks, err := asynq.NewInspectorFromRedisClient(q.Redis()).ListPendingTasks(QueueOf(domain.Email))
	if err != nil || len(tasks) != 1 {
		t.Errorf("tasks = %v, %v", tasks, err)
	}
}

func TestTheInnerRedisHasAClockAndAPassword(t *testing.T) {
	ctx, q := context.Background(), open(t)
	if err := q.Ping(ctx); err != nil || !q.Embedded() {
		t.Fatalf("ping: %v", err)
	}
	if err := q.Redis().Set(ctx, "k", "v", time.Second).Err(); err != nil {
		t.Fatal(err)
	}
	deadline, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for q.Redis().Exists(deadline, "k").Val() == 1 { // each look is a round trip
		if deadline.Err() != nil {
			t.Fatal("a key outlived its time")
		}
	}
	stranger, err := Open("redis://" + q.embedded.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stranger.Close() }()
	if err := stranger.Ping(ctx); err == nil {
		t.Error("anybody on this machine may read the queue")
	}
}

func TestAWrongURLDoesNotRepeatThePassword(t *testing.T) {
	for _, url := range []string{"http://u:hush@x", "redis://:hush@x/notanumber", "redis://:hush@%zz"} {
		_, err := Open(url)
		if err == nil {
			t.Fatalf("%s was accepted", url)
		}
		if strings.Contains(err.Error(), "hush") || domain.KindOf(err) != domain.Invalid {
			t.Errorf("error %q", err)
		}
	}
}
