package web

import (
	"net/netip"
	"net/url"
	"slices"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/channel/sms"
	"policypush/internal/domain"
)

// gateways lets only calls through that know the secret and, where the settings
// name who may call, come from there. To all others the path does not exist.
func (s *Server) gateways(c *fiber.Ctx) error {
	if !s.Callbacks.CheckSecret(c.Params("secret")) || !s.mayCall(c.IP()) {
		return fiber.ErrNotFound
	}
	return c.Next()
}

func (s *Server) mayCall(from string) bool {
	if len(s.CallbackFrom) == 0 {
		return true
	}
	addr, err := netip.ParseAddr(from)
	return err == nil && slices.ContainsFunc(s.CallbackFrom, func(n netip.Prefix) bool { return n.Contains(addr.Unmap()) })
}

// smsPosted takes the receipts or replies that a provider posts. It answers
// when they are kept; what is not kept the provider says again.
func (s *Server) smsPosted(c *fiber.Ctx) error {
	in, known := sms.InboundOf(c.Params("provider"))
	if !known {
		return fiber.ErrNotFound
	}
	ctx := c.UserContext()
	if c.Params("what") == "report" {
		reports, err := in.Reports(c.Body())
		if err != nil {
			return err
		}
		for _, r := range reports {
			if err := s.Receipts.Report(ctx, r); err != nil {
				return err
			}
		}
	} else {
		replies, err := in.Replies(c.Body())
		if err != nil {
			return err
		}
		for _, r := range replies {
			if err := s.Receipts.Reply(ctx, r); err != nil {
				return err
			}
		}
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSONCharsetUTF8)
	return c.SendString(in.Ack)
}

// queryOf reads what Kannel writes into the address of its call.
func queryOf(c *fiber.Ctx) (url.Values, error) {
	q, err := url.ParseQuery(string(c.Request().URI().QueryString()))
	if err != nil {
		return nil, domain.Errorf(domain.Invalid, "参数无法读取").Because(err)
	}
	return q, nil
}

// smsReport records what Kannel says about a message it took.
func (s *Server) smsReport(c *fiber.Ctx) error {
	q, err := queryOf(c)
	if err != nil {
		return err
	}
	report, err := s.Callbacks.ParseReport(q)
	if err != nil {
		return err
	}
	if err := s.Receipts.Report(c.UserContext(), report); err != nil {
		return err
	}
	return c.SendString("ok\n")
}

// smsReply acts on what a person sent back through Kannel.
func (s *Server) smsReply(c *fiber.Ctx) error {
	q, err := queryOf(c)
	if err != nil {
		return err
	}
	reply, err := s.Callbacks.ParseReply(q)
	if err != nil {
		return err
	}
	if err := s.Receipts.Reply(c.UserContext(), reply); err != nil {
		return err
	}
	return c.SendString("") // an answer with words would be texted back
}
