package web

import (
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/auth"
	"policypush/internal/domain"
)

// staffLoginView asks for login and password.
type staffLoginView struct {
	Page
	Login    string
	To       string
	Problems problems
}

func (staffLoginView) template() string { return "console/login" }

func (s *Server) staffLoginPage(c *fiber.Ctx) error {
	return s.showStaffLogin(c, "", c.Query("to"), nil)
}

func (s *Server) showStaffLogin(c *fiber.Ctx, login, to string, ps problems) error {
	p, err := s.consolePage(c, "登录管理端", "login")
	if err != nil {
		return err
	}
	if len(ps) > 0 {
		p.Title = "出错：" + p.Title
		c.Status(fiber.StatusUnprocessableEntity)
	}
	noStore(c)
	return s.render(c, staffLoginView{Page: p, Login: login, To: consolePath(to), Problems: ps})
}

// consolePath is where a sign-in leads: a page of the console, never elsewhere.
func consolePath(to string) string {
	if !localPath(to) || to != "/console" && !strings.HasPrefix(to, "/console/") || strings.HasPrefix(to, "/console/login") {
		return "/console"
	}
	return to
}

// staffLogin signs an operator in. Whatever is wrong, the answer and the time
// it takes are the same; tries are bounded by login and by network address.
func (s *Server) staffLogin(c *fiber.Ctx) error {
	ctx := c.UserContext()
	login, password, to := field(c, "login"), c.FormValue("password"), field(c, "to")
	key := strings.ToLower(cutRunes(login, 64))
	if wait := s.console.logins.Try(key, s.Now()); wait > 0 {
		return s.showStaffLogin(c, login, to, problems{{"login", "尝试次数太多，请" + waitText(wait) + "后再试。忘记密码请找系统管理员重设。"}})
	}
	operator, err := s.Store.OperatorByLogin(ctx, login)
	if err != nil && domain.KindOf(err) != domain.NotFound {
		return err
	}
	if !auth.CheckPassword(operator.PasswordHash, password) || operator.Disabled || !operator.May(domain.ReadConsole) {
		return s.showStaffLogin(c, login, to, problems{{"login", "账号或密码不对。请检查后再试，连续输错会被暂停登录。"}})
	}
	s.console.logins.Forgive(key)
	if err := s.signOutStaff(c); err != nil { // a token known before opens nothing after
		return err
	}
	if err := s.signInStaff(c, operator.ID); err != nil {
		return err
	}
	c.Locals(localOperator, &staff{operator: operator})
	if err := s.audit(c, "sign-in", operatorObject(operator.ID), ""); err != nil {
		return err
	}
	return c.Redirect(consolePath(to), fiber.StatusSeeOther)
}

func waitText(d time.Duration) string {
	if d <= time.Minute {
		return "1分钟"
	}
	return trimmed(float64(int((d+time.Minute-1)/time.Minute))) + "分钟"
}

func (s *Server) staffLogout(c *fiber.Ctx) error {
	if err := s.signOutStaff(c); err != nil {
		return err
	}
	return c.Redirect("/console/login", fiber.StatusSeeOther)
}
