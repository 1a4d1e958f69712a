package web

import (
	"bytes"
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
	liveEvery   = time.Second      // between two looks at the database
	liveBeat    = 25 * time.Second // between two comments that keep proxies awake
	liveWrite   = 10 * time.Second // for one write to finish
)

// console is what the console keeps while the site runs.
type console struct {
	logins  *auth.Throttle
	viewers chan struct{} // one token for each live page
	ending  context.Context
}

func newConsole(ending context.Context) *console {
	return &console{
		logins:  auth.NewThrottle(time.Minute, 6, limitedAddresses),
		viewers: make(chan struct{}, liveViewers),
		ending:  ending,
	}
}

// pushEvents tells a live page the totals of a push each time they have
// changed, at most once a second, until the push has ended.
func (s *Server) pushEvents(c *fiber.Ctx) error {
	id, err := idParam(c, "id")
	if err != nil {
		return err
	}
	if _, err := s.Store.Push(c.UserContext(), domain.PushID(id)); err != nil {
		return err
	}
	select {
	case s.console.viewers <- struct{}{}:
	default:
		return fiber.ErrServiceUnavailable
	}
	takeOver(c, func(conn net.Conn) {
		defer func() { <-s.console.viewers }()
		s.servePush(conn, domain.PushID(id))
	})
	return nil
}

// servePush speaks to one live page until it goes, the push ends or the site
// shuts down.
func (s *Server) servePush(conn net.Conn, id domain.PushID) {
	if conn.SetDeadline(time.Time{}) != nil { // those of the web server would cut the stream
		return
	}
	ctx, cancel := context.WithCancel(s.console.ending)
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
	var last []byte
	spoken := time.Now()
	for {
		began := time.Now()
		data, ended, err := s.pushJSON(ctx, id)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			s.Log.ErrorContext(ctx, "totals of a push", "push", id, "err", err)
			return
		case !bytes.Equal(data, last):
			name := "totals"
			if ended {
				name = "end"
			}
			if !write("event: " + name + "\ndata: " + string(data) + "\n\n") {
				return
			}
			last, spoken = data, time.Now()
		case time.Since(spoken) > liveBeat:
			if !write(":\n\n") {
				return
			}
			spoken = time.Now()
		}
		if ended {
			return
		}
		// A database that takes long to count is asked less often.
		pause := time.NewTimer(max(liveEvery, 10*time.Since(began)))
		select {
		case <-ctx.Done():
			pause.Stop()
			return
		case <-pause.C:
		}
	}
}

// pushJSON returns the totals of a push, and whether it has ended. The speed,
// which changes by itself, is left out.
func (s *Server) pushJSON(ctx context.Context, id domain.PushID) (data []byte, ended bool, err error) {
	push, err := s.Store.Push(ctx, id)
	if err != nil {
		return nil, false, err
	}
	counts, err := s.Store.PushCounts(ctx, id)
	if err != nil {
		return nil, false, err
	}
	reasons, err := s.Store.Reasons(ctx, id)
	if err != nil {
		return nil, false, err
	}
	t := s.totals(push, counts)
	t.PerMin = 0
	if t.Readers, t.Dismissed, err = s.Store.PushMarks(ctx, id); err != nil {
		return nil, false, err
	}
	t.Parts = channelRows(counts, reasons)
	data, err = json.Marshal(t)
	return data, pushRowOf(push).Ended() && t.Waiting == 0, err
}
