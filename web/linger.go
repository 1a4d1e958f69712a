package web

import (
	"io"
	"net"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
)

// How much of a body that is too large is taken, unread, after the refusal was
// written, and for how long.
const (
	lingerBytes = 512 << 20
	lingerTime  = 30 * time.Second
)

// lingeringListener accepts connections that can be closed so that the other
// side gets to see the last answer.
type lingeringListener struct{ net.Listener }

// Accept implements net.Listener.
func (l lingeringListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &lingeringConn{Conn: c}, nil
}

// lingeringConn lets a browser finish sending a body that was refused by its
// head. Closing at once would reset the connection, and the browser would show
// its own words instead of ours.
type lingeringConn struct {
	net.Conn
	refused atomic.Bool // something is still coming that nobody reads
}

// Close implements net.Conn.
func (c *lingeringConn) Close() error {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok || !c.refused.Load() || half.CloseWrite() != nil || c.SetReadDeadline(time.Now().Add(lingerTime)) != nil {
		return c.Conn.Close()
	}
	_, _ = io.CopyN(io.Discard, c.Conn, lingerBytes) // whatever it was, it is over
	return c.Conn.Close()
}

// linger makes the connection of a refused request wait for its end.
func linger(c net.Conn) {
	if l, ok := c.(*lingeringConn); ok {
		l.refused.Store(true)
	}
}

// takeOver ends the request and lets serve have its connection, which is closed
// when serve returns. Nothing of the request is kept meanwhile: an open inbox
// lives for hours.
func takeOver(c *fiber.Ctx, serve func(net.Conn)) {
	c.Context().HijackSetNoResponse(true)
	c.Context().Hijack(func(conn net.Conn) {
		if held, ok := conn.(interface{ UnsafeConn() net.Conn }); ok {
			conn = held.UnsafeConn() // what holds it reads through the request's buffer, which others use next
		}
		go func() {
			defer func() { _ = conn.Close() }() // the other side may have closed it
			serve(conn)
		}()
	})
}
