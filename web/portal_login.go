package web

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

// pendingLogin is what the session of somebody who is signing in holds. The
// address stands in Session.Contact.
type pendingLogin struct {
	Login    bool // tells it from a draft
	To       string
	Verified bool
}

// loginView asks for the address of a subscription.
type loginView struct {
	Page
	Address  string
	To       string
	Problems problems
}

func (loginView) template() string { return "portal/login" }

func (s *Server) loginPage(c *fiber.Ctx) error { return s.showLogin(c, "", c.Query("to"), nil) }

func (s *Server) showLogin(c *fiber.Ctx, address, to string, ps problems) error {
	p, err := s.wizardPage(c, "登录", ps)
	if err != nil {
		return err
	}
	p.Section = "login"
	if !localPath(to) {
		to = "/inbox"
	}
	return s.render(c, loginView{Page: p, Address: address, To: to, Problems: ps})
}

// openTo returns what an address opens: the subscriptions that it stands for
// and the invitations to stand for others.
func (s *Server) openTo(ctx context.Context, kind domain.ChannelKind, address string) ([]domain.SubscriberID, []domain.Join, error) {
	ids, err := s.Store.SubscribersByAddress(ctx, kind, address)
	if err != nil {
		return nil, nil, err
	}
	joins, err := s.Store.JoinsOf(ctx, kind, address, s.Now())
	return ids, slices.DeleteFunc(joins, domain.Join.Application), err
}

// login sends a code to an address that has a subscription or an invitation. To others it
// sends nothing and answers the same: nobody learns here who subscribed.
func (s *Server) login(c *fiber.Ctx) error {
	ctx := c.UserContext()
	typed, to := figure(c, "address"), field(c, "to")
	kind, address, ok := addressOf(typed)
	if !ok {
		return s.showLogin(c, typed, to, problems{{"address", "请填写订阅时用的11位手机号或完整邮箱地址"}})
	}
	switch err := s.sendLoginCode(ctx, kind, address); domain.KindOf(err) {
	case domain.Conflict: // the last one still does
	case domain.Invalid:
		text, _ := shownError(err)
		return s.showLogin(c, typed, to, problems{{"address", text}})
	default:
		if err != nil {
			return err
		}
	}
	if !localPath(to) {
		to = "/inbox"
	}
	data, err := json.Marshal(pendingLogin{Login: true, To: to})
	if err != nil {
		return err
	}
	if err := s.openSession(c, storage.Session{Contact: address, ContactKind: kind, Data: string(data)}, wizardSession); err != nil {
		return err
	}
	return c.Redirect("/login/code", fiber.StatusSeeOther)
}

// sendLoginCode sends a code to an address that can sign in, and does as if to
// any other.
func (s *Server) sendLoginCode(ctx context.Context, kind domain.ChannelKind, address string) error {
	ids, invited, err := s.openTo(ctx, kind, address)
	if err != nil {
		return err
	}
	if len(ids)+len(invited) == 0 {
		return s.pretendCode(ctx, kind, address)
	}
	return s.sendCode(ctx, kind, address)
}

// resend answers who asks for another code to the address of the session.
func (s *Server) resend(c *fiber.Ctx, session storage.Session, action, back string, send func(context.Context, domain.ChannelKind, string) error) error {
	if err := send(c.UserContext(), session.ContactKind, session.Contact); err != nil {
		text, mine := shownError(err)
		if !mine {
			return err
		}
		return s.showCode(c, session, action, back, problems{{"code", text}})
	}
	s.setFlash(c, "pine", "验证码已重新发送，请填最新收到的。")
	return c.Redirect(action, fiber.StatusSeeOther)
}

// pending returns the sign-in under way, or false if there is none.
func (s *Server) pending(c *fiber.Ctx) (*reader, pendingLogin, bool, error) {
	r, err := s.reader(c)
	if err != nil || r == nil || r.session.Contact == "" {
		return nil, pendingLogin{}, false, err
	}
	var l pendingLogin
	if json.Unmarshal([]byte(r.session.Data), &l) != nil || !l.Login {
		return nil, pendingLogin{}, false, nil
	}
	return r, l, true, nil
}

// beginLogin leads to the sign-in whoever comes to a later step of it without
// having begun, or too late.
func (s *Server) beginLogin(c *fiber.Ctx) error {
	s.setFlash(c, "amber", "请先填写手机号或邮箱，我们再发一次验证码。")
	return c.Redirect("/login", fiber.StatusSeeOther)
}

// codeView asks for a code.
type codeView struct {
	Page
	Masked   string
	Kind     domain.ChannelKind
	Demo     bool
	Action   string
	Back     string
	Problems problems
}

func (codeView) template() string { return "portal/code" }

