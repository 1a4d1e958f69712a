package app_test

import (
	"bufio"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"pgregory.net/rapid"

	"policypush/internal/channel/app"
	"policypush/internal/domain"
)

// inbox stands for the database: events in the order of their ids.
type inbox struct {
	mu     sync.Mutex
	events []app.Event
}

func (i *inbox) add(ids ...int64) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, id := range ids {
		i.events = append(i.events, event(id))
	}
}

func (i *inbox) after(id int64) []app.Event {
	i.mu.Lock()
	defer i.mu.Unlock()
	var out []app.Event
	for _, ev := range i.events {
		if ev.ID > id {
			out = append(out, ev)
		}
	}
	return out
}

func event(id int64) app.Event {
	return app.Event{ID: id, Name: "policy", Data: fmt.Sprintf(`{"push":%d}`, id)}
}

func everybody(domain.SubscriberID) bool { return true }

// reader is a browser.
type reader struct {
	conn net.Conn
	r    *bufio.Reader
	done chan struct{} // closed when the hub has let go
}

func connect(t *testing.T, h *app.Hub, user domain.SubscriberID, after int64, replay app.Replay) *reader {
	t.Helper()
	here, there := net.Pipe()
	r := &reader{conn: here, r: bufio.NewReader(here), done: make(chan struct{})}
	go func() {
		defer close(r.done)
		h.ServeConn(there, user, after, replay)
		_ = there.Close() // as the web server does
	}()
	t.Cleanup(func() { _ = here.Close() })
	if err := here.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return r
}

// head reads the status line and the headers.
func (r *reader) head(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for {
		line, err := r.r.ReadString('\n')
		if err != nil {
			t.Fatalf("head: %v after %q", err, b.String())
		}
		if line == "\r\n" {
			return b.String()
		}
		b.WriteString(line)
	}
}

// next reads one block: an event, a comment or the retry line.
func (r *reader) next(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for {
		line, err := r.r.ReadString('\n')
		if err != nil {
			return "end: " + err.Error()
		}
		if line == "\n" {
			return b.String()
		}
		b.WriteString(line)
	}
}

func shown(id, last int64) string {
	return fmt.Sprintf("id: %d\nevent: policy\ndata: {\"push\":%d}\n", last, id)
}

func TestAClientSeesWhatItMissedThenWhatComes(t *testing.T) {
	h := app.NewHub(app.Limits{})
	var box inbox
	box.add(1, 2, 3)
	r := connect(t, h, 7, 1, box.after)
	head := r.head(t)
	for _, want := range []string{"HTTP/1.1 200 OK\r\n", "Content-Type: text/event-stream", "X-Accel-Buffering: no", "Cache-Control: no-cache", "Connection: close"} {
		if !strings.Contains(head, want) {
			t.Errorf("no %q in %q", want, head)
		}
	}
	if got := r.next(t); got != "retry: 3000\n" {
		t.Errorf("%q", got)
	}
	for _, id := range []int64{2, 3} {
		if got := r.next(t); got != shown(id, id) {
			t.Errorf("replayed %q", got)
		}
	}
	h.Publish(event(3), everybody) // was replayed: not again
	h.Publish(event(9), func(id domain.SubscriberID) bool { return id != 7 })
	h.Publish(event(5), everybody)
	h.Publish(event(4), everybody) // late, but new; the client's place does not go back
	if got := r.next(t); got != shown(5, 5) {
		t.Errorf("live %q", got)
	}
	if got := r.next(t); got != shown(4, 5) {
		t.Errorf("late %q", got)
	}
	if n, persons := h.Connected(); n != 1 || persons != 1 {
		t.Errorf("%d connections, %d persons", n, persons)
	}
	_ = r.conn.Close()
	<-r.done
	if n, persons := h.Connected(); n != 0 || persons != 0 {
		t.Errorf("after the client went: %d connections, %d persons", n, persons)
	}
}

func TestNothingIsLostOrShownTwiceWhileReplaying(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 7).Draw(rt, "events")
		early := rapid.IntRange(0, n).Draw(rt, "committed before the client came")
		h := app.NewHub(app.Limits{})
		var box inbox
		for id := 1; id <= early; id++ {
			box.add(int64(id))
		}
		r := connect(t, h, 7, 0, func(after int64) []app.Event {
			// The rest is committed and published while the replay reads.
			for id := early + 1; id <= n; id++ {
				box.add(int64(id))
				h.Publish(event(int64(id)), everybody)
			}
			early = n
			return box.after(after)
		})
		r.head(t)
		r.next(t)
		for id := range n {
			if got := r.next(t); got != shown(int64(id+1), int64(id+1)) {
				rt.Fatalf("event %d: %q", id+1, got)
			}
		}
		h.Publish(event(99), everybody)
		if got := r.next(t); got != shown(99, 99) {
			rt.Fatalf("shown twice: %q", got)
		}
		_ = r.conn.Close()
		<-r.done
	})
}

