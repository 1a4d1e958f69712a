package web

import (
	"github.com/gofiber/fiber/v2"

	"policypush/internal/auth"
	"policypush/internal/domain"
)

// accountView is an operator's own account: the password, so that nobody else
// knows it, and where they learn what waits on the desk.
type accountView struct {
	Page
	Masked   string // the address of the mails, if there is one
	Off      bool   // the service sends no mails
	Typed    string // an address
	Pending  string // to which a code was sent
	Demo     bool   // which the outbox shows
	Problems problems
}

func (accountView) template() string { return "console/account" }

func (s *Server) accountPage(c *fiber.Ctx) error { return s.showAccount(c, accountView{}) }

func (s *Server) showPassword(c *fiber.Ctx, ps problems) error {
	return s.showAccount(c, accountView{Problems: ps})
}

func (s *Server) showAccount(c *fiber.Ctx, v accountView) error {
	var err error
	if v.Page, err = s.consolePage(c, "我的账号", "account"); err != nil {
		return err
	}
	markProblems(c, &v.Page, v.Problems)
	if mail := operatorOf(c).operator.Mail; mail != "" {
		v.Masked = domain.Contact{Kind: domain.Email, Address: mail}.Masked()
	}
	v.Off, v.Demo = s.Modes[domain.Email] == "off", s.demoHint(domain.Email)
	return s.render(c, v)
}

// changeMail takes the address where an operator learns what waits on the desk:
// first it gets a code, then the code shows that it is theirs.
func (s *Server) changeMail(c *fiber.Ctx) error {
	ctx, operator := c.UserContext(), operatorOf(c).operator
	keep := func(address, done string) error {
		if err := s.Store.SetMail(ctx, operator.ID, address); err != nil {
			return err
		}
		if err := s.audit(c, "mail", operatorObject(operator.ID), done); err != nil {
			return err
		}
		s.setFlash(c, "pine", done)
		return c.Redirect("/console/account", fiber.StatusSeeOther)
	}
	if field(c, "do") == "remove" {
		return keep("", "提醒邮箱已停用。")
	}
	typed := figure(c, "address")
	address, ok := cleanEmail(typed)
	if !ok {
		return s.showAccount(c, accountView{Typed: typed, Problems: problems{{"address", wholeMail}}})
	}
	v := accountView{Typed: address, Pending: address}
	if field(c, "do") != "check" {
		err := s.sendCode(ctx, domain.Email, address)
		if text, refused := shownError(err); refused {
			v.Problems = problems{{"code", text}} // the field that is shown then
		} else if err != nil {
			return err
		}
		return s.showAccount(c, v)
	}
	err := s.tryCode(ctx, domain.Email, address, field(c, "code"))
	if text, refused := shownError(err); refused {
		v.Problems = problems{{"code", text}}
		return s.showAccount(c, v)
	}
	if err != nil {
		return err
	}
	return keep(address, "提醒邮箱已登记。")
}

func (s *Server) changePassword(c *fiber.Ctx) error {
	operator := operatorOf(c).operator
	if wait := s.console.logins.Try("password "+operator.Login, s.Now()); wait > 0 {
		return s.showPassword(c, problems{{"old", "尝试次数太多，请" + waitText(wait) + "后再试"}})
	}
	if !auth.CheckPassword(operator.PasswordHash, c.FormValue("old")) {
		return s.showPassword(c, problems{{"old", "原密码不对，请重新填写"}})
	}
	if c.FormValue("new") != c.FormValue("again") {
		return s.showPassword(c, problems{{"again", "两次填写的新密码不一样，请重新填写"}})
	}
	hash, err := auth.HashPassword(c.FormValue("new"))
	if text, ok := shownError(err); ok {
		return s.showPassword(c, problems{{"new", text}})
	}
	if err != nil {
		return err
	}
	operator.PasswordHash = hash
	if err := s.Store.SaveOperator(c.UserContext(), &operator); err != nil {
		return err
	}
	if err := s.audit(c, "password", operatorObject(operator.ID), "本人修改密码"); err != nil {
		return err
	}
	s.setFlash(c, "pine", "密码已修改。")
	return c.Redirect("/console", fiber.StatusSeeOther)
}
