package web

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"time"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/auth"
	"policypush/internal/domain"
)

const (
	liveViewers = 40               // live pages of pushes at a time
	liveBeat    = 25 * time.Second // between two comments that keep proxies awake
	liveWrite   = 10 * time.Second // for one write to finish
)

// rhythm is how a live page is served.
type rhythm struct {
	moving time.Duration // between two looks at the database while something is being planned or sent
	still  time.Duration // and afterwards, when receipts and readers come for days
	lasts  time.Duration // until the page has to ask anew, and to show that it still may
}

// console is what the console keeps while the site runs.
type console struct {
	logins  *auth.Throttle
	viewers chan struct{} // one token for each live page
	live    rhythm
	ending  context.Context
}

func newConsole(ending context.Context) *console {
	return &console{
		logins:  auth.NewThrottle(time.Minute, 6, limitedAddresses),
		viewers: make(chan struct{}, liveViewers),
		live:    rhythm{moving: time.Second, still: 10 * time.Second, lasts: time.Hour},
		ending:  ending,
	}
}

// pushEvents tells a live page how a push stands each time that has changed, as
// long as something can come. The id of an event names the state that it tells:
// a page that shows it already is told of the next one.
func (s *Server) pushEvents(c *fiber.Ctx) error {
	id, err := idParam(c, "id")
	if err != nil {
		return err
	}
	if _, err := s.Store.Push(c.UserContext(), domain.PushID(id)); err != nil {
		return err
	}
	shown := c.Get("Last-Event-ID")
	if shown == "" {
		shown = c.Query("after")
	}
	select {
	case s.console.viewers <- struct{}{}:
	default:
		return fiber.ErrServiceUnavailable
	}
	takeOver(c, func(conn net.Conn) {
		defer func() { <-s.console.viewers }()
		s.servePush(conn, domain.PushID(id), shown)
	})
	return nil
}

// servePush speaks to one live page, which shows a state, until it goes, has
// been served long enough, nothing can come any more or the site shuts down.
func (s *Server) servePush(conn net.Conn, id domain.PushID, shown string) {
	if conn.SetDeadline(time.Time{}) != nil { // those of the web server would cut the stream
		return
	}
	ctx, cancel := context.WithTimeout(s.console.ending, s.console.live.lasts)
	defer cancel()
	// The browser sends nothing: a read that ends tells that it has gone.
	go func() {
		defer cancel()
		_, _ = io.Copy(io.Discard, conn)
	}()
	write := func(text string) bool {
		if conn.SetWriteDeadline(time.Now().Add(liveWrite)) != nil {
			return false
		}
		_, err := io.WriteString(conn, text)
		return err == nil
	}
	if !write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-store\r\n" +
		"X-Accel-Buffering: no\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\nretry: 3000\n\n") {
		return
	}
	spoken := time.Now()
	for {
		began := time.Now()
		l, data, err := s.pushJSON(ctx, id)
		switch version := l.version(); {
		case ctx.Err() != nil:
			return
		case err != nil:
			s.Log.ErrorContext(ctx, "totals of a push", "push", id, "err", err)
			return
		case l.over():
			write("id: " + version + "\nevent: end\ndata: " + string(data) + "\n\n")
			return
		case version != shown:
			if !write("id: " + version + "\nevent: totals\ndata: " + string(data) + "\n\n") {
				return
			}
			shown, spoken = version, time.Now()
		case time.Since(spoken) > liveBeat:
			if !write(":\n\n") {
				return
			}
			spoken = time.Now()
		}
		wait := s.console.live.still
		if l.moves(s.Now()) {
			wait = s.console.live.moving
		}
		// A database that takes long to count is asked less often.
		pause := time.NewTimer(max(wait, 10*time.Since(began)))
		select {
		case <-ctx.Done():
			pause.Stop()
			return
		case <-pause.C:
		}
	}
}

// pushJSON returns how a push stands, and the same for the stream.
func (s *Server) pushJSON(ctx context.Context, id domain.PushID) (l pushLive, data []byte, err error) {
	push, err := s.Store.Push(ctx, id)
	if err != nil {
		return l, nil, err
	}
	if l, err = s.pushLive(ctx, push); err != nil {
		return l, nil, err
	}
	data, err = json.Marshal(l)
	return l, data, err
}