func (s *Server) loginCodePage(c *fiber.Ctx) error {
	r, _, ok, err := s.pending(c)
	if err != nil {
		return err
	}
	if !ok {
		return s.beginLogin(c)
	}
	return s.showCode(c, r.session, "/login/code", "/login", nil)
}

func (s *Server) showCode(c *fiber.Ctx, session storage.Session, action, back string, ps problems) error {
	p, err := s.wizardPage(c, "输入验证码", ps)
	if err != nil {
		return err
	}
	contact := domain.Contact{Kind: session.ContactKind, Address: session.Contact}
	return s.render(c, codeView{
		Page: p, Masked: contact.Masked(), Kind: contact.Kind, Demo: s.demoHint(contact.Kind), Action: action, Back: back, Problems: ps,
	})
}

func (s *Server) loginCode(c *fiber.Ctx) error {
	ctx := c.UserContext()
	r, l, ok, err := s.pending(c)
	if err != nil {
		return err
	}
	if !ok {
		return s.beginLogin(c)
	}
	if field(c, "do") == "resend" {
		return s.resend(c, r.session, "/login/code", "/login", s.sendLoginCode)
	}
	if err := s.tryCode(ctx, r.session.ContactKind, r.session.Contact, field(c, "code")); err != nil {
		text, mine := shownError(err)
		if !mine {
			return err
		}
		return s.showCode(c, r.session, "/login/code", "/login", problems{{"code", text}})
	}
	proven := domain.Contact{Kind: r.session.ContactKind, Address: r.session.Contact}
	ids, invited, err := s.openTo(ctx, proven.Kind, proven.Address)
	if err != nil {
		return err
	}
	if len(ids) == 1 && len(invited) == 0 {
		if err := s.signIn(c, ids[0], proven); err != nil {
			return err
		}
		return c.Redirect(l.To, fiber.StatusSeeOther)
	}
	l.Verified = true
	data, err := json.Marshal(l)
	if err != nil {
		return err
	}
	session := storage.Session{Contact: proven.Address, ContactKind: proven.Kind, Data: string(data)}
	if err := s.openSession(c, session, wizardSession); err != nil {
		return err
	}
	return c.Redirect("/login/choose", fiber.StatusSeeOther)
}

// proven is what a sign-in that has proved an address may choose from.
type proven struct {
	login   pendingLogin
	address domain.Contact
	owned   []*domain.Subscriber
	invited []domain.Join
}

// proven returns the choice of the sign-in under way, or false if none has
// proved an address.
func (s *Server) proven(c *fiber.Ctx) (p proven, ok bool, err error) {
	ctx := c.UserContext()
	r, l, ok, err := s.pending(c)
	if err != nil || !ok || !l.Verified {
		return p, false, err
	}
	p.login, p.address = l, domain.Contact{Kind: r.session.ContactKind, Address: r.session.Contact}
	ids, invited, err := s.openTo(ctx, p.address.Kind, p.address.Address)
	if err != nil {
		return p, false, err
	}
	p.invited = invited
	p.owned, err = s.Store.SubscribersIn(ctx, ids)
	return p, len(ids)+len(invited) > 0, err
}

func (s *Server) loginChoosePage(c *fiber.Ctx) error {
	p, ok, err := s.proven(c)
	if err != nil {
		return err
	}
	if !ok {
		return s.beginLogin(c)
	}
	page, err := s.wizardPage(c, "选择要登录的订阅", nil)
	if err != nil {
		return err
	}
	return s.render(c, chooseView{Page: page, Known: s.known(p.owned), Invited: s.joinViews(p.invited), Masked: p.address.Masked(), Action: "/login/choose"})
}

// loginChoose signs in to a subscription, or answers an invitation.
func (s *Server) loginChoose(c *fiber.Ctx) error {
	p, ok, err := s.proven(c)
	if err != nil {
		return err
	}
	if !ok {
		return s.beginLogin(c)
	}
	if field(c, "join") == "" {
		return s.signInAs(c, p.owned, []domain.Contact{p.address}, p.login.To)
	}
	invitation, err := joinNamed(p.invited, field(c, "join"))
	if err != nil {
		return err
	}
	if field(c, "do") != "accept" {
		if err := s.refuse(c, invitation); err != nil {
			return err
		}
		return c.Redirect("/login/choose", fiber.StatusSeeOther)
	}
	if err := s.accept(c.UserContext(), invitation, p.address); err != nil {
		return err
	}
	if err := s.signIn(c, invitation.Subscriber, p.address); err != nil {
		return err
	}
	s.setFlash(c, "pine", "已加入"+invitation.Name+"。")
	return c.Redirect("/me", fiber.StatusSeeOther)
}

func (s *Server) logout(c *fiber.Ctx) error {
	if err := s.closeSession(c); err != nil {
		return err
	}
	s.setFlash(c, "pine", "已退出登录。")
	return c.Redirect("/", fiber.StatusSeeOther)
}
