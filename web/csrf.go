package web

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
)

// Cookies. Those that prove something are HttpOnly; ui and contrast are read
// and written by the script too.
const (
	readerCookie   = "sid"   // token of a portal session
	operatorCookie = "staff" // token of a console session
	nonceCookie    = "form"  // random, binds forms of a visitor without a session
	flashCookie    = "flash" // one message for the next page, signed
	uiCookie       = "ui"
	contrastCookie = "contrast"
)

// csrfField is the name of the hidden field of every form.
const csrfField = "_csrf"

// csrfHeader holds it where a script sends no form.
const csrfHeader = "X-CSRF-Token"

// csrfToken makes the token of a form: a salt and the keyed hash of salt,
// visitor and sessions. It is different on every page (so that compression
// tells nothing about it) and worthless in any other browser or session.
func (s *Server) csrfToken(c *fiber.Ctx) string {
	if drawnForAll(c) {
		return ""
	}
	nonce := c.Cookies(nonceCookie)
	if set, ok := c.Locals(localNonce).(string); ok {
		nonce = set
	}
	if nonce == "" {
		nonce = rand.Text()
		c.Locals(localNonce, nonce)
		s.setCookie(c, nonceCookie, nonce, 0)
	}
	salt := make([]byte, 12)
	_, _ = rand.Read(salt) // never fails
	return base64.RawURLEncoding.EncodeToString(append(salt, s.csrfSum(c, salt, nonce)...))
}

func (s *Server) csrfSum(c *fiber.Ctx, salt []byte, nonce string) []byte {
	now := sessionsAfter(c) // this very request may have signed in
	return s.sign("csrf", salt, []byte(nonce), []byte(now.reader), []byte(now.operator))
}

// checkCSRF refuses a post that did not come from one of our own forms. Posts
// from another site lack the Lax cookies and are named by the browser; the
// token stops what gets past both.
func (s *Server) checkCSRF(c *fiber.Ctx) error {
	switch c.Method() {
	case fiber.MethodGet, fiber.MethodHead, fiber.MethodOptions:
		return c.Next()
	}
	if err := s.forged(c); err != nil {
		return err
	}
	return c.Next()
}

// forged says that a post is not one of our own forms, or nil.
func (s *Server) forged(c *fiber.Ctx) error {
	refused := domain.Errorf(domain.Forbidden, "页面已过期，请返回上一页刷新后再提交。")
	if site := c.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return refused
	}
	nonce := c.Cookies(nonceCookie)
	token, err := base64.RawURLEncoding.DecodeString(c.FormValue(csrfField, c.Get(csrfHeader)))
	if err != nil || len(token) != 12+sha256.Size || nonce == "" {
		return refused
	}
	if !hmac.Equal(token[12:], s.csrfSum(c, token[:12], nonce)) {
		return refused
	}
	return nil
}

// checkOpenForm guards the forms on pages that are the same for everybody and
// so hold no token. A visitor without a session lends a forged post nothing
// that its author does not have; who has one needs the token, as everywhere.
func (s *Server) checkOpenForm(c *fiber.Ctx) error {
	if personal(c) || c.Get("Sec-Fetch-Site", "same-origin") != "same-origin" {
		return s.checkCSRF(c)
	}
	return c.Next()
}

// sign returns the keyed hash of parts for one purpose. Parts are parted by
// their lengths, so that none can borrow from its neighbour.
func (s *Server) sign(purpose string, parts ...[]byte) []byte {
	mac := hmac.New(sha256.New, s.Secret)
	mac.Write([]byte(purpose))
	for _, p := range parts {
		n := len(p)
		mac.Write([]byte{0, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
		mac.Write(p)
	}
	return mac.Sum(nil)
}

// setCookie sets a cookie that scripts cannot read; seconds 0 lasts until the
// browser closes.
func (s *Server) setCookie(c *fiber.Ctx, name, value string, seconds int) {
	c.Cookie(&fiber.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: seconds, SessionOnly: seconds == 0,
		HTTPOnly: true, Secure: s.https(), SameSite: fiber.CookieSameSiteLaxMode,
	})
}

func (s *Server) dropCookie(c *fiber.Ctx, name string) {
	c.Cookie(&fiber.Cookie{
		Name: name, Path: "/", Expires: s.Now().AddDate(-1, 0, 0), MaxAge: -1,
		HTTPOnly: true, Secure: s.https(), SameSite: fiber.CookieSameSiteLaxMode,
	})
}
