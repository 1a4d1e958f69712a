package web

import (
	"context"
	"net/url"
	"time"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/auth"
	"policypush/internal/domain"
	"policypush/internal/storage"
)

// How long sessions last. A reader's is prolonged by use.
const (
	readerSession   = 30 * 24 * time.Hour
	wizardSession   = 2 * time.Hour // before an address is verified
	operatorSession = 12 * time.Hour
)

// reader is whoever holds the portal cookie of this request.
type reader struct {
	session    storage.Session
	subscriber *domain.Subscriber // for whom they act; nil until signed in
	contact    domain.Contact     // the address of the subscriber that they proved
}

// reader returns the holder of the portal session, or nil if there is none.
// It asks the database once a request.
func (s *Server) reader(c *fiber.Ctx) (*reader, error) {
	if r, asked := c.Locals(localReader).(*reader); asked {
		return r, nil
	}
	r, err := s.findReader(c)
	if err != nil {
		return nil, err
	}
	c.Locals(localReader, r)
	return r, nil
}

func (s *Server) findReader(c *fiber.Ctx) (*reader, error) {
	token := c.Cookies(readerCookie)
	if token == "" {
		return nil, nil
	}
	ctx := c.UserContext()
	session, err := s.Store.Session(ctx, auth.HashToken(token), s.Now())
	switch {
	case domain.KindOf(err) == domain.NotFound:
		return nil, nil
	case err != nil:
		return nil, err
	case session.Operator != 0: // a console session is no reader
		return nil, nil
	case session.Subscriber == 0:
		return &reader{session: session}, nil
	}
	subscriber, err := s.Store.Subscriber(ctx, session.Subscriber)
	switch {
	case domain.KindOf(err) == domain.NotFound: // deleted meanwhile
		return nil, nil
	case err != nil:
		return nil, err
	}
	contact, stands := subscriber.Contact(session.SignedIn)
	if !stands { // another contact removed theirs meanwhile
		return nil, nil
	}
	if session.Expires.Sub(s.Now()) < readerSession/2 {
		session.Expires = s.Now().Add(readerSession)
		if err := s.Store.SaveSession(ctx, session); err != nil {
			return nil, err
		}
		s.setCookie(c, readerCookie, token, int(readerSession.Seconds()))
	}
	return &reader{session: session, subscriber: subscriber, contact: contact}, nil
}

// signedIn guards pages of a subscriber: others are led to the sign-in and
// come back.
func (s *Server) signedIn(c *fiber.Ctx) error {
	r, err := s.reader(c)
	if err != nil {
		return err
	}
	noStore(c)
	if r != nil && r.subscriber != nil {
		return c.Next()
	}
	to := "/login"
	if c.Method() == fiber.MethodGet {
		to += "?to=" + url.QueryEscape(c.OriginalURL())
	}
	return c.Redirect(to, fiber.StatusSeeOther)
}

// subscriber returns the signed-in subscriber behind signedIn.
func (s *Server) subscriber(c *fiber.Ctx) (*domain.Subscriber, error) {
	r, err := s.reader(c)
	if err != nil {
		return nil, err
	}
	if r == nil || r.subscriber == nil {
		return nil, domain.Errorf(domain.Forbidden, "请先登录。")
	}
	return r.subscriber, nil
}

// openSession starts a portal session, with a new token in place of any that
// the browser had: a token that was known before a sign-in opens nothing after.
func (s *Server) openSession(c *fiber.Ctx, session storage.Session, ttl time.Duration) error {
	if err := s.closeSession(c); err != nil {
		return err
	}
	token, hash := auth.NewToken()
	session.TokenHash, session.CreatedAt, session.Expires = hash, s.Now(), s.Now().Add(ttl)
	if err := s.Store.SaveSession(c.UserContext(), session); err != nil {
		return err
	}
	s.setCookie(c, readerCookie, token, int(ttl.Seconds()))
	c.Locals(readerCookie, token)
	c.Locals(localReader, nil)
	if session.Subscriber == 0 {
		c.Locals(localReader, &reader{session: session})
	}
	return nil
}

// signIn opens a session of whoever stands for a subscriber with one of some
// addresses that they have proved.
func (s *Server) signIn(c *fiber.Ctx, id domain.SubscriberID, proven ...domain.Contact) error {
	for _, p := range proven {
		standings, err := s.Store.Standings(c.UserContext(), p.Kind, p.Address)
		if err != nil {
			return err
		}
		for _, v := range standings {
			if v.Subscriber == id {
				return s.openSession(c, storage.Session{Subscriber: id, SignedIn: v.Contact}, readerSession)
			}
		}
	}
	return domain.Errorf(domain.Invalid, "请选择列表中的一个订阅。")
}

