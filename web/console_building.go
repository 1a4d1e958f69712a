package web

import (
	"strconv"

	"github.com/gofiber/fiber/v2"
)

// buildingAgain is after how many seconds a page that waits for the audience
// index asks again.
const buildingAgain = 3

// buildingView stands for a page of the console that needs the audience index
// while it is being built.
type buildingView struct {
	Page
	Back string // the page that was asked for
}

func (buildingView) template() string { return "console/building" }

// building says how far the audience index is, or returns "" when it answers.
func (s *Server) building() string {
	if s.Stage == nil {
		return ""
	}
	at := s.Stage()
	switch {
	case at.Done:
		return ""
	case at.Total == 0:
		return "受众索引正在准备"
	default:
		return "受众索引正在建立：已读取 " + thousands(at.Read) + " / 共 " + thousands(at.Total)
	}
}

// needsIndex keeps a page back whose numbers would be wrong until the audience
// index answers. The browser comes again by itself.
func (s *Server) needsIndex(c *fiber.Ctx) error {
	if s.building() == "" {
		return c.Next()
	}
	p, err := s.consolePage(c, "正在准备受众数据", "")
	if err != nil {
		return err
	}
	noStore(c)
	again := strconv.Itoa(buildingAgain)
	c.Set(fiber.HeaderRetryAfter, again)
	c.Set("Refresh", again)
	c.Status(fiber.StatusServiceUnavailable)
	return s.render(c, buildingView{Page: p, Back: c.OriginalURL()})
}
