package web

import (
	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
)

// statementView is a page of fixed words: display modes, privacy,
// accessibility.
type statementView struct {
	Page
	name           string
	Back           string
	ConsentVersion string
}

func (v statementView) template() string { return v.name }

// displayMode is how the reader wants pages to look.
type displayMode struct {
	ui       string // std, elder, max
	contrast string // std, high
}

// modeOf reads the two cookies of the mode; anything else in them is the
// standard.
func modeOf(c *fiber.Ctx) displayMode {
	mode := displayMode{"std", "std"}
	switch ui := c.Cookies(uiCookie); ui {
	case "elder", "max":
		mode.ui = ui
	}
	if c.Cookies(contrastCookie) == "high" {
		mode.contrast = "high"
	}
	return mode
}

// display switches a mode and goes back, or shows the page of modes. The two
// cookies hold no secret and are read by the script too.
func (s *Server) display(c *fiber.Ctx) error {
	to := c.Query("to")
	if !localPath(to) {
		to = "/display"
	}
	ui, contrast := c.Query("ui"), c.Query("contrast")
	if ui == "" && contrast == "" {
		p, err := s.page(c, "显示方式")
		if err != nil {
			return err
		}
		return s.render(c, statementView{Page: p, name: "portal/display", Back: to})
	}
	switch ui {
	case "std", "elder", "max":
		s.setModeCookie(c, uiCookie, ui)
	}
	switch contrast {
	case "std", "high":
		s.setModeCookie(c, contrastCookie, contrast)
	}
	return c.Redirect(to, fiber.StatusSeeOther)
}

func (s *Server) setModeCookie(c *fiber.Ctx, name, value string) {
	c.Cookie(&fiber.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: 365 * 24 * 60 * 60,
		Secure: s.https(), SameSite: fiber.CookieSameSiteLaxMode,
	})
}

func (s *Server) privacy(c *fiber.Ctx) error {
	p, err := s.page(c, "隐私说明")
	if err != nil {
		return err
	}
	return s.render(c, statementView{Page: p, name: "portal/privacy", ConsentVersion: domain.ConsentVersion})
}

func (s *Server) accessibility(c *fiber.Ctx) error {
	p, err := s.page(c, "无障碍说明")
	if err != nil {
		return err
	}
	return s.render(c, statementView{Page: p, name: "portal/accessibility"})
}
