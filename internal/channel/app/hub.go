// Package app tells people who have the portal open that something came, by
// server-sent events over connections taken over from the web server.
//
// The inbox itself is computed from the database; an event is only a hint. So
// a lost one costs nothing: a client that comes back says the last id that it
// saw, and the caller's replay function reads what followed. A connection is
// entered in the hub before its replay runs, and remembers what it has written:
// nothing falls between the two, nothing is shown twice.
package app

import (
	"bytes"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"policypush/internal/domain"
)

// Event is one server-sent event. ID grows with time and is unique within an
// inbox; Name and Data may be empty. Data is usually JSON.
type Event struct {
	ID   int64  `json:"id"`
	Name string `json:"name,omitempty"`
	Data string `json:"data,omitempty"`
}

// Replay reads from the database the events of one person after an id, oldest
// first.
type Replay func(after int64) []Event

// Limits bounds what the hub spends on its clients. A zero value takes the
// default, which stands behind each field.
type Limits struct {
	PerUser   int           // connections of one person: 5
	Total     int           // connections in all: 10000
	Queue     int           // events that a slow client may leave waiting: 8
	Heartbeat time.Duration // between two comments that keep proxies awake: 25 s
	Write     time.Duration // for one write to finish: 10 s
	Replays   int           // replays that run at a time: 8
}

// Hub knows who is connected. Its methods may be called at any time from any
// goroutine.
type Hub struct {
	limits  Limits
	replays chan struct{}

	mu      sync.Mutex
	closed  bool
	total   int
	clients map[domain.SubscriberID]map[*client]struct{}
	forward func() // to the other processes; nil without a bridge
	serving sync.WaitGroup
}

// client is one connection. Whoever gives it something to say starts its writer,
// unless that is at work already; between two events a connection costs one
// goroutine that waits for its end. The hub's mu guards all but shown, which is
// the writer's.
type client struct {
	conn    net.Conn
	replay  Replay
	due     due
	writing bool
	closed  bool // too slow, gone, or the hub closes; set once
	beat    *time.Timer
	shown   shown
}

// due is what a connection is still to be told.
type due struct {
	greeting bool // the status line and the headers
	reread   bool // what the database holds: somebody else knows of an event
	events   []Event
	beat     bool // a comment that keeps proxies awake
}

// shown is what one connection has been shown.
type shown struct {
	last int64 // highest id written or claimed by the client
	sent map[int64]struct{}
}

// NewHub returns a hub without connections.
func NewHub(l Limits) *Hub {
	setDefault(&l.PerUser, 5)
	setDefault(&l.Total, 10000)
	setDefault(&l.Queue, 8)
	setDefault(&l.Heartbeat, 25*time.Second)
	setDefault(&l.Write, 10*time.Second)
	setDefault(&l.Replays, 8)
	return &Hub{limits: l, replays: make(chan struct{}, l.Replays), clients: map[domain.SubscriberID]map[*client]struct{}{}}
}

func setDefault[T int | time.Duration](v *T, d T) {
	if *v <= 0 {
		*v = d
	}
}

// Publish hands an event to every connected person of whom to says yes, here
// and, over a bridge, in the other processes. It does not wait for anybody: a
// client whose queue is full is closed and will come back and replay.
func (h *Hub) Publish(ev Event, to func(domain.SubscriberID) bool) {
	h.mu.Lock()
	forward := h.forward
	for id, cs := range h.clients {
		if to(id) {
			h.enqueue(cs, ev)
		}
	}
	h.mu.Unlock()
	if forward != nil {
		forward()
	}
}

// wake makes every connection read again from the database.
func (h *Hub) wake() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, cs := range h.clients {
		for c := range cs {
			c.due.reread = true
			h.write(c)
		}
	}
}

// enqueue puts ev into the queues of cs. The caller holds mu.
func (h *Hub) enqueue(cs map[*client]struct{}, ev Event) {
	for c := range cs {
		if len(c.due.events) >= h.limits.Queue {
			c.cut()
			continue
		}
		c.due.events = append(c.due.events, ev)
		h.write(c)
	}
}

// write starts the writer of c, if it is not at work. The caller holds mu.
func (h *Hub) write(c *client) {
	if c.writing || c.closed {
		return
	}
	c.writing = true
	h.serving.Add(1)
	go func() {
		defer h.serving.Done()
		h.speak(c)
	}()
}

// cut ends a connection: its reader, which waits, sees a time that has passed.
// The caller holds the hub's mu.
func (c *client) cut() {
	if c.closed {
		return
	}
	c.closed = true
	if c.conn.SetReadDeadline(time.Unix(1, 0)) != nil {
		_ = c.conn.Close()
	}
}

// Connected returns the number of connections and of persons behind them.
func (h *Hub) Connected() (connections, persons int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.total, len(h.clients)
}

// Close ends all connections and waits for them. Later ones are refused.
func (h *Hub) Close() {
	h.mu.Lock()
	h.closed = true
	for cs := range maps.Values(h.clients) {
		for c := range cs {
			c.cut()
		}
	}
	h.mu.Unlock()
	h.serving.Wait()
}

