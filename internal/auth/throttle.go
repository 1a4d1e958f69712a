package auth

import (
	"container/list"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Throttle bounds how often something may be tried per key: a login, an
// address of the net, a phone number. It keeps at most a fixed number of keys;
// beyond that the one unused for longest is forgotten. So it should stand
// twice, by login and by net address: who floods one with keys meets the other.
type Throttle struct {
	every rate.Limit
	burst int
	max   int

	mu    sync.Mutex
	keys  map[string]*list.Element // of *bucket
	order *list.List               // the most recently used first
}

type bucket struct {
	key     string
	limiter *rate.Limiter
}

// NewThrottle allows burst tries at once and one more each interval, for at
// most maxKeys keys.
func NewThrottle(interval time.Duration, burst, maxKeys int) *Throttle {
	return &Throttle{every: rate.Every(interval), burst: burst, max: maxKeys, keys: map[string]*list.Element{}, order: list.New()}
}

// Try takes one try of a key. It returns 0 if it is allowed, else how long to
// wait; a refused try costs nothing.
func (t *Throttle) Try(key string, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	el, ok := t.keys[key]
	if !ok {
		if t.order.Len() >= t.max {
			oldest := t.order.Back()
			delete(t.keys, t.order.Remove(oldest).(*bucket).key)
		}
		el = t.order.PushFront(&bucket{key: key, limiter: rate.NewLimiter(t.every, t.burst)})
		t.keys[key] = el
	}
	t.order.MoveToFront(el)
	r := el.Value.(*bucket).limiter.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}

// Forgive forgets a key, for example a login after its right password.
func (t *Throttle) Forgive(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if el, ok := t.keys[key]; ok {
		t.order.Remove(el)
		delete(t.keys, key)
	}
}