func TestASlowClientIsCutAndTheOthersAreNot(t *testing.T) {
	h := app.NewHub(app.Limits{Queue: 2})
	slow := connect(t, h, 1, 0, func(int64) []app.Event { return nil })
	slow.head(t)
	slow.next(t)
	quick := connect(t, h, 2, 0, func(int64) []app.Event { return nil })
	quick.head(t)
	quick.next(t)
	for id := int64(1); id <= 5; id++ { // one in the writer's hands, two waiting, one too many
		h.Publish(event(id), everybody)
		if got := quick.next(t); got != shown(id, id) {
			t.Fatalf("quick client: %q", got)
		}
	}
	var got string
	for id := int64(1); id <= 5; id++ {
		if got = slow.next(t); strings.HasPrefix(got, "end:") {
			break
		}
	}
	if !strings.HasPrefix(got, "end:") {
		t.Errorf("slow client still gets %q", got)
	}
	<-slow.done
}

func TestAStuckClientIsLeftAfterTheWriteDeadline(t *testing.T) {
	h := app.NewHub(app.Limits{Write: 50 * time.Millisecond})
	r := connect(t, h, 1, 0, func(int64) []app.Event { return []app.Event{event(1)} })
	<-r.done // it never read an octet
}

func TestCapsAreKept(t *testing.T) {
	h := app.NewHub(app.Limits{PerUser: 2, Total: 3})
	none := func(int64) []app.Event { return nil }
	for _, user := range []domain.SubscriberID{1, 1, 2} {
		if head := connect(t, h, user, 0, none).head(t); !strings.HasPrefix(head, "HTTP/1.1 200") {
			t.Fatal(head)
		}
	}
	if head := connect(t, h, 3, 0, none).head(t); !strings.HasPrefix(head, "HTTP/1.1 503") {
		t.Errorf("fourth in all: %q", head)
	}
	h2 := app.NewHub(app.Limits{PerUser: 1})
	connect(t, h2, 1, 0, none).head(t)
	if head := connect(t, h2, 1, 0, none).head(t); !strings.HasPrefix(head, "HTTP/1.1 429") {
		t.Errorf("second of one person: %q", head)
	}
}

func TestAHeartbeatKeepsTheLineAwake(t *testing.T) {
	h := app.NewHub(app.Limits{Heartbeat: time.Millisecond})
	r := connect(t, h, 1, 0, func(int64) []app.Event { return nil })
	r.head(t)
	r.next(t)
	if got := r.next(t); got != ":\n" {
		t.Errorf("%q", got)
	}
}

func TestCloseEndsEveryStreamAndLetsNobodyIn(t *testing.T) {
	h := app.NewHub(app.Limits{})
	r := connect(t, h, 1, 0, func(int64) []app.Event { return nil })
	r.head(t)
	r.next(t)
	closed := make(chan struct{})
	go func() {
		h.Close()
		close(closed)
	}()
	if got := r.next(t); !strings.HasPrefix(got, "end:") {
		t.Errorf("%q", got)
	}
	<-closed
	<-r.done
	if head := connect(t, h, 1, 0, nil).head(t); !strings.HasPrefix(head, "HTTP/1.1 503") {
		t.Error(head)
	}
}

func TestDataCannotForgeAnEvent(t *testing.T) {
	h := app.NewHub(app.Limits{})
	r := connect(t, h, 1, 0, func(int64) []app.Event {
		return []app.Event{{ID: 1, Name: "a\nid: 99", Data: "x\r\n\r\nevent: evil\rid: 100"}}
	})
	r.head(t)
	r.next(t)
	if got, want := r.next(t), "id: 1\nevent: a id: 99\ndata: x\ndata: \ndata: event: evil\ndata: id: 100\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAnotherProcessWakesTheConnections(t *testing.T) {
	mr := miniredis.RunT(t)
	web, worker := app.NewHub(app.Limits{}), app.NewHub(app.Limits{})
	for _, h := range []*app.Hub{web, worker} {
		rdb := redis.NewClient(&redis.Options{Addr: mr.Addr()})
		t.Cleanup(func() { _ = rdb.Close() })
		go h.Bridge(t.Context(), rdb, "inbox", slog.New(slog.DiscardHandler))
	}
	deadline := time.Now().Add(30 * time.Second)
	for mr.PubSubNumSub("inbox")["inbox"] < 2 {
		if time.Now().After(deadline) {
			t.Fatal("bridges did not subscribe")
		}
		time.Sleep(5 * time.Millisecond) // between two looks
	}
	var box inbox
	r := connect(t, web, 7, 0, box.after)
	r.head(t)
	r.next(t)
	box.add(1)
	worker.Publish(event(1), everybody)
	if got := r.next(t); got != shown(1, 1) {
		t.Errorf("%q", got)
	}
}

func TestLastEventIDOfAnyClient(t *testing.T) {
	for in, want := range map[string]int64{"": 0, "42": 42, " 42 ": 42, "-1": 0, "x": 0, "99999999999999999999": 0} {
		if got := app.LastEventID(in); got != want {
			t.Errorf("%q: %d", in, got)
		}
	}
}