// enter adds a connection, or says why not with an HTTP status line.
func (h *Hub) enter(user domain.SubscriberID, c *client) (refusal string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.closed || h.total >= h.limits.Total:
		return "503 Service Unavailable"
	case len(h.clients[user]) >= h.limits.PerUser:
		return "429 Too Many Requests"
	}
	if h.clients[user] == nil {
		h.clients[user] = map[*client]struct{}{}
	}
	h.clients[user][c] = struct{}{}
	h.total++
	h.serving.Add(1)
	c.beat = time.AfterFunc(h.limits.Heartbeat, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if !c.closed {
			c.due.beat = true
			h.write(c)
			c.beat.Reset(h.limits.Heartbeat)
		}
	})
	h.write(c)
	return ""
}

func (h *Hub) leave(user domain.SubscriberID, c *client) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c.closed = true
	c.beat.Stop()
	delete(h.clients[user], c)
	if len(h.clients[user]) == 0 {
		delete(h.clients, user)
	}
	h.total--
	h.serving.Done()
}

// ServeConn speaks to one client until it goes, is too slow, or the hub
// closes. The web server hands over conn after it has checked who asks, and
// the caller closes it afterwards; the status line and the headers are written
// here. The after parameter is the client's Last-Event-ID.
func (h *Hub) ServeConn(conn net.Conn, user domain.SubscriberID, after int64, replay Replay) {
	// Deadlines of the web server's settings would cut the stream.
	if conn.SetDeadline(time.Time{}) != nil {
		return
	}
	c := &client{conn: conn, replay: replay, due: due{greeting: true, reread: true}, shown: shown{last: after}}
	if refusal := h.enter(user, c); refusal != "" {
		h.say(conn, []byte("HTTP/1.1 "+refusal+"\r\nRetry-After: 60\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
		return
	}
	defer h.leave(user, c)
	// A client sends nothing: a read that ends is the only prompt sign that it
	// has gone.
	var said [16]byte // io.Copy would hold 8 KB for each
	for {
		if _, err := conn.Read(said[:]); err != nil {
			return
		}
	}
}

const head = "HTTP/1.1 200 OK\r\n" +
	"Content-Type: text/event-stream; charset=utf-8\r\n" +
	"Cache-Control: no-cache, no-store\r\n" +
	"X-Accel-Buffering: no\r\n" +
	"X-Content-Type-Options: nosniff\r\n" +
	"Connection: close\r\n\r\n" +
	"retry: 3000\n\n"

// speak writes what is due to c until nothing is. One runs at a time.
func (h *Hub) speak(c *client) {
	for {
		h.mu.Lock()
		d := c.due
		c.due = due{}
		c.writing = !c.closed && (d.greeting || d.reread || d.beat || len(d.events) > 0)
		going := c.writing
		h.mu.Unlock()
		if !going {
			return
		}
		if !h.tell(c, d) {
			h.mu.Lock()
			c.cut()
			h.mu.Unlock()
		}
	}
}

// tell writes what is due and says whether the connection still works.
func (h *Hub) tell(c *client, d due) bool {
	if d.greeting && !h.say(c.conn, []byte(head)) {
		return false
	}
	if d.reread {
		h.replays <- struct{}{}
		stored := c.replay(c.shown.last)
		<-h.replays
		d.events = append(stored, d.events...)
	}
	for _, ev := range d.events {
		if block := c.shown.block(ev); block != nil && !h.say(c.conn, block) {
			return false
		}
	}
	return !d.beat || h.say(c.conn, []byte(":\n\n"))
}

func (h *Hub) say(conn net.Conn, b []byte) bool {
	if conn.SetWriteDeadline(time.Now().Add(h.limits.Write)) != nil {
		return false
	}
	_, err := conn.Write(b)
	return err == nil
}

// block is an event as it is written, nil if it was written before. An event
// may come after one with a higher id, when two pushes are planned at once: it
// is written, but the id that the client will give back never falls.
func (s *shown) block(ev Event) []byte {
	if _, was := s.sent[ev.ID]; was {
		return nil
	}
	if s.sent == nil {
		s.sent = map[int64]struct{}{}
	}
	s.sent[ev.ID] = struct{}{}
	s.forget()
	s.last = max(s.last, ev.ID)
	var b bytes.Buffer
	fmt.Fprintf(&b, "id: %d\n", s.last)
	if name := oneLine(ev.Name); name != "" {
		fmt.Fprintf(&b, "event: %s\n", name)
	}
	for line := range strings.SplitSeq(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(ev.Data), "\n") {
		fmt.Fprintf(&b, "data: %s\n", line)
	}
	b.WriteByte('\n')
	return b.Bytes()
}

// forget keeps the memory of a connection that lives for days small: of more
// than a thousand ids, the lower half goes.
func (s *shown) forget() {
	if len(s.sent) <= 1000 {
		return
	}
	ids := slices.Sorted(maps.Keys(s.sent))
	for _, id := range ids[:len(ids)/2] {
		delete(s.sent, id)
	}
}

func oneLine(s string) string {
	return strings.NewReplacer("\r", " ", "\n", " ").Replace(s)
}

// LastEventID reads the Last-Event-ID header, or the parameter of the same use
// in the address. What is not a number counts as 0: everything is replayed.
func LastEventID(s string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