func (s *Server) closeSession(c *fiber.Ctx) error {
	if token := c.Cookies(readerCookie); token != "" {
		if err := s.Store.DeleteSession(c.UserContext(), auth.HashToken(token)); err != nil {
			return err
		}
	}
	s.dropCookie(c, readerCookie)
	c.Locals(readerCookie, "")
	c.Locals(localReader, (*reader)(nil))
	return nil
}

// staff is the operator of this request with their office.
type staff struct {
	session  storage.Session
	operator domain.Operator
	office   domain.Office
}

// staff returns the signed-in operator, or nil if there is none.
func (s *Server) staff(c *fiber.Ctx) (*staff, error) {
	if st, asked := c.Locals(localOperator).(*staff); asked {
		return st, nil
	}
	st, err := s.findStaff(c.UserContext(), c.Cookies(operatorCookie))
	if err != nil {
		return nil, err
	}
	c.Locals(localOperator, st)
	return st, nil
}

func (s *Server) findStaff(ctx context.Context, token string) (*staff, error) {
	if token == "" {
		return nil, nil
	}
	session, err := s.Store.Session(ctx, auth.HashToken(token), s.Now())
	switch {
	case domain.KindOf(err) == domain.NotFound:
		return nil, nil
	case err != nil:
		return nil, err
	case session.Operator == 0: // a reader's session opens no console
		return nil, nil
	}
	operator, err := s.Store.Operator(ctx, session.Operator)
	switch {
	case domain.KindOf(err) == domain.NotFound:
		return nil, nil
	case err != nil:
		return nil, err
	case operator.Disabled:
		return nil, nil
	}
	office, err := s.Store.Office(ctx, operator.Office)
	if err != nil {
		return nil, err
	}
	return &staff{session: session, operator: operator, office: office}, nil
}

// staffOnly guards the console: others are led to its sign-in and come back.
func (s *Server) staffOnly(c *fiber.Ctx) error {
	st, err := s.staff(c)
	if err != nil {
		return err
	}
	noStore(c)
	if st != nil && st.operator.May(domain.ReadConsole) {
		return c.Next()
	}
	to := "/console/login"
	if c.Method() == fiber.MethodGet {
		to += "?to=" + url.QueryEscape(c.OriginalURL())
	}
	return c.Redirect(to, fiber.StatusSeeOther)
}

// signInStaff opens a console session.
func (s *Server) signInStaff(c *fiber.Ctx, id domain.OperatorID) error {
	token, hash := auth.NewToken()
	err := s.Store.SaveSession(c.UserContext(), storage.Session{
		TokenHash: hash, Operator: id, CreatedAt: s.Now(), Expires: s.Now().Add(operatorSession),
	})
	if err != nil {
		return err
	}
	s.setCookie(c, operatorCookie, token, 0) // ends with the browser
	c.Locals(operatorCookie, token)
	return nil
}

func (s *Server) signOutStaff(c *fiber.Ctx) error {
	if token := c.Cookies(operatorCookie); token != "" {
		if err := s.Store.DeleteSession(c.UserContext(), auth.HashToken(token)); err != nil {
			return err
		}
	}
	s.dropCookie(c, operatorCookie)
	c.Locals(operatorCookie, "")
	return nil
}

// consolePage prepares a page of the console behind staffOnly.
func (s *Server) consolePage(c *fiber.Ctx, title, section string) (Page, error) {
	st, err := s.staff(c)
	if err != nil {
		return Page{}, err
	}
	p := s.barePage(c, title)
	p.Section, p.Robots, p.Building = section, "noindex", s.building()
	if p.Site, err = s.site(c.UserContext()); err != nil {
		return Page{}, err
	}
	if st != nil {
		p.Operator = &pageOperator{
			Login: st.operator.Login, Name: st.operator.Name, Office: st.office.Name,
			Read:    allowed(st.operator, toRead),
			Draft:   st.operator.May(domain.DraftPolicies),
			Approve: st.operator.May(domain.ApprovePolicies),
			Admin:   st.operator.May(domain.ManageOperators),
			Paper:   s.Modes[domain.Paper] == "send" || section == "prints",
		}
	}
	return p, nil
}
