package web

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/auth"
	"policypush/internal/domain"
)

// unsubscribeView confirms or has confirmed a 退订 by link.
type unsubscribeView struct {
	Page
	Token  string
	Masked string // of the address, or "" if it is gone
	Kind   domain.ChannelKind
	Done   bool // now or before: a link that is followed again says so
}

func (unsubscribeView) template() string { return "portal/unsubscribe" }

// unsubscribePage asks before anything stops: programs that scan mails open
// every link in them.
func (s *Server) unsubscribePage(c *fiber.Ctx) error {
	return s.showUnsubscribe(c, false)
}

// unsubscribe stops the address at once. Mail programs post here without
// cookies (RFC 8058), so the signed token alone decides.
func (s *Server) unsubscribe(c *fiber.Ctx) error {
	u, err := s.signer.ReadUnsubscribe(c.Params("token"))
	if err != nil {
		return err
	}
	if u.Kind == domain.App {
		err = s.pauseByLink(c, u)
	} else {
		err = s.Store.StopContact(c.UserContext(), u.Contact, domain.ReasonStopped, s.Now())
	}
	if err != nil && domain.KindOf(err) != domain.NotFound { // gone: nothing is sent to it any more either
		return err
	}
	return s.showUnsubscribe(c, true)
}

func (s *Server) pauseByLink(c *fiber.Ctx, u auth.Unsubscribe) error {
	sub, err := s.Store.Subscriber(c.UserContext(), u.Subscriber)
	if err != nil {
		return err
	}
	sub.Subscription.Paused = true
	return s.Store.SaveSubscriber(c.UserContext(), sub)
}

func (s *Server) showUnsubscribe(c *fiber.Ctx, done bool) error {
	u, err := s.signer.ReadUnsubscribe(c.Params("token"))
	if err != nil {
		return err
	}
	p, err := s.page(c, "退订")
	if err != nil {
		return err
	}
	p.Robots = "noindex"
	noStore(c)
	v := unsubscribeView{Page: p, Token: c.Params("token"), Kind: u.Kind, Done: done}
	sub, err := s.Store.Subscriber(c.UserContext(), u.Subscriber)
	switch {
	case domain.KindOf(err) == domain.NotFound:
		v.Done = true // nothing is sent to who is gone
	case err != nil:
		return err
	default:
		at := slices.IndexFunc(sub.Contacts, func(contact domain.Contact) bool { return contact.ID == u.Contact })
		if at < 0 {
			v.Done = true
			break
		}
		v.Masked = sub.Contacts[at].Masked()
		v.Done = v.Done || sub.Contacts[at].Suppressed == string(domain.ReasonStopped) || u.Kind == domain.App && sub.Subscription.Paused
	}
	return s.render(c, v)
}
