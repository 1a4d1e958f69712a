package queue

import (
	"context"
	"testing"
	"time"

	"policypush/internal/domain"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// take asks once and fails the test on an error.
func take(t *testing.T, q *Queue, c domain.ChannelKind, rate float64, want int) (int, time.Duration) {
	t.Helper()
	n, wait, err := q.Take(t.Context(), c, rate, want, noon)
	if err != nil {
		t.Fatal(err)
	}
	return n, wait
}

func TestARateIsSharedByAllWhoAsk(t *testing.T) {
	q, began := open(t), time.Now()
	gone, last := 0, time.Duration(0)
	for _, want := range []int{6, 50, 50} {
		n, wait := take(t, q, domain.SMS, 10, want)
		gone, last = gone+n, wait
		if n > want || n == 0 && (wait <= 0 || wait > time.Second) {
			t.Errorf("%d of %d more went, next in %s", n, want, wait)
		}
	}
	// Ten at once, and one more for each tenth of a second that the machine took.
	if most := 10 + int(time.Since(began)/(100*time.Millisecond)) + 1; gone < 10 || gone > most {
		t.Errorf("of ten a second %d went, at most %d may; next in %s", gone, most, last)
	}
	if n, _ := take(t, q, domain.Email, 10, 5); n != 5 {
		t.Errorf("another channel may send %d", n)
	}
	if n, _ := take(t, q, domain.WeChat, 0, 500); n != 500 {
		t.Errorf("a channel without a bound may send %d", n)
	}
	if n, _ := take(t, q, domain.JPush, 0.1, 50); n != 1 {
		t.Errorf("of six a minute %d went at once", n)
	}
	if n, wait := take(t, q, domain.JPush, 0.1, 50); n != 0 || wait < 5*time.Second {
		t.Errorf("of six a minute %d more went, next in %s", n, wait)
	}
}

func TestAHoldKeepsAChannelForTheLongestTimeAsked(t *testing.T) {
	q := open(t)
	for _, d := range []time.Duration{time.Minute, time.Second} {
		if err := q.Hold(t.Context(), domain.SMS, d, noon); err != nil {
			t.Fatal(err)
		}
	}
	if n, wait := take(t, q, domain.SMS, 0, 5); n != 0 || wait < 50*time.Second {
		t.Errorf("%d may go, next in %s", n, wait)
	}
	if n, _ := take(t, q, domain.Email, 0, 5); n != 5 {
		t.Errorf("another channel may send %d", n)
	}
	// It ends by our clock, and at once if that is set back: the gateway says it again.
	if n, _, err := q.Take(t.Context(), domain.SMS, 0, 5, noon.Add(time.Minute)); err != nil || n != 5 {
		t.Errorf("%d may go when the time is over (%v)", n, err)
	}
	if n, wait, err := q.Take(t.Context(), domain.SMS, 0, 5, noon.Add(-time.Hour)); err != nil || n != 5 {
		t.Errorf("%d may go after the clock was set back, next in %s (%v)", n, wait, err)
	}
}

func TestWithoutRedisNobodyMaySend(t *testing.T) {
	q, err := Open("redis://127.0.0.1:1/0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = q.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if n, _, err := q.Take(ctx, domain.SMS, 10, 5, noon); err == nil || n != 0 {
		t.Errorf("%d may go, %v", n, err)
	}
	if q.UrgentWaits(ctx, domain.SMS) {
		t.Error("something urgent waits")
	}
}

func TestWhatIsUrgentHasAQueueOfItsOwn(t *testing.T) {
	q := open(t)
	if q.UrgentWaits(t.Context(), domain.SMS) {
		t.Error("something urgent waits in an empty queue")
	}
	if err := q.EnqueueDeliver(t.Context(), domain.Batch{ID: 1, Channel: domain.SMS, Gen: 1}); err != nil || q.UrgentWaits(t.Context(), domain.SMS) {
		t.Errorf("what is not urgent counts as urgent (%v)", err)
	}
	if err := q.EnqueueDeliver(t.Context(), domain.Batch{ID: 2, Channel: domain.SMS, Gen: 1, Urgent: true}); err != nil || !q.UrgentWaits(t.Context(), domain.SMS) {
		t.Errorf("what is urgent does not (%v)", err)
	}
	if q.UrgentWaits(t.Context(), domain.Email) {
		t.Error("it does on another channel")
	}
}
