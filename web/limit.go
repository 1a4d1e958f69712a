package web

import (
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"policypush/internal/auth"
)

// The largest bodies: forms, and files in the console.
const (
	formLimit   = 1 << 20
	importLimit = 64 << 20
)

// bodyLimit lets only a console session send a large body, and only to the
// import. It decides on the head of the request, before the body is read.
func bodyLimit(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
	if string(h.RequestURI()) == importPath && len(h.Cookie(operatorCookie)) > 0 {
		return fasthttp.RequestConfig{MaxRequestBodySize: importLimit, ReadTimeout: 5 * time.Minute}
	}
	return fasthttp.RequestConfig{MaxRequestBodySize: formLimit}
}

// limitedAddresses is how many network addresses a limit remembers.
const limitedAddresses = 50_000

// limit allows so many posts a minute from one network address to what it
// guards; reading is free.
func (s *Server) limit(perMinute int) fiber.Handler {
	throttle := auth.NewThrottle(time.Minute/time.Duration(perMinute), perMinute, limitedAddresses)
	return func(c *fiber.Ctx) error {
		if c.Method() == fiber.MethodPost && throttle.Try(c.IP(), s.Now()) > 0 {
			return fiber.ErrTooManyRequests
		}
		return c.Next()
	}
}
