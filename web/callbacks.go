package web

import (
	"net/url"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/channel/sms"
	"policypush/internal/domain"
	"policypush/internal/storage"
)

// callback reads the query of a gateway's call, if it knows the secret.
func (s *Server) callback(c *fiber.Ctx) (url.Values, error) {
	if !s.Callbacks.CheckSecret(c.Params("secret")) {
		return nil, fiber.ErrNotFound
	}
	q, err := url.ParseQuery(string(c.Request().URI().QueryString()))
	if err != nil {
		return nil, domain.Errorf(domain.Invalid, "参数无法读取").Because(err)
	}
	return q, nil
}

// smsReport records what the gateway says about a message it took. A report
// about a message that we do not know is answered as done: the gateway would
// only repeat it.
func (s *Server) smsReport(c *fiber.Ctx) error {
	q, err := s.callback(c)
	if err != nil {
		return err
	}
	report, err := s.Callbacks.ParseReport(q)
	if err != nil {
		return err
	}
	id, err := domain.DeliveryOf(report.Ref)
	if err != nil {
		return err
	}
	receipt := storage.Receipt{
		Delivery: id, Channel: domain.SMS, GatewayRef: report.GatewayRef, State: report.State,
		Reason: reasonOf(report), At: s.Now(), Note: report.Note,
	}
	if err := s.Store.RecordReceipt(c.UserContext(), receipt); err != nil && domain.KindOf(err) != domain.NotFound {
		return err
	}
	if report.BadAddress {
		if err := s.Store.StopDelivery(c.UserContext(), id, domain.Reason("bounce:"+report.Code), s.Now()); err != nil && domain.KindOf(err) != domain.NotFound {
			return err
		}
	}
	return c.SendString("ok\n")
}

func reasonOf(report sms.Report) domain.Reason {
	if report.State != domain.Failed {
		return domain.ReasonNone
	}
	if report.BadAddress {
		return domain.ReasonRefused + ":" + domain.Reason(report.Code)
	}
	return domain.ReasonUndelivered + ":" + domain.Reason(report.Code)
}

// smsReply acts on what a person sent back: a stop word stops the number at
// once, anything else waits for an officer.
func (s *Server) smsReply(c *fiber.Ctx) error {
	q, err := s.callback(c)
	if err != nil {
		return err
	}
	reply, err := s.Callbacks.ParseReply(q)
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	if reply.Stop {
		err = s.Store.StopAddress(ctx, domain.SMS, reply.From, domain.ReasonStopped, s.Now())
	} else {
		err = s.Store.SaveReply(ctx, storage.Reply{
			Channel: domain.SMS, AddressMasked: domain.MaskPhone(reply.From), Text: cutRunes(reply.Text, 500), At: s.Now(),
		})
	}
	if err != nil {
		return err
	}
	return c.SendString("") // an answer with words would be texted back
}
