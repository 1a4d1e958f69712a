package web

import (
	"crypto/rand"
	"encoding/hex"
	"time"

	"github.com/gofiber/fiber/v2"
)

// contentSecurityPolicy allows nothing inline and nothing from elsewhere.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// Keys of values that belong to one request.
const (
	localRequestID = "request-id"
	localReader    = "reader"   // *reader
	localOperator  = "operator" // *operatorSession
	localNonce     = "nonce"    // visitor nonce set by this very response
	localShared    = "shared"   // the page is drawn for everybody, see shared
	localHolds     = "holds"    // whether such a page is still right, see holds
)

// secureHeaders sets what every answer carries. Pages are not stored by
// anybody but the reader's own browser, and personal ones not even there; a
// handler that knows better sets its own Cache-Control later.
func (s *Server) secureHeaders(c *fiber.Ctx) error {
	c.Set("Content-Security-Policy", contentSecurityPolicy)
	c.Set("X-Content-Type-Options", "nosniff")
	c.Set("X-Frame-Options", "DENY")
	c.Set("Referrer-Policy", "same-origin")
	c.Set("Cross-Origin-Opener-Policy", "same-origin")
	c.Set("Cross-Origin-Resource-Policy", "same-origin")
	c.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
	c.Set(fiber.HeaderCacheControl, revalidate)
	if s.https() {
		c.Set("Strict-Transport-Security", "max-age=31536000")
	}
	return c.Next()
}

// revalidate lets the reader's own browser keep a page, to be asked for again.
const revalidate = "private, no-cache"

// noStore keeps a personal answer out of every cache.
func noStore(c *fiber.Ctx) { c.Set(fiber.HeaderCacheControl, "no-store") }

// logRequest gives the request an id, answers for its error and writes one
// line. The line names the route and not the path, which may hold a token, and
// neither address nor person.
func (s *Server) logRequest(c *fiber.Ctx) error {
	if drawnForAll(c) { // the visitor's request has its own line
		if err := c.Next(); err != nil {
			return s.handleError(c, err)
		}
		return nil
	}
	start := time.Now()
	id := newRequestID()
	c.Locals(localRequestID, id)
	c.Set(fiber.HeaderXRequestID, id)
	err := c.Next()
	if err != nil {
		if err := s.handleError(c, err); err != nil {
			return err
		}
	}
	s.Log.InfoContext(c.UserContext(), "request",
		"id", id, "method", c.Method(), "route", c.Route().Path,
		"status", c.Response().StatusCode(), "ms", time.Since(start).Milliseconds())
	return nil
}

func newRequestID() string {
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// requestID returns the id that the reader can quote when asking for help.
func requestID(c *fiber.Ctx) string {
	id, _ := c.Locals(localRequestID).(string)
	return id
}
