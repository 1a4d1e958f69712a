package web

import (
	"github.com/gofiber/fiber/v2"
)

// healthz answers as long as the process runs.
func (s *Server) healthz(c *fiber.Ctx) error { return c.SendString("ok\n") }

// readyz answers 200 when the service can do its work, and says how far the
// audience index is while it is being built.
func (s *Server) readyz(c *fiber.Ctx) error {
	ctx := c.UserContext()
	err := s.Store.Ping(ctx)
	if err == nil && s.Ready != nil {
		err = s.Ready(ctx)
	}
	if err != nil {
		s.Log.WarnContext(ctx, "not ready", "err", err)
		said := "not ready\n"
		if at := s.building(); at != "" {
			said += at + "\n"
		}
		return c.Status(fiber.StatusServiceUnavailable).SendString(said)
	}
	return c.SendString("ready\n")
}

// robots keeps crawlers off personal pages.
func (s *Server) robots(c *fiber.Ctx) error {
	return c.SendString("User-agent: *\nDisallow: /console\nDisallow: /me\nDisallow: /inbox\nDisallow: /login\nDisallow: /subscribe\nDisallow: /u/\nDisallow: /display\nDisallow: /policies/*/onepage.\n")
}
